//! The rows of a data set with what a model says about them.

use super::header::Header;
use super::reader::SubjectData;
use crate::io::number;
use std::io::{self, Write};

/// Writes the rows of a data set as they are, each with the model's outputs behind it, in the order of the data set.
/// Numbers have the fewest digits that read back to the same value.
pub struct DataWriter<W> {
    write: W,
    outputs: usize,
    line: String,
}

impl<W: Write> DataWriter<W> {
    /// Writes the header: the data set's columns, then one per output.
    ///
    /// # Errors
    /// What the system says.
    pub fn new<'a>(write: W, header: &Header, outputs: impl IntoIterator<Item = &'a str>) -> io::Result<Self> {
        let mut writer = DataWriter { write, outputs: 0, line: header.line().to_string() };
        for output in outputs {
            writer.line.push(',');
            writer.line.push_str(output);
            writer.outputs += 1;
        }
        writer.end_line()?;
        Ok(writer)
    }

    /// Writes the rows of a subject. `values` has a row per record and a column per output, row by row; what is not a number
    /// becomes an empty cell.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Panics
    /// If `values` is of another size: the caller made both.
    pub fn write(&mut self, subject: &SubjectData, values: &[f64]) -> io::Result<()> {
        let rows = subject.rows();
        assert_eq!(values.len(), rows.len() * self.outputs, "one value per row and output");
        for (i, row) in rows.enumerate() {
            self.line.push_str(row);
            for value in &values[i * self.outputs..(i + 1) * self.outputs] {
                self.line.push(',');
                if !value.is_nan() {
                    self.line.push_str(&number(*value));
                }
            }
            self.end_line()?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push('\n');
        self.write.write_all(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.write
    }
}
