//! `posology simulate`: one model, one person.

use super::compare::used;
use super::engine::{EngineArgs, describe};
use super::output::{draw, table, warn, write_table};
use super::person::{PersonArgs, effect};
use super::population::{self, PopulationArgs};
use super::simulate_data::{DataArgs, Run};
use super::{ArgumentError, Failure, Outcome, Shared, quantity, said, schedule};
use crate::Error;
use crate::error::{Fault, Faults};
use crate::io::{Cell, Column, FileFormat, Input, Manifest, Table};
use crate::metrics::{Measure, MeasureError, OutputMeasure};
use crate::model::{Grade, Model, Output};
use crate::plot::{Axis, Figure, Panel, Series};
use crate::population::Subject;
use crate::simulate::{Profile, Simulation, SimulationError};
use crate::units::{Dimension, Quantity, Unit};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    #[command(flatten)]
    person: PersonArgs,
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
    /// Print metrics in place of values, such as Cmax, "AUC(0 h, 24 h)", "half_life(esketamine)", of every output where none is
    /// named; may be repeated
    #[arg(long, value_name = "METRIC", conflicts_with_all = ["data", "out", "at", "every"])]
    measure: Vec<String>,
    /// Write the table to this CSV file, or Parquet file where posology is built with it; a manifest is put beside it
    #[arg(long)]
    out: Option<PathBuf>,
    /// Draw the outputs to this SVG or PNG file
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Simulate the records of this CSV file in NM-TRAN's columns: its rows come out in their order, one more column per output
    #[arg(long, value_name = "EVENTS.csv", conflicts_with_all = ["give", "until", "every", "at", "plot"])]
    data: Option<PathBuf>,
    #[command(flatten)]
    reading: DataArgs,
    #[command(flatten)]
    people: PopulationArgs,
    #[command(flatten)]
    engine: EngineArgs,
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
    let file_format = args.out.as_deref().map(FileFormat::of).transpose()?;
    if args.data.is_some() && file_format.is_some_and(|format| format != FileFormat::Csv) {
        return Err(ArgumentError::DataIsCsv.into());
    }
    args.people.check(args.data.is_some())?;
    let chosen = args.person.model()?;
    let subject = args.person.subject(&chosen)?;
    if let Some(path) = &args.data {
        let (settings, out, format) = (args.person.settings(), args.out.as_deref(), args.shared.format);
        let (seed, residual) = (args.people.seed, args.people.residual);
        let (args, engine) = (&args.reading, args.engine.settings());
        let run = Run { args, path, model: &chosen, subject: &subject, engine, seed, residual, settings, out, format };
        return run.run();
    }
    let simulation = simulation(args, &chosen, &subject)?;
    if args.people.asked() {
        return population(args, subject, &simulation);
    }
    let give = said("--give", args.give());
    let profile = simulation.run().map_err(|e| e.said_in(&give))?;
    warn(profile.warnings());
    warn(chosen.warnings());
    if let Some(path) = &args.plot {
        draw(&figure(args, &profile), path, &manifest(args, &subject)?)?;
    }
    if !args.measure.is_empty() {
        table("", &measures(args, &profile)?, args.shared.format)?;
        return Ok(Outcome::Done);
    }
    let rows = rows(&profile);
    match &args.out {
        Some(path) => {
            let mut manifest = manifest(args, &subject)?;
            describe(&mut manifest, profile.settings(), profile.is_integrated(), profile.work());
            let warnings = profile.warnings().iter().chain(profile.model().warnings());
            manifest.warnings = warnings.map(|w| w.message.clone()).collect();
            write_table(path, &rows, &mut manifest)?;
        }
        None => table("", &rows, args.shared.format)?,
    }
    Ok(Outcome::Done)
}

/// A population in place of one person.
fn population(args: &SimulateArgs, base: Subject<'_>, simulation: &Simulation<'_>) -> Result<Outcome, Failure> {
    let mut manifest = manifest(args, &base)?;
    manifest.settings.extend(args.people.settings());
    let given: Vec<bool> = (0..base.covariates().len()).map(|i| base.is_given(i)).collect();
    let (population, input) = args.people.population(base)?;
    // What is described for each of them is nobody's reference.
    for (covariate, given) in population.model().covariates().iter().zip(given) {
        if !given && population.describes(&covariate.name) {
            manifest.settings.insert(format!("covariate {}", covariate.name), "of each person".into());
        }
    }
    manifest.inputs.extend(input);
    let give = said("--give", args.give());
    let prepared = simulation.prepare().map_err(|e| Error::from(Faults::from(Fault::new(e)).said_in(&give)))?;
    let run = population::Run {
        args: &args.people,
        prepared: &prepared,
        population: &population,
        give: args.give(),
        measures: wanted(args, population.model())?,
        out: args.out.as_deref(),
        plot: args.plot.as_deref(),
        format: args.shared.format,
    };
    run.run(manifest)
}

pub(super) fn time(option: &str, text: &str) -> Result<Quantity, Error> {
    let text = said(option, text);
    let time = quantity(&text, "h")?;
    let error = match option {
        "--at" if time.value() < 0.0 => ArgumentError::Negative { option: option.into() },
        "--until" | "--every" | "--leave" | "--morning" | "--delay-up-to" if time.value() <= 0.0 => {
            ArgumentError::NotPositive { option: option.into() }
        }
        _ => return Ok(time),
    };
    Err(Error::from(error).placed(&text.place))
}

fn simulation<'m>(args: &SimulateArgs, model: &'m Model, subject: &Subject<'m>) -> Result<Simulation<'m>, Error> {
    let schedule = schedule("--give", args.give())?;
    let mut simulation = Simulation::new(model).subject(subject).give(schedule).settings(args.engine.settings());
    if let Some(until) = &args.until {
        simulation = simulation.until(time("--until", until)?);
    }
    Ok(match (&args.every, args.at.is_empty()) {
        (Some(every), _) => simulation.every(time("--every", every)?),
        (None, false) => simulation.at(args.at.iter().map(|t| time("--at", t)).collect::<Result<Vec<_>, _>>()?),
        (None, true) => simulation.following(),
    })
}

/// `ID,TIME,TAD` and one column per output.
fn rows(profile: &Profile<'_>) -> Table {
    let mut columns = vec![Column::integers("ID"), Column::new("TIME").unit("h"), Column::new("TAD").unit("h")];
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

/// The metrics that are asked for, each of an output by its place: of the one that is named, else of every output that it fits.
fn wanted(args: &SimulateArgs, model: &Model) -> Result<Vec<(usize, Measure)>, Error> {
    let outputs = model.outputs();
    let mut wanted = Vec::new();
    for text in &args.measure {
        let said = said("--measure", text);
        let asked: OutputMeasure = text.parse().map_err(|f| Error::from(said.fault(f, |kind: MeasureError| kind)))?;
        let fits =
            |output: &Output| asked.measure.level().map_or(Ok(()), |level| level.as_level(&output.unit).map(|_| ()));
        let places: Vec<usize> = match &asked.output {
            Some(name) => {
                let place = outputs.iter().position(|output| output.name == *name).ok_or_else(|| {
                    let has = outputs.iter().map(|output| output.name.clone()).collect();
                    let unknown =
                        SimulationError::UnknownOutput { model: model.id().into(), output: name.clone(), has };
                    Error::from(unknown).placed(&said.place)
                })?;
                fits(&outputs[place]).map_err(|error| Error::from(error).placed(&said.place))?;
                vec![place]
            }
            None => (0..outputs.len()).filter(|place| fits(&outputs[*place]).is_ok()).collect(),
        };
        if let (true, Some(first)) = (places.is_empty(), outputs.first()) {
            fits(first).map_err(|error| Error::from(error).placed(&said.place))?;
        }
        wanted.extend(places.into_iter().map(|place| (place, asked.measure.clone())));
    }
    Ok(wanted)
}

/// The metrics of each output, from the solution.
fn measures(args: &SimulateArgs, profile: &Profile<'_>) -> Result<Table, Error> {
    let mut table = Table::new(["output", "metric", "value", "unit"].map(Column::new).into());
    let outputs: Vec<_> = profile.outputs().collect();
    for (place, measure) in wanted(args, profile.model())? {
        let output = &outputs[place];
        let (value, unit) = match output.measure(&measure)? {
            Ok(quantity) => (quantity.value().into(), quantity.unit().to_string()),
            Err(missing) => (Cell::missing(missing.to_string()), String::new()),
        };
        table.push(vec![output.output().name.as_str().into(), measure.to_string().into(), value, unit.into()]);
    }
    Ok(table)
}

/// What is known of a run before it is run; `subject` is what holds for everybody.
fn manifest(args: &SimulateArgs, subject: &Subject<'_>) -> Result<Manifest, Error> {
    let mut manifest = Manifest::new("simulate");
    manifest.models.push(used(subject.model()));
    manifest.units_checked = subject.model().unit_checking();
    manifest.settings = args.person.settings();
    manifest.settings.insert("give".into(), args.give().into());
    manifest.settings.extend(subject.described().map(|(name, value)| (format!("covariate {name}"), value)));
    let times = [("until", &args.until), ("every", &args.every)];
    let times = times.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let at = (!args.at.is_empty()).then(|| ("at", args.at.join(",")));
    manifest.settings.extend(times.chain(at).map(|(name, value)| (name.to_string(), value)));
    for name in args.person.effects() {
        manifest.inputs.push(Input::new(Path::new(name), effect(name)?.text.as_bytes()));
    }
    Ok(manifest)
}

/// One panel per unit of output.
fn figure(args: &SimulateArgs, profile: &Profile<'_>) -> Figure {
    let model = profile.model();
    let mut figure = Figure::new(format!("{}: {}", model.id(), args.give()))
        .columns(1)
        .footnote(format!("Model grade {}. Research software; no clinical advice.", model.worst_grade()));
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
            let assumed = output.output().grade == Grade::Assumed;
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
