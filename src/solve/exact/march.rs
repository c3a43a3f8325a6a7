//! Carries the modal state from segment to segment. While one system applies, coordinates do not see each other: those of
//! single rates go through all its segments four at a time, then each block by itself.

use super::System;
use super::propagators::{Four, Propagators, WIDTH, add, apply, or_nothing};
use super::solution::Solution;
use crate::math::kernel::Kernel;
use crate::math::modal::{Block, Modal};
use crate::solve::schedule::{Entry, Schedule, Span};
use crate::solve::{SolveError, Work};
use std::ops::Range;

/// Workspace of the walk.
#[derive(Debug)]
pub(super) struct March {
    kernel: Kernel,
    lengths: Propagators,
    /// What one unit put into each state adds to the coordinates.
    impulse: Vec<f64>,
    /// What the constant input adds to the coordinates, per hour.
    constant: Vec<f64>,
    x: Vec<f64>,
}

/// The segments of one system, and all that the coordinates meet on their way through them.
struct Way<'a> {
    schedule: &'a Schedule,
    amounts: &'a [f64],
    segments: Range<usize>,
    modal: &'a Modal,
    lengths: &'a Propagators,
    impulse: &'a [f64],
    constant: &'a [f64],
}

impl March {
    /// Memory; exponentials use the instructions of `kernel`.
    pub fn new(kernel: Kernel) -> Self {
        let (lengths, impulse, constant, x) = Default::default();
        March { kernel, lengths, impulse, constant, x }
    }

    /// Fills in the states of a solution whose matrices are taken apart.
    pub fn walk(
        &mut self,
        schedule: &Schedule,
        system: &System,
        amounts: &[f64],
        solution: &mut Solution,
        work: &mut Work,
    ) -> Result<(), SolveError> {
        let n = solution.n;
        self.x.clear();
        self.x.extend_from_slice(system.x0);
        for span in &schedule.layout.spans {
            let Span { system: k, segments, .. } = span.clone();
            let b = &system.b[k * n..(k + 1) * n];
            solution.modals[k].to_modal(&self.x, &mut solution.before[segments.start * solution.stride..][..n]);
            self.prepare(schedule, span, b, solution, work);
            let Solution { modals, before, z, u, driven, .. } = solution;
            let March { lengths, impulse, constant, .. } = &*self;
            let way =
                Way { schedule, amounts, segments: segments.clone(), modal: &modals[k], lengths, impulse, constant };
            (0..way.modal.real().div_ceil(WIDTH)).for_each(|group| way.singles(group, (before, z, u), driven));
            way.modal.blocks().iter().for_each(|block| way.block(*block, (before, z, u), driven));
            solution.check(segments.clone())?;
            if segments.end < schedule.segments.len() {
                solution.modals[k].to_states(&solution.before[segments.end * solution.stride..][..n], &mut self.x);
            }
        }
        work.segments += schedule.segments.len() as u64;
        Ok(())
    }

    /// Makes everything ready that the segments of one system need.
    fn prepare(&mut self, schedule: &Schedule, span: &Span, b: &[f64], solution: &mut Solution, work: &mut Work) {
        let Solution { n, stride, modals, driven, is_constant: all_constant, .. } = solution;
        let (n, stride, modal) = (*n, *stride, &modals[span.system]);
        self.lengths.reset(schedule.lengths.len(), modal);
        self.impulse.resize(n * stride, 0.0);
        for state in 0..n {
            self.impulse[state * stride..][..n].copy_from_slice(modal.impulse(state));
        }
        let is_constant = b.iter().any(|b| *b != 0.0);
        all_constant[span.system] = is_constant;
        self.constant.clear();
        self.constant.resize(stride, 0.0);
        if is_constant {
            modal.to_modal(b, &mut self.constant[..n]);
        }
        for need in &schedule.layout.lengths[span.lengths.clone()] {
            let driven = is_constant || need.driven;
            self.lengths.want(need.table, driven);
        }
        self.lengths.make(&schedule.lengths, modal, self.kernel, work);
        driven[span.segments.clone()].fill(is_constant);
        if !is_constant && !schedule.inputs.is_empty() {
            for k in span.segments.clone() {
                let inputs = &schedule.inputs[schedule.segments[k].inputs.clone()];
                driven[k] = inputs.iter().any(|input| input.state < n);
            }
        }
    }
}

impl Way<'_> {
    /// Four coordinates of single rates; where there are fewer, those of blocks beside them are left for later.
    fn singles(&self, group: usize, (before, z, u): (&mut [f64], &mut [f64], &mut [f64]), driven: &[bool]) {
        let (before, z, u) = (before.as_chunks_mut().0, z.as_chunks_mut().0, u.as_chunks_mut().0);
        let (impulse, constant) = (self.impulse.as_chunks().0, self.constant.as_chunks().0);
        let (groups, (decays, responses)) = (constant.len(), self.lengths.all_singles());
        let (fours, mut at) = (self.modal.real().div_ceil(WIDTH), self.segments.start * groups + group);
        let mut now: Four = before[at];
        for (segment, driven) in
            self.schedule.segments[self.segments.clone()].iter().zip(&driven[self.segments.clone()])
        {
            for jump in &self.schedule.jumps[segment.jumps.clone()] {
                self.enter(jump, impulse, group, &mut now);
            }
            z[at] = now;
            if *driven {
                let mut input: Four = constant[group];
                for entry in &self.schedule.inputs[segment.inputs.clone()] {
                    self.enter(entry, impulse, group, &mut input);
                }
                u[at] = input;
            }
            let Some(length) = segment.length else { break };
            let decay = &decays[length * fours + group];
            for i in 0..WIDTH {
                now[i] *= decay[i];
            }
            if *driven {
                let response = &responses[length * fours + group];
                for i in 0..WIDTH {
                    now[i] += u[at][i] * response[i];
                }
            }
            for now in &mut now {
                *now = or_nothing(*now);
            }
            at += groups;
            if let Some(before) = before.get_mut(at) {
                *before = now;
            }
        }
    }

    #[inline(always)]
    fn enter(&self, entry: &Entry, impulse: &[Four], group: usize, coordinates: &mut Four) {
        // Events of states beyond these are for others.
        if let Some(row) = impulse.get(entry.state * self.constant.len() / WIDTH + group) {
            let amount = self.amounts[entry.amount] * entry.per;
            for i in 0..WIDTH {
                coordinates[i] += row[i] * amount;
            }
        }
    }

    /// The coordinates of a block.
    fn block(&self, block: Block, (before, z, u): (&mut [f64], &mut [f64], &mut [f64]), driven: &[bool]) {
        let stride = self.constant.len();
        let enter = |entries: &[Entry], coordinates: &mut [f64]| {
            for entry in entries.iter().filter(|entry| entry.state < self.modal.size()) {
                let amount = self.amounts[entry.amount] * entry.per;
                let row = &self.impulse[entry.state * stride..][block.coordinates()];
                coordinates.iter_mut().zip(row).for_each(|(z, w)| *z += w * amount);
            }
        };
        for k in self.segments.clone() {
            let segment = &self.schedule.segments[k];
            let at = k * stride + block.at..k * stride + block.at + block.size;
            let (now, next) = before[at.start..].split_at_mut(block.size);
            z[at.clone()].copy_from_slice(now);
            enter(&self.schedule.jumps[segment.jumps.clone()], &mut z[at.clone()]);
            if driven[k] {
                u[at.clone()].copy_from_slice(&self.constant[block.coordinates()]);
                enter(&self.schedule.inputs[segment.inputs.clone()], &mut u[at.clone()]);
            }
            let Some(length) = segment.length else { break };
            let (decay, response) = self.lengths.block(length, block);
            let next = &mut next[stride - block.size..][..block.size];
            apply(decay, &z[at.clone()], next);
            if driven[k] {
                add(response, &u[at], next);
            }
            next.iter_mut().for_each(|z| *z = or_nothing(*z));
        }
    }
}
