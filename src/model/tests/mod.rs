//! Faults of model files, each with its code, place and hint; and what the language means.

mod faults;
mod meaning;
mod merging;

use super::*;
use crate::error::{Kind, Source};
use crate::expr::Class;

const BASE: &str = r#"format = 1
id    = "test"
title = "A test"
drug  = "ketamine"
grade = "B"

[source.paper]
citation = "A paper"

[substances]
parent = { molar_mass = "200 g/mol", salt = { HCl = "250 g/mol" } }
metabolite = { molar_mass = "150 g/mol" }

[covariates]
weight = { unit = "kg", reference = 70 }
ancestry = { one_of = ["other", "asian-non-japanese"], reference = "other" }

[parameters]
V   = { value = 10, unit = "L", source = "paper: Table 1" }
CL  = { value = 2, unit = "L/h", source = "paper: Table 1", iiv = { cv = 0.3 } }
ka  = { value = 1, unit = "1/h", source = "paper: Table 1" }
F   = { value = 0.5, source = "paper: Table 1", iiv = { logit_sd = 0.7 } }
G   = { value = 0.6, source = "paper: Table 1" }

[derived]
half = "CL / V"

[compartments]
gut     = {}
central = { volume = "V", substance = "parent" }
met     = { volume = "V", substance = "metabolite" }

[flows]
"gut -> central" = { rate = "ka" }
"central -> out" = { clearance = "CL" }

[routes.oral]
gut = { fraction = "F" }

[outputs]
conc = { value = "C(central)", unit = "ng/mL", analyte = "ketamine" }
"#;

fn parse(text: &str) -> Result<Model, Faults<ModelError>> {
    Model::parse(text, "test.toml", &Catalogue)
}

/// The base with a piece of it exchanged.
fn with(old: &str, new: &str) -> String {
    assert!(BASE.contains(old), "the base has no {old}");
    BASE.replace(old, new)
}

fn faults(text: &str) -> Vec<Fault<ModelError>> {
    match parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_vec(),
    }
}

/// One fault with this code, at the first place of `at` behind `line`, whose hint has these words.
#[track_caller]
fn fault(text: &str, code: &str, line: &str, at: &str, hint: &str) {
    let found = faults(text);
    let shown: Vec<String> = found.iter().map(|f| f.diagnostic().to_string()).collect();
    assert_eq!(found.len(), 1, "not one fault:\n{}", shown.join("\n"));
    let only = &found[0];
    assert_eq!(only.kind.code(), code, "{}", shown[0]);
    let start = text.find(line).expect("the line is there");
    let start = start + text[start..].find(at).expect("the word is there");
    let span = only.span.expect("the fault has a place");
    let source = only.source.as_ref().expect("the fault names its file");
    assert_eq!(
        (source.location(span.start), &text[span.start..span.end]),
        (source.location(start), at),
        "{}",
        shown[0]
    );
    let found_hint = only.kind.hint().unwrap_or_default();
    assert!(found_hint.contains(hint), "the hint is: {found_hint}");
}

#[test]
fn the_base_of_these_tests_is_a_model() {
    assert_eq!(faults(BASE), vec![]);
}

/// The register file of a subject at the model's reference, with some inputs set.
fn registers(model: &Model, set: &[(Reg, f64)]) -> Vec<[f64; 1]> {
    let mut file = model.tiers().file::<1>();
    for parameter in model.parameters() {
        file[parameter.slot][0] = parameter.value;
    }
    for covariate in model.covariates() {
        file[covariate.slot][0] = covariate.reference;
    }
    for (reg, value) in set {
        file[*reg][0] = *value;
    }
    for class in [Class::Subject, Class::Interval, Class::Dose] {
        model.tiers().run(class, &mut file);
    }
    file
}

fn entry(model: &Model, row: &str, column: &str) -> f64 {
    let file = registers(model, &[]);
    let index = |name: &str| model.states().iter().position(|s| s.name == name).expect("a state");
    let Dynamics::Linear { a, .. } = model.dynamics() else { panic!("not linear") };
    a.iter().filter(|(i, j, _)| (*i, *j) == (index(row), index(column))).map(|(_, _, r)| file[*r][0]).sum()
}
