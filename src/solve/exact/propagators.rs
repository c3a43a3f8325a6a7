//! Propagators of one system over a table of distinct lengths of time, each made when it is first needed.

use crate::math::expm::Exponential;
use crate::math::exponential::exp;
use crate::math::kernel::{self, Kernel};
use crate::math::modal::{Block, Modal, WIDTH};
use crate::math::phi::phi1;
use crate::solve::Work;

/// Smaller amplitudes are zero: far below any dose, and clear of the slow arithmetic of subnormal numbers.
pub(in crate::solve) const NOTHING: f64 = 1e-290;

/// The number, or zero where it is next to nothing.
#[inline(always)]
pub(super) fn or_nothing(x: f64) -> f64 {
    if x.abs() < NOTHING { 0.0 } else { x }
}

/// Coordinates that are taken side by side.
pub(super) type Four = [f64; WIDTH];

/// How much is known about an entry of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Nothing,
    /// What decay needs.
    Free,
    /// And what a constant input needs.
    Driven,
}

/// e^(T dt) and, where an input runs, its integral, for each dt of a table. First all that is needed is asked for, then made.
#[derive(Debug, Default)]
pub(super) struct Propagators {
    known: Vec<Known>,
    /// Entries that were asked for: what is still to be made of them.
    free: Vec<usize>,
    driven: Vec<usize>,
    rates: Vec<Four>,
    decay: Vec<Four>,
    response: Vec<Four>,
    area: usize,
    block_decay: Vec<f64>,
    block_response: Vec<f64>,
    exponential: Exponential,
}

/// e^(rate dt) for some entries.
struct Decays<'a> {
    entries: &'a [usize],
    times: &'a [f64],
    rates: &'a [Four],
    decay: &'a mut [Four],
}

impl kernel::Work for Decays<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Decays { entries, times, rates, decay } = self;
        let fours = rates.len();
        for &k in entries {
            for (four, rates) in rates.iter().enumerate() {
                let mut now = [1.0; WIDTH];
                if times[k] > 0.0 {
                    for i in 0..WIDTH {
                        now[i] = exp(rates[i] * times[k]);
                    }
                }
                decay[k * fours + four] = now;
            }
        }
    }
}

impl Propagators {
    /// Forgets everything and makes room for `count` lengths of `modal`.
    pub fn reset(&mut self, count: usize, modal: &Modal) {
        self.known.clear();
        self.known.resize(count, Known::Nothing);
        self.free.clear();
        self.driven.clear();
        self.rates.clear();
        let fours = modal.rates().chunks(WIDTH);
        self.rates.extend(fours.map(|rates| -> Four { std::array::from_fn(|i| rates.get(i).copied().unwrap_or(0.0)) }));
        self.area = modal.area();
        self.decay.resize(count * self.rates.len(), [0.0; WIDTH]);
        self.response.resize(count * self.rates.len(), [0.0; WIDTH]);
        self.block_decay.resize(count * modal.area(), 0.0);
        self.block_response.resize(count * modal.area(), 0.0);
    }

    /// Asks for entry `k`.
    #[inline]
    pub fn want(&mut self, k: usize, driven: bool) {
        let needed = if driven { Known::Driven } else { Known::Free };
        if self.known[k] >= needed {
            return;
        }
        if self.known[k] == Known::Nothing {
            self.free.push(k);
        }
        if driven {
            self.driven.push(k);
        }
        self.known[k] = needed;
    }

    /// Makes all that was asked for; `times` are those of all entries.
    pub fn make(&mut self, times: &[f64], modal: &Modal, kernel: Kernel, work: &mut Work) {
        let Self { known, free, driven, rates, decay, response, block_decay, block_response, .. } = self;
        kernel.run_narrow(Decays { entries: free, times, rates, decay });
        let place =
            |k: usize, block: Block| k * modal.area() + block.entries().start..k * modal.area() + block.entries().end;
        let mut matrices = 0;
        for &block in modal.blocks() {
            for &k in free.iter().filter(|k| known[**k] == Known::Free) {
                self.exponential.of(modal.matrix(block), block.size, times[k], &mut block_decay[place(k, block)]);
                matrices += 1;
            }
        }
        for &k in &*driven {
            let response = response[k * rates.len()..].as_flattened_mut();
            // Places beyond the last rate too: what another subject left there may be infinite.
            for (response, rate) in response.iter_mut().zip(rates.as_flattened()) {
                *response = times[k] * phi1(rate * times[k]);
            }
            for &block in modal.blocks() {
                let (t, decay) = (modal.matrix(block), &mut block_decay[place(k, block)]);
                let response = &mut block_response[place(k, block)];
                self.exponential.with_integral(t, block.size, times[k], decay, response);
                matrices += 1;
            }
        }
        work.exponentials += (modal.real() * (free.len() + driven.len())) as u64;
        work.matrix_exponentials += matrices;
        free.clear();
        driven.clear();
    }

    /// Decay and response of four single coordinates over length `k`, made ready before.
    #[inline]
    pub fn singles(&self, k: usize, four: usize) -> (Four, Four) {
        let at = k * self.rates.len() + four;
        (self.decay[at], self.response[at])
    }

    /// The same for all lengths, by length and four.
    #[inline]
    pub fn all_singles(&self) -> (&[Four], &[Four]) {
        (&self.decay, &self.response)
    }

    /// The same of a block, as matrices.
    #[inline]
    pub fn block(&self, k: usize, block: Block) -> (&[f64], &[f64]) {
        let at = k * self.area + block.entries().start..k * self.area + block.entries().end;
        (&self.block_decay[at.clone()], &self.block_response[at])
    }
}

/// m x for two coordinates.
#[inline(always)]
pub(super) fn turn(m: &[f64], x: &[f64]) -> [f64; 2] {
    [m[0] * x[0] + m[1] * x[1], m[2] * x[0] + m[3] * x[1]]
}

/// to = m from.
#[inline]
pub(super) fn apply(m: &[f64], from: &[f64], to: &mut [f64]) {
    // Nearly all blocks are of two coordinates.
    if to.len() == 2 {
        to.copy_from_slice(&turn(m, from));
    } else {
        to.fill(0.0);
        add(m, from, to);
    }
}

/// to += m from.
#[inline]
pub(super) fn add(m: &[f64], from: &[f64], to: &mut [f64]) {
    let n = from.len();
    for (i, to) in to.iter_mut().enumerate() {
        *to += dot(&m[i * n..(i + 1) * n], from);
    }
}

// By index: an iterator over two slices can stay a call of its own, which costs more than these short sums.
#[inline]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (n, mut sum) = (a.len().min(b.len()), 0.0);
    for i in 0..n {
        sum += a[i] * b[i];
    }
    sum
}
