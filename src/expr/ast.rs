//! The syntax tree of one expression.

use super::graph::{Binary, Unary};
use crate::error::Span;
use crate::units::Dimension;

/// One operation. Operands are indices into the tree, always smaller than the operation's own.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// In base units.
    Number(f64, Dimension),
    /// Its place without any parentheses, which the item's own span includes.
    Name(Span),
    Unary(Unary, usize),
    Binary(Binary, usize, usize),
    Compare(Comparison, usize, usize),
    /// `min`, `max`, `mod`, `if` and functions of one number, by name.
    Call {
        function: Span,
        arguments: Vec<usize>,
    },
    /// `C(central)`: a function of a bare name.
    NameCall {
        function: Span,
        name: Span,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
        }
    }
}

/// An expression as written: its text and its syntax tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub(super) text: String,
    /// Operations in the order they are computed (operands just before their operation), the whole last, so that
    /// no walk over the tree needs recursion.
    pub(super) items: Vec<(Item, Span)>,
}

impl Expr {
    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every name in it with its place: variables, arguments of `C` and the like, and options of categories (which
    /// look like names).
    pub fn names(&self) -> impl Iterator<Item = (&str, Span)> {
        self.items.iter().filter_map(|(item, _)| match item {
            Item::Name(name) | Item::NameCall { name, .. } => Some((self.slice(*name), *name)),
            _ => None,
        })
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        &self.text[span.start..span.end]
    }
}
