//! The dense solution: one modal state per segment, from which anything else follows.

use super::propagators::{Four, add, apply};
use super::signal::Signal;
use crate::math::expm::Exponential;
use crate::math::modal::{Modal, WIDTH};
use crate::math::phi::phi1;
use crate::solve::SolveError;
use crate::solve::schedule::{Entry, Schedule, Start};
use std::ops::Range;

/// The states of one subject at all times from the start on; after the last event it continues without end.
#[derive(Debug, Clone, Default)]
pub struct Solution {
    pub(super) n: usize,
    /// The number of the schedule that the next lists and `jumps` are of.
    schedule: u64,
    pub(super) begins: Vec<f64>,
    starts: Vec<Start>,
    pub(super) modals: Vec<Modal>,
    /// Room for the coordinates of one segment: n, filled up to whole fours.
    pub(super) stride: usize,
    /// Modal state on arriving at each segment, and after its jumps.
    pub(super) before: Vec<f64>,
    pub(super) z: Vec<f64>,
    /// The jumps of all segments.
    jumps: Vec<Entry>,
    pub(super) amounts: Vec<f64>,
    /// Modal input during each segment; meaningful where `driven`.
    pub(super) u: Vec<f64>,
    pub(super) driven: Vec<bool>,
    /// Whether something enters all the while one system applies.
    pub(super) is_constant: Vec<bool>,
}

/// The states just after jumps that are seen as they happen: what the jumps add is exact here, while in modal coordinates
/// its rounding would stand beside a trough.
#[derive(Debug, Clone, Copy)]
pub(in crate::solve) struct Jumped<'a> {
    /// Modal, filled up to whole fours.
    before: &'a [f64],
    jumps: &'a [Entry],
    amounts: &'a [f64],
}

impl Jumped<'_> {
    /// Writes the states.
    pub fn states(self, modal: &Modal, x: &mut [f64]) {
        modal.to_states(self.before, x);
        for jump in self.jumps {
            if let Some(x) = x.get_mut(jump.state) {
                *x += self.amounts[jump.amount] * jump.per;
            }
        }
    }
}

impl Solution {
    pub(super) fn reset(&mut self, n: usize, schedule: &Schedule, amounts: &[f64]) {
        let count = schedule.segments.len();
        (self.n, self.stride) = (n, n.next_multiple_of(WIDTH));
        if self.schedule != schedule.number {
            self.schedule = schedule.number;
            self.begins.clone_from(&schedule.edges);
            self.starts.clone_from(&schedule.layout.starts);
            self.jumps.clone_from(&schedule.jumps);
        }
        self.amounts.clear();
        self.amounts.extend_from_slice(amounts);
        self.modals.resize_with(schedule.systems(), Modal::default);
        for space in [&mut self.before, &mut self.z, &mut self.u] {
            space.resize(count * self.stride, 0.0);
        }
        self.driven.resize(count, false);
        self.is_constant.resize(schedule.systems(), false);
    }

    /// Looks for the first segment that begins with numbers that are not finite; they stay so.
    pub(super) fn check(&self, mut segments: Range<usize>) -> Result<(), SolveError> {
        let is_finite = |k: usize| self.start_of(k).iter().sum::<f64>().is_finite();
        if segments.clone().last().is_none_or(is_finite) {
            return Ok(());
        }
        let first = segments.find(|k| !is_finite(*k)).unwrap_or_default();
        Err(SolveError::Overflow { time: self.begins[first] })
    }

    /// Number of states.
    pub fn size(&self) -> usize {
        self.n
    }

    /// The times at which something changes, h, the start first.
    pub fn breakpoints(&self) -> &[f64] {
        &self.begins
    }

    /// The readout y = c . x + d: `c` holds n weights and `d` one constant per interval of the schedule.
    pub fn signal(&self, c: &[f64], d: &[f64]) -> Signal<'_> {
        Signal::new(self, c, d)
    }

    /// Writes the states at time `t` (h, not before the start), just after what happens then.
    pub fn state(&self, t: f64, x: &mut [f64]) {
        let k = self.segment_at(t);
        if let Some(jumped) = self.jumped_to(k).filter(|_| t == self.begins[k]) {
            return jumped.states(self.modal(k), x);
        }
        let mut evaluator = Evaluator::default();
        let z = evaluator.state(self, k, t - self.begins[k]);
        self.modal(k).to_states(z, x);
    }

    /// The segment that holds `t`; the first for times before the start.
    pub(super) fn segment_at(&self, t: f64) -> usize {
        self.begins.partition_point(|&begin| begin <= t).saturating_sub(1)
    }

    pub(super) fn system(&self, segment: usize) -> usize {
        self.starts[segment].system
    }

    pub(super) fn modal(&self, segment: usize) -> &Modal {
        &self.modals[self.system(segment)]
    }

    pub(super) fn start_of(&self, segment: usize) -> &[f64] {
        self.of(&self.z, segment)
    }

    /// Modal state at the start of a segment, filled up to whole fours, and what enters during it if something does.
    #[inline]
    pub(super) fn fours(&self, segment: usize) -> (&[Four], &[Four]) {
        let at = segment * self.stride..(segment + 1) * self.stride;
        (self.z[at.clone()].as_chunks().0, self.u[at].as_chunks().0)
    }

    /// The states at the start of a segment that begins with jumps and is sampled right there.
    #[inline]
    pub(super) fn jumped_to(&self, segment: usize) -> Option<Jumped<'_>> {
        let start = self.starts[segment];
        if !start.is_seen_jumping {
            return None;
        }
        let first = if segment == 0 { 0 } else { self.starts[segment - 1].jumps };
        let jumps = &self.jumps[first..start.jumps];
        let before = &self.before[segment * self.stride..(segment + 1) * self.stride];
        Some(Jumped { before, jumps, amounts: &self.amounts })
    }

    pub(super) fn input_of(&self, segment: usize) -> Option<&[f64]> {
        self.driven[segment].then(|| self.of(&self.u, segment))
    }

    fn of<'a>(&self, coordinates: &'a [f64], segment: usize) -> &'a [f64] {
        &coordinates[segment * self.stride..][..self.n]
    }
}

/// Evaluates modal states inside segments, with its own reusable space.
#[derive(Debug, Clone, Default)]
pub(in crate::solve) struct Evaluator {
    exponential: Exponential,
    decay: Vec<f64>,
    response: Vec<f64>,
    z: Vec<f64>,
}

impl Evaluator {
    /// The modal state at `elapsed` after the start of a segment.
    pub fn state(&mut self, solution: &Solution, segment: usize, elapsed: f64) -> &[f64] {
        self.advance(solution.modal(segment), solution.start_of(segment), solution.input_of(segment), elapsed)
    }

    /// The modal state at `dt` after the modal state `from`, under a constant input.
    pub fn advance(&mut self, modal: &Modal, from: &[f64], input: Option<&[f64]>, dt: f64) -> &[f64] {
        self.z.resize(from.len(), 0.0);
        for (q, rate) in modal.rates().iter().enumerate() {
            let driven = input.map_or(0.0, |u| u[q] * dt * phi1(rate * dt));
            self.z[q] = from[q] * (rate * dt).exp() + driven;
        }
        for &block in modal.blocks() {
            let (t, at) = (modal.matrix(block), block.coordinates());
            self.decay.resize(t.len(), 0.0);
            let to = &mut self.z[at.clone()];
            if let Some(input) = input {
                self.response.resize(t.len(), 0.0);
                self.exponential.with_integral(t, block.size, dt, &mut self.decay, &mut self.response);
                apply(&self.decay, &from[at.clone()], to);
                add(&self.response, &input[at], to);
            } else {
                self.exponential.of(t, block.size, dt, &mut self.decay);
                apply(&self.decay, &from[at], to);
            }
        }
        &self.z
    }
}
