//! What blocks of coordinates contribute to the samples: rare, and not worth wide instructions.

use super::propagators::{Known, Propagators, add, apply, dot};
use super::steps::{Lanes, accumulate};
use super::view::View;
use crate::math::expm::Exponential;
use crate::math::modal::{Block, Modal};
use crate::solve::Work;
use crate::solve::schedule::{LANES, Run, Schedule};

/// The coordinates of blocks from sample to sample, and a table per distinct step, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    steps: Vec<BlockStep>,
    known: Vec<Known>,
    exponential: Exponential,
    /// Coordinates at the next sample, and what an input adds to them in eight steps.
    z: Vec<f64>,
    ahead: Vec<f64>,
    scratch: Vec<f64>,
}

/// The table of one step.
#[derive(Debug, Default)]
struct BlockStep {
    /// Contribution of each coordinate to the readout after k steps, k = 0..8.
    rows: Vec<Lanes>,
    decay: Vec<f64>,
    response: Vec<f64>,
    /// The decay in eight steps.
    decay_eight: Vec<f64>,
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
            let (rows, decay) = (&step.rows[at], &step.decay_eight[block.entries()]);
            let base = match input {
                Some(input) => step.drive(block, weights, input, ahead, scratch),
                None => {
                    ahead.fill(0.0);
                    [0.0; LANES]
                }
            };
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

/// What two coordinates contribute to eight samples, and how they move on.
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
            let lanes = self.eight(&mut z);
            for k in 0..LANES {
                out[k] += lanes[k];
            }
        }
        rest.iter_mut().zip(self.eight(&mut z)).for_each(|(y, lane)| *y += lane);
    }

    #[inline(always)]
    fn eight(&self, z: &mut [f64; 2]) -> Lanes {
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
        for space in [&mut self.decay, &mut self.response, &mut self.decay_eight] {
            space.resize(modal.area(), 0.0);
        }
        self.rows.resize(modal.size(), [0.0; LANES]);
        for &block in &view.blocks {
            let (at, t, size) = (block.entries(), modal.matrix(block), block.size);
            let decay = &mut self.decay[at.clone()];
            match needed {
                Known::Driven => exponential.with_integral(t, size, dt, decay, &mut self.response[at.clone()]),
                _ => exponential.of(t, size, dt, decay),
            }
            exponential.of(t, size, dt * LANES as f64, &mut self.decay_eight[at]);
            let rows = &mut self.rows[block.coordinates()];
            for (row, weight) in rows.iter_mut().zip(&view.weights[block.coordinates()]) {
                row[0] = *weight;
            }
            for k in 1..LANES {
                for j in 0..size {
                    rows[j][k] = (0..size).map(|i| rows[i][k - 1] * decay[i * size + j]).sum();
                }
            }
        }
    }

    /// What a constant input adds to the readout at each of the eight samples, and to the block after eight steps (`ahead`).
    fn drive(&self, block: Block, weights: &[f64], input: &[f64], ahead: &mut [f64], scratch: &mut [f64]) -> Lanes {
        let (decay, response) = (&self.decay[block.entries()], &self.response[block.entries()]);
        ahead.fill(0.0);
        let mut lanes = [0.0; LANES];
        for lane in &mut lanes {
            *lane = dot(weights, ahead);
            apply(decay, ahead, scratch);
            add(response, input, scratch);
            ahead.copy_from_slice(scratch);
        }
        lanes
    }
}
