//! Routes, and what compartments do to doses addressed to them.

use super::build::Builder;
use super::error::ModelError;
use super::file::RoutePlace;
use super::parts::{Device, Limit};
use super::read::Text;
use super::scope::Context;
use crate::expr::Node;
use crate::units::Dimension;

/// A route before programs are compiled.
pub(super) struct NodeRoute {
    pub name: String,
    pub device: Option<Device>,
    pub entries: Vec<NodeEntry>,
    pub total: Option<Node>,
    pub exceeds: Option<String>,
}

/// One place a dose goes, before programs are compiled.
pub(super) struct NodeEntry {
    pub state: usize,
    pub fraction: Option<Node>,
    pub amount: Option<Node>,
    pub lag: Option<Node>,
    pub over: Option<Node>,
    pub input: Option<Node>,
}

/// What of a dose an entry takes.
struct Share {
    /// Part of the dose, by mass.
    part: Node,
    /// As the state keeps it: a part of the dose unless it is 1, or an amount.
    fraction: Option<Node>,
    amount: Option<Node>,
}

/// Dose keys of a compartment, before programs are compiled.
#[derive(Default)]
pub(super) struct NodeDoseKeys {
    pub fraction: Option<Node>,
    pub lag: Option<Node>,
    pub infusion_rate: Option<Node>,
    pub infusion_duration: Option<Node>,
}

impl Builder<'_> {
    pub fn routes(&mut self) -> Vec<NodeRoute> {
        let file = self.file;
        let mut routes = Vec::new();
        for route in &file.routes {
            let mut entries = Vec::new();
            let mut parts = Vec::new();
            let mut complete = true;
            for place in &route.entries {
                let of = format!("the entry `{}` of the route `{}`", place.compartment.text, route.name.text);
                let state = self.compartment(&place.compartment);
                let share = state.and_then(|state| self.share(place, state, &of));
                let lag = self.dose_key(&place.lag, "lag", &of, Dimension::TIME, "a time");
                let over = self.dose_key(&place.over, "over", &of, Dimension::TIME, "a time");
                let input = self.input(place, &of);
                let (Some(Share { part, fraction, amount }), Some(state)) = (share, state) else {
                    complete = false;
                    continue;
                };
                parts.push(part);
                entries.push(NodeEntry { state, fraction, amount, lag, over, input });
            }
            let mut total = None;
            if complete && route.fractions_exceed_one.is_none() {
                self.fractions_within_one(route);
                let mut sum = self.graph.constant(0.0);
                for part in parts {
                    sum = self.graph.add(sum, part);
                }
                let name = format!("the sum of the fractions of the route `{}`", route.name.text);
                if self.graph.value(sum).is_none() {
                    total = Some(sum);
                    self.guard_always(name, sum, Limit::AtMostOne, &route.name.place);
                }
            }
            let device =
                route.device.as_ref().map(|(amount, gap)| Device { amount: amount.in_base(), gap: gap.in_base() });
            let (name, exceeds) = (route.name.text.clone(), route.fractions_exceed_one.clone());
            routes.push(NodeRoute { name, device, entries, total, exceeds });
        }
        routes
    }

    /// What of the dose an entry takes.
    fn share(&mut self, place: &RoutePlace, state: usize, of: &str) -> Option<Share> {
        if let Some(text) = &place.amount {
            let what = format!("the amount of {of}");
            let mass = self.quantity(text, Context::Dose, &what, Dimension::MASS, "an amount")?;
            let amount = self.kept(state, mass);
            self.guard_always(what, amount, Limit::NonNegative, &text.place);
            let part = self.graph.div(mass, self.clock.dose_amount);
            return Some(Share { part, fraction: None, amount: Some(amount) });
        }
        let (part, fraction) = self.fraction(&place.fraction, state, of)?;
        Some(Share { part, fraction, amount: None })
    }

    /// A fraction of a dose into a compartment: of the mass of its own substance, and, unless it is 1, as the state keeps
    /// it. What is guarded is the latter, which programs compute.
    fn fraction(&mut self, text: &Option<Text>, state: usize, of: &str) -> Option<(Node, Option<Node>)> {
        let what = format!("the fraction of {of}");
        let part = match text {
            None => self.graph.constant(1.0),
            Some(text) => self.quantity(text, Context::Dose, &what, Dimension::NONE, "a plain number")?,
        };
        let kept = self.kept(state, part);
        if let Some(text) = text {
            self.guard_always(what, kept, Limit::NonNegative, &text.place);
        }
        Some((part, (self.graph.value(kept) != Some(1.0)).then_some(kept)))
    }

    /// A key of a dose: 0 or more, decided when the dose is given.
    fn dose_key(
        &mut self,
        text: &Option<Text>,
        key: &str,
        of: &str,
        dimension: Dimension,
        needs: &str,
    ) -> Option<Node> {
        let text = text.as_ref()?;
        let what = format!("the {} of {of}", key.replace('_', " "));
        let node = self.quantity(text, Context::Dose, &what, dimension, needs)?;
        self.guard_always(what, node, Limit::NonNegative, &text.place);
        Some(node)
    }

    fn input(&mut self, place: &RoutePlace, of: &str) -> Option<Node> {
        let text = place.input.as_ref()?;
        let what = format!("the input of {of}");
        let context = Context::Input { since: self.clock.since };
        self.quantity(text, context, &what, Dimension::RATE, "a number per time")
    }

    pub fn dose_keys(&mut self) -> Vec<NodeDoseKeys> {
        let file = self.file;
        let mut keys = Vec::new();
        for (i, entry) in file.compartments.iter().enumerate() {
            let of = format!("the compartment `{}`", entry.name.text);
            let fraction = self.fraction(&entry.fraction, i, &of).and_then(|(_, fraction)| fraction);
            let rate = &entry.infusion_rate;
            let duration = &entry.infusion_duration;
            if let (Some(_), Some(second)) = (rate, duration) {
                let (a, b) = ("infusion_rate".to_string(), "infusion_duration".to_string());
                self.report(&second.place, ModelError::TwoSpellings { within: of.clone(), first: a, second: b });
            }
            keys.push(NodeDoseKeys {
                fraction,
                lag: self.dose_key(&entry.lag, "lag", &of, Dimension::TIME, "a time"),
                infusion_rate: self.dose_key(rate, "infusion_rate", &of, Dimension::FLUX, "an amount per time"),
                infusion_duration: self.dose_key(duration, "infusion_duration", &of, Dimension::TIME, "a time"),
            });
        }
        keys
    }
}
