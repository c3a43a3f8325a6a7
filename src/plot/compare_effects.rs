//! What effects do in the arms of a comparison: one session together, and the response over the course arm by arm.

use super::compare::{colour, series};
use super::{Axis, Band, Figure, Panel, Series, Window};
use crate::io::rounded;
use crate::model::Grade;
use crate::study::compare::{ArmResult, Comparison, CourseResult, EffectOutput, Response, SessionEffect, Watched};

/// The colour of a level, behind those of the curves.
const LEVEL: usize = 9;
/// Axes end this much beyond the largest value.
const HEADROOM: f64 = 1.08;
/// Hours in a week.
const WEEK: f64 = 168.0;

/// A panel for every output that is watched after one session, with the arms in it, and a panel per arm for the response over
/// its course; none where the plan has no effects.
pub fn effects_figure(comparison: &Comparison) -> Option<Figure> {
    let shown = comparison.effects.as_ref()?;
    let followed = followed(comparison);
    let figure = Figure::new(format!("{}: effects", comparison.title)).columns(2);
    let figure = figure.footnote(footnote(comparison, &followed));
    let on_any = |place: usize| comparison.arms.iter().any(|arm| effect(arm, place).is_some());
    let watched = shown.watched.iter().enumerate().filter(|(place, _)| on_any(*place));
    let sessions = watched.map(|(place, watched)| session_panel(comparison, place, watched));
    let ends = ends(&followed);
    let responses = followed.iter().map(|arm| response_panel(comparison, arm, &shown.responses[0], ends));
    Some(sessions.chain(responses).fold(figure, Figure::panel))
}

/// An arm with a response over its course.
struct Followed<'c> {
    arm: &'c ArmResult,
    course: &'c CourseResult,
    total: &'c Response,
    /// What of the total the drug makes, where an effect tells.
    drug: Option<&'c Response>,
}

fn followed(comparison: &Comparison) -> Vec<Followed<'_>> {
    let arms = comparison.arms.iter().filter_map(|arm| {
        let course = arm.course.as_ref()?;
        let mut responses = course.responses.iter().map(|response| response.as_ref().ok());
        Some(Followed { arm, course, total: responses.next()??, drug: responses.next().flatten() })
    });
    arms.collect()
}

/// The same ends for every arm's response.
fn ends(followed: &[Followed<'_>]) -> (f64, f64) {
    let values = followed.iter().flat_map(|arm| &arm.total.curve.values);
    let (low, high) = values.fold((0.0, 0.0), |(low, high): (f64, f64), value| (low.min(*value), high.max(*value)));
    (HEADROOM * low, HEADROOM * high)
}

fn response_panel(comparison: &Comparison, of: &Followed<'_>, output: &EffectOutput, (low, high): (f64, f64)) -> Panel {
    let Followed { arm, course, total, drug } = of;
    let end = total.curve.times.last().map_or(0.0, |t| t / WEEK);
    let y = Axis::linear(words(&output.name), output.unit.to_string());
    let y = if low < high { y.range(low, high) } else { y };
    let assumed = course.response_grade == Some(Grade::Assumed);
    let panel = Panel::new(format!("{}: response", arm.name), Axis::linear("time", "weeks").range(0.0, end), y)
        .doses(course.sessions.iter().map(|t| t / WEEK))
        .series(series(comparison, arm, assumed, &total.curve.times, &total.curve.values, WEEK));
    let Some(drug) = drug else { return panel };
    let values = total.curve.values.iter().zip(&drug.curve.values).map(|(total, drug)| (*total, total - drug));
    let points = total.curve.times.iter().zip(values).map(|(t, (a, b))| (t / WEEK, a.min(b), a.max(b)));
    panel.band(Band::new("", colour(comparison, arm), points))
}

fn session_panel(comparison: &Comparison, place: usize, watched: &Watched) -> Panel {
    let of_arm = |arm| Some((arm, effect(arm, place)?));
    let arms: Vec<(&ArmResult, &SessionEffect)> = comparison.arms.iter().filter_map(of_arm).collect();
    let end = end(comparison);
    let level = watched.level.as_ref().and_then(|level| level.quantity.to(&watched.output.unit).ok());
    let level = level.map(|level| level.value());
    let top = arms.iter().map(|(_, effect)| effect.peak).chain(level).fold(0.0, f64::max);
    let name = words(&watched.output.name);
    let y = Axis::linear(&name, watched.output.unit.to_string());
    let y = if top > 0.0 { y.range(0.0, HEADROOM * top) } else { y };
    let x = Axis::linear("time after the first device", "h").range(0.0, end);
    let monitor = format!("{} h monitoring", rounded(comparison.monitor, 4));
    let mut panel =
        Panel::new(format!("{name}, one session"), x, y).window(Window::new(monitor, 0.0, comparison.monitor));
    for (arm, effect) in arms {
        let assumed = effect.grade == Grade::Assumed;
        panel = panel.series(series(comparison, arm, assumed, &effect.curve.times, &effect.curve.values, 1.0));
    }
    let Some(level) = level else { return panel };
    panel.series(Series::new("level that ends monitoring", LEVEL, [(0.0, level), (end, level)]).unmarked())
}

fn effect(arm: &ArmResult, place: usize) -> Option<&SessionEffect> {
    arm.effects.as_ref()?.session[place].as_ref().ok()
}

/// What a session is shown up to, h: a little beyond the longest monitoring, within what was followed.
fn end(comparison: &Comparison) -> f64 {
    let effects = comparison.arms.iter().filter_map(|arm| arm.effects.as_ref());
    let below = effects.flat_map(|effects| &effects.session).filter_map(|effect| effect.as_ref().ok()?.below.as_ref());
    let longest = below.map(|below| below.as_ref().map_or(comparison.until, |hours| *hours)).fold(0.0, f64::max);
    (1.25 * longest).max(2.0 * comparison.monitor).min(comparison.until)
}

fn footnote(comparison: &Comparison, followed: &[Followed<'_>]) -> String {
    let sessions = comparison.arms.iter().flat_map(|arm| arm.effects.iter().flat_map(|effects| &effects.session));
    let grades = sessions.filter_map(|effect| Some(effect.as_ref().ok()?.grade));
    let mut grades = grades.chain(followed.iter().filter_map(|arm| arm.course.response_grade));
    let dashed = if grades.any(|grade| grade == Grade::Assumed) {
        " Dashed: the model, the effect or what drives it is assumed."
    } else {
        ""
    };
    let drug = if followed.iter().any(|arm| arm.drug.is_some()) {
        " Shaded along a response: the drug's part of it."
    } else {
        ""
    };
    format!("Typical subject.{dashed}{drug} What models say; no clinical advice.")
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}
