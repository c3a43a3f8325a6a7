//! The plan of courses, as written in TOML.

use super::{Adherence, CourseError};
use crate::Error;
use crate::document::{self, Log, Table, Text, Value};
use crate::dosing::ScheduleFile;
use crate::error::{Faults, Source};
use crate::model::Model;
use crate::study::PlanError;
use crate::study::compare::{self, PeoplePlan};
use crate::study::reading::{Files, duration, no_files, pairs};
use crate::units::Dimension;

/// How long courses are followed where nothing else is said, h: 52 weeks.
pub const YEAR: f64 = 52.0 * 168.0;

/// Courses as written: the person, the people, what they do about their sessions, and an arm for each course.
#[derive(Debug, Clone)]
pub struct CoursePlan {
    /// The title of tables and figures.
    pub title: String,
    /// How long courses are followed, h.
    pub until: f64,
    /// The person: covariates and body weight, name and value.
    pub subject: Vec<(Text, Text)>,
    /// The people that go through every arm besides the person.
    pub population: Option<PeoplePlan>,
    /// What these people do about their sessions.
    pub adherence: Adherence,
    /// The arms.
    pub arms: Vec<ArmPlan>,
}

/// One course, as written.
#[derive(Debug, Clone)]
pub struct ArmPlan {
    /// The name in tables and legends.
    pub name: Text,
    /// A model's id or file.
    pub model: Text,
    /// Effects that are attached to it, each an id or a file.
    pub effects: Vec<Text>,
    /// A schedule: an id, a file, or a line of text.
    pub schedule: Text,
    /// Covariates of this arm's person, in place of the plan's.
    pub subject: Vec<(Text, Text)>,
    /// Values of parameters in place of the model's.
    pub set: Vec<(Text, Text)>,
}

/// What an arm names, loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The model with its effects.
    pub model: Model,
    /// The schedule, with what is known about it.
    pub schedule: ScheduleFile,
}

impl CoursePlan {
    /// Reads a plan; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults<PlanError>> {
        CoursePlan::with_files(name, text, &no_files)
    }

    /// The same for a plan that may name a file with its people.
    ///
    /// # Errors
    /// As [`CoursePlan::parse`], and those of that file.
    pub fn with_files(name: &str, text: &str, files: &Files<'_>) -> Result<Self, Faults<PlanError>> {
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let table = document::parse(&log)?;
        let known = ["format", "title", "subject", "population", "until", "effects", "adherence", "arm"];
        let root = Table::root(&log, "a plan of courses", table.get_ref(), &known);
        root.check_format();
        let effects = root.get("effects").and_then(|v| v.texts()).unwrap_or_default();
        let arms = root.need("arm").and_then(|v| v.list()).unwrap_or_default();
        if let Some(value) = root.get("arm").filter(|v| v.is_list() && arms.is_empty()) {
            log.report(&value.place, CourseError::NoArms);
        }
        let arms: Vec<_> = arms.iter().filter_map(|v| arm(v, &effects)).collect();
        for (i, arm) in arms.iter().enumerate() {
            if arms[..i].iter().any(|a: &ArmPlan| a.name.text == arm.name.text) {
                log.report(&arm.name.place, PlanError::DuplicateArm { name: arm.name.text.clone() });
            }
        }
        let adherence = root.get("adherence");
        if let Some(value) = adherence.as_ref().filter(|_| !root.has("population")) {
            log.report(&value.place, CourseError::NoPeople);
        }
        let plan = CoursePlan {
            title: root.text("title").map_or_else(|| "Courses".into(), |t| t.text),
            until: duration(&root, "until").unwrap_or(YEAR),
            subject: root.get("subject").and_then(|v| pairs(&v)).unwrap_or_default(),
            population: root.get("population").and_then(|v| compare::people(&v, files)),
            adherence: adherence.and_then(|v| read_adherence(&v)).unwrap_or_default(),
            arms,
        };
        Faults::check(log.into_faults(), || plan)
    }

    /// Loads what the arms name: `model` finds a model with effects, `schedule` a schedule.
    ///
    /// # Errors
    /// What they say, where the plan names it.
    pub fn load(
        &self,
        model: impl Fn(&str, &[Text]) -> Result<Model, Error>,
        schedule: impl Fn(&str) -> Result<ScheduleFile, Error>,
    ) -> Result<Vec<Loaded>, Error> {
        let load = |arm: &ArmPlan| {
            let model = model(&arm.model.text, &arm.effects).map_err(|e| e.placed(&arm.model.place))?;
            let text = &arm.schedule;
            let schedule = schedule(&text.text).map_err(|e| e.placed_in(text).placed(&text.place))?;
            Ok(Loaded { model, schedule })
        };
        self.arms.iter().map(load).collect()
    }
}

fn arm(value: &Value<'_, PlanError>, effects: &[Text]) -> Option<ArmPlan> {
    let table = value.table(&["name", "model", "effects", "schedule", "subject", "set"])?;
    let need = |key: &str| table.need(key).and_then(|v| v.text());
    let (name, model, schedule) = (need("name"), need("model"), need("schedule"));
    Some(ArmPlan {
        name: name?,
        model: model?,
        effects: table.get("effects").map_or_else(|| Some(effects.to_vec()), |v| v.texts())?,
        schedule: schedule?,
        subject: table.get("subject").and_then(|v| pairs(&v)).unwrap_or_default(),
        set: table.get("set").and_then(|v| pairs(&v)).unwrap_or_default(),
    })
}

fn read_adherence(value: &Value<'_, PlanError>) -> Option<Adherence> {
    let table = value.table(&["missed", "delayed", "stop"])?;
    let share = |table: &Table<'_, PlanError>, key: &str| {
        table.get(key).map_or(Some(0.0), |value| probability(&value, &format!("{key} of adherence")))
    };
    let (missed, stop) = (share(&table, "missed"), share(&table, "stop"));
    let delayed = table.get("delayed").map_or(Some((0.0, 0.0)), |value| {
        let delays = value.table(&["probability", "up_to"])?;
        let chance = delays.need("probability").and_then(|v| probability(&v, "delayed.probability of adherence"));
        let up_to = delays.need("up_to").and_then(|v| up_to(&v));
        chance.zip(up_to)
    });
    let (delayed, up_to) = delayed?;
    Some(Adherence { missed: missed?, delayed, up_to, stop: stop? })
}

fn probability(value: &Value<'_, PlanError>, what: &str) -> Option<f64> {
    let number = value.number()?;
    if !(0.0..=1.0).contains(&number.value) {
        value.log.report(&number.place, CourseError::Probability { what: what.into(), value: number.value });
        return None;
    }
    Some(number.value)
}

fn up_to(value: &Value<'_, PlanError>) -> Option<f64> {
    let hours = value.quantity(Dimension::TIME)?.in_base();
    if hours <= 0.0 {
        value.log.report(&value.place, PlanError::NotPositive { what: "up_to".into() });
        return None;
    }
    Some(hours)
}
