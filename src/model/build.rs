//! From a file to a checked model: names, the order in which they are computed, and the steps of building.

use super::error::{ModelError, Sort};
use super::file::{FileKind, ModelFile, Name, RequireEntry};
use super::parts::{CovariateKind, Guard, Limit};
use super::read::{Number, Place, Text};
use super::scope::{Clock, Context, Entry, View, What};
use crate::error::{Diagnostic, Fault, nearest};
use crate::expr::{Class, Expr, ExprError, Graph, Node, Type, parse};
use crate::units::Dimension;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A limit that a node has to keep, before programs are compiled.
pub(super) struct NodeGuard {
    pub name: String,
    pub node: Node,
    pub must: Limit,
    pub place: Place,
}

pub(super) struct Builder<'f> {
    pub file: &'f ModelFile,
    pub graph: Graph,
    pub names: BTreeMap<String, Entry>,
    pub clock: Clock,
    pub faults: Vec<Fault<ModelError>>,
    pub guards: Vec<NodeGuard>,
    pub warnings: Vec<Diagnostic>,
    /// Input of each parameter's `value`.
    pub values: Vec<Node>,
    /// Individual value of each parameter.
    pub individuals: Vec<Node>,
    pub covariates: Vec<Node>,
    pub etas: super::individuals::Etas,
    /// What the state of each compartment holds per mass of its own substance.
    pub equivalents: Vec<f64>,
    /// Inputs: compartments, then states.
    pub states: Vec<Node>,
    /// Volume of each compartment that has one.
    pub volumes: Vec<Option<Node>>,
    /// Value of each output in the dimension of its expression, and that dimension.
    pub outputs: Vec<Option<(Node, Dimension)>>,
    /// The flows in the order of the file.
    pub flows: Vec<super::flows::NodeFlow>,
    /// Derivatives written by hand: compartment and rate.
    pub by_hand: Vec<(usize, Node)>,
    /// Input of each requirement that no output drives.
    pub unbound: Vec<Option<Node>>,
}

/// What is computed from names, in an order that the names decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Parameter(usize),
    Derived(usize),
    Volume(usize),
    Output(usize),
    Driver(usize),
}

impl<'f> Builder<'f> {
    pub fn new(file: &'f ModelFile) -> Self {
        let mut graph = Graph::new();
        let routes: Vec<&str> = file.routes.iter().map(|r| r.name.text.as_str()).collect();
        let clock = Clock::new(&mut graph, &routes);
        Builder {
            file,
            graph,
            names: BTreeMap::new(),
            clock,
            faults: Vec::new(),
            guards: Vec::new(),
            warnings: Vec::new(),
            values: Vec::new(),
            individuals: Vec::new(),
            covariates: Vec::new(),
            etas: Default::default(),
            equivalents: Vec::new(),
            states: Vec::new(),
            volumes: vec![None; file.compartments.len()],
            outputs: vec![None; file.outputs.len()],
            flows: Vec::new(),
            by_hand: Vec::new(),
            unbound: vec![None; file.requires.len()],
        }
    }

    pub fn report(&mut self, place: &Place, kind: ModelError) {
        self.faults.push(place.fault(kind));
    }

    /// Gives every name its place in the namespace, and the inputs their nodes.
    pub fn declare(&mut self) {
        let file = self.file;
        for covariate in &file.covariates {
            // A data set may change any covariate in time.
            let node = self.graph.input(&covariate.name.text, Class::Interval);
            let kind = match &covariate.kind {
                CovariateKind::Number { unit } => Type::Number(unit.dimension()),
                CovariateKind::Flag => Type::Flag,
                CovariateKind::Category { options } => Type::Category(Arc::from(options.clone())),
            };
            self.covariates.push(node);
            self.name(&covariate.name, What::Covariate, Some((node, kind)));
        }
        for parameter in &file.parameters {
            let class = if parameter.from_data { Class::Interval } else { Class::Subject };
            let node = self.graph.input(&parameter.name.text, class);
            self.values.push(node);
            self.individuals.push(node);
            self.name(&parameter.name, What::Parameter, None);
        }
        for derived in &file.derived {
            self.name(&derived.name, What::Derived, None);
        }
        for (i, compartment) in file.compartments.iter().enumerate() {
            let state = self.graph.input(&compartment.name.text, Class::State);
            self.states.push(state);
            let equivalents = self.equivalents(i);
            self.equivalents.push(equivalents);
            let factor = self.graph.constant(equivalents);
            let amount = self.graph.div(state, factor);
            self.name(&compartment.name, What::Compartment, Some((amount, Type::Number(Dimension::MASS))));
        }
        for state in &file.states {
            let node = self.graph.input(&state.name.text, Class::State);
            self.states.push(node);
            self.name(&state.name, What::State, Some((node, Type::Number(state.unit.dimension()))));
        }
        for output in &file.outputs {
            self.name(&output.name, What::Output, None);
        }
        for driver in &file.requires {
            self.name(&driver.name, What::Driver, None);
        }
        self.declare_etas();
    }

    fn name(&mut self, name: &Name, what: What, value: Option<(Node, Type)>) {
        if let Some(first) = self.names.get(&name.text) {
            let other = format!("{} on line {}", first.what.words(), first.place.line());
            let kind = ModelError::NameClash { name: name.text.clone(), what: what.words().into(), other };
            self.report(&name.place, kind);
            return;
        }
        let entry = Entry { what, place: name.place.clone(), value, concentration: None };
        self.names.insert(name.text.clone(), entry);
    }

    /// Computes parameters, derived quantities, volumes and outputs, each after what it is computed from.
    pub fn resolve(&mut self) {
        let file = self.file;
        let mut items: Vec<Item> = (0..file.parameters.len()).map(Item::Parameter).collect();
        items.extend((0..file.derived.len()).map(Item::Derived));
        items.extend((0..file.compartments.len()).map(Item::Volume));
        items.extend((0..file.requires.len()).map(Item::Driver));
        items.extend((0..file.outputs.len()).map(Item::Output));
        let mut by_name = BTreeMap::new();
        for &item in &items {
            by_name.entry(self.item_name(item).text.clone()).or_insert(item);
        }
        let (mut done, mut failed) = (BTreeSet::new(), BTreeSet::new());
        for &item in &items {
            self.visit(item, &by_name, &mut Vec::new(), &mut done, &mut failed);
        }
    }

    fn item_name(&self, item: Item) -> &'f Name {
        let file = self.file;
        match item {
            Item::Parameter(i) => &file.parameters[i].name,
            Item::Derived(i) => &file.derived[i].name,
            Item::Volume(i) => &file.compartments[i].name,
            Item::Output(i) => &file.outputs[i].name,
            Item::Driver(i) => &file.requires[i].name,
        }
    }

    fn item_text(&self, item: Item) -> Option<&'f Text> {
        let file = self.file;
        match item {
            Item::Parameter(i) => file.parameters[i].typical.as_ref(),
            Item::Derived(i) => Some(&file.derived[i].expression),
            Item::Volume(i) => file.compartments[i].volume.as_ref(),
            Item::Output(i) => Some(&file.outputs[i].value),
            Item::Driver(_) => None,
        }
    }

    fn needs(&mut self, item: Item, by_name: &BTreeMap<String, Item>) -> Vec<Item> {
        if let Item::Driver(i) = item {
            return self.file.driver(i).map(Item::Output).into_iter().collect();
        }
        let Some(text) = self.item_text(item) else { return Vec::new() };
        let Some(expr) = self.parsed(text) else { return Vec::new() };
        let names: Vec<String> = expr.names().map(|(name, _)| name.to_string()).collect();
        names.iter().filter_map(|name| by_name.get(name).copied()).collect()
    }

    fn visit(
        &mut self,
        item: Item,
        by_name: &BTreeMap<String, Item>,
        path: &mut Vec<Item>,
        done: &mut BTreeSet<Item>,
        failed: &mut BTreeSet<Item>,
    ) -> bool {
        if done.contains(&item) {
            return !failed.contains(&item);
        }
        if let Some(start) = path.iter().position(|p| *p == item) {
            let mut names: Vec<String> = path[start..].iter().map(|i| self.item_name(*i).text.clone()).collect();
            names.push(self.item_name(item).text.clone());
            let place = self.item_text(path[path.len() - 1]).map(|t| t.place.clone());
            self.report(&place.unwrap_or(self.item_name(item).place.clone()), ModelError::Cycle { names });
            return false;
        }
        path.push(item);
        let mut fine = true;
        for needed in self.needs(item, by_name) {
            fine &= self.visit(needed, by_name, path, done, failed);
        }
        path.pop();
        // What is computed from something wrong is not looked at: its faults would be echoes.
        let fine = fine && self.compute(item).is_some();
        done.insert(item);
        if !fine {
            failed.insert(item);
        }
        fine
    }

    fn compute(&mut self, item: Item) -> Option<()> {
        let file = self.file;
        let name = &self.item_name(item).text;
        match item {
            Item::Parameter(i) => {
                let value = self.individual(i)?;
                self.names.get_mut(name)?.value = Some(value);
            }
            Item::Derived(i) => {
                let value = self.lower(&file.derived[i].expression, Context::Derived)?;
                self.names.get_mut(name)?.value = Some(value);
            }
            Item::Volume(i) => {
                let Some(text) = &file.compartments[i].volume else { return Some(()) };
                let what = format!("the volume of `{name}`");
                let volume = self.quantity(text, Context::Subject, &what, Dimension::VOLUME, "a volume")?;
                self.guard(what, volume, Limit::Positive, text);
                self.volumes[i] = Some(volume);
                let (amount, _) = self.names.get(name)?.value.clone()?;
                let concentration = self.graph.div(amount, volume);
                self.names.get_mut(name)?.concentration = Some(concentration);
            }
            Item::Output(i) => {
                let (node, dimension) = self.output_value(i)?;
                self.outputs[i] = Some((node, dimension));
                self.names.get_mut(name)?.value = Some((node, Type::Number(dimension)));
            }
            Item::Driver(i) => {
                let value = self.driver(i)?;
                self.names.get_mut(name)?.value = Some((value, Type::Number(file.requires[i].unit.dimension())));
            }
        }
        Some(())
    }

    /// The output that drives an effect; an input of its own where there is none, for checking an effect by itself.
    fn driver(&mut self, i: usize) -> Option<Node> {
        let required = &self.file.requires[i];
        let Some(j) = self.file.driver(i) else {
            return Some(match &required.otherwise {
                Some(number) if self.file.kind == FileKind::Model => self.absent(required, number),
                _ => {
                    let node = self.graph.input(&required.name.text, Class::State);
                    self.unbound[i] = Some(node);
                    node
                }
            });
        };
        let output = &self.file.outputs[j];
        let (node, dimension) = self.outputs[j]?;
        let what = format!("the output `{}`", output.name.text);
        let node = self.bridge(node, dimension, required.unit.dimension(), &what, &required.name.place)?;
        if let Some(site) = required.site.as_ref().filter(|site| **site != output.site) {
            let effect = required.effect.as_ref().map_or(String::new(), |id| format!(" `{id}`"));
            self.warnings.push(
                Diagnostic::warning(
                    "W_SITE",
                    format!(
                        "the effect{effect} was fitted on {site} {}, and is driven by `{}`, whose site is {}",
                        required.analyte, output.name.text, output.site
                    ),
                )
                .with_hint("peaks differ between sites by up to a factor of two"),
            );
        }
        Some(node)
    }

    /// What an effect counts in place of an analyte that the model has no output of, with a warning.
    fn absent(&mut self, required: &RequireEntry, number: &Number) -> Node {
        let counted = format!("{} {}", number.printed, required.unit);
        let said = format!(
            "`{}` counts as {counted}: the model `{}` has no output of {}",
            required.name.text, self.file.id, required.analyte
        );
        self.warnings.push(Diagnostic::warning("W_NO_DRIVER", said));
        self.graph.constant(required.unit.to_base(number.value))
    }

    /// The syntax of a text; a fault in it is reported once.
    fn parsed(&mut self, text: &Text) -> Option<Expr> {
        match parse(&text.text) {
            Ok(expr) => Some(expr),
            Err(fault) => {
                let fault = text.fault(fault, ModelError::Expr);
                if !self.faults.contains(&fault) {
                    self.faults.push(fault);
                }
                None
            }
        }
    }

    /// The value of an expression; its faults are reported.
    pub fn lower(&mut self, text: &Text, context: Context) -> Option<(Node, Type)> {
        let expr = self.parsed(text)?;
        let view = View { names: &self.names, clock: &self.clock, context, unit_checking: self.file.unit_checking };
        match self.graph.lower(&expr, &view) {
            Ok(value) => Some(value),
            Err(faults) => {
                // A name whose own expression is faulty has its fault already; that others use it is none.
                let faulty = |kind: &ExprError| match kind {
                    ExprError::UnknownName { name, .. } => self.names.get(name).is_some_and(|e| e.value.is_none()),
                    _ => false,
                };
                let faults: Vec<_> = faults.into_iter().filter(|f| !faulty(&f.kind)).collect();
                self.faults.extend(faults.into_iter().map(|f| text.fault(f, ModelError::Expr)));
                None
            }
        }
    }

    /// The value of an expression that has to be of a dimension, and of the class its place allows.
    pub fn quantity(
        &mut self,
        text: &Text,
        context: Context,
        what: &str,
        dimension: Dimension,
        needs: &str,
    ) -> Option<Node> {
        let (node, kind) = self.lower(text, context.clone())?;
        let Type::Number(has) = kind else {
            let found = if kind == Type::Flag { "a flag" } else { "a category" }.to_string();
            self.report(&text.place, ModelError::NotANumber { what: what.into(), found });
            return None;
        };
        if self.file.unit_checking && has != dimension {
            let kind = ModelError::Dimension {
                what: what.to_string(),
                has: has.to_string(),
                needs: needs.to_string(),
                example: dimension.to_string(),
                hint: self.dimension_hint(text, has),
            };
            self.report(&text.place, kind);
            return None;
        }
        self.right_class(node, &context, what, text)?;
        Some(node)
    }

    /// A unit that does not fit is mostly one parameter's: say which, and where it is.
    fn dimension_hint(&self, text: &Text, has: Dimension) -> Option<String> {
        let word = text.text.trim();
        if let Some(parameter) = self.file.parameters.iter().find(|p| p.name.text == word) {
            let (line, unit) = (parameter.unit_place.as_ref().unwrap_or(&parameter.name.place).line(), &parameter.unit);
            return Some(format!("the parameter `{word}` on line {line} has the unit `{unit}`"));
        }
        match has {
            Dimension::RATE => Some("a number per time is a `rate`".into()),
            Dimension::CLEARANCE => Some("a volume per time is a `clearance`".into()),
            Dimension::FLUX => Some("an amount per time is a `flux`".into()),
            _ => None,
        }
    }

    fn right_class(&mut self, node: Node, context: &Context, what: &str, text: &Text) -> Option<()> {
        let class = self.graph.class(node);
        let reads_dose = |b: &Self| {
            [b.clock.dose_amount, b.clock.dose_device].into_iter().any(|input| b.graph.mentions(node, input))
        };
        match context {
            Context::Typical { .. } | Context::Subject if class > Class::Interval => {
                self.report(&text.place, ModelError::NotConstant { what: what.to_string() });
                None
            }
            Context::Input { since } if self.changes_but_for(node, *since) => {
                self.report(&text.place, ModelError::NotConstant { what: what.to_string() });
                None
            }
            Context::System if reads_dose(self) => {
                self.report(&text.place, ModelError::DoseInSystem { what: what.to_string() });
                None
            }
            _ => Some(()),
        }
    }

    /// Whether a value follows the state or a time other than this one.
    fn changes_but_for(&self, node: Node, time: Node) -> bool {
        let changing = |input: &Node| self.graph.class(*input) == Class::State && *input != time;
        self.graph.inputs().filter(changing).any(|input| self.graph.mentions(node, input))
    }

    /// Declares a limit, unless the value is known to keep it or follows the state (an engine's matter).
    pub fn guard(&mut self, name: String, node: Node, must: Limit, text: &Text) {
        if self.graph.class(node) != Class::State {
            self.guard_always(name, node, must, &text.place);
        }
    }

    /// Declares a limit, unless the value is known to keep it.
    pub fn guard_always(&mut self, name: String, node: Node, must: Limit, place: &Place) {
        match self.graph.value(node) {
            Some(value) if must.holds(value) => {}
            Some(value) => {
                let kind = ModelError::OutOfRange { what: name, value: value.to_string(), must: must.to_string() };
                self.report(place, kind);
            }
            None => self.guards.push(NodeGuard { name, node, must, place: place.clone() }),
        }
    }

    /// Index of a compartment; an unknown one is reported.
    pub fn compartment(&mut self, name: &Name) -> Option<usize> {
        let found = self.file.compartments.iter().position(|c| c.name.text == name.text);
        if found.is_none() {
            let known: Vec<String> = self.file.compartments.iter().map(|c| c.name.text.clone()).collect();
            let kind = ModelError::UnknownName {
                what: Sort::Compartment,
                name: name.text.clone(),
                near: nearest(&name.text, known.iter().map(String::as_str)).map(str::to_string),
                known,
            };
            self.report(&name.place, kind);
        }
        found
    }

    /// Index of a substance; an unknown one is reported.
    pub fn substance(&mut self, name: &Text) -> Option<usize> {
        let found = self.file.substances.iter().position(|s| s.name.text == name.text);
        if found.is_none() {
            let known: Vec<String> = self.file.substances.iter().map(|s| s.name.text.clone()).collect();
            let kind = ModelError::UnknownName {
                what: Sort::Substance,
                name: name.text.clone(),
                near: nearest(&name.text, known.iter().map(String::as_str)).map(str::to_string),
                known,
            };
            self.report(&name.place, kind);
        }
        found
    }

    /// The guards with their registers.
    pub fn compiled_guards(&self, reg: impl Fn(Node) -> usize) -> Vec<Guard> {
        let compiled = |g: &NodeGuard| Guard {
            name: g.name.clone(),
            reg: reg(g.node),
            must: g.must,
            place: g.place.clone(),
            at_dose: self.graph.class(g.node) >= Class::Dose,
        };
        self.guards.iter().map(compiled).collect()
    }
}
