//! Simulating every point, and judging the values.

use super::indices::{Known, independent, local, morris, sobol};
use super::layout::{Layout, PART, SAMPLE};
use super::{Analysis, Design, Effects, Evaluated, FactorUsed, MeasureResult, Method};
use crate::Error;
use crate::error::Diagnostic;
use crate::io::{Cell, Column, csv_line, csv_rows};
use crate::model::Grade;
use crate::study::compare::Models;
use crate::study::sweep::{Factor, Sweep, Totals};
use crate::units::Quantity;
use rayon::prelude::*;
use std::ops::Range;

/// Points that a thread takes at a time.
const BLOCK: u64 = 64;
/// Points at which is looked how large outputs become: the order of magnitude is asked for, which a few know.
const LOOKS: u64 = 16;

/// What some points gave.
#[derive(Default)]
struct Block {
    csv: String,
    /// Point after point, the values of all measures.
    values: Vec<f64>,
    /// Point, measure, reason, of values that are missing.
    missing: Vec<(usize, usize, String)>,
    /// Number or choice of each factor, point after point.
    settings: Vec<f64>,
    totals: Totals,
}

impl Design {
    /// Simulates the typical subject at every point. `tick` is told how many points more were simulated, from any thread.
    ///
    /// # Errors
    /// Everything that does not fit the models, placed where the plan says it. A point that fails is a gap in the result.
    pub fn run(&self, models: &Models, tick: impl Fn(u64) + Sync) -> Result<Analysis, Error> {
        let sweep = Sweep::with(&self.plan, models, self.settings)?;
        let points = self.runs();
        let blocks: Vec<Range<u64>> =
            (0..points).step_by(BLOCK as usize).map(|first| first..points.min(first + BLOCK)).collect();
        let one = |block: Range<u64>| {
            let count = block.end - block.start;
            let done = self.block(&sweep, block);
            tick(count);
            done
        };
        let blocks: Vec<Block> = blocks.into_par_iter().map(one).collect();
        let columns: Vec<Column> =
            [Column::integers(SAMPLE), Column::new(PART)].into_iter().chain(sweep.columns()).collect();
        let mut all = Block { csv: csv_line(columns.iter().map(|c| &c.name)), ..Block::default() };
        for block in blocks {
            all.csv.push_str(&block.csv);
            all.values.extend(block.values);
            all.missing.extend(block.missing);
            all.settings.extend(block.settings);
            all.totals += block.totals;
        }
        let mut warnings = sweep.warnings();
        warnings.extend(sweep.outside(&all.totals));
        warnings.extend(self.uneven());
        let units = columns.iter().filter_map(|c| Some((c.name.clone(), c.unit.clone()?))).collect();
        Ok(Analysis {
            title: self.plan.title.clone(),
            method: self.method,
            runs: points,
            failed: all.totals.failed,
            assumed: models.values().any(|m| m.grade() == Grade::Assumed),
            factors: self.factors(&all.settings),
            measures: self.measures(&sweep, &all),
            independent: independent(&self.layout, self.plan.factors.len()),
            evaluated: Evaluated { csv: all.csv, units },
            warnings,
        })
    }

    fn block(&self, sweep: &Sweep<'_>, points: Range<u64>) -> Block {
        let factors = &self.plan.factors;
        let mut block = Block::default();
        for point in points {
            let unit = sweep.run(point, 0..1);
            block.values.extend(unit.rows().flatten());
            for why in unit.whys() {
                let measures = (0..self.plan.measures.len()).filter(|measure| why.of.has(*measure));
                block.missing.extend(measures.map(|measure| (point as usize, measure, why.reason.to_string())));
            }
            let setting = sweep.setting(point);
            let number = |(factor, text): (&Factor, &String)| {
                let place = factor.list().and_then(|list| list.iter().position(|item| item.text == *text));
                match place {
                    Some(place) if self.points.is_empty() => place as f64 + 1.0,
                    _ => text.parse::<Quantity>().map_or(f64::NAN, |quantity| quantity.value()),
                }
            };
            block.settings.extend(factors.iter().zip(&setting).map(number));
            block.totals += sweep.totals(point, &unit);
            let (sample, part) = self.layout.label(point, factors);
            let mut rows = sweep.reduce(point, &[unit]);
            rows.iter_mut().for_each(|row| {
                row.splice(0..0, [Cell::Integer(sample), part.as_str().into()]);
            });
            block.csv.push_str(&csv_rows(&rows));
        }
        block
    }

    /// Says so where a sample of Sobol's sequence is not as even as it could be.
    fn uneven(&self) -> Option<Diagnostic> {
        let Layout::Sobol { rows } = self.layout else { return None };
        let message =
            || format!("`points = {rows}` is no power of 2, and only then the sample is as even as it can be");
        let hint = || format!("take {} or {}", rows.next_power_of_two() / 2, rows.next_power_of_two());
        (!rows.is_power_of_two()).then(|| Diagnostic::warning("W_UNEVEN_SAMPLE", message()).with_hint(hint()))
    }

    fn factors(&self, settings: &[f64]) -> Vec<FactorUsed> {
        let (factors, is_local) = (&self.plan.factors, !self.points.is_empty());
        let of = |(place, factor): (usize, &Factor)| {
            let at = self.points.get(place).map(|point| point.value.clone());
            let choices = factor.list().filter(|_| !is_local).unwrap_or_default();
            FactorUsed {
                name: factor.name().into(),
                unit: at.as_ref().map_or_else(|| factor.unit(), |at| at.unit().as_str().into()),
                logarithmic: factor.is_logarithmic(),
                choices: choices.iter().map(|c| c.text.clone()).collect(),
                at,
                values: settings.chunks(factors.len()).map(|point| point[place]).collect(),
            }
        };
        factors.iter().enumerate().map(of).collect()
    }

    fn measures(&self, sweep: &Sweep<'_>, all: &Block) -> Vec<MeasureResult> {
        let count = self.plan.measures.len();
        let values: Vec<Vec<f64>> =
            (0..count).map(|measure| all.values.iter().skip(measure).step_by(count).copied().collect()).collect();
        let peaks = self.peaks(sweep);
        let known: Vec<Known<'_>> = values.iter().zip(&peaks).map(|(values, peak)| self.known(values, *peak)).collect();
        let judged: Vec<Result<(), String>> = (0..count).map(|m| self.judge(m, known[m], &all.missing)).collect();
        let usable: Vec<Option<Known<'_>>> =
            known.iter().zip(&judged).map(|(known, judged)| judged.is_ok().then_some(*known)).collect();
        let (factors, seed) = (self.plan.factors.len(), self.plan.seed());
        let none = || "the values do not vary".to_string();
        let effects: Vec<Option<Effects>> = match (self.method, &self.layout) {
            (Method::Sobol { bootstrap, .. }, Layout::Sobol { rows }) => {
                let found = sobol(&usable, *rows as usize, factors, bootstrap, seed);
                found.into_iter().map(|one| one.map(Effects::Sobol)).collect()
            }
            (Method::Morris { bootstrap, .. }, Layout::Morris { moved }) => {
                let found = morris(&usable, moved, &self.shares, bootstrap, seed);
                found.into_iter().map(|one| one.map(Effects::Morris)).collect()
            }
            _ => (0..count).map(|m| Some(self.elasticities(m, known[m], peaks[m], &all.missing))).collect(),
        };
        let results = self.plan.measures.iter().zip(sweep.units()).zip(values).zip(judged).zip(effects);
        results
            .map(|((((measure, unit), values), judged), effects)| MeasureResult {
                name: measure.name.text.clone(),
                metric: measure.text.text.clone(),
                unit: unit.clone(),
                values,
                effects: judged.and_then(|()| effects.ok_or_else(none)),
            })
            .collect()
    }

    /// Whether indices of all points make sense: every value is there, and they are not all the same.
    fn judge(&self, measure: usize, known: Known<'_>, missing: &[(usize, usize, String)]) -> Result<(), String> {
        let values = known.values;
        if let Layout::Local = self.layout {
            return Ok(());
        }
        let mut missing = missing.iter().filter(|(_, of, _)| *of == measure).peekable();
        if let Some((point, _, reason)) = missing.peek() {
            let (first, of) = (point + 1, values.len());
            let first = format!("the first, point {first}: {reason}");
            return Err(format!("{} of {of} simulations have no value; {first}", missing.count()));
        }
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        if high - low <= known.rounding {
            return Err("the factors do not change it".into());
        }
        Ok(())
    }

    fn elasticities(&self, measure: usize, known: Known<'_>, peak: f64, missing: &[(usize, usize, String)]) -> Effects {
        let zero = self.rounding.of_peak * peak;
        let value = |point: usize| {
            let why = missing.iter().find(|(at, of, _)| *at == point && *of == measure);
            why.map_or(Ok(known.values[point]), |(_, _, reason)| Err(reason.clone()))
        };
        let each = self.points.iter().enumerate();
        let of = |(factor, point)| local(value, factor, point, self.step, zero, self.rounding.relative);
        Effects::Local(each.map(of).collect())
    }

    /// How large the outputs of the measures become at some of the points; 0 where a measure is not in the unit of its output.
    fn peaks(&self, sweep: &Sweep<'_>) -> Vec<f64> {
        let mut largest = vec![0.0; self.plan.measures.len()];
        let runs = self.runs();
        for point in (0..runs).step_by(runs.div_ceil(LOOKS).max(1) as usize) {
            for (largest, peak) in largest.iter_mut().zip(sweep.peaks(point)) {
                *largest = peak.unwrap_or(0.0).max(*largest);
            }
        }
        largest
    }

    /// Values with how far two of them may be apart and be the same.
    fn known<'v>(&self, values: &'v [f64], peak: f64) -> Known<'v> {
        // A missing value is smaller than any.
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        Known { values, rounding: (self.rounding.relative * largest).max(self.rounding.of_peak * peak) }
    }
}
