//! Sessions that are decided on the way: by what somebody does about those that are due, and by visits of a guided phase.
//!
//! A guided phase is walked through once, from visit to visit. What comes out is a list of doses, which is simulated like any
//! other.

use super::administer::{administrations, route_of};
use super::planned::Recorder;
use super::{CovariateRule, Replay, Rules, Settings, SimulationError, occasions};
use crate::dosing::{GuidedPhase, Itinerary, PlannedDose, Standing};
use crate::model::Model;
use crate::population::Subject;
use crate::solve::Steps;

/// What somebody does about a session that is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attendance {
    /// It is not given. In a guided phase it is due again at the next visit.
    Missed,
    /// It is given.
    Given {
        /// So much later than planned, h; what follows keeps its time.
        late: f64,
        /// Whether nothing is given after it, in any course; what is given at the same time still is.
        last: bool,
    },
}

/// A session that was due, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Appointment {
    /// The dose, at the time at which it is given or, if it is missed, was planned. Its session is its number among those of its
    /// course, missed ones included.
    pub dose: PlannedDose,
    /// When it was planned, h.
    pub planned: f64,
    /// Whether it is missed.
    pub missed: bool,
    /// In a guided phase the place of the interval in force when it was due; what had passed can be longer.
    pub rule: Option<usize>,
}

/// A visit of a guided phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visit {
    /// h
    pub time: f64,
    /// The output before any dose of that time, in its unit; none at the first visit, where nothing depends on it.
    pub value: Option<f64>,
    /// Whether a session was due.
    pub due: bool,
    /// Place of the interval in force after the visit.
    pub interval: usize,
}

/// The sessions of one person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    /// Every session that was due, in the order of time.
    pub appointments: Vec<Appointment>,
    /// The visits of the guided phase.
    pub visits: Vec<Visit>,
    /// When the last session was given of somebody who stopped early, h.
    pub stopped: Option<f64>,
    /// Whether the guided phase has had all its sessions.
    pub complete: bool,
}

/// Times nearer to a time than this are the same instant, h.
fn rounding(time: f64) -> f64 {
    1e-10 * time.max(1.0)
}

/// A schedule made ready to decide about sessions in a model.
#[derive(Debug, Clone)]
pub struct Guidance<'m> {
    model: &'m Model,
    until: f64,
    fixed: Vec<PlannedDose>,
    guided: Option<Guided<'m>>,
}

#[derive(Debug, Clone)]
struct Guided<'m> {
    phase: GuidedPhase,
    /// Place of the output that it looks at.
    output: usize,
    replay: Replay<'m>,
}

impl<'m> Guidance<'m> {
    /// Checks a schedule against a model.
    ///
    /// # Errors
    /// A route or an output that the model does not have, conditions of another unit than the output, and what
    /// [`Replay::new`] finds.
    pub fn new(model: &'m Model, itinerary: &Itinerary, settings: Settings) -> Result<Self, SimulationError> {
        itinerary.doses.iter().try_for_each(|dose| route_of(model, dose).map(|_| ()))?;
        let guided = itinerary.guided.as_ref().map(|phase| Guided::new(model, phase, settings)).transpose()?;
        Ok(Guidance { model, until: itinerary.until, fixed: itinerary.doses.clone(), guided })
    }

    /// The most occasions that anybody may have, for [`crate::population::Effects::draw`]; 0 if nothing varies between them.
    pub fn occasions(&self) -> usize {
        let visits = self.guided.as_ref().map_or(0, |guided| guided.phase.visits().count());
        if occasions::varies(self.model) { 1 + self.fixed.len() + visits } else { 0 }
    }

    /// The sessions of a person. `attend` says what they do about a session that is due, by its course (from 0) and its number
    /// in the course (from 1).
    ///
    /// # Errors
    /// A dose that cannot be given to this person; an engine that gives up.
    pub fn decide(
        &self,
        subject: &Subject<'_>,
        attend: impl Fn(usize, usize) -> Attendance,
    ) -> Result<Decided, SimulationError> {
        let mut decided = Decided::default();
        for dose in &self.fixed {
            decided.due(dose.clone(), None, attend(dose.course, dose.session), self.until);
        }
        decided.sort();
        if let Some(guided) = &self.guided {
            guided.walk(subject, self.until, attend, &mut decided).map_err(|error| match error {
                SimulationError::Record { error, .. } => *error,
                other => other,
            })?;
            decided.sort();
        }
        Ok(decided)
    }
}

impl Decided {
    /// What is given, in the order of time.
    pub fn doses(&self) -> Vec<PlannedDose> {
        self.appointments.iter().filter(|session| !session.missed).map(|session| session.dose.clone()).collect()
    }

    fn sort(&mut self) {
        // Stable, so that sessions of one time and course stay in the order of phases.
        self.appointments
            .sort_by(|a, b| a.dose.time.total_cmp(&b.dose.time).then_with(|| a.dose.course.cmp(&b.dose.course)));
    }

    /// Whether a time is after the last session. All sessions of one instant are given, whichever of them is the last.
    fn is_over(&self, time: f64) -> bool {
        self.stopped.is_some_and(|stopped| time > stopped + rounding(stopped))
    }

    /// A session is due; says when it is given, if it is. One that would be given at the end or later is not seen any more, nor
    /// one after the last. Of several that are somebody's last the earliest is.
    fn due(&mut self, dose: PlannedDose, rule: Option<usize>, attendance: Attendance, until: f64) -> Option<f64> {
        let planned = dose.time;
        let (time, missed, last) = match attendance {
            Attendance::Missed => (planned, true, false),
            Attendance::Given { late, last } => (planned + late, false, last),
        };
        if time >= until || self.is_over(time) {
            return None;
        }
        self.appointments.push(Appointment { dose: PlannedDose { time, ..dose }, planned, missed, rule });
        if last {
            self.stopped = Some(time);
            let end = time + rounding(time);
            self.appointments.retain(|session| session.dose.time <= end);
        }
        (!missed).then_some(time)
    }
}

impl<'m> Guided<'m> {
    fn new(model: &'m Model, phase: &GuidedPhase, settings: Settings) -> Result<Self, SimulationError> {
        route_of(model, &phase.session(0, phase.begins))?;
        let (guide, outputs) = (&phase.guide, model.outputs());
        let output = outputs.iter().position(|output| output.name == guide.output);
        let output = output.ok_or_else(|| SimulationError::UnknownOutput {
            model: model.id().into(),
            output: guide.output.clone(),
            has: outputs.iter().map(|output| output.name.clone()).collect(),
        })?;
        for condition in [&guide.lengthen_if, &guide.shorten_if] {
            condition.value.as_level(&outputs[output].unit)?;
        }
        // A covariate that follows the clock changes at its time.
        let rules = Rules { covariates: CovariateRule::Locf, ..Rules::default() };
        Ok(Guided { phase: phase.clone(), output, replay: Replay::new(model, rules, settings)? })
    }

    /// A session of several devices is over by the next visit.
    fn check_devices(&self, subject: &Subject<'_>) -> Result<(), SimulationError> {
        let (model, begins) = (self.replay.model(), self.phase.begins);
        let session = self.phase.session(0, begins);
        let route = route_of(model, &session)?;
        let devices = administrations(model, &[(session, route)], subject.weight())?;
        let lasts = devices.last().map_or(0.0, |last| last.time - begins + last.over);
        self.phase.guide.check_session(lasts).map_or(Ok(()), |error| Err(error.into()))
    }

    /// Goes from visit to visit.
    fn walk(
        &self,
        subject: &Subject<'_>,
        until: f64,
        attend: impl Fn(usize, usize) -> Attendance,
        decided: &mut Decided,
    ) -> Result<(), SimulationError> {
        let (model, guide) = (self.replay.model(), &self.phase.guide);
        let with_route = |dose: &PlannedDose| Ok((dose.clone(), route_of(model, dose)?));
        self.check_devices(subject)?;
        let recorder = Recorder::new(model, subject);
        let mut history = recorder.begin(until)?;
        let given = decided.doses().iter().map(with_route).collect::<Result<Vec<_>, SimulationError>>()?;
        history.records.extend(recorder.doses(&given)?);
        history.records.sort_by(|a, b| a.time.total_cmp(&b.time));
        let (mut cursor, mut steps, mut row) = (self.replay.begin(subject, false), Steps::default(), Vec::new());
        let (mut standing, mut done, mut planned) = (Standing::default(), 0, 0);
        for (number, time) in self.phase.visits().enumerate() {
            let next = self.phase.session(planned, time);
            if guide.is_over(&standing) || decided.is_over(time) {
                break;
            }
            // Before the doses of that time, those within rounding of it too.
            let earlier = time - rounding(time);
            let place = history.records.partition_point(|record| record.time < earlier).max(done);
            history.records.insert(place, recorder.observation(0, time));
            cursor.revise(&history)?;
            while done <= place {
                row.clear();
                cursor.step(&history, &mut steps, &mut row)?;
                done += 1;
            }
            let value = (number > 0).then(|| row[self.output]);
            let due = guide.visit(&mut standing, value.map(|value| model.outputs()[self.output].unit.to_base(value)));
            if due {
                planned += 1;
                let attendance = attend(next.course, next.session);
                if let Some(time) = decided.due(next.clone(), Some(standing.interval), attendance, until) {
                    guide.given(&mut standing);
                    let place = history.records.partition_point(|record| record.time <= time).max(done);
                    history
                        .records
                        .splice(place..place, recorder.doses(&[with_route(&PlannedDose { time, ..next })?])?);
                }
            }
            decided.visits.push(Visit { time, value, due, interval: standing.interval });
        }
        decided.complete = guide.is_over(&standing);
        Ok(())
    }
}
