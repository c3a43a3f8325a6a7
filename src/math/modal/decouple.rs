//! Decoupling of a lower block triangular system, row group by row group.
//!
//! A row group (one real rate, or a 2 x 2 block) that is fed by an earlier cluster is freed from it by the change of
//! variables z_p' = z_p + X z_B with X T_B - T_p X = -C. Where X would be large because rates are near each other, the
//! coupling stays in T and the group joins the cluster (Bavely & Stewart 1979). Rates far apart are always freed: one block
//! of unlike rates would cost more accuracy than it saves, and the caller checks the outcome as a whole.

use super::row::{Row, add_scaled, clear};
use crate::math::lu;
use std::ops::Range;

/// Entries of a change of variables up to this size are harmless, however near the rates.
const HARMLESS: f64 = 4.0;

/// A system in a basis: A v = v t, w = v^-1, all n x n in the same order of states.
#[derive(Debug, Default)]
pub(super) struct Triangular<R> {
    pub n: usize,
    pub t: Vec<R>,
    pub v: Vec<R>,
    pub w: Vec<R>,
    /// The diagonal of t.
    pub rates: R,
    /// First coordinate of the cluster each coordinate belongs to.
    pub cluster: Vec<usize>,
    /// Number of coordinates of the cluster that begins at a coordinate, none where one does not.
    pub width: Vec<usize>,
    /// Does any cluster have more than one coordinate?
    pub has_blocks: bool,
    /// X, one row for each of the row group.
    x: [R; 2],
    members: Vec<usize>,
    solution: Vec<f64>,
    equations: Vec<f64>,
}

impl<R: Row> Triangular<R> {
    /// Makes room for `n` states, all zero and each by itself.
    pub fn reset(&mut self, n: usize) {
        self.n = n;
        for space in [&mut self.t, &mut self.v, &mut self.w] {
            clear(space, n);
        }
        self.rates.clear(n);
        self.has_blocks = false;
        self.cluster.resize(n, 0);
        self.width.resize(n, 1);
        for q in 0..n {
            (self.cluster[q], self.width[q]) = (q, 1);
        }
    }

    /// Does the coordinate share a block with no other?
    pub fn is_single(&self, q: usize) -> bool {
        self.width[self.cluster[q]] == 1
    }

    /// Frees the row group `rows` of the component at `states` from all earlier clusters but those whose rates are within
    /// `near` of its own, relative to the larger.
    pub fn decouple(&mut self, rows: Range<usize>, near: f64, states: &Range<usize>) {
        for p in rows.start + 1..rows.end {
            self.join(rows.start, p);
        }
        if rows.start == 0 {
            return;
        }
        for k in 0..rows.len() {
            self.x[k].clear(self.n);
        }
        if self.has_blocks || !self.free_row(rows.start) {
            for head in 0..rows.start {
                if self.width[head] == 1 && rows.len() == 1 {
                    self.free_pair(rows.start, head, near);
                } else if self.width[head] > 0 {
                    self.free_cluster(rows.clone(), head, near);
                }
            }
        }
        self.change_variables(rows, states);
    }

    /// The usual case, all pairs of single rates at once; false, and nothing done, if one of them may be near.
    fn free_row(&mut self, p: usize) -> bool {
        let own = self.rates[p];
        self.t[p][p] = 0.0;
        let (t, x, rates) = (self.t[p].as_mut(), self.x[0].as_mut(), self.rates.as_ref());
        let mut harmless = true;
        for q in 0..t.len().min(x.len()).min(rates.len()) {
            let gap = rates[q] - own;
            harmless &= t[q].abs() <= HARMLESS * gap.abs();
            x[q] = if t[q] == 0.0 { 0.0 } else { -t[q] / gap };
        }
        if harmless { &mut self.t[p] } else { &mut self.x[0] }.clear(self.n);
        self.t[p][p] = own;
        harmless
    }

    fn free_pair(&mut self, p: usize, q: usize, near: f64) {
        let coupling = self.t[p][q];
        if coupling == 0.0 {
            return;
        }
        let gap = self.rates[q] - self.rates[p];
        if coupling.abs() <= HARMLESS * gap.abs() || !self.is_near(p, q, near) {
            (self.x[0][q], self.t[p][q]) = (-coupling / gap, 0.0);
        } else {
            self.join(p, q);
        }
    }

    fn free_cluster(&mut self, rows: Range<usize>, head: usize, near: f64) {
        self.members.clear();
        self.members.extend((head..rows.start).filter(|&q| self.cluster[q] == head));
        if rows.clone().all(|p| self.members.iter().all(|&q| self.t[p][q] == 0.0)) {
            return;
        }
        let is_near = rows.clone().any(|p| self.members.iter().any(|&q| self.is_near(p, q, near)));
        if self.solve_sylvester(rows.clone()) && (!is_near || self.solution.iter().all(|x| x.abs() <= HARMLESS)) {
            let width = self.members.len();
            for (k, p) in rows.clone().enumerate() {
                for (m, &q) in self.members.iter().enumerate() {
                    (self.x[k][q], self.t[p][q]) = (self.solution[k * width + m], 0.0);
                }
            }
        } else {
            self.join(rows.start, head);
        }
    }

    fn is_near(&self, p: usize, q: usize, near: f64) -> bool {
        let (one, other) = (self.rates[p], self.rates[q]);
        (one - other).abs() <= near * one.abs().max(other.abs())
    }

    /// X T_B - T_p X = -C for the members B, by elimination on all entries of X at once.
    fn solve_sylvester(&mut self, rows: Range<usize>) -> bool {
        let width = self.members.len();
        let unknowns = rows.len() * width;
        self.equations.clear();
        self.equations.resize(unknowns * unknowns, 0.0);
        self.solution.clear();
        for (k, p) in rows.clone().enumerate() {
            for (m, &q) in self.members.iter().enumerate() {
                let equation = &mut self.equations[(k * width + m) * unknowns..][..unknowns];
                for (l, &b) in self.members.iter().enumerate() {
                    equation[k * width + l] += self.t[b][q];
                }
                for (l, r) in rows.clone().enumerate() {
                    equation[l * width + m] -= self.t[p][r];
                }
                self.solution.push(-self.t[p][q]);
            }
        }
        lu::solve_in_place(&mut self.equations, &mut self.solution)
    }

    /// z_p' = z_p + X z for the row group, where X is not zero: later rows of the component and its states in v see what is
    /// upstream through the group less, rows of w gain those upstream.
    fn change_variables(&mut self, rows: Range<usize>, states: &Range<usize>) {
        let (t, v) = (&mut self.t[..states.end], &mut self.v[..states.end]);
        for (k, p) in rows.clone().enumerate() {
            let x = &self.x[k];
            for r in rows.end..states.end {
                if t[r][p] != 0.0 {
                    let through = t[r][p];
                    add_scaled(&mut t[r], -through, x);
                }
            }
            for i in states.clone() {
                let through = v[i][p];
                add_scaled(&mut v[i], -through, x);
            }
            let (before, after) = self.w.split_at_mut(p);
            for q in 0..rows.start {
                if x[q] != 0.0 {
                    add_scaled(&mut after[0], x[q], &before[q]);
                }
            }
        }
    }

    /// Makes one cluster of those of p and q, named by its first coordinate.
    fn join(&mut self, p: usize, q: usize) {
        let (one, other) = (self.cluster[p], self.cluster[q]);
        if one == other {
            return;
        }
        self.has_blocks = true;
        let (name, gone) = (one.min(other), one.max(other));
        self.width[name] += std::mem::take(&mut self.width[gone]);
        self.cluster.iter_mut().filter(|c| **c == gone).for_each(|c| *c = name);
    }
}
