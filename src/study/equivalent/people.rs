//! The same virtual people on both sides: who needs which dose, and what the typical person's dose gives all of them.

use super::search::{Unmatched, search};
use super::whole::{Trial, Whole};
use super::{Answer, Pair, Side};
use crate::Error;
use crate::error::Diagnostic;
use crate::metrics::Measure;
use crate::model::Model;
use crate::population::{Population, Subject};
use crate::study::cohort::{Cohort, Measured, Remarks};
use crate::study::compare::{Models, PERCENTILES, PeoplePlan, Ratio, Summary};
use rayon::prelude::*;

/// How near to twice the metric at twice the dose a person's has to be to be called proportional.
const EXACT: f64 = 1e-9;
/// Whole numbers are tried for people up to so many times as many as the typical person needs.
const FURTHER: usize = 4;

/// What virtual people gave.
#[derive(Debug, Clone)]
pub struct PeopleResult {
    /// How many got both sides.
    pub size: u64,
    /// The seed.
    pub seed: u64,
    /// For each metric the doses that people need.
    pub doses: Vec<DoseOfPeople>,
    /// For each of the person's trials, and of these for each metric, the ratio of test to reference.
    pub ratios: Vec<Vec<RatioOfPeople>>,
    /// People who failed on either side.
    pub failed: usize,
    /// What should be known about them.
    pub warnings: Vec<Diagnostic>,
}

/// The doses at which a metric of each person is that of the same person's reference.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseOfPeople {
    /// mg of each person, or of doses in whole numbers the one nearest to the reference; NaN of those who have none.
    pub doses: Vec<f64>,
    /// Why the first who has none has none.
    pub why: Option<String>,
}

impl DoseOfPeople {
    /// How many have one, the median, and the range that nine in ten are in.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.doses, &PERCENTILES)
    }

    /// The share of the people who have one for whom it is this dose (mg).
    pub fn share(&self, dose: f64) -> f64 {
        let with = self.doses.iter().filter(|d| !d.is_nan()).count();
        self.doses.iter().filter(|d| **d == dose).count() as f64 / with as f64
    }
}

/// A metric of people at one dose relative to that of the same people's reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioOfPeople {
    /// How many have both.
    pub count: usize,
    /// Ratio of the geometric means, with its 90 % interval.
    pub ratio: Option<Ratio>,
}

/// The people of both sides.
struct Crowd<'p, 'm> {
    pair: &'p Pair<'p, 'm>,
    populations: [Population<'m>; 2],
    size: u64,
    /// For each metric each person's reference in base units, or why there is none.
    wanted: Vec<Vec<Result<f64, Unmatched>>>,
    /// Of all runs; who is outside a range, of the latest.
    remarks: Remarks,
}

/// Runs the people of a plan on both sides.
pub(super) fn run<'m>(
    pair: &mut Pair<'_, 'm>,
    plan: &PeoplePlan,
    models: &'m Models,
    whole: Option<&Whole>,
    answers: &[Answer],
    trials: &[Trial],
    tick: &(impl Fn(u64) + Sync),
) -> Result<PeopleResult, Error> {
    let others: Vec<&Model> = models.values().collect();
    let population = |side: &Side<'m>| -> Result<Population<'m>, Error> {
        let population = Population::of(side.model).size(plan.size).seed(plan.seed);
        Ok(population.people_among(&plan.people, &others)?.base(side.subject.clone())?)
    };
    let populations = [population(&pair.reference)?, population(&pair.test)?];
    let mut crowd = Crowd { pair, populations, size: plan.size, wanted: Vec::new(), remarks: Remarks::default() };
    let mut warnings: Vec<Diagnostic> = crowd.populations.iter().flat_map(Population::warnings).collect();
    let of_reference = crowd.measure(0, None, tick)?;
    warnings.extend(crowd.remarks.outside.warnings(crowd.pair.reference.model));
    let mut failed: Vec<u64> = crowd.remarks.failures.drain(..).map(|(person, _)| person).collect();
    crowd.wanted = crowd.targets(&of_reference);
    let mut shares: Vec<Shares> = Vec::new();
    for trial in trials {
        shares.push(crowd.shares(trial.dose, tick)?);
    }
    let doses = match whole {
        Some(whole) if whole.unit.route.is_some() => crowd.whole_doses(whole, trials, &shares, tick)?,
        _ => crowd.free_doses(answers, trials, &shares, whole, tick)?,
    };
    if crowd.pair.reference.model.id() != crowd.pair.test.model.id() {
        warnings.extend(crowd.remarks.outside.warnings(crowd.pair.test.model));
    }
    let ratios = shares.iter().map(|of_trial| {
        let of_metric = of_trial.iter().map(|shares| {
            let ones: Vec<f64> = shares.iter().map(|share| if share.is_nan() { f64::NAN } else { 1.0 }).collect();
            let count = shares.iter().filter(|share| **share > 0.0).count();
            RatioOfPeople { count, ratio: Ratio::of(shares, &ones) }
        });
        of_metric.collect()
    });
    let ratios = ratios.collect();
    failed.extend(crowd.remarks.failures.iter().map(|(person, _)| *person));
    failed.sort_unstable();
    failed.dedup();
    if !failed.is_empty() {
        let message = format!("{} of {} subjects failed on a side: they have no dose there", failed.len(), plan.size);
        warnings.push(Diagnostic::warning("W_SUBJECTS_FAILED", message));
    }
    let (work, failed) = (crowd.remarks.work, failed.len());
    pair.add(work);
    Ok(PeopleResult { size: plan.size, seed: plan.seed, doses, ratios, failed, warnings })
}

/// For each metric the share of the reference's that each person has.
type Shares = Vec<Vec<f64>>;

impl<'m> Crowd<'_, 'm> {
    /// The metrics of everybody on a side, at a dose where it is looked for.
    fn measure(
        &mut self,
        side: usize,
        dose: Option<f64>,
        tick: &(impl Fn(u64) + Sync),
    ) -> Result<Vec<Measured>, Error> {
        let of = if side == 0 { &self.pair.reference } else { &self.pair.test };
        let prepared = of.prepared(dose).map_err(|e| of.said(e))?;
        let cohort = Cohort { prepared: &prepared, population: &self.populations[side], residual: false };
        let asked: Vec<(usize, Measure)> =
            self.pair.metrics.iter().map(|m| (m.outputs[side], m.measure.clone())).collect();
        let (measured, remarks) = cohort.measure(0..self.size, &asked, tick)?;
        let before = std::mem::take(&mut self.remarks);
        self.remarks = Remarks { outside: remarks.outside.clone(), ..before.and(remarks) };
        Ok(measured)
    }

    fn targets(&self, measured: &[Measured]) -> Vec<Vec<Result<f64, Unmatched>>> {
        let of_metric = self.pair.metrics.iter().zip(measured).map(|(metric, measured)| {
            let target = |value: &f64| match *value {
                value if value.is_nan() => {
                    let why = measured.missing.map_or("the person failed".into(), |why| why.to_string());
                    Err(Unmatched::Missing { side: "reference", why })
                }
                value if value > 0.0 => Ok(metric.base(0, value)),
                _ => Err(Unmatched::NothingToMatch),
            };
            measured.values.iter().map(target).collect()
        });
        of_metric.collect()
    }

    /// Everybody's shares at a dose.
    fn shares(&mut self, dose: f64, tick: &(impl Fn(u64) + Sync)) -> Result<Shares, Error> {
        let measured = self.measure(1, Some(dose), tick)?;
        let of_metric = self.pair.metrics.iter().zip(measured).zip(&self.wanted).map(|((metric, measured), wanted)| {
            let values = measured.values.iter().zip(wanted);
            values.map(|(value, wanted)| wanted.as_ref().map_or(f64::NAN, |w| metric.base(1, *value) / w)).collect()
        });
        Ok(of_metric.collect())
    }

    /// The whole number that comes nearest to each person's reference.
    fn whole_doses(
        &mut self,
        whole: &Whole,
        trials: &[Trial],
        shares: &[Shares],
        tick: &(impl Fn(u64) + Sync),
    ) -> Result<Vec<DoseOfPeople>, Error> {
        let mut tried: Vec<(f64, Shares)> = trials.iter().map(|t| t.dose).zip(shares.iter().cloned()).collect();
        let is_past = |shares: &Shares| shares.iter().flatten().all(|share| share.is_nan() || *share > 1.0);
        while tried.len() < trials.len() * FURTHER && !tried.last().is_some_and(|(_, shares)| is_past(shares)) {
            let dose = whole.dose(tried.len() as u32 + 1);
            tried.push((dose, self.shares(dose, tick)?));
        }
        let of_metric = (0..self.pair.metrics.len()).map(|metric| {
            let dose = |person: usize| {
                let known = tried.iter().map(|(dose, shares)| (*dose, (shares[metric][person] - 1.0).abs()));
                let known = known.filter(|(_, apart)| !apart.is_nan());
                known.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(f64::NAN, |(dose, _)| dose)
            };
            let doses: Vec<f64> = (0..self.size as usize).map(dose).collect();
            let why = self.wanted[metric].iter().find_map(|wanted| wanted.as_ref().err()).map(Unmatched::to_string);
            DoseOfPeople { doses, why }
        });
        Ok(of_metric.collect())
    }

    /// The dose of each person where any amount can be given, or the nearest multiple of a step to it.
    fn free_doses(
        &mut self,
        answers: &[Answer],
        trials: &[Trial],
        shares: &[Shares],
        whole: Option<&Whole>,
        tick: &(impl Fn(u64) + Sync),
    ) -> Result<Vec<DoseOfPeople>, Error> {
        let guess = self.pair.guess()?;
        let mut all = Vec::new();
        for (metric, answer) in answers.iter().enumerate() {
            let dose = match answer {
                Answer::Dose(found) => found.dose,
                Answer::Whole(at) => trials[*at].dose,
                Answer::NoWhole { below, above } => above.or(*below).map_or(guess, |at| trials[at].dose),
                Answer::None(_) => guess,
            };
            let here = match trials.iter().position(|trial| trial.dose == dose) {
                Some(at) => shares[at].clone(),
                None => self.shares(dose, tick)?,
            };
            let twice = self.shares(2.0 * dose, tick)?;
            let proportional = |person: usize| {
                let (one, two): (f64, f64) = (here[metric][person], twice[metric][person]);
                (one > 0.0 && (two / one / 2.0 - 1.0).abs() <= EXACT).then(|| dose / one)
            };
            let found: Vec<Result<f64, String>> = (0..self.size as usize)
                .into_par_iter()
                .map(|person| match proportional(person) {
                    Some(dose) => Ok(dose),
                    None => self.one(metric, person, dose).map_err(|why| why.to_string()),
                })
                .collect();
            let rounded =
                |dose: f64| whole.map_or(dose, |w| w.dose((dose / w.unit.amount).round().clamp(1.0, 1e9) as u32));
            let doses = found.iter().map(|found| found.as_ref().map_or(f64::NAN, |dose| rounded(*dose))).collect();
            let why = found.into_iter().find_map(Result::err);
            all.push(DoseOfPeople { doses, why });
        }
        Ok(all)
    }

    /// The dose of one person.
    fn one(&self, metric: usize, person: usize, guess: f64) -> Result<f64, Unmatched> {
        let wanted: Vec<_> = self.wanted.iter().map(|of_metric| of_metric[person].clone()).collect();
        wanted[metric].clone()?;
        let failed = |why: String| Unmatched::Fails { dose: guess, why };
        let prepared = self.pair.test.prepared(Some(guess)).map_err(|e| failed(e.to_string()))?;
        let mut draws = self.populations[1].draws();
        let subject: Subject<'m> =
            draws.subject(person as u64, prepared.occasions()).map_err(|e| failed(e.kind().to_string()))?;
        let found = search(guess, |dose| self.pair.shares(dose, &subject, &wanted)?.0[metric].clone())?;
        Ok(found.dose)
    }
}
