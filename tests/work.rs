//! The work that reference problems take: a method that became dearer fails here without a clock.

mod integrate;

use integrate::problems::{self, Problem};
use integrate::{Each, carry};
use posology::solve::{Integrator, Method, Work};

/// Steps and right-hand sides of a problem with the method chosen by itself, to a relative tolerance of 1e-8.
fn work<const N: usize>(problem: Problem<N>, start: [f64; N], absolute: f64, stretches: u32, length: f64) -> Work {
    work_to(1e-8, problem, start, absolute, stretches, length)
}

fn work_to<const N: usize>(
    relative: f64,
    problem: Problem<N>,
    start: [f64; N],
    absolute: f64,
    stretches: u32,
    length: f64,
) -> Work {
    let mut integrator = Integrator::new(N, Method::Auto, relative, 1_000_000);
    let (mut field, mut y) = (Each([problem]), start);
    for stretch in 0..stretches {
        if stretch > 0 {
            y[0] += start[0];
        }
        integrator.begin(0, &y, &[absolute; N], length);
        carry(&mut integrator, &mut field, |_, _, _| {}).expect("every problem has a solution");
        integrator.states(0, &mut y);
    }
    integrator.work()
}

#[test]
fn reference_problems_take_the_work_they_took() {
    let hires = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057];
    let orbit = [0.994, 0.0, 0.0, -2.0015851063790825];
    // Explicit steps, stiff steps, right-hand sides.
    let found = [
        ("robertson", work(problems::robertson(), [1.0, 0.0, 0.0], 1e-18, 1, 1e11), [97, 793, 7726]),
        ("hires", work(problems::hires(), hires, 1e-12, 1, 321.8122), [1037, 509, 10853]),
        ("oregonator", work(problems::oregonator(), [1.0, 2.0, 3.0], 1e-12, 1, 360.0), [1962, 1797, 28061]),
        ("van der Pol", work(problems::van_der_pol(), [2.0, 0.0], 1e-12, 1, 2000.0), [1304, 1119, 18016]),
        ("arenstorf", work(problems::arenstorf(), orbit, 1e-12, 1, 17.065216560157964), [535, 0, 3320]),
        ("saturable", work(problems::saturable(), [20.0], 1e-12, 20, 8.0), [2279, 0, 14715]),
        ("response", work_to(1e-4, problems::response(), [20.0, 100.0], 1e-6, 20, 168.0), [1666, 0, 11001]),
        ("binding, 50 /h", work(problems::binding::<50>(), [10.0, 1.0, 0.0], 1e-10, 7, 24.0), [8045, 1574, 62612]),
        ("binding, 2000 /h", work(problems::binding::<2000>(), [10.0, 1.0, 0.0], 1e-10, 7, 24.0), [698, 5164, 50721]),
    ];
    let mut differs = false;
    for (name, work, expected) in found {
        let counted = [work.explicit_steps, work.stiff_steps, work.slopes];
        println!("{name}: {counted:?}");
        differs |= counted.iter().zip(expected).any(|(now, then)| 100 * now.abs_diff(then) > then);
    }
    assert!(!differs, "more than 1 % from what is written down");
}
