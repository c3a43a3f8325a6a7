//! `pharmsol` with models by its own macros, its cache of predictions off.

use super::{Engine, How, Run, absolute};
use crate::course::{Course, DOSE, OBSERVATIONS, doses};
use crate::people::Person;
use pharmsol::prelude::*;
use pharmsol::simulator::equation::EquationTypes;
use pharmsol::{Cache, Equation, ParameterError, Parameters, Subject};

/// The route and the output of every model here.
pub const ROUTE: &str = "dosed";
pub const OUTPUT: &str = "observed";

/// A person's parameters by their names in the model.
pub type Named<const P: usize> = fn(&Person) -> [(&'static str, f64); P];

/// Formulas.
pub fn analytical<const P: usize>(model: fn() -> equation::Analytical, named: Named<P>, course: &Course) -> Engine {
    let subject = subject(course);
    let load = move |people: &[Person], _: f64| {
        let model = model().disable_cache();
        let values = people.iter().map(|person| Parameters::with_model(&model, named(person))).collect();
        runner(model, values, subject.clone())
    };
    Engine { name: "pharmsol analytical".into(), how: How::Closed, load: Box::new(load) }
}

/// Its explicit method, and its default.
pub fn integrators<const P: usize>(model: fn() -> equation::ODE, named: Named<P>, course: &Course) -> [Engine; 2] {
    let solvers: [(&str, fn() -> OdeSolver); 2] =
        [("pharmsol tsit45", || OdeSolver::ExplicitRk(ExplicitRkTableau::Tsit45)), ("pharmsol bdf", || OdeSolver::Bdf)];
    solvers.map(|(name, solver)| {
        let subject = subject(course);
        let load = move |people: &[Person], relative: f64| {
            let model = model().with_solver(solver()).with_tolerances(relative, absolute(relative)).disable_cache();
            let values = people.iter().map(|person| Parameters::with_model(&model, named(person))).collect();
            runner(model, values, subject.clone())
        };
        Engine { name: name.into(), how: How::Integrated, load: Box::new(load) }
    })
}

fn runner<E>(model: E, values: Vec<Result<Parameters, ParameterError>>, subject: Subject) -> Run
where
    E: Equation + EquationTypes<P = SubjectPredictions>,
{
    Box::new(move |out| {
        for (values, row) in values.iter().zip(out.chunks_exact_mut(OBSERVATIONS)) {
            let predictions = values.as_ref().ok().and_then(|values| model.estimate_predictions(&subject, values).ok());
            match predictions {
                Some(predictions) => row.copy_from_slice(&predictions.flat_predictions()),
                None => row.fill(f64::NAN),
            }
        }
    })
}

fn subject(course: &Course) -> Subject {
    let builder = Subject::builder("1");
    let dosed = doses().into_iter().fold(builder, |subject, t| match course.over > 0.0 {
        true => subject.infusion(t, DOSE, ROUTE, course.over),
        false => subject.bolus(t, DOSE, ROUTE),
    });
    course.observations.iter().fold(dosed, |subject, t| subject.missing_observation(*t, OUTPUT)).build()
}
