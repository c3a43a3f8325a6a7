//! `diffsol` with nalgebra matrices and the exact Jacobian: one solver per person, interpolated between its own steps,
//! stopped and changed in place at each dose.

use super::{Failure, absolute};
use crate::workload::{BASELINE, DOSE, Person, RESPONSE, STATES, stretches};
use diffsol::{NalgebraLU, NalgebraMat, OdeBuilder, OdeEquations, OdeSolverMethod, OdeSolverStopReason};

type Matrix = NalgebraMat<f64>;

const MOST_FAILURES: usize = 1_000_000;

pub fn tsit45(person: Person, relative: f64, out: &mut [f64]) -> Result<(), Failure> {
    let problem = OdeBuilder::<Matrix>::new()
        .rtol(relative)
        .atol([absolute(relative)])
        .rhs(move |x, _, _, dx| person.slopes(x, dx))
        .init(start, STATES)
        .build()?;
    follow(person, problem.tsit45()?, out)
}

pub fn bdf(person: Person, relative: f64, out: &mut [f64]) -> Result<(), Failure> {
    let mut problem = OdeBuilder::<Matrix>::new()
        .rtol(relative)
        .atol([absolute(relative)])
        .rhs_implicit(move |x, _, _, dx| person.slopes(x, dx), move |x, _, _, v, jv| person.jacobian_times(x, v, jv))
        .init(start, STATES)
        .build()?;
    // Failures of Newton's method are counted over the whole run, a few at every dose: the default of 50 ends most runs.
    problem.ode_options.max_nonlinear_solver_failures = MOST_FAILURES;
    follow(person, problem.bdf::<NalgebraLU<f64>>()?, out)
}

fn start(_: &[f64], _: f64, x: &mut [f64]) {
    x.copy_from_slice(&[DOSE, 0.0, 0.0, 0.0, BASELINE]);
}

fn follow<'a, E>(person: Person, mut solver: impl OdeSolverMethod<'a, E>, out: &mut [f64]) -> Result<(), Failure>
where
    E: OdeEquations<T = f64, V = <Matrix as diffsol::MatrixCommon>::V> + 'a,
{
    let mut out = out.iter_mut();
    let mut between = solver.state().y.clone();
    for (begin, end, observations) in stretches() {
        if begin > 0.0 {
            // The explicit method takes the first stage of a step from the slopes it has: they change with the dose.
            let state = solver.state_mut();
            state.y[0] += DOSE;
            person.slopes(state.y.batch_as_slice(0), state.dy.batch_as_mut_slice(0));
        }
        solver.set_stop_time(end)?;
        let mut observations = observations.into_iter().peekable();
        loop {
            let arrived = matches!(solver.step()?, OdeSolverStopReason::TstopReached);
            let reached = if arrived { end } else { solver.state().t };
            while let Some(t) = observations.next_if(|t| *t <= reached) {
                solver.interpolate_inplace(t.min(solver.state().t), &mut between)?;
                if let Some(out) = out.next() {
                    *out = between[RESPONSE];
                }
            }
            if arrived {
                break;
            }
        }
    }
    Ok(())
}
