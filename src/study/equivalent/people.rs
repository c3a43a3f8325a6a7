//! The same virtual people on both sides: who needs which dose, and what the typical person's dose gives all of them.

use super::search::{EXACT, Unmatched, search};
use super::whole::{MOST, Trial, Whole};
use super::{Answer, Pair, Side};
use crate::Error;
use crate::error::Diagnostic;
use crate::metrics::Measure;
use crate::model::Model;
use crate::population::{Population, Subject};
use crate::study::cohort::{Cohort, Measured, Remarks};
use crate::study::compare::{Models, PERCENTILES, PeoplePlan, Ratio, Summary};
use crate::study::share::subjects_failed;
use rayon::prelude::*;

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
    /// mg of each person, or of doses in whole numbers the one nearest to the reference; NaN of those who have none, or who
    /// do not reach their reference with 1000 devices.
    pub doses: Vec<f64>,
    /// Why the first who has none has none.
    pub why: Option<String>,
}

impl DoseOfPeople {
    fn of(found: Vec<Result<f64, Unmatched>>) -> Self {
        let why = found.iter().find_map(|found| found.as_ref().err()).map(Unmatched::to_string);
        DoseOfPeople { doses: found.into_iter().map(|found| found.unwrap_or(f64::NAN)).collect(), why }
    }

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
        Some(whole) if whole.unit.route.is_some() => crowd.whole_doses(whole, trials, &shares),
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
    warnings.extend(subjects_failed(failed.len(), plan.size, "failed at a dose that was tried"));
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

    /// The number of devices that comes nearest to each person's reference: among those that were tried if it is reached with
    /// one of these, else the person is looked at alone.
    fn whole_doses(&self, whole: &Whole, trials: &[Trial], shares: &[Shares]) -> Vec<DoseOfPeople> {
        let nearest = |metric: usize, person: usize| -> Result<f64, Unmatched> {
            self.wanted[metric][person].clone()?;
            let tried = || shares.iter().map(|shares| shares[metric][person]);
            let short = tried().take_while(|share| *share < 1.0).count();
            if tried().nth(short).is_none_or(f64::is_nan) {
                return self.further(whole, metric, person, short as u32);
            }
            let apart = trials.iter().zip(tried()).map(|(trial, share)| (trial.dose, (share - 1.0).abs()));
            let apart = apart.filter(|(_, apart)| !apart.is_nan());
            Ok(apart.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(f64::NAN, |(dose, _)| dose))
        };
        let of_metric = (0..self.pair.metrics.len()).map(|metric| {
            let people = (0..self.size as usize).into_par_iter();
            let found: Vec<Result<f64, Unmatched>> = people.map(|person| nearest(metric, person)).collect();
            DoseOfPeople::of(found)
        });
        of_metric.collect()
    }

    /// The number of devices nearest to a person's reference where `short` of them, and all fewer, fall short of it: first twice
    /// as many again and again, then the first that does not fall short, by halves.
    fn further(&self, whole: &Whole, metric: usize, person: usize, short: u32) -> Result<f64, Unmatched> {
        let share = self.alone(metric, person, whole.dose(short.max(1)))?;
        let (mut below, mut least) = ((short, if short == 0 { 0.0 } else { share(whole.dose(short))? }), None);
        while least.as_ref().is_none_or(|(count, _)| count - below.0 > 1) {
            let count = match &least {
                Some((count, _)) => below.0 + (count - below.0) / 2,
                None if below.0 == MOST => {
                    return Err(Unmatched::NotReached { count: MOST, share: below.1 });
                }
                None => (2 * below.0).clamp(1, MOST),
            };
            match share(whole.dose(count)) {
                Ok(share) if share < 1.0 => below = (count, share),
                found => least = Some((count, found)),
            }
        }
        let (count, reached) = least.expect("the loop ends with one");
        let is_nearer = reached? - 1.0 < 1.0 - below.1;
        Ok(whole.dose(if is_nearer || below.0 == 0 { count } else { below.0 }))
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
            let rounded =
                |dose: f64| whole.map_or(dose, |w| w.dose((dose / w.unit.amount).round().clamp(1.0, 1e9) as u32));
            let searched = |person: usize| {
                self.wanted[metric][person].clone()?;
                Ok(search(dose, self.alone(metric, person, dose)?)?.dose)
            };
            let people = (0..self.size as usize).into_par_iter();
            let found: Vec<Result<f64, Unmatched>> =
                people.map(|person| proportional(person).map_or_else(|| searched(person), Ok).map(rounded)).collect();
            all.push(DoseOfPeople::of(found));
        }
        Ok(all)
    }

    /// The share of the reference's that a dose gives one person; `first` is a dose to draw the person for.
    fn alone(
        &self,
        metric: usize,
        person: usize,
        first: f64,
    ) -> Result<impl Fn(f64) -> Result<f64, Unmatched> + '_, Unmatched> {
        let wanted: Vec<_> = self.wanted.iter().map(|of_metric| of_metric[person].clone()).collect();
        let failed = |why: String| Unmatched::Fails { dose: first, why };
        let prepared = self.pair.test.prepared(Some(first)).map_err(|e| failed(e.to_string()))?;
        let mut draws = self.populations[1].draws();
        let subject: Subject<'m> =
            draws.subject(person as u64, prepared.occasions()).map_err(|e| failed(e.kind().to_string()))?;
        Ok(move |dose: f64| self.pair.shares(dose, &subject, &wanted)?.0[metric].clone())
    }
}
