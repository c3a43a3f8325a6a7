//! One simulation, described step by step.

use super::prepared::MAX_SAMPLES;
use super::sampling::following;
use super::{Prepared, Profile, Settings, SimulationError};
use crate::dosing::{Regimen, Schedule};
use crate::error::{Fault, Faults};
use crate::model::Model;
use crate::population::Subject;
use crate::units::{Dimension, Quantity};

/// How long a simulation goes on after the end of a regimen that says nothing else, h.
pub(super) const AFTER_END: f64 = 24.0;

/// One simulation of one subject, described step by step and then run.
#[derive(Debug, Clone)]
pub struct Simulation<'m> {
    model: &'m Model,
    subject: Subject<'m>,
    schedule: Option<Schedule>,
    until: Option<Quantity>,
    samples: Samples,
    settings: Settings,
}

#[derive(Debug, Clone)]
enum Samples {
    None,
    Every(Quantity),
    Following,
    At(Vec<Quantity>),
}

impl<'m> Simulation<'m> {
    /// A simulation of the typical subject of a model, without doses.
    pub fn new(model: &'m Model) -> Self {
        let (subject, settings) = (Subject::typical(model), Settings::default());
        Simulation { model, subject, schedule: None, until: None, samples: Samples::None, settings }
    }

    /// For this person.
    pub fn subject(self, subject: &Subject<'m>) -> Self {
        Simulation { subject: subject.clone(), ..self }
    }

    /// With these doses.
    pub fn give(self, regimen: impl Into<Schedule>) -> Self {
        Simulation { schedule: Some(regimen.into()), ..self }
    }

    /// Up to this time after the start.
    pub fn until(self, until: Quantity) -> Self {
        Simulation { until: Some(until), ..self }
    }

    /// Outputs at 0, `step`, 2 `step` … up to the end.
    pub fn every(self, step: Quantity) -> Self {
        Simulation { samples: Samples::Every(step), ..self }
    }

    /// Outputs that follow each dose closely and the rest of the time at longer steps.
    pub fn following(self) -> Self {
        Simulation { samples: Samples::Following, ..self }
    }

    /// Outputs at these times.
    pub fn at(self, times: impl IntoIterator<Item = Quantity>) -> Self {
        Simulation { samples: Samples::At(times.into_iter().collect()), ..self }
    }

    /// Computed like this.
    pub fn settings(self, settings: Settings) -> Self {
        Simulation { settings, ..self }
    }

    /// The person.
    pub fn person(&self) -> &Subject<'m> {
        &self.subject
    }

    /// Checks everything against everything, ready to run.
    ///
    /// # Errors
    /// Times that are no times or not after the start, a regimen without end, and what [`Prepared::new`] finds.
    pub fn prepare(&self) -> Result<Prepared<'m>, SimulationError> {
        self.prepare_on(self.model)
    }

    /// The same of another model, one that takes the same doses.
    ///
    /// # Errors
    /// As [`Simulation::prepare`].
    pub fn prepare_on<'n>(&self, model: &'n Model) -> Result<Prepared<'n>, SimulationError> {
        let hours = |q: &Quantity| q.as_base(Dimension::TIME);
        let mut times = match &self.samples {
            Samples::At(times) => times.iter().map(hours).collect::<Result<Vec<f64>, _>>()?,
            _ => Vec::new(),
        };
        if let Some(early) = times.iter().find(|t| **t < 0.0) {
            return Err(SimulationError::Time { what: "a sampling time", value: *early, must: "0 h or later" });
        }
        times.sort_by(f64::total_cmp);
        times.dedup();
        let given = self.until.as_ref().map(hours).transpose()?;
        if let Some(until) = given.filter(|t| *t <= 0.0) {
            return Err(SimulationError::Time { what: "the end", value: until, must: "after 0 h" });
        }
        let regimen = self.schedule.clone().map(|s| s.bounded(given)).transpose()?;
        let until =
            given.or(times.last().copied()).unwrap_or_else(|| regimen.as_ref().map_or(0.0, |r| r.end()) + AFTER_END);
        if let Some(late) = times.last().filter(|last| **last > until) {
            return Err(SimulationError::Time { what: "a sampling time", value: *late, must: "no later than the end" });
        }
        match &self.samples {
            Samples::Every(step) => times = grid(hours(step)?, until)?,
            Samples::Following => {
                times = following(&regimen.as_ref().map(Regimen::doses).unwrap_or_default(), until);
            }
            Samples::None | Samples::At(_) => {}
        }
        Prepared::with(model, regimen.as_ref(), times, until, self.settings)
    }

    /// Runs it.
    ///
    /// # Errors
    /// As [`Simulation::prepare`] and [`Prepared::run`].
    pub fn run(&self) -> Result<Profile<'m>, Faults<SimulationError>> {
        let prepared = self.prepare().map_err(Fault::new)?;
        let mut workspace = prepared.workspace();
        Ok(Profile::of(&prepared, &self.subject, &mut workspace).map_err(Fault::new)?)
    }
}

/// 0, step, 2 step … up to `until`; each by multiplication, so that no error accumulates.
fn grid(step: f64, until: f64) -> Result<Vec<f64>, SimulationError> {
    if step <= 0.0 {
        return Err(SimulationError::Time { what: "the sampling step", value: step, must: "more than 0 h" });
    }
    // A last point that rounding puts just behind the end is still the end.
    let count = (until / step * (1.0 + 1e-12)).floor() as usize;
    if count >= MAX_SAMPLES {
        return Err(SimulationError::TooMany { count, what: "sampling times", limit: MAX_SAMPLES });
    }
    Ok((0..=count).map(|k| (step * k as f64).min(until)).collect())
}
