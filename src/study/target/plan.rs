//! The plan of a target, as written in TOML: a plan over points, and what is to be attained how often.

use super::{CHUNK, TargetError};
use crate::Error;
use crate::document::{self, Log, Table, Text, Value};
use crate::error::{Faults, Source};
use crate::model::Model;
use crate::population::People;
use crate::study::PlanError;
use crate::study::compare::Models;
use crate::study::reading::{self, Files, no_files};
use crate::study::sweep::{Factor, KEYS, MOST_PERSONS, SweepPlan, designed, seed, too_many};
use crate::units::Quantity;

/// The factor along which doses are looked for, where the plan names none and has it.
const DOSE: &str = "dose";
const HALF_WIDTH: f64 = 0.01;
const LEVEL: f64 = 0.95;
const MAX_SUBJECTS: u64 = 100_000;

/// What is to be attained how often, and how well that is to be known.
#[derive(Debug, Clone)]
pub struct TargetPlan {
    pub(super) points: SweepPlan,
    /// Each of one comparison, or of several that have to hold together.
    pub(super) targets: Vec<Attain>,
    /// The probability that doses are to reach.
    pub probability: f64,
    /// Half the width that intervals have at most, unless there are too few people.
    pub half_width: f64,
    /// How often an interval holds the probability.
    pub level: f64,
    /// The most people of a point.
    pub max_subjects: u64,
    /// The factor along which doses are looked for, by its place.
    pub(super) dose: usize,
    /// Why its levels have no order, and where, if they have none: then no smallest is looked for.
    pub(super) unordered: Option<(String, Text)>,
}

/// Something that a person attains, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Attain {
    /// As written; comparisons that have to hold together with `and` between.
    pub name: String,
    /// Places of its comparisons.
    pub(super) comparisons: Vec<usize>,
}

impl TargetPlan {
    /// Reads a plan; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults<PlanError>> {
        TargetPlan::with_files(name, text, &no_files)
    }

    /// The same for a plan that may name a file with its people.
    ///
    /// # Errors
    /// As [`TargetPlan::parse`], and those of that file.
    pub fn with_files(name: &str, text: &str, files: &Files<'_>) -> Result<Self, Faults<PlanError>> {
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let table = document::parse(&log)?;
        let known: Vec<&str> = KEYS.into_iter().chain(["design", "target"]).collect();
        let root = Table::root(&log, "a plan of a target", table.get_ref(), &known);
        let plan = read(&root, files);
        Faults::check(log.into_faults(), || plan.expect("a plan without a regimen or a target is a fault"))
    }

    /// The title of figures.
    pub fn title(&self) -> &str {
        &self.points.title
    }

    /// Number of points; an upper limit where the design cannot be counted yet.
    pub fn points(&self) -> u64 {
        self.points.points()
    }

    /// Name and text of the file that says who the people are, unless the plan does.
    pub fn people_file(&self) -> Option<&Source> {
        self.points.people_file()
    }

    /// The seed of the people.
    pub fn seed(&self) -> u64 {
        self.points.seed()
    }

    /// Loads every model that the plan names; `load` finds one by id or path.
    ///
    /// # Errors
    /// What `load` says, where the plan names the model.
    pub fn models(&self, load: impl Fn(&str) -> Result<Model, Error>) -> Result<Models, Error> {
        self.points.models(load)
    }
}

fn read(root: &Table<'_, PlanError>, files: &Files<'_>) -> Option<TargetPlan> {
    let log = root.log;
    let keys = ["attain", "probability", "half_width", "level", "max_subjects", "dose"];
    let table = root.need("target").and_then(|v| v.table(&keys));
    let size = |people: Option<&People>| table.as_ref().map_or(CHUNK, |table| subjects(table, people));
    let seed = seed(root);
    let points = SweepPlan::read_sized(root, seed, designed(root, seed), files, &size);
    let (table, mut points) = (table.as_ref()?, points?);
    let most = points.subjects();
    let attain = table.need("attain").map(|value| attain(&value)).unwrap_or_default();
    let (mut targets, mut texts): (Vec<Attain>, Vec<Text>) = Default::default();
    for comparisons in attain {
        let name = comparisons.iter().map(|text| text.text.trim()).collect::<Vec<_>>().join(" and ");
        if targets.iter().any(|target| target.name == name) {
            log.report(&comparisons[0].place, TargetError::Twice { name: name.clone() });
        }
        targets.push(Attain { name, comparisons: (texts.len()..texts.len() + comparisons.len()).collect() });
        texts.extend(comparisons);
    }
    points.compare(log, texts);
    let number = |key: &'static str, default: f64, below: f64| {
        let Some(number) = table.get(key).and_then(|v| v.number()) else { return default };
        if number.value <= 0.0 || number.value >= below {
            log.report(&number.place, TargetError::OutOfRange { what: key, value: number.value, below });
        }
        number.value
    };
    table.need("probability");
    let (probability, half_width) = (number("probability", 0.5, 1.0), number("half_width", HALF_WIDTH, 0.5));
    let level = number("level", LEVEL, 1.0);
    let named = table.text("dose");
    let dose = match &named {
        Some(name) => points.factor(&name.text).unwrap_or_else(|| {
            let known = points.factor_names();
            log.report(&name.place, TargetError::UnknownFactor { name: name.text.clone(), known });
            0
        }),
        None => points.factor(DOSE).unwrap_or(0),
    };
    let unordered = points.factors.get(dose).and_then(unordered);
    if let (Some((why, level)), Some(name)) = (&unordered, &named)
        && points.factor(&name.text).is_some()
    {
        log.report(&level.place, TargetError::NoOrder { factor: name.text.clone(), why: why.clone() });
    }
    Some(TargetPlan { points, targets, probability, half_width, level, max_subjects: most, dose, unordered })
}

/// The first level that cannot be put in order with the one before it, and why; none where all can.
fn unordered(factor: &Factor) -> Option<(String, Text)> {
    let mut before: Option<(&Text, Quantity)> = None;
    // Between two ends, and of a distribution, all levels are of one unit.
    for level in factor.list()? {
        let Ok(quantity) = level.text.parse::<Quantity>() else {
            return Some((format!("`{}` is no quantity", level.text), level.clone()));
        };
        match &before {
            Some((first, other)) if other.dimension() != quantity.dimension() => {
                return Some((format!("`{}` and `{}` are of different kinds", first.text, level.text), level.clone()));
            }
            _ => before = Some((level, quantity)),
        }
    }
    None
}

/// The most people of a point: all who are listed, where nothing else is said of a list.
fn subjects(table: &Table<'_, PlanError>, people: Option<&People>) -> u64 {
    const KEY: &str = "max_subjects";
    let listed = people.filter(|people| people.enough_for(MAX_SUBJECTS).is_err()).and_then(People::count);
    if !table.has(KEY) {
        return listed.unwrap_or(MAX_SUBJECTS);
    }
    let Some(found) = reading::size(table, KEY, people) else { return CHUNK };
    if found < CHUNK && listed.is_none() {
        let place = table.get(KEY).map_or_else(|| table.place.clone(), |value| value.place);
        table.log.report(&place, TargetError::FewSubjects { found, chunk: CHUNK });
    }
    too_many(table, KEY, found, "persons of a point", MOST_PERSONS);
    found.clamp(2, MOST_PERSONS)
}

/// `"a"`, `["a", "b"]` (each by itself), `{ all = ["a", "b"] }` (together), or a list of these.
fn attain(value: &Value<'_, PlanError>) -> Vec<Vec<Text>> {
    let items = if value.is_list() { value.list().unwrap_or_default() } else { Vec::new() };
    let found: Vec<Vec<Text>> = match value.is_list() {
        true => items.iter().filter_map(one).collect(),
        false => one(value).into_iter().collect(),
    };
    if found.is_empty() && value.log.is_empty() {
        value.log.report(&value.place, TargetError::Nothing);
    }
    found
}

fn one(value: &Value<'_, PlanError>) -> Option<Vec<Text>> {
    if !value.is_table() {
        return value.text().map(|text| vec![text]);
    }
    let all = value.table(&["all"])?.need("all")?;
    let texts = all.texts()?;
    if texts.is_empty() {
        all.log.report(&all.place, TargetError::Nothing);
        return None;
    }
    Some(texts)
}
