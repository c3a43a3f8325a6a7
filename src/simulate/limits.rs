//! Limits that a subject's numbers have to keep: no negative clearance, volume, fraction, lag or duration.

use super::SimulationError;
use crate::model::{DoseKeys, Guard, Model, Route};

/// Checks the numbers that hold for an interval between changes of covariates.
pub(super) fn check_interval(model: &Model, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    check(model.guards().iter().filter(|g| !g.at_dose), file)
}

/// Checks the numbers of a dose by a route.
pub(super) fn check_dose(model: &Model, route: &Route, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    check(model.guards().iter().filter(|g| g.at_dose && concerns(g, route)), file)
}

/// Checks the numbers of a dose into a compartment.
pub(super) fn check_compartment(model: &Model, doses: &DoseKeys, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    let registers = [doses.fraction, doses.lag, doses.infusion_rate, doses.infusion_duration];
    check(model.guards().iter().filter(|g| g.at_dose && registers.contains(&Some(g.reg))), file)
}

fn concerns(guard: &Guard, route: &Route) -> bool {
    let registers = route.entries.iter().flat_map(|e| [e.fraction, e.amount, e.lag, e.over]).flatten();
    registers.chain(route.total).any(|reg| reg == guard.reg)
}

fn check<'g>(guards: impl Iterator<Item = &'g Guard>, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    for guard in guards {
        let value = file[guard.reg][0];
        if !guard.must.holds(value) {
            return Err(SimulationError::OutOfLimits { name: guard.name.clone(), value, must: guard.must.to_string() });
        }
    }
    Ok(())
}
