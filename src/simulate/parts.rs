//! What one dose record puts into the system: where, how much, when and for how long.

use super::SimulationError;
use super::limits::{check_compartment, check_dose};
use super::record::{DoseInput, DoseRecord, Target};
use crate::dosing::devices;
use crate::expr::Class;
use crate::model::{GROUP_DOSE, Model, Reg, RouteEntry, StateKind};
use crate::units::{Dimension, Quantity};

/// The most devices of one dose.
const MAX_TRAIN: u32 = 1000;

/// One part of a dose on its way into one state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// Index of the state.
    pub state: usize,
    /// mg that enter, after bioavailability.
    pub amount: f64,
    /// h after the record at which it is given: for later devices of a train their place in it.
    pub given: f64,
    /// h after the record at which it enters: when it is given, and the lag.
    pub delay: f64,
    /// h over which it enters; zero is at once.
    pub over: f64,
    /// How it enters where that is said by a function of the time since it arrives.
    pub function: Option<Function>,
}

/// An input function and what it may read of the dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Function {
    /// Register of the rate per unit of what enters.
    pub rate: Reg,
    /// mg of the dose (of the device).
    pub dose_amount: f64,
    /// Device of the train, from 1.
    pub dose_device: f64,
}

/// How a dose is given: by so many devices, so many h apart, of so many mg each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Train {
    pub devices: u32,
    pub gap: f64,
    pub amount: f64,
}

/// The devices of a dose; what has none is one.
///
/// # Errors
/// An amount that is no whole number of devices, too many of them.
pub(super) fn train(model: &Model, dose: &DoseRecord) -> Result<Train, SimulationError> {
    let device = match dose.target {
        Target::Route(route) => model.routes()[route].device,
        Target::Compartment(_) => None,
    };
    let Some(device) = device else { return Ok(Train { devices: 1, gap: 0.0, amount: dose.amount }) };
    let mg = |value| Quantity::base(value, Dimension::MASS);
    let count = devices(&mg(dose.amount), &mg(device.amount))?;
    if count > MAX_TRAIN {
        let (count, limit) = (count as usize, MAX_TRAIN as usize);
        return Err(SimulationError::TooMany { count, what: "devices in one dose", limit });
    }
    Ok(Train { devices: count, gap: device.gap, amount: dose.amount / f64::from(count) })
}

/// The parts of one device of a dose, for the values that `file` was computed for; where doses follow the state it shows the
/// states and times just before the dose.
///
/// # Errors
/// A number outside its limits, a modelled rate or duration that the compartment does not have, a rate or duration for a
/// route whose entries have their own.
pub(super) fn parts(
    model: &Model,
    dose: &DoseRecord,
    train: Train,
    device: u32,
    file: &mut [[f64; 1]],
) -> Result<Vec<Part>, SimulationError> {
    let given = f64::from(device - 1) * train.gap;
    run_dose(model, train.amount, device, file);
    match dose.target {
        Target::Route(route) => by_route(model, route, dose.input, (train.amount, device, given), file),
        Target::Compartment(state) => into_compartment(model, state, dose, file).map(|part| vec![part]),
    }
}

fn by_route(
    model: &Model,
    index: usize,
    input: DoseInput,
    (amount, device, given): (f64, u32, f64),
    file: &[[f64; 1]],
) -> Result<Vec<Part>, SimulationError> {
    let route = &model.routes()[index];
    if input != DoseInput::Bolus && route.entries.iter().all(|e| e.over.is_some() || e.input.is_some()) {
        return Err(SimulationError::RouteHasDuration { route: route.name.clone() });
    }
    check_dose(model, route, file)?;
    let value = |reg: Option<Reg>, default: f64| reg.map_or(default, |reg| file[reg][0]);
    let part = |entry: &RouteEntry| {
        let entering = value(entry.amount, amount * value(entry.fraction, 1.0));
        let function = entry.input.map(|rate| Function { rate, dose_amount: amount, dose_device: f64::from(device) });
        let over = match (entry.over, function) {
            (Some(over), _) => file[over][0],
            (None, Some(_)) => 0.0,
            // The train shares the rate as it shares the amount: each device lasts as long as its part of the dose.
            (None, None) => duration(input, entering, (None, None), &route.name)?,
        };
        let delay = given + value(entry.lag, 0.0);
        Ok(Part { state: entry.state, amount: entering, given, delay, over, function })
    };
    route.entries.iter().map(part).collect()
}

fn into_compartment(
    model: &Model,
    state: usize,
    dose: &DoseRecord,
    file: &[[f64; 1]],
) -> Result<Part, SimulationError> {
    let whole = Part { state, amount: dose.amount, given: 0.0, delay: 0.0, over: 0.0, function: None };
    let StateKind::Compartment { doses, .. } = model.states()[state].kind else { return Ok(whole) };
    check_compartment(model, &doses, file)?;
    let value = |reg: Option<Reg>| reg.map(|reg| file[reg][0]);
    let amount = dose.amount * value(doses.fraction).unwrap_or(1.0);
    let modelled = (value(doses.infusion_rate), value(doses.infusion_duration));
    let over = duration(dose.input, amount, modelled, &model.states()[state].name)?;
    Ok(Part { amount, delay: value(doses.lag).unwrap_or(0.0), over, ..whole })
}

/// h over which an amount enters: a rate is kept and the amount after bioavailability takes its time (R10), a duration is
/// kept and the rate follows (R11).
fn duration(
    input: DoseInput,
    amount: f64,
    (rate, duration): (Option<f64>, Option<f64>),
    place: &str,
) -> Result<f64, SimulationError> {
    let lacks = |what| SimulationError::NotModelled { what, place: place.to_string() };
    match input {
        DoseInput::Bolus => Ok(0.0),
        DoseInput::Rate(rate) => Ok(amount / rate),
        DoseInput::Duration(duration) => Ok(duration),
        DoseInput::ModelledRate => rate.map(|rate| amount / rate).ok_or_else(|| lacks("rate")),
        DoseInput::ModelledDuration => duration.ok_or_else(|| lacks("duration")),
    }
}

fn run_dose(model: &Model, amount: f64, device: u32, file: &mut [[f64; 1]]) {
    file[model.inputs().dose_amount] = [amount];
    file[model.inputs().dose_device] = [f64::from(device)];
    model.tiers().run(Class::Dose, file);
    if model.doses_follow_state() {
        model.tiers().run_group(GROUP_DOSE, file);
    }
}
