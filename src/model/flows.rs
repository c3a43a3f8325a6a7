//! The flows of a model as they are counted in a ledger: what leaves a compartment, and what of it is lost on the way.

use super::build::Builder;
use super::file::FlowEntry;
use super::observed::NodeReadout;
use super::{Dynamics, Model};
use crate::expr::Node;

/// What part of the mass that leaves arrives.
pub(super) struct Arriving {
    /// All factors together.
    pub part: Node,
    /// The yield.
    pub yields: Option<Node>,
    /// The ratio of molar masses of a molar flow.
    pub ratio: f64,
}

impl Arriving {
    /// That of the way back of a flow both ways, which has no yield.
    pub fn backwards(&self) -> Arriving {
        Arriving { part: self.part, yields: None, ratio: 1.0 / self.ratio }
    }
}

/// A flow in one direction before programs are compiled.
pub(super) struct NodeFlow {
    name: String,
    from: usize,
    to: Option<usize>,
    leaving: Node,
    lost: Option<Node>,
    ratio: f64,
}

/// The same once it is known what of it is linear.
pub(super) struct LinearisedFlow {
    pub name: String,
    pub from: usize,
    pub to: Option<usize>,
    pub leaving: NodeReadout,
    pub lost: Option<NodeReadout>,
    pub ratio: f64,
}

impl Builder<'_> {
    /// Keeps what leaves a compartment by a flow.
    pub fn note_flow(
        &mut self,
        flow: &FlowEntry,
        (from, to): (usize, Option<usize>),
        leaving: Node,
        arriving: &Arriving,
    ) {
        let name = |state: usize| self.file.compartments[state].name.text.as_str();
        let name = format!("{} -> {}", name(from), to.map_or("out", name));
        let lost = arriving.yields.filter(|_| flow.to.is_some()).map(|yields| {
            let arrives = self.graph.mul(leaving, yields);
            self.graph.sub(leaving, arrives)
        });
        self.flows.push(NodeFlow { name, from, to, leaving, lost, ratio: arriving.ratio });
    }

    /// The flows, and what is written by hand, as linear functions of the states where they are.
    pub fn linearised_flows(&mut self) -> (Vec<LinearisedFlow>, Vec<(usize, NodeReadout)>) {
        let (flows, by_hand) = (std::mem::take(&mut self.flows), std::mem::take(&mut self.by_hand));
        let flows = flows.into_iter().map(|flow| LinearisedFlow {
            leaving: self.readout(flow.leaving),
            lost: flow.lost.map(|lost| self.readout(lost)),
            name: flow.name,
            from: flow.from,
            to: flow.to,
            ratio: flow.ratio,
        });
        let flows = flows.collect();
        (flows, by_hand.into_iter().map(|(i, rate)| (i, self.readout(rate))).collect())
    }
}

impl Model {
    /// The model with nothing in it but doses: no initial values, no production; what reaches one of the states `last` stays
    /// there. Its states add up over doses and over the parts of a dose. `keeps` are the states that have to be as they are in
    /// the whole model, up to where amounts stay; those that are not linear stay empty.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of_doses_alone(&self, keeps: &[usize], last: &[usize]) -> Result<Model, String> {
        if self.doses_follow_state {
            return Err("what a dose does follows the state".into());
        }
        let a = match &self.dynamics {
            Dynamics::Linear { a, .. } => a,
            Dynamics::NonLinear(system) if keeps.iter().all(|state| system.upstream.contains(state)) => &system.a,
            Dynamics::NonLinear(system) => return Err(format!("not linear: {}", system.why)),
        };
        let stays = |state: &usize| last.contains(state);
        let a = a.iter().copied().filter(|(_, column, _)| !stays(column)).collect();
        let mut model = Model { dynamics: Dynamics::Linear { a, b: Vec::new() }, ..self.clone() };
        model.states.iter_mut().for_each(|state| state.initial = None);
        Ok(model)
    }
}
