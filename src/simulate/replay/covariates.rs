//! Values that change from record to record, and the system that they make.

use super::{Column, CovariateRule, Cursor, Engine, History, Motion, Record, Replay, What, check_interval};
use crate::expr::Class;
use crate::model::{CovariateKind, Reg};
use crate::simulate::SimulationError;
use crate::simulate::field::Moving;
use crate::simulate::happening::Event;
use crate::simulate::occasions::between;
use crate::solve::Steps;

/// Covariates on straight lines between two records.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// When it begins, h.
    begin: f64,
    /// Values there, and slopes per h.
    moving: Vec<Moving>,
}

impl Line {
    /// The values at a time.
    pub fn at(&self, time: f64) -> impl Iterator<Item = Moving> + '_ {
        self.moving.iter().map(move |m| Moving { value: m.value + m.slope * (time - self.begin), ..*m })
    }
}

impl Column {
    /// The registers that follow from a value of the column, with their values.
    fn shown<'c>(self, cursor: &'c Cursor<'_>, value: f64) -> impl Iterator<Item = (Reg, f64)> + 'c {
        let model = cursor.replay.model;
        let (slot, label) = match self {
            Column::Covariate(index) => (Some(model.covariates()[index].slot), None),
            Column::Parameter(index) => (Some(model.parameters()[index].slot), None),
            Column::Occasion => (None, Some(value)),
        };
        let effects = label.into_iter().flat_map(|label| cursor.occasions.labelled(label));
        slot.map(|slot| (slot, value)).into_iter().chain(effects)
    }

    /// Whether anything but outputs is computed from it.
    fn drives(self, replay: &Replay<'_>) -> bool {
        let driving = |slot: Reg| replay.driving.contains(&slot);
        match self {
            Column::Covariate(index) => driving(replay.model.covariates()[index].slot),
            Column::Parameter(index) => driving(replay.model.parameters()[index].slot),
            Column::Occasion => between(replay.model).any(|eta| driving(eta.slot)),
        }
    }

    /// Whether it can have any value between two.
    fn is_number(self, replay: &Replay<'_>) -> bool {
        match self {
            Column::Covariate(index) => matches!(replay.model.covariates()[index].kind, CovariateKind::Number { .. }),
            Column::Parameter(_) => true,
            Column::Occasion => false,
        }
    }
}

impl Replay<'_> {
    /// Whether slopes change with the values of the columns.
    fn drives(&self, history: &History, before: &[f64], after: &[f64]) -> bool {
        let mut columns = history.columns.iter().zip(before.iter().zip(after));
        columns.any(|(column, (before, after))| before != after && column.drives(self))
    }
}

impl Cursor<'_> {
    /// Where rates follow covariates on straight lines, everything is integrated.
    pub(super) fn choose_engine(&mut self, history: &History) -> Result<(), SimulationError> {
        let replay = self.replay;
        let moves = || history.records.windows(2).any(|two| replay.drives(history, &two[0].values, &two[1].values));
        if replay.rules.covariates != CovariateRule::Linear || !moves() {
            return Ok(());
        }
        match &replay.whole {
            Some(whole) => self.motion = Motion::new(replay.model, whole, replay.settings),
            None if replay.settings.engine == Engine::Exact => {
                return Err(SimulationError::LinearCovariates { model: replay.model.id().into() });
            }
            None => {}
        }
        Ok(())
    }

    /// Takes over the values of a record, if they differ.
    pub(super) fn take(
        &mut self,
        history: &History,
        record: &Record,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let begun = self.done > 0;
        if begun && self.values == record.values {
            return Ok(());
        }
        let replay = self.replay;
        let changes = !begun || !self.motion.is_integrated() || replay.drives(history, &self.values, &record.values);
        for (column, value) in history.columns.iter().zip(&record.values) {
            let shown: Vec<(Reg, f64)> = column.shown(self, *value).collect();
            shown.into_iter().for_each(|(register, value)| self.file[register] = [value]);
        }
        if begun {
            self.happened(self.time, record.row, Event::Values);
        }
        self.values.clone_from(&record.values);
        self.evaluate()?;
        if changes { self.system(steps) } else { Ok(()) }
    }

    /// Runs the programs of everything that the values decide.
    pub(super) fn evaluate(&mut self) -> Result<(), SimulationError> {
        let tiers = self.replay.model.tiers();
        tiers.run(Class::Subject, &mut self.file);
        tiers.run(Class::Interval, &mut self.file);
        check_interval(self.replay.model, &self.file)
    }

    /// The system of the present values and closed compartments.
    pub(super) fn system(&mut self, steps: &mut Steps) -> Result<(), SimulationError> {
        Ok(self.motion.change(&self.file, &self.closed, steps)?)
    }

    /// Time up to a record, under the values that the covariate rule says.
    pub(super) fn travel(
        &mut self,
        history: &History,
        record: &Record,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        if self.values == record.values {
            return self.advance(history, record.time, false, steps);
        }
        let drives = self.replay.drives(history, &self.values, &record.values);
        match self.replay.rules.covariates {
            CovariateRule::Linear if drives && record.time > self.time => {
                self.line = Some(self.line_to(history, record));
                // The line has its values from the programs that run with it; limits are checked at its end.
                self.advance(history, record.time, true, steps)?;
                self.line = None;
                self.take(history, record, steps)?;
            }
            CovariateRule::Nocb | CovariateRule::Linear => {
                self.take(history, record, steps)?;
                self.advance(history, record.time, false, steps)?;
            }
            CovariateRule::Locf => {
                self.advance(history, record.time, drives, steps)?;
                self.take(history, record, steps)?;
            }
            CovariateRule::Midpoint => {
                self.advance(history, 0.5 * (self.time + record.time), drives, steps)?;
                self.take(history, record, steps)?;
                self.advance(history, record.time, false, steps)?;
            }
        }
        Ok(())
    }

    /// From the present values to those of a record. What is no number has its next value all the way.
    fn line_to(&self, history: &History, record: &Record) -> Line {
        let columns = history.columns.iter().zip(self.values.iter().zip(&record.values));
        let moving = columns.filter(|(_, (from, to))| from != to).flat_map(|(column, (from, to))| {
            let shown = move |register, value| match column.is_number(self.replay) {
                true => Moving { register, value: *from, slope: (to - from) / (record.time - self.time) },
                false => Moving { register, value, slope: 0.0 },
            };
            column.shown(self, *to).map(move |(register, value)| shown(register, value))
        });
        Line { begin: self.time, moving: moving.collect() }
    }

    /// Puts the values of the line at the present into the register file.
    pub(super) fn follow_line(&mut self) -> Result<(), SimulationError> {
        let Some(line) = &self.line else { return Ok(()) };
        for moving in line.at(self.time) {
            self.file[moving.register] = [moving.value];
        }
        self.evaluate()
    }

    /// The next time, at `to` or later, at which a record changes anything but what it observes itself; `to` is the time of
    /// the next record, or before it.
    pub(super) fn next_act(&self, history: &History, to: f64, before: f64) -> f64 {
        let (mut time, mut values) = (to, &self.values);
        for record in &history.records[self.done..] {
            if record.time < time || time >= before {
                // The clock restarts, and nothing on this one is left; or something else comes first.
                break;
            }
            if self.replay.drives(history, values, &record.values) {
                return match self.replay.rules.covariates {
                    CovariateRule::Nocb | CovariateRule::Linear => time,
                    CovariateRule::Locf => record.time,
                    CovariateRule::Midpoint => 0.5 * (time + record.time),
                };
            }
            let observes = matches!(record.what, What::Observation { close: None } | What::Other { switch: None });
            if !observes {
                return record.time;
            }
            (time, values) = (record.time, &record.values);
        }
        f64::INFINITY
    }
}
