//! What can be wrong with a target.

use crate::error::{Kind, listed, nearest};

/// What can be wrong with a target, besides what can be wrong with any plan over points.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// A target that is no comparison and no list of them.
    #[error("nothing is to be attained")]
    Nothing,
    /// A number that is not between its limits.
    #[error("`{what}` is {value}, and must be above 0 and below {below}")]
    OutOfRange {
        /// The key.
        what: &'static str,
        /// What was written.
        value: f64,
        /// The limit.
        below: f64,
    },
    /// A dose that is no factor.
    #[error("there is no factor `{name}` to look for doses along")]
    UnknownFactor {
        /// What was written.
        name: String,
        /// The factors.
        known: Vec<String>,
    },
    /// A dose whose levels have no order.
    #[error("the levels of `{factor}` have no order, and none of them is the smallest: {why}")]
    NoOrder {
        /// The factor.
        factor: String,
        /// Of the first level that does not fit.
        why: String,
    },
    /// Two targets of one name.
    #[error("two targets are called `{name}`")]
    Twice {
        /// The target.
        name: String,
    },
    /// Fewer people than one look takes.
    #[error("`max_subjects` is {found}, and people are added {chunk} at a time")]
    FewSubjects {
        /// What was written.
        found: u64,
        /// People that are added at a time.
        chunk: u64,
    },
}

impl Kind for TargetError {
    fn code(&self) -> &'static str {
        match self {
            TargetError::Nothing => "E_NO_TARGET",
            TargetError::OutOfRange { .. } | TargetError::FewSubjects { .. } => "E_OUT_OF_RANGE",
            TargetError::UnknownFactor { .. } => "E_UNKNOWN_FACTOR",
            TargetError::NoOrder { .. } => "E_NO_ORDER",
            TargetError::Twice { .. } => "E_NAME_CLASH",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            TargetError::Nothing => Some("write it like `attain = \"above >= 1 h\"`".into()),
            TargetError::UnknownFactor { name, known } => {
                let names = || known.iter().map(String::as_str);
                let near = nearest(name, names()).map(|near| format!("did you mean `{near}`?"));
                Some(near.unwrap_or_else(|| format!("factors are {}", listed(names()))))
            }
            TargetError::FewSubjects { chunk, .. } => Some(format!("write `max_subjects = {chunk}` or more")),
            TargetError::NoOrder { .. } => {
                Some("write all levels as quantities of one kind, or leave out `dose`".into())
            }
            TargetError::Twice { .. } => Some("leave out one of them".into()),
            TargetError::OutOfRange { .. } => None,
        }
    }
}
