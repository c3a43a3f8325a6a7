//! What can be asked of an output: values, peaks, areas, half-lives, crossings; all from the solution.

use super::curve::Curve;
use super::{Profile, SimulationError};
use crate::metrics::{Measure, Scale};
use crate::model::Output;
use crate::solve::Signal;
use crate::units::{Dimension, Quantity, Unit};
use std::fmt;

/// An extreme value and when it is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// In the output's unit.
    pub value: Quantity,
    /// Hours from the first dose.
    pub time: Quantity,
}

/// Why a metric has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The output does not return to zero, so an area to infinity does not exist.
    DoesNotVanish,
    /// No mode of the output decays.
    DoesNotDecay,
    /// The output is integrated or no linear function of the states, and has no closed form beyond the simulated time.
    NotLinear,
    /// The metric asks for times after the end of the simulation, and the output has no closed form there.
    BeyondEnd,
    /// The metric compares two doses.
    NeedsReference,
    /// The curve is zero.
    IsZero,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Missing::DoesNotVanish => "the output does not return to zero",
            Missing::DoesNotDecay => "the output does not decay",
            Missing::NotLinear => "the output has no closed form beyond the simulated time",
            Missing::BeyondEnd => "the simulation ends before that time",
            Missing::NeedsReference => "needs a reference dose",
            Missing::IsZero => "the output is zero",
        })
    }
}

/// One output of a profile.
#[derive(Debug, Clone, Copy)]
pub struct OutputView<'p> {
    profile: &'p Profile<'p>,
    index: usize,
}

/// The curve of an output in base units, by either of two ways to the same questions.
enum Shape<'p> {
    Exact(Box<Signal<'p>>),
    Numeric(Curve<'p>),
}

impl<'p> OutputView<'p> {
    pub(super) fn new(profile: &'p Profile<'p>, index: usize) -> Self {
        OutputView { profile, index }
    }

    /// The output's entry in the model.
    pub fn output(&self) -> &'p Output {
        &self.profile.model.outputs()[self.index]
    }

    /// Its unit.
    pub fn unit(&self) -> &'p Unit {
        &self.output().unit
    }

    /// Its values at the sampling times of the profile, in its unit.
    pub fn values(&self) -> &'p [f64] {
        let samples = self.profile.times.len();
        &self.profile.values[self.index * samples..(self.index + 1) * samples]
    }

    /// Its value at a time (h), just after what happens then.
    pub fn at(&self, time: f64) -> Quantity {
        self.quantity(match self.shape() {
            Shape::Exact(mut signal) => signal.at(time),
            Shape::Numeric(mut curve) => curve.at(time),
        })
    }

    /// The largest value of the whole simulation, and when it is first reached.
    pub fn cmax(&self) -> Peak {
        self.max_between(0.0, self.profile.until)
    }

    /// The largest value between two times (h).
    pub fn max_between(&self, from: f64, to: f64) -> Peak {
        let (time, value) = match self.shape() {
            Shape::Exact(mut signal) => {
                let peak = signal.max(from, to);
                (peak.time, peak.value)
            }
            Shape::Numeric(mut curve) => curve.max(from, to),
        };
        Peak { value: self.quantity(value), time: hours(time) }
    }

    /// The smallest value between two times (h).
    pub fn min_between(&self, from: f64, to: f64) -> Peak {
        let (time, value) = match self.shape() {
            Shape::Exact(mut signal) => {
                let low = signal.min(from, to);
                (low.time, low.value)
            }
            Shape::Numeric(mut curve) => curve.min(from, to),
        };
        Peak { value: self.quantity(value), time: hours(time) }
    }

    /// The area under the curve between two times (h), in the output's unit times h.
    pub fn auc(&self, from: f64, to: f64) -> Quantity {
        self.area(match self.shape() {
            Shape::Exact(mut signal) => signal.integral(from, to),
            Shape::Numeric(mut curve) => curve.integral(from, to),
        })
    }

    /// The area under the curve from the start to infinity.
    ///
    /// # Errors
    /// The reason why it does not exist.
    pub fn auc_inf(&self) -> Result<Quantity, Missing> {
        let area = self.exact()?.integral_to_infinity(0.0).ok_or(Missing::DoesNotVanish)?;
        Ok(self.area(area))
    }

    /// Mean residence time of one dose: the first moment over the area, less half of an infusion's duration (h).
    ///
    /// # Errors
    /// The reason why it does not exist.
    pub fn mrt(&self) -> Result<Quantity, Missing> {
        let mut signal = self.exact()?;
        let area = signal.integral_to_infinity(0.0).ok_or(Missing::DoesNotVanish)?;
        let moment = signal.moment_to_infinity(0.0).ok_or(Missing::DoesNotVanish)?;
        if area == 0.0 {
            return Err(Missing::IsZero);
        }
        let infusion = self.profile.sessions().first().map_or(0.0, |s| s.over);
        Ok(hours(moment / area - infusion / 2.0))
    }

    /// The half-life of the slowest mode that contributes to the output, h.
    ///
    /// # Errors
    /// The reason why it does not exist.
    pub fn half_life(&self) -> Result<Quantity, Missing> {
        match self.exact()?.slowest_mode() {
            Some(rate) if rate > 0.0 => Ok(hours(std::f64::consts::LN_2 / rate)),
            _ => Err(Missing::DoesNotDecay),
        }
    }

    /// How long the output is above a level between two times (h).
    ///
    /// # Errors
    /// A level of another dimension.
    pub fn time_above(&self, level: &Quantity, from: f64, to: f64) -> Result<Quantity, SimulationError> {
        let level = level.as_base(self.unit().dimension())?;
        Ok(hours(match self.shape() {
            Shape::Exact(mut signal) => signal.time_above(level, from, to),
            Shape::Numeric(mut curve) => curve.time_above(level, from, to),
        }))
    }

    /// A metric of the registry, over the whole simulation.
    ///
    /// # Errors
    /// A level of another dimension; within, the reason why the metric has no value.
    pub fn measure(&self, measure: &Measure) -> Result<Result<Quantity, Missing>, SimulationError> {
        let until = self.profile.until;
        Ok(match measure {
            Measure::Cmax => Ok(self.cmax().value),
            Measure::Tmax => Ok(self.cmax().time),
            Measure::Cmin => Ok(self.min_between(0.0, until).value),
            Measure::At(time) if self.covers(*time) => Ok(self.at(*time)),
            Measure::Auc(from, to) if self.covers(*to) => Ok(self.auc(*from, *to)),
            Measure::At(_) | Measure::Auc(..) => Err(Missing::BeyondEnd),
            Measure::AucInf => self.auc_inf(),
            Measure::Mrt => self.mrt(),
            Measure::HalfLife => self.half_life(),
            Measure::TimeAbove(level) => Ok(self.time_above(level, 0.0, until)?),
            Measure::F => Err(Missing::NeedsReference),
        })
    }

    /// Whether the solution is known at a time: after the end only where it is exact.
    fn covers(&self, time: f64) -> bool {
        time <= self.profile.until || !self.profile.is_integrated() || self.signal().is_some()
    }

    fn shape(&self) -> Shape<'p> {
        match self.signal() {
            Some(signal) => Shape::Exact(Box::new(signal)),
            None => Shape::Numeric(Curve::new(self.profile, self.output())),
        }
    }

    fn signal(&self) -> Option<Signal<'p>> {
        let (c, d) = self.profile.weights[self.index].as_ref()?;
        Some(self.profile.dense.exact().signal(c, d))
    }

    fn exact(&self) -> Result<Signal<'p>, Missing> {
        self.signal().ok_or(Missing::NotLinear)
    }

    fn quantity(&self, base: f64) -> Quantity {
        Quantity::new(self.unit().from_base(base), self.unit().clone())
    }

    fn area(&self, base: f64) -> Quantity {
        // A unit that printed at load time still has a printable product with h.
        let unit = Scale::Area.unit(self.unit()).unwrap_or_else(|_| self.unit().clone());
        Quantity::new(unit.from_base(base), unit)
    }
}

fn hours(value: f64) -> Quantity {
    Quantity::base(value, Dimension::TIME)
}
