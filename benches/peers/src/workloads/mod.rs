//! What is computed: each workload with the engines that can do it, and its exact observations.

pub mod effects;
pub mod nasal;
pub mod oral;

use crate::course::{Course, Stretch};
use crate::engines::{Engine, Failure};
use crate::people::Person;

/// One problem for all engines.
pub struct Workload {
    /// As in the table of results.
    pub name: &'static str,
    pub what: &'static str,
    pub engines: Vec<Engine>,
    /// posology with one call for each person.
    pub one_by_one: Engine,
    pub tolerance: Tolerance,
    /// The observations of a person, right to more digits than any engine has.
    pub exact: Box<dyn Fn(&Person) -> Result<Vec<f64>, Failure>>,
}

/// The relative tolerance of engines that have one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// The same for all.
    Fixed(f64),
    /// For each the loosest whose largest error, relative to the largest observation, is at most this.
    Within(f64),
}

/// The stretches of a course, for as long as the program runs.
fn stretches(course: &Course) -> &'static [Stretch] {
    Box::leak(course.stretches().into_boxed_slice())
}
