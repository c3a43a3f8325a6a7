//! What can be wrong with the description of a person.

use crate::document::Text;
use crate::error::{Faults, Kind, listed, nearest};
use crate::units::UnitError;

/// What can be wrong with the description of a subject.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// The model has no such covariate.
    #[error("the model `{model}` has no covariate `{name}`")]
    UnknownCovariate {
        /// The model's id.
        model: String,
        /// What was written.
        name: String,
        /// Those it has.
        known: Vec<String>,
    },
    /// The model has no such parameter.
    #[error("the model `{model}` has no parameter `{name}`")]
    UnknownParameter {
        /// The model's id.
        model: String,
        /// What was written.
        name: String,
        /// Those it has.
        known: Vec<String>,
    },
    /// The parameter does not vary between subjects.
    #[error("the parameter `{name}` of the model `{model}` does not vary between subjects")]
    NoVariability {
        /// The model's id.
        model: String,
        /// The parameter.
        name: String,
        /// Those that do.
        known: Vec<String>,
    },
    /// The model says of no parameter how uncertain it is.
    #[error("the model `{model}` says of no parameter how uncertain its value is")]
    NoUncertainty {
        /// The model's id.
        model: String,
    },
    /// A word that the category does not have.
    #[error("`{found}` is not one of the values of `{name}`")]
    UnknownCategory {
        /// The covariate.
        name: String,
        /// What was written.
        found: String,
        /// The values it has.
        known: Vec<String>,
    },
    /// A value beyond the bounds that the model gives a parameter or covariate.
    #[error("this value of `{name}` is beyond its bounds")]
    OutOfBounds {
        /// The parameter or covariate.
        name: String,
        /// Its lowest value.
        low: String,
        /// Its highest value.
        high: String,
    },
    /// A number, flag or word where another of them is needed.
    #[error("the covariate `{name}` is {needs}")]
    WrongKind {
        /// The covariate.
        name: String,
        /// What it is.
        needs: &'static str,
    },
    /// A body weight of zero or less.
    #[error("a body weight of {weight} kg is not possible")]
    Weight {
        /// kg
        weight: f64,
    },
    /// A person beyond those that are listed.
    #[error("there is no person {person}: {listed} are listed")]
    NotListed {
        /// Counted from 1.
        person: u64,
        /// How many there are.
        listed: u64,
    },
    /// A unit that is missing or of another dimension.
    #[error("`{name}`: {error}")]
    Unit {
        /// The covariate or parameter.
        name: String,
        /// What is wrong with the unit.
        error: UnitError,
    },
}

impl Kind for SubjectError {
    fn code(&self) -> &'static str {
        match self {
            SubjectError::UnknownCovariate { .. } => "E_UNKNOWN_COVARIATE",
            SubjectError::UnknownParameter { .. } => "E_UNKNOWN_PARAMETER",
            SubjectError::NoVariability { .. } => "E_NO_VARIABILITY",
            SubjectError::NoUncertainty { .. } => "E_NO_UNCERTAINTY",
            SubjectError::UnknownCategory { .. } => "E_NOT_IN_LIST",
            SubjectError::WrongKind { .. } => "E_WRONG_TYPE",
            SubjectError::Weight { .. } | SubjectError::OutOfBounds { .. } => "E_OUT_OF_RANGE",
            SubjectError::NotListed { .. } => "E_TOO_FEW_PEOPLE",
            SubjectError::Unit { error, .. } => error.code(),
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            SubjectError::Unit { error, .. } => error.label(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            SubjectError::UnknownCovariate { name, known, .. } => Some(suggestion(name, known, "its covariates are")),
            SubjectError::UnknownParameter { name, known, .. } => Some(suggestion(name, known, "its parameters are")),
            SubjectError::NoVariability { name, known, .. } => Some(suggestion(name, known, "those that do are")),
            SubjectError::NoUncertainty { .. } => {
                Some("give a parameter of the model file `uncertainty = { rse = 0.1 }`, from its source".into())
            }
            SubjectError::UnknownCategory { found, known, .. } => Some(suggestion(found, known, "its values are")),
            SubjectError::Unit { error, .. } => error.hint(),
            SubjectError::Weight { .. } => {
                Some("write it like `70 kg`; a distribution of weights needs a `min`".into())
            }
            SubjectError::NotListed { .. } => Some("`--resample` draws from them again and again".into()),
            SubjectError::OutOfBounds { low, high, .. } => Some(format!("the model bounds it: {low} to {high}")),
            SubjectError::WrongKind { .. } => None,
        }
    }
}

impl Faults<SubjectError> {
    /// The same faults, placed where the name and the value of a setting stand.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies and the command line
    pub(crate) fn said_as(self, name: &Text, value: &Text) -> Self {
        self.each(|fault| match fault.kind {
            SubjectError::UnknownCovariate { .. } | SubjectError::UnknownParameter { .. } => {
                name.place.fault(fault.kind)
            }
            _ => value.part(fault.span).fault(fault.kind),
        })
    }
}

fn suggestion(word: &str, known: &[String], lead: &str) -> String {
    let names = || known.iter().map(String::as_str);
    match nearest(word, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "it has none".into(),
        None => format!("{lead} {}", listed(names())),
    }
}
