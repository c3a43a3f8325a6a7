//! What can be wrong with a table of concentrations.

use crate::error::{Kind, listed, nearest};
use crate::io::{CellError, DataError};
use crate::metrics::nca::SamplesError;
use crate::units::UnitError;

/// What can be wrong with a table of concentrations.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConcentrationError {
    /// What can be wrong with every data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A unit of a column that is none, or measures something else.
    #[error("the column `{column}`: {error}")]
    Unit {
        /// The column.
        column: String,
        /// What is wrong.
        error: UnitError,
    },
    /// A column that was named and is not there.
    #[error("there is no column `{column}`")]
    NoColumn {
        /// The column.
        column: String,
        /// Those that are there.
        has: Vec<String>,
    },
    /// Two columns for one thing.
    #[error("the columns `{first}` and `{second}` {}", if *.level { "are both concentrations" } else { "mean the same" })]
    TwoColumns {
        /// The one that comes first.
        first: String,
        /// The other one.
        second: String,
        /// Whether they are concentrations.
        level: bool,
    },
    /// A unit in the header and another one beside it.
    #[error("the column `{column}` has the unit `{header}` in the header")]
    TwoUnits {
        /// The column.
        column: String,
        /// The unit of the header.
        header: String,
    },
    /// A profile that cannot be one.
    #[error("row {row}: {error}")]
    Samples {
        /// Row of the data, counted from 1 below the header.
        row: usize,
        /// What is wrong.
        error: SamplesError,
    },
    /// Two values where a subject has one.
    #[error("row {row}, column `{column}`: the subject has {before} in the rows before, and {found} here")]
    Differs {
        /// Row of the data.
        row: usize,
        /// The column.
        column: String,
        /// What stands above.
        before: f64,
        /// What stands here.
        found: f64,
    },
    /// Zero or less, where it has to be more.
    #[error("row {row}, column `{column}`: {found} is not more than 0")]
    NotPositive {
        /// Row of the data.
        row: usize,
        /// The column.
        column: String,
        /// What stands there.
        found: f64,
    },
    /// A rule that needs a limit, and a sample whose limit is not known.
    #[error("row {row}: the concentration is below the limit of quantification, and the limit is not known")]
    NoLimit {
        /// Row of the data.
        row: usize,
    },
}

impl Kind for ConcentrationError {
    fn code(&self) -> &'static str {
        match self {
            ConcentrationError::Data(error) => error.code(),
            ConcentrationError::Unit { error, .. } => error.code(),
            ConcentrationError::Samples { error, .. } => error.code(),
            ConcentrationError::NoColumn { .. } => "E_MISSING_COLUMN",
            ConcentrationError::TwoColumns { .. } => "E_REPEATED_COLUMN",
            ConcentrationError::TwoUnits { .. } => "E_UNIT_TWICE",
            ConcentrationError::Differs { .. } => "E_NOT_CONSTANT",
            ConcentrationError::NotPositive { .. } => "E_OUT_OF_RANGE",
            ConcentrationError::NoLimit { .. } => "E_NO_LIMIT",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ConcentrationError::Data(DataError::HeaderOnly | DataError::Empty) => {
                Some("give one row per sample: ID, TIME and DV".into())
            }
            ConcentrationError::Data(DataError::Cell { what: CellError::NotNumber { .. }, .. }) => {
                Some("a missing value is an empty cell, `.` or `NA`; one below the limit is `BLQ` or `<0.5`".into())
            }
            ConcentrationError::Data(error) => error.hint(),
            ConcentrationError::Unit { error, .. } => error.hint(),
            ConcentrationError::Samples { error, .. } => error.hint(),
            ConcentrationError::Differs { .. } => Some("give each occasion an ID of its own".into()),
            ConcentrationError::NoColumn { column, has } => {
                let has = || has.iter().map(String::as_str);
                Some(match nearest(column, has()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the columns are {}", listed(has())),
                })
            }
            ConcentrationError::TwoColumns { first, second, level: true } => {
                Some(format!("choose with `--dv {first}` or `--dv {second}`"))
            }
            ConcentrationError::TwoColumns { .. } | ConcentrationError::TwoUnits { .. } => {
                Some("leave out one of them".into())
            }
            ConcentrationError::NotPositive { .. } => Some("a missing value is an empty cell, `.` or `NA`".into()),
            ConcentrationError::NoLimit { .. } => {
                Some("add a column LLOQ, or write the sample as `<0.5`; `--blq zero` needs no limit".into())
            }
        }
    }
}
