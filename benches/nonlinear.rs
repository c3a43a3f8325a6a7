//! A model that is not linear through the public API, ids `W3/{engine}/{subjects}`: saturable elimination, an effect site and a
//! turnover over twenty weeks, many subjects in lanes by instruction set, and one by itself.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use posology::math::kernel::Kernel;
use posology::model::Catalogue;
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use std::hint::black_box;

const SUBJECTS: usize = 256;

/// Log-normal factors with a CV of 30 %, spread evenly instead of drawn.
fn factors(k: usize) -> [f64; 2] {
    let sd = 1.09_f64.ln().sqrt();
    let angle = 2.399_963_229_728_653 * k as f64;
    let radius = (2.0 * (SUBJECTS as f64 / (k as f64 + 0.5)).ln()).sqrt();
    [(sd * radius * angle.cos()).exp(), (sd * radius * angle.sin()).exp()]
}

fn w3(criterion: &mut Criterion) {
    let model = Model::parse(include_str!("models/effects.toml"), "effects.toml", &Catalogue).expect("it is sound");
    let regimen: Regimen = "84 mg oral every 84 h x 8, then 84 mg oral weekly x 12".parse().expect("it is a regimen");
    let person = |k| {
        let [vmax, v] = factors(k);
        let quantity = |text: String| text.parse::<Quantity>().expect("it is a quantity");
        let subject = Subject::typical(&model).set("Vmax", &quantity(format!("{} mg/h", 12.0 * vmax)));
        subject.and_then(|s| s.set("V2", &quantity(format!("{} L", 150.0 * v)))).expect("the model has both")
    };
    let subjects: Vec<Subject<'_>> = (0..SUBJECTS).map(person).collect();
    let samples: Vec<f64> = (1..=500).map(|j| 6.72 * f64::from(j)).collect();
    let mut group = criterion.benchmark_group("W3");
    group.sample_size(10);
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()) {
        let settings = Settings { rtol: 1e-6, atol: 1e-8, kernel, ..Settings::default() };
        let prepared = Prepared::with(&model, Some(&regimen), samples.clone(), 3360.0, settings).expect("they fit");
        let mut workspace = prepared.workspace();
        let mut out = vec![0.0; prepared.numbers() * SUBJECTS];
        group.throughput(Throughput::Elements(SUBJECTS as u64));
        group.bench_function(format!("explicit-{kernel}/{SUBJECTS}"), |bencher| {
            bencher.iter(|| prepared.run_all(black_box(&subjects), &mut workspace, &mut out));
        });
        assert!(out.iter().all(|y| (9.99..=100.01).contains(y)), "responses lie between kin / kout and a tenth of it");
        if kernel == Kernel::Baseline {
            let mut next = subjects.iter().cycle();
            let mut one = vec![0.0; prepared.numbers()];
            group.throughput(Throughput::Elements(1));
            group.bench_function("explicit/1", |bencher| {
                bencher.iter(|| next.next().map(|subject| prepared.run(subject, &mut workspace, &mut one)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, w3);
criterion_main!(benches);
