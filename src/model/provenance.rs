//! Where a model and its numbers come from.

use super::checks::Check;
use super::read::Place;
use super::variability::Occasion;
use crate::units::Unit;
use std::fmt;

/// How well a model's numbers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Every structural and typical value was read in the source or a careful transcription of it.
    A,
    /// Partly read.
    B,
    /// Our own assumption.
    Assumed,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Grade::A => "A",
            Grade::B => "B",
            Grade::Assumed => "assumed",
        })
    }
}

/// A publication that numbers come from.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceNote {
    /// The key that numbers name it by.
    pub key: String,
    /// Authors, journal, year, pages.
    pub citation: String,
    /// Digital object identifier.
    pub doi: Option<String>,
    /// What was read in its place, when it was not opened itself.
    pub via: Option<String>,
}

/// An effect that was added to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectNote {
    /// Its id.
    pub id: String,
    /// One line about it.
    pub title: String,
    /// How well its numbers are known.
    pub grade: Grade,
    /// Places of its parameters among the model's.
    pub parameters: std::ops::Range<usize>,
}

/// Where a number comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Provenance {
    /// A place in a source.
    Cited {
        /// Key of the source.
        source: String,
        /// Where in it (`Table 3`); may be empty.
        at: String,
    },
    /// Nobody measured it.
    Assumed {
        /// Why this value.
        why: String,
    },
}

/// Who and what a model was made from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PopulationNotes {
    /// The people.
    pub description: String,
    /// Where blood was taken.
    pub site: String,
    /// Range of each covariate in the data.
    pub ranges: Vec<CovariateRange>,
    /// Lowest and highest dose by each route in the data.
    pub doses: Vec<DoseRange>,
    /// How long the source sampled after a dose, in h: half-lives beyond it are extrapolations.
    pub sampling: Option<f64>,
    /// Grade of the variability, where it differs from the model's.
    pub variability: Option<Grade>,
    /// What an occasion is.
    pub occasion: Option<Occasion>,
}

/// The doses by one route in the data a model was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseRange {
    /// The route.
    pub route: String,
    /// Lowest dose at a time, mg.
    pub low: f64,
    /// Highest dose at a time, mg.
    pub high: f64,
}

/// Range of a covariate in the data a model was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateRange {
    /// The covariate.
    pub name: String,
    /// Lowest value, in base units.
    pub low: f64,
    /// Highest value, in base units.
    pub high: f64,
    /// The unit to print them in.
    pub unit: Unit,
    /// The effect that was made from them; none for the model itself.
    pub effect: Option<String>,
}

impl CovariateRange {
    /// What was made from these people, for messages: the model of this id or its effect.
    pub(crate) fn made(&self, model: &str) -> String {
        match &self.effect {
            None => format!("the model `{model}`"),
            Some(effect) => format!("the effect `{effect}`"),
        }
    }
}

/// What is known about where a model comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenances {
    /// The id.
    pub id: String,
    /// Where the file says it.
    pub id_place: Place,
    /// One line.
    pub title: String,
    /// The drug.
    pub drug: String,
    /// How well the numbers are known.
    pub grade: Grade,
    /// The publications.
    pub sources: Vec<SourceNote>,
    /// The people.
    pub population: PopulationNotes,
    /// What the source leaves open or gets wrong.
    pub notes: Vec<String>,
    /// Name and reason of everything assumed.
    pub assumptions: Vec<(String, String)>,
    /// Name and reason of each variability that is missing.
    pub missing_variability: Vec<(String, String)>,
    /// The base that this file extends, and what it changes (`ka = 18.8 1/h`).
    pub extends: Option<String>,
    /// See `extends`.
    pub overrides: Vec<String>,
    /// Published and computed numbers to reproduce.
    pub checks: Vec<Check>,
    /// The effects that were added, in the order given.
    pub effects: Vec<EffectNote>,
}
