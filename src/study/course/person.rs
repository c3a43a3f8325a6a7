//! The course of one person: sessions are decided, then what was given is simulated once and asked everything.

use crate::Error;
use crate::dosing::{Itinerary, PlannedDose, Span};
use crate::metrics::Measure;
use crate::model::Model;
use crate::population::Subject;
use crate::simulate::{
    Appointment, Attendance, Decided, Guidance, Missing, Prepared, Settings, SimulationError, Visit,
};
use crate::solve::Work;
use crate::units::{Quantity, Unit};

/// What is asked of every person of an arm.
#[derive(Debug)]
pub(super) struct Question<'m> {
    pub model: &'m Model,
    pub itinerary: Itinerary,
    pub guidance: Guidance<'m>,
    pub settings: Settings,
    /// For each analyte the place of the output that measures it, if the model has one.
    pub exposures: Vec<Option<usize>>,
    /// The unit of areas.
    pub area: Unit,
    /// Places of the outputs that are responses.
    pub responses: Vec<usize>,
    /// Which of the responses is followed over time; where none is, the dose given so far is.
    pub followed: Option<usize>,
    /// Times at which it is, h.
    pub times: Vec<f64>,
}

/// Where somebody is in their course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Sessions at fixed times.
    Fixed,
    /// A guided phase, with the interval of this place.
    Interval(usize),
    /// All sessions of the guided phase have been given, or the schedule at fixed times is over.
    Complete,
    /// Stopped for good.
    Stopped,
}

/// A session and what was seen just before it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionCourse {
    /// When it was planned and given.
    pub appointment: Appointment,
    /// mg base; none if it was missed.
    pub amount: Option<f64>,
    /// The responses before it, in their units; none at the very start.
    pub before: Option<Vec<f64>>,
}

/// The course of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonCourse {
    /// Every session that was due, in the order of time.
    pub sessions: Vec<SessionCourse>,
    /// The visits of a guided phase.
    pub visits: Vec<Visit>,
    /// When the last session was given of somebody who stopped early, h.
    pub stopped: Option<f64>,
    /// Times (h) and what the person's state is from then on.
    pub states: Vec<(f64, State)>,
    /// mg base of all sessions.
    pub dose: f64,
    /// mg/kg base of all sessions, if a body weight is known.
    pub per_kg: Option<f64>,
    /// For each analyte the area over the whole time; none where the model has no such output.
    pub areas: Vec<Option<f64>>,
    /// The responses at the end, in their units.
    pub ends: Vec<f64>,
    /// When each phase ends, h, in the order of [`Itinerary::spans`]; the guided one with the interval after its last session.
    pub phase_times: Vec<f64>,
    /// The responses then.
    pub phase_ends: Vec<Vec<f64>>,
    /// What is followed over time, at the times of the arm.
    pub curve: Vec<f64>,
    /// Whether any state was integrated rather than propagated exactly.
    pub integrated: bool,
    /// What the engines did.
    pub work: Work,
}

impl PersonCourse {
    /// Sessions that were given.
    pub fn given(&self) -> impl Iterator<Item = &SessionCourse> {
        self.sessions.iter().filter(|session| !session.appointment.missed)
    }

    /// How many were missed.
    pub fn missed(&self) -> usize {
        self.sessions.iter().filter(|session| session.appointment.missed).count()
    }

    /// How many were late.
    pub fn delayed(&self) -> usize {
        self.sessions.iter().filter(|session| session.appointment.dose.time > session.appointment.planned).count()
    }

    /// The state at a time (h).
    pub fn state(&self, time: f64) -> State {
        let begun = self.states.partition_point(|(from, _)| *from <= time);
        begun.checked_sub(1).map_or(State::Fixed, |at| self.states[at].1)
    }

    /// The state at the end.
    pub fn last_state(&self) -> State {
        self.states.last().map_or(State::Fixed, |(_, state)| *state)
    }
}

impl Question<'_> {
    /// Answers it for a person.
    ///
    /// # Errors
    /// A dose that cannot be given to this person; an engine that gives up.
    pub fn of(
        &self,
        subject: &Subject<'_>,
        attend: impl Fn(usize, usize) -> Attendance,
    ) -> Result<PersonCourse, Error> {
        let decided = self.guidance.decide(subject, attend)?;
        let doses = decided.doses();
        let prepared = self.prepared(&doses)?;
        let mut workspace = prepared.workspace();
        let starts: Vec<f64> = decided.appointments.iter().map(|a| a.dose.time).filter(|time| *time > 0.0).collect();
        let phase_times = self.phase_times(&decided);
        let wanted = self.wanted(&phase_times, &starts);
        let mut answers: Vec<Result<f64, Missing>> = vec![Ok(f64::NAN); wanted.len()];
        prepared.measure(subject, &mut workspace, &wanted, &mut answers)?;
        // Areas up to the end and values before it exist in every model.
        let mut answers = answers.into_iter().map(|answer| answer.unwrap_or(f64::NAN));
        let mut next = || answers.next().expect("there is an answer to each question");
        let areas = self.exposures.iter().map(|output| output.map(|output| self.in_area(next(), output))).collect();
        let mut responses = || self.responses.iter().map(|_| next()).collect::<Vec<f64>>();
        let ends = responses();
        let phase_ends = phase_times.iter().map(|_| responses()).collect();
        let mut before: Vec<Vec<f64>> = starts.iter().map(|_| responses()).collect();
        before.reverse();
        let amounts: Vec<f64> =
            workspace.administrations().iter().filter(|a| a.device == 1).map(|a| a.dose_amount).collect();
        let curve = match self.followed {
            Some(_) => answers.collect(),
            None => given_so_far(&doses, &amounts, &self.times),
        };
        let dose = amounts.iter().sum();
        let mut amounts = amounts.into_iter();
        let states = states(&decided, self.itinerary.over);
        let sessions = decided.appointments.into_iter().map(|appointment| SessionCourse {
            amount: if appointment.missed { None } else { amounts.next() },
            before: if appointment.dose.time > 0.0 { before.pop() } else { None },
            appointment,
        });
        Ok(PersonCourse {
            sessions: sessions.collect(),
            visits: decided.visits,
            stopped: decided.stopped,
            states,
            dose,
            per_kg: subject.weight().map(|weight| dose / weight),
            areas,
            ends,
            phase_times,
            phase_ends,
            curve,
            integrated: prepared.is_integrated(),
            work: workspace.work(),
        })
    }

    /// A simulation of these doses.
    pub fn prepared(&self, doses: &[PlannedDose]) -> Result<Prepared<'_>, SimulationError> {
        Prepared::giving(self.model, Some(doses), Vec::new(), self.itinerary.until, self.settings)
    }

    /// What is asked of the solution, in the order in which it is answered. What happens at a time is not seen just before it.
    fn wanted(&self, phase_times: &[f64], starts: &[f64]) -> Vec<(usize, Measure)> {
        let until = self.itinerary.until;
        let areas = self.exposures.iter().flatten().map(|output| (*output, Measure::Auc(0.0, until)));
        let before = phase_times.iter().chain(starts).map(|time| time.next_down());
        let times = std::iter::once(until).chain(before);
        let at = times.flat_map(|time| self.responses.iter().map(move |output| (*output, Measure::At(time))));
        let followed = self.followed.map(|response| self.responses[response]);
        let curve = followed.into_iter().flat_map(|output| self.times.iter().map(move |t| (output, Measure::At(*t))));
        areas.chain(at).chain(curve).collect()
    }

    /// When each phase ends.
    fn phase_times(&self, decided: &Decided) -> Vec<f64> {
        let over = self.itinerary.guided.as_ref().filter(|_| decided.complete).and_then(|phase| {
            let (dose, last) = (phase.session(0, phase.begins), decided.visits.last()?);
            Some(((dose.course, dose.phase), last.time + phase.guide.intervals[last.interval].hours()))
        });
        let end = |span: &Span| match over {
            Some((place, over)) if place == (span.course, span.phase) => over.min(span.ends),
            _ => span.ends,
        };
        self.itinerary.spans.iter().map(end).collect()
    }

    /// An area of an output in the unit of areas.
    fn in_area(&self, area: f64, output: usize) -> f64 {
        let unit = crate::metrics::Scale::Area.unit_of(&self.model.outputs()[output].unit);
        Quantity::new(area, unit).to(&self.area).map_or(f64::NAN, |area| area.value())
    }
}

/// mg given up to each time.
fn given_so_far(doses: &[PlannedDose], amounts: &[f64], times: &[f64]) -> Vec<f64> {
    let total = |time: &f64| amounts[..doses.partition_point(|dose| dose.time <= *time)].iter().sum();
    times.iter().map(total).collect()
}

/// The states of a person; `over` is when a schedule at fixed times is.
fn states(decided: &Decided, over: Option<f64>) -> Vec<(f64, State)> {
    let mut states: Vec<(f64, State)> = Vec::new();
    for visit in &decided.visits {
        let state = State::Interval(visit.interval);
        if states.last().is_none_or(|(_, before)| *before != state) {
            states.push((visit.time, state));
        }
    }
    let guided = decided.appointments.iter().rev().find(|session| session.rule.is_some() && !session.missed);
    let last = guided.filter(|_| decided.complete).map(|session| session.dose.time);
    let over = over.filter(|_| decided.stopped.is_none());
    states.extend(last.or(over).map(|time| (time, State::Complete)));
    states.extend(decided.stopped.map(|stopped| (stopped, State::Stopped)));
    states
}
