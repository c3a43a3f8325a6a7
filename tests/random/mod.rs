//! Random linear models and histories of records. Times lie on a grid of a quarter of an hour, so that doses, arrivals, ends
//! of infusions and records often meet.

use posology::model::{Catalogue, Model};
use posology::population::Subject;
use posology::simulate::{
    Column, DoseInput, DoseRecord, Engine, History, Record, Repeats, Replay, Rules, Settings, Steady, Target, What,
};
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write;

/// State of the depot, and of the compartment that it feeds.
pub const GUT: usize = 0;
pub const CENTRE: usize = 1;
/// Rate or duration that the model gives for infusions into the depot or the centre: mg/h, h.
pub const MODELLED: (f64, f64) = (8.0, 2.0);
/// Share and lag (h) of the two parts of a dose by the model's route.
pub const ROUTE: [(usize, f64, f64); 2] = [(GUT, 0.5, 0.0), (CENTRE, 0.25, 2.0)];
/// What leaves any state directly, 1/h: nothing outlasts 200 intervals of 3 h.
const LOSS: f64 = 0.05;

/// A depot that feeds a tree of compartments; each loses drug, the centre as much as the covariate `z` says.
#[derive(Debug, Clone)]
pub struct System {
    pub ka: f64,
    /// Of the compartments, 1/h.
    pub losses: Vec<f64>,
    /// From the second compartment on: the one it exchanges with, there and back, 1/h.
    pub exchange: Vec<(usize, f64, f64)>,
    /// One-way flow from the last compartment to the centre, 1/h.
    pub ring: f64,
    /// Bioavailability and lag (h) of doses into the depot and into the centre.
    pub doses: [(f64, f64); 2],
    /// Whether the model gives a rate for infusions into the depot and into the centre, or a duration.
    pub by_rate: [bool; 2],
    /// Into the centre, mg/h.
    pub production: f64,
    /// In the centre, mg.
    pub initial: f64,
}

fn rate() -> impl Strategy<Value = f64> {
    (-1.3..0.7_f64).prop_map(|x| 10_f64.powf(x))
}

pub fn system() -> impl Strategy<Value = System> {
    let dose = (select(vec![0.25, 0.5, 1.0]), select(vec![0.0, 0.0, 0.25, 1.0, 5.0, 12.0, 30.0]));
    (1..=4_usize).prop_flat_map(move |n| {
        let tree = prop::collection::vec((any::<prop::sample::Index>(), rate(), rate()), n - 1);
        let ring = if n > 2 { prop_oneof![Just(0.0), rate()].boxed() } else { Just(0.0).boxed() };
        let losses = prop::collection::vec(rate(), n);
        let start = (select(vec![0.0, 0.5]), select(vec![0.0, 20.0]));
        (rate(), losses, tree, ring, [dose.clone(), dose.clone()], start).prop_map(
            |(ka, losses, tree, ring, doses, (production, initial))| {
                let exchange =
                    tree.iter().enumerate().map(|(k, (parent, there, back))| (parent.index(k + 1), *there, *back));
                System {
                    ka,
                    losses,
                    exchange: exchange.collect(),
                    ring,
                    doses,
                    by_rate: [true, false],
                    production,
                    initial,
                }
            },
        )
    })
}

/// A system in which nothing is but what is given.
pub fn empty_system() -> impl Strategy<Value = System> {
    system().prop_map(|system| System { production: 0.0, initial: 0.0, ..system })
}

impl System {
    /// Number of states.
    pub fn size(&self) -> usize {
        1 + self.losses.len()
    }

    /// Flows as (from, to, rate in 1/h), the loss of state k to `size() + k`; the centre's loss is for `z` of 1.
    pub fn flows(&self) -> Vec<(usize, usize, f64)> {
        let n = self.size();
        let mut flows = vec![(GUT, CENTRE, self.ka), (GUT, n, LOSS)];
        flows.extend(self.losses.iter().enumerate().map(|(k, loss)| (k + 1, n + k + 1, LOSS + loss)));
        for (k, (parent, there, back)) in self.exchange.iter().enumerate() {
            flows.extend([(parent + 1, k + 2, *there), (k + 2, parent + 1, *back)]);
        }
        if self.ring > 0.0 {
            flows.push((n - 1, CENTRE, self.ring));
        }
        flows
    }

    /// As a model; with a `sink` what is lost stays in a last compartment.
    pub fn model(&self, sink: bool) -> Model {
        let n = self.size();
        let mut text = String::from(
            "format = 1\nid = \"random\"\ntitle = \"A random system\"\ndrug = \"any\"\ngrade = \"assumed\"\n\
             [covariates]\nz = { unit = \"1\", reference = 1 }\n[compartments]\n",
        );
        let dose = |state: usize| {
            let (fraction, lag) = self.doses[state];
            let modelled = match self.by_rate[state] {
                true => format!("infusion_rate = \"{}[mg/h]\"", MODELLED.0),
                false => format!("infusion_duration = \"{}[h]\"", MODELLED.1),
            };
            format!("fraction = \"{fraction}\", lag = \"{lag}[h]\", {modelled}")
        };
        writeln!(text, "s0 = {{ {} }}", dose(GUT)).unwrap();
        let start = format!("rate = \"{}[mg/h]\", initial = \"{}[mg]\"", self.production, self.initial);
        writeln!(text, "s1 = {{ {}, {start} }}", dose(CENTRE)).unwrap();
        (2..n).for_each(|k| writeln!(text, "s{k} = {{}}").unwrap());
        if sink {
            text += "sink = {}\n";
        }
        text += "[flows]\n";
        let mut lists: std::collections::BTreeMap<String, Vec<String>> = Default::default();
        for (from, to, rate) in self.flows() {
            let to = if to < n { format!("s{to}") } else { if sink { "sink" } else { "out" }.into() };
            let z = if from == CENTRE && (to == "sink" || to == "out") { " * z" } else { "" };
            lists.entry(format!("s{from} -> {to}")).or_default().push(format!("{{ rate = \"{rate}[1/h]{z}\" }}"));
        }
        lists.iter().for_each(|(flow, rates)| writeln!(text, "\"{flow}\" = [{}]", rates.join(", ")).unwrap());
        text += "[routes.mixed]\n";
        for (state, fraction, lag) in ROUTE {
            writeln!(text, "s{state} = {{ fraction = \"{fraction}\", lag = \"{lag}[h]\" }}").unwrap();
        }
        text += "[outputs]\n";
        (0..n).for_each(|k| writeln!(text, "y{k} = {{ value = \"s{k}\", unit = \"mg\" }}").unwrap());
        if sink {
            text += "lost = { value = \"sink\", unit = \"mg\" }\n";
        }
        Model::parse(&text, "random", &Catalogue).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    /// The parts of a dose: state, mg that enter, delay in h, duration in h.
    pub fn parts(&self, dose: &DoseRecord) -> Vec<(usize, f64, f64, f64)> {
        let entries = match dose.target {
            Target::Route(_) => ROUTE.to_vec(),
            Target::Compartment(state) => vec![(state, self.doses[state].0, self.doses[state].1)],
        };
        let part = |(state, fraction, lag): (usize, f64, f64)| {
            let amount = fraction * dose.amount;
            let over = match dose.input {
                DoseInput::Bolus => 0.0,
                DoseInput::Rate(rate) => amount / rate,
                DoseInput::Duration(over) => over,
                DoseInput::ModelledRate => amount / MODELLED.0,
                DoseInput::ModelledDuration => MODELLED.1,
            };
            (state, amount, lag, over)
        };
        entries.into_iter().map(part).collect()
    }
}

/// What may stand in a history.
#[derive(Debug, Clone, Copy)]
pub struct Allow {
    /// Doses that replace everything by their steady state, and steady states of constant infusions.
    pub replacing: bool,
    /// Doses whose steady state is added.
    pub adding: bool,
    /// Resets, also such that set back the clock.
    pub resets: bool,
    /// Compartments that are closed, opened or given another amount.
    pub switches: bool,
}

/// Doses and observations only.
pub const PLAIN: Allow = Allow { replacing: false, adding: false, resets: false, switches: false };
/// Everything.
pub const ALL: Allow = Allow { replacing: true, adding: true, resets: true, switches: true };

fn input(target: Target) -> BoxedStrategy<DoseInput> {
    let over = select(vec![0.5, 2.0, 12.0, 30.0]).prop_map(DoseInput::Duration);
    let plain = prop_oneof![3 => Just(DoseInput::Bolus), 2 => select(vec![2.0, 5.0, 50.0]).prop_map(DoseInput::Rate), 2 => over];
    match target {
        Target::Compartment(GUT) => prop_oneof![3 => plain, 1 => Just(DoseInput::ModelledRate)].boxed(),
        Target::Compartment(_) => prop_oneof![3 => plain, 1 => Just(DoseInput::ModelledDuration)].boxed(),
        Target::Route(_) => plain.boxed(),
    }
}

fn target() -> impl Strategy<Value = Target> {
    select(vec![Target::Compartment(GUT), Target::Compartment(CENTRE), Target::Route(0)])
}

pub fn interval() -> impl Strategy<Value = f64> {
    select(vec![3.0, 6.0, 12.0, 24.0])
}

/// A dose, its steady state replacing, adding, or neither.
pub fn dose(allow: Allow) -> impl Strategy<Value = DoseRecord> {
    let steady = prop_oneof![
        2 => Just(None),
        u32::from(allow.replacing) => Just(Some(false)),
        u32::from(allow.adding) => Just(Some(true)),
    ];
    let amount = (1..=100_u32).prop_map(f64::from);
    target().prop_flat_map(input_of).prop_flat_map(move |(target, input)| {
        (amount.clone(), 0..=4_u32, interval(), steady.clone()).prop_map(
            move |(amount, additional, interval, steady)| {
                let repeats = (additional > 0).then_some(Repeats { additional, interval });
                let steady = steady.map(|add| Steady { interval, add });
                DoseRecord { target, amount, input, repeats, steady }
            },
        )
    })
}

fn input_of(target: Target) -> impl Strategy<Value = (Target, DoseInput)> {
    input(target).prop_map(move |input| (target, input))
}

fn what(allow: Allow) -> impl Strategy<Value = (What, bool)> {
    let forward = |what: What| (what, false);
    let observation = Just(What::Observation { close: None }).prop_map(forward);
    let reset = (prop::option::of(dose(allow)), any::<bool>()).prop_map(|(dose, back)| (What::Reset(dose), back));
    let constant = (target(), select(vec![1.0, 5.0]))
        .prop_map(|(target, rate)| What::SteadyInfusion { infusion: Some((target, rate)) });
    let state = select(vec![GUT, CENTRE]);
    let switch = prop_oneof![
        state.clone().prop_map(|s| What::Observation { close: Some(s) }),
        (state.clone(), any::<bool>()).prop_map(|s| What::Other { switch: Some(s) }),
        state.prop_map(|state| What::Replace { state, amount: 30.0 }),
    ];
    prop_oneof![
        8 => observation,
        2 => Just(What::Other { switch: None }).prop_map(forward),
        8 => dose(allow).prop_map(What::Dose).prop_map(forward),
        2 * u32::from(allow.resets) => reset,
        u32::from(allow.replacing) => constant.prop_map(forward),
        2 * u32::from(allow.switches) => switch.prop_map(forward),
    ]
}

/// A history of 2 to 15 records and a tail of observations.
pub fn history(allow: Allow) -> impl Strategy<Value = History> {
    let gap = prop_oneof![1 => Just(0_u32), 3 => 0..=60_u32];
    let z = select(vec![0.5, 1.0, 1.0, 3.0]);
    let records = prop::collection::vec((gap, z, what(allow)), 2..=15);
    (-400..=400_i32, records).prop_map(|(start, list)| {
        let (mut time, mut records) = (0.25 * f64::from(start), Vec::new());
        let tail = [1, 2, 8, 24, 40, 80].map(|gap| (gap, 1.0, (What::Observation { close: None }, false)));
        for (gap, z, (what, back)) in list.into_iter().chain(tail) {
            time += 0.25 * f64::from(gap) * if back { -1.0 } else { 1.0 };
            records.push(Record { row: records.len() + 1, time, what, values: vec![z] });
        }
        History { columns: vec![Column::Covariate(0)], records }
    })
}

/// The outputs of a history, row by row.
pub fn run(model: &Model, history: &History) -> Vec<f64> {
    run_by(Engine::Auto, model, history)
}

/// The same by an engine.
pub fn run_by(engine: Engine, model: &Model, history: &History) -> Vec<f64> {
    let settings = Settings { engine, ..Settings::default() };
    let (replay, mut out) = (Replay::new(model, Rules::default(), settings).unwrap(), Vec::new());
    replay.run(history, &Subject::typical(model), &mut out).unwrap_or_else(|e| panic!("{e}"));
    out
}

/// Asserts that two curves are the same, to a share of the largest number in them.
pub fn same(found: &[f64], expected: &[f64], share: f64) -> Result<(), TestCaseError> {
    let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    prop_assert_eq!(found.len(), expected.len());
    for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
        prop_assert!((found - expected).abs() <= share * largest, "number {}: {} is not {}", k, found, expected);
    }
    Ok(())
}
