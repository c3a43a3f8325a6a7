//! One file from several: a base and what extends it, a model and its effects.

use super::error::{ModelError, Sort};
use super::file::{FileKind, ModelFile, Name};
use super::provenance::{CovariateRange, EffectNote, Grade, Provenance};
use super::read::Place;
use super::{sections, unknown_model};
use crate::document::DocumentError;
use crate::error::{Fault, Source, Span, nearest};
use std::sync::Arc;

/// Where the files that others extend are found.
pub trait Resolve {
    /// The file of an id.
    fn resolve(&self, id: &str) -> Option<Arc<Source>>;
    /// All ids, for messages.
    fn ids(&self) -> Vec<String>;
}

/// Files may extend files that extend files; more levels than this are a circle.
const DEEPEST: usize = 8;

type Read = Result<ModelFile, Vec<Fault<ModelError>>>;

/// Reads a model with its base and effects as one file.
pub(super) fn read(source: &Arc<Source>, effects: &[Arc<Source>], resolve: &dyn Resolve) -> Read {
    let mut file = read_extended(source, resolve, 0)?;
    if let Some(other) = resolve.resolve(&file.id).filter(|other| other.text != source.text) {
        let other = format!("`{}`", other.name);
        return Err(vec![file.id_place.fault(ModelError::DuplicateId { id: file.id, other })]);
    }
    let mut attached: Vec<(String, Vec<String>)> = Vec::new();
    for effect in effects {
        let effect = read_extended(effect, resolve, 0)?;
        let outputs: Vec<String> = effect.outputs.iter().map(|output| output.name.text.clone()).collect();
        let gives_same = |others: &[String]| outputs.iter().find(|output| others.contains(output)).cloned();
        for (other, others) in &attached {
            if *other == effect.id {
                return Err(vec![effect.id_place.fault(ModelError::EffectTwice { effect: effect.id })]);
            }
            if let Some(output) = gives_same(others) {
                let kind = ModelError::EffectsClash { effect: effect.id, other: other.clone(), output };
                return Err(vec![effect.id_place.fault(kind)]);
            }
        }
        attached.push((effect.id.clone(), outputs));
        add_effect(&mut file, effect)?;
    }
    Ok(file)
}

fn read_extended(source: &Arc<Source>, resolve: &dyn Resolve, depth: usize) -> Read {
    let Some(base) = sections::extends(source) else {
        let file = sections::read(source, None)?;
        let overrides = file.override_parameters.iter().map(|p| &p.name);
        let overrides = overrides.chain(file.override_derived.iter().map(|d| &d.name));
        let mut overrides = overrides.chain(&file.override_without);
        return match overrides.next() {
            Some(name) => {
                let (key, within) = ("extends".to_string(), "a file with `[override]`".to_string());
                Err(vec![name.place.fault(DocumentError::MissingKey { key, within })])
            }
            None => Ok(file),
        };
    };
    if depth == DEEPEST {
        let why = "it leads back to itself".to_string();
        return Err(vec![base.place.fault(ModelError::CannotExtend { base: base.text, why })]);
    }
    let Some(base_source) = resolve.resolve(&base.text) else {
        return Err(vec![base.place.fault(unknown_model(&base.text, resolve))]);
    };
    let base_file = read_extended(&base_source, resolve, depth + 1)?;
    let file = sections::read(source, Some(&base_file))?;
    extend(base_file, file)
}

/// The base with what the overlay adds and changes. Text about the model is the overlay's; its checks too, since the
/// base's were made for other numbers.
fn extend(base: ModelFile, overlay: ModelFile) -> Read {
    let mut faults = Vec::new();
    let id = base.id.clone();
    let mut merged = base.clone();
    for changed in &overlay.override_parameters {
        match merged.parameters.iter_mut().find(|p| p.name.text == changed.name.text) {
            Some(parameter) => *parameter = changed.clone(),
            None => {
                faults.push(nothing(&id, Sort::Parameter, &changed.name, base.parameters.iter().map(|p| &p.name)));
            }
        }
    }
    for changed in &overlay.override_derived {
        match merged.derived.iter_mut().find(|d| d.name.text == changed.name.text) {
            Some(derived) => *derived = changed.clone(),
            None => faults.push(nothing(&id, Sort::Derived, &changed.name, base.derived.iter().map(|d| &d.name))),
        }
    }
    for without in &overlay.override_without {
        let before = merged.covariates.len();
        merged.covariates.retain(|c| c.name.text != without.text);
        if merged.covariates.len() == before {
            faults.push(nothing(&id, Sort::Covariate, without, base.covariates.iter().map(|c| &c.name)));
        }
    }
    append(&mut merged, &overlay, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut population = overlay.population;
    population.occasion = population.occasion.or(base.population.occasion);
    let notes = base.notes.iter().chain(&overlay.notes).cloned().collect();
    Ok(ModelFile {
        id: overlay.id,
        id_place: overlay.id_place,
        title: overlay.title,
        drug: overlay.drug,
        grade: overlay.grade,
        kind: overlay.kind,
        extends: overlay.extends,
        population,
        unit_checking: base.unit_checking && overlay.unit_checking,
        notes,
        override_parameters: overlay.override_parameters,
        override_derived: overlay.override_derived,
        override_without: overlay.override_without,
        checks: overlay.checks,
        ..merged
    })
}

/// Sources of an effect whose keys the model has for others get the effect's id into theirs.
fn qualify_sources(model: &ModelFile, effect: &mut ModelFile) {
    for source in &mut effect.sources {
        if !model.sources.iter().any(|other| other.key == source.key && other != source) {
            continue;
        }
        let qualified = format!("{} {}", effect.id, source.key);
        let provenances = effect.parameters.iter_mut().map(|p| &mut p.provenance);
        for provenance in provenances {
            match provenance {
                Provenance::Cited { source: key, .. } if *key == source.key => key.clone_from(&qualified),
                _ => {}
            }
        }
        source.key = qualified;
    }
}

fn add_effect(model: &mut ModelFile, mut effect: ModelFile) -> Result<(), Vec<Fault<ModelError>>> {
    let kind = |file: &ModelFile, is, needs| {
        vec![file.id_place.fault(ModelError::WrongKind { id: file.id.clone(), is, needs })]
    };
    if effect.kind != FileKind::Effect {
        return Err(kind(&effect, "a model", "an effect"));
    }
    if model.kind == FileKind::Effect {
        return Err(kind(model, "an effect", "a model"));
    }
    let mut faults = Vec::new();
    for required in effect.requires.iter().filter(|r| r.otherwise.is_none()) {
        if !model.outputs.iter().any(|o| o.analyte == required.analyte) {
            let mut has: Vec<String> = model.outputs.iter().map(|o| o.analyte.clone()).collect();
            has.dedup();
            faults.push(required.name.place.fault(ModelError::NoDriver {
                effect: effect.id.clone(),
                analyte: required.analyte.clone(),
                model: model.id.clone(),
                has,
            }));
        }
    }
    qualify_sources(model, &mut effect);
    add_ranges(model, &effect);
    effect.requires.iter_mut().for_each(|required| required.effect = Some(effect.id.clone()));
    let (outputs, requires, first_parameter) = (model.outputs.len(), model.requires.len(), model.parameters.len());
    append(model, &effect, &mut faults);
    let assumed = why_assumed(model, &effect, requires);
    for output in model.outputs.iter_mut().skip(outputs) {
        output.effect_grade = Some(effect.grade);
        output.assumed = output.assumed.take().or_else(|| assumed.clone());
    }
    model.notes.extend(effect.notes);
    let parameters = first_parameter..model.parameters.len();
    model.effects.push(EffectNote { id: effect.id, title: effect.title, grade: effect.grade, parameters });
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Why the outputs of an effect are assumed: it is itself, or what drives it is. Its requirements are from `first` on.
fn why_assumed(model: &ModelFile, effect: &ModelFile, first: usize) -> Option<String> {
    if effect.grade == Grade::Assumed {
        return Some(format!("the effect `{}` is assumed", effect.id));
    }
    let mut drivers = (first..model.requires.len()).filter_map(|r| model.driver(r)).map(|place| &model.outputs[place]);
    let driver = drivers.find(|driver| driver.assumed.is_some())?;
    Some(format!("`{}`, which drives it, is assumed", driver.name.text))
}

/// The people that an effect was made from describe what the model's own do not.
fn add_ranges(model: &mut ModelFile, effect: &ModelFile) {
    for range in &effect.population.ranges {
        if model.population.ranges.iter().all(|other| other.name != range.name) {
            model.population.ranges.push(CovariateRange { effect: Some(effect.id.clone()), ..range.clone() });
        }
    }
}

/// Adds every named thing. A covariate that both have is one.
fn append(file: &mut ModelFile, more: &ModelFile, faults: &mut Vec<Fault<ModelError>>) {
    for source in &more.sources {
        match file.sources.iter().find(|s| s.key == source.key) {
            Some(same) if same == source => {}
            Some(_) => {
                let place = Place { source: Arc::clone(&more.id_place.source), span: Span::default() };
                let (what, other) = ("the source".to_string(), format!("a source of `{}`", file.id));
                faults.push(place.fault(ModelError::NameClash { name: source.key.clone(), what, other }));
            }
            None => file.sources.push(source.clone()),
        }
    }
    for covariate in &more.covariates {
        let same = |c: &super::file::CovariateEntry| c.name.text == covariate.name.text && c.kind == covariate.kind;
        if !file.covariates.iter().any(same) {
            file.covariates.push(covariate.clone());
        }
    }
    for substance in &more.substances {
        let same = |s: &super::file::SubstanceEntry| {
            s.name.text == substance.name.text && s.molar_mass == substance.molar_mass
        };
        if !file.substances.iter().any(same) {
            file.substances.push(substance.clone());
        }
    }
    file.parameters.extend(more.parameters.iter().cloned());
    file.blocks.extend(more.blocks.iter().cloned());
    file.uncertainty.extend(more.uncertainty.iter().cloned());
    file.derived.extend(more.derived.iter().cloned());
    file.compartments.extend(more.compartments.iter().cloned());
    file.flows.extend(more.flows.iter().cloned());
    file.states.extend(more.states.iter().cloned());
    file.routes.extend(more.routes.iter().cloned());
    file.outputs.extend(more.outputs.iter().cloned());
    file.requires.extend(more.requires.iter().cloned());
}

fn nothing<'a>(base: &str, what: Sort, name: &Name, known: impl Iterator<Item = &'a Name>) -> Fault<ModelError> {
    let near = nearest(&name.text, known.map(|n| n.text.as_str())).map(str::to_string);
    name.place.fault(ModelError::NothingToOverride { base: base.to_string(), what, name: name.text.clone(), near })
}
