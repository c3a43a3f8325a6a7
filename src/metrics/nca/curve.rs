//! The curve through samples: its trapezoids and its values in between.

use super::samples::{Level, Samples};
use super::setting::{Blq, BlqAs, Rule};
use crate::math::phi::{first_moment, phi1};

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub t: f64,
    pub c: f64,
    /// Whether the concentration could be quantified.
    pub real: bool,
}

/// An area and a first moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Area {
    pub auc: f64,
    pub aumc: f64,
}

impl std::ops::AddAssign for Area {
    fn add_assign(&mut self, other: Area) {
        self.auc += other.auc;
        self.aumc += other.aumc;
    }
}

/// How points are joined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Joined {
    pub rule: Rule,
    pub tmax: f64,
    /// Moments count time from here.
    pub origin: f64,
}

/// Which samples are the first and the last that can be quantified.
struct Place {
    first: Option<usize>,
    last: Option<usize>,
}

impl Place {
    fn new(samples: &[(f64, Level)]) -> Place {
        let is_real = |(_, level): &(f64, Level)| matches!(level, Level::Measured(_));
        Place { first: samples.iter().position(is_real), last: samples.iter().rposition(is_real) }
    }

    /// What the sample of an index counts as, if it is below the limit.
    fn rule(&self, index: usize, blq: Blq) -> BlqAs {
        match (self.first, self.last) {
            (Some(first), Some(last)) if index > first => match index > last {
                true => blq.last,
                false => blq.middle,
            },
            _ => blq.first,
        }
    }
}

impl Blq {
    /// The first sample that this rule needs the limit of, which is not known.
    pub fn lacks_limit(self, samples: &Samples) -> Option<usize> {
        let all: Vec<(f64, Level)> = samples.iter().collect();
        let place = Place::new(&all);
        let lacks = |(index, (_, level)): (usize, &(f64, Level))| {
            *level == Level::Below(None) && place.rule(index, self).needs_limit()
        };
        all.iter().enumerate().position(lacks)
    }
}

/// The points from one time to another, after the rule for what is below the limit.
pub(super) fn points(samples: &Samples, (from, to): (f64, f64), blq: Blq) -> Vec<Point> {
    let within: Vec<(f64, Level)> = samples.iter().filter(|(t, _)| (from..=to).contains(t)).collect();
    let place = Place::new(&within);
    let point = |(i, (t, level)): (usize, &(f64, Level))| {
        let limit = match level {
            Level::Measured(c) => return Some(Point { t: *t, c: *c, real: true }),
            Level::Below(limit) => limit.unwrap_or(0.0),
        };
        let how = place.rule(i, blq);
        let c = match how {
            BlqAs::Dropped => return None,
            BlqAs::Zero => 0.0,
            BlqAs::HalfLimit => limit / 2.0,
            BlqAs::Limit => limit,
        };
        Some(Point { t: *t, c, real: false })
    };
    within.iter().enumerate().filter_map(point).collect()
}

/// The first of the largest.
pub(super) fn peak<'p>(points: impl IntoIterator<Item = &'p Point>) -> Option<Point> {
    points.into_iter().copied().reduce(|best, p| if p.c > best.c { p } else { best })
}

impl Joined {
    /// Whether two neighbours are joined by an exponential.
    fn exponential(&self, p: Point, q: Point) -> bool {
        let possible = p.c > 0.0 && q.c > 0.0 && p.c != q.c;
        possible
            && match self.rule {
                Rule::Linear => false,
                Rule::LinUpLogDown => q.c < p.c,
                Rule::LinearLog => p.t >= self.tmax,
            }
    }

    /// Between two neighbours.
    pub fn between(&self, p: Point, q: Point) -> Area {
        let (dt, since) = (q.t - p.t, p.t - self.origin);
        if self.exponential(p, q) {
            let x = fall(p.c, q.c);
            let auc = p.c * dt * phi1(-x);
            return Area { auc, aumc: since * auc + p.c * dt * dt * first_moment(-x) };
        }
        let until = q.t - self.origin;
        Area { auc: dt * (p.c + q.c) / 2.0, aumc: dt * (since * p.c + until * q.c) / 2.0 }
    }

    /// The value at a time between two neighbours.
    pub fn value(&self, p: Point, q: Point, t: f64) -> f64 {
        let share = (t - p.t) / (q.t - p.t);
        if self.exponential(p, q) { p.c * (-share * fall(p.c, q.c)).exp() } else { p.c + share * (q.c - p.c) }
    }

    /// How long the curve between two neighbours is above a level.
    pub fn above(&self, p: Point, q: Point, level: f64) -> f64 {
        let dt = q.t - p.t;
        match (p.c > level, q.c > level) {
            (true, true) => dt,
            (false, false) => 0.0,
            (falls, _) => {
                let crossing = match self.exponential(p, q) && level > 0.0 {
                    true => fall(p.c, level) / fall(p.c, q.c),
                    false => (level - p.c) / (q.c - p.c),
                };
                dt * if falls { crossing } else { 1.0 - crossing }
            }
        }
    }

    /// Along all points.
    pub fn along(&self, points: &[Point]) -> Area {
        let mut sum = Area::default();
        points.windows(2).for_each(|pair| sum += self.between(pair[0], pair[1]));
        sum
    }

    /// Along the points up to a time at or before the last.
    pub fn until(&self, points: &[Point], end: f64) -> Area {
        let count = points.partition_point(|p| p.t <= end);
        let mut sum = self.along(&points[..count]);
        if let (Some(p), Some(q)) = (count.checked_sub(1).map(|i| points[i]), points.get(count))
            && p.t < end
        {
            sum += self.between(p, Point { t: end, c: self.value(p, *q, end), real: false });
        }
        sum
    }
}

/// ln(from / to), with full accuracy where they are near each other.
fn fall(from: f64, to: f64) -> f64 {
    let over = (from - to) / to;
    if over.abs() < 0.5 { over.ln_1p() } else { (from / to).ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: Joined = Joined { rule: Rule::LinUpLogDown, tmax: 0.0, origin: 0.0 };

    fn point(t: f64, c: f64) -> Point {
        Point { t, c, real: c > 0.0 }
    }

    #[test]
    fn an_exponential_has_its_area_moment_and_values() {
        for k in [1e-13, 1e-6, 0.1, 3.0] {
            let c = |t: f64| 7.0 * (-k * t).exp();
            let (p, q) = (point(2.0, c(2.0)), point(5.0, c(5.0)));
            let area = LOG.between(p, q);
            // By the integral's series where k is small, else in closed form.
            let (auc, aumc) = if k < 1e-5 {
                (7.0 * (3.0 - k * 10.5 + k * k * 39.0 / 2.0), 7.0 * (10.5 - k * 39.0 + k * k * 76.125))
            } else {
                let moment = |t: f64| c(t) * (t / k + 1.0 / (k * k));
                ((c(2.0) - c(5.0)) / k, moment(2.0) - moment(5.0))
            };
            assert!((area.auc / auc - 1.0).abs() < 1e-12, "{k}: {area:?} {auc}");
            assert!((area.aumc / aumc - 1.0).abs() < 1e-12, "{k}: {area:?} {aumc}");
            assert!((LOG.value(p, q, 3.0) / c(3.0) - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn what_is_below_the_limit_follows_the_rule_of_its_place() {
        let below = |limit| Level::Below(Some(limit));
        let samples = vec![
            (0.0, below(2.0)),
            (1.0, Level::Measured(5.0)),
            (2.0, below(2.0)),
            (3.0, Level::Measured(3.0)),
            (4.0, below(2.0)),
        ];
        let samples = Samples::of(samples).unwrap();
        let blq = Blq { first: BlqAs::HalfLimit, middle: BlqAs::Dropped, last: BlqAs::Limit };
        let found = points(&samples, (0.0, f64::INFINITY), blq);
        let cells: Vec<_> = found.iter().map(|p| (p.t, p.c, p.real)).collect();
        assert_eq!(cells, [(0.0, 1.0, false), (1.0, 5.0, true), (3.0, 3.0, true), (4.0, 2.0, false)]);
        // Where a part of the profile is looked at, the last that can be quantified is the last of that part.
        let found = points(&samples, (0.0, 2.5), blq);
        assert_eq!(found.last().map(|p| (p.t, p.c)), Some((2.0, 2.0)));
        assert_eq!(points(&Samples::default(), (0.0, 1.0), blq), []);
    }

    #[test]
    fn time_above_a_level_is_interpolated_as_areas_are() {
        let fall = (point(0.0, 8.0), point(3.0, 1.0));
        assert_eq!(LOG.above(fall.0, fall.1, 2.0), 2.0);
        let line = Joined { rule: Rule::Linear, ..LOG };
        assert_eq!(line.above(fall.0, fall.1, 1.0), 3.0);
        assert_eq!(line.above(point(0.0, 0.0), point(4.0, 4.0), 1.0), 3.0);
        assert_eq!((line.above(fall.0, fall.1, 9.0), line.above(fall.0, fall.1, 0.5)), (0.0, 3.0));
    }
}
