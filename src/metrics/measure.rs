//! A metric with its arguments, as text: `Cmax`, `AUC(0 h, 24 h)`, `C(2 h)`, `time_above(50 ng/mL)`.

use super::{Definition, find, nearest};
use crate::error::{Fault, Kind, Span};
use crate::units::{Dimension, Quantity, UnitError};
use std::fmt;
use std::str::FromStr;

/// A metric and what it needs to be computed. Times are hours from the first dose.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Largest value of the output.
    Cmax,
    /// Time of the largest value.
    Tmax,
    /// Smallest value of the output.
    Cmin,
    /// Value at a time.
    At(f64),
    /// Area between two times.
    Auc(f64, f64),
    /// Area to infinity.
    AucInf,
    /// Mean residence time.
    Mrt,
    /// Terminal half-life.
    HalfLife,
    /// Time above a level, in the level's unit.
    TimeAbove(Quantity),
    /// Bioavailability relative to another dose.
    F,
}

impl Measure {
    /// The registry's entry for this metric.
    pub fn definition(&self) -> &'static Definition {
        find(self.name()).expect("every measure is in the registry")
    }

    fn name(&self) -> &'static str {
        match self {
            Measure::Cmax => "Cmax",
            Measure::Tmax => "Tmax",
            Measure::Cmin => "Cmin",
            Measure::At(_) => "C",
            Measure::Auc(..) => "AUC",
            Measure::AucInf => "AUCinf",
            Measure::Mrt => "MRT",
            Measure::HalfLife => "half_life",
            Measure::TimeAbove(_) => "time_above",
            Measure::F => "F",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::At(t) => write!(f, "C({t} h)"),
            Measure::Auc(from, to) => write!(f, "AUC({from} h, {to} h)"),
            Measure::TimeAbove(level) => write!(f, "time_above({level})"),
            other => f.write_str(other.name()),
        }
    }
}

/// What can be wrong with the text of a metric.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// No such metric.
    #[error("`{name}` is not a metric")]
    Unknown {
        /// What was written.
        name: String,
    },
    /// A metric of samples alone.
    #[error("`{name}` is computed from samples, not from a model's solution")]
    NotExact {
        /// The metric.
        name: &'static str,
    },
    /// Too few or too many arguments.
    #[error("`{name}` takes {wanted}")]
    Arguments {
        /// The metric.
        name: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// An area that ends before it begins.
    #[error("the interval ends at {to} h, before it begins at {from} h")]
    Backwards {
        /// Begin, h.
        from: f64,
        /// End, h.
        to: f64,
    },
    /// A time before the start.
    #[error("the time {time} h is before the start")]
    TooEarly {
        /// h
        time: f64,
    },
    /// A time or level that is not one.
    #[error(transparent)]
    Unit(#[from] UnitError),
}

impl Kind for MeasureError {
    fn code(&self) -> &'static str {
        match self {
            MeasureError::Unknown { .. } => "E_METRIC_UNKNOWN",
            MeasureError::NotExact { .. } => "E_METRIC_OF_SAMPLES",
            MeasureError::Arguments { .. } => "E_METRIC_ARGUMENTS",
            MeasureError::Backwards { .. } => "E_INTERVAL_BACKWARDS",
            MeasureError::TooEarly { .. } => "E_OUT_OF_RANGE",
            MeasureError::Unit(e) => e.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            MeasureError::Unknown { name } => Some(match nearest(name) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("metrics are {}", crate::error::listed(super::exact_names())),
            }),
            MeasureError::NotExact { .. } => {
                Some("`posology nca` computes it; `posology metrics list` says which come from a solution".into())
            }
            MeasureError::Unit(e) => e.hint(),
            MeasureError::TooEarly { .. } => Some("the first dose is given at 0 h".into()),
            MeasureError::Arguments { .. } | MeasureError::Backwards { .. } => None,
        }
    }
}

impl FromStr for Measure {
    type Err = Fault<MeasureError>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, list) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')').unwrap_or(rest)),
            None => (text.trim(), ""),
        };
        let whole = Span::new(0, text.len());
        match find(name) {
            None => return Err(Fault::at(MeasureError::Unknown { name: name.to_string() }, whole)),
            Some(d) if d.exact.is_none() => return Err(Fault::at(MeasureError::NotExact { name: d.name }, whole)),
            Some(_) => {}
        }
        let offset = text.len() - text.trim_start_matches(|c| c != '(').len() + 1;
        let mut at = offset;
        let mut arguments = Vec::new();
        for piece in list.split(',').filter(|p| !p.trim().is_empty()) {
            arguments.push((at, piece.parse::<Quantity>().map_err(|f| f.map(MeasureError::Unit).shifted(at))?, piece));
            at += piece.len() + 1;
        }
        let time = |i: usize| {
            let (at, quantity, piece): &(usize, Quantity, &str) = &arguments[i];
            let span = Span::new(*at, at + piece.len());
            match quantity.as_base(Dimension::TIME) {
                Ok(time) if time < 0.0 => Err(Fault::at(MeasureError::TooEarly { time }, span)),
                Ok(time) => Ok(time),
                Err(error) => Err(Fault::at(MeasureError::Unit(error), span)),
            }
        };
        let wanted = |wanted| Fault::at(MeasureError::Arguments { name: name.to_string(), wanted }, whole);
        match (name, arguments.len()) {
            ("Cmax", 0) => Ok(Measure::Cmax),
            ("Tmax", 0) => Ok(Measure::Tmax),
            ("Cmin", 0) => Ok(Measure::Cmin),
            ("AUCinf", 0) => Ok(Measure::AucInf),
            ("MRT", 0) => Ok(Measure::Mrt),
            ("half_life", 0) => Ok(Measure::HalfLife),
            ("F", 0) => Ok(Measure::F),
            ("C", 1) => Ok(Measure::At(time(0)?)),
            ("time_above", 1) => Ok(Measure::TimeAbove(arguments.remove(0).1)),
            ("AUC", 2) => {
                let (from, to) = (time(0)?, time(1)?);
                if to < from {
                    return Err(Fault::at(MeasureError::Backwards { from, to }, whole));
                }
                Ok(Measure::Auc(from, to))
            }
            ("C", _) => Err(wanted("one time, as in `C(2 h)`")),
            ("AUC", _) => Err(wanted("two times, as in `AUC(0 h, 24 h)`")),
            ("time_above", _) => Err(wanted("one level, as in `time_above(50 ng/mL)`")),
            _ => Err(wanted("no arguments")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_read_back_as_they_print() {
        for text in [
            "Cmax",
            "Tmax",
            "Cmin",
            "AUC(0 h, 24 h)",
            "AUCinf",
            "MRT",
            "half_life",
            "C(0.25 h)",
            "time_above(50 ng/mL)",
            "F",
        ] {
            assert_eq!(text.parse::<Measure>().unwrap_or_else(|e| panic!("{text}: {e:?}")).to_string(), text);
        }
        assert_eq!("AUC(30 min, 1 d)".parse::<Measure>().unwrap(), Measure::Auc(0.5, 24.0));
    }

    #[test]
    fn wrong_measures_say_where() {
        let fault = |text: &str| text.parse::<Measure>().map_err(|f| (f.kind.code(), f.span)).unwrap_err();
        assert_eq!(fault("cmx").0, "E_METRIC_UNKNOWN");
        assert_eq!(fault("AUClast"), ("E_METRIC_OF_SAMPLES", Some((0..7).into())));
        assert_eq!(fault("AUC(0 h)").0, "E_METRIC_ARGUMENTS");
        assert_eq!(fault("Cmax(1 h)").0, "E_METRIC_ARGUMENTS");
        assert_eq!(fault("AUC(0 h, 24 mg)"), ("E_UNIT_MISMATCH", Some((8..14).into())));
        assert_eq!(fault("C(-2 h)"), ("E_OUT_OF_RANGE", Some((2..6).into())));
        assert_eq!(fault("AUC(-2 h, 2 h)").0, "E_OUT_OF_RANGE");
        assert_eq!(fault("C(2 hh)"), ("E_UNIT_UNKNOWN", Some((4..6).into())));
        assert_eq!(fault("AUC(2 h, 1 h)").0, "E_INTERVAL_BACKWARDS");
    }
}
