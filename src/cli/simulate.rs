//! `posology simulate`: one model, one person.

use super::compare::used;
use super::output::{table, warn};
use super::simulate_data::{DataArgs, Run};
use super::{ArgumentError, Failure, Outcome, Shared, model, quantity, said, schedule};
use crate::Error;
use crate::document::Text;
use crate::error::Source;
use crate::io::{Cell, Column, Input, Manifest, OutputFile, Table, write_set};
use crate::metrics::{Measure, MeasureError};
use crate::model::{Catalogue, Grade, Model, Resolve};
use crate::plot::{Axis, Figure, Panel, Series};
use crate::population::Subject;
use crate::simulate::{Profile, Simulation};
use crate::units::{Dimension, Quantity, Unit, UnitFault};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// A model's id, or the path of a model file
    model: String,
    /// The doses, such as "84 mg intranasal twice weekly for 4 weeks"; or the id or file of a schedule
    #[arg(long, allow_hyphen_values = true, required_unless_present = "data")]
    give: Option<String>,
    /// How long to simulate, such as 24h
    #[arg(long)]
    until: Option<String>,
    /// Time between outputs, such as 5min
    #[arg(long, conflicts_with = "at")]
    every: Option<String>,
    /// Times of outputs, such as 0.5h,1h,2h
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    at: Vec<String>,
    /// Print metrics of each output in place of its values, such as Cmax, "AUC(0 h, 24 h)", half_life; may be repeated
    #[arg(long, value_name = "METRIC", conflicts_with_all = ["data", "out"])]
    measure: Vec<String>,
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
    data: DataArgs,
    #[command(flatten)]
    shared: Shared,
}

impl SimulateArgs {
    /// The doses; the parser of arguments makes sure that they are there where no data set is.
    fn give(&self) -> &str {
        self.give.as_deref().unwrap_or_default()
    }
}

pub(super) fn run(args: &SimulateArgs) -> Result<Outcome, Failure> {
    if let Some(path) = args.out.as_deref().filter(|p| p.extension().is_none_or(|e| !e.eq_ignore_ascii_case("csv"))) {
        return Err(ArgumentError::NoCsv { path: path.display().to_string() }.into());
    }
    let chosen = with_effects(args)?;
    let subject = subject(args, &chosen)?;
    if let Some(path) = &args.data.data {
        let (args, settings, format) = (args, settings(args), args.shared.format);
        let (out, args) = (args.out.as_deref(), &args.data);
        return Run { args, path, model: &chosen, subject: &subject, settings, out, format }.run();
    }
    let profile = profile(args, &chosen, &subject)?;
    warn(profile.warnings());
    warn(chosen.warnings());
    if let Some(path) = &args.plot {
        figure(args, &profile).save(path)?;
    }
    if !args.measure.is_empty() {
        table("", &measures(args, &profile)?, args.shared.format)?;
        return Ok(Outcome::Done);
    }
    let rows = rows(&profile);
    match &args.out {
        Some(path) => {
            write(args, path, &subject, &profile, &rows)?;
            eprintln!("wrote {}, with its manifest beside it", path.display());
        }
        None => table("", &rows, args.shared.format)?,
    }
    Ok(Outcome::Done)
}

/// The model with the effects attached.
fn with_effects(args: &SimulateArgs) -> Result<Model, Error> {
    let chosen = model(&args.model)?;
    if args.effect.is_empty() {
        return Ok(chosen);
    }
    let sources: Result<Vec<_>, Error> = args.effect.iter().map(|name| effect(name)).collect();
    Ok(Model::with_effects(chosen.source(), &sources?, &Catalogue)?)
}

fn effect(name: &str) -> Result<Arc<Source>, Error> {
    if name.ends_with(".toml") {
        return Ok(Source::new(name, super::read(name)?));
    }
    match Catalogue.resolve(name) {
        Some(source) => Ok(source),
        None => Ok(Model::catalogue(name)?.source().clone()),
    }
}

fn subject<'m>(args: &SimulateArgs, model: &'m Model) -> Result<Subject<'m>, Error> {
    let mut subject = Subject::typical(model);
    for given in &args.covariate {
        let (name, value) = pair("--covariate", given)?;
        subject = subject.with_text(&name.text, &value.text).map_err(|e| e.said_as(&name, &value))?;
    }
    for given in &args.set {
        let (name, value) = pair("--set", given)?;
        let quantity: Quantity = value.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(&value))?;
        subject = subject.set(&name.text, &quantity).map_err(|e| e.said_as(&name, &value))?;
    }
    Ok(subject)
}

/// Name and value of `NAME=VALUE`, each with its place.
fn pair(option: &str, given: &str) -> Result<(Text, Text), Error> {
    let whole = said(option, given);
    match given.find('=') {
        Some(at) => Ok((whole.slice(0, at), whole.slice(at + 1, given.len()))),
        None => Err(Error::from(ArgumentError::NoEquals { option: option.into() }).placed(&whole.place)),
    }
}

fn time(option: &str, text: &str) -> Result<Quantity, Error> {
    let text = said(option, text);
    let time = quantity(&text, "h")?;
    let error = match option {
        "--at" if time.value() < 0.0 => ArgumentError::Negative { option: option.into() },
        "--until" | "--every" if time.value() <= 0.0 => ArgumentError::NotPositive { option: option.into() },
        _ => return Ok(time),
    };
    Err(Error::from(error).placed(&text.place))
}

fn profile<'m>(args: &SimulateArgs, model: &'m Model, subject: &Subject<'m>) -> Result<Profile<'m>, Error> {
    let give = said("--give", args.give());
    let schedule = schedule("--give", args.give())?;
    let mut simulation = Simulation::new(model).subject(subject).give(schedule);
    if let Some(until) = &args.until {
        simulation = simulation.until(time("--until", until)?);
    }
    simulation = match (&args.every, args.at.is_empty()) {
        (Some(every), _) => simulation.every(time("--every", every)?),
        (None, false) => simulation.at(args.at.iter().map(|t| time("--at", t)).collect::<Result<Vec<_>, _>>()?),
        (None, true) => simulation.following(),
    };
    Ok(simulation.run().map_err(|e| e.said_in(&give))?)
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

/// The metrics of each output, from the solution.
fn measures(args: &SimulateArgs, profile: &Profile<'_>) -> Result<Table, Error> {
    let mut table = Table::new(["output", "metric", "value", "unit"].map(Column::new).into());
    for text in &args.measure {
        let said = said("--measure", text);
        let measure: Measure = text.parse().map_err(|f| Error::from(said.fault(f, |kind: MeasureError| kind)))?;
        for output in profile.outputs() {
            let found = output.measure(&measure).map_err(|e| Error::from(e).placed(&said.place))?;
            let (value, unit) = match found {
                Ok(quantity) => (quantity.value().into(), quantity.unit().to_string()),
                Err(missing) => (Cell::missing(missing.to_string()), String::new()),
            };
            table.push(vec![output.output().name.as_str().into(), measure.to_string().into(), value, unit.into()]);
        }
    }
    Ok(table)
}

/// What `--set` and `--covariate` say, by name.
fn settings(args: &SimulateArgs) -> BTreeMap<String, String> {
    let given = args.set.iter().chain(&args.covariate).filter_map(|given| given.split_once('='));
    given.map(|(name, value)| (name.trim().into(), value.into())).collect()
}

fn write(
    args: &SimulateArgs,
    path: &Path,
    subject: &Subject<'_>,
    profile: &Profile<'_>,
    rows: &Table,
) -> Result<(), Failure> {
    let mut manifest = Manifest::new("simulate");
    manifest.models.push(used(profile.model()));
    manifest.units_checked = profile.model().unit_checking();
    manifest.settings = settings(args);
    manifest.settings.insert("give".into(), args.give().into());
    manifest.settings.extend(subject.described().map(|(name, value)| (format!("covariate {name}"), value)));
    let times = [("until", &args.until), ("every", &args.every)];
    let times = times.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let at = (!args.at.is_empty()).then(|| ("at", args.at.join(",")));
    manifest.settings.extend(times.chain(at).map(|(name, value)| (name.to_string(), value)));
    for name in &args.effect {
        manifest.inputs.push(Input::new(Path::new(name), effect(name)?.text.as_bytes()));
    }
    let warnings = profile.warnings().iter().chain(profile.model().warnings());
    manifest.warnings = warnings.map(|w| w.message.clone()).collect();
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    write_set(folder, &format!("{stem}.manifest.json"), &mut manifest, &[OutputFile::csv(name, rows)])?;
    Ok(())
}

/// One panel per unit of output.
fn figure(args: &SimulateArgs, profile: &Profile<'_>) -> Figure {
    let model = profile.model();
    let mut figure = Figure::new(format!("{}: {}", model.id(), args.give()))
        .columns(1)
        .footnote(format!("Model grade {}. Research software; no clinical advice.", model.grade()));
    let mut units: Vec<&Unit> = Vec::new();
    for unit in profile.outputs().map(|o| o.unit()) {
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    for unit in units {
        let label = if unit.dimension() == Dimension::CONCENTRATION { "concentration" } else { "value" };
        let x = Axis::linear("time", "h").range(0.0, profile.until());
        let mut panel = Panel::new("", x, from_zero(profile, unit, Axis::linear(label, unit.to_string())))
            .doses(profile.sessions().iter().map(|s| s.time));
        for (colour, output) in profile.outputs().enumerate().filter(|(_, o)| o.unit() == unit) {
            let points = profile.times().iter().copied().zip(output.values().iter().copied());
            let series = Series::new(&output.output().name, colour, points);
            let assumed = model.grade() == Grade::Assumed || output.output().assumed.is_some();
            panel = panel.series(if assumed { series.dashed() } else { series });
        }
        figure = figure.panel(panel);
    }
    figure
}

/// The axis from 0 where nothing of the unit is below it.
fn from_zero(profile: &Profile<'_>, unit: &Unit, axis: Axis) -> Axis {
    let values = || profile.outputs().filter(|o| o.unit() == unit).flat_map(|o| o.values().iter().copied());
    let (low, high) = values().fold((0.0f64, 0.0f64), |(low, high), y| (low.min(y), high.max(y)));
    if high > 0.0 && low > -1e-9 * high { axis.range(0.0, 1.08 * high) } else { axis }
}
