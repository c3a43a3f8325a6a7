//! What effects do on a population: percentiles, and the shares of those who are monitored for long or respond.

use super::course::course_simulation;
use super::effects::{self, EffectOutput, Shown};
use super::plan::ArmPlan;
use super::population::{PERCENTILES, Summary};
use super::population_table::SAME;
use super::{ArmPeople, Comparison};
use crate::Error;
use crate::error::{Fault, Faults};
use crate::io::{Cell, Column, Table, rounded};
use crate::metrics::Measure;
use crate::model::{Grade, Model};
use crate::population::{Population, Subject};
use crate::simulate::Missing;
use crate::study::cohort::{Cohort, Measured, Remarks};
use crate::study::share::{FAILED, share_cells};

/// Who responds has lost so much of what they began with (the common definition of response in trials of depression).
const RESPONSE: f64 = 0.5;
/// The output that is a change of a total, and the covariate that the total begins with.
const TOTAL: (&str, &str) = ("madrs_total_change", "madrs_baseline");

/// A number that effects give many people in one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleEffect {
    /// What it is.
    pub what: String,
    /// Its unit.
    pub unit: String,
    /// The worst grade of the model and of the outputs it comes from.
    pub grade: Grade,
    /// Of each person: NaN of those who failed, infinite of those who are above a level at the end; or why nobody has any.
    pub values: Result<Vec<f64>, String>,
    /// Those of whom something is true.
    pub share: Option<Share>,
}

/// A share of people.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// What is true of them.
    pub of: String,
    /// How many they are.
    pub hits: u64,
    /// Of so many.
    pub count: u64,
}

impl Share {
    fn of(what: String, known: impl Iterator<Item = bool>) -> Self {
        let (mut hits, mut count) = (0, 0);
        for hit in known {
            hits += u64::from(hit);
            count += 1;
        }
        Share { of: what, hits, count }
    }

    /// The share, and the limits of Wilson's interval.
    fn cells(&self) -> [Cell; 3] {
        share_cells(self.hits, self.count, FAILED)
    }
}

/// What to ask of every person after one session: outputs by their place in the model.
pub(super) fn wanted(shown: &Shown, model: &Model) -> Vec<(usize, Measure)> {
    let on_it = shown.watched.iter().filter_map(|watched| Some((watched.output.place(model).ok()?, watched)));
    on_it.flat_map(|(place, watched)| watched.measures().into_iter().map(move |measure| (place, measure))).collect()
}

/// The numbers of one session from the answers to [`wanted`], in its order.
pub(super) fn of_session(shown: &Shown, model: &Model, answers: &[Measured], monitor: f64) -> Vec<PeopleEffect> {
    let grade = effects::grade(model, shown.watched.iter().map(|watched| &watched.output));
    let mut answers = answers.iter();
    let mut found = Vec::new();
    // The longest of each person; none once an output with a level is missing.
    let mut longest: Option<Result<Vec<f64>, String>> = None;
    for watched in &shown.watched {
        let of =
            |what: String, unit: &str, values, share| PeopleEffect { what, unit: unit.into(), grade, values, share };
        let (name, unit) = (&watched.output.name, watched.output.unit.to_string());
        let below = watched.level.as_ref().map(|level| format!("{name} below {}", level.quantity));
        if let Err(reason) = watched.output.place(model) {
            found.push(of(format!("{name} peak"), &unit, Err(reason.clone()), None));
            if let Some(below) = below {
                found.push(of(below, "h", Err(reason.clone()), None));
                longest = Some(Err(reason));
            }
            continue;
        }
        let mut next = || answers.next().expect("an answer to everything that is wanted");
        let peak = next();
        found.push(of(format!("{name} peak"), &unit, Ok(peak.values.clone()), None));
        if let Some(below) = below {
            let waits = waits(next(), peak);
            longest = Some(match longest {
                None => Ok(waits.clone()),
                Some(longest) => longest.map(|longest| longest.iter().zip(&waits).map(|(a, b)| a.max(*b)).collect()),
            });
            let share = above(format!("above the level after {} h", rounded(monitor, 4)), &waits, monitor);
            found.push(of(below, "h", Ok(waits), Some(share)));
        }
    }
    if let Some(longest) = longest {
        let share = longest
            .as_ref()
            .ok()
            .map(|waits| above(format!("monitored for longer than {} h", rounded(monitor, 4)), waits, monitor));
        found.push(PeopleEffect { what: "monitoring".into(), unit: "h".into(), grade, values: longest, share });
    }
    found
}

/// How long each person is above a level; who has a peak and no end is above it until the end.
fn waits(last_above: &Measured, peak: &Measured) -> Vec<f64> {
    let waits = last_above.values.iter().zip(&peak.values);
    waits.map(|(wait, peak)| if wait.is_nan() && !peak.is_nan() { f64::INFINITY } else { *wait }).collect()
}

fn above(what: String, waits: &[f64], end: f64) -> Share {
    Share::of(what, waits.iter().filter(|wait| !wait.is_nan()).map(|wait| *wait > end))
}

/// What the responses are at the end of an arm's course.
///
/// # Errors
/// As a simulation of the course.
pub(super) fn of_course<'m>(
    shown: &Shown,
    arm: &ArmPlan,
    base: &Subject<'m>,
    population: &Population<'m>,
    tick: &(impl Fn(u64) + Sync),
) -> Result<(Vec<PeopleEffect>, Remarks), Error> {
    let (model, people) = (population.model(), 0..population.count());
    let Some(course) = arm.course.as_ref().filter(|_| !shown.responses.is_empty()) else {
        tick(if arm.course.is_some() { population.count() } else { 0 });
        return Ok((Vec::new(), Remarks::default()));
    };
    let prepared = course_simulation(arm, course, model, base)?.prepare();
    let prepared = prepared.map_err(|e| Faults::from(Fault::new(e)).said_in(course))?;
    let cohort = Cohort { prepared: &prepared, population, residual: false };
    let places = shown.responses.iter().filter_map(|response| response.place(model).ok());
    let wanted: Vec<(usize, Measure)> = places.map(|place| (place, Measure::At(prepared.until()))).collect();
    let (measured, remarks) = match wanted.is_empty() {
        true => {
            tick(population.count());
            (Vec::new(), Remarks::default())
        }
        false => cohort.measure(people, &wanted, tick)?,
    };
    let mut measured = measured.into_iter();
    let grade = effects::grade(model, &shown.responses);
    let found = shown.responses.iter().map(|response| {
        let values = match response.place(model) {
            Ok(_) => Ok(measured.next().map(|measured| measured.values).unwrap_or_default()),
            Err(reason) => Err(reason),
        };
        let share =
            values.as_ref().ok().and_then(|values| responding(response, population, prepared.occasions(), values));
        let what = format!("{} at the end of the course", response.name);
        PeopleEffect { what, unit: response.unit.to_string(), grade, values, share }
    });
    Ok((found.collect(), remarks))
}

/// Those whose total has fallen by half or more, where a model knows what it begins with.
fn responding(output: &EffectOutput, population: &Population<'_>, occasions: usize, values: &[f64]) -> Option<Share> {
    let (total, baseline) = TOTAL;
    let covariate = population.model().covariates().iter().position(|covariate| covariate.name == baseline)?;
    if output.name != total {
        return None;
    }
    let mut draws = population.draws();
    let known = (0..).zip(values).filter(|(_, change)| !change.is_nan()).filter_map(|(person, change)| {
        let begin = draws.subject(person, occasions).ok()?.covariates()[covariate];
        Some(*change <= -RESPONSE * output.unit.from_base(begin))
    });
    Some(Share::of("total fallen by half or more".into(), known))
}

/// Every number of effects on people: percentiles, and a share with its 95 % interval. For `population_effects.csv`.
pub fn people_effects_table(comparison: &Comparison) -> Option<Table> {
    let mut columns: Vec<Column> = ["arm", "grade", "what", "unit"].map(Column::new).into();
    columns.push(Column::integers("n"));
    columns.extend(["median", "p5", "p95", "share", "share_low", "share_high"].map(Column::numbers));
    columns.push(Column::new("share_of"));
    let mut table = Table::new(columns);
    for people in comparison.population.iter().flat_map(|population| &population.arms) {
        people.effects.iter().for_each(|effect| table.push(row(people, effect)));
    }
    (!table.rows().is_empty()).then_some(table)
}

/// The same for people to read.
pub fn people_effects_summary(comparison: &Comparison) -> Option<Table> {
    let whole = people_effects_table(comparison)?;
    let heads = ["arm, what", "grade", "unit", "n", "median", "5–95 %", "share %", "95 % interval"];
    let mut table = Table::new(heads.map(Column::new).into());
    for row in whole.rows() {
        let [Cell::Text(arm), grade, Cell::Text(what), unit, n, median, low, high, share, from, to, _] = row.as_slice()
        else {
            continue;
        };
        let range = |low: &Cell, high: &Cell, scale: f64| match (low, high) {
            (Cell::Number(low), Cell::Number(high)) if low == high => Cell::missing(SAME),
            (Cell::Number(low), Cell::Number(high)) => {
                format!("{} – {}", rounded(scale * low, 4), rounded(scale * high, 4)).into()
            }
            (Cell::Number(_), other) | (other, _) => other.clone(),
        };
        let percent = match share {
            Cell::Number(share) => Cell::Number(100.0 * share),
            other => other.clone(),
        };
        let arm = format!("{arm}: {what}");
        let cells = [median.clone(), range(low, high, 1.0), percent, range(from, to, 100.0)];
        table.push([arm.into(), grade.clone(), unit.clone(), n.clone()].into_iter().chain(cells).collect());
    }
    Some(table)
}

/// What has to be known to read the table.
pub(super) fn people_effects_notes(comparison: &Comparison) -> Vec<String> {
    let people = comparison.population.iter().flat_map(|population| &population.arms);
    let mut shares: Vec<&str> = Vec::new();
    for share in people.flat_map(|people| &people.effects).filter_map(|effect| effect.share.as_ref()) {
        if !shares.contains(&share.of.as_str()) {
            shares.push(&share.of);
        }
    }
    if shares.is_empty() { Vec::new() } else { vec![format!("share, with Wilson's interval: {}", shares.join("; "))] }
}

fn row(people: &ArmPeople, effect: &PeopleEffect) -> Vec<Cell> {
    let mut row: Vec<Cell> = vec![
        people.name.as_str().into(),
        effect.grade.to_string().into(),
        effect.what.as_str().into(),
        effect.unit.as_str().into(),
    ];
    match &effect.values {
        Ok(values) => {
            let summary = Summary::of(values, &PERCENTILES);
            row.push(Cell::Integer(summary.count as i64));
            let [low, middle, high] = summary.percentiles[..] else { unreachable!("as many as are asked for") };
            row.extend([middle, low, high].map(|value| match value {
                value if value.is_nan() => Cell::missing(FAILED),
                value if value.is_infinite() => Cell::missing(Missing::StillAbove.to_string()),
                value => value.into(),
            }));
        }
        Err(reason) => {
            row.push(Cell::Integer(0));
            row.extend((0..3).map(|_| Cell::missing(reason)));
        }
    }
    match &effect.share {
        Some(share) => {
            row.extend(share.cells());
            row.push(share.of.as_str().into());
        }
        None => row.extend((0..4).map(|_| Cell::missing(effect.values.as_ref().err().map_or("", String::as_str)))),
    }
    row
}
