//! What blocks of coordinates contribute to the samples.

use super::propagators::{Known, Propagators, add, apply, dot};
use super::steps::{Lanes, accumulate};
use super::view::View;
use crate::math::expm::multiply;
use crate::math::modal::{Block, Modal};
use crate::solve::schedule::{LANES, Run, Schedule};

/// The coordinates of blocks from sample to sample, and a table per distinct step, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    steps: Vec<BlockStep>,
    known: Vec<Known>,
    /// Coordinates at the next sample, and what an input adds to them from one batch to the next.
    z: Vec<f64>,
    ahead: Vec<f64>,
    scratch: Vec<f64>,
}

/// The table of one step.
#[derive(Debug, Default)]
struct BlockStep {
    /// Contribution of each coordinate, and of a unit that enters it per hour, to the readout after k steps, k = 0..[`LANES`].
    rows: Vec<Lanes>,
    entering: Vec<Lanes>,
    now: Vec<f64>,
    next: Vec<f64>,
}

impl Blocks {
    /// Forgets everything and makes room for the blocks of a system.
    pub fn reset(&mut self, schedule: &Schedule, modal: &Modal) {
        if self.steps.len() < schedule.steps.len() {
            self.steps.resize_with(schedule.steps.len(), BlockStep::default);
        }
        self.known.clear();
        self.known.resize(schedule.steps.len(), Known::Nothing);
        for space in [&mut self.z, &mut self.ahead, &mut self.scratch] {
            space.resize(modal.size(), 0.0);
        }
    }

    /// Adds what they contribute to a run of samples in a segment that begins at `start`.
    #[inline(always)]
    pub fn add(
        &mut self,
        (schedule, run): (&Schedule, &Run),
        (view, times): (&View, &Propagators),
        (start, input): (&[f64], Option<&[f64]>),
        out: &mut [f64],
    ) {
        // A single sample is of no kind.
        let time = if run.count > 1 { schedule.layout.kinds[run.kind].time } else { 0 };
        if run.count > 1 {
            let needed = if input.is_some() { Known::Driven } else { Known::Free };
            if self.known[run.step] < needed {
                self.steps[run.step].make(time, times, view, needed);
                self.known[run.step] = needed;
            }
        }
        for &block in &view.blocks {
            let at = block.coordinates();
            let (weights, input) = (&view.weights[at.clone()], input.map(|u| &u[at.clone()]));
            let (z, ahead, scratch) =
                (&mut self.z[at.clone()], &mut self.ahead[at.clone()], &mut self.scratch[at.clone()]);
            let (decay, response) = times.block(run.offset, block);
            apply(decay, &start[at.clone()], z);
            if let Some(input) = input {
                add(response, input, z);
            }
            if run.count == 1 {
                out[0] += dot(weights, z);
                continue;
            }
            let step = &self.steps[run.step];
            let (rows, (decay, long_response)) = (&step.rows[at.clone()], times.block(time + 1, block));
            let mut base = [0.0; LANES];
            ahead.fill(0.0);
            if let Some(input) = input {
                for (input, row) in input.iter().zip(&step.entering[at]) {
                    accumulate(&mut base, *input, row);
                }
                apply(long_response, input, ahead);
            }
            if let ([z, other], &[row, other_row], &[a, b, c, d], &[e, f]) = (&mut *z, rows, decay, &*ahead) {
                let pair = TwoRows { rows: [row, other_row], decay: [a, b, c, d], ahead: [e, f], base };
                pair.add([*z, *other], out);
                continue;
            }
            for out in out.chunks_mut(LANES) {
                let mut lanes = base;
                for (z, row) in z.iter().zip(rows) {
                    accumulate(&mut lanes, *z, row);
                }
                out.iter_mut().zip(lanes).for_each(|(y, lane)| *y += lane);
                apply(decay, z, scratch);
                z.iter_mut().zip(&*scratch).zip(&*ahead).for_each(|((z, next), ahead)| *z = next + ahead);
            }
        }
    }
}

/// What two coordinates contribute to a batch, and how they move on.
struct TwoRows {
    rows: [Lanes; 2],
    decay: [f64; 4],
    ahead: [f64; 2],
    base: Lanes,
}

impl TwoRows {
    /// Adds what they contribute to a run of samples.
    #[inline(always)]
    fn add(&self, mut z: [f64; 2], out: &mut [f64]) {
        let (wholes, rest) = out.as_chunks_mut::<LANES>();
        for out in wholes {
            let lanes = self.batch(&mut z);
            for k in 0..LANES {
                out[k] += lanes[k];
            }
        }
        rest.iter_mut().zip(self.batch(&mut z)).for_each(|(y, lane)| *y += lane);
    }

    #[inline(always)]
    fn batch(&self, z: &mut [f64; 2]) -> Lanes {
        let mut lanes = self.base;
        accumulate(&mut lanes, z[0], &self.rows[0]);
        accumulate(&mut lanes, z[1], &self.rows[1]);
        let ([a, b, c, d], [x, y]) = (self.decay, *z);
        *z = [a * x + b * y + self.ahead[0], c * x + d * y + self.ahead[1]];
        lanes
    }
}

impl BlockStep {
    /// The table of the step at `time` of a table of times.
    fn make(&mut self, time: usize, times: &Propagators, view: &View, needed: Known) {
        for rows in [&mut self.rows, &mut self.entering] {
            rows.resize(view.weights.len(), [0.0; LANES]);
        }
        for &block in &view.blocks {
            let (decay, response) = times.block(time, block);
            let (size, weights) = (block.size, &view.weights[block.coordinates()]);
            let rows = &mut self.rows[block.coordinates()];
            for k in 0..LANES {
                for j in 0..size {
                    rows[j][k] = match k {
                        0 => weights[j],
                        _ => (0..size).map(|i| rows[i][k - 1] * decay[i * size + j]).sum(),
                    };
                }
            }
            if needed == Known::Driven {
                self.make_entering(block, weights, decay, response);
            }
        }
    }

    /// The response after k steps is that to one step, decayed, for every step before.
    fn make_entering(&mut self, block: Block, weights: &[f64], decay: &[f64], response: &[f64]) {
        let size = block.size;
        let entering = &mut self.entering[block.coordinates()];
        self.now.clear();
        self.now.resize(decay.len(), 0.0);
        self.next.resize(decay.len(), 0.0);
        let (now, next) = (&mut self.now, &mut self.next);
        for k in 0..LANES {
            for (j, entering) in entering.iter_mut().enumerate() {
                entering[k] = (0..size).map(|i| weights[i] * now[i * size + j]).sum();
            }
            multiply(decay, now, size, next);
            now.iter_mut().zip(&*next).zip(response).for_each(|((now, next), response)| *now = next + response);
        }
    }
}
