//! `posology schedules` and `posology regimen`.

use super::output::{print, table};
use super::{ArgumentError, Failure, Outcome, Shared, model, quantity, said};
use crate::Error;
use crate::dosing::{Calendar, DosingError, GivenDose, Guided, Regimen, Schedule, ScheduleFile, Schedules};
use crate::error::{Fault, Faults};
use crate::io::{Cell, Column, DataOptions, DataReader, Format, IoError, Table, dose_rows, doses_of};
use crate::model::Model;
use crate::population::Subject;
use crate::simulate::History;
use clap::{Args, Subcommand, ValueEnum};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// A regimen without an end is laid out for this long where nothing else is said, h: one year of 52 weeks.
const ENDLESS: f64 = 8736.0;
/// h
const WEEK: f64 = 168.0;

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
    #[arg(required_unless_present = "data")]
    text: Option<String>,
    /// Print the doses of each subject of this CSV file in NM-TRAN's columns as a regimen
    #[arg(long, value_name = "EVENTS.csv", requires = "model", conflicts_with_all = ["text", "calendar", "spelling", "weight", "until"])]
    data: Option<PathBuf>,
    /// The model that a data set was made for; with a regimen, the model that knows its devices and salts
    #[arg(long)]
    model: Option<String>,
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
    /// The rows of a data set in NM-TRAN's columns: h, mg, CMT by the name of the route
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
            match &file.schedule {
                Schedule::Guided(guided) => guided_calendar(guided, layout, shared.format)?,
                schedule => calendar(schedule, layout, shared.format, None)?,
            }
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
    let (text, format) = (args.text.as_deref().unwrap_or_default(), args.shared.format);
    if let (Some(path), Some(name)) = (&args.data, &args.model) {
        return regimens_of_data(path, &model(name)?, format);
    }
    let schedule = super::schedule("regimen", text)?;
    match args.spelling {
        Some(Spelling::Text) if matches!(schedule, Schedule::Guided(_)) => {
            return Err(Error::from(DosingError::GuidedText).placed(&said("regimen", text).place).into());
        }
        Some(Spelling::Text) => print(&format!("{schedule}\n"))?,
        Some(Spelling::Toml) => print(&schedule.to_toml())?,
        Some(Spelling::Nmtran) => print(&dose_rows(&doses(args, &schedule, text)?).to_csv())?,
        None if args.calendar => {}
        None if format == Format::Table => {
            print(&format!("{schedule}\n"))?;
            for phase in schedule.at_a_glance() {
                print(&format!("  {phase}\n"))?;
            }
        }
        None => {}
    }
    if args.calendar || format != Format::Table && args.spelling.is_none() {
        calendar(&schedule, &args.layout, format, Some(text))?;
    }
    Ok(Outcome::Done)
}

/// The doses of a regimen one by one. What needs a model (devices, salts) is asked of the one that is named.
fn doses(args: &RegimenArgs, schedule: &Schedule, text: &str) -> Result<Vec<GivenDose>, Error> {
    let text = said("regimen", text);
    let regimen = args.layout.bounded(schedule).map_err(|error| error.placed(&text.place))?;
    args.layout.note_cut(schedule);
    let Some(name) = &args.model else {
        return regimen.given(args.layout.weight()?).map_err(|kind| Error::from(kind).placed(&text.place));
    };
    let model = model(name)?;
    let mut person = Subject::typical(&model);
    if let Some(weight) = &args.layout.weight {
        person = person.with_text("weight", weight).map_err(|error| error.placed(&said("--weight", weight).place))?;
    }
    let history = History::of_regimen(&model, &regimen, &person, None)
        .map_err(|error| Faults::from(Fault::new(error)).said_in(&text))?;
    Ok(doses_of(&model, &history)?)
}

/// One row per subject: its regimen, or why it has none.
fn regimens_of_data(path: &Path, model: &Model, format: Format) -> Result<Outcome, Failure> {
    let file = File::open(path).map_err(|source| IoError::Read { path: path.into(), source })?;
    let name = path.display().to_string();
    let reader = DataReader::new(BufReader::new(file), &name, model, DataOptions::default())?;
    let mut regimens = Table::new(["ID", "regimen", "why_not"].map(Column::new).into());
    let mut outcome = Outcome::Done;
    for subject in reader {
        let subject = subject?;
        let found = doses_of(model, &subject.history).map_err(|why| why.to_string());
        let found =
            found.and_then(|doses| Schedule::of_doses(&doses).map_err(|faults| faults.first().kind.to_string()));
        let (regimen, why_not) = match found {
            Ok(schedule) => (schedule.to_string().into(), Cell::missing("")),
            Err(why) => {
                outcome = Outcome::SomeFailed;
                (Cell::missing(""), why.into())
            }
        };
        regimens.push(vec![subject.id.into(), regimen, why_not]);
    }
    table("", &regimens, format)?;
    Ok(outcome)
}

impl Layout {
    /// The body weight in kg.
    fn weight(&self) -> Result<Option<f64>, Error> {
        self.weight.as_deref().map(body_weight).transpose()
    }

    /// The regimen, cut off where the layout says or after a year if it has no end.
    fn bounded(&self, schedule: &Schedule) -> Result<Regimen, Error> {
        Ok(schedule.clone().bounded(Some(self.until()?))?)
    }

    /// How long a regimen without an end is laid out, h.
    fn until(&self) -> Result<f64, Error> {
        match &self.until {
            Some(until) => Ok(quantity(&said("--until", until), "h")?.in_base()),
            None => Ok(ENDLESS),
        }
    }

    /// Says that a regimen without an end was cut off, if the layout does not say where.
    fn note_cut(&self, schedule: &Schedule) {
        if matches!(schedule, Schedule::Unbounded(_)) && self.until.is_none() {
            say!("the regimen has no end: its first 52 weeks are shown; `--until` says otherwise");
        }
    }
}

/// Prints every dose. A regimen without an end is cut off where the layout says, or after a year.
fn calendar(schedule: &Schedule, layout: &Layout, format: Format, text: Option<&str>) -> Result<(), Failure> {
    let weight = layout.weight()?;
    let placed = |error: Error| match text {
        Some(text) => error.placed(&said("regimen", text).place),
        None => error,
    };
    let regimen = layout.bounded(schedule).map_err(placed)?;
    let calendar = Calendar::of(&regimen, weight, |_| None).map_err(|kind| placed(kind.into()))?;
    lay_out(&calendar, format)?;
    layout.note_cut(schedule);
    Ok(())
}

/// Prints the doses of a guided schedule that are known beforehand, and when its visits begin.
fn guided_calendar(schedule: &Guided, layout: &Layout, format: Format) -> Result<(), Failure> {
    let (regimen, begins) = schedule.fixed(layout.until()?).map_err(Error::from)?;
    let calendar = Calendar::of(&regimen, layout.weight()?, |_| None).map_err(Error::from)?;
    if format != Format::Table || !calendar.rows.is_empty() {
        lay_out(&calendar, format)?;
    }
    let from = format!("from week {}: decided at visits\n", (begins / WEEK) as u64 + 1);
    if format == Format::Table {
        return print(&from);
    }
    eprint!("{from}");
    Ok(())
}

/// Prints a calendar without the columns that it does not fill.
fn lay_out(calendar: &Calendar, format: Format) -> Result<(), Failure> {
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
