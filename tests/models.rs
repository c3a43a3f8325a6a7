//! The catalogue: every file of `models/` is in it, loads, cites its numbers, and the index is fresh.

use posology::error::Kind;
use posology::expr::Class;
use posology::model::{Dynamics, FileKind, Grade, Model, Provenance, Readout, catalogue, index};
use posology::population::Subject;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn model(id: &str) -> Model {
    Model::catalogue(id).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_catalogue_is_the_folder() {
    let mut files = BTreeSet::new();
    for sub in std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for file in std::fs::read_dir(&sub).unwrap().map(|e| e.unwrap().path()) {
            let path = file.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert((path, std::fs::read_to_string(&file).unwrap()));
        }
    }
    let listed: BTreeSet<_> = catalogue().iter().map(|e| (e.path.to_string(), e.text.to_string())).collect();
    assert_eq!(files, listed);
    let ids: BTreeSet<_> = catalogue().iter().map(|e| e.id).collect();
    assert_eq!(ids.len(), catalogue().len(), "an id is used twice");
}

#[test]
fn every_model_loads_under_its_id_and_cites_its_numbers() {
    for entry in catalogue() {
        let model = model(entry.id);
        assert_eq!(model.id(), entry.id, "{}", entry.path);
        let ours = entry.is_textbook() || entry.path.starts_with("assumed/");
        // Each effect has its own.
        assert!(entry.is_effect() || (model.grade() == Grade::Assumed) == ours, "{}", entry.path);
        assert_eq!(model.kind() == FileKind::Effect, entry.is_effect() || entry.id.starts_with("textbook-effect-"));
        assert!(model.unit_checking(), "{}: no file of the catalogue goes without unit checking", entry.path);
        // Those of effects are in tests/textbook.rs and tests/effects.rs: a check of a file has no other model to run on.
        let is_model = model.kind() == FileKind::Model;
        assert_eq!(is_model, !model.checks().is_empty(), "{}: nothing to verify", entry.path);
        // Clearance that changes in time, and one that another drug inhibits.
        let integrated = ["s-ketamine-flint-2017", "s-ketamine-ashraf-2018-ticlopidine"].contains(&entry.id);
        let linear = matches!(model.dynamics(), Dynamics::Linear { .. });
        assert!(linear != integrated || entry.is_textbook() || entry.is_effect(), "{}", entry.path);
        for parameter in model.parameters() {
            if let Provenance::Cited { source, .. } = &parameter.provenance {
                let known = model.sources().iter().any(|s| s.key == *source);
                assert!(known, "{}: the source of {}", entry.path, parameter.name);
            }
        }
        // Reading, and everything computed in it, is repeatable.
        let again = Model::catalogue(entry.id).unwrap();
        assert_eq!((again.dynamics(), again.parameters()), (model.dynamics(), model.parameters()));
    }
}

#[test]
fn an_unknown_model_lists_those_that_exist() {
    let near = Model::catalogue("ketamine-kamp-2021").unwrap_err().to_string();
    assert!(near.contains("E_UNKNOWN_MODEL") && near.contains("did you mean `ketamine-kamp-2020`?"), "{near}");
    let far = Model::catalogue("aspirin").unwrap_err().to_string();
    assert!(catalogue().iter().all(|e| far.contains(e.id)), "{far}");
}

#[test]
fn the_index_is_fresh() {
    let text = index().unwrap();
    let path = folder().join("README.md");
    if std::env::var_os("POSOLOGY_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "models/README.md is stale: POSOLOGY_BLESS=1 cargo test --test models");
}

/// What the subject's covariates and the dose make of a model: its matrix and the entries of a route.
struct Computed {
    model: Model,
    file: Vec<[f64; 1]>,
}

impl Computed {
    fn new(id: &str, covariates: &[(&str, f64)], device: f64) -> Self {
        let model = model(id);
        let mut file = model.tiers().file::<1>();
        for parameter in model.parameters() {
            file[parameter.slot][0] = parameter.value;
        }
        for covariate in model.covariates() {
            let set = covariates.iter().find(|(name, _)| *name == covariate.name);
            file[covariate.slot][0] = set.map_or(covariate.reference, |(_, value)| *value);
        }
        file[model.inputs().dose_amount][0] = 28.0;
        file[model.inputs().dose_device][0] = device;
        for class in [Class::Subject, Class::Interval, Class::Dose] {
            model.tiers().run(class, &mut file);
        }
        Computed { model, file }
    }

    fn rate(&self, to: &str, from: &str) -> f64 {
        let index = |name: &str| self.model.states().iter().position(|s| s.name == name).expect("a state");
        let Dynamics::Linear { a, .. } = self.model.dynamics() else { panic!("not linear") };
        a.iter().filter(|(i, j, _)| (*i, *j) == (index(to), index(from))).map(|(.., r)| self.file[*r][0]).sum()
    }

    fn fraction(&self, route: &str, entry: usize) -> f64 {
        let route = self.model.routes().iter().find(|r| r.name == route).expect("a route");
        route.entries[entry].fraction.map_or(1.0, |r| self.file[r][0])
    }

    fn per_amount(&self, output: &str) -> f64 {
        let output = self.model.outputs().iter().find(|o| o.name == output).expect("an output");
        let Readout::Linear { c, .. } = &output.readout else { panic!("not linear") };
        output.unit.from_base(self.file[c[0].1][0])
    }
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-14, "{found} is not {expected}");
}

#[test]
fn esketamine_is_the_published_system() {
    let typical = Computed::new("esketamine-perez-ruixo-2021", &[], 1.0);
    close(typical.rate("central", "nasal"), 2.93);
    close(typical.rate("central", "central"), -(84.3 + 37.6 + 151.0) / 192.0);
    close(typical.rate("liver", "liver"), -(151.0 / 101.0 + 1.11 + 2.77));
    close(typical.rate("nor", "liver"), 2.77);
    close(typical.rate("nor", "nor"), -(38.0 + 26.1) / 70.0);
    close(typical.fraction("intranasal", 0), 0.54);
    close(typical.fraction("intranasal", 1), 0.46 * 0.64);
    close(typical.per_amount("noresketamine"), 1000.0 / 70.0);
    // E = 0.72185 of ketamine cleared by the liver at each pass
    let cleared: f64 = 101.0 * (1.11 + 2.77);
    assert!((cleared / (151.0 + cleared) - 0.72185).abs() < 5e-6);

    let later = Computed::new("esketamine-perez-ruixo-2021", &[], 3.0);
    close(later.fraction("intranasal", 0), 0.54 * 0.62);
    close(later.fraction("intranasal", 1), (1.0 - 0.54 * 0.62) * 0.64);

    let years = 8766.0;
    let asian = Computed::new("esketamine-perez-ruixo-2021", &[("age", 70.0 * years), ("ancestry", 1.0)], 1.0);
    close(asian.rate("liver", "liver"), -((151.0 - 21.9) / 101.0 + 1.11 * 0.36 + 2.77));
    close(asian.rate("nor", "nor"), -(38.0 * 0.81 + 26.1) / 70.0);
    close(asian.fraction("intranasal", 0), 0.54);
    let japanese = Computed::new("esketamine-perez-ruixo-2021", &[("ancestry", 2.0)], 2.0);
    close(japanese.fraction("intranasal", 0), 0.54 * 1.34 * 0.62);
    close(japanese.rate("liver", "liver"), -(151.0 / 101.0 + 1.11 * 0.36 + 2.77));
}

#[test]
fn weight_acts_as_published() {
    let kg = 1e6;
    let otto = Computed::new("s-ketamine-otto-2021", &[("weight", 50.0 * kg)], 1.0);
    let (v, cl) = (133.0 * 50.0 / 70.0, 95.2 * (50.0f64 / 70.0).powf(0.75));
    close(otto.rate("nor", "central"), cl / v);
    close(otto.rate("deep", "central"), 23.2 / v);
    let clements = Computed::new("ketamine-clements-1981", &[("weight", 50.0 * kg)], 1.0);
    close(clements.per_amount("ketamine"), 1000.0 / (1.7522 * 50.0));
    close(clements.rate("peripheral", "central"), 0.0186 * 60.0);
    let simons = Computed::new("s-ketamine-simons-2022", &[], 1.0);
    close(simons.rate("transit1", "ketamine"), 1.48 * 60.0 / 11.6);
    close(simons.per_amount("s_norketamine"), 1000.0 / 11.6 * 223.70 / 237.73);
    close(simons.per_amount("s_hydroxynorketamine"), 1000.0 / 4.4 * 239.70 / 237.73);
}

#[test]
fn variability_is_as_published_and_what_is_missing_is_said() {
    let model = model("esketamine-perez-ruixo-2021");
    let variance = |name: &str| {
        let parameter = model.parameters().iter().find(|p| p.name == name).expect("a parameter");
        parameter.iiv.map(|eta| model.etas()[eta].variance)
    };
    // ln(1 + CV^2) of the printed CVs, to the digits that the transcription gives.
    for (name, omega2, half) in [
        ("FRn", 0.501, 5e-4),
        ("ka_sw", 1.009, 5e-4),
        ("Vp1", 0.218, 5e-4),
        ("Qh", 0.0524, 5e-5),
        ("Vh", 0.113, 5e-4),
        ("kel", 0.892, 5e-4),
        ("CLn", 0.0625, 5e-5),
    ] {
        let found = variance(name).expect("variability");
        assert!((found - omega2).abs() <= half, "{name}: {found} is not {omega2}");
    }
    assert_eq!(variance("kmet"), None);
    assert_eq!(model.provenance().missing_variability[0].0, "kmet");
}

/// Inhibition comes from the doses there, so the flag of the base is not taken for it.
#[test]
fn the_flag_of_steady_inhibition_is_not_one_of_the_model_of_ticlopidine_itself() {
    let base = Model::catalogue("s-ketamine-ashraf-2018").unwrap();
    assert!(Subject::typical(&base).with_text("ticlopidine", "true").is_ok());
    let model = Model::catalogue("s-ketamine-ashraf-2018-ticlopidine").unwrap();
    let faults = Subject::typical(&model).with_text("ticlopidine", "true").unwrap_err();
    let fault = &faults.first().kind;
    assert_eq!(fault.code(), "E_UNKNOWN_COVARIATE");
    assert!(fault.hint().unwrap().contains("measured_with_ticlopidine"), "{fault}");
    assert!(Subject::typical(&model).with_text("measured_with_ticlopidine", "true").is_ok());
    assert!(model.provenance().overrides.contains(&"without ticlopidine".to_string()));
}
