//! Long tables on their way to a file: rows come as CSV, and the file is CSV or Parquet.

#[cfg(feature = "parquet")]
use super::parquet::Parquet;
use super::{Column, IoError, csv_line};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

/// What a file of a table is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Text, with units in the manifest.
    Csv,
    /// Columns, with their units. Feature `parquet`.
    Parquet,
}

impl FileFormat {
    /// What the ending of a file's name says.
    ///
    /// # Errors
    /// [`IoError::NotATable`], and those of [`FileFormat::built`].
    pub fn of(path: &Path) -> Result<Self, IoError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        Self::named(&ending.to_ascii_lowercase()).ok_or_else(|| IoError::NotATable { path: path.into() })?.built()
    }

    /// The format of a name, which is the ending of files without the point.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Csv, Self::Parquet].into_iter().find(|format| format.name() == name)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// The same format, if this build writes it.
    ///
    /// # Errors
    /// [`IoError::NoParquet`].
    pub fn built(self) -> Result<Self, IoError> {
        match self {
            Self::Parquet if cfg!(not(feature = "parquet")) => Err(IoError::NoParquet),
            format => Ok(format),
        }
    }
}

/// A table whose rows are written as CSV, without the header, and end up in the format of the file. Rows are never held all
/// at once.
#[derive(Debug)]
pub struct LongTable<W: Write + Send>(Inner<W>);

#[derive(Debug)]
enum Inner<W: Write + Send> {
    Csv(W),
    #[cfg(feature = "parquet")]
    Parquet(Box<Parquet<W>>),
}

impl<W: Write + Send> LongTable<W> {
    /// A table of these columns without rows.
    ///
    /// # Errors
    /// What `out` says; [`io::ErrorKind::Unsupported`] where this build does not write the format.
    pub fn new(mut out: W, format: FileFormat, columns: &[Column]) -> io::Result<Self> {
        Ok(LongTable(match format {
            FileFormat::Csv => {
                out.write_all(csv_line(columns.iter().map(|column| &column.name)).as_bytes())?;
                Inner::Csv(out)
            }
            #[cfg(feature = "parquet")]
            FileFormat::Parquet => Inner::Parquet(Box::new(Parquet::new(out, columns)?)),
            #[cfg(not(feature = "parquet"))]
            FileFormat::Parquet => return Err(io::Error::new(io::ErrorKind::Unsupported, IoError::NoParquet)),
        }))
    }

    /// Writes what is left and gives back what was written to.
    ///
    /// # Errors
    /// What `out` says; rows that do not fit the columns.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Inner::Csv(out) => Ok(out),
            #[cfg(feature = "parquet")]
            Inner::Parquet(table) => table.finish(),
        }
    }
}

impl<W: Write + Send> Write for LongTable<W> {
    fn write(&mut self, rows: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Csv(out) => out.write(rows),
            #[cfg(feature = "parquet")]
            Inner::Parquet(table) => table.add(rows).map(|()| rows.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Inner::Csv(out) => out.flush(),
            // Rows wait for those of their group.
            #[cfg(feature = "parquet")]
            Inner::Parquet(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn the_ending_decides() {
        for name in ["a.csv", "b/a.CSV"] {
            assert_eq!(FileFormat::of(Path::new(name)).unwrap(), FileFormat::Csv);
        }
        for name in ["csv", "a", "a.csv.gz", ".parquet", ""] {
            assert_eq!(FileFormat::of(Path::new(name)).unwrap_err().code(), "E_TABLE_FORMAT", "{name}");
        }
        let parquet = FileFormat::of(Path::new("a.parquet"));
        #[cfg(feature = "parquet")]
        assert_eq!(parquet.unwrap(), FileFormat::Parquet);
        #[cfg(not(feature = "parquet"))]
        {
            let error = parquet.unwrap_err();
            assert_eq!(error.code(), "E_NO_PARQUET");
            assert!(error.hint().unwrap().contains("--features parquet"));
        }
    }

    #[test]
    fn csv_is_passed_on() {
        let columns = [Column::integers("ID"), Column::new("a, b").unit("mg")];
        let mut table = LongTable::new(Vec::new(), FileFormat::Csv, &columns).unwrap();
        table.write_all(b"1,0.5\n").unwrap();
        assert_eq!(table.finish().unwrap(), b"ID,\"a, b\"\n1,0.5\n");
    }
}
