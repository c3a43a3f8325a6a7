//! Distributions of numbers: normal, log-normal and uniform, whole or truncated.

use crate::math::normal;

/// A distribution of numbers that can be drawn from by one normal number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Distribution {
    shape: Shape,
    cut: Option<Cut>,
}

/// The part of a distribution that is left between two limits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cut {
    /// Smallest and largest value; infinite where there is no limit.
    limits: (f64, f64),
    /// The same as normal numbers.
    standard: (f64, f64),
    /// Probabilities of the whole distribution are counted from above: the tail there is the shorter one.
    from_above: bool,
    /// Probability up to the first limit that is met from that side, and between the two.
    outside: f64,
    inside: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Normal { mean: f64, sd: f64 },
    LogNormal { median: f64, log_sd: f64 },
    Uniform { from: f64, to: f64 },
}

impl Distribution {
    /// A normal distribution; `sd` of 0 gives the mean.
    pub fn normal(mean: f64, sd: f64) -> Self {
        Self::whole(Shape::Normal { mean, sd })
    }

    /// A log-normal distribution whose logarithm has this standard deviation; 0 gives the median.
    pub fn log_normal(median: f64, log_sd: f64) -> Self {
        Self::whole(Shape::LogNormal { median, log_sd })
    }

    /// Every value of a range is as likely as any other.
    pub fn uniform(from: f64, to: f64) -> Self {
        Self::whole(Shape::Uniform { from, to })
    }

    fn whole(shape: Shape) -> Self {
        Distribution { shape, cut: None }
    }

    /// The distribution of those of its values that lie between `min` and `max`; `None` if practically none do.
    pub fn truncated(self, min: f64, max: f64) -> Option<Self> {
        if let Some(only) = self.only_value() {
            return (min <= only && only <= max).then_some(self);
        }
        let (low, high) = (self.standard(min), self.standard(max));
        // Probabilities of the shorter tail are small numbers, which keep their digits.
        let from_above = low + high > 0.0;
        let (first, last) = if from_above { (-high, -low) } else { (low, high) };
        let outside = normal::cdf(first);
        let inside = normal::cdf(last) - outside;
        let cut = Cut { limits: (min, max), standard: (low, high), from_above, outside, inside };
        (inside > f64::MIN_POSITIVE).then_some(Distribution { cut: Some(cut), ..self })
    }

    /// Its smallest and largest value, where it has both.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies
    pub fn ends(&self) -> Option<(f64, f64)> {
        let of_shape = match self.shape {
            Shape::Uniform { from, to } => (from, to),
            _ => self.only_value().map_or((f64::NEG_INFINITY, f64::INFINITY), |only| (only, only)),
        };
        let limits = self.cut.map_or((f64::NEG_INFINITY, f64::INFINITY), |cut| cut.limits);
        let (low, high) = (of_shape.0.max(limits.0), of_shape.1.min(limits.1));
        (low.is_finite() && high.is_finite()).then_some((low, high))
    }

    /// Whether its logarithm is what is spread evenly around a middle.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies
    pub fn is_log_normal(&self) -> bool {
        matches!(self.shape, Shape::LogNormal { .. })
    }

    /// The value of a distribution that has no spread.
    fn only_value(&self) -> Option<f64> {
        match self.shape {
            Shape::Normal { mean, sd } => (sd == 0.0).then_some(mean),
            Shape::LogNormal { median, log_sd } => (log_sd == 0.0).then_some(median),
            Shape::Uniform { from, to } => (from == to).then_some(from),
        }
    }

    /// The normal number that gives a value.
    fn standard(&self, value: f64) -> f64 {
        match self.shape {
            Shape::Normal { mean, sd } => (value - mean) / sd,
            Shape::LogNormal { .. } if value <= 0.0 => f64::NEG_INFINITY,
            Shape::LogNormal { median, log_sd } => (value / median).ln() / log_sd,
            Shape::Uniform { from, to } => {
                let share = (value - from) / (to - from);
                match share {
                    _ if share <= 0.0 => f64::NEG_INFINITY,
                    _ if share >= 1.0 => f64::INFINITY,
                    _ => normal::quantile(share),
                }
            }
        }
    }

    /// The value that a normal number `z` gives: that of the same probability below it. A truncated distribution is drawn
    /// by its own quantile function, so that one normal number always gives one value.
    pub fn at(&self, z: f64) -> f64 {
        let whole = |z: f64| match self.shape {
            Shape::Normal { mean, sd } => mean + sd * z,
            Shape::LogNormal { median, log_sd } => median * (log_sd * z).exp(),
            Shape::Uniform { from, to } => from + (to - from) * normal::cdf(z),
        };
        let Some(cut) = &self.cut else { return whole(z) };
        let of_share = |z: f64| {
            let share = cut.outside + normal::cdf(z) * cut.inside;
            normal::quantile(share.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0))
        };
        let z = if cut.from_above { -of_share(-z) } else { of_share(z) };
        // Rounding only: nothing that was drawn is moved by more than that.
        let z = z.clamp(cut.standard.0, cut.standard.1);
        whole(z).clamp(cut.limits.0, cut.limits.1)
    }
}

/// The standard deviation of the logarithm of a log-normal quantity with this coefficient of variation.
pub(super) fn log_sd_of_cv(cv: f64) -> f64 {
    (cv * cv).ln_1p().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    /// Probabilities from 1e-9 to 1 - 1e-9, as normal numbers.
    fn normals() -> impl Iterator<Item = f64> {
        (-60..=60).map(|k| f64::from(k) / 10.0)
    }

    #[test]
    fn a_truncated_distribution_keeps_the_proportions_of_the_whole() {
        for (min, max) in
            [(60.0, 90.0), (f64::NEG_INFINITY, 65.0), (100.0, f64::INFINITY), (20.0, 30.0), (130.0, 131.0)]
        {
            let whole = Distribution::normal(75.0, 12.0);
            let cut = whole.truncated(min, max).unwrap();
            let below = |x: f64| normal::cdf((x - 75.0) / 12.0);
            let above = |x: f64| normal::cdf((75.0 - x) / 12.0);
            for z in normals() {
                let x = cut.at(z);
                assert!((min..=max).contains(&x), "{x}");
                // From the nearer tail, or differences of numbers near 1 are all that is compared.
                let (found, expected) = if min > 75.0 {
                    ((above(x) - above(max)) / (above(min) - above(max)), normal::cdf(-z))
                } else {
                    ((below(x) - below(min)) / (below(max) - below(min)), normal::cdf(z))
                };
                assert!((found - expected).abs() < 1e-12, "{min}..{max} at {z}: {found} and {expected}");
            }
        }
    }

    #[test]
    fn one_far_out_in_a_tail_is_still_a_distribution() {
        let far = Distribution::normal(0.0, 1.0).truncated(30.0, f64::INFINITY).unwrap();
        // From arithmetic of 40 digits: the tail from here on has half the probability of the tail from 30 on.
        assert!((far.at(0.0) - 30.023_070_467_827_31).abs() < 1e-13, "{}", far.at(0.0));
        assert!(far.at(-8.0) < far.at(0.0) && far.at(0.0) < far.at(8.0) && far.at(9.0).is_finite());
        assert_eq!(Distribution::normal(0.0, 1.0).truncated(50.0, 60.0), None);
    }

    #[test]
    fn a_log_normal_truncates_at_its_logarithm_and_a_uniform_at_its_share() {
        let cut = Distribution::log_normal(70.0, 0.2).truncated(0.0, 70.0).unwrap();
        assert!((cut.at(0.0) / (70.0 * (0.2 * normal::quantile(0.25)).exp()) - 1.0).abs() < 1e-14);
        let cut = Distribution::uniform(0.0, 10.0).truncated(-5.0, 4.0).unwrap();
        assert!((cut.at(0.0) - 2.0).abs() < 1e-14);
        assert_eq!(Distribution::uniform(0.0, 10.0).truncated(11.0, 12.0), None);
    }

    #[test]
    fn no_spread_gives_the_one_value() {
        for only in
            [Distribution::normal(3.0, 0.0), Distribution::log_normal(3.0, 0.0), Distribution::uniform(3.0, 3.0)]
        {
            assert!(normals().all(|z| only.at(z) == 3.0));
            assert_eq!(only.truncated(3.0, 4.0).unwrap().at(1.0), 3.0);
            assert_eq!(only.truncated(3.5, 4.0), None);
            assert!(only.truncated(WHOLE.0, WHOLE.1).is_some());
        }
    }

    #[test]
    fn a_coefficient_of_variation_is_that_of_the_quantity() {
        // sqrt(exp(s^2) - 1) of s
        assert!(((log_sd_of_cv(0.615).powi(2).exp() - 1.0).sqrt() - 0.615).abs() < 1e-15);
        assert_eq!(log_sd_of_cv(0.0), 0.0);
    }
}
