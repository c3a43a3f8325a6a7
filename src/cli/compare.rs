//! `posology compare`: the main job.

use super::engine::describe;
use super::output::{print, table, warn};
use super::progress::Progress;
use super::{ArgumentError, Failure, Outcome, Shared, model, read, said};
use crate::Error;
use crate::error::Source;
use crate::io::{Format, Input, Manifest, ModelUsed, OutputFile, sha256_hex, write_set};
use crate::plot::{course_figure, population_figure, session_figure};
use crate::simulate::Settings;
use crate::solve::Work;
use crate::study::compare::{self, Comparison, Models, PeoplePlan, Plan};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The plan, a TOML file; without one, routes of ketamine and esketamine
    plan: Option<PathBuf>,
    /// Body weight in place of the plan's, such as 80kg
    #[arg(long)]
    weight: Option<String>,
    /// Folder for summary.csv, profiles.csv, figures and manifest.json
    #[arg(long, default_value = "out/compare")]
    out: PathBuf,
    /// Send so many virtual people through every arm besides the person
    #[arg(long, value_name = "N", requires = "seed", value_parser = clap::value_parser!(u64).range(1..))]
    subjects: Option<u64>,
    /// The seed of their random numbers: the same seed, the same people
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The arm that the others are compared with on these people
    #[arg(long, value_name = "ARM")]
    reference: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &CompareArgs) -> Result<Outcome, Failure> {
    let (name, text) = match &args.plan {
        Some(path) => (path.display().to_string(), read(&path.display().to_string())?),
        None => {
            let (name, text) = compare::default_plan();
            (name.to_string(), text.to_string())
        }
    };
    let folder = args.plan.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let mut plan = Plan::with_files(&name, &text, &files_beside(folder))?;
    if let Some(weight) = &args.weight {
        plan.set_subject("weight", said("--weight", weight));
    }
    set_population(&mut plan, args)?;
    if args.weight.is_some() && plan.population.as_ref().is_some_and(|p| p.people.describes("weight")) {
        return Err(ArgumentError::DescribedTwice { option: "--weight".into() }.into());
    }
    let models = plan.models(|name| model(&beside(folder, name)))?;
    let people = plan.population.as_ref().map_or(0, |people| people.size);
    let file = plan.population.as_ref().and_then(|people| people.file.as_deref());
    let progress = Progress::new(plan.arms.len() as u64 * (1 + 2 * people), "runs");
    let comparison = compare::compare(&plan, &models, |runs| progress.tick(runs))?;
    progress.finish();
    // Files first: a reader of the tables who leaves early still finds them.
    let written = write(&comparison, &models, (&name, &text, file), args)?;
    warn(&comparison.warnings);
    show(&comparison, args.shared.format)?;
    eprintln!("wrote {written} to {}", args.out.display());
    let failed = comparison.population.iter().flat_map(|p| &p.arms).any(|arm| arm.failed > 0);
    Ok(if failed { Outcome::SomeFailed } else { Outcome::Done })
}

/// The people of the command line in place of the plan's.
fn set_population(plan: &mut Plan, args: &CompareArgs) -> Result<(), Error> {
    if let (Some(size), Some(seed)) = (args.subjects, args.seed) {
        let (people, file) = plan.population.take().map_or_else(Default::default, |p| (p.people, p.file));
        people.enough_for(size)?;
        plan.population = Some(PeoplePlan { size, seed, people, file });
    }
    let nobody = |option: &str| ArgumentError::NoPopulation { option: option.into() };
    if let Some(seed) = args.seed {
        plan.population.as_mut().ok_or_else(|| nobody("--seed"))?.seed = seed;
    }
    if let Some(arm) = &args.reference {
        plan.population.as_ref().ok_or_else(|| nobody("--reference"))?;
        plan.reference = Some(said("--reference", arm));
    }
    Ok(())
}

fn show(comparison: &Comparison, format: Format) -> Result<(), Failure> {
    if format != Format::Table {
        return table("", &compare::summary(comparison), format);
    }
    let session = format!("{}: one session", comparison.title);
    table(&session, &compare::session_table(comparison), format)?;
    table("\nDisposition and metabolite", &compare::disposition_table(comparison), format)?;
    print("* beyond what the source sampled (less than two half-lives)   ? sampling not stated by the source\n")?;
    for arm in comparison.arms.iter().filter(|a| a.note.is_some()) {
        print(&format!("{}: {}\n", arm.name, arm.note.as_deref().unwrap_or_default()))?;
    }
    let course = comparison.course_name.as_deref().unwrap_or("the course of the plan");
    table(&format!("\nWhole course: {course}"), &compare::course_table(comparison), format)?;
    table("\nWithin equal analyte and site", &compare::ranking_table(comparison), format)?;
    if let Some(population) = &comparison.population {
        let heading = format!("\nPopulation: the same {} virtual people in every arm, one session", population.size);
        table(&heading, &compare::population_summary(comparison), format)?;
    }
    if comparison.arms.iter().any(|a| !a.published.is_empty()) {
        table("\nPublished beside simulated", &compare::published_table(comparison), format)?;
    }
    Ok(())
}

/// Writes the files and gives their names.
fn write(
    comparison: &Comparison,
    models: &Models,
    (name, text, file): (&str, &str, Option<&Source>),
    args: &CompareArgs,
) -> Result<String, Failure> {
    let mut manifest = Manifest::new("compare");
    manifest.inputs.push(Input::new(Path::new(name), text.as_bytes()));
    if let Some(weight) = &args.weight {
        manifest.settings.insert("weight".into(), weight.clone());
    }
    manifest.models = models.values().map(used).collect();
    manifest.units_checked = models.values().all(|m| m.unit_checking());
    let of_people = comparison.population.iter().flat_map(|p| &p.arms).map(|arm| arm.work);
    let work = comparison.arms.iter().map(|arm| arm.work + arm.course.as_ref().map_or(Work::default(), |c| c.work));
    let work = work.chain(of_people).fold(Work::default(), |sum, work| sum + work);
    manifest.seed = comparison.population.as_ref().map(|p| p.seed);
    if let Some(population) = &comparison.population {
        manifest.settings.insert("subjects".into(), population.size.to_string());
        manifest.inputs.extend(file.map(|file| Input::new(Path::new(&file.name), file.text.as_bytes())));
    }
    describe(&mut manifest, &Settings::default(), comparison.arms.iter().any(|arm| arm.integrated), work);
    manifest.warnings = comparison.warnings.iter().map(|w| w.message.clone()).collect();
    let (session, course) = (session_figure(comparison), course_figure(comparison));
    let mut files = vec![
        OutputFile::csv("summary.csv", &compare::summary(comparison)),
        OutputFile::csv("profiles.csv", &compare::profiles(comparison)),
        OutputFile::new("session.svg", session.to_svg()?),
        OutputFile::new("session.png", session.to_png()?),
        OutputFile::new("course.svg", course.to_svg()?),
        OutputFile::new("course.png", course.to_png()?),
    ];
    if let Some(figure) = population_figure(comparison)? {
        files.push(OutputFile::csv("population.csv", &compare::population_table(comparison)));
        files.push(OutputFile::csv("population_profiles.csv", &compare::population_profiles(comparison)));
        files.push(OutputFile::new("population.svg", figure.to_svg()?));
        files.push(OutputFile::new("population.png", figure.to_png()?));
    }
    write_set(&args.out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}

/// Reads the files that a plan names, seen from the plan's folder.
pub(super) fn files_beside(folder: &Path) -> impl Fn(&str) -> std::io::Result<String> {
    |name| std::fs::read_to_string(folder.join(name))
}

/// A model file that a plan names, seen from the plan's folder.
pub(super) fn beside(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    if path.is_file() { path.display().to_string() } else { name.to_string() }
}

/// A model's entry in a manifest.
pub(super) fn used(model: &crate::model::Model) -> ModelUsed {
    ModelUsed {
        id: model.id().into(),
        grade: model.grade().to_string(),
        sha256: sha256_hex(model.source().text.as_bytes()),
    }
}
