//! Event records against NONMEM, Monolix, mrgsolve, closed forms of 40 digits and others, row by row, through the public
//! interface: a model file, the reader of data sets, the replay. The numbers are in the folder `POSOLOGY_ORACLES`; where it
//! is not set the tests say that they are skipped.
#![cfg(feature = "study")]

mod document;
mod oracle;

use document::{is_fresh, path, refreshed};
use oracle::{Agreement, Expected, Scenario, scenarios};
use posology::simulate::{CovariateRule, Rules};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

/// Folders of linear scenarios, and whose numbers are in them.
const PROGRAMS: [(&str, &str); 10] = [
    ("analytic", "matrix exponential of 40 digits"),
    ("campsis", "rxode2 and mrgsolve, two decimals"),
    ("esketamine", "independent exact solution, 12 digits"),
    ("monolix", "Monolix 2023R1"),
    ("mrgsolve_run", "mrgsolve, integrated to 1e-10"),
    ("nonmem_dosing", "NONMEM 7.5.1"),
    ("nonmem_examples", "NONMEM 7"),
    ("nonmem_ss_lag", "NONMEM 7.4.3"),
    ("nonmem_timevarying", "NONMEM 7.4 and 7.5.1"),
    ("nonmem_tutorial", "NONMEM 7.4 to 7.5"),
];

/// Written past the test harness, which hides what a passing test prints.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn root() -> Option<PathBuf> {
    let root = std::env::var_os("POSOLOGY_ORACLES").map(PathBuf::from);
    if root.is_none() {
        say("skipped: POSOLOGY_ORACLES is not set");
    }
    root
}

/// What came of the scenarios of a source.
#[derive(Default)]
struct Source {
    scenarios: usize,
    /// Rows that can be compared.
    rows: usize,
    compared: usize,
    numbers: usize,
    agreeing: usize,
    relative: f64,
}

impl Source {
    fn add(&mut self, scenario: &Scenario, expected: &[Expected], found: Result<Agreement, posology::Error>) {
        self.scenarios += 1;
        self.rows += expected.iter().filter(|e| e.used).count();
        let agreement = match found {
            Ok(agreement) => agreement,
            Err(error) => return say(&format!("{} is refused: {error}", scenario.name)),
        };
        self.compared += agreement.rows;
        self.numbers += agreement.numbers;
        self.relative = self.relative.max(agreement.relative);
        match agreement.within && (agreement.sharp || scenario.digits() < 10) {
            true => self.agreeing += 1,
            false => say(&format!("{} does not agree: {agreement:?}", scenario.name)),
        }
    }
}

fn share(part: usize, whole: usize) -> String {
    format!("{part} of {whole} ({:.0} %)", 100.0 * part as f64 / whole as f64)
}

/// The power of ten that is not smaller.
fn power_of_ten(value: f64) -> String {
    format!("1e{:.0}", value.log10().ceil())
}

/// Observations that are not compared: the numbers of the other program are not physical there.
fn unphysical(scenario: &Scenario, expected: &[Expected]) -> Option<String> {
    let rows: Vec<&Expected> = expected.iter().filter(|e| e.observed && !e.used).collect();
    let (first, last) = (rows.first()?, rows.last()?);
    Some(format!("{}: rows {} to {} ({} to {} h)", scenario.name, first.row, last.row, first.time, last.time))
}

#[test]
fn every_linear_scenario_agrees_at_every_row() {
    let Some(root) = root() else { return };
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    let (mut waiting, mut left_out) = (Vec::new(), Vec::new());
    for scenario in scenarios(&root) {
        if !scenario.is_linear() {
            waiting.push(scenario.name);
            continue;
        }
        let (model, expected) = (scenario.model(), scenario.expected());
        let found = scenario.simulate(&model, scenario.rules()).map(|rows| scenario.agreement(&rows, &expected));
        sources.entry(scenario.source.clone()).or_default().add(&scenario, &expected, found);
        left_out.extend(unphysical(&scenario, &expected));
    }
    let mut table = String::from(
        "| folder | numbers of | scenarios | coverage: rows | agreement: scenarios | numbers | worst deviation |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for (folder, source) in &sources {
        let (_, program) = PROGRAMS.iter().find(|(name, _)| name == folder).expect("the source is known");
        let (coverage, agreement) = (share(source.compared, source.rows), share(source.agreeing, source.scenarios));
        let (numbers, worst) = (source.numbers, power_of_ten(source.relative));
        say(&format!(
            "{folder}: coverage {coverage} rows, agreement {agreement} scenarios, worst {:.1e}",
            source.relative
        ));
        table += &format!(
            "| {folder} | {program} | {} | {coverage} | {agreement} | {numbers} | {worst} |\n",
            source.scenarios
        );
    }
    for line in &left_out {
        say(&format!("not compared: {line}"));
    }
    say(&format!("waiting for engines of non-linear systems: {}", waiting.join(", ")));
    table += &format!(
        "\nNot compared, because NONMEM's steady state is not physical before the first dose after the lag has come (lag longer than\n\
         II): {}.\n\nWaiting for engines of non-linear systems: {}.\n",
        left_out.join("; "),
        waiting.join(", ")
    );
    assert!(sources.values().all(|s| s.compared == s.rows), "coverage is not complete");
    assert!(sources.values().all(|s| s.agreeing == s.scenarios), "not everything agrees");
    assert_eq!(sources.len(), PROGRAMS.len(), "a source is missing");
    refresh("events", table);
}

/// Replaces one table of VALIDATION.md.
fn refresh(name: &str, table: String) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let document = std::fs::read_to_string(path("VALIDATION.md")).unwrap();
    is_fresh("VALIDATION.md", &refreshed(&document, &BTreeMap::from([(name, table)])), "pk_events");
}

/// A rule, how to turn it the other way, and whether the public numbers are known to see it.
type Ablation = (&'static str, fn(&mut Rules), bool);

const ABLATIONS: [Ablation; 7] = [
    ("R5: values of a covariate hold up to their record", |r| r.covariates = other(r.covariates), true),
    ("R2: lagged doses arrive before the record of their time", |r| r.lagged_before_record = false, true),
    ("R20: a steady state drops lagged doses", |r| r.steady_drops_lagged = false, true),
    ("R20: a steady state drops additional doses", |r| r.steady_drops_additional = false, false),
    ("R14: a reset drops what is to come", |r| r.reset_drops_pending = false, false),
    ("R21: an added steady state leaves running infusions alone", |r| r.added_steady_keeps_infusions = false, false),
    ("R34: times within 1e-10 are one time", |r| r.same_time = 0.0, false),
];

fn other(rule: CovariateRule) -> CovariateRule {
    if rule == CovariateRule::Nocb { CovariateRule::Locf } else { CovariateRule::Nocb }
}

#[test]
fn the_scenarios_see_the_rules_that_they_are_said_to_see() {
    let Some(root) = root() else { return };
    let scenarios: Vec<Scenario> = scenarios(&root).into_iter().filter(Scenario::is_linear).collect();
    let mut failing = vec![Vec::new(); ABLATIONS.len()];
    for scenario in &scenarios {
        let (model, expected) = (scenario.model(), scenario.expected());
        for ((_, turn, _), failing) in ABLATIONS.iter().zip(&mut failing) {
            let mut rules = scenario.rules();
            turn(&mut rules);
            let found = scenario.simulate(&model, rules).map(|rows| scenario.agreement(&rows, &expected));
            if !found.is_ok_and(|agreement| agreement.within) {
                failing.push(scenario.name.as_str());
            }
        }
    }
    let mut table = String::from("| rule turned the other way | scenarios that fail |\n|---|---|\n");
    for ((rule, _, _), failing) in ABLATIONS.iter().zip(&failing) {
        let failing =
            if failing.is_empty() { "none: the public numbers do not see it".into() } else { failing.join(", ") };
        say(&format!("{rule}: {failing}"));
        table += &format!("| {rule} | {failing} |\n");
    }
    for ((rule, _, seen), failing) in ABLATIONS.iter().zip(&failing) {
        assert_eq!(*seen, !failing.is_empty(), "{rule}: failing {failing:?}");
    }
    refresh("ablation", table);
}
