//! placeholder

pub mod math;
pub mod solve;
