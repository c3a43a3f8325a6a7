//! What the exact part of a system does to the part that is integrated: its states inside a stretch, for lanes of subjects.

use super::solution::{Evaluator, Jumped, Solution};
use crate::math::exponential::exp;
use crate::math::modal::{Kind, Modal};
use crate::math::phi::phi1;
use crate::math::rows::Rows;

/// The exact part of one subject during one stretch: coordinates at its start and what enters them all the while.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a> {
    pub(in crate::solve) modal: &'a Modal,
    pub(in crate::solve) z: &'a [f64],
    pub(in crate::solve) u: Option<&'a [f64]>,
    /// The states at the start, where they are known better than from `z`.
    pub(in crate::solve) start: Option<Jumped<'a>>,
}

impl Solution {
    /// The solution during stretch `k` of its schedule.
    pub fn flow(&self, k: usize) -> Flow<'_> {
        Flow { modal: self.modal(k), z: self.start_of(k), u: self.input_of(k), start: self.jumped_to(k) }
    }
}

impl Flow<'_> {
    /// The largest rate of the system, per h.
    pub fn fastest(&self) -> f64 {
        self.modal.fastest()
    }

    /// Writes the states `t` hours after the start of the stretch.
    pub fn states(&self, t: f64, space: &mut FlowSpace, x: &mut [f64]) {
        if let Some(start) = self.start.filter(|_| t == 0.0) {
            return start.states(self.modal, x);
        }
        let z = space.0.advance(self.modal, self.z, self.u, t);
        self.modal.to_states(z, x);
    }
}

/// Reusable memory for [`Flow::states`].
#[derive(Debug, Clone, Default)]
pub struct FlowSpace(Evaluator);

/// Some states of the exact parts of L subjects, as functions of the time since the start of each one's stretch.
#[derive(Debug, Clone)]
pub struct Drive<const L: usize> {
    /// States that are read.
    reads: Vec<usize>,
    n: usize,
    /// Rate of each mode.
    rates: Rows<L>,
    /// What each mode adds to each state that is read, row by state.
    amplitudes: Rows<L>,
    /// The same for what enters the mode.
    entering: Rows<L>,
    /// Lanes that something enters.
    driven: [bool; L],
    /// Lanes with modes that are no single exponentials.
    whole: [Option<Box<Whole>>; L],
    /// Whether there are lanes of either kind.
    any: [bool; 2],
}

/// A lane whose exact part is evaluated as it is.
#[derive(Debug, Clone, Default)]
struct Whole {
    modal: Modal,
    z: Vec<f64>,
    u: Option<Vec<f64>>,
    space: FlowSpace,
    x: Vec<f64>,
}

impl<const L: usize> Drive<L> {
    /// For exact parts of `n` states of which `reads` are read.
    pub fn new(n: usize, reads: Vec<usize>) -> Self {
        let modes = if reads.is_empty() { 0 } else { n };
        Drive {
            n: modes,
            rates: Rows::new(modes),
            amplitudes: Rows::new(modes * reads.len()),
            entering: Rows::new(modes * reads.len()),
            driven: [false; L],
            whole: std::array::from_fn(|_| None),
            any: [false; 2],
            reads,
        }
    }

    /// The states that are read.
    pub fn reads(&self) -> &[usize] {
        &self.reads
    }

    /// A new stretch of one lane.
    pub fn set(&mut self, lane: usize, flow: Flow<'_>) {
        if self.n == 0 {
            return;
        }
        if flow.modal.kind() != Kind::Real {
            let whole = self.whole[lane].get_or_insert_default();
            whole.modal.clone_from(flow.modal);
            whole.z.clear();
            whole.z.extend_from_slice(flow.z);
            whole.u = flow.u.map(<[f64]>::to_vec);
            self.driven[lane] = false;
        } else {
            self.whole[lane] = None;
            self.driven[lane] = flow.u.is_some();
        }
        self.any = [self.driven.contains(&true), self.whole.iter().any(Option::is_some)];
        if self.whole[lane].is_some() {
            return;
        }
        for (rates, rate) in self.rates.iter_mut().zip(flow.modal.rates()) {
            rates[lane] = *rate;
        }
        for (r, state) in self.reads.iter().enumerate() {
            let row = flow.modal.state_row(*state);
            for q in 0..self.n {
                self.amplitudes[r * self.n + q][lane] = row[q] * flow.z[q];
                self.entering[r * self.n + q][lane] = flow.u.map_or(0.0, |u| row[q] * u[q]);
            }
        }
    }

    /// Writes the states that are read at some times, h since the start of each lane's stretch, time after time.
    #[inline(always)]
    pub fn at<const S: usize>(&mut self, times: &[[f64; L]; S], x: &mut [[f64; L]]) {
        if self.n == 0 {
            return;
        }
        let reads = self.reads.len();
        x[..S * reads].fill([0.0; L]);
        let amplitudes = &self.amplitudes[..];
        for (q, rate) in self.rates.iter().enumerate() {
            let decays = decays(rate, times);
            for s in 0..S {
                for r in 0..reads {
                    let amplitude = &amplitudes[r * self.n + q];
                    let mut sum = x[s * reads + r];
                    for lane in 0..L {
                        sum[lane] += amplitude[lane] * decays[s][lane];
                    }
                    x[s * reads + r] = sum;
                }
            }
        }
        if self.any[0] {
            times.iter().zip(x.chunks_exact_mut(reads)).for_each(|(t, x)| self.add_driven(t, x));
        }
        if self.any[1] {
            times.iter().zip(x.chunks_exact_mut(reads)).for_each(|(t, x)| self.read_whole(t, x));
        }
    }

    /// Adds what enters the modes of lanes that are driven.
    #[inline(never)]
    fn add_driven(&self, t: &[f64; L], x: &mut [[f64; L]]) {
        for lane in (0..L).filter(|lane| self.driven[*lane]) {
            for q in 0..self.n {
                let response = t[lane] * phi1(self.rates[q][lane] * t[lane]);
                for (r, x) in x.iter_mut().enumerate() {
                    x[lane] += self.entering[r * self.n + q][lane] * response;
                }
            }
        }
    }

    /// Reads the lanes that are evaluated as they are.
    #[inline(never)]
    fn read_whole(&mut self, t: &[f64; L], x: &mut [[f64; L]]) {
        for (lane, whole) in self.whole.iter_mut().enumerate() {
            if let Some(whole) = whole {
                whole.read(t[lane], &self.reads, |r, value| x[r][lane] = value);
            }
        }
    }
}

/// e^(rate t) of all lanes at some times.
#[inline(always)]
fn decays<const S: usize, const L: usize>(rate: &[f64; L], times: &[[f64; L]; S]) -> [[f64; L]; S] {
    let mut decays = [[0.0; L]; S];
    if L == 1 && S > 1 {
        // For one lane, all times in one wide instruction take hardly longer than one of them.
        const { assert!(S <= 8, "they are eight wide") };
        let mut eight = [0.0; 8];
        (0..S).for_each(|s| eight[s] = rate[0] * times[s][0]);
        for x in &mut eight {
            *x = exp(*x);
        }
        (0..S).for_each(|s| decays[s][0] = eight[s]);
        return decays;
    }
    for s in 0..S {
        for lane in 0..L {
            decays[s][lane] = exp(rate[lane] * times[s][lane]);
        }
    }
    decays
}

impl Whole {
    fn read(&mut self, t: f64, reads: &[usize], mut write: impl FnMut(usize, f64)) {
        let Whole { modal, z, u, space, x } = self;
        x.resize(modal.size(), 0.0);
        Flow { modal, z, u: u.as_deref(), start: None }.states(t, space, x);
        reads.iter().enumerate().for_each(|(r, state)| write(r, x[*state]));
    }
}
