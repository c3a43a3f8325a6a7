//! The registry of exposure metrics: each once, with its name, unit, formula and reference.
//!
//! A metric says what it is. [`crate::simulate`] computes it from the solution of the model, never from a plotting grid;
//! [`nca`] computes it from samples. Both use the same names.

mod measure;
pub mod nca;
mod output;
mod registry;

pub use measure::{Interval, Measure, MeasureError};
pub use output::OutputMeasure;
pub use registry::{Codes, Definition, Metric, Need, REGISTRY, Way};

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
    /// The output's unit times hours squared.
    Moment,
    /// Per hour.
    Rate,
    /// A volume per hour.
    Clearance,
    /// A volume.
    Volume,
    /// A plain number.
    Ratio,
    /// Hundredths.
    Percent,
    /// A whole number.
    Count,
}

impl Scale {
    /// What it is made of, in words: `C` is the unit of the output or the samples, `t` that of times.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Output => "C",
            Scale::Time => "t",
            Scale::Area => "C t",
            Scale::Moment => "C t^2",
            Scale::Rate => "1/t",
            Scale::Clearance => "L/t",
            Scale::Volume => "L",
            Scale::Ratio => "1",
            Scale::Percent => "%",
            Scale::Count => "count",
        }
    }

    /// The dimension of a metric of this scale, for an output of `output`; none beyond any physical size.
    pub fn dimension(self, output: Dimension) -> Option<Dimension> {
        match self {
            Scale::Output => Some(output),
            Scale::Time => Some(Dimension::TIME),
            Scale::Area => output.times(Dimension::TIME),
            Scale::Moment => output.times(Dimension::TIME)?.times(Dimension::TIME),
            Scale::Rate => Some(Dimension::RATE),
            Scale::Clearance => Some(Dimension::CLEARANCE),
            Scale::Volume => Some(Dimension::VOLUME),
            Scale::Ratio | Scale::Percent | Scale::Count => Some(Dimension::NONE),
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
            Scale::Moment => output.times(&hour)?.times(&hour),
            Scale::Rate => Ok(Unit::base(Dimension::RATE)),
            Scale::Clearance => Ok(Unit::base(Dimension::CLEARANCE)),
            Scale::Volume => Ok(Unit::base(Dimension::VOLUME)),
            Scale::Percent => Ok("%".parse().expect("a unit named here is known")),
            Scale::Ratio | Scale::Count => Ok(Unit::none()),
        }
    }

    /// The same for an output whose unit a model has: that times h is no unit beyond any physical size.
    pub fn unit_of(self, output: &Unit) -> Unit {
        self.unit(output).unwrap_or_else(|_| output.clone())
    }
}

/// The metric of this name.
pub fn find(name: &str) -> Option<&'static Definition> {
    REGISTRY.iter().find(|d| d.name == name)
}

/// The names of the metrics that come from a solution.
fn exact_names() -> impl Iterator<Item = &'static str> {
    REGISTRY.iter().filter(|d| d.exact.is_some()).map(|d| d.name)
}

/// The convention of [`Definition::name`] `Cmax`: `AUC_inf`, `auc` and the like are not found, but a near name is named.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    crate::error::nearest(name, exact_names())
}
