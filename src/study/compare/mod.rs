//! Arms (model, route, regimen) side by side on the same person: the main job.

mod arm;
mod course;
mod effects;
mod effects_people;
mod effects_table;
mod plan;
mod population;
mod population_table;
mod response;
mod section;
mod table;

pub use arm::{ArmResult, Band, Curve, Metabolite, Published};
pub use course::{CourseResult, PhaseResult};
pub use effects::{
    ArmEffects, EffectOutput, EffectPlan, Level, Monitoring, STANDARD_EFFECTS, SessionEffect, Shown, Watched,
};
pub use effects_people::{PeopleEffect, Share, people_effects_summary, people_effects_table};
pub use effects_table::{effect_curves, effects_table, response_table};
pub(in crate::study) use plan::people;
pub use plan::{ArmPlan, BandPlan, Observed, PeoplePlan, Plan, Variant, default_plan};
pub use population::{ArmPeople, PERCENTILES, PopulationResult, Ratio, Summary};
pub use population_table::{population_profiles, population_summary, population_table};
pub use response::Response;
pub use section::{Section, sections};
pub use table::{course_table, disposition_table, profiles, published_table, ranking_table, session_table, summary};

use crate::Error;
use crate::error::Diagnostic;
use crate::model::Model;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The result of a comparison.
#[derive(Debug)]
pub struct Comparison {
    /// The title.
    pub title: String,
    /// How long a session was followed, h.
    pub until: f64,
    /// The monitoring window after a session's first device, h.
    pub monitor: f64,
    /// The name of the common course.
    pub course_name: Option<String>,
    /// What the effects of the plan show, if it has any.
    pub effects: Option<Shown>,
    /// The arms, in the order of the plan.
    pub arms: Vec<ArmResult>,
    /// What virtual people gave in these arms, if the plan has any.
    pub population: Option<PopulationResult>,
    /// What should be known about the result.
    pub warnings: Vec<Diagnostic>,
}

/// The models of a plan by the name they are called there; its effects too.
pub type Models = BTreeMap<String, Model>;

impl Plan {
    /// Loads every model and effect that the plan names, and puts the effects on the arms' models that have what they need;
    /// `load` finds one by id or path.
    ///
    /// # Errors
    /// What `load` says; a model that does not exist is reported where the plan names it. What is no effect, and two effects
    /// with an output of one name.
    pub fn models(&self, load: impl Fn(&str) -> Result<Model, Error>) -> Result<Models, Error> {
        let bands = self.arms.iter().filter_map(|a| a.band.as_ref()).flat_map(|b| &b.variants);
        let banded = bands.filter_map(|v| match v {
            Variant::Model(name) => Some(name),
            Variant::Set(_) => None,
        });
        let effects = self.effects.iter().map(|effect| &effect.name);
        let named = self.arms.iter().map(|a| &a.model).chain(banded).chain(effects);
        let mut models = crate::study::reading::models(named, load)?;
        effects::attach(self, &mut models)?;
        Ok(models)
    }

    /// How many runs [`compare`] tells of.
    pub fn runs(&self) -> u64 {
        let people = self.population.as_ref().map_or(0, |people| people.size);
        let followed = |arm: &&ArmPlan| !self.effects.is_empty() && arm.course.is_some();
        self.arms.len() as u64 * (1 + 2 * people) + self.arms.iter().filter(followed).count() as u64 * people
    }
}

/// Runs a plan. `tick` is told how many people more have gone through an arm, from any thread.
///
/// # Errors
/// What is wrong with an arm, placed where the plan says it.
pub fn compare(plan: &Plan, models: &Models, tick: impl Fn(u64) + Sync) -> Result<Comparison, Error> {
    // Before anything runs for long.
    population::reference(plan)?;
    let effects = effects::shown(plan, models)?;
    let arms: Result<Vec<_>, Error> = plan
        .arms
        .par_iter()
        .map(|arm| {
            let result = arm::run(plan, arm, models, effects.as_ref());
            tick(1);
            result
        })
        .collect();
    let arms = arms?;
    let population = population::run(plan, models, effects.as_ref(), &tick)?;
    let mut warnings: Vec<Diagnostic> = Vec::new();
    let of_people = population.iter().flat_map(|p| &p.arms).flat_map(|a| &a.warnings);
    for warning in arms.iter().flat_map(|a| &a.warnings).chain(of_people) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    Ok(Comparison {
        title: plan.title.clone(),
        until: plan.until,
        monitor: plan.monitor,
        course_name: plan.course_name.clone(),
        effects,
        arms,
        population,
        warnings,
    })
}
