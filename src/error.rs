//! Where a fault is and how it prints: spans, sources, faults and diagnostics.
//!
//! Each module owns its kinds of error (an enum that implements [`Kind`]); this module gives them a place
//! ([`Fault`]), collects them ([`Faults`]) and renders them ([`Diagnostic`]).

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A range of bytes in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` to just before `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end: end.max(start) }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Self {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The same span, `offset` bytes further on: from a text to the file that holds it.
    pub fn shifted(self, offset: usize) -> Self {
        Span { start: self.start + offset, end: self.end + offset }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Span::new(range.start, range.end)
    }
}

/// A text that somebody wrote, with the name to show for it (a file's path, `--give`).
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What to call it in a message.
    pub name: String,
    /// The whole text, or the part of it that is at hand.
    pub text: String,
    /// Number of the first line of `text`.
    pub first_line: usize,
}

impl Source {
    /// A source that many faults can share.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: text.into(), first_line: 1 })
    }

    /// One line of a text too long to keep.
    pub fn line(name: impl Into<String>, line: impl Into<String>, number: usize) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: line.into(), first_line: number })
    }

    /// Line and column of a byte, both counted from 1; columns count characters.
    pub fn location(&self, byte: usize) -> Location {
        let byte = floor_char_boundary(&self.text, byte);
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Location {
            line: before.matches('\n').count() + self.first_line,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

fn floor_char_boundary(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// A place in a text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// What every kind of error says about itself. `Display` is the one-line message, without place or code.
pub trait Kind: fmt::Debug + fmt::Display {
    /// Stable code, such as `E_UNIT_MISMATCH`.
    fn code(&self) -> &'static str;
    /// What to do about it, where one is known.
    fn hint(&self) -> Option<String> {
        None
    }
    /// A few words beside the caret.
    fn label(&self) -> Option<String> {
        None
    }
}

/// One error of kind `K`, with its place where it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault<K> {
    /// What is wrong.
    pub kind: K,
    /// Where, in bytes of the source.
    pub span: Option<Span>,
    /// The text it is in.
    pub source: Option<Arc<Source>>,
}

impl<K> Fault<K> {
    /// A fault without a place.
    pub fn new(kind: K) -> Self {
        Fault { kind, span: None, source: None }
    }

    /// A fault at a span of a text that is named later, with [`Fault::within`].
    pub fn at(kind: K, span: Span) -> Self {
        Fault { kind, span: Some(span), source: None }
    }

    /// Names the text that the span counts in, unless it is named already.
    pub fn within(mut self, source: &Arc<Source>) -> Self {
        self.source.get_or_insert_with(|| Arc::clone(source));
        self
    }

    /// The same fault as another kind.
    pub fn map<L>(self, f: impl FnOnce(K) -> L) -> Fault<L> {
        Fault { kind: f(self.kind), span: self.span, source: self.source }
    }

    /// The same fault with its span counted in a text that holds this one from `offset` on.
    pub fn shifted(mut self, offset: usize) -> Self {
        self.span = self.span.map(|s| s.shifted(offset));
        self
    }
}

impl<K: Kind> Fault<K> {
    /// The fault, ready to print.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: self.kind.code(),
            message: self.kind.to_string(),
            label: self.kind.label(),
            hint: self.kind.hint(),
            place: self.source.clone().zip(self.span),
        }
    }
}

/// One or more faults found in one reading: as many as could be found are shown at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults<K>(Vec<Fault<K>>);

impl<K> Faults<K> {
    /// `Ok(value)` if nothing was found, else all that was found.
    pub fn check<T>(found: Vec<Fault<K>>, value: impl FnOnce() -> T) -> Result<T, Faults<K>> {
        if found.is_empty() { Ok(value()) } else { Err(Faults(found)) }
    }

    /// The faults, in the order they were found; never empty.
    pub fn iter(&self) -> impl Iterator<Item = &Fault<K>> {
        self.0.iter()
    }

    /// The first fault.
    pub fn first(&self) -> &Fault<K> {
        &self.0[0]
    }

    /// Names the text that the spans count in.
    pub fn within(self, source: &Arc<Source>) -> Self {
        Faults(self.0.into_iter().map(|f| f.within(source)).collect())
    }

    /// The same faults as another kind.
    pub fn map<L>(self, f: impl Fn(K) -> L) -> Faults<L> {
        Faults(self.0.into_iter().map(|x| x.map(&f)).collect())
    }

    /// The same faults, each changed.
    pub(crate) fn each(self, f: impl Fn(Fault<K>) -> Fault<K>) -> Self {
        Faults(self.0.into_iter().map(f).collect())
    }

    /// The faults themselves.
    pub fn into_vec(self) -> Vec<Fault<K>> {
        self.0
    }
}

impl<K: Kind> Faults<K> {
    /// What is wrong first.
    pub fn kind(&self) -> &K {
        &self.0[0].kind
    }

    /// The stable code of what is wrong first.
    pub fn code(&self) -> &'static str {
        self.kind().code()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.kind().hint()
    }
}

impl<K> From<Fault<K>> for Faults<K> {
    fn from(fault: Fault<K>) -> Self {
        Faults(vec![fault])
    }
}

impl<K: Kind> fmt::Display for Faults<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", fault.diagnostic())?;
        }
        Ok(())
    }
}

impl<K: Kind> std::error::Error for Faults<K> {}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing can be computed.
    Error,
    /// The result stands, but something about it should be known.
    Warning,
}

/// A message about an input, as shown to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable code.
    pub code: &'static str,
    /// One line.
    pub message: String,
    /// A few words beside the caret.
    pub label: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The text and the bytes it is about.
    pub place: Option<(Arc<Source>, Span)>,
}

impl Diagnostic {
    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, code, message: message.into(), label: None, hint: None, place: None }
    }

    /// The same with a hint.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: {}", self.code, self.message)?;
        if let Some((source, span)) = &self.place {
            write!(f, "\n{}", Excerpt { source, span: *span, label: self.label.as_deref() })?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// The line a span is on, with carets below it.
struct Excerpt<'a> {
    source: &'a Source,
    span: Span,
    label: Option<&'a str>,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.source.text;
        let start = floor_char_boundary(text, self.span.start);
        let end = floor_char_boundary(text, self.span.end).max(start);
        let place = self.source.location(start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        // A tab is one column wide here, so that the carets stay below what they point at.
        let line = text[line_start..line_end].trim_end_matches('\r').replace('\t', " ");
        let width = text[start..end.min(line_end)].chars().count().max(1);
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(f, "{gutter}--> {}:{}:{}", self.source.name, place.line, place.column)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {line}")?;
        write!(f, "{gutter} | {}{}", " ".repeat(place.column - 1), "^".repeat(width))?;
        match self.label {
            Some(label) => write!(f, " {label}"),
            None => Ok(()),
        }
    }
}

/// Many words begin with a shorter name by chance.
const SHORTEST_START: usize = 4;

/// The name among `names` that was probably meant by `word`: for hints about spelling. A word of which no letter is left
/// is another word; where no name is near, the longest one that the word begins with is meant.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = (1 + length / 4).min(length.saturating_sub(1));
    let word = word.to_lowercase();
    let names: Vec<(&str, String)> = names.into_iter().map(|name| (name, name.to_lowercase())).collect();
    let near = names
        .iter()
        .map(|(name, lower)| (edit_distance(&word, lower), *name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance);
    let start = || {
        let starts =
            names.iter().filter(|(_, lower)| lower.chars().count() >= SHORTEST_START && word.starts_with(lower));
        starts.max_by_key(|(_, lower)| lower.len()).map(|(name, _)| *name)
    };
    near.map(|(_, name)| name).or_else(start)
}

/// Levenshtein's distance between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Names in backquotes, joined by commas: for hints that list what exists.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the unit `{0}` is not known")]
    struct Unknown(&'static str);

    impl Kind for Unknown {
        fn code(&self) -> &'static str {
            "E_UNIT_UNKNOWN"
        }
        fn hint(&self) -> Option<String> {
            Some("did you mean `mg`?".into())
        }
    }

    #[test]
    fn a_fault_prints_its_line_with_carets_below_what_it_is_about() {
        let source = Source::new("mine.toml", "a = 1\nKm = \"µ mgg\" # x\n");
        let start = source.text.find("mgg").unwrap();
        let fault = Fault::at(Unknown("mgg"), Span::new(start, start + 3)).within(&source);
        assert_eq!(
            Faults::from(fault).to_string(),
            "error[E_UNIT_UNKNOWN]: the unit `mgg` is not known\n --> mine.toml:2:9\n  |\n2 | Km = \"µ mgg\" # x\n  |         ^^^\nhint: did you mean `mg`?"
        );
    }

    #[test]
    fn a_span_past_the_end_points_behind_the_last_character() {
        let source = Source::new("--give", "84 mg");
        let text = Fault::at(Unknown(""), Span::new(5, 5)).within(&source).diagnostic().to_string();
        assert!(text.contains("--give:1:6") && text.contains("|      ^"), "{text}");
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("intransal", ["oral", "intranasal"]), Some("intranasal"));
        assert_eq!(nearest("xyz", ["oral", "intranasal"]), None);
        assert_eq!(nearest("AUCinfinity", ["AUC", "AUCinf", "AUClast"]), Some("AUCinf"));
        assert_eq!(nearest("minimum", ["min", "h"]), None);
        assert_eq!((nearest("x", ["s"]), nearest("l", ["s", "L"])), (None, Some("L")));
    }
}
