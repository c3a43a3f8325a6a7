//! A model file as written: every part typed and placed, nothing resolved. It may still be wrong.

use super::checks::Check;
use super::read::{Number, Place, Text};
use super::{EffectNote, Grade, PopulationNotes, SourceNote};
use crate::units::{Quantity, Unit};
use std::sync::Arc;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A model of its own.
    Model,
    /// An effect that is driven by an output of another model.
    Effect,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelFile {
    pub id: String,
    pub id_place: Place,
    pub title: String,
    pub drug: String,
    pub grade: Grade,
    pub kind: FileKind,
    pub extends: Option<Text>,
    pub unit_checking: bool,
    pub notes: Vec<String>,
    pub sources: Vec<SourceNote>,
    pub population: PopulationNotes,
    pub substances: Vec<SubstanceEntry>,
    pub covariates: Vec<CovariateEntry>,
    pub parameters: Vec<ParameterEntry>,
    pub blocks: Vec<BlockEntry>,
    pub uncertainty: Vec<BlockEntry>,
    pub derived: Vec<DerivedEntry>,
    pub compartments: Vec<CompartmentEntry>,
    pub flows: Vec<FlowEntry>,
    pub states: Vec<StateEntry>,
    pub routes: Vec<RouteEntryFile>,
    pub outputs: Vec<OutputEntry>,
    pub requires: Vec<RequireEntry>,
    /// The effects that were added.
    pub effects: Vec<EffectNote>,
    pub override_parameters: Vec<ParameterEntry>,
    pub override_derived: Vec<DerivedEntry>,
    /// Covariates of the base that it does without.
    pub override_without: Vec<Name>,
    pub checks: Vec<Check>,
}

/// A name where it was given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Name {
    pub text: String,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct SubstanceEntry {
    pub name: Name,
    /// g/mol
    pub molar_mass: Option<f64>,
    /// Salt and its molar mass in g/mol.
    pub salts: Vec<(String, f64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct CovariateEntry {
    pub name: Name,
    pub kind: super::CovariateKind,
    /// In base units, a flag as 0 or 1, a category by its place in the list.
    pub reference: f64,
    /// In base units.
    pub bounds: Option<(f64, f64)>,
    pub steps: Option<super::Steps>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParameterEntry {
    pub name: Name,
    pub value: Number,
    pub unit: Unit,
    pub unit_place: Option<Place>,
    pub provenance: super::Provenance,
    /// In the parameter's unit.
    pub bounds: Option<(Number, Number)>,
    pub iiv: Option<Spread>,
    pub iov: Option<Spread>,
    pub uncertainty: Option<UncertaintyEntry>,
    pub typical: Option<Text>,
    pub from_data: bool,
}

/// `iiv` or `iov` as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spread {
    Log {
        variance: f64,
        printed: String,
    },
    Logit {
        sd: f64,
        printed: String,
    },
    /// In the parameter's unit.
    Additive {
        sd: f64,
        printed: String,
    },
    Shared {
        with: Text,
    },
    Missing {
        why: String,
    },
}

/// `uncertainty` of a parameter as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UncertaintyEntry {
    pub place: Place,
    /// Standard error, in the parameter's unit or relative to its value.
    pub size: f64,
    pub relative: bool,
    pub log: bool,
    pub printed: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockEntry {
    pub place: Place,
    pub of: Vec<Text>,
    pub lower: Vec<f64>,
    pub correlation: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct DerivedEntry {
    pub name: Name,
    pub expression: Text,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct CompartmentEntry {
    pub name: Name,
    pub volume: Option<Text>,
    pub initial: Option<Text>,
    pub rate: Option<Text>,
    pub substance: Option<Text>,
    pub equivalents_of: Option<Text>,
    pub fraction: Option<Text>,
    pub lag: Option<Text>,
    pub infusion_rate: Option<Text>,
    pub infusion_duration: Option<Text>,
    pub number: Option<(usize, Place)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct FlowEntry {
    /// The key, as written.
    pub key: Name,
    pub from: Name,
    /// `None` is `out`.
    pub to: Option<Name>,
    pub both_ways: bool,
    pub terms: Vec<FlowTerm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlowKind {
    Rate,
    Clearance,
    Flux,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct FlowTerm {
    pub kind: FlowKind,
    pub expression: Text,
    pub yields: Option<Text>,
    pub molar: Option<Place>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct StateEntry {
    pub name: Name,
    pub unit: Unit,
    pub initial: Option<Text>,
    pub rate: Text,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RouteEntryFile {
    pub name: Name,
    pub device: Option<(Quantity, Quantity)>,
    pub fractions_exceed_one: Option<String>,
    pub entries: Vec<RoutePlace>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RoutePlace {
    pub compartment: Name,
    pub fraction: Option<Text>,
    pub amount: Option<Text>,
    pub lag: Option<Text>,
    pub over: Option<Text>,
    pub input: Option<Text>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct OutputEntry {
    pub name: Name,
    pub value: Text,
    pub unit: Unit,
    pub analyte: String,
    pub site: String,
    pub residual: Option<ResidualEntry>,
    pub assumed: Option<String>,
    /// Of the effect that it came with; none of the model's own.
    pub effect_grade: Option<Grade>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResidualEntry {
    pub when: Option<Text>,
    pub proportional: f64,
    /// A number in the output's unit, or a quantity of its own.
    pub additive: Option<(Quantity, Place)>,
    pub log_sd: f64,
    pub combined: u8,
    pub otherwise: Option<Box<ResidualEntry>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RequireEntry {
    pub name: Name,
    /// The effect that requires it, once it is part of a model.
    pub effect: Option<String>,
    pub analyte: String,
    pub site: Option<String>,
    pub unit: Unit,
    /// What it counts as in a model without it, in its unit; a model has to have it where this is `None`.
    pub otherwise: Option<Number>,
}

impl ModelFile {
    /// Place in `outputs` of what drives a requirement: never an output of the same file, which is an effect's own answer.
    pub fn driver(&self, requirement: usize) -> Option<usize> {
        let required = &self.requires[requirement];
        let own = |o: &OutputEntry| Arc::ptr_eq(&o.name.place.source, &required.name.place.source);
        self.outputs.iter().position(|o| o.analyte == required.analyte && !own(o))
    }
}
