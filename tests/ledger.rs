//! The ledger of a dose: parts add up to it at every time, and what each is agrees with closed forms and laws.
#![cfg(feature = "cli")]

#[allow(dead_code)]
mod common;

use common::Folder;
use posology::model::{Catalogue, FileKind, catalogue};
use posology::prelude::*;
use posology::simulate::{Engine, Settings};
use posology::study::ledger::{Exposure, Ledger, LedgerError, Origin, Whereabouts};
use std::sync::Arc;

const ESKETAMINE: &str = "esketamine-perez-ruixo-2021";
/// What one rounding after the other may make of an exact solution, as a part of the total.
const EXACT: f64 = 1e-12;
/// The same of one that is integrated within 1e-8 per step.
const INTEGRATED: f64 = 2e-7;

fn ledger_at(model: &Model, give: &str, until: f64, times: &[f64]) -> Result<Ledger, LedgerError> {
    let regimen: Schedule = give.parse::<Schedule>().unwrap();
    let simulation = Simulation::new(model).give(regimen).until(until.hours()).at(times.iter().map(|t| t.hours()));
    Ledger::of(give, &simulation)
}

fn ledger(model: &Model, give: &str, until: f64) -> Ledger {
    let times: Vec<f64> = (0..=48).map(|k| until * f64::from(k) / 48.0).collect();
    ledger_at(model, give, until, &times).unwrap_or_else(|error| panic!("{give}: {error}"))
}

fn model(system: &str) -> Model {
    let head = "id = \"m\"\ntitle = \"m\"\ndrug = \"d\"\ngrade = \"assumed\"\nunit_checking = false\n";
    Model::parse(&format!("{head}{system}"), "m.toml", &Catalogue).unwrap_or_else(|faults| panic!("{faults}"))
}

fn balanced(ledger: &Ledger, tolerance: f64) {
    let most = ledger.total.iter().copied().fold(0.0, f64::max);
    for (time, residual) in ledger.times.iter().zip(&ledger.residual) {
        assert!(residual.abs() <= tolerance * most, "{}: {residual} of {most} mg at {time} h", ledger.name);
    }
    for part in &ledger.parts {
        let low = part.amounts.iter().copied().fold(0.0, f64::min);
        assert!(low >= -tolerance * most, "{}: {} has {low} mg", ledger.name, part.name);
    }
}

fn part<'l>(ledger: &'l Ledger, place: Whereabouts, name: &str) -> &'l [f64] {
    let part = ledger.parts.iter().find(|part| part.place == place && part.name == name);
    let all = || ledger.parts.iter().map(|part| (part.place.words(), &part.name)).collect::<Vec<_>>();
    &part.unwrap_or_else(|| panic!("no {name} in {:?}", all())).amounts
}

fn exposure<'l>(ledger: &'l Ledger, output: &str, origin: &Origin) -> &'l Exposure {
    ledger.exposures.iter().find(|one| one.output == output && one.origin == *origin).unwrap()
}

fn share(ledger: &Ledger, output: &str, origin: &Origin) -> f64 {
    exposure(ledger, output, origin).share.clone().unwrap()
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
}

#[test]
fn one_compartment_by_mouth_is_the_closed_form() {
    let model = Model::catalogue("textbook-one-compartment").unwrap();
    let value = |name: &str| model.parameters().iter().find(|p| p.name == name).unwrap().value;
    let (ka, k, f) = (value("ka"), value("CL") / value("V"), value("F"));
    let ledger = ledger(&model, "100 mg oral", 24.0);
    balanced(&ledger, EXACT);
    for (at, t) in ledger.times.iter().copied().enumerate() {
        let gut = 100.0 * f * (-ka * t).exp();
        let central = 100.0 * f * ka / (ka - k) * ((-k * t).exp() - (-ka * t).exp());
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-10, "{t} h: {found}, {expected}");
        near(part(&ledger, Whereabouts::Before, "gut")[at], gut);
        near(part(&ledger, Whereabouts::Drug, "central")[at], central);
        near(part(&ledger, Whereabouts::Gone, "central -> out")[at], 100.0 * f - gut - central);
        near(part(&ledger, Whereabouts::NeverEntered, "oral")[at], 100.0 * (1.0 - f));
    }
    assert_eq!(ledger.absorption.len(), 1);
    // All that ever reaches it, wherever the simulation ends.
    close(*ledger.absorption[0].reaches.as_ref().unwrap(), 100.0 * f, 1e-12);
    assert_eq!(ledger.absorption[0].until, None);
    let settings = Settings { engine: Engine::Explicit, ..Settings::default() };
    let give = "100 mg oral".parse::<Schedule>().unwrap();
    let integrated = Simulation::new(&model).give(give).until(1.0.hours()).every(1.0.hours()).settings(settings);
    let by_the_end = &Ledger::of("", &integrated).unwrap().absorption[0];
    close(*by_the_end.reaches.as_ref().unwrap(), 100.0 * f * (1.0 - (-ka).exp()), 1e-7);
    assert_eq!(by_the_end.until, Some(1.0));
}

#[test]
fn every_route_of_every_model_adds_up() {
    let mut count = 0;
    for entry in catalogue() {
        let model = Model::catalogue(entry.id).unwrap();
        if model.kind() == FileKind::Effect || model.doses_follow_state() {
            continue;
        }
        for route in model.routes() {
            let give = format!("84 mg {} every 12 h for 1 day", route.name);
            let ledger = ledger(&model, &give, 36.0);
            balanced(&ledger, if ledger.integrated { INTEGRATED } else { EXACT });
            let [first, last] = [ledger.total[0], *ledger.total.last().unwrap()];
            let enters = if route.exceeds.is_some() { 1.42 } else { 1.0 };
            assert!((first / 84.0 - enters).abs() < 0.004 && last == 2.0 * first, "{} {give}: {first}", entry.id);
            count += 1;
        }
    }
    assert!(count > 25, "{count}");
}

#[test]
fn noresketamine_is_formed_before_the_circulation_by_mouth_more_than_by_nose_and_never_by_vein() {
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let before = |give: &str| share(&ledger(&model, give, 24.0), "noresketamine", &Origin::Before);
    let (vein, nose, mouth) = (before("28 mg iv over 40 min"), before("84 mg intranasal"), before("84 mg oral"));
    assert_eq!(vein, 0.0);
    assert!(0.2 < nose && nose < mouth, "{nose} {mouth}");
    // In the liver a molecule is converted, eliminated or goes on to the circulation; in the end all leave there.
    let (converted, eliminated, on) = (2.77, 1.11, 151.0 / 101.0);
    close(mouth, (converted + eliminated) / (converted + eliminated + on), 1e-10);
    let ledger = ledger(&model, "84 mg oral", 24.0);
    let all = exposure(&ledger, "noresketamine", &Origin::All).auc_inf.clone().unwrap().value();
    let parts = [Origin::Before, Origin::After].map(|origin| {
        let one = exposure(&ledger, "noresketamine", &origin);
        one.auc_inf.clone().unwrap().value()
    });
    close(parts[0] + parts[1], all, 1e-12);
    let reached = *ledger.absorption[0].reaches.as_ref().unwrap();
    close(reached, 84.0 * 0.64 * on / (converted + eliminated + on), 1e-12);
}

#[test]
fn exposure_by_entry_adds_up_and_is_what_the_entry_alone_gives() {
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let ledger = ledger(&model, "84 mg intranasal", 24.0);
    for output in ["esketamine", "noresketamine"] {
        let by =
            ["nasal", "swallowed"].map(|entry| share(&ledger, output, &Origin::Entry(format!("intranasal: {entry}"))));
        close(by[0] + by[1], 1.0, 1e-12);
        assert!(by.iter().all(|share| *share > 0.1), "{by:?}");
    }
    // All that is swallowed goes the way of an oral dose, with other rates and the same areas.
    let mouth = self::ledger(&model, "84 mg oral", 24.0);
    let (swallowed, oral) = (&ledger.absorption[1], &mouth.absorption[0]);
    assert_eq!(swallowed.entry, "intranasal: swallowed");
    let per_mg = |ledger: &Ledger, origin: &Origin, enters: f64| {
        exposure(ledger, "esketamine", origin).auc_inf.clone().unwrap().value() / enters
    };
    let by_nose = per_mg(&ledger, &Origin::Entry("intranasal: swallowed".into()), swallowed.enters);
    close(by_nose, per_mg(&mouth, &Origin::All, oral.enters), 1e-12);
    assert!(!ledger.exposures.iter().any(|one| one.drug && one.origin == Origin::Before));
}

#[test]
fn in_the_end_everything_is_gone() {
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let ledger = ledger(&model, "84 mg intranasal", 1000.0);
    let places = [Whereabouts::GoneAsMetabolite, Whereabouts::Gone, Whereabouts::GoneBefore, Whereabouts::NeverEntered];
    let gone: f64 = places.map(|place| *ledger.in_place(place).last().unwrap()).iter().sum();
    close(gone, 84.0, 1e-12);
    // What never enters is what the label of the model says: swallowed and lost in the gut.
    let first = 0.54;
    let next = first * 0.62;
    let lost: f64 = [first, next, next].iter().map(|nasal| 28.0 * (1.0 - nasal) * 0.36).sum();
    close(*ledger.in_place(Whereabouts::NeverEntered).last().unwrap(), lost, 1e-12);
}

#[test]
fn devices_lags_and_infusions_wait_until_they_enter() {
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let times = [0.0, 5.0 / 60.0, 0.1, 10.0 / 60.0, 0.25];
    let ledger = ledger_at(&model, "84 mg intranasal", 1.0, &times).unwrap();
    assert_eq!(part(&ledger, Whereabouts::ToCome, "devices to come"), [56.0, 28.0, 28.0, 0.0, 0.0]);
    let nasal = part(&ledger, Whereabouts::Before, "nasal");
    close(nasal[0], 28.0 * 0.54, 1e-12);
    balanced(&ledger, EXACT);

    let drip = ledger_at(&model, "30 mg iv over 1 h", 2.0, &[0.0, 0.25, 0.5, 1.0, 1.5]).unwrap();
    assert_eq!(part(&drip, Whereabouts::ToCome, "to central"), [30.0, 22.5, 15.0, 0.0, 0.0]);
    balanced(&drip, EXACT);

    // Sums of times that round: 0.1 h after 24.2 h.
    let late = self::model(
        "[compartments]\ngut = {}\ncentral = { volume = \"5\" }\n[flows]\n\"gut -> central\" = { rate = \"1\" }\n\
         \"central -> out\" = { rate = \"0.3\" }\n[routes.oral]\ngut = { fraction = \"0.9\", lag = \"0.1\" }\n\
         [outputs]\nc = { value = \"C(central)\", unit = \"mg/L\" }\n",
    );
    let times = [0.0, 0.05, 0.1, 24.2, 24.25, 24.3, 48.4, 48.5];
    let ledger = ledger_at(&late, "10 mg oral every 24.2 h for 3 days", 50.0, &times).unwrap();
    balanced(&ledger, EXACT);
    assert_eq!(part(&ledger, Whereabouts::ToCome, "to gut"), [9.0, 9.0, 0.0, 9.0, 9.0, 0.0, 9.0, 0.0]);
}

#[test]
fn doses_per_kg_are_for_the_person() {
    let model = Model::catalogue("ketamine-oral-clements").unwrap();
    let adult = Subject::typical(&model).with_text("weight", "50 kg").unwrap();
    let simulation = Simulation::new(&model).subject(&adult).give("0.5 mg/kg oral".parse::<Schedule>().unwrap());
    let ledger = Ledger::of("", &simulation.until(24.0.hours()).every(1.0.hours())).unwrap();
    assert_eq!(ledger.total[0], 25.0);
    balanced(&ledger, EXACT);
}

#[test]
fn models_that_are_not_linear_add_up_too() {
    let model = Model::catalogue("textbook-michaelis-menten").unwrap();
    let value = |name: &str| model.parameters().iter().find(|p| p.name == name).unwrap().value;
    let ledger = ledger(&model, "100 mg", 12.0);
    balanced(&ledger, INTEGRATED);
    // The integrated equation of Michaelis and Menten: Vmax t = A0 - A + Km V ln(A0 / A).
    let (vmax, km) = (value("Vmax"), value("Km") * value("V"));
    for (t, left) in ledger.times.iter().zip(part(&ledger, Whereabouts::Drug, "central")) {
        assert!((vmax * t - (100.0 - left) - km * (100.0 / left).ln()).abs() < 1e-5, "{t} h: {left}");
    }
    let binding = Model::catalogue("textbook-tmdd-full").unwrap();
    let ledger = self::ledger(&binding, "100 mg", 240.0);
    balanced(&ledger, INTEGRATED);
    assert!(part(&ledger, Whereabouts::Drug, "bound").iter().any(|amount| *amount > 1.0));
    assert!(*part(&ledger, Whereabouts::Gone, "bound -> out").last().unwrap() > 1.0);
    assert_eq!(ledger.exposures.iter().map(|one| one.output.as_str()).collect::<Vec<_>>(), ["free", "complex"]);
}

#[test]
fn an_engine_that_integrates_agrees_with_the_exact_one() {
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let settings = Settings { engine: Engine::Explicit, ..Settings::default() };
    let run = |settings: Settings| {
        let give = "84 mg intranasal".parse::<Schedule>().unwrap();
        let simulation = Simulation::new(&model).give(give).until(24.0.hours()).every(1.0.hours()).settings(settings);
        Ledger::of("", &simulation).unwrap()
    };
    let (exact, integrated) = (run(Settings::default()), run(settings));
    assert!(integrated.integrated && !exact.integrated);
    balanced(&integrated, INTEGRATED);
    for (one, other) in exact.parts.iter().zip(&integrated.parts) {
        assert_eq!((one.place, &one.name), (other.place, &other.name));
        for (a, b) in one.amounts.iter().zip(&other.amounts) {
            assert!((a - b).abs() < 84.0 * INTEGRATED, "{}: {a} {b}", one.name);
        }
    }
}

/// A drug that the liver converts before and after the circulation; `liver` and `flow` say how.
fn converted(liver: &str, flow: &str) -> Model {
    model(&format!(
        "[substances]\ndrug = {{ molar_mass = \"300 g/mol\" }}\nmet = {{ molar_mass = \"240 g/mol\" }}\n\
         [compartments]\ngut = {{ substance = \"drug\" }}\nliver = {{ volume = \"2\", substance = \"drug\" }}\n\
         central = {{ volume = \"10\", substance = \"drug\" }}\nformed = {{ volume = \"20\", substance = \"met\"{liver} }}\n\
         [flows]\n\"gut -> liver\" = {{ rate = \"1.1\" }}\n\"central <-> liver\" = {{ clearance = \"5\" }}\n\
         \"liver -> formed\" = {{ {flow} }}\n\"liver -> out\" = {{ rate = \"0.4\" }}\n\"formed -> out\" = {{ rate = \"0.2\" }}\n\
         [routes.oral]\ngut = {{}}\n[routes.iv]\ncentral = {{}}\n\
         [outputs]\nparent = {{ value = \"C(central)\", unit = \"mg/L\" }}\nmetabolite = {{ value = \"C(formed)\", unit = \"mg/L\" }}\n"
    ))
}

#[test]
fn metabolites_count_as_the_drug_they_were_formed_from_however_they_are_kept() {
    let by_mass = ledger(&converted("", "rate = \"0.7\""), "100 mg oral", 24.0);
    let by_moles = ledger(&converted("", "rate = \"0.7\", molar = true"), "100 mg oral", 24.0);
    let kept = ledger(&converted(", equivalents_of = \"drug\"", "rate = \"0.7\""), "100 mg oral", 24.0);
    for other in [&by_moles, &kept] {
        balanced(other, EXACT);
        for (one, other) in by_mass.parts.iter().zip(&other.parts) {
            assert_eq!((one.place, &one.name), (other.place, &other.name));
            one.amounts.iter().zip(&other.amounts).for_each(|(a, b)| assert!((a - b).abs() < 1e-10, "{a} {b}"));
        }
        close(share(other, "metabolite", &Origin::Before), share(&by_mass, "metabolite", &Origin::Before), 1e-12);
        assert!(other.notes.is_empty(), "{:?}", other.notes);
    }
    assert!(by_mass.notes[0].contains("mg by mg"), "{:?}", by_mass.notes);
    let area = |ledger: &Ledger| exposure(ledger, "metabolite", &Origin::All).auc_inf.clone().unwrap().value();
    close(area(&by_moles), 0.8 * area(&by_mass), 1e-12);
    close(area(&kept), area(&by_moles), 1e-12);
}

#[test]
fn a_yield_leaves_the_rest_as_gone() {
    let ledger = ledger(&converted("", "rate = \"0.7\", yield = \"0.25\""), "100 mg oral", 400.0);
    balanced(&ledger, EXACT);
    let last = |place, name| *part(&ledger, place, name).last().unwrap();
    let lost: f64 =
        [Whereabouts::Gone, Whereabouts::GoneBefore].map(|p| last(p, "liver -> formed (yield)")).iter().sum();
    close(lost, 3.0 * last(Whereabouts::GoneAsMetabolite, "formed -> out"), 1e-9);
}

#[test]
fn where_flows_are_not_linear_what_they_mix_is_not_split_and_says_why() {
    let mixed = converted("", "flux = \"3 * C(liver) / (0.5 + C(liver))\"");
    let oral = ledger(&mixed, "100 mg oral", 24.0);
    balanced(&oral, INTEGRATED);
    let before = exposure(&oral, "metabolite", &Origin::Before);
    assert!(before.share.as_ref().unwrap_err().contains("liver -> formed"), "{before:?}");
    assert!(oral.notes.iter().any(|note| note.contains("in `liver`")), "{:?}", oral.notes);
    assert!(oral.absorption[0].reaches.is_err());
    // By vein nothing was before the circulation, in any model.
    let vein = ledger(&mixed, "100 mg iv", 24.0);
    assert_eq!(share(&vein, "metabolite", &Origin::Before), 0.0);
    assert_eq!(share(&vein, "metabolite", &Origin::After), 1.0);
}

#[test]
fn fractions_above_one_are_said_and_add_up_to_what_enters() {
    let model = Model::catalogue("s-ketamine-simons-2022").unwrap();
    let ledger = ledger(&model, "50 mg sublingual", 24.0);
    balanced(&ledger, EXACT);
    assert!(ledger.total[0] > 1.4 * 50.0);
    assert!(ledger.notes[0].contains("of the dose enters"), "{:?}", ledger.notes);
    assert_eq!((ledger.given, &ledger.surplus), (50.0, &ledger.notes));
    // Swallowed drug is there only as the metabolites it forms.
    let entry = |name: &str| Origin::Entry(format!("sublingual: {name}"));
    assert_eq!(share(&ledger, "s_ketamine", &entry("gut")), 0.0);
    let (before, gut) =
        (share(&ledger, "s_norketamine", &Origin::Before), share(&ledger, "s_norketamine", &entry("gut")));
    close(before, gut, 1e-12);
}

#[test]
fn what_is_there_without_a_dose_and_what_is_written_by_hand_is_counted() {
    let system = |gut: &str, central: &str| {
        format!(
            "[compartments]\ngut = {{ {gut} }}\ncentral = {{ volume = \"5\", {central} }}\n[routes.oral]\ngut = {{}}\n\
             [outputs]\nc = {{ value = \"C(central)\", unit = \"mg/L\" }}\n"
        )
    };
    let by_hand = model(&system("rate = \"-0.8 * gut\"", "rate = \"0.8 * gut - 0.3 * central\", initial = \"7\""));
    let ledger = ledger(&by_hand, "10 mg oral", 24.0);
    balanced(&ledger, EXACT);
    close(ledger.total[0], 17.0, 1e-12);
    let gut = part(&ledger, Whereabouts::Before, "gut");
    let gone = part(&ledger, Whereabouts::ByHand, "rates written by hand");
    for (at, t) in ledger.times.iter().copied().enumerate() {
        close(gut[at], 10.0 * (-0.8 * t).exp(), 1e-9);
        let dose = 10.0 * 0.8 / 0.5 * ((-0.3 * t).exp() - (-0.8 * t).exp());
        assert!((17.0 - gut[at] - dose - 7.0 * (-0.3 * t).exp() - gone[at]).abs() < 1e-10, "{t} h");
    }
    assert_eq!(ledger.notes.len(), 3, "{:?}", ledger.notes);
}

#[test]
fn an_effect_changes_nothing() {
    let model = Model::catalogue(ESKETAMINE).unwrap();
    let text = "format = 1\nkind = \"effect\"\nid = \"e\"\ntitle = \"e\"\ndrug = \"esketamine\"\ngrade = \"assumed\"\n\
                [requires]\nc = { analyte = \"S-ketamine\", unit = \"ng/mL\" }\n\
                [parameters]\nk = { value = 1, unit = \"1/h\", grade = \"assumed\", why = \"test\" }\n\
                [states]\nR = { initial = \"1\", rate = \"k * (1 + c / (c + 50[ng/mL]) - R)\" }\n\
                [outputs]\nresponse = { value = \"R\" }\n";
    let source = posology::error::Source::new("e.toml", text);
    let both = Model::with_effects(model.source(), &[Arc::clone(&source)], &Catalogue).unwrap();
    let (plain, with) = (ledger(&model, "84 mg oral", 24.0), ledger(&both, "84 mg oral", 24.0));
    assert!(with.integrated);
    assert_eq!(plain.parts.len(), with.parts.len());
    balanced(&with, EXACT);
    for origin in [Origin::Before, Origin::After] {
        close(share(&with, "noresketamine", &origin), share(&plain, "noresketamine", &origin), 1e-10);
    }
}

#[test]
fn what_cannot_be_followed_says_why() {
    let refuse = |model: &Model, give: &str| ledger_at(model, give, 24.0, &[0.0]).unwrap_err().to_string();
    let follows = Model::catalogue("textbook-induced-first-pass").unwrap();
    assert!(refuse(&follows, "100 mg oral").contains("follows the state"));
    let twice = converted("", "rate = \"0.7\", molar = true");
    assert!(twice.flows().len() == 6);
    let system = "[substances]\na = { molar_mass = \"300 g/mol\" }\nb = { molar_mass = \"200 g/mol\" }\n\
                  [compartments]\nx = { substance = \"a\" }\ny = { substance = \"b\" }\nz = { substance = \"b\" }\n\
                  [flows]\n\"x -> y\" = { rate = \"1\", molar = true }\n\"x -> z\" = { rate = \"1\" }\n\
                  \"y -> z\" = { rate = \"1\" }\n[routes.r]\nx = {}\n";
    assert!(refuse(&model(system), "10 mg").contains("do not agree"));
}

#[test]
fn the_command_prints_writes_and_draws() {
    let folder = Folder::new();
    let arguments = [
        "ledger",
        ESKETAMINE,
        "--give",
        "28 mg iv over 40 min",
        "--give",
        "84 mg oral",
        "--until",
        "8h",
        "--every",
        "2h",
        "--out",
        "out",
        "--plot",
        "ledger.svg",
    ];
    let run = folder.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("wrote balance.csv, parts.csv,") && run.stderr.contains("manifest.json to out"));
    for words in [
        "where the dose is",
        "AUC(0 h, 8 h)",
        "share is of AUCinf",
        "Exposure by origin",
        "Into the circulation",
        "note: `liver -> nor`",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    let files: Vec<String> = folder.files("out").into_keys().collect();
    let expected =
        ["absorption.csv", "balance.csv", "exposure.csv", "ledger.png", "ledger.svg", "manifest.json", "parts.csv"];
    assert_eq!(files, expected);
    assert_eq!(folder.files("out")["ledger.svg"], folder.files("")["ledger.svg"]);
    let manifest: serde_json::Value = serde_json::from_slice(&folder.files("out")["manifest.json"]).unwrap();
    assert_eq!(manifest["command"], "ledger");
    // The legend names the layers from the top down.
    let svg = String::from_utf8(folder.files("out")["ledger.svg"].clone()).unwrap();
    let settings = &manifest["settings"];
    assert_eq!((&settings["give 1"], &settings["give 2"]), (&"28 mg iv over 40 min".into(), &"84 mg oral".into()));
    assert_eq!((&settings["until 1"], &settings["until 2"]), (&"8 h".into(), &"8 h".into()));
    assert_eq!((&settings["every"], &settings["at"]), (&"2h".into(), &serde_json::Value::Null));
    let places = Whereabouts::ALL.iter().rev().filter_map(|place| svg.find(&format!("\n{}\n", place.words())));
    let places: Vec<usize> = places.collect();
    assert!(places.len() == 8 && places.is_sorted(), "{places:?}");

    let csv = folder.run(&["ledger", ESKETAMINE, "--give", "84 mg oral", "--at", "0h,1h", "--format", "csv"]);
    assert!(
        csv.stdout.starts_with("regimen,time,total,not_yet_released,before_circulation,")
            && csv.stdout.lines().count() == 3
    );
    let parts =
        folder.run(&["ledger", ESKETAMINE, "--give", "84 mg oral", "--at", "1h", "--parts", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&parts.stdout).unwrap();
    let sum: f64 = rows.as_array().unwrap().iter().map(|row| row["share_of_total"].as_f64().unwrap()).sum();
    close(sum, 1.0, 1e-12);
}

/// The rows of a CSV file by column.
fn rows(folder: &Folder, file: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = String::from_utf8(folder.files("out")[file].clone()).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(String::from).collect::<Vec<_>>());
    let head = lines.next().unwrap();
    assert!(head.iter().all(|name| !name.contains(' ')), "{head:?}");
    lines.map(|line| head.iter().cloned().zip(line).collect()).collect()
}

const BUCCAL: [&str; 4] = ["ledger", "s-ketamine-simons-2022", "--give", "50 mg buccal"];

#[test]
fn a_share_of_what_is_given_is_of_the_dose_and_the_figure_says_why_its_stack_is_higher() {
    let folder = Folder::new();
    let run = folder.run(&[&BUCCAL[..], &["--out", "out"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let absorption = rows(&folder, "absorption.csv");
    let number = |name: &str| absorption[0][name].parse::<f64>().unwrap();
    // The source's F1: of the 50 mg given, whatever the parts of the dose add up to.
    close(number("share_of_given"), 0.263, 1e-12);
    close(number("reaches_circulation"), 50.0 * 0.263, 1e-12);
    let svg = String::from_utf8(folder.files("out")["ledger.svg"].clone()).unwrap();
    assert!(svg.contains("The stack is higher than the dose"), "{svg}");
}

#[test]
fn rows_change_neither_areas_nor_what_is_absorbed() {
    let folder = Folder::new();
    let tables = |more: &[&str]| {
        let run = folder.run(&[&BUCCAL[..], more, &["--out", "out"]].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        (rows(&folder, "exposure.csv"), rows(&folder, "absorption.csv"))
    };
    let all = tables(&[]);
    for more in [["--at", "1h"], ["--at", "6h,1440min"], ["--every", "5h"]] {
        assert_eq!(tables(&more), all, "{more:?}");
    }
    assert!(all.0.iter().all(|row| row["until"] == "24") && all.1.iter().all(|row| row["until"] == "inf"));
    let short = tables(&["--until", "1h"]);
    assert_eq!((short.0[0]["until"].as_str(), &short.0[0]["AUCinf"]), ("1", &all.0[0]["AUCinf"]));
    assert!(short.0[0]["AUC"].parse::<f64>().unwrap() < 0.5 * all.0[0]["AUC"].parse::<f64>().unwrap());
    assert_eq!(short.1, all.1);
}

#[test]
fn an_axis_ends_where_what_is_drawn_does() {
    let folder = Folder::new();
    // The second dose is given at the very end.
    let draw = |until: &str| {
        let name = format!("{until}.svg");
        let give = "56 mg intranasal every 12 h for 1 day";
        let run = folder.run(&["ledger", ESKETAMINE, "--give", give, "--until", until, "--plot", &name]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        String::from_utf8(folder.files("")[&name].clone()).unwrap()
    };
    let (at_the_end, before) = (draw("12h"), draw("11.999h"));
    // Labels of both axes; those of the times end at 12.
    let top = |svg: &str| svg.lines().filter_map(|line| line.trim().parse::<u32>().ok()).max();
    assert_eq!((top(&at_the_end), top(&before)), (Some(40), Some(40)));
}

#[test]
fn a_part_that_cannot_be_solved_is_missing_and_said() {
    // What the circulation takes back keeps the gut from growing without end; up to the circulation nothing does.
    let text = "id = \"m\"\ntitle = \"m\"\ndrug = \"d\"\ngrade = \"assumed\"\nunit_checking = false\n\
                [compartments]\ngut = { rate = \"40 * gut - 100 * central\" }\n\
                central = { volume = \"5\", rate = \"45 * gut - 100 * central\" }\n[routes.oral]\ngut = {}\n\
                [outputs]\nc = { value = \"C(central)\", unit = \"mg/L\" }\n";
    let folder = Folder::new().with("m.toml", text);
    let run = folder.run(&["ledger", "m.toml", "--give", "10 mg oral", "--engine", "explicit"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("(1) `gut` is no longer a finite number"), "{}", run.stdout);
    assert!(run.stdout.contains("0.1800"), "{}", run.stdout);
    // What a model does not say is no failure.
    let run = folder.run(&["ledger", "textbook-michaelis-menten", "--give", "100 mg", "--until", "24h"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn the_manifest_says_every_setting_and_every_file() {
    let schedule = "format = 1\nid = \"twice\"\ntitle = \"twice\"\ntext = \"84 mg oral every 12 h x 2\"\n";
    let effect = "format = 1\nkind = \"effect\"\nid = \"e\"\ntitle = \"e\"\ndrug = \"esketamine\"\ngrade = \"assumed\"\n\
                  [requires]\nc = { analyte = \"S-ketamine\", unit = \"ng/mL\" }\n\
                  [outputs]\nresponse = { value = \"c / (c + 50[ng/mL])\" }\n";
    let folder = Folder::new().with("doses.toml", schedule).with("e.toml", effect);
    let doses = folder.0.join("doses.toml").display().to_string();
    let some = ["--effect", "e.toml", "--covariate", "age=70 year", "--out", "out"];
    let run = folder.run(&[&["ledger", ESKETAMINE, "--give", &doses, "--give", "84 mg oral"][..], &some].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = String::from_utf8(folder.files("out")["manifest.json"].clone()).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let inputs: Vec<&str> =
        manifest["inputs"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(inputs, ["doses.toml", "e.toml"]);
    let expected = [("give 1", "doses.toml"), ("give 2", "84 mg oral"), ("until 2", "24 h"), ("steps", "12")];
    for (name, value) in expected.into_iter().chain([("effect 1", "e.toml"), ("until 1", "48 h")]) {
        assert_eq!(manifest["settings"][name], value, "{name}: {text}");
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let folder = Folder::new();
    let wrong = |model: &str, more: &[&str]| {
        let run = folder.run(&[&["ledger", model], more].concat());
        assert_eq!(run.code, 2, "{}", run.stdout);
        run.stderr
    };
    let route = wrong(ESKETAMINE, &["--give", "84 mg oral", "--give", "84 mg nasal"]);
    assert!(
        route.contains("E_UNKNOWN_ROUTE") && route.contains("--give:1:7") && route.contains("intranasal"),
        "{route}"
    );
    let late = wrong(ESKETAMINE, &["--give", "84 mg oral once at 12 h", "--until", "8h"]);
    assert!(late.contains("E_NOTHING_GIVEN") && late.contains("--give:1:1") && late.contains("--until"), "{late}");
    let until = wrong(ESKETAMINE, &["--give", "84 mg oral", "--until", "0h"]);
    assert!(until.contains("E_OUT_OF_RANGE") && until.contains("--until:1:1"), "{until}");
    let row = wrong(ESKETAMINE, &["--give", "84 mg oral", "--until", "24h", "--at", "1h,50h"]);
    assert!(row.contains("E_OUT_OF_RANGE") && row.contains("--at:1:1") && row.contains("--until 50h"), "{row}");
    let row = wrong(ESKETAMINE, &["--give", "84 mg oral", "--at", "25h"]);
    assert!(row.contains("E_OUT_OF_RANGE") && row.contains("24 h"), "{row}");
    let follows = wrong("textbook-induced-first-pass", &["--give", "100 mg oral"]);
    assert!(follows.contains("E_DOSES_FOLLOW_STATE") && follows.contains("--give:1:1"), "{follows}");
    let device = wrong(ESKETAMINE, &["--give", "30 mg intranasal"]);
    assert!(device.contains("--give"), "{device}");
    assert!(wrong("no-such-model", &["--give", "1 mg oral"]).contains("E_UNKNOWN_MODEL"));
    assert!(wrong(ESKETAMINE, &[]).contains("--give"));
}
