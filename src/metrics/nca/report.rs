//! What an analysis gives: numbers, reasons and flags.

use super::slope::Slope;
use crate::metrics::registry::{Metric, REGISTRY};
use std::fmt;

/// Why a metric has no value.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// A metric of models.
    #[error("it is computed from a model's solution only")]
    NotSampled,
    /// Nothing to compute from.
    #[error("there is no sample in the interval")]
    NoSamples,
    /// Nothing above the limit.
    #[error("no concentration can be quantified")]
    NothingQuantifiable,
    /// No value where the area begins.
    #[error("there is no sample at the start of the interval, and the rule for time zero gives it no value")]
    NoTimeZero,
    /// Too few points for a slope.
    #[error("the terminal slope needs {needs} points, and there are {found}")]
    FewPoints {
        /// Points that could be used.
        found: usize,
        /// Points that are needed.
        needs: usize,
    },
    /// Two points lie on a line anyway.
    #[error("two points always lie on a line")]
    TwoPoints,
    /// A chosen point that is none.
    #[error("there is no concentration to use at the chosen time {0}")]
    NoSampleAt(f64),
    /// A chosen point that is chosen again.
    #[error("the time {0} is chosen twice")]
    ChosenTwice(f64),
    /// A slope that is level or rises.
    #[error("the last concentrations do not fall")]
    NotFalling,
    /// No dose.
    #[error("the dose is not known")]
    NoDose,
    /// A clearance or volume of concentrations without a unit.
    #[error("the concentrations have no unit: `--units DV=ng/mL`, or `DV [ng/mL]` in the header")]
    NoConcentrationUnit,
    /// A clearance or volume of what is no concentration.
    #[error("the samples are no amounts in a volume")]
    NotConcentration,
    /// A clearance or volume of a dose without a unit.
    #[error("the doses have no unit: `--units DOSE=mg`, or `DOSE [mg]` in the header")]
    NoDoseUnit,
    /// Not after a bolus.
    #[error("only a bolus has it")]
    NotBolus,
    /// Not after a dose outside a vein.
    #[error("only a dose into a vein has it")]
    NotVein,
    /// Not after a dose into a vein.
    #[error("only a dose outside a vein has it")]
    NotOutside,
    /// No end.
    #[error("it needs an interval that ends, or tau")]
    NoInterval,
    /// No dosing interval.
    #[error("it needs tau")]
    NoTau,
    /// A formula of a single dose, and tau.
    #[error("it is of a single dose: at steady state see CLtau, Vztau and MRTtau")]
    SteadyState,
    /// A formula of a single dose, and an interval without it.
    #[error("it is of a single dose, which is not in the interval")]
    DoseOutside,
    /// A formula of a dosing interval, and an interval that begins within one.
    #[error("the interval does not begin at a dose")]
    BetweenDoses,
    /// No level.
    #[error("it needs a level")]
    NoLevel,
    /// An end.
    #[error("the interval ends: it is of a profile to infinity")]
    IntervalEnds,
    /// No sample at the end.
    #[error("there is no sample at the end of the interval")]
    NoEndSample,
    /// A quotient whose divisor is zero.
    #[error("it is a quotient of zero")]
    OverZero,
    /// Concentrations that do not rise.
    #[error("the concentrations do not rise")]
    NoRise,
    /// A number beyond what can be computed with.
    #[error("it is too large or too small to compute")]
    NotFinite,
}

/// Something that should be known of a result. Nothing is left out because of it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Flag {
    /// Adjusted R2 of the terminal slope below 0.9.
    PoorFit(f64),
    /// The terminal slope rests on fewer than 2 half-lives.
    ShortSpan(f64),
    /// The terminal slope rests on fewer than 3 points.
    FewPoints(usize),
    /// More than 20 % of AUCinf is extrapolated.
    Extrapolated(f64),
    /// More than 20 % of AUCinf lies before the first sample of a bolus.
    BackExtrapolated(f64),
    /// The first sample is the largest.
    PeakFirst,
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flag::PoorFit(r2) => write!(f, "adjusted R2 {r2:.3} < 0.9"),
            Flag::ShortSpan(span) => write!(f, "span {span:.2} < 2"),
            Flag::FewPoints(points) => write!(f, "{points} points < 3"),
            Flag::Extrapolated(percent) => write!(f, "extrapolated {percent:.1} % > 20 %"),
            Flag::BackExtrapolated(percent) => write!(f, "extrapolated back {percent:.1} % > 20 %"),
            Flag::PeakFirst => f.write_str("first sample is Cmax"),
        }
    }
}

/// Where the value at the start of an interval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// A sample.
    Measured,
    /// The samples before and after it.
    Interpolated,
    /// The line of the logarithms of the first two samples.
    LogSlope,
    /// The first sample.
    First,
    /// The smallest sample of the interval.
    Minimum,
    /// Zero.
    Zero,
}

impl Start {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Start::Measured => "measured",
            Start::Interpolated => "interpolated",
            Start::LogSlope => "log slope",
            Start::First => "first sample",
            Start::Minimum => "minimum",
            Start::Zero => "zero",
        }
    }
}

/// The result of an analysis: for every metric of the registry a number or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    values: Vec<Result<f64, Missing>>,
    /// The interval, on the samples' clock.
    pub interval: (f64, f64),
    /// Where the value at its start comes from.
    pub start: Option<Start>,
    /// The terminal slope.
    pub slope: Option<Slope>,
    /// What should be known of it.
    pub flags: Vec<Flag>,
}

impl Report {
    /// A report in which everything is missing for one reason.
    pub(super) fn without(interval: (f64, f64), reason: Missing) -> Report {
        let values = REGISTRY.iter().map(|d| Err(if d.sampled.is_none() { Missing::NotSampled } else { reason }));
        Report { values: values.collect(), interval, start: None, slope: None, flags: Vec::new() }
    }

    /// A metric.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn get(&self, metric: Metric) -> Result<f64, Missing> {
        self.values[metric as usize]
    }

    pub(super) fn set(&mut self, metric: Metric, value: Result<f64, Missing>) {
        self.values[metric as usize] = value.and_then(|v| if v.is_finite() { Ok(v) } else { Err(Missing::NotFinite) });
    }

    /// All metrics in the order of the registry.
    pub fn values(&self) -> impl Iterator<Item = (Metric, Result<f64, Missing>)> {
        REGISTRY.iter().map(|d| (d.metric, self.get(d.metric)))
    }
}
