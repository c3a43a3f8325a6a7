//! Runs programs: one dispatch per operation for all lanes. Everything here is inlined into its caller, so that it is
//! compiled for the caller's instruction set; functions that are called number by number are not, for they gain nothing.

use super::functions;
use super::graph::{Binary, Unary};
use super::program::{Code, Operation, Program};

impl Program {
    #[inline(always)]
    pub(super) fn run<const L: usize>(&self, file: &mut [[f64; L]]) {
        for operation in &self.0 {
            operation.run(file);
        }
    }
}

impl Operation {
    #[inline(always)]
    fn run<const L: usize>(&self, file: &mut [[f64; L]]) {
        // Operands lie below their result, so that the two parts can be borrowed side by side.
        let (below, above) = file.split_at_mut(self.to as usize);
        let to = &mut above[0];
        let operand = |i: usize| &below[self.from[i] as usize];
        macro_rules! each {
            (|$a:ident| $value:expr) => {{
                let x = operand(0);
                for i in 0..L {
                    let $a = x[i];
                    to[i] = $value;
                }
            }};
            (|$a:ident, $b:ident| $value:expr) => {{
                let (x, y) = (operand(0), operand(1));
                for i in 0..L {
                    let ($a, $b) = (x[i], y[i]);
                    to[i] = $value;
                }
            }};
            (|$a:ident, $b:ident, $c:ident| $value:expr) => {{
                let (x, y, z) = (operand(0), operand(1), operand(2));
                for i in 0..L {
                    let ($a, $b, $c) = (x[i], y[i], z[i]);
                    to[i] = $value;
                }
            }};
            (|$a:ident, $b:ident, $c:ident, $d:ident| $value:expr) => {{
                let (x, y, z, w) = (operand(0), operand(1), operand(2), operand(3));
                for i in 0..L {
                    let ($a, $b, $c, $d) = (x[i], y[i], z[i], w[i]);
                    to[i] = $value;
                }
            }};
        }
        match self.code {
            Code::Neg => each!(|a| -a),
            Code::Not => each!(|a| functions::not(a)),
            Code::Abs => each!(|a| a.abs()),
            Code::Sqrt => each!(|a| a.sqrt()),
            Code::Add => each!(|a, b| a + b),
            Code::Sub => each!(|a, b| a - b),
            Code::Mul => each!(|a, b| a * b),
            Code::Div => each!(|a, b| a / b),
            Code::Min => each!(|a, b| functions::min(a, b)),
            Code::Max => each!(|a, b| functions::max(a, b)),
            Code::Equal => each!(|a, b| functions::equal(a, b)),
            Code::Less => each!(|a, b| functions::less(a, b)),
            Code::LessEqual => each!(|a, b| functions::less_equal(a, b)),
            Code::And => each!(|a, b| functions::and(a, b)),
            Code::Or => each!(|a, b| functions::or(a, b)),
            Code::Select => each!(|a, b, c| functions::select(a, b, c)),
            Code::MulAdd => each!(|a, b, c| a * b + c),
            Code::MulSub => each!(|a, b, c| a * b - c),
            Code::SubMul => each!(|a, b, c| c - a * b),
            Code::DivAdd => each!(|a, b, c| c / (a + b)),
            Code::AddMul => each!(|a, b, c| c * (a + b)),
            Code::DiffMul => each!(|a, b, c| c * (a - b)),
            Code::MulMul => each!(|a, b, c| a * b * c),
            Code::MulDiv => each!(|a, b, c| a * b / c),
            Code::AddAdd => each!(|a, b, c| a + b + c),
            Code::DiffAdd => each!(|a, b, c| a - b + c),
            Code::DiffDiff => each!(|a, b, c| a - b - c),
            Code::SubDiv => each!(|a, b, c| c - a / b),
            Code::MulDivAdd => each!(|a, b, c, d| a * b / (c + d)),
            Code::Unary(op) => unary(op, to, operand(0)),
            Code::Binary(op) => binary(op, to, operand(0), operand(1)),
        }
    }
}

#[inline(never)]
fn unary<const L: usize>(op: Unary, to: &mut [f64; L], a: &[f64; L]) {
    to.iter_mut().zip(a).for_each(|(to, a)| *to = functions::unary(op, *a));
}

#[inline(never)]
fn binary<const L: usize>(op: Binary, to: &mut [f64; L], a: &[f64; L], b: &[f64; L]) {
    to.iter_mut().zip(a).zip(b).for_each(|((to, a), b)| *to = functions::binary(op, *a, *b));
}
