//! A metric with its arguments, as text: `Cmax`, `AUC(0 h, 24 h)`, `C(2 h)`, `time_above(50 ng/mL)`.

use super::{Definition, find, nearest};
use crate::error::{Fault, Kind, Span};
use crate::units::{Dimension, Quantity, UnitError};
use std::fmt;
use std::str::FromStr;

/// Between two times, h; none is the whole simulation.
pub type Interval = Option<(f64, f64)>;

/// A metric and what it needs to be computed. Times are hours from the first dose.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Largest value of the output.
    Cmax(Interval),
    /// Time of the largest value, from the beginning of the interval.
    Tmax(Interval),
    /// Smallest value of the output.
    Cmin(Interval),
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
    TimeAbove(Quantity, Interval),
    /// Time from the beginning of the interval until a level is no longer exceeded.
    LastAbove(Quantity, Interval),
    /// Bioavailability relative to another dose.
    F,
}

impl Measure {
    /// The registry's entry for this metric.
    pub fn definition(&self) -> &'static Definition {
        find(self.name()).expect("every measure is in the registry")
    }

    /// The level it asks about.
    pub fn level(&self) -> Option<&Quantity> {
        match self {
            Measure::TimeAbove(level, _) | Measure::LastAbove(level, _) => Some(level),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Measure::Cmax(_) => "Cmax",
            Measure::Tmax(_) => "Tmax",
            Measure::Cmin(_) => "Cmin",
            Measure::At(_) => "C",
            Measure::Auc(..) => "AUC",
            Measure::AucInf => "AUCinf",
            Measure::Mrt => "MRT",
            Measure::HalfLife => "half_life",
            Measure::TimeAbove(..) => "time_above",
            Measure::LastAbove(..) => "last_above",
            Measure::F => "F",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Measure::At(t) => write!(f, "{name}({t} h)"),
            Measure::Auc(from, to)
            | Measure::Cmax(Some((from, to)))
            | Measure::Tmax(Some((from, to)))
            | Measure::Cmin(Some((from, to))) => write!(f, "{name}({from} h, {to} h)"),
            Measure::TimeAbove(level, None) | Measure::LastAbove(level, None) => write!(f, "{name}({level})"),
            Measure::TimeAbove(level, Some((from, to))) | Measure::LastAbove(level, Some((from, to))) => {
                write!(f, "{name}({level}, {from} h, {to} h)")
            }
            _ => f.write_str(name),
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
    /// A list of arguments that has no end.
    #[error("the list of arguments has no `)` at its end")]
    Unclosed,
    /// Nothing where an argument has to stand.
    #[error("there is no argument before this")]
    Empty,
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
            MeasureError::Arguments { .. } | MeasureError::Unclosed | MeasureError::Empty => "E_METRIC_ARGUMENTS",
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
            MeasureError::Unclosed => Some("write `Cmax(0 h, 24 h)`".into()),
            MeasureError::Empty => Some("leave out the comma, or write what is between".into()),
            MeasureError::Arguments { .. } | MeasureError::Backwards { .. } => None,
        }
    }
}

impl FromStr for Measure {
    type Err = Fault<MeasureError>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), Some(rest)),
            None => (text.trim(), None),
        };
        let whole = Span::new(0, text.len());
        match find(name) {
            None => return Err(Fault::at(MeasureError::Unknown { name: name.to_string() }, whole)),
            Some(d) if d.exact.is_none() => return Err(Fault::at(MeasureError::NotExact { name: d.name }, whole)),
            Some(_) => {}
        }
        let mut at = text.len() - rest.unwrap_or_default().len();
        let list = match rest.map(|rest| rest.trim_end().strip_suffix(')')) {
            None => "",
            Some(Some(list)) => list,
            Some(None) => return Err(Fault::at(MeasureError::Unclosed, Span::new(at - 1, text.len()))),
        };
        let mut arguments = Vec::new();
        // `Cmax()` has no arguments, not an empty one.
        for piece in list.split(',').filter(|_| !list.trim().is_empty()) {
            if piece.trim().is_empty() {
                let end = at + piece.len();
                return Err(Fault::at(MeasureError::Empty, Span::new(end, end + 1)));
            }
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
        let interval = |i: usize| {
            let (from, to) = (time(i)?, time(i + 1)?);
            if to < from { Err(Fault::at(MeasureError::Backwards { from, to }, whole)) } else { Ok((from, to)) }
        };
        match (name, arguments.len()) {
            ("Cmax", 0) => Ok(Measure::Cmax(None)),
            ("Cmax", 2) => Ok(Measure::Cmax(Some(interval(0)?))),
            ("Tmax", 0) => Ok(Measure::Tmax(None)),
            ("Tmax", 2) => Ok(Measure::Tmax(Some(interval(0)?))),
            ("Cmin", 0) => Ok(Measure::Cmin(None)),
            ("Cmin", 2) => Ok(Measure::Cmin(Some(interval(0)?))),
            ("AUCinf", 0) => Ok(Measure::AucInf),
            ("MRT", 0) => Ok(Measure::Mrt),
            ("half_life", 0) => Ok(Measure::HalfLife),
            ("F", 0) => Ok(Measure::F),
            ("C", 1) => Ok(Measure::At(time(0)?)),
            ("time_above", 1) => Ok(Measure::TimeAbove(arguments.remove(0).1, None)),
            ("time_above", 3) => {
                let within = interval(1)?;
                Ok(Measure::TimeAbove(arguments.remove(0).1, Some(within)))
            }
            ("last_above", 1) => Ok(Measure::LastAbove(arguments.remove(0).1, None)),
            ("last_above", 3) => {
                let within = interval(1)?;
                Ok(Measure::LastAbove(arguments.remove(0).1, Some(within)))
            }
            ("AUC", 2) => interval(0).map(|(from, to)| Measure::Auc(from, to)),
            ("C", _) => Err(wanted("one time, as in `C(2 h)`")),
            ("AUC", _) => Err(wanted("two times, as in `AUC(0 h, 24 h)`")),
            ("time_above" | "last_above", _) => {
                Err(wanted("a level, as in `time_above(50 ng/mL)`, and perhaps the two times it is looked at between"))
            }
            ("Cmax" | "Tmax" | "Cmin", _) => Err(wanted("nothing, or two times, as in `Cmax(0 h, 24 h)`")),
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
            "time_above(50 ng/mL, 24 h, 48 h)",
            "last_above(50 ng/mL)",
            "last_above(50 ng/mL, 24 h, 48 h)",
            "Cmax(24 h, 48 h)",
            "Tmax(24 h, 48 h)",
            "Cmin(24 h, 48 h)",
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
        assert_eq!(fault("Cmin(2 h, 1 h)").0, "E_INTERVAL_BACKWARDS");
        assert_eq!(fault("last_above(2 h, 1 h)").0, "E_METRIC_ARGUMENTS");
        assert_eq!(fault("C(2 hh)"), ("E_UNIT_UNKNOWN", Some((4..6).into())));
        assert_eq!(fault("AUC(2 h, 1 h)").0, "E_INTERVAL_BACKWARDS");
        assert_eq!(fault("Cmax(0 h, 24 h"), ("E_METRIC_ARGUMENTS", Some((4..14).into())));
        assert_eq!(fault("Cmax(0 h, 24 h) x"), ("E_METRIC_ARGUMENTS", Some((4..17).into())));
        assert_eq!(fault("Cmax("), ("E_METRIC_ARGUMENTS", Some((4..5).into())));
        assert_eq!(fault("AUC(0 h,, 24 h)"), ("E_METRIC_ARGUMENTS", Some((8..9).into())));
        assert_eq!(fault("AUC(, 0 h, 24 h)"), ("E_METRIC_ARGUMENTS", Some((4..5).into())));
        assert_eq!(fault("AUC(0 h, 24 h, )"), ("E_METRIC_ARGUMENTS", Some((15..16).into())));
        assert_eq!("Cmax( )".parse::<Measure>().unwrap(), Measure::Cmax(None));
    }
}
