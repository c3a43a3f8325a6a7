//! One graph for all expressions of a model: equal sub-expressions are one node.

use super::functions;
use std::collections::BTreeMap;

/// A value in a [`Graph`]. Its operands were made before it, so ascending order is an order of evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub(super) u32);

impl Node {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How often a value has to be computed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Never.
    Constant,
    /// Once per subject.
    Subject,
    /// Whenever a covariate changes.
    Interval,
    /// At every dose.
    Dose,
    /// At every evaluation: depends on states or time.
    State,
}

/// Operations on one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unary {
    /// `-x`
    Neg,
    /// 1 where `x` is 0, else 0.
    Not,
    /// |x|
    Abs,
    /// e^x
    Exp,
    /// Natural logarithm.
    Log,
    /// Decimal logarithm.
    Log10,
    /// Square root.
    Sqrt,
    /// 1 / (1 + e^-x)
    Expit,
    /// log(x / (1 - x))
    Logit,
    /// Largest whole number not above `x`.
    Floor,
    /// Hyperbolic tangent.
    Tanh,
    /// Sine of an angle in radians.
    Sin,
    /// Cosine of an angle in radians.
    Cos,
    /// Logarithm of the gamma function, for `x > 0`.
    Lgamma,
}

/// Operations on two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `a ^ b`
    Pow,
    /// `a - b * floor(a / b)`, without the rounding of the quotient.
    Mod,
    /// The smaller; NaN if either is.
    Min,
    /// The larger; NaN if either is.
    Max,
    /// 1 where `a == b`, else 0.
    Equal,
    /// 1 where `a < b`, else 0.
    Less,
    /// 1 where `a <= b`, else 0.
    LessEqual,
    /// 1 where neither is 0, else 0.
    And,
    /// 1 where either is not 0, else 0.
    Or,
    /// Derivative `a + 1` of `lgamma` at `b` (digamma, trigamma, …); made by differentiation only.
    Polygamma,
}

/// What a node is. Constants are kept as bits so that equal ones are one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Constant(u64),
    Input(u32),
    Unary(Unary, Node),
    Binary(Binary, Node, Node),
    Select(Node, Node, Node),
}

impl Kind {
    pub(super) fn operands(self) -> impl Iterator<Item = Node> {
        let (a, b, c) = match self {
            Kind::Constant(_) | Kind::Input(_) => (None, None, None),
            Kind::Unary(_, a) => (Some(a), None, None),
            Kind::Binary(_, a, b) => (Some(a), Some(b), None),
            Kind::Select(c, a, b) => (Some(c), Some(a), Some(b)),
        };
        [a, b, c].into_iter().flatten()
    }
}

#[derive(Debug, Clone)]
struct Input {
    name: String,
    node: Node,
}

/// All expressions of a model as one graph of shared nodes, simplified while it is built.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    nodes: Vec<(Kind, Class)>,
    index: BTreeMap<Kind, Node>,
    inputs: Vec<Input>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new input. Its slot (its register in every program) is the number of inputs made before it.
    pub fn input(&mut self, name: &str, class: Class) -> Node {
        let slot = self.inputs.len() as u32;
        // Only what is folded is constant.
        let node = self.intern(Kind::Input(slot), class.max(Class::Subject));
        self.inputs.push(Input { name: name.to_string(), node });
        node
    }

    /// A constant, in base units.
    pub fn constant(&mut self, value: f64) -> Node {
        // One zero and one NaN, so that equal values are one node.
        let value = if value == 0.0 {
            0.0
        } else if value.is_nan() {
            f64::NAN
        } else {
            value
        };
        self.intern(Kind::Constant(value.to_bits()), Class::Constant)
    }

    /// How often the value has to be computed anew.
    pub fn class(&self, node: Node) -> Class {
        self.nodes[node.index()].1
    }

    /// The number, if it is a constant.
    pub fn value(&self, node: Node) -> Option<f64> {
        match self.kind(node) {
            Kind::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// The slot, if it is an input.
    pub fn slot(&self, node: Node) -> Option<usize> {
        match self.kind(node) {
            Kind::Input(slot) => Some(slot as usize),
            _ => None,
        }
    }

    /// The name, if it is an input.
    pub fn name(&self, node: Node) -> Option<&str> {
        self.slot(node).map(|slot| self.inputs[slot].name.as_str())
    }

    /// All inputs, by slot.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = Node> {
        self.inputs.iter().map(|input| input.node)
    }

    /// Whether the value is computed from this input (after simplification).
    pub fn mentions(&self, node: Node, input: Node) -> bool {
        self.reachable(&[node]).contains(&input)
    }

    pub(super) fn kind(&self, node: Node) -> Kind {
        self.nodes[node.index()].0
    }

    /// The nodes that `roots` are computed from, themselves included, in an order of evaluation.
    pub(super) fn reachable(&self, roots: &[Node]) -> Vec<Node> {
        let mut seen = vec![false; roots.iter().map(|n| n.index() + 1).max().unwrap_or(0)];
        for root in roots {
            seen[root.index()] = true;
        }
        for i in (0..seen.len()).rev().filter(|&i| self.nodes[i].1 != Class::Constant) {
            if seen[i] {
                for operand in self.nodes[i].0.operands() {
                    seen[operand.index()] = true;
                }
            }
        }
        (0..seen.len()).filter(|&i| seen[i]).map(|i| Node(i as u32)).collect()
    }

    /// The node of this kind, made now if there is none; constant operands fold to a constant.
    pub(super) fn make(&mut self, kind: Kind) -> Node {
        let class = kind.operands().map(|n| self.class(n)).max().unwrap_or(Class::Constant);
        if class > Class::Constant {
            return self.intern(kind, class);
        }
        let value = |n: Node| self.value(n).expect("a node of class Constant is a constant");
        let folded = match kind {
            Kind::Unary(op, a) => functions::unary(op, value(a)),
            Kind::Binary(op, a, b) => functions::binary(op, value(a), value(b)),
            Kind::Select(c, a, b) => functions::select(value(c), value(a), value(b)),
            Kind::Constant(bits) => f64::from_bits(bits),
            Kind::Input(_) => unreachable!("inputs are made by `input`"),
        };
        self.constant(folded)
    }

    fn intern(&mut self, kind: Kind, class: Class) -> Node {
        if let Some(&node) = self.index.get(&kind) {
            return node;
        }
        let node = Node(u32::try_from(self.nodes.len()).expect("expressions are limited in size"));
        self.nodes.push((kind, class));
        self.index.insert(kind, node);
        node
    }
}
