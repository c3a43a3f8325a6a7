//! CSV cut anywhere, row by row.

use csv_core::{ReadRecordResult, Reader};
use std::io;

/// A reader of CSV that is handed its text piece by piece.
#[derive(Debug, Default)]
pub(super) struct Rows {
    reader: Reader,
    /// The cells of the row in hand, unquoted, one behind the other.
    cells: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// How much of both is filled.
    filled: (usize, usize),
}

impl Rows {
    /// Reads a piece, and hands on each row that it completes.
    pub fn read(&mut self, mut piece: &[u8], mut row: impl FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        while !piece.is_empty() {
            piece = &piece[self.step(piece, &mut row)?..];
        }
        Ok(())
    }

    /// Whether the last row is complete.
    pub fn is_complete(&self) -> bool {
        self.filled == (0, 0)
    }

    /// Reads as far as there is room, or to the end of a row; returns how far that was.
    fn step(&mut self, piece: &[u8], row: &mut impl FnMut(Row<'_>) -> io::Result<()>) -> io::Result<usize> {
        let (bytes, fields) = self.filled;
        let (result, read, wrote, ended) =
            self.reader.read_record(piece, &mut self.cells[bytes..], &mut self.ends[fields..]);
        self.filled = (bytes + wrote, fields + ended);
        match result {
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            ReadRecordResult::OutputFull => self.cells.resize((2 * self.cells.len()).max(256), 0),
            ReadRecordResult::OutputEndsFull => self.ends.resize((2 * self.ends.len()).max(16), 0),
            ReadRecordResult::Record => {
                let ends = &self.ends[..self.filled.1];
                self.filled = (0, 0);
                row(Row { cells: &self.cells, start: 0, ends: ends.iter() })?;
            }
        }
        Ok(read)
    }
}

/// The cells of a row.
pub(super) struct Row<'r> {
    cells: &'r [u8],
    start: usize,
    ends: std::slice::Iter<'r, usize>,
}

impl<'r> Iterator for Row<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        let end = *self.ends.next()?;
        Some(&self.cells[std::mem::replace(&mut self.start, end)..end])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

impl ExactSizeIterator for Row<'_> {}
