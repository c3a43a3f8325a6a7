//! Guided phases: what is seen at visits makes the interval between sessions longer or shorter.

use super::{DosingError, Duration};
use crate::units::{Quantity, UnitError};
use std::fmt;

/// How far a number of visits may be from a whole number and still be one, relative.
const WHOLE: f64 = 1e-9;

/// The rule of a guided phase. Visits come at its start and at every `every` after it; sessions are given at visits.
#[derive(Debug, Clone, PartialEq)]
pub struct Guide {
    /// The output that is looked at, at each visit after the first, before any dose of that time.
    pub output: String,
    /// The time between visits.
    pub every: Duration,
    /// Where it holds at a visit with a session, the next interval is the next longer one.
    pub lengthen_if: Condition,
    /// Where it holds at a visit, the interval is the next shorter one from then on.
    pub shorten_if: Condition,
    /// The intervals between sessions, rising; each is a whole number of visits. The phase begins with the first.
    pub intervals: Vec<Duration>,
    /// The most sessions of the phase.
    pub max_sessions: u32,
}

/// A comparison with a value, such as `<= -10 points`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// How it compares.
    pub comparison: Comparison,
    /// What with.
    pub value: Quantity,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    /// All of them, those first whose signs begin with another's.
    pub(super) const ALL: [Comparison; 4] =
        [Comparison::AtMost, Comparison::AtLeast, Comparison::Less, Comparison::Greater];

    /// Its sign.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        }
    }

    fn is_upper(self) -> bool {
        matches!(self, Comparison::Less | Comparison::AtMost)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.comparison.sign(), self.value)
    }
}

impl Condition {
    /// Whether it holds for a value in base units; not for what is no number.
    pub fn holds(&self, value: f64) -> bool {
        let limit = self.value.in_base();
        match self.comparison {
            Comparison::Less => value < limit,
            Comparison::AtMost => value <= limit,
            Comparison::Greater => value > limit,
            Comparison::AtLeast => value >= limit,
        }
    }

    /// A value at which both hold, if there is one; in the unit of the other.
    fn overlap(&self, other: &Condition) -> Option<Quantity> {
        let (a, b) = (self.value.in_base(), other.value.in_base());
        let same_way = self.comparison.is_upper() == other.comparison.is_upper();
        let inside = |x: f64| self.holds(x) && other.holds(x);
        // Two of one direction share all beyond the farther; two of opposite directions what is between.
        let tried = match (same_way, self.comparison.is_upper()) {
            (true, true) => a.min(b) - a.abs().max(b.abs()).max(1.0),
            (true, false) => a.max(b) + a.abs().max(b.abs()).max(1.0),
            (false, _) => 0.5 * (a + b),
        };
        let shared = [tried, a, b].into_iter().find(|x| inside(*x))?;
        Some(Quantity::base(shared, other.value.dimension()).to(other.value.unit()).unwrap_or(other.value.clone()))
    }
}

/// Where somebody stands in a guided phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Place of the interval in force.
    pub interval: usize,
    /// Sessions given in the phase.
    pub sessions: u32,
    /// Visits since the one of the latest session of the phase.
    since: Option<u32>,
    /// Whether the session that is due makes the interval longer.
    lengthens: bool,
}

impl Guide {
    /// How many visits an interval takes; none where it is no whole number.
    pub fn visits(&self, interval: Duration) -> Option<u32> {
        let visits = interval.hours() / self.every.hours();
        let whole = visits.round();
        let fits = (visits - whole).abs() <= WHOLE * whole && (1.0..=f64::from(u32::MAX)).contains(&whole);
        fits.then_some(whole as u32)
    }

    /// The time that so many visits take, as the rule spells it where it is one of its intervals.
    pub fn taking(&self, visits: u32) -> Duration {
        let own = self.intervals.iter().find(|interval| self.visits(**interval) == Some(visits));
        own.copied().unwrap_or_else(|| self.every.repeated(visits))
    }

    /// A visit: the value of the output (base units; none at the first) changes the interval. Says whether a session is due.
    pub fn visit(&self, at: &mut Standing, value: Option<f64>) -> bool {
        at.since = at.since.map(|visits| visits + 1);
        at.lengthens = value.is_some_and(|value| self.lengthen_if.holds(value));
        if value.is_some_and(|value| self.shorten_if.holds(value)) {
            at.interval = at.interval.saturating_sub(1);
        }
        let needed = self.visits(self.intervals[at.interval]).unwrap_or(1);
        at.since.is_none_or(|visits| visits >= needed)
    }

    /// The session that was due at the latest visit is given.
    pub fn given(&self, at: &mut Standing) {
        at.sessions += 1;
        at.since = Some(0);
        if at.lengthens {
            at.interval = (at.interval + 1).min(self.intervals.len() - 1);
        }
    }

    /// Whether all sessions of the phase have been given.
    pub fn is_over(&self, at: &Standing) -> bool {
        at.sessions >= self.max_sessions
    }

    /// What is wrong with a session that takes so many hours: visits look at what is there before it.
    pub(crate) fn check_session(&self, hours: f64) -> Option<DosingError> {
        // Devices a few minutes apart add up to a little more or less.
        let too_soon = hours > self.every.hours() * (1.0 + WHOLE);
        let minutes = (hours * 60.0 * 1e6).round() / 1e6;
        too_soon.then(|| DosingError::VisitTooSoon { lasts: format!("{minutes} min"), every: self.every.to_string() })
    }

    /// What is wrong with the intervals.
    pub(super) fn check_intervals(&self) -> Option<DosingError> {
        if self.intervals.is_empty() {
            return Some(DosingError::ZeroCount { what: "the number of intervals" });
        }
        if !self.intervals.windows(2).all(|pair| pair[0].hours() < pair[1].hours()) {
            return Some(DosingError::OutOfOrder { what: "intervals" });
        }
        let odd = self.intervals.iter().find(|interval| self.visits(**interval).is_none())?;
        Some(DosingError::NotVisits { interval: odd.to_string(), every: self.every.to_string() })
    }

    /// What is wrong with the conditions.
    pub(super) fn check_conditions(&self) -> Option<DosingError> {
        let (long, short) = (&self.lengthen_if, &self.shorten_if);
        if let Err(error) = short.value.like(long.value.unit()) {
            return Some(UnitError::into(error));
        }
        let value = long.overlap(short)?.to_string();
        Some(DosingError::BothHold { value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dosing::TimeUnit;

    fn weeks(count: f64) -> Duration {
        Duration::new(count, TimeUnit::Week).unwrap()
    }

    fn condition(comparison: Comparison, value: &str) -> Condition {
        Condition { comparison, value: value.parse().unwrap() }
    }

    fn guide() -> Guide {
        Guide {
            output: "score".into(),
            every: weeks(1.0),
            lengthen_if: condition(Comparison::AtMost, "-10 points"),
            shorten_if: condition(Comparison::Greater, "-10 points"),
            intervals: vec![weeks(1.0), weeks(2.0), weeks(4.0)],
            max_sessions: 5,
        }
    }

    /// The visits at which sessions are given, for the values of each visit after the first.
    fn sessions(values: &[f64]) -> Vec<usize> {
        let (guide, mut at) = (guide(), Standing::default());
        let values = std::iter::once(None).chain(values.iter().map(|value| Some(*value)));
        let mut given = Vec::new();
        for (visit, value) in values.enumerate() {
            if !guide.is_over(&at) && guide.visit(&mut at, value) {
                guide.given(&mut at);
                given.push(visit);
            }
        }
        given
    }

    #[test]
    fn the_interval_grows_by_a_step_per_session_and_shrinks_at_once() {
        // After 0: 1 week. At 1 due, then 2 weeks; at 3 due, then 4 weeks; at 7 due, and 4 weeks again.
        assert_eq!(sessions(&[-12.0; 12]), [0, 1, 3, 7, 11]);
        // Never better: every week, five at most.
        assert_eq!(sessions(&[0.0; 9]), [0, 1, 2, 3, 4]);
        // On 4 weeks after 3; worse at 5, so 2 weeks, which are over; worse at 6: weekly.
        assert_eq!(sessions(&[-12.0, -12.0, -12.0, -12.0, 0.0, 0.0, -12.0]), [0, 1, 3, 5, 6]);
    }

    #[test]
    fn what_is_missed_is_due_at_the_next_visit() {
        let (guide, mut at) = (guide(), Standing::default());
        assert!(guide.visit(&mut at, None) && guide.visit(&mut at, Some(0.0)));
        guide.given(&mut at);
        assert!(guide.visit(&mut at, Some(-12.0)), "missed: nothing is told");
        assert!(guide.visit(&mut at, Some(-12.0)));
        guide.given(&mut at);
        assert_eq!((at.interval, at.sessions), (1, 2), "an interval grows with a session alone");
    }

    #[test]
    fn conditions_that_share_a_value_are_found() {
        use Comparison::*;
        let shared = |long: (Comparison, &str), short: (Comparison, &str)| {
            let guide =
                Guide { lengthen_if: condition(long.0, long.1), shorten_if: condition(short.0, short.1), ..guide() };
            guide.check_conditions()
        };
        for (long, short) in [
            ((AtMost, "-10 points"), (Greater, "-10 points")),
            ((Less, "-10 points"), (AtLeast, "-10 points")),
            ((AtMost, "-12 points"), (Greater, "-6 points")),
            ((Greater, "0.5"), (Less, "50 %")),
        ] {
            assert_eq!(shared(long, short), None, "{long:?} {short:?}");
        }
        for (long, short) in [
            ((AtMost, "-10 points"), (AtLeast, "-10 points")),
            ((AtMost, "-5 points"), (Greater, "-10 points")),
            ((Greater, "-10 points"), (Less, "-5 points")),
            ((Less, "-10 points"), (AtMost, "3 points")),
            ((Greater, "-10 points"), (AtLeast, "3 points")),
        ] {
            assert!(matches!(shared(long, short), Some(DosingError::BothHold { .. })), "{long:?} {short:?}");
        }
        assert!(matches!(shared((Less, "1 points"), (Greater, "1 mg/L")), Some(DosingError::Unit(_))));
    }

    #[test]
    fn intervals_rise_and_are_whole_visits() {
        let of = |intervals: &[f64]| {
            Guide { intervals: intervals.iter().map(|w| weeks(*w)).collect(), ..guide() }.check_intervals()
        };
        assert_eq!(of(&[1.0, 2.0, 4.0]), None);
        assert!(matches!(of(&[2.0, 1.0]), Some(DosingError::OutOfOrder { .. })));
        assert!(matches!(of(&[1.0, 1.5]), Some(DosingError::NotVisits { .. })));
        assert!(matches!(of(&[0.5]), Some(DosingError::NotVisits { .. })));
        assert!(matches!(of(&[]), Some(DosingError::ZeroCount { .. })));
    }
}
