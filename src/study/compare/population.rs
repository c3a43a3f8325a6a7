//! A comparison on a population: the same virtual people in every arm.

use super::Models;
use super::arm::{base, session_simulation};
use super::effects::Shown;
use super::effects_people::{self, PeopleEffect};
use super::plan::{ArmPlan, Plan};
use crate::error::{Diagnostic, Fault, Faults};
use crate::math::statistics::{Moments, percentile};
use crate::math::student;
use crate::metrics::Measure;
use crate::model::Model;
use crate::population::Population;
use crate::solve::Work;
use crate::study::PlanError;
use crate::study::cohort::{Bands, Cohort, Measured};
use crate::{Error, ErrorKind};

/// Percentiles of tables and bands: the middle, and the range that nine in ten are in.
pub const PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];
/// How often an interval of a ratio holds the true ratio.
const CONFIDENCE: f64 = 0.90;
/// Areas of a session are taken up to here, h.
const DAY: f64 = 24.0;

/// What a population gave.
#[derive(Debug)]
pub struct PopulationResult {
    /// People in every arm.
    pub size: u64,
    /// The seed.
    pub seed: u64,
    /// Place of the arm that others are compared with.
    pub reference: Option<usize>,
    /// In the order of the comparison's arms.
    pub arms: Vec<ArmPeople>,
}

/// What a population gave in one arm.
#[derive(Debug)]
pub struct ArmPeople {
    /// The arm's name.
    pub name: String,
    /// The metrics of each person.
    pub metrics: Vec<Measured>,
    /// What effects do on them.
    pub effects: Vec<PeopleEffect>,
    /// Percentiles of the arm's output over one session.
    pub curves: Vec<Vec<f64>>,
    /// Their times, h.
    pub times: Vec<f64>,
    /// How many failed.
    pub failed: usize,
    /// What the engines did.
    pub work: Work,
    /// What should be known about the people of the arm.
    pub warnings: Vec<Diagnostic>,
}

/// A metric of many people.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How many have a value.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation; none of one value.
    pub sd: Option<f64>,
    /// Those that were asked for.
    pub percentiles: Vec<f64>,
    /// Geometric mean; none unless all values are above 0.
    pub geometric_mean: Option<f64>,
    /// Geometric coefficient of variation, sqrt(exp(s²) - 1) with s the standard deviation of the logarithms.
    pub geometric_cv: Option<f64>,
}

/// A ratio of geometric means of the same people, and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// This arm over the reference.
    pub ratio: f64,
    /// The lower limit of the 90 % interval.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

impl Summary {
    /// Of values, of which those that are NaN do not exist.
    pub fn of(values: &[f64], percentiles: &[f64]) -> Self {
        let mut values: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        let positive = values.first().is_some_and(|least| *least > 0.0);
        let logs: Moments = values.iter().filter(|_| positive).map(|v| v.ln()).collect();
        let moments: Moments = values.iter().copied().collect();
        Summary {
            count: values.len(),
            mean: moments.mean,
            sd: (moments.count > 1).then(|| moments.sd()),
            percentiles: percentiles.iter().map(|p| percentile(&values, *p)).collect(),
            geometric_mean: positive.then(|| logs.mean.exp()),
            geometric_cv: (positive && logs.count > 1).then(|| logs.variance().exp_m1().sqrt()),
        }
    }
}

impl Ratio {
    /// Of people who have a value above 0 in both arms: the mean of the differences of their logarithms, with Student's
    /// interval of such a mean (Gabrielsson & Weiner 2016, ch. 2.10). None of fewer than two.
    pub fn of(values: &[f64], reference: &[f64]) -> Option<Self> {
        let both = values.iter().zip(reference).filter(|(a, b)| **a > 0.0 && **b > 0.0);
        let differences: Moments = both.map(|(a, b)| (a / b).ln()).collect();
        if differences.count < 2 {
            return None;
        }
        let n = differences.count as f64;
        let reach = student::quantile(0.5 + 0.5 * CONFIDENCE, n - 1.0) * differences.sd() / n.sqrt();
        let [ratio, low, high] = [0.0, -reach, reach].map(|offset| (differences.mean + offset).exp());
        Some(Ratio { ratio, low, high })
    }
}

impl PopulationResult {
    /// The ratio of an arm's metric to the reference's, where there is one.
    pub fn ratio(&self, arm: usize, metric: usize) -> Option<Ratio> {
        let reference = self.reference.filter(|reference| *reference != arm)?;
        let values = |arm: usize| &self.arms[arm].metrics[metric].values;
        Ratio::of(values(arm), values(reference))
    }
}

/// The place of the arm that others are compared with.
///
/// # Errors
/// A name that no arm has.
pub(super) fn reference(plan: &Plan) -> Result<Option<usize>, Error> {
    let Some(name) = &plan.reference else { return Ok(None) };
    let found = plan.arms.iter().position(|arm| arm.name.text == name.text);
    found.map(Some).ok_or_else(|| {
        let known = plan.arms.iter().map(|arm| arm.name.text.clone()).collect();
        let kind = PlanError::UnknownArm { name: name.text.clone(), known };
        Error::from(name.place.fault::<ErrorKind>(kind))
    })
}

/// Runs the people of a plan through every arm. `tick` is told how many were run.
pub(super) fn run(
    plan: &Plan,
    models: &Models,
    effects: Option<&Shown>,
    tick: &(impl Fn(u64) + Sync),
) -> Result<Option<PopulationResult>, Error> {
    let Some(people) = &plan.population else { return Ok(None) };
    let arms: Result<Vec<_>, Error> = plan.arms.iter().map(|arm| one(plan, arm, models, effects, tick)).collect();
    Ok(Some(PopulationResult { size: people.size, seed: people.seed, reference: reference(plan)?, arms: arms? }))
}

fn one(
    plan: &Plan,
    arm: &ArmPlan,
    models: &Models,
    effects: Option<&Shown>,
    tick: &(impl Fn(u64) + Sync),
) -> Result<ArmPeople, Error> {
    let Some(people) = &plan.population else { unreachable!("the caller has looked") };
    let model = &models[&arm.model.text];
    let others: Vec<&Model> = models.values().collect();
    let population = Population::of(model).size(people.size).seed(people.seed);
    let base = base(plan, arm, model, models)?;
    let population = population.people_among(&people.people, &others)?.base(base.clone())?;
    let simulation = session_simulation(model, &base, &arm.session, plan.until.max(DAY))?;
    let prepared = simulation.prepare().map_err(|e| Faults::from(Fault::new(e)).said_in(&arm.session))?;
    let output = model.outputs().iter().position(|o| o.name == arm.output.text);
    let output = output.ok_or_else(|| {
        let has = model.outputs().iter().map(|o| o.name.clone()).collect();
        let unknown = crate::simulate::SimulationError::UnknownOutput {
            model: model.id().into(),
            output: arm.output.text.clone(),
            has,
        };
        Error::from(arm.output.place.fault::<ErrorKind>(unknown))
    })?;
    let cohort = Cohort { prepared: &prepared, population: &population, residual: false };
    let of_output =
        [Measure::Cmax(None), Measure::Tmax(None), Measure::Auc(0.0, DAY), Measure::AucInf].map(|m| (output, m));
    let of_effects = effects.map_or_else(Vec::new, |shown| effects_people::wanted(shown, model));
    let wanted: Vec<_> = of_output.iter().cloned().chain(of_effects).collect();
    let (mut metrics, mut remarks) = cohort.measure(0..people.size, &wanted, tick)?;
    let answers = metrics.split_off(of_output.len());
    let mut found = effects.map_or_else(Vec::new, |e| effects_people::of_session(e, model, &answers, plan.monitor));
    if let Some(shown) = effects {
        let (of_course, more) = effects_people::of_course(shown, arm, &base, &population, tick)?;
        found.extend(of_course);
        // The same people: whoever is outside a range was counted above, and who fails in both has failed once.
        remarks.work = remarks.work + more.work;
        remarks.failures.extend(more.failures);
        remarks.failures.sort_by_key(|(person, _)| *person);
        remarks.failures.dedup_by_key(|(person, _)| *person);
    }
    let Bands { times, mut values, .. } = cohort.bands(&PERCENTILES, tick)?;
    let mut warnings = population.warnings();
    warnings.extend(remarks.outside.warnings(model));
    warnings.extend(remarks.warning(people.size));
    Ok(ArmPeople {
        name: arm.name.text.clone(),
        metrics,
        effects: found,
        curves: values.swap_remove(output),
        times,
        failed: remarks.failures.len(),
        work: remarks.work,
        warnings,
    })
}
