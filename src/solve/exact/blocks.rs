//! What blocks of coordinates contribute to the samples: rare, and not worth wide instructions.

use super::propagators::{Known, Propagators, add, apply, dot};
use super::steps::{Lanes, accumulate};
use super::view::View;
use crate::math::expm::{Exponential, multiply};
use crate::math::modal::{Block, Modal};
use crate::solve::Work;
use crate::solve::schedule::{LANES, Run, Schedule};

/// The coordinates of blocks from sample to sample, and a table per distinct step, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    steps: Vec<BlockStep>,
    known: Vec<Known>,
    exponential: Exponential,
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
    /// The decay in one step and from one batch to the next, and the response.
    decay: Vec<f64>,
    long_decay: Vec<f64>,
    response: Vec<f64>,
    long_response: Vec<f64>,
    scratch: Vec<f64>,
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
    pub fn add(
        &mut self,
        (schedule, run): (&Schedule, &Run),
        (modal, view, offsets): (&Modal, &View, &Propagators),
        (start, input): (&[f64], Option<&[f64]>),
        out: &mut [f64],
        work: &mut Work,
    ) {
        if run.count > 1 {
            let needed = if input.is_some() { Known::Driven } else { Known::Free };
            if self.known[run.step] < needed {
                let step = &mut self.steps[run.step];
                step.make(schedule.steps[run.step], modal, view, needed, &mut self.exponential);
                self.known[run.step] = needed;
                work.matrix_exponentials += 2 * view.blocks.len() as u64;
            }
        }
        for &block in &view.blocks {
            let at = block.coordinates();
            let (weights, input) = (&view.weights[at.clone()], input.map(|u| &u[at.clone()]));
            let (z, ahead, scratch) =
                (&mut self.z[at.clone()], &mut self.ahead[at.clone()], &mut self.scratch[at.clone()]);
            let (decay, response) = offsets.block(run.offset, block);
            apply(decay, &start[at.clone()], z);
            if let Some(input) = input {
                add(response, input, z);
            }
            if run.count == 1 {
                out[0] += dot(weights, z);
                continue;
            }
            let step = &self.steps[run.step];
            let (rows, decay) = (&step.rows[at.clone()], &step.long_decay[block.entries()]);
            let mut base = [0.0; LANES];
            ahead.fill(0.0);
            if let Some(input) = input {
                for (input, row) in input.iter().zip(&step.entering[at]) {
                    accumulate(&mut base, *input, row);
                }
                apply(&step.long_response[block.entries()], input, ahead);
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
    fn make(&mut self, dt: f64, modal: &Modal, view: &View, needed: Known, exponential: &mut Exponential) {
        for space in [&mut self.decay, &mut self.long_decay, &mut self.response, &mut self.long_response] {
            space.resize(modal.area(), 0.0);
        }
        self.rows.resize(modal.size(), [0.0; LANES]);
        self.entering.resize(modal.size(), [0.0; LANES]);
        for &block in &view.blocks {
            let (at, t, size) = (block.entries(), modal.matrix(block), block.size);
            let (decay, weights) = (&mut self.decay[at.clone()], &view.weights[block.coordinates()]);
            match needed {
                Known::Driven => exponential.with_integral(t, size, dt, decay, &mut self.response[at.clone()]),
                _ => exponential.of(t, size, dt, decay),
            }
            exponential.of(t, size, dt * LANES as f64, &mut self.long_decay[at.clone()]);
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
                self.make_entering(block, weights);
            }
        }
    }

    /// The response after k steps is that to one step, decayed, for every step before.
    fn make_entering(&mut self, block: Block, weights: &[f64]) {
        let (size, at) = (block.size, block.entries());
        let (decay, response) = (&self.decay[at.clone()], &self.response[at.clone()]);
        let entering = &mut self.entering[block.coordinates()];
        let now = &mut self.long_response[at];
        self.scratch.resize(now.len(), 0.0);
        now.fill(0.0);
        for k in 0..LANES {
            for (j, entering) in entering.iter_mut().enumerate() {
                entering[k] = (0..size).map(|i| weights[i] * now[i * size + j]).sum();
            }
            multiply(decay, now, size, &mut self.scratch);
            now.iter_mut().zip(&self.scratch).zip(response).for_each(|((now, next), response)| *now = next + response);
        }
    }
}
