//! A response over the whole course: a day after the first session, at the end of each phase, at the end.

use super::{Curve, EffectOutput, PhaseResult};
use crate::simulate::{Missing, Profile};

/// The first response is read so long after the first session begins, h.
const FIRST: f64 = 24.0;

/// An output of an effect over the whole course, in its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// 24 h after the first session.
    pub day: Result<f64, Missing>,
    /// At the end of each phase, before the next dose.
    pub phase_ends: Vec<f64>,
    /// At the end of the course.
    pub end: f64,
    /// The curve.
    pub curve: Curve,
}

impl Response {
    /// Of one output.
    ///
    /// # Errors
    /// Why the model does not have it.
    pub(super) fn of(output: &EffectOutput, profile: &Profile<'_>, phases: &[PhaseResult]) -> Result<Self, String> {
        let view = profile.output(&output.name).map_err(|_| output.missing(profile.model()))?;
        let first = profile.sessions().first().map_or(0.0, |session| session.time);
        let end = profile.until();
        let day = if first + FIRST > end { Err(Missing::BeyondEnd) } else { Ok(view.at(first + FIRST)) };
        Ok(Response {
            day: day.map(|value| value.value()),
            // What is given at the end of a phase belongs to the next.
            phase_ends: phases.iter().map(|phase| view.at(phase.end.next_down()).value()).collect(),
            end: view.at(end).value(),
            curve: Curve { times: profile.times().to_vec(), values: view.values().to_vec() },
        })
    }
}
