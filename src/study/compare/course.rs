//! The whole course of an arm: sessions, accumulation in each phase, cumulative exposure.

use super::arm::{Curve, simulation};
use super::effects::{self, Shown};
use super::plan::ArmPlan;
use super::response::Response;
use crate::Error;
use crate::document::Text;
use crate::dosing::Schedule;
use crate::model::{Grade, Model};
use crate::population::Subject;
use crate::simulate::{Missing, Profile, Simulation};
use crate::solve::Work;
use crate::units::{Quantity, Units};

/// A course is followed for a day at least, h.
const DAY: f64 = 24.0;

/// What a whole course gave.
#[derive(Debug, Clone)]
pub struct CourseResult {
    /// The course as written, the session in its place.
    pub text: String,
    /// When each session begins, h.
    pub sessions: Vec<f64>,
    /// Its phases.
    pub phases: Vec<PhaseResult>,
    /// Area under the whole course, to infinity.
    pub cumulative: Result<Quantity, Missing>,
    /// The curve.
    pub curve: Curve,
    /// What effects do over the course, in the order of [`Shown::responses`]; or why the arm has none.
    pub responses: Vec<Result<Response, String>>,
    /// The worst grade of the model and of the outputs that are followed on it; none where none is.
    pub response_grade: Option<Grade>,
    /// What the engines did.
    pub work: Work,
}

/// One phase of a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseResult {
    /// Number of sessions.
    pub sessions: usize,
    /// When the next phase begins, or the course ends, h.
    pub end: f64,
    /// Area over the interval after the phase's last session, relative to the same interval after a single session;
    /// none where that session's dose is another than the single session's.
    pub accumulation: Option<f64>,
}

pub(super) fn run(
    arm: &ArmPlan,
    model: &Model,
    subject: &Subject<'_>,
    single: &Profile<'_>,
    effects: Option<&Shown>,
) -> Result<Option<CourseResult>, Error> {
    let Some(course) = &arm.course else { return Ok(None) };
    let own = Subject::clone(subject);
    let profile = course_simulation(arm, course, model, &own)?.run().map_err(|e| e.said_in(course))?;
    let (view, of_single) = (profile.output(&arm.output.text), single.output(&arm.output.text));
    let (view, of_single) = match (view, of_single) {
        (Ok(view), Ok(of_single)) => (view, of_single),
        (Err(kind), _) | (_, Err(kind)) => return Err(Error::from(arm.output.place.fault::<crate::ErrorKind>(kind))),
    };
    let sessions = profile.sessions();
    let end = profile.until();
    let mut phases: Vec<PhaseResult> = Vec::new();
    let mut first = 0;
    while first < sessions.len() {
        let count = sessions[first..].iter().take_while(|s| s.phase == sessions[first].phase).count();
        let last = &sessions[first + count - 1];
        let next = sessions.get(first + count).map_or(end, |s| s.time);
        let interval = next - last.time;
        let same = last.amount == single.sessions()[0].amount && last.devices == single.sessions()[0].devices;
        let alone = of_single.auc(0.0, interval).value();
        phases.push(PhaseResult {
            sessions: count,
            end: next,
            accumulation: (same && interval > 0.0 && alone > 0.0).then(|| view.auc(last.time, next).value() / alone),
        });
        first += count;
    }
    let responses = effects.map_or_else(Vec::new, |shown| {
        shown.responses.iter().map(|output| Response::of(output, &profile, &phases)).collect()
    });
    Ok(Some(CourseResult {
        responses,
        response_grade: effects
            .filter(|shown| !shown.responses.is_empty())
            .map(|shown| effects::grade(model, &shown.responses)),
        text: text(arm, course),
        sessions: sessions.iter().map(|s| s.time).collect(),
        phases,
        cumulative: view.auc_inf(),
        curve: Curve { times: profile.times().to_vec(), values: view.values().to_vec() },
        work: profile.work(),
    }))
}

/// The simulation of an arm's course, which is `course`.
pub(super) fn course_simulation<'m>(
    arm: &ArmPlan,
    course: &Text,
    model: &'m Model,
    subject: &Subject<'m>,
) -> Result<Simulation<'m>, Error> {
    simulation(model, subject, course, &text(arm, course), configure)
}

/// A course with the arm's session in its place.
fn text(arm: &ArmPlan, course: &Text) -> String {
    course.text.replace("{session}", &arm.session.text)
}

fn configure<'m>(simulation: Simulation<'m>, schedule: &Schedule) -> Simulation<'m> {
    let end = schedule.clone().bounded(None).map_or(DAY, |r| r.end().max(DAY));
    simulation.following().until(end.hours())
}
