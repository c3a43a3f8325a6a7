//! Occasions: when they begin, and what varies between them.
//!
//! The first occasion begins at the start, every further one with a session, at the time its first dose is given. Doses closer
//! to the one before than the model's gap belong to its session.

use super::SimulationError;
use super::switches::MAX_SWITCHES;
use crate::model::{Eta, Level, Model};
use crate::population::Subject;

/// The random effects between occasions, in the order of [`Subject::effects_on`].
pub(super) fn between(model: &Model) -> impl Iterator<Item = &Eta> {
    model.etas().iter().filter(|eta| eta.level == Level::Occasion)
}

/// Whether anything varies between occasions.
pub(super) fn varies(model: &Model) -> bool {
    between(model).next().is_some()
}

/// Writes the random effects of a subject on an occasion into a register file.
pub(super) fn show_effects(model: &Model, subject: &Subject<'_>, occasion: usize, file: &mut [[f64; 1]]) {
    let mut on_occasion = subject.effects_on(occasion).iter();
    for (eta, between) in model.etas().iter().zip(subject.effects()) {
        let value = match eta.level {
            Level::Subject => Some(between),
            Level::Occasion => on_occasion.next(),
        };
        file[eta.slot] = [value.copied().unwrap_or_default()];
    }
}

/// Whether a dose begins a session: none was given before, or the one before is at least a gap ago. Doses at one time are of
/// one session, whatever the gap.
pub(super) fn begins_session(before: Option<f64>, time: f64, gap: f64) -> bool {
    // Times that are meant to be a gap apart differ by rounding.
    let same = 1e-10 * time.abs().max(1.0);
    before.is_none_or(|before| time - before >= gap - same && time - before > same)
}

/// Times at which occasions after the first begin, for doses given at these times; none if nothing varies between occasions.
pub(super) fn of_doses(model: &Model, mut doses: Vec<f64>) -> Vec<f64> {
    if !varies(model) {
        return Vec::new();
    }
    doses.sort_by(f64::total_cmp);
    let gap = model.population().session_gap();
    let sessions = doses.windows(2).filter(|two| begins_session(Some(two[0]), two[1], gap));
    sessions.map(|two| two[1]).collect()
}

/// Adds the beginnings of occasions to the ascending times at which covariates change.
///
/// # Errors
/// More changes than one run may hold.
pub(super) fn join(switches: &mut Vec<f64>, begins: &[f64]) -> Result<(), SimulationError> {
    let count = switches.len() + begins.len();
    if count > MAX_SWITCHES {
        return Err(SimulationError::TooMany { count, what: "occasions", limit: MAX_SWITCHES });
    }
    switches.extend(begins);
    switches.sort_by(f64::total_cmp);
    switches.dedup();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::begins_session;

    #[test]
    fn a_session_begins_a_gap_after_the_dose_before() {
        assert!(begins_session(None, 0.0, 12.0));
        assert!(!begins_session(Some(0.0), 11.9, 12.0));
        assert!(begins_session(Some(0.0), 12.0, 12.0));
        assert!(begins_session(Some(0.1), 0.1 + 12.0 - 1e-12, 12.0));
        assert!(!begins_session(Some(5.0), 5.0, 0.0));
        assert!(begins_session(Some(5.0), 5.1, 0.0));
    }
}
