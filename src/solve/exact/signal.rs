//! A linear readout of a solution: its values, and the pieces it is made of.

use super::climb::Mode;
use super::propagators::dot;
use super::solution::{Evaluator, Solution};
use crate::math::expm::Exponential;
use crate::math::modal::{Kind, Modal};
use crate::math::roots::ExponentialSum;
use nalgebra::DMatrix;

/// A mode counts for the tail when its amplitude is above this part of the sum of all.
const NOTICEABLE: f64 = 1e-10;
/// Rates below this part of the fastest are zero.
const STANDSTILL: f64 = 1e-14;

/// y(t) = c . x(t) + d for all t from the start on. Everything is exact for the model; no grid of times is involved.
#[derive(Debug)]
pub struct Signal<'a> {
    pub(super) solution: &'a Solution,
    /// Weight of each modal coordinate, per system.
    pub(super) weights: Vec<f64>,
    pub(super) d: Vec<f64>,
    pub(super) evaluator: Evaluator,
    pub(super) exponential: Exponential,
    pub(super) sum: ExponentialSum,
    pub(super) modes: Vec<Mode>,
    slopes: Vec<f64>,
}

/// The part of a segment between two times after its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub segment: usize,
    pub from: f64,
    pub to: f64,
}

impl<'a> Signal<'a> {
    pub(super) fn new(solution: &'a Solution, c: &[f64], d: &[f64]) -> Self {
        let n = solution.size();
        assert_eq!((c.len(), d.len()), (solution.modals.len() * n, solution.modals.len()), "a readout per interval");
        let mut weights = vec![0.0; c.len()];
        for (system, modal) in solution.modals.iter().enumerate() {
            let weights = &mut weights[system * n..(system + 1) * n];
            for (state, &c) in c[system * n..(system + 1) * n].iter().enumerate().filter(|(_, c)| **c != 0.0) {
                weights.iter_mut().zip(modal.state_row(state)).for_each(|(w, v)| *w += c * v);
            }
        }
        let (evaluator, exponential, sum) = Default::default();
        let (modes, slopes) = Default::default();
        Self { solution, weights, d: d.to_vec(), evaluator, exponential, sum, modes, slopes }
    }

    /// The times at which something changes, h, the start first.
    pub fn breakpoints(&self) -> &'a [f64] {
        self.solution.breakpoints()
    }

    /// The value at `t` (h), just after what happens then.
    pub fn at(&mut self, t: f64) -> f64 {
        let segment = self.solution.segment_at(t);
        self.value(segment, t - self.solution.begins[segment])
    }

    /// The value at `elapsed` after the start of a segment; its end is the limit from the left.
    pub(super) fn value(&mut self, segment: usize, elapsed: f64) -> f64 {
        let z = self.evaluator.state(self.solution, segment, elapsed);
        let (weights, d) = readout(&self.weights, &self.d, self.solution, segment);
        d + dot(weights, z)
    }

    /// The slope at `elapsed` after the start of a segment: slopes decay like states without input.
    pub(super) fn slope(&mut self, segment: usize, elapsed: f64) -> f64 {
        let (modal, solution) = (self.solution.modal(segment), self.solution);
        let (weights, _) = readout(&self.weights, &self.d, solution, segment);
        let mut slopes = std::mem::take(&mut self.slopes);
        slope_at_start(modal, solution.start_of(segment), solution.input_of(segment), &mut slopes);
        let slope = dot(weights, self.evaluator.advance(modal, &slopes, None, elapsed));
        self.slopes = slopes;
        slope
    }

    /// The pieces of segments that make up t0..t1.
    pub(super) fn pieces(&self, t0: f64, t1: f64) -> impl Iterator<Item = Piece> + use<> {
        let first = self.solution.segment_at(t0);
        let all = &self.solution.begins;
        let begins: Vec<f64> = all[first..all.partition_point(|&begin| begin < t1).max(first)].to_vec();
        (0..begins.len())
            .map(move |k| {
                let end = begins.get(k + 1).map_or(t1, |&end| end.min(t1));
                Piece { segment: first + k, from: (t0 - begins[k]).max(0.0), to: end - begins[k] }
            })
            .filter(|piece| piece.to > piece.from)
    }

    /// The rate (1/h, zero for a lasting plateau) of the slowest mode that this readout sees decay after the last event; none when it sees none.
    pub fn slowest_mode(&self) -> Option<f64> {
        let last = self.solution.begins.len() - 1;
        let modal = self.solution.modal(last);
        let (weights, _) = readout(&self.weights, &self.d, self.solution, last);
        let (z, input) = (self.solution.start_of(last), self.solution.input_of(last));
        let zero = STANDSTILL * modal.fastest();
        let amplitude = |q: usize, rate: f64| {
            let plateau = input.map_or(0.0, |u| if rate.abs() > zero { u[q] / rate } else { 0.0 });
            (weights[q] * (z[q] + plateau)).abs()
        };
        let mut modes: Vec<(f64, f64)> = modal.rates().iter().enumerate().map(|(q, &r)| (r, amplitude(q, r))).collect();
        for &block in modal.blocks() {
            let seen = reach(&weights[block.coordinates()], &z[block.coordinates()]);
            let t = DMatrix::from_row_slice(block.size, block.size, modal.matrix(block));
            let rates = t.complex_eigenvalues();
            // a matrix kept whole also holds the accumulators that this readout does not see
            let whole = modal.kind() == Kind::Whole;
            modes.extend(rates.iter().filter(|r| !whole || r.re.abs() > zero).map(|r| (r.re, seen)));
        }
        let total: f64 = modes.iter().map(|(_, size)| size).sum();
        let slowest =
            modes.iter().filter(|(_, size)| *size > NOTICEABLE * total).map(|(rate, _)| -rate).reduce(f64::min)?;
        Some(if slowest.abs() <= zero { 0.0 } else { slowest })
    }
}

/// T z + u
pub(super) fn slope_at_start(modal: &Modal, z: &[f64], input: Option<&[f64]>, slopes: &mut Vec<f64>) {
    slopes.clear();
    slopes.extend(modal.rates().iter().zip(z).map(|(rate, z)| rate * z));
    for &block in modal.blocks() {
        let rows = modal.matrix(block).chunks_exact(block.size);
        slopes.extend(rows.map(|row| dot(row, &z[block.coordinates()])));
    }
    if let Some(input) = input {
        slopes.iter_mut().zip(input).for_each(|(slope, u)| *slope += u);
    }
}

/// Weights and constant of the system of a segment.
pub(super) fn readout<'s>(weights: &'s [f64], d: &[f64], solution: &Solution, segment: usize) -> (&'s [f64], f64) {
    let (n, system) = (solution.size(), solution.system(segment));
    (&weights[system * n..(system + 1) * n], d[system])
}

/// How much a block can contribute to a readout in its lifetime: its coordinates feed each other, so a zero now means nothing.
pub(super) fn reach(weights: &[f64], z: &[f64]) -> f64 {
    let largest = |list: &[f64]| list.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    largest(weights) * largest(z)
}
