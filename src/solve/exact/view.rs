//! What a readout sees of the coordinates of one system.

use super::propagators::Four;
use crate::math::modal::{Block, Modal, WIDTH};
use std::f64::consts::LN_2;

/// A mode is left out where it is below this part of the slowest one: a hundredth of what that one is rounded by, so the sum
/// is as near the truth as before even where all of it cancels.
pub(super) const UNSEEN: f64 = 1.0 / (1u64 << HALVINGS) as f64;
const HALVINGS: i32 = 60;

/// A coordinate with a rate of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    /// Which coordinate it is.
    pub place: usize,
    pub rate: f64,
    /// Time in which it loses a factor of two against the slowest mode.
    pub halving: f64,
}

/// A block of two coordinates of which one at most feeds the other: w e^(T t) z is what each contributes, e^(rate t), and
/// what passes between them, the divided difference of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub place: usize,
    pub rates: [f64; 2],
    pub weights: [f64; 2],
    /// Weight of what has passed from the first coordinate, and from the second.
    pub links: [f64; 2],
    /// As of a mode, where it is faster than the slowest mode.
    pub halving: Option<f64>,
}

/// The coordinates that a readout sees, with their weights.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Weight of every coordinate, filled up to whole fours.
    pub weights: Vec<f64>,
    /// Number of single coordinates, and their weights, four by four.
    pub real: usize,
    pub singles: Vec<Four>,
    /// Whether any single coordinate grows, seen or not.
    pub grows: bool,
    /// Single coordinates that are seen, the slowest first.
    pub modes: Vec<Mode>,
    /// Blocks that are seen.
    pub blocks: Vec<Block>,
    /// These blocks, as far as they are pairs.
    pub pairs: Vec<Pair>,
}

impl View {
    /// Looks at the states of `modal` with weights `c`.
    pub fn look(&mut self, modal: &Modal, c: &[f64]) {
        let Self { weights, real, singles, grows, modes, blocks, pairs } = self;
        *real = modal.real();
        *grows = modal.rates().iter().any(|rate| *rate > 0.0);
        weights.clear();
        weights.resize(c.len().next_multiple_of(WIDTH), 0.0);
        for (state, &c) in c.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            weights.iter_mut().zip(modal.filled_state_row(state)).for_each(|(w, v)| *w += c * v);
        }
        singles.clear();
        singles.extend_from_slice(&weights.as_chunks().0[..modal.real().div_ceil(WIDTH)]);
        if let Some(last) = singles.last_mut() {
            last[(modal.real() - 1) % WIDTH + 1..].fill(0.0);
        }
        modes.clear();
        for (place, (&rate, &weight)) in modal.rates().iter().zip(&*weights).enumerate() {
            if weight != 0.0 {
                let slower = modes.iter().take_while(|mode| mode.rate >= rate).count();
                modes.insert(slower, Mode { place, rate, halving: 0.0 });
            }
        }
        let slowest = modes.first().map(|mode| mode.rate);
        let halving = |rate: f64| slowest.map_or(f64::NAN, |slowest| LN_2 / (slowest - rate));
        modes.iter_mut().for_each(|mode| mode.halving = halving(mode.rate));
        blocks.clear();
        blocks.extend(modal.blocks().iter().filter(|block| weights[block.coordinates()].iter().any(|w| *w != 0.0)));
        pairs.clear();
        for block in &*blocks {
            let (&[a, b, c, d], &[one, other]) = (modal.matrix(*block), &weights[block.coordinates()]) else {
                continue;
            };
            if b * c == 0.0 {
                let halving = Some(halving(a.max(d))).filter(|halving| *halving > 0.0);
                let links = [other * c, one * b];
                pairs.push(Pair { place: block.at, rates: [a, d], weights: [one, other], links, halving });
            }
        }
    }

    /// Whether all that is seen are exponentials and divided differences of two of them.
    pub fn is_closed(&self) -> bool {
        self.pairs.len() == self.blocks.len()
    }
}

/// When a contribution that is now `amplitude` can no longer be seen beside the slowest mode, now `slowest`.
#[inline(always)]
pub(super) fn unseen_from(amplitude: f64, slowest: f64, halving: f64) -> f64 {
    if slowest.abs() < f64::MIN_POSITIVE {
        return f64::INFINITY;
    }
    // The exponent of the first rounded up, and of the second rounded down.
    f64::from(exponent(amplitude) + 1 - exponent(slowest) + HALVINGS) * halving
}

#[inline(always)]
fn exponent(x: f64) -> i32 {
    (x.to_bits() >> 52 & 0x7ff) as i32
}
