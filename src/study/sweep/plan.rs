//! The plan of a sweep, as written in TOML.

use super::design::{Design, Factor, MOST_POINTS, Values};
use super::error::SweepError;
use super::holes::{HOLE_OF_REGIMENS, holes};
use super::summary::{Comparison, Probability};
use crate::Error;
use crate::document::{self, DocumentError, Log, Place, Table, Text, Value};
use crate::error::{Faults, Source};
use crate::metrics::{Measure, OutputMeasure};
use crate::model::Model;
use crate::study::PlanError;
use crate::study::compare::Models;
use crate::study::reading::{self, duration, pairs};
use crate::units::Quantity;

/// The factor that chooses the model.
pub(super) const MODEL: &str = "model";
/// The most persons of one point.
const MOST_PERSONS: u64 = 100_000_000;
/// Percentiles of a population where the plan says nothing else.
const PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];

/// A sweep as written: what is given to whom, what varies, and what is measured.
#[derive(Debug, Clone)]
pub struct SweepPlan {
    /// The title of figures.
    pub title: String,
    pub(super) models: Vec<Text>,
    /// The regimen, with holes.
    pub(super) give: Text,
    /// Covariates and values of parameters of everybody.
    pub(super) subject: Vec<(Text, Text)>,
    pub(super) set: Vec<(Text, Text)>,
    /// h; without it as long as a simulation is without it.
    pub(super) until: Option<f64>,
    pub(super) subjects: u64,
    pub(super) seed: u64,
    pub(super) replicates: u64,
    pub(super) factors: Vec<Factor>,
    pub(super) design: Design,
    pub(super) measures: Vec<Measurement>,
    pub(super) percentiles: Vec<f64>,
    pub(super) probabilities: Vec<Probability>,
    pub(super) every_subject: bool,
}

/// A measure with its name.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
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
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let table = document::parse(&log)?;
        let known = [
            "format",
            "title",
            "model",
            "give",
            "subject",
            "set",
            "until",
            "subjects",
            "seed",
            "replicates",
            "factors",
            "design",
            "measures",
            "summary",
        ];
        let root = Table::root(&log, "a sweep plan", table.get_ref(), &known);
        root.check_format();
        let seed = root.get("seed").and_then(|v| v.count()).unwrap_or(1) as u64;
        let subjects = at_least_one(&root, "subjects");
        let replicates = at_least_one(&root, "replicates");
        too_many(&log, &root, "subjects", subjects.saturating_mul(replicates), "persons of a point", MOST_PERSONS);
        let (declared, factors, design) = designed(&root, seed);
        let give = give(&root, &declared, &factors);
        let models = match factors.iter().find(|f| f.name() == MODEL) {
            Some(factor) => factor.texts().to_vec(),
            None => root.need(MODEL).and_then(|v| v.text()).into_iter().collect(),
        };
        if let Some(twice) = root.key_place(MODEL).filter(|_| factors.iter().any(|f| f.name() == MODEL)) {
            log.report(&twice, SweepError::DuplicateColumn { name: MODEL.into() });
        }
        let measures = measures(&root);
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
        let plan = give.map(|give| SweepPlan {
            title: root.text("title").map_or_else(|| "Sweep".into(), |t| t.text),
            models,
            give,
            subject: root.get("subject").and_then(|v| pairs(&v)).unwrap_or_default(),
            set: root.get("set").and_then(|v| pairs(&v)).unwrap_or_default(),
            until: duration(&root, "until"),
            subjects,
            seed,
            replicates,
            factors,
            design,
            measures,
            percentiles: percentiles.unwrap_or_else(|| PERCENTILES.to_vec()),
            probabilities,
            every_subject,
        });
        if let Some(plan) = &plan {
            plan.check_columns(&log);
        }
        Faults::check(log.into_faults(), || plan.expect("a plan without a regimen is a fault"))
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

    /// The seed of everything that is drawn.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether every point is one subject without variability.
    pub(super) fn is_typical(&self) -> bool {
        self.subjects * self.replicates == 1
    }

    /// Reports names that two columns would have.
    fn check_columns(&self, log: &Log<PlanError>) {
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

fn too_many(
    log: &Log<PlanError>,
    table: &Table<'_, PlanError>,
    key: &str,
    count: u64,
    what: &'static str,
    limit: u64,
) -> bool {
    if count > limit {
        let place = table.key_place(key).unwrap_or_else(|| table.place.clone());
        log.report(&place, SweepError::TooMany { count, what, limit });
    }
    count > limit
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

/// The names of all factors, those that can be read, and the design, which may bring the factors itself.
fn designed(root: &Table<'_, PlanError>, seed: u64) -> (Vec<String>, Vec<Factor>, Design) {
    let log = root.log;
    let design = root.get("design").and_then(|v| v.table(&["kind", "points"]));
    let kind = design.as_ref().and_then(|d| d.text("kind"));
    let points = design.as_ref().and_then(|d| d.get("points"));
    let listed = points.as_ref().filter(|p| p.is_list());
    let kind_is = |name: &str| kind.as_ref().is_some_and(|k| k.text == name);
    let mut declared = Vec::new();
    let factors = match (root.get("factors"), listed) {
        (None, Some(points)) if kind_is("list") => {
            let factors = listed_factors(points);
            declared.extend(factors.iter().map(|f| f.name().to_string()));
            factors
        }
        (Some(_), Some(points)) if kind_is("list") => {
            log.report(&points.place, SweepError::PointsAndFactors);
            let named = root.get("factors").and_then(|v| v.entries());
            declared.extend(named.iter().flat_map(Table::keys).map(String::from));
            return (declared, Vec::new(), Design::List);
        }
        (factors, _) => {
            let entries = factors.and_then(|v| v.entries()).map(|t| t.named("the factor")).unwrap_or_default();
            declared.extend(entries.iter().map(|(name, ..)| name.clone()));
            entries.into_iter().filter_map(|(name, place, value)| factor(Text::at(name, place), &value)).collect()
        }
    };
    if declared.is_empty() {
        let place = root.key_place("factors").unwrap_or_else(|| root.place.clone());
        log.report(&place, SweepError::NoFactors);
    }
    let sized = || {
        let (design, value) = (design.as_ref()?, design.as_ref()?.need("points")?);
        let count = value.count()? as u64;
        if count == 0 {
            log.report(&value.place, SweepError::None { what: "points".into() });
        }
        (count > 0 && !too_many(log, design, "points", count, "points", MOST_POINTS)).then_some(count)
    };
    let chosen = match kind.as_ref().map_or("grid", |k| k.text.as_str()) {
        "grid" => Design::Grid,
        "list" => Design::List,
        "latin-hypercube" => sized().map_or(Design::List, |points| Design::latin(points, seed, &factors)),
        "sobol" => sized().map_or(Design::List, |points| {
            Design::sobol(points, seed, &factors).unwrap_or_else(|error| {
                log.report(&root.key_place("factors").unwrap_or_else(|| root.place.clone()), error);
                Design::List
            })
        }),
        found => {
            let place = kind.as_ref().map_or(&root.place, |k| &k.place);
            log.report(place, SweepError::UnknownDesign { found: found.into() });
            return (declared, factors, Design::List);
        }
    };
    if matches!(chosen, Design::Grid | Design::List) && !kind_is("latin-hypercube") && !kind_is("sobol") {
        check_counts(root, design.as_ref(), listed.is_some(), &chosen, &factors);
    }
    (declared, factors, chosen)
}

/// A grid and a list need values that can be counted; a list as many of each factor.
fn check_counts(
    root: &Table<'_, PlanError>,
    design: Option<&Table<'_, PlanError>>,
    listed: bool,
    chosen: &Design,
    factors: &[Factor],
) {
    let log = root.log;
    if let Some(place) = design.and_then(|d| d.key_place("points")).filter(|_| !listed) {
        let (key, within) = ("points".to_string(), "a design of this kind".to_string());
        let kind = DocumentError::UnknownKey { key, within, near: None, known: vec!["kind".into()] };
        log.report(&place, kind);
    }
    for factor in factors.iter().filter(|f| f.count().is_none()) {
        log.report(&factor.name.place, SweepError::NoSteps { factor: factor.name().into() });
    }
    if matches!(chosen, Design::List)
        && let Some((first, wanted)) = factors.first().and_then(|f| Some((f.name().to_string(), f.count()?)))
    {
        for factor in factors {
            if let Some(count) = factor.count().filter(|c| *c != wanted) {
                let (name, other) = (factor.name().to_string(), first.clone());
                log.report(&factor.name.place, SweepError::UnevenLists { factor: name, count, other, wanted });
            }
        }
    }
    if chosen.points(factors).is_none_or(|count| count > MOST_POINTS) {
        let count = chosen.points(factors).unwrap_or(u64::MAX);
        too_many(log, root, "factors", count, "points", MOST_POINTS);
    }
}

/// The factors of a list of points: the names that the first point has.
fn listed_factors(points: &Value<'_, PlanError>) -> Vec<Factor> {
    let log = points.log;
    let mut factors: Vec<(Text, Vec<Text>)> = Vec::new();
    for (i, point) in points.list().unwrap_or_default().iter().enumerate() {
        let Some(entries) = point.entries() else { continue };
        let place = entries.place.clone();
        let entries = entries.named("the value of");
        if i == 0 {
            factors =
                entries.iter().map(|(name, place, _)| (Text::at(name.clone(), place.clone()), Vec::new())).collect();
        }
        for (name, values) in &mut factors {
            match entries.iter().find(|(other, ..)| *other == name.text) {
                Some((.., value)) => values.extend(item(value)),
                None => log.report(
                    &place,
                    DocumentError::MissingKey { key: name.text.clone(), within: format!("point {}", i + 1) },
                ),
            }
        }
        for (name, place, _) in entries.iter().filter(|(name, ..)| !factors.iter().any(|(f, _)| f.text == *name)) {
            let known = factors.iter().map(|(f, _)| f.text.clone()).collect();
            let within = "the first point".to_string();
            log.report(place, DocumentError::UnknownKey { key: name.clone(), within, near: None, known });
        }
    }
    factors.into_iter().map(|(name, values)| Factor { name, values: Values::List(values) }).collect()
}

fn factor(name: Text, value: &Value<'_, PlanError>) -> Option<Factor> {
    let (log, table) = (value.log, value.table(&["list", "from", "to", "steps", "scale"])?);
    if let Some(list) = table.get("list") {
        for key in ["from", "to", "steps", "scale"] {
            if let Some(place) = table.key_place(key) {
                let (within, known) = ("a factor with a list".to_string(), vec!["list".to_string()]);
                log.report(&place, DocumentError::UnknownKey { key: key.into(), within, near: None, known });
            }
        }
        let items = list.list()?;
        if items.is_empty() {
            log.report(&list.place, SweepError::NoValues { factor: name.text.clone() });
            return None;
        }
        let values: Vec<Text> = items.iter().filter_map(item).collect();
        return (values.len() == items.len()).then_some(Factor { name, values: Values::List(values) });
    }
    if !table.has("from") && !table.has("to") {
        log.report(&table.place, SweepError::NoValues { factor: name.text.clone() });
        return None;
    }
    let end = |key: &str| {
        let text = table.need(key)?.expression()?;
        match text.text.parse::<Quantity>() {
            Ok(quantity) => Some((text, quantity)),
            Err(fault) => {
                log.push(text.fault(fault, |e| DocumentError::Unit(e).into()));
                None
            }
        }
    };
    let (from, to) = (end("from"), end("to"));
    let steps = table.get("steps").and_then(|v| Some((v.count()?, v.place)));
    if let Some((steps, place)) = steps.as_ref().filter(|(steps, _)| *steps < 2) {
        log.report(place, SweepError::FewSteps { factor: name.text.clone(), steps: *steps });
        return None;
    }
    let scale = table.text("scale");
    let log_scale = match scale.as_ref().map(|s| s.text.as_str()) {
        None | Some("linear") => false,
        Some("log") => true,
        Some(found) => {
            log.report(&scale.as_ref()?.place, SweepError::UnknownScale { found: found.into() });
            return None;
        }
    };
    let ((first, from), (second, to)) = (from?, to?);
    let last = match to.like(from.unit()) {
        // Base units and back could round a number that is in the unit already.
        Ok(_) if to.unit() == from.unit() => to.value(),
        Ok(base) => from.unit().from_base(base),
        Err(error) => {
            log.report(&second.place, DocumentError::Unit(error));
            return None;
        }
    };
    if log_scale && (from.value() <= 0.0 || last <= 0.0) {
        log.report(&first.place, SweepError::NotPositive { factor: name.text.clone() });
        return None;
    }
    let steps = steps.map(|(steps, _)| steps);
    Some(Factor { name, values: Values::Range { from, to: last, steps, log: log_scale, ends: [first, second] } })
}

/// A value of a factor: a text, a number or a flag.
fn item(value: &Value<'_, PlanError>) -> Option<Text> {
    match value.as_flag() {
        Some(flag) => Some(Text::at(flag.to_string(), value.place.clone())),
        None => value.expression(),
    }
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
