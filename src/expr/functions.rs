//! The functions of the language on single numbers. Constants and lanes go through the same code, so that a value
//! has the same bits wherever it is computed; faster kernels replace the bodies here.

use super::graph::{Binary, Unary};

#[inline(always)]
pub(super) fn unary(op: Unary, x: f64) -> f64 {
    match op {
        Unary::Neg => -x,
        Unary::Not => not(x),
        Unary::Abs => x.abs(),
        Unary::Exp => exp(x),
        Unary::Log => log(x),
        Unary::Log10 => log10(x),
        Unary::Sqrt => x.sqrt(),
        Unary::Expit => expit(x),
        Unary::Logit => logit(x),
        Unary::Floor => x.floor(),
        Unary::Tanh => tanh(x),
        Unary::Sin => sin(x),
        Unary::Cos => cos(x),
        Unary::Lgamma => lgamma(x),
    }
}

#[inline(always)]
pub(super) fn binary(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Pow => pow(a, b),
        Binary::Mod => modulo(a, b),
        Binary::Min => min(a, b),
        Binary::Max => max(a, b),
        Binary::Equal => equal(a, b),
        Binary::Less => less(a, b),
        Binary::LessEqual => less_equal(a, b),
        Binary::And => and(a, b),
        Binary::Or => or(a, b),
        Binary::Polygamma => polygamma(a, b),
    }
}

#[inline(always)]
pub(super) fn select(c: f64, a: f64, b: f64) -> f64 {
    if c != 0.0 { a } else { b }
}

#[inline(always)]
fn flag(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

#[inline(always)]
pub(super) fn not(x: f64) -> f64 {
    flag(x == 0.0)
}

#[inline(always)]
pub(super) fn and(a: f64, b: f64) -> f64 {
    flag((a != 0.0) & (b != 0.0))
}

#[inline(always)]
pub(super) fn or(a: f64, b: f64) -> f64 {
    flag((a != 0.0) | (b != 0.0))
}

#[inline(always)]
pub(super) fn equal(a: f64, b: f64) -> f64 {
    flag(a == b)
}

#[inline(always)]
pub(super) fn less(a: f64, b: f64) -> f64 {
    flag(a < b)
}

#[inline(always)]
pub(super) fn less_equal(a: f64, b: f64) -> f64 {
    flag(a <= b)
}

/// The smaller; unlike [`f64::min`] it does not hide a NaN.
#[inline(always)]
pub(super) fn min(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

/// The larger; unlike [`f64::max`] it does not hide a NaN.
#[inline(always)]
pub(super) fn max(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    x.exp()
}

#[inline(always)]
pub(super) fn log(x: f64) -> f64 {
    x.ln()
}

#[inline(always)]
pub(super) fn log10(x: f64) -> f64 {
    x.log10()
}

#[inline(always)]
pub(super) fn pow(a: f64, b: f64) -> f64 {
    a.powf(b)
}

#[inline(always)]
pub(super) fn tanh(x: f64) -> f64 {
    x.tanh()
}

#[inline(always)]
pub(super) fn sin(x: f64) -> f64 {
    x.sin()
}

#[inline(always)]
pub(super) fn cos(x: f64) -> f64 {
    x.cos()
}

#[inline(always)]
pub(super) fn expit(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
pub(super) fn logit(p: f64) -> f64 {
    log(p) - (-p).ln_1p()
}

/// Remainder with the sign of `b`: the hour of the day of a negative time lies in 0..24 too.
#[inline(always)]
pub(super) fn modulo(a: f64, b: f64) -> f64 {
    let r = a % b;
    if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
}

/// Arguments below this are shifted up before an asymptotic series is used.
const ASYMPTOTIC: f64 = 8.0;

/// B_2k / (2k)! of the Bernoulli numbers, k = 1..8 (Abramowitz and Stegun 1964, 23.1).
const BERNOULLI: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30_240.0,
    -1.0 / 1_209_600.0,
    1.0 / 47_900_160.0,
    -691.0 / 1_307_674_368_000.0,
    1.0 / 74_724_249_600.0,
    -3617.0 / 10_670_622_842_880_000.0,
];

/// Logarithm of the gamma function for `x > 0`, else NaN: Stirling's series (Abramowitz and Stegun 1964, 6.1.41).
pub(super) fn lgamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut z, mut product) = (x, 1.0);
    while z < ASYMPTOTIC {
        product *= z;
        z += 1.0;
    }
    // B_2k / (2k (2k - 1)) = B_2k / (2k)! * (2k - 2)!
    let (mut series, mut factor) = (0.0, 1.0 / z);
    for (k, b) in BERNOULLI.iter().enumerate() {
        series += b * factor;
        let n = 2.0 * k as f64;
        factor *= (n + 1.0) * (n + 2.0) / (z * z);
    }
    (z - 0.5) * log(z) - z + 0.5 * log(std::f64::consts::TAU) + series - log(product)
}

/// The derivative `order + 1` of [`lgamma`] for `x > 0`, else NaN (Abramowitz and Stegun 1964, 6.3.18 and 6.4.11).
pub(super) fn polygamma(order: f64, x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let factorial: f64 = (1..=order as u32).map(f64::from).product();
    let mut z = x;
    let mut shifted = 0.0;
    while z < ASYMPTOTIC + order {
        shifted += factorial / z.powf(order + 1.0);
        z += 1.0;
    }
    // The series of (-1)^(order + 1) times the derivative; digamma's leading term is a logarithm instead.
    let leading = if order == 0.0 { -log(z) } else { factorial / order / z.powf(order) };
    let mut series = leading + factorial / (2.0 * z.powf(order + 1.0));
    // B_2k (2k + order - 1)! / ((2k)! z^(2k + order))
    let mut factor = factorial * (order + 1.0) / z.powf(order + 2.0);
    for (k, b) in BERNOULLI.iter().enumerate() {
        series += b * factor;
        let n = 2.0 * k as f64 + order;
        factor *= (n + 2.0) * (n + 3.0) / (z * z);
    }
    let sign = if order % 2.0 == 0.0 { -1.0 } else { 1.0 };
    sign * (shifted + series)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 4e-15 * want.abs().max(1.0), "{got} is not {want}");
    }

    #[test]
    fn lgamma_is_the_logarithm_of_a_factorial() {
        let mut factorial = 0.0_f64;
        for n in 1..60 {
            close(lgamma(f64::from(n)), factorial);
            factorial += f64::from(n).ln();
        }
        close(lgamma(0.5), std::f64::consts::PI.sqrt().ln());
        close(lgamma(1e-10), 23.025_850_929_882_735);
        assert!(lgamma(0.0).is_nan() && lgamma(-1.5).is_nan());
    }

    #[test]
    fn polygamma_has_its_known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        const ZETA_3: f64 = 1.202_056_903_159_594_3;
        let pi = std::f64::consts::PI;
        close(polygamma(0.0, 1.0), -EULER);
        close(polygamma(0.0, 0.5), -EULER - 2.0 * 2.0_f64.ln());
        close(polygamma(1.0, 1.0), pi * pi / 6.0);
        close(polygamma(1.0, 0.5), pi * pi / 2.0);
        close(polygamma(2.0, 1.0), -2.0 * ZETA_3);
        close(polygamma(3.0, 1.0), pi.powi(4) / 15.0);
    }

    #[test]
    fn the_remainder_has_the_sign_of_the_divisor() {
        for (a, b, want) in [(25.5, 24.0, 1.5), (-1.0, 24.0, 23.0), (48.0, 24.0, 0.0), (5.0, -3.0, -1.0)] {
            assert_eq!(modulo(a, b), want);
        }
    }

    #[test]
    fn the_smaller_and_the_larger_show_a_nan() {
        for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
            assert!(min(a, b).is_nan() && max(a, b).is_nan());
        }
    }
}
