//! Student's t distribution.

/// Terms of the continued fraction at most; it converges in about the square root of the degrees of freedom.
const TERMS: usize = 100_000;

/// The probability of a value below `t`, with `df` > 0 degrees of freedom (Abramowitz & Stegun 1964, 26.7.1).
pub fn cdf(t: f64, df: f64) -> f64 {
    let outside = 0.5 * incomplete_beta(df / (df + t * t), 0.5 * df, 0.5);
    if t > 0.0 { 1.0 - outside } else { outside }
}

/// The value below which a share `p` lies, for 0 < p < 1 and `df` > 0 degrees of freedom.
pub fn quantile(p: f64, df: f64) -> f64 {
    if p < 0.5 {
        return -quantile(1.0 - p, df);
    }
    let (mut low, mut high) = (0.0, 1.0);
    while cdf(high, df) < p && high < f64::MAX / 4.0 {
        (low, high) = (high, 2.0 * high);
    }
    // Halving reaches neighbours; nothing here is called often.
    while let middle = 0.5 * (low + high)
        && middle > low
        && middle < high
    {
        *(if cdf(middle, df) < p { &mut low } else { &mut high }) = middle;
    }
    high
}

/// The regularised incomplete beta function I_x(a, b), by the continued fraction of Abramowitz & Stegun 1964, 26.5.8, in
/// the form of Lentz (1976, Appl Opt 15:668).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast on the side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = a * x.ln() + b * (-x).ln_1p() - a.ln() + libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..TERMS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / (1.0 + term * d);
            c = 1.0 + term / c;
            fraction *= c * d;
        }
        if (fraction / before - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front.exp() * fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::normal;

    #[test]
    fn closed_forms_of_one_and_two_degrees_of_freedom() {
        for k in -20..=20 {
            let t = f64::from(k) / 3.0;
            let one = 0.5 + t.atan() / std::f64::consts::PI;
            let two = 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
            assert!((cdf(t, 1.0) - one).abs() < 1e-14 && (cdf(t, 2.0) - two).abs() < 1e-14, "{t}");
        }
    }

    #[test]
    fn quantiles_are_those_of_tables() {
        // Abramowitz & Stegun 1964, table 26.10, to its three decimals.
        for (df, t) in [(1.0, 6.314), (5.0, 2.015), (10.0, 1.812), (30.0, 1.697), (120.0, 1.658)] {
            assert!((quantile(0.95, df) - t).abs() < 5.1e-4, "{df}: {}", quantile(0.95, df));
        }
        assert!((quantile(0.05, 7.0) + quantile(0.95, 7.0)).abs() < 1e-14);
        // The first term of 26.7.5; logarithms of gamma functions this large leave eight digits of their difference.
        let (z, df) = (normal::quantile(0.95), 1e6);
        assert!((quantile(0.95, df) - z - (z.powi(3) + z) / (4.0 * df)).abs() < 1e-8);
    }
}
