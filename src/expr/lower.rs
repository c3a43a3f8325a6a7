//! From syntax to checked nodes.

use super::ast::{Comparison, Expr, Item};
use super::error::{CATEGORY, ExprError, FLAG, NUMBER};
use super::graph::{Binary, Graph, Node, Unary};
use crate::error::{Fault, Span, nearest};
use crate::units::{Dimension, UnitError};
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

impl Type {
    fn words(&self) -> &'static str {
        match self {
            Type::Number(_) => NUMBER,
            Type::Flag => FLAG,
            Type::Category(_) => CATEGORY,
        }
    }
}

/// What names mean where an expression stands.
pub trait Scope {
    /// A name by itself: a parameter, covariate, derived quantity, compartment (its amount), state, output or time.
    fn symbol(&self, name: &str) -> Option<(Node, Type)>;
    /// A function of a bare name: `C(central)`, `tad(oral)`, `last_dose(oral)`.
    fn call(&self, graph: &mut Graph, function: &str, name: &str) -> Option<(Node, Type)>;
    /// Why a name (or a function of a name) that exists may not be used here, in words that follow
    /// "cannot be used here:".
    fn unavailable(&self, name: &str) -> Option<String>;
    /// Every name, for hints about spelling.
    fn names(&self) -> Vec<String>;
    /// Whether dimensions are compared. If not, every number is taken for a plain one in base units.
    fn unit_checking(&self) -> bool {
        true
    }
}

impl Graph {
    /// Checks an expression and adds it; the type is that of the whole.
    ///
    /// # Errors
    /// Everything that is wrong with it, with spans in its text.
    pub fn lower(&mut self, expr: &Expr, scope: &dyn Scope) -> Result<(Node, Type), Vec<Fault<ExprError>>> {
        let mut lowering = Lowering { graph: self, expr, scope, values: Vec::new(), faults: Vec::new() };
        let options = lowering.options();
        for (i, is_option) in options.into_iter().enumerate() {
            let value = if is_option { None } else { lowering.item(i) };
            lowering.values.push(value);
        }
        match lowering.values.pop().flatten().filter(|_| lowering.faults.is_empty()) {
            Some(value) => Ok(value),
            None => {
                let mut faults = lowering.faults;
                faults.sort_by_key(|fault| fault.span);
                Err(faults)
            }
        }
    }
}

/// What a function asks of its arguments.
#[derive(Clone, Copy)]
enum Function {
    /// A plain number to a plain number.
    Plain(Unary),
    /// The unit of the argument stays.
    Keep(Unary),
    Sqrt,
    /// Two numbers of one unit, or more.
    Fold(Binary),
    Mod,
    If,
}

const FUNCTIONS: [(&str, Function); 16] = [
    ("min", Function::Fold(Binary::Min)),
    ("max", Function::Fold(Binary::Max)),
    ("abs", Function::Keep(Unary::Abs)),
    ("exp", Function::Plain(Unary::Exp)),
    ("log", Function::Plain(Unary::Log)),
    ("log10", Function::Plain(Unary::Log10)),
    ("sqrt", Function::Sqrt),
    ("expit", Function::Plain(Unary::Expit)),
    ("logit", Function::Plain(Unary::Logit)),
    ("floor", Function::Keep(Unary::Floor)),
    ("mod", Function::Mod),
    ("tanh", Function::Plain(Unary::Tanh)),
    ("sin", Function::Plain(Unary::Sin)),
    ("cos", Function::Plain(Unary::Cos)),
    ("lgamma", Function::Plain(Unary::Lgamma)),
    ("if", Function::If),
];

type Value = Option<(Node, Type)>;

struct Lowering<'a> {
    graph: &'a mut Graph,
    expr: &'a Expr,
    scope: &'a dyn Scope,
    /// Of each item so far; `None` where something is wrong with it that has been reported.
    values: Vec<Value>,
    faults: Vec<Fault<ExprError>>,
}

impl<'a> Lowering<'a> {
    fn report(&mut self, kind: ExprError, span: Span) -> Value {
        self.faults.push(Fault::at(kind, span));
        None
    }

    fn span(&self, item: usize) -> Span {
        self.expr.items[item].1
    }

    /// Which items are part of an option's name (`asian-non-japanese` is written like a difference): the right-hand
    /// side of `==` and `!=` where the left is a category.
    fn options(&self) -> Vec<bool> {
        let items = &self.expr.items;
        let mut options = vec![false; items.len()];
        for (item, _) in items {
            if let Item::Compare(Comparison::Equal | Comparison::NotEqual, left, right) = *item
                && let Item::Name(name) = items[left].0
                && let Some((_, Type::Category(_))) = self.scope.symbol(self.expr.slice(name))
            {
                options[left + 1..=right].fill(true);
            }
        }
        options
    }

    fn item(&mut self, i: usize) -> Value {
        let expr = self.expr;
        match &expr.items[i].0 {
            Item::Number(value, dimension) => {
                let node = self.graph.constant(*value);
                self.known((node, Type::Number(*dimension)))
            }
            Item::Name(name) => self.name(*name),
            Item::Unary(op, a) => self.prefix(*op, *a),
            Item::Binary(op, a, b) => self.infix(*op, *a, *b),
            Item::Compare(comparison, a, b) => self.compare(*comparison, *a, *b),
            Item::NameCall { function, name } => self.call_of_name(*function, *name),
            Item::Call { function, arguments } => self.call(*function, arguments),
        }
    }

    /// A value from outside the expression.
    fn known(&self, (node, kind): (Node, Type)) -> Value {
        match kind {
            // Where units are not checked every number is plain, so that no comparison of units can fail.
            Type::Number(_) if !self.scope.unit_checking() => Some((node, Type::Number(Dimension::NONE))),
            _ => Some((node, kind)),
        }
    }

    fn name(&mut self, span: Span) -> Value {
        let name = self.expr.slice(span);
        match self.scope.symbol(name) {
            Some(value) => self.known(value),
            None => self.unknown(name, span, self.scope.unavailable(name)),
        }
    }

    fn call_of_name(&mut self, function: Span, name: Span) -> Value {
        let (word, span) = (self.expr.slice(name), name);
        let function_word = self.expr.slice(function);
        match self.scope.call(self.graph, function_word, word) {
            Some(value) => self.known(value),
            None => match self.scope.unavailable(function_word) {
                Some(reason) => self.unknown(function_word, function, Some(reason)),
                None => self.unknown(word, span, self.scope.unavailable(word)),
            },
        }
    }

    fn unknown(&mut self, name: &str, span: Span, reason: Option<String>) -> Value {
        let name = name.to_string();
        let kind = match reason {
            Some(reason) => ExprError::Unavailable { name, reason },
            None => {
                let names = self.scope.names();
                let near = nearest(&name, names.iter().map(String::as_str)).map(str::to_string);
                ExprError::UnknownName { name, near }
            }
        };
        self.report(kind, span)
    }

    /// The value of an item as a number, reported if it is something else.
    fn number(&mut self, item: usize, what: &str) -> Option<(Node, Dimension)> {
        let (node, kind) = self.values[item].clone()?;
        match kind {
            Type::Number(dimension) => Some((node, dimension)),
            other => {
                let what = format!("`{what}`");
                self.report(ExprError::Type { what, expected: NUMBER, found: other.words() }, self.span(item));
                None
            }
        }
    }

    /// The value of an item as a flag, reported if it is something else.
    fn flag(&mut self, item: usize, what: &str) -> Option<Node> {
        let (node, kind) = self.values[item].clone()?;
        if kind == Type::Flag {
            return Some(node);
        }
        let what = format!("`{what}`");
        self.report(ExprError::Type { what, expected: FLAG, found: kind.words() }, self.span(item));
        None
    }

    /// The value of an item as a number without unit, reported if it has one.
    fn plain(&mut self, item: usize, function: &str) -> Option<Node> {
        let (node, found) = self.number(item, function)?;
        if !found.is_none() {
            self.report(ExprError::NotPlain { function: function.into(), found }, self.span(item));
            return None;
        }
        Some(node)
    }

    /// Two items as numbers of one unit, reported at the second if the units differ.
    fn alike(&mut self, a: usize, b: usize, operator: &str) -> Option<(Node, Node, Dimension)> {
        let first = self.number(a, operator);
        let second = self.number(b, operator);
        let (node, dimension) = first?;
        Some((node, self.of_unit(second?, dimension, b, operator)?, dimension))
    }

    /// The node of item `item`, reported if its unit is not `left`.
    fn of_unit(&mut self, value: (Node, Dimension), left: Dimension, item: usize, operator: &str) -> Option<Node> {
        let (node, right) = value;
        if left != right {
            self.report(ExprError::Mismatch { operator: operator.into(), left, right }, self.span(item));
            return None;
        }
        Some(node)
    }

    fn prefix(&mut self, op: Unary, a: usize) -> Value {
        if op == Unary::Not {
            let node = self.flag(a, "not")?;
            return Some((self.graph.unary(op, node), Type::Flag));
        }
        let (node, dimension) = self.number(a, "-")?;
        Some((self.graph.unary(op, node), Type::Number(dimension)))
    }

    fn infix(&mut self, op: Binary, a: usize, b: usize) -> Value {
        match op {
            Binary::And | Binary::Or => {
                let word = if op == Binary::And { "and" } else { "or" };
                let (first, second) = (self.flag(a, word), self.flag(b, word));
                Some((self.graph.binary(op, first?, second?), Type::Flag))
            }
            Binary::Add | Binary::Sub => {
                let (x, y, dimension) = self.alike(a, b, if op == Binary::Add { "+" } else { "-" })?;
                Some((self.graph.binary(op, x, y), Type::Number(dimension)))
            }
            Binary::Pow => self.power(a, b),
            _ => {
                let sign = if op == Binary::Mul { "*" } else { "/" };
                let (first, second) = (self.number(a, sign), self.number(b, sign));
                let ((x, left), (y, right)) = (first?, second?);
                let dimension = if op == Binary::Mul { left.times(right) } else { left.over(right) };
                match dimension {
                    Some(dimension) => Some((self.graph.binary(op, x, y), Type::Number(dimension))),
                    None => {
                        let text = format!("({left}){sign}({right})");
                        self.report(UnitError::TooLarge { text }.into(), self.span(a).to(self.span(b)))
                    }
                }
            }
        }
    }

    fn power(&mut self, a: usize, b: usize) -> Value {
        let (base, exponent) = (self.number(a, "^"), self.plain(b, "^"));
        let ((base, dimension), exponent) = (base?, exponent?);
        let raised = match self.graph.value(exponent) {
            _ if dimension.is_none() => Some(dimension),
            Some(value) => dimension.power(value),
            None => None,
        };
        match raised {
            Some(raised) => Some((self.graph.pow(base, exponent), Type::Number(raised))),
            None => self.report(ExprError::Power { base: dimension }, self.span(a)),
        }
    }

    fn compare(&mut self, comparison: Comparison, a: usize, b: usize) -> Value {
        let kind_of = |value: &Value| value.as_ref().map(|(_, kind)| kind.clone());
        let (left, right) = (kind_of(&self.values[a]), kind_of(&self.values[b]));
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let (x, y) = match (left?, right) {
            (Type::Category(options), _) if equality => self.option(a, b, &options)?,
            (Type::Flag, Some(Type::Number(_))) | (Type::Number(_), Some(Type::Flag)) => {
                return self.report(ExprError::FlagCompared, self.span(a).to(self.span(b)));
            }
            (Type::Flag, _) if equality => (self.flag(a, comparison.sign())?, self.flag(b, comparison.sign())?),
            _ => self.alike(a, b, comparison.sign()).map(|(x, y, _)| (x, y))?,
        };
        let node = match comparison {
            Comparison::Equal => self.graph.binary(Binary::Equal, x, y),
            Comparison::NotEqual => {
                let equal = self.graph.binary(Binary::Equal, x, y);
                self.graph.unary(Unary::Not, equal)
            }
            Comparison::Less => self.graph.binary(Binary::Less, x, y),
            Comparison::LessEqual => self.graph.binary(Binary::LessEqual, x, y),
            Comparison::Greater => self.graph.binary(Binary::Less, y, x),
            Comparison::GreaterEqual => self.graph.binary(Binary::LessEqual, y, x),
        };
        Some((node, Type::Flag))
    }

    /// A category and the index of the option that the text on the right names.
    fn option(&mut self, category: usize, right: usize, options: &[String]) -> Option<(Node, Node)> {
        let span = self.span(right);
        let written = self.expr.slice(span).trim_matches(|c: char| c == '(' || c == ')' || c.is_whitespace());
        let Some(index) = options.iter().position(|option| option == written) else {
            let category = self.expr.slice(self.span(category)).to_string();
            let kind = ExprError::UnknownOption { category, option: written.to_string(), options: options.to_vec() };
            self.report(kind, span);
            return None;
        };
        let (node, _) = self.values[category].clone()?;
        Some((node, self.graph.constant(index as f64)))
    }

    fn call(&mut self, function: Span, arguments: &[usize]) -> Value {
        let word = self.expr.slice(function);
        let Some((_, kind)) = FUNCTIONS.iter().find(|(name, _)| *name == word) else {
            let near = nearest(word, FUNCTIONS.iter().map(|(name, _)| *name)).map(str::to_string);
            return self.report(ExprError::UnknownFunction { name: word.to_string(), near }, function);
        };
        let (fits, takes) = match kind {
            Function::Plain(_) | Function::Keep(_) | Function::Sqrt => (arguments.len() == 1, "one argument"),
            Function::Fold(_) => (arguments.len() >= 2, "two arguments or more"),
            Function::Mod => (arguments.len() == 2, "two arguments"),
            Function::If => (arguments.len() == 3, "a condition and two values"),
        };
        if !fits {
            let kind = ExprError::Arguments { function: word.to_string(), takes, found: arguments.len() };
            return self.report(kind, function);
        }
        match *kind {
            Function::Plain(op) => {
                let node = self.plain(arguments[0], word)?;
                Some((self.graph.unary(op, node), Type::Number(Dimension::NONE)))
            }
            Function::Keep(op) => {
                let (node, dimension) = self.number(arguments[0], word)?;
                Some((self.graph.unary(op, node), Type::Number(dimension)))
            }
            Function::Sqrt => {
                let (node, dimension) = self.number(arguments[0], word)?;
                match dimension.power(0.5) {
                    Some(root) => Some((self.graph.unary(Unary::Sqrt, node), Type::Number(root))),
                    None => self.report(ExprError::Power { base: dimension }, self.span(arguments[0])),
                }
            }
            Function::Mod => {
                let (a, b, dimension) = self.alike(arguments[0], arguments[1], word)?;
                Some((self.graph.binary(Binary::Mod, a, b), Type::Number(dimension)))
            }
            Function::Fold(op) => self.fold(op, word, arguments),
            Function::If => self.choice(arguments[0], arguments[1], arguments[2]),
        }
    }

    fn fold(&mut self, op: Binary, word: &str, arguments: &[usize]) -> Value {
        let numbers: Vec<_> = arguments.iter().map(|&item| self.number(item, word)).collect();
        let (mut node, dimension) = numbers[0]?;
        let mut complete = true;
        for (&item, number) in arguments.iter().zip(numbers).skip(1) {
            match number.and_then(|value| self.of_unit(value, dimension, item, word)) {
                Some(other) => node = self.graph.binary(op, node, other),
                None => complete = false,
            }
        }
        complete.then_some((node, Type::Number(dimension)))
    }

    fn choice(&mut self, condition: usize, a: usize, b: usize) -> Value {
        let condition = self.flag(condition, "if");
        let flags = matches!((&self.values[a], &self.values[b]), (Some((_, Type::Flag)), Some((_, Type::Flag))));
        let (x, y, kind) = if flags {
            (self.flag(a, "if")?, self.flag(b, "if")?, Type::Flag)
        } else {
            let (x, y, dimension) = self.alike(a, b, "if")?;
            (x, y, Type::Number(dimension))
        };
        Some((self.graph.select(condition?, x, y), kind))
    }
}
