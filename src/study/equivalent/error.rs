//! What can be wrong with the question for an equivalent dose.

use crate::error::{Kind, listed, nearest};

/// What can be wrong with the question for an equivalent dose.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EquivalentError {
    /// A side that is not a model and what is given.
    #[error("`{option}` takes a model and what is given, with a colon between")]
    NoColon {
        /// The option.
        option: String,
    },
    /// An amount on the side whose amount is solved.
    #[error("the test says how much is given, and that is what is looked for")]
    AmountGiven,
    /// Doses that are rounded on the side whose amount is solved.
    #[error("the test rounds its doses, and which of them are possible is said apart")]
    RoundingGiven,
    /// Several routes on the side whose amount is solved.
    #[error("the test has to give its doses by one route in one course")]
    SeveralRoutes,
    /// A step for a route that has devices.
    #[error("the route `{route}` has devices of {device} mg, so its doses are whole numbers of these")]
    StepAndDevice {
        /// The route.
        route: String,
        /// mg
        device: f64,
    },
    /// Time above a level that is not said.
    #[error("the time above which level?")]
    NoLevel,
    /// A level for another metric.
    #[error("a level is for the time above it, and what is matched is something else")]
    LevelUnused,
    /// An average over a time that is not said.
    #[error("the average over which time? One dose has no end")]
    NoWindow,
    /// An analyte that the reference does not have.
    #[error("`{model}` has no output or analyte `{name}`")]
    UnknownAnalyte {
        /// The model's id.
        model: String,
        /// What was written.
        name: String,
        /// Its outputs and analytes.
        known: Vec<String>,
    },
    /// A test that measures something else.
    #[error("it cannot be matched: `{model}` has no output of {analyte}, which the reference is measured by")]
    OtherAnalyte {
        /// The test's model.
        model: String,
        /// The reference's analyte.
        analyte: String,
        /// What the test's model measures.
        known: Vec<String>,
    },
    /// A metabolite that the model does not have.
    #[error("it cannot be matched: `{model}` has no output of a metabolite of {analyte}")]
    NoMetabolite {
        /// The model's id.
        model: String,
        /// The parent.
        analyte: String,
    },
    /// A model with several outputs beside the parent.
    #[error("which metabolite? `{model}` has {}", listed(known.iter().map(String::as_str)))]
    WhichMetabolite {
        /// The model's id.
        model: String,
        /// Its outputs.
        known: Vec<String>,
    },
}

impl Kind for EquivalentError {
    fn code(&self) -> &'static str {
        match self {
            EquivalentError::NoColon { .. } => "E_ARGUMENT",
            EquivalentError::AmountGiven => "E_AMOUNT_GIVEN",
            EquivalentError::RoundingGiven => "E_ROUNDING_GIVEN",
            EquivalentError::SeveralRoutes => "E_SEVERAL_ROUTES",
            EquivalentError::StepAndDevice { .. } => "E_STEP_AND_DEVICE",
            EquivalentError::NoLevel | EquivalentError::LevelUnused => "E_LEVEL",
            EquivalentError::NoWindow => "E_NO_WINDOW",
            EquivalentError::UnknownAnalyte { .. } => "E_UNKNOWN_OUTPUT",
            EquivalentError::OtherAnalyte { .. } => "E_OTHER_ANALYTE",
            EquivalentError::NoMetabolite { .. } | EquivalentError::WhichMetabolite { .. } => "E_NO_METABOLITE",
        }
    }

    fn hint(&self) -> Option<String> {
        let names = |known: &[String]| listed(known.iter().map(String::as_str));
        Some(match self {
            EquivalentError::NoColon { option } if option == "--test" => {
                "write it like `esketamine-perez-ruixo-2021: intranasal`".into()
            }
            EquivalentError::NoColon { .. } => {
                "write it like `esketamine-perez-ruixo-2021: 28 mg iv over 40 min`".into()
            }
            EquivalentError::AmountGiven => "write it without amounts, such as `intranasal twice weekly x 8`".into(),
            EquivalentError::RoundingGiven => {
                "leave it out, and add `--step \"25 mg\"`; devices are known from the route".into()
            }
            EquivalentError::SeveralRoutes => "write one route, such as `oral daily x 7`".into(),
            EquivalentError::StepAndDevice { .. } => "leave out the step".into(),
            EquivalentError::NoLevel => "add `--level \"50 ng/mL\"`".into(),
            EquivalentError::LevelUnused => "write `--match time-above`, or leave out the level".into(),
            EquivalentError::NoWindow => "add `--until 24h`, or match regimens that repeat".into(),
            EquivalentError::UnknownAnalyte { name, known, .. } => {
                match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has {}", names(known)),
                }
            }
            EquivalentError::OtherAnalyte { known, .. } => format!("it measures {}", names(known)),
            EquivalentError::WhichMetabolite { .. } => "add `--analyte NAME`".into(),
            EquivalentError::NoMetabolite { .. } => return None,
        })
    }
}
