//! The hours after sessions: levels against a threshold, with the monitoring window shaded.

use super::{Axis, Fan, Figure, Panel, PlotError, Series, Window};
use crate::study::session::{Curves, PERCENTILES};

/// The colour of the threshold, behind those of the curves.
const LINE: usize = 7;
/// Linear axes end this much above the largest value.
const HEADROOM: f64 = 1.08;
/// Decades of the logarithmic axis below the threshold.
const BELOW: f64 = 100.0;

/// What the figure shows, in words and units.
#[derive(Debug, Clone)]
pub struct SessionHours<'c> {
    /// Its title.
    pub title: String,
    /// The output and its unit.
    pub output: (&'c str, String),
    /// The threshold, in the output's unit.
    pub threshold: f64,
    /// The end of monitoring, h.
    pub leave: f64,
    /// The next morning, h.
    pub morning: f64,
    /// Whether the model or the output is assumed.
    pub assumed: bool,
    /// What stands below.
    pub footnote: String,
    /// The curves.
    pub curves: &'c Curves,
}

/// The hours around monitoring on a linear axis, and until the next morning on a logarithmic one.
///
/// # Errors
/// None but those of percentiles that do not fit their times.
pub fn session_hours_figure(hours: &SessionHours<'_>) -> Result<Figure, PlotError> {
    let (name, unit) = &hours.output;
    let of_people = hours.curves.people.iter().flat_map(|(_, curves)| curves);
    let all = || hours.curves.sessions.iter().map(|(_, levels)| levels).chain(of_people.clone()).flatten();
    let top = all().copied().filter(|level| level.is_finite()).fold(hours.threshold, f64::max);
    let last = hours.curves.times.last().copied().unwrap_or(0.0).max(hours.leave);
    let near = (2.0 * hours.leave).min(last);
    let x = |to: f64| Axis::linear("time after the session's first device", "h").range(0.0, to);
    let linear = Axis::linear(*name, unit.clone()).range(0.0, HEADROOM * top);
    let log = Axis::log(*name, unit.clone()).range(hours.threshold / BELOW, 2.0 * top);
    let figure = Figure::new(&hours.title).columns(2).footnote(&hours.footnote);
    Ok(figure.panel(filled(hours, Panel::new("while monitored, and after", x(near), linear), last)?).panel(filled(
        hours,
        Panel::new("until the next morning", x(last), log),
        last,
    )?))
}

fn filled(hours: &SessionHours<'_>, panel: Panel, last: f64) -> Result<Panel, PlotError> {
    let (curves, unit) = (hours.curves, &hours.output.1);
    let mut panel = panel.window(Window::new(format!("{} h monitoring", hours.leave), 0.0, hours.leave));
    if let Some((number, values)) = &curves.people {
        let fan = Fan::new(format!("virtual people, session {number}"), LINE - 1, &curves.times, &PERCENTILES, values)?;
        panel = panel.fan(if hours.assumed { fan.dashed() } else { fan });
    }
    for (place, (number, levels)) in curves.sessions.iter().enumerate() {
        let points = curves.times.iter().copied().zip(levels.iter().copied());
        let series = Series::new(format!("typical person, session {number}"), place, points);
        panel = panel.series(if hours.assumed { series.dashed() } else { series });
    }
    let threshold = [(0.0, hours.threshold), (last, hours.threshold)];
    panel = panel.series(
        Series::new(format!("threshold, {} {unit}", crate::io::rounded(hours.threshold, 4)), LINE, threshold)
            .unmarked(),
    );
    Ok(panel)
}
