//! The schedule language: what its words mean, its two spellings, and what it says about mistakes.

use posology::dosing::*;
use posology::error::Kind;

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
    ("84 mg weekly for 4 weeks first dose 56 mg", "E_REGIMEN_SYNTAX", "first", ""),
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
    assert!(lines[0].starts_with("error[E_REGIMEN_SYNTAX]: expected"), "{error}");
    assert_eq!(lines[1], " --> --give:1:18");
    assert!(lines[4].contains("                 ^^^^^ expected"), "{error}");
    assert_eq!(lines[5], "hint: did you mean `twice`?");
}

#[test]
fn several_wrong_phases_are_all_shown() {
    let faults = "84 mg weekly x 4, max 3 L, then every 0 d x 2".parse::<Schedule>().unwrap_err();
    assert_eq!(faults.iter().count(), 2, "{faults}");
}
