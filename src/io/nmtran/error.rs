//! What can be wrong with a data set.

use crate::error::{Kind, listed, nearest};

/// What can be wrong with a data set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The system could not read on.
    #[error("cannot read `{name}`: {message}")]
    Read {
        /// The file.
        name: String,
        /// What the system says.
        message: String,
    },
    /// Bytes that are no text.
    #[error("this is not text")]
    NotText,
    /// A line that no table has.
    #[error("this line is longer than {limit} bytes")]
    LineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Not even a header.
    #[error("the data set is empty")]
    Empty,
    /// A header and nothing below it.
    #[error("the data set has a header and no rows")]
    HeaderOnly,
    /// A column that every data set needs.
    #[error("the data set has no column `{column}`")]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// Those it has.
        has: Vec<String>,
    },
    /// Two columns of one meaning.
    #[error("the column `{column}` is there twice")]
    RepeatedColumn {
        /// The second, as written.
        column: String,
    },
    /// A column without a name.
    #[error("a column has no name")]
    NamelessColumn,
    /// A column whose name, in another case, belongs to several things in the model.
    #[error("the column `{column}` may mean {}", listed(means.iter().map(String::as_str)))]
    AmbiguousColumn {
        /// The column.
        column: String,
        /// What it may mean.
        means: Vec<String>,
    },
    /// Dates of the calendar, which are not read.
    #[error("the column `{column}` holds dates, which are not read")]
    DateColumn {
        /// The column.
        column: String,
    },
    /// A column that bears the name of a column of the result.
    #[error("the column `{column}` bears the name of an output of the model, which the result has a column for")]
    OutputColumn {
        /// The column.
        column: String,
    },
    /// A dose that is weighed as a salt, without the model that knows what is in it.
    #[error("how much drug is in a dose as {salt} is known to a model only")]
    Salt {
        /// The salt.
        salt: String,
    },
    /// A row of another length than the header.
    #[error("row {row} has {}, and the header names {expected}", cells(*found))]
    CellCount {
        /// Row of the data, counted from 1 below the header.
        row: usize,
        /// Cells it has.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// A quoted cell that does not end, or goes on behind its end.
    #[error("{row}: a quoted cell has to end with `\"`, on its line and before a comma", row = row_name(*row))]
    Quote {
        /// Row of the data; 0 is the header.
        row: usize,
    },
    /// A cell that cannot be what it says.
    #[error("row {row}, column `{column}`: {what}")]
    Cell {
        /// Row of the data, counted from 1 below the header.
        row: usize,
        /// The column as the header spells it.
        column: String,
        /// What is wrong.
        what: CellError,
    },
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".into() } else { format!("{count} cells") }
}

fn row_name(row: usize) -> String {
    if row == 0 { "the header".into() } else { format!("row {row}") }
}

/// What can be wrong with a cell, by itself or beside the others of its row.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CellError {
    /// Not a number.
    #[error("`{found}` is not a number")]
    NotNumber {
        /// What is written.
        found: String,
    },
    /// A time of day.
    #[error("`{found}` is a time of day, and times are plain numbers")]
    ClockTime {
        /// What is written.
        found: String,
    },
    /// Nothing, where something has to be.
    #[error("the cell is empty")]
    Missing,
    /// A number that is none of the codes of its column.
    #[error("`{found}` is none of {allowed}")]
    NotCode {
        /// What is written.
        found: String,
        /// The codes.
        allowed: &'static str,
    },
    /// Not a whole number within limits.
    #[error("`{found}` is not a whole number from 0 to {limit}")]
    NotCount {
        /// What is written.
        found: String,
        /// The most.
        limit: usize,
    },
    /// Less than 0.
    #[error("{found} is less than 0")]
    Negative {
        /// What is written.
        found: f64,
    },
    /// Time goes backwards.
    #[error("time goes back from {before} to {found} without a reset")]
    TimeBackwards {
        /// The time.
        found: f64,
        /// The one before.
        before: f64,
    },
    /// A subject that was complete.
    #[error("the rows of the subject `{id}` do not follow one another")]
    ScatteredId {
        /// The subject.
        id: String,
    },
    /// A dose of nothing.
    #[error("EVID={evid} gives a dose, and the amount is 0 or missing")]
    NoAmount {
        /// The event.
        evid: u8,
    },
    /// Something that this event does not have.
    #[error("a record of EVID={evid} has no {item}")]
    NotAllowed {
        /// The event.
        evid: u8,
        /// The item.
        item: &'static str,
    },
    /// Two ways to say how long a dose takes.
    #[error("a dose has RATE or DUR, not both")]
    RateAndDuration,
    /// A negative rate other than the codes.
    #[error("{found} is no rate: it has to be more than 0, -1 (rate from the model) or -2 (duration from the model)")]
    NotRate {
        /// What is written.
        found: f64,
    },
    /// A rate or duration that the model does not give.
    #[error("RATE={code} takes the {what} from the model, and {into} has none")]
    NotModelled {
        /// -1 or -2.
        code: i8,
        /// Rate or duration.
        what: &'static str,
        /// Where the dose goes.
        into: String,
    },
    /// A dose that would go in at once where the model gives a rate or duration.
    #[error("RATE=0 gives the dose at once, though the compartment `{compartment}` has its own {what}")]
    SilentBolus {
        /// The compartment.
        compartment: String,
        /// Rate or duration.
        what: &'static str,
    },
    /// A rate or duration for a route whose every entry has its own.
    #[error("the route `{route}` says itself how doses go in, so RATE and DUR have to be 0")]
    RouteHasDuration {
        /// The route.
        route: String,
    },
    /// Repeated doses without an interval.
    #[error("{item} needs the interval II, which is 0 or missing")]
    NoInterval {
        /// `ADDL` or `SS`.
        item: &'static str,
    },
    /// Additional doses after a constant infusion.
    #[error("a constant infusion (SS, AMT=0) has no additional doses")]
    AdditionalAfterConstant,
    /// A constant infusion that is to be added to what is there.
    #[error("SS=2 is not possible for the steady state of a constant infusion")]
    AddedConstant,
    /// A compartment or route that the model does not have.
    #[error("the model has no compartment or route `{found}`")]
    UnknownCompartment {
        /// What is written.
        found: String,
        /// Its compartments, in the order of their numbers.
        compartments: Vec<String>,
        /// Its routes.
        routes: Vec<String>,
    },
    /// A name that a compartment and a route bear.
    #[error("`{found}` is {} of the model", listed(means.iter().map(String::as_str)))]
    AmbiguousCompartment {
        /// What is written.
        found: String,
        /// Those it may be.
        means: Vec<String>,
    },
    /// A compartment has to be named.
    #[error("EVID={evid} needs a compartment, and none is named")]
    NoCompartment {
        /// The event.
        evid: u8,
        /// The routes, where it could be one of them.
        routes: Vec<String>,
    },
    /// A route where only a compartment can be.
    #[error("EVID={evid} needs a compartment, and `{route}` is a route")]
    NotCompartment {
        /// The event.
        evid: u8,
        /// The route.
        route: String,
    },
    /// A negative compartment on a record that cannot close one.
    #[error("a negative CMT closes a compartment, which a record of EVID={evid} cannot do")]
    CannotClose {
        /// The event.
        evid: u8,
    },
    /// No value yet to carry forward.
    #[error("the subject has no value of `{name}` before this row")]
    NoValueYet {
        /// The covariate or parameter.
        name: String,
    },
    /// Neither 0 nor 1.
    #[error("`{found}` is not 0 or 1, and `{name}` is a flag")]
    NotFlag {
        /// The covariate.
        name: String,
        /// What is written.
        found: String,
    },
    /// A label of an occasion that is no whole number.
    #[error("`{found}` is not a whole number, and `{name}` numbers the occasions")]
    NotOccasion {
        /// The column.
        name: String,
        /// What is written.
        found: String,
    },
    /// A word that the category does not have.
    #[error("`{found}` is not one of the values of `{name}`")]
    NotInList {
        /// The covariate.
        name: String,
        /// What is written.
        found: String,
        /// The values it has.
        options: Vec<String>,
    },
}

impl Kind for DataError {
    fn code(&self) -> &'static str {
        match self {
            DataError::Read { .. } => "E_FILE_READ",
            DataError::NotText => "E_NOT_TEXT",
            DataError::LineTooLong { .. } => "E_LINE_TOO_LONG",
            DataError::Empty => "E_DATA_EMPTY",
            DataError::HeaderOnly => "E_DATA_HEADER_ONLY",
            DataError::MissingColumn { .. } => "E_MISSING_COLUMN",
            DataError::RepeatedColumn { .. } => "E_REPEATED_COLUMN",
            DataError::NamelessColumn => "E_NAMELESS_COLUMN",
            DataError::AmbiguousColumn { .. } => "E_AMBIGUOUS_COLUMN",
            DataError::DateColumn { .. } => "E_DATE_COLUMN",
            DataError::OutputColumn { .. } => "E_OUTPUT_COLUMN",
            DataError::Salt { .. } => "E_SALT_NEEDS_MODEL",
            DataError::CellCount { .. } => "E_CELL_COUNT",
            DataError::Quote { .. } => "E_QUOTE",
            DataError::Cell { what, .. } => what.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            DataError::NotText => "save the file as comma-separated text in UTF-8".into(),
            DataError::Empty | DataError::HeaderOnly => "give one row per dose and observation".into(),
            DataError::MissingColumn { column, has } => return missing_column(column, has),
            DataError::RepeatedColumn { .. } => "upper and lower case mean the same; keep one of them".into(),
            DataError::AmbiguousColumn { .. } => "write the column's name exactly as the model does".into(),
            DataError::DateColumn { .. } => {
                "put the hours since the first record into `TIME`, or rename the column to carry it through".into()
            }
            DataError::OutputColumn { .. } => "rename the column".into(),
            DataError::Salt { .. } => "write the dose as base".into(),
            DataError::CellCount { found, expected, .. } if found > expected => {
                "a decimal comma makes two cells of one: write a point, or quote text that has commas".into()
            }
            DataError::CellCount { .. } => "a missing value is an empty cell or `.`".into(),
            DataError::Cell { what, .. } => return what.hint(),
            DataError::Read { .. }
            | DataError::LineTooLong { .. }
            | DataError::NamelessColumn
            | DataError::Quote { .. } => return None,
        })
    }
}

fn missing_column(column: &str, has: &[String]) -> Option<String> {
    let one = has.first().filter(|_| has.len() == 1);
    if one.is_some_and(|name| name.contains([';', '\t'])) {
        return Some("columns are separated by commas".into());
    }
    Some(match nearest(column, has.iter().map(String::as_str)) {
        Some(near) => format!("is `{near}` meant to be `{column}`?"),
        None => format!("its columns are {}", listed(has.iter().map(String::as_str))),
    })
}

impl CellError {
    fn code(&self) -> &'static str {
        match self {
            CellError::NotNumber { .. } => "E_NOT_A_NUMBER",
            CellError::ClockTime { .. } => "E_CLOCK_TIME",
            CellError::Missing => "E_MISSING_CELL",
            CellError::NotCode { .. } => "E_UNKNOWN_EVENT_CODE",
            CellError::NotCount { .. } => "E_NOT_A_COUNT",
            CellError::Negative { .. } => "E_NEGATIVE",
            CellError::TimeBackwards { .. } => "E_TIME_BACKWARDS",
            CellError::ScatteredId { .. } => "E_ID_NOT_CONTIGUOUS",
            CellError::NoAmount { .. } => "E_NO_AMOUNT",
            CellError::NotAllowed { .. } => "E_ITEM_NOT_ALLOWED",
            CellError::RateAndDuration => "E_RATE_AND_DURATION",
            CellError::NotRate { .. } => "E_RATE_CODE",
            CellError::NotModelled { code: -1, .. } => "E_NO_MODELLED_RATE",
            CellError::NotModelled { .. } => "E_NO_MODELLED_DURATION",
            CellError::SilentBolus { .. } => "E_SILENT_BOLUS",
            CellError::RouteHasDuration { .. } => "E_ROUTE_HAS_DURATION",
            CellError::NoInterval { item: "ADDL" } => "E_ADDL_WITHOUT_II",
            CellError::NoInterval { .. } => "E_SS_WITHOUT_II",
            CellError::AdditionalAfterConstant => "E_ADDL_AFTER_CONSTANT_INFUSION",
            CellError::AddedConstant => "E_SS2_CONSTANT_INFUSION",
            CellError::UnknownCompartment { .. } => "E_UNKNOWN_COMPARTMENT",
            CellError::AmbiguousCompartment { .. } => "E_AMBIGUOUS_COMPARTMENT",
            CellError::NoCompartment { .. } => "E_NO_COMPARTMENT",
            CellError::NotCompartment { .. } => "E_NOT_A_COMPARTMENT",
            CellError::CannotClose { .. } => "E_NEGATIVE_COMPARTMENT",
            CellError::NoValueYet { .. } => "E_NO_VALUE_YET",
            CellError::NotFlag { .. } => "E_NOT_A_FLAG",
            CellError::NotOccasion { .. } => "E_NOT_AN_OCCASION",
            CellError::NotInList { .. } => "E_NOT_IN_LIST",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            CellError::NotNumber { .. } => "a missing value is an empty cell, `.` or `NA`".into(),
            CellError::ClockTime { .. } => "write the time since the first record, such as 9.5".into(),
            CellError::TimeBackwards { .. } => {
                "sort the rows of each subject by time; EVID 3 or 4 starts the clock anew".into()
            }
            CellError::ScatteredId { .. } => "keep the rows of a subject together, or give the second part its own ID".into(),
            CellError::NoAmount { .. } => {
                "write EVID=2 for a row that gives nothing; a constant infusion at steady state has EVID=1, AMT=0, SS=1, II=0 \
                 and a RATE"
                    .into()
            }
            CellError::NotAllowed { item: "AMT", .. } => "write EVID=1 to give it, or leave AMT empty".into(),
            CellError::NotAllowed { item, .. } => format!("leave {item} empty"),
            CellError::RateAndDuration => "leave one of them empty".into(),
            CellError::NotModelled { code: -1, .. } => {
                "write the rate, or give the compartment `infusion_rate` in the model".into()
            }
            CellError::NotModelled { .. } => {
                "write DUR, or give the compartment `infusion_duration` in the model".into()
            }
            CellError::SilentBolus { what: "rate", .. } => "write RATE=-1 to use it".into(),
            CellError::SilentBolus { .. } => "write RATE=-2 to use it".into(),
            CellError::NoInterval { .. } => "write II, the time between the doses".into(),
            CellError::UnknownCompartment { found, compartments, routes } => {
                return Some(compartments_hint(found, compartments, routes));
            }
            CellError::AmbiguousCompartment { .. } => "write the number of the compartment".into(),
            CellError::NoCompartment { routes, .. } if !routes.is_empty() => {
                format!("write one of the routes {}", listed(routes.iter().map(String::as_str)))
            }
            CellError::NoCompartment { .. } | CellError::NotCompartment { .. } => {
                "write the number or name of a compartment into CMT".into()
            }
            CellError::CannotClose { .. } => "close it with EVID=2".into(),
            CellError::NoValueYet { .. } => "give the value on the subject's first row".into(),
            CellError::NotInList { found, options, .. } => {
                let options = || options.iter().map(String::as_str);
                match nearest(found, options()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its values are {}", listed(options())),
                }
            }
            _ => return None,
        })
    }
}

fn compartments_hint(found: &str, compartments: &[String], routes: &[String]) -> String {
    let all = || compartments.iter().chain(routes).map(String::as_str);
    if let Some(near) = nearest(found, all()) {
        return format!("did you mean `{near}`?");
    }
    let numbered: Vec<String> =
        compartments.iter().enumerate().map(|(i, name)| format!("{} `{name}`", i + 1)).collect();
    let mut parts = Vec::new();
    if !numbered.is_empty() {
        parts.push(format!("its compartments are {}", numbered.join(", ")));
    }
    if !routes.is_empty() {
        parts.push(format!("its routes are {}", listed(routes.iter().map(String::as_str))));
    }
    if parts.is_empty() { "it has neither".into() } else { parts.join("; ") }
}
