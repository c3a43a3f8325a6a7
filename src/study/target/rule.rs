//! When enough people have been counted.
//!
//! The rule looks after every chunk and stops once the interval is narrow. It looks at the width alone, which depends on how near
//! the share is to 0 or 1: a share that happens to be further from one half than it should stops a little earlier. What that does
//! to the estimate can be computed, for the number of hits is binomial from look to look; the tests below do so.

use crate::math::normal;
use crate::math::statistics::wilson;

/// How many were counted, and how many of them attain the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// People with everything that the target compares.
    pub n: u64,
    /// Those who attain it.
    pub attained: u64,
}

impl Estimate {
    /// One more.
    pub(super) fn add(&mut self, attains: bool) {
        self.n += 1;
        self.attained += u64::from(attains);
    }

    /// The share of those who attain it; not a number of none.
    pub fn share(&self) -> f64 {
        self.attained as f64 / self.n as f64
    }

    /// The interval that holds the probability as often as `level` says (Wilson 1927).
    pub fn interval(&self, level: f64) -> (f64, f64) {
        wilson(self.attained, self.n, normal::quantile(0.5 + 0.5 * level))
    }
}

/// Why people were added no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// All intervals are as narrow as asked for.
    HalfWidth,
    /// There are as many people as allowed.
    Maximum,
    /// Nobody has what a target compares.
    Failed,
}

impl Stopped {
    /// As it stands in tables.
    pub fn name(self) -> &'static str {
        match self {
            Stopped::HalfWidth => "half_width",
            Stopped::Maximum => "max_subjects",
            Stopped::Failed => "failed",
        }
    }
}

/// When enough is enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    half_width: f64,
    /// Standard deviations to either side.
    z: f64,
}

impl Rule {
    pub fn new(half_width: f64, level: f64) -> Self {
        Rule { half_width, z: normal::quantile(0.5 + 0.5 * level) }
    }

    pub fn interval(&self, estimate: &Estimate) -> (f64, f64) {
        wilson(estimate.attained, estimate.n, self.z)
    }

    /// Whether the interval is narrow enough.
    pub fn is_enough(&self, estimate: &Estimate) -> bool {
        let (low, high) = self.interval(estimate);
        0.5 * (high - low) <= self.half_width
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHUNK;
    use super::*;

    /// The chances of 0, 1, 2 … hits in a chunk.
    fn binomial(p: f64) -> Vec<f64> {
        let n = CHUNK as f64;
        let log = |k: f64| {
            libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
                + k * p.ln()
                + (n - k) * (-p).ln_1p()
        };
        (0..=CHUNK).map(|k| log(k as f64).exp()).collect()
    }

    /// Bias of the estimate and how often its interval holds the probability, exactly: hits are binomial from look to look.
    fn stopped(rule: &Rule, p: f64) -> (f64, f64) {
        let chunk = binomial(p);
        let (mut alive, mut n, mut mean, mut holds) = (vec![1.0], 0, 0.0, 0.0);
        while alive.iter().sum::<f64>() > 1e-13 {
            let mut next = vec![0.0; alive.len() + CHUNK as usize];
            for (hits, chance) in alive.iter().enumerate().filter(|(_, chance)| **chance > 1e-20) {
                chunk.iter().enumerate().for_each(|(more, of_more)| next[hits + more] += chance * of_more);
            }
            (alive, n) = (next, n + CHUNK);
            for (hits, chance) in alive.iter_mut().enumerate().filter(|(_, chance)| **chance > 0.0) {
                let estimate = Estimate { n, attained: hits as u64 };
                if rule.is_enough(&estimate) {
                    let (low, high) = rule.interval(&estimate);
                    mean += *chance * estimate.share();
                    holds += if (low..=high).contains(&p) { *chance } else { 0.0 };
                    *chance = 0.0;
                }
            }
        }
        (mean - p, holds)
    }

    #[test]
    fn stopping_moves_the_estimate_by_a_tenth_of_the_half_width_at_most_and_intervals_hold_what_they_say() {
        for half_width in [0.01, 0.02, 0.05] {
            let rule = Rule::new(half_width, 0.95);
            for p in [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98] {
                let (bias, holds) = stopped(&rule, p);
                assert!(bias.abs() < 0.1 * half_width, "{half_width}, {p}: bias {bias}");
                assert!(holds > 0.944, "{half_width}, {p}: {holds}");
            }
        }
    }

    /// Wilson's own interval does not hold every probability as often as it says: hits come in whole numbers. Docs name these.
    #[test]
    fn rare_events_are_held_less_often_after_one_look() {
        let rule = Rule::new(0.05, 0.95);
        for (p, wanted) in [(0.015, 0.939), (0.002, 0.920)] {
            let (_, holds) = stopped(&rule, p);
            assert!((holds - wanted).abs() < 5e-4, "{p}: {holds}");
        }
    }
}
