//! Metrics within intervals, against closed forms of one bolus into one compartment, given every day.

use posology::metrics::Measure;
use posology::prelude::*;
use posology::simulate::{Missing, Prepared};

/// 1 mg into 1 L, eliminated at 0.1 per hour; through the second of the two an Emax elimination so far from saturation that it is
/// first order, which is integrated.
const MODELS: [&str; 2] = [
    "\"central -> out\" = { clearance = \"CL\" }",
    "\"central -> out\" = { flux = \"CL * C(central) / (1 + C(central) / Km)\" }",
];

fn model(flow: &str) -> Model {
    let text = format!(
        r#"
format = 1
id     = "one"
title  = "One compartment"
drug   = "example"
grade  = "assumed"
[parameters]
CL = {{ value = 0.1,  unit = "L/h",  grade = "assumed", why = "an example" }}
V  = {{ value = 1,    unit = "L",    grade = "assumed", why = "an example" }}
Km = {{ value = 1e12, unit = "mg/L", grade = "assumed", why = "an example" }}
[compartments]
central = {{ volume = "V" }}
[flows]
{flow}
[routes.iv]
central = {{}}
[outputs]
c = {{ value = "C(central)", unit = "mg/L" }}
"#
    );
    Model::parse(&text, "one.toml", &posology::model::Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

fn measured(model: &Model, measures: &[&str]) -> Vec<Result<f64, Missing>> {
    let give: Regimen = "1 mg iv daily x 2".parse().unwrap();
    let prepared = Prepared::new(model, Some(&give), vec![], 48.0).unwrap();
    let wanted: Vec<_> = measures.iter().map(|text| (0, text.parse::<Measure>().unwrap())).collect();
    let mut out = vec![Ok(0.0); wanted.len()];
    prepared.measure(&Subject::typical(model), &mut prepared.workspace(), &wanted, &mut out).unwrap();
    out
}

#[test]
fn metrics_within_an_interval_are_those_of_its_part_of_the_curve() {
    let second = 1.0 + (-2.4f64).exp();
    let level = 0.5f64;
    let cases = [
        ("Cmax(24 h, 48 h)", second),
        ("Tmax(24 h, 48 h)", 0.0),
        ("Cmax(12 h, 18 h)", (-1.2f64).exp()),
        ("Cmin(0 h, 24 h)", (-2.4f64).exp()),
        ("Tmax", 24.0),
        ("time_above(0.5 mg/L, 0 h, 24 h)", 10.0 * (1.0 / level).ln()),
        ("last_above(0.5 mg/L, 0 h, 24 h)", 10.0 * (1.0 / level).ln()),
        ("last_above(0.5 mg/L, 24 h, 48 h)", 10.0 * (second / level).ln()),
        ("time_above(0.5 mg/L)", 10.0 * (second / level / level).ln()),
        ("last_above(0.5 mg/L)", 24.0 + 10.0 * (second / level).ln()),
        ("last_above(2 mg/L)", 0.0),
    ];
    let texts = cases.map(|(text, _)| text);
    for (flow, tolerance) in MODELS.into_iter().zip([1e-12, 1e-6]) {
        let model = model(flow);
        for ((text, wanted), found) in cases.iter().zip(measured(&model, &texts)) {
            let found = found.unwrap_or_else(|e| panic!("{text}: {e}"));
            assert!((found - wanted).abs() <= tolerance * wanted.max(1.0), "{text}: {found}, not {wanted}");
        }
        let missing = ["last_above(0.5 mg/L, 0 h, 3 h)", "Cmax(24 h, 72 h)", "last_above(0.5 mg/L, 24 h, 72 h)"];
        let found = measured(&model, &missing);
        assert_eq!(found[0], Err(Missing::StillAbove));
        // What is exact is known beyond the end, what is integrated is not.
        let beyond = tolerance > 1e-9;
        assert!(found[1..].iter().all(|value| *value == Err(Missing::BeyondEnd)) == beyond, "{found:?}");
    }
}
