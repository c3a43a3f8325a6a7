//! Arms (model, route, regimen) side by side on the same person: the main job.

mod arm;
mod course;
mod plan;
mod population;
mod population_table;
mod section;
mod table;

pub use arm::{ArmResult, Band, Curve, Metabolite, Published};
pub use course::{CourseResult, PhaseResult};
pub use plan::{ArmPlan, BandPlan, Observed, PeoplePlan, Plan, Variant, default_plan};
pub use population::{ArmPeople, PERCENTILES, PopulationResult, Ratio, Summary};
pub use population_table::{population_profiles, population_summary, population_table};
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
    /// The arms, in the order of the plan.
    pub arms: Vec<ArmResult>,
    /// What virtual people gave in these arms, if the plan has any.
    pub population: Option<PopulationResult>,
    /// What should be known about the result.
    pub warnings: Vec<Diagnostic>,
}

/// The models of a plan by the name they are called there.
pub type Models = BTreeMap<String, Model>;

impl Plan {
    /// Loads every model that the plan names; `load` finds one by id or path.
    ///
    /// # Errors
    /// What `load` says; a model that does not exist is reported where the plan names it.
    pub fn models(&self, load: impl Fn(&str) -> Result<Model, Error>) -> Result<Models, Error> {
        let bands = self.arms.iter().filter_map(|a| a.band.as_ref()).flat_map(|b| &b.variants);
        let banded = bands.filter_map(|v| match v {
            Variant::Model(name) => Some(name),
            Variant::Set(_) => None,
        });
        crate::study::reading::models(self.arms.iter().map(|a| &a.model).chain(banded), load)
    }
}

/// Runs a plan. `tick` is told how many people more have gone through an arm, from any thread.
///
/// # Errors
/// What is wrong with an arm, placed where the plan says it.
pub fn compare(plan: &Plan, models: &Models, tick: impl Fn(u64) + Sync) -> Result<Comparison, Error> {
    // Before anything runs for long.
    population::reference(plan)?;
    let arms: Result<Vec<_>, Error> = plan
        .arms
        .par_iter()
        .map(|arm| {
            let result = arm::run(plan, arm, models);
            tick(1);
            result
        })
        .collect();
    let arms = arms?;
    let population = population::run(plan, models, &tick)?;
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
        arms,
        population,
        warnings,
    })
}
