//! How records are read where the field's tools differ. The default follows NONMEM wherever its numbers or words tell.

/// Which values of a covariate hold between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CovariateRule {
    /// Those of the record that ends the interval (next observation carried backward).
    #[default]
    Nocb,
    /// Those of the record that begins it (last observation carried forward).
    Locf,
    /// Those that begin it up to its middle, those that end it from there on.
    Midpoint,
    /// On a straight line between the two.
    Linear,
}

/// A tool whose habits to follow where they differ from the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compat {
    /// NONMEM: times are compared exactly.
    Nonmem,
    /// mrgsolve 2.0 with its default order of records.
    Mrgsolve,
    /// rxode2.
    Rxode2,
}

/// Every choice that the order of events leaves open, named after the rules of the event specification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// R5: which values of a covariate hold between two records.
    pub covariates: CovariateRule,
    /// R2: a lagged dose that arrives at the time of a record is in its prediction.
    pub lagged_before_record: bool,
    /// R14: a reset drops doses that are still to come.
    pub reset_drops_pending: bool,
    /// R20: a steady state drops additional doses that are still to come.
    pub steady_drops_additional: bool,
    /// R20: a steady state drops lagged doses that are on their way.
    pub steady_drops_lagged: bool,
    /// R21: a steady state that is added leaves running infusions of others alone.
    pub added_steady_keeps_infusions: bool,
    /// R21 in a system that is not linear: the periodic state of the dose by itself is added. Otherwise that is refused.
    pub steady_adds_to_nonlinear: bool,
    /// R34: times this near, relative to the larger of |t| and 1 h, are one time.
    pub same_time: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            covariates: CovariateRule::Nocb,
            lagged_before_record: true,
            reset_drops_pending: true,
            steady_drops_additional: true,
            steady_drops_lagged: true,
            added_steady_keeps_infusions: true,
            steady_adds_to_nonlinear: false,
            same_time: 1e-10,
        }
    }
}

impl Rules {
    /// The habits of a tool.
    pub fn of(compat: Compat) -> Self {
        let rules = Rules { steady_adds_to_nonlinear: true, ..Rules::default() };
        match compat {
            Compat::Nonmem => Rules { same_time: 0.0, ..rules },
            Compat::Mrgsolve => Rules {
                lagged_before_record: false,
                reset_drops_pending: false,
                steady_drops_additional: false,
                added_steady_keeps_infusions: false,
                ..rules
            },
            Compat::Rxode2 => Rules { covariates: CovariateRule::Locf, added_steady_keeps_infusions: false, ..rules },
        }
    }
}
