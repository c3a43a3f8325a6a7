//! What one dose record puts into the system: where, how much, when and for how long.

use super::record::{DoseInput, DoseRecord, Target};
use super::SimulationError;
use super::limits::{check_compartment, check_dose};
use crate::dosing::devices;
use crate::expr::Class;
use crate::model::{Model, Reg, StateKind};
use crate::units::{Dimension, Quantity};

/// The most devices of one dose.
const MAX_TRAIN: u32 = 1000;

/// One part of a dose on its way into one state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
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
}

/// The parts of a dose for the subject and covariates that `file` was computed for.
///
/// # Errors
/// A number outside its limits, an amount that is no whole number of devices, a modelled rate or duration that the
/// compartment does not have, a rate or duration for a route whose entries have their own.
pub(super) fn parts(model: &Model, dose: &DoseRecord, file: &mut [[f64; 1]]) -> Result<Vec<Part>, SimulationError> {
    match dose.target {
        Target::Route(route) => by_route(model, route, dose, file),
        Target::Compartment(state) => into_compartment(model, state, dose, file).map(|part| vec![part]),
    }
}

fn by_route(
    model: &Model,
    index: usize,
    dose: &DoseRecord,
    file: &mut [[f64; 1]],
) -> Result<Vec<Part>, SimulationError> {
    let route = &model.routes()[index];
    let train = match route.device {
        Some(device) => {
            let mg = |value| Quantity::base(value, Dimension::MASS);
            devices(&mg(dose.amount), &mg(device.amount))?
        }
        None => 1,
    };
    if train > MAX_TRAIN {
        let (count, limit) = (train as usize, MAX_TRAIN as usize);
        return Err(SimulationError::TooMany { count, what: "devices in one dose", limit });
    }
    if dose.input != DoseInput::Bolus && route.entries.iter().all(|e| e.over.is_some()) {
        return Err(SimulationError::RouteHasDuration { route: route.name.clone() });
    }
    let amount = dose.amount / f64::from(train);
    let gap = route.device.map_or(0.0, |d| d.gap);
    let mut parts = Vec::with_capacity(train as usize * route.entries.len());
    for device in 1..=train {
        run_dose(model, amount, device, file);
        check_dose(model, route, file)?;
        for entry in &route.entries {
            let value = |reg: Option<Reg>, default: f64| reg.map_or(default, |reg| file[reg][0]);
            let entering = value(entry.amount, amount * value(entry.fraction, 1.0));
            let over = match (entry.over, dose.input) {
                (Some(over), _) => file[over][0],
                // The train shares the rate as it shares the amount: each device lasts as long as its part of the dose.
                (None, input) => duration(input, entering, (None, None), &route.name)?,
            };
            let given = f64::from(device - 1) * gap;
            let delay = given + value(entry.lag, 0.0);
            parts.push(Part { state: entry.state, amount: entering, given, delay, over });
        }
    }
    Ok(parts)
}

fn into_compartment(
    model: &Model,
    state: usize,
    dose: &DoseRecord,
    file: &mut [[f64; 1]],
) -> Result<Part, SimulationError> {
    run_dose(model, dose.amount, 1, file);
    let StateKind::Compartment { doses, .. } = model.states()[state].kind else {
        return Ok(Part { state, amount: dose.amount, given: 0.0, delay: 0.0, over: 0.0 });
    };
    check_compartment(model, &doses, file)?;
    let value = |reg: Option<Reg>| reg.map(|reg| file[reg][0]);
    let amount = dose.amount * value(doses.fraction).unwrap_or(1.0);
    let modelled = (value(doses.infusion_rate), value(doses.infusion_duration));
    let over = duration(dose.input, amount, modelled, &model.states()[state].name)?;
    Ok(Part { state, amount, given: 0.0, delay: value(doses.lag).unwrap_or(0.0), over })
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
}
