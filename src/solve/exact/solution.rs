//! The dense solution: one modal state per segment, from which anything else follows.

use super::propagators::{add, apply};
use super::signal::Signal;
use crate::math::expm::Exponential;
use crate::math::modal::Modal;
use crate::math::phi::phi1;
use crate::solve::Schedule;

/// The states of one subject at all times from the start on; after the last event it continues without end.
#[derive(Debug, Clone, Default)]
pub struct Solution {
    pub(super) n: usize,
    pub(super) begins: Vec<f64>,
    pub(super) systems: Vec<usize>,
    pub(super) modals: Vec<Modal>,
    /// Modal state at the start of each segment, after its jumps.
    pub(super) z: Vec<f64>,
    /// States at the start of each segment that begins with jumps and is sampled right there: what the jumps add is exact
    /// here, while in modal coordinates its rounding would stand beside a trough.
    pub(super) x: Vec<f64>,
    /// Whether `x` has the states of a segment.
    pub(super) jumped: Vec<bool>,
    /// Modal input during each segment; meaningful where `driven`.
    pub(super) u: Vec<f64>,
    pub(super) driven: Vec<bool>,
}

impl Solution {
    pub(super) fn reset(&mut self, n: usize, schedule: &Schedule) {
        let count = schedule.segments.len();
        self.n = n;
        self.begins.clear();
        self.begins.extend(schedule.segments.iter().map(|s| s.begin));
        self.systems.clear();
        self.systems.extend(schedule.segments.iter().map(|s| s.system));
        self.modals.resize_with(schedule.systems(), Modal::default);
        self.z.resize(count * n, 0.0);
        self.x.resize(count * n, 0.0);
        self.jumped.clear();
        self.jumped.resize(count, false);
        self.u.resize(count * n, 0.0);
        self.driven.resize(count, false);
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
            return x.copy_from_slice(jumped);
        }
        let mut evaluator = Evaluator::default();
        let z = evaluator.state(self, k, t - self.begins[k]);
        self.modal(k).to_states(z, x);
    }

    /// The segment that holds `t`; the first for times before the start.
    pub(super) fn segment_at(&self, t: f64) -> usize {
        self.begins.partition_point(|&begin| begin <= t).saturating_sub(1)
    }

    pub(super) fn modal(&self, segment: usize) -> &Modal {
        &self.modals[self.systems[segment]]
    }

    pub(super) fn start_of(&self, segment: usize) -> &[f64] {
        &self.z[segment * self.n..(segment + 1) * self.n]
    }

    /// States at the start of a segment that begins with jumps and is sampled right there.
    pub(super) fn jumped_to(&self, segment: usize) -> Option<&[f64]> {
        self.jumped[segment].then(|| &self.x[segment * self.n..(segment + 1) * self.n])
    }

    pub(super) fn input_of(&self, segment: usize) -> Option<&[f64]> {
        self.driven[segment].then(|| &self.u[segment * self.n..(segment + 1) * self.n])
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
