//! One point of a sweep: its regimen, its person, and what they give.

use super::holes::filled;
use super::{Resolved, Role, Sweep, Unit};
use crate::Error;
use crate::document::Text;
use crate::dosing::{Schedule, Schedules};
use crate::error::{Fault, Faults};
use crate::population::Subject;
use crate::simulate::{Prepared, Profile, Simulation};
use crate::units::Units;
use std::ops::Range;

/// A point made ready to run.
struct Case<'s, 'm> {
    of: &'s Resolved<'m>,
    prepared: Prepared<'m>,
    subject: Subject<'m>,
}

impl<'m> Sweep<'m> {
    /// Runs some persons of a point. A point that cannot be prepared, or a subject that fails, is data and not an error.
    pub fn run(&self, point: u64, persons: Range<u64>) -> Unit {
        let measures = self.plan.measures.len();
        let case = match self.case(point) {
            Ok(case) => case,
            Err(error) => return Unit::failed(persons, measures, &error.kind().to_string()),
        };
        let mut workspace = case.prepared.workspace();
        let mut unit = Unit::new(persons.clone(), measures);
        for _ in persons {
            match Profile::of(&case.prepared, &case.subject, &mut workspace) {
                Ok(profile) => unit.push(self.values(case.of, &profile)),
                Err(error) => unit.push_failure(&error.to_string()),
            }
        }
        unit
    }

    /// Every measure of a person, in the units of the results.
    fn values(&self, of: &Resolved<'m>, profile: &Profile<'m>) -> Vec<Result<f64, String>> {
        let outputs: Vec<_> = profile.outputs().collect();
        let mut values = Vec::new();
        for ((output, measure), unit) in of.wanted.iter().zip(&self.units) {
            values.push(match outputs[*output].measure(measure) {
                Ok(Ok(quantity)) => quantity.to(unit).map(|q| q.value()).map_err(|e| e.to_string()),
                Ok(Err(missing)) => Err(missing.to_string()),
                Err(error) => Err(error.to_string()),
            });
        }
        values
    }

    /// Checks that the first point can be prepared.
    ///
    /// # Errors
    /// Why it cannot, placed in the regimen of the plan or of the point.
    pub(super) fn check_first(&self) -> Result<(), Error> {
        self.case(0).map(|_| ())
    }

    /// A point made ready to run.
    fn case(&self, point: u64) -> Result<Case<'_, 'm>, Error> {
        let (plan, setting) = (self.plan, self.setting(point));
        let factors = || plan.factors.iter().zip(&setting).zip(&self.roles);
        let chosen = factors().find(|(_, role)| **role == Role::Model).map(|((_, name), _)| name);
        let of = chosen.and_then(|name| self.models.iter().find(|m| m.name == *name)).unwrap_or(&self.models[0]);
        let mut subject = of.subject.clone();
        for ((factor, value), _) in factors().filter(|(_, role)| **role == Role::Setting) {
            let value = Text::at(value.clone(), factor.name.place.clone());
            subject = super::set(subject, &factor.name, &value)?;
        }
        let mut simulation = Simulation::new(subject.model()).subject(&subject).settings(self.settings);
        simulation = simulation.give(self.regimen(point, &setting)?);
        if let Some(until) = plan.until {
            simulation = simulation.until(until.hours());
        }
        let prepared = simulation.prepare().map_err(|error| Faults::from(Fault::new(error)).said_in(&plan.give))?;
        Ok(Case { of, prepared, subject })
    }

    /// The regimen of a point: a schedule by its id, or its text with every hole filled.
    fn regimen(&self, point: u64, setting: &[String]) -> Result<Schedule, Error> {
        let text = filled(&self.plan.give.text, &self.plan.factors, setting);
        if Schedules::text(text.trim()).is_some() {
            return Ok(Schedules::get(text.trim())?.schedule);
        }
        // Without a hole, faults stand in the plan.
        match text == self.plan.give.text {
            true => Ok(text.parse::<Schedule>().map_err(|e| Error::from(e).placed_in(&self.plan.give))?),
            false => Ok(Schedule::from_text(&text, &format!("the regimen of point {}", point + 1))?),
        }
    }
}
