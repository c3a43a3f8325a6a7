//! Individual parameters: value, typical value, random effects, bounds.

use super::build::Builder;
use super::error::{ModelError, Sort};
use super::file::Spread;
use super::quantities::covariance;
use super::read::Text;
use super::scope::Context;
use super::variability::{Level, Scale};
use crate::error::nearest;
use crate::expr::{Class, Node, Type, Unary};
use crate::math::cholesky;
use crate::units::Dimension;
use std::collections::BTreeMap;

/// A random effect before programs are compiled.
pub(super) struct NodeEta {
    pub parameter: usize,
    pub level: Level,
    pub scale: Scale,
    pub variance: f64,
    pub printed: String,
    pub node: Node,
}

/// The random effects of a model and who uses them.
#[derive(Default)]
pub(super) struct Etas {
    pub all: Vec<NodeEta>,
    /// Of each parameter, by level: index in `all`.
    pub used: BTreeMap<(usize, Level), usize>,
    /// Why a variability is missing, by parameter.
    pub missing: BTreeMap<usize, String>,
}

impl Etas {
    pub fn of(&self, parameter: usize, level: Level) -> Option<usize> {
        self.used.get(&(parameter, level)).copied()
    }
}

impl Builder<'_> {
    /// Makes the inputs of all random effects; shared ones once.
    pub fn declare_etas(&mut self) {
        let file = self.file;
        let mut shared = Vec::new();
        for (i, parameter) in file.parameters.iter().enumerate() {
            for (spread, level) in [(&parameter.iiv, Level::Subject), (&parameter.iov, Level::Occasion)] {
                let (scale, variance, printed) = match spread {
                    None => continue,
                    Some(Spread::Missing { why }) => {
                        self.etas.missing.insert(i, why.clone());
                        continue;
                    }
                    Some(Spread::Shared { with }) => {
                        shared.push((i, level, with));
                        continue;
                    }
                    Some(Spread::Log { variance, printed }) => (Scale::Log, *variance, printed),
                    Some(Spread::Logit { sd, printed }) => (Scale::Logit, sd * sd, printed),
                    Some(Spread::Additive { sd, printed }) => {
                        let sd = parameter.unit.to_base(*sd);
                        (Scale::Additive, sd * sd, printed)
                    }
                };
                let (name, class) = match level {
                    Level::Subject => (format!("eta({})", parameter.name.text), Class::Subject),
                    Level::Occasion => (format!("eta_occasion({})", parameter.name.text), Class::Interval),
                };
                let node = self.graph.input(&name, class);
                let printed = printed.clone();
                let eta = NodeEta { parameter: i, level, scale, variance, printed, node };
                self.etas.used.insert((i, level), self.etas.all.len());
                self.etas.all.push(eta);
            }
        }
        for (i, level, with) in shared {
            let owner = file.parameters.iter().position(|p| p.name.text == with.text);
            match owner.and_then(|owner| self.etas.of(owner, level)) {
                Some(eta) => {
                    self.etas.used.insert((i, level), eta);
                }
                None => self.without_variability(with),
            }
        }
    }

    /// The individual value of a parameter and its type.
    pub fn individual(&mut self, i: usize) -> Option<(Node, Type)> {
        let entry = &self.file.parameters[i];
        let dimension = entry.unit.dimension();
        let value = self.values[i];
        let what = format!("the typical value of `{}`", entry.name.text);
        let typical = match &entry.typical {
            None => value,
            Some(text) => {
                let context = Context::Typical { value, dimension };
                self.quantity(text, context, &what, dimension, "the unit of the parameter")?
            }
        };
        let mut node = typical;
        let used: Vec<usize> =
            [Level::Subject, Level::Occasion].into_iter().filter_map(|level| self.etas.of(i, level)).collect();
        if let Some(first) = used.first() {
            let scale = self.etas.all[*first].scale;
            if used.iter().any(|e| self.etas.all[*e].scale != scale) {
                let kind = ModelError::TwoSpellings {
                    within: format!("the variability of `{}`", entry.name.text),
                    first: self.etas.all[used[0]].printed.clone(),
                    second: self.etas.all[used[1]].printed.clone(),
                };
                self.report(&entry.name.place, kind);
                return None;
            }
            let mut eta = self.graph.constant(0.0);
            for e in &used {
                let next = self.etas.all[*e].node;
                eta = self.graph.add(eta, next);
            }
            node = match scale {
                Scale::Log => {
                    let factor = self.graph.unary(Unary::Exp, eta);
                    self.graph.mul(typical, factor)
                }
                Scale::Additive => self.graph.add(typical, eta),
                Scale::Logit => {
                    if !dimension.is_none() {
                        self.logit_of_unit(i);
                        return None;
                    }
                    let logit = self.graph.unary(Unary::Logit, typical);
                    let moved = self.graph.add(logit, eta);
                    self.graph.unary(Unary::Expit, moved)
                }
            };
        }
        if let Some((low, high)) = &entry.bounds {
            let (low, high) = (entry.unit.to_base(low.value), entry.unit.to_base(high.value));
            let (low, high) = (self.graph.constant(low), self.graph.constant(high));
            let floor = self.graph.binary(crate::expr::Binary::Max, node, low);
            node = self.graph.binary(crate::expr::Binary::Min, floor, high);
        }
        self.individuals[i] = node;
        Some((node, Type::Number(dimension)))
    }

    /// A parameter that has no random effect of its own, or does not exist.
    fn without_variability(&mut self, name: &Text) {
        let file = self.file;
        let known: Vec<&str> = self.etas.all.iter().map(|e| file.parameters[e.parameter].name.text.as_str()).collect();
        let kind = if file.parameters.iter().any(|p| p.name.text == name.text) {
            ModelError::NoVariability { name: name.text.clone(), known: known.iter().map(|k| k.to_string()).collect() }
        } else {
            ModelError::UnknownName {
                what: Sort::Parameter,
                name: name.text.clone(),
                near: nearest(&name.text, known.iter().copied()).map(str::to_string),
                known: known.iter().map(|k| k.to_string()).collect(),
            }
        };
        self.report(&name.place, kind);
    }

    fn logit_of_unit(&mut self, i: usize) {
        let entry = &self.file.parameters[i];
        let kind = ModelError::Dimension {
            what: format!("the parameter `{}`", entry.name.text),
            has: entry.unit.to_string(),
            needs: "a plain number between 0 and 1, for `logit_sd`,".into(),
            example: Dimension::NONE.to_string(),
            hint: Some("`cv` is variability of a positive quantity".into()),
        };
        self.report(entry.unit_place.as_ref().unwrap_or(&entry.name.place), kind);
    }

    /// The blocks: indices of random effects and covariance, lower triangle by row.
    pub fn blocks(&mut self) -> Vec<super::variability::Block> {
        let file = self.file;
        let mut blocks = Vec::new();
        let mut seen: Vec<usize> = Vec::new();
        for entry in &file.blocks {
            let mut etas = Vec::new();
            for name in &entry.of {
                let parameter = file.parameters.iter().position(|p| p.name.text == name.text);
                let own = parameter
                    .and_then(|p| self.etas.of(p, Level::Subject).filter(|e| self.etas.all[*e].parameter == p));
                match own {
                    Some(eta) if seen.contains(&eta) => {
                        let within = format!("the variability of `{}`", name.text);
                        let (first, second) = ("block".to_string(), "block".to_string());
                        self.report(&name.place, ModelError::TwoSpellings { within, first, second });
                    }
                    Some(eta) => {
                        seen.push(eta);
                        etas.push(eta);
                    }
                    None => self.without_variability(name),
                }
            }
            if etas.len() != entry.of.len() {
                continue;
            }
            let variance = |i: usize| self.etas.all[etas[i]].variance;
            // A covariance of random effects is on their own scale; additive ones have the units of their parameters.
            let unit = |i: usize| match self.etas.all[etas[i]].scale {
                Scale::Additive => file.parameters[self.etas.all[etas[i]].parameter].unit.to_base(1.0),
                Scale::Log | Scale::Logit => 1.0,
            };
            let covariance = covariance(entry, variance, unit);
            if cholesky::factor(&covariance, etas.len()).is_none() {
                self.report(&entry.place, ModelError::NotPositiveDefinite);
            }
            blocks.push(super::variability::Block { etas, covariance });
        }
        blocks
    }
}
