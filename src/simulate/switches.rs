//! Covariates that follow the clock: when they change, and what they are from then on.

use super::SimulationError;
use crate::model::{Covariate, Steps};
use crate::population::Subject;

/// The most changes of covariates and occasions in one run; each has a matrix of its own.
pub(super) const MAX_SWITCHES: usize = 100_000;

/// Times after the start, up to `until`, at which a covariate that follows the clock changes.
///
/// # Errors
/// More changes than one run may hold.
pub(super) fn times(covariates: &[Covariate], until: f64) -> Result<Vec<f64>, SimulationError> {
    let clocks = covariates.iter().filter_map(|c| c.steps.as_ref());
    let count = clocks.fold(0, |sum: usize, s| sum.saturating_add(periods(s, until).saturating_mul(s.points.len())));
    if count > MAX_SWITCHES {
        return Err(SimulationError::TooMany { count, what: "changes of covariates", limit: MAX_SWITCHES });
    }
    let mut times: Vec<f64> =
        covariates.iter().filter_map(|c| c.steps.as_ref()).flat_map(|s| changes(s, until)).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    Ok(times)
}

/// How many periods begin up to `until`, at least one.
fn periods(steps: &Steps, until: f64) -> usize {
    steps.every.map_or(0, |every| (until / every).floor() as usize).saturating_add(1)
}

fn changes(steps: &Steps, until: f64) -> Vec<f64> {
    let all = (0..periods(steps, until)).flat_map(|k| {
        let origin = steps.every.map_or(0.0, |every| every * k as f64);
        steps.points.iter().map(move |(at, _)| origin + at)
    });
    all.filter(|t| *t > 0.0 && *t <= until).collect()
}

/// The value of each covariate of a person from `time` on.
pub(super) fn values<'a>(
    covariates: &'a [Covariate],
    subject: &'a Subject<'_>,
    time: f64,
) -> impl Iterator<Item = f64> + 'a {
    covariates.iter().enumerate().map(move |(i, covariate)| match &covariate.steps {
        Some(steps) if !subject.is_given(i) => at(steps, time).unwrap_or(covariate.reference),
        _ => subject.covariates()[i],
    })
}

/// The value that holds at a time: of the latest point before it, in the period it is in.
fn at(steps: &Steps, time: f64) -> Option<f64> {
    let phase = match steps.every {
        Some(every) => time - (time / every).floor() * every,
        None => time,
    };
    let latest = steps.points.iter().rfind(|(t, _)| *t <= phase);
    // Before the first point of a period the last one of the period before still holds.
    latest.or(if steps.every.is_some() { steps.points.last() } else { None }).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meal_of_one_hour_a_day_switches_on_and_off() {
        let steps = Steps { points: vec![(0.0, 0.0), (4.0, 1.0), (5.0, 0.0)], every: Some(24.0) };
        assert_eq!(changes(&steps, 30.0), [4.0, 5.0, 24.0, 28.0, 29.0]);
        for (time, value) in [(0.0, 0.0), (3.9, 0.0), (4.0, 1.0), (5.0, 0.0), (28.5, 1.0), (29.0, 0.0)] {
            assert_eq!(at(&steps, time), Some(value), "{time} h");
        }
    }

    #[test]
    fn a_clock_that_ticks_too_often_is_refused() {
        let steps = Steps { points: vec![(0.0, 0.0)], every: Some(1e-300) };
        assert_eq!(periods(&steps, 1e30), usize::MAX);
        assert_eq!(periods(&Steps { every: None, ..steps }, 1e30), 1);
    }

    #[test]
    fn before_the_first_point_of_a_period_the_last_one_holds() {
        let steps = Steps { points: vec![(8.0, 1.0), (20.0, 2.0)], every: Some(24.0) };
        assert_eq!((at(&steps, 2.0), at(&steps, 26.0)), (Some(2.0), Some(2.0)));
        let once = Steps { every: None, ..steps };
        assert_eq!((at(&once, 2.0), at(&once, 100.0)), (None, Some(2.0)));
    }
}
