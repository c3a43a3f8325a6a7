//! A basis of one strongly connected component in which its matrix is diagonal, or lower block triangular.
//!
//! Exchange with detailed balance (any tree; a cycle whose products of rates agree both ways) is similar to a symmetric
//! matrix by a diagonal scaling. Its rates are real and its modes well conditioned, and cyclic Jacobi (Golub & Van Loan,
//! "Matrix Computations", section 8.5) finds small rates accurately. Everything else goes through the real Schur form.

use crate::math::lu;
use nalgebra::{DMatrix, Schur};

const SWEEPS: usize = 40;
/// Ratio of the scales of two states from which small entries of modes are refined.
const GRADED: f64 = 8.0;
/// Largest change of an entry that still is the correction of a rounding error.
const CORRECTION: f64 = 1e-13;

/// Matrix of one component and the basis found for it; `matrix` = basis t inverse. All row-major `size` x `size`.
#[derive(Debug, Default)]
pub(super) struct ComponentBasis {
    pub size: usize,
    /// On entry the matrix, on success destroyed.
    pub matrix: Vec<f64>,
    pub basis: Vec<f64>,
    pub inverse: Vec<f64>,
    /// The matrix in its basis: diagonal, or lower triangular with 2 x 2 blocks.
    pub t: Vec<f64>,
    scale: Vec<f64>,
    queue: Vec<usize>,
    symmetric: Vec<f64>,
    equations: Vec<f64>,
    mode: Vec<f64>,
}

impl ComponentBasis {
    /// Makes room for a component of `size` states.
    pub fn reset(&mut self, size: usize) {
        self.size = size;
        for space in [&mut self.matrix, &mut self.basis, &mut self.inverse, &mut self.t] {
            space.clear();
            space.resize(size * size, 0.0);
        }
        self.scale.clear();
        self.scale.resize(size, 0.0);
    }

    /// Finds the basis; false when the Schur form does not converge.
    pub fn find(&mut self) -> bool {
        if self.size == 1 {
            (self.basis[0], self.inverse[0], self.t[0]) = (1.0, 1.0, self.matrix[0]);
            return true;
        }
        if self.symmetrise() {
            self.symmetric.clone_from(&self.t);
            self.jacobi();
            if self.is_graded() {
                (0..self.size).for_each(|q| self.refine(q));
            }
            self.unscale();
            return true;
        }
        self.balance();
        if self.size == 2 {
            self.keep_whole();
            return true;
        }
        self.schur()
    }

    /// Looks for a diagonal D with D^-1 A D symmetric; if there is one, puts that matrix into `t` and D into `scale`.
    fn symmetrise(&mut self) -> bool {
        let n = self.size;
        self.queue.clear();
        self.queue.push(0);
        self.scale[0] = 1.0;
        let mut next = 0;
        while let Some(&i) = self.queue.get(next) {
            next += 1;
            for j in (0..n).filter(|&j| j != i) {
                let (there, back) = (self.matrix[j * n + i], self.matrix[i * n + j]);
                if there == 0.0 && back == 0.0 {
                    continue;
                }
                let ratio = there / back;
                if !(ratio > 0.0 && ratio.is_finite()) {
                    return false;
                }
                let expected = self.scale[i] * ratio.sqrt();
                if self.scale[j] == 0.0 {
                    self.scale[j] = expected;
                    self.queue.push(j);
                } else if (self.scale[j] / expected - 1.0).abs() > 8.0 * f64::EPSILON * n as f64 {
                    return false;
                }
            }
        }
        for i in 0..n {
            for j in 0..n {
                let (a, b) = (self.matrix[i * n + j], self.matrix[j * n + i]);
                self.t[i * n + j] = if i == j { a } else { a.abs().sqrt().copysign(a) * b.abs().sqrt() };
            }
        }
        true
    }

    /// Cyclic Jacobi on the symmetric `t`, which becomes diagonal; `basis` collects the rotations.
    fn jacobi(&mut self) {
        let n = self.size;
        (0..n).for_each(|i| self.basis[i * (n + 1)] = 1.0);
        let norm = self.t.iter().map(|v| v.abs()).fold(0.0, f64::max);
        for _ in 0..SWEEPS {
            let mut rotated = false;
            for p in 0..n {
                for q in p + 1..n {
                    rotated |= self.rotate(p, q, norm);
                }
            }
            if !rotated {
                break;
            }
        }
    }

    /// Do the scales of the states differ so much that a rounding error in one is felt in another?
    fn is_graded(&self) -> bool {
        let smallest = self.scale.iter().fold(f64::INFINITY, |least: f64, s| least.min(*s));
        self.scale.iter().any(|s| *s > GRADED * smallest)
    }

    /// Gives small entries of mode q the relative accuracy they lack after rotations: with its largest entry fixed, the
    /// others follow from (S - rate I) v = 0. Taken only as the correction of a rounding error, never for a double rate.
    fn refine(&mut self, q: usize) {
        let n = self.size;
        let entry = |basis: &[f64], i: usize| basis[i * n + q];
        let fixed =
            (0..n).fold(0, |k, i| if entry(&self.basis, i).abs() > entry(&self.basis, k).abs() { i } else { k });
        let rate = self.t[q * (n + 1)];
        let others = (0..n).filter(|&i| i != fixed);
        self.equations.clear();
        self.mode.clear();
        for i in others.clone() {
            self.equations.extend(others.clone().map(|j| self.symmetric[i * n + j] - if i == j { rate } else { 0.0 }));
            self.mode.push(-self.symmetric[i * n + fixed] * entry(&self.basis, fixed));
        }
        if !lu::solve_in_place(&mut self.equations, &mut self.mode) {
            return;
        }
        if others.clone().zip(&self.mode).all(|(i, v)| (v - entry(&self.basis, i)).abs() <= CORRECTION) {
            others.zip(&self.mode).for_each(|(i, v)| self.basis[i * n + q] = *v);
        }
    }

    /// From orthogonal modes Q of the symmetric matrix to basis = D Q and inverse = Q^T D^-1.
    fn unscale(&mut self) {
        let n = self.size;
        for i in 0..n {
            for j in 0..n {
                if i != j {
                    self.t[i * n + j] = 0.0;
                }
                self.inverse[j * n + i] = self.basis[i * n + j] / self.scale[i];
                self.basis[i * n + j] *= self.scale[i];
            }
        }
    }

    fn rotate(&mut self, p: usize, q: usize, norm: f64) -> bool {
        let n = self.size;
        let (off, pp, qq) = (self.t[p * n + q], self.t[p * (n + 1)], self.t[q * (n + 1)]);
        let negligible = f64::EPSILON * (pp * qq).abs().sqrt().max(f64::EPSILON * norm);
        if off.abs() <= 0.25 * negligible {
            return false;
        }
        let slope = (qq - pp) / (2.0 * off);
        // what is not negligible has a slope whose square is finite
        let tangent = 1.0_f64.copysign(slope) / (slope.abs() + (slope * slope + 1.0).sqrt());
        let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
        let sine = tangent * cosine;
        self.t[p * (n + 1)] = pp - tangent * off;
        self.t[q * (n + 1)] = qq + tangent * off;
        (self.t[p * n + q], self.t[q * n + p]) = (0.0, 0.0);
        for k in (0..n).filter(|&k| k != p && k != q) {
            let (kp, kq) = (self.t[k * n + p], self.t[k * n + q]);
            let (new_p, new_q) = (cosine * kp - sine * kq, sine * kp + cosine * kq);
            (self.t[k * n + p], self.t[p * n + k]) = (new_p, new_p);
            (self.t[k * n + q], self.t[q * n + k]) = (new_q, new_q);
        }
        for row in self.basis.chunks_exact_mut(n) {
            (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
        }
        true
    }

    /// Scales states until rows and columns have like sums off the diagonal (Osborne 1960), so that units of states do not matter.
    fn balance(&mut self) {
        let n = self.size;
        self.scale.fill(1.0);
        for _ in 0..20 {
            let mut moved = false;
            for i in 0..n {
                let others = (0..n).filter(|&j| j != i);
                let row: f64 = others.clone().map(|j| self.matrix[i * n + j].abs()).sum();
                let column: f64 = others.map(|j| self.matrix[j * n + i].abs()).sum();
                let factor = (row / column).sqrt();
                if !factor.is_finite() || factor == 0.0 || (0.9..1.1).contains(&factor) {
                    continue;
                }
                moved = true;
                self.scale[i] *= factor;
                for j in 0..n {
                    self.matrix[i * n + j] /= factor;
                    self.matrix[j * n + i] *= factor;
                }
            }
            if !moved {
                break;
            }
        }
    }

    fn keep_whole(&mut self) {
        let n = self.size;
        for i in 0..n {
            self.basis[i * (n + 1)] = self.scale[i];
            self.inverse[i * (n + 1)] = 1.0 / self.scale[i];
        }
        self.t.copy_from_slice(&self.matrix);
    }

    /// Real Schur form of the balanced matrix, in reverse order so that it is lower triangular like the rest of the system.
    fn schur(&mut self) -> bool {
        let n = self.size;
        let Some(schur) = Schur::try_new(DMatrix::from_row_slice(n, n, &self.matrix), f64::EPSILON, 200 * n) else {
            return false;
        };
        let (q, upper) = schur.unpack();
        for i in 0..n {
            for j in 0..n {
                self.basis[i * n + j] = q[(i, n - 1 - j)] * self.scale[i];
                self.inverse[j * n + i] = q[(i, n - 1 - j)] / self.scale[i];
                self.t[i * n + j] = upper[(n - 1 - i, n - 1 - j)];
            }
        }
        self.t.iter().all(|v| v.is_finite())
    }
}
