//! Simulates drug concentrations and effects for any dosing schedule, with units checked and every number cited.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod dosing;
pub mod error;
pub mod units;
