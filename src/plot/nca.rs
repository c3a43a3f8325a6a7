//! The figure of a non-compartmental analysis: a small panel per profile, with its terminal slope.

use super::{Axis, Figure, Panel, Reference, Series};
use crate::metrics::Metric;
use crate::metrics::nca::{Level, Report, Samples};

/// Panels side by side.
const COLUMNS: usize = 4;
/// The line of the terminal slope has so many points.
const LINE: usize = 2;

/// What is drawn of one profile.
#[derive(Debug, Clone, PartialEq)]
pub struct NcaCurve {
    title: String,
    samples: Vec<(f64, f64)>,
    used: Vec<(f64, f64)>,
    line: Vec<(f64, f64)>,
}

impl NcaCurve {
    /// A profile by the name of its subject, and its analysis.
    pub fn new(id: &str, samples: &Samples, report: &Report) -> NcaCurve {
        let (from, to) = report.interval;
        let measured = samples.iter().filter_map(|(t, level)| match level {
            Level::Measured(c) if (from..=to).contains(&t) => Some((t, c)),
            _ => None,
        });
        let samples: Vec<(f64, f64)> = measured.collect();
        let slope = report.slope.as_ref();
        let times: Vec<f64> = slope.map(|s| s.times.clone()).unwrap_or_default();
        let used = samples.iter().copied().filter(|(t, _)| times.contains(t)).collect();
        let line = slope.and_then(|s| {
            let ends = [*s.times.first()?, *s.times.last()?];
            Some(ends.map(|t| (t, s.at(t))).to_vec())
        });
        let title = match report.get(Metric::HalfLife) {
            Ok(half_life) => format!("{id}: half-life {}", crate::io::rounded(half_life, 3)),
            Err(_) => format!("{id}: no half-life"),
        };
        debug_assert!(line.as_ref().is_none_or(|line| line.len() == LINE));
        NcaCurve { title, samples, used, line: line.unwrap_or_default() }
    }
}

/// Small panels with one pair of axes: what was measured, what the terminal slope rests on, and its line.
pub fn nca_figure(title: &str, time: &str, concentration: &str, curves: &[NcaCurve]) -> Figure {
    let columns = COLUMNS.min(curves.len().max(1));
    let footnote = "Rings: points of the terminal slope. Samples below the limit of quantification are not drawn. \
                    Research software; no clinical advice.";
    let mut figure = Figure::new(title).columns(columns).footnote(footnote);
    for curve in curves {
        let x = Axis::linear("time", time);
        let mut panel = Panel::new(&curve.title, x, Axis::log("concentration", concentration));
        panel = panel.series(Series::new("samples", 0, curve.samples.clone()));
        panel = panel.series(Series::new("terminal slope", 1, curve.line.clone()));
        for (t, c) in &curve.used {
            panel = panel.reference(Reference::new("points of the terminal slope", 1, *t, *c));
        }
        figure = figure.panel(panel);
    }
    figure
}
