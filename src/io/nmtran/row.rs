//! One row: its cells by meaning, and faults placed on them.

use super::error::{CellError, DataError};
use super::header::{Header, Item};
use crate::document::cells::{is_missing, unquoted};
use crate::error::{Fault, Source, Span};
use std::borrow::Cow;
use std::ops::Range;

/// What was found wrong so far.
pub(super) type Log = Vec<Fault<DataError>>;

/// One row of the data.
pub(super) struct Row<'a> {
    pub file: &'a str,
    /// Number of its line in the file.
    pub number: usize,
    /// Counted from 1 below the header.
    pub row: usize,
    pub line: &'a str,
    pub cells: &'a [Range<usize>],
    pub header: &'a Header,
}

impl<'a> Row<'a> {
    /// What a cell says, if it says anything.
    pub fn text(&self, column: usize) -> Option<Cow<'a, str>> {
        Some(unquoted(&self.line[self.cells[column].clone()])).filter(|text| !is_missing(text))
    }

    /// A fault at a cell.
    pub fn fault(&self, column: usize, what: CellError) -> Fault<DataError> {
        let cell = &self.line[self.cells[column].clone()];
        let trimmed = cell.trim();
        let start =
            self.cells[column].start + if trimmed.is_empty() { 0 } else { cell.len() - cell.trim_start().len() };
        let kind = DataError::Cell { row: self.row, column: self.header.names()[column].clone(), what };
        let source = Source::line(self.file, self.line, self.number);
        Fault::at(kind, Span::new(start, start + trimmed.len())).within(&source)
    }

    /// A fault at the cell of the first of these items that the data set has a column for.
    pub fn item_fault(&self, items: &[Item], what: CellError) -> Fault<DataError> {
        let column = items.iter().find_map(|item| self.header.at(*item)).or(self.header.at(Item::Id));
        self.fault(column.expect("a header has an ID"), what)
    }

    /// What the cell of an item says, if there is a column and it says anything.
    pub fn item(&self, item: Item) -> Option<(usize, Cow<'a, str>)> {
        let column = self.header.at(item)?;
        Some((column, self.text(column)?))
    }

    /// The number in the cell of an item; `None` where it is missing, or wrong and logged.
    pub fn number(&self, item: Item, log: &mut Log) -> Option<f64> {
        let (column, text) = self.item(item)?;
        match number(&text) {
            Ok(value) => Some(value),
            Err(what) => {
                log.push(self.fault(column, what));
                None
            }
        }
    }
}

/// A finite number.
pub(super) fn number(text: &str) -> Result<f64, CellError> {
    match text.parse::<f64>() {
        // Rust also reads `inf` and `nan`, and a number too large for an f64 as infinite.
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(CellError::NotNumber { found: text.into() }),
    }
}
