//! Rates and modes of a symmetric matrix of a few states by Jacobi's rotations (Golub & Van Loan, "Matrix Computations",
//! section 8.5), which find small rates accurately.

use super::row::{Row, larger, turn};

const SWEEPS: usize = 40;
/// An entry is rounding when its square is below this share of the product of the rates it stands between.
const ROUNDING: f64 = 0.0625 * f64::EPSILON * f64::EPSILON;

/// Makes the symmetric n x n matrix `s` diagonal; its modes become the rows of `modes`, which is zero before.
pub(super) fn diagonalise<R: Row>(n: usize, s: &mut [R], modes: &mut [R]) {
    let mut largest = 0.0;
    for i in 0..n {
        modes[i][i] = 1.0;
        for j in 0..n {
            largest = larger(s[i][j].abs(), largest);
        }
    }
    let floor = (f64::EPSILON * largest) * (f64::EPSILON * largest);
    for _ in 0..SWEEPS {
        if !sweep(n, s, modes, floor) {
            break;
        }
    }
    for i in 0..n {
        for j in 0..i {
            (s[i][j], s[j][i]) = (0.0, 0.0);
        }
    }
}

/// One rotation for every pair; false when none had anything to do. Pairs are in rounds as in a tournament: those of a round
/// do not wait for each other.
fn sweep<R: Row>(n: usize, s: &mut [R], modes: &mut [R], floor: f64) -> bool {
    let mut rotated = false;
    // Most components have two to four states: with numbers the compiler knows there is nothing to look up.
    match n {
        2 => rotated |= rotate(2, s, modes, [0, 1], floor),
        3 => {
            rotated |= rotate(3, s, modes, [0, 1], floor);
            rotated |= rotate(3, s, modes, [0, 2], floor);
            rotated |= rotate(3, s, modes, [1, 2], floor);
        }
        4 => {
            rotated |= rotate(4, s, modes, [0, 1], floor);
            rotated |= rotate(4, s, modes, [2, 3], floor);
            rotated |= rotate(4, s, modes, [0, 2], floor);
            rotated |= rotate(4, s, modes, [1, 3], floor);
            rotated |= rotate(4, s, modes, [0, 3], floor);
            rotated |= rotate(4, s, modes, [1, 2], floor);
        }
        _ => {
            let circle = n - 1 + n % 2;
            for round in 0..circle {
                for step in 0..=circle / 2 {
                    let (one, other) = ((round + step) % circle, (round + circle - step) % circle);
                    let other = if step == 0 { circle } else { other };
                    if other < n {
                        rotated |= rotate(n, s, modes, [one.min(other), one.max(other)], floor);
                    }
                }
            }
        }
    }
    rotated
}

/// Removes the entry between p and q; false when there is none to speak of.
#[inline(always)]
fn rotate<R: Row>(n: usize, s: &mut [R], modes: &mut [R], [p, q]: [usize; 2], floor: f64) -> bool {
    let (s, modes) = (&mut s[..n], &mut modes[..n]);
    let (off, pp, qq) = (s[p][q], s[p][p], s[q][q]);
    if off * off <= ROUNDING * larger((pp * qq).abs(), floor) {
        return false;
    }
    let (gap, twice) = (qq - pp, 2.0 * off);
    let long = gap.abs() + (gap * gap + twice * twice).sqrt();
    let short = twice.copysign(off * gap);
    let length = (long * long + short * short).sqrt();
    let (cosine, sine, shift) = (long / length, short / length, short / long * off);
    for k in 0..n {
        if k != p && k != q {
            let (one, other) = (s[k][p], s[k][q]);
            let (one, other) = (cosine * one - sine * other, sine * one + cosine * other);
            (s[k][p], s[k][q], s[p][k], s[q][k]) = (one, other, one, other);
        }
    }
    (s[p][p], s[q][q]) = (pp - shift, qq + shift);
    (s[p][q], s[q][p]) = (0.0, 0.0);
    turn(modes, [p, q], cosine, sine);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// States that lose a third of what they hold to their neighbours, each ten times slower than the one before.
    fn chain<R: Row>(n: usize) -> Vec<R> {
        let rate = |i: usize| 10_f64.powi(-(i as i32));
        let mut s = vec![R::default(); n];
        s.iter_mut().for_each(|row| row.clear(n));
        for i in 0..n {
            s[i][i] = -3.0 * rate(i);
            if i + 1 < n {
                let between = (rate(i) * rate(i + 1)).sqrt();
                (s[i][i + 1], s[i + 1][i]) = (between, between);
            }
        }
        s
    }

    fn modes_are_orthogonal_and_small_rates_accurate<R: Row>(n: usize) {
        let s = chain::<R>(n);
        let (mut t, mut modes) = (s.clone(), s.clone());
        modes.iter_mut().for_each(|row| row.clear(n));
        diagonalise(n, &mut t, &mut modes);
        let dot = |a: &R, b: &R| (0..n).map(|k| a[k] * b[k]).sum::<f64>();
        let mut product = 1.0;
        for p in 0..n {
            product *= t[p][p];
            for q in 0..n {
                assert!((dot(&modes[p], &modes[q]) - f64::from(u8::from(p == q))).abs() < 1e-14, "{n}: {p} {q}");
                assert!(p == q || t[p][q] == 0.0);
                assert!((dot(&modes[p], &s[q]) - t[p][p] * modes[p][q]).abs() < 1e-14, "{n}: {p} {q}");
            }
        }
        // The determinant by elimination, which is accurate for such a chain.
        let mut pivot = s[0][0];
        let mut determinant = pivot;
        for i in 1..n {
            pivot = s[i][i] - s[i][i - 1] * s[i - 1][i] / pivot;
            determinant *= pivot;
        }
        assert!((product / determinant - 1.0).abs() < 1e-14, "{n}: {product} is not {determinant}");
    }

    #[test]
    fn rows_of_every_length_are_turned_alike() {
        (2..=4).for_each(modes_are_orthogonal_and_small_rates_accurate::<[f64; 4]>);
        (2..=8).for_each(modes_are_orthogonal_and_small_rates_accurate::<[f64; 8]>);
        (2..=11).for_each(modes_are_orthogonal_and_small_rates_accurate::<Vec<f64>>);
    }
}
