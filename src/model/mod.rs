//! Models: text becomes a [`ModelFile`](file), which may be wrong, and that a checked, immutable [`Model`].
//!
//! A model is data. Reading it finds as many faults as it can and shows each with its place; once a `Model` exists,
//! names are resolved, units agree, every number has a source or a reason, and everything that is computed is a
//! register of the programs in [`Model::tiers`].
//!
//! Mass and equivalents: a compartment's name and `C(name)` in expressions are the mass and the mass concentration of
//! its own substance. Where it is kept in `equivalents_of` another, only its state (and what doses add to it) counts
//! in those, so that flows conserve it.

mod build;
mod catalogue;
mod checks;
mod compile;
mod doses;
mod equations;
mod error;
mod estimates;
mod file;
mod flows;
mod fractions;
mod index;
mod individuals;
mod merge;
mod names;
mod nonlinear;
mod observed;
mod parts;
mod provenance;
mod quantities;
mod read;
mod scope;
mod sections;
mod structure;
mod variability;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueEntry, catalogue, unique_ids};
pub use checks::{Check, Evidence, Expectation, Printed, Tolerance};
pub use error::{ModelError, Sort};
pub use file::FileKind;
pub use index::index;
pub use merge::Resolve;
pub use names::{ANALYTES, SITES};
pub(crate) use names::{common_covariate, common_covariates};
pub use parts::*;
pub use provenance::*;
pub use read::Place;
pub use variability::*;

use crate::error::{Diagnostic, Fault, Faults, Source, nearest};
use crate::expr::Tiers;
use std::sync::Arc;

/// The group of programs that computes non-linear outputs ([`Readout::Computed`]).
pub const GROUP_OUTPUTS: usize = 0;
/// The group of programs that computes non-linear right-hand sides ([`NonLinear::rhs`]).
pub const GROUP_RHS: usize = 1;
/// The group of programs that computes input functions ([`RouteEntry::input`]).
pub const GROUP_INPUT: usize = 2;
/// The group of programs that computes the derivatives of non-linear right-hand sides ([`NonLinear::jacobian`]).
pub const GROUP_JACOBIAN: usize = 3;
/// The group of programs that computes the right-hand sides of the states that are not upstream ([`NonLinear::rest`]).
pub const GROUP_REST: usize = 4;
/// The group of programs that computes the derivatives of those right-hand sides by those states.
pub const GROUP_REST_JACOBIAN: usize = 5;
/// The group of programs that computes what is decided when a dose is given and follows the state or a time, once the
/// program of the class dose has run: keys of [`RouteEntry`] and [`DoseKeys`], [`Route::total`], and their guards.
pub const GROUP_DOSE: usize = 6;
/// The group of programs that computes what flows, where it is no linear function of the states ([`Flow`]).
pub const GROUP_FLOWS: usize = 7;

/// Registers of inputs that every model has.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// h since the subject's last reset.
    pub t: Reg,
    /// h since the first dose.
    pub tafd: Reg,
    /// h since the latest dose.
    pub tad: Reg,
    /// h since the dose of an input function arrived.
    pub since: Reg,
    /// mg of the dose being given (of the device, where there are devices).
    pub dose_amount: Reg,
    /// Which device of its train the dose is, counted from 1.
    pub dose_device: Reg,
    /// Of each route, as in [`Model::routes`]: h since its latest dose.
    pub tad_of: Vec<Reg>,
    /// Of each route: mg of its latest dose.
    pub last_dose: Vec<Reg>,
}

/// A checked model. Everything in it fits together; it cannot be changed.
#[derive(Debug, Clone)]
pub struct Model {
    source: Arc<Source>,
    kind: FileKind,
    provenance: Provenances,
    unit_checking: bool,
    tiers: Tiers,
    inputs: Inputs,
    substances: Vec<Substance>,
    covariates: Vec<Covariate>,
    parameters: Vec<Parameter>,
    etas: Vec<Eta>,
    blocks: Vec<Block>,
    estimates: Vec<EstimateBlock>,
    states: Vec<StateVar>,
    dynamics: Dynamics,
    flows: Vec<Flow>,
    by_hand: Vec<(usize, Readout)>,
    routes: Vec<Route>,
    outputs: Vec<Output>,
    requirements: Vec<Requirement>,
    doses_follow_state: bool,
    guards: Vec<Guard>,
    warnings: Vec<Diagnostic>,
}

impl Model {
    /// Reads a model. `name` is what to call the text in messages; `resolve` finds the file that it `extends`.
    ///
    /// # Errors
    /// Everything found wrong with it.
    pub fn parse(text: &str, name: &str, resolve: &dyn Resolve) -> Result<Model, Faults<ModelError>> {
        Model::from_source(&Source::new(name, text), &[], resolve)
    }

    /// Reads a model and adds effects, each of which binds to the model's output of the analyte it requires.
    ///
    /// # Errors
    /// Everything found wrong with any of them; an effect whose analyte the model has no output of.
    pub fn with_effects(
        model: &Arc<Source>,
        effects: &[Arc<Source>],
        resolve: &dyn Resolve,
    ) -> Result<Model, Faults<ModelError>> {
        Model::from_source(model, effects, resolve)
    }

    fn from_source(
        source: &Arc<Source>,
        effects: &[Arc<Source>],
        resolve: &dyn Resolve,
    ) -> Result<Model, Faults<ModelError>> {
        match merge::read(source, effects, resolve).and_then(|file| compile::compile(&file, source)) {
            Ok(model) => Ok(model),
            Err(found) => Faults::check(found, || unreachable!("a failed reading has faults")),
        }
    }

    /// The model of this id in the catalogue that is built into the library.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`] with the nearest id and all that exist.
    pub fn catalogue(id: &str) -> Result<Model, Faults<ModelError>> {
        match Catalogue.resolve(id) {
            Some(source) => Model::from_source(&source, &[], &Catalogue),
            None => Err(Fault::new(unknown_model(id, &Catalogue)).into()),
        }
    }

    /// A model of the catalogue with effects of the catalogue added to it.
    ///
    /// # Errors
    /// As [`Model::catalogue`] and [`Model::with_effects`].
    pub fn catalogue_with(id: &str, effects: &[&str]) -> Result<Model, Faults<ModelError>> {
        let find = |id: &str| -> Result<Arc<Source>, Faults<ModelError>> {
            Catalogue.resolve(id).ok_or_else(|| Fault::new(unknown_model(id, &Catalogue)).into())
        };
        let sources = effects.iter().map(|id| find(id)).collect::<Result<Vec<_>, _>>()?;
        Model::with_effects(&find(id)?, &sources, &Catalogue)
    }

    /// The file it was read from.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Whether it is a model or an effect. An effect can be checked, and simulated only on a model.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.provenance.id
    }

    /// One line about it.
    pub fn title(&self) -> &str {
        &self.provenance.title
    }

    /// The drug.
    pub fn drug(&self) -> &str {
        &self.provenance.drug
    }

    /// How well its numbers are known.
    pub fn grade(&self) -> Grade {
        self.provenance.grade
    }

    /// Everything about where it comes from.
    pub fn provenance(&self) -> &Provenances {
        &self.provenance
    }

    /// The effects that were added to it.
    pub fn effects(&self) -> &[EffectNote] {
        &self.provenance.effects
    }

    /// The worst grade of the model and of the effects that were added to it: what results of all of them together have.
    pub fn worst_grade(&self) -> Grade {
        self.effects().iter().map(|effect| effect.grade).fold(self.grade(), Grade::max)
    }

    /// The publications it comes from.
    pub fn sources(&self) -> &[SourceNote] {
        &self.provenance.sources
    }

    /// The people it was made from.
    pub fn population(&self) -> &PopulationNotes {
        &self.provenance.population
    }

    /// Name and reason of everything assumed.
    pub fn assumptions(&self) -> &[(String, String)] {
        &self.provenance.assumptions
    }

    /// What the source leaves open or gets wrong.
    pub fn notes(&self) -> &[String] {
        &self.provenance.notes
    }

    /// The numbers it has to reproduce.
    pub fn checks(&self) -> &[Check] {
        &self.provenance.checks
    }

    /// Whether units were checked. Every result of a model without has to say so.
    pub fn unit_checking(&self) -> bool {
        self.unit_checking
    }

    /// The programs that compute everything. Groups: [`GROUP_OUTPUTS`], [`GROUP_RHS`], [`GROUP_INPUT`],
    /// [`GROUP_JACOBIAN`], [`GROUP_REST`], [`GROUP_REST_JACOBIAN`], [`GROUP_DOSE`], [`GROUP_FLOWS`]; each is complete by itself, once the programs of the
    /// classes below state have run.
    pub fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// Whether any of these values is computed from an input (a time, a covariate, a parameter).
    pub fn reads(&self, values: impl IntoIterator<Item = Reg>, input: Reg) -> bool {
        self.tiers.reads(values, input)
    }

    /// Registers of time, dose and the like.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Its substances.
    pub fn substances(&self) -> &[Substance] {
        &self.substances
    }

    /// Its covariates.
    pub fn covariates(&self) -> &[Covariate] {
        &self.covariates
    }

    /// Its parameters.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Its random effects.
    pub fn etas(&self) -> &[Eta] {
        &self.etas
    }

    /// Random effects that vary together; those in no block are independent.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Parameters whose estimates vary together; those in no block are independent.
    pub fn estimates(&self) -> &[EstimateBlock] {
        &self.estimates
    }

    /// The variables of the system: compartments in the order of their numbers, then states.
    pub fn states(&self) -> &[StateVar] {
        &self.states
    }

    /// The differential equations.
    pub fn dynamics(&self) -> &Dynamics {
        &self.dynamics
    }

    /// The flows between compartments and out, in the order of the file; one both ways is two.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// What the `rate` of a compartment adds to its flows, per h as the state keeps it: index of the state and the rate, of
    /// the group [`GROUP_FLOWS`] where it is computed.
    pub fn rates_by_hand(&self) -> &[(usize, Readout)] {
        &self.by_hand
    }

    /// The ways to give a dose.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The quantities that are observed.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// What still has to drive it: of an effect that was read by itself.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether anything that is decided when a dose is given follows the state of the system or a time: then a dose can
    /// only be known once everything before it is.
    pub fn doses_follow_state(&self) -> bool {
        self.doses_follow_state
    }

    /// Limits that every individual has to keep.
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// What should be known about it, though it stands.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What one mg of a salt is in mg of base: `32.3 mg as HCl` of esketamine is 28 mg. Taken from the substance of
    /// the compartments the route leads to, else from the only substance that declares the salt.
    ///
    /// # Errors
    /// [`ModelError::UnknownSalt`] with the salts that the model knows.
    pub fn base_fraction(&self, route: &Route, salt: &str) -> Result<f64, ModelError> {
        let of = |substance: &Substance| {
            let (_, mass) = substance.salts.iter().find(|(name, _)| name == salt)?;
            Some(substance.molar_mass? / mass)
        };
        let by_route = route.entries.iter().filter_map(|e| self.states[e.state].substance);
        let by_route = by_route.map(|s| &self.substances[s]).find_map(of);
        let mut declared = self.substances.iter().filter_map(of);
        by_route.or_else(|| declared.next().filter(|_| declared.next().is_none())).ok_or_else(|| {
            let known = self.substances.iter().flat_map(|s| s.salts.iter().map(|(name, _)| name.clone())).collect();
            ModelError::UnknownSalt { salt: salt.to_string(), known }
        })
    }
}

/// The error for an id that a resolver does not have.
fn unknown_model(id: &str, resolve: &dyn Resolve) -> ModelError {
    let known = resolve.ids();
    ModelError::UnknownModel {
        id: id.to_string(),
        near: nearest(id, known.iter().map(String::as_str)).map(str::to_string),
        known,
    }
}
