//! The tables of an equivalence.

use super::{Answer, Equivalence, Metric, Unmatched};
use crate::io::{Cell, Column, Table};

/// Of a metric, as part of a column's name.
fn short(metric: &Metric) -> &'static str {
    match metric.by {
        super::By::Auc => "AUC",
        super::By::Cmax => "Cmax",
        super::By::TimeAbove => "time_above",
        super::By::MetaboliteAuc => "metabolite_AUC",
        super::By::Cavg => "Cavg",
    }
}

fn percent(share: &Result<f64, Unmatched>) -> Cell {
    share.as_ref().map_or_else(|why| Cell::missing(why.to_string()), |share| (100.0 * share).into())
}

impl Equivalence {
    /// A row per metric: what matches by it, and what every metric is there in percent of the reference's.
    pub fn matches(&self) -> Table {
        let mut columns: Vec<Column> = ["by", "analyte"].map(Column::new).into();
        columns.extend([Column::numbers("reference"), Column::new("unit"), Column::new("matched")]);
        columns.extend([Column::new("dose").unit("mg"), Column::integers("count")]);
        columns.extend(self.metrics.iter().map(|m| Column::new(short(m)).unit("%")));
        columns.push(Column::new("why"));
        let mut table = Table::new(columns);
        for (i, (metric, answer)) in self.metrics.iter().zip(&self.answers).enumerate() {
            let trial = match answer {
                Answer::Dose(found) => self.trials.iter().find(|trial| trial.dose == found.dose),
                Answer::Whole(at) => Some(&self.trials[*at]),
                Answer::NoWhole { .. } | Answer::None(_) => None,
            };
            let why = match answer {
                Answer::None(why) => why.to_string(),
                Answer::NoWhole { .. } => self.said(i, answer),
                Answer::Dose(_) | Answer::Whole(_) => String::new(),
            };
            let mut row: Vec<Cell> = vec![metric.to_string().into(), metric.analyte.as_str().into()];
            row.push(self.reference[i].clone().map_or_else(Cell::missing, Cell::from));
            row.extend([metric.unit.to_string().into(), if trial.is_some() { "yes" } else { "no" }.into()]);
            let none = || Cell::missing("");
            row.push(trial.map_or_else(none, |trial| trial.dose.into()));
            let count = trial.filter(|trial| trial.count > 0);
            row.push(count.map_or_else(none, |trial| Cell::Integer(i64::from(trial.count))));
            row.extend((0..self.metrics.len()).map(|m| trial.map_or_else(none, |trial| percent(&trial.shares[m]))));
            row.push(if why.is_empty() { none() } else { why.into() });
            table.push(row);
        }
        table
    }

    /// Whole numbers with what every metric is in percent of the reference's; none where any amount can be given.
    pub fn whole_numbers(&self) -> Option<Table> {
        let unit = self.unit.as_ref()?;
        let name = if unit.route.is_some() { "devices" } else { "steps" };
        let mut columns = vec![Column::integers(name), Column::new("dose").unit("mg")];
        columns.extend(self.metrics.iter().map(|m| Column::new(short(m)).unit("%")));
        columns.extend(["matches", "note"].map(Column::new));
        let mut table = Table::new(columns);
        for (at, trial) in self.trials.iter().enumerate() {
            let matches = self.metrics.iter().zip(&self.answers).filter(|(_, a)| **a == Answer::Whole(at));
            let matches: Vec<&str> = matches.map(|(metric, _)| short(metric)).collect();
            let mut row = vec![Cell::Integer(i64::from(trial.count)), trial.dose.into()];
            row.extend(trial.shares.iter().map(percent));
            row.push(if matches.is_empty() { Cell::missing("") } else { matches.join(", ").into() });
            row.push(trial.note.clone().map_or_else(|| Cell::missing(""), Cell::from));
            table.push(row);
        }
        Some(table)
    }

    /// The doses that virtual people need; none of these is a number of the typical person.
    pub fn people_doses(&self) -> Option<Table> {
        let people = self.people.as_ref()?;
        let mut columns = vec![Column::new("by"), Column::new("analyte"), Column::integers("n")];
        columns.extend(["median", "p5", "p95"].map(|name| Column::new(name).unit("mg")));
        columns.extend([Column::integers("unmatched"), Column::new("why")]);
        let mut table = Table::new(columns);
        for (metric, doses) in self.metrics.iter().zip(&people.doses) {
            let summary = doses.summary();
            let [low, middle, high] = [0, 1, 2].map(|place| summary.percentiles[place]);
            let number = |value: f64| if value.is_nan() { Cell::missing("nobody has one") } else { value.into() };
            let unmatched = people.size as i64 - summary.count as i64;
            let mut row: Vec<Cell> =
                vec![metric.to_string().into(), metric.analyte.as_str().into(), Cell::Integer(summary.count as i64)];
            row.extend([middle, low, high].map(number));
            row.push(Cell::Integer(unmatched));
            row.push(doses.why.clone().map_or_else(|| Cell::missing(""), Cell::from));
            table.push(row);
        }
        Some(table)
    }

    /// What the doses of the typical person's table give virtual people: of each metric the ratio of geometric means of test to
    /// reference with its 90 % interval, and of doses in whole numbers the share of people for whom it is the nearest.
    pub fn people_ratios(&self) -> Option<Table> {
        let people = self.people.as_ref()?;
        let mut columns = vec![Column::new("dose").unit("mg")];
        columns.extend(["by", "analyte"].map(Column::new));
        columns.push(Column::integers("n"));
        columns.extend(["ratio", "low_90", "high_90"].map(Column::numbers));
        columns.extend(self.unit.is_some().then(|| Column::numbers("nearest")));
        let mut table = Table::new(columns);
        for (trial, ratios) in self.trials.iter().zip(&people.ratios) {
            for (i, (metric, of)) in self.metrics.iter().zip(ratios).enumerate() {
                let mut row: Vec<Cell> = vec![
                    trial.dose.into(),
                    metric.to_string().into(),
                    metric.analyte.as_str().into(),
                    Cell::Integer(of.count as i64),
                ];
                row.extend(match of.ratio {
                    Some(ratio) => [ratio.ratio, ratio.low, ratio.high].map(Cell::from),
                    None => std::array::from_fn(|_| Cell::missing("fewer than two people have both")),
                });
                row.extend(self.unit.is_some().then(|| Cell::from(people.doses[i].share(trial.dose))));
                table.push(row);
            }
        }
        Some(table)
    }

    /// The curves in long form.
    pub fn profiles(&self) -> Table {
        let mut columns = vec![Column::new("curve"), Column::new("match_by"), Column::new("time").unit("h")];
        columns.extend([Column::numbers("concentration"), Column::new("unit")]);
        let mut table = Table::new(columns);
        for curve in &self.curves {
            let by = curve.of.map_or(String::new(), |metric| self.metrics[metric].to_string());
            for (time, value) in curve.curve.times.iter().zip(&curve.curve.values) {
                let (name, unit) = (curve.name.as_str(), curve.unit.to_string());
                table.push(vec![name.into(), by.as_str().into(), (*time).into(), (*value).into(), unit.into()]);
            }
        }
        table
    }
}
