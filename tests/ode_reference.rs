//! The integrators on problems whose solutions are known to many digits: the test set of Bari, an orbit that closes, and a
//! closed form. The numbers are in the folder `POSOLOGY_ORACLES`; where it is not set the tests say that they are skipped.

mod integrate;

use integrate::problems::{self, Problem};
use integrate::{Each, carry};
use posology::solve::{Integrator, Method, Work};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// Folder of a problem, or None if there is none to read.
fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("POSOLOGY_ORACLES").map(PathBuf::from);
    if root.is_none() {
        println!("skipped: POSOLOGY_ORACLES is not set");
    }
    root.map(|root| root.join("ode_reference").join(name))
}

/// Compares every expected row with a solution through all its times; what that took.
fn compare<const N: usize>(
    name: &str,
    method: Method,
    problem: Problem<N>,
    relative: f64,
    absolute: [f64; N],
) -> Option<Work> {
    let folder = folder(name)?;
    let json: Value = serde_json::from_slice(&fs::read(folder.join("model.json")).unwrap()).unwrap();
    let states: Vec<&str> = json["states"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let number = |value: &Value| value.as_f64().unwrap();
    let mut y: Vec<f64> = states.iter().map(|state| number(&json["initial"][state])).collect();
    let rows = fs::read_to_string(folder.join("expected.csv")).unwrap();
    let mut lines = rows.lines();
    assert_eq!(lines.next().unwrap(), format!("ROW,TIME,{}", states.join(",")));

    let mut integrator = Integrator::<1>::new(N, method, relative, 10_000_000);
    let (mut field, mut time, mut worst) = (Each([problem]), 0.0, 0.0_f64);
    for line in lines {
        let row: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        integrator.begin(0, &y, &absolute, row[1] - time);
        carry(&mut integrator, &mut field, |_, _, _| {}).unwrap_or_else(|error| panic!("{name}: {error}"));
        integrator.states(0, &mut y);
        time = row[1];
        for ((state, y), expected) in states.iter().zip(&y).zip(&row[2..]) {
            let allowed = number(&json["expected"]["atol"][state]) + number(&json["expected"]["rtol"]) * expected.abs();
            let share = (y - expected).abs() / allowed;
            assert!(share <= 1.0, "{name} at {time}: {state} is {y}, expected {expected}");
            worst = worst.max(share);
        }
    }
    let work = integrator.work();
    println!("{name}, {method:?}: {worst:.1e} of the tolerance; {work:?}");
    Some(work)
}

/// The stiff method alone, and the automatic one, which has to find out and may not cost much more.
fn stiff<const N: usize>(name: &str, problem: Problem<N>, absolute: [f64; N]) {
    let [alone, chosen] = [Method::Stiff, Method::Auto]
        .map(|method| compare(name, method, problem.clone(), 1e-9, absolute))
        .map(|work| work.unwrap_or_default());
    assert!(chosen.switches > 0 || alone.stiff_steps == 0, "{name}: {chosen:?}");
    let n = N as f64;
    let [alone, chosen] = [alone, chosen]
        .map(|work| work.slopes as f64 + n * work.jacobians as f64 + n / 3.0 * work.factorisations as f64);
    assert!(chosen <= 1.2 * alone, "{name}: the work of {chosen} right-hand sides instead of {alone}");
}

#[test]
fn robertson_kinetics_to_1e11() {
    stiff("rober_1e11", problems::robertson(), [1e-14, 1e-20, 1e-14]);
}

#[test]
fn hires() {
    stiff("hires", problems::hires(), [1e-14; 8]);
}

#[test]
fn oregonator() {
    stiff("orego", problems::oregonator(), [1e-14; 3]);
}

#[test]
fn van_der_pol() {
    stiff("vdpol_mu1000", problems::van_der_pol(), [1e-14; 2]);
}

#[test]
fn the_orbit_of_arenstorf_closes() {
    for method in [Method::Explicit, Method::Auto] {
        let work = compare("arenstorf", method, problems::arenstorf(), 1e-11, [1e-14; 4]);
        assert!(work.is_none_or(|work| work.stiff_steps == 0));
    }
}

#[test]
fn saturable_elimination_follows_the_function_of_lambert() {
    for method in [Method::Explicit, Method::Stiff, Method::Auto] {
        compare("michaelis_menten_lambertw", method, problems::saturable(), 1e-11, [1e-18]);
    }
}
