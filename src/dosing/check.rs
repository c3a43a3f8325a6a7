//! What makes a schedule valid: one set of rules for text, TOML and Rust.

use super::pattern::Origin;
use super::phase::{is_amount, is_rate};
use super::regimen::{Courses, MAX_DOSES, is_endless};
use super::scan::is_route_name;
use super::{DosingError, Duration, Each, Guide, Input, Length, Pattern, Phase, Step};
use crate::units::{Dimension, Quantity, UnitError};

/// A part of a phase that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Dose,
    Route,
    Input,
    Pattern,
    Length,
    First,
    Steps,
    ExceptDoses,
    ExceptDays,
    Max,
    Rounding,
    Pause,
    Guide,
    GuideEvery,
    GuideConditions,
    GuideIntervals,
    GuideMost,
}

/// Where in a schedule something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub course: usize,
    pub phase: usize,
    pub part: Part,
}

type Found = Vec<(Part, DosingError)>;

/// Everything that is wrong with a schedule, in the order of its text.
pub(super) fn faults(courses: &Courses) -> Vec<(Place, DosingError)> {
    let mut found = Vec::new();
    let nowhere = |course| Place { course, phase: 0, part: Part::Pattern };
    if courses.courses.is_empty() {
        found.push((nowhere(0), DosingError::NoPhase));
    }
    for (c, course) in courses.courses.iter().enumerate() {
        if course.is_empty() {
            found.push((nowhere(c), DosingError::NoPhase));
        }
        for (p, phase) in course.iter().enumerate() {
            let mut here = Vec::new();
            words(phase, &mut here);
            sequence(phase, p + 1 == course.len(), &mut here);
            found.extend(here.into_iter().map(|(part, e)| (Place { course: c, phase: p, part }, e)));
        }
    }
    let guided = |(c, course): (usize, &Vec<Phase>)| {
        let phase = course.iter().position(|phase| phase.guide.is_some())?;
        Some(Place { course: c, phase, part: Part::Guide })
    };
    let again = courses.courses.iter().enumerate().filter_map(guided).skip(1);
    found.extend(again.map(|place| (place, DosingError::GuidedTwice)));
    // Points can be counted only where every phase means something.
    if found.is_empty() { points(courses) } else { found }
}

/// What one phase says, each word by itself.
fn words(phase: &Phase, found: &mut Found) {
    dose(phase, found);
    if let Some(route) = phase.route.as_ref().filter(|route| !is_route_name(route)) {
        found.push((Part::Route, DosingError::BadRoute { route: route.clone() }));
    }
    if let Some(salt) = phase.dose.salt.as_ref().filter(|salt| !is_salt_name(salt)) {
        found.push((Part::Dose, DosingError::BadSalt { salt: salt.clone() }));
    }
    if let Input::Over(d) | Input::AtRate(d) = phase.input {
        positive(d, "infusion", Part::Input, found);
    }
    pattern(phase, found);
    match phase.length {
        Some(Length::For(d)) => positive(d, "length", Part::Length, found),
        Some(Length::CalendarMonths(0) | Length::Doses(0)) => {
            found.push((Part::Length, DosingError::ZeroCount { what: "the length" }));
        }
        Some(Length::Doses(_)) if phase.pattern.is_once() => found.push((Part::Length, DosingError::OnceTimes)),
        _ => {}
    }
    first_and_steps(phase, found);
    limits(phase, found);
    if let Some(guide) = &phase.guide {
        guided(phase, guide, found);
    }
}

/// The rule of a guided phase, which stands in place of all that says when doses come.
fn guided(phase: &Phase, guide: &Guide, found: &mut Found) {
    let steps = phase.steps.as_ref().map_or("rising", |steps| if steps.rising { "rising" } else { "falling" });
    let said = [
        (Part::Pattern, "give", !phase.pattern.is_once()),
        (Part::Length, "for", phase.length.is_some()),
        (Part::First, "first", phase.first.is_some()),
        (Part::Steps, steps, phase.steps.is_some()),
        (Part::ExceptDoses, "except_doses", !phase.except_doses.is_empty()),
        (Part::ExceptDays, "except_days", !phase.except_days.is_empty()),
        (Part::Pause, "pause", phase.pause.is_some()),
    ];
    let said = said.into_iter().filter(|(.., said)| *said);
    found.extend(said.map(|(part, key, _)| (part, DosingError::GuidedKey { key })));
    if guide.max_sessions == 0 {
        found.push((Part::GuideMost, DosingError::ZeroCount { what: "`max_sessions`" }));
    }
    if guide.max_sessions as usize > MAX_DOSES {
        found.push((Part::GuideMost, DosingError::TooManySessions));
    }
    found.extend(guide.check_conditions().map(|error| (Part::GuideConditions, error)));
    let before = found.len();
    positive(guide.every, "time between visits", Part::GuideEvery, found);
    if found.len() == before {
        found.extend(guide.check_intervals().map(|error| (Part::GuideIntervals, error)));
        found.extend(guide.check_session(phase.input.hours()).map(|error| (Part::GuideEvery, error)));
    }
}

fn is_salt_name(name: &str) -> bool {
    let letters =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    letters && !name.eq_ignore_ascii_case("bolus") // `as bolus` is how a dose goes in
}

fn positive(duration: Duration, what: &'static str, part: Part, found: &mut Found) {
    if duration.hours() <= 0.0 {
        found.push((part, DosingError::ZeroDuration { what }));
    }
}

fn above_zero(quantity: &Quantity, part: Part, found: &mut Found) {
    if quantity.value().is_nan() || quantity.value() <= 0.0 {
        found.push((part, DosingError::NotPositive { text: quantity.to_string() }));
    }
}

/// A unit error where the quantity is not of a dimension that a rule accepts.
fn of_kind(quantity: &Quantity, fits: impl Fn(Dimension) -> bool, like: &str, part: Part, found: &mut Found) {
    if fits(quantity.dimension()) {
        return above_zero(quantity, part, found);
    }
    let expected = like.to_string();
    let error = match quantity.dimension().is_none() && quantity.unit().as_str().is_empty() {
        true => UnitError::Missing { value: quantity.value(), expected },
        false => UnitError::Mismatch { found: quantity.unit().clone(), expected },
    };
    found.push((part, error.into()));
}

fn dose(phase: &Phase, found: &mut Found) {
    let quantity = &phase.dose.quantity;
    match phase.input {
        Input::AtRate(_) => of_kind(quantity, is_rate, "mg/h", Part::Dose, found),
        _ if is_rate(quantity.dimension()) => {
            found.push((Part::Dose, DosingError::RateWithoutDuration { rate: quantity.to_string() }));
        }
        _ => of_kind(quantity, is_amount, "mg", Part::Dose, found),
    }
}

fn pattern(phase: &Phase, found: &mut Found) {
    let zero = |what| (Part::Pattern, DosingError::ZeroCount { what });
    let out_of_order = |what| (Part::Pattern, DosingError::OutOfOrder { what });
    match &phase.pattern {
        Pattern::Every(interval) => positive(*interval, "interval", Part::Pattern, found),
        Pattern::EveryCalendarMonths(0) => found.push(zero("the number of calendar months")),
        Pattern::TimesDaily(0) => found.push(zero("the number of times daily")),
        Pattern::OnDays { days, .. } if days.is_empty() => found.push(zero("the number of days")),
        Pattern::OnDays { days, cycle } => {
            if let Some(day) = days.largest().filter(|day| day > cycle) {
                let error = DosingError::BeyondDays { day, of: u64::from(*cycle), what: "cycle" };
                found.push((Part::Pattern, error));
            }
        }
        Pattern::OnWeekdays { days, at } => {
            if days.is_empty() {
                found.push(zero("the number of weekdays"));
            } else if !days.is_sorted_by_key(|day| days[0].days_until(*day)) || repeats(days) {
                found.push(out_of_order("weekdays"));
            }
            if !at.is_sorted() || repeats(at) {
                found.push(out_of_order("clock times"));
            }
        }
        _ => {}
    }
}

fn repeats<T: PartialEq>(list: &[T]) -> bool {
    list.windows(2).any(|pair| pair[0] == pair[1])
}

fn first_and_steps(phase: &Phase, found: &mut Found) {
    let dose = phase.dose.quantity.dimension();
    let comparable = |d: Dimension| d.without_body_weight() == dose.without_body_weight();
    let like = |what: Dimension| Quantity::base(1.0, what).unit().to_string();
    if let Some(first) = &phase.first {
        of_kind(&first.quantity, comparable, &like(dose), Part::First, found);
        if first.doses == 0 {
            found.push((Part::First, DosingError::ZeroCount { what: "the number of first doses" }));
        }
    }
    let Some(steps) = &phase.steps else { return };
    let before = found.len();
    if phase.first.is_some() {
        found.push((Part::Steps, DosingError::FirstAndSteps));
    }
    if steps.each == Each::Doses(0) {
        found.push((Part::Steps, DosingError::ZeroCount { what: "the number of doses of a step" }));
    }
    for quantity in [&steps.by, &steps.to] {
        of_kind(quantity, |d| d == dose, &like(dose), Part::Steps, found);
    }
    let (from, to) = (phase.dose.quantity.in_base(), steps.to.in_base());
    if found.len() == before && if steps.rising { to <= from } else { to >= from } {
        let word = if steps.rising { "rise" } else { "fall" };
        let (from, to) = (phase.dose.quantity.to_string(), steps.to.to_string());
        found.push((Part::Steps, DosingError::WrongWay { word, from, to }));
    }
}

/// The maximum and the rounding are amounts, whatever the dose is.
fn limits(phase: &Phase, found: &mut Found) {
    let dose = phase.dose.quantity.dimension();
    let amount = match phase.input {
        Input::AtRate(_) => dose.times(Dimension::TIME).unwrap_or(dose),
        _ => dose,
    }
    .without_body_weight();
    let like = Quantity::base(1.0, amount).unit().to_string();
    if let Some(max) = &phase.max {
        of_kind(max, |d| is_amount(d) && d.without_body_weight() == amount, &like, Part::Max, found);
    }
    if let Some(Step::Amount(step)) = phase.rounding.as_ref().map(|r| &r.to) {
        of_kind(step, |d| d == amount, &like, Part::Rounding, found);
    }
}

/// How a phase stands to the one after it.
fn sequence(phase: &Phase, is_last: bool, found: &mut Found) {
    if phase.guide.is_some() {
        if !is_last {
            found.push((Part::Guide, DosingError::GuidedNotLast));
        }
        return;
    }
    let once_open = phase.pattern.is_once() && phase.length.is_none();
    match (is_last, phase.pause) {
        (true, Some(_)) => found.push((Part::Pause, DosingError::PauseAtEnd)),
        (false, None) if once_open => found.push((Part::Pattern, DosingError::Gap)),
        (false, Some(pause)) => positive(pause, "pause", Part::Pause, found),
        _ => {}
    }
    if !is_last && is_endless(phase) {
        found.push((Part::Pattern, DosingError::Endless));
    }
}

/// What only shows once the points are laid out: dates, counts, phases without a dose.
fn points(courses: &Courses) -> Vec<(Place, DosingError)> {
    let mut found = Vec::new();
    let mut total = 0;
    for (course, phases) in courses.courses.iter().enumerate() {
        for (index, (origin, phase)) in courses.origins(phases).enumerate() {
            let mut here = Vec::new();
            if on_the_calendar(phase, origin, &mut here) {
                counts(phase, origin, &mut total, &mut here);
            }
            found.extend(here.into_iter().map(|(part, e)| (Place { course, phase: index, part }, e)));
            if total > MAX_DOSES {
                return found;
            }
        }
    }
    found
}

/// Whether the phase has the dates it needs.
fn on_the_calendar(phase: &Phase, origin: Origin, found: &mut Found) -> bool {
    if origin.start.is_none() {
        if matches!(phase.pattern, Pattern::EveryCalendarMonths(_)) {
            found.push((Part::Pattern, DosingError::NoStartDate));
        } else if matches!(phase.length, Some(Length::CalendarMonths(_))) {
            found.push((Part::Length, DosingError::NoStartDate));
        }
    }
    if let (Pattern::OnWeekdays { days, .. }, Some(date)) = (&phase.pattern, origin.date())
        && date.weekday() != days[0]
    {
        let error = DosingError::StartWeekday { begins: date.weekday(), listed: days[0] };
        found.push((Part::Pattern, error));
    }
    found.is_empty()
}

/// Counts the doses of a phase and holds its numbers against them.
fn counts(phase: &Phase, origin: Origin, total: &mut usize, found: &mut Found) {
    let end = phase.hours(origin);
    if let (Pattern::Once { at: Some(at) }, Some(_), Some(end)) = (&phase.pattern, phase.length, end)
        && at.hours() >= end
    {
        found.push((Part::Pattern, DosingError::OnceTooLate { at: at.to_string() }));
        return;
    }
    // A phase without an end is counted when it is cut off; its first point shows whether there is one.
    let most = if end.is_some() { MAX_DOSES + 1 - (*total).min(MAX_DOSES) } else { 1 };
    let slots = phase.slots(origin).take(most).count();
    *total += slots;
    if *total > MAX_DOSES {
        found.push((Part::Pattern, DosingError::TooManyDoses));
        return;
    }
    let Some(end) = end else { return };
    let doses = slots as u64;
    if doses == 0 || !phase.slots(origin).any(|(index, hours)| phase.gives(index, hours)) {
        found.push((Part::Pattern, DosingError::Empty));
        return;
    }
    let numbers = [
        (Part::First, phase.first.as_ref().map(|first| first.doses)),
        (Part::ExceptDoses, phase.except_doses.largest()),
    ];
    for (part, number) in numbers {
        if let Some(number) = number.filter(|number| u64::from(*number) > doses) {
            found.push((part, DosingError::BeyondDoses { doses, number }));
        }
    }
    let days = (end / 24.0).ceil().max(1.0) as u64;
    if let Some(day) = phase.except_days.largest().filter(|day| u64::from(*day) > days) {
        found.push((Part::ExceptDays, DosingError::BeyondDays { day, of: days, what: "phase" }));
    }
}

/// Whether a schedule with all its lengths has more doses than [`MAX_DOSES`].
pub(super) fn counts_too_many(courses: &Courses) -> bool {
    let phases = courses.courses.iter().flat_map(|course| courses.origins(course));
    phases.flat_map(|(origin, phase)| phase.slots(origin)).take(MAX_DOSES + 1).count() > MAX_DOSES
}
