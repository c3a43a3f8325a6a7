//! One point of a sweep: its regimen, its person, and what they give.

use super::holes::{filled, holes};
use super::{Resolved, Role, Sweep, Unit};
use crate::document::Text;
use crate::dosing::{Schedule, Schedules};
use crate::error::{Diagnostic, Fault, Faults};
use crate::metrics::{Measure, Scale};
use crate::population::Population;
use crate::simulate::{Missing, Prepared, Simulation, SimulationError};
use crate::units::Units;
use crate::{Error, ErrorKind};
use std::ops::Range;

/// A point made ready to run.
struct Case<'s, 'm> {
    of: &'s Resolved<'m>,
    prepared: Prepared<'m>,
    population: Population<'m>,
}

/// Why a point cannot be prepared.
struct Refused {
    error: Error,
    /// Its regimen with every hole filled, where that is at fault.
    regimen: Option<String>,
    /// Whether other values of the factors could mend it.
    by_factor: bool,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.regimen {
            Some(regimen) => write!(f, "`{regimen}`: {}", self.error.kind()),
            None => self.error.kind().fmt(f),
        }
    }
}

impl<'m> Sweep<'m> {
    /// Runs some persons of a point. A point that cannot be prepared, or a subject that fails, is data and not an error.
    pub fn run(&self, point: u64, persons: Range<u64>) -> Unit {
        let measures = self.plan.measures.len();
        let case = match self.case(point) {
            Ok(case) => case,
            Err(refused) => return Unit::failed(persons, measures, &refused.to_string()),
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
                unit.count(&subject);
                match case.prepared.measure(&subject, &mut workspace, &case.of.wanted, &mut values) {
                    Ok(()) => unit.push(self.in_units(case.of, &values)),
                    Err(error) => unit.push_failure(&error.to_string()),
                }
            }
            next = end;
        }
        unit
    }

    /// How large the outputs of the measures become over the run of a point of one person, in the units of the results: none of
    /// measures that are not in the unit of their output, and where the point fails.
    pub(in crate::study) fn peaks(&self, point: u64) -> Vec<Option<f64>> {
        self.try_peaks(point).unwrap_or_else(|| vec![None; self.plan.measures.len()])
    }

    fn try_peaks(&self, point: u64) -> Option<Vec<Option<f64>>> {
        let case = self.case(point).ok()?;
        let subject = case.population.draws().subject(0, case.prepared.occasions()).ok()?;
        let ends =
            |(output, _): &(usize, Measure)| [Measure::Cmax(None), Measure::Cmin(None)].map(|end| (*output, end));
        let wanted: Vec<(usize, Measure)> = case.of.wanted.iter().flat_map(ends).collect();
        let mut values = vec![Err(Missing::IsZero); wanted.len()];
        case.prepared.measure(&subject, &mut case.prepared.workspace(), &wanted, &mut values).ok()?;
        let ends: Vec<Result<f64, Missing>> =
            values.chunks(2).map(|ends| Ok(ends[0]?.abs().max(ends[1]?.abs()))).collect();
        let is_level = |(_, measure): &(usize, Measure)| measure.definition().scale == Scale::Output;
        let peaks = self.in_units(case.of, &ends).zip(&case.of.wanted);
        Some(peaks.map(|(peak, wanted)| peak.ok().filter(|_| is_level(wanted))).collect())
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

    /// Checks that nothing is wrong with what the plan says of every point, at the first of them: a fault of its values is a row.
    ///
    /// # Errors
    /// Why the point cannot be prepared, where no value of a factor is to blame.
    pub(super) fn check_first(&self) -> Result<(), Error> {
        match self.case(0) {
            Err(refused) if !refused.by_factor => Err(refused.error),
            _ => Ok(()),
        }
    }

    /// The place of the model of a point.
    pub(super) fn model_of(&self, setting: &[String]) -> usize {
        let chosen = setting.iter().zip(&self.roles).find(|(_, role)| **role == Role::Model).map(|(name, _)| name);
        chosen.and_then(|name| self.models.iter().position(|m| m.name == *name)).unwrap_or(0)
    }

    /// Says so where doses per kilogram are for a weight that nobody gave, by the first person of the first point.
    pub(super) fn weight_warning(&self) -> Option<Diagnostic> {
        let case = self.case(0).ok()?;
        let first = case.population.draws().subject(0, 0).ok()?;
        case.prepared.weight_warning(&first)
    }

    /// A point made ready to run.
    fn case(&self, point: u64) -> Result<Case<'_, 'm>, Refused> {
        let (plan, setting) = (self.plan, self.setting(point));
        let of = &self.models[self.model_of(&setting)];
        let has = |role: Role| self.roles.contains(&role);
        let by_setting = |error| Refused { error, regimen: None, by_factor: has(Role::Setting) };
        let mut subject = of.subject.clone();
        let factors = plan.factors.iter().zip(&setting).zip(&self.roles);
        for ((factor, value), _) in factors.filter(|(_, role)| **role == Role::Setting) {
            let value = Text::at(value.clone(), factor.name.place.clone());
            subject = super::set(subject, &factor.name, &value).map_err(by_setting)?;
        }
        let text = filled(&plan.give.text, &plan.factors, &setting);
        let mut simulation = Simulation::new(subject.model()).subject(&subject).settings(self.settings);
        simulation = simulation.give(self.regimen(point, &text)?);
        if let Some(until) = plan.until {
            simulation = simulation.until(until.hours());
        }
        let prepared = simulation.prepare().map_err(|error| self.unprepared(error, text))?;
        let population = of.population.clone().base(subject).map_err(|faults| by_setting(faults.into()))?;
        Ok(Case { of, prepared, population })
    }

    /// The regimen of a point, from its text with every hole filled: a schedule by its id, or in words.
    fn regimen(&self, point: u64, text: &str) -> Result<Schedule, Refused> {
        if Schedules::text(text.trim()).is_some() {
            let found = Schedules::get(text.trim()).map(|found| found.schedule);
            return found.map_err(|e| Refused { error: e.into(), regimen: None, by_factor: false });
        }
        // Without a hole, faults stand in the plan.
        match *text == self.plan.give.text {
            true => text.parse::<Schedule>().map_err(|e| {
                let error = Error::from(e).placed_in(&self.plan.give);
                Refused { error, regimen: None, by_factor: false }
            }),
            false => Schedule::from_text(text, &format!("the regimen of point {}", point + 1)).map_err(|e| Refused {
                error: e.into(),
                regimen: Some(text.into()),
                by_factor: true,
            }),
        }
    }

    /// Why a point with this regimen cannot be prepared.
    fn unprepared(&self, error: SimulationError, regimen: String) -> Refused {
        let give = &self.plan.give;
        let in_hole = error
            .about(&give.text)
            .is_some_and(|words| holes(&give.text).any(|(_, hole)| words.start < hole.end && hole.start < words.end));
        let by_factor = match error {
            SimulationError::Tolerance { .. } | SimulationError::Kernel { .. } => false,
            _ => in_hole || self.roles.contains(&Role::Model),
        };
        let error = Faults::from(Fault::new(error)).said_in(give).map(ErrorKind::from);
        Refused { error, regimen: in_hole.then_some(regimen), by_factor }
    }
}
