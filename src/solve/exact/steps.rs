//! Tables for runs of samples at equal steps: what each single coordinate is worth at the samples of a batch, and at the first
//! of each batch.

use super::propagators::{Four, Known, Propagators, or_nothing};
use super::runs::times;
use crate::math::kernel::Work;
use crate::math::modal::WIDTH;
use crate::solve::schedule::{Kind, LANES, Layout, Need, Schedule};

/// Values at the samples of a batch.
pub(super) type Lanes = [f64; LANES];

/// Four of them. They begin where a cache line does: an instruction that reads across the end of a line takes twice as long.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct FourLanes(pub [Lanes; WIDTH]);

/// Entries for four coordinates at a time, made when they are first needed.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// How much is known of each step, and of each kind of run.
    steps: Vec<Known>,
    kinds: Vec<Known>,
    /// By step: decay in k steps for all samples k of a batch, and response to a unit input.
    pub powers: Vec<FourLanes>,
    pub responses: Vec<FourLanes>,
    /// By batch: decay from the start of the segment to its first sample, and response.
    pub decays: Vec<Four>,
    pub long_responses: Vec<Four>,
}

impl Steps {
    /// Forgets everything and makes room for a schedule and some single rates.
    pub fn reset(&mut self, schedule: &Schedule, rates: usize) {
        let (fours, steps, batches) = (rates.div_ceil(WIDTH), schedule.steps.len(), schedule.layout.batches());
        for (known, count) in [(&mut self.steps, steps), (&mut self.kinds, schedule.layout.kinds.len())] {
            known.clear();
            known.resize(count, Known::Nothing);
        }
        for table in [&mut self.powers, &mut self.responses] {
            table.resize(steps * fours, FourLanes([[0.0; LANES]; WIDTH]));
        }
        for table in [&mut self.decays, &mut self.long_responses] {
            table.resize(batches * fours, [0.0; WIDTH]);
        }
    }
}

/// Makes ready what kinds of runs need; their times are made.
pub(super) struct Making<'a> {
    pub steps: &'a mut Steps,
    pub layout: &'a Layout,
    pub needed: &'a [Need],
    /// Whether something enters all the while.
    pub is_constant: bool,
    pub real: usize,
    pub times: &'a Propagators,
}

impl Work for Making<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        for need in self.needed {
            let needed = if self.is_constant || need.driven { Known::Driven } else { Known::Free };
            let kind = self.layout.kinds[need.table];
            if self.steps.kinds[need.table] < needed {
                self.steps.kinds[need.table] = needed;
                self.make_batches(kind, needed);
            }
            if self.steps.steps[kind.step] < needed {
                self.steps.steps[kind.step] = needed;
                self.make_step(kind, needed);
            }
        }
    }
}

impl Making<'_> {
    #[inline(always)]
    fn make_batches(&mut self, kind: Kind, needed: Known) {
        let fours = self.real.div_ceil(WIDTH);
        for four in 0..fours {
            let (mut decays, mut responses) = self.times.singles(kind.offset, four);
            let (decay, response) = self.times.singles(kind.time + 1, four);
            for batch in kind.first..kind.first + kind.batches {
                let at = batch * fours + four;
                self.steps.decays[at] = decays;
                decays = times(&decays, &decay);
                for decay in &mut decays {
                    *decay = or_nothing(*decay);
                }
                if needed == Known::Driven {
                    self.steps.long_responses[at] = responses;
                    for i in 0..WIDTH {
                        responses[i] = responses[i] * decay[i] + response[i];
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn make_step(&mut self, kind: Kind, needed: Known) {
        let fours = self.real.div_ceil(WIDTH);
        for rate in 0..self.real {
            let (at, i) = (kind.step * fours + rate / WIDTH, rate % WIDTH);
            let (decay, response) = self.times.singles(kind.time, rate / WIDTH);
            self.steps.powers[at].0[i] = powers_of(decay[i]);
            if needed == Known::Driven {
                let responses = &mut self.steps.responses[at].0[i];
                for k in 1..LANES {
                    responses[k] = responses[k - 1] * decay[i] + response[i];
                }
            }
        }
    }
}

/// x^k for k from 0 on.
#[inline(always)]
fn powers_of(x: f64) -> Lanes {
    let (mut lanes, mut power, mut known) = ([1.0; LANES], x, 1);
    // What is known, times the power of as many, is as many again.
    while known < LANES {
        let (before, after) = lanes.split_at_mut(known);
        for k in 0..known {
            after[k] = before[k] * power;
        }
        (power, known) = (power * power, 2 * known);
    }
    for lane in &mut lanes {
        *lane = or_nothing(*lane);
    }
    lanes
}

/// lanes += factor values.
#[inline(always)]
pub(super) fn accumulate(lanes: &mut Lanes, factor: f64, values: &Lanes) {
    for k in 0..LANES {
        lanes[k] += factor * values[k];
    }
}
