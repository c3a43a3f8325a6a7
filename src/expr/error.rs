//! What can be wrong with an expression.

use crate::error::{Kind, listed};
use crate::units::{Dimension, UnitError};

/// What can be wrong with an expression.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExprError {
    /// A character, word or end that the grammar has no place for.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What was found: a token in backquotes, or `the end`.
        found: String,
        /// What could have stood there.
        expected: &'static str,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// A number that no double can hold.
    #[error("`{text}` is not a finite number")]
    Number {
        /// As written.
        text: String,
    },
    /// `a < b < c`.
    #[error("comparisons cannot be chained")]
    Chained,
    /// Too many levels of nesting.
    #[error("the expression is nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Too many operations.
    #[error("the expression has more than {limit} parts")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A literal's unit, or a product of units, is wrong.
    #[error(transparent)]
    Unit(Box<UnitError>),
    /// A name that nothing has.
    #[error("`{name}` is not known here")]
    UnknownName {
        /// As written.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// A name that exists but may not be used here.
    #[error("`{name}` cannot be used here: {reason}")]
    Unavailable {
        /// As written.
        name: String,
        /// Why.
        reason: String,
    },
    /// A function that does not exist.
    #[error("`{name}` is not a function")]
    UnknownFunction {
        /// As written.
        name: String,
        /// The function that was probably meant.
        near: Option<String>,
    },
    /// Too few or too many arguments.
    #[error("`{function}` takes {takes}, not {found}")]
    Arguments {
        /// The function.
        function: String,
        /// How many it takes, in words.
        takes: &'static str,
        /// How many were given.
        found: usize,
    },
    /// Two units where one is needed.
    #[error("`{operator}` needs equal units, and these are `{left}` and `{right}`")]
    Mismatch {
        /// The operator or function.
        operator: String,
        /// Unit of what comes first.
        left: Dimension,
        /// Unit of what follows.
        right: Dimension,
    },
    /// A unit where a plain number is needed.
    #[error("`{function}` needs a plain number, and this has the unit `{found}`")]
    NotPlain {
        /// The function or operator.
        function: String,
        /// The unit found.
        found: Dimension,
    },
    /// A power whose unit would not be whole, or not be known.
    #[error("a number with the unit `{base}` can only be raised to a literal power that leaves a whole unit")]
    Power {
        /// Unit of the base.
        base: Dimension,
    },
    /// A flag or category where a number is needed, or the reverse.
    #[error("{what} needs {expected}, and this is {found}")]
    Type {
        /// The operator or function, in words.
        what: String,
        /// What it needs.
        expected: &'static str,
        /// What it was given.
        found: &'static str,
    },
    /// `meal == 1`.
    #[error("a flag is not a number to compare with")]
    FlagCompared,
    /// A category compared with something that is none of its options.
    #[error("`{category}` is never `{option}`")]
    UnknownOption {
        /// The covariate.
        category: String,
        /// As written.
        option: String,
        /// What it can be.
        options: Vec<String>,
    },
}

impl From<UnitError> for ExprError {
    fn from(error: UnitError) -> Self {
        ExprError::Unit(Box::new(error))
    }
}

/// The literal of size one that makes a number of this dimension plain when divided by.
fn unit_literal(dimension: Dimension) -> String {
    // A bare mass in an expression is nearly always a body weight.
    if dimension == Dimension::MASS { "1[kg]".into() } else { format!("1[{dimension}]") }
}

impl Kind for ExprError {
    fn code(&self) -> &'static str {
        match self {
            ExprError::Syntax { .. } => "E_EXPR_SYNTAX",
            ExprError::Number { .. } => "E_NOT_A_NUMBER",
            ExprError::Chained => "E_EXPR_CHAINED",
            ExprError::TooDeep { .. } => "E_EXPR_TOO_DEEP",
            ExprError::TooLarge { .. } => "E_EXPR_TOO_LARGE",
            ExprError::Unit(error) => error.code(),
            ExprError::UnknownName { .. } => "E_UNKNOWN_NAME",
            ExprError::Unavailable { .. } => "E_NAME_UNAVAILABLE",
            ExprError::UnknownFunction { .. } => "E_UNKNOWN_FUNCTION",
            ExprError::Arguments { .. } => "E_EXPR_ARGUMENTS",
            ExprError::Mismatch { .. } | ExprError::NotPlain { .. } => "E_UNIT_MISMATCH",
            ExprError::Power { .. } => "E_UNIT_POWER",
            ExprError::Type { .. } | ExprError::FlagCompared => "E_EXPR_TYPE",
            ExprError::UnknownOption { .. } => "E_UNKNOWN_OPTION",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            ExprError::Syntax { expected, .. } => Some(format!("expected {expected}")),
            ExprError::Unit(error) => error.label(),
            ExprError::Mismatch { left, .. } if !left.is_none() => Some(format!("expected a unit like `{left}`")),
            ExprError::Mismatch { .. } | ExprError::NotPlain { .. } => Some("expected a plain number".into()),
            ExprError::Type { expected, .. } => Some(format!("expected {expected}")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExprError::Syntax { hint, .. } => hint.clone(),
            ExprError::Chained => Some("write `a < b and b < c`".into()),
            ExprError::TooDeep { .. } | ExprError::TooLarge { .. } => {
                Some("move parts of it to [derived] and use them by name".into())
            }
            ExprError::Unit(error) => error.hint(),
            ExprError::UnknownFunction { name, .. } if name == "pow" => Some("write `a ^ b`".into()),
            ExprError::UnknownName { near, .. } | ExprError::UnknownFunction { near, .. } => {
                near.as_ref().map(|near| format!("did you mean `{near}`?"))
            }
            ExprError::Mismatch { left, right, .. } if left.is_none() || right.is_none() => {
                let unit = if left.is_none() { right } else { left };
                Some(format!("a literal carries its unit like any other number: `1[{unit}]`, also `0[{unit}]`"))
            }
            ExprError::NotPlain { found, .. } => {
                Some(format!("divide by a literal such as `{}`", unit_literal(*found)))
            }
            ExprError::Power { base } => {
                Some(format!("divide by a literal such as `{}` before raising to a power", unit_literal(*base)))
            }
            ExprError::Type { found, .. } if *found == CATEGORY => {
                Some("compare it with one of its options by `==`".into())
            }
            ExprError::Type { found, .. } if *found == FLAG => Some("choose a number by it: `if(flag, 1, 0)`".into()),
            ExprError::Type { found, .. } if *found == NUMBER => Some("compare it, as in `x > 0`".into()),
            ExprError::FlagCompared => Some("use the flag by itself: `meal` or `not meal`".into()),
            ExprError::UnknownOption { options, .. } => {
                Some(format!("it can be {}", listed(options.iter().map(String::as_str))))
            }
            _ => None,
        }
    }
}

pub(super) const NUMBER: &str = "a number";
pub(super) const FLAG: &str = "a flag (yes or no)";
pub(super) const CATEGORY: &str = "a category";
