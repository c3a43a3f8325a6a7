//! Differential equations from compartments, flows and states.

use super::build::Builder;
use super::doses::NodeRoute;
use super::error::ModelError;
use super::file::{FlowEntry, FlowKind, FlowTerm};
use super::flows::Arriving;
use super::nonlinear::NodeNonLinear;
use super::parts::Limit;
use super::read::Place;
use super::scope::Context;
use crate::expr::{Linear, Node, linearise};
use crate::units::Dimension;

/// The right-hand sides, linear if they can be shown to be.
pub(super) enum Equations {
    Linear(Linear),
    NonLinear(NodeNonLinear),
}

impl Builder<'_> {
    /// What the state of a compartment holds per mass of its own substance: its molar mass in terms of the substance
    /// whose equivalents it is kept in.
    pub fn equivalents(&mut self, i: usize) -> f64 {
        let entry = &self.file.compartments[i];
        let Some(of) = &entry.equivalents_of else { return 1.0 };
        let what = format!("`equivalents_of` of the compartment `{}`", entry.name.text);
        let Some(substance) = &entry.substance else {
            let missing = "the compartment names no substance".to_string();
            self.report(&of.place, ModelError::NoMolarMass { what, missing });
            return 1.0;
        };
        let (Some(own), Some(other)) = (self.substance(substance), self.substance(of)) else { return 1.0 };
        match (self.molar_mass(own, &what, &of.place), self.molar_mass(other, &what, &of.place)) {
            (Some(own), Some(other)) => other / own,
            _ => 1.0,
        }
    }

    fn molar_mass(&mut self, substance: usize, what: &str, place: &Place) -> Option<f64> {
        let entry = &self.file.substances[substance];
        if entry.molar_mass.is_none() {
            let missing = format!("the substance `{}` has none", entry.name.text);
            self.report(place, ModelError::NoMolarMass { what: what.to_string(), missing });
        }
        entry.molar_mass
    }

    /// The right-hand side of every state.
    pub fn equations(&mut self) -> Vec<Node> {
        let zero = self.graph.constant(0.0);
        let mut rhs = vec![zero; self.states.len()];
        let mut pairs: Vec<(String, String)> = Vec::new();
        for flow in &self.file.flows {
            let to = flow.to.as_ref().map_or("out", |n| n.text.as_str()).to_string();
            let pair = (flow.from.text.clone(), to);
            if pairs.contains(&pair) || flow.both_ways && pairs.contains(&(pair.1.clone(), pair.0.clone())) {
                self.report(&flow.key.place, ModelError::DuplicateFlow { text: flow.key.text.clone() });
            }
            if flow.both_ways {
                pairs.push((pair.1.clone(), pair.0.clone()));
            }
            pairs.push(pair);
            let from = self.compartment(&flow.from);
            let to = match &flow.to {
                None => Some(None),
                Some(name) => self.compartment(name).map(Some),
            };
            for term in &flow.terms {
                self.flow(flow, term, from, to, &mut rhs);
            }
        }
        for (i, entry) in self.file.compartments.iter().enumerate() {
            let Some(text) = &entry.rate else { continue };
            let what = format!("the `rate` of `{}`", entry.name.text);
            let dimension = Dimension::FLUX;
            if let Some(rate) = self.quantity(text, Context::System, &what, dimension, "an amount per time") {
                let kept = self.kept(i, rate);
                rhs[i] = self.graph.add(rhs[i], kept);
                self.by_hand.push((i, kept));
            }
        }
        let first = self.file.compartments.len();
        for (i, entry) in self.file.states.iter().enumerate() {
            let what = format!("the `rate` of `{}`", entry.name.text);
            let Some(dimension) = entry.unit.dimension().over(Dimension::TIME) else { continue };
            if let Some(rate) =
                self.quantity(&entry.rate, Context::System, &what, dimension, "the state's unit per time")
            {
                rhs[first + i] = rate;
            }
        }
        rhs
    }

    /// An amount of a compartment's own substance, as its state keeps it.
    pub fn kept(&mut self, compartment: usize, amount: Node) -> Node {
        let factor = self.graph.constant(self.equivalents[compartment]);
        self.graph.mul(amount, factor)
    }

    fn flow(
        &mut self,
        flow: &FlowEntry,
        term: &FlowTerm,
        from: Option<usize>,
        to: Option<Option<usize>>,
        rhs: &mut [Node],
    ) {
        let text = &term.expression;
        let key = flow.key.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (word, dimension, needs) = match term.kind {
            FlowKind::Rate => ("rate", Dimension::RATE, "a number per time"),
            FlowKind::Clearance => ("clearance", Dimension::CLEARANCE, "a volume per time"),
            FlowKind::Flux => ("flux", Dimension::FLUX, "an amount per time"),
        };
        let what = format!("the {word} of the flow `{key}`");
        let coefficient = self.quantity(text, Context::System, &what, dimension, needs);
        let arriving = self.arriving(flow, term, &key, from, to.flatten());
        let (Some(coefficient), Some(from), Some(to), Some(arriving)) = (coefficient, from, to, arriving) else {
            return;
        };
        if term.kind != FlowKind::Flux {
            self.guard(what.clone(), coefficient, Limit::NonNegative, text);
        }
        let Some(leaving) = self.leaving(term.kind, coefficient, from, &what, text) else { return };
        rhs[from] = self.graph.sub(rhs[from], leaving);
        self.note_flow(flow, (from, to), leaving, &arriving);
        if let Some(to) = to {
            let part = arriving.part;
            let arriving_there = self.graph.mul(leaving, part);
            rhs[to] = self.graph.add(rhs[to], arriving_there);
            if flow.both_ways {
                let Some(back) = self.leaving(term.kind, coefficient, to, &what, text) else { return };
                rhs[to] = self.graph.sub(rhs[to], back);
                self.note_flow(flow, (to, Some(from)), back, &arriving.backwards());
                let back = self.graph.div(back, part);
                rhs[from] = self.graph.add(rhs[from], back);
            }
        }
    }

    /// Amount per time that leaves a compartment, as its state keeps it.
    fn leaving(
        &mut self,
        kind: FlowKind,
        coefficient: Node,
        from: usize,
        what: &str,
        text: &super::read::Text,
    ) -> Option<Node> {
        let state = self.states[from];
        match kind {
            FlowKind::Flux => Some(self.kept(from, coefficient)),
            FlowKind::Rate => Some(self.graph.mul(coefficient, state)),
            FlowKind::Clearance => {
                let entry = &self.file.compartments[from];
                if entry.volume.is_none() {
                    let kind = ModelError::NoVolume { compartment: entry.name.text.clone(), why: what.to_string() };
                    self.report(&text.place, kind);
                }
                let rate = self.graph.div(coefficient, self.volumes[from]?);
                Some(self.graph.mul(rate, state))
            }
        }
    }

    /// What part of the mass that leaves arrives: the yield, and the ratio of molar masses of a molar flow.
    fn arriving(
        &mut self,
        flow: &FlowEntry,
        term: &FlowTerm,
        key: &str,
        from: Option<usize>,
        to: Option<usize>,
    ) -> Option<Arriving> {
        let mut part = self.graph.constant(1.0);
        let (mut yields, mut ratio) = (None, 1.0);
        if let Some(text) = &term.yields {
            let what = format!("the yield of the flow `{key}`");
            part = self.quantity(text, Context::System, &what, Dimension::NONE, "a plain number")?;
            self.guard(what.clone(), part, Limit::NonNegative, text);
            self.guard(what, part, Limit::AtMostOne, text);
            yields = Some(part);
        }
        if let Some(place) = &term.molar {
            let what = format!("the molar flow `{key}`");
            let ends = [(from, &flow.from), (to, flow.to.as_ref().unwrap_or(&flow.from))];
            let mut masses = Vec::new();
            for (end, name) in ends {
                let entry = &self.file.compartments[end?];
                // A state kept in equivalents of another substance is counted by that one's molar mass.
                match entry.equivalents_of.as_ref().or(entry.substance.as_ref()) {
                    Some(substance) => {
                        let substance = self.substance(substance)?;
                        masses.push(self.molar_mass(substance, &what, place)?);
                    }
                    None => {
                        let missing = format!("the compartment `{}` names no substance", name.text);
                        self.report(place, ModelError::NoMolarMass { what: what.clone(), missing });
                        return None;
                    }
                }
            }
            ratio = masses[1] / masses[0];
            let factor = self.graph.constant(ratio);
            part = self.graph.mul(part, factor);
        }
        Some(Arriving { part, yields, ratio })
    }

    /// A x + b if the equations can be shown to be linear, and nothing but they and doses at once feeds the states.
    pub fn linear_or_not(&mut self, rhs: Vec<Node>, routes: &[NodeRoute]) -> Equations {
        let states = self.states.clone();
        let clock = self.clock.all();
        // An effect read by itself is linear if it is so with a driver that is a state, as it is on a model.
        let joint: Vec<Node> = states.iter().chain(self.unbound.iter().flatten()).copied().collect();
        let with_drivers = linearise(&mut self.graph, &rhs, &joint, &clock);
        match with_drivers.and_then(|_| linearise(&mut self.graph, &rhs, &states, &clock)) {
            Ok(linear) => match routes.iter().find(|r| r.entries.iter().any(|e| e.input.is_some())) {
                None => Equations::Linear(linear),
                Some(route) => {
                    let why = format!("the route `{}` has an input function", route.name);
                    Equations::NonLinear(self.non_linear(why, rhs, routes))
                }
            },
            Err(found) => {
                let file = self.file;
                let compartments = file.compartments.len();
                let place = match found.equation.checked_sub(compartments) {
                    Some(state) => format!("the state `{}`", file.states[state].name.text),
                    None => {
                        let name = &file.compartments[found.equation].name.text;
                        self.culprit(name).unwrap_or(format!("the compartment `{name}`"))
                    }
                };
                Equations::NonLinear(self.non_linear(format!("{place}: {}", found.reason), rhs, routes))
            }
        }
    }

    /// The flux into or out of a compartment that is not linear by itself.
    fn culprit(&mut self, compartment: &str) -> Option<String> {
        let (file, states, clock) = (self.file, self.states.clone(), self.clock.all());
        for flow in &file.flows {
            let touches = flow.from.text == compartment || flow.to.as_ref().is_some_and(|n| n.text == compartment);
            for term in flow.terms.iter().filter(|_| touches) {
                let (node, _) = self.lower(&term.expression, Context::System)?;
                let from = file.compartments.iter().position(|c| c.name.text == flow.from.text)?;
                let flux = match term.kind {
                    FlowKind::Flux => node,
                    FlowKind::Rate | FlowKind::Clearance => self.graph.mul(node, states[from]),
                };
                if linearise(&mut self.graph, &[flux], &states, &clock).is_err() {
                    return Some(format!("the flow `{}`", flow.key.text));
                }
            }
        }
        None
    }
}
