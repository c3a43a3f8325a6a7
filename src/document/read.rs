//! Reading TOML by hand, so that every fault is found, each with its place.

use super::DocumentError;
use crate::error::{Fault, Faults, Source, Span, nearest};
use crate::units::{Dimension, Quantity, Unit, UnitError};
use std::cell::RefCell;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A place in one of the files a model is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes.
    pub span: Span,
}

impl Place {
    /// A fault at this place.
    pub fn fault<K>(&self, kind: impl Into<K>) -> Fault<K> {
        Fault { kind: kind.into(), span: Some(self.span), source: Some(Arc::clone(&self.source)) }
    }

    /// The line it is on, counted from 1.
    pub fn line(&self) -> usize {
        self.source.location(self.span.start).line
    }
}

/// A text of a file, with the place of its characters where the file spells them without escapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The characters.
    pub text: String,
    /// Where the whole value stands.
    pub place: Place,
    /// Where the first character stands, when the file has the text as it is.
    inner: Option<usize>,
}

impl Text {
    /// A name, at its place.
    pub fn at(text: String, place: Place) -> Self {
        Text { text, inner: Some(place.span.start), place }
    }

    /// A part of the text (bytes), as a place of the file; the whole value where escapes move characters about.
    pub fn part(&self, span: Option<Span>) -> Place {
        match (self.inner, span) {
            (Some(offset), Some(span)) => Place { span: span.shifted(offset), ..self.place.clone() },
            _ => self.place.clone(),
        }
    }

    /// A fault found in reading the text, moved into the file.
    pub fn fault<J, K>(&self, fault: Fault<J>, kind: impl FnOnce(J) -> K) -> Fault<K> {
        self.part(fault.span).fault(kind(fault.kind))
    }

    /// Bytes `start..end` as a text of their own.
    pub fn slice(&self, start: usize, end: usize) -> Text {
        Text {
            text: self.text[start..end].to_string(),
            place: self.part(Some(Span::new(start, end))),
            inner: self.inner.map(|i| i + start),
        }
    }
}

/// The faults of one reading of one file.
pub(crate) struct Log<K> {
    pub source: Arc<Source>,
    faults: RefCell<Vec<Fault<K>>>,
}

impl<K: From<DocumentError>> Log<K> {
    pub fn new(source: &Arc<Source>) -> Self {
        Log { source: Arc::clone(source), faults: RefCell::new(Vec::new()) }
    }

    pub fn report(&self, place: &Place, kind: impl Into<K>) {
        self.push(place.fault(kind));
    }

    pub fn push(&self, fault: Fault<K>) {
        self.faults.borrow_mut().push(fault);
    }

    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies
    pub fn is_empty(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    pub fn into_faults(self) -> Vec<Fault<K>> {
        self.faults.into_inner()
    }

    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place { source: Arc::clone(&self.source), span: span.into() }
    }
}

/// A value with its place and the words for it in a message.
pub(crate) struct Value<'a, K> {
    pub log: &'a Log<K>,
    pub what: String,
    pub place: Place,
    value: &'a DeValue<'a>,
}

impl<K> Clone for Value<'_, K> {
    fn clone(&self) -> Self {
        Value { log: self.log, what: self.what.clone(), place: self.place.clone(), value: self.value }
    }
}

impl<'a, K: From<DocumentError>> Value<'a, K> {
    fn new(log: &'a Log<K>, what: String, value: &'a Spanned<DeValue<'a>>) -> Self {
        Value { log, what, place: log.place(value.span()), value: value.get_ref() }
    }

    pub fn wrong(&self, expected: &str) {
        let found = match self.value {
            DeValue::String(s) => format!("the text \"{s}\""),
            DeValue::Integer(_) | DeValue::Float(_) => "a number".into(),
            DeValue::Boolean(b) => format!("`{b}`"),
            DeValue::Datetime(_) => "a date".into(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        };
        self.log.report(
            &self.place,
            DocumentError::WrongType { what: self.what.clone(), found, expected: expected.into() },
        );
    }

    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub fn is_text(&self) -> bool {
        self.value.is_str()
    }

    pub fn is_table(&self) -> bool {
        self.value.is_table()
    }

    pub fn as_flag(&self) -> Option<bool> {
        self.value.as_bool()
    }

    pub fn text(&self) -> Option<Text> {
        let Some(text) = self.value.as_str() else {
            self.wrong("a text in quotes");
            return None;
        };
        let raw = self.log.source.text.get(self.place.span.start..self.place.span.end).unwrap_or("");
        let as_written = raw.len() == text.len() + 2 && raw.get(1..raw.len() - 1) == Some(text);
        let inner = as_written.then_some(self.place.span.start + 1);
        Some(Text { text: text.to_string(), place: self.place.clone(), inner })
    }

    /// An expression: a text, or a plain number.
    pub fn expression(&self) -> Option<Text> {
        match self.value {
            DeValue::Integer(_) | DeValue::Float(_) => {
                let text = format!("{}", self.number()?.value);
                Some(Text { text, place: self.place.clone(), inner: None })
            }
            DeValue::String(_) => self.text(),
            _ => {
                self.wrong("an expression in quotes, or a number");
                None
            }
        }
    }

    pub fn number(&self) -> Option<Number> {
        let digits = match self.value {
            DeValue::Integer(i) if i.radix() == 10 => i.as_str(),
            DeValue::Float(x) => x.as_str(),
            DeValue::String(s) if s.trim_start().starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                let kind = match s.parse::<Quantity>() {
                    Err(fault) if matches!(fault.kind, UnitError::DecimalComma { .. }) => {
                        DocumentError::Unit(fault.kind)
                    }
                    _ => DocumentError::WrongType {
                        what: self.what.clone(),
                        found: format!("the text \"{s}\""),
                        expected: "a number without quotes".into(),
                    },
                };
                self.log.report(&self.place, kind);
                return None;
            }
            _ => {
                self.wrong("a number");
                return None;
            }
        };
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => {
                let raw = self.log.source.text.get(self.place.span.start..self.place.span.end).unwrap_or(digits);
                Some(Number { value, printed: raw.to_string(), place: self.place.clone() })
            }
            _ => {
                self.wrong("a finite number");
                None
            }
        }
    }

    pub fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.wrong("`true` or `false`");
        }
        flag
    }

    pub fn count(&self) -> Option<usize> {
        let count = self.value.as_integer().and_then(|i| i.as_str().parse::<usize>().ok());
        if count.is_none() {
            self.wrong("a whole number");
        }
        count
    }

    pub fn list(&self) -> Option<Vec<Value<'a, K>>> {
        let Some(array) = self.value.as_array() else {
            self.wrong("a list `[…]`");
            return None;
        };
        let array: &DeArray<'a> = array;
        Some(array.iter().map(|v| Value::new(self.log, self.what.clone(), v)).collect())
    }

    pub fn texts(&self) -> Option<Vec<Text>> {
        self.list().map(|items| items.iter().filter_map(Value::text).collect())
    }

    /// The table, with every key that is not in `known` reported.
    pub fn table(&self, known: &[&str]) -> Option<Table<'a, K>> {
        let table = self.entries()?;
        for (name, place, _) in &table.entries {
            if !known.contains(&name.as_str()) {
                self.log.report(place, unknown_key(name, &self.what, known));
            }
        }
        Some(table)
    }

    /// The table, whatever its keys: they are names.
    pub fn entries(&self) -> Option<Table<'a, K>> {
        let Some(table) = self.value.as_table() else {
            self.wrong("a table");
            return None;
        };
        Some(Table::new(self.log, self.what.clone(), table, self.place.clone()))
    }

    /// A unit: a text such as `L/h`.
    pub fn unit(&self) -> Option<(Unit, Place)> {
        let text = self.text()?;
        match text.text.parse::<Unit>() {
            Ok(unit) => Some((unit, text.place)),
            Err(fault) => {
                self.log.push(text.fault(fault, |e| DocumentError::Unit(e).into()));
                None
            }
        }
    }

    /// A quantity of a dimension: a text such as `28 mg`.
    pub fn quantity(&self, dimension: Dimension) -> Option<Quantity> {
        let text = self.text()?;
        match text.text.parse::<Quantity>() {
            Ok(quantity) => match quantity.as_base(dimension) {
                Ok(_) => Some(quantity),
                Err(kind) => {
                    self.log.report(&text.place, DocumentError::Unit(kind));
                    None
                }
            },
            Err(fault) => {
                self.log.push(text.fault(fault, |e| DocumentError::Unit(e).into()));
                None
            }
        }
    }
}

fn unknown_key(key: &str, within: &str, known: &[&str]) -> DocumentError {
    DocumentError::UnknownKey {
        key: key.to_string(),
        within: within.to_string(),
        near: nearest(key, known.iter().copied()).map(str::to_string),
        known: known.iter().map(|k| k.to_string()).collect(),
    }
}

/// A number as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub value: f64,
    pub printed: String,
    pub place: Place,
}

/// A table, its entries in the order of the file.
pub(crate) struct Table<'a, K> {
    pub log: &'a Log<K>,
    pub what: String,
    pub place: Place,
    /// Name, place of the key, value.
    entries: Vec<(String, Place, &'a Spanned<DeValue<'a>>)>,
}

impl<'a, K: From<DocumentError>> Table<'a, K> {
    fn new(log: &'a Log<K>, what: String, table: &'a DeTable<'a>, place: Place) -> Self {
        let mut entries: Vec<_> =
            table.iter().map(|(k, v)| (k.get_ref().to_string(), log.place(k.span()), v)).collect();
        entries.sort_by_key(|(_, place, _)| place.span.start);
        Table { log, what, place, entries }
    }

    /// The root of a file.
    pub fn root(log: &'a Log<K>, what: &str, table: &'a DeTable<'a>, known: &[&str]) -> Self {
        let place = log.place(0..0);
        let root = Table::new(log, what.into(), table, place);
        for (name, place, _) in &root.entries {
            if !known.contains(&name.as_str()) {
                log.report(place, unknown_key(name, &root.what, known));
            }
        }
        root
    }

    /// Reports a `format` that is not 1.
    pub fn check_format(&self) {
        if let Some(value) = self.get("format")
            && let Some(number) = value.number()
            && number.printed != "1"
        {
            self.log.report(&number.place, DocumentError::Format { found: number.printed });
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Value<'a, K>> {
        let (_, _, value) = self.entries.iter().find(|(name, ..)| name == key)?;
        Some(Value::new(self.log, format!("`{key}` of {}", self.what), value))
    }

    /// The value of a key that has to be there.
    pub fn need(&self, key: &str) -> Option<Value<'a, K>> {
        let value = self.get(key);
        if value.is_none() {
            self.log.report(&self.place, DocumentError::MissingKey { key: key.into(), within: self.what.clone() });
        }
        value
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, ..)| name == key)
    }

    pub fn key_place(&self, key: &str) -> Option<Place> {
        self.entries.iter().find(|(name, ..)| name == key).map(|(_, place, _)| place.clone())
    }

    pub fn text(&self, key: &str) -> Option<Text> {
        self.get(key)?.text()
    }

    pub fn expression(&self, key: &str) -> Option<Text> {
        self.get(key)?.expression()
    }

    /// All entries as (name, place of the name, value), the values called `noun name` in messages.
    pub fn named(&self, noun: &str) -> Vec<(String, Place, Value<'a, K>)> {
        self.entries
            .iter()
            .map(|(name, place, value)| {
                (name.clone(), place.clone(), Value::new(self.log, format!("{noun} `{name}`"), value))
            })
            .collect()
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, ..)| name.as_str())
    }
}

/// The tables of a text; what TOML itself does not allow ends the reading.
pub(crate) fn parse<K: From<DocumentError>>(log: &Log<K>) -> Result<Spanned<DeTable<'_>>, Faults<K>> {
    let table = DeTable::parse(&log.source.text).map_err(|e| {
        let message = e.message().to_string();
        let kind = match message.contains("duplicate key") {
            true => DocumentError::DuplicateKey,
            false => DocumentError::Toml { message },
        };
        let length = log.source.text.len();
        log.place(e.span().unwrap_or(length..length)).fault(kind)
    })?;
    table.get_ref().values().for_each(|v| lint_inline_tables(log, v));
    Ok(table)
}

/// Reports inline tables that TOML 1.0 does not have: over several lines, or with a comma at the end.
fn lint_inline_tables<K: From<DocumentError>>(log: &Log<K>, value: &Spanned<DeValue<'_>>) {
    let text = &log.source.text;
    match value.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| lint_inline_tables(log, item)),
        DeValue::Table(table) => {
            let span = value.span();
            let raw = text.get(span.clone()).unwrap_or("");
            if raw.starts_with('{') {
                let inside = |line: usize| table.values().any(|v| v.span().contains(&line));
                let broken = raw.match_indices('\n').any(|(i, _)| !inside(span.start + i));
                let trailing = raw.trim_end_matches('}').trim_end().ends_with(',');
                if broken || trailing {
                    log.report(&log.place(span), DocumentError::MultiLineTable);
                }
            }
            table.values().for_each(|v| lint_inline_tables(log, v));
        }
        _ => {}
    }
}
