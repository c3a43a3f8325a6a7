//! How long a step should be: the controller of the error and the guess for the first step.

/// The largest factor between two steps.
const GROWTH: f64 = 10.0;
/// The smallest factor after a step that was accepted, and after one that was not.
const SHRINK: f64 = 0.2;
const RETREAT: f64 = 0.1;
/// The step aims at this share of the length at which the error would just be tolerated.
const SAFETY: f64 = 0.9;
/// The estimate of the error goes with the fifth power of the step, that of the enduring method with the fourth: for that one
/// steps change more cautiously than they could.
const EXPONENT: f64 = 0.2;
/// Share of the previous error in the decision (Gustafsson 1991; Hairer, Nørsett and Wanner 1993, II.4).
const MEMORY: f64 = 0.04;
/// log2 of the error that is remembered of smaller ones, and at the start.
const QUIET: f64 = -13.0;
/// Errors are not told apart below this: the next step is as long as it may be.
const LEAST: f64 = 1e-12;

/// Added to a number below 2^51 it leaves the nearest whole number in the last bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// The bits of 2^52, to which a whole number in the last bits adds.
const TWO_52: u64 = 0x4330_0000_0000_0000;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// Bits of 1/x and x add up to about this, for every x.
const RECIPROCAL: u64 = 0x7fde_6238_0000_0000;

/// log2(x) for a positive normal number, within 0.01.
#[inline(always)]
pub fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = f64::from_bits(bits >> 52 | TWO_52) - (4_503_599_627_370_496.0 + 1023.0);
    let m = f64::from_bits(bits & MANTISSA | ONE);
    exponent + (2.0 - m * (1.0 / 3.0)) * m - 5.0 / 3.0
}

/// 2^x for |x| < 1000, within 1 %.
#[inline(always)]
pub fn exp2(x: f64) -> f64 {
    let shifted = x + MAGIC;
    let part = x - (shifted - MAGIC);
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(ONE));
    power * (1.0 + part * (0.703 + part * 0.24))
}

/// 1/x for a positive normal number, within 0.2 %: a division takes ten times as long.
#[inline(always)]
pub fn reciprocal(x: f64) -> f64 {
    let guess = f64::from_bits(RECIPROCAL.wrapping_sub(x.to_bits()));
    let missing = 1.0 - x * guess;
    guess + guess * (missing + missing * missing)
}

/// What the controller of the step remembers of each lane.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub struct Control<const L: usize> {
    /// Length of step that is asked for, h.
    pub proposal: [f64; L],
    /// Attempts in the present stretch.
    pub attempts: [f64; L],
    /// 1 where the latest attempt was accepted, else 0.
    pub accepted: [f64; L],
    /// 1 where the latest attempt was not accepted, else 0.
    pub rejected: [f64; L],
    /// 1 where something in the latest attempt was not a number, else 0.
    pub broken: [f64; L],
    /// log2 of the previous error, as a share of what is tolerated.
    previous: [f64; L],
    /// Length of step that was asked for after the first accepted one of the latest stretch, h.
    opening: [f64; L],
    /// 1 until a step of the stretch is accepted, else 0.
    opens: [f64; L],
}

impl<const L: usize> Control<L> {
    pub fn new() -> Self {
        let zero = [0.0; L];
        Self {
            proposal: zero,
            attempts: zero,
            accepted: zero,
            rejected: zero,
            broken: zero,
            previous: [QUIET; L],
            opening: [f64::INFINITY; L],
            opens: zero,
        }
    }

    /// A stretch begins: attempts are counted anew. What happens between stretches is alike from one to the next, so that the
    /// first step is not longer than one that was good after the latest event.
    pub fn begin(&mut self, lane: usize) {
        self.proposal[lane] = self.proposal[lane].min(self.opening[lane]);
        self.opens[lane] = 1.0;
        for memory in [&mut self.attempts, &mut self.accepted, &mut self.rejected, &mut self.broken] {
            memory[lane] = 0.0;
        }
    }

    /// Another subject comes.
    pub fn fresh(&mut self, lane: usize, proposal: f64) {
        (self.proposal[lane], self.previous[lane], self.opening[lane]) = (proposal, QUIET, f64::INFINITY);
    }

    /// Judges attempts of length `h` whose largest error was `error`, as a share of what is tolerated, in the lanes where
    /// `part` is 1. Where `check` is not finite, something was not a number.
    #[inline(always)]
    pub fn decide(&mut self, part: &[f64; L], h: &[f64; L], error: &[f64; L], check: &[f64; L]) {
        for l in 0..L {
            let finite = check[l].abs() < f64::INFINITY;
            let good = finite & (error[l] <= 1.0);
            let log = log2(if error[l] > LEAST { error[l] } else { LEAST });
            let power =
                if good { MEMORY * self.previous[l] - (EXPONENT - 0.75 * MEMORY) * log } else { -EXPONENT * log };
            let free = if finite { SAFETY * exp2(power) } else { RETREAT };
            let (low, high) = if good { (SHRINK, GROWTH) } else { (RETREAT, SAFETY) };
            let bounded = if free > low { free } else { low };
            let bounded = if bounded < high { bounded } else { high };
            let calm = good & (self.rejected[l] > 0.0) & (bounded > 1.0);
            let next = h[l] * if calm { 1.0 } else { bounded };
            // A step that was cut short to end a stretch says little about longer ones.
            let cut = good & (bounded >= GROWTH) & (self.proposal[l] > next);
            let proposal = if cut { self.proposal[l] } else { next };
            let previous = if log > QUIET { log } else { QUIET };
            let here = part[l] > 0.0;
            self.previous[l] = if here & good { previous } else { self.previous[l] };
            self.proposal[l] = if here { proposal } else { self.proposal[l] };
            self.attempts[l] += part[l];
            let opened = here & good & (self.opens[l] > 0.0);
            self.opening[l] = if opened { proposal } else { self.opening[l] };
            self.opens[l] = if here & good { 0.0 } else { self.opens[l] };
            self.accepted[l] = if here & good { 1.0 } else { self.accepted[l] };
            self.rejected[l] = if here { f64::from(u8::from(!good)) } else { self.rejected[l] };
            self.broken[l] = if here { f64::from(u8::from(!finite)) } else { self.broken[l] };
        }
    }
}

/// Length of a trial step, from the largest state and slope, each as a share of what is tolerated. After Hairer, Nørsett and
/// Wanner 1993, II.4, but without a unit of time: states at zero are given the size of the tolerance.
pub fn trial_step(state: f64, slope: f64, stretch: f64) -> f64 {
    if slope == 0.0 {
        return 1e-3 * stretch;
    }
    (0.01 * state.max(1.0) / slope).max(f64::MIN_POSITIVE).min(stretch)
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
    fn the_cheap_reciprocal_is_good_to_a_fifth_of_a_per_cent() {
        for i in -3000..3000 {
            let x = (f64::from(i) * 0.234_567).exp2();
            assert!((reciprocal(x) * x - 1.0).abs() < 0.002, "{x}");
        }
    }

    fn factor(control: &mut Control<1>, error: f64, check: f64) -> f64 {
        control.proposal = [1.0];
        control.decide(&[1.0], &[1.0], &[error], &[check]);
        control.proposal[0]
    }

    #[test]
    fn factors_stay_within_their_bounds_and_follow_the_fifth_root() {
        let mut control = Control::new();
        assert_eq!(factor(&mut control, 0.0, 0.0), GROWTH);
        assert_eq!((control.accepted, control.rejected), ([1.0], [0.0]));
        let steady = (0..100).fold(0.0, |_, _| factor(&mut control, 0.5, 0.5));
        assert!((steady / (SAFETY * 0.5_f64.powf(-EXPONENT + 1.75 * MEMORY)) - 1.0).abs() < 0.02, "{steady}");
        assert!((factor(&mut control, 32.0, 32.0) / (SAFETY / 2.0) - 1.0).abs() < 0.02);
        assert_eq!(control.rejected, [1.0]);
        assert_eq!(factor(&mut control, 1e-12, 0.0), 1.0, "no growth after a rejection");
        assert_eq!(factor(&mut control, f64::INFINITY, 1.0), RETREAT);
        assert_eq!(control.broken, [0.0]);
        assert_eq!(factor(&mut control, 0.0, f64::NAN), RETREAT);
        assert_eq!((control.broken, control.attempts), ([1.0], [105.0]));
    }

    #[test]
    fn a_step_that_was_cut_short_leaves_the_proposal_and_idle_lanes_keep_theirs() {
        let mut control = Control::<2>::new();
        control.proposal = [1.0, 1.0];
        control.decide(&[1.0, 0.0], &[1e-3, 1e-3], &[1e-9, 1e-9], &[0.0, 0.0]);
        assert_eq!((control.proposal, control.accepted), ([1.0, 1.0], [1.0, 0.0]));
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
