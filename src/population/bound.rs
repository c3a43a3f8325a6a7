//! People in the terms of one model.

use super::error::PeopleError;
use super::listed::BoundList;
use super::people::{People, Who};
use super::random::{Purpose, Stream};
use super::stated::{Covariate, Kind, Stated};
use super::subject::{Seat, Subject};
use super::subject_error::SubjectError;
use crate::error::{Diagnostic, Faults};
use crate::model::{CovariateKind, Model, common_covariate, common_covariates};
use std::sync::Arc;

/// Who the people are, in the terms of one model.
#[derive(Debug)]
pub(super) enum Bound {
    Stated(BoundStated),
    Listed(BoundList),
}

/// Virtual people in the terms of one model.
#[derive(Debug)]
pub(super) struct BoundStated {
    stated: Arc<Stated>,
    /// What each covariate sets; nothing of one that only decides or correlates.
    targets: Vec<Option<Target>>,
}

/// What a covariate sets.
#[derive(Debug)]
struct Target {
    seat: Seat,
    /// The model's value for each word; empty of anything else.
    words: Vec<f64>,
}

impl Bound {
    /// People of whom nothing is said.
    pub fn nobody() -> Bound {
        Bound::Stated(BoundStated { stated: Arc::default(), targets: Vec::new() })
    }

    /// Values that virtual people's covariates have instead of being drawn, where `base` was given them.
    ///
    /// # Errors
    /// A value of a covariate that decides another one, for which nothing is said.
    pub fn fixed(&self, base: &Subject<'_>) -> Result<Vec<Option<f64>>, Faults<PeopleError>> {
        match self {
            Bound::Stated(bound) => bound.fixed(base),
            Bound::Listed(_) => Ok(Vec::new()),
        }
    }

    /// Whether people have a value of their own there.
    pub fn sets(&self, seat: Seat) -> bool {
        match self {
            Bound::Stated(bound) => bound.targets.iter().flatten().any(|target| target.seat == seat),
            Bound::Listed(list) => list.seats.contains(&seat),
        }
    }

    /// Binds people to a model. A covariate that only `others` have says nothing about this one.
    pub fn new(
        people: &People,
        model: &Model,
        others: &[&Model],
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Bound, Faults<PeopleError>> {
        match &people.0 {
            Who::Listed(list) => Ok(Bound::Listed(list.bound(model, others, warnings)?)),
            Who::Stated(stated) => {
                let (mut targets, mut faults) = (Vec::new(), Vec::new());
                for at in 0..stated.covariates.len() {
                    match target(stated, at, model, others) {
                        Ok(found) => targets.push(found),
                        Err(found) => faults.extend(found.into_vec()),
                    }
                }
                Faults::check(faults, || Bound::Stated(BoundStated { stated: Arc::clone(stated), targets }))
            }
        }
    }
}

/// What a covariate sets of a model's subjects; nothing if it only serves others, here or in other models.
fn target(stated: &Stated, at: usize, model: &Model, others: &[&Model]) -> Result<Option<Target>, Faults<PeopleError>> {
    let Covariate { name, kind, .. } = &stated.covariates[at];
    let fault = |kind: SubjectError| Faults::from(name.place.fault::<PeopleError>(kind));
    let wrong = |needs| fault(SubjectError::WrongKind { name: name.text.clone(), needs });
    let Some(seat) = Subject::seat(model, &name.text) else {
        let elsewhere = others.iter().any(|other| other.covariates().iter().any(|c| c.name == name.text));
        return if elsewhere || stated.serves(at) { Ok(None) } else { Err(fault(unknown(&name.text, model))) };
    };
    let own = seat.covariate.map(|i| &model.covariates()[i].kind);
    let unit = match own {
        Some(CovariateKind::Number { unit }) => Some(unit.clone()),
        Some(_) => None,
        None => common_covariate(&name.text),
    };
    let words = match (own, unit, kind) {
        (_, Some(unit), Kind::Number(sample, place)) => match sample.like(&unit) {
            Ok(_) => Vec::new(),
            Err(error) => {
                let kind = SubjectError::Unit { name: name.text.clone(), error };
                return Err(place.fault::<PeopleError>(kind).into());
            }
        },
        (_, Some(_), _) => return Err(wrong("a number with a unit")),
        (Some(CovariateKind::Category { options }), _, Kind::Words(words)) => {
            let (mut places, mut faults) = (Vec::new(), Vec::new());
            for word in words {
                match options.iter().position(|o| *o == word.text) {
                    Some(place) => places.push(place as f64),
                    None => {
                        let (name, found, known) = (name.text.clone(), word.text.clone(), options.clone());
                        faults.push(word.place.fault(SubjectError::UnknownCategory { name, found, known }));
                    }
                }
            }
            Faults::check(faults, || places)?
        }
        (Some(CovariateKind::Category { .. }), ..) => return Err(wrong("one of a list of words")),
        (_, _, Kind::Flag) => Vec::new(),
        _ => return Err(wrong("a flag, `true` or `false`")),
    };
    Ok(Some(Target { seat, words }))
}

fn unknown(name: &str, model: &Model) -> SubjectError {
    let own = model.covariates().iter().map(|c| c.name.clone());
    let mut known: Vec<String> = own.chain(common_covariates().map(String::from)).collect();
    known.sort();
    known.dedup();
    SubjectError::UnknownCovariate { model: model.id().into(), name: name.into(), known }
}

impl Stated {
    /// Whether a covariate decides others or is correlated with them, so that it need not be the model's.
    fn serves(&self, at: usize) -> bool {
        let mut parents = Vec::new();
        self.covariates.iter().for_each(|c| c.rule.parents(&mut parents));
        parents.contains(&at) || self.groups.iter().any(|g| g.members.contains(&at))
    }
}

impl BoundStated {
    fn fixed(&self, base: &Subject<'_>) -> Result<Vec<Option<f64>>, Faults<PeopleError>> {
        let given = |target: &Option<Target>| {
            let target = target.as_ref()?;
            let value = base.given(target.seat)?;
            let word = || target.words.iter().position(|w| *w == value).map_or(-1.0, |i| i as f64);
            Some(if target.words.is_empty() { value } else { word() })
        };
        let fixed: Vec<Option<f64>> = self.targets.iter().map(given).collect();
        let mut faults = Vec::new();
        for (covariate, own) in self.stated.covariates.iter().zip(&fixed) {
            if own.is_none()
                && let Some(parent) = covariate.rule.gap(&fixed)
            {
                let name = covariate.name.text.clone();
                let parent = self.stated.covariates[parent].name.text.clone();
                let described = base.described().find(|(other, _)| *other == parent);
                let case = described.map_or_else(String::new, |(_, value)| value);
                faults.push(covariate.name.place.fault(PeopleError::MissingCase { name, parent, case }));
            }
        }
        Faults::check(faults, || fixed)
    }
}

/// Draws the covariates of people.
#[derive(Debug)]
pub(super) enum Covariates<'p> {
    Stated {
        bound: &'p BoundStated,
        fixed: &'p [Option<f64>],
        /// Per covariate; none where it is not needed.
        streams: Vec<Option<Stream>>,
        randoms: Vec<f64>,
        values: Vec<f64>,
    },
    Listed {
        bound: &'p BoundList,
        /// Seats that are not set for everybody.
        open: Vec<bool>,
        rows: Box<Stream>,
    },
}

impl<'p> Covariates<'p> {
    pub fn new(bound: &'p Bound, fixed: &'p [Option<f64>], base: &Subject<'_>, seed: u64, replicate: u64) -> Self {
        match bound {
            Bound::Stated(bound) => {
                let covariates = &bound.stated.covariates;
                let needed = bound.needed(fixed);
                let stream = |(c, needed): (&Covariate, bool)| {
                    needed.then(|| Stream::new(seed, replicate, Purpose::Covariate(&c.name.text)))
                };
                Covariates::Stated {
                    bound,
                    fixed,
                    streams: covariates.iter().zip(needed).map(stream).collect(),
                    randoms: vec![0.0; covariates.len()],
                    values: vec![f64::NAN; covariates.len()],
                }
            }
            Bound::Listed(bound) => {
                let open = |seat: &Seat| base.given(*seat).is_none();
                // No covariate has a name with a blank.
                let rows = Box::new(Stream::new(seed, replicate, Purpose::Covariate("row of the list")));
                Covariates::Listed { bound, open: bound.seats.iter().map(open).collect(), rows }
            }
        }
    }

    /// Gives a person their covariates.
    pub fn describe(&mut self, person: u64, subject: &mut Subject<'_>) -> Result<(), SubjectError> {
        match self {
            Covariates::Stated { bound, fixed, streams, randoms, values } => {
                let covariates = &bound.stated.covariates;
                for ((stream, random), covariate) in streams.iter_mut().zip(&mut *randoms).zip(covariates) {
                    if let Some(stream) = stream {
                        let number = matches!(covariate.kind, Kind::Number(..));
                        *random = if number { stream.normal(person) } else { stream.uniform(person) };
                    }
                }
                bound.stated.groups.iter().for_each(|group| group.correlate(randoms));
                for &at in &bound.stated.order {
                    if let Some(value) = fixed[at] {
                        values[at] = value;
                        continue;
                    }
                    if streams[at].is_none() {
                        continue;
                    }
                    let value = covariates[at].rule.draw(randoms[at], values);
                    values[at] = value;
                    if let Some(Target { seat, words }) = &bound.targets[at] {
                        subject.put(*seat, if words.is_empty() { value } else { words[value as usize] })?;
                    }
                }
            }
            Covariates::Listed { bound, open, rows } => {
                let count = bound.rows as u64;
                let row = match bound.resample {
                    true => ((rows.uniform(person) * count as f64) as u64).min(count - 1),
                    false if person < count => person,
                    false => return Err(SubjectError::NotListed { person: person.saturating_add(1), listed: count }),
                };
                let width = bound.seats.len();
                let own = &bound.values[row as usize * width..][..width];
                for ((seat, value), open) in bound.seats.iter().zip(own).zip(open) {
                    if *open && !value.is_nan() {
                        subject.put(*seat, *value)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl BoundStated {
    /// The covariates that somebody's description needs: the model's own, and what they follow.
    fn needed(&self, fixed: &[Option<f64>]) -> Vec<bool> {
        let mut needed: Vec<bool> = self.targets.iter().zip(fixed).map(|(t, f)| t.is_some() && f.is_none()).collect();
        for &at in self.stated.order.iter().rev() {
            if needed[at] {
                let mut parents = Vec::new();
                self.stated.covariates[at].rule.parents(&mut parents);
                parents.into_iter().for_each(|parent| needed[parent] = true);
            }
        }
        for group in &self.stated.groups {
            if group.members.iter().any(|member| needed[*member]) {
                group.members.iter().for_each(|member| needed[*member] = true);
            }
        }
        needed
    }
}
