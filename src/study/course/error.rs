//! What can be wrong with a plan of courses.

use crate::error::Kind;

/// What can be wrong with a plan of courses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CourseError {
    /// A plan without a course.
    #[error("a plan of courses needs an arm")]
    NoArms,
    /// A probability outside 0..1.
    #[error("`{what}` is {value}, and a probability is between 0 and 1")]
    Probability {
        /// The key or option.
        what: String,
        /// What was written.
        value: f64,
    },
    /// Adherence of nobody: the typical person takes every session.
    #[error("adherence is that of virtual people, and there are none")]
    NoPeople,
    /// Delays that could lead past the next session.
    #[error("a delay of up to {up_to} h can reach the next session of `{arm}`, which may follow after {gap} h")]
    LongDelay {
        /// h
        up_to: f64,
        /// The arm.
        arm: String,
        /// The shortest time between two sessions, h.
        gap: f64,
    },
}

impl Kind for CourseError {
    fn code(&self) -> &'static str {
        match self {
            CourseError::NoArms => "E_NO_ARMS",
            CourseError::Probability { .. } => "E_OUT_OF_RANGE",
            CourseError::NoPeople => "E_NO_PEOPLE",
            CourseError::LongDelay { .. } => "E_LONG_DELAY",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            CourseError::NoArms => "write `[[arm]]` with `name`, `model` and `schedule`".into(),
            CourseError::NoPeople => {
                "give `population = { size = 200, seed = 1 }` in a plan, or `--subjects 200 --seed 1`".into()
            }
            CourseError::LongDelay { gap, .. } => format!("allow delays of less than {gap} h"),
            CourseError::Probability { .. } => return None,
        })
    }
}
