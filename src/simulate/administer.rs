//! From planned doses to what enters the model: amounts for a weight, devices, routes.

use super::SimulationError;
use crate::dosing::{Input, PlannedDose, devices};
use crate::model::{Model, Route};
use crate::units::{Dimension, Quantity};

/// How far the printed amount of a salt may be from whole devices, relative: half a digit of three.
const LABEL: f64 = 1e-3;

/// One device of one dose (a dose without devices is one), for a person of known weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Administration {
    /// h
    pub time: f64,
    /// Index of the dose in the regimen.
    pub dose: usize,
    /// Index of the route in the model.
    pub route: usize,
    /// mg base of the whole dose.
    pub dose_amount: f64,
    /// Which device of the dose, from 1.
    pub device: u32,
    /// mg base of this device.
    pub amount: f64,
    /// h over which the dose says it is given; 0 where it does not.
    pub over: f64,
}

/// Index of the route of a dose.
pub(super) fn route_of(model: &Model, dose: &PlannedDose) -> Result<usize, SimulationError> {
    let has = || model.routes().iter().map(|r| r.name.clone()).collect();
    let index = match &dose.route {
        Some(name) => model.routes().iter().position(|r| r.name == *name).ok_or_else(|| {
            SimulationError::UnknownRoute { model: model.id().into(), route: name.clone(), has: has() }
        })?,
        None if model.routes().len() == 1 => 0,
        None => return Err(SimulationError::NoRoute { model: model.id().into(), has: has() }),
    };
    let route = &model.routes()[index];
    if dose.input.hours() > 0.0 && route.entries.iter().all(|e| e.over.is_some()) {
        return Err(SimulationError::RouteHasDuration { route: route.name.clone() });
    }
    Ok(index)
}

/// Every device of every dose, in the order of the doses.
///
/// # Errors
/// A dose per kilogram without a weight, a dose that is no whole number of devices, a unit that is no amount, an unknown salt.
pub(super) fn administrations(
    model: &Model,
    doses: &[(PlannedDose, usize)],
    weight: Option<f64>,
) -> Result<Vec<Administration>, SimulationError> {
    let mut list = Vec::with_capacity(doses.len());
    for (index, (dose, route)) in doses.iter().enumerate() {
        let (dose_amount, train) = given(model, dose, &model.routes()[*route], weight)?;
        let gap = model.routes()[*route].device.map_or(0.0, |d| d.gap);
        for device in 1..=train {
            list.push(Administration {
                time: dose.time + f64::from(device - 1) * gap,
                dose: index,
                route: *route,
                dose_amount,
                device,
                amount: dose_amount / f64::from(train),
                over: match dose.input {
                    Input::Bolus => 0.0,
                    Input::Over(_) | Input::AtRate(_) => dose.input.hours(),
                },
            });
        }
    }
    Ok(list)
}

/// mg base of a dose and its number of devices.
fn given(model: &Model, dose: &PlannedDose, route: &Route, weight: Option<f64>) -> Result<(f64, u32), SimulationError> {
    let base = match &dose.salt {
        Some(salt) => model.base_fraction(route, salt)?,
        None => 1.0,
    };
    let device = route.device.map(|d| d.amount);
    // A dose weighed as salt is rounded to devices weighed as salt.
    let weighed = device.map(|d| Quantity::base(d / base, Dimension::MASS));
    let written = dose.amount_for(weight, weighed.as_ref())?.given.as_base(Dimension::MASS)?;
    let amount = if base == 1.0 { written } else { labelled(written * base, device) };
    let count = match &device {
        Some(device) => devices(&Quantity::base(amount, Dimension::MASS), &Quantity::base(*device, Dimension::MASS))?,
        None => 1,
    };
    Ok((amount, count))
}

/// The base of an amount of salt. Labels print salts rounded (32.3 mg of hydrochloride for 28 mg of esketamine), so an
/// amount that is whole devices but for that is whole devices.
fn labelled(amount: f64, device: Option<f64>) -> f64 {
    let Some(device) = device else { return amount };
    let whole = (amount / device).round() * device;
    if whole > 0.0 && (amount / whole - 1.0).abs() <= LABEL { whole } else { amount }
}
