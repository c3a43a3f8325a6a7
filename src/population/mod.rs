//! The people a model is simulated for: one person, or a population of virtual or real ones.
//!
//! [`People`] says who they are, whatever the model; a [`Population`] is these people in the terms of one model, and draws each
//! of them as a [`Subject`].

mod bound;
mod correlation;
mod distribution;
mod effects;
mod error;
mod listed;
mod people;
mod population;
pub mod random;
mod resolve;
mod stated;
mod subject;
mod written;

pub use effects::Effects;
pub use error::PeopleError;
pub use people::People;
pub use population::{Draws, Outside, Population};
pub use subject::{Subject, SubjectError};
