//! Subjects side by side in lanes, each with its own time, step and method.

use super::control::{Controller, GROWTH, first_step, trial_step};
use super::explicit::Explicit;
use super::step::{Judgement, Step};
use super::stiff::Stiff;
use super::trajectory::Quartic;
use super::{Field, Method};
use crate::solve::{SolveError, Work};

/// A step may be longer by this factor to reach the end of a stretch.
const STRETCH: f64 = 1.01;
/// The explicit method is stable while rate x step is below 3.5; when it keeps this close, stability limits the step.
const UNSTABLE: f64 = 3.0;
/// So many steps near the limit, with fewer than `RELIEF` in a row away from it between them, call for the stiff method.
const SIGNS: u8 = 15;
const RELIEF: u8 = 6;
/// The explicit method would be stable at the steps of the stiff one, so many times in a row: it comes back.
const TAME: f64 = 2.0;
const CALM: u8 = 10;

/// What became of a lane in a sweep.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The lane has nothing to do.
    Idle,
    /// The step was not accurate enough; the next sweep tries a shorter one.
    Rejected,
    /// One more step is done.
    Accepted {
        /// Beginning of the step, h since the start of the stretch.
        from: f64,
        /// Its end.
        to: f64,
        /// Whether this is the end of the stretch; the lane is idle then until it begins another one.
        arrived: bool,
    },
    /// The lane cannot go on; times in the error count from the start of the stretch, h. It is idle until it begins again.
    Failed(SolveError),
}

/// What a lane remembers from sweep to sweep.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    live: bool,
    /// Nothing is known about a good length of steps.
    fresh: bool,
    /// The slope at the present time and state is in place.
    sloped: bool,
    /// The latest attempt was accepted; its end becomes the beginning at the next sweep.
    accepted: bool,
    /// The latest attempt was not.
    rejected: bool,
    /// What made the latest attempt fail was not a number.
    broken: bool,
    until: f64,
    /// Length of step that the controller asks for.
    proposal: f64,
    /// Attempts in the present stretch.
    attempts: u64,
    controller: Controller,
    /// Whether the stiff method makes the next step, and whether it made the latest one.
    stiff: bool,
    by_stiff: bool,
    /// The Jacobian at the present time and state is in place.
    linearised: bool,
    /// Steps that spoke for a change of method, and steps in a row that spoke against it.
    signs: u8,
    relief: u8,
}

impl Lane {
    fn new(method: Method) -> Self {
        Self { fresh: true, stiff: method == Method::Stiff, ..Self::default() }
    }

    /// Changes the method if the steps so far call for it; `rate` is the dominant one times the latest step.
    #[inline(always)]
    fn changes_after(&mut self, rate: f64) -> bool {
        let sign = if self.stiff { rate < TAME } else { rate > UNSTABLE };
        self.relief = if sign { 0 } else { self.relief.saturating_add(1) };
        let (enough, relief) = if self.stiff { (CALM, 1) } else { (SIGNS, RELIEF) };
        self.signs = if sign { self.signs + 1 } else { self.signs };
        self.signs = if self.relief >= relief { 0 } else { self.signs };
        let change = self.signs >= enough;
        if change {
            (self.stiff, self.signs, self.relief) = (!self.stiff, 0, 0);
        }
        change
    }
}

/// Integrates L systems of the same kind side by side. A lane's numbers depend neither on the other lanes nor on L.
#[derive(Debug, Clone)]
pub struct Integrator<const L: usize> {
    n: usize,
    method: Method,
    most_steps: u64,
    lanes: [Lane; L],
    step: Step<L>,
    explicit: Explicit<L>,
    stiff: Option<Stiff<L>>,
    /// Scratch of the first steps.
    trial: Vec<[f64; L]>,
    work: Work,
}

impl<const L: usize> Integrator<L> {
    /// Memory for systems of `n` states. `relative` is the tolerated error of a step as a share of the state, `most_steps` the
    /// largest number of attempts in one stretch.
    pub fn new(n: usize, method: Method, relative: f64, most_steps: u64) -> Self {
        Self {
            n,
            method,
            most_steps,
            lanes: [Lane::new(method); L],
            step: Step::new(n, relative),
            explicit: Explicit::new(n),
            stiff: (method != Method::Explicit).then(|| Stiff::new(n)),
            trial: vec![[0.0; L]; n],
            work: Work::default(),
        }
    }

    /// Another subject comes into the lane: what was learned about steps and stiffness is forgotten.
    pub fn fresh(&mut self, lane: usize) {
        self.lanes[lane] = Lane::new(self.method);
    }

    /// Begins a stretch from states `y` at time 0 to `until` (h, above 0). `absolute` is the error of each state that is
    /// tolerated in a step besides the relative one. Length of step and method are those of the lane's stretch before.
    pub fn begin(&mut self, lane: usize, y: &[f64], absolute: &[f64], until: f64) {
        let before = self.lanes[lane];
        self.lanes[lane] = Lane {
            live: true,
            sloped: false,
            linearised: false,
            accepted: false,
            rejected: false,
            broken: false,
            until,
            attempts: 0,
            ..before
        };
        self.step.from[lane] = 0.0;
        for i in 0..self.n {
            self.step.y[i][lane] = y[i];
            self.step.absolute[i][lane] = absolute[i];
        }
    }

    /// Whether the lane is on its way through a stretch.
    #[inline(always)]
    pub fn is_live(&self, lane: usize) -> bool {
        self.lanes[lane].live
    }

    /// Ends the lane's stretch here.
    pub fn retire(&mut self, lane: usize) {
        self.lanes[lane].live = false;
    }

    /// A state over the latest step of the lane, which was accepted in the latest sweep.
    #[inline(always)]
    pub fn quartic(&self, lane: usize, state: usize) -> Quartic {
        match &self.stiff {
            Some(stiff) if self.lanes[lane].by_stiff => stiff.quartic(&self.step, lane, state),
            _ => self.explicit.quartic(&self.step, lane, state),
        }
    }

    /// The states at the end of the latest step of the lane, which was accepted in the latest sweep.
    pub fn states(&self, lane: usize, y: &mut [f64]) {
        y.iter_mut().zip(&self.step.next).for_each(|(y, next)| *y = next[lane]);
    }

    /// What was done so far, in all lanes together.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Attempts one step in every live lane.
    #[inline(always)]
    pub fn sweep<F: Field<L>>(&mut self, field: &mut F) -> [Outcome; L] {
        let mut outcomes = [const { Outcome::Idle }; L];
        self.advance();
        self.refresh(field, &mut outcomes);
        self.plan(&mut outcomes);
        let detect = self.method == Method::Auto;
        let [explicit, stiff] = [false, true].map(|stiff| self.lanes.map(|lane| lane.live && lane.stiff == stiff));
        if explicit.contains(&true) {
            let judgement = self.explicit.attempt(field, &mut self.step, detect);
            for l in (0..L).filter(|l| explicit[*l]) {
                self.work.slopes += 6;
                outcomes[l] = self.judge(l, &judgement);
            }
        }
        if stiff.contains(&true) {
            self.attempt_stiff(field, &stiff, &mut outcomes);
        }
        outcomes
    }

    #[inline(always)]
    fn attempt_stiff<F: Field<L>>(&mut self, field: &mut F, mask: &[bool; L], outcomes: &mut [Outcome; L]) {
        let Some(stiff) = &mut self.stiff else { return };
        let mut moved = *mask;
        for l in 0..L {
            moved[l] &= !self.lanes[l].linearised;
            self.lanes[l].linearised |= moved[l];
            self.work.jacobians += u64::from(moved[l]);
            self.work.slopes += u64::from(moved[l]);
        }
        if moved.contains(&true) {
            stiff.linearise(field, &self.step, &moved);
        }
        let judgement = stiff.attempt(field, &mut self.step, mask, self.method == Method::Auto);
        for l in (0..L).filter(|l| mask[*l]) {
            self.work.slopes += 7;
            self.work.factorisations += 1;
            outcomes[l] = self.judge(l, &judgement);
        }
    }

    /// Ends of accepted steps become beginnings, and their last slopes the first ones.
    #[inline(always)]
    fn advance(&mut self) {
        let mut accepted = [false; L];
        for l in 0..L {
            accepted[l] = self.lanes[l].accepted;
            self.lanes[l].accepted = false;
            self.step.from[l] = if accepted[l] { self.step.to[l] } else { self.step.from[l] };
        }
        let Step { y, slope, next, .. } = &mut self.step;
        for i in 0..self.n {
            let (end, last) = (&next[i], &self.explicit.last_slopes()[i]);
            for l in 0..L {
                y[i][l] = if accepted[l] { end[l] } else { y[i][l] };
                slope[i][l] = if accepted[l] { last[l] } else { slope[i][l] };
            }
        }
    }

    /// Slopes at the beginning where they are missing, and the length of first steps.
    #[inline(always)]
    fn refresh<F: Field<L>>(&mut self, field: &mut F, outcomes: &mut [Outcome; L]) {
        if self.lanes.iter().all(|lane| !lane.live || lane.sloped) {
            return;
        }
        // The other lanes get the numbers that they have: same time, same states.
        field.slope(&self.step.from, &self.step.y, &mut self.step.slope);
        let mut fresh = false;
        for l in 0..L {
            if !self.lanes[l].live || self.lanes[l].sloped {
                continue;
            }
            self.work.slopes += 1;
            self.lanes[l].sloped = true;
            fresh |= self.lanes[l].fresh;
            let numbers = |i: &usize| self.step.y[*i][l].is_finite() && self.step.slope[*i][l].is_finite();
            if let Some(state) = (0..self.n).find(|i| !numbers(i)) {
                outcomes[l] = self.fail(l, SolveError::NotFinite { state, time: self.step.from[l] });
            }
        }
        if fresh {
            self.first_steps(field);
        }
    }

    /// The length of the first step of lanes that know nothing, from the slopes at both ends of a trial step.
    #[cold]
    #[inline(never)]
    fn first_steps<F: Field<L>>(&mut self, field: &mut F) {
        let fresh: [bool; L] = self.lanes.map(|lane| lane.live && lane.fresh);
        let (mut trial, mut rise) = ([0.0; L], [0.0; L]);
        for l in (0..L).filter(|l| fresh[*l]) {
            let size = self.largest_share(l, |step, i| step.y[i][l]);
            rise[l] = self.largest_share(l, |step, i| step.slope[i][l]);
            trial[l] = trial_step(size, rise[l], self.lanes[l].until);
        }
        let mut at = self.step.from;
        (0..L).for_each(|l| at[l] += trial[l]);
        for i in 0..self.n {
            for l in 0..L {
                self.step.next[i][l] = self.step.y[i][l] + trial[l] * self.step.slope[i][l];
            }
        }
        field.slope(&at, &self.step.next, &mut self.trial);
        for l in (0..L).filter(|l| fresh[*l]) {
            let difference = self.largest_share(l, |step, i| self.trial[i][l] - step.slope[i][l]);
            let proposal = first_step(trial[l], rise[l], difference, self.lanes[l].until);
            self.lanes[l] = Lane { fresh: false, proposal, ..self.lanes[l] };
            self.work.slopes += 1;
        }
    }

    /// The largest of some values of the states as a share of what is tolerated; infinite where one is not a number.
    fn largest_share(&self, lane: usize, value: impl Fn(&Step<L>, usize) -> f64) -> f64 {
        (0..self.n)
            .map(|i| (value(&self.step, i) / self.step.weight_before(lane, i)).abs())
            .fold(0.0, |largest, share| if share <= largest { largest } else { share })
    }

    /// Chooses the step of every live lane, so that it ends at the end of the stretch or far enough from it.
    #[inline(always)]
    fn plan(&mut self, outcomes: &mut [Outcome; L]) {
        for l in 0..L {
            let (lane, from) = (self.lanes[l], self.step.from[l]);
            let rest = lane.until - from;
            let to = match lane.proposal {
                length if length * STRETCH >= rest => lane.until,
                length if length * 2.0 > rest => from + 0.5 * rest,
                length => from + length,
            };
            self.step.to[l] = if lane.live { to } else { from };
            self.step.h[l] = self.step.to[l] - from;
            if lane.live && (self.step.h[l].is_nan() || self.step.h[l] <= 0.0 || lane.attempts >= self.most_steps) {
                outcomes[l] = self.stuck(l);
            }
        }
    }

    /// Why a lane has no step that it could try.
    #[cold]
    #[inline(never)]
    fn stuck(&mut self, l: usize) -> Outcome {
        let (lane, time) = (self.lanes[l], self.step.from[l]);
        (self.step.to[l], self.step.h[l]) = (time, 0.0);
        if lane.attempts >= self.most_steps {
            return self.fail(l, SolveError::TooManySteps { time, limit: self.most_steps });
        }
        let state = self.culprit(l);
        self.fail(
            l,
            match lane.broken {
                true => SolveError::NotFinite { state, time },
                false => SolveError::StepTooSmall { time, step: lane.proposal, state },
            },
        )
    }

    /// The state whose error was largest in the latest attempt, or was not a number.
    fn culprit(&self, l: usize) -> usize {
        let error = |i: usize| match &self.stiff {
            Some(stiff) if self.lanes[l].stiff => stiff.error(l, i),
            _ => self.explicit.error(&self.step, l, i),
        };
        let share = |i: usize| match (error(i) / self.step.weight(i)[l]).abs() {
            share if share.is_finite() && self.step.next[i][l].is_finite() => share,
            _ => f64::INFINITY,
        };
        (0..self.n).fold(0, |worst, i| if share(i) > share(worst) { i } else { worst })
    }

    fn fail(&mut self, l: usize, error: SolveError) -> Outcome {
        self.lanes[l].live = false;
        Outcome::Failed(error)
    }

    /// Accepts or rejects the step of a lane and says how long the next one should be.
    #[inline(always)]
    fn judge(&mut self, l: usize, judgement: &Judgement<L>) -> Outcome {
        let (from, to, h) = (self.step.from[l], self.step.to[l], self.step.h[l]);
        let error = judgement.error[l];
        let lane = &mut self.lanes[l];
        lane.attempts += 1;
        lane.broken = !judgement.check[l].is_finite();
        if lane.broken || error > 1.0 {
            self.work.rejected += 1;
            lane.rejected = true;
            lane.proposal = h * Controller::rejected(if lane.broken { f64::NAN } else { error });
            return Outcome::Rejected;
        }
        match lane.stiff {
            true => self.work.stiff_steps += 1,
            false => self.work.explicit_steps += 1,
        }
        let factor = lane.controller.accepted(error);
        // A step that was cut short to end a stretch says little about longer ones.
        let cut = h < lane.proposal && factor >= GROWTH;
        let next = h * if lane.rejected { factor.min(1.0) } else { factor };
        lane.proposal = if cut { lane.proposal.max(next) } else { next };
        lane.rejected = false;
        lane.accepted = true;
        lane.by_stiff = lane.stiff;
        lane.sloped = !lane.stiff;
        lane.linearised = false;
        lane.live = to < lane.until;
        let arrived = !lane.live;
        if self.method == Method::Auto && lane.changes_after(judgement.rate[l]) {
            self.work.switches += 1;
            if let Some(stiff) = &mut self.stiff {
                stiff.enter(l);
            }
        }
        Outcome::Accepted { from, to, arrived }
    }
}
