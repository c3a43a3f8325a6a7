//! The terminal slope: a line through the logarithms of the last concentrations.

use super::curve::Point;
use super::report::Missing;
use super::setting::HalfLife;

/// The terminal slope. Times are those of the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Slope {
    /// lambda_z, per unit of time.
    pub rate: f64,
    /// ln C at time 0 of the samples' clock.
    pub intercept: f64,
    /// The times of its points.
    pub times: Vec<f64>,
    /// R2 of the regression.
    pub r2: f64,
    /// The same adjusted for the number of points; none for two points.
    pub adjusted: Option<f64>,
}

impl Slope {
    /// The concentration on the line.
    pub fn at(&self, time: f64) -> f64 {
        (self.intercept - self.rate * time).exp()
    }

    /// Through all of these points.
    fn through(points: &[Point]) -> Slope {
        let n = points.len() as f64;
        let mean = |f: fn(&Point) -> f64| points.iter().map(f).sum::<f64>() / n;
        let (mt, my) = (mean(|p| p.t), mean(|p| p.c.ln()));
        let (mut tt, mut ty, mut yy) = (0.0, 0.0, 0.0);
        for p in points {
            let (t, y) = (p.t - mt, p.c.ln() - my);
            tt += t * t;
            ty += t * y;
            yy += y * y;
        }
        let slope = ty / tt;
        let rest: f64 = points.iter().map(|p| p.c.ln() - my - slope * (p.t - mt)).map(|r| r * r).sum();
        let r2 = 1.0 - rest / yy;
        let adjusted = (points.len() > 2).then(|| 1.0 - (1.0 - r2) * (n - 1.0) / (n - 2.0));
        let times = points.iter().map(|p| p.t).collect();
        Slope { rate: -slope, intercept: my - slope * mt, times, r2, adjusted }
    }

    fn falls(&self) -> bool {
        self.rate > 0.0 && self.rate.is_finite() && self.intercept.is_finite()
    }
}

/// Longer sets of points are chosen where their adjusted R2 is this near the largest.
const NEAR: f64 = 1e-4;

/// The slope of the points that are chosen. `earliest` is the first time that [`HalfLife::Best`] may use.
pub(super) fn slope(points: &[Point], choice: &HalfLife, earliest: f64) -> Result<Slope, Missing> {
    let real = points.iter().copied().filter(|p| p.real && p.c > 0.0);
    let (least, chosen): (usize, Vec<Point>) = match choice {
        HalfLife::Best(least) => ((*least).max(3), real.filter(|p| p.t >= earliest).collect()),
        HalfLife::Between(from, to) => (2, real.filter(|p| (*from..=*to).contains(&p.t)).collect()),
        HalfLife::At(times) => {
            let at = |time: &f64| real.clone().find(|p| p.t == *time).ok_or(Missing::NoSampleAt(*time));
            (2, times.iter().map(at).collect::<Result<_, _>>()?)
        }
    };
    if chosen.len() < least {
        return Err(Missing::FewPoints { found: chosen.len(), needs: least });
    }
    let HalfLife::Best(_) = choice else {
        return Some(Slope::through(&chosen)).filter(Slope::falls).ok_or(Missing::NotFalling);
    };
    // Of many samples each further one costs a regression: quadratic, and a profile has dozens.
    let lines = (least..=chosen.len()).map(|n| Slope::through(&chosen[chosen.len() - n..]));
    let falling: Vec<Slope> = lines.filter(Slope::falls).collect();
    let adjusted = |line: &Slope| line.adjusted.unwrap_or(f64::NEG_INFINITY);
    let best = falling.iter().map(adjusted).fold(f64::NEG_INFINITY, f64::max);
    falling.into_iter().rfind(|line| adjusted(line) >= best - NEAR).ok_or(Missing::NotFalling)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(f64, f64)]) -> Vec<Point> {
        values.iter().map(|(t, c)| Point { t: *t, c: *c, real: *c > 0.0 }).collect()
    }

    #[test]
    fn an_exponential_gives_its_rate_from_all_points() {
        let profile: Vec<_> = (0..8).map(f64::from).map(|t| (t, 5.0 * (-0.3 * t).exp())).collect();
        let found = slope(&points(&profile), &HalfLife::default(), 1.0).unwrap();
        assert!((found.rate - 0.3).abs() < 1e-14 && (found.at(0.0) - 5.0).abs() < 1e-12, "{found:?}");
        assert_eq!(found.times.len(), 7);
    }

    #[test]
    fn chosen_points_are_taken_as_they_are() {
        let profile = points(&[(0.0, 8.0), (1.0, 4.0), (2.0, 2.0), (3.0, 0.0), (4.0, 1.5)]);
        let two = slope(&profile, &HalfLife::At(vec![1.0, 2.0]), 9.0).unwrap();
        assert_eq!((two.times.len(), two.adjusted), (2, None));
        assert!((two.rate - 2f64.ln()).abs() < 1e-15);
        let from = slope(&profile, &HalfLife::Between(1.0, f64::INFINITY), 9.0).unwrap();
        assert_eq!(from.times, [1.0, 2.0, 4.0]);
        let missing = |choice| slope(&profile, &choice, 1.0).unwrap_err();
        assert_eq!(missing(HalfLife::At(vec![1.0, 3.0])), Missing::NoSampleAt(3.0));
        assert_eq!(missing(HalfLife::Between(3.5, 9.0)), Missing::FewPoints { found: 1, needs: 2 });
        assert_eq!(missing(HalfLife::Best(4)), Missing::FewPoints { found: 3, needs: 4 });
    }

    #[test]
    fn what_does_not_fall_has_no_slope() {
        for profile in [[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)], [(0.0, 2.0), (1.0, 2.0), (2.0, 2.0)]] {
            assert_eq!(slope(&points(&profile), &HalfLife::default(), 0.0), Err(Missing::NotFalling));
        }
    }
}
