//! What can go wrong with a figure.

use crate::error::Kind;
use crate::io::IoError;

/// An error in drawing or saving a figure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The file's extension names no format.
    #[error("cannot tell the format of the figure `{path}` from its name")]
    UnknownFormat {
        /// The path as given.
        path: String,
    },
    /// An axis was given a range that cannot be drawn.
    #[error("the axis `{axis}` cannot go from {low} to {high}")]
    Range {
        /// The axis by its label.
        axis: String,
        /// Where it should begin.
        low: f64,
        /// Where it should end.
        high: f64,
        /// Whether it is logarithmic.
        log: bool,
    },
    /// The figure is too large to draw.
    #[error("a figure of {width:.0} x {height:.0} px is too large")]
    TooLarge {
        /// Width in px.
        width: f64,
        /// Height in px.
        height: f64,
    },
    /// The drawing library refused.
    #[error("the figure cannot be drawn: {reason}")]
    Backend {
        /// What the library says.
        reason: String,
    },
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] IoError),
}

impl Kind for PlotError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat { .. } => "E_PLOT_FORMAT",
            Self::Range { .. } => "E_PLOT_RANGE",
            Self::TooLarge { .. } => "E_PLOT_SIZE",
            Self::Backend { .. } => "E_PLOT_DRAW",
            Self::Io(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } => Some("end the name in `.svg` or `.png`".into()),
            Self::Range { log: true, .. } => {
                Some("a logarithmic axis goes from a positive number to a larger one".into())
            }
            Self::Range { .. } => Some("an axis goes from a number to a larger one".into()),
            Self::TooLarge { .. } => Some("split it into several figures, or shorten the names".into()),
            Self::Backend { .. } => None,
            Self::Io(error) => error.hint(),
        }
    }
}
