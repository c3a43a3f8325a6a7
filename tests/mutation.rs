//! Do the checks see the numbers? Each value of each model of ketamine is made 5 % larger and smaller: what matters for a
//! checked number has to make a check fail. `POSOLOGY_BLESS=1 cargo test --test mutation` writes what no check sees to VALIDATION.md.

#[allow(dead_code)] // each test file takes what it needs
mod document;

use document::{is_fresh, path, refreshed};
use posology::model::{Evidence, FileKind, Model, Parameter, catalogue};
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

struct Mutant {
    model: String,
    parameter: String,
    /// The largest elasticity of a checked number, and of which.
    elasticity: f64,
    of: String,
    /// Whether a check fails with the larger value, and with the smaller.
    seen: [bool; 2],
}

/// The checks that count, with a parameter so many times its value.
fn checked(model: &Model, parameter: &Parameter, times: f64) -> Vec<CheckResult> {
    let unit = parameter.unit.clone();
    let value = Quantity::new(unit.from_base(parameter.value) * times, unit);
    let subject = Subject::typical(model).set(&parameter.name, &value).unwrap_or_else(|e| panic!("{e}"));
    let results = verify_on(&subject).unwrap_or_else(|e| panic!("{}: {e}", model.id()));
    results.into_iter().filter(|r| r.kind != Evidence::Observed).collect()
}

fn mutant(model: &Model, parameter: &Parameter) -> Mutant {
    let [more, less] = [1.0 + CHANGE, 1.0 - CHANGE].map(|times| checked(model, parameter, times));
    let log_ratio = ((1.0 + CHANGE) / (1.0 - CHANGE)).ln();
    let elasticities = more.iter().zip(&less).filter_map(|(more, less)| {
        let (high, low) = (more.found.as_ref().ok()?, less.found.as_ref().ok()?);
        let elasticity = (high / low).ln().abs() / log_ratio;
        let of = format!("{} {} after {}", more.output, more.metric, more.given);
        elasticity.is_finite().then_some((elasticity, of))
    });
    let (elasticity, of) = elasticities.fold((0.0, String::new()), |a, b| if b.0 > a.0 { b } else { a });
    let seen = [more, less].map(|results| results.iter().any(CheckResult::failed));
    Mutant { model: model.id().into(), parameter: parameter.name.clone(), elasticity, of, seen }
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
            scope.spawn(move || work.iter().skip(first).step_by(2).map(|(m, p)| mutant(m, p)).collect::<Vec<_>>())
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
    let mutants = mutants();
    let missed = mutants.iter().filter(|m| m.elasticity >= MATTERS && m.seen != [true; 2]);
    let missed: Vec<String> =
        missed.map(|m| format!("{} {}: {:.2} of {}", m.model, m.parameter, m.elasticity, m.of)).collect();
    assert!(missed.is_empty(), "no check sees\n{}", missed.join("\n"));

    let unseen: Vec<&Mutant> = mutants.iter().filter(|m| m.seen != [true; 2]).collect();
    let mut text = format!(
        "Of {} parameters, {} go unseen.\n\n| model | parameter | seen 5 % higher, lower | largest elasticity | of |\n|---|---|---|---|---|\n",
        mutants.len(),
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
