//! Runs a regimen through a model for a person: the event loop, and what can be asked of the result.

mod administer;
mod builder;
mod curve;
mod error;
mod failure;
mod field;
mod followed;
mod happening;
mod individual;
mod lanes;
mod limits;
mod measured;
mod motion;
mod occasions;
mod output;
mod parts;
mod planned;
mod prepared;
mod profile;
mod readout;
mod record;
mod replay;
mod residuals;
mod rules;
mod sampling;
mod scales;
mod seat;
mod settings;
mod solved;
mod split;
mod switches;
mod watch;

pub use administer::Administration;
pub use builder::Simulation;
pub use error::SimulationError;
pub use happening::{Event, Happening};
pub use output::{Missing, OutputView, Peak};
pub use prepared::{Prepared, Workspace};
pub use profile::{Profile, Session};
pub use record::{Column, DoseInput, DoseRecord, History, Record, Repeats, Steady, Target, What};
pub use replay::{Cursor, Replay, Search};
pub use residuals::{Errors, Residuals};
pub use rules::{Compat, CovariateRule, Rules};
pub use settings::{Engine, Settings};

use field::Latest;
