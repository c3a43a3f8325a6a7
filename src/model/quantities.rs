//! Reading covariates, parameters, blocks and derived quantities.

use super::error::{ModelError, Sort};
use super::file::{BlockEntry, CovariateEntry, DerivedEntry, Name, ParameterEntry, Spread, UncertaintyEntry};
use super::parts::{CovariateKind, Steps};
use super::provenance::{Grade, Provenance};
use super::read::{Number, Place, Table, Text, Value};
use super::sections::{grade, in_list, name, positive, section};
use crate::document::DocumentError;
use crate::error::nearest;
use crate::units::{Dimension, Unit};

pub(super) fn covariates(root: &Table<'_>) -> Vec<CovariateEntry> {
    section(root, "covariates", "the covariate")
        .into_iter()
        .filter_map(|(text, place, value)| covariate(name(value.log, text, place), &value))
        .collect()
}

fn covariate(name: Name, value: &Value<'_>) -> Option<CovariateEntry> {
    let table = value.table(&["unit", "reference", "flag", "one_of", "steps", "every", "bounds"])?;
    let forms: Vec<&str> = ["flag", "one_of"].into_iter().filter(|k| table.has(k)).collect();
    if forms.len() == 2 || (table.has("unit") && !forms.is_empty()) {
        let kind = ModelError::ExactlyOne {
            within: table.what.clone(),
            keys: vec!["unit".into(), "flag".into(), "one_of".into()],
            found: "several".into(),
        };
        table.log.report(&table.place, kind);
        return None;
    }
    let steps_given = table.get("steps").and_then(|v| v.list()).unwrap_or_default();
    let kind = if let Some(options) = table.get("one_of") {
        let options = options.texts()?;
        CovariateKind::Category { options: options.into_iter().map(|t| t.text).collect() }
    } else if table.has("flag") || (!table.has("unit") && are_flags(&steps_given)) {
        CovariateKind::Flag
    } else {
        let unit = table.get("unit").map_or(Some(Unit::none()), |v| v.unit().map(|(u, _)| u))?;
        CovariateKind::Number { unit }
    };
    let steps = if table.has("steps") { Some(steps(&table, &steps_given, &kind)?) } else { None };
    let first = steps.as_ref().and_then(|s| s.points.first()).map(|(_, v)| *v);
    let reference = match &kind {
        CovariateKind::Flag if table.has("flag") => f64::from(u8::from(table.get("flag")?.flag()?)),
        _ if table.has("reference") || first.is_none() => setting(&table.need("reference")?, &kind)?,
        _ => first?,
    };
    let within = match (&kind, table.get("bounds")) {
        (_, None) => None,
        (CovariateKind::Number { unit }, Some(value)) => {
            let (low, high) = bounds(&value)?;
            Some((unit.to_base(low.value), unit.to_base(high.value)))
        }
        (_, Some(value)) => {
            value.wrong("no bounds: the covariate is no number");
            return None;
        }
    };
    Some(CovariateEntry { name, kind, reference, bounds: within, steps })
}

/// Steps of 0 and 1 (or true and false) without a unit are a switch.
fn are_flags(steps: &[Value<'_>]) -> bool {
    let is_flag = |v: &Value<'_>| match v.as_flag() {
        Some(_) => true,
        None => !v.is_text() && !v.is_list() && v.number().is_some_and(|n| n.value == 0.0 || n.value == 1.0),
    };
    !steps.is_empty() && steps.iter().all(|s| s.is_list() && s.list().is_some_and(|s| s.get(1).is_some_and(is_flag)))
}

/// A value of a covariate, as a number inside.
fn setting(value: &Value<'_>, kind: &CovariateKind) -> Option<f64> {
    match kind {
        CovariateKind::Number { unit } => Some(unit.to_base(value.number()?.value)),
        CovariateKind::Flag => match value.as_flag() {
            Some(flag) => Some(f64::from(u8::from(flag))),
            None => Some(value.number()?.value),
        },
        CovariateKind::Category { options } => {
            let allowed: Vec<&str> = options.iter().map(String::as_str).collect();
            let word = in_list(value.log, &value.what, &value.text()?, &allowed)?;
            options.iter().position(|o| *o == word).map(|i| i as f64)
        }
    }
}

fn steps(table: &Table<'_>, given: &[Value<'_>], kind: &CovariateKind) -> Option<Steps> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for step in given {
        let pair = step.list()?;
        let [time, value] = &pair[..] else {
            let found = format!("a list of {}", pair.len());
            let expected = "a time and a value: `[\"4 h\", 1]`".to_string();
            table.log.report(&step.place, DocumentError::WrongType { what: step.what.clone(), found, expected });
            return None;
        };
        let at = time.quantity(Dimension::TIME)?.in_base();
        if points.last().is_some_and(|(last, _)| at <= *last) {
            let must = "later than the step before".to_string();
            let kind = ModelError::OutOfRange { what: "the time of a step".into(), value: format!("{at} h"), must };
            table.log.report(&time.place, kind);
            return None;
        }
        points.push((at, setting(value, kind)?));
    }
    let every = match table.get("every") {
        None => None,
        Some(value) => {
            let every = value.quantity(Dimension::TIME)?.in_base();
            positive(&value, every)?;
            Some(every)
        }
    };
    Some(Steps { points, every })
}

pub(super) fn parameters(value: Option<Value<'_>>, sources: &[&str]) -> Vec<ParameterEntry> {
    let Some(table) = value.and_then(|v| v.entries()) else { return Vec::new() };
    let read =
        |(text, place, value): (String, Place, Value<'_>)| parameter(name(value.log, text, place), &value, sources);
    table.named("the parameter").into_iter().filter_map(read).collect()
}

fn parameter(name: Name, value: &Value<'_>, sources: &[&str]) -> Option<ParameterEntry> {
    let keys = ["value", "unit", "source", "grade", "why", "bounds", "iiv", "iov", "uncertainty", "typical", "data"];
    let table = value.table(&keys)?;
    let number = table.need("value").and_then(|v| v.number());
    let unit = match table.get("unit") {
        None => Some((Unit::none(), None)),
        Some(v) => v.unit().map(|(unit, place)| (unit, Some(place))),
    };
    let provenance = provenance(&name, &table, sources);
    let bounds = table.get("bounds").map(|v| bounds(&v));
    let iiv = table.get("iiv").map(|v| spread(&v));
    let iov = table.get("iov").map(|v| spread(&v));
    let uncertainty = table.get("uncertainty").map(|v| uncertainty(&v));
    let (unit, unit_place) = unit?;
    Some(ParameterEntry {
        name,
        value: number?,
        unit,
        unit_place,
        provenance: provenance?,
        bounds: swap(bounds)?,
        iiv: swap(iiv)?,
        iov: swap(iov)?,
        uncertainty: swap(uncertainty)?,
        typical: table.expression("typical"),
        from_data: table.get("data").is_some_and(|v| v.flag().unwrap_or(false)),
    })
}

/// Absent stays absent, unreadable makes the whole unreadable.
fn swap<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

fn provenance(name: &Name, table: &Table<'_>, sources: &[&str]) -> Option<Provenance> {
    let log = table.log;
    if let Some(source) = table.text("source") {
        let (key, at) = source.text.split_once(':').unwrap_or((&source.text, ""));
        if !sources.contains(&key.trim()) {
            let kind = ModelError::UnknownName {
                what: Sort::Source,
                name: key.trim().to_string(),
                near: nearest(key.trim(), sources.iter().copied()).map(str::to_string),
                known: sources.iter().map(|s| s.to_string()).collect(),
            };
            log.report(&source.part(Some(crate::error::Span::new(0, key.len()))), kind);
            return None;
        }
        return Some(Provenance::Cited { source: key.trim().into(), at: at.trim().into() });
    }
    match table.get("grade") {
        Some(value) if grade(&value)? == Grade::Assumed => match table.text("why") {
            Some(why) => Some(Provenance::Assumed { why: why.text }),
            None => {
                log.report(&value.place, ModelError::NoReason { what: format!("the parameter `{}`", name.text) });
                None
            }
        },
        _ => {
            log.report(&name.place, ModelError::NoSource { name: name.text.clone() });
            None
        }
    }
}

fn bounds(value: &Value<'_>) -> Option<(Number, Number)> {
    let numbers: Vec<Number> = value.list()?.iter().filter_map(Value::number).collect();
    match <[Number; 2]>::try_from(numbers) {
        Ok([low, high]) if low.value < high.value => Some((low, high)),
        _ => {
            let expected = "the lowest and the highest value: `[0, 1]`".to_string();
            let kind = DocumentError::WrongType { what: value.what.clone(), found: "another list".into(), expected };
            value.log.report(&value.place, kind);
            None
        }
    }
}

fn spread(value: &Value<'_>) -> Option<Spread> {
    let keys = ["cv", "variance", "sd", "logit_sd", "shared", "missing"];
    let table = value.table(&keys)?;
    let written: Vec<&str> = table.keys().filter(|k| keys.contains(k)).collect();
    let key = match written[..] {
        [key] => key,
        [first, second, ..] => {
            let kind = ModelError::TwoSpellings {
                within: table.what.clone(),
                first: first.to_string(),
                second: second.to_string(),
            };
            let place = table.key_place(second).unwrap_or(table.place.clone());
            table.log.report(&place, kind);
            return None;
        }
        [] => {
            let keys = keys.iter().map(|k| k.to_string()).collect();
            let kind = ModelError::ExactlyOne { within: table.what.clone(), keys, found: "none".into() };
            table.log.report(&table.place, kind);
            return None;
        }
    };
    let size = table.get(key)?;
    match key {
        "shared" => return Some(Spread::Shared { with: size.text()? }),
        "missing" => return Some(Spread::Missing { why: size.text()?.text }),
        _ => {}
    }
    let number = not_negative(&size)?;
    let (v, printed) = (number.value, format!("{key} {}", number.printed));
    Some(match key {
        "cv" => Spread::Log { variance: (v * v).ln_1p(), printed },
        "variance" => Spread::Log { variance: v, printed },
        "sd" => Spread::Additive { sd: v, printed },
        _ => Spread::Logit { sd: v, printed },
    })
}

/// How uncertain the value of a parameter is.
fn uncertainty(value: &Value<'_>) -> Option<UncertaintyEntry> {
    let table = value.table(&["se", "rse", "scale"])?;
    let (key, size) = match (table.get("se"), table.get("rse")) {
        (Some(size), None) => ("se", size),
        (None, Some(size)) => ("rse", size),
        (found, _) => {
            let found = if found.is_some() { "both" } else { "none" }.into();
            let keys = vec!["se".into(), "rse".into()];
            table.log.report(&table.place, ModelError::ExactlyOne { within: table.what.clone(), keys, found });
            return None;
        }
    };
    let number = not_negative(&size)?;
    let log = match table.get("scale") {
        None => false,
        Some(scale) => in_list(scale.log, &scale.what, &scale.text()?, &["log"]).is_some(),
    };
    let printed = format!("{key} {}", number.printed);
    Some(UncertaintyEntry { place: table.place.clone(), size: number.value, relative: key == "rse", log, printed })
}

/// A number of 0 or more.
fn not_negative(value: &Value<'_>) -> Option<Number> {
    let number = value.number()?;
    if number.value < 0.0 {
        let (what, must) = (value.what.clone(), "0 or more".to_string());
        value.log.report(&value.place, ModelError::OutOfRange { what, value: number.printed, must });
        return None;
    }
    Some(number)
}

/// The covariance that a block says, lower triangle by row with the diagonal: from variances, and units in which covariances are
/// written.
pub(super) fn covariance(entry: &BlockEntry, variance: impl Fn(usize) -> f64, unit: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut covariance = Vec::new();
    let mut below = entry.lower.iter();
    for row in 0..entry.of.len() {
        for column in 0..row {
            let written = below.next().copied().unwrap_or(0.0);
            let scale = match entry.correlation {
                true => (variance(row) * variance(column)).sqrt(),
                false => unit(row) * unit(column),
            };
            covariance.push(written * scale);
        }
        covariance.push(variance(row));
    }
    covariance
}

/// Blocks of things that vary together, under a key of the file.
pub(super) fn blocks(root: &Table<'_>, key: &str) -> Vec<BlockEntry> {
    let Some(list) = root.get(key).and_then(|v| v.list()) else { return Vec::new() };
    list.into_iter()
        .filter_map(|mut value| {
            value.what = "a block".into();
            let table = value.table(&["of", "covariance", "correlation"])?;
            let of: Vec<Text> = table.need("of")?.texts()?;
            let found: Vec<&str> = table.keys().filter(|k| *k != "of").collect();
            let [key @ ("covariance" | "correlation")] = found[..] else {
                let keys = vec!["covariance".into(), "correlation".into()];
                let found = if found.is_empty() { "none".into() } else { "several".into() };
                table.log.report(&table.place, ModelError::ExactlyOne { within: "a block".into(), keys, found });
                return None;
            };
            let lower: Vec<f64> = table.get(key)?.list()?.iter().filter_map(Value::number).map(|n| n.value).collect();
            let needs = of.len() * of.len().saturating_sub(1) / 2;
            if lower.len() != needs || of.len() < 2 {
                let kind = ModelError::BlockSize { of: of.len(), needs, found: lower.len() };
                table.log.report(&table.place, kind);
                return None;
            }
            Some(BlockEntry { place: table.place.clone(), of, lower, correlation: key == "correlation" })
        })
        .collect()
}

pub(super) fn derived(value: Option<Value<'_>>) -> Vec<DerivedEntry> {
    let Some(table) = value.and_then(|v| v.entries()) else { return Vec::new() };
    let read = |(text, place, value): (String, Place, Value<'_>)| {
        Some(DerivedEntry { name: name(value.log, text, place), expression: value.expression()? })
    };
    table.named("the derived quantity").into_iter().filter_map(read).collect()
}
