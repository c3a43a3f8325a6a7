//! Results take the place of nothing that was read, and of no other command's results.

mod common;

use common::Folder;

const EVENTS: &str = "ID,TIME,EVID,AMT,CMT\n1,0,1,84,intranasal\n1,1,0,0,1\n";
const SAMPLES: &str = "ID,TIME,DV\n1,0,0\n1,1,10\n1,2,6\n1,4,3\n1,8,1\n";
const MODEL: &str = "esketamine-perez-ruixo-2021";
const PLAN: &str = r#"
model = "esketamine-perez-ruixo-2021"
give  = "{dose} intranasal"
until = "4 h"
[factors]
dose = { list = ["28 mg", "56 mg"] }
[measures]
peak = "Cmax(esketamine)"
"#;

/// Runs a command that has to fail with this code and leave every file as it was.
fn refused(folder: &Folder, arguments: &[&str], code: &str) {
    let before = folder.files("");
    let run = folder.run(arguments);
    assert!(run.code == 2 && run.stderr.contains(code), "{arguments:?}: {} {}", run.code, run.stderr);
    assert_eq!(before, folder.files(""), "{arguments:?}");
}

fn done(folder: &Folder, arguments: &[&str]) {
    let run = folder.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}\n{}", run.stderr);
}

#[test]
fn inputs_are_never_overwritten() {
    let people = "ID,weight [kg]\n1,60\n2,80\n";
    let folder = Folder::new().with("e.csv", EVENTS).with("s.csv", SAMPLES).with("people.csv", people);
    let input = "E_FILE_IS_INPUT";
    refused(&folder, &["simulate", MODEL, "--data", "e.csv", "--out", "e.csv"], input);
    refused(&folder, &["nca", "s.csv", "--route", "extravascular", "--units", "DV=ng/mL", "--out", "./s.csv"], input);
    let listed = ["--population", "people.csv", "--seed", "1", "--out"];
    let give = ["--give", "84 mg intranasal"];
    refused(&folder, &[&["simulate", MODEL][..], &give, &listed, &["people.csv"]].concat(), input);
    refused(&folder, &[&["session", MODEL, "--threshold", "50 ng/mL"][..], &give, &listed, &["."]].concat(), input);
    // The same names elsewhere are nobody's input.
    std::fs::create_dir(folder.0.join("out")).unwrap();
    done(&folder, &["simulate", MODEL, "--data", "e.csv", "--out", "out/e.csv"]);
}

/// One compartment, under the name of a figure.
const OWN: &str = r#"format = 1
id = "own"
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

const COURSES: &str = r#"format = 1
until = "2 weeks"
[[arm]]
name = "a"
model = "m.svg"
schedule = "16 mg iv weekly"
"#;

const TARGET: &str = r#"format = 1
model = "m.svg"
give = "{dose} iv"
[factors]
dose = { list = ["50 mg", "100 mg"] }
[measures]
area = "AUCinf"
[target]
attain = "area >= 20 mg*h/L"
probability = 0.5
"#;

#[test]
fn figures_spare_plans_models_and_people() {
    let people = "ID,weight [kg]\n1,60\n2,80\n";
    let folder = Folder::new().with("m.svg", OWN).with("courses.svg", COURSES).with("target.svg", TARGET);
    let folder = folder.with("samples.svg", SAMPLES).with("people.svg", people);
    for (command, plots) in [
        (&["simulate", "m.svg", "--give", "16 mg iv"][..], &["m.svg"][..]),
        (&["simulate", "m.svg", "--give", "16 mg iv", "--subjects", "3", "--seed", "1"], &["m.svg"]),
        (
            &["simulate", MODEL, "--give", "84 mg intranasal", "--population", "people.svg", "--seed", "1"],
            &["people.svg"],
        ),
        (&["ledger", "m.svg", "--give", "16 mg iv"], &["m.svg"]),
        (&["session", "m.svg", "--give", "16 mg iv", "--threshold", "0.5 mg/L"], &["./m.svg"]),
        (&["equivalent", "--reference", "m.svg: 28 mg iv over 40 min", "--test", "m.svg: iv"], &["m.svg"]),
        (&["nca", "samples.svg", "--route", "extravascular", "--units", "DV=ng/mL"], &["samples.svg"]),
        (&["target", "target.svg"], &["target.svg", "m.svg"]),
        (&["course", "courses.svg"], &["courses.svg", "m.svg"]),
        (&["course", "m.svg", "--schedule", "16 mg iv weekly", "--until", "2 weeks"], &["m.svg"]),
    ] {
        for plot in plots {
            refused(&folder, &[command, &["--plot", plot]].concat(), "E_FILE_IS_INPUT");
        }
    }
    // A figure of before is no input.
    for _ in 0..2 {
        done(&folder, &["simulate", "m.svg", "--give", "16 mg iv", "--plot", "f.svg"]);
    }
}

#[test]
fn a_folder_holds_the_results_of_one_command() {
    let folder = Folder::new().with("sweep.toml", PLAN);
    let session = ["session", MODEL, "--give", "84 mg intranasal", "--threshold", "50 ng/mL", "--out"];
    done(&folder, &["sweep", "sweep.toml", "--out", "sweep"]);
    refused(&folder, &[&session[..], &["sweep"]].concat(), "E_FOLDER_IN_USE");
    done(&folder, &[&session[..], &["a", "--subjects", "5", "--seed", "1"]].concat());
    let equivalent = ["equivalent", "--reference", "esketamine-perez-ruixo-2021: 28 mg iv over 40 min"];
    let test = ["--test", "esketamine-perez-ruixo-2021: intranasal", "--out", "a"];
    refused(&folder, &[&equivalent[..], &test].concat(), "E_FOLDER_IN_USE");
    // The same command again leaves what it writes now, and what somebody put there or changed.
    std::fs::write(folder.0.join("a/mine.txt"), "mine").unwrap();
    done(&folder, &[&session[..], &["a"]].concat());
    let names: Vec<String> = folder.files("a").into_keys().collect();
    assert_eq!(names, ["manifest.json", "mine.txt", "session.png", "session.svg", "sessions.csv"]);
    done(&folder, &[&session[..], &["a", "--subjects", "5", "--seed", "1"]].concat());
    std::fs::write(folder.0.join("a/people.csv"), "changed").unwrap();
    done(&folder, &[&session[..], &["a"]].concat());
    assert_eq!(folder.files("a")["people.csv"], b"changed");
}
