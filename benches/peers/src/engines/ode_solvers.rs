//! `ode_solvers` with vectors on the stack; a new solver from event to event, its test for stiffness put off for ever (it
//! ends ordinary runs). Dopri5 interpolates with its continuous output, Dop853 has none and stops at every observation.

use super::{Failure, Problem, absolute};
use crate::course::{Stretch, UNTIL};
use ode_solvers::continuous_output_model::ContinuousOutputModel;
use ode_solvers::{Dop853, Dopri5, OutputType, SVector, System};

const MOST_STEPS: u32 = 1_000_000;
const NEVER: u32 = u32::MAX;

/// A problem during a stretch.
#[derive(Clone, Copy)]
struct Fed<P> {
    problem: P,
    rate: f64,
}

impl<P: Problem<N>, const N: usize> System<f64, SVector<f64, N>> for Fed<P> {
    fn system(&self, _: f64, x: &SVector<f64, N>, dx: &mut SVector<f64, N>) {
        self.problem.slopes(self.rate, x.as_slice(), dx.as_mut_slice());
    }
}

pub fn dopri5<P: Problem<N>, const N: usize>(
    problem: P,
    course: &[Stretch],
    relative: f64,
    out: &mut [f64],
) -> Result<(), Failure> {
    let mut out = out.iter_mut();
    let mut x = SVector::<f64, N>::from(P::START);
    for &Stretch { begin, end, bolus, rate, ref observations } in course {
        x[0] += bolus;
        let length = end - begin;
        #[rustfmt::skip]
        let mut solver = Dopri5::from_param(
            Fed { problem, rate }, begin, end, length, x, relative, absolute(relative), 0.9, 0.04, 0.2, 10.0, length, 0.0,
            MOST_STEPS, NEVER, OutputType::Continuous,
        );
        let mut curve = ContinuousOutputModel::new();
        solver.integrate_with_continuous_output_model(&mut curve)?;
        let (first, last) = curve.bounds();
        let at = |t: f64| curve.evaluate(t.clamp(first, last)).ok_or("no value");
        for (t, out) in observations.iter().zip(&mut out) {
            *out = problem.output(at(*t)?.as_slice());
        }
        x = at(last)?;
    }
    Ok(())
}

pub fn dop853<P: Problem<N>, const N: usize>(
    problem: P,
    course: &[Stretch],
    relative: f64,
    out: &mut [f64],
) -> Result<(), Failure> {
    let mut out = out.iter_mut();
    let mut x = SVector::<f64, N>::from(P::START);
    for &Stretch { begin, end, bolus, rate, ref observations } in course {
        x[0] += bolus;
        let mut now = begin;
        let closing = (observations.last() != Some(&end) && end < UNTIL).then_some(end);
        for (t, observed) in observations.iter().map(|t| (*t, true)).chain(closing.map(|t| (t, false))) {
            #[rustfmt::skip]
            let mut solver = Dop853::from_param(
                Fed { problem, rate }, now, t, t - now, x, relative, absolute(relative), 0.9, 0.0, 0.333, 6.0, t - now, 0.0,
                MOST_STEPS, NEVER, OutputType::Sparse,
            );
            solver.integrate()?;
            x = *solver.y_out().last().ok_or("no value")?;
            now = t;
            if observed && let Some(out) = out.next() {
                *out = problem.output(x.as_slice());
            }
        }
    }
    Ok(())
}
