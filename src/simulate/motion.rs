//! The states of one subject on their way from one event to the next: what is linear upstream by exponentials, the rest
//! integrated. Observations between two events are read from the dense solution, so they change nothing.

use super::field::{Arrived, Latest, ModelField, Moving, Start};
use super::lanes::Sweep;
use super::scales::Scales;
use super::settings::Settings;
use super::split::Split;
use crate::math::kernel::Kernel;
use crate::model::Model;
use crate::solve::{Integrator, Outcome, Pulse, Reference, SolveError, Steps, Trajectory, Walk, Work, quartic_at};

/// The longest stretch, h.
const LONGEST: f64 = 1000.0;

/// What a stretch between two events depends on besides the states.
pub(super) struct Surroundings<'a> {
    /// The next time at which anything may change, h.
    pub until: f64,
    /// When doses were given last.
    pub doses: &'a Latest,
    /// Doses that enter by input functions.
    pub arrived: &'a [Arrived],
    /// Covariates on straight lines, as they are at the start of the stretch.
    pub moving: &'a [Moving],
}

/// The states of a subject at the present.
#[derive(Debug, Clone)]
pub(super) struct Motion<'m> {
    split: &'m Split<'m>,
    /// The exact part: at the present, or at the beginning of the stretch while there is one.
    walk: Walk,
    rest: Option<Box<Rest<'m>>>,
    a: Vec<f64>,
    b: Vec<f64>,
    /// States of the exact part, in its order.
    x: Vec<f64>,
}

/// The part that is integrated.
#[derive(Debug, Clone)]
struct Rest<'m> {
    model: &'m Model,
    field: ModelField<'m, 1>,
    integrator: Integrator<1>,
    kernel: Kernel,
    /// In place of the integrator, where the engine is one of the crate `ode_solvers`.
    reference: Option<Reference>,
    states: Vec<usize>,
    /// When the present stretch began, h; none before the first moment of a stretch.
    begin: Option<f64>,
    /// h since then.
    now: f64,
    /// The latest step, h since the beginning of the stretch.
    step: (f64, f64),
    /// States at the beginning of the stretch, or at the present where there is no stretch.
    y: Vec<f64>,
    /// States at the end of the latest step.
    end: Vec<f64>,
    /// The end of the stretch, h since its beginning.
    until: f64,
    /// What is wrong with the latest step from some time in it on.
    wrong: Option<SolveError>,
    scales: Scales,
    /// The dense solution, if it is wanted.
    kept: Option<Trajectory>,
}

impl<'m> Motion<'m> {
    /// All states zero, in a system that does nothing.
    pub fn new(model: &'m Model, split: &'m Split<'m>, settings: Settings) -> Self {
        let n = split.exact_states().len();
        let states = split.rest().to_vec();
        let rest = (!states.is_empty()).then(|| {
            let nothing = || vec![0.0; states.len()];
            Box::new(Rest {
                model,
                field: ModelField::new(model, split),
                integrator: Integrator::new(states.len(), settings.engine.method(), settings.rtol, settings.most_steps),
                kernel: settings.kernel,
                reference: settings.reference(),
                begin: None,
                now: 0.0,
                step: (0.0, 0.0),
                y: nothing(),
                end: nothing(),
                until: 0.0,
                wrong: None,
                scales: Scales::new(model, &states, &settings),
                kept: None,
                states,
            })
        });
        let nothing = |n: usize| vec![0.0; n];
        Motion { split, walk: Walk::new(n), rest, a: nothing(n * n), b: nothing(n), x: nothing(n) }
    }

    /// Whether anything is integrated.
    pub fn is_integrated(&self) -> bool {
        self.rest.is_some()
    }

    /// Keeps the dense solution of the part that is integrated.
    pub fn keep(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.kept = Some(Trajectory::new(rest.states.len()));
        }
    }

    /// The dense solution that was kept, and the states at its end, `time`, after what happens then.
    pub fn into_kept(self, time: f64) -> Trajectory {
        let Some(mut rest) = self.rest else { return Trajectory::default() };
        let mut kept = rest.kept.take().unwrap_or_default();
        kept.push(time, 0.0, (0..rest.states.len()).map(|at| [rest.state(at), 0.0, 0.0, 0.0, 0.0]));
        kept
    }

    /// Whether the next moment begins a new stretch.
    pub fn is_between(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.begin.is_none() || rest.now >= rest.until)
    }

    /// When the present stretch began, h, for errors that count from there.
    pub fn begin(&self) -> Option<f64> {
        self.rest.as_ref().and_then(|rest| rest.begin)
    }

    /// What the integrator did.
    pub fn work(&self) -> Work {
        self.rest.as_ref().map_or_else(Work::default, |rest| match &rest.reference {
            Some(reference) => reference.work(),
            None => rest.integrator.work(),
        })
    }

    /// Goes over to the system of other values and closed compartments, the states as they are.
    pub fn change(&mut self, file: &[[f64; 1]], closed: &[bool], steps: &mut Steps) -> Result<(), SolveError> {
        self.halt(steps)?;
        let (n, split) = (self.split.exact_states().len(), self.split);
        if n > 0 {
            self.a.fill(0.0);
            self.b.fill(0.0);
            let place = |state: &usize| split.place[*state];
            split.a.iter().for_each(|(row, column, reg)| self.a[place(row) * n + place(column)] = file[*reg][0]);
            split.b.iter().for_each(|(row, reg)| self.b[place(row)] = file[*reg][0]);
            for at in (0..n).filter(|at| closed[split.order[*at]]) {
                (0..n).for_each(|k| (self.a[at * n + k], self.a[k * n + at]) = (0.0, 0.0));
                self.b[at] = 0.0;
            }
            self.walk.change(&self.a, &self.b, steps)?;
        }
        if let Some(rest) = &mut self.rest {
            rest.field.take(0, file);
            rest.field.close(0, closed);
        }
        Ok(())
    }

    /// Lets time pass from `now` towards `to`, h, as far as the present stretch goes; the time that is reached.
    pub fn pass(&mut self, now: f64, to: f64, around: &Surroundings<'_>, steps: &mut Steps) -> Result<f64, SolveError> {
        if self.is_between() {
            self.halt(steps)?;
        }
        let Some(rest) = &mut self.rest else { return self.walk.pass(to - now, steps).map(|()| to) };
        let begin = match rest.begin {
            Some(begin) => begin,
            None => rest.start(now, &self.walk, around),
        };
        let ends = rest.until < to - begin;
        rest.go(if ends { rest.until } else { to - begin })?;
        Ok(if ends { begin + rest.until } else { to })
    }

    /// Ends the stretch at the present: something happens.
    pub fn halt(&mut self, steps: &mut Steps) -> Result<(), SolveError> {
        let Some(rest) = self.rest.as_mut().filter(|rest| rest.begin.is_some()) else { return Ok(()) };
        let y = (0..rest.y.len()).map(|at| rest.state(at)).collect();
        rest.y = y;
        rest.integrator.retire(0);
        rest.begin = None;
        let passed = std::mem::take(&mut rest.now);
        if self.x.is_empty() { Ok(()) } else { self.walk.pass(passed, steps) }
    }

    /// Writes the states, in the order of the model.
    pub fn states(&mut self, steps: &mut Steps, x: &mut [f64]) {
        let Some(rest) = &self.rest else { return self.walk.states(x) };
        if !self.x.is_empty() {
            match rest.begin {
                Some(_) => self.walk.ahead(rest.now, steps, &mut self.x),
                None => self.walk.states(&mut self.x),
            }
            self.split.exact_states().iter().zip(&self.x).for_each(|(state, value)| x[*state] = *value);
        }
        rest.states.iter().enumerate().for_each(|(at, state)| x[*state] = rest.state(at));
    }

    /// Puts the states where they are said to be.
    pub fn place(&mut self, x: &[f64]) {
        let Some(rest) = &mut self.rest else { return self.walk.place(x) };
        rest.place(x);
        if !self.x.is_empty() {
            self.x.iter_mut().zip(self.split.exact_states()).for_each(|(to, state)| *to = x[*state]);
            self.walk.place(&self.x);
        }
    }

    /// Puts the states where a subject starts: nothing of what went before is left, so that it does not matter.
    pub fn restart(&mut self, x: &[f64]) {
        if let Some(rest) = &mut self.rest {
            rest.integrator.fresh(0);
            rest.scales.forget();
        }
        self.place(x);
    }

    /// Puts the states that are integrated where they are said to be, and leaves the others.
    pub fn place_rest(&mut self, x: &[f64], steps: &mut Steps) -> Result<(), SolveError> {
        self.halt(steps)?;
        if let Some(rest) = &mut self.rest {
            rest.place(x);
        }
        Ok(())
    }

    /// The states that are integrated were so large before.
    pub fn remember(&mut self, sizes: &[f64]) {
        if let Some(rest) = &mut self.rest {
            rest.states.iter().enumerate().for_each(|(at, state)| rest.scales.remember(at, sizes[*state]));
        }
    }

    /// Writes the size of every state that is integrated: its largest value so far, and not too little.
    pub fn sizes(&self, scales: &mut [f64]) {
        if let Some(rest) = &self.rest {
            rest.states.iter().enumerate().for_each(|(at, state)| scales[*state] = rest.scales.size(at));
        }
    }

    /// Whether the slope of any state that is integrated is computed from a state, for the values in a register file.
    pub fn matters(&self, state: usize, file: &[[f64; 1]]) -> bool {
        let (entries, numbers) = self.split.derivatives();
        entries.iter().any(|(row, column, reg)| {
            *column == state && self.split.place[*row] >= self.split.exact && !(numbers && file[*reg][0] == 0.0)
        })
    }

    /// The states that are integrated, as indices of the model's states.
    pub fn integrated(&self) -> &[usize] {
        self.split.rest()
    }

    /// Adds an amount to a state, at once.
    pub fn add(&mut self, state: usize, amount: f64, steps: &mut Steps) -> Result<(), SolveError> {
        self.halt(steps)?;
        self.enters(amount);
        let place = self.split.place[state];
        match (&mut self.rest, place.checked_sub(self.split.exact)) {
            (Some(rest), Some(at)) => rest.y[at] += amount,
            _ => self.walk.add(place, amount),
        }
        Ok(())
    }

    /// Something of this size enters, at once or by and by: it sets the scale of amounts.
    pub fn enters(&mut self, amount: f64) {
        if let Some(rest) = &mut self.rest {
            rest.scales.enters(amount);
        }
    }

    /// Changes the rate of infusion into every state, per h, in the order of the model.
    pub fn infuse(&mut self, rates: &[f64], steps: &mut Steps) -> Result<(), SolveError> {
        self.halt(steps)?;
        let Some(rest) = &mut self.rest else {
            self.walk.infuse(rates, steps);
            return Ok(());
        };
        rest.field.stop(0);
        rest.states.iter().enumerate().for_each(|(at, state)| rest.field.infuse(0, at, rates[*state]));
        if !self.x.is_empty() {
            self.x.iter_mut().zip(self.split.exact_states()).for_each(|(to, state)| *to = rates[*state]);
            self.walk.infuse(&self.x, steps);
        }
        Ok(())
    }

    /// The exact part goes to where production and infusions keep it as it is.
    pub fn settle(&mut self, steps: &mut Steps) -> Result<(), SolveError> {
        self.halt(steps)?;
        if self.split.exact > 0 { self.walk.settle() } else { Ok(()) }
    }

    /// Adds to the exact part the effect of a pulse (into a state of the model) that has come at equal intervals since ever.
    pub fn add_periodic(&mut self, pulse: Pulse, steps: &mut Steps) -> Result<(), SolveError> {
        self.halt(steps)?;
        let state = self.split.place[pulse.state];
        if state < self.split.exact { self.walk.add_periodic(Pulse { state, ..pulse }, steps) } else { Ok(()) }
    }
}

impl Rest<'_> {
    /// A stretch begins: the states, their scales, what drives them.
    fn start(&mut self, time: f64, walk: &Walk, around: &Surroundings<'_>) -> f64 {
        self.field.change(around.moving);
        let flow = (self.states.len() < self.model.states().len()).then(|| walk.flow());
        self.field.start(0, &Start { time, flow, doses: around.doses, arrived: around.arrived });
        self.scales.begin(&self.y);
        self.until = (around.until - time).min(LONGEST);
        self.wrong = None;
        self.integrator.begin(0, &self.y, self.scales.absolute(), self.until);
        if let Some(flow) = flow {
            self.integrator.at_most(0, 1.0 / flow.fastest());
        }
        (self.begin, self.now, self.step) = (Some(time), 0.0, (0.0, 0.0));
        time
    }

    /// Steps on until the latest step holds `to`, h since the beginning of the stretch.
    fn go(&mut self, to: f64) -> Result<(), SolveError> {
        if let Some(reference) = &mut self.reference {
            let (begin, now, y, sizes) = (self.begin.unwrap_or_default(), self.now, &mut self.y, self.scales.sizes());
            match &mut self.kept {
                None => reference.advance(&mut self.field, now, to, y, sizes)?,
                Some(kept) => reference.pieces(&mut self.field, now, to, y, sizes, |t, length, quartics| {
                    kept.push(begin + t, length, quartics.iter().copied());
                })?,
            }
            (self.now, self.step) = (to, (0.0, to));
            self.end.copy_from_slice(&self.y);
            return self.scales.look(&self.end, to);
        }
        while self.step.1 < to && self.wrong.is_none() {
            self.kernel.run_narrow(Sweep { integrator: &mut self.integrator, field: &mut self.field });
            match self.integrator.outcome(0) {
                Outcome::Accepted { from, to, .. } => {
                    self.step = (from, to);
                    self.integrator.states(0, &mut self.end);
                    if let (Some(kept), Some(begin)) = (&mut self.kept, self.begin) {
                        let quartic = |at| self.integrator.quartic(0, at);
                        kept.push(begin + from, to - from, (0..self.states.len()).map(quartic));
                    }
                    self.wrong = self.scales.look(&self.end, to).err().map(|error| self.first(error));
                }
                Outcome::Rejected => {}
                Outcome::Failed(error) => return Err(error),
                // Only where rounding puts `to` just behind the end of the stretch.
                Outcome::Idle => break,
            }
        }
        self.now = to.min(self.step.1);
        match &self.wrong {
            Some(error) if !matches!(error, SolveError::NegativeAmount { time, .. } if *time > to) => {
                Err(error.clone())
            }
            _ => Ok(()),
        }
    }

    /// An amount below zero at the end of the latest step, as it is where it begins to be: halving finds the place.
    fn first(&self, error: SolveError) -> SolveError {
        let SolveError::NegativeAmount { state, value, .. } = error else { return error };
        let (from, to) = self.step;
        let (quartic, least) = (self.integrator.quartic(0, state), 1e-3 * value);
        let (mut before, mut after) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = 0.5 * (before + after);
            *(if quartic_at(&quartic, middle) > least { &mut before } else { &mut after }) = middle;
        }
        SolveError::NegativeAmount { state, time: from + after * (to - from), value: quartic_at(&quartic, after) }
    }

    /// One of the states now.
    fn state(&self, at: usize) -> f64 {
        let (from, to) = self.step;
        if self.begin.is_none() || to == 0.0 {
            self.y[at]
        } else if self.now == to {
            self.end[at]
        } else {
            quartic_at(&self.integrator.quartic(0, at), (self.now - from) / (to - from))
        }
    }

    fn place(&mut self, x: &[f64]) {
        self.states.iter().zip(&mut self.y).for_each(|(state, y)| *y = x[*state]);
        (self.begin, self.now) = (None, 0.0);
        self.integrator.retire(0);
    }
}
