//! Outputs at the samples: lanes over time. A run of samples at equal steps is written eight at a time from tables of
//! powers, one multiplication and addition per coordinate and sample, with no exponential inside.

use super::propagators::{Propagators, dot};
use super::solution::Solution;
use super::steps::{LANES, Steps, accumulate};
use super::wide::{Scattered, Stepped, put, singles};
use crate::math::kernel::Kernel;
use crate::math::modal::Modal;
use crate::solve::schedule::{Run, Schedule};
use crate::solve::{SolveError, Work};

/// Samples that share no step are taken side by side from this many on.
const MANY: usize = 4;

/// Tables for one system and one readout, by distinct offset and distinct step.
#[derive(Debug)]
pub(super) struct Emitter {
    kernel: Kernel,
    offsets: Propagators,
    steps: Steps,
    weights: Vec<f64>,
    /// Single coordinates that the readout sees.
    seen: Vec<usize>,
    z: Vec<f64>,
    amplitude: Vec<f64>,
    ahead: Vec<f64>,
    scratch: Vec<f64>,
    rates: Vec<f64>,
    times: Vec<f64>,
    /// The system that the table of offsets is for.
    current: Option<usize>,
}

impl Emitter {
    /// Memory; loops over lanes use the instructions of `kernel`.
    pub fn new(kernel: Kernel) -> Self {
        Emitter {
            kernel,
            offsets: Propagators::default(),
            steps: Steps::default(),
            weights: Vec::new(),
            seen: Vec::new(),
            z: Vec::new(),
            amplitude: Vec::new(),
            ahead: Vec::new(),
            scratch: Vec::new(),
            rates: Vec::new(),
            times: Vec::new(),
            current: None,
        }
    }

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
            let mut runs = &schedule.runs[segment.runs.clone()];
            while let Some((run, rest)) = runs.split_first() {
                let scattered = match modal.blocks().is_empty() && input.is_none() {
                    true => runs.iter().take_while(|run| run.count == 1 && run.offset.is_some()).count(),
                    false => 0,
                };
                if scattered >= MANY {
                    let (now, later) = runs.split_at(scattered);
                    let times = now.iter().filter_map(|run| run.offset).map(|offset| schedule.offsets[offset]);
                    let out = &mut out[run.first..run.first + scattered];
                    self.scatter(times, modal, solution.start_of(k), d[system], out);
                    work.exponentials += (scattered * self.seen.len()) as u64;
                    if !out.iter().all(|y| y.is_finite()) {
                        return Err(SolveError::Overflow { time: segment.begin });
                    }
                    runs = later;
                    continue;
                }
                runs = rest;
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
                    out[0] = d[system] + jumped.sum(&c[system * n..(system + 1) * n], &self.weights);
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

    /// Writes samples at some times after the modal state `start`.
    fn scatter(&mut self, times: impl Iterator<Item = f64>, modal: &Modal, start: &[f64], d: f64, out: &mut [f64]) {
        self.times.clear();
        self.times.extend(times);
        self.rates.clear();
        self.rates.extend(self.seen.iter().map(|&q| modal.rates()[q]));
        self.amplitude.clear();
        self.amplitude.extend(self.seen.iter().map(|&q| self.weights[q] * start[q]));
        let (rates, amplitude, times) = (&self.rates, &self.amplitude, &self.times);
        self.kernel.run(Scattered { rates, amplitude, d, times, out });
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
        let (seen, amplitude) = (&self.seen, &mut self.amplitude);
        if modal.blocks().is_empty() {
            return self.kernel.run(Stepped { seen, amplitude, ahead, base, step: steps, out });
        }
        for chunk in out.chunks_mut(LANES) {
            let mut lanes = singles(seen, amplitude, ahead, base, steps);
            for &block in modal.blocks() {
                let at = block.coordinates();
                let ahead = ahead.map(|ahead| &ahead[at.clone()]);
                steps.emit_block(block, &mut self.z[at.clone()], ahead, &mut self.scratch[at], &mut lanes);
            }
            put(lanes, chunk);
        }
    }
}
