//! Outputs at the samples: lanes over time. A run of samples at equal steps is written eight at a time from tables of
//! powers, one multiplication and addition per coordinate and sample, with no exponential inside.

use super::blocks::Blocks;
use super::propagators::Propagators;
use super::scatter::Scatter;
use super::solution::Solution;
use super::steps::Steps;
use super::view::View;
use super::wide::{Samples, is_scattered};
use crate::math::kernel::Kernel;
use crate::solve::schedule::Schedule;
use crate::solve::{SolveError, Work};
use std::ops::Range;

/// Tables for one system and one readout, by distinct offset and distinct step.
#[derive(Debug)]
pub(super) struct Emitter {
    kernel: Kernel,
    view: View,
    offsets: Propagators,
    steps: Steps,
    scatter: Scatter,
    blocks: Blocks,
    /// The system that the table of offsets is for.
    current: Option<usize>,
}

impl Emitter {
    /// Memory; loops over lanes use the instructions of `kernel`.
    pub fn new(kernel: Kernel) -> Self {
        let (view, offsets, steps, scatter, blocks) = Default::default();
        Emitter { kernel, view, offsets, steps, scatter, blocks, current: None }
    }

    /// Forgets the tables: they are for another solution.
    pub fn forget(&mut self) {
        self.current = None;
    }

    /// Writes y = c . x + d at every sample.
    pub fn emit(
        &mut self,
        solution: &Solution,
        schedule: &Schedule,
        (c, d): (&[f64], &[f64]),
        out: &mut [f64],
        work: &mut Work,
    ) -> Result<(), SolveError> {
        let n = solution.size();
        assert_eq!((c.len(), d.len()), (schedule.systems() * n, schedule.systems()), "a readout per interval");
        work.samples += out.len() as u64;
        let mut from = 0;
        for segments in schedule.segments.chunk_by(|one, next| one.system == next.system) {
            let (system, range) = (segments[0].system, from..from + segments.len());
            let (c, d) = (&c[system * n..(system + 1) * n], d[system]);
            from = range.end;
            self.prepare(solution, schedule, system, range.clone(), c, work);
            let Self { view, offsets, steps, scatter, .. } = self;
            let pieces = segments[0].pieces.start..segments[segments.len() - 1].pieces.end;
            let (pieces, out) = (&schedule.pieces[pieces], &mut *out);
            let samples = Samples { schedule, solution, pieces, view, d, offsets, steps, scatter, out };
            work.exponentials += self.kernel.run(samples);
            self.finish(solution, schedule, range, d, out, work)?;
        }
        Ok(())
    }

    /// Makes ready all that the samples in the segments of one system need.
    fn prepare(
        &mut self,
        solution: &Solution,
        schedule: &Schedule,
        system: usize,
        segments: Range<usize>,
        c: &[f64],
        work: &mut Work,
    ) {
        let modal = solution.modal(segments.start);
        self.view.look(modal, c);
        if self.current != Some(system) {
            self.offsets.reset(schedule.offsets.len(), modal);
            self.current = Some(system);
        }
        self.steps.reset(schedule, modal.real());
        if !self.view.blocks.is_empty() {
            self.blocks.reset(schedule, modal);
        }
        for k in segments {
            let driven = solution.driven[k];
            let Range { start: mut at, end } = schedule.segments[k].runs;
            while at < end {
                let run = &schedule.runs[at];
                if is_scattered(run.singles, &self.view, driven) {
                    at += run.singles;
                    continue;
                }
                if run.count > 1 {
                    self.steps.prepare(run.kind, schedule, modal, &mut self.offsets, driven, work);
                } else {
                    self.offsets.prepare(run.offset, schedule.offsets[run.offset], modal, driven, work);
                }
                at += 1;
            }
        }
    }

    /// Adds what blocks contribute at equal steps, sets samples that see a jump, and checks what came out.
    fn finish(
        &mut self,
        solution: &Solution,
        schedule: &Schedule,
        segments: Range<usize>,
        d: f64,
        out: &mut [f64],
        work: &mut Work,
    ) -> Result<(), SolveError> {
        for k in segments {
            let Range { start: first, end } = schedule.segments[k].samples;
            if first == end {
                continue;
            }
            if !self.view.blocks.is_empty() {
                self.add_blocks(solution, schedule, k, out, work);
            }
            if let Some(jumped) = solution.jumped_to(k) {
                out[first] = d + jumped.sum(&self.view.c, &self.view.weights);
            }
            // Turns into NaN at anything that is not finite; what grows without bound does so to the end.
            if (0.0 * (out[first] + out[end - 1])).is_nan() {
                return Err(SolveError::Overflow { time: schedule.segments[k].begin });
            }
        }
        Ok(())
    }

    fn add_blocks(&mut self, solution: &Solution, schedule: &Schedule, k: usize, out: &mut [f64], work: &mut Work) {
        let Self { view, offsets, blocks, .. } = self;
        let (of, from) = (solution.modal(k), (solution.start_of(k), solution.input_of(k)));
        let Range { start: mut at, end } = schedule.segments[k].runs;
        while at < end {
            let run = &schedule.runs[at];
            if is_scattered(run.singles, view, solution.driven[k]) {
                at += run.singles;
                continue;
            }
            let out = &mut out[run.first..run.first + run.count];
            blocks.add((schedule, run), (of, view, offsets), from, out, work);
            at += 1;
        }
    }
}
