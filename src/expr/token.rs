//! Text to tokens.

use super::error::ExprError;
use crate::error::{Fault, Span};
use crate::units::{Unit, number_length};

/// A word or sign of an expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    /// A number, in base units, and what it measures.
    Number(f64, crate::units::Dimension),
    Name(&'a str),
    Sign(&'static str),
    End,
}

/// All signs; a sign stands before its own beginnings.
const SIGNS: [&str; 15] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "(", ")", ",", "="];

/// Reads one token after another.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Tokens { text, at: 0 }
    }

    /// The next token and its place; [`Token::End`] again and again after the last.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Span), Fault<ExprError>> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        let start = self.at;
        let rest = &self.text[start..];
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, Span::new(start, start)));
        };
        let token = if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            self.number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = name_length(rest);
            self.at += length;
            Token::Name(&rest[..length])
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            self.at += sign.len();
            Token::Sign(sign)
        } else {
            let end = start + first.len_utf8();
            return Err(Fault::at(stray(rest, first), Span::new(start, end)));
        };
        Ok((token, Span::new(start, self.at)))
    }

    fn number(&mut self, rest: &str) -> Result<Token<'a>, Fault<ExprError>> {
        let start = self.at;
        let length = number_length(rest);
        self.at += length;
        let finite = |text: &str| text.parse::<f64>().ok().filter(|v| v.is_finite());
        let value = finite(&rest[..length])
            .ok_or_else(|| Fault::at(ExprError::Number { text: rest[..length].into() }, Span::new(start, self.at)))?;
        let after = rest[length..].trim_start();
        let Some(bracketed) = after.strip_prefix('[') else {
            return Ok(Token::Number(value, Default::default()));
        };
        let open = start + rest.len() - after.len();
        let Some(close) = bracketed.find(']') else {
            let kind = ExprError::Syntax {
                found: "the end".into(),
                expected: "`]` after a unit",
                hint: Some("a literal with a unit is written `60[year]`".into()),
            };
            return Err(Fault::at(kind, Span::new(open, self.text.len())));
        };
        let unit: Unit =
            bracketed[..close].parse().map_err(|fault: Fault<_>| fault.map(ExprError::from).shifted(open + 1))?;
        self.at = open + 1 + close + 1;
        let in_base = unit.to_base(value);
        if !in_base.is_finite() {
            let text = self.text[start..self.at].into();
            return Err(Fault::at(ExprError::Number { text }, Span::new(start, self.at)));
        }
        Ok(Token::Number(in_base, unit.dimension()))
    }
}

/// Letters, digits and `_`, and dots that join two names (`dose.amount`).
fn name_length(text: &str) -> usize {
    let word = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut length = word(text);
    while let Some(next) = text[length..].strip_prefix('.')
        && next.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    {
        length += 1 + word(next);
    }
    length
}

fn stray(rest: &str, first: char) -> ExprError {
    let hint = match first {
        '&' => Some("write `and`"),
        '|' => Some("write `or`"),
        '!' => Some("write `not`"),
        '%' => Some("write `mod(a, b)`, or `48[%]` for a percentage"),
        '[' => Some("only a literal number takes a unit: `60[year]`"),
        '?' => Some("write `if(condition, a, b)`"),
        '"' | '\'' => Some("options are written without quotes: `ancestry == japanese`"),
        '×' | '·' => Some("write `*`"),
        '−' | '–' => Some("write `-`"),
        '÷' => Some("write `/`"),
        _ => None,
    };
    // As much of the text as makes one sign to a reader.
    let doubled = rest.starts_with("&&") || rest.starts_with("||");
    let found = if doubled { rest[..2].to_string() } else { first.to_string() };
    ExprError::Syntax {
        found: format!("`{found}`"),
        expected: "a number, a name or an operator",
        hint: hint.map(str::to_string),
    }
}
