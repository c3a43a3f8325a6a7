//! The variability of the library by sampling: 20,000 people (and two sessions of each where sessions differ) have the variances and
//! correlations that the sources print, within 4 standard errors. The numbers are written here a second time, as variances of
//! normal effects. Seeds were chosen before the first run.

use posology::error::Source;
use posology::model::{Catalogue, FileKind, Model, Parameter, Resolve, catalogue};
use posology::population::{Effects, Subject};
use posology::prelude::*;
use posology::simulate::Prepared;
use std::fmt::Write;

const N: usize = 20_000;

/// 70 kg in base units.
const KG_70: f64 = 70e6;

/// Standard errors.
const LIMIT: f64 = 4.0;

/// A parameter's variance between subjects and between sessions.
type Varies = (&'static str, f64, f64);

struct Declared {
    id: &'static str,
    varies: &'static [Varies],
    /// Correlations between subjects; 1 is a shared effect.
    correlated: &'static [(&'static str, &'static str, f64)],
    route: &'static str,
}

const OTTO: &[Varies] = &[("V1", 0.084177, 0.0), ("CL", 0.026048, 0.0), ("Vn", 0.040426, 0.0), ("CLn", 0.10319, 0.0)];
/// 0.02261 / sqrt(0.084177 0.026048) and 0.04456 / sqrt(0.040426 0.10319)
const OTTO_BLOCKS: &[(&str, &str, f64)] = &[("V1", "CL", 0.482855), ("Vn", "CLn", 0.689916)];
const OTTO_ORAL: &[Varies] = &[
    ("V1", 0.084177, 0.0),
    ("CL", 0.026048, 0.0),
    ("Vn", 0.040426, 0.0),
    ("CLn", 0.10319, 0.0),
    ("F_oral", 0.012027, 0.0), // ln(1 + 0.11^2)
];

const LIBRARY: &[Declared] = &[
    Declared {
        id: "esketamine-perez-ruixo-2021",
        varies: &[
            ("FRn", 0.501264, 0.0), // on the logit: 0.708^2
            ("ka_n", 0.32080, 0.0),
            ("ka_sw", 1.00883, 0.0),
            ("ka_po", 1.00883, 0.0),
            ("Vc", 0.07290, 0.0),
            ("Vp1", 0.21757, 0.0),
            ("Qh", 0.05243, 0.0),
            ("Vh", 0.11308, 0.0),
            ("kel", 0.89200, 0.0),
            ("Vcn", 0.09518, 0.0),
            ("CLn", 0.06252, 0.0),
        ],
        correlated: &[],
        route: "iv",
    },
    Declared { id: "s-ketamine-otto-2021", varies: OTTO, correlated: OTTO_BLOCKS, route: "iv" },
    Declared { id: "ketamine-racemate-otto", varies: OTTO, correlated: OTTO_BLOCKS, route: "iv" },
    Declared { id: "s-ketamine-oral-otto", varies: OTTO_ORAL, correlated: OTTO_BLOCKS, route: "iv" },
    Declared { id: "s-ketamine-oral-otto-low-ka", varies: OTTO_ORAL, correlated: OTTO_BLOCKS, route: "iv" },
    Declared { id: "s-ketamine-oral-otto-high-ka", varies: OTTO_ORAL, correlated: OTTO_BLOCKS, route: "iv" },
    Declared {
        id: "s-ketamine-simons-2022",
        varies: &[
            ("F1", 0.0, 0.060),
            ("D1", 0.0, 0.154),
            ("KA1", 0.0, 0.062),
            ("F2", 0.0, 0.057),
            ("D2", 0.0, 0.611),
            ("KA2", 0.0, 0.376),
            ("MTTG", 0.0, 0.937),
            ("VK1", 0.057, 0.0),
            ("CLK1", 0.029, 0.0),
            ("CLK3", 0.026, 0.0),
            ("MTT", 0.021, 0.751),
            ("VN1", 0.057, 0.0),
            ("CLN1", 0.050, 0.0),
            ("VH1", 1.22, 0.0),
            ("VH2", 0.0, 0.152),
            ("CLH1", 0.103, 0.008),
            ("CLH2", 0.287, 0.0),
        ],
        correlated: &[("VK1", "VN1", 1.0)],
        route: "iv",
    },
    Declared {
        id: "s-ketamine-ashraf-2018",
        varies: &[
            ("ka", 0.42, 0.0),
            ("Vp1", 0.045, 0.0),
            ("CLint_H", 0.25, 0.0),
            ("CLint_gut", 2.1, 0.0),
            ("CLint_H_nk", 0.10, 0.0),
        ],
        correlated: &[],
        route: "iv",
    },
    Declared {
        id: "s-ketamine-ashraf-2018-ticlopidine",
        varies: &[
            ("ka", 0.42, 0.0),
            ("Vp1", 0.045, 0.0),
            ("CLint_H", 0.25, 0.0),
            ("CLint_gut", 2.1, 0.0),
            ("CLint_H_nk", 0.10, 0.0),
            ("CLint_H_tic", 0.12, 0.0),
        ],
        correlated: &[],
        route: "iv",
    },
    Declared {
        id: "s-ketamine-flint-2017",
        varies: &[("CL", 0.14965, 0.0), ("CLnk", 0.73326, 0.0)],
        correlated: &[("CL", "CLnk", 0.506)],
        route: "iv",
    },
    Declared {
        id: "ketamine-herd-2007",
        // BSV of 64, 51.7, 38.1 and 19 %, read as coefficients of variation
        varies: &[("V1", 0.34331, 0.0), ("V2", 0.23688, 0.0), ("CL", 0.13555, 0.0), ("Q", 0.03546, 0.0)],
        correlated: &[],
        route: "iv",
    },
    Declared {
        id: "antidepressant-response",
        // assumed: ln(1 + 0.5^2), ln(1 + 0.4^2), and 0.62^2 on the scale of the parameter
        varies: &[
            ("madrs_k_loss", 0.223144, 0.0),
            ("madrs_drug_max", 0.148420, 0.0),
            ("madrs_placebo_lasting", 0.3844, 0.0),
        ],
        correlated: &[],
        route: "iv",
    },
];

/// What effects are put on: a model without variability of its own.
const UNDER_EFFECTS: &str = "ketamine-clements-1981";

/// The model with an output for each of these parameters.
fn with_parameters_shown(id: &str, names: &[&str]) -> Model {
    let base = Model::catalogue(id).unwrap();
    let of_effect = base.kind() == FileKind::Effect;
    let is = if of_effect { "kind = \"effect\"".to_string() } else { format!("extends = \"{id}\"") };
    let mut text = format!(
        "id = \"shown\"\ntitle = \"Parameters as outputs\"\ndrug = \"none\"\ngrade = \"assumed\"\n{is}\n[outputs]\n"
    );
    for name in names {
        let parameter = base.parameters().iter().find(|p| p.name == *name).unwrap_or_else(|| panic!("{id}: {name}"));
        writeln!(text, "shown_{name} = {{ value = \"{name}\", unit = \"{}\" }}", parameter.unit).unwrap();
    }
    let model = if of_effect {
        let under = Catalogue.resolve(UNDER_EFFECTS).expect("in the catalogue");
        let effects = [base.source().clone(), Source::new("shown.toml", text)];
        Model::with_effects(&under, &effects, &Catalogue)
    } else {
        Model::parse(&text, "shown.toml", &Catalogue)
    };
    model.unwrap_or_else(|e| panic!("{e}"))
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>() / (x.len() as f64 - 1.0)
}

#[track_caller]
fn near(what: &str, found: f64, expected: f64, standard_error: f64) {
    let off = (found - expected) / standard_error;
    assert!(off.abs() < LIMIT, "{what}: {found}, expected {expected}, off by {off:.1} standard errors");
}

/// The effects of many people on parameters, by parameter: on the first session and on a second one.
fn effects(declared: &Declared) -> Vec<[Vec<f64>; 2]> {
    let names: Vec<&str> = declared.varies.iter().map(|v| v.0).collect();
    let model = with_parameters_shown(declared.id, &names);
    let regimen: Regimen = format!("1 mg {} every 24 h x 2", declared.route).parse().unwrap();
    let sessions = declared.varies.iter().any(|v| v.2 > 0.0);
    let (times, given) = if sessions { (vec![1.0, 25.0], Some(&regimen)) } else { (vec![0.0], None) };
    let until = *times.last().unwrap();
    let prepared = Prepared::new(&model, given, times.clone(), until).unwrap();
    let (mut draws, mut workspace) = (Effects::new(&model, 7, 0), prepared.workspace());
    let mut out = vec![0.0; prepared.numbers()];
    let first = model.outputs().len() - names.len();
    // The typical effect of each parameter, on the scale of its variability.
    let scale = |name: &str, y: f64| match name {
        "FRn" => (y / (1.0 - y)).ln(),
        "madrs_placebo_lasting" => y,
        _ => y.ln(),
    };
    let zero = names.iter().map(|name| {
        let parameter = model.parameters().iter().find(|p| p.name == *name).unwrap();
        scale(name, parameter.unit.from_base(typical(&model, parameter)))
    });
    let zero: Vec<f64> = zero.collect();
    let mut all = vec![[Vec::with_capacity(N), Vec::with_capacity(N)]; names.len()];
    for person in 0..N {
        let mut subject = Subject::typical(&model);
        draws.draw(person as u64, prepared.occasions(), &mut subject);
        prepared.run(&subject, &mut workspace, &mut out).unwrap_or_else(|e| panic!("{}: {e}", declared.id));
        for (k, name) in names.iter().enumerate() {
            let on = (first + k) * times.len();
            all[k][0].push(scale(name, out[on]) - zero[k]);
            all[k][1].push(scale(name, out[on + times.len() - 1]) - zero[k]);
        }
    }
    all
}

/// The typical value of a person of the reference covariates, in base units. The model of children scales what varies, two
/// clearances, from 70 kg to their weight.
fn typical(model: &Model, parameter: &Parameter) -> f64 {
    let weight = model.covariates().iter().find(|c| c.name == "weight").map_or(KG_70, |c| c.reference);
    parameter.value * (weight / KG_70).powf(0.75)
}

#[test]
fn people_of_the_library_vary_as_its_sources_print() {
    let n = N as f64;
    for declared in LIBRARY {
        let all = effects(declared);
        for ((name, iiv, iov), [first, second]) in declared.varies.iter().zip(&all) {
            let what = format!("{} {name}", declared.id);
            let total = iiv + iov;
            near(&what, mean(first), 0.0, (total / n).sqrt());
            // The printed variance has up to five digits.
            near(&what, covariance(first, first), total, total * (2.0 / n).sqrt());
            if *iov > 0.0 {
                // What the sessions of a person share is the variance between people.
                near(&what, covariance(first, second), *iiv, ((total * total + iiv * iiv) / n).sqrt());
                near(&what, covariance(second, second), total, total * (2.0 / n).sqrt());
            } else {
                assert_eq!(first, second, "{what}");
            }
        }
        for (i, (a, ..)) in declared.varies.iter().enumerate() {
            for (j, (b, ..)) in declared.varies.iter().enumerate().take(i) {
                let stated = declared.correlated.iter().find(|(p, q, _)| (p, q) == (b, a) || (p, q) == (a, b));
                let rho = stated.map_or(0.0, |(.., rho)| *rho);
                let (x, y) = (&all[i][0], &all[j][0]);
                let found = covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt();
                let what = format!("{}: {b} with {a}", declared.id);
                near(&what, found, rho, ((1.0 - rho * rho) / n.sqrt()).max(1e-12));
            }
        }
    }
}

/// No variability of the library is left out above.
#[test]
fn every_variability_is_sampled() {
    for entry in catalogue().iter().filter(|entry| !entry.is_textbook()) {
        let model = Model::catalogue(entry.id).unwrap();
        let varies = model.parameters().iter().filter(|p| p.iiv.is_some() || p.iov.is_some());
        let varies: Vec<&str> = varies.map(|p| p.name.as_str()).collect();
        let declared = LIBRARY.iter().find(|d| d.id == entry.id);
        let listed: Vec<&str> = declared.map_or(Vec::new(), |d| d.varies.iter().map(|v| v.0).collect());
        assert_eq!(varies.len(), listed.len(), "{}: {varies:?} and {listed:?}", entry.id);
        assert!(varies.iter().all(|name| listed.contains(name)), "{}: {varies:?} and {listed:?}", entry.id);
    }
}
