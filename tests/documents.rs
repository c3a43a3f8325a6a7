//! What the documents show is what the program gives today: the tables of VALIDATION.md, the figure and the excerpts of
//! README.md, the figures of the examples. `POSOLOGY_BLESS=1 cargo test --test documents` writes them.
#![cfg(feature = "cli")]

#[allow(dead_code, reason = "its main")]
#[path = "../examples/07_antidepressant_response.rs"]
mod antidepressant_response;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/08_arterial_venous.rs"]
mod arterial_venous;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/06_blood_pressure.rs"]
mod blood_pressure;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/05_dissociation.rs"]
mod dissociation;
mod document;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/01_first_curve.rs"]
mod first_curve;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/10_guided_maintenance.rs"]
mod guided_maintenance;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/03_population_bands.rs"]
mod population_bands;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/09_published_and_simulated.rs"]
mod published_and_simulated;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/02_routes.rs"]
mod routes;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/04_dose_interval_sweep.rs"]
mod sweep;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/12_what_decides_dissociation.rs"]
mod what_decides;
#[allow(dead_code, reason = "its main")]
#[path = "../examples/11_year_of_exposure.rs"]
mod year_of_exposure;

use document::{is_fresh, path, refreshed};
use posology::io::{Format, rounded};
use posology::metrics::REGISTRY;
use posology::model::{Evidence, Tolerance, catalogue};
use posology::plot::{session_figure, tornado_figure};
use posology::prelude::*;
use posology::simulate::Settings;
use posology::study::compare::{Comparison, Plan, STANDARD_EFFECTS, compare, default_plan, sections, session_table};
use posology::study::sensitivity::SensitivityPlan;
use posology::study::{CheckResult, verify};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::Command;

fn checks() -> Vec<CheckResult> {
    let models = catalogue().iter().filter(|entry| !entry.is_textbook());
    models.flat_map(|entry| verify(&Model::catalogue(entry.id).unwrap()).unwrap()).collect()
}

fn percent(deviation: f64) -> String {
    let hundredths = (1e4 * deviation).round() + 0.0; // no negative zero
    format!("{:+.2} %", hundredths / 100.0)
}

/// The checks of one kind, those that agree in `key` together, in the order in which each key comes first.
fn grouped<'c, K: PartialEq>(
    checks: &'c [CheckResult],
    kind: Evidence,
    key: impl Fn(&'c CheckResult) -> K,
) -> Vec<Vec<&'c CheckResult>> {
    let mut groups: Vec<Vec<&CheckResult>> = Vec::new();
    for check in checks.iter().filter(|c| c.kind == kind) {
        match groups.iter_mut().find(|group| key(group[0]) == key(check)) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    groups
}

fn beside(check: &CheckResult) -> String {
    let printed = format!("{} {}: {} {}", check.output, check.metric, check.expected.text, check.unit);
    match (check.found_in_unit(), check.deviation()) {
        (Some(found), Some(deviation)) => {
            format!("{printed}, here {} ({})", rounded(found.value(), 5), percent(deviation))
        }
        _ => format!("{printed}, here none"),
    }
}

/// Each number of a kind and the model's, one row per experiment and source.
fn listed(checks: &[CheckResult], kind: Evidence) -> String {
    let mut text = String::from("| model | given | source | numbers |\n|---|---|---|---|\n");
    for group in grouped(checks, kind, |c| (&c.model, &c.source, &c.given)) {
        let numbers: Vec<String> = group.iter().map(|c| beside(c)).collect();
        let CheckResult { model, given, source, .. } = group[0];
        writeln!(text, "| {model} | {given} | {source} | {} |", numbers.join("<br>")).unwrap();
    }
    text
}

/// How much of what is allowed a result uses up.
fn used(check: &CheckResult) -> f64 {
    let allowed = match check.tolerance {
        Tolerance::Print => check.expected.half_digit,
        Tolerance::Rel(rel) => rel * check.expected.value.abs(),
        Tolerance::Abs(abs) => abs,
    };
    check.found.as_ref().map_or(f64::INFINITY, |found| (found - check.expected.value).abs() / allowed)
}

/// How many computed numbers each model reproduces, and how near it comes to the limit.
fn computed(checks: &[CheckResult]) -> String {
    let mut text = String::from(
        "| model | calculation | numbers | of these to the last printed digit | largest part of the tolerance used |\n\
         |---|---|---|---|---|\n",
    );
    for group in grouped(checks, Evidence::Computed, |c| (&c.model, &c.source)) {
        let CheckResult { model, source, .. } = group[0];
        let printed = group.iter().filter(|c| c.tolerance == Tolerance::Print).count();
        let worst = group.iter().map(|c| used(c)).fold(0.0, f64::max);
        writeln!(text, "| {model} | {source} | {} | {printed} | {:.0} % |", group.len(), 100.0 * worst).unwrap();
    }
    text
}

/// Noresketamine AUC0-24 (ng*h/mL) as printed in Table 4 of Perez-Ruixo 2021, after 28, 56 and 84 mg.
const NORESKETAMINE: [(f64, &str, [f64; 3]); 6] = [
    (45.0, "other", [274.4, 516.3, 758.0]),
    (45.0, "asian-non-japanese", [371.8, 704.8, 1037.0]),
    (45.0, "japanese", [406.4, 760.8, 1114.0]),
    (70.0, "other", [277.9, 522.0, 765.9]),
    (70.0, "asian-non-japanese", [373.9, 708.0, 1042.0]),
    (70.0, "japanese", [409.2, 765.3, 1121.0]),
];

/// The open discrepancy of noresketamine's area: printed, simulated, ratio.
fn discrepancy() -> String {
    let model = Model::catalogue("esketamine-perez-ruixo-2021").unwrap();
    let mut text = String::from("| age, ancestry | 28 mg | 56 mg | 84 mg |\n|---|---|---|---|\n");
    for (age, ancestry, printed) in NORESKETAMINE {
        let subject = Subject::typical(&model).with("age", age.years()).unwrap();
        let subject = subject.with_text("ancestry", ancestry).unwrap();
        let cells: Vec<String> = [28, 56, 84]
            .iter()
            .zip(printed)
            .map(|(dose, printed)| {
                let give: Regimen = format!("{dose} mg intranasal").parse().unwrap();
                let simulation = Simulation::new(&model).subject(&subject).give(give).until(24.0.hours());
                let area = simulation.run().unwrap().output("noresketamine").unwrap().auc(0.0, 24.0);
                let area = area.to(&"ng*h/mL".parse().unwrap()).unwrap().value();
                format!("{printed}, here {area:.1} ({:.2} times)", area / printed)
            })
            .collect();
        writeln!(text, "| {age} years, {ancestry} | {} |", cells.join(" | ")).unwrap();
    }
    text
}

fn comparison(name: &str, text: &str) -> Comparison {
    let plan = Plan::parse(name, text).unwrap();
    let models = plan.models(|id| Ok(Model::catalogue(id)?)).unwrap();
    compare(&plan, &models, |_| ()).unwrap()
}

#[test]
fn the_tables_of_validation_are_what_the_models_give() {
    let document = std::fs::read_to_string(path("VALIDATION.md")).unwrap();
    let checks = checks();
    let tables = BTreeMap::from([
        ("published", listed(&checks, Evidence::Published)),
        ("observed", listed(&checks, Evidence::Observed)),
        ("computed", computed(&checks)),
        ("discrepancy", discrepancy()),
    ]);
    is_fresh("VALIDATION.md", &refreshed(&document, &tables), "documents");
}

#[test]
fn the_figure_of_the_readme_is_what_its_plan_draws() {
    let name = "examples/plans/five-routes.toml";
    let text = std::fs::read_to_string(path(name)).unwrap();
    is_fresh("docs/routes.svg", &session_figure(&comparison(name, &text)).to_svg().unwrap(), "documents");
}

#[test]
fn the_figures_of_the_examples_are_what_they_draw() {
    type Draw = fn() -> Result<Figure, posology::Error>;
    let figures: [(&str, Draw); 12] = [
        ("01_first_curve", first_curve::figure),
        ("02_routes", routes::figure),
        ("03_population_bands", population_bands::figure),
        ("04_dose_interval_sweep", sweep::figure),
        ("05_dissociation", dissociation::figure),
        ("06_blood_pressure", blood_pressure::figure),
        ("07_antidepressant_response", antidepressant_response::figure),
        ("08_arterial_venous", arterial_venous::figure),
        ("09_published_and_simulated", published_and_simulated::figure),
        ("10_guided_maintenance", guided_maintenance::figure),
        ("11_year_of_exposure", year_of_exposure::figure),
        ("12_what_decides_dissociation", what_decides::figure),
    ];
    for (name, figure) in figures {
        is_fresh(&format!("docs/figures/{name}.svg"), &figure().unwrap().to_svg().unwrap(), "documents");
    }
}

#[test]
fn every_figure_is_shown_somewhere_and_every_figure_shown_is_there() {
    let pages = std::fs::read_dir(path("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|page| page.extension().is_some_and(|e| e == "md"));
    let pages = pages.chain(["README.md", "VALIDATION.md"].map(path));
    let text: String = pages.map(|page| std::fs::read_to_string(page).unwrap()).collect();
    let shown = text.split("figures/").skip(1).filter_map(|rest| rest.split(')').next());
    let shown: BTreeSet<String> = shown.filter(|name| name.ends_with(".svg")).map(str::to_string).collect();
    let files = std::fs::read_dir(path("docs/figures")).unwrap();
    let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(shown, files);
}

const SENSITIVITY: &str = "examples/plans/esketamine-sensitivity.toml";

#[test]
fn the_plans_of_the_page_about_sensitivity_are_plans_and_its_example_is_real() {
    let page = std::fs::read_to_string(path("docs/sensitivity.md")).unwrap();
    let analysed = |name: &str, text: &str| {
        let plan = SensitivityPlan::parse(name, text).unwrap_or_else(|e| panic!("{e}"));
        let models = plan.models(|id| Ok(Model::catalogue(id)?)).unwrap();
        let design = plan.design(&models, Settings::default()).unwrap_or_else(|e| panic!("{e}"));
        design.run(&models, |_| ()).unwrap_or_else(|e| panic!("{e}"))
    };
    let plans: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(plans.len() >= 3);
    for plan in plans {
        let found = analysed("docs/sensitivity.md", plan);
        assert!(found.failed == 0 && found.measures.iter().all(|m| m.effects.is_ok()), "{plan}");
    }
    let text = std::fs::read_to_string(path(SENSITIVITY)).unwrap();
    let found = analysed(SENSITIVITY, &text);
    is_fresh("docs/figures/esketamine-sensitivity.svg", &tornado_figure(&found).to_svg().unwrap(), "documents");
    let blocks = BTreeMap::from([
        ("plan", format!("```toml\n{text}```\n")),
        ("output", session(&[&format!("sensitivity {SENSITIVITY}")])),
    ]);
    is_fresh("docs/sensitivity.md", &refreshed(&page, &blocks), "documents");
}

/// The words of a command; what stands in quotes is one.
fn words(command: &str) -> impl Iterator<Item = &str> {
    let parts = command.split('"').enumerate();
    parts.flat_map(|(nth, part)| if nth % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
}

const LEDGER: &str = "ledger esketamine-perez-ruixo-2021 --give \"28 mg iv over 40 min\" --give \"84 mg intranasal\" \
                      --give \"84 mg oral\" --until 8h --every 2h";

#[test]
fn the_example_of_the_page_about_ledgers_is_real() {
    let page = std::fs::read_to_string(path("docs/ledger.md")).unwrap();
    is_fresh("docs/ledger.md", &refreshed(&page, &BTreeMap::from([("example", session(&[LEDGER]))])), "documents");
    let name = format!("posology-documents-{}.svg", std::process::id());
    let figure = std::env::temp_dir().join(name);
    let drawn = format!("{LEDGER} --plot {}", figure.display());
    let output = Command::new(env!("CARGO_BIN_EXE_posology")).args(words(&drawn)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let svg = std::fs::read_to_string(&figure).unwrap();
    std::fs::remove_file(&figure).unwrap();
    is_fresh("docs/figures/esketamine-ledger.svg", &svg, "documents");
}

/// What a terminal shows of some commands, run in the project's folder.
fn session(commands: &[&str]) -> String {
    let shown = commands.iter().map(|command| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_posology"));
        program.args(words(command)).current_dir(path("")).env_remove("COLUMNS");
        let output = program.output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        format!("$ posology {command}\n{}", String::from_utf8(output.stdout).unwrap())
    });
    format!("```text\n{}```\n", shown.collect::<Vec<_>>().join("\n"))
}

/// The registry as a table.
fn metrics() -> String {
    let mut text = String::from(
        "| metric | unit | what | from a solution | from samples | needs | CDISC | reference |\n|---|---|---|---|---|---|---|---|\n",
    );
    for d in REGISTRY {
        let needs: Vec<&str> = d.needs.iter().map(|need| need.name()).collect();
        let (exact, sampled) = (d.exact.unwrap_or("–"), d.sampled.unwrap_or("–"));
        let (needs, codes) = (needs.join(", "), d.cdisc.all().join(", "));
        let (name, unit, title, reference) = (d.name, d.scale.name(), d.title, d.reference);
        writeln!(text, "| `{name}` | {unit} | {title} | {exact} | {sampled} | {needs} | {codes} | {reference} |")
            .unwrap();
    }
    text
}

#[test]
fn the_table_of_metrics_is_the_registry() {
    let document = std::fs::read_to_string(path("docs/metrics.md")).unwrap();
    is_fresh("docs/metrics.md", &refreshed(&document, &BTreeMap::from([("metrics", metrics())])), "documents");
}

#[test]
fn the_excerpts_about_nca_are_real() {
    let document = std::fs::read_to_string(path("docs/nca.md")).unwrap();
    let some = "--metrics Cmax,Tmax,AUClast,AUCinf,half_life,CL,Vz";
    let blocks = session(&[&format!("nca examples/data/nasal.csv --route extravascular --dose 84mg {some}")]);
    is_fresh("docs/nca.md", &refreshed(&document, &BTreeMap::from([("nca", blocks)])), "documents");
}

/// The sections about effects of the plan that runs without an argument.
fn effects() -> String {
    let (name, text) = default_plan();
    let asked = format!("effects = {STANDARD_EFFECTS:?}\n{text}");
    let mut shown = String::new();
    for section in sections(&comparison(name, &asked)) {
        if section.heading.starts_with("Effects") || section.heading.starts_with("Response") {
            let notes = section.notes.join("\n");
            write!(shown, "{}\n{}{notes}\n\n", section.heading, section.table.render(Format::Table, 120)).unwrap();
        }
    }
    format!("```text\n{}\n```\n", shown.trim_end())
}

#[test]
fn the_effects_of_the_page_about_plans_are_real() {
    let document = std::fs::read_to_string(path("docs/plans.md")).unwrap();
    is_fresh("docs/plans.md", &refreshed(&document, &BTreeMap::from([("effects", effects())])), "documents");
}

#[test]
fn the_excerpts_of_the_readme_are_real() {
    let readme = std::fs::read_to_string(path("README.md")).unwrap();
    let (name, text) = default_plan();
    let printed = session_table(&comparison(name, text)).render(Format::Table, 120);
    let first = printed.split("\n\n").next().unwrap().trim_end();
    let model = include_str!("../examples/models/oral.toml");
    let data = "examples/models/oral.toml --data examples/data/oral.csv";
    let blocks = BTreeMap::from([
        ("compare", format!("```text\n{first}\n```\n")),
        ("model", format!("```toml\n{model}```\n")),
        ("data", session(&[&format!("simulate {data}"), &format!("explain {data} --id 1")])),
    ]);
    is_fresh("README.md", &refreshed(&readme, &blocks), "documents");
}
