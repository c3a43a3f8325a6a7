//! Non-compartmental analysis: the metrics of the registry from samples.
//!
//! [`analyse`] is a pure function of samples and a [`Setting`]; there are no global options. Every metric has a number or the
//! reason why it has none, and what should be known of the numbers is flagged, never left out.
//!
//! ```
//! use posology::metrics::Metric;
//! use posology::metrics::nca::{Convention, Route, Rule, Samples, Setting, analyse};
//!
//! // Theophylline by mouth, 320 mg: h and mg/L.
//! let times = [0.0, 0.27, 0.52, 1.0, 1.92, 3.5, 5.02, 7.03, 9.0, 12.0, 24.3];
//! let concentrations = [0.0, 1.72, 7.91, 8.31, 8.33, 6.85, 6.08, 5.4, 4.55, 3.01, 0.9];
//! let samples = Samples::new(&times, &concentrations)?;
//! let setting = Setting { dose: Some(320.0), rule: Rule::Linear, ..Setting::new(Route::Extravascular) };
//! let report = analyse(&samples, &setting);
//! assert_eq!(report.get(Metric::Cmax), Ok(8.33));
//! assert_eq!(format!("{:.2} h", report.get(Metric::HalfLife)?), "6.66 h");
//! assert_eq!(format!("{:.2} mg*h/L", report.get(Metric::AucLast)?), "91.53 mg*h/L");
//! assert_eq!(format!("{:.2} L/h", report.get(Metric::Cl)?), "3.19 L/h"); // CL/F
//! assert_eq!(report.get(Metric::Vss).unwrap_err().to_string(), "only a dose into a vein has it");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod curve;
mod report;
mod samples;
mod setting;
mod slope;
mod units;
mod work;

pub use report::{Flag, Missing, Report, Start};
pub use samples::{Level, Samples, SamplesError};
pub use setting::{Blq, BlqAs, Convention, HalfLife, Route, Rule, Setting, TimeZero};
pub use slope::Slope;
pub use units::Units;

/// Computes every metric of the registry that samples can give.
pub fn analyse(samples: &Samples, setting: &Setting) -> Report {
    work::Work::new(samples, setting).map_or_else(|reason| Report::without(setting.span(), reason), work::Work::report)
}
