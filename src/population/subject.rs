//! One person: covariates, body weight, and values of parameters that differ from the model's.

use super::subject_error::SubjectError;
use crate::error::{Diagnostic, Fault, Faults, Span};
use crate::model::{Covariate, CovariateKind, Eta, Level, Model, Setting, common_covariate, common_covariates};
use crate::units::{Dimension, Quantity, Unit};

/// The code of a warning of people whom a model was not made for.
pub(super) const OUTSIDE: &str = "W_OUTSIDE_POPULATION";

/// One person, described in the terms of one model.
#[derive(Debug, Clone)]
pub struct Subject<'m> {
    model: &'m Model,
    /// In the order of the model's covariates: base units, 0 or 1, or the place in a category's list.
    covariates: Vec<f64>,
    /// Covariates that were set, in the same order; a covariate that follows the clock stops doing so.
    given: Vec<bool>,
    /// In the order of the model's parameters, base units.
    values: Vec<f64>,
    /// Parameters that were set, in the same order.
    set: Vec<bool>,
    /// In the order of the model's random effects; those between occasions hold no value.
    effects: Vec<f64>,
    /// The random effects between occasions, in the order of the model: zeros, then those of each occasion.
    occasions: Vec<f64>,
    /// Body weight in kg, for doses per kilogram.
    weight: Option<f64>,
    weight_given: bool,
    /// Values (base units) outside the range of the people that the model was made from, and the places of these ranges.
    outside: Vec<(usize, f64)>,
}

/// Where a subject keeps a covariate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seat {
    /// The place among the model's covariates; none of one that only every person has.
    pub covariate: Option<usize>,
    /// The place among the ranges of the model's population.
    range: Option<usize>,
    is_weight: bool,
}

impl Seat {
    /// A value in base units that can be kept here; `covariate` is the model's, where it has one.
    pub(super) fn checked(self, covariate: Option<&Covariate>, value: f64) -> Result<f64, SubjectError> {
        let weight = kilograms(value);
        let beyond = |bounds: (f64, f64)| !(bounds.0..=bounds.1).contains(&value);
        if let Some(Covariate { name, kind: CovariateKind::Number { unit }, bounds: Some(bounds), .. }) = covariate
            && beyond(*bounds)
        {
            return Err(out_of_bounds(name, unit, *bounds));
        }
        if self.is_weight && (weight.is_nan() || weight <= 0.0) {
            Err(SubjectError::Weight { weight })
        } else {
            Ok(value)
        }
    }
}

impl<'m> Subject<'m> {
    /// The person whom the model's typical values describe: every covariate at its reference.
    pub fn typical(model: &'m Model) -> Self {
        let covariates: Vec<f64> = model.covariates().iter().map(|c| c.reference).collect();
        // Only a covariate that can be a body weight makes doses per kilogram possible.
        let is_weight = |c: &Covariate| c.name == "weight" && is_mass(c) && c.reference > 0.0;
        let weight = model.covariates().iter().position(is_weight);
        Subject {
            model,
            given: vec![false; covariates.len()],
            weight: weight.map(|i| kilograms(covariates[i])),
            covariates,
            values: model.parameters().iter().map(|p| p.value).collect(),
            set: vec![false; model.parameters().len()],
            effects: vec![0.0; model.etas().len()],
            occasions: vec![0.0; between_occasions(model).count()],
            weight_given: false,
            outside: Vec::new(),
        }
    }

    /// The same person with a covariate set. Age and body weight belong to every person, whether the model uses them or not.
    ///
    /// # Errors
    /// A covariate that the model does not have, a unit of another dimension, a word that a category does not have.
    pub fn with(mut self, name: &str, setting: impl Into<Setting>) -> Result<Self, Faults<SubjectError>> {
        self.cover(name, setting.into()).map_err(Fault::new)?;
        Ok(self)
    }

    /// The same person with a covariate set from text: `45 year`, `true`, `japanese`.
    ///
    /// # Errors
    /// As [`Subject::with`]; spans count in `text`.
    pub fn with_text(mut self, name: &str, text: &str) -> Result<Self, Faults<SubjectError>> {
        let whole = Span::new(0, text.len());
        // Before its value is read, which may be no number.
        if Subject::seat(self.model, name).is_none() {
            return Err(Fault::at(self.unknown(name), whole).into());
        }
        let kind = self.model.covariates().iter().find(|c| c.name == name).map(|c| &c.kind);
        let setting = match kind {
            Some(CovariateKind::Category { .. }) => Setting::Category(text.trim().to_string()),
            Some(CovariateKind::Flag) => match text.trim() {
                "true" | "yes" | "1" => Setting::Flag(true),
                "false" | "no" | "0" => Setting::Flag(false),
                _ => {
                    let kind = SubjectError::WrongKind { name: name.into(), needs: "a flag, `true` or `false`" };
                    return Err(Fault::at(kind, whole).into());
                }
            },
            None if common_covariate(name).is_none() => return Err(Fault::new(self.unknown(name)).into()),
            Some(CovariateKind::Number { .. }) | None => {
                let named = |error| SubjectError::Unit { name: name.into(), error };
                Setting::Number(text.parse::<Quantity>().map_err(|f| f.map(named))?)
            }
        };
        self.cover(name, setting).map_err(|kind| Fault::at(kind, whole))?;
        Ok(self)
    }

    /// The same person with the value of a parameter in place of the model's; covariates and variability then act on it.
    ///
    /// # Errors
    /// A parameter that the model does not have, a unit of another dimension, a value beyond the parameter's bounds.
    pub fn set(mut self, name: &str, value: &Quantity) -> Result<Self, Faults<SubjectError>> {
        let index = self.parameter(name).map_err(Fault::new)?;
        let parameter = &self.model.parameters()[index];
        let base =
            value.like(&parameter.unit).map_err(|error| Fault::new(SubjectError::Unit { name: name.into(), error }))?;
        if let Some((low, high)) = parameter.bounds.filter(|(low, high)| !(*low..=*high).contains(&base)) {
            return Err(Fault::new(out_of_bounds(name, &parameter.unit, (low, high))).into());
        }
        self.values[index] = base;
        self.set[index] = true;
        Ok(self)
    }

    /// A value of a parameter in base units in place of the model's, unless it was set.
    pub(super) fn estimate(&mut self, parameter: usize, value: f64) {
        if !self.set[parameter] {
            self.values[parameter] = value;
        }
    }

    /// The same person with a random effect of a parameter between subjects in place of its present one: 0 is the typical
    /// value. It acts on the scale of its variability ([`crate::model::Scale`]; additive ones in base units), and on every parameter that
    /// shares it.
    ///
    /// # Errors
    /// A parameter that the model does not have, or that does not vary between subjects.
    pub fn with_effect(mut self, parameter: &str, value: f64) -> Result<Self, Faults<SubjectError>> {
        let model = self.model;
        let index = self.parameter(parameter).map_err(Fault::new)?;
        let Some(eta) = model.parameters()[index].iiv else {
            let known = model.parameters().iter().filter(|p| p.iiv.is_some()).map(|p| p.name.clone()).collect();
            let kind = SubjectError::NoVariability { model: model.id().into(), name: parameter.into(), known };
            return Err(Fault::new(kind).into());
        };
        self.effects[eta] = value;
        Ok(self)
    }

    /// Index of a parameter of the model.
    fn parameter(&self, name: &str) -> Result<usize, SubjectError> {
        let parameters = self.model.parameters();
        parameters.iter().position(|p| p.name == name).ok_or_else(|| SubjectError::UnknownParameter {
            model: self.model.id().into(),
            name: name.into(),
            known: parameters.iter().map(|p| p.name.clone()).collect(),
        })
    }

    fn cover(&mut self, name: &str, setting: Setting) -> Result<(), SubjectError> {
        let seat = Subject::seat(self.model, name).ok_or_else(|| self.unknown(name))?;
        let value = match (seat.covariate, common_covariate(name)) {
            (Some(index), _) => value_of(&self.model.covariates()[index], setting)?,
            (None, Some(unit)) => number_of(name, &unit, setting)?,
            (None, None) => return Err(self.unknown(name)),
        };
        self.put(seat, value)
    }

    /// Where a covariate is kept; nowhere if neither the model nor every person has it.
    pub(super) fn seat(model: &Model, name: &str) -> Option<Seat> {
        let covariate = model.covariates().iter().position(|c| c.name == name);
        if covariate.is_none() && common_covariate(name).is_none() {
            return None;
        }
        let range = model.population().ranges.iter().position(|r| r.name == name);
        let is_weight = name == "weight" && covariate.is_none_or(|i| is_mass(&model.covariates()[i]));
        Some(Seat { covariate, range, is_weight })
    }

    /// The value that a covariate was set to, if it was.
    pub(super) fn given(&self, seat: Seat) -> Option<f64> {
        match seat.covariate {
            Some(index) => self.given[index].then(|| self.covariates[index]),
            None => self.weight.filter(|_| seat.is_weight && self.weight_given).map(|kg| kg * 1e6),
        }
    }

    /// Sets a covariate to a value in base units, 0 or 1, or the place in a category's list.
    pub(super) fn put(&mut self, seat: Seat, value: f64) -> Result<(), SubjectError> {
        seat.checked(seat.covariate.map(|index| &self.model.covariates()[index]), value)?;
        if seat.is_weight {
            self.weight = Some(kilograms(value));
            self.weight_given = true;
        }
        if let Some(index) = seat.covariate {
            self.covariates[index] = value;
            self.given[index] = true;
        }
        if let Some(place) = seat.range {
            let range = &self.model.population().ranges[place];
            self.outside.retain(|(other, _)| *other != place);
            if value < range.low || value > range.high {
                self.outside.push((place, value));
            }
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> SubjectError {
        let mut known: Vec<String> = self.model.covariates().iter().map(|c| c.name.clone()).collect();
        for common in common_covariates() {
            if !known.iter().any(|own| own == common) {
                known.push(common.into());
            }
        }
        SubjectError::UnknownCovariate { model: self.model.id().into(), name: name.into(), known }
    }

    /// Names and values of the model's covariates, as people write them; whether given or the model's reference.
    pub fn described(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.model.covariates().iter().zip(&self.covariates).zip(&self.given).map(|((covariate, value), given)| {
            let shown = match &covariate.kind {
                CovariateKind::Number { unit } => Quantity::new(unit.from_base(*value), unit.clone()).to_string(),
                CovariateKind::Flag => (*value != 0.0).to_string(),
                CovariateKind::Category { options } => options[*value as usize].clone(),
            };
            (covariate.name.clone(), if *given { shown } else { format!("{shown}, the model's reference") })
        })
    }

    /// The model the person is described for.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Body weight in kg, if known.
    pub fn weight(&self) -> Option<f64> {
        self.weight
    }

    /// Whether the body weight was set, rather than left at the model's reference.
    pub fn weight_is_given(&self) -> bool {
        self.weight_given
    }

    /// Values of the model's covariates, in its order: base units, 0 or 1, or the place in a category's list.
    pub fn covariates(&self) -> &[f64] {
        &self.covariates
    }

    /// Whether the covariate at a place was set, rather than left at the model's reference.
    pub fn is_given(&self, index: usize) -> bool {
        self.given[index]
    }

    /// Values of the model's parameters before covariates and variability, in base units.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The random effects between subjects, one per random effect of the model ([`Model::etas`]) and 0 for the typical
    /// person; those between occasions are 0 here.
    pub fn effects(&self) -> &[f64] {
        &self.effects
    }

    /// The random effects of an occasion, counted from 0: one per random effect between occasions, in the order of
    /// [`Model::etas`]. On an occasion that none were drawn for they are 0.
    pub fn effects_on(&self, occasion: usize) -> &[f64] {
        let count = between_occasions(self.model).count();
        let begin = (occasion + 1).saturating_mul(count);
        self.occasions.get(begin..begin.saturating_add(count)).unwrap_or(&self.occasions[..count])
    }

    /// On how many occasions the person has random effects.
    pub fn occasions(&self) -> usize {
        self.occasions.len().checked_div(between_occasions(self.model).count()).map_or(0, |blocks| blocks - 1)
    }

    /// The random effects between subjects, and those of so many occasions one after the other, to be drawn.
    pub(super) fn effects_mut(&mut self, occasions: usize) -> (&mut [f64], &mut [f64]) {
        let count = between_occasions(self.model).count();
        self.occasions.resize((occasions + 1) * count, 0.0);
        (&mut self.effects, &mut self.occasions[count..])
    }

    /// What should be known about the person: covariates outside the range of the model's data.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let ranges = &self.model.population().ranges;
        let warning = |(place, value): &(usize, f64)| {
            let range = &ranges[*place];
            let show = |v: f64| range.unit.from_base(v);
            let message = format!(
                "{} = {} {} is outside the range {}..{} {} of the people {} was made from",
                range.name,
                show(*value),
                range.unit,
                show(range.low),
                show(range.high),
                range.unit,
                range.made(self.model.id())
            );
            Diagnostic::warning(OUTSIDE, message).with_hint("the result is an extrapolation")
        };
        self.outside.iter().map(warning).collect()
    }

    /// The ranges of the model's population that the person is outside of, by their places.
    pub(super) fn outside(&self) -> impl Iterator<Item = usize> + '_ {
        self.outside.iter().map(|(place, _)| *place)
    }
}

fn is_mass(covariate: &Covariate) -> bool {
    matches!(&covariate.kind, CovariateKind::Number { unit } if unit.dimension() == Dimension::MASS)
}

/// The random effects between occasions.
pub(super) fn between_occasions(model: &Model) -> impl Iterator<Item = &Eta> {
    model.etas().iter().filter(|eta| eta.level == Level::Occasion)
}

/// The bounds are in base units.
fn out_of_bounds(name: &str, unit: &Unit, (low, high): (f64, f64)) -> SubjectError {
    let [low, high] = [low, high].map(|bound| Quantity::new(unit.from_base(bound), unit.clone()).to_string());
    SubjectError::OutOfBounds { name: name.into(), low, high }
}

fn kilograms(mg: f64) -> f64 {
    mg / 1e6
}

fn value_of(covariate: &Covariate, setting: Setting) -> Result<f64, SubjectError> {
    let name = || covariate.name.clone();
    match (&covariate.kind, setting) {
        (CovariateKind::Number { unit }, setting) => number_of(&covariate.name, unit, setting),
        (CovariateKind::Flag, Setting::Flag(flag)) => Ok(f64::from(u8::from(flag))),
        (CovariateKind::Category { options }, Setting::Category(word)) => options
            .iter()
            .position(|o| *o == word)
            .map(|i| i as f64)
            .ok_or_else(|| SubjectError::UnknownCategory { name: name(), found: word, known: options.clone() }),
        (CovariateKind::Flag, _) => Err(SubjectError::WrongKind { name: name(), needs: "a flag, `true` or `false`" }),
        (CovariateKind::Category { .. }, _) => {
            Err(SubjectError::WrongKind { name: name(), needs: "one of a list of words" })
        }
    }
}

/// A number in base units that measures what `unit` does.
fn number_of(name: &str, unit: &Unit, setting: Setting) -> Result<f64, SubjectError> {
    match setting {
        Setting::Number(quantity) => {
            quantity.like(unit).map_err(|error| SubjectError::Unit { name: name.into(), error })
        }
        _ => Err(SubjectError::WrongKind { name: name.into(), needs: "a number with a unit" }),
    }
}
