//! Doses as they were given, one by one, and back: the regimen that gives them, and the few records that say them.

use super::{
    DosingError, DosingFaults, Duration, First, Input, Length, MAX_DOSES, Pattern, Phase, PlannedDose, Regimen,
    Schedule, TimeUnit,
};
use crate::error::Fault;
use crate::units::{Dimension, Quantity};

/// How far times may be apart and still be one, relative to the larger of |t| and 1 h.
const SAME_TIME: f64 = 1e-10;
/// The second dose of a run is looked for among so many that follow the first.
const LOOK_AHEAD: usize = 256;

/// A dose that was given.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenDose {
    /// h
    pub time: f64,
    /// mg
    pub amount: f64,
    /// The route, if one is named.
    pub route: Option<String>,
    /// h over which it was given; 0 is at once, or as the route says.
    pub over: f64,
}

/// A dose and those like it that follow at equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeated {
    /// The first.
    pub dose: GivenDose,
    /// How many follow.
    pub additional: usize,
    /// h between them; 0 where none follows.
    pub interval: f64,
}

impl GivenDose {
    /// Whether two differ in nothing but their time.
    fn is_like(&self, other: &GivenDose) -> bool {
        self.amount == other.amount && self.route == other.route && self.over == other.over
    }
}

fn is_same_time(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME_TIME * b.abs().max(1.0)
}

/// Equal doses at equal intervals drawn together, in the order of their first doses. `doses` are in the order of time.
pub fn repeated(doses: &[GivenDose]) -> Vec<Repeated> {
    let mut taken = vec![false; doses.len()];
    let mut rows = Vec::new();
    for i in 0..doses.len() {
        if taken[i] {
            continue;
        }
        let like = |k: &usize| !taken[*k] && doses[*k].is_like(&doses[i]);
        let intervals = (i + 1..doses.len())
            .take(LOOK_AHEAD)
            .filter(like)
            .map(|k| doses[k].time - doses[i].time)
            .filter(|d| *d > 0.0);
        let mut best = Vec::new();
        for interval in intervals {
            let run = run(doses, &taken, i, interval);
            if run.len() > best.len() {
                best = run;
            }
        }
        let interval = best.first().map_or(0.0, |second| doses[*second].time - doses[i].time);
        best.iter().for_each(|k| taken[*k] = true);
        rows.push(Repeated { dose: doses[i].clone(), additional: best.len(), interval });
    }
    rows
}

/// The doses that follow one at an interval, each like it.
fn run(doses: &[GivenDose], taken: &[bool], first: usize, interval: f64) -> Vec<usize> {
    let mut found = Vec::new();
    loop {
        let due = doses[first].time + (found.len() + 1) as f64 * interval;
        let from = doses.partition_point(|dose| dose.time < due && !is_same_time(dose.time, due));
        let at = (from..doses.len()).take_while(|k| is_same_time(doses[*k].time, due));
        match at.into_iter().find(|k| !taken[*k] && *k > first && doses[*k].is_like(&doses[first])) {
            Some(k) => found.push(k),
            None => return found,
        }
    }
}

impl Regimen {
    /// The doses one by one for a body weight (kg).
    ///
    /// # Errors
    /// Those of [`PlannedDose::amount_for`](super::PlannedDose::amount_for), and [`DosingError::SaltWithoutModel`]: only a model
    /// knows what a salt weighs.
    pub fn given(&self, weight: Option<f64>) -> Result<Vec<GivenDose>, DosingError> {
        let dose = |planned: PlannedDose| {
            if let Some(salt) = planned.salt {
                return Err(DosingError::SaltWithoutModel { salt });
            }
            let amount = planned.amount_for(weight, None)?.given.as_base(Dimension::MASS)?;
            Ok(GivenDose { time: planned.time, amount, over: planned.input.hours(), route: planned.route })
        };
        self.doses().into_iter().map(dose).collect()
    }
}

impl Schedule {
    /// The shortest schedule found that gives these doses, whose times count from its start: phases one after another, a course
    /// for each route.
    ///
    /// # Errors
    /// Doses before 0 h, too many of them, or what [`Schedule::new`] finds.
    pub fn of_doses(doses: &[GivenDose]) -> Result<Schedule, DosingFaults> {
        if doses.len() > MAX_DOSES {
            return Err(Fault::new(DosingError::TooManyDoses).into());
        }
        let mut doses = doses.to_vec();
        doses.sort_by(|a, b| a.time.total_cmp(&b.time));
        let mut courses: Vec<Vec<GivenDose>> = Vec::new();
        for dose in doses {
            // A course gives by one route, and one dose at a time.
            let fits = |course: &&mut Vec<GivenDose>| {
                course.last().is_some_and(|last| last.route == dose.route && !is_same_time(last.time, dose.time))
            };
            match courses.iter_mut().find(fits) {
                Some(course) => course.push(dose),
                None => courses.push(vec![dose]),
            }
        }
        let courses = courses.iter().map(|doses| phases(doses)).collect::<Result<_, _>>().map_err(Fault::new)?;
        Schedule::new(courses, None)
    }
}

/// One phase after another that give doses of one route, each at its own time.
fn phases(doses: &[GivenDose]) -> Result<Vec<Phase>, DosingError> {
    let mut phases: Vec<Phase> = Vec::new();
    // Where the phase before ends.
    let (mut from, mut end) = (0, 0.0);
    while from < doses.len() {
        let start = doses[from].time;
        let wait = if is_same_time(start, end) { 0.0 } else { start - end };
        let mut at = None;
        match phases.last_mut() {
            Some(before) if wait > 0.0 || before.pattern.is_once() => before.pause = Some(duration(wait)?),
            None if wait != 0.0 => at = Some(duration(wait)?),
            _ => {}
        }
        let run = match at {
            // A course begins at 0 h, so what begins later begins with a single dose.
            Some(_) => None,
            None => longest(&doses[from..])?,
        };
        let (pattern, count, first) = match run {
            Some(run) => (run.pattern, run.count, run.first),
            None => (Pattern::Once { at }, 1, false),
        };
        end = if count == 1 { start } else { start + point(&pattern, count) };
        let dose = &doses[from + usize::from(first)];
        phases.push(Phase {
            route: dose.route.clone(),
            input: if dose.over > 0.0 { Input::Over(duration(dose.over)?) } else { Input::Bolus },
            length: (count > 1).then_some(Length::Doses(count as u32)),
            first: first.then(|| First { doses: 1, quantity: amount(&doses[from]) }),
            ..Phase::new(amount(dose), pattern)
        });
        from += count;
    }
    Ok(phases)
}

/// Doses by one pattern.
struct Run {
    pattern: Pattern,
    count: usize,
    /// Whether the first has another amount.
    first: bool,
}

/// The pattern that gives the most doses from the first on, if any gives two.
fn longest(doses: &[GivenDose]) -> Result<Option<Run>, DosingError> {
    let Some(second) = doses.get(1) else { return Ok(None) };
    let gap = second.time - doses[0].time;
    let mut best: Option<Run> = None;
    for (pattern, per_week) in [(every(gap)?, 1), (Pattern::TwiceWeekly, 2), (Pattern::ThreeTimesWeekly, 3)] {
        for first in [false, true] {
            let like = &doses[usize::from(first)];
            let fits = |(k, dose): &(usize, &GivenDose)| {
                is_same_time(dose.time, doses[0].time + point(&pattern, *k))
                    && dose.over == like.over
                    && (dose.amount == like.amount || first && *k == 0)
            };
            let mut count = doses.iter().enumerate().take_while(fits).count();
            // What goes on otherwise does so after a whole week.
            if count < doses.len() {
                count -= count % per_week;
            }
            // The next dose must not come before the last one's slot has passed.
            let is_early = |count: usize| {
                doses.get(count).is_some_and(|next| {
                    let end = doses[0].time + point(&pattern, count);
                    next.time < end && !is_same_time(next.time, end)
                })
            };
            while count > 1 && is_early(count) {
                count -= 1;
            }
            let enough = if first { 3 } else { 2 };
            if count >= enough && best.as_ref().is_none_or(|best| count > best.count) {
                best = Some(Run { pattern: pattern.clone(), count, first });
            }
        }
    }
    Ok(best)
}

/// The words for an interval.
fn every(hours: f64) -> Result<Pattern, DosingError> {
    Ok(match hours {
        12.0 => Pattern::TimesDaily(2),
        24.0 => Pattern::TimesDaily(1),
        168.0 => Pattern::Weekly,
        672.0 => Pattern::Monthly,
        hours => Pattern::Every(duration(hours)?),
    })
}

/// Hours to a point of a pattern that needs no calendar.
fn point(pattern: &Pattern, index: usize) -> f64 {
    let origin = super::pattern::Origin { hours: 0.0, start: None };
    pattern.point(index as u64, origin).unwrap_or(f64::INFINITY)
}

/// A duration in the largest unit that says it in a whole number, else in hours.
fn duration(hours: f64) -> Result<Duration, DosingError> {
    for unit in [TimeUnit::Week, TimeUnit::Day, TimeUnit::Hour, TimeUnit::Minute] {
        let whole = (hours / Duration::new(1.0, unit)?.hours()).round();
        let duration = Duration::new(whole, unit);
        if let Ok(duration) = duration
            && whole > 0.0
            && duration.hours() == hours
        {
            return Ok(duration);
        }
    }
    Duration::new(hours, TimeUnit::Hour)
}

fn amount(dose: &GivenDose) -> Quantity {
    Quantity::base(dose.amount, Dimension::MASS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn given(regimen: &Regimen) -> Vec<GivenDose> {
        regimen.given(None).unwrap()
    }

    /// The schedule of the doses of a text, which has to give the same doses.
    fn back(text: &str) -> String {
        let doses = given(&text.parse().unwrap());
        let schedule = Schedule::of_doses(&doses).unwrap_or_else(|e| panic!("{text}: {e}"));
        let spelled = schedule.to_string();
        let again = given(&spelled.parse().unwrap_or_else(|e| panic!("{spelled}: {e}")));
        assert!(same(&doses, &again), "{text}\n{spelled}\n{doses:?}\n{again:?}");
        spelled
    }

    fn same(a: &[GivenDose], b: &[GivenDose]) -> bool {
        let sorted = |doses: &[GivenDose]| {
            let mut keys: Vec<String> =
                doses.iter().map(|d| format!("{:>14.6} {} {:?} {:.9}", d.time, d.amount, d.route, d.over)).collect();
            keys.sort();
            keys
        };
        sorted(a) == sorted(b)
    }

    #[test]
    fn doses_come_back_in_the_words_of_the_language() {
        for text in [
            "84 mg intranasal once",
            "35 mg iv over 40 min every 8 h x 6",
            "84 mg intranasal twice weekly x 8, first dose 56 mg, then weekly x 4",
            "84 mg twice weekly x 8, then weekly x 4, then every 2 weeks x 8",
            "10 mg oral daily x 3, pause 4 d, then 20 mg twice daily x 4",
            "10 mg oral once at 5 h, then after 7 h every 8 h x 3",
            "10 mg oral once, then after 30 min 5 mg iv over 1 h once and 3 mg nasal once",
        ] {
            let spelled = back(text);
            assert_eq!(back(&spelled), spelled, "{text}");
        }
        assert_eq!(
            back("84 mg intranasal twice weekly for 4 weeks, first dose 56 mg, then weekly for 4 weeks"),
            "84 mg intranasal twice weekly x 8, first dose 56 mg, then weekly x 4"
        );
    }

    #[test]
    fn equal_doses_at_equal_intervals_are_one_row() {
        let rows = |text: &str| {
            let rows = repeated(&given(&text.parse().unwrap()));
            rows.into_iter().map(|r| (r.dose.time, r.dose.amount, r.additional, r.interval)).collect::<Vec<_>>()
        };
        assert_eq!(rows("10 mg every 8 h x 5"), [(0.0, 10.0, 4, 8.0)]);
        assert_eq!(
            rows("84 mg twice weekly x 8, first dose 56 mg"),
            [(0.0, 56.0, 0, 0.0), (72.0, 84.0, 3, 168.0), (168.0, 84.0, 2, 168.0)]
        );
        assert_eq!(rows("1 mg every 6 h x 3 and 1 mg every 6 h x 3"), [(0.0, 1.0, 2, 6.0), (0.0, 1.0, 2, 6.0)]);
    }

    proptest! {
        #[test]
        fn any_doses_come_back(
            list in prop::collection::vec((0u32..40, 1u32..3, 0usize..2, 0u32..2), 1..20)
        ) {
            let mut doses: Vec<GivenDose> = list
                .iter()
                .map(|(t, amount, route, over)| GivenDose {
                    time: f64::from(*t) * 4.0,
                    amount: f64::from(*amount),
                    route: Some(["iv", "oral"][*route].into()),
                    over: f64::from(*over) / 3.0,
                })
                .collect();
            doses.sort_by(|a, b| a.time.total_cmp(&b.time));
            let spelled = Schedule::of_doses(&doses).unwrap().to_string();
            let again = given(&spelled.parse().unwrap());
            prop_assert!(same(&doses, &again), "{}\n{:?}\n{:?}", spelled, doses, again);
            let mut unrolled = Vec::new();
            for row in repeated(&doses) {
                for k in 0..=row.additional {
                    unrolled.push(GivenDose { time: row.dose.time + k as f64 * row.interval, ..row.dose.clone() });
                }
            }
            prop_assert!(same(&doses, &unrolled));
        }
    }
}
