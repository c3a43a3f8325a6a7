//! Outputs that are integrated, or no linear function of the states: questions about them are answered numerically, from
//! the dense solution and not from the sampling times.

use super::Latest;
use super::field::clocks_of_doses;
use super::readout::{present_group, value};
use super::solved::Solved;
use crate::math::numeric;
use crate::model::Readout;

/// Pieces between two events are searched at this many points before refinement, steps of an integrator at fewer.
const POINTS: [usize; 2] = [64, 6];

/// The curve of an output, or of another readout, in base units.
pub(super) struct Curve<'p> {
    solved: Solved<'p>,
    readout: &'p Readout,
    /// The group of programs that computes it.
    group: usize,
    files: Vec<Vec<[f64; 1]>>,
    x: Vec<f64>,
    points: usize,
    computes: bool,
    reads_doses: bool,
}

impl<'p> Curve<'p> {
    pub fn new(solved: Solved<'p>, readout: &'p Readout, group: usize) -> Self {
        let computed = match readout {
            Readout::Computed { value } => Some(*value),
            Readout::Linear { .. } => None,
        };
        Curve {
            readout,
            group,
            files: solved.files.to_vec(),
            x: vec![0.0; solved.model.states().len()],
            points: POINTS[usize::from(solved.is_integrated())],
            computes: computed.is_some(),
            reads_doses: clocks_of_doses(solved.model).any(|clock| solved.model.reads(computed, clock)),
            solved,
        }
    }

    pub fn at(&mut self, time: f64) -> f64 {
        let Curve { solved, readout, group, files, x, .. } = self;
        solved.state(time, x);
        let file = &mut files[solved.switches.partition_point(|s| *s <= time)];
        if self.computes {
            let latest = self.reads_doses.then(|| Latest::at(solved.model, solved.administrations, time));
            present_group(solved.model, *group, x, time, latest.as_ref(), file);
        }
        value(readout, x, file)
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

    /// The stretches of from..to in which it is above a level; one that goes on over a change of the input is in pieces.
    pub fn above(&mut self, level: f64, from: f64, to: f64) -> Vec<[f64; 2]> {
        let (pieces, points) = (self.pieces(from, to), self.points);
        pieces.iter().flat_map(|[a, b]| numeric::positive(|t| self.at(t) - level, *a, *b, points)).collect()
    }

    /// The best of all points and of what lies around every point that is better than its neighbours.
    fn extreme(&mut self, from: f64, to: f64, sign: f64) -> (f64, f64) {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for [a, b] in self.pieces(from, to) {
            let place = |k: usize| if k == self.points { b } else { a + (b - a) * k as f64 / self.points as f64 };
            let times: Vec<f64> = (0..=self.points).map(place).collect();
            points.extend(times.into_iter().map(|t| (t, sign * self.at(t))));
        }
        let first = (from, sign * self.at(from));
        let mut best = points.iter().fold(first, |best, point| if point.1 > best.1 { *point } else { best });
        let is_seam = |k: usize| points[k + 1].0 <= points[k].0.next_up();
        for k in 1..points.len().saturating_sub(1) {
            if points[k].1 < points[k - 1].1 || points[k].1 < points[k + 1].1 {
                continue;
            }
            // Where two pieces meet one time has two values, and rounding says which is larger: the peak may lie beyond.
            let before = (k > 1 && is_seam(k - 1)).then(|| [k - 2, k - 1]);
            let after = (k + 2 < points.len() && is_seam(k)).then(|| [k + 1, k + 2]);
            for [a, b] in [Some([k - 1, k + 1]), before, after].into_iter().flatten() {
                let found = numeric::peak(|t| sign * self.at(t), points[a].0, points[b].0);
                if found.1 > best.1 {
                    best = found;
                }
            }
        }
        best
    }

    /// The pieces of from..to between changes of the input. Each ends just before the next change.
    fn pieces(&self, from: f64, to: f64) -> Vec<[f64; 2]> {
        let all = self.solved.breakpoints();
        let (first, last) = (all.partition_point(|t| *t <= from), all.partition_point(|t| *t < to));
        let inside = all[first..last.max(first)].iter().copied();
        let edges: Vec<f64> = std::iter::once(from).chain(inside).chain([to]).collect();
        edges.windows(2).map(|w| [w[0], if w[1] < to { w[1].next_down() } else { w[1] }]).collect()
    }
}
