//! How samples are analysed. Every choice is a value that is passed in.

use crate::metrics::registry::Way;

/// How the dose was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Route {
    /// Absorbed first: by mouth, nose, muscle, skin.
    Extravascular,
    /// At once into a vein.
    Bolus,
    /// Into a vein over so much time.
    Infusion(f64),
}

impl Route {
    /// As names depend on it.
    pub fn way(self) -> Way {
        match self {
            Route::Extravascular => Way::Outside,
            Route::Bolus => Way::Bolus,
            Route::Infusion(_) => Way::Infusion,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Route::Extravascular => "extravascular",
            Route::Bolus => "bolus",
            Route::Infusion(_) => "infusion",
        }
    }
}

/// How areas between two samples are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// Straight lines.
    Linear,
    /// Straight lines up, exponentials down.
    #[default]
    LinUpLogDown,
    /// Straight lines to Tmax, exponentials after it.
    LinearLog,
}

impl Rule {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Linear => "linear",
            Rule::LinUpLogDown => "lin-up-log-down",
            Rule::LinearLog => "linear-log",
        }
    }
}

/// Whose definitions hold where tools differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Convention {
    /// Those of Phoenix WinNonlin.
    ///
    /// A start without a sample gets a value (see [`TimeZero::Auto`]). Samples below the limit are 0 wherever they are. The
    /// terminal slope is that of the whole profile, also in an interval that ends. Times count from the dose. With tau,
    /// Cmax and Tmax are those of the dosing interval. Cavg is the area over the length. Ctrough is interpolated where
    /// there is no sample. Swing is a ratio.
    #[default]
    WinNonlin,
    /// Those of PKNCA.
    ///
    /// A start without a sample has no value, after a bolus excepted. Samples below the limit are 0 before the first that can
    /// be quantified and after the last, and left out in between. Everything is of the interval, the terminal slope
    /// included, and times count from its start. Cavg is AUClast over the length. Ctrough needs a sample. Swing is in percent.
    Pknca,
}

impl Convention {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Convention::WinNonlin => "winnonlin",
            Convention::Pknca => "pknca",
        }
    }

    /// What it does with samples below the limit.
    pub fn blq(self) -> Blq {
        let middle = if self == Convention::Pknca { BlqAs::Dropped } else { BlqAs::Zero };
        Blq { first: BlqAs::Zero, middle, last: BlqAs::Zero }
    }
}

/// What becomes of samples below the limit of quantification, by where they are. They never count as points of the terminal
/// slope nor as the last concentration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blq {
    /// Before the first that can be quantified.
    pub first: BlqAs,
    /// Between two that can be quantified.
    pub middle: BlqAs,
    /// After the last that can be quantified.
    pub last: BlqAs,
}

/// What a sample below the limit counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlqAs {
    /// 0
    Zero,
    /// Nothing: as if it had not been taken.
    Dropped,
    /// Half the limit; 0 where the limit is not known.
    HalfLimit,
    /// The limit; 0 where it is not known.
    Limit,
}

impl BlqAs {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            BlqAs::Zero => "zero",
            BlqAs::Dropped => "drop",
            BlqAs::HalfLimit => "half",
            BlqAs::Limit => "limit",
        }
    }

    /// Whether it needs to know the limit.
    pub fn needs_limit(self) -> bool {
        matches!(self, BlqAs::HalfLimit | BlqAs::Limit)
    }
}

impl Blq {
    /// The same wherever they are.
    pub fn all(how: BlqAs) -> Blq {
        Blq { first: how, middle: how, last: how }
    }
}

/// What stands at the start of an interval where there is no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeZero {
    /// As the convention says. `winnonlin`: after a bolus as [`TimeZero::LogSlope`], else with tau as [`TimeZero::Minimum`],
    /// else [`TimeZero::Zero`]. `pknca`: after a bolus as [`TimeZero::LogSlope`], else nothing.
    #[default]
    Auto,
    /// The line of the logarithms of the first two samples, back to the start; the first sample where they do not fall.
    LogSlope,
    /// The first sample.
    First,
    /// 0
    Zero,
    /// The smallest sample of the interval.
    Minimum,
    /// Nothing: areas from there have no value.
    Nothing,
}

/// Which points the terminal slope rests on.
#[derive(Debug, Clone, PartialEq)]
pub enum HalfLife {
    /// The last points, at least so many, with the largest adjusted R2; of those within 1e-4 of it, the most. Points up to Tmax
    /// are not used; that of Tmax itself is after a bolus.
    Best(usize),
    /// All from a time to another.
    Between(f64, f64),
    /// Those at these times, in any order and each once.
    At(Vec<f64>),
}

impl Default for HalfLife {
    fn default() -> Self {
        HalfLife::Best(3)
    }
}

/// Everything that an analysis depends on beside the samples. Times are those of the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// How the dose was given.
    pub route: Route,
    /// The dose, in any unit; clearances and volumes follow it.
    pub dose: Option<f64>,
    /// When.
    pub dose_time: f64,
    /// The time between doses at steady state.
    pub tau: Option<f64>,
    /// What part of the profile is analysed; all from the dose on where there is none. Its end may be infinite.
    pub interval: Option<(f64, f64)>,
    /// How areas are computed.
    pub rule: Rule,
    /// Whose definitions hold.
    pub convention: Convention,
    /// What becomes of samples below the limit; what the convention says where there is none.
    pub blq: Option<Blq>,
    /// What stands at the start where there is no sample.
    pub time_zero: TimeZero,
    /// Which points the terminal slope rests on.
    pub half_life: HalfLife,
    /// A level for the time above it.
    pub level: Option<f64>,
}

impl Setting {
    /// A single dose at time 0, of unknown amount.
    pub fn new(route: Route) -> Setting {
        Setting {
            route,
            dose: None,
            dose_time: 0.0,
            tau: None,
            interval: None,
            rule: Rule::default(),
            convention: Convention::default(),
            blq: None,
            time_zero: TimeZero::default(),
            half_life: HalfLife::default(),
            level: None,
        }
    }

    /// The interval that is analysed.
    pub fn span(&self) -> (f64, f64) {
        self.interval.unwrap_or((self.dose_time, f64::INFINITY))
    }
}
