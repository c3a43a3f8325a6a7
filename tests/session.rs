//! The hours after sessions: closed forms of one bolus into one compartment, given every day; shares of people; the command.

mod common;
mod document;

use common::{Folder, number, rows as table};
use document::{is_fresh, path, refreshed};
use std::collections::BTreeMap;

/// 10 mg into 1 L, eliminated at 0.5 per hour: whatever people differ in is the volume, and with it the peak alone.
const MODEL: &str = r#"
format = 1
id     = "one"
title  = "One compartment"
drug   = "example"
grade  = "assumed"
[parameters]
k = { value = 0.5, unit = "1/h", grade = "assumed", why = "an example" }
V = { value = 1,   unit = "L",   grade = "assumed", why = "an example", iiv = { cv = 0.3 } }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { rate = "k" }
[routes.iv]
central = {}
[outputs]
c = { value = "C(central)", unit = "mg/L" }
"#;

fn close(row: &BTreeMap<String, String>, name: &str, wanted: f64) {
    let found = number(row, name);
    assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{name}: {found}, not {wanted}");
}

#[test]
fn each_session_is_that_of_its_closed_form() {
    let folder = Folder::new().with("one.toml", MODEL);
    let session = ["session", "one.toml", "--give", "10 mg iv daily x 3", "--threshold", "2000 ng/mL", "--leave", "3h"];
    let run = folder.run(&[&session[..], &["--format", "csv"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = table(&run.stdout);
    assert_eq!(rows.len(), 3);
    let mut before = 0.0;
    for (k, row) in rows.iter().enumerate() {
        let peak = 10.0 + before;
        close(row, "begins", 24.0 * k as f64);
        close(row, "dose", 10.0);
        close(row, "peak", peak);
        close(row, "time_of_peak", 0.0);
        close(row, "until_below", (peak / 2.0).ln() / 0.5);
        close(row, "at_leave", peak * (-1.5f64).exp());
        close(row, "at_morning", peak * (-10.0f64).exp());
        assert_eq!((row["above_leave"].as_str(), row["above_morning"].as_str()), ("yes", "no"));
        before = peak * (-12.0f64).exp();
    }
    // Never above, and above until the next session.
    let low = folder.run(&["session", "one.toml", "--give", "10 mg iv", "--threshold", "11 mg/L", "--format", "csv"]);
    close(&table(&low.stdout)[0], "until_below", 0.0);
    let often =
        ["session", "one.toml", "--give", "10 mg iv every 2 h x 2", "--threshold", "1 mg/L", "--format", "json"];
    let often = folder.run(&often);
    assert!(often.stdout.contains("still above the level at the end of the interval"), "{}", often.stdout);
}

#[test]
fn shares_of_people_are_those_of_their_distribution() {
    let folder = Folder::new().with("one.toml", MODEL);
    let ask = |threads: &str, out: &str| {
        let session = ["session", "one.toml", "--give", "10 mg iv", "--threshold", "2 mg/L", "--leave", "3h"];
        let people = ["--subjects", "4000", "--seed", "3", "--threads", threads, "--out", out, "--format", "csv"];
        let run = folder.run(&[&session[..], &people].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        (run.stdout, folder.files(out))
    };
    let (printed, one) = ask("1", "one");
    assert_eq!(one, ask("2", "two").1, "threads matter");
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(names, ["manifest.json", "people.csv", "session.png", "session.svg", "sessions.csv"]);
    assert_eq!(printed, String::from_utf8(one["people.csv"].clone()).unwrap());
    let row = &table(&printed)[0];
    // ln V has the standard deviation s; who is above 2 mg/L after 3 h has 10/V exp(-1.5) > 2.
    let s = 0.3f64.powi(2).ln_1p().sqrt();
    let expected = posology::math::normal::cdf((5.0 * (-1.5f64).exp()).ln() / s);
    assert!(
        number(row, "above_leave_low") < expected && expected < number(row, "above_leave_high"),
        "{expected} {row:?}"
    );
    let share = number(row, "above_leave");
    assert!(number(row, "above_leave_low") < share && share < number(row, "above_leave_high"));
    close(row, "above_morning", 0.0);
    // The wait is a function of the peak, so their percentiles go together; and the median of the peak is that of the typical person.
    for p in ["p5", "p50", "p95"] {
        let peak = number(row, &format!("peak_{p}"));
        assert!((number(row, &format!("until_below_{p}")) - (peak / 2.0).ln() / 0.5).abs() < 1e-3, "{p}");
    }
    // The standard error of the median of 4000 is sqrt(pi/2/4000) s.
    let error = (number(row, "peak_p50") / 10.0).ln() / (s * (std::f64::consts::FRAC_PI_2 / 4000.0).sqrt());
    assert!(error.abs() < 3.9, "{error}");
}

#[test]
fn levels_belong_to_their_session_and_to_what_is_simulated() {
    let folder = Folder::new().with("one.toml", MODEL);
    let rows = |give: &str, more: &[&str]| {
        let session = ["session", "one.toml", "--threshold", "1 mg/L", "--format", "csv", "--give", give];
        let run = folder.run(&[&session[..], more].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        table(&run.stdout)
    };
    let twice = rows("10 mg iv every 12 h x 2", &[]);
    assert_eq!((twice[0]["at_morning"].as_str(), twice[0]["above_morning"].as_str()), ("", ""));
    assert!(twice[0]["missing"].contains("at_morning: the next session begins before that time"), "{twice:?}");
    close(&twice[1], "at_morning", 10.0 * (1.0 + (-6.0f64).exp()) * (-10.0f64).exp());
    let short = rows("10 mg iv every 12 h x 2", &["--until", "1h"]);
    assert_eq!((short.len(), short[0]["at_leave"].as_str()), (1, ""));
    assert!(short[0]["missing"].contains("at_leave: the simulation ends before that time"), "{short:?}");
    // Two doses at one time are one session.
    let both = rows("10 mg iv and 5 mg iv", &[]);
    assert_eq!(both.len(), 1);
    close(&both[0], "dose", 15.0);
    close(&both[0], "peak", 15.0);
}

#[test]
fn what_cannot_be_asked_is_said() {
    let folder = Folder::new().with("one.toml", MODEL);
    let session = ["session", "one.toml", "--give", "10 mg iv", "--threshold"];
    for (more, code) in [
        (&["2 mg"][..], "E_UNIT_MISMATCH"),
        (&["2"], "E_UNIT_MISSING"),
        (&["2 mg/L", "--leave", "0h"], "E_OUT_OF_RANGE"),
        (&["2 mg/L", "--morning=-1h"], "E_OUT_OF_RANGE"),
        (&["0 mg/L"], "E_OUT_OF_RANGE"),
        (&["-2 mg/L"], "E_OUT_OF_RANGE"),
        (&["2 mg/L", "--leave", "9h", "--morning", "8h"], "E_ARGUMENT"),
        (&["2 mg/L", "--output", "d"], "E_UNKNOWN_OUTPUT"),
        (&["2 mg/L", "--seed", "1"], "E_ARGUMENT"),
        (&["2 mg/L", "--set", "V=0 L", "--subjects", "2", "--seed", "1"], "error[E_"),
    ] {
        let run = folder.run(&[&session[..], more].concat());
        assert!(run.code == 2 && run.stderr.contains(code), "{more:?}: {} {}", run.code, run.stderr);
    }
}

#[test]
fn the_example_of_the_document_is_real() {
    let command = "session esketamine-perez-ruixo-2021 --threshold \"50 ng/mL\" --subjects 1000 --seed 1";
    let give = "84 mg intranasal twice weekly x 2, first dose 56 mg";
    let arguments = ["session", "esketamine-perez-ruixo-2021", "--threshold", "50 ng/mL", "--subjects", "1000"];
    let arguments = [&arguments[..], &["--seed", "1", "--give", give, "--out", "out"]].concat();
    let folder = Folder::new();
    let run = folder.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let block = format!("```text\n$ posology {command} --give \"{give}\" --out out\n{}```\n", run.stdout);
    let page = std::fs::read_to_string(path("docs/session.md")).unwrap();
    is_fresh("docs/session.md", &refreshed(&page, &BTreeMap::from([("session", block)])), "session");
    let figure = String::from_utf8(folder.files("out")["session.svg"].clone()).unwrap();
    is_fresh("docs/figures/session.svg", &figure, "session");
}
