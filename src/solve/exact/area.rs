//! Areas under a readout, and areas weighted by time, in closed form.

use super::propagators::{apply, dot};
use super::signal::{Piece, Signal, reach, readout};
use crate::math::expm::Exponential;
use crate::math::lu;
use crate::math::modal::{Block, Kind, Modal};
use crate::math::phi::{driven_moment, first_moment, phi1, phi2};

/// A coordinate that does not decay counts when it holds more than this part of the sum.
const LEFT_OVER: f64 = 1e-13;
/// Doublings of the horizon before a tail is called endless.
const DOUBLINGS: usize = 80;

/// Integral of y, and integral of s y with s the time since the start of the stretch.
#[derive(Debug, Clone, Copy, Default)]
struct Area {
    plain: f64,
    moment: f64,
}

impl Area {
    fn add(&mut self, other: Area) {
        self.plain += other.plain;
        self.moment += other.moment;
    }
}

impl Signal<'_> {
    /// Integral of y over t0..t1, unit of y times h.
    pub fn integral(&mut self, t0: f64, t1: f64) -> f64 {
        self.pieces(t0, t1).map(|piece| self.area(piece).plain).sum()
    }

    /// Integral of t y over t0..t1 (t on the clock of the schedule).
    pub fn moment(&mut self, t0: f64, t1: f64) -> f64 {
        let mut total = 0.0;
        for piece in self.pieces(t0, t1) {
            let area = self.area(piece);
            total += area.moment + (self.solution.begins[piece.segment] + piece.from) * area.plain;
        }
        total
    }

    /// Integral of y from t0 on; none when it does not converge (an endless input, a plateau, growth).
    pub fn integral_to_infinity(&mut self, t0: f64) -> Option<f64> {
        let from = self.tail_start(t0);
        let tail = self.tail(from)?;
        Some(self.integral(t0, from) + tail.plain)
    }

    /// Integral of t y from t0 on; none when it does not converge.
    pub fn moment_to_infinity(&mut self, t0: f64) -> Option<f64> {
        let from = self.tail_start(t0);
        let tail = self.tail(from)?;
        Some(self.moment(t0, from) + tail.moment + from * tail.plain)
    }

    fn tail_start(&self, t0: f64) -> f64 {
        self.solution.begins.last().map_or(t0, |&last| last.max(t0))
    }

    fn area(&mut self, piece: Piece) -> Area {
        let modal = self.solution.modal(piece.segment);
        let input = self.solution.input_of(piece.segment);
        let (weights, d) = readout(&self.weights, &self.d, self.solution, piece.segment);
        let z = self.evaluator.state(self.solution, piece.segment, piece.from);
        let h = piece.to - piece.from;
        let mut area = Area { plain: d * h, moment: 0.5 * d * h * h };
        for (q, rate) in modal.rates().iter().enumerate().filter(|(q, _)| weights[*q] != 0.0) {
            let (x, start) = (rate * h, weights[q] * z[q] * h);
            area.add(Area { plain: start * phi1(x), moment: start * h * first_moment(x) });
            if let Some(input) = input {
                let push = weights[q] * input[q] * h * h;
                area.add(Area { plain: push * phi2(x), moment: push * h * driven_moment(x) });
            }
        }
        for &block in modal.blocks() {
            let at = block.coordinates();
            let start = z[at.clone()].to_vec();
            let stretch = Stretch { modal, block, weights: &weights[at.clone()], input: input.map(|u| &u[at]), h };
            area.add(stretch.area(&start, &mut self.exponential));
        }
        area
    }

    /// Area from `from`, in the last segment, to infinity.
    fn tail(&mut self, from: f64) -> Option<Area> {
        let last = self.solution.begins.len() - 1;
        let modal = self.solution.modal(last);
        let (weights, d) = readout(&self.weights, &self.d, self.solution, last);
        let pushed = self.solution.input_of(last).is_some_and(|u| u.iter().zip(weights).any(|(u, w)| u * w != 0.0));
        if d != 0.0 || pushed {
            return None;
        }
        let z = self.evaluator.state(self.solution, last, from - self.solution.begins[last]);
        let blocks = modal.blocks().iter().map(|b| reach(&weights[b.coordinates()], &z[b.coordinates()]));
        let total = (0..modal.real()).map(|q| (z[q] * weights[q]).abs()).chain(blocks).sum();
        let mut area = Area::default();
        for (q, &rate) in modal.rates().iter().enumerate() {
            let amplitude = weights[q] * z[q];
            if rate < -1e-14 * modal.fastest() {
                area.add(Area { plain: -amplitude / rate, moment: amplitude / (rate * rate) });
            } else if amplitude.abs() > LEFT_OVER * total {
                return None;
            }
        }
        for &block in modal.blocks() {
            let at = block.coordinates();
            let start = z[at.clone()].to_vec();
            let stretch = Stretch { modal, block, weights: &weights[at], input: None, h: 0.0 };
            area.add(stretch.tail(&start, total, &mut self.exponential)?);
        }
        Some(area)
    }
}

/// A block over a stretch of time `h`.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    modal: &'a Modal,
    block: Block,
    weights: &'a [f64],
    input: Option<&'a [f64]>,
    h: f64,
}

impl Stretch<'_> {
    fn area(&self, start: &[f64], exponential: &mut Exponential) -> Area {
        let (m, t) = (self.block.size, self.modal.matrix(self.block));
        let long = (0..m).all(|i| t[i * (m + 1)] * self.h < -0.5);
        let by_inverse = if long { self.area_by_inverse(start, exponential) } else { None };
        by_inverse.unwrap_or_else(|| self.area_by_integrators(start, exponential))
    }

    /// With y = z + T^-1 u: the integral of z is T^-1 (y(h) - y(0)) - h T^-1 u, that of s z follows by parts.
    fn area_by_inverse(&self, start: &[f64], exponential: &mut Exponential) -> Option<Area> {
        let (m, t, h) = (self.block.size, self.modal.matrix(self.block), self.h);
        let mut offset = self.input.map_or_else(|| vec![0.0; m], <[f64]>::to_vec);
        self.divide(&mut offset)?;
        let y0: Vec<f64> = start.iter().zip(&offset).map(|(z, o)| z + o).collect();
        let (mut propagator, mut y1) = (vec![0.0; m * m], vec![0.0; m]);
        exponential.of(t, m, h, &mut propagator);
        apply(&propagator, &y0, &mut y1);
        let mut once: Vec<f64> = y1.iter().zip(&y0).map(|(y1, y0)| y1 - y0).collect();
        self.divide(&mut once)?;
        let mut twice: Vec<f64> = y1.iter().zip(&once).map(|(y1, once)| h * y1 - once).collect();
        self.divide(&mut twice)?;
        let steady = dot(self.weights, &offset);
        Some(Area {
            plain: dot(self.weights, &once) - h * steady,
            moment: dot(self.weights, &twice) - 0.5 * h * h * steady,
        })
    }

    /// One exponential of the block with a unit input and two integrators: d(z, 1, I, K) = (T z + u, 0, w . z, I).
    fn area_by_integrators(&self, start: &[f64], exponential: &mut Exponential) -> Area {
        let (m, t) = (self.block.size, self.modal.matrix(self.block));
        let wide = m + 3;
        let mut system = vec![0.0; wide * wide];
        for i in 0..m {
            system[i * wide..i * wide + m].copy_from_slice(&t[i * m..(i + 1) * m]);
            system[i * wide + m] = self.input.map_or(0.0, |u| u[i]);
        }
        system[(m + 1) * wide..(m + 1) * wide + m].copy_from_slice(self.weights);
        system[(m + 2) * wide + m + 1] = 1.0;
        let mut propagator = vec![0.0; wide * wide];
        exponential.of(&system, wide, self.h, &mut propagator);
        let mut from = start.to_vec();
        from.extend([1.0, 0.0, 0.0]);
        let mut to = vec![0.0; wide];
        apply(&propagator, &from, &mut to);
        Area { plain: to[m + 1], moment: self.h * to[m + 1] - to[m + 2] }
    }

    /// y = T^-1 y where the block surely decays; a matrix kept whole may hold accumulators and is never divided by.
    fn divide(&self, y: &mut [f64]) -> Option<()> {
        let (m, t) = (self.block.size, self.modal.matrix(self.block));
        let falls = (0..m).all(|i| t[i * (m + 1)] < 0.0) && (m > 2 || t[0] * t[3] - t[1] * t[2] > 0.0);
        (falls && self.modal.kind() != Kind::Whole && lu::solve_in_place(&mut t.to_vec(), y)).then_some(())
    }

    /// Area to infinity: by T^-1, else by ever longer stretches until nothing is left.
    fn tail(&self, start: &[f64], total: f64, exponential: &mut Exponential) -> Option<Area> {
        let (m, t) = (self.block.size, self.modal.matrix(self.block));
        let (mut once, mut twice) = (start.to_vec(), Vec::new());
        if self.divide(&mut once).is_some() {
            twice.extend_from_slice(&once);
            self.divide(&mut twice)?;
            return Some(Area { plain: -dot(self.weights, &once), moment: dot(self.weights, &twice) });
        }
        let mut z = start.to_vec();
        let (mut area, mut elapsed, mut h) = (Area::default(), 0.0, 1.0 / self.modal.fastest());
        let (mut propagator, mut next) = (vec![0.0; m * m], vec![0.0; m]);
        for _ in 0..DOUBLINGS {
            let part = Stretch { h, ..*self }.area_by_integrators(&z, exponential);
            area.add(Area { plain: part.plain, moment: part.moment + elapsed * part.plain });
            exponential.of(t, m, h, &mut propagator);
            apply(&propagator, &z, &mut next);
            std::mem::swap(&mut z, &mut next);
            elapsed += h;
            let left: f64 = z.iter().zip(self.weights).map(|(z, w)| (z * w).abs()).sum();
            if left <= 1e-3 * f64::EPSILON * total && left * elapsed <= f64::EPSILON * area.plain.abs() {
                return Some(area);
            }
            h *= 2.0;
        }
        None
    }
}
