//! The command line: arguments in, tables out; everything else is in the library.

/// Writes a line to the standard error, as `eprintln!` does, which nobody has to read.
macro_rules! say {
    ($($line:tt)*) => { $crate::cli::output::tell(format_args!($($line)*)) };
}

mod catalogue;
mod compare;
mod comparison;
mod course;
mod engine;
mod equivalent;
mod explain;
mod ledger;
mod metrics;
mod nca;
mod output;
mod people;
mod person;
mod population;
mod progress;
mod report;
mod schedule;
mod sensitivity;
mod session;
mod simulate;
mod simulate_data;
mod sweep;
mod target;
mod threads;

use crate::Error;
use crate::document::{Place, Text};
use crate::dosing::{About, Schedule, ScheduleFile, Schedules};
use crate::error::{Kind, Source, Span, listed};
use crate::io::{Format, IoError};
use crate::units::{Quantity, Unit, UnitFault};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Simulates drug concentrations for any dosing schedule, with units checked and every number cited.
#[derive(Debug, Parser)]
#[command(
    name = "posology",
    version,
    about,
    after_help = "Research software, not a medical device: it gives no clinical advice.",
    infer_subcommands = false
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare arms (model, route, regimen) side by side on the same person: the main job
    Compare(compare::CompareArgs),
    /// Run a comparison and write it as one page: tables, figures, and where every number comes from
    Report(report::ReportArgs),
    /// Simulate one model for one person
    Simulate(Box<simulate::SimulateArgs>),
    /// Simulate every point of a design over doses, intervals, models, parameters; nothing is lost when it is killed
    Sweep(Box<sweep::SweepArgs>),
    /// Say how much each factor decides about each measure: Sobol's indices, Morris's effects, elasticities
    Sensitivity(sensitivity::SensitivityArgs),
    /// Say where a dose is at each time, and where exposure to drug and metabolites comes from
    Ledger(Box<ledger::LedgerArgs>),
    /// Look for the dose by one route that gives the exposure of a regimen by another
    Equivalent(Box<equivalent::EquivalentArgs>),
    /// Probabilities of attaining a target over doses and regimens, and the doses that reach one
    Target(target::TargetArgs),
    /// The hours after each session: peak, time until below a level, and who is above it at the end of monitoring
    Session(Box<session::SessionArgs>),
    /// Follow courses over months: guided maintenance, adherence, sessions, intervals, cumulative exposure, response
    Course(Box<course::CourseArgs>),
    /// Print every event of a regimen or data set: what caused it, what entered where, and when
    Explain(Box<explain::ExplainArgs>),
    /// Non-compartmental analysis of a table of concentrations
    Nca(Box<nca::NcaArgs>),
    /// The metrics: what each is, its unit and formula, and where it comes from
    #[command(subcommand)]
    Metrics(metrics::MetricsCommand),
    /// The models: list, show, check files, verify against published numbers
    #[command(subcommand)]
    Models(catalogue::ModelsCommand),
    /// The published dosing schedules
    #[command(subcommand)]
    Schedules(schedule::SchedulesCommand),
    /// Read a regimen, print its doses, translate it
    Regimen(schedule::RegimenArgs),
}

/// Options that every command has.
#[derive(Debug, Args)]
struct Shared {
    /// How tables are printed
    #[arg(long, default_value_t = Format::Table, value_name = "table|csv|json")]
    format: Format,
}

/// How a command ended, short of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Done,
    /// Some rows failed.
    SomeFailed,
    /// A signal ended it, of this number.
    Signalled(u8),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap prints each to its own stream.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            if is_given_twice(&error) {
                say!(
                    "\nhint: one `--give` has all doses: `and` joins those of the same time, `, then` those that follow"
                );
            }
            return ExitCode::from(code);
        }
    };
    match run(cli.command) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        // As shells say it.
        Ok(Outcome::Signalled(signal)) => ExitCode::from(128 + signal),
        Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(Failure::Shown) => ExitCode::from(2),
        Err(Failure::Error(error)) => {
            say!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether what is wrong with the arguments is a second `--give`.
fn is_given_twice(error: &clap::Error) -> bool {
    let argument = error.get(ContextKind::InvalidArg);
    error.kind() == ErrorKind::ArgumentConflict
        && argument == error.get(ContextKind::PriorArg)
        && matches!(argument, Some(ContextValue::String(name)) if name.starts_with("--give "))
}

/// Why a command could not run to its end.
enum Failure {
    /// Nobody reads any more, which is their right.
    BrokenPipe,
    /// Everything that is wrong has been said.
    Shown,
    Error(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Error(error.into())
    }
}

fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Compare(args) => compare::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Sensitivity(args) => sensitivity::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::Equivalent(args) => equivalent::run(&args),
        Command::Target(args) => target::run(&args),
        Command::Session(args) => session::run(&args),
        Command::Course(args) => course::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Nca(args) => nca::run(&args),
        Command::Metrics(command) => metrics::run(&command),
        Command::Models(command) => catalogue::run(&command),
        Command::Schedules(command) => schedule::schedules(&command),
        Command::Regimen(args) => schedule::regimen(&args),
    }
}

/// What can be wrong with an argument, beyond what the parser of arguments finds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// `NAME=VALUE` without `=`.
    #[error("`{option}` takes NAME=VALUE")]
    NoEquals {
        /// The option.
        option: String,
    },
    /// The rows of a data set for a file of another format.
    #[error("the rows of a data set come out as they went in, which is CSV")]
    DataIsCsv,
    /// A report under the name of another format.
    #[error("a report is a page of HTML")]
    ReportIsHtml,
    /// A number below zero.
    #[error("`{option}` has to be 0 or more")]
    Negative {
        /// The option.
        option: String,
    },
    /// A number of zero or less.
    #[error("`{option}` has to be more than 0")]
    NotPositive {
        /// The option.
        option: String,
    },
    /// A time after the end.
    #[error("`{option}` is after the end, {end} h")]
    AfterEnd {
        /// The option.
        option: String,
        /// The time as it was written.
        time: String,
        /// h
        end: f64,
    },
    /// A population of nobody knows how many.
    #[error("`--population` says who the people are, and not how many")]
    NoSize,
    /// A covariate of the command line that the population has for each of its people.
    #[error("`{option}` is given, and the population describes it for each of its people")]
    DescribedTwice {
        /// The option.
        option: String,
    },
    /// What belongs to a plan, beside one.
    #[error("`{option}` is given, and so is a plan: it says this itself")]
    BesidePlan {
        /// The option.
        option: String,
    },
    /// A morning before the end of monitoring.
    #[error("`--morning` is before `--leave`")]
    MorningFirst,
    /// People who are drawn anyway, or nobody at all.
    #[error("`--resample` draws from a list of people, and there is none")]
    NothingToResample,
    /// One percentile twice.
    #[error("the percentile {percentile} is asked for twice")]
    RepeatedPercentile {
        /// The percentile.
        percentile: f64,
    },
    /// An option about a population that nobody asked for.
    #[error("`{option}` is given, and there is no population")]
    NoPopulation {
        /// The option.
        option: String,
    },
    /// Threads that cannot be started.
    #[error("cannot start threads: {message}")]
    Threads {
        /// What the system says.
        message: String,
    },
    /// A covariate of the command line that the data set has as well.
    #[error("`--covariate {covariate}` is given, and the column `{column}` of the data sets it too")]
    SetByColumn {
        /// The covariate.
        covariate: String,
        /// The column.
        column: String,
    },
    /// An infusion that takes nobody knows how long.
    #[error("how long the infusion of the subject `{id}` took is not known")]
    NoDuration {
        /// The subject.
        id: String,
    },
    /// A duration of what is no infusion.
    #[error("`--duration` is that of an infusion")]
    DurationOfNoInfusion,
    /// An interval that is none.
    #[error("`--interval` takes two times, the later one last")]
    Interval,
    /// A rule for samples below the limit that is none.
    #[error("`--blq` takes one of zero, drop, half and limit, or three of them")]
    BlqRule,
    /// A point of the terminal slope that is chosen again.
    #[error("the time `{time}` is chosen twice")]
    RepeatedTime {
        /// As written.
        time: String,
    },
    /// A level with a unit for concentrations without one.
    #[error("the concentrations have no unit, and the level has one")]
    NoConcentrationUnit,
    /// A metric that samples do not give.
    #[error("`{name}` is not a metric of samples")]
    UnknownSampled {
        /// What was written.
        name: String,
    },
    /// A subject that the data set does not have.
    #[error("the data set has no subject `{id}`")]
    UnknownId {
        /// What was asked for.
        id: String,
        /// The first that it has.
        first: Vec<String>,
        /// How many more it has.
        more: usize,
    },
}

impl Kind for ArgumentError {
    fn code(&self) -> &'static str {
        match self {
            ArgumentError::NoEquals { .. } | ArgumentError::SetByColumn { .. } | ArgumentError::DataIsCsv => {
                "E_ARGUMENT"
            }
            ArgumentError::Negative { .. } | ArgumentError::NotPositive { .. } | ArgumentError::AfterEnd { .. } => {
                "E_OUT_OF_RANGE"
            }
            ArgumentError::NoSize
            | ArgumentError::ReportIsHtml
            | ArgumentError::NoPopulation { .. }
            | ArgumentError::DescribedTwice { .. }
            | ArgumentError::NothingToResample
            | ArgumentError::MorningFirst
            | ArgumentError::BesidePlan { .. }
            | ArgumentError::RepeatedPercentile { .. } => "E_ARGUMENT",
            ArgumentError::NoDuration { .. } => "E_NO_DURATION",
            ArgumentError::DurationOfNoInfusion | ArgumentError::BlqRule => "E_ARGUMENT",
            ArgumentError::Interval => "E_INTERVAL",
            ArgumentError::RepeatedTime { .. } => "E_TIME_REPEATED",
            ArgumentError::NoConcentrationUnit => "E_UNIT_MISSING",
            ArgumentError::UnknownSampled { .. } => "E_METRIC_UNKNOWN",
            ArgumentError::Threads { .. } => "E_THREADS",
            ArgumentError::UnknownId { .. } => "E_UNKNOWN_ID",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ArgumentError::NoEquals { option } if option == "--set" => Some("write `--set Qh=\"120 L/h\"`".into()),
            ArgumentError::NoEquals { option } if option == "--units" => {
                Some("write `--units DV=ng/mL,DOSE=mg`".into())
            }
            ArgumentError::NoEquals { .. } => Some("write `--covariate age=\"70 year\"`".into()),
            ArgumentError::SetByColumn { .. } => Some("leave out the option, or rename the column".into()),
            ArgumentError::DataIsCsv => Some("end the name in `.csv`".into()),
            ArgumentError::ReportIsHtml => Some("end the name in `.html`".into()),
            ArgumentError::DescribedTwice { .. } => Some("leave out one of them".into()),
            ArgumentError::NothingToResample => Some("a list is a CSV file with a row per person".into()),
            ArgumentError::RepeatedPercentile { .. } => None,
            ArgumentError::BesidePlan { .. } => Some("change the plan, or give a model with `--schedule`".into()),
            ArgumentError::MorningFirst => Some("both are counted from the session's first device".into()),
            ArgumentError::NoSize | ArgumentError::NoPopulation { .. } => {
                Some("a population is `--subjects N --seed S`".into())
            }
            ArgumentError::NoDuration { .. } => Some("write `--duration 15min`, or add a column DUR".into()),
            ArgumentError::DurationOfNoInfusion => Some("write `--route infusion`".into()),
            ArgumentError::Interval => Some("write `--interval 0h,24h`, or `--interval 60h,inf`".into()),
            ArgumentError::BlqRule => Some(
                "`--blq zero,drop,zero` is before the first that can be quantified, between, after the last".into(),
            ),
            ArgumentError::RepeatedTime { .. } => Some("leave out one of them".into()),
            ArgumentError::NoConcentrationUnit => Some("write `--units DV=ng/mL`".into()),
            ArgumentError::UnknownSampled { name } => {
                let names = crate::metrics::REGISTRY.iter().filter(|d| d.sampled.is_some()).map(|d| d.name);
                Some(match crate::error::nearest(name, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`posology metrics list` has them all".into(),
                })
            }
            ArgumentError::Threads { .. } => Some("ask for fewer with `--threads`".into()),
            ArgumentError::AfterEnd { time, .. } => Some(format!("write `--until {time}`, or leave the time out")),
            ArgumentError::Negative { .. } => Some("the first dose is given at 0 h".into()),
            ArgumentError::NotPositive { option } => {
                let example = match option.as_str() {
                    "--weight" => "70kg",
                    "--every" => "5min",
                    "--dose" => "320mg",
                    "--duration" => "15min",
                    "--tau" => "12h",
                    "--step" => "50mg",
                    "--threshold" => "\"120 ng/mL\"",
                    "--leave" => "2h",
                    "--morning" => "20h",
                    "--delay-up-to" => "2d",
                    _ => "24h",
                };
                Some(format!("write `{option} {example}`"))
            }
            ArgumentError::UnknownId { first, more, .. } => {
                let first = listed(first.iter().map(String::as_str));
                let more = if *more == 0 { String::new() } else { format!(" and {more} more") };
                Some(format!("its subjects are {first}{more}"))
            }
        }
    }
}

/// A whole argument as a text with a place.
fn said(option: &str, text: &str) -> Text {
    Text::at(text.to_string(), Place { source: Source::new(option, text), span: Span::new(0, text.len()) })
}

/// A quantity given as an argument, of the kind of `like`.
fn quantity(text: &Text, like: &str) -> Result<Quantity, Error> {
    let like: Unit = like.parse().expect("a unit named in this module is known");
    let quantity: Quantity = text.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(text))?;
    quantity.like(&like).map_err(|e| Error::from(e).placed(&text.place))?;
    Ok(quantity)
}

/// A file of the person's own.
fn read(path: &str) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| IoError::Read { path: path.into(), source }.into())
}

/// A schedule: a line of text, the id of a published one, or the path of a schedule file.
fn schedule(option: &str, text: &str) -> Result<Schedule, Error> {
    Ok(schedule_file(option, text)?.schedule)
}

/// The same with what is known about it.
fn schedule_file(option: &str, text: &str) -> Result<ScheduleFile, Error> {
    if text.ends_with(".toml") {
        return Ok(ScheduleFile::from_toml(&read(text)?, text)?);
    }
    // A line of text begins with a dose or has blanks.
    let is_id = text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(char::is_whitespace);
    if is_id {
        return Schedules::get(text).map_err(|error| Error::from(error).placed(&said(option, text).place));
    }
    Ok(ScheduleFile { about: About::default(), schedule: Schedule::from_text(text, option)? })
}

/// A model by its id in the catalogue, or by the path of a file.
fn model(name: &str) -> Result<crate::model::Model, Error> {
    use crate::model::{Catalogue, Model};
    if name.ends_with(".toml") || PathBuf::from(name).is_file() {
        return Ok(Model::parse(&read(name)?, name, &Catalogue)?);
    }
    Ok(Model::catalogue(name)?)
}
