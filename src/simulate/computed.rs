//! Outputs that are no linear function of the states: the states are exact, the questions are answered numerically.

use super::Profile;
use super::prepared::computed;
use crate::math::numeric;
use crate::model::Reg;

/// Pieces between two changes are searched at this many points before refinement.
const POINTS: usize = 64;

/// The curve of a computed output, in base units.
pub(super) struct Curve<'p> {
    profile: &'p Profile<'p>,
    value: Reg,
    files: Vec<Vec<[f64; 1]>>,
    x: Vec<f64>,
}

impl<'p> Curve<'p> {
    pub fn new(profile: &'p Profile<'p>, value: Reg) -> Self {
        Curve { profile, value, files: profile.files.clone(), x: vec![0.0; profile.model.states().len()] }
    }

    pub fn at(&mut self, time: f64) -> f64 {
        self.profile.solution.state(time, &mut self.x);
        let interval = self.profile.switches.partition_point(|s| *s <= time);
        computed(self.profile.model, self.value, &mut self.files[interval], &self.x, time)
    }

    pub fn integral(&mut self, from: f64, to: f64) -> f64 {
        let pieces = self.pieces(from, to);
        pieces.iter().map(|[a, b]| numeric::integral(|t| self.at(t), *a, *b)).sum()
    }

    /// Time and value of the first largest value.
    pub fn max(&mut self, from: f64, to: f64) -> (f64, f64) {
        self.extreme(from, to, 1.0)
    }

    /// Time and value of the first smallest value.
    pub fn min(&mut self, from: f64, to: f64) -> (f64, f64) {
        let (time, value) = self.extreme(from, to, -1.0);
        (time, -value)
    }

    pub fn time_above(&mut self, level: f64, from: f64, to: f64) -> f64 {
        let pieces = self.pieces(from, to);
        pieces.iter().map(|[a, b]| numeric::time_positive(|t| self.at(t) - level, *a, *b, POINTS)).sum()
    }

    fn extreme(&mut self, from: f64, to: f64, sign: f64) -> (f64, f64) {
        let pieces = self.pieces(from, to);
        let mut best = (from, sign * self.at(from));
        for [a, b] in pieces {
            let found = numeric::maximum(|t| sign * self.at(t), a, b, POINTS);
            if found.1 > best.1 {
                best = found;
            }
        }
        best
    }

    /// The pieces of from..to between changes of the input. Each ends just before the next change.
    fn pieces(&self, from: f64, to: f64) -> Vec<[f64; 2]> {
        let inside = self.profile.solution.breakpoints().iter().copied().filter(|t| *t > from && *t < to);
        let edges: Vec<f64> = std::iter::once(from).chain(inside).chain([to]).collect();
        edges.windows(2).map(|w| [w[0], if w[1] < to { w[1].next_down() } else { w[1] }]).collect()
    }
}
