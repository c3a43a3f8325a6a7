//! The exact engine step by step: for histories whose order of events is only known record by record.
//!
//! The state is carried from one time to the next by the exponentials of the current system; a change of system, a dose, a
//! reset or a steady state acts on it in between. Nothing is remembered but the present, so a walk can stop and go on.

use super::SolveError;
use super::exact::{Evaluator, Flow, NOTHING};
use crate::math::expm::Exponential;
use crate::math::lu;
use crate::math::modal::{Decomposer, Modal};
use crate::math::phi::phi1;

/// A rate slower than this share of the fastest one is zero: what enters its mode stays.
const STAYS: f64 = 1e-13;
/// A share of a dose in a mode that is rounding, not drug.
const ROUNDING: f64 = 1e-12;

/// The present of one subject. Amounts in the unit of the states, times in h.
#[derive(Debug, Clone)]
pub struct Walk {
    n: usize,
    modal: Modal,
    /// State in the coordinates of the current system.
    z: Vec<f64>,
    /// Constant production, per h.
    b: Vec<f64>,
    /// Rates of running infusions by state, per h.
    rates: Vec<f64>,
    /// Production and infusions in the coordinates of the current system.
    u: Vec<f64>,
    driven: bool,
}

/// Space that walks share, one per thread.
#[derive(Debug, Default)]
pub struct Steps {
    decomposer: Decomposer,
    evaluator: Evaluator,
    exponential: Exponential,
    x: Vec<f64>,
}

/// What enters one state over and over, at equal intervals, since ever.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pulse {
    /// Which state it enters.
    pub state: usize,
    /// How much, each time.
    pub amount: f64,
    /// h over which it enters; zero is at once.
    pub over: f64,
    /// h between its beginnings.
    pub interval: f64,
    /// h since the latest one began, 0 to `interval`.
    pub age: f64,
}

impl Walk {
    /// A subject of `n` states, all zero, in a system that does nothing.
    pub fn new(n: usize) -> Self {
        let nothing = || vec![0.0; n];
        Walk { n, modal: Modal::default(), z: nothing(), b: nothing(), rates: nothing(), u: nothing(), driven: false }
    }

    /// Goes over to the system dx/dt = A x + b, the states as they are (`a` row-major n x n).
    ///
    /// # Errors
    /// Numbers that are not finite.
    pub fn change(&mut self, a: &[f64], b: &[f64], steps: &mut Steps) -> Result<(), SolveError> {
        if let Some(at) = a.iter().position(|v| !v.is_finite()) {
            return Err(SolveError::Rate { row: at / self.n, column: at % self.n, value: a[at] });
        }
        finite("constant input", b)?;
        steps.x.resize(self.n, 0.0);
        let known = self.modal.size() == self.n;
        if known {
            self.modal.to_states(&self.z, &mut steps.x);
        } else {
            steps.x.fill(0.0);
        }
        steps.decomposer.decompose(a, self.n, &mut self.modal);
        self.modal.to_modal(&steps.x, &mut self.z);
        self.b.copy_from_slice(b);
        self.drive(steps);
        Ok(())
    }

    /// Lets `dt` hours pass.
    ///
    /// # Errors
    /// [`SolveError::Overflow`], with the time since the latest change of the system.
    pub fn pass(&mut self, dt: f64, steps: &mut Steps) -> Result<(), SolveError> {
        if dt == 0.0 {
            return Ok(());
        }
        let input = self.driven.then_some(self.u.as_slice());
        let z = steps.evaluator.advance(&self.modal, &self.z, input, dt);
        if !z.iter().sum::<f64>().is_finite() {
            return Err(SolveError::Overflow { time: dt });
        }
        self.z.copy_from_slice(z);
        self.z.iter_mut().filter(|z| z.abs() < NOTHING).for_each(|z| *z = 0.0);
        Ok(())
    }

    /// Writes the states.
    pub fn states(&self, x: &mut [f64]) {
        self.modal.to_states(&self.z, x);
    }

    /// Writes the states `dt` hours from now, if nothing happens until then.
    pub fn ahead(&self, dt: f64, steps: &mut Steps, x: &mut [f64]) {
        let input = self.driven.then_some(self.u.as_slice());
        self.modal.to_states(steps.evaluator.advance(&self.modal, &self.z, input, dt), x);
    }

    /// What drives others from now on, if nothing happens.
    pub fn flow(&self) -> Flow<'_> {
        Flow { modal: &self.modal, z: &self.z, u: self.driven.then_some(self.u.as_slice()), start: None }
    }

    /// Puts the states where they are said to be.
    pub fn place(&mut self, x: &[f64]) {
        self.modal.to_modal(x, &mut self.z);
    }

    /// Adds an amount to a state, at once.
    pub fn add(&mut self, state: usize, amount: f64) {
        self.z.iter_mut().zip(self.modal.impulse(state)).for_each(|(z, w)| *z += w * amount);
    }

    /// Changes the rate of infusion into a state, per h.
    pub fn infuse(&mut self, rates: &[f64], steps: &mut Steps) {
        self.rates.copy_from_slice(rates);
        self.drive(steps);
    }

    fn drive(&mut self, steps: &mut Steps) {
        steps.x.resize(self.n, 0.0);
        steps.x.iter_mut().zip(self.b.iter().zip(&self.rates)).for_each(|(x, (b, rate))| *x = b + rate);
        self.driven = steps.x.iter().any(|v| *v != 0.0);
        self.modal.to_modal(&steps.x, &mut self.u);
    }

    /// Goes to the state in which production and the infusions now running keep everything as it is.
    ///
    /// # Errors
    /// [`SolveError::NoSteadyState`] when something that enters never leaves.
    pub fn settle(&mut self) -> Result<(), SolveError> {
        let scale = self.u.iter().fold(0.0f64, |m, u| m.max(u.abs()));
        for (q, rate) in self.modal.rates().iter().enumerate() {
            self.z[q] = match self.u[q] {
                u if u.abs() <= ROUNDING * scale => 0.0,
                _ if -rate <= STAYS * self.modal.fastest() => return Err(SolveError::NoSteadyState),
                u => u / -rate,
            };
        }
        for &block in self.modal.blocks() {
            let mut t: Vec<f64> = self.modal.matrix(block).iter().map(|v| -v).collect();
            let z = &mut self.z[block.coordinates()];
            z.copy_from_slice(&self.u[block.coordinates()]);
            if z.iter().any(|v| v.abs() > ROUNDING * scale) && !lu::solve_in_place(&mut t, z) {
                return Err(SolveError::NoSteadyState);
            }
        }
        Ok(())
    }

    /// Adds the effect of a pulse that has come at equal intervals since ever. Those that still run contribute what has
    /// entered so far; the rest of them is for the caller to infuse.
    ///
    /// # Errors
    /// [`SolveError::NoSteadyState`] when something that enters never leaves.
    pub fn add_periodic(&mut self, pulse: Pulse, steps: &mut Steps) -> Result<(), SolveError> {
        // Ages of running pulses: age, age + interval …; the first that has ended has this age.
        let running = match pulse.over > pulse.age {
            true => ((pulse.over - pulse.age) / pulse.interval).ceil(),
            false => 0.0,
        };
        let ended = pulse.age + running * pulse.interval;
        let since_end = ended - pulse.over;
        let rate = if pulse.over > 0.0 { pulse.amount / pulse.over } else { 0.0 };
        let ages = (0..running as u64).map(|k| pulse.age + k as f64 * pulse.interval);
        let impulse = self.modal.impulse(pulse.state).to_vec();
        let largest = impulse.iter().fold(0.0f64, |m, w| m.max(w.abs()));
        for (q, lambda) in self.modal.rates().iter().enumerate() {
            if impulse[q].abs() <= ROUNDING * largest {
                continue;
            }
            if -lambda <= STAYS * self.modal.fastest() {
                return Err(SolveError::NoSteadyState);
            }
            let entered = match pulse.over > 0.0 {
                true => rate * pulse.over * phi1(lambda * pulse.over),
                false => pulse.amount,
            };
            let of_ended = entered * (lambda * since_end).exp() / -(lambda * pulse.interval).exp_m1();
            let of_running: f64 = ages.clone().map(|age| rate * age * phi1(lambda * age)).sum();
            self.z[q] += impulse[q] * (of_ended + of_running);
        }
        for &block in self.modal.blocks().to_vec().iter() {
            let effect = self.block_periodic(block, &impulse, pulse, since_end, ages.clone(), steps)?;
            self.z[block.coordinates()].iter_mut().zip(effect).for_each(|(z, e)| *z += e);
        }
        Ok(())
    }

    /// The same for the coordinates of one block, by its exponentials: (1 - e^(T interval))^-1 in place of a quotient.
    fn block_periodic(
        &self,
        block: crate::math::modal::Block,
        impulse: &[f64],
        pulse: Pulse,
        since_end: f64,
        ages: impl Iterator<Item = f64>,
        steps: &mut Steps,
    ) -> Result<Vec<f64>, SolveError> {
        let (t, size) = (self.modal.matrix(block), block.size);
        let w = &impulse[block.coordinates()];
        let rate = if pulse.over > 0.0 { pulse.amount / pulse.over } else { 0.0 };
        let (mut decay, mut integral) = (vec![0.0; size * size], vec![0.0; size * size]);
        let times = |m: &[f64], v: &[f64], by: f64| -> Vec<f64> {
            m.chunks_exact(size).map(|row| by * row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>()).collect()
        };
        let mut entered: Vec<f64> = w.iter().map(|w| w * pulse.amount).collect();
        if pulse.over > 0.0 {
            steps.exponential.with_integral(t, size, pulse.over, &mut decay, &mut integral);
            entered = times(&integral, w, rate);
        }
        if since_end > 0.0 {
            steps.exponential.of(t, size, since_end, &mut decay);
            entered = times(&decay, &entered, 1.0);
        }
        steps.exponential.of(t, size, pulse.interval, &mut decay);
        let mut rest: Vec<f64> = decay.iter().map(|v| -v).collect();
        rest.iter_mut().step_by(size + 1).for_each(|v| *v += 1.0);
        if !lu::solve_in_place(&mut rest, &mut entered) {
            return Err(SolveError::NoSteadyState);
        }
        for age in ages.filter(|age| *age > 0.0) {
            steps.exponential.with_integral(t, size, age, &mut decay, &mut integral);
            entered.iter_mut().zip(times(&integral, w, rate)).for_each(|(e, r)| *e += r);
        }
        Ok(entered)
    }
}

fn finite(what: &'static str, list: &[f64]) -> Result<(), SolveError> {
    match list.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(SolveError::Value { what, index, value: list[index] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states: a depot that feeds a centre; rates equal when `ka` is `k`.
    fn oral(ka: f64, k: f64) -> [f64; 4] {
        [-ka, 0.0, ka, -k]
    }

    fn states(walk: &Walk) -> [f64; 2] {
        let mut x = [0.0; 2];
        walk.states(&mut x);
        x
    }

    fn close(got: [f64; 2], want: [f64; 2], tolerance: f64) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() <= tolerance * want.abs().max(1e-3), "{got} is not {want}");
        }
    }

    #[test]
    fn a_periodic_state_is_the_limit_of_many_doses() {
        for (ka, over, age) in [(1.2, 0.0, 12.0), (1.2, 3.0, 12.0), (1.2, 30.0, 5.0), (0.1, 0.0, 7.0), (0.1, 25.0, 0.5)]
        {
            let (mut steps, a) = (Steps::default(), oral(ka, 0.1));
            let pulse = Pulse { state: 0, amount: 100.0, over, interval: 12.0, age };
            let mut steady = Walk::new(2);
            steady.change(&a, &[0.0; 2], &mut steps).unwrap();
            steady.add_periodic(pulse, &mut steps).unwrap();
            // Superposition: the effect of each of 60 doses, one walk each.
            let mut sum = [0.0; 2];
            for k in 0..60 {
                let mut one = Walk::new(2);
                one.change(&a, &[0.0; 2], &mut steps).unwrap();
                let since = age + 12.0 * f64::from(k);
                if over == 0.0 {
                    one.add(0, 100.0);
                    one.pass(since, &mut steps).unwrap();
                } else {
                    one.infuse(&[100.0 / over, 0.0], &mut steps);
                    one.pass(since.min(over), &mut steps).unwrap();
                    one.infuse(&[0.0, 0.0], &mut steps);
                    one.pass((since - over).max(0.0), &mut steps).unwrap();
                }
                let x = states(&one);
                sum = [sum[0] + x[0], sum[1] + x[1]];
            }
            close(states(&steady), sum, 1e-11);
        }
    }

    #[test]
    fn production_and_infusion_settle_where_nothing_changes() {
        let mut steps = Steps::default();
        let mut walk = Walk::new(2);
        walk.change(&oral(1.2, 0.1), &[0.0, 0.5], &mut steps).unwrap();
        walk.infuse(&[6.0, 0.0], &mut steps);
        walk.settle().unwrap();
        close(states(&walk), [5.0, 65.0], 1e-13);
        walk.pass(1000.0, &mut steps).unwrap();
        close(states(&walk), [5.0, 65.0], 1e-12);
    }

    #[test]
    fn what_never_leaves_has_no_steady_state() {
        let mut steps = Steps::default();
        let mut walk = Walk::new(2);
        walk.change(&oral(1.2, 0.0), &[0.0; 2], &mut steps).unwrap();
        let pulse = Pulse { state: 0, amount: 1.0, over: 0.0, interval: 12.0, age: 12.0 };
        assert_eq!(walk.add_periodic(pulse, &mut steps), Err(SolveError::NoSteadyState));
        walk.infuse(&[1.0, 0.0], &mut steps);
        assert_eq!(walk.settle(), Err(SolveError::NoSteadyState));
    }

    #[test]
    fn a_change_of_system_keeps_the_states() {
        let mut steps = Steps::default();
        let mut walk = Walk::new(2);
        walk.change(&oral(1.2, 0.1), &[0.0; 2], &mut steps).unwrap();
        walk.place(&[3.0, 4.0]);
        walk.change(&oral(0.5, 0.2), &[0.0; 2], &mut steps).unwrap();
        close(states(&walk), [3.0, 4.0], 1e-14);
    }
}
