//! A number with its unit.

use super::{Dimension, Unit, UnitError, UnitFault};
use crate::error::{Fault, Span};
use std::fmt;
use std::str::FromStr;

/// A number with its unit, as written: `0.5 mg/kg`, `40 min`.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    value: f64,
    unit: Unit,
}

impl Quantity {
    /// A number of a unit.
    pub fn new(value: f64, unit: Unit) -> Self {
        Quantity { value, unit }
    }

    /// A number in the base unit of a dimension (h, mg, nmol, L).
    pub fn base(value: f64, dimension: Dimension) -> Self {
        Quantity { value, unit: Unit::base(dimension) }
    }

    /// The number, in its own unit.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Its unit.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// What it measures.
    pub fn dimension(&self) -> Dimension {
        self.unit.dimension()
    }

    /// The number in base units, if it is of this dimension.
    ///
    /// # Errors
    /// [`UnitError::Mismatch`], or [`UnitError::Missing`] for a plain number where a unit is needed.
    pub fn as_base(&self, dimension: Dimension) -> Result<f64, UnitError> {
        if self.dimension() == dimension {
            return Ok(self.unit.to_base(self.value));
        }
        let expected = Unit::base(dimension).to_string();
        Err(match self.dimension().is_none() && self.unit.as_str().is_empty() {
            true => UnitError::Missing { value: self.value, expected },
            false => UnitError::Mismatch { found: self.unit.clone(), expected },
        })
    }

    /// The number in base units, if it measures what `unit` does; messages ask for `unit`.
    ///
    /// # Errors
    /// As [`Quantity::as_base`].
    pub fn like(&self, unit: &Unit) -> Result<f64, UnitError> {
        self.as_base(unit.dimension()).map_err(|error| match error {
            UnitError::Missing { value, .. } => UnitError::Missing { value, expected: unit.to_string() },
            UnitError::Mismatch { found, .. } => UnitError::Mismatch { found, expected: unit.to_string() },
            other => other,
        })
    }

    /// The number in base units as a level of what is in `unit`: as [`Quantity::like`], and a plain number is none of what is in
    /// a named unit without dimension, where a forgotten `%` would be a factor of 100.
    ///
    /// # Errors
    /// As [`Quantity::as_base`].
    pub fn as_level(&self, unit: &Unit) -> Result<f64, UnitError> {
        if self.unit.as_str().is_empty() && !unit.as_str().is_empty() && unit.dimension().is_none() {
            return Err(UnitError::Missing { value: self.value, expected: unit.to_string() });
        }
        self.like(unit)
    }

    /// The number in base units, whatever its dimension.
    pub fn in_base(&self) -> f64 {
        self.unit.to_base(self.value)
    }

    /// The same quantity in another unit.
    ///
    /// # Errors
    /// [`UnitError::Mismatch`] when the dimensions differ.
    pub fn to(&self, unit: &Unit) -> Result<Quantity, UnitError> {
        Ok(Quantity { value: self.unit.convert(self.value, unit)?, unit: unit.clone() })
    }

    /// The same quantity with mass and amount of substance exchanged where the target unit needs it.
    /// `molar_mass` is in g/mol (which is ng/nmol): 1 nmol/mL of ketamine base (237.73 g/mol) is 237.73 ng/mL.
    ///
    /// # Errors
    /// [`UnitError::Mismatch`] when the dimensions differ by more than mass for substance.
    pub fn to_by_molar_mass(&self, unit: &Unit, molar_mass: f64) -> Result<Quantity, UnitError> {
        let per_mole = Quantity::base(molar_mass / 1e6, Dimension::MASS.over(Dimension::SUBSTANCE).unwrap_or_default());
        let mass = |power: f64| {
            let d = per_mole.dimension().power(power)?;
            Some(Quantity::base(self.in_base() * per_mole.value.powf(power), self.dimension().times(d)?))
        };
        for power in [1.0, -1.0] {
            if let Some(bridged) = mass(power).filter(|q| q.dimension() == unit.dimension()) {
                return bridged.to(unit);
            }
        }
        self.to(unit)
    }

    /// An amount per body weight (`mg/kg`) times the weight in kg; any other quantity unchanged.
    pub fn for_weight(&self, weight_kg: f64) -> Quantity {
        if !self.dimension().is_per_body_weight() {
            return self.clone();
        }
        Quantity::base(self.in_base() * weight_kg, self.dimension().without_body_weight())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f.precision() {
            Some(digits) => write!(f, "{:.digits$}", self.value)?,
            None => write!(f, "{}", self.value)?,
        }
        if self.unit.as_str().is_empty() { Ok(()) } else { write!(f, " {}", self.unit) }
    }
}

/// Bytes of `text` (from its start) that are a number: sign, digits, point, exponent.
pub(crate) fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut end = digits(start);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if end == start || &text[start..end] == "." {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

impl FromStr for Quantity {
    type Err = UnitFault;

    /// Reads a number and its unit: `0.5 mg/kg`, `70kg`, `48 %`. A plain number has no unit.
    fn from_str(text: &str) -> Result<Self, UnitFault> {
        let lead = text.len() - text.trim_start().len();
        let body = &text[lead..];
        let length = number_length(body);
        let whole = Span::new(lead, lead + body.trim_end().len());
        if length == 0 {
            return Err(Fault::at(UnitError::NotANumber { text: body.trim().to_string() }, whole));
        }
        if body[length..].starts_with(',') && body[length + 1..].starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Fault::at(UnitError::DecimalComma { text: body.trim().to_string() }, whole));
        }
        let value: f64 = body[..length]
            .parse()
            .ok()
            .filter(|v: &f64| v.is_finite())
            .ok_or_else(|| Fault::at(UnitError::NotANumber { text: body.trim().to_string() }, whole))?;
        let rest = &body[length..];
        let unit = if rest.trim().is_empty() {
            Unit::none()
        } else {
            rest.parse::<Unit>().map_err(|f| f.shifted(lead + length))?
        };
        Ok(Quantity { value, unit })
    }
}

/// Numbers with units in Rust: `24.0.hours()`, `70.0.kg()`.
pub trait Units: Sized {
    /// This many of a unit.
    fn of(self, unit: &Unit) -> Quantity;

    /// Years of 365.25 days.
    fn years(self) -> Quantity {
        self.of(&known("year"))
    }
    /// Weeks.
    fn weeks(self) -> Quantity {
        self.of(&known("week"))
    }
    /// Days.
    fn days(self) -> Quantity {
        self.of(&known("d"))
    }
    /// Hours.
    fn hours(self) -> Quantity {
        self.of(&known("h"))
    }
    /// Minutes.
    fn minutes(self) -> Quantity {
        self.of(&known("min"))
    }
    /// Milligrams.
    fn mg(self) -> Quantity {
        self.of(&known("mg"))
    }
    /// Milligrams per kilogram of body weight.
    fn mg_per_kg(self) -> Quantity {
        self.of(&known("mg/kg"))
    }
    /// Kilograms.
    fn kg(self) -> Quantity {
        self.of(&known("kg"))
    }
    /// Litres.
    fn litres(self) -> Quantity {
        self.of(&known("L"))
    }
}

fn known(unit: &str) -> Unit {
    unit.parse().expect("a unit named in this file is known")
}

impl Units for f64 {
    fn of(self, unit: &Unit) -> Quantity {
        Quantity::new(self, unit.clone())
    }
}
