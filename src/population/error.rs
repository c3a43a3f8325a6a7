//! What can be wrong with the description of a population.

use super::SubjectError;
use crate::document::DocumentError;
use crate::error::{Kind, listed, nearest};

/// What can be wrong with the description of a population.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// Wrong as a document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Wrong for the model.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A name that is a word of the language.
    #[error("`{name}` cannot be the name of a covariate here")]
    Reserved {
        /// The name.
        name: String,
    },
    /// Keys that make up no distribution.
    #[error("`{name}` is given by {found}, which is no distribution")]
    NoDistribution {
        /// The covariate.
        name: String,
        /// The keys that were written.
        found: String,
    },
    /// A number outside its range.
    #[error("`{key}` of `{name}` has to be {needs}")]
    OutOfRange {
        /// The covariate.
        name: String,
        /// The key.
        key: String,
        /// What it has to be.
        needs: &'static str,
    },
    /// Limits that leave nothing of a distribution.
    #[error("no value of `{name}` lies within its limits")]
    Empty {
        /// The covariate.
        name: String,
    },
    /// Probabilities that are not those of everything that can happen.
    #[error("the probabilities of `{name}` add up to {sum}, not to 1")]
    Probabilities {
        /// The covariate.
        name: String,
        /// Their sum.
        sum: f64,
    },
    /// Cases of different kinds.
    #[error("`{name}` is {first} in one case and {second} in another")]
    MixedKinds {
        /// The covariate.
        name: String,
        /// What it is first.
        first: &'static str,
        /// What it is here.
        second: &'static str,
    },
    /// A name that the population does not describe.
    #[error("this population does not say what `{name}` is")]
    NotDescribed {
        /// The name.
        name: String,
        /// Those it describes.
        known: Vec<String>,
    },
    /// A covariate that decides others, but has no cases.
    #[error("`{parent}` is a number, and cannot decide what `{name}` is")]
    NoCases {
        /// The covariate that is decided.
        name: String,
        /// The covariate that should decide.
        parent: String,
    },
    /// A case that is not described.
    #[error("`{name}` is not said for `{parent}` = `{case}`")]
    MissingCase {
        /// The covariate.
        name: String,
        /// What decides it.
        parent: String,
        /// The case.
        case: String,
    },
    /// A case that does not occur.
    #[error("`{parent}` is never `{case}`")]
    UnknownCase {
        /// What decides.
        parent: String,
        /// What was written.
        case: String,
        /// What it can be.
        known: Vec<String>,
    },
    /// Covariates that decide each other.
    #[error("{} decide each other", listed(names.iter().map(String::as_str)))]
    Cycle {
        /// The covariates, in a ring.
        names: Vec<String>,
    },
    /// A correlation that is not two names and a number.
    #[error("a correlation is written `[\"weight\", \"age\", 0.3]`: two names and a number")]
    Correlation,
    /// A correlation of what has no order.
    #[error("`{name}` is no number, and is correlated with nothing")]
    NotContinuous {
        /// The covariate.
        name: String,
    },
    /// A covariate correlated with itself.
    #[error("`{name}` is correlated with itself")]
    SelfCorrelation {
        /// The covariate.
        name: String,
    },
    /// A pair of covariates twice.
    #[error("the correlation of `{first}` and `{second}` is written twice")]
    RepeatedCorrelation {
        /// One covariate.
        first: String,
        /// The other.
        second: String,
    },
    /// Correlations that cannot all hold.
    #[error("the correlation of `{first}` and `{second}` cannot hold together with the others")]
    ImpossibleCorrelation {
        /// One covariate.
        first: String,
        /// The other.
        second: String,
    },
    /// A file without people.
    #[error("there are no people in this file")]
    NoPeople,
    /// A file too large to be a list of people.
    #[error("a list of people is smaller than 4 GB")]
    TooLarge,
    /// A quoted cell without an end.
    #[error("a quoted cell has to end on its line, before a comma")]
    Quote,
    /// A column without a name.
    #[error("a column has no name")]
    NamelessColumn,
    /// A column that is needed.
    #[error("a list of people needs the column `ID`")]
    NoId,
    /// One column twice.
    #[error("there are two columns for `{name}`")]
    RepeatedColumn {
        /// The name.
        name: String,
    },
    /// A row that is longer or shorter than the header.
    #[error("this row has {found} cells, and the header has {needs}")]
    CellCount {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        needs: usize,
    },
    /// A row of nobody.
    #[error("this row has no `ID`")]
    RowWithoutId,
    /// One person twice.
    #[error("the person `{id}` has two rows")]
    RepeatedId {
        /// The person.
        id: String,
    },
    /// A cell that should be a number.
    #[error("`{name}` is a number, and `{found}` is none")]
    NotNumber {
        /// The column.
        name: String,
        /// What was written.
        found: String,
    },
    /// People to draw from that are none.
    #[error("`resample` draws from a list of people, and `{file}` describes them")]
    NotAList {
        /// The file.
        file: String,
    },
    /// More people than there are.
    #[error("{wanted} people are wanted, and {listed} are listed")]
    TooFew {
        /// How many are wanted.
        wanted: u64,
        /// How many there are.
        listed: u64,
    },
}

impl Kind for PeopleError {
    fn code(&self) -> &'static str {
        match self {
            PeopleError::Document(e) => e.code(),
            PeopleError::Subject(e) => e.code(),
            PeopleError::Reserved { .. } => "E_RESERVED_NAME",
            PeopleError::NoDistribution { .. } => "E_NO_DISTRIBUTION",
            PeopleError::OutOfRange { .. } => "E_OUT_OF_RANGE",
            PeopleError::Empty { .. } => "E_EMPTY_RANGE",
            PeopleError::Probabilities { .. } => "E_PROBABILITIES",
            PeopleError::MixedKinds { .. } => "E_MIXED_KINDS",
            PeopleError::NotDescribed { .. } => "E_UNKNOWN_COVARIATE",
            PeopleError::NoCases { .. } => "E_NO_CASES",
            PeopleError::MissingCase { .. } => "E_MISSING_CASE",
            PeopleError::UnknownCase { .. } => "E_NOT_IN_LIST",
            PeopleError::Cycle { .. } => "E_CYCLE",
            PeopleError::Correlation => "E_WRONG_TYPE",
            PeopleError::NotContinuous { .. } => "E_NOT_CONTINUOUS",
            PeopleError::SelfCorrelation { .. } | PeopleError::RepeatedCorrelation { .. } => "E_REPEATED_CORRELATION",
            PeopleError::ImpossibleCorrelation { .. } => "E_NOT_POSITIVE_DEFINITE",
            PeopleError::NoPeople => "E_DATA_EMPTY",
            PeopleError::TooLarge => "E_FILE_TOO_LARGE",
            PeopleError::Quote => "E_QUOTE",
            PeopleError::NamelessColumn => "E_NAMELESS_COLUMN",
            PeopleError::NoId => "E_MISSING_COLUMN",
            PeopleError::RepeatedColumn { .. } => "E_REPEATED_COLUMN",
            PeopleError::CellCount { .. } => "E_CELL_COUNT",
            PeopleError::RowWithoutId => "E_MISSING_CELL",
            PeopleError::RepeatedId { .. } => "E_REPEATED_ID",
            PeopleError::NotNumber { .. } => "E_NOT_A_NUMBER",
            PeopleError::NotAList { .. } => "E_NOT_A_LIST",
            PeopleError::TooFew { .. } => "E_TOO_FEW_PEOPLE",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            PeopleError::Document(e) => e.label(),
            PeopleError::Subject(e) => e.label(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let near = |word: &str, known: &[String], lead: &str| {
            let names = || known.iter().map(String::as_str);
            match nearest(word, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{lead} {}", listed(names())),
            }
        };
        match self {
            PeopleError::Document(e) => e.hint(),
            PeopleError::Subject(e) => e.hint(),
            PeopleError::NoDistribution { .. } => Some(
                "a number has `mean` and `sd` (normal), `median` or `mean` and `cv` (log-normal), `median` and `gsd` (log-normal), or \
                 `from` and `to` (uniform); a word `one_of`; a flag `probability`"
                    .into(),
            ),
            PeopleError::Reserved { name } if name == "size" || name == "seed" => {
                Some("how many there are, and their seed, are said where the population is used".into())
            }
            PeopleError::NotDescribed { name, known } => Some(near(name, known, "it describes")),
            PeopleError::UnknownCase { case, known, .. } => Some(near(case, known, "it can be")),
            PeopleError::Empty { .. } => Some("`min` has to be less than `max`, with some of the distribution between them".into()),
            PeopleError::MissingCase { case, .. } => Some(format!("add `{case} = …`")),
            PeopleError::NoCases { .. } => Some("only a covariate with `one_of` or `probability` can".into()),
            PeopleError::ImpossibleCorrelation { .. } => {
                Some("two correlations of three numbers limit the third: those of 0.9 and 0.9 leave 0.62 to 1".into())
            }
            PeopleError::NotAList { .. } => Some("a list is a CSV file with a row per person".into()),
            PeopleError::RepeatedId { .. } => Some("a list of people has one row for each".into()),
            PeopleError::NotNumber { .. } => Some("the unit belongs in the header, as in `weight [kg]`".into()),
            PeopleError::TooFew { .. } => Some("`--resample`, in a plan `resample = true`, draws from them again and again".into()),
            _ => None,
        }
    }
}
