//! One subject's numbers for a prepared simulation: programs run, doses placed in time, the exact part solved.

use super::administer::{Administration, administrations};
use super::amounts::Arrival;
use super::failure::Failing;
use super::field::Arrived;
use super::limits::check_dose;
use super::{Prepared, SimulationError};
use crate::expr::Class;
use crate::model::{Model, Reg};
use crate::population::Subject;
use crate::solve::{Event, Exact, Plan, Schedule, SolveError, System};

/// An amount below zero by less than this share of the largest is zero, rounded.
const ROUNDING: f64 = 1e-9;

/// The numbers of one subject, in memory that is reused from subject to subject without allocating.
#[derive(Debug)]
pub(super) struct Individual {
    pub exact: Exact,
    pub schedule: Schedule,
    /// One register file per interval between switches.
    pub files: Vec<Vec<[f64; 1]>>,
    /// What each event of the schedule puts in.
    pub amounts: Vec<f64>,
    /// States at the start, in the order of the schedule.
    pub x0: Vec<f64>,
    /// Doses that enter by input functions, in the order of their arrival.
    pub by_function: Vec<Arrived>,
    given: Given,
    entries: Vec<Entry>,
    /// Whether entries are others than those that amounts and the schedule were made from: how much, and when.
    stale: [bool; 2],
    events: Vec<Event>,
    marks: Vec<f64>,
    /// When doses by input functions put in most, h.
    busiest: Vec<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
}

/// Doses of one weight, and the distinct ways they enter.
#[derive(Debug, Default)]
struct Given {
    weight: Option<f64>,
    ready: bool,
    list: Vec<Administration>,
    /// For each administration the place of its kind in `kinds`.
    kind_of: Vec<usize>,
    kinds: Vec<Kind>,
}

/// Everything the dose program reads, and what it is multiplied with: administrations of one kind share its results.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kind {
    route: usize,
    device: u32,
    amount: f64,
    over: f64,
    interval: usize,
    /// Place of its first entry in `Individual::entries`.
    first: usize,
}

/// Where a part of a dose of some kind goes, how much of it, when and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    state: usize,
    amount: f64,
    lag: f64,
    over: f64,
}

impl Individual {
    /// Memory for subjects of a simulation.
    pub fn new(prepared: &Prepared<'_>) -> Self {
        let (n, exact) = (prepared.model.states().len(), prepared.split.exact);
        let intervals = prepared.switches.len() + 1;
        Individual {
            exact: Exact::with(exact, prepared.settings.kernel),
            schedule: Schedule::default(),
            files: vec![prepared.model.tiers().file::<1>(); intervals],
            amounts: Vec::new(),
            x0: vec![0.0; n],
            by_function: Vec::new(),
            given: Given::default(),
            entries: Vec::new(),
            stale: [true; 2],
            events: Vec::new(),
            marks: Vec::new(),
            busiest: Vec::new(),
            a: vec![0.0; intervals * exact * exact],
            b: vec![0.0; intervals * exact],
        }
    }

    /// The administrations of the latest subject.
    pub fn administrations(&self) -> &[Administration] {
        &self.given.list
    }

    /// Every part of every dose of the latest subject, in the order of the administrations.
    pub fn arrivals(&self, model: &Model) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        for (administration, kind) in self.given.kind_of.iter().enumerate() {
            let (kind, given) = (&self.given.kinds[*kind], &self.given.list[administration]);
            let entries = self.entries[kind.entries(model)].iter().zip(&model.routes()[kind.route].entries);
            arrivals.extend(entries.enumerate().map(|(entry, (part, of))| Arrival {
                administration,
                entry,
                state: part.state,
                amount: part.amount,
                time: given.time + part.lag,
                over: part.over,
                input: of.input,
            }));
        }
        arrivals
    }

    /// Another subject: its numbers, its schedule, its exact part.
    ///
    /// # Errors
    /// A dose that cannot be given to this subject, a number outside its limits, or a solution that is not finite.
    pub fn become_subject(&mut self, prepared: &Prepared<'_>, subject: &Subject<'_>) -> Result<(), SimulationError> {
        self.give(prepared, subject)?;
        for interval in 0..self.files.len() {
            self.evaluate(prepared, subject, interval)?;
        }
        if prepared.followed.is_some() {
            return Ok(());
        }
        self.place(prepared)?;
        let exact = prepared.split.exact;
        if exact > 0 {
            let system = System { a: &self.a, b: &self.b, x0: &self.x0[..exact] };
            self.exact.solve(&self.schedule, system, &self.amounts)?;
            if !self.keeps_amounts_positive(prepared) {
                self.find_negative(prepared, subject)?;
            }
        }
        Ok(())
    }

    /// Whether no amount can fall below zero: nothing leaves a compartment but in proportion to what is in it.
    fn keeps_amounts_positive(&self, prepared: &Prepared<'_>) -> bool {
        let split = &prepared.split;
        let is_compartment = |state: &usize| prepared.compartments[split.place[*state]];
        self.files.iter().all(|file| {
            let loses = |state: &usize, reg: &Reg| file[*reg][0] < 0.0 && is_compartment(state);
            !split.a.iter().any(|(to, from, reg)| to != from && loses(to, reg))
                && !split.b.iter().any(|(to, reg)| loses(to, reg))
        })
    }

    /// # Errors
    /// A compartment that holds less than nothing at some time.
    fn find_negative(&self, prepared: &Prepared<'_>, subject: &Subject<'_>) -> Result<(), SimulationError> {
        let (n, states) = (prepared.split.exact, prepared.split.exact_states());
        let intervals = self.files.len();
        for at in (0..n).filter(|at| prepared.compartments[*at]) {
            let weights: Vec<f64> = (0..n * intervals).map(|k| f64::from(u8::from(k % n == at))).collect();
            let constants = vec![0.0; intervals];
            let mut amount = self.exact.solution().signal(&weights, &constants);
            let solution = self.exact.solution();
            let least = -ROUNDING * amount.max(0.0, prepared.until).value.abs();
            let ends =
                solution.breakpoints().iter().skip(1).copied().filter(|t| *t < prepared.until).chain([prepared.until]);
            let pieces = std::iter::once(0.0).chain(ends.clone()).zip(ends);
            let below = pieces.map(|(from, to)| (from, amount.min(from, to))).find(|(_, low)| low.value < least);
            if let Some((from, lowest)) = below {
                // Halving finds where it begins to be below.
                let (mut above, mut time) = (from, lowest.time);
                for _ in 0..60 {
                    let middle = 0.5 * (above + time);
                    *(if amount.at(middle) < least { &mut time } else { &mut above }) = middle;
                }
                let lowest = (time, amount.at(time));
                let before = self.given.list.iter().take_while(|a| a.time <= time);
                let dose = before.last().map(|a| a.dose + 1);
                let (model, values) = (prepared.model, subject.values());
                let failing = Failing { model, values, states, begin: 0.0, dose };
                let (time, value) = lowest;
                return Err(failing.error(SolveError::NegativeAmount { state: at, time, value }));
            }
        }
        Ok(())
    }

    /// Amounts and devices for the subject's weight, unless the last subject had the same.
    fn give(&mut self, prepared: &Prepared<'_>, subject: &Subject<'_>) -> Result<(), SimulationError> {
        if self.given.ready && self.given.weight == subject.weight() {
            return Ok(());
        }
        let list = administrations(prepared.model, &prepared.doses, subject.weight())?;
        let mut given = Given { weight: subject.weight(), ready: true, list, ..Given::default() };
        let mut entries = 0;
        for a in &given.list {
            let interval = prepared.interval_at(a.time);
            let kind = Kind { route: a.route, device: a.device, amount: a.amount, over: a.over, interval, first: 0 };
            let known = given.kinds.iter().position(|k| Kind { first: 0, ..*k } == kind);
            given.kind_of.push(known.unwrap_or(given.kinds.len()));
            if known.is_none() {
                given.kinds.push(Kind { first: entries, ..kind });
                entries += prepared.model.routes()[a.route].entries.len();
            }
        }
        self.given = given;
        self.entries = vec![Entry { state: 0, amount: 0.0, lag: 0.0, over: 0.0 }; entries];
        self.stale = [true; 2];
        Ok(())
    }

    /// Runs the programs of one interval and collects the numbers of the system and of the doses given in it.
    fn evaluate(
        &mut self,
        prepared: &Prepared<'_>,
        subject: &Subject<'_>,
        interval: usize,
    ) -> Result<(), SimulationError> {
        let (model, split) = (prepared.model, &prepared.split);
        let file = &mut self.files[interval];
        prepared.evaluate(subject, interval, file)?;
        if interval == 0 {
            for (x, state) in self.x0.iter_mut().zip(&split.order) {
                *x = model.states()[*state].initial.map_or(0.0, |reg| file[reg][0]);
            }
        }
        let n = split.exact;
        let a = &mut self.a[interval * n * n..(interval + 1) * n * n];
        a.fill(0.0);
        split.a.iter().for_each(|(row, column, reg)| a[split.place[*row] * n + split.place[*column]] = file[*reg][0]);
        let b = &mut self.b[interval * n..(interval + 1) * n];
        b.fill(0.0);
        split.b.iter().for_each(|(row, reg)| b[split.place[*row]] = file[*reg][0]);
        if prepared.followed.is_some() {
            return Ok(());
        }
        let inputs = model.inputs();
        for kind in self.given.kinds.iter().filter(|k| k.interval == interval) {
            file[inputs.dose_amount] = [kind.amount];
            file[inputs.dose_device] = [f64::from(kind.device)];
            model.tiers().run(Class::Dose, file);
            let route = &model.routes()[kind.route];
            check_dose(model, route, file)?;
            let value = |reg: Option<Reg>, default: f64| reg.map_or(default, |reg| file[reg][0]);
            for (at, (slot, entry)) in self.entries[kind.first..].iter_mut().zip(&route.entries).enumerate() {
                let enters = prepared.only.is_none_or(|only| only == (kind.route, at));
                let amount = value(entry.amount, kind.amount * value(entry.fraction, 1.0));
                let new = Entry {
                    state: entry.state,
                    amount: if enters { amount } else { 0.0 },
                    lag: value(entry.lag, 0.0),
                    over: value(entry.over, kind.over),
                };
                let is_other = |new: f64, old: f64| new.to_bits() != old.to_bits();
                self.stale[0] |= is_other(new.amount, slot.amount);
                self.stale[1] |= is_other(new.lag, slot.lag) || is_other(new.over, slot.over);
                *slot = new;
            }
        }
        Ok(())
    }

    /// Amounts of all events, and a new schedule if anything about their times differs from the last subject's.
    fn place(&mut self, prepared: &Prepared<'_>) -> Result<(), SimulationError> {
        if prepared.by_function {
            self.place_functions(prepared);
            // When functions are busiest depends on every subject's own values.
            self.stale[1] = true;
        }
        if self.stale[0] {
            self.amounts.clear();
            for kind in &self.given.kind_of {
                let entries = self.given.kinds[*kind].entries(prepared.model);
                self.amounts.extend(self.entries[entries].iter().map(|e| e.amount));
            }
            self.stale[0] = false;
        }
        if !self.stale[1] {
            return Ok(());
        }
        self.events.clear();
        self.marks.clear();
        if prepared.doses_are_marks {
            self.marks.extend(self.given.list.iter().map(|a| a.time));
        }
        let mut amount = 0;
        for (administration, kind) in self.given.list.iter().zip(&self.given.kind_of) {
            let kind = &self.given.kinds[*kind];
            let route = &prepared.model.routes()[kind.route];
            for (entry, of) in self.entries[kind.entries(prepared.model)].iter().zip(&route.entries) {
                let time = administration.time + entry.lag;
                match of.input {
                    Some(_) => self.marks.push(time),
                    None => {
                        let state = prepared.split.place[entry.state];
                        self.events.push(Event { time, state, amount, over: entry.over });
                    }
                }
                amount += 1;
            }
        }
        // A long step could miss a function.
        self.marks.extend(&self.busiest);
        let plan = Plan {
            start: 0.0,
            events: &self.events,
            switches: &prepared.switches,
            marks: &self.marks,
            samples: &prepared.samples,
        };
        self.schedule.rebuild(&plan)?;
        // Only now: after a failure the next subject must not take the schedule for its own.
        self.stale[1] = false;
        Ok(())
    }

    fn place_functions(&mut self, prepared: &Prepared<'_>) {
        let model = prepared.model;
        self.by_function.clear();
        self.busiest.clear();
        for (administration, kind) in self.given.list.iter().zip(&self.given.kind_of) {
            let kind = &self.given.kinds[*kind];
            let route = &model.routes()[kind.route];
            for (entry, of) in self.entries[kind.entries(model)].iter().zip(&route.entries) {
                let Some(rate) = of.input else { continue };
                self.by_function.push(Arrived {
                    rate,
                    state: entry.state,
                    time: administration.time + entry.lag,
                    amount: entry.amount,
                    dose_amount: kind.amount,
                    dose_device: f64::from(kind.device),
                });
            }
        }
        for dose in &self.by_function {
            let file = &mut self.files[prepared.interval_at(dose.time)];
            let busiest = dose.busiest(model, file);
            self.busiest.extend(Some(dose.time + busiest).filter(|time| time.is_finite()));
        }
        self.by_function.sort_by(|a, b| a.time.total_cmp(&b.time));
    }
}

impl Kind {
    /// Places of its entries in `Individual::entries`.
    fn entries(&self, model: &Model) -> std::ops::Range<usize> {
        self.first..self.first + model.routes()[self.route].entries.len()
    }
}
