//! Constructors that simplify. They treat every value as finite: `0 * x` and `x - x` are 0 even where `x` would be
//! infinite or NaN at run time, and `x / x` is left alone because it is not 1 at 0.
//! A factor that changes less often than time is gathered with others of its kind, so that it is computed once:
//! `Q * (x / V)` becomes `x * (Q / V)`.

use super::graph::{Binary, Class, Graph, Kind, Node, Unary};

impl Graph {
    /// `a + b`
    pub fn add(&mut self, a: Node, b: Node) -> Node {
        match (self.value(a), self.value(b)) {
            (Some(0.0), _) => return b,
            (_, Some(0.0)) => return a,
            _ => {}
        }
        match (self.kind(a), self.kind(b)) {
            _ if a == b => {
                let two = self.constant(2.0);
                self.mul(two, a)
            }
            (_, Kind::Unary(Unary::Neg, y)) => self.sub(a, y),
            (Kind::Unary(Unary::Neg, x), _) => self.sub(b, x),
            (Kind::Binary(Binary::Sub, x, y), _) if y == b => x,
            (_, Kind::Binary(Binary::Sub, x, y)) if y == a => x,
            _ => self.commutative(Binary::Add, a, b),
        }
    }

    /// `a - b`
    pub fn sub(&mut self, a: Node, b: Node) -> Node {
        match (self.value(a), self.value(b)) {
            (Some(0.0), _) => return self.neg(b),
            (_, Some(0.0)) => return a,
            _ => {}
        }
        match (self.kind(a), self.kind(b)) {
            _ if a == b => self.constant(0.0),
            (_, Kind::Unary(Unary::Neg, y)) => self.add(a, y),
            (Kind::Unary(Unary::Neg, x), _) => {
                let sum = self.add(x, b);
                self.neg(sum)
            }
            (Kind::Binary(Binary::Add, x, y), _) if x == b => y,
            (Kind::Binary(Binary::Add, x, y), _) if y == b => x,
            (_, Kind::Binary(Binary::Sub, x, y)) if x == a => y,
            _ => self.make(Kind::Binary(Binary::Sub, a, b)),
        }
    }

    /// `-a`
    pub fn neg(&mut self, a: Node) -> Node {
        match self.kind(a) {
            Kind::Unary(Unary::Neg, x) => x,
            Kind::Binary(Binary::Sub, x, y) => self.sub(y, x),
            _ => self.make(Kind::Unary(Unary::Neg, a)),
        }
    }

    /// `a * b`
    pub fn mul(&mut self, a: Node, b: Node) -> Node {
        match (self.value(a), self.value(b)) {
            (Some(0.0), _) | (_, Some(0.0)) => return self.constant(0.0),
            (Some(1.0), _) => return b,
            (_, Some(1.0)) => return a,
            (Some(-1.0), _) => return self.neg(b),
            (_, Some(-1.0)) => return self.neg(a),
            _ => {}
        }
        match (self.kind(a), self.kind(b)) {
            (Kind::Unary(Unary::Neg, x), _) => {
                let product = self.mul(x, b);
                self.neg(product)
            }
            (_, Kind::Unary(Unary::Neg, y)) => {
                let product = self.mul(a, y);
                self.neg(product)
            }
            (_, Kind::Binary(Binary::Div, one, y)) if self.value(one) == Some(1.0) && !self.gathers(a, b) => {
                self.div(a, y)
            }
            (Kind::Binary(Binary::Div, one, x), _) if self.value(one) == Some(1.0) && !self.gathers(a, b) => {
                self.div(b, x)
            }
            _ => match self.gathered(a, b).or_else(|| self.gathered(b, a)) {
                Some((changing, steady, factor)) => {
                    let steady = self.mul(steady, factor);
                    self.mul(changing, steady)
                }
                None => self.commutative(Binary::Mul, a, b),
            },
        }
    }

    /// `a / b`
    pub fn div(&mut self, a: Node, b: Node) -> Node {
        match (self.value(a), self.value(b)) {
            (Some(0.0), None) => return a,
            (_, Some(1.0)) => return a,
            (_, Some(-1.0)) => return self.neg(a),
            _ => {}
        }
        match (self.kind(a), self.kind(b)) {
            (Kind::Unary(Unary::Neg, x), _) => {
                let quotient = self.div(x, b);
                self.neg(quotient)
            }
            (_, Kind::Unary(Unary::Neg, y)) => {
                let quotient = self.div(a, y);
                self.neg(quotient)
            }
            // One division per subject and a multiplication per evaluation.
            _ if self.gathers(a, b) => {
                let one = self.constant(1.0);
                let reciprocal = self.make(Kind::Binary(Binary::Div, one, b));
                self.mul(a, reciprocal)
            }
            _ => self.make(Kind::Binary(Binary::Div, a, b)),
        }
    }

    /// `a ^ b`
    pub fn pow(&mut self, a: Node, b: Node) -> Node {
        let one = self.constant(1.0);
        match self.value(b) {
            Some(0.0) => one,
            Some(1.0) => a,
            Some(2.0) => self.mul(a, a),
            Some(0.5) => self.unary(Unary::Sqrt, a),
            Some(-1.0) => self.div(one, a),
            _ => self.make(Kind::Binary(Binary::Pow, a, b)),
        }
    }

    /// The smaller of two values.
    pub fn min(&mut self, a: Node, b: Node) -> Node {
        if a == b { a } else { self.commutative(Binary::Min, a, b) }
    }

    /// The larger of two values.
    pub fn max(&mut self, a: Node, b: Node) -> Node {
        if a == b { a } else { self.commutative(Binary::Max, a, b) }
    }

    /// `a` where `condition` is not 0, else `b`.
    pub fn select(&mut self, condition: Node, a: Node, b: Node) -> Node {
        match self.value(condition) {
            _ if a == b => a,
            Some(0.0) => b,
            Some(_) => a,
            None => self.make(Kind::Select(condition, a, b)),
        }
    }

    /// A function of one value.
    pub fn unary(&mut self, op: Unary, a: Node) -> Node {
        match (op, self.kind(a)) {
            (Unary::Neg, _) => self.neg(a),
            (Unary::Log, Kind::Unary(Unary::Exp, x)) | (Unary::Logit, Kind::Unary(Unary::Expit, x)) => x,
            _ => self.make(Kind::Unary(op, a)),
        }
    }

    /// A function of two values.
    pub fn binary(&mut self, op: Binary, a: Node, b: Node) -> Node {
        match op {
            Binary::Add => self.add(a, b),
            Binary::Sub => self.sub(a, b),
            Binary::Mul => self.mul(a, b),
            Binary::Div => self.div(a, b),
            Binary::Pow => self.pow(a, b),
            Binary::Min => self.min(a, b),
            Binary::Max => self.max(a, b),
            Binary::Equal | Binary::And | Binary::Or => self.commutative(op, a, b),
            Binary::Mod | Binary::Less | Binary::LessEqual | Binary::Polygamma => self.make(Kind::Binary(op, a, b)),
        }
    }

    fn commutative(&mut self, op: Binary, a: Node, b: Node) -> Node {
        self.make(Kind::Binary(op, a.min(b), a.max(b)))
    }

    /// Whether `b` is worth combining with the steady factor of `a`.
    fn gathers(&self, a: Node, b: Node) -> bool {
        self.class(a) == Class::State && self.class(b) < Class::State
    }

    /// `(x, k)` of `a = x * k`, where `x` changes with time and neither `k` nor `b` does, and `b`.
    fn gathered(&self, a: Node, b: Node) -> Option<(Node, Node, Node)> {
        match self.kind(a) {
            Kind::Binary(Binary::Mul, x, y) if self.gathers(a, b) => match (self.class(x), self.class(y)) {
                (Class::State, Class::State) => None,
                (Class::State, _) => Some((x, y, b)),
                _ => Some((y, x, b)),
            },
            _ => None,
        }
    }
}
