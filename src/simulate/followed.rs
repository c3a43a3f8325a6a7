//! Doses that follow the state: what one does is known only when it is given, so a regimen is read record by record.

use super::{CovariateRule, History, Prepared, Replay, Rules, Settings, SimulationError};
use crate::model::Model;
use crate::population::Subject;
use crate::solve::{Steps, Trajectory, Work};

/// A regimen whose doses follow the state.
#[derive(Debug, Clone)]
pub(super) struct Followed<'m> {
    replay: Replay<'m>,
}

impl<'m> Followed<'m> {
    pub fn new(model: &'m Model, settings: Settings) -> Self {
        // A covariate that follows the clock changes at its time.
        let rules = Rules { covariates: CovariateRule::Locf, ..Rules::default() };
        Followed { replay: Replay::integrated(model, rules, settings) }
    }

    /// Runs one subject and writes its outputs; `keep` keeps the dense solution.
    pub fn run(
        &self,
        prepared: &Prepared<'m>,
        subject: &Subject<'_>,
        out: &mut [f64],
        keep: Option<&mut Trajectory>,
    ) -> Result<Work, SimulationError> {
        let (model, samples, until) = (prepared.model, &prepared.samples, prepared.until);
        let history = History::observed(model, &prepared.doses, subject, until, samples)?;
        let (mut cursor, mut steps, mut rows) = (self.replay.begin(subject, false), Steps::default(), Vec::new());
        if keep.is_some() {
            cursor.keep();
        }
        let bare = |error| match error {
            SimulationError::Record { error, .. } => *error,
            other => other,
        };
        while cursor.step(&history, &mut steps, &mut rows).map_err(bare)? {}
        let (outputs, first) = (model.outputs(), 1 + prepared.doses.len());
        for (record, row) in history.records.iter().zip(rows.chunks_exact(outputs.len().max(1))) {
            let Some(sample) = record.row.checked_sub(first) else { continue };
            for (k, (value, output)) in row.iter().zip(outputs).enumerate() {
                if value.is_nan() {
                    let (output, time) = (output.name.clone(), record.time);
                    return Err(SimulationError::NotANumber { output, time });
                }
                out[k * samples.len() + sample] = *value;
            }
        }
        let work = cursor.work();
        if let Some(keep) = keep {
            *keep = cursor.into_kept();
        }
        Ok(work)
    }
}
