//! What can be wrong with the plan of a sensitivity analysis.

use crate::error::{Kind, listed, nearest};

/// The methods, as written.
pub(super) const METHODS: [&str; 3] = ["sobol", "morris", "local"];

/// What can be wrong with the plan of a sensitivity analysis, besides what can be wrong with any plan over points.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SensitivityError {
    /// A method that is none.
    #[error("`{found}` is not a method")]
    UnknownMethod {
        /// What was written.
        found: String,
    },
    /// A number that has to be larger.
    #[error("`{what}` has to be {least} or more")]
    AtLeast {
        /// The key.
        what: String,
        /// The smallest that it may be.
        least: u64,
    },
    /// An odd number of levels, or fewer than two.
    #[error("`levels` has to be an even number from 2 on")]
    Levels,
    /// A level of intervals that is no share.
    #[error("`level` has to be between 0 and 1")]
    Level,
    /// Fewer resamples than the level needs.
    #[error("{resamples} resamples are too few for an interval of level {level}: it takes {needed}")]
    FewResamples {
        /// How many are asked for.
        resamples: u64,
        /// The level.
        level: f64,
        /// The fewest.
        needed: u64,
    },
    /// A step that is no small share.
    #[error("`step` is a share of a factor's value: more than 0 and at most 0.1")]
    Step,
    /// More simulations than are kept in memory.
    #[error("these are {runs} simulations, and the limit is {limit}")]
    TooManyRuns {
        /// How many.
        runs: u64,
        /// The limit.
        limit: u64,
    },
    /// A choice, for a method that needs distances.
    #[error(
        "the factor `{factor}` is a choice among values, which have no distance from each other: `{method}` needs one"
    )]
    Choice {
        /// The factor.
        factor: String,
        /// The method.
        method: &'static str,
    },
    /// A distribution without both limits, for a method that goes from end to end.
    #[error("the factor `{factor}` has no smallest and largest value, and `morris` goes from one to the other")]
    Unbounded {
        /// The factor.
        factor: String,
    },
    /// A range, where derivatives are taken at a point.
    #[error("the factor `{factor}` has a range, and `local` asks about one point")]
    Range {
        /// The factor.
        factor: String,
        /// Whether the model may have a value of it: it fills no hole.
        has_own: bool,
        /// A value that the plan has for it.
        written: String,
    },
    /// A hole, which has no value of its own.
    #[error("the factor `{factor}` fills a hole of `give`, so the plan has to say at which value")]
    NoValue {
        /// The factor.
        factor: String,
    },
    /// A factor whose value the model does not know.
    #[error("`{model}` has no value of `{factor}`")]
    Unknown {
        /// The factor.
        factor: String,
        /// The model's id.
        model: String,
        /// Names it could have.
        known: Vec<String>,
    },
    /// A factor that is zero.
    #[error("the factor `{factor}` is 0 here: no share of it is a step")]
    Zero {
        /// The factor.
        factor: String,
    },
}

impl Kind for SensitivityError {
    fn code(&self) -> &'static str {
        match self {
            SensitivityError::UnknownMethod { .. } => "E_UNKNOWN_METHOD",
            SensitivityError::TooManyRuns { .. } => "E_TOO_MANY_POINTS",
            SensitivityError::FewResamples { .. } => "E_FEW_RESAMPLES",
            SensitivityError::AtLeast { .. }
            | SensitivityError::Levels
            | SensitivityError::Level
            | SensitivityError::Step => "E_OUT_OF_RANGE",
            SensitivityError::Choice { .. } => "E_NOT_A_NUMBER",
            SensitivityError::Unbounded { .. } => "E_UNBOUNDED",
            SensitivityError::Range { .. } => "E_NOT_A_POINT",
            SensitivityError::NoValue { .. } => "E_NO_VALUES",
            SensitivityError::Unknown { .. } => "E_UNKNOWN_FACTOR",
            SensitivityError::Zero { .. } => "E_ZERO_FACTOR",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            SensitivityError::UnknownMethod { found } => Some(match nearest(found, METHODS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("methods are {}", listed(METHODS)),
            }),
            SensitivityError::FewResamples { needed, .. } => Some(format!("write `bootstrap = {needed}`")),
            SensitivityError::TooManyRuns { .. } => {
                Some("take fewer points or fewer factors; `morris` finds those that matter at a small price".into())
            }
            SensitivityError::Choice { method: "morris", .. } => {
                Some("`sobol` takes choices and steps, each value for an equal part of the points".into())
            }
            SensitivityError::Choice { .. } => Some("make an analysis for each value; `sobol` takes choices".into()),
            SensitivityError::Unbounded { .. } => Some("add `min` and `max`, or write `from` and `to`".into()),
            SensitivityError::Range { factor, has_own: true, written } => Some(format!(
                "write `{factor} = {{}}` for the model's own value, or `{factor} = {{ at = \"{written}\" }}` for another"
            )),
            SensitivityError::Range { factor, has_own: false, written } => {
                Some(format!("write the value: `{factor} = {{ at = \"{written}\" }}`"))
            }
            SensitivityError::NoValue { factor } => Some(format!("write `{factor} = {{ at = \"28 mg\" }}`")),
            SensitivityError::Unknown { factor, known, .. } => {
                Some(match nearest(factor, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write the value: `{factor} = {{ at = \"…\" }}`"),
                })
            }
            SensitivityError::Zero { factor } => {
                Some(format!("ask about another value: `{factor} = {{ at = \"…\" }}`, or leave the factor out"))
            }
            SensitivityError::Step => Some("leave it out: the default follows from how exact the values are".into()),
            SensitivityError::AtLeast { .. } | SensitivityError::Levels | SensitivityError::Level => None,
        }
    }
}
