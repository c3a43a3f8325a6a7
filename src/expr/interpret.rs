//! Runs programs: one dispatch per operation for all lanes.

use super::functions;
use super::graph::{Binary, Unary};
use super::program::{Code, Fused, Program};

impl Program {
    #[inline(always)]
    pub(super) fn run<const L: usize>(&self, file: &mut [[f64; L]]) {
        for operation in &self.0 {
            // Operands lie below their result, so that the two parts can be borrowed side by side.
            let (below, above) = file.split_at_mut(operation.to as usize);
            let [a, b, c] = operation.from.map(|register| &below[register as usize]);
            let to = &mut above[0];
            match operation.code {
                Code::Unary(op) => unary(op, to, a),
                Code::Binary(op) => binary(op, to, a, b),
                Code::Select => lanes(to, a, b, c, functions::select),
                Code::Fused(op) => fused(op, to, a, b, c),
            }
        }
    }
}

type Lanes<const L: usize> = [f64; L];

#[inline(always)]
fn lanes<const L: usize>(
    to: &mut Lanes<L>,
    a: &Lanes<L>,
    b: &Lanes<L>,
    c: &Lanes<L>,
    f: impl Fn(f64, f64, f64) -> f64,
) {
    for i in 0..L {
        to[i] = f(a[i], b[i], c[i]);
    }
}

#[inline(always)]
fn fused<const L: usize>(op: Fused, to: &mut Lanes<L>, a: &Lanes<L>, b: &Lanes<L>, c: &Lanes<L>) {
    match op {
        Fused::MulAdd => lanes(to, a, b, c, |a, b, c| a * b + c),
        Fused::MulSub => lanes(to, a, b, c, |a, b, c| a * b - c),
        Fused::SubMul => lanes(to, a, b, c, |a, b, c| c - a * b),
        Fused::DivAdd => lanes(to, a, b, c, |a, b, c| c / (a + b)),
        Fused::AddMul => lanes(to, a, b, c, |a, b, c| c * (a + b)),
        Fused::DiffMul => lanes(to, a, b, c, |a, b, c| c * (a - b)),
        Fused::MulMul => lanes(to, a, b, c, |a, b, c| a * b * c),
        Fused::MulDiv => lanes(to, a, b, c, |a, b, c| a * b / c),
        Fused::AddAdd => lanes(to, a, b, c, |a, b, c| a + b + c),
        Fused::DiffAdd => lanes(to, a, b, c, |a, b, c| a - b + c),
        Fused::DiffDiff => lanes(to, a, b, c, |a, b, c| a - b - c),
        Fused::SubDiv => lanes(to, a, b, c, |a, b, c| c - a / b),
    }
}

#[inline(always)]
fn binary<const L: usize>(op: Binary, to: &mut Lanes<L>, a: &Lanes<L>, b: &Lanes<L>) {
    macro_rules! each {
        ($($name:ident),*) => {
            match op { $(Binary::$name => lanes(to, a, b, b, |a, b, _| functions::binary(Binary::$name, a, b)),)* }
        };
    }
    // One loop per operation: the choice is made once for all lanes.
    each!(Add, Sub, Mul, Div, Pow, Mod, Min, Max, Equal, Less, LessEqual, And, Or, Polygamma)
}

#[inline(always)]
fn unary<const L: usize>(op: Unary, to: &mut Lanes<L>, a: &Lanes<L>) {
    macro_rules! each {
        ($($name:ident),*) => {
            match op { $(Unary::$name => lanes(to, a, a, a, |a, _, _| functions::unary(Unary::$name, a)),)* }
        };
    }
    each!(Neg, Not, Abs, Exp, Log, Log10, Sqrt, Expit, Logit, Floor, Tanh, Sin, Cos, Lgamma)
}
