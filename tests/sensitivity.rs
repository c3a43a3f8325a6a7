//! Sensitivity: the estimators against other programs' numbers on fixed designs (in the folder `POSOLOGY_ORACLES`; where it is
//! not set these tests say that they are skipped), functions whose indices are known through plan and model, and the command.
#![cfg(feature = "cli")]

mod common;

use common::{Folder, Run};
use posology::math::sensitivity::{MorrisEffects, SobolTerms};
use posology::math::sobol::Sobol;
use posology::model::{Catalogue, Model};
use posology::simulate::Settings;
use posology::study::sensitivity::{Analysis, Effects, SensitivityPlan};
use serde_json::Value;
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

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// What an oracle expects of a quantity and an input.
fn expected(rows: &[BTreeMap<String, String>], quantity: &str, input: &str) -> f64 {
    number(rows.iter().find(|r| r["QUANTITY"] == quantity && r["INPUT"] == input).unwrap(), "VALUE")
}

fn analysis(plan: &str, model: &str) -> Analysis {
    let plan = SensitivityPlan::parse("plan.toml", plan).unwrap();
    let models = plan.models(|name| Ok(Model::parse(model, name, &Catalogue)?)).unwrap();
    plan.design(&models, Settings::default()).unwrap().run(&models, |_| ()).unwrap()
}

fn effects<'a>(analysis: &'a Analysis, measure: &str) -> &'a Effects {
    analysis.measures.iter().find(|m| m.name == measure).unwrap().effects.as_ref().unwrap()
}

/// A model whose output is any expression of parameters without units.
fn function(parameters: &[&str], value: &str) -> String {
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

const ORAL: &str = r#"format = 1
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

fn local_plan(more: &str) -> String {
    let measures: String = TIMES.map(|t| format!("c{} = \"C(drug, {t} h)\"\n", t.replace('.', "_"))).concat();
    format!(
        "model = \"oral\"\ngive = \"100 mg oral\"\nfactors = [\"ka\", \"cl\", \"v\", \"F\"]\n[measures]\n{measures}\
         [sensitivity]\nmethod = \"local\"\n{more}\n"
    )
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

const PLAN: &str = r#"title = "Oral"
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

fn folder(plan: &str) -> Folder {
    Folder::new().with("oral.toml", ORAL).with("plan.toml", plan)
}

fn json(run: &Run) -> Vec<Value> {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
}

#[test]
fn one_thread_and_two_write_the_same_bytes() {
    for method in ["", "method = \"morris\"\nlevels = 4\n", "method = \"local\"\n"] {
        let plan = match method {
            "" => PLAN.to_string(),
            "method = \"local\"\n" => local_plan("").replace("\"oral\"\ngive", "\"oral.toml\"\ngive"),
            _ => PLAN
                .replace("dose = { list = [\"50 mg\", \"100 mg\"] }", "dose = { from = \"50 mg\", to = \"100 mg\" }")
                .replace("cv = 0.3", "cv = 0.3, min = \"20 L\", max = \"50 L\"")
                .replace("points = 64\n", method),
        };
        let folder = folder(&plan);
        let runs = ["1", "2"].map(|n| folder.run(&["sensitivity", "plan.toml", "--out", n, "--threads", n]));
        assert_eq!((runs[0].code, runs[1].code), (0, 0), "{}", runs[0].stderr);
        assert_eq!(runs[0].stdout, runs[1].stdout);
        let files = ["1", "2"].map(|n| folder.files(n));
        assert!(files[0] == files[1], "{method}");
        let names: Vec<&str> = files[0].keys().map(String::as_str).collect();
        let mut wanted =
            vec!["design.csv", "indices.csv", "manifest.json", "measures.csv", "tornado.png", "tornado.svg"];
        if method != "method = \"local\"\n" {
            wanted.extend(["scatter-area.png", "scatter-area.svg", "scatter-peak.png", "scatter-peak.svg"]);
        }
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        let manifest: Value = serde_json::from_slice(&files[0]["manifest.json"]).unwrap();
        assert_eq!(manifest["outputs"].as_array().unwrap().len(), wanted.len() - 1);
    }
}

#[test]
fn the_design_and_its_values_stand_beside_the_indices() {
    let folder = folder(PLAN);
    let run = folder.run(&["sensitivity", "plan.toml", "--out", "out", "--format", "csv"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = folder.files("out");
    assert_eq!(run.stdout.as_bytes(), files["indices.csv"]);
    let mut reader = csv::Reader::from_reader(files["design.csv"].as_slice());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 64 * 5);
    assert_eq!(rows[3]["part"], "A, cl of B");
    assert_eq!((&rows[3]["cl"], &rows[3]["v"]), (&rows[1]["cl"], &rows[0]["v"]));
    // The indices again, from the file alone.
    let part =
        |name: &str| -> Vec<f64> { rows.iter().filter(|r| r["part"] == name).map(|r| number(r, "area")).collect() };
    let mixed: Vec<Vec<f64>> = ["dose", "cl", "v"].iter().map(|f| part(&format!("A, {f} of B"))).collect();
    let indices = SobolTerms::new(&part("A"), &part("B"), &mixed).indices(0..64).unwrap();
    let mut reader = csv::Reader::from_reader(files["indices.csv"].as_slice());
    let found: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let total =
        |factor: &str| number(found.iter().find(|r| r["measure"] == "area" && r["factor"] == factor).unwrap(), "total");
    assert_eq!([total("dose"), total("cl"), total("v")], [0, 1, 2].map(|k| indices[k].total));
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!((&manifest["settings"]["simulations"], &manifest["seed"]), (&"320".into(), &1.into()));
    let design = manifest["outputs"].as_array().unwrap().iter().find(|o| o["name"] == "design.csv").unwrap();
    assert_eq!(design["units"]["peak"], "mg/L");
}

#[test]
fn simulations_that_fail_take_the_indices_of_their_measures_with_them_and_say_how_many() {
    // A volume of 0 or less for about half of all rows, and an area to infinity without clearance for none.
    let plan = PLAN.replace("v  = { median = \"30 L\", cv = 0.3 }", "v  = { from = \"-10 L\", to = \"30 L\" }");
    let run = folder(&plan).run(&["sensitivity", "plan.toml", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("W_POINTS_FAILED") && run.stderr.contains("of 320 simulations"), "{}", run.stderr);
    for row in json(&run) {
        assert!(row["total"].is_null());
        let reason = row["_missing"]["total"].as_str().unwrap();
        assert!(reason.contains("of 320 simulations have no value; the first, point "), "{reason}");
    }
    // Of a derivative only what rests on the point that failed.
    let local = r#"model = "oral.toml"
give = "100 mg oral every 12 h x {n}"
factors = { n = { at = 3 }, cl = {} }
[measures]
peak = "Cmax(drug)"
[sensitivity]
method = "local"
"#;
    let run = folder(local).run(&["sensitivity", "plan.toml", "--format", "json"]);
    let rows = json(&run);
    assert_eq!((run.code, rows.len()), (1, 2), "{}", run.stderr);
    assert_eq!((rows[0]["factor"].as_str(), rows[0]["elasticity"].is_f64()), (Some("cl"), true));
    assert!(rows[1]["_missing"]["elasticity"].as_str().is_some(), "{rows:?}");
}

#[test]
fn a_measure_that_nothing_moves_has_no_indices() {
    let plan = r#"model = "oral.toml"
give = "{dose} oral"
factors = { dose = { from = "50 mg", to = "100 mg" } }
measures = { peak = "Cmax(drug)", half_life = "half_life(drug)" }
sensitivity = { points = 16, bootstrap = 50 }
"#;
    let run = folder(plan).run(&["sensitivity", "plan.toml", "--format", "json"]);
    let rows = json(&run);
    assert_eq!((run.code, rows.len()), (0, 2));
    assert!(rows[0]["total"].is_f64());
    assert_eq!(rows[1]["_missing"]["total"], "the factors do not change it");
}

/// Every fault with its code, and the line it is on.
#[test]
fn what_is_wrong_with_a_plan_is_said_where_it_stands() {
    let local = local_plan("").replace("\"oral\"\ngive", "\"oral.toml\"\ngive");
    let with = |from: &str, to: &str| PLAN.replace(from, to);
    let morris = with("points = 64", "method = \"morris\"");
    let factors = |to: &str| local.replace("factors = [\"ka\", \"cl\", \"v\", \"F\"]", to);
    let cases = [
        (with("points = 64", "method = \"sobl\""), "E_UNKNOWN_METHOD", "did you mean `sobol`?"),
        (with("points = 64", "points = 1"), "E_OUT_OF_RANGE", "2 or more"),
        (with("bootstrap = 200", "bootstrap = 200\nlevel = 0.999"), "E_FEW_RESAMPLES", "bootstrap = 2000"),
        (with("bootstrap = 200", "level = 95"), "E_OUT_OF_RANGE", "between 0 and 1"),
        (with("points = 64", "points = 500000"), "E_TOO_MANY_POINTS", "2500000 simulations"),
        (with("points = 64", "levels = 4"), "E_UNKNOWN_KEY", "levels"),
        (with("bootstrap = 200", "bootstrap = 1000000000000"), "E_TOO_MANY_POINTS", "100000"),
        (
            with("title = \"Oral\"", "population = { weight = { mean = \"70 kg\", sd = \"10 kg\" } }"),
            "E_UNKNOWN_KEY",
            "",
        ),
        (with("peak =", "part ="), "E_NAME_CLASH", "`part`"),
        (with("cl =", "cll ="), "E_UNKNOWN_FACTOR", "did you mean `cl`?"),
        (with("cv = 0.3", "cv = -0.3"), "E_OUT_OF_RANGE", ""),
        (morris.clone(), "E_NOT_A_NUMBER", "`dose` is a choice"),
        (morris, "E_UNBOUNDED", "add `min` and `max`"),
        (with("points = 64", "method = \"morris\"\nlevels = 5"), "E_OUT_OF_RANGE", "even number"),
        (factors("factors = { ka = { list = [1, 2] } }"), "E_NOT_A_NUMBER", "choice"),
        (factors("factors = { ka = { from = \"1 1/h\", to = \"2 1/h\" } }"), "E_NOT_A_POINT", "`ka = {}`"),
        (factors("factors = [\"kaa\"]"), "E_UNKNOWN_FACTOR", "did you mean `ka`?"),
        (factors("factors = [\"ka\", \"ka\"]"), "E_NAME_CLASH", ""),
        (factors("factors = []"), "E_NO_FACTORS", ""),
        (factors("factors = { ka = { at = \"0 1/h\" } }"), "E_ZERO_FACTOR", ""),
        (factors("factors = [\"model\"]"), "E_NOT_A_NUMBER", ""),
        (factors("factors = [\"dose\"]").replace("100 mg oral", "{dose} oral"), "E_NO_VALUES", "at ="),
        (local_plan("step = 0.5"), "E_OUT_OF_RANGE", "at most 0.1"),
    ];
    for (plan, code, words) in cases {
        let run = folder(&plan).run(&["sensitivity", "plan.toml"]);
        assert_eq!(run.code, 2, "{plan}\n{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(&format!("error[{code}]")), "{code}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        assert!(run.stderr.contains("--> plan.toml:"), "{}", run.stderr);
    }
}

#[test]
fn a_sample_that_is_not_even_is_said_to_be() {
    let run = folder(&PLAN.replace("points = 64", "points = 60")).run(&["sensitivity", "plan.toml"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("W_UNEVEN_SAMPLE") && run.stderr.contains("take 32 or 64"), "{}", run.stderr);
    assert!(run.stdout.contains("Oral: Sobol indices with 95 % bootstrap intervals, 300 simulations"));
}

#[test]
fn two_points_are_few_and_no_reason_to_fail() {
    let plan = PLAN.replace("points = 64\nbootstrap = 200", "points = 2\nbootstrap = 40");
    let run = folder(&plan).run(&["sensitivity", "plan.toml", "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stdout.contains("NaN"), "{}", run.stdout);
}

/// Factors of sweeps and of analyses are read alike.
#[test]
fn sweeps_that_draw_take_distributions_and_grids_do_not() {
    let sweep = PLAN.split("[sensitivity]").next().unwrap().replace("title = \"Oral\"\n", "");
    let with = |kind: &str| format!("{sweep}[design]\nkind = \"{kind}\"\npoints = 200\n");
    let here = folder(&with("latin-hypercube"));
    let run = here.run(&["sweep", "plan.toml", "--out", "out", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = here.files("out");
    let mut reader = csv::Reader::from_reader(files["results.csv"].as_slice());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let below = rows.iter().filter(|r| r["v"].trim_end_matches(" L").parse::<f64>().unwrap() < 30.0).count();
    assert_eq!((rows.len(), below), (200, 100));
    let run = folder(&with("grid").replace("points = 200\n", "")).run(&["sweep", "plan.toml", "--out", "out"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("the factor `v` is a distribution"), "{}", run.stderr);
}
