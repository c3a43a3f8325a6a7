//! What is wrong with an input is said once, with its place and a hint; nothing is printed or written besides.

mod common;

use common::{Folder, PLAN};
use std::fs;

const ESKETAMINE: &str = "esketamine-perez-ruixo-2021";

const MODEL: &str = r#"format = 1
id     = "mine"
title  = "One compartment"
drug   = "drug"
grade  = "assumed"

[parameters]
CL = { value = 5, unit = "L/h", grade = "assumed", why = "an example" }
V  = { value = 50, unit = "L", grade = "assumed", why = "an example" }
ka = { value = 1, unit = "1/h", grade = "assumed", why = "an example" }
F  = { value = 0.6, bounds = [0, 1], grade = "assumed", why = "an example", iiv = { logit_sd = 0.3 } }

[compartments]
gut     = {}
central = { volume = "V" }

[flows]
"gut     -> central" = { rate = "ka" }
"central -> out"     = { clearance = "CL" }

[routes.oral]
gut = { fraction = "F" }

[outputs]
c = { value = "C(central)", unit = "ng/mL" }
"#;

/// What an error has to say: its code, where it points (`file:line:column`), at which characters, and what to do: in its
/// hint, or where it has none beside the carets.
#[derive(Debug, Clone, Copy)]
struct Says<'a> {
    code: &'a str,
    place: &'a str,
    pointed: &'a str,
    advice: &'a str,
}

fn says<'a>(code: &'a str, place: &'a str, pointed: &'a str, advice: &'a str) -> Says<'a> {
    Says { code, place, pointed, advice }
}

/// Runs a command that has to fail, and leave the folder as it was.
fn refused(folder: &Folder, arguments: &[&str], expected: Says<'_>) {
    let before = folder.files("");
    let run = folder.run(arguments);
    let shown = format!("{arguments:?}\n{}", run.stderr);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{shown}");
    assert!(folder.files("") == before, "files were touched: {shown}");
    assert!(run.stderr.starts_with(&format!("error[{}]: ", expected.code)), "{shown}");
    assert_eq!(run.stderr.matches("error[").count(), 1, "{shown}");
    assert!(run.stderr.contains(&format!("--> {}\n", expected.place)), "{shown}");
    assert_eq!(pointed(&run.stderr), expected.pointed, "{shown}");
    let hint = run.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
    let advice = hint.or(run.stderr.lines().find_map(|line| Some(line.split_once("^ expected ")?.1)));
    assert!(advice.is_some_and(|advice| advice.contains(expected.advice)), "{shown}");
}

/// The characters above the carets.
fn pointed(message: &str) -> String {
    let lines: Vec<Vec<char>> = message.lines().map(|line| line.chars().collect()).collect();
    let carets = lines.iter().position(|line| line.contains(&'^')).expect("carets");
    let columns = lines[carets].iter().enumerate().filter(|(_, c)| **c == '^');
    columns.filter_map(|(column, _)| lines[carets - 1].get(column)).collect()
}

#[test]
fn mistakes_in_a_model_file() {
    for (wrong, right, expected) in [
        (r#""L/hz""#, r#""L/h""#, says("E_UNIT_UNKNOWN", "m.toml:8:29", "hz", "did you mean `h`?")),
        (
            r#"clearance = "ka""#,
            r#"clearance = "CL""#,
            says("E_UNIT_MISMATCH", "m.toml:19:38", "\"ka\"", "`ka` on line 10 has the unit `1/h`"),
        ),
        (
            "gut     -> centrl",
            "gut     -> central",
            says("E_UNKNOWN_COMPARTMENT", "m.toml:18:13", "centrl", "did you mean `central`?"),
        ),
        (
            "drug   = \"drug\"\nnotez  = [\"a\"]",
            "drug   = \"drug\"",
            says("E_UNKNOWN_KEY", "m.toml:5:1", "notez", "did you mean `notes`?"),
        ),
        (
            "\"ketamine-kamp-2020\"",
            "\"mine\"",
            says("E_DUPLICATE_ID", "m.toml:2:10", "\"ketamine-kamp-2020\"", "give it another `id`"),
        ),
        (
            "iiv = { cv = 0.3, sd = 0.1 }",
            "iiv = { logit_sd = 0.3 }",
            says("E_TWO_SPELLINGS", "m.toml:11:95", "sd", "keep the one"),
        ),
        (
            "fraction = \"2 * F\"",
            "fraction = \"F\"",
            says("E_FRACTIONS_EXCEED_ONE", "m.toml:22:20", "\"2 * F\"", "fractions_exceed_one"),
        ),
        ("C(centrl)", "C(central)", says("E_UNKNOWN_NAME", "m.toml:25:18", "centrl", "did you mean `central`?")),
        (
            "unit = \"1/h\", unit = \"1/h\"",
            "unit = \"1/h\"",
            says("E_DUPLICATE_KEY", "m.toml:10:33", "unit", "keep one"),
        ),
    ] {
        assert_eq!(MODEL.matches(right).count(), 1, "{right}");
        let folder = Folder::new().with("m.toml", &MODEL.replace(right, wrong)).with("old.csv", "old");
        let simulate = ["simulate", "m.toml", "--give", "10 mg oral", "--at", "1h", "--out", "old.csv"];
        refused(&folder, &simulate, expected);
        refused(&folder, &["models", "check", "m.toml"], expected);
    }
    let folder = Folder::new().with("m.toml", MODEL);
    assert_eq!(folder.run(&["models", "check", "m.toml"]).code, 0, "the file without a mistake");
}

#[test]
fn an_id_of_two_files() {
    let folder = Folder::new().with("a.toml", MODEL).with("b.toml", &MODEL.replace("= 50", "= 60"));
    let run = folder.run(&["models", "check", "a.toml", "b.toml"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, "a.toml: ok, mine\n"));
    assert!(run.stderr.contains("error[E_DUPLICATE_ID]: the id `mine` is taken by `a.toml`\n --> b.toml:2:10\n"));
    let arm = |name: &str| {
        format!("[[arm]]\nname = \"{name}\"\nmodel = \"{name}.toml\"\noutput = \"c\"\nsession = \"5 mg oral\"\n")
    };
    let folder = folder.with("p.toml", &format!("{}{}", arm("a"), arm("b")));
    let expected = says("E_DUPLICATE_ID", "p.toml:8:9", "\"b.toml\"", "give it another `id`");
    refused(&folder, &["compare", "p.toml", "--out", "o"], expected);
}

#[test]
fn mistakes_in_a_regimen() {
    for (give, expected) in [
        (
            "84 mg intranasal once, then weekly for 4 weeks",
            says("E_REGIMEN_GAP", "--give:1:18", "once", "write `first dose …`"),
        ),
        (
            "70 mg intranasal",
            says("E_DOSE_NOT_DEVICES", "--give:1:1", "70 mg", "the nearest doses are `56 mg`, `84 mg`"),
        ),
        (
            "84 mg subcutaneous",
            says("E_UNKNOWN_ROUTE", "--give:1:7", "subcutaneous", "its routes are `intranasal`, `oral`, `iv`"),
        ),
        (
            "84 mg intranasl",
            says(
                "E_UNKNOWN_ROUTE",
                "--give:1:7",
                "intranasl",
                "did you mean `intranasal`? its routes are `intranasal`,",
            ),
        ),
        ("84 mg", says("E_UNKNOWN_ROUTE", "--give:1:1", "84 mg", "write one of `intranasal`, `oral`, `iv`")),
        ("0.5 mg/kg iv over 40 min", says("E_DOSE_NEEDS_WEIGHT", "--give:1:1", "0.5 mg/kg", "--covariate weight=70kg")),
        (
            "84 mg intranasal twice wekly for 4 weeks",
            says("E_REGIMEN_SYNTAX", "--give:1:24", "wekly", "did you mean `weekly`?"),
        ),
        ("84 mg intranasal every -3 d x 4", says("E_NEGATIVE_DURATION", "--give:1:24", "-3 d", "leave out the `-`")),
        (
            "84 mg intranasal weekly",
            says("E_REGIMEN_UNBOUNDED", "--give:1:1", "84 mg intranasal weekly", "or give `--until`"),
        ),
    ] {
        let folder = Folder::new().with("old.csv", "old");
        refused(&folder, &["simulate", ESKETAMINE, "--give", give, "--at", "1h", "--out", "old.csv"], expected)
    }
    // `once, then …` of another weight says the same in the other commands.
    let folder = Folder::new();
    let gap = says("E_REGIMEN_GAP", "regimen:1:10", "once", "first dose");
    refused(&folder, &["regimen", "84 mg iv once, then weekly x 4"], gap);
}

#[test]
fn mistakes_in_other_arguments() {
    for (option, value, expected) in [
        ("--at", "1h,2x", says("E_UNIT_UNKNOWN", "--at:1:2", "x", "units are built from")),
        ("--at", "1", says("E_UNIT_MISSING", "--at:1:1", "1", "write `1 h`")),
        ("--at", "-2h", says("E_OUT_OF_RANGE", "--at:1:1", "-2h", "0 h")),
        ("--until", "0h", says("E_OUT_OF_RANGE", "--until:1:1", "0h", "24h")),
        ("--every", "0 min", says("E_OUT_OF_RANGE", "--every:1:1", "0 min", "5min")),
        ("--set", "Qhh=3 L/h", says("E_UNKNOWN_PARAMETER", "--set:1:1", "Qhh", "did you mean `Qh`?")),
        ("--set", "Qh=3 L", says("E_UNIT_MISMATCH", "--set:1:4", "3 L", "L/h")),
        ("--set", "Qh", says("E_ARGUMENT", "--set:1:1", "Qh", "write `--set Qh=\"120 L/h\"`")),
        (
            "--covariate",
            "hight=3 kg",
            says("E_UNKNOWN_COVARIATE", "--covariate:1:1", "hight", "did you mean `weight`?"),
        ),
        ("--covariate", "age=45", says("E_UNIT_MISSING", "--covariate:1:5", "45", "write `45 year`")),
        ("--covariate", "weight=-3 kg", says("E_OUT_OF_RANGE", "--covariate:1:8", "-3 kg", "")),
        ("--covariate", "ancestry=x", says("E_NOT_IN_LIST", "--covariate:1:10", "x", "`asian-non-japanese`")),
    ] {
        let folder = Folder::new().with("old.csv", "old");
        let argument = format!("{option}={value}");
        let run = ["simulate", ESKETAMINE, "--give", "84 mg intranasal", &argument, "--out", "old.csv"];
        refused(&folder, &run, expected);
    }
}

#[test]
fn a_value_beyond_the_bounds_of_its_parameter() {
    let folder = Folder::new();
    let run = ["simulate", "textbook-one-compartment", "--give", "100 mg oral", "--set", "F=1.2"];
    refused(&folder, &run, says("E_OUT_OF_RANGE", "--set:1:3", "1.2", "0 to 1"));
}

#[test]
fn mistakes_in_a_plan() {
    for (right, wrong, expected) in [
        (
            "\"ketamine-clements-1981\"",
            "\"ketamine-clements-1982\"",
            says(
                "E_UNKNOWN_MODEL",
                "p.toml:7:12",
                "\"ketamine-clements-1982\"",
                "did you mean `ketamine-clements-1981`?",
            ),
        ),
        (
            "\"ketamine-clements-1981\"",
            "\"none.toml\"",
            says("E_FILE_READ", "p.toml:7:12", "\"none.toml\"", "check the spelling"),
        ),
        (
            "output   = \"ketamine\"",
            "output   = \"ketamin\"",
            says("E_UNKNOWN_OUTPUT", "p.toml:8:12", "\"ketamin\"", "did you mean `ketamine`?"),
        ),
        (
            "measure = \"Cmax\"",
            "measure = \"Cmx\"",
            says("E_METRIC_UNKNOWN", "p.toml:11:26", "Cmx", "did you mean `Cmax`?"),
        ),
        ("\"185 ng/mL\"", "\"185 h\"", says("E_UNIT_MISMATCH", "p.toml:11:41", "\"185 h\"", "ng/mL")),
        (
            "session  = \"0.5 mg/kg iv",
            "session  = \"0.5 mg/kg im",
            says("E_UNKNOWN_ROUTE", "p.toml:9:23", "im", "its routes are `iv`"),
        ),
        (
            "0.5 mg/kg im\"",
            "0.5 mg/kg im once at 48 h\"",
            says(
                "E_NOT_ONE_DOSE",
                "p.toml:17:11",
                "\"0.5 mg/kg im once at 48 h\"",
                "what repeats belongs to the course",
            ),
        ),
        (
            "iv      = \"0.5 mg/kg iv over 40 min\"",
            "iv      = \"0.5 mg/kg iv over 40 min every 1 h x 3\"",
            says(
                "E_NOT_ONE_DOSE",
                "p.toml:18:11",
                "\"0.5 mg/kg iv over 40 min every 1 h x 3\"",
                "what repeats belongs to the course",
            ),
        ),
        ("course  ", "corse   ", says("E_UNKNOWN_KEY", "p.toml:10:1", "corse", "did you mean `course`?")),
        ("ka_im = \"4 1/h\"", "ka_i = \"4 1/h\"", says("E_UNKNOWN_PARAMETER", "p.toml:19:38", "ka_i", "`ka_im`")),
        ("\"70 kg\"", "\"70\"", says("E_UNIT_MISSING", "p.toml:3:23", "70", "write `70 kg`")),
        ("name    = \"im\"", "name    = \"iv\"", says("E_NAME_CLASH", "p.toml:14:11", "\"iv\"", "names tell")),
    ] {
        assert_eq!(PLAN.matches(right).count(), 1, "{right}");
        let folder = Folder::new().with("p.toml", &PLAN.replace(right, wrong));
        refused(&folder, &["compare", "p.toml", "--out", "o"], expected);
    }
}

/// What has no place in a text names itself.
#[test]
fn names_and_files_that_do_not_exist() {
    let folder = Folder::new().with("old.csv", "old");
    fs::write(folder.0.join("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    let give = |model| ["simulate", model, "--give", "84 mg intranasal", "--out", "old.csv"];
    for (arguments, code, message, hint) in [
        (
            &give("esketamine-perez-ruixo-2022")[..],
            "E_UNKNOWN_MODEL",
            "`esketamine-perez-ruixo-2022`",
            "`esketamine-perez-ruixo-2021`",
        ),
        (&give("none.toml"), "E_FILE_READ", "`none.toml`", "check the spelling"),
        (&give("binary.toml"), "E_FILE_READ", "`binary.toml`", ""),
        (&["compare", "none.toml"], "E_FILE_READ", "`none.toml`", "check the spelling"),
        (&["models", "show", "aspirin"], "E_UNKNOWN_MODEL", "`aspirin`", "`ketamine-kamp-2020`"),
        (&["models", "verify", "aspirin"], "E_UNKNOWN_MODEL", "`aspirin`", "`ketamine-kamp-2020`"),
        (
            &["schedules", "show", "ketamine-iv-clinik"],
            "E_SCHEDULE_UNKNOWN",
            "`ketamine-iv-clinik`",
            "`ketamine-iv-clinic`",
        ),
    ] {
        let before = folder.files("");
        let run = folder.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        let first = run.stderr.lines().next().unwrap();
        assert!(first.starts_with(&format!("error[{code}]: ")) && first.contains(message), "{}", run.stderr);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
        assert!(folder.files("") == before);
    }
}

#[test]
fn results_that_cannot_be_written_leave_what_is_there() {
    let folder = Folder::new().with("p.toml", PLAN).with("file", "in the way");
    fs::create_dir(folder.0.join("folder.csv")).unwrap();
    fs::create_dir_all(folder.0.join("o/session.svg")).unwrap();
    fs::write(folder.0.join("o/summary.csv"), "old").unwrap();
    let simulate = |out| ["simulate", ESKETAMINE, "--give", "84 mg oral", "--at", "1h", "--out", out];
    for (arguments, code) in [
        (&simulate("folder.csv")[..], "E_FILE_IS_FOLDER"),
        (&simulate("file/results.csv"), "E_FOLDER_CREATE"),
        (&["compare", "p.toml", "--out", "file"], "E_FOLDER_CREATE"),
        // One of its files cannot be written, so none is.
        (&["compare", "p.toml", "--out", "o"], "E_FILE_IS_FOLDER"),
    ] {
        let before = folder.files("");
        let run = folder.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.starts_with(&format!("error[{code}]: cannot ")), "{}", run.stderr);
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
        assert!(folder.files("") == before, "{arguments:?}");
    }
}

#[test]
fn a_person_unlike_those_of_the_source_is_a_warning() {
    let folder = Folder::new();
    // The model uses age; body weight only describes its people.
    for (covariate, value, range) in
        [("age=95 year", "95 year", "18..86 year"), ("weight=20 kg", "20 kg", "39..170 kg")]
    {
        let arguments = ["simulate", ESKETAMINE, "--give", "84 mg oral", "--at", "1h", "--covariate", covariate];
        let run = folder.run(&arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.starts_with("warning[W_OUTSIDE_POPULATION]: "), "{}", run.stderr);
        let name = covariate.split('=').next().unwrap();
        for part in [format!("{name} = {value}"), range.to_string(), "hint: the result is an extrapolation".into()] {
            assert!(run.stderr.contains(&part), "{part}: {}", run.stderr);
        }
        assert!(run.stdout.contains("noresketamine"), "{}", run.stdout);
    }
    let inside =
        folder.run(&["simulate", ESKETAMINE, "--give", "84 mg oral", "--at", "1h", "--covariate", "age=86 year"]);
    assert_eq!((inside.code, inside.stderr.as_str()), (0, ""));
}

/// A table is never written under the name of another format.
#[test]
fn a_file_of_another_format_is_refused() {
    for (name, code, hint) in [
        ("old.xlsx", "E_TABLE_FORMAT", "end the name in `.csv`"),
        ("old", "E_TABLE_FORMAT", "end the name in `.csv`"),
        #[cfg(not(feature = "parquet"))]
        ("old.parquet", "E_NO_PARQUET", "build it with `--features parquet`"),
    ] {
        let folder = Folder::new().with(name, "old");
        let run = folder.run(&["simulate", ESKETAMINE, "--give", "84 mg intranasal", "--out", name]);
        assert!(run.code == 2 && run.stderr.starts_with(&format!("error[{code}]: ")), "{}", run.stderr);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
        assert_eq!(folder.files("")[name], b"old");
    }
}

/// A covariate that is called weight and cannot be one gives no dose per kilogram.
#[test]
fn a_weight_that_is_no_body_weight_is_no_weight() {
    for weight in [r#"{ unit = "year", reference = 70 }"#, r#"{ unit = "kg", reference = 0 }"#] {
        let model = MODEL.replace("[compartments]", &format!("[covariates]\nweight = {weight}\n\n[compartments]"));
        let folder = Folder::new().with("m.toml", &model);
        let expected = says("E_DOSE_NEEDS_WEIGHT", "--give:1:1", "1 mg/kg", "give the weight");
        refused(&folder, &["simulate", "m.toml", "--give", "1 mg/kg oral"], expected);
    }
}

/// A negative time is for the command to refuse, not for the reader of arguments.
#[test]
fn an_argument_may_begin_with_a_minus() {
    let run = ["simulate", ESKETAMINE, "--give", "28 mg iv", "--at", "-1h"];
    refused(&Folder::new(), &run, says("E_OUT_OF_RANGE", "--at:1:1", "-1h", "the first dose is given at 0 h"));
}

/// A bare 10 of what is in % would be 1000 %.
#[test]
fn a_level_of_an_output_in_percent_needs_its_unit() {
    let guided = "format = 1\n[[course]]\n[[course.phase]]\ndose = \"84 mg\"\nroute = \"intranasal\"\n\
        guided = { output = \"dissociation\", at = \"visit\", every = \"1 week\", lengthen_if = \"< 10\", \
        shorten_if = \"> 10\", intervals = [\"1 week\", \"2 weeks\"], max_sessions = 5 }\n";
    let folder = Folder::new().with("guided.toml", guided);
    let effect = [ESKETAMINE, "--effect", "dissociation-attenuating"];
    let give = ["--give", "84 mg intranasal"];
    for (command, more, place) in [
        ("session", vec!["--output", "dissociation", "--threshold", "10"], "--> --threshold:1:1"),
        ("simulate", vec!["--measure", "last_above(dissociation, 10)"], "--> --measure:1:1"),
        ("simulate", vec!["--measure", "time_above(dissociation, 10)"], "--> --measure:1:1"),
        ("course", vec!["--schedule", "guided.toml", "--until", "8 weeks"], ""),
    ] {
        let give = if command == "course" { &[][..] } else { &give[..] };
        let run = folder.run(&[&[command], &effect[..], give, &more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{more:?}: {}", run.stderr);
        for said in ["error[E_UNIT_MISSING]", place, "hint: write `10 %`"] {
            assert!(run.stderr.contains(said), "{more:?}: {}", run.stderr);
        }
    }
    let session = ["session", ESKETAMINE, "--effect", "dissociation-attenuating", "--output", "dissociation"];
    let run = folder.run(&[&session[..], &give, &["--threshold", "10 %"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// At the ends of the scale, and beyond, the score could not change.
#[test]
fn a_score_that_there_is_not_is_an_error() {
    let folder = Folder::new();
    for score in ["0 point", "-5 point", "60 point", "70 point", "350 point"] {
        let covariate = format!("madrs_baseline={score}");
        let arguments = ["simulate", ESKETAMINE, "--effect", "antidepressant-response", "--give", "84 mg intranasal"];
        let arguments = [&arguments[..], &["--covariate", &covariate]].concat();
        refused(&folder, &arguments, says("E_OUT_OF_RANGE", "--covariate:1:16", score, "1 point to 59 point"));
    }
}

#[test]
fn a_person_unlike_those_of_an_effect_is_a_warning() {
    let effect = "format = 1\nid = \"mine\"\ntitle = \"t\"\ndrug = \"d\"\ngrade = \"assumed\"\nkind = \"effect\"\n\
        [population]\nrange = { severity = \"20..50 point\" }\n\
        [covariates]\nseverity = { unit = \"point\", reference = 30 }\n\
        [requires]\nc = { analyte = \"S-ketamine\", unit = \"ng/mL\" }\n\
        [outputs]\nworse = { value = \"severity * c / 100[ng/mL]\", unit = \"point\" }\n";
    let folder = Folder::new().with("e.toml", effect);
    for (severity, warned) in [("severity=55 point", true), ("severity=50 point", false)] {
        let run = folder.run(&[
            "simulate",
            ESKETAMINE,
            "--effect",
            "e.toml",
            "--give",
            "84 mg intranasal",
            "--covariate",
            severity,
        ]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let said =
            "severity = 55 point is outside the range 20..50 point of the people the effect `mine` was made from";
        assert_eq!(run.stderr.contains(said), warned, "{}", run.stderr);
        assert_eq!(run.stderr.contains("W_OUTSIDE_POPULATION"), warned, "{}", run.stderr);
    }
}

#[test]
fn effects_that_exclude_each_other_are_one_error() {
    let folder = Folder::new();
    for (effects, message) in [
        (["dissociation-olofsen-2022"; 2], "the effect `dissociation-olofsen-2022` is attached twice"),
        (
            ["dissociation-olofsen-2022", "dissociation-attenuating"],
            "the effects `dissociation-olofsen-2022` and `dissociation-attenuating` exclude each other",
        ),
    ] {
        let [a, b] = effects;
        let run = folder.run(&["simulate", ESKETAMINE, "--give", "84 mg intranasal", "--effect", a, "--effect", b]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.starts_with(&format!("error[E_NAME_CLASH]: {message}")), "{}", run.stderr);
        assert_eq!(run.stderr.matches("error[").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn doses_of_one_time_are_said_how_to_join() {
    let folder = Folder::new();
    let run = folder.run(&["simulate", ESKETAMINE, "--give", "84 mg intranasal", "--give", "20 mg oral"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains("hint: one `--give` has all doses: `and` joins"), "{}", run.stderr);
    let other = folder.run(&["simulate", ESKETAMINE, "--give", "84 mg oral", "--until", "1h", "--until", "2h"]);
    assert!(other.code == 2 && !other.stderr.contains("hint:"), "{}", other.stderr);
    let comma = folder.run(&["simulate", ESKETAMINE, "--give", "84 mg intranasal weekly x 2, and 20 mg oral"]);
    assert!(comma.code == 2 && comma.stderr.contains("`and …` stands without a comma"), "{}", comma.stderr);
}
