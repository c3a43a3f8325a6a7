//! The parts of a checked model that its users read.

use super::provenance::{Grade, Provenance};
use super::read::Place;
use super::variability::{Residual, Uncertainty};
use crate::units::{Quantity, Unit};
use std::fmt;

/// A register of the model's programs: where a value is after they ran.
pub type Reg = usize;

/// What a covariate is.
#[derive(Debug, Clone, PartialEq)]
pub enum CovariateKind {
    /// A number with a unit.
    Number {
        /// Its unit in data sets and messages.
        unit: Unit,
    },
    /// Yes (1) or no (0).
    Flag,
    /// One of several words, kept by its place in the list.
    Category {
        /// The words.
        options: Vec<String>,
    },
}

/// A covariate that follows the clock: (h, value in base units), repeated every so many hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// Times and the values that hold from then on.
    pub points: Vec<(f64, f64)>,
    /// Period, in h.
    pub every: Option<f64>,
}

/// A covariate of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariate {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: CovariateKind,
    /// The value of the typical subject: base units, 0 or 1, or place in the list.
    pub reference: f64,
    /// Lowest and highest possible value, in base units.
    pub bounds: Option<(f64, f64)>,
    /// Values that follow the clock.
    pub steps: Option<Steps>,
    /// Register of its value.
    pub slot: Reg,
}

/// A parameter of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The value as the file prints it.
    pub printed: String,
    /// Its unit, as the file prints it.
    pub unit: Unit,
    /// The value, in base units.
    pub value: f64,
    /// Where the value comes from.
    pub provenance: Provenance,
    /// Lowest and highest individual value, in base units.
    pub bounds: Option<(f64, f64)>,
    /// Whether a column of a data set may set it.
    pub from_data: bool,
    /// Register of `value`, an input.
    pub slot: Reg,
    /// Register of the individual value: typical, with variability, within bounds.
    pub individual: Reg,
    /// Its random effects, as indices of [`super::Model::etas`]: between subjects, between occasions.
    pub iiv: Option<usize>,
    /// See `iiv`.
    pub iov: Option<usize>,
    /// Why a variability that the source has is missing here.
    pub missing_variability: Option<String>,
    /// How uncertain the value is, where the source says so.
    pub uncertainty: Option<Uncertainty>,
}

/// A variable of the system: an amount in a compartment, or a state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateVar {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: StateKind,
    /// Register of its value at the start and after a reset; `None` is 0.
    pub initial: Option<Reg>,
    /// Register of its value, an input.
    pub slot: Reg,
    /// The unit to print it in.
    pub unit: Unit,
    /// The substance in it, as an index of [`super::Model::substances`].
    pub substance: Option<usize>,
    /// The substance whose mass it is counted in, where it is kept in equivalents of another.
    pub equivalents_of: Option<usize>,
}

/// What a variable of the system is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StateKind {
    /// An amount in mg.
    Compartment {
        /// `CMT` number, counted from 1.
        number: usize,
        /// What doses addressed to it go through.
        doses: DoseKeys,
    },
    /// Anything else.
    State,
}

/// What a compartment does to doses that are addressed to it, by registers; those that follow the state are of the group
/// [`super::GROUP_DOSE`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DoseKeys {
    /// Bioavailability.
    pub fraction: Option<Reg>,
    /// h
    pub lag: Option<Reg>,
    /// mg/h, for doses with a modelled rate.
    pub infusion_rate: Option<Reg>,
    /// h, for doses with a modelled duration.
    pub infusion_duration: Option<Reg>,
}

/// A substance.
#[derive(Debug, Clone, PartialEq)]
pub struct Substance {
    /// Its name.
    pub name: String,
    /// g/mol
    pub molar_mass: Option<f64>,
    /// Salt and its molar mass in g/mol.
    pub salts: Vec<(String, f64)>,
}

/// A way to give a dose.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The device that splits a dose into a train.
    pub device: Option<Device>,
    /// Where a dose goes, each part its own way.
    pub entries: Vec<RouteEntry>,
    /// Register of the sum of the fractions, if it is not to exceed 1.
    pub total: Option<Reg>,
    /// Why its parts may be more than the dose, where the file says so.
    pub exceeds: Option<String>,
}

/// A device of fixed content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Device {
    /// mg
    pub amount: f64,
    /// h between devices
    pub gap: f64,
}

/// One place a dose goes. Registers are computed by the dose program; those that follow the state are of the group
/// [`super::GROUP_DOSE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RouteEntry {
    /// Index of the state.
    pub state: usize,
    /// Part of the dose that goes there; `None` is 1.
    pub fraction: Option<Reg>,
    /// Amount in mg that goes there, in place of a fraction.
    pub amount: Option<Reg>,
    /// h
    pub lag: Option<Reg>,
    /// h of zero-order input.
    pub over: Option<Reg>,
    /// Rate of input in 1/h at [`super::Inputs::since`] h after the dose arrived, per unit of what enters.
    pub input: Option<Reg>,
}

/// A quantity that is observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The unit to print it in.
    pub unit: Unit,
    /// What it is a concentration of ([`super::ANALYTES`]).
    pub analyte: String,
    /// Where it is sampled ([`super::SITES`]).
    pub site: String,
    /// How it is computed, in the base unit of `unit`'s dimension.
    pub readout: Readout,
    /// Residual error.
    pub residual: Option<Residual>,
    /// Why it is an assumption, if it is one.
    pub assumed: Option<String>,
    /// How well it is known: the worst of the model's grade and its effect's, and `assumed` if it is an assumption itself.
    pub grade: Grade,
    /// g/mol of what it measures, where the model says.
    pub molar_mass: Option<f64>,
}

/// How an output follows from the states.
#[derive(Debug, Clone, PartialEq)]
pub enum Readout {
    /// Σ c_i x_i + d, with registers that no state enters.
    Linear {
        /// State and coefficient.
        c: Vec<(usize, Reg)>,
        /// Constant part.
        d: Option<Reg>,
    },
    /// A register of the group [`super::GROUP_OUTPUTS`].
    Computed {
        /// The register.
        value: Reg,
    },
}

/// A flow in one direction: what goes from one compartment to another, or out. Amounts are as the states keep them.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// `from -> to`
    pub name: String,
    /// Index of the state that it leaves.
    pub from: usize,
    /// Index of the state that it reaches; `None` is out.
    pub to: Option<usize>,
    /// What leaves, per h; what is computed is of the group [`super::GROUP_FLOWS`].
    pub leaving: Readout,
    /// What of that does not arrive, per h, where there is a yield.
    pub lost: Option<Readout>,
    /// What one mg becomes: the ratio of molar masses of a molar flow, else 1.
    pub ratio: f64,
}

/// What drives an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// The name the effect uses.
    pub name: String,
    /// What it has to be a concentration of.
    pub analyte: String,
    /// Where it was sampled when the effect was fitted.
    pub site: Option<String>,
    /// Its unit.
    pub unit: Unit,
    /// What it counts as in a model without it, in its unit; a model has to have it where this is `None`.
    pub otherwise: Option<f64>,
}

/// The differential equations.
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamics {
    /// x' = A x + b, with registers that no state enters.
    Linear {
        /// Row, column, register.
        a: Vec<(usize, usize, Reg)>,
        /// Row, register.
        b: Vec<(usize, Reg)>,
    },
    /// Anything else, and any system that a route feeds through an input function.
    NonLinear(NonLinear),
}

/// Differential equations that are not linear.
#[derive(Debug, Clone, PartialEq)]
pub struct NonLinear {
    /// What makes them so, naming the flow, state or route.
    pub why: String,
    /// Derivative of each state, registers of the group [`super::GROUP_RHS`]; of those that are not upstream also of the
    /// group [`super::GROUP_REST`].
    pub rhs: Vec<Reg>,
    /// Row, column and register of the derivatives of the right-hand sides by the states, by row, then column; those that
    /// are 0 everywhere are left out. Registers of the group [`super::GROUP_JACOBIAN`]; of those within the states that
    /// are not upstream also of the group [`super::GROUP_REST_JACOBIAN`].
    pub jacobian: Vec<(usize, usize, Reg)>,
    /// Indices, ascending, of the states upstream: x' = A x + b by `a` and `b`, reading none but one another. The rest
    /// may read them.
    pub upstream: Vec<usize>,
    /// A of the upstream states: row and column as indices of the model's states, and register.
    pub a: Vec<(usize, usize, Reg)>,
    /// b of the upstream states: row as index of the model's states, and register.
    pub b: Vec<(usize, Reg)>,
}

impl NonLinear {
    /// Indices, ascending, of the states that are not upstream.
    pub fn rest(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rhs.len()).filter(|i| self.upstream.binary_search(i).is_err())
    }
}

/// A number that has to keep within limits for every individual.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// What it is (`clearance of the flow central -> out`).
    pub name: String,
    /// Its register.
    pub reg: Reg,
    /// The limit.
    pub must: Limit,
    /// Where it is written.
    pub place: Place,
    /// Whether it can only be known when a dose is given.
    pub at_dose: bool,
}

/// A limit on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At least 0.
    NonNegative,
    /// More than 0.
    Positive,
    /// At most 1.
    AtMostOne,
}

impl Limit {
    /// Whether a number keeps it; NaN does not. Sums of fractions may round a little above 1.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Limit::NonNegative => value >= 0.0,
            Limit::Positive => value > 0.0,
            Limit::AtMostOne => value <= 1.0 + 1e-12,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::NonNegative => "0 or more",
            Limit::Positive => "more than 0",
            Limit::AtMostOne => "1 or less",
        })
    }
}

/// What a subject's covariate is set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A number with its unit.
    Number(Quantity),
    /// Yes or no.
    Flag(bool),
    /// One of the words of a category.
    Category(String),
}

impl From<Quantity> for Setting {
    fn from(value: Quantity) -> Self {
        Setting::Number(value)
    }
}

impl From<bool> for Setting {
    fn from(value: bool) -> Self {
        Setting::Flag(value)
    }
}

impl From<&str> for Setting {
    fn from(value: &str) -> Self {
        Setting::Category(value.to_string())
    }
}
