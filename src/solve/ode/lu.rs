//! Systems of linear equations side by side in lanes: Gaussian elimination with partial pivoting, each lane with its own pivots.

use crate::math::rows::Rows;

/// One matrix per lane, row-major, factorised in place.
#[derive(Debug, Clone)]
pub struct Factors<const L: usize> {
    n: usize,
    m: Rows<L>,
    /// The row that changes places with row k when column k is eliminated, and whether any lane has another than k.
    pivots: Vec<([usize; L], bool)>,
}

impl<const L: usize> Factors<L> {
    pub fn new(n: usize) -> Self {
        Self { n, m: Rows::new(n * n), pivots: vec![([0; L], false); n] }
    }

    /// The matrices to factorise, row-major.
    #[inline(always)]
    pub fn matrices(&mut self) -> &mut [[f64; L]] {
        &mut self.m
    }

    /// Factorises what is in `matrices`. A singular one gives solutions that are not numbers.
    #[inline(always)]
    pub fn factorise(&mut self) {
        let n = self.n;
        for k in 0..n {
            self.exchange(k);
            let (above, below) = self.m.split_at_mut((k + 1) * n);
            let head = &mut above[k * n..];
            for l in 0..L {
                head[k][l] = 1.0 / head[k][l];
            }
            for row in below.chunks_exact_mut(n) {
                let mut factor = row[k];
                for l in 0..L {
                    factor[l] *= head[k][l];
                }
                row[k] = factor;
                for j in k + 1..n {
                    row[j] = less(row[j], &factor, &head[j]);
                }
            }
        }
    }

    /// Brings the largest entry of what is left of column k to the diagonal.
    #[inline(always)]
    fn exchange(&mut self, k: usize) {
        let n = self.n;
        let (mut largest, mut pivot) = ([0.0; L], [k; L]);
        for i in k..n {
            let entry = &self.m[i * n + k];
            for l in 0..L {
                let size = entry[l].abs();
                pivot[l] = if size > largest[l] { i } else { pivot[l] };
                largest[l] = if size > largest[l] { size } else { largest[l] };
            }
        }
        let moves = pivot != [k; L];
        if moves {
            for (l, pivot) in pivot.into_iter().enumerate() {
                for j in 0..n {
                    let entry = self.m[k * n + j][l];
                    self.m[k * n + j][l] = self.m[pivot * n + j][l];
                    self.m[pivot * n + j][l] = entry;
                }
            }
        }
        self.pivots[k] = (pivot, moves);
    }

    /// Turns right-hand sides into solutions.
    #[inline(always)]
    pub fn solve(&self, x: &mut [[f64; L]]) {
        let n = self.n;
        for (k, (pivot, _)) in self.pivots.iter().enumerate().filter(|(_, (_, moves))| *moves) {
            for (l, pivot) in pivot.iter().enumerate() {
                let entry = x[k][l];
                x[k][l] = x[*pivot][l];
                x[*pivot][l] = entry;
            }
        }
        for i in 0..n {
            let row = &self.m[i * n..(i + 1) * n];
            let mut rest = x[i];
            for (a, known) in row.iter().zip(&x[..i]) {
                rest = less(rest, a, known);
            }
            x[i] = rest;
        }
        for i in (0..n).rev() {
            let row = &self.m[i * n..(i + 1) * n];
            let mut rest = x[i];
            for (a, known) in row[i + 1..].iter().zip(&x[i + 1..]) {
                rest = less(rest, a, known);
            }
            for l in 0..L {
                rest[l] *= row[i][l];
            }
            x[i] = rest;
        }
    }
}

/// x - a b
#[inline(always)]
fn less<const L: usize>(mut x: [f64; L], a: &[f64; L], b: &[f64; L]) -> [f64; L] {
    for l in 0..L {
        x[l] -= a[l] * b[l];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::Factors;

    #[test]
    fn each_lane_has_its_own_pivots() {
        let systems = [
            ([2.0, 1.0, 0.0, 1.0, 3.0, -1.0, 0.0, 1.0, 1.0], [4.0, 4.0, 5.0]),
            ([0.0, 2.0, 1.0, 1e-20, 1.0, 1.0, 3.0, 0.0, 0.0], [7.0, 5.0, 3.0]),
            ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0], [14.0, 32.0, 53.0]),
            ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0], [1.0, 2.0, 3.0]),
        ];
        let mut factors = Factors::<4>::new(3);
        for i in 0..9 {
            factors.matrices()[i] = systems.map(|(m, _)| m[i]);
        }
        factors.factorise();
        let mut x: [[f64; 4]; 3] = std::array::from_fn(|i| systems.map(|(_, y)| y[i]));
        factors.solve(&mut x);
        for (l, expected) in [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]].iter().enumerate() {
            for i in 0..3 {
                assert!((x[i][l] - expected[i]).abs() < 1e-13, "lane {l}: {:?}", x.map(|x| x[l]));
            }
        }
        assert!(x.iter().any(|x| !x[3].is_finite()), "a singular matrix is noticed");
    }
}
