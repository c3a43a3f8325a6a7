//! The plan of a sensitivity analysis, as written in TOML.

use super::error::SensitivityError;
use super::layout::{PART, SAMPLE};
use crate::Error;
use crate::document::{self, DocumentError, Log, Place, Table, Text, Value};
use crate::error::{Faults, Source};
use crate::math::sobol;
use crate::model::Model;
use crate::study::compare::Models;
use crate::study::sweep::{Design, Factor, KEYS, MODEL, SweepError, SweepPlan, named_factors, seed};
use crate::study::{PlanError, reading};
use crate::units::Quantity;

/// The most simulations of an analysis: all of their values are kept in memory.
const MOST_RUNS: u64 = 1_000_000;
/// The most resamples: all of their estimates are kept.
const MOST_RESAMPLES: u64 = 100_000;
/// The largest step of a derivative, as a share of the factor.
const LARGEST_STEP: f64 = 0.1;

/// A sensitivity analysis as written: what is given to whom, what varies, what is measured, and how that is judged.
#[derive(Debug, Clone)]
pub struct SensitivityPlan {
    pub(super) sweep: SweepPlan,
    pub(super) method: Method,
    /// Where derivatives are taken, in the order of the factors; empty for other methods.
    pub(super) points: Vec<At>,
}

/// How sensitivity is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Shares of the variance.
    Sobol {
        /// Rows of each of the two samples; each costs a simulation per factor and two more.
        points: u64,
        /// How intervals are made.
        bootstrap: Bootstrap,
    },
    /// Elementary effects.
    Morris {
        /// How often every factor is moved once; each costs a simulation per factor and one more.
        trajectories: u64,
        /// Values of each factor.
        levels: u64,
        /// How intervals are made.
        bootstrap: Bootstrap,
    },
    /// Derivatives at a point.
    Local {
        /// The step as a share of each factor; none follows from how exact the values are.
        step: Option<f64>,
    },
}

/// Intervals from the same estimates of rows drawn anew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// How often they are drawn.
    pub resamples: u64,
    /// The share of the estimates in the interval.
    pub level: f64,
}

/// Where the derivative by a factor is taken: at the model's own value if nothing else is said.
#[derive(Debug, Clone)]
pub(super) struct At {
    pub name: Text,
    pub value: Option<(Quantity, Place)>,
}

impl Method {
    /// Its name, as written.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Sobol { .. } => "sobol",
            Method::Morris { .. } => "morris",
            Method::Local { .. } => "local",
        }
    }

    /// Simulations that it takes for so many factors.
    pub fn runs(&self, factors: u64) -> u64 {
        match *self {
            Method::Sobol { points, .. } => points.saturating_mul(factors + 2),
            Method::Morris { trajectories, .. } => trajectories.saturating_mul(factors + 1),
            Method::Local { .. } => 1 + 4 * factors,
        }
    }
}

impl SensitivityPlan {
    /// Reads a plan; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults<PlanError>> {
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let table = document::parse(&log)?;
        // Every simulation is that of one person.
        let shared = KEYS.into_iter().filter(|key| *key != "population");
        let known: Vec<&str> = shared.chain(["sensitivity"]).collect();
        let root = Table::root(&log, "a sensitivity plan", table.get_ref(), &known);
        let method = method(&root);
        let (declared, factors, points) = match method {
            Some(Method::Local { .. }) => {
                let points = points(&root);
                let empty = |at: &At| Factor::listed(at.name.clone(), Vec::new());
                (points.iter().map(|at| at.name.text.clone()).collect(), points.iter().map(empty).collect(), points)
            }
            _ => {
                let (declared, factors) = named_factors(&root);
                (declared, factors, Vec::new())
            }
        };
        check_factors(&root, method, &declared, &factors);
        let mut plan = SweepPlan::read(&root, seed(&root), (declared, factors, Design::List), &reading::no_files);
        if let Some(plan) = &mut plan {
            if !root.has("title") {
                plan.title = "Sensitivity".into();
            }
            plan.check_columns(&log);
            let names = plan.factors.iter().map(|f| &f.name).chain(plan.measures.iter().map(|m| &m.name));
            for name in names.filter(|name| [SAMPLE, PART].contains(&name.text.as_str())) {
                log.report(&name.place, SweepError::DuplicateColumn { name: name.text.clone() });
            }
        }
        Faults::check(log.into_faults(), || SensitivityPlan {
            sweep: plan.expect("a plan without a regimen is a fault"),
            method: method.expect("a plan without a method is a fault"),
            points,
        })
    }

    /// The title of figures.
    pub fn title(&self) -> &str {
        &self.sweep.title
    }

    /// How sensitivity is judged.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The seed of the design and of the bootstrap.
    pub fn seed(&self) -> u64 {
        self.sweep.seed()
    }

    /// Loads every model that the plan names; `load` finds one by id or path.
    ///
    /// # Errors
    /// What `load` says; a model that does not exist is reported where the plan names it.
    pub fn models(&self, load: impl Fn(&str) -> Result<Model, Error>) -> Result<Models, Error> {
        reading::models(self.sweep.model_names(), load)
    }
}

/// The method with what it needs to know.
fn method(root: &Table<'_, PlanError>) -> Option<Method> {
    let Some(section) = root.get("sensitivity") else {
        return Some(Method::Sobol { points: 1024, bootstrap: bootstrap(None)? });
    };
    let entries = section.entries()?;
    let name = match entries.has("method") {
        true => entries.text("method")?,
        false => Text::at("sobol".into(), entries.place.clone()),
    };
    let keys: &[&str] = match name.text.as_str() {
        "sobol" => &["method", "points", "bootstrap", "level"],
        "morris" => &["method", "trajectories", "levels", "bootstrap", "level"],
        "local" => &["method", "step"],
        found => {
            let kind = SensitivityError::UnknownMethod { found: found.into() };
            root.log.report(&name.place, PlanError::Sensitivity(kind));
            return None;
        }
    };
    let table = section.table(keys)?;
    match name.text.as_str() {
        "sobol" => {
            let points = at_least(&table, "points", 2, 1024);
            Some(Method::Sobol { points: points?, bootstrap: bootstrap(Some(&table))? })
        }
        "morris" => {
            let trajectories = at_least(&table, "trajectories", 2, 50);
            let levels = at_least(&table, "levels", 2, 4);
            if levels.is_some_and(|levels| levels % 2 == 1) {
                let place = table.key_place("levels").unwrap_or_else(|| table.place.clone());
                table.log.report(&place, PlanError::Sensitivity(SensitivityError::Levels));
            }
            Some(Method::Morris { trajectories: trajectories?, levels: levels?, bootstrap: bootstrap(Some(&table))? })
        }
        _ => {
            let step = table.get("step").map(|value| value.number());
            match step {
                Some(number) => {
                    let number = number?;
                    if !(number.value > 0.0 && number.value <= LARGEST_STEP) {
                        table.log.report(&number.place, PlanError::Sensitivity(SensitivityError::Step));
                    }
                    Some(Method::Local { step: Some(number.value) })
                }
                None => Some(Method::Local { step: None }),
            }
        }
    }
}

fn at_least(table: &Table<'_, PlanError>, key: &str, least: u64, default: u64) -> Option<u64> {
    let Some(value) = table.get(key) else { return Some(default) };
    let count = value.count()? as u64;
    if count < least {
        let kind = SensitivityError::AtLeast { what: key.into(), least };
        table.log.report(&value.place, PlanError::Sensitivity(kind));
    }
    Some(count.max(least))
}

fn bootstrap(table: Option<&Table<'_, PlanError>>) -> Option<Bootstrap> {
    let default = Bootstrap { resamples: 1000, level: 0.95 };
    let Some(table) = table else { return Some(default) };
    let resamples = at_least(table, "bootstrap", 2, default.resamples)?;
    if resamples > MOST_RESAMPLES {
        let place = table.key_place("bootstrap").unwrap_or_else(|| table.place.clone());
        let kind = SweepError::TooMany { count: resamples, what: "resamples", limit: MOST_RESAMPLES };
        table.log.report(&place, kind);
    }
    let level = match table.get("level") {
        Some(value) => {
            let number = value.number()?;
            if !(number.value > 0.0 && number.value < 1.0) {
                table.log.report(&number.place, PlanError::Sensitivity(SensitivityError::Level));
                return None;
            }
            number.value
        }
        None => default.level,
    };
    // An end of the interval needs an estimate beyond it; 1 - 0.999 is not a thousandth.
    let needed = (2.0 / (1.0 - level) * (1.0 - 1e-9)).ceil() as u64;
    if resamples < needed {
        let place = ["bootstrap", "level"].into_iter().find_map(|key| table.key_place(key));
        let kind = SensitivityError::FewResamples { resamples, level, needed };
        table.log.report(&place.unwrap_or_else(|| table.place.clone()), PlanError::Sensitivity(kind));
    }
    Some(Bootstrap { resamples, level })
}

/// The factors of derivatives: names, or a table in which each may have a value.
fn points(root: &Table<'_, PlanError>) -> Vec<At> {
    let Some(value) = root.get("factors") else { return Vec::new() };
    if value.is_list() {
        let names = value.texts().unwrap_or_default();
        for (i, name) in names.iter().enumerate() {
            if names[..i].iter().any(|other| other.text == name.text) {
                root.log.report(&name.place, SweepError::DuplicateColumn { name: name.text.clone() });
            }
        }
        return names.into_iter().map(|name| At { name, value: None }).collect();
    }
    let entries = value.entries().map(|t| t.named("the factor")).unwrap_or_default();
    entries.into_iter().filter_map(|(name, place, value)| point(Text::at(name, place), &value)).collect()
}

fn point(name: Text, value: &Value<'_, PlanError>) -> Option<At> {
    let entries = value.entries()?;
    let refused = |kind| value.log.report(&entries.place, PlanError::Sensitivity(kind));
    let factor = name.text.clone();
    if entries.has("list") {
        refused(SensitivityError::Choice { factor, method: "local" });
        return None;
    }
    if ["from", "to", "mean", "median"].iter().any(|key| entries.has(key)) {
        refused(SensitivityError::Range { factor });
        return None;
    }
    let table = value.table(&["at"])?;
    let Some(text) = table.get("at") else { return Some(At { name, value: None }) };
    let text = text.expression()?;
    match text.text.parse::<Quantity>() {
        Ok(quantity) => Some(At { name, value: Some((quantity, text.place)) }),
        Err(fault) => {
            value.log.push(text.fault(fault, |e| DocumentError::Unit(e).into()));
            None
        }
    }
}

/// Whether the method can take the factors, and as many.
fn check_factors(root: &Table<'_, PlanError>, method: Option<Method>, declared: &[String], factors: &[Factor]) {
    let (log, count) = (root.log, declared.len() as u64);
    let place = || root.key_place("factors").unwrap_or_else(|| root.place.clone());
    if declared.is_empty() {
        log.report(&place(), SweepError::NoFactors);
    }
    let Some(method) = method else { return };
    let refused = |factor: &Factor, kind| log.report(&factor.name.place, PlanError::Sensitivity(kind));
    for factor in factors {
        let name = factor.name().to_string();
        match method {
            Method::Sobol { .. } => {}
            Method::Morris { .. } if factor.count().is_some() => {
                refused(factor, SensitivityError::Choice { factor: name, method: "morris" });
            }
            Method::Morris { .. } if factor.ends().is_none() => {
                refused(factor, SensitivityError::Unbounded { factor: name });
            }
            Method::Morris { .. } => {}
            Method::Local { .. } if [MODEL, "regimen"].contains(&factor.name()) => {
                refused(factor, SensitivityError::Choice { factor: name, method: "local" });
            }
            Method::Local { .. } => {}
        }
    }
    let limit = sobol::DIMENSIONS as u64 / 2;
    if matches!(method, Method::Sobol { .. }) && count > limit {
        log.report(&place(), SweepError::TooMany { count, what: "factors of a `sobol` analysis", limit });
    }
    let runs = method.runs(count);
    if runs > MOST_RUNS {
        let place = root.key_place("sensitivity").unwrap_or_else(place);
        let kind = SensitivityError::TooManyRuns { runs, limit: MOST_RUNS };
        log.report(&place, PlanError::Sensitivity(kind));
    }
}
