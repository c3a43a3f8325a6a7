//! Lines of a file and the cells in them, each with its place.

use super::error::DataError;
use crate::error::{Fault, Faults, Source, Span};
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
