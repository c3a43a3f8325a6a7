//! The figure of a non-compartmental analysis: a small panel per profile, with its terminal slope.

use super::{Axis, Figure, Panel, PlotError, Series, layout};
use crate::io::rounded;
use crate::metrics::Metric;
use crate::metrics::nca::{Level, Report, Samples};

/// Panels side by side.
const COLUMNS: usize = 4;
/// More panels than these fit on no page; fewer do where titles are long.
const MOST: usize = 28;
/// Decades below the largest concentration that are drawn.
const DECADES: f64 = 5.0;

/// What is drawn of one profile.
#[derive(Debug, Clone, PartialEq)]
pub struct NcaCurve {
    title: String,
    samples: Vec<(f64, f64)>,
    used: Vec<(f64, f64)>,
    line: Vec<(f64, f64)>,
    interval: (f64, f64),
}

impl NcaCurve {
    /// A profile by the name of its subject, and its analysis; `time` is the unit of times.
    pub fn new(name: &str, time: &str, samples: &Samples, report: &Report) -> NcaCurve {
        let (from, to) = report.interval;
        let measured = samples.iter().filter_map(|(t, level)| match level {
            Level::Measured(c) if (from..=to).contains(&t) => Some((t, c)),
            _ => None,
        });
        let is_used = |t: &f64| report.slope.as_ref().is_some_and(|slope| slope.times.contains(t));
        let (used, samples) = measured.partition(|(t, _)| is_used(t));
        let line = report.slope.iter().flat_map(|slope| {
            // The slope may be that of the whole profile, beyond an interval that ends.
            let first = slope.times.first().map_or(from, |t| t.max(from));
            let last = slope.times.last().map_or(to, |t| t.min(to));
            let ends = if first < last { vec![first, last] } else { Vec::new() };
            ends.into_iter().map(|t| (t, slope.at(t)))
        });
        let title = match report.get(Metric::HalfLife) {
            Ok(half_life) => format!("{name}: half-life {} {time}", rounded(half_life, 3)),
            Err(_) => format!("{name}: no terminal slope"),
        };
        NcaCurve { title, samples, used, line: line.collect(), interval: report.interval }
    }

    fn points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.samples.iter().chain(&self.used).chain(&self.line)
    }
}

/// The stretch of time that is drawn of the profiles of one interval: to the last point where it has no end.
fn stretch(curves: &[NcaCurve], interval: (f64, f64)) -> (f64, f64) {
    let (from, to) = interval;
    let same = curves.iter().filter(|curve| curve.interval == interval);
    let last = same.flat_map(NcaCurve::points).fold(from, |last, (t, _)| last.max(*t));
    (from, if to.is_finite() { to } else { last })
}

/// Small panels: what was measured, and the terminal slope with its points. All have one axis of concentrations, and those of
/// one interval one axis of times. Of many profiles the first that fit on a page are drawn, and the figure says so.
pub fn nca_figure(title: &str, time: &str, concentration: &str, curves: &[NcaCurve]) -> Figure {
    let mut count = curves.len().min(MOST);
    loop {
        let figure = figure_of(title, time, concentration, &curves[..count], curves.len());
        let fits = !matches!(layout::scene(&figure), Err(PlotError::TooLarge { .. }));
        if fits || count <= COLUMNS {
            return figure;
        }
        // A row less.
        count = (count - 1) / COLUMNS * COLUMNS;
    }
}

/// The figure of these profiles, the first of so many.
fn figure_of(title: &str, time: &str, concentration: &str, curves: &[NcaCurve], all: usize) -> Figure {
    let count = curves.len();
    let some = if count < all { format!("The first {count} of {all} profiles. ") } else { String::new() };
    let footnote = format!(
        "{some}Concentrations below the limit of quantification are not drawn. Research software; no clinical advice."
    );
    let mut figure = Figure::new(title).columns(COLUMNS.min(count.max(1))).footnote(footnote);
    let all = || curves.iter().flat_map(NcaCurve::points);
    let high = all().map(|(_, c)| *c).fold(0.0, f64::max);
    let low = all().map(|(_, c)| *c).filter(|c| *c > 0.0).fold(high, f64::min).max(high / 10f64.powf(DECADES));
    for curve in curves {
        let (first, last) = stretch(curves, curve.interval);
        let (mut x, mut y) = (Axis::linear("time", time), Axis::log("concentration", concentration));
        if last > first && high > 0.0 {
            // A little room, so that no marker is cut.
            x = x.range(first - 0.02 * (last - first), last + 0.03 * (last - first));
            y = y.range(low / 1.3, high * 1.3);
        }
        let panel = Panel::new(&curve.title, x, y)
            .series(Series::new("terminal slope", 1, curve.line.clone()).unmarked())
            .series(Series::new("sample", 0, curve.samples.clone()).unjoined())
            .series(Series::new("sample of the terminal slope", 1, curve.used.clone()).unjoined());
        figure = figure.panel(panel);
    }
    figure
}
