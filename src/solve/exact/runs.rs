//! Runs of samples at equal steps, a batch at a time.

use super::propagators::Four;
use super::solution::Solution;
use super::steps::{FourLanes, Lanes, Steps, accumulate};
use super::view::{UNSEEN, View};
use super::wide::put;
use crate::math::kernel::Work;
use crate::math::modal::WIDTH;
use crate::solve::schedule::{Batched, LANES};

/// Instead of a number of coordinates: as many as there are.
pub(super) const ANY: usize = 0;

/// Runs in the segments of one system. `REAL` is the number of single coordinates, none of which grows, or [`ANY`].
pub(super) struct Runs<'a, const REAL: usize> {
    runs: &'a [Batched],
    d: f64,
    weights: &'a [Four],
    /// The slowest coordinate that is seen: its four, and its place there.
    slowest: (usize, usize),
    /// The weights of the first four but for the slowest.
    others: Four,
    /// States and inputs of all segments, `stride` fours each.
    stride: usize,
    states: (&'a [Four], &'a [Four]),
    driven: &'a [bool],
    steps: (&'a [FourLanes], &'a [FourLanes]),
    batches: (&'a [Four], &'a [Four]),
    out: &'a mut [f64],
}

impl<const REAL: usize> Work for Runs<'_, REAL> {
    type Output = ();

    /// Writes all samples. What a last batch writes beyond the end of its run, whatever comes there writes anew.
    #[inline(always)]
    fn run(mut self) {
        for run in self.runs {
            let mut written = 0;
            if REAL != ANY && !self.driven[run.segment] {
                written = self.free(run);
            }
            for nth in written..run.batches {
                let lanes = self.at(run, run.batch + nth);
                put(lanes, &mut self.out[run.first + LANES * nth..]);
            }
        }
    }
}

impl<'a, const REAL: usize> Runs<'a, REAL> {
    pub fn new(
        runs: &'a [Batched],
        solution: &'a Solution,
        (view, d): (&'a View, f64),
        steps: &'a Steps,
        out: &'a mut [f64],
    ) -> Self {
        let slowest = view.modes.first().map_or((0, 0), |mode| (mode.place / WIDTH, mode.place % WIDTH));
        let mut others = view.singles.first().copied().unwrap_or_default();
        others[slowest.1] = 0.0;
        Runs {
            runs,
            d,
            weights: &view.singles,
            slowest,
            others,
            stride: solution.stride / WIDTH,
            states: (solution.z.as_chunks().0, solution.u.as_chunks().0),
            driven: &solution.driven,
            steps: (&steps.powers, &steps.responses),
            batches: (&steps.decays, &steps.long_responses),
            out,
        }
    }

    /// Writes the batches that have room, where there are few coordinates and nothing enters; returns how many.
    #[inline(always)]
    fn free(&mut self, run: &Batched) -> usize {
        let (d, slowest, z) = (self.d, self.slowest.1, &self.states.0[run.segment * self.stride]);
        let (amounts, others) = (times(&self.weights[0], z), times(&self.others, z));
        let powers = &self.steps.0[run.step].0;
        let decays = &self.batches.0[run.batch..run.batch + run.batches];
        let out = self.out[run.first..].as_chunks_mut().0;
        let mut alone = false;
        for (nth, (decay, out)) in decays.iter().zip(&mut *out).enumerate() {
            let mut lanes = [d; LANES];
            let slow = amounts[slowest] * decay[slowest];
            alone = alone || (nth > 0 && is_alone::<REAL>(slow, &others, decay));
            if alone {
                accumulate(&mut lanes, slow, &powers[slowest]);
            } else {
                for i in 0..REAL {
                    accumulate(&mut lanes, amounts[i] * decay[i], &powers[i]);
                }
            }
            *out = lanes;
        }
        decays.len().min(out.len())
    }

    /// The samples of a batch.
    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "coordinates are counted through several arrays side by side")]
    #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "what is not a number is seen")]
    fn at(&self, run: &Batched, batch: usize) -> Lanes {
        let (driven, fours, mut lanes) = (self.driven[run.segment], self.weights.len(), [self.d; LANES]);
        if fours == 0 {
            return lanes;
        }
        let (state, step, batch) = (run.segment * self.stride, run.step * fours, batch * fours);
        let (four, place) = self.slowest;
        let unseen = unseen_beside(self.now(state + four, batch + four, four, driven)[place]);
        for four in 0..fours {
            let now = self.now(state + four, batch + four, four, driven);
            if driven {
                let push = times(&self.weights[four], &self.states.1[state + four]);
                for i in 0..WIDTH {
                    if push[i] != 0.0 {
                        accumulate(&mut lanes, push[i], &self.steps.1[step + four].0[i]);
                    }
                }
            }
            for i in 0..WIDTH {
                if !(now[i].abs() <= unseen) {
                    accumulate(&mut lanes, now[i], &self.steps.0[step + four].0[i]);
                }
            }
        }
        lanes
    }

    /// What four coordinates are worth at the first sample of a batch.
    #[inline(always)]
    fn now(&self, state: usize, batch: usize, four: usize, driven: bool) -> Four {
        let weights = &self.weights[four];
        let mut now = worth(&times(weights, &self.states.0[state]), &self.batches.0[batch]);
        if driven {
            let pushed = worth(&times(weights, &self.states.1[state]), &self.batches.1[batch]);
            for i in 0..WIDTH {
                now[i] += pushed[i];
            }
        }
        now
    }
}

/// Whether nothing of the others is seen beside the slowest coordinate: they only fall further behind.
#[inline(always)]
fn is_alone<const REAL: usize>(slowest: f64, others: &Four, decay: &Four) -> bool {
    let mut sum = 0.0;
    for i in 0..REAL {
        sum += (others[i] * decay[i]).abs();
    }
    sum <= unseen_beside(slowest)
}

/// Up to where nothing is seen beside the slowest coordinate.
#[inline(always)]
fn unseen_beside(slowest: f64) -> f64 {
    let slowest = slowest.abs();
    UNSEEN * if slowest < f64::MAX { slowest } else { f64::MAX }
}

/// Products, coordinate by coordinate.
#[inline(always)]
pub(super) fn times(a: &Four, b: &Four) -> Four {
    let mut product = [0.0; WIDTH];
    for i in 0..WIDTH {
        product[i] = a[i] * b[i];
    }
    product
}

/// What amounts are worth: a mode that is not there may grow beyond all numbers.
#[inline(always)]
pub(super) fn worth(amounts: &Four, values: &Four) -> Four {
    let mut worth = times(amounts, values);
    for i in 0..WIDTH {
        worth[i] = if amounts[i] == 0.0 { 0.0 } else { worth[i] };
    }
    worth
}
