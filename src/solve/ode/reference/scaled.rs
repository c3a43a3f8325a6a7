//! A field in the form that `ode_solvers` takes.

use crate::solve::SolveError;
use crate::solve::ode::Field;
use ode_solvers::{DVector, System};
use std::cell::RefCell;

/// A point of the solution: time in h since the start of the stretch, scaled states and slopes.
#[derive(Clone)]
pub(super) struct Node {
    pub t: f64,
    pub z: DVector<f64>,
    pub dz: DVector<f64>,
}

/// A field whose states are divided by their scales.
pub(super) struct Scaled<'a, F> {
    pub scale: &'a [f64],
    /// The solver holds the system by a shared reference, the field needs its registers.
    seen: RefCell<Seen<'a, F>>,
}

/// The field and what its last evaluations were like.
struct Seen<'a, F> {
    field: &'a mut F,
    y: Vec<[f64; 1]>,
    dy: Vec<[f64; 1]>,
    slopes: u64,
    /// Time of the last evaluation, h.
    at: f64,
    /// State and time of the last slope that was not finite.
    broken: Option<(usize, f64)>,
}

impl<'a, F: Field<1>> Scaled<'a, F> {
    pub fn new(field: &'a mut F, scale: &'a [f64]) -> Self {
        let n = field.size();
        let seen =
            RefCell::new(Seen { field, y: vec![[0.0]; n], dy: vec![[0.0]; n], slopes: 0, at: 0.0, broken: None });
        Scaled { scale, seen }
    }

    fn slope(&self, t: f64, z: &[f64], dz: &mut [f64]) {
        let mut seen = self.seen.borrow_mut();
        let Seen { field, y, dy, slopes, at, broken } = &mut *seen;
        y.iter_mut().zip(z).zip(self.scale).for_each(|((y, z), scale)| *y = [z * scale]);
        field.slope(&[t], y, dy);
        dz.iter_mut().zip(dy.iter()).zip(self.scale).for_each(|((dz, [dy]), scale)| *dz = dy / scale);
        *slopes += 1;
        *at = t;
        if let Some(state) = dz.iter().position(|dz| !dz.is_finite()) {
            *broken = Some((state, t));
        }
    }

    pub fn node(&self, t: f64, z: DVector<f64>) -> Node {
        let mut dz = DVector::zeros(z.len());
        self.slope(t, z.as_slice(), dz.as_mut_slice());
        Node { t, z, dz }
    }

    /// Slopes evaluated so far.
    pub fn slopes(&self) -> u64 {
        self.seen.borrow().slopes
    }

    /// The failure of a step that began at `time` and met slopes that are no numbers, if it did.
    pub fn not_finite_since(&self, time: f64) -> Option<SolveError> {
        self.seen
            .borrow()
            .broken
            .filter(|(_, at)| *at >= time)
            .map(|(state, time)| SolveError::NotFinite { state, time })
    }

    pub fn scaled(&self, y: &[f64]) -> DVector<f64> {
        DVector::from_iterator(y.len(), y.iter().zip(self.scale).map(|(y, scale)| y / scale))
    }

    pub fn unscale(&self, z: &DVector<f64>, y: &mut [f64]) {
        y.iter_mut().zip(z.iter()).zip(self.scale).for_each(|((y, z), scale)| *y = z * scale);
    }

    /// The failure of a step that began at `time`. The solver keeps its errors to itself: the state that moved fastest for
    /// its scale stands for the one whose error was largest.
    pub fn too_small(&self, time: f64) -> SolveError {
        let seen = self.seen.borrow();
        let speed = |i: &usize| (seen.dy[*i][0] / self.scale[*i]).abs();
        let state = (0..seen.dy.len()).max_by(|i, j| speed(i).total_cmp(&speed(j))).unwrap_or(0);
        SolveError::StepTooSmall { time, step: seen.at - time, state }
    }
}

/// What the clock counts in an hour of the solver: so small a state has no say in the error norm.
const TICK: f64 = 1e-12;

/// A scaled field for one run of the solver, with the time as one more state.
pub(super) struct Clocked<'s, 'a, F> {
    pub system: &'s Scaled<'a, F>,
    /// When the run begins, h since the start of the stretch; the clock and the solver count from there.
    pub origin: f64,
    /// What the solver takes for an hour, h.
    pub unit: f64,
}

impl<F: Field<1>> Clocked<'_, '_, F> {
    /// The state of the solver at the beginning of the run.
    pub fn start(&self, z: &DVector<f64>) -> DVector<f64> {
        z.push(0.0)
    }

    /// The states of the field in a state of the solver.
    pub fn states(clocked: DVector<f64>) -> DVector<f64> {
        let clock = clocked.len() - 1;
        clocked.remove_row(clock)
    }
}

impl<F: Field<1>> System<f64, DVector<f64>> for &Clocked<'_, '_, F> {
    fn system(&self, _: f64, z: &DVector<f64>, dz: &mut DVector<f64>) {
        let (clock, states) = z.as_slice().split_last().expect("the clock is a state");
        let (tick, slopes) = dz.as_mut_slice().split_last_mut().expect("the clock is a state");
        *tick = TICK;
        self.system.slope(self.origin + clock / TICK * self.unit, states, slopes);
        slopes.iter_mut().for_each(|slope| *slope *= self.unit);
    }
}
