//! The registry of exposure metrics: each once, with its name, unit, formula and reference.
//!
//! A metric says what it is; [`crate::simulate`] computes it from the solution of the model, never from a plotting grid.

mod measure;
mod output;

pub use measure::{Interval, Measure, MeasureError};
pub use output::OutputMeasure;

use crate::units::{Dimension, Unit, UnitError};

/// What a metric is measured in, given the unit of the output it is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The output's own unit.
    Output,
    /// Hours.
    Time,
    /// The output's unit times hours.
    Area,
    /// A plain number.
    Ratio,
}

impl Scale {
    /// The dimension of a metric of this scale, for an output of `output`; none beyond any physical size.
    pub fn dimension(self, output: Dimension) -> Option<Dimension> {
        match self {
            Scale::Output => Some(output),
            Scale::Time => Some(Dimension::TIME),
            Scale::Area => output.times(Dimension::TIME),
            Scale::Ratio => Some(Dimension::NONE),
        }
    }

    /// The unit of a metric of this scale, for an output in `output`.
    ///
    /// # Errors
    /// [`UnitError::TooLarge`] for a unit beyond any physical size.
    pub fn unit(self, output: &Unit) -> Result<Unit, UnitError> {
        let hour = Unit::base(Dimension::TIME);
        match self {
            Scale::Output => Ok(output.clone()),
            Scale::Time => Ok(hour),
            Scale::Area => output.times(&hour),
            Scale::Ratio => Ok(Unit::none()),
        }
    }

    /// The same for an output whose unit a model has: that times h is no unit beyond any physical size.
    pub fn unit_of(self, output: &Unit) -> Unit {
        self.unit(output).unwrap_or_else(|_| output.clone())
    }
}

/// One metric of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The name used in plans, checks and tables.
    pub name: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// What it is measured in.
    pub scale: Scale,
    /// How it is computed from the solution.
    pub formula: &'static str,
    /// Where the definition comes from.
    pub reference: &'static str,
    /// The parameter code of the CDISC terminology for NCA of a sampled profile, where there is one.
    pub cdisc: Option<&'static str>,
}

const GABRIELSSON: &str = "Gabrielsson & Weiner 2016, Pharmacokinetic and Pharmacodynamic Data Analysis, ch. 2.8";
const YAMAOKA: &str = "Yamaoka, Nakagawa & Uno 1978, J Pharmacokinet Biopharm 6:547";

/// Every metric, in the order of tables.
pub static REGISTRY: &[Definition] = &[
    Definition {
        name: "Cmax",
        title: "largest concentration",
        scale: Scale::Output,
        formula: "max of C(t); stationary points by root finding",
        reference: GABRIELSSON,
        cdisc: Some("CMAX"),
    },
    Definition {
        name: "Tmax",
        title: "time of the largest concentration, from the first device of the dose",
        scale: Scale::Time,
        formula: "the first t with C(t) = Cmax",
        reference: GABRIELSSON,
        cdisc: Some("TMAX"),
    },
    Definition {
        name: "Cmin",
        title: "smallest concentration",
        scale: Scale::Output,
        formula: "min of C(t); stationary points by root finding",
        reference: GABRIELSSON,
        cdisc: Some("CMIN"),
    },
    Definition {
        name: "C",
        title: "concentration at a time",
        scale: Scale::Output,
        formula: "C(t)",
        reference: GABRIELSSON,
        cdisc: None,
    },
    Definition {
        name: "AUC",
        title: "area under the curve between two times",
        scale: Scale::Area,
        formula: "integral of C(t), in closed form",
        reference: GABRIELSSON,
        cdisc: Some("AUCINT"),
    },
    Definition {
        name: "AUCinf",
        title: "area under the curve to infinity",
        scale: Scale::Area,
        formula: "integral of C(t) from 0 to infinity, in closed form",
        reference: GABRIELSSON,
        cdisc: Some("AUCIFO"),
    },
    Definition {
        name: "MRT",
        title: "mean residence time",
        scale: Scale::Time,
        formula: "integral of t C(t) over AUCinf, less half the duration of an infusion",
        reference: YAMAOKA,
        cdisc: Some("MRTEVFO"),
    },
    Definition {
        name: "half_life",
        title: "terminal half-life",
        scale: Scale::Time,
        formula: "ln 2 over the rate of the slowest mode that contributes to the output",
        reference: GABRIELSSON,
        cdisc: Some("LAMZHL"),
    },
    Definition {
        name: "time_above",
        title: "time above a level",
        scale: Scale::Time,
        formula: "sum of the intervals with C(t) above the level; crossings by root finding",
        reference: GABRIELSSON,
        cdisc: Some("TAT"),
    },
    Definition {
        name: "last_above",
        title: "time until a level is no longer exceeded",
        scale: Scale::Time,
        formula: "the end of the last interval with C(t) above the level; 0 where there is none",
        reference: GABRIELSSON,
        cdisc: None,
    },
    Definition {
        name: "F",
        title: "bioavailability relative to another dose of the same model",
        scale: Scale::Ratio,
        formula: "(AUCinf / dose) over (AUCinf / dose) of the reference",
        reference: GABRIELSSON,
        cdisc: None,
    },
];

/// The metric of this name.
pub fn find(name: &str) -> Option<&'static Definition> {
    REGISTRY.iter().find(|d| d.name == name)
}

/// The convention of [`Definition::name`] `Cmax`: `AUC_inf`, `auc` and the like are not found, but a near name is named.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    crate::error::nearest(name, REGISTRY.iter().map(|d| d.name))
}
