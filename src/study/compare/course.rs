//! The whole course of an arm: sessions, accumulation in each phase, cumulative exposure.

use super::arm::{Curve, simulated};
use super::plan::ArmPlan;
use crate::Error;
use crate::model::Model;
use crate::population::Subject;
use crate::simulate::{Missing, Profile};
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
    /// What the engines did.
    pub work: Work,
}

/// One phase of a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseResult {
    /// Number of sessions.
    pub sessions: usize,
    /// Area over the interval after the phase's last session, relative to the same interval after a single session;
    /// none where that session's dose is another than the single session's.
    pub accumulation: Option<f64>,
}

pub(super) fn run(
    arm: &ArmPlan,
    model: &Model,
    subject: &Subject<'_>,
    single: &Profile<'_>,
) -> Result<Option<CourseResult>, Error> {
    let Some(course) = &arm.course else { return Ok(None) };
    let text = course.text.replace("{session}", &arm.session.text);
    let own = Subject::clone(subject);
    let profile = simulated(model, &own, course, &text, |simulation, schedule| {
        let end = schedule.clone().bounded(None).map_or(DAY, |r| r.end().max(DAY));
        simulation.following().until(end.hours())
    })?;
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
            accumulation: (same && interval > 0.0 && alone > 0.0).then(|| view.auc(last.time, next).value() / alone),
        });
        first += count;
    }
    Ok(Some(CourseResult {
        text,
        sessions: sessions.iter().map(|s| s.time).collect(),
        phases,
        cumulative: view.auc_inf(),
        curve: Curve { times: profile.times().to_vec(), values: view.values().to_vec() },
        work: profile.work(),
    }))
}
