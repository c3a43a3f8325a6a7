//! What names mean in the expressions of a model.

use super::read::Place;
use crate::expr::{Class, Graph, Node, Scope, Type};
use crate::units::Dimension;
use std::collections::BTreeMap;

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Parameter,
    Covariate,
    Derived,
    Compartment,
    State,
    Output,
    Driver,
}

impl What {
    pub fn words(self) -> &'static str {
        match self {
            What::Parameter => "the parameter",
            What::Covariate => "the covariate",
            What::Derived => "the derived quantity",
            What::Compartment => "the compartment",
            What::State => "the state",
            What::Output => "the output",
            What::Driver => "the requirement",
        }
    }
}

/// One name of the shared namespace.
pub(super) struct Entry {
    pub what: What,
    pub place: Place,
    /// Its value, once it is known. A compartment's is the amount in it.
    pub value: Option<(Node, Type)>,
    /// Of a compartment with a volume, once it is known.
    pub concentration: Option<Node>,
}

/// Where an expression stands, which decides what it may use.
#[derive(Clone)]
pub(super) enum Context {
    /// The typical value of a parameter, from its `value`.
    Typical { value: Node, dimension: Dimension },
    /// Volumes, initial values, conditions: the same throughout an interval.
    Subject,
    /// Anything: the class follows from the names.
    Derived,
    /// Right-hand sides and outputs.
    System,
    /// What is decided when a dose is given, from the state just before it and the dose itself.
    Dose,
    /// An input function of the time since the dose.
    Input { since: Node },
}

/// Inputs of every model.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub t: Node,
    pub tafd: Node,
    pub tad: Node,
    pub since: Node,
    pub dose_amount: Node,
    pub dose_device: Node,
    /// Of each route: its name, time after its latest dose, amount of that.
    pub routes: Vec<(String, Node, Node)>,
}

impl Clock {
    pub fn new(graph: &mut Graph, routes: &[&str]) -> Self {
        let mut state = |name: &str| graph.input(name, Class::State);
        let (t, tafd, tad, since) = (state("t"), state("tafd"), state("tad"), state("since"));
        let routes = routes
            .iter()
            .map(|r| (r.to_string(), state(&format!("tad({r})")), state(&format!("last_dose({r})"))))
            .collect();
        let dose_amount = graph.input("dose.amount", Class::Dose);
        let dose_device = graph.input("dose.device", Class::Dose);
        Clock { t, tafd, tad, since, dose_amount, dose_device, routes }
    }

    /// Everything that keeps a system from being linear: times and doses.
    pub fn all(&self) -> Vec<Node> {
        let mut all = vec![self.t, self.tafd, self.tad, self.since, self.dose_amount, self.dose_device];
        all.extend(self.routes.iter().flat_map(|(_, tad, dose)| [*tad, *dose]));
        all
    }
}

/// The names of a model, seen from one expression.
pub(super) struct View<'a> {
    pub names: &'a BTreeMap<String, Entry>,
    pub clock: &'a Clock,
    pub context: Context,
    pub unit_checking: bool,
}

impl View<'_> {
    fn number(node: Node, dimension: Dimension) -> Option<(Node, Type)> {
        Some((node, Type::Number(dimension)))
    }

    /// Times and the dose being given, where they may be used.
    fn clock(&self, name: &str) -> Option<(Node, Type)> {
        let (times, dose) = match self.context {
            Context::Derived | Context::Dose => (true, true),
            Context::System => (true, false),
            Context::Input { .. } => (false, true),
            Context::Typical { .. } | Context::Subject => (false, false),
        };
        match name {
            "t" if times => Self::number(self.clock.t, Dimension::TIME),
            "tafd" if times => Self::number(self.clock.tafd, Dimension::TIME),
            "tad" if times => Self::number(self.clock.tad, Dimension::TIME),
            "dose.amount" if dose => Self::number(self.clock.dose_amount, Dimension::MASS),
            "dose.device" if dose => Self::number(self.clock.dose_device, Dimension::NONE),
            _ => None,
        }
    }

    /// Whether the expression may follow the state of the system.
    fn follows_state(&self) -> bool {
        matches!(self.context, Context::Derived | Context::System | Context::Dose)
    }
}

impl Scope for View<'_> {
    fn symbol(&self, name: &str) -> Option<(Node, Type)> {
        match (&self.context, name) {
            (Context::Typical { value, dimension }, "value") => return Self::number(*value, *dimension),
            (Context::Input { since }, "since") => return Self::number(*since, Dimension::TIME),
            _ => {}
        }
        if let Some(known) = self.clock(name) {
            return Some(known);
        }
        let entry = self.names.get(name)?;
        match entry.what {
            What::Compartment | What::State | What::Output | What::Driver if !self.follows_state() => None,
            _ => entry.value.clone(),
        }
    }

    fn call(&self, _graph: &mut Graph, function: &str, name: &str) -> Option<(Node, Type)> {
        if !self.follows_state() {
            return None;
        }
        let route = || self.clock.routes.iter().find(|(route, ..)| route == name);
        match function {
            "C" => Self::number(self.names.get(name)?.concentration?, Dimension::CONCENTRATION),
            "tad" => Self::number(route()?.1, Dimension::TIME),
            "last_dose" => Self::number(route()?.2, Dimension::MASS),
            _ => None,
        }
    }

    fn unavailable(&self, name: &str) -> Option<String> {
        let never_state = !self.follows_state();
        match name {
            "t" | "tafd" | "tad" | "last_dose" | "C" if never_state => {
                return Some("it changes while the system runs".into());
            }
            "dose.amount" | "dose.device" => return Some("it belongs to the dose that is being given".into()),
            "since" => return Some("it is the time since a dose, for the `input` of a route's entry".into()),
            "value" => return Some("it is the value of a parameter, for its `typical`".into()),
            _ => {}
        }
        let entry = self.names.get(name)?;
        match entry.what {
            What::Compartment if !never_state && entry.concentration.is_none() => {
                Some(format!("the compartment `{name}` has no volume, so it has no concentration"))
            }
            What::Compartment | What::State | What::Output | What::Driver if never_state => {
                Some("it changes while the system runs".into())
            }
            _ => None,
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.names.keys().cloned().collect();
        names.extend(self.clock.routes.iter().map(|(route, ..)| route.clone()));
        names
    }

    fn unit_checking(&self) -> bool {
        self.unit_checking
    }
}
