//! Lengths of time as written: `40 min`, `4 weeks`, `6 months`.

use super::DosingError;
use std::fmt;

/// A unit of time in a schedule. A month is 28 days, so that `monthly` and `for 6 months` agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TimeUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

use TimeUnit::*;

/// Words that are units of time, for hints about spelling.
pub(super) const TIME_WORDS: &[&str] =
    &["s", "min", "minutes", "h", "hr", "hours", "d", "days", "weeks", "months", "years"];

impl TimeUnit {
    /// The unit that a word names.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "s" | "sec" | "second" | "seconds" => Second,
            "min" | "minute" | "minutes" => Minute,
            "h" | "hr" | "hour" | "hours" => Hour,
            "d" | "day" | "days" => Day,
            "week" | "weeks" => Week,
            "month" | "months" => Month,
            "year" | "years" => Year,
            _ => return None,
        })
    }

    fn hours(self, value: f64) -> f64 {
        match self {
            Second => value / 3600.0,
            Minute => value / 60.0,
            Hour => value,
            Day => value * 24.0,
            Week => value * 168.0,
            Month => value * 672.0,
            Year => value * 8766.0,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Second => "s",
            Minute => "min",
            Hour => "h",
            Day => "d",
            Week => "week",
            Month => "month",
            Year => "year",
        }
    }
}

/// The longest duration: far beyond a life, and hours are still told apart to a nanosecond of a day.
const LONGEST_HOURS: f64 = 1e9;

/// A length of time, with the unit it was written in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duration {
    value: f64,
    unit: TimeUnit,
}

impl Duration {
    /// `value` of a unit.
    ///
    /// # Errors
    /// [`DosingError::NegativeDuration`], or [`DosingError::TooLong`] beyond 1e9 hours.
    pub fn new(value: f64, unit: TimeUnit) -> Result<Self, DosingError> {
        let duration = Duration { value, unit };
        if value < 0.0 {
            return Err(DosingError::NegativeDuration { text: duration.to_string() });
        }
        if !duration.hours().is_finite() || duration.hours() > LONGEST_HOURS {
            return Err(DosingError::TooLong { text: duration.to_string() });
        }
        Ok(duration)
    }

    /// In hours.
    pub fn hours(self) -> f64 {
        self.unit.hours(self.value)
    }

    /// `count` times this, in hours: multiplied before it is converted, so that 3 x 20 min is exactly 1 h.
    pub fn times(self, count: f64) -> f64 {
        self.unit.hours(self.value * count)
    }

    /// `count` times this, in its unit.
    pub(super) fn repeated(self, count: u32) -> Self {
        // 3 x 0.1 d is 0.3 d.
        let value = (self.value * f64::from(count) * 1e9).round() / 1e9;
        Duration { value, unit: self.unit }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = matches!(self.unit, Week | Month | Year) && self.value != 1.0;
        write!(f, "{} {}{}", self.value, self.unit.word(), if plural { "s" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_the_nearest_double_and_a_month_is_28_days() {
        let hours = |v, u| Duration::new(v, u).unwrap().hours();
        assert_eq!(hours(40.0, Minute), 2.0 / 3.0);
        assert_eq!(hours(6.0, Month), 24.0 * hours(1.0, Week));
        assert_eq!(Duration::new(20.0, Minute).unwrap().times(3.0), 1.0);
    }

    #[test]
    fn impossible_lengths_are_errors() {
        assert_eq!(Duration::new(-3.0, Day).unwrap_err(), DosingError::NegativeDuration { text: "-3 d".into() });
        assert!(matches!(Duration::new(1e300, Week), Err(DosingError::TooLong { .. })));
        assert!(matches!(Duration::new(f64::NAN, Week), Err(DosingError::TooLong { .. })));
    }
}
