//! Figures for a journal: curves, ranges, windows and observed values in panels with one legend, as SVG or PNG.
//!
//! A [`Figure`] is a description in plain numbers. The same description gives the same bytes on every machine: the font is
//! embedded, and no system library takes part. Colours are chosen to differ for colour-blind readers and in lightness;
//! markers tell curves apart in grey, and dashes say that a curve rests on an assumed model.
//!
//! ```no_run
//! use posology::plot::{Axis, Figure, Panel, Series};
//!
//! let curve = (0..=48).map(|i| f64::from(i) / 2.0).map(|t| (t, 100.0 * (-0.3 * t).exp()));
//! let panel = Panel::new("esketamine, plasma", Axis::linear("Time", "h"), Axis::log("Concentration", "ng/mL"))
//!     .series(Series::new("84 mg intranasal", 0, curve));
//! Figure::new("One session").panel(panel).save("session.svg")?;
//! # Ok::<(), posology::plot::PlotError>(())
//! ```

mod bars;
mod compare;
mod compare_effects;
mod contour;
mod course;
mod equivalent;
mod error;
mod fan;
mod field;
mod figure;
mod font;
mod geometry;
mod heat;
mod layout;
mod ledger;
mod legend;
mod nca;
mod palette;
mod panel;
mod range;
mod render;
mod scatter;
mod scene;
mod session;
mod stack;
mod target;
mod ticks;
mod tornado;
mod words;

pub use bars::{Bar, Bars, Dots};
pub use compare::{comparison_figures, course_figure, population_figure, session_figure};
pub use compare_effects::effects_figure;
pub use course::courses_figure;
pub use equivalent::equivalent_figure;
pub use error::PlotError;
pub use fan::Fan;
pub use field::{Contours, Heat};
pub use figure::{Axis, Band, Dropped, Figure, Panel, Reference, Scale, Series, Window};
pub use ledger::ledger_figure;
pub use nca::{NcaCurve, nca_figure};
pub use scatter::scatter_figure;
pub use session::{SessionHours, session_hours_figure};
pub use stack::Layer;
pub use target::target_figure;
pub use tornado::tornado_figure;

#[cfg(test)]
mod tests;
