//! Samples side by side, compiled for several instruction sets.

use super::blocks::Blocks;
use super::propagators::Propagators;
use super::runs::{ANY, times, worth};
use super::scatter::Scatter;
use super::solution::Solution;
use super::view::View;
use crate::math::kernel::Work;
use crate::math::modal::WIDTH;
use crate::solve::schedule::{LANES, Lone, Schedule, Seen, Span};

/// Samples that share no step are taken side by side from this many on.
const MANY: usize = 4;

/// Whether as many lone samples, in a segment that is driven or not, are taken by exponentials of their own.
#[inline(always)]
pub(super) fn is_scattered(lone: usize, view: &View, driven: bool) -> bool {
    lone >= MANY && !driven && view.is_closed()
}

/// Lone samples in the segments of one system.
pub(super) struct LoneSamples<'a> {
    pub schedule: &'a Schedule,
    pub span: &'a Span,
    pub solution: &'a Solution,
    pub view: &'a View,
    /// What the readout has besides the states.
    pub d: f64,
    pub times: &'a Propagators,
    pub scatter: &'a mut Scatter,
    pub out: &'a mut [f64],
}

impl Work for LoneSamples<'_> {
    /// The number of exponentials.
    type Output = u64;

    #[inline(always)]
    fn run(mut self) -> u64 {
        let mut exponentials = 0;
        for lone in &self.schedule.layout.lone[self.span.lone.clone()] {
            if is_scattered(lone.count, self.view, self.solution.driven[lone.segment]) {
                let here = lone.first..lone.first + lone.count;
                let (z, times) = (self.solution.start_of(lone.segment), &self.schedule.elapsed[here.clone()]);
                exponentials += self.scatter.write(self.view, z, times, self.d, &mut self.out[here]);
            } else {
                self.look_up(lone);
            }
        }
        exponentials
    }
}

impl LoneSamples<'_> {
    /// Samples whose times are in a table.
    #[inline(always)]
    fn look_up(&mut self, lone: &Lone) {
        let (driven, (z, u)) = (self.solution.driven[lone.segment], self.solution.fours(lone.segment));
        let runs = &self.schedule.runs[lone.run..lone.run + lone.count];
        for (y, run) in self.out[lone.first..].iter_mut().zip(runs) {
            *y = self.d;
            for (four, weights) in self.view.singles.iter().enumerate() {
                let (decay, response) = self.times.singles(run.offset, four);
                let now = worth(&times(weights, &z[four]), &decay);
                let pushed = if driven { worth(&times(weights, &u[four]), &response) } else { [0.0; WIDTH] };
                for i in 0..WIDTH {
                    *y += now[i];
                    *y += pushed[i];
                }
            }
        }
    }
}

/// What blocks add to the samples of one system that took no exponentials of their own.
pub(super) struct BlockParts<'a> {
    pub schedule: &'a Schedule,
    pub span: &'a Span,
    pub solution: &'a Solution,
    pub view: &'a View,
    pub times: &'a Propagators,
    pub blocks: &'a mut Blocks,
    pub out: &'a mut [f64],
}

impl Work for BlockParts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let BlockParts { schedule, solution, view, times, blocks, out, .. } = self;
        for batched in &schedule.layout.batched[self.span.batched.clone()] {
            let from = (solution.start_of(batched.segment), solution.input_of(batched.segment));
            let run = &schedule.runs[batched.run];
            blocks.add_run(schedule, run, (view, times), from, &mut out[run.first..run.first + run.count]);
        }
        for lone in &schedule.layout.lone[self.span.lone.clone()] {
            if is_scattered(lone.count, view, solution.driven[lone.segment]) {
                continue;
            }
            let from = (solution.start_of(lone.segment), solution.input_of(lone.segment));
            for nth in 0..lone.count {
                blocks.add_one(&schedule.runs[lone.run + nth], (view, times), from, &mut out[lone.first + nth]);
            }
        }
    }
}

/// Samples that see jumps as they happen, as [`super::solution::Jumped`] does for other questions. `FOURS` are those of all
/// coordinates, or [`ANY`].
pub(super) struct Jumps<'a, const FOURS: usize> {
    pub schedule: &'a Schedule,
    pub seen: &'a [Seen],
    pub solution: &'a Solution,
    pub view: &'a View,
    /// The readout: weights of the states, and what it has besides.
    pub c: &'a [f64],
    pub d: f64,
    pub out: &'a mut [f64],
}

impl<const FOURS: usize> Work for Jumps<'_, FOURS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (weights, before) = (self.view.weights.as_chunks().0, self.solution.before.as_chunks().0);
        let fours = if FOURS == ANY { weights.len() } else { FOURS };
        let Jumps { c, d, out, .. } = self;
        let (jumps, amounts) = (&self.schedule.jumps[..], &self.solution.amounts[..]);
        let are_read = jumps.iter().any(|jump| c.get(jump.state).is_some_and(|c| *c != 0.0));
        for seen in self.seen {
            let before = &before[seen.segment * fours..][..fours];
            let mut sums = [0.0; WIDTH];
            for k in 0..fours {
                let products = times(&weights[k], &before[k]);
                for i in 0..WIDTH {
                    sums[i] += products[i];
                }
            }
            let mut value = d + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
            if are_read {
                for jump in &jumps[self.schedule.segments[seen.segment].jumps.clone()] {
                    value += c.get(jump.state).map_or(0.0, |c| c * (amounts[jump.amount] * jump.per));
                }
            }
            out[seen.sample] = value;
        }
    }
}

/// Whether all numbers are finite.
pub(super) struct AllFinite<'a>(pub &'a [f64]);

impl Work for AllFinite<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        // A sum of finite numbers is hardly ever anything else; where it is, they are looked at.
        let mut sums = [0.0; LANES];
        let (pairs, _) = self.0.as_chunks::<{ 2 * LANES }>();
        let Some(last) = self.0.last_chunk() else { return self.0.iter().all(|y| y.is_finite()) };
        for pair in pairs {
            add_pair(&mut sums, pair);
        }
        add_pair(&mut sums, last);
        for k in 0..LANES / 2 {
            sums[k] += sums[k + LANES / 2];
        }
        sums[..LANES / 2].iter().sum::<f64>().is_finite() || self.0.iter().all(|y| y.is_finite())
    }
}

#[inline(always)]
fn add_pair(sums: &mut [f64; LANES], pair: &[f64; 2 * LANES]) {
    for k in 0..LANES {
        sums[k] += pair[k] + pair[k + LANES];
    }
}

/// Writes a batch, or as many samples as there are.
#[inline(always)]
pub(super) fn put<const N: usize>(lanes: [f64; N], out: &mut [f64]) {
    // A copy of known length is no call.
    match out.first_chunk_mut() {
        Some(whole) => *whole = lanes,
        None => out.iter_mut().zip(lanes).for_each(|(y, lane)| *y = lane),
    }
}
