//! The catalogue's model of esketamine against an independent exact solution of the published equations: concentrations
//! to 1e-9, the exposure table to its own tolerance. The reference numbers are in the folder `POSOLOGY_ORACLES`; where it
//! is not set the tests say that they are skipped, and where it is set and something is missing they fail.

use posology::model::Catalogue;
use posology::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

const MODEL: &str = "esketamine-perez-ruixo-2021";
const PROFILE_RELATIVE: f64 = 1e-9;

/// All devices of a dose at once, with the mean of their nasal fractions: the convention of an article on the model.
const AT_ONCE: &str = r#"
format  = 1
id      = "esketamine-at-once"
title   = "Esketamine, all nasal devices at once"
drug    = "esketamine"
grade   = "assumed"
extends = "esketamine-perez-ruixo-2021"

[parameters]
FRn_mean = { value = 0.54, bounds = [0, 1], grade = "assumed", why = "set to the mean over the devices of a dose" }

[routes.at_once]
nasal     = { fraction = "FRn_mean" }
swallowed = { fraction = "(1 - FRn_mean) * Fgut", over = "Dsw" }
"#;

/// Scenario and the regimen that says the same in words.
const PROFILES: [(&str, &str); 8] = [
    ("in_28mg", "28 mg intranasal"),
    ("in_56mg_devices_5min", "56 mg intranasal"),
    ("in_56mg_simultaneous", "56 mg at_once"),
    ("in_56mg_twice_weekly_4w", "56 mg intranasal twice weekly for 4 weeks"),
    ("in_84mg_devices_5min", "84 mg intranasal"),
    ("in_84mg_simultaneous", "84 mg at_once"),
    ("iv_28mg_40min", "28 mg iv over 40 min"),
    ("po_84mg", "84 mg oral"),
];
const EXPOSURE: &str = "table4_exposure";

/// One line of a CSV file, by column name.
type Row = BTreeMap<String, String>;

/// Written past the test harness, which hides what a passing test prints.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn esketamine() -> Option<PathBuf> {
    let Some(root) = std::env::var_os("POSOLOGY_ORACLES") else {
        say("skipped: POSOLOGY_ORACLES is not set");
        return None;
    };
    Some(PathBuf::from(root).join("esketamine"))
}

fn rows(path: &Path) -> Vec<Row> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let rows: Vec<Row> = csv::Reader::from_reader(file).into_deserialize().map(|row| row.unwrap()).collect();
    assert!(!rows.is_empty(), "{} has no rows", path.display());
    rows
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|e| panic!("{column} of {row:?}: {e}"))
}

fn tolerance(folder: &Path, key: &str) -> f64 {
    let json: serde_json::Value =
        serde_json::from_reader(File::open(folder.join("model.json")).unwrap()).expect("model.json is JSON");
    json["expected"][key].as_f64().expect("a tolerance")
}

/// The mean nasal fraction of a dose of several devices.
fn mean_fraction(devices: f64, first: f64) -> f64 {
    first * (1.0 + 0.62 * (devices - 1.0)) / devices
}

fn at_once() -> Model {
    Model::parse(AT_ONCE, "at once", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_scenario_of_the_folder_is_compared() {
    let Some(folder) = esketamine() else { return };
    let mut found: Vec<String> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let known: Vec<&str> = PROFILES.iter().map(|(name, _)| *name).chain([EXPOSURE]).collect();
    assert_eq!(found, known);
}

#[test]
fn profiles_agree_at_every_row() {
    let Some(folder) = esketamine() else { return };
    let (published, at_once) = (Model::catalogue(MODEL).unwrap(), at_once());
    for (name, regimen) in PROFILES {
        let folder = folder.join(name);
        let (given, expected) = (rows(&folder.join("dataset.csv")), rows(&folder.join("expected.csv")));
        let regimen: Regimen = regimen.parse().unwrap();
        let (model, subject) = match name.ends_with("simultaneous") {
            true => {
                let mean = mean_fraction(regimen.doses()[0].amount().value() / 28.0, 0.54);
                (&at_once, Subject::typical(&at_once).set("FRn_mean", &mean.to_string().parse().unwrap()).unwrap())
            }
            false => (&published, Subject::typical(&published)),
        };
        let subject = subject.with_text("age", "45 year").unwrap();
        let compared: Vec<&Row> = expected.iter().filter(|row| row["USE"] == "1").collect();
        let times: Vec<f64> = compared.iter().map(|row| number(row, "TIME")).collect();
        let simulation = Simulation::new(model).subject(&subject).give(regimen).at(times.iter().map(|t| t.hours()));
        let profile = simulation.run().unwrap();
        agrees_on_doses(name, &given, &profile);
        let atol = tolerance(&folder, "atol");
        let (mut worst, mut place) = (0.0, 0.0);
        for (output, column) in [("esketamine", "CC"), ("noresketamine", "CMET")] {
            let values = profile.output(output).unwrap().values();
            for (row, time) in compared.iter().zip(&times) {
                let at = profile.times().binary_search_by(|t| t.total_cmp(time));
                let value = values[at.unwrap_or_else(|_| panic!("{name}: no sample at {time} h"))];
                let reference = number(row, column);
                let error = (value - reference).abs();
                assert!(
                    error <= atol + PROFILE_RELATIVE * reference.abs(),
                    "{name}, {output} at {time} h: {value} where {reference} is expected"
                );
                if reference != 0.0 && error / reference > worst {
                    (worst, place) = (error / reference, *time);
                }
            }
        }
        let observations = given.iter().filter(|row| row["EVID"] == "0").count();
        assert_eq!(compared.len(), observations, "{name}: every observation is used");
        say(&format!(
            "esketamine/{name}: {} of {observations} observations, 2 outputs; worst relative deviation {worst:.1e} at {place} h",
            compared.len()
        ));
    }
}

/// The records and the regimen give the same amounts at the same times.
fn agrees_on_doses(name: &str, given: &[Row], profile: &Profile<'_>) {
    // A nasal device is two records, into compartments 1 and 2.
    let doses = given.iter().filter(|row| row["EVID"] == "1" && row["CMT"] != "2");
    let records: Vec<(f64, f64)> = doses.map(|row| (number(row, "TIME"), number(row, "AMT"))).collect();
    let devices = profile.sessions().iter().flat_map(|s| {
        let gap = (s.last_device - s.time) / f64::from(s.devices.max(2) - 1);
        (0..s.devices).map(move |k| (s.time + f64::from(k) * gap, s.amount / f64::from(s.devices)))
    });
    let devices: Vec<(f64, f64)> = devices.collect();
    assert_eq!(records.len(), devices.len(), "{name}: number of doses");
    for ((t, amount), (time, given)) in records.iter().zip(&devices) {
        assert!((t - time).abs() <= 1e-12 * t.max(1.0) && (amount - given).abs() <= 1e-12 * amount, "{name}: {t} h");
    }
}

#[test]
fn exposures_of_all_strata_agree() {
    let Some(folder) = esketamine().map(|f| f.join(EXPOSURE)) else { return };
    let (published, at_once) = (Model::catalogue(MODEL).unwrap(), at_once());
    let (cases, expected) = (rows(&folder.join("dataset.csv")), rows(&folder.join("expected.csv")));
    assert_eq!(cases.len(), expected.len());
    let rtol = tolerance(&folder, "rtol");
    let mut worst: f64 = 0.0;
    for (case, row) in cases.iter().zip(&expected) {
        let dose = number(case, "DOSE_MG");
        let (asian, japanese) = (case["ASIAN"] == "1", case["JAPANESE"] == "1");
        let ancestry = match (asian, japanese) {
            (false, false) => "other",
            (true, false) => "asian-non-japanese",
            (_, true) => "japanese",
        };
        let first = if japanese { 0.54 * 1.34 } else { 0.54 };
        let (subject, route) = match case["CONVENTION"].as_str() {
            "simultaneous" => {
                let mean = mean_fraction(dose / 28.0, first).to_string().parse().unwrap();
                (Subject::typical(&at_once).set("FRn_mean", &mean).unwrap(), "at_once")
            }
            "devices_5min" => (Subject::typical(&published), "intranasal"),
            other => panic!("unknown convention {other}"),
        };
        let subject = subject.with_text("age", &format!("{} year", case["AGE"])).unwrap();
        let subject = subject.with_text("ancestry", ancestry).unwrap();
        let regimen: Regimen = format!("{dose} mg {route}").parse().unwrap();
        let simulation = Simulation::new(subject.model()).subject(&subject).give(regimen).until(24.0.hours());
        let profile = simulation.run().unwrap();
        for (output, suffix) in [("esketamine", "ESK"), ("noresketamine", "NOR")] {
            let view = profile.output(output).unwrap();
            let (peak, area) = (view.cmax(), view.auc(0.0, 24.0));
            for (what, value) in [("CMAX", peak.value.value()), ("AUC24", area.value())] {
                let reference = number(row, &format!("{what}_{suffix}"));
                let deviation = (value / reference - 1.0).abs();
                assert!(deviation <= rtol, "{case:?}, {what} of {output}: {value} where {reference} is expected");
                worst = worst.max(deviation);
            }
            let (time, reference) = (peak.time.value(), number(row, &format!("TMAX_{suffix}")));
            assert!((time - reference).abs() <= 1e-4, "{case:?}, Tmax of {output}: {time}, {reference} is expected");
        }
    }
    say(&format!(
        "esketamine/{EXPOSURE}: {} of {} rows, Cmax and AUC0-24 of both analytes; worst relative deviation {worst:.1e}",
        cases.len(),
        expected.len()
    ));
}
