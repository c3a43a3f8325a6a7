//! How large the states of a subject are, and so how far off a step may be.

use super::Settings;
use crate::model::{Model, StateKind};
use crate::solve::SolveError;

/// A compartment is below zero when it is so by more than this many times what a step may be off.
const BELOW: f64 = 1e3;
/// The smallest scale of an amount, as a share of the largest that entered so far; of another state, as a share of its unit.
const FLOOR: f64 = 1e-3;

/// The sizes of the states of one subject that are integrated.
#[derive(Debug, Clone)]
pub(super) struct Scales {
    /// Whether each is an amount in a compartment, and the size of one unit of it.
    kinds: Vec<(bool, f64)>,
    /// The largest magnitude of each so far.
    peaks: Vec<f64>,
    /// The largest amount that entered so far, mg.
    entered: f64,
    sizes: Vec<f64>,
    absolute: Vec<f64>,
    /// The smallest value that each may take.
    least: Vec<f64>,
    rtol: f64,
    atol: f64,
}

impl Scales {
    /// Of `states` of a model.
    pub fn new(model: &Model, states: &[usize], settings: &Settings) -> Self {
        let kind = |state: &usize| {
            let state = &model.states()[*state];
            (matches!(state.kind, StateKind::Compartment { .. }), state.unit.to_base(1.0).abs())
        };
        let nothing = vec![0.0; states.len()];
        Scales {
            kinds: states.iter().map(kind).collect(),
            peaks: nothing.clone(),
            entered: 0.0,
            sizes: nothing.clone(),
            absolute: nothing.clone(),
            least: nothing,
            rtol: settings.rtol,
            atol: settings.atol,
        }
    }

    /// Another subject.
    pub fn forget(&mut self) {
        self.peaks.fill(0.0);
        self.entered = 0.0;
    }

    /// Something of this size enters, at once or by and by.
    pub fn enters(&mut self, amount: f64) {
        self.entered = self.entered.max(amount.abs());
    }

    /// A stretch begins at these states.
    pub fn begin(&mut self, y: &[f64]) {
        for (at, (is_amount, unit)) in self.kinds.iter().enumerate() {
            self.peaks[at] = self.peaks[at].max(y[at].abs());
            let floor = FLOOR * if *is_amount { self.entered } else { *unit };
            let size = self.peaks[at].max(floor);
            // Where nothing was given and nothing is there yet, any size will do that is one.
            self.sizes[at] = if size > 0.0 { size } else { FLOOR };
            self.absolute[at] = self.atol * self.sizes[at];
            let off = BELOW * (self.atol + self.rtol) * self.sizes[at];
            self.least[at] = if *is_amount { -off } else { f64::NEG_INFINITY };
        }
    }

    /// The size of each state at the beginning of the stretch: its largest value so far, and not too little.
    pub fn sizes(&self) -> &[f64] {
        &self.sizes
    }

    /// The size of a state now, the peaks since the beginning of the stretch included.
    pub fn size(&self, state: usize) -> f64 {
        self.sizes[state].max(self.peaks[state])
    }

    /// A state was so large before.
    pub fn remember(&mut self, state: usize, size: f64) {
        self.peaks[state] = self.peaks[state].max(size);
    }

    /// The absolute error that a step may make in each of them.
    pub fn absolute(&self) -> &[f64] {
        &self.absolute
    }

    /// The smallest value that each of them may take.
    pub fn least(&self) -> &[f64] {
        &self.least
    }

    /// A look at the states after a step, at `time` h after the beginning of the stretch.
    ///
    /// # Errors
    /// A compartment that holds less than nothing.
    pub fn look(&mut self, y: &[f64], time: f64) -> Result<(), SolveError> {
        let sizes = self.peaks.iter_mut().zip(&self.least);
        for (state, (value, (peak, least))) in y.iter().zip(sizes).enumerate() {
            *peak = if value.abs() > *peak { value.abs() } else { *peak };
            if value < least {
                return Err(SolveError::NegativeAmount { state, time, value: *value });
            }
        }
        Ok(())
    }
}
