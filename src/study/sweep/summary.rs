//! The columns of the results, and the rows of a point from the units it consists of.

use super::plan::SweepPlan;
use super::unit::{Of, Unit, Why};
use crate::document::Text;
use crate::io::{Cell, Column, Holds};
use crate::math::statistics::{Moments, percentile, tree};
use crate::study::CHUNK;
use crate::units::Quantity;

const NO_VALUE: &str = "nobody has a value";

/// How a measure is compared with a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Comparison {
    /// Signs, those of two characters first.
    pub const ALL: [(&'static str, Comparison); 4] =
        [(">=", Comparison::AtLeast), ("<=", Comparison::AtMost), (">", Comparison::Above), ("<", Comparison::Below)];

    pub fn holds(self, value: f64, level: f64) -> bool {
        match self {
            Comparison::Above => value > level,
            Comparison::AtLeast => value >= level,
            Comparison::Below => value < level,
            Comparison::AtMost => value <= level,
        }
    }
}

/// The share of subjects whose measure is on one side of a level.
#[derive(Debug, Clone)]
pub(super) struct Probability {
    pub text: Text,
    /// Place among the measures.
    pub measure: usize,
    pub comparison: Comparison,
    pub level: Quantity,
}

/// A column, and the place of the measure whose unit it has.
struct Head {
    name: String,
    holds: Holds,
    measure: Option<usize>,
}

/// The columns of the results, in order.
fn heads(plan: &SweepPlan) -> Vec<Head> {
    let column = |name: &str, holds| Head { name: name.to_string(), holds, measure: None };
    let texts = |name: &str| column(name, Holds::Texts);
    let integers = |name: &str| column(name, Holds::Integers);
    let numbers = |name: &str| column(name, Holds::Numbers);
    let mut heads = vec![integers("point")];
    heads.extend(plan.factors.iter().map(|f| texts(f.name())));
    if plan.every_subject {
        heads.push(integers("ID"));
        heads.extend((plan.replicates > 1).then(|| integers("replicate")));
    }
    heads.extend(["status", "reason"].map(texts));
    for (i, measure) in plan.measures.iter().enumerate() {
        let name = &measure.name.text;
        if plan.has_values() {
            heads.push(Head { measure: Some(i), ..numbers(name) });
            continue;
        }
        let of_unit = |what: &str| Head { measure: Some(i), ..numbers(&format!("{name}_{what}")) };
        heads.push(integers(&format!("{name}_n")));
        heads.extend(["mean", "sd"].map(of_unit));
        heads.push(numbers(&format!("{name}_cv")));
        heads.push(of_unit("gmean"));
        heads.extend(plan.percentiles.iter().map(|p| of_unit(&format!("p{p}"))));
    }
    if !plan.has_values() {
        heads.extend(plan.probabilities.iter().map(|p| numbers(&p.text.text)));
        heads.extend(["subjects", "failed"].map(integers));
    }
    heads
}

impl SweepPlan {
    /// Whether rows hold the values of one person rather than a summary of many.
    fn has_values(&self) -> bool {
        self.every_subject || self.is_typical()
    }

    /// The names of the columns of the results, in order.
    pub(super) fn column_names(&self) -> impl Iterator<Item = String> + use<> {
        heads(self).into_iter().map(|head| head.name)
    }

    /// The columns, for measures in these units.
    pub(super) fn columns(&self, units: &[crate::units::Unit]) -> Vec<Column> {
        let column = |head: Head| Column {
            name: head.name,
            unit: head.measure.map(|measure| units[measure].to_string()),
            holds: head.holds,
        };
        heads(self).into_iter().map(column).collect()
    }

    /// The rows of a point: one, or one per person. `levels` are those of the probabilities in the units of the measures.
    pub(super) fn rows(&self, point: u64, setting: &[String], units: &[Unit], levels: &[f64]) -> Vec<Vec<Cell>> {
        let head = || {
            let point = Cell::Integer(point as i64 + 1);
            std::iter::once(point).chain(setting.iter().map(|v| v.as_str().into())).collect::<Vec<Cell>>()
        };
        match self.has_values() {
            true => units.iter().flat_map(|unit| self.value_rows(unit, &head)).collect(),
            false => vec![self.summary_row(head(), units, levels)],
        }
    }

    fn value_rows(&self, unit: &Unit, head: &dyn Fn() -> Vec<Cell>) -> Vec<Vec<Cell>> {
        let mut whys = unit.whys().peekable();
        let mut rows = Vec::new();
        for (person, values) in unit.persons().zip(unit.rows()) {
            let mut of_person = Vec::new();
            while let Some(why) = whys.next_if(|why| why.person == person) {
                of_person.push(why);
            }
            let mut row = head();
            if self.every_subject {
                row.push(Cell::Integer((person % self.subjects) as i64 + 1));
                row.extend((self.replicates > 1).then(|| Cell::Integer((person / self.subjects) as i64 + 1)));
            }
            let missing = values.iter().filter(|v| v.is_nan()).count();
            row.push(status(missing, values.len()).into());
            row.push(of_person.first().map_or(Cell::missing(""), |why| self.said(why, false).into()));
            row.extend(values.iter().enumerate().map(|(measure, value)| {
                let why = of_person.iter().find(|why| why.of.has(measure));
                why.map_or(Cell::Number(*value), |why| Cell::missing(why.reason))
            }));
            rows.push(row);
        }
        rows
    }

    fn summary_row(&self, mut row: Vec<Cell>, units: &[Unit], levels: &[f64]) -> Vec<Cell> {
        let persons: u64 = units.iter().map(|unit| unit.rows().len() as u64).sum();
        let values = persons as usize * self.measures.len();
        let missing = units.iter().flat_map(Unit::rows).flatten().filter(|v| v.is_nan()).count();
        row.push(status(missing, values).into());
        let first = units.iter().find_map(|unit| unit.whys().next());
        row.push(first.map_or(Cell::missing(""), |why| self.said(&why, true).into()));
        let mut chances = vec![Cell::missing(NO_VALUE); self.probabilities.len()];
        for measure in 0..self.measures.len() {
            let all = || units.iter().flat_map(|unit| unit.persons().zip(unit.rows().map(move |row| row[measure])));
            let mut sorted: Vec<f64> = all().map(|(_, value)| value).filter(|v| !v.is_nan()).collect();
            row.extend(moments(all()));
            for (i, p) in self.probabilities.iter().enumerate().filter(|(_, p)| p.measure == measure) {
                let hits = sorted.iter().filter(|v| p.comparison.holds(**v, levels[i])).count();
                if !sorted.is_empty() {
                    chances[i] = (hits as f64 / sorted.len() as f64).into();
                }
            }
            sorted.sort_by(f64::total_cmp);
            row.extend(self.percentiles.iter().map(|p| match sorted.is_empty() {
                true => Cell::missing(NO_VALUE),
                false => percentile(&sorted, *p).into(),
            }));
        }
        row.extend(chances);
        let failed: u64 =
            units.iter().map(|unit| unit.rows().filter(|row| row.iter().any(|v| v.is_nan())).count() as u64).sum();
        row.extend([persons, failed].map(|count| Cell::Integer(count as i64)));
        row
    }

    /// A reason in words, with who it is about where there are several and it is not about all of them.
    pub(super) fn said(&self, why: &Why<'_>, several: bool) -> String {
        let (subject, replicate) = (why.person % self.subjects + 1, why.person / self.subjects + 1);
        let who = match (several, self.replicates) {
            (false, _) => String::new(),
            (true, 1) => format!("subject {subject}: "),
            (true, _) => format!("subject {subject} of replicate {replicate}: "),
        };
        match why.of {
            Of::Point => why.reason.to_string(),
            Of::Person => format!("{who}{}", why.reason),
            Of::Measure(measure) => format!("{who}{}: {}", self.measures[measure].name.text, why.reason),
        }
    }
}

fn status(missing: usize, values: usize) -> &'static str {
    match missing {
        0 => "ok",
        _ if missing == values => "failed",
        _ => "some failed",
    }
}

/// Count, mean, standard deviation, coefficient of variation and geometric mean of the values that exist.
fn moments(values: impl Iterator<Item = (u64, f64)>) -> [Cell; 5] {
    let (mut plain, mut logs): (Vec<Moments>, Vec<Moments>) = Default::default();
    let mut positive = true;
    for (person, value) in values {
        let chunk = (person / CHUNK) as usize;
        plain.resize(plain.len().max(chunk + 1), Moments::default());
        logs.resize(plain.len(), Moments::default());
        if value.is_nan() {
            continue;
        }
        plain[chunk].add(value);
        positive &= value > 0.0;
        if positive {
            logs[chunk].add(value.ln());
        }
    }
    let (plain, logs) = (tree(&plain, Moments::merged), tree(&logs, Moments::merged));
    let some = |value: f64| if plain.count == 0 { Cell::missing(NO_VALUE) } else { value.into() };
    let spread = |value: f64| if plain.count < 2 { Cell::missing("fewer than two values") } else { value.into() };
    [
        Cell::Integer(plain.count as i64),
        some(plain.mean),
        spread(plain.sd()),
        if plain.mean > 0.0 { spread(plain.sd() / plain.mean) } else { Cell::missing("the mean is not above 0") },
        if positive { some(logs.mean.exp()) } else { Cell::missing("not every value is above 0") },
    ]
}
