//! What happens inside a replay, kept for those who ask why.

use super::replay::Search;

/// What happened at a time, for [`Cursor::happenings`](super::Cursor::happenings).
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// h
    pub time: f64,
    /// Row of the record that caused it.
    pub row: usize,
    /// What it was.
    pub what: Event,
}

/// An event inside a replay.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A bolus enters a state: mg after bioavailability; which of the record's doses, from 0.
    Bolus {
        /// Index of the state.
        state: usize,
        /// mg
        amount: f64,
        /// Number of the dose, 0 for the record's own.
        dose: u32,
        /// When it was given, h: before any lag.
        given: f64,
    },
    /// An infusion begins.
    Begins {
        /// Index of the state.
        state: usize,
        /// mg after bioavailability
        amount: f64,
        /// mg/h
        rate: f64,
        /// h
        over: f64,
        /// Number of the dose, 0 for the record's own.
        dose: u32,
        /// When it was given, h: before any lag.
        given: f64,
    },
    /// An infusion of one of the doses before a steady state still runs.
    Continues {
        /// Index of the state.
        state: usize,
        /// mg/h
        rate: f64,
        /// h that are left.
        over: f64,
    },
    /// An infusion ends, or is stopped by a record.
    Ends {
        /// Index of the state.
        state: usize,
        /// mg/h
        rate: f64,
    },
    /// Everything back to the start.
    Reset,
    /// An input function begins: mg after bioavailability that it brings in all; which of the record's doses, from 0.
    Function {
        /// Index of the state.
        state: usize,
        /// mg after bioavailability
        amount: f64,
        /// Number of the dose, 0 for the record's own.
        dose: u32,
        /// When it was given, h: before any lag.
        given: f64,
    },
    /// The system goes to a steady state, or that of a dose is added.
    Steady {
        /// Whether it is added.
        add: bool,
        /// How it was found, where it had to be searched for.
        search: Option<Search>,
    },
    /// Events to come are dropped.
    Dropped {
        /// How many.
        count: usize,
    },
    /// A compartment is emptied and closed, or opened.
    Switched {
        /// Index of the state.
        state: usize,
        /// Whether it is open from here on.
        open: bool,
    },
    /// The amount of a compartment is replaced.
    Replaced {
        /// Index of the state.
        state: usize,
        /// mg
        amount: f64,
    },
    /// Values of covariates change.
    Values,
    /// The record itself is reached.
    Record {
        /// mg that entered each state since the record before, the part of running infusions included, that of input functions
        /// not.
        entered: Vec<f64>,
    },
}

/// What is kept for an explanation.
#[derive(Debug, Clone)]
pub(super) struct Log {
    happenings: Vec<Happening>,
    /// mg that entered each state since the latest record.
    entered: Vec<f64>,
}

impl Log {
    /// An empty log of a system of so many states.
    pub fn new(states: usize) -> Self {
        Log { happenings: Vec::new(), entered: vec![0.0; states] }
    }

    /// What happened so far.
    pub fn happenings(&self) -> &[Happening] {
        &self.happenings
    }

    /// Something happened.
    pub fn happened(&mut self, happening: Happening) {
        self.happenings.push(happening);
    }

    /// An amount in mg entered a state.
    pub fn entered(&mut self, state: usize, amount: f64) {
        self.entered[state] += amount;
    }

    /// A record is reached: what entered is counted anew from here.
    pub fn reached(&mut self, time: f64, row: usize) {
        let none = vec![0.0; self.entered.len()];
        let entered = std::mem::replace(&mut self.entered, none);
        self.happenings.push(Happening { time, row, what: Event::Record { entered } });
    }
}
