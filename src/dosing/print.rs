//! The canonical text of a schedule: what a phase takes over from the one before is not said again.

use super::draft::inherited;
use super::{
    Course, Direction, Dose, Duration, Each, Guide, Input, Length, Pattern, Phase, Regimen, Rounding, Schedule, Step,
    Steps, Weekday,
};
use crate::units::Quantity;
use std::fmt;

/// A quantity as the text reads it: no space inside the unit.
pub(super) fn amount(quantity: &Quantity) -> String {
    let unit: String = quantity.unit().as_str().split_whitespace().collect();
    format!("{} {unit}", quantity.value())
}

/// The parts of a phase that its spelling must say: the rest is taken over from the phase before.
pub(super) struct Said<'a> {
    pub dose: Option<&'a Dose>,
    pub route: Option<&'a str>,
    pub input: Option<Input>,
}

impl<'a> Said<'a> {
    pub fn of(phase: &'a Phase, before: Option<&Phase>) -> Self {
        let route = phase.route.as_deref().filter(|_| before.is_none_or(|b| b.route != phase.route));
        let would_be = before.map_or(Input::Bolus, |b| inherited(b, route, &phase.dose));
        let input = Some(phase.input).filter(|input| *input != would_be);
        // Rate and duration are one word group, and are said together.
        let with_rate = matches!(input, Some(Input::AtRate(_)));
        let dose = Some(&phase.dose).filter(|dose| with_rate || before.is_none_or(|b| b.dose != **dose));
        let input = match phase.input {
            Input::AtRate(_) if dose.is_some() => Some(phase.input),
            _ => input,
        };
        Said { dose, route, input }
    }
}

impl fmt::Display for Dose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&amount(&self.quantity))?;
        self.salt.as_ref().map_or(Ok(()), |salt| write!(f, " as {salt}"))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Once { at: None } => f.write_str("once"),
            Pattern::Once { at: Some(at) } => write!(f, "once at {at}"),
            Pattern::Every(interval) => write!(f, "every {interval}"),
            Pattern::EveryCalendarMonths(months) => write!(f, "every {}", CalendarMonths(*months)),
            Pattern::TimesDaily(1) => f.write_str("daily"),
            Pattern::TimesDaily(2) => f.write_str("twice daily"),
            Pattern::TimesDaily(times) => write!(f, "{times} times daily"),
            Pattern::Weekly => f.write_str("weekly"),
            Pattern::TwiceWeekly => f.write_str("twice weekly"),
            Pattern::ThreeTimesWeekly => f.write_str("3 times weekly"),
            Pattern::Monthly => f.write_str("monthly"),
            Pattern::OnDays { days, cycle: 7 } => write!(f, "on days {days} of each week"),
            Pattern::OnDays { days, cycle } => write!(f, "on days {days} of each {cycle} days"),
            Pattern::OnWeekdays { days, at } => {
                write!(f, "on {}", joined(days.iter().map(Weekday::to_string)))?;
                if at.is_empty() { Ok(()) } else { write!(f, " at {}", joined(at.iter().map(ToString::to_string))) }
            }
        }
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(",")
}

struct CalendarMonths(u32);

impl fmt::Display for CalendarMonths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calendar month{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

impl fmt::Display for Guide {
    /// In words for people: a guided phase has no spelling in text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let intervals: Vec<String> = self.intervals.iter().map(Duration::to_string).collect();
        let (output, most) = (&self.output, self.max_sessions);
        write!(f, "guided by {output}: every {}, at most {most} sessions", intervals.join(" / "))
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length::For(duration) => write!(f, "for {duration}"),
            Length::CalendarMonths(months) => write!(f, "for {}", CalendarMonths(*months)),
            Length::Doses(doses) => write!(f, "x {doses}"),
        }
    }
}

impl fmt::Display for Each {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Each::Doses(1) => f.write_str("dose"),
            Each::Doses(doses) => write!(f, "{doses} doses"),
            Each::Week => f.write_str("week"),
        }
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.rising { "rising" } else { "falling" };
        write!(f, "{word} by {} each {} to {}", amount(&self.by), self.each, amount(&self.to))
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.direction {
            Direction::Nearest => "to ",
            Direction::Up => "up to ",
            Direction::Down => "down to ",
        })?;
        match &self.to {
            Step::Device => f.write_str("device"),
            Step::Amount(step) => f.write_str(&amount(step)),
        }
    }
}

/// One phase, after another or at the beginning.
struct PhaseText<'a> {
    phase: &'a Phase,
    before: Option<&'a Phase>,
}

impl fmt::Display for PhaseText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = self.phase;
        let said = Said::of(phase, self.before);
        let mut words: Vec<String> = Vec::new();
        if let Some(dose) = said.dose.filter(|_| !matches!(phase.input, Input::AtRate(_))) {
            words.push(dose.to_string());
        }
        words.extend(said.route.map(str::to_string));
        words.extend(said.input.map(|input| match input {
            Input::Bolus => "as bolus".to_string(),
            Input::Over(duration) => format!("over {duration}"),
            Input::AtRate(duration) => format!("at {} for {duration}", phase.dose),
        }));
        words.push(match &phase.guide {
            Some(guide) => guide.to_string(),
            None => phase.pattern.to_string(),
        });
        words.extend(phase.length.map(|length| length.to_string()));
        f.write_str(&words.join(" "))?;
        if let Some(first) = &phase.first {
            match first.doses {
                1 => write!(f, ", first dose {}", amount(&first.quantity))?,
                doses => write!(f, ", first {doses} doses {}", amount(&first.quantity))?,
            }
        }
        if let Some(steps) = &phase.steps {
            write!(f, ", {steps}")?;
        }
        if !phase.except_doses.is_empty() {
            write!(f, ", except doses {}", phase.except_doses)?;
        }
        if !phase.except_days.is_empty() {
            write!(f, ", except days {}", phase.except_days)?;
        }
        if let Some(max) = &phase.max {
            write!(f, ", max {}", amount(max))?;
        }
        if let Some(rounding) = &phase.rounding {
            write!(f, ", rounded {rounding}")?;
        }
        match phase.pause {
            Some(pause) if !phase.pattern.is_once() => write!(f, ", pause {pause}"),
            _ => Ok(()),
        }
    }
}

fn course(f: &mut fmt::Formatter<'_>, course: &Course) -> fmt::Result {
    let mut before: Option<&Phase> = None;
    for phase in course {
        if let Some(before) = before {
            f.write_str(", then ")?;
            // A single dose has no slot, so the time to the next phase reads better there.
            if let Some(after) = before.pause.filter(|_| before.pattern.is_once()) {
                write!(f, "after {after} ")?;
            }
        }
        write!(f, "{}", PhaseText { phase, before })?;
        before = Some(phase);
    }
    Ok(())
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, &self.inner().courses, self.start())
    }
}

impl fmt::Display for Regimen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, self.courses(), self.start())
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, courses: &[Course], start: Option<super::Date>) -> fmt::Result {
    for (i, phases) in courses.iter().enumerate() {
        if i > 0 {
            f.write_str(" and ")?;
        }
        course(f, phases)?;
    }
    start.map_or(Ok(()), |date| write!(f, ", starting {date}"))
}
