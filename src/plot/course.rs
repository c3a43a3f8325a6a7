//! The figure of courses: a row per arm with the response over time, where people are, and how many sessions they had.

use super::{Axis, Band, Fan, Figure, Layer, Panel, PlotError, Series};
use crate::study::course::{ArmCourse, Courses, PERCENTILES, PersonCourse, State};

/// Hours in a week.
const WEEK: f64 = 168.0;
/// Axes end this much beyond the outermost values.
const HEADROOM: f64 = 0.06;
/// Bars of sessions: at most so many.
const BARS: usize = 30;

/// A row per arm: the response (or the dose given so far) over time; with virtual people who are guided or stop, how many are on
/// each interval; and how many sessions they had.
///
/// # Errors
/// Percentiles that do not fit their times.
pub fn courses_figure(courses: &Courses) -> Result<Figure, PlotError> {
    let has_people = courses.people.is_some();
    let moves = |arm: &ArmCourse| arm.succeeded().any(|person| !person.states.is_empty());
    let has_states = has_people && courses.arms.iter().any(moves);
    let columns = 1 + usize::from(has_states) + usize::from(has_people);
    let mut figure = Figure::new(&courses.title).columns(columns).footnote(footnote(courses));
    let words = all_states(courses);
    let most = courses.arms.iter().flat_map(ArmCourse::succeeded).map(|person| person.given().count()).max();
    let fans: Vec<Vec<Vec<f64>>> = courses.arms.iter().map(percentiles).collect();
    for (arm, fan) in courses.arms.iter().zip(&fans) {
        figure = figure.panel(response(courses, arm, fan, reach(courses, &fans, arm.followed.is_some()))?);
        if has_states {
            figure = figure.panel(states(courses, arm, &words));
        }
        if has_people {
            figure = figure.panel(sessions(arm, most.unwrap_or(0)));
        }
    }
    Ok(figure)
}

fn footnote(courses: &Courses) -> String {
    let assumed = if courses.arms.iter().any(ArmCourse::is_assumed) { " Dashed: assumed." } else { "" };
    let people = courses.people.map_or(String::new(), |(size, seed)| format!(" {size} virtual people, seed {seed}."));
    let points = match courses.arms.iter().filter(|arm| arm.followed.is_some()).map(|arm| arm.follows_sessions).min() {
        Some(true) => " Curves go through the peaks of the typical person; percentiles are of the same moments.",
        Some(false) => " With so many sessions, peaks between the points of the curves are not drawn.",
        None => "",
    };
    format!(
        "Marks on the time axis: sessions of the typical person.{points}{people}{assumed} Research software; no clinical advice."
    )
}

/// The curve of one person, and percentiles of all.
fn response(courses: &Courses, arm: &ArmCourse, fan: &[Vec<f64>], (low, high): (f64, f64)) -> Result<Panel, PlotError> {
    let (label, unit) = arm.followed.map_or(("dose given so far".to_string(), "mg".to_string()), |place| {
        let (name, unit) = &arm.responses[place];
        (name.clone(), unit.to_string())
    });
    let times: Vec<f64> = arm.times.iter().map(|time| time / WEEK).collect();
    let y = Axis::linear(label, unit);
    let y = if low < high { y.range(low, high) } else { y };
    let doses = arm.typical.given().map(|session| session.appointment.dose.time / WEEK);
    let mut panel = Panel::new(&arm.name, time_axis(courses), y).doses(doses);
    let name = |who: &str| if arm.is_assumed() { format!("{who} (assumed)") } else { who.to_string() };
    if arm.succeeded().next().is_some() {
        let fan = Fan::new(name("virtual people"), 6, &times, &PERCENTILES, fan)?;
        panel = panel.fan(if arm.is_assumed() { fan.dashed() } else { fan });
    }
    let points = times.iter().copied().zip(arm.typical.curve.iter().copied());
    // Fine, so that the median below it shows.
    let series = Series::new(name("typical person"), 1, points).unmarked().fine();
    Ok(panel.series(if arm.is_assumed() { series.dashed() } else { series }))
}

fn time_axis(courses: &Courses) -> Axis {
    Axis::linear("time", "week").range(0.0, courses.until / WEEK)
}

/// Percentiles of the curves of people at each time.
fn percentiles(arm: &ArmCourse) -> Vec<Vec<f64>> {
    let people: Vec<&PersonCourse> = arm.succeeded().collect();
    let times = arm.times.len();
    let mut curves = vec![Vec::with_capacity(times); PERCENTILES.len()];
    for time in 0..times {
        let mut values: Vec<f64> = people.iter().map(|person| person.curve[time]).filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        for (curve, p) in curves.iter_mut().zip(PERCENTILES) {
            curve.push(crate::math::statistics::percentile(&values, p));
        }
    }
    curves
}

/// The lowest and highest of all arms that follow the same thing, and zero.
fn reach(courses: &Courses, fans: &[Vec<Vec<f64>>], response: bool) -> (f64, f64) {
    let alike = courses.arms.iter().zip(fans).filter(|(arm, _)| arm.followed.is_some() == response);
    let values = alike.flat_map(|(arm, fan)| fan.iter().flatten().chain(&arm.typical.curve));
    let finite = values.copied().filter(|value| value.is_finite());
    let range = finite.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    let room = HEADROOM * (range.1 - range.0);
    (if range.0 < 0.0 { range.0 - room } else { 0.0 }, if range.1 > 0.0 { range.1 + room } else { 0.0 })
}

/// The states of all arms in words, fixed times first and stopped last, intervals by their length.
fn all_states(courses: &Courses) -> Vec<String> {
    let mut states: Vec<(u8, f64, String)> = Vec::new();
    for arm in &courses.arms {
        for (state, words) in arm.states() {
            let length = |place: usize| arm.guide().map_or(0.0, |guide| guide.intervals[place].hours());
            let place = match state {
                State::Fixed => (0, 0.0),
                State::Interval(place) => (1, length(place)),
                State::Complete => (2, 0.0),
                State::Stopped => (3, 0.0),
            };
            if !states.iter().any(|(.., known)| *known == words) {
                states.push((place.0, place.1, words));
            }
        }
    }
    states.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    states.into_iter().map(|(.., words)| words).collect()
}

/// How many people are where over time, on top of each other.
fn states(courses: &Courses, arm: &ArmCourse, all: &[String]) -> Panel {
    let y = Axis::linear("virtual people", "%").range(0.0, 100.0);
    let mut panel = Panel::new("people by interval", time_axis(courses), y);
    let people: Vec<&PersonCourse> = arm.succeeded().collect();
    let mut below = vec![0.0; courses.times.len()];
    for (state, words) in arm.states() {
        let share = |time: &f64| {
            let count = people.iter().filter(|person| person.state(*time) == state).count();
            100.0 * count as f64 / people.len().max(1) as f64
        };
        let shares: Vec<f64> = courses.times.iter().map(share).collect();
        if shares.iter().all(|share| *share == 0.0) {
            continue;
        }
        let above: Vec<f64> = below.iter().zip(&shares).map(|(below, share)| below + share).collect();
        let points = courses.times.iter().zip(below.iter().zip(&above)).map(|(t, (low, high))| (t / WEEK, *low, *high));
        let place = all.iter().position(|known| *known == words).unwrap_or(0);
        let shade = place as f64 / (all.len() - 1).max(1) as f64;
        panel = panel.layer(Layer::new(words, shade, points));
        below = above;
    }
    panel
}

/// How many people had how many sessions.
fn sessions(arm: &ArmCourse, most: usize) -> Panel {
    let counts: Vec<usize> = arm.succeeded().map(|person| person.given().count()).collect();
    let width = (most + 1).div_ceil(BARS).max(1);
    let bars = most / width + 1;
    let share = |bar: usize| {
        let here = counts.iter().filter(|count| **count / width == bar).count();
        100.0 * here as f64 / counts.len().max(1) as f64
    };
    let shares: Vec<f64> = (0..bars).map(share).collect();
    // A bar for counts from a to b lies between a - 1/2 and b + 1/2.
    let edge = |bar: usize| (bar * width) as f64 - 0.5;
    let points =
        shares.iter().enumerate().flat_map(|(bar, share)| [(edge(bar), 0.0, *share), (edge(bar + 1), 0.0, *share)]);
    let top = shares.iter().copied().fold(0.0, f64::max);
    let y = Axis::linear("virtual people", "%").range(0.0, if top > 0.0 { top * (1.0 + HEADROOM) } else { 1.0 });
    let x = Axis::linear("sessions given", "").range(-0.5, edge(bars).max(1.0));
    Panel::new("people by number of sessions", x, y).band(Band::new("virtual people", 8, points))
}
