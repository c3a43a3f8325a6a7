//! The textbook: its effects, put on another model by `--effect`, give the numbers of the models that have them by `extends`;
//! its checks are tight.

use posology::error::Source;
use posology::model::{Catalogue, Check, Evidence, FileKind, Resolve, Tolerance, catalogue};
use posology::prelude::*;
use std::sync::Arc;

const BASE: &str = "textbook-one-compartment";

/// An effect, the model that extends the base by the same equations, and the names of the outputs there and here.
const EFFECTS: [(&str, &str, &[[&str; 2]]); 9] = [
    ("emax", "direct-effects", &[["direct", "response"]]),
    ("sigmoid-emax", "direct-effects", &[["sigmoid", "response"]]),
    ("compartment", "direct-effects", &[["site", "site"], ["delayed", "response"]]),
    ("indirect-1", "indirect-responses", &[["production_inhibited", "response"]]),
    ("indirect-2", "indirect-responses", &[["loss_inhibited", "response"]]),
    ("indirect-3", "indirect-responses", &[["production_stimulated", "response"]]),
    ("indirect-4", "indirect-responses", &[["loss_stimulated", "response"]]),
    ("tolerance", "tolerance", &[["response", "response"], ["moderator", "moderator"]]),
    ("rebound", "rebound", &[["response", "response"], ["precursor", "precursor"]]),
];

fn source(id: &str) -> Arc<Source> {
    Catalogue.resolve(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"))
}

fn simulated<'m>(model: &'m Model, check: &Check) -> Profile<'m> {
    let schedule: Schedule = check.give.parse().unwrap_or_else(|e| panic!("{}: {e:?}", model.id()));
    Simulation::new(model).give(schedule).until(120.0.hours()).run().unwrap_or_else(|e| panic!("{}: {e}", model.id()))
}

#[test]
fn effects_give_the_numbers_of_the_models_that_have_them() {
    let mut compared = 0;
    for (effect, like, outputs) in EFFECTS {
        let effect = format!("textbook-effect-{effect}");
        let model = Model::with_effects(&source(BASE), &[source(&effect)], &Catalogue).unwrap();
        assert!(model.requirements().is_empty() && model.warnings().is_empty(), "{effect}");
        let like = Model::catalogue(&format!("textbook-{like}")).unwrap();
        for check in like.checks() {
            let profile = simulated(&model, check);
            for expectation in &check.expect {
                let Some([_, output]) = outputs.iter().find(|[there, _]| *there == expectation.output) else {
                    continue;
                };
                let view = profile.output(output).unwrap();
                for (measure, expected) in expectation.measures.iter().zip(&expectation.values) {
                    let found = view.measure(measure).unwrap().unwrap_or_else(|m| panic!("{effect}: {m}")).in_base();
                    let fine = expected.accepts(found, expectation.tolerance);
                    assert!(fine, "{effect}, {measure} of {output}: {found} is not {}", expected.text);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn every_effect_is_compared() {
    let textbook = catalogue().iter().filter(|e| e.is_textbook());
    let effects = textbook.filter(|e| Model::catalogue(e.id).unwrap().kind() == FileKind::Effect);
    let ids: Vec<&str> = effects.map(|e| e.id.strip_prefix("textbook-effect-").expect(e.id)).collect();
    assert_eq!(ids, EFFECTS.map(|(effect, ..)| effect));
}

#[test]
fn an_effect_with_another_analyte_attaches_to_a_published_model() {
    for (effect, ..) in EFFECTS {
        let text = source(&format!("textbook-effect-{effect}")).text.replace("\"other\"", "\"S-ketamine\"");
        for id in ["esketamine-perez-ruixo-2021", "ketamine-kamp-2020"] {
            let model = Model::with_effects(&source(id), &[Source::new("effect.toml", text.clone())], &Catalogue);
            assert!(model.is_ok_and(|m| m.requirements().is_empty()), "{effect} on {id}");
        }
    }
}

#[test]
fn checks_are_computed_and_tight() {
    for entry in catalogue().iter().filter(|e| e.is_textbook()) {
        for check in Model::catalogue(entry.id).unwrap().checks() {
            assert_eq!(check.kind, Evidence::Computed, "{}", entry.id);
            for expectation in &check.expect {
                let tight = matches!(expectation.tolerance, Tolerance::Rel(rel) if rel <= 1e-6);
                assert!(tight, "{}: {}", entry.id, expectation.output);
                for value in &expectation.values {
                    let digits = value.half_digit / value.value.abs();
                    assert!(digits < 1e-8, "{}: {} has too few digits", entry.id, value.text);
                }
            }
        }
    }
}
