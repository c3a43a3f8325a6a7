//! One side of an equivalence: a model, a person, and what is given, of an amount that is known or looked for.

use super::{EquivalentError, Question, SidePlan};
use crate::document::Text;
use crate::dosing::{Course, DosingError, DosingFaults, Schedule, Schedules};
use crate::error::{Fault, Faults, Span};
use crate::metrics::Measure;
use crate::model::{Device, Model, common_covariate};
use crate::population::Subject;
use crate::simulate::{Missing, Prepared, Profile, Settings, Simulation, SimulationError};
use crate::solve::Work;
use crate::study::PlanError;
use crate::study::compare::Models;
use crate::units::{Dimension, Quantity, Units};
use crate::{Error, ErrorKind};

/// What stands before a test's text so that it can be read; its faults are moved back by as much.
const PLACEHOLDERS: [&str; 2] = ["1 mg ", "2 mg "];

/// A model, a person and a schedule.
#[derive(Debug)]
pub(super) struct Side<'m> {
    pub model: &'m Model,
    pub subject: Subject<'m>,
    give: Text,
    schedule: Schedule,
    settings: Settings,
    /// How long it is simulated, h; set once both sides are known.
    pub until: f64,
}

impl SidePlan {
    /// `MODEL: REGIMEN`, or `MODEL: ROUTE …`.
    ///
    /// # Errors
    /// A text without a colon.
    pub fn read(option: &str, text: &Text) -> Result<SidePlan, Error> {
        let Some(at) = text.text.find(':') else {
            let kind = PlanError::from(EquivalentError::NoColon { option: option.into() });
            return Err(Error::from(text.place.fault::<ErrorKind>(kind)));
        };
        Ok(SidePlan { model: trimmed(text, 0, at), give: trimmed(text, at + 1, text.text.len()) })
    }
}

/// A part of a text without the spaces around it.
fn trimmed(text: &Text, start: usize, end: usize) -> Text {
    let part = &text.text[start..end];
    let begins = start + part.len() - part.trim_start().len();
    text.slice(begins, begins + part.trim().len())
}

impl<'m> Side<'m> {
    /// The side whose doses are known: a regimen, or the id of a published schedule.
    pub fn reference(question: &Question, models: &'m Models) -> Result<Self, Error> {
        let give = &question.reference.give;
        let schedule = match Schedules::text(&give.text) {
            Some(_) => Schedules::get(&give.text)?.schedule,
            None => give.text.parse().map_err(|e: DosingFaults| Error::from(e).placed_in(give))?,
        };
        Side::new(question, &question.reference, schedule, models)
    }

    /// The side whose doses are looked for.
    pub fn test(question: &Question, models: &'m Models) -> Result<Self, Error> {
        let give = &question.test.give;
        let wrong = |kind: EquivalentError| Error::from(give.place.fault::<ErrorKind>(PlanError::from(kind)));
        if give.text.parse::<Schedule>().is_ok() {
            return Err(wrong(EquivalentError::AmountGiven));
        }
        let [one, two] = PLACEHOLDERS.map(|placeholder| with_amount(placeholder, give));
        let (one, two) = (one?, two?);
        let [course] = one.courses() else { return Err(wrong(EquivalentError::SeveralRoutes)) };
        if course.iter().any(|phase| phase.route != course[0].route) {
            return Err(wrong(EquivalentError::SeveralRoutes));
        }
        let others = two.courses().iter().flatten();
        let fixed = course.iter().zip(others).any(|(one, two)| {
            one.dose.quantity == two.dose.quantity
                || one.first.is_some()
                || one.steps.is_some()
                || one.dose.salt.is_some()
        });
        if fixed {
            return Err(wrong(EquivalentError::AmountGiven));
        }
        if course.iter().any(|phase| phase.rounding.is_some()) {
            return Err(wrong(EquivalentError::RoundingGiven));
        }
        Side::new(question, &question.test, one, models)
    }

    fn new(question: &Question, plan: &SidePlan, schedule: Schedule, models: &'m Models) -> Result<Self, Error> {
        let model = &models[&plan.model.text];
        let mut subject = Subject::typical(model);
        for (name, value) in &question.subject {
            let has = |model: &Model| model.covariates().iter().any(|c| c.name == name.text);
            // What the other side's model alone has is left out here.
            if !has(model) && common_covariate(&name.text).is_none() && models.values().any(has) {
                continue;
            }
            subject = subject.with_text(&name.text, &value.text).map_err(|e| e.said_as(name, value))?;
        }
        let (give, settings) = (plan.give.clone(), question.settings);
        Ok(Side { model, subject, give, schedule, settings, until: 0.0 })
    }

    /// When its regimen ends, h.
    ///
    /// # Errors
    /// A regimen without an end, where no time is given.
    pub fn end(&self, until: Option<f64>) -> Result<f64, Error> {
        let bounded = self.schedule.clone().bounded(until);
        bounded.map(|regimen| regimen.end()).map_err(|e| Error::from(e).placed(&self.give.place))
    }

    /// The same doses of another amount, mg.
    fn of_amount(&self, amount: f64) -> Result<Schedule, SimulationError> {
        let mut courses: Vec<Course> = self.schedule.courses().to_vec();
        for phase in courses.iter_mut().flatten() {
            phase.dose.quantity = Quantity::base(amount, Dimension::MASS);
        }
        Schedule::new(courses, self.schedule.start()).map_err(|faults| {
            let first = faults.into_vec().into_iter().next().map(|fault| fault.kind);
            SimulationError::Dosing(first.unwrap_or(DosingError::NoDose))
        })
    }

    /// The simulation for the person, of an amount (mg) where it is looked for.
    fn simulation(&self, amount: Option<f64>) -> Result<Simulation<'m>, SimulationError> {
        let schedule = amount.map_or_else(|| Ok(self.schedule.clone()), |amount| self.of_amount(amount))?;
        let simulation = Simulation::new(self.model).subject(&self.subject).settings(self.settings);
        Ok(simulation.give(schedule).until(self.until.hours()))
    }

    /// The simulation made ready to run, without sampling times.
    ///
    /// # Errors
    /// As [`Simulation::prepare`].
    pub fn prepared(&self, amount: Option<f64>) -> Result<Prepared<'m>, SimulationError> {
        self.simulation(amount)?.prepare()
    }

    /// The curves of the person.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn profile(&self, amount: Option<f64>) -> Result<Profile<'m>, Error> {
        let simulation = self.simulation(amount).map_err(|e| self.said(e))?.following();
        Ok(simulation.run().map_err(|e| e.said_in(&self.give))?)
    }

    /// Metrics of a person.
    ///
    /// # Errors
    /// A dose that cannot be given or simulated.
    pub fn measure(
        &self,
        amount: Option<f64>,
        subject: &Subject<'m>,
        wanted: &[(usize, Measure)],
    ) -> Result<(Vec<Result<f64, Missing>>, Work), SimulationError> {
        let prepared = self.prepared(amount)?;
        let mut workspace = prepared.workspace();
        let mut values = vec![Err(Missing::IsZero); wanted.len()];
        prepared.measure(subject, &mut workspace, wanted, &mut values)?;
        Ok((values, workspace.work()))
    }

    /// The route that the test gives its doses by, and its devices.
    ///
    /// # Errors
    /// A route that the model does not have.
    pub fn route(&self) -> Result<Option<(&'m str, Option<Device>)>, Error> {
        let prepared = self.prepared(Some(1.0)).map_err(|e| self.said(e))?;
        let route = prepared.doses().first().map(|(_, route)| &self.model.routes()[*route]);
        Ok(route.map(|route| (route.name.as_str(), route.device)))
    }

    /// An error of a simulation, placed on the words that it is about.
    pub fn said(&self, error: SimulationError) -> Error {
        Faults::from(Fault::new(error)).said_in(&self.give).into()
    }
}

/// Reads a test with an amount before it; faults stand where they stand without it.
fn with_amount(placeholder: &str, give: &Text) -> Result<Schedule, Error> {
    let read = Schedule::from_text(&format!("{placeholder}{}", give.text), "test");
    let back = |at: usize| at.saturating_sub(placeholder.len());
    read.map_err(|faults| {
        Error::from(faults.each(|fault| {
            let span = fault.span.map(|span| Span::new(back(span.start), back(span.end)));
            give.part(span).fault(fault.kind)
        }))
    })
}
