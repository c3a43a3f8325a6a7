//! The exact solution of linear compartments, in numbers of twice the digits.
//!
//! With s at least as large as every rate at which a state empties, B = A + s I has no negative entry, and
//! exp(A h) x = sum (B h)^k x / k! over sum (s h)^k / k! (Jensen 1953): nothing cancels, so every state is as exact as
//! the arithmetic, however small it is.

use crate::course::Stretch;
use crate::double::Double;

/// Terms are left out when they are below this share of the sum.
const NEGLIGIBLE: f64 = 1e-28;
/// The longest step, in units of 1/s: sums stay within the range of numbers.
const LONGEST: f64 = 300.0;

/// Flows between states in proportion to what is in the first; into none, they leave.
pub struct Compartments {
    pub states: usize,
    /// From, to, rate (1/h).
    pub flows: Vec<(usize, Option<usize>, f64)>,
    /// The state that is observed, and its volume (L).
    pub observed: (usize, f64),
}

impl Compartments {
    /// The observations of a course whose doses go into the first state.
    pub fn observe(&self, course: &[Stretch]) -> Vec<f64> {
        let mut x = vec![Double::default(); self.states];
        let (observed, volume) = self.observed;
        let mut out = Vec::new();
        for stretch in course {
            x[0] = x[0] + stretch.bolus.into();
            let mut now = stretch.begin;
            let ends_observed = stretch.observations.last() == Some(&stretch.end);
            let closing = (!ends_observed).then_some(stretch.end);
            for time in stretch.observations.iter().copied().chain(closing) {
                self.advance(&mut x, stretch.rate, now, time);
                now = time;
                if closing != Some(time) {
                    out.push(x[observed].round() / volume);
                }
            }
        }
        out
    }

    /// From one time to another, in steps that are short enough.
    fn advance(&self, x: &mut [Double], rate: f64, from: f64, to: f64) {
        let mut empties = vec![0.0; self.states];
        self.flows.iter().for_each(|(from, _, rate)| empties[*from] += rate);
        let fastest = empties.iter().copied().fold(0.0, f64::max);
        let length = Double::from(to) + Double::from(-from);
        let steps = (fastest * length.round() / LONGEST).ceil().max(1.0);
        let step = length / steps.into();
        // What is left in a state of the rate s; the rates of a state are added up as the flows are.
        let stays: Vec<Double> = (0..self.states).map(|state| self.stays(state, fastest)).collect();
        for _ in 0..steps as usize {
            self.step(x, rate, step, fastest, &stays);
        }
    }

    fn stays(&self, state: usize, fastest: f64) -> Double {
        let out = self.flows.iter().filter(|(from, _, _)| *from == state);
        out.fold(fastest.into(), |sum, (_, _, rate)| sum + (-rate).into())
    }

    fn step(&self, x: &mut [Double], rate: f64, step: Double, fastest: f64, stays: &[Double]) {
        // The last place is the input: a state of 1 that feeds the first and never empties.
        let mut term: Vec<Double> = x.iter().copied().chain([1.0.into()]).collect();
        let (mut sum, input) = (term.clone(), self.states);
        let (mut norm, mut norms) = (Double::from(1.0), Double::from(1.0));
        let mut next = vec![Double::default(); term.len()];
        for k in 1.. {
            let share = step / Double::from(f64::from(k));
            for (next, (term, stays)) in next.iter_mut().zip(term.iter().zip(stays)) {
                *next = *term * *stays;
            }
            next[input] = term[input] * fastest.into();
            next[0] = next[0] + term[input] * rate.into();
            for (from, to, rate) in &self.flows {
                if let Some(to) = to {
                    next[*to] = next[*to] + term[*from] * (*rate).into();
                }
            }
            norm = norm * fastest.into() * share;
            norms = norms + norm;
            for ((term, next), sum) in term.iter_mut().zip(&next).zip(&mut sum) {
                *term = *next * share;
                *sum = *sum + *term;
            }
            let small = |(term, sum): (&Double, &Double)| term.round() <= NEGLIGIBLE * sum.round();
            if norm.round() <= NEGLIGIBLE * norms.round() && term.iter().zip(&sum).all(small) {
                break;
            }
        }
        x.iter_mut().zip(&sum).for_each(|(x, sum)| *x = *sum / norms);
    }
}
