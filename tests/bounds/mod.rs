//! Exact bounds of what a sample can show: outside them with probability `ALPHA` if the distribution is the one stated.

use posology::math::normal;

/// Probability that a right sample fails one test.
pub const ALPHA: f64 = 1e-4;

/// The standard normal number that is exceeded either way with probability `ALPHA`.
pub fn normal_limit() -> f64 {
    -normal::quantile(ALPHA / 2.0)
}

/// Checks that these are independent normal numbers of a mean and standard deviation, by their mean and variance.
pub fn is_normal(sample: &[f64], mean: f64, sd: f64) {
    let n = sample.len() as f64;
    let found = sample.iter().sum::<f64>() / n;
    assert!(((found - mean) / sd * n.sqrt()).abs() < normal_limit(), "mean {found}, expected {mean}");
    let squares: f64 = sample.iter().map(|x| (x - found).powi(2)).sum();
    let below = chi_square(squares / (sd * sd), n - 1.0);
    assert!(within(below), "standard deviation {}, expected {sd}", (squares / (n - 1.0)).sqrt());
}

/// Checks that so many of `n` have something that each has with probability `p`.
pub fn is_share(count: usize, n: usize, p: f64) {
    let below = binomial(count, n, p);
    let not_above = if count == 0 { 0.0 } else { binomial(count - 1, n, p) };
    assert!(below > ALPHA / 2.0 && not_above < 1.0 - ALPHA / 2.0, "{count} of {n}, expected {p}");
}

/// Checks that a sample has the distribution function `cdf`, at these values.
pub fn has_quantiles(sample: &[f64], values: &[f64], cdf: impl Fn(f64) -> f64) {
    for value in values {
        is_share(sample.iter().filter(|x| *x <= value).count(), sample.len(), cdf(*value));
    }
}

/// Checks the mean of numbers of a bounded range (Hoeffding 1963): outside with probability `ALPHA` at most.
pub fn is_mean(sample: &[f64], mean: f64, width: f64) {
    let n = sample.len() as f64;
    let found = sample.iter().sum::<f64>() / n;
    let limit = width * ((2.0 / ALPHA).ln() / (2.0 * n)).sqrt();
    assert!((found - mean).abs() < limit, "mean {found}, expected {mean} within {limit}");
}

/// Checks that pairs of standard normal numbers have a correlation. Given the first numbers, the slope of the second on them is
/// normal about the correlation; and what it leaves is normal, too.
pub fn is_correlation(pairs: &[(f64, f64)], correlation: f64) {
    let rest: Vec<f64> = pairs.iter().map(|(x, y)| y - correlation * x).collect();
    let sd = (1.0 - correlation * correlation).sqrt();
    let squares: f64 = pairs.iter().map(|(x, _)| x * x).sum();
    let slope: f64 = pairs.iter().zip(&rest).map(|((x, _), r)| x * r).sum::<f64>() / squares;
    assert!(
        (slope * squares.sqrt() / sd).abs() < normal_limit(),
        "slope {}, expected {correlation}",
        slope + correlation
    );
    is_normal(&rest, 0.0, sd);
}

fn within(probability: f64) -> bool {
    (ALPHA / 2.0..1.0 - ALPHA / 2.0).contains(&probability)
}

/// The distribution function of chi-square: the regularised incomplete gamma function, by its series below the mean and by its
/// continued fraction (Lentz 1976) above.
pub fn chi_square(x: f64, degrees: f64) -> f64 {
    let (a, x) = (degrees / 2.0, x / 2.0);
    let scale = (a * x.ln() - x - libm::lgamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        return scale * sum;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
    let mut fraction = d;
    for k in 1.. {
        let k = f64::from(k);
        let above = -k * (k - a);
        b += 2.0;
        d = 1.0 / (above * d + b);
        c = b + above / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    1.0 - scale * fraction
}

/// The probability of `count` or fewer of `n`, summed over the shorter side.
fn binomial(count: usize, n: usize, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return if p <= 0.0 || count == n { 1.0 } else { 0.0 };
    }
    let factorial = |k: usize| libm::lgamma(k as f64 + 1.0);
    let chance = |k: usize| {
        let ways = factorial(n) - factorial(k) - factorial(n - k);
        (ways + k as f64 * p.ln() + (n - k) as f64 * (-p).ln_1p()).exp()
    };
    match (count as f64) < n as f64 * p {
        true => (0..=count).map(chance).sum(),
        false => 1.0 - (count + 1..=n).map(chance).sum::<f64>(),
    }
}

#[test]
fn the_bounds_are_right() {
    // From arithmetic of 30 digits.
    for (found, expected) in [
        (chi_square(99_800.0, 99_999.0), 0.328_599_269_883_2),
        (chi_square(99_999.0, 99_999.0), 0.500_594_711_078_4),
        (chi_square(100_500.0, 99_999.0), 0.868_621_880_431),
        (binomial(2, 10, 0.3), 0.382_782_786_4),
        (binomial(30_100, 100_000, 0.3), 0.756_081_877_533_1),
    ] {
        assert!((found - expected).abs() < 1e-8, "{found}, expected {expected}");
    }
}
