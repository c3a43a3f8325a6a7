//! The engines, each used as its documentation says it is fastest for these workloads.

pub mod diffsol;
pub mod ode_solvers;
pub mod pharmsol;
pub mod posology;

use crate::course::{OBSERVATIONS, Stretch};
use crate::people::Person;

/// What every integrator is given to the relative tolerance, as the absolute one: the same share as posology's own.
const ABSOLUTE: f64 = 1e-2;

pub type Failure = Box<dyn std::error::Error>;

/// Computes people, into one row of observations per person, NaN for those that fail.
pub type Run = Box<dyn FnMut(&mut [f64])>;

/// A program with a method.
pub struct Engine {
    pub name: String,
    pub how: How,
    /// Takes people at a relative tolerance: their parameters are set before any clock starts, in every program.
    pub load: Box<dyn Fn(&[Person], f64) -> Run>,
}

/// What decides about the time and tolerance of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By formulas: it has no tolerance.
    Closed,
    /// With steps.
    Integrated,
}

/// An initial value problem whose doses enter its first state.
pub trait Problem<const N: usize>: Copy + 'static {
    /// At the time 0, before the first dose.
    const START: [f64; N];

    fn of(person: &Person) -> Self;

    /// The right-hand side, with what flows into the first state (mg/h).
    fn slopes(&self, rate: f64, x: &[f64], dx: &mut [f64]);

    /// The Jacobian of the right-hand side times a vector.
    fn jacobian_times(&self, x: &[f64], v: &[f64], jv: &mut [f64]);

    fn output(&self, x: &[f64]) -> f64;
}

/// One person with one method: a course of stretches at a relative tolerance.
type Method<P> = fn(P, &[Stretch], f64, &mut [f64]) -> Result<(), Failure>;

/// The integrators of the programs that take a right-hand side, for any problem.
pub fn integrators<P: Problem<N>, const N: usize>(course: &'static [Stretch]) -> Vec<Engine> {
    let methods: [(&str, Method<P>); 4] = [
        ("ode_solvers Dopri5", ode_solvers::dopri5),
        ("ode_solvers Dop853", ode_solvers::dop853),
        ("diffsol tsit45", diffsol::tsit45),
        ("diffsol bdf", diffsol::bdf),
    ];
    let engine = |(name, method): (&str, Method<P>)| {
        let load = move |people: &[Person], relative: f64| -> Run {
            let problems: Vec<P> = people.iter().map(P::of).collect();
            Box::new(move |out| {
                for (problem, row) in problems.iter().zip(out.chunks_exact_mut(OBSERVATIONS)) {
                    if method(*problem, course, relative, row).is_err() {
                        row.fill(f64::NAN);
                    }
                }
            })
        };
        Engine { name: name.into(), how: How::Integrated, load: Box::new(load) }
    };
    methods.into_iter().map(engine).collect()
}

fn absolute(relative: f64) -> f64 {
    ABSOLUTE * relative
}
