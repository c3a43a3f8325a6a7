//! Models that are not linear, through the public interface: closed forms, engines against each other, lanes, failures.

use posology::error::Kind;
use posology::math::kernel::Kernel;
use posology::model::Catalogue;
use posology::prelude::*;
use posology::simulate::{CovariateRule, Engine, History, Prepared, Replay, Rules, Settings, SimulationError};

/// Michaelis-Menten elimination after a bolus; `C(t)` in mg/L.
const SATURABLE: &str = r#"
id = "saturable"
title = "Michaelis-Menten elimination"
drug = "none"
grade = "assumed"
[parameters]
Vmax = { value = 12, unit = "mg/h", grade = "assumed", why = "a test" }
Km   = { value = 1.5, unit = "mg/L", grade = "assumed", why = "a test" }
V    = { value = 20, unit = "L", grade = "assumed", why = "a test" }
[compartments]
central = { volume = "V" }
[flows]
"central -> out" = { flux = "Vmax * C(central) / (Km + C(central))" }
[routes.iv]
central = {}
[outputs]
conc = { value = "C(central)", unit = "mg/L" }
"#;

fn model(text: &str) -> Model {
    Model::parse(text, "test.toml", &Catalogue).unwrap_or_else(|e| panic!("{e}"))
}

fn effects() -> Model {
    model(include_str!("../benches/models/effects.toml"))
}

fn regimen(text: &str) -> Regimen {
    text.parse().unwrap_or_else(|e| panic!("{e:?}"))
}

fn close(got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want.abs(), "{got} is not {want}: {:e}", got / want - 1.0);
}

/// Log-normal-like factors from a small generator of fixed seed.
fn people<'m>(model: &'m Model, names: &[&str], count: usize) -> Vec<Subject<'m>> {
    let mut state = 20_250_101_u64;
    let mut factor = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (2.0 * ((state >> 11) as f64 / (1_u64 << 53) as f64) - 1.0).exp()
    };
    let person = |_| {
        names.iter().fold(Subject::typical(model), |subject, name| {
            let parameter = model.parameters().iter().find(|p| p.name == *name).expect("the model has it");
            let value = Quantity::base(parameter.value * factor(), parameter.unit.dimension());
            subject.set(name, &value).expect("it has the unit")
        })
    };
    (0..count).map(person).collect()
}

#[test]
fn saturable_elimination_has_its_closed_forms() {
    let model = model(SATURABLE);
    let (vmax, km, v, c0) = (12.0, 1.5, 20.0, 10.0);
    let profile = |every: f64| {
        let simulation = Simulation::new(&model).give(regimen("200 mg iv")).until(30.0.hours());
        simulation.every(every.hours()).run().unwrap_or_else(|e| panic!("{e}"))
    };
    let (few, many) = (profile(10.0), profile(0.01));
    let (view, dense) = (few.output("conc").unwrap(), many.output("conc").unwrap());
    // dC/dt = -(Vmax / V) C / (Km + C): the time from C0 down to C, and the area on the way.
    let time_to = |c: f64| v / vmax * (c0 - c + km * (c0 / c).ln());
    let area_to = |c: f64| v / vmax * (km * (c0 - c) + (c0 * c0 - c * c) / 2.0);
    for level in [8.0, 3.0, 1.0, 0.2] {
        let above = view.time_above(&Quantity::new(level, "mg/L".parse().unwrap()), 0.0, 30.0).unwrap();
        close(above.value(), time_to(level), 2e-8);
        close(view.at(time_to(level)).value(), level, 2e-7);
        close(view.auc(0.0, time_to(level)).value(), area_to(level), 2e-7);
    }
    close(view.cmax().value.value(), c0, 1e-15);
    assert_eq!(view.cmax().time.value(), 0.0);
    // Nothing depends on the sampling times, to the last bit.
    assert_eq!(view.auc(0.0, 20.0).value().to_bits(), dense.auc(0.0, 20.0).value().to_bits());
    assert_eq!(view.at(10.0).value().to_bits(), dense.at(10.0).value().to_bits());
    assert_eq!(view.values()[1].to_bits(), dense.values()[1000].to_bits());
    assert!(view.auc_inf().is_err() && view.half_life().is_err());
}

#[test]
fn all_engines_agree() {
    let model = effects();
    let regimen = regimen("84 mg oral every 84 h x 3");
    let samples: Vec<f64> = (0..=500).map(|j| 0.672 * f64::from(j)).collect();
    let run = |engine: Engine, rtol: f64| {
        let settings = Settings { engine, rtol, atol: 1e-2 * rtol, ..Settings::default() };
        let prepared = Prepared::with(&model, Some(&regimen), samples.clone(), 336.0, settings).unwrap();
        let (mut workspace, mut out) = (prepared.workspace(), vec![0.0; prepared.numbers()]);
        prepared.run(&Subject::typical(&model), &mut workspace, &mut out).unwrap_or_else(|e| panic!("{engine}: {e}"));
        out
    };
    let reference = run(Engine::Dop853, 1e-12);
    for engine in [Engine::Auto, Engine::Explicit, Engine::Stiff, Engine::Dopri5, Engine::Dop853] {
        for (y, want) in run(engine, 1e-8).iter().zip(&reference) {
            close(*y, *want, 2e-7);
        }
    }
    let error = Prepared::with(&model, None, vec![], 1.0, Settings { engine: Engine::Exact, ..Settings::default() });
    assert_eq!(error.map(|_| ()).unwrap_err().code(), "E_NOT_LINEAR");
}

#[test]
fn a_subject_has_the_same_bytes_alone_and_in_company_with_any_kernel() {
    let model = effects();
    let regimen = regimen("84 mg oral every 84 h x 8");
    let samples: Vec<f64> = (1..=100).map(|j| 6.72 * f64::from(j)).collect();
    let mut subjects = people(&model, &["Vmax", "V2", "kout"], 37);
    let prepared = |engine, kernel| {
        let settings = Settings { engine, kernel, ..Settings::default() };
        Prepared::with(&model, Some(&regimen), samples.clone(), 672.0, settings).unwrap()
    };
    for engine in [Engine::Auto, Engine::Stiff] {
        let alone = prepared(engine, Kernel::Baseline);
        let (mut workspace, size) = (alone.workspace(), alone.numbers());
        let mut each = vec![0.0; size * subjects.len()];
        for (subject, out) in subjects.iter().zip(each.chunks_exact_mut(size)) {
            alone.run(subject, &mut workspace, out).unwrap();
        }
        for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()) {
            let together = prepared(engine, kernel);
            let mut all = vec![0.0; each.len()];
            let results = together.run_all(&subjects, &mut together.workspace(), &mut all);
            assert!(results.iter().all(Result::is_ok));
            assert!(each.iter().zip(&all).all(|(a, b)| a.to_bits() == b.to_bits()), "{engine} {kernel}");
            subjects.reverse();
            let results = together.run_all(&subjects, &mut together.workspace(), &mut all);
            subjects.reverse();
            assert!(results.iter().all(Result::is_ok));
            let backwards = all.chunks_exact(size).rev().flatten();
            assert!(each.iter().zip(backwards).all(|(a, b)| a.to_bits() == b.to_bits()), "{engine} {kernel}");
        }
    }
}

#[test]
fn a_dose_at_the_very_end_is_seen_by_every_question() {
    let model = model(SATURABLE);
    for engine in [Engine::Auto, Engine::Dopri5] {
        let settings = Settings { engine, ..Settings::default() };
        let simulation = Simulation::new(&model).give(regimen("200 mg iv every 24 h x 2")).settings(settings);
        let profile = simulation.until(24.0.hours()).every(12.0.hours()).run().unwrap_or_else(|e| panic!("{e}"));
        let view = profile.output("conc").unwrap();
        let end = *view.values().last().unwrap();
        assert!(end > 10.0);
        close(view.at(24.0).value(), end, 1e-12);
        close(view.cmax().value.value(), end, 1e-12);
    }
    let late = Prepared::new(&model, None, vec![1.0, 2.0], 1.5);
    assert_eq!(late.map(|_| ()).unwrap_err().code(), "E_TIME_OUT_OF_RANGE");
}

#[test]
fn an_infinite_derivative_is_no_standstill() {
    let text = SATURABLE.replace("Vmax * C(central) / (Km + C(central))", "Vmax * sqrt(C(central) / Km)");
    let text = text.replace("central = { volume", "depot = {}\ncentral = { volume");
    let text = text.replace("[flows]", "[flows]\n\"depot -> central\" = { rate = \"0.5[1/h]\" }");
    let model = model(&text.replace("[routes.iv]\ncentral = {}", "[routes.iv]\ndepot = {}"));
    let run = |engine| {
        let settings = Settings { engine, ..Settings::default() };
        let simulation = Simulation::new(&model).give(regimen("50 mg iv")).settings(settings);
        simulation.until(2.0.hours()).at([2.0.hours()]).run().map(|p| p.output("conc").unwrap().values()[0])
    };
    let reference = run(Engine::Dop853).unwrap();
    close(run(Engine::Auto).unwrap(), reference, 1e-6);
    close(run(Engine::Explicit).unwrap(), reference, 1e-6);
    let error = run(Engine::Stiff).unwrap_err();
    assert!(error.to_string().contains("`central`"), "{error}");
}

#[test]
fn an_amount_below_zero_is_reported_where_it_begins() {
    let model = model(&SATURABLE.replace("Vmax * C(central) / (Km + C(central))", "Vmax"));
    let run = Simulation::new(&model).give(regimen("24 mg iv every 5 h x 2")).until(12.0.hours()).run();
    let error = run.map(|_| ()).unwrap_err();
    let SimulationError::Failed { time, dose, .. } = &error.first().kind else { panic!("{error}") };
    assert_eq!((error.code(), dose), ("E_NEGATIVE_AMOUNT", &Some(1)));
    assert!((time - 2.0).abs() < 1e-6, "{time}");
}

#[test]
fn times_since_a_dose_do_not_exist_before_it() {
    let output = SATURABLE.replace("\"C(central)\", unit = \"mg/L\"", "\"tad / 1[h]\"");
    let rate = SATURABLE.replace("Vmax * C(central)", "exp(-tad / 9[h]) * Vmax * C(central)");
    for text in [output, rate] {
        let model = model(&text);
        let simulation = Simulation::new(&model).give(regimen("24 mg iv once at 5 h")).until(12.0.hours());
        let run = simulation.every(4.0.hours()).run();
        assert_eq!(run.map(|_| ()).unwrap_err().code(), "E_NO_DOSE_YET");
    }
}

/// Twenty weeks of doses in 10,000 people whose Vmax and volume vary log-normally by 30 % and more.
#[test]
fn nobody_fails_in_ten_thousand() {
    let model = effects();
    let regimen = regimen("84 mg oral every 84 h x 8, then 84 mg oral weekly x 12");
    let settings = Settings { rtol: 1e-6, atol: 1e-8, ..Settings::default() };
    let prepared = Prepared::with(&model, Some(&regimen), vec![1000.0, 3360.0], 3360.0, settings).unwrap();
    let subjects = people(&model, &["Vmax", "V2"], 10_000);
    let mut out = vec![0.0; 2 * subjects.len()];
    let results = prepared.run_all(&subjects, &mut prepared.workspace(), &mut out);
    let failed: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    assert!(failed.is_empty(), "{} failed, the first: {}", failed.len(), failed[0]);
    assert!(out.iter().all(|y| (9.999..=100.001).contains(y)));
}

/// A regimen compiled beforehand and the same read record by record are two ways through the same events.
#[test]
fn a_compiled_regimen_and_its_records_agree() {
    let text = SATURABLE
        .replace(
            "[routes.iv]\ncentral = {}",
            "[routes.nasal]\ndevice = { amount = \"28 mg\", gap = \"5 min\" }\ncentral = { fraction = \"if(dose.device > 1, 0.6, 0.9)\", lag = \"0.3[h]\", \
             over = \"0.5[h]\" }\n[routes.oral]\ncentral = { input = \"0.8[1/h] * exp(-0.8[1/h] * since)\", lag = \"0.25[h]\" }",
        )
        .replace("Vmax * C(central)", "(1 + 0.5 * tad / (6[h] + tad)) * Vmax * C(central)");
    let model = model(&text);
    for give in [
        "84 mg nasal every 12 h x 4",
        "100 mg oral every 8 h x 5",
        "28 mg nasal daily x 2, then 50 mg oral every 6 h x 3",
    ] {
        let (regimen, subject) = (regimen(give), Subject::typical(&model));
        let history = History::of_regimen(&model, &regimen, &subject, Some(72.0)).unwrap();
        let times: Vec<f64> = history.records.iter().map(|r| r.time).filter(|t| *t > 0.0).collect();
        let rules = Rules { covariates: CovariateRule::Locf, ..Rules::default() };
        let replay = Replay::new(&model, rules, Settings::default()).unwrap();
        let mut records = Vec::new();
        replay.run(&history, &subject, &mut records).unwrap_or_else(|e| panic!("{give}: {e}"));
        let profile =
            Simulation::new(&model).give(regimen).until(72.0.hours()).at(times.iter().map(|t| t.hours())).run();
        let profile = profile.unwrap_or_else(|e| panic!("{give}: {e}"));
        let by_time = history.records.iter().zip(&records).filter(|(r, _)| r.time > 0.0);
        for ((record, value), (time, compiled)) in
            by_time.zip(profile.times().iter().zip(profile.output("conc").unwrap().values()))
        {
            assert_eq!(record.time, *time);
            // A trough far below the peak is known to the absolute tolerance.
            assert!(
                (value - compiled).abs() <= 1e-7 * compiled.abs() + 1e-8,
                "{give}, {time} h: {value} and {compiled}"
            );
        }
    }
}

/// Work in right-hand sides of one subject.
fn work(text: &str, engine: Engine) -> u64 {
    let model = model(text);
    let settings = Settings { engine, ..Settings::default() };
    let profile = Simulation::new(&model).give(regimen("200 mg iv every 12 h x 4")).settings(settings).run();
    let work = profile.unwrap_or_else(|e| panic!("{e}")).work();
    let n = model.states().len() as u64;
    work.slopes + n * work.jacobians + n * work.factorisations / 3
}

#[test]
fn a_fast_depot_upstream_costs_nothing() {
    let with_depot = |ka: f64| {
        let text = SATURABLE.replace("central = { volume", "depot = {}\ncentral = { volume");
        let text = text.replace("[flows]", &format!("[flows]\n\"depot -> central\" = {{ rate = \"{ka}[1/h]\" }}"));
        text.replace("[routes.iv]\ncentral = {}", "[routes.iv]\ndepot = {}")
    };
    let (slow, fast) = (work(&with_depot(50.0), Engine::Auto), work(&with_depot(2000.0), Engine::Auto));
    assert!(fast as f64 <= 1.5 * slow as f64, "{slow} and {fast}");
    let whole = work(&with_depot(2000.0), Engine::Explicit);
    assert!(whole > 20 * fast, "{whole} and {fast}");
}

#[test]
fn failures_are_typed_and_leave_others_alone() {
    let cases = [
        ("Vmax * log(0.5 - C(central) / 5[mg/L])", "E_STATE_NOT_FINITE"),
        ("Vmax", "E_NEGATIVE_AMOUNT"),
        ("Vmax * if(t < 1000[h], 1, 0)", "E_NEGATIVE_AMOUNT"),
        ("-Vmax * (C(central) / Km)^2", "E_STEP_TOO_SMALL"),
    ];
    for (flux, code) in cases {
        let model = model(&SATURABLE.replace("Vmax * C(central) / (Km + C(central))", flux));
        let prepared =
            Prepared::new(&model, Some(&regimen("200 mg iv every 24 h x 3")), vec![1.0, 30.0], 72.0).unwrap();
        let mut workspace = prepared.workspace();
        // A clearance this small leaves everybody well.
        let tame = Quantity::base(1e-9, "mg/h".parse::<Unit>().unwrap().dimension());
        let subjects = [
            Subject::typical(&model).set("Vmax", &tame).unwrap(),
            Subject::typical(&model),
            Subject::typical(&model).set("Vmax", &tame).unwrap(),
        ];
        let mut out = vec![0.0; 3 * prepared.numbers()];
        let results = prepared.run_all(&subjects, &mut workspace, &mut out);
        let codes: Vec<Option<&str>> = results.iter().map(|r| r.as_ref().err().map(|e| e.code())).collect();
        if code == "E_STATE_NOT_FINITE" {
            assert_eq!(codes, [Some(code); 3], "{flux}");
        } else {
            assert_eq!(codes, [None, Some(code), None], "{flux}");
            assert!(out[2].is_nan() && out[3].is_nan() && out[0].is_finite() && out[5].is_finite());
        }
        let Err(error @ SimulationError::Failed { dose, parameters, time, .. }) = &results[1] else { panic!("{flux}") };
        assert!(*dose >= Some(1) && *time > 0.0 || code == "E_STATE_NOT_FINITE", "{error}");
        assert!(parameters.iter().any(|p| p == "Km = 1.5 mg/L"), "{parameters:?}");
        assert!(error.hint().is_some() && error.to_string().contains("central"), "{error}");
    }
    let few = Settings { most_steps: 5, ..Settings::default() };
    let model = model(SATURABLE);
    let run = Simulation::new(&model).give(regimen("200 mg iv")).settings(few).run();
    assert_eq!(run.map(|_| ()).unwrap_err().code(), "E_TOO_MANY_STEPS");
    for settings in [Settings { rtol: 0.0, ..Settings::default() }, Settings { atol: f64::NAN, ..Settings::default() }]
    {
        let run = Simulation::new(&model).settings(settings).run();
        assert_eq!(run.map(|_| ()).unwrap_err().code(), "E_OUT_OF_RANGE");
    }
}

/// A response to the root of what is left: it sees an exact part that is nearly gone.
const ROOT: &str = r#"
id = "root"
title = "A response to the root of a concentration"
drug = "none"
grade = "assumed"

[parameters]
k    = { value = 1, unit = "1/h", grade = "assumed", why = "a test" }
V    = { value = 20, unit = "L", grade = "assumed", why = "a test" }
EC50 = { value = 1e-6, unit = "mg/L", grade = "assumed", why = "a test" }
kin  = { value = 5, unit = "1/h", grade = "assumed", why = "a test" }

[compartments]
central = { volume = "V" }

[flows]
"central -> out" = { rate = "k" }

[states]
R = { initial = "0", rate = "kin * (C(central)/EC50)^0.3 / (1 + (C(central)/EC50)^0.3) - kin * R" }

[routes.iv]
central = {}

[outputs]
response = { value = "R" }
"#;

#[test]
fn what_is_left_of_a_dose_drives_alike_in_any_company_however_little_it_is() {
    let model = model(ROOT);
    let regimen = regimen("84 mg iv");
    let samples: Vec<f64> = (1..=90).map(f64::from).collect();
    let subjects = people(&model, &["k", "V"], 37);
    let run = |engine, many| {
        let settings = Settings { engine, rtol: 1e-11, atol: 1e-14, ..Settings::default() };
        let prepared = Prepared::with(&model, Some(&regimen), samples.clone(), 90.0, settings).unwrap();
        let (mut workspace, size) = (prepared.workspace(), prepared.numbers());
        let mut out = vec![0.0; size * subjects.len()];
        if many {
            assert!(prepared.run_all(&subjects, &mut workspace, &mut out).iter().all(Result::is_ok));
        } else {
            let each = subjects.iter().zip(out.chunks_exact_mut(size));
            each.for_each(|(subject, out)| prepared.run(subject, &mut workspace, out).unwrap());
        }
        out
    };
    let (one, many, other) = (run(Engine::Auto, false), run(Engine::Auto, true), run(Engine::Dop853, false));
    assert!(one.iter().zip(&many).all(|(a, b)| a.to_bits() == b.to_bits()));
    for (a, b) in one.iter().zip(&other) {
        assert!((a - b).abs() < 1e-8 * b.abs() + 1e-12, "{a} is not {b}");
    }
}
