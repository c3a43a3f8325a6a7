//! Replays the history of a subject record by record (rules R1 to R36 of the event specification).
//!
//! Records act in the order of the file; implied events (lagged arrivals, additional doses, ends of infusions) that are due
//! at a record's time act before it. What is yet to come is a list of arrivals; what runs is a list of infusions.

mod acts;

use super::happening::{Event, Happening, Log};
use super::record::{Column, History, Record, What};
use super::rules::{CovariateRule, Rules};
use super::SimulationError;
use super::limits::check_interval;
use super::readout::present;
use crate::expr::Class;
use crate::model::{Dynamics, Model, Readout, Reg};
use crate::population::Subject;
use crate::solve::{Steps, Walk};
use std::collections::VecDeque;

/// The most parts of doses that may be on their way at once.
const MAX_PENDING: usize = 4_000_000;
/// The most infusions that may run at once.
const MAX_RUNNING: usize = 10_000;

/// A model made ready to replay histories.
#[derive(Debug)]
pub struct Replay<'m> {
    model: &'m Model,
    a: &'m [(usize, usize, Reg)],
    b: &'m [(usize, Reg)],
    rules: Rules,
}

/// A part of a dose that is still to come.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Arrival {
    time: f64,
    row: usize,
    dose: u32,
    lagged: bool,
    given: f64,
    state: usize,
    amount: f64,
    over: f64,
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
    walk: Walk,
    file: Vec<[f64; 1]>,
    a: Vec<f64>,
    b: Vec<f64>,
    closed: Vec<bool>,
    /// The states, while outputs are read.
    x: Vec<f64>,
    time: f64,
    begun: bool,
    values: Vec<f64>,
    /// In the order of time.
    arrivals: VecDeque<Arrival>,
    running: Vec<Running>,
    log: Option<Log>,
}

impl<'m> Replay<'m> {
    /// A model made ready.
    ///
    /// # Errors
    /// A model that is not linear.
    pub fn new(model: &'m Model, rules: Rules) -> Result<Self, SimulationError> {
        match model.dynamics() {
            Dynamics::Linear { a, b } => Ok(Replay { model, a, b, rules }),
            Dynamics::NonLinear(system) => {
                Err(SimulationError::NotLinear { model: model.id().into(), why: system.why.clone() })
            }
        }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Replays a history into `out`: a row per record and a column per output, row by row, in the outputs' units.
    ///
    /// # Errors
    /// What a record asks for and the model cannot give, with the row; numbers outside their limits.
    pub fn run(&self, history: &History, subject: &Subject<'_>, out: &mut Vec<f64>) -> Result<(), SimulationError> {
        out.clear();
        let (mut cursor, mut steps) = (self.begin(subject, false), Steps::default());
        history.records.iter().try_for_each(|record| cursor.step(history, record, &mut steps, out))
    }

    /// The start of a replay; `explain` keeps what happens.
    pub fn begin(&self, subject: &Subject<'_>, explain: bool) -> Cursor<'_> {
        let n = self.model.states().len();
        let mut file = self.model.tiers().file::<1>();
        for (parameter, value) in self.model.parameters().iter().zip(subject.values()) {
            file[parameter.slot] = [*value];
        }
        for (covariate, value) in self.model.covariates().iter().zip(subject.covariates()) {
            file[covariate.slot] = [*value];
        }
        Cursor {
            replay: self,
            walk: Walk::new(n),
            file,
            a: vec![0.0; n * n],
            b: vec![0.0; n],
            closed: vec![false; n],
            x: vec![0.0; n],
            time: 0.0,
            begun: false,
            values: Vec::new(),
            arrivals: VecDeque::new(),
            running: Vec::new(),
            log: explain.then(|| Log::new(n)),
        }
    }
}

impl Cursor<'_> {
    /// Goes on to a record, lets it act, and appends the outputs at it.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn step(
        &mut self,
        history: &History,
        record: &Record,
        steps: &mut Steps,
        out: &mut Vec<f64>,
    ) -> Result<(), SimulationError> {
        self.stepped(history, record, steps, out)
            .map_err(|error| SimulationError::Record { row: record.row, error: Box::new(error) })
    }

    /// What happened so far, if it is kept.
    pub fn happenings(&self) -> &[Happening] {
        self.log.as_ref().map_or(&[], Log::happenings)
    }

    fn stepped(
        &mut self,
        history: &History,
        record: &Record,
        steps: &mut Steps,
        out: &mut Vec<f64>,
    ) -> Result<(), SimulationError> {
        let restarts = matches!(record.what, What::Reset(_));
        if !self.begun {
            self.take(history, record, steps)?;
            self.begun = true;
            self.time = record.time;
            self.restart();
        } else if restarts && record.time < self.time {
            // The clock starts anew, so what was still to come on the old one never does.
            self.take(history, record, steps)?;
            self.forget(record);
            self.time = record.time;
        } else {
            self.travel(history, record, steps)?;
        }
        if let Some(log) = &mut self.log {
            log.reached(record.time, record.row);
        }
        match &record.what {
            What::Observation { close } => {
                self.read(out)?;
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
            What::Replace { state, amount } => self.replace(record, *state, *amount),
        }
        self.read(out)
    }

    // ---- values and the system they make

    /// Takes over the values of a record, if they differ.
    fn take(&mut self, history: &History, record: &Record, steps: &mut Steps) -> Result<(), SimulationError> {
        if self.begun && self.values == record.values {
            return Ok(());
        }
        let model = self.replay.model;
        for (column, value) in history.columns.iter().zip(&record.values) {
            let slot = match column {
                Column::Covariate(index) => model.covariates()[*index].slot,
                Column::Parameter(index) => model.parameters()[*index].slot,
            };
            self.file[slot] = [*value];
        }
        if self.begun {
            self.happened(self.time, record.row, Event::Values);
        }
        self.values.clone_from(&record.values);
        model.tiers().run(Class::Subject, &mut self.file);
        model.tiers().run(Class::Interval, &mut self.file);
        check_interval(model, &self.file)?;
        self.system(steps)
    }

    /// The system of the present values and closed compartments.
    fn system(&mut self, steps: &mut Steps) -> Result<(), SimulationError> {
        let n = self.closed.len();
        let Cursor { a, b, file, closed, replay, .. } = self;
        a.fill(0.0);
        replay.a.iter().for_each(|(row, column, reg)| a[row * n + column] = file[*reg][0]);
        b.fill(0.0);
        replay.b.iter().for_each(|(row, reg)| b[*row] = file[*reg][0]);
        for state in (0..n).filter(|s| closed[*s]) {
            (0..n).for_each(|k| (a[state * n + k], a[k * n + state]) = (0.0, 0.0));
            b[state] = 0.0;
        }
        self.walk.change(&self.a, &self.b, steps)?;
        Ok(())
    }

    /// Time up to a record, under the values that the covariate rule says.
    fn travel(&mut self, history: &History, record: &Record, steps: &mut Steps) -> Result<(), SimulationError> {
        let changes = self.values != record.values;
        match self.replay.rules.covariates {
            _ if !changes => self.advance(record.time, steps)?,
            CovariateRule::Nocb => {
                self.take(history, record, steps)?;
                self.advance(record.time, steps)?;
            }
            CovariateRule::Locf => {
                self.advance(record.time, steps)?;
                self.take(history, record, steps)?;
            }
            CovariateRule::Midpoint => {
                self.advance(0.5 * (self.time + record.time), steps)?;
                self.take(history, record, steps)?;
                self.advance(record.time, steps)?;
            }
            CovariateRule::Linear => {
                let before = (self.a.clone(), self.b.clone());
                self.take(history, record, steps)?;
                if before != (self.a.clone(), self.b.clone()) && record.time > self.time {
                    return Err(SimulationError::LinearCovariates { model: self.replay.model.id().into() });
                }
                self.advance(record.time, steps)?;
            }
        }
        Ok(())
    }

    // ---- time

    /// Whether an event at `due` has its turn when the clock is at `now`.
    fn is_due(&self, due: f64, now: f64) -> bool {
        due <= now + self.replay.rules.same_time * now.abs().max(1.0)
    }

    /// Lets time pass up to `to`, with everything that is due on the way.
    fn advance(&mut self, to: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        loop {
            let end = self.running.iter().map(|r| r.end).fold(f64::INFINITY, f64::min);
            let next = self.arrivals.iter().find(|a| self.has_turn(a, to)).map_or(f64::INFINITY, |a| a.time);
            let due = end.min(next);
            if !self.is_due(due, to) {
                break;
            }
            self.pass(due.min(to), steps)?;
            // An infusion that ends when another begins ends first (R4).
            if end <= next || self.is_due(end, due) {
                self.end(due, steps);
            } else {
                self.arrive(due, steps)?;
            }
        }
        self.pass(to, steps)
    }

    /// Lagged arrivals at the very time of a record wait until after it where the rules say so.
    fn has_turn(&self, arrival: &Arrival, to: f64) -> bool {
        let rules = &self.replay.rules;
        rules.lagged_before_record || !arrival.lagged || !self.is_due(to, arrival.time)
    }

    fn pass(&mut self, to: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        if to > self.time {
            if let Some(log) = &mut self.log {
                self.running.iter().for_each(|r| log.entered(r.state, r.rate * (to - self.time)));
            }
            self.walk.pass(to - self.time, steps)?;
            self.time = to;
        }
        Ok(())
    }

    /// Ends the infusions whose time is `due`.
    fn end(&mut self, due: f64, steps: &mut Steps) {
        let ended: Vec<Running> = self.running.iter().filter(|r| self.is_due(r.end, due)).copied().collect();
        self.running.retain(|r| !ended.contains(r));
        for r in ended {
            self.happened(due, r.row, Event::Ends { state: r.state, rate: r.rate });
        }
        self.infuse(steps);
    }

    /// Lets the arrivals whose time is `due` enter, in the order they were planned.
    fn arrive(&mut self, due: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        let count = self.arrivals.partition_point(|a| self.is_due(a.time, due));
        let arrived: Vec<Arrival> = self.arrivals.drain(..count).collect();
        arrived.iter().try_for_each(|arrival| self.enter(arrival, steps))
    }

    fn enter(&mut self, arrival: &Arrival, steps: &mut Steps) -> Result<(), SimulationError> {
        let Arrival { time, row, dose, given, state, amount, over, .. } = *arrival;
        self.open(time, row, state, steps)?;
        if over > 0.0 {
            let rate = amount / over;
            self.runs(Running { end: time + over, row, state, rate })?;
            self.infuse(steps);
            self.happened(time, row, Event::Begins { state, amount, rate, over, dose, given });
        } else {
            self.walk.add(state, amount);
            if let Some(log) = &mut self.log {
                log.entered(state, amount);
            }
            self.happened(time, row, Event::Bolus { state, amount, dose, given });
        }
        Ok(())
    }

    /// One more infusion that runs.
    fn runs(&mut self, infusion: Running) -> Result<(), SimulationError> {
        at_most(self.running.len() + 1, "infusions at once", MAX_RUNNING)?;
        self.running.push(infusion);
        Ok(())
    }

    /// One more part of a dose on its way; the caller brings them into order.
    fn comes(&mut self, arrival: Arrival) -> Result<(), SimulationError> {
        at_most(self.arrivals.len() + 1, "doses on their way at once", MAX_PENDING)?;
        self.arrivals.push_back(arrival);
        Ok(())
    }

    /// The sum of what runs into each state; made anew, so that it returns to exactly zero.
    fn infuse(&mut self, steps: &mut Steps) {
        let mut rates = vec![0.0; self.closed.len()];
        self.running.iter().for_each(|r| rates[r.state] += r.rate);
        self.walk.infuse(&rates, steps);
    }

    // ---- outputs

    /// Appends the outputs of the present, with the values of the latest record.
    fn read(&mut self, out: &mut Vec<f64>) -> Result<(), SimulationError> {
        let Cursor { replay, walk, file, x, time, .. } = self;
        walk.states(x);
        for output in replay.model.outputs() {
            let value = match &output.readout {
                Readout::Linear { c, d } => {
                    let sum: f64 = c.iter().map(|(state, reg)| file[*reg][0] * x[*state]).sum();
                    sum + d.map_or(0.0, |reg| file[reg][0])
                }
                Readout::Computed { value } => {
                    present(replay.model, x, *time, None, file);
                    file[*value][0]
                }
            };
            if value.is_nan() {
                return Err(SimulationError::NotANumber { output: output.name.clone(), time: *time });
            }
            out.push(output.unit.from_base(value));
        }
        Ok(())
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
