//! The cells of a line of comma-separated values.

use crate::error::Span;
use std::borrow::Cow;
use std::ops::Range;

/// Finds the cells of a line, quotes and blanks around them included.
///
/// # Errors
/// The place of a quoted cell that does not end on the line, or has more behind its end.
pub(crate) fn split(line: &str, cells: &mut Vec<Range<usize>>) -> Result<(), Span> {
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
pub(crate) fn unquoted(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if inner.contains('"') => Cow::Owned(inner.replace("\"\"", "\"").trim().to_string()),
        Some(inner) => Cow::Borrowed(inner.trim()),
        None => Cow::Borrowed(cell),
    }
}

/// Lines that say something, each with its first byte: neither empty ones nor comments, which begin with `#`.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let from = start;
        start += line.len();
        (from, line.trim_end_matches(['\n', '\r']))
    });
    lines.filter(|(_, line)| !matches!(line.trim_start().as_bytes().first(), None | Some(b'#')))
}

/// Whether a cell without its quotes says nothing.
pub(crate) fn is_missing(text: &str) -> bool {
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

    proptest! {
        #[cfg(feature = "study")]
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
