//! The crate `ode_solvers` as an independent reference: the Dormand-Prince methods of Hairer, Nørsett and Wanner (Solving
//! Ordinary Differential Equations I, 1993), written by others, with none of our code in the steps.
//!
//! Version 0.6.2 needs some care. Its Dop853 evaluates the twelfth stage at the beginning of the step instead of its end
//! (the coefficient c12 is 0), so that a slope that depends on the time is integrated with order one: the time is made a
//! state. Its test for stiffness ends ordinary runs, so it is put off for ever. The last point of its dense output can be
//! wrong, so only its own steps are read. Its starting step becomes zero where a slope is huge, so ours is given. It has
//! one absolute tolerance for all states, so each state is divided by its scale.

mod scaled;
#[cfg(test)]
mod tests;

use super::{Field, Quartic, trajectory};
use crate::solve::{SolveError, Work};
use ode_solvers::dop_shared::{IntegrationError, SolverResult, Stats};
use ode_solvers::{DVector, Dop853, Dopri5, OutputType};
use scaled::{Clocked, Node, Scaled};

/// How often a step of the solver is halved at most until quartics follow it; then what is left of it is narrower than
/// anything that the solver itself resolves.
const MOST_HALVINGS: u32 = 24;

/// The largest slope that the solver is given, in tolerances: it squares them.
const STEEPEST: f64 = 1e120;

/// A method of the crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DormandPrince {
    /// Order 5(4), seven stages.
    Dopri5,
    /// Order 8(5,3), twelve stages.
    Dop853,
}

/// Integrates one subject with `ode_solvers`.
#[derive(Debug, Clone)]
pub struct Reference {
    method: DormandPrince,
    relative: f64,
    absolute: f64,
    most_steps: u64,
    work: Work,
}

impl Reference {
    /// An engine whose error per step is at most `relative` of a state plus `absolute` of its scale, and which gives up
    /// after `most_steps` steps of one call.
    pub fn new(method: DormandPrince, relative: f64, absolute: f64, most_steps: u64) -> Self {
        Reference { method, relative, absolute, most_steps, work: Work::default() }
    }

    /// What was done since the engine was made. A run that fails does not say how many steps it rejected.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Carries `y` from `from` to `to`, h since the start of the stretch. `scale` is the size of each state, in its unit,
    /// that the absolute tolerance refers to; it has to be positive.
    ///
    /// # Errors
    /// [`SolveError::NotFinite`], [`SolveError::StepTooSmall`] and [`SolveError::TooManySteps`], with times since the start
    /// of the stretch; `y` is then as it was.
    pub fn advance<F: Field<1>>(
        &mut self,
        field: &mut F,
        from: f64,
        to: f64,
        y: &mut [f64],
        scale: &[f64],
    ) -> Result<(), SolveError> {
        self.over(field, scale, |engine, system| {
            let start = system.node(from, system.scaled(y));
            if let Some((_, z)) = engine.steps(system, &start, to, None)?.pop() {
                system.unscale(&z, y);
            }
            Ok(())
        })
    }

    /// Does what [`Reference::advance`] does, to the last bit, and hands over the solution in between: for each piece, in
    /// the order of time, where it begins (h since the start of the stretch), how long it is (h) and a quartic per state.
    /// They hold to the tolerances that the steps have.
    ///
    /// # Errors
    /// Those of [`Reference::advance`].
    pub fn pieces<F: Field<1>>(
        &mut self,
        field: &mut F,
        from: f64,
        to: f64,
        y: &mut [f64],
        scale: &[f64],
        mut keep: impl FnMut(f64, f64, &[Quartic]),
    ) -> Result<(), SolveError> {
        self.over(field, scale, |engine, system| {
            let mut begin = system.node(from, system.scaled(y));
            for (t, z) in engine.steps(system, &begin, to, None)? {
                let end = system.node(t, z);
                engine.divide(system, Interval { begin: &begin, end: &end, middle: None, depth: 0 }, &mut keep)?;
                begin = end;
            }
            if to > from {
                system.unscale(&begin.z, y);
            }
            Ok(())
        })
    }

    /// Runs `work` on the scaled field and counts its slopes, whether it fails or not.
    fn over<F: Field<1>, R>(
        &mut self,
        field: &mut F,
        scale: &[f64],
        work: impl FnOnce(&mut Self, &Scaled<'_, F>) -> Result<R, SolveError>,
    ) -> Result<R, SolveError> {
        let system = Scaled::new(field, scale);
        let result = work(self, &system);
        self.work.slopes += system.slopes();
        result
    }

    /// The steps that the solver takes from a node to `to`, tried with a step of `first` h to begin with: the time and the
    /// states at the end of each.
    fn steps<F: Field<1>>(
        &mut self,
        system: &Scaled<'_, F>,
        start: &Node,
        to: f64,
        first: Option<f64>,
    ) -> Result<Vec<(f64, DVector<f64>)>, SolveError> {
        let length = to - start.t;
        if length <= 0.0 {
            return Ok(Vec::new());
        }
        if let Some(state) = (0..start.z.len()).find(|i| !(start.z[*i].is_finite() && start.dz[*i].is_finite())) {
            return Err(SolveError::NotFinite { state, time: start.t });
        }
        let steepness = self.size(&start.dz, start);
        let first = first.unwrap_or_else(|| self.first_step(steepness, start, length));
        let unit = (STEEPEST / steepness).min(1.0);
        let (outcome, path) =
            self.solve(&Clocked { system, origin: start.t, unit }, &start.z, length / unit, first / unit);
        let (times, states) = path.get();
        let steps = times.len().saturating_sub(1);
        self.work.explicit_steps += steps as u64;
        self.work.rejected += u64::from(outcome.as_ref().map_or(0, |stats| stats.rejected_steps));
        let after = |x: f64| start.t + x * unit;
        outcome.map_err(|error| self.failure(error, system, after))?;
        if (times[steps] * unit - length).abs() > 8.0 * f64::EPSILON * length {
            return Err(system.too_small(after(times[steps])));
        }
        let time = |k: usize| if k == steps { to } else { after(times[k]) };
        Ok((1..=steps).map(|k| (time(k), Clocked::<F>::states(states[k].clone()))).collect())
    }

    /// The largest entry, in tolerances at a node. Nothing is squared, so huge slopes do not overflow.
    fn size(&self, v: &DVector<f64>, node: &Node) -> f64 {
        let weights = node.z.iter().map(|z| self.absolute + self.relative * z.abs());
        v.iter().zip(weights).fold(0.0, |size: f64, (v, weight)| size.max(v.abs() / weight))
    }

    /// A step that moves no state by more than a hundredth of the largest or of its tolerance (Hairer, Nørsett and Wanner
    /// 1993, II.4, first guess), h.
    fn first_step(&self, steepness: f64, start: &Node, length: f64) -> f64 {
        if steepness == 0.0 {
            return 1e-6 * length;
        }
        (0.01 * self.size(&start.z, start).max(1.0) / steepness).min(length)
    }

    fn solve<F: Field<1>>(
        &self,
        system: &Clocked<'_, '_, F>,
        z: &DVector<f64>,
        length: f64,
        first: f64,
    ) -> (Result<Stats, IntegrationError>, SolverResult<f64, DVector<f64>>) {
        let most = u32::try_from(self.most_steps).unwrap_or(u32::MAX);
        let (relative, absolute, never) = (self.relative, self.absolute, u32::MAX);
        let z = system.start(z);
        match self.method {
            DormandPrince::Dopri5 => {
                #[rustfmt::skip]
                let mut solver = Dopri5::from_param(
                    system, 0.0, length, length, z, relative, absolute, 0.9, 0.04, 0.2, 10.0, length, first, most, never,
                    OutputType::Sparse,
                );
                (solver.integrate(), solver.into())
            }
            DormandPrince::Dop853 => {
                #[rustfmt::skip]
                let mut solver = Dop853::from_param(
                    system, 0.0, length, length, z, relative, absolute, 0.9, 0.0, 0.333, 6.0, length, first, most, never,
                    OutputType::Sparse,
                );
                (solver.integrate(), solver.into())
            }
        }
    }

    /// What went wrong, and when: `after` tells the time from that of the solver.
    fn failure<F: Field<1>>(
        &self,
        error: IntegrationError,
        system: &Scaled<'_, F>,
        after: impl Fn(f64) -> f64,
    ) -> SolveError {
        match error {
            IntegrationError::MaxNumStepReached { x, .. } => {
                SolveError::TooManySteps { time: after(x), limit: self.most_steps }
            }
            IntegrationError::StepSizeUnderflow { x } | IntegrationError::StiffnessDetected { x } => {
                let time = after(x);
                // A slope that is no number makes the solver shorten the step until nothing is left of it.
                system.not_finite_since(time).unwrap_or_else(|| system.too_small(time))
            }
        }
    }

    /// Hands over quartics for an interval, or for its halves, as often as it takes to meet the tolerances.
    fn divide<F: Field<1>>(
        &mut self,
        system: &Scaled<'_, F>,
        interval: Interval<'_>,
        keep: &mut impl FnMut(f64, f64, &[Quartic]),
    ) -> Result<(), SolveError> {
        let Interval { begin, end, depth, .. } = interval;
        let length = end.t - begin.t;
        let middle = match interval.middle {
            Some(middle) => middle,
            None => self.inside(system, begin, begin.t + 0.5 * length)?,
        };
        let quarters = [
            self.inside(system, begin, begin.t + 0.25 * length)?,
            self.inside(system, &middle, begin.t + 0.75 * length)?,
        ];
        let quartics: Vec<Quartic> = (0..begin.z.len())
            .map(|i| {
                let slopes = [length * begin.dz[i], length * end.dz[i]];
                quartic([begin.z[i], middle.z[i], end.z[i]], slopes).map(|c| c * system.scale[i])
            })
            .collect();
        let [first, third] = &quarters;
        let follows = self.follows(system, &quartics, first, 0.25) && self.follows(system, &quartics, third, 0.75);
        if follows || depth == MOST_HALVINGS {
            keep(begin.t, length, &quartics);
            return Ok(());
        }
        let [first, third] = quarters;
        self.divide(system, Interval { begin, end: &middle, middle: Some(first), depth: depth + 1 }, keep)?;
        self.divide(system, Interval { begin: &middle, end, middle: Some(third), depth: depth + 1 }, keep)
    }

    /// The solution at `t`, soon after a node.
    fn inside<F: Field<1>>(&mut self, system: &Scaled<'_, F>, node: &Node, t: f64) -> Result<Node, SolveError> {
        // Where the interval is so narrow that `t` is no later than the node, the node is the answer.
        let end = self.steps(system, node, t, Some(t - node.t))?.pop();
        Ok(end.map_or_else(|| node.clone(), |(t, z)| system.node(t, z)))
    }

    /// Whether quartics meet a node within the tolerances, in the norm that the solver judges its steps by.
    fn follows<F: Field<1>>(&self, system: &Scaled<'_, F>, quartics: &[Quartic], node: &Node, theta: f64) -> bool {
        let squares = quartics.iter().zip(node.z.iter()).zip(system.scale).map(|((quartic, z), scale)| {
            let off = trajectory::quartic_at(quartic, theta) / scale - z;
            (off / (self.absolute + self.relative * z.abs())).powi(2)
        });
        squares.sum::<f64>() <= quartics.len() as f64
    }
}

/// Coefficients of y(θ) from y at θ = 0, 1/2 and 1 and dy/dθ at 0 and 1.
fn quartic([y0, middle, y1]: [f64; 3], [slope0, slope1]: [f64; 2]) -> Quartic {
    let end = y1 - y0 - slope0;
    let bend = slope1 - slope0;
    let sag = middle - y0 - 0.5 * slope0;
    let c4 = 16.0 * sag - 8.0 * end + 2.0 * bend;
    [y0, slope0, 3.0 * end - bend + c4, bend - 2.0 * end - 2.0 * c4, c4]
}

/// Part of a step, with its middle where that is known.
struct Interval<'a> {
    begin: &'a Node,
    end: &'a Node,
    middle: Option<Node>,
    depth: u32,
}
