//! What a sensitivity analysis simulated: a measure against each factor, all others moving as well.

use super::tornado::closing;
use super::{Axis, Dots, Figure, Panel, Series};
use crate::math::statistics::Moments;
use crate::study::sensitivity::{Analysis, FactorUsed, Method};

/// Panels of the most important factors.
const MOST_PANELS: usize = 12;
/// Dots of a panel.
const MOST_DOTS: usize = 600;
/// Parts of equal numbers of points that means are taken of: at most so many, and few where there are few points.
const MOST_PARTS: usize = 20;
const FEWEST_PARTS: usize = 4;
/// The share of the axis on both sides of the dots.
const ROOM: f64 = 0.03;
/// Dots of a choice or a level are spread over this width, so that they can be told apart.
const SPREAD: f64 = 0.5;

/// A panel per factor, the most important first, with the mean along the factor: how far it moves is the first-order effect.
/// None of a measure without indices, and of derivatives, which have a single point.
pub fn scatter_figure(analysis: &Analysis, measure: usize) -> Option<Figure> {
    let measure = &analysis.measures[measure];
    let order = measure.effects.as_ref().ok()?.order();
    if analysis.independent.is_empty() {
        return None;
    }
    let runs = analysis.runs;
    let shown = order.len().min(MOST_PANELS);
    let left_out = match order.len() - shown {
        0 => String::new(),
        n => format!("{n} factors of smaller effect are left out. "),
    };
    let title = format!("{}: {} against each factor", analysis.title, measure.name);
    let mut figure = Figure::new(title).columns(if shown > 4 { 3 } else { 2 }.min(shown));
    figure = figure.footnote(format!("Dots: some of {runs} simulations. {left_out}{}", closing(analysis)));
    for factor in &order[..shown] {
        let factor = &analysis.factors[*factor];
        let points: Vec<(f64, f64)> =
            analysis.independent.iter().map(|at| (factor.values[*at], measure.values[*at])).collect();
        let y = Axis::linear(&measure.name, measure.unit.to_string());
        let mut panel =
            Panel::new("", axis(factor, &points), y).dots(Dots::new("", 0, dots(analysis, factor, &points)));
        let means = means(factor, &points);
        panel = panel.series(match factor.choices.is_empty() {
            // No simulation is where a line has a marker.
            true => Series::new("mean along the factor", 1, means).unmarked(),
            // There is nothing between one choice and the next.
            false => Series::new("mean of each choice", 1, means).unjoined(),
        });
        figure = figure.panel(panel);
    }
    Some(figure)
}

fn axis(factor: &FactorUsed, points: &[(f64, f64)]) -> Axis {
    match (factor.choices.is_empty(), factor.logarithmic) {
        (false, _) => Axis::names(&factor.name, factor.choices.iter().cloned()),
        (true, true) => Axis::log(&factor.name, &factor.unit),
        (true, false) => {
            let axis = Axis::linear(&factor.name, &factor.unit);
            let low = points.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
            let room = ROOM * (high - low);
            // A range that is hardly one has no ticks: the axis finds ends itself.
            if room > 1e-6 * low.abs().max(high.abs()) { axis.range(low - room, high + room) } else { axis }
        }
    }
}

/// Evenly chosen points; those of a choice beside each other.
fn dots(analysis: &Analysis, factor: &FactorUsed, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let stride = points.len().div_ceil(MOST_DOTS).max(1);
    // An odd stride takes from both samples.
    let stride = if matches!(analysis.method, Method::Sobol { .. }) && stride > 1 { stride | 1 } else { stride };
    let aside = |nth: usize| match factor.choices.is_empty() {
        true => 0.0,
        // Multiples of the golden ratio fill a stretch evenly.
        false => SPREAD * ((nth as f64 * 0.618_033_988_749_894_8).fract() - 0.5),
    };
    points.iter().step_by(stride).enumerate().map(|(nth, (x, y))| (x + aside(nth), *y)).collect()
}

/// Means of neighbours along the factor: of parts of equal numbers, or of each value where there are few.
fn means(factor: &FactorUsed, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |part: &[(f64, f64)]| {
        let along = |value: fn(&(f64, f64)) -> f64| part.iter().map(value).collect::<Moments>().mean;
        let x = if factor.logarithmic { along(|p| p.0.ln()).exp() } else { along(|p| p.0) };
        (x, along(|p| p.1))
    };
    let values: Vec<&[(f64, f64)]> = sorted.chunk_by(|a, b| a.0 == b.0).collect();
    let parts = ((points.len() as f64).sqrt() / 2.0) as usize;
    let parts = parts.clamp(FEWEST_PARTS, MOST_PARTS);
    match values.len() <= parts {
        true => values.into_iter().map(mean).collect(),
        false => sorted.chunks(sorted.len().div_ceil(parts)).map(mean).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Marks;
    use super::*;
    use crate::model::Model;
    use crate::simulate::Settings;
    use crate::study::sensitivity::SensitivityPlan;

    #[test]
    fn means_have_markers_only_where_their_points_were_simulated() {
        let plan = "model = \"esketamine-perez-ruixo-2021\"\ngive = \"{dose} intranasal\"\n[factors]\n\
                    dose = { list = [\"28 mg\", \"56 mg\"] }\nVc = { from = \"150 L\", to = \"200 L\" }\n\
                    [measures]\npeak = \"Cmax(esketamine)\"\n[sensitivity]\npoints = 8\nbootstrap = 40\n";
        let plan = SensitivityPlan::parse("plan.toml", plan).unwrap();
        let models = plan.models(|name| Ok(Model::catalogue(name)?)).unwrap();
        let analysis = plan.design(&models, Settings::default()).unwrap().run(&models, |_| ()).unwrap();
        let figure = scatter_figure(&analysis, 0).unwrap();
        let marks: Vec<Marks> = figure.panels.iter().flat_map(|p| &p.series).map(|series| series.marks).collect();
        assert_eq!(marks, [Marks::Points, Marks::Nowhere]);
    }
}
