//! The library as a whole: what every file says of its numbers, closed forms of the models with a liver, and how the models
//! stand to exposures that were observed. `POSOLOGY_BLESS=1 cargo test --test library` writes the tables of VALIDATION.md.

#[allow(dead_code)] // each test file takes what it needs
mod document;
mod exposure;

use document::{is_fresh, path, refreshed};
use exposure::{OBSERVED, Observed};
use posology::io::rounded;
use posology::metrics::Measure;
use posology::model::{FileKind, Grade, Model, Provenance, catalogue};
use posology::prelude::*;
use posology::simulate::OutputView;
use std::collections::BTreeMap;
use std::fmt::Write;

fn model(id: &str) -> Model {
    Model::catalogue(id).unwrap_or_else(|e| panic!("{e}"))
}

/// Models of ketamine, not of the textbook.
fn library() -> Vec<Model> {
    let entries = catalogue().iter().filter(|entry| !entry.is_textbook());
    entries.map(|entry| model(entry.id)).filter(|model| model.kind() == FileKind::Model).collect()
}

#[test]
fn every_number_says_where_it_comes_from() {
    let mut count = 0;
    for entry in catalogue() {
        let model = model(entry.id);
        for source in model.sources() {
            let what = format!("{}: {}", entry.path, source.key);
            assert!(!source.citation.is_empty(), "{what}");
            // What was not opened says what was read in its place.
            assert!(entry.is_textbook() || source.via.is_some(), "{what}: read where?");
        }
        for parameter in model.parameters() {
            let what = format!("{}: {}", entry.path, parameter.name);
            assert!(parameter.value.is_finite() && !parameter.printed.is_empty(), "{what}");
            match &parameter.provenance {
                Provenance::Cited { source, .. } => {
                    assert!(model.sources().iter().any(|s| s.key == *source), "{what}");
                }
                Provenance::Assumed { why } => assert!(why.len() > 5, "{what}"),
            }
            count += 1;
        }
    }
    assert!(count > 400, "{count}");
}

#[test]
fn every_scenario_says_that_it_is_one_and_every_model_where_blood_is_taken() {
    for entry in catalogue().iter().filter(|entry| !entry.is_textbook()) {
        let model = model(entry.id);
        let said = [model.title()].into_iter().chain(model.notes().iter().map(String::as_str));
        let says = said.into_iter().any(|text| text.contains("scenario") || text.contains("No model of R-ketamine"));
        if model.grade() == Grade::Assumed && model.kind() == FileKind::Model {
            assert!(says && !model.assumptions().is_empty(), "{}", entry.path);
        }
        for output in model.outputs().iter().filter(|o| o.analyte != "other" && model.kind() == FileKind::Model) {
            assert!(["arterial", "venous", "unstated"].contains(&output.site.as_str()), "{}", entry.path);
        }
        let base_says = model.provenance().extends.is_some();
        assert!(base_says || model.kind() == FileKind::Effect || !model.population().site.is_empty(), "{}", entry.path);
    }
}

/// ng*h/mL and mg to L/h.
fn clearance(model: &Model, give: &str, output: &str, mg: f64) -> f64 {
    let profile = Simulation::new(model).give(give.parse::<Regimen>().unwrap()).run().unwrap();
    mg * 1000.0 / profile.output(output).unwrap().auc_inf().unwrap().value()
}

#[track_caller]
fn close(found: f64, expected: f64, within: f64) {
    assert!((found / expected - 1.0).abs() <= within, "{found} is not {expected}");
}

/// The numbers that the equations of Ashraf 2018 make at 70 kg, and the identities of its areas.
#[test]
fn clearances_through_gut_wall_and_liver_are_those_of_the_closed_form() {
    let qh = 3.75 * 70f64.powf(0.75);
    let qvi = qh * 0.4 * 0.8 * 0.6;
    let qgut = qvi * 4.1 / (qvi + 4.1);
    let (fgut, clu) = (qgut / (qgut + 1.19), 301.0 * 0.70 / 0.50);
    let fh = qh / (qh + clu);
    let (fgut_nk, fh_nk) = (qvi / (qvi + 44.4), qh / (qh + 73.5 * 0.5));
    let (cl, cl_nk) = (qh * (1.0 - fh), qh * (1.0 - fh_nk));
    for (found, printed) in [
        (qh, 90.7517),
        (qvi, 17.4243),
        (qgut, 3.3190),
        (fgut, 0.73608),
        (fh, 0.17720),
        (cl, 74.6708),
        (fgut * fh, 0.130432),
        (fgut_nk, 0.28184),
        (fh_nk, 0.71177),
        (cl_nk, 26.1575),
        (qh / (qh + 1505.0 * 0.02), 0.7509),
        (qh * (1.0 - qh / (qh + 1505.0 * 0.02)), 22.60),
    ] {
        close(found, printed, 2e-4);
    }
    let model = model("s-ketamine-ashraf-2018");
    close(clearance(&model, "7 mg iv over 2 min", "s_ketamine", 7.0), cl, 1e-10);
    close(clearance(&model, "14 mg oral", "s_ketamine", 14.0 * fgut * fh), cl, 1e-10);
    close(clearance(&model, "7 mg iv over 2 min", "norketamine", 7.0 * fh_nk), cl_nk, 1e-10);
    let formed = 14.0 * ((1.0 - fgut) * fgut_nk + fgut) * fh_nk;
    close(clearance(&model, "14 mg oral", "norketamine", formed), cl_nk, 1e-10);
    for (mg, printed) in [(7.0 * fh_nk, 4.98238), (14.0 * fgut * fh, 1.826047), (formed, 8.076095)] {
        close(mg, printed, 1e-6);
    }
}

/// The first output of an analyte.
fn output<'a>(model: &'a Model, analyte: &str) -> Option<&'a str> {
    model.outputs().iter().find(|o| o.analyte == analyte).map(|o| o.name.as_str())
}

fn is_racemate(model: &Model) -> bool {
    model.drug() == "ketamine"
}

/// What a model is given for an observation, if it claims the route and has the analyte. What extends a model and leaves this
/// route as it is would only repeat it.
fn given(model: &Model, observed: &Observed) -> Option<&'static str> {
    let give = if is_racemate(model) { observed.racemate } else { observed.s }?;
    let route = give.split(' ').nth(2)?;
    output(model, observed.analyte)?;
    let repeats = model.provenance().extends.is_some() && (route == "iv" || model.id().ends_with("-ticlopidine"));
    (!repeats && model.routes().iter().any(|r| r.name == route)).then_some(give)
}

fn run<'m>(model: &'m Model, give: &str, weight: f64) -> Profile<'m> {
    let person = Subject::typical(model).with_text("weight", &format!("{weight} kg")).unwrap();
    let regimen: Regimen = give.parse().unwrap_or_else(|e| panic!("{give}: {e}"));
    Simulation::new(model).subject(&person).give(regimen).until(24.0.hours()).run().unwrap_or_else(|e| panic!("{e}"))
}

fn dose(profile: &Profile<'_>) -> f64 {
    profile.sessions().iter().map(|s| s.amount).sum()
}

/// What the model gives, in the observation's unit.
fn simulated(model: &Model, observed: &Observed, give: &str) -> Option<f64> {
    let name = output(model, observed.analyte)?;
    let profile = run(model, give, observed.weight);
    let area = |view: OutputView<'_>| view.auc_inf().ok().map(|q| q.in_base());
    let view = profile.output(name).unwrap();
    // Half of a racemate is each enantiomer.
    let enantiomer = is_racemate(model) && observed.analyte != "ketamine";
    let mg = dose(&profile) * if enantiomer { 0.5 } else { 1.0 };
    match observed.metric {
        "CL" => {
            let litres_per_hour = mg / area(view)?;
            Some(match observed.unit {
                "L/h" => litres_per_hour,
                "mL/min" => litres_per_hour / 0.06,
                _ => litres_per_hour / 0.06 / observed.weight,
            })
        }
        "F" => {
            let vein = run(model, "10 mg iv over 30 min", observed.weight);
            let by_vein = area(vein.output(name).unwrap())? / dose(&vein);
            Some(area(view)? / dose(&profile) / by_vein)
        }
        metric => {
            let measure: Measure = metric.parse().unwrap_or_else(|e| panic!("{e:?}"));
            let value = view.measure(&measure).unwrap().ok()?;
            Some(value.to(&observed.unit.parse().unwrap()).unwrap().value())
        }
    }
}

/// Every observed exposure against every model that claims its route.
fn exposures(models: &[Model]) -> String {
    let mut text = String::from(
        "| given | number | who | published | simulated (ratio): grade, site | source |\n|---|---|---|---|---|---|\n",
    );
    for observed in OBSERVED {
        let Observed { analyte, metric, unit, who, source, .. } = observed;
        let [low, high] = observed.value;
        let printed = if low == high { format!("{low} {unit}") } else { format!("{low} to {high} {unit}") };
        let given = match (observed.racemate, observed.s) {
            (Some(give), _) => format!("racemate, {give}"),
            (None, give) => give.unwrap_or_default().to_string(),
        };
        let cells = models.iter().filter_map(|model| Some(beside(model, observed, self::given(model, observed)?)));
        let cells: Vec<String> = cells.collect();
        let cells = if cells.is_empty() { "no model has this route and analyte".into() } else { cells.join("<br>") };
        writeln!(text, "| {given} | {analyte} {metric} | {who} | {printed} | {cells} | {source} |").unwrap();
    }
    text
}

/// A model's number beside an observed one: the ratio, or where it stands to a range.
fn beside(model: &Model, observed: &Observed, give: &str) -> String {
    let [low, high] = observed.value;
    let number = match simulated(model, observed, give) {
        None => "none".to_string(),
        Some(found) => {
            let ratio = match found {
                _ if low == high => format!("{:.2}", found / low),
                below if below < low => "below".into(),
                above if above > high => "above".into(),
                _ => "within".into(),
            };
            format!("{} ({ratio})", rounded(found, 3))
        }
    };
    let output = model.outputs().iter().find(|o| o.analyte == observed.analyte).expect("claimed");
    format!("{}: {number}: {}{}, {}", model.id(), output.grade, children(model), output.site)
}

/// Whether a model is of children, who are not 70 kg.
fn children(model: &Model) -> &'static str {
    if model.title().contains("children") { ", children" } else { "" }
}

/// S-ketamine of the same infusion in every model: half of 0.5 mg/kg racemate, or 0.25 mg/kg of S-ketamine.
fn spread(models: &[Model]) -> String {
    let mut rows = Vec::new();
    for model in models.iter().filter(|m| m.provenance().extends.is_none()) {
        let (Some(name), true) = (output(model, "S-ketamine"), model.routes().iter().any(|r| r.name == "iv")) else {
            continue;
        };
        let give = if is_racemate(model) { "0.5 mg/kg iv over 40 min" } else { "0.25 mg/kg iv over 40 min" };
        let profile = run(model, give, 70.0);
        let view = profile.output(name).unwrap();
        let levels = [20.0, 40.0, 60.0, 120.0, 240.0].map(|min| rounded(view.at(min / 60.0).value(), 3));
        let total = output(model, "ketamine")
            .map_or_else(|| "–".to_string(), |total| rounded(profile.output(total).unwrap().cmax().value.value(), 3));
        let site = ["arterial", "venous", "unstated"].iter().position(|s| *s == view.output().site).unwrap();
        let area = view.auc_inf().map_or_else(|_| "–".to_string(), |q| rounded(q.value(), 3));
        let line = format!(
            "| {} | {}, {}{} | {} | {area} | {total} |\n",
            view.output().site,
            model.id(),
            view.output().grade,
            children(model),
            levels.join(" | "),
        );
        rows.push((site, -view.at(2.0 / 3.0).value(), line));
    }
    rows.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap());
    let head = "| site | model, grade | 20 min | 40 min | 60 min | 120 min | 240 min | area | ketamine at its peak |\n\
                |---|---|---|---|---|---|---|---|---|\n";
    std::iter::once(head.to_string()).chain(rows.into_iter().map(|(.., line)| line)).collect()
}

#[test]
fn the_tables_of_exposures_are_what_the_models_give() {
    let models = library();
    let document = std::fs::read_to_string(path("VALIDATION.md")).unwrap();
    let tables = BTreeMap::from([("exposures", exposures(&models)), ("spread", spread(&models))]);
    is_fresh("VALIDATION.md", &refreshed(&document, &tables), "library");
}
