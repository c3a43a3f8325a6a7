//! Between regimens and data sets: the rows that say some doses, and the doses that a subject's records say.

use crate::dosing::{DosingError, GivenDose, MAX_DOSES, repeated};
use crate::error::Kind;
use crate::io::{Cell, Column, Table};
use crate::model::{Model, RouteEntry, StateKind};
use crate::simulate::{DoseInput, DoseRecord, History, Target, What};

/// The rows that say doses of one subject; equal doses at equal intervals are one row with ADDL and II. An infusion is said by
/// its duration, which a bioavailability leaves as it is.
pub fn dose_rows(doses: &[GivenDose]) -> Table {
    let columns = ["ID", "TIME", "EVID", "AMT", "CMT", "DUR", "ADDL", "II"];
    let mut table = Table::new(columns.map(Column::new).into());
    for row in repeated(doses) {
        let route = row.dose.route.map_or_else(|| Cell::missing("the only route"), Cell::from);
        table.push(vec![
            Cell::Integer(1),
            row.dose.time.into(),
            Cell::Integer(1),
            row.dose.amount.into(),
            route,
            row.dose.over.into(),
            Cell::Integer(row.additional as i64),
            row.interval.into(),
        ]);
    }
    table
}

/// Why the records of a subject are no regimen.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRegimen {
    /// Something that a regimen has no words for.
    #[error("row {row} {does}")]
    Record {
        /// Row of the data, counted from 1 below the header.
        row: usize,
        /// What it does.
        does: String,
    },
    /// No doses at all.
    #[error("no dose is given")]
    Nothing,
    /// Doses that make no schedule.
    #[error(transparent)]
    Dosing(#[from] DosingError),
}

impl Kind for NoRegimen {
    fn code(&self) -> &'static str {
        match self {
            NoRegimen::Record { .. } | NoRegimen::Nothing => "E_NO_REGIMEN",
            NoRegimen::Dosing(error) => error.code(),
        }
    }
}

/// The doses of a subject one by one, additional ones included, if they are all that its records do.
///
/// # Errors
/// The first record that a regimen has no words for, and what it does.
pub fn doses_of(model: &Model, history: &History) -> Result<Vec<GivenDose>, NoRegimen> {
    let mut doses = Vec::new();
    for record in &history.records {
        let because = |does: String| NoRegimen::Record { row: record.row, does };
        let no = |does: &str| Err(because(does.into()));
        let dose = match &record.what {
            What::Observation { close: None } | What::Other { switch: None } => continue,
            What::Dose(dose) => dose,
            What::Observation { .. } | What::Other { .. } => return no("closes or opens a compartment"),
            What::SteadyInfusion { .. } => return no("asks for a steady state"),
            What::Reset(_) => return no("is a reset"),
            What::Replace { .. } => return no("replaces an amount"),
        };
        if dose.steady.is_some() {
            return no("asks for a steady state");
        }
        if record.time < 0.0 {
            return no("gives a dose before 0 h, where a regimen begins");
        }
        let given = given(model, record.time, dose).map_err(because)?;
        let (additional, interval) = dose.repeats.map_or((0, 0.0), |r| (r.additional, r.interval));
        if doses.len() + additional as usize >= MAX_DOSES {
            return Err(DosingError::TooManyDoses.into());
        }
        doses.extend(
            (0..=additional).map(|k| GivenDose { time: record.time + f64::from(k) * interval, ..given.clone() }),
        );
    }
    if doses.is_empty() { Err(NoRegimen::Nothing) } else { Ok(doses) }
}

/// One dose, or what it does that a regimen has no words for.
fn given(model: &Model, time: f64, dose: &DoseRecord) -> Result<GivenDose, String> {
    let index = match dose.target {
        Target::Route(route) => route,
        Target::Compartment(state) => plain_route(model, state).ok_or_else(|| {
            format!("doses the compartment `{}`, and no route leads there unchanged", model.states()[state].name)
        })?,
    };
    let route = &model.routes()[index];
    let over = match dose.input {
        DoseInput::Bolus => 0.0,
        DoseInput::Duration(over) => over,
        DoseInput::Rate(rate) if route.entries.iter().all(|e| e.fraction.is_none() && e.amount.is_none()) => {
            dose.amount / rate
        }
        DoseInput::Rate(_) => return Err("gives a rate, whose duration depends on the bioavailability".into()),
        DoseInput::ModelledRate => return Err("leaves its rate to the model".into()),
        DoseInput::ModelledDuration => return Err("leaves its duration to the model".into()),
    };
    Ok(GivenDose { time, amount: dose.amount, route: Some(route.name.clone()), over })
}

/// The route that does to a dose what the compartment itself does: nothing.
fn plain_route(model: &Model, state: usize) -> Option<usize> {
    let StateKind::Compartment { doses, .. } = model.states()[state].kind else { return None };
    let plain = RouteEntry { state, fraction: None, amount: None, lag: None, over: None, input: None };
    let leads_there = || model.routes().iter().position(|r| r.device.is_none() && r.entries == [plain]);
    if doses == Default::default() { leads_there() } else { None }
}
