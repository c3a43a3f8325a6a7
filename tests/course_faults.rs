//! What can be wrong with guided schedules, adherence and plans of courses: each error with its place and what to do.
#![cfg(feature = "cli")]

mod common;

use common::{Folder, Run};
use posology::dosing::{Comparison, Schedule, ScheduleFile};
use posology::error::Kind;

const GUIDED: &str = r#"guided = { output = "score", at = "visit", every = "1 week", lengthen_if = "<= -10 points", shorten_if = "> -6 points", intervals = ["1 week", "2 weeks"], max_sessions = 7 }"#;

/// A schedule whose last phase has these lines.
fn schedule(lines: &str) -> String {
    format!(
        "format = 1\n[[course]]\n[[course.phase]]\ndose = \"16 mg\"\nroute = \"iv\"\ngive = \"weekly\"\ndoses = 2\n[[course.phase]]\n{lines}\n"
    )
}

/// The one fault of a schedule: its code, the text it points at, and its hint.
#[track_caller]
fn fault(text: &str) -> (&'static str, String, Option<String>) {
    let faults = Schedule::from_toml(text, "s.toml").expect_err(text);
    assert_eq!(faults.iter().count(), 1, "{faults}");
    let fault = faults.first();
    let span = fault.span.unwrap();
    (fault.kind.code(), text[span.start..span.end].to_string(), fault.kind.hint())
}

#[test]
fn every_fault_of_a_guided_phase_has_its_place() {
    assert!(matches!(Schedule::from_toml(&schedule(GUIDED), "s").unwrap(), Schedule::Guided(_)));
    for (from, to, code, place) in [
        ("\"visit\"", "\"session\"", "E_REGIMEN_SYNTAX", "session"),
        ("\"1 week\", lengthen", "\"1 mg\", lengthen", "E_UNIT_MISMATCH", "mg"),
        ("\"1 week\", lengthen", "\"0 d\", lengthen", "E_ZERO_DURATION", "\"0 d\""),
        ("<= -10 points", "-10 points", "E_REGIMEN_SYNTAX", "-10"),
        ("<= -10 points", "<= -10 poins", "E_UNIT_UNKNOWN", "poins"),
        ("<= -10 points", "<= -10 mg", "E_UNIT_MISMATCH", "\"> -6 points\""),
        ("<= -10 points", "<= -5 points", "E_GUIDED_CONDITIONS", "\"> -6 points\""),
        ("[\"1 week\", \"2 weeks\"]", "[\"2 weeks\", \"1 week\"]", "E_REGIMEN_ORDER", "[\"2 weeks\", \"1 week\"]"),
        ("[\"1 week\", \"2 weeks\"]", "[\"1 week\", \"10 d\"]", "E_GUIDED_INTERVAL", "[\"1 week\", \"10 d\"]"),
        ("[\"1 week\", \"2 weeks\"]", "[]", "E_ZERO_COUNT", "[]"),
        ("guided", "over = \"200 h\"\nguided", "E_GUIDED_INTERVAL", "\"1 week\""),
        ("max_sessions = 7", "max_sessions = 0", "E_ZERO_COUNT", "0"),
        ("max_sessions = 7", "max_sessions = 5000000000", "E_TOO_MANY_EVENTS", "5000000000"),
        ("max_sessions = 7", "max_sessions = 1000001", "E_TOO_MANY_EVENTS", "1000001"),
        ("max_sessions = 7", "max_session = 7", "E_UNKNOWN_KEY", "max_session"),
        ("guided", "give = \"weekly\"\nguided", "E_GUIDED_PHASE", "\"weekly\""),
        ("guided", "for = \"4 weeks\"\nguided", "E_GUIDED_PHASE", "\"4 weeks\""),
        (
            "guided",
            "first = { doses = 1, dose = \"1 mg\" }\nguided",
            "E_GUIDED_PHASE",
            "{ doses = 1, dose = \"1 mg\" }",
        ),
    ] {
        let changed = GUIDED.replacen(from, to, 1);
        assert_ne!(changed, GUIDED);
        let text = schedule(&changed);
        let faults = Schedule::from_toml(&text, "s.toml").expect_err(&changed);
        let fault = faults.first();
        let span = fault.span.unwrap();
        assert_eq!((fault.kind.code(), &text[span.start..span.end]), (code, place), "{faults}");
    }
    let after = format!("{}[[course.phase]]\ngive = \"weekly\"\n", schedule(GUIDED));
    let (code, place, hint) = fault(&after);
    assert!(code == "E_GUIDED_PHASE" && place.starts_with("{ output") && hint.is_some());
    let twice = format!("{}[[course]]\n[[course.phase]]\ndose = \"1 mg\"\n{GUIDED}\n", schedule(GUIDED));
    assert_eq!(fault(&twice).0, "E_GUIDED_PHASE");
}

#[test]
fn a_guided_schedule_is_written_as_it_is_read() {
    let file = ScheduleFile::from_toml(&schedule(GUIDED), "s").unwrap();
    let again = ScheduleFile::from_toml(&file.to_toml(), "again").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(again, file);
    let Schedule::Guided(guided) = &again.schedule else { panic!("it is guided") };
    let guide = guided.guide();
    assert_eq!((guide.lengthen_if.comparison, guide.shorten_if.comparison), (Comparison::AtMost, Comparison::Greater));
    assert_eq!(guide.intervals.iter().map(|i| i.hours()).collect::<Vec<_>>(), [168.0, 336.0]);
}

const MODEL: &str = r#"format = 1
id = "m"
title = "t"
drug = "d"
grade = "assumed"
[parameters]
CL = { value = 2, unit = "L/h", grade = "assumed", why = "a test" }
V = { value = 20, unit = "L", grade = "assumed", why = "a test" }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { clearance = "CL" }
[routes.iv]
central = {}
[outputs]
conc = { value = "C(central)", unit = "mg/L" }
score = { value = "-C(central) / 1[mg/L] * 1[points]", unit = "points" }
"#;

fn folder() -> Folder {
    Folder::new().with("m.toml", MODEL).with("s.toml", &schedule(GUIDED))
}

#[track_caller]
fn refused(run: Run, said: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    for words in said {
        assert!(run.stderr.contains(words), "`{words}` is not in\n{}", run.stderr);
    }
}

#[test]
fn commands_that_need_doses_beforehand_name_the_one_that_does_not() {
    let folder = folder();
    for arguments in [
        &["simulate", "m.toml", "--give", "s.toml", "--until", "9 weeks"][..],
        &["session", "m.toml", "--give", "s.toml", "--threshold", "1 mg/L"],
        &["regimen", "s.toml", "--calendar"],
        &["regimen", "s.toml", "--as", "nmtran"],
        &["simulate", "m.toml", "--give", "esketamine-guided-maintenance", "--until", "9 weeks"],
    ] {
        refused(folder.run(arguments), &["E_GUIDED_SCHEDULE", "`posology course` runs guided schedules"]);
    }
    refused(folder.run(&["regimen", "s.toml", "--as", "text"]), &["E_GUIDED_SCHEDULE", "no spelling in text"]);
    let shown = folder.run(&["schedules", "show", "esketamine-guided-maintenance"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.ends_with("from week 9: decided at visits\n"), "{}", shown.stdout);
    assert!(shown.stdout.contains("\n12    50   8"), "the last dose at a fixed time\n{}", shown.stdout);
    let shown = folder.run(&["schedules", "show", "esketamine-guided-maintenance", "--format", "csv"]);
    assert!(shown.code == 0 && shown.stdout.lines().count() == 13, "{shown:?}");
    let shown = folder.run(&["regimen", "s.toml"]);
    assert!(shown.code == 0 && shown.stdout.contains("guided by score: every 1 week / 2 weeks"), "{shown:?}");
}

#[test]
fn the_output_of_a_rule_has_to_be_there_and_of_its_unit() {
    let guided = |from: &str, to: &str| schedule(&GUIDED.replace(from, to));
    let folder = folder()
        .with("near.toml", &guided("\"score\"", "\"scor\""))
        .with("conc.toml", &guided("\"score\"", "\"conc\""));
    let course = |schedule: &str| folder.run(&["course", "m.toml", "--schedule", schedule]);
    refused(
        course("near.toml"),
        &["E_UNKNOWN_OUTPUT", "has no output `scor`", "did you mean `score`?", "--schedule:1:1"],
    );
    refused(course("conc.toml"), &["E_UNIT_MISMATCH", "--schedule:1:1"]);
    refused(course("16 mg oral weekly"), &["E_UNKNOWN_ROUTE", "--schedule:1:7", "^^^^"]);
    refused(course("16 mg iv weakly"), &["E_REGIMEN_SYNTAX", "--schedule:1:10"]);
}

#[test]
fn a_misspelled_schedule_is_an_unknown_one_in_every_command() {
    let folder = folder();
    let (name, meant) = ("esketamine-guided-maintenence", "did you mean `esketamine-guided-maintenance`?");
    for arguments in [
        &["course", "m.toml", "--schedule", name][..],
        &["simulate", "m.toml", "--give", name, "--until", "9 weeks"],
        &["explain", "m.toml", "--give", name, "--until", "9 weeks"],
        &["regimen", name],
        &["schedules", "show", name],
    ] {
        refused(folder.run(arguments), &["E_SCHEDULE_UNKNOWN", meant]);
    }
    refused(folder.run(&["course", "m.toml", "--schedule", name]), &["--schedule:1:1"]);
}

/// 84 mg are three devices, five minutes apart; how many a dose takes only a model knows.
#[test]
fn a_session_of_devices_is_over_by_the_next_visit() {
    let every = |minutes: &str| {
        let guided = GUIDED.replace("every = \"1 week\"", &format!("every = \"{minutes} min\""));
        let guided = guided.replace("\"score\"", "\"esketamine\"").replace("points", "ng/mL");
        format!("format = 1\n[[course]]\n[[course.phase]]\ndose = \"84 mg\"\nroute = \"intranasal\"\n{guided}\n")
    };
    let folder = Folder::new().with("s.toml", &every("8"));
    let course =
        |until: &str| folder.run(&["course", "esketamine-perez-ruixo-2021", "--schedule", "s.toml", "--until", until]);
    refused(
        course("2 h"),
        &["E_GUIDED_INTERVAL", "a session takes 10 min, and the next visit is 8 min", "--schedule:1:1"],
    );
    let folder = Folder::new().with("s.toml", &every("10"));
    let done = folder.run(&["course", "esketamine-perez-ruixo-2021", "--schedule", "s.toml", "--until", "2 h"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let folder = folder();
    let course = |options: &[&str]| folder.run(&[&["course", "m.toml", "--schedule", "s.toml"], options].concat());
    refused(course(&["--missed", "0.1"]), &["E_NO_PEOPLE", "--subjects 200 --seed 1"]);
    let people = ["--subjects", "5", "--seed", "1"];
    let with = |options: &[&str]| course(&[&people, options].concat());
    refused(with(&["--missed", "1.5"]), &["E_OUT_OF_RANGE", "`--missed` is 1.5"]);
    refused(with(&["--stop", "-0.5"]), &["E_OUT_OF_RANGE", "`--stop` is -0.5"]);
    refused(with(&["--stop", "nan"]), &["E_OUT_OF_RANGE"]);
    refused(with(&["--delayed", "0.5"]), &["--delay-up-to"]);
    refused(with(&["--delayed", "0.5", "--delay-up-to", "0h"]), &["E_OUT_OF_RANGE", "--delay-up-to"]);
    refused(with(&["--delayed", "0.5", "--delay-up-to", "7d"]), &["E_LONG_DELAY", "less than 168 h"]);
    refused(course(&["--until", "0h"]), &["E_OUT_OF_RANGE"]);
    refused(course(&["--schedule", "s.toml"]), &["E_NAME_CLASH", "two arms are called `s.toml`"]);
    refused(course(&["--covariate", "agee=3 year"]), &["--covariate:1:1"]);
    refused(
        folder.run(&["course", "p.toml", "--missed", "0.1"]),
        &["E_ARGUMENT", "`--missed` is given, and so is a plan"],
    );
    refused(folder.run(&["course", "nowhere.toml"]), &["E_FILE_READ"]);
}

#[test]
fn every_fault_of_a_plan_has_its_place() {
    let plan = r#"format = 1
until = "9 weeks"
population = { size = 5, seed = 1 }
[adherence]
missed = 0.1
delayed = { probability = 0.2, up_to = "2 d" }
[[arm]]
name = "a"
model = "m.toml"
schedule = "s.toml"
"#;
    for (from, to, said) in [
        ("missed = 0.1", "missed = 2", &["E_OUT_OF_RANGE", "p.toml:5:10"][..]),
        ("probability = 0.2", "probability = -1", &["E_OUT_OF_RANGE", "p.toml:6:27"]),
        ("up_to = \"2 d\"", "up_to = \"2 mg\"", &["E_UNIT_MISMATCH", "p.toml:6:40"]),
        ("up_to = \"2 d\"", "up_to = \"0 d\"", &["E_OUT_OF_RANGE", "p.toml:6:40"]),
        (", up_to = \"2 d\"", "", &["E_MISSING_KEY", "needs `up_to`"]),
        ("missed", "mised", &["E_UNKNOWN_KEY", "did you mean `missed`?", "p.toml:5:1"]),
        ("population = { size = 5, seed = 1 }", "", &["E_NO_PEOPLE"]),
        ("size = 5", "size = 0", &["E_OUT_OF_RANGE", "p.toml:3"]),
        ("\"9 weeks\"", "\"0 h\"", &["E_OUT_OF_RANGE", "p.toml:2:9"]),
        ("\"m.toml\"", "\"n.toml\"", &["E_FILE_READ", "n.toml"]),
        ("\"s.toml\"", "\"16 mg iv weakly\"", &["E_REGIMEN_SYNTAX", "p.toml:10:22"]),
        ("\"s.toml\"", "\"ketamine-iv-clinik\"", &["E_SCHEDULE_UNKNOWN", "`ketamine-iv-clinic`", "p.toml:10:13"]),
        ("\"s.toml\"", "\"16 mg oral weekly\"", &["E_UNKNOWN_ROUTE", "p.toml:10:19"]),
        ("\"s.toml\"", "\"16 mg iv daily\"", &["E_LONG_DELAY", "p.toml:10:12"]),
        ("schedule = \"s.toml\"\n", "", &["E_MISSING_KEY", "`schedule`"]),
        ("name = \"a\"", "name = \"a\"\neffects = [\"nothing\"]", &["nothing", "p.toml:9:12"]),
    ] {
        let changed = plan.replacen(from, to, 1);
        assert_ne!(changed, plan);
        let folder = folder().with("p.toml", &changed);
        refused(folder.run(&["course", "p.toml"]), said);
    }
    refused(folder().with("p.toml", "format = 1\narm = []\n").run(&["course", "p.toml"]), &["E_NO_ARMS"]);
}
