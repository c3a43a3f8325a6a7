//! Areas, maxima and sign changes of a smooth function that can only be evaluated.

/// Deepest halving of an interval.
const DEPTH: u32 = 30;
/// Relative accuracy asked of an area.
const ACCURACY: f64 = 1e-11;

/// Integral of f over a..b by adaptive Gauss-Kronrod quadrature with 7 and 15 points (Kronrod 1965; nodes as in QUADPACK,
/// Piessens et al. 1983).
pub fn integral(mut f: impl FnMut(f64) -> f64, a: f64, b: f64) -> f64 {
    if b <= a {
        return 0.0;
    }
    let whole = kronrod(&mut f, a, b);
    halve(&mut f, (a, b), whole, whole.0.abs(), DEPTH)
}

/// The area, by halves if that of the whole, with its error, is not good enough.
fn halve(f: &mut impl FnMut(f64) -> f64, (a, b): (f64, f64), (area, error): (f64, f64), scale: f64, depth: u32) -> f64 {
    if error <= ACCURACY * scale.max(area.abs()) || depth == 0 {
        return area;
    }
    let middle = 0.5 * (a + b);
    let (left, right) = (kronrod(f, a, middle), kronrod(f, middle, b));
    halve(f, (a, middle), left, scale, depth - 1) + halve(f, (middle, b), right, scale, depth - 1)
}

/// The area by 15 points, and how far the one by 7 of them is off.
fn kronrod(f: &mut impl FnMut(f64) -> f64, a: f64, b: f64) -> (f64, f64) {
    const NODES: [f64; 8] = [
        0.991_455_371_120_812_6,
        0.949_107_912_342_758_5,
        0.864_864_423_359_769_1,
        0.741_531_185_599_394_4,
        0.586_087_235_467_691_1,
        0.405_845_151_377_397_2,
        0.207_784_955_007_898_47,
        0.0,
    ];
    const WEIGHTS: [f64; 8] = [
        0.022_935_322_010_529_224,
        0.063_092_092_629_978_56,
        0.104_790_010_322_250_18,
        0.140_653_259_715_525_92,
        0.169_004_726_639_267_9,
        0.190_350_578_064_785_4,
        0.204_432_940_075_298_9,
        0.209_482_141_084_727_82,
    ];
    const GAUSS: [f64; 4] =
        [0.129_484_966_168_869_7, 0.279_705_391_489_276_67, 0.381_830_050_505_118_9, 0.417_959_183_673_469_4];
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
    let (mut fine, mut coarse) = (0.0, 0.0);
    for (i, (node, weight)) in NODES.iter().zip(WEIGHTS).enumerate() {
        let y = if *node == 0.0 { f(middle) } else { f(middle - half * node) + f(middle + half * node) };
        fine += weight * y;
        if i % 2 == 1 {
            coarse += GAUSS[i / 2] * y;
        }
    }
    (half * fine, (half * (fine - coarse)).abs())
}

/// Where f, which rises and then falls, is largest on a..b, and that value; by golden sections.
pub fn peak(mut f: impl FnMut(f64) -> f64, a: f64, b: f64) -> (f64, f64) {
    let (mut low, mut high) = (a, b);
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut x1, mut x2) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut y1, mut y2) = (f(x1), f(x2));
    while high - low > 1e-9 * high.abs().max(1e-3) {
        if y1 >= y2 {
            (high, x2, y2) = (x2, x1, y1);
            x1 = high - ratio * (high - low);
            y1 = f(x1);
        } else {
            (low, x1, y1) = (x1, x2, y2);
            x2 = low + ratio * (high - low);
            y2 = f(x2);
        }
    }
    if y1 >= y2 { (x1, y1) } else { (x2, y2) }
}

/// Where f > 0 in a..b: sign changes between `points` evenly spaced places, each found by bisection.
pub fn positive(mut f: impl FnMut(f64) -> f64, a: f64, b: f64, points: usize) -> Vec<[f64; 2]> {
    let step = (b - a) / points as f64;
    let mut found = Vec::new();
    let (mut left, mut y_left) = (a, f(a));
    let mut since = a;
    for k in 1..=points {
        let right = if k == points { b } else { a + step * k as f64 };
        let y_right = f(right);
        if (y_left > 0.0) != (y_right > 0.0) {
            let crossing = super::roots::bracketed(&mut f, left, right, y_left, y_right);
            match y_left > 0.0 {
                true => found.push([since, crossing]),
                false => since = crossing,
            }
        }
        (left, y_left) = (right, y_right);
    }
    if y_left > 0.0 {
        found.push([since, b]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance, "{got} is not {want}");
    }

    #[test]
    fn areas_of_known_functions() {
        close(integral(|x| (-x).exp(), 0.0, 50.0), 1.0 - (-50f64).exp(), 1e-13);
        close(integral(|x| 1.0 / (1.0 + x * x), -1.0, 1.0), std::f64::consts::FRAC_PI_2, 1e-14);
        close(integral(|x| x.powi(3), 0.0, 2.0), 4.0, 1e-14);
        assert_eq!(integral(|x| x, 1.0, 1.0), 0.0);
    }

    #[test]
    fn the_peak_of_a_bateman_curve_is_at_its_closed_form() {
        let (ka, k) = (1.2f64, 0.1f64);
        let tmax = (ka / k).ln() / (ka - k);
        let (t, y) = peak(|t| (-k * t).exp() - (-ka * t).exp(), 0.0, 24.0);
        close(t, tmax, 1e-7);
        close(y, (-k * tmax).exp() - (-ka * tmax).exp(), 1e-14);
    }

    #[test]
    fn time_above_zero_of_a_sine() {
        let pi = std::f64::consts::PI;
        let stretches = positive(f64::sin, 0.0, 4.0 * pi, 64);
        assert_eq!(stretches.len(), 2);
        for (found, wanted) in stretches.iter().flatten().zip([0.0, pi, 2.0 * pi, 3.0 * pi]) {
            close(*found, wanted, 1e-12);
        }
        assert_eq!(positive(|_| 1.0, 0.0, 3.0, 8), [[0.0, 3.0]]);
        assert!(positive(|_| 0.0, 0.0, 3.0, 8).is_empty());
        let tail = positive(|t| t - 1.0, 0.0, 3.0, 8);
        assert!((tail[0][0] - 1.0).abs() < 1e-12 && tail[0][1] == 3.0);
    }
}
