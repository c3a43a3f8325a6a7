//! Plans and models of the tests of sensitivity.
#![allow(dead_code)] // each test file takes what it needs

use super::common::{Folder, Run};
use posology::model::{Catalogue, Model};
use posology::simulate::Settings;
use posology::study::sensitivity::{Analysis, Effects, SensitivityPlan};
use serde_json::Value;
use std::collections::BTreeMap;

pub fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

pub fn analysis(plan: &str, model: &str) -> Analysis {
    let plan = SensitivityPlan::parse("plan.toml", plan).unwrap();
    let models = plan.models(|name| Ok(Model::parse(model, name, &Catalogue)?)).unwrap();
    plan.design(&models, Settings::default()).unwrap().run(&models, |_| ()).unwrap()
}

pub fn effects<'a>(analysis: &'a Analysis, measure: &str) -> &'a Effects {
    analysis.measures.iter().find(|m| m.name == measure).unwrap().effects.as_ref().unwrap()
}

/// A model whose output is any expression of parameters without units.
pub fn function(parameters: &[&str], value: &str) -> String {
    let parameters: String = parameters
        .iter()
        .map(|name| format!("{name} = {{ value = 0.5, grade = \"assumed\", why = \"a test\" }}\n"))
        .collect();
    format!(
        "format = 1\nid = \"function\"\ntitle = \"A function\"\ndrug = \"none\"\ngrade = \"assumed\"\nunit_checking = false\n\
         [parameters]\n{parameters}[compartments]\ncentral = {{}}\n[flows]\n\"central -> out\" = {{ rate = \"1\" }}\n\
         [routes.iv]\ncentral = {{}}\n[outputs]\ny = {{ value = \"{value}\", unit = \"1\" }}\n"
    )
}

pub const ORAL: &str = r#"format = 1
id     = "oral"
title  = "One compartment with absorption"
drug   = "any"
grade  = "assumed"
[parameters]
ka = { value = 1.2, unit = "1/h", grade = "assumed", why = "a test" }
cl = { value = 3.5, unit = "L/h", grade = "assumed", why = "a test" }
v  = { value = 30,  unit = "L",   grade = "assumed", why = "a test" }
F  = { value = 0.8, grade = "assumed", why = "a test", bounds = [0, 1] }
[compartments]
gut     = {}
central = { volume = "v" }
[flows]
"gut     -> central" = { rate = "ka" }
"central -> out"     = { clearance = "cl" }
[routes.oral]
gut = { fraction = "F" }
[outputs]
drug = { value = "C(central)", unit = "mg/L" }
"#;

const TIMES: [&str; 7] = ["0.5", "1", "2", "4", "8", "12", "24"];

pub fn local_plan(more: &str) -> String {
    let measures: String = TIMES.map(|t| format!("c{} = \"C(drug, {t} h)\"\n", t.replace('.', "_"))).concat();
    format!(
        "model = \"oral\"\ngive = \"100 mg oral\"\nfactors = [\"ka\", \"cl\", \"v\", \"F\"]\n[measures]\n{measures}\
         [sensitivity]\nmethod = \"local\"\n{more}\n"
    )
}

pub const PLAN: &str = r#"title = "Oral"
model = "oral.toml"
give  = "{dose} oral"
[factors]
dose = { list = ["50 mg", "100 mg"] }
cl = { from = "2 L/h", to = "6 L/h" }
v  = { median = "30 L", cv = 0.3 }
[measures]
peak = "Cmax(drug)"
area = "AUCinf(drug)"
[sensitivity]
points = 64
bootstrap = 200
"#;

pub fn folder(plan: &str) -> Folder {
    Folder::new().with("oral.toml", ORAL).with("plan.toml", plan)
}

pub fn json(run: &Run) -> Vec<Value> {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
}
