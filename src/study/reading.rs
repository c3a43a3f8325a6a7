//! What plans of every kind are read with.

use super::PlanError;
use super::compare::Models;
use crate::document::{Place, Table, Text, Value};
use crate::error::Source;
use crate::model::{Model, ModelError, common_covariate};
use crate::population::{People, PeopleError, Subject};
use crate::units::{Dimension, Quantity};
use crate::{Error, ErrorKind};
use std::sync::Arc;

/// A time above zero, h.
pub(super) fn duration(table: &Table<'_, PlanError>, key: &str) -> Option<f64> {
    let value = table.get(key)?;
    let hours = value.quantity(Dimension::TIME)?.in_base();
    if hours <= 0.0 {
        table.log.report(&value.place, PlanError::NotPositive { what: key.to_string() });
        return None;
    }
    Some(hours)
}

/// Reads the text of a file that a plan names.
pub type Files<'f> = dyn Fn(&str) -> std::io::Result<String> + 'f;

/// The files of a plan that is a text alone.
pub(super) fn no_files(_: &str) -> std::io::Result<String> {
    Err(std::io::Error::other("this plan is a text alone, and no folder is known for its files"))
}

/// The people of a plan: described in it, or by the `file` that it names, which is the second. Keys in `handled` are read
/// elsewhere.
pub(super) fn people(
    value: &Value<'_, PlanError>,
    handled: &[&str],
    files: &Files<'_>,
) -> Option<(People, Option<Arc<Source>>)> {
    let table = value.entries()?;
    let Some(file) = table.get("file") else { return Some((People::read(&table, handled)?, None)) };
    let known: Vec<&str> = handled.iter().copied().chain(["file", "resample"]).collect();
    let table = value.table(&known)?;
    let file = file.text()?;
    let resample = table.get("resample");
    let text = match files(&file.text) {
        Ok(text) => text,
        Err(error) => {
            value.log.report(&file.place, PlanError::Unreadable { file: file.text, why: error.to_string() });
            return None;
        }
    };
    let people = match People::of_file(&file.text, &text) {
        Ok(people) => people,
        Err(faults) => {
            faults.into_vec().into_iter().for_each(|fault| value.log.push(fault.map(PlanError::People)));
            return None;
        }
    };
    let people = match resample {
        Some(flag) if flag.flag()? && people.count().is_none() => {
            value.log.report(&flag.place, PeopleError::NotAList { file: file.text });
            return None;
        }
        Some(flag) if flag.flag()? => people.resampled(),
        _ => people,
    };
    Some((people, Some(Source::new(file.text, text))))
}

/// How many people are simulated: as many as `key` says, else as many as are listed.
pub(super) fn size(table: &Table<'_, PlanError>, key: &str, people: Option<&People>) -> Option<u64> {
    let Some(value) = table.get(key) else { return people?.count() };
    let size = value.count()? as u64;
    if size == 0 {
        value.log.report(&value.place, PlanError::NoPeople);
        return None;
    }
    if let Some(Err(faults)) = people.map(|people| people.enough_for(size)) {
        faults.into_vec().into_iter().for_each(|fault| value.log.report(&value.place, PlanError::People(fault.kind)));
        return None;
    }
    Some(size)
}

/// Names and values of a table, both with their places: quantities and words as texts, plain numbers, flags.
pub(super) fn pairs(value: &Value<'_, PlanError>) -> Option<Vec<(Text, Text)>> {
    let table = value.entries()?;
    let entry = |(name, place, value): (String, Place, Value<'_, PlanError>)| {
        let said = match value.as_flag() {
            Some(flag) => Text::at(flag.to_string(), value.place.clone()),
            None => value.expression()?,
        };
        Some((Text::at(name, place), said))
    };
    Some(table.named("the value of").into_iter().filter_map(entry).collect())
}

/// Loads models by the names that a plan gives them; `load` finds one by id or path.
///
/// # Errors
/// What `load` says, where the plan names the model; two models of one id that differ.
pub(super) fn models<'t>(
    names: impl IntoIterator<Item = &'t Text>,
    load: impl Fn(&str) -> Result<Model, Error>,
) -> Result<Models, Error> {
    let mut models = Models::new();
    for name in names {
        if !models.contains_key(&name.text) {
            let model = load(&name.text).map_err(|e| e.placed(&name.place))?;
            let clashes = |m: &Model| m.id() == model.id() && m.source().text != model.source().text;
            if let Some((other, _)) = models.iter().find(|(_, m)| clashes(m)) {
                let kind = ModelError::DuplicateId { id: model.id().into(), other: format!("`{other}`") };
                return Err(Error::from(kind).placed(&name.place));
            }
            models.insert(name.text.clone(), model);
        }
    }
    Ok(models)
}

/// A person in the terms of a model, with values of parameters in place of the model's. A covariate that only other models of
/// the plan have says nothing about this one.
///
/// # Errors
/// A covariate or parameter that there is not, or a value that it cannot have, where the plan says it.
pub(super) fn person<'m, 't>(
    covariates: impl Iterator<Item = &'t (Text, Text)>,
    set: &[(Text, Text)],
    model: &'m Model,
    others: &[&Model],
) -> Result<Subject<'m>, Error> {
    let mut subject = Subject::typical(model);
    for (name, value) in covariates {
        let elsewhere = |m: &Model| m.covariates().iter().any(|c| c.name == name.text);
        if !elsewhere(model) && others.iter().any(|m| elsewhere(m)) && common_covariate(&name.text).is_none() {
            continue;
        }
        subject = subject.with_text(&name.text, &value.text).map_err(|e| e.said_as(name, value))?;
    }
    with_values(subject, set)
}

/// The same person with values of parameters in place of the model's.
///
/// # Errors
/// As [`person`].
pub(super) fn with_values<'m>(mut subject: Subject<'m>, values: &[(Text, Text)]) -> Result<Subject<'m>, Error> {
    for (name, value) in values {
        let quantity: Quantity = value.text.parse().map_err(|f| Error::from(value.fault(f, ErrorKind::Unit)))?;
        subject = subject.set(&name.text, &quantity).map_err(|e| e.said_as(name, value))?;
    }
    Ok(subject)
}
