//! CSV cut anywhere, row by row.

use csv_core::{ReadRecordResult, Reader};
use std::io;

/// A reader of CSV that is handed its text piece by piece.
#[derive(Debug)]
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
    pub fn new() -> Self {
        Rows { reader: Reader::new(), cells: Vec::new(), ends: Vec::new(), filled: (0, 0) }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_may_be_cut_anywhere() {
        let long = "x".repeat(1000);
        let text = format!("1,\"a, \"\"b\"\"\",\n,,2\n\"\",{long},3\n{}\n", ["y"; 40].join(","));
        let wanted: Vec<Vec<String>> = vec![
            ["1", "a, \"b\"", ""].map(String::from).into(),
            ["", "", "2"].map(String::from).into(),
            vec![String::new(), long, "3".into()],
            vec!["y".into(); 40],
        ];
        for piece in [1, 2, 3, 7, 256, text.len()] {
            let (mut rows, mut found) = (Rows::new(), Vec::new());
            for piece in text.as_bytes().chunks(piece) {
                let keep = |row: Row<'_>| {
                    found.push(row.map(|cell| String::from_utf8(cell.to_vec()).unwrap()).collect::<Vec<_>>());
                    Ok(())
                };
                rows.read(piece, keep).unwrap();
            }
            assert!(rows.is_complete());
            assert_eq!(found, wanted, "in pieces of {piece}");
        }
        let mut rows = Rows::new();
        rows.read(b"1,2", |_| Ok(())).unwrap();
        assert!(!rows.is_complete());
    }
}
