//! Whether a system of equations is linear in its states.
use super::graph::{Graph, Node};
use std::fmt;

/// `f = A x + b`, entries that are 0 left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linear {
    /// Row, column and value of each entry of the matrix, by row.
    pub a: Vec<(usize, usize, Node)>,
    /// Row and value of each constant term.
    pub b: Vec<(usize, Node)>,
}

/// Which equation is not linear, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonLinear {
    /// Index in `f`.
    pub equation: usize,
    /// Why.
    pub reason: NonLinearReason,
}

/// Why an equation is not taken for linear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NonLinearReason {
    /// It reads time or the dose being given.
    Reads(String),
}

impl fmt::Display for NonLinearReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NonLinearReason::Reads(name) => write!(f, "it reads `{name}`"),
        }
    }
}

/// Splits `f` into `A x + b`.
///
/// # Errors
/// The first equation that is not linear, or may not be.
pub fn linearise(_graph: &mut Graph, _f: &[Node], _x: &[Node], _forbidden: &[Node]) -> Result<Linear, NonLinear> {
    todo!()
}
