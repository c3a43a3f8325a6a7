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
    /// Values over two factors that are not one for every pair.
    #[error("`{name}`: {points} values are not one for each of {columns} x {rows} places")]
    NotAGrid {
        /// What the values are.
        name: String,
        /// How many values there are.
        points: usize,
        /// How many different values of x.
        columns: usize,
        /// How many different values of y.
        rows: usize,
    },
    /// Percentiles that are no percentiles, or curves that do not belong to them.
    #[error("`{name}`: percentiles {percentiles:?} at {times} times do not fit curves of {curves:?} values")]
    Percentiles {
        /// Whose percentiles they are.
        name: String,
        /// The percentiles as given.
        percentiles: Vec<f64>,
        /// The number of times.
        times: usize,
        /// The number of values of each curve.
        curves: Vec<usize>,
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
            Self::NotAGrid { .. } => "E_PLOT_GRID",
            Self::Percentiles { .. } => "E_PLOT_PERCENTILES",
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
            Self::NotAGrid { .. } => Some(
                "at least two values of x and of y, and every x with every y once; NaN where there is no result".into(),
            ),
            Self::Percentiles { .. } => {
                Some("distinct percentiles from 0 to 100, and for each a curve with one value per time".into())
            }
            Self::TooLarge { .. } => Some("split it into several figures, or shorten the names".into()),
            Self::Backend { .. } => None,
            Self::Io(error) => error.hint(),
        }
    }
}
