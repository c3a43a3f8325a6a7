//! Populations through the public API, ids `{workload}/{threads}/{people}`: people are drawn and simulated. `A1-day` and
//! `A1-course` are 84 mg of intranasal esketamine over a day and a course of twenty weeks, propagated exactly; `W3-course` is
//! integrated over twenty weeks.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use posology::model::Catalogue;
use posology::population::Population;
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::study::cohort::Cohort;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;

/// One population of one simulation.
struct Workload {
    name: &'static str,
    model: Model,
    give: &'static str,
    samples: Vec<f64>,
    settings: Settings,
    people: u64,
}

fn workloads() -> [Workload; 3] {
    let esketamine = || Model::catalogue("esketamine-perez-ruixo-2021").expect("it is in the catalogue");
    let model = |text: &str| Model::parse(text, "effects.toml", &Catalogue).expect("it is sound");
    let course: Vec<f64> = (1..=500).map(|j| 6.72 * f64::from(j)).collect();
    [
        Workload {
            name: "A1-day",
            model: esketamine(),
            give: "84 mg intranasal",
            samples: (0..=288).map(|k| f64::from(k) / 12.0).collect(),
            settings: Settings::default(),
            people: 10_000,
        },
        Workload {
            name: "A1-course",
            model: esketamine(),
            give: "84 mg intranasal twice weekly for 4 weeks, then weekly x 12",
            samples: course.clone(),
            settings: Settings::default(),
            people: 1_000,
        },
        Workload {
            name: "W3-course",
            model: model(include_str!("models/effects.toml")),
            give: "84 mg oral every 84 h x 8, then 84 mg oral weekly x 12",
            samples: course,
            settings: Settings { rtol: 1e-4, atol: 1e-6, ..Settings::default() },
            people: 1_024,
        },
    ]
}

impl Workload {
    fn prepared(&self) -> Prepared<'_> {
        let regimen: Regimen = self.give.parse().expect("it is a regimen");
        let until = self.samples.iter().fold(0.0, |last: f64, t| last.max(*t));
        Prepared::with(&self.model, Some(&regimen), self.samples.clone(), until, self.settings).expect("they fit")
    }
}

fn threads(count: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(count).build().expect("threads")
}

fn population(criterion: &mut Criterion) {
    for workload in workloads() {
        let prepared = workload.prepared();
        let people = Population::of(&workload.model).size(workload.people).seed(1);
        let cohort = Cohort { prepared: &prepared, population: &people, residual: false };
        let mut out = vec![0.0; prepared.numbers() * workload.people as usize];
        let mut group = criterion.benchmark_group(workload.name);
        group.sample_size(10).throughput(Throughput::Elements(workload.people));
        for count in [1, 2] {
            let pool = threads(count);
            group.bench_function(format!("{count}-threads/{}", workload.people), |bencher| {
                bencher.iter(|| pool.install(|| black_box(cohort.run(0..workload.people, &mut out)).failures.len()));
            });
        }
        group.finish();
        assert!(out.iter().all(|y| y.is_finite()), "nobody failed");
    }
}

criterion_group!(benches, population);
criterion_main!(benches);
