//! The L-stable Rosenbrock method Rodas5P of order 5, with an embedded one of order 4 and dense output of order 4.
//!
//! G. Steinebach, Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia Differential
//! Equations package. BIT Numerical Mathematics 63 (2023) 27. In the form without products of the Jacobian (Hairer and Wanner
//! 1996, IV.7): (1/(hγ) - J) u_s = f(t + c_s h, y + Σ a_sj u_j) + Σ C_sj u_j / h + h d_s ∂f/∂t.

use super::Field;
use super::flat::{fill, fill_by};
use super::lu::Factors;
use super::step::{Judgement, Step};
use super::trajectory::Quartic;
use crate::math::rows::Rows;

const GAMMA: f64 = 0.21193756319429014;
const A2: [f64; 1] = [3.0];
const A3: [f64; 2] = [2.849394379747939, 0.45842242204463923];
const A4: [f64; 3] = [-6.954028509809101, 2.489845061869568, -10.358996098473584];
const A5: [f64; 4] = [2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641];
/// The weights of the sixth stage; the later stages and the result each add one more u to it.
const A6: [f64; 5] =
    [-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946];
const C2: [f64; 1] = [-14.155112264123755];
const C3: [f64; 2] = [-17.97296035885952, -2.859693295451294];
const C4: [f64; 3] = [147.12150275711716, -1.41221402718213, 71.68940251302358];
const C5: [f64; 4] = [165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306];
const C6: [f64; 5] =
    [24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471];
const C7: [f64; 6] = [
    30.91273214028599,
    -3.1208243349937974,
    77.79954646070892,
    34.28646028294783,
    -19.097331116725623,
    -28.087943162872662,
];
const C8: [f64; 7] = [
    37.80277123390563,
    -3.2571969029072276,
    112.26918849496327,
    66.9347231244047,
    -40.06618937091002,
    -54.66780262877968,
    -9.48861652309627,
];
/// When each stage is, as a share of the step.
const TIMES: [f64; 8] =
    [0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0];
/// Weights of the derivative by time.
const D: [f64; 8] =
    [GAMMA, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0.0, 0.0, 0.0];
/// The three vectors of the dense output.
const DENSE: [[f64; 8]; 3] = [
    [
        25.948786856663858,
        -2.5579724845846235,
        10.433815404888879,
        -2.3679251022685204,
        0.524948541321073,
        1.1241088310450404,
        0.4272876194431874,
        -0.17202221070155493,
    ],
    [
        -9.91568850695171,
        -0.9689944594115154,
        3.0438037242978453,
        -24.495224566215796,
        20.176138334709044,
        15.98066361424651,
        -6.789040303419874,
        -6.710236069923372,
    ],
    [
        11.419903575922262,
        2.8879645146136994,
        72.92137995996029,
        80.12511834622643,
        -52.072871366152654,
        -59.78993625266729,
        -0.15582684282751913,
        4.883087185713722,
    ],
];
/// Share of the step over which ∂f/∂t is a difference. Rounding then spoils the derivative by 4e-9 of f / h, curvature by
/// 3e-8 of h ∂²f/∂t²; either moves the result by less than 1e-8 of what the step changes it.
const AHEAD: f64 = 1.0 / 16_777_216.0;

/// What the stiff method keeps.
#[derive(Debug, Clone)]
pub struct Stiff<const L: usize> {
    n: usize,
    /// The eight stages, one after the other.
    u: Rows<L>,
    stage: Rows<L>,
    sum: Rows<L>,
    slope: Rows<L>,
    jacobian: Rows<L>,
    /// A little later than the beginning of the step, and the slopes there with the states of the beginning.
    ahead: [f64; L],
    slope_ahead: Rows<L>,
    /// h ∂f/∂t
    drift: Rows<L>,
    factors: Factors<L>,
    /// Positive vector that tends to the dominant one of |J|.
    direction: Rows<L>,
}

impl<const L: usize> Stiff<L> {
    pub fn new(n: usize) -> Self {
        let zero = || Rows::new(n);
        Self {
            n,
            u: Rows::new(8 * n),
            stage: zero(),
            sum: zero(),
            slope: zero(),
            jacobian: Rows::new(n * n),
            ahead: [0.0; L],
            slope_ahead: zero(),
            drift: zero(),
            factors: Factors::new(n),
            direction: Rows::from(&vec![[1.0; L]; n][..]),
        }
    }

    /// The lane comes in: its dominant direction is not known.
    pub fn enter(&mut self, lane: usize) {
        self.direction.iter_mut().for_each(|direction| direction[lane] = 1.0);
    }

    /// The Jacobian, and the slopes a little later, where `moved`. The other lanes get the numbers that they have.
    #[inline(always)]
    pub fn linearise<F: Field<L>>(&mut self, field: &mut F, step: &Step<L>, moved: &[bool; L]) {
        field.jacobian(&step.from, &step.y, &mut self.jacobian);
        for l in 0..L {
            self.ahead[l] = if moved[l] { step.from[l] + AHEAD * step.h[l] } else { self.ahead[l] };
        }
        field.slope(&self.ahead, &step.y, &mut self.slope_ahead);
    }

    /// The state whose slope has a derivative that is no number.
    pub fn steepest(&self, lane: usize) -> Option<usize> {
        self.jacobian.iter().position(|entry| !entry[lane].is_finite()).map(|at| at / self.n)
    }

    /// Tries a step in the lanes where `part` is 1; what happens in the others has no meaning.
    #[inline(always)]
    pub fn attempt<F: Field<L>>(
        &mut self,
        field: &mut F,
        step: &mut Step<L>,
        part: &[f64; L],
        detect: bool,
    ) -> Judgement<L> {
        self.factorise(step);
        self.find_drift(step);
        let mut pace = [0.0; L];
        (0..L).for_each(|l| pace[l] = 1.0 / step.h[l]);
        let n = self.n;
        for s in 0..8 {
            let (before, after) = self.u.split_at_mut(s * n);
            let (stage, sum, y, u) = (&mut self.stage[..], &mut self.sum[..], &step.y[..], &mut after[..n]);
            let k = |j: usize| &before[j * n..(j + 1) * n];
            match s {
                0 => {}
                1 => combine(stage, sum, y, A2, C2, [k(0)]),
                2 => combine(stage, sum, y, A3, C3, [k(0), k(1)]),
                3 => combine(stage, sum, y, A4, C4, [k(0), k(1), k(2)]),
                4 => combine(stage, sum, y, A5, C5, [k(0), k(1), k(2), k(3)]),
                5 => combine(stage, sum, y, A6, C6, [k(0), k(1), k(2), k(3), k(4)]),
                6 => advance(stage, sum, C7, [k(0), k(1), k(2), k(3), k(4), k(5)]),
                _ => advance(stage, sum, C8, [k(0), k(1), k(2), k(3), k(4), k(5), k(6)]),
            }
            if s == 0 {
                fill(u, [&step.slope, &self.drift], |[slope, drift]| slope + GAMMA * drift);
            } else {
                field.slope(&if s < 5 { step.at(&[TIMES[s]; L]) } else { step.to }, &self.stage, &mut self.slope);
                fill_by(u, [&pace], [&self.slope, &self.sum, &self.drift], |[pace], [slope, sum, drift]| {
                    slope + (sum * pace + D[s] * drift)
                });
            }
            self.factors.solve(u);
        }
        for i in 0..n {
            let (last, stage, mut next) = (self.u[7 * n + i], self.stage[i], step.next[i]);
            for l in 0..L {
                next[l] = if part[l] > 0.0 { stage[l] + last[l] } else { next[l] };
            }
            // An infinite derivative would hold a state where it is, with no error: it has one that is no number.
            let mut error = last;
            for entry in &self.jacobian[i * n..(i + 1) * n] {
                for l in 0..L {
                    error[l] += 0.0 * entry[l];
                }
            }
            (step.next[i], step.error[i]) = (next, error);
        }
        let mut judgement = step.judge();
        if detect {
            judgement.square = self.square(&step.h);
        }
        judgement
    }

    /// A slope that is singular at the start may be 1e150 there: its derivative would overflow, its change over a step does not.
    #[inline(always)]
    fn find_drift(&mut self, step: &Step<L>) {
        let mut share = [0.0; L];
        for l in 0..L {
            let over = self.ahead[l] - step.from[l];
            share[l] = if over > 0.0 { step.h[l] / over } else { 0.0 };
        }
        for i in 0..self.n {
            let (ahead, slope, mut drift) = (self.slope_ahead[i], step.slope[i], [0.0; L]);
            for l in 0..L {
                drift[l] = (ahead[l] - slope[l]) * share[l];
            }
            self.drift[i] = drift;
        }
    }

    #[inline(always)]
    fn factorise(&mut self, step: &Step<L>) {
        let n = self.n;
        let matrix = self.factors.matrices();
        fill(matrix, [&self.jacobian], |[entry]| -entry);
        let mut shift = step.h;
        for l in 0..L {
            shift[l] = 1.0 / (GAMMA * shift[l]);
        }
        for i in 0..n {
            let mut diagonal = matrix[i * n + i];
            for l in 0..L {
                diagonal[l] += shift[l];
            }
            matrix[i * n + i] = diagonal;
        }
        self.factors.factorise();
    }

    /// The square of an upper bound of the dominant rate times the step. For every positive v the spectral radius of J is at most the largest
    /// ratio of (|J| v)_i to v_i (Collatz and Wielandt); one turn of the power iteration in each step makes the bound sharper
    /// than any norm, whatever the units of the states.
    #[inline(always)]
    fn square(&mut self, h: &[f64; L]) -> [f64; L] {
        let n = self.n;
        let mut bound = [0.0; L];
        for (i, row) in self.jacobian.chunks_exact(n).enumerate() {
            let mut image = [0.0; L];
            for (j, v) in row.iter().zip(self.direction.iter()) {
                for l in 0..L {
                    image[l] += j[l].abs() * v[l];
                }
            }
            for l in 0..L {
                let ratio = image[l] / self.direction[i][l];
                bound[l] = if ratio > bound[l] { ratio } else { bound[l] };
            }
            self.sum[i] = image;
        }
        for (v, image) in self.direction.iter_mut().zip(self.sum.iter()) {
            for l in 0..L {
                // Half of the old vector damps oscillation, and keeps every component positive.
                let moved = 0.5 * (v[l] + image[l] / bound[l]);
                v[l] = if moved > 1e-200 { moved } else { 1e-200 };
            }
        }
        for l in 0..L {
            bound[l] *= h[l];
            bound[l] *= bound[l];
        }
        bound
    }

    /// A state over the latest accepted step.
    #[inline(always)]
    pub fn quartic(&self, step: &Step<L>, lane: usize, state: usize) -> Quartic {
        let mut d = [0.0; 3];
        for (d, weights) in d.iter_mut().zip(&DENSE) {
            for (s, weight) in weights.iter().enumerate() {
                *d += weight * self.u[s * self.n + state][lane];
            }
        }
        let (y, next) = (step.y[state][lane], step.next[state][lane]);
        [y, next - y + d[0], d[1] - d[0], d[2] - d[1], -d[2]]
    }
}

/// stage = y + Σ a u and sum = Σ c u, in one loop over states and lanes together.
#[inline(always)]
fn combine<const L: usize, const S: usize>(
    stage: &mut [[f64; L]],
    sum: &mut [[f64; L]],
    y: &[[f64; L]],
    a: [f64; S],
    c: [f64; S],
    u: [&[[f64; L]]; S],
) {
    let stage = stage.as_flattened_mut();
    let size = stage.len();
    let (sum, y) = (&mut sum.as_flattened_mut()[..size], &y.as_flattened()[..size]);
    let u = u.map(|u| &u.as_flattened()[..size]);
    for e in 0..size {
        let (mut state, mut total) = (y[e], 0.0);
        for s in 0..S {
            state += a[s] * u[s][e];
            total += c[s] * u[s][e];
        }
        (stage[e], sum[e]) = (state, total);
    }
}

/// stage = stage + the last u, and sum = Σ c u.
#[inline(always)]
fn advance<const L: usize, const S: usize>(
    stage: &mut [[f64; L]],
    sum: &mut [[f64; L]],
    c: [f64; S],
    u: [&[[f64; L]]; S],
) {
    let stage = stage.as_flattened_mut();
    let size = stage.len();
    let sum = &mut sum.as_flattened_mut()[..size];
    let u = u.map(|u| &u.as_flattened()[..size]);
    for e in 0..size {
        let mut total = 0.0;
        for s in 0..S {
            total += c[s] * u[s][e];
        }
        stage[e] += u[S - 1][e];
        sum[e] = total;
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::{Square, violation};
    use super::*;

    fn padded<const S: usize>(row: [f64; S]) -> [f64; 8] {
        std::array::from_fn(|i| row.get(i).copied().unwrap_or(0.0))
    }

    /// Row times matrix.
    fn times(row: [f64; 8], m: &Square<8>) -> [f64; 8] {
        std::array::from_fn(|j| (0..8).map(|i| row[i] * m[i][j]).sum())
    }

    /// The inverse of a lower triangular matrix.
    fn inverse(m: &Square<8>) -> Square<8> {
        let mut inverse = [[0.0; 8]; 8];
        for i in 0..8 {
            for j in 0..=i {
                let known: f64 = (j..i).map(|k| m[i][k] * inverse[k][j]).sum();
                inverse[i][j] = (if i == j { 1.0 } else { 0.0 } - known) / m[i][i];
            }
        }
        inverse
    }

    /// Weights of the result, in terms of u.
    fn result() -> [f64; 8] {
        let mut m = padded(A6);
        m[5..].fill(1.0);
        m
    }

    /// The matrices α, γ and α + γ of the form with products of the Jacobian.
    fn matrices() -> [Square<8>; 3] {
        let (mut a7, mut a8) = (padded(A6), padded(A6));
        a7[5] = 1.0;
        a8[5..7].fill(1.0);
        let a = [[0.0; 8], padded(A2), padded(A3), padded(A4), padded(A5), padded(A6), a7, a8];
        let c = [[0.0; 8], padded(C2), padded(C3), padded(C4), padded(C5), padded(C6), padded(C7), padded(C8)];
        let gamma =
            inverse(&std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 / GAMMA } else { -c[i][j] })));
        let alpha = a.map(|row| times(row, &gamma));
        [alpha, gamma, std::array::from_fn(|i| std::array::from_fn(|j| alpha[i][j] + gamma[i][j]))]
    }

    #[test]
    fn the_coefficients_meet_the_conditions_of_order_5_and_4() {
        let [alpha, gamma, both] = matrices();
        for i in 0..8 {
            assert!((alpha[i].iter().sum::<f64>() - TIMES[i]).abs() < 1e-13, "time of stage {i}");
            assert!((gamma[i].iter().sum::<f64>() - D[i]).abs() < 1e-12, "derivative by time in stage {i}");
        }
        let mut embedded = result();
        embedded[7] = 0.0;
        let [result, embedded] = [result(), embedded].map(|weights| times(weights, &gamma));
        assert!(violation(5, 1.0, result, &alpha, &both) < 1e-12);
        assert!(violation(4, 1.0, embedded, &alpha, &both) < 1e-12);
        assert!(violation(5, 1.0, embedded, &alpha, &both) > 1e-5, "the estimate of the error is not blind");
    }

    #[test]
    fn the_dense_output_is_of_order_4() {
        let [alpha, gamma, both] = matrices();
        for theta in [0.1, 0.3, 0.5, 0.8, 1.0] {
            let weights = std::array::from_fn(|i| {
                let bend = DENSE[0][i] + theta * (DENSE[1][i] + theta * DENSE[2][i]);
                theta * (result()[i] + (1.0 - theta) * bend)
            });
            assert!(violation(4, theta, times(weights, &gamma), &alpha, &both) < 1e-12, "{theta}");
        }
    }

    #[test]
    fn a_mode_of_any_rate_is_damped_in_one_step() {
        let [_, gamma, both] = matrices();
        // R(z) = 1 + z b (1 - z β)^-1 1 with β lower triangular.
        for (z, most) in [(-1.0, 0.37), (-10.0, 0.2), (-1e3, 2e-2), (-1e6, 1e-4), (-1e9, 1e-6)] {
            let inverse = inverse(&std::array::from_fn(|i| {
                std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 } - z * both[i][j])
            }));
            let stages = inverse.map(|row| row.iter().sum::<f64>());
            let b = times(result(), &gamma);
            let r = 1.0 + z * (0..8).map(|i| b[i] * stages[i]).sum::<f64>();
            assert!(r.abs() < most, "R({z}) = {r}");
        }
    }
}
