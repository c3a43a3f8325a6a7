//! What plans of every kind are read with.

use super::PlanError;
use super::compare::Models;
use crate::Error;
use crate::document::{Place, Table, Text, Value};
use crate::model::{Model, ModelError};
use crate::units::Dimension;

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

/// Names and values of a table, both with their places.
pub(super) fn pairs(value: &Value<'_, PlanError>) -> Option<Vec<(Text, Text)>> {
    let table = value.entries()?;
    let entry = |(name, place, value): (String, Place, Value<'_, PlanError>)| {
        Some((Text::at(name, place), value.expression()?))
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
