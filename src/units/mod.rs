//! Quantities with units: parsing, printing, conversion, and the algebra of dimensions.
//!
//! Inside the library every number is a plain `f64` in base units (h, mg, nmol, L); units live at the edges.

mod dimension;
mod quantity;
mod unit;

pub use dimension::Dimension;
pub(crate) use quantity::number_length;
pub use quantity::{Quantity, Units};
pub use unit::Unit;

use crate::error::{Fault, Kind};

/// What can be wrong with a unit or a quantity.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// A symbol that is no unit.
    #[error("`{word}` is not a unit")]
    Unknown {
        /// What was written.
        word: String,
        /// The unit that was probably meant.
        near: Option<String>,
    },
    /// Two units that measure different things.
    #[error("the unit `{found}` is not a unit of `{expected}`")]
    Mismatch {
        /// The unit that was given.
        found: Unit,
        /// A unit of the dimension that is needed.
        expected: String,
    },
    /// A plain number where a unit is needed.
    #[error("`{value}` has no unit, and one like `{expected}` is needed")]
    Missing {
        /// The number.
        value: f64,
        /// A unit of the dimension that is needed.
        expected: String,
    },
    /// Text that does not begin with a number.
    #[error("`{text}` is not a number with a unit")]
    NotANumber {
        /// What was written.
        text: String,
    },
    /// A decimal comma.
    #[error("`{text}` has a decimal comma")]
    DecimalComma {
        /// What was written.
        text: String,
    },
    /// A power or product beyond any physical size.
    #[error("the unit `{text}` is too large")]
    TooLarge {
        /// What was written.
        text: String,
    },
}

/// A unit error, with its place in the text that was read.
pub type UnitFault = Fault<UnitError>;

impl Kind for UnitError {
    fn code(&self) -> &'static str {
        match self {
            UnitError::Unknown { .. } => "E_UNIT_UNKNOWN",
            UnitError::Mismatch { .. } => "E_UNIT_MISMATCH",
            UnitError::Missing { .. } => "E_UNIT_MISSING",
            UnitError::NotANumber { .. } => "E_NOT_A_NUMBER",
            UnitError::DecimalComma { .. } => "E_DECIMAL_COMMA",
            UnitError::TooLarge { .. } => "E_UNIT_TOO_LARGE",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            UnitError::Mismatch { expected, .. } => Some(format!("expected a unit like `{expected}`")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            UnitError::Unknown { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            UnitError::Unknown { .. } => Some(
                "units are built from s min h d week year, ng ug mg g kg, nmol umol mmol, mL L, %, `*`, `/` and `^`"
                    .into(),
            ),
            UnitError::Missing { value, expected } => Some(format!("write `{value} {expected}`")),
            UnitError::DecimalComma { text } => Some(format!("write `{}`", text.replacen(',', ".", 1))),
            UnitError::NotANumber { .. } => Some("write a number and a unit, such as `84 mg` or `40 min`".into()),
            UnitError::Mismatch { .. } | UnitError::TooLarge { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    #[test]
    fn units_of_the_field_have_the_right_size() {
        for (text, base) in [
            ("40 min", 40.0 / 60.0),
            ("7 d", 168.0),
            ("1 year", 8766.0),
            ("28 ng/mL", 0.028),
            ("1.48 L/min", 1.48 * 60.0),
            ("2.19 L/h/year", 2.19 / 8766.0),
            ("1 uM", 1000.0),
            ("1 nmol/mL", 1000.0),
            ("48 %", 0.48),
            ("12 1/h", 12.0),
            ("12 h^-1", 12.0),
            ("6 ng*h/mL", 0.006),
            ("6 mg/(h*L)", 6.0),
            ("70kg", 70e6),
        ] {
            let got = quantity(text).in_base();
            assert!((got / base - 1.0).abs() < 1e-15, "{text}: {got} is not {base}");
        }
    }

    #[test]
    fn a_kilogram_below_an_amount_is_body_weight_and_elsewhere_a_mass() {
        assert!(unit("mg/kg").dimension().is_per_body_weight());
        assert!(unit("ug/kg/min").dimension().is_per_body_weight());
        assert!(!unit("L/kg").dimension().is_per_body_weight());
        assert_eq!(quantity("0.5 mg/kg").for_weight(70.0).to(&unit("mg")).unwrap().value(), 35.0);
        assert!(unit("mg/kg").convert(1.0, &Unit::none()).is_err());
    }

    #[test]
    fn conversion_is_exact_where_the_numbers_allow_it() {
        assert_eq!(unit("ng/mL").convert(101.2, &unit("ug/L")).unwrap(), 101.2);
        assert_eq!(unit("min").convert(90.0, &unit("h")).unwrap(), 1.5);
        assert_eq!(unit("ng/mL"), unit("ug/L"));
    }

    #[test]
    fn molar_mass_joins_nanomoles_and_nanograms() {
        let ketamine = quantity("1 nmol/mL").to_by_molar_mass(&unit("ng/mL"), 237.73).unwrap();
        assert!((ketamine.value() - 237.73).abs() < 1e-12, "{ketamine}");
        let back = ketamine.to_by_molar_mass(&unit("uM"), 237.73).unwrap();
        assert!((back.value() - 1.0).abs() < 1e-15, "{back}");
        assert!(quantity("1 L").to_by_molar_mass(&unit("mg"), 237.73).is_err());
    }

    #[test]
    fn wrong_input_says_what_and_where() {
        let code = |text: &str| text.parse::<Quantity>().map_err(|e| (e.kind.code(), e.span)).unwrap_err();
        assert_eq!(code("5 mgg"), ("E_UNIT_UNKNOWN", Some((2..5).into())));
        assert_eq!(code("mg"), ("E_NOT_A_NUMBER", Some((0..2).into())));
        assert_eq!(code("1,5 mg").0, "E_DECIMAL_COMMA");
        assert_eq!(code("").0, "E_NOT_A_NUMBER");
        assert_eq!(code("5 mg/").0, "E_UNIT_UNKNOWN");
        assert_eq!(code("5 mg^99").0, "E_UNIT_UNKNOWN");
        assert_eq!(code("1e999 mg").0, "E_NOT_A_NUMBER");
        assert_eq!(code("5 mg²").0, "E_UNIT_UNKNOWN");
        assert_eq!(quantity("5").as_base(Dimension::MASS).unwrap_err().code(), "E_UNIT_MISSING");
        assert_eq!(quantity("5 L").as_base(Dimension::MASS).unwrap_err().code(), "E_UNIT_MISMATCH");
    }

    #[test]
    fn a_level_of_what_is_in_percent_has_its_unit() {
        let level = |text: &str, of: &Unit| quantity(text).as_level(of);
        let missing = level("10", &unit("%")).unwrap_err();
        assert_eq!((missing.code(), missing.hint().as_deref()), ("E_UNIT_MISSING", Some("write `10 %`")));
        assert_eq!((level("10 %", &unit("%")), level("10 %", &Unit::none())), (Ok(0.1), Ok(0.1)));
        assert_eq!((level("10", &Unit::none()), level("10 ng/mL", &unit("mg/L"))), (Ok(10.0), Ok(0.01)));
        assert_eq!(level("10", &unit("mg/L")).unwrap_err().code(), "E_UNIT_MISSING");
    }

    #[test]
    fn dimensions_print_as_their_base_unit() {
        assert_eq!(unit("ng*h/mL").dimension().to_string(), "mg*h/L");
        assert_eq!(unit("1/min").dimension().to_string(), "1/h");
        assert_eq!(unit("L/h/year").dimension().to_string(), "L/h^2");
        assert_eq!(unit("%").dimension().to_string(), "1");
        assert_eq!(unit("ng/mL").times(&unit("h")).unwrap().to_string(), "ng*h/mL");
    }

    #[test]
    fn a_printed_quantity_reads_back() {
        for text in ["0.5 mg/kg", "40 min", "5", "48 %", "-10 points", "1e-9 mg"] {
            let q = quantity(text);
            assert_eq!(q.to_string().parse::<Quantity>().unwrap(), q);
        }
    }
}
