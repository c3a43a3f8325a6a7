//! Symbolic derivatives.

use super::graph::{Binary, Graph, Kind, Node, Unary};
use std::collections::BTreeMap;

impl Graph {
    /// The derivative of a value by one input. At a kink (`min`, `max`, `abs`, `if`, a comparison) it is that of the
    /// branch which the value itself is taken from; `floor` and comparisons count as flat.
    pub fn derivative(&mut self, node: Node, input: Node) -> Node {
        // Only values that depend on the input have an entry; all others have the derivative 0.
        let mut known = BTreeMap::new();
        for n in self.reachable(&[node]) {
            let kind = self.kind(n);
            if n == input {
                known.insert(n, self.constant(1.0));
            } else if kind.operands().any(|operand| known.contains_key(&operand)) {
                let slope = self.slope(n, kind, &known);
                if self.value(slope) != Some(0.0) {
                    known.insert(n, slope);
                }
            }
        }
        known.get(&node).copied().unwrap_or_else(|| self.constant(0.0))
    }

    /// The derivative of `n`, given those of its operands.
    fn slope(&mut self, n: Node, kind: Kind, known: &BTreeMap<Node, Node>) -> Node {
        let zero = self.constant(0.0);
        let slope_of = |operand: Node| known.get(&operand).copied().unwrap_or(zero);
        match kind {
            Kind::Constant(_) | Kind::Input(_) => zero,
            Kind::Unary(op, a) => self.slope_of_unary(n, op, a, slope_of(a)),
            Kind::Binary(op, a, b) => self.slope_of_binary(n, op, (a, slope_of(a)), (b, slope_of(b))),
            Kind::Select(condition, a, b) => self.select(condition, slope_of(a), slope_of(b)),
        }
    }

    fn slope_of_unary(&mut self, n: Node, op: Unary, a: Node, da: Node) -> Node {
        let one = self.constant(1.0);
        let factor = match op {
            Unary::Neg => return self.neg(da),
            Unary::Not | Unary::Floor => return self.constant(0.0),
            Unary::Abs => {
                let zero = self.constant(0.0);
                let negative = self.binary(Binary::Less, a, zero);
                let opposite = self.neg(da);
                return self.select(negative, opposite, da);
            }
            Unary::Log => return self.div(da, a),
            Unary::Log10 => {
                let ten = self.constant(std::f64::consts::LN_10);
                let scaled = self.mul(a, ten);
                return self.div(da, scaled);
            }
            Unary::Sqrt => {
                let twice = self.add(n, n);
                return self.div(da, twice);
            }
            Unary::Logit => {
                let rest = self.sub(one, a);
                let product = self.mul(a, rest);
                return self.div(da, product);
            }
            Unary::Exp => n,
            Unary::Expit => {
                let rest = self.sub(one, n);
                self.mul(n, rest)
            }
            Unary::Tanh => {
                let square = self.mul(n, n);
                self.sub(one, square)
            }
            Unary::Sin => self.unary(Unary::Cos, a),
            Unary::Cos => {
                let sine = self.unary(Unary::Sin, a);
                self.neg(sine)
            }
            Unary::Lgamma => {
                let zero = self.constant(0.0);
                self.binary(Binary::Polygamma, zero, a)
            }
        };
        self.mul(factor, da)
    }

    fn slope_of_binary(&mut self, n: Node, op: Binary, (a, da): (Node, Node), (b, db): (Node, Node)) -> Node {
        match op {
            Binary::Add => self.add(da, db),
            Binary::Sub => self.sub(da, db),
            Binary::Mul => {
                let first = self.mul(da, b);
                let second = self.mul(a, db);
                self.add(first, second)
            }
            Binary::Div => {
                // (a / b)' = (a' - (a / b) b') / b needs no square.
                let carried = self.mul(n, db);
                let top = self.sub(da, carried);
                self.div(top, b)
            }
            Binary::Pow => {
                let one = self.constant(1.0);
                let lower = self.sub(b, one);
                let power = self.pow(a, lower);
                let by_base = self.mul(b, power);
                let first = self.mul(by_base, da);
                // Not formed at all for a fixed exponent: log(a) may not exist.
                if self.value(db) == Some(0.0) {
                    return first;
                }
                let log = self.unary(Unary::Log, a);
                let by_exponent = self.mul(n, log);
                let second = self.mul(by_exponent, db);
                self.add(first, second)
            }
            Binary::Mod => {
                let quotient = self.div(a, b);
                let whole = self.unary(Unary::Floor, quotient);
                let carried = self.mul(whole, db);
                self.sub(da, carried)
            }
            Binary::Min => {
                let first = self.binary(Binary::Less, a, b);
                self.select(first, da, db)
            }
            Binary::Max => {
                let first = self.binary(Binary::Less, b, a);
                self.select(first, da, db)
            }
            Binary::Equal | Binary::Less | Binary::LessEqual | Binary::And | Binary::Or => self.constant(0.0),
            Binary::Polygamma => {
                let one = self.constant(1.0);
                let order = self.add(a, one);
                let next = self.binary(Binary::Polygamma, order, b);
                self.mul(next, db)
            }
        }
    }
}
