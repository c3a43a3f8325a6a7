//! One point of a sweep: its regimen, its person, and what they give.

use super::holes::filled;
use super::{Resolved, Role, Sweep, Unit};
use crate::Error;
use crate::document::Text;
use crate::dosing::{Schedule, Schedules};
use crate::error::{Fault, Faults};
use crate::population::Population;
use crate::simulate::{Missing, Prepared, Simulation};
use crate::units::Units;
use std::ops::Range;

/// A point made ready to run.
struct Case<'s, 'm> {
    of: &'s Resolved<'m>,
    prepared: Prepared<'m>,
    population: Population<'m>,
}

impl<'m> Sweep<'m> {
    /// Runs some persons of a point. A point that cannot be prepared, or a subject that fails, is data and not an error.
    pub fn run(&self, point: u64, persons: Range<u64>) -> Unit {
        let measures = self.plan.measures.len();
        let case = match self.case(point) {
            Ok(case) => case,
            Err(error) => return Unit::failed(persons, measures, &error.kind().to_string()),
        };
        let mut unit = Unit::new(persons.clone(), measures);
        let (mut workspace, subjects) = (case.prepared.workspace(), self.plan.subjects);
        let (mut next, mut values) = (persons.start, vec![Err(Missing::IsZero); measures]);
        while next < persons.end {
            let replicate = next / subjects;
            let end = persons.end.min((replicate + 1) * subjects);
            let population = case.population.clone().replicate(replicate);
            let mut draws = population.draws();
            for person in next..end {
                let drawn = draws.subject(person % subjects, case.prepared.occasions());
                let subject = match drawn {
                    Ok(subject) => subject,
                    Err(faults) => {
                        unit.push_failure(&faults.kind().to_string());
                        continue;
                    }
                };
                match case.prepared.measure(&subject, &mut workspace, &case.of.wanted, &mut values) {
                    Ok(()) => unit.push(self.in_units(case.of, &values)),
                    Err(error) => unit.push_failure(&error.to_string()),
                }
            }
            next = end;
        }
        unit
    }

    /// Values in the units of the results, which are those of the first model.
    fn in_units<'v>(
        &'v self,
        of: &'v Resolved<'m>,
        values: &'v [Result<f64, Missing>],
    ) -> impl Iterator<Item = Result<f64, Missing>> + 'v {
        let units = of.units.iter().zip(&self.units);
        values.iter().zip(units).map(|(value, (from, to))| match from == to {
            true => *value,
            false => value.map(|value| to.from_base(from.to_base(value))),
        })
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
        let population = of.population.clone().base(subject)?;
        Ok(Case { of, prepared, population })
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
