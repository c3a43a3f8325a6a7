//! The conditions that coefficients of a method of one step meet if it has an order (Butcher 1963; for Rosenbrock methods
//! Hairer and Wanner 1996, IV.7), one for each rooted tree.

/// A square matrix of coefficients, row by row.
pub type Square<const S: usize> = [[f64; S]; S];

fn product<const S: usize>(a: &Square<S>, x: [f64; S]) -> [f64; S] {
    a.map(|row| (0..S).map(|j| row[j] * x[j]).sum())
}

fn each<const S: usize>(x: [f64; S], y: [f64; S]) -> [f64; S] {
    std::array::from_fn(|i| x[i] * y[i])
}

/// The largest violation of the conditions up to `order` (at most 5) by weights `b` of a result at the share `theta` of the
/// step. A vertex of a tree with one child takes `single`, one with several `several`; both are the same matrix for a
/// Runge-Kutta method.
pub fn violation<const S: usize>(
    order: usize,
    theta: f64,
    b: [f64; S],
    several: &Square<S>,
    single: &Square<S>,
) -> f64 {
    let (a, c) = (|x| product(several, x), product(several, [1.0; S]));
    let (s, d) = (|x| product(single, x), product(single, [1.0; S]));
    let (c2, c3) = (each(c, c), each(c, each(c, c)));
    let trees = [
        (1, 1.0, [1.0; S]),
        (2, 2.0, d),
        (3, 3.0, c2),
        (3, 6.0, s(d)),
        (4, 4.0, c3),
        (4, 8.0, each(c, a(d))),
        (4, 12.0, s(c2)),
        (4, 24.0, s(s(d))),
        (5, 5.0, each(c2, c2)),
        (5, 10.0, each(c2, a(d))),
        (5, 15.0, each(c, a(c2))),
        (5, 30.0, each(c, a(s(d)))),
        (5, 20.0, each(a(d), a(d))),
        (5, 20.0, s(c3)),
        (5, 40.0, s(each(c, a(d)))),
        (5, 60.0, s(s(c2))),
        (5, 120.0, s(s(s(d)))),
    ];
    let of = |(power, density, stages): &(usize, f64, [f64; S])| {
        let sum: f64 = (0..S).map(|i| b[i] * stages[i]).sum();
        (sum - theta.powi(*power as i32) / density).abs()
    };
    trees.iter().filter(|(power, ..)| *power <= order).map(of).fold(0.0, f64::max)
}
