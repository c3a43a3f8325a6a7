//! Words, numbers and quantities of a schedule's text, each with its place.

use super::duration::TIME_WORDS;
use super::{ClockTime, Date, DosingError, Duration, Numbers, TimeUnit};
use crate::error::{Fault, Span, nearest};
use crate::units::{Quantity, Unit, UnitError, number_length};

/// Words that have a meaning and so cannot name a route.
const KEYWORDS: &[&str] = &[
    "once", "every", "daily", "twice", "times", "weekly", "monthly", "on", "for", "x", "and", "then", "first",
    "rising", "falling", "except", "pause", "max", "rounded", "over", "at", "as", "by", "to", "each", "of", "after",
    "starting", "calendar", "up", "down", "device", "dose", "doses", "days", "day", "week", "weeks", "month", "months",
];

pub(super) type DosingFault = Fault<DosingError>;
pub(super) type Read<T> = Result<T, DosingFault>;

/// The word of the language that `word` was probably meant to be: closer than any name of a route should come.
pub(super) fn misspelt(word: &str) -> Option<&'static str> {
    let long = |word: &str| word.len() >= 4;
    let others = KEYWORDS.iter().copied().filter(|k| long(k) && long(word) && !k.eq_ignore_ascii_case(word));
    { others }.find(|k| one_letter_apart(word, k))
}

/// Whether one letter added, left out or changed makes one word of the other.
fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase().into_bytes(), b.as_bytes());
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    (a.len() - head - tail).max(b.len() - head - tail) <= 1
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(word)) || times_count(word).is_some()
}

/// `x6` and `×6` are `x 6`.
fn times_count(word: &str) -> Option<&str> {
    let digits = word.strip_prefix(['x', 'X', '×'])?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// Whether `name` can name a route: an identifier with hyphens, no word of the language, nor a slip of one.
pub(super) fn is_route_name(name: &str) -> bool {
    looks_like_name(name) && !is_keyword(name) && misspelt(name).is_none()
}

fn looks_like_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Reads a text from left to right.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// End of what was read last.
    last: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Scanner { text, at: 0, last: 0 }.skipped()
    }

    fn skipped(mut self) -> Self {
        self.skip();
        self
    }

    fn skip(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, bytes: usize) -> Span {
        let span = Span::new(self.at, self.at + bytes);
        self.at += bytes;
        self.last = self.at;
        self.skip();
        span
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Where the next word begins.
    pub fn start(&self) -> usize {
        self.at
    }

    /// From `start` to the end of what was read last.
    pub fn since(&self, start: usize) -> Span {
        Span::new(start, self.last)
    }

    /// The next word: a comma, or everything up to a space or a comma; empty at the end.
    pub fn peek(&self) -> &'a str {
        let rest = self.rest();
        match rest.starts_with(',') {
            true => &rest[..1],
            false => &rest[..rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len())],
        }
    }

    /// The word after the next.
    pub fn peek_second(&self) -> &'a str {
        let mut ahead = self.clone();
        ahead.take(ahead.peek().len());
        ahead.peek()
    }

    pub fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub fn at_number(&self) -> bool {
        number_length(self.rest()) > 0
    }

    /// Whether the next word is `word`, in any case.
    pub fn at_word(&self, word: &str) -> bool {
        self.peek().eq_ignore_ascii_case(word)
    }

    /// Reads `word` if it comes next.
    pub fn eat(&mut self, word: &str) -> Option<Span> {
        self.at_word(word).then(|| self.take(word.len()))
    }

    pub fn expect(&mut self, word: &str) -> Read<Span> {
        self.eat(word).ok_or_else(|| self.unexpected(format!("`{word}`"), &[word]))
    }

    /// Nothing may follow.
    pub fn expect_end(&self) -> Read<()> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected("nothing more", &[])) }
    }

    /// A fault at the next word: what was expected here, and the nearest of the words that may stand here.
    pub fn unexpected(&self, expected: impl Into<String>, words: &[&str]) -> DosingFault {
        let word = self.peek();
        let near =
            nearest(word, words.iter().copied()).filter(|near| word.len() > 1 && !near.eq_ignore_ascii_case(word));
        let (near, found) = (near.map(str::to_string), word.to_string());
        Fault::at(DosingError::Syntax { expected: expected.into(), found, near }, self.here())
    }

    pub fn here(&self) -> Span {
        Span::new(self.at, self.at + self.peek().len())
    }

    fn value(&mut self, what: &str) -> Read<(f64, Span)> {
        let length = number_length(self.rest());
        if length == 0 {
            return Err(self.unexpected(what, &[]));
        }
        let after = &self.rest()[length..];
        if after.starts_with(',') && after[1..].starts_with(|c: char| c.is_ascii_digit()) {
            let digits = after[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len() - 1);
            let span = Span::new(self.at, self.at + length + 1 + digits);
            let text = self.text[span.start..span.end].to_string();
            return Err(Fault::at(UnitError::DecimalComma { text }.into(), span));
        }
        let text = &self.rest()[..length];
        let value = text.parse::<f64>().ok().filter(|v| v.is_finite());
        let span = self.take(length);
        match value {
            Some(value) => Ok((value, span)),
            None => Err(Fault::at(UnitError::NotANumber { text: text.to_string() }.into(), span)),
        }
    }

    /// A whole number, 1 or more.
    pub fn count(&mut self, what: &'static str) -> Read<u32> {
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let goes_on = self.rest()[digits..].starts_with(|c: char| c == '.' || c.is_alphabetic());
        match self.rest()[..digits].parse::<u32>() {
            Ok(0) if !goes_on => Err(Fault::at(DosingError::ZeroCount { what }, self.here())),
            Ok(count) if !goes_on => {
                self.take(digits);
                Ok(count)
            }
            _ => Err(self.unexpected(format!("a whole number ({what})"), &[])),
        }
    }

    /// `x 6`, `x6`: the count.
    pub fn times(&mut self) -> Read<Option<u32>> {
        let word = self.peek();
        if self.eat("x").is_none() && self.eat("×").is_none() {
            if times_count(word).is_none() {
                return Ok(None);
            }
            // The number follows without a space.
            self.at += word.chars().next().map_or(0, char::len_utf8);
        }
        self.count("the number of doses").map(Some)
    }

    /// Whole numbers and ranges joined by commas: `3,4,7-9`.
    pub fn numbers(&mut self, what: &'static str) -> Read<Numbers> {
        let mut ranges = Vec::new();
        loop {
            let start = self.at;
            let from = self.count(what)?;
            let to = match self.text[self.last..].starts_with('-') {
                true => {
                    self.at = self.last;
                    self.take(1);
                    self.count(what)?
                }
                false => from,
            };
            if to < from {
                return Err(Fault::at(DosingError::FallingRange, self.since(start)));
            }
            ranges.push((from, to));
            if !self.another(|c| c.is_ascii_digit()) {
                // Ranges are checked above, so none is refused.
                return Ok(Numbers::from_ranges(ranges).unwrap_or_default());
            }
        }
    }

    /// Reads a comma if a list goes on behind it, which its next character shows.
    pub fn another(&mut self, goes_on: impl Fn(char) -> bool) -> bool {
        let next = self.rest().strip_prefix(',').map(str::trim_start);
        let more = next.is_some_and(|next| next.starts_with(goes_on));
        if more {
            self.take(1);
        }
        more
    }

    /// A number and its unit. `like` is a unit that would do, for the message when there is none.
    pub fn quantity(&mut self, like: &str) -> Read<(Quantity, Span)> {
        let (value, number) = self.value(&format!("an amount, such as `{like}`"))?;
        let word = self.peek();
        match word.parse::<Unit>() {
            Ok(unit) if !word.is_empty() && word != "," => {
                let unit_span = self.take(word.len());
                Ok((Quantity::new(value, unit), number.to(unit_span)))
            }
            Err(fault @ Fault { kind: UnitError::Unknown { near: Some(_), .. }, .. })
                if word.starts_with(char::is_alphabetic) && !is_keyword(word) =>
            {
                Err(fault.map(DosingError::from).shifted(self.at))
            }
            Err(fault @ Fault { kind: UnitError::TooLarge { .. }, .. }) => {
                Err(Fault::at(DosingError::from(fault.kind), self.here()))
            }
            Err(fault) if word.contains('/') => Err(fault.map(DosingError::from).shifted(self.at)),
            _ => Err(Fault::at(UnitError::Missing { value, expected: like.to_string() }.into(), number)),
        }
    }

    /// A number and a unit of time; `week` alone is one week.
    pub fn duration(&mut self) -> Read<Duration> {
        let start = self.at;
        let value = match TimeUnit::named(&self.peek().to_ascii_lowercase()) {
            Some(_) => 1.0,
            None => self.value("a duration, such as `4 weeks`")?.0,
        };
        let word = self.peek();
        let Some(unit) = TimeUnit::named(&word.to_ascii_lowercase()) else {
            return Err(self.no_time_unit(value, start));
        };
        self.take(word.len());
        Duration::new(value, unit).map_err(|kind| Fault::at(kind, self.since(start)))
    }

    fn no_time_unit(&self, value: f64, start: usize) -> DosingFault {
        let word = self.peek();
        let expected = "h".to_string();
        let missing = Fault::at(UnitError::Missing { value, expected: expected.clone() }, self.since(start));
        let fault = match word.parse::<Unit>() {
            _ if word.is_empty() || word == "," || is_keyword(word) => missing,
            Ok(found) => Fault::at(UnitError::Mismatch { found, expected }, self.here()),
            Err(_) => {
                let near = nearest(word, TIME_WORDS.iter().copied()).map(str::to_string);
                Fault::at(UnitError::Unknown { word: word.to_string(), near }, self.here())
            }
        };
        fault.map(DosingError::from)
    }

    /// A name that is no word of the language.
    pub fn name(&mut self) -> Read<Option<(String, Span)>> {
        let word = self.peek();
        if !looks_like_name(word) || is_keyword(word) {
            return Ok(None);
        }
        if let Some(near) = misspelt(word) {
            return Err(self.unexpected("a route or how often", &[near]));
        }
        Ok(Some((word.to_string(), self.take(word.len()))))
    }

    /// Any word, such as the name of a salt.
    pub fn word(&mut self, what: &str) -> Read<String> {
        let word = self.peek();
        if !looks_like_name(word) {
            return Err(self.unexpected(what, &[]));
        }
        self.take(word.len());
        Ok(word.to_string())
    }

    pub fn clock(&mut self) -> Read<ClockTime> {
        let word = self.peek();
        let time = word.parse().map_err(|()| self.unexpected("a time of day, such as `09:00`", &[]))?;
        self.take(word.len());
        Ok(time)
    }

    pub fn date(&mut self) -> Read<Date> {
        let word = self.peek();
        let date = word.parse::<Date>().map_err(|kind| Fault::at(kind, self.here()))?;
        self.take(word.len());
        Ok(date)
    }
}
