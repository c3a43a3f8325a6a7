//! Which method a lane is best carried by, learned from its steps.

/// Rate x step from which on stiffness may be what limits the steps of the explicit method; it is unstable from 3.5 on.
const LIMITED: f64 = 0.8;
/// So many steps in a row beyond it, and the stiff method is tried.
const SIGNS: u32 = 15;
/// Fewer steps to the end of the stretch than these are not worth a change.
const MANY: f64 = 500.0;
/// So many steps in a row of the stiff method that cost more than the explicit one is expected to, and it is left.
const CALM: u32 = 10;

/// How much longer an attempt with the stiff method is put off after each one that did not pay, as powers of two.
const DOUBTS: u32 = 6;

/// What speaks for a change of method.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    /// Steps in a row that do.
    signs: u32,
    /// Steps since the latest change.
    stay: u32,
    /// Rate x step of the explicit method when it was left.
    limit: f64,
    /// Attempts in a row with the stiff method that did not pay.
    doubts: u32,
}

impl Choice {
    /// Whether the method changes after a step. `rate` is the dominant rate of the system times the step, `price` the work of
    /// a step of the stiff method in steps of the explicit one, `left` how many steps like the latest the stretch still takes.
    #[inline(always)]
    pub fn changes(&mut self, stiff: bool, rate: f64, price: f64, left: f64) -> bool {
        let (sign, enough) = match stiff {
            true => (rate < price * self.limit, CALM),
            false => ((rate > LIMITED) & (left > MANY), SIGNS << self.doubts),
        };
        self.signs = if sign { self.signs + 1 } else { 0 };
        self.stay = self.stay.saturating_add(1);
        if self.signs < enough {
            return false;
        }
        match stiff {
            true if self.stay < 2 * CALM => self.doubts = (self.doubts + 1).min(DOUBTS),
            true => self.doubts = 0,
            false => self.limit = rate,
        }
        (self.signs, self.stay) = (0, 0);
        true
    }
}
