//! `posology simulate`: one model, one person.

use super::compare::used;
use super::output::{table, warn};
use super::person::PersonArgs;
use super::simulate_data::{DataArgs, Run};
use super::{ArgumentError, Failure, Outcome, Shared, quantity, said};
use crate::Error;
use crate::dosing::Schedule;
use crate::error::{Fault, Faults};
use crate::io::{Cell, Column, Manifest, OutputFile, Table, write_set};
use crate::model::{Grade, Model};
use crate::plot::{Axis, Figure, Panel, Series};
use crate::population::Subject;
use crate::simulate::{Profile, Simulation};
use crate::units::{Dimension, Quantity, Unit, Units};
use clap::Args;
use std::path::{Path, PathBuf};

/// Samples of a simulation that says neither `--every` nor `--at`.
const SAMPLES: f64 = 288.0;

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The doses, such as "84 mg intranasal twice weekly for 4 weeks"
    #[arg(long, required_unless_present = "data")]
    give: Option<String>,
    /// How long to simulate, such as 24h
    #[arg(long)]
    until: Option<String>,
    /// Time between outputs, such as 5min
    #[arg(long, conflicts_with = "at")]
    every: Option<String>,
    /// Times of outputs, such as 0.5h,1h,2h
    #[arg(long, value_delimiter = ',')]
    at: Vec<String>,
    /// Write the table to this CSV file, with a manifest beside it
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
    shared: Shared,
}

impl SimulateArgs {
    /// The doses; the parser of arguments makes sure that they are there where no data set is.
    fn give(&self) -> &str {
        self.give.as_deref().unwrap_or_default()
    }
}

pub(super) fn run(args: &SimulateArgs) -> Result<Outcome, Failure> {
    let chosen = args.person.model()?;
    let subject = args.person.subject(&chosen)?;
    if let Some(path) = &args.data {
        let (settings, out, format) = (args.person.settings(), args.out.as_deref(), args.shared.format);
        let args = &args.reading;
        return Run { args, path, model: &chosen, subject: &subject, settings, out, format }.run();
    }
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

pub(super) fn time(option: &str, text: &str) -> Result<Quantity, Error> {
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
    let schedule = Schedule::from_text(args.give(), "--give")?;
    let mut simulation = Simulation::new(model).subject(subject).give(schedule);
    if let Some(until) = &args.until {
        simulation = simulation.until(time("--until", until)?);
    }
    simulation = match (&args.every, args.at.is_empty()) {
        (Some(every), _) => simulation.every(time("--every", every)?),
        (None, false) => simulation.at(args.at.iter().map(|t| time("--at", t)).collect::<Result<Vec<_>, _>>()?),
        (None, true) => {
            let until = simulation.prepare().map_err(|e| Faults::from(Fault::new(e)).said_in(&give))?.until();
            simulation.every((until / SAMPLES).hours())
        }
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

fn write(args: &SimulateArgs, path: &Path, profile: &Profile<'_>, rows: &Table) -> Result<(), Failure> {
    let mut manifest = Manifest::new("simulate");
    manifest.models.push(used(profile.model()));
    manifest.units_checked = profile.model().unit_checking();
    manifest.settings = args.person.settings();
    manifest.settings.insert("give".into(), args.give().into());
    manifest.warnings = profile.warnings().iter().map(|w| w.message.clone()).collect();
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
        let mut panel =
            Panel::new("", x, Axis::linear(label, unit.to_string())).doses(profile.sessions().iter().map(|s| s.time));
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
