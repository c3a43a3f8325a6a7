//! Rows of matrices. The compiler knows the length of short ones, so that sums of them are straight instructions.

use std::fmt::Debug;
use std::ops::IndexMut;

/// A row of numbers; a short one may be longer than asked for and ends with zeros.
pub(super) trait Row:
    Clone + Debug + Default + AsRef<[f64]> + AsMut<[f64]> + IndexMut<usize, Output = f64>
{
    /// Makes a row of `n` zeros of it.
    fn clear(&mut self, n: usize);
}

impl Row for [f64; 4] {
    fn clear(&mut self, _: usize) {
        *self = [0.0; 4];
    }
}

impl Row for [f64; 8] {
    fn clear(&mut self, _: usize) {
        *self = [0.0; 8];
    }
}

impl Row for Vec<f64> {
    fn clear(&mut self, n: usize) {
        Vec::clear(self);
        self.resize(n, 0.0);
    }
}

/// Makes an n x n matrix of zeros of the first rows.
pub(super) fn clear<R: Row>(rows: &mut Vec<R>, n: usize) {
    if rows.len() < n {
        rows.resize(n, R::default());
    }
    for row in &mut rows[..n] {
        row.clear(n);
    }
}

/// to += x from. Not inlined: in a loop over rows the compiler would rather take several of them at once, number by number.
#[inline(never)]
pub(super) fn add_scaled<R: Row>(to: &mut R, x: f64, from: &R) {
    let (to, from) = (to.as_mut(), from.as_ref());
    for k in 0..to.len().min(from.len()) {
        to[k] += x * from[k];
    }
}

/// (p, q) = (cosine p - sine q, sine p + cosine q) for two rows, the second further down.
#[inline(always)]
pub(super) fn turn<R: Row>(rows: &mut [R], [p, q]: [usize; 2], cosine: f64, sine: f64) {
    let (before, after) = rows.split_at_mut(q);
    let (p, q) = (before[p].as_mut(), after[0].as_mut());
    for k in 0..p.len().min(q.len()) {
        let (one, other) = (p[k], q[k]);
        (p[k], q[k]) = (cosine * one - sine * other, sine * one + cosine * other);
    }
}

/// The larger of two numbers of which none is NaN: one instruction, where `f64::max` is six.
#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
