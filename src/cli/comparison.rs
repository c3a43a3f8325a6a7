//! A plan of arms, read and run: what `compare` and `report` share.

use super::compare::{beside, files_beside, used};
use super::engine::describe;
use super::progress::Progress;
use super::{ArgumentError, Failure, Outcome, model, read, said};
use crate::Error;
use crate::io::{Input, Manifest};
use crate::simulate::Settings;
use crate::solve::Work;
use crate::study::compare::{self, Comparison, Models, PeoplePlan, Plan, STANDARD_EFFECTS};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct ComparisonArgs {
    /// The plan, a TOML file; without one, routes of ketamine and esketamine
    plan: Option<PathBuf>,
    /// Body weight in place of the plan's, such as 80kg
    #[arg(long)]
    weight: Option<String>,
    /// Put the library's standard effects on the models: dissociation, blood pressure and heart rate, antidepressant response
    #[arg(long)]
    effects: bool,
    /// Send so many virtual people through every arm besides the person
    #[arg(long, value_name = "N", requires = "seed", value_parser = clap::value_parser!(u64).range(1..))]
    subjects: Option<u64>,
    /// The seed of their random numbers: the same seed, the same people
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The arm that the others are compared with on these people
    #[arg(long, value_name = "ARM")]
    reference: Option<String>,
}

/// A comparison with what it was made from.
pub(super) struct Compared {
    /// The plan's file.
    pub(super) name: String,
    /// What is written there.
    pub(super) text: String,
    /// The plan, with what the command line changes.
    pub(super) plan: Plan,
    /// Its models.
    pub(super) models: Models,
    /// What it gave.
    pub(super) comparison: Comparison,
    weight: Option<String>,
    effects: bool,
}

impl ComparisonArgs {
    /// Reads the plan and runs it.
    pub(super) fn run(&self) -> Result<Compared, Failure> {
        let (name, text) = match &self.plan {
            Some(path) => (path.display().to_string(), read(&path.display().to_string())?),
            None => {
                let (name, text) = compare::default_plan();
                (name.to_string(), text.to_string())
            }
        };
        let folder = self.plan.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let mut plan = Plan::with_files(&name, &text, &files_beside(folder))?;
        if let Some(weight) = &self.weight {
            plan.set_subject("weight", said("--weight", weight));
        }
        if self.effects {
            plan.add_standard_effects(&said("--effects", "--effects"));
        }
        self.set_population(&mut plan)?;
        if self.weight.is_some() && plan.population.as_ref().is_some_and(|p| p.people.describes("weight")) {
            return Err(ArgumentError::DescribedTwice { option: "--weight".into() }.into());
        }
        let models = plan.models(|name| model(&beside(folder, name)))?;
        let progress = Progress::new(plan.runs(), "runs");
        let comparison = compare::compare(&plan, &models, |runs| progress.tick(runs))?;
        progress.finish();
        Ok(Compared { name, text, plan, models, comparison, weight: self.weight.clone(), effects: self.effects })
    }

    /// The people of the command line in place of the plan's.
    fn set_population(&self, plan: &mut Plan) -> Result<(), Error> {
        if let (Some(size), Some(seed)) = (self.subjects, self.seed) {
            let (people, file) = plan.population.take().map_or_else(Default::default, |p| (p.people, p.file));
            people.enough_for(size)?;
            plan.population = Some(PeoplePlan { size, seed, people, file });
        }
        let nobody = |option: &str| ArgumentError::NoPopulation { option: option.into() };
        if let Some(seed) = self.seed {
            plan.population.as_mut().ok_or_else(|| nobody("--seed"))?.seed = seed;
        }
        if let Some(arm) = &self.reference {
            plan.population.as_ref().ok_or_else(|| nobody("--reference"))?;
            plan.reference = Some(said("--reference", arm));
        }
        Ok(())
    }
}

impl Compared {
    /// What made it, by this command; its files are not in it yet.
    pub(super) fn manifest(&self, command: &str) -> Manifest {
        let comparison = &self.comparison;
        let mut manifest = Manifest::new(command);
        manifest.inputs.push(Input::new(Path::new(&self.name), self.text.as_bytes()));
        if let Some(weight) = &self.weight {
            manifest.settings.insert("weight".into(), weight.clone());
        }
        if self.effects {
            manifest.settings.insert("effects".into(), STANDARD_EFFECTS.join(", "));
        }
        manifest.models = self.models.values().map(used).collect();
        manifest.units_checked = self.models.values().all(|m| m.unit_checking());
        let of_people = comparison.population.iter().flat_map(|p| &p.arms).map(|arm| arm.work);
        let work = comparison.arms.iter().map(|arm| arm.work + arm.course.as_ref().map_or(Work::default(), |c| c.work));
        let work = work.chain(of_people).fold(Work::default(), |sum, work| sum + work);
        manifest.seed = comparison.population.as_ref().map(|p| p.seed);
        if let Some(people) = &self.plan.population {
            manifest.settings.insert("subjects".into(), people.size.to_string());
            let file = people.file.as_ref();
            manifest.inputs.extend(file.map(|file| Input::new(Path::new(&file.name), file.text.as_bytes())));
        }
        describe(&mut manifest, &Settings::default(), comparison.arms.iter().any(|arm| arm.integrated), work);
        manifest.warnings = comparison.warnings.iter().map(|w| w.message.clone()).collect();
        manifest
    }

    /// How the command ends.
    pub(super) fn outcome(&self) -> Outcome {
        let failed = self.comparison.population.iter().flat_map(|p| &p.arms).any(|arm| arm.failed > 0);
        if failed { Outcome::SomeFailed } else { Outcome::Done }
    }
}
