//! Samples eight at a time, compiled for several instruction sets.

use super::blocks::Blocks;
use super::propagators::{Four, NOTHING, Propagators, WIDTH};
use super::scatter::Scatter;
use super::solution::Solution;
use super::steps::{FourSteps, LANES, Lanes, Steps, accumulate};
use super::view::View;
use crate::math::kernel::Work;
use crate::solve::schedule::{Run, Schedule};
use std::ops::Range;

/// Samples that share no step are taken side by side from this many on.
const MANY: usize = 4;

/// Whether samples from a run on are taken by exponentials of their own.
#[inline(always)]
pub(super) fn is_scattered(run: &Run, view: &View, driven: bool) -> bool {
    run.singles >= MANY && !driven && view.is_closed()
}

/// All samples in the segments of one system.
pub(super) struct Samples<'a> {
    pub schedule: &'a Schedule,
    pub solution: &'a Solution,
    pub segments: Range<usize>,
    pub view: &'a View,
    /// What the readout has besides the states.
    pub d: f64,
    pub offsets: &'a Propagators,
    pub steps: &'a Steps,
    pub scatter: &'a mut Scatter,
    pub blocks: &'a mut Blocks,
    pub out: &'a mut [f64],
}

impl Work for Samples<'_> {
    /// The number of exponentials, or a segment with an output that is not finite.
    type Output = Result<u64, usize>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let mut exponentials = 0;
        for k in self.segments.clone() {
            let mut runs = &self.schedule.runs[self.schedule.segments[k].runs.clone()];
            // Turns into NaN at anything that is not finite.
            let mut check = 0.0;
            while let Some(run) = runs.first() {
                let alike = if is_scattered(run, self.view, self.solution.driven[k]) {
                    let times = &self.schedule.elapsed[run.first..];
                    let (start, d) = (self.solution.start_of(k), self.d);
                    exponentials +=
                        self.scatter.write(self.view, start, times, run.singles, d, &mut self.out[run.first..]);
                    run.singles
                } else {
                    self.stepped(run, k);
                    1
                };
                if run.offset.is_none()
                    && let Some(jumped) = self.solution.jumped_to(k)
                {
                    self.out[run.first] = self.d + jumped.sum(&self.view.c, &self.view.weights);
                }
                check += 0.0 * self.out[run.first] + 0.0 * self.out[run.first + alike.max(run.count) - 1];
                runs = &runs[alike..];
            }
            if check.is_nan() {
                return Err(k);
            }
        }
        Ok(exponentials)
    }
}

impl Samples<'_> {
    /// Writes a run of samples at equal steps, or a single one.
    #[inline(always)]
    fn stepped(&mut self, run: &Run, k: usize) {
        let (z, u, is_driven) = (self.solution.fours(k), self.solution.input_fours(k), self.solution.driven[k]);
        let out = &mut self.out[run.first..];
        if run.count == 1 {
            out[0] = self.d;
        } else if self.view.singles.is_empty() {
            out[..run.count].fill(self.d);
        }
        for (four, weights) in self.view.singles.iter().enumerate() {
            let (mut now, mut push) = ([0.0; WIDTH], [0.0; WIDTH]);
            for i in 0..WIDTH {
                now[i] = weights[i] * z[four][i];
            }
            if is_driven {
                for i in 0..WIDTH {
                    push[i] = weights[i] * u[four][i];
                }
            }
            if let Some(offset) = run.offset {
                let (decay, response) = self.offsets.singles(offset, four);
                for i in 0..WIDTH {
                    now[i] *= decay[i];
                }
                if is_driven {
                    for i in 0..WIDTH {
                        now[i] += push[i] * response[i];
                    }
                }
            }
            if run.count == 1 {
                out[0] += (now[0] + now[1]) + (now[2] + now[3]);
            } else {
                let base = if four == 0 { Some(self.d) } else { None };
                let push = if is_driven { Some(push) } else { None };
                write(&self.steps.at(run.step).fours[four], now, push, base, run.count, out);
            }
        }
        if !self.view.blocks.is_empty() {
            let (start, input) = (self.solution.start_of(k), self.solution.input_of(k));
            self.blocks.begin((self.offsets, run.offset), self.view, start, input);
            if run.count == 1 {
                out[0] += self.blocks.sum(self.view);
            } else {
                self.blocks.add(self.steps.at(run.step), self.view, input, &mut out[..run.count]);
            }
        }
    }
}

/// Writes, or without `base` adds, what four coordinates contribute to a run of samples. It writes whole eights: what
/// stands beyond the end of the run is written again later.
#[inline(always)]
fn write(steps: &FourSteps, mut now: Four, push: Option<Four>, base: Option<f64>, count: usize, out: &mut [f64]) {
    let mut always = [base.unwrap_or(0.0); LANES];
    let mut ahead = [0.0; WIDTH];
    if let Some(push) = push {
        for i in 0..WIDTH {
            accumulate(&mut always, push[i], &steps.responses[i]);
            ahead[i] = push[i] * steps.response[i];
        }
    }
    let (wholes, rest) = out.as_chunks_mut();
    for eight in 0..count.div_ceil(LANES) {
        let mut lanes = always;
        for i in 0..WIDTH {
            accumulate(&mut lanes, now[i], &steps.powers[i]);
        }
        for i in 0..WIDTH {
            let next = now[i] * steps.decay[i] + ahead[i];
            now[i] = if next.abs() < NOTHING { 0.0 } else { next };
        }
        if let Some(whole) = wholes.get_mut(eight) {
            put(lanes, base.is_none(), whole);
        } else {
            put_some(lanes, base.is_none(), rest);
        }
    }
}

/// Writes eight samples, or adds to them.
#[inline(always)]
fn put(lanes: Lanes, add: bool, out: &mut Lanes) {
    for k in 0..LANES {
        out[k] = if add { out[k] + lanes[k] } else { lanes[k] };
    }
}

/// The same where fewer are left.
#[inline(always)]
pub(super) fn put_some(lanes: Lanes, add: bool, out: &mut [f64]) {
    for (y, lane) in out.iter_mut().zip(lanes) {
        *y = if add { *y + lane } else { lane };
    }
}
