//! Sweeps: one simulation at every point of a design over doses, intervals, regimens, models, parameters and covariates.
//!
//! A [`SweepPlan`] is what was written; a [`Sweep`] is the plan checked against its models. What a point gives is a pure
//! function of the plan and the point's number, so points and persons can be run in any order, anywhere.

mod design;
mod error;
mod factors;
mod holes;
mod plan;
mod point;
mod run;
mod summary;
mod unit;

pub(in crate::study) use design::Design;
pub use design::Factor;
pub use error::SweepError;
pub(in crate::study) use factors::{designed, named_factors, too_many};
pub use plan::SweepPlan;
pub(in crate::study) use plan::{KEYS, MODEL, MOST_PERSONS, seed};
pub use run::{
    Ended, Folder, Lock, Merged, Parts, Run, RunError, Shard, Status, Totals, Watch, array_expression, merge, status,
};
pub use unit::Unit;

use crate::Error;
use crate::document::Text;
use crate::error::{Diagnostic, Fault, Faults};
use crate::io::{Cell, Column};
use crate::metrics::Measure;
use crate::model::{Dynamics, Model, common_covariate};
use crate::population::{Outside, Population, Subject};
use crate::simulate::{Engine, Settings, SimulationError};
use crate::study::compare::Models;
use crate::units::{self, UnitError};
use crate::{ErrorKind, study::PlanError};
use holes::HOLE_OF_REGIMENS;
pub(in crate::study) use holes::holes;
use plan::Measurement;
use summary::Probability;

/// A plan checked against its models.
#[derive(Debug)]
pub struct Sweep<'m> {
    plan: &'m SweepPlan,
    settings: Settings,
    points: u64,
    /// In the order of the plan.
    models: Vec<Resolved<'m>>,
    /// What each factor does.
    roles: Vec<Role>,
    /// Units of the measures.
    units: Vec<units::Unit>,
    /// Levels of the probabilities, in the units of their measures.
    levels: Vec<f64>,
}

/// A model, with what the plan asks of it.
#[derive(Debug)]
struct Resolved<'m> {
    name: &'m str,
    /// The plan's people in the terms of the model; without variability if there is only the typical subject.
    population: Population<'m>,
    /// What holds for all of them.
    subject: Subject<'m>,
    /// Output and metric of each measure.
    wanted: Vec<(usize, Measure)>,
    /// Its unit.
    units: Vec<units::Unit>,
}

/// What a factor does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    /// It fills a hole of the regimen.
    Hole,
    /// It chooses the model.
    Model,
    /// It sets a covariate or a parameter.
    Setting,
}

impl<'m> Sweep<'m> {
    /// Checks a plan against its models; the default settings apply.
    ///
    /// # Errors
    /// Everything that does not fit, placed where the plan says it.
    pub fn new(plan: &'m SweepPlan, models: &'m Models) -> Result<Self, Error> {
        Sweep::with(plan, models, Settings::default())
    }

    /// The same with an engine, tolerances and instruction set of one's own.
    ///
    /// # Errors
    /// As [`Sweep::new`].
    pub fn with(plan: &'m SweepPlan, models: &'m Models, settings: Settings) -> Result<Self, Error> {
        let mut found: Vec<Fault<ErrorKind>> = Vec::new();
        let mut resolved: Vec<Resolved<'m>> = Vec::new();
        for name in plan.models.iter() {
            // A list of points may name a model more than once.
            if resolved.iter().all(|r| r.name != name.text) {
                match resolve(plan, name, models) {
                    Ok(model) => resolved.push(model),
                    Err(error) => found.extend(error.into_vec()),
                }
            }
        }
        Faults::check(std::mem::take(&mut found), || ())?;
        let roles: Vec<Role> = plan.factors.iter().map(|factor| role(plan, factor)).collect();
        for (factor, _) in plan.factors.iter().zip(&roles).filter(|(_, role)| **role == Role::Setting) {
            found.extend(resolved.iter().flat_map(|model| check_values(factor, model)));
        }
        found.extend(other_units(plan, &resolved));
        let units = resolved.first().map_or_else(Vec::new, |first| first.units.clone());
        let mut levels = Vec::new();
        for chance in &plan.probabilities {
            match level(chance, &units[chance.measure]) {
                Ok(level) => levels.push(level),
                Err(error) => found.push(chance.text.place.fault(ErrorKind::Unit(error))),
            }
        }
        let points = plan.points();
        let sweep = Faults::check(found, || Sweep { plan, settings, points, models: resolved, roles, units, levels })?;
        sweep.check_first()?;
        Ok(sweep)
    }

    /// How it is computed.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The plan.
    pub fn plan(&self) -> &'m SweepPlan {
        self.plan
    }

    /// Number of points.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// Number of subjects of each point; 1 is the typical subject.
    pub fn subjects(&self) -> u64 {
        self.plan.subjects
    }

    /// How often the subjects of each point are simulated, each time with estimates drawn anew.
    pub fn replicates(&self) -> u64 {
        self.plan.replicates
    }

    /// Persons of each point, numbered from 0: its subjects, replicate after replicate.
    pub fn persons(&self) -> u64 {
        self.subjects() * self.replicates()
    }

    /// Whether results hold a row per person rather than one per point.
    pub fn every_subject(&self) -> bool {
        self.plan.every_subject
    }

    /// The factors, in the order of the plan.
    pub fn factors(&self) -> &[Factor] {
        &self.plan.factors
    }

    /// The values of the factors at a point, as written.
    pub fn setting(&self, point: u64) -> Vec<String> {
        self.plan.design.setting(&self.plan.factors, point)
    }

    /// The units of the measures, in their order.
    pub(in crate::study) fn units(&self) -> &[units::Unit] {
        &self.units
    }

    /// The columns of the results.
    pub fn columns(&self) -> Vec<Column> {
        self.plan.columns(&self.units)
    }

    /// What should be known about the models and their people, each once.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let mut warnings: Vec<Diagnostic> = self.weight_warning().into_iter().collect();
        for model in &self.models {
            let of_people = model.population.warnings();
            for warning in model.population.model().warnings().iter().chain(&of_people) {
                if !warnings.contains(warning) {
                    warnings.push(warning.clone());
                }
            }
        }
        warnings
    }

    /// Says who is outside the ranges of the people that the models were made from, counted at every point.
    pub fn outside(&self, totals: &Totals) -> Vec<Diagnostic> {
        let of_models = self.models.iter().zip(&totals.outside);
        let warnings = of_models.flat_map(|(model, outside)| outside.warnings(model.population.model()));
        let over_points = |w: Diagnostic| Diagnostic { message: format!("over all points, {}", w.message), ..w };
        warnings.map(over_points).collect()
    }

    /// How a point of one person fared.
    pub(in crate::study) fn totals(&self, point: u64, unit: &Unit) -> Totals {
        let model = self.model_of(&self.setting(point));
        let mut outside = vec![Outside::default(); model + 1];
        outside[model].merge(unit.outside());
        Totals { rows: 1, failed: u64::from(unit.whys().next().is_some()), outside }
    }

    /// Whether a comparison holds for a person with these measures, in the order of the plan; none where its measure is missing.
    pub(in crate::study) fn holds(&self, comparison: usize, measures: &[f64]) -> Option<bool> {
        let chance = &self.plan.probabilities[comparison];
        let value = measures[chance.measure];
        (!value.is_nan()).then(|| chance.comparison.holds(value, self.levels[comparison]))
    }

    /// The first reason of a unit why something is missing, with whose it is unless it is that of the whole point.
    pub(in crate::study) fn reason(&self, unit: &Unit) -> Option<String> {
        unit.whys().next().map(|why| self.plan.said(&why, true))
    }

    /// Whether a unit is of a point that could not be prepared for anybody.
    pub(in crate::study) fn is_unprepared(&self, unit: &Unit) -> bool {
        unit.whys().next().is_some_and(|why| why.of == unit::Of::Point)
    }

    /// The place of the model of a point.
    pub(in crate::study) fn place_of_model(&self, point: u64) -> usize {
        self.model_of(&self.setting(point))
    }

    /// Number of models.
    pub(in crate::study) fn models(&self) -> usize {
        self.models.len()
    }

    /// The rows of a point from the units it consists of, in their order: one row, or one per person. Where there is a row per
    /// person, units may be reduced one by one.
    pub fn reduce(&self, point: u64, units: &[Unit]) -> Vec<Vec<Cell>> {
        self.plan.rows(point, &self.setting(point), units, &self.levels)
    }
}

/// Whether everything that these models say is propagated exactly, which depends neither on tolerances nor on the instruction
/// set. Doses that follow the state take even a linear model to the integrator.
pub(in crate::study) fn is_exact(settings: &Settings, models: &Models) -> bool {
    let is_linear = |model: &Model| matches!(model.dynamics(), Dynamics::Linear { .. }) && !model.doses_follow_state();
    matches!(settings.engine, Engine::Auto | Engine::Exact) && models.values().all(is_linear)
}

/// The level of a probability, in the unit of its measure.
fn level(chance: &Probability, unit: &units::Unit) -> Result<f64, UnitError> {
    chance.level.as_level(unit)?;
    Ok(chance.level.to(unit)?.value())
}

/// What a factor does: it fills a hole of the regimen where there is one of its name.
fn role(plan: &SweepPlan, factor: &Factor) -> Role {
    let regimens = plan.factors.iter().filter(|f| f.name() == HOLE_OF_REGIMENS).flat_map(Factor::texts);
    let is_hole = |text: &Text| holes(&text.text).any(|(hole, _)| hole == factor.name());
    if std::iter::once(&plan.give).chain(regimens).any(is_hole) {
        Role::Hole
    } else if factor.name() == MODEL {
        Role::Model
    } else {
        Role::Setting
    }
}

/// The plan's person and measures, in the terms of a model.
fn resolve<'m>(plan: &'m SweepPlan, name: &'m Text, models: &'m Models) -> Result<Resolved<'m>, Error> {
    let model = &models[&name.text];
    let mut found: Vec<Fault<ErrorKind>> = Vec::new();
    let subject = person(plan, model, models).unwrap_or_else(|error| {
        found.extend(error.into_vec());
        Subject::typical(model)
    });
    let (mut wanted, mut units) = (Vec::new(), Vec::new());
    for measure in &plan.measures {
        match output(model, measure) {
            Ok((output, unit)) => {
                wanted.push((output, measure.what.measure.clone()));
                units.push(unit);
            }
            Err(error) => found.extend(error.into_vec()),
        }
    }
    let others: Vec<&Model> = models.values().filter(|m| m.id() != model.id()).collect();
    let mut population = Population::of(model).size(plan.subjects).seed(plan.seed);
    if plan.is_typical() {
        population = population.without_variability();
    }
    if let Some((people, _)) = &plan.people {
        match population.clone().people_among(people, &others) {
            Ok(changed) => population = changed,
            Err(faults) => found.extend(faults.map(|kind| PlanError::People(kind).into()).into_vec()),
        }
    }
    Faults::check(found, || Resolved { name: &name.text, population, subject, wanted, units })
}

/// What a plan says of everybody, in the terms of a model.
pub(in crate::study) fn person<'m>(plan: &SweepPlan, model: &'m Model, models: &Models) -> Result<Subject<'m>, Error> {
    let mut found: Vec<Fault<ErrorKind>> = Vec::new();
    let mut subject = Subject::typical(model);
    for (name, value) in plan.subject.iter().chain(&plan.set) {
        let others = models.values().filter(|m| m.id() != model.id());
        if !knows(model, &name.text) && others.into_iter().any(|m| knows(m, &name.text)) {
            continue;
        }
        match set(subject.clone(), name, value) {
            Ok(changed) => subject = changed,
            Err(error) => found.extend(error.into_vec()),
        }
    }
    Faults::check(found, || subject)
}

/// Whether a model knows a covariate or parameter.
pub(in crate::study) fn knows(model: &Model, name: &str) -> bool {
    let parameter = model.parameters().iter().any(|p| p.name == name);
    parameter || model.covariates().iter().any(|c| c.name == name) || common_covariate(name).is_some()
}

/// The same person with a covariate or a parameter set.
pub(in crate::study) fn set<'m>(subject: Subject<'m>, name: &Text, value: &Text) -> Result<Subject<'m>, Error> {
    let is_parameter = subject.model().parameters().iter().any(|p| p.name == name.text);
    let changed = match is_parameter {
        true => {
            let quantity = value.text.parse().map_err(|f| Error::from(value.fault(f, ErrorKind::Unit)))?;
            subject.set(&name.text, &quantity)
        }
        false => subject.with_text(&name.text, &value.text),
    };
    Ok(changed.map_err(|e| e.said_as(name, value))?)
}

/// The output and unit of a measure.
fn output(model: &Model, measure: &Measurement) -> Result<(usize, units::Unit), Error> {
    let outputs = model.outputs();
    let names = || outputs.iter().map(|o| o.name.clone()).collect::<Vec<_>>();
    let text = &measure.text;
    let wrong = |kind: ErrorKind| Error::from(text.place.fault::<ErrorKind>(kind));
    let index = match &measure.what.output {
        Some(name) => outputs.iter().position(|o| o.name == *name).ok_or_else(|| {
            let kind = SimulationError::UnknownOutput { model: model.id().into(), output: name.clone(), has: names() };
            let at = text.text.find(name.as_str()).unwrap_or(0);
            Error::from(text.slice(at, at + name.len()).place.fault::<ErrorKind>(kind))
        })?,
        None if outputs.len() == 1 => 0,
        None => {
            let (measure, model) = (text.text.clone(), model.id().to_string());
            return Err(wrong(PlanError::Sweep(SweepError::WhichOutput { measure, model, outputs: names() }).into()));
        }
    };
    let unit = &outputs[index].unit;
    if let Some(level) = measure.what.measure.level() {
        level.as_level(unit).map_err(|e| wrong(e.into()))?;
    }
    let unit = measure.what.measure.definition().scale.unit(unit).map_err(|e| wrong(e.into()))?;
    Ok((index, unit))
}

/// What is wrong with the values of a factor that sets a covariate or a parameter.
fn check_values(factor: &Factor, of: &Resolved<'_>) -> Vec<Fault<ErrorKind>> {
    let model = of.subject.model();
    if !knows(model, factor.name()) {
        let parameters = model.parameters().iter().map(|p| p.name.clone());
        let kind = SweepError::UnknownFactor {
            factor: factor.name().into(),
            model: model.id().into(),
            known: parameters.chain(model.covariates().iter().map(|c| c.name.clone())).collect(),
        };
        return vec![factor.name.place.fault(PlanError::Sweep(kind))];
    }
    let wrong = |value| set(of.subject.clone(), &factor.name, value).err().map(Faults::into_vec);
    factor.texts().iter().filter_map(wrong).flatten().collect()
}

/// Measures that are of another dimension in another model than in the first.
fn other_units(plan: &SweepPlan, models: &[Resolved<'_>]) -> Vec<Fault<ErrorKind>> {
    let mut found = Vec::new();
    for (model, i) in models.iter().flat_map(|m| (0..plan.measures.len()).map(move |i| (m, i))) {
        let (unit, wanted) = (&model.units[i], &models[0].units[i]);
        if unit.dimension() != wanted.dimension() {
            let kind = SweepError::OtherUnit {
                measure: plan.measures[i].name.text.clone(),
                model: model.subject.model().id().into(),
                found: unit.to_string(),
                wanted: wanted.to_string(),
            };
            found.push(plan.measures[i].text.place.fault(PlanError::Sweep(kind)));
        }
    }
    found
}
