//! `posology models`.

use super::output::{print, table, warn};
use super::{Failure, Outcome, Shared, model};
use crate::Error;
use crate::io::{Cell, Column, Format, Table};
use crate::model::{CovariateKind, Dynamics, Evidence, FileKind, Model, ModelError, StateKind, Tolerance, catalogue};
use crate::study::{CheckResult, parameter_table, verify};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// The models of the catalogue
    List {
        #[command(flatten)]
        shared: Shared,
    },
    /// One model: sources, parameters, routes, outputs, assumptions
    Show {
        /// Its id, or the path of a file
        id: String,
        /// Print the model file itself: flows, expressions, checks
        #[arg(long)]
        file: bool,
        #[command(flatten)]
        shared: Shared,
    },
    /// Read model files and say everything that is wrong with them
    Check {
        /// Model files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Run the checks of models against the numbers of their sources
    Verify {
        /// Ids or paths; without one, every model of the catalogue
        models: Vec<String>,
        /// Print every check, not only those that fail
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        shared: Shared,
    },
}

pub(super) fn run(command: &ModelsCommand) -> Result<Outcome, Failure> {
    match command {
        ModelsCommand::List { shared } => list(shared.format),
        ModelsCommand::Show { id, file: true, .. } => {
            print(&model(id)?.source().text)?;
            Ok(Outcome::Done)
        }
        ModelsCommand::Show { id, shared, .. } => show(&model(id)?, shared.format),
        ModelsCommand::Check { files } => check(files),
        ModelsCommand::Verify { models, all, shared } => verify_all(models, *all, shared.format),
    }
}

fn list(format: Format) -> Result<Outcome, Failure> {
    let mut rows = Table::new(["id", "grade", "drug", "routes", "outputs", "title"].map(Column::new).into());
    for entry in catalogue() {
        let model = Model::catalogue(entry.id)?;
        let routes: Vec<_> = model.routes().iter().map(|r| r.name.as_str()).collect();
        let outputs: Vec<_> = model.outputs().iter().map(|o| format!("{} ({})", o.name, o.site)).collect();
        rows.push(vec![
            model.id().into(),
            model.grade().to_string().into(),
            model.drug().into(),
            routes.join(", ").into(),
            outputs.join(", ").into(),
            model.title().into(),
        ]);
    }
    table("", &rows, format)?;
    Ok(Outcome::Done)
}

fn show(model: &Model, format: Format) -> Result<Outcome, Failure> {
    if format == Format::Table {
        print(&heading(model))?;
        table("\nParameters", &parameter_table(model), format)?;
        print(&structure(model))?;
    } else {
        table("", &parameter_table(model), format)?;
    }
    warn(model.warnings());
    Ok(Outcome::Done)
}

fn heading(model: &Model) -> String {
    let mut text = format!("{}\n{}\ngrade {}, drug {}\n", model.id(), model.title(), model.grade(), model.drug());
    for source in model.sources() {
        text.push_str(&format!("\nsource {}: {}\n", source.key, source.citation));
        for (name, value) in [("doi", &source.doi), ("via", &source.via)] {
            if let Some(value) = value {
                text.push_str(&format!("  {name} {value}\n"));
            }
        }
    }
    let population = model.population();
    if !population.description.is_empty() {
        text.push_str(&format!("\npopulation: {}\n", population.description));
    }
    if !population.site.is_empty() {
        text.push_str(&format!("site: {}\n", population.site));
    }
    for range in &population.ranges {
        let show = |v| range.unit.from_base(v);
        text.push_str(&format!("  {} {}..{} {}\n", range.name, show(range.low), show(range.high), range.unit));
    }
    for note in model.notes() {
        text.push_str(&format!("note: {note}\n"));
    }
    for (name, why) in model.assumptions() {
        text.push_str(&format!("assumed: {name}: {why}\n"));
    }
    let provenance = model.provenance();
    for (name, why) in &provenance.missing_variability {
        text.push_str(&format!("variability missing: {name}: {why}\n"));
    }
    if let Some(base) = &provenance.extends {
        text.push_str(&format!("extends {base}: {}\n", provenance.overrides.join(", ")));
    }
    text
}

fn structure(model: &Model) -> String {
    let mut text = String::new();
    for covariate in model.covariates() {
        let kind = match &covariate.kind {
            CovariateKind::Number { unit } => format!("{} {unit}", unit.from_base(covariate.reference)),
            CovariateKind::Flag => (covariate.reference != 0.0).to_string(),
            CovariateKind::Category { options } => {
                format!("{} (of {})", options[covariate.reference as usize], options.join(", "))
            }
        };
        text.push_str(&format!("covariate {}: {kind}\n", covariate.name));
    }
    for state in model.states() {
        match &state.kind {
            StateKind::Compartment { number, .. } => text.push_str(&format!("compartment {number}: {}\n", state.name)),
            StateKind::State => text.push_str(&format!("state: {} ({})\n", state.name, state.unit)),
        }
    }
    for route in model.routes() {
        let places: Vec<_> = route.entries.iter().map(|e| model.states()[e.state].name.as_str()).collect();
        let device = route.device.map_or(String::new(), |d| {
            format!(", devices of {} mg, {} min apart", d.amount, (d.gap * 60.0 * 1e9).round() / 1e9)
        });
        text.push_str(&format!("route {}: to {}{device}\n", route.name, places.join(" and ")));
    }
    for output in model.outputs() {
        let assumed = if output.assumed.is_some() { ", assumed" } else { "" };
        text.push_str(&format!(
            "output {}: {}, {}, site {}{assumed}\n",
            output.name, output.unit, output.analyte, output.site
        ));
    }
    for required in model.requirements() {
        let otherwise = required.otherwise.map_or(String::new(), |x| format!("; without it {x} {}", required.unit));
        let site = required.site.as_ref().map_or(String::new(), |site| format!(", fitted on {site}"));
        text.push_str(&format!(
            "requires {}: {}, {}{site}{otherwise}\n",
            required.name, required.analyte, required.unit
        ));
    }
    text.push_str(&match model.dynamics() {
        Dynamics::Linear { .. } if model.states().is_empty() => "equations: no states\n".to_string(),
        Dynamics::Linear { .. } => "equations: linear, solved exactly\n".to_string(),
        Dynamics::NonLinear(system) => {
            let name = |i: usize| model.states()[i].name.as_str();
            let upstream: Vec<&str> = system.upstream.iter().map(|i| name(*i)).collect();
            let rest: Vec<&str> = system.rest().map(name).collect();
            let solved =
                if upstream.is_empty() { String::new() } else { format!("solved exactly: {}; ", upstream.join(", ")) };
            format!("equations: not linear: {}\n{solved}integrated: {}\n", system.why, rest.join(", "))
        }
    });
    text
}

fn check(files: &[PathBuf]) -> Result<Outcome, Failure> {
    let mut failed = false;
    let mut seen: Vec<(String, String)> = Vec::new();
    for path in files {
        let path = path.display().to_string();
        let unique = model(&path).and_then(|model| match seen.iter().find(|(id, _)| id == model.id()) {
            Some((id, other)) => {
                let kind = ModelError::DuplicateId { id: id.clone(), other: format!("`{other}`") };
                Err(Error::from(kind).placed(&model.provenance().id_place))
            }
            None => Ok(model),
        });
        match unique {
            Ok(model) => {
                seen.push((model.id().to_string(), path.clone()));
                warn(model.warnings());
                print(&format!("{path}: ok, {}\n", model.id()))?;
            }
            Err(error) => {
                say!("{error}\n");
                failed = true;
            }
        }
    }
    // A file that is wrong could not be used, which is more than a failed row.
    if failed { Err(Failure::Shown) } else { Ok(Outcome::Done) }
}

fn verify_all(names: &[String], all: bool, format: Format) -> Result<Outcome, Failure> {
    let models: Vec<Model> = match names.is_empty() {
        true => catalogue().iter().map(|e| Model::catalogue(e.id)).collect::<Result<_, _>>()?,
        false => names.iter().map(|n| model(n)).collect::<Result<_, _>>()?,
    };
    for unchecked in models.iter().filter(|m| !names.is_empty() && m.checks().is_empty()) {
        say!("{}: no checks in this file{}", unchecked.id(), compared(unchecked));
    }
    let mut results = Vec::new();
    let mut counts = Table::new(["model", "published", "computed", "observed", "failed"].map(Column::new).into());
    for model in models.iter().filter(|m| m.kind() == FileKind::Model) {
        let of_model = verify(model)?;
        let number = |f: &dyn Fn(&CheckResult) -> bool| of_model.iter().filter(|r| f(r)).count();
        let part = |kind: Evidence| {
            let passed = number(&|r| r.kind == kind && r.passed);
            format!("{passed} of {}", number(&|r| r.kind == kind))
        };
        counts.push(vec![
            model.id().into(),
            part(Evidence::Published).into(),
            part(Evidence::Computed).into(),
            part(Evidence::Observed).into(),
            Cell::Integer(number(&|r| r.failed()) as i64),
        ]);
        results.extend(of_model);
    }
    if counts.rows().is_empty() && format == Format::Table {
        return Ok(Outcome::Done);
    }
    let failed = results.iter().any(CheckResult::failed);
    let shown = checks(results.iter().filter(|r| all || format != Format::Table || r.failed()));
    if !shown.rows().is_empty() || format != Format::Table {
        table(if all { "Checks" } else { "Checks that fail" }, &shown, format)?;
    }
    if format == Format::Table {
        table("Checks passed", &counts, format)?;
        print(
            "published: numbers of the source; computed: independent calculations with the source's parameters;\n\
             observed: measured, and not claimed by the model: how many it meets, none of them fails\n",
        )?;
    }
    Ok(if failed { Outcome::SomeFailed } else { Outcome::Done })
}

/// Where it says what a file without checks was compared with.
fn compared(model: &Model) -> &'static str {
    match model.kind() == FileKind::Effect && catalogue().iter().any(|entry| entry.id == model.id()) {
        true => "; docs/effects.md says what it was compared with",
        false => "",
    }
}

fn checks<'a>(results: impl Iterator<Item = &'a CheckResult>) -> Table {
    let columns = [
        "model",
        "kind",
        "given",
        "output",
        "metric",
        "unit",
        "expected",
        "found",
        "deviation",
        "tolerance",
        "passed",
        "source",
    ];
    let mut rows = Table::new(columns.map(Column::new).into());
    for result in results {
        let found = match &result.found {
            Ok(_) => result.found_in_unit().map_or_else(|| Cell::missing(""), |q| q.value().into()),
            Err(why) => Cell::missing(why.as_str()),
        };
        let tolerance = match result.tolerance {
            Tolerance::Print => "last printed digit".to_string(),
            Tolerance::Rel(rel) => format!("{rel} relative"),
            Tolerance::Abs(abs) => format!("{} {}", result.unit.from_base(abs), result.unit),
        };
        rows.push(vec![
            result.model.as_str().into(),
            result.kind.name().into(),
            result.given.as_str().into(),
            result.output.as_str().into(),
            result.metric.as_str().into(),
            result.unit.to_string().into(),
            result.expected.text.as_str().into(),
            found,
            result.deviation().map_or_else(|| Cell::missing("no value"), Cell::from),
            tolerance.into(),
            if result.passed { "yes" } else { "NO" }.into(),
            result.source.as_str().into(),
        ]);
    }
    rows
}
