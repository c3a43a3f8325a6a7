//! `posology compare`: the main job.

use super::comparison::{Compared, ComparisonArgs};
use super::output::{print, table, warn};
use super::{Failure, Outcome, Shared};
use crate::io::{Format, ModelUsed, OutputFile, sha256_hex, write_set};
use crate::plot::comparison_figures;
use crate::study::compare::{self, Comparison};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    asked: ComparisonArgs,
    /// Folder for summary.csv, profiles.csv, figures and manifest.json
    #[arg(long, default_value = "out/compare")]
    out: PathBuf,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &CompareArgs) -> Result<Outcome, Failure> {
    let compared = args.asked.run()?;
    // Files first: a reader of the tables who leaves early still finds them.
    let written = write(&compared, &args.out)?;
    warn(&compared.comparison.warnings);
    show(&compared.comparison, args.shared.format)?;
    say!("wrote {written} to {}", args.out.display());
    Ok(compared.outcome())
}

fn show(comparison: &Comparison, format: Format) -> Result<(), Failure> {
    if format != Format::Table {
        return table("", &compare::summary(comparison), format);
    }
    for (i, section) in compare::sections(comparison).iter().enumerate() {
        let gap = if i == 0 { "" } else { "\n" };
        table(&format!("{gap}{}", section.heading), &section.table, format)?;
        section.notes.iter().try_for_each(|note| print(&format!("{note}\n")))?;
    }
    Ok(())
}

/// Writes the files and gives their names.
fn write(compared: &Compared, out: &Path) -> Result<String, Failure> {
    let comparison = &compared.comparison;
    let mut files = vec![
        OutputFile::csv("summary.csv", &compare::summary(comparison)),
        OutputFile::csv("profiles.csv", &compare::profiles(comparison)),
    ];
    if comparison.effects.is_some() {
        files.push(OutputFile::csv("effects.csv", &compare::effect_curves(comparison)));
    }
    if comparison.population.is_some() {
        files.push(OutputFile::csv("population.csv", &compare::population_table(comparison)));
        files.push(OutputFile::csv("population_profiles.csv", &compare::population_profiles(comparison)));
    }
    if let Some(table) = compare::people_effects_table(comparison) {
        files.push(OutputFile::csv("population_effects.csv", &table.with_reasons()));
    }
    for (name, figure) in comparison_figures(comparison)? {
        files.push(OutputFile::new(format!("{name}.svg"), figure.to_svg()?));
        files.push(OutputFile::new(format!("{name}.png"), figure.to_png()?));
    }
    write_set(out, "manifest.json", &mut compared.manifest("compare"), &files)?;
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
