//! Doses that enter by input functions of the time since they arrived.

use super::Cursor;
use crate::simulate::field::Arrived;

/// What a dose still puts in, as a share of the most it ever did in a time as long, when it counts no longer.
const SPENT: f64 = 1e-16;
/// How far back its past is looked at, in halvings of the time since it arrived.
const HALVINGS: i32 = 40;
/// How far ahead, in doublings.
const DOUBLINGS: i32 = 5;

impl Cursor<'_> {
    /// Forgets the doses that put nothing in any more.
    pub(super) fn drop_spent(&mut self) {
        let mut arrived = std::mem::take(&mut self.arrived);
        arrived.retain(|dose| !self.is_spent(dose, self.time - dose.time));
        self.arrived = arrived;
    }

    /// Whether a dose puts nothing in any more, `since` h after it arrived: it did before, and does not later.
    pub(super) fn is_spent(&mut self, dose: &Arrived, since: f64) -> bool {
        if since <= 0.0 {
            return false;
        }
        let mut share = |exponent: i32| {
            let t = since * 2f64.powi(exponent);
            t * self.input_rate(dose, t).abs()
        };
        let now = share(0);
        if now > SPENT {
            return false;
        }
        let most = (-HALVINGS..0).map(&mut share).fold(0.0, f64::max);
        (0..=DOUBLINGS).all(|exponent| share(exponent) <= SPENT * most)
    }

    /// How long after it arrived a dose puts in most, h, roughly.
    pub(super) fn busiest(&mut self, dose: &Arrived) -> f64 {
        dose.busiest(self.replay.model, &mut self.file)
    }

    /// Rate of a dose, per h and unit of what enters.
    fn input_rate(&mut self, dose: &Arrived, since: f64) -> f64 {
        dose.rate_at(self.replay.model, since, &mut self.file)
    }
}
