//! `posology simulate`: one model, one person.

use super::compare::used;
use super::output::{table, warn};
use super::{Failure, Outcome, Shared, model};
use crate::dosing::Schedule;
use crate::error::{Fault, Source, Span};
use crate::io::{Cell, Column, Manifest, OutputFile, Table, write_set};
use crate::model::Model;
use crate::plot::{Axis, Figure, Panel, Series};
use crate::population::Subject;
use crate::simulate::{Profile, Simulation};
use crate::units::{Quantity, UnitError, Unit};
use crate::{Error, ErrorKind};
use clap::Args;
use std::path::PathBuf;

/// Samples of a simulation that says neither `--every` nor `--at`.
const SAMPLES: f64 = 288.0;

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// A model's id, or the path of a model file
    model: String,
    /// The doses, such as "84 mg intranasal twice weekly for 4 weeks"
    #[arg(long)]
    give: String,
    /// How long to simulate, such as 24h
    #[arg(long)]
    until: Option<String>,
    /// Time between outputs, such as 5min
    #[arg(long, conflicts_with = "at")]
    every: Option<String>,
    /// Times of outputs, such as 0.5h,1h,2h
    #[arg(long, value_delimiter = ',')]
    at: Vec<String>,
    /// A parameter's value, such as Qh="120 L/h"
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A covariate of the person, such as age="70 year"
    #[arg(long, value_name = "NAME=VALUE")]
    covariate: Vec<String>,
    /// An effect to attach: an id or the path of an effect file
    #[arg(long, value_name = "ID")]
    effect: Vec<String>,
    /// Write the table to this CSV file, with a manifest beside it
    #[arg(long)]
    out: Option<PathBuf>,
    /// Draw the outputs to this SVG or PNG file
    #[arg(long)]
    plot: Option<PathBuf>,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &SimulateArgs) -> Result<Outcome, Failure> {
    let mut chosen = model(&args.model)?;
    for effect in &args.effect {
        chosen = with_effect(&chosen, effect)?;
    }
    let subject = subject(args, &chosen)?;
    let profile = profile(args, &chosen, &subject)?;
    warn(profile.warnings());
    warn(chosen.warnings());
    if let Some(path) = &args.plot {
        figure(args, &profile).save(path)?;
    }
    let rows = rows(&profile);
    match &args.out {
        Some(path) => write(args, path, &profile, &rows)?,
        None => table("", &rows, args.shared.format)?,
    }
    Ok(Outcome::Done)
}

fn with_effect(model: &Model, name: &str) -> Result<Model, Error> {
    let text = match name.ends_with(".toml") {
        true => super::read(name)?,
        false => crate::model::effect_text(name)?.to_string(),
    };
    Ok(model.with_effect(&text, name)?)
}

fn subject<'m>(args: &SimulateArgs, model: &'m Model) -> Result<Subject<'m>, Error> {
    let mut subject = Subject::typical(model);
    for given in &args.covariate {
        let (name, value, source) = pair("--covariate", given)?;
        let faults = |e: crate::error::Faults<_>| Error::from(e.map(ErrorKind::Subject)).moved(value.start, &source);
        subject = subject.with_text(name, &given[value.start..value.end]).map_err(faults)?;
    }
    for given in &args.set {
        let (name, value, source) = pair("--set", given)?;
        let quantity: Quantity = given[value.start..value.end]
            .parse()
            .map_err(|f: Fault<UnitError>| Error::from(f).moved(value.start, &source))?;
        subject = subject.set(name, &quantity).map_err(|e| Error::from(e).moved(0, &source).over(value, &source))?;
    }
    Ok(subject)
}

/// The name, the place of the value, and the text of `NAME=VALUE`.
fn pair<'a>(option: &str, text: &'a str) -> Result<(&'a str, Span, std::sync::Arc<Source>), Error> {
    let source = Source::new(option, text);
    match text.split_once('=') {
        Some((name, value)) => Ok((name.trim(), Span::new(text.len() - value.len(), text.len()), source)),
        None => {
            let kind = ErrorKind::Argument(super::ArgumentError::NoEquals { option: option.into(), text: text.into() });
            Err(Fault::at(kind, Span::new(0, text.len())).within(&source).into())
        }
    }
}

fn time(option: &str, text: &str) -> Result<Quantity, Error> {
    let source = Source::new(option, text);
    let quantity: Quantity = text.parse().map_err(|f: Fault<UnitError>| Error::from(f.within(&source)))?;
    quantity
        .as_base(crate::units::Dimension::TIME)
        .map_err(|e| Error::from(Fault::at(e, Span::new(0, text.len())).within(&source)))?;
    Ok(quantity)
}

fn profile<'m>(args: &SimulateArgs, model: &'m Model, subject: &Subject<'m>) -> Result<Profile<'m>, Error> {
    let source = Source::new("--give", args.give.as_str());
    let schedule: Schedule = args.give.parse().map_err(|e: crate::dosing::DosingFaults| e.within(&source))?;
    let mut simulation = Simulation::new(model).subject(subject).give(schedule);
    if let Some(until) = &args.until {
        simulation = simulation.until(time("--until", until)?);
    }
    simulation = match (&args.every, args.at.is_empty()) {
        (Some(every), _) => simulation.every(time("--every", every)?),
        (None, false) => simulation.at(args.at.iter().map(|t| time("--at", t)).collect::<Result<Vec<_>, _>>()?),
        (None, true) => {
            let until = simulation.prepare().map_err(|e| located(e, &source))?.until();
            simulation.every(Quantity::base(until / SAMPLES, crate::units::Dimension::TIME))
        }
    };
    simulation.run().map_err(|faults| {
        let faults = faults.into_vec().into_iter().map(|f| located(f.kind, &source));
        faults.reduce(|first, _| first).expect("faults are never empty")
    })
}

/// Places an error about a route or an amount on the words that say it.
fn located(kind: crate::simulate::SimulationError, source: &std::sync::Arc<Source>) -> Error {
    let word = kind.about();
    let span = word.and_then(|w| source.text.find(&w).map(|i| Span::new(i, i + w.len())));
    let span = span.unwrap_or(Span::new(0, source.text.len()));
    Fault::at(kind, span).within(source).into()
}

/// `ID,TIME,TAD` and one column per output.
fn rows(profile: &Profile<'_>) -> Table {
    let mut columns = vec![Column::new("ID"), Column::new("TIME").unit("h"), Column::new("TAD").unit("h")];
    columns.extend(profile.outputs().map(|o| Column::new(&o.output().name).unit(o.unit().to_string())));
    let mut table = Table::new(columns);
    for (i, (time, tad)) in profile.times().iter().zip(profile.time_after_dose()).enumerate() {
        let tad = tad.map_or_else(|| Cell::missing("before the first dose"), Cell::from);
        let mut row = vec![Cell::Integer(1), (*time).into(), tad];
        row.extend(profile.outputs().map(|o| Cell::from(o.values()[i])));
        table.push(row);
    }
    table
}

fn write(args: &SimulateArgs, path: &std::path::Path, profile: &Profile<'_>, rows: &Table) -> Result<(), Failure> {
    let mut manifest = Manifest::new("simulate");
    manifest.models.push(used(profile.model()));
    manifest.units_checked = profile.model().units_checked();
    manifest.settings.insert("give".into(), args.give.clone());
    manifest.warnings = profile.warnings().iter().map(|w| w.message.clone()).collect();
    for given in args.set.iter().chain(&args.covariate) {
        if let Some((name, value)) = given.split_once('=') {
            manifest.settings.insert(name.trim().into(), value.into());
        }
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write_set(folder, &mut manifest, &[OutputFile::csv(name, rows)])?;
    Ok(())
}

/// One panel per unit of output.
fn figure(args: &SimulateArgs, profile: &Profile<'_>) -> Figure {
    let model = profile.model();
    let mut figure = Figure::new(format!("{}: {}", model.id(), args.give))
        .columns(1)
        .footnote(format!("Model grade {}. Research software; no clinical advice.", model.grade()));
    let mut units: Vec<&Unit> = Vec::new();
    for unit in profile.outputs().map(|o| o.unit()) {
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    for unit in units {
        let label = if unit.dimension() == crate::units::Dimension::CONCENTRATION { "concentration" } else { "value" };
        let x = Axis::linear("time", "h").range(0.0, profile.until());
        let mut panel = Panel::new("", x, Axis::linear(label, unit.to_string()))
            .doses(profile.sessions().iter().map(|s| s.time));
        for (colour, output) in profile.outputs().enumerate().filter(|(_, o)| o.unit() == unit) {
            let points = profile.times().iter().copied().zip(output.values().iter().copied());
            let series = Series::new(&output.output().name, colour, points);
            let assumed = model.grade() == crate::model::Grade::Assumed || output.output().assumed.is_some();
            panel = panel.series(if assumed { series.dashed() } else { series });
        }
        figure = figure.panel(panel);
    }
    figure
}
