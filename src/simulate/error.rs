//! Why a simulation cannot be run.

use crate::document::Text;
use crate::dosing::DosingError;
use crate::error::{Faults, Kind, Span, listed, nearest};
use crate::math::kernel::Kernel;
use crate::model::ModelError;
use crate::solve::SolveError;
use crate::units::UnitError;

/// Why a simulation cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// A route that the model does not have.
    #[error("the model `{model}` has no route `{route}`")]
    UnknownRoute {
        /// The model's id.
        model: String,
        /// What was written.
        route: String,
        /// Those it has.
        has: Vec<String>,
    },
    /// No route is written and the model has several, or none.
    #[error("the dose names no route, and the model `{model}` has {}", count(has))]
    NoRoute {
        /// The model's id.
        model: String,
        /// Those it has.
        has: Vec<String>,
    },
    /// A duration for a route whose every entry has its own.
    #[error("the route `{route}` has its own durations, so a dose by it cannot be given over a time")]
    RouteHasDuration {
        /// The route.
        route: String,
    },
    /// A dose that cannot be given as written.
    #[error(transparent)]
    Dosing(#[from] DosingError),
    /// A salt or effect that the model does not know.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// A unit of the wrong dimension.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// An output that the model does not have.
    #[error("the model `{model}` has no output `{output}`")]
    UnknownOutput {
        /// The model's id.
        model: String,
        /// What was written.
        output: String,
        /// Those it has.
        has: Vec<String>,
    },
    /// Equations that the exact engine cannot solve.
    #[error("the model `{model}` is not linear: {why}")]
    NotLinear {
        /// The model's id.
        model: String,
        /// Which flow or state makes it so.
        why: String,
    },
    /// A tolerance that is none.
    #[error("the {what} tolerance is {value}, and must be between 0 and 1")]
    Tolerance {
        /// `relative` or `absolute`.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// An instruction set that the processor lacks.
    #[error("this processor has no {kernel}")]
    Kernel {
        /// The instruction set.
        kernel: Kernel,
    },
    /// The engine gave up.
    #[error("{}", gave_up(state, *time, *dose, error))]
    Failed {
        /// The state that it is about.
        state: Option<String>,
        /// When, h.
        time: f64,
        /// Number of the latest dose, from 1.
        dose: Option<usize>,
        /// Name, value and unit of each parameter of the subject.
        parameters: Vec<String>,
        /// What the engine said; it counts hours from the latest event.
        error: SolveError,
    },
    /// A rate, clearance, volume, fraction, lag or duration outside its limits for this subject.
    #[error("{name} is {value} (in h, mg and L) for this subject, and must be {must}")]
    OutOfLimits {
        /// What it is.
        name: String,
        /// Its value in base units (h, mg, L).
        value: f64,
        /// The limit.
        must: String,
    },
    /// A sampling time or horizon that is not after the start.
    #[error("{what} is {value} h, and must be {must}")]
    Time {
        /// Which time.
        what: &'static str,
        /// h
        value: f64,
        /// The limit.
        must: &'static str,
    },
    /// A computed output that is not a number.
    #[error("the output `{output}` is not a number at {time} h")]
    NotANumber {
        /// The output.
        output: String,
        /// h
        time: f64,
    },
    /// More samples or events than one run may hold.
    #[error("{count} {what} are more than the {limit} that one run may hold")]
    TooMany {
        /// How many.
        count: usize,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A dose that leaves its rate or duration to a model that says none.
    #[error("the dose leaves its {what} to the model, and `{place}` has none")]
    NotModelled {
        /// `rate` or `duration`.
        what: &'static str,
        /// The compartment or route.
        place: String,
    },
    /// Rates that follow a covariate on a straight line.
    #[error(
        "rates of the model `{model}` follow a covariate that changes on a straight line, which the exact engine does not solve"
    )]
    LinearCovariates {
        /// The model's id.
        model: String,
    },
    /// A steady state that is to be added to what is there, in a system where effects do not add up.
    #[error("SS 2 adds a steady state to what is there, and effects do not add up in the model `{model}`")]
    AddedSteadyState {
        /// The model's id.
        model: String,
    },
    /// Rates or outputs that read the time since a dose before there was one.
    #[error("a rate or output reads the time since a dose at {time} h, before the first dose that it counts from")]
    NoDoseYet {
        /// When, h.
        time: f64,
    },
    /// A state that grows or shrinks for ever and that nothing depends on.
    #[error("there is no steady state: `{state}` goes on changing")]
    NoSteadyState {
        /// The state.
        state: String,
    },
    /// A data set without the column that a model's occasions are labelled by.
    #[error("the model `{model}` varies between occasions, and the column `{column}` that labels them is missing")]
    NoOccasionColumn {
        /// The model's id.
        model: String,
        /// The column.
        column: String,
    },
    /// Something about a record of a data set.
    #[error("row {row}: {error}")]
    Record {
        /// Row of the data, counted from 1 below the header.
        row: usize,
        /// What is wrong.
        error: Box<SimulationError>,
    },
    /// The engine found numbers that are not finite.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

fn gave_up(state: &Option<String>, time: f64, dose: Option<usize>, error: &SolveError) -> String {
    let state = state.as_deref().unwrap_or_default();
    let what = match error {
        SolveError::NotFinite { .. } => format!("`{state}` is no longer a finite number"),
        SolveError::StepTooSmall { step, .. } => format!("`{state}` needs steps of less than {step:e} h"),
        SolveError::TooManySteps { limit, .. } => format!("{limit} steps did not lead further"),
        SolveError::NegativeAmount { value, .. } => format!("`{state}` holds {value:e} mg, less than nothing,"),
        other => other.to_string(),
    };
    let after = dose.map_or_else(String::new, |dose| format!(", after dose {dose}"));
    format!("{what} at {time} h{after}")
}

fn count(has: &[String]) -> String {
    match has.len() {
        0 => "none".into(),
        n => format!("{n}"),
    }
}

impl From<ModelError> for SimulationError {
    fn from(error: ModelError) -> Self {
        SimulationError::Model(Box::new(error))
    }
}

impl SimulationError {
    /// Whether an engine gave up on one subject, as it may on some of many; anything else is wrong with what was asked.
    pub fn is_failure(&self) -> bool {
        match self {
            SimulationError::Failed { .. }
            | SimulationError::NoSteadyState { .. }
            | SimulationError::NoDoseYet { .. } => true,
            SimulationError::Solve(error) => {
                use SolveError::{NoSteadyState, NotPeriodic, Overflow};
                matches!(error, NoSteadyState | NotPeriodic { .. } | Overflow { .. })
            }
            SimulationError::Record { error, .. } => error.is_failure(),
            _ => false,
        }
    }

    /// Whether it is about the numbers of one person of many, as they were drawn: an engine that gave up, or a number outside its
    /// limits.
    pub fn is_of_person(&self) -> bool {
        match self {
            SimulationError::OutOfLimits { .. } => true,
            SimulationError::Record { error, .. } => error.is_of_person(),
            _ => self.is_failure(),
        }
    }

    /// The part of a regimen's text that the error is about: some words, or all of it; none for errors about something else.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies and the command line
    pub(crate) fn about(&self, text: &str) -> Option<Span> {
        let words = match self {
            SimulationError::UnknownRoute { route, .. } | SimulationError::RouteHasDuration { route } => route.clone(),
            SimulationError::Dosing(DosingError::NeedsWeight { dose }) => dose.clone(),
            SimulationError::Dosing(DosingError::NotWholeDevices { amount, .. }) => amount.to_string(),
            SimulationError::Model(error) => match error.as_ref() {
                ModelError::UnknownSalt { salt, .. } => salt.clone(),
                _ => String::new(),
            },
            SimulationError::NoRoute { .. } | SimulationError::Dosing(_) | SimulationError::Unit(_) => String::new(),
            _ => return None,
        };
        let whole = Span::new(0, text.len());
        Some(text.find(&words).filter(|_| !words.is_empty()).map_or(whole, |at| Span::new(at, at + words.len())))
    }
}

impl Faults<SimulationError> {
    /// The same faults, those about the regimen placed on the words of it that they are about.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies and the command line
    pub(crate) fn said_in(self, text: &Text) -> Self {
        self.each(|fault| match fault.kind.about(&text.text) {
            Some(span) => text.part(Some(span)).fault(fault.kind),
            None => fault,
        })
    }
}

impl Kind for SimulationError {
    fn code(&self) -> &'static str {
        match self {
            SimulationError::UnknownRoute { .. } | SimulationError::NoRoute { .. } => "E_UNKNOWN_ROUTE",
            SimulationError::RouteHasDuration { .. } => "E_ROUTE_HAS_DURATION",
            SimulationError::Dosing(e) => e.code(),
            SimulationError::Model(e) => e.code(),
            SimulationError::Unit(e) => e.code(),
            SimulationError::UnknownOutput { .. } => "E_UNKNOWN_OUTPUT",
            SimulationError::NotLinear { .. } => "E_NOT_LINEAR",
            SimulationError::Tolerance { .. } => "E_OUT_OF_RANGE",
            SimulationError::Kernel { .. } => "E_KERNEL",
            SimulationError::Failed { error, .. } => error.code(),
            SimulationError::OutOfLimits { .. } => "E_OUT_OF_LIMITS",
            SimulationError::Time { .. } => "E_TIME_OUT_OF_RANGE",
            SimulationError::NotANumber { .. } => "E_NOT_A_NUMBER",
            SimulationError::TooMany { .. } => "E_TOO_MANY_EVENTS",
            SimulationError::NotModelled { .. } => "E_NOT_MODELLED",
            SimulationError::LinearCovariates { .. } => "E_LINEAR_COVARIATES",
            SimulationError::AddedSteadyState { .. } => "E_SS2_NONLINEAR",
            SimulationError::NoDoseYet { .. } => "E_NO_DOSE_YET",
            SimulationError::NoSteadyState { .. } => "E_NO_STEADY_STATE",
            SimulationError::NoOccasionColumn { .. } => "E_NO_OCCASION_COLUMN",
            SimulationError::Record { error, .. } => error.code(),
            SimulationError::Solve(e) => e.code(),
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            SimulationError::Dosing(e) => e.label(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let names = |lead: &str, word: &str, has: &[String]| match nearest(word, has.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if has.is_empty() => format!("{lead} none"),
            None => format!("{lead} {}", listed(has.iter().map(String::as_str))),
        };
        match self {
            SimulationError::UnknownRoute { route, has, .. } => {
                let all = format!("its routes are {}", listed(has.iter().map(String::as_str)));
                match nearest(route, has.iter().map(String::as_str)) {
                    Some(near) => Some(format!("did you mean `{near}`? {all}")),
                    None if has.is_empty() => Some("it has no routes".into()),
                    None => Some(all),
                }
            }
            SimulationError::NoRoute { has, .. } if has.is_empty() => None,
            SimulationError::NoRoute { has, .. } => {
                Some(format!("write one of {} behind the dose", listed(has.iter().map(String::as_str))))
            }
            SimulationError::RouteHasDuration { .. } => Some("leave out `over …`".into()),
            SimulationError::Dosing(DosingError::NeedsWeight { .. }) => Some(
                "give the weight: `--covariate weight=70kg`, or in a plan `subject = { weight = \"70 kg\" }`".into(),
            ),
            SimulationError::Dosing(e) => e.hint(),
            SimulationError::Model(e) => e.hint(),
            SimulationError::Unit(e) => e.hint(),
            SimulationError::UnknownOutput { output, has, .. } => Some(names("its outputs are", output, has)),
            SimulationError::NotModelled { what, .. } => {
                Some(format!("give the compartment an `infusion_{what}`, or the record a RATE above 0 or a DUR"))
            }
            SimulationError::NotANumber { .. } => Some("is something divided by zero?".into()),
            SimulationError::Kernel { .. } => {
                let available = Kernel::ALL.into_iter().filter(|kernel| kernel.is_available());
                Some(format!("it has {}", listed(available.map(Kernel::name))))
            }
            SimulationError::NotLinear { .. } => Some("leave the engine to the program (`auto`)".into()),
            SimulationError::Failed { error, parameters, .. } => {
                let advice = match error {
                    SolveError::NotFinite { .. } => "something divides by zero, or grows without end",
                    SolveError::StepTooSmall { .. } => "something grows without end, or jumps where no event is",
                    SolveError::TooManySteps { .. } => "a larger `--rtol` or the engine `stiff` may get through",
                    SolveError::NegativeAmount { .. } => "let what leaves a compartment vanish with the amount in it",
                    _ => return None,
                };
                Some(format!("{advice}; parameters: {}", parameters.join(", ")))
            }
            SimulationError::NoDoseYet { .. } => Some(
                "say what holds until then: `if(tad >= 0[h], …, …)` takes its last value before the first dose".into(),
            ),
            SimulationError::AddedSteadyState { .. } => {
                Some("write SS 1, or let `--compat` name the tool whose way of adding is wanted".into())
            }
            SimulationError::Solve(SolveError::NotPeriodic { .. }) => Some(
                "as much has to leave in an interval as enters: is the input below the largest elimination?".into(),
            ),
            SimulationError::LinearCovariates { .. } => Some("use `--covariates nocb`, `locf` or `midpoint`".into()),
            SimulationError::NoOccasionColumn { column, .. } => {
                Some(format!("write the number of the occasion into a column `{column}`, in every row"))
            }
            SimulationError::Record { error, .. } => error.hint(),
            SimulationError::TooMany { what: "sampling times", .. } => Some("sample less often, or less long".into()),
            _ => None,
        }
    }
}
