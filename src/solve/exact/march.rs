//! Carries the modal state from segment to segment. While one system applies, coordinates do not see each other: those of
//! single rates go through all its segments four at a time, then each block by itself.

use super::System;
use super::propagators::{Four, Propagators, add, apply, or_nothing, turn};
use super::runs::times;
use super::solution::Solution;
use crate::math::kernel::{self, Kernel};
use crate::math::modal::{Block, Modal, WIDTH};
use crate::solve::schedule::{Entry, Schedule, Span};
use crate::solve::{SolveError, Work};
use std::ops::Range;

/// Workspace of the walk.
#[derive(Debug)]
pub(super) struct March {
    kernel: Kernel,
    lengths: Propagators,
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
    constant: &'a [f64],
}

impl March {
    /// Memory; exponentials use the instructions of `kernel`.
    pub fn new(kernel: Kernel) -> Self {
        let (lengths, constant, x) = Default::default();
        March { kernel, lengths, constant, x }
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
            let (k, segments) = (span.system, &span.segments);
            let b = &system.b[k * n..(k + 1) * n];
            solution.modals[k].to_modal(&self.x, &mut solution.before[segments.start * solution.stride..][..n]);
            self.prepare(schedule, span, b, solution, work);
            let Solution { modals, before, z, u, driven, .. } = solution;
            let March { kernel, lengths, constant, .. } = &*self;
            let way = Way { schedule, amounts, segments: segments.clone(), modal: &modals[k], lengths, constant };
            kernel.run_narrow(Singles { way: &way, before, z, u, driven });
            for &block in way.modal.blocks() {
                match block.size {
                    2 => way.pair(block, (before, z, u), driven),
                    _ => way.block(block, (before, z, u), driven),
                }
            }
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

/// The coordinates of single rates, four at a time; where there are fewer, those of blocks beside them are left for later.
struct Singles<'a> {
    way: &'a Way<'a>,
    before: &'a mut [f64],
    z: &'a mut [f64],
    u: &'a mut [f64],
    driven: &'a [bool],
}

impl kernel::Work for Singles<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Way { schedule, amounts, segments, modal, lengths, constant } = self.way;
        let (before, z, u) = (self.before.as_chunks_mut().0, self.z.as_chunks_mut().0, self.u.as_chunks_mut().0);
        let (constant, (decays, responses)) = (constant.as_chunks::<WIDTH>().0, lengths.all_singles());
        let (groups, fours) = (constant.len(), modal.real().div_ceil(WIDTH));
        let (jumps, inputs, impulses) = (&schedule.jumps[..], &schedule.inputs[..], modal.impulses().as_chunks().0);
        for group in 0..fours {
            let enter = Enter { impulses, groups, group, amounts };
            let mut at = segments.start * groups + group;
            let mut now: Four = before[at];
            for (segment, driven) in schedule.segments[segments.clone()].iter().zip(&self.driven[segments.clone()]) {
                enter.add(&jumps[segment.jumps.clone()], &mut now);
                z[at] = now;
                let mut input = constant[group];
                if *driven {
                    enter.add(&inputs[segment.inputs.clone()], &mut input);
                    u[at] = input;
                }
                let Some(length) = segment.length else { break };
                now = times(&now, &decays[length * fours + group]);
                if *driven {
                    let response = times(&input, &responses[length * fours + group]);
                    for i in 0..WIDTH {
                        now[i] += response[i];
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
    }
}

/// What enters four coordinates.
struct Enter<'a> {
    /// What one unit put into each state adds, `groups` fours each.
    impulses: &'a [Four],
    groups: usize,
    group: usize,
    amounts: &'a [f64],
}

impl Enter<'_> {
    #[inline(always)]
    fn add(&self, entries: &[Entry], coordinates: &mut Four) {
        for entry in entries {
            // Events of states beyond these are for others.
            if let Some(row) = self.impulses.get(entry.state * self.groups + self.group) {
                let amount = self.amounts[entry.amount] * entry.per;
                for i in 0..WIDTH {
                    coordinates[i] += row[i] * amount;
                }
            }
        }
    }
}

impl Way<'_> {
    /// The coordinates of a block of two, as nearly all are.
    fn pair(&self, block: Block, (before, z, u): (&mut [f64], &mut [f64], &mut [f64]), driven: &[bool]) {
        let (stride, impulses) = (self.constant.len(), self.modal.impulses());
        let enter = |entries: &[Entry], two: &mut [f64]| {
            for entry in entries {
                let row = entry.state * stride + block.at;
                if let Some(row) = impulses.get(row..row + 2) {
                    let amount = self.amounts[entry.amount] * entry.per;
                    (two[0], two[1]) = (two[0] + row[0] * amount, two[1] + row[1] * amount);
                }
            }
        };
        let mut at = self.segments.start * stride + block.at;
        for k in self.segments.clone() {
            let segment = &self.schedule.segments[k];
            let mut now = [before[at], before[at + 1]];
            enter(&self.schedule.jumps[segment.jumps.clone()], &mut now);
            z[at..at + 2].copy_from_slice(&now);
            if driven[k] {
                let input = &mut u[at..at + 2];
                input.copy_from_slice(&self.constant[block.coordinates()]);
                enter(&self.schedule.inputs[segment.inputs.clone()], input);
            }
            let Some(length) = segment.length else { break };
            let (decay, response) = self.lengths.block(length, block);
            now = turn(decay, &now);
            if driven[k] {
                let pushed = turn(response, &u[at..at + 2]);
                now = [now[0] + pushed[0], now[1] + pushed[1]];
            }
            at += stride;
            if let Some(before) = before.get_mut(at..at + 2) {
                before.copy_from_slice(&now.map(or_nothing));
            }
        }
    }

    /// The coordinates of a block.
    fn block(&self, block: Block, (before, z, u): (&mut [f64], &mut [f64], &mut [f64]), driven: &[bool]) {
        let stride = self.constant.len();
        let enter = |entries: &[Entry], coordinates: &mut [f64]| {
            for entry in entries.iter().filter(|entry| entry.state < self.modal.size()) {
                let amount = self.amounts[entry.amount] * entry.per;
                let row = &self.modal.impulse(entry.state)[block.coordinates()];
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
