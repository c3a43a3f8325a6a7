//! The history that a regimen makes: one record per dose.

use super::administer::{administrations, route_of};
use super::builder::AFTER_END;
use super::record::{Column, DoseInput, DoseRecord, History, Record, Target, What};
use super::{SimulationError, switches};
use crate::dosing::Regimen;
use crate::model::Model;
use crate::population::Subject;

impl History {
    /// The history of somebody who is given a regimen, from 0 h to `until` (h; without it 24 h after the
    /// regimen's end): a record per dose up to there, whose row is the
    /// number of the dose from 1, and records of row 0 at the start, where covariates change, and at the end.
    ///
    /// Replay it with [`CovariateRule::Locf`](super::CovariateRule::Locf): a covariate that follows the clock changes at its time.
    ///
    /// # Errors
    /// A route that the model does not have, a dose that cannot be given to this person.
    pub fn of_regimen(
        model: &Model,
        regimen: &Regimen,
        subject: &Subject<'_>,
        until: Option<f64>,
    ) -> Result<History, SimulationError> {
        History::observed(model, regimen, subject, until, &[])
    }

    /// The same with observations at ascending times, each with the row that follows that of the last dose and of the
    /// observation before.
    pub(super) fn observed(
        model: &Model,
        regimen: &Regimen,
        subject: &Subject<'_>,
        until: Option<f64>,
        samples: &[f64],
    ) -> Result<History, SimulationError> {
        let until = until.unwrap_or_else(|| regimen.end() + AFTER_END);
        let doses = regimen.doses().into_iter().filter(|dose| dose.time <= until);
        let doses: Vec<_> =
            doses.map(|dose| route_of(model, &dose).map(|route| (dose, route))).collect::<Result<_, _>>()?;
        let covariates = model.covariates();
        let moving: Vec<usize> =
            (0..covariates.len()).filter(|i| covariates[*i].steps.is_some() && !subject.is_given(*i)).collect();
        let record = |row, time, what| {
            let values: Vec<f64> = switches::values(covariates, subject, time).collect();
            Record { row, time, what, values: moving.iter().map(|i| values[*i]).collect() }
        };
        let nothing = || What::Other { switch: None };
        let changes = switches::times(covariates, until)?.into_iter().filter(|_| !moving.is_empty());
        let mut records: Vec<Record> =
            std::iter::once(0.0).chain(changes).map(|time| record(0, time, nothing())).collect();
        let given = administrations(model, &doses, subject.weight())?;
        for first in given.iter().filter(|device| device.device == 1) {
            let dose = DoseRecord {
                target: Target::Route(first.route),
                amount: first.dose_amount,
                input: if first.over > 0.0 { DoseInput::Duration(first.over) } else { DoseInput::Bolus },
                repeats: None,
                steady: None,
            };
            records.push(record(first.dose + 1, first.time, What::Dose(dose)));
        }
        let first = 1 + doses.len();
        let samples = samples.iter().enumerate();
        records.extend(samples.map(|(i, time)| record(first + i, *time, What::Observation { close: None })));
        // Stable: a covariate that changes at the time of a dose changes before it.
        records.sort_by(|a, b| a.time.total_cmp(&b.time));
        records.push(record(0, until, What::Observation { close: None }));
        let columns = moving.into_iter().map(Column::Covariate).collect();
        Ok(History { columns, records })
    }
}
