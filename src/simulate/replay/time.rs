//! Time that passes, and what is due on the way.

use super::{Arrival, Cursor, Giving, History, MAX_PENDING, MAX_RUNNING, Running, at_most};
use crate::simulate::SimulationError;
use crate::simulate::field::Arrived;
use crate::simulate::happening::Event;
use crate::simulate::motion::Surroundings;
use crate::simulate::parts::{parts, train};
use crate::solve::Steps;

impl Cursor<'_> {
    /// Whether an event at `due` has its turn when the clock is at `now`.
    fn is_due(&self, due: f64, now: f64) -> bool {
        due <= now + self.replay.rules.same_time * now.abs().max(1.0)
    }

    /// Lets time pass up to `to`, with everything that is due on the way; `acts` says that something changes there.
    pub(super) fn advance(
        &mut self,
        history: &History,
        to: f64,
        acts: bool,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        loop {
            let end = self.running.iter().map(|r| r.end).fold(f64::INFINITY, f64::min);
            let arrival = self.arrivals.iter().find(|a| self.has_turn(a, to)).map_or(f64::INFINITY, |a| a.time);
            let giving = self.givings.front().map_or(f64::INFINITY, |g| g.time);
            let session = self.occasions.next_implied();
            let next = arrival.min(giving).min(session);
            let due = end.min(next);
            if !self.is_due(due, to) {
                break;
            }
            self.pass(history, due.min(to), (to, acts), steps)?;
            // An infusion that ends when another begins ends first (R4).
            if end <= next || self.is_due(end, due) {
                self.end(due, steps)?;
            } else if session <= next {
                self.begin_session(steps)?;
            } else if arrival <= giving {
                self.arrive(due, steps)?;
            } else {
                self.give(due, steps)?;
            }
        }
        self.pass(history, to, (to, acts), steps)
    }

    /// Lagged arrivals at the very time of a record wait until after it where the rules say so.
    fn has_turn(&self, arrival: &Arrival, to: f64) -> bool {
        let rules = &self.replay.rules;
        rules.lagged_before_record || !arrival.lagged || !self.is_due(to, arrival.time)
    }

    fn pass(
        &mut self,
        history: &History,
        to: f64,
        stop: (f64, bool),
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        if to <= self.time {
            return Ok(());
        }
        if let Some(log) = &mut self.log {
            self.running.iter().for_each(|r| log.entered(r.state, r.rate * (to - self.time)));
        }
        while self.time < to {
            let between = self.motion.is_integrated() && self.motion.is_between();
            if between {
                self.drop_spent();
                let now = self.time;
                self.marks.retain(|time| *time > now);
            }
            let until = if between { self.next_change(history, stop) } else { to };
            let moving: Vec<_> = self.line.iter().flat_map(|line| line.at(self.time)).collect();
            let around = Surroundings { until, doses: &self.latest, arrived: &self.arrived, moving: &moving };
            let reached = self.motion.pass(self.time, to, &around, steps);
            self.time = reached.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// The next time at which anything may change; `stop` is how far time passes at once, and whether that is such a time.
    fn next_change(&self, history: &History, (to, acts): (f64, bool)) -> f64 {
        let ends = self.running.iter().map(|r| r.end);
        let arrivals = self.arrivals.iter().map(|a| a.time).filter(|time| *time > self.time).take(1);
        let givings = self.givings.iter().map(|g| g.time).filter(|time| *time > self.time).take(1);
        let session = std::iter::once(self.occasions.next_implied());
        let event = ends
            .chain(arrivals)
            .chain(givings)
            .chain(session)
            .chain(self.marks.iter().copied())
            .fold(f64::INFINITY, f64::min);
        let record = if acts { to } else { self.next_act(history, to, event) };
        event.min(record)
    }

    /// Ends the infusions whose time is `due`.
    fn end(&mut self, due: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        let ended: Vec<Running> = self.running.iter().filter(|r| self.is_due(r.end, due)).copied().collect();
        self.running.retain(|r| !ended.contains(r));
        for r in ended {
            self.happened(due, r.row, Event::Ends { state: r.state, rate: r.rate });
        }
        self.infuse(steps)
    }

    /// Lets the arrivals whose time is `due` enter, in the order they were planned.
    fn arrive(&mut self, due: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        let count = self.arrivals.partition_point(|a| self.is_due(a.time, due));
        let arrived: Vec<Arrival> = self.arrivals.drain(..count).collect();
        arrived.iter().try_for_each(|arrival| self.enter(arrival, steps))
    }

    /// Gives what is due to be given.
    fn give(&mut self, due: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        let Some(giving) = self.givings.pop_front() else { return Ok(()) };
        if self.replay.model.doses_follow_state() {
            self.give_now(&giving, steps)?;
        }
        if giving.device == 1 {
            self.given(&giving.record, due, steps)?;
        }
        Ok(())
    }

    /// A device that is given now, for the states and values of now.
    pub(super) fn give_now(&mut self, giving: &Giving, steps: &mut Steps) -> Result<(), SimulationError> {
        let Giving { time, row, record, dose, device } = *giving;
        let model = self.replay.model;
        self.follow_line()?;
        self.show(steps);
        let train = train(model, &record)?;
        let first = f64::from(device - 1) * train.gap;
        for part in parts(model, &record, train, device, &mut self.file)? {
            let delay = part.delay - first;
            let arrival = Arrival { time: time + delay, row, dose, lagged: delay > 0.0, given: time, part };
            if delay > 0.0 { self.comes(arrival)? } else { self.enter(&arrival, steps)? }
        }
        self.arrivals.make_contiguous().sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(())
    }

    /// Lets what is computed when a dose is given read the states and times of now.
    pub(super) fn show(&mut self, steps: &mut Steps) {
        let Self { replay, motion, file, x, time, latest, .. } = self;
        motion.states(steps, x);
        replay.model.states().iter().zip(&*x).for_each(|(state, x)| file[state.slot] = [*x]);
        latest.show(replay.model, *time, file);
    }

    pub(super) fn enter(&mut self, arrival: &Arrival, steps: &mut Steps) -> Result<(), SimulationError> {
        let Arrival { time, row, dose, given, part, .. } = *arrival;
        let (state, amount, over) = (part.state, part.amount, part.over);
        self.open(time, row, state, steps)?;
        self.motion.enters(amount);
        if let Some(function) = part.function {
            self.motion.halt(steps)?;
            let entering = Arrived {
                rate: function.rate,
                state,
                time,
                amount,
                dose_amount: function.dose_amount,
                dose_device: function.dose_device,
            };
            // A long step that was right before could miss a function that begins at nothing and is soon over.
            let busiest = self.busiest(&entering);
            self.marks.push(time + busiest);
            self.arrived.push(entering);
            self.happened(time, row, Event::Function { state, amount, dose, given });
        } else if over > 0.0 {
            let rate = amount / over;
            self.runs(Running { end: time + over, row, state, rate })?;
            self.infuse(steps)?;
            self.happened(time, row, Event::Begins { state, amount, rate, over, dose, given });
        } else {
            self.motion.add(state, amount, steps)?;
            if let Some(log) = &mut self.log {
                log.entered(state, amount);
            }
            self.happened(time, row, Event::Bolus { state, amount, dose, given });
        }
        Ok(())
    }

    /// One more infusion that runs.
    pub(super) fn runs(&mut self, infusion: Running) -> Result<(), SimulationError> {
        at_most(self.running.len() + 1, "infusions at once", MAX_RUNNING)?;
        self.running.push(infusion);
        Ok(())
    }

    /// One more part of a dose on its way; the caller brings them into order.
    pub(super) fn comes(&mut self, arrival: Arrival) -> Result<(), SimulationError> {
        at_most(self.arrivals.len() + 1, "doses on their way at once", MAX_PENDING)?;
        self.arrivals.push_back(arrival);
        Ok(())
    }

    /// One more device or dose to be given; the caller brings them into order.
    pub(super) fn will_give(&mut self, giving: Giving) -> Result<(), SimulationError> {
        at_most(self.givings.len() + 1, "doses on their way at once", MAX_PENDING)?;
        self.givings.push_back(giving);
        Ok(())
    }

    /// The sum of what runs into each state; made anew, so that it returns to exactly zero.
    pub(super) fn infuse(&mut self, steps: &mut Steps) -> Result<(), SimulationError> {
        let mut rates = vec![0.0; self.closed.len()];
        self.running.iter().for_each(|r| rates[r.state] += r.rate);
        Ok(self.motion.infuse(&rates, steps)?)
    }
}
