//! How a simulation is computed: the engine, its tolerances, the instruction set.

use super::SimulationError;
use crate::math::kernel::Kernel;
use crate::solve::{DormandPrince, Method, Reference};
use std::fmt;
use std::str::FromStr;

/// What solves the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Chosen from the model: exact where it is linear; else what is linear upstream is exact and drives the rest, which is
    /// integrated explicitly, or by the stiff method wherever stability limits the step.
    #[default]
    Auto,
    /// Exponentials of the linear system; no other model.
    Exact,
    /// Explicit Runge-Kutta for every state.
    Explicit,
    /// Rosenbrock for every state.
    Stiff,
    /// The crate `ode_solvers`, Dormand-Prince 5(4), for every state.
    Dopri5,
    /// The crate `ode_solvers`, Dormand-Prince 8(5,3), for every state.
    Dop853,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 6] =
        [Engine::Auto, Engine::Exact, Engine::Explicit, Engine::Stiff, Engine::Dopri5, Engine::Dop853];

    /// The method of our own integrator.
    pub(super) fn method(self) -> Method {
        match self {
            Engine::Explicit => Method::Explicit,
            Engine::Stiff => Method::Stiff,
            _ => Method::Auto,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Auto => "auto",
            Engine::Exact => "exact",
            Engine::Explicit => "explicit",
            Engine::Stiff => "stiff",
            Engine::Dopri5 => "dopri5",
            Engine::Dop853 => "dop853",
        })
    }
}

impl FromStr for Engine {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Engine::ALL.into_iter().find(|engine| engine.to_string() == text).ok_or(())
    }
}

/// How a simulation is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// What solves the equations.
    pub engine: Engine,
    /// Error allowed per step, relative to the value.
    pub rtol: f64,
    /// Error allowed per step, relative to the largest value of the state so far.
    pub atol: f64,
    /// The most steps between two events.
    pub most_steps: u64,
    /// The instruction set of what is integrated. It changes the speed and not a byte.
    pub kernel: Kernel,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { engine: Engine::Auto, rtol: 1e-8, atol: 1e-10, most_steps: 100_000, kernel: Kernel::widest() }
    }
}

impl Settings {
    /// The engine of the crate `ode_solvers`, if it is one.
    pub(super) fn reference(&self) -> Option<Reference> {
        let method = match self.engine {
            Engine::Dopri5 => DormandPrince::Dopri5,
            Engine::Dop853 => DormandPrince::Dop853,
            _ => return None,
        };
        Some(Reference::new(method, self.rtol, self.atol, self.most_steps))
    }

    /// # Errors
    /// A tolerance that is not above 0 and below 1, an instruction set that this processor lacks.
    pub(super) fn check(&self) -> Result<(), SimulationError> {
        for (what, value) in [("relative", self.rtol), ("absolute", self.atol)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(SimulationError::Tolerance { what, value });
            }
        }
        match self.kernel.is_available() {
            true => Ok(()),
            false => Err(SimulationError::Kernel { kernel: self.kernel }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_known_by_their_names() {
        for engine in Engine::ALL {
            assert_eq!(engine.to_string().parse(), Ok(engine));
        }
        assert_eq!("lsoda".parse::<Engine>(), Err(()));
    }
}
