//! From syntax to checked nodes.
use super::ast::Expr;
use super::error::ExprError;
use super::graph::{Graph, Node};
use crate::error::Fault;
use crate::units::Dimension;
use std::sync::Arc;

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A number, in base units of its dimension.
    Number(Dimension),
    /// Yes (1) or no (0).
    Flag,
    /// One of several options, stored as its index.
    Category(Arc<[String]>),
}

/// What names mean where an expression stands.
pub trait Scope {
    /// A name by itself: a parameter, covariate, derived quantity, compartment (its amount), state, output or time.
    fn symbol(&self, name: &str) -> Option<(Node, Type)>;
    /// A function of a bare name: `C(central)`, `tad(oral)`, `last_dose(oral)`.
    fn call(&self, graph: &mut Graph, function: &str, name: &str) -> Option<(Node, Type)>;
    /// Why a name that exists may not be used here, in a few words that follow "cannot be used here:".
    fn unavailable(&self, name: &str) -> Option<String>;
    /// Every name, for hints about spelling.
    fn names(&self) -> Vec<String>;
    /// Whether dimensions are compared.
    fn unit_checking(&self) -> bool {
        true
    }
}

impl Graph {
    /// Checks an expression and adds it.
    ///
    /// # Errors
    /// Everything that is wrong with it, with spans in its text.
    pub fn lower(&mut self, _expr: &Expr, _scope: &dyn Scope) -> Result<(Node, Type), Vec<Fault<ExprError>>> {
        todo!()
    }
}
