//! Effects in comparisons: numbers by hand, arms without what an effect needs, people, and that nothing else changes.
#![cfg(feature = "cli")]

mod common;

use common::{Folder, Run, number, rows};
use std::collections::BTreeMap;

/// One compartment of 10 L with a half-life of 1 h: 1 mg is 100 ng/mL.
const MODEL: &str = r#"
format = 1
id     = "hand-model"
title  = "One compartment"
drug   = "example"
grade  = "assumed"
[parameters]
V = { value = 10, unit = "L", grade = "assumed", why = "a test" }
k = { value = 0.6931471805599453, unit = "1/h", grade = "assumed", why = "a test" }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { rate = "k" }
[routes.iv]
central = {}
[outputs]
s_ketamine = { value = "C(central)", unit = "ng/mL", analyte = "S-ketamine" }
"#;

/// Effects without delay: half of the maximum at 100 ng/mL, 0.1 mmHg per ng/mL, and a score that falls with the area.
const EFFECT: &str = r#"
format = 1
id     = "hand-effect"
title  = "Effects without delay"
drug   = "example"
grade  = "assumed"
kind   = "effect"
[requires]
c = { analyte = "S-ketamine", unit = "ng/mL" }
[parameters]
C50   = { value = 100, unit = "ng/mL", grade = "assumed", why = "a test" }
slope = { value = 0.1, unit = "mmHg*mL/ng", grade = "assumed", why = "a test" }
fall  = { value = 0.05, unit = "point*mL/ng/h", grade = "assumed", why = "a test" }
now   = { value = 1, unit = "point*mL/ng", grade = "assumed", why = "a test" }
[covariates]
madrs_baseline = { unit = "point", reference = 30 }
[states]
score = { unit = "point", rate = "-fall * c" }
[outputs]
dissociation       = { value = "100[%] * c / (C50 + c)", unit = "%" }
sbp_change         = { value = "slope * c", unit = "mmHg" }
madrs_total_change = { value = "score", unit = "point" }
madrs_drug_effect  = { value = "-now * c", unit = "point" }
"#;

const PLAN: &str = r#"
effects = ["effect.toml"]
course  = { give = "{session} daily for 3 days, then every 2 days for 4 days" }
[[arm]]
name    = "bolus"
model   = "model.toml"
output  = "s_ketamine"
session = "1 mg iv"
"#;

/// The same plan with an arm whose model has no S-ketamine.
fn beside_other() -> String {
    let other =
        "[[arm]]\nname = \"other\"\nmodel = \"textbook-one-compartment\"\noutput = \"conc\"\nsession = \"10 mg iv\"\n";
    format!("{PLAN}{other}")
}

fn folder(plan: &str) -> Folder {
    Folder::new().with("model.toml", MODEL).with("effect.toml", EFFECT).with("plan.toml", plan)
}

fn done(folder: &Folder, arguments: &[&str]) -> Run {
    let run = folder.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
    run
}

fn summary(plan: &str) -> Vec<BTreeMap<String, String>> {
    rows(&done(&folder(plan), &["compare", "plan.toml", "--format", "csv"]).stdout)
}

#[track_caller]
fn near(found: f64, by_hand: f64) {
    assert!((found - by_hand).abs() <= 1e-6 * by_hand.abs().max(1e-3), "{found}, by hand {by_hand}");
}

#[test]
fn a_session_is_what_a_hand_computes() {
    let [row] = &summary(PLAN)[..] else { panic!("one arm") };
    near(number(row, "dissociation_peak"), 50.0);
    near(number(row, "dissociation_peak_time_h"), 0.0);
    near(number(row, "sbp_change_peak"), 10.0);
    // 10 % at a ninth of 100 ng/mL, 2 mmHg at a fifth of it.
    near(number(row, "dissociation_below_h"), 9f64.log2());
    near(number(row, "sbp_change_below_h"), 5f64.log2());
    near(number(row, "monitoring_h"), 9f64.log2());
    assert_eq!(row["monitoring_decided_by"], "dissociation");
    assert_eq!((row["effects_grade"].as_str(), row["response_grade"].as_str()), ("assumed", "assumed"));
}

#[test]
fn the_plan_chooses_the_levels() {
    let chosen = format!("monitoring = {{ dissociation = \"20 %\", sbp_change = \"1 mmHg\" }}\n{PLAN}");
    let [row] = &summary(&chosen)[..] else { panic!("one arm") };
    near(number(row, "dissociation_below_h"), 2.0);
    near(number(row, "monitoring_h"), 10f64.log2());
    assert_eq!(row["monitoring_decided_by"], "sbp_change");
    // Never reached, and still exceeded a day later.
    let [row] = &summary(&chosen.replace("20 %", "60 %").replace("1 mmHg", "11 mmHg"))[..] else { panic!("one arm") };
    assert_eq!((row["monitoring_h"].as_str(), row["monitoring_decided_by"].as_str()), ("0", ""));
    let [row] = &summary(&chosen.replace("20 %", "1e-7 %"))[..] else { panic!("one arm") };
    assert_eq!(row["monitoring_h"], "");
    assert!(row["missing"].contains("monitoring_h: still above the level"), "{}", row["missing"]);
}

#[test]
fn a_response_is_read_after_a_day_and_at_the_end_of_each_phase_before_the_next_dose() {
    let [row] = &summary(PLAN)[..] else { panic!("one arm") };
    // Doses at 0, 24, 48, 72 and 120 h; the course ends at 168 h.
    let fallen = |at: f64| {
        let of_dose = |dose: f64| 5.0 / 2f64.ln() * (1.0 - 2f64.powf(dose - at));
        -[0.0, 24.0, 48.0, 72.0, 120.0].into_iter().filter(|dose| *dose < at).map(of_dose).sum::<f64>()
    };
    near(number(row, "madrs_total_change_24h"), fallen(24.0));
    near(number(row, "madrs_total_change_end"), fallen(168.0));
    let ends: Vec<f64> = row["madrs_total_change_phase_ends"].split("; ").map(|end| end.parse().unwrap()).collect();
    assert_eq!(ends.len(), 2);
    assert!((ends[0] - fallen(72.0)).abs() < 5e-3 && (ends[1] - fallen(168.0)).abs() < 5e-3, "{ends:?}");
    // What follows the concentration has not yet seen the dose at 72 h, which would make it -100.
    let now: f64 = row["madrs_drug_effect_phase_ends"].split("; ").next().unwrap().parse().unwrap();
    near(now, -100.0 * 2f64.powi(-24));
}

#[test]
fn an_arm_without_the_analyte_keeps_its_row_and_says_why() {
    let found = summary(&beside_other());
    let [bolus, other] = &found[..] else { panic!("two arms") };
    assert_eq!(bolus, &summary(PLAN)[0]);
    assert_eq!(other["dissociation_peak"], "");
    assert!(number(other, "cmax_ng_per_ml") > 0.0);
    for column in ["dissociation_below_h", "monitoring_h", "madrs_total_change_end"] {
        let why = format!("{column}: the model has no output of S-ketamine");
        assert!(other["missing"].contains(&why), "{why} in {}", other["missing"]);
    }
}

#[test]
fn what_an_assumed_output_drives_is_assumed_and_dashed() {
    let arm = |name: &str, model: &str, output: &str, session: &str| {
        format!("[[arm]]\nname = \"{name}\"\nmodel = \"{model}\"\noutput = \"{output}\"\nsession = \"{session}\"\n")
    };
    let plan = ["effects = [\"dissociation-olofsen-2022\"]\n".to_string()]
        .into_iter()
        .chain([
            arm("racemate", "ketamine-clements-1981", "ketamine", "35 mg iv over 40 min"),
            arm("half", "ketamine-clements-1981", "s_ketamine", "35 mg iv over 40 min"),
            arm("nasal", "esketamine-perez-ruixo-2021", "esketamine", "84 mg intranasal"),
        ])
        .collect::<String>();
    let folder = folder(&plan);
    done(&folder, &["compare", "plan.toml", "--out", "o"]);
    let files = folder.files("o");
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let rows = rows(&text("summary.csv"));
    let grades: Vec<[&str; 3]> =
        rows.iter().map(|row| ["grade", "assumed", "effects_grade"].map(|column| row[column].as_str())).collect();
    assert_eq!(grades, [["B", "0", "assumed"], ["assumed", "1", "assumed"], ["A", "0", "B"]]);
    let (effects, session) = (text("effects.svg"), text("session.svg"));
    assert!(effects.contains("racemate (assumed)") && effects.contains("half (assumed)"), "{effects}");
    assert!(!effects.contains("nasal (assumed)") && effects.contains("what drives it is assumed"), "{effects}");
    assert!(session.contains("half (assumed)") && !session.contains("racemate (assumed)"), "{session}");
}

#[test]
fn effects_change_nothing_else() {
    let people = ["--subjects", "12", "--seed", "3"];
    let run = |more: &[&str]| {
        let folder = Folder::new().with("plan.toml", common::PLAN);
        done(&folder, &[&["compare", "plan.toml", "--out", "o"], &people[..], more].concat());
        folder.files("o")
    };
    let (without, with) = (run(&[]), run(&["--effects"]));
    assert!(without["population.csv"] == with["population.csv"], "people are others with effects");
    let text = |files: &BTreeMap<String, Vec<u8>>, name: &str| String::from_utf8(files[name].clone()).unwrap();
    // Points of curves may be propagated by another way, and agree to rounding.
    let curves = rows(&text(&without, "profiles.csv"));
    let peak = curves.iter().map(|row| number(row, "concentration")).fold(0.0, f64::max);
    for (before, after) in curves.iter().zip(rows(&text(&with, "profiles.csv"))) {
        let (before, after) = (number(before, "concentration"), number(&after, "concentration"));
        assert!((before - after).abs() <= 1e-12 * peak, "{before} {after}");
    }
    for (before, after) in rows(&text(&without, "summary.csv")).iter().zip(rows(&text(&with, "summary.csv"))) {
        for (column, value) in before.iter().filter(|(column, _)| *column != "missing") {
            assert_eq!(value, &after[column], "{column}");
        }
    }
}

#[test]
fn effects_are_the_same_bytes_with_any_number_of_threads_and_named_in_the_manifest() {
    let folder = Folder::new().with("plan.toml", common::PLAN);
    let mut first: Option<BTreeMap<String, Vec<u8>>> = None;
    for threads in ["1", "2"] {
        let arguments = ["compare", "plan.toml", "--effects", "--subjects", "10", "--seed", "1", "--out", "o"];
        let output = folder.command(&arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let files = folder.files("o");
        for name in ["effects.csv", "effects.svg", "effects.png", "population_effects.csv"] {
            assert!(files.contains_key(name), "{name}");
        }
        let first = first.get_or_insert_with(|| files.clone());
        assert!(*first == files, "other files with {threads} threads");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&first.unwrap()["manifest.json"]).unwrap();
    let models: Vec<&str> = manifest["models"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    for id in ["dissociation-olofsen-2022", "haemodynamics", "antidepressant-response"] {
        assert!(models.contains(&id), "{id} in {models:?}");
    }
}

#[test]
fn people_have_percentiles_and_shares() {
    // All respond with the same fall; half of it is the baseline of the second person.
    let fall = -number(&summary(PLAN)[0], "madrs_total_change_end");
    let people = format!("ID,madrs_baseline [point]\nA,{}\nB,{}\nC,{}\n", 1.9 * fall, 2.0001 * fall, 2.1 * fall);
    let plan = format!("population = {{ file = \"people.csv\", seed = 1 }}\nmonitor = \"3 h\"\n{PLAN}");
    let folder = folder(&plan).with("people.csv", &people);
    done(&folder, &["compare", "plan.toml", "--out", "o"]);
    let table = rows(&String::from_utf8(folder.files("o")["population_effects.csv"].clone()).unwrap());
    let of = |what: &str| table.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("{what} in {table:?}"));
    for percentile in ["p5", "median", "p95"] {
        near(number(of("dissociation peak"), percentile), 50.0);
        near(number(of("monitoring"), percentile), 9f64.log2());
        near(number(of("madrs_total_change at the end of the course"), percentile), -fall);
    }
    // log2(9) h is longer than 3 h, log2(5) h is not.
    assert_eq!(
        (of("monitoring")["share"].as_str(), of("monitoring")["share_of"].as_str()),
        ("1", "monitored for longer than 3 h")
    );
    assert_eq!(of("sbp_change below 2 mmHg")["share"], "0");
    near(number(of("madrs_total_change at the end of the course"), "share"), 1.0 / 3.0);
    assert_eq!(of("madrs_total_change at the end of the course")["n"], "3");
}

#[test]
fn a_standard_effect_gives_way_to_one_of_the_plan() {
    let plan = "effects = [\"dissociation-attenuating\"]\n[[arm]]\nname = \"iv\"\nmodel = \"s-ketamine-otto-2021\"\n\
        output = \"s_ketamine\"\nsession = \"20 mg iv over 40 min\"\ncourse = \"20 mg iv over 40 min weekly x 2\"\n";
    let folder = Folder::new().with("plan.toml", plan);
    done(&folder, &["compare", "plan.toml", "--effects", "--out", "o"]);
    let manifest = String::from_utf8(folder.files("o")["manifest.json"].clone()).unwrap();
    assert!(manifest.contains("\"dissociation-attenuating\"") && manifest.contains("\"haemodynamics\""));
    assert!(!manifest.contains("\"id\": \"dissociation-olofsen-2022\""), "{manifest}");
}

#[test]
fn wrong_effects_and_levels_are_said_where_the_plan_has_them() {
    let with = |line: &str| format!("{line}\n{PLAN}");
    for (plan, code, place, hint) in [
        (PLAN.replace("effect.toml", "haemodynamic"), "E_UNKNOWN_MODEL", "plan.toml:2:12", "`haemodynamics`"),
        (PLAN.replace("effect.toml", "model.toml"), "E_WRONG_KIND", "plan.toml:2:12", "an effect is needed"),
        (
            PLAN.replace("\"effect.toml\"", "\"effect.toml\", \"haemodynamics\""),
            "E_NAME_CLASH",
            "plan.toml:2:27",
            "keep one of them",
        ),
        (with("monitoring = { disociation = '10 %' }"), "E_UNKNOWN_OUTPUT", "plan.toml:1:16", "`dissociation`"),
        (with("monitoring = { sbp_change = '10 %' }"), "E_UNIT_MISMATCH", "plan.toml:1:29", "mmHg"),
        (with("monitoring = { dissociation = 10 }"), "E_UNIT_MISSING", "plan.toml:1:31", "write `10 %`"),
        (with("monitoring = { dissociation = '10' }"), "E_UNIT_MISSING", "plan.toml:1:31", "write `10 %`"),
        (with("monitoring = { dissociation = '0 %' }"), "E_OUT_OF_RANGE", "plan.toml:1:31", "more than 0"),
        (with("monitoring = { sbp_change = '-3 mmHg' }"), "E_OUT_OF_RANGE", "plan.toml:1:29", "more than 0"),
        (with("monitoring = { sbp_change = 'much' }"), "E_NOT_A_NUMBER", "plan.toml:1:30", ""),
    ] {
        let run = folder(&plan).run(&["compare", "plan.toml"]);
        assert_eq!(run.code, 2, "{plan}: {}", run.stderr);
        for said in [code, place, hint] {
            assert!(run.stderr.contains(said), "{said} in {}", run.stderr);
        }
    }
}
