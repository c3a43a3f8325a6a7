//! Reading documents (models, schedules, plans, populations) with a place for everything that is wrong.

pub(crate) mod cells;
mod read;

pub(crate) use read::{Log, Number, Table, Value, parse};
pub use read::{Place, Text};

use crate::error::{Faults, Kind, listed};
use crate::units::UnitError;

/// What can be wrong with a document, whatever it is about.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not TOML.
    #[error("this is not TOML: {message}")]
    Toml {
        /// What the TOML reader says.
        message: String,
    },
    /// One key twice in a table.
    #[error("this key is written twice")]
    DuplicateKey,
    /// An inline table that runs over several lines, which TOML 1.0 does not have.
    #[error("an inline table `{{ … }}` has to stay on one line")]
    MultiLineTable,
    /// A key that means nothing here.
    #[error("{within} has no key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// The thing it was written for.
        within: String,
        /// The key that was probably meant.
        near: Option<String>,
        /// The keys that exist.
        known: Vec<String>,
    },
    /// A key that is needed.
    #[error("{within} needs `{key}`")]
    MissingKey {
        /// The key.
        key: String,
        /// The thing that lacks it.
        within: String,
    },
    /// A value of the wrong kind (a number where text is needed).
    #[error("{what} is {found}, and {expected} is needed")]
    WrongType {
        /// What the value is for.
        what: String,
        /// What was written.
        found: String,
        /// What is needed.
        expected: String,
    },
    /// A `format` of a later time.
    #[error("format {found} is not known to this version, which reads format 1")]
    Format {
        /// What was written.
        found: String,
    },
    /// A unit or quantity that is not one.
    #[error(transparent)]
    Unit(#[from] UnitError),
}

impl Kind for DocumentError {
    fn code(&self) -> &'static str {
        match self {
            DocumentError::Toml { .. } => "E_TOML",
            DocumentError::DuplicateKey => "E_DUPLICATE_KEY",
            DocumentError::MultiLineTable => "E_MULTILINE_TABLE",
            DocumentError::UnknownKey { .. } => "E_UNKNOWN_KEY",
            DocumentError::MissingKey { .. } => "E_MISSING_KEY",
            DocumentError::WrongType { .. } => "E_WRONG_TYPE",
            DocumentError::Format { .. } => "E_FORMAT",
            DocumentError::Unit(e) => e.code(),
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            DocumentError::WrongType { expected, .. } => Some(format!("expected {expected}")),
            DocumentError::Unit(e) => e.label(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            DocumentError::DuplicateKey => Some("keep one of them".into()),
            DocumentError::MultiLineTable => {
                Some("put it on one line without a comma at the end, or write it as a table `[name]`".into())
            }
            DocumentError::UnknownKey { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            DocumentError::UnknownKey { known, .. } => {
                Some(format!("its keys are {}", listed(known.iter().map(String::as_str))))
            }
            DocumentError::Format { .. } => Some("write `format = 1`".into()),
            DocumentError::Unit(e) => e.hint(),
            DocumentError::Toml { .. } | DocumentError::MissingKey { .. } | DocumentError::WrongType { .. } => None,
        }
    }
}

impl<K> Faults<K> {
    /// The same faults, those without a place at this one.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies and the command line
    pub(crate) fn placed(self, place: &Place) -> Self {
        self.each(|mut fault| {
            if fault.source.is_none() {
                fault.span = Some(place.span);
                fault.source = Some(std::sync::Arc::clone(&place.source));
            }
            fault
        })
    }

    /// The same faults, those found at a place of this text moved to where the text stands in its document.
    pub(crate) fn placed_in(self, text: &Text) -> Self {
        self.each(|fault| match (&fault.source, fault.span) {
            (Some(source), _) if source.text != text.text => fault,
            (_, None) => fault,
            (_, span) => text.part(span).fault(fault.kind),
        })
    }
}
