//! The command `sensitivity`: its files, its tables, and what it says.
#![cfg(feature = "cli")]

mod common;
#[path = "common/sensitivity.rs"]
mod sensitivity;

use posology::math::sensitivity::SobolTerms;
use sensitivity::{PLAN, folder, local_plan, number};
use serde_json::Value;
use std::collections::BTreeMap;

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
    assert_eq!([total("dose"), total("cl")], [0, 1].map(|k| indices[k].total));
    // The area does not know the volume: what rounding makes of that is 0.
    assert!(total("v") == 0.0 && indices[2].total < 1e-24, "{indices:?}");
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!((&manifest["settings"]["simulations"], &manifest["seed"]), (&"320".into(), &1.into()));
    let design = manifest["outputs"].as_array().unwrap().iter().find(|o| o["name"] == "design.csv").unwrap();
    assert_eq!(design["units"]["peak"], "mg/L");
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
