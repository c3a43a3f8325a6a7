//! Arithmetic over states and lanes together: one loop over all numbers is what compilers turn into wide instructions.

/// Writes f(a, b, …) element by element. Short arrays (a few states of one subject) get code without loops.
#[inline(always)]
pub fn fill<const S: usize, const L: usize>(to: &mut [[f64; L]], from: [&[[f64; L]]; S], f: impl Fn([f64; S]) -> f64) {
    let to = to.as_flattened_mut();
    let mut flat: [&[f64]; S] = [&[]; S];
    for s in 0..S {
        flat[s] = &from[s].as_flattened()[..to.len()];
    }
    match to.len() {
        1 => short::<1, S>(to, flat, f),
        2 => short::<2, S>(to, flat, f),
        3 => short::<3, S>(to, flat, f),
        4 => short::<4, S>(to, flat, f),
        5 => short::<5, S>(to, flat, f),
        6 => short::<6, S>(to, flat, f),
        7 => short::<7, S>(to, flat, f),
        8 => short::<8, S>(to, flat, f),
        size => {
            for e in 0..size {
                to[e] = f(at(&flat, e));
            }
        }
    }
}

#[inline(always)]
fn short<const N: usize, const S: usize>(to: &mut [f64], from: [&[f64]; S], f: impl Fn([f64; S]) -> f64) {
    let mut values = [0.0; N];
    for s in 0..S {
        assert!(from[s].len() == N, "all arrays are as long");
    }
    for e in 0..N {
        values[e] = f(at(&from, e));
    }
    to.copy_from_slice(&values);
}

#[inline(always)]
fn at<const S: usize>(from: &[&[f64]; S], e: usize) -> [f64; S] {
    let mut values = [0.0; S];
    for s in 0..S {
        values[s] = from[s][e];
    }
    values
}
