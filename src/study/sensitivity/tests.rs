//! The designs and estimators together, on functions whose indices are known.

use super::indices::{Known, SobolResult, sobol};
use super::layout::{factors, layout};
use super::{Bootstrap, Method};
use std::f64::consts::PI;

/// sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 over -pi..pi (Ishigami & Homma 1990).
fn ishigami(shares: &[f64]) -> f64 {
    let x: Vec<f64> = shares.iter().map(|share| PI * (2.0 * share - 1.0)).collect();
    x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
}

/// First-order and total indices of [`ishigami`], in closed form.
fn of_ishigami() -> Vec<(f64, f64)> {
    let (a, b): (f64, f64) = (7.0, 0.1);
    let first = 0.5 * (1.0 + b * PI.powi(4) / 5.0).powi(2);
    let (second, both) = (a * a / 8.0, b * b * PI.powi(8) * (1.0 / 18.0 - 1.0 / 50.0));
    let all = first + second + both;
    vec![(first / all, (first + both) / all), (second / all, second / all), (0.0, both / all)]
}

const G: [f64; 8] = [0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0];

/// Sobol's g-function (Saltelli & Sobol 1995).
fn g_function(shares: &[f64]) -> f64 {
    shares.iter().zip(G).map(|(x, a)| ((4.0 * x - 2.0).abs() + a) / (1.0 + a)).product()
}

/// First-order and total indices of [`g_function`], in closed form.
fn of_g_function() -> Vec<(f64, f64)> {
    let own = G.map(|a| 1.0 / (3.0 * (1.0 + a) * (1.0 + a)));
    let all = own.iter().map(|v| 1.0 + v).product::<f64>();
    let index = |v: &f64| (v / (all - 1.0), v * all / (1.0 + v) / (all - 1.0));
    own.iter().map(index).collect()
}

fn analysed(function: fn(&[f64]) -> f64, count: usize, points: u64, seed: u64, resamples: u64) -> Vec<SobolResult> {
    let names = ["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8"];
    let bootstrap = Bootstrap { resamples, level: 0.999 };
    let (_, shares) = layout(Method::Sobol { points, bootstrap }, seed, &factors(&names[..count]));
    let at = |point: usize| function(&shares.iter().map(|s| s[point]).collect::<Vec<f64>>());
    let values: Vec<f64> = (0..shares[0].len()).map(at).collect();
    let known = Known { values: &values, rounding: 0.0 };
    sobol(&[Some(known)], points as usize, count, bootstrap, seed).remove(0).unwrap()
}

/// 4,096 points: the largest deviation over these seeds is 0.0034.
#[test]
fn indices_are_near_the_known_ones_and_their_intervals_hold_them() {
    for (function, exact) in [(ishigami as fn(&[f64]) -> f64, of_ishigami()), (g_function, of_g_function())] {
        for seed in 1..=4 {
            let found = analysed(function, exact.len(), 4096, seed, 2000);
            for (k, (found, exact)) in found.iter().zip(&exact).enumerate() {
                for (index, exact) in [(found.first, exact.0), (found.total, exact.1)] {
                    assert!((index.value - exact).abs() < 0.01, "seed {seed}, x{}: {index:?} and {exact}", k + 1);
                    let inside = (index.low..=index.high).contains(&exact);
                    assert!(inside, "seed {seed}, x{}: {index:?} and {exact}", k + 1);
                    assert!(index.low < index.value && index.value < index.high);
                }
            }
        }
    }
}

#[test]
fn more_points_come_nearer_and_have_narrower_intervals() {
    let widths = [256, 4096].map(|points| {
        let found = analysed(ishigami, 3, points, 1, 400);
        found.iter().map(|one| one.total.high - one.total.low).fold(0.0, f64::max)
    });
    assert!(widths[1] < 0.5 * widths[0], "{widths:?}");
}
