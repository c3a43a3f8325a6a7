use super::*;
use crate::solve::{SolveError, Work};

/// A system written for one subject, in lanes that each have a factor of their own.
struct Each<F, const L: usize> {
    n: usize,
    factors: [f64; L],
    slope: F,
}

impl<const L: usize, F: Fn(f64, f64, &[f64], &mut [f64])> Field<L> for Each<F, L> {
    fn size(&self) -> usize {
        self.n
    }

    fn slope(&mut self, t: &[f64; L], y: &[[f64; L]], dy: &mut [[f64; L]]) {
        let mut slope = vec![0.0; self.n];
        for l in 0..L {
            let states: Vec<f64> = y.iter().map(|y| y[l]).collect();
            (self.slope)(self.factors[l], t[l], &states, &mut slope);
            dy.iter_mut().zip(&slope).for_each(|(dy, slope)| dy[l] = *slope);
        }
    }

    fn jacobian(&mut self, t: &[f64; L], y: &[[f64; L]], j: &mut [[f64; L]]) {
        let n = self.n;
        let (mut low, mut high) = (vec![[0.0; L]; n], vec![[0.0; L]; n]);
        for column in 0..n {
            let mut moved = y.to_vec();
            let width = y[column].map(|y| 1e-6 * y.abs().max(1e-3));
            (0..L).for_each(|l| moved[column][l] = y[column][l] + width[l]);
            self.slope(t, &moved, &mut high);
            (0..L).for_each(|l| moved[column][l] = y[column][l] - width[l]);
            self.slope(t, &moved, &mut low);
            for row in 0..n {
                for l in 0..L {
                    j[row * n + column][l] = (high[row][l] - low[row][l]) / (2.0 * width[l]);
                }
            }
        }
    }
}

/// Carries one lane to `until`; what it did, or why it could not.
fn carry<const L: usize>(
    integrator: &mut Integrator<L>,
    field: &mut impl Field<L>,
    lane: usize,
) -> Result<Vec<(f64, f64)>, SolveError> {
    let mut steps = Vec::new();
    loop {
        match integrator.sweep(field)[lane].clone() {
            Outcome::Idle => unreachable!("the lane is live"),
            Outcome::Rejected => {}
            Outcome::Accepted { from, to, arrived } => {
                steps.push((from, to));
                if arrived {
                    return Ok(steps);
                }
            }
            Outcome::Failed(error) => return Err(error),
        }
    }
}

#[test]
fn decay_is_as_accurate_as_asked_for() {
    for tolerance in [1e-6, 1e-8, 1e-10] {
        let mut field = Each { n: 1, factors: [1.0], slope: |_, _, y: &[f64], dy: &mut [f64]| dy[0] = -y[0] };
        let mut integrator = Integrator::<1>::new(1, Method::Explicit, tolerance, 10_000);
        integrator.begin(0, &[1.0], &[tolerance * 1e-3], 10.0);
        let steps = carry(&mut integrator, &mut field, 0).unwrap();
        let mut y = [0.0];
        integrator.states(0, &mut y);
        let error = (y[0] / (-10.0_f64).exp() - 1.0).abs();
        println!("{tolerance}: {error:e} in {} steps, {:?}", steps.len(), integrator.work());
        assert!(error < 20.0 * tolerance, "{error:e}");
        assert_eq!(steps.last().unwrap().1, 10.0);
    }
}

/// Drug that binds its target: free drug, target, complex; the factor is the speed of binding, 1/h.
fn binding(speed: f64, _: f64, y: &[f64], dy: &mut [f64]) {
    let [drug, target, complex] = [y[0], y[1], y[2]];
    let bound = speed * (drug * target - 0.1 * complex);
    dy[0] = -0.12 * drug - bound;
    dy[1] = 1.2 * (1.0 - target) - bound;
    dy[2] = bound - 0.3 * complex;
}

fn equivalents(work: Work, n: f64) -> f64 {
    work.slopes as f64 + n * work.jacobians as f64 + n / 3.0 * work.factorisations as f64
}

#[test]
fn binding_fast() {
    for tolerance in [1e-5, 1e-8, 1e-10] {
        for speed in [0.3, 1.2, 4.0, 10.0, 50.0, 200.0, 500.0, 2000.0, 20000.0] {
            print!("{tolerance} {speed}: ");
            for method in [Method::Explicit, Method::Stiff, Method::Auto] {
                let mut field = Each { n: 3, factors: [speed], slope: binding };
                let mut integrator = Integrator::<1>::new(3, method, tolerance, 1_000_000);
                let mut y = [0.0, 1.0, 0.0];
                for _ in 0..7 {
                    y[0] += 10.0;
                    integrator.begin(0, &y, &[tolerance * 1e-2; 3], 24.0);
                    carry(&mut integrator, &mut field, 0).unwrap();
                    integrator.states(0, &mut y);
                }
                let w = integrator.work();
                print!(
                    "{method:?} {} ({} {} r{} s{}) {:.12}; ",
                    equivalents(w, 3.0),
                    w.explicit_steps,
                    w.stiff_steps,
                    w.rejected,
                    w.switches,
                    y[2],
                );
            }
            println!();
        }
    }
}
