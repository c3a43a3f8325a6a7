//! The people a model is simulated for: one person, or a population of virtual or real ones.
//!
//! [`People`] says who they are, whatever the model; a [`Population`] is these people in the terms of one model, and draws each
//! of them as a [`Subject`].

mod bound;
mod correlation;
mod distribution;
mod draws;
mod effects;
mod error;
mod estimates;
mod listed;
mod outside;
mod people;
pub mod random;
mod resolve;
mod stated;
mod subject;
mod subject_error;
mod together;
mod written;

#[cfg_attr(not(feature = "study"), allow(unused_imports))] // used by studies
pub(crate) use distribution::Distribution;
pub use draws::{Draws, Population};
pub use effects::Effects;
pub use error::PeopleError;
pub use estimates::Estimates;
pub use outside::Outside;
pub use people::People;
pub use subject::Subject;
pub use subject_error::SubjectError;
#[cfg_attr(not(feature = "study"), allow(unused_imports))] // used by studies
pub(crate) use written::numbers as distribution_of_numbers;
