//! Programs by class over one register file: inputs, constants, temporaries. Every temporary is written by one
//! operation only, and after its operands, which all have lower registers.

use super::graph::{Binary, Class, Graph, Kind, Node, Unary};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What one operation computes from its operands `a`, `b`, `c`, `d`. One flat list: the interpreter jumps once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Neg,
    Not,
    Abs,
    Sqrt,
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Equal,
    Less,
    LessEqual,
    And,
    Or,
    /// `b` where `a` is not 0, else `c`.
    Select,
    // Several operations in one. Each rounds, so that the bits are those of several.
    /// `a * b + c`
    MulAdd,
    /// `a * b - c`
    MulSub,
    /// `c - a * b`
    SubMul,
    /// `c / (a + b)`
    DivAdd,
    /// `c * (a + b)`
    AddMul,
    /// `c * (a - b)`
    DiffMul,
    /// `a * b * c`
    MulMul,
    /// `a * b / c`
    MulDiv,
    /// `a + b + c`
    AddAdd,
    /// `a - b + c`
    DiffAdd,
    /// `a - b - c`
    DiffDiff,
    /// `c - a / b`
    SubDiv,
    /// `a * b / (c + d)`: whatever saturates.
    MulDivAdd,
    /// Any other of one operand.
    Unary(Unary),
    /// Any other of two operands.
    Binary(Binary),
}

impl From<Unary> for Code {
    fn from(op: Unary) -> Self {
        match op {
            Unary::Neg => Code::Neg,
            Unary::Not => Code::Not,
            Unary::Abs => Code::Abs,
            Unary::Sqrt => Code::Sqrt,
            _ => Code::Unary(op),
        }
    }
}

impl From<Binary> for Code {
    fn from(op: Binary) -> Self {
        match op {
            Binary::Add => Code::Add,
            Binary::Sub => Code::Sub,
            Binary::Mul => Code::Mul,
            Binary::Div => Code::Div,
            Binary::Min => Code::Min,
            Binary::Max => Code::Max,
            Binary::Equal => Code::Equal,
            Binary::Less => Code::Less,
            Binary::LessEqual => Code::LessEqual,
            Binary::And => Code::And,
            Binary::Or => Code::Or,
            _ => Code::Binary(op),
        }
    }
}

/// One operation, on registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) code: Code,
    pub(super) to: u32,
    /// Operands; those that the operation has no use for repeat another.
    pub(super) from: [u32; 4],
}

/// Operations in the order they run.
#[derive(Debug, Clone, Default)]
pub(super) struct Program(pub(super) Box<[Operation]>);

/// Register programs by class over one register file.
#[derive(Debug, Clone)]
pub struct Tiers {
    shared: BTreeMap<Class, Program>,
    groups: Vec<Program>,
    /// Number of registers, and those of constants with their values.
    registers: usize,
    constants: Vec<(usize, f64)>,
    roots: BTreeMap<Node, usize>,
}

/// The classes whose programs are shared by all groups.
const SHARED: [Class; 3] = [Class::Subject, Class::Interval, Class::Dose];

impl Tiers {
    /// Compiles what `groups` need: one shared program for each of the classes subject, interval and dose, and for
    /// each group a program of its values of class state, complete by itself.
    pub fn compile(graph: &Graph, groups: &[&[Node]]) -> Tiers {
        let roots: Vec<Node> = groups.concat();
        let mut shared = BTreeMap::new();
        for class in SHARED {
            shared.insert(class, Draft::new(graph, class, &roots));
        }
        let groups: Vec<Draft> = groups.iter().map(|roots| Draft::new(graph, Class::State, roots)).collect();

        let drafts = || shared.values().chain(&groups);
        let mut numbers = Numbers::of_inputs(graph);
        let operands = drafts().flat_map(|draft| draft.steps.iter().flat_map(|step| step.from));
        for node in operands.chain(roots.iter().copied()) {
            if let Some(value) = graph.value(node) {
                numbers.constant(node, value);
            }
        }
        let results: BTreeSet<(Class, Node)> =
            drafts().flat_map(|draft| draft.steps.iter().map(|step| (graph.class(step.to), step.to))).collect();
        for (_, node) in results {
            numbers.assign(node);
        }

        let finish = |draft: &Draft| draft.finish(&numbers.of);
        Tiers {
            shared: shared.iter().map(|(class, draft)| (*class, finish(draft))).collect(),
            groups: groups.iter().map(finish).collect(),
            registers: numbers.count,
            roots: roots.iter().map(|root| (*root, numbers.of[root])).collect(),
            constants: numbers.constants,
        }
    }

    /// The register that holds a root's value once the programs of its class and those below have run; of inputs
    /// and constants too.
    ///
    /// # Panics
    /// If the node is in none of the groups.
    pub fn register(&self, root: Node) -> usize {
        *self.roots.get(&root).expect("only values in a group of `compile` have a register")
    }

    /// Whether any of these values is computed from the value in another register, or is it.
    pub fn reads(&self, values: impl IntoIterator<Item = usize>, register: usize) -> bool {
        let mut operations: Vec<&Operation> =
            self.shared.values().chain(&self.groups).flat_map(|program| &program.0).collect();
        // Results come before what they are computed from.
        operations.sort_unstable_by_key(|operation| Reverse(operation.to));
        let mut needed: BTreeSet<usize> = values.into_iter().collect();
        for operation in operations {
            if needed.contains(&(operation.to as usize)) {
                needed.extend(operation.from.map(|from| from as usize));
            }
        }
        needed.contains(&register)
    }

    /// A register file with the constants in place and everything else 0. Inputs are its first registers, by slot.
    pub fn file<const L: usize>(&self) -> Vec<[f64; L]> {
        let mut file = vec![[0.0; L]; self.registers];
        for &(register, value) in &self.constants {
            file[register] = [value; L];
        }
        file
    }

    /// Runs the shared program of class subject, interval or dose. Programs of lower classes must have run.
    ///
    /// # Panics
    /// If the class is another, or `file` is shorter than one of [`Tiers::file`].
    #[inline(always)]
    pub fn run<const L: usize>(&self, class: Class, file: &mut [[f64; L]]) {
        self.shared[&class].run(file);
    }

    /// Runs the program of a group: its values of class state. Programs of lower classes must have run.
    ///
    /// # Panics
    /// If there is no such group, or `file` is shorter than one of [`Tiers::file`].
    #[inline(always)]
    pub fn run_group<const L: usize>(&self, group: usize, file: &mut [[f64; L]]) {
        self.groups[group].run(file);
    }

    /// Operations in the shared program of class subject, interval or dose.
    ///
    /// # Panics
    /// If the class is another.
    pub fn operations(&self, class: Class) -> usize {
        self.shared[&class].0.len()
    }

    /// Operations in the program of a group.
    ///
    /// # Panics
    /// If there is no such group.
    pub fn group_operations(&self, group: usize) -> usize {
        self.groups[group].0.len()
    }
}

/// Registers of nodes.
struct Numbers {
    of: BTreeMap<Node, usize>,
    count: usize,
    constants: Vec<(usize, f64)>,
}

impl Numbers {
    fn of_inputs(graph: &Graph) -> Self {
        let of: BTreeMap<Node, usize> = graph.inputs().zip(0..).collect();
        Numbers { count: of.len(), of, constants: Vec::new() }
    }

    fn constant(&mut self, node: Node, value: f64) {
        if !self.of.contains_key(&node) {
            self.constants.push((self.count, value));
            self.assign(node);
        }
    }

    fn assign(&mut self, node: Node) {
        self.of.insert(node, self.count);
        self.count += 1;
    }
}

/// An operation on nodes.
struct Step {
    code: Code,
    to: Node,
    from: [Node; 4],
}

/// A program before registers are numbered.
struct Draft {
    steps: Vec<Step>,
}

impl Draft {
    /// The operations of one class that `roots` need.
    fn new(graph: &Graph, class: Class, roots: &[Node]) -> Draft {
        let members = graph.reachable(roots);
        // A value may vanish into the operation that reads it if nothing else does.
        let mut readers: BTreeMap<Node, usize> = BTreeMap::new();
        for &reader in &members {
            for operand in graph.kind(reader).operands() {
                *readers.entry(operand).or_default() += 1;
            }
        }
        for root in roots {
            *readers.entry(*root).or_default() += 1;
        }
        let inner = |node: Node| match graph.kind(node) {
            Kind::Binary(op, a, b) if graph.class(node) == class && readers[&node] == 1 => Some((op, a, b)),
            _ => None,
        };
        let whole = |node: Node| inner(node).filter(|(op, x, y)| saturation(*op, *x, *y, inner).is_none());
        let mut vanished = BTreeSet::new();
        let mut steps = Vec::new();
        // Readers come before what they read, so that it is known whether the latter is still needed.
        for &node in members.iter().rev().filter(|n| graph.class(**n) == class) {
            if vanished.contains(&node) {
                continue;
            }
            let (code, from) = match graph.kind(node) {
                Kind::Constant(_) | Kind::Input(_) => continue,
                Kind::Unary(op, a) => (op.into(), [a; 4]),
                Kind::Select(a, b, c) => (Code::Select, [a, b, c, c]),
                Kind::Binary(op, a, b) => match saturation(op, a, b, inner).or_else(|| fuse(op, a, b, whole)) {
                    Some((fused, from, gone)) => {
                        vanished.extend(gone);
                        (fused, from)
                    }
                    None => (op.into(), [a, b, b, b]),
                },
            };
            steps.push(Step { code, to: node, from });
        }
        steps.reverse();
        Draft { steps }
    }

    fn finish(&self, registers: &BTreeMap<Node, usize>) -> Program {
        let number = |node: &Node| u32::try_from(registers[node]).expect("there are fewer registers than nodes");
        let operation =
            |step: &Step| Operation { code: step.code, to: number(&step.to), from: step.from.each_ref().map(number) };
        Program(self.steps.iter().map(operation).collect())
    }
}

/// An operation that computes several, its operands, and those that vanish into it.
type Fused = (Code, [Node; 4], [Node; 2]);

/// The operation that computes `x op y` together with one of its operands.
fn fuse(op: Binary, x: Node, y: Node, inner: impl Fn(Node) -> Option<(Binary, Node, Node)>) -> Option<Fused> {
    let from_left = inner(x).and_then(|(first, a, b)| Some((left(first, op)?, [a, b, y, y], [x; 2])));
    from_left.or_else(|| inner(y).and_then(|(first, a, b)| Some((right(first, op)?, [a, b, x, x], [y; 2]))))
}

/// The operation that computes `x op y` together with both of its operands.
fn saturation(op: Binary, x: Node, y: Node, inner: impl Fn(Node) -> Option<(Binary, Node, Node)>) -> Option<Fused> {
    match (inner(x)?, op, inner(y)?) {
        ((Binary::Mul, a, b), Binary::Div, (Binary::Add, c, d)) => Some((Code::MulDivAdd, [a, b, c, d], [x, y])),
        _ => None,
    }
}

/// `(a first b) op c`
fn left(first: Binary, op: Binary) -> Option<Code> {
    match (first, op) {
        (Binary::Mul, Binary::Sub) => Some(Code::MulSub),
        (Binary::Mul, Binary::Div) => Some(Code::MulDiv),
        (Binary::Sub, Binary::Sub) => Some(Code::DiffDiff),
        _ => either(first, op),
    }
}

/// `c op (a first b)`
fn right(first: Binary, op: Binary) -> Option<Code> {
    match (first, op) {
        (Binary::Mul, Binary::Sub) => Some(Code::SubMul),
        (Binary::Div, Binary::Sub) => Some(Code::SubDiv),
        (Binary::Add, Binary::Div) => Some(Code::DivAdd),
        _ => either(first, op),
    }
}

/// Where the order of `c` and `a first b` does not matter.
fn either(first: Binary, op: Binary) -> Option<Code> {
    match (first, op) {
        (Binary::Mul, Binary::Add) => Some(Code::MulAdd),
        (Binary::Add, Binary::Add) => Some(Code::AddAdd),
        (Binary::Sub, Binary::Add) => Some(Code::DiffAdd),
        (Binary::Mul, Binary::Mul) => Some(Code::MulMul),
        (Binary::Add, Binary::Mul) => Some(Code::AddMul),
        (Binary::Sub, Binary::Mul) => Some(Code::DiffMul),
        _ => None,
    }
}
