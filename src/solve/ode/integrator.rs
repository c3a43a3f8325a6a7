//! Subjects side by side in lanes, each with its own time, step and method.

use super::choice::Choice;
use super::control::{Control, first_step, trial_step};
use super::explicit::Explicit;
use super::step::{Judgement, Step};
use super::stiff::Stiff;
use super::trajectory::{Quartic, quartic_at};
use super::{Field, Method};
use crate::math::rows::Rows;
use crate::solve::{SolveError, Work};

/// A step may be longer by this factor to reach the end of a stretch.
const STRETCH: f64 = 1.01;
/// States and slopes below this are taken as zero: what is left of a dose after a long time would become so small that
/// arithmetic with it takes a hundred times as long.
const TRACE: f64 = 1e-150;

/// Where some lanes are carried by the stiff method and others by the explicit one, it has one sweep after so many of these.
const TURNS: u32 = 4;

/// What became of a lane in a sweep.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The lane has nothing to do, or waits for its turn.
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

/// Lanes that moved (1, else 0), where their steps end, h, and the states there.
pub type Moved<'a, const L: usize> = (&'a [f64; L], &'a [f64; L], &'a [[f64; L]]);

/// What a lane remembers from sweep to sweep besides numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// Nothing is known about a good length of steps.
    fresh: bool,
    /// The slope at the present time and state is in place; and the Jacobian.
    sloped: bool,
    linearised: bool,
}

/// Integrates L systems of the same kind side by side. A lane's numbers depend neither on the other lanes nor on L.
#[derive(Debug, Clone)]
// In this order arrays of lanes begin where cache lines do, as in `Rows`.
#[repr(C, align(64))]
pub struct Integrator<const L: usize> {
    /// 1 where a lane is on its way, where the stiff method makes the next step, where it made the latest one, and where the
    /// latest sweep tried a step; else 0.
    live: [f64; L],
    stiffly: [f64; L],
    by_stiff: [f64; L],
    tried: [f64; L],
    /// Ends of the stretches, h; where a lane is idle, the time that it is at.
    until: [f64; L],
    /// The longest that the first steps may be, h.
    longest: [f64; L],
    step: Step<L>,
    control: Control<L>,
    choice: Choice<L>,
    explicit: Explicit<L>,
    n: usize,
    method: Method,
    most_steps: u64,
    /// Work of a step of the stiff method in steps of the explicit one.
    price: f64,
    lanes: [Lane; L],
    /// Lanes that could not go on in the latest sweep.
    failed: Vec<(usize, SolveError)>,
    stiff: Option<Stiff<L>>,
    /// Sweeps of the explicit method since the latest of the stiff one, while there are lanes of both.
    turn: u32,
    /// A live lane has no slope in place.
    unsloped: bool,
    /// Scratch of the first steps.
    trial: Rows<L>,
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
            price: (9.0 + 4.0 / 3.0 * n as f64) / 6.0,
            lanes: [Lane { fresh: true, ..Lane::default() }; L],
            live: [0.0; L],
            stiffly: [first_method(method); L],
            by_stiff: [0.0; L],
            tried: [0.0; L],
            failed: Vec::with_capacity(L),
            until: [0.0; L],
            longest: [f64::INFINITY; L],
            step: Step::new(n, relative),
            control: Control::new(),
            choice: Choice::new(),
            explicit: Explicit::new(n),
            stiff: (method != Method::Explicit).then(|| Stiff::new(n)),
            turn: 0,
            unsloped: false,
            trial: Rows::new(n),
            work: Work::default(),
        }
    }

    /// Another subject comes into the lane: what was learned about steps and stiffness is forgotten.
    pub fn fresh(&mut self, lane: usize) {
        self.lanes[lane] = Lane { fresh: true, ..Lane::default() };
        self.stiffly[lane] = first_method(self.method);
        self.choice.forget(lane);
        self.retire(lane);
    }

    /// Begins a stretch from states `y` at time 0 to `until` (h, above 0). `absolute` is the error of each state that is
    /// tolerated in a step besides the relative one. Length of step and method are those of the lane's stretch before.
    pub fn begin(&mut self, lane: usize, y: &[f64], absolute: &[f64], until: f64) {
        debug_assert!(until > 0.0, "a stretch of {until} h");
        self.lanes[lane] = Lane { fresh: self.lanes[lane].fresh, ..Lane::default() };
        self.live[lane] = 1.0;
        self.unsloped = true;
        self.control.begin(lane);
        self.choice.begin(lane);
        (self.step.from[lane], self.until[lane], self.longest[lane]) = (0.0, until, f64::INFINITY);
        for i in 0..self.n {
            [self.step.y[i][lane]] = without_traces(&[y[i]]);
            self.step.absolute[i][lane] = absolute[i];
        }
    }

    /// The first step of the stretch that has just begun is at most so long: what drives the system from outside may be over
    /// before any stage of a longer one sees it.
    pub fn at_most(&mut self, lane: usize, length: f64) {
        self.longest[lane] = length;
        self.control.proposal[lane] = self.control.proposal[lane].min(length);
    }

    /// Whether the lane is on its way through a stretch.
    #[inline(always)]
    pub fn is_live(&self, lane: usize) -> bool {
        self.live[lane] > 0.0
    }

    /// Ends the lane's stretch here.
    pub fn retire(&mut self, lane: usize) {
        self.live[lane] = 0.0;
        self.control.begin(lane);
        self.until[lane] = self.step.from[lane];
    }

    /// A state over the latest step of the lane, which was accepted in the latest sweep.
    #[inline(always)]
    pub fn quartic(&self, lane: usize, state: usize) -> Quartic {
        match &self.stiff {
            Some(stiff) if self.by_stiff[lane] > 0.0 => stiff.quartic(&self.step, lane, state),
            _ => self.explicit.quartic(&self.step, lane, state),
        }
    }

    /// Its value at a share of that step.
    // A call: a loop over samples, which hardly ever goes round twice, would make all of it ready ahead.
    #[inline(never)]
    pub fn state_at(&self, lane: usize, state: usize, share: f64) -> f64 {
        quartic_at(&self.quartic(lane, state), share)
    }

    /// The states at the end of the latest step of the lane, which was accepted in the latest sweep.
    pub fn states(&self, lane: usize, y: &mut [f64]) {
        y.iter_mut().zip(self.step.next.iter()).for_each(|(y, next)| *y = next[lane]);
    }

    /// What was done so far, in all lanes together.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Attempts one step in every live lane of one method; lanes of the other wait for their turn.
    #[inline(always)]
    pub fn attempt<F: Field<L>>(&mut self, field: &mut F) {
        self.advance();
        self.failed.clear();
        self.tried = [0.0; L];
        if self.unsloped {
            self.refresh(field);
        }
        if self.plan() {
            self.give_up();
        }
        let (explicit, [many, few]) = self.share_out();
        // The two methods take turns: that changes when a lane steps, not how.
        self.turn = if !few || many && self.turn >= TURNS { 0 } else { self.turn + 1 };
        if few && (!many || self.turn == 0) {
            self.attempt_stiff(field);
        } else if many {
            let detect = self.method == Method::Auto;
            let judgement = self.explicit.attempt(field, &mut self.step, detect);
            self.conclude(&explicit, &judgement, 0.0);
            if detect {
                self.look_for_stiffness(&judgement);
            }
        }
    }

    /// What became of a lane in the latest sweep.
    pub fn outcome(&mut self, lane: usize) -> Outcome {
        if let Some(at) = self.failed.iter().position(|(failed, _)| *failed == lane) {
            return Outcome::Failed(self.failed.swap_remove(at).1);
        }
        match (self.tried[lane] > 0.0, self.control.accepted[lane] > 0.0) {
            (false, _) => Outcome::Idle,
            (true, false) => Outcome::Rejected,
            (true, true) => {
                let (from, to) = (self.step.from[lane], self.step.to[lane]);
                Outcome::Accepted { from, to, arrived: !self.is_live(lane) }
            }
        }
    }

    /// 1 in lanes that the latest sweep moved on, else 0; where their steps end, h since the start of the stretch, and the states
    /// there. None if a lane could not go on.
    #[inline(always)]
    pub fn moved(&self) -> Option<Moved<'_, L>> {
        let Step { to, next, .. } = &self.step;
        self.failed.is_empty().then_some((&self.control.accepted, to, next))
    }

    /// 1 for the live lanes that the explicit method carries, else 0; and whether there are any, and any of the stiff one.
    #[inline(always)]
    fn share_out(&self) -> ([f64; L], [bool; 2]) {
        let (mut explicit, mut many, mut few) = ([0.0; L], 0, 0);
        for l in 0..L {
            let stiff = self.live[l] * self.stiffly[l];
            explicit[l] = self.live[l] - stiff;
            many |= explicit[l].to_bits();
            few |= stiff.to_bits();
        }
        (explicit, [many != 0, few != 0])
    }

    #[inline(always)]
    fn attempt_stiff<F: Field<L>>(&mut self, field: &mut F) {
        let Some(stiff) = &mut self.stiff else { return };
        let (mut part, mut moved, mut count) = ([0.0; L], [false; L], 0);
        for l in 0..L {
            part[l] = self.live[l] * self.stiffly[l];
            moved[l] = (part[l] > 0.0) & !self.lanes[l].linearised;
            self.lanes[l].linearised |= moved[l];
            count += u64::from(moved[l]);
        }
        if count > 0 {
            stiff.linearise(field, &self.step, &moved);
            self.work.jacobians += count;
            self.work.slopes += count;
        }
        let judgement = stiff.attempt(field, &mut self.step, &part, self.method == Method::Auto);
        self.conclude(&part, &judgement, 1.0);
        self.leave_stiff_steps(&part, &judgement);
    }

    /// Ends of accepted steps become beginnings, and their last slopes the first ones.
    #[inline(always)]
    fn advance(&mut self) {
        self.explicit.turn(&self.choice.enduring);
        let accepted = &self.control.accepted;
        let Step { from, to, y, slope, next, .. } = &mut self.step;
        let last = &self.explicit.last_slopes()[..self.n];
        let (y, slope, next) = (&mut y[..self.n], &mut slope[..self.n], &next[..self.n]);
        *from = choose(accepted, to, from);
        for i in 0..self.n {
            y[i] = choose(accepted, &without_traces(&next[i]), &y[i]);
            slope[i] = choose(accepted, &without_traces(&last[i]), &slope[i]);
        }
        self.control.accepted = [0.0; L];
    }

    /// Slopes at the beginning where they are missing, and the length of first steps.
    #[inline(always)]
    fn refresh<F: Field<L>>(&mut self, field: &mut F) {
        field.slope(&self.step.from, &self.step.y, &mut self.trial);
        self.unsloped = false;
        let mut fresh = false;
        for l in 0..L {
            if !self.is_live(l) || self.lanes[l].sloped {
                continue;
            }
            self.work.slopes += 1;
            self.lanes[l].sloped = true;
            (0..self.n).for_each(|i| self.step.slope[i][l] = self.trial[i][l]);
            fresh |= self.lanes[l].fresh;
            let numbers = |i: &usize| self.step.y[*i][l].is_finite() && self.step.slope[*i][l].is_finite();
            if let Some(state) = (0..self.n).find(|i| !numbers(i)) {
                self.fail(l, SolveError::NotFinite { state, time: self.step.from[l] });
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
        let (mut trial, mut rise) = ([0.0; L], [0.0; L]);
        for l in 0..L {
            if self.is_live(l) && self.lanes[l].fresh {
                let size = self.largest_share(l, |step, i| step.y[i][l]);
                rise[l] = self.largest_share(l, |step, i| step.slope[i][l]);
                trial[l] = trial_step(size, rise[l], self.until[l]);
            }
        }
        let mut at = self.step.from;
        (0..L).for_each(|l| at[l] += trial[l]);
        for i in 0..self.n {
            for l in 0..L {
                self.step.next[i][l] = self.step.y[i][l] + trial[l] * self.step.slope[i][l];
            }
        }
        field.slope(&at, &self.step.next, &mut self.trial);
        for l in 0..L {
            if self.is_live(l) && self.lanes[l].fresh {
                let difference = self.largest_share(l, |step, i| self.trial[i][l] - step.slope[i][l]);
                let first = first_step(trial[l], rise[l], difference, self.until[l]);
                self.control.fresh(l, first.min(self.longest[l]));
                self.lanes[l].fresh = false;
                self.work.slopes += 1;
            }
        }
    }

    /// The largest of some values of the states as a share of what is tolerated; infinite where one is not a number.
    fn largest_share(&self, lane: usize, value: impl Fn(&Step<L>, usize) -> f64) -> f64 {
        (0..self.n).map(|i| (value(&self.step, i) / self.step.weight_before(lane, i)).abs()).fold(
            0.0,
            |largest, share| match share {
                share if share <= largest => largest,
                share if share.is_nan() => f64::INFINITY,
                share => share,
            },
        )
    }

    /// Chooses the step of every live lane, so that it ends at the end of the stretch or far enough from it. True if a lane
    /// has none; idle lanes have no rest of a stretch.
    #[inline(always)]
    fn plan(&mut self) -> bool {
        let mut stuck = false;
        let most = self.most_steps as f64;
        for l in 0..L {
            let (from, until, length) = (self.step.from[l], self.until[l], self.control.proposal[l]);
            let rest = until - from;
            let to = from + if length * 2.0 > rest { 0.5 * rest } else { length };
            let to = if length * STRETCH >= rest { until } else { to };
            let h = to - from;
            (self.step.to[l], self.step.h[l]) = (to, h);
            stuck |= !moves(from, to, until) & (rest > 0.0) | (self.control.attempts[l] >= most);
        }
        stuck
    }

    /// Lanes that have no step left that they could try say why.
    #[cold]
    #[inline(never)]
    fn give_up(&mut self) {
        for l in 0..L {
            let (time, limit, step) = (self.step.from[l], self.most_steps, self.control.proposal[l]);
            let exhausted = self.control.attempts[l] >= limit as f64;
            if self.is_live(l) && (exhausted || !moves(time, self.step.to[l], self.until[l])) {
                let steepest =
                    self.stiff.as_ref().filter(|_| self.stiffly[l] > 0.0).and_then(|stiff| stiff.steepest(l));
                let state = steepest.unwrap_or_else(|| self.step.culprit(l));
                let error = match self.control.broken[l] > 0.0 {
                    _ if exhausted => SolveError::TooManySteps { time, limit },
                    true => SolveError::NotFinite { state, time },
                    false => SolveError::StepTooSmall { time, step, state },
                };
                self.fail(l, error);
                (self.step.to[l], self.step.h[l]) = (time, 0.0);
            }
        }
    }

    fn fail(&mut self, l: usize, error: SolveError) {
        self.retire(l);
        self.failed.push((l, error));
    }

    /// Accepts or rejects the attempts of the explicit (0) or the stiff (1) method.
    #[inline(always)]
    fn conclude(&mut self, part: &[f64; L], judgement: &Judgement<L>, stiff: f64) {
        self.control.decide(part, &self.step.h, &judgement.error, &judgement.check);
        self.tried = *part;
        let (mut tried, mut accepted) = (0, 0);
        for l in 0..L {
            let good = self.control.accepted[l] > 0.0;
            self.live[l] = if good & (self.step.to[l] >= self.until[l]) { 0.0 } else { self.live[l] };
            self.by_stiff[l] = if good { stiff } else { self.by_stiff[l] };
            tried += u64::from(part[l] > 0.0);
            accepted += u64::from(good);
        }
        self.work.rejected += tried - accepted;
        match stiff > 0.0 {
            false => {
                self.work.explicit_steps += accepted;
                self.work.slopes += 6 * tried;
            }
            true => {
                self.work.stiff_steps += accepted;
                self.work.slopes += 7 * tried;
                self.work.factorisations += tried;
            }
        }
    }

    /// Lanes in which stability limits the steps of the explicit method change to the stiff one.
    #[inline(always)]
    fn look_for_stiffness(&mut self, judgement: &Judgement<L>) {
        let Self { control, choice, step, .. } = self;
        choice.weigh(&control.accepted, &judgement.square, &step.h, &mut control.proposal);
        if self.choice.sees_stiffness(&self.control.accepted, &judgement.square, &self.step, &self.until) {
            self.enter_stiffness(judgement);
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_stiffness(&mut self, judgement: &Judgement<L>) {
        let Some(stiff) = &mut self.stiff else { return };
        for l in 0..L {
            if self.control.accepted[l] > 0.0 && self.choice.enters(l, judgement.square[l]) {
                self.stiffly[l] = 1.0;
                self.lanes[l].linearised = false;
                self.work.switches += 1;
                stiff.enter(l);
            }
        }
    }

    /// After steps of the stiff method slopes and Jacobians are those of another place; where the explicit one would do, it does.
    #[inline(always)]
    fn leave_stiff_steps(&mut self, part: &[f64; L], judgement: &Judgement<L>) {
        for l in 0..L {
            let auto = self.method == Method::Auto;
            let leaves = if self.control.accepted[l] > 0.0 {
                (self.lanes[l].linearised, self.lanes[l].sloped, self.unsloped) = (false, false, true);
                auto && self.choice.leaves(l, judgement.square[l], self.price)
            } else {
                // Where a derivative is infinite the explicit method may still get through.
                auto && part[l] > 0.0 && self.control.broken[l] > 0.0
            };
            if leaves {
                self.stiffly[l] = 0.0;
                self.work.switches += 1;
            }
        }
    }
}

/// 1 where the stiff method makes the first step of a subject, else 0.
fn first_method(method: Method) -> f64 {
    f64::from(u8::from(method == Method::Stiff))
}

/// Whether a step is longer than rounding of the time; one that reaches the end of the stretch may be shorter.
#[inline(always)]
fn moves(from: f64, to: f64, until: f64) -> bool {
    (to - from > 4.0 * f64::EPSILON * from) | ((to >= until) & (to > from))
}

/// The same without what is smaller than [`TRACE`].
#[inline(always)]
fn without_traces<const L: usize>(x: &[f64; L]) -> [f64; L] {
    let mut clean = *x;
    for l in 0..L {
        clean[l] = if clean[l].abs() < TRACE { 0.0 } else { clean[l] };
    }
    clean
}

/// The first where the mask is 1, else the second.
#[inline(always)]
fn choose<const L: usize>(mask: &[f64; L], first: &[f64; L], second: &[f64; L]) -> [f64; L] {
    let mut chosen = *second;
    for l in 0..L {
        chosen[l] = if mask[l] > 0.0 { first[l] } else { chosen[l] };
    }
    chosen
}
