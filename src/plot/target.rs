//! The figure of a target: probability of attaining it against the dose.

use super::{Axis, Band, Figure, Panel, Reference, Series};
use crate::study::target::{PointResult, TargetResult};
use crate::units::{Quantity, Unit};

/// Curves of one panel; more settings of the other factors have a panel each.
const TOGETHER: usize = 6;
/// The colour of the line of the probability, behind those of the curves.
const LINE: usize = 7;

/// A panel per target, a curve with its interval for each setting of the factors other than the dose.
pub fn target_figure(result: &TargetResult) -> Figure {
    let percent = 100.0 * result.level;
    let mut figure = Figure::new(&result.title).footnote(format!(
        "Share of virtual people with its {percent} % interval (Wilson 1927). Research software; no clinical advice."
    ));
    let groups = groups(result);
    for (target, name) in result.targets.iter().enumerate() {
        match groups.len() <= TOGETHER {
            true => figure = figure.panel(panel(result, target, name.clone(), &groups)),
            false => {
                for group in &groups {
                    let heading = format!("{name}: {}", group.name);
                    figure = figure.panel(panel(result, target, heading, std::slice::from_ref(group)));
                }
            }
        }
    }
    figure
}

/// Points that differ in the dose alone.
struct Group<'r> {
    name: String,
    colour: usize,
    points: Vec<(f64, &'r PointResult)>,
}

fn groups(result: &TargetResult) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let unit = unit(result);
    for point in &result.points {
        let others = point.setting.iter().zip(&result.factors).enumerate().filter(|(at, _)| *at != result.dose);
        let name = others.map(|(_, (value, factor))| format!("{factor} {value}")).collect::<Vec<_>>().join(", ");
        let at = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
            groups.push(Group { name, colour: groups.len() % TOGETHER, points: Vec::new() });
            groups.len() - 1
        });
        let place = groups[at].points.len() as f64 + 1.0;
        let level = unit.as_ref().and_then(|unit| size(&point.setting[result.dose], unit));
        groups[at].points.push((level.unwrap_or(place), point));
    }
    for group in &mut groups {
        group.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    groups
}

/// The unit of all levels of the dose; none where they are no quantities of one kind.
fn unit(result: &TargetResult) -> Option<Unit> {
    let levels = || result.points.iter().map(|point| &point.setting[result.dose]);
    let unit = levels().next()?.parse::<Quantity>().ok()?.unit().clone();
    levels().all(|level| size(level, &unit).is_some()).then_some(unit)
}

fn size(level: &str, unit: &Unit) -> Option<f64> {
    Some(level.parse::<Quantity>().ok()?.to(unit).ok()?.value())
}

fn panel(result: &TargetResult, target: usize, heading: String, groups: &[Group<'_>]) -> Panel {
    let name = &result.factors[result.dose];
    let x = match unit(result) {
        Some(unit) => Axis::linear(name, unit.to_string()),
        None => Axis::linear(format!("{name}, place in the plan"), ""),
    };
    let ends = |pick: fn(f64, f64) -> f64, start: f64| {
        groups.iter().flat_map(|g| &g.points).map(|(x, _)| *x).fold(start, pick)
    };
    let (low, high) = (ends(f64::min, f64::INFINITY), ends(f64::max, f64::NEG_INFINITY));
    let room = if high > low { 0.04 * (high - low) } else { 0.5 };
    let x = x.range(low - room, high + room);
    let mut panel = Panel::new(heading, x, Axis::linear("probability of target attainment", "").range(0.0, 1.04));
    for group in groups {
        let known = || {
            let points = group.points.iter();
            points.filter_map(|(x, point)| Some((*x, point.estimates.as_ref()?[target])))
        };
        let band = known().map(|(x, estimate)| {
            let (low, high) = estimate.interval(result.level);
            (x, low, high)
        });
        panel = panel.band(Band::new("", group.colour, band));
        panel = panel.series(Series::new(&group.name, group.colour, known().map(|(x, e)| (x, e.share()))));
        // Between levels the line only leads the eye.
        for (x, estimate) in known() {
            panel = panel.reference(Reference::new("levels of the plan", group.colour, x, estimate.share()));
        }
    }
    let line = [(low - room, result.probability), (high + room, result.probability)];
    panel.series(Series::new(format!("probability {}", result.probability), LINE, line))
}
