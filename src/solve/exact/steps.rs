//! Tables for runs of samples at equal steps: what each single coordinate is worth at the samples of a batch, and at the first
//! of each batch.

use super::propagators::{Four, Known, Propagators, WIDTH, or_nothing};
use crate::solve::schedule::{Kind, LANES, Schedule};

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

    /// Makes ready what runs of a kind need; its times are made.
    #[inline]
    pub fn prepare(&mut self, kind: usize, schedule: &Schedule, fours: usize, times: &Propagators, driven: bool) {
        let needed = if driven { Known::Driven } else { Known::Free };
        if self.kinds[kind] < needed {
            self.make(kind, schedule, fours, times, needed);
        }
    }

    fn make(&mut self, kind: usize, schedule: &Schedule, fours: usize, times: &Propagators, needed: Known) {
        self.kinds[kind] = needed;
        let kind = schedule.layout.kinds[kind];
        if self.steps[kind.step] < needed {
            self.make_step(kind, fours, times, needed);
        }
        for four in 0..fours {
            let (mut decays, mut responses) = times.singles(kind.offset, four);
            let (decay, response) = times.singles(kind.time + 1, four);
            for batch in kind.first..kind.first + kind.batches {
                let at = batch * fours + four;
                (self.decays[at], self.long_responses[at]) = (decays, responses);
                for i in 0..WIDTH {
                    decays[i] = or_nothing(decays[i] * decay[i]);
                }
                if needed == Known::Driven {
                    for i in 0..WIDTH {
                        responses[i] = responses[i] * decay[i] + response[i];
                    }
                }
            }
        }
    }

    fn make_step(&mut self, kind: Kind, fours: usize, times: &Propagators, needed: Known) {
        self.steps[kind.step] = needed;
        for four in 0..fours {
            let at = kind.step * fours + four;
            let (decay, response) = times.singles(kind.time, four);
            for i in 0..WIDTH {
                self.powers[at].0[i] = powers_of(decay[i]);
                if needed == Known::Driven {
                    let responses = &mut self.responses[at].0[i];
                    for k in 1..LANES {
                        responses[k] = responses[k - 1] * decay[i] + response[i];
                    }
                }
            }
        }
    }
}

/// x^k for k from 0 on.
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
