//! The last step: a file and its nodes become a [`Model`] with registers.

use super::build::Builder;
use super::doses::{NodeDoseKeys, NodeRoute};
use super::equations::Equations;
use super::error::ModelError;
use super::file::{ModelFile, Name};
use super::flows::LinearisedFlow;
use super::individuals::NodeEta;
use super::observed::{NodeOutput, NodeReadout, NodeResidual};
use super::parts::*;
use super::provenance::*;
use super::scope::Context;
use super::variability::*;
use super::{Inputs, Model};
use crate::error::{Fault, Source};
use crate::expr::{Class, Linear, Node, Tiers};
use crate::units::{Dimension, Unit};
use std::sync::Arc;

/// Checks a file and compiles it.
pub(super) fn compile(file: &ModelFile, source: &Arc<Source>) -> Result<Model, Vec<Fault<ModelError>>> {
    let numbered = in_order(file)?;
    let file = &numbered;
    let mut builder = Builder::new(file);
    builder.declare();
    builder.resolve();
    let rhs = builder.equations();
    let routes = builder.routes();
    let dose_keys = builder.dose_keys();
    let initials = builder.initials();
    let observed = builder.observed();
    let blocks = builder.blocks();
    let uncertainties = builder.uncertainties();
    let estimates = builder.estimates(&uncertainties);
    let substances = builder.state_substances();
    if !builder.faults.is_empty() {
        let mut faults = builder.faults;
        faults.sort_by_key(|f| f.span);
        return Err(faults);
    }
    let equations = builder.linear_or_not(rhs, &routes);
    let (flows, by_hand) = builder.linearised_flows();
    let observed = observed.into_iter().flatten().collect();
    let nodes = Nodes { routes, dose_keys, initials, observed, equations, flows, by_hand };
    let tiers = nodes.tiers(&builder);
    let reg = |node: Node| tiers.register(node);
    let model = Model {
        source: Arc::clone(source),
        kind: file.kind,
        provenance: provenance(file, &builder),
        unit_checking: file.unit_checking,
        inputs: inputs(&builder, &reg),
        substances: file
            .substances
            .iter()
            .map(|s| Substance { name: s.name.text.clone(), molar_mass: s.molar_mass, salts: s.salts.clone() })
            .collect(),
        covariates: covariates(file, &builder, &reg),
        parameters: parameters(file, &builder, uncertainties, &reg),
        etas: builder.etas.all.iter().map(|e| eta(e, &reg)).collect(),
        blocks,
        estimates,
        states: states(file, &builder, &nodes, &substances, &reg),
        dynamics: dynamics(&nodes.equations, &reg),
        flows: nodes.flows.iter().map(|f| flow(f, &reg)).collect(),
        by_hand: nodes.by_hand.iter().map(|(i, rate)| (*i, readout(rate, &reg))).collect(),
        routes: nodes.routes.iter().map(|r| route(r, &reg)).collect(),
        outputs: file
            .outputs
            .iter()
            .zip(&nodes.observed)
            .map(|(entry, o)| output(file.grade, entry, o, &reg))
            .collect(),
        requirements: requirements(file, &builder),
        doses_follow_state: nodes.of_doses(&builder).iter().any(|n| builder.graph.class(*n) == Class::State),
        guards: builder.compiled_guards(reg),
        warnings: builder.warnings,
        tiers,
    };
    Ok(model)
}

/// The file with its compartments in the order of their numbers, where it gives them.
fn in_order(file: &ModelFile) -> Result<ModelFile, Vec<Fault<ModelError>>> {
    let mut file = file.clone();
    let count = file.compartments.len();
    let numbers: Vec<usize> = file.compartments.iter().filter_map(|c| c.number.as_ref().map(|(n, _)| *n)).collect();
    if numbers.is_empty() {
        return Ok(file);
    }
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    if sorted != (1..=count).collect::<Vec<_>>() {
        let place = file.compartments.iter().rev().find_map(|c| c.number.as_ref().map(|(_, place)| place));
        let fault = place.map(|p| p.fault(ModelError::CompartmentNumbers { count }));
        return Err(fault.into_iter().collect());
    }
    file.compartments.sort_by_key(|c| c.number.as_ref().map(|(n, _)| *n));
    Ok(file)
}

/// Everything that programs have to compute.
struct Nodes {
    routes: Vec<NodeRoute>,
    dose_keys: Vec<NodeDoseKeys>,
    initials: Vec<Option<Node>>,
    observed: Vec<NodeOutput>,
    equations: Equations,
    flows: Vec<LinearisedFlow>,
    by_hand: Vec<(usize, NodeReadout)>,
}

impl Nodes {
    fn tiers(&self, builder: &Builder<'_>) -> Tiers {
        let mut outputs: Vec<Node> = builder.graph.inputs().collect();
        outputs.extend(&builder.individuals);
        outputs.extend(self.initials.iter().flatten());
        let (mut rhs, mut jacobian, mut rest, mut rest_jacobian) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        match &self.equations {
            Equations::Linear(linear) => outputs.extend(nodes_of(linear)),
            Equations::NonLinear(system) => {
                outputs.extend(nodes_of(&system.linear));
                rhs.extend(&system.rhs);
                jacobian.extend(system.jacobian.iter().map(|(.., node)| *node));
                rest = system.rest();
                rest_jacobian = system.rest_jacobian();
            }
        }
        let input: Vec<Node> = self.routes.iter().flat_map(|r| &r.entries).filter_map(|e| e.input).collect();
        let doses = self.of_doses(builder);
        let mut flows = Vec::new();
        let of_flows = self.flows.iter().flat_map(|f| std::iter::once(&f.leaving).chain(&f.lost));
        for rate in of_flows.chain(self.by_hand.iter().map(|(_, rate)| rate)) {
            match rate {
                NodeReadout::Linear(linear) => outputs.extend(nodes_of(linear)),
                NodeReadout::Computed(node) => flows.push(*node),
            }
        }
        for output in &self.observed {
            match &output.readout {
                NodeReadout::Linear(linear) => outputs.extend(nodes_of(linear)),
                NodeReadout::Computed(node) => outputs.push(*node),
            }
            let mut residual = output.residual.as_ref();
            while let Some(r) = residual {
                outputs.extend(r.when);
                residual = r.otherwise.as_deref();
            }
        }
        Tiers::compile(&builder.graph, &[&outputs, &rhs, &input, &jacobian, &rest, &rest_jacobian, &doses, &flows])
    }

    /// Everything that is decided when a dose is given, and the guards: those that follow the state are of doses.
    fn of_doses(&self, builder: &Builder<'_>) -> Vec<Node> {
        let entries = self.routes.iter().flat_map(|r| &r.entries);
        let mut doses: Vec<Node> = entries.flat_map(|e| [e.fraction, e.amount, e.lag, e.over]).flatten().collect();
        doses.extend(self.routes.iter().filter_map(|r| r.total));
        for keys in &self.dose_keys {
            doses.extend([keys.fraction, keys.lag, keys.infusion_rate, keys.infusion_duration].iter().flatten());
        }
        doses.extend(builder.guards.iter().map(|g| g.node));
        doses
    }
}

fn nodes_of(linear: &Linear) -> impl Iterator<Item = Node> + '_ {
    linear.a.iter().map(|(_, _, n)| *n).chain(linear.b.iter().map(|(_, n)| *n))
}

impl Builder<'_> {
    /// What every state starts with.
    fn initials(&mut self) -> Vec<Option<Node>> {
        let file = self.file;
        let mut initials = Vec::new();
        for (i, entry) in file.compartments.iter().enumerate() {
            let what = format!("the initial amount of `{}`", entry.name.text);
            let node = entry.initial.as_ref().and_then(|text| {
                let amount = self.quantity(text, Context::Subject, &what, Dimension::MASS, "an amount")?;
                Some(self.kept(i, amount))
            });
            initials.push(node);
        }
        for entry in &file.states {
            let what = format!("the initial value of `{}`", entry.name.text);
            let unit = entry.unit.dimension();
            let text = entry.initial.as_ref();
            initials.push(text.and_then(|t| self.quantity(t, Context::Subject, &what, unit, "the unit of the state")));
        }
        initials
    }

    /// The substance of every compartment, and the one that it is kept in equivalents of.
    fn state_substances(&mut self) -> Vec<[Option<usize>; 2]> {
        let file = self.file;
        let named = file.compartments.iter().map(|c| [c.substance.as_ref(), c.equivalents_of.as_ref()]);
        named.map(|both| both.map(|name| name.and_then(|name| self.substance(name)))).collect()
    }
}

fn provenance(file: &ModelFile, builder: &Builder<'_>) -> Provenances {
    let assumed = file.parameters.iter().filter_map(|p| match &p.provenance {
        Provenance::Assumed { why } => Some((p.name.text.clone(), why.clone())),
        Provenance::Cited { .. } => None,
    });
    let outputs = file.outputs.iter().filter_map(|o| Some((o.name.text.clone(), o.assumed.clone()?)));
    let changed = file.override_parameters.iter().map(|p| {
        let value = format!("{} = {} {}", p.name.text, p.value.printed, p.unit.as_str());
        value.trim_end().to_string()
    });
    let recomputed = file.override_derived.iter().map(|d| format!("{} = {}", d.name.text, d.expression.text));
    let without = file.override_without.iter().map(|name| format!("without {}", name.text));
    let missing = builder.etas.missing.iter();
    Provenances {
        id: file.id.clone(),
        id_place: file.id_place.clone(),
        title: file.title.clone(),
        drug: file.drug.clone(),
        grade: file.grade,
        sources: file.sources.clone(),
        population: file.population.clone(),
        notes: file.notes.clone(),
        assumptions: assumed.chain(outputs).collect(),
        missing_variability: missing.map(|(i, why)| (file.parameters[*i].name.text.clone(), why.clone())).collect(),
        extends: file.extends.as_ref().map(|t| t.text.clone()),
        overrides: changed.chain(recomputed).chain(without).collect(),
        checks: file.checks.clone(),
        effects: file.effects.clone(),
    }
}

fn inputs(builder: &Builder<'_>, reg: &impl Fn(Node) -> Reg) -> Inputs {
    let clock = &builder.clock;
    Inputs {
        t: reg(clock.t),
        tafd: reg(clock.tafd),
        tad: reg(clock.tad),
        since: reg(clock.since),
        dose_amount: reg(clock.dose_amount),
        dose_device: reg(clock.dose_device),
        tad_of: clock.routes.iter().map(|(_, tad, _)| reg(*tad)).collect(),
        last_dose: clock.routes.iter().map(|(_, _, dose)| reg(*dose)).collect(),
    }
}

fn covariates(file: &ModelFile, builder: &Builder<'_>, reg: &impl Fn(Node) -> Reg) -> Vec<Covariate> {
    let entries = file.covariates.iter().zip(&builder.covariates);
    entries
        .map(|(c, node)| Covariate {
            name: c.name.text.clone(),
            kind: c.kind.clone(),
            reference: c.reference,
            bounds: c.bounds,
            steps: c.steps.clone(),
            slot: reg(*node),
        })
        .collect()
}

fn parameters(
    file: &ModelFile,
    builder: &Builder<'_>,
    uncertainties: Vec<Option<Uncertainty>>,
    reg: &impl Fn(Node) -> Reg,
) -> Vec<Parameter> {
    let entries = file.parameters.iter().zip(uncertainties);
    let made = |(i, (p, uncertainty)): (usize, (&super::file::ParameterEntry, Option<Uncertainty>))| Parameter {
        name: p.name.text.clone(),
        printed: p.value.printed.clone(),
        unit: p.unit.clone(),
        value: p.unit.to_base(p.value.value),
        provenance: p.provenance.clone(),
        bounds: p.bounds.as_ref().map(|(low, high)| (p.unit.to_base(low.value), p.unit.to_base(high.value))),
        from_data: p.from_data,
        slot: reg(builder.values[i]),
        individual: reg(builder.individuals[i]),
        iiv: builder.etas.of(i, Level::Subject),
        iov: builder.etas.of(i, Level::Occasion),
        missing_variability: builder.etas.missing.get(&i).cloned(),
        uncertainty,
    };
    entries.enumerate().map(made).collect()
}

fn eta(eta: &NodeEta, reg: &impl Fn(Node) -> Reg) -> Eta {
    Eta {
        parameter: eta.parameter,
        level: eta.level,
        scale: eta.scale,
        variance: eta.variance,
        printed: eta.printed.clone(),
        slot: reg(eta.node),
    }
}

fn states(
    file: &ModelFile,
    builder: &Builder<'_>,
    nodes: &Nodes,
    substances: &[[Option<usize>; 2]],
    reg: &impl Fn(Node) -> Reg,
) -> Vec<StateVar> {
    let make = |i: usize, name: &Name, kind: StateKind, unit: Unit, [substance, equivalents_of]: [Option<usize>; 2]| {
        StateVar {
            name: name.text.clone(),
            kind,
            initial: nodes.initials[i].map(reg),
            slot: reg(builder.states[i]),
            unit,
            substance,
            equivalents_of,
        }
    };
    let mut states = Vec::new();
    for (i, compartment) in file.compartments.iter().enumerate() {
        let keys = &nodes.dose_keys[i];
        let doses = DoseKeys {
            fraction: keys.fraction.map(reg),
            lag: keys.lag.map(reg),
            infusion_rate: keys.infusion_rate.map(reg),
            infusion_duration: keys.infusion_duration.map(reg),
        };
        let kind = StateKind::Compartment { number: i + 1, doses };
        states.push(make(i, &compartment.name, kind, Unit::base(Dimension::MASS), substances[i]));
    }
    for (j, state) in file.states.iter().enumerate() {
        states.push(make(file.compartments.len() + j, &state.name, StateKind::State, state.unit.clone(), [None; 2]));
    }
    states
}

fn dynamics(equations: &Equations, reg: &impl Fn(Node) -> Reg) -> Dynamics {
    let matrix = |entries: &[(usize, usize, Node)]| entries.iter().map(|(i, j, n)| (*i, *j, reg(*n))).collect();
    let vector = |entries: &[(usize, Node)]| entries.iter().map(|(i, n)| (*i, reg(*n))).collect();
    match equations {
        Equations::Linear(linear) => Dynamics::Linear { a: matrix(&linear.a), b: vector(&linear.b) },
        Equations::NonLinear(system) => Dynamics::NonLinear(NonLinear {
            why: system.why.clone(),
            rhs: system.rhs.iter().map(|n| reg(*n)).collect(),
            jacobian: matrix(&system.jacobian),
            upstream: system.upstream.clone(),
            a: matrix(&system.linear.a),
            b: vector(&system.linear.b),
        }),
    }
}

fn route(route: &NodeRoute, reg: &impl Fn(Node) -> Reg) -> Route {
    let entries = route.entries.iter().map(|e| RouteEntry {
        state: e.state,
        fraction: e.fraction.map(reg),
        amount: e.amount.map(reg),
        lag: e.lag.map(reg),
        over: e.over.map(reg),
        input: e.input.map(reg),
    });
    Route {
        name: route.name.clone(),
        device: route.device,
        entries: entries.collect(),
        total: route.total.map(reg),
        exceeds: route.exceeds.clone(),
    }
}

fn flow(flow: &LinearisedFlow, reg: &impl Fn(Node) -> Reg) -> Flow {
    Flow {
        name: flow.name.clone(),
        from: flow.from,
        to: flow.to,
        leaving: readout(&flow.leaving, reg),
        lost: flow.lost.as_ref().map(|lost| readout(lost, reg)),
        ratio: flow.ratio,
    }
}

fn readout(readout: &NodeReadout, reg: &impl Fn(Node) -> Reg) -> Readout {
    match readout {
        NodeReadout::Linear(linear) => Readout::Linear {
            c: linear.a.iter().map(|(_, state, n)| (*state, reg(*n))).collect(),
            d: linear.b.first().map(|(_, n)| reg(*n)),
        },
        NodeReadout::Computed(node) => Readout::Computed { value: reg(*node) },
    }
}

fn output(model: Grade, entry: &super::file::OutputEntry, output: &NodeOutput, reg: &impl Fn(Node) -> Reg) -> Output {
    let itself = entry.assumed.as_ref().map(|_| Grade::Assumed);
    Output {
        name: entry.name.text.clone(),
        unit: entry.unit.clone(),
        analyte: entry.analyte.clone(),
        site: entry.site.clone(),
        readout: readout(&output.readout, reg),
        residual: output.residual.as_ref().map(|r| residual(r, reg)),
        assumed: entry.assumed.clone(),
        grade: entry.effect_grade.into_iter().chain(itself).fold(model, Grade::max),
        molar_mass: output.molar_mass,
    }
}

fn residual(node: &NodeResidual, reg: &impl Fn(Node) -> Reg) -> Residual {
    Residual {
        when: node.when.map(reg),
        proportional: node.proportional,
        additive: node.additive,
        log_sd: node.log_sd,
        combined: node.combined,
        otherwise: node.otherwise.as_ref().map(|r| Box::new(residual(r, reg))),
    }
}

fn requirements(file: &ModelFile, builder: &Builder<'_>) -> Vec<Requirement> {
    let unbound = file.requires.iter().zip(&builder.unbound).filter(|(_, node)| node.is_some());
    unbound
        .map(|(r, _)| Requirement {
            name: r.name.text.clone(),
            analyte: r.analyte.clone(),
            site: r.site.clone(),
            unit: r.unit.clone(),
            otherwise: r.otherwise.as_ref().map(|n| n.value),
        })
        .collect()
}
