//! Tables of concentrations: one row per sample, a profile per subject.
//!
//! | column | what it says |
//! |---|---|
//! | `ID`, `TIME` | whose sample it is, and when; needed |
//! | `DV` or `CONC` | the concentration, or `BLQ`, `<0.5` for one below the limit; needed |
//! | `LLOQ` | the limit of quantification: a concentration below it counts as below it |
//! | `BLQ` or `CENS` | 1: below the limit, which is `LLOQ`, else what `DV` says |
//! | `DOSE`, `DUR` | the subject's dose, and over how long an infusion goes |
//! | `MDV`, `EVID` | 1 in either: a row that is no sample |
//! | `LZ` | 1: a point of the terminal slope, in place of a choice by the data |
//!
//! Upper and lower case mean the same. A name may bear its unit: `DV [ng/mL]`. An empty cell, `.` and `NA` are missing, and a
//! sample without a concentration is none. The rows of a subject need not stand together, and are in the order of time.

mod error;

pub use error::ConcentrationError;

use super::{CellError, DataError, MAX_FAULTS};
use crate::document::cells::{is_missing, lines, split, unquoted};
use crate::error::{Diagnostic, Fault, Faults, Source, Span, listed, nearest};
use crate::metrics::nca::{Level, Samples, Units};
use crate::units::{Dimension, Unit, UnitError};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A table of concentrations.
#[derive(Debug, Clone, PartialEq)]
pub struct Concentrations {
    /// The subjects in the order in which they come first.
    pub subjects: Vec<SubjectSamples>,
    /// The unit of times.
    pub time: Unit,
    /// The column of concentrations, as the table spells it.
    pub column: String,
    /// The unit of concentrations, where it is given.
    pub concentration: Option<Unit>,
    /// The unit of the column of doses, where there is one and it has a unit.
    pub dose: Option<Unit>,
    /// Columns that are not used.
    pub warnings: Vec<Diagnostic>,
    source: Arc<Source>,
}

/// One subject's samples.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectSamples {
    /// As the table spells it.
    pub id: String,
    /// Times and concentrations in the table's units.
    pub samples: Samples,
    /// The dose, in the unit of its column.
    pub dose: Option<f64>,
    /// How long an infusion takes, in the unit of times.
    pub duration: Option<f64>,
    /// Times of the points of the terminal slope, if any are marked.
    pub chosen: Vec<f64>,
    /// Row and place of each sample.
    places: Vec<(usize, Span)>,
}

/// What a column can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Id,
    Time,
    Level,
    Limit,
    Below,
    Dose,
    Duration,
    NoLevel,
    Event,
    Slope,
}

const NAMES: [(&str, Item); 12] = [
    ("ID", Item::Id),
    ("TIME", Item::Time),
    ("DV", Item::Level),
    ("CONC", Item::Level),
    ("LLOQ", Item::Limit),
    ("BLQ", Item::Below),
    ("CENS", Item::Below),
    ("DOSE", Item::Dose),
    ("DUR", Item::Duration),
    ("MDV", Item::NoLevel),
    ("EVID", Item::Event),
    ("LZ", Item::Slope),
];

/// What simulations write beside concentrations, which needs no warning.
const WRITTEN: &str = "TAD";

/// Words for a concentration below the limit.
const BELOW: [&str; 6] = ["BLQ", "BQL", "BLOQ", "LLOQ", "<LLOQ", "<LOQ"];

type Error = ConcentrationError;

impl Concentrations {
    /// Reads a table. `level` is the column of concentrations in place of `DV` or `CONC`. `units` are those of columns by name,
    /// beside the units that the header names, where `DV` and `CONC` stand for the column of concentrations whatever it is
    /// called; times are hours where none is given.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn read(
        name: &str,
        text: &str,
        level: Option<&str>,
        units: &BTreeMap<String, Unit>,
    ) -> Result<Concentrations, Faults<Error>> {
        let source = Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut lines = lines(&source.text);
        let Some((start, line)) = lines.next() else {
            return Err(Fault::at(Error::from(DataError::Empty), Span::new(0, 0)).within(&source).into());
        };
        let header =
            Header::read(line, level, units).map_err(|found| found.each(|f| f.shifted(start)).within(&source))?;
        let mut reader = Reader { header: &header, faults: Vec::new(), subjects: Vec::new() };
        let mut cells = Vec::new();
        let mut rows = 0;
        for (start, line) in lines {
            if reader.faults.len() >= MAX_FAULTS {
                break;
            }
            rows += 1;
            reader.row(Row { number: rows, start, line, cells: &mut cells });
        }
        if rows == 0 {
            let place = Span::new(start, start + line.len());
            reader.faults.push(Fault::at(DataError::HeaderOnly.into(), place));
        }
        let Reader { mut faults, subjects, .. } = reader;
        let subjects = subjects
            .into_iter()
            .filter_map(|draft| draft.finish().map_err(|found| faults.extend(found.into_vec())).ok());
        let subjects: Vec<SubjectSamples> = subjects.collect();
        faults.sort_by_key(|fault| fault.span);
        faults.truncate(MAX_FAULTS);
        let warnings = header.unused(&source, start);
        let subjects = Faults::check(faults, || subjects).map_err(|found| found.within(&source))?;
        let column = header.name(Item::Level);
        let Header { time, level, dose, .. } = header;
        Ok(Concentrations { subjects, time, column, concentration: level, dose, warnings, source })
    }

    /// The fault of a sample whose limit of quantification has to be known.
    pub fn no_limit(&self, subject: &SubjectSamples, sample: usize) -> Fault<ConcentrationError> {
        let (row, span) = subject.places.get(sample).copied().unwrap_or_default();
        Fault::at(Error::NoLimit { row }, span).within(&self.source)
    }
}

/// The columns of the table.
struct Header {
    names: Vec<String>,
    places: Vec<Range<usize>>,
    items: Vec<Option<Item>>,
    time: Unit,
    level: Option<Unit>,
    dose: Option<Unit>,
    /// Of a column for durations.
    duration: Unit,
}

impl Header {
    fn read(line: &str, level: Option<&str>, units: &BTreeMap<String, Unit>) -> Result<Header, Faults<Error>> {
        let mut places = Vec::new();
        split(line, &mut places).map_err(|span| Fault::at(Error::from(DataError::Quote { row: 0 }), span))?;
        let cells: Vec<Cow<'_, str>> = places.iter().map(|place| unquoted(&line[place.clone()])).collect();
        let cells: Vec<(&str, Option<&str>)> = cells.iter().map(|cell| name_and_unit(cell)).collect();
        let names: Vec<String> = cells.iter().map(|(name, _)| name.to_string()).collect();
        let has = |column: &str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
        let (mut items, mut found, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        let mut own: Vec<Option<Unit>> = Vec::new();
        for ((name, unit), place) in cells.into_iter().zip(&places) {
            let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, item)| *item);
            let item = match level {
                Some(level) if level.eq_ignore_ascii_case(name) => Some(Item::Level),
                Some(_) => known.filter(|item| *item != Item::Level),
                None => known,
            };
            let at = |kind| Fault::at(kind, Span::from(place.clone()));
            if name.is_empty() {
                found.push(at(DataError::NamelessColumn.into()));
            } else if let Some(before) = items.iter().position(|other| item.is_some() && *other == item) {
                let first: &String = &names[before];
                found.push(at(if first.eq_ignore_ascii_case(name) {
                    DataError::RepeatedColumn { column: name.into() }.into()
                } else {
                    let level = item == Some(Item::Level);
                    Error::TwoColumns { first: first.clone(), second: name.into(), level }
                }));
            }
            // A unit matters for what is used; a column of another use may bear any text.
            let parsed = unit.filter(|_| item.is_some()).map(|unit| unit.parse::<Unit>());
            let called = units.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
            let synonym =
                || units.iter().find(|(column, _)| item == Some(Item::Level) && is_level(column) && !has(column));
            let said = called.or_else(synonym).map(|(column, unit)| {
                taken.push(column);
                unit
            });
            own.push(match (parsed, said) {
                (Some(Err(error)), _) => {
                    found.push(at(Error::Unit { column: name.into(), error: error.kind }));
                    None
                }
                (Some(Ok(unit)), Some(said)) if unit != *said => {
                    found.push(at(Error::TwoUnits { column: name.into(), header: unit.to_string() }));
                    None
                }
                (Some(Ok(unit)), _) => Some(unit),
                (None, said) => said.cloned(),
            });
            items.push(item);
        }
        for (item, column) in [(Item::Id, "ID"), (Item::Time, "TIME"), (Item::Level, "DV")] {
            if !items.contains(&Some(item)) {
                let kind = match level.filter(|_| item == Item::Level) {
                    Some(level) => Error::NoColumn { column: level.into(), has: names.clone() },
                    None => DataError::MissingColumn { column, has: names.clone() }.into(),
                };
                found.push(Fault::at(kind, Span::new(0, line.len())));
            }
        }
        for column in units.keys().filter(|column| !has(column) && !taken.contains(column)) {
            found.push(Fault::at(
                Error::NoColumn { column: column.clone(), has: names.clone() },
                Span::new(0, line.len()),
            ));
        }
        let unit =
            |item| items.iter().position(|other| *other == Some(item)).and_then(|at| Some((at, own[at].clone()?)));
        let mut measured = |item, dimension: Dimension| {
            let (at, unit) = unit(item)?;
            if unit.dimension() == dimension {
                return Some(unit);
            }
            let error = UnitError::Mismatch { found: unit, expected: Unit::base(dimension).to_string() };
            found.push(Fault::at(Error::Unit { column: names[at].clone(), error }, places[at].clone().into()));
            None
        };
        let time = measured(Item::Time, Dimension::TIME).unwrap_or(Unit::base(Dimension::TIME));
        let duration = measured(Item::Duration, Dimension::TIME).unwrap_or(time.clone());
        let dose = unit(Item::Dose).map(|(_, unit)| unit);
        let mut level = unit(Item::Level).map(|(_, unit)| unit);
        if let Some((at, _)) = unit(Item::Level)
            && let Err(error) = Units::new(time.clone(), level.clone(), None)
        {
            found.push(Fault::at(Error::Unit { column: names[at].clone(), error }, places[at].clone().into()));
            level = None;
        }
        if let Some((at, _)) = unit(Item::Dose)
            && let Err(error) = Units::new(time.clone(), level.clone(), dose.clone())
        {
            found.push(Fault::at(Error::Unit { column: names[at].clone(), error }, places[at].clone().into()));
        }
        if let Some((at, limit)) = unit(Item::Limit)
            && level.as_ref().is_some_and(|level| *level != limit)
        {
            let error = UnitError::Mismatch { found: limit, expected: level.iter().map(Unit::to_string).collect() };
            found.push(Fault::at(Error::Unit { column: names[at].clone(), error }, places[at].clone().into()));
        }
        Faults::check(found, || Header { names, places, items, time, level, dose, duration })
    }

    /// What the table calls an item.
    fn name(&self, item: Item) -> String {
        let at = self.items.iter().position(|other| *other == Some(item));
        at.map_or_else(String::new, |at| self.names[at].clone())
    }

    /// A warning about columns that mean nothing here.
    fn unused(&self, source: &Arc<Source>, start: usize) -> Vec<Diagnostic> {
        let is_unused = |at: &usize| self.items[*at].is_none() && !self.names[*at].eq_ignore_ascii_case(WRITTEN);
        let unused: Vec<usize> = (0..self.items.len()).filter(is_unused).collect();
        let Some(first) = unused.first() else { return Vec::new() };
        let names = || unused.iter().map(|at| self.names[*at].as_str());
        let message = match unused.len() {
            1 => format!("the column {} is not used", listed(names())),
            _ => format!("the columns {} are not used", listed(names())),
        };
        let span = Span::from(self.places[*first].clone()).shifted(start);
        let warning =
            Diagnostic { place: Some((Arc::clone(source), span)), ..Diagnostic::warning("W_UNUSED_COLUMN", message) };
        // A second column of concentrations is spelt as it is meant.
        let near = names().filter(|name| !is_level(name)).find_map(|name| {
            let absent = NAMES.iter().filter(|(_, item)| !self.items.contains(&Some(*item))).map(|(known, _)| *known);
            nearest(name, absent.filter(|known| known.len() > 2))
                .map(|near| format!("is `{name}` meant to be `{near}`?"))
        });
        vec![match near {
            Some(hint) => warning.with_hint(hint),
            None => warning,
        }]
    }
}

/// The name of a column, and the unit behind it in brackets.
fn name_and_unit(cell: &str) -> (&str, Option<&str>) {
    match cell.find(['[', '(']).filter(|open| *open > 0 && cell.ends_with([']', ')'])) {
        Some(open) => (cell[..open].trim(), Some(cell[open + 1..cell.len() - 1].trim())),
        None => (cell, None),
    }
}

/// Whether a column of this name holds concentrations unless another one is chosen.
fn is_level(name: &str) -> bool {
    NAMES.iter().any(|(known, item)| *item == Item::Level && known.eq_ignore_ascii_case(name))
}

/// One row being read.
struct Row<'a> {
    number: usize,
    start: usize,
    line: &'a str,
    cells: &'a mut Vec<Range<usize>>,
}

/// One subject being read.
struct Draft {
    id: String,
    samples: Vec<(f64, Level)>,
    rows: Vec<(usize, Span)>,
    dose: Option<f64>,
    duration: Option<f64>,
    chosen: Vec<f64>,
}

impl Draft {
    fn finish(self) -> Result<SubjectSamples, Faults<Error>> {
        let Draft { id, samples, rows: places, dose, duration, chosen } = self;
        let samples = Samples::of(samples).map_err(|error| {
            let (row, span) = error.index().map_or((1, Span::default()), |index| places[index]);
            Faults::from(Fault::at(Error::Samples { row, error }, span))
        })?;
        Ok(SubjectSamples { id, samples, dose, duration, chosen, places })
    }
}

struct Reader<'a> {
    header: &'a Header,
    faults: Vec<Fault<Error>>,
    subjects: Vec<Draft>,
}

impl Reader<'_> {
    fn row(&mut self, row: Row<'_>) {
        if let Err(span) = split(row.line, row.cells) {
            let quote = DataError::Quote { row: row.number };
            return self.faults.push(Fault::at(quote.into(), span.shifted(row.start)));
        }
        let (found, expected) = (row.cells.len(), self.header.names.len());
        if found != expected {
            let count = DataError::CellCount { row: row.number, found, expected };
            return self.faults.push(Fault::at(count.into(), Span::new(row.start, row.start + row.line.len())));
        }
        let Some(id) = self.text(&row, Item::Id) else {
            return self.cell(&row, Item::Id, CellError::Missing);
        };
        let id = match self.subjects.iter().rposition(|subject| subject.id == id) {
            Some(subject) => subject,
            None => {
                let id = id.into_owned();
                let draft =
                    Draft { id, samples: Vec::new(), rows: Vec::new(), dose: None, duration: None, chosen: Vec::new() };
                self.subjects.push(draft);
                self.subjects.len() - 1
            }
        };
        for (item, unit) in [(Item::Dose, None), (Item::Duration, Some(&self.header.duration))] {
            self.constant(&row, id, item, unit);
        }
        let not_a_sample = [Item::NoLevel, Item::Event].map(|item| self.number(&row, item));
        if not_a_sample.iter().any(|flag| flag.is_some_and(|flag| flag != 0.0)) {
            return;
        }
        self.sample(&row, id);
    }

    /// What a subject has one of.
    fn constant(&mut self, row: &Row<'_>, subject: usize, item: Item, unit: Option<&Unit>) {
        let Some(found) = self.number(row, item) else { return };
        let column = self.header.name(item);
        if found <= 0.0 {
            return self.fault(row, item, Error::NotPositive { row: row.number, column, found });
        }
        let known = unit.map_or(found, |unit| unit.convert(found, &self.header.time).unwrap_or(found));
        let subject = &mut self.subjects[subject];
        let place = if item == Item::Dose { &mut subject.dose } else { &mut subject.duration };
        match *place {
            Some(before) if before != known => {
                self.fault(row, item, Error::Differs { row: row.number, column, before, found: known });
            }
            _ => *place = Some(known),
        }
    }

    fn sample(&mut self, row: &Row<'_>, subject: usize) {
        let limit = self.number(row, Item::Limit);
        if let Some(found) = limit.filter(|limit| *limit <= 0.0) {
            let column = self.header.name(Item::Limit);
            return self.fault(row, Item::Limit, Error::NotPositive { row: row.number, column, found });
        }
        let below = self.number(row, Item::Below).is_some_and(|flag| flag != 0.0);
        let text = self.text(row, Item::Level);
        let level = match text.as_deref() {
            None if below => Level::Below(limit),
            None => return,
            Some(word) if BELOW.iter().any(|known| known.eq_ignore_ascii_case(word)) => Level::Below(limit),
            Some(word) => {
                let (number, less) = word.strip_prefix('<').map_or((word, false), |rest| (rest.trim(), true));
                match number.parse::<f64>().ok().filter(|value| value.is_finite()) {
                    None => {
                        let found = word.to_string();
                        return self.cell(row, Item::Level, CellError::NotNumber { found });
                    }
                    Some(value) if less || below => Level::Below(limit.or((value > 0.0).then_some(value))),
                    // What is negative is wrong, and not below a limit.
                    Some(value) if limit.is_some_and(|limit| (0.0..limit).contains(&value)) => Level::Below(limit),
                    Some(value) => Level::Measured(value),
                }
            }
        };
        if self.text(row, Item::Time).is_none() {
            return self.cell(row, Item::Time, CellError::Missing);
        }
        let Some(time) = self.number(row, Item::Time) else { return };
        let chosen = self.number(row, Item::Slope).is_some_and(|flag| flag != 0.0);
        let level_span = self.span(row, Item::Level);
        let before = self.subjects[subject].samples.last().map(|(time, _)| *time);
        // A time that does not go on is what is wrong, else the concentration.
        let span = if before.is_some_and(|before| time <= before) { self.span(row, Item::Time) } else { level_span };
        let subject = &mut self.subjects[subject];
        subject.samples.push((time, level));
        subject.rows.push((row.number, span));
        if chosen {
            subject.chosen.push(time);
        }
    }

    fn text<'l>(&self, row: &Row<'l>, item: Item) -> Option<Cow<'l, str>> {
        let at = self.header.items.iter().position(|other| *other == Some(item))?;
        Some(unquoted(&row.line[row.cells[at].clone()])).filter(|text| !is_missing(text))
    }

    fn number(&mut self, row: &Row<'_>, item: Item) -> Option<f64> {
        let text = self.text(row, item)?;
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
                let clock = item == Item::Time && text.contains(':');
                let found = text.into_owned();
                self.cell(
                    row,
                    item,
                    if clock { CellError::ClockTime { found } } else { CellError::NotNumber { found } },
                );
                None
            }
        }
    }

    fn cell(&mut self, row: &Row<'_>, item: Item, what: CellError) {
        let column = self.header.name(item);
        self.fault(row, item, DataError::Cell { row: row.number, column, what }.into());
    }

    fn fault(&mut self, row: &Row<'_>, item: Item, kind: Error) {
        let span = self.span(row, item);
        self.faults.push(Fault::at(kind, span));
    }

    /// Where an item of a row stands in the file.
    fn span(&self, row: &Row<'_>, item: Item) -> Span {
        let at = self.header.items.iter().position(|other| *other == Some(item)).unwrap_or(0);
        let cell = &row.line[row.cells[at].clone()];
        let from = row.start + row.cells[at].start + (cell.len() - cell.trim_start().len());
        Span::new(from, from + cell.trim().len())
    }
}
