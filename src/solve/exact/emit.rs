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
        let mut begin = 0;
        for segments in schedule.segments.chunk_by(|one, next| one.system == next.system) {
            let (system, range) = (segments[0].system, begin..begin + segments.len());
            let (c, d) = (&c[system * n..(system + 1) * n], d[system]);
            begin = range.end;
            self.prepare(solution, schedule, system, range.clone(), c, work);
            let Self { view, offsets, steps, scatter, blocks, .. } = self;
            let (segments, out) = (range, &mut *out);
            let samples = Samples { schedule, solution, segments, view, d, offsets, steps, scatter, blocks, out };
            work.exponentials += self
                .kernel
                .run(samples)
                .map_err(|segment| SolveError::Overflow { time: schedule.segments[segment].begin })?;
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
        self.steps.reset(schedule.steps.len());
        for k in segments {
            let driven = solution.driven[k];
            let mut runs = &schedule.runs[schedule.segments[k].runs.clone()];
            while let Some(run) = runs.first() {
                if is_scattered(run, &self.view, driven) {
                    runs = &runs[run.singles..];
                    continue;
                }
                if let Some(offset) = run.offset {
                    self.offsets.prepare(offset, schedule.offsets[offset], modal, driven, work);
                }
                if run.count > 1 {
                    self.steps.prepare(run.step, schedule.steps[run.step], modal, &self.view, driven, work);
                }
                runs = &runs[1..];
            }
        }
    }
}
