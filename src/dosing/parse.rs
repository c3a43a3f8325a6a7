//! The text spelling of a schedule: its grammar, read from left to right.

use super::check::Part;
use super::draft::{Draft, assemble};
use super::phase::is_rate;
use super::regimen::is_endless;
use super::scan::{Read, Scanner};
use super::{
    Date, Direction, Dose, DosingError, DosingFaults, Duration, Each, First, Input, Length, Pattern, Phase, Regimen,
    Rounding, Schedule, Step, Steps, Weekday,
};
use crate::error::{Fault, Source};
use crate::units::Quantity;
use std::str::FromStr;

const HOW_OFTEN: &str = "how often: `once`, `every 12 h`, `twice daily`, `weekly`, `on Mon,Thu`, …";
const PATTERN_WORDS: &[&str] =
    &["once", "every", "daily", "twice", "weekly", "monthly", "on", "over", "at", "for", "then", "times"];
const AFTER_PHASE: &str = "a comma and a modifier or `then …`, `and …`, or the end";
const AFTER_COMMA: &str =
    "`then …` or a modifier (`first dose`, `rising`, `except`, `max`, …); `and …` stands without a comma";
const MODIFIERS: &[&str] = &["then", "first", "rising", "falling", "except", "pause", "max", "rounded", "starting"];

impl Schedule {
    /// Reads one line of text. `name` is what messages call it, such as `--give`.
    ///
    /// # Errors
    /// Every fault found, with its place in the text.
    pub fn from_text(text: &str, name: &str) -> Result<Self, DosingFaults> {
        read(text, None).map_err(|faults| faults.within(&Source::new(name, text)))
    }
}

impl Regimen {
    /// Reads one line of text that says when it ends. `name` is what messages call it, such as `--give`.
    ///
    /// # Errors
    /// Every fault found; [`DosingError::Unbounded`] where the last phase has no end.
    pub fn from_text(text: &str, name: &str) -> Result<Self, DosingFaults> {
        read_bounded(text).map_err(|faults| faults.within(&Source::new(name, text)))
    }
}

impl FromStr for Schedule {
    type Err = DosingFaults;

    fn from_str(text: &str) -> Result<Self, DosingFaults> {
        Schedule::from_text(text, "regimen")
    }
}

impl FromStr for Regimen {
    type Err = DosingFaults;

    fn from_str(text: &str) -> Result<Self, DosingFaults> {
        Regimen::from_text(text, "regimen")
    }
}

/// Reads a schedule; spans count in `text`. `start` is a start date known from elsewhere.
pub(super) fn read(text: &str, start: Option<Date>) -> Result<Schedule, DosingFaults> {
    let (drafts, own) = schedule(&mut Scanner::new(text))?;
    assemble(drafts, own.or(start))
}

fn read_bounded(text: &str) -> Result<Regimen, DosingFaults> {
    let (drafts, start) = schedule(&mut Scanner::new(text))?;
    let mut last = drafts.iter().filter_map(|course| course.last());
    let span = last.find(|draft| is_endless(&draft.rest)).map(|draft| draft.whole);
    assemble(drafts, start)?.bounded(None).map_err(|kind| Fault { kind, span, source: None }.into())
}

fn schedule(scan: &mut Scanner) -> Read<(Vec<Vec<Draft>>, Option<Date>)> {
    let mut courses = vec![course(scan)?];
    while scan.eat("and").is_some() {
        courses.push(course(scan)?);
    }
    let start = if scan.at_word(",") {
        scan.expect(",")?;
        scan.expect("starting")?;
        Some(scan.date()?)
    } else {
        None
    };
    if !scan.at_end() {
        return Err(scan.unexpected(AFTER_PHASE, &["and"]));
    }
    Ok((courses, start))
}

fn course(scan: &mut Scanner) -> Read<Vec<Draft>> {
    let mut phases = vec![phase(scan)?];
    while scan.at_word(",") && scan.peek_second().eq_ignore_ascii_case("then") {
        scan.expect(",")?;
        scan.expect("then")?;
        if scan.at_word("after") {
            let start = scan.start();
            scan.expect("after")?;
            let pause = scan.duration()?;
            if let Some(before) = phases.last_mut() {
                before.note(Part::Pause, scan.since(start))?;
                before.rest.pause = Some(pause);
            }
        }
        phases.push(phase(scan)?);
    }
    Ok(phases)
}

fn phase(scan: &mut Scanner) -> Read<Draft> {
    let start = scan.start();
    let mut draft = Draft::new(Phase::new(Quantity::base(0.0, Default::default()), Pattern::Once { at: None }));
    if scan.at_number() && !scan.peek_second().eq_ignore_ascii_case("times") {
        let (dose, span) = dose(scan, "mg")?;
        draft.note(Part::Dose, span)?;
        draft.dose = Some(dose);
    }
    if let Some((route, span)) = scan.name()? {
        draft.note(Part::Route, span)?;
        draft.rest.route = Some(route);
    }
    input(scan, &mut draft)?;
    let says_something = scan.since(start).end > start;
    let at = scan.start();
    match pattern(scan)? {
        Some(pattern) => {
            draft.note(Part::Pattern, scan.since(at))?;
            draft.rest.pattern = pattern;
        }
        // A dose alone is given once; a length without a pattern says too little.
        None if says_something && (scan.at_end() || scan.at_word(",") || scan.at_word("and")) => {
            draft.note(Part::Pattern, scan.since(start))?;
        }
        None => {
            let expected = if says_something { HOW_OFTEN } else { "a dose, such as `84 mg`" };
            return Err(scan.unexpected(expected, PATTERN_WORDS));
        }
    }
    let at = scan.start();
    if let Some(length) = length(scan)? {
        draft.note(Part::Length, scan.since(at))?;
        draft.rest.length = Some(length);
    }
    draft.whole = scan.since(start);
    while scan.at_word(",") && !["then", "starting"].iter().any(|w| scan.peek_second().eq_ignore_ascii_case(w)) {
        scan.expect(",")?;
        modifier(scan, &mut draft)?;
    }
    if scan.at_end() || scan.at_word(",") || scan.at_word("and") {
        return Ok(draft);
    }
    let mut fault = scan.unexpected(AFTER_PHASE, MODIFIERS);
    if let DosingError::Syntax { near, found, .. } = &mut fault.kind
        && MODIFIERS.contains(&found.as_str())
    {
        *near = Some(format!(", {found} …"));
    }
    Err(fault)
}

/// `84 mg`, `32.3 mg as HCl`.
pub(super) fn dose(scan: &mut Scanner, like: &str) -> Read<(Dose, crate::error::Span)> {
    let start = scan.start();
    let (quantity, _) = scan.quantity(like)?;
    let mut dose = Dose::from(quantity);
    if scan.at_word("as") && !scan.peek_second().eq_ignore_ascii_case("bolus") {
        scan.expect("as")?;
        dose.salt = Some(scan.word("the name of a salt, such as `HCl`")?);
    }
    Ok((dose, scan.since(start)))
}

/// `over 40 min`, `at 2.4 mg/kg/h for 120 h`, `as bolus`; after a dose that is a rate, `for 120 h`.
fn input(scan: &mut Scanner, draft: &mut Draft) -> Read<()> {
    let start = scan.start();
    let dose_is_rate = draft.dose.as_ref().is_some_and(|dose| is_rate(dose.quantity.dimension()));
    if scan.eat("over").is_some() {
        draft.input = Some(Input::Over(scan.duration()?));
    } else if scan.at_word("as") && scan.peek_second().eq_ignore_ascii_case("bolus") {
        scan.expect("as")?;
        scan.expect("bolus")?;
        draft.input = Some(Input::Bolus);
    } else if dose_is_rate && scan.eat("for").is_some() {
        draft.input = Some(Input::AtRate(scan.duration()?));
    } else if scan.at_word("at") {
        let (dose, duration, span) = rate(scan)?;
        if draft.dose.is_some() {
            return Err(Fault::at(DosingError::DoseAndRate, scan.since(start)));
        }
        draft.note(Part::Dose, span)?;
        draft.dose = Some(dose);
        draft.input = Some(Input::AtRate(duration));
    } else {
        return Ok(());
    }
    draft.note(Part::Input, scan.since(start))
}

/// `at 2.4 mg/kg/h for 120 h`.
fn rate(scan: &mut Scanner) -> Read<(Dose, Duration, crate::error::Span)> {
    scan.expect("at")?;
    rate_and_duration(scan)
}

/// `2.4 mg/kg/h for 120 h`.
pub(super) fn rate_and_duration(scan: &mut Scanner) -> Read<(Dose, Duration, crate::error::Span)> {
    let (dose, span) = dose(scan, "mg/h")?;
    scan.expect("for")?;
    Ok((dose, scan.duration()?, span))
}

/// How often; `None` where the next word does not say.
pub(super) fn pattern(scan: &mut Scanner) -> Read<Option<Pattern>> {
    let pattern = if scan.eat("once").is_some() {
        let at = scan.eat("at").map(|_| scan.duration()).transpose()?;
        // `once at 0 h` is `once`.
        Pattern::Once { at: at.filter(|at| at.hours() > 0.0) }
    } else if scan.eat("every").is_some() {
        match calendar_months(scan)? {
            Some(months) => Pattern::EveryCalendarMonths(months),
            None => Pattern::Every(scan.duration()?),
        }
    } else if scan.eat("daily").is_some() {
        Pattern::TimesDaily(1)
    } else if scan.eat("weekly").is_some() {
        Pattern::Weekly
    } else if scan.eat("monthly").is_some() {
        Pattern::Monthly
    } else if scan.eat("twice").is_some() {
        times(scan, 2)?
    } else if scan.at_number() && scan.peek_second().eq_ignore_ascii_case("times") {
        let start = scan.start();
        let count = scan.count("the number of times")?;
        scan.expect("times")?;
        if count > 3 && scan.at_word("weekly") {
            let expected = "at most `3 times weekly`; else `on days 1,3,5,7 of each week`".to_string();
            let found = format!("{count} times weekly");
            return Err(Fault::at(DosingError::Syntax { expected, found, near: None }, scan.since(start)));
        }
        times(scan, count)?
    } else if scan.eat("on").is_some() {
        if scan.eat("days").is_some() { days(scan)? } else { weekdays(scan)? }
    } else {
        return Ok(None);
    };
    Ok(Some(pattern))
}

fn times(scan: &mut Scanner, count: u32) -> Read<Pattern> {
    if scan.eat("daily").is_some() {
        return Ok(Pattern::TimesDaily(count));
    }
    if scan.eat("weekly").is_none() {
        return Err(scan.unexpected("`daily` or `weekly`", &["daily", "weekly"]));
    }
    Ok(match count {
        1 => Pattern::Weekly,
        2 => Pattern::TwiceWeekly,
        _ => Pattern::ThreeTimesWeekly,
    })
}

/// `calendar month`, `6 calendar months`.
fn calendar_months(scan: &mut Scanner) -> Read<Option<u32>> {
    let counted = scan.peek_second().eq_ignore_ascii_case("calendar");
    if !counted && !scan.at_word("calendar") {
        return Ok(None);
    }
    let count = if counted { scan.count("the number of calendar months")? } else { 1 };
    scan.expect("calendar")?;
    if scan.eat("month").or_else(|| scan.eat("months")).is_none() {
        return Err(scan.unexpected("`month` or `months`", &["month", "months"]));
    }
    Ok(Some(count))
}

/// Behind `on days`: `1,4 of each week`, `1-5 of each 21 days`.
fn days(scan: &mut Scanner) -> Read<Pattern> {
    let days = scan.numbers("the number of a day")?;
    scan.expect("of")?;
    scan.expect("each")?;
    if scan.eat("week").is_some() {
        return Ok(Pattern::OnDays { days, cycle: 7 });
    }
    let cycle = scan.count("the number of days of the cycle")?;
    if scan.eat("days").or_else(|| scan.eat("d")).is_none() {
        return Err(scan.unexpected("`days`", &["days"]));
    }
    Ok(Pattern::OnDays { days, cycle })
}

/// Behind `on`: `Mon,Thu at 09:00,21:00`.
fn weekdays(scan: &mut Scanner) -> Read<Pattern> {
    const NAMES: [&str; 8] = ["days", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut days = Vec::new();
    loop {
        let Some(day) = Weekday::named(scan.peek()) else {
            return Err(scan.unexpected("`days …` or weekdays, such as `Mon,Thu`", &NAMES));
        };
        scan.expect(scan.peek())?;
        days.push(day);
        let next_is_day = scan.at_word(",") && Weekday::named(scan.peek_second()).is_some();
        if !next_is_day || !scan.another(char::is_alphabetic) {
            break;
        }
    }
    let mut at = Vec::new();
    if scan.eat("at").is_some() {
        at.push(scan.clock()?);
        while scan.another(|c| c.is_ascii_digit()) {
            at.push(scan.clock()?);
        }
    }
    Ok(Pattern::OnWeekdays { days, at })
}

/// `for 4 weeks`, `for 6 calendar months`, `x 8`.
fn length(scan: &mut Scanner) -> Read<Option<Length>> {
    if scan.eat("for").is_some() {
        return duration_length(scan).map(Some);
    }
    Ok(scan.times()?.map(Length::Doses))
}

/// Behind `for`.
pub(super) fn duration_length(scan: &mut Scanner) -> Read<Length> {
    Ok(match calendar_months(scan)? {
        Some(months) => Length::CalendarMonths(months),
        None => Length::For(scan.duration()?),
    })
}

fn modifier(scan: &mut Scanner, draft: &mut Draft) -> Read<()> {
    let start = scan.start();
    let phase = &mut draft.rest;
    let part = if scan.eat("first").is_some() {
        let doses = if scan.at_number() { scan.count("the number of first doses")? } else { 1 };
        if scan.eat("dose").or_else(|| scan.eat("doses")).is_none() {
            return Err(scan.unexpected("`dose` or `doses`", &["dose", "doses"]));
        }
        phase.first = Some(First { doses, quantity: scan.quantity("mg")?.0 });
        Part::First
    } else if scan.at_word("rising") || scan.at_word("falling") {
        let rising = scan.eat("rising").is_some();
        if !rising {
            scan.expect("falling")?;
        }
        scan.expect("by")?;
        let by = scan.quantity("mg")?.0;
        scan.expect("each")?;
        let each = each(scan)?;
        scan.expect("to")?;
        phase.steps = Some(Steps { rising, by, each, to: scan.quantity("mg")?.0 });
        Part::Steps
    } else if scan.eat("except").is_some() {
        if scan.eat("doses").or_else(|| scan.eat("dose")).is_some() {
            phase.except_doses = scan.numbers("the number of a dose")?;
            Part::ExceptDoses
        } else if scan.eat("days").or_else(|| scan.eat("day")).is_some() {
            phase.except_days = scan.numbers("the number of a day")?;
            Part::ExceptDays
        } else {
            return Err(scan.unexpected("`doses` or `days`", &["doses", "days"]));
        }
    } else if scan.eat("pause").is_some() {
        phase.pause = Some(scan.duration()?);
        Part::Pause
    } else if scan.eat("max").is_some() {
        phase.max = Some(scan.quantity("mg")?.0);
        Part::Max
    } else if scan.eat("rounded").is_some() {
        phase.rounding = Some(rounding(scan)?);
        Part::Rounding
    } else {
        return Err(scan.unexpected(AFTER_COMMA, MODIFIERS));
    };
    draft.note(part, scan.since(start))
}

/// Behind `each`: `dose`, `week`, `3 doses`.
pub(super) fn each(scan: &mut Scanner) -> Read<Each> {
    if scan.eat("week").is_some() {
        return Ok(Each::Week);
    }
    if scan.eat("dose").is_some() {
        return Ok(Each::Doses(1));
    }
    if !scan.at_number() {
        return Err(scan.unexpected("`dose`, `week` or `3 doses`", &["dose", "week"]));
    }
    let doses = scan.count("the number of doses")?;
    if scan.eat("doses").or_else(|| scan.eat("dose")).is_none() {
        return Err(scan.unexpected("`doses`", &["doses"]));
    }
    Ok(Each::Doses(doses))
}

/// Behind `rounded`: `to 25 mg`, `up to device`.
pub(super) fn rounding(scan: &mut Scanner) -> Read<Rounding> {
    let direction = if scan.eat("up").is_some() {
        Direction::Up
    } else if scan.eat("down").is_some() {
        Direction::Down
    } else {
        Direction::Nearest
    };
    if scan.eat("to").is_none() {
        return Err(scan.unexpected("`to`, `up to` or `down to`", &["to", "up", "down"]));
    }
    let to = if scan.eat("device").is_some() { Step::Device } else { Step::Amount(scan.quantity("mg")?.0) };
    Ok(Rounding { direction, to })
}
