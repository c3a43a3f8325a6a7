//! Tables for runs of samples at equal steps: what each coordinate is worth now and at the next seven samples.

use super::propagators::{Known, NOTHING, add, apply, dot};
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
    /// e^(rate k step) of each single coordinate, k = 0..8.
    pub powers: Vec<Lanes>,
    /// The same for k = 8.
    pub decay: Vec<f64>,
    /// Response to a unit input after k steps, k = 0..8.
    pub responses: Vec<Lanes>,
    /// The same for k = 8.
    pub response: Vec<f64>,
    /// Contribution of each coordinate of a block to the readout after k steps.
    rows: Vec<Lanes>,
    block_decay: Vec<f64>,
    block_response: Vec<f64>,
    block_decay_eight: Vec<f64>,
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

    /// Makes table `k`, for the step `dt`, ready; `weights` are those of the readout.
    pub fn prepare(&mut self, k: usize, dt: f64, modal: &Modal, weights: &[f64], driven: bool, work: &mut Work) {
        let entry = &mut self.entries[k];
        if self.known[k] == Known::Nothing {
            entry.make_powers(dt, modal.rates());
            entry.make_blocks(dt, modal, weights, (&mut self.exponential, &mut self.row));
            self.known[k] = Known::Free;
            work.exponentials += 2 * modal.real() as u64;
            work.matrix_exponentials += modal.blocks().len() as u64;
        }
        if driven && self.known[k] == Known::Free {
            entry.make_responses(dt, modal.rates());
            self.known[k] = Known::Driven;
            work.exponentials += 2 * modal.real() as u64;
        }
    }
}

impl Step {
    fn make_powers(&mut self, dt: f64, rates: &[f64]) {
        self.powers.clear();
        self.decay.clear();
        for rate in rates {
            let one = (rate * dt).exp();
            let mut lanes = [1.0; LANES];
            for k in 1..LANES {
                let power = lanes[k / 2] * lanes[k - k / 2];
                lanes[k] = if k == 1 { one } else { power };
            }
            lanes.iter_mut().filter(|v| v.abs() < NOTHING).for_each(|v| *v = 0.0);
            self.powers.push(lanes);
            self.decay.push((rate * dt * LANES as f64).exp());
        }
    }

    fn make_responses(&mut self, dt: f64, rates: &[f64]) {
        self.responses.clear();
        self.response.clear();
        for (rate, powers) in rates.iter().zip(&self.powers) {
            let first = dt * phi1(rate * dt);
            let mut lanes = [0.0; LANES];
            for k in 1..LANES {
                lanes[k] = lanes[k - 1] * powers[1] + first;
            }
            self.responses.push(lanes);
            let eight = dt * LANES as f64;
            self.response.push(eight * phi1(rate * eight));
        }
    }

    fn make_blocks(&mut self, dt: f64, modal: &Modal, weights: &[f64], scratch: (&mut Exponential, &mut Vec<f64>)) {
        let (exponential, row) = scratch;
        for space in [&mut self.block_decay, &mut self.block_response, &mut self.block_decay_eight] {
            space.resize(modal.area(), 0.0);
        }
        self.rows.resize(modal.size(), [0.0; LANES]);
        for &block in modal.blocks() {
            let (at, t, size) = (block.entries(), modal.matrix(block), block.size);
            let decay = &mut self.block_decay[at.clone()];
            exponential.with_integral(t, size, dt, decay, &mut self.block_response[at.clone()]);
            exponential.of(t, size, dt * LANES as f64, &mut self.block_decay_eight[at]);
            row.clear();
            row.extend_from_slice(&weights[block.coordinates()]);
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
