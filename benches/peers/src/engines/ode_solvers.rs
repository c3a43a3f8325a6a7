//! `ode_solvers` with vectors on the stack; a new solver from dose to dose, its test for stiffness put off for ever (it ends
//! ordinary runs). Dopri5 interpolates with its continuous output, Dop853 has none and stops at every observation.

use super::{Failure, absolute};
use crate::workload::{BASELINE, DOSE, Person, RESPONSE, STATES, UNTIL, stretches};
use ode_solvers::continuous_output_model::ContinuousOutputModel;
use ode_solvers::{Dop853, Dopri5, OutputType, SVector, System};

type State = SVector<f64, STATES>;

const MOST_STEPS: u32 = 1_000_000;
const NEVER: u32 = u32::MAX;

impl System<f64, State> for Person {
    fn system(&self, _: f64, x: &State, dx: &mut State) {
        self.slopes(x.as_slice(), dx.as_mut_slice());
    }
}

fn start() -> State {
    State::from([0.0, 0.0, 0.0, 0.0, BASELINE])
}

pub fn dopri5(person: Person, relative: f64, out: &mut [f64]) -> Result<(), Failure> {
    let mut out = out.iter_mut();
    let mut x = start();
    for (begin, end, observations) in stretches() {
        x[0] += DOSE;
        #[rustfmt::skip]
        let mut solver = Dopri5::from_param(
            person, begin, end, end - begin, x, relative, absolute(relative), 0.9, 0.04, 0.2, 10.0, end - begin, 0.0,
            MOST_STEPS, NEVER, OutputType::Continuous,
        );
        let mut curve = ContinuousOutputModel::default();
        solver.integrate_with_continuous_output_model(&mut curve)?;
        let (first, last) = curve.bounds();
        let at = |t: f64| curve.evaluate(t.clamp(first, last)).ok_or("no value");
        for (t, out) in observations.iter().zip(&mut out) {
            *out = at(*t)?[RESPONSE];
        }
        x = at(last)?;
    }
    Ok(())
}

pub fn dop853(person: Person, relative: f64, out: &mut [f64]) -> Result<(), Failure> {
    let mut out = out.iter_mut();
    let mut x = start();
    for (begin, end, observations) in stretches() {
        x[0] += DOSE;
        let mut now = begin;
        let closing = (observations.last() != Some(&end) && end < UNTIL).then_some(end);
        for (t, observed) in observations.iter().map(|t| (*t, true)).chain(closing.map(|t| (t, false))) {
            #[rustfmt::skip]
            let mut solver = Dop853::from_param(
                person, now, t, t - now, x, relative, absolute(relative), 0.9, 0.0, 0.333, 6.0, t - now, 0.0,
                MOST_STEPS, NEVER, OutputType::Sparse,
            );
            solver.integrate()?;
            x = *solver.y_out().last().ok_or("no value")?;
            now = t;
            if observed && let Some(out) = out.next() {
                *out = x[RESPONSE];
            }
        }
    }
    Ok(())
}
