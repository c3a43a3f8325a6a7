//! Doses that come in whole numbers: devices of a route, tablets, vials.

use super::search::{FLAT, Found, STILL, Unmatched, is_still};
use super::{Answer, EquivalentError, Pair};
use crate::Error;
use crate::ErrorKind;
use crate::dosing::devices;
use crate::io::number;
use crate::study::PlanError;
use crate::units::{Dimension, Quantity};

/// The most devices that one dose can have, as data sets have it.
pub(super) const MOST: u32 = 1000;
/// Whole numbers from 1 on are told if there are at most so many up to the largest match, which is a table that fits on a screen;
/// else those around each match.
const TOLD: u32 = 40;

/// What doses are whole numbers of.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// mg of one.
    pub amount: f64,
    /// The route whose devices they are; none for a step that was asked for.
    pub route: Option<String>,
}

impl Unit {
    /// So many of them.
    pub fn count(&self, count: u32) -> String {
        match (&self.route, count) {
            (Some(_), 1) => "1 device".into(),
            (Some(_), n) => format!("{n} devices"),
            (None, n) => format!("{n} x {} mg", number(self.amount)),
        }
    }

    /// Any of them, after `no`.
    pub fn any(&self) -> String {
        match &self.route {
            Some(_) => "whole number of devices".into(),
            None => format!("multiple of {} mg", number(self.amount)),
        }
    }

    /// Where the size comes from.
    pub fn origin(&self) -> String {
        let amount = number(self.amount);
        match &self.route {
            Some(route) => format!("devices of {amount} mg, from the route `{route}` of the test's model"),
            None => format!("steps of {amount} mg, as asked for"),
        }
    }
}

/// A dose and what it gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// How many devices or steps; 0 where doses come in any amount.
    pub count: u32,
    /// mg
    pub dose: f64,
    /// Of each metric its share of the reference's, or why there is none.
    pub shares: Vec<Result<f64, Unmatched>>,
    /// What should be known about the dose.
    pub note: Option<String>,
}

/// How doses are counted.
pub(super) struct Whole {
    pub unit: Unit,
}

impl Whole {
    /// The devices of the test's route, or the step that was asked for; none where any amount can be given.
    ///
    /// # Errors
    /// A step for a route with devices; a step of no amount.
    pub fn new(pair: &Pair<'_, '_>) -> Result<Option<Self>, Error> {
        let Some((route, device)) = pair.test.route()? else { return Ok(None) };
        let step = match (&pair.question.step, device) {
            (Some((step, place)), device) => {
                let amount = step.as_base(Dimension::MASS).map_err(|e| Error::from(e).placed(place))?;
                if let Some(device) = device {
                    let device = device.amount;
                    let kind = EquivalentError::StepAndDevice { route: route.into(), device };
                    return Err(Error::from(place.fault::<ErrorKind>(PlanError::from(kind))));
                }
                Unit { amount, route: None }
            }
            (None, Some(device)) => Unit { amount: device.amount, route: Some(route.into()) },
            (None, None) => return Ok(None),
        };
        Ok(Some(Whole { unit: step }))
    }

    /// mg of so many; in decimals where the step is.
    pub fn dose(&self, count: u32) -> f64 {
        let dose = f64::from(count) * self.unit.amount;
        // 3 x 0.1 mg is 0.3 mg.
        let tidy = format!("{dose:.13e}").parse().unwrap_or(dose);
        let mg = |amount: f64| Quantity::base(amount, Dimension::MASS);
        let is_whole = devices(&mg(tidy), &mg(self.unit.amount)).is_ok_and(|n| n == count);
        if is_whole { tidy } else { dose }
    }

    /// The whole numbers to look at. `found` are the amounts that match where any amount can be given.
    fn counts(&self, found: &[Found]) -> Vec<u32> {
        let places: Vec<f64> = found.iter().map(|f| (f.dose / self.unit.amount).min(1e9)).collect();
        let highest = places.iter().copied().fold(0.0, f64::max).ceil() as u32 + 1;
        if highest <= TOLD {
            return (1..=highest).collect();
        }
        let around = |place: &f64| (place.floor() as u32).saturating_sub(1)..=place.ceil() as u32 + 1;
        let mut counts: Vec<u32> = places.iter().flat_map(around).filter(|n| *n > 0).collect();
        counts.sort_unstable();
        counts.dedup();
        counts
    }

    /// Tries whole numbers: those around the amounts that match, or of devices one after the other until all metrics are past
    /// their matches.
    pub fn trials(&self, pair: &mut Pair<'_, '_>, found: Option<&[Found]>) -> Vec<Trial> {
        if let Some(found) = found.filter(|found| !found.is_empty()) {
            return self.counts(found).into_iter().map(|count| self.trial(pair, count)).collect();
        }
        let mut trials: Vec<Trial> = Vec::new();
        for count in 1..=MOST {
            trials.push(self.trial(pair, count));
            if (0..pair.metrics.len()).all(|metric| is_finished(pair, metric, &trials)) {
                break;
            }
        }
        trials
    }

    fn trial(&self, pair: &mut Pair<'_, '_>, count: u32) -> Trial {
        let dose = self.dose(count);
        pair.trial(count, dose)
    }

    /// The answer of a metric among the trials: the nearest if it is near enough, else its neighbours.
    pub fn answer(&self, pair: &Pair<'_, '_>, metric: usize, trials: &[Trial]) -> Answer {
        let share = |at: usize| trials[at].shares[metric].as_ref().ok().copied();
        if let Err(why) = &pair.wanted[metric] {
            return Answer::None(why.clone());
        }
        let known: Vec<(usize, f64)> = (0..trials.len()).filter_map(|at| Some((at, share(at)?))).collect();
        let apart = |share: f64| (share - 1.0).abs();
        let nearest = known.iter().copied().min_by(|a, b| apart(a.1).total_cmp(&apart(b.1)));
        let Some((at, near)) = nearest else {
            let why = trials.first().and_then(|t| t.shares[metric].clone().err());
            let nothing = || Unmatched::Missing { side: "test", why: "nothing was tried".into() };
            return Answer::None(why.unwrap_or_else(nothing));
        };
        if let Some((from, to)) = known.windows(2).find(|p| p[1].1 < p[0].1 * (1.0 - STILL)).map(|p| (p[0], p[1])) {
            let point = |(at, share): (usize, f64)| (trials[at].dose, share);
            return Answer::None(Unmatched::NotMonotone { from: point(from), to: point(to) });
        }
        if apart(near) <= pair.question.within {
            return match pair.outside_source(trials[at].dose) {
                Some(range) => {
                    let edge = pair.share_at_edge(metric, trials[at].dose, range, trials);
                    Answer::None(Unmatched::OutsideSource { dose: trials[at].dose, range, share: edge })
                }
                None => Answer::Whole(at),
            };
        }
        let below = known.iter().rev().find(|(_, share)| *share < 1.0).map(|(at, _)| *at);
        let above = known.iter().find(|(_, share)| *share > 1.0).map(|(at, _)| *at);
        let Some(last) = trials.last().filter(|_| above.is_none()) else { return Answer::NoWhole { below, above } };
        Answer::None(match &last.shares[metric] {
            Err(why) => why.clone(),
            Ok(share) => match flat_from(metric, trials) {
                Some(dose) => Unmatched::Saturates { share: *share, dose },
                None => Unmatched::TooSmall { share: *share, dose: last.dose },
            },
        })
    }
}

/// Whether more of them would tell nothing about a metric: it has nothing to match, has no value any more, is past its match,
/// or does not change.
fn is_finished(pair: &Pair<'_, '_>, metric: usize, trials: &[Trial]) -> bool {
    let past = 1.0 + pair.question.within;
    let goes_on = trials.last().is_some_and(|last| last.shares[metric].as_ref().is_ok_and(|share| *share <= past));
    pair.wanted[metric].is_err() || !goes_on || flat_from(metric, trials).is_some()
}

/// The dose (mg) from which on a metric has not changed, if it has not for so many in a row that more change nothing. A dose
/// without a value is none that changes nothing.
fn flat_from(metric: usize, trials: &[Trial]) -> Option<f64> {
    let last = &trials[trials.len().checked_sub(FLAT + 1)?..];
    let still = |pair: &[Trial]| match (&pair[0].shares[metric], &pair[1].shares[metric]) {
        (Ok(a), Ok(b)) => is_still(*a, *b),
        _ => false,
    };
    last.windows(2).all(still).then(|| last[0].dose)
}
