//! The explicit Runge-Kutta pair 5(4) of Tsitouras, with its interpolant of order 4.
//!
//! Ch. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption. Computers &
//! Mathematics with Applications 62 (2011) 770-775. The last stage is the first of the next step.

use super::flat::fill_by;
use super::step::{Judgement, Step};
use super::trajectory::Quartic;
use super::{Field, STAGES};
use crate::math::rows::Rows;

/// When the stages before the end of the step are, as a share of it; the last two are at its end.
const C: [f64; STAGES - 1] = [0.161, 0.327, 0.9, 0.9800255409045097];
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
/// How much larger the error of the interpolant inside a step is than the estimate for its end, where slopes depend on time
/// alone: the same tolerance holds for both.
const INSIDE: f64 = 3.54;
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
    k: Rows<L>,
    stage: Rows<L>,
}

impl<const L: usize> Explicit<L> {
    pub fn new(n: usize) -> Self {
        Self { n, k: Rows::new(6 * n), stage: Rows::new(n) }
    }

    /// Tries a step in every lane; lanes whose step is zero stay where they are.
    #[inline(always)]
    pub fn attempt<F: Field<L>>(&mut self, field: &mut F, step: &mut Step<L>, detect: bool) -> Judgement<L> {
        let n = self.n;
        let times = [step.at(C[0]), step.at(C[1]), step.at(C[2]), step.at(C[3]), step.to];
        field.foresee(&times);
        let (y, h, slope, next) = (&step.y[..], &step.h, &step.slope[..], &mut step.next[..]);
        let (slopes, stage) = (&mut self.k[..], &mut self.stage[..]);
        for s in 0..6 {
            let (before, after) = slopes.split_at_mut(s * n);
            let k = |j: usize| if j == 0 { slope } else { &before[(j - 1) * n..j * n] };
            match s {
                0 => fill_by(stage, h, [y, k(0)], stage_of(A2)),
                1 => fill_by(stage, h, [y, k(0), k(1)], stage_of(A3)),
                2 => fill_by(stage, h, [y, k(0), k(1), k(2)], stage_of(A4)),
                3 => fill_by(stage, h, [y, k(0), k(1), k(2), k(3)], stage_of(A5)),
                4 => fill_by(stage, h, [y, k(0), k(1), k(2), k(3), k(4)], stage_of(A6)),
                _ => fill_by(next, h, [y, k(0), k(1), k(2), k(3), k(4), k(5)], stage_of(B)),
            }
            let at = s.min(STAGES - 1);
            field.stage(at, &times[at], if s < 5 { stage } else { next }, &mut after[..n]);
        }
        let k = |j: usize| if j == 0 { slope } else { &slopes[(j - 1) * n..j * n] };
        let inside = if field.follows_time() { INSIDE } else { 1.0 };
        fill_by(&mut step.error, h, [k(0), k(1), k(2), k(3), k(4), k(5), k(6)], |h, k| inside * (h * weighted(&E, &k)));
        let mut judgement = step.judge();
        if detect {
            judgement.square = self.square(step);
        }
        judgement
    }

    /// The square of the dominant rate times the step, as the last two stages show it, which are at the same time (Hairer and
    /// Wanner 1996, IV.2).
    #[inline(always)]
    fn square(&self, step: &Step<L>) -> [f64; L] {
        let (mut slopes, mut states) = ([0.0; L], [0.0; L]);
        let n = self.n;
        let (k6, k7) = self.k[4 * n..6 * n].split_at(n);
        let (y6, y7, inverse) = (&self.stage[..n], &step.next[..n], &step.inverse[..n]);
        for i in 0..n {
            let (k6, k7, y6, y7, inverse) = (&k6[i], &k7[i], &y6[i], &y7[i], &inverse[i]);
            for l in 0..L {
                let (slope, state) = ((k7[l] - k6[l]) * inverse[l], (y7[l] - y6[l]) * inverse[l]);
                slopes[l] += slope * slope;
                states[l] += state * state;
            }
        }
        let mut square = [0.0; L];
        for l in 0..L {
            square[l] = if states[l] > 0.0 { step.h[l] * step.h[l] * (slopes[l] / states[l]) } else { 0.0 };
        }
        square
    }

    /// The slopes at the end of the latest attempt.
    #[inline(always)]
    pub fn last_slopes(&self) -> &[[f64; L]] {
        &self.k[5 * self.n..]
    }

    /// A state over the latest accepted step.
    #[inline(always)]
    pub fn quartic(&self, step: &Step<L>, lane: usize, state: usize) -> Quartic {
        let h = step.h[lane];
        let mut c = [step.y[state][lane], h * step.slope[state][lane], 0.0, 0.0, 0.0];
        for (s, weights) in DENSE.iter().enumerate() {
            let k = h * if s == 0 { step.slope[state][lane] } else { self.k[(s - 1) * self.n + state][lane] };
            c[2] += weights[0] * k;
            c[3] += weights[1] * k;
            c[4] += weights[2] * k;
        }
        c
    }
}

/// y + h Σ a k, from h, and y and the k.
#[inline(always)]
fn stage_of<const S: usize, const M: usize>(a: [f64; S]) -> impl Fn(f64, [f64; M]) -> f64 {
    move |h, from| {
        let mut sum = a[0] * from[1];
        for s in 1..S {
            sum += a[s] * from[s + 1];
        }
        from[0] + h * sum
    }
}

#[inline(always)]
fn weighted<const S: usize>(weights: &[f64; S], k: &[f64; S]) -> f64 {
    let mut sum = weights[0] * k[0];
    for s in 1..S {
        sum += weights[s] * k[s];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::conditions::{Square, violation};
    use super::*;

    fn padded<const S: usize>(row: [f64; S]) -> [f64; 7] {
        std::array::from_fn(|i| row.get(i).copied().unwrap_or(0.0))
    }

    fn stages() -> Square<7> {
        [[0.0; 7], padded(A2), padded(A3), padded(A4), padded(A5), padded(A6), padded(B)]
    }

    #[test]
    fn the_coefficients_meet_the_conditions_of_order_5_and_4() {
        let a = stages();
        let times = [0.0].into_iter().chain(C).chain([1.0; 2]);
        for (row, c) in a.iter().zip(times) {
            assert!((row.iter().sum::<f64>() - c).abs() < 1e-14);
        }
        let embedded = std::array::from_fn(|i| padded(B)[i] - E[i]);
        // The digits that were published leave 1e-14.
        assert!(violation(5, 1.0, padded(B), &a, &a) < 1e-13);
        assert!(violation(4, 1.0, embedded, &a, &a) < 1e-13);
        assert!(violation(5, 1.0, embedded, &a, &a) > 1e-5, "the estimate of the error is not blind");
    }

    #[test]
    fn the_interpolant_is_of_order_4_and_smooth_from_step_to_step() {
        let weights = |theta: f64| -> [f64; 7] {
            std::array::from_fn(|i| {
                let linear = if i == 0 { theta } else { 0.0 };
                linear + theta * theta * (DENSE[i][0] + theta * (DENSE[i][1] + theta * DENSE[i][2]))
            })
        };
        for theta in [0.1, 0.3, 0.5, 0.8, 1.0] {
            assert!(violation(4, theta, weights(theta), &stages(), &stages()) < 1e-13, "{theta}");
        }
        for i in 0..7 {
            assert!((weights(1.0)[i] - padded(B)[i]).abs() < 1e-13);
            let slope = DENSE[i].iter().zip([2.0, 3.0, 4.0]).map(|(c, power)| c * power).sum::<f64>();
            let expected = if i == 6 { 1.0 } else { 0.0 };
            assert!((slope + if i == 0 { 1.0 } else { 0.0 } - expected).abs() < 1e-13, "stage {i}");
        }
    }
}
