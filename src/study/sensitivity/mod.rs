//! Sensitivity: how much each factor decides about each measure. Sobol's shares of the variance, Morris's elementary effects,
//! and elasticities at a point.
//!
//! A [`SensitivityPlan`] is what was written; [`SensitivityPlan::design`] chooses the points; [`Design::run`] simulates the
//! typical subject at each of them and judges the values of all measures at once.

mod error;
mod indices;
mod layout;
mod plan;
mod point;
mod run;
mod table;
#[cfg(test)]
mod tests;

pub use error::SensitivityError;
pub use indices::{LocalResult, MorrisResult, SobolResult};
pub use plan::{Bootstrap, Method, SensitivityPlan};
pub use table::{index_table, measure_table};

use crate::Error;
use crate::error::Diagnostic;
use crate::math::sensitivity::relative_step;
use crate::simulate::Settings;
use crate::study::compare::Models;
use crate::study::sweep::{self, SweepPlan, is_exact};
use crate::units::{Quantity, Unit};
use layout::{Layout, layout};
use point::{Point, points};

/// The relative error of values that are solved exactly: rounding, and root finding for peaks and crossings.
const ROUNDING: f64 = 1e-12;

/// A number with an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The points of an analysis, chosen for its models.
#[derive(Debug, Clone)]
pub struct Design {
    plan: SweepPlan,
    method: Method,
    settings: Settings,
    layout: Layout,
    shares: Vec<Vec<f64>>,
    /// Of derivatives: the values of the factors, and the step as a share of them.
    points: Vec<Point>,
    step: f64,
    rounding: Rounding,
}

/// Below what differences between values of a measure are those of the computer, not of the model.
#[derive(Debug, Clone, Copy)]
struct Rounding {
    /// As a share of the values.
    relative: f64,
    /// As a share of the largest size that the output has over the run.
    of_peak: f64,
}

impl SensitivityPlan {
    /// Chooses the points. Derivatives are taken at values that the models know, with a step that depends on how exactly they
    /// are solved.
    ///
    /// # Errors
    /// A factor without a value, or of zero, where derivatives are taken.
    pub fn design(&self, models: &Models, settings: Settings) -> Result<Design, Error> {
        let rounding = match is_exact(&settings, models) {
            true => Rounding { relative: ROUNDING, of_peak: ROUNDING },
            false => Rounding { relative: settings.rtol, of_peak: settings.atol },
        };
        let mut plan = self.sweep.clone();
        let (mut at, mut used) = (Vec::new(), 0.0);
        if let Method::Local { step } = self.method {
            used = step.unwrap_or_else(|| relative_step(rounding.relative));
            (at, plan.factors) = points(self, models, used)?;
        }
        let (layout, shares) = layout(self.method, self.seed(), &plan.factors);
        plan.design = sweep::Design::Shares(shares.clone());
        Ok(Design { plan, method: self.method, settings, layout, shares, points: at, step: used, rounding })
    }
}

impl Design {
    /// How many simulations there are.
    pub fn runs(&self) -> u64 {
        self.method.runs(self.plan.factors.len() as u64)
    }

    /// The step of derivatives as a share of each factor; none of other methods.
    pub fn step(&self) -> Option<f64> {
        matches!(self.method, Method::Local { .. }).then_some(self.step)
    }

    /// Whether every model is propagated exactly, rather than integrated within tolerances.
    pub fn is_exact(&self, models: &Models) -> bool {
        is_exact(&self.settings, models)
    }

    /// How it is computed.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// What an analysis found.
#[derive(Debug)]
pub struct Analysis {
    /// The title of figures.
    pub title: String,
    /// How sensitivity was judged.
    pub method: Method,
    /// Simulations.
    pub runs: u64,
    /// Simulations that lack a measure or all of them.
    pub failed: u64,
    /// Whether a model is assumed rather than published.
    pub assumed: bool,
    /// The factors, in the order of the plan.
    pub factors: Vec<FactorUsed>,
    /// The measures, in the order of the plan.
    pub measures: Vec<MeasureResult>,
    /// Every point with its values, as CSV, and the units of its columns.
    pub evaluated: Evaluated,
    /// The places of points that are drawn for themselves, of which a scatter plot shows a factor's effect.
    pub independent: Vec<usize>,
    /// What should be known about the models and their people.
    pub warnings: Vec<Diagnostic>,
}

/// A factor as it was varied.
#[derive(Debug, Clone)]
pub struct FactorUsed {
    /// Its name.
    pub name: String,
    /// The unit of its numbers.
    pub unit: String,
    /// Whether it is spread by its logarithm.
    pub logarithmic: bool,
    /// What it chooses among, where it does.
    pub choices: Vec<String>,
    /// Its value where derivatives are taken.
    pub at: Option<Quantity>,
    /// Its number at each point, or the place of its choice counted from 1.
    pub values: Vec<f64>,
}

/// What an analysis found about a measure.
#[derive(Debug, Clone)]
pub struct MeasureResult {
    /// Its name in the plan.
    pub name: String,
    /// The metric.
    pub metric: String,
    /// The unit of its values.
    pub unit: Unit,
    /// Its value at each point; not a number where it has none.
    pub values: Vec<f64>,
    /// What each factor does to it, in the order of the factors; or why nothing can be said.
    pub effects: Result<Effects, String>,
}

/// What each factor does to a measure, in the order of the factors.
#[derive(Debug, Clone)]
pub enum Effects {
    /// Sobol's indices.
    Sobol(Vec<SobolResult>),
    /// Morris's elementary effects.
    Morris(Vec<MorrisResult>),
    /// Elasticities, each of which may be missing.
    Local(Vec<Result<LocalResult, String>>),
}

impl Effects {
    /// How large the effect of a factor is, whatever its sign: what figures and tables are sorted by.
    pub fn size(&self, factor: usize) -> Option<f64> {
        match self {
            Effects::Sobol(all) => Some(all[factor].total.value),
            Effects::Morris(all) => Some(all[factor].mu_star.value),
            Effects::Local(all) => all[factor].as_ref().ok().map(|one| one.elasticity.abs()),
        }
    }

    /// The places of the factors, the largest effect first; those without one last.
    pub fn order(&self) -> Vec<usize> {
        let count = match self {
            Effects::Sobol(all) => all.len(),
            Effects::Morris(all) => all.len(),
            Effects::Local(all) => all.len(),
        };
        let mut order: Vec<usize> = (0..count).collect();
        let size = |factor: &usize| self.size(*factor).unwrap_or(f64::NEG_INFINITY);
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        order
    }
}

/// Every point with its values, as a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// CSV with a header.
    pub csv: String,
    /// The units of columns that have one.
    pub units: std::collections::BTreeMap<String, String>,
}
