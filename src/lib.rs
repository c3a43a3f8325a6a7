//! **posology** simulates drug concentrations and effects for any dosing schedule: compartment models by infusion, nasal spray,
//! intramuscular injection, tablet or lozenge, with units checked and every number cited. It is research software and gives no
//! clinical advice.
//!
//! ```
//! use posology::prelude::*;
//!
//! let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
//! let adult = Subject::typical(&model).with("age", 45.0.years())?;
//! let profile = Simulation::new(&model)
//!     .subject(&adult)
//!     .give("84 mg intranasal".parse::<Regimen>()?)
//!     .until(24.0.hours())
//!     .every(5.0.minutes())
//!     .run()?;
//! let peak = profile.output("esketamine")?.cmax(); // from the solution, not from the grid
//! assert_eq!(format!("Cmax {:.1} at {:.3}", peak.value, peak.time), "Cmax 101.2 ng/mL at 0.738 h");
//! # Ok::<(), posology::Error>(())
//! ```
//!
//! | task | start here |
//! |---|---|
//! | read or choose a model | [`model::Model`] |
//! | say what is given and when | [`dosing::Regimen`] |
//! | simulate one person | [`simulate::Simulation`] |
//! | simulate many, into your own buffers | [`simulate::Prepared`] |
//! | draw many people | [`population::Population`] |
//! | simulate them over threads | `study::cohort` (feature `study`) |
//! | ask for a peak, an area, a half-life | [`simulate::OutputView`] |
//! | compute them from samples | [`metrics::nca`] |
//! | compare routes and schedules | `study::compare` (feature `study`) |
//! | sweep over doses, intervals, parameters | `study::sweep` (feature `study`) |
//! | which parameters decide | `study::sensitivity` (feature `study`) |
//! | where a dose is at each time | `study::ledger` (feature `study`) |
//! | look for an equivalent dose | `study::equivalent` (feature `study`) |
//! | count who attains a target | `study::target` (feature `study`) |
//! | look at the hours after each session | `study::session` (feature `study`) |
//! | draw | `plot::Figure` (feature `plot`) |
#![deny(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod document;
pub mod dosing;
pub mod error;
pub mod expr;
#[cfg(feature = "study")]
pub mod io;
pub mod math;
pub mod metrics;
pub mod model;
#[cfg(feature = "plot")]
pub mod plot;
pub mod population;
#[cfg(feature = "plot")]
pub mod report;
pub mod simulate;
pub mod solve;
#[cfg(feature = "study")]
pub mod study;
pub mod units;

/// The snippets of the README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Everything that most programs need.
pub mod prelude {
    pub use crate::Error;
    pub use crate::dosing::{Forever, Regimen, Schedule};
    pub use crate::model::Model;
    #[cfg(feature = "plot")]
    pub use crate::plot::Figure;
    pub use crate::population::{People, Population, Subject};
    pub use crate::simulate::{Profile, Simulation};
    pub use crate::units::{Quantity, Unit, Units};
}

/// Everything that was found wrong, each with its place, code and hint. The first is what [`error::Faults::first`] gives.
pub type Error = error::Faults<ErrorKind>;

/// The kinds of error of all modules.
macro_rules! error_kinds {
    ($($(#[$cfg:meta])* $variant:ident($kind:ty)),* $(,)?) => {
        /// What can go wrong, by the module that finds it.
        #[derive(Debug, thiserror::Error)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(
                $(#[$cfg])*
                #[doc = concat!("Found by the module of [`", stringify!($kind), "`].")]
                #[error(transparent)]
                $variant(#[from] $kind),
            )*
        }

        impl error::Kind for ErrorKind {
            fn code(&self) -> &'static str {
                match self { $($(#[$cfg])* ErrorKind::$variant(kind) => kind.code(),)* }
            }
            fn label(&self) -> Option<String> {
                match self { $($(#[$cfg])* ErrorKind::$variant(kind) => kind.label(),)* }
            }
            fn hint(&self) -> Option<String> {
                match self { $($(#[$cfg])* ErrorKind::$variant(kind) => kind.hint(),)* }
            }
        }

        $(
            $(#[$cfg])*
            impl From<error::Faults<$kind>> for Error {
                fn from(faults: error::Faults<$kind>) -> Self {
                    faults.map(ErrorKind::from)
                }
            }

            $(#[$cfg])*
            impl From<error::Fault<$kind>> for Error {
                fn from(fault: error::Fault<$kind>) -> Self {
                    fault.map(ErrorKind::from).into()
                }
            }

            $(#[$cfg])*
            impl From<$kind> for Error {
                fn from(kind: $kind) -> Self {
                    error::Fault::new(ErrorKind::from(kind)).into()
                }
            }
        )*
    };
}

error_kinds! {
    Unit(units::UnitError),
    Expression(expr::ExprError),
    Dosing(dosing::DosingError),
    Model(model::ModelError),
    Subject(population::SubjectError),
    People(population::PeopleError),
    Measure(metrics::MeasureError),
    Samples(metrics::nca::SamplesError),
    Simulation(simulate::SimulationError),
    #[cfg(feature = "study")]
    Plan(study::PlanError),
    #[cfg(feature = "study")]
    Run(study::sweep::RunError),
    #[cfg(feature = "study")]
    Ledger(study::ledger::LedgerError),
    #[cfg(feature = "study")]
    Io(io::IoError),
    #[cfg(feature = "study")]
    Data(io::DataError),
    #[cfg(feature = "study")]
    Concentration(io::ConcentrationError),
    #[cfg(feature = "study")]
    NoRegimen(io::NoRegimen),
    #[cfg(feature = "plot")]
    Plot(plot::PlotError),
    #[cfg(feature = "cli")]
    Argument(cli::ArgumentError),
}
