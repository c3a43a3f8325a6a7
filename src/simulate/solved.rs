//! A solved subject, borrowed from whoever holds the parts: the questions that metrics ask of an output, in base units.

use super::Missing;
use super::administer::Administration;
use super::curve::Curve;
use crate::metrics::{Interval, Measure};
use crate::model::{GROUP_OUTPUTS, Model, Output};
use crate::solve::{Signal, Solution, Trajectory};

/// The solution of one subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Solved<'s> {
    pub model: &'s Model,
    /// States in the order of the engines.
    pub order: &'s [usize],
    /// Those propagated exactly.
    pub exact: &'s Solution,
    /// Those integrated.
    pub integrated: &'s Trajectory,
    /// One register file per interval between switches.
    pub files: &'s [Vec<[f64; 1]>],
    pub switches: &'s [f64],
    pub administrations: &'s [Administration],
    /// h
    pub until: f64,
}

/// One output of a solved subject, and the questions that can be asked of it.
pub(super) struct Asked<'s> {
    solved: Solved<'s>,
    shape: Shape<'s>,
    /// Time and value of the largest value of the whole simulation, once it was asked for.
    peak: Option<(f64, f64)>,
}

/// The curve of an output, by either of two ways to the same questions.
enum Shape<'s> {
    /// From the exact solution.
    Exact(Box<Signal<'s>>),
    /// From points of the dense solution.
    Numeric(Curve<'s>),
}

impl<'s> Solved<'s> {
    /// Whether any state is integrated.
    pub fn is_integrated(&self) -> bool {
        self.integrated.size() > 0
    }

    /// Times between which everything is smooth, h, the start first.
    pub fn breakpoints(&self) -> &'s [f64] {
        if self.is_integrated() { self.integrated.begins() } else { self.exact.breakpoints() }
    }

    /// Writes the states at time `t` (h), just after what happens then.
    pub fn state(&self, t: f64, x: &mut [f64]) {
        let (exact, integrated) = self.order.split_at(self.exact.size());
        let mut part = vec![0.0; self.order.len()];
        if !exact.is_empty() {
            self.exact.state(t, &mut part[..exact.len()]);
            exact.iter().zip(&part).for_each(|(state, value)| x[*state] = *value);
        }
        self.integrated.state(t, &mut part);
        integrated.iter().zip(&part).for_each(|(state, value)| x[*state] = *value);
    }
}

impl<'s> Asked<'s> {
    /// An output; `weights` are its coefficients and constants in every interval where it is propagated exactly.
    pub fn new(solved: Solved<'s>, output: &'s Output, weights: Option<(&[f64], &[f64])>) -> Self {
        let shape = match weights {
            Some((c, d)) => Shape::Exact(Box::new(solved.exact.signal(c, d))),
            None => Shape::Numeric(Curve::new(solved, &output.readout, GROUP_OUTPUTS)),
        };
        Asked { solved, shape, peak: None }
    }

    /// A metric of the registry over the whole simulation, in base units.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn measure(&mut self, measure: &Measure) -> Result<f64, Missing> {
        let whole = (0.0, self.solved.until);
        // What happens at the end of an interval belongs to the next.
        let before = |within: &Interval| within.map_or(whole, |(from, to)| (from, to.next_down().max(from)));
        let last = match measure {
            Measure::At(time) => *time,
            Measure::Auc(_, to) => *to,
            Measure::Cmax(within)
            | Measure::Tmax(within)
            | Measure::Cmin(within)
            | Measure::TimeAbove(_, within)
            | Measure::LastAbove(_, within) => within.unwrap_or(whole).1,
            _ => 0.0,
        };
        if !self.covers(last) {
            return Err(Missing::BeyondEnd);
        }
        match measure {
            Measure::Cmax(None) => Ok(self.peak().1),
            Measure::Tmax(None) => Ok(self.peak().0),
            Measure::Cmax(within) => {
                let (from, to) = before(within);
                Ok(self.max(from, to).1)
            }
            Measure::Tmax(Some((begin, end))) => {
                let (from, to) = before(&Some((*begin, *end)));
                let time = self.max(from, to).0;
                Ok(if time == to { end - begin } else { time - begin })
            }
            Measure::Cmin(within) => {
                let (from, to) = before(within);
                Ok(self.min(from, to).1)
            }
            Measure::At(time) => Ok(self.at(*time)),
            Measure::Auc(from, to) => Ok(self.integral(*from, *to)),
            Measure::TimeAbove(level, within) => {
                let (from, to) = before(within);
                Ok(self.time_above(level.in_base(), from, to))
            }
            Measure::LastAbove(level, within) => {
                let (from, to) = before(within);
                self.last_above(level.in_base(), from, to)
            }
            Measure::AucInf => self.area_to_infinity(),
            Measure::Mrt => self.residence(),
            Measure::HalfLife => self.half_life(),
            Measure::F => Err(Missing::NeedsReference),
        }
    }

    /// Whether the solution is known at a time: after the end only where it is exact.
    fn covers(&self, time: f64) -> bool {
        time <= self.solved.until || !self.solved.is_integrated() || matches!(self.shape, Shape::Exact(_))
    }

    fn exact(&mut self) -> Result<&mut Signal<'s>, Missing> {
        match &mut self.shape {
            Shape::Exact(signal) => Ok(signal),
            Shape::Numeric(_) => Err(Missing::NotLinear),
        }
    }

    /// The value at a time, just after what happens then.
    pub fn at(&mut self, time: f64) -> f64 {
        match &mut self.shape {
            Shape::Exact(signal) => signal.at(time),
            Shape::Numeric(curve) => curve.at(time),
        }
    }

    /// Time and value of the first largest value of the whole simulation.
    pub fn peak(&mut self) -> (f64, f64) {
        let peak = self.peak.unwrap_or_else(|| self.max(0.0, self.solved.until));
        *self.peak.insert(peak)
    }

    /// Time and value of the first largest value between two times.
    pub fn max(&mut self, from: f64, to: f64) -> (f64, f64) {
        match &mut self.shape {
            Shape::Exact(signal) => {
                let peak = signal.max(from, to);
                (peak.time, peak.value)
            }
            Shape::Numeric(curve) => curve.max(from, to),
        }
    }

    /// Time and value of the first smallest value between two times.
    pub fn min(&mut self, from: f64, to: f64) -> (f64, f64) {
        match &mut self.shape {
            Shape::Exact(signal) => {
                let low = signal.min(from, to);
                (low.time, low.value)
            }
            Shape::Numeric(curve) => curve.min(from, to),
        }
    }

    /// The area between two times.
    pub fn integral(&mut self, from: f64, to: f64) -> f64 {
        match &mut self.shape {
            Shape::Exact(signal) => signal.integral(from, to),
            Shape::Numeric(curve) => curve.integral(from, to),
        }
    }

    /// How long the value is above a level between two times.
    pub fn time_above(&mut self, level: f64, from: f64, to: f64) -> f64 {
        self.above(level, from, to).iter().fold(0.0, |sum, [from, to]| sum + (to - from))
    }

    /// How long after `from` a level is exceeded for the last time; 0 where it never is.
    ///
    /// # Errors
    /// [`Missing::StillAbove`] where it is so at `to`.
    pub fn last_above(&mut self, level: f64, from: f64, to: f64) -> Result<f64, Missing> {
        match self.above(level, from, to).last() {
            None => Ok(0.0),
            Some([_, end]) if *end >= to => Err(Missing::StillAbove),
            Some([_, end]) => Ok(end - from),
        }
    }

    /// The stretches of from..to in which it is above a level.
    fn above(&mut self, level: f64, from: f64, to: f64) -> Vec<[f64; 2]> {
        match &mut self.shape {
            Shape::Exact(signal) => signal.above(level, from, to),
            Shape::Numeric(curve) => curve.above(level, from, to),
        }
    }

    /// The area from the start to infinity.
    ///
    /// # Errors
    /// Why it does not exist.
    pub fn area_to_infinity(&mut self) -> Result<f64, Missing> {
        self.exact()?.integral_to_infinity(0.0).ok_or(Missing::DoesNotVanish)
    }

    /// Mean residence time of one dose: the first moment over the area, less half of an infusion's duration.
    ///
    /// # Errors
    /// Why it does not exist.
    pub fn residence(&mut self) -> Result<f64, Missing> {
        let (area, over) =
            (self.area_to_infinity()?, self.solved.administrations.first().map_or(0.0, |first| first.over));
        let moment = self.exact()?.moment_to_infinity(0.0).ok_or(Missing::DoesNotVanish)?;
        if area == 0.0 { Err(Missing::IsZero) } else { Ok(moment / area - over / 2.0) }
    }

    /// The half-life of the slowest mode that contributes to the output.
    ///
    /// # Errors
    /// Why it does not exist.
    pub fn half_life(&mut self) -> Result<f64, Missing> {
        match self.exact()?.slowest_mode() {
            Some(rate) if rate > 0.0 => Ok(std::f64::consts::LN_2 / rate),
            _ => Err(Missing::DoesNotDecay),
        }
    }
}
