//! Models by simulation: each reproduces its numbers, bioavailability is that of the closed form, and the default comparison
//! gives the course it says and marks what is assumed.

use posology::io::{Cell, Table};
use posology::model::{Catalogue, Evidence, FileKind, Grade, catalogue};
use posology::plot::session_figure;
use posology::prelude::*;
use posology::study::compare::{Comparison, Plan, compare, default_plan, session_table, summary};
use posology::study::verify;
use std::sync::OnceLock;

fn esketamine() -> Model {
    Model::catalogue("esketamine-perez-ruixo-2021").unwrap()
}

/// The default comparison, run once.
fn comparison() -> &'static Comparison {
    static COMPARISON: OnceLock<Comparison> = OnceLock::new();
    COMPARISON.get_or_init(|| {
        let (name, text) = default_plan();
        let plan = Plan::parse(name, text).unwrap();
        let models = plan.models(|id| Ok(Model::catalogue(id)?)).unwrap();
        compare(&plan, &models, |_| ()).unwrap_or_else(|e| panic!("{e}"))
    })
}

#[test]
fn every_model_reproduces_its_numbers() {
    let mut failures = Vec::new();
    for entry in catalogue() {
        let model = Model::catalogue(entry.id).unwrap();
        if model.kind() == FileKind::Effect {
            continue;
        }
        let results = verify(&model).unwrap_or_else(|e| panic!("{e}"));
        assert!(!results.is_empty(), "{} has no check", entry.id);
        for r in results.iter().filter(|r| r.failed()) {
            failures.push(format!(
                "{}: {}, {} of {}: {} {} in {}, {:?} found, off by {:?}",
                r.model,
                r.given,
                r.metric,
                r.output,
                r.expected.text,
                r.unit,
                r.source,
                r.found,
                r.deviation()
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Esketamine Cmax and AUC0-24 and noresketamine Cmax of 6 strata and 3 doses.
#[test]
fn all_strata_of_the_published_table_are_checked() {
    let results = verify(&esketamine()).unwrap();
    let published: Vec<_> = results.iter().filter(|r| r.kind == Evidence::Published).collect();
    let mut strata: Vec<&str> = published.iter().map(|r| r.given.as_str()).collect();
    strata.dedup();
    assert_eq!(strata.len(), 18, "{strata:?}");
    for stratum in strata {
        let numbers: Vec<String> = published
            .iter()
            .filter(|r| r.given == stratum)
            .map(|r| format!("{} {} {:?}", r.output, r.metric, r.tolerance))
            .collect();
        let expected = ["esketamine Cmax", "esketamine AUC(0 h, 24 h)", "noresketamine Cmax"];
        assert_eq!(numbers, expected.map(|n| format!("{n} Rel(0.01)")), "{stratum}");
    }
}

#[test]
fn a_model_that_is_wrong_does_not_verify() {
    let wrong = catalogue()[0].text.replace("\"esketamine-perez-ruixo-2021\"", "\"wrong\"");
    let wrong = wrong.replace("Vc           = { value = 192", "Vc           = { value = 197");
    let model = Model::parse(&wrong, "wrong.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"));
    let failed = verify(&model).unwrap().iter().filter(|r| r.failed()).count();
    assert!(failed > 20, "{failed}");
}

/// E = 0.72185 and the bioavailabilities in closed form come out as ratios of simulated areas.
#[test]
fn bioavailability_of_esketamine_is_that_of_the_closed_form() {
    let model = esketamine();
    let area = |text: &str| {
        let profile = Simulation::new(&model).give(text.parse::<Regimen>().unwrap()).run().unwrap();
        let dose: f64 = profile.sessions().iter().map(|s| s.amount).sum();
        profile.output("esketamine").unwrap().auc_inf().unwrap().value() / dose
    };
    let iv = area("28 mg iv over 40 min");
    let oral = area("84 mg oral") / iv;
    for (what, found, expected) in [
        ("E", 1.0 - oral / 0.64, 0.72185),
        ("F oral", oral, 0.1780),
        ("F nasal, 28 mg", area("28 mg intranasal") / iv, 0.6219),
        ("F nasal, 56 mg", area("56 mg intranasal") / iv, 0.5376),
        ("F nasal, 84 mg", area("84 mg intranasal") / iv, 0.5094),
    ] {
        assert!((found - expected).abs() <= 1e-4, "{what}: {found}, and {expected} is expected");
    }
}

#[test]
fn the_course_of_every_arm_has_18_sessions() {
    assert_eq!(comparison().course_name.as_deref(), Some("common course for comparison, not a published regimen"));
    for arm in &comparison().arms {
        let course = arm.course.as_ref().unwrap_or_else(|| panic!("{} has no course", arm.name));
        assert_eq!(course.sessions.len(), 18, "{}", arm.name);
        // Twice weekly for 4 weeks, weekly for 4 weeks, every 28 days for 6 times.
        let phases: Vec<usize> = course.phases.iter().map(|p| p.sessions).collect();
        assert_eq!(phases, [8, 4, 6], "{}", arm.name);
        assert_eq!(course.sessions[17], 24.0 * 7.0 * (8.0 + 4.0 * 5.0), "{}", arm.name);
    }
}

fn column<'t>(table: &'t Table, name: &str) -> Vec<&'t Cell> {
    let index = table.columns().iter().position(|c| c.name == name).unwrap_or_else(|| panic!("no column {name}"));
    table.rows().iter().map(|row| &row[index]).collect()
}

#[test]
fn assumed_models_say_so_in_tables_and_figures() {
    let arms = &comparison().arms;
    let assumed: Vec<bool> =
        arms.iter().map(|a| a.model.starts_with("ketamine-im") || a.grade == Grade::Assumed).collect();
    assert_eq!(assumed.iter().filter(|a| **a).count(), 3, "im, oral racemate, lozenge");
    for table in [session_table(comparison()), summary(comparison())] {
        let grades = column(&table, "grade").into_iter().map(|c| *c == Cell::from("assumed"));
        assert_eq!(grades.collect::<Vec<_>>(), assumed);
    }
    let svg = session_figure(comparison()).to_svg().unwrap();
    for (arm, assumed) in arms.iter().zip(assumed) {
        assert!(svg.contains(&arm.name), "{}", arm.name);
        assert_eq!(svg.contains(&format!("{} (assumed)", arm.name)), assumed, "{}", arm.name);
    }
    assert!(svg.contains("Dashed: the model or the output is assumed."));
}
