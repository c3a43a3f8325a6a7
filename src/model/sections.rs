//! Reading a whole file: its head, sources, population and substances; the rest is in the sibling modules.

use super::error::ModelError;
use super::file::{FileKind, ModelFile, Name, SubstanceEntry};
use super::names::{ANALYTES, SUBJECT_COVARIATES, is_id, is_name, is_reserved};
use super::parts::CovariateKind;
use super::provenance::{CovariateRange, DoseRange, Grade, PopulationNotes, SourceNote};
use super::read::{Log, Place, Table, Text, Value};
use super::variability::{Occasion, SESSION_GAP};
use super::{checks, quantities, structure};
use crate::document::{self, DocumentError};
use crate::error::{Fault, Faults, Source, nearest};
use crate::units::{Dimension, Unit};
use std::sync::Arc;

const ROOT: [&str; 26] = [
    "format",
    "id",
    "title",
    "drug",
    "grade",
    "kind",
    "extends",
    "unit_checking",
    "notes",
    "source",
    "population",
    "substances",
    "covariates",
    "parameters",
    "block",
    "uncertainty",
    "derived",
    "compartments",
    "flows",
    "states",
    "routes",
    "outputs",
    "requires",
    "override",
    "checks",
    "description",
];

/// Reads a file. The base is the file it extends, already read: its sources, outputs and covariates may be named.
pub(super) fn read(source: &Arc<Source>, base: Option<&ModelFile>) -> Result<ModelFile, Vec<Fault<ModelError>>> {
    let log = Log::new(source);
    let document = document::parse(&log).map_err(Faults::into_vec)?;
    let root = Table::root(&log, "a model file", document.get_ref(), &ROOT);
    let file = model_file(&root, &log, base);
    let mut faults = log.into_faults();
    faults.sort_by_key(|f| f.span);
    match file {
        Some(file) if faults.is_empty() => Ok(file),
        _ => Err(faults),
    }
}

/// The id a text extends, without reading the rest.
pub(super) fn extends(source: &Arc<Source>) -> Option<Text> {
    root_text(source, "extends")
}

/// The id of a file, without reading the rest.
pub(super) fn id(source: &Arc<Source>) -> Option<Text> {
    root_text(source, "id")
}

fn root_text(source: &Arc<Source>, key: &str) -> Option<Text> {
    let log = Log::new(source);
    let document = document::parse(&log).ok()?;
    Table::root(&log, "a model file", document.get_ref(), &ROOT).text(key)
}

fn model_file(root: &Table<'_>, log: &Log, base: Option<&ModelFile>) -> Option<ModelFile> {
    root.check_format();
    let id = root.need("id").and_then(|v| v.text());
    if let Some(id) = id.as_ref().filter(|id| !is_id(&id.text)) {
        log.report(&id.place, ModelError::BadName { name: id.text.clone() });
    }
    let title = root.need("title").and_then(|v| v.text());
    let drug = root.need("drug").and_then(|v| v.text());
    let grade = root.need("grade").and_then(|v| grade(&v));
    let kind = match root.get("kind") {
        None => Some(FileKind::Model),
        Some(value) => value
            .text()
            .and_then(|t| in_list(log, "`kind`", &t, &["model", "effect"]))
            .map(|k| if k == "effect" { FileKind::Effect } else { FileKind::Model }),
    };
    let unit_checking = root.get("unit_checking").is_none_or(|v| v.flag().unwrap_or(true));
    let notes = root.get("notes").and_then(|v| v.texts()).unwrap_or_default();
    let sources = sources(root);
    let substances = substances(root);
    let covariates = quantities::covariates(root);
    let population = population(root, base, &covariates);
    let of_base = base.iter().flat_map(|b| &b.sources);
    let keys: Vec<&str> = of_base.chain(&sources).map(|s| s.key.as_str()).collect();
    let parameters = quantities::parameters(root.get("parameters"), &keys);
    let outputs = structure::outputs(root);
    let changes = root.get("override").and_then(|v| v.table(&["parameters", "derived", "without"]));
    let override_parameters =
        changes.as_ref().map_or(Vec::new(), |t| quantities::parameters(t.get("parameters"), &keys));
    let override_derived = changes.as_ref().map_or(Vec::new(), |t| quantities::derived(t.get("derived")));
    let without = changes.as_ref().and_then(|t| t.get("without")?.texts()).unwrap_or_default();
    let override_without: Vec<Name> = without.into_iter().map(|t| Name { text: t.text, place: t.place }).collect();
    let mut all_outputs = base.map_or(Vec::new(), |b| b.outputs.clone());
    all_outputs.extend(outputs.iter().cloned());
    let mut all_covariates = base.map_or(Vec::new(), |b| b.covariates.clone());
    all_covariates.retain(|c| override_without.iter().all(|name| name.text != c.name.text));
    all_covariates.extend(covariates.iter().cloned());
    let blocks = quantities::blocks(root, "block");
    let uncertainty = quantities::blocks(root, "uncertainty");
    let derived = quantities::derived(root.get("derived"));
    let compartments = structure::compartments(root);
    let flows = structure::flows(root);
    let states = structure::states(root);
    let routes = structure::routes(root);
    let requires = structure::requires(root);
    let checks = checks::read(root, log, &all_outputs, &all_covariates);
    let id = id?;
    Some(ModelFile {
        id: id.text,
        id_place: id.place,
        title: title?.text,
        drug: drug?.text,
        grade: grade?,
        kind: kind?,
        extends: root.text("extends"),
        unit_checking,
        notes: notes.into_iter().map(|t| t.text).collect(),
        sources,
        population,
        substances,
        covariates,
        parameters,
        blocks,
        uncertainty,
        derived,
        compartments,
        flows,
        states,
        routes,
        outputs,
        requires,
        effects: Vec::new(),
        override_parameters,
        override_derived,
        override_without,
        checks,
    })
}

/// A word of a closed list; anything else is reported.
pub(super) fn in_list(log: &Log, what: &str, text: &Text, allowed: &[&str]) -> Option<String> {
    if allowed.contains(&text.text.as_str()) {
        return Some(text.text.clone());
    }
    let kind = ModelError::NotInList {
        what: what.to_string(),
        found: text.text.clone(),
        near: nearest(&text.text, allowed.iter().copied()).map(str::to_string),
        allowed: allowed.iter().map(|a| a.to_string()).collect(),
    };
    log.report(&text.place, kind);
    None
}

/// A name for expressions; a bad one is reported, and kept so that its uses are not reported too.
pub(super) fn name(log: &Log, text: String, place: Place) -> Name {
    if is_reserved(&text) {
        log.report(&place, ModelError::ReservedName { name: text.clone() });
    } else if !is_name(&text) {
        log.report(&place, ModelError::BadName { name: text.clone() });
    }
    Name { text, place }
}

/// The entries of a section of named tables.
pub(super) fn section<'a>(root: &Table<'a>, key: &str, noun: &str) -> Vec<(String, Place, Value<'a>)> {
    root.get(key).and_then(|v| v.entries()).map_or(Vec::new(), |table| table.named(noun))
}

pub(super) fn grade(value: &Value<'_>) -> Option<Grade> {
    let text = value.text()?;
    Some(match in_list(value.log, &value.what, &text, &["A", "B", "assumed"])?.as_str() {
        "A" => Grade::A,
        "B" => Grade::B,
        _ => Grade::Assumed,
    })
}

pub(super) fn analyte(value: &Value<'_>) -> Option<String> {
    in_list(value.log, &value.what, &value.text()?, &ANALYTES)
}

fn sources(root: &Table<'_>) -> Vec<SourceNote> {
    section(root, "source", "the source")
        .into_iter()
        .filter_map(|(key, _, value)| {
            let table = value.table(&["citation", "doi", "via"])?;
            let text = |key: &str| table.text(key).map(|t| t.text);
            Some(SourceNote { key, citation: table.need("citation")?.text()?.text, doi: text("doi"), via: text("via") })
        })
        .collect()
}

fn substances(root: &Table<'_>) -> Vec<SubstanceEntry> {
    section(root, "substances", "the substance")
        .into_iter()
        .filter_map(|(name, place, value)| {
            let table = value.table(&["molar_mass", "salt"])?;
            let salts = table.get("salt").and_then(|v| v.entries()).map_or(Vec::new(), |salts| {
                salts.named("the salt").into_iter().filter_map(|(salt, _, v)| Some((salt, molar_mass(&v)?))).collect()
            });
            let molar_mass = table.get("molar_mass").and_then(|v| molar_mass(&v));
            Some(SubstanceEntry { name: Name { text: name, place }, molar_mass, salts })
        })
        .collect()
}

/// g/mol
fn molar_mass(value: &Value<'_>) -> Option<f64> {
    let g_per_mol: Unit = "g/mol".parse().expect("g/mol is a unit");
    let quantity = value.quantity(g_per_mol.dimension())?;
    positive(value, quantity.in_base())?;
    Some(g_per_mol.from_base(quantity.in_base()))
}

pub(super) fn positive(value: &Value<'_>, number: f64) -> Option<()> {
    if number > 0.0 {
        return Some(());
    }
    let kind =
        ModelError::OutOfRange { what: value.what.clone(), value: number.to_string(), must: "more than 0".into() };
    value.log.report(&value.place, kind);
    None
}

fn population(
    root: &Table<'_>,
    base: Option<&ModelFile>,
    covariates: &[super::file::CovariateEntry],
) -> PopulationNotes {
    let keys = ["description", "site", "range", "doses", "sampling", "occasion", "variability"];
    let Some(table) = root.get("population").and_then(|v| v.table(&keys)) else {
        return base.map_or(PopulationNotes::default(), |b| b.population.clone());
    };
    let text = |key: &str| table.text(key).map_or(String::new(), |t| t.text);
    let ranges = table.get("range").and_then(|v| v.entries()).map_or(Vec::new(), |ranges| {
        let all = base.iter().flat_map(|b| &b.covariates).chain(covariates);
        let kinds: Vec<(&str, &CovariateKind)> = all.map(|c| (c.name.text.as_str(), &c.kind)).collect();
        ranges.named("the range of").into_iter().filter_map(|(n, p, v)| range(n, &p, &v, &kinds)).collect()
    });
    PopulationNotes {
        description: text("description"),
        site: text("site"),
        ranges,
        doses: table.get("doses").and_then(|v| v.entries()).map_or(Vec::new(), |doses| {
            let routes = route_names(root, base);
            doses.named("the doses by").into_iter().filter_map(|(n, p, v)| dose_range(n, &p, &v, &routes)).collect()
        }),
        sampling: table.get("sampling").and_then(|v| v.quantity(Dimension::TIME)).map(|q| q.in_base()),
        variability: table.get("variability").and_then(|v| grade(&v)),
        occasion: table.get("occasion").and_then(|v| occasion(&v)),
    }
}

/// `18..86 year`
fn range(name: String, place: &Place, value: &Value<'_>, known: &[(&str, &CovariateKind)]) -> Option<CovariateRange> {
    let of_model = known.iter().find(|(n, _)| *n == name).map(|(_, kind)| match kind {
        CovariateKind::Number { unit } => Some(unit.clone()),
        CovariateKind::Flag | CovariateKind::Category { .. } => None,
    });
    let common = SUBJECT_COVARIATES.iter().find(|(n, _)| *n == name);
    let unit = match (of_model, common) {
        (Some(unit), _) => unit,
        (None, Some((_, unit))) => unit.parse::<Unit>().ok(),
        (None, None) => {
            let names: Vec<&str> =
                known.iter().map(|(n, _)| *n).chain(SUBJECT_COVARIATES.iter().map(|(n, _)| *n)).collect();
            let kind = ModelError::UnknownName {
                what: super::error::Sort::Covariate,
                near: nearest(&name, names.iter().copied()).map(str::to_string),
                name,
                known: names.iter().map(|n| n.to_string()).collect(),
            };
            value.log.report(place, kind);
            return None;
        }
    };
    let text = value.text()?;
    let read = || {
        let (low, rest) = text.text.split_once("..")?;
        let high = rest.trim().parse::<crate::units::Quantity>().ok()?;
        let low = low.trim().parse::<f64>().ok()?;
        (unit.as_ref().is_some_and(|u| u.dimension() == high.dimension()) && low <= high.value()).then(|| {
            CovariateRange {
                name: name.clone(),
                low: high.unit().to_base(low),
                high: high.in_base(),
                unit: high.unit().clone(),
                effect: None,
            }
        })
    };
    let range = read();
    if range.is_none() {
        let kind = DocumentError::WrongType {
            what: value.what.clone(),
            found: format!("\"{}\"", text.text),
            expected: unit.map_or("no range: it is no number".into(), |u| format!("a range like `18..86 {u}`")),
        };
        value.log.report(&text.place, kind);
    }
    range
}

/// The routes of a file and of the one that it extends.
fn route_names(root: &Table<'_>, base: Option<&ModelFile>) -> Vec<String> {
    let own = root.get("routes").filter(|v| v.is_table()).and_then(|v| v.entries());
    let own = own.iter().flat_map(Table::keys).map(String::from).collect::<Vec<String>>();
    base.iter().flat_map(|b| &b.routes).map(|route| route.name.text.clone()).chain(own).collect()
}

/// `14..112 mg`
fn dose_range(route: String, place: &Place, value: &Value<'_>, routes: &[String]) -> Option<DoseRange> {
    if !routes.contains(&route) {
        let near = nearest(&route, routes.iter().map(String::as_str)).map(str::to_string);
        let kind =
            ModelError::UnknownName { what: super::error::Sort::Route, near, name: route, known: routes.to_vec() };
        value.log.report(place, kind);
        return None;
    }
    let text = value.text()?;
    let read = || {
        let (low, high) = text.text.split_once("..")?;
        let high = high.trim().parse::<crate::units::Quantity>().ok()?;
        let low = high.unit().to_base(low.trim().parse::<f64>().ok()?);
        let fits = high.dimension() == Dimension::MASS && low > 0.0 && low <= high.in_base();
        fits.then(|| DoseRange { route, low, high: high.in_base() })
    };
    let range = read();
    if range.is_none() {
        let (found, expected) = (format!("\"{}\"", text.text), "a range like `14..112 mg`".to_string());
        value.log.report(&text.place, DocumentError::WrongType { what: value.what.clone(), found, expected });
    }
    range
}

fn occasion(value: &Value<'_>) -> Option<Occasion> {
    let table = value.table(&["per", "gap", "column"])?;
    let found: Vec<&str> = table.keys().filter(|k| ["per", "column"].contains(k)).collect();
    let [key] = found[..] else {
        let kind = ModelError::ExactlyOne {
            within: table.what.clone(),
            keys: vec!["per".into(), "column".into()],
            found: if found.is_empty() { "none".into() } else { "both".into() },
        };
        value.log.report(&table.place, kind);
        return None;
    };
    if key == "column" {
        return Some(Occasion::Column { name: table.text("column")?.text });
    }
    in_list(value.log, "`per`", &table.text("per")?, &["session"])?;
    Some(Occasion::Session {
        gap: table.get("gap").map_or(Some(SESSION_GAP), |g| g.quantity(Dimension::TIME).map(|q| q.in_base()))?,
    })
}
