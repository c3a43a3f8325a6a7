//! A regimen laid out for people: one row per dose, and one line per phase.

use super::phase::tidy;
use super::print::amount;
use super::{Date, DosingError, Guide, Input, Phase, PlannedDose, Regimen, Resolved, Schedule, devices};
use crate::units::Quantity;

/// One dose of a [`Calendar`]. Days and weeks are counted from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarRow {
    /// Number among all doses, from 1.
    pub number: usize,
    /// Day 1 is the start of the regimen.
    pub day: u64,
    /// Week 1 is days 1 to 7.
    pub week: u64,
    /// The day of the calendar, if the regimen has a start date.
    pub date: Option<Date>,
    /// The dose as planned.
    pub dose: PlannedDose,
    /// Its amount at each step, if it can be known: a dose per body weight needs a weight.
    pub resolved: Option<Resolved>,
    /// How many devices it takes, on a route that has them.
    pub devices: Option<u32>,
}

/// Every dose of a regimen, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// One row per dose.
    pub rows: Vec<CalendarRow>,
}

impl Calendar {
    /// The calendar for a body weight (kg), if it is known. `device` gives the amount of one device of a route
    /// (`None` is a dose without a route) in the form of the dose, and `None` where there is none.
    ///
    /// # Errors
    /// Those of [`PlannedDose::amount_for`] and [`devices`], except that a missing weight leaves the amounts open
    /// and so does rounding to a device that is not known.
    pub fn of(
        regimen: &Regimen,
        weight: Option<f64>,
        device: impl Fn(Option<&str>) -> Option<Quantity>,
    ) -> Result<Self, DosingError> {
        let mut rows = Vec::new();
        for (index, dose) in regimen.doses().into_iter().enumerate() {
            let device = device(dose.route.as_deref());
            let resolved = match dose.amount_for(weight, device.as_ref()) {
                Err(DosingError::NeedsWeight { .. } | DosingError::NeedsDevice) => None,
                result => Some(result?),
            };
            let devices = match (&resolved, &device) {
                (Some(resolved), Some(device)) => Some(devices(&resolved.given, device)?),
                _ => None,
            };
            let day = day(dose.time);
            let date = regimen.start().map(|start| start.plus_days(day as i64 - 1));
            rows.push(CalendarRow { number: index + 1, day, week: (day - 1) / 7 + 1, date, dose, resolved, devices });
        }
        Ok(Calendar { rows })
    }

    /// Names of the columns of [`Calendar::cells`].
    pub const COLUMNS: [&str; 12] =
        ["dose", "day", "week", "date", "time_h", "course", "phase", "written", "planned", "given", "devices", "route"];

    /// A row as text, one cell per column; a cell that is not known is empty.
    pub fn cells(row: &CalendarRow) -> [String; 12] {
        let known = |value: Option<String>| value.unwrap_or_default();
        let amount_of = |q: &Quantity| format!("{} {}", tidy(q.value()), q.unit());
        [
            row.number.to_string(),
            row.day.to_string(),
            row.week.to_string(),
            known(row.date.map(|date| date.to_string())),
            tidy(row.dose.time).to_string(),
            (row.dose.course + 1).to_string(),
            (row.dose.phase + 1).to_string(),
            written(&row.dose),
            known(row.resolved.as_ref().map(|r| amount_of(&r.planned))),
            known(row.resolved.as_ref().map(|r| amount_of(&r.given))),
            known(row.devices.map(|n| n.to_string())),
            known(row.dose.route.clone()),
        ]
    }
}

/// The day of a time, counted from 1; a time within rounding of midnight is on the new day.
fn day(hours: f64) -> u64 {
    (hours / 24.0 + 1e-10).floor() as u64 + 1
}

/// The dose as written, with how it goes in.
fn written(dose: &PlannedDose) -> String {
    let salt = dose.salt.as_ref().map(|salt| format!(" as {salt}")).unwrap_or_default();
    let quantity = amount(&dose.quantity);
    match dose.input {
        Input::Bolus => format!("{quantity}{salt}"),
        Input::Over(duration) => format!("{quantity}{salt} over {duration}"),
        Input::AtRate(duration) => format!("{quantity}{salt} for {duration}"),
    }
}

impl Schedule {
    /// One line per phase: `8 x 56/84 mg intranasal, twice weekly (weeks 1-4)`.
    pub fn at_a_glance(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for course in self.courses() {
            for (origin, phase) in self.inner().origins(course) {
                let end = phase.hours(origin).filter(|_| phase.guide.is_none());
                let given = || phase.slots(origin).filter(|(slot, hours)| phase.gives(*slot, *hours));
                let count = end.map(|_| given().count());
                // Steps end where they must, so the doses of a phase without an end need not all be looked at.
                let mut amounts = Vec::new();
                for (slot, hours) in given().take(count.unwrap_or(AMOUNTS_LOOKED_AT)) {
                    let quantity = phase.quantity(slot, hours);
                    if !amounts.contains(&quantity) {
                        amounts.push(quantity);
                    }
                }
                let when = match (count, given().next()) {
                    (Some(1), Some((_, hours))) => format!("day {}", day(origin.hours + hours)),
                    _ => weeks(origin.hours, end.map(|end| origin.hours + end)),
                };
                lines.push(glance(phase, count, &amounts, &when));
            }
        }
        lines
    }
}

/// Doses of an endless phase that are looked at for their amounts.
const AMOUNTS_LOOKED_AT: usize = 100;
/// Amounts listed one by one; more are shown as a range.
const AMOUNTS_LISTED: usize = 3;

fn glance(phase: &Phase, count: Option<usize>, amounts: &[Quantity], when: &str) -> String {
    let count = count.map(|n| format!("{n} x ")).unwrap_or_default();
    let same_unit = amounts.windows(2).all(|pair| pair[0].unit().as_str() == pair[1].unit().as_str());
    let doses = match amounts {
        [first, .., last] if same_unit && amounts.len() > AMOUNTS_LISTED => {
            format!("{} to {}", first.value(), amount(last))
        }
        [before @ .., last] if same_unit => {
            let values: String = before.iter().map(|q| format!("{}/", q.value())).collect();
            format!("{values}{}", amount(last))
        }
        _ => amounts.iter().map(amount).collect::<Vec<_>>().join("/"),
    };
    let salt = phase.dose.salt.as_ref().map(|salt| format!(" as {salt}")).unwrap_or_default();
    let route = phase.route.as_ref().map(|route| format!(" {route}")).unwrap_or_default();
    let input = match phase.input {
        Input::Bolus => String::new(),
        Input::Over(duration) => format!(" over {duration}"),
        Input::AtRate(duration) => format!(" for {duration}"),
    };
    let pattern = phase.guide.as_ref().map_or_else(|| phase.pattern.to_string(), Guide::to_string);
    format!("{count}{doses}{salt}{route}{input}, {pattern} ({when})")
}

/// The weeks that a phase touches, counted from 1.
fn weeks(begins: f64, ends: Option<f64>) -> String {
    let first = (begins / 168.0 + 1e-10).floor() as u64 + 1;
    match ends.map(|ends| ((ends / 168.0 - 1e-10).ceil() as u64).max(first)) {
        None => format!("from week {first}"),
        Some(last) if last == first => format!("week {first}"),
        Some(last) => format!("weeks {first}-{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glance_at(text: &str) -> Vec<String> {
        text.parse::<Schedule>().unwrap_or_else(|e| panic!("{e}")).at_a_glance()
    }

    #[test]
    fn phases_at_a_glance() {
        assert_eq!(
            glance_at(
                "84 mg intranasal twice weekly for 4 weeks, first dose 56 mg, then weekly for 4 weeks, then every 2 weeks"
            ),
            [
                "8 x 56/84 mg intranasal, twice weekly (weeks 1-4)",
                "4 x 84 mg intranasal, weekly (weeks 5-8)",
                "84 mg intranasal, every 2 weeks (from week 9)",
            ]
        );
        assert_eq!(
            glance_at("0.5 mg/kg oral weekly x 6, rising by 0.5 mg/kg each dose to 3 mg/kg"),
            ["6 x 0.5 to 3 mg/kg oral, weekly (weeks 1-6)"]
        );
        assert_eq!(glance_at("0.5 mg/kg iv over 40 min once"), ["1 x 0.5 mg/kg iv over 40 min, once (day 1)"]);
        assert_eq!(glance_at("5 mg once at 144 h"), ["1 x 5 mg, once at 144 h (day 7)"]);
    }

    #[test]
    fn days_and_weeks_count_from_one_and_each_step_of_the_amount_is_shown() {
        let text = "1 mg/kg nasal twice weekly x 3, max 75 mg, rounded to device, starting 2026-01-05";
        let device = |route: Option<&str>| route.filter(|r| *r == "nasal").map(|_| "28 mg".parse().unwrap());
        let calendar = Calendar::of(&text.parse().unwrap(), Some(80.0), device).unwrap();
        let rows: Vec<String> = calendar.rows.iter().map(|row| Calendar::cells(row).join("|")).collect();
        assert_eq!(
            rows,
            [
                "1|1|1|2026-01-05|0|1|1|1 mg/kg|80 mg|84 mg|3|nasal",
                "2|4|1|2026-01-08|72|1|1|1 mg/kg|80 mg|84 mg|3|nasal",
                "3|8|2|2026-01-12|168|1|1|1 mg/kg|80 mg|84 mg|3|nasal",
            ]
        );
    }

    #[test]
    fn what_is_not_known_stays_open() {
        let regimen = "0.5 mg/kg iv over 40 min weekly x 1".parse().unwrap();
        let calendar = Calendar::of(&regimen, None, |_| None).unwrap();
        assert_eq!(calendar.rows[0].resolved, None);
        assert_eq!(Calendar::cells(&calendar.rows[0]).join("|"), "1|1|1||0|1|1|0.5 mg/kg over 40 min||||iv");
    }

    #[test]
    fn a_dose_that_is_no_whole_number_of_devices_is_an_error() {
        let regimen = "70 mg nasal once".parse().unwrap();
        let device = |_: Option<&str>| "28 mg".parse().ok();
        assert!(matches!(Calendar::of(&regimen, None, device), Err(DosingError::NotWholeDevices { .. })));
    }
}
