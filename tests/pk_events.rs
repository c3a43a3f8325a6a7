//! Event records against NONMEM, Monolix, mrgsolve, closed forms of 40 digits and others, row by row, through the public
//! interface: a model file, the reader of data sets, the replay. The numbers are in the folder `POSOLOGY_ORACLES`; where it
//! is not set the tests say that they are skipped.
#![cfg(feature = "study")]

mod document;
mod oracle;

use document::{is_fresh, path, refreshed};
use oracle::{Agreement, Expected, Scenario, scenarios};
use posology::simulate::{CovariateRule, Engine, Rules, Settings};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

/// Folders of linear scenarios, and whose numbers are in them.
const PROGRAMS: [(&str, &str); 11] = [
    ("analytic", "matrix exponential of 40 digits"),
    ("campsis", "rxode2 and mrgsolve, two decimals"),
    ("esketamine", "independent exact solution, 12 digits"),
    ("monolix", "Monolix 2023R1"),
    ("mrgsolve_run", "mrgsolve, integrated to 1e-10"),
    ("nonmem_dosing", "NONMEM 7.5.1"),
    ("nonmem_examples", "NONMEM 7"),
    ("nonmem_ode", "NONMEM 7"),
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
        // What is integrated is as accurate as the default tolerances make it.
        let sharp = agreement.sharp || scenario.digits() < 10 || !scenario.is_linear();
        match agreement.within && sharp {
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
fn every_scenario_agrees_at_every_row() {
    let Some(root) = root() else { return };
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    let mut left_out = Vec::new();
    for scenario in scenarios(&root) {
        let (model, expected) = (scenario.model(), scenario.expected());
        let found = scenario
            .simulate(&model, scenario.rules(), Settings::default())
            .map(|rows| scenario.agreement(&rows, &expected));
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
    table += &format!(
        "\nNot compared, because NONMEM's steady state is not physical before the first dose after the lag has come (lag longer than\n\
         II): {}.\n",
        left_out.join("; ")
    );
    assert!(sources.values().all(|s| s.compared == s.rows), "coverage is not complete");
    assert!(sources.values().all(|s| s.agreeing == s.scenarios), "not everything agrees");
    assert_eq!(sources.len(), PROGRAMS.len(), "a source is missing");
    refresh("events", table);
}

/// Engines that integrate every state.
const INTEGRATING: [Engine; 4] = [Engine::Explicit, Engine::Stiff, Engine::Dopri5, Engine::Dop853];
/// What they may be off, in relative tolerances.
const OFF: f64 = 20.0;

#[test]
fn linear_scenarios_are_the_same_by_every_engine() {
    let Some(root) = root() else { return };
    let mut worst = BTreeMap::new();
    for scenario in scenarios(&root).into_iter().filter(Scenario::is_linear) {
        let model = scenario.model();
        let by = |engine| {
            // Its steps are so long that the error of each is all that is allowed: here, what is compared.
            let atol =
                if engine == Engine::Dop853 { 1e-3 * Settings::default().rtol } else { Settings::default().atol };
            let settings = Settings { engine, atol, ..Settings::default() };
            scenario.simulate(&model, scenario.rules(), settings)
        };
        let exact = by(Engine::Exact).unwrap();
        for engine in INTEGRATING {
            let found = match by(engine) {
                Ok(found) => found,
                Err(error) => {
                    say(&format!("{} by {engine}: {error}", scenario.name));
                    worst.insert(engine.to_string(), f64::INFINITY);
                    continue;
                }
            };
            for output in 0..model.outputs().len() {
                let largest = exact.iter().fold(0.0f64, |m, row| m.max(row[output].abs()));
                let off = |(found, exact): (&Vec<f64>, &Vec<f64>)| {
                    let (found, exact) = (found[output], exact[output]);
                    let allowed = Settings::default().rtol * (exact.abs() + 1e-3 * largest);
                    if found == exact { 0.0 } else { (found - exact).abs() / allowed }
                };
                let most = found.iter().zip(&exact).map(off).fold(0.0, f64::max);
                if most > OFF {
                    say(&format!("{} by {engine}: {most:.1} relative tolerances off", scenario.name));
                }
                let worst = worst.entry(engine.to_string()).or_insert(0.0f64);
                *worst = worst.max(most);
            }
        }
    }
    worst.iter().for_each(|(engine, off)| say(&format!("{engine}: {off:.1} relative tolerances off at most")));
    assert!(worst.values().all(|off| *off <= OFF));
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
            let found =
                scenario.simulate(&model, rules, Settings::default()).map(|rows| scenario.agreement(&rows, &expected));
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
