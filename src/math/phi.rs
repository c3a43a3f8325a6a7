//! Functions of exponentials that keep full accuracy where the textbook formula divides zero by zero.
//!
//! All are integrals over r in 0..1 of smooth positive functions, so each is positive and bounded on the negative axis.

/// (e^x - 1) / x = integral of e^(x r).
pub fn phi1(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// (e^x - 1 - x) / x^2 = integral of (1 - r) e^(x r).
pub fn phi2(x: f64) -> f64 {
    if x.abs() < 1.0 { series(x, |k| 1.0 / (k + 1.0) / (k + 2.0)) } else { (x.exp_m1() - x) / (x * x) }
}

/// Integral of r e^(x r) = (e^x (x - 1) + 1) / x^2: the first moment of an exponential.
pub fn first_moment(x: f64) -> f64 {
    if x.abs() < 1.0 { series(x, |k| 1.0 / (k + 2.0)) } else { (x.exp() * (x - 1.0) + 1.0) / (x * x) }
}

/// Integral of r^2 phi1(x r) = (first_moment(x) - 1/2) / x: the first moment of the response to a constant input.
pub fn driven_moment(x: f64) -> f64 {
    if x.abs() < 1.0 { series(x, |k| 1.0 / (k + 1.0) / (k + 3.0)) } else { (first_moment(x) - 0.5) / x }
}

/// Divided difference (e^b - e^a) / (b - a) of the exponential, e^a where a = b.
pub fn exp_difference(a: f64, b: f64) -> f64 {
    a.max(b).exp() * phi1(-(a - b).abs())
}

/// Sum over k of weight(k) x^k / k!, for |x| < 1.
fn series(x: f64, weight: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut power) = (0.0, 1.0);
    for k in 0..20 {
        let k = f64::from(k);
        sum += power * weight(k);
        power *= x / (k + 1.0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Integral over 0..1 by 20-point composite Gauss-Legendre (5 points on 4 panels), independent of the formulas.
    fn integral(f: impl Fn(f64) -> f64) -> f64 {
        const NODES: [(f64, f64); 5] = [
            (0.0, 0.568_888_888_888_888_9),
            (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (0.906_179_845_938_664, 0.236_926_885_056_189_08),
            (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
        ];
        let panels = 64;
        let h = 1.0 / f64::from(panels);
        (0..panels)
            .map(|p| NODES.iter().map(|(x, w)| w * f((f64::from(p) + 0.5 + 0.5 * x) * h) * 0.5 * h).sum::<f64>())
            .sum()
    }

    #[test]
    fn each_function_is_its_integral_on_both_sides_of_every_switch() {
        for x in [-40.0, -3.0, -1.000_001, -1.0, -0.999_999, -0.3, -1e-5, -1e-12, 0.0, 1e-9, 0.7, 1.0, 2.5] {
            let close = |name: &str, value: f64, exact: f64| {
                assert!((value / exact - 1.0).abs() < 4e-14, "{name}({x}) = {value}, integral {exact}");
            };
            close("phi1", phi1(x), integral(|r| (x * r).exp()));
            close("phi2", phi2(x), integral(|r| (1.0 - r) * (x * r).exp()));
            close("first_moment", first_moment(x), integral(|r| r * (x * r).exp()));
            close("driven_moment", driven_moment(x), integral(|r| 0.5 * (1.0 - r * r) * (x * r).exp()));
        }
    }

    #[test]
    fn the_divided_difference_is_symmetric_and_confluent() {
        assert_eq!(exp_difference(-2.0, -2.0), (-2.0_f64).exp());
        assert_eq!(exp_difference(-1.0, -2.0), exp_difference(-2.0, -1.0));
        let exact = ((-1.0_f64).exp() - (-2.0_f64).exp()) / 1.0;
        assert!((exp_difference(-1.0, -2.0) / exact - 1.0).abs() < 1e-15);
    }
}
