//! All states of one subject at all times, whichever engine carried them.

use super::split::Split;
use crate::solve::{Solution, Trajectory};

/// The states of one subject at all times.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    /// States in the order of the engines.
    order: Vec<usize>,
    exact: Solution,
    integrated: Trajectory,
}

impl Dense {
    pub fn new(split: &Split<'_>, exact: Solution, integrated: Trajectory) -> Self {
        Dense { order: split.order.clone(), exact, integrated }
    }

    /// The part that is propagated exactly.
    pub fn exact(&self) -> &Solution {
        &self.exact
    }

    /// Whether any state is integrated.
    pub fn is_integrated(&self) -> bool {
        self.integrated.size() > 0
    }

    /// Times between which everything is smooth, h, the start first.
    pub fn breakpoints(&self) -> &[f64] {
        if self.is_integrated() { self.integrated.begins() } else { self.exact.breakpoints() }
    }

    /// Writes the states at time `t` (h), just after what happens then.
    pub fn state(&self, t: f64, x: &mut [f64]) {
        let (exact, integrated) = self.order.split_at(self.exact.size());
        let mut part = vec![0.0; self.order.len()];
        if !exact.is_empty() {
            self.exact.state(t, &mut part[..exact.len()]);
            exact.iter().zip(&part).for_each(|(state, value)| x[*state] = *value);
        }
        self.integrated.state(t, &mut part);
        integrated.iter().zip(&part).for_each(|(state, value)| x[*state] = *value);
    }
}
