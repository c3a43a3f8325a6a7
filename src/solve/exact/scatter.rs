//! Samples at times that share no step: an exponential for each mode and sample, eight samples at a time.

use super::view::{Mode, Pair, View, unseen_from};
use super::wide::put;
use crate::math::exponential::exp;

/// Samples taken at once.
const LANES: usize = 8;

type Lanes = [f64; LANES];

/// Products of the gap of two rates and of time below this have their divided difference by a series.
const APART: f64 = 0.5;

/// What is seen of a segment, in memory that is reused.
#[derive(Debug, Default)]
pub(super) struct Scatter {
    modes: Vec<Contribution>,
    pairs: Vec<PairContribution>,
}

/// What a mode adds to the readout, as a function of the time since the start of the segment.
#[derive(Debug, Clone, Copy, Default)]
struct Contribution {
    rate: f64,
    amplitude: f64,
    /// From when on it is not seen any more.
    unseen_from: f64,
}

/// The same for a pair.
#[derive(Debug, Clone, Copy)]
struct PairContribution {
    rates: [f64; 2],
    /// By each of the two exponentials, and by their divided difference.
    amplitudes: [f64; 3],
    unseen_from: f64,
}

impl Scatter {
    /// Writes samples at ascending `times` since the start of a segment, which begins with the coordinates `z`; returns the
    /// number of exponentials.
    #[inline(always)]
    pub fn write(&mut self, view: &View, z: &[f64], times: &[f64], d: f64, out: &mut [f64]) -> u64 {
        self.begin(view, z, times.last().copied().unwrap_or(0.0));
        let (mut live, mut exponentials) = (self.modes.len(), 0);
        for at in (0..times.len()).step_by(LANES) {
            // The last eight are taken whole, if there are as many.
            let at = at.min(times.len().saturating_sub(LANES));
            let eight = match times[at..].first_chunk() {
                Some(whole) => *whole,
                None => filled_up(&times[at..]),
            };
            while live > 1 && eight[0] >= self.modes[live - 1].unseen_from {
                live -= 1;
            }
            let mut lanes = [d; LANES];
            for mode in &self.modes[..live] {
                // By index: a closure over lanes would stay compiled for the baseline.
                for k in 0..LANES {
                    lanes[k] += mode.amplitude * exp(mode.rate * eight[k]);
                }
            }
            exponentials += live;
            for pair in &self.pairs {
                if eight[0] < pair.unseen_from {
                    pair.add(&eight, &mut lanes);
                    exponentials += 2;
                }
            }
            put(lanes, &mut out[at..]);
        }
        (exponentials * LANES) as u64
    }

    /// Contributions in a segment that begins with the coordinates `z` and has its last sample at `last`.
    fn begin(&mut self, view: &View, z: &[f64], last: f64) {
        let slowest = view.modes.first().map_or(0.0, |mode| view.weights[mode.place] * z[mode.place]);
        self.modes.clear();
        for &Mode { place, rate, halving } in &view.modes {
            let amplitude = view.weights[place] * z[place];
            // A mode that is not there may grow beyond all numbers.
            if amplitude != 0.0 {
                let unseen_from = unseen_from(amplitude, slowest, halving);
                self.modes.push(Contribution { rate, amplitude, unseen_from });
            }
        }
        let pair = |pair: &Pair| {
            let [one, other] = [z[pair.place], z[pair.place + 1]];
            let amplitudes =
                [pair.weights[0] * one, pair.weights[1] * other, pair.links[0] * one + pair.links[1] * other];
            let most = amplitudes[0].abs() + amplitudes[1].abs() + amplitudes[2].abs() * last;
            let unseen_from = pair.halving.map_or(f64::INFINITY, |halving| unseen_from(most, slowest, halving));
            PairContribution { rates: pair.rates, amplitudes, unseen_from }
        };
        self.pairs.clear();
        self.pairs.extend(view.pairs.iter().map(pair));
    }
}

impl PairContribution {
    /// Adds what it contributes at eight times.
    #[inline(always)]
    fn add(&self, times: &Lanes, lanes: &mut Lanes) {
        let ([first, second], [one, other, between]) = (self.rates, self.amplitudes);
        let gap = (first - second).abs();
        for k in 0..LANES {
            let (e, f) = (exp(first * times[k]), exp(second * times[k]));
            let (larger, difference) = if e > f { (e, e - f) } else { (f, f - e) };
            let x = gap * times[k];
            let passed = if x > APART { difference / gap } else { larger * times[k] * mean_decay(x) };
            lanes[k] += one * e + other * f + between * passed;
        }
    }
}

/// (1 - e^-x) / x for 0 <= x <= 1/2: terms from 1 / 15! on are below rounding.
#[inline(always)]
fn mean_decay(x: f64) -> f64 {
    let mut sum = 1.0;
    let mut k = 14;
    while k > 1 {
        sum = 1.0 - x * (1.0 / k as f64) * sum;
        k -= 1;
    }
    sum
}

/// Fewer than eight numbers, and zeros.
#[inline(always)]
fn filled_up(numbers: &[f64]) -> Lanes {
    let mut lanes = [0.0; LANES];
    lanes.iter_mut().zip(numbers).for_each(|(lane, number)| *lane = *number);
    lanes
}
