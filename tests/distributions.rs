//! 100,000 draws of everything that is drawn, against its distribution. Each bound is left by chance once in 10,000 seeds; the seeds
//! were chosen before the first run.

#[allow(dead_code)] // each test file takes what it needs
mod bounds;

use posology::math::normal;
use posology::model::{Catalogue, Model};
use posology::population::{Effects, Estimates, Subject};
use posology::prelude::*;
use posology::simulate::{Prepared, Residuals};

const N: usize = 100_000;

/// Numbers that should be normal: their mean, their variance, and how many are below some quantiles.
fn is_normal(x: &[f64], mean: f64, sd: f64) {
    bounds::is_normal(x, mean, sd);
    for p in [0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999] {
        let limit = mean + sd * normal::quantile(p);
        bounds::is_share(x.iter().filter(|x| **x <= limit).count(), x.len(), p);
    }
}

/// Pairs of normal numbers, each with its mean and standard deviation, whose correlation should be `rho`.
fn correlates((x, mx, sx): (&[f64], f64, f64), (y, my, sy): (&[f64], f64, f64), rho: f64) {
    let pairs: Vec<(f64, f64)> = x.iter().zip(y).map(|(x, y)| ((x - mx) / sx, (y - my) / sy)).collect();
    bounds::is_correlation(&pairs, rho);
}

const MODEL: &str = r#"
id    = "spread"
title = "A model whose outputs are its parameters"
drug  = "none"
grade = "assumed"
[parameters]
A = { value = 10, unit = "L/h", grade = "assumed", why = "a test", iiv = { cv = 0.4 }, iov = { variance = 0.04 }, uncertainty = { se = 0.5 } }
B = { value = 0.3, grade = "assumed", why = "a test", iiv = { logit_sd = 0.8 }, uncertainty = { rse = 0.2, scale = "log" } }
S = { value = 20, unit = "min", grade = "assumed", why = "a test", iiv = { sd = 3 }, uncertainty = { rse = 0.1 } }
D = { value = 5, unit = "L", grade = "assumed", why = "a test", iiv = { variance = 0.09 }, uncertainty = { se = 0.2 } }
E = { value = 5, unit = "L", grade = "assumed", why = "a test", iiv = { shared = "D" } }
G = { value = 5, unit = "L", grade = "assumed", why = "a test", iov = { variance = 0.25 } }
[[block]]
of = ["A", "B", "S"]
correlation = [0.6, -0.3, 0.2]
[[uncertainty]]
of = ["S", "D"]
covariance = [0.2]
[[uncertainty]]
of = ["A", "B"]
correlation = [-0.7]
[compartments]
central = { volume = "D" }
[routes.iv]
central = {}
[outputs]
a = { value = "A", unit = "L/h" }
b = { value = "B", unit = "1", residual = { proportional = 0.1, additive = 0.02 } }
c = { value = "S", unit = "min", residual = { additive = 2 } }
d = { value = "D", unit = "L", residual = { log_sd = 0.3 } }
e = { value = "E", unit = "L" }
g = { value = "G", unit = "L", residual = { proportional = 0.1, additive = 0.2, combined = 1 } }
"#;

fn model() -> Model {
    Model::parse(MODEL, "spread.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

/// Each output of many people at one time, output by output.
fn outputs(prepared: &Prepared<'_>, mut person: impl FnMut(usize, &mut [f64])) -> Vec<Vec<f64>> {
    let mut all = vec![Vec::with_capacity(N); prepared.numbers()];
    let mut out = vec![0.0; prepared.numbers()];
    for i in 0..N {
        person(i, &mut out);
        all.iter_mut().zip(&out).for_each(|(all, y)| all.push(*y));
    }
    all
}

fn mapped(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|x| f(*x)).collect()
}

#[test]
fn people_vary_as_the_model_says() {
    let model = model();
    let regimen: Regimen = "1 mg iv every 24 h x 2".parse().unwrap();
    // A sample on each of two occasions.
    let prepared = Prepared::new(&model, Some(&regimen), vec![1.0, 25.0], 25.0).unwrap();
    let (mut effects, mut workspace) = (Effects::new(&model, 2024, 0), prepared.workspace());
    let y = outputs(&prepared, |person, out| {
        let mut subject = Subject::typical(&model);
        effects.draw(person as u64, prepared.occasions(), &mut subject);
        prepared.run(&subject, &mut workspace, out).unwrap();
    });
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let omega_a = 1.16f64.ln();
    let (a, a2) = (mapped(&y[0], |y| (y / 10.0).ln()), mapped(&y[1], |y| (y / 10.0).ln()));
    let (b, c, d) =
        (mapped(&y[2], |y| logit(y) - logit(0.3)), mapped(&y[4], |y| y - 20.0), mapped(&y[6], |y| (y / 5.0).ln()));
    let (g, g2) = (mapped(&y[10], |y| (y / 5.0).ln()), mapped(&y[11], |y| (y / 5.0).ln()));
    let sd_a = (omega_a + 0.04).sqrt();
    is_normal(&a, 0.0, sd_a);
    is_normal(&a2, 0.0, sd_a);
    is_normal(&b, 0.0, 0.8);
    is_normal(&c, 0.0, 3.0);
    is_normal(&d, 0.0, 0.3);
    is_normal(&g, 0.0, 0.5);
    assert_eq!(y[8], y[6], "a shared effect");
    let (a, a2, b, c) = ((&a[..], 0.0, sd_a), (&a2[..], 0.0, sd_a), (&b[..], 0.0, 0.8), (&c[..], 0.0, 3.0));
    let (g, g2) = ((&g[..], 0.0, 0.5), (&g2[..], 0.0, 0.5));
    // A varies between occasions, too, which the others do not follow.
    let between = omega_a / (omega_a + 0.04);
    correlates(a, b, 0.6 * between.sqrt());
    correlates(a, c, -0.3 * between.sqrt());
    correlates(b, c, 0.2);
    correlates(a, (&d, 0.0, 0.3), 0.0);
    correlates(a, a2, between);
    correlates(g, g2, 0.0);
    correlates(a, g, 0.0);
    let difference: Vec<f64> = a.0.iter().zip(a2.0).map(|(one, two)| one - two).collect();
    is_normal(&difference, 0.0, 0.08f64.sqrt());
    // Neighbours in the stream are as strange to each other as any.
    correlates((&d[..N - 1], 0.0, 0.3), (&d[1..], 0.0, 0.3), 0.0);
}

#[test]
fn residual_errors_vary_as_the_model_says() {
    let model = model();
    let prepared = Prepared::new(&model, None, vec![1.0, 2.0], 2.0).unwrap();
    let (typical, mut workspace) = (Subject::typical(&model), prepared.workspace());
    let mut exact = vec![0.0; prepared.numbers()];
    prepared.run(&typical, &mut workspace, &mut exact).unwrap();
    let mut residuals = Residuals::new(&prepared, 77, 0);
    let y = outputs(&prepared, |person, out| {
        out.copy_from_slice(&exact);
        residuals.add(person as u64, &typical, out).unwrap();
    });
    assert!(y[0].iter().all(|y| *y == exact[0]), "no error of its own");
    is_normal(&y[2], 0.3, 0.03f64.hypot(0.02));
    is_normal(&y[4], 20.0, 2.0);
    is_normal(&mapped(&y[6], |y| (y / 5.0).ln()), 0.0, 0.3);
    is_normal(&y[10], 5.0, 0.7);
    let additive = (&y[4][..], 20.0, 2.0);
    correlates(additive, (&y[5], 20.0, 2.0), 0.0);
    correlates(additive, (&y[2], 0.3, 0.03f64.hypot(0.02)), 0.0);
}

#[test]
fn estimates_are_as_uncertain_as_the_model_says() {
    let model = model();
    let mut estimates = Estimates::new(&model, 5).unwrap();
    let typical = Subject::typical(&model);
    let draws: Vec<Vec<f64>> = (1..=N as u64).map(|r| estimates.draw(r, &typical).values()[..4].to_vec()).collect();
    let of = |i: usize| draws.iter().map(|values| values[i]).collect::<Vec<f64>>();
    let (a, b, c, d) = (of(0), mapped(&of(1), f64::ln), of(2), of(3));
    let (a, b) = ((&a[..], 10.0, 0.5), (&b[..], 0.3f64.ln(), 1.04f64.ln().sqrt()));
    let (c, d) = ((&c[..], 20.0 / 60.0, 2.0 / 60.0), (&d[..], 5.0, 0.2));
    for (x, mean, sd) in [a, b, c, d] {
        is_normal(x, mean, sd);
    }
    correlates(a, b, -0.7);
    // A covariance of 0.2 min L.
    correlates(c, d, 0.2 / (2.0 * 0.2));
    correlates(a, c, 0.0);
}

#[test]
fn a_replicate_is_the_same_alone_and_among_others_and_spares_what_is_set() {
    let model = model();
    let typical = Subject::typical(&model);
    let mut estimates = Estimates::new(&model, 5).unwrap();
    assert_eq!(estimates.draw(0, &typical).values(), typical.values());
    let many: Vec<Vec<f64>> = (1..=20).map(|r| estimates.draw(r, &typical).values().to_vec()).collect();
    assert_eq!(Estimates::new(&model, 5).unwrap().draw(17, &typical).values(), many[16]);
    let set = typical.clone().set("A", &"9 L/h".parse().unwrap()).unwrap();
    let drawn = estimates.draw(17, &set);
    assert_eq!(drawn.values()[0], 9.0);
    assert_eq!(drawn.values()[1..], many[16][1..]);
    assert_eq!(drawn.values()[4], 5.0, "a parameter without uncertainty");
    let certain = Model::catalogue("ketamine-clements-1981").unwrap();
    assert!(Estimates::new(&certain, 1).unwrap_err().to_string().contains("how uncertain"));
}
