//! Subject by subject through a data set.

use super::error::{CellError, DataError};
use super::event;
use super::header::{Header, Item};
use super::lines::Lines;
use super::row::{Log, Row};
use super::values::{Carried, Outside};
use crate::document::cells::split;
use crate::error::{Diagnostic, Fault, Faults, Source, Span};
use crate::model::Model;
use crate::simulate::{History, Record};
use crate::units::{Dimension, Unit, UnitError};
use std::collections::HashSet;
use std::io::BufRead;
use std::ops::Range;
use std::sync::Arc;

/// Reading stops at so many faults: a column that is wrong is wrong in every row.
pub const MAX_FAULTS: usize = 20;

/// The units of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct DataOptions {
    time: Unit,
    amount: Unit,
}

impl DataOptions {
    /// `time` is the unit of TIME, II and DUR, `amount` that of AMT; RATE is in their quotient.
    ///
    /// # Errors
    /// [`UnitError::Mismatch`] for a unit that is no time or no mass.
    pub fn new(time: Unit, amount: Unit) -> Result<Self, UnitError> {
        time.convert(1.0, &Unit::base(Dimension::TIME))?;
        amount.convert(1.0, &Unit::base(Dimension::MASS))?;
        Ok(DataOptions { time, amount })
    }

    pub(super) fn time(&self, value: f64) -> f64 {
        self.time.to_base(value)
    }

    pub(super) fn amount(&self, value: f64) -> f64 {
        self.amount.to_base(value)
    }

    pub(super) fn rate(&self, value: f64) -> f64 {
        self.amount.to_base(value) / self.time.to_base(1.0)
    }
}

/// Hours and milligrams.
impl Default for DataOptions {
    fn default() -> Self {
        DataOptions { time: Unit::base(Dimension::TIME), amount: Unit::base(Dimension::MASS) }
    }
}

/// The rows of one subject.
#[derive(Debug, Clone)]
pub struct SubjectData {
    /// As written.
    pub id: String,
    /// Its first row, counted from 1 below the header.
    pub first_row: usize,
    /// What happened.
    pub history: History,
    file: Arc<str>,
    /// Its lines, one behind the other.
    text: String,
    /// Of each row: number of its line in the file, and where it is in `text`.
    lines: Vec<(usize, Range<usize>)>,
}

impl SubjectData {
    /// The rows as written, without line ends.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lines.iter().map(|(_, range)| &self.text[range.clone()])
    }

    /// The line of a row (counted as in [`crate::simulate::Record::row`]), to show with a fault.
    pub fn line(&self, row: usize) -> Option<Arc<Source>> {
        let (number, range) = self.lines.get(row.checked_sub(self.first_row)?)?;
        Some(Source::line(self.file.as_ref(), &self.text[range.clone()], *number))
    }
}

/// Reads a data set in NM-TRAN's columns, one subject after the other; no more than one is in memory.
///
/// Lines that begin with `#` and empty lines are left out. A quoted cell stays on its line.
/// After [`MAX_FAULTS`] faults of one subject, or a file that cannot be read on, the iteration ends.
pub struct DataReader<'m, R> {
    model: &'m Model,
    options: DataOptions,
    lines: Lines<R>,
    file: Arc<str>,
    header: Header,
    /// The row that showed that the subject before it was complete.
    ahead: Option<RawRow>,
    rows: usize,
    seen: HashSet<String>,
    outside: Outside,
    warnings: Vec<Diagnostic>,
    warned_of_steady: bool,
    ended: bool,
    cells: Vec<Range<usize>>,
}

/// A line of the data.
struct RawRow {
    number: usize,
    row: usize,
    line: String,
}

impl RawRow {
    fn row<'a>(&'a self, file: &'a str, cells: &'a [Range<usize>], header: &'a Header) -> Row<'a> {
        Row { file, number: self.number, row: self.row, line: &self.line, cells, header }
    }
}

impl<'m, R: BufRead> DataReader<'m, R> {
    /// Reads the header. `name` is what to call the data set in messages.
    ///
    /// # Errors
    /// No text, nothing in it, a header alone, columns that are missing or there twice.
    pub fn new(read: R, name: &str, model: &'m Model, options: DataOptions) -> Result<Self, Faults<DataError>> {
        let mut lines = Lines::new(read, name);
        let Some((number, line)) = lines.next()? else {
            return Err(Fault::at(DataError::Empty, Span::default()).within(&Source::line(name, "", 1)).into());
        };
        let header = Header::read(line, number, name, model)?;
        let first = lines.next()?.map(|(number, line)| RawRow { number, row: 1, line: line.into() });
        if first.is_none() {
            let source = Source::line(name, header.line(), number);
            return Err(Fault::at(DataError::HeaderOnly, Span::new(0, header.line().len())).within(&source).into());
        }
        Ok(DataReader {
            model,
            options,
            file: lines.name().into(),
            lines,
            outside: Outside::new(model, header.values()),
            header,
            ahead: first,
            rows: 1,
            seen: HashSet::new(),
            warnings: Vec::new(),
            warned_of_steady: false,
            ended: false,
            cells: Vec::new(),
        })
    }

    /// The columns.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What should be known about the rows read so far.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    fn next_row(&mut self) -> Result<Option<RawRow>, Faults<DataError>> {
        if let Some(row) = self.ahead.take() {
            return Ok(Some(row));
        }
        let Some((number, line)) = self.lines.next()? else { return Ok(None) };
        self.rows += 1;
        Ok(Some(RawRow { number, row: self.rows, line: line.into() }))
    }

    /// Reads up to the first row of the next subject. `None` at the end of the file.
    fn subject(&mut self) -> Option<Result<SubjectData, Faults<DataError>>> {
        let mut draft: Option<Draft> = None;
        loop {
            let raw = match self.next_row() {
                Ok(Some(raw)) => raw,
                Ok(None) => {
                    self.ended = true;
                    return draft.map(Draft::finish);
                }
                Err(faults) => {
                    self.ended = true;
                    let mut log = draft.map(|draft| draft.log).unwrap_or_default();
                    log.extend(faults.into_vec());
                    return Some(Faults::check(log, || unreachable!("a fault was found")));
                }
            };
            let id = self.id(&raw);
            if let (Some(draft), Ok(id)) = (&draft, &id)
                && draft.id.as_ref().is_some_and(|before| before != id)
            {
                self.ahead = Some(raw);
                break;
            }
            let draft = draft.get_or_insert_with(|| Draft::new(&self.file, &self.header, raw.row));
            match id {
                Ok(id) => self.take(draft, &raw, id),
                Err(fault) => draft.log.push(*fault),
            }
            if draft.log.len() >= MAX_FAULTS {
                self.ended = true;
                break;
            }
        }
        draft.map(Draft::finish)
    }

    /// Finds the cells of a row, and whose it is.
    fn id(&mut self, raw: &RawRow) -> Result<String, Box<Fault<DataError>>> {
        let source = || Source::line(self.lines.name(), raw.line.as_str(), raw.number);
        if let Err(span) = split(&raw.line, &mut self.cells) {
            return Err(Box::new(Fault::at(DataError::Quote { row: raw.row }, span).within(&source())));
        }
        let (found, expected) = (self.cells.len(), self.header.names().len());
        if found != expected {
            let end = raw.line.len();
            let span = self.cells.get(expected).map_or(Span::new(end, end), |surplus| Span::new(surplus.start, end));
            return Err(Box::new(
                Fault::at(DataError::CellCount { row: raw.row, found, expected }, span).within(&source()),
            ));
        }
        let row = raw.row(self.lines.name(), &self.cells, &self.header);
        match row.item(Item::Id) {
            Some((_, id)) => Ok(id.into_owned()),
            None => Err(Box::new(row.item_fault(&[Item::Id], CellError::Missing))),
        }
    }

    /// Adds a row to its subject.
    fn take(&mut self, draft: &mut Draft, raw: &RawRow, id: String) {
        let row = raw.row(self.lines.name(), &self.cells, &self.header);
        if draft.id.is_none() {
            if !self.seen.insert(id.clone()) {
                draft.log.push(row.item_fault(&[Item::Id], CellError::ScatteredId { id: id.clone() }));
            }
            draft.id = Some(id);
        }
        let what = event::what(&row, self.model, &self.options, &mut draft.log);
        let time = draft.time(&row, &self.options, event::starts_anew(&row));
        let values = draft.carried.values(&row, self.model, &mut draft.log);
        self.outside.warn(&row, &values, self.model, &mut self.warnings);
        if !self.warned_of_steady && event::is_continued_steady_state(&row) {
            self.warned_of_steady = true;
            let message = format!("row {}: SS=3 is read as SS=1", raw.row);
            let hint = "here the periodic solution is computed, so it does not matter where the search for it begins";
            self.warnings.push(Diagnostic::warning("W_SS3", message).with_hint(hint));
        }
        if let (Some(what), Some(time)) = (what, time) {
            draft.push(raw, Record { row: raw.row, time, what, values });
        }
    }
}

impl<R: BufRead> Iterator for DataReader<'_, R> {
    type Item = Result<SubjectData, Faults<DataError>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended { None } else { self.subject() }
    }
}

/// A subject whose rows are being read.
struct Draft {
    /// Known from its first row that has one.
    id: Option<String>,
    data: SubjectData,
    log: Log,
    /// The last time, as written.
    before: Option<f64>,
    carried: Carried,
}

impl Draft {
    fn new(file: &Arc<str>, header: &Header, first_row: usize) -> Self {
        let columns: Vec<_> = header.values().iter().map(|(_, column)| *column).collect();
        Draft {
            id: None,
            log: Log::new(),
            before: None,
            carried: Carried::new(columns.len()),
            data: SubjectData {
                id: String::new(),
                first_row,
                history: History { columns, records: Vec::new() },
                file: Arc::clone(file),
                text: String::new(),
                lines: Vec::new(),
            },
        }
    }

    /// The time of a row in h, which may only go back where the clock starts anew.
    fn time(&mut self, row: &Row<'_>, options: &DataOptions, anew: bool) -> Option<f64> {
        let Some((column, text)) = row.item(Item::Time) else {
            self.log.push(row.item_fault(&[Item::Time], CellError::Missing));
            return None;
        };
        let found = match super::row::number(&text) {
            Ok(found) if options.time(found).is_finite() => found,
            _ => {
                let found = text.into_owned();
                let clock = found.contains(':');
                let what = if clock { CellError::ClockTime { found } } else { CellError::NotNumber { found } };
                self.log.push(row.fault(column, what));
                return None;
            }
        };
        if let Some(before) = self.before.filter(|before| found < *before && !anew) {
            self.log.push(row.fault(column, CellError::TimeBackwards { found, before }));
        }
        self.before = Some(found);
        Some(options.time(found))
    }

    fn push(&mut self, raw: &RawRow, record: Record) {
        let start = self.data.text.len();
        self.data.text.push_str(&raw.line);
        self.data.lines.push((raw.number, start..self.data.text.len()));
        self.data.history.records.push(record);
    }

    fn finish(self) -> Result<SubjectData, Faults<DataError>> {
        let Draft { id, data, log, .. } = self;
        Faults::check(log, || SubjectData { id: id.unwrap_or_default(), ..data })
    }
}
