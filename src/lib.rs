//! Simulates drug concentrations and effects for any dosing schedule, with units checked and every number cited.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod document;
pub mod error;
pub mod metrics;
pub mod units;

#[cfg(feature = "study")]
pub mod io;
#[cfg(feature = "plot")]
pub mod plot;
