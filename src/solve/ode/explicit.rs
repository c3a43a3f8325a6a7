//! The explicit Runge-Kutta pair 5(4) of Tsitouras, with its interpolant of order 4.
//!
//! Ch. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption. Computers &
//! Mathematics with Applications 62 (2011) 770-775. The last stage is the first of the next step.

use super::Field;
use super::step::{Judgement, Step};
use super::trajectory::Quartic;

/// When each stage is, as a share of the step.
const C: [f64; 7] = [0.0, 0.161, 0.327, 0.9, 0.9800255409045097, 1.0, 1.0];
const A2: [f64; 1] = [0.161];
const A3: [f64; 2] = [-0.008480655492356989, 0.335480655492357];
const A4: [f64; 3] = [2.8971530571054935, -6.359448489975075, 4.3622954328695815];
const A5: [f64; 4] = [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525];
const A6: [f64; 5] =
    [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383];
/// Weights of the result, of order 5.
const B: [f64; 6] =
    [0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774];
/// Weights of the result less those of the embedded result of order 4.
const E: [f64; 7] = [
    -0.001780011052225777,
    -0.0008164344596567469,
    0.007880878010261995,
    -0.1447110071732629,
    0.5823571654525552,
    -0.45808210592918697,
    1.0 / 66.0,
];
/// Coefficients of θ² to θ⁴ in the weight of each stage at θ; only the first stage has one of θ, which is 1.
const DENSE: [[f64; 3]; 7] = [
    [-2.763706197274826, 2.9132554618219126, -1.0530884977290216],
    [0.1317, -0.2234, 0.1017],
    [3.9302962368947516, -5.941033872131505, 2.490627285651253],
    [-12.411077166933676, 30.33818863028232, -16.548102889244902],
    [37.50931341651104, -88.1789048947664, 47.37952196281928],
    [-27.896526289197286, 65.09189467479366, -34.87065786149661],
    [1.5, -4.0, 2.5],
];

/// What the explicit method keeps: the slopes of stages 2 to 7 of all lanes, stage by stage.
#[derive(Debug, Clone)]
pub struct Explicit<const L: usize> {
    n: usize,
    k: Vec<[f64; L]>,
    stage: Vec<[f64; L]>,
}

impl<const L: usize> Explicit<L> {
    pub fn new(n: usize) -> Self {
        Self { n, k: vec![[0.0; L]; 6 * n], stage: vec![[0.0; L]; n] }
    }

    /// Tries a step in every lane; lanes whose step is zero stay where they are.
    #[inline(always)]
    pub fn attempt<F: Field<L>>(&mut self, field: &mut F, step: &mut Step<L>, detect: bool) -> Judgement<L> {
        let n = self.n;
        for s in 0..6 {
            let (before, after) = self.k.split_at_mut(s * n);
            let k = |j: usize| if j == 0 { step.slope.as_slice() } else { &before[(j - 1) * n..j * n] };
            let (y, h, stage) = (step.y.as_slice(), &step.h, self.stage.as_mut_slice());
            match s {
                0 => combine(stage, y, h, A2, [k(0)]),
                1 => combine(stage, y, h, A3, [k(0), k(1)]),
                2 => combine(stage, y, h, A4, [k(0), k(1), k(2)]),
                3 => combine(stage, y, h, A5, [k(0), k(1), k(2), k(3)]),
                4 => combine(stage, y, h, A6, [k(0), k(1), k(2), k(3), k(4)]),
                _ => combine(&mut step.next, y, h, B, [k(0), k(1), k(2), k(3), k(4), k(5)]),
            }
            let at = if s < 4 { step.at(C[s + 1]) } else { step.to };
            field.slope(&at, if s < 5 { &self.stage } else { &step.next }, &mut after[..n]);
        }
        let mut judgement = Judgement::default();
        for i in 0..n {
            let k = self.slopes(step, i);
            let mut error = [0.0; L];
            for l in 0..L {
                error[l] = step.h[l] * weighted(&E, &k, l);
            }
            judgement.add(&error, &step.weight(i), &step.next[i]);
        }
        if detect {
            judgement.rate = self.rate(step);
        }
        judgement
    }

    /// The slopes of all stages of a state.
    #[inline(always)]
    fn slopes<'a>(&'a self, step: &'a Step<L>, i: usize) -> [&'a [f64; L]; 7] {
        let k = |s: usize| &self.k[s * self.n + i];
        [&step.slope[i], k(0), k(1), k(2), k(3), k(4), k(5)]
    }

    /// The dominant rate times the step, as the last two stages show it, which are at the same time (Hairer and Wanner 1996,
    /// IV.2).
    #[inline(always)]
    fn rate(&self, step: &Step<L>) -> [f64; L] {
        let (mut slopes, mut states) = ([0.0; L], [0.0; L]);
        let n = self.n;
        for i in 0..n {
            let weight = step.weight(i);
            let (k6, k7) = (&self.k[4 * n + i], &self.k[5 * n + i]);
            for l in 0..L {
                let slope = (k7[l] - k6[l]) / weight[l];
                let state = (step.next[i][l] - self.stage[i][l]) / weight[l];
                slopes[l] += slope * slope;
                states[l] += state * state;
            }
        }
        let mut rate = [0.0; L];
        for l in 0..L {
            rate[l] = if states[l] > 0.0 { step.h[l] * (slopes[l] / states[l]).sqrt() } else { 0.0 };
        }
        rate
    }

    /// Estimate of the error of a state in the latest attempt, per hour of its length.
    pub fn error(&self, step: &Step<L>, lane: usize, state: usize) -> f64 {
        weighted(&E, &self.slopes(step, state), lane)
    }

    /// The slopes at the end of the latest attempt.
    #[inline(always)]
    pub fn last_slopes(&self) -> &[[f64; L]] {
        &self.k[5 * self.n..]
    }

    /// A state over the latest accepted step.
    #[inline(always)]
    pub fn quartic(&self, step: &Step<L>, lane: usize, state: usize) -> Quartic {
        let (k, h) = (self.slopes(step, state), step.h[lane]);
        let mut c = [step.y[state][lane], h * k[0][lane], 0.0, 0.0, 0.0];
        for (k, weights) in k.iter().zip(&DENSE) {
            let k = h * k[lane];
            c[2] += weights[0] * k;
            c[3] += weights[1] * k;
            c[4] += weights[2] * k;
        }
        c
    }
}

/// to = y + h Σ a k, state by state.
#[inline(always)]
fn combine<const L: usize, const S: usize>(
    to: &mut [[f64; L]],
    y: &[[f64; L]],
    h: &[f64; L],
    a: [f64; S],
    k: [&[[f64; L]]; S],
) {
    let n = to.len();
    let (y, k) = (&y[..n], k.map(|k| &k[..n]));
    for i in 0..n {
        let mut sum = [0.0; L];
        for l in 0..L {
            sum[l] = a[0] * k[0][i][l];
        }
        for s in 1..S {
            for l in 0..L {
                sum[l] += a[s] * k[s][i][l];
            }
        }
        for l in 0..L {
            sum[l] = y[i][l] + h[l] * sum[l];
        }
        to[i] = sum;
    }
}

#[inline(always)]
fn weighted<const L: usize, const S: usize>(weights: &[f64; S], k: &[&[f64; L]; S], lane: usize) -> f64 {
    let mut sum = weights[0] * k[0][lane];
    for s in 1..S {
        sum += weights[s] * k[s][lane];
    }
    sum
}
