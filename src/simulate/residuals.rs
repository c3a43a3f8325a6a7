//! Residual errors: what is measured in place of what is there.

use super::{Prepared, SimulationError};
use crate::model::Residual;
use crate::population::Subject;
use crate::population::random::{Purpose, Stream};
use crate::units::Unit;

/// Residual errors of the outputs of a prepared simulation: those of a person are a function of the seed, the replicate, the
/// person, the name of the output and the time. It keeps its place in the random numbers, so people in a row are fastest.
#[derive(Debug)]
pub struct Residuals<'p> {
    prepared: &'p Prepared<'p>,
    /// Of each sample: the interval between switches that it is in.
    intervals: Vec<usize>,
    /// Of each output, of each sample; none where an output has no residual error.
    streams: Vec<Vec<Stream>>,
    /// Whether any error depends on the subject.
    depends: bool,
    file: Vec<[f64; 1]>,
}

impl<'p> Residuals<'p> {
    /// The errors of people of a seed. Two replicates of a population differ in `replicate`.
    pub fn new(prepared: &'p Prepared<'p>, seed: u64, replicate: u64) -> Self {
        let (model, samples) = (prepared.model, &prepared.samples);
        let streams = model.outputs().iter().map(|output| {
            let of = |time: &f64| Stream::new(seed, replicate, Purpose::Residual(&output.name, *time));
            output.residual.iter().flat_map(|_| samples.iter().map(of)).collect()
        });
        Residuals {
            intervals: samples.iter().map(|time| prepared.interval_at(*time)).collect(),
            streams: streams.collect(),
            depends: model.outputs().iter().filter_map(|o| o.residual.as_ref()).any(|r| r.when.is_some()),
            file: model.tiers().file(),
            prepared,
        }
    }

    /// Adds a person's errors to the values that [`Prepared::run`] wrote. Nothing is cut off: a measured value may be below 0.
    ///
    /// # Errors
    /// A number outside its limits, where an error depends on the subject.
    ///
    /// # Panics
    /// When `values` do not hold [`Prepared::numbers`].
    pub fn add(&mut self, person: u64, subject: &Subject<'_>, values: &mut [f64]) -> Result<(), SimulationError> {
        let (prepared, samples) = (self.prepared, self.intervals.len());
        assert_eq!(values.len(), prepared.numbers(), "one number per output and sample");
        let mut shown = None;
        for (i, interval) in self.intervals.iter().enumerate() {
            if self.depends && shown != Some(*interval) {
                prepared.evaluate(subject, *interval, &mut self.file)?;
                shown = Some(*interval);
            }
            for (k, (output, streams)) in prepared.model.outputs().iter().zip(&mut self.streams).enumerate() {
                if let (Some(residual), Some(stream)) = (&output.residual, streams.get_mut(i)) {
                    let value = &mut values[k * samples + i];
                    *value = measured(residual, &output.unit, *value, stream.normal(person), &self.file);
                }
            }
        }
        Ok(())
    }
}

/// Whose residual errors a data set has, for [`Replay::observe`](super::Replay::observe).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errors {
    /// The seed.
    pub seed: u64,
    /// Which of several data sets of a seed.
    pub replicate: u64,
    /// The person's number.
    pub person: u64,
}

impl Errors {
    /// A standard normal number for an output at a time, on the clock that has been started anew so many times.
    pub(super) fn normal(&self, output: &str, clock: usize, time: f64) -> f64 {
        let again;
        let name = match clock {
            0 => output,
            _ => {
                // No name has such a character.
                again = format!("{output}@{clock}");
                &again
            }
        };
        Stream::new(self.seed, self.replicate, Purpose::Residual(name, time)).normal(self.person)
    }
}

/// What is measured where a value in `unit` is there, for a standard normal number; `file` holds the values of the subject.
pub(super) fn measured(residual: &Residual, unit: &Unit, value: f64, normal: f64, file: &[[f64; 1]]) -> f64 {
    let holding = holding(residual, file);
    if holding.log_sd > 0.0 {
        return value * (holding.log_sd * normal).exp();
    }
    let (additive, proportional) = (unit.from_base(holding.additive), holding.proportional * value.abs());
    let sd = if holding.combined == 1 { additive + proportional } else { additive.hypot(proportional) };
    value + sd * normal
}

/// The error whose condition holds.
fn holding<'r>(mut residual: &'r Residual, file: &[[f64; 1]]) -> &'r Residual {
    while let (Some(when), Some(otherwise)) = (residual.when, &residual.otherwise) {
        if file[when][0] != 0.0 {
            break;
        }
        residual = otherwise;
    }
    residual
}
