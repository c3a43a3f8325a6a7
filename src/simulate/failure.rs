//! An engine that gives up, told in the words of the model: which state, after which dose, with which parameters.

use super::SimulationError;
use crate::model::Model;
use crate::solve::SolveError;

/// What is known where an engine gave up.
pub(super) struct Failing<'a> {
    pub model: &'a Model,
    /// Values of the parameters.
    pub values: &'a [f64],
    /// States of the model, in the order in which the engine counts them.
    pub states: &'a [usize],
    /// When the stretch began, h: engines count from there.
    pub begin: f64,
    /// Number of the latest dose, from 1.
    pub dose: Option<usize>,
}

impl Failing<'_> {
    /// The error of the simulation.
    pub fn error(&self, error: SolveError) -> SimulationError {
        let name = |state: usize| self.states.get(state).map_or("", |s| self.model.states()[*s].name.as_str());
        let (state, since) = match &error {
            SolveError::NotFinite { state, time }
            | SolveError::StepTooSmall { state, time, .. }
            | SolveError::NegativeAmount { state, time, .. } => (Some(name(*state).to_string()), *time),
            SolveError::TooManySteps { time, .. } => (None, *time),
            _ => return error.into(),
        };
        let parameters = self.model.parameters().iter().zip(self.values);
        SimulationError::Failed {
            state,
            time: self.begin + since,
            dose: self.dose,
            parameters: parameters
                .map(|(p, value)| {
                    format!("{} = {} {}", p.name, p.unit.from_base(*value), p.unit).trim_end().to_string()
                })
                .collect(),
            error,
        }
    }
}
