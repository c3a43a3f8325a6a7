//! The step that all lanes attempt side by side, and the judgement on it.

use super::control::reciprocal;
use super::flat::fill;
use crate::math::rows::Rows;

/// Where each lane is, the step it attempts and where that would lead.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub struct Step<const L: usize> {
    /// Beginning and end of the step, h since the start of the lane's stretch.
    pub from: [f64; L],
    pub to: [f64; L],
    /// Length of the step, h; zero in lanes that do not take part.
    pub h: [f64; L],
    /// States and slopes at the beginning.
    pub y: Rows<L>,
    pub slope: Rows<L>,
    /// States at the end.
    pub next: Rows<L>,
    pub absolute: Rows<L>,
    pub relative: f64,
    /// Errors of the states.
    pub error: Rows<L>,
    /// One over what is tolerated, within 0.2 %: that is near enough to judge by.
    pub inverse: Rows<L>,
}

impl<const L: usize> Step<L> {
    pub fn new(n: usize, relative: f64) -> Self {
        let zero = || Rows::new(n);
        Self {
            from: [0.0; L],
            to: [0.0; L],
            h: [0.0; L],
            y: zero(),
            slope: zero(),
            next: zero(),
            absolute: zero(),
            relative,
            error: zero(),
            inverse: zero(),
        }
    }

    /// The times at shares of the step.
    #[inline(always)]
    pub fn at(&self, share: &[f64; L]) -> [f64; L] {
        let mut at = self.from;
        for l in 0..L {
            at[l] += share[l] * self.h[l];
        }
        at
    }

    /// Compares the errors with what is tolerated. The largest one decides, not a mean: states at rest then neither dilute the
    /// others nor change their steps.
    #[inline(always)]
    pub fn judge(&mut self) -> Judgement<L> {
        let relative = self.relative;
        fill(&mut self.inverse, [&self.absolute, &self.y, &self.next], |[absolute, y, next]| {
            reciprocal(tolerance(absolute, relative, y, next))
        });
        let mut judgement = Judgement { error: [0.0; L], check: [0.0; L], square: [0.0; L] };
        for i in 0..self.error.len() {
            let (error, inverse, next) = (&self.error[i], &self.inverse[i], &self.next[i]);
            for l in 0..L {
                let share = share(error[l], inverse[l], next[l]);
                judgement.error[l] = if share > judgement.error[l] { share } else { judgement.error[l] };
                judgement.check[l] += share;
            }
        }
        judgement
    }

    /// The state whose error was the largest share of what is tolerated in the latest attempt, or was not a number.
    pub fn culprit(&self, lane: usize) -> usize {
        let share = |i: usize| {
            let share = share(self.error[i][lane], self.inverse[i][lane], self.next[i][lane]);
            if share.is_finite() { share } else { f64::INFINITY }
        };
        (0..self.error.len()).fold(0, |worst, i| if share(i) > share(worst) { i } else { worst })
    }

    /// The error of a state that is tolerated at the beginning of the step.
    pub fn weight_before(&self, lane: usize, state: usize) -> f64 {
        tolerance(self.absolute[state][lane], self.relative, self.y[state][lane], 0.0)
    }
}

/// What is thought of an attempt, lane by lane.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub struct Judgement<const L: usize> {
    /// The largest error of a state as a share of what is tolerated.
    pub error: [f64; L],
    /// Infinite or NaN where something in the attempt was.
    pub check: [f64; L],
    /// The square of the dominant rate of the system times the step.
    pub square: [f64; L],
}

/// An error as a share of what is tolerated. A state that overflowed has no error against its infinite tolerance: 0 x inf marks it.
#[inline(always)]
fn share(error: f64, inverse: f64, next: f64) -> f64 {
    error.abs() * inverse + 0.0 * next
}

/// The error that is tolerated between two values of a state; never zero.
#[inline(always)]
fn tolerance(absolute: f64, relative: f64, a: f64, b: f64) -> f64 {
    let (a, b) = (a.abs(), b.abs());
    absolute + relative * if a > b { a } else { b } + f64::MIN_POSITIVE
}
