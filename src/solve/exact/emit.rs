//! Outputs at the samples: lanes over time. A run of samples at equal steps is written eight at a time from tables of
//! powers, one multiplication and addition per coordinate and sample, with no exponential inside.

use super::propagators::{NOTHING, Propagators, dot};
use super::solution::Solution;
use super::steps::{LANES, Lanes, Step, Steps, accumulate};
use crate::math::modal::Modal;
use crate::solve::schedule::{Run, Schedule};
use crate::solve::{SolveError, Work};

/// Tables for one system and one readout, by distinct offset and distinct step.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    offsets: Propagators,
    steps: Steps,
    weights: Vec<f64>,
    /// Single coordinates that the readout sees.
    seen: Vec<usize>,
    z: Vec<f64>,
    amplitude: Vec<f64>,
    ahead: Vec<f64>,
    scratch: Vec<f64>,
    /// The system that the table of offsets is for.
    current: Option<usize>,
}

impl Emitter {
    /// Forgets the tables: they are for another solution.
    pub fn forget(&mut self) {
        self.current = None;
    }

    /// Writes y = c . x + d at every sample.
    pub fn emit(
        &mut self,
        solution: &Solution,
        schedule: &Schedule,
        (c, d): (&[f64], &[f64]),
        out: &mut [f64],
        work: &mut Work,
    ) -> Result<(), SolveError> {
        let n = solution.size();
        assert_eq!((c.len(), d.len()), (schedule.systems() * n, schedule.systems()), "a readout per interval");
        self.z.resize(n, 0.0);
        let mut read = None;
        for (k, segment) in schedule.segments.iter().enumerate() {
            let (system, modal) = (segment.system, solution.modal(k));
            if read != Some(system) {
                self.read(system, modal, &c[system * n..(system + 1) * n], schedule);
                read = Some(system);
            }
            let input = solution.input_of(k);
            for run in &schedule.runs[segment.runs.clone()] {
                match run.offset {
                    None => self.z.copy_from_slice(solution.start_of(k)),
                    Some(offset) => {
                        self.offsets.prepare(offset, schedule.offsets[offset], modal, input.is_some(), work);
                        self.offsets.advance(offset, modal, solution.start_of(k), input, &mut self.z);
                    }
                }
                let out = &mut out[run.first..run.first + run.count];
                if run.count == 1 {
                    out[0] = d[system] + dot(&self.weights, &self.z);
                } else {
                    self.steps.prepare(run.step, schedule.steps[run.step], modal, &self.weights, input.is_some(), work);
                    self.run(run, modal, input, d[system], out);
                }
                if let Some(jumped) = solution.jumped_to(k).filter(|_| run.offset.is_none()) {
                    out[0] = d[system] + dot(&c[system * n..(system + 1) * n], jumped);
                }
                if !out[run.count - 1].is_finite() {
                    return Err(SolveError::Overflow { time: segment.begin });
                }
            }
        }
        work.samples += out.len() as u64;
        Ok(())
    }

    /// Sets up for one system: what each coordinate contributes to the readout.
    fn read(&mut self, system: usize, modal: &Modal, c: &[f64], schedule: &Schedule) {
        self.weights.clear();
        self.weights.resize(modal.size(), 0.0);
        for (state, &c) in c.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            self.weights.iter_mut().zip(modal.state_row(state)).for_each(|(w, v)| *w += c * v);
        }
        self.seen.clear();
        self.seen.extend((0..modal.real()).filter(|&q| self.weights[q] != 0.0));
        if self.current != Some(system) {
            self.offsets.reset(schedule.offsets.len(), modal);
            self.current = Some(system);
        }
        self.steps.reset(schedule.steps.len());
    }

    /// Writes a run that starts at the modal state `z`.
    fn run(&mut self, run: &Run, modal: &Modal, input: Option<&[f64]>, d: f64, out: &mut [f64]) {
        let steps = self.steps.at(run.step);
        let mut base = [d; LANES];
        self.amplitude.clear();
        self.amplitude.extend(self.seen.iter().map(|&q| self.weights[q] * self.z[q]));
        self.ahead.resize(modal.size(), 0.0);
        self.scratch.resize(modal.size(), 0.0);
        if let Some(input) = input {
            for &q in &self.seen {
                let strength = self.weights[q] * input[q];
                accumulate(&mut base, strength, &steps.responses[q]);
                self.ahead[q] = strength * steps.response[q];
            }
            for &block in modal.blocks() {
                let at = block.coordinates();
                let ahead = &mut self.ahead[at.clone()];
                steps.drive_block(
                    block,
                    &self.weights[at.clone()],
                    &input[at.clone()],
                    ahead,
                    &mut self.scratch[at],
                    &mut base,
                );
            }
        }
        let ahead = input.is_some().then_some(self.ahead.as_slice());
        for chunk in out.chunks_mut(LANES) {
            let mut lanes = singles(&mut self.amplitude, &self.seen, steps, ahead, base);
            for &block in modal.blocks() {
                let at = block.coordinates();
                let ahead = ahead.map(|ahead| &ahead[at.clone()]);
                steps.emit_block(block, &mut self.z[at.clone()], ahead, &mut self.scratch[at], &mut lanes);
            }
            // a copy of known length is no call
            match <&mut Lanes>::try_from(&mut *chunk) {
                Ok(whole) => *whole = lanes,
                Err(_) => chunk.iter_mut().zip(lanes).for_each(|(y, lane)| *y = lane),
            }
        }
    }
}

/// Adds what the single coordinates contribute to eight samples and moves them on by eight steps.
#[inline(always)]
fn singles(amplitude: &mut [f64], seen: &[usize], step: &Step, ahead: Option<&[f64]>, mut lanes: Lanes) -> Lanes {
    for (i, amplitude) in amplitude.iter_mut().enumerate() {
        let q = seen[i];
        accumulate(&mut lanes, *amplitude, &step.powers[q]);
        let next = *amplitude * step.decay[q] + ahead.map_or(0.0, |ahead| ahead[q]);
        *amplitude = if next.abs() < NOTHING { 0.0 } else { next };
    }
    lanes
}
