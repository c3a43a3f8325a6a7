//! What is known of a schedule before anybody is given anything: its doses, its phases, and the rule of a guided one.

use super::regimen::Courses;
use super::{DosingError, Forever, Guide, Guided, Phase, PlannedDose, Regimen, Schedule};

/// A schedule up to a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Itinerary {
    /// The end, h.
    pub until: f64,
    /// The doses at fixed times, in the order of time, all before the end.
    pub doses: Vec<PlannedDose>,
    /// When each phase begins and ends, course by course.
    pub spans: Vec<Span>,
    /// The guided phase, if it begins before the end.
    pub guided: Option<GuidedPhase>,
    /// When it is over, h: the interval after the last dose has passed, or a single dose is given. None where it goes on to the
    /// end, or is guided.
    pub over: Option<f64>,
}

/// When a phase begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Index of the course, from 0.
    pub course: usize,
    /// Index of the phase in its course, from 0.
    pub phase: usize,
    /// h
    pub begins: f64,
    /// h; the next phase begins then or later.
    pub ends: f64,
}

/// A guided phase with its place in time.
#[derive(Debug, Clone, PartialEq)]
pub struct GuidedPhase {
    /// Its rule.
    pub guide: Guide,
    /// When it begins, h.
    pub begins: f64,
    /// When everything ends, h.
    pub until: f64,
    /// A dose of it; its time, slot and session are those of the first.
    dose: PlannedDose,
}

impl GuidedPhase {
    /// Times of its visits, h; by multiplication, never by adding up.
    pub fn visits(&self) -> impl Iterator<Item = f64> + '_ {
        (0u32..)
            .map(|visit| self.begins + self.guide.every.times(f64::from(visit)))
            .take_while(|time| is_before(*time, self.until))
    }

    /// A session at a time (h), with its number in the phase, from 0.
    pub fn session(&self, number: usize, time: f64) -> PlannedDose {
        PlannedDose { time, slot: number, session: self.dose.session + number, ..self.dose.clone() }
    }
}

impl Schedule {
    /// What is known of it up to a time (h).
    ///
    /// # Errors
    /// Those of [`Forever::until`]; a guided phase with more visits than [`super::MAX_DOSES`].
    pub fn itinerary(&self, until: f64) -> Result<Itinerary, DosingError> {
        let inner = self.inner();
        let (regimen, guided) = match self {
            Schedule::Guided(schedule) => (schedule.fixed(until)?.0, Some(schedule)),
            _ => (Forever(inner.clone()).until(until)?, None),
        };
        let mut doses = regimen.doses();
        doses.retain(|dose| is_before(dose.time, until));
        let last = doses.last().map_or(0.0, |dose| dose.time);
        let over = match self {
            Schedule::Bounded(regimen) => Some(regimen.end().max(last)).filter(|over| is_before(*over, until)),
            Schedule::Unbounded(_) | Schedule::Guided(_) => None,
        };
        let spans = spans(inner, until);
        let guided = guided.and_then(|schedule| phase(schedule, &spans, &regimen, until));
        if guided.as_ref().is_some_and(|guided| guided.visits().take(super::MAX_DOSES + 1).count() > super::MAX_DOSES) {
            return Err(DosingError::TooManyDoses);
        }
        Ok(Itinerary { until, doses, spans, guided, over })
    }
}

/// A time within rounding of the end is at the end, which is outside.
fn is_before(time: f64, until: f64) -> bool {
    time < until - 1e-10 * until.max(1.0)
}

fn spans(courses: &Courses, until: f64) -> Vec<Span> {
    let of_course = |(course, phases): (usize, &Vec<Phase>)| {
        let spans = courses.origins(phases).enumerate().map(|(index, (origin, phase))| {
            let open = phase.guide.is_some() || phase.pattern.is_once() && phase.length.is_none();
            let length = phase.hours(origin).filter(|_| !open);
            // A single dose without a length lasts until the next phase begins.
            let length = length.or_else(|| Some(phase.hours(origin)? + phase.pause?.hours()));
            let ends = length.map_or(until, |length| (origin.hours + length).min(until));
            Span { course, phase: index, begins: origin.hours, ends }
        });
        spans.filter(|span| is_before(span.begins, until)).collect::<Vec<_>>()
    };
    courses.courses.iter().enumerate().flat_map(of_course).collect()
}

fn phase(schedule: &Guided, spans: &[Span], fixed: &Regimen, until: f64) -> Option<GuidedPhase> {
    let (course, index) = schedule.place();
    let begins = spans.iter().find(|span| (span.course, span.phase) == (course, index))?.begins;
    let phase = &schedule.0.courses[course][index];
    let before = fixed.doses().iter().filter(|dose| dose.course == course).count();
    let dose = PlannedDose {
        time: begins,
        course,
        phase: index,
        slot: 0,
        session: before + 1,
        quantity: phase.dose.quantity.clone(),
        salt: phase.dose.salt.clone(),
        route: phase.route.clone(),
        input: phase.input,
        max: phase.max.clone(),
        rounding: phase.rounding.clone(),
    };
    Some(GuidedPhase { guide: schedule.guide().clone(), begins, until, dose })
}
