//! The Cholesky factor of a covariance, which may be singular: what does not vary, and what varies wholly with something else.

/// A pivot below this share of its variance is zero, rounded.
const ROUNDING: f64 = 1e-12;

/// L of L Lᵀ = A, or `None` where A is the covariance of nothing. Both are lower triangles by row with the diagonal, n (n + 1) / 2
/// numbers.
///
/// # Panics
/// When there are fewer numbers than that.
pub fn factor(lower: &[f64], n: usize) -> Option<Vec<f64>> {
    let at = |i: usize, j: usize| i * (i + 1) / 2 + j;
    let mut factor = lower[..n * (n + 1) / 2].to_vec();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| factor[at(i, k)] * factor[at(j, k)]).sum();
            let rest = lower[at(i, j)] - sum;
            let size = (lower[at(i, i)] * lower[at(j, j)]).sqrt();
            let nothing = size.is_finite() && rest.abs() <= ROUNDING * size;
            let pivot = factor[at(j, j)];
            factor[at(i, j)] = match i == j {
                _ if nothing => 0.0,
                true if rest > 0.0 && rest.is_finite() => rest.sqrt(),
                // What a variable without variance of its own leaves cannot be explained by it.
                false if pivot > 0.0 => rest / pivot,
                _ => return None,
            };
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::factor;

    #[test]
    fn the_factor_times_its_transpose_is_the_matrix() {
        let lower = [4.0, 2.0, 5.0, -2.0, 3.0, 14.0];
        assert_eq!(factor(&lower, 3).unwrap(), [2.0, 1.0, 2.0, -1.0, 2.0, 3.0]);
    }

    #[test]
    fn what_does_not_vary_has_a_factor() {
        assert_eq!(factor(&[0.0, 0.0, 0.09], 2).unwrap(), [0.0, 0.0, 0.3]);
        assert_eq!(factor(&[0.25, 0.25, 0.25], 2).unwrap(), [0.5, 0.5, 0.0]);
        assert!(factor(&[], 0).unwrap().is_empty());
    }

    #[test]
    fn a_correlation_above_one_is_no_covariance() {
        assert!(factor(&[0.084177, 0.02261, 0.026048], 2).is_some());
        assert!(factor(&[0.084177, 0.06, 0.026048], 2).is_none());
        assert!(factor(&[1.0, 0.9, 1.0, -0.9, 0.9, 1.0], 3).is_none());
        assert!(factor(&[0.0, 0.01, 0.09], 2).is_none());
        assert!(factor(&[1.0, 1.0, 1.0, 0.5, 0.6, 1.0], 3).is_none());
        assert!(factor(&[f64::NAN], 1).is_none());
        assert!(factor(&[-1.0], 1).is_none());
        assert!(factor(&[f64::INFINITY], 1).is_none());
    }
}
