//! What must hold for the records of any linear model, on random models and histories. `PROPTEST_CASES` says how many
//! (256 by default); the seed is fixed.
#![cfg(feature = "study")]

mod random;

use nalgebra::{DMatrix, DVector};
use posology::io::{DataOptions, DataReader};
use posology::model::{Catalogue, Model};
use posology::prelude::*;
use posology::simulate::{
    Column, Cursor, DoseInput, DoseRecord, Engine, History, Prepared, Record, Repeats, Replay, Rules, Settings, Steady,
    Target, What,
};
use posology::solve::Steps;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;
use random::*;
use std::fmt::Write;

fn cases() -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(36), failure_persistence: None, ..ProptestConfig::default() }
}

fn observation(time: f64) -> Record {
    Record { row: 0, time, what: What::Observation { close: None }, values: vec![1.0] }
}

fn given(time: f64, dose: DoseRecord) -> Record {
    Record { row: 0, time, what: What::Dose(dose), values: vec![1.0] }
}

fn of(records: impl IntoIterator<Item = Record>) -> History {
    History { columns: vec![Column::Covariate(0)], records: records.into_iter().collect() }
}

/// Observations from `from` on, at and between the quarters of an hour.
fn watched(from: f64) -> impl Iterator<Item = Record> {
    [0.0, 0.25, 1.0, 1.1, 3.0, 4.5, 6.0, 12.0, 13.7, 24.0, 30.0, 48.0, 75.0]
        .into_iter()
        .map(move |t| observation(from + t))
}

// ---- 1: what changes nothing

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_record_that_changes_nothing_changes_nothing(
        system in system(), history in history(ALL), at in any::<Index>(), part in 0..=4_u32, observed in any::<bool>(),
    ) {
        let model = system.model(false);
        let n = model.outputs().len();
        let before = 1 + at.index(history.records.len() - 1);
        let (last, next) = (&history.records[before - 1], &history.records[before]);
        let gap = if next.time < last.time { 1.0 } else { next.time - last.time };
        let time = last.time + 0.25 * f64::from(part) * gap;
        let what = if observed { What::Observation { close: None } } else { What::Other { switch: None } };
        let added = Record { row: 0, time, what, values: next.values.clone() };
        let mut longer = history.clone();
        longer.records.insert(before, added);
        let mut found = run(&model, &longer);
        found.drain(before * n..(before + 1) * n);
        same(&found, &run(&model, &history), 1e-12)?;
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn an_observation_of_what_is_integrated_changes_no_bit(
        system in system(), history in history(ALL), at in any::<Index>(), part in 1..=3_u32, stiff in any::<bool>(),
    ) {
        let model = system.model(false);
        let (n, engine) = (model.outputs().len(), if stiff { Engine::Stiff } else { Engine::Explicit });
        let before = 1 + at.index(history.records.len() - 1);
        let (last, next) = (&history.records[before - 1], &history.records[before]);
        let gap = if next.time < last.time { 1.0 } else { next.time - last.time };
        let time = last.time + 0.25 * f64::from(part) * gap;
        // Where the clock restarts the next values never held on the old one.
        let values = if next.time < last.time { &last.values } else { &next.values };
        let added = Record { row: 0, time, what: What::Observation { close: None }, values: values.clone() };
        let mut longer = history.clone();
        longer.records.insert(before, added);
        let mut found = run_by(engine, &model, &longer);
        found.drain(before * n..(before + 1) * n);
        prop_assert_eq!(found, run_by(engine, &model, &history));
    }

    #[test]
    fn engines_that_integrate_agree_with_the_exact_one(system in system(), history in history(ALL)) {
        let model = system.model(false);
        let expected = run(&model, &history);
        for engine in [Engine::Explicit, Engine::Stiff, Engine::Dopri5] {
            let found = run_by(engine, &model, &history);
            let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            // The absolute tolerance is a share of up to 100 mg that were given, which may be gone when it is observed.
            let allowed = 1e-6 * largest + Settings::default().atol * 100.0;
            for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
                prop_assert!((found - expected).abs() <= allowed, "{engine}, number {k}: {found} is not {expected}");
            }
        }
    }
}

// ---- 2: doses that stand for many

/// The history with every additional dose written as a record of its own.
fn written_out(history: &History) -> (History, Vec<bool>) {
    let mut records: Vec<(Record, bool)> = history.records.iter().map(|r| (r.clone(), true)).collect();
    let mut at = 0;
    while at < records.len() {
        let (time, dose) = (
            records[at].0.time,
            match &mut records[at].0.what {
                What::Dose(dose) => dose,
                _ => {
                    at += 1;
                    continue;
                }
            },
        );
        if let Some(Repeats { additional, interval }) = dose.repeats.take() {
            let dose = *dose;
            for k in 1..=additional {
                let due = time + f64::from(k) * interval;
                // An additional dose comes before the records of its time.
                if let Some(place) = (at + 1..records.len()).find(|i| records[*i].0.time >= due) {
                    let values = records[place].0.values.clone();
                    records.insert(place, (Record { row: 0, time: due, what: What::Dose(dose), values }, false));
                }
            }
        }
        at += 1;
    }
    let (records, own) = records.into_iter().unzip();
    (History { columns: history.columns.clone(), records }, own)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn additional_doses_are_written_doses(system in system(), history in history(PLAIN)) {
        let model = system.model(false);
        let (written, own) = written_out(&history);
        let found = run(&model, &written);
        let rows = found.chunks(model.outputs().len()).zip(own).filter(|(_, own)| *own);
        let found: Vec<f64> = rows.flat_map(|(row, _)| row.to_vec()).collect();
        same(&found, &run(&model, &history), 1e-11)?;
    }

    #[test]
    fn a_steady_state_is_two_hundred_doses(system in system(), dose in dose(PLAIN), interval in interval(), additional in 0..=4_u32) {
        let model = system.model(false);
        let repeats = |additional| (additional > 0).then_some(Repeats { additional, interval });
        let steady = DoseRecord { repeats: repeats(additional), steady: Some(Steady { interval, add: false }), ..dose };
        let many = DoseRecord { repeats: repeats(200 + additional), steady: None, ..dose };
        let n = model.outputs().len();
        let found = run(&model, &of([given(0.0, steady)].into_iter().chain(watched(0.0))));
        let expected = run(&model, &of([given(-200.0 * interval, many)].into_iter().chain(watched(0.0))));
        same(&found[n..], &expected[n..], 1e-10)?;
    }
}

// ---- 3: ways to give the same

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_short_infusion_is_a_bolus(system in system(), dose in dose(PLAIN)) {
        let model = system.model(false);
        let curve = |input| run(&model, &of([given(0.0, DoseRecord { input, ..dose })].into_iter().chain(watched(0.1))));
        // The first row is the dose itself, which has entered as a bolus only.
        let n = model.outputs().len();
        same(&curve(DoseInput::Duration(1e-8))[n..], &curve(DoseInput::Bolus)[n..], 1e-6)?;
    }

    #[test]
    fn one_infusion_in_four_spellings_is_one_curve(system in system(), fraction in select(vec![0.25, 0.5, 1.0])) {
        // Rate and duration of the model belong to this amount, which is a power of two so that quotients are exact.
        let amount = MODELLED.0 * MODELLED.1 / fraction;
        let curve = |by_rate, input| {
            let mut system = system.clone();
            (system.doses[CENTRE].0, system.by_rate[CENTRE]) = (fraction, by_rate);
            let dose = DoseRecord { target: Target::Compartment(CENTRE), amount, input, repeats: None, steady: None };
            run(&system.model(false), &of([given(0.0, dose)].into_iter().chain(watched(0.0))))
        };
        let expected = curve(false, DoseInput::Rate(MODELLED.0));
        prop_assert_eq!(&curve(false, DoseInput::Duration(MODELLED.1)), &expected);
        prop_assert_eq!(&curve(false, DoseInput::ModelledDuration), &expected);
        prop_assert_eq!(&curve(true, DoseInput::ModelledRate), &expected);
    }
}

// ---- 4: superposition

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn responses_add_up(
        system in empty_system(),
        history in history(Allow { adding: true, resets: true, ..PLAIN }),
        first in prop::collection::vec(any::<bool>(), 25),
    ) {
        let model = system.model(false);
        let only = |wanted: bool| {
            let mut part = history.clone();
            for (record, _) in part.records.iter_mut().zip(&first).filter(|(_, first)| **first != wanted) {
                match &mut record.what {
                    What::Reset(dose) => *dose = None,
                    What::Dose(_) => record.what = What::Other { switch: None },
                    _ => {}
                }
            }
            run(&model, &part)
        };
        let sum: Vec<f64> = only(true).iter().zip(only(false)).map(|(a, b)| a + b).collect();
        same(&sum, &run(&model, &history), 1e-11)?;
    }
}

// ---- 5: mass

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn nothing_is_lost_or_made(system in empty_system(), history in history(Allow { resets: true, ..PLAIN })) {
        let model = system.model(true);
        let found = run(&model, &history);
        // Begin, duration and amount of everything that enters after the latest reset.
        let mut entering: Vec<(f64, f64, f64)> = Vec::new();
        for (record, row) in history.records.iter().zip(found.chunks(model.outputs().len())) {
            let dose = match &record.what {
                What::Reset(dose) => {
                    entering.clear();
                    dose.as_ref()
                }
                What::Dose(dose) => Some(dose),
                _ => None,
            };
            if let Some(dose) = dose {
                let repeats = dose.repeats.map_or((0, 0.0), |r| (r.additional, r.interval));
                for k in 0..=repeats.0 {
                    let parts = system.parts(dose).into_iter();
                    let time = record.time + f64::from(k) * repeats.1;
                    entering.extend(parts.map(|(_, amount, delay, over)| (time + delay, over, amount)));
                }
            }
            let entered = |(begin, over, amount): &(f64, f64, f64)| match record.time - begin {
                since if since < 0.0 => 0.0,
                since if since < *over => amount * since / over,
                _ => *amount,
            };
            let (there, all): (f64, f64) = (row.iter().sum(), entering.iter().map(entered).sum());
            let given: f64 = entering.iter().map(|(_, _, amount)| amount).sum();
            prop_assert!((there - all).abs() <= 1e-11 * given, "row {}: {} is not {}", record.row, there, all);
        }
    }
}

// ---- 6: clocks and units

/// A history as a data set, in minutes and micrograms or in hours and milligrams.
fn data_set(histories: &[History], fine: bool) -> String {
    let (time, amount) = if fine { (60.0, 1000.0) } else { (1.0, 1.0) };
    let mut text = String::from("ID,TIME,EVID,AMT,CMT,RATE,DUR,ADDL,II,SS,z\n");
    for (id, history) in histories.iter().enumerate() {
        for record in &history.records {
            let (evid, dose) = match &record.what {
                What::Observation { .. } => (0, None),
                What::Dose(dose) => (1, Some(dose)),
                What::Reset(None) => (3, None),
                What::Reset(Some(dose)) => (4, Some(dose)),
                What::Other { .. } | What::SteadyInfusion { .. } | What::Replace { .. } => (2, None),
            };
            write!(text, "{},{},{evid}", id + 1, time * record.time).unwrap();
            match dose {
                None => text += ",,,,,,,",
                Some(dose) => {
                    let place = match dose.target {
                        Target::Route(_) => "mixed".into(),
                        Target::Compartment(state) => (state + 1).to_string(),
                    };
                    let (rate, over) = match dose.input {
                        DoseInput::Bolus => (String::new(), String::new()),
                        DoseInput::Rate(rate) => ((rate * amount / time).to_string(), String::new()),
                        DoseInput::Duration(over) => (String::new(), (over * time).to_string()),
                        DoseInput::ModelledRate => ("-1".into(), String::new()),
                        DoseInput::ModelledDuration => ("-2".into(), String::new()),
                    };
                    let additional = dose.repeats.map_or(0, |r| r.additional);
                    let ii = dose.repeats.map(|r| r.interval).or(dose.steady.map(|s| s.interval)).unwrap_or(0.0);
                    let ss = dose.steady.map_or(0, |s| if s.add { 2 } else { 1 });
                    write!(text, ",{},{place},{rate},{over},{additional},{},{ss}", dose.amount * amount, ii * time)
                        .unwrap();
                }
            }
            writeln!(text, ",{}", record.values[0]).unwrap();
        }
    }
    text
}

/// The outputs of each subject of a data set.
fn replayed(model: &Model, text: &str, options: DataOptions) -> Vec<Vec<f64>> {
    let reader = DataReader::new(text.as_bytes(), "random", model, options).unwrap_or_else(|e| panic!("{e}\n{text}"));
    reader.map(|subject| run(model, &subject.unwrap_or_else(|e| panic!("{e}\n{text}")).history)).collect()
}

/// Boluses into compartments would be refused, because the model has a rate or duration for infusions there.
fn by_route(history: &mut History) {
    for record in &mut history.records {
        if let What::Dose(dose) | What::Reset(Some(dose)) = &mut record.what
            && dose.input == DoseInput::Bolus
        {
            dose.target = Target::Route(0);
        }
    }
}

const WRITABLE: Allow = Allow { replacing: false, adding: true, resets: true, switches: false };

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_clock_may_start_anywhere(system in system(), history in history(ALL), shift in prop_oneof![
        (-4000..4000_i32).prop_map(|quarters| 0.25 * f64::from(quarters)),
        -1000.0..1000.0_f64,
    ]) {
        let model = system.model(false);
        let mut later = history.clone();
        later.records.iter_mut().for_each(|record| record.time += shift);
        same(&run(&model, &later), &run(&model, &history), 1e-10)?;
    }

    #[test]
    fn units_of_the_data_do_not_matter(system in system(), mut history in history(WRITABLE)) {
        by_route(&mut history);
        let model = system.model(false);
        let fine = DataOptions::new("min".parse().unwrap(), "ug".parse().unwrap()).unwrap();
        let expected = replayed(&model, &data_set(std::slice::from_ref(&history), false), DataOptions::default());
        same(&expected[0], &run(&model, &history), 1e-13)?;
        same(&replayed(&model, &data_set(&[history], true), fine)[0], &expected[0], 1e-10)?;
    }
}

// ---- 7: alone, among others, in pieces

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn others_do_not_matter(system in system(), mut histories in prop::collection::vec(history(WRITABLE), 3)) {
        histories.iter_mut().for_each(by_route);
        let model = system.model(false);
        let together = replayed(&model, &data_set(&histories, false), DataOptions::default());
        let alone: Vec<Vec<f64>> = std::thread::scope(|scope| {
            let model = &model;
            let start = |history: &History| data_set(std::slice::from_ref(history), false);
            let runs: Vec<_> = histories.iter().map(start)
                .map(|text| scope.spawn(move || replayed(model, &text, DataOptions::default()).remove(0))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        prop_assert_eq!(together, alone);
    }

    #[test]
    fn a_replay_can_be_kept_and_gone_on_with(system in system(), history in history(ALL), at in any::<Index>()) {
        let model = system.model(false);
        let replay = Replay::new(&model, Rules::default(), Settings::default()).unwrap();
        let (stop, subject) = (at.index(history.records.len()), Subject::typical(&model));
        let steps = |cursor: &mut Cursor<'_>, records: usize, steps: &mut Steps, out: &mut Vec<f64>| {
            (0..records).for_each(|_| assert!(cursor.step(&history, steps, out).unwrap()));
        };
        let (mut cursor, mut space, mut out) = (replay.begin(&subject, false), Steps::default(), Vec::new());
        steps(&mut cursor, stop, &mut space, &mut out);
        let (mut kept, mut resumed) = (cursor.clone(), out.clone());
        steps(&mut cursor, history.records.len() - stop, &mut space, &mut out);
        steps(&mut kept, history.records.len() - stop, &mut Steps::default(), &mut resumed);
        prop_assert_eq!(&resumed, &out);
        prop_assert_eq!(&run(&model, &history), &out);
    }
}

// ---- 8: limits

/// One compartment with a depot and one that it exchanges with; doses into the depot wait for `lag`.
fn oral(ka: f64, k: f64, exchange: f64, lag: f64) -> Model {
    let text = format!(
        "format = 1\nid = \"oral\"\ntitle = \"Oral\"\ndrug = \"any\"\ngrade = \"assumed\"\n\
         [covariates]\nz = {{ unit = \"1\", reference = 1 }}\n\
         [compartments]\ngut = {{ lag = \"{lag}[h]\" }}\ncentre = {{}}\nrest = {{}}\n\
         [flows]\n\"gut -> centre\" = {{ rate = \"{ka}[1/h]\" }}\n\"centre <-> rest\" = {{ rate = \"{exchange}[1/h]\" }}\n\
         \"centre -> out\" = {{ rate = \"{k}[1/h]\" }}\n\"rest -> out\" = {{ rate = \"0.01[1/h]\" }}\n\
         [outputs]\ny = {{ value = \"centre\", unit = \"mg\" }}\n"
    );
    Model::parse(&text, "oral", &Catalogue).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn single(state: usize) -> DoseRecord {
    DoseRecord {
        target: Target::Compartment(state),
        amount: 100.0,
        input: DoseInput::Bolus,
        repeats: None,
        steady: None,
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn rates_may_meet_vanish_and_grow(k in 0.02..2.0_f64, ka in 0.1..5.0_f64, exponent in -14.0..-1.0_f64) {
        let curve = |ka, exchange, state| run(&oral(ka, k, exchange, 0.0), &of([given(0.0, single(state))].into_iter().chain(watched(0.1))));
        let times: Vec<f64> = [0.0].into_iter().chain(watched(0.1).map(|r| r.time)).collect();
        let near = 10_f64.powf(exponent);
        // Absorption as fast as elimination: 100 k t e^-kt; the first row is the dose itself.
        let confluent: Vec<f64> = times.iter().map(|t| 100.0 * k * t * (-k * t).exp()).collect();
        same(&curve(k, 0.0, 0), &confluent, 1e-13)?;
        same(&curve(k * (1.0 + near), 0.0, 0), &confluent, near + 1e-13)?;
        // Exchange that vanishes leaves one compartment.
        same(&curve(ka, near, 1), &curve(ka, 0.0, 1), 100.0 * near)?;
        // Absorption at once is a bolus.
        same(&curve(1e9, 0.0, 0)[1..], &curve(1.0, 0.0, 1)[1..], 1e-7)?;
    }

    /// R22 and R23: seen as a function of its lag, a steady state does not jump, not at zero nor at one or two intervals.
    #[test]
    fn a_steady_state_does_not_jump_with_its_lag(
        ka in 0.1..5.0_f64, k in 0.02..2.0_f64, over in select(vec![1.0, 6.0, 12.0, 30.0]), intervals in 0..=2_u32, before in any::<bool>(),
    ) {
        let (interval, near) = (12.0, 1e-7);
        let lag = interval * f64::from(intervals);
        let dose = DoseRecord { input: DoseInput::Duration(over), steady: Some(Steady { interval, add: false }), repeats: Some(Repeats { additional: 2, interval }), ..single(0) };
        let curve = |lag| run(&oral(ka, k, 0.1, lag), &of([given(0.0, dose)].into_iter().chain(watched(0.0))));
        let beside = if before && intervals > 0 { lag - near } else { lag + near };
        same(&curve(beside), &curve(lag), 1e-5)?;
    }
}

#[test]
fn closing_ends_infusions_and_what_enters_opens() {
    let model = oral(1.0, 0.1, 0.1, 0.0);
    let record = |time, what| Record { row: 0, time, what, values: vec![1.0] };
    let close = record(3.0, What::Other { switch: Some((1, false)) });
    let infusion = DoseRecord { input: DoseInput::Duration(12.0), ..single(1) };
    assert_eq!(run(&model, &of([given(0.0, infusion), close.clone(), observation(5.0)]))[1..], [0.0, 0.0]);
    // The additional dose at 12 h is a bolus into a closed compartment: from then on all is as after a single one.
    let twice = DoseRecord { repeats: Some(Repeats { additional: 1, interval: 12.0 }), ..single(1) };
    let emptied = record(3.0, What::Other { switch: Some((2, false)) });
    let opened = record(4.0, What::Other { switch: Some((2, true)) });
    let late = [12.0, 13.0, 20.0].map(observation);
    let found = run(&model, &of([given(0.0, twice), emptied, close.clone(), opened].into_iter().chain(late)));
    let alone = run(&model, &of([given(12.0, single(1))].into_iter().chain([12.0, 13.0, 20.0].map(observation))));
    same(&found[4..], &alone[1..], 1e-13).unwrap();
    let constant = What::SteadyInfusion { infusion: Some((Target::Compartment(1), 5.0)) };
    let found = run(&model, &of([given(0.0, single(1)), close, record(4.0, constant.clone())]));
    same(&found[2..], &run(&model, &of([record(4.0, constant)])), 1e-13).unwrap();
}

// ---- 9: another way to the same numbers

/// The states at every record by matrix exponentials of the system with its input as one more state.
fn by_exponentials(system: &System, history: &History) -> Vec<f64> {
    let n = system.size();
    let mut inputs: Vec<(f64, f64, usize, f64)> = Vec::new();
    let (mut x, mut now, mut out) = (DVector::<f64>::zeros(n + 1), history.records[0].time, Vec::new());
    x[CENTRE] = system.initial;
    x[n] = 1.0;
    for record in &history.records {
        let mut a = DMatrix::<f64>::zeros(n + 1, n + 1);
        for (from, to, rate) in system.flows() {
            let rate = if from == CENTRE && to >= n { rate * record.values[0] } else { rate };
            a[(from, from)] -= rate;
            if to < n {
                a[(to, from)] += rate;
            }
        }
        let edges = inputs.iter().flat_map(|(begin, over, ..)| [*begin, begin + over]);
        let mut stops: Vec<f64> = edges.filter(|t| (now..record.time).contains(t)).collect();
        stops.push(record.time);
        stops.sort_by(f64::total_cmp);
        for stop in stops {
            let mid = 0.5 * (now + stop);
            let runs = |(begin, over, ..): &&(f64, f64, usize, f64)| (*begin..begin + over).contains(&mid);
            (0..n).for_each(|state| a[(state, n)] = if state == CENTRE { system.production } else { 0.0 });
            inputs.iter().filter(runs).for_each(|(_, over, state, amount)| a[(*state, n)] += amount / over);
            if stop > now {
                x = (&a * (stop - now)).exp() * x;
            }
            now = stop;
            inputs.retain(|(begin, over, state, amount)| {
                let enters = *over == 0.0 && *begin <= now;
                x[*state] += if enters { *amount } else { 0.0 };
                !enters
            });
        }
        if let What::Dose(dose) = &record.what {
            let repeats = dose.repeats.map_or((0, 0.0), |r| (r.additional, r.interval));
            for k in 0..=repeats.0 {
                let time = record.time + f64::from(k) * repeats.1;
                let parts = system.parts(dose).into_iter();
                inputs.extend(parts.map(|(state, amount, delay, over)| (time + delay, over, state, amount)));
            }
            inputs.retain(|(begin, over, state, amount)| {
                let enters = *over == 0.0 && *begin <= now;
                x[*state] += if enters { *amount } else { 0.0 };
                !enters
            });
        }
        out.extend(x.iter().take(n));
    }
    out
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn matrix_exponentials_agree(system in system(), history in history(PLAIN)) {
        same(&run(&system.model(false), &history), &by_exponentials(&system, &history), 1e-10)?;
    }
}

// ---- the other way to simulate: a regimen

/// The doses of a regimen as records, among observations at whole hours.
fn recorded(model: &Model, regimen: &Regimen, until: f64) -> History {
    let route = |name: &Option<String>| model.routes().iter().position(|r| Some(&r.name) == name.as_ref()).unwrap_or(0);
    let doses = regimen.doses().into_iter().map(|dose| {
        let amount = dose.amount_for(None, None).unwrap().given.value();
        let input = match dose.input.hours() {
            0.0 => DoseInput::Bolus,
            over => DoseInput::Duration(over),
        };
        given(
            dose.time,
            DoseRecord { target: Target::Route(route(&dose.route)), amount, input, repeats: None, steady: None },
        )
    });
    let mut records: Vec<Record> = doses.chain((0..=until as u32).map(|t| observation(f64::from(t)))).collect();
    records.sort_by(|a, b| a.time.total_cmp(&b.time));
    records.iter_mut().for_each(|record| record.values.clear());
    History { columns: Vec::new(), records }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_regimen_and_its_records_agree(
        id in select(vec![("esketamine-perez-ruixo-2021", vec!["intranasal", "iv over 40 min", "oral"], 28.0), ("ketamine-clements-1981", vec!["iv over 40 min", "iv"], 1.0)]),
        way in any::<Index>(), times in 1..=3_u32, every in 1..=48_u32, count in 1..=6_u32,
    ) {
        let (id, ways, unit) = id;
        let model = Model::catalogue(id).unwrap();
        let way = ways[way.index(ways.len())];
        let text = format!("{} mg {way} every {every} h x {count}", unit * f64::from(times));
        let regimen: Regimen = text.parse().unwrap();
        let history = recorded(&model, &regimen, 100.0);
        let prepared = Prepared::new(&model, Some(&regimen), (0..=100).map(f64::from).collect(), 100.0).unwrap();
        let n = model.outputs().len();
        let mut expected = vec![0.0; 101 * n];
        prepared.run(&Subject::typical(&model), &mut prepared.workspace(), &mut expected).unwrap();
        let rows = run(&model, &history);
        let observed = history.records.iter().zip(rows.chunks(n)).filter(|(r, _)| matches!(r.what, What::Observation { .. }));
        let rows: Vec<&[f64]> = observed.map(|(_, row)| row).collect();
        for output in 0..n {
            let found: Vec<f64> = rows.iter().map(|row| row[output]).collect();
            same(&found, &expected[output * 101..(output + 1) * 101], 1e-11)?;
        }
    }
}
