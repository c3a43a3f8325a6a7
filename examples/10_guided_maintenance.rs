//! How often do people come for maintenance when the response decides?
//!
//! `cargo run --release --example 10_guided_maintenance` prints sessions and intervals and draws
//! `out/examples/10_guided_maintenance.svg`. The tables come from `posology course examples/plans/guided-maintenance.toml`.

use posology::document::Text;
use posology::dosing::Schedules;
use posology::plot::{Axis, Dots, Layer, Panel};
use posology::prelude::*;
use posology::simulate::Settings;
use posology::study::course::{ArmCourse, CoursePlan, Courses, PersonCourse, courses, shares};

const PLAN: &str = include_str!("plans/guided-maintenance.toml");
/// Hours in a week.
const WEEK: f64 = 168.0;
/// People whose sessions are drawn one by one.
const SHOWN: usize = 40;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let courses = year()?;
    for arm in &courses.arms {
        let people = by_sessions(arm);
        let given = |place: usize| people.get(place).map_or(0, |person| person.given().count());
        let (few, median, many) = (given(people.len() / 20), given(people.len() / 2), given(people.len() * 19 / 20));
        println!(
            "{}: {median} sessions in the year, {few} to {many} in nine of ten people; in the last week",
            arm.name
        );
        for share in shares(arm) {
            if let Some(people) = share.people.filter(|people| *people > 0) {
                println!("  {people:3} of {} people: {}", share.of_people, share.interval);
            }
        }
    }
    std::fs::create_dir_all("out/examples")?;
    drawn(&courses).save("out/examples/10_guided_maintenance.svg")?;
    println!("wrote out/examples/10_guided_maintenance.svg");
    Ok(())
}

fn year() -> Result<Courses, Error> {
    let plan = CoursePlan::parse("examples/plans/guided-maintenance.toml", PLAN)?;
    let with_effects = |id: &str, effects: &[Text]| {
        let effects: Vec<&str> = effects.iter().map(|effect| effect.text.as_str()).collect();
        Ok(Model::catalogue_with(id, &effects)?)
    };
    let arms = plan.load(with_effects, |id| Ok(Schedules::get(id)?))?;
    courses(&plan, &arms, Settings::default(), |_| ())
}

/// People from the fewest sessions to the most.
fn by_sessions(arm: &ArmCourse) -> Vec<&PersonCourse> {
    let mut people: Vec<&PersonCourse> = arm.succeeded().collect();
    people.sort_by_key(|person| person.given().count());
    people
}

/// Per schedule the share of people on each interval, and the sessions of some of them.
pub fn figure() -> Result<Figure, Error> {
    Ok(drawn(&year()?))
}

fn drawn(courses: &Courses) -> Figure {
    let people = courses.people.map_or(0, |(size, _)| size);
    let mut figure = Figure::new(&courses.title).columns(2).footnote(format!(
        "{people} virtual people. Rule and effect are assumed: a visit each week, and a fall of MADRS by 10 points as what is to be \
         kept. Right: a row per person, a dot per session. Research software; no clinical advice.",
    ));
    for arm in &courses.arms {
        figure = figure.panel(intervals(courses, arm)).panel(sessions(courses, arm));
    }
    figure
}

fn time(courses: &Courses) -> Axis {
    Axis::linear("time", "week").range(0.0, courses.until / WEEK)
}

/// How many people are on which interval, on top of each other.
fn intervals(courses: &Courses, arm: &ArmCourse) -> Panel {
    let title = format!("{} (assumed)", arm.name);
    let mut panel = Panel::new(title, time(courses), Axis::linear("people", "%").range(0.0, 100.0));
    let people: Vec<&PersonCourse> = arm.succeeded().collect();
    let mut below = vec![0.0; courses.times.len()];
    for (nth, (state, words)) in arm.states().into_iter().enumerate() {
        let share = |time: &f64| people.iter().filter(|person| person.state(*time) == state).count() as f64;
        let shares: Vec<f64> =
            courses.times.iter().map(|time| 100.0 * share(time) / people.len().max(1) as f64).collect();
        if shares.iter().any(|share| *share > 0.0) {
            let above: Vec<f64> = below.iter().zip(&shares).map(|(below, share)| below + share).collect();
            let edges = below.iter().zip(&above);
            let points = courses.times.iter().zip(edges).map(|(time, (low, high))| (time / WEEK, *low, *high));
            panel = panel.layer(Layer::new(words, 0.25 * nth as f64, points));
            below = above;
        }
    }
    panel
}

/// Every session of some people, chosen evenly by number of sessions.
fn sessions(courses: &Courses, arm: &ArmCourse) -> Panel {
    let people = by_sessions(arm);
    let shown: Vec<&PersonCourse> =
        (0..SHOWN).filter_map(|row| people.get((2 * row + 1) * people.len() / (2 * SHOWN)).copied()).collect();
    let dots = shown.iter().zip(1..).flat_map(|(person, row)| {
        person.given().map(move |session| (session.appointment.dose.time / WEEK, f64::from(row)))
    });
    let y = Axis::linear("people, by number of sessions", "").range(0.0, 1.0 + shown.len() as f64);
    Panel::new(format!("every session of {} people", shown.len()), time(courses), y).dots(Dots::new("", 7, dots))
}
