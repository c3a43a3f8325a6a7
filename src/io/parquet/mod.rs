//! Long tables as Parquet: rows of CSV in, row groups out.
//!
//! The same rows make the same bytes: groups hold a fixed number of rows, and no clock or host is in the file. Nothing is
//! compressed: texts, and numbers that repeat, are written once per group and then by their number.

mod rows;
mod schema;

use super::table::{Column, Holds};
use ::parquet::basic::{LogicalType, Repetition, Type as Physical};
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;
use rows::Rows;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of a group: what is held in memory, and what readers can skip.
const GROUP: usize = 1 << 16;
/// Bytes of values by number in a group's column, beyond which values that seldom repeat are written as they are.
const REPEATED: usize = 1 << 16;

/// A Parquet file being written.
#[derive(Debug)]
pub(super) struct Parquet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Rows,
    group: Group,
}

/// Rows that wait until their group is full.
#[derive(Debug)]
struct Group {
    columns: Vec<Held>,
    rows: usize,
}

/// The cells of a column that wait.
#[derive(Debug)]
struct Held {
    name: String,
    cells: Cells,
    /// 1 where a row has a cell, 0 where it is missing.
    levels: Vec<i16>,
}

#[derive(Debug)]
enum Cells {
    Texts(Vec<ByteArray>),
    Numbers(Vec<f64>),
    Integers(Vec<i64>),
}

impl<W: Write + Send> Parquet<W> {
    pub fn new(out: W, columns: &[Column]) -> io::Result<Self> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<Vec<_>, _>>();
        let root = fields.and_then(|fields| Type::group_type_builder("schema").with_fields(fields).build());
        let properties = WriterProperties::builder()
            .set_created_by(format!("posology version {}", env!("CARGO_PKG_VERSION")))
            .set_dictionary_page_size_limit(REPEATED)
            .set_key_value_metadata(Some(vec![KeyValue::new(schema::KEY.into(), schema::encoded(columns))]))
            .build();
        let file = root.and_then(|root| SerializedFileWriter::new(out, Arc::new(root), Arc::new(properties)));
        let columns = columns.iter().map(Held::new).collect();
        Ok(Parquet { file: file.map_err(failed)?, rows: Rows::new(), group: Group { columns, rows: 0 } })
    }

    /// Adds rows of CSV, which may be cut anywhere.
    pub fn add(&mut self, csv: &[u8]) -> io::Result<()> {
        let Parquet { file, rows, group } = self;
        rows.read(csv, |row| group.add(row, file))
    }

    pub fn finish(mut self) -> io::Result<W> {
        if !self.rows.is_complete() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last row has no end"));
        }
        if self.group.rows > 0 {
            self.group.write(&mut self.file)?;
        }
        self.file.into_inner().map_err(failed)
    }
}

impl Group {
    /// Adds a row, and writes the group if it is full.
    fn add<'r, W: Write + Send>(
        &mut self,
        row: impl ExactSizeIterator<Item = &'r [u8]>,
        file: &mut SerializedFileWriter<W>,
    ) -> io::Result<()> {
        if row.len() != self.columns.len() {
            let message = format!("a row has {} cells, and there are {} columns", row.len(), self.columns.len());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.columns.iter_mut().zip(row).try_for_each(|(column, cell)| column.add(cell))?;
        self.rows += 1;
        if self.rows == GROUP { self.write(file) } else { Ok(()) }
    }

    fn write<W: Write + Send>(&mut self, file: &mut SerializedFileWriter<W>) -> io::Result<()> {
        self.rows = 0;
        let mut group = file.next_row_group().map_err(failed)?;
        for column in &mut self.columns {
            let mut writer = group.next_column().map_err(failed)?.expect("the file has the columns of the table");
            column.write(writer.untyped()).and_then(|()| writer.close()).map_err(failed)?;
        }
        group.close().map(|_| ()).map_err(failed)
    }
}

impl Held {
    fn new(column: &Column) -> Self {
        let cells = match column.holds {
            Holds::Texts => Cells::Texts(Vec::new()),
            Holds::Numbers => Cells::Numbers(Vec::new()),
            Holds::Integers => Cells::Integers(Vec::new()),
        };
        Held { name: column.name.clone(), cells, levels: Vec::new() }
    }

    fn add(&mut self, cell: &[u8]) -> io::Result<()> {
        self.levels.push(i16::from(!cell.is_empty()));
        if cell.is_empty() {
            return Ok(());
        }
        let fits = match &mut self.cells {
            // A text that repeats is held once.
            Cells::Texts(texts) => {
                let same = texts.last().filter(|last| last.data() == cell).cloned();
                texts.push(same.unwrap_or_else(|| cell.to_vec().into()));
                Some(())
            }
            Cells::Numbers(numbers) => parsed(cell).map(|number| numbers.push(number)),
            Cells::Integers(integers) => parsed(cell).map(|integer| integers.push(integer)),
        };
        fits.ok_or_else(|| {
            let cell = String::from_utf8_lossy(cell);
            io::Error::new(io::ErrorKind::InvalidData, format!("`{cell}` does not fit the column `{}`", self.name))
        })
    }

    /// Writes what waits, and holds nothing any more.
    fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match (&mut self.cells, writer) {
            (Cells::Texts(texts), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(texts, levels, None)?;
                texts.clear();
            }
            (Cells::Numbers(numbers), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(numbers, levels, None)?;
                numbers.clear();
            }
            (Cells::Integers(integers), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(integers, levels, None)?;
                integers.clear();
            }
            _ => unreachable!("the file was made for these columns"),
        }
        self.levels.clear();
        Ok(())
    }
}

/// A column of the file.
fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.holds {
        Holds::Texts => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Holds::Numbers => (Physical::DOUBLE, None),
        Holds::Integers => (Physical::INT64, None),
    };
    let builder = Type::primitive_type_builder(&column.name, physical);
    builder.with_logical_type(logical).with_repetition(Repetition::OPTIONAL).build()
}

fn parsed<T: std::str::FromStr>(cell: &[u8]) -> Option<T> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// What the system said, where it was the system.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => source.downcast().map_or_else(io::Error::other, |source| *source),
        error => io::Error::other(error),
    }
}
