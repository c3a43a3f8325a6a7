//! Samples side by side, compiled for several instruction sets.

use super::propagators::{Four, Propagators, WIDTH};
use super::scatter::Scatter;
use super::solution::Solution;
use super::steps::{FourLanes, Lanes, Steps, accumulate};
use super::view::View;
use crate::math::kernel::Work;
use crate::solve::schedule::{LANES, Part, Piece, Schedule};

/// Samples that share no step are taken side by side from this many on.
const MANY: usize = 4;

/// Instead of a number of coordinates: whole fours, as many as there are.
const MANY_FOURS: usize = 0;

/// Whether as many single samples, in a segment that is driven or not, are taken by exponentials of their own.
#[inline(always)]
pub(super) fn is_scattered(singles: usize, view: &View, driven: bool) -> bool {
    singles >= MANY && !driven && view.is_closed()
}

/// All samples in the segments of one system, but for what blocks contribute at equal steps.
pub(super) struct Samples<'a> {
    pub schedule: &'a Schedule,
    pub solution: &'a Solution,
    pub pieces: &'a [Piece],
    pub view: &'a View,
    /// What the readout has besides the states.
    pub d: f64,
    pub times: &'a Propagators,
    pub steps: &'a Steps,
    pub scatter: &'a mut Scatter,
    pub out: &'a mut [f64],
}

impl Work for Samples<'_> {
    /// The number of exponentials.
    type Output = u64;

    #[inline(always)]
    fn run(mut self) -> u64 {
        let (batches, mut left, mut exponentials) = (Batches::new(&self), self.pieces, 0);
        // Pieces come in the order of time: what one writes beyond the end of its run, the next ones write anew.
        while let Some((piece, later)) = left.split_first() {
            left = match (piece.part, self.view.real) {
                (Part::Batch { .. }, 1) => batches.write::<1>(left, self.out),
                (Part::Batch { .. }, 2) => batches.write::<2>(left, self.out),
                (Part::Batch { .. }, 3) => batches.write::<3>(left, self.out),
                (Part::Batch { .. }, _) => batches.write::<MANY_FOURS>(left, self.out),
                (Part::Singles { run, count }, _) => {
                    exponentials += self.singles(piece, run, count);
                    later
                }
            }
        }
        exponentials
    }
}

impl Samples<'_> {
    #[inline(always)]
    fn singles(&mut self, piece: &Piece, run: usize, count: usize) -> u64 {
        let (k, out) = (piece.segment, &mut self.out[piece.first..]);
        let driven = self.solution.driven[k];
        if is_scattered(count, self.view, driven) {
            let times = &self.schedule.elapsed[piece.first..];
            return self.scatter.write(self.view, self.solution.start_of(k), times, count, self.d, out);
        }
        let (z, u) = self.solution.fours(k);
        for (y, run) in out.iter_mut().zip(&self.schedule.runs[run..run + count]) {
            *y = self.d;
            for (four, weights) in self.view.singles.iter().enumerate() {
                let (decay, response) = self.times.singles(run.offset, four);
                for i in 0..WIDTH {
                    *y += unless_nothing(weights[i] * z[four][i], decay[i]);
                    if driven {
                        *y += unless_nothing(weights[i] * u[four][i], response[i]);
                    }
                }
            }
        }
        0
    }
}

/// What batches of samples are made of, where the loop over them finds it at once.
struct Batches<'a> {
    d: f64,
    weights: &'a [Four],
    /// States and inputs of all segments, `stride` fours each.
    stride: usize,
    states: (&'a [Four], &'a [Four]),
    driven: &'a [bool],
    steps: (&'a [FourLanes], &'a [FourLanes]),
    batches: (&'a [Four], &'a [Four]),
}

impl<'a> Batches<'a> {
    #[inline(always)]
    fn new(of: &Samples<'a>) -> Self {
        let (solution, steps) = (of.solution, of.steps);
        Batches {
            d: of.d,
            weights: &of.view.singles,
            stride: solution.stride / WIDTH,
            states: (solution.z.as_chunks().0, solution.u.as_chunks().0),
            driven: &solution.driven,
            steps: (&steps.powers, &steps.responses),
            batches: (&steps.decays, &steps.long_responses),
        }
    }

    /// Writes pieces up to the first that is of single samples, and returns the rest; `REAL` are the single coordinates.
    #[inline(always)]
    fn write<'p, const REAL: usize>(&self, pieces: &'p [Piece], out: &mut [f64]) -> &'p [Piece] {
        for (at, piece) in pieces.iter().enumerate() {
            let Part::Batch { step, batch } = piece.part else { return &pieces[at..] };
            put(self.at::<REAL>(piece.segment, step, batch), &mut out[piece.first..]);
        }
        &[]
    }

    #[inline(always)]
    fn at<const REAL: usize>(&self, segment: usize, step: usize, batch: usize) -> Lanes {
        let driven = self.driven[segment];
        let (fours, width) = if REAL == MANY_FOURS { (self.weights.len(), WIDTH) } else { (1, REAL) };
        let mut lanes = [self.d; LANES];
        for four in 0..fours {
            let weights = &self.weights[four];
            let (state, step, batch) = (segment * self.stride + four, step * fours + four, batch * fours + four);
            let (z, decay) = (&self.states.0[state], &self.batches.0[batch]);
            let mut now = [0.0; WIDTH];
            for i in 0..WIDTH {
                now[i] = unless_nothing(weights[i] * z[i], decay[i]);
            }
            if driven {
                let (u, response, responses) = (&self.states.1[state], &self.batches.1[batch], &self.steps.1[step]);
                let mut push = [0.0; WIDTH];
                for i in 0..WIDTH {
                    push[i] = weights[i] * u[i];
                    now[i] += unless_nothing(push[i], response[i]);
                }
                add(&mut lanes, &push[..width], responses);
            }
            let powers = &self.steps.0[step];
            add(&mut lanes, &now[..width], powers);
        }
        lanes
    }
}

/// Adds what coordinates contribute.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "lanes are counted through several arrays side by side")]
fn add(lanes: &mut Lanes, coordinates: &[f64], values: &FourLanes) {
    for i in 0..coordinates.len().min(WIDTH) {
        if coordinates[i] != 0.0 {
            accumulate(lanes, coordinates[i], &values.0[i]);
        }
    }
}

/// What `amount` is worth: a mode that is not there may grow beyond all numbers.
#[inline(always)]
fn unless_nothing(amount: f64, worth: f64) -> f64 {
    if amount == 0.0 { 0.0 } else { amount * worth }
}

/// Whether all numbers are finite.
pub(super) struct AllFinite<'a>(pub &'a [f64]);

impl Work for AllFinite<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        // A sum of finite numbers is hardly ever anything else; where it is, they are looked at.
        let mut sums = [0.0; LANES];
        let (wholes, rest) = self.0.as_chunks::<LANES>();
        for whole in wholes {
            for k in 0..LANES {
                sums[k] += whole[k];
            }
        }
        sums.iter().chain(rest).sum::<f64>().is_finite() || self.0.iter().all(|y| y.is_finite())
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
