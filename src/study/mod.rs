//! Everything that runs many simulations: populations, comparisons of arms, courses, sweeps, sensitivity, and the checks that models
//! bring with them.

pub mod cohort;
pub mod compare;
pub mod course;
pub mod equivalent;
pub mod ledger;
mod parameters;
mod reading;
pub mod sensitivity;
pub mod session;
mod share;
pub mod sweep;
pub mod target;
mod verify;

pub use parameters::parameter_table;
pub use reading::Files;
pub(crate) use share::FAILED;
pub use verify::{CheckResult, verify, verify_on};

use crate::document::DocumentError;
use crate::error::{Kind, listed, nearest};
use crate::metrics::MeasureError;
use crate::population::PeopleError;

/// Sums over persons are made over so many at a time, in their order, and merged as a tree: the same numbers however the
/// persons are shared out. Shards and parts hold whole chunks.
pub const CHUNK: u64 = 4096;

/// What can be wrong with a plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Wrong as a document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Not a metric.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Wrong as a population.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Wrong as a sweep.
    #[error(transparent)]
    Sweep(#[from] sweep::SweepError),
    /// Wrong as a sensitivity analysis.
    #[error(transparent)]
    Sensitivity(#[from] sensitivity::SensitivityError),
    /// Wrong as a question for an equivalent dose.
    #[error(transparent)]
    Equivalent(#[from] equivalent::EquivalentError),
    /// Wrong as a target.
    #[error(transparent)]
    Target(#[from] target::TargetError),
    /// Wrong as a plan of courses.
    #[error(transparent)]
    Course(#[from] course::CourseError),
    /// Two effects with an output of one name.
    #[error("`{effect}` has an output `{output}`, and so has `{other}`")]
    EffectsClash {
        /// The later effect.
        effect: String,
        /// The output.
        output: String,
        /// The earlier effect.
        other: String,
    },
    /// A level of what no effect of the plan has.
    #[error("no effect of the plan has an output `{name}`")]
    NoEffectOutput {
        /// What was written.
        name: String,
        /// The outputs of its effects.
        known: Vec<String>,
    },
    /// A duration of zero or less.
    #[error("`{what}` has to be more than 0 h")]
    NotPositive {
        /// The key.
        what: String,
    },
    /// A level that is no level: everything exceeds it, or nothing can be below it.
    #[error("the level of `{output}` has to be more than 0")]
    NoLevel {
        /// The output of an effect.
        output: String,
    },
    /// Two arms of one name.
    #[error("two arms are called `{name}`")]
    DuplicateArm {
        /// The name.
        name: String,
    },
    /// A reference that is no arm.
    #[error("there is no arm `{name}`")]
    UnknownArm {
        /// What was written.
        name: String,
        /// The arms.
        known: Vec<String>,
    },
    /// A file of the plan that cannot be read.
    #[error("`{file}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// A population of nobody.
    #[error("a population needs a person")]
    NoPeople,
    /// A plan that compares nothing.
    #[error("a comparison needs an arm")]
    NoArms,
    /// A band with fewer than two edges.
    #[error("a band needs two variants or more, in `models` or in `set`")]
    NarrowBand,
    /// A session that is no single dose at the start.
    #[error("a session is one dose with its devices, given at 0 h")]
    NotOneDose,
    /// A published value of another dimension than the metric.
    #[error("{measure} of `{output}` is in {needs}, and the published value is in {found}")]
    PublishedUnit {
        /// The metric.
        measure: String,
        /// The output.
        output: String,
        /// The unit of the metric.
        needs: String,
        /// The unit of the published value.
        found: String,
    },
}

impl Kind for PlanError {
    fn code(&self) -> &'static str {
        match self {
            PlanError::Document(e) => e.code(),
            PlanError::Measure(e) => e.code(),
            PlanError::People(e) => e.code(),
            PlanError::Sweep(e) => e.code(),
            PlanError::Sensitivity(e) => e.code(),
            PlanError::Target(e) => e.code(),
            PlanError::Equivalent(e) => e.code(),
            PlanError::Course(e) => e.code(),
            PlanError::NotPositive { .. } | PlanError::NoLevel { .. } => "E_OUT_OF_RANGE",
            PlanError::DuplicateArm { .. } | PlanError::EffectsClash { .. } => "E_NAME_CLASH",
            PlanError::NoEffectOutput { .. } => "E_UNKNOWN_OUTPUT",
            PlanError::UnknownArm { .. } => "E_UNKNOWN_ARM",
            PlanError::Unreadable { .. } => "E_CANNOT_READ",
            PlanError::NoPeople => "E_OUT_OF_RANGE",
            PlanError::NoArms => "E_NO_ARMS",
            PlanError::NarrowBand => "E_NARROW_BAND",
            PlanError::NotOneDose => "E_NOT_ONE_DOSE",
            PlanError::PublishedUnit { .. } => "E_UNIT_MISMATCH",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            PlanError::Document(e) => e.label(),
            PlanError::People(e) => e.label(),
            PlanError::PublishedUnit { needs, .. } => Some(format!("expected a unit like `{needs}`")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            PlanError::Document(e) => e.hint(),
            PlanError::Measure(e) => e.hint(),
            PlanError::People(e) => e.hint(),
            PlanError::Sweep(e) => e.hint(),
            PlanError::Sensitivity(e) => e.hint(),
            PlanError::Target(e) => e.hint(),
            PlanError::Equivalent(e) => e.hint(),
            PlanError::Course(e) => e.hint(),
            PlanError::UnknownArm { name, known } => Some(match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the arms are {}", listed(known.iter().map(String::as_str))),
            }),
            PlanError::NoEffectOutput { name, known } => Some(match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("they have {}", listed(known.iter().map(String::as_str))),
            }),
            PlanError::EffectsClash { .. } => Some("keep one of them".into()),
            PlanError::NotOneDose => Some(
                "write it without a pattern, such as `84 mg intranasal`; what repeats belongs to the course".into(),
            ),
            PlanError::DuplicateArm { .. } => Some("names tell the arms apart in tables and legends".into()),
            _ => None,
        }
    }
}
