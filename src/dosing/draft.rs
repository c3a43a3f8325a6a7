//! A schedule as somebody wrote it, before a phase takes over what it leaves out from the one before.

use super::check::{Part, Place};
use super::phase::{is_amount, is_rate};
use super::scan::DosingFault;
use super::{Date, Dose, DosingError, DosingFaults, Input, Phase, Schedule};
use crate::error::{Fault, Faults, Span};

/// A phase as written: what it says itself, and where.
#[derive(Debug)]
pub(super) struct Draft {
    pub dose: Option<Dose>,
    pub input: Option<Input>,
    /// Everything else; its dose and input are filled in by [`assemble`].
    pub rest: Phase,
    spans: Vec<(Part, Span)>,
    /// Where the phase stands, for faults in what it does not say itself.
    pub whole: Span,
}

impl Draft {
    pub fn new(rest: Phase) -> Self {
        Draft { dose: None, input: None, rest, spans: Vec::new(), whole: Span::default() }
    }

    /// Notes where a part is written.
    ///
    /// # Errors
    /// [`DosingError::Repeated`] where it is written already.
    pub fn note(&mut self, part: Part, span: Span) -> Result<(), DosingFault> {
        if self.spans.iter().any(|(p, _)| *p == part) {
            return Err(Fault::at(DosingError::Repeated { modifier: name(part) }, span));
        }
        self.spans.push((part, span));
        Ok(())
    }

    fn span(&self, part: Part) -> Span {
        self.spans.iter().find(|(p, _)| *p == part).map_or(self.whole, |(_, span)| *span)
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Dose => "dose",
        Part::Route => "route",
        Part::Input => "over",
        Part::Pattern => "pattern",
        Part::Length => "length",
        Part::First => "first dose",
        Part::Steps => "rising … falling",
        Part::ExceptDoses => "except doses",
        Part::ExceptDays => "except days",
        Part::Max => "max",
        Part::Rounding => "rounded",
        Part::Pause => "pause",
        Part::Guide | Part::GuideEvery | Part::GuideIntervals | Part::GuideConditions | Part::GuideMost => "guided",
    }
}

/// What a phase takes over from the one before: the dose, the route, and the input while the route stays the same.
pub(super) fn inherited(before: &Phase, route: Option<&str>, dose: &Dose) -> Input {
    let same_route = route.is_none() || route == before.route.as_deref();
    let fits = match before.input {
        Input::AtRate(_) => is_rate(dose.quantity.dimension()),
        Input::Over(_) | Input::Bolus => is_amount(dose.quantity.dimension()),
    };
    if same_route && fits { before.input } else { Input::Bolus }
}

/// Fills in what each phase leaves out, and checks the whole.
pub(super) fn assemble(drafts: Vec<Vec<Draft>>, start: Option<Date>) -> Result<Schedule, DosingFaults> {
    let mut courses = Vec::new();
    let mut missing = Vec::new();
    for drafts in &drafts {
        let mut course: Vec<Phase> = Vec::new();
        for draft in drafts {
            let before = course.last();
            let Some(dose) = draft.dose.clone().or_else(|| before.map(|b| b.dose.clone())) else {
                missing.push(Fault::at(DosingError::NoDose, draft.whole));
                break;
            };
            let route = draft.rest.route.clone().or_else(|| before.and_then(|b| b.route.clone()));
            let taken_over = || before.map_or(Input::Bolus, |b| inherited(b, draft.rest.route.as_deref(), &dose));
            let input = draft.input.unwrap_or_else(taken_over);
            course.push(Phase { dose, route, input, ..draft.rest.clone() });
        }
        courses.push(course);
    }
    Faults::check(missing, || ())?;
    let span = |place: Place, kind: &DosingError| {
        let draft = drafts.get(place.course)?.get(place.phase)?;
        // What goes on for ever is the whole phase; what is missing has no word to point at.
        Some(if matches!(kind, DosingError::Endless) { draft.whole } else { draft.span(place.part) })
    };
    Schedule::checked(courses, start, span)
}
