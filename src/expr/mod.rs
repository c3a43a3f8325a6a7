//! Expressions of a model file: text becomes a syntax tree with spans ([`parse`]), then checked nodes of one shared
//! graph ([`Graph::lower`]), which is simplified as it is built, differentiated ([`Graph::derivative`]), tested for
//! linearity ([`linearise`]) and compiled to register programs that run over lanes of subjects ([`Tiers`]).
//!
//! The language: numbers (`1.5e-3`), literals with a unit (`60[year]`), names (`CL`, `dose.amount`), `or`, `and`, `not`,
//! comparisons (not chained), `+ -`, `* /`, unary `-` and `^`, which binds most tightly and groups from the right
//! (`-x^2^n` is `-(x^(2^n))`); the functions `min max abs exp log log10 sqrt expit logit floor mod tanh sin cos lgamma`,
//! `if(condition, a, b)`, and the functions of a bare name `C tad last_dose`. An option of a category stands on the
//! right of `==` or `!=` as it is (`ancestry == asian-non-japanese`).
//!
//! Numbers are in base units (h, mg, nmol, L): `60[year]` is the constant 525960.
//! `if(c, a, b)` selects between two values that are both computed, so a branch that is not taken may be NaN but
//! may not be relied on to be skipped.

mod ast;
mod calculus;
mod error;
mod functions;
mod graph;
mod interpret;

mod linear;
mod lower;
mod parse;
mod program;
mod range;
mod simplify;
mod token;

pub use ast::Expr;
pub use error::ExprError;
pub use graph::{Binary, Class, Graph, Node, Unary};
pub use linear::{Linear, NonLinear, NonLinearReason, linearise};
pub use lower::{Scope, Type};
pub use parse::parse;
pub use program::Tiers;

#[cfg(test)]
mod tests;
