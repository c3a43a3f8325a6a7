//! A population: who the people are, how many, and from which seed.

use super::bound::{Bound, Covariates};
use super::effects::Effects;
use super::error::PeopleError;
use super::estimates::Estimates;
use super::people::People;
use super::subject::Subject;
use super::subject_error::SubjectError;
use crate::error::{Diagnostic, Fault, Faults};
use crate::model::Model;
use std::ops::Range;
use std::sync::Arc;

/// Virtual or listed people for whom a model is simulated. A person's numbers are a function of the seed, the replicate, the
/// person's number and the names of their covariates and parameters: they are the same in every arm, and for any number of
/// people.
///
/// ```
/// use posology::population::{People, Population};
/// use posology::prelude::*;
///
/// let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
/// let people = People::parse("people", "age = { mean = '45 year', sd = '12 year', min = '18 year', max = '65 year' }")?;
/// let population = Population::of(&model).people(&people)?.size(1000).seed(42);
/// let mut draws = population.draws();
/// let fifth = draws.subject(4, 0)?;
/// assert!((18.0 * 8766.0..65.0 * 8766.0).contains(&fifth.covariates()[0])); // base units: hours
/// # Ok::<(), posology::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Population<'m> {
    base: Subject<'m>,
    size: u64,
    seed: u64,
    replicate: u64,
    varies: bool,
    people: Arc<Bound>,
    /// Per covariate of virtual people: the value that everybody was given instead.
    fixed: Vec<Option<f64>>,
    warnings: Vec<Diagnostic>,
}

impl<'m> Population<'m> {
    /// One person with the model's reference covariates and its variability, of seed 1.
    pub fn of(model: &'m Model) -> Self {
        Population {
            base: Subject::typical(model),
            size: 1,
            seed: 1,
            replicate: 0,
            varies: true,
            people: Arc::new(Bound::nobody()),
            fixed: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The same population of so many people.
    pub fn size(self, size: u64) -> Self {
        Population { size, ..self }
    }

    /// The same population from another seed: other people.
    pub fn seed(self, seed: u64) -> Self {
        Population { seed, ..self }
    }

    /// The same population in another replicate: other people of the same seed, and, beyond replicate 0, values of parameters
    /// drawn as uncertain as the model says that their estimates are.
    pub fn replicate(self, replicate: u64) -> Self {
        Population { replicate, ..self }
    }

    /// The same population without variability between subjects and occasions: covariates are all that people differ in.
    pub fn without_variability(self) -> Self {
        Population { varies: false, ..self }
    }

    /// A population of these people.
    ///
    /// # Errors
    /// Covariates that the model does not have and that no other covariate follows, or that are something else there.
    pub fn people(self, people: &People) -> Result<Self, Faults<PeopleError>> {
        self.people_among(people, &[])
    }

    /// The same where other models are simulated for the same people: covariates that only those have are left out here.
    ///
    /// # Errors
    /// As [`Population::people`].
    pub fn people_among(mut self, people: &People, others: &[&Model]) -> Result<Self, Faults<PeopleError>> {
        self.warnings.clear();
        self.people = Arc::new(Bound::new(people, self.base.model(), others, &mut self.warnings)?);
        self.fixed = self.people.fixed(&self.base)?;
        Ok(self)
    }

    /// The same population with what holds for everybody: values of parameters, and covariates, which go before those of
    /// the people. Covariates that follow one of these follow its new value; correlated ones are as they were.
    ///
    /// # Errors
    /// A covariate that decides another one has a value for which the people do not describe the other.
    pub fn base(self, base: Subject<'m>) -> Result<Self, Faults<PeopleError>> {
        let fixed = self.people.fixed(&base)?;
        Ok(Population { base, fixed, ..self })
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.base.model()
    }

    /// How many people there are.
    pub fn count(&self) -> u64 {
        self.size
    }

    /// The seed and the replicate of everything that is drawn for it.
    pub fn key(&self) -> (u64, u64) {
        (self.seed, self.replicate)
    }

    /// Whether people are described by this covariate of the model, each by a value of their own.
    pub fn describes(&self, covariate: &str) -> bool {
        Subject::seat(self.model(), covariate).is_some_and(|seat| self.people.sets(seat))
    }

    /// What should be known about the people: columns that are not used, covariates that are missing, and variability that
    /// the model does not have.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let mut warnings = self.warnings.clone();
        let model = self.model();
        if self.varies && !vary(model, 0..own_parameters(model)) {
            let effects = model.effects().iter().filter(|effect| vary(model, effect.parameters.clone()));
            let effects: Vec<String> = effects.map(|effect| format!(" and the effect `{}`", effect.id)).collect();
            let (id, effects) = (model.id(), effects.concat());
            let message = format!("the model `{id}` states no variability: people differ in covariates{effects} alone");
            warnings.push(Diagnostic::warning("W_NO_VARIABILITY", message));
        }
        for (name, why) in model.provenance().missing_variability.iter().filter(|_| self.varies) {
            let message =
                format!("`{name}` of the model `{}` varies, and is the same for everybody here: {why}", model.id());
            warnings.push(Diagnostic::warning("W_MISSING_VARIABILITY", message));
        }
        warnings
    }

    /// Draws people: one for each thread, fastest for people in a row.
    pub fn draws(&self) -> Draws<'_, 'm> {
        let estimates = Estimates::new(self.model(), self.seed).ok();
        Draws {
            base: estimates.map_or_else(|| self.base.clone(), |mut e| e.draw(self.replicate, &self.base)),
            covariates: Covariates::new(&self.people, &self.fixed, &self.base, self.seed, self.replicate),
            effects: self.varies.then(|| Effects::new(self.base.model(), self.seed, self.replicate)),
        }
    }
}

/// How many parameters are the model's own and not those of an effect.
fn own_parameters(model: &Model) -> usize {
    model.effects().first().map_or(model.parameters().len(), |effect| effect.parameters.start)
}

/// Whether any of these parameters has a random effect.
fn vary(model: &Model, parameters: Range<usize>) -> bool {
    model.parameters()[parameters].iter().any(|parameter| parameter.iiv.is_some() || parameter.iov.is_some())
}

/// Draws the people of a population.
#[derive(Debug)]
pub struct Draws<'p, 'm> {
    base: Subject<'m>,
    covariates: Covariates<'p>,
    /// None where people differ in covariates alone.
    effects: Option<Effects<'m>>,
}

impl<'m> Draws<'_, 'm> {
    /// A person, counted from 0, with their random effects on so many occasions.
    ///
    /// # Errors
    /// A covariate that is not possible, such as a body weight below zero; a person beyond those that are listed.
    pub fn subject(&mut self, person: u64, occasions: usize) -> Result<Subject<'m>, Faults<SubjectError>> {
        let mut subject = self.base.clone();
        self.covariates.describe(person, &mut subject).map_err(Fault::new)?;
        if let Some(effects) = &mut self.effects {
            effects.draw(person, occasions, &mut subject);
        }
        Ok(subject)
    }
}
