//! Probabilities of target attainment: closed forms, the stopping rule, sweeps of the same people, what can be wrong.
#![cfg(feature = "cli")]

mod common;
mod document;

use common::{Folder, Run, number, rows};
use document::{is_fresh, path, refreshed};
use std::collections::BTreeMap;

/// AUC to infinity is dose / CL, and CL is log-normal with a geometric standard deviation of e^0.5.
const MODEL: &str = r#"format = 1
id = "m"
title = "t"
drug = "d"
grade = "assumed"
[parameters]
CL = { value = 2, unit = "L/h", grade = "assumed", why = "a test", iiv = { variance = 0.25 } }
V = { value = 20, unit = "L", grade = "assumed", why = "a test" }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { clearance = "CL" }
[routes.iv]
central = {}
[outputs]
conc = { value = "C(central)", unit = "mg/L" }
"#;

/// A plan over doses; `target` are the lines of its target.
fn plan(factors: &str, target: &str) -> String {
    format!(
        r#"format = 1
model = "m.toml"
give = "{{dose}} iv"
[factors]
{factors}
[measures]
area = "AUCinf"
peak = "Cmax"
[target]
{target}
"#
    )
}

const DOSES: &str = r#"dose = { list = ["50 mg", "100 mg", "200 mg", "150 mg", "400 mg"] }"#;
const AREA: &str = "attain = \"area >= 50 mg*h/L\"\nprobability = 0.9\n";

fn folder(plan: &str) -> Folder {
    Folder::new().with("m.toml", MODEL).with("p.toml", plan)
}

fn file(folder: &Folder, name: &str) -> Vec<BTreeMap<String, String>> {
    rows(std::str::from_utf8(&folder.files("o")[name]).unwrap())
}

fn run(folder: &Folder) -> Run {
    folder.run(&["target", "p.toml", "--out", "o"])
}

#[test]
fn probabilities_are_those_of_the_closed_form_within_their_intervals() {
    let folder = folder(&plan(DOSES, &format!("{AREA}half_width = 0.01\nlevel = 0.999")));
    let done = run(&folder);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let found = file(&folder, "results.csv");
    assert_eq!(found.len(), 5);
    for row in &found {
        let dose: f64 = row["dose"].strip_suffix(" mg").unwrap().parse().unwrap();
        // dose / CL >= 50 where ln CL <= ln(dose / 50)
        let z = ((dose / 50.0).ln() - 2f64.ln()) / 0.5;
        let wanted = posology::math::normal::cdf(z);
        assert!(number(row, "low") <= wanted && wanted <= number(row, "high"), "{wanted}: {row:?}");
        assert!(number(row, "half_width") <= 0.01 && row["stopped_by"] == "half_width", "{row:?}");
        assert_eq!(number(row, "n") % 500.0, 0.0);
        assert_eq!(number(row, "probability"), number(row, "attained") / number(row, "n"));
        // One chunk less would not have been enough.
        let (p, n) = (number(row, "probability"), number(row, "n") - 500.0);
        let widest = 3.2905 * (p * (1.0 - p) / f64::max(n, 1.0)).sqrt();
        assert!(n == 0.0 || widest > 0.009, "{row:?}");
    }
    let smallest = file(&folder, "doses.csv");
    // 0.5 (1.2816) more in logarithms than the median: 189.8 mg would do, and 200 mg is the next of the plan.
    assert_eq!((smallest[0]["dose"].as_str(), smallest[0]["dose_surely"].as_str()), ("200 mg", "200 mg"));
    let names: Vec<String> = folder.files("o").into_keys().collect();
    assert_eq!(names, ["doses.csv", "manifest.json", "results.csv", "target.png", "target.svg"]);
}

#[test]
fn people_are_those_of_a_sweep() {
    let folder = folder(&plan(DOSES, &format!("{AREA}half_width = 0.02")));
    assert_eq!(run(&folder).code, 0);
    for row in file(&folder, "results.csv") {
        let sweep = format!(
            "format = 1\nmodel = \"m.toml\"\ngive = \"{{dose}} iv\"\nsubjects = {}\n[factors]\ndose = {{ list = [\"{}\"] }}\n\
             [measures]\narea = \"AUCinf\"\n[summary]\nprobability = [\"area >= 50 mg*h/L\"]\n",
            row["n"], row["dose"]
        );
        let folder = Folder::new().with("m.toml", MODEL).with("s.toml", &sweep);
        assert_eq!(folder.run(&["sweep", "s.toml", "--out", "o", "--quiet"]).code, 0);
        assert_eq!(file(&folder, "results.csv")[0]["area >= 50 mg*h/L"], row["probability"]);
    }
}

#[test]
fn the_maximum_ends_it_and_says_so() {
    let folder = folder(&plan(DOSES, &format!("{AREA}half_width = 0.001\nmax_subjects = 1200")));
    let done = run(&folder);
    assert!(done.code == 0 && done.stderr.contains("W_WIDE_INTERVALS"), "{}", done.stderr);
    for row in file(&folder, "results.csv") {
        assert_eq!((row["n"].as_str(), row["stopped_by"].as_str()), ("1200", "max_subjects"));
    }
}

#[test]
fn targets_together_and_one_by_one() {
    let attain = r#"attain = ["area >= 50 mg*h/L", "peak < 9 mg/L", { all = ["area >= 50 mg*h/L", "peak < 9 mg/L"] }]
probability = 0.4
half_width = 0.05"#;
    let folder = folder(&plan(DOSES, attain));
    assert_eq!(run(&folder).code, 0);
    let found = file(&folder, "results.csv");
    assert_eq!(found.len(), 15);
    for point in found.chunks(3) {
        let [area, peak, both] = point else { unreachable!() };
        // The peak is dose / V, the same for everybody: 9 mg/L is 180 mg.
        let below = number(peak, "probability");
        assert!(below == 0.0 || below == 1.0);
        let wanted = if below == 1.0 { area["attained"].clone() } else { "0".into() };
        assert_eq!(
            (both["attained"].clone(), both["target"].as_str()),
            (wanted, "area >= 50 mg*h/L and peak < 9 mg/L")
        );
    }
    let smallest = file(&folder, "doses.csv");
    // By size, not in the order of the plan: 100 mg reaches a half, 200 mg is above the ceiling.
    assert_eq!(smallest[2]["dose"], "100 mg");
    assert_eq!(smallest[2]["note"], "larger levels fall short again");
    assert_eq!((smallest[1]["dose"].as_str(), smallest[0]["note"].as_str()), ("50 mg", ""));
}

#[test]
fn points_that_fail_are_rows() {
    let factors = "dose = { list = [\"100 mg\", \"-5 mg\", \"-100 mg\"] }";
    let folder = folder(&plan(factors, &format!("{AREA}half_width = 0.05")));
    let done = run(&folder);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let found = file(&folder, "results.csv");
    let status: Vec<&str> = found.iter().map(|row| row["status"].as_str()).collect();
    assert_eq!(status, ["ok", "failed", "failed"]);
    for row in &found[1..] {
        assert!(!row["reason"].is_empty() && row["probability"].is_empty() && row["stopped_by"] == "failed", "{row:?}");
    }
    assert_eq!(file(&folder, "doses.csv")[0]["note"], "2 of the levels failed");
}

#[test]
fn levels_without_an_order_have_no_smallest() {
    let kinds = r#"dose = { list = ["85 mg", "0.5 mg/kg", "29 mg"] }"#;
    let regimens = r#"regimen = { list = ["100 mg iv", "60 mg iv daily x 2"] }
V = { list = ["20 L", "40 L"] }"#;
    let of_regimens = |target: &str| plan(regimens, target).replace("{dose} iv", "{regimen}");
    let loose = format!("{AREA}half_width = 0.05");
    for (text, why) in [
        (plan(kinds, &loose), "those of `dose` have no order, since `85 mg` and `0.5 mg/kg` are of different kinds"),
        (of_regimens(&loose), "those of `regimen` have no order, since `100 mg iv` is no quantity"),
    ] {
        let folder = folder(&text);
        let done = run(&folder);
        // A dose by weight fails here, as any point may.
        assert_eq!(done.code, i32::from(text.contains("mg/kg")), "{}", done.stderr);
        assert!(done.stderr.contains("W_NO_SMALLEST_DOSE") && done.stderr.contains(why), "{}", done.stderr);
        assert!(!done.stdout.contains("Smallest"), "{}", done.stdout);
        let names: Vec<String> = folder.files("o").into_keys().collect();
        assert_eq!(names, ["manifest.json", "results.csv", "target.png", "target.svg"]);
        let ok = file(&folder, "results.csv").iter().filter(|row| row["status"] == "ok").count();
        assert_eq!(ok, if text.contains("mg/kg") { 2 } else { 4 });
    }
    // Who asks for the smallest of them is told where it fails.
    for (text, place) in [
        (plan(kinds, &format!("{loose}\ndose = \"dose\"")), "p.toml:5:27"),
        (of_regimens(&format!("{loose}\ndose = \"regimen\"")), "p.toml:5:21"),
    ] {
        let done = run(&folder(&text));
        assert!(done.code == 2 && done.stderr.contains("E_NO_ORDER"), "{}", done.stderr);
        assert!(done.stderr.contains(place), "{place}: {}", done.stderr);
    }
    // Along another factor there is one.
    let folder = folder(&of_regimens(&format!("{loose}\ndose = \"V\"")));
    assert_eq!(run(&folder).code, 0);
    assert_eq!(file(&folder, "doses.csv")[0]["regimen"], "100 mg iv");
    // Other prefixes are of one kind.
    let folder = self::folder(&plan(r#"dose = { list = ["0.2 g", "400000 ug", "50 mg"] }"#, &loose));
    assert_eq!(run(&folder).code, 0);
    assert_eq!(file(&folder, "doses.csv")[0]["dose"], "0.2 g");
}

#[test]
fn the_manifest_says_how_and_a_figure_can_stand_alone() {
    let peak = "attain = \"peak >= 4 mg/L\"\nprobability = 0.9\nhalf_width = 0.05";
    let folder = folder(&plan(DOSES, peak));
    assert_eq!(run(&folder).code, 0);
    let manifest =
        |out: &str| -> serde_json::Value { serde_json::from_slice(&folder.files(out)["manifest.json"]).unwrap() };
    let exact = manifest("o");
    let people: f64 = file(&folder, "results.csv").iter().map(|row| number(row, "subjects")).sum();
    let wanted = [
        ("method", "Wilson's interval, looked at after every 500 people".to_string()),
        ("probability", "0.9".into()),
        ("half_width", "0.05".into()),
        ("level", "0.95".into()),
        ("max_subjects", "100000".into()),
        ("simulations", people.to_string()),
        ("failed", "0".into()),
    ];
    for (name, value) in wanted {
        assert_eq!(exact["settings"][name], value, "{name}: {exact}");
    }
    let done = folder.run(&["target", "p.toml", "--engine", "stiff", "--out", "stiff", "--plot", "alone.svg"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let stiff = manifest("stiff");
    assert!(stiff["engine"] == "stiff" && exact["engine"] != "stiff" && stiff["tolerances"].is_object(), "{stiff}");
    assert_eq!(std::fs::read(folder.0.join("alone.svg")).unwrap(), folder.files("stiff")["target.svg"]);
    let other = folder.run(&["target", "p.toml", "--plot", "alone.pdf"]);
    assert!(other.code == 2 && other.stdout.is_empty(), "{}", other.stderr);
}

#[test]
fn other_factors_have_doses_of_their_own() {
    let factors = format!("V = {{ list = [\"20 L\", \"40 L\"] }}\n{DOSES}");
    let folder = folder(&plan(&factors, "attain = \"peak >= 4 mg/L\"\nprobability = 0.9"));
    assert_eq!(run(&folder).code, 0);
    let smallest = file(&folder, "doses.csv");
    let found: Vec<_> = smallest.iter().map(|row| (row["V"].as_str(), row["dose"].as_str())).collect();
    assert_eq!(found, [("20 L", "100 mg"), ("40 L", "200 mg")]);
    // Along another factor the question is another one.
    let along = plan(&factors, "attain = \"peak >= 4 mg/L\"\nprobability = 0.9\ndose = \"V\"");
    let folder = self::folder(&along);
    assert_eq!(run(&folder).code, 0);
    let smallest = file(&folder, "doses.csv");
    let found: Vec<_> = smallest.iter().map(|row| (row["dose"].as_str(), row["V"].as_str())).collect();
    assert_eq!(found[..3], [("50 mg", ""), ("100 mg", "20 L"), ("200 mg", "20 L")]);
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let folder = folder(&plan(DOSES, &format!("{AREA}half_width = 0.02")));
    let with = |threads: &str| {
        let done = folder.run(&["target", "p.toml", "--out", threads, "--threads", threads]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        (done.stdout, folder.files(threads))
    };
    assert!(with("1") == with("2"));
}

#[test]
fn faults_of_a_plan_have_codes_and_places() {
    for (factors, target, code, place) in [
        (DOSES, "probability = 0.9", "E_MISSING_KEY", "p.toml:9"),
        (DOSES, "attain = \"area >= 50 mg*h/L\"", "E_MISSING_KEY", "p.toml:9"),
        (DOSES, "attain = []\nprobability = 0.9", "E_NO_TARGET", "p.toml:10:10"),
        (DOSES, "attain = { all = [] }\nprobability = 0.9", "E_NO_TARGET", "p.toml:10:18"),
        (DOSES, "attain = \"area\"\nprobability = 0.9", "E_NOT_A_COMPARISON", "p.toml:10:10"),
        (DOSES, "attain = \"trough > 5 mg/L\"\nprobability = 0.9", "E_UNKNOWN_MEASURE", "p.toml:10:11"),
        (DOSES, "attain = \"area > 5 mg/L\"\nprobability = 0.9", "E_UNIT_MISMATCH", "p.toml:10:10"),
        (DOSES, "attain = [\"area > 5 mg*h/L\", \"area > 5 mg*h/L\"]\nprobability = 0.9", "E_NAME_CLASH", "p.toml:10"),
        (DOSES, "attain = \"area > 5 mg*h/L\"\nprobability = 90", "E_OUT_OF_RANGE", "p.toml:11:15"),
        (DOSES, &format!("{AREA}half_width = 0"), "E_OUT_OF_RANGE", "p.toml:12:14"),
        (DOSES, &format!("{AREA}level = 1"), "E_OUT_OF_RANGE", "p.toml:12:9"),
        (DOSES, &format!("{AREA}max_subjects = 100"), "E_OUT_OF_RANGE", "p.toml:12:16"),
        (DOSES, &format!("{AREA}max_subjects = 1000000000"), "E_TOO_MANY_POINTS", "p.toml:12:1"),
        (DOSES, &format!("{AREA}dose = \"does\""), "E_UNKNOWN_FACTOR", "p.toml:12:8"),
        (DOSES, &format!("{AREA}halfwidth = 0.1"), "E_UNKNOWN_KEY", "p.toml:12:1"),
        ("", AREA, "E_NO_FACTORS", "p.toml:4"),
        ("dose = { from = \"50 mg\", to = \"100 mg\" }", AREA, "E_NO_STEPS", "p.toml:5:1"),
    ] {
        let folder = folder(&plan(factors, target));
        let done = run(&folder);
        assert!(done.code == 2 && done.stderr.contains(code), "{target}, {code}: {}", done.stderr);
        assert!(done.stderr.contains(place), "{target}, {place}: {}", done.stderr);
    }
    let folder = folder(&plan(DOSES, AREA).replace("[target]", "[goal]"));
    assert!(run(&folder).stderr.contains("E_MISSING_KEY"));
    let folder = self::folder(&plan(DOSES, AREA).replace("format = 1", "format = 1\nsubjects = 10"));
    assert!(run(&folder).stderr.contains("E_UNKNOWN_KEY"));
}

#[test]
fn the_examples_of_the_document_are_real() {
    let name = "examples/plans/esketamine-target.toml";
    let folder = Folder::new();
    let out = folder.0.join("o").display().to_string();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_posology"));
    command.args(["target", name, "--out", &out]).current_dir(path("")).env_remove("COLUMNS");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let blocks = BTreeMap::from([
        ("plan", format!("```toml\n{}```\n", std::fs::read_to_string(path(name)).unwrap())),
        ("table", format!("```text\n$ posology target {name}\n{printed}```\n")),
    ]);
    let document = std::fs::read_to_string(path("docs/targets.md")).unwrap();
    is_fresh("docs/targets.md", &refreshed(&document, &blocks), "target");
    let figure = String::from_utf8(folder.files("o")["target.svg"].clone()).unwrap();
    is_fresh("docs/figures/target.svg", &figure, "target");
}

#[test]
fn listed_people_are_counted_once_each() {
    let list: String = (0..700).map(|i| format!("{i},{}\n", 50 + i % 50)).collect();
    let peak = "attain = \"peak >= 5 mg/L\"\nprobability = 0.9\nhalf_width = 0.001";
    let by_weight = |target: &str| {
        let plan = plan(DOSES, target)
            .replace("{dose} iv", "1 mg/kg iv")
            .replace("format = 1", "format = 1\npopulation = { file = \"who.csv\" }");
        folder(
            &plan
                .replace("50 mg\", \"100 mg\", \"200 mg\", \"150 mg\", \"400 mg", "1 mg")
                .replace("1 mg/kg", "{dose}/kg"),
        )
        .with("who.csv", &format!("ID,weight [kg]\n{list}"))
    };
    // 1 mg/kg into 20 L is at least 4 mg/L from 80 kg on: 20 of every 50.
    let folder = by_weight(&peak.replace("5 mg/L", "4 mg/L"));
    let done = run(&folder);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let found = &file(&folder, "results.csv")[0];
    assert_eq!((found["n"].as_str(), found["attained"].as_str()), ("700", "280"));
    assert_eq!(found["stopped_by"], "max_subjects");
    let manifest = String::from_utf8(folder.files("o")["manifest.json"].clone()).unwrap();
    assert!(manifest.contains("who.csv"), "{manifest}");
    let too_many = by_weight(&format!("{peak}\nmax_subjects = 800"));
    let done = run(&too_many);
    assert!(done.code == 2 && done.stderr.contains("800"), "{}", done.stderr);
}
