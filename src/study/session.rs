//! The hours after each session: how high the level rises, when it is below a threshold for good, and who is above it at the
//! end of monitoring and the next morning.

use crate::Error;
use crate::io::{Cell, Column, Table};
use crate::metrics::Measure;
use crate::simulate::{Missing, Profile, Session};
use crate::study::cohort::{Bands, Cohort, Measured, Remarks};
use crate::study::compare::Summary;
use crate::study::share::{FAILED, share_cells};
use crate::units::{Quantity, Unit};
use std::collections::BTreeSet;

/// Percentiles of people: the middle, and the range that nine in ten are in.
pub const PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];
/// Curves are drawn until the next morning, and at least so many times as long as monitoring.
const DRAWN: f64 = 3.0;
/// Points of a curve.
const POINTS: usize = 400;

/// What is asked of every session.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Place of the output in the model.
    pub output: usize,
    /// The level that matters, of the output's dimension.
    pub threshold: Quantity,
    /// The end of monitoring, h from the session's first device.
    pub leave: f64,
    /// The next morning, h from the session's first device.
    pub morning: f64,
}

/// Curves that are drawn: a few sessions of the person, and the highest of them for many people.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// The number of each session, from 1, and its levels.
    pub sessions: Vec<(usize, Vec<f64>)>,
    /// Times of the levels, h from the session's first device.
    pub times: Vec<f64>,
    /// Of the highest session: its number, and the curves of [`PERCENTILES`].
    pub people: Option<(usize, Vec<Vec<f64>>)>,
}

/// A session, and the time until the next one or the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// The session.
    pub session: Session,
    /// When the next one begins, or the simulation ends, h.
    pub end: f64,
    /// Whether there is a next one.
    pub followed: bool,
}

impl Stretch {
    /// Why there is no level so long after the session's first device, h; nothing where there is one.
    fn beyond(&self, after: f64) -> Option<Missing> {
        let time = self.session.time + after;
        match self.followed {
            true => (time >= self.end).then_some(Missing::NextSession),
            false => (time > self.end).then_some(Missing::BeyondEnd),
        }
    }
}

/// One person after one session.
#[derive(Debug, Clone, PartialEq)]
pub struct After {
    /// The session.
    pub stretch: Stretch,
    /// The answers, in the order of [`Question::measures`].
    pub values: [Result<Quantity, Missing>; 5],
}

/// Many people after one session.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleAfter {
    /// The session.
    pub stretch: Stretch,
    /// The answers of each person, in the order of [`Question::measures`].
    pub values: Vec<Measured>,
}

/// The sessions of a simulation that ends at `until` (h); doses that begin at one time are one session.
pub fn stretches(sessions: &[Session], until: f64) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for session in sessions {
        match found.last_mut() {
            Some(before) if before.session.time == session.time => before.session.amount += session.amount,
            _ => found.push(Stretch { session: *session, end: until, followed: false }),
        }
    }
    for next in (1..found.len()).rev() {
        (found[next - 1].end, found[next - 1].followed) = (found[next].session.time, true);
    }
    found
}

impl Question {
    /// The largest level after a session and its time, how long the threshold is exceeded, and the level at the end of
    /// monitoring and the next morning.
    pub fn measures(&self, stretch: &Stretch) -> [Measure; 5] {
        let (begin, within) = (stretch.session.time, Some((stretch.session.time, stretch.end)));
        [
            Measure::Cmax(within),
            Measure::Tmax(within),
            Measure::LastAbove(self.threshold.clone(), within),
            Measure::At(begin + self.leave),
            Measure::At(begin + self.morning),
        ]
    }

    /// The answers for one person.
    ///
    /// # Errors
    /// A threshold of another dimension than the output.
    pub fn of_one(&self, profile: &Profile<'_>) -> Result<Vec<After>, Error> {
        let output = profile.outputs().nth(self.output).expect("the place is that of an output");
        let after = |stretch: Stretch| {
            let [a, b, c, d, e] = self.measures(&stretch).map(|measure| output.measure(&measure));
            let level = |after, value| stretch.beyond(after).map_or(value, Err);
            Ok(After { stretch, values: [a?, b?, c?, level(self.leave, d?), level(self.morning, e?)] })
        };
        stretches(profile.sessions(), profile.until()).into_iter().map(after).collect()
    }

    /// The answers for many people. `tick` is told how many were run each time some were.
    ///
    /// # Errors
    /// As [`Cohort::measure`].
    pub fn of_people(
        &self,
        stretches: &[Stretch],
        cohort: Cohort<'_, '_>,
        tick: impl Fn(u64) + Sync,
    ) -> Result<(Vec<PeopleAfter>, Remarks), Error> {
        let measures = |stretch: &Stretch| self.measures(stretch).map(|measure| (self.output, measure));
        let wanted: Vec<_> = stretches.iter().flat_map(measures).collect();
        let (measured, remarks) = cohort.measure(0..cohort.population.count(), &wanted, tick)?;
        let after =
            |(stretch, values): (&Stretch, &[Measured])| PeopleAfter { stretch: *stretch, values: values.to_vec() };
        Ok((stretches.iter().zip(measured.chunks_exact(5)).map(after).collect(), remarks))
    }

    /// The levels after the first, the highest and the last session, and those of the highest for many people.
    ///
    /// # Errors
    /// As [`Cohort::bands`].
    pub fn curves(&self, profile: &Profile<'_>, cohort: Option<Cohort<'_, '_>>) -> Result<Curves, Error> {
        let output = profile.outputs().nth(self.output).expect("the place is that of an output");
        let stretches = stretches(profile.sessions(), profile.until());
        let peak = |stretch: &Stretch| output.max_between(stretch.session.time, stretch.end).value.value();
        let highest = (0..stretches.len()).max_by(|a, b| {
            // The first of those that are equally high.
            peak(&stretches[*a]).total_cmp(&peak(&stretches[*b])).then(b.cmp(a))
        });
        let Some(highest) = highest else {
            return Ok(Curves { sessions: Vec::new(), times: Vec::new(), people: None });
        };
        let shown: BTreeSet<usize> = [0, highest, stretches.len() - 1].into();
        let shortest =
            shown.iter().map(|k| stretches[*k].end - stretches[*k].session.time).fold(f64::INFINITY, f64::min);
        let end = (DRAWN * self.leave).max(self.morning).min(shortest);
        // Closest at the beginning, where the curve is steepest.
        let times: Vec<f64> = (0..=POINTS).map(|k| end * (k as f64 / POINTS as f64).powi(2)).collect();
        let levels = |k: usize| times.iter().map(|t| output.at(stretches[k].session.time + t).value()).collect();
        let sessions = shown.iter().map(|k| (k + 1, levels(*k))).collect();
        let people = cohort.map(|cohort| {
            let begin = stretches[highest].session.time;
            let prepared = cohort.prepared.sampled(times.iter().map(|t| begin + t).collect())?;
            let Bands { mut values, .. } = Cohort { prepared: &prepared, ..cohort }.bands(&PERCENTILES, |_| ())?;
            Ok::<_, Error>((highest + 1, values.swap_remove(self.output)))
        });
        Ok(Curves { sessions, times, people: people.transpose()? })
    }

    /// A row per session of one person.
    pub fn table(&self, unit: &Unit, sessions: &[After]) -> Table {
        let mut columns = heads();
        columns.extend([Column::new("peak").unit(unit.to_string()), Column::new("time_of_peak").unit("h")]);
        columns.push(Column::new("until_below").unit("h"));
        for when in ["leave", "morning"] {
            columns.push(Column::new(format!("at_{when}")).unit(unit.to_string()));
            columns.push(Column::new(format!("above_{when}")));
        }
        let mut table = Table::new(columns);
        let level = self.threshold.in_base();
        for (number, after) in (1..).zip(sessions) {
            let mut row = head(number, &after.stretch);
            let cell = |value: &Result<Quantity, Missing>| match value {
                Ok(quantity) => Cell::Number(quantity.value()),
                Err(missing) => Cell::missing(missing.to_string()),
            };
            row.extend(after.values[..3].iter().map(cell));
            for value in &after.values[3..] {
                let above = match value {
                    Ok(quantity) => if quantity.in_base() > level { "yes" } else { "no" }.into(),
                    Err(missing) => Cell::missing(missing.to_string()),
                };
                row.extend([cell(value), above]);
            }
            table.push(row);
        }
        table
    }

    /// A row per session of many people: percentiles, and the shares that are above the threshold with Wilson's interval. Those
    /// who are above it until the next session count as longer than everybody else.
    pub fn people_table(&self, unit: &Unit, sessions: &[PeopleAfter]) -> Table {
        let mut columns = heads();
        columns.push(Column::integers("n"));
        let percentiles = |name: &str, unit: &str| {
            PERCENTILES.map(|p| Column::new(format!("{name}_p{p}")).unit(unit)).into_iter().collect::<Vec<_>>()
        };
        columns.extend(percentiles("peak", &unit.to_string()));
        columns.extend(percentiles("time_of_peak", "h"));
        columns.extend(percentiles("until_below", "h"));
        for when in ["leave", "morning"] {
            columns.extend(["", "_low", "_high"].map(|limit| Column::new(format!("above_{when}{limit}"))));
        }
        let mut table = Table::new(columns);
        for (number, after) in (1..).zip(sessions) {
            let mut row = head(number, &after.stretch);
            let [peak, time, below, leave, morning] = &after.values[..] else { unreachable!("one for each question") };
            let count = peak.values.iter().filter(|value| !value.is_nan()).count();
            row.push(Cell::Integer(count as i64));
            for measured in [peak, time] {
                row.extend(Summary::of(&measured.values, &PERCENTILES).percentiles.into_iter().map(some));
            }
            row.extend(self.until_below(below, peak));
            for (measured, after_begin) in [(leave, self.leave), (morning, self.morning)] {
                row.extend(match after.stretch.beyond(after_begin) {
                    Some(missing) => [(); 3].map(|()| Cell::missing(missing.to_string())),
                    None => self.share(measured),
                });
            }
            table.push(row);
        }
        table
    }

    /// Percentiles of how long the threshold is exceeded.
    fn until_below(&self, below: &Measured, peak: &Measured) -> Vec<Cell> {
        let waits = below.values.iter().zip(&peak.values);
        // Who has a peak and no end is above until the end.
        let waits = waits.map(|(wait, peak)| if wait.is_nan() && !peak.is_nan() { f64::INFINITY } else { *wait });
        let waits = Summary::of(&waits.collect::<Vec<_>>(), &PERCENTILES).percentiles;
        let cell = |wait: f64| match wait.is_infinite() {
            true => Cell::missing(Missing::StillAbove.to_string()),
            false => some(wait),
        };
        waits.into_iter().map(cell).collect()
    }

    fn share(&self, measured: &Measured) -> [Cell; 3] {
        let level = measured.unit.from_base(self.threshold.in_base());
        let known: Vec<f64> = measured.values.iter().copied().filter(|value| !value.is_nan()).collect();
        let why = measured.missing.map_or(FAILED.to_string(), |missing| missing.to_string());
        let above = known.iter().filter(|value| **value > level).count() as u64;
        share_cells(above, known.len() as u64, &why)
    }
}

fn some(value: f64) -> Cell {
    if value.is_nan() { Cell::missing(FAILED) } else { Cell::Number(value) }
}

fn heads() -> Vec<Column> {
    let mut columns = vec![Column::integers("session")];
    columns.push(Column::new("begins").unit("h"));
    columns.push(Column::new("dose").unit("mg"));
    columns
}

fn head(number: i64, stretch: &Stretch) -> Vec<Cell> {
    vec![Cell::Integer(number), Cell::Number(stretch.session.time), Cell::Number(stretch.session.amount)]
}
