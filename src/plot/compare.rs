//! The figures of a comparison.

use super::compare_effects::effects_figure;
use super::{Axis, Band, Fan, Figure, Panel, PlotError, Series, Window};
use crate::model::Grade;
use crate::study::compare::{ArmResult, Comparison, PERCENTILES};

/// Curves on a logarithmic axis are drawn down to this share of the panel's largest value.
const FLOOR: f64 = 1e-4;
/// Axes end this much above the largest value.
const HEADROOM: f64 = 1.08;
/// Hours in a week.
const WEEK: f64 = 168.0;

/// The figures of a comparison by the names of their files: one session, the course, and effects and people where it has
/// some.
///
/// # Errors
/// Those of [`population_figure`].
pub fn comparison_figures(comparison: &Comparison) -> Result<Vec<(&'static str, Figure)>, PlotError> {
    let mut figures = vec![("session", session_figure(comparison)), ("course", course_figure(comparison))];
    figures.extend(effects_figure(comparison).map(|figure| ("effects", figure)));
    figures.extend(population_figure(comparison)?.map(|figure| ("population", figure)));
    Ok(figures)
}

/// One session: a row per analyte and site, linear and logarithmic, the monitoring window shaded.
pub fn session_figure(comparison: &Comparison) -> Figure {
    let title = format!("{}: one session", comparison.title);
    let mut figure = Figure::new(title).columns(2).footnote(footnote(comparison));
    for group in comparison.groups() {
        for log in [false, true] {
            let x = Axis::linear("time after the first device", "h").range(0.0, comparison.until);
            let mut panel = Panel::new(heading(&group, log), x, concentration(&group, log, |a| &a.curve.values))
                .window(Window::new(format!("{} h monitoring", comparison.monitor), 0.0, comparison.monitor));
            for arm in &group {
                if let Some(band) = &arm.band {
                    let points = band.times.iter().zip(band.low.iter().zip(&band.high));
                    let points = points.map(|(t, (low, high))| (*t, *low, *high));
                    panel = panel.band(Band::new(&band.name, colour(comparison, arm), points));
                }
                panel = panel.series(series(
                    comparison,
                    arm,
                    arm.grade == Grade::Assumed,
                    &arm.curve.times,
                    &arm.curve.values,
                    1.0,
                ));
            }
            figure = figure.panel(panel);
        }
    }
    figure
}

/// The whole course: a panel per arm, for curves of months would hide each other, with a tick per dose.
/// Arms of equal analyte and site have the same axis.
pub fn course_figure(comparison: &Comparison) -> Figure {
    let name = comparison.course_name.as_deref().unwrap_or("the course");
    let title = format!("{}: {name}", comparison.title);
    let mut figure = Figure::new(title).columns(2).footnote(footnote(comparison));
    for group in comparison.groups() {
        for arm in &group {
            let Some(course) = &arm.course else { continue };
            let y = concentration(&group, true, |a| a.course.as_ref().map_or(&[], |c| &c.curve.values));
            let heading = format!("{} ({}, {})", arm.name, arm.analyte, site(arm));
            let end = course.curve.times.last().map_or(0.0, |t| t / WEEK);
            let panel = Panel::new(heading, Axis::linear("time", "weeks").range(0.0, end), y)
                .doses(course.sessions.iter().map(|t| t / WEEK))
                .series(series(
                    comparison,
                    arm,
                    arm.grade == Grade::Assumed,
                    &course.curve.times,
                    &course.curve.values,
                    WEEK,
                ));
            figure = figure.panel(panel);
        }
    }
    figure
}

/// Virtual people over one session: a panel per arm with their median and the range that nine in ten are in; none if the
/// comparison has no population. Arms of equal analyte and site have the same axis.
///
/// # Errors
/// Curves that are no percentiles.
pub fn population_figure(comparison: &Comparison) -> Result<Option<Figure>, PlotError> {
    let Some(population) = &comparison.population else { return Ok(None) };
    let title = format!("{}: {} virtual people, one session", comparison.title, population.size);
    let assumed = if comparison.arms.iter().any(|a| a.grade == Grade::Assumed) {
        " Dashed: the model or the output is assumed."
    } else {
        ""
    };
    let footnote = format!("Seed {}.{assumed} Research software; no clinical advice.", population.seed);
    let mut figure = Figure::new(title).columns(2).footnote(footnote);
    let people = |arm: &ArmResult| &population.arms[colour(comparison, arm)];
    for group in comparison.groups() {
        let values = |a: &ArmResult| people(a).curves.last().map_or(&[][..], Vec::as_slice);
        for arm in &group {
            let of = people(arm);
            let heading = format!("{} ({}, {})", arm.name, arm.analyte, site(arm));
            let x = Axis::linear("time after the first device", "h").range(0.0, comparison.until);
            let name = if arm.grade == Grade::Assumed { "assumed" } else { "" };
            let fan = Fan::new(name, 0, &of.times, &PERCENTILES, &of.curves)?;
            let fan = if arm.grade == Grade::Assumed { fan.dashed() } else { fan };
            figure = figure.panel(Panel::new(heading, x, concentration(&group, false, values)).fan(fan));
        }
    }
    Ok(Some(figure))
}

/// The curve of an arm, in its colour.
pub(super) fn series(
    comparison: &Comparison,
    arm: &ArmResult,
    assumed: bool,
    times: &[f64],
    values: &[f64],
    per: f64,
) -> Series {
    let name = if assumed { format!("{} (assumed)", arm.name) } else { arm.name.clone() };
    let points = times.iter().zip(values).map(|(t, y)| (t / per, *y));
    let series = Series::new(name, colour(comparison, arm), points);
    if assumed { series.dashed() } else { series }
}

pub(super) fn colour(comparison: &Comparison, arm: &ArmResult) -> usize {
    comparison.arms.iter().position(|a| a.name == arm.name).unwrap_or(0)
}

fn heading(group: &[&ArmResult], log: bool) -> String {
    format!("{}, {}{}", group[0].analyte, site(group[0]), if log { ", logarithmic" } else { "" })
}

fn site(arm: &ArmResult) -> String {
    match arm.site.as_str() {
        "unstated" => "sampling site unstated".to_string(),
        site => format!("{site} blood"),
    }
}

/// The axis of a group's concentrations, from 0 or from a share of the largest one.
fn concentration<'a>(group: &[&'a ArmResult], log: bool, values: impl Fn(&'a ArmResult) -> &'a [f64]) -> Axis {
    let unit = group[0].unit.to_string();
    let banded = group.iter().filter_map(|a| a.band.as_ref()).flat_map(|b| &b.high);
    let top = group.iter().flat_map(|a| values(a)).chain(banded).copied().fold(0.0, f64::max);
    let (axis, bottom) = match log {
        true => (Axis::log("concentration", unit), top * FLOOR),
        false => (Axis::linear("concentration", unit), 0.0),
    };
    if top > 0.0 { axis.range(bottom, top * HEADROOM) } else { axis }
}

fn footnote(comparison: &Comparison) -> String {
    let assumed = comparison.arms.iter().any(|a| a.grade == Grade::Assumed);
    let dashed = if assumed { " Dashed: the model or the output is assumed." } else { "" };
    format!("Typical subject.{dashed} Research software; no clinical advice.")
}
