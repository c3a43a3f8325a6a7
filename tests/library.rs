//! The library as a whole: what every file says of its numbers, closed forms of the models with a liver, and how the models
//! stand to exposures that were observed. `POSOLOGY_BLESS=1 cargo test --test library` writes the tables of VALIDATION.md.

#[allow(dead_code)] // each test file takes what it needs
mod document;
#[allow(dead_code)] // likewise
#[path = "../examples/exposures/mod.rs"]
mod exposures;

use document::{is_fresh, path, refreshed};
use exposures::{APART, Apart, Number, STUDIES, Study, has_route, is_of_children, is_racemate, output, route, run};
use posology::io::rounded;
use posology::model::{FileKind, Grade, Model, Provenance, catalogue};
use posology::population::{People, Population};
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::study::cohort::Cohort;
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
        for parameter in model.parameters() {
            let what = format!("{}: {}", entry.path, parameter.name);
            assert!(parameter.value.is_finite() && !parameter.printed.is_empty(), "{what}");
            match &parameter.provenance {
                Provenance::Cited { source, .. } => {
                    let source = model.sources().iter().find(|s| s.key == *source).unwrap_or_else(|| panic!("{what}"));
                    assert!(!source.citation.is_empty(), "{what}");
                    // What was not opened says what was read in its place; effects say it in notes.
                    let published = entry.path.starts_with("ketamine/") || entry.path.starts_with("assumed/");
                    assert!(!published || source.via.is_some(), "{what}: read where?");
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

/// A number as it is printed, with its metric.
fn printed(number: &Number) -> String {
    let Number { analyte, metric, value: [low, high], unit, note } = number;
    let value = if low == high { low.to_string() } else { format!("{low} to {high}") };
    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
    format!("{analyte} {metric}: {}{note}", format!("{value} {unit}").trim_end())
}

fn dosed(study: &Study) -> String {
    match (study.racemate, study.s) {
        (Some(give), _) => format!("racemate, {give}"),
        (None, give) => give.unwrap_or_default().to_string(),
    }
}

/// Every observed exposure against every model that claims its route and has the analyte.
fn table_of_exposures(models: &[Model]) -> String {
    let mut text =
        String::from("| given | who | published | simulated (ratio): grade, site | source |\n|---|---|---|---|---|\n");
    for study in STUDIES {
        for number in study.numbers {
            let cells =
                models.iter().filter_map(|model| Some(beside(model, study, number, study.given(model, number)?)));
            let cells: Vec<String> = cells.collect();
            if !cells.is_empty() {
                let (dosed, who, source) = (dosed(study), study.who, study.source);
                let (number, cells) = (printed(number), cells.join("<br>"));
                writeln!(text, "| {dosed} | {who} | {number} | {cells} | {source} |").unwrap();
            }
        }
    }
    text
}

/// The observed exposures that no model can be held against, and why.
fn exposures_apart(models: &[Model]) -> String {
    let mut text =
        String::from("| given | who | published | why no model stands beside it | source |\n|---|---|---|---|---|\n");
    for study in STUDIES {
        let alone = study.numbers.iter().filter(|n| models.iter().all(|model| study.given(model, n).is_none()));
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for number in alone {
            by_reason.entry(why_none(models, study, number)).or_default().push(printed(number));
        }
        for (why, numbers) in by_reason {
            let (dosed, who, source) = (dosed(study), study.who, study.source);
            writeln!(text, "| {dosed} | {who} | {} | {why} | {source} |", numbers.join("<br>")).unwrap();
        }
    }
    for Apart { given, numbers, why, source } in APART {
        writeln!(text, "| {given} | – | {numbers} | {why} | {source} |").unwrap();
    }
    text
}

/// What the models lack for a number.
fn why_none(models: &[Model], study: &Study, number: &Number) -> String {
    let with_route = |model: &Model| {
        let give = if is_racemate(model) { study.racemate } else { study.s };
        give.is_some_and(|give| has_route(model, give))
    };
    let of = match (study.is_of_adults(), study.racemate.is_some(), study.s.is_some()) {
        (false, ..) => "of children ",
        (_, true, false) => "of the racemate ",
        _ => "",
    };
    let give = study.racemate.or(study.s).unwrap_or_default();
    if models.iter().filter(|model| study.asks(model)).any(with_route) {
        format!("no model {of}with this route has {}", number.analyte)
    } else {
        format!("no model {of}has the route `{}`", route(give))
    }
}

/// A model's number beside an observed one: the ratio, or where it stands to a range.
fn beside(model: &Model, study: &Study, observed: &Number, give: &str) -> String {
    let [low, high] = observed.value;
    let number = match study.simulated(model, observed, give).unwrap_or_else(|e| panic!("{e}")) {
        None => "none".to_string(),
        Some(found) => {
            let shown = rounded(found, 3);
            // A range is printed with no more digits than are shown.
            let ratio = match shown.parse::<f64>().expect("a number") {
                _ if low == high => format!("{:.2}", found / low),
                below if below < low => "below".into(),
                above if above > high => "above".into(),
                _ => "within".into(),
            };
            format!("{shown} ({ratio})")
        }
    };
    let output = model.outputs().iter().find(|o| o.analyte == observed.analyte).expect("claimed");
    format!("{}: {number}: {}{}, {}", model.id(), output.grade, children(model), output.site)
}

/// What is said of a model of children, who are not 70 kg.
fn children(model: &Model) -> &'static str {
    if is_of_children(model) { ", children" } else { "" }
}

/// S-ketamine of the same infusion in every model: half of 0.5 mg/kg racemate, or 0.25 mg/kg of S-ketamine.
fn spread(models: &[Model]) -> String {
    let mut rows = Vec::new();
    for model in models.iter().filter(|m| m.provenance().extends.is_none()) {
        let (Some(name), true) = (output(model, "S-ketamine"), model.routes().iter().any(|r| r.name == "iv")) else {
            continue;
        };
        let give = if is_racemate(model) { "0.5 mg/kg iv over 40 min" } else { "0.25 mg/kg iv over 40 min" };
        let profile = run(model, give, 70.0).unwrap_or_else(|e| panic!("{e}"));
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

/// h after the dose at which the studies of Ashraf 2018 sampled.
const ASHRAF_TIMES: [f64; 13] = [1.0 / 3.0, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 24.0];

/// After an injection they took one sample more.
const ASHRAF_AFTER_INJECTION: f64 = 1.0 / 6.0;

/// Table 3 of Ashraf 2018: what was given, with ticlopidine or without, the mean weight (kg), the output, and Cmax (ng/mL) and
/// AUC0-24 (ng*h/mL) as published and as the transcription's article has them, means of its own virtual people.
type AshrafRow = (&'static str, bool, f64, &'static str, [f64; 2], [f64; 2]);
const ASHRAF_TABLE: [AshrafRow; 6] = [
    ("0.2 mg/kg oral", false, 62.0, "s_ketamine", [9.37, 22.4], [8.35, 21.9]),
    ("0.1 mg/kg iv over 2 min", false, 59.0, "s_ketamine", [41.0, 70.0], [37.7, 70.6]),
    ("0.2 mg/kg oral", true, 62.0, "s_ketamine", [18.1, 53.2], [16.1, 52.2]),
    ("0.2 mg/kg oral", false, 62.0, "norketamine", [56.0, 279.0], [47.1, 247.0]),
    ("0.1 mg/kg iv over 2 min", false, 59.0, "norketamine", [22.0, 161.0], [18.7, 147.0]),
    ("0.2 mg/kg oral", true, 62.0, "norketamine", [45.0, 250.0], [42.1, 235.0]),
];

/// How many virtual people stand for those of Ashraf 2018 here, and in the transcription's article.
const ASHRAF_PEOPLE: [usize; 2] = [500, 200];

/// How many standard errors the means of both may differ.
const ASHRAF_WITHIN: f64 = 4.0;

/// Largest samples and areas (linear up, logarithmic down, from C(0) = 0) of virtual people, with residual errors.
fn sampled_people(model: &Model, (give, ticlopidine, weight, output, ..): &AshrafRow) -> [Vec<f64>; 2] {
    let regimen: Regimen = give.parse().unwrap();
    let extra = give.contains(" iv ").then_some(ASHRAF_AFTER_INJECTION);
    let times: Vec<f64> = extra.into_iter().chain(ASHRAF_TIMES).collect();
    let prepared = Prepared::with(model, Some(&regimen), times.clone(), 24.0, Settings::default()).unwrap();
    let people = format!(
        "weight = {{ mean = '{weight} kg', sd = '9 kg', min = '50 kg', max = '88 kg' }}\nticlopidine = {ticlopidine}\n"
    );
    let people = People::parse("ashraf", &people).unwrap_or_else(|e| panic!("{e}"));
    let size = ASHRAF_PEOPLE[0];
    let population = Population::of(model).people(&people).unwrap().size(size as u64).seed(2018);
    let mut out = vec![0.0; prepared.numbers() * size];
    let cohort = Cohort { prepared: &prepared, population: &population, residual: true };
    assert!(cohort.run(0..size as u64, &mut out).failures.is_empty());
    let place = model.outputs().iter().position(|o| o.name == *output).unwrap() * times.len();
    let samples = out.chunks(prepared.numbers()).map(|person| &person[place..place + times.len()]);
    let peak = |c: &[f64]| c.iter().copied().fold(0.0, f64::max);
    let trapezoid = |((s, a), (t, b)): ((f64, f64), (f64, f64))| {
        let mean = if b < a && b > 0.0 { (a - b) / (a / b).ln() } else { (a + b) / 2.0 };
        (t - s) * mean
    };
    let area = |c: &[f64]| {
        let points = std::iter::once((0.0, 0.0)).chain(times.iter().copied().zip(c.iter().copied()));
        points.clone().zip(points.skip(1)).map(trapezoid).sum::<f64>()
    };
    [samples.clone().map(peak).collect(), samples.map(area).collect()]
}

/// Mean and standard deviation.
fn spread_of(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// Table 3 of Ashraf 2018 beside two populations, the transcription's and this library's, which have to agree.
fn people_of_ashraf() -> String {
    let model = model("s-ketamine-ashraf-2018");
    let mut text = String::from(
        "| given | number | published | transcription's people | people here (SD) | difference of both, in standard errors |\n\
         |---|---|---|---|---|---|\n",
    );
    for row in &ASHRAF_TABLE {
        let (give, ticlopidine, _, output, published, transcribed) = row;
        let found = sampled_people(&model, row);
        let with = if *ticlopidine { ", ticlopidine" } else { "" };
        for (k, metric) in ["Cmax, ng/mL", "AUC0-24, ng*h/mL"].into_iter().enumerate() {
            let (mean, sd) = spread_of(&found[k]);
            let error = sd * ASHRAF_PEOPLE.map(|n| 1.0 / n as f64).iter().sum::<f64>().sqrt();
            let off = (mean - transcribed[k]) / error;
            assert!(off.abs() < ASHRAF_WITHIN, "{give}{with}: {output} {metric}: {mean}, {}", transcribed[k]);
            let (published, transcribed) = (published[k], transcribed[k]);
            let (mean, sd) = (rounded(mean, 3), rounded(sd, 2));
            writeln!(
                text,
                "| {give}{with} | {output} {metric} | {published} | {transcribed} | {mean} ({sd}) | {off:+.1} |"
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_tables_of_exposures_are_what_the_models_give() {
    let models = library();
    let document = std::fs::read_to_string(path("VALIDATION.md")).unwrap();
    let tables = BTreeMap::from([
        ("exposures", table_of_exposures(&models)),
        ("exposures apart", exposures_apart(&models)),
        ("spread", spread(&models)),
        ("people of Ashraf", people_of_ashraf()),
    ]);
    is_fresh("VALIDATION.md", &refreshed(&document, &tables), "library");
}
