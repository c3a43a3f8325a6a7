//! One table, printed for people, as CSV or as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::error::IoError;
use super::number::number;
use super::text;

/// A column: its name, what it holds, and its unit where every value has the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name, which is the CSV header and the JSON key.
    pub name: String,
    /// The unit, shown under the name in tables for people; CSV and JSON carry plain names, the manifest carries the units.
    pub unit: Option<String>,
    /// What the column of a Parquet file is made for; CSV and JSON show cells as they are.
    pub holds: Holds,
}

/// What the cells of a column are, where they are not missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// [`Cell::Text`], or cells of several kinds.
    Texts,
    /// [`Cell::Number`]
    Numbers,
    /// [`Cell::Integer`]
    Integers,
}

impl Column {
    /// A column of texts.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), unit: None, holds: Holds::Texts }
    }

    /// A column of numbers without a unit.
    pub fn numbers(name: impl Into<String>) -> Self {
        Self { holds: Holds::Numbers, ..Self::new(name) }
    }

    /// A column of counts.
    pub fn integers(name: impl Into<String>) -> Self {
        Self { holds: Holds::Integers, ..Self::new(name) }
    }

    /// The same column with a unit, which makes it one of numbers.
    pub fn unit(self, unit: impl Into<String>) -> Self {
        Self { unit: Some(unit.into()), holds: Holds::Numbers, ..self }
    }
}

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, rounded only for people.
    Number(f64),
    /// A count, never rounded.
    Integer(i64),
    /// Nothing, and why: `"not in this model"`. The reason may be empty.
    Missing(String),
}

impl Cell {
    /// Nothing, because of `reason`.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing(reason.into())
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned text, rounded, with units.
    #[default]
    Table,
    /// Comma-separated values.
    Csv,
    /// An array of objects.
    Json,
}

impl FromStr for Format {
    type Err = IoError;

    fn from_str(text: &str) -> Result<Self, IoError> {
        match text {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(IoError::UnknownFormat { found: text.into() }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
        })
    }
}

/// Rows of cells under named columns; the first column is the key that wide tables repeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The units of the columns that have one, by name.
    pub fn units(&self) -> BTreeMap<String, String> {
        self.columns.iter().filter_map(|column| Some((column.name.clone(), column.unit.clone()?))).collect()
    }

    /// The rows, in order; each has one cell per column.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If the row does not have one cell per column: the caller made both.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row has one cell per column");
        self.rows.push(row);
    }

    /// The same with a last column `missing`, which says which cells of a row are missing and why: CSV has no other place for it.
    pub fn with_reasons(mut self) -> Self {
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        for row in &mut self.rows {
            let reasons = names.iter().zip(&*row).filter_map(|(name, cell)| match cell {
                Cell::Missing(reason) if !reason.is_empty() => Some(format!("{name}: {reason}")),
                _ => None,
            });
            let reasons = reasons.collect::<Vec<_>>().join("; ");
            row.push(if reasons.is_empty() { Cell::missing("") } else { reasons.into() });
        }
        self.columns.push(Column::new("missing"));
        self
    }

    /// The same without columns that no row fills.
    pub fn without_empty_columns(mut self) -> Self {
        let filled = |place: usize| self.rows.iter().any(|row| !matches!(row[place], Cell::Missing(_)));
        let kept: Vec<bool> = (0..self.columns.len()).map(|place| self.rows.is_empty() || filled(place)).collect();
        let mut keep = kept.iter();
        self.columns.retain(|_| *keep.next().expect("one for each column"));
        for row in &mut self.rows {
            let mut keep = kept.iter();
            row.retain(|_| *keep.next().expect("a row has one cell per column"));
        }
        self
    }

    /// The same with the rows that are to be kept.
    pub fn with_rows(mut self, keep: impl Fn(&[Cell]) -> bool) -> Self {
        self.rows.retain(|row| keep(row));
        self
    }

    /// Prints in a format; `width` is the number of characters a line of a table for people may have.
    pub fn render(&self, format: Format, width: usize) -> String {
        match format {
            Format::Table => self.to_text(width),
            Format::Csv => self.to_csv(),
            Format::Json => self.to_json(),
        }
    }

    /// Aligned text for people: rounded numbers, units under the names, and blocks of columns that repeat the first
    /// column where the table is wider than `width`. The reasons of missing cells are listed below.
    pub fn to_text(&self, width: usize) -> String {
        text::render(self, width)
    }

    /// CSV with plain column names. A missing cell is empty; its reason is in the other two formats.
    pub fn to_csv(&self) -> String {
        csv_line(self.columns.iter().map(|column| &column.name)) + &csv_rows(&self.rows)
    }

    /// A JSON array with one object per row, keys in the order of the columns.
    ///
    /// A missing cell, and a number that is not finite, is `null`; the reasons of a row stand beside the values under the
    /// key `_missing`, an object from column name to reason, which is absent where nothing is missing.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are text");
        json.push('\n');
        json
    }
}

/// A line of CSV.
pub(crate) fn csv_line<'a>(fields: impl IntoIterator<Item = &'a String>) -> String {
    csv_lines(std::iter::once(fields))
}

/// Rows of cells as CSV without a header; see [`Table::to_csv`].
pub(crate) fn csv_rows(rows: &[Vec<Cell>]) -> String {
    let field = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(value) => number(*value),
        Cell::Integer(value) => value.to_string(),
        Cell::Missing(_) => String::new(),
    };
    csv_lines(rows.iter().map(|row| row.iter().map(field)))
}

fn csv_lines<F: AsRef<[u8]>>(lines: impl IntoIterator<Item = impl IntoIterator<Item = F>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    lines
        .into_iter()
        .for_each(|line| writer.write_record(line).expect("rows are equally long, and memory is written to"));
    let bytes = writer.into_inner().expect("writing to memory");
    String::from_utf8(bytes).expect("fields are text")
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.rows.len()))?;
        for cells in &self.rows {
            rows.serialize_element(&Row { columns: &self.columns, cells })?;
        }
        rows.end()
    }
}

struct Row<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                Cell::Text(text) => map.serialize_entry(&column.name, text)?,
                Cell::Integer(value) => map.serialize_entry(&column.name, value)?,
                Cell::Number(value) => map.serialize_entry(&column.name, value)?,
                Cell::Missing(_) => map.serialize_entry(&column.name, &())?,
            }
        }
        let reasons = Reasons(self);
        if reasons.entries().next().is_some() {
            map.serialize_entry("_missing", &reasons)?;
        }
        map.end()
    }
}

struct Reasons<'a>(&'a Row<'a>);

impl Reasons<'_> {
    fn entries(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.columns.iter().zip(self.0.cells).filter_map(|(column, cell)| match cell {
            Cell::Missing(reason) if !reason.is_empty() => Some((column.name.as_str(), reason.clone())),
            Cell::Number(value) if !value.is_finite() => Some((column.name.as_str(), number(*value))),
            _ => None,
        })
    }
}

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn small() -> Table {
        let mut table =
            Table::new(vec![Column::new("arm"), Column::new("Cmax").unit("ng/mL"), Column::new("sessions")]);
        table.push(vec!["iv, \"B2\"".into(), 187.123_456_789.into(), 18i64.into()]);
        table.push(vec!["oral".into(), Cell::missing("not in this model"), 18i64.into()]);
        table.push(vec!["odd".into(), f64::INFINITY.into(), 0i64.into()]);
        table
    }

    #[test]
    fn csv_is_plain_and_full() {
        assert_eq!(small().to_csv(), "arm,Cmax,sessions\n\"iv, \"\"B2\"\"\",187.123456789,18\noral,,18\nodd,Inf,0\n");
    }

    #[test]
    fn json_keeps_order_numbers_and_reasons() {
        let json = small().to_json();
        let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(rows[0]["Cmax"].as_f64(), Some(187.123_456_789));
        assert!(rows[0].get("_missing").is_none());
        assert!(rows[1]["Cmax"].is_null());
        assert_eq!(rows[1]["_missing"]["Cmax"], "not in this model");
        assert_eq!(rows[2]["_missing"]["Cmax"], "Inf");
        assert!(json.find("\"arm\"") < json.find("\"Cmax\"") && json.find("\"Cmax\"") < json.find("\"sessions\""));
    }

    #[test]
    fn columns_that_nothing_fills_are_left_out() {
        let mut table = small();
        table.columns.insert(1, Column::new("none"));
        table.rows.iter_mut().for_each(|row| row.insert(1, Cell::missing("nowhere")));
        assert_eq!(table.without_empty_columns(), small());
        assert_eq!(small().with_rows(|row| row[2] == Cell::Integer(0)).rows().len(), 1);
    }

    #[test]
    fn formats_by_name() {
        for format in [Format::Table, Format::Csv, Format::Json] {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }
        let error = "xlsx".parse::<Format>().unwrap_err();
        assert_eq!(error.code(), "E_TABLE_FORMAT");
        assert!(error.hint().unwrap().contains("csv"));
    }
}
