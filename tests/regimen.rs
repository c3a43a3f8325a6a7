//! The schedule language: what its words mean, its two spellings, and what it says about mistakes.

use posology::dosing::*;
use posology::error::Kind;
use posology::units::Quantity;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn regimen(text: &str) -> Regimen {
    text.parse().unwrap_or_else(|e| panic!("{text}\n{e}"))
}

fn times(text: &str) -> Vec<f64> {
    regimen(text).doses().iter().map(|dose| dose.time).collect()
}

fn days(text: &str) -> Vec<f64> {
    times(text).iter().map(|hours| hours / 24.0 + 1.0).collect()
}

fn amounts(text: &str) -> Vec<f64> {
    regimen(text).doses().iter().map(|dose| dose.quantity.value()).collect()
}

/// The examples of the language's description, and one of each word; where the second is empty, the first is canonical.
const SPELLINGS: &[(&str, &str)] = &[
    (
        "84 mg intranasal twice weekly for 4 weeks, first dose 56 mg, then weekly for 4 weeks, then every 2 weeks for 16 weeks",
        "",
    ),
    ("0.5 mg/kg iv over 40 min 3 times weekly for 2 weeks, then weekly for 4 weeks, then monthly for 6 months", ""),
    ("35mg iv over 40min every 12h x6", "35 mg iv over 40 min every 12 h x 6"),
    (
        "84 mg intranasal on Monday, thu at 9:00 for 4 weeks, except doses 3, 4",
        "84 mg intranasal on Mon,Thu at 09:00 for 4 weeks, except doses 3,4",
    ),
    ("2.4 mg/kg/h iv for 120 h", "iv at 2.4 mg/kg/h for 120 h once"),
    ("0.5 mg/kg oral weekly x 6, rising by 0.5 mg/kg each dose to 3 mg/kg, max 300 mg, rounded to 25 mg", ""),
    ("250 mg ticlopidine-oral twice daily x 12 and 0.2 mg/kg oral once at 144 h", ""),
    ("28 mg intranasal", "28 mg intranasal once"),
    ("32.3 mg as HCl intranasal once", ""),
    ("10 mg 1 times daily x 3, then 10 mg 1 times weekly x 2", "10 mg daily x 3, then weekly x 2"),
    ("10 mg iv over 1 h daily x 2, then oral daily x 2", ""),
    ("10 mg iv over 1 h daily x 2, then as bolus daily x 2", ""),
    ("10 mg once, then after 3 days daily x 2", "10 mg once, then after 3 d daily x 2"),
    ("10 mg daily x 2, then after 3 d daily x 2", "10 mg daily x 2, pause 3 d, then daily x 2"),
    ("10 mg every calendar month x 3, starting 2026-01-31", "10 mg every 1 calendar month x 3, starting 2026-01-31"),
    ("10 mg on days 5,1-3 of each 7 days for 1 week", "10 mg on days 1-3,5 of each week for 1 week"),
    ("10 mg daily for 2 weeks, except days 3-6, rounded up to device", ""),
    ("10 mg every hour x 4, first 2 doses 5 mg", "10 mg every 1 h x 4, first 2 doses 5 mg"),
    ("iv at 5 mg/h for 2 h daily x 2, then at 6 mg/h for 2 h daily x 2, then 10 mg weekly x 2", ""),
];

#[test]
fn each_spelling_has_one_canonical_text() {
    for (text, canonical) in SPELLINGS {
        let printed = regimen(text).to_string();
        assert_eq!(printed, if canonical.is_empty() { text } else { canonical }.to_string());
        assert_eq!(regimen(&printed), regimen(text), "{text}");
    }
}

#[test]
fn patterns_give_their_days() {
    assert_eq!(days("1 mg twice weekly for 2 weeks"), [1.0, 4.0, 8.0, 11.0]);
    assert_eq!(days("1 mg 3 times weekly x 6"), [1.0, 3.0, 5.0, 8.0, 10.0, 12.0]);
    assert_eq!(days("1 mg on days 2,5 of each week x 3"), [2.0, 5.0, 9.0]);
    assert_eq!(days("1 mg on days 1-2 of each 21 days for 6 weeks"), [1.0, 2.0, 22.0, 23.0]);
    assert_eq!(times("1 mg on Mon,Thu at 09:00,21:00 for 1 week"), [0.0, 12.0, 72.0, 84.0]);
    assert_eq!(times("1 mg twice daily for 1 d"), [0.0, 12.0]);
    assert_eq!(days("1 mg monthly for 6 months").len(), 6);
    assert_eq!(times("1 mg every 40 min x 4")[3], 2.0);
    assert_eq!(days("1 mg every calendar month x 4, starting 2026-01-31"), [1.0, 29.0, 60.0, 90.0]);
}

#[test]
fn phases_are_half_open_and_follow_each_other() {
    // Written out by hand: 8 doses in weeks 1-4, weekly in weeks 5-8, then months of 28 days.
    let course = "84 mg intranasal twice weekly for 4 weeks, then weekly for 4 weeks, then monthly for 6 months";
    let expected: Vec<f64> =
        [1, 4, 8, 11, 15, 18, 22, 25, 29, 36, 43, 50, 57, 85, 113, 141, 169, 197].map(f64::from).to_vec();
    assert_eq!(days(course), expected);
    assert_eq!(regimen(course).end(), (8.0 + 24.0) * 168.0);
    assert_eq!(days("1 mg twice weekly x 7, then weekly x 2"), [1.0, 4.0, 8.0, 11.0, 15.0, 18.0, 22.0, 25.0, 32.0]);
    assert_eq!(days("1 mg once, then after 3 d weekly x 2"), [1.0, 4.0, 11.0]);
    assert_eq!(days("1 mg once at 24 h, then after 3 d daily x 2"), [2.0, 5.0, 6.0]);
    assert_eq!(days("1 mg once for 1 week, then daily x 1"), [1.0, 8.0]);
    assert_eq!(days("1 mg weekly x 2, pause 2 weeks, then weekly x 1"), [1.0, 8.0, 29.0]);
}

#[test]
fn exceptions_keep_their_slots() {
    assert_eq!(days("1 mg daily x 4, except doses 2-3, then daily x 1"), [1.0, 4.0, 5.0]);
    assert_eq!(days("1 mg twice daily for 3 d, except days 2"), [1.0, 1.5, 3.0, 3.5]);
    let doses = regimen("1 mg daily x 4, except doses 2").doses();
    let sessions: Vec<_> = doses.iter().map(|d| (d.session, d.slot)).collect();
    assert_eq!(sessions, [(1, 0), (2, 2), (3, 3)]);
}

#[test]
fn amounts_follow_first_doses_and_steps() {
    assert_eq!(amounts("84 mg weekly x 3, first dose 56 mg"), [56.0, 84.0, 84.0]);
    assert_eq!(amounts("0.1 mg weekly x 5, rising by 0.1 mg each dose to 0.4 mg"), [0.1, 0.2, 0.3, 0.4, 0.4]);
    assert_eq!(amounts("50 mg weekly x 4, falling by 20 mg each dose to 15 mg"), [50.0, 30.0, 15.0, 15.0]);
    assert_eq!(amounts("1 mg twice weekly x 6, rising by 1 mg each week to 9 mg"), [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
    assert_eq!(amounts("1 mg daily x 5, rising by 1 mg each 2 doses to 9 mg"), [1.0, 1.0, 2.0, 2.0, 3.0]);
    assert_eq!(amounts("1 mg weekly x 3, rising by 500 ug each dose to 9 mg"), [1.0, 1.5, 2.0]);
}

#[test]
fn a_phase_takes_over_dose_route_and_infusion_but_nothing_else() {
    let text = "1 mg iv over 1 h daily x 2, first dose 5 mg, max 9 mg, then weekly x 1, then oral daily x 1, then iv daily x 1";
    let doses = regimen(text).doses();
    let seen: Vec<_> =
        doses.iter().map(|d| (d.quantity.value(), d.route.as_deref(), d.input.hours(), d.max.is_some())).collect();
    let (iv, oral) = (Some("iv"), Some("oral"));
    let expected = [
        (5.0, iv, 1.0, true),
        (1.0, iv, 1.0, true),
        (1.0, iv, 1.0, false),
        (1.0, oral, 0.0, false),
        (1.0, iv, 0.0, false),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn courses_run_in_parallel() {
    let doses = regimen("250 mg a twice daily x 3 and 2 mg b once at 12 h and 1 mg c once").doses();
    let seen: Vec<_> = doses.iter().map(|d| (d.time, d.course, d.session)).collect();
    assert_eq!(seen, [(0.0, 0, 1), (0.0, 2, 1), (12.0, 0, 2), (12.0, 1, 1), (24.0, 0, 3)]);
}

#[test]
fn a_schedule_without_an_end_is_cut_off() {
    let Schedule::Unbounded(forever) = "84 mg twice weekly for 4 weeks, then weekly".parse().unwrap() else {
        panic!("the last phase has no end")
    };
    assert_eq!(forever.until(6.0 * 168.0).unwrap().doses().len(), 10);
    assert_eq!(forever.until(6.0 * 168.0 + 0.5).unwrap().doses().len(), 11);
    assert!(forever.until(0.0).is_err() && forever.until(-1.0).is_err() && forever.until(f64::NAN).is_err());
    let Schedule::Unbounded(fast) = "1 mg every 1 s".parse().unwrap() else { panic!("it has no end") };
    assert_eq!(fast.until(1e6).unwrap_err().code(), "E_TOO_MANY_EVENTS");
}

/// Text, code, the words above the caret, and a part of the hint.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("84 mg intranasal twise weekly for 4 weeks", "E_REGIMEN_SYNTAX", "twise", "`twice`"),
    ("84 mg twise weekly for 4 weeks", "E_REGIMEN_SYNTAX", "twise", "`twice`"),
    ("84 mg intranasal weakly for 4 weeks", "E_REGIMEN_SYNTAX", "weakly", "`weekly`"),
    ("84 mg weekly for 4 weeks, frist dose 56 mg", "E_REGIMEN_SYNTAX", "frist", "`first`"),
    ("84 mg weekly for 4 weeks first dose 56 mg", "E_REGIMEN_SYNTAX", "first", "`, first …`"),
    ("84 mg intranasal for 4 weeks", "E_REGIMEN_SYNTAX", "for", ""),
    ("84 mg weekly for 4 weeks,", "E_REGIMEN_SYNTAX", "", ""),
    ("84 mg weekly for 4 weeks, then", "E_REGIMEN_SYNTAX", "", ""),
    ("", "E_REGIMEN_SYNTAX", "", ""),
    ("84 mg 4 times weekly for 4 weeks", "E_REGIMEN_SYNTAX", "4 times", ""),
    ("84 mg on Mon,Foo for 4 weeks", "E_REGIMEN_SYNTAX", "Foo", ""),
    ("84 mg on Mon at 25:00 for 4 weeks", "E_REGIMEN_SYNTAX", "25:00", ""),
    ("84 mg weekly x 2.5", "E_REGIMEN_SYNTAX", "2.5", ""),
    ("84 mgg weekly x 2", "E_UNIT_UNKNOWN", "mgg", "`mg`"),
    ("84 weekly x 2", "E_UNIT_MISSING", "84", "`84 mg`"),
    ("84 h weekly x 2", "E_UNIT_MISMATCH", "84 h", ""),
    ("84 mg/L weekly x 2", "E_UNIT_MISMATCH", "84 mg/L", ""),
    ("1,5 mg weekly x 2", "E_DECIMAL_COMMA", "1,5", "`1.5`"),
    ("84 mg iv over 40 weekly x 2", "E_UNIT_MISSING", "40", "`40 h`"),
    ("84 mg iv over 40 mg weekly x 2", "E_UNIT_MISMATCH", "mg", ""),
    ("84 mg iv over 40 mins weekly x 2", "E_UNIT_UNKNOWN", "mins", "`min`"),
    ("84 mg every 12 hrs x 2", "E_UNIT_UNKNOWN", "hrs", "`hr`"),
    ("84 mg nasal at 09:00 daily x 3", "E_UNIT_MISSING", "09", ""),
    ("84 mg weekly for 4 weeks and then monthly x 3", "E_REGIMEN_SYNTAX", "then", ""),
    ("84 mg every -3 d x 2", "E_NEGATIVE_DURATION", "-3 d", ""),
    ("84 mg weekly for -4 weeks", "E_NEGATIVE_DURATION", "-4 weeks", ""),
    ("84 mg every 0 d x 2", "E_ZERO_DURATION", "every 0 d", ""),
    ("84 mg weekly for 0 weeks", "E_ZERO_DURATION", "for 0 weeks", ""),
    ("84 mg iv over 0 h weekly x 2", "E_ZERO_DURATION", "over 0 h", "as bolus"),
    ("84 mg weekly for 1e12 years", "E_DURATION_TOO_LONG", "1e12 years", ""),
    ("84 mg weekly x 0", "E_ZERO_COUNT", "0", ""),
    ("84 mg weekly x 4, except doses 0", "E_ZERO_COUNT", "0", ""),
    ("84 mg weekly x 4, except doses 3-2", "E_REGIMEN_RANGE", "3-2", ""),
    ("84 mg weekly x 4, except doses 3,9", "E_REGIMEN_BEYOND", "except doses 3,9", ""),
    ("84 mg daily for 3 d, except days 5", "E_REGIMEN_BEYOND", "except days 5", ""),
    ("84 mg on days 1,8 of each week x 4", "E_REGIMEN_BEYOND", "on days 1,8 of each week", ""),
    ("84 mg on days 5 of each week for 2 d", "E_REGIMEN_EMPTY", "on days 5 of each week", ""),
    ("0 mg weekly x 4", "E_DOSE_NOT_POSITIVE", "0 mg", ""),
    ("-5 mg weekly x 4", "E_DOSE_NOT_POSITIVE", "-5 mg", ""),
    ("intranasal weekly x 4", "E_REGIMEN_NO_DOSE", "intranasal weekly x 4", "84 mg"),
    ("5 mg/h iv weekly x 4", "E_RATE_WITHOUT_DURATION", "5 mg/h", "for 120 h"),
    ("84 mg iv at 5 mg/h for 2 h weekly x 4", "E_DOSE_AND_RATE", "at 5 mg/h for 2 h", ""),
    ("iv at 5 mg for 2 h weekly x 4", "E_UNIT_MISMATCH", "5 mg", ""),
    ("56 mg intranasal once, then 84 mg twice weekly for 4 weeks", "E_REGIMEN_GAP", "once", "first dose"),
    ("84 mg weekly, then monthly x 4", "E_REGIMEN_ENDLESS", "84 mg weekly", "for 4 weeks"),
    ("84 mg twice weekly for 4 weeks, then weekly", "E_REGIMEN_UNBOUNDED", "weekly", "--until"),
    ("84 mg weekly and 5 mg b weekly x 3", "E_REGIMEN_UNBOUNDED", "84 mg weekly", "x N"),
    ("84 mg once x 3", "E_REGIMEN_ONCE", "x 3", ""),
    ("84 mg once at 8 d for 1 week", "E_REGIMEN_ONCE", "once at 8 d", ""),
    ("84 mg weekly x 4, max 3 mg, max 5 mg", "E_REGIMEN_REPEATED", "max 5 mg", ""),
    ("84 mg weekly x 4, max 3 L", "E_UNIT_MISMATCH", "max 3 L", ""),
    ("84 mg weekly x 4, first dose 1 h", "E_UNIT_MISMATCH", "first dose 1 h", ""),
    (
        "1 mg/kg weekly x 4, rising by 5 mg/kg each dose to 9 mg",
        "E_UNIT_MISMATCH",
        "rising by 5 mg/kg each dose to 9 mg",
        "",
    ),
    ("50 mg weekly x 4, rising by 5 mg each dose to 9 mg", "E_REGIMEN_STEPS", "rising by 5 mg each dose to 9 mg", ""),
    (
        "50 mg weekly x 4, first dose 9 mg, rising by 5 mg each dose to 99 mg",
        "E_REGIMEN_FIRST_AND_STEPS",
        "rising by 5 mg each dose to 99 mg",
        "two phases",
    ),
    ("84 mg weekly x 4, pause 2 weeks", "E_REGIMEN_PAUSE", "pause 2 weeks", ""),
    ("84 mg on Mon,Mon for 4 weeks", "E_REGIMEN_ORDER", "on Mon,Mon", ""),
    ("84 mg on Mon at 21:00,09:00 for 4 weeks", "E_REGIMEN_ORDER", "on Mon at 21:00,09:00", ""),
    ("84 mg every calendar month x 4", "E_REGIMEN_NO_START_DATE", "every calendar month", "starting"),
    ("84 mg weekly for 2 calendar months", "E_REGIMEN_NO_START_DATE", "for 2 calendar months", "starting"),
    ("84 mg weekly x 4, starting 2026-02-30", "E_DATE", "2026-02-30", ""),
    ("84 mg on Tue x 4, starting 2026-01-05", "E_REGIMEN_START_DAY", "on Tue", "first"),
    ("84 mg every 1 s for 1 year", "E_TOO_MANY_EVENTS", "every 1 s", ""),
    ("84 mg daily x 4000000000", "E_TOO_MANY_EVENTS", "daily", ""),
];

#[test]
fn each_mistake_has_one_error_at_its_words() {
    for (text, code, words, hint) in MISTAKES {
        let faults = text.parse::<Regimen>().expect_err(text);
        let shown: Vec<_> = faults.iter().map(|f| (f.kind.code(), f.span.map(|s| &text[s.start..s.end]))).collect();
        assert_eq!(shown, [(*code, Some(*words))], "{text}\n{faults}");
        let said = faults.first().kind.hint().unwrap_or_default();
        assert!(said.contains(hint), "{text}: {said}");
    }
}

#[test]
fn an_error_prints_with_a_caret_and_what_was_expected() {
    let error = Regimen::from_text("84 mg intranasal twise weekly", "--give").unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[0].starts_with("error[E_REGIMEN_SYNTAX]: `twise` does not fit here"), "{error}");
    assert_eq!(lines[1], " --> --give:1:18");
    assert!(lines[4].contains("                 ^^^^^ expected"), "{error}");
    assert_eq!(lines[5], "hint: did you mean `twice`?");
}

/// A schedule file in which one line is wrong: the code, and the words above the caret.
const FILE_MISTAKES: &[(&str, &str, &str)] = &[
    ("colour = \"red\"", "E_UNKNOWN_KEY", "colour"),
    ("format = 2", "E_FORMAT", "2"),
    ("start = \"2026-02-30\"", "E_DATE", "2026-02-30"),
    ("title = 5", "E_WRONG_TYPE", "5"),
    ("text = \"84 mg weekly\"", "E_SCHEDULE_KEYS", "\"84 mg weekly\""),
    ("title = \"a\"\ntitle = \"b\"", "E_DUPLICATE_KEY", "title"),
    ("[[course]]\nphases = []", "E_UNKNOWN_KEY", "phases"),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mgg\"", "E_UNIT_UNKNOWN", "mgg"),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mg weekly\"", "E_REGIMEN_SYNTAX", "weekly"),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mg\"\ngive = \"twise weekly\"", "E_REGIMEN_SYNTAX", "twise"),
    (
        "[[course]]\n[[course.phase]]\ndose = \"84 mg\"\ngive = \"weekly\"\nfor = \"-2 weeks\"",
        "E_NEGATIVE_DURATION",
        "-2 weeks",
    ),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mg\"\ngive = \"weekly\"\ndoses = 0", "E_ZERO_COUNT", "0"),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mg\"\nroute = \"on the nose\"", "E_ROUTE_NAME", "\"on the nose\""),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mg\"\nfirst = { doses = 1 }", "E_MISSING_KEY", "{ doses = 1 }"),
    (
        "[[course]]\n[[course.phase]]\ndose = \"84 mg\"\nat = \"5 mg/h for 2 h\"",
        "E_DOSE_AND_RATE",
        "\"5 mg/h for 2 h\"",
    ),
    ("[[course]]\n[[course.phase]]\ndose = \"84 mg\"\nbolus = false", "E_SCHEDULE_KEYS", "false"),
];

#[test]
fn each_mistake_in_a_file_has_one_error_at_its_words() {
    for (line, code, words) in FILE_MISTAKES {
        let text = match line.starts_with("[[course]]\n[[course.phase]]") {
            true => format!("format = 1\n{line}\n"),
            false => format!("{line}\n[[course]]\n[[course.phase]]\ndose = \"84 mg\"\n"),
        };
        let faults = ScheduleFile::from_toml(&text, "mine.toml").expect_err(line);
        let shown: Vec<_> = faults.iter().map(|f| (f.kind.code(), f.span.map(|s| &text[s.start..s.end]))).collect();
        assert_eq!(shown, [(*code, Some(*words))], "{text}\n{faults}");
    }
    let wrong_line = "id = \"mine\"\ntext = \"84 mg intranasal twise weekly\"";
    let shown = ScheduleFile::from_toml(wrong_line, "mine.toml").unwrap_err().to_string();
    assert!(shown.contains("mine.toml:2:26") && shown.contains("^^^^^"), "{shown}");
    assert_eq!(
        ScheduleFile::from_toml("id = \"mine\"", "mine.toml").unwrap_err().first().kind.code(),
        "E_SCHEDULE_KEYS"
    );
}

#[test]
fn both_spellings_of_a_file_say_the_same() {
    let line = r#"start = "2026-01-05"
text = "0.5 mg/kg oral on Mon,Thu at 09:00 x 6, rising by 0.5 mg/kg each dose to 3 mg/kg, max 300 mg, rounded down to 25 mg, pause 2 weeks, then iv over 40 min weekly x 4, first 2 doses 20 mg, except doses 3 and 250 mg as HCl b once at 144 h""#;
    let phases = r#"start = "2026-01-05"
[[course]]
[[course.phase]]
dose = "0.5 mg/kg"
route = "oral"
give = "on Mon,Thu at 09:00"
doses = 6
rising = { by = "0.5 mg/kg", each = "dose", to = "3 mg/kg" }
max = "300 mg"
rounded = "down to 25 mg"
pause = "2 weeks"
[[course.phase]]
route = "iv"
over = "40 min"
give = "weekly"
doses = 4
first = { doses = 2, dose = "20 mg" }
except_doses = "3"
[[course]]
[[course.phase]]
dose = "250 mg as HCl"
route = "b"
give = "once at 144 h"
"#;
    let read = |text| Schedule::from_toml(text, "it").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(read(line), read(phases));
}

#[test]
fn several_wrong_phases_are_all_shown() {
    let faults = "84 mg weekly x 4, max 3 L, then every 0 d x 2".parse::<Schedule>().unwrap_err();
    assert_eq!(faults.iter().count(), 2, "{faults}");
}

mod published {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn the_catalogue_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_string))
            .collect();
        assert_eq!(files, Schedules::ids().map(str::to_string).collect());
        assert!(Schedules::ids().is_sorted());
    }

    #[test]
    fn every_file_reads_says_its_source_and_reads_back() {
        for id in Schedules::ids() {
            let text = Schedules::text(id).unwrap();
            let file = ScheduleFile::from_toml(text, id).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(Schedules::get(id).unwrap(), file);
            let About { title, drug, grade, citation, source, .. } = &file.about;
            assert_eq!(file.about.id.as_deref(), Some(id));
            assert!([title, drug, citation, source].iter().all(|said| said.is_some()), "{id}");
            assert!(matches!(grade.as_deref(), Some("A" | "B" | "assumed")), "{id}");
            let written = file.to_toml();
            assert_eq!(ScheduleFile::from_toml(&written, id).unwrap(), file, "{written}");
            // A guided phase has no spelling in text.
            if matches!(file.schedule, Schedule::Guided(_)) {
                continue;
            }
            let line = text.lines().find_map(|line| line.strip_prefix("text = ")).unwrap();
            assert_eq!(line.trim_matches('"'), file.schedule.to_string(), "{id} is not written canonically");
        }
    }

    /// The index of the folder: what each schedule is, its phases at a glance, and its source.
    fn index() -> String {
        let mut out = String::from(
            "# Schedules\n\nPublished dosing schedules, one file each. This index is made from the files: \
             `POSOLOGY_BLESS=1 cargo test --test regimen`.\n\n| schedule | what | phases | grade | source |\n|---|---|---|---|---|\n",
        );
        for ScheduleFile { about, schedule } in Schedules::list() {
            let said = |word: Option<String>| word.unwrap_or_default();
            let (id, grade, citation) = (said(about.id), said(about.grade), said(about.citation));
            let source = about.doi.map_or(citation.clone(), |doi| format!("[{citation}](https://doi.org/{doi})"));
            let phases = schedule.at_a_glance().join("<br>");
            let title = said(about.title);
            out += &format!("| [{id}]({id}.toml) | {title} | {phases} | {grade} | {source} |\n");
        }
        out
    }

    #[test]
    fn the_index_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules/README.md");
        if std::env::var_os("POSOLOGY_BLESS").is_some() {
            std::fs::write(&path, index()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), index());
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        let error = Schedules::get("ketamine-iv-philips-2019").unwrap_err();
        assert_eq!(error.code(), "E_SCHEDULE_UNKNOWN");
        assert_eq!(error.hint().unwrap(), "did you mean `ketamine-iv-phillips-2019`?");
    }

    /// Numbers of doses and days of the last dose, counted by hand from the sources.
    #[test]
    fn doses_and_days_are_the_sources() {
        for (id, count, last_day, last) in [
            ("esketamine-mdsi-84", 8, 25.0, "84 mg"),
            ("ketamine-iv-murrough-2013", 6, 12.0, "0.5 mg/kg"),
            ("ketamine-iv-singh-2016-twice", 8, 25.0, "0.5 mg/kg"),
            ("ketamine-iv-singh-2016-thrice", 12, 26.0, "0.5 mg/kg"),
            ("ketamine-iv-phillips-2019", 10, 36.0, "0.5 mg/kg"),
            ("ketamine-iv-clinic", 4, 11.0, "0.5 mg/kg"),
            ("ketamine-sc-loo-2023", 8, 25.0, "0.5 mg/kg"),
            ("ketamine-oral-can-2021", 6, 36.0, "3 mg/kg"),
            ("ketamine-oral-kheirabadi-2023-2", 12, 39.0, "2 mg/kg"),
            ("ketamine-oral-er-bedroc-180", 29, 88.0, "180 mg"),
        ] {
            let doses = Schedules::get(id).unwrap().schedule.bounded(None).unwrap().doses();
            let end = doses.last().unwrap();
            let seen = (doses.len(), end.time / 24.0 + 1.0, end.quantity.to_string());
            assert_eq!(seen, (count, last_day, last.to_string()), "{id}");
        }
    }

    #[test]
    fn the_esketamine_label_reaches_its_doses_as_it_says() {
        let amounts = |id: &str| -> Vec<f64> {
            let regimen = Schedules::get(id).unwrap().schedule.bounded(Some(20.0 * 168.0)).unwrap();
            regimen.doses().iter().map(|dose| dose.quantity.value()).collect()
        };
        // 8 doses in weeks 1-4, 4 in weeks 5-8, 6 in weeks 9-20.
        let adult = amounts("esketamine-trd-adult-84");
        assert_eq!((adult.len(), adult[0]), (18, 56.0));
        assert!(adult[1..].iter().all(|mg| *mg == 84.0));
        assert_eq!(amounts("esketamine-trd-adult-56-weekly").len(), 24);
        assert_eq!(amounts("esketamine-trd-start-28-to-84")[..4], [28.0, 56.0, 84.0, 84.0]);
        assert_eq!(amounts("esketamine-trd-start-28-to-56")[..3], [28.0, 56.0, 56.0]);
    }
}

/// Any valid schedule: each part from all it may be, then the rules of a phase and of a sequence.
mod any {
    use super::*;

    fn quantity(units: &'static [&'static str]) -> impl Strategy<Value = Quantity> {
        let value = prop_oneof![(1u32..4000).prop_map(|n| f64::from(n) / 8.0), 1e-3..1e4f64];
        (value, prop::sample::select(units)).prop_map(|(value, unit)| Quantity::new(value, unit.parse().unwrap()))
    }

    fn duration() -> impl Strategy<Value = Duration> {
        use TimeUnit::*;
        let value = prop_oneof![(1u32..60).prop_map(f64::from), 0.01..40.0f64];
        let unit = prop::sample::select(vec![Minute, Hour, Day, Week, Month]);
        (value, unit).prop_map(|(value, unit)| Duration::new(value, unit).unwrap())
    }

    fn numbers(most: u32) -> impl Strategy<Value = Numbers> {
        btree_set(1..=most, 1..6)
            .prop_map(|set| Numbers::from_ranges(set.into_iter().map(|n| (n, n)).collect()).unwrap())
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let days = (1u32..40).prop_flat_map(|cycle| (numbers(cycle), Just(cycle)));
        let weekdays = (0usize..7, btree_set(0usize..7, 0..4), btree_set((0u16..24, 0u16..60), 0..3));
        prop_oneof![
            option::of(duration()).prop_map(|at| Pattern::Once { at }),
            duration().prop_map(Pattern::Every),
            (1u32..6).prop_map(Pattern::TimesDaily),
            (1u32..4).prop_map(Pattern::EveryCalendarMonths),
            Just(Pattern::Weekly),
            Just(Pattern::TwiceWeekly),
            Just(Pattern::ThreeTimesWeekly),
            Just(Pattern::Monthly),
            days.prop_map(|(days, cycle)| Pattern::OnDays { days, cycle }),
            weekdays.prop_map(|(first, others, at)| Pattern::OnWeekdays {
                days: std::iter::once(0)
                    .chain(others.into_iter().filter(|day| *day > 0))
                    .map(|day| Weekday::ALL[(first + day) % 7])
                    .collect(),
                at: at.into_iter().map(|(hour, minute)| ClockTime::new(hour, minute).unwrap()).collect(),
            }),
        ]
    }

    fn length() -> impl Strategy<Value = Length> {
        prop_oneof![
            duration().prop_map(Length::For),
            (1u32..20).prop_map(Length::Doses),
            (1u32..4).prop_map(Length::CalendarMonths)
        ]
    }

    fn rounding() -> impl Strategy<Value = Rounding> {
        let direction = prop::sample::select(vec![Direction::Nearest, Direction::Up, Direction::Down]);
        let to = prop_oneof![Just(Step::Device), quantity(&["mg", "ug"]).prop_map(Step::Amount)];
        (direction, to).prop_map(|(direction, to)| Rounding { direction, to })
    }

    fn steps(unit: &'static [&'static str]) -> impl Strategy<Value = Steps> {
        let each = prop_oneof![Just(Each::Week), (1u32..4).prop_map(Each::Doses)];
        (any::<bool>(), quantity(unit), each, quantity(unit)).prop_map(|(rising, by, each, to)| Steps {
            rising,
            by,
            each,
            to,
        })
    }

    fn phase() -> impl Strategy<Value = Phase> {
        const AMOUNTS: &[&str] = &["mg", "ug", "g"];
        const PER_KG: &[&str] = &["mg/kg", "ug/kg"];
        const RATES: &[&str] = &["mg/h", "ug/min"];
        let over = || option::of(duration()).prop_map(|over| over.map_or(Input::Bolus, Input::Over));
        let dose = prop_oneof![
            3 => (quantity(AMOUNTS), over(), option::of(steps(AMOUNTS)), option::of(quantity(&["mg", "mg/kg"]))),
            2 => (quantity(PER_KG), over(), option::of(steps(PER_KG)), option::of(quantity(AMOUNTS))),
            1 => (quantity(RATES), duration().prop_map(Input::AtRate), option::of(steps(RATES)), option::of(quantity(RATES))),
        ];
        let route = option::of(prop::sample::select(vec!["iv", "oral", "intranasal", "a-b_3"]));
        let salt = option::weighted(0.2, Just("HCl".to_string()));
        let exceptions = (option::of(numbers(8)), option::of(numbers(30)));
        let limits = (option::of(quantity(&["mg", "mg/kg"])), option::of(rounding()), option::of(1u32..4));
        (dose, route, salt, pattern(), option::weighted(0.9, length()), exceptions, limits, option::of(duration()))
            .prop_map(
                |(
                    (quantity, input, steps, first),
                    route,
                    salt,
                    pattern,
                    length,
                    (doses, days),
                    (max, rounding, count),
                    pause,
                )| {
                    let first = first.zip(count).map(|(quantity, doses)| First { doses, quantity });
                    Phase {
                        route: route.map(str::to_string),
                        input,
                        length,
                        steps: steps.filter(|_| first.is_none()),
                        first,
                        except_doses: doses.unwrap_or_default(),
                        except_days: days.unwrap_or_default(),
                        max,
                        rounding,
                        pause,
                        ..Phase::new(Dose { quantity, salt }, pattern)
                    }
                },
            )
    }

    /// Takes away what the rules forbid, so that most of what is drawn is kept.
    fn mended(mut phases: Vec<Phase>) -> Vec<Phase> {
        let last = phases.len() - 1;
        for (i, phase) in phases.iter_mut().enumerate() {
            let once = phase.pattern.is_once();
            if once && matches!(phase.length, Some(Length::Doses(_))) {
                phase.length = None;
            }
            if i < last && phase.length.is_none() {
                match once {
                    true => phase.pause = phase.pause.or(Duration::new(1.5, TimeUnit::Day).ok()),
                    false => phase.length = Some(Length::Doses(3)),
                }
            }
            if i == last {
                phase.pause = None;
            }
            if let Some(steps) = &mut phase.steps {
                steps.rising = steps.to.in_base() > phase.dose.quantity.in_base();
            }
            for drop in 0..4 {
                if Schedule::new(vec![vec![Phase { pause: None, ..phase.clone() }]], "2026-01-05".parse().ok()).is_ok()
                {
                    break;
                }
                match drop {
                    0 => phase.except_days = Numbers::default(),
                    1 => phase.except_doses = Numbers::default(),
                    2 => phase.first = None,
                    _ => phase.pattern = Pattern::Weekly,
                }
            }
        }
        phases
    }

    pub fn schedule() -> impl Strategy<Value = Schedule> {
        let start = option::of((0i64..3000).prop_map(|n| "2024-02-28".parse::<Date>().unwrap().plus_days(n)));
        (vec(vec(phase(), 1..4).prop_map(mended), 1..3), start)
            .prop_filter_map("not valid", |(courses, start)| Schedule::new(courses, start).ok())
    }
}

/// The doses of a schedule, the endless part for 50 weeks; `None` where these are too many.
fn doses_of(schedule: &Schedule) -> Option<Vec<PlannedDose>> {
    schedule.clone().bounded(Some(50.0 * 168.0)).ok().map(|regimen| regimen.doses())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn text_and_toml_are_two_spellings_of_one_schedule(schedule in any::schedule()) {
        let text = schedule.to_string();
        let from_text: Schedule = text.parse().map_err(|e| TestCaseError::fail(format!("{text}\n{e}")))?;
        prop_assert_eq!(&from_text, &schedule, "{}", &text);
        prop_assert_eq!(from_text.to_string(), text);

        let toml = schedule.to_toml();
        let from_toml = Schedule::from_toml(&toml, "it").map_err(|e| TestCaseError::fail(format!("{toml}\n{e}")))?;
        prop_assert_eq!(&from_toml, &schedule, "{}", &toml);
        prop_assert_eq!(from_toml.to_toml(), toml);

        prop_assert_eq!(doses_of(&from_text), doses_of(&schedule));
        prop_assert_eq!(doses_of(&from_toml), doses_of(&schedule));
    }

    #[test]
    fn doses_are_in_order_numbered_and_inside_their_phase(schedule in any::schedule()) {
        let Some(doses) = doses_of(&schedule) else { return Ok(()) };
        prop_assert!(doses.windows(2).all(|pair| (pair[0].time, pair[0].course) <= (pair[1].time, pair[1].course)));
        for (course, phases) in schedule.courses().iter().enumerate() {
            let mine: Vec<&PlannedDose> = doses.iter().filter(|dose| dose.course == course).collect();
            prop_assert!(mine.iter().enumerate().all(|(i, dose)| dose.session == i + 1));
            for (index, phase) in phases.iter().enumerate() {
                let slots = mine.iter().filter(|dose| dose.phase == index).map(|dose| dose.slot as u64 + 1);
                for slot in slots {
                    prop_assert!(!phase.except_doses.contains(slot));
                    if let Some(Length::Doses(doses)) = phase.length {
                        prop_assert!(slot <= u64::from(doses));
                    }
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(text in "[0-9a-zµ,./ x-]{0,40}|(84|1,5|-3|0)? ?(mg|mg/kg|h)? (iv|oral)? (over|at|every|on|for|x|then|, then|and|rising by|max)? ?(3|0) ?(d|weeks|mg)?.{0,5}") {
        if let Err(faults) = text.parse::<Schedule>() {
            for fault in faults.iter() {
                let span = fault.span.expect("every fault has a place");
                prop_assert!(span.end <= text.len() && text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
            }
            prop_assert!(faults.to_string().contains("-->"));
        }
    }
}
