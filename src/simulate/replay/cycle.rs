//! One interval of a dose that goes on since ever, and the search for the state that it leads back to.

use crate::math::lu;
use crate::simulate::field::{Arrived, Latest};
use crate::simulate::motion::{Motion, Surroundings};
use crate::simulate::parts::Part;
use crate::solve::{SolveError, Steps};

/// Cycles at most, those that only tell how the end of a cycle follows from its beginning included.
const MOST_CYCLES: u32 = 3000;
/// Plain cycles before the search looks ahead.
const PLAIN: u32 = 3;
/// Change of a state that tells how the end of a cycle follows from its beginning, as a share of its size: the square root
/// of what the integrator is off, roughly.
const NUDGE: f64 = 1e-4;
/// A change below this many relative tolerances of the integrator is none.
const SETTLED: f64 = 10.0;
/// Where rounding and steps keep the search from that, this many will do.
const STALLED: f64 = 1e3;
/// Deviations that grow by more than this factor in a cycle make a state that nothing leads to.
const GROWS: f64 = 1.0 + 1e-6;

/// How a steady state was found that had to be searched for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Intervals that were simulated.
    pub cycles: u32,
    /// Largest change over the last of them, as a share of the largest value of the state in it.
    pub residual: f64,
}

/// One interval of what comes again and again.
pub(super) struct Cycle {
    /// When the interval begins, h.
    pub begin: f64,
    /// h
    pub interval: f64,
    /// Constant rates of infusion, by state, per h.
    pub rates: Vec<f64>,
    /// What is given in every interval, and h after its beginning at which it enters: above 0 and up to `interval` for what
    /// is on its way from the dose before, 0 for what enters as it is given.
    pub parts: Vec<(f64, Part)>,
    /// Doses by input functions that still put something in, those of the interval included.
    pub arrived: Vec<Arrived>,
    /// When they put in most, h after the beginning: a long step could miss them.
    pub busiest: Vec<f64>,
    /// Times since doses.
    pub latest: Latest,
}

impl Cycle {
    /// Times at which something enters or a rate changes, h after the beginning, up to `to`.
    fn breaks(&self, to: f64) -> Vec<f64> {
        let same = 1e-10 * self.interval;
        let ends = self.parts.iter().filter(|(_, part)| part.over > 0.0).map(|(phase, part)| {
            let end = (phase + part.over).rem_euclid(self.interval);
            if end <= same { self.interval } else { end }
        });
        let begins = self.parts.iter().map(|(phase, _)| *phase);
        let mut breaks: Vec<f64> = begins.chain(ends).chain(self.busiest.iter().copied()).collect();
        breaks.retain(|phase| *phase < to - same);
        breaks.extend([0.0, to]);
        breaks.sort_by(f64::total_cmp);
        breaks.dedup_by(|later, earlier| *later - *earlier <= same);
        if let Some(last) = breaks.last_mut() {
            *last = to;
        }
        breaks
    }

    /// Rates of infusion at a time between two breaks.
    fn rates_at(&self, phase: f64) -> Vec<f64> {
        let mut rates = self.rates.clone();
        for (begin, part) in self.parts.iter().filter(|(_, part)| part.over > 0.0) {
            let age = (phase - begin).rem_euclid(self.interval);
            let running = ((part.over - age) / self.interval).ceil().max(0.0);
            rates[part.state] += running * part.amount / part.over;
        }
        rates
    }

    /// Carries a motion from the beginning of the interval to `to` h after it. What enters at the very beginning does;
    /// what enters at `to` does where that is the end of the interval.
    pub fn run(&self, motion: &mut Motion<'_>, to: f64, steps: &mut Steps) -> Result<(), SolveError> {
        let breaks = self.breaks(to);
        let near = |phase: f64, at: f64| (phase - at).abs() <= 1e-10 * self.interval;
        let enter = |motion: &mut Motion<'_>, at: f64, steps: &mut Steps| {
            let here = self
                .parts
                .iter()
                .filter(|(phase, part)| near(*phase, at) && part.over == 0.0 && part.function.is_none());
            here.map(|(_, part)| part).try_for_each(|part| motion.add(part.state, part.amount, steps))
        };
        self.parts.iter().for_each(|(_, part)| motion.enters(part.amount));
        self.rates.iter().for_each(|rate| motion.enters(rate * self.interval));
        for two in breaks.windows(2) {
            let (from, until) = (two[0], two[1]);
            enter(motion, from, steps)?;
            motion.infuse(&self.rates_at(0.5 * (from + until)), steps)?;
            let mut now = self.begin + from;
            let same = 1e-10 * now.abs().max(1.0);
            let arrived: Vec<Arrived> = self.arrived.iter().filter(|a| a.time <= now + same).copied().collect();
            let end = self.begin + until;
            let around = Surroundings { until: end, doses: &self.latest, arrived: &arrived, moving: &[] };
            while now < end {
                now = motion.pass(now, end, &around, steps)?;
            }
        }
        motion.halt(steps)?;
        if to == self.interval { enter(motion, to, steps) } else { Ok(()) }
    }
}

/// What the search for a steady state works on.
pub(super) struct Periodic<'a, 'm> {
    pub cycle: &'a Cycle,
    /// The exact part is at its own periodic state.
    pub motion: &'a Motion<'m>,
    /// States that are integrated and that something depends on: their end in a cycle follows from their beginning.
    pub free: Vec<usize>,
    /// Of those, the ones that cannot be below zero.
    pub amounts: Vec<bool>,
    pub rtol: f64,
    pub search: Search,
    /// The largest that each state has been in the search.
    pub sizes: Vec<f64>,
}

/// A state and where a cycle leads from it.
struct Try {
    x: Vec<f64>,
    end: Vec<f64>,
}

impl Periodic<'_, '_> {
    /// The state at the beginning of a cycle that leads back to it, from a first guess on. Plain cycles, and whenever those
    /// have come near enough, Newton's method on what a cycle changes.
    ///
    /// # Errors
    /// [`SolveError::NotPeriodic`], or what the engine says about a plain cycle.
    pub fn find(&mut self, start: &[f64], steps: &mut Steps) -> Result<Vec<f64>, SolveError> {
        let (mut x, mut plain) = (start.to_vec(), PLAIN);
        loop {
            for _ in 0..plain {
                x = self.cycle_from(&x, steps)?.end;
            }
            if let Some(found) = self.newton(&x, steps) {
                return Ok(found);
            }
            plain *= 2;
            if self.search.cycles + plain > MOST_CYCLES {
                let Search { cycles, residual } = self.search;
                return Err(SolveError::NotPeriodic { cycles, residual });
            }
        }
    }

    /// Newton's method from a state near enough; none where it leads nowhere.
    fn newton(&mut self, start: &[f64], steps: &mut Steps) -> Option<Vec<f64>> {
        let mut at = self.cycle_from(start, steps).ok()?;
        let mut jacobian = self.jacobian(&at, steps)?;
        let (mut fresh, mut before) = (true, f64::INFINITY);
        loop {
            let step = self.newton_step(&at, &jacobian)?;
            let length = self.largest(&step);
            let residual = self.residual(&at);
            self.search.residual = residual;
            let settled = residual.max(length) <= SETTLED * self.rtol;
            let stalled = length > 0.5 * before;
            if settled || stalled && fresh && residual.max(length) <= STALLED * self.rtol {
                let found = self.moved(&at.x, &step)?;
                return self.is_stable(&jacobian).then_some(found);
            }
            if stalled && fresh && before.is_finite() {
                return None;
            }
            if stalled && !fresh {
                (jacobian, fresh) = (self.jacobian(&at, steps)?, true);
                continue;
            }
            (before, fresh) = (length, false);
            let x = self.moved(&at.x, &step)?;
            at = self.cycle_from(&x, steps).ok()?;
        }
    }

    /// A cycle from a state.
    fn cycle_from(&mut self, x: &[f64], steps: &mut Steps) -> Result<Try, SolveError> {
        self.search.cycles += 1;
        let mut motion = self.motion.clone();
        self.sizes.iter_mut().zip(x).for_each(|(size, x)| *size = size.max(x.abs()));
        motion.remember(&self.sizes);
        motion.place_rest(x, steps)?;
        self.cycle.run(&mut motion, self.cycle.interval, steps)?;
        let mut end = x.to_vec();
        motion.states(steps, &mut end);
        motion.sizes(&mut self.sizes);
        let tried = Try { x: x.to_vec(), end };
        self.search.residual = self.residual(&tried);
        Ok(tried)
    }

    /// Where one more cycle leads.
    pub fn once(&mut self, x: &[f64], steps: &mut Steps) -> Option<Vec<f64>> {
        self.cycle_from(x, steps).ok().map(|tried| tried.end)
    }

    fn residual(&self, at: &Try) -> f64 {
        let change: Vec<f64> = self.free.iter().map(|i| at.end[*i] - at.x[*i]).collect();
        self.largest(&change)
    }

    /// The largest of some changes of the free states as a share of their size.
    fn largest(&self, change: &[f64]) -> f64 {
        self.free.iter().zip(change).map(|(i, d)| (d / self.sizes[*i]).abs()).fold(0.0, f64::max)
    }

    /// How the end of a cycle follows from its beginning, by differences: row-major over the free states.
    fn jacobian(&mut self, at: &Try, steps: &mut Steps) -> Option<Vec<f64>> {
        let n = self.free.len();
        let mut jacobian = vec![0.0; n * n];
        for column in 0..n {
            let state = self.free[column];
            let nudge = NUDGE * self.sizes[state];
            let mut x = at.x.clone();
            x[state] += nudge;
            let end = self.cycle_from(&x, steps).ok()?.end;
            let nudge = x[state] - at.x[state];
            if nudge == 0.0 {
                return None;
            }
            for row in 0..n {
                let state = self.free[row];
                jacobian[row * n + column] = (end[state] - at.end[state]) / nudge;
            }
        }
        jacobian.iter().all(|v| v.is_finite()).then_some(jacobian)
    }

    /// The change of the free states after which a cycle would change nothing, were it linear.
    fn newton_step(&self, at: &Try, jacobian: &[f64]) -> Option<Vec<f64>> {
        let n = self.free.len();
        let mut change: Vec<f64> = self.free.iter().map(|i| at.end[*i] - at.x[*i]).collect();
        let mut rest: Vec<f64> = jacobian.iter().map(|v| -v).collect();
        rest.iter_mut().step_by(n + 1).for_each(|v| *v += 1.0);
        for i in 0..n {
            // A state that stays what it is, whatever it is, is where it should be.
            let column = (0..n).map(|k| rest[k * n + i].abs()).fold(0.0, f64::max);
            if column <= NUDGE && change[i] == 0.0 {
                rest[i * n..(i + 1) * n].fill(0.0);
                rest[i * n + i] = 1.0;
            }
        }
        lu::solve_in_place(&mut rest, &mut change).then_some(change)
    }

    /// The state after a change of the free ones; amounts that it would take below zero go a tenth of the way at most.
    fn moved(&self, x: &[f64], change: &[f64]) -> Option<Vec<f64>> {
        let mut moved = x.to_vec();
        for (k, (state, change)) in self.free.iter().zip(change).enumerate() {
            let to = x[*state] + change;
            moved[*state] = if self.amounts[k] && to < 0.0 { 0.1 * x[*state].max(0.0) } else { to };
        }
        moved.iter().all(|v| v.is_finite()).then_some(moved)
    }

    /// Whether deviations become smaller from cycle to cycle: the growth of one in many cycles.
    fn is_stable(&self, jacobian: &[f64]) -> bool {
        const CYCLES: i32 = 64;
        let n = self.free.len();
        let mut deviation: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + i as f64)).collect();
        let mut growth = 0.0;
        for _ in 0..CYCLES {
            let next: Vec<f64> = jacobian
                .chunks_exact(n.max(1))
                .map(|row| row.iter().zip(&deviation).map(|(a, b)| a * b).sum())
                .collect();
            let size = next.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            if size == 0.0 {
                return true;
            }
            growth += size.ln();
            deviation = next.iter().map(|v| v / size).collect();
        }
        growth <= f64::from(CYCLES) * GROWS.ln() + (n.max(2) as f64).ln()
    }
}
