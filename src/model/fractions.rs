//! Whether the fractions of one dose can add up to more than the dose.
//!
//! The rule is sound and simple: interval arithmetic bounds every name in the fractions; if it bounds the sum too, fine.
//! Else, where the sum is of first degree in each name by itself (`F + (1 - F) * G` is), its largest value is at a corner
//! of their ranges, so all corners are tried. Whatever neither way can bound is refused, unless the file says why it is
//! meant. Parameters are taken at the values of the file; other values, and sums that follow the state of the system, are
//! caught by a guard when a dose is given.

use super::build::Builder;
use super::error::ModelError;
use super::file::{RouteEntryFile, RoutePlace};
use super::parts::CovariateKind;
use super::read::Text;
use crate::expr::{Class, Graph, Node, Scope, Type, linearise, parse};
use crate::units::Dimension;
use std::collections::BTreeMap;

/// More names than this in the fractions of one route, and the corners are too many to try.
const MOST_NAMES: usize = 12;
/// Room for rounding.
const SLACK: f64 = 1e-12;

/// Values that a name can take: the ends of its range, or all of a category.
struct Atom {
    name: String,
    kind: Type,
    corners: Vec<f64>,
}

/// Names that stand for given nodes.
struct Given<'a> {
    nodes: &'a BTreeMap<String, (Node, Type)>,
}

impl Scope for Given<'_> {
    fn symbol(&self, name: &str) -> Option<(Node, Type)> {
        self.nodes.get(name).cloned()
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
    fn unit_checking(&self) -> bool {
        false
    }
}

impl Builder<'_> {
    /// Reports a route whose fractions cannot be shown to stay within 1.
    pub fn fractions_within_one(&mut self, route: &RouteEntryFile) {
        if let Err(reason) = self.largest_sum(&route.entries) {
            let place = route
                .entries
                .iter()
                .rev()
                .find_map(|e| e.fraction.as_ref().or(e.amount.as_ref()))
                .map_or(route.name.place.clone(), |t| t.place.clone());
            self.report(&place, ModelError::FractionsExceedOne { route: route.name.text.clone(), reason });
        }
    }

    fn largest_sum(&mut self, entries: &[RoutePlace]) -> Result<(), String> {
        let whole = entries.iter().filter(|e| e.fraction.is_none() && e.amount.is_none()).count();
        if whole > 0 && entries.len() > 1 {
            return Err("an entry without `fraction` takes the whole dose".into());
        }
        let texts: Vec<&Text> = entries.iter().filter_map(|e| e.fraction.as_ref().or(e.amount.as_ref())).collect();
        let mut sum = self.graph.constant(0.0);
        for entry in entries {
            let text = entry.fraction.as_ref().or(entry.amount.as_ref());
            let Some(text) = text else { return Ok(()) };
            let Some((mut node, _)) = self.lower(text, super::scope::Context::Dose) else { return Ok(()) };
            if entry.amount.is_some() {
                node = self.graph.div(node, self.clock.dose_amount);
            }
            sum = self.graph.add(sum, node);
        }
        if self.graph.class(sum) == Class::State {
            // Known when a dose is given, and guarded there.
            return Ok(());
        }
        let bounds = self.input_ranges();
        let range = |graph: &Graph, node: Node| graph.range(node, &|input| bounds.get(&input).copied());
        if range(&self.graph, sum).1 <= 1.0 + SLACK {
            return Ok(());
        }
        if entries.iter().any(|e| e.amount.is_some()) {
            return Err("an `amount` cannot be compared with the dose beforehand".into());
        }
        let mut atoms: Vec<Atom> = Vec::new();
        for text in &texts {
            let Ok(expr) = parse(&text.text) else { return Ok(()) };
            for (name, _) in expr.names() {
                let value = match name {
                    "dose.amount" => Some((self.clock.dose_amount, Type::Number(Dimension::MASS))),
                    "dose.device" => Some((self.clock.dose_device, Type::Number(Dimension::NONE))),
                    _ => self.names.get(name).and_then(|e| e.value.clone()),
                };
                // What is no name here is an option of a category.
                let Some((node, kind)) = value.filter(|_| atoms.iter().all(|a| a.name != name)) else { continue };
                let corners = match &kind {
                    Type::Flag => vec![0.0, 1.0],
                    Type::Category(options) => (0..options.len()).map(|i| i as f64).collect(),
                    Type::Number(_) => {
                        let (low, high) = range(&self.graph, node);
                        if !low.is_finite() || !high.is_finite() {
                            return Err(format!("`{name}` has no bounds"));
                        }
                        if low == high { vec![low] } else { vec![low, high] }
                    }
                };
                atoms.push(Atom { name: name.to_string(), kind, corners });
            }
        }
        if atoms.len() > MOST_NAMES {
            return Err(format!("they depend on more than {MOST_NAMES} names"));
        }
        first_degree(&texts, &atoms)?;
        try_corners(&texts, &atoms)
    }

    /// The range of every input that fractions can depend on.
    fn input_ranges(&self) -> BTreeMap<Node, (f64, f64)> {
        let mut ranges = BTreeMap::new();
        for (parameter, &input) in self.file.parameters.iter().zip(&self.values) {
            let value = parameter.unit.to_base(parameter.value.value);
            let range = if parameter.from_data { (f64::NEG_INFINITY, f64::INFINITY) } else { (value, value) };
            ranges.insert(input, range);
        }
        for (covariate, &input) in self.file.covariates.iter().zip(&self.covariates) {
            let range = match &covariate.kind {
                CovariateKind::Number { .. } => (f64::NEG_INFINITY, f64::INFINITY),
                CovariateKind::Flag => (0.0, 1.0),
                CovariateKind::Category { options } => (0.0, options.len().saturating_sub(1) as f64),
            };
            ranges.insert(input, range);
        }
        ranges.insert(self.clock.dose_amount, (0.0, f64::INFINITY));
        ranges.insert(self.clock.dose_device, (1.0, f64::INFINITY));
        ranges
    }
}

/// The sum of the fractions, in a graph of its own where each name is the node that `make` gives it.
fn sum_of(
    texts: &[&Text],
    atoms: &[Atom],
    mut make: impl FnMut(&mut Graph, usize) -> Node,
) -> Option<(Graph, Vec<Node>, Node)> {
    let mut graph = Graph::new();
    let inputs: Vec<Node> = (0..atoms.len()).map(|i| make(&mut graph, i)).collect();
    let nodes = atoms.iter().zip(&inputs).map(|(a, n)| (a.name.clone(), (*n, a.kind.clone()))).collect();
    let mut sum = graph.constant(0.0);
    for text in texts {
        let (node, _) = graph.lower(&parse(&text.text).ok()?, &Given { nodes: &nodes }).ok()?;
        sum = graph.add(sum, node);
    }
    Some((graph, inputs, sum))
}

/// Whether the sum is of first degree in each name that is a number with a range: then its largest value is at a corner.
fn first_degree(texts: &[&Text], atoms: &[Atom]) -> Result<(), String> {
    let made = sum_of(texts, atoms, |graph, i| graph.input(&atoms[i].name, Class::Subject));
    let Some((mut graph, inputs, sum)) = made else { return Err("they cannot be compared".into()) };
    for (atom, &input) in atoms.iter().zip(&inputs) {
        let ranges = matches!(atom.kind, Type::Number(_)) && atom.corners.len() > 1;
        if ranges && linearise(&mut graph, &[sum], &[input], &[]).is_err() {
            return Err(format!("they are not of first degree in `{}`", atom.name));
        }
    }
    Ok(())
}

fn try_corners(texts: &[&Text], atoms: &[Atom]) -> Result<(), String> {
    let corners: usize = atoms.iter().map(|a| a.corners.len()).product();
    for corner in 0..corners {
        let mut rest = corner;
        let values: Vec<f64> = atoms
            .iter()
            .map(|a| {
                let value = a.corners[rest % a.corners.len()];
                rest /= a.corners.len();
                value
            })
            .collect();
        let made = sum_of(texts, atoms, |graph, i| graph.constant(values[i]));
        let Some(sum) = made.and_then(|(graph, _, sum)| graph.value(sum)) else {
            return Err("they cannot be compared".into());
        };
        if sum > 1.0 + SLACK || sum.is_nan() {
            let at: Vec<String> = atoms.iter().zip(&values).map(|(a, v)| format!("`{}` = {v}", a.name)).collect();
            let at = if at.is_empty() { String::new() } else { format!(" at {}", at.join(", ")) };
            return Err(format!("they are {sum}{at}"));
        }
    }
    Ok(())
}
