//! The figure of an equivalence.

use super::{Axis, Figure, Panel, Series};
use crate::metrics::Measure;
use crate::study::equivalent::{Equivalence, Metric, NamedCurve};

/// Axes end this much above the largest value.
const HEADROOM: f64 = 1.08;

/// Reference and test in one panel for each match; where no whole number matches, those just below and above.
pub fn equivalent_figure(equivalence: &Equivalence) -> Figure {
    let [reference, test] = &equivalence.sides;
    let title = format!("{} in place of {}", test.give, reference.give);
    let mut figure = Figure::new(title).footnote(footnote(equivalence));
    for (place, metric) in equivalence.metrics.iter().enumerate() {
        let own = |curve: &&NamedCurve| match curve.of {
            Some(of) => of == place,
            None => curve.output == metric.output,
        };
        let curves: Vec<&NamedCurve> = equivalence.curves.iter().filter(own).collect();
        figure = figure.panel(panel(equivalence, place, metric, &curves));
    }
    figure
}

fn panel(equivalence: &Equivalence, place: usize, metric: &Metric, curves: &[&NamedCurve]) -> Panel {
    let top = curves.iter().flat_map(|c| &c.curve.values).copied().fold(0.0, f64::max);
    let x = Axis::linear("time", "h").range(0.0, equivalence.until);
    let y = Axis::linear(format!("{}, concentration", metric.of()), curves[0].unit.to_string());
    let y = if top > 0.0 { y.range(0.0, HEADROOM * top) } else { y };
    let mut panel = Panel::new(equivalence.heading(place), x, y);
    for curve in curves {
        let colour = colour(equivalence, curve);
        let points = curve.curve.times.iter().copied().zip(curve.curve.values.iter().copied());
        let name = if curve.assumed { format!("{} (assumed)", curve.name) } else { curve.name.clone() };
        let series = Series::new(name, colour, points);
        panel = panel.series(if curve.assumed { series.dashed() } else { series });
    }
    match &metric.measure {
        Measure::TimeAbove(level, _) => {
            let at = level.to(&curves[0].unit).map_or(f64::NAN, |level| level.value());
            let colour = equivalence.curves.len();
            panel.series(Series::new(format!("level, {level}"), colour, [(0.0, at), (equivalence.until, at)]))
        }
        _ => panel,
    }
}

/// What is given has one colour in all panels.
fn colour(equivalence: &Equivalence, curve: &NamedCurve) -> usize {
    let mut names: Vec<&str> = Vec::new();
    for name in equivalence.curves.iter().map(|c| c.name.as_str()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.iter().position(|name| *name == curve.name).unwrap_or(0)
}

fn footnote(equivalence: &Equivalence) -> String {
    let [reference, test] = &equivalence.sides;
    let models = match reference.model == test.model {
        true => format!("Model {}, grade {}.", reference.model, reference.grade),
        false => format!("Models {} ({}) and {} ({}).", reference.model, reference.grade, test.model, test.grade),
    };
    let dashed = if equivalence.curves.iter().any(|c| c.assumed) { " Dashed: assumed models." } else { "" };
    format!("Typical subject. {models}{dashed} Research software; no clinical advice.")
}
