//! What is asked of both sides: outputs of one analyte, metrics over one time, and the person's answers.

use super::search::{Found, Unmatched, mg, search};
use super::whole::{Trial, Whole};
use super::{Answer, By, EquivalentError, Metric, NamedCurve, Pair, Question, Side, SideResult};
use crate::document::{Place, Text};
use crate::error::Diagnostic;
use crate::metrics::Measure;
use crate::model::{Grade, Model, Output};
use crate::population::Subject;
use crate::simulate::Missing;
use crate::solve::Work;
use crate::study::PlanError;
use crate::study::compare::{Curve, Models};
use crate::units::Quantity;
use crate::{Error, ErrorKind};

/// How long both sides are simulated after the end of the longer regimen where nothing else is said, h.
const AFTER_END: f64 = 24.0;
/// It is doubled so often at most while a largest concentration lies at the very end.
const DOUBLINGS: u32 = 10;
/// Of an analyte that has no name of its own, only outputs of one model are comparable.
pub(super) const OTHER: &str = "other";

impl<'q, 'm> Pair<'q, 'm> {
    /// Reads both sides and finds what is measured; the reference is run.
    pub fn new(question: &'q Question, models: &'m Models) -> Result<Self, Error> {
        let (mut reference, mut test) = (Side::reference(question, models)?, Side::test(question, models)?);
        let end = f64::max(reference.end(question.until)?, test.end(question.until)?);
        let until = question.until.unwrap_or(end + AFTER_END);
        (reference.until, test.until) = (until, until);
        let outputs = outputs(question, [reference.model, test.model])?;
        let average = match (question.by, question.until) {
            (By::Cavg, None) if end == 0.0 => {
                return Err(wrong(&question.reference.give.place, EquivalentError::NoWindow));
            }
            _ => question.until.unwrap_or(end),
        };
        let mut pair =
            Pair { question, reference, test, metrics: Vec::new(), wanted: Vec::new(), work: Work::default() };
        if question.until.is_none() {
            pair.follow_peaks(outputs.parent)?;
        }
        pair.metrics = pair.measures(&outputs, average)?;
        let wanted: Vec<_> = pair.metrics.iter().map(|m| (m.outputs[0], m.measure.clone())).collect();
        let run = pair.reference.measure(None, &pair.reference.subject, &wanted);
        let (values, work) = run.map_err(|e| pair.reference.said(e))?;
        pair.add(work);
        pair.wanted = pair.metrics.iter().zip(values).map(|(metric, value)| target(metric, value)).collect();
        Ok(pair)
    }

    /// Adds what the engines did.
    pub fn add(&mut self, work: Work) {
        self.work = self.work + work;
    }

    /// Simulates longer where a largest concentration would lie at the end, as that of slow absorption can.
    fn follow_peaks(&mut self, outputs: [usize; 2]) -> Result<(), Error> {
        let guess = self.guess()?;
        for _ in 0..DOUBLINGS {
            let rises = |side: &Side<'m>, output: usize, amount: Option<f64>| {
                let run = side.measure(amount, &side.subject, &[(output, Measure::Tmax(None))]);
                let (values, _) = run.map_err(|e| side.said(e))?;
                Ok::<bool, Error>(values[0].is_ok_and(|peak| peak >= side.until * (1.0 - 1e-9)))
            };
            let still = rises(&self.reference, outputs[0], None)? || rises(&self.test, outputs[1], Some(guess))?;
            if !still {
                break;
            }
            let until = 2.0 * self.reference.until;
            (self.reference.until, self.test.until) = (until, until);
        }
        Ok(())
    }

    /// The metrics: the one that is asked for, then AUC and Cmax of the parent. Areas are to infinity where both sides have
    /// them and nobody says how long.
    fn measures(&mut self, outputs: &Outputs, average: f64) -> Result<Vec<Metric>, Error> {
        let question = self.question;
        let area_of = |pair: &mut Self, outputs: [usize; 2]| {
            let up_to = Measure::Auc(0.0, pair.reference.until);
            if question.until.is_some() {
                return Ok(up_to);
            }
            let guess = pair.guess()?;
            let infinite = [(0, None), (1, Some(guess))].into_iter().map(|(side, amount)| {
                let of = if side == 0 { &pair.reference } else { &pair.test };
                let run = of.measure(amount, &of.subject, &[(outputs[side], Measure::AucInf)]);
                run.map(|(values, _)| values[0].is_ok()).map_err(|e| of.said(e))
            });
            let infinite: Result<Vec<bool>, Error> = infinite.collect();
            Ok::<Measure, Error>(if infinite?.into_iter().all(|is| is) { Measure::AucInf } else { up_to })
        };
        let mut list = Vec::new();
        match question.by {
            By::Auc | By::Cmax => {}
            By::TimeAbove => {
                let Some((level, place)) = &question.level else {
                    return Err(PlanError::from(EquivalentError::NoLevel).into());
                };
                let unit = &self.reference.model.outputs()[outputs.parent[0]].unit;
                level.as_level(unit).map_err(|e| Error::from(e).placed(place))?;
                list.push((By::TimeAbove, Measure::TimeAbove(level.clone(), None), outputs.parent));
            }
            By::MetaboliteAuc => {
                let metabolite = outputs.metabolite.unwrap_or(outputs.parent);
                list.push((By::MetaboliteAuc, area_of(self, metabolite)?, metabolite));
            }
            By::Cavg => list.push((By::Cavg, Measure::Auc(0.0, average), outputs.parent)),
        }
        if let (Some((_, place)), false) = (&question.level, question.by == By::TimeAbove) {
            return Err(wrong(place, EquivalentError::LevelUnused));
        }
        let area = (By::Auc, area_of(self, outputs.parent)?, outputs.parent);
        let peak = (By::Cmax, Measure::Cmax(None), outputs.parent);
        list.extend(if question.by == By::Cmax { [peak, area] } else { [area, peak] });
        list.into_iter().map(|(by, measure, outputs)| self.metric(by, measure, outputs)).collect()
    }

    fn metric(&self, by: By, measure: Measure, outputs: [usize; 2]) -> Result<Metric, Error> {
        let models = [self.reference.model, self.test.model];
        let [own, other] = [0, 1].map(|side| &models[side].outputs()[outputs[side]]);
        Quantity::new(1.0, other.unit.clone())
            .like(&own.unit)
            .map_err(|e| Error::from(e).placed(&self.question.test.model.place))?;
        let scale = measure.definition().scale;
        let per = match (by, &measure) {
            (By::Cavg, Measure::Auc(from, to)) => to - from,
            _ => 1.0,
        };
        let unit = if by == By::Cavg { own.unit.clone() } else { scale.unit_of(&own.unit) };
        let units = [scale.unit_of(&own.unit), scale.unit_of(&other.unit)];
        let (output, analyte) = (own.name.clone(), own.analyte.clone());
        Ok(Metric { by, measure, output, analyte, unit, per, outputs, units })
    }

    /// A dose of about the right size, mg: a device, or as much as the reference's first dose.
    pub fn guess(&self) -> Result<f64, Error> {
        if let Some((_, Some(device))) = self.test.route()? {
            return Ok(device.amount);
        }
        let profile = self.reference.profile(None)?;
        Ok(profile.sessions().first().map_or(1.0, |session| session.amount))
    }

    /// Shares of the reference's metrics that a dose of the test gives a person.
    pub fn shares(
        &self,
        dose: f64,
        subject: &Subject<'m>,
        wanted: &[Result<f64, Unmatched>],
    ) -> Result<(Vec<Result<f64, Unmatched>>, Work), Unmatched> {
        let asked: Vec<_> = self.metrics.iter().map(|m| (m.outputs[1], m.measure.clone())).collect();
        let run = self.test.measure(Some(dose), subject, &asked);
        let (values, work) = run.map_err(|e| Unmatched::Fails { dose, why: e.to_string() })?;
        let shares = self.metrics.iter().zip(values).zip(wanted).map(|((metric, value), wanted)| {
            let value = value.map_err(|why| missing("test", why))?;
            Ok(metric.base(1, value) / wanted.clone()?)
        });
        Ok((shares.collect(), work))
    }

    /// The person's answers by every metric, and the doses that are told.
    pub fn answers(&mut self, whole: Option<&Whole>) -> Result<(Vec<Answer>, Vec<Trial>), Error> {
        let guess = self.guess()?;
        // A first dose that cannot be given at all is an error and no answer.
        self.test.measure(Some(guess), &self.test.subject, &[]).map_err(|e| self.test.said(e))?;
        let free = whole.is_none_or(|whole| whole.unit.route.is_none());
        let found: Vec<Result<Found, Unmatched>> = match free {
            true => (0..self.metrics.len()).map(|metric| self.search(metric, guess)).collect(),
            false => Vec::new(),
        };
        let Some(whole) = whole else {
            let answers: Vec<Answer> = (0..).zip(found).map(|(metric, found)| self.answer(metric, found)).collect();
            let doses = answers.iter().filter_map(|answer| match answer {
                Answer::Dose(found) => Some(found.dose),
                _ => None,
            });
            let doses: Vec<f64> = doses.collect();
            let trials = doses.into_iter().map(|dose| self.trial(0, dose)).collect();
            return Ok((answers, trials));
        };
        let matched: Vec<Found> = found.iter().filter_map(|found| found.clone().ok()).collect();
        let trials = whole.trials(self, free.then_some(&matched));
        let answers = (0..self.metrics.len()).map(|metric| match found.get(metric) {
            Some(Err(why)) => Answer::None(why.clone()),
            _ => whole.answer(self, metric, &trials),
        });
        Ok((answers.collect(), trials))
    }

    fn search(&mut self, metric: usize, guess: f64) -> Result<Found, Unmatched> {
        self.wanted[metric].clone()?;
        let mut work = Work::default();
        let found = search(guess, |dose| {
            let (shares, more) = self.shares(dose, &self.test.subject, &self.wanted)?;
            work = work + more;
            shares[metric].clone()
        });
        self.add(work);
        found
    }

    /// The answer where any amount can be given.
    fn answer(&mut self, metric: usize, found: Result<Found, Unmatched>) -> Answer {
        match found {
            Err(why) => Answer::None(why),
            Ok(found) => match self.outside_source(found.dose) {
                Some(range) => {
                    let share = self.share_at_edge(metric, found.dose, range, &[]);
                    Answer::None(Unmatched::OutsideSource { dose: found.dose, range, share })
                }
                None => Answer::Dose(found),
            },
        }
    }

    /// A dose with its shares.
    pub fn trial(&mut self, count: u32, dose: f64) -> Trial {
        let note = self
            .beyond_source(dose)
            .map(|(low, high)| format!("{} is outside the doses of the source, {} to {}", mg(dose), mg(low), mg(high)));
        match self.shares(dose, &self.test.subject, &self.wanted) {
            Ok((shares, work)) => {
                self.add(work);
                Trial { count, dose, shares, note }
            }
            Err(why) => Trial { count, dose, shares: vec![Err(why); self.metrics.len()], note },
        }
    }

    /// The doses of the source by the test's route, mg, if a dose is not among them and that keeps it from being a match.
    pub fn outside_source(&self, dose: f64) -> Option<(f64, f64)> {
        self.beyond_source(dose).filter(|_| !self.question.extrapolate)
    }

    /// The doses of the source by the test's route, mg, if a dose is not among them.
    fn beyond_source(&self, dose: f64) -> Option<(f64, f64)> {
        let route = self.test.route().ok()??.0;
        let ranges = &self.test.model.population().doses;
        let range = ranges.iter().find(|range| range.route == route)?;
        // A match at the edge is found within rounding.
        let slack = 1e-9 * range.high;
        (dose < range.low - slack || dose > range.high + slack).then_some((range.low, range.high))
    }

    /// What the nearest dose of the source gives.
    pub fn share_at_edge(&self, metric: usize, dose: f64, range: (f64, f64), trials: &[Trial]) -> f64 {
        let edge = if dose < range.0 { range.0 } else { range.1 };
        let tried = trials.iter().filter(|t| t.dose <= range.1 && t.dose >= range.0);
        let tried = tried.min_by(|a, b| (a.dose - edge).abs().total_cmp(&(b.dose - edge).abs()));
        match tried {
            Some(trial) => trial.shares[metric].clone().unwrap_or(f64::NAN),
            None => {
                let run = self.shares(edge, &self.test.subject, &self.wanted);
                run.ok().and_then(|(shares, _)| shares[metric].clone().ok()).unwrap_or(f64::NAN)
            }
        }
    }

    /// The curves of the reference and of every match, and of the neighbours where no whole number matches.
    pub fn curves(&mut self, answers: &[Answer], trials: &[Trial]) -> Result<Vec<NamedCurve>, Error> {
        let mut curves = Vec::new();
        for metric in 0..self.metrics.len() {
            let is_new = self.metrics[..metric].iter().all(|other| other.output != self.metrics[metric].output);
            if is_new {
                let name = format!("reference, {}", self.question.reference.give.text);
                curves.push(self.curve(metric, name, None)?);
            }
        }
        for (metric, answer) in answers.iter().enumerate() {
            let doses: Vec<f64> = match answer {
                Answer::Dose(found) => vec![found.dose],
                Answer::Whole(at) => vec![trials[*at].dose],
                Answer::NoWhole { below, above } => {
                    [below, above].into_iter().flatten().map(|at| trials[*at].dose).collect()
                }
                Answer::None(Unmatched::OutsideSource { dose, .. }) => vec![*dose],
                Answer::None(_) => Vec::new(),
            };
            for dose in doses {
                let name = format!("{} {}", mg(dose), self.question.test.give.text);
                curves.push(self.curve(metric, name, Some(dose))?);
            }
        }
        Ok(curves)
    }

    /// The curve that a metric is of: of the test at a dose, else of the reference.
    fn curve(&mut self, of: usize, name: String, dose: Option<f64>) -> Result<NamedCurve, Error> {
        let (side, place) = if dose.is_some() { (&self.test, 1) } else { (&self.reference, 0) };
        let profile = side.profile(dose)?;
        let metric = &self.metrics[of];
        let unit = self.reference.model.outputs()[metric.outputs[0]].unit.clone();
        let output = &side.model.outputs()[metric.outputs[place]];
        let view = profile.output(&output.name)?;
        let values = view.values().iter().map(|value| unit.from_base(output.unit.to_base(*value))).collect();
        let assumed = output.grade == Grade::Assumed;
        let (times, work) = (profile.times().to_vec(), profile.work());
        let (of, output) = (dose.map(|_| of), metric.output.clone());
        let named = NamedCurve { name, assumed, of, output, unit, curve: Curve { times, values } };
        self.add(work);
        Ok(named)
    }

    /// A side as it was understood.
    pub fn side_result(&self, side: usize) -> SideResult {
        let (of, plan) = match side {
            0 => (&self.reference, &self.question.reference),
            _ => (&self.test, &self.question.test),
        };
        let output = &of.model.outputs()[self.metrics[0].outputs[side]];
        SideResult {
            model: of.model.id().into(),
            grade: of.model.grade(),
            give: plan.give.text.clone(),
            output: output.name.clone(),
            site: output.site.clone(),
            covariates: of.subject.described().collect(),
        }
    }

    /// What should be known about the person and the models.
    pub fn warnings(&self, trials: &[Trial], answers: &[Answer]) -> Vec<Diagnostic> {
        let mut warnings: Vec<Diagnostic> = Vec::new();
        for side in [&self.reference, &self.test] {
            warnings.extend(side.subject.warnings());
            warnings.extend(side.model.warnings().iter().cloned());
        }
        if let Ok(prepared) = self.reference.prepared(None) {
            warnings.extend(prepared.weight_warning(&self.reference.subject));
        }
        let sites = [0, 1].map(|side| self.side_result(side).site);
        if sites[0] != sites[1] {
            let [reference, test] = sites;
            let message = format!("the reference is sampled {}, the test {}", site(&reference), site(&test));
            let hint = "concentrations of these sites are not the same quantity soon after a dose";
            warnings.push(Diagnostic::warning("W_OTHER_SITE", message).with_hint(hint));
        }
        let matched = |answer: &Answer| match answer {
            Answer::Whole(at) => trials[*at].note.clone(),
            Answer::Dose(found) => trials.iter().find(|t| t.dose == found.dose)?.note.clone(),
            _ => None,
        };
        warnings.extend(answers.iter().filter_map(matched).map(|note| Diagnostic::warning("W_OUTSIDE_DOSES", note)));
        let mut once: Vec<Diagnostic> = Vec::new();
        warnings.into_iter().for_each(|w| {
            if !once.contains(&w) {
                once.push(w)
            }
        });
        once
    }
}

/// Where blood is taken, in words.
fn site(site: &str) -> String {
    if site == "unstated" { "at a site that its source does not state".into() } else { format!("in {site} blood") }
}

fn missing(side: &'static str, why: Missing) -> Unmatched {
    Unmatched::Missing { side, why: why.to_string() }
}

/// What the reference's value is to be matched with.
pub(super) fn target(metric: &Metric, value: Result<f64, Missing>) -> Result<f64, Unmatched> {
    match value.map(|value| metric.base(0, value)) {
        Err(why) => Err(missing("reference", why)),
        Ok(value) if value > 0.0 => Ok(value),
        Ok(_) => Err(Unmatched::NothingToMatch),
    }
}

fn wrong(place: &Place, kind: EquivalentError) -> Error {
    Error::from(place.fault::<ErrorKind>(PlanError::from(kind)))
}

/// Places of the outputs of both sides.
struct Outputs {
    parent: [usize; 2],
    metabolite: Option<[usize; 2]>,
}

/// The outputs of one analyte on both sides.
fn outputs(question: &Question, models: [&Model; 2]) -> Result<Outputs, Error> {
    let named = question.analyte.as_ref().map(|name| find(models[0], name)).transpose()?;
    let of_metabolite = question.by == By::MetaboliteAuc;
    let parent = if of_metabolite { 0 } else { named.unwrap_or(0) };
    let metabolite = match (of_metabolite, named) {
        (false, _) => None,
        (true, Some(named)) => Some(named),
        (true, None) => Some(metabolite(models[0], parent, &question.reference.model)?),
    };
    let both = |own: usize| Ok::<_, Error>([own, same_analyte(question, models, own)?]);
    Ok(Outputs { parent: both(parent)?, metabolite: metabolite.map(both).transpose()? })
}

/// An output by its name or its analyte.
fn find(model: &Model, name: &Text) -> Result<usize, Error> {
    let outputs = model.outputs();
    let by_name = outputs.iter().position(|o| o.name == name.text);
    by_name.or_else(|| outputs.iter().position(|o| o.analyte == name.text)).ok_or_else(|| {
        let known = outputs.iter().flat_map(|o| [o.name.clone(), o.analyte.clone()]).collect();
        wrong(&name.place, EquivalentError::UnknownAnalyte { model: model.id().into(), name: name.text.clone(), known })
    })
}

/// The metabolite of a parent: its nor-form, else the only other analyte.
fn metabolite(model: &Model, parent: usize, said: &Text) -> Result<usize, Error> {
    let outputs = model.outputs();
    let analyte = &outputs[parent].analyte;
    let nor = analyte.replace("ketamine", "norketamine");
    if let Some(found) = outputs.iter().position(|o| o.analyte == nor && nor != *analyte) {
        return Ok(found);
    }
    // An enantiomer of the parent is none of its metabolites.
    let others: Vec<usize> =
        (0..outputs.len()).filter(|i| racemate(&outputs[*i].analyte) != racemate(analyte)).collect();
    match others.as_slice() {
        [only] => Ok(*only),
        [] => {
            let (model, analyte) = (model.id().to_string(), analyte.clone());
            Err(wrong(&said.place, EquivalentError::NoMetabolite { model, analyte }))
        }
        several => {
            let known = several.iter().map(|i| outputs[*i].name.clone()).collect();
            Err(wrong(&said.place, EquivalentError::WhichMetabolite { model: model.id().into(), known }))
        }
    }
}

/// An analyte without the letter of its enantiomer.
fn racemate(analyte: &str) -> &str {
    analyte.strip_prefix("S-").or_else(|| analyte.strip_prefix("R-")).unwrap_or(analyte)
}

/// The test's output of the analyte of one of the reference's: of the same name and site if there are several.
fn same_analyte(question: &Question, [reference, test]: [&Model; 2], own: usize) -> Result<usize, Error> {
    let wanted = &reference.outputs()[own];
    let is_same = |o: &Output| match wanted.analyte == OTHER {
        true => reference.id() == test.id() && o.name == wanted.name,
        false => o.analyte == wanted.analyte,
    };
    let nearness = |o: &Output| (o.site == wanted.site, o.name == wanted.name);
    let same = test.outputs().iter().enumerate().filter(|(_, o)| is_same(o));
    // Of equals the first, as elsewhere.
    same.rev().max_by_key(|(_, o)| nearness(o)).map(|(place, _)| place).ok_or_else(|| {
        let known = test.outputs().iter().map(|o| o.analyte.clone()).collect();
        let (model, analyte) = (test.id().to_string(), wanted.analyte.clone());
        wrong(&question.test.model.place, EquivalentError::OtherAnalyte { model, analyte, known })
    })
}
