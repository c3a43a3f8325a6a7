//! `posology sensitivity`: how much each factor decides about each measure.

use super::compare::{beside, used};
use super::engine::{EngineArgs, describe};
use super::output::{table, warn};
use super::progress::Progress;
use super::threads::ThreadsArgs;
use super::{Failure, Outcome, Shared, model, read};
use crate::error::Diagnostic;
use crate::io::{Format, Input, Manifest, OutputFile, write_set};
use crate::plot::{scatter_figure, tornado_figure};
use crate::solve::Work;
use crate::study::compare::Models;
use crate::study::sensitivity::{Analysis, Bootstrap, Design, Method, SensitivityPlan, index_table, measure_table};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct SensitivityArgs {
    /// The plan, a TOML file
    plan: PathBuf,
    /// Folder for indices.csv, measures.csv, design.csv, figures and manifest.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &SensitivityArgs) -> Result<Outcome, Failure> {
    let name = args.plan.display().to_string();
    let text = read(&name)?;
    let plan = SensitivityPlan::parse(&name, &text)?;
    let folder = args.plan.parent().unwrap_or(Path::new(""));
    let models = plan.models(|name| model(&beside(folder, name)))?;
    let design = plan.design(&models, args.engine.settings())?;
    let pool = args.threads.pool()?;
    let progress = Progress::new(design.runs(), "simulations");
    let mut analysis = pool.install(|| design.run(&models, |more| progress.tick(more)))?;
    progress.finish();
    analysis.warnings.extend(failures(&analysis));
    // Files first: a reader of the tables who leaves early still finds them.
    let written = match &args.out {
        Some(out) => Some(write(&analysis, &design, &models, (&name, &text), &plan, out)?),
        None => None,
    };
    warn(&analysis.warnings);
    show(&analysis, args.shared.format)?;
    if let (Some(names), Some(out)) = (written, &args.out) {
        say!("wrote {names} to {}", out.display());
    }
    Ok(if analysis.failed > 0 { Outcome::SomeFailed } else { Outcome::Done })
}

/// Says how many simulations failed, if any did.
fn failures(analysis: &Analysis) -> Option<Diagnostic> {
    let (failed, runs) = (analysis.failed, analysis.runs);
    let message = || format!("{failed} of {runs} simulations lack a measure; what rests on them is missing");
    let hint = "`design.csv` of `--out DIR` has them with their reasons; a narrower range may leave them out";
    (failed > 0).then(|| Diagnostic::warning("W_POINTS_FAILED", message()).with_hint(hint))
}

fn show(analysis: &Analysis, format: Format) -> Result<(), Failure> {
    if format != Format::Table {
        return table("", &index_table(analysis), format);
    }
    table(&format!("{}: {}", analysis.title, heading(analysis)), &index_table(analysis), format)?;
    table("\nMeasures", &measure_table(analysis), format)
}

/// What the numbers are, in words.
fn heading(analysis: &Analysis) -> String {
    let runs = analysis.runs;
    let interval = |bootstrap: Bootstrap| format!("{} % bootstrap intervals", 100.0 * bootstrap.level);
    match analysis.method {
        Method::Sobol { bootstrap, .. } => {
            format!("Sobol indices with {}, {runs} simulations", interval(bootstrap))
        }
        Method::Morris { bootstrap, .. } => {
            format!(
                "elementary effects over the whole range with {} of mu_star, {runs} simulations",
                interval(bootstrap)
            )
        }
        Method::Local { .. } => format!("elasticities at the point, {runs} simulations"),
    }
}

/// Writes the files and gives their names.
fn write(
    analysis: &Analysis,
    design: &Design,
    models: &Models,
    (name, text): (&str, &str),
    plan: &SensitivityPlan,
    out: &Path,
) -> Result<String, Failure> {
    let mut manifest = Manifest::new("sensitivity");
    manifest.inputs.push(Input::new(Path::new(name), text.as_bytes()));
    manifest.models = models.values().map(used).collect();
    manifest.units_checked = models.values().all(|m| m.unit_checking());
    manifest.seed = Some(plan.seed());
    manifest.settings = settings(analysis, design);
    describe(&mut manifest, design.settings(), !design.is_exact(models), Work::default());
    manifest.warnings = analysis.warnings.iter().map(|w| w.message.clone()).collect();
    let evaluated = &analysis.evaluated;
    let mut files = vec![
        OutputFile::csv("indices.csv", &index_table(analysis)),
        OutputFile::csv("measures.csv", &measure_table(analysis)),
        OutputFile { units: evaluated.units.clone(), ..OutputFile::new("design.csv", evaluated.csv.as_str()) },
    ];
    let tornado = tornado_figure(analysis);
    files.push(OutputFile::new("tornado.svg", tornado.to_svg()?));
    files.push(OutputFile::new("tornado.png", tornado.to_png()?));
    for measure in 0..analysis.measures.len() {
        if let Some(figure) = scatter_figure(analysis, measure) {
            let stem = scatter_name(analysis, measure);
            files.push(OutputFile::new(format!("{stem}.svg"), figure.to_svg()?));
            files.push(OutputFile::new(format!("{stem}.png"), figure.to_png()?));
        }
    }
    write_set(out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}

/// A name for a file, made of that of a measure, which may be any text.
fn scatter_name(analysis: &Analysis, measure: usize) -> String {
    let plain = |place: usize| -> String {
        let name = &analysis.measures[place].name;
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
    };
    let name = plain(measure);
    // File systems differ in whether they tell capitals from small letters.
    let same = |other: usize| plain(other).eq_ignore_ascii_case(&name);
    match (0..analysis.measures.len()).filter(|other| same(*other)).count() {
        1 => format!("scatter-{name}"),
        _ => format!("scatter-{name}-{}", measure + 1),
    }
}

fn settings(analysis: &Analysis, design: &Design) -> std::collections::BTreeMap<String, String> {
    let mut settings = vec![
        ("method", analysis.method.name().to_string()),
        ("simulations", analysis.runs.to_string()),
        ("failed", analysis.failed.to_string()),
    ];
    let intervals = |b: Bootstrap| [("bootstrap", b.resamples.to_string()), ("level", b.level.to_string())];
    match analysis.method {
        Method::Sobol { points, bootstrap } => {
            settings.push(("points", points.to_string()));
            settings.extend(intervals(bootstrap));
        }
        Method::Morris { trajectories, levels, bootstrap } => {
            settings.extend([("trajectories", trajectories.to_string()), ("levels", levels.to_string())]);
            settings.extend(intervals(bootstrap));
        }
        Method::Local { .. } => settings.extend(design.step().map(|step| ("step", step.to_string()))),
    }
    settings.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
