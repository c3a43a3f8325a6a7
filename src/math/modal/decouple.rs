//! Decoupling of a lower block triangular system, row group by row group.
//!
//! A row group (one real rate, or a 2 x 2 block) that is fed by an earlier cluster is freed from it by the change of
//! variables z_p' = z_p + X z_B with X T_B - T_p X = -C. Where X would be large because rates are near each other, the
//! coupling stays in T and the group joins the cluster (Bavely & Stewart 1979). Rates far apart are always freed: one block
//! of unlike rates would cost more accuracy than it saves, and the caller checks the outcome as a whole.

use crate::math::lu;
use std::ops::Range;

/// Entries of a change of variables up to this size are harmless, however near the rates.
const HARMLESS: f64 = 4.0;

/// A system in a basis: A v = v t, w = v^-1, all row-major n x n in the same order of states.
#[derive(Debug, Default)]
pub(super) struct Triangular {
    pub n: usize,
    pub t: Vec<f64>,
    pub v: Vec<f64>,
    pub w: Vec<f64>,
    /// First coordinate of the cluster each coordinate belongs to.
    pub cluster: Vec<usize>,
    members: Vec<usize>,
    x: Vec<f64>,
    equations: Vec<f64>,
}

impl Triangular {
    pub fn reset(&mut self, n: usize) {
        self.n = n;
        for space in [&mut self.t, &mut self.v, &mut self.w] {
            space.clear();
            space.resize(n * n, 0.0);
        }
        self.cluster.clear();
        self.cluster.extend(0..n);
    }

    /// Frees the row group `rows`, whose states lie at `support`, from all earlier clusters but those whose rates are within `near` of its own, relative to the larger.
    pub fn decouple(&mut self, rows: Range<usize>, near: f64, support: &Range<usize>) {
        rows.clone().for_each(|p| self.cluster[p] = rows.start);
        for head in 0..rows.start {
            if self.cluster[head] != head {
                continue;
            }
            let alone = head + 1 == rows.start || !self.cluster[head + 1..rows.start].contains(&head);
            if alone && rows.len() == 1 {
                self.decouple_pair(rows.start, head, near, support);
            } else {
                self.decouple_cluster(rows.clone(), head, near, support);
            }
        }
    }

    fn decouple_pair(&mut self, p: usize, q: usize, near: f64, support: &Range<usize>) {
        let n = self.n;
        let coupling = self.t[p * n + q];
        if coupling == 0.0 {
            return;
        }
        let gap = self.t[q * (n + 1)] - self.t[p * (n + 1)];
        if coupling.abs() <= HARMLESS * gap.abs() || !self.is_near(p, q, near) {
            self.change_variables(p..p + 1, p, q, -coupling / gap, support);
        } else {
            self.join(p, q);
        }
    }

    fn decouple_cluster(&mut self, rows: Range<usize>, head: usize, near: f64, support: &Range<usize>) {
        let n = self.n;
        self.members.clear();
        self.members.extend((head..rows.start).filter(|&q| self.cluster[q] == head));
        if rows.clone().all(|p| self.members.iter().all(|&q| self.t[p * n + q] == 0.0)) {
            return;
        }
        let is_near = rows.clone().any(|p| self.members.iter().any(|&q| self.is_near(p, q, near)));
        if self.solve_sylvester(rows.clone()) && (!is_near || self.x.iter().all(|x| x.abs() <= HARMLESS)) {
            let width = self.members.len();
            for (k, p) in rows.clone().enumerate() {
                for m in 0..width {
                    self.change_variables(rows.clone(), p, self.members[m], self.x[k * width + m], support);
                }
            }
        } else {
            self.join(rows.start, head);
        }
    }

    fn is_near(&self, p: usize, q: usize, near: f64) -> bool {
        let (one, other) = (self.t[p * (self.n + 1)], self.t[q * (self.n + 1)]);
        (one - other).abs() <= near * one.abs().max(other.abs())
    }

    /// X T_B - T_p X = -C for the members B, by elimination on all entries of X at once.
    fn solve_sylvester(&mut self, rows: Range<usize>) -> bool {
        let (n, width) = (self.n, self.members.len());
        let unknowns = rows.len() * width;
        self.equations.clear();
        self.equations.resize(unknowns * unknowns, 0.0);
        self.x.clear();
        for (k, p) in rows.clone().enumerate() {
            for (m, &q) in self.members.iter().enumerate() {
                let equation = &mut self.equations[(k * width + m) * unknowns..][..unknowns];
                for (l, &b) in self.members.iter().enumerate() {
                    equation[k * width + l] += self.t[b * n + q];
                }
                for (l, r) in rows.clone().enumerate() {
                    equation[l * width + m] -= self.t[p * n + r];
                }
                self.x.push(-self.t[p * n + q]);
            }
        }
        lu::solve_in_place(&mut self.equations, &mut self.x)
    }

    /// z_p' = z_p + x z_q: later rows see q through p less, column q of v loses x times column p, row p of w gains x times row q.
    fn change_variables(&mut self, rows: Range<usize>, p: usize, q: usize, x: f64, support: &Range<usize>) {
        let n = self.n;
        self.t[p * n + q] = 0.0;
        for r in rows.end..n {
            self.t[r * n + q] -= self.t[r * n + p] * x;
        }
        for i in support.clone() {
            self.v[i * n + q] -= self.v[i * n + p] * x;
        }
        for i in 0..support.end {
            self.w[p * n + i] += x * self.w[q * n + i];
        }
    }

    /// Makes one cluster of those of p and q, named by its first coordinate.
    fn join(&mut self, p: usize, q: usize) {
        let (one, other) = (self.cluster[p], self.cluster[q]);
        let name = one.min(other);
        self.cluster.iter_mut().filter(|c| **c == one || **c == other).for_each(|c| *c = name);
    }
}
