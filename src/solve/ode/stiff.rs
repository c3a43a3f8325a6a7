//! The L-stable Rosenbrock method Rodas5P of order 5, with an embedded one of order 4 and dense output of order 4.
//!
//! G. Steinebach, Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia Differential
//! Equations package. BIT Numerical Mathematics 63 (2023) 27. In the form without products of the Jacobian (Hairer and Wanner
//! 1996, IV.7): (1/(hγ) - J) u_s = f(t + c_s h, y + Σ a_sj u_j) + Σ C_sj u_j / h + h d_s ∂f/∂t.

use super::Field;
use super::lu::Factors;
use super::step::{Judgement, Step};
use super::trajectory::Quartic;

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
    u: Vec<[f64; L]>,
    stage: Vec<[f64; L]>,
    sum: Vec<[f64; L]>,
    jacobian: Vec<[f64; L]>,
    time_slope: Vec<[f64; L]>,
    /// When the slope was taken to estimate its derivative by time.
    ahead: [f64; L],
    factors: Factors<L>,
    /// Positive vector that tends to the dominant one of |J|.
    direction: Vec<[f64; L]>,
}

impl<const L: usize> Stiff<L> {
    pub fn new(n: usize) -> Self {
        let zero = || vec![[0.0; L]; n];
        let [stage, sum, time_slope] = [zero(), zero(), zero()];
        Self {
            n,
            u: vec![[0.0; L]; 8 * n],
            stage,
            sum,
            jacobian: vec![[0.0; L]; n * n],
            time_slope,
            ahead: [0.0; L],
            factors: Factors::new(n),
            direction: vec![[1.0; L]; n],
        }
    }

    /// The lane comes in: its dominant direction is not known.
    pub fn enter(&mut self, lane: usize) {
        self.direction.iter_mut().for_each(|direction| direction[lane] = 1.0);
    }

    /// The Jacobian and the derivative by time at the beginning of the step, where `moved`. The other lanes get the numbers
    /// that they have.
    #[inline(always)]
    pub fn linearise<F: Field<L>>(&mut self, field: &mut F, step: &Step<L>, moved: &[bool; L]) {
        field.jacobian(&step.from, &step.y, &mut self.jacobian);
        for l in 0..L {
            self.ahead[l] = if moved[l] { step.from[l] + AHEAD * step.h[l] } else { self.ahead[l] };
        }
        field.slope(&self.ahead, &step.y, &mut self.time_slope);
        for (derivative, slope) in self.time_slope.iter_mut().zip(&step.slope) {
            for l in 0..L {
                let over = self.ahead[l] - step.from[l];
                derivative[l] = if over > 0.0 { (derivative[l] - slope[l]) / over } else { 0.0 };
            }
        }
    }

    /// Tries a step in the lanes of `mask`; what happens in the others has no meaning.
    #[inline(always)]
    pub fn attempt<F: Field<L>>(
        &mut self,
        field: &mut F,
        step: &mut Step<L>,
        mask: &[bool; L],
        detect: bool,
    ) -> Judgement<L> {
        self.factorise(step);
        let n = self.n;
        for s in 0..8 {
            let (before, after) = self.u.split_at_mut(s * n);
            let (stage, sum, y, u) =
                (self.stage.as_mut_slice(), self.sum.as_mut_slice(), step.y.as_slice(), &mut after[..n]);
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
            match s {
                0 => u.copy_from_slice(&step.slope),
                _ => field.slope(&if s < 5 { step.at(TIMES[s]) } else { step.to }, &self.stage, u),
            }
            for i in 0..n {
                for l in 0..L {
                    let rest = if s > 0 { self.sum[i][l] / step.h[l] } else { 0.0 };
                    u[i][l] += rest + D[s] * step.h[l] * self.time_slope[i][l];
                }
            }
            self.factors.solve(u);
        }
        let mut judgement = Judgement::default();
        for i in 0..n {
            let (last, stage) = (&self.u[7 * n + i], &self.stage[i]);
            let next = &mut step.next[i];
            for l in 0..L {
                next[l] = if mask[l] { stage[l] + last[l] } else { next[l] };
            }
            judgement.add(last, &step.weight(i), &step.next[i]);
        }
        if detect {
            judgement.rate = self.rate(&step.h);
        }
        judgement
    }

    #[inline(always)]
    fn factorise(&mut self, step: &Step<L>) {
        let n = self.n;
        let matrix = self.factors.matrices();
        for (entry, j) in matrix.iter_mut().zip(&self.jacobian) {
            for l in 0..L {
                entry[l] = -j[l];
            }
        }
        for i in 0..n {
            for l in 0..L {
                matrix[i * n + i][l] += 1.0 / (GAMMA * step.h[l]);
            }
        }
        self.factors.factorise();
    }

    /// An upper bound of the dominant rate times the step. For every positive v the spectral radius of J is at most the largest
    /// ratio of (|J| v)_i to v_i (Collatz and Wielandt); one turn of the power iteration in each step makes the bound sharper
    /// than any norm, whatever the units of the states.
    #[inline(always)]
    fn rate(&mut self, h: &[f64; L]) -> [f64; L] {
        let n = self.n;
        let mut bound = [0.0; L];
        for (i, row) in self.jacobian.chunks_exact(n).enumerate() {
            let mut image = [0.0; L];
            for (j, v) in row.iter().zip(&self.direction) {
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
        for (v, image) in self.direction.iter_mut().zip(&self.sum) {
            for l in 0..L {
                // Half of the old vector damps oscillation, and keeps every component positive.
                let moved = 0.5 * (v[l] + image[l] / bound[l]);
                v[l] = if moved > 1e-200 { moved } else { 1e-200 };
            }
        }
        for l in 0..L {
            bound[l] *= h[l];
        }
        bound
    }

    /// Estimate of the error of a state in the latest attempt.
    pub fn error(&self, lane: usize, state: usize) -> f64 {
        self.u[7 * self.n + state][lane]
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

/// stage = y + Σ a u and sum = Σ c u, state by state.
#[inline(always)]
fn combine<const L: usize, const S: usize>(
    stage: &mut [[f64; L]],
    sum: &mut [[f64; L]],
    y: &[[f64; L]],
    a: [f64; S],
    c: [f64; S],
    u: [&[[f64; L]]; S],
) {
    let n = stage.len();
    let (y, sum, u) = (&y[..n], &mut sum[..n], u.map(|u| &u[..n]));
    for i in 0..n {
        let (mut state, mut total) = (y[i], [0.0; L]);
        for s in 0..S {
            for l in 0..L {
                state[l] += a[s] * u[s][i][l];
                total[l] += c[s] * u[s][i][l];
            }
        }
        (stage[i], sum[i]) = (state, total);
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
    let n = stage.len();
    let (sum, u) = (&mut sum[..n], u.map(|u| &u[..n]));
    for i in 0..n {
        let mut total = [0.0; L];
        for s in 0..S {
            for l in 0..L {
                total[l] += c[s] * u[s][i][l];
            }
        }
        for l in 0..L {
            stage[i][l] += u[S - 1][i][l];
        }
        sum[i] = total;
    }
}
