//! Populations through the public API, ids `{workload}/{threads}`: people are drawn and simulated. `A1` is 84 mg of intranasal
//! esketamine over a day, propagated exactly; `W3` is integrated over twenty weeks. What criterion does not measure is
//! printed at the end: CPU time by threads, the best wall time, and the memory that populations take.

use criterion::{Criterion, Throughput, criterion_group};
use posology::model::Catalogue;
use posology::population::Population;
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::study::cohort::Cohort;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::fs;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 10;

/// One population of one simulation.
struct Workload {
    name: &'static str,
    model: Model,
    give: &'static str,
    samples: Vec<f64>,
    settings: Settings,
    people: u64,
}

fn workloads() -> [Workload; 2] {
    let model = |text: &str| Model::parse(text, "effects.toml", &Catalogue).expect("it is sound");
    [
        Workload {
            name: "A1",
            model: Model::catalogue("esketamine-perez-ruixo-2021").expect("it is in the catalogue"),
            give: "84 mg intranasal",
            samples: (0..=288).map(|k| f64::from(k) / 12.0).collect(),
            settings: Settings::default(),
            people: 10_000,
        },
        Workload {
            name: "W3",
            model: model(include_str!("models/effects.toml")),
            give: "84 mg oral every 84 h x 8, then 84 mg oral weekly x 12",
            samples: (1..=500).map(|j| 6.72 * f64::from(j)).collect(),
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
    let measuring = !std::env::args().any(|a| a == "--test");
    for workload in workloads() {
        let prepared = workload.prepared();
        let people = Population::of(&workload.model).size(workload.people).seed(1);
        let cohort = Cohort { prepared: &prepared, population: &people, residual: false };
        let mut out = vec![0.0; prepared.numbers() * workload.people as usize];
        let mut group = criterion.benchmark_group(workload.name);
        group.sample_size(10).throughput(Throughput::Elements(workload.people));
        for count in [1, 2] {
            let pool = threads(count);
            group.bench_function(count.to_string(), |bencher| {
                bencher.iter(|| pool.install(|| black_box(cohort.run(0..workload.people, &mut out)).failures.len()));
            });
        }
        group.finish();
        assert!(out.iter().all(|y| y.is_finite()), "nobody failed");
        if measuring {
            by_threads(&workload, &cohort, &mut out);
        }
    }
    if measuring {
        memory();
    }
}

/// CPU and wall time of one and two threads: the median and the best of rounds that take turns.
fn by_threads(workload: &Workload, cohort: &Cohort<'_, '_>, out: &mut [f64]) {
    let pools = [threads(1), threads(2)];
    let mut times = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    for _ in 0..ROUNDS {
        for (pool, [cpu, wall]) in pools.iter().zip(&mut times) {
            let (begun, used) = (Instant::now(), cpu_seconds());
            pool.install(|| cohort.run(0..workload.people, out));
            cpu.push(cpu_seconds() - used);
            wall.push(begun.elapsed().as_secs_f64());
        }
    }
    times.iter_mut().flatten().for_each(|list| list.sort_by(f64::total_cmp));
    let [[cpu_1, wall_1], [cpu_2, wall_2]] = &times;
    println!(
        "{}: CPU time of 2 threads is {:.3} of that of 1 (median of {ROUNDS}); best wall time {:.1} and {:.1} ms, {:.2} times as fast",
        workload.name,
        cpu_2[ROUNDS / 2] / cpu_1[ROUNDS / 2],
        1e3 * wall_1[0],
        1e3 * wall_2[0],
        wall_1[0] / wall_2[0],
    );
}

/// Peak memory of runs that start from nothing: each in a process of its own.
fn memory() {
    for what in ["values", "bands"] {
        let program = std::env::current_exe().expect("this program");
        let child = std::process::Command::new(program).env("POSOLOGY_MEMORY", what).output().expect("it runs");
        print!("{}", String::from_utf8_lossy(&child.stdout));
    }
}

/// Runs a population and prints the memory it took.
fn remember(what: &str) {
    let [workload, _] = workloads();
    let people = match what {
        "values" => 10_000,
        _ => 1_000_000,
    };
    let workload = Workload { samples: (1..=500).map(|k| 0.048 * f64::from(k)).collect(), people, ..workload };
    let model = Model::parse(include_str!("models/oral.toml"), "oral.toml", &Catalogue).expect("it is sound");
    let workload = Workload { model, give: "84 mg oral", ..workload };
    let prepared = workload.prepared();
    let population = Population::of(&workload.model).size(people).seed(1);
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let before = kilobytes("VmHWM");
    let result = match what {
        "values" => {
            let mut out = vec![0.0; prepared.numbers() * people as usize];
            cohort.run(0..people, &mut out);
            8 * out.len()
        }
        _ => cohort.bands(&[5.0, 50.0, 95.0], |_| {}).map_or(0, |bands| 8 * bands.times.len() * 3),
    };
    println!(
        "{people} people x {} times, {what}: {:.1} MB at most, of which {:.1} the result and {:.1} the program itself",
        prepared.samples().len(),
        kilobytes("VmHWM") / 1e3,
        result as f64 / 1e6,
        before / 1e3,
    );
}

/// CPU time of this process so far, all threads.
fn cpu_seconds() -> f64 {
    let mut nanoseconds = 0.0;
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanoseconds += text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    }
    nanoseconds / 1e9
}

/// A line of this process's status, kB.
fn kilobytes(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(f64::NAN)
}

criterion_group!(benches, population);

fn main() {
    match std::env::var("POSOLOGY_MEMORY") {
        Ok(what) => remember(&what),
        Err(_) => {
            benches();
            Criterion::default().configure_from_args().final_summary();
        }
    }
}
