//! Gaussian elimination with partial pivoting for systems of a few unknowns, in place.

/// Solves M x = y for row-major `m` (n x n); `m` is destroyed and `y` becomes x. False when M is singular to working precision.
pub fn solve_in_place(m: &mut [f64], y: &mut [f64]) -> bool {
    let n = y.len();
    debug_assert_eq!(m.len(), n * n);
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| m[i * n + k].abs().total_cmp(&m[j * n + k].abs())).unwrap_or(k);
        let head = m[pivot * n + k];
        if head == 0.0 || !head.is_finite() {
            return false;
        }
        if pivot != k {
            for j in k..n {
                m.swap(pivot * n + j, k * n + j);
            }
            y.swap(pivot, k);
        }
        for i in k + 1..n {
            let factor = m[i * n + k] / head;
            if factor != 0.0 {
                for j in k + 1..n {
                    m[i * n + j] -= factor * m[k * n + j];
                }
                y[i] -= factor * y[k];
            }
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| m[k * n + j] * y[j]).sum();
        y[k] = (y[k] - known) / m[k * n + k];
    }
    y.iter().all(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::solve_in_place;

    #[test]
    fn solves_with_a_zero_on_the_diagonal_and_refuses_a_singular_matrix() {
        let mut y = [5.0, 1.0];
        assert!(solve_in_place(&mut [0.0, 2.0, 1.0, -1.0], &mut y));
        assert_eq!(y, [3.5, 2.5]);
        assert!(!solve_in_place(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 1.0]));
    }
}
