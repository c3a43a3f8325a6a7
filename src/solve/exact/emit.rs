//! Outputs at the samples: lanes over time. A run of samples at equal steps is written many at a time from tables of
//! powers, one multiplication and addition per coordinate and sample, with no exponential inside.

use super::blocks::Blocks;
use super::propagators::Propagators;
use super::scatter::Scatter;
use super::solution::Solution;
use super::steps::Steps;
use super::view::View;
use super::wide::{AllFinite, Samples, is_scattered};
use crate::math::kernel::Kernel;
use crate::solve::schedule::{Part, Piece, Schedule, Segment, Span};
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
        for span in &schedule.layout.spans {
            let (c, d) = (&c[span.system * n..(span.system + 1) * n], d[span.system]);
            self.prepare(solution, schedule, span, c, work);
            let Self { view, offsets, steps, scatter, .. } = self;
            let (pieces, out) = (&schedule.layout.pieces[span.pieces.clone()], &mut *out);
            let samples = Samples { schedule, solution, pieces, view, d, offsets, steps, scatter, out };
            // Sums of a few products are made faster by four at once than by eight.
            let kernel = if span.singles.is_empty() { self.kernel.of_one() } else { self.kernel };
            work.exponentials += kernel.run(samples);
            self.finish(solution, schedule, span, d, out, work);
        }
        self.check(schedule, out)
    }

    /// Makes ready all that the samples in the segments of one system need.
    fn prepare(&mut self, solution: &Solution, schedule: &Schedule, span: &Span, c: &[f64], work: &mut Work) {
        let modal = &solution.modals[span.system];
        self.view.look(modal, c);
        if self.current != Some(span.system) {
            self.offsets.reset(schedule.offsets.len(), modal);
            self.current = Some(span.system);
        }
        self.steps.reset(schedule, modal.real());
        if !self.view.blocks.is_empty() {
            self.blocks.reset(schedule, modal);
        }
        let (layout, is_constant) = (&schedule.layout, solution.is_constant[span.system]);
        for need in &layout.needed[span.needed.clone()] {
            let driven = is_constant || need.driven;
            self.steps.prepare(need.table, schedule, modal, &mut self.offsets, driven, work);
        }
        for piece in &layout.singles[span.singles.clone()] {
            let Piece { segment, part: Part::Singles { run, count }, .. } = layout.pieces[*piece] else { continue };
            let driven = solution.driven[segment];
            if !is_scattered(count, &self.view, driven) {
                for run in &schedule.runs[run..run + count] {
                    self.offsets.prepare(run.offset, schedule.offsets[run.offset], modal, driven, work);
                }
            }
        }
    }

    /// Adds what blocks contribute at equal steps, and sets samples that see a jump.
    fn finish(
        &mut self,
        solution: &Solution,
        schedule: &Schedule,
        span: &Span,
        d: f64,
        out: &mut [f64],
        work: &mut Work,
    ) {
        if !self.view.blocks.is_empty() {
            span.segments.clone().for_each(|k| self.add_blocks(solution, schedule, k, out, work));
        }
        for &k in &schedule.layout.seen[span.seen.clone()] {
            if let Some(jumped) = solution.jumped_to(k) {
                out[schedule.segments[k].samples.start] = d + jumped.sum(&self.view.c, &self.view.weights);
            }
        }
    }

    fn check(&self, schedule: &Schedule, out: &[f64]) -> Result<(), SolveError> {
        if self.kernel.of_one().run(AllFinite(out)) {
            return Ok(());
        }
        let is_finite = |segment: &&Segment| out[segment.samples.clone()].iter().all(|y| y.is_finite());
        let first = schedule.segments.iter().find(|segment| !is_finite(segment));
        Err(SolveError::Overflow { time: first.map_or(f64::NAN, |segment| segment.begin) })
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
