//! The model that a command runs, and the person it runs for.

use super::{ArgumentError, model, read, said};
use crate::Error;
use crate::document::Text;
use crate::error::Source;
use crate::model::{Catalogue, Model, Resolve};
use crate::population::Subject;
use crate::units::{Quantity, UnitFault};
use clap::Args;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct PersonArgs {
    /// A model's id, or the path of a model file
    model: String,
    /// A parameter's value, such as Qh="120 L/h"
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A covariate of the person, such as age="70 year"
    #[arg(long, value_name = "NAME=VALUE")]
    covariate: Vec<String>,
    /// An effect to attach: an id or the path of an effect file
    #[arg(long, value_name = "ID")]
    effect: Vec<String>,
}

impl PersonArgs {
    /// The model with the effects attached.
    pub(super) fn model(&self) -> Result<Model, Error> {
        let chosen = model(&self.model)?;
        if self.effect.is_empty() {
            return Ok(chosen);
        }
        let sources: Result<Vec<_>, Error> = self.effect.iter().map(|name| effect(name)).collect();
        Ok(Model::with_effects(chosen.source(), &sources?, &Catalogue)?)
    }

    pub(super) fn subject<'m>(&self, model: &'m Model) -> Result<Subject<'m>, Error> {
        let mut subject = Subject::typical(model);
        for given in &self.covariate {
            let (name, value) = pair("--covariate", given)?;
            subject = subject.with_text(&name.text, &value.text).map_err(|e| e.said_as(&name, &value))?;
        }
        for given in &self.set {
            let (name, value) = pair("--set", given)?;
            let quantity: Quantity = value.text.parse().map_err(|f: UnitFault| Error::from(f).placed_in(&value))?;
            subject = subject.set(&name.text, &quantity).map_err(|e| e.said_as(&name, &value))?;
        }
        Ok(subject)
    }

    /// The effects that are attached, by id or path.
    pub(super) fn effects(&self) -> &[String] {
        &self.effect
    }

    /// What `--set` and `--covariate` say, by name.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let given = self.set.iter().chain(&self.covariate).filter_map(|given| given.split_once('='));
        given.map(|(name, value)| (name.trim().into(), value.into())).collect()
    }
}

pub(super) fn effect(name: &str) -> Result<Arc<Source>, Error> {
    if name.ends_with(".toml") {
        return Ok(Source::new(name, read(name)?));
    }
    match Catalogue.resolve(name) {
        Some(source) => Ok(source),
        None => Ok(Model::catalogue(name)?.source().clone()),
    }
}

/// Name and value of `NAME=VALUE`, each with its place.
pub(super) fn pair(option: &str, given: &str) -> Result<(Text, Text), Error> {
    let whole = said(option, given);
    match given.find('=') {
        Some(at) => Ok((whole.slice(0, at), whole.slice(at + 1, given.len()))),
        None => Err(Error::from(ArgumentError::NoEquals { option: option.into() }).placed(&whole.place)),
    }
}
