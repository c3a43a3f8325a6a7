//! What the flows of a model say about its compartments: which hold the drug that is given and which metabolites, how much of
//! the drug a mg in each is, and which are before the circulation.

use super::LedgerError;
use crate::model::{Dynamics, Model, Output, Readout, StateKind};

/// Measures of one compartment by two ways are the same up to rounding.
const SAME: f64 = 1e-9;

/// A model's compartments, seen from where a regimen enters it.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    /// Of each state, mg of the drug given that one unit of it is; none where nothing that is given can be.
    pub measure: Vec<Option<f64>>,
    /// Of each state, whether its substance is one that is given.
    pub parent: Vec<bool>,
    /// Compartments of the circulation: those of the parent that the first output which reads one reads.
    pub circulation: Vec<usize>,
    /// Of each state, whether what is given can be there before it was in the circulation.
    pub before: Vec<bool>,
    /// Of each state, whether it can be there after.
    pub after: Vec<bool>,
    /// What a reader has to know.
    pub notes: Vec<String>,
}

/// Directed connections between states: from, to, and what one unit becomes.
type Edges = Vec<(usize, usize, f64)>;

impl Chart {
    /// The chart for what enters by these states.
    ///
    /// # Errors
    /// Flows that contradict each other.
    pub fn new(model: &Model, enters: &[usize]) -> Result<Chart, LedgerError> {
        let edges = edges(model);
        let states = model.states();
        let measure = measures(model, enters, &edges)?;
        let parent: Vec<bool> =
            states.iter().map(|state| enters.iter().any(|of| states[*of].substance == state.substance)).collect();
        let drug = |state: &usize| measure[*state].is_some() && parent[*state];
        let read = |output: &Output| (0..states.len()).filter(|s| drug(s) && reads(model, output, *s)).collect();
        let mut all = model.outputs().iter().map(read).filter(|read: &Vec<usize>| !read.is_empty());
        let circulation = all.next().unwrap_or_default();
        let before = reached(&edges, enters, &circulation, states.len());
        let after = match circulation.is_empty() {
            true => vec![true; states.len()],
            false => reached(&edges, &circulation, &[], states.len()),
        };
        let before = if circulation.is_empty() { vec![false; states.len()] } else { before };
        let mut chart = Chart { measure, parent, circulation, before, after, notes: Vec::new() };
        chart.note(model);
        Ok(chart)
    }

    /// Compartments that hold something of what is given.
    pub fn followed(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.measure.len()).filter(|state| self.measure[*state].is_some())
    }

    /// The compartments that an output reads, of those that are followed.
    pub fn read_by(&self, model: &Model, output: &Output) -> Vec<usize> {
        self.followed().filter(|state| reads(model, output, *state)).collect()
    }

    fn note(&mut self, model: &Model) {
        let states = model.states();
        if self.circulation.is_empty() {
            self.notes.push("no output reads a compartment of the drug: nothing says where the circulation is".into());
        }
        if self.followed().all(|state| states[state].substance.is_none()) && self.followed().count() > 1 {
            self.notes
                .push("the model names no substances: every compartment is counted as the drug that is given".into());
        }
        for flow in model.flows() {
            let Some(to) = flow.to.filter(|to| self.measure[*to].is_some()) else { continue };
            let kept = |state: usize| states[state].equivalents_of.or(states[state].substance);
            let (Some(from), Some(other)) = (kept(flow.from), kept(to)) else { continue };
            if from != other && flow.ratio == 1.0 {
                let (drug, other) = (&model.substances()[from].name, &model.substances()[other].name);
                self.notes.push(format!(
                    "`{}` turns {drug} into {other} mg by mg: amounts of {other} are counted as the {drug} they were formed \
                     from",
                    flow.name
                ));
            }
        }
        if model.rates_by_hand().iter().any(|(state, _)| self.measure[*state].is_some()) {
            self.notes.push(
                "compartments have rates written by hand, which do not say where amounts go: what is missing in all of them \
                 together is counted as gone"
                    .into(),
            );
        }
    }
}

/// Whether an output reads a state.
fn reads(model: &Model, output: &Output, state: usize) -> bool {
    let compartment = matches!(model.states()[state].kind, StateKind::Compartment { .. });
    compartment
        && match &output.readout {
            Readout::Linear { c, .. } => c.iter().any(|(of, _)| *of == state),
            Readout::Computed { value } => model.reads([*value], model.states()[state].slot),
        }
}

/// The flows, and for rates written by hand what they read.
fn edges(model: &Model) -> Edges {
    let compartment = |state: usize| matches!(model.states()[state].kind, StateKind::Compartment { .. });
    let mut edges: Edges = model.flows().iter().filter_map(|flow| Some((flow.from, flow.to?, flow.ratio))).collect();
    let pattern: Vec<(usize, usize)> = match model.dynamics() {
        Dynamics::Linear { a, .. } => a.iter().map(|(row, column, _)| (*row, *column)).collect(),
        Dynamics::NonLinear(system) => system.jacobian.iter().map(|(row, column, _)| (*row, *column)).collect(),
    };
    let by_hand = |state: usize| model.rates_by_hand().iter().any(|(of, _)| *of == state);
    for (row, column) in pattern.into_iter().filter(|(row, column)| by_hand(*row) && row != column) {
        let known = edges.iter().any(|(from, to, _)| (*from, *to) == (column, row));
        if compartment(row) && compartment(column) && !known {
            edges.push((column, row, 1.0));
        }
    }
    edges
}

/// What one unit of each state is in mg of what is given, along the flows.
fn measures(model: &Model, enters: &[usize], edges: &Edges) -> Result<Vec<Option<f64>>, LedgerError> {
    let states = model.states();
    let mut measure: Vec<Option<f64>> = vec![None; states.len()];
    // An amount that enters is mg of the compartment's own substance.
    enters.iter().for_each(|state| measure[*state] = Some(1.0 / equivalents(model, *state)));
    loop {
        let mut changed = false;
        for (from, to, ratio) in edges {
            match (measure[*from], measure[*to]) {
                (Some(known), None) => measure[*to] = Some(known / ratio),
                (None, Some(known)) => measure[*from] = Some(known * ratio),
                (Some(known), Some(other)) if (known / ratio - other).abs() > SAME * other => {
                    return Err(LedgerError::TwoMeasures { compartment: states[*to].name.clone() });
                }
                _ => continue,
            }
            changed = true;
        }
        if !changed {
            return Ok(measure);
        }
    }
}

/// What a state holds per mg of its own substance.
fn equivalents(model: &Model, state: usize) -> f64 {
    let state = &model.states()[state];
    let mass = |substance: Option<usize>| model.substances()[substance?].molar_mass;
    match (mass(state.substance), mass(state.equivalents_of)) {
        (Some(own), Some(other)) => other / own,
        _ => 1.0,
    }
}

/// The states that are reached from some, those in `end` not left nor entered.
fn reached(edges: &Edges, from: &[usize], end: &[usize], states: usize) -> Vec<bool> {
    let mut reached = vec![false; states];
    let mut open: Vec<usize> = from.iter().copied().filter(|state| !end.contains(state)).collect();
    while let Some(state) = open.pop() {
        if !std::mem::replace(&mut reached[state], true) {
            let next = edges.iter().filter(|(from, to, _)| *from == state && !end.contains(to));
            open.extend(next.map(|(_, to, _)| *to));
        }
    }
    reached
}
