//! What is looked for after every step, in all lanes side by side: most steps need no more attention than this.

use super::seat::Seat;
use crate::math::rows::Rows;
use crate::solve::Integrator;

/// What steps are compared with, lane by lane.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub(super) struct Watch<const L: usize> {
    /// When the lane has to be looked at next, h since the beginning of its stretch.
    due: [f64; L],
    /// When the stretch ends.
    until: [f64; L],
    /// 1 where a state was below its smallest value at the latest look, or may have been; else 0.
    low: [f64; L],
    /// The smallest value that each state may take, and the largest magnitude that it had in the stretch.
    least: Rows<L>,
    peaks: Rows<L>,
}

impl<const L: usize> Watch<L> {
    /// For `n` states that are integrated.
    pub fn new(n: usize) -> Self {
        let zero = [0.0; L];
        Watch { due: zero, until: zero, least: Rows::new(n), peaks: Rows::new(n), low: zero }
    }

    /// A stretch of `length` hours begins in a lane.
    pub fn begin(&mut self, lane: usize, seat: &Seat, length: f64) {
        self.until[lane] = length;
        for (least, of) in self.least.iter_mut().zip(seat.scales().least()) {
            least[lane] = *of;
        }
        self.peaks.iter_mut().for_each(|peaks| peaks[lane] = 0.0);
    }

    /// The lane has to be looked at when a step reaches `due`, or the end of the stretch.
    pub fn expect(&mut self, lane: usize, due: f64) {
        self.due[lane] = due.min(self.until[lane]);
    }

    /// The largest magnitudes of the states in a lane's stretch.
    pub fn peaks(&self, lane: usize) -> impl Iterator<Item = f64> {
        self.peaks.iter().map(move |peaks| peaks[lane])
    }

    /// Whether a state of the lane may be below its smallest value after the latest sweep.
    pub fn is_low(&self, lane: usize) -> bool {
        self.low[lane] > 0.0
    }

    /// A look at the latest sweep: the lanes that have to be looked at more closely, a bit each, from the first lane on.
    #[inline(always)]
    pub fn look(&mut self, integrator: &Integrator<L>) -> u64 {
        let Some((moved, to, next)) = integrator.moved() else {
            self.low = [1.0; L];
            return u64::MAX >> (64 - L);
        };
        let (mut low, mut close) = ([0.0; L], 0);
        let (peaks, least) = (&mut self.peaks[..], &self.least[..]);
        for i in 0..peaks.len() {
            let (mut largest, least, next) = (peaks[i], &least[i], &next[i]);
            for l in 0..L {
                let size = next[l].abs();
                largest[l] = if (moved[l] > 0.0) & (size > largest[l]) { size } else { largest[l] };
                low[l] = if next[l] < least[l] { 1.0 } else { low[l] };
            }
            peaks[i] = largest;
        }
        for l in 0..L {
            let here = (moved[l] > 0.0) & ((low[l] > 0.0) | (to[l] >= self.due[l]));
            close |= u64::from(here) << l;
        }
        self.low = low;
        close
    }
}
