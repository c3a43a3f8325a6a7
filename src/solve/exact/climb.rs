//! The largest value of a sum of exponentials on a piece, by branch and bound: every mode moves one way only, so its values at
//! the two ends of an interval enclose it.

use super::shape::Extremum;
use super::signal::{Piece, Signal, readout};
use crate::math::phi::phi1;
use crate::math::roots::bracketed;

/// Intervals that are looked at before the search is given up: on a plateau no bound is ever tight enough.
const MOST_INTERVALS: usize = 200;

/// What one mode adds to a readout, from the beginning of a piece on: value' = slope e^(rate t).
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    rate: f64,
    start: f64,
    slope: f64,
    push: f64,
}

impl Mode {
    /// Value and slope at a time since the beginning of the piece.
    fn at(&self, t: f64) -> (f64, f64) {
        let decay = (self.rate * t).exp();
        let pushed = if self.push == 0.0 { 0.0 } else { self.push * t * phi1(self.rate * t) };
        (self.start * decay + pushed, self.slope * decay)
    }
}

/// Bounds of the sum over an interval.
struct Bounds {
    value: f64,
    slope: [f64; 2],
    curvature: [f64; 2],
    /// The slopes at the ends.
    ends: [f64; 2],
}

impl Signal<'_> {
    /// Keeps the better of `best` and the largest value of sign y strictly inside a piece whose modes are all single; false
    /// where that takes too long.
    pub(super) fn climb(&mut self, piece: Piece, best: &mut Extremum, sign: f64) -> bool {
        let modal = self.solution.modal(piece.segment);
        let (weights, d) = readout(&self.weights, &self.d, self.solution, piece.segment);
        let z = self.evaluator.state(self.solution, piece.segment, piece.from);
        let input = self.solution.input_of(piece.segment);
        self.modes.clear();
        for (q, &rate) in modal.rates().iter().enumerate().filter(|(q, _)| weights[*q] != 0.0) {
            let (weight, push) = (sign * weights[q], input.map_or(0.0, |u| u[q]));
            let slope = weight * (rate * z[q] + push);
            self.modes.push(Mode { rate, start: weight * z[q], slope, push: weight * push });
        }
        let modes = std::mem::take(&mut self.modes);
        let slope = |t: f64| modes.iter().map(|mode| mode.slope * (mode.rate * t).exp()).sum::<f64>();
        // The first interval is looked at first, so that the first of equal peaks is kept.
        let (mut left, mut looked_at) = (vec![[0.0, piece.to - piece.from]], 0);
        while let Some([from, to]) = left.pop() {
            looked_at += 1;
            if looked_at > MOST_INTERVALS {
                break;
            }
            let bounds = bounds(&modes, sign * d, from, to);
            if bounds.ends[1] == 0.0 {
                self.keep_better(best, piece, piece.from + to, sign);
            }
            let is_monotone = bounds.slope[0] >= 0.0 || bounds.slope[1] <= 0.0;
            if bounds.value <= best.value || is_monotone || bounds.curvature[0] >= 0.0 {
                continue; // the ends of the piece are known, and those of what is inside it lie on a slope
            }
            if bounds.curvature[1] <= 0.0 {
                let [rise, fall] = bounds.ends;
                if rise > 0.0 && fall < 0.0 {
                    self.keep_better(best, piece, piece.from + bracketed(slope, from, to, rise, fall), sign);
                }
                continue;
            }
            let middle = 0.5 * (from + to);
            left.extend([[middle, to], [from, middle]]);
        }
        self.modes = modes;
        looked_at <= MOST_INTERVALS
    }
}

fn bounds(modes: &[Mode], constant: f64, from: f64, to: f64) -> Bounds {
    let mut all = Bounds { value: constant, slope: [0.0; 2], curvature: [0.0; 2], ends: [0.0; 2] };
    for mode in modes {
        let ((v0, s0), (v1, s1)) = (mode.at(from), mode.at(to));
        let (c0, c1) = (mode.rate * s0, mode.rate * s1);
        all.value += v0.max(v1);
        all.slope = [all.slope[0] + s0.min(s1), all.slope[1] + s0.max(s1)];
        all.curvature = [all.curvature[0] + c0.min(c1), all.curvature[1] + c0.max(c1)];
        all.ends = [all.ends[0] + s0, all.ends[1] + s1];
    }
    all
}
