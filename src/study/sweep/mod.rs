//! Sweeps: one simulation at every point of a design over doses, intervals, regimens, models, parameters and covariates.
//!
//! A [`SweepPlan`] is what was written; a [`Sweep`] is the plan checked against its models. What a point gives is a pure
//! function of the plan and the point's number, so points and persons can be run in any order, anywhere.

mod run;
mod unit;

pub use run::{
    Ended, Folder, Lock, Parts, Run, RunError, Shard, Status, Totals, Watch, array_expression, merge, status,
};
pub use unit::Unit;

use crate::Error;
use crate::document::Text;
use crate::error::Faults;
use crate::io::{Cell, Column};
use crate::simulate::Settings;
use crate::study::PlanError;
use crate::study::compare::Models;
use std::marker::PhantomData;
use std::ops::Range;

/// A sweep as written.
#[derive(Debug, Clone)]
pub struct SweepPlan {}

impl SweepPlan {
    /// Reads a plan; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(_name: &str, _text: &str) -> Result<Self, Faults<PlanError>> {
        todo!()
    }

    /// The models it names, each once.
    pub fn model_names(&self) -> impl Iterator<Item = &Text> {
        std::iter::empty()
    }

    /// The seed of everything that is drawn.
    pub fn seed(&self) -> u64 {
        todo!()
    }
}

/// One factor of a sweep.
#[derive(Debug, Clone)]
pub struct Factor {}

impl Factor {
    /// Its name, which is that of its column.
    pub fn name(&self) -> &str {
        todo!()
    }
}

/// A plan checked against its models.
#[derive(Debug)]
pub struct Sweep<'m>(PhantomData<&'m ()>);

impl<'m> Sweep<'m> {
    /// Checks a plan against its models; the default settings apply.
    ///
    /// # Errors
    /// Everything that does not fit, placed where the plan says it.
    pub fn new(plan: &'m SweepPlan, models: &'m Models) -> Result<Self, Error> {
        Sweep::with(plan, models, Settings::default())
    }

    /// The same with an engine, tolerances and instruction set of one's own.
    ///
    /// # Errors
    /// As [`Sweep::new`].
    pub fn with(_plan: &'m SweepPlan, _models: &'m Models, _settings: Settings) -> Result<Self, Error> {
        todo!()
    }

    /// The plan.
    pub fn plan(&self) -> &'m SweepPlan {
        todo!()
    }

    /// How it is computed.
    pub fn settings(&self) -> &Settings {
        todo!()
    }

    /// Number of points.
    pub fn points(&self) -> u64 {
        todo!()
    }

    /// Number of subjects of each point; 1 is the typical subject.
    pub fn subjects(&self) -> u64 {
        todo!()
    }

    /// How often the subjects of each point are simulated, each time with estimates drawn anew.
    pub fn replicates(&self) -> u64 {
        todo!()
    }

    /// Persons of each point, numbered from 0: its subjects, replicate after replicate.
    pub fn persons(&self) -> u64 {
        self.subjects() * self.replicates()
    }

    /// Whether results hold a row per person rather than one per point.
    pub fn every_subject(&self) -> bool {
        todo!()
    }

    /// The factors, in the order of the plan.
    pub fn factors(&self) -> &[Factor] {
        todo!()
    }

    /// The values of the factors at a point, as written.
    pub fn setting(&self, _point: u64) -> Vec<String> {
        todo!()
    }

    /// The columns of the results.
    pub fn columns(&self) -> Vec<Column> {
        todo!()
    }

    /// Runs some persons of a point. A point that cannot be prepared, or a subject that fails, is data and not an error.
    pub fn run(&self, _point: u64, _persons: Range<u64>) -> Unit {
        todo!()
    }

    /// The rows of a point from the units it consists of, in their order: one row, or one per person. Where there is a row per
    /// person, units may be reduced one by one.
    pub fn reduce(&self, _point: u64, _units: &[Unit]) -> Vec<Vec<Cell>> {
        todo!()
    }
}
