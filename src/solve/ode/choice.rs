//! Which method a lane is best carried by, learned from its steps.

use super::control::{exp2, log2};
use super::step::Step;

/// Rate x step from which on stability may be what limits the steps of the accurate explicit method, and below which the
/// enduring one does not pay.
const STRAINED: f64 = 2.0;
const AT_EASE: f64 = 1.5;
/// So many steps in a row that say so, and the other one takes over.
const DOUBTS: f64 = 3.0;
/// log2 of the largest rate x step that the enduring method is asked for; it is unstable from 9.6 on.
const BRINK: f64 = 2.9;
/// The smallest factor between its steps for that reason: where nothing moves any more, the rate is one of rounding.
const CURB: f64 = 0.2;
/// Rate x step from which on stiffness may be what limits the steps of the explicit method; it is unstable from 3.5 on.
const LIMITED: f64 = 1.0;
/// So many steps in a row beyond it, and the stiff method is tried.
const SIGNS: f64 = 15.0;
/// Fewer steps to the end of the stretch than these are not worth a change.
const MANY: f64 = 500.0;
/// So many steps in a row of the stiff method that cost more than the explicit one is expected to, and it is left.
const CALM: f64 = 10.0;
/// The longest that attempts with the stiff method are put off: twice as long after each one that did not pay.
const DOUBTFUL: f64 = 64.0 * SIGNS;

/// What speaks for a change of method, lane by lane.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub struct Choice<const L: usize> {
    /// Steps in a row that do.
    signs: [f64; L],
    /// So many of the explicit method are enough.
    enough: [f64; L],
    /// Steps of the stiff method since it was entered.
    stay: [f64; L],
    /// The square of rate x step of the explicit method when it was left.
    limit: [f64; L],
    /// 1 where the enduring explicit method makes the next steps, 0 where the accurate one does.
    pub enduring: [f64; L],
    /// Steps in a row that speak against the present explicit method.
    doubts: [f64; L],
}

impl<const L: usize> Choice<L> {
    pub fn new() -> Self {
        Self {
            signs: [0.0; L],
            enough: [SIGNS; L],
            stay: [0.0; L],
            limit: [0.0; L],
            enduring: [0.0; L],
            doubts: [0.0; L],
        }
    }

    /// Another subject comes.
    pub fn forget(&mut self, lane: usize) {
        (self.signs[lane], self.enough[lane], self.stay[lane], self.limit[lane]) = (0.0, SIGNS, 0.0, 0.0);
    }

    /// A stretch begins: accuracy limits its first steps.
    pub fn begin(&mut self, lane: usize) {
        (self.enduring[lane], self.doubts[lane]) = (0.0, 0.0);
    }

    /// Chooses the explicit method of the next step, and keeps the enduring one from the end of its stability: `square` is that
    /// of the dominant rate of the system times the step `h`.
    #[inline(always)]
    pub fn weigh(&mut self, accepted: &[f64; L], square: &[f64; L], h: &[f64; L], proposal: &mut [f64; L]) {
        for l in 0..L {
            let (good, enduring) = (accepted[l] > 0.0, self.enduring[l] > 0.0);
            let doubt = if enduring { square[l] < AT_EASE * AT_EASE } else { square[l] > STRAINED * STRAINED };
            let doubts = if doubt { self.doubts[l] + 1.0 } else { 0.0 };
            let turns = good & (doubts >= DOUBTS);
            self.doubts[l] = if good { doubts } else { self.doubts[l] };
            self.doubts[l] = if turns { 0.0 } else { self.doubts[l] };
            self.enduring[l] = if turns { 1.0 - self.enduring[l] } else { self.enduring[l] };
            let factor = exp2(BRINK - 0.5 * log2(square[l]));
            let most = h[l] * if factor > CURB { factor } else { CURB };
            let cut = good & (self.enduring[l] > 0.0) & (proposal[l] > most);
            proposal[l] = if cut { most } else { proposal[l] };
        }
    }

    /// Takes note of steps of the explicit method, where they were accepted. `square` is that of the dominant rate of the system
    /// times the step, `until` the end of the stretch, h. True if a lane has to change.
    #[inline(always)]
    pub fn sees_stiffness(&mut self, accepted: &[f64; L], square: &[f64; L], step: &Step<L>, until: &[f64; L]) -> bool {
        let mut any = false;
        for l in 0..L {
            let sign = (square[l] > LIMITED * LIMITED) & (until[l] - step.to[l] > MANY * step.h[l]);
            let signs = if sign { self.signs[l] + 1.0 } else { 0.0 };
            let good = accepted[l] > 0.0;
            self.signs[l] = if good { signs } else { self.signs[l] };
            any |= good & (signs >= self.enough[l]);
        }
        any
    }

    /// Whether the lane changes to the stiff method.
    pub fn enters(&mut self, lane: usize, square: f64) -> bool {
        let enters = self.signs[lane] >= self.enough[lane];
        if enters {
            (self.signs[lane], self.stay[lane], self.limit[lane]) = (0.0, 0.0, square);
        }
        enters
    }

    /// Takes note of a step of the stiff method and says whether the lane leaves it. `price` is its work in steps of the
    /// explicit one.
    pub fn leaves(&mut self, lane: usize, square: f64, price: f64) -> bool {
        self.signs[lane] = if square < price * price * self.limit[lane] { self.signs[lane] + 1.0 } else { 0.0 };
        self.stay[lane] += 1.0;
        let leaves = self.signs[lane] >= CALM;
        if leaves {
            let paid = self.stay[lane] >= 2.0 * CALM;
            self.enough[lane] = if paid { SIGNS } else { (2.0 * self.enough[lane]).min(DOUBTFUL) };
            self.signs[lane] = 0.0;
        }
        leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proposal and the method after accepted steps of 1 h that asked for 10 h.
    fn weighed(squares: &[f64]) -> (f64, f64) {
        let (mut choice, mut proposal) = (Choice::<1>::new(), [0.0]);
        for square in squares {
            proposal = [10.0];
            choice.weigh(&[1.0], &[*square], &[1.0], &mut proposal);
        }
        (proposal[0], choice.enduring[0])
    }

    #[test]
    fn the_enduring_method_takes_over_after_three_strained_steps_and_leaves_after_three_easy_ones() {
        assert_eq!(weighed(&[9.0, 9.0]), (10.0, 0.0));
        assert_eq!(weighed(&[9.0, 9.0, 1.0, 9.0]), (10.0, 0.0));
        assert_eq!(weighed(&[9.0; 3]).1, 1.0);
        assert_eq!(weighed(&[9.0, 9.0, 9.0, 1.0, 1.0]).1, 1.0);
        assert_eq!(weighed(&[9.0, 9.0, 9.0, 1.0, 1.0, 1.0]), (10.0, 0.0));
    }

    #[test]
    fn its_steps_stay_below_the_brink_and_never_collapse() {
        for square in [9.0, 49.0, 81.0, 400.0] {
            let (proposal, enduring) = weighed(&[9.0, 9.0, 9.0, square]);
            let reached = proposal * square.sqrt();
            assert!(enduring == 1.0 && (7.2..7.8).contains(&reached), "{square}: {reached}");
        }
        for square in [1e6, 1e150, f64::MAX, f64::INFINITY] {
            assert_eq!(weighed(&[9.0, 9.0, 9.0, square]).0, CURB);
        }
    }
}
