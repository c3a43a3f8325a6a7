//! The people a model is simulated for.

mod effects;
mod estimates;
pub mod random;
mod subject;
mod together;

pub use effects::Effects;
pub use estimates::Estimates;
pub use subject::{Subject, SubjectError};
