//! Non-compartmental analysis of 300 subjects with 12 samples each, ids `nca/{convention}/{subjects}`: every metric of the
//! registry; `table` is the same from the text of a table. One core.

use criterion::{Criterion, criterion_group, criterion_main};
use posology::io::Concentrations;
use posology::metrics::nca::{Convention, Route, Samples, Setting, analyse};
use std::collections::BTreeMap;
use std::hint::black_box;

const SUBJECTS: u32 = 300;
const TIMES: [f64; 12] = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0, 36.0];

/// One compartment by mouth, every subject with rates of its own, off by a few percent at each sample.
fn concentration(subject: u32, sample: usize) -> f64 {
    let of = |step: f64| (f64::from(subject) * step).fract();
    let (ka, k) = (0.8 + 1.5 * of(0.618), 0.08 + 0.15 * of(0.414));
    let t = TIMES[sample];
    let exact = 10.0 * ka / (ka - k) * ((-k * t).exp() - (-ka * t).exp());
    exact * (1.0 + 0.05 * (of(0.732) * 100.0 + sample as f64 * 1.3).sin())
}

fn nca(c: &mut Criterion) {
    let profile = |subject| (0..TIMES.len()).map(|i| concentration(subject, i)).collect::<Vec<f64>>();
    let samples: Vec<Samples> =
        (0..SUBJECTS).map(|subject| Samples::new(&TIMES, &profile(subject)).expect("times increase")).collect();
    for convention in [Convention::WinNonlin, Convention::Pknca] {
        let setting = Setting { dose: Some(100.0), convention, ..Setting::new(Route::Extravascular) };
        c.bench_function(&format!("nca/{}/{SUBJECTS}", convention.name()), |b| {
            b.iter(|| samples.iter().map(|s| analyse(black_box(s), &setting)).filter(|r| r.slope.is_some()).count());
        });
    }
    let mut table = String::from("ID,TIME,DV [ng/mL]\n");
    for subject in 0..SUBJECTS {
        for (i, time) in TIMES.iter().enumerate() {
            table += &format!("{subject},{time},{:.4}\n", concentration(subject, i));
        }
    }
    let setting = Setting { dose: Some(100.0), ..Setting::new(Route::Extravascular) };
    c.bench_function(&format!("nca/table/{SUBJECTS}"), |b| {
        b.iter(|| {
            let data =
                Concentrations::read("bench", black_box(&table), None, &BTreeMap::new()).expect("the table is good");
            data.subjects.iter().map(|s| analyse(&s.samples, &setting)).filter(|r| r.slope.is_some()).count()
        });
    });
}

criterion_group!(benches, nca);
criterion_main!(benches);
