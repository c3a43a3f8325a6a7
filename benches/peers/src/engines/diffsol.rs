//! `diffsol` with nalgebra matrices and the exact Jacobian: one solver per person, interpolated between its own steps,
//! stopped and changed in place at each event.

use super::{Failure, Problem, absolute};
use crate::course::Stretch;
use diffsol::{NalgebraLU, NalgebraMat, OdeBuilder, OdeEquations, OdeSolverMethod, OdeSolverStopReason};
use std::cell::Cell;

type Matrix = NalgebraMat<f64>;

const MOST_FAILURES: usize = 1_000_000;

pub fn tsit45<P: Problem<N>, const N: usize>(
    problem: P,
    course: &[Stretch],
    relative: f64,
    out: &mut [f64],
) -> Result<(), Failure> {
    let rate = Cell::new(course[0].rate);
    let built = OdeBuilder::<Matrix>::new()
        .rtol(relative)
        .atol([absolute(relative)])
        .rhs(|x, _, _, dx| problem.slopes(rate.get(), x, dx))
        .init(|_, _, x| start::<P, N>(course, x), N)
        .build()?;
    follow((problem, course, &rate), built.tsit45()?, out)
}

pub fn bdf<P: Problem<N>, const N: usize>(
    problem: P,
    course: &[Stretch],
    relative: f64,
    out: &mut [f64],
) -> Result<(), Failure> {
    let rate = Cell::new(course[0].rate);
    let mut built = OdeBuilder::<Matrix>::new()
        .rtol(relative)
        .atol([absolute(relative)])
        .rhs_implicit(
            |x, _, _, dx| problem.slopes(rate.get(), x, dx),
            |x, _, _, v, jv| problem.jacobian_times(x, v, jv),
        )
        .init(|_, _, x| start::<P, N>(course, x), N)
        .build()?;
    // Failures of Newton's method are counted over the whole run, a few at every dose: the default of 50 ends most runs.
    built.ode_options.max_nonlinear_solver_failures = MOST_FAILURES;
    follow((problem, course, &rate), built.bdf::<NalgebraLU<f64>>()?, out)
}

/// The first stretch begins at the time 0.
fn start<P: Problem<N>, const N: usize>(course: &[Stretch], x: &mut [f64]) {
    x.copy_from_slice(&P::START);
    x[0] += course[0].bolus;
}

fn follow<'a, E, P: Problem<N>, const N: usize>(
    (problem, course, rate): (P, &[Stretch], &Cell<f64>),
    mut solver: impl OdeSolverMethod<'a, E>,
    out: &mut [f64],
) -> Result<(), Failure>
where
    E: OdeEquations<T = f64, V = <Matrix as diffsol::MatrixCommon>::V> + 'a,
{
    let mut out = out.iter_mut();
    let mut between = solver.state().y.clone();
    for stretch in course {
        if stretch.begin > 0.0 {
            // The explicit method takes the first stage of a step from the slopes it has: they change with the event.
            rate.set(stretch.rate);
            let state = solver.state_mut();
            state.y[0] += stretch.bolus;
            problem.slopes(stretch.rate, state.y.batch_as_slice(0), state.dy.batch_as_mut_slice(0));
        }
        solver.set_stop_time(stretch.end)?;
        let mut observations = stretch.observations.iter().copied().peekable();
        loop {
            let arrived = matches!(solver.step()?, OdeSolverStopReason::TstopReached);
            let reached = if arrived { stretch.end } else { solver.state().t };
            while let Some(t) = observations.next_if(|t| *t <= reached) {
                solver.interpolate_inplace(t.min(solver.state().t), &mut between)?;
                if let Some(out) = out.next() {
                    *out = problem.output(between.batch_as_slice(0));
                }
            }
            if arrived {
                break;
            }
        }
    }
    Ok(())
}
