//! Turning points, extrema and level crossings of a readout, found in the solution itself.

use super::signal::{Piece, Signal, readout, slope_at_start};
use crate::math::phi::phi1;
use crate::math::roots::{Term, bracketed};
use nalgebra::DMatrix;

/// Neighbouring points of the search where blocks are seen: this ratio of times since the start of the segment.
const RATIO: f64 = 1.1;
/// Points per period of an oscillation.
const PER_PERIOD: f64 = 16.0;
/// An oscillation is over after this many of its own time constants.
const LIFETIME: f64 = 40.0;

/// Two rates of a block are told apart where they differ by this part of their mean.
const APART: f64 = 1e-3;

/// A value and the time at which it is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremum {
    /// h
    pub time: f64,
    /// In the unit of the readout.
    pub value: f64,
}

impl Signal<'_> {
    /// The largest value over t0..t1, limits from the left at events included, and when it is first reached.
    pub fn max(&mut self, t0: f64, t1: f64) -> Extremum {
        self.highest(t0, t1, 1.0)
    }

    /// The smallest value over t0..t1, limits from the left at events included, and when it is first reached.
    pub fn min(&mut self, t0: f64, t1: f64) -> Extremum {
        let Extremum { time, value } = self.highest(t0, t1, -1.0);
        Extremum { time, value: -value }
    }

    /// All turning points strictly inside t0..t1 and not at an event, ascending.
    pub fn turning_points(&mut self, t0: f64, t1: f64) -> Vec<Extremum> {
        let mut found = Vec::new();
        for piece in self.pieces(t0, t1) {
            for elapsed in self.turns(piece) {
                let value = self.value(piece.segment, elapsed);
                found.push(Extremum { time: self.solution.begins[piece.segment] + elapsed, value });
            }
        }
        found
    }

    /// All times in t0..t1 at which y passes from not above `level` to above it or back, jumps included, ascending.
    pub fn crossings(&mut self, level: f64, t0: f64, t1: f64) -> Vec<f64> {
        self.passages(level, t0, t1).into_iter().map(|(time, _)| time).collect()
    }

    /// Total time in t0..t1 during which y is above `level`, h.
    pub fn time_above(&mut self, level: f64, t0: f64, t1: f64) -> f64 {
        self.above(level, t0, t1).iter().fold(0.0, |sum, [from, to]| sum + (to - from))
    }

    /// The stretches of t0..t1 in which y is above `level`, h.
    pub fn above(&mut self, level: f64, t0: f64, t1: f64) -> Vec<[f64; 2]> {
        let (mut since, mut found) = (t0, Vec::new());
        let mut above = self.at(t0) > level;
        for (time, rises) in self.passages(level, t0, t1) {
            if above && !rises {
                found.push([since, time]);
            }
            (since, above) = (time, rises);
        }
        found.extend(above.then_some([since, t1]));
        found
    }

    /// Each passage of the level: when, and whether y is above it afterwards.
    fn passages(&mut self, level: f64, t0: f64, t1: f64) -> Vec<(f64, bool)> {
        let mut found = Vec::new();
        let mut above = self.at(t0) > level;
        for piece in self.pieces(t0, t1) {
            let begin = self.solution.begins[piece.segment];
            let (mut left, mut at_left) = (piece.from, self.value(piece.segment, piece.from) - level);
            if (at_left > 0.0) != above {
                above = !above;
                found.push((begin + piece.from, above));
            }
            if !above && self.bound(piece, 1.0) <= level {
                continue;
            }
            let mut stops = self.turns(piece);
            stops.push(piece.to);
            for right in stops {
                let at_right = self.value(piece.segment, right) - level;
                if (at_right > 0.0) != above {
                    above = !above;
                    let f = |elapsed: f64| self.value(piece.segment, elapsed) - level;
                    found.push((begin + bracketed(f, left, right, at_left, at_right), above));
                }
                (left, at_left) = (right, at_right);
            }
        }
        found
    }

    /// The first largest value of sign y.
    fn highest(&mut self, t0: f64, t1: f64, sign: f64) -> Extremum {
        let mut best = Extremum { time: t0, value: sign * self.at(t0) };
        let pieces: Vec<Piece> = self.pieces(t0, t1).collect();
        for &piece in &pieces {
            for elapsed in [piece.from, piece.to] {
                self.keep_better(&mut best, piece, elapsed, sign);
            }
        }
        for piece in pieces {
            if !self.sees_blocks(piece) && self.climb(piece, &mut best, sign) {
                continue;
            }
            for elapsed in self.turns(piece) {
                self.keep_better(&mut best, piece, elapsed, sign);
            }
        }
        best
    }

    pub(super) fn keep_better(&mut self, best: &mut Extremum, piece: Piece, elapsed: f64, sign: f64) {
        let found = Extremum {
            time: self.solution.begins[piece.segment] + elapsed,
            value: sign * self.value(piece.segment, elapsed),
        };
        if found.value > best.value || (found.value == best.value && found.time < best.time) {
            *best = found;
        }
    }

    /// A value that sign y does not exceed on the piece: every mode at its best.
    fn bound(&mut self, piece: Piece, sign: f64) -> f64 {
        let modal = self.solution.modal(piece.segment);
        let (weights, d) = readout(&self.weights, &self.d, self.solution, piece.segment);
        if self.sees_blocks(piece) {
            return f64::INFINITY;
        }
        let z = self.evaluator.state(self.solution, piece.segment, piece.from);
        let input = self.solution.input_of(piece.segment);
        let h = piece.to - piece.from;
        let mut bound = sign * d;
        for (q, rate) in modal.rates().iter().enumerate() {
            let height = (sign * weights[q] * z[q]).max(0.0);
            bound += if *rate > 0.0 { height * (rate * h).exp() } else { height };
            if let Some(input) = input {
                bound += (sign * weights[q] * input[q]).max(0.0) * h * phi1(rate * h);
            }
        }
        bound
    }

    /// Whether blocks of coordinates take part in the readout.
    fn sees_blocks(&self, piece: Piece) -> bool {
        let modal = self.solution.modal(piece.segment);
        let (weights, _) = readout(&self.weights, &self.d, self.solution, piece.segment);
        modal.blocks().iter().any(|b| weights[b.coordinates()].iter().any(|w| *w != 0.0))
    }

    /// Times since the start of the segment, strictly inside the piece, at which the slope changes sign.
    fn turns(&mut self, piece: Piece) -> Vec<f64> {
        let modal = self.solution.modal(piece.segment);
        let (weights, _) = readout(&self.weights, &self.d, self.solution, piece.segment);
        let z = self.evaluator.state(self.solution, piece.segment, piece.from);
        let mut slopes = Vec::with_capacity(z.len());
        slope_at_start(modal, z, self.solution.input_of(piece.segment), &mut slopes);
        let single = modal.rates().iter().enumerate();
        let mut terms: Vec<Term> = single.map(|(q, &rate)| Term { rate, amplitude: weights[q] * slopes[q] }).collect();
        for &block in modal.blocks() {
            let at = block.coordinates();
            match two_terms(modal.matrix(block), &weights[at.clone()], &slopes[at]) {
                Some(pair) => terms.extend(pair),
                None => return self.search(piece),
            }
        }
        self.sum.zeros(terms, piece.to - piece.from).iter().map(|t| piece.from + t).collect()
    }

    /// Sign changes of the slope between points dense on the scale of every rate and oscillation, where blocks are seen.
    fn search(&mut self, piece: Piece) -> Vec<f64> {
        let modal = self.solution.modal(piece.segment);
        let (mut densest, mut alive_until) = (f64::INFINITY, 0.0_f64);
        for &block in modal.blocks() {
            let t = DMatrix::from_row_slice(block.size, block.size, modal.matrix(block));
            for rate in t.complex_eigenvalues().iter().filter(|r| r.im != 0.0) {
                densest = densest.min(std::f64::consts::TAU / rate.im.abs() / PER_PERIOD);
                alive_until = alive_until.max(LIFETIME / -rate.re.min(-f64::MIN_POSITIVE));
            }
        }
        let smallest = 1e-3 / modal.fastest().max(f64::MIN_POSITIVE);
        let mut found = Vec::new();
        let (mut left, mut at_left) = (piece.from, self.slope(piece.segment, piece.from));
        while left < piece.to {
            let mut step = (left * (RATIO - 1.0)).max(smallest);
            if left < alive_until {
                step = step.min(densest);
            }
            let right = (left + step).min(piece.to);
            let at_right = self.slope(piece.segment, right);
            if at_right != 0.0 || right == piece.to {
                if at_left != 0.0 && at_right != 0.0 && (at_left > 0.0) != (at_right > 0.0) {
                    let f = |elapsed: f64| self.slope(piece.segment, elapsed);
                    found.push(bracketed(f, left, right, at_left, at_right));
                }
                at_left = at_right;
            }
            left = right;
        }
        found
    }
}

/// w e^(T t) x as two exponentials: nothing where T, of two coordinates, has no two real rates that are well apart, or where it
/// has more coordinates and is seen.
fn two_terms(t: &[f64], w: &[f64], x: &[f64]) -> Option<[Term; 2]> {
    if w.iter().all(|w| *w == 0.0) {
        return Some([Term { rate: 0.0, amplitude: 0.0 }; 2]);
    }
    let (&[a, b, c, d], &[w0, w1], &[x0, x1]) = (t, w, x) else { return None };
    let (mean, half) = (0.5 * (a + d), 0.5 * (a - d));
    let gap = (half * half + b * c).sqrt();
    // The amplitudes of rates that are near each other cancel, and lose as many digits as the rates share.
    if gap.is_nan() || 2.0 * gap < APART * mean.abs() {
        return None;
    }
    let rates = [mean + gap, mean - gap];
    let (plain, turned) = (w0 * x0 + w1 * x1, w0 * (a * x0 + b * x1) + w1 * (c * x0 + d * x1));
    let amplitude = |rate: f64, other: f64| Term { rate, amplitude: (turned - other * plain) / (rate - other) };
    Some([amplitude(rates[0], rates[1]), amplitude(rates[1], rates[0])])
}
