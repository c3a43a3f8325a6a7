//! Tables of the typical person: a row per course, and a row per phase.

use super::{AREA, ArmCourse, Courses, DAY, PersonCourse, State};
use crate::dosing::Guide;
use crate::io::{Cell, Column, Table};

const NO_WEIGHT: &str = "no body weight";
/// The state of somebody whose schedule has run out.
pub(super) const COMPLETE: &str = "all sessions given";
const NOT_GUIDED: &str = "not guided";

impl Courses {
    /// Name and unit of every response of any arm.
    pub(super) fn responses(&self) -> Vec<(String, String)> {
        let mut responses: Vec<(String, String)> = Vec::new();
        for (name, unit) in self.arms.iter().flat_map(|arm| &arm.responses) {
            if !responses.iter().any(|(known, _)| known == name) {
                responses.push((name.clone(), unit.to_string()));
            }
        }
        responses
    }

    /// A column for each response.
    pub(super) fn response_columns(&self, when: &str) -> Vec<Column> {
        self.responses().iter().map(|(name, unit)| Column::new(format!("{name}{when}")).unit(unit)).collect()
    }

    /// The responses of an arm in the order of [`Courses::responses`], in their units there.
    pub(super) fn response_cells(&self, arm: &ArmCourse, values: Option<&[f64]>) -> Vec<Cell> {
        let cell = |(name, unit): &(String, String)| {
            let Some(place) = arm.responses.iter().position(|(own, _)| own == name) else {
                return not_in(arm);
            };
            let Some(values) = values else { return Cell::missing("the course begins") };
            let own = arm.responses[place].1.to_string();
            // Outputs of one name may differ in their unit between models; then the number would mislead.
            if own == *unit { known(values[place]) } else { Cell::missing(format!("in {own} in `{}`", arm.model)) }
        };
        self.responses().iter().map(cell).collect()
    }

    /// Columns that sum up a course.
    pub(super) fn sum_columns(&self) -> Vec<Column> {
        let mut columns = vec![Column::integers("sessions"), Column::new("last_session").unit("d")];
        columns.extend([Column::new("dose").unit("mg"), Column::new("dose_per_kg").unit("mg/kg")]);
        columns.extend(self.analytes.iter().map(|analyte| Column::new(format!("AUC_{analyte}")).unit(AREA)));
        columns.extend(self.response_columns("_end"));
        columns.push(Column::new("interval_end"));
        columns
    }

    /// Their cells.
    pub(super) fn sum_cells(&self, arm: &ArmCourse, person: &PersonCourse) -> Vec<Cell> {
        let last = person.given().last().map(|session| session.appointment.dose.time / DAY);
        let mut cells = vec![Cell::Integer(person.given().count() as i64)];
        cells.push(last.map_or_else(|| Cell::missing("no session"), Cell::Number));
        cells.extend([Cell::Number(person.dose), person.per_kg.map_or_else(|| Cell::missing(NO_WEIGHT), Cell::Number)]);
        cells.extend(person.areas.iter().map(|area| match area {
            Some(area) => known(*area),
            None => not_in(arm),
        }));
        cells.extend(self.response_cells(arm, Some(&person.ends)));
        cells.push(match arm.guide() {
            None => Cell::missing(NOT_GUIDED),
            Some(guide) => state_words(guide, person.last_state()).into(),
        });
        cells
    }
}

/// Nothing, because the arm's model has no such output; the same words for every output, so that a table says it once.
fn not_in(arm: &ArmCourse) -> Cell {
    Cell::missing(format!("not in `{}`", arm.model))
}

/// A number, if it is one.
pub(super) fn known(value: f64) -> Cell {
    if value.is_nan() { Cell::missing("not a number") } else { Cell::Number(value) }
}

/// Where somebody is in a course, in words.
pub(super) fn state_words(guide: &Guide, state: State) -> String {
    match state {
        State::Fixed => "fixed times".into(),
        State::Interval(place) => guide.intervals[place].to_string(),
        State::Complete => COMPLETE.into(),
        State::Stopped => "stopped".into(),
    }
}

/// The typical person, a row per course.
pub fn summary_table(courses: &Courses) -> Table {
    let mut columns = vec![Column::new("arm"), Column::new("grade")];
    columns.extend(courses.sum_columns());
    columns.extend([Column::new("model"), Column::new("schedule_grade")]);
    let mut table = Table::new(columns);
    for arm in &courses.arms {
        let grade = arm.grade.to_string();
        let mut row = vec![Cell::from(arm.name.as_str()), grade.into()];
        row.extend(courses.sum_cells(arm, &arm.typical));
        let schedule = arm.schedule_grade.as_deref();
        row.extend([
            arm.model.as_str().into(),
            schedule.map_or_else(|| Cell::missing("not a published schedule"), Cell::from),
        ]);
        table.push(row);
    }
    table
}

/// The typical person, a row per phase of each course: its sessions, and the responses at its end, before what comes next.
pub fn phases_table(courses: &Courses) -> Table {
    let mut columns =
        vec![Column::new("arm"), Column::integers("course"), Column::integers("phase"), Column::new("what")];
    columns.extend([Column::new("begins").unit("d"), Column::new("ends").unit("d"), Column::integers("sessions")]);
    columns.extend(courses.response_columns("_end"));
    let mut table = Table::new(columns);
    for arm in &courses.arms {
        for (place, span) in arm.itinerary.spans.iter().enumerate() {
            let here = |dose: &crate::dosing::PlannedDose| (dose.course, dose.phase) == (span.course, span.phase);
            let sessions = arm.typical.given().filter(|session| here(&session.appointment.dose)).count();
            let mut row = vec![Cell::from(arm.name.as_str())];
            row.extend([span.course, span.phase].map(|index| Cell::Integer(index as i64 + 1)));
            row.push(arm.words(span.course, span.phase).into());
            row.extend([span.begins, arm.typical.phase_times[place]].map(|time| Cell::Number(time / DAY)));
            row.push(Cell::Integer(sessions as i64));
            row.extend(courses.response_cells(arm, Some(&arm.typical.phase_ends[place])));
            table.push(row);
        }
    }
    table
}
