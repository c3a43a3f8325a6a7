//! Tables for runs of samples at equal steps: what each coordinate is worth now and at the next seven samples.

use super::propagators::{Four, Known, NOTHING, WIDTH, add, apply, dot};
use super::view::View;
use crate::math::expm::Exponential;
use crate::math::modal::{Block, Modal};
use crate::math::phi::phi1;
use crate::solve::Work;

/// Samples written at once.
pub(super) const LANES: usize = 8;

/// Values at eight consecutive samples.
pub(super) type Lanes = [f64; LANES];

/// One entry per distinct step, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Steps {
    entries: Vec<Step>,
    known: Vec<Known>,
    exponential: Exponential,
    row: Vec<f64>,
}

/// The table of one step.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// For single coordinates, four by four.
    pub fours: Vec<FourSteps>,
    /// Contribution of each coordinate of a block to the readout after k steps.
    rows: Vec<Lanes>,
    block_decay: Vec<f64>,
    block_response: Vec<f64>,
    block_decay_eight: Vec<f64>,
}

/// What becomes of four coordinates.
#[derive(Debug, Clone, Default)]
pub(super) struct FourSteps {
    /// e^(rate k step) of each, k = 0..8.
    pub powers: [Lanes; WIDTH],
    /// The same for k = 8.
    pub decay: Four,
    /// Response to a unit input after k steps, k = 0..8.
    pub responses: [Lanes; WIDTH],
    /// The same for k = 8.
    pub response: Four,
}

impl Steps {
    /// Forgets everything and makes room for `count` steps.
    pub fn reset(&mut self, count: usize) {
        if self.entries.len() < count {
            self.entries.resize_with(count, Step::default);
        }
        self.known.clear();
        self.known.resize(count, Known::Nothing);
    }

    /// A table made ready before.
    pub fn at(&self, k: usize) -> &Step {
        &self.entries[k]
    }

    /// Makes table `k`, for the step `dt`, ready.
    #[inline]
    pub fn prepare(&mut self, k: usize, dt: f64, modal: &Modal, view: &View, driven: bool, work: &mut Work) {
        let needed = if driven { Known::Driven } else { Known::Free };
        if self.known[k] < needed {
            self.make(k, dt, modal, view, needed, work);
        }
    }

    fn make(&mut self, k: usize, dt: f64, modal: &Modal, view: &View, needed: Known, work: &mut Work) {
        let (entry, space) = (&mut self.entries[k], (&mut self.exponential, &mut self.row));
        let rates = modal.rates().chunks(WIDTH);
        if self.known[k] == Known::Nothing {
            entry.fours.resize_with(rates.len(), FourSteps::default);
            entry.fours.iter_mut().zip(rates.clone()).for_each(|(four, rates)| four.make_powers(dt, rates));
            entry.make_blocks(dt, modal, view, space.0, space.1);
            work.exponentials += 2 * modal.real() as u64;
            work.matrix_exponentials += 2 * view.blocks.len() as u64;
        }
        if needed == Known::Driven {
            entry.fours.iter_mut().zip(rates).for_each(|(four, rates)| four.make_responses(dt, rates));
            entry.make_block_responses(dt, modal, view, &mut self.exponential);
            work.exponentials += 2 * modal.real() as u64;
            work.matrix_exponentials += view.blocks.len() as u64;
        }
        self.known[k] = needed;
    }
}

impl FourSteps {
    fn make_powers(&mut self, dt: f64, rates: &[f64]) {
        *self = Self::default();
        for (i, rate) in rates.iter().enumerate() {
            let lanes = &mut self.powers[i];
            lanes[0] = 1.0;
            lanes[1] = (rate * dt).exp();
            for k in 2..LANES {
                lanes[k] = lanes[k / 2] * lanes[k - k / 2];
            }
            lanes.iter_mut().filter(|v| v.abs() < NOTHING).for_each(|v| *v = 0.0);
            self.decay[i] = (rate * dt * LANES as f64).exp();
        }
    }

    fn make_responses(&mut self, dt: f64, rates: &[f64]) {
        for (i, rate) in rates.iter().enumerate() {
            let first = dt * phi1(rate * dt);
            for k in 1..LANES {
                self.responses[i][k] = self.responses[i][k - 1] * self.powers[i][1] + first;
            }
            let eight = dt * LANES as f64;
            self.response[i] = eight * phi1(rate * eight);
        }
    }
}

impl Step {
    fn make_blocks(&mut self, dt: f64, modal: &Modal, view: &View, exponential: &mut Exponential, row: &mut Vec<f64>) {
        for space in [&mut self.block_decay, &mut self.block_decay_eight] {
            space.resize(modal.area(), 0.0);
        }
        self.rows.resize(modal.size(), [0.0; LANES]);
        for &block in &view.blocks {
            let (at, t, size) = (block.entries(), modal.matrix(block), block.size);
            let decay = &mut self.block_decay[at.clone()];
            exponential.of(t, size, dt, decay);
            exponential.of(t, size, dt * LANES as f64, &mut self.block_decay_eight[at]);
            row.clear();
            row.extend_from_slice(&view.weights[block.coordinates()]);
            for k in 0..LANES {
                for (lanes, value) in self.rows[block.coordinates()].iter_mut().zip(&*row) {
                    lanes[k] = *value;
                }
                // the row for the next sample, behind the present one and then in its place
                for j in 0..size {
                    let next = (0..size).map(|i| row[i] * decay[i * size + j]).sum();
                    row.push(next);
                }
                row.drain(..size);
            }
        }
    }

    fn make_block_responses(&mut self, dt: f64, modal: &Modal, view: &View, exponential: &mut Exponential) {
        self.block_response.resize(modal.area(), 0.0);
        for &block in &view.blocks {
            let (decay, response) = (&mut self.block_decay[block.entries()], &mut self.block_response[block.entries()]);
            exponential.with_integral(modal.matrix(block), block.size, dt, decay, response);
        }
    }

    /// What a constant input adds to a block: to the readout at each of the eight samples, and to the block after eight steps (`ahead`).
    pub fn drive_block(
        &self,
        block: Block,
        weights: &[f64],
        input: &[f64],
        ahead: &mut [f64],
        scratch: &mut [f64],
        lanes: &mut Lanes,
    ) {
        let (decay, response) = (&self.block_decay[block.entries()], &self.block_response[block.entries()]);
        ahead.fill(0.0);
        for lane in lanes {
            *lane += dot(weights, ahead);
            apply(decay, ahead, scratch);
            add(response, input, scratch);
            ahead.copy_from_slice(scratch);
        }
    }

    /// Adds what a block with state `z` contributes to eight samples and moves `z` on by eight steps.
    pub fn emit_block(
        &self,
        block: Block,
        z: &mut [f64],
        ahead: Option<&[f64]>,
        scratch: &mut [f64],
        lanes: &mut Lanes,
    ) {
        for (q, row) in self.rows[block.coordinates()].iter().enumerate() {
            accumulate(lanes, z[q], row);
        }
        apply(&self.block_decay_eight[block.entries()], z, scratch);
        if let Some(ahead) = ahead {
            scratch.iter_mut().enumerate().for_each(|(q, z)| *z += ahead[q]);
        }
        z.copy_from_slice(scratch);
    }
}

/// lanes += factor values.
#[inline(always)]
pub(super) fn accumulate(lanes: &mut Lanes, factor: f64, values: &Lanes) {
    for k in 0..LANES {
        lanes[k] += factor * values[k];
    }
}
