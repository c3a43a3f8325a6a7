//! Random effects, occasions, residual errors and the uncertainty of estimates: closed forms, and laws of the random numbers.

use posology::error::Kind;
use posology::model::{Catalogue, Model};
use posology::population::{Effects, Subject};
use posology::prelude::*;
use posology::simulate::Prepared;

/// One compartment; `varies` goes behind CL, `sections` at the end.
fn one_compartment(varies: &str, sections: &str) -> Model {
    let text = format!(
        r#"
id    = "one"
title = "One compartment"
drug  = "none"
grade = "assumed"
[parameters]
CL = {{ value = 5, unit = "L/h", grade = "assumed", why = "a test", {varies} }}
V  = {{ value = 50, unit = "L", grade = "assumed", why = "a test", iiv = {{ variance = 0.09 }} }}
Q  = {{ value = 0, unit = "L/h", grade = "assumed", why = "a test", iiv = {{ sd = 2 }} }}
W  = {{ value = 50, unit = "L", grade = "assumed", why = "a test", iiv = {{ shared = "V" }}, bounds = [0, 60] }}
F  = {{ value = 0.6, grade = "assumed", why = "a test", bounds = [0, 1], iiv = {{ logit_sd = 0.7 }} }}
Z  = {{ value = 1, grade = "assumed", why = "a test", iiv = {{ cv = 0 }} }}
[derived]
total = "(CL + Q) * Z"
[compartments]
central = {{ volume = "V" }}
[flows]
"central -> out" = {{ clearance = "total" }}
[routes.iv]
central = {{}}
[routes.part]
central = {{ fraction = "F" }}
[outputs]
c = {{ value = "C(central)", unit = "mg/L" }}
w = {{ value = "central / W", unit = "mg/L" }}
{sections}
"#
    );
    Model::parse(&text, "one.toml", &Catalogue).unwrap()
}

fn prepared<'m>(model: &'m Model, give: &str, samples: &[f64]) -> Prepared<'m> {
    let regimen: Regimen = give.parse().unwrap();
    Prepared::new(model, Some(&regimen), samples.to_vec(), *samples.last().unwrap()).unwrap()
}

fn run(prepared: &Prepared<'_>, subject: &Subject<'_>) -> Vec<f64> {
    let mut out = vec![0.0; prepared.numbers()];
    prepared.run(subject, &mut prepared.workspace(), &mut out).unwrap();
    out
}

fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-12, "{found} is not {expected}");
}

const SAMPLES: [f64; 4] = [0.5, 1.0, 6.0, 24.0];

#[test]
fn effects_act_on_their_scale_then_bounds() {
    let model = one_compartment("iiv = { cv = 0.3 }", "");
    let subject = Subject::typical(&model).with_effect("CL", 0.2).unwrap().with_effect("V", 0.3).unwrap();
    let subject = subject.with_effect("Q", -1.5).unwrap().with_effect("F", -0.4).unwrap();
    let f = 1.0 / (1.0 + (-((0.6f64 / 0.4).ln() - 0.4)).exp());
    let (cl, v) = (5.0 * 0.2f64.exp() - 1.5, 50.0 * 0.3f64.exp());
    let out = run(&prepared(&model, "100 mg part", &SAMPLES), &subject);
    for (i, t) in SAMPLES.iter().enumerate() {
        let amount = 100.0 * f * (-cl / v * t).exp();
        close(out[i], amount / v);
        // W shares the effect of V, and its bound of 60 L holds after it.
        close(out[SAMPLES.len() + i], amount / 60.0);
    }
}

#[test]
fn only_what_varies_between_subjects_takes_an_effect() {
    let model = one_compartment("iov = { cv = 0.3 }", "");
    let code = |name: &str| Subject::typical(&model).with_effect(name, 0.1).unwrap_err().first().kind.code();
    assert_eq!(code("CL"), "E_NO_VARIABILITY");
    assert_eq!(code("CLL"), "E_UNKNOWN_PARAMETER");
    assert!(Subject::typical(&model).with_effect("W", 0.1).is_ok());
}

#[test]
fn the_typical_subject_has_no_effects_and_no_variance_draws_none() {
    let model = one_compartment("iiv = { cv = 0.3 }", "[[block]]\nof = [\"CL\", \"Z\"]\ncorrelation = [0.5]\n");
    assert!(Subject::typical(&model).effects().iter().all(|eta| *eta == 0.0));
    let mut subject = Subject::typical(&model);
    Effects::new(&model, 1, 0).draw(3, 0, &mut subject);
    let z = model.parameters().iter().find(|p| p.name == "Z").unwrap().iiv.unwrap();
    assert_eq!(subject.effects()[z], 0.0);
    assert!(subject.effects().iter().filter(|eta| **eta != 0.0).count() == 4);
}

#[test]
fn a_person_is_the_same_alone_and_among_others() {
    let model = Model::catalogue("s-ketamine-simons-2022").unwrap();
    let prepared = prepared(&model, "50 mg buccal weekly x 3", &[0.5, 1.0, 200.0, 400.0]);
    assert_eq!(prepared.occasions(), 3);
    let drawn = |effects: &mut Effects<'_>, person: u64| -> Vec<u64> {
        let mut subject = Subject::typical(&model);
        effects.draw(person, prepared.occasions(), &mut subject);
        run(&prepared, &subject).iter().map(|y| y.to_bits()).collect()
    };
    let (mut together, mut backwards) = (Effects::new(&model, 9, 0), Effects::new(&model, 9, 0));
    let all: Vec<Vec<u64>> = (0..1000)
        .map(|person| {
            if person % 100 == 5 {
                drawn(&mut together, person)
            } else {
                together.draw(person, 3, &mut Subject::typical(&model));
                Vec::new()
            }
        })
        .collect();
    for person in (0..1000).rev().filter(|person| person % 100 == 5) {
        assert_eq!(drawn(&mut backwards, person), all[person as usize]);
        assert_eq!(drawn(&mut Effects::new(&model, 9, 0), person), all[person as usize]);
    }
    assert_ne!(all[5], all[105]);
    assert_ne!(drawn(&mut Effects::new(&model, 8, 0), 5), all[5]);
    assert_ne!(drawn(&mut Effects::new(&model, 9, 1), 5), all[5]);
}
