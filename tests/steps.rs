//! Steps of the integrators need no memory after the first ones.

mod counting;
mod integrate;

use counting::ALLOCATIONS;
use integrate::{Each, System, carry};
use posology::solve::{Integrator, Method, Outcome};

/// Two linear rates and a saturable one.
#[derive(Clone)]
struct Cascade(f64);

impl System for Cascade {
    const SIZE: usize = 3;

    fn slope(&self, _: f64, y: &[f64], dy: &mut [f64]) {
        dy[0] = -self.0 * y[0];
        dy[1] = self.0 * y[0] - y[1] / (0.5 + y[1]);
        dy[2] = y[1] / (0.5 + y[1]) - 0.1 * y[2];
    }

    fn jacobian(&self, _: f64, y: &[f64], j: &mut [f64]) {
        let saturable = 0.5 / (0.5 + y[1]).powi(2);
        j.copy_from_slice(&[-self.0, 0.0, 0.0, self.0, -saturable, 0.0, 0.0, saturable, -0.1]);
    }
}

/// How often memory is asked for between the 10th and the 1,000th step of the first lane; other lanes end stretches and
/// begin new ones meanwhile.
fn allocations<const L: usize>(method: Method) -> u64 {
    let mut field = Each(std::array::from_fn::<_, L, _>(|l| Cascade(1.0 + 20.0 * l as f64)));
    let mut integrator = Integrator::<L>::new(3, method, 1e-10, 10_000);
    let (start, absolute) = ([10.0, 0.0, 0.0], [1e-12; 3]);
    (0..L).for_each(|lane| integrator.begin(lane, &start, &absolute, 3.0));
    let (mut steps, mut y, mut before, mut sum) = (0, [0.0; 3], 0, 0.0);
    while steps < 1000 {
        integrator.attempt(&mut field);
        for lane in 0..L {
            let outcome = integrator.outcome(lane);
            let Outcome::Accepted { arrived, .. } = outcome else { continue };
            sum += integrator.quartic(lane, 2)[4];
            if lane == 0 {
                steps += 1;
                if steps == 10 {
                    before = ALLOCATIONS.get();
                }
            }
            if arrived {
                integrator.states(lane, &mut y);
                y[0] += 10.0;
                integrator.begin(lane, &y, &absolute, 3.0);
            }
        }
    }
    assert!(sum.is_finite());
    ALLOCATIONS.get() - before
}

#[test]
fn no_memory_is_asked_for_between_the_10th_and_the_1000th_step() {
    let before = ALLOCATIONS.get();
    let mut integrator = Integrator::new(3, Method::Auto, 1e-8, 1000);
    let made = ALLOCATIONS.get();
    assert!(made > before, "the count counts");
    integrator.begin(0, &[10.0, 0.0, 0.0], &[1e-10; 3], 3.0);
    carry(&mut integrator, &mut Each([Cascade(1.0)]), |_, _, _| {}).expect("nothing is difficult here");
    assert_eq!(ALLOCATIONS.get(), made, "the first steps need none either");
    for method in [Method::Explicit, Method::Stiff, Method::Auto] {
        assert_eq!(allocations::<1>(method), 0, "{method:?}, one lane");
        assert_eq!(allocations::<16>(method), 0, "{method:?}, 16 lanes");
    }
}
