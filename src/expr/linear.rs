//! Whether a system of equations is linear in its states.
//!
//! Each value is split into `sum of a_j x_j + b` from its operands' splits, by the rules that always hold (sums,
//! products with and quotients by something free of states); any other use of a state means "not linear". The split
//! is therefore itself the proof that `f - A x - b` is 0, and `A` the derivative. It errs to the safe side: an
//! expression that would only be found linear after algebra is taken for non-linear.

use super::graph::{Binary, Graph, Kind, Node, Unary};
use std::collections::BTreeMap;
use std::fmt;

/// `f = A x + b`, entries that are 0 left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linear {
    /// Row, column and value of each entry of the matrix, by row, then column.
    pub a: Vec<(usize, usize, Node)>,
    /// Row and value of each constant term.
    pub b: Vec<(usize, Node)>,
}

/// Which equation is not linear, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NonLinear {
    /// Index in `f`.
    pub equation: usize,
    /// Why.
    pub reason: NonLinearReason,
}

/// Why an equation is not taken for linear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NonLinearReason {
    /// It multiplies two values that both depend on states.
    Product(String, String),
    /// It divides by a value that depends on a state.
    Division(String),
    /// It applies a function, power, comparison or choice to a state.
    Function(&'static str, String),
    /// It reads time or the dose being given.
    Reads(String),
}

impl fmt::Display for NonLinearReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NonLinearReason::Product(a, b) if a == b => write!(f, "`{a}` is multiplied by itself"),
            NonLinearReason::Product(a, b) => write!(f, "`{a}` is multiplied by `{b}`"),
            NonLinearReason::Division(name) => write!(f, "something is divided by a value that depends on `{name}`"),
            NonLinearReason::Function(function, name) => write!(f, "{function} depends on `{name}`"),
            NonLinearReason::Reads(name) => write!(f, "it depends on `{name}`"),
        }
    }
}

/// Splits `f` into `A x + b`, where neither `A` nor `b` may depend on `x` or on `forbidden` (time, the dose).
///
/// # Errors
/// The first equation that is not linear, or may not be.
pub fn linearise(graph: &mut Graph, f: &[Node], x: &[Node], forbidden: &[Node]) -> Result<Linear, NonLinear> {
    let mut splitter = Splitter { graph, x, splits: BTreeMap::new() };
    let mut linear = Linear { a: Vec::new(), b: Vec::new() };
    for (row, &node) in f.iter().enumerate() {
        let fail = |reason| NonLinear { equation: row, reason };
        let split = splitter.split(node).map_err(fail)?;
        let terms = split.slopes.iter().map(|(_, node)| *node).chain([split.rest]);
        for term in terms {
            let read = splitter.graph.reachable(&[term]);
            if let Some(&input) = forbidden.iter().find(|input| read.contains(input)) {
                return Err(fail(NonLinearReason::Reads(splitter.name(input))));
            }
        }
        linear.a.extend(split.slopes.iter().map(|&(column, slope)| (row, column, slope)));
        if !splitter.is_zero(split.rest) {
            linear.b.push((row, split.rest));
        }
    }
    Ok(linear)
}

/// A value as `sum of slope_j x_j + rest`; slopes by column, ascending.
#[derive(Clone)]
struct Split {
    slopes: Vec<(usize, Node)>,
    rest: Node,
}

struct Splitter<'a> {
    graph: &'a mut Graph,
    x: &'a [Node],
    splits: BTreeMap<Node, Split>,
}

type Splitted = Result<Split, NonLinearReason>;

impl Splitter<'_> {
    fn name(&self, input: Node) -> String {
        self.graph.name(input).unwrap_or_default().to_string()
    }

    fn is_zero(&self, node: Node) -> bool {
        self.graph.value(node) == Some(0.0)
    }

    /// The name of the first state that a value depends on.
    fn state(&self, split: &Split) -> String {
        split.slopes.first().map(|&(column, _)| self.name(self.x[column])).unwrap_or_default()
    }

    fn split(&mut self, node: Node) -> Splitted {
        for n in self.graph.reachable(&[node]) {
            if !self.splits.contains_key(&n) {
                let mut split = self.split_by_operands(n)?;
                // A state that cancels is no longer there.
                split.slopes.retain(|(_, slope)| !self.is_zero(*slope));
                self.splits.insert(n, split);
            }
        }
        Ok(self.splits[&node].clone())
    }

    fn split_by_operands(&mut self, n: Node) -> Splitted {
        let zero = self.graph.constant(0.0);
        if let Some(column) = self.x.iter().position(|&x| x == n) {
            return Ok(Split { slopes: vec![(column, self.graph.constant(1.0))], rest: zero });
        }
        let kind = self.graph.kind(n);
        let operands: Vec<Split> = kind.operands().map(|operand| self.splits[&operand].clone()).collect();
        let Some(of_state) = operands.iter().find(|split| !split.slopes.is_empty()) else {
            return Ok(Split { slopes: Vec::new(), rest: self.without_states(n, &operands) });
        };
        match kind {
            Kind::Unary(Unary::Neg, _) => Ok(self.each(&operands[0], |graph, part| graph.neg(part))),
            Kind::Binary(Binary::Add, ..) => Ok(self.joined(&operands, Graph::add)),
            Kind::Binary(Binary::Sub, ..) => Ok(self.joined(&operands, Graph::sub)),
            Kind::Binary(Binary::Mul, ..) => match (operands[0].slopes.first(), operands[1].slopes.first()) {
                (Some(&(a, _)), Some(&(b, _))) => {
                    Err(NonLinearReason::Product(self.name(self.x[a.min(b)]), self.name(self.x[a.max(b)])))
                }
                (Some(_), None) => Ok(self.each(&operands[0], |graph, part| graph.mul(part, operands[1].rest))),
                _ => Ok(self.each(&operands[1], |graph, part| graph.mul(operands[0].rest, part))),
            },
            Kind::Binary(Binary::Div, ..) if operands[1].slopes.is_empty() => {
                Ok(self.each(&operands[0], |graph, part| graph.div(part, operands[1].rest)))
            }
            Kind::Binary(Binary::Div, ..) => Err(NonLinearReason::Division(self.state(&operands[1]))),
            Kind::Unary(op, _) => Err(NonLinearReason::Function(of_unary(op), self.state(of_state))),
            Kind::Binary(op, ..) => Err(NonLinearReason::Function(of_binary(op), self.state(of_state))),
            Kind::Select(..) => Err(NonLinearReason::Function("an `if`", self.state(of_state))),
            Kind::Constant(_) | Kind::Input(_) => unreachable!("a leaf has no operands"),
        }
    }

    /// The value, of operands that no state is left in: one may have cancelled there.
    fn without_states(&mut self, n: Node, operands: &[Split]) -> Node {
        let rest = |i: usize| operands[i].rest;
        match self.graph.kind(n) {
            Kind::Constant(_) | Kind::Input(_) => n,
            Kind::Unary(op, _) => self.graph.unary(op, rest(0)),
            Kind::Binary(op, ..) => self.graph.binary(op, rest(0), rest(1)),
            Kind::Select(..) => self.graph.select(rest(0), rest(1), rest(2)),
        }
    }

    fn each(&mut self, split: &Split, f: impl Fn(&mut Graph, Node) -> Node) -> Split {
        let slopes = split.slopes.iter().map(|&(column, slope)| (column, f(self.graph, slope))).collect();
        Split { slopes, rest: f(self.graph, split.rest) }
    }

    fn joined(&mut self, operands: &[Split], f: impl Fn(&mut Graph, Node, Node) -> Node) -> Split {
        let zero = self.graph.constant(0.0);
        let [a, b] = operands else { unreachable!("sums have two operands") };
        let mut columns: BTreeMap<usize, (Node, Node)> = a.slopes.iter().map(|&(c, n)| (c, (n, zero))).collect();
        for &(column, slope) in &b.slopes {
            columns.entry(column).or_insert((zero, zero)).1 = slope;
        }
        let slopes = columns.into_iter().map(|(column, (x, y))| (column, f(self.graph, x, y))).collect();
        Split { slopes, rest: f(self.graph, a.rest, b.rest) }
    }
}

fn of_unary(op: Unary) -> &'static str {
    match op {
        Unary::Neg => "`-`",
        Unary::Not => "a `not`",
        Unary::Abs => "an `abs`",
        Unary::Exp => "an `exp`",
        Unary::Log => "a `log`",
        Unary::Log10 => "a `log10`",
        Unary::Sqrt => "a `sqrt`",
        Unary::Expit => "an `expit`",
        Unary::Logit => "a `logit`",
        Unary::Floor => "a `floor`",
        Unary::Tanh => "a `tanh`",
        Unary::Sin => "a `sin`",
        Unary::Cos => "a `cos`",
        Unary::Lgamma => "an `lgamma`",
    }
}

fn of_binary(op: Binary) -> &'static str {
    match op {
        Binary::Add | Binary::Sub => "a sum",
        Binary::Mul => "a product",
        Binary::Div => "a quotient",
        Binary::Pow => "a power",
        Binary::Mod => "a `mod`",
        Binary::Min => "a `min`",
        Binary::Max => "a `max`",
        Binary::Equal | Binary::Less | Binary::LessEqual => "a comparison",
        Binary::And => "an `and`",
        Binary::Or => "an `or`",
        Binary::Polygamma => "an `lgamma`",
    }
}
