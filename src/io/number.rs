//! How numbers are spelled: in full for programs, rounded for people.

/// Spells a number with the fewest digits that read back to the same `f64`.
///
/// Very large and very small magnitudes use an exponent; what is not finite is `NaN`, `Inf` or `-Inf`, which R and pandas read.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Inf" } else { "-Inf" }.into();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-5..1e16).contains(&size) { format!("{value:e}") } else { format!("{value}") }
}

/// Spells a number for people, rounded to `digits` significant digits; digits before the decimal point are never rounded away.
///
/// Trailing zeros are kept, so that `1.200` and `1.234` claim the same precision; a whole number such as `84` stays plain.
pub fn rounded(value: f64, digits: usize) -> String {
    if !value.is_finite() || value == 0.0 {
        return number(if value == 0.0 { 0.0 } else { value });
    }
    let digits = digits.max(1);
    // The exponent is read after rounding: 9.9996 to 4 digits is 10.00.
    let scientific = format!("{:.*e}", digits - 1, value);
    let exponent: i32 =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).expect("`{:e}` prints an exponent");
    if !(-4..=8).contains(&exponent) {
        return scientific;
    }
    if value.fract() == 0.0 {
        return format!("{value}");
    }
    let decimals = (digits as i32 - 1 - exponent).max(0);
    format!("{value:.*}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_for_programs() {
        let cases = [
            (0.1, "0.1"),
            (101.0, "101"),
            (1e-300, "1e-300"),
            (5e-324, "5e-324"),
            (1.5e-5, "0.000015"),
            (-1.25e20, "-1.25e20"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn spellings_for_people() {
        let cases = [
            (101.234, "101.2"),
            (0.738_41, "0.7384"),
            (43.8, "43.80"),
            (84.0, "84"),
            (9.999_96, "10.00"),
            (123_456.7, "123457"),
            (1.234e-7, "1.234e-7"),
            (6.022e23, "6.022e23"),
            (0.0, "0"),
            (-0.0, "0"),
            (-2.5, "-2.500"),
        ];
        for (value, text) in cases {
            assert_eq!(rounded(value, 4), text, "{value:e}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }

        #[test]
        fn rounding_keeps_four_digits(value in -1e12..1e12f64) {
            let back: f64 = rounded(value, 4).parse().unwrap();
            prop_assert!((back - value).abs() <= 5.000_001e-4 * value.abs());
        }
    }
}
