//! What happened to one subject, record by record: doses, resets, observations, covariates. Every combination that can be
//! built makes sense; the magic numbers of data files stay in [`crate::io`].

/// The history of one subject, in the order of its file. Times may only go back at a reset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// What each column of [`Record::values`] sets.
    pub columns: Vec<Column>,
    /// The records.
    pub records: Vec<Record>,
}

/// What a column of values sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A covariate, by its index in the model.
    Covariate(usize),
    /// A parameter whose value comes from the data, by its index in the model.
    Parameter(usize),
    /// The occasion: its values are labels, whole numbers.
    Occasion,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Row of the data it stands in, counted from 1 below the header.
    pub row: usize,
    /// h
    pub time: f64,
    /// What it says.
    pub what: What,
    /// Values of the columns, in base units; missing cells carry the subject's last value forward.
    pub values: Vec<f64>,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An observation; a compartment may be emptied and closed just after it.
    Observation {
        /// Index of the state to close.
        close: Option<usize>,
    },
    /// A dose.
    Dose(DoseRecord),
    /// The state of a constant infusion that has run for ever and ends here, or without one the drug-free steady state.
    SteadyInfusion {
        /// Where it runs, and mg/h.
        infusion: Option<(Target, f64)>,
    },
    /// Nothing given and nothing observed: values may change, a compartment may be closed (and emptied) or opened again.
    Other {
        /// Index of the state, and whether it is open from here on.
        switch: Option<(usize, bool)>,
    },
    /// Everything back to the start, and, if there is one, a dose right after.
    Reset(Option<DoseRecord>),
    /// The amount in a compartment is replaced.
    Replace {
        /// Index of the state.
        state: usize,
        /// mg
        amount: f64,
    },
}

/// A dose and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoseRecord {
    /// Where it goes.
    pub target: Target,
    /// mg
    pub amount: f64,
    /// How it goes in.
    pub input: DoseInput,
    /// Further doses.
    pub repeats: Option<Repeats>,
    /// Whether infinitely many went before it.
    pub steady: Option<Steady>,
}

/// Where a dose goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A route of the model, by its index.
    Route(usize),
    /// A compartment, by the index of its state.
    Compartment(usize),
}

/// How a dose goes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DoseInput {
    /// At once, or as its route says.
    Bolus,
    /// At a rate, mg/h: bioavailability shortens it.
    Rate(f64),
    /// Over a time, h: bioavailability thins it.
    Duration(f64),
    /// At the rate that the compartment's model gives.
    ModelledRate,
    /// Over the time that the compartment's model gives.
    ModelledDuration,
}

/// Doses that follow at equal intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeats {
    /// How many after the first.
    pub additional: u32,
    /// h
    pub interval: f64,
}

/// Infinitely many doses before this one, at equal intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// h
    pub interval: f64,
    /// Whether their effect is added to what is there; otherwise it replaces everything, and what is pending is dropped.
    pub add: bool,
}
