//! The exact engine without a model on two workloads of 500 samples over 20 weeks, ids `{workload}/{what}/{samples}`: `core` is
//! a subject solved and written, `solve` without the writing, `max` its largest value, `schedule` the times compiled. Every call
//! takes the next of 64 subjects, so that each one decomposes a new matrix.

use criterion::{Criterion, criterion_group, criterion_main};
use posology::solve::{Event, Exact, Plan, Schedule, System};
use std::hint::black_box;

const SUBJECTS: usize = 64;
const SAMPLES: usize = 500;

struct Workload {
    name: &'static str,
    n: usize,
    over: f64,
    readout: Vec<f64>,
    matrices: Vec<Vec<f64>>,
}

fn matrix(n: usize, flows: &[(usize, usize, f64)], losses: &[(usize, f64)]) -> Vec<f64> {
    let mut a = vec![0.0; n * n];
    for &(from, to, rate) in flows {
        a[to * n + from] += rate;
        a[from * n + from] -= rate;
    }
    losses.iter().for_each(|&(from, rate)| a[from * n + from] -= rate);
    a
}

/// Log-normal factors with a CV of 30 %, spread evenly instead of drawn.
fn factors() -> impl Iterator<Item = (f64, f64)> {
    let sd = 1.09_f64.ln().sqrt();
    (0..SUBJECTS).map(move |k| {
        let angle = 2.399_963_229_728_653 * k as f64;
        let radius = (2.0 * (SUBJECTS as f64 / (k as f64 + 0.5)).ln()).sqrt();
        ((sd * radius * angle.cos()).exp(), (sd * radius * angle.sin()).exp())
    })
}

/// Two compartments, oral.
fn w1() -> Workload {
    let matrices = factors()
        .map(|(cl, v)| {
            let (cl, v) = (80.0 * cl, 150.0 * v);
            matrix(3, &[(0, 1, 1.2), (1, 2, 60.0 / v), (2, 1, 60.0 / 200.0)], &[(1, cl / v)])
        })
        .collect();
    Workload { name: "W1", n: 3, over: 0.0, readout: vec![0.0, 1.0 / 150.0, 0.0], matrices }
}

/// Nasal depot, gut, liver, central, two peripherals, metabolite and its peripheral; 40-minute inputs.
fn w2() -> Workload {
    let matrices = factors()
        .map(|(cl_int, vc)| {
            let (cl_int, vc) = (100.0 * cl_int, 80.0 * vc);
            let flows = [
                (0, 3, 1.5),
                (0, 1, 1.0),
                (1, 2, 0.8),
                (2, 3, 87.0 / 20.0),
                (3, 2, 87.0 / vc),
                (3, 4, 120.0 / vc),
                (4, 3, 120.0 / 150.0),
                (3, 5, 40.0 / vc),
                (5, 3, 40.0 / 400.0),
                (2, 6, 0.8 * cl_int / 20.0),
                (6, 7, 50.0 / 100.0),
                (7, 6, 50.0 / 150.0),
            ];
            matrix(8, &flows, &[(2, 0.2 * cl_int / 20.0), (3, 5.0 / vc), (6, 60.0 / 100.0)])
        })
        .collect();
    let readout = (0..8).map(|i| if i == 6 { 0.01 } else { 0.0 }).collect();
    Workload { name: "W2", n: 8, over: 40.0 / 60.0, readout, matrices }
}

fn events(over: f64) -> Vec<Event> {
    let times = (0..8).map(|k| 84.0 * f64::from(k)).chain((0..12).map(|k| 672.0 + 168.0 * f64::from(k)));
    times.map(|time| Event { time, state: 0, amount: 0, over }).collect()
}

fn bench(c: &mut Criterion) {
    let regular: Vec<f64> = (1..=SAMPLES).map(|j| 6.72 * j as f64).collect();
    let irregular: Vec<f64> = (1..=SAMPLES).map(|j| 3360.0 * (j as f64 / SAMPLES as f64).powf(1.1)).collect();
    for (workload, samples, suffix) in [(w1(), &regular, ""), (w1(), &irregular, "i"), (w2(), &regular, "")] {
        let events = events(workload.over);
        let plan = Plan { events: &events, samples, ..Plan::default() };
        let schedule = Schedule::new(&plan).expect("times are in order");
        let name = format!("{}{suffix}", workload.name);
        let zeros = vec![0.0; workload.n];
        let mut exact = Exact::new(workload.n);
        let mut out = vec![0.0; SAMPLES];
        let mut subjects = workload.matrices.iter().cycle();
        let mut next = || System { a: subjects.next().expect("the cycle has no end"), b: &zeros, x0: &zeros };

        c.bench_function(&format!("{name}/core/{SAMPLES}"), |b| {
            b.iter(|| {
                exact.solve(&schedule, next(), &[84.0]).expect("finite numbers");
                exact.emit(&schedule, &workload.readout, &[0.0], &mut out).expect("finite numbers");
                black_box(&out);
            });
        });
        c.bench_function(&format!("{name}/solve/{SAMPLES}"), |b| {
            b.iter(|| black_box(exact.solve(&schedule, next(), &[84.0]).expect("finite numbers").size()));
        });
        c.bench_function(&format!("{name}/max/{SAMPLES}"), |b| {
            b.iter(|| {
                let solution = exact.solve(&schedule, next(), &[84.0]).expect("finite numbers");
                black_box(solution.signal(&workload.readout, &[0.0]).max(0.0, 3360.0))
            });
        });
        let mut again = Schedule::default();
        c.bench_function(&format!("{name}/schedule/{SAMPLES}"), |b| {
            b.iter(|| again.rebuild(black_box(&plan)).expect("times are in order"));
        });
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
