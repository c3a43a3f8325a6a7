//! A phase: one dose, given by one pattern for one length, with its exceptions.

use super::pattern::Origin;
use super::{Duration, Guide, Numbers, Pattern};
use crate::units::{Dimension, Quantity};

/// What is given each time.
#[derive(Debug, Clone, PartialEq)]
pub struct Dose {
    /// An amount (`84 mg`, `0.5 mg/kg`) or, with [`Input::AtRate`], a rate (`2.4 mg/kg/h`).
    pub quantity: Quantity,
    /// The salt the quantity is weighed as (`HCl`); `None` is the base.
    pub salt: Option<String>,
}

impl From<Quantity> for Dose {
    fn from(quantity: Quantity) -> Self {
        Dose { quantity, salt: None }
    }
}

/// How a dose goes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// As the route says, at once where it says nothing.
    Bolus,
    /// At a constant rate for so long; the dose is an amount.
    Over(Duration),
    /// At a given rate for so long; the dose is a rate.
    AtRate(Duration),
}

impl Input {
    /// How long it lasts, in hours; 0 for a bolus.
    pub fn hours(self) -> f64 {
        match self {
            Input::Bolus => 0.0,
            Input::Over(duration) | Input::AtRate(duration) => duration.hours(),
        }
    }
}

/// How long a phase lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// So long; a dose at the very end is outside.
    For(Duration),
    /// So many calendar months: only with a start date.
    CalendarMonths(u32),
    /// So many doses, to the end of the last one's slot.
    Doses(u32),
}

/// Another amount for the first doses of a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct First {
    /// How many doses.
    pub doses: u32,
    /// Their amount.
    pub quantity: Quantity,
}

/// What a step counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// So many doses.
    Doses(u32),
    /// A week of the phase.
    Week,
}

/// A dose that rises or falls by steps until it reaches its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// Whether it rises or falls.
    pub rising: bool,
    /// The step.
    pub by: Quantity,
    /// How long a step lasts.
    pub each: Each,
    /// The last amount: steps never pass it.
    pub to: Quantity,
}

/// Which way to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the nearest, halves up.
    Nearest,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// What to round to.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Multiples of an amount.
    Amount(Quantity),
    /// Whole devices of the route.
    Device,
}

/// How a dose is rounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounding {
    /// Which way.
    pub direction: Direction,
    /// To what.
    pub to: Step,
}

/// One phase of a course, every word of it. A phase may be wrong; [`Schedule::new`](super::Schedule::new) checks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// What is given.
    pub dose: Dose,
    /// By which route; `None` is the route of the phase before, or the model's only one.
    pub route: Option<String>,
    /// How it goes in.
    pub input: Input,
    /// How often.
    pub pattern: Pattern,
    /// How long; only a last phase, or a single dose, may leave it out.
    pub length: Option<Length>,
    /// Another amount for the first doses.
    pub first: Option<First>,
    /// Steps up or down.
    pub steps: Option<Steps>,
    /// Doses left out, by their number in the phase; their slots stay.
    pub except_doses: Numbers,
    /// Days of the phase (from 1) whose doses are left out; their slots stay.
    pub except_days: Numbers,
    /// The most that is given at once.
    pub max: Option<Quantity>,
    /// How the amount is rounded, after the maximum.
    pub rounding: Option<Rounding>,
    /// Time between the end of this phase and the start of the next.
    pub pause: Option<Duration>,
    /// The rule that decides about sessions at visits, in place of pattern, length and what counts doses.
    pub guide: Option<Guide>,
}

impl Phase {
    /// A dose by a pattern, as a bolus, without an end or any exception: fill in the rest with
    /// `Phase { route: …, ..Phase::new(dose, pattern) }`.
    pub fn new(dose: impl Into<Dose>, pattern: Pattern) -> Self {
        Phase {
            dose: dose.into(),
            route: None,
            input: Input::Bolus,
            pattern,
            length: None,
            first: None,
            steps: None,
            except_doses: Numbers::default(),
            except_days: Numbers::default(),
            max: None,
            rounding: None,
            pause: None,
            guide: None,
        }
    }

    /// Hours from the start of the phase to its end, the pause not included; `None` where it has none.
    /// A single dose without a length ends when it is given.
    pub(super) fn hours(&self, origin: Origin) -> Option<f64> {
        match self.length {
            Some(Length::For(duration)) => Some(duration.hours()),
            Some(Length::CalendarMonths(months)) => origin.calendar_months(months),
            Some(Length::Doses(doses)) => self.pattern.point(u64::from(doses), origin),
            None if self.pattern.is_once() => self.pattern.point(0, origin),
            None => None,
        }
    }

    /// Index and hours from the start of the phase of every point inside its length.
    pub(super) fn slots(&self, origin: Origin) -> impl Iterator<Item = (u64, f64)> {
        let doses = match self.length {
            Some(Length::Doses(doses)) => u64::from(doses),
            _ => u64::MAX,
        };
        let end = match self.length {
            Some(Length::For(_) | Length::CalendarMonths(_)) => self.hours(origin).unwrap_or(0.0),
            Some(Length::Doses(_)) | None => f64::INFINITY,
        };
        // A point within rounding of the end is at the end, which is outside.
        let end = end - 1e-10 * end.clamp(1.0, f64::MAX);
        (0..doses)
            .map_while(move |index| self.pattern.point(index, origin).map(|hours| (index, hours)))
            .take_while(move |(_, hours)| *hours < end)
    }

    /// Whether the dose of a slot is given.
    pub(super) fn gives(&self, index: u64, hours: f64) -> bool {
        let day = (hours / 24.0 + 1e-10).floor() as u64 + 1;
        !self.except_doses.contains(index + 1) && !self.except_days.contains(day)
    }

    /// The quantity of a slot: an amount or a rate, as the dose is.
    pub(super) fn quantity(&self, index: u64, hours: f64) -> Quantity {
        if let Some(first) = self.first.as_ref().filter(|first| index < u64::from(first.doses)) {
            return first.quantity.clone();
        }
        let Some(steps) = &self.steps else { return self.dose.quantity.clone() };
        let count = match steps.each {
            Each::Doses(doses) => (index / u64::from(doses.max(1))) as f64,
            Each::Week => (hours / 168.0 + 1e-10).floor(),
        };
        let unit = self.dose.quantity.unit();
        let in_unit = |q: &Quantity| q.to(unit).map_or(f64::NAN, |q| q.value());
        let sign = if steps.rising { 1.0 } else { -1.0 };
        let value = tidy(self.dose.quantity.value() + sign * count * in_unit(&steps.by));
        let reached = if steps.rising { value >= in_unit(&steps.to) } else { value <= in_unit(&steps.to) };
        if reached { steps.to.clone() } else { Quantity::new(value, unit.clone()) }
    }
}

/// The double nearest to the first 15 digits: 0.1 + 2 x 0.1 is 0.3.
pub(super) fn tidy(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// Whether this is a dimension of doses: mass or substance, perhaps per body weight.
pub(super) fn is_amount(dimension: Dimension) -> bool {
    let bare = dimension.without_body_weight();
    (bare == Dimension::MASS || bare == Dimension::SUBSTANCE) && (bare == dimension || dimension.is_per_body_weight())
}

/// Whether this is a dimension of rates of doses.
pub(super) fn is_rate(dimension: Dimension) -> bool {
    dimension.times(Dimension::TIME).is_some_and(is_amount)
}
