//! Equivalent doses: closed forms, the published case of nasal devices, what cannot be matched and why, people on both sides.
#![cfg(feature = "cli")]

mod common;
mod document;

use common::{Folder, Run, number, rows};
use document::{is_fresh, path, refreshed};
use std::collections::BTreeMap;

const ESKETAMINE: &str = "esketamine-perez-ruixo-2021";
const IV: &str = "esketamine-perez-ruixo-2021: 28 mg iv over 40 min";

/// One compartment whose every number can be chosen; `more` are further lines.
fn one_compartment([cl, v, ka, f]: [f64; 4], more: &str) -> String {
    let parameter = |value: f64, unit: &str| {
        format!("{{ value = {value}, unit = \"{unit}\", grade = \"assumed\", why = \"a test\" }}")
    };
    format!(
        r#"format = 1
id = "m"
title = "t"
drug = "d"
grade = "assumed"
[population]
description = "nobody"
doses = {{ tablet = "50..200 mg" }}
[parameters]
CL = {}
V = {}
ka = {}
F = {{ value = {f}, bounds = [0, 1], grade = "assumed", why = "a test", iiv = {{ logit_sd = 0.4 }} }}
[compartments]
gut = {{}}
central = {{ volume = "V" }}
[flows]
"gut -> central" = {{ rate = "ka" }}
"central -> out" = {{ clearance = "CL" }}
[routes.iv]
central = {{}}
[routes.oral]
gut = {{ fraction = "F" }}
[routes.tablet]
gut = {{ fraction = "F" }}
[routes.saturable]
gut = {{ fraction = "F / (1 + dose.amount / 50[mg])" }}
[routes.turning]
gut = {{ fraction = "exp(-dose.amount / 50[mg])" }}
[routes.jumping]
gut = {{ fraction = "if(dose.amount > 70[mg], 1, 0.1)" }}
{more}
[outputs]
conc = {{ value = "C(central)", unit = "mg/L", analyte = "midazolam" }}
"#,
        parameter(cl, "L/h"),
        parameter(v, "L"),
        parameter(ka, "1/h"),
    )
}

fn ask(folder: &Folder, reference: &str, test: &str, more: &[&str]) -> Run {
    folder.run(&[&["equivalent", "--reference", reference, "--test", test], more].concat())
}

fn matches(run: &Run) -> Vec<BTreeMap<String, String>> {
    assert!(run.code < 2, "{}", run.stderr);
    rows(&run.stdout)
}

#[track_caller]
fn near(found: f64, wanted: f64, rel: f64) {
    assert!((found / wanted - 1.0).abs() <= rel, "{found}, and {wanted} is right");
}

#[test]
fn one_route_of_a_linear_model_gives_the_closed_form() {
    for (i, [cl, v, ka, f]) in
        [[2.0, 20.0, 1.2, 0.8], [0.3, 41.0, 0.05, 0.11], [60.0, 150.0, 7.0, 0.99], [5.0, 5.0, 1.0001, 0.5]]
            .into_iter()
            .enumerate()
    {
        let folder = Folder::new().with("m.toml", &one_compartment([cl, v, ka, f], ""));
        let found =
            matches(&ask(&folder, "m.toml: 70 mg iv", "m.toml: oral", &["--format", "csv", "--until", "1000h"]));
        let k = cl / v;
        // AUC(0, T) of a bolus, and of absorption of the first order.
        let to = |rate: f64| -(-rate * 1000.0f64).exp_m1() / rate;
        let by_area = 70.0 * to(k) / (f * ka / (ka - k) * (to(k) - to(ka)));
        near(number(&found[0], "dose"), by_area, 1e-8);
        let peak = (ka / k).ln() / (ka - k);
        let by_peak = 70.0 / (f * ka / (ka - k) * ((-k * peak).exp() - (-ka * peak).exp()));
        near(number(&found[1], "dose"), by_peak, 1e-8);
        let infinite = matches(&ask(&folder, "m.toml: 70 mg iv", "m.toml: oral", &["--format", "csv"]));
        assert_eq!(infinite[0]["by"], "AUCinf", "{i}");
        near(number(&infinite[0], "dose"), 70.0 / f, 1e-8);
        near(number(&infinite[0], "AUC"), 100.0, 1e-12);
        // The peak by the dose that matches by area: both stand side by side.
        near(number(&infinite[0], "Cmax"), 100.0 * 70.0 / f / by_peak, 1e-9);
        near(number(&infinite[0], "reference"), 70.0 / cl, 1e-12);
    }
}

#[test]
fn nasal_devices_against_the_vein() {
    let folder = Folder::new();
    let test = format!("{ESKETAMINE}: intranasal");
    let run = ask(&folder, IV, &test, &["--match", "auc", "--out", "o"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let said = "no whole number of devices matches: 1 device 62.2 %, 2 devices 107.5 %";
    assert!(run.stdout.contains(said), "{}", run.stdout);
    assert!(run.stdout.contains("by Cmax of S-ketamine: 3 devices (84 mg) at 101.3 %"), "{}", run.stdout);
    let files = folder.files("o");
    let names: Vec<&String> = files.keys().collect();
    let wanted =
        ["equivalent.png", "equivalent.svg", "manifest.json", "matches.csv", "profiles.csv", "whole_numbers.csv"];
    assert_eq!(names, wanted);
    let whole = rows(std::str::from_utf8(&files["whole_numbers.csv"]).unwrap());
    assert_eq!(whole.iter().map(|row| row["devices"].as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    // Peaks of an independent solution of the published equations: 43.93, 72.63, 101.19 and 129.51 by nose, 99.874 by vein.
    for (row, peak) in whole.iter().zip([43.93, 72.63, 101.19, 129.51]) {
        near(number(row, "Cmax"), 100.0 * peak / 99.874_377_7, 1e-4);
    }
    assert_eq!(whole.iter().map(|row| row["matches"].as_str()).collect::<Vec<_>>(), ["", "", "Cmax", ""]);
    // Two devices match by area if 10 % are near enough.
    let wider = ask(&folder, IV, &test, &["--within", "0.1", "--format", "csv"]);
    assert_eq!(matches(&wider)[0]["count"], "2");
    // By Cmax it is the same question in another order.
    let by_peak = ask(&folder, IV, &test, &["--match", "cmax", "--format", "csv"]);
    let by_peak = matches(&by_peak);
    assert_eq!((by_peak[0]["by"].as_str(), by_peak[0]["count"].as_str()), ("Cmax", "3"));
    assert_eq!((by_peak[1]["by"].as_str(), by_peak[1]["matched"].as_str()), ("AUCinf", "no"));
}

/// A route with devices of 28 mg, `more` being what its doses do.
fn devices(more: &str) -> String {
    format!(
        "[routes.puff]\ndevice = {{ amount = \"28 mg\", gap = \"0 min\" }}\ncentral = {{ {more} }}\n\
         [routes.sniff]\ndevice = {{ amount = \"28 mg\", gap = \"0 min\" }}\ngut = {{ fraction = \"F\" }}"
    )
}

#[test]
fn a_number_of_devices_that_cannot_be_simulated_ends_the_search_with_its_reason() {
    // The time that the dose takes is below zero from the second, third and fourth device on.
    for (hours, failing) in [("1.5", 56), ("2.5", 84), ("3.5", 112)] {
        let route = devices(&format!("over = \"{hours}[h] - dose.device * 1[h]\""));
        let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.8], &route));
        let run = ask(&folder, "m.toml: 1000 mg iv", "m.toml: puff", &["--out", "o"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        for row in rows(std::str::from_utf8(&folder.files("o")["matches.csv"]).unwrap()) {
            assert!(row["why"].starts_with(&format!("a dose of {failing} mg cannot be simulated: ")), "{row:?}");
        }
        let whole = rows(std::str::from_utf8(&folder.files("o")["whole_numbers.csv"]).unwrap());
        assert_eq!(whole.len(), failing / 28, "{whole:?}");
        assert_eq!(whole.iter().filter(|row| row["AUC"].is_empty()).count(), 1, "{whole:?}");
        // What is reached before is a match as ever.
        let run = ask(&folder, "m.toml: 28 mg iv", "m.toml: puff", &["--format", "csv"]);
        assert_eq!((matches(&run)[0]["count"].as_str(), run.code), ("1", 0), "{}", run.stderr);
        // People have a reason as well.
        let people = ["--subjects", "20", "--seed", "1", "--out", "p"];
        let run = ask(&folder, "m.toml: 1000 mg iv", "m.toml: puff", &people);
        assert_eq!(run.code, 1, "{}", run.stderr);
        for row in rows(std::str::from_utf8(&folder.files("p")["population.csv"]).unwrap()) {
            assert_eq!((row["n"].as_str(), row["unmatched"].as_str()), ("0", "20"), "{row:?}");
            assert!(row["why"].starts_with(&format!("a dose of {failing} mg cannot be simulated: ")), "{row:?}");
        }
    }
}

/// What is absorbed is F alone, so a person's number of devices by area is the one nearest to 28 mg / (28 mg F).
#[test]
fn people_need_as_many_devices_as_they_need() {
    let model = one_compartment([2.0, 20.0, 1.2, 0.5], &devices("")).replace("logit_sd = 0.4", "logit_sd = 2.5");
    let folder = Folder::new().with("m.toml", &model);
    let people = ["--subjects", "100", "--seed", "4", "--out", "o"];
    let run = ask(&folder, "m.toml: 28 mg iv", "m.toml: sniff", &people);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let found = rows(std::str::from_utf8(&folder.files("o")["population.csv"]).unwrap());
    let by_amount = ask(&folder, "m.toml: 28 mg iv", "m.toml: oral", &[&people[..5], &["free"]].concat());
    assert_eq!(by_amount.code, 0, "{}", by_amount.stderr);
    let free = rows(std::str::from_utf8(&folder.files("free")["population.csv"]).unwrap());
    assert_eq!((found[0]["n"].as_str(), found[0]["unmatched"].as_str()), ("100", "0"));
    // The typical person needs 2; the one at the 95th percentile needs 1 + exp(2.5 1.645), about 62.
    for column in ["p5", "median", "p95"] {
        let (whole, any) = (number(&found[0], column), number(&free[0], column));
        assert!((whole - any).abs() <= 28.0, "{column}: {whole} mg and {any} mg");
    }
    assert!(number(&found[0], "p95") > 40.0 * 28.0, "{found:?}");
    // Nobody's dose has more than 1000 devices.
    let run = ask(&folder, "m.toml: 280 mg iv", "m.toml: sniff", &people);
    let found = rows(std::str::from_utf8(&folder.files("o")["population.csv"]).unwrap());
    // 10 / F > 1000 where logit F is below ln(0.01 / 0.99).
    let share = posology::math::normal::cdf((0.01f64 / 0.99).ln() / 2.5);
    let beyond = number(&found[0], "unmatched") / 100.0;
    assert!((beyond - share).abs() < 3.9 * (share * (1.0 - share) / 100.0).sqrt(), "{beyond}, not {share}: {found:?}");
    assert!(found[0]["why"].starts_with("not reached at 1000 devices, which give "), "{found:?}");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn the_manifest_has_the_person() {
    let folder = Folder::new();
    let test = format!("{ESKETAMINE}: intranasal");
    let settings = |folder: &Folder, test: &str, more: &[&str]| -> serde_json::Value {
        let run = ask(folder, IV, test, &[&["--out", "o"], more].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let manifest: serde_json::Value = serde_json::from_slice(&folder.files("o")["manifest.json"]).unwrap();
        manifest["settings"].clone()
    };
    let own = settings(&folder, &test, &[]);
    assert_eq!(own["covariate age"], "45 year, the model's reference", "{own}");
    let given = settings(&folder, &test, &["--covariate", "age=60 year"]);
    assert_eq!(given["covariate age"], "60 year", "{given}");
    assert_eq!(given["covariate ancestry"], "other, the model's reference", "{given}");
    // Two models need not have the same.
    let older = "[covariates]\nage = { unit = \"year\", reference = 60 }";
    let model = one_compartment([2.0, 20.0, 1.2, 0.8], older).replace("\"midazolam\"", "\"S-ketamine\"");
    let folder = folder.with("m.toml", &model);
    let run = ask(&folder, IV, "m.toml: oral", &["--out", "two", "--extrapolate"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let manifest = String::from_utf8(folder.files("two")["manifest.json"].clone()).unwrap();
    for said in [
        "\"covariate age of the reference\": \"45 year, the model's reference\"",
        "\"covariate age of the test\": \"60 year, the model's reference\"",
        "\"covariate ancestry\": \"other, the model's reference\"",
    ] {
        assert!(manifest.contains(said), "{said}: {manifest}");
    }
}

#[test]
fn curves_of_both_sides_are_those_of_simulate() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.5], ""));
    let run = ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &["--out", "o"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let profiles = rows(std::str::from_utf8(&folder.files("o")["profiles.csv"]).unwrap());
    for (curve, give) in [("reference, 100 mg iv", "100 mg iv"), ("200 mg oral", "200 mg oral")] {
        let own: Vec<_> = profiles.iter().filter(|row| row["curve"] == curve).collect();
        let simulated = folder.run(&["simulate", "m.toml", "--give", give, "--format", "csv"]);
        let simulated = rows(&simulated.stdout);
        assert_eq!(own.len(), simulated.len(), "{curve}");
        for (own, row) in own.iter().zip(&simulated) {
            assert_eq!(own["time"], row["TIME"]);
            let (a, b) = (number(own, "concentration"), number(row, "conc"));
            assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
        }
    }
}

/// Saturable elimination: AUC of a bolus is C0 (Km + C0 / 2) / (Vmax / V), and doses far apart do not know of each other.
#[test]
fn saturable_elimination_gives_the_root_of_its_closed_form() {
    let model = r#"format = 1
id = "mm"
title = "t"
drug = "d"
grade = "assumed"
[parameters]
Vmax = { value = 20, unit = "mg/h", grade = "assumed", why = "a test" }
Km = { value = 2, unit = "mg/L", grade = "assumed", why = "a test" }
V = { value = 25, unit = "L", grade = "assumed", why = "a test" }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { flux = "Vmax * C(central) / (Km + C(central))" }
[routes.iv]
central = {}
[outputs]
conc = { value = "C(central)", unit = "mg/L", analyte = "midazolam" }
"#;
    let folder = Folder::new().with("mm.toml", model);
    let more = ["--until", "900h", "--format", "csv"];
    let found = matches(&ask(&folder, "mm.toml: 400 mg iv", "mm.toml: iv every 300 h x 2", &more));
    let area = |dose: f64| dose / 25.0 * (2.0 + dose / 50.0) * 25.0 / 20.0;
    let half = area(400.0) / 2.0;
    // d²/50 + 2 d - 20 half = 0
    let wanted = 25.0 * (-2.0 + (4.0 + 80.0 * half / 50.0f64).sqrt());
    near(area(wanted), half, 1e-12);
    assert_eq!(found[0]["by"], "AUC(0 h, 900 h)");
    near(number(&found[0], "dose"), wanted, 1e-6);
    near(number(&found[1], "dose"), 400.0, 1e-6);
}

#[test]
fn what_cannot_be_matched_says_why() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.8], ""));
    for (reference, test, more, why) in [
        ("200 mg iv", "oral, max 50 mg", &[][..], "saturation: from "),
        ("200 mg iv", "saturable", &[], "saturation: from "),
        ("200 mg iv", "turning", &[], "not monotone: it goes from "),
        ("20 mg iv", "jumping", &[], "it jumps past the reference's at 70 mg"),
        (
            "1000 mg iv",
            "tablet",
            &[],
            "range of the source: 1250 mg would match, and its doses by this route are 50 mg to 200 mg, of which the nearest gives 16.0 %",
        ),
        ("1 mg iv", "oral", &["--match", "time-above", "--level", "5 mg/L"], "the reference's is 0"),
    ] {
        let run = ask(&folder, &format!("m.toml: {reference}"), &format!("m.toml: {test}"), more);
        let first = run.stdout.lines().find(|line| line.starts_with("by ")).unwrap_or_default();
        assert!(first.contains(&format!("cannot be matched: {why}")), "{reference}, {test}: {first}");
        assert_eq!(run.code, 1, "{reference}, {test}");
        // There is a figure all the same, if only of the reference.
        let out = [more, &["--out", "o", "--format", "csv"]].concat();
        let run = ask(&folder, &format!("m.toml: {reference}"), &format!("m.toml: {test}"), &out);
        assert!(run.code == 1 && folder.files("o").contains_key("equivalent.svg"), "{}", run.stderr);
        assert_eq!((matches(&run)[0]["matched"].as_str(), matches(&run)[0]["dose"].as_str()), ("no", ""));
    }
    let beyond = ask(&folder, "m.toml: 1000 mg iv", "m.toml: tablet", &["--extrapolate", "--format", "csv"]);
    assert_eq!(beyond.code, 0);
    near(number(&matches(&beyond)[0], "dose"), 1250.0, 1e-9);
    assert!(beyond.stderr.contains("W_OUTSIDE_DOSES"), "{}", beyond.stderr);
}

#[test]
fn the_time_above_a_level_has_its_closed_form() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.8], ""));
    let more = ["--match", "time-above", "--level", "2 mg/L", "--format", "csv", "--until", "100h"];
    let found = matches(&ask(&folder, "m.toml: 100 mg iv", "m.toml: iv every 12 h x 2", &more));
    // Of one bolus ln(C0 / level) / k. Two of them: 2 t while they fall below the level in between.
    let time = (5.0f64 / 2.0).ln() / 0.1;
    near(number(&found[0], "reference"), time, 1e-10);
    let test = |dose: f64| {
        let (first, left) = (dose / 20.0, dose / 20.0 * (-1.2f64).exp());
        f64::max(0.0, (first / 2.0).ln() / 0.1) + f64::max(0.0, ((first + left) / 2.0).ln() / 0.1)
    };
    near(test(number(&found[0], "dose")), time, 1e-6);
}

#[test]
fn averages_are_of_the_whole_time() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.8], ""));
    let (reference, test) = ("m.toml: 100 mg iv every 12 h x 4", "m.toml: oral daily x 2");
    let average = matches(&ask(&folder, reference, test, &["--match", "cavg", "--format", "csv"]));
    let area = matches(&ask(&folder, reference, test, &["--until", "48h", "--format", "csv"]));
    assert_eq!((average[0]["by"].as_str(), average[0]["unit"].as_str()), ("Cavg(0 h, 48 h)", "mg/L"));
    near(number(&average[0], "dose"), number(&area[0], "dose"), 1e-12);
    near(number(&average[0], "reference"), number(&area[0], "reference") / 48.0, 1e-12);
    let run = ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &["--match", "cavg"]);
    assert!(run.code == 2 && run.stderr.contains("E_NO_WINDOW"), "{}", run.stderr);
}

#[test]
fn tablets_are_steps() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.8], ""));
    let run = ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &["--step", "25mg", "--out", "o"]);
    assert!(run.stdout.contains("by AUCinf of midazolam: 5 x 25 mg (125 mg) at 100.0 %"), "{}", run.stdout);
    assert!(run.stdout.contains("steps of 25 mg, as asked for"), "{}", run.stdout);
    let run = ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &["--step", "90 mg", "--format", "csv"]);
    let found = matches(&run);
    assert_eq!((found[0]["matched"].as_str(), run.code), ("no", 0));
    assert_eq!(found[0]["why"], "no multiple of 90 mg matches: 1 x 90 mg 72.0 %, 2 x 90 mg 144.0 %");
    // 1250 steps: those around each match, in decimals as the step is.
    let run =
        ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &["--step", "0.1 mg", "--out", "fine", "--match", "auc"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let whole = rows(std::str::from_utf8(&folder.files("fine")["whole_numbers.csv"]).unwrap());
    assert!(whole.len() < 12 && whole.iter().any(|row| row["steps"] == "1250" && row["dose"] == "125"), "{whole:?}");
    assert!(whole.iter().all(|row| row["dose"].len() <= 5), "{whole:?}");
    let run = ask(&folder, IV, &format!("{ESKETAMINE}: intranasal"), &["--step", "28 mg"]);
    assert!(run.code == 2 && run.stderr.contains("E_STEP_AND_DEVICE"), "{}", run.stderr);
}

#[test]
fn metabolites_and_analytes() {
    let folder = Folder::new();
    let oral = format!("{ESKETAMINE}: oral");
    let by = |more: &[&str]| matches(&ask(&folder, IV, &oral, &[&["--extrapolate", "--format", "csv"], more].concat()));
    let metabolite = by(&["--match", "metabolite-auc"]);
    assert_eq!(metabolite[0]["analyte"], "S-norketamine");
    assert_eq!(metabolite.iter().map(|row| row["by"].as_str()).collect::<Vec<_>>(), ["AUCinf", "AUCinf", "Cmax"]);
    // The area of the metabolite is what `--analyte` measures the area of.
    for name in ["noresketamine", "S-norketamine"] {
        assert_eq!(by(&["--analyte", name])[0]["dose"], metabolite[0]["dose"]);
    }
    let fails = |reference: &str, test: &str, more: &[&str], code: &str| {
        let run = ask(&folder, reference, test, more);
        assert!(run.code == 2 && run.stderr.contains(code), "{code}: {}", run.stderr);
    };
    fails(IV, &oral, &["--analyte", "noresketamin"], "E_UNKNOWN_OUTPUT");
    fails(IV, "s-ketamine-simons-2022: buccal", &["--analyte", "ketamine"], "E_UNKNOWN_OUTPUT");
    fails("ketamine-clements-1981: 35 mg iv", &oral, &[], "E_OTHER_ANALYTE");
    for (reference, test) in [
        ("textbook-one-compartment: 35 mg iv", "textbook-one-compartment: oral"),
        // Of ketamine it has S-ketamine besides, which is none of its metabolites.
        ("ketamine-clements-1981: 35 mg iv", "ketamine-im-clements: im"),
    ] {
        fails(reference, test, &["--match", "metabolite-auc"], "E_NO_METABOLITE");
    }
}

#[test]
fn questions_that_make_no_sense_are_errors_with_a_place() {
    let folder = Folder::new();
    let test = format!("{ESKETAMINE}: intranasal");
    for (reference, test, more, code, place) in [
        ("28 mg iv", test.as_str(), &[][..], "E_ARGUMENT", "--reference:1:1"),
        ("nothing: 28 mg iv", &test, &[], "E_UNKNOWN_MODEL", "--reference:1:1"),
        (IV, "esketamine-perez-ruixo-2021: 84 mg intranasal", &[], "E_AMOUNT_GIVEN", "--test:1:30"),
        (IV, "esketamine-perez-ruixo-2021: oral weekly x 4, first dose 20 mg", &[], "E_AMOUNT_GIVEN", "--test:1:30"),
        (
            IV,
            "esketamine-perez-ruixo-2021: oral weekly x 4, then 20 mg weekly x 4",
            &[],
            "E_AMOUNT_GIVEN",
            "--test:1:30",
        ),
        (
            IV,
            "esketamine-perez-ruixo-2021: oral weekly x 4, then iv weekly x 4",
            &[],
            "E_SEVERAL_ROUTES",
            "--test:1:30",
        ),
        (IV, "esketamine-perez-ruixo-2021: oral, rounded to 25 mg", &[], "E_ROUNDING_GIVEN", "--test:1:30"),
        (IV, "esketamine-perez-ruixo-2021: nasal", &[], "E_UNKNOWN_ROUTE", "--test:1:30"),
        (IV, "esketamine-perez-ruixo-2021: oral over", &[], "E_REGIMEN_SYNTAX", "--test:1:39"),
        (IV, "esketamine-perez-ruixo-2021: oral dayly", &[], "E_REGIMEN_SYNTAX", "--test:1:35"),
        (IV, "esketamine-perez-ruixo-2021: oral daily", &[], "E_REGIMEN_UNBOUNDED", "--test:1:30"),
        ("esketamine-perez-ruixo-2021: 28 mg ivv", &test, &[], "E_UNKNOWN_ROUTE", "--reference:1:36"),
        (IV, &test, &["--match", "time-above"], "E_LEVEL", ""),
        (IV, &test, &["--level", "50 ng/mL"], "E_LEVEL", "--level:1:1"),
        (IV, &test, &["--match", "time-above", "--level", "50 h"], "E_UNIT_MISMATCH", "--level:1:1"),
        (IV, &test, &["--match", "time-above", "--level=-5 ng/mL"], "E_OUT_OF_RANGE", "--level:1:1"),
        (IV, "esketamine-perez-ruixo-2021: oral", &["--step", "50 h"], "E_UNIT_MISMATCH", "--step:1:1"),
        (IV, "esketamine-perez-ruixo-2021: oral", &["--step", "0 mg"], "E_OUT_OF_RANGE", "--step:1:1"),
        (IV, &test, &["--covariate", "wieght=70kg"], "E_UNKNOWN_COVARIATE", "--covariate:1:1"),
        (IV, &test, &["--seed", "1"], "E_ARGUMENT", ""),
        (IV, &test, &["--until", "0h"], "E_OUT_OF_RANGE", "--until:1:1"),
    ] {
        let run = ask(&folder, reference, test, more);
        assert!(run.code == 2 && run.stderr.contains(code), "{test} {more:?}: {}", run.stderr);
        assert!(run.stderr.contains(place), "{test} {more:?}, {place}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
}

#[test]
fn people_who_get_the_same_on_both_sides_need_the_same_dose() {
    let folder = Folder::new();
    let test = format!("{ESKETAMINE}: iv over 40 min");
    let run = ask(&folder, IV, &test, &["--subjects", "40", "--seed", "3", "--out", "o"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = folder.files("o");
    let of = |name: &str| rows(std::str::from_utf8(&files[name]).unwrap());
    for row in of("population.csv") {
        assert_eq!((row["n"].as_str(), row["unmatched"].as_str()), ("40", "0"));
        ["median", "p5", "p95"].iter().for_each(|column| near(number(&row, column), 28.0, 1e-9));
    }
    for row in of("population_ratios.csv") {
        ["ratio", "low_90", "high_90"].iter().for_each(|column| near(number(&row, column), 1.0, 1e-9));
    }
}

/// F is the only thing that varies, so a person's dose by area is 100 mg / F of that person.
#[test]
fn peoples_doses_are_those_of_the_closed_form() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.6], ""));
    let people = ["--subjects", "400", "--seed", "5"];
    let run = ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &[&people[..], &["--out", "o"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = folder.files("o");
    let found = rows(std::str::from_utf8(&files["population.csv"]).unwrap());
    // logit F is normal of mean logit 0.6 and sd 0.4: quantiles of F follow, and those of the dose the other way round.
    let f = |z: f64| 1.0 / (1.0 + (-(0.6f64 / 0.4).ln() - 0.4 * z).exp());
    near(number(&found[0], "median"), 100.0 / f(0.0), 0.03);
    near(number(&found[0], "p5"), 100.0 / f(1.645), 0.04);
    near(number(&found[0], "p95"), 100.0 / f(-1.645), 0.05);
    // In tablets everybody's is a whole number of them.
    let run =
        ask(&folder, "m.toml: 100 mg iv", "m.toml: oral", &[&people[..], &["--step", "50 mg", "--out", "t"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let found = rows(std::str::from_utf8(&folder.files("t")["population.csv"]).unwrap());
    assert_eq!(number(&found[0], "median") % 50.0, 0.0, "{found:?}");
}

#[test]
fn people_of_a_model_that_is_not_proportional_are_searched_one_by_one() {
    let folder = Folder::new().with("m.toml", &one_compartment([2.0, 20.0, 1.2, 0.9], ""));
    // F d / (1 + d / 50) = 45 mg, where somebody's F allows it: it cannot be more than 50 F.
    let people = ["--subjects", "60", "--seed", "2", "--out", "o"];
    let run = ask(&folder, "m.toml: 44 mg iv", "m.toml: saturable", &people);
    let found = rows(std::str::from_utf8(&folder.files("o")["population.csv"]).unwrap());
    let unmatched = number(&found[0], "unmatched");
    assert!(unmatched > 5.0 && unmatched < 55.0 && found[0]["why"].contains("saturation"), "{found:?}");
    near(number(&found[0], "n") + unmatched, 60.0, 0.0);
    // The peak of the typical person cannot be matched.
    assert_eq!(run.code, 1, "{}", run.stderr);
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let folder = Folder::new().with("who.toml", "format = 1\nage = { from = \"20 year\", to = \"80 year\" }\n");
    let test = format!("{ESKETAMINE}: intranasal");
    let people = ["--subjects", "150", "--seed", "7", "--population", "who.toml", "--out"];
    let with = |threads: &str| {
        let run = ask(&folder, IV, &test, &[&people[..], &[threads, "--threads", threads]].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        (run.stdout, folder.files(threads))
    };
    assert!(with("1") == with("2"));
    let both = ask(
        &folder,
        IV,
        &test,
        &["--seed", "1", "--subjects", "5", "--population", "who.toml", "--covariate", "age=40 year"],
    );
    assert!(both.code == 2 && both.stderr.contains("describes it for each"), "{}", both.stderr);
}

#[test]
fn the_examples_of_the_document_are_real() {
    let shown = |more: &[&str]| {
        let quoted = |word: &&str| if word.contains([' ', ':']) { format!("\"{word}\"") } else { word.to_string() };
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_posology"));
        command.arg("equivalent").args(more).current_dir(path("")).env_remove("COLUMNS");
        let output = command.output().unwrap();
        assert!(output.status.code().unwrap() < 2, "{}", String::from_utf8_lossy(&output.stderr));
        let line = more.iter().map(quoted).collect::<Vec<_>>().join(" ");
        format!("```text\n$ posology equivalent {line}\n{}```\n", String::from_utf8(output.stdout).unwrap())
    };
    let (nose, mouth) = (format!("{ESKETAMINE}: intranasal"), format!("{ESKETAMINE}: oral"));
    let blocks = BTreeMap::from([
        ("devices", shown(&["--reference", IV, "--test", &nose])),
        ("people", shown(&["--reference", IV, "--test", &mouth, "--extrapolate", "--subjects", "1000", "--seed", "1"])),
        ("range", shown(&["--reference", IV, "--test", &mouth])),
    ]);
    let document = std::fs::read_to_string(path("docs/equivalence.md")).unwrap();
    is_fresh("docs/equivalence.md", &refreshed(&document, &blocks), "equivalent");
    let folder = Folder::new();
    let run = ask(&folder, IV, &nose, &["--plot", "f.svg"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    is_fresh("docs/figures/equivalent.svg", &std::fs::read_to_string(folder.0.join("f.svg")).unwrap(), "equivalent");
}

#[test]
fn doses_of_a_source_are_checked_when_a_model_is_read() {
    let model = one_compartment([2.0, 20.0, 1.2, 0.8], "");
    for (doses, code, near) in [
        ("tablte = \"50..200 mg\"", "E_UNKNOWN_ROUTE", "tablet"),
        ("tablet = \"200..50 mg\"", "E_WRONG_TYPE", "14..112 mg"),
        ("tablet = \"0..50 mg\"", "E_WRONG_TYPE", "14..112 mg"),
        ("tablet = \"1..50 h\"", "E_WRONG_TYPE", "14..112 mg"),
        ("tablet = 50", "E_WRONG_TYPE", ""),
    ] {
        let folder = Folder::new().with("m.toml", &model.replace("tablet = \"50..200 mg\"", doses));
        let run = folder.run(&["models", "check", "m.toml"]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code != 0 && said.contains(code) && said.contains(near), "{doses}: {said}");
    }
}
