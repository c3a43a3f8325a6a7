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
                let part = self.part_of_dose(place, &of);
                let lag = self.dose_key(&place.lag, "lag", &of, Dimension::TIME, "a time");
                let over = self.dose_key(&place.over, "over", &of, Dimension::TIME, "a time");
                let input = self.input(place, &of);
                let state = self.compartment(&place.compartment);
                let (Some(part), Some(state)) = (part, state) else {
                    complete = false;
                    continue;
                };
                parts.push(part);
                let (mut fraction, mut amount) = (None, None);
                if place.amount.is_some() {
                    let absolute = self.graph.mul(part, self.clock.dose_amount);
                    amount = Some(self.kept(state, absolute));
                } else {
                    let kept = self.kept(state, part);
                    fraction = (self.graph.value(kept) != Some(1.0)).then_some(kept);
                }
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
                    let place = route.name.place.clone();
                    self.guards.push(super::build::NodeGuard { name, node: sum, must: Limit::AtMostOne, place });
                }
            }
            let device =
                route.device.as_ref().map(|(amount, gap)| Device { amount: amount.in_base(), gap: gap.in_base() });
            routes.push(NodeRoute { name: route.name.text.clone(), device, entries, total });
        }
        routes
    }

    /// What part of the dose an entry takes.
    fn part_of_dose(&mut self, place: &RoutePlace, of: &str) -> Option<Node> {
        if let Some(text) = &place.amount {
            let what = format!("the amount of {of}");
            let amount = self.quantity(text, Context::Dose, &what, Dimension::MASS, "an amount")?;
            self.guard(what, amount, Limit::NonNegative, text);
            return Some(self.graph.div(amount, self.clock.dose_amount));
        }
        match &place.fraction {
            None => Some(self.graph.constant(1.0)),
            Some(_) => self.dose_key(&place.fraction, "fraction", of, Dimension::NONE, "a plain number"),
        }
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
        self.guard(what, node, Limit::NonNegative, text);
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
            let mut fraction = self.dose_key(&entry.fraction, "fraction", &of, Dimension::NONE, "a plain number");
            if self.equivalents[i] != 1.0 {
                let whole = self.graph.constant(1.0);
                fraction = Some(self.kept(i, fraction.unwrap_or(whole)));
            }
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
