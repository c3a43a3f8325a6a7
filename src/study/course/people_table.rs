//! Tables of everybody: percentiles, intervals, and a row per person, session and visit.

use super::table::{COMPLETE, known, state_words};
use super::{ArmCourse, Courses, DAY, PERCENTILES, PersonCourse, State};
use crate::Error;
use crate::dosing::Guide;
use crate::error::Kind;
use crate::io::{Cell, Column, Table};
use crate::study::compare::Summary;
use crate::study::share::{FAILED, share_cells};
use std::collections::BTreeMap;

/// How many people are in a state at the end, and how many sessions were given that long after the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The interval or state, in words.
    pub interval: String,
    /// People who are in this state at the end: those with this interval of the rule in force. None where the rule has no such
    /// interval.
    pub people: Option<u64>,
    /// Of so many.
    pub of_people: u64,
    /// Sessions of the guided phase before which this time had passed since the one before in the phase, to the nearest whole
    /// number of visits; none of what is no interval.
    pub sessions: Option<u64>,
    /// Of so many.
    pub of_sessions: u64,
}

impl ArmCourse {
    /// A phase in words.
    pub(super) fn words(&self, course: usize, phase: usize) -> &str {
        let before = self.itinerary.spans.iter().filter(|span| (span.course, span.phase) < (course, phase)).count();
        self.phases.get(before).map_or("", String::as_str)
    }

    /// All states that anybody can be in, the shortest interval first.
    pub fn states(&self) -> Vec<(State, String)> {
        let Some(guide) = self.guide() else {
            let fixed = [(State::Fixed, "fixed times"), (State::Complete, COMPLETE), (State::Stopped, "stopped")];
            return fixed.map(|(state, words)| (state, words.into())).into();
        };
        let intervals = (0..guide.intervals.len()).map(State::Interval);
        let all = std::iter::once(State::Fixed).chain(intervals).chain([State::Complete, State::Stopped]);
        all.map(|state| (state, state_words(guide, state))).collect()
    }
}

/// The shares of people in each state at the end, and of sessions by the interval that had passed.
pub fn shares(arm: &ArmCourse) -> Vec<Share> {
    let people: Vec<&PersonCourse> = arm.succeeded().collect();
    let visits = |state: State| match (state, arm.guide()) {
        (State::Interval(place), Some(guide)) => guide.visits(guide.intervals[place]),
        _ => None,
    };
    let states = arm.states().into_iter();
    let mut rows: Vec<_> = states.map(|(state, words)| (words, Some(state), visits(state))).collect();
    let states: Vec<Option<u32>> = rows.iter().map(|row| row.2).collect();
    let passed = passed(arm.guide(), &people);
    for visits in passed.keys().filter(|visits| !states.contains(&Some(**visits))) {
        // Fixed times are first, then intervals, the shortest first.
        let place = 1 + rows.iter().filter(|row| row.2.is_some_and(|shorter| shorter < *visits)).count();
        let words = arm.guide().map_or_else(String::new, |guide| guide.taking(*visits).to_string());
        rows.insert(place, (words, None, Some(*visits)));
    }
    let share = |(interval, state, visits): (String, Option<State>, Option<u32>)| Share {
        interval,
        people: state.map(|state| people.iter().filter(|person| person.last_state() == state).count() as u64),
        of_people: people.len() as u64,
        sessions: visits.map(|visits| passed.get(&visits).copied().unwrap_or(0)),
        of_sessions: passed.values().sum(),
    };
    rows.into_iter().map(share).collect()
}

/// How many sessions of the guided phase were given so many visits after the one before, to the nearest whole number.
fn passed(guide: Option<&Guide>, people: &[&PersonCourse]) -> BTreeMap<u32, u64> {
    let mut passed = BTreeMap::new();
    let Some(guide) = guide else { return passed };
    for person in people {
        let guided = person.given().map(|session| &session.appointment).filter(|session| session.rule.is_some());
        let times: Vec<f64> = guided.map(|session| session.dose.time).collect();
        for pair in times.windows(2) {
            *passed.entry(((pair[1] - pair[0]) / guide.every.hours()).round() as u32).or_insert(0) += 1;
        }
    }
    passed
}

/// How many virtual people have each interval of the rule in force at the end, with Wilson's interval of their share, and how
/// many sessions were given after each interval that had passed: a row per arm and interval or state.
pub fn intervals_table(courses: &Courses) -> Table {
    let mut columns = vec![Column::new("arm"), Column::new("interval"), Column::integers("people_at_end")];
    columns.extend(["share_of_people", "share_low", "share_high"].map(Column::numbers));
    columns.extend([Column::integers("sessions_after"), Column::numbers("share_of_sessions")]);
    let mut table = Table::new(columns);
    for arm in &courses.arms {
        for share in shares(arm) {
            let mut row = vec![Cell::from(arm.name.as_str()), share.interval.as_str().into()];
            match share.people {
                Some(people) => {
                    row.push(Cell::Integer(people as i64));
                    row.extend(share_cells(people, share.of_people, FAILED));
                }
                None => row.extend((0..4).map(|_| Cell::missing("no interval of the rule"))),
            }
            let none = || Cell::missing("no interval");
            row.push(share.sessions.map_or_else(none, |sessions| Cell::Integer(sessions as i64)));
            row.push(match share.sessions {
                Some(_) if share.of_sessions == 0 => Cell::missing("no two guided sessions"),
                Some(sessions) => Cell::Number(sessions as f64 / share.of_sessions as f64),
                None => none(),
            });
            table.push(row);
        }
    }
    table
}

/// Percentiles of virtual people: a row per arm and quantity.
pub fn population_table(courses: &Courses) -> Table {
    let mut columns = vec![Column::new("arm"), Column::new("quantity"), Column::new("unit"), Column::integers("n")];
    columns.extend(PERCENTILES.map(|p| Column::numbers(format!("p{p}"))));
    columns.push(Column::numbers("mean"));
    let mut table = Table::new(columns);
    for arm in &courses.arms {
        let people: Vec<Vec<Cell>> = arm.succeeded().map(|person| quantities(courses, arm, person)).collect();
        for (place, column) in quantity_columns(courses).iter().enumerate() {
            let values: Vec<f64> = people.iter().map(|cells| value(&cells[place])).collect();
            let summary = Summary::of(&values, &PERCENTILES);
            let why = people.iter().find_map(|cells| match &cells[place] {
                Cell::Missing(why) => Some(why.clone()),
                _ => None,
            });
            let why = why.unwrap_or_else(|| FAILED.into());
            let number = |value: f64| if summary.count == 0 { Cell::missing(&why) } else { Cell::Number(value) };
            let unit = column.unit.as_deref().map_or_else(|| Cell::missing(""), Cell::from);
            let mut row = vec![Cell::from(arm.name.as_str()), column.name.as_str().into(), unit];
            row.push(Cell::Integer(summary.count as i64));
            row.extend(summary.percentiles.iter().map(|value| number(*value)));
            row.push(number(summary.mean));
            table.push(row);
        }
    }
    table
}

fn value(cell: &Cell) -> f64 {
    match cell {
        Cell::Number(value) => *value,
        Cell::Integer(count) => *count as f64,
        Cell::Text(_) | Cell::Missing(_) => f64::NAN,
    }
}

/// The columns of a person that are numbers.
fn quantity_columns(courses: &Courses) -> Vec<Column> {
    let mut columns = courses.sum_columns();
    columns.pop();
    columns.extend([Column::integers("missed"), Column::integers("delayed")]);
    columns
}

fn quantities(courses: &Courses, arm: &ArmCourse, person: &PersonCourse) -> Vec<Cell> {
    let mut cells = courses.sum_cells(arm, person);
    cells.pop();
    cells.extend([person.missed(), person.delayed()].map(|count| Cell::Integer(count as i64)));
    cells
}

/// Everybody, a row per arm and person; the typical person has the ID 0. Of somebody who failed, why.
pub fn people_table(courses: &Courses) -> Table {
    let mut columns = vec![Column::new("arm"), Column::integers("ID")];
    columns.extend(courses.sum_columns());
    columns.extend([Column::integers("missed"), Column::integers("delayed"), Column::new("stopped").unit("d")]);
    columns.push(Column::new("failed"));
    let mut table = Table::new(columns);
    let width = table.columns().len();
    for (arm, id, person) in everybody(courses) {
        let mut row = vec![Cell::from(arm.name.as_str()), Cell::Integer(id)];
        match person {
            Ok(person) => {
                row.extend(courses.sum_cells(arm, person));
                row.extend([person.missed(), person.delayed()].map(|count| Cell::Integer(count as i64)));
                row.push(person.stopped.map_or_else(|| Cell::missing(""), |time| Cell::Number(time / DAY)));
                row.push(Cell::missing(""));
            }
            Err(error) => {
                row.resize(width - 1, Cell::missing(""));
                row.push(format!("{}: {}", error.first().kind.code(), error.first().kind).into());
            }
        }
        table.push(row);
    }
    table
}

/// The typical person and all others of every arm.
fn everybody(courses: &Courses) -> impl Iterator<Item = (&ArmCourse, i64, Result<&PersonCourse, &Error>)> {
    courses.arms.iter().flat_map(|arm| {
        let people = arm.people.iter().map(|person| person.as_ref());
        std::iter::once(Ok(&arm.typical)).chain(people).zip(0..).map(move |(person, id)| (arm, id, person))
    })
}

/// Every session of everybody, missed ones too: when it was planned and given, how long after the one before, the interval of the
/// rule that was in force, how much, and the responses just before it.
pub fn sessions_table(courses: &Courses) -> Table {
    let mut columns = vec![Column::new("arm"), Column::integers("ID")];
    columns.extend(["course", "phase", "session"].map(Column::integers));
    columns.extend(["planned", "time", "late", "interval"].map(|name| Column::new(name).unit("d")));
    columns.extend([Column::new("rule"), Column::new("missed"), Column::new("dose").unit("mg")]);
    columns.extend(courses.response_columns(""));
    let mut table = Table::new(columns);
    for (arm, id, person) in everybody(courses).filter_map(|(arm, id, person)| Some((arm, id, person.ok()?))) {
        for session in &person.sessions {
            let appointment = &session.appointment;
            let (dose, missed) = (&appointment.dose, appointment.missed);
            let mut row = vec![Cell::from(arm.name.as_str()), Cell::Integer(id)];
            row.extend([dose.course + 1, dose.phase + 1, dose.session].map(|number| Cell::Integer(number as i64)));
            row.push(Cell::Number(appointment.planned / DAY));
            let earlier = person.given().map(|session| &session.appointment.dose);
            let earlier = earlier.filter(|other| other.course == dose.course && other.session < dose.session);
            let before = earlier.last().map(|other| other.time);
            let given = |value: Option<f64>, why: &str| match value {
                _ if missed => Cell::missing("missed"),
                Some(value) => Cell::Number(value),
                None => Cell::missing(why),
            };
            row.push(given(Some(dose.time / DAY), ""));
            row.push(given(Some((dose.time - appointment.planned) / DAY), ""));
            row.push(given(before.map(|before| (dose.time - before) / DAY), "the first"));
            row.push(match (appointment.rule, arm.guide()) {
                (Some(place), Some(guide)) => guide.intervals[place].to_string().into(),
                _ => Cell::missing("fixed times"),
            });
            row.push(if missed { "yes" } else { "no" }.into());
            row.push(given(session.amount, ""));
            row.extend(courses.response_cells(arm, session.before.as_deref()));
            table.push(row);
        }
    }
    table
}

/// Every visit of everybody in a guided phase: what was seen, whether a session was due, and the interval from then on.
pub fn visits_table(courses: &Courses) -> Table {
    let mut columns = vec![Column::new("arm"), Column::integers("ID"), Column::integers("visit")];
    columns.extend([Column::new("time").unit("d"), Column::new("output"), Column::numbers("value")]);
    columns.extend(["unit", "due", "interval"].map(Column::new));
    let mut table = Table::new(columns);
    for (arm, id, person) in everybody(courses).filter_map(|(arm, id, person)| Some((arm, id, person.ok()?))) {
        let Some(guide) = arm.guide() else { continue };
        let unit = arm.responses.iter().find(|(name, _)| *name == guide.output).map(|(_, unit)| unit.to_string());
        for (number, visit) in (1..).zip(&person.visits) {
            let mut row = vec![Cell::from(arm.name.as_str()), Cell::Integer(id), Cell::Integer(number)];
            row.extend([Cell::Number(visit.time / DAY), guide.output.as_str().into()]);
            row.push(visit.value.map_or_else(|| Cell::missing("the phase begins"), known));
            row.push(unit.clone().unwrap_or_default().into());
            row.push(if visit.due { "yes" } else { "no" }.into());
            row.push(guide.intervals[visit.interval].to_string().into());
            table.push(row);
        }
    }
    table
}
