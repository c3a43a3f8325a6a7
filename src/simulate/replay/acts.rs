//! What records do: doses, resets, compartments that close and open.

use super::{Arrival, Cursor, Giving};
use crate::model::Reg;
use crate::simulate::SimulationError;
use crate::simulate::happening::Event;
use crate::simulate::parts::{Part, Train, parts, train};
use crate::simulate::record::{DoseRecord, Record, Target};
use crate::solve::Steps;

impl Cursor<'_> {
    pub(super) fn dose(
        &mut self,
        record: &Record,
        dose: &DoseRecord,
        steps: &mut Steps,
    ) -> Result<(), SimulationError> {
        let model = self.replay.model;
        let (follows, train) = (model.doses_follow_state(), train(model, dose)?);
        let mut parts = self.parts(dose, train, steps)?;
        parts.iter().try_for_each(|part| self.open(record.time, record.row, part.state, steps))?;
        if let Some(steady) = dose.steady {
            self.steady(record, dose, train, steady, &mut parts, steps)?;
        }
        self.given(dose, record.time, steps)?;
        let repeats = dose.repeats.map_or((0, 0.0), |r| (r.additional, r.interval));
        let mut occasion = self.session();
        for k in 0..=repeats.0 {
            // By multiplication, so that late doses are not late by accumulated rounding.
            let begins = record.time + f64::from(k) * repeats.1;
            if !follows && let Some(other) = self.parts_on_occasion(dose, train, (begins, occasion), steps)? {
                (occasion, parts) = other;
            }
            // What follows the state can only be known when it is given.
            let known = |part: &&Part| !follows || k == 0 && part.given == 0.0;
            for part in parts.iter().filter(known) {
                let arrival = Arrival {
                    time: begins + part.delay,
                    row: record.row,
                    dose: k,
                    lagged: part.delay > 0.0,
                    given: begins + part.given,
                    part: *part,
                };
                if k == 0 && part.delay == 0.0 {
                    self.enter(&arrival, steps)?;
                } else {
                    self.comes(arrival)?;
                }
            }
            if self.replay.minds_giving() {
                let devices = 1..=if follows { train.devices } else { 1 };
                for device in devices.filter(|device| k > 0 || *device > 1) {
                    let time = begins + f64::from(device - 1) * train.gap;
                    let bare = DoseRecord { repeats: None, steady: None, ..*dose };
                    self.will_give(Giving { time, row: record.row, record: bare, dose: k, device })?;
                }
            }
        }
        self.arrivals.make_contiguous().sort_by(|a, b| a.time.total_cmp(&b.time));
        self.givings.make_contiguous().sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(())
    }

    /// The parts of a dose, of all its devices, for the states and values of now.
    pub(super) fn parts(
        &mut self,
        dose: &DoseRecord,
        train: Train,
        steps: &mut Steps,
    ) -> Result<Vec<Part>, SimulationError> {
        let model = self.replay.model;
        if model.doses_follow_state() {
            self.show(steps);
        }
        let mut all = Vec::new();
        for device in 1..=train.devices {
            all.extend(parts(model, dose, train, device, &mut self.file)?);
        }
        Ok(all)
    }

    /// A dose is given: clocks that count from there start anew.
    pub(super) fn given(&mut self, dose: &DoseRecord, time: f64, steps: &mut Steps) -> Result<(), SimulationError> {
        let route = match dose.target {
            Target::Route(route) => Some(route),
            Target::Compartment(_) => None,
        };
        if self.replay.slopes_read_doses {
            self.motion.halt(steps)?;
        }
        self.latest.dose(time, route, dose.amount);
        self.doses += 1;
        Ok(())
    }

    pub(super) fn reset(&mut self, record: &Record, steps: &mut Steps) -> Result<(), SimulationError> {
        if self.replay.rules.reset_drops_pending {
            self.forget(record);
        }
        self.stop(record);
        self.infuse(steps)?;
        if self.closed.contains(&true) {
            self.closed.fill(false);
            self.system(steps)?;
        }
        self.latest.clear(record.time);
        self.restart();
        self.happened(record.time, record.row, Event::Reset);
        Ok(())
    }

    /// The states at their start.
    pub(super) fn restart(&mut self) {
        let x = self.start();
        self.motion.restart(&x);
    }

    /// Where the states start; what is closed is empty.
    pub(super) fn start(&self) -> Vec<f64> {
        let initial = |reg: Option<Reg>| reg.map_or(0.0, |reg| self.file[reg][0]);
        let states = self.replay.model.states().iter().zip(&self.closed);
        states.map(|(state, closed)| if *closed { 0.0 } else { initial(state.initial) }).collect()
    }

    /// Drops all that is still to come.
    pub(super) fn forget(&mut self, record: &Record) {
        let arrivals = std::mem::take(&mut self.arrivals).len();
        let givings = std::mem::take(&mut self.givings).len();
        let count = arrivals + if self.replay.model.doses_follow_state() { givings } else { 0 };
        if count > 0 {
            self.happened(record.time, record.row, Event::Dropped { count });
        }
        self.stop(record);
    }

    /// Stops the infusions that run, and input functions.
    pub(super) fn stop(&mut self, record: &Record) {
        self.arrived.clear();
        self.marks.clear();
        let running = std::mem::take(&mut self.running);
        self.stopped(record, running);
    }

    fn stopped(&mut self, record: &Record, infusions: Vec<super::Running>) {
        for super::Running { state, rate, .. } in infusions {
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
        self.arrived.retain(|a| a.state != state);
        self.infuse(steps)?;
        self.closed[state] = true;
        self.system(steps)?;
        // Closed first: then the state is a coordinate of its own, and empty without rounding.
        self.replace_state(state, 0.0, steps);
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

    pub(super) fn replace(&mut self, record: &Record, state: usize, amount: f64, steps: &mut Steps) {
        self.replace_state(state, amount, steps);
        self.happened(record.time, record.row, Event::Replaced { state, amount });
    }

    fn replace_state(&mut self, state: usize, amount: f64, steps: &mut Steps) {
        let mut x = vec![0.0; self.closed.len()];
        self.motion.states(steps, &mut x);
        x[state] = amount;
        self.motion.place(&x);
    }
}
