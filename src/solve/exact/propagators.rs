//! Propagators of one system over a table of distinct lengths of time, each made when it is first needed.

use crate::math::expm::Exponential;
use crate::math::modal::{Block, Modal};
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
pub(super) const WIDTH: usize = 4;

/// Four of them.
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

/// e^(T dt) and, where an input runs, its integral, for each dt of a table.
#[derive(Debug, Default)]
pub(super) struct Propagators {
    known: Vec<Known>,
    /// Single coordinates of an entry, filled up with zeros to whole fours.
    wide: usize,
    decay: Vec<f64>,
    response: Vec<f64>,
    area: usize,
    block_decay: Vec<f64>,
    block_response: Vec<f64>,
    exponential: Exponential,
}

impl Propagators {
    /// Forgets everything and makes room for `count` lengths of `modal`.
    pub fn reset(&mut self, count: usize, modal: &Modal) {
        self.known.clear();
        self.known.resize(count, Known::Nothing);
        (self.wide, self.area) = (modal.real().next_multiple_of(WIDTH), modal.area());
        self.decay.resize(count * self.wide, 0.0);
        self.response.resize(count * self.wide, 0.0);
        self.block_decay.resize(count * modal.area(), 0.0);
        self.block_response.resize(count * modal.area(), 0.0);
    }

    /// Makes entry `k`, for the length `dt`, ready for [`Propagators::advance`].
    #[inline]
    pub fn prepare(&mut self, k: usize, dt: f64, modal: &Modal, driven: bool, work: &mut Work) {
        let needed = if driven { Known::Driven } else { Known::Free };
        if self.known[k] < needed {
            self.make(k, dt, modal, needed, work);
        }
    }

    fn make(&mut self, k: usize, dt: f64, modal: &Modal, needed: Known, work: &mut Work) {
        let rates = |four: usize| modal.rates()[four * WIDTH..].iter().take(WIDTH).enumerate();
        let fours = k * self.wide / WIDTH..(k + 1) * self.wide / WIDTH;
        if self.known[k] == Known::Nothing {
            for (four, decay) in self.decay.as_chunks_mut().0[fours.clone()].iter_mut().enumerate() {
                *decay = [0.0; WIDTH];
                rates(four).for_each(|(i, rate)| decay[i] = (rate * dt).exp());
            }
            work.exponentials += modal.real() as u64;
        }
        if needed == Known::Driven {
            for (four, response) in self.response.as_chunks_mut().0[fours].iter_mut().enumerate() {
                *response = [0.0; WIDTH];
                rates(four).for_each(|(i, rate)| response[i] = dt * phi1(rate * dt));
            }
            work.exponentials += modal.real() as u64;
        }
        for &block in modal.blocks() {
            let at = k * self.area + block.entries().start..k * self.area + block.entries().end;
            let (t, size, decay) = (modal.matrix(block), block.size, &mut self.block_decay[at.clone()]);
            match needed {
                Known::Driven => self.exponential.with_integral(t, size, dt, decay, &mut self.block_response[at]),
                _ => self.exponential.of(t, size, dt, decay),
            }
            work.matrix_exponentials += 1;
        }
        self.known[k] = needed;
    }

    /// Decay and response of four single coordinates over length `k`, made ready before.
    #[inline]
    pub fn singles(&self, k: usize, four: usize) -> (Four, Four) {
        let at = k * self.wide / WIDTH + four;
        (self.decay.as_chunks().0[at], self.response.as_chunks().0[at])
    }

    /// The same for all lengths, by length and four.
    #[inline]
    pub fn all_singles(&self) -> (&[Four], &[Four]) {
        (self.decay.as_chunks().0, self.response.as_chunks().0)
    }

    /// The same of a block, as matrices.
    pub fn block(&self, k: usize, block: Block) -> (&[f64], &[f64]) {
        let at = k * self.area + block.entries().start..k * self.area + block.entries().end;
        (&self.block_decay[at.clone()], &self.block_response[at])
    }
}

/// to = m from.
#[inline]
pub(super) fn apply(m: &[f64], from: &[f64], to: &mut [f64]) {
    // Nearly all blocks are of two coordinates.
    match (m, from, &mut *to) {
        (&[a, b, c, d], &[x, y], [one, other]) => (*one, *other) = (a * x + b * y, c * x + d * y),
        _ => {
            to.fill(0.0);
            add(m, from, to);
        }
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
