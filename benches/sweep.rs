//! Metrics of people who differ, ids `{workload}/{what}/{size}`: `solve` is one subject without metrics, `draw` the random
//! effects of one, `metrics` one subject with its metrics, `unit` persons of a point of a sweep with all that comes before,
//! `reduce` what their numbers become. `sweep/{threads}/{points}` is a whole sweep with its files.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use posology::metrics::Measure;
use posology::model::Model;
use posology::population::Effects;
use posology::prelude::*;
use posology::simulate::Missing;
use posology::study::sweep::{Ended, Folder, Lock, Run, Sweep, SweepPlan, Watch};
use rayon::ThreadPoolBuilder;
use std::fs;
use std::hint::black_box;
use std::path::Path;

/// Largest and area of two outputs.
fn metrics(c: &mut Criterion, name: &str, id: &str, give: &str, until: f64, outputs: usize) {
    let model = Model::catalogue(id).expect("the model is in the catalogue");
    let regimen: Regimen = give.parse().expect("a regimen");
    let mut subject = Subject::typical(&model);
    let prepared = Simulation::new(&model).subject(&subject).give(regimen).until(until.hours()).prepare();
    let prepared = prepared.expect("the regimen fits the model");
    let (mut ws, mut effects, mut person) = (prepared.workspace(), Effects::new(&model, 1, 0), 0);
    let wanted: Vec<_> = (0..outputs).flat_map(|o| [(o, Measure::Cmax(None)), (o, Measure::Auc(0.0, until))]).collect();
    let mut values = vec![Err(Missing::IsZero); wanted.len()];
    c.bench_function(&format!("{name}/draw/1"), |b| {
        b.iter(|| {
            person += 1;
            effects.draw(person, prepared.occasions(), black_box(&mut subject));
        })
    });
    prepared.measure(&subject, &mut ws, &wanted, &mut values).expect("it is solved");
    assert!(values.iter().all(|v| matches!(v, Ok(v) if *v > 0.0)), "{name}: {values:?}");
    for (what, count) in [("solve", 0), ("metrics", wanted.len())] {
        c.bench_function(&format!("{name}/{what}/1"), |b| {
            b.iter(|| {
                person += 1;
                effects.draw(person, prepared.occasions(), &mut subject);
                prepared.measure(&subject, &mut ws, &wanted[..count], &mut values[..count]).expect("it is solved");
                values[0]
            })
        });
    }
}

const PLAN: &str = r#"
model    = "esketamine-perez-ruixo-2021"
give     = "{dose} intranasal"
subjects = 1000
[factors]
dose = { list = ["28 mg", "56 mg", "84 mg"] }
[measures]
peak     = "Cmax(esketamine)"
area     = "AUC(esketamine, 0 h, 24 h)"
nor_peak = "Cmax(noresketamine)"
nor_area = "AUC(noresketamine, 0 h, 24 h)"
"#;

fn unit(c: &mut Criterion) {
    let plan = SweepPlan::parse("plan", PLAN).expect("a plan");
    let models = plan.models(|id| Ok(Model::catalogue(id)?)).expect("the model is in the catalogue");
    let sweep = Sweep::new(&plan, &models).expect("the plan fits the model");
    for persons in [1, 100] {
        c.bench_function(&format!("A1/unit/{persons}"), |b| b.iter(|| sweep.run(black_box(2), 0..persons)));
    }
    let units = [sweep.run(2, 0..1000)];
    c.bench_function("A1/reduce/1000", |b| b.iter(|| sweep.reduce(black_box(2), &units)));
}

/// A grid of 100,000 points, one person each.
const GRID: &str = r#"
model = "esketamine-perez-ruixo-2021"
give  = "{dose} intranasal"
[factors]
dose = { from = "28 mg", to = "280 mg", steps = 10 }
age  = { from = "20 year", to = "80 year", steps = 100 }
Qh   = { from = "100 L/h", to = "200 L/h", steps = 100 }
[measures]
peak = "Cmax(esketamine)"
area = "AUC(esketamine, 0 h, 24 h)"
"#;

fn grid(c: &mut Criterion) {
    let plan = SweepPlan::parse("plan", GRID).expect("a plan");
    let models = plan.models(|id| Ok(Model::catalogue(id)?)).expect("the model is in the catalogue");
    let sweep = Sweep::new(&plan, &models).expect("the plan fits the model");
    let lock = Lock::new(&sweep, GRID, &models);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-sweep");
    let mut group = c.benchmark_group("sweep");
    group.sample_size(10).throughput(Throughput::Elements(sweep.points()));
    for threads in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let whole = || {
            // Every sweep begins with a folder that is not there.
            if path.exists() {
                fs::remove_dir_all(&path).expect("the folder is ours");
            }
            let folder = Folder::new(&path);
            let run = Run::new(&sweep, &lock, &folder, None, false).expect("the folder is new");
            let ended = pool.install(|| run.go(Watch { stop: &|| false, ran: &|_| () }));
            assert!(matches!(ended, Ok(Ended::Complete(_))), "the results are written");
        };
        group.bench_function(format!("{threads}-threads/{}", sweep.points()), |b| b.iter(whole));
    }
    group.finish();
}

fn all(c: &mut Criterion) {
    let nasal = "esketamine-perez-ruixo-2021";
    metrics(c, "A1", nasal, "84 mg intranasal", 24.0, 2);
    metrics(c, "A1-course", nasal, "84 mg intranasal twice weekly for 4 weeks, then weekly x 16", 3000.0, 2);
    metrics(c, "MM", "textbook-michaelis-menten", "100 mg iv", 24.0, 1);
    unit(c);
    grid(c);
}

criterion_group!(benches, all);
criterion_main!(benches);
