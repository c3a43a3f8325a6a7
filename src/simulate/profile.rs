//! The result of one simulation of one subject: samples, the solution itself, and the sessions.

use super::administer::Administration;
use super::amounts::Arrival;
use super::prepared::{Prepared, Workspace};
use super::solved::Solved;
use super::{OutputView, Settings, SimulationError};
use crate::error::Diagnostic;
use crate::model::Model;
use crate::population::Subject;
use crate::solve::{Solution, Trajectory, Work};

/// One session: a dose of the regimen, with all its devices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Session {
    /// When it begins, h: the nominal time of its first device, before any lag.
    pub time: f64,
    /// When its last device is given, h.
    pub last_device: f64,
    /// h over which the dose says it is given (an infusion); 0 where it does not.
    pub over: f64,
    /// mg base.
    pub amount: f64,
    /// Number of devices, 1 where the route has none.
    pub devices: u32,
    /// Course of the regimen, from 0.
    pub course: usize,
    /// Phase of the course, from 0.
    pub phase: usize,
}

/// What a simulation of one subject gave. It keeps the solution, so metrics do not depend on the sampling times.
#[derive(Debug, Clone)]
pub struct Profile<'m> {
    pub(super) model: &'m Model,
    pub(super) times: Vec<f64>,
    pub(super) values: Vec<f64>,
    /// States in the order of the engines: those propagated exactly, then those integrated.
    order: Vec<usize>,
    exact: Solution,
    integrated: Trajectory,
    files: Vec<Vec<[f64; 1]>>,
    switches: Vec<f64>,
    pub(super) administrations: Vec<Administration>,
    pub(super) arrivals: Vec<Arrival>,
    /// For each output that is propagated exactly its coefficients in every interval, and its constants.
    pub(super) weights: Vec<Option<(Vec<f64>, Vec<f64>)>>,
    pub(super) until: f64,
    sessions: Vec<Session>,
    warnings: Vec<Diagnostic>,
    settings: Settings,
    work: Work,
}

impl<'m> Profile<'m> {
    /// Runs one subject.
    ///
    /// # Errors
    /// As [`Prepared::run`].
    pub fn of(
        prepared: &Prepared<'m>,
        subject: &Subject<'_>,
        workspace: &mut Workspace<'m>,
    ) -> Result<Self, SimulationError> {
        let model = prepared.model();
        let mut values = vec![0.0; prepared.numbers()];
        let mut trajectory = Trajectory::new(prepared.split.rest().len());
        prepared.run_keeping(subject, workspace, &mut values, Some(&mut trajectory))?;
        let individual = workspace.individual();
        let weights = model.outputs().iter().map(|output| prepared.weights_of(&output.readout, &individual.files));
        Ok(Profile {
            model,
            times: prepared.samples().to_vec(),
            values,
            order: prepared.split.order.clone(),
            exact: individual.exact.solution().clone(),
            integrated: trajectory,
            files: individual.files.clone(),
            administrations: individual.administrations().to_vec(),
            arrivals: if prepared.followed.is_none() { individual.arrivals(model) } else { Vec::new() },
            switches: prepared.switches.clone(),
            weights: weights.collect(),
            until: prepared.until(),
            sessions: sessions(prepared, workspace),
            warnings: warnings(prepared, subject),
            settings: prepared.settings,
            work: workspace.work(),
        })
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Sampling times, h.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// How far the simulation went, h.
    pub fn until(&self) -> f64 {
        self.until
    }

    /// An output by its name.
    ///
    /// # Errors
    /// [`SimulationError::UnknownOutput`].
    pub fn output(&self, name: &str) -> Result<OutputView<'_>, SimulationError> {
        let outputs = self.model.outputs();
        let index = outputs.iter().position(|o| o.name == name).ok_or_else(|| SimulationError::UnknownOutput {
            model: self.model.id().into(),
            output: name.into(),
            has: outputs.iter().map(|o| o.name.clone()).collect(),
        })?;
        Ok(OutputView::new(self, index))
    }

    /// All outputs, in the order of the model.
    pub fn outputs(&self) -> impl Iterator<Item = OutputView<'_>> {
        (0..self.model.outputs().len()).map(|index| OutputView::new(self, index))
    }

    /// The sessions, in the order of time.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Time since the start of the latest session at each sampling time, h; none before the first.
    pub fn time_after_dose(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        self.times.iter().map(|time| {
            let begun = self.sessions.partition_point(|s| s.time <= *time);
            begun.checked_sub(1).map(|i| time - self.sessions[i].time)
        })
    }

    /// What should be known about the result.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// How it was computed.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether any state was integrated, within tolerances, rather than propagated exactly.
    pub fn is_integrated(&self) -> bool {
        self.integrated.size() > 0
    }

    /// The solution, for questions.
    pub(super) fn solved(&self) -> Solved<'_> {
        Solved {
            model: self.model,
            order: &self.order,
            exact: &self.exact,
            integrated: &self.integrated,
            files: &self.files,
            switches: &self.switches,
            administrations: &self.administrations,
            until: self.until,
        }
    }

    /// What the engines did.
    pub fn work(&self) -> Work {
        self.work
    }
}

/// What should be known about the person: values outside the source's range, a weight that nobody gave.
fn warnings(prepared: &Prepared<'_>, subject: &Subject<'_>) -> Vec<Diagnostic> {
    subject.warnings().into_iter().chain(prepared.weight_warning(subject)).collect()
}

fn sessions(prepared: &Prepared<'_>, workspace: &Workspace<'_>) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut of = None;
    for a in workspace.administrations() {
        if of == Some(a.dose)
            && let Some(session) = sessions.last_mut()
        {
            session.last_device = a.time;
            session.devices = a.device;
            continue;
        }
        of = Some(a.dose);
        let (dose, _) = &prepared.doses()[a.dose];
        sessions.push(Session {
            time: dose.time,
            last_device: a.time,
            over: a.over,
            amount: a.dose_amount,
            devices: 1,
            course: dose.course,
            phase: dose.phase,
        });
    }
    sessions
}
