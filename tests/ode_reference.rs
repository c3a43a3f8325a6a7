//! The integrators on problems whose solutions are known to many digits: the test set of Bari, an orbit that closes, and a
//! closed form. The numbers are in the folder `POSOLOGY_ORACLES`; where it is not set the tests say that they are skipped.

mod integrate;

use integrate::{Each, System, carry};
use posology::solve::{Integrator, Method, Work};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A problem without time in it.
#[derive(Clone)]
struct Problem<const N: usize> {
    slope: fn(&[f64], &mut [f64]),
    /// Row-major.
    jacobian: fn(&[f64], &mut [f64]),
}

impl<const N: usize> System for Problem<N> {
    const SIZE: usize = N;

    fn slope(&self, _: f64, y: &[f64], dy: &mut [f64]) {
        (self.slope)(y, dy);
    }

    fn jacobian(&self, _: f64, y: &[f64], j: &mut [f64]) {
        (self.jacobian)(y, j);
    }
}

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
    assert!(chosen.slopes <= 13 * alone.slopes / 10, "{name}: {chosen:?}");
}

#[test]
fn robertson_kinetics_to_1e11() {
    let problem = Problem::<3> {
        slope: |y, dy| {
            dy[0] = -0.04 * y[0] + 1e4 * y[1] * y[2];
            dy[2] = 3e7 * y[1] * y[1];
            dy[1] = -dy[0] - dy[2];
        },
        jacobian: |y, j| {
            let (to, between) = (1e4 * y[2], 1e4 * y[1]);
            let out = 6e7 * y[1];
            j.copy_from_slice(&[-0.04, to, between, 0.04, -to - out, -between, 0.0, out, 0.0]);
        },
    };
    stiff("rober_1e11", problem, [1e-14, 1e-20, 1e-14]);
}

#[test]
fn hires() {
    let problem = Problem::<8> {
        slope: |y, dy| {
            let fast = 280.0 * y[5] * y[7];
            dy[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
            dy[1] = 1.71 * y[0] - 8.75 * y[1];
            dy[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
            dy[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
            dy[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6];
            dy[5] = -fast + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
            dy[6] = fast - 1.81 * y[6];
            dy[7] = -dy[6];
        },
        jacobian: |y, j| {
            j.fill(0.0);
            let mut set = |row: usize, entries: &[(usize, f64)]| {
                entries.iter().for_each(|(column, value)| j[8 * row + column] = *value);
            };
            let (by5, by7) = (280.0 * y[7], 280.0 * y[5]);
            set(0, &[(0, -1.71), (1, 0.43), (2, 8.32)]);
            set(1, &[(0, 1.71), (1, -8.75)]);
            set(2, &[(2, -10.03), (3, 0.43), (4, 0.035)]);
            set(3, &[(1, 8.32), (2, 1.71), (3, -1.12)]);
            set(4, &[(4, -1.745), (5, 0.43), (6, 0.43)]);
            set(5, &[(3, 0.69), (4, 1.71), (5, -by5 - 0.43), (6, 0.69), (7, -by7)]);
            set(6, &[(5, by5), (6, -1.81), (7, by7)]);
            set(7, &[(5, -by5), (6, 1.81), (7, -by7)]);
        },
    };
    stiff("hires", problem, [1e-14; 8]);
}

#[test]
fn oregonator() {
    let problem = Problem::<3> {
        slope: |y, dy| {
            dy[0] = 77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1]));
            dy[1] = (y[2] - (1.0 + y[0]) * y[1]) / 77.27;
            dy[2] = 0.161 * (y[0] - y[2]);
        },
        jacobian: |y, j| {
            let first = [77.27 * (1.0 - 2.0 * 8.375e-6 * y[0] - y[1]), 77.27 * (1.0 - y[0]), 0.0];
            let second = [-y[1] / 77.27, -(1.0 + y[0]) / 77.27, 1.0 / 77.27];
            j.copy_from_slice(&[first, second, [0.161, 0.0, -0.161]].concat());
        },
    };
    stiff("orego", problem, [1e-14; 3]);
}

#[test]
fn van_der_pol() {
    let problem = Problem::<2> {
        slope: |y, dy| {
            dy[0] = y[1];
            dy[1] = 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0];
        },
        jacobian: |y, j| {
            j.copy_from_slice(&[0.0, 1.0, -2000.0 * y[0] * y[1] - 1.0, 1000.0 * (1.0 - y[0] * y[0])]);
        },
    };
    stiff("vdpol_mu1000", problem, [1e-14; 2]);
}

/// The restricted problem of three bodies: a satellite between earth and moon.
#[test]
fn the_orbit_of_arenstorf_closes() {
    const MOON: f64 = 0.012277471;
    let problem = Problem::<4> {
        slope: |y, dy| {
            let (earth, moon) = (y[0] + MOON, y[0] - 1.0 + MOON);
            let to_earth = (1.0 - MOON) / (earth * earth + y[1] * y[1]).powf(1.5);
            let to_moon = MOON / (moon * moon + y[1] * y[1]).powf(1.5);
            dy[0] = y[2];
            dy[1] = y[3];
            dy[2] = y[0] + 2.0 * y[3] - to_earth * earth - to_moon * moon;
            dy[3] = y[1] - 2.0 * y[2] - (to_earth + to_moon) * y[1];
        },
        jacobian: |_, _| unreachable!("nothing here is stiff"),
    };
    for method in [Method::Explicit, Method::Auto] {
        let work = compare("arenstorf", method, problem.clone(), 1e-11, [1e-14; 4]);
        assert!(work.is_none_or(|work| work.stiff_steps == 0));
    }
}

#[test]
fn saturable_elimination_follows_the_function_of_lambert() {
    let problem = Problem::<1> {
        slope: |y, dy| dy[0] = -5.0 * y[0] / (1.5 + y[0]),
        jacobian: |y, j| j[0] = -7.5 / (1.5 + y[0]).powi(2),
    };
    for method in [Method::Explicit, Method::Stiff, Method::Auto] {
        compare("michaelis_menten_lambertw", method, problem.clone(), 1e-11, [1e-18]);
    }
}
