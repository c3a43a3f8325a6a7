//! Reading the factors and the design of a plan.

use super::design::{Design, Factor, MOST_POINTS, Values};
use super::error::SweepError;
use crate::document::{DocumentError, Table, Text, Value};
use crate::population::distribution_of_numbers;
use crate::study::PlanError;
use crate::units::Quantity;

/// The names of all factors, those that can be read, and the design, which may bring the factors itself.
pub(in crate::study) fn designed(root: &Table<'_, PlanError>, seed: u64) -> (Vec<String>, Vec<Factor>, Design) {
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
        _ => {
            let (names, factors) = named_factors(root);
            declared = names;
            factors
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
        (count > 0 && !too_many(design, "points", count, "points", MOST_POINTS)).then_some(count)
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

/// The names of the factors that the plan declares, and those that can be read.
pub(in crate::study) fn named_factors(root: &Table<'_, PlanError>) -> (Vec<String>, Vec<Factor>) {
    let entries = root.get("factors").and_then(|v| v.entries()).map(|t| t.named("the factor")).unwrap_or_default();
    let declared = entries.iter().map(|(name, ..)| name.clone()).collect();
    (declared, entries.into_iter().filter_map(|(name, place, value)| factor(Text::at(name, place), &value)).collect())
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
        let name = factor.name().to_string();
        let kind = match factor.values {
            Values::Drawn { .. } => SweepError::DrawnFactor { factor: name },
            Values::List(_) | Values::Range { .. } => SweepError::NoSteps { factor: name },
        };
        log.report(&factor.name.place, kind);
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
        too_many(root, "factors", count, "points", MOST_POINTS);
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

/// What a distribution begins with.
const DRAWN: [&str; 2] = ["mean", "median"];

fn factor(name: Text, value: &Value<'_, PlanError>) -> Option<Factor> {
    let log = value.log;
    if value.is_table() && value.entries().is_some_and(|t| DRAWN.iter().any(|key| t.has(key))) {
        let (distribution, sample, place) = distribution_of_numbers(&name.text, value)?;
        let (unit, sample) = (sample.unit().clone(), Text::at(sample.to_string(), place));
        return Some(Factor { name, values: Values::Drawn { distribution, unit, sample } });
    }
    let table = value.table(&["list", "from", "to", "steps", "scale"])?;
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
    if last <= from.value() {
        let (from, to) = (first.text.clone(), second.text.clone());
        log.report(&first.place, SweepError::Backwards { factor: name.text.clone(), from, to });
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

/// Reports more than possible, where the key stands.
pub(in crate::study) fn too_many(
    table: &Table<'_, PlanError>,
    key: &str,
    count: u64,
    what: &'static str,
    limit: u64,
) -> bool {
    if count > limit {
        let place = table.key_place(key).unwrap_or_else(|| table.place.clone());
        table.log.report(&place, SweepError::TooMany { count, what, limit });
    }
    count > limit
}
