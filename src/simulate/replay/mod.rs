//! Replays the history of one subject, record by record.
//!
//! Records act in the order of the file; implied events (lagged arrivals, additional doses, ends of infusions) that are due
//! at a record's time act before it. What is yet to come is a list of arrivals; what runs is a list of infusions. What is
//! integrated steps from one thing that acts to the next, so observations change nothing.

mod acts;
mod covariates;
mod cycle;
mod functions;
mod sessions;
mod steady;
mod time;

use super::field::{Arrived, Latest, clocks_of_doses};
use super::happening::{Event, Happening, Log};
use super::limits::check_interval;
use super::motion::Motion;
use super::occasions::{between, show_effects};
use super::readout::{computes, present, read};
use super::record::{Column, DoseRecord, History, Record, What};
use super::residuals::{Errors, measured};
use super::rules::{CovariateRule, Rules};
use super::settings::{Engine, Settings};
use super::split::Split;
use super::{SimulationError, failure::Failing};
use crate::model::{Model, Readout, Reg};
use crate::population::Subject;
use crate::solve::{SolveError, Steps, Trajectory, Work};
use covariates::Line;
pub use cycle::Search;
use sessions::Occasions;
use std::collections::VecDeque;

/// The most parts of doses that may be on their way at once.
const MAX_PENDING: usize = 4_000_000;
/// The most infusions that may run at once.
const MAX_RUNNING: usize = 10_000;

/// A model made ready to replay histories.
#[derive(Debug, Clone)]
pub struct Replay<'m> {
    model: &'m Model,
    rules: Rules,
    settings: Settings,
    split: Split<'m>,
    /// With every state integrated, for rates that follow covariates on straight lines.
    whole: Option<Split<'m>>,
    /// Covariates, parameters and random effects between occasions that anything but outputs is computed from, by their
    /// registers.
    driving: Vec<Reg>,
    /// Whether slopes are computed from the time since a dose, or from the dose.
    slopes_read_doses: bool,
    /// Whether outputs are computed, and for each output the times since doses that it reads.
    computes: bool,
    clocks_read: Vec<Vec<Reg>>,
}

/// A part of a dose that is still to come.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Arrival {
    time: f64,
    row: usize,
    dose: u32,
    lagged: bool,
    given: f64,
    part: super::parts::Part,
}

/// A device or an additional dose that is still to be given, where more hangs on the giving than its arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Giving {
    time: f64,
    row: usize,
    record: DoseRecord,
    /// Number of the dose, 0 for the record's own.
    dose: u32,
    /// Device of its train, from 1.
    device: u32,
}

/// An infusion that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Running {
    end: f64,
    row: usize,
    state: usize,
    rate: f64,
}

/// The present of a replay: it can be kept, and gone on from with the same bytes.
#[derive(Debug, Clone)]
pub struct Cursor<'r> {
    replay: &'r Replay<'r>,
    motion: Motion<'r>,
    file: Vec<[f64; 1]>,
    closed: Vec<bool>,
    /// The states, while outputs are read.
    x: Vec<f64>,
    time: f64,
    /// Records of the history that are done.
    done: usize,
    /// Values of the columns that hold now.
    values: Vec<f64>,
    line: Option<Line>,
    occasions: Occasions,
    /// Whose residual errors observations have.
    errors: Option<Errors>,
    /// In the order of time.
    arrivals: VecDeque<Arrival>,
    /// In the order of time.
    givings: VecDeque<Giving>,
    running: Vec<Running>,
    /// Doses that enter by input functions, in the order in which they arrived.
    arrived: Vec<Arrived>,
    /// Times at which a step has to end, so that it sees what is going on, h.
    marks: Vec<f64>,
    latest: Latest,
    /// Number of doses so far.
    doses: usize,
    searches: Vec<Search>,
    log: Option<Log>,
}

impl<'m> Replay<'m> {
    /// A model made ready.
    ///
    /// # Errors
    /// A model that the engine cannot solve, tolerances that are none.
    pub fn new(model: &'m Model, rules: Rules, settings: Settings) -> Result<Self, SimulationError> {
        settings.check()?;
        Ok(Replay::of(Split::new(model, settings.engine)?, model, rules, settings))
    }

    /// The same with every state integrated.
    pub(super) fn integrated(model: &'m Model, rules: Rules, settings: Settings) -> Self {
        Replay::of(Split::integrated(model), model, rules, settings)
    }

    fn of(split: Split<'m>, model: &'m Model, rules: Rules, settings: Settings) -> Self {
        let whole = match (rules.covariates, settings.engine) {
            (CovariateRule::Linear, Engine::Auto) => Some(Split::integrated(model)),
            _ => None,
        };
        let functions = model.routes().iter().flat_map(|r| &r.entries).filter_map(|e| e.input);
        let slopes: Vec<Reg> = split.registers().into_iter().chain(functions).collect();
        let columns = model.covariates().iter().map(|c| c.slot).chain(model.parameters().iter().map(|p| p.slot));
        let columns = columns.chain(between(model).map(|eta| eta.slot));
        let driving = columns.filter(|slot| model.reads(slopes.iter().copied(), *slot)).collect();
        let clocks = |readout: &Readout| match readout {
            Readout::Computed { value } => clocks_of_doses(model).filter(|c| model.reads([*value], *c)).collect(),
            Readout::Linear { .. } => Vec::new(),
        };
        Replay {
            slopes_read_doses: clocks_of_doses(model).any(|clock| split.reads(model, clock)),
            computes: computes(model),
            clocks_read: model.outputs().iter().map(|o| clocks(&o.readout)).collect(),
            model,
            rules,
            settings,
            split,
            whole,
            driving,
        }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Whether anything is integrated.
    pub fn is_integrated(&self) -> bool {
        !self.split.rest().is_empty()
    }

    /// Replays a history into `out`: a row per record and a column per output, row by row, in the outputs' units. A time since
    /// a dose is not a number before the first dose, and neither is an output that is computed from it. Returns what the
    /// integrator did.
    ///
    /// # Errors
    /// What a record asks for and the model cannot give, with the row; numbers outside their limits; an engine that gives up.
    pub fn run(&self, history: &History, subject: &Subject<'_>, out: &mut Vec<f64>) -> Result<Work, SimulationError> {
        self.observe(history, subject, None, out)
    }

    /// The same with residual errors added to the outputs at observations, for a person and a seed.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn observe(
        &self,
        history: &History,
        subject: &Subject<'_>,
        errors: Option<Errors>,
        out: &mut Vec<f64>,
    ) -> Result<Work, SimulationError> {
        out.clear();
        let (mut cursor, mut steps) = (self.begin(subject, false), Steps::default());
        cursor.errors = errors;
        while cursor.step(history, &mut steps, out)? {}
        Ok(cursor.work())
    }

    /// The start of a replay; `explain` keeps what happens.
    pub fn begin(&self, subject: &Subject<'_>, explain: bool) -> Cursor<'_> {
        let n = self.model.states().len();
        let mut file = self.model.tiers().file();
        for (parameter, value) in self.model.parameters().iter().zip(subject.values()) {
            file[parameter.slot] = [*value];
        }
        for (covariate, value) in self.model.covariates().iter().zip(subject.covariates()) {
            file[covariate.slot] = [*value];
        }
        show_effects(self.model, subject, 0, &mut file);
        Cursor {
            replay: self,
            motion: Motion::new(self.model, &self.split, self.settings),
            file,
            closed: vec![false; n],
            x: vec![0.0; n],
            time: 0.0,
            done: 0,
            values: Vec::new(),
            line: None,
            occasions: Occasions::new(self.model, subject),
            errors: None,
            arrivals: VecDeque::new(),
            givings: VecDeque::new(),
            running: Vec::new(),
            arrived: Vec::new(),
            marks: Vec::new(),
            latest: Latest::none(self.model),
            doses: 0,
            searches: Vec::new(),
            log: explain.then(|| Log::new(n)),
        }
    }

    /// Whether more hangs on the giving of a dose than its arrival: a clock, or what the dose does.
    fn minds_giving(&self) -> bool {
        self.model.doses_follow_state() || self.slopes_read_doses || self.clocks_read.iter().any(|c| !c.is_empty())
    }
}

impl Cursor<'_> {
    /// Keeps the dense solution from here on; every state has to be integrated.
    pub(super) fn keep(&mut self) {
        self.motion.keep();
    }

    /// The dense solution that was kept.
    pub(super) fn into_kept(self) -> Trajectory {
        self.motion.into_kept(self.time)
    }

    /// Goes on to the next record of the history, lets it act, and appends the outputs at it. False if there is none left.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn step(&mut self, history: &History, steps: &mut Steps, out: &mut Vec<f64>) -> Result<bool, SimulationError> {
        let Some(record) = history.records.get(self.done) else { return Ok(false) };
        self.stepped(history, record, steps, out)
            .map_err(|error| SimulationError::Record { row: record.row, error: Box::new(error) })?;
        self.done += 1;
        Ok(true)
    }

    /// What happened so far, if it is kept.
    pub fn happenings(&self) -> &[Happening] {
        self.log.as_ref().map_or(&[], Log::happenings)
    }

    /// How the steady states were found that had to be searched for, in the order of their records.
    pub fn searches(&self) -> &[Search] {
        &self.searches
    }

    /// What the integrator did so far.
    pub fn work(&self) -> Work {
        self.motion.work()
    }

    fn stepped(
        &mut self,
        history: &History,
        record: &Record,
        steps: &mut Steps,
        out: &mut Vec<f64>,
    ) -> Result<(), SimulationError> {
        let restarts = matches!(record.what, What::Reset(_));
        if self.done == 0 {
            self.choose_engine(history)?;
            self.find_occasions(history)?;
            self.take(history, record, steps)?;
            self.time = record.time;
            self.restart();
        } else if restarts && record.time < self.time {
            // The clock starts anew, so what was still to come on the old one never does.
            self.take(history, record, steps)?;
            self.forget(record);
            self.occasions.restart_clock();
            self.time = record.time;
        } else {
            self.travel(history, record, steps)?;
        }
        if let Some(log) = &mut self.log {
            log.reached(record.time, record.row);
        }
        self.begin_recorded_session(steps)?;
        match &record.what {
            What::Observation { close } => {
                let first = out.len();
                self.read(steps, out)?;
                self.measure(&mut out[first..]);
                if let Some(state) = close {
                    self.switch(record, *state, false, steps)?;
                }
                return Ok(());
            }
            What::Dose(dose) => self.dose(record, dose, steps)?,
            What::Reset(dose) => {
                self.reset(record, steps)?;
                if let Some(dose) = dose {
                    self.dose(record, dose, steps)?;
                }
            }
            What::SteadyInfusion { infusion } => self.steady_infusion(record, *infusion, steps)?,
            What::Other { switch } => {
                if let Some((state, open)) = switch {
                    self.switch(record, *state, *open, steps)?;
                }
            }
            What::Replace { state, amount } => self.replace(record, *state, *amount, steps),
        }
        self.read(steps, out)
    }

    /// Appends the outputs of the present, with the values of the latest record.
    fn read(&mut self, steps: &mut Steps, out: &mut Vec<f64>) -> Result<(), SimulationError> {
        let Cursor { replay, motion, file, x, time, latest, .. } = self;
        motion.states(steps, x);
        if replay.computes {
            present(replay.model, x, *time, Some(latest), file);
        }
        for (output, clocks) in replay.model.outputs().iter().zip(&replay.clocks_read) {
            let value = read(output, x, file);
            if value.is_nan() && !clocks.iter().any(|clock| file[*clock][0].is_nan()) {
                return Err(SimulationError::NotANumber { output: output.name.clone(), time: *time });
            }
            out.push(output.unit.from_base(value));
        }
        Ok(())
    }

    /// Adds residual errors to the outputs of the present.
    fn measure(&self, values: &mut [f64]) {
        let Some(errors) = self.errors else { return };
        for (output, value) in self.replay.model.outputs().iter().zip(values) {
            if let Some(residual) = &output.residual {
                let normal = errors.normal(&output.name, self.occasions.clock(), self.time);
                *value = measured(residual, &output.unit, *value, normal, &self.file);
            }
        }
    }

    /// What the engine says when it gives up, in the words of the model.
    fn failed(&self, error: SolveError) -> SimulationError {
        let never = self.latest.any.is_nan() || self.latest.by_route.iter().any(|(time, _)| time.is_nan());
        if self.replay.slopes_read_doses && never && matches!(error, SolveError::NotFinite { .. }) {
            return SimulationError::NoDoseYet { time: self.motion.begin().unwrap_or(self.time) };
        }
        let values: Vec<f64> = self.replay.model.parameters().iter().map(|p| self.file[p.slot][0]).collect();
        Failing {
            model: self.replay.model,
            values: &values,
            states: self.motion.integrated(),
            begin: self.motion.begin().unwrap_or(self.time),
            dose: (self.doses > 0).then_some(self.doses),
        }
        .error(error)
    }

    fn happened(&mut self, time: f64, row: usize, what: Event) {
        if let Some(log) = &mut self.log {
            log.happened(Happening { time, row, what });
        }
    }
}

fn at_most(count: usize, what: &'static str, limit: usize) -> Result<(), SimulationError> {
    if count > limit { Err(SimulationError::TooMany { count, what, limit }) } else { Ok(()) }
}
