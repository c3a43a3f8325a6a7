//! Engines that carry a system of states through a schedule of events, and what they share.

mod exact;
mod schedule;
mod walk;

pub use exact::{Exact, Extremum, Signal, Solution, System};
pub use schedule::{Event, Plan, Schedule};
pub use walk::{Pulse, Steps, Walk};

use crate::math::modal::Kind;

/// What an engine did, counted; it does not depend on the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Matrices decomposed.
    pub decompositions: u64,
    /// Of these, taken apart into single real rates.
    pub real: u64,
    /// Of these, with blocks of complex or near-equal rates.
    pub blocks: u64,
    /// Of these, propagated whole by the matrix exponential.
    pub whole: u64,
    /// Exponentials of rates evaluated.
    pub exponentials: u64,
    /// Exponentials of blocks evaluated.
    pub matrix_exponentials: u64,
    /// Stretches between events advanced.
    pub segments: u64,
    /// Output values written.
    pub samples: u64,
}

impl Work {
    fn count(&mut self, kind: Kind) {
        self.decompositions += 1;
        match kind {
            Kind::Real => self.real += 1,
            Kind::Blocks => self.blocks += 1,
            Kind::Whole => self.whole += 1,
        }
    }
}

/// Why an engine could not give a result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SolveError {
    /// An entry of a matrix is NaN or infinite.
    #[error("the rate from state {column} to state {row} is {value}")]
    Rate {
        /// State that is fed.
        row: usize,
        /// State that feeds.
        column: usize,
        /// The entry, per hour.
        value: f64,
    },
    /// A constant input, an initial value or an amount is NaN or infinite.
    #[error("{what} {index} is {value}")]
    Value {
        /// Which list the value is in.
        what: &'static str,
        /// Its place in the list.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A time is NaN, infinite, or before the start.
    #[error("{what} {index} has time {time} h; it must be finite and not before the start, {start} h")]
    Time {
        /// Which list the time is in.
        what: &'static str,
        /// Its place in the list.
        index: usize,
        /// The time, h.
        time: f64,
        /// Start of the simulation, h.
        start: f64,
    },
    /// The duration of an input is NaN, infinite or negative.
    #[error("event {index} has a duration of {over} h")]
    Duration {
        /// Place in the list of events.
        index: usize,
        /// The duration, h.
        over: f64,
    },
    /// Times that must ascend do not.
    #[error("{what} {index} at {time} h comes before the one in front of it")]
    Order {
        /// Which list the time is in.
        what: &'static str,
        /// Its place in the list.
        index: usize,
        /// The time, h.
        time: f64,
    },
    /// Something that enters again and again never leaves, so that no periodic state exists.
    #[error("there is no steady state: part of what enters never leaves")]
    NoSteadyState,
    /// The solution grew beyond the range of numbers.
    #[error("the solution is no longer a finite number at {time} h")]
    Overflow {
        /// Start of the stretch in which it was noticed, h.
        time: f64,
    },
}

impl SolveError {
    /// Stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rate { .. } => "E_RATE_NOT_FINITE",
            Self::Value { .. } => "E_VALUE_NOT_FINITE",
            Self::Time { .. } => "E_TIME_OUT_OF_RANGE",
            Self::Duration { .. } => "E_DURATION",
            Self::Order { .. } => "E_TIME_ORDER",
            Self::NoSteadyState => "E_NO_STEADY_STATE",
            Self::Overflow { .. } => "E_OVERFLOW",
        }
    }
}
