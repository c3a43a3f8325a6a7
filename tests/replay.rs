//! Event records on models that are not linear, or whose doses follow the state: closed forms, and laws that hold for any.

mod common;

use posology::error::Kind;
use posology::io::{DataOptions, DataReader};
use posology::model::{Catalogue, Model};
use posology::population::Subject;
use posology::simulate::{Compat, CovariateRule, Engine, Event, Replay, Rules, Search, Settings, SimulationError};
use posology::solve::{SolveError, Steps};

const HEAD: &str =
    "format = 1\nid = \"m\"\ntitle = \"A model\"\ndrug = \"any\"\ngrade = \"assumed\"\nunit_checking = false\n";

/// Michaelis-Menten elimination beside a peripheral compartment, from a depot.
const MICHAELIS: &str = "[compartments]
depot = { rate = \"-1.2 * depot\", lag = \"LAG\" }
central = { rate = \"1.2 * depot - 10 * central / (30 + central) - 0.3 * central + 0.2 * side\", lag = \"LAG\" }
side = { rate = \"0.3 * central - 0.2 * side\" }
[outputs]
y = { value = \"central\", unit = \"1\" }
p = { value = \"side\", unit = \"1\" }
";

/// Binding to a receptor that is made and lost, faster bound than free.
const BINDING: &str = "[compartments]
depot = { rate = \"-0.8 * depot\", lag = \"LAG\" }
central = { rate = \"0.8 * depot - 0.1 * central - 2 * central * receptor + 0.5 * both\", lag = \"LAG\" }
receptor = { rate = \"1 - 0.2 * receptor - 2 * central * receptor + 0.5 * both\", initial = \"5\" }
both = { rate = \"2 * central * receptor - 0.5 * both - 0.3 * both\" }
[outputs]
y = { value = \"central\", unit = \"1\" }
r = { value = \"receptor\", unit = \"1\" }
";

/// Linear upstream, turnover downstream.
const TURNOVER: &str = "[compartments]
depot = { rate = \"-1.5 * depot\", lag = \"LAG\" }
central = { rate = \"1.5 * depot - 0.3 * central\", lag = \"LAG\" }
response = { rate = \"5 * (1 - central / (central + 20)) - 0.05 * response\", initial = \"100\" }
[outputs]
y = { value = \"central\", unit = \"1\" }
r = { value = \"response\", unit = \"1\" }
";

fn model(body: &str) -> Model {
    let text = format!("{HEAD}{body}");
    Model::parse(&text, "m", &Catalogue).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn lagged(body: &str, lag: f64) -> Model {
    model(&body.replace("LAG", &lag.to_string()))
}

fn by(engine: Engine) -> Settings {
    Settings { engine, ..Settings::default() }
}

fn try_replay(model: &Model, data: &str, rules: Rules, settings: Settings) -> Result<Vec<Vec<f64>>, SimulationError> {
    let replay = Replay::new(model, rules, settings)?;
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for subject in DataReader::new(data.as_bytes(), "d", model, DataOptions::default()).unwrap() {
        let subject = subject.unwrap_or_else(|e| panic!("{e}"));
        replay.run(&subject.history, &Subject::typical(model), &mut values)?;
        rows.extend(values.chunks(model.outputs().len()).map(<[f64]>::to_vec));
    }
    Ok(rows)
}

fn replay(model: &Model, data: &str, settings: Settings) -> Vec<Vec<f64>> {
    try_replay(model, data, Rules::default(), settings).unwrap_or_else(|e| panic!("{e}\n{data}"))
}

fn refused(model: &Model, data: &str, rules: Rules) -> SimulationError {
    match try_replay(model, data, rules, Settings::default()).unwrap_err() {
        SimulationError::Record { error, .. } => *error,
        error => error,
    }
}

fn near(found: &[Vec<f64>], expected: &[Vec<f64>], share: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for output in 0..found[0].len() {
        let largest = expected.iter().fold(0.0f64, |m, row| m.max(row[output].abs()));
        for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
            let (found, expected) = (found[output], expected[output]);
            assert!((found - expected).abs() <= share * largest, "{what}, row {k}: {found} is not {expected}");
        }
    }
}

fn is(found: f64, expected: f64, share: f64) {
    assert!((found - expected).abs() <= share * expected.abs(), "{found} is not {expected}");
}

// ---- observations change nothing

#[test]
fn observations_between_events_change_no_bit_of_the_others() {
    let records = [
        "1,0,1,100,1,0,24,2,0",
        "1,3,0,,,,,,",
        "1,8,1,50,2,0,0,0,10",
        "1,9.7,0,,,,,,",
        "1,30,2,,,,,,",
        "1,40,1,80,1,1,12,1,0",
        "1,41,0,,,,,,",
        "1,70,0,,,,,,",
        "1,200,0,,,,,,",
    ];
    let data = |more: &[&str]| {
        let mut all: Vec<(f64, bool, &str)> = records.iter().map(|r| (0.0, true, *r)).collect();
        all.extend(more.iter().map(|r| (0.0, false, *r)));
        all.iter_mut().for_each(|r| r.0 = r.2.split(',').nth(1).unwrap().parse().unwrap());
        // Stable: what is added comes after the records of its time.
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let text = all.iter().map(|r| r.2).collect::<Vec<_>>().join("\n");
        (format!("ID,TIME,EVID,AMT,CMT,SS,II,ADDL,RATE\n{text}\n"), all.into_iter().map(|r| r.1).collect::<Vec<_>>())
    };
    let added = ["1,0.1,0,,,,,,", "1,5,2,,,,,,", "1,9.6999,0,,,,,,", "1,25,0,,,,,,", "1,63,2,,,,,,", "1,500,0,,,,,,"];
    for body in [MICHAELIS, BINDING, TURNOVER] {
        for engine in [Engine::Auto, Engine::Explicit, Engine::Stiff] {
            let model = lagged(body, 0.5);
            let (data, _, more, own) = {
                let ((a, b), (c, d)) = (data(&[]), data(&added));
                (a, b, c, d)
            };
            let rows = replay(&model, &more, by(engine)).into_iter().zip(own);
            let rows: Vec<Vec<f64>> = rows.filter(|(_, own)| *own).map(|(row, _)| row).collect();
            assert_eq!(rows, replay(&model, &data, by(engine)), "{engine}\n{body}");
        }
    }
}

#[test]
fn a_replay_of_a_system_that_is_integrated_can_be_kept_and_gone_on_with() {
    let data = "ID,TIME,EVID,AMT,CMT,II,ADDL\n1,0,1,100,1,24,3\n1,1,0,,,,\n1,30.3,0,,,,\n1,31,1,20,2,0,0\n1,90,0,,,,\n";
    let model = lagged(BINDING, 0.0);
    let subject =
        DataReader::new(data.as_bytes(), "d", &model, DataOptions::default()).unwrap().next().unwrap().unwrap();
    let replay = Replay::new(&model, Rules::default(), Settings::default()).unwrap();
    let mut whole = Vec::new();
    let work = replay.run(&subject.history, &Subject::typical(&model), &mut whole).unwrap();
    assert!(work.explicit_steps > 0 && work.slopes > 6 * work.explicit_steps, "{work:?}");
    for stop in 0..=subject.history.records.len() {
        let (mut cursor, mut out) = (replay.begin(&Subject::typical(&model), false), Vec::new());
        for _ in 0..stop {
            assert!(cursor.step(&subject.history, &mut Steps::default(), &mut out).unwrap());
        }
        let mut kept = cursor.clone();
        drop(cursor);
        while kept.step(&subject.history, &mut Steps::default(), &mut out).unwrap() {}
        assert_eq!(out, whole);
    }
}

// ---- steady states

/// Doses by compartment, rate, interval and lag: boluses, infusions shorter and longer than the interval, lags up to and
/// beyond it.
const DOSES: [(usize, f64, f64, f64); 7] = [
    (1, 0.0, 12.0, 0.0),
    (1, 0.0, 12.0, 2.5),
    (2, 10.0, 12.0, 0.0),
    (2, 10.0, 12.0, 5.0),
    (2, 2.5, 12.0, 1.0),
    (2, 5.0, 8.0, 0.0),
    (1, 0.0, 12.0, 15.0),
];

#[test]
fn a_steady_state_is_the_limit_of_many_doses() {
    let tail = "1,0,0,,,,,,\n1,1,0,,,,,,\n1,5,0,,,,,,\n1,11.5,0,,,,,,\n1,13,0,,,,,,\n1,30,0,,,,,,\n1,60,0,,,,,,\n";
    for body in [MICHAELIS, BINDING, TURNOVER] {
        for (compartment, rate, interval, lag) in DOSES {
            let model = lagged(body, lag);
            let steady = format!("1,0,1,40,{compartment},1,{interval},1,{rate}\n");
            let many = format!("1,{},1,40,{compartment},0,{interval},201,{rate}\n", -200.0 * interval);
            let head = "ID,TIME,EVID,AMT,CMT,SS,II,ADDL,RATE\n";
            let many = replay(&model, &format!("{head}{many}{tail}"), by(Engine::Auto));
            for engine in [Engine::Auto, Engine::Explicit, Engine::Stiff, Engine::Dop853] {
                let found = replay(&model, &format!("{head}{steady}{tail}"), by(engine));
                let what = format!("{engine}, into {compartment} at {rate} every {interval} h, lag {lag}\n{body}");
                near(&found[1..], &many[1..], 1e-6, &what);
            }
        }
    }
}

#[test]
fn a_train_of_devices_repeats_in_a_steady_state() {
    let routed = "[routes.nose]\ndevice = { amount = \"20 mg\", gap = \"0.5 h\" }\ndepot = { fraction = \"if(dose.device > 1, 0.5, 1)\" }\n";
    let model = model(&(MICHAELIS.replace("LAG", "0") + routed));
    let tail = "1,0,0,,,,,\n1,0.7,0,,,,,\n1,1,0,,,,,\n1,5,0,,,,,\n1,12,0,,,,,\n1,14,0,,,,,\n";
    let head = "ID,TIME,EVID,AMT,CMT,SS,II,ADDL\n";
    let found = replay(&model, &format!("{head}1,0,1,60,nose,1,12,1\n{tail}"), Settings::default());
    let many = replay(&model, &format!("{head}1,-2400,1,60,nose,0,12,201\n{tail}"), Settings::default());
    near(&found[1..], &many[1..], 1e-6, "train");
}

#[test]
fn a_constant_infusion_and_production_alone_have_their_balance() {
    // R = 6 mg/h = 10 A / (30 + A): A = 30 R / (10 - R).
    let michaelis = lagged(MICHAELIS, 0.0);
    let data = "ID,TIME,EVID,AMT,CMT,SS,II,RATE\n1,0,1,0,2,1,0,6\n1,0,0,,,,,\n1,2,0,,,,,\n";
    for engine in [Engine::Auto, Engine::Explicit, Engine::Stiff, Engine::Dopri5] {
        let rows = replay(&michaelis, data, by(engine));
        is(rows[1][0], 45.0, 1e-7);
        is(rows[1][1], 1.5 * 45.0, 1e-7);
        assert!(rows[2][0] < 45.0, "the infusion ends at the record");
    }
    let binding = lagged(&BINDING.replace("initial = \"5\"", "initial = \"1\""), 0.0);
    let data = "ID,TIME,EVID,AMT,CMT,SS,II,RATE\n1,0,1,0,2,1,0,0\n1,0,0,,,,,\n1,20,0,,,,,\n";
    for row in replay(&binding, data, Settings::default()) {
        is(row[1], 5.0, 1e-7);
    }
}

#[test]
fn the_search_for_a_steady_state_is_reported() {
    let model = lagged(MICHAELIS, 0.0);
    let data = "ID,TIME,EVID,AMT,CMT,SS,II\n1,0,1,40,1,1,12\n";
    let subject =
        DataReader::new(data.as_bytes(), "d", &model, DataOptions::default()).unwrap().next().unwrap().unwrap();
    let replay = Replay::new(&model, Rules::default(), Settings::default()).unwrap();
    let mut cursor = replay.begin(&Subject::typical(&model), true);
    cursor.step(&subject.history, &mut Steps::default(), &mut Vec::new()).unwrap();
    let [Search { cycles, residual }] = *cursor.searches() else { panic!("{:?}", cursor.searches()) };
    assert!((4..40).contains(&cycles) && residual < 1e-7, "{cycles} cycles, {residual}");
    let told = cursor.happenings().iter().any(|h| matches!(h.what, Event::Steady { search: Some(_), .. }));
    assert!(told, "{:?}", cursor.happenings());
}

#[test]
fn where_more_enters_than_can_leave_there_is_no_steady_state() {
    let model = lagged(MICHAELIS, 0.0);
    // 12 mg/h against 10 mg/h at most.
    for record in ["1,0,1,144,1,1,12,0", "1,0,1,0,2,1,0,12"] {
        let error = refused(&model, &format!("ID,TIME,EVID,AMT,CMT,SS,II,RATE\n{record}\n"), Rules::default());
        assert!(matches!(error, SimulationError::Solve(SolveError::NotPeriodic { cycles: 100.., .. })), "{error:?}");
        assert_eq!(error.code(), "E_NO_STEADY_STATE");
        assert!(error.is_failure() && error.hint().is_some());
    }
    // Growth has a periodic state, zero, and nothing leads to it.
    let body = "[compartments]\ntumour = { rate = \"0.1 * tumour * log(1 + tumour / 1)\", initial = \"2\" }\n[outputs]\ny = { value = \"tumour\", unit = \"1\" }\n";
    let error = refused(&self::model(body), "ID,TIME,EVID,AMT,CMT,SS,II\n1,0,1,1,1,1,12\n", Rules::default());
    assert!(error.is_failure(), "{error:?}");
}

#[test]
fn a_state_that_only_gathers_is_named_where_there_is_no_steady_state() {
    let gathers = MICHAELIS
        .replace("[outputs]", "auc = { rate = \"central\" }\n[outputs]\na = { value = \"auc\", unit = \"1\" }");
    let model = lagged(&gathers, 0.0);
    let error = refused(&model, "ID,TIME,EVID,AMT,CMT,SS,II\n1,0,1,40,1,1,12\n", Rules::default());
    assert_eq!(error, SimulationError::NoSteadyState { state: "auc".into() });
    let data = "ID,TIME,EVID,AMT,CMT\n1,0,1,40,1\n1,5,0,,\n";
    assert!(replay(&model, data, Settings::default())[1].iter().all(|v| *v > 0.0));
}

#[test]
fn a_steady_state_is_added_to_a_non_linear_system_only_where_a_tool_is_named() {
    let model = lagged(MICHAELIS, 0.0);
    let data = |ss| format!("ID,TIME,EVID,AMT,CMT,SS,II\n1,0,1,30,2,0,0\n1,3,0,,,,\n1,3,1,40,1,{ss},12\n");
    let error = refused(&model, &data(2), Rules::default());
    assert_eq!(error.code(), "E_SS2_NONLINEAR");
    assert!(!error.is_failure() && error.hint().unwrap().contains("--compat"));
    for tool in [Compat::Nonmem, Compat::Mrgsolve, Compat::Rxode2] {
        let run = |ss| try_replay(&model, &data(ss), Rules::of(tool), Settings::default()).unwrap();
        let (added, alone) = (run(2), run(1));
        is(added[2][0], added[1][0] + alone[2][0], 1e-7);
    }
}

// ---- doses that follow the state, and times since doses

#[test]
fn what_follows_the_state_is_decided_when_each_dose_is_given() {
    // Bioavailability falls with what is there: F = 1 - A / (A + 50); A leaves at 0.1/h.
    let body = |rate: &str| {
        format!(
            "[compartments]\ncentral = {{ rate = \"{rate}\" }}\n[routes.mouth]\ndevice = {{ amount = \"30 mg\", gap = \"1 h\" }}\n\
             central = {{ fraction = \"1 - central / (central + 50)\" }}\n[outputs]\ny = {{ value = \"central\", unit = \"1\" }}\n"
        )
    };
    let data = "ID,TIME,EVID,AMT,CMT,II,ADDL\n1,0,1,60,mouth,6,2\n1,20,0,,,,\n";
    let expected = {
        let (mut a, mut now) = (0.0f64, 0.0f64);
        for time in [0.0, 1.0, 6.0, 7.0, 12.0, 13.0] {
            a *= (-0.1 * (time - now)).exp();
            a += 30.0 * (1.0 - a / (a + 50.0));
            now = time;
        }
        a * (-0.1 * (20.0 - now)).exp()
    };
    let linear = model(&body("-0.1 * central"));
    is(replay(&linear, data, Settings::default())[1][0], expected, 1e-13);
    is(replay(&linear, data, by(Engine::Stiff))[1][0], expected, 1e-7);
    let other = model(&body("-0.1 * central * max(1, 1)"));
    is(replay(&other, data, Settings::default())[1][0], expected, 1e-7);

    let data = |dose: &str| format!("ID,TIME,EVID,AMT,CMT,SS,II,ADDL\n{dose}\n1,0.5,0,,,,,\n1,3,0,,,,,\n1,8,0,,,,,\n");
    for model in [&linear, &other] {
        let found = replay(model, &data("1,0,1,60,mouth,1,6,1"), Settings::default());
        let many = replay(model, &data("1,-1200,1,60,mouth,0,6,201"), Settings::default());
        near(&found[1..], &many[1..], 1e-7, "steady state");
    }
}

#[test]
fn a_number_outside_its_limits_is_found_at_the_dose_that_it_is_for() {
    let body = "[compartments]\ncentral = { rate = \"-0.1 * central\", fraction = \"1 - central / 100\" }\n[outputs]\ny = { value = \"central\", unit = \"1\" }\n";
    let data = "ID,TIME,EVID,AMT,CMT,II,ADDL\n1,0,1,150,1,1,1\n1,0.5,0,,,,\n1,2,0,,,,\n";
    let error = try_replay(&model(body), data, Rules::default(), Settings::default()).unwrap_err();
    let SimulationError::Record { row: 3, error } = error else { panic!("{error:?}") };
    assert_eq!(error.code(), "E_OUT_OF_LIMITS");
}

#[test]
fn times_since_doses_drive_rates_and_show_in_outputs() {
    // A leaves at 0.1 (1 + tad) per h: A(t) = A0 exp(-0.1 (t + t^2/2)) after each dose.
    let body = "[compartments]\ncentral = { rate = \"-0.1 * (1 + if(tad >= 0, tad, 0)) * central\" }\nother = { rate = \"-0.2 * other\", lag = \"5\" }\n\
                [routes.mouth]\ncentral = {}\n[routes.skin]\nother = {}\n\
                [outputs]\ny = { value = \"central\", unit = \"1\" }\nclock = { value = \"t\", unit = \"1\" }\n\
                latest = { value = \"tad\", unit = \"1\" }\nfirst = { value = \"tafd\", unit = \"1\" }\n\
                by_mouth = { value = \"tad(mouth)\", unit = \"1\" }\nby_skin = { value = \"tad(skin)\", unit = \"1\" }\nlast = { value = \"last_dose(mouth)\", unit = \"1\" }\n";
    let data = "ID,TIME,EVID,AMT,CMT,II,ADDL\n1,0,0,,,,\n1,1,1,10,mouth,4,1\n1,3,0,,,,\n1,8,1,7,skin,0,0\n1,11,0,,,,\n1,12,3,,,,\n1,15,0,,,,\n";
    for engine in [Engine::Auto, Engine::Stiff] {
        let rows = replay(&model(body), data, by(engine));
        let left = |t: f64| (-0.1 * (t + 0.5 * t * t)).exp();
        is(rows[2][0], 10.0 * left(2.0), 1e-7);
        is(rows[4][0], (10.0 * left(4.0) + 10.0) * left(3.0) * left(3.0), 1e-7);
        let bits = |row: &[f64]| row.iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect::<Vec<_>>();
        assert_eq!(bits(&rows[0][1..]), [0.0, -1.0, -1.0, -1.0, -1.0, 0.0], "before the first dose");
        assert_eq!(bits(&rows[2][1..]), [3.0, 2.0, 2.0, 2.0, -1.0, 10.0]);
        assert_eq!(bits(&rows[4][1..]), [11.0, 3.0, 10.0, 6.0, 3.0, 10.0]);
        assert_eq!(bits(&rows[6][1..]), [3.0, -1.0, -1.0, -1.0, -1.0, 0.0], "after a reset");
    }
}

#[test]
fn rates_that_read_the_time_since_a_dose_need_one() {
    let body = "[compartments]\ncentral = { rate = \"-0.1 * tad * central\" }\n[outputs]\ny = { value = \"central\", unit = \"1\" }\n";
    let data = "ID,TIME,EVID,AMT,CMT\n1,0,0,,\n1,1,0,,\n1,2,1,10,1\n";
    let error = refused(&model(body), data, Rules::default());
    assert_eq!(error, SimulationError::NoDoseYet { time: 0.0 });
    assert!(error.is_failure() && error.hint().is_some());
}

// ---- input functions

/// Three steps of 1.5/h into a compartment, as an input function and as a chain.
const FUNCTION: &str = "[compartments]\ncentral = { rate = \"-0.2 * central\" }\n[routes.mouth]\n\
    central = { input = \"1.5 * (1.5 * since)^2 * exp(-1.5 * since) / 2\", lag = \"0.5\", fraction = \"0.8\" }\n[outputs]\ny = { value = \"central\", unit = \"1\" }\n";
const CHAIN: &str = "[compartments]\na = { rate = \"-1.5 * a\" }\nb = { rate = \"1.5 * a - 1.5 * b\" }\nc = { rate = \"1.5 * b - 1.5 * c\" }\n\
    central = { rate = \"1.5 * c - 0.2 * central\" }\n[routes.mouth]\na = { lag = \"0.5\", fraction = \"0.8\" }\n[outputs]\ny = { value = \"central\", unit = \"1\" }\n";

#[test]
fn an_input_function_is_the_chain_that_it_is_the_density_of() {
    let (function, chain) = (model(FUNCTION), model(CHAIN));
    let tail = "1,1,0,,,,,\n1,3,0,,,,,\n1,9,0,,,,,\n1,20,1,50,mouth,0,0,0\n1,21,3,,,,,\n1,22,0,,,,,\n1,23,1,10,mouth,0,0,0\n1,25,0,,,,,\n1,400,0,,,,,\n1,401,1,10,mouth,0,0,0\n1,402,0,,,,,\n";
    for dose in ["1,0,1,100,mouth,0,2,3", "1,0,1,100,mouth,1,6,1", "1,0,1,100,mouth,1,0.4,0"] {
        let data = format!("ID,TIME,EVID,AMT,CMT,SS,II,ADDL\n{dose}\n{tail}");
        let expected = replay(&chain, &data, by(Engine::Exact));
        for engine in [Engine::Auto, Engine::Stiff, Engine::Dop853] {
            near(&replay(&function, &data, by(engine)), &expected, 1e-7, &format!("{engine}: {dose}"));
        }
    }
}

// ---- covariates on straight lines

#[test]
fn rates_follow_covariates_on_straight_lines() {
    // A leaves at 0.1 w per h, w from 1 to 3 within 4 h: the exponent is the integral of a line, also beyond a dose.
    let body = |rate: &str| {
        format!(
            "[covariates]\nw = {{ unit = \"1\", reference = 1 }}\n[compartments]\ncentral = {{ rate = \"{rate}\" }}\n[outputs]\n\
             y = {{ value = \"central\", unit = \"1\" }}\nw_now = {{ value = \"w\", unit = \"1\" }}\n"
        )
    };
    let data = "ID,TIME,EVID,AMT,CMT,II,ADDL,w\n1,0,1,10,1,1,1,1\n1,4,0,,,,,3\n1,6,0,,,,,3\n1,7,0,,,,,2\n";
    let rules = Rules { covariates: CovariateRule::Linear, ..Rules::default() };
    let area = |from: f64, to: f64| 0.1 * ((to - from) + 0.25 * (to * to - from * from));
    let at_four = 10.0 * ((-area(0.0, 4.0)).exp() + (-area(1.0, 4.0)).exp());
    let at_six = at_four * (-0.6f64).exp();
    for (rate, engine) in [
        ("-0.1 * w * central", Engine::Auto),
        ("-0.1 * w * central", Engine::Explicit),
        ("-0.1 * w * central", Engine::Dop853),
        ("-0.1 * w * central * max(1, central / (central + 1))", Engine::Auto),
        ("-0.1 * w * central * max(1, central / (central + 1))", Engine::Stiff),
    ] {
        let rows = try_replay(&model(&body(rate)), data, rules, by(engine)).unwrap();
        is(rows[1][0], at_four, 1e-7);
        is(rows[2][0], at_six, 1e-7);
        is(rows[3][0], at_six * (-0.25f64).exp(), 1e-7);
        assert_eq!(rows.iter().map(|row| row[1]).collect::<Vec<_>>(), [1.0, 3.0, 3.0, 2.0]);
    }
    let exact = try_replay(&model(&body("-0.1 * w * central")), data, rules, by(Engine::Exact));
    let Err(SimulationError::Record { error, .. }) = exact else { panic!("{exact:?}") };
    assert_eq!(error.code(), "E_LINEAR_COVARIATES");
}

// ---- what is fast, and what fails

#[test]
fn what_is_soon_over_is_not_stepped_over() {
    // Gone within minutes, once a month, and the effect comes back in between.
    let body = "[compartments]\ndepot = { rate = \"-60 * depot\" }\ncentral = { rate = \"60 * depot - 40 * central\" }\n\
        response = { rate = \"0.5 - 0.05 * response * (1 + 1000 * central / (central + 1))\", initial = \"10\" }\n[outputs]\nr = { value = \"response\", unit = \"1\" }\n";
    let data = "ID,TIME,EVID,AMT,CMT,II,ADDL\n1,0,1,100,1,720,2\n1,1,0,,,,\n1,721,0,,,,\n1,1441,0,,,,\n";
    let found = replay(&model(body), data, Settings::default());
    near(&found, &replay(&model(body), data, by(Engine::Dop853)), 1e-6, "all integrated");
    assert!(found[1..].iter().all(|row| row[0] < 9.0), "{found:?}");
    let function = "[compartments]\ncentral = { rate = \"-40 * central\" }\n\
        response = { rate = \"0.5 - 0.05 * response * (1 + 1000 * central / (central + 1))\", initial = \"10\" }\n\
        [routes.mouth]\ncentral = { input = \"60 * exp(-60 * since)\" }\n[outputs]\nr = { value = \"response\", unit = \"1\" }\n";
    near(&replay(&model(function), &data.replace("100,1", "100,mouth"), Settings::default()), &found, 1e-6, "function");
}

#[test]
fn an_engine_that_gives_up_says_where_and_with_what() {
    let failing = |rate: &str, settings: Settings| {
        let body = format!(
            "[parameters]\nk = {{ value = 3, grade = \"assumed\", why = \"a test\" }}\n[compartments]\ncentral = {{ rate = \"{rate}\" }}\n\
             [outputs]\ny = {{ value = \"central\", unit = \"1\" }}\n"
        );
        let data = "ID,TIME,EVID,AMT,CMT\n1,10,1,9,1\n1,12,1,1,1\n1,20,0,,\n";
        match try_replay(&model(&body), data, Rules::default(), settings) {
            Err(SimulationError::Record { error, .. }) => *error,
            other => panic!("{other:?}"),
        }
    };
    // 9 + 1 mg that leave at 3 mg/h from 10 h on are gone at 13.33 h, and go on leaving.
    let error = failing("-k * max(1, central - 1000)", Settings::default());
    let SimulationError::Failed { state, time, dose, parameters, error: cause } = &error else { panic!("{error:?}") };
    assert!(matches!(cause, SolveError::NegativeAmount { .. }), "{cause:?}");
    assert_eq!(
        (state.as_deref(), *dose, parameters.as_slice()),
        (Some("central"), Some(2), &["k = 3 1".to_string()][..])
    );
    is(*time, 40.0 / 3.0, 0.01);
    assert!(error.is_failure() && error.hint().is_some());
    // Without end before 20 h: 1/A falls by 0.03 per h.
    let error = failing("k * central^2 / 100", Settings { most_steps: 3000, ..Settings::default() });
    assert!(matches!(error, SimulationError::Failed { .. }), "{error:?}");
    // It falls by 1.5 per h from 9 + 1 mg on, and below 1 the logarithm is no number.
    let error = failing("-k / 2 + 0.001 * log(central - 1)", Settings::default());
    let SimulationError::Failed { error: SolveError::NotFinite { .. }, time, .. } = error else { panic!("{error:?}") };
    is(time, 16.0, 1e-3);
    let error = failing("-k * central * max(1, central)", Settings { most_steps: 5, ..Settings::default() });
    assert!(
        matches!(error, SimulationError::Failed { error: SolveError::TooManySteps { limit: 5, .. }, .. }),
        "{error:?}"
    );
}

#[test]
fn a_subject_that_fails_leaves_the_others_alone() {
    let file = format!("{HEAD}{}", MICHAELIS.replace("LAG", "0"));
    let data = "ID,TIME,EVID,AMT,CMT,SS,II\n1,0,1,40,1,1,12\n1,1,0,,,,\n2,0,1,400,1,1,12\n2,1,0,,,,\n3,0,1,40,1,1,12\n3,1,0,,,,\n";
    let folder = common::Folder::new().with("m.toml", &file).with("d.csv", data);
    let run = folder.run(&["simulate", "m.toml", "--data", "d.csv", "--out", "o.csv"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("E_NO_STEADY_STATE") && run.stderr.contains("d.csv:4"), "{}", run.stderr);
    let written = String::from_utf8(folder.files("")["o.csv"].clone()).unwrap();
    let rows: Vec<&str> = written.lines().skip(1).collect();
    assert_eq!(rows.len(), 6);
    assert!(rows[2].ends_with(",,") && rows[3].ends_with(",,"), "{written}");
    assert_eq!(rows[0].trim_start_matches('1'), rows[4].trim_start_matches('3'));
    assert!(!rows[5].ends_with(','), "{written}");
    let manifest = String::from_utf8(folder.files("")["o.manifest.json"].clone()).unwrap();
    assert!(manifest.contains("1 subjects failed"), "{manifest}");
    assert!(manifest.contains("explicit_steps") && manifest.contains("\"auto\""), "{manifest}");
}
