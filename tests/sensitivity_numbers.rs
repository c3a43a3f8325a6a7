//! Numbers of sensitivity: the estimators against other programs' numbers on fixed designs (in the folder `POSOLOGY_ORACLES`;
//! where it is not set these tests say that they are skipped), and functions whose indices are known through plan and model.
#![cfg(feature = "cli")]

#[allow(dead_code)] // it takes what it needs
mod common;
#[path = "common/sensitivity.rs"]
mod sensitivity;

use posology::math::sensitivity::{MorrisEffects, SobolTerms};
use posology::math::sobol::Sobol;
use posology::model::{Catalogue, Model};
use posology::simulate::Settings;
use posology::study::sensitivity::{Effects, SensitivityPlan};
use sensitivity::{ORAL, analysis, effects, function, local_plan, number};
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::path::PathBuf;

/// A table of an oracle as rows by column, or None if there is none to read.
fn oracle(scenario: &str, file: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let root = std::env::var_os("POSOLOGY_ORACLES").map(PathBuf::from);
    if root.is_none() {
        println!("skipped: POSOLOGY_ORACLES is not set");
    }
    let mut reader = csv::Reader::from_path(root?.join("sensitivity").join(scenario).join(file)).unwrap();
    Some(reader.deserialize().map(Result::unwrap).collect())
}

/// What an oracle expects of a quantity and an input.
fn expected(rows: &[BTreeMap<String, String>], quantity: &str, input: &str) -> f64 {
    number(rows.iter().find(|r| r["QUANTITY"] == quantity && r["INPUT"] == input).unwrap(), "VALUE")
}

const ISHIGAMI: &str = "sin(x1) + 7*sin(x2)^2 + 0.1*x3^4*sin(x1)";

fn ishigami_plan(more: &str) -> String {
    let range = |x: &str| format!("{x} = {{ from = {}, to = {PI} }}\n", -PI);
    let factors: String = ["x1", "x2", "x3"].map(range).concat();
    format!(
        "model = \"function\"\ngive = \"1 mg iv\"\nuntil = \"1 h\"\n[factors]\n{factors}[measures]\nvalue = \"C(y, 0 h)\"\n\
         [sensitivity]\n{more}\n"
    )
}

#[test]
fn the_estimators_of_sobol_give_what_another_program_gives_on_its_design() {
    let Some(rows) = oracle("sobol_estimator_ishigami", "dataset.csv") else { return };
    let wanted = oracle("sobol_estimator_ishigami", "expected.csv").unwrap();
    let block =
        |name: &str| -> Vec<f64> { rows.iter().filter(|r| r["BLOCK"] == name).map(|r| number(r, "Y")).collect() };
    let names = ["x1", "x2", "x3"];
    let mixed = names.map(|x| block(&format!("AB_{x}")));
    let terms = SobolTerms::new(&block("A"), &block("B"), &mixed);
    assert_eq!(terms.rows(), rows.len() / 5 + usize::from(rows.len() % 5 != 0));
    let found = terms.indices(0..terms.rows()).unwrap();
    for (name, found) in names.iter().zip(found) {
        for (quantity, found) in [("S1", found.first), ("ST", found.total)] {
            let wanted = expected(&wanted, quantity, name);
            assert!((found - wanted).abs() <= 1e-9 * wanted.abs() + 1e-12, "{quantity} of {name}: {found}, {wanted}");
        }
    }
}

#[test]
fn the_effects_of_morris_are_those_of_another_program_on_its_trajectories() {
    let Some(rows) = oracle("morris_oral_c4", "dataset.csv") else { return };
    let wanted = oracle("morris_oral_c4", "expected.csv").unwrap();
    let inputs = [("ka", 0.5, 2.0), ("cl", 2.0, 6.0), ("v", 20.0, 50.0)];
    let mut effects: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for pair in rows.windows(2).filter(|pair| pair[0]["TRAJECTORY"] == pair[1]["TRAJECTORY"]) {
        for (name, low, high) in inputs {
            let along = (number(&pair[1], name) - number(&pair[0], name)) / (high - low);
            if along != 0.0 {
                effects.entry(name).or_default().push((number(&pair[1], "Y") - number(&pair[0], "Y")) / along);
            }
        }
    }
    for (name, ..) in inputs {
        let found = MorrisEffects::of(effects[name].iter().copied());
        for (quantity, found) in [("mu", found.mu), ("mu_star", found.mu_star), ("sigma", found.sigma)] {
            let wanted = expected(&wanted, quantity, name);
            assert!((found - wanted).abs() <= 1e-9 * wanted.abs() + 1e-10, "{quantity} of {name}: {found}, {wanted}");
        }
    }
}

#[test]
fn sobols_sequence_is_that_of_joe_and_kuo() {
    let Some(rows) = oracle("sobol_sequence_joe_kuo", "expected.csv") else { return };
    for (index, row) in rows.iter().enumerate() {
        for dimension in 0..6 {
            let point = Sobol::dimension(dimension).unwrap().point(index as u32);
            assert_eq!(f64::from(point) / 2f64.powi(32), number(row, &format!("u{}", dimension + 1)));
        }
    }
}

#[test]
fn elasticities_and_derivatives_are_those_in_closed_form() {
    let Some(rows) = oracle("local_oral_one_cmt", "expected.csv") else { return };
    let found = analysis(&local_plan(""), ORAL);
    assert_eq!((found.runs, found.failed), (17, 0));
    for row in rows {
        let Effects::Local(all) = effects(&found, &format!("c{}", row["TIME"].replace('.', "_"))) else { panic!() };
        let factor = found.factors.iter().position(|f| f.name == row["PARAM"]).unwrap();
        let one = all[factor].as_ref().unwrap();
        for (found, wanted) in [(one.elasticity, "NORMALISED"), (one.derivative, "DERIVATIVE")] {
            let wanted = number(&row, wanted);
            assert!((found / wanted - 1.0).abs() < 1e-6, "{row:?}: {found}");
        }
        let off = (one.elasticity - number(&row, "NORMALISED")).abs();
        assert!(off < 3.0 * one.error + 1e-8, "{row:?}: off by {off}, said {}", one.error);
    }
}

/// What the same derivatives are at another place, and with the default step of values that are integrated.
#[test]
fn derivatives_are_taken_where_the_plan_says_and_with_the_step_that_fits_the_engine() {
    let at = r#"model = "oral"
give = "{dose} oral"
set = { cl = "5 L/h" }
[factors]
dose = { at = "100 mg" }
cl = {}
v = { at = "60 L" }
[measures]
area = "AUCinf(drug)"
half_life = "half_life(drug)"
peak = "Cmax(drug)"
[sensitivity]
method = "local"
"#;
    let found = analysis(at, ORAL);
    let of = |measure: &str| match effects(&found, measure) {
        Effects::Local(all) => all.iter().map(|one| one.as_ref().unwrap().elasticity).collect::<Vec<f64>>(),
        _ => panic!(),
    };
    let close = |found: Vec<f64>, wanted: [f64; 3]| {
        assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-7), "{found:?} and {wanted:?}");
    };
    close(of("area"), [1.0, -1.0, 0.0]);
    close(of("half_life"), [0.0, -1.0, 1.0]);
    // Twice the value of one and the same of the other: nothing is at the model's own point.
    let texts: Vec<String> = found.factors.iter().map(|f| f.at.as_ref().unwrap().to_string()).collect();
    assert_eq!(texts, ["100 mg", "5 L/h", "60 L"]);
    let plan = SensitivityPlan::parse("plan.toml", at).unwrap();
    let models = plan.models(|name| Ok(Model::parse(ORAL, name, &Catalogue)?)).unwrap();
    let integrated = Settings { engine: "explicit".parse().unwrap(), ..Settings::default() };
    let design = plan.design(&models, integrated).unwrap();
    assert!((design.step().unwrap() / 1e-8f64.cbrt() - 1.0).abs() < 1e-12);
    let peaks = design.run(&models, |_| ()).unwrap();
    let (Effects::Local(exact), Effects::Local(integrated)) = (effects(&found, "peak"), effects(&peaks, "peak")) else {
        panic!()
    };
    for (exact, integrated) in exact.iter().zip(integrated) {
        let (exact, integrated) = (exact.as_ref().unwrap(), integrated.as_ref().unwrap());
        assert!((exact.elasticity - integrated.elasticity).abs() < 3.0 * integrated.error + 1e-5);
    }
}

/// The way from a plan over a model to the indices, with the intervals around what is known.
#[test]
fn a_function_written_as_a_model_has_the_indices_of_the_function() {
    let plan = ishigami_plan("points = 512\nbootstrap = 2000\nlevel = 0.999");
    let found = analysis(&plan, &function(&["x1", "x2", "x3"], ISHIGAMI));
    assert_eq!((found.runs, found.failed), (2560, 0));
    let measure = &found.measures[0];
    for at in [0, 1, 77, 2559] {
        let x: Vec<f64> = found.factors.iter().map(|f| f.values[at]).collect();
        let value = x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin();
        assert!((measure.values[at] - value).abs() < 1e-12);
    }
    let known =
        [(0.313_905_191_147_811_5, 0.557_588_855_209_959_2), (0.442_411_144_790_040_9, 0.442_411_144_790_040_9)];
    let known = known.into_iter().chain([(0.0, 0.243_683_664_062_147_7)]);
    let Effects::Sobol(all) = effects(&found, "value") else { panic!() };
    for (one, (first, total)) in all.iter().zip(known) {
        for (index, known) in [(one.first, first), (one.total, total)] {
            assert!((index.low..=index.high).contains(&known), "{index:?} and {known}");
        }
    }
}

#[test]
fn choices_and_distributions_are_factors_of_sobol() {
    let plan = r#"model = "function"
give = "1 mg iv"
until = "1 h"
[factors]
a = { list = [1, 2, 3] }
b = { mean = 10, sd = 2 }
c = { median = 1, cv = 0.5, max = 1 }
d = { from = 1, to = 100, scale = "log" }
[measures]
sum = "C(y, 0 h)"
[sensitivity]
points = 256
bootstrap = 100
"#;
    let found = analysis(plan, &function(&["a", "b", "c", "d"], "a + b + 0*c + 0*d"));
    let a_of = |row: &[f64]| row[0];
    let rows = |factor: usize| -> Vec<f64> { found.factors[factor].values.chunks(6).map(a_of).collect() };
    let share = |factor: usize, holds: &dyn Fn(f64) -> bool| {
        rows(factor).into_iter().filter(|v| holds(*v)).count() as f64 / 256.0
    };
    for choice in [1.0, 2.0, 3.0] {
        assert!((share(0, &|v| v == choice) - 1.0 / 3.0).abs() < 0.01);
    }
    assert!((share(1, &|v| v < 10.0) - 0.5).abs() < 0.005 && (share(1, &|v| v < 12.0) - 0.841).abs() < 0.005);
    assert!(share(2, &|v| v <= 1.0) == 1.0);
    assert!((share(3, &|v| v < 10.0) - 0.5).abs() < 0.005);
    // Variances 2/3 and 4.
    let Effects::Sobol(all) = effects(&found, "sum") else { panic!() };
    let want = [(2.0 / 3.0) / (4.0 + 2.0 / 3.0), 4.0 / (4.0 + 2.0 / 3.0), 0.0, 0.0];
    for (one, want) in all.iter().zip(want) {
        assert!((one.total.value - want).abs() < 0.02 && (one.first.value - want).abs() < 0.02, "{one:?} and {want}");
    }
    assert_eq!((found.factors[0].choices.len(), found.factors[3].logarithmic), (3, true));
}

/// A plane has one effect everywhere; a product has effects that spread.
#[test]
fn elementary_effects_are_those_of_the_whole_range() {
    let plan = r#"model = "function"
give = "1 mg iv"
until = "1 h"
[factors]
a = { from = 0, to = 10 }
b = { from = 2, to = 4 }
c = { from = 1, to = 100, scale = "log" }
[measures]
value = "C(y, 0 h)"
[sensitivity]
method = "morris"
trajectories = 30
levels = 6
bootstrap = 100
"#;
    let found = analysis(plan, &function(&["a", "b", "c"], "2*a - 3*b + log(c) * (a - 5)"));
    assert_eq!(found.runs, 120);
    let Effects::Morris(all) = effects(&found, "value") else { panic!() };
    let b = &all[1];
    assert!((b.mu + 6.0).abs() < 1e-9 && (b.mu_star.value - 6.0).abs() < 1e-9 && b.sigma < 1e-9, "{b:?}");
    // log(c) goes from 0 to log 100 evenly, so that the effect of a is 20 + 10 log 100 u.
    assert!(all[0].mu > 20.0 && all[0].mu < 20.0 + 10.0 * 100f64.ln() && all[0].sigma > 5.0, "{:?}", all[0]);
    assert!(all[2].mu.abs() < 0.5 * all[2].mu_star.value && all[2].mu_star.low < all[2].mu_star.value);
    assert_eq!(effects(&found, "value").order(), [0, 2, 1]);
}
