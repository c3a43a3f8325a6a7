//! Laws that simulations of whole models keep, through the public interface: superposition, proportionality, shift in time,
//! areas that follow from clearance, and independence of subjects, of sampling times and of how a timed covariate is cut.

use posology::model::{Catalogue, CatalogueEntry, Dynamics, FileKind, catalogue};
use posology::prelude::*;
use proptest::prelude::*;

/// The largest deviation allowed, relative to the largest value of an output.
const SAME: f64 = 1e-11;

fn model(id: &str) -> Model {
    Model::catalogue(id).unwrap_or_else(|e| panic!("{id}: {e}"))
}

fn parsed(text: &str) -> Model {
    Model::parse(text, "law", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

fn regimen(text: &str) -> Regimen {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn simulated<'m>(model: &'m Model, text: &str, times: &[f64]) -> Profile<'m> {
    let simulation = Simulation::new(model).give(regimen(text)).at(times.iter().map(|t| t.hours()));
    simulation.run().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The values of every output.
fn values(profile: &Profile<'_>) -> Vec<Vec<f64>> {
    profile.outputs().map(|o| o.values().to_vec()).collect()
}

fn assert_near(what: &str, found: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let scale = expected.iter().fold(0.0, |m: f64, y| m.max(y.abs()));
        assert!(scale > 0.0, "{what}: nothing to compare");
        assert_eq!(found.len(), expected.len());
        for (i, (a, b)) in found.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= SAME * scale, "{what}, sample {i}: {a} and {b}");
        }
    }
}

fn hours(count: u32, step: f64) -> Vec<f64> {
    (0..=count).map(|k| f64::from(k) * step).collect()
}

/// A model and one of its routes, as a dose of a whole number of devices or of any amount, in the words of a regimen.
#[derive(Debug, Clone)]
struct Given {
    id: &'static str,
    dose: String,
    device: bool,
}

/// The linear models of the library: what depends on the clock or on another drug keeps none of these laws.
fn linear() -> impl Iterator<Item = &'static CatalogueEntry> {
    catalogue().iter().filter(|entry| {
        let model = model(entry.id);
        let kept = matches!(model.dynamics(), Dynamics::Linear { .. }) && model.kind() == FileKind::Model;
        kept && !entry.is_textbook()
    })
}

/// Any route of any linear model of the library.
fn given() -> impl Strategy<Value = Given> {
    let routes: Vec<(&'static str, String, Option<f64>)> = linear()
        .flat_map(|entry| {
            let routes = model(entry.id).routes().to_vec();
            routes.into_iter().map(|r| (entry.id, r.name, r.device.map(|d| d.amount)))
        })
        .collect();
    let times = prop::option::of(0.1..3.0_f64);
    (prop::sample::select(routes), 1..5_u32, 1.0..100.0_f64, times).prop_map(
        |((id, route, device), count, mg, over)| {
            let amount = device.map_or(mg, |device| device * f64::from(count));
            // Only what goes straight into the blood is given over a time here: other entries have durations of their own.
            let over = over.filter(|_| route == "iv").map_or(String::new(), |h| format!(" over {h} h"));
            Given { id, dose: format!("{amount} mg {route}{over}"), device: device.is_some() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn doses_add_up(one in given(), other in given(), at in 0.0..30.0_f64) {
        // Both by routes of the model of the first.
        let other = if other.id == one.id { other.dose } else { one.dose.clone() };
        let model = model(one.id);
        let times = hours(96, 0.5);
        let (first, second) = (format!("{} once", one.dose), format!("{other} once at {at} h"));
        let both = values(&simulated(&model, &format!("{first} and {second}"), &times));
        let alone = [values(&simulated(&model, &first, &times)), values(&simulated(&model, &second, &times))];
        let sum: Vec<Vec<f64>> = alone[0].iter().zip(&alone[1])
            .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect())
            .collect();
        assert_near(&format!("{}: {first} and {second}", one.id), &both, &sum);
    }

    #[test]
    fn values_are_in_proportion_to_the_dose(one in given(), factor in 0.01..100.0_f64) {
        // Later devices of one dose are taken up less, so the number of devices is no factor.
        prop_assume!(!one.device);
        let model = model(one.id);
        let times = hours(48, 0.5);
        let (amount, rest) = one.dose.split_once(' ').unwrap();
        let more = format!("{} {rest}", amount.parse::<f64>().unwrap() * factor);
        let mut expected = values(&simulated(&model, &one.dose, &times));
        expected.iter_mut().flatten().for_each(|y| *y *= factor);
        assert_near(&format!("{}: {more}", one.id), &values(&simulated(&model, &more, &times)), &expected);
    }

    #[test]
    fn a_shift_of_the_regimen_shifts_the_curve(one in given(), shift in 0.0..2000.0_f64) {
        let model = model(one.id);
        let times = hours(48, 0.5);
        let later: Vec<f64> = times.iter().map(|t| t + shift).collect();
        let at = |start: f64, times: &[f64]| {
            let text = format!("{d} once at {start} h and {d} once at {} h", start + 7.0, d = one.dose);
            let profile = simulated(&model, &text, times);
            let output = profile.outputs().next().unwrap();
            (values(&profile), output.cmax(), output.auc_inf().unwrap().value())
        };
        let ((early, peak, area), (late, later_peak, later_area)) = (at(0.0, &times), at(shift, &later));
        assert_near(&format!("{}: {} after {shift} h", one.id, one.dose), &late, &early);
        prop_assert!((later_peak.value.value() / peak.value.value() - 1.0).abs() <= SAME);
        prop_assert!((later_peak.time.value() - shift - peak.time.value()).abs() <= 1e-6);
        prop_assert!((later_area / area - 1.0).abs() <= SAME);
    }

    #[test]
    fn more_samples_leave_the_others_and_the_metrics_as_they_are(
        one in given(), more in prop::collection::vec(0.0..48.0_f64, 1..20), every in 1.0..30.0_f64
    ) {
        let model = model(one.id);
        let text = format!("{} every {every} h x 3", one.dose);
        let times = hours(48, 1.0);
        let alone = simulated(&model, &text, &times);
        let among = simulated(&model, &text, &[&times[..], &more].concat());
        for (a, b) in alone.outputs().zip(among.outputs()) {
            // The solution is the same to the last bit; how samples are grouped on their way out is not.
            prop_assert_eq!((a.cmax(), a.auc(0.0, 48.0), a.auc_inf()), (b.cmax(), b.auc(0.0, 48.0), b.auc_inf()));
            let scale = a.cmax().value.value();
            for (time, value) in times.iter().zip(a.values()) {
                let at = among.times().iter().position(|t| t == time).unwrap();
                prop_assert!((value - b.values()[at]).abs() <= 1e-12 * scale, "{} h: {} {}", time, value, b.values()[at]);
                prop_assert_eq!(a.at(*time), b.at(*time));
            }
        }
    }
}

/// The areas to infinity (ng*h/mL) that follow from clearances and fractions, of a person of 55 kg and 70 years. The
/// numbers are those printed in the sources, written here a second time.
fn area(id: &str, route: &str, output: &str, dose: f64) -> f64 {
    let allometric: f64 = (55.0_f64 / 70.0).powf(0.75);
    // Clearance in L/h, and the fraction of the dose that enters.
    let (cl, f) = match id {
        "esketamine-perez-ruixo-2021" => {
            let (qh, vh, kel, kmet) = (151.0 - 2.19 * 10.0, 101.0, 1.11, 2.77);
            let extracted = vh * (kel + kmet) / (qh + vh * (kel + kmet));
            let (nose, gut) = (0.54 * (1.0 + 2.0 * 0.62) / 3.0, 0.64);
            // By mouth everything passes the liver once before it reaches the blood.
            let (reaches_liver, f) = match route {
                "iv" => (1.0, 1.0),
                "oral" => (gut, gut * (1.0 - extracted)),
                _ => (nose + (1.0 - nose) * gut, nose + (1.0 - nose) * gut * (1.0 - extracted)),
            };
            match output {
                "esketamine" => (qh * extracted, f),
                _ => (38.0, reaches_liver * kmet / (kel + kmet)),
            }
        }
        "s-ketamine-otto-2021" => (if output == "s_ketamine" { 95.2 } else { 57.72 } * allometric, 1.0),
        "s-ketamine-simons-2022" => {
            let (mucosa, swallowed) = if route == "iv" { (1.0, 0.0) } else { (0.263, 1.16) };
            let (cl, f) = match output {
                "s_ketamine" => (1.48, mucosa),
                "s_norketamine" => (1.00, (mucosa + swallowed) * 0.8 * 223.70 / 237.73),
                _ => (0.933, (mucosa + swallowed) * 0.8 * 0.7 * 239.70 / 237.73),
            };
            (cl * 60.0 * allometric, f)
        }
        "s-ketamine-ashraf-2018" => {
            let qh: f64 = 3.75 * 55.0_f64.powf(0.75);
            let qvi = qh * 0.4 * 0.8 * 0.6;
            let qgut = qvi * 4.1 / (qvi + 4.1);
            let (gut, gut_nk) = (qgut / (qgut + 1.19), qvi / (qvi + 44.4));
            let (liver, liver_nk) = (qh / (qh + 301.0 * 1.4), qh / (qh + 73.5 * 0.5));
            match (output, route) {
                ("s_ketamine", "iv") => (qh * (1.0 - liver), 1.0),
                ("s_ketamine", _) => (qh * (1.0 - liver), gut * liver),
                (_, "iv") => (qh * (1.0 - liver_nk), liver_nk),
                _ => (qh * (1.0 - liver_nk), (gut + (1.0 - gut) * gut_nk) * liver_nk),
            }
        }
        // Half of the dose is each enantiomer; the sums have both.
        "ketamine-racemate-otto" => {
            let cl = if output.ends_with("norketamine") { 57.72 } else { 95.2 };
            (cl * allometric, if output.starts_with(['s', 'r']) { 0.5 } else { 1.0 })
        }
        id if id.starts_with("s-ketamine-oral-otto") => match (output, route) {
            ("s_ketamine", "iv") => (95.2 * allometric, 1.0),
            ("s_ketamine", _) => (95.2 * allometric, 0.08),
            (_, "iv") => (57.72 * allometric, 1.0),
            _ => (57.72 * allometric, 16.5 * 0.08 * 57.72 / 95.2),
        },
        _ => {
            let cl = match id {
                id if id.contains("kamp") => 84.0 * allometric,
                id if id.contains("clements") => 0.0109 * 60.0 * 1.7522 * 55.0,
                id if id.contains("hornik") => 38.9 * allometric,
                "ketamine-domino-1984" => 0.438 * 60.0 * 0.063 * 55.0,
                "ketamine-hijazi-2003" => 0.0333 * 60.0 * 1.08 * 55.0,
                "ketamine-herd-2007" => 90.0 * allometric,
                "ketamine-elkomy-2015" => 60.6 * allometric,
                "ketamine-sherwin-2015" => 87.9 * allometric,
                _ => panic!("the clearance of {id}"),
            };
            let f = match route {
                "im" if id.contains("low-f") || id.contains("hornik") => 0.41,
                "im" => 0.93,
                "oral" if id.ends_with("low-f") => 0.08,
                "oral" if id.ends_with("high-f") => 0.24,
                "oral" => 0.20,
                "sublingual" if id.ends_with("low-f") => 0.24,
                "sublingual" if id.ends_with("high-f") => 0.32,
                "sublingual" => 0.29,
                _ => 1.0,
            };
            (cl, if output == "ketamine" { f } else { 0.5 * f })
        }
    };
    1000.0 * f * dose / cl
}

#[test]
fn areas_follow_from_clearance_for_every_output_of_every_route() {
    let dose = 84.0;
    let mut compared = 0;
    for entry in linear() {
        let model = model(entry.id);
        let person =
            Subject::typical(&model).with_text("weight", "55 kg").unwrap().with_text("age", "70 year").unwrap();
        for route in model.routes() {
            let simulation =
                Simulation::new(&model).subject(&person).give(regimen(&format!("{dose} mg {}", route.name)));
            let profile = simulation.run().unwrap();
            for view in profile.outputs() {
                let expected = area(entry.id, &route.name, &view.output().name, dose);
                let found = view.auc_inf().unwrap_or_else(|m| panic!("{}: {m}", entry.id)).value();
                assert!(
                    (found / expected - 1.0).abs() <= 1e-10,
                    "{}, {}, {}: {found} where F D / CL is {expected}",
                    entry.id,
                    route.name,
                    view.output().name
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 40, "{compared}");
}

/// Doses per kilogram that enter after a lag of the person's own.
const PERSONAL: &str = r#"
format = 1
id     = "personal"
title  = "Lag and clearance of the person's own"
drug   = "drug"
grade  = "assumed"

[covariates]
weight = { unit = "kg", reference = 70 }
late   = { unit = "h", reference = 0 }

[parameters]
CL = { value = 5, unit = "L/h", grade = "assumed", why = "an example", typical = "value * (weight / 70[kg])^0.75" }
V  = { value = 30, unit = "L", grade = "assumed", why = "an example", typical = "value * weight / 70[kg]" }
ka = { value = 1.3, unit = "1/h", grade = "assumed", why = "an example" }

[compartments]
gut     = {}
central = { volume = "V" }

[flows]
"gut     -> central" = { rate = "ka" }
"central -> out"     = { clearance = "CL" }

[routes.oral]
gut = { lag = "late" }

[outputs]
c = { value = "C(central)", unit = "ng/mL" }
"#;

#[test]
fn a_used_workspace_is_as_good_as_a_fresh_one() {
    let model = parsed(PERSONAL);
    let person = |weight: &str, late: &str| {
        Subject::typical(&model).with_text("weight", weight).unwrap().with_text("late", late).unwrap()
    };
    let people = [person("70 kg", "0 h"), person("70 kg", "0.5 h"), person("48 kg", "0.5 h"), person("110 kg", "30 h")];
    let simulation = Simulation::new(&model).give(regimen("1.5 mg/kg oral every 12 h x 4")).until(72.0.hours());
    let prepared = simulation.every(0.25.hours()).prepare().unwrap();
    let mut fresh = Vec::new();
    for subject in &people {
        let mut out = vec![0.0; prepared.samples().len()];
        prepared.run(subject, &mut prepared.workspace(), &mut out).unwrap();
        fresh.push(out);
    }
    for i in 0..people.len() {
        assert!(fresh[..i].iter().all(|other| *other != fresh[i]), "the people differ, or nothing is shown");
    }
    let mut used = prepared.workspace();
    // Every person after every other, itself included.
    for (before, after) in (0..people.len()).flat_map(|i| (0..people.len()).map(move |j| (i, j))) {
        let mut out = vec![0.0; prepared.samples().len()];
        prepared.run(&people[before], &mut used, &mut out).unwrap();
        prepared.run(&people[after], &mut used, &mut out).unwrap();
        let bits = |values: &[f64]| values.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&out), bits(&fresh[after]), "{after} after {before}");
    }
}

#[test]
fn a_run_that_fails_leaves_no_trace() {
    let model = parsed(PERSONAL);
    let simulation = Simulation::new(&model).give(regimen("1.5 mg/kg oral every 12 h x 4")).until(72.0.hours());
    let prepared = simulation.every(0.25.hours()).prepare().unwrap();
    let well = Subject::typical(&model);
    let impossible =
        Subject::typical(&model).with_text("weight", "48 kg").unwrap().set("ka", &"-1 1/h".parse().unwrap());
    let run = |subject: &Subject<'_>, workspace: &mut _| {
        let mut out = vec![0.0; prepared.samples().len()];
        prepared.run(subject, workspace, &mut out).map(|()| out)
    };
    let mut used = prepared.workspace();
    run(&impossible.unwrap(), &mut used).unwrap_err();
    assert_eq!(run(&well, &mut used).unwrap(), run(&well, &mut prepared.workspace()).unwrap());
}

/// A meal of one hour, four hours into each day, halves clearance and slows absorption; initial amounts can be set.
fn daily(meal: &str) -> Model {
    parsed(&format!(
        r#"
format = 1
id     = "meals"
title  = "A clearance that follows the clock"
drug   = "drug"
grade  = "assumed"

[covariates]
meal = {meal}

[parameters]
CL   = {{ value = 9, unit = "L/h", grade = "assumed", why = "an example" }}
V    = {{ value = 30, unit = "L", grade = "assumed", why = "an example" }}
ka   = {{ value = 0.7, unit = "1/h", grade = "assumed", why = "an example" }}
gut0 = {{ value = 0, unit = "mg", grade = "assumed", why = "set by the test" }}
cen0 = {{ value = 0, unit = "mg", grade = "assumed", why = "set by the test" }}

[derived]
ka_now = "if(meal, 0.3, 1) * ka"
CL_now = "if(meal, 0.5, 1) * CL"

[compartments]
gut     = {{ initial = "gut0" }}
central = {{ initial = "cen0", volume = "V" }}

[flows]
"gut     -> central" = {{ rate = "ka_now" }}
"central -> out"     = {{ clearance = "CL_now" }}

[routes.oral]
gut = {{}}
[routes.iv]
central = {{}}

[outputs]
in_gut     = {{ value = "gut", unit = "mg" }}
in_central = {{ value = "central", unit = "mg" }}
"#
    ))
}

#[test]
fn a_covariate_that_follows_the_clock_is_the_run_split_by_hand() {
    let clock = daily(r#"{ steps = [["0 h", false], ["4 h", true], ["5 h", false]], every = "24 h" }"#);
    let hand = daily("{ flag = false }");
    let times = hours(240, 0.125);
    // The infusion of 60 mg over 2 h runs before, during and after the first meal.
    let whole = simulated(&clock, "100 mg oral every 24.5 h x 2 and 60 mg iv over 2 h once at 3.5 h", &times);
    let pieces: [(f64, f64, bool, &str); 7] = [
        (0.0, 4.0, false, "100 mg oral once and 15 mg iv over 0.5 h once at 3.5 h"),
        (4.0, 5.0, true, "30 mg iv over 1 h once"),
        (5.0, 24.0, false, "15 mg iv over 0.5 h once"),
        (24.0, 24.5, false, "1e-300 mg iv once"),
        (24.5, 28.0, false, "100 mg oral once"),
        (28.0, 29.0, true, "1e-300 mg iv once"),
        (29.0, 30.0, false, "1e-300 mg iv once"),
    ];
    let mut by_hand = vec![Vec::new(), Vec::new()];
    let mut state = [0.0, 0.0];
    for (from, to, meal, text) in pieces {
        let mut subject = Subject::typical(&hand).with_text("meal", &meal.to_string()).unwrap();
        for (name, amount) in ["gut0", "cen0"].into_iter().zip(state) {
            subject = subject.set(name, &amount.mg()).unwrap();
        }
        let last = to == 30.0;
        let of_piece: Vec<f64> = times.iter().filter(|t| from <= **t && (**t < to || last)).map(|t| t - from).collect();
        let simulation = Simulation::new(&hand).subject(&subject).give(regimen(text)).until((to - from).hours());
        let profile = simulation.at(of_piece.iter().map(|t| t.hours())).run().unwrap();
        for (collected, values) in by_hand.iter_mut().zip(values(&profile)) {
            collected.extend(values);
        }
        for (amount, view) in state.iter_mut().zip(profile.outputs()) {
            *amount = view.at(to - from).value();
        }
    }
    assert_near("meals", &values(&whole), &by_hand);
    // The meals matter: without them the curve is another.
    let fasting = simulated(&hand, "100 mg oral every 24.5 h x 2 and 60 mg iv over 2 h once at 3.5 h", &times);
    let apart = values(&fasting)[1].iter().zip(&by_hand[1]).any(|(a, b)| (a - b).abs() > 1.0);
    assert!(apart);
    // Areas are cut at the switches too.
    let auc = whole.output("in_central").unwrap();
    let parts: f64 =
        [(0.0, 4.3), (4.3, 4.9), (4.9, 28.5), (28.5, 30.0)].iter().map(|(a, b)| auc.auc(*a, *b).value()).sum();
    assert!((parts / auc.auc(0.0, 30.0).value() - 1.0).abs() < 1e-12);
}
