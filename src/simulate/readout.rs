//! From states to outputs.

use super::field::Latest;
use crate::model::{GROUP_OUTPUTS, Model, Output, Readout};

/// Puts the present into a register file: states, clocks, and the outputs that are computed from them.
pub(super) fn present(model: &Model, x: &[f64], time: f64, latest: Option<&Latest>, file: &mut [[f64; 1]]) {
    present_group(model, GROUP_OUTPUTS, x, time, latest, file);
}

/// The same with what another group of programs computes.
pub(super) fn present_group(
    model: &Model,
    group: usize,
    x: &[f64],
    time: f64,
    latest: Option<&Latest>,
    file: &mut [[f64; 1]],
) {
    for (state, x) in model.states().iter().zip(x) {
        file[state.slot] = [*x];
    }
    match latest {
        Some(latest) => latest.show(model, time, file),
        None => file[model.inputs().t] = [time],
    }
    model.tiers().run_group(group, file);
}

/// Whether any output is more than a linear function of the states.
pub(super) fn computes(model: &Model) -> bool {
    model.outputs().iter().any(|o| matches!(o.readout, Readout::Computed { .. }))
}

/// An output in base units. Where it is computed, the present has to be in the file.
pub(super) fn read(output: &Output, x: &[f64], file: &[[f64; 1]]) -> f64 {
    value(&output.readout, x, file)
}

/// The same of any readout.
pub(super) fn value(readout: &Readout, x: &[f64], file: &[[f64; 1]]) -> f64 {
    match readout {
        Readout::Linear { c, d } => {
            let sum: f64 = c.iter().map(|(state, reg)| file[*reg][0] * x[*state]).sum();
            sum + d.map_or(0.0, |reg| file[reg][0])
        }
        Readout::Computed { value } => file[*value][0],
    }
}

/// Whether any output reads the time since a dose, or the dose.
pub(super) fn reads_doses(model: &Model) -> bool {
    let values = model.outputs().iter().filter_map(|o| match o.readout {
        Readout::Computed { value } => Some(value),
        Readout::Linear { .. } => None,
    });
    super::field::clocks_of_doses(model).any(|clock| model.reads(values.clone(), clock))
}

/// States that outputs are computed from.
pub(super) fn states_read(model: &Model) -> Vec<bool> {
    let reads = |output: &Output, state: usize| match &output.readout {
        Readout::Linear { c, .. } => c.iter().any(|(of, _)| *of == state),
        Readout::Computed { value } => model.reads([*value], model.states()[state].slot),
    };
    (0..model.states().len()).map(|state| model.outputs().iter().any(|o| reads(o, state))).collect()
}
