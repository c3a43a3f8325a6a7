//! What blocks of coordinates contribute to the samples of a run: rare, and not worth wide instructions.

use super::propagators::{Propagators, add, apply, dot};
use super::steps::{LANES, Step};
use super::view::View;

/// The coordinates of blocks at the next sample, and what an input adds in eight steps.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    z: Vec<f64>,
    ahead: Vec<f64>,
    scratch: Vec<f64>,
}

impl Blocks {
    /// Goes from the start of a segment to the first sample of a run.
    pub fn begin(
        &mut self,
        (offsets, offset): (&Propagators, Option<usize>),
        view: &View,
        start: &[f64],
        input: Option<&[f64]>,
    ) {
        for space in [&mut self.z, &mut self.ahead, &mut self.scratch] {
            space.resize(view.weights.len(), 0.0);
        }
        for &block in &view.blocks {
            let (at, z) = (block.coordinates(), &mut self.z[block.coordinates()]);
            let Some(offset) = offset else {
                z.copy_from_slice(&start[at]);
                continue;
            };
            let (decay, response) = offsets.block(offset, block);
            apply(decay, &start[at.clone()], z);
            if let Some(input) = input {
                add(response, &input[at], z);
            }
        }
    }

    /// What they contribute to the first sample.
    pub fn sum(&self, view: &View) -> f64 {
        view.blocks.iter().map(|block| dot(&view.weights[block.coordinates()], &self.z[block.coordinates()])).sum()
    }

    /// Adds what they contribute to all samples.
    pub fn add(&mut self, step: &Step, view: &View, input: Option<&[f64]>, out: &mut [f64]) {
        for &block in &view.blocks {
            let at = block.coordinates();
            let (z, ahead, scratch) =
                (&mut self.z[at.clone()], &mut self.ahead[at.clone()], &mut self.scratch[at.clone()]);
            let mut base = [0.0; LANES];
            if let Some(input) = input {
                step.drive_block(block, &view.weights[at.clone()], &input[at], ahead, scratch, &mut base);
            }
            for chunk in out.chunks_mut(LANES) {
                let mut lanes = base;
                step.emit_block(block, z, input.map(|_| &*ahead), scratch, &mut lanes);
                chunk.iter_mut().zip(lanes).for_each(|(y, lane)| *y += lane);
            }
        }
    }
}
