//! `posology ledger`: where a dose is at each time, and where exposure comes from.

use super::compare::used;
use super::engine::{EngineArgs, describe};
use super::output::{print, table, warn};
use super::person::{PersonArgs, effect};
use super::simulate::time;
use super::{Failure, Outcome, Shared, said, schedule};
use crate::Error;
use crate::error::{Diagnostic, Fault, Faults};
use crate::io::{Format, Input, Manifest, OutputFile, write_set};
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

#[derive(Debug, Args)]
pub(super) struct LedgerArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The doses, such as "84 mg intranasal"; or the id or file of a schedule. Given several times, each has its own ledger
    #[arg(long, required = true, allow_hyphen_values = true)]
    give: Vec<String>,
    /// How long to simulate, such as 24h
    #[arg(long)]
    until: Option<String>,
    /// Time between rows, such as 30min
    #[arg(long, conflicts_with = "at")]
    every: Option<String>,
    /// Times of rows, such as 0.5h,1h,2h
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
        if let Some(path) = &args.plot {
            figure.save(path)?;
        }
        if let Some(out) = &args.out {
            write(args, &subject, &ledgers, &figure, out)?;
        }
    }
    let warnings: Vec<Diagnostic> = ledgers.iter().flat_map(|ledger| ledger.warnings.iter().cloned()).collect();
    warn(&warnings);
    show(args, &model, &ledgers)?;
    if let Some(out) = &args.out {
        eprintln!("wrote the ledger to {}", out.display());
    }
    Ok(Outcome::Done)
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
    simulation = match (&args.every, args.at.is_empty()) {
        (Some(every), _) => simulation.every(time("--every", every)?),
        (None, false) => {
            simulation.at(args.at.iter().map(|t| time("--at", t)).collect::<Result<Vec<Quantity>, _>>()?)
        }
        (None, true) => {
            let until = simulation.prepare().map_err(placed)?.until();
            simulation.every((until / STEPS).hours())
        }
    };
    if dense {
        let until = simulation.prepare().map_err(placed)?.until();
        simulation = simulation.until(until.hours()).following();
        let prepared = simulation.prepare().map_err(placed)?;
        let before = prepared.doses().iter().map(|(dose, _)| dose.time - JUST_BEFORE * dose.time.max(1.0));
        let times: Vec<f64> = prepared.samples().iter().copied().chain(before.filter(|time| *time > 0.0)).collect();
        simulation = simulation.at(times.into_iter().map(Units::hours));
    }
    Ledger::of(give, &simulation).map_err(|error| match error {
        LedgerError::Simulation(error) => placed(error),
        other => Error::from(other).placed(&said.place),
    })
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
    table("\nExposure by origin", &exposure_table(ledgers), format)?;
    table("\nInto the circulation", &absorption_table(ledgers), format)?;
    let mut notes: Vec<&String> = Vec::new();
    for note in ledgers.iter().flat_map(|ledger| &ledger.notes) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes.into_iter().try_for_each(|note| print(&format!("note: {note}\n")))
}

fn figure(model: &Model, ledgers: &[Ledger]) -> Figure {
    let title = format!("{}: where the dose is", model.id());
    let footnote = format!(
        "Metabolites as the drug they were formed from. Model grade {}. Research software; no clinical advice.",
        model.grade()
    );
    ledger_figure(&title, &footnote, ledgers)
}

fn write(
    args: &LedgerArgs,
    subject: &Subject<'_>,
    ledgers: &[Ledger],
    figure: &Figure,
    out: &Path,
) -> Result<(), Failure> {
    let mut manifest = Manifest::new("ledger");
    manifest.models.push(used(subject.model()));
    manifest.units_checked = subject.model().unit_checking();
    manifest.settings = args.person.settings();
    manifest.settings.extend(subject.described().map(|(name, value)| (format!("covariate {name}"), value)));
    for (at, give) in args.give.iter().enumerate() {
        manifest.settings.insert(format!("give {}", at + 1), give.clone());
    }
    let times = [("until", &args.until), ("every", &args.every)];
    let times = times.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let at = (!args.at.is_empty()).then(|| ("at", args.at.join(",")));
    manifest.settings.extend(times.chain(at).map(|(name, value)| (name.to_string(), value)));
    for name in args.person.effects() {
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
    Ok(())
}
