//! Outputs at the samples: lanes over time. A run of samples at equal steps is written many at a time from tables of
//! powers, one multiplication and addition per coordinate and sample, with no exponential inside.

use super::blocks::Blocks;
use super::propagators::Propagators;
use super::runs::{ANY, Runs};
use super::scatter::Scatter;
use super::solution::Solution;
use super::steps::{Making, Steps};
use super::view::View;
use super::wide::{AllFinite, BlockParts, Jumps, LoneSamples, is_scattered};
use crate::math::kernel::Kernel;
use crate::math::modal::WIDTH;
use crate::solve::schedule::{Schedule, Segment, Span};
use crate::solve::{SolveError, Work};

/// Tables for one system, by distinct times and steps, and what one readout sees of it.
#[derive(Debug)]
pub(super) struct Emitter {
    kernel: Kernel,
    view: View,
    times: Propagators,
    steps: Steps,
    scatter: Scatter,
    blocks: Blocks,
    /// The system that the tables are for.
    current: Option<usize>,
}

impl Emitter {
    /// Memory; loops over lanes use the instructions of `kernel`.
    pub fn new(kernel: Kernel) -> Self {
        let (view, times, steps, scatter, blocks) = Default::default();
        Emitter { kernel, view, times, steps, scatter, blocks, current: None }
    }

    /// Forgets the tables: they are for another solution.
    pub fn forget(&mut self) {
        self.current = None;
    }

    /// Writes y = c . x + d at every sample.
    pub fn emit(
        &mut self,
        solution: &Solution,
        schedule: &Schedule,
        (c, d): (&[f64], &[f64]),
        out: &mut [f64],
        work: &mut Work,
    ) -> Result<(), SolveError> {
        let n = solution.size();
        assert_eq!((c.len(), d.len()), (schedule.systems() * n, schedule.systems()), "a readout per interval");
        work.samples += out.len() as u64;
        for span in &schedule.layout.spans {
            let (c, d) = (&c[span.system * n..(span.system + 1) * n], d[span.system]);
            let is_scattered = self.prepare(solution, schedule, span, c, work);
            self.write_runs(solution, schedule, span, d, out);
            let Self { view, times, scatter, blocks, .. } = self;
            // Sums of a few products are made faster by four at once than by eight.
            let kernel = self.kernel;
            if !span.lone.is_empty() {
                let lone = LoneSamples { schedule, span, solution, view, d, times, scatter, out: &mut *out };
                work.exponentials += if is_scattered { kernel.run(lone) } else { kernel.run_narrow(lone) };
            }
            if !view.blocks.is_empty() {
                kernel.run_narrow(BlockParts { schedule, span, solution, view, times, blocks, out: &mut *out });
            }
            let (seen, out) = (&schedule.layout.seen[span.seen.clone()], &mut *out);
            match view.weights.len() / WIDTH {
                _ if seen.is_empty() => {}
                1 => kernel.run_narrow(Jumps::<1> { schedule, seen, solution, view, c, d, out }),
                _ => kernel.run_narrow(Jumps::<ANY> { schedule, seen, solution, view, c, d, out }),
            }
        }
        self.check(schedule, out)
    }

    fn write_runs(&self, solution: &Solution, schedule: &Schedule, span: &Span, d: f64, out: &mut [f64]) {
        let (runs, readout, steps) = (&schedule.layout.batched[span.batched.clone()], (&self.view, d), &self.steps);
        let kernel = self.kernel;
        match self.view.real {
            _ if self.view.grows => kernel.run_narrow(Runs::<ANY>::new(runs, solution, readout, steps, out)),
            1 => kernel.run_narrow(Runs::<1>::new(runs, solution, readout, steps, out)),
            2 => kernel.run_narrow(Runs::<2>::new(runs, solution, readout, steps, out)),
            3 => kernel.run_narrow(Runs::<3>::new(runs, solution, readout, steps, out)),
            _ => kernel.run_narrow(Runs::<ANY>::new(runs, solution, readout, steps, out)),
        }
    }

    /// Makes ready all that the samples in the segments of one system need; whether some take exponentials of their own.
    fn prepare(&mut self, solution: &Solution, schedule: &Schedule, span: &Span, c: &[f64], work: &mut Work) -> bool {
        let modal = &solution.modals[span.system];
        self.view.look(modal, c);
        if self.current != Some(span.system) {
            self.times.reset(schedule.layout.times.len(), modal);
            self.steps.reset(schedule, modal.real());
            self.current = Some(span.system);
        }
        if !self.view.blocks.is_empty() {
            self.blocks.reset(schedule, modal);
        }
        let (layout, is_constant) = (&schedule.layout, solution.is_constant[span.system]);
        for need in &layout.needed[span.needed.clone()] {
            let (kind, driven) = (layout.kinds[need.table], is_constant || need.driven);
            for time in [kind.offset, kind.time, kind.time + 1] {
                self.times.want(time, driven);
            }
        }
        let mut any_scattered = false;
        for lone in &layout.lone[span.lone.clone()] {
            let driven = solution.driven[lone.segment];
            if is_scattered(lone.count, &self.view, driven) {
                any_scattered = true;
                continue;
            }
            for run in &schedule.runs[lone.run..lone.run + lone.count] {
                self.times.want(run.offset, driven);
            }
        }
        self.times.make(&layout.times, modal, self.kernel, work);
        let Self { steps, times, .. } = self;
        let (needed, real) = (&layout.needed[span.needed.clone()], modal.real());
        self.kernel.run_narrow(Making { steps, layout, needed, is_constant, real, times });
        any_scattered
    }

    fn check(&self, schedule: &Schedule, out: &[f64]) -> Result<(), SolveError> {
        if self.kernel.run_narrow(AllFinite(out)) {
            return Ok(());
        }
        let is_finite = |segment: &&Segment| out[segment.samples.clone()].iter().all(|y| y.is_finite());
        let first = schedule.segments.iter().find(|segment| !is_finite(segment));
        Err(SolveError::Overflow { time: first.map_or(f64::NAN, |segment| segment.begin) })
    }
}

#[cfg(test)]
mod tests {
    use crate::math::kernel::Kernel;
    use crate::math::phi::phi1;
    use crate::solve::{Event, Exact, Plan, Schedule, System};

    /// Outputs of c . x + d at some times, with every instruction set: all must be the same.
    fn outputs(plan: &Plan, system: System, amounts: &[f64], (c, d): (&[f64], &[f64])) -> (Vec<f64>, Exact) {
        let schedule = Schedule::new(plan).unwrap();
        let mut all = Kernel::ALL.map(|kernel| {
            let (mut exact, mut out) = (Exact::with(c.len(), kernel), vec![f64::NAN; plan.samples.len()]);
            exact.solve(&schedule, system, amounts).unwrap();
            exact.emit(&schedule, c, d, &mut out).unwrap();
            (out, exact)
        });
        assert!(all.iter().all(|(out, _)| *out == all[0].0));
        std::mem::replace(&mut all[0], (Vec::new(), Exact::new(0)))
    }

    /// Times that share no step.
    fn irregular(count: u32, scale: f64) -> Vec<f64> {
        (0..count).map(|k| scale * f64::from(k + 1).powf(1.7)).collect()
    }

    #[test]
    fn a_mode_is_left_out_only_where_it_cannot_be_seen() {
        // Two slow modes that cancel near 96 h, and faster ones of either sign, one of which begins large.
        let (rates, c) = ([-0.01, -0.02, -0.9, -1.2, -3.0], [1.0, -2.6, 0.4, 1e9, -3.0]);
        let mut a = [0.0; 25];
        rates.iter().enumerate().for_each(|(q, rate)| a[6 * q] = *rate);
        let samples = irregular(400, 0.01);
        let plan = Plan { samples: &samples, ..Plan::default() };
        let (y, exact) = outputs(&plan, System { a: &a, b: &[0.0; 5], x0: &[1.0; 5] }, &[], (&c, &[0.0]));
        assert!(exact.work().exponentials < 3 * 400, "{:?}", exact.work());
        let mut nearest = f64::INFINITY;
        for (y, t) in y.iter().zip(&samples) {
            let terms = rates.iter().zip(&c).map(|(rate, c)| c * (rate * t).exp());
            let (sum, most) = terms.fold((0.0, 0.0_f64), |(sum, most), term| (sum + term, most.max(term.abs())));
            nearest = nearest.min(sum.abs() / most);
            // Nothing beyond what the largest term is rounded by, and its exponent times the time.
            assert!((y - sum).abs() <= (8.0 + 0.01 * t) * f64::EPSILON * most, "{t}: {y} is not {sum}");
        }
        assert!(nearest < 0.01, "no sample is near the crossing: {nearest}");
    }

    #[test]
    fn rates_that_meet_keep_every_digit_at_any_times() {
        let k = 0.3;
        for gap in [0.0, 1e-13, 1e-7, 1e-3, -0.015, 0.019] {
            let ka = k * (1.0 + gap);
            let a = [-ka, 0.0, 0.0, ka, -k, 0.0, 0.0, 0.0, -0.01];
            for samples in [irregular(60, 0.1), irregular(60, 0.5), (1..70).map(f64::from).collect()] {
                let plan = Plan { samples: &samples, ..Plan::default() };
                let system = System { a: &a, b: &[0.0; 3], x0: &[2.0, 0.0, 1.0] };
                let (y, _) = outputs(&plan, system, &[], (&[0.0, 1.0, 1e-9], &[0.0]));
                for (y, t) in y.iter().zip(&samples) {
                    let exact = 2.0 * ka * t * (-k * t).exp() * phi1(-(ka - k) * t) + 1e-9 * (-0.01 * t).exp();
                    assert!((y / exact - 1.0).abs() < 2e-14 * (1.0 + k * t), "gap {gap}, {t}: {y} is not {exact}");
                }
            }
        }
    }

    #[test]
    fn runs_of_any_length_are_what_the_states_are() {
        // Single rates and a pair; a complex pair; each with jumps, infusions, a constant input and runs of many lengths.
        let pair = [-0.5, 0.0, 0.0, 0.5, -0.5, 0.0, 0.1, 0.2, -0.05];
        let turning = [-0.4, -0.7, 0.0, 0.7, -0.4, 0.0, 0.1, 0.2, -0.05];
        let single = [-1.5, 0.0, 0.0, 0.5, -0.6, 0.02, 0.0, 0.1, -0.05];
        let event = |time: f64, state, over| Event { time, state, amount: 0, over };
        let events = [event(0.0, 0, 0.0), event(20.0, 1, 7.5), event(40.0, 0, 0.0), event(75.3, 2, 10.0)];
        for a in [pair, turning, single] {
            for (count, b) in (1..40).map(|count| (count, [0.0; 3])).chain([(17, [0.0, 0.2, 0.0]), (33, [0.1; 3])]) {
                let run = |begin: f64, step: f64| (0..count).map(move |k| begin + step * f64::from(k));
                let samples: Vec<f64> =
                    run(0.0, 0.4).chain(run(20.0, 0.19)).chain(run(41.0, 0.5)).chain(run(76.0, 2.0)).collect();
                let plan = Plan { events: &events, samples: &samples, ..Plan::default() };
                let system = System { a: &a, b: &b, x0: &[0.0, 1.0, 2.0] };
                let (y, exact) = outputs(&plan, system, &[5.0], (&[1.0, 2.0, 0.5], &[0.25]));
                for (y, t) in y.iter().zip(&samples) {
                    let mut x = [0.0; 3];
                    exact.solution().state(*t, &mut x);
                    let expected = x[0] + 2.0 * x[1] + 0.5 * x[2] + 0.25;
                    assert!((y / expected - 1.0).abs() < 1e-13, "{count} samples, {t}: {y} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn samples_at_one_jump_are_the_same_number() {
        let events = [Event { time: 10.0, state: 0, amount: 0, over: 0.0 }];
        let samples = [9.0, 10.0, 10.0, 10.0 + 1e-10, 12.0];
        let plan = Plan { events: &events, samples: &samples, ..Plan::default() };
        let system = System { a: &[-1.2, 0.0, 1.2, -0.3], b: &[0.0; 2], x0: &[1.0, 0.0] };
        let (y, _) = outputs(&plan, system, &[7.0], (&[0.3, 1.0], &[0.0]));
        assert!(y[1] == y[2] && y[1] == y[3] && y[1] > y[0], "{y:?}");
    }

    #[test]
    fn samples_at_one_time_are_the_same_number_where_nothing_happens_too() {
        // Something begins to enter at 55: the steps of rounding errors would make differences of 0 and of next to nothing.
        let events = [Event { time: 55.0, state: 0, amount: 0, over: 10.0 }];
        let again = |t: f64, count: usize| std::iter::repeat_n(t, count);
        let samples: Vec<f64> = again(29.414, 9).chain(again(55.0, 9)).chain(again(55.0 + 1e-7, 9)).collect();
        let plan = Plan { events: &events, samples: &samples, ..Plan::default() };
        let system = System { a: &[-1.2, 0.0, 1.2, -0.3], b: &[0.0; 2], x0: &[0.0, 0.0] };
        let (y, _) = outputs(&plan, system, &[7.0], (&[0.3, 1.0], &[0.0]));
        for same in y.chunks_exact(9) {
            assert!(same.iter().all(|y| *y == same[0]), "{y:?}");
        }
    }

    #[test]
    fn a_mode_that_grows_beyond_all_numbers_is_seen_only_where_it_is() {
        // 0.5 /h over 3000 h; at equal steps, at steps that no two samples share, and at single ones while something enters
        let a = [0.5, 0.0, 0.0, 0.0, -0.01, 0.0, 0.0, 0.0, -0.02];
        let equal: Vec<f64> = (0..300).map(|k| 10.0 * f64::from(k)).collect();
        for samples in [equal, irregular(60, 2.8), vec![1.0, 2500.0]] {
            for over in [0.0, 1200.0] {
                let events = [Event { time: 0.0, state: 1, amount: 0, over }];
                let plan = Plan { events: &events, samples: &samples, ..Plan::default() };
                // In the first the readout does not see it, in the second nothing is in it.
                for (c, x0) in [([0.0, 1.0, 0.5], [0.0, 0.0, 1.0]), ([1.0, 1.0, 0.5], [0.0, 0.0, 1.0])] {
                    let (y, _) = outputs(&plan, System { a: &a, b: &[0.0; 3], x0: &x0 }, &[5.0], (&c, &[0.0]));
                    for (y, t) in y.iter().zip(&samples) {
                        let during = if over > 0.0 { -(-0.01 * t.min(over)).exp_m1() / (0.01 * over) } else { 1.0 };
                        let entered = during * (-0.01 * (t - over).max(0.0)).exp();
                        let expected = 5.0 * entered + 0.5 * (-0.02 * t).exp();
                        assert!((y / expected - 1.0).abs() < 1e-12, "{t}: {y} is not {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_seen_of_a_subject_that_grew_beyond_all_numbers() {
        let event = |time: f64, over| Event { time, state: 0, amount: 0, over };
        let events = [event(0.0, 900.0), event(1700.0, 850.0)];
        let samples: Vec<f64> = (1..250).map(|k| 10.0 * f64::from(k)).collect();
        let schedule = Schedule::new(&Plan { events: &events, samples: &samples, ..Plan::default() }).unwrap();
        let (n, mut shared, mut fresh) = (5, Exact::new(5), Exact::new(5));
        let diagonal = |rates: [f64; 5]| -> Vec<f64> {
            (0..n * n).map(|at| if at % (n + 1) == 0 { rates[at / n] } else { 0.0 }).collect()
        };
        let (c, d, x0, b) = ([1.0; 5], [0.0], [1.0; 5], [0.0; 5]);
        let run = |exact: &mut Exact, a: &[f64]| {
            let mut out = vec![0.0; samples.len()];
            let solved = exact.solve(&schedule, System { a, b: &b, x0: &x0 }, &[1.0]).map(|_| ());
            solved.and_then(|()| exact.emit(&schedule, &c, &d, &mut out)).map(|()| out)
        };
        // A rotation beside three rates, one of which grows; then five rates.
        let mut growing = diagonal([-0.1, 2.0, -0.2, -0.3, -0.3]);
        (growing[3 * n + 4], growing[4 * n + 3]) = (0.7, -0.7);
        assert!(run(&mut shared, &growing).is_err());
        let decaying = diagonal([-0.5, -0.1, -0.2, -0.3, -0.05]);
        assert_eq!(run(&mut shared, &decaying).unwrap(), run(&mut fresh, &decaying).unwrap());
    }

    #[test]
    fn an_output_beyond_all_numbers_is_reported_with_the_time_of_its_stretch() {
        let events = [Event { time: 3.0, state: 0, amount: 0, over: 0.0 }];
        let samples = [1.0, 2.0, 4.0, 5.0, 6.0];
        let schedule = Schedule::new(&Plan { events: &events, samples: &samples, ..Plan::default() }).unwrap();
        let mut exact = Exact::new(1);
        exact.solve(&schedule, System { a: &[-30.0], b: &[0.0], x0: &[0.0] }, &[1e10]).unwrap();
        let error = exact.emit(&schedule, &[1e305], &[0.0], &mut [0.0; 5]).map_err(|e| e.to_string());
        assert!(error.as_ref().is_err_and(|e| e.contains('3')), "{error:?}");
    }
}
