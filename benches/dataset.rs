//! A data set of 1,000 subjects x 338 records (two compartments, oral, every 12 h for two weeks, each subject's parameters in
//! columns), ids `dataset/{what}/{subjects}`: `read`, `exact` (the simulation) and `write` are measured apart. Results are
//! checked against a prepared simulation before they are timed.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use posology::io::{DataOptions, DataReader, DataWriter, SubjectData};
use posology::model::{Catalogue, Model};
use posology::prelude::*;
use posology::simulate::{Prepared, Replay, Rules, Settings};
use std::fmt::Write;
use std::hint::black_box;

const SUBJECTS: usize = 1000;
const DOSES: usize = 28;
const OBSERVATIONS: usize = 310;
const EVERY: f64 = 12.0;
/// h between observations; they begin half of it after the first dose, so that none meets a dose.
const STEP: f64 = 1.0625;
/// Largest error relative to the peak.
const ERROR: f64 = 1e-12;

/// ka, CL and V2 of a subject: typical values times factors spread evenly on a log scale.
fn parameters(id: usize) -> [(&'static str, &'static str, f64); 3] {
    let factor = |k: f64| (0.3 * (k * id as f64).sin()).exp();
    [("ka", "1/h", 1.2 * factor(1.0)), ("CL", "L/h", 80.0 * factor(2.0)), ("V2", "L", 150.0 * factor(3.0))]
}

fn samples() -> Vec<f64> {
    (0..OBSERVATIONS).map(|k| STEP * (k as f64 + 0.5)).collect()
}

fn data_set() -> String {
    let mut text = String::from("ID,TIME,EVID,AMT,CMT,ka,CL,V2\n");
    let doses = (0..DOSES).map(|k| (EVERY * k as f64, "1,100,oral"));
    let mut records: Vec<(f64, &str)> = doses.chain(samples().into_iter().map(|t| (t, "0,,"))).collect();
    records.sort_by(|a, b| a.0.total_cmp(&b.0));
    for id in 1..=SUBJECTS {
        let [ka, cl, v2] = parameters(id).map(|(_, _, value)| value);
        for (time, what) in &records {
            writeln!(text, "{id},{time},{what},{ka},{cl},{v2}").expect("memory can be written to");
        }
    }
    text
}

fn read(text: &str, model: &Model) -> Vec<SubjectData> {
    let reader = DataReader::new(text.as_bytes(), "bench", model, DataOptions::default()).expect("it is a data set");
    reader.collect::<Result<_, _>>().expect("its rows can be read")
}

/// The observations of a subject by a prepared simulation.
fn expected(model: &Model, id: usize) -> Vec<f64> {
    let regimen: Regimen = format!("100 mg oral every {EVERY} h x {DOSES}").parse().expect("it is a regimen");
    let prepared = Prepared::new(model, Some(&regimen), samples(), 336.0).expect("they fit each other");
    let mut subject = Subject::typical(model);
    for (name, unit, value) in parameters(id) {
        let value = Quantity::new(value, unit.parse().expect("it is a unit"));
        subject = subject.set(name, &value).expect("the model has it");
    }
    let mut out = vec![0.0; OBSERVATIONS];
    prepared.run(&subject, &mut prepared.workspace(), &mut out).expect("finite numbers");
    out
}

fn dataset(c: &mut Criterion) {
    let model =
        Model::parse(include_str!("models/oral_columns.toml"), "oral_columns", &Catalogue).expect("it is a model");
    let text = data_set();
    let subjects = read(&text, &model);
    let replay = Replay::new(&model, Rules::default(), Settings::default()).expect("it is linear");
    let (typical, mut out) = (Subject::typical(&model), Vec::new());
    let mut run = |subject: &SubjectData| {
        replay.run(&subject.history, &typical, &mut out).expect("finite numbers");
        out.clone()
    };
    for (id, subject) in (1..).zip(&subjects) {
        let (found, expected) = (run(subject), expected(&model, id));
        let peak = expected.iter().copied().fold(0.0, f64::max);
        let rows = subject.rows().zip(&found).filter(|(row, _)| row.contains(",0,,,"));
        let rows: Vec<f64> = rows.map(|(_, value)| *value).collect();
        assert_eq!(rows.len(), OBSERVATIONS);
        for (k, (found, expected)) in rows.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() <= ERROR * peak, "subject {id}, sample {k}: {found} is not {expected}");
        }
    }

    let mut group = c.benchmark_group("dataset");
    group.throughput(Throughput::Elements(SUBJECTS as u64)).sample_size(20);
    group.bench_function(format!("read/{SUBJECTS}"), |b| b.iter(|| read(black_box(&text), &model)));
    let mut out = Vec::new();
    group.bench_function(format!("exact/{SUBJECTS}"), |b| {
        b.iter(|| {
            for subject in &subjects {
                replay.run(&subject.history, &typical, &mut out).expect("finite numbers");
                black_box(&out);
            }
        });
    });
    let reader = DataReader::new(text.as_bytes(), "bench", &model, DataOptions::default()).expect("it is a data set");
    let values: Vec<Vec<f64>> = subjects.iter().map(run).collect();
    group.bench_function(format!("write/{SUBJECTS}"), |b| {
        b.iter(|| {
            let file = Vec::with_capacity(2 * text.len());
            let mut writer =
                DataWriter::new(file, reader.header(), ["concentration"]).expect("memory can be written to");
            for (subject, values) in subjects.iter().zip(&values) {
                writer.write(subject, values).expect("memory can be written to");
            }
            black_box(writer.into_inner())
        });
    });
    group.finish();
}

criterion_group!(benches, dataset);
criterion_main!(benches);
