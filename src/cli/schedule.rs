//! `posology schedules` and `posology regimen`.

use super::output::{print, table};
use super::{ArgumentError, Failure, Outcome, Shared, quantity, said};
use crate::Error;
use crate::dosing::{Calendar, DosingError, Regimen, Schedule, ScheduleFile, Schedules};
use crate::io::{Cell, Column, Format, Table, regimen_rows};
use clap::{Args, Subcommand, ValueEnum};

/// A regimen without an end is laid out for this long where nothing else is said, h: one year of 52 weeks.
const ENDLESS: f64 = 8736.0;

#[derive(Debug, Subcommand)]
pub(super) enum SchedulesCommand {
    /// The published schedules, phases at a glance
    List {
        #[command(flatten)]
        shared: Shared,
    },
    /// One schedule: source, regimen, calendar
    Show {
        /// Its id
        id: String,
        #[command(flatten)]
        layout: Layout,
        #[command(flatten)]
        shared: Shared,
    },
}

#[derive(Debug, Args)]
pub(super) struct RegimenArgs {
    /// The regimen, such as "84 mg intranasal twice weekly for 4 weeks"
    text: String,
    /// Print every dose with its day
    #[arg(long)]
    calendar: bool,
    /// Print it in this spelling
    #[arg(long = "as", value_enum)]
    spelling: Option<Spelling>,
    #[command(flatten)]
    layout: Layout,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spelling {
    /// One line
    Text,
    /// A schedule file
    Toml,
    /// Rows of a data set in NM-TRAN's columns, in h and mg
    Nmtran,
}

/// What a calendar needs beyond the regimen.
#[derive(Debug, Args)]
pub(super) struct Layout {
    /// Body weight, for doses per kilogram, such as 70kg
    #[arg(long)]
    weight: Option<String>,
    /// How long a regimen without an end is laid out, such as 52weeks
    #[arg(long)]
    until: Option<String>,
}

pub(super) fn schedules(command: &SchedulesCommand) -> Result<Outcome, Failure> {
    match command {
        SchedulesCommand::List { shared } => table("", &list(), shared.format)?,
        SchedulesCommand::Show { id, layout, shared } => {
            let file = Schedules::get(id)?;
            if shared.format == Format::Table {
                print(&about(&file))?;
            }
            calendar(&file.schedule, layout, shared.format, None)?;
        }
    }
    Ok(Outcome::Done)
}

fn list() -> Table {
    let mut table = Table::new(["id", "drug", "grade", "phases"].map(Column::new).into());
    for file in Schedules::list() {
        let text = |value: &Option<String>| value.as_deref().map_or_else(|| Cell::missing("not said"), Cell::from);
        let phases = file.schedule.at_a_glance().join("; then ");
        table.push(vec![text(&file.about.id), text(&file.about.drug), text(&file.about.grade), phases.into()]);
    }
    table
}

fn about(file: &ScheduleFile) -> String {
    let about = &file.about;
    let mut text = String::new();
    let mut line = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!("{name:<10}{value}\n"));
        }
    };
    line("id", &about.id);
    line("title", &about.title);
    line("drug", &about.drug);
    line("grade", &about.grade);
    line("citation", &about.citation);
    line("doi", &about.doi);
    line("source", &about.source);
    line("note", &about.note);
    line("regimen", &Some(file.schedule.to_string()));
    for phase in file.schedule.at_a_glance() {
        line("phase", &Some(phase));
    }
    text.push('\n');
    text
}

pub(super) fn regimen(args: &RegimenArgs) -> Result<Outcome, Failure> {
    let schedule = super::schedule("regimen", &args.text)?;
    match args.spelling {
        Some(Spelling::Text) => print(&format!("{schedule}\n"))?,
        Some(Spelling::Toml) => print(&schedule.to_toml())?,
        Some(Spelling::Nmtran) => {
            let (regimen, weight) = laid_out(&schedule, &args.layout, Some(&args.text))?;
            print(&regimen_rows(&regimen, weight).map_err(|e| e.placed(&said("regimen", &args.text).place))?.to_csv())?;
        }
        None if args.calendar => {}
        None if args.shared.format == Format::Table => {
            print(&format!("{schedule}\n"))?;
            for phase in schedule.at_a_glance() {
                print(&format!("  {phase}\n"))?;
            }
        }
        None => {}
    }
    if args.calendar || args.shared.format != Format::Table && args.spelling.is_none() {
        calendar(&schedule, &args.layout, args.shared.format, Some(&args.text))?;
    }
    Ok(Outcome::Done)
}

/// The doses and the body weight that the layout says. A regimen without an end is cut off there, or after a year.
fn laid_out(schedule: &Schedule, layout: &Layout, text: Option<&str>) -> Result<(Regimen, Option<f64>), Error> {
    let weight = match &layout.weight {
        Some(weight) => Some(body_weight(weight)?),
        None => None,
    };
    let until = match &layout.until {
        Some(until) => Some(quantity(&said("--until", until), "h")?.in_base()),
        None => None,
    };
    let regimen = schedule.clone().bounded(Some(until.unwrap_or(ENDLESS))).map_err(|kind| placed(kind, text))?;
    if matches!(schedule, Schedule::Unbounded(_)) && until.is_none() {
        eprintln!("the regimen has no end: its first 52 weeks are shown; `--until` says otherwise");
    }
    Ok((regimen, weight))
}

/// The error, placed on the regimen's text if there is one.
fn placed(kind: DosingError, text: Option<&str>) -> Error {
    match text {
        Some(text) => Error::from(kind).placed(&said("regimen", text).place),
        None => Error::from(kind),
    }
}

/// Prints every dose.
fn calendar(schedule: &Schedule, layout: &Layout, format: Format, text: Option<&str>) -> Result<(), Failure> {
    let (regimen, weight) = laid_out(schedule, layout, text)?;
    let calendar = Calendar::of(&regimen, weight, |_| None).map_err(|kind| placed(kind, text))?;
    let rows: Vec<_> = calendar.rows.iter().map(Calendar::cells).collect();
    let known: Vec<usize> = (0..Calendar::COLUMNS.len()).filter(|i| rows.iter().any(|r| !r[*i].is_empty())).collect();
    let mut doses = Table::new(known.iter().map(|i| Column::new(Calendar::COLUMNS[*i])).collect());
    for row in &rows {
        doses.push(known.iter().map(|i| Cell::from(row[*i].as_str())).collect());
    }
    table("", &doses, format)
}

/// A body weight in kg.
fn body_weight(text: &str) -> Result<f64, Error> {
    let text = said("--weight", text);
    let weight = quantity(&text, "kg")?.in_base() / 1e6;
    if weight <= 0.0 {
        return Err(Error::from(ArgumentError::NotPositive { option: "--weight".into() }).placed(&text.place));
    }
    Ok(weight)
}
