//! What an analysis found, as tables.

use super::{Analysis, Effects, Estimate, Method};
use crate::io::{Cell, Column, Table};
use crate::math::statistics::Moments;

/// A row per measure and factor, the largest effect of a measure first.
pub fn index_table(analysis: &Analysis) -> Table {
    let with_interval = |name: &str| ["", "_low", "_high"].map(|end| Column::numbers(format!("{name}{end}")));
    let mut columns = vec![Column::new("measure"), Column::new("factor")];
    match analysis.method {
        Method::Sobol { .. } => {
            columns.extend(with_interval("first"));
            columns.extend(with_interval("total"));
        }
        Method::Morris { .. } => {
            columns.extend(with_interval("mu_star"));
            columns.extend(["mu", "sigma"].map(Column::numbers));
            columns.push(Column::new("unit"));
        }
        Method::Local { .. } => {
            columns.push(Column::new("at"));
            columns.extend(["elasticity", "error", "derivative"].map(Column::numbers));
            columns.push(Column::new("unit"));
        }
    }
    let width = columns.len();
    let mut table = Table::new(columns);
    for measure in &analysis.measures {
        let order = match &measure.effects {
            Ok(effects) => effects.order(),
            Err(_) => (0..analysis.factors.len()).collect(),
        };
        for place in order {
            let factor = &analysis.factors[place];
            let mut row: Vec<Cell> = vec![measure.name.as_str().into(), factor.name.as_str().into()];
            match &measure.effects {
                Err(reason) => row.resize(width, Cell::missing(reason)),
                Ok(Effects::Sobol(all)) => row.extend([all[place].first, all[place].total].iter().flat_map(cells)),
                Ok(Effects::Morris(all)) => {
                    row.extend(cells(&all[place].mu_star));
                    row.extend([all[place].mu.into(), all[place].sigma.into(), measure.unit.to_string().into()]);
                }
                Ok(Effects::Local(all)) => {
                    let at = factor.at.as_ref().map(ToString::to_string).unwrap_or_default();
                    row.push(at.into());
                    match &all[place] {
                        Ok(one) => row.extend([one.elasticity, one.error, one.derivative].map(Cell::from)),
                        Err(reason) => row.extend(std::iter::repeat_n(Cell::missing(reason), 3)),
                    }
                    row.push(per(&measure.unit.to_string(), &factor.unit).into());
                }
            }
            table.push(row);
        }
    }
    table
}

fn cells(estimate: &Estimate) -> [Cell; 3] {
    // Of a handful of rows, resamples may all be of rows that are the same.
    let end = |value: f64| if value.is_nan() { Cell::missing("too few rows") } else { value.into() };
    [estimate.value.into(), end(estimate.low), end(estimate.high)]
}

/// One unit over another, so that it shows which is which.
fn per(unit: &str, other: &str) -> String {
    if other.is_empty() { unit.into() } else { format!("{unit} per {other}") }
}

/// A row per measure: what its values were, over all points or, for derivatives, at the point itself.
pub fn measure_table(analysis: &Analysis) -> Table {
    let is_sobol = matches!(analysis.method, Method::Sobol { .. });
    let is_local = matches!(analysis.method, Method::Local { .. });
    let mut columns = vec![Column::new("measure"), Column::new("metric"), Column::new("unit")];
    match is_local {
        true => columns.push(Column::numbers("value")),
        false => {
            columns.push(Column::integers("simulations"));
            columns.extend(["mean", "sd", "min", "max"].map(Column::numbers));
        }
    }
    columns.extend(is_sobol.then(|| Column::numbers("first_sum")));
    let mut table = Table::new(columns);
    for measure in &analysis.measures {
        let unit = measure.unit.to_string();
        let mut row: Vec<Cell> = vec![measure.name.as_str().into(), measure.metric.as_str().into(), unit.into()];
        let there = || measure.values.iter().copied().filter(|v| !v.is_nan());
        let some = |value: f64| if value.is_finite() { Cell::Number(value) } else { Cell::missing("no values") };
        match is_local {
            true => row.push(some(measure.values.first().copied().unwrap_or(f64::NAN))),
            false => {
                let moments: Moments = there().collect();
                row.push(Cell::Integer(moments.count as i64));
                let mean = if moments.count == 0 { f64::NAN } else { moments.mean };
                let (low, high) = (there().fold(f64::INFINITY, f64::min), there().fold(f64::NEG_INFINITY, f64::max));
                row.extend([mean, moments.sd(), low, high].map(some));
            }
        }
        if is_sobol {
            row.push(match &measure.effects {
                Ok(Effects::Sobol(all)) => all.iter().map(|one| one.first.value).sum::<f64>().into(),
                Ok(_) => Cell::missing(""),
                Err(reason) => Cell::missing(reason),
            });
        }
        table.push(row);
    }
    table
}
