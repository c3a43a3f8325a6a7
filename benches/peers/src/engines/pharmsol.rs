//! `pharmsol` with a model by its own macro, its cache of predictions off.

use super::{Engine, absolute};
use crate::workload::{BASELINE, DOSE, OBSERVATIONS, Person, doses, observations};
use pharmsol::prelude::*;
use pharmsol::{Cache, Parameters, Subject};

pub fn tsit45() -> Engine {
    engine("pharmsol tsit45", || OdeSolver::ExplicitRk(ExplicitRkTableau::Tsit45))
}

/// Its default.
pub fn bdf() -> Engine {
    engine("pharmsol bdf", || OdeSolver::Bdf)
}

fn engine(name: &'static str, solver: fn() -> OdeSolver) -> Engine {
    let subject = subject();
    let run = move |people: &[Person], relative: f64, out: &mut [f64]| {
        let model = model().with_solver(solver()).with_tolerances(relative, absolute(relative)).disable_cache();
        for (person, row) in people.iter().zip(out.chunks_exact_mut(OBSERVATIONS)) {
            let values = Parameters::with_model(&model, [("vmax", person.vmax), ("v2", person.v2)]);
            let predictions = values.ok().and_then(|values| model.estimate_predictions(&subject, &values).ok());
            match predictions {
                Some(predictions) => row.copy_from_slice(&predictions.flat_predictions()),
                None => row.fill(f64::NAN),
            }
        }
    };
    Engine { name, ours: None, run: Box::new(run) }
}

fn model() -> equation::ODE {
    ode! {
        name: "effects",
        params: [vmax, v2],
        states: [depot, central, peripheral, site, response],
        outputs: [observed],

        diffeq: |x, _p, _t, dx, _cov| {
            let c = x[central] / v2;
            let absorbed = 1.2 * x[depot];
            let exchanged = 60.0 * (c - x[peripheral] / 200.0);
            dx[depot] = bolus[oral] - absorbed;
            dx[central] = absorbed - exchanged - 20.0 * c - vmax * c / (0.08 + c);
            dx[peripheral] = exchanged;
            dx[site] = 0.5 * (c - x[site]);
            dx[response] = 5.0 * (1.0 - 0.9 * x[site] / (0.05 + x[site])) - 0.05 * x[response];
        },
        init: |_p, _t, _cov, x| {
            x[response] = BASELINE;
        },
        out: |x, _p, _t, _cov, y| {
            y[observed] = x[response];
        },
    }
}

fn subject() -> Subject {
    let doses = doses().into_iter().fold(Subject::builder("1"), |subject, t| subject.bolus(t, DOSE, "oral"));
    observations().into_iter().fold(doses, |subject, t| subject.missing_observation(t, "observed")).build()
}
