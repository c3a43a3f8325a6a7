//! Columns that set covariates and parameters.

use super::error::CellError;
use super::row::{Log, Row, number};
use crate::error::Diagnostic;
use crate::model::{CovariateKind, Model};
use crate::simulate::Column;

/// The largest whole number up to which every one is a number of its own here.
const MAX_LABEL: f64 = 9_007_199_254_740_992.0;

/// The last values of one subject, which missing cells take.
pub(super) struct Carried {
    last: Vec<Option<f64>>,
    /// Columns whose first value has been asked for in vain: said once.
    missed: Vec<bool>,
}

impl Carried {
    pub fn new(columns: usize) -> Self {
        Carried { last: vec![None; columns], missed: vec![false; columns] }
    }

    /// The values of a row in base units; faults are logged.
    pub fn values(&mut self, row: &Row<'_>, model: &Model, log: &mut Log) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.last.len());
        for (i, (at, column)) in row.header.values().iter().enumerate() {
            match row.text(*at).map(|text| value(model, *column, &text)) {
                Some(Ok(value)) => self.last[i] = Some(value),
                Some(Err(what)) => {
                    log.push(row.fault(*at, what));
                    self.missed[i] = true;
                }
                None if self.last[i].is_none() && !self.missed[i] => {
                    log.push(row.fault(*at, CellError::NoValueYet { name: name(model, *column).into() }));
                    self.missed[i] = true;
                }
                None => {}
            }
            values.push(self.last[i].unwrap_or(f64::NAN));
        }
        values
    }
}

fn name(model: &Model, column: Column) -> &str {
    match column {
        Column::Covariate(i) => &model.covariates()[i].name,
        Column::Parameter(i) => &model.parameters()[i].name,
        Column::Occasion => model.population().occasion_column().unwrap_or_default(),
    }
}

/// What a cell sets, in base units.
fn value(model: &Model, column: Column, text: &str) -> Result<f64, CellError> {
    let in_base = |unit: &crate::units::Unit| {
        let value = unit.to_base(number(text)?);
        if value.is_finite() { Ok(value) } else { Err(CellError::NotNumber { found: text.into() }) }
    };
    let covariate = match column {
        Column::Parameter(i) => return in_base(&model.parameters()[i].unit),
        Column::Covariate(i) => &model.covariates()[i],
        Column::Occasion => {
            let whole = text.parse().ok().filter(|n: &f64| n.fract() == 0.0 && n.abs() <= MAX_LABEL);
            let not = || CellError::NotOccasion { name: name(model, column).into(), found: text.into() };
            return whole.ok_or_else(not);
        }
    };
    match &covariate.kind {
        CovariateKind::Number { unit } => in_base(unit),
        CovariateKind::Flag => match text.parse() {
            Ok(value @ (0.0 | 1.0)) => Ok(value),
            _ => Err(CellError::NotFlag { name: covariate.name.clone(), found: text.into() }),
        },
        CovariateKind::Category { options } => {
            let word = options.iter().position(|option| option == text).map(|place| place as f64);
            // A number is the place in the list, counted from 0.
            let place =
                || text.parse::<f64>().ok().filter(|n| n.fract() == 0.0 && (0.0..options.len() as f64).contains(n));
            word.or_else(place).ok_or_else(|| CellError::NotInList {
                name: covariate.name.clone(),
                found: text.into(),
                options: options.clone(),
            })
        }
    }
}

/// The values outside the range of the people a model was made from: one warning per covariate.
pub(super) struct Outside {
    /// Place in the values of a record, and range.
    watched: Vec<(usize, usize)>,
}

impl Outside {
    pub fn new(model: &Model, columns: &[(usize, Column)]) -> Self {
        let ranges = &model.population().ranges;
        let watched = columns.iter().enumerate().filter_map(|(i, (_, column))| {
            let name = name(model, *column);
            ranges.iter().position(|range| range.name == name).map(|range| (i, range))
        });
        Outside { watched: watched.collect() }
    }

    /// Warnings of what is outside for the first time.
    pub fn warn(&mut self, row: &Row<'_>, values: &[f64], model: &Model, warnings: &mut Vec<Diagnostic>) {
        let ranges = &model.population().ranges;
        self.watched.retain(|(i, range)| {
            let range = &ranges[*range];
            let inside = (range.low..=range.high).contains(&values[*i]) || values[*i].is_nan();
            if !inside {
                let show = |value: f64| format!("{} {}", range.unit.from_base(value), range.unit);
                let message = format!(
                    "row {}: {} = {} is outside the range {} to {} of the people {} was made from",
                    row.row,
                    range.name,
                    show(values[*i]),
                    show(range.low),
                    show(range.high),
                    range.made(model.id())
                );
                let warning = Diagnostic::warning("W_OUTSIDE_POPULATION", message);
                warnings.push(warning.with_hint("the result is an extrapolation; further rows are not listed"));
            }
            inside
        });
    }
}
