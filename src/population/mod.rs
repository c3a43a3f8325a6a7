//! The people a model is simulated for.

mod subject;

pub use subject::{Subject, SubjectError};
