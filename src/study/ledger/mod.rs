//! Where a dose is at each time, and where exposure comes from.
//!
//! Amounts are counted in mg of the drug that is given: what became a metabolite counts as the drug it was formed from. Parts
//! are measured each by itself (what entered from the doses, what is in a compartment from its state, what left from the area
//! under its flow), so that what they lack of the dose shows what a solution is worth.

mod chart;
mod error;
mod exposure;
mod tables;

pub use error::LedgerError;
pub use exposure::{Absorption, Exposure, Origin};
pub use tables::{absorption_table, balance_of, balance_table, exposure_table, part_table};

use crate::error::{Diagnostic, listed};
use crate::model::Flow;
use crate::population::Subject;
use crate::simulate::{Prepared, Profile, Settings, Simulation, SimulationError};
use crate::solve::Work;
use chart::Chart;

/// Where an amount is, from what is still to come to what never enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whereabouts {
    /// Not released yet: devices still to come, lags, infusions and input functions that go on.
    ToCome,
    /// The drug in compartments before it was in the circulation.
    Before,
    /// The drug in the body.
    Drug,
    /// Metabolites in the body.
    Metabolites,
    /// Gone as a metabolite.
    GoneAsMetabolite,
    /// Gone as the drug, from the circulation or after it.
    Gone,
    /// Gone as the drug before it was in the circulation.
    GoneBefore,
    /// Lost on the way in: what a fraction below 1 leaves out.
    NeverEntered,
    /// Gone by rates that are written by hand, which do not say where.
    ByHand,
}

impl Whereabouts {
    /// All, in this order.
    pub const ALL: [Whereabouts; 9] = [
        Whereabouts::ToCome,
        Whereabouts::Before,
        Whereabouts::Drug,
        Whereabouts::Metabolites,
        Whereabouts::GoneAsMetabolite,
        Whereabouts::Gone,
        Whereabouts::GoneBefore,
        Whereabouts::NeverEntered,
        Whereabouts::ByHand,
    ];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Whereabouts::ToCome => "not yet released",
            Whereabouts::Before => "before the circulation",
            Whereabouts::Drug => "drug in the body",
            Whereabouts::Metabolites => "metabolites in the body",
            Whereabouts::GoneAsMetabolite => "gone as metabolite",
            Whereabouts::Gone => "gone as drug",
            Whereabouts::GoneBefore => "gone before the circulation",
            Whereabouts::NeverEntered => "never entered",
            Whereabouts::ByHand => "gone by hand-written rates",
        }
    }

    /// As columns and cells of tables call it.
    pub fn column(self) -> &'static str {
        match self {
            Whereabouts::ToCome => "not_yet_released",
            Whereabouts::Before => "before_circulation",
            Whereabouts::Drug => "drug_in_body",
            Whereabouts::Metabolites => "metabolites_in_body",
            Whereabouts::GoneAsMetabolite => "gone_as_metabolite",
            Whereabouts::Gone => "gone_as_drug",
            Whereabouts::GoneBefore => "gone_before_circulation",
            Whereabouts::NeverEntered => "never_entered",
            Whereabouts::ByHand => "gone_by_hand_rates",
        }
    }
}

/// One part of the amounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where it is.
    pub place: Whereabouts,
    /// The compartment, the flow, or the entry of a route.
    pub name: String,
    /// mg of the drug that is given, at each time.
    pub amounts: Vec<f64>,
}

/// The ledger of one regimen.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The regimen, in words.
    pub name: String,
    /// h
    pub times: Vec<f64>,
    /// How far the simulation goes, and the area under an output with it, h.
    pub until: f64,
    /// What was given in all up to the end, mg.
    pub given: f64,
    /// What the parts have to add up to at each time, mg: what was given so far, of a dose with devices all of it; of fractions
    /// that are more than 1, all that enters.
    pub total: Vec<f64>,
    /// The parts, those that are 0 all the time left out.
    pub parts: Vec<Part>,
    /// What the parts lack of the total, mg.
    pub residual: Vec<f64>,
    /// Exposure by output and origin.
    pub exposures: Vec<Exposure>,
    /// What of each entry reached the circulation.
    pub absorption: Vec<Absorption>,
    /// What a reader has to know.
    pub notes: Vec<String>,
    /// Those of the notes that say why the total is more than what was given.
    pub surplus: Vec<String>,
    /// Why simulations of a part of the doses or of the way failed for this person; what they would say is missing.
    pub failures: Vec<String>,
    /// What should be known about the person and the model.
    pub warnings: Vec<Diagnostic>,
    /// How it was computed.
    pub settings: Settings,
    /// Whether anything was integrated.
    pub integrated: bool,
    /// What the engines did.
    pub work: Work,
}

impl Ledger {
    /// The ledger of a simulation, at its sampling times.
    ///
    /// # Errors
    /// A simulation that cannot be run, and models whose amounts cannot be followed.
    pub fn of(name: &str, simulation: &Simulation<'_>) -> Result<Ledger, LedgerError> {
        let prepared = simulation.prepare()?;
        let (model, subject) = (prepared.model(), simulation.person());
        if model.doses_follow_state() {
            return Err(LedgerError::DosesFollowState { model: model.id().into() });
        }
        let whole = profile(&prepared, subject)?;
        let mut enters: Vec<usize> = whole.arrivals().iter().map(|arrival| arrival.state).collect();
        enters.sort_unstable();
        enters.dedup();
        if enters.is_empty() {
            return Err(LedgerError::NothingGiven { until: whole.until() });
        }
        let chart = Chart::new(model, &enters)?;
        let early: Vec<usize> = chart.followed().filter(|state| chart.before[*state]).collect();
        let all: Vec<usize> = chart.followed().collect();
        let stopped_model = model.of_doses_alone(&early, &chart.circulation);
        let added_model = model.of_doses_alone(&all, &[]);
        let mut failures = Vec::new();
        let stopped = match &stopped_model {
            Ok(model) => {
                let prepared = simulation.prepare_on(model)?.sampled(Vec::new())?;
                part(&prepared, subject, &mut failures)?.map(|profile| Alone { profile, prepared })
            }
            Err(why) => Err(why.clone()),
        };
        let added = match &added_model {
            Ok(model) => Ok(simulation.prepare_on(model)?.sampled(Vec::new())?),
            Err(why) => Err(why.clone()),
        };
        let run = Run { profile: whole, chart, subject, stopped, added };
        let profile = &run.profile;
        let exposures = exposure::exposures(&run, &mut failures)?;
        let absorption = exposure::absorption(&run, &mut failures)?;
        let mut ledger = Ledger {
            name: name.to_string(),
            times: profile.times().to_vec(),
            until: profile.until(),
            given: 0.0,
            total: vec![0.0; profile.times().len()],
            parts: Vec::new(),
            residual: Vec::new(),
            exposures,
            absorption,
            notes: run.notes(),
            surplus: Vec::new(),
            failures,
            warnings: profile.warnings().iter().chain(profile.model().warnings()).cloned().collect(),
            settings: *profile.settings(),
            integrated: profile.is_integrated(),
            work: profile.work(),
        };
        ledger.dosed(&run);
        ledger.compartments(&run);
        ledger.gone(&run);
        ledger.parts.retain(|part| part.amounts.iter().any(|amount| *amount != 0.0));
        ledger.parts.sort_by_key(|part| part.place);
        let lacks = |at: usize| ledger.parts.iter().fold(ledger.total[at], |left, part| left - part.amounts[at]);
        ledger.residual = (0..ledger.times.len()).map(lacks).collect();
        Ok(ledger)
    }

    /// The amounts in one place at each time, mg.
    pub fn in_place(&self, place: Whereabouts) -> Vec<f64> {
        let mut sum = vec![0.0; self.times.len()];
        for part in self.parts.iter().filter(|part| part.place == place) {
            sum.iter_mut().zip(&part.amounts).for_each(|(sum, amount)| *sum += amount);
        }
        sum
    }

    /// The amounts of a part.
    fn part(&mut self, place: Whereabouts, name: &str) -> &mut [f64] {
        let known = self.parts.iter().position(|part| part.place == place && part.name == name);
        let at = known.unwrap_or_else(|| {
            self.parts.push(Part { place, name: name.to_string(), amounts: vec![0.0; self.times.len()] });
            self.parts.len() - 1
        });
        &mut self.parts[at].amounts
    }

    fn add(&mut self, place: Whereabouts, name: &str, amounts: Vec<f64>) {
        self.part(place, name).iter_mut().zip(amounts).for_each(|(sum, more)| *sum += more);
    }

    /// Notes why the total is more than what was given.
    fn surplus(&mut self, note: String) {
        if !self.surplus.contains(&note) {
            self.notes.push(note.clone());
            self.surplus.push(note);
        }
    }

    /// What was given, what of it has not entered yet, and what never will.
    fn dosed(&mut self, run: &Run<'_>) {
        let (profile, model) = (&run.profile, run.profile.model());
        let times = self.times.clone();
        let from = |time: f64| times.partition_point(|t| *t < time);
        let mut arrivals = profile.arrivals();
        let mut dose: Option<(usize, usize)> = None;
        for (at, given) in profile.administrations().iter().enumerate() {
            let route = &model.routes()[given.route];
            let of_it;
            (of_it, arrivals) = arrivals.split_at(arrivals.partition_point(|arrival| arrival.administration == at));
            let measured = |amount: f64, state: usize| amount * run.measure(state);
            let enters: f64 = of_it.iter().map(|arrival| measured(arrival.amount, arrival.state)).sum();
            // Fractions above 1 that the model declares: there is no amount that is left out.
            let counted = if route.exceeds.is_some() { given.amount.max(enters) } else { given.amount };
            self.given += given.amount;
            let begins = from(profile.event_time(given.time));
            let dose_begins = dose.filter(|(of, _)| *of == given.dose).map_or(begins, |(_, begins)| begins);
            dose = Some((given.dose, dose_begins));
            self.total[dose_begins..].iter_mut().for_each(|total| *total += counted);
            let waits = self.part(Whereabouts::ToCome, "devices to come");
            waits[dose_begins..begins].iter_mut().for_each(|waits| *waits += counted);
            let never = self.part(Whereabouts::NeverEntered, &route.name);
            never[begins..].iter_mut().for_each(|never| *never += counted - enters);
            for arrival in of_it {
                let entered = profile.entered(arrival, &times[begins..]);
                let rest = self.part(Whereabouts::ToCome, &format!("to {}", model.states()[arrival.state].name));
                for (rest, entered) in rest[begins..].iter_mut().zip(entered) {
                    *rest += measured(arrival.amount - entered, arrival.state);
                }
            }
            if counted > given.amount {
                let why = route.exceeds.as_deref().unwrap_or_default();
                let share = crate::io::rounded(counted / given.amount, 4);
                let note = format!(
                    "by the route `{}` {share} of the dose enters, and parts add up to that: {why}",
                    route.name
                );
                self.surplus(note);
            }
        }
    }

    /// What is in the compartments.
    fn compartments(&mut self, run: &Run<'_>) {
        let model = run.profile.model();
        let states: Vec<Vec<f64>> = self.times.iter().map(|t| run.profile.states_at(*t)).collect();
        let early = run
            .stopped
            .as_ref()
            .ok()
            .map(|stopped| -> Vec<Vec<f64>> { self.times.iter().map(|t| stopped.profile.states_at(*t)).collect() });
        for state in run.chart.followed() {
            let (name, measure) = (&model.states()[state].name, run.measure(state));
            let amounts: Vec<f64> = states.iter().map(|x| measure * x[state]).collect();
            if model.states()[state].initial.is_some() {
                // What is there without any dose belongs to the total.
                let first = run.profile.arrivals().iter().filter(|arrival| arrival.state == state);
                let entered: f64 = first.map(|arrival| measure * run.profile.entered(arrival, &[0.0])[0]).sum();
                let there = measure * run.profile.states_at(0.0)[state] - entered;
                self.total.iter_mut().for_each(|total| *total += there);
                self.surplus(format!("`{name}` is not empty at the start: the total has what is in it"));
            }
            if !run.chart.parent[state] {
                self.add(Whereabouts::Metabolites, name, amounts);
                continue;
            }
            match (run.chart.before[state], run.chart.after[state], &early) {
                (true, false, _) => self.add(Whereabouts::Before, name, amounts),
                (true, true, Some(early)) => {
                    let early: Vec<f64> = early.iter().map(|x| measure * x[state]).collect();
                    let late = amounts.iter().zip(&early).map(|(all, early)| all - early).collect();
                    self.add(Whereabouts::Before, name, early);
                    self.add(Whereabouts::Drug, name, late);
                }
                _ => self.add(Whereabouts::Drug, name, amounts),
            }
        }
    }

    /// What left.
    fn gone(&mut self, run: &Run<'_>) {
        let model = run.profile.model();
        for flow in model.flows().iter().filter(|flow| run.chart.measure[flow.from].is_some()) {
            let measured = |passed: Vec<f64>| passed.iter().map(|p| run.measure(flow.from) * p).collect::<Vec<f64>>();
            let rate = if flow.to.is_none() { Some(&flow.leaving) } else { flow.lost.as_ref() };
            let Some(rate) = rate else { continue };
            let amounts = measured(run.profile.passed(rate, &self.times));
            let name = name_of(flow);
            if !run.chart.parent[flow.from] {
                self.add(Whereabouts::GoneAsMetabolite, &name, amounts);
                continue;
            }
            match (run.chart.before[flow.from], run.chart.after[flow.from], &run.stopped) {
                (true, false, _) => self.add(Whereabouts::GoneBefore, &name, amounts),
                (true, true, Ok(stopped)) => {
                    let early = measured(stopped.profile.passed(rate, &self.times));
                    let late = amounts.iter().zip(&early).map(|(all, early)| all - early).collect();
                    self.add(Whereabouts::GoneBefore, &name, early);
                    self.add(Whereabouts::Gone, &name, late);
                }
                _ => self.add(Whereabouts::Gone, &name, amounts),
            }
        }
        for (state, rate) in model.rates_by_hand().iter().filter(|(state, _)| run.chart.measure[*state].is_some()) {
            let passed = run.profile.passed(rate, &self.times);
            let amounts = passed.iter().map(|passed| -run.measure(*state) * passed).collect();
            self.add(Whereabouts::ByHand, "rates written by hand", amounts);
        }
    }
}

/// What a line of the ledger calls a flow, or what is lost on it.
fn name_of(flow: &Flow) -> String {
    match flow.to {
        None => flow.name.clone(),
        Some(_) => format!("{} (yield)", flow.name),
    }
}

/// A simulation and what is needed to take it apart.
struct Run<'r> {
    profile: Profile<'r>,
    chart: Chart,
    subject: &'r Subject<'r>,
    /// The simulation in which amounts stay where they first reach the circulation; why there is none.
    stopped: Result<Alone<'r>, String>,
    /// The simulation of doses alone, in which parts of a dose add up; why there is none.
    added: Result<Prepared<'r>, String>,
}

/// The simulation up to the circulation.
struct Alone<'r> {
    prepared: Prepared<'r>,
    profile: Profile<'r>,
}

impl Run<'_> {
    /// mg of the drug that one unit of a state is.
    fn measure(&self, state: usize) -> f64 {
        self.chart.measure[state].unwrap_or(0.0)
    }

    /// What a reader has to know.
    fn notes(&self) -> Vec<String> {
        let mut notes = self.chart.notes.clone();
        let mixed = |state: &usize| self.chart.parent[*state] && self.chart.before[*state] && self.chart.after[*state];
        let names = self.chart.followed().filter(mixed).map(|state| self.profile.model().states()[state].name.as_str());
        let names: Vec<&str> = names.collect();
        if let (Err(why), false) = (&self.stopped, names.is_empty()) {
            let names = listed(names);
            notes.push(format!(
                "in {names}, what was not in the circulation yet is counted with the rest there ({why})"
            ));
        }
        notes
    }
}

fn profile<'m>(prepared: &Prepared<'m>, subject: &Subject<'_>) -> Result<Profile<'m>, SimulationError> {
    Profile::of(prepared, subject, &mut prepared.workspace())
}

/// The profile of a part; why there is none, if that has to do with the person, also into the failures.
fn part<'m>(
    prepared: &Prepared<'m>,
    subject: &Subject<'_>,
    failures: &mut Vec<String>,
) -> Result<Result<Profile<'m>, String>, SimulationError> {
    match profile(prepared, subject) {
        Err(error) if error.is_of_person() => {
            let why = error.to_string();
            if !failures.contains(&why) {
                failures.push(why.clone());
            }
            Ok(Err(why))
        }
        other => other.map(Ok),
    }
}
