//! Doses, regimens and the schedule language: text, TOML, and a calendar. Routes are names here; what they do belongs
//! to a model.
//!
//! A [`Schedule`] is read from one line of text or from TOML and is checked when it is read: a [`Regimen`] ends, a
//! [`Forever`] does not and is cut off with [`Forever::until`]. [`Regimen::doses`] lists its doses, and
//! [`PlannedDose::amount_for`] takes each through body weight, maximum and rounding. [`Schedules`] are the published
//! ones, [`Calendar`] lays a regimen out for people. The last phase of a course may be guided ([`Guide`]): then doses are decided
//! at visits, and an [`Itinerary`] says what is known of them.
//!
//! ```
//! use posology::dosing::Regimen;
//! let course: Regimen = "84 mg intranasal twice weekly for 4 weeks, first dose 56 mg, then weekly x 4".parse()?;
//! let doses = course.doses();
//! assert_eq!(doses.len(), 12);
//! assert_eq!(doses[1].time, 72.0); // hours: the second dose of a twice-weekly phase is on day 4
//! # Ok::<(), posology::dosing::DosingFaults>(())
//! ```

mod calendar;
mod catalogue;
mod check;
mod date;
mod dose;
mod draft;
mod duration;
mod fault;
mod file;
mod given;
mod guide;
mod itinerary;
mod numbers;
mod parse;
mod pattern;
mod phase;
mod print;
mod regimen;
mod scan;

pub use calendar::{Calendar, CalendarRow};
pub use catalogue::Schedules;
pub use date::{ClockTime, Date, Weekday};
pub use dose::{PlannedDose, Resolved, devices};
pub use duration::{Duration, TimeUnit};
pub use fault::{DosingError, DosingFaults};
pub use file::{About, ScheduleFile};
pub use given::{GivenDose, Repeated, repeated};
pub use guide::{Comparison, Condition, Guide, Standing};
pub use itinerary::{GuidedPhase, Itinerary, Span};
pub use numbers::Numbers;
pub use pattern::Pattern;
pub use phase::{Direction, Dose, Each, First, Input, Length, Phase, Rounding, Step, Steps};
pub use regimen::{Course, Forever, Guided, MAX_DOSES, Regimen, Schedule};
