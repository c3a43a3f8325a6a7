//! The units of results: those of times, concentrations and doses, put together.

use super::report::{Missing, Report};
use super::setting::Convention;
use crate::metrics::Scale;
use crate::metrics::registry::Metric;
use crate::units::{Dimension, Unit, UnitError};

/// The units that an analysis was made in.
#[derive(Debug, Clone, PartialEq)]
pub struct Units {
    time: Unit,
    concentration: Option<Unit>,
    dose: Option<Unit>,
}

impl Units {
    /// Units of times, of concentrations and of doses; the last two may be unknown. In place of a concentration, a mass or an
    /// amount in a volume, samples may be of an effect: plain numbers, scores, pressures. Then any dose goes with them.
    ///
    /// # Errors
    /// A time that is none, samples of anything else, and a dose that is no volume times a concentration.
    pub fn new(time: Unit, concentration: Option<Unit>, dose: Option<Unit>) -> Result<Units, UnitError> {
        time.convert(1.0, &Unit::base(Dimension::TIME))?;
        if let Some(other) = concentration.as_ref().filter(|unit| !is_concentration(unit) && !is_effect(unit)) {
            return Err(UnitError::Mismatch {
                found: other.clone(),
                expected: Unit::base(Dimension::CONCENTRATION).to_string(),
            });
        }
        if let Some(dose) = &dose {
            let plain = dose.dimension().without_body_weight();
            let expected = match concentration.as_ref().filter(|unit| is_concentration(unit)) {
                Some(concentration) => concentration.dimension().times(Dimension::VOLUME),
                None if plain == Dimension::SUBSTANCE => Some(Dimension::SUBSTANCE),
                None => Some(Dimension::MASS),
            };
            if expected != Some(plain) {
                let expected = expected.map_or_else(String::new, |expected| Unit::base(expected).to_string());
                return Err(UnitError::Mismatch { found: dose.clone(), expected });
            }
        }
        Ok(Units { time, concentration, dose })
    }

    /// The unit of a metric, and what its number in the units of the samples and the dose is multiplied by. Times stay in the
    /// unit of times, volumes are in litres. A metric of concentrations alone is a plain number where their unit is unknown.
    ///
    /// # Errors
    /// [`Missing::NoConcentrationUnit`], [`Missing::NotConcentration`] and [`Missing::NoDoseUnit`] for clearances and volumes.
    pub fn of(&self, metric: Metric, convention: Convention) -> Result<(String, f64), Missing> {
        let (time, level) = (&self.time, self.concentration.as_ref().map_or("", Unit::as_str));
        let unit = match metric.definition().scale {
            Scale::Output => level.to_string(),
            Scale::Time => time.to_string(),
            Scale::Area => times(level, time.as_str()),
            Scale::Moment => times(level, &format!("{time}^2")),
            Scale::Rate => format!("1/{time}"),
            Scale::Clearance => return self.volume().map(|(unit, factor)| (per(&unit, time.as_str()), factor)),
            Scale::Volume => return self.volume(),
            Scale::Percent => "%".into(),
            Scale::Ratio if metric == Metric::Swing && convention == Convention::Pknca => "%".into(),
            Scale::Ratio | Scale::Count => String::new(),
        };
        Ok((unit, 1.0))
    }

    /// A dose over a concentration.
    fn volume(&self) -> Result<(String, f64), Missing> {
        let concentration = self.concentration.as_ref().ok_or(Missing::NoConcentrationUnit)?;
        if !is_concentration(concentration) {
            return Err(Missing::NotConcentration);
        }
        let dose = self.dose.as_ref().ok_or(Missing::NoDoseUnit)?;
        let unit = if dose.dimension().is_per_body_weight() { "L/kg" } else { "L" };
        Ok((unit.into(), dose.to_base(1.0) / concentration.to_base(1.0)))
    }

    /// A metric in its unit.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn get(&self, report: &Report, metric: Metric, convention: Convention) -> Result<f64, Missing> {
        let value = report.get(metric)?;
        let value = value * self.of(metric, convention)?.1;
        if value.is_finite() { Ok(value) } else { Err(Missing::NotFinite) }
    }
}

/// A mass or an amount in a volume.
fn is_concentration(unit: &Unit) -> bool {
    [Dimension::CONCENTRATION, Dimension::MOLAR_CONCENTRATION].contains(&unit.dimension())
}

/// What models have as effects.
fn is_effect(unit: &Unit) -> bool {
    [Dimension::NONE, Dimension::SCORE, Dimension::PRESSURE].contains(&unit.dimension())
}

/// (ng/mL) times h reads as ng*h/mL.
fn times(unit: &str, factor: &str) -> String {
    match unit.split_once('/') {
        _ if unit.is_empty() => factor.into(),
        Some((above, below)) => format!("{above}*{factor}/{below}"),
        None => format!("{unit}*{factor}"),
    }
}

/// L/kg per h reads as L/h/kg.
fn per(unit: &str, divisor: &str) -> String {
    match unit.split_once('/') {
        Some((above, below)) => format!("{above}/{divisor}/{below}"),
        None => format!("{unit}/{divisor}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn unit(text: &str) -> Unit {
        text.parse().unwrap()
    }

    fn units(time: &str, concentration: Option<&str>, dose: Option<&str>) -> Result<Units, UnitError> {
        Units::new(unit(time), concentration.map(unit), dose.map(unit))
    }

    #[test]
    fn units_are_put_together() {
        let of = |units: &Units, metric| units.of(metric, Convention::WinNonlin);
        let usual = units("h", Some("ng/mL"), Some("mg")).unwrap();
        assert_eq!(of(&usual, Metric::Cmax), Ok(("ng/mL".into(), 1.0)));
        assert_eq!(of(&usual, Metric::AucInf), Ok(("ng*h/mL".into(), 1.0)));
        assert_eq!(of(&usual, Metric::AumcInf), Ok(("ng*h^2/mL".into(), 1.0)));
        assert_eq!(of(&usual, Metric::LambdaZ), Ok(("1/h".into(), 1.0)));
        assert_eq!(of(&usual, Metric::Cl), Ok(("L/h".into(), 1000.0)));
        assert_eq!(of(&usual, Metric::Vz), Ok(("L".into(), 1000.0)));
        assert_eq!(usual.of(Metric::Swing, Convention::Pknca).unwrap().0, "%");
        let weighed = units("min", Some("mg/L"), Some("ug/kg")).unwrap();
        assert_eq!(of(&weighed, Metric::Cl), Ok(("L/min/kg".into(), 0.001)));
        assert_eq!(of(&weighed, Metric::Vss), Ok(("L/kg".into(), 0.001)));
        let molar = units("d", Some("nmol/L"), Some("umol")).unwrap();
        assert_eq!(of(&molar, Metric::Cl), Ok(("L/d".into(), 1000.0)));
        for metric in crate::metrics::REGISTRY {
            let (text, _) = of(&usual, metric.metric).unwrap();
            assert!(text.is_empty() || text.parse::<Unit>().is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_a_reason_and_what_does_not_fit_an_error() {
        let none = units("h", None, Some("mg")).unwrap();
        assert_eq!(none.of(Metric::Cl, Convention::WinNonlin), Err(Missing::NoConcentrationUnit));
        assert_eq!(none.of(Metric::AucLast, Convention::WinNonlin), Ok(("h".into(), 1.0)));
        let none = units("h", Some("ng/mL"), None).unwrap();
        assert_eq!(none.of(Metric::Vz, Convention::WinNonlin), Err(Missing::NoDoseUnit));
        let code = |time, concentration, dose| units(time, concentration, dose).unwrap_err().code();
        assert_eq!(code("mg", None, None), "E_UNIT_MISMATCH");
        assert_eq!(code("h", Some("nmol/L"), Some("mg")), "E_UNIT_MISMATCH");
        assert_eq!(code("h", None, Some("mL")), "E_UNIT_MISMATCH");
        for other in ["h", "mg", "mg/kg", "L/h", "mg*h/L"] {
            assert_eq!(code("h", Some(other), None), "E_UNIT_MISMATCH", "{other}");
        }
        for effect in ["%", "point", "mmHg", "1", "ug/g"] {
            let units = units("h", Some(effect), Some("mg")).unwrap();
            assert_eq!(units.of(Metric::Cl, Convention::WinNonlin), Err(Missing::NotConcentration), "{effect}");
            assert!(units.of(Metric::AucLast, Convention::WinNonlin).is_ok(), "{effect}");
        }
    }
}
