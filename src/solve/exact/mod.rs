//! The exact engine for linear systems, dx/dt = A x + b + inputs that are constant between events, with jumps at events.
//!
//! Between events every coordinate of the modal basis follows its own exponential, so a solution is a list of modal states,
//! one per segment, and anything asked of it (samples, areas, extrema, crossings) comes from these and not from a grid.

mod area;
mod blocks;
mod climb;
mod drive;
mod emit;
mod march;
mod propagators;
mod runs;
mod scatter;
mod shape;
mod signal;
mod solution;
mod steps;
mod view;
mod wide;

pub use drive::{Drive, Flow, FlowSpace};
pub(super) use propagators::NOTHING;
pub use shape::Extremum;
pub use signal::Signal;
pub(super) use solution::Evaluator;
pub use solution::Solution;

use super::schedule::Schedule;
use super::{SolveError, Work};
use crate::math::kernel::Kernel;
use crate::math::modal::Decomposer;
use emit::Emitter;
use march::March;

/// Bits of the exponent of a number.
const EXPONENT: u64 = 0x7ff << 52;

/// The numbers of one subject, one block per interval of the schedule (usually one), matrices row-major.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    /// systems x n x n rates, per hour; `a[i][j]` is what state j sends to state i.
    pub a: &'a [f64],
    /// systems x n constant inputs, per hour.
    pub b: &'a [f64],
    /// n initial values, before the events at the start.
    pub x0: &'a [f64],
}

/// Workspace of the engine, one per thread. Results depend on the arguments only, never on earlier calls.
#[derive(Debug)]
pub struct Exact {
    n: usize,
    decomposer: Decomposer,
    solution: Solution,
    march: March,
    emitter: Emitter,
    work: Work,
}

impl Exact {
    /// A workspace for systems of `n` states.
    pub fn new(n: usize) -> Self {
        Self::with(n, Kernel::widest())
    }

    /// The same with an instruction set of one's own; all give the same bytes.
    pub fn with(n: usize, kernel: Kernel) -> Self {
        Self {
            n,
            decomposer: Decomposer::default(),
            solution: Solution::default(),
            march: March::new(kernel),
            emitter: Emitter::new(kernel),
            work: Work::default(),
        }
    }

    /// Solves one subject: `amounts` are what the events of the schedule refer to. Events of states beyond the `n` of this
    /// engine are left to others.
    ///
    /// # Errors
    /// Numbers that are not finite, going in or coming out.
    ///
    /// # Panics
    /// When the lengths of the slices do not fit the schedule and the number of states.
    pub fn solve(&mut self, schedule: &Schedule, system: System, amounts: &[f64]) -> Result<&Solution, SolveError> {
        self.check(schedule, &system, amounts)?;
        self.solution.reset(self.n, schedule, amounts);
        self.emitter.forget();
        for k in 0..schedule.systems() {
            let a = &system.a[k * self.n * self.n..(k + 1) * self.n * self.n];
            self.decomposer.decompose(a, self.n, &mut self.solution.modals[k]);
            self.work.count(self.solution.modals[k].kind());
        }
        self.march.walk(schedule, &system, amounts, &mut self.solution, &mut self.work)?;
        Ok(&self.solution)
    }

    /// The latest solution.
    pub fn solution(&self) -> &Solution {
        &self.solution
    }

    /// Work since the workspace was made.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Writes the readout y = c . x + d of the latest solution at every sample of `schedule`, the one it was solved with.
    /// `c` holds n weights and `d` one constant per interval of the schedule.
    ///
    /// # Errors
    /// [`SolveError::Overflow`] when an output is not finite.
    ///
    /// # Panics
    /// When the lengths of the slices do not fit.
    pub fn emit(&mut self, schedule: &Schedule, c: &[f64], d: &[f64], out: &mut [f64]) -> Result<(), SolveError> {
        assert_eq!(out.len(), schedule.samples(), "one place per sample");
        self.emitter.emit(&self.solution, schedule, (c, d), out, &mut self.work)
    }

    /// Writes the states at every sample of `schedule`, row-major samples x n.
    ///
    /// # Errors
    /// As [`Exact::emit`].
    pub fn sample_states(&mut self, schedule: &Schedule, out: &mut [f64]) -> Result<(), SolveError> {
        let (n, systems) = (self.n, schedule.systems());
        let zeros = vec![0.0; systems];
        let mut column = vec![0.0; schedule.samples()];
        for state in 0..n {
            let c: Vec<f64> = (0..n * systems).map(|k| f64::from(u8::from(k % n == state))).collect();
            self.emit(schedule, &c, &zeros, &mut column)?;
            out.chunks_exact_mut(n).zip(&column).for_each(|(row, value)| row[state] = *value);
        }
        Ok(())
    }

    fn check(&self, schedule: &Schedule, system: &System, amounts: &[f64]) -> Result<(), SolveError> {
        let (n, systems) = (self.n, schedule.systems());
        assert_eq!(system.a.len(), systems * n * n, "one matrix per interval");
        assert_eq!(system.b.len(), systems * n, "one constant input per interval");
        assert_eq!(system.x0.len(), n, "one initial value per state");
        if let Some(at) = not_finite(system.a) {
            return Err(SolveError::Rate { row: at / n % n, column: at % n, value: system.a[at] });
        }
        for (what, list) in [("constant input", system.b), ("initial value", system.x0), ("amount", amounts)] {
            if let Some(index) = not_finite(list) {
                return Err(SolveError::Value { what, index, value: list[index] });
            }
        }
        Ok(())
    }
}

/// The first number that is not finite.
fn not_finite(list: &[f64]) -> Option<usize> {
    // The exponent of such a number is all ones, so that one more carries into the sign.
    let carry = list.iter().fold(0, |carry, v| carry | ((v.to_bits() & EXPONENT) + (1 << 52)));
    if carry >> 63 == 0 { None } else { list.iter().position(|v| !v.is_finite()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::{Event, Plan};

    const FREE: [f64; 2] = [0.0; 2];

    #[test]
    fn another_system_takes_over_with_the_states_as_they_are() {
        let events = [Event { time: 0.0, state: 0, amount: 0, over: 5.0 }];
        let samples: Vec<f64> = (0..60).map(|k| 0.5 * f64::from(k)).collect();
        let split = Plan { events: &events, switches: &[3.0, 20.0], samples: &samples, ..Plan::default() };
        let whole = Plan { switches: &[], ..split };
        let a = [-0.9, 0.2, 0.5, -0.2];
        let one = Schedule::new(&whole).unwrap();
        let two = Schedule::new(&split).unwrap();
        let (mut x, mut y) = (vec![0.0; 60], vec![0.0; 60]);
        let mut exact = Exact::new(2);
        exact.solve(&one, System { a: &a, b: &FREE, x0: &[1.0, 2.0] }, &[10.0]).unwrap();
        exact.emit(&one, &[0.0, 1.0], &[0.5], &mut x).unwrap();
        let area = exact.solution().signal(&[0.0, 1.0], &[0.0]).integral(0.0, 30.0);
        exact.solve(&two, System { a: &a.repeat(3), b: &FREE.repeat(3), x0: &[1.0, 2.0] }, &[10.0]).unwrap();
        exact.emit(&two, &[0.0, 1.0].repeat(3), &[0.5; 3], &mut y).unwrap();
        assert!(x.iter().zip(&y).all(|(x, y)| (x / y - 1.0).abs() < 1e-13));
        let parts = exact.solution().signal(&[0.0, 1.0].repeat(3), &[0.0; 3]).integral(0.0, 30.0);
        assert!((parts / area - 1.0).abs() < 1e-13);

        let slower = Plan { events: &[], switches: &[4.0], ..whole };
        let schedule = Schedule::new(&slower).unwrap();
        let mut exact = Exact::new(1);
        let solution = exact.solve(&schedule, System { a: &[-0.5, -0.1], b: &[0.0; 2], x0: &[3.0] }, &[]).unwrap();
        let mut state = [0.0];
        solution.state(9.0, &mut state);
        assert!((state[0] / (3.0 * (-2.5_f64).exp()) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn samples_are_the_closed_form_and_the_same_bytes_with_every_instruction_set() {
        // The first times share a step; of the others, eight and three, none do.
        let samples: Vec<f64> = (0..12).map(f64::from).chain((0..11).map(|k| 12.0 + f64::from(k).powf(1.3))).collect();
        let schedule = Schedule::new(&Plan { samples: &samples, ..Plan::default() }).unwrap();
        let outs = Kernel::ALL.map(|kernel| {
            let (mut exact, mut out) = (Exact::with(2, kernel), vec![0.0; samples.len()]);
            let system = System { a: &[-0.3, 0.0, 0.0, -0.02], b: &FREE, x0: &[5.0, 1.0] };
            exact.solve(&schedule, system, &[]).unwrap();
            exact.emit(&schedule, &[2.0, 1.0], &[0.25], &mut out).unwrap();
            out
        });
        for (y, t) in outs[0].iter().zip(&samples) {
            let expected = 10.0 * (-0.3 * t).exp() + (-0.02 * t).exp() + 0.25;
            assert!((y / expected - 1.0).abs() < 1e-14, "{t}: {y} is not {expected}");
        }
        assert!(outs.iter().all(|out| *out == outs[0]));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_and_growth_is_reported() {
        let schedule = Schedule::new(&Plan { samples: &[1.0, 1e4], ..Plan::default() }).unwrap();
        let mut exact = Exact::new(1);
        let mut code = |a: f64, b: f64, x0: f64| {
            let solved = exact.solve(&schedule, System { a: &[a], b: &[b], x0: &[x0] }, &[]).map(|_| ());
            solved.and_then(|()| exact.emit(&schedule, &[1.0], &[0.0], &mut [0.0; 2])).map_err(|e| e.code())
        };
        assert_eq!(code(f64::NAN, 0.0, 0.0), Err("E_RATE_NOT_FINITE"));
        assert_eq!(code(-1.0, f64::INFINITY, 0.0), Err("E_VALUE_NOT_FINITE"));
        assert_eq!(code(-1.0, 0.0, f64::NAN), Err("E_VALUE_NOT_FINITE"));
        assert_eq!(code(1.0, 0.0, 1.0), Err("E_OVERFLOW"));
        assert_eq!(code(-1.0, 0.0, 1.0), Ok(()));
    }

    #[test]
    fn a_system_that_is_left_whole_answers_like_any_other() {
        // two coupled rotations that meet: the pair of pairs is defective, so nothing separates them
        let (r, f) = (-0.3, 2.0);
        let a = [r, f, 0.0, 0.0, -f, r, 0.0, 0.0, 1.0, 0.0, r, f, 0.0, 1.0, -f, r];
        let schedule = Schedule::new(&Plan { samples: &[0.5, 1.0, 1.5, 2.0], ..Plan::default() }).unwrap();
        let mut exact = Exact::new(4);
        exact.solve(&schedule, System { a: &a, b: &[0.0; 4], x0: &[1.0, 0.0, 0.0, 0.0] }, &[]).unwrap();
        let mut out = [0.0; 4];
        exact.emit(&schedule, &[0.0, 0.0, 1.0, 0.0], &[0.0], &mut out).unwrap();
        for (k, y) in out.iter().enumerate() {
            let t = 0.5 * (k as f64 + 1.0);
            assert!((y - t * (r * t).exp() * (f * t).cos()).abs() < 1e-14, "{t}");
        }
        let mut y = exact.solution().signal(&[0.0, 0.0, 1.0, 0.0], &[0.0]);
        let square = r * r + f * f;
        let area = (r * r - f * f) / (square * square);
        assert!((y.integral_to_infinity(0.0).unwrap() / area - 1.0).abs() < 1e-12);
        assert!((y.slowest_mode().unwrap() + r).abs() < 1e-7);
    }
}
