//! A model and a regimen made ready to run for many subjects, into the caller's buffers.

use super::administer::{Administration, administrations, route_of};
use super::{SimulationError, switches};
use crate::dosing::{PlannedDose, Regimen};
use crate::expr::Class;
use crate::model::{DoseKeys, Dynamics, GROUP_OUTPUTS, Guard, Model, Readout, Reg, Route};
use crate::population::Subject;
use crate::solve::{Event, Exact, Plan, Schedule, System, Work};

/// The most sampling times of one run.
pub const MAX_SAMPLES: usize = 10_000_000;

/// A model, a regimen and sampling times, checked against each other. It runs any number of subjects;
/// what depends on a subject is kept in a [`Workspace`].
#[derive(Debug)]
pub struct Prepared<'m> {
    model: &'m Model,
    a: &'m [(usize, usize, Reg)],
    b: &'m [(usize, Reg)],
    doses: Vec<(PlannedDose, usize)>,
    samples: Vec<f64>,
    switches: Vec<f64>,
    until: f64,
}

/// What a run needs in memory: one per thread, reused from subject to subject without allocating.
#[derive(Debug)]
pub struct Workspace {
    exact: Exact,
    schedule: Schedule,
    /// One register file per interval between switches.
    files: Vec<Vec<[f64; 1]>>,
    given: Given,
    entries: Vec<Entry>,
    timing: Vec<[f64; 2]>,
    events: Vec<Event>,
    amounts: Vec<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
    x0: Vec<f64>,
    c: Vec<f64>,
    d: Vec<f64>,
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
    /// Place of its first entry in `Workspace::entries`.
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

impl<'m> Prepared<'m> {
    /// Checks a regimen against a model. `samples` are ascending times of the outputs in h; `until` is how far the simulation goes.
    ///
    /// # Errors
    /// A model that is not linear, a route that the model does not have, times out of order.
    pub fn new(
        model: &'m Model,
        regimen: Option<&Regimen>,
        samples: Vec<f64>,
        until: f64,
    ) -> Result<Self, SimulationError> {
        let (a, b) = match model.dynamics() {
            Dynamics::Linear { a, b } => (a.as_slice(), b.as_slice()),
            Dynamics::NonLinear(system) => {
                return Err(SimulationError::NotLinear { model: model.id().into(), why: system.why.clone() });
            }
        };
        if samples.len() > MAX_SAMPLES {
            return Err(SimulationError::TooMany { count: samples.len(), what: "sampling times", limit: MAX_SAMPLES });
        }
        let mut doses = Vec::new();
        for dose in regimen.map(Regimen::doses).unwrap_or_default().into_iter().filter(|d| d.time <= until) {
            let route = route_of(model, &dose)?;
            doses.push((dose, route));
        }
        let switches = switches::times(model.covariates(), until)?;
        Ok(Prepared { model, a, b, doses, samples, switches, until })
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Times of the outputs, h.
    pub fn samples(&self) -> &[f64] {
        &self.samples
    }

    /// How far the simulation goes, h.
    pub fn until(&self) -> f64 {
        self.until
    }

    /// The doses, each with the index of its route.
    pub fn doses(&self) -> &[(PlannedDose, usize)] {
        &self.doses
    }

    /// Memory for runs of this simulation.
    pub fn workspace(&self) -> Workspace {
        let n = self.model.states().len();
        let intervals = self.switches.len() + 1;
        Workspace {
            exact: Exact::new(n),
            schedule: Schedule::default(),
            files: vec![fresh_file(self.model); intervals],
            given: Given::default(),
            entries: Vec::new(),
            timing: Vec::new(),
            events: Vec::new(),
            amounts: Vec::new(),
            a: vec![0.0; intervals * n * n],
            b: vec![0.0; intervals * n],
            x0: vec![0.0; n],
            c: vec![0.0; intervals * n],
            d: vec![0.0; intervals],
        }
    }

    /// Solves one subject and writes every output at every sampling time, output after output, in the outputs' units.
    ///
    /// # Errors
    /// A dose that cannot be given to this subject, a number outside its limits, or a solution that is not finite.
    ///
    /// # Panics
    /// When `out` does not hold outputs x samples numbers, or the workspace is of another simulation.
    pub fn run(&self, subject: &Subject<'_>, ws: &mut Workspace, out: &mut [f64]) -> Result<(), SimulationError> {
        self.solve(subject, ws)?;
        let samples = self.samples.len();
        assert_eq!(out.len(), samples * self.model.outputs().len(), "one number per output and sample");
        if samples == 0 {
            return Ok(());
        }
        for (output, out) in self.model.outputs().iter().zip(out.chunks_exact_mut(samples)) {
            let in_unit = |list: &mut [f64]| list.iter_mut().for_each(|y| *y = output.unit.from_base(*y));
            match &output.readout {
                Readout::Linear { .. } => {
                    self.weights(&output.readout, &ws.files, &mut ws.c, &mut ws.d);
                    in_unit(&mut ws.c);
                    in_unit(&mut ws.d);
                    ws.exact.emit(&ws.schedule, &ws.c, &ws.d, out)?;
                }
                Readout::Computed { value } => {
                    self.compute(&output.name, *value, ws, out)?;
                    in_unit(out);
                }
            }
        }
        Ok(())
    }

    /// Carries the states of one subject through the schedule; outputs are then read from the workspace.
    pub(super) fn solve(&self, subject: &Subject<'_>, ws: &mut Workspace) -> Result<(), SimulationError> {
        self.give(subject, ws)?;
        let first_time = std::iter::once(0.0).chain(self.switches.iter().copied());
        for (interval, from) in first_time.enumerate() {
            self.evaluate(subject, interval, from, ws)?;
        }
        self.place(ws)?;
        let system = System { a: &ws.a, b: &ws.b, x0: &ws.x0 };
        ws.exact.solve(&ws.schedule, system, &ws.amounts)?;
        Ok(())
    }

    /// Amounts and devices for the subject's weight, unless the last subject had the same.
    fn give(&self, subject: &Subject<'_>, ws: &mut Workspace) -> Result<(), SimulationError> {
        if ws.given.ready && ws.given.weight == subject.weight() {
            return Ok(());
        }
        let list = administrations(self.model, &self.doses, subject.weight())?;
        let mut given = Given { weight: subject.weight(), ready: true, list, ..Given::default() };
        let mut entries = 0;
        for a in &given.list {
            let interval = self.switches.partition_point(|s| *s <= a.time);
            let kind = Kind { route: a.route, device: a.device, amount: a.amount, over: a.over, interval, first: 0 };
            let known = given.kinds.iter().position(|k| Kind { first: 0, ..*k } == kind);
            given.kind_of.push(known.unwrap_or(given.kinds.len()));
            if known.is_none() {
                given.kinds.push(Kind { first: entries, ..kind });
                entries += self.model.routes()[a.route].entries.len();
            }
        }
        ws.given = given;
        ws.entries = vec![Entry { state: 0, amount: 0.0, lag: 0.0, over: 0.0 }; entries];
        // Timing is compared with that of the last subject, so it must not survive a change of the doses.
        ws.timing.clear();
        Ok(())
    }

    /// Runs the programs of one interval and collects the numbers of the system and of the doses given in it.
    fn evaluate(
        &self,
        subject: &Subject<'_>,
        interval: usize,
        from: f64,
        ws: &mut Workspace,
    ) -> Result<(), SimulationError> {
        let (model, tiers) = (self.model, self.model.tiers());
        let file = &mut ws.files[interval];
        for (parameter, value) in model.parameters().iter().zip(subject.values()) {
            file[parameter.slot] = [*value];
        }
        for (covariate, value) in model.covariates().iter().zip(switches::values(model.covariates(), subject, from)) {
            file[covariate.slot] = [value];
        }
        tiers.run(Class::Subject, file);
        tiers.run(Class::Interval, file);
        check_interval(model, file)?;
        let n = model.states().len();
        if interval == 0 {
            for (x, state) in ws.x0.iter_mut().zip(model.states()) {
                *x = state.initial.map_or(0.0, |reg| file[reg][0]);
            }
        }
        let a = &mut ws.a[interval * n * n..(interval + 1) * n * n];
        a.fill(0.0);
        self.a.iter().for_each(|(row, column, reg)| a[row * n + column] = file[*reg][0]);
        let b = &mut ws.b[interval * n..(interval + 1) * n];
        b.fill(0.0);
        self.b.iter().for_each(|(row, reg)| b[*row] = file[*reg][0]);
        let inputs = model.inputs();
        for kind in ws.given.kinds.iter().filter(|k| k.interval == interval) {
            file[inputs.dose_amount] = [kind.amount];
            file[inputs.dose_device] = [f64::from(kind.device)];
            tiers.run(Class::Dose, file);
            let route = &model.routes()[kind.route];
            check_dose(model, route, file)?;
            let value = |reg: Option<Reg>, default: f64| reg.map_or(default, |reg| file[reg][0]);
            for (slot, entry) in ws.entries[kind.first..].iter_mut().zip(&route.entries) {
                *slot = Entry {
                    state: entry.state,
                    amount: value(entry.amount, kind.amount * value(entry.fraction, 1.0)),
                    lag: value(entry.lag, 0.0),
                    over: value(entry.over, kind.over),
                };
            }
        }
        Ok(())
    }

    /// Amounts of all events, and a new schedule if anything about their times differs from the last subject's.
    fn place(&self, ws: &mut Workspace) -> Result<(), SimulationError> {
        ws.amounts.clear();
        for kind in &ws.given.kind_of {
            let kind = &ws.given.kinds[*kind];
            let entries = self.model.routes()[kind.route].entries.len();
            ws.amounts.extend(ws.entries[kind.first..kind.first + entries].iter().map(|e| e.amount));
        }
        let timing = ws.entries.iter().map(|e| [e.lag, e.over]);
        if ws.schedule.systems() > 0 && timing.clone().eq(ws.timing.iter().copied()) {
            return Ok(());
        }
        ws.timing.clear();
        ws.timing.extend(timing);
        ws.events.clear();
        for (administration, kind) in ws.given.list.iter().zip(&ws.given.kind_of) {
            let kind = &ws.given.kinds[*kind];
            let entries = self.model.routes()[kind.route].entries.len();
            for entry in &ws.entries[kind.first..kind.first + entries] {
                let (time, amount) = (administration.time + entry.lag, ws.events.len());
                ws.events.push(Event { time, state: entry.state, amount, over: entry.over });
            }
        }
        let plan =
            Plan { start: 0.0, events: &ws.events, switches: &self.switches, marks: &[], samples: &self.samples };
        ws.schedule.rebuild(&plan)?;
        Ok(())
    }

    /// The coefficients of a linear output in every interval, in base units.
    pub(super) fn weights(&self, readout: &Readout, files: &[Vec<[f64; 1]>], c: &mut [f64], d: &mut [f64]) {
        let Readout::Linear { c: coefficients, d: constant } = readout else { return };
        let n = self.model.states().len();
        c.fill(0.0);
        for (interval, file) in files.iter().enumerate() {
            coefficients.iter().for_each(|(state, reg)| c[interval * n + state] = file[*reg][0]);
            d[interval] = constant.map_or(0.0, |reg| file[reg][0]);
        }
    }

    /// An output that is no linear function of the states, at every sampling time, in base units.
    fn compute(&self, name: &str, value: Reg, ws: &mut Workspace, out: &mut [f64]) -> Result<(), SimulationError> {
        let mut x = vec![0.0; self.model.states().len()];
        for (y, time) in out.iter_mut().zip(&self.samples) {
            ws.exact.solution().state(*time, &mut x);
            let interval = self.switches.partition_point(|s| s <= time);
            *y = computed(self.model, value, &mut ws.files[interval], &x, *time);
            if y.is_nan() {
                return Err(SimulationError::NotANumber { output: name.into(), time: *time });
            }
        }
        Ok(())
    }

    /// The switches between intervals, h.
    pub(super) fn switches(&self) -> &[f64] {
        &self.switches
    }
}

/// A register file in which the clocks of doses are no numbers, for nothing keeps them here: an output that reads them is
/// none either, rather than wrong.
pub(super) fn fresh_file(model: &Model) -> Vec<[f64; 1]> {
    let (mut file, inputs) = (model.tiers().file::<1>(), model.inputs());
    let clocks = [inputs.tafd, inputs.tad, inputs.since].into_iter();
    let clocks = clocks.chain(inputs.tad_of.iter().copied()).chain(inputs.last_dose.iter().copied());
    clocks.for_each(|register| file[register] = [f64::NAN]);
    file
}

/// An output of the group of computed outputs, at a state and time, in base units.
pub(super) fn computed(model: &Model, value: Reg, file: &mut [[f64; 1]], x: &[f64], time: f64) -> f64 {
    for (state, x) in model.states().iter().zip(x) {
        file[state.slot] = [*x];
    }
    file[model.inputs().t] = [time];
    model.tiers().run_group(GROUP_OUTPUTS, file);
    file[value][0]
}

impl Workspace {
    /// The engine after the latest run.
    pub(super) fn exact(&self) -> &Exact {
        &self.exact
    }

    /// Register files of the latest subject, one per interval.
    pub(super) fn files(&self) -> &[Vec<[f64; 1]>] {
        &self.files
    }

    /// The administrations of the latest subject.
    pub fn administrations(&self) -> &[Administration] {
        &self.given.list
    }

    /// Work since the workspace was made.
    pub fn work(&self) -> Work {
        self.exact.work()
    }
}

/// Checks the numbers that hold for an interval between changes of covariates.
pub(super) fn check_interval(model: &Model, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    check(model.guards().iter().filter(|g| !g.at_dose), file)
}

/// Checks the numbers of a dose by a route.
pub(super) fn check_dose(model: &Model, route: &Route, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    check(model.guards().iter().filter(|g| g.at_dose && concerns(g, route)), file)
}

/// Checks the numbers of a dose into a compartment.
pub(super) fn check_compartment(model: &Model, doses: &DoseKeys, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    let registers = [doses.fraction, doses.lag, doses.infusion_rate, doses.infusion_duration];
    check(model.guards().iter().filter(|g| g.at_dose && registers.contains(&Some(g.reg))), file)
}

fn concerns(guard: &Guard, route: &Route) -> bool {
    let registers = route.entries.iter().flat_map(|e| [e.fraction, e.amount, e.lag, e.over]).flatten();
    registers.chain(route.total).any(|reg| reg == guard.reg)
}

fn check<'g>(guards: impl Iterator<Item = &'g Guard>, file: &[[f64; 1]]) -> Result<(), SimulationError> {
    for guard in guards {
        let value = file[guard.reg][0];
        if !guard.must.holds(value) {
            return Err(SimulationError::OutOfLimits { name: guard.name.clone(), value, must: guard.must.to_string() });
        }
    }
    Ok(())
}
