//! A model as a field: the slopes of the states that are integrated, for subjects in lanes.

use super::administer::Administration;
use super::split::{Law, Split};
use crate::expr::Class;
use crate::math::rows::Rows;
use crate::model::{GROUP_INPUT, Model, Reg};
use crate::solve::{Drive, Field, Flow, STAGES};

/// What reads a clock: its register, and what it shows at the start of each lane's stretch.
#[derive(Debug, Clone)]
struct Clock<const L: usize> {
    register: Reg,
    origin: [f64; L],
}

/// A dose that enters by an input function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arrived {
    /// Register of the rate per unit of what enters, and the state it enters.
    pub rate: Reg,
    /// Index of the state.
    pub state: usize,
    /// When it arrived, h.
    pub time: f64,
    /// What enters in all, in the unit of the state.
    pub amount: f64,
    /// mg of the dose (of the device), which the function may read.
    pub dose_amount: f64,
    /// Device of the train.
    pub dose_device: f64,
}

/// Times of input functions that are looked at: 2 to the powers between these, h.
const SMALLEST: i32 = 30;
const LARGEST: i32 = 20;

impl Arrived {
    /// Rate `since` h after it arrived, per h and unit of what enters; `file` holds the values of the subject.
    pub fn rate_at(&self, model: &Model, since: f64, file: &mut [[f64; 1]]) -> f64 {
        let inputs = model.inputs();
        file[inputs.since] = [since];
        file[inputs.dose_amount] = [self.dose_amount];
        file[inputs.dose_device] = [self.dose_device];
        model.tiers().run(Class::Dose, file);
        model.tiers().run_group(GROUP_INPUT, file);
        file[self.rate][0]
    }

    /// How long after it arrived it puts in most, h, roughly: the longer the more of it a rate is.
    pub fn busiest(&self, model: &Model, file: &mut [[f64; 1]]) -> f64 {
        let times = (-SMALLEST..=LARGEST).map(|exponent| 2f64.powi(exponent));
        let mut most = (0.0, f64::INFINITY);
        for t in times {
            let share = t * self.rate_at(model, t, file);
            if share > most.0 {
                most = (share, t);
            }
        }
        most.1
    }
}

/// Doses that enter by input functions, one per lane: a lane that has fewer of them has an amount of 0.
#[derive(Debug, Clone)]
struct Entering<const L: usize> {
    rate: Reg,
    /// Place among the states that are integrated.
    place: usize,
    since: [f64; L],
    amount: [f64; L],
    dose_amount: [f64; L],
    dose_device: [f64; L],
}

/// A covariate on a straight line between two records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moving {
    /// Its register.
    pub register: Reg,
    /// Its value at the start of the stretch.
    pub value: f64,
    /// Its slope, per h.
    pub slope: f64,
}

/// What a stretch of one lane begins with, besides the states.
pub(super) struct Start<'a> {
    /// When it begins, h.
    pub time: f64,
    /// The exact part, if there is one.
    pub flow: Option<Flow<'a>>,
    /// Times of the latest doses, h.
    pub doses: &'a Latest,
    /// Doses that have arrived and enter by input functions.
    pub arrived: &'a [Arrived],
}

/// When doses were given last, h, and how much. Times are NaN before the first dose.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Latest {
    /// When the clock `t` was at zero.
    pub zero: f64,
    pub first: f64,
    pub any: f64,
    /// Of each route: time and mg.
    pub by_route: Vec<(f64, f64)>,
}

impl Latest {
    /// Nothing was given so far.
    pub fn none(model: &Model) -> Self {
        Latest { zero: 0.0, first: f64::NAN, any: f64::NAN, by_route: vec![(f64::NAN, 0.0); model.routes().len()] }
    }

    /// A dose is given, by a route or into a compartment.
    pub fn dose(&mut self, time: f64, route: Option<usize>, amount: f64) {
        if self.first.is_nan() {
            self.first = time;
        }
        self.any = time;
        if let Some(route) = route {
            self.by_route[route] = (time, amount);
        }
    }

    /// At a time: doses are in the order of time.
    pub fn at(model: &Model, doses: &[Administration], time: f64) -> Self {
        let mut latest = Latest::none(model);
        for a in doses.iter().take_while(|a| a.time <= time).filter(|a| a.device == 1) {
            latest.dose(a.time, Some(a.route), a.dose_amount);
        }
        latest
    }

    /// Forgets everything and starts the clock anew.
    pub fn clear(&mut self, time: f64) {
        self.zero = time;
        (self.first, self.any) = (f64::NAN, f64::NAN);
        self.by_route.fill((f64::NAN, 0.0));
    }

    /// Shows the clocks in a register file at time `t`.
    pub fn show(&self, model: &Model, t: f64, file: &mut [[f64; 1]]) {
        let inputs = model.inputs();
        file[inputs.t] = [t - self.zero];
        file[inputs.tafd] = [t - self.first];
        file[inputs.tad] = [t - self.any];
        for (route, (time, amount)) in self.by_route.iter().enumerate() {
            file[inputs.tad_of[route]] = [t - time];
            file[inputs.last_dose[route]] = [*amount];
        }
    }
}

/// Registers of times since doses, and of amounts of doses.
pub(super) fn clocks_of_doses(model: &Model) -> impl Iterator<Item = Reg> + '_ {
    let inputs = model.inputs();
    [inputs.tafd, inputs.tad].into_iter().chain(inputs.tad_of.iter().chain(&inputs.last_dose).copied())
}

/// A model as a field over L subjects.
#[derive(Debug, Clone)]
pub(super) struct ModelField<'m, const L: usize> {
    model: &'m Model,
    law: Law<'m>,
    /// States that are integrated, and the place of each state among them.
    rest: Vec<usize>,
    place: Vec<Option<usize>>,
    slots: Vec<Reg>,
    file: Rows<L>,
    /// Rate of infusion into each of them.
    rates: Rows<L>,
    /// 0 for compartments that are closed, else 1.
    open: Option<Vec<[f64; L]>>,
    /// Registers of the states that are closed, and whose: for all others they are empty.
    shut: Vec<(Reg, usize)>,
    drive: Drive<L>,
    /// The states that it drives slopes with, at the latest times, time after time.
    driven: Rows<L>,
    driven_slots: Vec<Reg>,
    clocks: Vec<Clock<L>>,
    entering: Vec<Entering<L>>,
    moving: Vec<Moving>,
    /// Whether anything but the states changes slopes as time goes by.
    follows_time: bool,
}

impl<'m, const L: usize> ModelField<'m, L> {
    /// The states of `split` that are integrated.
    pub fn new(model: &'m Model, split: &Split<'m>) -> Self {
        let rest = split.rest().to_vec();
        let mut place = vec![None; model.states().len()];
        rest.iter().enumerate().for_each(|(at, state)| place[*state] = Some(at));
        let slot = |state: &usize| model.states()[*state].slot;
        let inputs = model.inputs();
        let clocks = [inputs.t, inputs.tafd, inputs.tad].into_iter().chain(inputs.tad_of.iter().copied());
        let read = |register: &Reg| split.reads(model, *register);
        let clocks: Vec<Clock<L>> =
            clocks.filter(|c| read(c)).map(|register| Clock { register, origin: [0.0; L] }).collect();
        let reads: Vec<usize> = (0..split.exact).filter(|at| read(&slot(&split.order[*at]))).collect();
        let by_function = model.routes().iter().flat_map(|r| &r.entries).any(|e| e.input.is_some());
        let follows_time = !reads.is_empty() || by_function || !clocks.is_empty();
        ModelField {
            follows_time,
            slots: rest.iter().map(slot).collect(),
            rates: Rows::new(rest.len()),
            open: None,
            shut: Vec::new(),
            driven: Rows::new(STAGES * reads.len()),
            driven_slots: reads.iter().map(|at| slot(&split.order[*at])).collect(),
            drive: Drive::new(split.exact, reads),
            file: Rows::from(&model.tiers().file::<L>()[..]),
            law: split.law,
            clocks,
            entering: Vec::new(),
            moving: Vec::new(),
            model,
            rest,
            place,
        }
    }

    /// The values of a lane from here on: a register file in which the programs above the states have run.
    pub fn take(&mut self, lane: usize, file: &[[f64; 1]]) {
        self.file.iter_mut().zip(file).for_each(|(to, from)| to[lane] = from[0]);
    }

    /// One more infusion into a state that is integrated, by its place among them.
    pub fn infuse(&mut self, lane: usize, place: usize, rate: f64) {
        self.rates[place][lane] += rate;
    }

    /// Stops all infusions of a lane.
    pub fn stop(&mut self, lane: usize) {
        self.rates.iter_mut().for_each(|rates| rates[lane] = 0.0);
    }

    /// Which states of the model stand still and are empty.
    pub fn close(&mut self, lane: usize, closed: &[bool]) {
        if self.open.is_none() && !closed.contains(&true) {
            return;
        }
        let open = self.open.get_or_insert_with(|| vec![[1.0; L]; self.rest.len()]);
        open.iter_mut().zip(&self.rest).for_each(|(open, s)| open[lane] = f64::from(u8::from(!closed[*s])));
        let states = self.model.states().iter().zip(closed).filter(|(_, closed)| **closed);
        self.shut.retain(|(_, of)| *of != lane);
        self.shut.extend(states.map(|(state, _)| (state.slot, lane)));
    }

    /// Covariates on straight lines; of the only lane.
    pub fn change(&mut self, moving: &[Moving]) {
        self.moving.clear();
        self.moving.extend_from_slice(moving);
    }

    /// A new stretch of a lane.
    pub fn start(&mut self, lane: usize, start: &Start<'_>) {
        if let Some(flow) = start.flow {
            self.drive.set(lane, flow);
        }
        let inputs = self.model.inputs();
        for clock in &mut self.clocks {
            let since = match clock.register {
                r if r == inputs.t => start.doses.zero,
                r if r == inputs.tafd => start.doses.first,
                r if r == inputs.tad => start.doses.any,
                r => inputs.tad_of.iter().position(|of| *of == r).map_or(0.0, |at| start.doses.by_route[at].0),
            };
            clock.origin[lane] = start.time - since;
        }
        for (register, (_, amount)) in inputs.last_dose.iter().zip(&start.doses.by_route) {
            self.file[*register][lane] = *amount;
        }
        self.enter(lane, start);
    }

    /// Doses by input functions take the first free places.
    fn enter(&mut self, lane: usize, start: &Start<'_>) {
        self.entering.iter_mut().for_each(|e| e.amount[lane] = 0.0);
        for dose in start.arrived {
            let Some(place) = self.place[dose.state] else { continue };
            let free = |e: &Entering<L>| e.rate == dose.rate && e.place == place && e.amount[lane] == 0.0;
            let at = self.entering.iter().position(free).unwrap_or_else(|| {
                let zero = [0.0; L];
                let (rate, since) = (dose.rate, [1.0; L]);
                // In an order of their own, so that sums do not depend on who needed a place first.
                let at = self.entering.partition_point(|e| (e.place, e.rate) <= (place, dose.rate));
                self.entering
                    .insert(at, Entering { rate, place, since, amount: zero, dose_amount: zero, dose_device: zero });
                at
            });
            let entering = &mut self.entering[at];
            entering.since[lane] = start.time - dose.time;
            entering.amount[lane] = dose.amount;
            entering.dose_amount[lane] = dose.dose_amount;
            entering.dose_device[lane] = dose.dose_device;
        }
    }

    /// Everything that slopes are computed from; `at` says which of the latest times of the drive is `t`.
    #[inline(always)]
    fn show(&mut self, at: usize, t: &[f64; L], y: &[[f64; L]]) {
        let file = &mut self.file[..];
        // Counted, not zipped: parts of zips stay calls here.
        for i in 0..self.slots.len() {
            file[self.slots[i]] = y[i];
        }
        let driven = &self.driven[at * self.driven_slots.len()..];
        for i in 0..self.driven_slots.len() {
            file[self.driven_slots[i]] = driven[i];
        }
        for (register, lane) in &self.shut {
            file[*register][*lane] = 0.0;
        }
        for Clock { register, origin } in &self.clocks {
            let shown = &mut file[*register];
            *shown = *origin;
            add(shown, t);
        }
        if !self.moving.is_empty() {
            self.follow(t);
        }
    }

    /// Covariates that move, and everything that follows from them.
    fn follow(&mut self, t: &[f64; L]) {
        for Moving { register, value, slope } in &self.moving {
            self.file[*register] = t.map(|t| value + slope * t);
        }
        self.model.tiers().run(Class::Subject, &mut self.file);
        self.model.tiers().run(Class::Interval, &mut self.file);
    }

    /// What enters by input functions.
    fn enter_by_functions(&mut self, t: &[f64; L], dy: &mut [[f64; L]]) {
        let (inputs, tiers) = (self.model.inputs(), self.model.tiers());
        for entering in &self.entering {
            let mut since = entering.since;
            add(&mut since, t);
            // A rate without bound at its very start is still integrable.
            self.file[inputs.since] = since.map(|since| since.max(f64::MIN_POSITIVE));
            self.file[inputs.dose_amount] = entering.dose_amount;
            self.file[inputs.dose_device] = entering.dose_device;
            tiers.run(Class::Dose, &mut self.file);
            tiers.run_group(GROUP_INPUT, &mut self.file);
            let rate = &self.file[entering.rate];
            let dy = &mut dy[entering.place];
            for lane in (0..L).filter(|lane| entering.amount[*lane] != 0.0) {
                dy[lane] += entering.amount[lane] * rate[lane];
            }
        }
    }
}

impl<const L: usize> Field<L> for ModelField<'_, L> {
    fn size(&self) -> usize {
        self.rest.len()
    }

    #[inline(always)]
    fn follows_time(&self) -> bool {
        self.follows_time || !self.moving.is_empty()
    }

    #[inline(always)]
    fn slope(&mut self, t: &[f64; L], y: &[[f64; L]], dy: &mut [[f64; L]]) {
        self.drive.at(&[*t], &mut self.driven);
        self.stage(0, t, y, dy);
    }

    #[inline(always)]
    fn foresee(&mut self, times: &[[f64; L]; STAGES]) {
        self.drive.at(times, &mut self.driven);
    }

    #[inline(always)]
    fn stage(&mut self, stage: usize, t: &[f64; L], y: &[[f64; L]], dy: &mut [[f64; L]]) {
        self.show(stage, t, y);
        match self.law {
            Law::Programs { slopes, rhs, .. } => {
                let file = &mut self.file[..];
                self.model.tiers().run_group(slopes, file);
                let rates = &self.rates[..];
                for i in 0..self.rest.len() {
                    // A sum of its own, so that the compiler need not fear that it overlaps.
                    let mut sum = file[rhs[self.rest[i]]];
                    add(&mut sum, &rates[i]);
                    dy[i] = sum;
                }
            }
            Law::Matrix { a, b } => {
                let file = &self.file[..];
                dy.copy_from_slice(&self.rates);
                for (row, register) in b {
                    add(&mut dy[*row], &file[*register]);
                }
                for (row, column, register) in a {
                    let (coefficient, y) = (&file[*register], &file[self.slots[*column]]);
                    for lane in 0..L {
                        dy[*row][lane] += coefficient[lane] * y[lane];
                    }
                }
            }
        }
        if !self.entering.is_empty() {
            self.enter_by_functions(t, dy);
        }
        if let Some(open) = &self.open {
            dy.iter_mut().zip(open).for_each(|(dy, open)| scale(dy, open));
        }
    }

    #[inline(always)]
    fn jacobian(&mut self, t: &[f64; L], y: &[[f64; L]], j: &mut [[f64; L]]) {
        self.drive.at(&[*t], &mut self.driven);
        self.show(0, t, y);
        let n = self.rest.len();
        j.fill([0.0; L]);
        let entries = match self.law {
            Law::Programs { derivatives, jacobian, .. } => {
                self.model.tiers().run_group(derivatives, &mut self.file);
                jacobian
            }
            Law::Matrix { a, .. } => a,
        };
        for (row, column, register) in entries {
            if let (Some(row), Some(column)) = (self.place[*row], self.place[*column]) {
                j[row * n + column] = self.file[*register];
            }
        }
        if let Some(open) = &self.open {
            for (row, open) in j.chunks_exact_mut(n).zip(open) {
                row.iter_mut().for_each(|j| scale(j, open));
            }
            for row in j.chunks_exact_mut(n) {
                row.iter_mut().zip(open).for_each(|(j, open)| scale(j, open));
            }
        }
    }
}

#[inline(always)]
fn add<const L: usize>(to: &mut [f64; L], from: &[f64; L]) {
    for lane in 0..L {
        to[lane] += from[lane];
    }
}

#[inline(always)]
fn scale<const L: usize>(to: &mut [f64; L], by: &[f64; L]) {
    for lane in 0..L {
        to[lane] *= by[lane];
    }
}
