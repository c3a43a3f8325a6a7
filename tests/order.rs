//! The order of the integrators, measured by halving the step.

mod integrate;

use integrate::{Each, System, carry, problems};
use posology::solve::{Integrator, Method};

/// y1 = 1 / (1 + t) and y2 = 2 + sin 2t, from equations that are not linear, coupled, and depend on time.
#[derive(Clone)]
struct Known {
    /// When the present stretch began.
    origin: f64,
}

impl Known {
    fn at(t: f64) -> [f64; 2] {
        [1.0 / (1.0 + t), 2.0 + (2.0 * t).sin()]
    }
}

impl System for Known {
    const SIZE: usize = 2;

    fn slope(&self, t: f64, y: &[f64], dy: &mut [f64]) {
        let t = self.origin + t;
        let known = Self::at(t);
        dy[0] = -y[0] * y[0] + 0.3 * (y[1] - known[1]);
        dy[1] = 2.0 * (2.0 * t).cos() - 0.2 * (y[0] * y[1].powi(3) - known[0] * known[1].powi(3));
    }

    fn jacobian(&self, _: f64, y: &[f64], j: &mut [f64]) {
        j.copy_from_slice(&[-2.0 * y[0], 0.3, -0.2 * y[1].powi(3), -0.6 * y[0] * y[1] * y[1]]);
    }
}

/// An integrator that accepts every step, so that each stretch is one step.
fn careless(method: Method) -> Integrator<1> {
    Integrator::new(2, method, 1e300, 10)
}

/// One step from `origin`, from the states `y` on, which become those at its end; the largest error inside it.
fn advance(integrator: &mut Integrator<1>, origin: f64, h: f64, y: &mut [f64; 2]) -> f64 {
    let (mut field, mut steps, mut worst) = (Each([Known { origin }]), 0, 0.0_f64);
    integrator.begin(0, y, &[0.0; 2], h);
    carry(integrator, &mut field, |integrator, from, to| {
        assert_eq!((from, to), (0.0, h), "one step is the whole stretch");
        steps += 1;
        for theta in [0.0, 0.2, 0.45, 0.7, 0.9, 1.0] {
            for (state, expected) in Known::at(origin + theta * h).iter().enumerate() {
                let c = integrator.quartic(0, state);
                let value = c.iter().rev().fold(0.0, |value, c| value * theta + c);
                worst = worst.max((value - expected).abs());
            }
        }
    })
    .unwrap();
    assert_eq!(steps, 1);
    integrator.states(0, y);
    worst
}

/// Errors at the end of two hours, at the end of single steps that begin at the solution, and inside them.
fn errors(method: Method, parts: u32) -> [f64; 3] {
    let h = 2.0 / f64::from(parts);
    let mut integrator = careless(method);
    let (mut y, mut local, mut inside) = (Known::at(0.0), 0.0_f64, 0.0_f64);
    let distance = |y: [f64; 2], t: f64| y.iter().zip(Known::at(t)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    for k in 0..parts {
        let origin = h * f64::from(k);
        let mut single = Known::at(origin);
        inside = inside.max(advance(&mut integrator, origin, h, &mut single));
        local = local.max(distance(single, origin + h));
        advance(&mut integrator, origin, h, &mut y);
    }
    [distance(y, 2.0), local, inside]
}

#[test]
fn both_methods_are_of_order_5_and_their_dense_output_of_order_4() {
    for method in [Method::Explicit, Method::Stiff] {
        let [coarse, fine] = [80, 160].map(|parts| errors(method, parts));
        let [whole, single, inside] = std::array::from_fn(|i| (coarse[i] / fine[i]).log2());
        println!("{method:?}: order {whole:.2}; in a single step {single:.2}, within it {inside:.2}");
        assert!((4.8..5.4).contains(&whole), "{method:?}: order {whole}");
        assert!((5.7..6.6).contains(&single), "{method:?}: a single step errs with power {single}");
        assert!((4.7..5.4).contains(&inside), "{method:?}: inside a step the error goes with power {inside}");
    }
}

/// What an integrator says of five doses a week apart: when each step begins and ends, drug and response in it; and how many
/// steps there are.
type Said = (Vec<(f64, f64, [[f64; 5]; 2])>, u64);

fn five_weeks(method: Method, relative: f64) -> Said {
    let mut integrator = Integrator::new(2, method, relative, 1_000_000);
    let (mut field, mut y, mut said) = (Each([problems::response()]), [0.0, 100.0], Vec::new());
    for week in 0..5 {
        y[0] += 20.0;
        integrator.begin(0, &y, &[20.0, 100.0].map(|size| 1e-2 * relative * size), 168.0);
        let begin = 168.0 * f64::from(week);
        carry(&mut integrator, &mut field, |integrator, from, to| {
            said.push((begin + from, begin + to, [0, 1].map(|state| integrator.quartic(0, state))));
        })
        .unwrap();
        integrator.states(0, &mut y);
    }
    (said, integrator.work().explicit_steps)
}

#[test]
fn where_stability_limits_the_steps_there_are_fewer_and_they_are_as_good() {
    let value = |c: &[f64; 5], theta: f64| c.iter().rev().fold(0.0, |value, c| value * theta + c);
    let (exact, _) = five_weeks(Method::Explicit, 1e-12);
    let at = |t: f64, state: usize| {
        let k = exact.partition_point(|(_, to, _)| *to < t).min(exact.len() - 1);
        let (from, to, quartics) = &exact[k];
        value(&quartics[state], (t - from) / (to - from))
    };
    for relative in [1e-3, 1e-4, 1e-5, 1e-6] {
        let (_, ordinary) = five_weeks(Method::Explicit, relative);
        let (said, steps) = five_weeks(Method::Auto, relative);
        let mut worst = 0.0_f64;
        for (from, to, quartics) in &said {
            for theta in [0.2, 0.5, 0.8, 0.99] {
                for (state, size) in [20.0, 100.0].into_iter().enumerate() {
                    let error = value(&quartics[state], theta) - at(from + theta * (to - from), state);
                    worst = worst.max(error.abs() / size);
                }
            }
        }
        println!("{relative:e}: {steps} steps of {ordinary}, {worst:e}");
        assert!(worst < 2.0 * relative, "{relative:e}: off by {worst:e}");
        assert!(steps as f64 <= 0.75 * ordinary as f64, "{relative:e}: {steps} steps, with one method {ordinary}");
    }
}
