//! Measures of sensitivity from the values of a function at designed points.

use super::statistics::Moments;

/// First-order and total index of one factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SobolIndices {
    /// The share of the variance that would go on average if the factor were known.
    pub first: f64,
    /// The share of the variance that would stay on average if all other factors were known.
    pub total: f64,
}

/// What each row of two independent samples A and B adds to the indices, ready to be added up for any choice of rows.
///
/// With f(AB_i) for the rows of A whose factor i is taken from B, f0 for the mean of all values and V for the variance of the
/// values of A and B together:
///
/// - first order: mean of (f(B) - f0) (f(AB_i) - f(A)), over V (Saltelli et al. 2010, Comput Phys Commun 181:259, table 2 b;
///   taking f0 away leaves the expectation as it is and makes the spread of the estimate smaller)
/// - total: half the mean of (f(A) - f(AB_i))^2, over V (Jansen 1999, Comput Phys Commun 117:35, equation 24)
#[derive(Debug, Clone, PartialEq)]
pub struct SobolTerms {
    factors: usize,
    /// Per row: sum and sum of squares of both centred values, then first order and total per factor.
    terms: Vec<f64>,
}

impl SobolTerms {
    /// From the values of A, of B, and per factor of A with that factor from B; all of one length.
    ///
    /// # Panics
    /// When the lengths differ: the caller made all of them.
    pub fn new(a: &[f64], b: &[f64], mixed: &[Vec<f64>]) -> Self {
        assert!(b.len() == a.len() && mixed.iter().all(|m| m.len() == a.len()), "a value per row");
        let center = a.iter().chain(b).chain(mixed.iter().flatten()).copied().collect::<Moments>().mean;
        let mut terms = Vec::with_capacity(a.len() * (2 + 2 * mixed.len()));
        for (row, (a, b)) in a.iter().zip(b).enumerate() {
            let (from_a, from_b) = (a - center, b - center);
            terms.extend([from_a + from_b, from_a * from_a + from_b * from_b]);
            for mixed in mixed {
                let moved = mixed[row] - a;
                terms.extend([from_b * moved, 0.5 * moved * moved]);
            }
        }
        SobolTerms { factors: mixed.len(), terms }
    }

    /// Number of rows of each sample.
    pub fn rows(&self) -> usize {
        self.terms.len() / self.width()
    }

    fn width(&self) -> usize {
        2 + 2 * self.factors
    }

    /// The indices of each factor by these rows, which may come more than once; none where the values do not vary.
    pub fn indices(&self, rows: impl IntoIterator<Item = usize>) -> Option<Vec<SobolIndices>> {
        let width = self.width();
        let (mut sums, mut count) = (vec![0.0; width], 0.0);
        for row in rows {
            let terms = &self.terms[row * width..(row + 1) * width];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            count += 1.0;
        }
        let mean = sums[0] / (2.0 * count);
        let variance = sums[1] / (2.0 * count) - mean * mean;
        let share = |sum: f64| sum / count / variance;
        let index = |pair: &[f64]| SobolIndices { first: share(pair[0]), total: share(pair[1]) };
        (variance > 0.0).then(|| sums[2..].chunks_exact(2).map(index).collect())
    }
}

/// Elementary effects of one factor, summed up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MorrisEffects {
    /// Their mean (Morris 1991, Technometrics 33:161).
    pub mu: f64,
    /// The mean of their sizes (Campolongo, Cariboni & Saltelli 2007, Environ Model Softw 22:1509).
    pub mu_star: f64,
    /// Their standard deviation, unbiased (Morris 1991); not a number for fewer than two.
    pub sigma: f64,
}

impl MorrisEffects {
    /// From the elementary effects of a factor: changes of the value over the change of the factor, which goes from 0 to 1
    /// over its range. Not a number of none.
    pub fn of(effects: impl Iterator<Item = f64> + Clone) -> Self {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let moments: Moments = values.collect();
            (if moments.count == 0 { f64::NAN } else { moments.mean }, moments.sd())
        };
        let (mu, sigma) = mean(&mut effects.clone());
        let (mu_star, _) = mean(&mut effects.map(f64::abs));
        MorrisEffects { mu, mu_star, sigma }
    }
}

/// A derivative at a point, and how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derivative {
    /// The central difference over the narrower pair.
    pub value: f64,
    /// A third of what the pair of twice the width gives more or less: the error of a smooth function, where it grows with
    /// the square of the width; or, where that is more, what the slopes of the two sides differ by: at a kink, and where
    /// values are noisy.
    pub error: f64,
}

impl Derivative {
    /// From values of a function at (place, value): the value at the point, those a step below and above it, and two steps
    /// below and above it. The slope of one side is that of the parabola through its three values.
    pub fn central(center: f64, near: [(f64, f64); 2], far: [(f64, f64); 2]) -> Self {
        let slope = |[low, high]: [(f64, f64); 2]| (high.1 - low.1) / (high.0 - low.0);
        let (value, wide) = (slope(near), slope(far));
        let ([below, above], [far_below, far_above]) = (near.map(|(_, y)| y), far.map(|(_, y)| y));
        let bend = 4.0 * (below + above) - 6.0 * center - (far_below + far_above);
        let sides = (bend / (near[1].0 - near[0].0)).abs();
        Derivative { value, error: sides.max((wide - value).abs() / 3.0) }
    }
}

/// The relative step of a central difference of values with this relative error. The error of the difference has two parts,
/// one that grows with the square of the step and one that is the values' error over the step; for values and third
/// derivatives of about one size both are small together near the cube root (Press et al. 2007, Numerical Recipes, ch. 5.7).
pub fn relative_step(accuracy: f64) -> f64 {
    accuracy.cbrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y = x1 + 2 x2 on a full grid of two levels each: the variances of the parts are 1/4 and 1.
    #[test]
    fn a_sum_on_a_full_grid_is_split_exactly() {
        let f = |x: [f64; 2]| x[0] + 2.0 * x[1];
        let levels = [0.0, 1.0];
        let points: Vec<[f64; 2]> = levels.iter().flat_map(|x| levels.map(|y| [*x, y])).collect();
        let rows: Vec<([f64; 2], [f64; 2])> = points.iter().flat_map(|a| points.iter().map(|b| (*a, *b))).collect();
        let of = |values: &mut dyn Iterator<Item = [f64; 2]>| values.map(f).collect::<Vec<f64>>();
        let a = of(&mut rows.iter().map(|(a, _)| *a));
        let b = of(&mut rows.iter().map(|(_, b)| *b));
        let mixed = [of(&mut rows.iter().map(|(a, b)| [b[0], a[1]])), of(&mut rows.iter().map(|(a, b)| [a[0], b[1]]))];
        let terms = SobolTerms::new(&a, &b, &mixed);
        assert_eq!(terms.rows(), 16);
        for (found, share) in terms.indices(0..16).unwrap().iter().zip([0.2, 0.8]) {
            assert!((found.first - share).abs() < 1e-15 && (found.total - share).abs() < 1e-15, "{found:?}");
        }
        // Far from zero as well.
        let far = |values: &Vec<f64>| values.iter().map(|y| y + 1e6).collect::<Vec<f64>>();
        let moved = SobolTerms::new(&far(&a), &far(&b), &mixed.each_ref().map(far));
        assert!((moved.indices(0..16).unwrap()[0].first - 0.2).abs() < 1e-9);
    }

    #[test]
    fn nothing_that_does_not_vary_has_indices() {
        let terms = SobolTerms::new(&[2.0; 4], &[2.0; 4], &[vec![2.0; 4]]);
        assert_eq!(terms.indices(0..4), None);
        let terms = SobolTerms::new(&[1.0, 2.0], &[3.0, 4.0], &[vec![1.0, 2.0]]);
        assert_eq!((terms.indices([]), terms.indices([0, 0]).is_some()), (None, true));
    }

    #[test]
    fn effects_of_both_signs_cancel_only_in_mu() {
        let effects = MorrisEffects::of([1.0, -3.0, 2.0].into_iter());
        assert_eq!((effects.mu, effects.mu_star, effects.sigma), (0.0, 2.0, 7f64.sqrt()));
        let none = MorrisEffects::of([].into_iter());
        assert!(none.mu.is_nan() && none.mu_star.is_nan() && none.sigma.is_nan());
    }

    #[test]
    fn central_differences_know_their_error() {
        let at = |f: fn(f64) -> f64, step: f64| {
            let pair = |h: f64| [1.0 - h, 1.0 + h].map(|x| (x, f(x)));
            Derivative::central(f(1.0), pair(step), pair(2.0 * step))
        };
        let exponential = at(f64::exp, 1e-3);
        let (off, e) = ((exponential.value - 1f64.exp()).abs(), 1f64.exp());
        assert!(
            (off / exponential.error - 1.0).abs() < 1e-4 && (off - e * 1e-6 / 6.0).abs() < 1e-11,
            "{exponential:?}"
        );
        let kink = at(|x| (x - 1.0005).max(0.0), 1e-3);
        // A quarter; the slope above is another quarter, and that below is 0.
        assert!((kink.value - 0.25).abs() < 1e-12 && (kink.error - 0.25).abs() < 1e-12, "{kink:?}");
        // On the kink both differences are one half, which is the slope of neither side.
        let on = at(|x| x.min(1.0), 1e-3);
        assert!((on.value - 0.5).abs() < 1e-12 && (on.error - 1.0).abs() < 1e-9, "{on:?}");
    }
}
