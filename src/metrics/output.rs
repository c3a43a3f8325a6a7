//! A metric of one output, as text: `Cmax(esketamine)`, `AUC(noresketamine, 0 h, 168 h)`.

use super::{Measure, MeasureError};
use crate::error::{Fault, Span};
use std::fmt;
use std::str::FromStr;

/// A metric of one output: `Cmax(esketamine)`, `AUC(noresketamine, 0 h, 168 h)`, `time_above(esketamine, 50 ng/mL)`.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputMeasure {
    /// The output's name; none where the text leaves it out.
    pub output: Option<String>,
    /// The metric.
    pub measure: Measure,
}

impl fmt::Display for OutputMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measure = self.measure.to_string();
        match (&self.output, measure.split_once('(')) {
            (None, _) => f.write_str(&measure),
            (Some(output), None) => write!(f, "{measure}({output})"),
            (Some(output), Some((name, arguments))) => write!(f, "{name}({output}, {arguments}"),
        }
    }
}

impl FromStr for OutputMeasure {
    type Err = Fault<MeasureError>;

    /// Reads a metric; its first argument is an output where it begins like a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first = text.find('(').map_or(text.len(), |open| open + 1);
        let length = text[first..].find([',', ')']).unwrap_or(text.len() - first);
        let argument = &text[first..first + length];
        if !argument.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Ok(OutputMeasure { output: None, measure: text.parse()? });
        }
        // Blanks in its place, so that faults are found where they stand.
        let comma = usize::from(text[first + length..].starts_with(','));
        let blanks = " ".repeat(length + comma);
        let measure = format!("{}{blanks}{}", &text[..first], &text[first + length + comma..]);
        let measure = measure.parse()?;
        let after = first + length + comma;
        let nothing = text[after..].trim_start();
        if comma == 1 && nothing.starts_with(')') {
            let close = text.len() - nothing.len();
            return Err(Fault::at(MeasureError::Empty, Span::new(close, close + 1)));
        }
        Ok(OutputMeasure { output: Some(argument.trim().to_string()), measure })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_of_outputs_read_back_as_they_print() {
        for text in [
            "Cmax(esketamine)",
            "AUC(noresketamine, 0 h, 168 h)",
            "C(_x2, 2 h)",
            "time_above(esketamine, 50 ng/mL)",
            "half_life",
            "AUC(0 h, 24 h)",
        ] {
            assert_eq!(text.parse::<OutputMeasure>().unwrap_or_else(|e| panic!("{text}: {e:?}")).to_string(), text);
        }
        let spaced: OutputMeasure = "AUC( nor ,0 h,30 min )".parse().unwrap();
        assert_eq!((spaced.output.as_deref(), spaced.measure), (Some("nor"), Measure::Auc(0.0, 0.5)));
    }

    #[test]
    fn wrong_measures_of_outputs_say_where() {
        let fault = |text: &str| text.parse::<OutputMeasure>().map_err(|f| (f.kind.code(), f.span)).unwrap_err();
        use crate::error::Kind;
        assert_eq!(fault("cmx(esketamine)").0, "E_METRIC_UNKNOWN");
        assert_eq!(fault("AUC(esketamine, 0 h)").0, "E_METRIC_ARGUMENTS");
        assert_eq!(fault("AUC(esketamine, 0 h, 24 mg)"), ("E_UNIT_MISMATCH", Some((20..26).into())));
        assert_eq!(fault("Cmax(esketamine, 2 h)").0, "E_METRIC_ARGUMENTS");
        assert_eq!(fault("Cmax(esketamine, 0 h, 24 h"), ("E_METRIC_ARGUMENTS", Some((4..26).into())));
        assert_eq!(fault("Cmax(esketamine"), ("E_METRIC_ARGUMENTS", Some((4..15).into())));
        assert_eq!(fault("AUC(esketamine, 0 h,, 24 h)"), ("E_METRIC_ARGUMENTS", Some((20..21).into())));
        assert_eq!(fault("AUC(esketamine,, 0 h, 24 h)"), ("E_METRIC_ARGUMENTS", Some((15..16).into())));
        assert_eq!(fault("Cmax(esketamine, )"), ("E_METRIC_ARGUMENTS", Some((17..18).into())));
    }
}
