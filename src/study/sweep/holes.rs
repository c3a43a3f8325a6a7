//! Holes in the text of a regimen, and what fills them.

use super::design::Factor;
use crate::error::Span;

/// The factor whose values are regimens, which may have holes themselves.
pub(super) const HOLE_OF_REGIMENS: &str = "regimen";

/// The names in braces, each with the bytes from brace to brace.
pub(in crate::study) fn holes(text: &str) -> impl Iterator<Item = (&str, Span)> {
    text.match_indices('{').filter_map(move |(open, _)| {
        let length = text[open..].find('}')?;
        Some((text[open + 1..open + length].trim(), Span::new(open, open + length + 1)))
    })
}

/// The text with every hole filled by the factor of its name; regimens first, as they may have holes of other factors.
pub(super) fn filled(text: &str, factors: &[Factor], setting: &[String]) -> String {
    let fill = |text: &str, regimens: bool| {
        let (mut out, mut done) = (String::new(), 0);
        for (name, span) in holes(text).filter(|(name, _)| (*name == HOLE_OF_REGIMENS) == regimens) {
            let Some((_, value)) = factors.iter().zip(setting).find(|(f, _)| f.name() == name) else { continue };
            out.push_str(&text[done..span.start]);
            out.push_str(value);
            done = span.end;
        }
        out.push_str(&text[done..]);
        out
    };
    fill(&fill(text, true), false)
}
