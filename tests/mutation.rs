//! Do the checks see the numbers? Each value of each model of ketamine is made 5 % larger and smaller: what matters for a
//! checked number has to make a check fail. Effects have no checks of their own; theirs are numbers of closed forms, below.
//! `POSOLOGY_BLESS=1 cargo test --test mutation` writes what no check sees to VALIDATION.md.

#[allow(dead_code)] // each test file takes what it needs
mod document;
mod litre;

use document::{is_fresh, path, refreshed};
use litre::LITRE;
use posology::error::Source;
use posology::model::{Catalogue, Evidence, FileKind, Model, Parameter, Resolve, catalogue};
use posology::prelude::*;
use posology::study::{CheckResult, verify, verify_on};
use posology::units::Quantity;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A parameter is seen if a change of this size makes a check fail.
const CHANGE: f64 = 0.05;

/// Above this elasticity of a checked number the parameter has to be seen.
const MATTERS: f64 = 0.25;

/// At most this part of all parameters may go unseen.
const UNSEEN: f64 = 0.15;

/// A number of an effect on the litre: the effect, what is given (ug, hence ng/mL for ever), the output, hours, and its value by
/// the closed form with the numbers that the effect's file should have.
type Pin = (&'static str, &'static str, &'static str, f64, f64);

const PINS: &[Pin] = &[
    ("dissociation-olofsen-2022", "121 ug s", "dissociation_site", 8.3 / 60.0, 60.5),
    ("dissociation-olofsen-2022", "363 ug s", "dissociation", 100.0, 75.0),
    ("dissociation-attenuating", "121 ug s", "dissociation_site", 8.3 / 60.0, 60.5),
    ("dissociation-attenuating", "8.14 ug s", "dissociation", 168.0, 3.255475),
    ("drug-high-simons-2022", "71.319 ug s", "drug_high", 8.3 / 60.0, 100.0 / 3.0),
    ("drug-high-simons-2022", "71.319 ug s", "drug_high", 100.0, 50.0),
    ("nmda-occupancy", "100 ug s", "nmda_occupancy", 1.0, 43.98401),
    ("nmda-occupancy", "80 ug r", "nmda_occupancy", 1.0, 14.57823),
    ("nmda-occupancy", "60 ug sn", "nmda_occupancy", 1.0, 7.311901),
    ("nmda-occupancy", "40 ug rn", "nmda_occupancy", 1.0, 0.6830368),
    ("haemodynamics", "400 ug s", "sbp_change", 1.0, 22.45),
    ("haemodynamics", "400 ug s", "dbp_change", 1.0, 14.2),
    ("haemodynamics", "400 ug s", "hr_change", 1.0, 26.2),
    ("antidepressant-response", "50 ug s", "madrs_total_change", 0.25, -5.474235),
    ("antidepressant-response", "50 ug s", "madrs_total_change", 5.0, -19.27958),
    ("antidepressant-response", "50 ug s", "madrs_drug_effect", 2.0, -6.506210),
    ("antidepressant-response", "1 ug s", "madrs_total_change", 240.0, -11.71100),
    ("antidepressant-response", "1 ug s", "madrs_drug_effect", 240.0, -6.328106),
];

/// How near a pinned number has to be, relative.
const PINNED: f64 = 1e-5;

struct Mutant {
    model: String,
    parameter: String,
    /// The largest elasticity of a checked number, and of which.
    elasticity: f64,
    of: String,
    /// Whether a check fails with the larger value, and with the smaller.
    seen: [bool; 2],
}

/// A number that somebody checks, with a parameter changed.
struct Checked {
    of: String,
    /// None if it cannot be had.
    found: Option<f64>,
    failed: bool,
}

fn changed<'m>(model: &'m Model, parameter: &Parameter, times: f64) -> Subject<'m> {
    let unit = parameter.unit.clone();
    let value = Quantity::new(unit.from_base(parameter.value) * times, unit);
    Subject::typical(model).set(&parameter.name, &value).unwrap_or_else(|e| panic!("{e}"))
}

/// The checks of a model's file that count.
fn checked(subject: &Subject<'_>) -> Vec<Checked> {
    let results = verify_on(subject).unwrap_or_else(|e| panic!("{}: {e}", subject.model().id()));
    let counting = results.into_iter().filter(|r| r.kind != Evidence::Observed);
    let number = |r: CheckResult| Checked {
        of: format!("{} {} after {}", r.output, r.metric, r.given),
        failed: r.failed(),
        found: r.found.ok(),
    };
    counting.map(number).collect()
}

/// The pinned numbers of the effect on the litre.
fn pinned(subject: &Subject<'_>) -> Vec<Checked> {
    let effect = &subject.model().effects()[0].id;
    let number = |(_, give, output, hours, expected): &Pin| {
        let give: Regimen = give.parse().unwrap_or_else(|e| panic!("{e}"));
        let run = Simulation::new(subject.model()).subject(subject).give(give).at([hours.hours()]).run();
        let found = run.unwrap_or_else(|e| panic!("{e}")).output(output).unwrap().values()[0];
        let failed = (found / expected - 1.0).abs() > PINNED;
        Checked { of: format!("{output} at {hours:.2} h"), found: Some(found), failed }
    };
    PINS.iter().filter(|pin| pin.0 == effect).map(number).collect()
}

fn mutant(name: &str, model: &Model, parameter: &Parameter, checks: fn(&Subject<'_>) -> Vec<Checked>) -> Mutant {
    let [more, less] = [1.0 + CHANGE, 1.0 - CHANGE].map(|times| checks(&changed(model, parameter, times)));
    let log_ratio = ((1.0 + CHANGE) / (1.0 - CHANGE)).ln();
    let elasticities = more.iter().zip(&less).filter_map(|(more, less)| {
        let elasticity = (more.found? / less.found?).ln().abs() / log_ratio;
        elasticity.is_finite().then_some((elasticity, more.of.clone()))
    });
    let (elasticity, of) = elasticities.fold((0.0, String::new()), |a, b| if b.0 > a.0 { b } else { a });
    let seen = [more, less].map(|results| results.iter().any(|r| r.failed));
    Mutant { model: name.into(), parameter: parameter.name.clone(), elasticity, of, seen }
}

/// Every number of every effect, on the litre.
fn mutants_of_effects() -> Vec<Mutant> {
    let mut all = Vec::new();
    for entry in catalogue().iter().filter(|entry| entry.path.starts_with("effects/")) {
        let effect = Catalogue.resolve(entry.id).expect("an entry of the catalogue");
        let model = Model::with_effects(&Source::new("litre.toml", LITRE), &[effect], &Catalogue);
        let model = model.unwrap_or_else(|e| panic!("{}: {e}", entry.id));
        for number in pinned(&Subject::typical(&model)) {
            assert!(!number.failed, "{}: {} is {:?}", entry.id, number.of, number.found);
        }
        all.extend(model.parameters().iter().map(|p| mutant(entry.id, &model, p, pinned)));
    }
    all
}

/// Every number that a file brings itself: those of the model that it extends are that file's.
fn mutants() -> Vec<Mutant> {
    let models = catalogue().iter().filter(|entry| !entry.is_textbook()).map(|e| Model::catalogue(e.id).unwrap());
    let models: Vec<Model> = models.filter(|model| model.kind() == FileKind::Model).collect();
    let mut work: Vec<(&Model, &Parameter)> = Vec::new();
    for model in &models {
        let base = model.provenance().extends.as_ref().and_then(|id| models.iter().find(|m| m.id() == id));
        let inherited = |p: &Parameter| {
            base.is_some_and(|b| b.parameters().iter().any(|q| q.name == p.name && q.printed == p.printed))
        };
        work.extend(model.parameters().iter().filter(|p| !inherited(p)).map(|p| (model, p)));
    }
    // Two threads take every second one each.
    let halves = std::thread::scope(|scope| {
        let half = |first: usize| {
            let work = &work;
            scope.spawn(move || {
                work.iter().skip(first).step_by(2).map(|(m, p)| mutant(m.id(), m, p, checked)).collect::<Vec<_>>()
            })
        };
        [half(0), half(1)].map(|thread| thread.join().expect("a half of the mutants"))
    });
    let [first, second] = halves.map(Vec::into_iter);
    let (mut first, mut second) = (first, second);
    std::iter::from_fn(|| first.next().map(|m| std::iter::once(m).chain(second.next()))).flatten().collect()
}

#[test]
fn checks_see_every_number_that_matters() {
    for entry in catalogue().iter().filter(|entry| entry.path.starts_with("ketamine/")) {
        assert!(verify(&Model::catalogue(entry.id).unwrap()).unwrap().iter().all(|r| !r.failed()), "{}", entry.id);
    }
    let (mut mutants, of_effects) = (mutants(), mutants_of_effects());
    let counts = [mutants.len(), of_effects.len()];
    mutants.extend(of_effects);
    let missed = mutants.iter().filter(|m| m.elasticity >= MATTERS && m.seen != [true; 2]);
    let missed: Vec<String> =
        missed.map(|m| format!("{} {}: {:.2} of {}", m.model, m.parameter, m.elasticity, m.of)).collect();
    assert!(missed.is_empty(), "no check sees\n{}", missed.join("\n"));

    let unseen: Vec<&Mutant> = mutants.iter().filter(|m| m.seen != [true; 2]).collect();
    let mut text = format!(
        "Of {} typical values of models and {} of effects, {} go unseen.\n\n| file | parameter | seen 5 % higher, lower | largest elasticity | of |\n|---|---|---|---|---|\n",
        counts[0],
        counts[1],
        unseen.len()
    );
    for m in &unseen {
        let [more, less] = m.seen.map(|seen| if seen { "yes" } else { "no" });
        let (model, parameter, elasticity, of) = (&m.model, &m.parameter, m.elasticity, &m.of);
        writeln!(text, "| {model} | {parameter} | {more}, {less} | {elasticity:.3} | {of} |").unwrap();
    }
    assert!((unseen.len() as f64) <= UNSEEN * mutants.len() as f64, "{text}");
    let document = std::fs::read_to_string(path("VALIDATION.md")).unwrap();
    is_fresh("VALIDATION.md", &refreshed(&document, &BTreeMap::from([("mutation", text)])), "mutation");
}
