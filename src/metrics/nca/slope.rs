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

/// Adjusted R2 of the line through points that come one after the other; the sums are about their running means.
#[derive(Default)]
struct Running {
    n: f64,
    t: f64,
    y: f64,
    tt: f64,
    ty: f64,
    yy: f64,
}

impl Running {
    /// With one more point; none where the line does not fall, or of two points.
    fn adjusted(&mut self, p: &Point) -> Option<f64> {
        self.n += 1.0;
        let (t, y) = (p.t - self.t, p.c.ln() - self.y);
        self.t += t / self.n;
        self.y += y / self.n;
        let left = (self.n - 1.0) / self.n;
        self.tt += t * t * left;
        self.ty += t * y * left;
        self.yy += y * y * left;
        let rest = 1.0 - (self.ty / self.tt) * (self.ty / self.yy);
        let adjusted = 1.0 - rest * (self.n - 1.0) / (self.n - 2.0);
        (self.n > 2.0 && self.ty < 0.0 && adjusted.is_finite()).then_some(adjusted)
    }
}

/// How many of the last points have the largest adjusted R2, or one that is near it: the most.
fn best(points: &[Point], least: usize) -> Option<usize> {
    let mut running = Running::default();
    let lines = points.iter().rev().zip(1..).map(|(p, n)| (n, running.adjusted(p)));
    let falling: Vec<(usize, f64)> =
        lines.filter_map(|(n, adjusted)| Some((n, adjusted?))).filter(|(n, _)| *n >= least).collect();
    let largest = falling.iter().map(|(_, adjusted)| *adjusted).reduce(f64::max)?;
    falling.iter().rfind(|(_, adjusted)| *adjusted >= largest - NEAR).map(|(n, _)| *n)
}

/// The slope of the points that are chosen. `earliest` is the first time that [`HalfLife::Best`] may use.
pub(super) fn slope(points: &[Point], choice: &HalfLife, earliest: f64) -> Result<Slope, Missing> {
    let real = points.iter().copied().filter(|p| p.real && p.c > 0.0);
    let (least, mut chosen): (usize, Vec<Point>) = match choice {
        HalfLife::Best(least) => ((*least).max(3), real.filter(|p| p.t >= earliest).collect()),
        HalfLife::Between(from, to) => (2, real.filter(|p| (*from..=*to).contains(&p.t)).collect()),
        HalfLife::At(times) => {
            let mut times = times.clone();
            times.sort_by(f64::total_cmp);
            if let Some(pair) = times.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Missing::ChosenTwice(pair[0]));
            }
            let at = |time: &f64| real.clone().find(|p| p.t == *time).ok_or(Missing::NoSampleAt(*time));
            (2, times.iter().map(at).collect::<Result<_, _>>()?)
        }
    };
    if chosen.len() < least {
        return Err(Missing::FewPoints { found: chosen.len(), needs: least });
    }
    if let HalfLife::Best(_) = choice {
        let count = best(&chosen, least).ok_or(Missing::NotFalling)?;
        chosen.drain(..chosen.len() - count);
    }
    Some(Slope::through(&chosen)).filter(Slope::falls).ok_or(Missing::NotFalling)
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
    fn chosen_times_stand_in_any_order_and_once() {
        let profile = points(&[(4.0, 8.0), (8.0, 4.0), (12.0, 1.0)]);
        let of = |times: &[f64]| slope(&profile, &HalfLife::At(times.to_vec()), 0.0);
        let sorted = of(&[4.0, 8.0, 12.0]).unwrap();
        assert_eq!(sorted.times, [4.0, 8.0, 12.0]);
        assert_eq!(of(&[12.0, 4.0, 8.0]), Ok(sorted));
        assert_eq!(of(&[8.0, 4.0, 8.0]), Err(Missing::ChosenTwice(8.0)));
    }

    /// The choice by running sums is that by a regression for each number of points.
    #[test]
    fn the_best_line_is_the_longest_of_those_near_the_best() {
        for seed in 0..200_u32 {
            let noise = |i: u32| f64::from((seed * 7919 + i * 104_729) % 1009) / 1009.0;
            let c = |i: u32| 1e3 * (-0.2 * f64::from(i) + 0.02 * f64::from(seed % 20) * noise(i)).exp();
            let profile = points(&(0..40).map(|i| (1e4 + f64::from(i), c(i))).collect::<Vec<_>>());
            let line = |n: usize| Slope::through(&profile[profile.len() - n..]);
            let lines: Vec<Slope> = (3..=40).map(line).filter(Slope::falls).collect();
            let largest = lines.iter().filter_map(|l| l.adjusted).fold(0.0, f64::max);
            let expected = lines.into_iter().rfind(|l| l.adjusted.is_some_and(|a| a >= largest - NEAR)).unwrap();
            assert_eq!(slope(&profile, &HalfLife::default(), 0.0), Ok(expected));
        }
    }

    /// Dense profiles are analysed in proportion to their samples: this took gigabytes once.
    #[test]
    fn many_points_are_no_trouble() {
        let profile: Vec<_> = (0..50_000).map(|i| 1e-3 * f64::from(i)).map(|t| (t, (-0.3 * t).exp())).collect();
        let found = slope(&points(&profile), &HalfLife::default(), 0.0).unwrap();
        assert_eq!(found.times.len(), 50_000);
        assert!((found.rate - 0.3).abs() < 1e-12, "{}", found.rate);
    }

    #[test]
    fn what_does_not_fall_has_no_slope() {
        for profile in [[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)], [(0.0, 2.0), (1.0, 2.0), (2.0, 2.0)]] {
            assert_eq!(slope(&points(&profile), &HalfLife::default(), 0.0), Err(Missing::NotFalling));
        }
    }
}
