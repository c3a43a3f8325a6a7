//! Where exposure comes from: formed before the circulation or after, entered here or there.

use super::{Run, part};
use crate::model::{Flow, Output, Readout};
use crate::simulate::{OutputView, Profile, SimulationError};
use crate::units::{Dimension, Quantity};

/// The area under an output, or under the part of it that comes from somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// The output.
    pub output: String,
    /// Whether it reads the drug that is given, not a metabolite.
    pub drug: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// Area from the start to the end of the simulation; why there is none.
    pub auc: Result<Quantity, String>,
    /// Area to infinity; why there is none.
    pub auc_inf: Result<Quantity, String>,
    /// Share of the whole area: of that to infinity if there is one, else up to the end; why there is none.
    pub share: Result<f64, String>,
}

/// Where exposure comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Everywhere.
    All,
    /// A metabolite formed from the drug before it was in the circulation.
    Before,
    /// A metabolite formed from the drug in the circulation or after it.
    After,
    /// What entered by one entry of a route.
    Entry(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::All => f.write_str("all"),
            Origin::Before => f.write_str("formed before the circulation"),
            Origin::After => f.write_str("formed after it"),
            Origin::Entry(name) => write!(f, "entered by {name}"),
        }
    }
}

/// What of one entry of a route reached the circulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Absorption {
    /// The entry.
    pub entry: String,
    /// mg of the drug that enter there in all.
    pub enters: f64,
    /// mg that reach the circulation; why that is not known.
    pub reaches: Result<f64, String>,
    /// By when, h: the end of the simulation; none for all that ever does, known where the way there is solved exactly.
    pub until: Option<f64>,
}

/// Both areas of an output.
#[derive(Clone)]
struct Areas {
    until: Result<Quantity, String>,
    inf: Result<Quantity, String>,
}

impl Areas {
    fn of(view: &OutputView<'_>, until: f64) -> Areas {
        let inf = view.auc_inf().map_err(|missing| missing.to_string());
        Areas { until: Ok(view.auc(0.0, until)), inf }
    }

    fn missing(why: &str) -> Areas {
        Areas { until: Err(why.into()), inf: Err(why.into()) }
    }

    /// This many times as much, where it exists.
    fn times(&self, factor: f64) -> Areas {
        let times = |area: &Result<Quantity, String>| {
            area.clone().map(|area| Quantity::new(factor * area.value(), area.unit().clone()))
        };
        Areas { until: times(&self.until), inf: times(&self.inf) }
    }

    fn without(&self, part: &Areas) -> Areas {
        let minus = |all: &Result<Quantity, String>, part: &Result<Quantity, String>| match (all, part) {
            (Ok(all), Ok(part)) => Ok(Quantity::new(all.value() - part.value(), all.unit().clone())),
            (Err(why), _) | (_, Err(why)) => Err(why.clone()),
        };
        Areas { until: minus(&self.until, &part.until), inf: minus(&self.inf, &part.inf) }
    }

    fn share_of(&self, all: &Areas) -> Result<f64, String> {
        let share = |part: &Quantity, all: &Quantity| match all.value() {
            0.0 => Err("the output is zero".to_string()),
            all => Ok(part.value() / all),
        };
        match (&self.inf, &all.inf, &self.until, &all.until) {
            (Ok(part), Ok(all), ..) | (_, _, Ok(part), Ok(all)) => share(part, all),
            (_, _, Err(why), _) | (_, _, _, Err(why)) => Err(why.clone()),
        }
    }
}

/// Exposure of every output that reads the drug or its metabolites, by origin.
pub(super) fn exposures(run: &Run<'_>, failures: &mut Vec<String>) -> Result<Vec<Exposure>, SimulationError> {
    let entries = entries(run);
    let mut by_entry = Vec::new();
    if let (Ok(added), true) = (&run.added, entries.len() > 1) {
        for entry in &entries {
            by_entry.push(part(&added.entering_by(entry.route, entry.place), run.subject, failures)?);
        }
    }
    let mut exposures = Vec::new();
    for (index, view) in run.profile.outputs().enumerate() {
        let read = run.chart.read_by(run.profile.model(), view.output());
        let dimension = view.unit().dimension();
        if read.is_empty() || ![Dimension::CONCENTRATION, Dimension::MOLAR_CONCENTRATION].contains(&dimension) {
            continue;
        }
        let all = Areas::of(&view, run.profile.until());
        let drug = read.iter().any(|state| run.chart.parent[*state]);
        let mut add = |origin: Origin, areas: &Areas| {
            exposures.push(Exposure {
                output: view.output().name.clone(),
                drug,
                origin,
                auc: areas.until.clone(),
                auc_inf: areas.inf.clone(),
                share: areas.share_of(&all),
            });
        };
        add(Origin::All, &all);
        let linear = splits(view.output());
        if !drug && !run.chart.circulation.is_empty() {
            let early = formed_before(run, index, &read, &all, &linear);
            add(Origin::Before, &early);
            add(Origin::After, &all.without(&early));
        }
        for (at, entry) in entries.iter().enumerate().filter(|_| entries.len() > 1) {
            let areas = match (by_entry.get(at), &run.added, &linear) {
                (Some(Ok(part)), _, Ok(())) => areas_of(part, index, run),
                (Some(Err(why)), ..) => Areas::missing(why),
                (_, Err(why), _) | (_, _, Err(why)) => Areas::missing(why),
                (None, Ok(_), Ok(())) => continue,
            };
            add(Origin::Entry(entry.name.clone()), &areas);
        }
    }
    Ok(exposures)
}

/// Whether an output of parts is a part of the output.
fn splits(output: &Output) -> Result<(), String> {
    match &output.readout {
        Readout::Linear { d: None, .. } => Ok(()),
        Readout::Linear { .. } => Err("the output has a part that no dose causes".into()),
        Readout::Computed { .. } => Err("the output is no linear function of the states".into()),
    }
}

fn areas_of(profile: &Profile<'_>, index: usize, run: &Run<'_>) -> Areas {
    profile.outputs().nth(index).map_or_else(|| Areas::missing(""), |view| Areas::of(&view, run.profile.until()))
}

/// The areas of what was formed before the circulation. Where all or nothing is, the flows say so for any model.
fn formed_before(run: &Run<'_>, index: usize, read: &[usize], all: &Areas, linear: &Result<(), String>) -> Areas {
    let any = |reached: &[bool]| read.iter().any(|state| reached[*state]);
    match (any(&run.chart.before), any(&run.chart.after), &run.stopped, linear) {
        (false, ..) => all.times(0.0),
        (_, false, ..) => all.clone(),
        (_, _, Ok(stopped), Ok(())) => areas_of(&stopped.profile, index, run),
        (_, _, Err(why), _) | (_, _, _, Err(why)) => Areas::missing(why),
    }
}

/// An entry of a route that something enters by.
struct Entry {
    route: usize,
    place: usize,
    state: usize,
    name: String,
    /// mg of the drug.
    enters: f64,
}

fn entries(run: &Run<'_>) -> Vec<Entry> {
    let (profile, model) = (&run.profile, run.profile.model());
    let mut entries: Vec<Entry> = Vec::new();
    for arrival in profile.arrivals().iter().filter(|arrival| arrival.amount > 0.0) {
        let route = profile.administrations()[arrival.administration].route;
        let enters = run.measure(arrival.state) * arrival.amount;
        match entries.iter_mut().find(|entry| (entry.route, entry.place) == (route, arrival.entry)) {
            Some(entry) => entry.enters += enters,
            None => {
                let name = format!("{}: {}", model.routes()[route].name, model.states()[arrival.state].name);
                entries.push(Entry { route, place: arrival.entry, state: arrival.state, name, enters });
            }
        }
    }
    entries
}

/// What of each entry reaches the circulation: what enters there, and what the flows before it bring.
pub(super) fn absorption(run: &Run<'_>, failures: &mut Vec<String>) -> Result<Vec<Absorption>, SimulationError> {
    let mut list = Vec::new();
    if run.chart.circulation.is_empty() {
        return Ok(list);
    }
    let entries = entries(run);
    // What flows bring for the first time and again cannot be told apart where both go the same way.
    let again = |state: usize| run.chart.before[state] && run.chart.after[state];
    let all_at_once = entries.len() == 1 && !run.chart.followed().any(again);
    for entry in entries {
        let reached = match &run.stopped {
            _ if run.chart.circulation.contains(&entry.state) => Ok(entered(run, &entry)),
            Ok(stopped) => {
                let alone = stopped.prepared.entering_by(entry.route, entry.place);
                part(&alone, run.subject, failures)?.and_then(|part| brought(run, &part))
            }
            Err(_) if all_at_once => brought(run, &run.profile),
            Err(why) => Err(why.clone()),
        };
        let until = reached.as_ref().ok().and_then(|reached| reached.until);
        let reaches = reached.map(|reached| reached.amount);
        list.push(Absorption { entry: entry.name, enters: entry.enters, reaches, until });
    }
    Ok(list)
}

/// mg, and by when (h) where it is not all that ever comes.
struct Reached {
    amount: f64,
    until: Option<f64>,
}

/// What enters the circulation itself.
fn entered(run: &Run<'_>, entry: &Entry) -> Reached {
    let (profile, end) = (&run.profile, run.profile.until());
    let mut reached = Reached { amount: 0.0, until: None };
    for arrival in profile.arrivals().iter().filter(|arrival| arrival.entry == entry.place) {
        if profile.administrations()[arrival.administration].route != entry.route {
            continue;
        }
        // What enters by a function is integrated.
        let amount = match arrival.is_by_function() {
            true => {
                reached.until = Some(end);
                profile.entered(arrival, &[end])[0]
            }
            false => arrival.amount,
        };
        reached.amount += run.measure(entry.state) * amount;
    }
    reached
}

/// What flows bring into the circulation: all that they ever do where that is known of each, else up to the end.
fn brought(run: &Run<'_>, part: &Profile<'_>) -> Result<Reached, String> {
    let model = run.profile.model();
    if model.rates_by_hand().iter().any(|(state, _)| run.chart.circulation.contains(state)) {
        return Err("the circulation has a rate written by hand".into());
    }
    let into =
        |flow: &&Flow| run.chart.before[flow.from] && flow.to.is_some_and(|to| run.chart.circulation.contains(&to));
    let sum = |passed: &dyn Fn(&Readout) -> Option<f64>| {
        model.flows().iter().filter(into).try_fold(0.0, |sum, flow| {
            let lost = flow.lost.as_ref().map_or(Some(0.0), passed)?;
            Some(sum + run.measure(flow.from) * (passed(&flow.leaving)? - lost))
        })
    };
    if let Some(amount) = sum(&|rate| part.passed_to_infinity(rate)) {
        return Ok(Reached { amount, until: None });
    }
    let end = part.until();
    let amount = sum(&|rate| Some(part.passed(rate, &[end])[0])).unwrap_or_default();
    Ok(Reached { amount, until: Some(end) })
}
