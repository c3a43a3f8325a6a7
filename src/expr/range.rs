//! Bounds of a value from bounds of its inputs, by interval arithmetic: sound, and not always tight.

use super::functions;
use super::graph::{Binary, Graph, Kind, Node, Unary};
use std::collections::BTreeMap;

/// Lowest and highest value.
type Range = (f64, f64);

const ANY: Range = (f64::NEG_INFINITY, f64::INFINITY);

impl Graph {
    /// An interval that holds every value the node takes while each input keeps to its own interval; an input that
    /// `of_input` does not know can be anything.
    pub fn range(&self, node: Node, of_input: &dyn Fn(Node) -> Option<Range>) -> Range {
        let mut ranges: BTreeMap<Node, Range> = BTreeMap::new();
        for n in self.reachable(&[node]) {
            let at = |operand: Node| ranges.get(&operand).copied().unwrap_or(ANY);
            let range = match self.kind(n) {
                Kind::Constant(bits) => (f64::from_bits(bits), f64::from_bits(bits)),
                Kind::Input(_) => of_input(n).unwrap_or(ANY),
                Kind::Unary(op, a) => unary(op, at(a)),
                Kind::Binary(op, a, b) => binary(op, at(a), at(b)),
                Kind::Select(condition, a, b) => match at(condition) {
                    (0.0, 0.0) => at(b),
                    (low, high) if low > 0.0 || high < 0.0 => at(a),
                    _ => hull([at(a), at(b)]),
                },
            };
            ranges.insert(n, if range.0.is_nan() || range.1.is_nan() { ANY } else { range });
        }
        ranges.get(&node).copied().unwrap_or(ANY)
    }
}

fn hull(ranges: impl IntoIterator<Item = Range>) -> Range {
    ranges.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |h, r| (h.0.min(r.0), h.1.max(r.1)))
}

/// The ends of a function of two numbers that is monotonic in each; 0 times something unbounded is 0.
fn corners(a: Range, b: Range, f: impl Fn(f64, f64) -> f64) -> Range {
    let values = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(x, y)| {
        let value = f(x, y);
        if value.is_nan() { 0.0 } else { value }
    });
    hull(values.map(|v| (v, v)))
}

fn unary(op: Unary, a: Range) -> Range {
    let rising = || (functions::unary(op, a.0), functions::unary(op, a.1));
    match op {
        Unary::Neg => (-a.1, -a.0),
        Unary::Abs if a.0 >= 0.0 => a,
        Unary::Abs if a.1 <= 0.0 => (-a.1, -a.0),
        Unary::Abs => (0.0, (-a.0).max(a.1)),
        Unary::Exp | Unary::Expit | Unary::Floor | Unary::Tanh => rising(),
        Unary::Log | Unary::Log10 | Unary::Sqrt if a.0 >= 0.0 => rising(),
        Unary::Logit if a.0 >= 0.0 && a.1 <= 1.0 => rising(),
        Unary::Not => (0.0, 1.0),
        Unary::Sin | Unary::Cos => (-1.0, 1.0),
        Unary::Log | Unary::Log10 | Unary::Sqrt | Unary::Logit | Unary::Lgamma => ANY,
    }
}

fn binary(op: Binary, a: Range, b: Range) -> Range {
    match op {
        Binary::Add => (a.0 + b.0, a.1 + b.1),
        Binary::Sub => (a.0 - b.1, a.1 - b.0),
        Binary::Mul => corners(a, b, |x, y| x * y),
        Binary::Div if b.0 > 0.0 || b.1 < 0.0 => corners(a, b, |x, y| x / y),
        Binary::Min => (a.0.min(b.0), a.1.min(b.1)),
        Binary::Max => (a.0.max(b.0), a.1.max(b.1)),
        Binary::Pow if a.0 >= 0.0 => corners(a, b, f64::powf),
        Binary::Equal | Binary::Less | Binary::LessEqual | Binary::And | Binary::Or => (0.0, 1.0),
        Binary::Div | Binary::Pow | Binary::Mod | Binary::Polygamma => ANY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Class;

    #[test]
    fn a_logit_normal_fraction_stays_between_0_and_1() {
        let mut graph = Graph::new();
        let (value, eta) = (graph.input("F", Class::Subject), graph.input("eta", Class::Subject));
        let logit = graph.unary(Unary::Logit, value);
        let moved = graph.add(logit, eta);
        let f = graph.unary(Unary::Expit, moved);
        let factor = graph.constant(1.34);
        let (one, more) = (graph.constant(1.0), graph.mul(f, factor));
        let capped = graph.min(one, more);
        let of_input = |n: Node| (n == value).then_some((0.54, 0.54));
        assert_eq!(graph.range(more, &of_input), (0.0, 1.34));
        assert_eq!(graph.range(capped, &of_input), (0.0, 1.0));
        let divided = graph.div(one, eta);
        assert_eq!(graph.range(divided, &of_input), ANY);
    }

    #[test]
    fn ranges_hold_every_value_inside() {
        let mut graph = Graph::new();
        let (x, y) = (graph.input("x", Class::Subject), graph.input("y", Class::Subject));
        let (xr, yr) = ((-1.5, 2.0), (0.5, 3.0));
        let of_input = |n: Node| Some(if n == x { xr } else { yr });
        for op in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Min, Binary::Max] {
            let node = graph.binary(op, x, y);
            let (low, high) = graph.range(node, &of_input);
            for i in 0..=20 {
                for j in 0..=20 {
                    let at = |r: Range, k: i32| r.0 + (r.1 - r.0) * f64::from(k) / 20.0;
                    let value = functions::binary(op, at(xr, i), at(yr, j));
                    assert!((low..=high).contains(&value), "{op:?}: {value} is not in {low}..{high}");
                }
            }
        }
    }
}
