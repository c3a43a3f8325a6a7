//! Explicit Runge-Kutta methods of six stages. Each lane has its own coefficients, so that lanes of two methods make their
//! steps side by side.

use super::Field;
use super::flat::fill_by;
use super::step::{Judgement, Step};
use super::tableau::{ACCURATE, ENDURING, STAGES, Tableau, WEIGHTS};
use super::trajectory::Quartic;
use crate::math::rows::Rows;

/// Where the weights of a stage begin among those of all.
const FIRST: [usize; 7] = [0, 1, 3, 6, 10, 15, 21];

/// What the explicit method keeps: the slopes of stages 2 to 7 of all lanes, stage by stage.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub struct Explicit<const L: usize> {
    /// 1 where the lane's method is the enduring one, 0 where it is the accurate one.
    enduring: [f64; L],
    times: [[f64; L]; STAGES - 1],
    /// Weights in stages 2 to 6, in the result and in the estimate of the error.
    weights: Rows<L>,
    n: usize,
    k: Rows<L>,
    stage: Rows<L>,
}

impl<const L: usize> Explicit<L> {
    pub fn new(n: usize) -> Self {
        let mut explicit = Self {
            n,
            k: Rows::new(6 * n),
            stage: Rows::new(n),
            enduring: [0.0; L],
            times: [[0.0; L]; STAGES - 1],
            weights: Rows::new(WEIGHTS),
        };
        (0..L).for_each(|lane| explicit.take(lane, 0.0));
        explicit
    }

    fn take(&mut self, lane: usize, enduring: f64) {
        self.enduring[lane] = enduring;
        let Tableau { times, weights, .. } = self.tableau(lane);
        for s in 0..WEIGHTS {
            self.weights[s][lane] = weights[s];
        }
        for s in 0..times.len() {
            self.times[s][lane] = times[s];
        }
    }

    /// The lanes step by the enduring method (1) or the accurate one (0) from now on.
    #[inline(always)]
    pub fn turn(&mut self, enduring: &[f64; L]) {
        let mut differ = 0;
        for l in 0..L {
            differ |= self.enduring[l].to_bits() ^ enduring[l].to_bits();
        }
        if differ != 0 {
            self.exchange(enduring);
        }
    }

    #[cold]
    #[inline(never)]
    fn exchange(&mut self, enduring: &[f64; L]) {
        for lane in 0..L {
            if self.enduring[lane] != enduring[lane] {
                self.take(lane, enduring[lane]);
            }
        }
    }

    fn tableau(&self, lane: usize) -> &'static Tableau {
        if self.enduring[lane] > 0.0 { &ENDURING } else { &ACCURATE }
    }

    /// Tries a step in every lane; lanes whose step is zero stay where they are.
    #[inline(always)]
    pub fn attempt<F: Field<L>>(&mut self, field: &mut F, step: &mut Step<L>, detect: bool) -> Judgement<L> {
        let n = self.n;
        let [t2, t3, t4, t5] = &self.times;
        let times = [step.at(t2), step.at(t3), step.at(t4), step.at(t5), step.to];
        field.foresee(&times);
        let (y, h, slope, next) = (&step.y[..], &step.h, &step.slope[..], &mut step.next[..]);
        let (slopes, stage, weights) = (&mut self.k[..], &mut self.stage[..], &self.weights[..]);
        for s in 0..6 {
            let (before, after) = slopes.split_at_mut(s * n);
            let k = |j: usize| if j == 0 { slope } else { &before[(j - 1) * n..j * n] };
            match s {
                0 => fill_by(stage, with(h, s, weights), [y, k(0)], sum),
                1 => fill_by(stage, with(h, s, weights), [y, k(0), k(1)], sum),
                2 => fill_by(stage, with(h, s, weights), [y, k(0), k(1), k(2)], sum),
                3 => fill_by(stage, with(h, s, weights), [y, k(0), k(1), k(2), k(3)], sum),
                4 => fill_by(stage, with(h, s, weights), [y, k(0), k(1), k(2), k(3), k(4)], sum),
                _ => fill_by(next, with(h, s, weights), [y, k(0), k(1), k(2), k(3), k(4), k(5)], sum),
            }
            let at = s.min(STAGES - 1);
            field.stage(at, &times[at], if s < 5 { stage } else { next }, &mut after[..n]);
        }
        let k = |j: usize| if j == 0 { slope } else { &slopes[(j - 1) * n..j * n] };
        let mut scaled = *h;
        if field.follows_time() {
            for l in 0..L {
                scaled[l] *= if self.enduring[l] > 0.0 { ENDURING.inside } else { ACCURATE.inside };
            }
        }
        let slopes = [k(0), k(1), k(2), k(3), k(4), k(5), k(6)];
        fill_by(&mut step.error, with(&scaled, 6, weights), slopes, |x: [f64; 8], k| {
            let mut sum = x[1] * k[0];
            for s in 1..7 {
                sum += x[s + 1] * k[s];
            }
            x[0] * sum
        });
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
        let (h, n, k, first) = (step.h[lane], self.n, &self.k[..], step.slope[state][lane]);
        let mut c = [step.y[state][lane], h * first, 0.0, 0.0, 0.0];
        for (s, weights) in self.tableau(lane).dense.iter().enumerate() {
            let k = h * if s == 0 { first } else { k[(s - 1) * n + state][lane] };
            c[2] += weights[0] * k;
            c[3] += weights[1] * k;
            c[4] += weights[2] * k;
        }
        c
    }
}

/// The step, and the weights of a stage.
#[inline(always)]
fn with<'a, const M: usize, const L: usize>(
    h: &'a [f64; L],
    stage: usize,
    weights: &'a [[f64; L]],
) -> [&'a [f64; L]; M] {
    let mut all = [h; M];
    for s in 1..M {
        all[s] = &weights[FIRST[stage] + s - 1];
    }
    all
}

/// y + h Σ a k, from h and the a, and from y and the k.
#[inline(always)]
fn sum<const M: usize>(x: [f64; M], from: [f64; M]) -> f64 {
    let mut sum = x[1] * from[1];
    for s in 2..M {
        sum += x[s] * from[s];
    }
    from[0] + x[0] * sum
}
