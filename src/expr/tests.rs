//! The language as a whole: values, types and errors of texts.

use super::*;
use crate::error::{Fault, Kind, Source};
use crate::units::{Dimension, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names of a small model: each has a value, in base units.
struct Names {
    symbols: BTreeMap<&'static str, (Node, Type, f64)>,
    unit_checking: bool,
}

const UNITS: [(&str, &str, Class, f64); 10] = [
    ("central", "mg", Class::State, 6.0),
    ("Ce", "mg/L", Class::State, 0.5),
    ("t", "h", Class::State, 30.0),
    ("V", "L", Class::Subject, 3.0),
    ("CL", "L/h", Class::Subject, 12.0),
    ("Qh_age", "L/h/year", Class::Subject, 2.0 / 8766.0),
    ("ka", "1/h", Class::Subject, 2.0),
    ("n", "1", Class::Subject, 3.0),
    ("age", "year", Class::Interval, 70.0 * 8766.0),
    ("weight", "kg", Class::Interval, 80e6),
];

impl Names {
    fn new(graph: &mut Graph) -> Names {
        let number = |unit: &str| Type::Number(unit.parse::<Unit>().unwrap().dimension());
        let mut symbols = BTreeMap::new();
        for (name, unit, class, value) in UNITS {
            symbols.insert(name, (graph.input(name, class), number(unit), value));
        }
        let options: Arc<[String]> = ["other", "asian-non-japanese", "japanese"].map(String::from).into();
        symbols.insert("ancestry", (graph.input("ancestry", Class::Interval), Type::Category(options), 1.0));
        symbols.insert("meal", (graph.input("meal", Class::Interval), Type::Flag, 1.0));
        symbols.insert("fasted", (graph.input("fasted", Class::Interval), Type::Flag, 0.0));
        symbols.insert("dose.amount", (graph.input("dose.amount", Class::Dose), number("mg"), 84.0));
        Names { symbols, unit_checking: true }
    }
}

impl Scope for Names {
    fn symbol(&self, name: &str) -> Option<(Node, Type)> {
        self.symbols.get(name).map(|(node, kind, _)| (*node, kind.clone()))
    }
    fn call(&self, graph: &mut Graph, function: &str, name: &str) -> Option<(Node, Type)> {
        let node = |name| self.symbols.get(name).map(|(node, ..)| *node);
        match (function, name) {
            ("C", "central") => {
                let concentration = graph.div(node("central")?, node("V")?);
                Some((concentration, Type::Number(Dimension::CONCENTRATION)))
            }
            _ => None,
        }
    }
    fn unavailable(&self, name: &str) -> Option<String> {
        match name {
            "dose.device" => Some("only routes know the dose".into()),
            "tad" => Some("this is computed before any dose".into()),
            _ => None,
        }
    }
    fn names(&self) -> Vec<String> {
        self.symbols.keys().map(|name| name.to_string()).collect()
    }
    fn unit_checking(&self) -> bool {
        self.unit_checking
    }
}

fn lower(text: &str, unit_checking: bool) -> Result<(Graph, Names, Node, Type), Vec<Fault<ExprError>>> {
    let mut graph = Graph::new();
    let mut names = Names::new(&mut graph);
    names.unit_checking = unit_checking;
    let expr = parse(text).map_err(|fault| vec![fault])?;
    let (node, kind) = graph.lower(&expr, &names)?;
    Ok((graph, names, node, kind))
}

fn evaluate(graph: &Graph, names: &Names, node: Node) -> f64 {
    let tiers = Tiers::compile(graph, &[&[node]]);
    let mut file = tiers.file::<1>();
    for (input, _, value) in names.symbols.values() {
        file[graph.slot(*input).unwrap()] = [*value];
    }
    for class in [Class::Subject, Class::Interval, Class::Dose] {
        tiers.run(class, &mut file);
    }
    tiers.run_group(0, &mut file);
    file[tiers.register(node)][0]
}

fn value(text: &str) -> f64 {
    let (graph, names, node, _) = lower(text, true).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
    evaluate(&graph, &names, node)
}

fn unit(text: &str) -> String {
    match lower(text, true).unwrap_or_else(|faults| panic!("{text}: {faults:?}")).3 {
        Type::Number(dimension) => dimension.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn expressions_have_their_values() {
    for (text, expected) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("7 - 2 - 1", 4.0),
        ("24 / 4 / 2", 3.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -2", 0.25),
        ("2 ^ -2 ^ 2", 0.0625),
        ("-n * 2", -6.0),
        ("--n", 3.0),
        ("2 * -n ^ 2", -18.0),
        ("n ^ 0", 1.0),
        ("1.5e1 + .5 + 1e-1", 15.6),
        ("60[year]", 525_960.0),
        ("60 [ year ]", 525_960.0),
        ("1[kg]", 1e6),
        ("48[%]", 0.48),
        ("central / V", 2.0),
        ("C(central)", 2.0),
        ("CL / V * central", 24.0),
        ("Qh_age * max(0[year], age - 60[year])", 20.0),
        ("(weight / 1[kg])^0.75", 80.0_f64.powf(0.75)),
        ("min(3, 1, 2) + max(3, 1, 2)", 4.0),
        ("mod(t, 24[h]) / 1[h]", 6.0),
        ("floor(-1.5)", -2.0),
        ("abs(1 - n)", 2.0),
        ("exp(log(n))", 3.0_f64.ln().exp()),
        ("log10(1000)", 3.0),
        ("sqrt(16)", 4.0),
        ("expit(0)", 0.5),
        ("logit(0.8)", 4.0_f64.ln()),
        ("expit(logit(0.54))", 0.54),
        ("tanh(0.5) + sin(0.5) + cos(0.5)", 0.5_f64.tanh() + 0.5_f64.sin() + 0.5_f64.cos()),
        ("exp(lgamma(n + 2))", 24.0),
        ("if(ancestry == asian-non-japanese, 2, 3)", 2.0),
        ("if(ancestry == (japanese), 2, 3)", 3.0),
        ("if(ancestry != japanese and meal, 2, 3)", 2.0),
        ("if(meal, 1, 0) + if(not meal, 10, 20)", 21.0),
        ("if(meal == fasted, 1, 2)", 2.0),
        ("if(if(meal, fasted, meal), 1, 2)", 2.0),
        ("if(not n < 2 and n <= 3 or fasted, 1, 2)", 1.0),
        ("if(n > 3 or n >= 4 or n != 3, 1, 2)", 2.0),
        ("if(n == 3, 1, 2)", 1.0),
        ("if(n >= 3 and n <= 3 and not (n > 3 or n < 3), 1, 2)", 1.0),
        ("if(not not fasted, 1, 2)", 2.0),
        ("dose.amount / 28[mg]", 3.0),
        ("3.75[L/h] * (weight / 80[kg])^0.75", 3.75),
    ] {
        let got = value(text);
        assert!((got - expected).abs() <= 1e-14 * expected.abs(), "{text}: {got} is not {expected}");
    }
}

#[test]
fn units_follow_through_expressions() {
    for (text, expected) in [
        ("CL * C(central)", "mg/h"),
        ("-(CL / V) * central", "mg/h"),
        ("sqrt(V ^ 2)", "L"),
        ("V ^ -1", "1/L"),
        ("V ^ (1 / 2 + 1 / 2)", "L"),
        ("abs(min(V, 1[mL]))", "L"),
        ("if(meal, ka, 1[1/min])", "1/h"),
        ("floor(age) + mod(age, 1[year])", "h"),
        ("n ^ n", "1"),
        ("weight * 0.5[mg/kg]", "mg^2/kg"),
    ] {
        assert_eq!(unit(text), expected, "{text}");
    }
}

#[test]
fn every_error_points_at_what_is_wrong() {
    // text, what the caret is under, code, part of the hint (empty: no hint)
    for (text, under, code, hint) in [
        ("1 +", "", "E_EXPR_SYNTAX", ""),
        ("", "", "E_EXPR_SYNTAX", ""),
        ("(1 + 2", "", "E_EXPR_SYNTAX", ""),
        ("1 + 2)", ")", "E_EXPR_SYNTAX", ""),
        ("2 ka", "ka", "E_EXPR_SYNTAX", "`*`"),
        ("(1)(2)", "(", "E_EXPR_SYNTAX", "`*`"),
        ("2 ** 3", "*", "E_EXPR_SYNTAX", "`^`"),
        ("1,5 + n", ",", "E_EXPR_SYNTAX", "`1.5`"),
        ("n = 3", "=", "E_EXPR_SYNTAX", "`==`"),
        ("if n > 2", "n", "E_EXPR_SYNTAX", "if(condition"),
        ("meal && fasted", "&", "E_EXPR_SYNTAX", "`and`"),
        ("!meal", "!", "E_EXPR_SYNTAX", "`not`"),
        ("1 + not meal", "not", "E_EXPR_SYNTAX", ""),
        ("µ + 1", "µ", "E_EXPR_SYNTAX", ""),
        ("V[mL]", "[", "E_EXPR_SYNTAX", "literal"),
        ("1[mL", "[mL", "E_EXPR_SYNTAX", "60[year]"),
        ("C(2)", "2", "E_EXPR_SYNTAX", ""),
        ("C(central + 1)", "+", "E_EXPR_SYNTAX", ""),
        ("min(1, 2,)", ")", "E_EXPR_SYNTAX", ""),
        ("1 + 1e999", "1e999", "E_NOT_A_NUMBER", ""),
        ("1e308[kg] + 1", "1e308[kg]", "E_NOT_A_NUMBER", ""),
        ("0[h] < t < 1[h]", "<", "E_EXPR_CHAINED", "and"),
        ("1[mgg] + n", "mgg", "E_UNIT_UNKNOWN", "`mg`"),
        ("CLL * 2", "CLL", "E_UNKNOWN_NAME", "`CL`"),
        ("C(centrl)", "centrl", "E_UNKNOWN_NAME", "`central`"),
        ("n * dose.device", "dose.device", "E_NAME_UNAVAILABLE", ""),
        ("n * tad(oral)", "tad", "E_NAME_UNAVAILABLE", ""),
        ("maxx(1, 2)", "maxx", "E_UNKNOWN_FUNCTION", "`max`"),
        ("1 + min(1)", "min", "E_EXPR_ARGUMENTS", ""),
        ("exp()", "exp", "E_EXPR_ARGUMENTS", ""),
        ("if(meal, 1)", "if", "E_EXPR_ARGUMENTS", ""),
        ("mod(1, 2, 3)", "mod", "E_EXPR_ARGUMENTS", ""),
        ("V + 2 * CL", "2 * CL", "E_UNIT_MISMATCH", ""),
        ("age - (60)", "(60)", "E_UNIT_MISMATCH", "1[h]"),
        ("max(V, 0)", "0", "E_UNIT_MISMATCH", "0[L]"),
        ("1 - V", "V", "E_UNIT_MISMATCH", "1[L]"),
        ("if(V < ka, 1, 2)", "ka", "E_UNIT_MISMATCH", ""),
        ("if(meal, V, CL)", "CL", "E_UNIT_MISMATCH", ""),
        ("mod(t, 24)", "24", "E_UNIT_MISMATCH", "1[h]"),
        ("1 + exp(weight)", "weight", "E_UNIT_MISMATCH", "1[kg]"),
        ("log(C(central))", "C(central)", "E_UNIT_MISMATCH", "1[mg/L]"),
        ("n ^ V", "V", "E_UNIT_MISMATCH", "1[L]"),
        ("weight^0.75", "weight", "E_UNIT_POWER", "1[kg]"),
        ("V ^ n", "V", "E_UNIT_POWER", "1[L]"),
        ("sqrt(V)", "V", "E_UNIT_POWER", "1[L]"),
        ("1 + meal", "meal", "E_EXPR_TYPE", "if(flag"),
        ("if(n, 1, 2)", "n", "E_EXPR_TYPE", "x > 0"),
        ("not ancestry", "ancestry", "E_EXPR_TYPE", "=="),
        ("if(ancestry < 2, 1, 2)", "ancestry", "E_EXPR_TYPE", "=="),
        ("if(meal == 1, 1, 2)", "meal == 1", "E_EXPR_TYPE", "not meal"),
        ("if(ancestry == asian, 1, 2)", "asian", "E_UNKNOWN_OPTION", "`asian-non-japanese`"),
        ("(V^99)^1 * V^99", "(V^99)^1 * V^99", "E_UNIT_TOO_LARGE", ""),
    ] {
        let faults = lower(text, true).err().unwrap_or_else(|| panic!("{text} should fail"));
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        let fault = &faults[0];
        let span = fault.span.expect("every fault of an expression has a place");
        assert_eq!(fault.kind.code(), code, "{text}: {}", fault.kind);
        assert_eq!(&text[span.start..span.end], under, "{text}");
        let found = fault.kind.hint();
        assert_eq!(found.is_some(), !hint.is_empty(), "{text}: {found:?}");
        assert!(found.unwrap_or_default().contains(hint), "{text}: {:?}", fault.kind.hint());
    }
}

#[test]
fn all_errors_are_found_and_none_follows_from_another() {
    let text = "CLL * (V + CL) + exp(weight) * min(V, ka, meal)";
    let faults = lower(text, true).err().unwrap();
    let under: Vec<&str> = faults.iter().map(|f| f.span.unwrap()).map(|s| &text[s.start..s.end]).collect();
    assert_eq!(under, ["CLL", "CL", "weight", "ka", "meal"]);
}

#[test]
fn a_fault_prints_with_both_units_and_a_caret() {
    let text = "CL * (age - 60)";
    let fault = lower(text, true).err().unwrap().remove(0).within(&Source::new("mine.toml", text));
    assert_eq!(
        fault.diagnostic().to_string(),
        "error[E_UNIT_MISMATCH]: `-` needs equal units, and these are `h` and `1`\n --> mine.toml:1:13\n  |\n1 | CL * (age - 60)\n  |             ^^ expected a unit like `h`\nhint: a literal carries its unit like any other number: `1[h]`, also `0[h]`"
    );
}

#[test]
fn without_unit_checking_literals_are_converted_and_nothing_is_compared() {
    let (graph, names, node, kind) = lower("V + 60[year] * exp(CL)^0.5 * sqrt(ka)", false).unwrap();
    assert_eq!(kind, Type::Number(Dimension::NONE));
    let expected = 3.0 + 525_960.0 * 12.0_f64.exp().sqrt() * 2.0_f64.sqrt();
    assert!((evaluate(&graph, &names, node) / expected - 1.0).abs() < 1e-14);
}

#[test]
fn names_are_listed_with_their_places() {
    let text = "CL * C(central) + (V)";
    let expr = parse(text).unwrap();
    let names: Vec<_> = expr.names().map(|(name, span)| (name, span.start)).collect();
    assert_eq!(names, [("CL", 0), ("central", 7), ("V", 19)]);
    assert_eq!(expr.text(), text);
}

#[test]
fn nesting_and_size_are_limited_without_using_up_the_stack() {
    let nested = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    let code = |text: &str| parse(text).map(|_| "").unwrap_or_else(|fault| fault.kind.code());
    // Half the stack of a thread that Rust starts, in a build that is hardly optimised.
    let run = move || {
        for (open, close) in
            [("(", ")"), ("-", ""), ("2^", ""), ("not ", ""), ("max(1, ", ")"), ("0 or 0 and 0 < 0 + 0 * (", ")")]
        {
            assert_eq!(code(&nested(open, close, 128)), "", "{open}");
            for n in [129, 100_000] {
                assert_eq!(code(&nested(open, close, n)), "E_EXPR_TOO_DEEP", "{open}");
            }
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
    assert_eq!(code(&format!("1{}", " + 1".repeat(4_999))), "");
    assert_eq!(code(&format!("1{}", " + 1".repeat(5_000))), "E_EXPR_TOO_LARGE");
}

/// xorshift64* (Vigna 2016): a stream of test inputs that is the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}

/// Nothing panics, and every place lies in the text.
fn survives(text: &str) {
    if let Err(faults) = lower(text, true) {
        for fault in faults {
            let span = fault.span.expect("every fault of an expression has a place");
            assert!(text.get(span.start..span.end).is_some(), "{text:?}: {fault:?}");
            let _ = fault.within(&Source::new("", text)).diagnostic().to_string();
        }
    }
}

#[test]
fn random_bytes_do_not_panic() {
    let mut random = Random(1);
    for _ in 0..100_000 {
        let bytes: Vec<u8> = (0..random.below(24)).map(|_| random.below(256) as u8).collect();
        survives(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn mutated_expressions_do_not_panic() {
    const TEXTS: [&str; 5] = [
        "min(1, n * if(ancestry == asian-non-japanese, 0.62, 1)) * if(meal and not fasted, n, 1)",
        "Qh_age * max(0[year], age - 60[year]) + 3.75[L/h] * (weight / 1[kg])^0.75",
        "ka * exp(n * log(ka * t) - ka * t - lgamma(n + 1)) / sqrt(V ^ 2 / 4[L^2])",
        "-(CL / V) * central + CL * C(central) / (Ce + 1e-3[mg/L])",
        "if(t < 24[h] or mod(t, 24[h]) >= 8[h], floor(dose.amount / 28[mg]), 0)",
    ];
    const PARTS: [&str; 24] = [
        "(", ")", "[", "]", ",", "-", "^", "==", "<", "=", ".", "e9", "1", "0", "not ", " and ", "if(", "C(", "µ",
        "\n", "meal", "V", "ancestry", "99",
    ];
    let mut random = Random(2);
    for _ in 0..100_000 {
        let mut text: Vec<char> = TEXTS[random.below(TEXTS.len())].chars().collect();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len());
            match random.below(3) {
                0 => drop(text.remove(at)),
                1 => drop(text.splice(at..at, PARTS[random.below(PARTS.len())].chars())),
                _ => {
                    let with = random.below(text.len());
                    text.swap(at, with);
                }
            }
        }
        survives(&text.iter().collect::<String>());
    }
}
