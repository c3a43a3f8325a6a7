//! The tables of a comparison on a population.

use super::population::{PopulationResult, Summary};
use super::table::is_comparable;
use super::{Comparison, PERCENTILES};
use crate::io::{Cell, Column, Table, rounded};
use crate::study::FAILED;

pub(super) const SAME: &str = "the same for everybody";

/// Every metric of every arm: the people's median and range, geometric mean and variation, and the ratio to the reference.
/// None of these is a number of the typical person.
pub fn population_table(comparison: &Comparison) -> Table {
    let heads = ["arm", "analyte", "site", "metric", "unit", "n", "median", "p5", "p95", "geo mean", "geo CV"];
    let mut columns: Vec<Column> = heads.map(Column::new).into();
    columns.push(Column::new("ratio"));
    columns.extend(["90 % low", "90 % high"].map(Column::new));
    let mut table = Table::new(columns);
    let Some(population) = &comparison.population else { return table };
    for (place, (arm, people)) in comparison.arms.iter().zip(&population.arms).enumerate() {
        for (metric, measured) in people.metrics.iter().enumerate() {
            let summary = Summary::of(&measured.values, &PERCENTILES);
            let why = measured.missing.map_or_else(|| FAILED.to_string(), |missing| missing.to_string());
            let number = |value: f64| if value.is_nan() { Cell::missing(why.clone()) } else { value.into() };
            let geometric = |value: Option<f64>| value.map_or_else(|| Cell::missing("not all are above 0"), Cell::from);
            let mut row: Vec<Cell> = vec![
                arm.name.as_str().into(),
                arm.analyte.as_str().into(),
                arm.site.as_str().into(),
                measured.measure.to_string().into(),
                measured.unit.to_string().into(),
                Cell::Integer(summary.count as i64),
            ];
            let [low, middle, high] = summary.percentiles[..] else { unreachable!("as many as are asked for") };
            row.extend([middle, low, high].map(number));
            row.extend([summary.geometric_mean, summary.geometric_cv].map(geometric));
            row.extend(ratio(comparison, population, place, metric));
            table.push(row);
        }
    }
    table
}

/// The same for people, in fewer columns.
pub fn population_summary(comparison: &Comparison) -> Table {
    let heads = ["arm, metric", "unit", "n", "median", "5–95 %", "geo mean", "CV %", "ratio", "90 % interval"];
    let mut table = Table::new(heads.map(Column::new).into());
    for row in population_table(comparison).rows() {
        let [arm, _, _, metric, unit, n, median, low, high, mean, cv, ratio, from, to] = row.as_slice() else {
            continue;
        };
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => text.clone(),
            _ => String::new(),
        };
        let range = |low: &Cell, high: &Cell| match (low, high) {
            (Cell::Number(low), Cell::Number(high)) if low == high => Cell::missing(SAME),
            (Cell::Number(low), Cell::Number(high)) => format!("{} – {}", rounded(*low, 4), rounded(*high, 4)).into(),
            (other, _) => other.clone(),
        };
        let percent = match cv {
            Cell::Number(0.0) => Cell::missing(SAME),
            Cell::Number(cv) => Cell::Text(format!("{:.1}", 100.0 * cv)),
            other => other.clone(),
        };
        table.push(vec![
            format!("{}: {}", text(arm), text(metric)).into(),
            unit.clone(),
            n.clone(),
            median.clone(),
            range(low, high),
            mean.clone(),
            percent,
            ratio.clone(),
            range(from, to),
        ]);
    }
    table
}

/// The ratio of an arm's metric to the reference's with its interval, or why there is none.
fn ratio(comparison: &Comparison, population: &PopulationResult, arm: usize, metric: usize) -> [Cell; 3] {
    let missing = |why: &str| std::array::from_fn(|_| Cell::missing(why));
    let Some(reference) = population.reference else { return missing("no reference arm is named") };
    if reference == arm {
        return missing("the reference");
    }
    if !is_comparable(&comparison.arms[reference], &comparison.arms[arm]) {
        return missing("another analyte or site than the reference");
    }
    match population.ratio(arm, metric) {
        Some(ratio) => [ratio.ratio, ratio.low, ratio.high].map(Cell::from),
        None => missing("fewer than two people have both"),
    }
}

/// Percentiles of the people over one session in long form.
pub fn population_profiles(comparison: &Comparison) -> Table {
    let mut columns: Vec<Column> = ["arm", "analyte", "site", "unit"].map(Column::new).into();
    columns.push(Column::new("time").unit("h"));
    columns.extend(PERCENTILES.map(|p| Column::new(format!("p{p}"))));
    let mut table = Table::new(columns);
    for (arm, people) in comparison.arms.iter().zip(comparison.population.iter().flat_map(|p| &p.arms)) {
        for (i, time) in people.times.iter().enumerate() {
            let mut row: Vec<Cell> = vec![
                arm.name.as_str().into(),
                arm.analyte.as_str().into(),
                arm.site.as_str().into(),
                arm.unit.to_string().into(),
                (*time).into(),
            ];
            row.extend(people.curves.iter().map(|curve| Cell::from(curve[i])));
            table.push(row);
        }
    }
    table
}
