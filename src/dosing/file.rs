//! The TOML spelling of a schedule, alone or with its name and sources.

use super::check::Part;
use super::draft::{Draft, assemble};
use super::parse::{dose, duration_length, each, pattern, rate_and_duration, read, rounding};
use super::print::{Said, amount};
use super::scan::{DosingFault, Read, Scanner};
use super::{Date, DosingError, DosingFaults, First, Input, Length, Pattern, Phase, Schedule, Steps};
use crate::error::{Fault, Faults, Source, Span, nearest};
use crate::units::Quantity;
use std::fmt::Write;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
];
const FIRST_KEYS: &[&str] = &["doses", "dose"];
const STEP_KEYS: &[&str] = &["by", "each", "to"];

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
        file(text).map_err(|faults| faults.within(&Source::new(name, text)))
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
    push(out, "give", &phase.pattern);
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
}

// ---- reading

fn file(text: &str) -> Result<ScheduleFile, DosingFaults> {
    let table = DeTable::parse(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or("not TOML").to_string();
        Fault { kind: DosingError::Toml { message }, span: error.span().map(Span::from), source: None }
    })?;
    let mut reader = Reader { text, found: Vec::new() };
    let file = reader.file(table.get_ref());
    Faults::check(reader.found, || file.expect("a file in which nothing is wrong has a schedule"))
}

/// Walks the table of a file and collects what is wrong.
struct Reader<'t> {
    text: &'t str,
    found: Vec<DosingFault>,
}

type Value<'t> = Spanned<DeValue<'t>>;

fn span_of(value: &Value) -> Span {
    value.span().into()
}

impl Reader<'_> {
    fn fault(&mut self, kind: DosingError, span: Span) {
        self.found.push(Fault::at(kind, span));
    }

    fn unknown_key(&mut self, key: &Spanned<toml::de::DeString>, known: &[&'static str]) {
        let name = key.get_ref().to_string();
        let near = nearest(&name, known.iter().copied()).map(str::to_string);
        self.fault(DosingError::UnknownKey { key: name, near, known: known.to_vec() }, key.span().into());
    }

    fn wrong_type(&mut self, key: &str, expected: &'static str, value: &Value) {
        self.fault(DosingError::WrongType { key: key.to_string(), expected }, span_of(value));
    }

    /// The value as text.
    fn string<'v>(&mut self, key: &str, value: &'v Value) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, "text in quotes", value);
        }
        text
    }

    /// A count of 1 or more.
    fn count(&mut self, key: &str, value: &Value) -> Option<u32> {
        let count = value.get_ref().as_integer().and_then(|i| u32::from_str_radix(i.as_str(), i.radix()).ok());
        if count.is_none() {
            self.wrong_type(key, "a whole number, 1 or more", value);
        }
        count
    }

    fn table<'v, 't>(&mut self, key: &str, value: &'v Value<'t>) -> Option<&'v DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, "a table", value);
        }
        table
    }

    fn tables<'v, 't>(&mut self, key: &str, value: &'v Value<'t>) -> Vec<(&'v DeTable<'t>, Span)> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, "an array of tables", value);
            return Vec::new();
        };
        array.iter().filter_map(|item| self.table(key, item).map(|table| (table, span_of(item)))).collect()
    }

    /// A fault of a string's contents, placed in the file: exactly where the contents stand in it as they are.
    fn placed(&self, fault: DosingFault, contents: &str, value: &Value) -> DosingFault {
        let whole = span_of(value);
        let raw = self.text.get(whole.start..whole.end).unwrap_or("");
        match raw.find(contents).filter(|_| !contents.is_empty()) {
            Some(offset) => fault.shifted(whole.start + offset),
            None => Fault { span: Some(whole), ..fault },
        }
    }

    /// Reads the whole of a string with a piece of the text's grammar.
    fn parsed<T>(&mut self, key: &str, value: &Value, read: impl FnOnce(&mut Scanner) -> Read<T>) -> Option<T> {
        let contents = self.string(key, value)?;
        let mut scan = Scanner::new(contents);
        match read(&mut scan).and_then(|result| scan.expect_end().map(|()| result)) {
            Ok(result) => Some(result),
            Err(fault) => {
                let fault = self.placed(fault, contents, value);
                self.found.push(fault);
                None
            }
        }
    }

    fn file(&mut self, table: &DeTable) -> Option<ScheduleFile> {
        let mut about = About::default();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(slot) = ABOUT_KEYS.iter().zip(about.slots()).find(|(k, _)| **k == name) {
                *slot.1 = self.string(name, value).map(str::to_string);
            } else if !FILE_KEYS.contains(&name) {
                self.unknown_key(key, FILE_KEYS);
            }
        }
        if let Some(value) = table.get("format") {
            let format = value.get_ref().as_integer().map(|i| i.as_str());
            if format != Some("1") {
                let format = format.map_or_else(|| self.text[value.span()].to_string(), str::to_string);
                self.fault(DosingError::Format { format }, span_of(value));
            }
        }
        let start = table.get("start").and_then(|value| self.parsed("start", value, |s| s.date()));
        let schedule = match (table.get("text"), table.get("course")) {
            (Some(value), None) => self.one_line(value, start),
            (None, Some(value)) => {
                let drafts = self.courses(value);
                // A phase that could not be read would only cause faults that follow from it.
                if self.found.is_empty() { self.kept(assemble(drafts, start)) } else { None }
            }
            (Some(value), Some(_)) => {
                self.fault(DosingError::Keys { message: "give `text` or `[[course]]`, not both" }, span_of(value));
                None
            }
            (None, None) => {
                let message = "a schedule needs `text = \"…\"` or `[[course]]` with `[[course.phase]]`";
                self.fault(DosingError::Keys { message }, Span::default());
                None
            }
        };
        schedule.map(|schedule| ScheduleFile { about, schedule })
    }

    /// The schedule, if nothing is wrong with it.
    fn kept(&mut self, result: Result<Schedule, DosingFaults>) -> Option<Schedule> {
        result.map_err(|faults| self.found.extend(faults.into_vec())).ok()
    }

    fn one_line(&mut self, value: &Value, start: Option<Date>) -> Option<Schedule> {
        let contents = self.string("text", value)?;
        let faults = match read(contents, start) {
            Ok(schedule) => {
                if start.is_some() && schedule.start() != start {
                    let message = "`start` and the `starting …` of `text` are different days";
                    self.fault(DosingError::Keys { message }, span_of(value));
                }
                return Some(schedule);
            }
            Err(faults) => faults.into_vec(),
        };
        let placed: Vec<_> = faults.into_iter().map(|fault| self.placed(fault, contents, value)).collect();
        self.found.extend(placed);
        None
    }

    fn courses(&mut self, value: &Value) -> Vec<Vec<Draft>> {
        let mut courses = Vec::new();
        for (table, span) in self.tables("course", value) {
            for key in table.keys().filter(|key| key.get_ref() != "phase") {
                self.unknown_key(key, &["phase"]);
            }
            let Some(phases) = table.get("phase") else {
                // A misspelt key is the reason, and said already.
                if table.is_empty() {
                    self.fault(DosingError::NoPhase, span);
                }
                continue;
            };
            let phases = self.tables("phase", phases);
            courses.push(phases.into_iter().map(|(table, span)| self.phase(table, span)).collect());
        }
        courses
    }

    fn phase(&mut self, table: &DeTable, span: Span) -> Draft {
        let mut draft = Draft::new(Phase::new(Quantity::base(0.0, Default::default()), Pattern::Once { at: None }));
        draft.whole = span;
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let part = self.phase_key(name, value, &mut draft.rest);
            let part = match name {
                "dose" => {
                    draft.dose = self.parsed(name, value, |s| dose(s, "mg")).map(|(dose, _)| dose);
                    Some(Part::Dose)
                }
                "over" => {
                    draft.input = self.parsed(name, value, |s| s.duration()).map(Input::Over);
                    Some(Part::Input)
                }
                "bolus" => {
                    draft.input = Some(Input::Bolus);
                    if value.get_ref().as_bool() != Some(true) {
                        self.wrong_type(name, "`true`, or left out", value);
                    }
                    Some(Part::Input)
                }
                "at" if table.contains_key("dose") => {
                    self.fault(DosingError::DoseAndRate, span_of(value));
                    None
                }
                "at" => {
                    if let Some((dose, duration, _)) = self.parsed(name, value, rate_and_duration) {
                        (draft.dose, draft.input) = (Some(dose), Some(Input::AtRate(duration)));
                    }
                    // Its span is that of the dose as well.
                    self.found.extend(draft.note(Part::Dose, span_of(value)).err());
                    Some(Part::Input)
                }
                _ if part.is_none() => {
                    self.unknown_key(key, PHASE_KEYS);
                    None
                }
                _ => part,
            };
            if let Some(part) = part {
                self.found.extend(draft.note(part, span_of(value)).err());
            }
        }
        draft
    }

    /// Reads a key that a phase keeps as it is; which part it is, or `None` for any other key.
    fn phase_key(&mut self, name: &str, value: &Value, phase: &mut Phase) -> Option<Part> {
        Some(match name {
            "route" => {
                phase.route = self.string(name, value).map(str::to_string);
                Part::Route
            }
            "give" => {
                let how_often = |s: &mut Scanner| pattern(s)?.ok_or_else(|| s.unexpected("how often", &[]));
                if let Some(pattern) = self.parsed(name, value, how_often) {
                    phase.pattern = pattern;
                }
                Part::Pattern
            }
            "for" => {
                phase.length = self.parsed(name, value, duration_length);
                Part::Length
            }
            "doses" => {
                phase.length = self.count(name, value).map(Length::Doses);
                Part::Length
            }
            "first" => {
                phase.first = self.first(value);
                Part::First
            }
            "rising" | "falling" => {
                phase.steps = self.steps(name, value);
                Part::Steps
            }
            "except_doses" => {
                phase.except_doses =
                    self.parsed(name, value, |s| s.numbers("the number of a dose")).unwrap_or_default();
                Part::ExceptDoses
            }
            "except_days" => {
                phase.except_days = self.parsed(name, value, |s| s.numbers("the number of a day")).unwrap_or_default();
                Part::ExceptDays
            }
            "max" => {
                phase.max = self.quantity(name, value);
                Part::Max
            }
            "rounded" => {
                phase.rounding = self.parsed(name, value, rounding);
                Part::Rounding
            }
            "pause" => {
                phase.pause = self.parsed(name, value, |s| s.duration());
                Part::Pause
            }
            _ => return None,
        })
    }

    fn quantity(&mut self, key: &str, value: &Value) -> Option<Quantity> {
        self.parsed(key, value, |s| s.quantity("mg").map(|(quantity, _)| quantity))
    }

    /// A small table with known keys, each of which is needed unless it is `optional`.
    fn small<'v, 't>(
        &mut self,
        name: &str,
        value: &'v Value<'t>,
        known: &[&'static str],
        message: &'static str,
    ) -> Option<&'v DeTable<'t>> {
        let table = self.table(name, value)?;
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            self.unknown_key(key, known);
        }
        if known.iter().any(|key| !table.contains_key(*key)) {
            self.fault(DosingError::Keys { message }, span_of(value));
            return None;
        }
        Some(table)
    }

    fn first(&mut self, value: &Value) -> Option<First> {
        let table = self.small("first", value, FIRST_KEYS, "`first` needs `doses` (how many) and `dose`")?;
        let doses = self.count("doses", table.get("doses")?)?;
        Some(First { doses, quantity: self.quantity("dose", table.get("dose")?)? })
    }

    fn steps(&mut self, name: &str, value: &Value) -> Option<Steps> {
        let table = self.small(name, value, STEP_KEYS, "`rising` and `falling` need `by`, `each` and `to`")?;
        let by = self.quantity("by", table.get("by")?);
        let each = self.parsed("each", table.get("each")?, each);
        let to = self.quantity("to", table.get("to")?);
        Some(Steps { rising: name == "rising", by: by?, each: each?, to: to? })
    }
}
