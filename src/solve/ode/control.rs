//! How long a step should be: the controller of the error and the guess for the first step.

/// The largest factor between two steps.
pub const GROWTH: f64 = 10.0;
/// The smallest factor after a step that was accepted, and after one that was not.
const SHRINK: f64 = 0.2;
const RETREAT: f64 = 0.1;
/// The step aims at this share of the length at which the error would just be tolerated.
const SAFETY: f64 = 0.9;
/// Both methods are of order 5: the estimate of the error goes with the fifth power of the step.
const EXPONENT: f64 = 0.2;
/// Share of the previous error in the decision (Gustafsson 1991; Hairer, Nørsett and Wanner 1993, II.4).
const MEMORY: f64 = 0.04;
/// Errors below this do not raise the memory of the controller.
const CALM: f64 = 1e-4;

/// log2(x) for a positive normal number, within 0.01.
#[inline(always)]
pub fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) as i32 - 1023) as f64;
    let m = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    exponent + (2.0 - m / 3.0) * m - 5.0 / 3.0
}

/// 2^x for |x| < 1000, within 1 %.
#[inline(always)]
pub fn exp2(x: f64) -> f64 {
    let shifted = x.clamp(-1000.0, 1000.0) + 1023.0;
    let whole = shifted as i32;
    let part = shifted - f64::from(whole);
    f64::from_bits((whole as u64) << 52) * (1.0 + part * (2.0 / 3.0 + part / 3.0))
}

/// The memory of the controller of one lane: log2 of the previous error, as a share of what is tolerated.
#[derive(Debug, Clone, Copy)]
pub struct Controller {
    previous: f64,
}

impl Default for Controller {
    fn default() -> Self {
        Self { previous: log2(CALM) }
    }
}

impl Controller {
    /// Factor for the next step after one that was accepted with `error` (a share of what is tolerated, at most 1).
    #[inline(always)]
    pub fn accepted(&mut self, error: f64) -> f64 {
        let error = log2(error.max(1e-12));
        let factor = SAFETY * exp2(MEMORY * self.previous - (EXPONENT - 0.75 * MEMORY) * error);
        self.previous = error.max(log2(CALM));
        factor.clamp(SHRINK, GROWTH)
    }

    /// Factor for the next attempt after one whose error was above 1, or not a number.
    #[inline(always)]
    pub fn rejected(error: f64) -> f64 {
        match error < 1e30 {
            true => (SAFETY * exp2(-EXPONENT * log2(error))).clamp(RETREAT, SAFETY),
            false => RETREAT,
        }
    }
}

/// Length of a trial step, from the largest state and slope, each as a share of what is tolerated. After Hairer, Nørsett and
/// Wanner 1993, II.4, but without a unit of time: states at zero are given the size of the tolerance.
pub fn trial_step(state: f64, slope: f64, stretch: f64) -> f64 {
    if slope == 0.0 {
        return 1e-3 * stretch;
    }
    (0.01 * state.max(1.0) / slope).clamp(f64::MIN_POSITIVE, stretch)
}

/// Length of the first step, from the trial step, the largest slope before it and the largest difference of slopes over it. The
/// fifth derivative is taken to be as the first two let expect: slope x (difference / (trial x slope))^4.
pub fn first_step(trial: f64, slope: f64, difference: f64, stretch: f64) -> f64 {
    let (slope, bend) = (slope.max(difference), difference / trial);
    if bend == 0.0 {
        return if slope == 0.0 { stretch } else { (100.0 * trial).min(stretch) };
    }
    if !(bend < 1e300 && bend > 1e-300 && slope > 1e-300) {
        return trial;
    }
    exp2(EXPONENT * (log2(0.01) + 3.0 * log2(slope) - 4.0 * log2(bend))).min(100.0 * trial).min(stretch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheap_powers_are_good_to_a_per_cent() {
        for i in -3000..3000 {
            let x = f64::from(i) * 0.0101;
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 0.01, "{x}");
            assert!((log2(x.exp2()) - x).abs() < 0.01, "{x}");
        }
    }

    #[test]
    fn factors_stay_within_their_bounds_and_follow_the_fifth_root() {
        let mut controller = Controller::default();
        assert_eq!(controller.accepted(0.0), GROWTH);
        assert_eq!(Controller::rejected(f64::NAN), RETREAT);
        assert_eq!(Controller::rejected(f64::INFINITY), RETREAT);
        assert!((Controller::rejected(32.0) / (SAFETY / 2.0) - 1.0).abs() < 0.02);
        let steady = (0..100).fold(0.0, |_, _| controller.accepted(0.5));
        assert!((steady / (SAFETY * 0.5_f64.powf(-EXPONENT + 1.75 * MEMORY)) - 1.0).abs() < 0.02, "{steady}");
    }

    #[test]
    fn the_first_step_does_not_depend_on_the_unit_of_time() {
        for scale in [1.0, 3600.0, 1e-6] {
            let trial = trial_step(1e8, 1e8 / scale, 100.0 * scale);
            assert!((trial / scale / 0.01 - 1.0).abs() < 1e-12);
            let step = first_step(trial, 1e8 / scale, 1e6 / scale, 100.0 * scale);
            assert!((step / scale / 0.01 - 1.0).abs() < 0.03, "{step}");
        }
    }
}
