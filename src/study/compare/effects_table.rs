//! The tables of effects: after one session, over the course, and their curves.

use super::{ArmResult, Comparison, Curve, Response, Shown};
use crate::io::{Cell, Column, Table, rounded};

/// Significant digits of numbers within a text.
const DIGITS: usize = 4;
const NO_COURSE: &str = "no course in the plan";

/// What effects do after one session: one row per arm; nothing where the plan has no effects to watch.
pub fn effects_table(comparison: &Comparison) -> Option<Table> {
    let shown = comparison.effects.as_ref().filter(|shown| !shown.watched.is_empty())?;
    let mut columns = vec![Column::new("arm"), Column::new("grade")];
    for watched in &shown.watched {
        let name = &watched.output.name;
        columns.push(Column::new(format!("{name} peak")).unit(watched.output.unit.to_string()));
        columns.push(Column::new(format!("{name} peak at")).unit("h"));
        let below = watched.level.iter().map(|level| Column::new(format!("{name} below {}", level.quantity)).unit("h"));
        columns.extend(below);
    }
    columns.extend([Column::new("monitoring").unit("h"), Column::new("decided by")]);
    Some(rows(comparison, columns, |arm| session_cells(shown, arm)))
}

/// What effects do over the course: one row per arm; nothing where the plan has none that is followed, or no course.
pub fn response_table(comparison: &Comparison) -> Option<Table> {
    let shown = comparison.effects.as_ref().filter(|shown| !shown.responses.is_empty())?;
    comparison.arms.iter().find(|arm| arm.course.is_some())?;
    let mut columns = ["arm", "grade"].map(Column::new).to_vec();
    columns.push(Column::integers("sessions"));
    for response in &shown.responses {
        let unit = response.unit.to_string();
        columns.push(Column::new(format!("{} 24 h", response.name)).unit(&unit));
        columns.push(Column::new(format!("{} phase ends", response.name)));
        columns.push(Column::new(format!("{} end", response.name)).unit(&unit));
    }
    Some(rows(comparison, columns, |arm| {
        let sessions = arm.course.as_ref().map(|course| course.sessions.len() as i64);
        let mut cells = response_cells(shown, arm);
        cells.insert(1, sessions.map_or_else(|| Cell::missing(NO_COURSE), Cell::Integer));
        cells
    }))
}

/// What effects do, for `summary.csv`: names that stay the same, a column for every number.
pub(super) fn effects_summary(comparison: &Comparison) -> Table {
    let Some(shown) = &comparison.effects else {
        let mut nothing = Table::new(Vec::new());
        comparison.arms.iter().for_each(|_| nothing.push(Vec::new()));
        return nothing;
    };
    let mut columns = vec![Column::new("effects_grade")];
    for watched in &shown.watched {
        let name = &watched.output.name;
        columns.push(Column::new(format!("{name}_peak")).unit(watched.output.unit.to_string()));
        columns.push(Column::new(format!("{name}_peak_time_h")).unit("h"));
        columns.extend(watched.level.iter().map(|_| Column::new(format!("{name}_below_h")).unit("h")));
    }
    columns.extend([Column::new("monitoring_h").unit("h"), Column::new("monitoring_decided_by")]);
    columns.push(Column::new("response_grade"));
    for response in &shown.responses {
        let unit = response.unit.to_string();
        columns.push(Column::new(format!("{}_24h", response.name)).unit(&unit));
        columns.push(Column::new(format!("{}_phase_ends", response.name)));
        columns.push(Column::new(format!("{}_end", response.name)).unit(&unit));
    }
    let mut table = Table::new(columns);
    for arm in &comparison.arms {
        let cells = session_cells(shown, arm).into_iter().chain(response_cells(shown, arm));
        table.push(cells.collect());
    }
    table
}

/// Every curve of an effect in long form, for `effects.csv`.
pub fn effect_curves(comparison: &Comparison) -> Table {
    let mut columns: Vec<Column> = ["arm", "span"].map(Column::new).into();
    columns.push(Column::new("time").unit("h"));
    columns.extend(["output", "unit"].map(Column::new));
    columns.push(Column::numbers("value"));
    let mut table = Table::new(columns);
    let Some(shown) = &comparison.effects else { return table };
    for arm in &comparison.arms {
        let effects = arm.effects.iter().flat_map(|effects| &effects.session);
        let of_session = shown.watched.iter().map(|watched| &watched.output).zip(effects);
        let of_session =
            of_session.filter_map(|(output, effect)| Some(("session", output, &effect.as_ref().ok()?.curve)));
        let responses = arm.course.iter().flat_map(|course| &course.responses);
        let of_course = shown.responses.iter().zip(responses);
        let of_course = of_course.filter_map(|(output, found)| Some(("course", output, &found.as_ref().ok()?.curve)));
        for (span, output, Curve { times, values }) in of_session.chain(of_course) {
            for (time, value) in times.iter().zip(values) {
                table.push(vec![
                    arm.name.as_str().into(),
                    span.into(),
                    (*time).into(),
                    output.name.as_str().into(),
                    output.unit.to_string().into(),
                    (*value).into(),
                ]);
            }
        }
    }
    table
}

/// What has to be known to read the table of one session.
pub(super) fn session_notes(shown: &Shown) -> Vec<String> {
    let mut notes = Vec::new();
    let levels = |assumed: bool| {
        let levels = shown.watched.iter().filter_map(|w| Some((&w.output.name, w.level.as_ref()?)));
        let levels = levels.filter(|(_, level)| level.assumed == assumed);
        levels.map(|(name, level)| format!("{name} below {}", level.quantity)).collect::<Vec<_>>().join(", ")
    };
    let (own, assumed) = (levels(false), levels(true));
    if !(own.is_empty() && assumed.is_empty()) {
        notes.push("monitoring: from the first device until every level is kept for good".into());
    }
    if !own.is_empty() {
        notes.push(format!("levels of the plan: {own}"));
    }
    if !assumed.is_empty() {
        notes.push(format!("levels that are assumed, for no source gives one (key `monitoring`): {assumed}"));
    }
    notes.extend(made_by(shown, shown.watched.iter().map(|watched| watched.output.effect)));
    notes
}

/// What has to be known to read the table of the course.
pub(super) fn response_notes(shown: &Shown) -> Vec<String> {
    let names = shown.responses.iter().map(|r| format!("{} ({})", r.name, r.unit)).collect::<Vec<_>>().join(", ");
    let mut notes = vec![format!(
        "{names}: change from the start, below 0 is better; at the end of each phase before the next dose"
    )];
    notes.extend(made_by(shown, shown.responses.iter().map(|response| response.effect)));
    notes
}

fn made_by(shown: &Shown, effects: impl Iterator<Item = usize>) -> Option<String> {
    let mut effects: Vec<usize> = effects.collect();
    effects.dedup();
    let named = effects.into_iter().map(|effect| {
        let (id, grade) = &shown.effects[effect];
        format!("{id} ({grade})")
    });
    let named = named.collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| format!("effects: {named}; what the models say, not what to do"))
}

fn rows(comparison: &Comparison, columns: Vec<Column>, cells: impl Fn(&ArmResult) -> Vec<Cell>) -> Table {
    let mut table = Table::new(columns);
    for arm in &comparison.arms {
        table.push(std::iter::once(arm.name.as_str().into()).chain(cells(arm)).collect());
    }
    table
}

/// Grade, the numbers of each output that is watched, how long is monitored and what decides it.
fn session_cells(shown: &Shown, arm: &ArmResult) -> Vec<Cell> {
    let Some(effects) = &arm.effects else { unreachable!("a plan with effects has them in every arm") };
    let mut cells = vec![effects.grade.to_string().into()];
    for (watched, effect) in shown.watched.iter().zip(&effects.session) {
        match effect {
            Ok(effect) => {
                cells.extend([effect.peak, effect.time].map(Cell::from));
                cells.extend(effect.below.iter().map(|below| match below {
                    Ok(hours) => Cell::from(*hours),
                    Err(missing) => Cell::missing(missing.to_string()),
                }));
            }
            Err(reason) => {
                let count = if watched.level.is_some() { 3 } else { 2 };
                cells.extend((0..count).map(|_| Cell::missing(reason)));
            }
        }
    }
    cells.extend(match &effects.monitoring {
        Some(Ok(monitoring)) => {
            let decided = monitoring.decided_by.as_deref();
            [monitoring.hours.into(), decided.map_or_else(|| Cell::missing("no level is exceeded"), Cell::from)]
        }
        Some(Err(reason)) => [Cell::missing(reason), Cell::missing(reason)],
        None => ["no effect has a level"; 2].map(Cell::missing),
    });
    cells
}

/// Grade, and of each response the values a day after the first session, at the end of each phase and of the course.
fn response_cells(shown: &Shown, arm: &ArmResult) -> Vec<Cell> {
    let Some(course) = &arm.course else {
        return (0..=3 * shown.responses.len()).map(|_| Cell::missing(NO_COURSE)).collect();
    };
    let mut cells =
        vec![course.response_grade.map_or_else(|| Cell::missing("no effect is followed"), |g| g.to_string().into())];
    for response in &course.responses {
        cells.extend(match response {
            Ok(Response { day, phase_ends, end, .. }) => {
                let ends = phase_ends.iter().map(|value| rounded(*value, DIGITS)).collect::<Vec<_>>().join("; ");
                let day = day.as_ref().map_or_else(|missing| Cell::missing(missing.to_string()), |day| (*day).into());
                [day, ends.into(), (*end).into()]
            }
            Err(reason) => [reason, reason, reason].map(Cell::missing),
        });
    }
    cells
}
