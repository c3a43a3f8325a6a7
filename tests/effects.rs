//! The effects of ketamine: closed forms on a driver that stands still, every effect on every model, calibrations that are found
//! again, and what does not fit, in the documents. `POSOLOGY_BLESS=1 cargo test --test effects` writes those.
#![cfg(feature = "cli")]

#[allow(dead_code, reason = "its main")]
#[path = "../examples/calibration/main.rs"]
mod calibration;
#[allow(dead_code, reason = "not all of it")]
mod common;
mod document;
mod litre;

use calibration::fit::{Beside, Problem};
use calibration::{antidepressant, attenuation, haemodynamics};
use common::Folder;
use document::{is_fresh, path, refreshed};
use litre::LITRE;
use posology::error::{Kind, Source};
use posology::model::{Catalogue, FileKind, Grade, Resolve, catalogue};
use posology::population::Population;
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::f64::consts::LN_2;
use std::fmt::Write;
use std::sync::Arc;

/// All effects that can be on one model together.
const TOGETHER: [&str; 5] = [
    "dissociation-olofsen-2022",
    "drug-high-simons-2022",
    "nmda-occupancy",
    "haemodynamics",
    "antidepressant-response",
];
const OUTPUTS: [&str; 9] = [
    "dissociation",
    "dissociation_site",
    "drug_high",
    "nmda_occupancy",
    "sbp_change",
    "dbp_change",
    "hr_change",
    "madrs_total_change",
    "madrs_drug_effect",
];

fn source(id: &str) -> Arc<Source> {
    Catalogue.resolve(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"))
}

fn on_litre(effects: &[&str]) -> Model {
    let sources: Vec<_> = effects.iter().map(|id| source(id)).collect();
    Model::with_effects(&Source::new("litre.toml", LITRE), &sources, &Catalogue).unwrap()
}

/// The value of an output some hours after doses of S-ketamine and the rest.
fn value(model: &Model, give: &str, output: &str, hours: f64) -> f64 {
    let subject = Subject::typical(model);
    calibration::fit::at(&subject, Some(give), output, &[hours]).unwrap()[0]
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() <= relative, "{found} is not {expected}");
}

#[test]
fn at_c50_the_effect_is_half_and_the_site_follows_with_its_half_life() {
    let model = on_litre(&["dissociation-olofsen-2022", "drug-high-simons-2022", "haemodynamics"]);
    let (c50, minute) = ("121 ug s", 1.0 / 60.0);
    close(value(&model, c50, "dissociation_site", 8.3 * minute), 60.5, 1e-12);
    close(value(&model, c50, "dissociation_site", 3.0 * 8.3 * minute), 121.0 * 0.875, 1e-12);
    close(value(&model, c50, "dissociation", 100.0), 50.0, 1e-12);
    close(value(&model, "363 ug s", "dissociation", 100.0), 75.0, 1e-12);
    // 0.3 nmol/mL of a substance of 237.73 g/mol is 71.319 ng/mL.
    close(value(&model, "71.319 ug s", "drug_high", 100.0), 50.0, 1e-12);
    let largest =
        |name: &str| model.parameters().iter().find(|p| p.name == name).unwrap().printed.parse::<f64>().unwrap();
    for (output, most) in [("sbp_change", "max_sbp"), ("dbp_change", "max_dbp"), ("hr_change", "max_hr")] {
        close(value(&model, "400 ug s", output, 0.5), largest(most) / 2.0, 1e-12);
    }
    // R-ketamine and norketamine change none of them.
    for output in ["dissociation", "drug_high", "sbp_change"] {
        let also = "121 ug s once and 500 ug r once and 500 ug sn once";
        assert_eq!(value(&model, also, output, 1.0), value(&model, c50, output, 1.0), "{output}");
    }
}

#[test]
fn a_peak_is_where_it_is_whatever_is_integrated_beside_it() {
    let peak = |effects: &[&str], rtol: f64| {
        let model = Model::catalogue_with("ketamine-clements-1981", effects).unwrap();
        let settings = Settings { rtol, ..Settings::default() };
        let simulation = Simulation::new(&model).give("0.5 mg/kg iv over 40 min".parse::<Regimen>().unwrap());
        let profile = simulation.settings(settings).until(24.0.hours()).every(12.0.hours()).run().unwrap();
        let peak = profile.output("dissociation").unwrap().cmax();
        (peak.time.value(), peak.value.value())
    };
    let (time, most) = peak(&["dissociation-olofsen-2022"], 1e-8);
    // Steps of the integrator end anywhere, next to the peak too.
    for power in 0..40 {
        let rtol = 1e-5 * 10_f64.powf(-0.1 * f64::from(power));
        let (found, value) = peak(&["dissociation-olofsen-2022", "antidepressant-response"], rtol);
        assert!((found - time).abs() < 1e-3, "rtol {rtol:e}: {found} h, not {time} h");
        close(value, most, 1e-6);
    }
}

#[test]
fn both_files_of_dissociation_know_the_steepness() {
    for effect in ["dissociation-olofsen-2022", attenuation::EFFECT] {
        let model = on_litre(&[effect]);
        let of = |hill: f64| {
            let subject = calibration::fit::with_values(&model, &[("hill_dissociation", 1.0)], &[hill]).unwrap();
            calibration::fit::at(&subject, Some("50 ug s"), "dissociation", &[1.0]).unwrap()[0] / 100.0
        };
        let odds = of(1.0) / (1.0 - of(1.0));
        close(of(2.0), odds * odds / (1.0 + odds * odds), 1e-9);
    }
}

/// Standard atomic weights: C 12.011, H 1.008, Cl 35.45, N 14.007, O 15.999.
#[test]
fn molar_masses_are_those_of_the_formulas() {
    let of = |carbon: f64, hydrogen: f64| carbon * 12.011 + hydrogen * 1.008 + 35.45 + 14.007 + 15.999;
    let mut seen = 0;
    for id in ["drug-high-simons-2022", "nmda-occupancy"] {
        for parameter in Model::catalogue(id).unwrap().parameters().iter().filter(|p| p.name.starts_with("molar_mass"))
        {
            let expected = if parameter.name.ends_with("norketamine") { of(12.0, 14.0) } else { of(13.0, 16.0) };
            assert!((parameter.printed.parse::<f64>().unwrap() - expected).abs() < 0.005, "{id} {}", parameter.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn occupancy_is_competitive_binding() {
    let model = on_litre(&["nmda-occupancy"]);
    // The two values of the reference, of S-ketamine alone.
    assert!((value(&model, "101.2 ug s", "nmda_occupancy", 1.0) - 44.3).abs() < 0.05);
    assert!((value(&model, "125 ug s", "nmda_occupancy", 1.0) - 49.5).abs() < 0.05);
    let all = "100 ug s once and 80 ug r once and 60 ug sn once and 40 ug rn once";
    let parent = 0.56 * 100.0 / 0.3 + 0.71 * 80.0 / 1.4;
    let metabolite = 0.5 * 60.0 / 1.7 + 0.5 * 40.0 / 13.0;
    let bound = parent / 237.73 + metabolite / 223.70;
    close(value(&model, all, "nmda_occupancy", 1.0), 100.0 * bound / (1.0 + bound), 1e-12);
}

#[test]
fn a_standing_driver_engages_the_response_as_the_closed_form_says() {
    let model = on_litre(&["antidepressant-response"]);
    let file = |name: &str| {
        let parameter = model.parameters().iter().find(|p| p.name == name).unwrap();
        parameter.unit.from_base(parameter.value)
    };
    let (onset, loss) = (50.0 * file("madrs_k_onset"), file("madrs_k_loss"));
    for hours in [0.5, 2.0, 24.0, 240.0] {
        let engaged = onset / (onset + loss) * (1.0 - (-(onset + loss) * hours).exp());
        let on = (-file("madrs_k_placebo_on") * hours).exp();
        let placebo = file("madrs_placebo_lasting") * (1.0 - on)
            + file("madrs_placebo_first") * ((-file("madrs_k_placebo_off") * hours).exp() - on);
        let score = |by: f64| 60.0 / (1.0 + 25.0 / 35.0 * by.exp());
        let with = score(placebo + file("madrs_drug_max") * engaged);
        close(value(&model, "50 ug s", "madrs_total_change", hours), with - 35.0, 1e-7);
        close(value(&model, "50 ug s", "madrs_drug_effect", hours), with - score(placebo), 1e-7);
    }
}

#[test]
fn every_effect_is_on_every_model_of_s_ketamine() {
    let mut runs = 0;
    for entry in catalogue() {
        let base = Model::catalogue(entry.id).unwrap();
        if base.kind() == FileKind::Effect {
            continue;
        }
        let has = base.outputs().iter().any(|o| o.analyte == "S-ketamine");
        for effect in TOGETHER.iter().chain(&[attenuation::EFFECT]) {
            let found = Model::catalogue_with(entry.id, &[effect]);
            assert_eq!(found.is_ok(), has, "{effect} on {}", entry.id);
            if let Err(faults) = found {
                assert_eq!(faults.first().kind.code(), "E_NO_DRIVER");
            }
        }
        if !has {
            continue;
        }
        let swapped = TOGETHER.map(|id| if id == "dissociation-olofsen-2022" { attenuation::EFFECT } else { id });
        for effects in [TOGETHER, swapped] {
            let model = Model::catalogue_with(entry.id, &effects).unwrap();
            assert_eq!(model.effects().iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), effects);
            assert_eq!((model.grade(), model.worst_grade()), (base.grade(), Grade::Assumed));
            // By the route of another drug there is no ketamine to act.
            for route in base.routes().iter().filter(|route| !route.name.starts_with("ticlopidine")) {
                let over = if route.name == "iv" { " over 40 min" } else { "" };
                let give: Regimen = format!("84 mg {}{over} twice weekly x 2", route.name).parse().unwrap();
                let times = [0.0, 1.0, 2.0, 24.0, 96.0].map(|t: f64| t.hours());
                let run = Simulation::new(&model).give(give.clone()).at(times).run();
                let profile = run.unwrap_or_else(|e| panic!("{} by {}: {e}", entry.id, route.name));
                for output in OUTPUTS {
                    let values = profile.output(output).unwrap().values();
                    assert!(values.iter().all(|v| v.is_finite()), "{output} of {}: {values:?}", entry.id);
                    let falls = output.starts_with("madrs");
                    let rises = if falls { -values[2] } else { values[2] };
                    assert!(values[0].abs() < 1e-9 && rises > 0.0, "{output} of {}: {values:?}", entry.id);
                    let percent = matches!(output, "dissociation" | "drug_high" | "nmda_occupancy");
                    assert!(!percent || values.iter().all(|v| (-1e-9..100.0).contains(v)), "{output}: {values:?}");
                }
                // Effects change nothing of what drives them.
                let alone = Simulation::new(&base).give(give).at([2.0.hours()]).run().unwrap();
                for view in alone.outputs() {
                    let with = profile.output(&view.output().name).unwrap().values()[2];
                    assert!(
                        (with - view.values()[0]).abs() <= 1e-9 * with.abs(),
                        "{} of {}",
                        view.output().name,
                        entry.id
                    );
                }
                runs += 1;
            }
        }
    }
    assert!(runs >= 40, "{runs}");
}

#[test]
fn what_a_model_lacks_counts_as_said_and_a_warning_names_it() {
    let model = Model::catalogue_with("ketamine-clements-1981", &["nmda-occupancy"]).unwrap();
    let said: Vec<&str> = model.warnings().iter().map(|w| w.message.as_str()).collect();
    let lacks = |name: &str, analyte: &str| {
        format!("`{name}` counts as 0 ng/mL: the model `ketamine-clements-1981` has no output of {analyte}")
    };
    for (name, analyte) in [("nmda_snk", "S-norketamine"), ("nmda_rnk", "R-norketamine")] {
        assert!(said.contains(&lacks(name, analyte).as_str()), "{said:?}");
    }
    assert!(model.warnings().iter().all(|w| w.code == "W_NO_DRIVER"));
    // Half of the racemate is R-ketamine, and counts.
    assert!(said.iter().all(|message| !message.contains("R-ketamine")), "{said:?}");
    let hours = 1.0;
    let [s, r, occupancy] = ["s_ketamine", "r_ketamine", "nmda_occupancy"]
        .map(|output| value(&model, "35 mg iv over 40 min", output, hours));
    let bound = (0.56 * s / 0.3 + 0.71 * r / 1.4) / 237.73;
    close(r, s, 1e-12);
    close(occupancy, 100.0 * bound / (1.0 + bound), 1e-12);
    // It is 0 ng/mL, or what the file says.
    let litre = |otherwise: &str| {
        let text = source("nmda-occupancy").text.replace("otherwise = 0 ", &format!("otherwise = {otherwise} "));
        let only_s = LITRE.split("r_ketamine ").next().unwrap();
        let effect = Source::new("nmda.toml", text.replace("nmda-occupancy", "nmda"));
        Model::with_effects(&Source::new("litre.toml", only_s), &[effect], &Catalogue)
    };
    let with = |otherwise: &str| value(&litre(otherwise).unwrap(), "100 ug s", "nmda_occupancy", 1.0);
    let all = "100 ug s once and 50 ug r once and 50 ug sn once and 50 ug rn once";
    close(with("50"), value(&on_litre(&["nmda-occupancy"]), all, "nmda_occupancy", 1.0), 1e-12);
    close(with("0"), value(&on_litre(&["nmda-occupancy"]), "100 ug s", "nmda_occupancy", 1.0), 1e-12);
    assert_eq!(litre("-1").unwrap_err().first().kind.code(), "E_OUT_OF_RANGE");
}

#[test]
fn outputs_of_an_assumed_effect_are_assumed_and_those_of_the_model_are_not() {
    let model = Model::catalogue_with("esketamine-perez-ruixo-2021", &TOGETHER).unwrap();
    for output in model.outputs() {
        let name = output.name.as_str();
        let ours = OUTPUTS.contains(&name) && !matches!(name, "dissociation" | "dissociation_site" | "drug_high");
        assert_eq!(output.assumed.is_some(), ours, "{name}");
        let grade = match name {
            _ if ours => Grade::Assumed,
            "dissociation" | "dissociation_site" | "drug_high" => Grade::B,
            _ => Grade::A,
        };
        assert_eq!(output.grade, grade, "{name}");
    }
    // So are those of an effect of grade B that half of the racemate drives.
    let racemate = Model::catalogue_with("ketamine-clements-1981", &["dissociation-olofsen-2022"]).unwrap();
    let grades = racemate.outputs().iter().map(|o| (o.name.as_str(), o.grade, o.assumed.as_deref().unwrap_or("")));
    let half = "half of the racemate: S- and R-ketamine are cleared and distributed nearly alike (Hasan 2021, doi 10.1097/ALN.0000000000003829)";
    let driven = "`s_ketamine`, which drives it, is assumed";
    let expected = [
        ("ketamine", Grade::B, ""),
        ("s_ketamine", Grade::Assumed, half),
        ("r_ketamine", Grade::Assumed, half),
        ("dissociation", Grade::Assumed, driven),
        ("dissociation_site", Grade::Assumed, driven),
    ];
    assert_eq!(grades.collect::<Vec<_>>(), expected);
    assert_eq!((racemate.grade(), racemate.worst_grade()), (Grade::B, Grade::B));
    // Two effects and the model cite each its own `label`, `daly` and so on.
    for parameter in model.parameters() {
        if let posology::model::Provenance::Cited { source, .. } = &parameter.provenance {
            assert!(model.sources().iter().any(|s| s.key == *source), "{}", parameter.name);
        }
    }
}

#[test]
fn the_program_runs_several_effects_at_once_and_shows_what_each_needs() {
    let folder = Folder::new();
    let effects = TOGETHER.iter().flat_map(|id| ["--effect", id]);
    let arguments: Vec<&str> =
        ["simulate", "esketamine-perez-ruixo-2021", "--give", "84 mg intranasal", "--at", "40 min", "--format", "csv"]
            .into_iter()
            .chain(effects)
            .collect();
    let run = folder.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let head = run.stdout.lines().next().unwrap();
    assert!(OUTPUTS.iter().all(|o| head.split(',').any(|column| column == *o)), "{head}");
    let shown = |id: &str| folder.run(&["models", "show", id]).stdout;
    let occupancy = shown("nmda-occupancy");
    assert!(occupancy.contains("requires nmda_rk: R-ketamine, ng/mL; without it 0 ng/mL\n"), "{occupancy}");
    assert!(occupancy.contains("equations: no states\n"), "{occupancy}");
    assert!(shown("dissociation-olofsen-2022").contains("equations: linear, solved exactly\n"));
    let response = shown("antidepressant-response");
    assert!(response.contains("equations: not linear: the state `madrs_engaged`"), "{response}");
    assert!(response.contains("integrated: madrs_engaged"), "{response}");
}

/// Found again from the stated start; the file has the result, rounded so that the fit is as good.
fn is_filed(problem: &Problem) {
    let (found, filed) = (problem.fit().unwrap(), problem.filed().unwrap());
    let of_file = problem.objective(&filed).unwrap();
    // One percent, or where everything is met exactly, a hundredth of a standard error.
    assert!(of_file <= 1.01 * found.objective + 1e-4, "{}: {of_file}, {}", problem.effect, found.objective);
    for (((name, _), found), filed) in problem.unknowns.iter().zip(&found.values).zip(&filed) {
        assert!((found / filed - 1.0).abs() < 0.01, "{name}: {found} is filed as {filed}");
    }
}

#[test]
fn calibrations_are_found_again() {
    is_filed(&haemodynamics::problem().unwrap());
    is_filed(&attenuation::problem().unwrap());
    is_filed(&antidepressant::problem().unwrap());
}

#[test]
fn the_response_sets_in_within_hours_stands_for_a_day_and_is_lost_in_days() {
    for (id, give) in [(antidepressant::NASAL, "84 mg intranasal"), (antidepressant::VENOUS, antidepressant::INFUSION)]
    {
        let model = Model::catalogue_with(id, &[antidepressant::EFFECT]).unwrap();
        let effect = |hours: f64| -value(&model, give, "madrs_drug_effect", hours);
        let visits = [2.0 / 3.0, 2.0, 24.0, 72.0, 168.0, 264.0].map(effect);
        assert!(visits[0] > 2.0, "{id}: felt after 40 min: {visits:?}");
        let largest = visits.iter().copied().fold(0.0, f64::max);
        assert_eq!(largest, visits[2], "{id}: of these visits the next day is best: {visits:?}");
        assert!(visits[5] < 0.25 * largest, "{id}: little is left on day 11: {visits:?}");
    }
}

#[test]
fn tolerance_builds_over_sessions_and_is_lost() {
    let model = |id: &str| Model::catalogue_with("esketamine-perez-ruixo-2021", &[id]).unwrap();
    let (tolerant, without) = (model(attenuation::EFFECT), model("dissociation-olofsen-2022"));
    let course = "84 mg intranasal twice weekly for 4 weeks, pause 12 weeks, then once";
    let peaks = |model: &Model| {
        let course: Regimen = course.parse().unwrap();
        let starts: Vec<f64> = course.doses().iter().map(|d| d.time).collect();
        let profile = Simulation::new(model).give(course).run().unwrap();
        let view = profile.output("dissociation").unwrap();
        starts.iter().map(|from| view.max_between(*from, from + 12.0).value.value()).collect::<Vec<f64>>()
    };
    let (found, constant) = (peaks(&tolerant), peaks(&without));
    assert!(constant.iter().all(|p| (p / constant[0] - 1.0).abs() < 5e-3), "{constant:?}");
    assert!(found[0] > 0.95 * constant[0], "the first session has next to none: {found:?}");
    let down = found[..8].windows(2).all(|pair| pair[1] < pair[0]);
    assert!(down && (found[7] / found[0] - 2.0 / 3.0).abs() < 0.005, "{found:?}");
    assert!(found[8] > 0.97 * found[0], "twelve weeks later it is lost: {found:?}");
}

#[test]
fn people_differ_as_much_as_those_of_the_trial() {
    let model = Model::catalogue_with(antidepressant::NASAL, &[antidepressant::EFFECT]).unwrap();
    for give in [None, Some("84 mg intranasal")] {
        let give: Option<Regimen> = give.map(|text| text.parse().unwrap());
        let prepared = Prepared::new(&model, give.as_ref(), vec![24.0], 24.0).unwrap();
        let population = Population::of(&model).size(400).seed(3);
        let (mut draws, mut workspace) = (population.draws(), prepared.workspace());
        let changes: Vec<f64> = (0..400)
            .map(|person| {
                let subject = draws.subject(person, prepared.occasions()).unwrap();
                let profile = Profile::of(&prepared, &subject, &mut workspace).unwrap();
                profile.output("madrs_total_change").unwrap().values()[0]
            })
            .collect();
        let mean = changes.iter().sum::<f64>() / 400.0;
        let sd = (changes.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
        // 8.8 to 10.3 in the arms of Daly 2018, give or take what 400 people leave open.
        assert!((8.5..10.7).contains(&sd), "{give:?}: {sd}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the baseline that is allowed, the dose and the person, the score stays on its scale.
    #[test]
    fn the_score_stays_between_0_and_60(
        baseline in 1.0..59.0_f64,
        ug in 0.0..1e6_f64,
        effects in prop::array::uniform3(-5.0..5.0_f64),
    ) {
        let model = on_litre(&["antidepressant-response"]);
        let mut subject = Subject::typical(&model).with_text("madrs_baseline", &format!("{baseline} point")).unwrap();
        for (name, size) in ["madrs_placebo_lasting", "madrs_drug_max", "madrs_k_loss"].into_iter().zip(effects) {
            subject = subject.with_effect(name, size).unwrap();
        }
        let times = [0.0, 1.0, 24.0, 400.0];
        let give = format!("{ug} ug s");
        let found = calibration::fit::at(&subject, Some(&give), "madrs_total_change", &times).unwrap();
        for change in found {
            prop_assert!((0.0..=60.0).contains(&(baseline + change)), "{baseline} {change}");
        }
    }
}

/// Observed beside the model, with the distance in standard errors or deviations.
fn table(rows: &[Beside]) -> String {
    let mut text = String::from(
        "| observation | observed | spread | model | model - observed | in spreads |\n|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let apart = row.model - row.observed;
        let spread = row.spread.map_or("–".to_string(), |s| format!("{s:.2}"));
        let spreads = row.spread.map_or("–".to_string(), |s| format!("{:+.2}", apart / s));
        let Beside { what, unit, observed, model, .. } = row;
        writeln!(text, "| {what} ({unit}) | {observed:.2} | {spread} | {model:.2} | {apart:+.2} | {spreads} |")
            .unwrap();
    }
    text
}

fn fitted(problem: &Problem) -> String {
    let filed = problem.filed().unwrap();
    let mut text = table(&problem.beside(&filed).unwrap());
    let (objective, count) = (problem.objective(&filed).unwrap(), problem.anchors.len());
    writeln!(text, "\nSum of squares {objective:.2} over {count} numbers and {} parameters.", filed.len()).unwrap();
    text
}

#[test]
fn the_documents_show_what_fits_and_what_does_not() {
    let pressure = fitted(&haemodynamics::problem().unwrap());
    let response = fitted(&antidepressant::problem().unwrap());
    let mut elsewhere = antidepressant::elsewhere().unwrap();
    elsewhere.push(Beside {
        what: "Murrough 2013: median time from the last of six infusions to relapse".into(),
        unit: "d",
        observed: 18.0,
        spread: None,
        model: antidepressant::relapse(400).unwrap(),
    });
    let (pressure_elsewhere, elsewhere) = (table(&haemodynamics::elsewhere().unwrap()), table(&elsewhere));
    let page = std::fs::read_to_string(path("docs/effects.md")).unwrap();
    let blocks = BTreeMap::from([
        ("pressure", pressure.clone()),
        ("pressure elsewhere", pressure_elsewhere.clone()),
        ("response", response.clone()),
        ("response elsewhere", elsewhere.clone()),
    ]);
    is_fresh("docs/effects.md", &refreshed(&page, &blocks), "effects");
    let validation = std::fs::read_to_string(path("VALIDATION.md")).unwrap();
    let blocks = BTreeMap::from([
        ("effects fitted", format!("{pressure}\n{response}")),
        ("effects elsewhere", format!("{pressure_elsewhere}\n{elsewhere}")),
    ]);
    is_fresh("VALIDATION.md", &refreshed(&validation, &blocks), "effects");
}

#[test]
fn half_lives_of_the_page_are_those_of_the_files() {
    let loss = Model::catalogue("antidepressant-response").unwrap();
    let loss = loss.parameters().iter().find(|p| p.name == "madrs_k_loss").unwrap().value;
    let page = std::fs::read_to_string(path("docs/effects.md")).unwrap();
    assert!(page.contains(&format!("half-life {:.1} days", LN_2 / loss / 24.0)), "{}", LN_2 / loss / 24.0);
}
