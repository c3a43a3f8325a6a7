//! Why there is no ledger.

use crate::error::Kind;
use crate::simulate::SimulationError;

/// Why there is no ledger.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The simulation cannot be run.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// What enters is only known while the model runs.
    #[error("what a dose of `{model}` does follows the state, so no ledger says what of it enters")]
    DosesFollowState {
        /// The model's id.
        model: String,
    },
    /// Nothing is given in the time that is simulated.
    #[error("nothing is given up to {until} h")]
    NothingGiven {
        /// The end, h.
        until: f64,
    },
    /// Flows that give one compartment two measures.
    #[error("the flows to and from `{compartment}` do not agree on how much of the drug a mg in it is")]
    TwoMeasures {
        /// The compartment.
        compartment: String,
    },
}

impl Kind for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            LedgerError::Simulation(error) => error.code(),
            LedgerError::DosesFollowState { .. } => "E_DOSES_FOLLOW_STATE",
            LedgerError::NothingGiven { .. } => "E_NOTHING_GIVEN",
            LedgerError::TwoMeasures { .. } => "E_TWO_MEASURES",
        }
    }

    fn label(&self) -> Option<String> {
        match self {
            LedgerError::Simulation(error) => error.label(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            LedgerError::Simulation(error) => error.hint(),
            LedgerError::NothingGiven { .. } => Some("give a later `--until`".into()),
            LedgerError::TwoMeasures { .. } => {
                Some("make all flows to it `molar = true`, or none, and keep its mass in the same equivalents".into())
            }
            LedgerError::DosesFollowState { .. } => None,
        }
    }
}
