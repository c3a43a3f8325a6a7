//! The people a model is simulated for.

pub mod random;
mod subject;

pub use subject::{Subject, SubjectError};
