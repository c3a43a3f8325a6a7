//! Equivalent doses: how much by one route, or of one model, gives the exposure of a regimen by another.
//!
//! The test is a regimen without its amounts. The amount is found by proportion where the metric is proportional to it, by a root
//! on a bracket in which the metric rises throughout where it is not, and among whole numbers where doses come in steps: devices
//! of a route, tablets, vials. Matches by AUC and by Cmax always stand side by side, because they differ.

mod ask;
mod error;
mod people;
mod search;
mod side;
mod table;
mod whole;

pub use error::EquivalentError;
pub use people::{DoseOfPeople, PeopleResult, RatioOfPeople};
pub use search::{Found, Unmatched};
pub use whole::{Trial, Unit};

use crate::Error;
use crate::document::{Place, Text};
use crate::error::Diagnostic;
use crate::metrics::Measure;
use crate::model::{Grade, Model};
use crate::simulate::Settings;
use crate::solve::Work;
use crate::study::compare::{Curve, Models, PeoplePlan};
use crate::units::{self, Quantity};
use search::{mg, percent};
use side::Side;
use std::fmt;
use std::str::FromStr;
use whole::Whole;

/// How far from the reference a whole number of devices or tablets may be and still match, where nobody says: a
/// choice, well below what people differ by.
pub const WITHIN: f64 = 0.05;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is to be matched.
    pub reference: SidePlan,
    /// What is given instead, without its amounts.
    pub test: SidePlan,
    /// By which metric.
    pub by: By,
    /// The output or analyte that it is a metric of; for [`By::MetaboliteAuc`] the metabolite.
    pub analyte: Option<Text>,
    /// The level of [`By::TimeAbove`].
    pub level: Option<(Quantity, Place)>,
    /// The amount that doses are multiples of, and where it was said.
    pub step: Option<(Quantity, Place)>,
    /// How far from the reference whole numbers may be, as a share of it.
    pub within: f64,
    /// Whether doses outside those of the test's source count as matches.
    pub extrapolate: bool,
    /// Covariates of the person.
    pub subject: Vec<(Text, Text)>,
    /// How long to simulate both sides, h.
    pub until: Option<f64>,
    /// Virtual people who get both sides besides the person.
    pub people: Option<PeoplePlan>,
    /// How it is computed.
    pub settings: Settings,
}

/// A model and what is given, as written.
#[derive(Debug, Clone)]
pub struct SidePlan {
    /// A model's id or file.
    pub model: Text,
    /// A regimen, with or without its amounts.
    pub give: Text,
}

/// What is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The area under the curve.
    Auc,
    /// The largest concentration.
    Cmax,
    /// The time above a level.
    TimeAbove,
    /// The area under the curve of a metabolite.
    MetaboliteAuc,
    /// The average concentration.
    Cavg,
}

impl By {
    /// Each with its name on the command line.
    pub const ALL: [(&'static str, By); 5] = [
        ("auc", By::Auc),
        ("cmax", By::Cmax),
        ("time-above", By::TimeAbove),
        ("metabolite-auc", By::MetaboliteAuc),
        ("cavg", By::Cavg),
    ];
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = By::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, by)| by);
        found.ok_or_else(|| format!("it is one of {}", By::ALL.map(|(name, _)| name).join(", ")))
    }
}

/// A metric of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// What it matches by.
    pub by: By,
    /// What is measured; for [`By::Cavg`] the area that is divided by its time.
    pub measure: Measure,
    /// Name of the reference's output.
    pub output: String,
    /// What both are a concentration of.
    pub analyte: String,
    /// Its unit on the side of the reference.
    pub unit: units::Unit,
    /// What the measured number is divided by.
    per: f64,
    /// Places of the outputs in the models.
    outputs: [usize; 2],
    /// Units of what is measured on both sides.
    units: [units::Unit; 2],
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.measure, self.by) {
            (Measure::Auc(from, to), By::Cavg) => write!(f, "Cavg({from} h, {to} h)"),
            (measure, _) => measure.fmt(f),
        }
    }
}

/// What a match by one metric came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Any amount can be given, and this one matches.
    Dose(Found),
    /// A whole number matches: its place among the trials.
    Whole(usize),
    /// No whole number does: the places of those just below and above.
    NoWhole {
        /// The last below the reference.
        below: Option<usize>,
        /// The first above it.
        above: Option<usize>,
    },
    /// Nothing does.
    None(Unmatched),
}

/// A side as it was understood.
#[derive(Debug, Clone)]
pub struct SideResult {
    /// The model's id.
    pub model: String,
    /// How well its numbers are known.
    pub grade: Grade,
    /// What is given, as written.
    pub give: String,
    /// The name of the output.
    pub output: String,
    /// Where it is sampled.
    pub site: String,
    /// Names and values of the typical person's covariates, whether given or the model's reference.
    pub covariates: Vec<(String, String)>,
}

/// A curve of one side.
#[derive(Debug, Clone)]
pub struct NamedCurve {
    /// `reference`, or the dose and what it matches.
    pub name: String,
    /// Whether the model is assumed.
    pub assumed: bool,
    /// Place of the metric that it is a match by; none for the reference.
    pub of: Option<usize>,
    /// The name of the reference's output that it is of, or has the analyte of.
    pub output: String,
    /// The unit of that output, which the concentrations are in.
    pub unit: units::Unit,
    /// The concentrations.
    pub curve: Curve,
}

/// The answer.
#[derive(Debug)]
pub struct Equivalence {
    /// Reference and test.
    pub sides: [SideResult; 2],
    /// How long both were simulated, h.
    pub until: f64,
    /// How far from the reference whole numbers may be.
    pub within: f64,
    /// The metric that was asked for first, then those of AUC and Cmax.
    pub metrics: Vec<Metric>,
    /// The reference's values in the metrics' units, or why there is none.
    pub reference: Vec<Result<f64, String>>,
    /// For each metric.
    pub answers: Vec<Answer>,
    /// What doses are whole numbers of.
    pub unit: Option<Unit>,
    /// Doses that were tried and are told: whole numbers where there are steps, else those that match.
    pub trials: Vec<Trial>,
    /// Reference and matches.
    pub curves: Vec<NamedCurve>,
    /// What virtual people gave.
    pub people: Option<PeopleResult>,
    /// What the engines did.
    pub work: Work,
    /// Whether anything was integrated.
    pub integrated: bool,
    /// What should be known.
    pub warnings: Vec<Diagnostic>,
}

impl Question {
    /// Loads the models of both sides; `load` finds one by id or path.
    ///
    /// # Errors
    /// What `load` says.
    pub fn models(&self, load: impl Fn(&str) -> Result<Model, Error>) -> Result<Models, Error> {
        crate::study::reading::models([&self.reference.model, &self.test.model], load)
    }
}

/// Both sides with what is asked of them.
struct Pair<'q, 'm> {
    question: &'q Question,
    reference: Side<'m>,
    test: Side<'m>,
    metrics: Vec<Metric>,
    /// The person's values on the side of the reference, in base units.
    wanted: Vec<Result<f64, Unmatched>>,
    work: Work,
}

/// Looks for the dose. `tick` is told how many people more were run, from any thread.
///
/// # Errors
/// What is wrong with a side; a metric that the models do not have.
pub fn equivalent(question: &Question, models: &Models, tick: impl Fn(u64) + Sync) -> Result<Equivalence, Error> {
    let mut pair = Pair::new(question, models)?;
    let whole = Whole::new(&pair)?;
    let (answers, trials) = pair.answers(whole.as_ref())?;
    let curves = pair.curves(&answers, &trials)?;
    let people = match &question.people {
        Some(plan) => Some(people::run(&mut pair, plan, models, whole.as_ref(), &answers, &trials, &tick)?),
        None => None,
    };
    let mut warnings = pair.warnings(&trials, &answers);
    warnings.extend(people.iter().flat_map(|p| p.warnings.iter().cloned()));
    let reference = pair.metrics.iter().zip(&pair.wanted).map(|(metric, value)| match value {
        Ok(value) => Ok(metric.shown(*value)),
        Err(why) => Err(why.to_string()),
    });
    let integrated = [(&pair.reference, None), (&pair.test, Some(1.0))]
        .into_iter()
        .any(|(side, amount)| side.prepared(amount).is_ok_and(|prepared| prepared.is_integrated()));
    Ok(Equivalence {
        sides: [0, 1].map(|i| pair.side_result(i)),
        until: pair.reference.until,
        within: question.within,
        reference: reference.collect(),
        answers,
        unit: whole.map(|whole| whole.unit),
        trials,
        curves,
        people,
        work: pair.work,
        integrated,
        warnings,
        metrics: pair.metrics,
    })
}

impl Metric {
    /// What it is a metric of: the analyte, or the output where the analyte has no name of its own.
    pub fn of(&self) -> &str {
        if self.analyte == ask::OTHER { &self.output } else { &self.analyte }
    }

    /// A value in base units as it is shown.
    fn shown(&self, base: f64) -> f64 {
        self.units[0].from_base(base) / self.per
    }

    /// A measured number in base units; `side` is 0 for the reference, 1 for the test.
    fn base(&self, side: usize, value: f64) -> f64 {
        self.units[side].to_base(value)
    }
}

impl Equivalence {
    /// Whether every metric could be computed and brought to an answer.
    pub fn is_complete(&self) -> bool {
        !self.answers.iter().any(|answer| matches!(answer, Answer::None(_)))
    }

    /// What each match came to, in words, the metric that was asked for first.
    pub fn statements(&self) -> Vec<String> {
        let metrics = self.metrics.iter().zip(&self.answers).enumerate();
        metrics
            .map(|(i, (metric, answer))| format!("by {metric} of {}: {}", metric.of(), self.said(i, answer)))
            .collect()
    }

    /// A few words about a match, for the heading of a panel.
    pub fn heading(&self, metric: usize) -> String {
        let percent = |at: &usize| match &self.trials[*at].shares[metric] {
            Ok(share) => percent(*share),
            Err(_) => String::new(),
        };
        let count = |at: &usize| self.unit.as_ref().map_or(String::new(), |unit| unit.count(self.trials[*at].count));
        let came_to = match &self.answers[metric] {
            Answer::Dose(found) => mg(found.dose),
            Answer::Whole(at) => format!("{}, {}", count(at), percent(at)),
            Answer::NoWhole { .. } => "no whole number matches".into(),
            Answer::None(Unmatched::OutsideSource { .. }) => "no match within the doses of the source".into(),
            Answer::None(_) => "cannot be matched".into(),
        };
        format!("by {}: {came_to}", self.metrics[metric])
    }

    fn said(&self, metric: usize, answer: &Answer) -> String {
        let share =
            |trial: &Trial| trial.shares[metric].as_ref().map_or_else(Unmatched::to_string, |share| percent(*share));
        match (answer, &self.unit) {
            (Answer::Dose(found), _) => mg(found.dose),
            (Answer::Whole(at), Some(unit)) => {
                let trial = &self.trials[*at];
                format!("{} ({} mg) at {}", unit.count(trial.count), crate::io::number(trial.dose), share(trial))
            }
            (Answer::NoWhole { below, above }, Some(unit)) => {
                let near = [below, above].into_iter().flatten().map(|at| &self.trials[*at]);
                let near: Vec<String> =
                    near.map(|trial| format!("{} {}", unit.count(trial.count), share(trial))).collect();
                format!("no {} matches: {}", unit.any(), near.join(", "))
            }
            (Answer::None(why), _) => format!("cannot be matched: {why}"),
            (Answer::Whole(_) | Answer::NoWhole { .. }, None) => unreachable!("whole numbers have a unit"),
        }
    }
}
