//! `posology target`: probabilities of attaining a target, and the doses that reach one.

use super::compare::{beside, files_beside, used};
use super::engine::{EngineArgs, describe};
use super::output::{draw, table, warn};
use super::progress::Progress;
use super::threads::ThreadsArgs;
use super::{Failure, Outcome, Shared, model, read};
use crate::io::{Format, Input, Manifest, OutputFile, write_set};
use crate::plot::target_figure;
use crate::solve::Work;
use crate::study::compare::Models;
use crate::study::target::{CHUNK, PointResult, TargetPlan, TargetResult, attain};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// The plan, a TOML file
    plan: PathBuf,
    /// Folder for results.csv, doses.csv, figures and manifest.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw the probabilities to this SVG or PNG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &TargetArgs) -> Result<Outcome, Failure> {
    let name = args.plan.display().to_string();
    let text = read(&name)?;
    let folder = args.plan.parent().unwrap_or(Path::new(""));
    let plan = TargetPlan::with_files(&name, &text, &files_beside(folder))?;
    let models = plan.models(|name| model(&beside(folder, name)))?;
    let pool = args.threads.pool()?;
    let progress = Progress::new(plan.points().saturating_mul(plan.max_subjects), "subjects at most");
    let result = pool.install(|| attain(&plan, &models, args.engine.settings(), |people| progress.tick(people)));
    progress.finish();
    let result = result?;
    let mut manifest = Manifest::new("target");
    manifest.inputs.push(Input::new(&args.plan, text.as_bytes()));
    let people = plan.people_file().map(|file| Input::new(Path::new(&file.name), file.text.as_bytes()));
    manifest.inputs.extend(people);
    manifest.models = models.values().map(used).collect();
    if let Some(path) = &args.plot {
        draw(&target_figure(&result), path, &manifest)?;
    }
    // Files first: a reader of the tables who leaves early still finds them.
    let written = args.out.as_ref().map(|out| write(out, args, &result, &plan, &models, manifest)).transpose()?;
    warn(&result.warnings);
    match args.shared.format {
        Format::Table => {
            for (target, name) in result.targets.iter().enumerate() {
                let (gap, percent) = (if target > 0 { "\n" } else { "" }, 100.0 * result.level);
                let heading = format!("{gap}Probability of `{name}`, with its {percent} % interval");
                table(&heading, &result.summary(target), Format::Table)?;
            }
            let dose = &result.factors[result.dose];
            let heading = format!("\nSmallest `{dose}` that reaches {}, among those of the plan", result.probability);
            if let Some(smallest) = result.smallest() {
                table(&heading, &smallest, Format::Table)?;
            }
        }
        format => table("", &result.results(), format)?,
    }
    if let (Some(written), Some(out)) = (written, &args.out) {
        say!("wrote {written} to {}", out.display());
    }
    Ok(if result.is_complete() { Outcome::Done } else { Outcome::SomeFailed })
}

/// Writes the files and gives their names.
fn write(
    out: &Path,
    args: &TargetArgs,
    result: &TargetResult,
    plan: &TargetPlan,
    models: &Models,
    mut manifest: Manifest,
) -> Result<String, Failure> {
    manifest.units_checked = models.values().all(|m| m.unit_checking());
    manifest.seed = Some(plan.seed());
    manifest.warnings = result.warnings.iter().map(|w| w.message.clone()).collect();
    manifest.settings = settings(plan, result);
    // Units of a sweep do not count what the engines did.
    describe(&mut manifest, &args.engine.settings(), result.integrated, Work::default());
    let figure = target_figure(result);
    let mut files = vec![OutputFile::csv("results.csv", &result.results())];
    files.extend(result.smallest().map(|table| OutputFile::csv("doses.csv", &table)));
    files.push(OutputFile::new("target.svg", figure.to_svg()?));
    files.push(OutputFile::new("target.png", figure.to_png()?));
    write_set(out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}

/// How probabilities were found, and how many people it took.
fn settings(plan: &TargetPlan, result: &TargetResult) -> BTreeMap<String, String> {
    let total = |count: fn(&PointResult) -> u64| result.points.iter().map(count).sum::<u64>().to_string();
    let settings = [
        ("method", format!("Wilson's interval, looked at after every {CHUNK} people")),
        ("probability", plan.probability.to_string()),
        ("half_width", plan.half_width.to_string()),
        ("level", plan.level.to_string()),
        ("max_subjects", plan.max_subjects.to_string()),
        ("simulations", total(|point| point.people)),
        ("failed", total(|point| point.failed)),
    ];
    settings.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
