//! What records do: doses and their past, resets, compartments that close and open.

use super::{Arrival, Cursor, MAX_RUNNING, Running, at_most};
use crate::model::Reg;
use crate::simulate::SimulationError;
use crate::simulate::happening::Event;
use crate::simulate::parts::{Part, parts};
use crate::simulate::record::{DoseRecord, Record, Steady, Target};
use crate::solve::{Pulse, Steps};

impl Cursor<'_> {
    pub(super) fn dose(
        &mut self,
        record: &Record,
        dose: &DoseRecord,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let parts = parts(self.replay.model, dose, &mut self.file)?;
        parts.iter().try_for_each(|part| self.open(record.time, record.row, part.state, steps))?;
        if let Some(steady) = dose.steady {
            self.steady(record, steady, &parts, steps)?;
        }
        let repeats = dose.repeats.map_or((0, 0.0), |r| (r.additional, r.interval));
        for k in 0..=repeats.0 {
            // By multiplication, so that late doses are not late by accumulated rounding.
            let begins = record.time + f64::from(k) * repeats.1;
            for part in &parts {
                let arrival = Arrival {
                    time: begins + part.delay,
                    row: record.row,
                    dose: k,
                    lagged: part.delay > 0.0,
                    given: begins + part.given,
                    state: part.state,
                    amount: part.amount,
                    over: part.over,
                };
                if k == 0 && part.delay == 0.0 {
                    self.enter(&arrival, steps)?;
                } else {
                    self.comes(arrival)?;
                }
            }
        }
        self.arrivals.make_contiguous().sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(())
    }

    /// The periodic solution of a dose that went on since ever: in place of everything, or added to what is there.
    pub(super) fn steady(
        &mut self,
        record: &Record,
        steady: Steady,
        parts: &[Part],
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let rules = self.replay.rules;
        if !steady.add {
            let before = self.arrivals.len();
            self.arrivals.retain(|a| match a.lagged && a.dose == 0 {
                true => !rules.steady_drops_lagged,
                false => !rules.steady_drops_additional,
            });
            let dropped = before - self.arrivals.len();
            if dropped > 0 {
                self.happened(record.time, record.row, Event::Dropped { count: dropped });
            }
            self.stop(record);
            self.infuse(steps);
            self.walk.settle()?;
        } else if !rules.added_steady_keeps_infusions {
            self.stop(record);
            self.infuse(steps);
        }
        self.happened(record.time, record.row, Event::Steady { add: steady.add });
        for part in parts {
            self.periodic(record, steady.interval, part, steps)?;
        }
        self.infuse(steps);
        Ok(())
    }

    /// The past doses of one part: those that have arrived are in the state, or still run; those on their way stay so (R23).
    pub(super) fn periodic(
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
                state: part.state,
                amount: part.amount,
                over: part.over,
            })?;
            k += 1;
        }
        let age = (f64::from(k) * interval - part.delay).max(0.0);
        let Part { state, amount, over, .. } = *part;
        at_most(((over - age) / interval) as usize, "infusions at once", MAX_RUNNING)?;
        self.walk.add_periodic(Pulse { state, amount, over, interval, age }, steps)?;
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
            }
        }
        self.walk.infuse(&rates, steps);
        self.walk.settle()?;
        self.infuse(steps);
        self.happened(record.time, record.row, Event::Steady { add: false });
        Ok(())
    }

    /// Where a constant infusion goes; bioavailability does not act on it (R12).
    pub(super) fn entries(&self, target: Target) -> Vec<(usize, f64)> {
        match target {
            Target::Compartment(state) => vec![(state, 1.0)],
            Target::Route(route) => {
                let entries = &self.replay.model.routes()[route].entries;
                entries.iter().map(|e| (e.state, 1.0 / entries.len() as f64)).collect()
            }
        }
    }

    pub(super) fn reset(&mut self, record: &Record, steps: &mut Steps) -> Result<(), SimulationError> {
        if self.replay.rules.reset_drops_pending {
            self.forget(record);
        }
        self.stop(record);
        self.infuse(steps);
        if self.closed.contains(&true) {
            self.closed.fill(false);
            self.system(steps)?;
        }
        self.restart();
        self.happened(record.time, record.row, Event::Reset);
        Ok(())
    }

    /// The states at their start.
    pub(super) fn restart(&mut self) {
        let initial = |reg: Option<Reg>| reg.map_or(0.0, |reg| self.file[reg][0]);
        let x: Vec<f64> = self.replay.model.states().iter().map(|s| initial(s.initial)).collect();
        self.walk.place(&x);
    }

    /// Drops all that is still to come.
    pub(super) fn forget(&mut self, record: &Record) {
        let count = self.arrivals.len();
        self.arrivals.clear();
        if count > 0 {
            self.happened(record.time, record.row, Event::Dropped { count });
        }
        self.stop(record);
    }

    /// Stops the infusions that run.
    pub(super) fn stop(&mut self, record: &Record) {
        let running = std::mem::take(&mut self.running);
        self.stopped(record, running);
    }

    fn stopped(&mut self, record: &Record, infusions: Vec<Running>) {
        for Running { state, rate, .. } in infusions {
            self.happened(record.time, record.row, Event::Ends { state, rate });
        }
    }

    /// Empties and closes a compartment, or opens it again.
    pub(super) fn switch(
        &mut self,
        record: &Record,
        state: usize,
        open: bool,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        if open {
            return self.open(record.time, record.row, state, steps);
        }
        let stopped = self.running.extract_if(.., |r| r.state == state).collect();
        self.stopped(record, stopped);
        self.infuse(steps);
        self.closed[state] = true;
        self.system(steps)?;
        // Closed first: then the state is a coordinate of its own, and empty without rounding.
        self.replace_state(state, 0.0);
        self.happened(record.time, record.row, Event::Switched { state, open });
        Ok(())
    }

    /// Opens a compartment if it is closed: so does whatever enters it.
    pub(super) fn open(
        &mut self,
        time: f64,
        row: usize,
        state: usize,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        if !self.closed[state] {
            return Ok(());
        }
        self.closed[state] = false;
        self.happened(time, row, Event::Switched { state, open: true });
        self.system(steps)
    }

    pub(super) fn replace(&mut self, record: &Record, state: usize, amount: f64) {
        self.replace_state(state, amount);
        self.happened(record.time, record.row, Event::Replaced { state, amount });
    }

    pub(super) fn replace_state(&mut self, state: usize, amount: f64) {
        let mut x = vec![0.0; self.closed.len()];
        self.walk.states(&mut x);
        x[state] = amount;
        self.walk.place(&x);
    }
}
