//! Runs the checks that a model file brings with it.

use crate::Error;
use crate::dosing::Schedule;
use crate::metrics::nca::{Route, Rule, Samples, Setting, TimeZero, analyse};
use crate::metrics::{Measure, Metric};
use crate::model::{Check, Evidence, Expectation, Model, Printed, Setting as CovariateSetting, Tolerance};
use crate::population::Subject;
use crate::simulate::{OutputView, Profile, Simulation};
use crate::units::{Quantity, Unit, Units};

/// One expected number and what the model gives.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The model's id.
    pub model: String,
    /// What agreement is worth.
    pub kind: Evidence,
    /// The regimen, and covariates where they are set.
    pub given: String,
    /// The output.
    pub output: String,
    /// The metric.
    pub metric: String,
    /// The number as printed in the source, in `unit`.
    pub expected: Printed,
    /// The unit of both.
    pub unit: Unit,
    /// What the model gives, in base units; or why it gives nothing.
    pub found: Result<f64, String>,
    /// How near it has to be.
    pub tolerance: Tolerance,
    /// Where the number comes from.
    pub source: String,
    /// Whether it is near enough.
    pub passed: bool,
}

/// Runs every check of a model.
///
/// # Errors
/// A check that cannot be run, at its place in the model file. A number that does not agree is a result, not an error.
pub fn verify(model: &Model) -> Result<Vec<CheckResult>, Error> {
    verify_on(&Subject::typical(model))
}

/// Runs every check of a subject's model on that subject, whose covariates are those of each check where it sets them. With
/// another value of a parameter it shows which checks see that parameter.
///
/// # Errors
/// As [`verify`].
pub fn verify_on(subject: &Subject<'_>) -> Result<Vec<CheckResult>, Error> {
    let mut results = Vec::new();
    for check in subject.model().checks() {
        run(subject, check, &mut results).map_err(|e| e.placed(&check.place))?;
    }
    Ok(results)
}

fn run(subject: &Subject<'_>, check: &Check, results: &mut Vec<CheckResult>) -> Result<(), Error> {
    let (model, mut subject) = (subject.model(), subject.clone());
    for (name, setting) in &check.covariates {
        subject = subject.with(name, setting.clone())?;
    }
    let last_sample = |e: &Expectation| e.sampled.as_ref().and_then(|times| times.last().copied());
    let measured = check.expect.iter().flat_map(|e| &e.measures).map(horizon);
    let until = measured.chain(check.expect.iter().filter_map(last_sample)).fold(24.0, f64::max);
    let profile = simulated(model, &subject, &check.give, until)?;
    for expectation in &check.expect {
        let reference = match &expectation.relative_to {
            Some(text) => Some(simulated(model, &subject, text, 24.0)?),
            None => None,
        };
        for (measure, expected) in expectation.measures.iter().zip(&expectation.values) {
            let found = found(&profile, reference.as_ref(), expectation, measure)?;
            results.push(CheckResult {
                model: model.id().to_string(),
                kind: check.kind,
                given: given(check),
                output: expectation.output.clone(),
                metric: measure.to_string(),
                expected: expected.clone(),
                unit: expectation.unit.clone(),
                passed: found.as_ref().is_ok_and(|f| expected.accepts(*f, expectation.tolerance)),
                found,
                tolerance: expectation.tolerance,
                source: check.source.clone(),
            });
        }
    }
    Ok(())
}

/// How far a measure looks, h.
fn horizon(measure: &Measure) -> f64 {
    match measure {
        Measure::At(time) => *time,
        Measure::Auc(_, to)
        | Measure::Cmax(Some((_, to)))
        | Measure::Tmax(Some((_, to)))
        | Measure::Cmin(Some((_, to))) => *to,
        _ => 0.0,
    }
}

fn simulated<'m>(model: &'m Model, subject: &Subject<'m>, text: &str, until: f64) -> Result<Profile<'m>, Error> {
    let schedule: Schedule = text.parse()?;
    let end = schedule.clone().bounded(Some(until))?.end();
    let simulation = Simulation::new(model).subject(subject).give(schedule);
    Ok(simulation.until((end + until).hours()).run()?)
}

/// The number in base units, or the reason why there is none.
fn found(
    profile: &Profile<'_>,
    reference: Option<&Profile<'_>>,
    expectation: &Expectation,
    measure: &Measure,
) -> Result<Result<f64, String>, Error> {
    let view = profile.output(&expectation.output)?;
    if let Some(times) = &expectation.sampled {
        return Ok(of_samples(&view, times, measure));
    }
    if let (Measure::F, Some(reference)) = (measure, reference) {
        let of_reference = reference.output(&expectation.output)?;
        let per_dose = |view: &OutputView<'_>, profile: &Profile<'_>| {
            let dose: f64 = profile.sessions().iter().map(|s| s.amount).sum();
            view.auc_inf().map(|auc| auc.in_base() / dose).map_err(|missing| missing.to_string())
        };
        let ratio = per_dose(&view, profile).and_then(|a| Ok(a / per_dose(&of_reference, reference)?));
        return Ok(ratio);
    }
    Ok(view.measure(measure)?.map(|q| q.in_base()).map_err(|missing| missing.to_string()))
}

/// The measure of samples without error, taken when the source took them.
fn of_samples(view: &OutputView<'_>, times: &[f64], measure: &Measure) -> Result<f64, String> {
    let values: Vec<f64> = times.iter().map(|t| view.at(*t).in_base()).collect();
    let samples = Samples::new(times, &values).map_err(|e| e.to_string())?;
    let (metric, interval) = match measure {
        Measure::Tmax(_) => (Metric::Tmax, None),
        Measure::Auc(from, to) => (Metric::Auc, Some((*from, *to))),
        _ => (Metric::Cmax, None),
    };
    let setting =
        Setting { interval, rule: Rule::Linear, time_zero: TimeZero::Zero, ..Setting::new(Route::Extravascular) };
    analyse(&samples, &setting).get(metric).map_err(|missing| missing.to_string())
}

fn given(check: &Check) -> String {
    let settings = check.covariates.iter().map(|(name, setting)| {
        let value = match setting {
            CovariateSetting::Number(quantity) => quantity.to_string(),
            CovariateSetting::Flag(flag) => flag.to_string(),
            CovariateSetting::Category(word) => word.clone(),
        };
        format!(", {name} {value}")
    });
    std::iter::once(check.give.clone()).chain(settings).collect()
}

impl CheckResult {
    /// The number the model gives, in `unit`.
    pub fn found_in_unit(&self) -> Option<Quantity> {
        let found = self.found.as_ref().ok()?;
        Some(Quantity::new(self.unit.from_base(*found), self.unit.clone()))
    }

    /// Whether it counts against the model: an observation never does.
    pub fn failed(&self) -> bool {
        self.kind != Evidence::Observed && !self.passed
    }

    /// How far the model is off, relative to the expected number.
    pub fn deviation(&self) -> Option<f64> {
        self.found.as_ref().ok().map(|found| found / self.expected.value - 1.0)
    }
}
