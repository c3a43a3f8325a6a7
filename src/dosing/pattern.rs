//! When the doses of a phase come.

use super::{ClockTime, Date, Duration, Numbers, Weekday};

/// How often a phase gives its dose. Each pattern is an endless list of points; a phase takes those inside its length.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// One dose, at the start of the phase or so long after it.
    Once {
        /// Time after the start of the phase.
        at: Option<Duration>,
    },
    /// At 0, one interval, two intervals, ...
    Every(Duration),
    /// On the same day of the month, every so many calendar months: only with a start date.
    EveryCalendarMonths(u32),
    /// So many times a day, evenly spaced: 2 is 0 and 12 h.
    TimesDaily(u32),
    /// Day 1 of each week.
    Weekly,
    /// Days 1 and 4 of each week.
    TwiceWeekly,
    /// Days 1, 3 and 5 of each week.
    ThreeTimesWeekly,
    /// Every 28 days.
    Monthly,
    /// Listed days of a cycle of days, both counted from 1 at the start of the phase.
    OnDays {
        /// The days.
        days: Numbers,
        /// Length of the cycle, in days; 7 is a week.
        cycle: u32,
    },
    /// Listed weekdays; the first listed, at the first time listed, is the start of the phase.
    OnWeekdays {
        /// The days, in the order in which they come.
        days: Vec<Weekday>,
        /// Times on each of the days, rising; empty where the time of day is left open.
        at: Vec<ClockTime>,
    },
}

/// The start of a phase: hours since the start of the schedule, and the day of the calendar if it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub hours: f64,
    pub start: Option<Date>,
}

impl Origin {
    /// The day of the calendar on which the phase begins.
    pub fn date(self) -> Option<Date> {
        self.start.map(|date| date.plus_days((self.hours / 24.0).floor() as i64))
    }

    /// Hours from here to the same time of day so many calendar months later; `None` without a date.
    pub fn calendar_months(self, months: u32) -> Option<f64> {
        self.date().map(|date| date.plus_months(months).days_since(date) as f64 * 24.0)
    }
}

impl Pattern {
    /// Whether the pattern is a single dose.
    pub fn is_once(&self) -> bool {
        matches!(self, Pattern::Once { .. })
    }

    /// Hours from the start of the phase to the `index`-th point, from 0; by multiplication, never by adding up.
    /// `None` past the last point, or where calendar months have no date.
    pub(super) fn point(&self, index: u64, origin: Origin) -> Option<f64> {
        let n = index as f64;
        let in_week = |days: &[f64]| {
            let (week, day) = (index / days.len() as u64, index % days.len() as u64);
            week as f64 * 168.0 + days[day as usize] * 24.0
        };
        Some(match self {
            Pattern::Once { at } => return (index == 0).then(|| at.map_or(0.0, Duration::hours)),
            Pattern::Every(interval) => interval.times(n),
            Pattern::EveryCalendarMonths(months) => {
                origin.calendar_months(u32::try_from(index).ok()?.checked_mul(*months)?)?
            }
            Pattern::TimesDaily(times) => 24.0 * n / f64::from(*times),
            Pattern::Weekly => in_week(&[0.0]),
            Pattern::TwiceWeekly => in_week(&[0.0, 3.0]),
            Pattern::ThreeTimesWeekly => in_week(&[0.0, 2.0, 4.0]),
            Pattern::Monthly => 672.0 * n,
            Pattern::OnDays { days, cycle } => {
                let day = days.nth(index % days.count().max(1))?;
                let cycles = (index / days.count().max(1)) as f64;
                24.0 * (cycles * f64::from(*cycle) + f64::from(day - 1))
            }
            Pattern::OnWeekdays { days, at } => {
                let times = at.len().max(1) as u64;
                let per_week = days.len() as u64 * times;
                let (week, slot) = (index / per_week.max(1), index % per_week.max(1));
                let day = days.get((slot / times) as usize)?;
                let minutes = |t: &ClockTime| f64::from(t.minutes());
                let clock = at.get((slot % times) as usize).map_or(0.0, minutes) - at.first().map_or(0.0, minutes);
                168.0 * week as f64 + 24.0 * f64::from(days[0].days_until(*day)) + clock / 60.0
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dosing::TimeUnit;

    fn points(pattern: &Pattern, count: u64) -> Vec<f64> {
        let origin = Origin { hours: 0.0, start: "2026-01-31".parse().ok() };
        (0..count).filter_map(|i| pattern.point(i, origin)).collect()
    }

    #[test]
    fn points_are_where_the_words_say() {
        let every = Pattern::Every(Duration::new(20.0, TimeUnit::Minute).unwrap());
        assert_eq!(points(&every, 7)[6], 2.0);
        assert_eq!(points(&Pattern::TimesDaily(3), 4), [0.0, 8.0, 16.0, 24.0]);
        assert_eq!(points(&Pattern::TwiceWeekly, 4), [0.0, 72.0, 168.0, 240.0]);
        assert_eq!(points(&Pattern::ThreeTimesWeekly, 4), [0.0, 48.0, 96.0, 168.0]);
        assert_eq!(points(&Pattern::Once { at: None }, 3), [0.0]);
        let days = Numbers::from_ranges(vec![(2, 3)]).unwrap();
        assert_eq!(points(&Pattern::OnDays { days, cycle: 14 }, 4), [24.0, 48.0, 360.0, 384.0]);
    }

    #[test]
    fn the_first_listed_weekday_and_time_is_the_start() {
        let at = vec![ClockTime::new(9, 0).unwrap(), ClockTime::new(21, 30).unwrap()];
        let days = vec![Weekday::Thu, Weekday::Mon];
        assert_eq!(points(&Pattern::OnWeekdays { days, at }, 5), [0.0, 12.5, 96.0, 108.5, 168.0]);
    }

    #[test]
    fn calendar_months_keep_the_day_of_the_month() {
        let days: Vec<f64> = points(&Pattern::EveryCalendarMonths(1), 4).iter().map(|h| h / 24.0).collect();
        assert_eq!(days, [0.0, 28.0, 59.0, 89.0]);
    }
}
