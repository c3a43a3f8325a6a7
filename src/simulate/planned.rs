//! The history that a regimen makes: one record per dose.

use super::administer::{administrations, route_of};
use super::builder::AFTER_END;
use super::record::{Column, DoseInput, DoseRecord, History, Record, Target, What};
use super::{SimulationError, switches};
use crate::dosing::{PlannedDose, Regimen};
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
        let until = until.unwrap_or_else(|| regimen.end() + AFTER_END);
        let doses = regimen.doses().into_iter().filter(|dose| dose.time <= until);
        let doses: Vec<_> =
            doses.map(|dose| route_of(model, &dose).map(|route| (dose, route))).collect::<Result<_, _>>()?;
        History::observed(model, &doses, subject, until, &[])
    }

    /// The same for doses with their routes, with observations at ascending times, each with the row that follows that of the
    /// last dose and of the observation before.
    pub(super) fn observed(
        model: &Model,
        doses: &[(PlannedDose, usize)],
        subject: &Subject<'_>,
        until: f64,
        samples: &[f64],
    ) -> Result<History, SimulationError> {
        let recorder = Recorder::new(model, subject);
        let mut history = recorder.begin(until)?;
        history.records.extend(recorder.doses(doses)?);
        let first = 1 + doses.len();
        let samples = samples.iter().enumerate();
        history.records.extend(samples.map(|(i, time)| recorder.observation(first + i, *time)));
        // Stable: a covariate that changes at the time of a dose changes before it.
        history.records.sort_by(|a, b| a.time.total_cmp(&b.time));
        history.records.push(recorder.observation(0, until));
        Ok(history)
    }
}

/// Makes the records of one person.
pub(super) struct Recorder<'a> {
    model: &'a Model,
    subject: &'a Subject<'a>,
    /// Covariates that follow the clock.
    moving: Vec<usize>,
}

impl<'a> Recorder<'a> {
    pub fn new(model: &'a Model, subject: &'a Subject<'a>) -> Self {
        let covariates = model.covariates();
        let moves = |i: &usize| covariates[*i].steps.is_some() && !subject.is_given(*i);
        Recorder { model, subject, moving: (0..covariates.len()).filter(moves).collect() }
    }

    /// A history that begins, and in which covariates change up to a time.
    pub fn begin(&self, until: f64) -> Result<History, SimulationError> {
        let changes = switches::times(self.model.covariates(), until)?.into_iter().filter(|_| !self.moving.is_empty());
        let nothing = |time| self.record(0, time, What::Other { switch: None });
        let records = std::iter::once(0.0).chain(changes).map(nothing).collect();
        Ok(History { columns: self.moving.iter().copied().map(Column::Covariate).collect(), records })
    }

    /// A record per dose, whose row is its place in the list from 1.
    pub fn doses(&self, doses: &[(PlannedDose, usize)]) -> Result<Vec<Record>, SimulationError> {
        let given = administrations(self.model, doses, self.subject.weight())?;
        let record = |first: &super::Administration| {
            let dose = DoseRecord {
                target: Target::Route(first.route),
                amount: first.dose_amount,
                input: if first.over > 0.0 { DoseInput::Duration(first.over) } else { DoseInput::Bolus },
                repeats: None,
                steady: None,
            };
            self.record(first.dose + 1, first.time, What::Dose(dose))
        };
        Ok(given.iter().filter(|device| device.device == 1).map(record).collect())
    }

    pub fn observation(&self, row: usize, time: f64) -> Record {
        self.record(row, time, What::Observation { close: None })
    }

    fn record(&self, row: usize, time: f64, what: What) -> Record {
        let values: Vec<f64> = switches::values(self.model.covariates(), self.subject, time).collect();
        Record { row, time, what, values: self.moving.iter().map(|i| values[*i]).collect() }
    }
}
