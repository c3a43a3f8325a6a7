//! The engines, each used as its documentation says it is fastest for this workload.

mod diffsol;
mod ode_solvers;
mod pharmsol;
mod posology;

use crate::workload::{ABSOLUTE, OBSERVATIONS, Person};

/// A program that computes the responses of people.
pub struct Engine {
    pub name: &'static str,
    /// Which of posology's two engines this is, if it is one.
    pub ours: Option<Ours>,
    /// Computes everybody at a relative tolerance, into one row of observations per person, NaN for those that fail.
    pub run: Box<Run>,
}

type Run = dyn Fn(&[Person], f64, &mut [f64]);

/// How posology runs people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    /// Side by side in lanes.
    Population,
    /// One after the other.
    OneByOne,
}

type Failure = Box<dyn std::error::Error>;

/// All engines.
pub fn all() -> Result<Vec<Engine>, Failure> {
    let mut engines = vec![
        one_by_one("ode_solvers Dopri5", ode_solvers::dopri5),
        one_by_one("ode_solvers Dop853", ode_solvers::dop853),
        one_by_one("diffsol tsit45", diffsol::tsit45),
        one_by_one("diffsol bdf", diffsol::bdf),
        pharmsol::tsit45(),
        pharmsol::bdf(),
    ];
    engines.extend(posology::both()?);
    Ok(engines)
}

/// The observations of one person by two independent programs at tolerances near rounding.
pub fn references(person: Person) -> Result<[Vec<f64>; 2], Failure> {
    let (mut first, mut second) = (vec![0.0; OBSERVATIONS], vec![0.0; OBSERVATIONS]);
    ode_solvers::dop853(person, 1e-13, &mut first)?;
    diffsol::tsit45(person, 1e-12, &mut second)?;
    Ok([first, second])
}

fn one_by_one(name: &'static str, one: fn(Person, f64, &mut [f64]) -> Result<(), Failure>) -> Engine {
    let run = move |people: &[Person], relative: f64, out: &mut [f64]| {
        for (person, row) in people.iter().zip(out.chunks_exact_mut(OBSERVATIONS)) {
            if one(*person, relative, row).is_err() {
                row.fill(f64::NAN);
            }
        }
    };
    Engine { name, ours: None, run: Box::new(run) }
}

fn absolute(relative: f64) -> f64 {
    ABSOLUTE * relative
}
