//! Laws of linear systems on random models: agreement with an independent matrix exponential, mass balance, superposition,
//! shift in time, and independence of samples and of earlier subjects.

use nalgebra::{DMatrix, DVector};
use posology::math::modal::{Decomposer, Kind, Modal};
use posology::solve::{Event, Exact, Plan, Schedule, System};
use proptest::prelude::*;

/// A closed system: the last state collects what leaves the others.
#[derive(Debug, Clone)]
struct Model {
    n: usize,
    a: Vec<f64>,
}

impl Model {
    fn new(inner: usize, flows: impl IntoIterator<Item = (usize, usize, f64)>) -> Self {
        let n = inner + 1;
        let mut a = vec![0.0; n * n];
        for (from, to, rate) in flows.into_iter().filter(|(from, to, _)| from != to) {
            a[to * n + from] += rate;
        }
        for j in 0..n {
            a[j * n + j] = -(0..n).filter(|&i| i != j).map(|i| a[i * n + j]).sum::<f64>();
        }
        Self { n, a }
    }

    fn modal(&self) -> Modal {
        let mut modal = Modal::default();
        Decomposer::default().decompose(&self.a, self.n, &mut modal);
        modal
    }

    fn kind(&self) -> Kind {
        self.modal().kind()
    }

    /// How much larger than its sum the terms of a state can be: sum over modes of |V| |W|, with masses as units.
    fn condition(&self) -> f64 {
        let modal = self.modal();
        let pair = |i: usize, j: usize| -> f64 {
            modal.state_row(i).iter().zip(modal.impulse(j)).map(|(v, w)| (v * w).abs()).sum()
        };
        (0..self.n).flat_map(|i| (0..self.n).map(move |j| (i, j))).map(|(i, j)| pair(i, j)).fold(0.0, f64::max)
    }

    fn fastest(&self) -> f64 {
        (0..self.n).map(|i| self.a[i * (self.n + 1)].abs()).fold(0.0, f64::max)
    }
}

fn rate() -> impl Strategy<Value = f64> + Clone {
    (-3.0..3.0_f64).prop_map(|x| 10_f64.powf(x))
}

/// Any exchange along a tree with detailed balance, losses everywhere.
fn reversible() -> impl Strategy<Value = Model> {
    (1..=10_usize).prop_flat_map(|n| {
        let parents = prop::collection::vec(any::<prop::sample::Index>(), n);
        (parents, prop::collection::vec((rate(), rate()), n), prop::collection::vec(rate(), n)).prop_map(
            move |(parents, exchange, losses)| {
                let tree = (1..n).flat_map(|i| {
                    let parent = parents[i].index(i);
                    [(parent, i, exchange[i].0), (i, parent, exchange[i].1)]
                });
                Model::new(n, tree.chain((0..n).map(|i| (i, n, losses[i]))))
            },
        )
    })
}

/// One-way chains whose rates are equal, nearly equal or unlike.
fn chain() -> impl Strategy<Value = Model> {
    let gap = prop_oneof![Just(0.0), (-12.0..0.0_f64).prop_map(|x| 10_f64.powf(x)), -0.9..3.0_f64];
    (1..=10_usize, rate()).prop_flat_map(move |(n, base)| {
        prop::collection::vec(gap.clone(), n)
            .prop_map(move |gaps| Model::new(n, (0..n).map(|i| (i, i + 1, base * (1.0 + gaps[i])))))
    })
}

/// A ring with shortcuts and losses, fed by a depot: complex rates, no detailed balance.
fn ring() -> impl Strategy<Value = Model> {
    let spread = (-1.0..1.0_f64).prop_map(|x| 10_f64.powf(x));
    (3..=9_usize).prop_flat_map(move |n| {
        let shortcuts = prop::collection::vec((0..n, 0..n, spread.clone()), 0..3);
        (prop::collection::vec(spread.clone(), n), shortcuts, rate(), spread.clone(), rate()).prop_map(
            move |(around, shortcuts, loss, scale, depot)| {
                let flows = (0..n).map(|i| (i, (i + 1) % n, scale * around[i]));
                Model::new(n + 1, flows.chain(shortcuts).chain([(0, n + 1, loss), (n, 1, depot)]))
            },
        )
    })
}

fn any_model() -> impl Strategy<Value = Model> {
    prop_oneof![reversible(), chain(), ring()]
}

#[derive(Debug, Clone)]
struct Course {
    events: Vec<Event>,
    amounts: Vec<f64>,
    samples: Vec<f64>,
}

/// Amounts of 1 to 100 into any state over a day, at once or over up to 5 h.
fn course() -> impl Strategy<Value = Course> {
    let over = prop_oneof![Just(0.0), 0.01..5.0_f64];
    let event = (0.0..24.0_f64, any::<prop::sample::Index>(), over, 1.0..100.0_f64);
    (prop::collection::vec(event, 1..6), prop::collection::vec(0.0..30.0_f64, 1..20)).prop_map(|(list, mut samples)| {
        samples.sort_by(f64::total_cmp);
        samples.extend((0..20).map(|k| 30.0 + 0.25 * f64::from(k)));
        let events = list.iter().enumerate().map(|(amount, (time, state, over, _))| {
            // the state is drawn for a system of up to 10 and reduced where the course meets its model
            Event { time: *time, state: state.index(10), amount, over: *over }
        });
        Course { events: events.collect(), amounts: list.iter().map(|e| e.3).collect(), samples }
    })
}

impl Course {
    fn of(mut self, model: &Model) -> Self {
        self.events.iter_mut().for_each(|e| e.state %= model.n - 1);
        self
    }

    fn entered(&self, t: f64) -> f64 {
        let part = |e: &Event| {
            if e.over > 0.0 { ((t - e.time) / e.over).clamp(0.0, 1.0) } else { f64::from(u8::from(e.time <= t)) }
        };
        self.events.iter().map(|e| part(e) * self.amounts[e.amount]).sum()
    }

    fn schedule(&self) -> Schedule {
        Schedule::new(&Plan { events: &self.events, samples: &self.samples, ..Plan::default() }).unwrap()
    }

    /// States at the samples, row-major.
    fn run(&self, exact: &mut Exact, model: &Model) -> Vec<f64> {
        let schedule = self.schedule();
        let zeros = vec![0.0; model.n];
        exact.solve(&schedule, System { a: &model.a, b: &zeros, x0: &zeros }, &self.amounts).unwrap();
        let mut out = vec![0.0; self.samples.len() * model.n];
        exact.sample_states(&schedule, &mut out).unwrap();
        out
    }

    /// The state at `t` by the exponential of the augmented matrix from one change to the next.
    fn reference(&self, model: &Model, t: f64) -> DVector<f64> {
        let n = model.n;
        let mut edges: Vec<f64> =
            self.events.iter().flat_map(|e| [e.time, e.time + e.over]).filter(|&e| e < t).collect();
        edges.extend([0.0, t]);
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let mut x = DVector::zeros(n + 1);
        x[n] = 1.0;
        for pair in edges.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let mut m = DMatrix::zeros(n + 1, n + 1);
            m.view_mut((0, 0), (n, n)).copy_from(&DMatrix::from_row_slice(n, n, &model.a));
            for e in &self.events {
                if e.over == 0.0 && e.time == from && from < t {
                    x[e.state] += self.amounts[e.amount];
                } else if e.over > 0.0 && e.time <= from && e.time + e.over >= to {
                    m[(e.state, n)] += self.amounts[e.amount] / e.over;
                }
            }
            x = (m * (to - from)).exp() * x;
        }
        for e in self.events.iter().filter(|e| e.over == 0.0 && e.time == t) {
            x[e.state] += self.amounts[e.amount];
        }
        x.rows(0, n).into()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_an_independent_exponential((model, course) in (any_model(), course())) {
        let course = course.of(&model);
        let states = course.run(&mut Exact::new(model.n), &model);
        let scale: f64 = course.amounts.iter().sum();
        for (row, &t) in states.chunks_exact(model.n).zip(&course.samples) {
            let reference = course.reference(&model, t);
            for (i, x) in row.iter().enumerate() {
                prop_assert!((x - reference[i]).abs() <= 1e-10 * scale, "state {i} at {t}: {x} {} {:?}", reference[i], model.kind());
            }
        }
    }

    #[test]
    fn mass_is_kept((model, course) in (any_model(), course())) {
        let course = course.of(&model);
        let states = course.run(&mut Exact::new(model.n), &model);
        let segments = course.schedule().segments() as f64;
        let well_conditioned = model.kind() != Kind::Whole && model.condition() <= 100.0;
        let each = if well_conditioned { 1e-12 } else { 1e-10 };
        for (row, &t) in states.chunks_exact(model.n).zip(&course.samples) {
            let (held, entered) = (row.iter().sum::<f64>(), course.entered(t));
            prop_assert!((held - entered).abs() <= each * (1.0 + segments) * entered.max(1.0), "{t}: {held} {entered} {:?} {:e}", model.kind(), model.condition());
        }
    }

    #[test]
    fn doses_add_up((model, course) in (any_model(), course())) {
        let course = course.of(&model);
        let mut exact = Exact::new(model.n);
        let whole = course.run(&mut exact, &model);
        let mut sum = vec![0.0; whole.len()];
        for event in &course.events {
            let alone = Course { events: vec![*event], ..course.clone() };
            sum.iter_mut().zip(alone.run(&mut exact, &model)).for_each(|(s, v)| *s += v);
        }
        let scale: f64 = course.amounts.iter().sum();
        for (w, s) in whole.iter().zip(sum) {
            prop_assert!((w - s).abs() <= 1e-11 * scale, "{w} {s}");
        }
    }

    #[test]
    fn a_shift_in_time_changes_nothing((model, course, shift) in (any_model(), course(), 0.0..5000.0_f64)) {
        let course = course.of(&model);
        let mut later = course.clone();
        later.events.iter_mut().for_each(|e| e.time += shift);
        later.samples.iter_mut().for_each(|t| *t += shift);
        let mut exact = Exact::new(model.n);
        let (now, then) = (course.run(&mut exact, &model), later.run(&mut exact, &model));
        // the shifted times themselves are rounded: a state may move by its fastest rate times that
        let scale: f64 = course.amounts.iter().sum::<f64>() * (1.0 + model.fastest() * shift * f64::EPSILON * 1e12);
        for (a, b) in now.iter().zip(then) {
            prop_assert!((a - b).abs() <= 1e-11 * scale, "{a} {b}");
        }
    }

    #[test]
    fn earlier_subjects_and_other_samples_leave_no_trace(
        (model, other, course, more) in (any_model(), any_model(), course(), prop::collection::vec(0.0..40.0_f64, 0..9))
    ) {
        let course = course.of(&model);
        let n = model.n;
        let zeros = vec![0.0; n];
        let system = System { a: &model.a, b: &zeros, x0: &zeros };
        let mut fresh = Exact::new(n);
        let first = course.run(&mut fresh, &model);
        let mut used = Exact::new(n);
        if other.n == n {
            course.clone().run(&mut used, &other);
        }
        course.run(&mut used, &model);
        prop_assert_eq!(&first, &course.run(&mut used, &model));

        let mut dense = course.clone();
        dense.samples.extend(more);
        dense.samples.sort_by(f64::total_cmp);
        let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
        let one = fresh.solve(&course.schedule(), system, &course.amounts).unwrap();
        let two = used.solve(&dense.schedule(), system, &course.amounts).unwrap();
        for t in [0.0, 3.3, 24.0, 100.0] {
            one.state(t, &mut x);
            two.state(t, &mut y);
            prop_assert_eq!(&x, &y);
        }
    }

    #[test]
    fn a_readout_agrees_with_its_samples_area_and_extremes((model, course) in (any_model(), course())) {
        let course = course.of(&model);
        let n = model.n;
        let mut exact = Exact::new(n);
        let states = course.run(&mut exact, &model);
        let solution = exact.solution();
        let scale: f64 = course.amounts.iter().sum();
        let collector: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == n - 1))).collect();
        let outflow: Vec<f64> = (0..n).map(|j| if j + 1 < n { model.a[(n - 1) * n + j] } else { 0.0 }).collect();
        let mut collected = solution.signal(&collector, &[0.0]);
        let mut leaving = solution.signal(&outflow, &[0.0]);
        for (row, &t) in states.chunks_exact(n).zip(&course.samples) {
            prop_assert!((collected.at(t) - row[n - 1]).abs() <= 1e-11 * scale);
            // what was collected is the area under what leaves
            prop_assert!((leaving.integral(0.0, t) - row[n - 1]).abs() <= 1e-10 * scale);
        }
        let mut inside = solution.signal(&(0..n).map(|i| f64::from(u8::from(i == 0))).collect::<Vec<_>>(), &[0.0]);
        let (highest, lowest) = (inside.max(0.0, 40.0), inside.min(0.0, 40.0));
        prop_assert!((inside.at(highest.time) - highest.value).abs() <= 1e-10 * scale || solution.breakpoints().contains(&highest.time));
        for k in 0..2000 {
            let y = inside.at(0.02 * f64::from(k));
            prop_assert!(y <= highest.value + 1e-11 * scale && y >= lowest.value - 1e-11 * scale, "{y} {highest:?} {lowest:?}");
        }
        let level = 0.5 * highest.value;
        let passages = inside.crossings(level, 0.0, 40.0);
        let above = inside.time_above(level, 0.0, 40.0);
        prop_assert!((0.0..=40.0).contains(&above) && passages.windows(2).all(|p| p[0] <= p[1]));
    }
}
