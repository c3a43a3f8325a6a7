//! The tables of a target.

use super::{Stopped, TargetResult};
use crate::io::{Cell, Column, Table};

impl TargetResult {
    /// Whether no point failed, and nobody lacks anything.
    pub fn is_complete(&self) -> bool {
        self.points.iter().all(|point| point.failed == 0 && point.stopped != Stopped::Failed)
    }

    /// A row per point and target.
    pub fn results(&self) -> Table {
        let mut columns = vec![Column::integers("point")];
        columns.extend(self.factors.iter().map(Column::new));
        columns.extend(["target", "status", "reason"].map(Column::new));
        columns.extend(["n", "attained"].map(Column::integers));
        columns.extend(["probability", "low", "high", "half_width"].map(Column::numbers));
        columns.extend(["stopped_by", "reaches"].map(Column::new));
        columns.extend(["subjects", "failed"].map(Column::integers));
        let mut table = Table::new(columns);
        for (at, point) in self.points.iter().enumerate() {
            for (target, name) in self.targets.iter().enumerate() {
                let mut row = vec![Cell::Integer(at as i64 + 1)];
                row.extend(point.setting.iter().map(|value| Cell::from(value.as_str())));
                let status = match (point.stopped, point.failed) {
                    (Stopped::Failed, _) => "failed",
                    (_, 0) => "ok",
                    _ => "some failed",
                };
                row.extend([name.as_str(), status].map(Cell::from));
                row.push(point.reason.clone().map_or_else(|| Cell::missing(""), Cell::from));
                match point.estimates.as_ref().map(|estimates| estimates[target]) {
                    Some(estimate) => {
                        let (low, high) = estimate.interval(self.level);
                        row.extend([estimate.n, estimate.attained].map(|n| Cell::Integer(n as i64)));
                        row.extend([estimate.share(), low, high, 0.5 * (high - low)].map(Cell::from));
                        row.extend([point.stopped.name(), self.reaches(estimate.share(), low, high)].map(Cell::from));
                    }
                    None => {
                        row.extend((0..6).map(|_| Cell::missing("")));
                        row.extend([point.stopped.name().into(), Cell::missing("")]);
                    }
                }
                row.extend([point.people, point.failed].map(|n| Cell::Integer(n as i64)));
                table.push(row);
            }
        }
        table
    }

    /// The rows of one target for people, in fewer columns.
    pub fn summary(&self, target: usize) -> Table {
        let mut columns: Vec<Column> = self.factors.iter().map(Column::new).collect();
        columns.push(Column::integers("n"));
        columns.extend(["probability", "low", "high"].map(Column::numbers));
        columns.extend(["stopped_by", "reaches", "reason"].map(Column::new));
        let mut table = Table::new(columns);
        for point in &self.points {
            let mut row: Vec<Cell> = point.setting.iter().map(|value| Cell::from(value.as_str())).collect();
            let none = || Cell::missing("");
            match point.estimates.as_ref().map(|estimates| estimates[target]) {
                Some(estimate) => {
                    let (low, high) = estimate.interval(self.level);
                    row.push(Cell::Integer(estimate.n as i64));
                    row.extend([estimate.share(), low, high].map(Cell::from));
                    row.extend([point.stopped.name(), self.reaches(estimate.share(), low, high)].map(Cell::from));
                }
                None => row.extend([none(), none(), none(), none(), point.stopped.name().into(), none()]),
            }
            row.push(point.reason.clone().map_or_else(none, Cell::from));
            table.push(row);
        }
        table
    }

    /// Whether a probability is as large as asked for, and whether its interval leaves that open.
    fn reaches(&self, share: f64, low: f64, high: f64) -> &'static str {
        match share >= self.probability {
            true if low >= self.probability => "yes",
            true => "yes, interval open",
            false if high >= self.probability => "no, interval open",
            false => "no",
        }
    }

    /// A row per target and setting of the other factors: the smallest level that reaches the probability. None where levels
    /// have no order.
    pub fn smallest(&self) -> Option<Table> {
        let doses = self.doses.as_ref()?;
        let dose = self.factors[self.dose].as_str();
        let mut columns = vec![Column::new("target")];
        let others = self.factors.iter().enumerate().filter(|(factor, _)| *factor != self.dose);
        columns.extend(others.map(|(_, name)| Column::new(name)));
        columns.push(Column::new(dose));
        columns.extend(["probability", "low", "high"].map(Column::numbers));
        columns.extend([format!("{dose}_surely"), "note".to_string()].map(Column::new));
        let mut table = Table::new(columns);
        for found in doses {
            let mut row: Vec<Cell> = vec![self.targets[found.target].as_str().into()];
            row.extend(found.others.iter().map(|value| Cell::from(value.as_str())));
            let level = |at: Option<usize>| {
                let none = || Cell::missing(format!("no level reaches {}", self.probability));
                at.map_or_else(none, |at| self.points[at].setting[self.dose].as_str().into())
            };
            row.push(level(found.reaches));
            let estimate = found.reaches.and_then(|at| Some(self.points[at].estimates.as_ref()?[found.target]));
            row.extend(match estimate {
                Some(estimate) => {
                    let (low, high) = estimate.interval(self.level);
                    [estimate.share(), low, high].map(Cell::from)
                }
                None => std::array::from_fn(|_| Cell::missing("")),
            });
            row.push(level(found.surely));
            let mut notes = Vec::new();
            if found.falls_again {
                notes.push("larger levels fall short again".to_string());
            }
            if found.failed > 0 {
                notes.push(format!("{} of the levels failed", found.failed));
            }
            row.push(if notes.is_empty() { Cell::missing("") } else { notes.join("; ").into() });
            table.push(row);
        }
        Some(table)
    }
}
