//! The TOML spelling of a schedule, alone or with its name and sources.

use super::check::Part;
use super::draft::{Draft, assemble};
use super::parse::{dose, duration_length, each, pattern, rate_and_duration, read, rounding};
use super::print::{Said, amount};
use super::scan::{Read, Scanner};
use super::{
    Comparison, Condition, Date, DosingError, DosingFaults, First, Guide, Input, Length, Pattern, Phase, Schedule,
    Steps,
};
use crate::document::{Log, Table, Value, parse};
use crate::error::{Faults, Source, Span};
use crate::units::Quantity;
use std::fmt::Write;
use std::sync::Arc;

/// A schedule file: a schedule, what it is called and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleFile {
    /// Name, source and remarks.
    pub about: About,
    /// The schedule.
    pub schedule: Schedule,
}

/// Name, source and remarks of a schedule; a file may leave any of them out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    /// Short name, as on the command line.
    pub id: Option<String>,
    /// One line.
    pub title: Option<String>,
    /// The drug given.
    pub drug: Option<String>,
    /// `A` read in an opened source, `B` partly, `assumed` our own.
    pub grade: Option<String>,
    /// Who published it, where.
    pub citation: Option<String>,
    /// Its DOI.
    pub doi: Option<String>,
    /// What was read, where it is not the publication itself.
    pub source: Option<String>,
    /// What the source leaves open, and how it is read here.
    pub note: Option<String>,
}

const ABOUT_KEYS: [&str; 8] = ["id", "title", "drug", "grade", "citation", "doi", "source", "note"];
const FILE_KEYS: &[&str] =
    &["format", "id", "title", "drug", "grade", "citation", "doi", "source", "note", "start", "text", "course"];
const PHASE_KEYS: &[&str] = &[
    "dose",
    "route",
    "over",
    "at",
    "bolus",
    "give",
    "for",
    "doses",
    "first",
    "rising",
    "falling",
    "except_doses",
    "except_days",
    "max",
    "rounded",
    "pause",
    "guided",
];
const GUIDE_KEYS: &[&str] = &["output", "at", "every", "lengthen_if", "shorten_if", "intervals", "max_sessions"];

impl About {
    fn slots(&mut self) -> [&mut Option<String>; 8] {
        let About { id, title, drug, grade, citation, doi, source, note } = self;
        [id, title, drug, grade, citation, doi, source, note]
    }
}

impl ScheduleFile {
    /// Reads a schedule file. `name` is what messages call it, such as its path.
    ///
    /// # Errors
    /// Every fault found, with its place in the file.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, DosingFaults> {
        file(&Source::new(name, text))
    }

    /// The file in its canonical spelling: courses and phases, not one line of text.
    pub fn to_toml(&self) -> String {
        let mut out = String::from("format = 1\n");
        let mut about = self.about.clone();
        for (key, value) in ABOUT_KEYS.iter().zip(about.slots()) {
            if let Some(value) = value {
                push(&mut out, key, value);
            }
        }
        push_schedule(&mut out, &self.schedule);
        out
    }
}

impl Schedule {
    /// Reads the schedule of a schedule file. `name` is what messages call it, such as its path.
    ///
    /// # Errors
    /// Every fault found, with its place in the file.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, DosingFaults> {
        ScheduleFile::from_toml(text, name).map(|file| file.schedule)
    }

    /// The schedule as a file without name and sources.
    pub fn to_toml(&self) -> String {
        ScheduleFile { about: About::default(), schedule: self.clone() }.to_toml()
    }
}

// ---- writing

fn push(out: &mut String, key: &str, value: impl ToString) {
    let value = toml::Value::String(value.to_string());
    out.push_str(&format!("{key} = {value}\n"));
}

fn push_schedule(out: &mut String, schedule: &Schedule) {
    if let Some(start) = schedule.start() {
        push(out, "start", start);
    }
    for course in schedule.courses() {
        out.push_str("\n[[course]]\n");
        let mut before = None;
        for phase in course {
            out.push_str("[[course.phase]]\n");
            push_phase(out, phase, before);
            before = Some(phase);
        }
    }
}

fn push_phase(out: &mut String, phase: &Phase, before: Option<&Phase>) {
    let said = Said::of(phase, before);
    if let Some(dose) = said.dose.filter(|_| !matches!(phase.input, Input::AtRate(_))) {
        push(out, "dose", dose);
    }
    if let Some(route) = said.route {
        push(out, "route", route);
    }
    match said.input {
        Some(Input::Bolus) => out.push_str("bolus = true\n"),
        Some(Input::Over(duration)) => push(out, "over", duration),
        Some(Input::AtRate(duration)) => push(out, "at", format!("{} for {duration}", phase.dose)),
        None => {}
    }
    if phase.guide.is_none() {
        push(out, "give", &phase.pattern);
    }
    match phase.length {
        Some(Length::Doses(doses)) => out.push_str(&format!("doses = {doses}\n")),
        // Written as in the text, where the word `for` comes first.
        Some(length) => push(out, "for", length.to_string().trim_start_matches("for ")),
        None => {}
    }
    let quoted = |text: String| toml::Value::String(text).to_string();
    if let Some(First { doses, quantity }) = &phase.first {
        let _ = writeln!(out, "first = {{ doses = {doses}, dose = {} }}", quoted(amount(quantity)));
    }
    if let Some(Steps { rising, by, each, to }) = &phase.steps {
        let word = if *rising { "rising" } else { "falling" };
        let (by, each, to) = (quoted(amount(by)), quoted(each.to_string()), quoted(amount(to)));
        let _ = writeln!(out, "{word} = {{ by = {by}, each = {each}, to = {to} }}");
    }
    for (key, numbers) in [("except_doses", &phase.except_doses), ("except_days", &phase.except_days)] {
        if !numbers.is_empty() {
            push(out, key, numbers);
        }
    }
    if let Some(max) = &phase.max {
        push(out, "max", amount(max));
    }
    if let Some(rounding) = &phase.rounding {
        push(out, "rounded", rounding);
    }
    if let Some(pause) = phase.pause {
        push(out, "pause", pause);
    }
    if let Some(guide) = &phase.guide {
        let intervals: Vec<String> = guide.intervals.iter().map(|interval| quoted(interval.to_string())).collect();
        let texts = [
            ("output", guide.output.clone()),
            ("at", "visit".to_string()),
            ("every", guide.every.to_string()),
            ("lengthen_if", guide.lengthen_if.to_string()),
            ("shorten_if", guide.shorten_if.to_string()),
        ];
        let texts: String = texts.into_iter().map(|(key, text)| format!("{key} = {}, ", quoted(text))).collect();
        let (intervals, most) = (intervals.join(", "), guide.max_sessions);
        let _ = writeln!(out, "guided = {{ {texts}intervals = [{intervals}], max_sessions = {most} }}");
    }
}

// ---- reading

type Keys<'a> = Table<'a, DosingError>;
type Entry<'a> = Value<'a, DosingError>;

fn file(source: &Arc<Source>) -> Result<ScheduleFile, DosingFaults> {
    let log = Log::new(source);
    let toml = parse(&log)?;
    let root = Table::root(&log, "a schedule", toml.get_ref(), FILE_KEYS);
    root.check_format();
    let mut about = About::default();
    for (key, slot) in ABOUT_KEYS.iter().zip(about.slots()) {
        *slot = root.text(key).map(|text| text.text);
    }
    let start = root.get("start").and_then(|value| parsed(&value, |scan| scan.date()));
    let (line, list) = (root.get("text"), root.get("course"));
    match (&line, &list) {
        (Some(text), Some(_)) => {
            log.report(&text.place, DosingError::Keys { message: "give `text` or `[[course]]`, not both" });
        }
        (None, None) => {
            let message = "a schedule needs `text = \"…\"` or `[[course]]` with `[[course.phase]]`";
            log.report(&root.place, DosingError::Keys { message });
        }
        _ => {}
    }
    let line = line.and_then(|text| one_line(&text, start));
    let drafts = list.map_or_else(Vec::new, |list| courses(&list));
    // A phase that could not be read would only cause faults that follow from it.
    Faults::check(log.into_faults(), || ())?;
    let schedule = match line {
        Some(schedule) => schedule,
        None => assemble(drafts, start).map_err(|faults| faults.within(source))?,
    };
    Ok(ScheduleFile { about, schedule })
}

/// Reads the whole of a text with a piece of the grammar of schedules.
fn parsed<T>(value: &Entry, read: impl FnOnce(&mut Scanner) -> Read<T>) -> Option<T> {
    let text = value.text()?;
    let mut scan = Scanner::new(&text.text);
    let result = read(&mut scan).and_then(|result| scan.expect_end().map(|()| result));
    result.map_err(|fault| value.log.push(text.fault(fault, |kind| kind))).ok()
}

fn one_line(value: &Entry, start: Option<Date>) -> Option<Schedule> {
    let text = value.text()?;
    match read(&text.text, start) {
        Ok(schedule) => {
            if start.is_some() && schedule.start() != start {
                let message = "`start` and the `starting …` of `text` are different days";
                value.log.report(&value.place, DosingError::Keys { message });
            }
            Some(schedule)
        }
        Err(faults) => {
            faults.placed_in(&text).into_vec().into_iter().for_each(|fault| value.log.push(fault));
            None
        }
    }
}

fn courses(list: &Entry) -> Vec<Vec<Draft>> {
    let mut courses = Vec::new();
    for course in list.list().unwrap_or_default() {
        let Some(table) = course.table(&["phase"]) else { continue };
        // A course with another key is misspelt, which is said already.
        let phases = if table.keys().next().is_none() { table.need("phase") } else { table.get("phase") };
        let phases = phases.and_then(|phases| phases.list()).unwrap_or_default();
        courses.push(phases.iter().filter_map(phase).collect());
    }
    courses
}

fn phase(value: &Entry) -> Option<Draft> {
    let keys = value.table(PHASE_KEYS)?;
    let mut draft = Draft::new(Phase::new(Quantity::base(0.0, Default::default()), Pattern::Once { at: None }));
    draft.whole = value.place.span;
    what_and_how(&keys, &mut draft);
    when(&keys, &mut draft);
    modifiers(&keys, &mut draft);
    draft.rest.guide = noted(&keys, "guided", Part::Guide, &mut draft).and_then(|value| guide(&value, &mut draft));
    Some(draft)
}

/// The value of a key, noted as the place of a part.
fn noted<'a>(keys: &Keys<'a>, key: &str, part: Part, draft: &mut Draft) -> Option<Entry<'a>> {
    let value = keys.get(key)?;
    if let Err(fault) = draft.note(part, value.place.span) {
        keys.log.push(fault.within(&keys.log.source));
    }
    Some(value)
}

fn what_and_how(keys: &Keys, draft: &mut Draft) {
    if let Some(value) = noted(keys, "dose", Part::Dose, draft) {
        draft.dose = parsed(&value, |scan| dose(scan, "mg")).map(|(dose, _)| dose);
    }
    if let Some(value) = noted(keys, "route", Part::Route, draft) {
        draft.rest.route = value.text().map(|text| text.text);
    }
    if let Some(value) = noted(keys, "over", Part::Input, draft) {
        draft.input = parsed(&value, |scan| scan.duration()).map(Input::Over);
    }
    if let Some(value) = noted(keys, "bolus", Part::Input, draft) {
        draft.input = Some(Input::Bolus);
        if value.flag() == Some(false) {
            keys.log.report(&value.place, DosingError::Keys { message: "leave `bolus` out where it is not `true`" });
        }
    }
    if let Some(value) = noted(keys, "at", Part::Input, draft) {
        if keys.has("dose") {
            keys.log.report(&value.place, DosingError::DoseAndRate);
        } else if let Some((dose, duration, _)) = parsed(&value, rate_and_duration) {
            (draft.dose, draft.input) = (Some(dose), Some(Input::AtRate(duration)));
            // It is the place of the dose as well.
            noted(keys, "at", Part::Dose, draft);
        }
    }
}

fn when(keys: &Keys, draft: &mut Draft) {
    let how_often = |scan: &mut Scanner| pattern(scan)?.ok_or_else(|| scan.unexpected("how often", &[]));
    if let Some(pattern) = noted(keys, "give", Part::Pattern, draft).and_then(|value| parsed(&value, how_often)) {
        draft.rest.pattern = pattern;
    }
    if let Some(value) = noted(keys, "for", Part::Length, draft) {
        draft.rest.length = parsed(&value, duration_length);
    }
    if let Some(value) = noted(keys, "doses", Part::Length, draft) {
        draft.rest.length = count(&value).map(Length::Doses);
    }
    if let Some(value) = noted(keys, "pause", Part::Pause, draft) {
        draft.rest.pause = parsed(&value, |scan| scan.duration());
    }
}

fn modifiers(keys: &Keys, draft: &mut Draft) {
    draft.rest.first = noted(keys, "first", Part::First, draft).and_then(|value| first(&value));
    for (key, rising) in [("rising", true), ("falling", false)] {
        if let Some(value) = noted(keys, key, Part::Steps, draft) {
            draft.rest.steps = steps(&value, rising);
        }
    }
    if let Some(value) = noted(keys, "except_doses", Part::ExceptDoses, draft) {
        draft.rest.except_doses = parsed(&value, |scan| scan.numbers("the number of a dose")).unwrap_or_default();
    }
    if let Some(value) = noted(keys, "except_days", Part::ExceptDays, draft) {
        draft.rest.except_days = parsed(&value, |scan| scan.numbers("the number of a day")).unwrap_or_default();
    }
    draft.rest.max = noted(keys, "max", Part::Max, draft).and_then(|value| quantity(&value));
    draft.rest.rounding = noted(keys, "rounded", Part::Rounding, draft).and_then(|value| parsed(&value, rounding));
}

fn quantity(value: &Entry) -> Option<Quantity> {
    parsed(value, |scan| scan.quantity("mg").map(|(quantity, _)| quantity))
}

/// A number of doses; one beyond any limit stays beyond it.
fn count(value: &Entry) -> Option<u32> {
    value.count().map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

fn first(value: &Entry) -> Option<First> {
    let keys = value.table(&["doses", "dose"])?;
    let doses = keys.need("doses").and_then(|value| count(&value));
    let dose = keys.need("dose").and_then(|value| quantity(&value));
    Some(First { doses: doses?, quantity: dose? })
}

fn steps(value: &Entry, rising: bool) -> Option<Steps> {
    let keys = value.table(&["by", "each", "to"])?;
    let by = keys.need("by").and_then(|value| quantity(&value));
    let each = keys.need("each").and_then(|value| parsed(&value, each));
    let to = keys.need("to").and_then(|value| quantity(&value));
    Some(Steps { rising, by: by?, each: each?, to: to? })
}

/// The rule of a guided phase.
fn guide(value: &Entry, draft: &mut Draft) -> Option<Guide> {
    let keys = value.table(GUIDE_KEYS)?;
    let output = keys.need("output").and_then(|value| value.text());
    keys.need("at").and_then(|value| parsed(&value, |scan| scan.expect("visit")));
    let mut needed = |key: &str, part: Part| {
        let value = keys.need(key)?;
        // The keys of a table differ, so that no part is noted twice.
        draft.note(part, value.place.span).ok().map(|()| value)
    };
    let duration = |value: &Entry| parsed(value, |scan| scan.duration());
    let every = needed("every", Part::GuideEvery).and_then(|value| duration(&value));
    let lengthen_if = keys.need("lengthen_if").and_then(|value| condition(&value));
    let shorten_if = needed("shorten_if", Part::GuideConditions).and_then(|value| condition(&value));
    let intervals = needed("intervals", Part::GuideIntervals).and_then(|value| value.list());
    let intervals = intervals.and_then(|list| list.iter().map(duration).collect::<Option<Vec<_>>>());
    let max_sessions = needed("max_sessions", Part::GuideMost).and_then(|value| count(&value));
    Some(Guide {
        output: output?.text,
        every: every?,
        lengthen_if: lengthen_if?,
        shorten_if: shorten_if?,
        intervals: intervals?,
        max_sessions: max_sessions?,
    })
}

/// A comparison with a value: `<= -10 points`.
fn condition(value: &Entry) -> Option<Condition> {
    let text = value.text()?;
    let start = text.text.len() - text.text.trim_start().len();
    let signed = &text.text[start..];
    let Some(comparison) = Comparison::ALL.into_iter().find(|c| signed.starts_with(c.sign())) else {
        let expected = "`<=`, `<`, `>=` or `>`, and a value".to_string();
        let found = signed.split_whitespace().next().unwrap_or_default().to_string();
        let place = text.part(Some(Span::new(start, start + found.len())));
        value.log.report(&place, DosingError::Syntax { expected, found, near: None });
        return None;
    };
    let rest = text.slice(start + comparison.sign().len(), text.text.len());
    match rest.text.parse::<Quantity>() {
        Ok(quantity) => Some(Condition { comparison, value: quantity }),
        Err(fault) => {
            value.log.push(rest.fault(fault, DosingError::from));
            None
        }
    }
}
