//! Lines of a file and the cells in them, each with its place.

use super::error::DataError;
use crate::error::{Fault, Faults, Source, Span};
use std::borrow::Cow;
use std::io::{BufRead, Read};
use std::ops::Range;

/// The longest line that is read, in bytes: a file without line ends must not fill the memory.
const LONGEST: usize = 1 << 20;

/// The lines of a file that say something: no empty ones, no comments.
pub(super) struct Lines<R> {
    read: R,
    name: String,
    /// Number of the line last read, from 1.
    number: usize,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(read: R, name: &str) -> Self {
        Lines { read, name: name.into(), number: 0, bytes: Vec::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number and text of the next line, without its end; `None` at the end of the file. After an error nothing more can be read.
    pub fn next(&mut self) -> Result<Option<(usize, &str)>, Faults<DataError>> {
        loop {
            self.bytes.clear();
            let mut limited = (&mut self.read).take(LONGEST as u64 + 1);
            let read = limited
                .read_until(b'\n', &mut self.bytes)
                .map_err(|error| Fault::new(DataError::Read { name: self.name.clone(), message: error.to_string() }))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && self.bytes.starts_with(b"\xef\xbb\xbf") {
                self.bytes.drain(..3);
            }
            if self.bytes.len() > LONGEST {
                return Err(self.fault(DataError::LineTooLong { limit: LONGEST }, LONGEST));
            }
            if self.bytes.trim_ascii().first().is_some_and(|first| *first != b'#') {
                break;
            }
        }
        while let Some(b'\n' | b'\r') = self.bytes.last() {
            self.bytes.pop();
        }
        let bad = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.find('\0'),
            Err(error) => Some(error.valid_up_to()),
        };
        match (bad, std::str::from_utf8(&self.bytes)) {
            (None, Ok(text)) => Ok(Some((self.number, text))),
            (bad, _) => Err(self.fault(DataError::NotText, bad.unwrap_or(0))),
        }
    }

    /// A fault at a byte of the present line, of which what is readable is shown.
    fn fault(&self, kind: DataError, at: usize) -> Faults<DataError> {
        const SHOWN: usize = 60;
        let from = at.saturating_sub(SHOWN);
        let to = self.bytes.len().min(at + SHOWN);
        let text = |range: Range<usize>| String::from_utf8_lossy(&self.bytes[range]).replace('\0', "\u{fffd}");
        let before = text(from..at);
        let line = before.clone() + &text(at..to);
        Fault::at(kind, Span::new(before.len(), before.len() + 1))
            .within(&Source::line(&self.name, line, self.number))
            .into()
    }
}

/// Finds the cells of a line, quotes and blanks around them included.
///
/// # Errors
/// The place of a quoted cell that does not end on the line, or has more behind its end.
pub(super) fn split(line: &str, cells: &mut Vec<Range<usize>>) -> Result<(), Span> {
    cells.clear();
    let bytes = line.as_bytes();
    let mut start = 0;
    loop {
        let mut at = start;
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        if bytes.get(at) == Some(&b'"') {
            at = quoted_end(bytes, at).ok_or(Span::new(at, bytes.len()))?;
            while bytes.get(at) == Some(&b' ') {
                at += 1;
            }
            if !matches!(bytes.get(at), None | Some(b',')) {
                return Err(Span::new(start, at));
            }
        } else {
            at = bytes[start..].iter().position(|b| *b == b',').map_or(bytes.len(), |length| start + length);
        }
        cells.push(start..at);
        if at == bytes.len() {
            return Ok(());
        }
        start = at + 1;
    }
}

/// One past the quote that ends the cell whose opening quote is at `open`; two quotes are one inside.
fn quoted_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += bytes[at..].iter().position(|b| *b == b'"')? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// What a cell says, without quotes and the blanks around it.
pub(super) fn unquoted(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if inner.contains('"') => Cow::Owned(inner.replace("\"\"", "\"").trim().to_string()),
        Some(inner) => Cow::Borrowed(inner.trim()),
        None => Cow::Borrowed(cell),
    }
}

/// Whether a cell without its quotes says nothing.
pub(super) fn is_missing(text: &str) -> bool {
    matches!(text, "" | "." | "NA")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(line: &str) -> Result<Vec<String>, Span> {
        let mut found = Vec::new();
        split(line, &mut found)?;
        Ok(found.into_iter().map(|range| unquoted(&line[range]).into_owned()).collect())
    }

    #[test]
    fn cells_are_found_with_their_quotes() {
        assert_eq!(cells("1, 2 ,").unwrap(), ["1", "2", ""]);
        assert_eq!(cells(r#""a,b", "say ""hi""" ,5"6"#).unwrap(), ["a,b", r#"say "hi""#, r#"5"6"#]);
        assert_eq!(cells(r#"1,"open"#).unwrap_err(), Span::new(2, 7));
        assert_eq!(cells(r#"1,"a"b,2"#).unwrap_err(), Span::new(2, 5));
        assert_eq!(cells(r#"""#).unwrap_err(), Span::new(0, 1));
    }

    #[test]
    fn comments_empty_lines_marks_and_line_ends_are_no_text() {
        let file = "\u{feff}ID,TIME\r\n\r\n  # 1\r\n\n1,2";
        let mut lines = Lines::new(file.as_bytes(), "a.csv");
        assert_eq!(lines.next().unwrap(), Some((1, "ID,TIME")));
        assert_eq!(lines.next().unwrap(), Some((5, "1,2")));
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn what_is_no_text_is_shown_where_it_begins() {
        for file in [b"ID\n1,\xe4\n".as_slice(), b"ID\n1,\0\n"] {
            let mut lines = Lines::new(file, "a.csv");
            lines.next().unwrap();
            let fault = lines.next().unwrap_err();
            assert_eq!(*fault.kind(), DataError::NotText);
            assert!(fault.to_string().contains("a.csv:2:3"), "{fault}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let mut lines = Lines::new(std::io::BufReader::new(std::io::repeat(b'1')), "a.csv");
        assert_eq!(*lines.next().unwrap_err().kind(), DataError::LineTooLong { limit: LONGEST });
        assert!(lines.bytes.capacity() <= 4 * LONGEST);
    }

    proptest! {
        #[test]
        fn the_csv_crate_writes_what_is_read_here(row in prop::collection::vec("[ -~äµ]{0,6}", 2..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&row).unwrap();
            let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let line = line.trim_end_matches('\n');
            // Blanks before a quote belong to the cell for the csv crate, and around a quoted cell for people.
            prop_assume!(!row.iter().any(|cell| cell.contains('"') && cell.trim_start() != cell));
            let trimmed: Vec<&str> = row.iter().map(|cell| cell.trim()).collect();
            prop_assert_eq!(cells(line).unwrap(), trimmed);
        }

        #[test]
        fn cells_and_commas_make_up_the_line(line in "[\", a]{0,12}") {
            let mut found = Vec::new();
            if split(&line, &mut found).is_ok() {
                let joined: Vec<&str> = found.into_iter().map(|range| &line[range]).collect();
                prop_assert_eq!(joined.join(","), line);
            }
        }
    }
}
