//! Expressions against an independent evaluation of the same random trees: values with running error bounds,
//! derivatives by complex step, linear systems, and lanes bit for bit.

use posology::expr::{Class, Graph, Linear, Node, NonLinearReason, Scope, Tiers, Type, linearise, parse};
use posology::math::kernel::{Kernel, Work};
use posology::units::Dimension;
use proptest::prelude::*;

const INPUTS: [(&str, Class); 6] = [
    ("x", Class::State),
    ("y", Class::State),
    ("t", Class::State),
    ("k", Class::Subject),
    ("w", Class::Interval),
    ("d", Class::Dose),
];

struct Names(Vec<Node>);

impl Names {
    fn new(graph: &mut Graph) -> Self {
        Names(INPUTS.iter().map(|(name, class)| graph.input(name, *class)).collect())
    }
}

impl Scope for Names {
    fn symbol(&self, name: &str) -> Option<(Node, Type)> {
        let i = INPUTS.iter().position(|(known, _)| *known == name)?;
        Some((self.0[i], Type::Number(Dimension::NONE)))
    }
    fn call(&self, _: &mut Graph, _: &str, _: &str) -> Option<(Node, Type)> {
        None
    }
    fn unavailable(&self, _: &str) -> Option<String> {
        None
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn lower(graph: &mut Graph, names: &Names, text: &str) -> Node {
    let expr = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    graph.lower(&expr, names).unwrap_or_else(|faults| panic!("{text}: {faults:?}")).0
}

/// Values of all roots, in lanes that hold different inputs.
fn run<const L: usize>(graph: &Graph, groups: &[&[Node]], inputs: &[[f64; 6]; L]) -> Vec<[f64; L]> {
    run_by(Kernel::Baseline, graph, groups, inputs)
}

/// All programs of some groups.
struct Programs<'a, const L: usize> {
    tiers: &'a Tiers,
    groups: usize,
    file: &'a mut [[f64; L]],
}

impl<const L: usize> Work for Programs<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for class in [Class::Subject, Class::Interval, Class::Dose] {
            self.tiers.run(class, self.file);
        }
        for group in 0..self.groups {
            self.tiers.run_group(group, self.file);
        }
    }
}

fn run_by<const L: usize>(kernel: Kernel, graph: &Graph, groups: &[&[Node]], inputs: &[[f64; 6]; L]) -> Vec<[f64; L]> {
    let tiers = Tiers::compile(graph, groups);
    let mut file = tiers.file::<L>();
    for (slot, register) in file.iter_mut().enumerate().take(6) {
        for (value, lane) in register.iter_mut().zip(inputs) {
            *value = lane[slot];
        }
    }
    kernel.run(Programs { tiers: &tiers, groups: groups.len(), file: &mut file });
    groups.concat().iter().map(|root| file[tiers.register(*root)]).collect()
}

#[derive(Debug, Clone)]
enum Tree {
    Literal(f64),
    Input(usize),
    Unary(&'static str, Box<Tree>),
    /// `+ - * / ^`, `min`, `max`
    Binary(&'static str, Box<Tree>, Box<Tree>),
    /// if(a < b, c, d)
    If(Box<[Tree; 4]>),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Tree::Literal(value) => format!("{value:?}"),
            Tree::Input(i) => INPUTS[*i].0.to_string(),
            Tree::Unary("-", a) => format!("(-{})", a.text()),
            Tree::Unary(function, a) => format!("{function}({})", a.text()),
            Tree::Binary(function @ ("min" | "max"), a, b) => format!("{function}({}, {})", a.text(), b.text()),
            Tree::Binary(sign, a, b) => format!("({} {sign} {})", a.text(), b.text()),
            Tree::If(of) => {
                let [a, b, c, d] = &**of;
                format!("if({} < {}, {}, {})", a.text(), b.text(), c.text(), d.text())
            }
        }
    }
}

/// A complex number, a bound on the rounding error of its real part, and a bound on what its derivative is made of.
#[derive(Debug, Clone, Copy)]
struct Value {
    re: f64,
    im: f64,
    error: f64,
    slope: f64,
}

const STEP: f64 = 1e-40;

/// A value too large, too close to a kink or outside a domain: nothing is claimed about it.
struct Unsure;

impl Value {
    fn new(re: f64, im: f64, error: f64, slope: f64) -> Result<Value, Unsure> {
        let error = error + 4.0 * f64::EPSILON * re.abs();
        let fine = re.abs() < 1e3 && error < 1e-9 && slope < 1e5 && im.is_finite();
        if fine { Ok(Value { re, im, error, slope }) } else { Err(Unsure) }
    }

    /// `f`, with its derivative and a bound of the derivative's terms.
    fn map(self, f: f64, derivative: f64, bound: f64) -> Result<Value, Unsure> {
        Value::new(f, derivative * self.im, bound * self.error, bound * self.slope)
    }
}

/// Straight from the tree, with no simplification; the derivative is the imaginary part over the step.
fn evaluate(tree: &Tree, inputs: &[f64; 6], by: usize) -> Result<Value, Unsure> {
    let go = |tree: &Tree| evaluate(tree, inputs, by);
    match tree {
        Tree::Literal(value) => Value::new(*value, 0.0, 0.0, 0.0),
        Tree::Input(i) => {
            let one = f64::from(u8::from(*i == by));
            Ok(Value { re: inputs[*i], im: one * STEP, error: 0.0, slope: one })
        }
        Tree::Unary(function, a) => {
            let a = go(a)?;
            let x = a.re;
            let clear = |distance: f64| if distance > a.error + 1e-6 { Ok(()) } else { Err(Unsure) };
            match *function {
                "-" => a.map(-x, -1.0, 1.0),
                "exp" => a.map(x.exp(), x.exp(), x.exp()),
                "log" => clear(x).and_then(|()| a.map(x.ln(), 1.0 / x, 1.0 / x)),
                "sqrt" => clear(x).and_then(|()| a.map(x.sqrt(), 0.5 / x.sqrt(), 0.5 / x.sqrt())),
                "tanh" => a.map(x.tanh(), 1.0 - x.tanh().powi(2), 1.0),
                "sin" => a.map(x.sin(), x.cos(), 1.0),
                "cos" => a.map(x.cos(), -x.sin(), 1.0),
                "expit" => {
                    let p = 1.0 / (1.0 + (-x).exp());
                    a.map(p, p / (1.0 + x.exp()), 1.0)
                }
                "abs" => clear(x.abs()).and_then(|()| a.map(x.abs(), x.signum(), 1.0)),
                "floor" => clear((x - x.round()).abs()).and_then(|()| a.map(x.floor(), 0.0, 0.0)),
                other => unreachable!("{other}"),
            }
        }
        Tree::Binary(sign, a, b) => {
            let (a, b) = (go(a)?, go(b)?);
            let apart = (a.re - b.re).abs() > a.error + b.error;
            let sum = |f: f64, im: f64| Value::new(f, im, a.error + b.error, a.slope + b.slope);
            match *sign {
                "+" => sum(a.re + b.re, a.im + b.im),
                "-" => sum(a.re - b.re, a.im - b.im),
                "*" => Value::new(
                    a.re * b.re,
                    a.re * b.im + a.im * b.re,
                    a.re.abs() * b.error + b.re.abs() * a.error,
                    a.re.abs() * b.slope + b.re.abs() * a.slope,
                ),
                "/" if b.re.abs() > 1e-3 => {
                    let q = a.re / b.re;
                    let bound = |a: f64, b_part: f64| (a + q.abs() * b_part) / b.re.abs();
                    Value::new(q, (a.im - q * b.im) / b.re, bound(a.error, b.error), bound(a.slope, b.slope))
                }
                "^" if a.re > 1e-3 => {
                    let p = a.re.powf(b.re);
                    let (by_base, by_exponent) = (b.re * p / a.re, p * a.re.ln());
                    let bound = |a: f64, b: f64| by_base.abs() * a + (p + by_exponent.abs()) * b;
                    let im = by_base * a.im + by_exponent * b.im;
                    Value::new(p, im, bound(a.error, b.error), bound(a.slope, b.slope) + p)
                }
                "min" if apart => Ok(if a.re < b.re { a } else { b }),
                "max" if apart => Ok(if a.re > b.re { a } else { b }),
                _ => Err(Unsure),
            }
        }
        Tree::If(of) => {
            let [a, b, c, d] = &**of;
            let (a, b) = (go(a)?, go(b)?);
            match (a.re - b.re).abs() > a.error + b.error {
                true => go(if a.re < b.re { c } else { d }),
                false => Err(Unsure),
            }
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let literal = prop_oneof![Just(0.0), Just(1.0), Just(-1.0), Just(2.0), Just(0.5), 0.1..3.0];
    let leaf = prop_oneof![1 => literal.prop_map(Tree::Literal), 3 => (0..6_usize).prop_map(Tree::Input)];
    leaf.prop_recursive(6, 60, 4, |inner| {
        let unary =
            prop::sample::select(vec!["-", "-", "exp", "log", "sqrt", "tanh", "sin", "cos", "expit", "abs", "floor"]);
        let binary = prop::sample::select(vec!["+", "+", "-", "-", "*", "*", "*", "/", "/", "^", "min", "max"]);
        prop_oneof![
            2 => (unary, inner.clone()).prop_map(|(f, a)| Tree::Unary(f, a.into())),
            6 => (binary, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Tree::Binary(f, a.into(), b.into())),
            1 => prop::array::uniform4(inner).prop_map(|of| Tree::If(of.into())),
        ]
    })
}

fn points() -> impl Strategy<Value = [f64; 6]> {
    prop::array::uniform6(0.1..3.0)
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn values_are_those_of_the_text(tree in trees(), point in points()) {
        let Ok(expected) = evaluate(&tree, &point, 0) else { return Err(TestCaseError::reject("unsure")) };
        let mut graph = Graph::new();
        let names = Names::new(&mut graph);
        let node = lower(&mut graph, &names, &tree.text());
        let got = run(&graph, &[&[node]], &[point])[0][0];
        // Other orders of the same operations may round as often again.
        prop_assert!((got - expected.re).abs() <= 2.0 * expected.error, "{}: {got} {expected:?}", tree.text());
    }

    #[test]
    fn derivatives_are_those_of_the_complex_step(tree in trees(), point in points(), by in 0..6_usize) {
        let Ok(expected) = evaluate(&tree, &point, by) else { return Err(TestCaseError::reject("unsure")) };
        let mut graph = Graph::new();
        let names = Names::new(&mut graph);
        let node = lower(&mut graph, &names, &tree.text());
        let slope = graph.derivative(node, names.0[by]);
        let got = run(&graph, &[&[node, slope]], &[point])[1][0];
        let want = expected.im / STEP;
        prop_assert!((got - want).abs() <= 1e-9 * (1e-3 + expected.slope), "{}: {got} is not {want}", tree.text());
    }

    #[test]
    fn every_lane_has_the_bits_of_one_alone_by_every_kernel(tree in trees(), other in trees(), points in prop::array::uniform8(points())) {
        let mut graph = Graph::new();
        let names = Names::new(&mut graph);
        let roots = [lower(&mut graph, &names, &tree.text()), lower(&mut graph, &names, &other.text())];
        for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()) {
            let together = run_by(kernel, &graph, &[&roots, &roots[1..]], &points);
            for (lane, point) in points.iter().enumerate() {
                // Grouped otherwise as well: operations are fused or not, with the same bits.
                let alone = run(&graph, &[&roots[..1], &roots[1..]], &[*point]);
                for (many, one) in together.iter().zip(&alone) {
                    let (many, one) = (many[lane], one[0]);
                    prop_assert!(many.to_bits() == one.to_bits() || (many.is_nan() && one.is_nan()), "{many} {one}");
                }
            }
        }
    }
}

#[test]
fn derivatives_of_special_functions_are_those_of_central_differences() {
    for text in [
        "lgamma(x)",
        "lgamma(x * x + 1)",
        "log10(x)",
        "logit(x / 4)",
        "mod(3.7 * x, 1.3)",
        "mod(5, x)",
        "mod(-5 * x, 3 + x)",
        "x ^ (x + 1)",
        "if(x < 2 and not x > 1 or x == 7, x * x, 3 * x)",
    ] {
        let mut graph = Graph::new();
        let names = Names::new(&mut graph);
        let node = lower(&mut graph, &names, text);
        let slope = graph.derivative(node, names.0[0]);
        let curvature = graph.derivative(slope, names.0[0]);
        for x in [0.7, 1.9, 3.1] {
            let h = 1e-5;
            let points = [x - h, x, x + h].map(|x| [x, 0.0, 0.0, 0.0, 0.0, 0.0]);
            let values = run(&graph, &[&[node, slope, curvature]], &points);
            for (of, derivative) in [(0, 1), (1, 2)] {
                let want = (values[of][2] - values[of][0]) / (2.0 * h);
                let got = values[derivative][1];
                assert!((got - want).abs() < 1e-7 * (1.0 + got.abs()), "{text} at {x}: {got} is not {want}");
            }
        }
    }
}

/// Trees that are linear in `x` and `y`, with coefficients that are not.
fn linear_trees() -> impl Strategy<Value = Tree> {
    let factor = prop_oneof![
        (3..6_usize).prop_map(Tree::Input),
        (0.5..3.0).prop_map(Tree::Literal),
        (3..6_usize, 3..6_usize).prop_map(|(i, j)| {
            let product = Tree::Binary("*", Tree::Input(i).into(), Tree::Input(j).into());
            Tree::Unary("sqrt", product.into())
        }),
        // exp(-k), behind a state that cancels
        Just(()).prop_map(|()| {
            let [y, k] = [1, 3].map(|i| Box::new(Tree::Input(i)));
            let sum = Tree::Binary("+", k, y.clone());
            Tree::Unary("exp", Tree::Binary("-", y, sum.into()).into())
        }),
    ];
    let leaf = prop_oneof![3 => (0..2_usize).prop_map(Tree::Input), 1 => factor.clone()];
    leaf.prop_recursive(6, 60, 3, move |inner| {
        let sum = prop::sample::select(vec!["+", "-"]);
        let scale = prop::sample::select(vec!["*", "/"]);
        prop_oneof![
            4 => (sum, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Tree::Binary(f, a.into(), b.into())),
            3 => (scale, inner.clone(), factor.clone()).prop_map(|(f, a, b)| Tree::Binary(f, a.into(), b.into())),
            1 => (factor.clone(), inner.clone()).prop_map(|(a, b)| Tree::Binary("*", a.into(), b.into())),
            1 => inner.prop_map(|a| Tree::Unary("-", a.into())),
        ]
    })
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn linear_systems_are_split_exactly(f in prop::array::uniform2(linear_trees()), point in points()) {
        let Ok(_) = f.iter().map(|tree| evaluate(tree, &point, 0)).collect::<Result<Vec<_>, _>>() else {
            return Err(TestCaseError::reject("unsure"));
        };
        let mut graph = Graph::new();
        let names = Names::new(&mut graph);
        let x = [names.0[0], names.0[1]];
        let roots: Vec<Node> = f.iter().map(|tree| lower(&mut graph, &names, &tree.text())).collect();
        // `d` is allowed here: only the caller knows that it is the dose.
        let Linear { a, b } = linearise(&mut graph, &roots, &x, &names.0[2..3]).unwrap();
        let terms: Vec<Node> = a.iter().map(|term| term.2).chain(b.iter().map(|term| term.1)).collect();
        for term in &terms {
            prop_assert!(graph.class(*term) < Class::State);
        }
        let values = run(&graph, &[&terms], &[point]);
        for (row, tree) in f.iter().enumerate() {
            let want = evaluate(tree, &point, 0).map_err(|_| TestCaseError::reject("unsure"))?;
            let from_a: f64 = a.iter().zip(&values).filter(|((i, ..), _)| *i == row).map(|((_, j, _), v)| v[0] * point[*j]).sum();
            let from_b: f64 = b.iter().zip(&values[a.len()..]).filter(|((i, _), _)| *i == row).map(|(_, v)| v[0]).sum();
            // Terms may cancel in the sum that do not in the tree, and the reverse.
            let tolerance = 1e-12 * (1.0 + want.slope * 3.0 + from_a.abs() + from_b.abs());
            prop_assert!((from_a + from_b - want.re).abs() <= tolerance + want.error, "{}", tree.text());
            for column in 0..2 {
                let slope = evaluate(tree, &point, column).map_err(|_| TestCaseError::reject("unsure"))?;
                let entry: f64 = a.iter().zip(&values).filter(|((i, j, _), _)| (*i, *j) == (row, column)).map(|(_, v)| v[0]).sum();
                prop_assert!((entry - slope.im / STEP).abs() <= 1e-12 * (1.0 + slope.slope), "{}", tree.text());
            }
        }
    }
}

fn linear(texts: &[&str]) -> Result<(Graph, Names, Linear), posology::expr::NonLinear> {
    let mut graph = Graph::new();
    let names = Names::new(&mut graph);
    let f: Vec<Node> = texts.iter().map(|text| lower(&mut graph, &names, text)).collect();
    let (x, forbidden) = ([names.0[0], names.0[1]], [names.0[2], names.0[5]]);
    let split = linearise(&mut graph, &f, &x, &forbidden)?;
    Ok((graph, names, split))
}

#[test]
fn flows_and_chains_are_linear() {
    // A depot into a compartment with exchange, production and elimination, written in different ways.
    let (graph, names, split) = linear(&["-k * x - (x / w) * k + k * (y / 2)", "k * (x - y) + w - -x"]).unwrap();
    let [.., k, w, _] = names.0[..] else { unreachable!() };
    let mut graph = graph;
    let out = {
        let exchange = graph.div(k, w);
        let sum = graph.add(k, exchange);
        graph.neg(sum)
    };
    let half = graph.constant(0.5);
    let one = graph.constant(1.0);
    let entries = [(0, 0, out), (0, 1, graph.mul(k, half)), (1, 0, graph.add(k, one)), (1, 1, graph.neg(k))];
    let point = [0.0, 0.0, 0.0, 0.7, 1.3, 0.0];
    for (got, want) in split.a.iter().zip(entries) {
        assert_eq!((got.0, got.1), (want.0, want.1));
        let values = run(&graph, &[&[got.2, want.2]], &[point]);
        assert!((values[0][0] - values[1][0]).abs() < 1e-15);
    }
    assert_eq!(split.a.len(), 4);
    assert_eq!(split.b, [(1, w)]);
}

#[test]
fn what_cancels_leaves_nothing_behind() {
    let (_, _, split) = linear(&["k * x - k * x", "x * y * 0 + (t - t) + y"]).unwrap();
    assert_eq!(split.a.len(), 1);
    assert!(split.b.is_empty());
    let (_, _, split) = linear(&["x * (y - (k + y) + k) + y"]).unwrap();
    assert_eq!(split.a.iter().map(|term| term.1).collect::<Vec<_>>(), [1]);
    // The difference holds no `y`, which only its split shows.
    let (graph, names, split) = linear(&["x * (y - (k + y)) + exp(y - (k + y))"]).unwrap();
    for term in split.a.iter().map(|term| term.2).chain(split.b.iter().map(|term| term.1)) {
        assert!(!graph.mentions(term, names.0[1]));
    }
}

#[test]
fn anything_else_is_not_linear_and_says_why() {
    use NonLinearReason::*;
    let (x, y, t, d) = ("x".to_string(), "y".to_string(), "t".to_string(), "d".to_string());
    for (text, reason) in [
        ("k * x / (w + x)", Division(x.clone())),
        ("k * x * y", Product(x.clone(), y.clone())),
        ("x * x", Product(x.clone(), x.clone())),
        ("x ^ 2", Product(x.clone(), x.clone())),
        ("x ^ k", Function("a power", x.clone())),
        ("min(x, k)", Function("a `min`", x.clone())),
        ("max(k, y) * x", Function("a `max`", y.clone())),
        ("abs(x)", Function("an `abs`", x.clone())),
        ("floor(x)", Function("a `floor`", x.clone())),
        ("if(k < w, x, 2 * x)", Function("an `if`", x.clone())),
        ("if(x < w, k, w)", Function("a comparison", x.clone())),
        ("exp(-k * x)", Function("an `exp`", x.clone())),
        ("k * x * t", Reads(t.clone())),
        ("x + sin(t)", Reads(t.clone())),
        ("x * if(t < 3, k, w)", Reads(t.clone())),
        ("k * x + d", Reads(d.clone())),
        // Linear only after algebra: doubt means no.
        ("x * (y + 1) - x * y", Product(x.clone(), y.clone())),
    ] {
        let found = linear(&["x", text]).map(|split| split.2).unwrap_err();
        assert_eq!((found.equation, found.reason), (1, reason), "{text}");
    }
    assert_eq!(linear(&["x * y"]).map(|_| ()).unwrap_err().to_string(), "`x` is multiplied by `y`");
}

#[test]
fn parameters_are_computed_once_per_subject() {
    let mut graph = Graph::new();
    let names = Names::new(&mut graph);
    let mut node = |text: &str| lower(&mut graph, &names, text);
    let rhs = [node("k * (x / w) + exp(k) * y"), node("-x * sqrt(k) / w * d")];
    let outputs = [node("x / w"), node("log(k)")];
    let tiers = Tiers::compile(&graph, &[&rhs, &outputs]);
    let counts = [Class::Subject, Class::Interval, Class::Dose].map(|class| tiers.operations(class));
    // exp, sqrt, log; 1/w, k/w, sqrt(k)/w; that times d
    assert_eq!(counts, [3, 3, 1]);
    // x*c + y*c in two, -(x*c) in two; x*c
    assert_eq!([0, 1].map(|group| tiers.group_operations(group)), [4, 1]);
}

#[test]
fn what_saturates_is_one_operation_unless_a_part_is_read_elsewhere() {
    let mut graph = Graph::new();
    let names = Names::new(&mut graph);
    let [saturates, less, parts] =
        ["k * x / (w + x)", "y - k * x / (w + x)", "w + x"].map(|text| lower(&mut graph, &names, text));
    let operations = |group: &[Node]| Tiers::compile(&graph, &[group]).group_operations(0);
    assert_eq!((operations(&[saturates]), operations(&[less]), operations(&[saturates, parts])), (1, 2, 2));
    let [x, y, k, w] = [0.7, 2.0, 1.3, 0.9];
    let found = run(&graph, &[&[less, saturates], &[saturates, parts]], &[[x, y, 0.0, k, w, 0.0]]);
    let expected = k * x / (w + x);
    assert_eq!(found, [[y - expected], [expected], [expected], [w + x]]);
}

#[test]
fn equal_expressions_are_one_node() {
    let mut graph = Graph::new();
    let names = Names::new(&mut graph);
    for (a, b) in [
        ("x + y", "y + x"),
        ("k * x / w", "x * (k / w)"),
        ("x - -y", "x + y"),
        ("0 * x + y * 1", "y"),
        ("x - x", "0"),
        ("-(x - y)", "y - x"),
        ("(-1) * x", "-x"),
        ("x ^ 1", "x"),
        ("k ^ -1 * w", "w / k"),
        ("(1 - k) + k", "1"),
        ("x > y", "y < x"),
        ("if(k < w, x, x)", "x"),
        ("log(exp(k))", "k"),
    ] {
        let as_number = |text: &str| {
            if text.contains(['<', '>']) && !text.contains("if") {
                format!("if({text}, 1, 0)")
            } else {
                text.to_string()
            }
        };
        assert_eq!(
            lower(&mut graph, &names, &as_number(a)),
            lower(&mut graph, &names, &as_number(b)),
            "{a} is not {b}"
        );
    }
    // Not 1 at 0.
    assert_ne!(lower(&mut graph, &names, "x / x"), lower(&mut graph, &names, "1"));
}
