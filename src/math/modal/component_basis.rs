//! A basis of one strongly connected component in which its matrix is diagonal, or lower block triangular.
//!
//! Exchange with detailed balance (any tree; a cycle whose products of rates agree both ways) is similar to a symmetric
//! matrix by a diagonal scaling: its rates are real and its modes well conditioned. Everything else goes through the real
//! Schur form.

use super::row::{Row, clear};
use super::symmetric;
use crate::math::lu;
use nalgebra::{DMatrix, Schur};

/// Ratio of the scales of two states from which small entries of modes are refined.
const GRADED: f64 = 8.0;
/// Largest change of an entry that still is the correction of a rounding error.
const CORRECTION: f64 = 1e-13;
/// Largest relative difference, per state, at which two ways around a cycle still agree.
const AGREEMENT: f64 = 16.0 * f64::EPSILON;

/// Matrix of one component and the basis found for it; `matrix` = basis t inverse. All `size` x `size`.
#[derive(Debug, Default)]
pub(super) struct ComponentBasis<R> {
    pub size: usize,
    /// On entry the matrix, on success destroyed.
    pub matrix: Vec<R>,
    pub basis: Vec<R>,
    pub inverse: Vec<R>,
    /// The matrix in its basis: diagonal, or lower triangular with 2 x 2 blocks.
    pub t: Vec<R>,
    scale: R,
    queue: Vec<usize>,
    symmetric: Vec<R>,
    equations: Vec<f64>,
    mode: Vec<f64>,
}

impl<R: Row> ComponentBasis<R> {
    /// Makes room for a component of `size` states, all zero.
    pub fn reset(&mut self, size: usize) {
        self.size = size;
        for space in [&mut self.matrix, &mut self.basis, &mut self.inverse, &mut self.t] {
            clear(space, size);
        }
        self.scale.clear(size);
    }

    /// Finds the basis; false when the Schur form does not converge.
    pub fn find(&mut self) -> bool {
        if self.symmetrise() {
            let graded = self.is_graded();
            if graded {
                self.symmetric.clone_from(&self.t);
            }
            // The modes are the rows of `inverse`, until scales are taken out of it.
            symmetric::diagonalise(self.size, &mut self.t, &mut self.inverse);
            if graded {
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
        let Self { matrix, scale: square, t, queue, .. } = self;
        queue.clear();
        queue.push(0);
        square[0] = 1.0;
        for next in 0..n {
            let i = queue[next];
            for j in 0..n {
                let (there, back) = (matrix[j][i], matrix[i][j]);
                if j == i || (there == 0.0 && back == 0.0) {
                    continue;
                }
                if square[j] == 0.0 {
                    square[j] = square[i] * (there / back);
                    if !(square[j] > 0.0 && square[j].is_finite()) {
                        return false;
                    }
                    queue.push(j);
                    continue;
                }
                let (one, other) = (square[i] * there, square[j] * back);
                let agree = (one - other).abs() <= AGREEMENT * n as f64 * one.abs();
                if !agree {
                    return false;
                }
            }
        }
        for i in 0..n {
            for j in 0..i {
                let (a, b) = (matrix[i][j], matrix[j][i]);
                let between = (a.abs().sqrt() * b.abs().sqrt()).copysign(a);
                (t[i][j], t[j][i]) = (between, between);
            }
            t[i][i] = matrix[i][i];
            square[i] = square[i].sqrt();
        }
        true
    }

    /// Do the scales of the states differ so much that a rounding error in one is felt in another?
    fn is_graded(&self) -> bool {
        let scale = &self.scale.as_ref()[..self.size];
        let (mut smallest, mut largest): (f64, f64) = (scale[0], scale[0]);
        for s in scale {
            (smallest, largest) = (smallest.min(*s), largest.max(*s));
        }
        largest > GRADED * smallest
    }

    /// Gives small entries of mode q the relative accuracy they lack after rotations: with its largest entry fixed, the
    /// others follow from (S - rate I) v = 0. Taken only as the correction of a rounding error, never for a double rate.
    fn refine(&mut self, q: usize) {
        let n = self.size;
        let mode = &mut self.inverse[q];
        let fixed = (0..n).fold(0, |k, i| if mode[i].abs() > mode[k].abs() { i } else { k });
        let rate = self.t[q][q];
        let others = (0..n).filter(|&i| i != fixed);
        self.equations.clear();
        self.mode.clear();
        for i in others.clone() {
            self.equations.extend(others.clone().map(|j| self.symmetric[i][j] - if i == j { rate } else { 0.0 }));
            self.mode.push(-self.symmetric[i][fixed] * mode[fixed]);
        }
        if !lu::solve_in_place(&mut self.equations, &mut self.mode) {
            return;
        }
        if others.clone().zip(&self.mode).all(|(i, v)| (v - mode[i]).abs() <= CORRECTION) {
            others.zip(&self.mode).for_each(|(i, v)| mode[i] = *v);
        }
    }

    /// From modes Q of the symmetric matrix, the rows of `inverse`, to basis = D Q^T and inverse = Q D^-1.
    fn unscale(&mut self) {
        let n = self.size;
        let Self { scale, basis, inverse, .. } = self;
        for q in 0..n {
            for i in 0..n {
                basis[i][q] = inverse[q][i] * scale[i];
                inverse[q][i] /= scale[i];
            }
        }
    }

    /// Scales states until rows and columns have like sums off the diagonal (Osborne 1960), so that units of states do not matter.
    fn balance(&mut self) {
        let n = self.size;
        self.scale.as_mut().fill(1.0);
        for _ in 0..20 {
            let mut moved = false;
            for i in 0..n {
                let others = (0..n).filter(|&j| j != i);
                let row: f64 = others.clone().map(|j| self.matrix[i][j].abs()).sum();
                let column: f64 = others.map(|j| self.matrix[j][i].abs()).sum();
                let factor = (row / column).sqrt();
                if !factor.is_finite() || factor == 0.0 || (0.9..1.1).contains(&factor) {
                    continue;
                }
                moved = true;
                self.scale[i] *= factor;
                for j in 0..n {
                    self.matrix[i][j] /= factor;
                    self.matrix[j][i] *= factor;
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
            self.basis[i][i] = self.scale[i];
            self.inverse[i][i] = 1.0 / self.scale[i];
        }
        self.t.clone_from(&self.matrix);
    }

    /// Real Schur form of the balanced matrix, in reverse order so that it is lower triangular like the rest of the system.
    fn schur(&mut self) -> bool {
        let n = self.size;
        let Some(schur) = Schur::try_new(DMatrix::from_fn(n, n, |i, j| self.matrix[i][j]), f64::EPSILON, 200 * n)
        else {
            return false;
        };
        let (q, upper) = schur.unpack();
        for i in 0..n {
            for j in 0..n {
                self.basis[i][j] = q[(i, n - 1 - j)] * self.scale[i];
                self.inverse[j][i] = q[(i, n - 1 - j)] / self.scale[i];
                self.t[i][j] = upper[(n - 1 - i, n - 1 - j)];
            }
        }
        upper.iter().all(|v| v.is_finite())
    }
}
