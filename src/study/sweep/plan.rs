//! The plan of a sweep, as written in TOML.

use super::design::{Design, Factor};
use super::error::SweepError;
use super::factors::{designed, too_many};
use super::holes::{HOLE_OF_REGIMENS, holes};
use super::summary::{Comparison, Probability};
use crate::Error;
use crate::document::{self, DocumentError, Log, Place, Table, Text, Value};
use crate::error::{Faults, Source};
use crate::io::FileFormat;
use crate::metrics::{Measure, OutputMeasure};
use crate::model::Model;
use crate::population::People;
use crate::study::PlanError;
use crate::study::compare::Models;
use crate::study::reading::{self, Files, duration, no_files, pairs};
use crate::units::Quantity;
use std::sync::Arc;

/// The factor that chooses the model.
pub(in crate::study) const MODEL: &str = "model";
/// What every plan over points may say.
pub(in crate::study) const KEYS: [&str; 11] =
    ["format", "title", "model", "give", "subject", "set", "until", "seed", "population", "factors", "measures"];
/// The most persons of one point.
pub(in crate::study) const MOST_PERSONS: u64 = 100_000_000;
/// Percentiles of a population where the plan says nothing else.
const PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];

/// A sweep as written: what is given to whom, what varies, and what is measured.
#[derive(Debug, Clone)]
pub struct SweepPlan {
    /// The title of figures.
    pub title: String,
    pub(in crate::study) models: Vec<Text>,
    /// The regimen, with holes.
    pub(in crate::study) give: Text,
    /// Covariates and values of parameters of everybody.
    pub(super) subject: Vec<(Text, Text)>,
    pub(super) set: Vec<(Text, Text)>,
    /// h; without it as long as a simulation is without it.
    pub(super) until: Option<f64>,
    pub(super) subjects: u64,
    /// Who they are, besides what `subject` says of everybody; and the file that says so, unless the plan does.
    pub(super) people: Option<(People, Option<Arc<Source>>)>,
    pub(super) seed: u64,
    pub(super) replicates: u64,
    pub(in crate::study) factors: Vec<Factor>,
    pub(in crate::study) design: Design,
    pub(in crate::study) measures: Vec<Measurement>,
    pub(super) percentiles: Vec<f64>,
    pub(super) probabilities: Vec<Probability>,
    pub(super) every_subject: bool,
    pub(super) results: FileFormat,
}

/// A measure with its name.
#[derive(Debug, Clone)]
pub(in crate::study) struct Measurement {
    pub name: Text,
    pub text: Text,
    pub what: OutputMeasure,
}

impl SweepPlan {
    /// Reads a plan; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults<PlanError>> {
        SweepPlan::with_files(name, text, &no_files)
    }

    /// The same for a plan that may name a file with its people.
    ///
    /// # Errors
    /// As [`SweepPlan::parse`], and those of that file.
    pub fn with_files(name: &str, text: &str, files: &Files<'_>) -> Result<Self, Faults<PlanError>> {
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let table = document::parse(&log)?;
        let own = ["subjects", "replicates", "design", "summary", "results"];
        let known: Vec<&str> = KEYS.into_iter().chain(own).collect();
        let root = Table::root(&log, "a sweep plan", table.get_ref(), &known);
        let seed = seed(&root);
        let plan = SweepPlan::read(&root, seed, designed(&root, seed), files);
        if let Some(plan) = &plan {
            plan.check_columns(&log);
        }
        Faults::check(log.into_faults(), || plan.expect("a plan without a regimen is a fault"))
    }

    /// Reads what is given to whom, what varies and what is measured, from a document that may say more; with the names of
    /// all factors, those that can be read, and the points among their values.
    pub(in crate::study) fn read(
        root: &Table<'_, PlanError>,
        seed: u64,
        points: (Vec<String>, Vec<Factor>, Design),
        files: &Files<'_>,
    ) -> Option<Self> {
        let size = |people: Option<&People>| reading::size(root, "subjects", people).unwrap_or(1);
        SweepPlan::read_sized(root, seed, points, files, &size)
    }

    /// The same for a document that says in words of its own how many of the people are simulated.
    pub(in crate::study) fn read_sized(
        root: &Table<'_, PlanError>,
        seed: u64,
        (declared, factors, design): (Vec<String>, Vec<Factor>, Design),
        files: &Files<'_>,
        size: &dyn Fn(Option<&People>) -> u64,
    ) -> Option<Self> {
        let log = root.log;
        root.check_format();
        let population = root.get("population");
        let people = population.as_ref().and_then(|v| reading::people(v, &[], files));
        let subjects = size(people.as_ref().map(|(people, _)| people));
        let replicates = at_least_one(root, "replicates");
        too_many(root, "subjects", subjects.saturating_mul(replicates), "persons of a point", MOST_PERSONS);
        let give = give(root, &declared, &factors);
        let models = match factors.iter().find(|f| f.name() == MODEL) {
            Some(factor) => factor.texts().to_vec(),
            None => root.need(MODEL).and_then(|v| v.text()).into_iter().collect(),
        };
        if let Some(twice) = root.key_place(MODEL).filter(|_| factors.iter().any(|f| f.name() == MODEL)) {
            log.report(&twice, SweepError::DuplicateColumn { name: MODEL.into() });
        }
        let measures = measures(root);
        let summary = root.get("summary").and_then(|v| v.table(&["percentiles", "probability", "every_subject"]));
        let every_subject = summary.as_ref().and_then(|s| s.get("every_subject")?.flag()).unwrap_or(false);
        let percentiles = summary.as_ref().and_then(|s| s.get("percentiles")).map(|v| percentiles(&v));
        let probabilities = summary.as_ref().and_then(|s| s.get("probability"));
        let probabilities = probabilities.map(|v| probabilities_of(&v, &measures)).unwrap_or_default();
        if let (1, Some(summary)) = (subjects * replicates, &summary)
            && (percentiles.is_some() || !probabilities.is_empty())
        {
            log.report(&summary.place, SweepError::TypicalSummary);
        }
        if let (1, Some(value)) = (subjects * replicates, &population) {
            log.report(&value.place, SweepError::TypicalPopulation);
        }
        give.map(|give| SweepPlan {
            title: root.text("title").map_or_else(|| "Sweep".into(), |t| t.text),
            models,
            give,
            subject: root.get("subject").and_then(|v| pairs(&v)).unwrap_or_default(),
            set: root.get("set").and_then(|v| pairs(&v)).unwrap_or_default(),
            until: duration(root, "until"),
            subjects,
            people,
            seed,
            replicates,
            factors,
            design,
            measures,
            percentiles: percentiles.unwrap_or_else(|| PERCENTILES.to_vec()),
            probabilities,
            every_subject,
            results: results(root),
        })
    }

    /// Reads comparisons such as `peak > 120 ng/mL` in place of those of a summary; [`Sweep::holds`] counts them in this order.
    ///
    /// [`Sweep::holds`]: super::Sweep::holds
    pub(in crate::study) fn compare(&mut self, log: &Log<PlanError>, texts: Vec<Text>) {
        let read = texts.into_iter().filter_map(|text| probability(log, text, &self.measures));
        self.probabilities = read.collect();
    }

    /// The factor of a name, by its place.
    pub(in crate::study) fn factor(&self, name: &str) -> Option<usize> {
        self.factors.iter().position(|factor| factor.name() == name)
    }

    /// Number of subjects.
    pub(in crate::study) fn subjects(&self) -> u64 {
        self.subjects
    }

    /// Number of points.
    pub(in crate::study) fn points(&self) -> u64 {
        self.design.points(&self.factors).unwrap_or(0)
    }

    /// The names of all factors.
    pub(in crate::study) fn factor_names(&self) -> Vec<String> {
        self.factors.iter().map(|factor| factor.name().to_string()).collect()
    }

    /// The models it names, each once.
    pub fn model_names(&self) -> impl Iterator<Item = &Text> {
        self.models.iter()
    }

    /// Loads every model that the plan names; `load` finds one by id or path.
    ///
    /// # Errors
    /// What `load` says; a model that does not exist is reported where the plan names it.
    pub fn models(&self, load: impl Fn(&str) -> Result<Model, Error>) -> Result<Models, Error> {
        reading::models(self.model_names(), load)
    }

    /// The file that says who the people are, unless the plan does.
    pub(in crate::study) fn people_file(&self) -> Option<&Source> {
        self.people.as_ref()?.1.as_deref()
    }

    /// The seed of everything that is drawn.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether every point is one subject without variability.
    pub(super) fn is_typical(&self) -> bool {
        self.subjects * self.replicates == 1
    }

    /// Whether the regimen has a hole of this name.
    pub(in crate::study) fn has_hole(&self, name: &str) -> bool {
        holes(&self.give.text).any(|(hole, _)| hole == name)
    }

    /// Reports names that two columns would have.
    pub(in crate::study) fn check_columns(&self, log: &Log<PlanError>) {
        let columns: Vec<String> = self.column_names().collect();
        let named = |name: &str| {
            let factors = self.factors.iter().map(|f| &f.name);
            let measures = self.measures.iter().map(|m| &m.name);
            let chances = self.probabilities.iter().map(|p| &p.text);
            let mut all = factors.chain(measures).chain(chances);
            // The column of a measure in a summary has the measure's name and something behind it.
            let with_more =
                |text: &Text| name.strip_prefix(text.text.as_str()).is_some_and(|rest| rest.starts_with('_'));
            all.clone().find(|text| text.text == name).or_else(|| all.find(|text| with_more(text))).cloned()
        };
        for (i, name) in columns.iter().enumerate() {
            if columns[..i].contains(name)
                && let Some(text) = named(name)
            {
                log.report(&text.place, SweepError::DuplicateColumn { name: name.clone() });
            }
        }
    }
}

/// What the results are written as.
fn results(root: &Table<'_, PlanError>) -> FileFormat {
    let Some(text) = root.text("results") else { return FileFormat::Csv };
    let named = FileFormat::named(&text.text).ok_or_else(|| SweepError::UnknownResults { found: text.text.clone() });
    named.and_then(|format| format.built().map_err(|_| SweepError::NoParquet)).unwrap_or_else(|error| {
        root.log.report(&text.place, error);
        FileFormat::Csv
    })
}

/// The seed of a plan, 1 where it names none.
pub(in crate::study) fn seed(root: &Table<'_, PlanError>) -> u64 {
    root.get("seed").and_then(|v| v.count()).unwrap_or(1) as u64
}

fn at_least_one(root: &Table<'_, PlanError>, key: &str) -> u64 {
    let Some(value) = root.get(key) else { return 1 };
    match value.count() {
        Some(0) => {
            root.log.report(&value.place, SweepError::None { what: key.into() });
            1
        }
        count => count.unwrap_or(1) as u64,
    }
}

/// The regimen, every hole of which a factor fills.
fn give(root: &Table<'_, PlanError>, declared: &[String], factors: &[Factor]) -> Option<Text> {
    let regimens = factors.iter().find(|f| f.name() == HOLE_OF_REGIMENS);
    let give = match (root.get("give"), regimens) {
        (None, Some(factor)) => Text::at(format!("{{{HOLE_OF_REGIMENS}}}"), factor.name.place.clone()),
        _ => root.need("give")?.text()?,
    };
    let nested = regimens.into_iter().flat_map(|f| f.texts());
    for text in std::iter::once(&give).chain(nested) {
        for (hole, span) in holes(&text.text) {
            if !declared.iter().any(|name| name == hole) {
                let (hole, factors) = (hole.to_string(), declared.to_vec());
                root.log.report(&text.part(Some(span)), SweepError::EmptyHole { hole, factors });
            }
        }
    }
    Some(give)
}

fn measures(root: &Table<'_, PlanError>) -> Vec<Measurement> {
    let Some(entries) = root.need("measures").and_then(|v| v.entries()) else { return Vec::new() };
    let log = root.log;
    let place = entries.place.clone();
    let entries = entries.named("the measure");
    if entries.is_empty() {
        log.report(&place, SweepError::NoMeasures);
    }
    let measure = |(name, place, value): (String, Place, Value<'_, PlanError>)| {
        let text = value.text()?;
        match text.text.parse::<OutputMeasure>() {
            Ok(OutputMeasure { measure: Measure::F, .. }) => {
                log.report(&text.place, SweepError::NeedsReference { measure: text.text.clone() });
                None
            }
            Ok(what) => Some(Measurement { name: Text::at(name, place), text, what }),
            Err(fault) => {
                log.push(text.fault(fault, PlanError::Measure));
                None
            }
        }
    };
    entries.into_iter().filter_map(measure).collect()
}

fn percentiles(value: &Value<'_, PlanError>) -> Vec<f64> {
    let numbers = value.list().unwrap_or_default();
    let numbers = numbers.iter().filter_map(Value::number).filter_map(|number| {
        let fits = (0.0..=100.0).contains(&number.value);
        if !fits {
            value.log.report(&number.place, SweepError::Percentile);
        }
        fits.then_some(number.value)
    });
    numbers.collect()
}

fn probabilities_of(value: &Value<'_, PlanError>, measures: &[Measurement]) -> Vec<Probability> {
    let texts = value.texts().unwrap_or_default();
    texts.into_iter().filter_map(|text| probability(value.log, text, measures)).collect()
}

/// `peak > 120 ng/mL`
fn probability(log: &Log<PlanError>, text: Text, measures: &[Measurement]) -> Option<Probability> {
    let found =
        Comparison::ALL.into_iter().find_map(|(sign, comparison)| Some((text.text.find(sign)?, sign, comparison)));
    let Some((at, sign, comparison)) = found else {
        log.report(&text.place, SweepError::NotAComparison { text: text.text.clone() });
        return None;
    };
    let name = text.text[..at].trim();
    let Some(measure) = measures.iter().position(|m| m.name.text == name) else {
        let known = measures.iter().map(|m| m.name.text.clone()).collect();
        let place = text.slice(0, at).place;
        // Measures that could not be read are reported already.
        if log.is_empty() {
            log.report(&place, SweepError::UnknownMeasure { name: name.into(), known });
        }
        return None;
    };
    let level = text.slice(at + sign.len(), text.text.len());
    match level.text.parse::<Quantity>() {
        Ok(quantity) => Some(Probability { text, measure, comparison, level: quantity }),
        Err(fault) => {
            log.push(level.fault(fault, |e| DocumentError::Unit(e).into()));
            None
        }
    }
}
