use super::DormandPrince::{Dop853, Dopri5};
use super::*;
use proptest::prelude::*;

const BOTH: [DormandPrince; 2] = [Dopri5, Dop853];

trait Slopes: FnMut(f64, &[[f64; 1]], &mut [[f64; 1]]) {}
impl<S: FnMut(f64, &[[f64; 1]], &mut [[f64; 1]])> Slopes for S {}

/// A field of the slopes alone.
struct Law<S>(usize, S);

impl<S: Slopes> Field<1> for Law<S> {
    fn size(&self) -> usize {
        self.0
    }

    fn slope(&mut self, t: &[f64; 1], y: &[[f64; 1]], dy: &mut [[f64; 1]]) {
        (self.1)(t[0], y, dy);
    }

    fn jacobian(&mut self, _: &[f64; 1], _: &[[f64; 1]], _: &mut [[f64; 1]]) {
        unreachable!("explicit methods need no Jacobian")
    }
}

fn law<S: Slopes>(n: usize, slopes: S) -> Law<S> {
    Law(n, slopes)
}

fn engine(method: DormandPrince, relative: f64) -> Reference {
    Reference::new(method, relative, relative * 1e-2, 100_000)
}

fn decay(rate: f64) -> Law<impl Slopes> {
    law(1, move |_, y, dy| dy[0] = [-rate * y[0][0]])
}

fn oscillator() -> Law<impl Slopes> {
    law(2, |_, y, dy| (dy[0], dy[1]) = (y[1], [-y[0][0]]))
}

#[test]
fn decay_and_oscillation_follow_their_tolerance() {
    for method in BOTH {
        for relative in [1e-5, 1e-8, 1e-11] {
            let mut y = [3.0];
            engine(method, relative).advance(&mut decay(0.7), 0.0, 10.0, &mut y, &[3.0]).unwrap();
            let exact = 3.0 * (-7.0_f64).exp();
            assert!((y[0] - exact).abs() <= 50.0 * relative * (exact + 0.03), "{method:?} {relative:e}: {y:?}");

            let mut y = [1.0, 0.0];
            engine(method, relative).advance(&mut oscillator(), 0.0, 20.0, &mut y, &[1.0, 1.0]).unwrap();
            let off = (y[0] - 20.0_f64.cos()).abs().max((y[1] + 20.0_f64.sin()).abs());
            assert!(off <= 100.0 * relative, "{method:?} {relative:e}: {off:e}");
        }
    }
}

/// Dense output of 0.6.2 answers 9.5e-2 (Dopri5) and -2.8e-1 (Dop853) here.
#[test]
fn an_end_that_takes_many_steps_is_reached() {
    for method in BOTH {
        let mut y = [1.0];
        let mut engine = Reference::new(method, 1e-8, 1e-10, 1000);
        engine.advance(&mut decay(1.0), 0.0, 5.0, &mut y, &[1.0]).unwrap();
        engine.advance(&mut decay(1.0), 5.0, 10.0, &mut y, &[1.0]).unwrap();
        assert!((y[0] / (-10.0_f64).exp() - 1.0).abs() < 1e-5, "{method:?} {y:?}");
    }
}

/// 10 per hour for five weeks: the solver's own test for stiffness would end this run.
#[test]
fn a_step_limited_by_stability_is_no_failure() {
    for method in BOTH {
        let mut y = [0.0];
        let mut field = law(1, |t, y, dy| dy[0] = [10.0 * ((0.01 * t).cos() - y[0][0])]);
        engine(method, 1e-8).advance(&mut field, 0.0, 840.0, &mut y, &[1.0]).unwrap();
        let exact = (100.0 * 8.4_f64.cos() + 0.1 * 8.4_f64.sin()) / 100.0001;
        assert!((y[0] - exact).abs() < 1e-6, "{method:?} {y:?} {exact}");
    }
}

/// Amounts of nmol beside a response in the hundreds: each has its own absolute tolerance.
#[test]
fn states_of_different_size_are_equally_accurate() {
    for method in BOTH {
        let scale = [1e-9, 1e6];
        let mut y = scale;
        let mut field = law(2, |_, y, dy| (dy[0], dy[1]) = ([-y[0][0]], [-2.0 * y[1][0]]));
        engine(method, 1e-9).advance(&mut field, 0.0, 3.0, &mut y, &scale).unwrap();
        for (y, exact) in y.iter().zip([1e-9 * (-3.0_f64).exp(), 1e6 * (-6.0_f64).exp()]) {
            assert!((y / exact - 1.0).abs() < 1e-7, "{method:?} {y:e} {exact:e}");
        }
    }
}

/// 0.6.2 evaluates a stage of Dop853 at the wrong time: without care this takes 52,000 steps and misses by 4e-7.
#[test]
fn the_time_in_a_slope_costs_no_steps() {
    for method in BOTH {
        let mut y = [0.0];
        let mut field = law(1, |t, y, dy| dy[0] = [10.0 * ((0.01 * t).cos() - y[0][0])]);
        let mut engine = engine(method, 1e-8);
        engine.advance(&mut field, 0.0, 100.0, &mut y, &[1.0]).unwrap();
        let exact = (100.0 * 1.0_f64.cos() + 0.1 * 1.0_f64.sin()) / 100.0001;
        assert!((y[0] - exact).abs() < 1e-8, "{method:?} {y:?} {exact}");
        assert!(engine.work().explicit_steps < 1000, "{method:?} {:?}", engine.work());
    }
}

#[test]
fn no_time_changes_nothing() {
    for method in BOTH {
        let mut y = [2.0];
        engine(method, 1e-8).advance(&mut decay(1.0), 4.0, 4.0, &mut y, &[1.0]).unwrap();
        assert_eq!(y, [2.0]);
    }
}

#[test]
fn slopes_that_are_no_numbers_are_found_where_they_are() {
    for method in BOTH {
        let mut y = [1.0, 1.0];
        let mut late = law(2, |t, _, dy| (dy[0], dy[1]) = ([1.0], [if t > 5.0 { f64::NAN } else { 0.0 }]));
        let error = engine(method, 1e-8).advance(&mut late, 2.0, 10.0, &mut y, &[1.0, 1.0]).unwrap_err();
        let SolveError::NotFinite { state: 1, time } = error else { panic!("{method:?} {error}") };
        assert!((time - 5.0).abs() < 1e-6, "{method:?} {time}");
        assert_eq!(y, [1.0, 1.0]);

        let mut at_once = law(1, |_, _, dy| dy[0] = [f64::INFINITY]);
        let error = engine(method, 1e-8).advance(&mut at_once, 2.0, 3.0, &mut [1.0], &[1.0]).unwrap_err();
        assert_eq!(error, SolveError::NotFinite { state: 0, time: 2.0 });
        let error = engine(method, 1e-8).advance(&mut decay(1.0), 2.0, 3.0, &mut [f64::NAN], &[1.0]).unwrap_err();
        assert_eq!(error, SolveError::NotFinite { state: 0, time: 2.0 });
    }
}

/// y' = y^2 from 1 has no solution at 1 h and after.
#[test]
fn growth_without_end_is_an_error_near_its_time() {
    for method in BOTH {
        let mut field = law(1, |_, y, dy| dy[0] = [y[0][0] * y[0][0]]);
        let error = engine(method, 1e-8).advance(&mut field, 0.0, 2.0, &mut [1.0], &[1.0]).unwrap_err();
        let (SolveError::StepTooSmall { time, .. } | SolveError::NotFinite { time, .. }) = error else {
            panic!("{method:?} {error}")
        };
        assert!((time - 1.0).abs() < 1e-4, "{method:?} {error}");
    }
}

#[test]
fn a_limit_of_steps_is_kept() {
    for method in BOTH {
        let mut engine = Reference::new(method, 1e-8, 1e-10, 20);
        let error = engine.advance(&mut oscillator(), 0.0, 1000.0, &mut [1.0, 0.0], &[1.0, 1.0]).unwrap_err();
        let SolveError::TooManySteps { time, limit: 20 } = error else { panic!("{method:?} {error}") };
        assert!(time > 0.0 && time < 1000.0, "{time}");
    }
}

/// A Weibull input with shape 1/2 has no finite rate at its beginning; models give it a huge one there.
#[test]
fn a_huge_first_slope_gets_through() {
    for method in BOTH {
        let mut y = [0.0];
        let mut field = law(1, |t, _, dy| dy[0] = [if t > 0.0 { 0.5 / t.sqrt() } else { 1e150 }]);
        engine(method, 1e-8).advance(&mut field, 0.0, 4.0, &mut y, &[1.0]).unwrap();
        assert!((y[0] - 2.0).abs() < 1e-6, "{method:?} {y:?}");
    }
}

#[test]
fn work_is_counted() {
    let stages = |method| if method == Dopri5 { 6 } else { 12 };
    for method in BOTH {
        let calls = std::cell::Cell::new(0);
        let mut field = law(1, |_, y, dy| {
            calls.set(calls.get() + 1);
            dy[0] = [-y[0][0]];
        });
        let mut engine = engine(method, 1e-8);
        engine.advance(&mut field, 0.0, 10.0, &mut [1.0], &[1.0]).unwrap();
        let work = engine.work();
        assert_eq!(work.slopes, calls.get());
        assert!(work.explicit_steps > 3, "{work:?}");
        assert!(work.slopes >= work.explicit_steps * stages(method), "{work:?}");
    }
}

#[test]
fn a_quartic_is_found_again() {
    let c = [1.5, -2.0, 0.25, 3.0, -0.75];
    let at = |theta| trajectory::quartic_at(&c, theta);
    let slope = |t: f64| c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * 4.0 * c[4]));
    let found = quartic([at(0.0), at(0.5), at(1.0)], [slope(0.0), slope(1.0)]);
    assert!(found.iter().zip(c).all(|(a, b)| (a - b).abs() < 1e-13), "{found:?}");
}

proptest! {
    /// Pieces cover the stretch without gaps, follow the solution everywhere, and end where `advance` ends.
    #[test]
    fn pieces_follow_the_solution(
        dop853: bool, relative in prop::sample::select(vec![1e-4, 1e-6, 1e-8, 1e-10]), from in 0.0..3.0_f64, long in 0.01..30.0_f64,
    ) {
        let method = BOTH[usize::from(dop853)];
        let exact = |t: f64| [t.cos(), -t.sin()];
        let (mut y, mut again) = (exact(from), exact(from));
        let mut pieces: Vec<(f64, f64, Vec<Quartic>)> = Vec::new();
        let keep = |begin: f64, length: f64, quartics: &[Quartic]| pieces.push((begin, length, quartics.to_vec()));
        engine(method, relative).pieces(&mut oscillator(), from, from + long, &mut y, &[1.0; 2], keep).unwrap();
        engine(method, relative).advance(&mut oscillator(), from, from + long, &mut again, &[1.0; 2]).unwrap();
        prop_assert_eq!(y.map(f64::to_bits), again.map(f64::to_bits));
        let mut reached: f64 = from;
        for (begin, length, quartics) in &pieces {
            prop_assert!((begin - reached).abs() <= 1e-12, "{} {}", begin, reached);
            reached = begin + length;
            for theta in [0.0, 0.1, 0.35, 0.5, 0.62, 0.9, 1.0] {
                for (quartic, exact) in quartics.iter().zip(exact(begin + theta * length)) {
                    let off = (trajectory::quartic_at(quartic, theta) - exact).abs();
                    prop_assert!(off <= 100.0 * relative, "{:?} {:e} at {}: {:e}", method, relative, begin, off);
                }
            }
        }
        prop_assert!((reached - from - long).abs() <= 1e-12);
    }
}
