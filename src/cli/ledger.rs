//! `posology ledger`: where a dose is at each time, and where exposure comes from.

use super::compare::used;
use super::engine::{EngineArgs, describe};
use super::output::{draw, print, table, warn};
use super::person::{PersonArgs, effect};
use super::simulate::time;
use super::{ArgumentError, Failure, Outcome, Shared, read, said, schedule};
use crate::Error;
use crate::error::{Diagnostic, Fault, Faults};
use crate::io::{Format, Input, Manifest, OutputFile, rounded, write_set};
use crate::model::Model;
use crate::plot::{Figure, ledger_figure};
use crate::population::Subject;
use crate::simulate::{Simulation, SimulationError};
use crate::solve::Work;
use crate::study::ledger::{
    Ledger, LedgerError, absorption_table, balance_of, balance_table, exposure_table, part_table,
};
use crate::units::{Quantity, Units};
use clap::Args;
use std::path::{Path, PathBuf};

/// How many steps a table has where nobody says which times.
const STEPS: f64 = 12.0;
/// Figures rise steeply at a dose: they have a point this much before it, relative to the time.
const JUST_BEFORE: f64 = 1e-9;
/// Times that differ by less than this part are one time.
const SAME: f64 = 1e-12;

#[derive(Debug, Args)]
pub(super) struct LedgerArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The doses, such as "84 mg intranasal"; or the id or file of a schedule. Given several times, each has its own ledger
    #[arg(long, required = true, allow_hyphen_values = true)]
    give: Vec<String>,
    /// How long to simulate, and the end of areas, such as 24h; a day after the end of the doses where it is left out
    #[arg(long)]
    until: Option<String>,
    /// Time between rows, which changes nothing else, such as 30min
    #[arg(long, conflicts_with = "at")]
    every: Option<String>,
    /// Times of rows, up to the end, such as 0.5h,1h,2h
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    at: Vec<String>,
    /// Print every compartment, flow and entry by itself
    #[arg(long)]
    parts: bool,
    /// Folder for balance.csv, parts.csv, exposure.csv, absorption.csv, the figure and manifest.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw the ledgers to this SVG or PNG file
    #[arg(long)]
    plot: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &LedgerArgs) -> Result<Outcome, Failure> {
    let model = args.person.model()?;
    let subject = args.person.subject(&model)?;
    let ledgers: Result<Vec<Ledger>, Error> =
        args.give.iter().map(|give| ledger(args, give, &subject, false)).collect();
    let ledgers = ledgers?;
    // Files first: a reader of the tables who leaves early still finds them.
    if args.plot.is_some() || args.out.is_some() {
        let dense: Result<Vec<Ledger>, Error> =
            args.give.iter().map(|give| ledger(args, give, &subject, true)).collect();
        let figure = figure(&model, &dense?);
        let mut manifest = Manifest::new("ledger");
        manifest.models.push(used(&model));
        if let Some(path) = &args.plot {
            draw(&figure, path, &manifest)?;
        }
        if let Some(out) = &args.out {
            let names = write(args, &subject, &ledgers, (&figure, manifest), out)?;
            say!("wrote {names} to {}", out.display());
        }
    }
    let warnings: Vec<Diagnostic> = ledgers.iter().flat_map(|ledger| ledger.warnings.iter().cloned()).collect();
    warn(&warnings);
    show(args, &model, &ledgers)?;
    Ok(if ledgers.iter().any(|ledger| !ledger.failures.is_empty()) { Outcome::SomeFailed } else { Outcome::Done })
}

/// The ledger of one regimen: at the times of the table, or at those that a figure needs.
fn ledger(args: &LedgerArgs, give: &str, subject: &Subject<'_>, dense: bool) -> Result<Ledger, Error> {
    let mut simulation = Simulation::new(subject.model()).subject(subject).give(schedule("--give", give)?);
    simulation = simulation.settings(args.engine.settings());
    if let Some(until) = &args.until {
        simulation = simulation.until(time("--until", until)?);
    }
    let said = said("--give", give);
    let placed = |error: SimulationError| Error::from(Faults::from(Fault::new(error)).said_in(&said));
    // Rows do not say how far it goes.
    let until = simulation.prepare().map_err(placed)?.until();
    simulation = simulation.until(until.hours());
    simulation = match (&args.every, args.at.is_empty()) {
        (Some(every), _) => simulation.every(time("--every", every)?),
        (None, false) => simulation.at(args.at.iter().map(|t| row(t, until)).collect::<Result<Vec<Quantity>, _>>()?),
        (None, true) => simulation.every((until / STEPS).hours()),
    };
    if dense {
        simulation = simulation.following();
        let prepared = simulation.prepare().map_err(placed)?;
        let just_before = |time: f64| time - JUST_BEFORE * time.max(1.0);
        let doses = || prepared.doses().iter().map(|(dose, _)| dose.time);
        // What is given at the very end has no width to be drawn on.
        let end = if doses().any(|dose| dose > just_before(until)) { just_before(until) } else { until };
        let times = prepared.samples().iter().copied().chain(doses().map(just_before));
        let times: Vec<f64> = times.filter(|time| (0.0..=end).contains(time)).collect();
        simulation = simulation.at(times.into_iter().map(Units::hours));
    }
    Ledger::of(give, &simulation).map_err(|error| match error {
        LedgerError::Simulation(error) => placed(error),
        other => Error::from(other).placed(&said.place),
    })
}

/// The time of a row, which is not after the end.
fn row(text: &str, until: f64) -> Result<Quantity, Error> {
    let hours = time("--at", text)?.in_base();
    // The end in another unit may be a rounding error earlier.
    if hours > until * (1.0 + SAME) {
        let late = ArgumentError::AfterEnd { option: "--at".into(), time: text.trim().into(), end: until };
        return Err(Error::from(late).placed(&said("--at", text).place));
    }
    Ok(hours.min(until).hours())
}

fn show(args: &LedgerArgs, model: &Model, ledgers: &[Ledger]) -> Result<(), Failure> {
    let format = args.shared.format;
    if format != Format::Table {
        return table("", &if args.parts { part_table(ledgers) } else { balance_table(ledgers) }, format);
    }
    print(&format!("{}: where the dose is, in mg of the drug that is given\n", model.id()))?;
    for ledger in ledgers {
        let amounts = if args.parts { part_table(std::slice::from_ref(ledger)) } else { balance_of(ledger) };
        table(&format!("\n{}", ledger.name), &amounts, format)?;
    }
    let area = area(ledgers);
    let exposure = format!("\nExposure by origin: {area}; share is of AUCinf where there is one, else of AUC");
    table(&exposure, &exposure_table(ledgers), format)?;
    table("\nInto the circulation, by the time `until`", &absorption_table(ledgers), format)?;
    let mut notes: Vec<&String> = Vec::new();
    for note in ledgers.iter().flat_map(|ledger| &ledger.notes) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes.into_iter().try_for_each(|note| print(&format!("note: {note}\n")))
}

/// The area up to the end, where all have the same.
fn area(ledgers: &[Ledger]) -> String {
    let mut ends = ledgers.iter().map(|ledger| ledger.until);
    match ends.next().filter(|first| ends.all(|end| end == *first)) {
        Some(until) => format!("AUC(0 h, {} h)", rounded(until, 6)),
        None => "AUC(0 h, until)".into(),
    }
}

fn figure(model: &Model, ledgers: &[Ledger]) -> Figure {
    let title = format!("{}: where the dose is", model.id());
    let mut reasons: Vec<&str> = Vec::new();
    for reason in ledgers.iter().flat_map(|ledger| &ledger.surplus) {
        if !reasons.contains(&reason.as_str()) {
            reasons.push(reason);
        }
    }
    let higher = match reasons.is_empty() {
        true => String::new(),
        false => format!(" The stack is higher than the dose: {}.", reasons.join("; ")),
    };
    let footnote = format!(
        "Metabolites as the drug they were formed from.{higher} Model grade {}. Research software; no clinical advice.",
        model.grade()
    );
    ledger_figure(&title, &footnote, ledgers)
}

/// What was given, without the folder of a file: folders are not in manifests.
fn file_name(given: &str) -> String {
    let name = Path::new(given).file_name().filter(|_| given.ends_with(".toml"));
    name.map_or_else(|| given.to_string(), |name| name.to_string_lossy().into_owned())
}

/// Writes the files and gives their names.
fn write(
    args: &LedgerArgs,
    subject: &Subject<'_>,
    ledgers: &[Ledger],
    (figure, mut manifest): (&Figure, Manifest),
    out: &Path,
) -> Result<String, Failure> {
    manifest.units_checked = subject.model().unit_checking();
    manifest.settings = args.person.settings();
    manifest.settings.extend(subject.described().map(|(name, value)| (format!("covariate {name}"), value)));
    let mut set = |name: String, value: String| manifest.settings.insert(name, value);
    for ((number, give), ledger) in (1..).zip(&args.give).zip(ledgers) {
        set(format!("give {number}"), file_name(give));
        set(format!("until {number}"), format!("{} h", ledger.until));
        if give.ends_with(".toml") {
            manifest.inputs.push(Input::new(Path::new(give), read(give)?.as_bytes()));
        }
    }
    match (&args.every, args.at.is_empty()) {
        (Some(every), _) => set("every".into(), every.clone()),
        (None, false) => set("at".into(), args.at.join(",")),
        (None, true) => set("steps".into(), STEPS.to_string()),
    };
    if args.parts {
        set("parts".into(), "printed".into());
    }
    for (number, name) in (1..).zip(args.person.effects()) {
        set(format!("effect {number}"), file_name(name));
        manifest.inputs.push(Input::new(Path::new(name), effect(name)?.text.as_bytes()));
    }
    if let Some(first) = ledgers.first() {
        let work = ledgers.iter().fold(Work::default(), |work, ledger| work + ledger.work);
        describe(&mut manifest, &first.settings, first.integrated, work);
    }
    let warnings = ledgers.iter().flat_map(|ledger| ledger.warnings.iter().map(|w| &w.message).chain(&ledger.notes));
    for warning in warnings {
        if !manifest.warnings.contains(warning) {
            manifest.warnings.push(warning.clone());
        }
    }
    let files = [
        OutputFile::csv("balance.csv", &balance_table(ledgers)),
        OutputFile::csv("parts.csv", &part_table(ledgers)),
        OutputFile::csv("exposure.csv", &exposure_table(ledgers)),
        OutputFile::csv("absorption.csv", &absorption_table(ledgers)),
        OutputFile::new("ledger.svg", figure.to_svg()?),
        OutputFile::new("ledger.png", figure.to_png()?),
    ];
    write_set(out, "manifest.json", &mut manifest, &files)?;
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    Ok(format!("{} and manifest.json", names.join(", ")))
}
