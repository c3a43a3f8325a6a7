//! The exact engine against formulas derived by hand: relative error at most 1e-12, equal rates included.

use posology::solve::{Event, Exact, Plan, Schedule, System};

/// Rates between states and out of the system, as a row-major matrix.
fn matrix(n: usize, flows: &[(usize, usize, f64)], losses: &[(usize, f64)]) -> Vec<f64> {
    let mut a = vec![0.0; n * n];
    for &(from, to, rate) in flows {
        a[to * n + from] += rate;
        a[from * n + from] -= rate;
    }
    losses.iter().for_each(|&(from, rate)| a[from * n + from] -= rate);
    a
}

fn unit(n: usize, state: usize, scale: f64) -> Vec<f64> {
    (0..n).map(|i| if i == state { scale } else { 0.0 }).collect()
}

/// One amount of 100 into `into` at time zero, over `over`; `state` at the samples.
fn sampled(a: &[f64], into: usize, over: f64, state: usize, samples: &[f64]) -> Vec<f64> {
    let n = a.len().isqrt();
    let events = [Event { time: 0.0, state: into, amount: 0, over }];
    let schedule = Schedule::new(&Plan { events: &events, samples, ..Plan::default() }).unwrap();
    let mut exact = Exact::new(n);
    let zeros = vec![0.0; n];
    exact.solve(&schedule, System { a, b: &zeros, x0: &zeros }, &[100.0]).unwrap();
    let mut out = vec![0.0; samples.len()];
    exact.emit(&schedule, &unit(n, state, 1.0), &[0.0], &mut out).unwrap();
    out
}

fn assert_close(what: &str, samples: &[f64], found: &[f64], exact: impl Fn(f64) -> f64) {
    for (&t, &y) in samples.iter().zip(found) {
        let expected = exact(t);
        let error = (y - expected).abs() / expected.abs();
        assert!(error <= 1e-12, "{what} at {t}: {y:e}, formula {expected:e}, relative error {error:e}");
    }
}

fn grid() -> Vec<f64> {
    (1..=240).map(|k| 0.1 * f64::from(k)).collect()
}

/// Two rates of the two-compartment model, fast first.
fn two_rates(k10: f64, k12: f64, k21: f64) -> (f64, f64) {
    let sum = k10 + k12 + k21;
    let fast = 0.5 * (sum + (sum * sum - 4.0 * k10 * k21).sqrt());
    (fast, k10 * k21 / fast)
}

#[test]
fn bolus_into_one_two_and_three_compartments() {
    let samples = grid();
    let k = 0.23;
    let one = sampled(&matrix(1, &[], &[(0, k)]), 0, 0.0, 0, &samples);
    assert_close("one", &samples, &one, |t| 100.0 * (-k * t).exp());

    let (k10, k12, k21) = (0.5, 0.4, 0.3);
    let (fast, slow) = two_rates(k10, k12, k21);
    let two = sampled(&matrix(2, &[(0, 1, k12), (1, 0, k21)], &[(0, k10)]), 0, 0.0, 0, &samples);
    assert_close("two", &samples, &two, |t| {
        100.0 * ((fast - k21) * (-fast * t).exp() + (k21 - slow) * (-slow * t).exp()) / (fast - slow)
    });

    // Rates 2, 1 and 0.1 chosen first: k21 + k31 and k21 k31 fix the numerator, the characteristic polynomial the rest.
    let rates = [2.0, 1.0, 0.1];
    let (k21, k31) = (1.4, 0.3);
    let (sum, pairs, product) = (3.1, 2.0 + 0.2 + 0.1, 0.2);
    let k10 = product / (k21 * k31);
    // sum = k10+k12+k13+k21+k31 ; pairs = k10 (k21+k31) + k12 k31 + k13 k21 + k21 k31
    let exchange = sum - k10 - k21 - k31;
    let k13 = (pairs - k10 * (k21 + k31) - k21 * k31 - exchange * k31) / (k21 - k31);
    let k12 = exchange - k13;
    assert!(k12 > 0.0 && k13 > 0.0);
    let a = matrix(3, &[(0, 1, k12), (1, 0, k21), (0, 2, k13), (2, 0, k31)], &[(0, k10)]);
    let three = sampled(&a, 0, 0.0, 0, &samples);
    assert_close("three", &samples, &three, |t| {
        (0..3)
            .map(|i| {
                let others: f64 = (0..3).filter(|&j| j != i).map(|j| rates[j] - rates[i]).product();
                100.0 * (k21 - rates[i]) * (k31 - rates[i]) / others * (-rates[i] * t).exp()
            })
            .sum()
    });
}

#[test]
fn infusion_during_and_after() {
    let samples = grid();
    for over in [0.05, 2.0, 12.0] {
        let rate = 100.0 / over;
        let response = |k: f64, t: f64| {
            let during = t.min(over);
            -(-k * during).exp_m1() / k * (-k * (t - during)).exp()
        };
        let k = 0.23;
        let one = sampled(&matrix(1, &[], &[(0, k)]), 0, over, 0, &samples);
        assert_close("one", &samples, &one, |t| rate * response(k, t));

        let (k10, k12, k21) = (0.5, 0.4, 0.3);
        let (fast, slow) = two_rates(k10, k12, k21);
        let two = sampled(&matrix(2, &[(0, 1, k12), (1, 0, k21)], &[(0, k10)]), 0, over, 0, &samples);
        assert_close("two", &samples, &two, |t| {
            rate * ((fast - k21) * response(fast, t) + (k21 - slow) * response(slow, t)) / (fast - slow)
        });
    }
}

/// Amount in the central state after a bolus into the depot: ka times the divided difference of e^(-kt), stable at any gap.
fn absorbed(ka: f64, k: f64, t: f64) -> f64 {
    let (slow, gap) = (ka.min(k), (ka - k).abs());
    let mean = if gap == 0.0 { t } else { -(-gap * t).exp_m1() / gap };
    100.0 * ka * (-slow * t).exp() * mean
}

#[test]
fn absorption_at_every_distance_between_the_two_rates() {
    let samples = grid();
    let k = 0.3;
    for gap in [9.0, 1.0, 0.1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 0.0, -1e-12, -1e-7, -1e-2, -0.9] {
        let ka = k * (1.0 + gap);
        let found = sampled(&matrix(2, &[(0, 1, ka)], &[(1, k)]), 0, 0.0, 1, &samples);
        assert_close(&format!("gap {gap:e}"), &samples, &found, |t| absorbed(ka, k, t));
    }
}

#[test]
fn six_equal_transits_are_a_gamma_density() {
    let ktr = 2.5;
    let mut flows: Vec<_> = (0..5).map(|i| (i, i + 1, ktr)).collect();
    flows.push((5, 6, ktr));
    let a = matrix(7, &flows, &[]);
    let samples = grid();
    let last = sampled(&a, 0, 0.0, 5, &samples);
    assert_close("sixth transit", &samples, &last, |t| 100.0 * (ktr * t).powi(5) / 120.0 * (-ktr * t).exp());
}

#[test]
fn an_accumulator_of_losses_collects_what_is_gone() {
    let samples = grid();
    let (ka, k) = (1.3, 0.3);
    let a = matrix(3, &[(0, 1, ka), (1, 2, k)], &[]);
    for (over, into) in [(0.0, 1), (3.0, 1)] {
        let gone = sampled(&a, into, over, 2, &samples);
        assert_close("gone", &samples, &gone, |t| match over {
            0.0 => -100.0 * (-k * t).exp_m1(),
            _ => {
                let during = t.min(over);
                let held = -(-k * during).exp_m1() / k * (-k * (t - during)).exp();
                100.0 / over * (during - held)
            }
        });
    }
    let mean_transit = sampled(&matrix(2, &[(0, 1, 1.0)], &[]), 0, 0.0, 1, &[1e-9]);
    assert!((mean_transit[0] / 1e-7 - 1.0).abs() < 1e-6);
}

/// The signal of `state` after 100 into state 0 at time zero, over `over`.
fn with_signal<T>(a: &[f64], over: f64, state: usize, ask: impl FnOnce(&mut posology::solve::Signal) -> T) -> T {
    let n = a.len().isqrt();
    let events = [Event { time: 0.0, state: 0, amount: 0, over }];
    let schedule = Schedule::new(&Plan { events: &events, ..Plan::default() }).unwrap();
    let zeros = vec![0.0; n];
    let mut exact = Exact::new(n);
    let solution = exact.solve(&schedule, System { a, b: &zeros, x0: &zeros }, &[100.0]).unwrap();
    ask(&mut solution.signal(&unit(n, state, 1.0), &[0.0]))
}

fn assert_relative(what: &str, found: f64, expected: f64) {
    let error = (found / expected - 1.0).abs();
    assert!(error <= 1e-12, "{what}: {found:e}, formula {expected:e}, relative error {error:e}");
}

#[test]
fn areas_peaks_and_crossings_of_an_absorption_curve() {
    let k = 0.3;
    for ka in [2.7, k * (1.0 + 1e-6), k, 0.1] {
        let a = matrix(2, &[(0, 1, ka)], &[(1, k)]);
        with_signal(&a, 0.0, 1, |y| {
            let area = y.integral_to_infinity(0.0).unwrap();
            assert_relative("area", area, 100.0 / k);
            let mean_time = y.moment_to_infinity(0.0).unwrap() / area;
            assert_relative("mean time", mean_time, 1.0 / k + 1.0 / ka);
            assert_relative("area of parts", y.integral(0.0, 5.0) + y.integral_to_infinity(5.0).unwrap(), area);
            assert_relative(
                "moment of parts",
                y.moment(0.0, 5.0) + y.moment_to_infinity(5.0).unwrap(),
                mean_time * area,
            );
            // Held amount at t, from the balance: integral over 0..t of k y = absorbed - held.
            let t = 7.0;
            assert_relative("area to t", y.integral(0.0, t), (-100.0 * (-ka * t).exp_m1() - absorbed(ka, k, t)) / k);
            let expected_tmax = if ka == k { 1.0 / k } else { ((ka - k) / k).ln_1p() / (ka - k) };
            let peak = y.max(0.0, 100.0);
            assert!((peak.time / expected_tmax - 1.0).abs() < 1e-7, "{} {expected_tmax}", peak.time);
            assert_relative("peak", peak.value, absorbed(ka, k, expected_tmax));
            let crossings = y.crossings(0.5 * peak.value, 0.0, 100.0);
            assert_eq!(crossings.len(), 2);
            for &time in &crossings {
                assert!((absorbed(ka, k, time) / (0.5 * peak.value) - 1.0).abs() < 1e-12);
            }
            assert_relative("time above", y.time_above(0.5 * peak.value, 0.0, 100.0), crossings[1] - crossings[0]);
            let slowest = y.slowest_mode().unwrap();
            assert!((slowest / ka.min(k) - 1.0).abs() < 1e-7);
        });
    }
    // Apart from confluence the time of the peak itself is sharp.
    let peak = with_signal(&matrix(2, &[(0, 1, 2.7)], &[(1, 0.3)]), 0.0, 1, |y| y.max(0.0, 100.0));
    assert_relative("time of the peak", peak.time, 9.0_f64.ln() / 2.4);
}

#[test]
fn mean_residence_time_of_an_infusion_adds_half_its_duration() {
    let (k10, k12, k21, over) = (0.5, 0.4, 0.3, 2.0);
    let a = matrix(2, &[(0, 1, k12), (1, 0, k21)], &[(0, k10)]);
    with_signal(&a, over, 0, |y| {
        let area = y.integral_to_infinity(0.0).unwrap();
        assert_relative("area", area, 100.0 / k10);
        let mean_time = y.moment_to_infinity(0.0).unwrap() / area;
        assert_relative("mean time", mean_time, (1.0 + k12 / k21) / k10 + over / 2.0);
        assert_eq!(y.max(0.0, 50.0).time, over);
        let (_, slow) = two_rates(k10, k12, k21);
        assert_relative("slowest mode", y.slowest_mode().unwrap(), slow);
    });
}

#[test]
fn a_constant_input_has_a_plateau_and_no_finite_area() {
    let schedule = Schedule::new(&Plan { samples: &[10.0, 1000.0], ..Plan::default() }).unwrap();
    let mut exact = Exact::new(1);
    let solution = exact.solve(&schedule, System { a: &[-0.05], b: &[5.0], x0: &[0.0] }, &[]).unwrap();
    let mut y = solution.signal(&[2.0], &[1.0]);
    assert_relative("at 10", y.at(10.0), 1.0 + 200.0 * -(-0.5_f64).exp_m1());
    assert_eq!(y.integral_to_infinity(0.0), None);
    assert_relative("slowest", y.slowest_mode().unwrap(), 0.05);
    let mut out = [0.0; 2];
    exact.emit(&schedule, &[2.0], &[1.0], &mut out).unwrap();
    assert_relative("plateau", out[1], 201.0);
}

#[test]
fn a_rotation_turns_every_half_period_and_crosses_zero_between() {
    let (decay, frequency) = (0.1, 3.0);
    let a = [-decay, frequency, -frequency, -decay];
    let length = 20.0;
    with_signal(&a, 0.0, 0, |y| {
        assert!((y.at(1.7) - 100.0 * (-0.17_f64).exp() * 5.1_f64.cos()).abs() < 1e-12 * 100.0);
        let zeros = y.crossings(0.0, 0.0, length);
        let count = (frequency * length / std::f64::consts::PI + 0.5).floor();
        assert_eq!(zeros.len(), count as usize);
        for (k, t) in zeros.iter().enumerate() {
            assert!((frequency * t - std::f64::consts::PI * (k as f64 + 0.5)).abs() < 1e-9);
        }
        assert_relative(
            "area",
            y.integral_to_infinity(0.0).unwrap(),
            100.0 * decay / (decay * decay + frequency * frequency),
        );
    });
}

#[test]
fn twenty_weeks_of_doses_are_the_sum_of_their_curves() {
    let (ka, k10, k12, k21) = (1.2, 80.0 / 150.0, 60.0 / 150.0, 60.0 / 200.0);
    let times: Vec<f64> =
        (0..8).map(|k| 84.0 * f64::from(k)).chain((0..12).map(|k| 672.0 + 168.0 * f64::from(k))).collect();
    let events: Vec<_> = times.iter().map(|&time| Event { time, state: 0, amount: 0, over: 0.0 }).collect();
    let samples: Vec<_> = (1..=500).map(|j| 6.72 * f64::from(j)).collect();
    let schedule = Schedule::new(&Plan { events: &events, samples: &samples, ..Plan::default() }).unwrap();
    let a = matrix(3, &[(0, 1, ka), (1, 2, k12), (2, 1, k21)], &[(1, k10)]);
    let mut exact = Exact::new(3);
    exact.solve(&schedule, System { a: &a, b: &[0.0; 3], x0: &[0.0; 3] }, &[84.0]).unwrap();
    let mut out = vec![0.0; 500];
    exact.emit(&schedule, &[0.0, 1.0 / 150.0, 0.0], &[0.0], &mut out).unwrap();
    let (fast, slow) = two_rates(k10, k12, k21);
    let curve = |t: f64| {
        let part = |rate: f64, p: f64, q: f64| (k21 - rate) / ((p - rate) * (q - rate)) * (-rate * t).exp();
        84.0 / 150.0 * ka * (part(fast, slow, ka) + part(slow, fast, ka) + part(ka, fast, slow))
    };
    for (&t, y) in samples.iter().zip(out) {
        let expected: f64 = times.iter().filter(|&&s| s <= t + 1e-9).map(|s| curve((t - s).max(0.0))).sum();
        // Just after a dose both sums hold terms of the size of the peak that cancel: the last digits of the peak are all there is.
        assert!((y - expected).abs() <= 1e-12 * expected + 1e-15, "{t}: {y:e} {expected:e}");
    }
}
