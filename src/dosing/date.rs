//! Civil dates, weekdays and clock times (proleptic Gregorian calendar, no time zones, no daylight saving).

use super::DosingError;
use std::fmt;
use std::str::FromStr;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// All seven, from Monday.
    pub const ALL: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    /// The day that `Mon` or `Monday` names, in any case.
    pub(super) fn named(word: &str) -> Option<Self> {
        const LONG: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let word = word.to_ascii_lowercase();
        LONG.iter().position(|long| *long == word || long[..3] == word).map(|i| Weekday::ALL[i])
    }

    /// Days from this day to the next `other`, 0 to 6.
    pub fn days_until(self, other: Weekday) -> u32 {
        (other as u32 + 7 - self as u32) % 7
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A time of day to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime {
    minutes: u16,
}

impl ClockTime {
    /// Hours and minutes; `None` past 23:59.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        (hour < 24 && minute < 60).then_some(ClockTime { minutes: hour * 60 + minute })
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl FromStr for ClockTime {
    type Err = ();

    /// Reads `9:00` or `09:00`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = |s: &str, most: usize| (s.len() <= most).then(|| whole(s)).flatten();
        let (hour, minute) = text.split_once(':').ok_or(())?;
        let minute = digits(minute, 2).filter(|_| minute.len() == 2);
        digits(hour, 2).zip(minute).and_then(|(h, m)| ClockTime::new(h as u16, m as u16)).ok_or(())
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

/// Digits and nothing else.
fn whole(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: u8,
    day: u8,
}

impl Date {
    /// A day that exists.
    pub fn new(year: i64, month: u8, day: u8) -> Option<Self> {
        ((1..=12).contains(&month) && day >= 1 && day <= days_in(year, month)).then_some(Date { year, month, day })
    }

    /// Days since 1 March of the year 0. Years are counted from March, so that the leap day ends them.
    fn serial(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let month = (i64::from(self.month) + 9) % 12;
        365 * year + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + days_before(month)
            + i64::from(self.day)
            - 1
    }

    /// The day `days` later.
    pub fn plus_days(self, days: i64) -> Date {
        let serial = self.serial() + days;
        // A year is at most 366 days: the guess is never too late, and a few steps mend it.
        let mut year = serial.div_euclid(366);
        year += (serial - first_of_march(year)).div_euclid(366);
        while first_of_march(year + 1) <= serial {
            year += 1;
        }
        let rest = serial - first_of_march(year);
        let month = (0..12).rev().find(|m| days_before(*m) <= rest).unwrap_or(0);
        let civil = (month + 2) % 12 + 1;
        Date { year: year + i64::from(civil <= 2), month: civil as u8, day: (rest - days_before(month) + 1) as u8 }
    }

    /// The same day of the month `months` later, or that month's last day where it is shorter.
    pub fn plus_months(self, months: u32) -> Date {
        let total = self.year * 12 + i64::from(self.month) - 1 + i64::from(months);
        let (year, month) = (total.div_euclid(12), (total.rem_euclid(12) + 1) as u8);
        Date { year, month, day: self.day.min(days_in(year, month)) }
    }

    /// Days from `earlier` to this day.
    pub fn days_since(self, earlier: Date) -> i64 {
        self.serial() - earlier.serial()
    }

    /// Its day of the week.
    pub fn weekday(self) -> Weekday {
        // 1 March of the year 0 was a Wednesday.
        Weekday::ALL[(self.serial() + 2).rem_euclid(7) as usize]
    }
}

fn first_of_march(year: i64) -> i64 {
    Date { year, month: 3, day: 1 }.serial()
}

/// Days before a month counted from March (0) to February (11): 31 30 31 30 31, again, and 31.
fn days_before(month: i64) -> i64 {
    (153 * month + 2) / 5
}

fn days_in(year: i64, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Date {
    type Err = DosingError;

    /// Reads `2026-01-05`.
    fn from_str(text: &str) -> Result<Self, DosingError> {
        let parts: Vec<&str> = text.split('-').collect();
        match *parts {
            [y, m, d] if [y.len(), m.len(), d.len()] == [4, 2, 2] => match [y, m, d].map(whole) {
                [Some(y), Some(m), Some(d)] => Date::new(i64::from(y), m as u8, d as u8),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| DosingError::BadDate { text: text.to_string() })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn known_days_have_their_weekday() {
        for (text, day) in [
            ("2026-01-05", Weekday::Mon),
            ("1970-01-01", Weekday::Thu),
            ("2000-02-29", Weekday::Tue),
            ("1900-03-01", Weekday::Thu),
            ("2024-12-31", Weekday::Tue),
        ] {
            assert_eq!(date(text).weekday(), day, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut day = date("1899-12-31");
        for n in 1..=150_000 {
            let next = day.plus_days(1);
            let expected = Date::new(day.year, day.month, day.day + 1)
                .or_else(|| Date::new(day.year, day.month + 1, 1))
                .or_else(|| Date::new(day.year + 1, 1, 1))
                .unwrap();
            assert_eq!(next, expected, "after {day}");
            assert_eq!(date("1899-12-31").plus_days(n), next);
            assert_eq!(next.days_since(day), 1);
            day = next;
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last() {
        assert_eq!(date("2026-01-31").plus_months(1), date("2026-02-28"));
        assert_eq!(date("2023-12-31").plus_months(2), date("2024-02-29"));
        assert_eq!(date("2026-01-31").plus_months(2), date("2026-03-31"));
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-5",
            "05.01.2026",
            "2026-00-01",
            "2026-01-256",
            "2026-258-5",
            "10103-2-05",
            "",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for text in ["24:00", "9:5", "9", "09:60", ":30", "+9:00"] {
            assert!(text.parse::<ClockTime>().is_err(), "{text}");
        }
    }
}
