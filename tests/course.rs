//! Courses: a guided one worked out by hand, fixed ones beside `simulate`, adherence, the same numbers for any threads.
#![cfg(feature = "cli")]

mod common;
mod document;

use common::{Folder, Run, number, rows};
use document::{is_fresh, path, refreshed};
use posology::model::Catalogue;
use posology::prelude::*;
use std::collections::BTreeMap;

type Row = BTreeMap<String, String>;

/// An amount that halves in a week (from 1 L, so that mg/L are mg) and a score that is the amount, negative.
const HALVING: &str = r#"format = 1
id = "halving"
title = "t"
drug = "d"
grade = "A"
[source.s]
citation = "s"
[parameters]
half = { value = 1, unit = "week", source = "s: 1" }
V = { value = 1, unit = "L", source = "s: 1", iiv = { variance = 0.04 } }
kick = { value = 1, source = "s: 1", iiv = { variance = 0.09 } }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { rate = "0.69314718055994530942 / half" }
[routes.iv]
central = {}
[outputs]
conc = { value = "C(central)", unit = "mg/L" }
score = { value = "-kick * C(central) / 1[mg/L] * 1[points]", unit = "points" }
"#;

const GUIDED: &str = r#"format = 1
[[course]]
[[course.phase]]
dose = "16 mg"
route = "iv"
give = "weekly"
doses = 2
[[course.phase]]
guided = { output = "score", at = "visit", every = "1 week", lengthen_if = "<= -10 points", shorten_if = "> -6 points", intervals = ["1 week", "2 weeks", "4 weeks"], max_sessions = 7 }
"#;

/// A guided phase alone whose conditions never hold: every week.
const NEVER: &str = r#"format = 1
[[course]]
[[course.phase]]
dose = "16 mg"
route = "iv"
guided = { output = "score", at = "visit", every = "1 week", lengthen_if = "< -1000 points", shorten_if = "> 1000 points", intervals = ["1 week", "3 weeks"], max_sessions = 1000 }
"#;

fn folder() -> Folder {
    Folder::new().with("m.toml", HALVING).with("guided.toml", GUIDED).with("never.toml", NEVER)
}

fn course(folder: &Folder, options: &[&str]) -> Run {
    let done = folder.run(&[&["course", "m.toml"], options].concat());
    assert_eq!(done.code, 0, "{}", done.stderr);
    done
}

fn table(folder: &Folder, name: &str) -> Vec<Row> {
    rows(std::str::from_utf8(&folder.files("")[name]).unwrap())
}

fn close(a: f64, b: f64, rel: f64) -> bool {
    (a - b).abs() <= rel * b.abs().max(1e-300)
}

#[test]
fn a_guided_course_is_the_one_worked_out_by_hand() {
    // The amount before and after each week's visit; 16 mg are added where a session is given. The phase begins in week 2.
    //  week  before      after      what the rule says (interval in force, weeks since the latest session)
    //   0    0           16         fixed
    //   1    8           24         fixed
    //   2    12          28         the phase begins: a session, interval 1
    //   3    14          30         1 week since: a session; 14 >= 10, so the next interval is 2
    //   4    15          15         1 of 2 weeks
    //   5    7.5         23.5       2 of 2 weeks: a session; 7.5 is neither
    //   6    11.75       11.75      1 of 2
    //   7    5.875       21.875     5.875 < 6: interval 1, over: a session
    //   8    10.9375     26.9375    1 of 1: a session; the next interval is 2
    //   9    13.46875    13.46875   1 of 2
    //  10    6.734375    22.734375  2 of 2: a session
    //  11    11.3671875  11.3671875 1 of 2
    //  12    5.68359375  21.68359375 below 6: interval 1, over: the seventh session of the phase, and the last
    let folder = folder();
    course(&folder, &["--schedule", "guided.toml", "--until", "20 weeks", "--out", "o"]);
    let visits = table(&folder, "o/visits.csv");
    let expected = [
        (2, None, "yes", "1 week"),
        (3, Some(14.0), "yes", "2 weeks"),
        (4, Some(15.0), "no", "2 weeks"),
        (5, Some(7.5), "yes", "2 weeks"),
        (6, Some(11.75), "no", "2 weeks"),
        (7, Some(5.875), "yes", "1 week"),
        (8, Some(10.9375), "yes", "2 weeks"),
        (9, Some(13.46875), "no", "2 weeks"),
        (10, Some(6.734375), "yes", "2 weeks"),
        (11, Some(11.3671875), "no", "2 weeks"),
        (12, Some(5.68359375), "yes", "1 week"),
    ];
    assert_eq!(visits.len(), expected.len(), "no visit after the last session");
    for (row, (week, amount, due, interval)) in visits.iter().zip(expected) {
        assert_eq!(number(row, "time"), 7.0 * f64::from(week));
        assert_eq!((row["due"].as_str(), row["interval"].as_str()), (due, interval), "week {week}");
        match amount {
            Some(amount) => assert!(close(number(row, "value"), -amount, 1e-12), "week {week}: {row:?}"),
            None => assert_eq!(row["value"], ""),
        }
    }
    let sessions = table(&folder, "o/sessions.csv");
    let weeks = [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 8.0, 10.0, 12.0];
    let before = [f64::NAN, 8.0, 12.0, 14.0, 7.5, 5.875, 10.9375, 6.734375, 5.68359375];
    let rules = ["", "", "1 week", "1 week", "2 weeks", "1 week", "1 week", "2 weeks", "1 week"];
    assert_eq!(sessions.len(), 9);
    for (i, row) in sessions.iter().enumerate() {
        assert_eq!((number(row, "time"), number(row, "dose")), (7.0 * weeks[i], 16.0));
        assert_eq!((row["rule"].as_str(), row["missed"].as_str()), (rules[i], "no"));
        // In week 7 the rule's interval became 1 week when 2 had passed.
        assert!(i == 0 || number(row, "interval") == 7.0 * (weeks[i] - weeks[i - 1]), "{row:?}");
        assert!(i == 0 || close(number(row, "score"), -before[i], 1e-12), "{row:?}");
    }
    let summary = &table(&folder, "o/summary.csv")[0];
    assert_eq!((number(summary, "sessions"), number(summary, "dose")), (9.0, 144.0));
    assert_eq!((number(summary, "last_session"), summary["interval_end"].as_str()), (84.0, "all sessions given"));
    // Halved eight times after 21.68359375; what has left is the rate constant times the area.
    let end = 21.68359375 / 256.0;
    assert!(close(number(summary, "score_end"), -end, 1e-12), "{summary:?}");
    let area = 1000.0 * (144.0 - end) * 168.0 / std::f64::consts::LN_2;
    assert!(close(number(summary, "AUC_other"), area, 1e-12), "{summary:?}");
    let phases = table(&folder, "o/phases.csv");
    assert!(close(number(&phases[0], "score_end"), -12.0, 1e-12), "before the session that begins the next phase");
    assert_eq!((number(&phases[0], "sessions"), number(&phases[1], "sessions")), (2.0, 7.0));
    assert_eq!(number(&phases[1], "ends"), 91.0, "a week after the last session, the interval in force");
    assert!(close(number(&phases[1], "score_end"), -21.68359375 / 2.0, 1e-12), "{:?}", phases[1]);
}

#[test]
fn intervals_are_those_in_force_and_those_that_passed() {
    // Nobody differs: everybody's guided sessions are in the weeks 2, 3, 5, 7, 8, 10 and 12, as above.
    let alike = HALVING.replace(", iiv = { variance = 0.04 }", "").replace(", iiv = { variance = 0.09 }", "");
    let folder = folder().with("alike.toml", &alike);
    let run = |until: &str, out: &str| {
        let options = ["course", "alike.toml", "--schedule", "guided.toml", "--subjects", "3", "--seed", "1"];
        let done = folder.run(&[&options[..], &["--until", until, "--out", out]].concat());
        assert_eq!(done.code, 0, "{}", done.stderr);
        let cells =
            |row: &Row| ["interval", "people_at_end", "sessions_after"].map(|column| row[column].clone()).join(" / ");
        table(&folder, &format!("{out}/intervals.csv")).iter().map(cells).collect::<Vec<_>>()
    };
    let ends = ["fixed times / 0 / ", "all sessions given / 3 / ", "stopped / 0 / "];
    let [fixed, all, stopped] = ends;
    assert_eq!(run("20 weeks", "o"), [fixed, "1 week / 0 / 6", "2 weeks / 0 / 12", "4 weeks / 0 / 0", all, stopped]);
    // Half a week after the visit of week 7: the interval in force is 1 week, and 1, 2 and 2 weeks had passed.
    let none = "all sessions given / 0 / ";
    assert_eq!(run("7.5 weeks", "h"), [fixed, "1 week / 3 / 3", "2 weeks / 0 / 6", "4 weeks / 0 / 0", none, stopped]);
}

#[test]
fn missed_and_late_sessions_count_by_the_interval_that_passed() {
    let folder = folder();
    course(&folder, &[&["--schedule", "never.toml", "--until", "15 weeks", "--out", "o"], &LATE[..]].concat());
    let mut passed: BTreeMap<String, f64> = BTreeMap::new();
    for row in table(&folder, "o/sessions.csv").iter().filter(|row| row["ID"] != "0" && !row["interval"].is_empty()) {
        assert_eq!(row["rule"], "1 week");
        let weeks = (number(row, "interval") / 7.0).round();
        let words = if weeks == 1.0 { "1 week".to_string() } else { format!("{weeks} weeks") };
        *passed.entry(words).or_default() += 1.0;
    }
    assert!(passed.len() > 2 && passed.contains_key("2 weeks"), "{passed:?}");
    let all: f64 = passed.values().sum();
    let rows = table(&folder, "o/intervals.csv");
    for row in rows.iter().filter(|row| !row["sessions_after"].is_empty()) {
        let count = passed.remove(&row["interval"]).unwrap_or(0.0);
        assert_eq!((number(row, "sessions_after"), number(row, "share_of_sessions")), (count, count / all), "{row:?}");
        // Two weeks are no interval of the rule.
        let of_rule = ["1 week", "3 weeks"].contains(&row["interval"].as_str());
        assert_eq!(row["people_at_end"].is_empty(), !of_rule, "{row:?}");
    }
    assert!(passed.is_empty(), "{passed:?}");
    assert_eq!(rows.iter().find(|row| row["interval"] == "1 week").unwrap()["people_at_end"], "12");
}

/// The rows of a file without the columns that tell two spellings of one course apart.
fn plain(rows: Vec<Row>) -> Vec<Row> {
    let unlike = ["arm", "rule", "interval_end", "missing"];
    let strip = |mut row: Row| {
        unlike.iter().for_each(|column| drop(row.remove(*column)));
        row
    };
    rows.into_iter().map(strip).collect()
}

const LATE: [&str; 10] =
    ["--subjects", "12", "--seed", "3", "--missed", "0.2", "--delayed", "0.3", "--delay-up-to", "3d"];

#[test]
fn a_guide_that_never_acts_is_the_fixed_schedule_of_its_first_interval() {
    for adherence in [&[][..], &LATE, &["--subjects", "12", "--seed", "3", "--stop", "0.1"]] {
        let folder = folder();
        for (schedule, out) in [("never.toml", "a"), ("16 mg iv weekly", "b")] {
            let options = ["--schedule", schedule, "--until", "15 weeks", "--out", out];
            course(&folder, &[&options, adherence].concat());
        }
        for name in ["people.csv", "sessions.csv"] {
            let [a, b] = ["a", "b"].map(|out| plain(table(&folder, &format!("{out}/{name}"))));
            assert_eq!(a, b, "{name} with {adherence:?}");
        }
    }
}

/// Two courses in parallel, the first weekly, and the second what this phase says.
fn parallel(second: &str) -> String {
    let weekly = "[[course]]\n[[course.phase]]\ndose = \"8 mg\"\nroute = \"iv\"\ngive = \"weekly\"\n";
    format!("format = 1\n{weekly}[[course]]\n[[course.phase]]\ndose = \"16 mg\"\nroute = \"iv\"\n{second}\n")
}

#[test]
fn nothing_is_given_after_the_last_session_and_all_of_its_instant_are() {
    let rule = NEVER.lines().last().unwrap();
    let folder = folder().with("fixed.toml", &parallel("give = \"weekly\"")).with("rule.toml", &parallel(rule));
    let late = ["--delayed", "0.5", "--delay-up-to", "6d"];
    for (late, name) in [(&[][..], "prompt"), (&late, "late")] {
        let mut found = Vec::new();
        for schedule in ["fixed", "rule"] {
            let (file, out) = (format!("{schedule}.toml"), format!("{schedule}-{name}"));
            let people =
                ["--schedule", &file, "--until", "15 weeks", "--subjects", "60", "--seed", "3", "--stop", "0.1"];
            course(&folder, &[&people, late, &["--out", &out]].concat());
            let [people, sessions] = ["people", "sessions"].map(|n| table(&folder, &format!("{out}/{n}.csv")));
            let mut stopped = 0;
            for person in people.iter().filter(|row| !row["stopped"].is_empty()) {
                let given = sessions.iter().filter(|row| row["ID"] == person["ID"] && row["missed"] == "no");
                let given: Vec<&Row> = given.collect();
                let end = number(person, "stopped");
                let last = given.iter().map(|row| number(row, "time")).fold(0.0, f64::max);
                assert_eq!(last, end, "{out}: {person:?}");
                let at_the_end = given.iter().filter(|row| number(row, "time") == end).count();
                assert!(at_the_end == 2 || !late.is_empty() && at_the_end == 1, "{out}: {person:?}");
                // What is planned up to then is given, but for what is late beyond it.
                let planned = 2.0 * ((end / 7.0).floor() + 1.0);
                let missing = planned - given.len() as f64;
                assert!(missing == 0.0 || !late.is_empty() && missing <= 1.0, "{out}: {person:?}");
                stopped += 1;
            }
            assert!(stopped > 50, "{stopped}");
            found.push((plain(people), plain(sessions)));
        }
        assert_eq!(found[0], found[1], "{name}: guided and fixed courses stop alike");
    }
}

#[test]
fn a_fixed_course_is_what_simulate_gives() {
    let folder = folder();
    let regimen = "16 mg iv twice weekly for 4 weeks, first dose 8 mg, then weekly";
    course(&folder, &["--give", regimen, "--until", "10 weeks", "--out", "o"]);
    let model = Model::parse(HALVING, "m.toml", &Catalogue).unwrap();
    let schedule: Schedule = regimen.parse().unwrap();
    let profile = Simulation::new(&model).give(schedule).until(1680.0.hours()).run().unwrap();
    let (conc, score) = (profile.output("conc").unwrap(), profile.output("score").unwrap());
    let summary = &table(&folder, "o/summary.csv")[0];
    assert_eq!(number(summary, "sessions"), profile.sessions().len() as f64);
    let area = conc.auc(0.0, 1680.0).to(&"ng*h/mL".parse().unwrap()).unwrap();
    assert_eq!(number(summary, "AUC_other"), area.value());
    assert_eq!(number(summary, "score_end"), score.at(1680.0).value());
    for (row, session) in table(&folder, "o/sessions.csv").iter().zip(profile.sessions()) {
        assert_eq!((number(row, "time") * 24.0, number(row, "dose")), (session.time, session.amount));
        if session.time > 0.0 {
            assert_eq!(number(row, "score"), score.at(session.time.next_down()).value());
        }
    }
}

/// A year is drawn a day apart, and an infusion that is gone by the next day still shows its peak.
#[test]
fn figures_go_through_the_peaks_of_fast_effects() {
    use posology::study::course::{CoursePlan, courses};
    let plan = r#"format = 1
until = "52 weeks"
population = { size = 5, seed = 1 }
[[arm]]
name = "a"
model = "m"
schedule = "16 mg iv over 40 min weekly"
"#;
    let model = HALVING.replace("unit = \"week\"", "unit = \"h\"");
    let plan = CoursePlan::parse("p.toml", plan).unwrap();
    let load = |_: &str, _: &[_]| Ok(Model::parse(&model, "m.toml", &Catalogue)?);
    let schedule = |text: &str| {
        Ok(posology::dosing::ScheduleFile { about: Default::default(), schedule: Schedule::from_text(text, "s")? })
    };
    let arms = plan.load(load, schedule).unwrap();
    let result = courses(&plan, &arms, Default::default(), |_| ()).unwrap();
    let arm = &result.arms[0];
    // An infusion of 16 mg over 2/3 h with the half-life of 1 h, without what is left of earlier ones: 2^-168.
    let rate = std::f64::consts::LN_2;
    let peak = 24.0 / rate * (1.0 - (-rate * 2.0 / 3.0f64).exp());
    for week in 0..52 {
        let time = 168.0 * f64::from(week) + 2.0 / 3.0;
        let place = arm.times.iter().position(|t| (t - time).abs() < 1e-9).expect("the end of each infusion");
        assert!(close(arm.typical.curve[place], -peak, 1e-9), "week {week}: {}", arm.typical.curve[place]);
        assert!(arm.people.iter().all(|person| person.as_ref().unwrap().curve[place] < -1.0));
    }
    assert!(arm.follows_sessions && arm.times.is_sorted());
}

#[test]
fn adherence_of_nothing_is_none_and_of_everything_leaves_the_first_session() {
    let folder = folder();
    let people = ["--schedule", "guided.toml", "--schedule", "16 mg iv weekly x 9", "--subjects", "9", "--seed", "1"];
    let out =
        |more: &[&str], out: &str| course(&folder, &[&people, more, &["--until", "12 weeks", "--out", out]].concat());
    out(&[], "none");
    out(&["--missed", "0", "--delayed", "0", "--delay-up-to", "1d", "--stop", "0"], "nothing");
    let (none, mut nothing) = (folder.files("none"), folder.files("nothing"));
    assert_eq!(none, nothing);
    nothing.clear();
    for (all, name) in [("--missed", "missed"), ("--stop", "stop")] {
        out(&[all, "1"], name);
        for row in table(&folder, &format!("{name}/people.csv")).iter().filter(|row| row["ID"] != "0") {
            assert_eq!((number(row, "sessions"), number(row, "dose")), (1.0, 16.0), "{name}: {row:?}");
            assert_eq!(row["stopped"], if name == "stop" { "0" } else { "" });
        }
    }
    let missed = table(&folder, "missed/people.csv");
    assert_eq!(number(&missed[11], "missed"), 8.0, "eight of nine");
    assert_eq!(number(&missed[0], "sessions"), number(&table(&folder, "none/people.csv")[0], "sessions"), "typical");
}

#[test]
fn shares_are_those_that_were_asked_for() {
    let folder = folder();
    let options = ["--give", "16 mg iv weekly x 21", "--until", "30 weeks", "--subjects", "500", "--seed", "7"];
    let adherence = ["--missed", "0.3", "--delayed", "0.25", "--delay-up-to", "48h", "--out", "o"];
    course(&folder, &[&options, &adherence[..]].concat());
    let sessions: Vec<Row> = table(&folder, "o/sessions.csv").into_iter().filter(|row| row["ID"] != "0").collect();
    let later: Vec<&Row> = sessions.iter().filter(|row| row["session"] != "1").collect();
    let n = later.len() as f64;
    assert_eq!(n, 10_000.0);
    let count = |which: &dyn Fn(&Row) -> bool| later.iter().filter(|row| which(row)).count() as f64;
    // Four standard deviations of a binomial share.
    let near = |share: f64, p: f64, n: f64| (share - p).abs() < 4.0 * (p * (1.0 - p) / n).sqrt();
    let missed = count(&|row| row["missed"] == "yes");
    assert!(near(missed / n, 0.3, n), "{missed}");
    let late = count(&|row| !row["late"].is_empty() && number(row, "late") > 0.0);
    assert!(near(late / (n - missed), 0.25, n - missed), "{late}");
    let delays: Vec<f64> =
        later.iter().filter(|r| !r["late"].is_empty()).map(|r| number(r, "late")).filter(|d| *d > 0.0).collect();
    assert!(delays.iter().all(|delay| *delay < 2.0));
    let mean = delays.iter().sum::<f64>() / late;
    assert!((mean - 1.0).abs() < 4.0 * (4.0 / 12.0 / late).sqrt(), "{mean}");
    // Each of the 21 sessions is the last with probability 0.05.
    course(&folder, &[&options, &["--stop", "0.05", "--out", "s"][..]].concat());
    let people: Vec<Row> = table(&folder, "s/people.csv").split_off(1);
    let stayed = people.iter().filter(|row| row["stopped"].is_empty()).count() as f64 / 500.0;
    assert!(near(stayed, 0.95f64.powi(21), 500.0), "{stayed}");
    let over = shares_at_end(&table(&folder, "s/intervals.csv"), "all sessions given");
    assert_eq!(over, stayed, "21 weeks of 30: whoever did not stop has had all");
    assert_eq!(shares_at_end(&table(&folder, "s/intervals.csv"), "fixed times"), 0.0);
    let mean = people.iter().map(|row| number(row, "sessions")).sum::<f64>() / 500.0;
    // The sum of 0.95^k for k = 0..20; its standard deviation is below that of the untruncated, 19.5.
    assert!((mean - (1.0 - 0.95f64.powi(21)) / 0.05).abs() < 4.0 * 19.5 / 500f64.sqrt(), "{mean}");
    assert_eq!(shares_at_end(&table(&folder, "s/intervals.csv"), "stopped"), 1.0 - stayed);
}

fn shares_at_end(intervals: &[Row], state: &str) -> f64 {
    number(intervals.iter().find(|row| row["interval"] == state).unwrap(), "share_of_people")
}

#[test]
fn numbers_belong_to_person_and_session_alone() {
    let folder = folder();
    let base = ["--schedule", "guided.toml", "--until", "16 weeks", "--seed", "5"];
    let out = |more: &[&str], out: &str| course(&folder, &[&base, more, &["--out", out]].concat());
    let late = ["--missed", "0.2", "--delayed", "0.3", "--delay-up-to", "3d", "--stop", "0.02"];
    out(&[&["--subjects", "40", "--threads", "1"], &late[..]].concat(), "one");
    out(&[&["--subjects", "40", "--threads", "2"], &late[..]].concat(), "two");
    assert_eq!(folder.files("one"), folder.files("two"));
    out(&[&["--subjects", "17"], &late[..]].concat(), "few");
    let (many, few) = (table(&folder, "one/people.csv"), table(&folder, "few/people.csv"));
    assert_eq!(many[..18], few[..]);
    // Who misses a session at one probability misses it at a larger one; what else is asked does not matter.
    let fixed = |more: &[&str], out: &str| {
        let base = ["--give", "16 mg iv weekly x 12", "--until", "16 weeks", "--seed", "5", "--subjects", "40"];
        course(&folder, &[&base, more, &["--out", out]].concat());
        let sessions = table(&folder, &format!("{out}/sessions.csv"));
        let missed = sessions.into_iter().filter(|row| row["missed"] == "yes");
        missed.map(|row| (row["ID"].clone(), row["session"].clone())).collect::<Vec<_>>()
    };
    let (few, more) = (fixed(&["--missed", "0.1"], "a"), fixed(&["--missed", "0.3"], "b"));
    assert!(few.len() > 20 && few.iter().all(|missed| more.contains(missed)) && more.len() > 2 * few.len());
    assert_eq!(few, fixed(&["--missed", "0.1", "--delayed", "0.9", "--delay-up-to", "2d"], "c"));
}

/// Saturable elimination, a lag, occasions, an effect that is integrated, and a weight that doses are by.
const ROUGH: &str = r#"format = 1
id = "rough"
title = "t"
drug = "d"
grade = "assumed"
[population]
occasion = { per = "session", gap = "12 h" }
[covariates]
weight = { unit = "kg", reference = 70 }
[parameters]
Vmax = { value = 8, unit = "mg/h", grade = "assumed", why = "a test", iiv = { cv = 0.2 }, iov = { cv = 0.4 } }
Km = { value = 0.5, unit = "mg/L", grade = "assumed", why = "a test" }
V = { value = 50, unit = "L", grade = "assumed", why = "a test" }
ka = { value = 0.3, unit = "1/h", grade = "assumed", why = "a test", iov = { cv = 0.3 } }
lag = { value = 2, unit = "h", grade = "assumed", why = "a test" }
kin = { value = 0.012, unit = "1/h", grade = "assumed", why = "a test", iiv = { cv = 0.3 } }
[compartments]
depot = {}
central = { volume = "V" }
[flows]
"depot -> central" = { rate = "ka" }
"central -> out" = { flux = "Vmax * C(central) / (Km + C(central))" }
[routes.oral]
depot = { lag = "lag" }
[routes.iv]
central = {}
[states]
R = { rate = "kin * (40 * conc / (0.3[mg/L] + conc) - R)" }
[outputs]
conc = { value = "C(central)", unit = "mg/L", analyte = "S-ketamine" }
score = { value = "-R * 1[points]", unit = "points" }
"#;

/// The walk from visit to visit and the simulation of what it decided are two ways through the engines.
#[test]
fn what_was_seen_at_visits_is_what_the_doses_give() {
    let schedule = r#"format = 1
[[course]]
[[course.phase]]
dose = "2 mg/kg"
route = "oral"
give = "twice weekly"
for = "2 weeks"
[[course.phase]]
guided = { output = "score", at = "visit", every = "1 week", lengthen_if = "<= -0.3 points", shorten_if = "> -0.03 points", intervals = ["1 week", "2 weeks", "4 weeks"], max_sessions = 30 }
[[course]]
[[course.phase]]
dose = "20 mg"
route = "iv"
over = "40 min"
give = "every 3 weeks"
for = "20 weeks"
"#;
    let folder = Folder::new().with("m.toml", ROUGH).with("s.toml", schedule);
    let options = ["--schedule", "s.toml", "--until", "26 weeks", "--subjects", "20", "--seed", "2", "--out", "o"];
    course(&folder, &[&options, &["--missed", "0.15", "--delayed", "0.3", "--delay-up-to", "2d"][..]].concat());
    let sessions = table(&folder, "o/sessions.csv");
    let key = |row: &Row, time: &str| (row["ID"].clone(), row[time].clone());
    let mut compared = 0;
    let mut intervals: Vec<String> = Vec::new();
    for visit in table(&folder, "o/visits.csv").iter().filter(|row| !row["value"].is_empty() && row["due"] == "yes") {
        let mine = |row: &&Row| row["course"] == "1" && key(row, "planned") == key(visit, "time");
        let session = sessions.iter().find(mine).expect("what is due is a session, missed or not");
        intervals.push(session["rule"].clone());
        if session["missed"] == "no" && session["late"] == "0" {
            compared += 1;
            let (seen, simulated) = (number(visit, "value"), number(session, "score"));
            assert!((seen - simulated).abs() < 1e-6, "{visit:?} {session:?}");
        }
    }
    assert!(compared > 100, "{compared}");
    assert!(["1 week", "2 weeks", "4 weeks"].iter().all(|i| intervals.iter().any(|k| k == i)), "all intervals occur");
    let amounts: Vec<f64> =
        sessions.iter().filter(|r| r["course"] == "1" && r["missed"] == "no").map(|r| number(r, "dose")).collect();
    assert!(amounts.iter().all(|amount| *amount == 140.0));
}

fn name_and_digest(input: &serde_json::Value) -> (&str, &str) {
    (input["name"].as_str().unwrap(), input["sha256"].as_str().unwrap())
}

#[test]
fn arms_lack_what_their_model_does_not_have_and_say_so() {
    let plan = r#"format = 1
title = "Two routes"
until = "9 weeks"
population = { size = 6, seed = 1 }
[adherence]
missed = 0.1
delayed = { probability = 0.2, up_to = "1 d" }
[[arm]]
name = "rough"
model = "rough.toml"
schedule = "100 mg oral weekly x 8"
subject = { weight = "60 kg" }
[[arm]]
name = "halving"
model = "m.toml"
schedule = "guided.toml"
"#;
    let folder = folder().with("rough.toml", ROUGH).with("p.toml", plan);
    let done = folder.run(&["course", "p.toml", "--out", "o", "--plot", "f.svg"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let summary = table(&folder, "o/summary.csv");
    assert!(number(&summary[0], "AUC_S-ketamine") > 0.0 && number(&summary[1], "AUC_other") > 0.0);
    assert_eq!((summary[0]["AUC_other"].as_str(), summary[0]["AUC_S-norketamine"].as_str()), ("", ""));
    assert!(summary[0]["missing"].contains("AUC_S-norketamine: not in `rough`"), "{}", summary[0]["missing"]);
    assert_eq!((number(&summary[0], "dose_per_kg"), summary[1]["dose_per_kg"].as_str()), (800.0 / 60.0, ""));
    assert_eq!((summary[0]["grade"].as_str(), summary[1]["grade"].as_str()), ("assumed", "A"));
    assert!(done.stdout.contains("AUC_other") && !done.stdout.contains("norketamine"), "{}", done.stdout);
    assert_eq!(done.stdout.matches(") not in `m").count(), 0, "{}", done.stdout);
    assert_eq!(done.stdout.matches(" not in `rough`").count(), 2, "once per table\n{}", done.stdout);
    let figure = String::from_utf8(folder.files("")["f.svg"].clone()).unwrap();
    assert!(figure.contains("typical person (assumed)") && figure.contains("Dashed: assumed"));
    let manifest: serde_json::Value = serde_json::from_slice(&folder.files("o")["manifest.json"]).unwrap();
    assert_eq!(manifest["seed"], 1);
    let inputs: Vec<(&str, &str)> = manifest["inputs"].as_array().unwrap().iter().map(name_and_digest).collect();
    let digest = |text: &str| posology::io::sha256_hex(text.as_bytes());
    assert_eq!(inputs, [("p.toml", digest(plan).as_str()), ("guided.toml", &digest(GUIDED))]);
    assert_eq!(manifest["settings"]["adherence"], "missed 0.1, delayed 0.2 by up to 24 h, stop 0");
}

#[test]
fn headings_are_rounded_and_own_schedules_called_as_they_say() {
    let folder = folder().with("own.toml", &GUIDED.replacen("format = 1", "format = 1\nid = \"my-own\"", 1));
    let done =
        course(&folder, &["--schedule", "own.toml", "--schedule", "16 mg iv once", "--until", "1 year", "--out", "o"]);
    assert!(
        done.stdout.contains("typical person, 52.18 weeks\n") && done.stdout.contains("\nmy-own "),
        "{}",
        done.stdout
    );
    // 16 mg, halved 52 times in a year.
    assert!(!done.stdout.contains("e-1"), "{}", done.stdout);
    let names: Vec<String> = table(&folder, "o/summary.csv").iter().map(|row| row["arm"].clone()).collect();
    assert_eq!(names, ["my-own", "16 mg iv once"]);
    assert!(number(&table(&folder, "o/summary.csv")[1], "score_end") < -1e-15, "CSV has all of it");
    assert!(course(&folder, &["--give", "16 mg iv once", "--until", "7 d"]).stdout.contains(", 1 week\n"));
}

#[test]
fn somebody_who_fails_is_a_row_with_the_reason() {
    let model = HALVING.replace("[parameters]", "[covariates]\nx = { unit = \"kg\", reference = 1 }\n[parameters]");
    let model = model.replace("/ half", "/ (half * x / 1[kg])");
    let folder = Folder::new().with("m.toml", &model).with("people.csv", "ID,x [kg]\n1,1\n2,-1\n3,2\n");
    let options = ["--give", "16 mg iv weekly x 3", "--until", "5 weeks", "--population", "people.csv", "--seed", "1"];
    let done = folder.run(&[&["course", "m.toml"], &options[..], &["--out", "o"]].concat());
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(done.stderr.contains("1 of 3 subjects"), "{}", done.stderr);
    let people = table(&folder, "o/people.csv");
    assert!(people[2]["failed"].starts_with("E_") && people[2]["sessions"].is_empty(), "{:?}", people[2]);
    assert_eq!([1, 3].map(|id| people[id]["failed"].as_str()), ["", ""]);
    assert_eq!(number(&table(&folder, "o/population.csv")[0], "n"), 2.0);
}

#[test]
fn the_examples_of_the_document_are_real() {
    let options = "--schedule esketamine-guided-maintenance --schedule esketamine-trd-adult-84 --effect antidepressant-response \
                   --subjects 40 --seed 1 --missed 0.1 --delayed 0.2 --delay-up-to 2d --stop 0.01 --out out";
    let command = format!("course esketamine-perez-ruixo-2021 {options}");
    let folder = Folder::new();
    let run = folder.run(&command.split_whitespace().collect::<Vec<_>>());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let block = format!("```text\n$ posology {command}\n{}```\n", run.stdout);
    let page = std::fs::read_to_string(path("docs/courses.md")).unwrap();
    is_fresh("docs/courses.md", &refreshed(&page, &BTreeMap::from([("course", block)])), "course");
    let figure = String::from_utf8(folder.files("out")["course.svg"].clone()).unwrap();
    is_fresh("docs/figures/course_guided.svg", &figure, "course");
    let plan = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let plan = plan.replace("size = 200", "size = 2").replace("52 weeks", "10 weeks");
    let run = folder.with("plan.toml", &plan).run(&["course", "plan.toml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}
