//! Engines for systems that are not linear: subjects side by side in lanes, each with its own time, step and method.
//!
//! Time is counted in hours since the start of the present stretch between two events, so that the first moments after a
//! late dose are resolved as finely as those after the first one.

#![allow(clippy::needless_range_loop, reason = "lanes are counted through several arrays side by side")]

mod choice;
#[cfg(test)]
mod conditions;
mod control;
mod explicit;
mod flat;
mod integrator;
mod lu;
mod reference;
mod step;
mod stiff;
mod tableau;
mod trajectory;

pub use integrator::{Integrator, Outcome};
pub use reference::{DormandPrince, Reference};
pub use tableau::STAGES;
pub use trajectory::{Quartic, Trajectory, quartic_at};

/// The right-hand side of L subjects side by side: dy/dt = f(t, y), with `y[state][lane]`.
pub trait Field<const L: usize> {
    /// Number of states that are integrated.
    fn size(&self) -> usize;

    /// Whether slopes depend on the time, and not on the states alone; the same for all lanes.
    fn follows_time(&self) -> bool {
        false
    }

    /// The times of the stages of the next step, so that what depends on the time alone can be computed for all of them at once.
    #[inline(always)]
    fn foresee(&mut self, _times: &[[f64; L]; STAGES]) {}

    /// [`Field::slope`] at the time of a stage, counted from 0, of the step foreseen.
    #[inline(always)]
    fn stage(&mut self, _stage: usize, t: &[f64; L], y: &[[f64; L]], dy: &mut [[f64; L]]) {
        self.slope(t, y, dy);
    }

    /// Writes the slopes of all states at `t`, h since the start of each lane's stretch.
    fn slope(&mut self, t: &[f64; L], y: &[[f64; L]], dy: &mut [[f64; L]]);

    /// Writes the derivatives of the slopes by the states, row-major: `j[row * n + column]`.
    fn jacobian(&mut self, t: &[f64; L], y: &[[f64; L]], j: &mut [[f64; L]]);
}

/// Which method carries a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// The explicit one; where stability rather than accuracy limits the step, an explicit one that is stable further, or the
    /// stiff one.
    #[default]
    Auto,
    /// Explicit Runge-Kutta 5(4) of Tsitouras.
    Explicit,
    /// L-stable Rosenbrock.
    Stiff,
}
