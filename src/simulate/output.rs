//! What can be asked of an output: values, peaks, areas, half-lives, crossings; all from the solution.

use super::solved::Asked;
use super::{Profile, SimulationError};
use crate::metrics::{Measure, Scale};
use crate::model::Output;
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
    /// The level is exceeded at the end of the interval.
    StillAbove,
    /// The metric is of a session, and the next one has begun.
    NextSession,
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
            Missing::NextSession => "the next session begins before that time",
            Missing::StillAbove => "still above the level at the end of the interval",
        })
    }
}

/// One output of a profile.
#[derive(Debug, Clone, Copy)]
pub struct OutputView<'p> {
    profile: &'p Profile<'p>,
    index: usize,
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
        self.quantity(self.asked().at(time))
    }

    /// The largest value of the whole simulation, and when it is first reached.
    pub fn cmax(&self) -> Peak {
        self.max_between(0.0, self.profile.until)
    }

    /// The largest value between two times (h).
    pub fn max_between(&self, from: f64, to: f64) -> Peak {
        let (time, value) = self.asked().max(from, to);
        Peak { value: self.quantity(value), time: hours(time) }
    }

    /// The smallest value between two times (h).
    pub fn min_between(&self, from: f64, to: f64) -> Peak {
        let (time, value) = self.asked().min(from, to);
        Peak { value: self.quantity(value), time: hours(time) }
    }

    /// The area under the curve between two times (h), in the output's unit times h.
    pub fn auc(&self, from: f64, to: f64) -> Quantity {
        self.scaled(Scale::Area, self.asked().integral(from, to))
    }

    /// The area under the curve from the start to infinity.
    ///
    /// # Errors
    /// The reason why it does not exist.
    pub fn auc_inf(&self) -> Result<Quantity, Missing> {
        Ok(self.scaled(Scale::Area, self.asked().area_to_infinity()?))
    }

    /// Mean residence time of one dose: the first moment over the area, less half of an infusion's duration (h).
    ///
    /// # Errors
    /// The reason why it does not exist.
    pub fn mrt(&self) -> Result<Quantity, Missing> {
        self.asked().residence().map(hours)
    }

    /// The half-life of the slowest mode that contributes to the output, h.
    ///
    /// # Errors
    /// The reason why it does not exist.
    pub fn half_life(&self) -> Result<Quantity, Missing> {
        self.asked().half_life().map(hours)
    }

    /// How long the output is above a level between two times (h).
    ///
    /// # Errors
    /// A level of another dimension, or without its unit.
    pub fn time_above(&self, level: &Quantity, from: f64, to: f64) -> Result<Quantity, SimulationError> {
        let level = level.as_level(self.unit())?;
        Ok(hours(self.asked().time_above(level, from, to)))
    }

    /// A metric of the registry, over the whole simulation.
    ///
    /// # Errors
    /// A level of another dimension, or without its unit; within, the reason why the metric has no value.
    pub fn measure(&self, measure: &Measure) -> Result<Result<Quantity, Missing>, SimulationError> {
        if let Some(level) = measure.level() {
            level.as_level(self.unit())?;
        }
        let value = self.asked().measure(measure);
        Ok(value.map(|value| self.scaled(measure.definition().scale, value)))
    }

    fn asked(&self) -> Asked<'p> {
        let weights = self.profile.weights[self.index].as_ref();
        Asked::new(self.profile.solved(), self.output(), weights.map(|(c, d)| (c.as_slice(), d.as_slice())))
    }

    fn quantity(&self, base: f64) -> Quantity {
        self.scaled(Scale::Output, base)
    }

    fn scaled(&self, scale: Scale, base: f64) -> Quantity {
        let unit = scale.unit_of(self.unit());
        Quantity::new(unit.from_base(base), unit)
    }
}

fn hours(value: f64) -> Quantity {
    Quantity::base(value, Dimension::TIME)
}
