//! `posology explain`: every event of a regimen or of a subject of a data set, in order, with its cause.

use super::engine::EngineArgs;
use super::output::{table, warn};
use super::person::PersonArgs;
use super::simulate::time;
use super::simulate_data::{DataArgs, at_subject, check_covariates};
use super::{ArgumentError, Failure, Outcome, Shared, said, schedule};
use crate::Error;
use crate::error::{Fault, Faults};
use crate::io::{Cell, Column, DataReader, Format, IoError, SubjectData, Table, number, rounded};
use crate::model::Model;
use crate::population::Subject;
use crate::simulate::{
    CovariateRule, DoseInput, DoseRecord, Event, Happening, History, Record, Replay, Rules, Search, Settings,
    SimulationError, Target, What,
};
use crate::solve::Steps;
use clap::Args;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// So many subjects are listed where the one asked for is not there.
const LISTED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The doses, such as "84 mg intranasal twice weekly for 4 weeks"
    #[arg(long, required_unless_present = "data")]
    give: Option<String>,
    /// How long to go on, such as 24h
    #[arg(long)]
    until: Option<String>,
    /// The records of this CSV file in NM-TRAN's columns
    #[arg(long, value_name = "EVENTS.csv", conflicts_with_all = ["give", "until"])]
    data: Option<PathBuf>,
    /// The subject of the data set; without it the first
    #[arg(long, requires = "data")]
    id: Option<String>,
    #[command(flatten)]
    reading: DataArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &ExplainArgs) -> Result<Outcome, Failure> {
    let model = args.person.model()?;
    let subject = args.person.subject(&model)?;
    let explanation = match &args.data {
        Some(path) => of_data(args, path, &model, &subject)?,
        None => of_regimen(args, &model, &subject)?,
    };
    warn(model.warnings());
    table("", &explanation, args.shared.format)?;
    Ok(Outcome::Done)
}

fn of_regimen(args: &ExplainArgs, model: &Model, subject: &Subject<'_>) -> Result<Table, Error> {
    let give = said("--give", args.give.as_deref().unwrap_or_default());
    let until = args.until.as_ref().map(|until| time("--until", until)).transpose()?.map(|until| until.in_base());
    let schedule = schedule("--give", &give.text)?;
    let rules = Rules { covariates: CovariateRule::Locf, ..Rules::default() };
    let explained = || {
        let regimen = schedule.bounded(until)?;
        let history = History::of_regimen(model, &regimen, subject, until)?;
        let happenings = happenings(model, rules, args.engine.settings(), &history, subject)?;
        Ok(Explanation { model, history: &history, cause: "dose", format: args.shared.format }.table(&happenings))
    };
    explained().map_err(|error: SimulationError| {
        let error = match error {
            SimulationError::Record { error, .. } => *error,
            error => error,
        };
        Error::from(Faults::from(Fault::new(error)).said_in(&give))
    })
}

fn of_data(args: &ExplainArgs, path: &Path, model: &Model, subject: &Subject<'_>) -> Result<Table, Error> {
    let file = File::open(path).map_err(|source| IoError::Read { path: path.into(), source })?;
    let name = path.display().to_string();
    let mut reader = DataReader::new(BufReader::new(file), &name, model, args.reading.options()?)?;
    check_covariates(model, subject, reader.header())?;
    let data = find(&mut reader, args.id.as_deref())?;
    if args.id.is_none() {
        say!("subject {}, the first of the data set; `--id` chooses another", data.id);
    }
    let happenings = happenings(model, args.reading.rules(), args.engine.settings(), &data.history, subject)
        .map_err(|error| Error::from(at_subject(error, &data)))?;
    let explanation = Explanation { model, history: &data.history, cause: "row", format: args.shared.format };
    Ok(explanation.table(&happenings))
}

/// The subject of this ID, or the first.
fn find(
    reader: &mut impl Iterator<Item = Result<SubjectData, Faults<crate::io::DataError>>>,
    id: Option<&str>,
) -> Result<SubjectData, Error> {
    let (mut first, mut count) = (Vec::new(), 0);
    for data in reader {
        let data = data?;
        if id.is_none_or(|id| data.id == id) {
            return Ok(data);
        }
        count += 1;
        if first.len() < LISTED {
            first.push(data.id);
        }
    }
    let more = count - first.len();
    Err(ArgumentError::UnknownId { id: id.unwrap_or_default().into(), first, more }.into())
}

fn happenings(
    model: &Model,
    rules: Rules,
    settings: Settings,
    history: &History,
    subject: &Subject<'_>,
) -> Result<Vec<Happening>, SimulationError> {
    let replay = Replay::new(model, rules, settings)?;
    let (mut cursor, mut steps, mut outputs) = (replay.begin(subject, true), Steps::default(), Vec::new());
    while cursor.step(history, &mut steps, &mut outputs)? {
        outputs.clear();
    }
    Ok(cursor.happenings().to_vec())
}

/// What is needed to put happenings into words.
struct Explanation<'a> {
    model: &'a Model,
    history: &'a History,
    /// What the numbers of causes count.
    cause: &'a str,
    format: Format,
}

/// The cells of an event that only some events have.
#[derive(Default)]
struct Details {
    /// Which of the further doses of a record, from 1.
    additional: u32,
    into: Option<String>,
    amount: Option<f64>,
    rate: Option<f64>,
    over: Option<f64>,
    /// When the dose was given, before any lag.
    given: Option<f64>,
    /// What entered since the record before.
    entered: Option<String>,
}

impl Explanation<'_> {
    fn table(&self, happenings: &[Happening]) -> Table {
        let columns = vec![
            Column::new("time").unit("h"),
            Column::new(self.cause),
            Column::new("additional"),
            Column::new("event"),
            Column::new("into"),
            Column::new("amount").unit("mg"),
            Column::new("rate").unit("mg/h"),
            Column::new("over").unit("h"),
            Column::new("given").unit("h"),
            Column::new("entered").unit("mg"),
        ];
        let mut records = self.history.records.iter();
        let rows: Vec<Vec<Cell>> = happenings.iter().map(|happening| self.row(happening, &mut records)).collect();
        // People see only the columns that say something; programs always find all of them.
        let says = |column: usize| rows.iter().any(|row| !matches!(row[column], Cell::Missing(_)));
        let kept: Vec<bool> = (0..columns.len()).map(|c| self.format != Format::Table || says(c)).collect();
        let mut table = Table::new(only(columns, &kept));
        rows.into_iter().for_each(|row| table.push(only(row, &kept)));
        table
    }

    /// A row of the table; `records` gives the next record where one is reached.
    fn row<'r>(&self, happening: &Happening, records: &mut impl Iterator<Item = &'r Record>) -> Vec<Cell> {
        let (event, details) = match &happening.what {
            Event::Record { entered } => self.record(records.next(), entered),
            event => self.event(event),
        };
        let count = |count: usize| if count > 0 { Cell::Integer(count as i64) } else { Cell::missing("") };
        let number = |value: Option<f64>| value.map_or_else(|| Cell::missing(""), Cell::from);
        let text = |value: Option<String>| value.map_or_else(|| Cell::missing(""), Cell::from);
        vec![
            happening.time.into(),
            count(happening.row),
            count(details.additional as usize),
            event.into(),
            text(details.into),
            number(details.amount),
            number(details.rate),
            number(details.over),
            number(details.given),
            text(details.entered),
        ]
    }

    /// An event between records in words.
    fn event(&self, event: &Event) -> (String, Details) {
        let into = |state: usize| Some(self.model.states()[state].name.clone());
        let (text, details) = match *event {
            Event::Bolus { state, amount, dose, given } => (
                "bolus",
                Details {
                    additional: dose,
                    into: into(state),
                    amount: Some(amount),
                    given: Some(given),
                    ..Details::default()
                },
            ),
            Event::Begins { state, amount, rate, over, dose, given } => (
                "infusion begins",
                Details {
                    additional: dose,
                    into: into(state),
                    amount: Some(amount),
                    rate: Some(rate),
                    over: Some(over),
                    given: Some(given),
                    ..Details::default()
                },
            ),
            Event::Continues { state, rate, over } => (
                "infusion of an earlier dose goes on",
                Details {
                    into: into(state),
                    amount: Some(rate * over),
                    rate: Some(rate),
                    over: Some(over),
                    ..Details::default()
                },
            ),
            Event::Ends { state, rate } => {
                ("infusion ends", Details { into: into(state), rate: Some(rate), ..Details::default() })
            }
            Event::Reset => ("everything back to the start", Details::default()),
            Event::Function { state, amount, dose, given } => (
                "input function begins",
                Details {
                    additional: dose,
                    into: into(state),
                    amount: Some(amount),
                    given: Some(given),
                    ..Details::default()
                },
            ),
            Event::Steady { add, search } => {
                let text = if add { "steady state is added" } else { "steady state replaces everything" };
                let found = |Search { cycles, residual }| {
                    format!(", found after {cycles} intervals; the last one changes it by {}", rounded(residual, 2))
                };
                return (format!("{text}{}", search.map_or_else(String::new, found)), Details::default());
            }
            Event::Dropped { count } => return (format!("{count} yet to come dropped"), Details::default()),
            Event::Switched { state, open } => (
                if open { "compartment opened" } else { "compartment emptied and closed" },
                Details { into: into(state), ..Details::default() },
            ),
            Event::Replaced { state, amount } => {
                ("amount replaced", Details { into: into(state), amount: Some(amount), ..Details::default() })
            }
            Event::Values => ("values change", Details::default()),
            Event::Record { .. } => ("record", Details::default()),
        };
        (text.into(), details)
    }

    /// A record, and what entered since the one before.
    fn record(&self, record: Option<&Record>, entered: &[f64]) -> (String, Details) {
        let states = self.model.states().iter().zip(entered).filter(|(_, amount)| **amount != 0.0);
        let entered: Vec<String> =
            states.map(|(state, amount)| format!("{} {}", self.spelled(*amount), state.name)).collect();
        let into = record.and_then(|record| self.target(&record.what));
        let text = record.map_or_else(String::new, |record| self.said(record));
        let entered = (!entered.is_empty()).then(|| entered.join(", "));
        (text, Details { into, entered, ..Details::default() })
    }

    fn target(&self, what: &What) -> Option<String> {
        let target = match what {
            What::Dose(dose) | What::Reset(Some(dose)) => dose.target,
            What::SteadyInfusion { infusion: Some((target, _)) } => *target,
            _ => return None,
        };
        Some(match target {
            Target::Route(route) => self.model.routes()[route].name.clone(),
            Target::Compartment(state) => self.model.states()[state].name.clone(),
        })
    }

    fn said(&self, record: &Record) -> String {
        // Records that stand for no dose of a regimen have no row.
        let made = record.row == 0;
        match &record.what {
            What::Observation { .. } if made => "end".into(),
            What::Other { .. } if made && record.time == 0.0 => "start".into(),
            What::Other { .. } if made => "a covariate changes".into(),
            What::Observation { .. } => "record: observation".into(),
            What::Dose(dose) => format!("record: {}", self.dose(dose)),
            What::SteadyInfusion { infusion: Some((_, rate)) } => {
                format!("record: infusion of {} mg/h since ever", self.spelled(*rate))
            }
            What::SteadyInfusion { infusion: None } => "record: steady state without doses".into(),
            What::Other { .. } => "record: other".into(),
            What::Reset(None) => "record: reset".into(),
            What::Reset(Some(dose)) => format!("record: reset, {}", self.dose(dose)),
            What::Replace { .. } => "record: replacement".into(),
        }
    }

    fn dose(&self, dose: &DoseRecord) -> String {
        let spelled = |value| self.spelled(value);
        let mut text = format!("dose of {} mg", spelled(dose.amount));
        text.push_str(&match dose.input {
            DoseInput::Bolus => String::new(),
            DoseInput::Rate(rate) => format!(" at {} mg/h", spelled(rate)),
            DoseInput::Duration(over) => format!(" over {} h", spelled(over)),
            DoseInput::ModelledRate => " at the model's rate".into(),
            DoseInput::ModelledDuration => " over the model's duration".into(),
        });
        if let Some(repeats) = dose.repeats {
            text.push_str(&format!(", {} more every {} h", repeats.additional, spelled(repeats.interval)));
        }
        if let Some(steady) = dose.steady {
            text.push_str(&format!(", since ever every {} h", spelled(steady.interval)));
        }
        text
    }

    /// A number in words: rounded only for people.
    fn spelled(&self, value: f64) -> String {
        if self.format == Format::Table { rounded(value, 4) } else { number(value) }
    }
}

/// The members that are kept.
fn only<T>(list: Vec<T>, kept: &[bool]) -> Vec<T> {
    list.into_iter().zip(kept).filter_map(|(member, kept)| kept.then_some(member)).collect()
}
