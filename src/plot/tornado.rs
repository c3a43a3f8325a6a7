//! The tornado of a sensitivity analysis: what each factor does to each measure, the largest on top.

use super::{Axis, Bar, Bars, Figure, Panel};
use crate::study::sensitivity::{Analysis, Bootstrap, Effects, Estimate, MeasureResult, Method};

/// Bars of the most important factors, so that a panel can be read.
const MOST_BARS: usize = 24;
/// Colours of the first and the second set of bars, which differ in lightness.
const FIRST: usize = 0;
const SECOND: usize = 3;

/// A panel per measure: total and first-order indices, means of effects, or elasticities, with their intervals.
pub fn tornado_figure(analysis: &Analysis) -> Figure {
    let what = match analysis.method {
        Method::Sobol { .. } => "share of the variance by factor",
        Method::Morris { .. } => "elementary effects by factor",
        Method::Local { .. } => "elasticity by factor",
    };
    let mut figure = Figure::new(format!("{}: {what}", analysis.title)).footnote(footnote(analysis));
    for measure in &analysis.measures {
        figure = figure.panel(panel(analysis, measure));
    }
    figure
}

fn panel(analysis: &Analysis, measure: &MeasureResult) -> Panel {
    let title = match &measure.effects {
        Ok(_) => format!("{} ({})", measure.name, measure.metric),
        Err(reason) => format!("{} ({}): none. {reason}", measure.name, measure.metric),
    };
    let axis = match analysis.method {
        Method::Sobol { .. } => Axis::linear("index", ""),
        Method::Morris { .. } => Axis::linear("elementary effects", measure.unit.to_string()),
        Method::Local { .. } => Axis::linear("elasticity", "% per %"),
    };
    let Ok(effects) = &measure.effects else { return Panel::new(title, axis, Axis::linear("", "")) };
    let known = effects.order().into_iter().filter(|k| effects.size(*k).is_some());
    let order: Vec<usize> = known.take(MOST_BARS).collect();
    let finite = |(low, high): &(f64, f64)| low.is_finite() && high.is_finite();
    let bars = |name: &str, colour: usize, bar: &dyn Fn(usize) -> (f64, Option<Estimate>)| {
        let all = order.iter().enumerate().map(|(nth, factor)| {
            let (value, estimate) = bar(*factor);
            Bar { place: order.len() - nth, value, interval: estimate.map(|e| (e.low, e.high)).filter(finite) }
        });
        Bars::new(name, colour, all)
    };
    let estimated = |estimate: Estimate| (estimate.value, Some(estimate));
    let sets = match effects {
        Effects::Sobol(all) => vec![
            bars("total", FIRST, &|k| estimated(all[k].total)),
            bars("first order", SECOND, &|k| estimated(all[k].first)),
        ],
        Effects::Morris(all) => vec![
            bars("mean size (mu*)", FIRST, &|k| estimated(all[k].mu_star)),
            bars("standard deviation (sigma)", SECOND, &|k| (all[k].sigma, None)),
        ],
        Effects::Local(all) => {
            let elasticity = |k: usize| all[k].as_ref().map_or(f64::NAN, |one| one.elasticity);
            vec![bars("", FIRST, &|k| (elasticity(k), None))]
        }
    };
    // The y axis goes upwards.
    let names = order.iter().rev().map(|factor| analysis.factors[*factor].name.clone());
    sets.into_iter().fold(Panel::new(title, axis, Axis::names("", names)), Panel::bars)
}

/// How it was made.
fn footnote(analysis: &Analysis) -> String {
    let runs = analysis.runs;
    let intervals = |bootstrap: Bootstrap| format!("Whiskers: {} % bootstrap intervals. ", 100.0 * bootstrap.level);
    let method = match analysis.method {
        Method::Sobol { points, bootstrap } => {
            format!("Sobol, {points} points, {runs} simulations. {}", intervals(bootstrap))
        }
        Method::Morris { trajectories, levels, bootstrap } => {
            format!("Morris, {trajectories} trajectories over {levels} levels. {}", intervals(bootstrap))
        }
        Method::Local { .. } => String::new(),
    };
    method + &closing(analysis)
}

/// Who was simulated, and that nobody should be treated by it.
pub(super) fn closing(analysis: &Analysis) -> String {
    let assumed = if analysis.assumed { "The model is assumed. " } else { "" };
    format!("Typical subject. {assumed}Research software; no clinical advice.")
}
