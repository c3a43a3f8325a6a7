//! Prepared simulations through the public API, ids `{workload}/{what}/{size}`: `exact` is one run of a prepared simulation,
//! `prepare` all that comes before the second run, `load` the reading of the model. `W1i` is `W1` with times that share no step. Workloads of many subjects take the next
//! of 64 at every call, so that each call decomposes a new matrix. Results are checked before they are timed.

use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::{DMatrix, DVector};
use posology::model::{Catalogue, Model};
use posology::prelude::*;
use posology::simulate::Prepared;
use posology::study::compare;
use std::hint::black_box;

const SUBJECTS: usize = 64;
const SAMPLES: usize = 500;
/// Largest error relative to the value itself.
const ERROR: f64 = 1e-11;
/// And to the peak: a trough that is sampled just when the next dose goes in carries the rounding of that dose in its modes.
const ROUNDING: f64 = 1e-13;

/// End of the workloads, h.
const UNTIL: f64 = 3360.0;

fn samples(until: f64) -> Vec<f64> {
    (1..=SAMPLES).map(|j| until * j as f64 / SAMPLES as f64).collect()
}

/// Times with no two equal steps.
fn irregular() -> Vec<f64> {
    (1..=SAMPLES).map(|j| UNTIL * (j as f64 / SAMPLES as f64).powf(1.1)).collect()
}

/// Log-normal factors with a CV of 30 %, spread evenly instead of drawn.
fn factors(k: usize) -> [f64; 2] {
    let sd = 1.09_f64.ln().sqrt();
    let angle = 2.399_963_229_728_653 * k as f64;
    let radius = (2.0 * (SUBJECTS as f64 / (k as f64 + 0.5)).ln()).sqrt();
    [(sd * radius * angle.cos()).exp(), (sd * radius * angle.sin()).exp()]
}

/// From where (the first state is 0), to where (none is out), at which rate (1/h).
type Flow = (usize, Option<usize>, f64);

/// A workload of 20 doses of 84 mg over 20 weeks.
struct Workload {
    name: &'static str,
    text: &'static str,
    route: &'static str,
    /// The clearance and the volume that differ between subjects, typical values in L/h and L.
    varied: [(&'static str, f64); 2],
    /// Duration of the input into the first state, h.
    over: f64,
    /// Times of the output, h.
    samples: fn() -> Vec<f64>,
    /// The flows, given the varied values.
    flows: fn(f64, f64) -> Vec<Flow>,
    /// State and volume (L) of the output.
    output: fn(f64) -> (usize, f64),
}

const W1: Workload = Workload {
    name: "W1",
    text: include_str!("models/oral.toml"),
    route: "oral",
    varied: [("CL", 80.0), ("V2", 150.0)],
    over: 0.0,
    samples: || samples(UNTIL),
    flows: |cl, v| vec![(0, Some(1), 1.2), (1, Some(2), 60.0 / v), (2, Some(1), 60.0 / 200.0), (1, None, cl / v)],
    output: |v| (1, v),
};

const W1I: Workload = Workload { name: "W1i", samples: irregular, ..W1 };

const W2: Workload = Workload {
    name: "W2",
    text: include_str!("models/nasal.toml"),
    route: "intranasal",
    varied: [("CLint", 100.0), ("Vc", 80.0)],
    over: 40.0 / 60.0,
    samples: || samples(UNTIL),
    flows: |cl, v| {
        vec![
            (0, Some(3), 1.5),
            (0, Some(1), 1.0),
            (1, Some(2), 0.8),
            (2, Some(3), 87.0 / 20.0),
            (3, Some(2), 87.0 / v),
            (3, Some(4), 120.0 / v),
            (4, Some(3), 120.0 / 150.0),
            (3, Some(5), 40.0 / v),
            (5, Some(3), 40.0 / 400.0),
            (3, None, 5.0 / v),
            (2, Some(6), 0.8 * cl / 20.0),
            (2, None, 0.2 * cl / 20.0),
            (6, Some(7), 50.0 / 100.0),
            (7, Some(6), 50.0 / 150.0),
            (6, None, 60.0 / 100.0),
        ]
    },
    output: |_| (6, 100.0),
};

impl Workload {
    fn model(&self) -> Model {
        Model::parse(self.text, self.name, &Catalogue).expect("the model can be read")
    }

    fn regimen(&self) -> Regimen {
        let text = format!("84 mg {} every 84 h x 8, then every 168 h x 12", self.route);
        text.parse().expect("the regimen can be read")
    }

    fn prepare<'m>(&self, model: &'m Model, regimen: &Regimen) -> Prepared<'m> {
        Prepared::new(model, Some(regimen), (self.samples)(), UNTIL).expect("they fit each other")
    }

    fn values(&self, k: usize) -> [f64; 2] {
        let factors = factors(k);
        [0, 1].map(|i| self.varied[i].1 * factors[i])
    }

    fn subjects<'m>(&self, model: &'m Model) -> Vec<Subject<'m>> {
        let subject = |k| {
            let values = self.values(k);
            let set = |subject: Subject<'m>, i: usize, unit: &str| {
                let value = Quantity::new(values[i], unit.parse().expect("it is a unit"));
                subject.set(self.varied[i].0, &value).expect("the model has it")
            };
            set(set(Subject::typical(model), 0, "L/h"), 1, "L")
        };
        (0..SUBJECTS).map(subject).collect()
    }

    /// The output of subject `k` from matrix exponentials of one stretch after the other, the input as one more state.
    fn reference(&self, k: usize) -> Vec<f64> {
        let [cl, v] = self.values(k);
        let flows = (self.flows)(cl, v);
        let n = 1 + flows.iter().map(|(from, _, _)| *from).max().expect("there are flows");
        let mut a = DMatrix::<f64>::zeros(n + 1, n + 1);
        for (from, to, rate) in flows {
            a[(from, from)] -= rate;
            if let Some(to) = to {
                a[(to, from)] += rate;
            }
        }
        a[(0, n)] = 1.0;
        let doses: Vec<f64> =
            (0..8).map(|k| 84.0 * k as f64).chain((0..12).map(|k| 672.0 + 168.0 * k as f64)).collect();
        let samples = (self.samples)();
        let ends = doses.iter().map(|t| t + self.over);
        let mut stops: Vec<f64> = doses.iter().copied().chain(ends).chain(samples.iter().copied()).collect();
        stops.sort_by(f64::total_cmp);
        stops.dedup();
        let (state, volume) = (self.output)(v);
        let (mut x, mut now, mut out) = (DVector::<f64>::zeros(n + 1), 0.0, Vec::new());
        for stop in stops {
            x = (&a * (stop - now)).exp() * x;
            now = stop;
            if self.over > 0.0 {
                let runs = doses.iter().any(|t| (*t..t + self.over).contains(&stop));
                x[n] = if runs { 84.0 / self.over } else { 0.0 };
            } else if doses.contains(&stop) {
                x[0] += 84.0;
            }
            if samples.contains(&stop) {
                out.push(x[state] / volume);
            }
        }
        out
    }

    fn check(&self, prepared: &Prepared<'_>, subjects: &[Subject<'_>]) {
        let (mut workspace, mut out) = (prepared.workspace(), vec![0.0; SAMPLES]);
        for (k, subject) in subjects.iter().enumerate() {
            prepared.run(subject, &mut workspace, &mut out).expect("finite numbers");
            let reference = self.reference(k);
            let peak = reference.iter().copied().fold(0.0, f64::max);
            for (j, (y, exact)) in out.iter().zip(&reference).enumerate() {
                let error = (y - exact).abs();
                let allowed = ERROR * exact + ROUNDING * peak;
                assert!(error <= allowed, "{} subject {k}, sample {j}: {y:e}, not {exact:e}: {error:e}", self.name);
            }
        }
        assert_eq!(workspace.work().whole, 0);
    }
}

fn workloads(c: &mut Criterion) {
    for workload in [W1, W1I, W2] {
        let (model, regimen) = (workload.model(), workload.regimen());
        let prepared = workload.prepare(&model, &regimen);
        let subjects = workload.subjects(&model);
        workload.check(&prepared, &subjects);
        run(c, workload.name, &prepared, &subjects);
        c.bench_function(&format!("{}/prepare/{SAMPLES}", workload.name), |b| {
            b.iter(|| first_run(&workload.prepare(&model, black_box(&regimen)), &subjects[0]));
        });
    }
}

/// The typical subject of a published model, one session.
fn session(c: &mut Criterion) {
    const ID: &str = "esketamine-perez-ruixo-2021";
    let load = || Model::catalogue(black_box(ID)).expect("it is in the catalogue");
    let model = load();
    let regimen: Regimen = "84 mg intranasal".parse().expect("the regimen can be read");
    let prepare = || Prepared::new(&model, Some(&regimen), samples(24.0), 24.0).expect("they fit each other");
    let subject = Subject::typical(&model);
    run(c, "A1", &prepare(), std::slice::from_ref(&subject));
    c.bench_function(&format!("A1/prepare/{SAMPLES}"), |b| b.iter(|| first_run(&prepare(), &subject)));
    c.bench_function("A1/load/1", |b| b.iter(load));
}

fn run(c: &mut Criterion, name: &str, prepared: &Prepared<'_>, subjects: &[Subject<'_>]) {
    let (mut workspace, mut out) = (prepared.workspace(), vec![0.0; SAMPLES * prepared.model().outputs().len()]);
    let mut subjects = subjects.iter().cycle();
    c.bench_function(&format!("{name}/exact/{SAMPLES}"), |b| {
        b.iter(|| {
            let subject = subjects.next().expect("the cycle has no end");
            prepared.run(subject, &mut workspace, &mut out).expect("finite numbers");
            black_box(&out);
        });
    });
}

fn first_run(prepared: &Prepared<'_>, subject: &Subject<'_>) -> Vec<f64> {
    let mut out = vec![0.0; SAMPLES * prepared.model().outputs().len()];
    prepared.run(subject, &mut prepared.workspace(), &mut out).expect("finite numbers");
    out
}

/// The comparison of routes without its figures: models read, arms simulated, tables made.
fn comparison(c: &mut Criterion) {
    let (name, text) = compare::default_plan();
    let plan = compare::Plan::parse(name, text).expect("the plan can be read");
    let models = || plan.models(|id| Ok(Model::catalogue(id)?)).expect("the models are in the catalogue");
    let loaded = models();
    let compared = || compare::compare(&plan, &loaded, |_| ()).expect("the arms can be simulated");
    let (arms, result) = (plan.arms.len(), compared());
    let mut group = c.benchmark_group("compare");
    group.sample_size(10);
    group.bench_function(format!("load/{arms}"), |b| b.iter(models));
    group.bench_function(format!("exact/{arms}"), |b| b.iter(compared));
    group.bench_function(format!("tables/{arms}"), |b| {
        b.iter(|| (compare::summary(&result).to_csv(), compare::profiles(&result).to_csv()));
    });
    group.finish();
}

criterion_group!(benches, workloads, session, comparison);
criterion_main!(benches);
