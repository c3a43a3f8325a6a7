//! What varies between people, occasions and measurements, and what is uncertain about estimates.

use super::parts::Reg;
use super::provenance::PopulationNotes;

/// What a random effect is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One value per subject.
    Subject,
    /// One value per subject and occasion.
    Occasion,
}

/// How a random effect acts on the typical value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// typical * exp(eta)
    Log,
    /// expit(logit(typical) + eta)
    Logit,
    /// typical + eta
    Additive,
}

/// A random effect: normal with mean 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Eta {
    /// The parameter it was declared for.
    pub parameter: usize,
    /// Between subjects or occasions.
    pub level: Level,
    /// How it acts.
    pub scale: Scale,
    /// Its variance, on its own scale (for [`Scale::Additive`] in base units, squared).
    pub variance: f64,
    /// As the file prints it (`cv 0.232`).
    pub printed: String,
    /// Register of its value, an input that is 0 for the typical subject.
    pub slot: Reg,
}

/// Random effects that vary together.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Indices of [`super::Model::etas`].
    pub etas: Vec<usize>,
    /// Their covariance, lower triangle by row with the diagonal.
    pub covariance: Vec<f64>,
}

/// Doses closer than this belong to one session where a model says nothing else, h.
pub const SESSION_GAP: f64 = 12.0;

/// What begins a new occasion, for variability between occasions.
#[derive(Debug, Clone, PartialEq)]
pub enum Occasion {
    /// Each session; doses closer than `gap` (in h) belong to one.
    Session {
        /// h
        gap: f64,
    },
    /// A column of the data.
    Column {
        /// Its name.
        name: String,
    },
}

impl PopulationNotes {
    /// Doses closer than this belong to one session, h.
    pub fn session_gap(&self) -> f64 {
        match self.occasion {
            Some(Occasion::Session { gap }) => gap,
            Some(Occasion::Column { .. }) | None => SESSION_GAP,
        }
    }

    /// The column of a data set that says which occasion a record belongs to, where the model has one.
    pub fn occasion_column(&self) -> Option<&str> {
        match &self.occasion {
            Some(Occasion::Column { name }) => Some(name),
            Some(Occasion::Session { .. }) | None => None,
        }
    }
}

/// Residual error of an output.
#[derive(Debug, Clone, PartialEq)]
pub struct Residual {
    /// Register of the condition under which it holds; otherwise `otherwise` does.
    pub when: Option<Reg>,
    /// Standard deviation of the proportional part.
    pub proportional: f64,
    /// Standard deviation of the additive part, in the output's base unit.
    pub additive: f64,
    /// Standard deviation on the logarithm.
    pub log_sd: f64,
    /// How both parts combine: 1 adds standard deviations, 2 adds variances.
    pub combined: u8,
    /// The error where `when` does not hold.
    pub otherwise: Option<Box<Residual>>,
}

/// How uncertain the estimate of a parameter is: it, or its logarithm, is normal about its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncertainty {
    /// Its variance, in base units squared, or that of its logarithm.
    pub variance: f64,
    /// Whether the logarithm is normal.
    pub log: bool,
    /// As the file prints it (`rse 0.1`).
    pub printed: String,
}

/// Parameters whose estimates vary together.
#[derive(Debug, Clone, PartialEq)]
pub struct EstimateBlock {
    /// Indices of [`super::Model::parameters`].
    pub parameters: Vec<usize>,
    /// Their covariance on the scale of each ([`Uncertainty`]), lower triangle by row with the diagonal.
    pub covariance: Vec<f64>,
}
