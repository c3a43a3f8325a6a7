//! Reading compartments, flows, states, routes, outputs and what an effect requires.

use super::error::ModelError;
use super::file::{
    CompartmentEntry, FlowEntry, FlowKind, FlowTerm, Name, OutputEntry, RequireEntry, ResidualEntry, RouteEntryFile,
    RoutePlace, StateEntry,
};
use super::names::{SITES, is_id};
use super::provenance::Grade;
use super::read::{Place, Table, Value};
use super::sections::{analyte, grade, in_list, name, positive, section};
use crate::document::DocumentError;
use crate::error::Span;
use crate::units::{Dimension, Quantity, Unit};

pub(super) fn compartments(root: &Table<'_>) -> Vec<CompartmentEntry> {
    let keys = [
        "volume",
        "initial",
        "rate",
        "substance",
        "equivalents_of",
        "fraction",
        "lag",
        "infusion_rate",
        "infusion_duration",
        "cmt",
    ];
    let read = |(text, place, value): (String, Place, Value<'_>)| {
        let name = name(value.log, text, place);
        let table = value.table(&keys)?;
        Some(CompartmentEntry {
            name,
            volume: table.expression("volume"),
            initial: table.expression("initial"),
            rate: table.expression("rate"),
            substance: table.text("substance"),
            equivalents_of: table.text("equivalents_of"),
            fraction: table.expression("fraction"),
            lag: table.expression("lag"),
            infusion_rate: table.expression("infusion_rate"),
            infusion_duration: table.expression("infusion_duration"),
            number: table.get("cmt").and_then(|v| Some((v.count()?, v.place))),
        })
    };
    section(root, "compartments", "the compartment").into_iter().filter_map(read).collect()
}

pub(super) fn flows(root: &Table<'_>) -> Vec<FlowEntry> {
    section(root, "flows", "the flow").into_iter().filter_map(|(key, place, value)| flow(key, place, &value)).collect()
}

fn flow(key: String, place: Place, value: &Value<'_>) -> Option<FlowEntry> {
    let log = value.log;
    // The key stands in quotes; a part of it has a place of its own only when the file spells it as it is.
    let quoted = place.span.end - place.span.start == key.len() + 2;
    let part = |word: &str| {
        let start = word.as_ptr() as usize - key.as_ptr() as usize;
        let span = if quoted { Span::new(start, start + word.len()).shifted(place.span.start + 1) } else { place.span };
        Name { text: word.to_string(), place: Place { span, ..place.clone() } }
    };
    let both_ways = key.contains("<->");
    let ends = if both_ways { key.split_once("<->") } else { key.split_once("->") };
    let (from, to) = match ends.map(|(from, to)| (from.trim(), to.trim())) {
        Some((from, to)) if !from.is_empty() && !to.is_empty() && !to.contains("->") && from != "out" => (from, to),
        _ => {
            log.report(&place, ModelError::FlowSyntax { text: key.clone() });
            return None;
        }
    };
    if from == to {
        let kind = ModelError::SelfFlow { text: key.clone(), compartment: from.to_string() };
        log.report(&part(to).place, kind);
        return None;
    }
    if both_ways && to == "out" {
        log.report(&place, ModelError::FlowSyntax { text: key.clone() });
        return None;
    }
    let terms: Vec<Value<'_>> = if value.is_list() { value.list()? } else { vec![value.clone()] };
    let (from, to) = (part(from), (to != "out").then(|| part(to)));
    let key = Name { text: key.clone(), place };
    let terms = terms.iter().filter_map(|t| flow_term(t, both_ways)).collect();
    Some(FlowEntry { key, from, to, both_ways, terms })
}

fn flow_term(value: &Value<'_>, both_ways: bool) -> Option<FlowTerm> {
    // A flow both ways has no net flux to state and nothing to lose on the way.
    let kinds: &[&str] = if both_ways { &["rate", "clearance"] } else { &["rate", "clearance", "flux"] };
    let mut keys = kinds.to_vec();
    keys.push("molar");
    if !both_ways {
        keys.push("yield");
    }
    let table = value.table(&keys)?;
    let found: Vec<&str> = table.keys().filter(|k| kinds.contains(k)).collect();
    let [key] = found[..] else {
        if found.is_empty() && table.keys().any(|k| !keys.contains(&k)) {
            // A misspelled key has been reported as such.
            return None;
        }
        let found = if found.is_empty() { "none".into() } else { format!("`{}`", found.join("`, `")) };
        let keys = kinds.iter().map(|k| k.to_string()).collect();
        table.log.report(&table.place, ModelError::ExactlyOne { within: table.what.clone(), keys, found });
        return None;
    };
    let kind = match key {
        "rate" => FlowKind::Rate,
        "clearance" => FlowKind::Clearance,
        _ => FlowKind::Flux,
    };
    let molar = table.get("molar").filter(|v| v.flag() == Some(true)).map(|v| v.place);
    Some(FlowTerm { kind, expression: table.expression(key)?, yields: table.expression("yield"), molar })
}

pub(super) fn states(root: &Table<'_>) -> Vec<StateEntry> {
    let read = |(text, place, value): (String, Place, Value<'_>)| {
        let name = name(value.log, text, place);
        let table = value.table(&["unit", "initial", "rate"])?;
        let unit = table.get("unit").map_or(Some(Unit::none()), |v| v.unit().map(|(u, _)| u));
        let rate = table.need("rate").and_then(|v| v.expression());
        Some(StateEntry { name, unit: unit?, initial: table.expression("initial"), rate: rate? })
    };
    section(root, "states", "the state").into_iter().filter_map(read).collect()
}

pub(super) fn routes(root: &Table<'_>) -> Vec<RouteEntryFile> {
    section(root, "routes", "the route").into_iter().filter_map(|(n, p, v)| route(n, p, &v)).collect()
}

fn route(text: String, place: Place, value: &Value<'_>) -> Option<RouteEntryFile> {
    if !is_id(&text) {
        value.log.report(&place, ModelError::BadName { name: text.clone() });
    }
    let table = value.entries()?;
    let mut entries = Vec::new();
    for (key, key_place, value) in table.named("the route's entry") {
        if key == "device" || key == "fractions_exceed_one" {
            continue;
        }
        let Some(entry) = value.table(&["fraction", "lag", "over", "input", "amount"]) else { continue };
        if entry.has("fraction") && entry.has("amount") || entry.has("over") && entry.has("input") {
            let (first, second) = if entry.has("amount") { ("fraction", "amount") } else { ("over", "input") };
            let within = entry.what.clone();
            let kind = ModelError::TwoSpellings { within, first: first.into(), second: second.into() };
            entry.log.report(&entry.place, kind);
            continue;
        }
        entries.push(RoutePlace {
            compartment: Name { text: key, place: key_place },
            fraction: entry.expression("fraction"),
            amount: entry.expression("amount"),
            lag: entry.expression("lag"),
            over: entry.expression("over"),
            input: entry.expression("input"),
        });
    }
    if entries.is_empty() {
        let key = "a compartment".to_string();
        value.log.report(&place, DocumentError::MissingKey { key, within: format!("the route `{text}`") });
        return None;
    }
    Some(RouteEntryFile {
        name: Name { text, place },
        device: table.get("device").and_then(|v| device(&v)),
        fractions_exceed_one: table.text("fractions_exceed_one").map(|t| t.text),
        entries,
    })
}

fn device(value: &Value<'_>) -> Option<(Quantity, Quantity)> {
    let table = value.table(&["amount", "gap"])?;
    let amount = table.need("amount")?;
    let quantity = amount.quantity(Dimension::MASS)?;
    positive(&amount, quantity.in_base())?;
    let gap = table.need("gap")?;
    let pause = gap.quantity(Dimension::TIME)?;
    if pause.in_base() < 0.0 {
        let must = "0 or more".to_string();
        let kind = ModelError::OutOfRange { what: gap.what.clone(), value: pause.to_string(), must };
        gap.log.report(&gap.place, kind);
    }
    Some((quantity, pause))
}

pub(super) fn outputs(root: &Table<'_>) -> Vec<OutputEntry> {
    section(root, "outputs", "the output").into_iter().filter_map(|(n, p, v)| output(n, p, &v)).collect()
}

fn output(text: String, place: Place, value: &Value<'_>) -> Option<OutputEntry> {
    let name = name(value.log, text, place);
    let table = value.table(&["value", "unit", "analyte", "site", "residual", "grade", "why"])?;
    let expression = table.need("value").and_then(|v| v.expression());
    let unit = match table.get("unit") {
        None => Some(Unit::none()),
        Some(v) => v.unit().map(|(u, _)| u),
    };
    let analyte = table.get("analyte").map_or(Some("other".into()), |v| analyte(&v));
    let site = match table.get("site") {
        None => Some("unstated".to_string()),
        Some(v) => v.text().and_then(|t| in_list(v.log, &v.what, &t, &SITES)),
    };
    let unit = unit?;
    let residual = table.get("residual").and_then(|v| residual(&v, &unit));
    let assumed = match table.get("grade") {
        Some(v) if grade(&v)? == Grade::Assumed => {
            let why = table.text("why");
            if why.is_none() {
                v.log.report(&v.place, ModelError::NoReason { what: format!("the output `{}`", name.text) });
            }
            why.map(|t| t.text)
        }
        _ => None,
    };
    let (value, effect_grade) = (expression?, None);
    Some(OutputEntry { name, value, unit, analyte: analyte?, site: site?, residual, assumed, effect_grade })
}

fn residual(value: &Value<'_>, unit: &Unit) -> Option<ResidualEntry> {
    let table = value.table(&["when", "proportional", "additive", "log_sd", "combined", "otherwise"])?;
    let size = |key: &str| {
        let Some(value) = table.get(key) else { return 0.0 };
        let Some(number) = value.number() else { return 0.0 };
        not_negative(&value, number.value);
        number.value
    };
    let additive = table.get("additive").and_then(|v| {
        let quantity = if v.is_text() {
            let text = v.text()?;
            text.text.parse::<Quantity>().map_err(|f| v.log.push(text.fault(f, ModelError::Unit))).ok()?
        } else {
            Quantity::new(v.number()?.value, unit.clone())
        };
        not_negative(&v, quantity.value());
        Some((quantity, v.place))
    });
    if table.has("log_sd") && (table.has("proportional") || table.has("additive")) {
        let second = if table.has("additive") { "additive" } else { "proportional" };
        let kind =
            ModelError::TwoSpellings { within: table.what.clone(), first: "log_sd".into(), second: second.into() };
        table.log.report(&table.place, kind);
    }
    if table.has("when") != table.has("otherwise") {
        let key = if table.has("when") { "otherwise" } else { "when" };
        table.log.report(&table.place, DocumentError::MissingKey { key: key.into(), within: table.what.clone() });
    }
    let combined = match table.get("combined") {
        None => 2,
        Some(v) => match v.count()? {
            n @ (1 | 2) => n as u8,
            n => {
                let must = "1 (standard deviations add) or 2 (variances add)".to_string();
                let kind = ModelError::OutOfRange { what: v.what.clone(), value: n.to_string(), must };
                v.log.report(&v.place, kind);
                return None;
            }
        },
    };
    let otherwise = table.get("otherwise").and_then(|v| residual(&v, unit)).map(Box::new);
    Some(ResidualEntry {
        when: table.expression("when"),
        proportional: size("proportional"),
        additive,
        log_sd: size("log_sd"),
        combined,
        otherwise,
    })
}

fn not_negative(value: &Value<'_>, number: f64) {
    if number < 0.0 {
        let must = "0 or more".to_string();
        let kind = ModelError::OutOfRange { what: value.what.clone(), value: number.to_string(), must };
        value.log.report(&value.place, kind);
    }
}

pub(super) fn requires(root: &Table<'_>) -> Vec<RequireEntry> {
    let read = |(text, place, value): (String, Place, Value<'_>)| {
        let name = name(value.log, text, place);
        let table = value.table(&["analyte", "unit", "site", "otherwise"])?;
        Some(RequireEntry {
            name,
            effect: None,
            analyte: table.need("analyte").and_then(|v| analyte(&v))?,
            site: table.get("site").and_then(|v| in_list(v.log, &v.what, &v.text()?, &SITES)),
            unit: table.need("unit").and_then(|v| v.unit())?.0,
            otherwise: table.get("otherwise").and_then(|v| {
                let number = v.number()?;
                not_negative(&v, number.value);
                Some(number)
            }),
        })
    };
    section(root, "requires", "the requirement").into_iter().filter_map(read).collect()
}
