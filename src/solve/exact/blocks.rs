//! What blocks of coordinates contribute to the samples.

use super::propagators::{Known, Propagators, add, apply, dot, turn};
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

    /// Adds what they contribute to a lone sample of a segment that begins at `start`.
    #[inline(always)]
    pub fn add_one(
        &mut self,
        run: &Run,
        (view, times): (&View, &Propagators),
        (start, input): (&[f64], Option<&[f64]>),
        y: &mut f64,
    ) {
        for &block in &view.blocks {
            let at = block.coordinates();
            let (z, (decay, response)) = (&mut self.z[at.clone()], times.block(run.offset, block));
            apply(decay, &start[at.clone()], z);
            if let Some(input) = input {
                add(response, &input[at.clone()], z);
            }
            *y += dot(&view.weights[at], z);
        }
    }

    /// Adds what they contribute to a run of samples.
    #[inline(always)]
    pub fn add_run(
        &mut self,
        schedule: &Schedule,
        run: &Run,
        (view, times): (&View, &Propagators),
        from: (&[f64], Option<&[f64]>),
        out: &mut [f64],
    ) {
        let time = schedule.layout.kinds[run.kind].time;
        let needed = if from.1.is_some() { Known::Driven } else { Known::Free };
        if self.known[run.step] < needed {
            self.steps[run.step].make(time, times, view, needed);
            self.known[run.step] = needed;
        }
        for &block in &view.blocks {
            let (first, later) = (times.block(run.offset, block), times.block(time + 1, block));
            match block.size {
                2 => self.add_pair(block, run.step, [first, later], from, out),
                _ => self.add_block(block, run.step, [first, later], from, out),
            }
        }
    }

    /// Nearly all blocks are of two coordinates. Decay and response are those up to the first sample and through a batch.
    #[inline(always)]
    fn add_pair(
        &self,
        block: Block,
        step: usize,
        [first, later]: [(&[f64], &[f64]); 2],
        (start, input): (&[f64], Option<&[f64]>),
        out: &mut [f64],
    ) {
        let (at, step) = (block.at, &self.steps[step]);
        let mut z = turn(first.0, &start[at..at + 2]);
        let (mut base, mut ahead) = ([0.0; LANES], [0.0; 2]);
        if let Some(input) = input {
            let pushed = turn(first.1, &input[at..at + 2]);
            z = [z[0] + pushed[0], z[1] + pushed[1]];
            accumulate(&mut base, input[at], &step.entering[at]);
            accumulate(&mut base, input[at + 1], &step.entering[at + 1]);
            ahead = turn(later.1, &input[at..at + 2]);
        }
        let (wholes, rest) = out.as_chunks_mut::<LANES>();
        for batch in 0..=wholes.len() {
            let mut lanes = base;
            accumulate(&mut lanes, z[0], &step.rows[at]);
            accumulate(&mut lanes, z[1], &step.rows[at + 1]);
            if let Some(out) = wholes.get_mut(batch) {
                for k in 0..LANES {
                    out[k] += lanes[k];
                }
            } else {
                for k in 0..rest.len().min(LANES) {
                    rest[k] += lanes[k];
                }
            }
            let next = turn(later.0, &z);
            z = [next[0] + ahead[0], next[1] + ahead[1]];
        }
    }

    #[inline(always)]
    fn add_block(
        &mut self,
        block: Block,
        step: usize,
        [first, later]: [(&[f64], &[f64]); 2],
        (start, input): (&[f64], Option<&[f64]>),
        out: &mut [f64],
    ) {
        let (at, step) = (block.coordinates(), &self.steps[step]);
        let (z, ahead, scratch) = (&mut self.z[at.clone()], &mut self.ahead[at.clone()], &mut self.scratch[at.clone()]);
        apply(first.0, &start[at.clone()], z);
        let mut base = [0.0; LANES];
        ahead.fill(0.0);
        if let Some(input) = input.map(|input| &input[at.clone()]) {
            add(first.1, input, z);
            for (input, row) in input.iter().zip(&step.entering[at.clone()]) {
                accumulate(&mut base, *input, row);
            }
            apply(later.1, input, ahead);
        }
        for out in out.chunks_mut(LANES) {
            let mut lanes = base;
            for (z, row) in z.iter().zip(&step.rows[at.clone()]) {
                accumulate(&mut lanes, *z, row);
            }
            out.iter_mut().zip(lanes).for_each(|(y, lane)| *y += lane);
            apply(later.0, z, scratch);
            z.iter_mut().zip(&*scratch).zip(&*ahead).for_each(|((z, next), ahead)| *z = next + ahead);
        }
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
