//! Steady states: of doses that went on since ever, of infusions without end, of production alone.

use super::cycle::{Cycle, Periodic, Search};
use super::{Arrival, Cursor, MAX_PENDING, MAX_RUNNING, Motion, Running, at_most};
use crate::model::{Dynamics, StateKind};
use crate::simulate::SimulationError;
use crate::simulate::field::Arrived;
use crate::simulate::happening::Event;
use crate::simulate::parts::{Part, Train, parts};
use crate::simulate::record::{DoseRecord, Record, Steady, Target};
use crate::solve::{Pulse, SolveError, Steps};

/// Interval by which what never changes is cycled, h.
const DAY: f64 = 24.0;
/// How often the parts of a dose that follow the state are adapted to the steady state that they lead to.
const MOST_ADAPTATIONS: u32 = 200;

impl<'r> Cursor<'r> {
    /// The periodic solution of a dose that went on since ever: in place of everything, or added to what is there.
    pub(super) fn steady(
        &mut self,
        record: &Record,
        dose: &DoseRecord,
        train: Train,
        steady: Steady,
        parts: &mut Vec<Part>,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let replay = self.replay;
        let rules = replay.rules;
        let linear = matches!(replay.model.dynamics(), Dynamics::Linear { .. });
        if steady.add && !linear && !rules.steady_adds_to_nonlinear {
            return Err(SimulationError::AddedSteadyState { model: replay.model.id().into() });
        }
        if !steady.add {
            self.drop_pending(record);
            self.stop(record);
            self.infuse(steps)?;
            self.motion.settle(steps)?;
        } else if !rules.added_steady_keeps_infusions {
            self.stop(record);
            self.infuse(steps)?;
        }
        parts.iter().for_each(|part| self.motion.enters(part.amount));
        let found = self.found(record, dose, train, steady, parts, steps)?;
        let search = found.as_ref().map(|(_, search)| *search);
        self.searches.extend(search);
        self.happened(record.time, record.row, Event::Steady { add: steady.add, search });
        for part in &*parts {
            self.periodic(record, steady.interval, part, steps)?;
        }
        self.infuse(steps)?;
        if let Some((x, _)) = found {
            let mut now = vec![0.0; x.len()];
            if steady.add {
                self.motion.states(steps, &mut now);
            }
            now.iter_mut().zip(&x).for_each(|(now, x)| *now += x);
            self.motion.place_rest(&now, steps)?;
        }
        Ok(())
    }

    /// Drops what is still to come, as far as the rules say so.
    fn drop_pending(&mut self, record: &Record) {
        let rules = self.replay.rules;
        let stays = |lagged: bool| if lagged { !rules.steady_drops_lagged } else { !rules.steady_drops_additional };
        let follows = self.replay.model.doses_follow_state();
        let mut dropped = self.arrivals.len() + if follows { self.givings.len() } else { 0 };
        self.arrivals.retain(|a| stays(a.lagged && a.dose == 0));
        self.givings.retain(|g| stays(g.dose == 0));
        dropped -= self.arrivals.len() + if follows { self.givings.len() } else { 0 };
        if dropped > 0 {
            self.happened(record.time, record.row, Event::Dropped { count: dropped });
        }
    }

    /// The states that have to be searched for, in the order of the model, and how that went; where parts of the dose follow
    /// the state they become what they are in the steady state.
    fn found(
        &mut self,
        record: &Record,
        dose: &DoseRecord,
        train: Train,
        steady: Steady,
        parts: &mut Vec<Part>,
        steps: &mut Steps,
    ) -> Result<Option<(Vec<f64>, Search)>, SimulationError> {
        let follows = self.replay.model.doses_follow_state() && !steady.add;
        if !follows && !self.motion.is_integrated() {
            return Ok(None);
        }
        let (mut x, mut search) = (self.start(), Search { cycles: 0, residual: 0.0 });
        for _ in 0..MOST_ADAPTATIONS {
            let cycle = self.cycle(record, dose, steady.interval, parts)?;
            let mut motion = self.at_rest(&cycle, steps)?;
            if self.motion.is_integrated() {
                x = self.search(&cycle, &motion, &x, &mut search, steps)?;
                motion.place_rest(&x, steps)?;
            }
            if !follows {
                if steady.add && matches!(self.replay.model.dynamics(), Dynamics::Linear { .. }) {
                    self.subtract_drug_free(&cycle, &mut x, &mut search, steps)?;
                }
                return Ok(Some((x, search)));
            }
            let adapted = self.adapted(dose, train, &cycle, &motion, steps)?;
            let change = parts.iter().zip(&adapted).map(|(a, b)| difference(a, b)).fold(0.0, f64::max);
            *parts = adapted;
            if change <= self.replay.settings.rtol {
                return Ok(self.motion.is_integrated().then_some((x, search)));
            }
        }
        let Search { cycles, residual } = search;
        Err(SolveError::NotPeriodic { cycles, residual }.into())
    }

    /// The interval before a record in a steady state of these parts.
    fn cycle(
        &mut self,
        record: &Record,
        dose: &DoseRecord,
        interval: f64,
        parts: &[Part],
    ) -> Result<Cycle, SimulationError> {
        let same = self.replay.rules.same_time.max(1e-10) * record.time.abs().max(1.0);
        let begin = record.time - interval;
        let phase = |part: &Part| match part.delay.rem_euclid(interval) {
            _ if part.delay == 0.0 => 0.0,
            phase if phase <= same => interval,
            phase => phase,
        };
        let mut arrived = Vec::new();
        for part in parts {
            arrived.extend(self.arrived_since_ever(begin + phase(part), interval, part)?);
        }
        let mut latest = self.latest.clone();
        let route = match dose.target {
            Target::Route(route) => Some(route),
            Target::Compartment(_) => None,
        };
        latest.dose(begin, route, dose.amount);
        let parts = parts.iter().map(|part| (phase(part), *part)).collect();
        let rates = vec![0.0; self.closed.len()];
        // Those that came before are as busy as the latest of their part, at the same time of an interval.
        let mut busiest: Vec<f64> = arrived.iter().map(|dose| dose.time - begin + self.busiest(dose)).collect();
        busiest.retain(|time| time.is_finite());
        busiest.iter_mut().for_each(|time| *time = time.rem_euclid(interval));
        Ok(Cycle { begin, interval, rates, parts, arrived, busiest, latest })
    }

    /// Doses by an input function that arrived at `latest` and at equal intervals before it, as far back as they still count
    /// there.
    fn arrived_since_ever(&mut self, latest: f64, interval: f64, part: &Part) -> Result<Vec<Arrived>, SimulationError> {
        let Some(function) = part.function else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        loop {
            let age = all.len() as f64 * interval;
            let arrived = Arrived {
                rate: function.rate,
                state: part.state,
                time: latest - age,
                amount: part.amount,
                dose_amount: function.dose_amount,
                dose_device: function.dose_device,
            };
            // The interval before, too: a cycle begins there.
            if self.is_spent(&arrived, age - interval) {
                return Ok(all);
            }
            all.push(arrived);
            at_most(all.len(), "doses on their way at once", MAX_PENDING.min(MAX_RUNNING))?;
        }
    }

    /// The present motion with nothing of the past in it: its exact part at the periodic state of a cycle.
    fn at_rest(&self, cycle: &Cycle, steps: &mut Steps) -> Result<Motion<'r>, SimulationError> {
        let mut motion = self.motion.clone();
        motion.infuse(&cycle.rates, steps)?;
        motion.settle(steps)?;
        for (phase, part) in &cycle.parts {
            let age = if *phase == 0.0 { cycle.interval } else { cycle.interval - phase };
            let Part { state, amount, over, .. } = *part;
            motion.add_periodic(Pulse { state, amount, over, interval: cycle.interval, age }, steps)?;
        }
        Ok(motion)
    }

    /// The state at the beginning of a cycle that leads back to it, from a first guess on.
    fn search(
        &self,
        cycle: &Cycle,
        motion: &Motion<'r>,
        start: &[f64],
        search: &mut Search,
        steps: &mut Steps,
    ) -> Result<Vec<f64>, SimulationError> {
        let states = self.replay.model.states();
        let (free, idle): (Vec<usize>, Vec<usize>) =
            motion.integrated().iter().partition(|state| motion.matters(**state, &self.file) && !self.closed[**state]);
        let is_amount = |state: &usize| matches!(states[*state].kind, StateKind::Compartment { .. });
        let amounts = free.iter().map(is_amount).collect();
        let rtol = self.replay.settings.rtol;
        let sizes = vec![0.0; states.len()];
        let mut periodic = Periodic { cycle, motion, free, amounts, rtol, search: *search, sizes };
        let found = periodic.find(start, steps).map_err(|error| self.failed(error))?;
        *search = periodic.search;
        // What nothing depends on either stays as it is or has no steady state.
        let Some(end) = periodic.once(&found, steps) else { return Ok(found) };
        let moves = |state: &&usize| (end[**state] - found[**state]).abs() > rtol.sqrt() * periodic.sizes[**state];
        match idle.iter().find(moves) {
            Some(state) => Err(SimulationError::NoSteadyState { state: states[*state].name.clone() }),
            None => Ok(found),
        }
    }

    /// What a dose adds in a linear system: its periodic state less that of the system without it.
    fn subtract_drug_free(
        &self,
        cycle: &Cycle,
        x: &mut [f64],
        search: &mut Search,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let Cycle { begin, interval, rates, latest, .. } = cycle;
        let (begin, interval, rates, latest) = (*begin, *interval, rates.clone(), latest.clone());
        let (parts, arrived, busiest) = (Vec::new(), Vec::new(), Vec::new());
        let free = Cycle { begin, interval, rates, parts, arrived, busiest, latest };
        let motion = self.at_rest(&free, steps)?;
        let without = self.search(&free, &motion, &self.start(), search, steps)?;
        x.iter_mut().zip(&without).for_each(|(x, without)| *x -= without);
        Ok(())
    }

    /// The parts of a dose in a steady state: each device as it is given, for the states of that moment.
    fn adapted(
        &self,
        dose: &DoseRecord,
        train: Train,
        cycle: &Cycle,
        motion: &Motion<'r>,
        steps: &mut Steps,
    ) -> Result<Vec<Part>, SimulationError> {
        let model = self.replay.model;
        let (mut all, mut file, mut x) = (Vec::new(), self.file.clone(), vec![0.0; self.closed.len()]);
        for device in 1..=train.devices {
            let given = f64::from(device - 1) * train.gap;
            let mut motion = motion.clone();
            if given > 0.0 {
                let to = given.rem_euclid(cycle.interval);
                cycle.run(&mut motion, to, steps).map_err(|error| self.failed(error))?;
            }
            motion.states(steps, &mut x);
            model.states().iter().zip(&x).for_each(|(state, x)| file[state.slot] = [*x]);
            let now = if given > 0.0 { &cycle.latest } else { &self.latest };
            now.show(model, cycle.begin + given, &mut file);
            all.extend(parts(model, dose, train, device, &mut file)?);
        }
        Ok(all)
    }

    /// The past doses of one part: those that have arrived are in the state, or still run; those on their way stay so (R23).
    fn periodic(
        &mut self,
        record: &Record,
        interval: f64,
        part: &Part,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let tolerance = self.replay.rules.same_time * record.time.abs().max(1.0);
        // The k-th dose before the record's own arrives k intervals before it does.
        let mut k = 1;
        while part.delay - f64::from(k) * interval > tolerance {
            self.comes(Arrival {
                time: record.time + (part.delay - f64::from(k) * interval),
                row: record.row,
                dose: 0,
                lagged: true,
                given: record.time + (part.given - f64::from(k) * interval),
                part: *part,
            })?;
            k += 1;
        }
        let age = (f64::from(k) * interval - part.delay).max(0.0);
        let Part { state, amount, over, .. } = *part;
        at_most(((over - age) / interval) as usize, "infusions at once", MAX_RUNNING)?;
        self.motion.add_periodic(Pulse { state, amount, over, interval, age }, steps)?;
        let since_ever = self.arrived_since_ever(record.time - age, interval, part)?;
        self.arrived.extend(since_ever);
        let mut since = age;
        while over - since > tolerance {
            let (end, rate) = (record.time + (over - since), amount / over);
            self.runs(Running { end, row: record.row, state, rate })?;
            self.happened(record.time, record.row, Event::Continues { state, rate, over: over - since });
            since += interval;
        }
        Ok(())
    }

    pub(super) fn steady_infusion(
        &mut self,
        record: &Record,
        infusion: Option<(Target, f64)>,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        self.forget(record);
        let mut rates = vec![0.0; self.closed.len()];
        if let Some((target, rate)) = infusion {
            for (state, share) in self.entries(target) {
                self.open(record.time, record.row, state, steps)?;
                rates[state] += share * rate;
                self.motion.enters(share * rate * DAY);
            }
        }
        self.motion.infuse(&rates, steps)?;
        self.motion.settle(steps)?;
        let mut search = None;
        if self.motion.is_integrated() {
            let (parts, arrived, busiest) = (Vec::new(), Vec::new(), Vec::new());
            let latest = self.latest.clone();
            let cycle = Cycle { begin: record.time - DAY, interval: DAY, rates, parts, arrived, busiest, latest };
            let motion = self.at_rest(&cycle, steps)?;
            let mut done = Search { cycles: 0, residual: 0.0 };
            let x = self.search(&cycle, &motion, &self.start(), &mut done, steps)?;
            self.motion.place_rest(&x, steps)?;
            search = Some(done);
            self.searches.push(done);
        }
        self.infuse(steps)?;
        self.happened(record.time, record.row, Event::Steady { add: false, search });
        Ok(())
    }

    /// Where a constant infusion goes; bioavailability does not act on it (R12).
    fn entries(&self, target: Target) -> Vec<(usize, f64)> {
        match target {
            Target::Compartment(state) => vec![(state, 1.0)],
            Target::Route(route) => {
                let entries = &self.replay.model.routes()[route].entries;
                entries.iter().map(|e| (e.state, 1.0 / entries.len() as f64)).collect()
            }
        }
    }
}

/// How much two parts of a dose differ, as a share.
fn difference(a: &Part, b: &Part) -> f64 {
    let share = |a: f64, b: f64| if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) };
    share(a.amount, b.amount).max(share(a.delay, b.delay)).max(share(a.over, b.over))
}
