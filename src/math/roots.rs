//! Root finding on a bracket, and every zero of a sum of real exponentials on an interval.

/// Zero of `f` between `a` and `b`, where it changes sign, by Brent's method (Brent 1973, "Algorithms for Minimization
/// without Derivatives", chapter 4), to the last bits of the argument.
pub fn bracketed(mut f: impl FnMut(f64) -> f64, a: f64, b: f64, fa: f64, fb: f64) -> f64 {
    let (mut a, mut b, mut fa, mut fb) = (a, b, fa, fb);
    let (mut c, mut fc) = (a, fa);
    let (mut step, mut last) = (b - a, b - a);
    for _ in 0..120 {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            step = b - a;
            last = step;
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs() + f64::MIN_POSITIVE;
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || fb == 0.0 {
            return b;
        }
        if last.abs() >= tolerance && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q) = if a == c {
                (2.0 * half * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q;
            } else {
                p = -p;
            }
            if 2.0 * p < (3.0 * half * q - (tolerance * q).abs()).min((last * q).abs()) {
                last = step;
                step = p / q;
            } else {
                step = half;
                last = half;
            }
        } else {
            step = half;
            last = half;
        }
        (a, fa) = (b, fb);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        fb = f(b);
    }
    b
}

/// One term a e^(rate t).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Rate, 1/time; zero makes the term a constant.
    pub rate: f64,
    /// Amplitude at t = 0.
    pub amplitude: f64,
}

/// All sign changes of sums of real exponentials, by recursion with Rolle's theorem.
///
/// Dividing by the slowest exponential and differentiating removes one term and moves no zero; between neighbouring zeros
/// of that derivative the quotient is monotone. A sum has at most as many zeros as its amplitudes, ordered by rate, have
/// sign changes (Laguerre 1883), which ends the recursion early.
#[derive(Debug, Default)]
pub struct ExponentialSum {
    terms: Vec<Term>,
    zeros: Vec<f64>,
    pieces: Vec<f64>,
}

impl ExponentialSum {
    /// Zeros with a change of sign in the open interval (0, length), ascending. Amplitudes below rounding of the largest are dropped.
    pub fn zeros(&mut self, terms: impl IntoIterator<Item = Term>, length: f64) -> &[f64] {
        self.terms.clear();
        self.terms.extend(terms);
        self.terms.sort_by(|a, b| b.rate.total_cmp(&a.rate));
        self.terms.dedup_by(|next, kept| {
            let same = next.rate == kept.rate;
            if same {
                kept.amplitude += next.amplitude;
            }
            same
        });
        let largest = self.terms.iter().map(|t| t.amplitude.abs()).fold(0.0, f64::max);
        self.terms.retain(|t| t.amplitude.abs() > f64::EPSILON * largest);
        self.zeros.clear();
        self.descend(0, length);
        &self.zeros
    }

    /// Leaves in `zeros` those of the sum of terms[first..].
    fn descend(&mut self, first: usize, length: f64) {
        let Some(&Term { rate: slowest, .. }) = self.terms.get(first) else {
            return;
        };
        self.terms[first..].iter_mut().for_each(|t| t.rate -= slowest);
        let changes = sign_changes(&self.terms[first..]);
        if changes > 1 {
            let saved: Vec<Term> = self.terms[first + 1..].to_vec();
            self.terms[first + 1..].iter_mut().for_each(|t| t.amplitude *= t.rate);
            self.descend(first + 1, length);
            self.terms.truncate(first + 1);
            self.terms.extend(saved);
        }
        if changes == 0 {
            return;
        }
        self.pieces.clear();
        self.pieces.append(&mut self.zeros);
        self.pieces.push(length);
        let terms = &self.terms[first..];
        let value = |t: f64| -> f64 { terms.iter().map(|term| term.amplitude * (term.rate * t).exp()).sum() };
        let (mut left, mut at_left) = (0.0, value(0.0));
        for &right in &self.pieces {
            let at_right = value(right);
            if at_right == 0.0 {
                continue; // a touch or a higher crossing: the next piece tells which
            }
            if at_left != 0.0 && (at_left > 0.0) != (at_right > 0.0) {
                self.zeros.push(bracketed(value, left, right, at_left, at_right));
            }
            (left, at_left) = (right, at_right);
        }
    }
}

fn sign_changes(terms: &[Term]) -> usize {
    terms.windows(2).filter(|pair| (pair[0].amplitude > 0.0) != (pair[1].amplitude > 0.0)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brent_reaches_the_last_bits() {
        let f = |x: f64| x * x * x - 2.0;
        let root = bracketed(f, 0.0, 10.0, f(0.0), f(10.0));
        assert!((root / 2.0_f64.cbrt() - 1.0).abs() < 4e-16);
    }

    /// (u - u1)(u - u2)... in u = e^-t has exactly the zeros -ln(u_i): none may be missed, also when the sum spans months.
    #[test]
    fn finds_every_zero_of_a_product_of_differences() {
        let zeros = [0.1, 0.5, 0.7, 2.0, 6.0];
        let mut coefficients = vec![1.0];
        for z in zeros {
            let u = f64::exp(-z);
            let mut next = vec![0.0; coefficients.len() + 1];
            for (k, c) in coefficients.iter().enumerate() {
                next[k + 1] += c;
                next[k] -= u * c;
            }
            coefficients = next;
        }
        let terms = coefficients.iter().enumerate().map(|(k, &amplitude)| Term { rate: -(k as f64), amplitude });
        let mut sum = ExponentialSum::default();
        let found = sum.zeros(terms, 5000.0);
        assert_eq!(found.len(), zeros.len(), "{found:?}");
        for (f, z) in found.iter().zip(zeros) {
            assert!((f - z).abs() < 1e-9, "{f} {z}");
        }
    }

    #[test]
    fn the_peak_of_an_absorption_curve_and_sums_without_zeros() {
        let mut sum = ExponentialSum::default();
        let (ka, k) = (1.2_f64, 0.1_f64);
        let slope = [Term { rate: -k, amplitude: -k }, Term { rate: -ka, amplitude: ka }];
        let peak = sum.zeros(slope, 3360.0).to_vec();
        assert!((peak[0] / ((ka / k).ln() / (ka - k)) - 1.0).abs() < 1e-14 && peak.len() == 1);
        assert!(sum.zeros([Term { rate: -1.0, amplitude: 1.0 }, Term { rate: 0.0, amplitude: 2.0 }], 10.0).is_empty());
        assert!(sum.zeros([], 10.0).is_empty());
        assert!(
            sum.zeros([Term { rate: -1.0, amplitude: 1.0 }, Term { rate: -1.0, amplitude: -1.0 }], 10.0).is_empty()
        );
    }
}
