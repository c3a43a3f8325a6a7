//! The table of an analysis: one row per subject and interval, one column per metric.

use super::Row;
use crate::io::{Cell, Column, Concentrations, Table};
use crate::metrics::nca::{Convention, Flag, Missing, Start};
use crate::metrics::{Metric, Scale, Way};
use std::fmt::Write;

/// Which columns a table has.
pub(super) struct Columns<'a> {
    pub data: &'a Concentrations,
    pub metrics: &'a [Metric],
    pub cdisc: bool,
}

impl Columns<'_> {
    /// The whole table, with a column of flags at its end; with one of reasons where the format has no other place for them.
    pub fn table(&self, rows: &[Row<'_>], with_reasons: bool) -> Table {
        let time = self.data.time.as_str();
        let mut columns = vec![Column::new("ID"), Column::new("from").unit(time), Column::new("to").unit(time)];
        columns.extend(["route", "method", "convention", "start"].map(Column::new));
        columns.extend(self.metrics.iter().map(|metric| self.column(*metric, rows)));
        columns.extend(["flags", "missing"].map(Column::new).into_iter().take(if with_reasons { 2 } else { 1 }));
        let mut table = Table::new(columns);
        for row in rows {
            let (from, to) = row.setting.span();
            let mut cells: Vec<Cell> = vec![row.subject.id.as_str().into(), from.into(), end(to)];
            let names = [row.setting.route.name(), row.setting.rule.name(), row.setting.convention.name()];
            cells.extend(names.map(Cell::from));
            cells.push(start(row.report.start));
            cells.extend(self.metrics.iter().map(|metric| self.value(row, *metric)));
            cells.push(flags(&row.report.flags));
            cells.extend(with_reasons.then(|| self.reasons(row)));
            table.push(cells);
        }
        table
    }

    /// The table without the columns that are empty for everyone or said above it, and a text that says why they are.
    pub fn for_people(&self, rows: &[Row<'_>]) -> (Table, String) {
        let missing = |metric: &Metric| rows.iter().all(|row| get(row, *metric).is_err());
        let (empty, shown): (Vec<Metric>, Vec<Metric>) = self.metrics.iter().partition(|metric| missing(metric));
        let whole = Columns { metrics: &shown, ..*self }.table(rows, false);
        let several = rows.iter().any(|row| row.setting.interval.is_some());
        let is_shown = |name: &str| match name {
            "from" | "to" => several,
            "route" | "method" | "convention" => false,
            "flags" => rows.iter().any(|row| !row.report.flags.is_empty()),
            _ => true,
        };
        let at: Vec<usize> = (0..whole.columns().len()).filter(|i| is_shown(&whole.columns()[*i].name)).collect();
        let mut table = Table::new(at.iter().map(|i| whole.columns()[*i].clone()).collect());
        whole.rows().iter().for_each(|row| table.push(at.iter().map(|i| row[*i].clone()).collect()));
        let mut rest = String::new();
        let first = |metric: &Metric| rows.first().and_then(|row| get(row, *metric).err());
        for (reason, metrics) in grouped(empty.into_iter().filter_map(|metric| Some((metric, first(&metric)?)))) {
            let names: Vec<String> = metrics.iter().map(|metric| self.name(*metric, rows)).collect();
            let _ = writeln!(rest, "no {}: {}", names.join(", "), self.reason(reason));
        }
        let rest = if rest.is_empty() { rest } else { format!("\n{rest}") };
        (table, rest)
    }

    fn column(&self, metric: Metric, rows: &[Row<'_>]) -> Column {
        let name = self.name(metric, rows);
        let convention = rows.first().map_or(Convention::default(), |row| row.setting.convention);
        // Units differ between subjects where doses come from two places: then none is said here.
        let mut units = rows.iter().filter_map(|row| row.units.of(metric, convention).ok()).map(|(unit, _)| unit);
        let unit = units.next().filter(|unit| !unit.is_empty() && units.all(|other| other == *unit));
        let scale = metric.definition().scale;
        // The unit of times alone would be wrong for an area of concentrations without one.
        let half_known = self.data.concentration.is_none() && matches!(scale, Scale::Area | Scale::Moment);
        match unit.filter(|_| !half_known) {
            Some(unit) => Column::new(name).unit(unit),
            None if scale == Scale::Count => Column::integers(name),
            None => Column::numbers(name),
        }
    }

    fn name(&self, metric: Metric, rows: &[Row<'_>]) -> String {
        let way = rows.first().map_or(Way::Outside, |row| row.setting.route.way());
        let definition = metric.definition();
        let code = definition.cdisc.of(way).filter(|_| self.cdisc);
        code.map_or_else(|| definition.label(way), str::to_string)
    }

    fn value(&self, row: &Row<'_>, metric: Metric) -> Cell {
        match get(row, metric) {
            Ok(count) if metric.definition().scale == Scale::Count => Cell::Integer(count as i64),
            Ok(value) => value.into(),
            Err(missing) => Cell::missing(self.reason(missing)),
        }
    }

    /// A reason in the words and units of the table.
    fn reason(&self, missing: Missing) -> String {
        match missing {
            Missing::NoConcentrationUnit => missing.to_string().replace("DV", &self.data.column),
            Missing::NoSampleAt(_) => format!("{missing} {}", self.data.time),
            _ => missing.to_string(),
        }
    }

    /// Why the metrics of a row that are missing are, those of one reason together.
    fn reasons(&self, row: &Row<'_>) -> Cell {
        let missing = self.metrics.iter().filter_map(|metric| Some((*metric, get(row, *metric).err()?)));
        let texts = grouped(missing).into_iter().map(|(reason, metrics)| {
            let names: Vec<String> = metrics.iter().map(|m| self.name(*m, std::slice::from_ref(row))).collect();
            format!("{}: {}", names.join(" "), self.reason(reason))
        });
        let text: Vec<String> = texts.collect();
        if text.is_empty() { Cell::missing("") } else { text.join("; ").into() }
    }
}

/// Metrics by their reason, in the order in which reasons come first.
fn grouped(missing: impl Iterator<Item = (Metric, Missing)>) -> Vec<(Missing, Vec<Metric>)> {
    let mut groups: Vec<(Missing, Vec<Metric>)> = Vec::new();
    for (metric, reason) in missing {
        match groups.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, metrics)) => metrics.push(metric),
            None => groups.push((reason, vec![metric])),
        }
    }
    groups
}

/// A metric of a row in its unit, or why it has none.
pub(super) fn get(row: &Row<'_>, metric: Metric) -> Result<f64, Missing> {
    row.units.get(&row.report, metric, row.setting.convention)
}

fn end(to: f64) -> Cell {
    if to.is_finite() { to.into() } else { Cell::missing("to infinity") }
}

fn start(start: Option<Start>) -> Cell {
    start.map_or_else(|| Cell::missing(Missing::NoTimeZero.to_string()), |start| start.name().into())
}

fn flags(flags: &[Flag]) -> Cell {
    let texts: Vec<String> = flags.iter().map(Flag::to_string).collect();
    if texts.is_empty() { Cell::missing("") } else { texts.join("; ").into() }
}
