//! Concentrations at times, checked.

use crate::error::Kind;

/// What was found in a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// A concentration.
    Measured(f64),
    /// Less than can be quantified, with the limit where it is known.
    Below(Option<f64>),
}

/// One subject's samples of one analyte, in the order of time. Times and concentrations are in any one unit each; results
/// come in the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples(Vec<(f64, Level)>);

/// What can be wrong with samples, with the index of the sample.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplesError {
    /// Not one concentration for each time.
    #[error("{times} times and {concentrations} concentrations")]
    Lengths {
        /// How many times.
        times: usize,
        /// How many concentrations.
        concentrations: usize,
    },
    /// A time or concentration that is infinite or no number.
    #[error("a time or concentration is no finite number")]
    NotFinite {
        /// Of the sample.
        index: usize,
    },
    /// A concentration below zero.
    #[error("the concentration {concentration} is below zero")]
    Negative {
        /// Of the sample.
        index: usize,
        /// What was found.
        concentration: f64,
    },
    /// A time before that of the sample before.
    #[error("the time {time} comes after {before}: samples have to be in the order of time")]
    Backwards {
        /// Of the sample.
        index: usize,
        /// Its time.
        time: f64,
        /// The time before.
        before: f64,
    },
    /// Two samples at one time.
    #[error("there is another sample at {time}")]
    Repeated {
        /// Of the second sample.
        index: usize,
        /// Its time.
        time: f64,
    },
}

impl SamplesError {
    /// The sample it is about.
    pub fn index(&self) -> Option<usize> {
        match self {
            SamplesError::Lengths { .. } => None,
            SamplesError::NotFinite { index }
            | SamplesError::Negative { index, .. }
            | SamplesError::Backwards { index, .. }
            | SamplesError::Repeated { index, .. } => Some(*index),
        }
    }
}

impl Kind for SamplesError {
    fn code(&self) -> &'static str {
        match self {
            SamplesError::Lengths { .. } => "E_SAMPLES_LENGTH",
            SamplesError::NotFinite { .. } => "E_NOT_A_NUMBER",
            SamplesError::Negative { .. } => "E_CONCENTRATION_NEGATIVE",
            SamplesError::Backwards { .. } => "E_TIME_BACKWARDS",
            SamplesError::Repeated { .. } => "E_TIME_REPEATED",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            SamplesError::Lengths { .. } | SamplesError::NotFinite { .. } => return None,
            SamplesError::Negative { .. } => {
                "a concentration below the limit is `BLQ`, or 0; one unknown is `.`".into()
            }
            SamplesError::Backwards { .. } => {
                "sort the samples; occasions that start anew are subjects of their own".into()
            }
            SamplesError::Repeated { .. } => {
                "keep one of them, or their mean; analytes and occasions are subjects of their own".into()
            }
        })
    }
}

impl Samples {
    /// Concentrations at times. A concentration of 0 is one that cannot be quantified.
    ///
    /// # Errors
    /// Times that do not increase, concentrations below zero, anything that is not finite.
    pub fn new(times: &[f64], concentrations: &[f64]) -> Result<Samples, SamplesError> {
        if times.len() != concentrations.len() {
            return Err(SamplesError::Lengths { times: times.len(), concentrations: concentrations.len() });
        }
        let levels = concentrations.iter().map(|c| Level::Measured(*c));
        Samples::of(times.iter().copied().zip(levels).collect())
    }

    /// Samples, some of which may be below the limit of quantification.
    ///
    /// # Errors
    /// As for [`Samples::new`].
    pub fn of(samples: Vec<(f64, Level)>) -> Result<Samples, SamplesError> {
        let mut before = f64::NEG_INFINITY;
        for (index, (time, level)) in samples.iter().enumerate() {
            let value = match level {
                Level::Measured(value) => Some(*value),
                Level::Below(limit) => *limit,
            };
            if !time.is_finite() || value.is_some_and(|value| !value.is_finite()) {
                return Err(SamplesError::NotFinite { index });
            }
            if let Some(concentration) = value.filter(|value| *value < 0.0) {
                return Err(SamplesError::Negative { index, concentration });
            }
            if *time == before {
                return Err(SamplesError::Repeated { index, time: *time });
            }
            if *time < before {
                return Err(SamplesError::Backwards { index, time: *time, before });
            }
            before = *time;
        }
        Ok(Samples(samples))
    }

    /// The samples, in the order of time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (f64, Level)> + ExactSizeIterator {
        self.0.iter().map(|(time, level)| match level {
            Level::Measured(0.0) => (*time, Level::Below(None)),
            level => (*time, *level),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_names_its_sample() {
        let error = |times: &[f64], concentrations: &[f64]| Samples::new(times, concentrations).unwrap_err();
        let code = |times: &[f64], concentrations: &[f64]| {
            let error = error(times, concentrations);
            (error.code(), error.index())
        };
        assert_eq!(code(&[0.0, 1.0], &[1.0]), ("E_SAMPLES_LENGTH", None));
        assert_eq!(code(&[0.0, 1.0], &[1.0, -0.1]), ("E_CONCENTRATION_NEGATIVE", Some(1)));
        assert_eq!(code(&[0.0, 2.0, 1.0], &[1.0; 3]), ("E_TIME_BACKWARDS", Some(2)));
        assert_eq!(code(&[0.0, 1.0, 1.0], &[1.0; 3]), ("E_TIME_REPEATED", Some(2)));
        assert_eq!(code(&[0.0, f64::NAN], &[1.0; 2]), ("E_NOT_A_NUMBER", Some(1)));
        assert_eq!(code(&[0.0], &[f64::INFINITY]), ("E_NOT_A_NUMBER", Some(0)));
        assert_eq!(Samples::of(vec![(0.0, Level::Below(Some(-1.0)))]).unwrap_err().code(), "E_CONCENTRATION_NEGATIVE");
    }

    #[test]
    fn zero_is_below_the_limit() {
        let samples = Samples::new(&[0.0, 1.0], &[0.0, 2.0]).unwrap();
        assert_eq!(samples.iter().collect::<Vec<_>>(), [(0.0, Level::Below(None)), (1.0, Level::Measured(2.0))]);
    }
}
