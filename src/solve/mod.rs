//! Engines that carry a system of states through a schedule of events, and what they share.

mod exact;
mod ode;
mod schedule;
mod walk;

pub use exact::{Drive, Exact, Extremum, Flow, FlowSpace, Signal, Solution, System};
pub use ode::{DormandPrince, Field, Integrator, Method, Outcome, Quartic, Reference, STAGES, Trajectory, quartic_at};
pub use schedule::{Entry, Event, Plan, Schedule, Stretch};
pub use walk::{Pulse, Steps, Walk};

use crate::math::modal::Kind;

/// Counters that add up and are known by name.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What an engine did, counted; it does not depend on the machine.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Work {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl std::ops::Add for Work {
            type Output = Work;

            fn add(self, other: Work) -> Work {
                Work { $($name: self.$name + other.$name,)* }
            }
        }

        impl Work {
            /// Every counter by its name.
            pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Matrices decomposed.
    decompositions,
    /// Of these, taken apart into single real rates.
    real,
    /// Of these, with blocks of complex or near-equal rates.
    blocks,
    /// Of these, propagated whole by the matrix exponential.
    whole,
    /// Exponentials of rates evaluated.
    exponentials,
    /// Exponentials of blocks evaluated.
    matrix_exponentials,
    /// Stretches between events advanced.
    segments,
    /// Output values written.
    samples,
    /// Steps of the explicit method that were accepted.
    explicit_steps,
    /// Steps of the stiff method that were accepted.
    stiff_steps,
    /// Steps that were not accurate enough and were tried again.
    rejected,
    /// Right-hand sides evaluated.
    slopes,
    /// Jacobian matrices evaluated.
    jacobians,
    /// Matrices factorised.
    factorisations,
    /// Changes from one method to the other.
    switches,
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
    /// A slope or state stopped being a number.
    #[error("state {state} is no longer a finite number at {time} h")]
    NotFinite {
        /// Place of the state.
        state: usize,
        /// When, h.
        time: f64,
    },
    /// The step became too small to go on: something changes without end, or jumps.
    #[error("the step became {step} h at {time} h, too small to go on")]
    StepTooSmall {
        /// When, h.
        time: f64,
        /// The step, h.
        step: f64,
        /// Place of the state whose error is largest.
        state: usize,
    },
    /// More steps than a stretch between two events may take.
    #[error("{limit} steps did not reach beyond {time} h")]
    TooManySteps {
        /// How far they reached, h.
        time: f64,
        /// The limit.
        limit: u64,
    },
    /// An amount of drug fell below zero by more than the tolerance explains.
    #[error("the amount in state {state} is {value} mg at {time} h")]
    NegativeAmount {
        /// Place of the state.
        state: usize,
        /// When, h.
        time: f64,
        /// mg
        value: f64,
    },
    /// No state was found that one interval between doses leads back to.
    #[error(
        "no steady state was found: after {cycles} dosing intervals the states still change by {residual:e} of their size"
    )]
    NotPeriodic {
        /// Intervals that were simulated.
        cycles: u32,
        /// Largest relative change over the last of them.
        residual: f64,
    },
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
            Self::NoSteadyState | Self::NotPeriodic { .. } => "E_NO_STEADY_STATE",
            Self::NotFinite { .. } => "E_STATE_NOT_FINITE",
            Self::StepTooSmall { .. } => "E_STEP_TOO_SMALL",
            Self::TooManySteps { .. } => "E_TOO_MANY_STEPS",
            Self::NegativeAmount { .. } => "E_NEGATIVE_AMOUNT",
            Self::Overflow { .. } => "E_OVERFLOW",
        }
    }
}
