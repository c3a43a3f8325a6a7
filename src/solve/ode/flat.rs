//! Arithmetic over states and lanes together: one loop over all numbers is what compilers turn into wide instructions.

/// Writes f(a, b, …) element by element. Short arrays (a few states of one subject) get code without loops.
#[inline(always)]
pub fn fill<const S: usize, const L: usize>(to: &mut [[f64; L]], from: [&[[f64; L]]; S], f: impl Fn([f64; S]) -> f64) {
    fill_by(to, [], from, |[], from| f(from));
}

/// The same of f([x, …], [a, b, …]), where each `x` is the lane's for all states.
#[inline(always)]
pub fn fill_by<const X: usize, const S: usize, const L: usize>(
    to: &mut [[f64; L]],
    x: [&[f64; L]; X],
    from: [&[[f64; L]]; S],
    f: impl Fn([f64; X], [f64; S]) -> f64,
) {
    if L > 1 {
        return rows(to, x, from, f);
    }
    let mut own = [0.0; X];
    for s in 0..X {
        own[s] = x[s][0];
    }
    let f = |from| f(own, from);
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

/// Row by row: the numbers of all lanes are computed before any is written, so that no compiler needs to ask whether arrays overlap.
#[inline(always)]
fn rows<const X: usize, const S: usize, const L: usize>(
    to: &mut [[f64; L]],
    x: [&[f64; L]; X],
    from: [&[[f64; L]]; S],
    f: impl Fn([f64; X], [f64; S]) -> f64,
) {
    for i in 0..to.len() {
        let mut row = [&[0.0; L]; S];
        for s in 0..S {
            row[s] = &from[s][i];
        }
        let mut values = [0.0; L];
        for l in 0..L {
            let (mut own, mut arguments) = ([0.0; X], [0.0; S]);
            for s in 0..X {
                own[s] = x[s][l];
            }
            for s in 0..S {
                arguments[s] = row[s][l];
            }
            values[l] = f(own, arguments);
        }
        to[i] = values;
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
