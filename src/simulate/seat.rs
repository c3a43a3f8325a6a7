//! One subject on its way through its schedule: stretches, samples, scales of the states.

use super::field::{Latest, ModelField, Start};
use super::individual::Individual;
use super::readout::{present, read};
use super::scales::Scales;
use super::{Prepared, SimulationError};
use crate::population::Subject;
use crate::solve::{FlowSpace, SolveError, Trajectory, Work};
use std::ops::Range;

/// The same time, relative to the larger of |t| and 1 h.
const SAME_TIME: f64 = 1e-10;

/// Who is in a lane, and how far.
#[derive(Debug)]
pub(super) struct Seat {
    individual: Individual,
    /// The stretch it is in.
    stretch: usize,
    begin: f64,
    /// Samples of the stretch that are still to be written.
    samples: Range<usize>,
    /// When the first of them is due, h since the beginning of the stretch.
    due: f64,
    /// States that are integrated.
    y: Vec<f64>,
    scales: Scales,
    /// Administrations so far, those of them that begin a dose, and when the latest were.
    administered: usize,
    doses: usize,
    latest: Latest,
    /// Interval of the schedule whose values the field has.
    interval: Option<usize>,
    /// All states in the order of the model, and those that are propagated exactly, for outputs.
    x: Vec<f64>,
    upstream: Vec<f64>,
    space: FlowSpace,
}

impl Seat {
    pub fn new(prepared: &Prepared<'_>) -> Self {
        let n = prepared.split.rest().len();
        Seat {
            individual: Individual::new(prepared),
            stretch: 0,
            begin: 0.0,
            samples: 0..0,
            due: f64::INFINITY,
            y: vec![0.0; n],
            scales: Scales::new(prepared.model, prepared.split.rest(), &prepared.settings),
            administered: 0,
            doses: 0,
            latest: Latest::none(prepared.model),
            interval: None,
            x: vec![0.0; prepared.model.states().len()],
            upstream: vec![0.0; prepared.split.exact],
            space: FlowSpace::default(),
        }
    }

    /// A subject takes the seat.
    pub fn board(&mut self, prepared: &Prepared<'_>, subject: &Subject<'_>) -> Result<(), SimulationError> {
        self.individual.become_subject(prepared, subject)?;
        self.y.copy_from_slice(&self.individual.x0[prepared.split.exact..]);
        self.scales.forget();
        self.latest.clear(0.0);
        (self.stretch, self.administered, self.doses, self.interval) = (0, 0, 0, None);
        Ok(())
    }

    /// Begins the next stretch that takes any time, and says how long it is; none at the end of the schedule. Samples at its
    /// very beginning are written.
    pub fn enter<const L: usize>(
        &mut self,
        prepared: &Prepared<'_>,
        field: &mut ModelField<'_, L>,
        lane: usize,
        out: &mut [f64],
    ) -> Result<Option<f64>, SimulationError> {
        while self.stretch < self.individual.schedule.segments() {
            let stretch = self.individual.schedule.stretch(self.stretch);
            if self.stretch > 0 && stretch.begin > prepared.until {
                break;
            }
            let length = stretch.end.unwrap_or(f64::INFINITY).min(prepared.until) - stretch.begin;
            (self.begin, self.samples) = (stretch.begin, stretch.samples.clone());
            self.due = due(prepared, &self.samples, self.begin);
            let exact = prepared.split.exact;
            let Individual { amounts, files, .. } = &self.individual;
            for jump in stretch.jumps {
                let amount = amounts[jump.amount] * jump.per;
                self.scales.enters(amount);
                if let Some(place) = jump.state.checked_sub(exact) {
                    self.y[place] += amount;
                }
            }
            field.stop(lane);
            for input in stretch.inputs {
                self.scales.enters(amounts[input.amount]);
                if let Some(place) = input.state.checked_sub(exact) {
                    field.infuse(lane, place, amounts[input.amount] * input.per);
                }
            }
            if self.interval != Some(stretch.system) {
                self.interval = Some(stretch.system);
                field.take(lane, &files[stretch.system]);
            }
            self.administer(prepared);
            let arrived = self.individual.by_function.partition_point(|f| f.time <= self.now());
            let arrived = &self.individual.by_function[..arrived];
            arrived.iter().for_each(|dose| self.scales.enters(dose.amount));
            let flow = (exact > 0).then(|| self.individual.exact.solution().flow(self.stretch));
            field.start(lane, &Start { time: self.begin, flow, doses: &self.latest, arrived });
            self.scales.begin(&self.y);
            self.write_samples_at(prepared, 0.0, out)?;
            if length > 0.0 {
                return Ok(Some(length));
            }
            self.stretch += 1;
        }
        Ok(None)
    }

    /// When the stretch began, h.
    pub fn begin(&self) -> f64 {
        self.begin
    }

    /// The states that are integrated.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// Where they are written to.
    pub fn y_mut(&mut self) -> &mut [f64] {
        &mut self.y
    }

    /// How large they are.
    pub fn scales(&self) -> &Scales {
        &self.scales
    }

    /// Number of the latest dose, from 1.
    pub fn dose(&self) -> Option<usize> {
        (self.doses > 0).then_some(self.doses)
    }

    /// The subject's numbers.
    pub fn individual(&self) -> &Individual {
        &self.individual
    }

    /// What the exact engine did.
    pub fn work(&self) -> Work {
        self.individual.exact.work()
    }

    /// The states at the very end, after what happens then.
    pub fn keep_end(&self, until: f64, trajectory: &mut Trajectory) {
        trajectory.push(until, 0.0, self.y.iter().map(|y| [*y, 0.0, 0.0, 0.0, 0.0]));
    }

    /// The stretch is over, in which the states that are integrated were as large as this.
    pub fn leave(&mut self, peaks: impl Iterator<Item = f64>) {
        peaks.enumerate().for_each(|(state, peak)| self.scales.remember(state, peak));
        self.stretch += 1;
    }

    /// The latest time that counts as the beginning of the stretch.
    fn now(&self) -> f64 {
        self.begin + SAME_TIME * self.begin.abs().max(1.0)
    }

    /// Doses given up to the beginning of the stretch.
    fn administer(&mut self, prepared: &Prepared<'_>) {
        let list = self.individual.administrations();
        while let Some(a) = list.get(self.administered).filter(|a| a.time <= self.now()) {
            self.administered += 1;
            if a.device == 1 {
                self.doses = a.dose + 1;
                self.latest.dose(prepared.doses[a.dose].0.time, Some(a.route), a.dose_amount);
            }
        }
    }

    /// A look at the states after a step, at `t` h after the beginning of the stretch.
    ///
    /// # Errors
    /// A compartment that holds less than nothing.
    pub fn look(&mut self, t: f64) -> Result<(), SolveError> {
        self.scales.look(&self.y, t)
    }

    /// When the next sample is due, h after the beginning of the stretch.
    pub fn due(&self) -> f64 {
        self.due
    }

    /// The longest that the first step of the stretch may be for its stages to see what the exact part does, h.
    pub fn longest_first_step(&self) -> f64 {
        let solution = self.individual.exact.solution();
        if solution.size() == 0 { f64::INFINITY } else { 1.0 / solution.flow(self.stretch).fastest() }
    }

    /// Writes the samples due up to `t`, where the states are as they are now.
    pub fn write_samples_at(
        &mut self,
        prepared: &Prepared<'_>,
        t: f64,
        out: &mut [f64],
    ) -> Result<(), SimulationError> {
        let y = std::mem::take(&mut self.y);
        let written = self.write_samples(prepared, [t, t], |place, _| y[place], out);
        self.y = y;
        written
    }

    /// Writes the samples due up to the end of a step, from the states at shares of it.
    // Always: every third step of a lane comes here, and hardly ever for more than one sample.
    #[inline(always)]
    pub fn write_samples(
        &mut self,
        prepared: &Prepared<'_>,
        [from, to]: [f64; 2],
        state_at: impl Fn(usize, f64) -> f64,
        out: &mut [f64],
    ) -> Result<(), SimulationError> {
        let last = if to > 0.0 { to } else { self.now() - self.begin };
        while self.due <= last {
            let t = self.due;
            let share = if to > from { ((t - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
            for (place, state) in &prepared.states_read {
                self.x[*state] = state_at(*place, share);
            }
            if prepared.reads_exact {
                // A sample at the beginning, within rounding of it, is one of the beginning.
                self.read_exact(prepared, if to > 0.0 { t.max(0.0) } else { 0.0 });
            }
            self.write(prepared, self.samples.start, out)?;
            self.samples.start += 1;
            self.due = due(prepared, &self.samples, self.begin);
        }
        Ok(())
    }

    /// The exact part at `t` h after the beginning of the stretch.
    #[inline(never)]
    fn read_exact(&mut self, prepared: &Prepared<'_>, t: f64) {
        let flow = self.individual.exact.solution().flow(self.stretch);
        flow.states(t, &mut self.space, &mut self.upstream);
        prepared.split.exact_states().iter().zip(&self.upstream).for_each(|(state, x)| self.x[*state] = *x);
    }

    fn write(&mut self, prepared: &Prepared<'_>, sample: usize, out: &mut [f64]) -> Result<(), SimulationError> {
        let (model, time) = (prepared.model, prepared.samples[sample]);
        let file = &mut self.individual.files[self.interval.unwrap_or(0)];
        if prepared.computes {
            present(model, &self.x, time, Some(&self.latest), file);
        }
        for (k, output) in model.outputs().iter().enumerate() {
            let value = read(output, &self.x, file);
            if value.is_nan() && prepared.outputs_read_doses && self.doses == 0 {
                return Err(SimulationError::NoDoseYet { time });
            }
            if value.is_nan() {
                return Err(SimulationError::NotANumber { output: output.name.clone(), time });
            }
            out[k * prepared.samples.len() + sample] = output.unit.from_base(value);
        }
        Ok(())
    }
}

/// When the first of some samples is due, h since `begin`; never if there is none.
fn due(prepared: &Prepared<'_>, samples: &Range<usize>, begin: f64) -> f64 {
    if samples.is_empty() { f64::INFINITY } else { prepared.samples[samples.start] - begin }
}
