//! Samples of single rates eight at a time, compiled for several instruction sets.

use super::propagators::NOTHING;
use super::steps::{LANES, Lanes, Step, accumulate};
use crate::math::exponential::exp;
use crate::math::kernel::Work;

/// Samples at equal steps: what each coordinate contributes moves on by eight steps from one eight to the next.
pub(super) struct Stepped<'a> {
    /// Coordinates that the readout sees, and what each contributes to the first sample.
    pub seen: &'a [usize],
    pub amplitude: &'a mut [f64],
    /// What an input adds to these in eight steps, by coordinate.
    pub ahead: Option<&'a [f64]>,
    /// What eight samples have besides.
    pub base: Lanes,
    pub step: &'a Step,
    pub out: &'a mut [f64],
}

impl Work for Stepped<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Stepped { seen, amplitude, ahead, base, step, out } = self;
        for chunk in out.chunks_mut(LANES) {
            put(singles(seen, amplitude, ahead, base, step), chunk);
        }
    }
}

/// Samples at times that share no step: an exponential for each coordinate and sample.
pub(super) struct Scattered<'a> {
    /// Rate of each coordinate that the readout sees, and what it contributes at the time 0.
    pub rates: &'a [f64],
    pub amplitude: &'a [f64],
    /// What every sample has besides.
    pub d: f64,
    pub times: &'a [f64],
    pub out: &'a mut [f64],
}

impl Work for Scattered<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (times, chunk) in self.times.chunks(LANES).zip(self.out.chunks_mut(LANES)) {
            let (mut eight, mut lanes) = ([0.0; LANES], [self.d; LANES]);
            eight[..times.len()].copy_from_slice(times);
            for (rate, amplitude) in self.rates.iter().zip(self.amplitude) {
                // By index: a closure over lanes would stay compiled for the baseline.
                for k in 0..LANES {
                    lanes[k] += amplitude * exp(rate * eight[k]);
                }
            }
            put(lanes, chunk);
        }
    }
}

/// What single coordinates contribute to eight samples; moves them on by eight steps.
#[inline(always)]
pub(super) fn singles(
    seen: &[usize],
    amplitude: &mut [f64],
    ahead: Option<&[f64]>,
    mut lanes: Lanes,
    step: &Step,
) -> Lanes {
    for (amplitude, &q) in amplitude.iter_mut().zip(seen) {
        accumulate(&mut lanes, *amplitude, &step.powers[q]);
        let next = *amplitude * step.decay[q] + ahead.map_or(0.0, |ahead| ahead[q]);
        *amplitude = if next.abs() < NOTHING { 0.0 } else { next };
    }
    lanes
}

/// Writes eight samples, or as many as there are.
#[inline(always)]
pub(super) fn put(lanes: Lanes, out: &mut [f64]) {
    // A copy of known length is no call.
    match <&mut Lanes>::try_from(&mut *out) {
        Ok(whole) => *whole = lanes,
        Err(_) => out.iter_mut().zip(lanes).for_each(|(y, lane)| *y = lane),
    }
}
