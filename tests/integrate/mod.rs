//! Systems written for one subject, carried by the integrator in lanes.

#[allow(dead_code, reason = "not every test needs every problem")]
pub mod problems;

use posology::solve::{Field, Integrator, Outcome, SolveError};

/// The most states that a system may have.
const MOST: usize = 8;

/// A system of one subject.
pub trait System: Clone {
    const SIZE: usize;

    fn slope(&self, t: f64, y: &[f64], dy: &mut [f64]);

    /// Row-major.
    fn jacobian(&self, t: f64, y: &[f64], j: &mut [f64]);
}

/// The same system in every lane, each with its own numbers.
pub struct Each<S, const L: usize>(pub [S; L]);

impl<S: System, const L: usize> Field<L> for Each<S, L> {
    fn size(&self) -> usize {
        S::SIZE
    }

    #[inline(always)]
    fn slope(&mut self, t: &[f64; L], y: &[[f64; L]], dy: &mut [[f64; L]]) {
        let (mut states, mut slopes) = ([0.0; MOST], [0.0; MOST]);
        for l in 0..L {
            states.iter_mut().zip(y).for_each(|(state, y)| *state = y[l]);
            self.0[l].slope(t[l], &states[..S::SIZE], &mut slopes[..S::SIZE]);
            dy.iter_mut().zip(slopes).for_each(|(dy, slope)| dy[l] = slope);
        }
    }

    #[inline(always)]
    fn jacobian(&mut self, t: &[f64; L], y: &[[f64; L]], j: &mut [[f64; L]]) {
        let (mut states, mut entries) = ([0.0; MOST], [0.0; MOST * MOST]);
        for l in 0..L {
            states.iter_mut().zip(y).for_each(|(state, y)| *state = y[l]);
            self.0[l].jacobian(t[l], &states[..S::SIZE], &mut entries[..S::SIZE * S::SIZE]);
            j.iter_mut().zip(entries).for_each(|(j, entry)| j[l] = entry);
        }
    }
}

/// Carries a single lane to the end of its stretch; `visit` sees every step that was accepted.
pub fn carry<S: System>(
    integrator: &mut Integrator<1>,
    field: &mut Each<S, 1>,
    mut visit: impl FnMut(&Integrator<1>, f64, f64),
) -> Result<(), SolveError> {
    loop {
        integrator.attempt(field);
        let outcome = integrator.outcome(0);
        match outcome {
            Outcome::Idle => unreachable!("the lane is on its way"),
            Outcome::Rejected => {}
            Outcome::Failed(error) => return Err(error),
            Outcome::Accepted { from, to, arrived } => {
                visit(integrator, from, to);
                if arrived {
                    return Ok(());
                }
            }
        }
    }
}
