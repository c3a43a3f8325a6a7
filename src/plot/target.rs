//! The figure of a target: probability of attaining it against the dose.

use super::{Axis, Band, Figure, Panel, Series};
use crate::study::target::{PointResult, TargetResult};
use crate::units::{Quantity, Unit};

/// Curves of one panel, each with a look of its own; more settings of the other factors have a panel each, all of one look.
const TOGETHER: usize = 6;
/// The colour of the line of the probability, behind those of the curves.
const LINE: usize = 7;

/// A panel per target, a curve with its interval for each setting of the factors other than the dose.
pub fn target_figure(result: &TargetResult) -> Figure {
    let percent = 100.0 * result.level;
    let mut figure = Figure::new(&result.title).footnote(format!(
        "Share of virtual people with its {percent} % interval (Wilson 1927). Markers: levels of the plan; the lines between \
         them only lead the eye. Research software; no clinical advice."
    ));
    let groups = groups(result);
    for (target, name) in result.targets.iter().enumerate() {
        match groups.len() <= TOGETHER {
            true => {
                let looks = groups.iter().enumerate().map(|(look, group)| (look, group.name.as_str(), group));
                figure = figure.panel(panel(result, target, name.clone(), looks.collect()));
            }
            false => {
                for group in &groups {
                    let heading = format!("{name}: {}", group.name);
                    figure = figure.panel(panel(result, target, heading, vec![(0, "", group)]));
                }
            }
        }
    }
    figure
}

/// Points that differ in the dose alone.
struct Group<'r> {
    name: String,
    points: Vec<(f64, &'r PointResult)>,
}

fn groups(result: &TargetResult) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let unit = unit(result);
    for point in &result.points {
        let others = point.setting.iter().zip(&result.factors).enumerate().filter(|(at, _)| *at != result.dose);
        let name = others.map(|(_, (value, factor))| format!("{factor} {value}")).collect::<Vec<_>>().join(", ");
        let at = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
            groups.push(Group { name, points: Vec::new() });
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

/// A panel of some groups, each with its look and its name in the legend.
fn panel(result: &TargetResult, target: usize, heading: String, groups: Vec<(usize, &str, &Group<'_>)>) -> Panel {
    let name = &result.factors[result.dose];
    let x = match unit(result) {
        Some(unit) => Axis::linear(name, unit.to_string()),
        None => Axis::linear(format!("{name}, place in the plan"), ""),
    };
    let ends = |pick: fn(f64, f64) -> f64, start: f64| {
        groups.iter().flat_map(|(_, _, group)| &group.points).map(|(x, _)| *x).fold(start, pick)
    };
    let (low, high) = (ends(f64::min, f64::INFINITY), ends(f64::max, f64::NEG_INFINITY));
    let room = if high > low { 0.04 * (high - low) } else { 0.5 };
    let x = x.range(low - room, high + room);
    let mut panel = Panel::new(heading, x, Axis::linear("probability of target attainment", "").range(0.0, 1.04));
    for (look, name, group) in groups {
        let known = || {
            let points = group.points.iter();
            points.filter_map(|(x, point)| Some((*x, point.estimates.as_ref()?[target])))
        };
        let band = known().map(|(x, estimate)| {
            let (low, high) = estimate.interval(result.level);
            (x, low, high)
        });
        let shares = || known().map(|(x, estimate)| (x, estimate.share()));
        panel = panel.band(Band::new("", look, band));
        // Between levels the line only leads the eye: what was simulated has the markers.
        panel = panel.series(Series::new("", look, shares()).unmarked());
        panel = panel.series(Series::new(name, look, shares()).unjoined());
    }
    let line = [(low - room, result.probability), (high + room, result.probability)];
    panel.series(Series::new(format!("probability {}", result.probability), LINE, line).unmarked())
}

#[cfg(test)]
mod tests {
    use super::super::figure::Marks;
    use super::*;
    use crate::study::target::{Estimate, Stopped};

    /// Two doses by each of so many routes.
    fn figure(routes: usize) -> Figure {
        let point = |route: usize, dose: &str| PointResult {
            setting: vec![dose.into(), format!("r{route}")],
            estimates: Some(vec![Estimate { n: 10, attained: route as u64 }]),
            stopped: Stopped::HalfWidth,
            people: 10,
            failed: 0,
            reason: None,
        };
        target_figure(&TargetResult {
            title: "Target".into(),
            factors: vec!["dose".into(), "route".into()],
            dose: 0,
            targets: vec!["above".into()],
            probability: 0.8,
            half_width: 0.1,
            level: 0.95,
            points: (0..routes).flat_map(|route| ["10 mg", "20 mg"].map(|dose| point(route, dose))).collect(),
            doses: Some(Vec::new()),
            integrated: false,
            warnings: Vec::new(),
        })
    }

    #[test]
    fn markers_are_where_something_was_simulated() {
        for panel in figure(3).panels {
            for series in &panel.series {
                assert!(series.marks == Marks::Nowhere || series.points.iter().all(|(x, _)| [10.0, 20.0].contains(x)));
                assert_ne!(series.marks, Marks::Along);
            }
            assert_eq!(panel.series.iter().filter(|series| series.marks == Marks::Points).count(), 3);
        }
    }

    #[test]
    fn no_two_names_of_a_legend_look_alike() {
        for routes in [1, 6, 7, 8, 20] {
            let figure = figure(routes);
            let mut looks: Vec<(usize, &str)> =
                figure.panels.iter().flat_map(|p| &p.series).map(|s| (s.colour, s.name.as_str())).collect();
            looks.retain(|(_, name)| !name.is_empty());
            looks.sort_unstable();
            looks.dedup();
            assert!(looks.windows(2).all(|pair| pair[0].0 != pair[1].0), "{looks:?}");
            assert_eq!(figure.panels.len(), if routes > TOGETHER { routes } else { 1 });
        }
    }
}
