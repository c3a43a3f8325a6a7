//! The plan of a sensitivity analysis, as written in TOML.

use super::error::SensitivityError;
use super::layout::{PART, SAMPLE};
use crate::Error;
use crate::document::{self, DocumentError, Log, Place, Table, Text, Value};
use crate::error::{Faults, Source};
use crate::math::sobol;
use crate::model::Model;
use crate::study::compare::Models;
use crate::study::sweep::{Design, Factor, KEYS, MODEL, SweepError, SweepPlan, holes, named_factors, seed};
use crate::study::{PlanError, reading};
use crate::units::Quantity;

/// The most simulations of an analysis: all of their values are kept in memory.
const MOST_RUNS: u64 = 1_000_000;
/// The most resamples: all of their estimates are kept.
const MOST_RESAMPLES: u64 = 100_000;
/// What a plan takes where it says nothing else.
const POINTS: u64 = 1024;
const TRAJECTORIES: u64 = 50;
const LEVELS: u64 = 4;
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

impl Default for Bootstrap {
    /// 1000 resamples, and 95 % of them in the interval.
    fn default() -> Self {
        Bootstrap { resamples: 1000, level: 0.95 }
    }
}

/// Where the derivative by a factor is taken: at the model's own value if nothing else is said.
#[derive(Debug, Clone)]
pub(super) struct At {
    pub name: Text,
    pub value: Option<(Quantity, Text)>,
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
                let (declared, points) = points(&root);
                let empty = |at: &At| Factor::listed(at.name.clone(), Vec::new());
                (declared, points.iter().map(empty).collect(), points)
            }
            Some(_) => {
                let (declared, factors) = named_factors(&root);
                (declared, factors, Vec::new())
            }
            // What factors may say depends on the method.
            None => (names(&root), Vec::new(), Vec::new()),
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

/// The method with what it needs to know; none where it cannot be told which one it is. What is wrong with the rest is
/// reported, and the default takes its place.
fn method(root: &Table<'_, PlanError>) -> Option<Method> {
    let Some(section) = root.get("sensitivity") else {
        return Some(Method::Sobol { points: POINTS, bootstrap: Bootstrap::default() });
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
    let count = |key: &str, default: u64| at_least_two(&table, key, default).unwrap_or(default);
    Some(match name.text.as_str() {
        "sobol" => Method::Sobol { points: count("points", POINTS), bootstrap: bootstrap(&table) },
        "morris" => {
            let levels = count("levels", LEVELS);
            if levels % 2 == 1 {
                let place = table.key_place("levels").unwrap_or_else(|| table.place.clone());
                table.log.report(&place, PlanError::Sensitivity(SensitivityError::Levels));
            }
            Method::Morris { trajectories: count("trajectories", TRAJECTORIES), levels, bootstrap: bootstrap(&table) }
        }
        _ => {
            let step = table.get("step").and_then(|value| value.number());
            if let Some(number) = step.as_ref().filter(|step| !(step.value > 0.0 && step.value <= LARGEST_STEP)) {
                table.log.report(&number.place, PlanError::Sensitivity(SensitivityError::Step));
            }
            Method::Local { step: step.map(|number| number.value) }
        }
    })
}
/// A number of something that takes two, or the default where none is written; none where what is written was reported.
fn at_least_two(table: &Table<'_, PlanError>, key: &str, default: u64) -> Option<u64> {
    let Some(value) = table.get(key) else { return Some(default) };
    let count = value.count()? as u64;
    if count < 2 {
        let kind = SensitivityError::AtLeast { what: key.into(), least: 2 };
        table.log.report(&value.place, PlanError::Sensitivity(kind));
        return None;
    }
    Some(count)
}

fn bootstrap(table: &Table<'_, PlanError>) -> Bootstrap {
    let default = Bootstrap::default();
    let resamples = at_least_two(table, "bootstrap", default.resamples);
    if let Some(count) = resamples.filter(|count| *count > MOST_RESAMPLES) {
        let place = table.key_place("bootstrap").unwrap_or_else(|| table.place.clone());
        table.log.report(&place, SweepError::TooMany { count, what: "resamples", limit: MOST_RESAMPLES });
    }
    let level = match table.get("level").map(|value| value.number()) {
        Some(Some(number)) if !(number.value > 0.0 && number.value < 1.0) => {
            table.log.report(&number.place, PlanError::Sensitivity(SensitivityError::Level));
            None
        }
        Some(number) => number.map(|number| number.value),
        None => Some(default.level),
    };
    let (Some(resamples), Some(level)) = (resamples, level) else { return default };
    // An end of the interval needs an estimate beyond it; 1 - 0.999 is not a thousandth.
    let needed = (2.0 / (1.0 - level) * (1.0 - 1e-9)).ceil() as u64;
    if resamples < needed {
        let place = ["bootstrap", "level"].into_iter().find_map(|key| table.key_place(key));
        let kind = SensitivityError::FewResamples { resamples, level, needed };
        table.log.report(&place.unwrap_or_else(|| table.place.clone()), PlanError::Sensitivity(kind));
    }
    Bootstrap { resamples, level }
}

/// The names of the factors, whatever is said about them.
fn names(root: &Table<'_, PlanError>) -> Vec<String> {
    match root.get("factors") {
        Some(value) if value.is_list() => value.texts().unwrap_or_default().into_iter().map(|t| t.text).collect(),
        Some(value) => value.entries().iter().flat_map(Table::keys).map(String::from).collect(),
        None => Vec::new(),
    }
}

/// The factors of derivatives, as names or as a table in which each may have a value: the names of all, and those that can be read.
fn points(root: &Table<'_, PlanError>) -> (Vec<String>, Vec<At>) {
    let Some(value) = root.get("factors") else { return (Vec::new(), Vec::new()) };
    if value.is_list() {
        let names = value.texts().unwrap_or_default();
        let declared = names.iter().map(|name| name.text.clone()).collect();
        return (declared, names.into_iter().map(|name| At { name, value: None }).collect());
    }
    let entries = value.entries().map(|t| t.named("the factor")).unwrap_or_default();
    let declared = entries.iter().map(|(name, ..)| name.clone()).collect();
    let point =
        |(name, place, value): (String, Place, Value<'_, PlanError>)| point(root, Text::at(name, place), &value);
    (declared, entries.into_iter().filter_map(point).collect())
}

fn point(root: &Table<'_, PlanError>, name: Text, value: &Value<'_, PlanError>) -> Option<At> {
    let entries = value.entries()?;
    let refused = |kind| value.log.report(&entries.place, PlanError::Sensitivity(kind));
    let factor = name.text.clone();
    if entries.has("list") {
        refused(SensitivityError::Choice { factor, method: "local" });
        return None;
    }
    if let Some(key) = ["from", "mean", "median", "to"].into_iter().find(|key| entries.has(key)) {
        let give = root.get("give").filter(Value::is_text).and_then(|give| give.text());
        let has_own = !give.is_some_and(|give| holes(&give.text).any(|(hole, _)| hole == factor));
        let written = entries.get(key).and_then(|value| value.expression()).map(|text| text.text);
        refused(SensitivityError::Range { factor, has_own, written: written.unwrap_or_else(|| "…".into()) });
        return None;
    }
    let table = value.table(&["at"])?;
    let Some(text) = table.get("at") else { return Some(At { name, value: None }) };
    let text = text.expression()?;
    match text.text.parse::<Quantity>() {
        Ok(quantity) => Some(At { name, value: Some((quantity, text)) }),
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
