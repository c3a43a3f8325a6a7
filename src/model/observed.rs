//! Outputs and their residual errors.

use super::build::Builder;
use super::error::ModelError;
use super::file::ResidualEntry;
use super::read::Place;
use super::scope::Context;
use crate::document::DocumentError;
use crate::expr::{Linear, Node, Type, linearise};
use crate::units::{Dimension, Quantity, Unit};

/// An output before programs are compiled.
pub(super) struct NodeOutput {
    pub readout: NodeReadout,
    pub residual: Option<NodeResidual>,
    pub molar_mass: Option<f64>,
}

pub(super) enum NodeReadout {
    Linear(Linear),
    Computed(Node),
}

pub(super) struct NodeResidual {
    pub when: Option<Node>,
    pub proportional: f64,
    pub additive: f64,
    pub log_sd: f64,
    pub combined: u8,
    pub otherwise: Option<Box<NodeResidual>>,
}

impl Builder<'_> {
    /// The value of an output and its dimension, that of its unit.
    pub fn output_value(&mut self, i: usize) -> Option<(Node, Dimension)> {
        let entry = &self.file.outputs[i];
        let what = format!("the output `{}`", entry.name.text);
        let (node, kind) = self.lower(&entry.value, Context::System)?;
        let needs = entry.unit.dimension();
        let Type::Number(has) = kind else {
            let found = if kind == Type::Flag { "a flag" } else { "a category" }.to_string();
            self.report(&entry.value.place, ModelError::NotANumber { what, found });
            return None;
        };
        if [self.clock.dose_amount, self.clock.dose_device].into_iter().any(|d| self.graph.mentions(node, d)) {
            self.report(&entry.value.place, ModelError::DoseInSystem { what });
            return None;
        }
        if !self.file.unit_checking {
            return Some((node, needs));
        }
        let node = self.bridge(node, has, needs, &what, &entry.value.place)?;
        Some((node, needs))
    }

    /// A value of one dimension as one of another that differs by mass for amount of substance, or by nothing.
    pub fn bridge(&mut self, node: Node, has: Dimension, needs: Dimension, what: &str, place: &Place) -> Option<Node> {
        if has == needs {
            return Some(node);
        }
        let one = Quantity::base(1.0, has);
        // Any molar mass shows whether the dimensions differ by a molar mass only.
        if one.to_by_molar_mass(&Unit::base(needs), 1.0).is_err() {
            let kind = ModelError::Dimension {
                what: what.to_string(),
                has: has.to_string(),
                needs: format!("a value in `{needs}`"),
                example: needs.to_string(),
                hint: None,
            };
            self.report(place, kind);
            return None;
        }
        let Some(molar_mass) = self.molar_mass_of(node) else {
            let missing = "its compartments name no single substance with one".to_string();
            self.report(place, ModelError::NoMolarMass { what: what.to_string(), missing });
            return None;
        };
        let factor = one.to_by_molar_mass(&Unit::base(needs), molar_mass).ok()?.in_base();
        let factor = self.graph.constant(factor);
        Some(self.graph.mul(node, factor))
    }

    /// Molar mass of the one substance of the compartments a value is computed from.
    fn molar_mass_of(&self, node: Node) -> Option<f64> {
        let file = self.file;
        let mut found = None;
        for (i, compartment) in file.compartments.iter().enumerate() {
            if self.graph.mentions(node, self.states[i]) {
                let name = &compartment.substance.as_ref()?.text;
                if found.is_some_and(|other| other != name) {
                    return None;
                }
                found = Some(name);
            }
        }
        file.substances.iter().find(|s| Some(&s.name.text) == found)?.molar_mass
    }

    /// A value as a linear function of the states, if it can be shown to be one.
    pub fn readout(&mut self, node: Node) -> NodeReadout {
        let (states, clock) = (self.states.clone(), self.clock.all());
        match linearise(&mut self.graph, &[node], &states, &clock) {
            Ok(linear) => NodeReadout::Linear(linear),
            Err(_) => NodeReadout::Computed(node),
        }
    }

    pub fn observed(&mut self) -> Vec<Option<NodeOutput>> {
        let mut outputs = Vec::new();
        for (i, entry) in self.file.outputs.iter().enumerate() {
            let residual = entry.residual.as_ref().and_then(|r| {
                let what = format!("the residual error of `{}`", entry.name.text);
                self.residual(r, entry.unit.dimension(), i, &what)
            });
            let Some((node, _)) = self.outputs[i] else {
                outputs.push(None);
                continue;
            };
            let readout = self.readout(node);
            outputs.push(Some(NodeOutput { readout, residual, molar_mass: self.molar_mass_of(node) }));
        }
        outputs
    }

    fn residual(
        &mut self,
        entry: &ResidualEntry,
        dimension: Dimension,
        output: usize,
        what: &str,
    ) -> Option<NodeResidual> {
        let when = match &entry.when {
            None => None,
            Some(text) => {
                let (node, kind) = self.lower(text, Context::Subject)?;
                if kind != Type::Flag {
                    let found = "no condition".to_string();
                    let expected = "a flag or a comparison".to_string();
                    let what = format!("`when` of {what}");
                    self.report(&text.place, DocumentError::WrongType { what, found, expected }.into());
                    return None;
                }
                Some(node)
            }
        };
        let additive = match &entry.additive {
            None => 0.0,
            Some((quantity, place)) => {
                let molar_mass = self.outputs[output].and_then(|(node, _)| self.molar_mass_of(node));
                let unit = Unit::base(dimension);
                let converted = match molar_mass {
                    Some(m) => quantity.to_by_molar_mass(&unit, m),
                    None => quantity.to(&unit),
                };
                match converted {
                    Ok(q) => q.in_base(),
                    Err(kind) => {
                        self.report(place, ModelError::Unit(kind));
                        0.0
                    }
                }
            }
        };
        let otherwise = match &entry.otherwise {
            None => None,
            Some(other) => Some(Box::new(self.residual(other, dimension, output, what)?)),
        };
        Some(NodeResidual {
            when,
            proportional: entry.proportional,
            additive,
            log_sd: entry.log_sd,
            combined: entry.combined,
            otherwise,
        })
    }
}
