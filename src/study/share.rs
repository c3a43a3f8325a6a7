//! Shares of virtual people in tables, and what is said of those who failed.

use crate::error::Diagnostic;
use crate::io::Cell;
use crate::math::normal;
use crate::math::statistics::wilson;

/// How often the interval of a share holds the true share.
const CONFIDENCE: f64 = 0.95;
/// Why people have no number.
pub(crate) const FAILED: &str = "everybody failed";

/// A share and the limits of Wilson's interval; why there is none of nobody.
pub(super) fn share_cells(hits: u64, of: u64, why: &str) -> [Cell; 3] {
    if of == 0 {
        return [(); 3].map(|()| Cell::missing(why));
    }
    let (low, high) = wilson(hits, of, normal::quantile(0.5 + 0.5 * CONFIDENCE));
    [hits as f64 / of as f64, low, high].map(Cell::Number)
}

/// Says how many failed, if any did; `how` is what they did, such as "failed".
pub(super) fn subjects_failed(failed: usize, of: u64, how: &str) -> Option<Diagnostic> {
    let message = || format!("{failed} of {of} subjects {how}: they have no values");
    (failed > 0).then(|| Diagnostic::warning("W_SUBJECTS_FAILED", message()))
}
