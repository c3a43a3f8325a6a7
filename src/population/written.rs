//! Reading one covariate's distribution as it is written.

use super::PeopleError;
use super::distribution::{Distribution, log_sd_of_cv};
use crate::document::{DocumentError, Log, Place, Table, Text, Value};
use crate::error::listed;
use crate::units::Quantity;

/// Keys of a distribution.
const KEYS: [&str; 11] = ["mean", "sd", "median", "cv", "gsd", "from", "to", "min", "max", "one_of", "probability"];

/// How a covariate is drawn, before names are looked up; each with its place.
pub(super) enum Written {
    /// A number, and one of the quantities that say what it measures.
    Number(Distribution, Quantity, Place),
    /// Words and their probabilities.
    Words(Vec<(Text, f64)>, Place),
    /// The probability of yes.
    Flag(f64, Place),
    /// What the covariate of this name decides, case by case.
    By(Text, Vec<(Text, Written)>),
}

/// A distribution of numbers, and one of the quantities that say what it measures, with its place.
#[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies
pub(crate) fn numbers<K: From<DocumentError> + From<PeopleError>>(
    name: &str,
    value: &Value<'_, K>,
) -> Option<(Distribution, Quantity, Place)> {
    match rule(name, value)? {
        Written::Number(distribution, sample, place) => Some((distribution, sample, place)),
        Written::Words(..) | Written::Flag(..) | Written::By(..) => {
            let (what, found) = (value.what.clone(), "a choice".to_string());
            let expected = "a distribution of numbers".into();
            value.log.report(&value.place, DocumentError::WrongType { what, found, expected });
            None
        }
    }
}

/// One rule as written; nothing where something is wrong, which is logged.
pub(super) fn rule<K: From<DocumentError> + From<PeopleError>>(name: &str, value: &Value<'_, K>) -> Option<Written> {
    if let Some(flag) = value.as_flag() {
        return Some(Written::Flag(f64::from(u8::from(flag)), value.place.clone()));
    }
    if !value.is_table() {
        return fixed(value);
    }
    let entries = value.entries()?;
    if entries.has("by") {
        let by = entries.text("by")?;
        let cases = entries.named(&format!("the distribution of `{name}` for"));
        let cases = cases.into_iter().filter(|(case, ..)| case != "by");
        let cases: Vec<_> = cases.map(|(case, place, v)| Some((Text::at(case, place), rule(name, &v)?))).collect();
        return Some(Written::By(by, cases.into_iter().collect::<Option<_>>()?));
    }
    let table = value.table(&KEYS)?;
    if table.keys().any(|key| !KEYS.contains(&key)) {
        return None;
    }
    let limits = ["min", "max"];
    let mut keys: Vec<&str> = table.keys().filter(|key| !limits.contains(key)).collect();
    keys.sort_unstable();
    match keys.as_slice() {
        ["one_of"] if !limits.iter().any(|l| table.has(l)) => words(name, &table),
        ["probability"] if !limits.iter().any(|l| table.has(l)) => {
            let probability = within(name, &table, "probability", |p| (0.0..=1.0).contains(&p), "0 to 1")?;
            Some(Written::Flag(probability, table.place.clone()))
        }
        _ => distribution(name, &table, &keys),
    }
}

/// The same for everybody: a quantity, a number, or a word.
fn fixed<K: From<DocumentError> + From<PeopleError>>(value: &Value<'_, K>) -> Option<Written> {
    let text = value.expression()?;
    if !text.text.trim_start().starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        let word = text.text.trim();
        let start = text.text.find(word).unwrap_or(0);
        let word = text.slice(start, start + word.len());
        return Some(Written::Words(vec![(word, 1.0)], value.place.clone()));
    }
    let quantity = quantity(value.log, &text)?;
    Some(Written::Number(Distribution::normal(quantity.in_base(), 0.0), quantity, text.place))
}

fn quantity<K: From<DocumentError>>(log: &Log<K>, text: &Text) -> Option<Quantity> {
    match text.text.parse::<Quantity>() {
        Ok(quantity) => Some(quantity),
        Err(fault) => {
            log.push(text.fault(fault, |e| DocumentError::Unit(e).into()));
            None
        }
    }
}

/// The words of `one_of` and their probabilities.
fn words<K: From<DocumentError> + From<PeopleError>>(name: &str, table: &Table<'_, K>) -> Option<Written> {
    let value = table.get("one_of")?;
    let options = value.entries()?;
    let mut words = Vec::new();
    for (word, place, _) in options.named("the probability of") {
        let probability = within(name, &options, &word, |p| (0.0..=1.0).contains(&p), "0 to 1")?;
        words.push((Text::at(word, place), probability));
    }
    let sum: f64 = words.iter().map(|(_, p)| p).sum();
    // Written decimals add up to 1 within rounding.
    if (sum - 1.0).abs() > 1e-9 {
        table.log.report(&value.place, PeopleError::Probabilities { name: name.into(), sum });
        return None;
    }
    Some(Written::Words(words, value.place))
}

/// A plain number within limits.
fn within<K: From<DocumentError> + From<PeopleError>>(
    name: &str,
    table: &Table<'_, K>,
    key: &str,
    holds: impl Fn(f64) -> bool,
    needs: &'static str,
) -> Option<f64> {
    let number = table.get(key)?.number()?;
    if !holds(number.value) {
        let kind = PeopleError::OutOfRange { name: name.into(), key: key.into(), needs };
        table.log.report(&number.place, kind);
        return None;
    }
    Some(number.value)
}

/// A distribution of a number from its keys, in alphabetical order and without limits.
fn distribution<K: From<DocumentError> + From<PeopleError>>(
    name: &str,
    table: &Table<'_, K>,
    keys: &[&str],
) -> Option<Written> {
    let log = table.log;
    let not_negative = |key: &str| within(name, table, key, |v| v >= 0.0, "0 or more");
    let out_of_range = |key: &str, place: &Place, needs| {
        log.report(place, PeopleError::OutOfRange { name: name.into(), key: key.into(), needs });
        None::<f64>
    };
    let read = |key: &str| {
        let text = table.expression(key)?;
        Some((quantity(log, &text)?, text.place))
    };
    let first = match keys {
        ["mean", "sd"] | ["cv", "mean"] => "mean",
        ["cv", "median"] | ["gsd", "median"] => "median",
        ["from", "to"] => "from",
        _ => {
            let found: Vec<&str> = table.keys().collect();
            let found = if found.is_empty() { "nothing".into() } else { listed(found) };
            log.report(&table.place, PeopleError::NoDistribution { name: name.into(), found });
            return None;
        }
    };
    let (sample, place) = read(first)?;
    let center = sample.in_base();
    // What measures the same as the first quantity.
    let like = |key: &str| {
        let (quantity, place) = read(key)?;
        match quantity.like(sample.unit()) {
            Ok(value) => Some((value, place)),
            Err(error) => {
                log.report(&place, DocumentError::Unit(error));
                None
            }
        }
    };
    let positive = || match center > 0.0 {
        true => Some(center),
        false => out_of_range(first, &place, "more than 0 for a log-normal distribution"),
    };
    let whole = match keys {
        ["mean", "sd"] => match like("sd")? {
            (sd, _) if sd >= 0.0 => Distribution::normal(center, sd),
            (_, place) => {
                out_of_range("sd", &place, "0 or more")?;
                return None;
            }
        },
        ["from", "to"] => match like("to")? {
            (to, _) if to >= center => Distribution::uniform(center, to),
            (_, place) => {
                out_of_range("to", &place, "`from` or more")?;
                return None;
            }
        },
        ["gsd", "median"] => {
            let gsd = within(name, table, "gsd", |v| v >= 1.0, "1 or more")?;
            Distribution::log_normal(positive()?, gsd.ln())
        }
        _ => {
            let cv = not_negative("cv")?;
            // The mean of a log-normal quantity is its median times exp(s^2 / 2).
            let median = if first == "mean" { positive()? / (cv * cv + 1.0).sqrt() } else { positive()? };
            Distribution::log_normal(median, log_sd_of_cv(cv))
        }
    };
    let limit = |key: &str, none: f64| if table.has(key) { like(key).map(|(value, _)| value) } else { Some(none) };
    let (min, max) = (limit("min", f64::NEG_INFINITY)?, limit("max", f64::INFINITY)?);
    let truncated = if table.has("min") || table.has("max") { whole.truncated(min, max) } else { Some(whole) };
    let Some(distribution) = truncated else {
        log.report(&table.place, PeopleError::Empty { name: name.into() });
        return None;
    };
    Some(Written::Number(distribution, sample, place))
}
