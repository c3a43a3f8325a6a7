//! Occasions of a history: sessions of doses, or the labels of a column.

use super::{Cursor, Replay, at_most};
use crate::model::{Model, Reg};
use crate::population::Subject;
use crate::simulate::SimulationError;
use crate::simulate::occasions::{begins_session, between, varies};
use crate::simulate::parts::{Part, Train};
use crate::simulate::record::{Column, DoseRecord, History, What};
use crate::solve::Steps;

/// The most doses of a history whose sessions are told apart.
const MAX_DOSES: usize = 10_000_000;

/// What varies between the occasions of a subject, and when they begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Occasions {
    /// Registers of the random effects between occasions.
    slots: Vec<Reg>,
    /// Their values on each occasion that they were drawn for; none for a typical subject.
    effects: Vec<Vec<f64>>,
    /// Labels of a column, in the order of the occasions.
    labels: Vec<f64>,
    /// Sessions after the first, in the order in which they begin.
    sessions: Vec<Session>,
    /// How many of them have begun.
    begun: usize,
    /// How often the clock has gone back.
    clock: usize,
}

/// A session after the first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Session {
    /// The clock of its time: how often it has gone back.
    clock: usize,
    /// h
    time: f64,
    /// The record that begins it, if no implied dose does.
    record: Option<usize>,
}

/// A dose and those it implies.
struct Doses {
    record: usize,
    time: f64,
    additional: u32,
    interval: f64,
    /// When those still to come were dropped, h.
    dropped: f64,
}

impl Occasions {
    /// What varies between the occasions of a subject, wherever they begin.
    pub fn new(model: &Model, subject: &Subject<'_>) -> Self {
        let effects = (0..subject.occasions()).map(|occasion| subject.effects_on(occasion).to_vec());
        Occasions { slots: between(model).map(|eta| eta.slot).collect(), effects: effects.collect(), ..Self::default() }
    }

    /// Writes the random effects of an occasion into a register file.
    fn show(&self, occasion: usize, file: &mut [[f64; 1]]) {
        let effects = self.effects.get(occasion);
        for (i, slot) in self.slots.iter().enumerate() {
            file[*slot] = [effects.map_or(0.0, |effects| effects[i])];
        }
    }

    /// When a session begins with a dose that a record implies, h; the next one on this clock.
    pub fn next_implied(&self) -> f64 {
        let next = self.sessions.get(self.begun).filter(|s| s.record.is_none() && s.clock == self.clock);
        next.map_or(f64::INFINITY, |session| session.time)
    }

    /// The occasion at a time of this clock.
    fn at(&self, time: f64) -> usize {
        let to_come = &self.sessions[self.begun..];
        self.begun + to_come.iter().take_while(|s| s.clock == self.clock && s.time <= time).count()
    }

    /// How often the clock has gone back.
    pub fn clock(&self) -> usize {
        self.clock
    }

    /// The clock starts anew.
    pub fn restart_clock(&mut self) {
        self.clock += 1;
    }

    /// The random effects that a label stands for, with their registers.
    pub fn labelled(&self, label: f64) -> impl Iterator<Item = (Reg, f64)> + '_ {
        let occasion = self.labels.iter().position(|known| *known == label);
        let effects = occasion.and_then(|occasion| self.effects.get(occasion));
        let value = move |i: usize| effects.map_or(0.0, |effects| effects[i]);
        self.slots.iter().enumerate().map(move |(i, slot)| (*slot, value(i)))
    }
}

impl Replay<'_> {
    /// The occasions of a history, as [`crate::population::Effects::draw_on`] counts them: sessions from 0, or the labels of the
    /// model's column in the order in which they come first. None if nothing varies between occasions.
    ///
    /// A session begins with a dose that is given at least the model's gap after the one before, implied doses included,
    /// and where the clock goes back.
    ///
    /// # Errors
    /// A history without the column that the model's occasions are labelled by; too many doses.
    pub fn occasions(&self, history: &History) -> Result<Vec<u64>, SimulationError> {
        if !varies(self.model) {
            return Ok(Vec::new());
        }
        let labels = labels(history);
        match self.model.population().occasion_column() {
            Some(column) if !history.columns.contains(&Column::Occasion) => {
                Err(SimulationError::NoOccasionColumn { model: self.model.id().into(), column: column.into() })
            }
            // Two's complement keeps negative labels apart from the others.
            Some(_) => Ok(labels.iter().map(|label| *label as i64 as u64).collect()),
            None => Ok((0..=self.sessions(history)?.len() as u64).collect()),
        }
    }

    /// The sessions of a history after the first.
    fn sessions(&self, history: &History) -> Result<Vec<Session>, SimulationError> {
        let (mut sessions, mut doses, mut clock, mut before) = (Vec::new(), Vec::new(), 0, f64::NEG_INFINITY);
        for (i, record) in history.records.iter().enumerate() {
            let time = record.time;
            let drop = |doses: &mut Vec<Doses>| doses.iter_mut().for_each(|d| d.dropped = d.dropped.min(time));
            let (dose, drops) = match &record.what {
                What::Dose(dose) => {
                    let replaces = dose.steady.is_some_and(|steady| !steady.add);
                    (Some(dose), replaces && self.rules.steady_drops_additional)
                }
                What::Reset(dose) => (dose.as_ref(), self.rules.reset_drops_pending),
                What::SteadyInfusion { .. } => (None, true),
                What::Observation { .. } | What::Other { .. } | What::Replace { .. } => (None, false),
            };
            if matches!(record.what, What::Reset(_)) && time < before {
                self.tell_apart(std::mem::take(&mut doses), (clock, before), &mut sessions)?;
                clock += 1;
                sessions.push(Session { clock, time, record: Some(i) });
            } else if drops {
                drop(&mut doses);
            }
            before = time;
            doses.extend(dose.map(|dose| {
                let (additional, interval) = dose.repeats.map_or((0, 0.0), |r| (r.additional, r.interval));
                Doses { record: i, time, additional, interval, dropped: f64::INFINITY }
            }));
        }
        self.tell_apart(doses, (clock, before), &mut sessions)?;
        Ok(sessions)
    }

    /// Adds the sessions of the doses of one clock, which reaches `until`, but for the first.
    fn tell_apart(
        &self,
        doses: Vec<Doses>,
        (clock, until): (usize, f64),
        sessions: &mut Vec<Session>,
    ) -> Result<(), SimulationError> {
        let mut given: Vec<(f64, Option<usize>)> = Vec::new();
        for dose in doses {
            given.push((dose.time, Some(dose.record)));
            let implied = (1..=dose.additional).map(|k| dose.time + f64::from(k) * dose.interval);
            for time in implied.take_while(|time| *time <= until.min(dose.dropped)) {
                at_most(given.len(), "doses", MAX_DOSES)?;
                given.push((time, None));
            }
        }
        // What is implied acts before what is recorded at the same time.
        given.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let gap = self.model.population().session_gap();
        let firsts = given.windows(2).filter(|two| begins_session(Some(two[0].0), two[1].0, gap));
        sessions.extend(firsts.map(|two| Session { clock, time: two[1].0, record: two[1].1 }));
        Ok(())
    }
}

impl Cursor<'_> {
    /// Finds the occasions of a history, if any random effects between them were drawn.
    pub(super) fn find_occasions(&mut self, history: &History) -> Result<(), SimulationError> {
        if self.occasions.effects.is_empty() {
            return Ok(());
        }
        match history.columns.contains(&Column::Occasion) {
            true => self.occasions.labels = labels(history),
            false => self.occasions.sessions = self.replay.sessions(history)?,
        }
        Ok(())
    }

    /// Takes notice of records that were added to the history after those that are done.
    ///
    /// # Errors
    /// Too many doses.
    pub(in crate::simulate) fn revise(&mut self, history: &History) -> Result<(), SimulationError> {
        self.find_occasions(history)
    }

    /// Begins the session that the record begins whose turn it is, if it does.
    pub(super) fn begin_recorded_session(&mut self, steps: &mut Steps) -> Result<(), SimulationError> {
        let next = self.occasions.sessions.get(self.occasions.begun);
        match next.is_some_and(|session| session.record == Some(self.done)) {
            true => self.begin_session(steps),
            false => Ok(()),
        }
    }

    /// Begins the next session.
    pub(super) fn begin_session(&mut self, steps: &mut Steps) -> Result<(), SimulationError> {
        self.occasions.begun += 1;
        self.follow_line()?;
        self.occasions.show(self.occasions.begun, &mut self.file);
        self.evaluate()?;
        let replay = self.replay;
        if !self.motion.is_integrated() || self.occasions.slots.iter().any(|slot| replay.driving.contains(slot)) {
            self.system(steps)?;
        }
        Ok(())
    }

    /// The parts of a dose that a record implies at `time`, where they are not those of the record's own: on another occasion.
    pub(super) fn parts_on_occasion(
        &mut self,
        dose: &DoseRecord,
        train: Train,
        (time, own): (f64, usize),
        steps: &mut Steps,
    ) -> Result<Option<(usize, Vec<Part>)>, SimulationError> {
        let occasion = self.occasions.at(time);
        if occasion == own {
            return Ok(None);
        }
        self.occasions.show(occasion, &mut self.file);
        self.evaluate()?;
        let parts = self.parts(dose, train, steps)?;
        self.occasions.show(self.occasions.begun, &mut self.file);
        self.evaluate()?;
        Ok(Some((occasion, parts)))
    }

    /// The occasion of now, where occasions are sessions.
    pub(super) fn session(&self) -> usize {
        self.occasions.begun
    }
}

/// The labels of a history's occasions in the order in which they come first.
fn labels(history: &History) -> Vec<f64> {
    let Some(at) = history.columns.iter().position(|column| *column == Column::Occasion) else { return Vec::new() };
    let mut labels = Vec::new();
    for label in history.records.iter().map(|record| record.values[at]) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}
