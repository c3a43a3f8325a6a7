//! Tolerances, errors and times of engines on a workload.

use crate::course::OBSERVATIONS;
use crate::engines::{Engine, Failure, How};
use crate::people::Person;
use crate::workloads::{Tolerance, Workload};
use cpu_time::ProcessTime;

pub const ROUNDS: usize = 7;
/// People whose errors decide on a tolerance.
pub const JUDGES: usize = 20;
/// People that the other engines take in each round, where their tolerance is fixed: they are slow, and no person is easier
/// for them than another.
pub const OTHERS: usize = 100;
/// People of one call each, which stay in the first caches.
pub const CALLS: usize = 16;
/// Observations below this share of the largest have no relative error.
const SEEN: f64 = 1e-6;
/// Passes are repeated until they took this long, s: clocks are coarse.
const LEAST: f64 = 0.01;
/// What formulas are given as a tolerance, and ignore.
const UNUSED: f64 = 1e-6;

/// Largest differences from the exact observations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Errors {
    /// Relative to the person's largest observation.
    pub of_peak: f64,
    /// Relative to the observation itself.
    pub of_value: f64,
}

/// What was found about an engine.
pub struct Row {
    pub name: String,
    /// None where no tolerance of the ladder was enough, or there is none.
    pub tolerance: Option<f64>,
    pub how: How,
    /// Of the people who decide on the tolerance, and of all.
    pub judged: Errors,
    pub errors: Errors,
    pub failures: usize,
    /// CPU time of a person, microseconds: medians of the rounds.
    pub time: f64,
    /// The same for one of a few people in calls of their own.
    pub call: f64,
}

/// A workload that was measured.
pub struct Measured {
    pub name: &'static str,
    pub what: &'static str,
    pub rows: Vec<Row>,
}

impl Measured {
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name.starts_with(name))
    }
}

/// Judges every engine of a workload, then lets all take turns.
///
/// # Errors
/// A reference that cannot be made.
pub fn measure(mut workload: Workload, people: &[Person]) -> Result<Measured, Failure> {
    eprintln!("{}: reference of {} people", workload.name, people.len());
    let mut exact = Vec::with_capacity(people.len() * OBSERVATIONS);
    for person in people {
        exact.extend((workload.exact)(person)?);
    }
    let tolerance = workload.tolerance;
    workload.engines.push(workload.one_by_one);
    let mut rows: Vec<Row> = workload.engines.iter().map(|engine| judge(engine, tolerance, people, &exact)).collect();
    let mut out = vec![0.0; people.len() * OBSERVATIONS];
    let mut times = vec![[Vec::new(), Vec::new()]; rows.len()];
    for round in 1..=ROUNDS {
        eprintln!("{}: round {round} of {ROUNDS}", workload.name);
        for ((engine, row), times) in workload.engines.iter().zip(&rows).zip(&mut times) {
            if row.tolerance.is_none() && row.how == How::Integrated {
                continue;
            }
            let fewer = matches!(tolerance, Tolerance::Fixed(_)) && !engine.name.starts_with("posology");
            let timed = if fewer { people.len().min(OTHERS) } else { people.len() };
            let called = people.len().min(CALLS);
            for (count, times) in [timed, called].into_iter().zip(times) {
                let mut run = (engine.load)(&people[..count], row.tolerance.unwrap_or(UNUSED));
                times.push(time(|| run(&mut out[..count * OBSERVATIONS])) / count as f64);
            }
        }
    }
    for (row, [all, calls]) in rows.iter_mut().zip(times) {
        (row.time, row.call) = (median(all), median(calls));
    }
    Ok(Measured { name: workload.name, what: workload.what, rows })
}

/// CPU time of a pass, microseconds.
fn time(mut pass: impl FnMut()) -> f64 {
    let (begun, mut passes) = (ProcessTime::now(), 0.0);
    loop {
        pass();
        passes += 1.0;
        let taken = begun.elapsed().as_secs_f64();
        if taken >= LEAST {
            return taken * 1e6 / passes;
        }
    }
}

/// Finds the tolerance of an engine, and runs everybody with it.
fn judge(engine: &Engine, tolerance: Tolerance, people: &[Person], exact: &[f64]) -> Row {
    eprintln!("  {}", engine.name);
    let mut out = vec![0.0; exact.len()];
    let judges = people.len().min(JUDGES);
    let mut judged = None;
    let tolerance = match (engine.how, tolerance) {
        (How::Closed, _) => None,
        (How::Integrated, Tolerance::Fixed(tolerance)) => Some(tolerance),
        // From 1e-2 to 1e-12 in half decades.
        (How::Integrated, Tolerance::Within(most)) => {
            (4..=24).map(|halves| 10_f64.powf(-f64::from(halves) / 2.0)).find(|tolerance| {
                (engine.load)(&people[..judges], *tolerance)(&mut out[..judges * OBSERVATIONS]);
                judged = errors(&out[..judges * OBSERVATIONS], exact);
                judged.is_some_and(|errors| errors.of_peak <= most)
            })
        }
    };
    if tolerance.is_some() || engine.how == How::Closed {
        (engine.load)(people, tolerance.unwrap_or(UNUSED))(&mut out);
    }
    let (mut failures, mut worst) = (0, Errors::default());
    for (out, exact) in out.chunks_exact(OBSERVATIONS).zip(exact.chunks_exact(OBSERVATIONS)) {
        match errors(out, exact) {
            Some(errors) => worst = worst.or(errors),
            None => failures += 1,
        }
    }
    Row {
        name: engine.name.clone(),
        tolerance,
        how: engine.how,
        judged: judged.unwrap_or_default(),
        errors: worst,
        failures,
        time: f64::NAN,
        call: f64::NAN,
    }
}

/// The largest errors of whole people; None where a number is none.
pub fn errors(out: &[f64], exact: &[f64]) -> Option<Errors> {
    if out.iter().any(|y| y.is_nan()) {
        return None;
    }
    let mut worst = Errors::default();
    for (out, exact) in out.chunks_exact(OBSERVATIONS).zip(exact.chunks_exact(OBSERVATIONS)) {
        let peak = exact.iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
        for (y, exact) in out.iter().zip(exact) {
            let difference = (y - exact).abs();
            worst.of_peak = worst.of_peak.max(difference / peak);
            if exact.abs() > SEEN * peak {
                worst.of_value = worst.of_value.max(difference / exact.abs());
            }
        }
    }
    Some(worst)
}

impl Errors {
    fn or(self, other: Errors) -> Errors {
        Errors { of_peak: self.of_peak.max(other.of_peak), of_value: self.of_value.max(other.of_value) }
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
