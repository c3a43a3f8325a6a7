//! The syntax tree of one expression.
use super::error::ExprError;
use crate::error::{Fault, Span};

/// An expression as written: its text and its syntax tree.
#[derive(Debug, Clone)]
pub struct Expr {
    pub(super) text: String,
}

impl Expr {
    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every name in it with its place, in the order written: variables, arguments of `C` and the like, and options
    /// of categories (which look like names).
    pub fn names(&self) -> impl Iterator<Item = (&str, Span)> {
        std::iter::empty()
    }
}

/// Reads an expression. Spans count bytes of `text`.
///
/// # Errors
/// The first place where the text leaves the grammar.
pub fn parse(_text: &str) -> Result<Expr, Fault<ExprError>> {
    todo!()
}
