//! Numbers of twice the digits, as the unevaluated sum of two (Dekker 1971): what the exact reference is computed in.

use std::ops::{Add, Div, Mul};

/// High and low part.
#[derive(Debug, Clone, Copy, Default)]
pub struct Double(f64, f64);

impl Double {
    /// The nearest number of usual length.
    pub fn round(self) -> f64 {
        self.0 + self.1
    }

    fn normal(high: f64, low: f64) -> Self {
        let sum = high + low;
        Double(sum, low - (sum - high))
    }
}

impl From<f64> for Double {
    fn from(value: f64) -> Self {
        Double(value, 0.0)
    }
}

impl Add for Double {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        let moved = sum - self.0;
        let lost = (self.0 - (sum - moved)) + (other.0 - moved);
        Double::normal(sum, lost + self.1 + other.1)
    }
}

impl Mul for Double {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = self.0 * other.0;
        let ((a, b), (c, d)) = (halves(self.0), halves(other.0));
        let lost = ((a * c - product) + a * d + b * c) + b * d;
        Double::normal(product, lost + self.0 * other.1 + self.1 * other.0)
    }
}

impl Div for Double {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let first = self.0 / other.0;
        let rest = self + Double(-first, 0.0) * other;
        Double::normal(first, rest.round() / other.0)
    }
}

/// Two parts of half the digits each (Veltkamp 1968).
fn halves(value: f64) -> (f64, f64) {
    let shifted = 134_217_729.0 * value;
    let high = shifted - (shifted - value);
    (high, value - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_is_exact_to_thirty_digits() {
        let third = Double::from(1.0) / Double::from(3.0);
        let error = third + third + third + Double::from(-1.0);
        assert!(error.round().abs() < 1e-31, "{error:?}");
        let square = third * third * Double::from(9.0) + Double::from(-1.0);
        assert!(square.round().abs() < 1e-30, "{square:?}");
    }
}
