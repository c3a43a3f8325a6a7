//! The order of the integrators, measured by halving the step.

mod integrate;

use integrate::{Each, System, carry};
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
