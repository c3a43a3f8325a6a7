//! The command in a folder without the project's files: what it writes, in which form, and that it is the same each time.

mod common;

use common::{Folder, PLAN};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

const ESKETAMINE: &str = "esketamine-perez-ruixo-2021";
const FILES: [&str; 7] =
    ["course.png", "course.svg", "manifest.json", "profiles.csv", "session.png", "session.svg", "summary.csv"];

/// Runs a command that has to succeed; what it prints.
fn printed(folder: &Folder, arguments: &[&str]) -> String {
    let run = folder.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}\n{}", run.stderr);
    run.stdout
}

/// Header and rows.
fn csv(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let fields = |record: &csv::StringRecord| record.iter().map(String::from).collect::<Vec<_>>();
    let header = fields(reader.headers().unwrap());
    (header, reader.records().map(|record| fields(&record.unwrap())).collect())
}

#[test]
fn the_default_comparison_writes_seven_files_anywhere() {
    let folder = Folder::new();
    let run = folder.run(&["compare"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("common course for comparison, not a published regimen"), "{}", run.stdout);
    assert!(run.stderr.ends_with("manifest.json to out/compare\n"), "{}", run.stderr);
    let files = folder.files("out/compare");
    assert_eq!(files.keys().collect::<Vec<_>>(), FILES);
    assert_eq!(folder.files("").len(), FILES.len(), "and nothing else");
    let (header, rows) = csv(std::str::from_utf8(&files["summary.csv"]).unwrap());
    let sessions = header.iter().position(|name| name == "sessions").unwrap();
    assert!(rows.len() == 9 && rows.iter().all(|row| row[sessions] == "18"), "{rows:?}");
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let written: Vec<&str> =
        manifest["outputs"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(written.len(), 6);
    assert!(written.iter().all(|name| FILES.contains(name)));
}

#[test]
fn a_comparison_is_the_same_bytes_each_time_with_any_number_of_threads() {
    let folder = Folder::new().with("p.toml", PLAN);
    let mut first = None;
    for threads in ["1", "2", "2"] {
        let output =
            folder.command(&["compare", "p.toml", "--out", "o"]).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success());
        let run = (output.stdout, folder.files("o"));
        assert_eq!(run.1.keys().collect::<Vec<_>>(), FILES);
        let first = first.get_or_insert_with(|| run.clone());
        for (name, bytes) in &run.1 {
            assert!(first.1[name] == *bytes, "{name} is another with {threads} threads");
        }
        assert_eq!(first.0, run.0);
    }
}

#[test]
fn weight_changes_the_person_of_a_plan() {
    let folder = Folder::new().with("p.toml", PLAN);
    let dose = |arguments: &[&str]| {
        let (header, rows) = csv(&printed(&folder, arguments));
        rows[0][header.iter().position(|name| name == "dose_mg").unwrap()].clone()
    };
    assert_eq!(dose(&["compare", "p.toml", "--format", "csv"]), "35");
    assert_eq!(dose(&["compare", "p.toml", "--format", "csv", "--weight", "80kg"]), "40");
}

#[test]
fn csv_and_json_of_a_table_say_the_same() {
    let folder = Folder::new().with("p.toml", PLAN);
    for command in [
        &["models", "list"][..],
        &["models", "show", ESKETAMINE],
        &["models", "verify", "ketamine-clements-1981"],
        &["schedules", "list"],
        &["schedules", "show", "ketamine-iv-clinic"],
        &["regimen", "0.5 mg/kg iv over 40 min weekly x 3", "--calendar"],
        &["simulate", ESKETAMINE, "--give", "84 mg oral", "--at", "0h,1h,2h"],
        &["compare", "p.toml"],
    ] {
        let in_format = |format| printed(&folder, &[command, &["--format", format]].concat());
        let (header, rows) = csv(&in_format("csv"));
        assert!(!rows.is_empty(), "{command:?}");
        let json: serde_json::Value = serde_json::from_str(&in_format("json")).unwrap();
        let json = json.as_array().unwrap_or_else(|| panic!("{command:?}: a list of rows"));
        assert_eq!(json.len(), rows.len(), "{command:?}");
        for (object, row) in json.iter().zip(&rows) {
            for (name, text) in header.iter().zip(row) {
                let same = match &object[name] {
                    serde_json::Value::Null => text.is_empty(),
                    // The JSON reader of this test may miss the last bit.
                    serde_json::Value::Number(number) => {
                        let (a, b) = (number.as_f64().unwrap(), text.parse::<f64>().unwrap());
                        (a - b).abs() <= 4e-16 * b.abs()
                    }
                    value => value.as_str() == Some(text.as_str()),
                };
                assert!(same, "{command:?}, {name}: {} and {text}", object[name]);
            }
        }
    }
}

#[test]
fn the_columns_of_a_simulation_are_id_time_tad_and_the_outputs() {
    let folder = Folder::new();
    let give = "28 mg intranasal once at 1 h and 28 mg oral once at 3 h";
    let arguments = ["simulate", ESKETAMINE, "--give", give, "--until", "4h", "--every", "20min"];
    let (header, rows) = csv(&printed(&folder, &[&arguments[..], &["--format", "csv"]].concat()));
    assert_eq!(header, ["ID", "TIME", "TAD", "esketamine", "noresketamine"]);
    assert_eq!(rows.len(), 13);
    for (k, row) in rows.iter().enumerate() {
        let time = k as f64 / 3.0;
        assert!(row[0] == "1" && (row[1].parse::<f64>().unwrap() - time).abs() < 1e-12, "{row:?}");
        match row[2].parse::<f64>() {
            Ok(tad) => assert!((tad - (time - if time < 3.0 { 1.0 } else { 3.0 })).abs() < 1e-12, "{row:?}"),
            Err(_) => assert!(time < 1.0 && row[2].is_empty(), "{row:?}"),
        }
        assert_eq!(row[3].parse::<f64>().unwrap() > 1e-9, time > 1.0, "{row:?}");
    }
    // The same rows in a file, with a manifest beside it and nothing on the standard output.
    let (file, manifest) = ("results/a.csv", "results/a.manifest.json");
    assert_eq!(printed(&folder, &[&arguments[..], &["--out", file]].concat()), "");
    let files = folder.files("");
    assert_eq!(files.keys().collect::<Vec<_>>(), [file, manifest]);
    assert_eq!(csv(std::str::from_utf8(&files[file]).unwrap()), (header, rows));
    let manifest: serde_json::Value = serde_json::from_slice(&files[manifest]).unwrap();
    let settings = serde_json::json!({
        "give": give,
        "until": "4h",
        "every": "20min",
        "covariate age": "45 year, the model's reference",
        "covariate ancestry": "other, the model's reference",
    });
    assert_eq!(manifest["settings"], settings);
}

#[test]
fn numbers_in_csv_read_back_to_the_same_bits() {
    use posology::prelude::*;
    let folder = Folder::new();
    let text = printed(
        &folder,
        &["simulate", ESKETAMINE, "--give", "84 mg oral", "--every", "7min", "--until", "9h", "--format", "csv"],
    );
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let simulation = Simulation::new(&model).give("84 mg oral".parse::<Regimen>().unwrap());
    let profile = simulation.until(9.0.hours()).every(7.0.minutes()).run().unwrap();
    let (_, rows) = csv(&text);
    assert_eq!(rows.len(), profile.times().len());
    for (i, row) in rows.iter().enumerate() {
        let expected = [profile.times()[i], profile.output("esketamine").unwrap().values()[i]];
        let found = [&row[1], &row[3]].map(|cell| cell.parse::<f64>().unwrap());
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{row:?}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let folder = Folder::new();
    // More than a pipe holds, so the command is still writing when the reader leaves.
    let arguments =
        ["simulate", ESKETAMINE, "--give", "84 mg oral", "--every", "1s", "--until", "24h", "--format", "csv"];
    let mut child = folder.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ID,TIME,TAD,esketamine,noresketamine\n");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn both_spellings_of_a_schedule_come_back() {
    let folder = Folder::new();
    let text = "84 mg intranasal twice weekly for 4 weeks, first dose 56 mg, then weekly for 4 weeks";
    let canonical = printed(&folder, &["regimen", text, "--as", "text"]);
    assert_eq!(printed(&folder, &["regimen", canonical.trim(), "--as", "text"]), canonical);
    let toml = printed(&folder, &["regimen", text, "--as", "toml"]);
    let schedule = posology::dosing::Schedule::from_toml(&toml, "out").unwrap();
    assert_eq!(format!("{schedule}\n"), canonical);
}

#[test]
fn a_model_of_ones_own_is_used_by_its_path() {
    let text = posology::model::catalogue().iter().find(|e| e.id == "ketamine-clements-1981").unwrap().text;
    let folder = Folder::new().with("own.toml", &text.replace("\"ketamine-clements-1981\"", "\"own\""));
    let arguments = |model| ["simulate", model, "--give", "10 mg iv", "--at", "1h,2h", "--format", "csv"];
    assert_eq!(printed(&folder, &arguments("own.toml")), printed(&folder, &arguments("ketamine-clements-1981")));
    assert_eq!(printed(&folder, &["models", "check", "own.toml"]), "own.toml: ok, own\n");
}

#[test]
fn a_check_that_fails_is_a_row_and_exit_code_1() {
    let text = posology::model::catalogue().iter().find(|e| e.id == "ketamine-clements-1981").unwrap().text;
    let wrong = text.replace("\"ketamine-clements-1981\"", "\"own\"").replace("value = 1.7522", "value = 1.8");
    let folder = Folder::new().with("own.toml", &wrong);
    let run = folder.run(&["models", "verify", "own.toml", "--format", "csv"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let (header, rows) = csv(&run.stdout);
    let passed = header.iter().position(|name| name == "passed").unwrap();
    assert!(rows.iter().any(|row| row[passed] == "NO") && rows.iter().any(|row| row[passed] == "yes"), "{rows:?}");
    assert_eq!(folder.run(&["models", "verify", "ketamine-clements-1981"]).code, 0);
}

#[test]
fn a_drug_that_is_no_ketamine_has_no_norketamine() {
    let model = r#"id = "m"
title = "One compartment"
drug = "drug"
grade = "assumed"
parameters = { CL = { value = 5, unit = "L/h", grade = "assumed", why = "x" }, V = { value = 50, unit = "L", grade = "assumed", why = "x" } }
compartments = { central = { volume = "V" } }
flows = { "central -> out" = { clearance = "CL" } }
routes = { iv = { central = {} } }
outputs = { c = { value = "C(central)", unit = "ng/mL" } }
"#;
    let plan = "[[arm]]\nname = \"a\"\nmodel = \"m.toml\"\noutput = \"c\"\nsession = \"5 mg iv\"\n";
    let folder = Folder::new().with("m.toml", model).with("p.toml", plan);
    let (header, rows) = csv(&printed(&folder, &["compare", "p.toml", "--format", "csv"]));
    let column = header.iter().position(|name| name == "norketamine_analyte").unwrap();
    assert_eq!(rows[0][column], "");
}

/// A model with bioavailability, lag and an infusion, and two subjects.
const LAGGED: &str = r#"format = 1
id     = "lagged"
title  = "One compartment"
drug   = "example"
grade  = "assumed"

[parameters]
CL = { value = 1,   unit = "L/h", grade = "assumed", why = "an example" }
V  = { value = 10,  unit = "L",   grade = "assumed", why = "an example" }
F  = { value = 0.5, grade = "assumed", why = "an example" }
T  = { value = 2,   unit = "h",   grade = "assumed", why = "an example" }

[compartments]
central = { volume = "V", fraction = "F", lag = "T" }

[flows]
"central -> out" = { clearance = "CL" }

[routes.iv]
central = {}

[outputs]
drug = { value = "C(central)", unit = "mg/L" }
"#;
const EVENTS: &str = "ID,TIME,EVID,AMT,CMT,RATE,ADDL,II,SS
A,0,1,100,central,0,1,12,0
A,6,0,,,,,,
A,13,3,,,,,,
A,16,0,,,,,,
B,0,1,60,central,10,0,12,1
B,4,2,,-1,,,,
B,5,8,7,1,,,,
B,6,0,,,,,,
";

#[test]
fn explain_says_what_entered_when_and_why() {
    let folder = Folder::new().with("m.toml", LAGGED).with("e.csv", EVENTS);
    let run = folder.run(&["explain", "m.toml", "--data", "e.csv"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, "subject A, the first of the data set; `--id` chooses another\n"));
    // 50 of 100 mg enter 2 h after they are given; the dose of 12 h would enter at 14 h, after the reset.
    assert_eq!(
        run.stdout,
        "\
time  row  event                                      into     amount  given  entered
   h                                                               mg      h  mg
----------------------------------------------------------------------------------------
   0    1  record: dose of 100 mg, 1 more every 12 h  central       –      –  –
   2    1  bolus                                      central      50      0  –
   6    2  record: observation                        –             –      –  50 central
  13    3  record: reset                              –             –      –  –
  13    3  1 yet to come dropped                      –             –      –  –
  13    3  everything back to the start               –             –      –  –
  16    4  record: observation                        –             –      –  –
"
    );
    let stdout = printed(&folder, &["explain", "m.toml", "--data", "e.csv", "--id", "B", "--format", "csv"]);
    // Half of 60 mg at 10 mg/h runs for 3 h: here from 2 h on, and at 0 h the infusion of 12 h before has long ended.
    assert_eq!(
        stdout,
        "\
time,row,additional,event,into,amount,rate,over,given,entered
0,5,,\"record: dose of 60 mg at 10 mg/h, since ever every 12 h\",central,,,,,
0,5,,steady state replaces everything,,,,,,
2,5,,infusion begins,central,30,10,3,0,
4,6,,record: other,,,,,,20 central
4,6,,infusion ends,central,,10,,,
4,6,,compartment emptied and closed,central,,,,,
5,7,,record: replacement,,,,,,
5,7,,amount replaced,central,7,,,,
6,8,,record: observation,,,,,,
"
    );
}

#[test]
fn explain_of_a_regimen_counts_its_doses_and_shows_each_device() {
    let folder = Folder::new();
    let give = "56 mg intranasal once, then after 12 h 28 mg once";
    let arguments = ["explain", ESKETAMINE, "--give", give, "--until", "13h", "--format", "csv"];
    let (header, rows) = csv(&printed(&folder, &arguments));
    let column = |name: &str| header.iter().position(|n| n == name).unwrap();
    let (event, dose, given) = (column("event"), column("dose"), column("given"));
    let boluses: Vec<(&str, f64)> = rows
        .iter()
        .filter(|row| row[event] == "bolus")
        .map(|row| (row[dose].as_str(), row[given].parse().unwrap()))
        .collect();
    assert_eq!(boluses, [("1", 0.0), ("1", 5.0 / 60.0), ("2", 12.0)]);
    let first_and_last = [&rows[0], rows.last().unwrap()].map(|row| [row[0].as_str(), row[event].as_str()]);
    assert_eq!(first_and_last, [["0", "start"], ["13", "end"]]);
}

#[test]
fn explain_of_a_subject_that_is_not_there_lists_those_that_are() {
    let folder = Folder::new().with("m.toml", LAGGED).with("e.csv", EVENTS);
    let run = folder.run(&["explain", "m.toml", "--data", "e.csv", "--id", "C"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    let said = "error[E_UNKNOWN_ID]: the data set has no subject `C`\nhint: its subjects are `A`, `B`\n";
    assert_eq!(run.stderr, said);
}

#[test]
fn a_regimen_becomes_rows_and_the_rows_the_regimen() {
    let folder = Folder::new();
    let text =
        "84 mg intranasal twice weekly x 8, first dose 56 mg, then weekly x 4 and 0.5 mg/kg iv over 40 min once at 3 h";
    let rows = printed(&folder, &["regimen", text, "--as", "nmtran", "--weight", "60kg"]);
    assert_eq!(
        rows,
        "ID,TIME,EVID,AMT,CMT,DUR,ADDL,II\n\
         1,0,1,56,intranasal,0,0,0\n\
         1,3,1,30,iv,0.6666666666666666,0,0\n\
         1,72,1,84,intranasal,0,3,168\n\
         1,168,1,84,intranasal,0,6,168\n"
    );
    let folder = folder.with("e.csv", &rows);
    let back = printed(&folder, &["regimen", "--data", "e.csv", "--model", ESKETAMINE, "--format", "csv"]);
    let (_, found) = csv(&back);
    let same = text.replace("0.5 mg/kg", "30 mg");
    assert_eq!(found, [["1".to_string(), same, String::new()]]);
}

#[test]
fn doses_weighed_as_a_salt_or_per_kilogram_need_to_be_known() {
    let folder = Folder::new();
    let salt = "32.3 mg as HCl intranasal twice weekly x 4";
    let refused = folder.run(&["regimen", salt, "--as", "nmtran"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.starts_with("error[E_SALT_WITHOUT_MODEL]"), "{}", refused.stderr);
    let (_, rows) = csv(&printed(&folder, &["regimen", salt, "--as", "nmtran", "--model", ESKETAMINE]));
    let amounts: Vec<&str> = rows.iter().map(|row| row[3].as_str()).collect();
    assert_eq!(amounts, ["28", "28"]);
    let refused = folder.run(&["regimen", "1 mg/kg iv", "--as", "nmtran"]);
    assert!(refused.stderr.starts_with("error[E_DOSE_NEEDS_WEIGHT]"), "{}", refused.stderr);
}

#[test]
fn records_that_are_no_regimen_are_told_why() {
    let folder = Folder::new().with("m.toml", LAGGED).with(
        "e.csv",
        "ID,TIME,EVID,AMT,CMT,RATE,ADDL,II,SS\n\
         1,0,1,100,iv,50,2,24,0\n\
         2,0,1,100,iv,0,0,24,1\n\
         3,0,1,100,central,0,0,0,0\n\
         4,-1,1,100,iv,0,0,0,0\n\
         5,0,0,.,.,.,.,.,.\n\
         6,0,3,.,.,.,.,.,.\n",
    );
    let run = folder.run(&["regimen", "--data", "e.csv", "--model", "m.toml", "--format", "csv"]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (
            1,
            "ID,regimen,why_not\n\
             1,100 mg iv over 2 h daily x 3,\n\
             2,,row 2 asks for a steady state\n\
             3,,\"row 3 doses the compartment `central`, and no route leads there unchanged\"\n\
             4,,\"row 4 gives a dose before 0 h, where a regimen begins\"\n\
             5,,no dose is given\n\
             6,,row 6 is a reset\n",
            ""
        )
    );
}

#[test]
fn populations_say_who_they_are_and_what_they_rest_on() {
    let adults = include_str!("../examples/populations/adults.toml");
    let folder = Folder::new().with("adults.toml", adults);
    let simulate =
        ["simulate", "s-ketamine-otto-2021", "--give", "0.5 mg/kg iv over 40 min", "--at", "1h", "--seed", "1"];
    let run = |more: &[&str]| folder.run(&[&simulate[..], more].concat());
    // Nobody's weight is given, then everybody's.
    let alike = run(&["--subjects", "3"]);
    assert!(alike.code == 0 && alike.stderr.contains("W_REFERENCE_WEIGHT"), "{}", alike.stderr);
    let more = ["--subjects", "30", "--population", "adults.toml", "--residual", "--out", "people.csv"];
    let drawn = run(&more);
    assert!(drawn.code == 0 && !drawn.stderr.contains("W_REFERENCE_WEIGHT"), "{}", drawn.stderr);
    let files = folder.files("");
    let manifest: serde_json::Value = serde_json::from_slice(&files["people.manifest.json"]).unwrap();
    assert_eq!(manifest["seed"], 1);
    assert_eq!(manifest["inputs"][0]["name"], "adults.toml");
    let settings = &manifest["settings"];
    assert_eq!((&settings["subjects"], &settings["residual"]), (&"30".into(), &"true".into()));
    assert_eq!(settings["covariate weight"], "of each person");
    let (header, rows) = csv(std::str::from_utf8(&files["people.csv"]).unwrap());
    assert_eq!(header[..3], ["ID", "TIME", "TAD"]);
    assert_eq!(
        rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(),
        (1..=30).map(|i| i.to_string()).collect::<Vec<_>>()
    );
    for wrong in [
        &["--population", "adults.toml", "--resample", "--subjects", "3"][..],
        &["--percentiles", "5,5", "--subjects", "3"],
        &["--percentiles", "5"],
        &["--threads", "2"],
        &["--population", "adults.toml"],
    ] {
        let run = run(wrong);
        assert!(run.code == 2 && run.stderr.contains("E_ARGUMENT"), "{wrong:?}: {}", run.stderr);
    }
}

#[test]
fn a_comparison_on_people_fails_in_part_where_some_of_them_do() {
    let plan = "population = { size = 20, seed = 1, age = { mean = '190 year', sd = '60 year', min = '18 year' } }\n\
        [[arm]]\nname = 'nose'\nmodel = 'esketamine-perez-ruixo-2021'\noutput = 'esketamine'\nsession = '84 mg intranasal'\n";
    let folder = Folder::new().with("plan.toml", plan);
    let run = folder.run(&["compare", "plan.toml", "--out", "out"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("W_SUBJECTS_FAILED") && run.stdout.contains("virtual people"), "{}", run.stderr);
    assert!(folder.files("out").contains_key("population.csv"));
    let unknown = folder.run(&["compare", "plan.toml", "--reference", "nase"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("did you mean `nose`?"), "{}", unknown.stderr);
}

#[test]
fn metrics_of_a_population_are_summaries_of_its_people() {
    let folder = Folder::new();
    let simulate = ["simulate", "esketamine-perez-ruixo-2021", "--give", "84 mg intranasal", "--until", "24h"];
    let run = |more: &[&str]| folder.run(&[&simulate[..], more].concat());
    let people = ["--subjects", "200", "--seed", "1", "--format", "csv"];
    let shown = run(&[&people[..], &["--measure", "Cmax(esketamine)", "--measure", "C(24 h)"]].concat());
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let (header, rows) = csv(&shown.stdout);
    assert_eq!(header, ["output", "metric", "unit", "n", "mean", "sd", "gmean", "gcv", "p5", "p50", "p95"]);
    let named: Vec<_> = rows.iter().map(|row| row[..4].join(" ")).collect();
    assert_eq!(named, ["esketamine Cmax ng/mL 200", "esketamine C(24 h) ng/mL 200", "noresketamine C(24 h) ng/mL 200"]);
    // The same people at that time, by the way of percentiles over time.
    let bands = run(&[&people[..], &["--at", "24h", "--percentiles", "5,50,95"]].concat());
    let (header, values) = csv(&bands.stdout);
    let at = header.iter().position(|name| name == "noresketamine_p5").unwrap();
    for (metric, band) in rows[2][8..].iter().zip(&values[0][at..]) {
        let [metric, band]: [f64; 2] = [metric, band].map(|text| text.parse().unwrap());
        assert!((metric / band - 1.0).abs() < 1e-10, "{metric} {band}");
    }
    let drawn = run(&[&people[..], &["--measure", "Cmax", "--plot", "p.png"]].concat());
    assert!(drawn.code == 0 && folder.files("").contains_key("p.png"), "{}", drawn.stderr);
    assert_eq!(run(&["--measure", "Cmax", "--at", "1h"]).code, 2, "times of samples say nothing to metrics");
    let late = folder.run(&["simulate", simulate[1], "--give", "84 mg oral", "--at", "50h", "--until", "24h"]);
    assert!(late.code == 2 && late.stderr.contains("no later than the end"), "{}", late.stderr);
    for (wrong, code) in [
        ("Cmax(ketamine)", "E_UNKNOWN_OUTPUT"),
        ("time_above(esketamine, 5 mg)", "E_UNIT_MISMATCH"),
        ("time_above(5 mg)", "E_UNIT_MISMATCH"),
        ("peak", "E_METRIC_UNKNOWN"),
    ] {
        let run = run(&["--measure", wrong]);
        assert!(run.code == 2 && run.stderr.contains(code), "{wrong}: {}", run.stderr);
    }
}

#[test]
fn nobody_has_to_read_the_standard_error() {
    let folder = Folder::new();
    let simulate = ["simulate", ESKETAMINE, "--give", "84 mg oral", "--at", "1h"];
    for (more, code) in [(["--covariate", "age=95 year"], 0), (["--covariate", "age=95 mg"], 2)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = folder.command(&[&simulate[..], &more].concat()).stderr(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(code), code != 0), "{more:?}");
    }
}

#[test]
fn variability_of_an_effect_does_not_hide_that_its_model_has_none() {
    let simulate = ["simulate", "ketamine-clements-1981", "--give", "35 mg iv over 40 min", "--at", "1h"];
    let people = ["--subjects", "5", "--seed", "1"];
    let without = "the model `ketamine-clements-1981` states no variability: people differ in covariates";
    let effect = ["--effect", "antidepressant-response"];
    for (effect, message) in [
        (&[][..], format!("{without} alone")),
        (&effect, format!("{without} and the effect `antidepressant-response` alone")),
    ] {
        let run = Folder::new().run(&[&simulate[..], &people, effect].concat());
        let warning = format!("warning[W_NO_VARIABILITY]: {message}");
        assert!(run.code == 0 && run.stderr.contains(&warning), "{}", run.stderr);
    }
    let varied = ["simulate", ESKETAMINE, "--give", "84 mg intranasal", "--at", "1h"];
    let run = Folder::new().run(&[&varied[..], &people, &effect].concat());
    assert!(run.code == 0 && !run.stderr.contains("W_NO_VARIABILITY"), "{}", run.stderr);
}

/// Of what enters elsewhere nothing is in the blood yet, also where a part of the model is integrated.
#[test]
fn at_the_time_of_a_dose_levels_are_those_at_that_time() {
    let simulate = ["simulate", ESKETAMINE, "--effect", "antidepressant-response", "--give", "84 mg intranasal"];
    let simulate = [&simulate[..], &["--at", "0h,1h", "--format", "csv"]].concat();
    for more in [&[][..], &["--subjects", "20", "--seed", "1"]] {
        let text = printed(&Folder::new(), &[&simulate[..], more].concat());
        let (_, rows) = csv(&text);
        let begins: Vec<&[String]> = rows.iter().filter(|row| row[1] == "0").map(|row| &row[3..5]).collect();
        assert!(!begins.is_empty() && begins.iter().all(|levels| *levels == ["0", "0"]), "{text}");
    }
}

#[test]
fn a_file_without_checks_is_said_to_have_none() {
    let run = Folder::new().run(&["models", "verify", "antidepressant-response"]);
    let said = "antidepressant-response: no checks in this file; docs/effects.md says what it was compared with\n";
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", said));
}

#[test]
fn a_warning_names_the_effect_it_is_about() {
    let simulate = ["simulate", ESKETAMINE, "--give", "84 mg intranasal", "--at", "1h"];
    let run = Folder::new().run(&[&simulate[..], &["--effect", "drug-high-simons-2022"]].concat());
    let said = "warning[W_SITE]: the effect `drug-high-simons-2022` was fitted on arterial S-ketamine";
    assert!(run.code == 0 && run.stderr.contains(said), "{}", run.stderr);
}
