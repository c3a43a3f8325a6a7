//! The people a model is simulated for.

mod effects;
pub mod random;
mod subject;

pub use effects::Effects;
pub use subject::{Subject, SubjectError};
