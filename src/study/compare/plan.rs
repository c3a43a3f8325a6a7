//! The plan of a comparison, as written in TOML.

use super::effects::{EffectPlan, STANDARD_EFFECTS};
use crate::document::{self, Log, Place, Table, Text, Value};
use crate::error::{Faults, Source};
use crate::metrics::Measure;
use crate::population::People;
use crate::study::PlanError;
use crate::study::reading::{self, Files, duration, no_files, pairs};
use crate::units::Quantity;
use std::sync::Arc;

/// A comparison as written: arms, the person, and how long to follow a session.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The title of tables and figures.
    pub title: String,
    /// The person: covariates and body weight, name and value.
    pub subject: Vec<(Text, Text)>,
    /// How long one session is followed, h.
    pub until: f64,
    /// The monitoring window after a session's first device, h.
    pub monitor: f64,
    /// The name of the common course.
    pub course_name: Option<String>,
    /// Effects to put on the models of the arms, where they have what these need.
    pub effects: Vec<EffectPlan>,
    /// Outputs of effects, and what each has to be below for monitoring to end.
    pub monitoring: Vec<(Text, Text)>,
    /// The people that go through every arm besides the person.
    pub population: Option<PeoplePlan>,
    /// The name of the arm that others are compared with on these people.
    pub reference: Option<Text>,
    /// The arms.
    pub arms: Vec<ArmPlan>,
}

/// The people of a plan.
#[derive(Debug, Clone)]
pub struct PeoplePlan {
    /// How many.
    pub size: u64,
    /// The seed of everything that is drawn for them.
    pub seed: u64,
    /// Who they are.
    pub people: People,
    /// The file that says so, unless the plan does.
    pub file: Option<Arc<Source>>,
}

/// One arm of a plan, as written.
#[derive(Debug, Clone)]
pub struct ArmPlan {
    /// The name in tables and legends.
    pub name: Text,
    /// A model's id or file.
    pub model: Text,
    /// The output to compare.
    pub output: Text,
    /// One session.
    pub session: Text,
    /// The whole course; the session is put in place of `{session}`.
    pub course: Option<Text>,
    /// The intravenous dose of the same model that bioavailability is taken relative to.
    pub iv: Option<Text>,
    /// A range drawn around the curve.
    pub band: Option<BandPlan>,
    /// What was observed or published for this arm.
    pub observed: Vec<Observed>,
    /// What a reader of its numbers should know.
    pub note: Option<String>,
    /// Covariates of this arm's person, in place of the plan's.
    pub subject: Vec<(Text, Text)>,
    /// Values of parameters in place of the model's.
    pub set: Vec<(Text, Text)>,
}

/// A range: the arm simulated with other values or other models.
#[derive(Debug, Clone)]
pub struct BandPlan {
    /// What the range is.
    pub name: String,
    /// The variants to simulate.
    pub variants: Vec<Variant>,
}

/// One variant of an arm.
#[derive(Debug, Clone)]
pub enum Variant {
    /// Another model.
    Model(Text),
    /// Other values of parameters.
    Set(Vec<(Text, Text)>),
}

/// A published number beside the simulated one.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Which metric.
    pub measure: Measure,
    /// As printed.
    pub value: Quantity,
    /// Where the plan says it.
    pub place: Place,
    /// Where it comes from.
    pub source: String,
}

impl Plan {
    /// Reads a plan; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Plan, Faults<PlanError>> {
        Plan::with_files(name, text, &no_files)
    }

    /// The same for a plan that may name a file with its people.
    ///
    /// # Errors
    /// As [`Plan::parse`], and those of that file.
    pub fn with_files(name: &str, text: &str, files: &Files<'_>) -> Result<Plan, Faults<PlanError>> {
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let table = document::parse(&log)?;
        let root = Table::root(
            &log,
            "a compare plan",
            table.get_ref(),
            &[
                "format",
                "title",
                "subject",
                "population",
                "reference",
                "until",
                "monitor",
                "course",
                "effects",
                "monitoring",
                "arm",
            ],
        );
        root.check_format();
        let course = root.get("course").and_then(|v| v.table(&["name", "give"]));
        let give = course.as_ref().and_then(|c| c.need("give")?.text());
        let arms = root.need("arm").and_then(|v| v.list()).unwrap_or_default();
        if let Some(value) = root.get("arm").filter(|v| v.is_list() && arms.is_empty()) {
            log.report(&value.place, PlanError::NoArms);
        }
        let arms: Vec<_> = arms.iter().filter_map(|v| arm(v, give.as_ref())).collect();
        duplicates(&log, &arms);
        let plan = Plan {
            title: root.text("title").map_or_else(|| "Comparison".into(), |t| t.text),
            subject: root.get("subject").and_then(|v| pairs(&v)).unwrap_or_default(),
            until: duration(&root, "until").unwrap_or(24.0),
            monitor: duration(&root, "monitor").unwrap_or(2.0),
            population: root.get("population").and_then(|v| people(&v, files)),
            reference: root.text("reference"),
            course_name: course.as_ref().and_then(|c| c.text("name")).map(|t| t.text),
            effects: root.get("effects").and_then(|v| v.texts()).unwrap_or_default().into_iter().map(own).collect(),
            monitoring: root.get("monitoring").and_then(|v| pairs(&v)).unwrap_or_default(),
            arms,
        };
        Faults::check(log.into_faults(), || plan)
    }
}

fn own(name: Text) -> EffectPlan {
    EffectPlan { name, standard: false }
}

impl Plan {
    /// Adds the library's standard effects; those whose outputs an effect of the plan has give way. `text` is what asks for
    /// them.
    pub(crate) fn add_standard_effects(&mut self, text: &Text) {
        let named = |id: &str| EffectPlan { name: Text::at(id.to_string(), text.place.clone()), standard: true };
        self.effects.extend(STANDARD_EFFECTS.map(named));
    }

    /// Sets a covariate of the person, in place of what the plan says.
    pub(crate) fn set_subject(&mut self, name: &str, value: Text) {
        match self.subject.iter_mut().find(|(n, _)| n.text == name) {
            Some((_, old)) => *old = value,
            None => self.subject.push((Text::at(name.to_string(), value.place.clone()), value)),
        }
    }
}

/// Reads the `population` of a plan with its `size` and `seed`.
pub(in crate::study) fn people(value: &Value<'_, PlanError>, files: &Files<'_>) -> Option<PeoplePlan> {
    let table = value.entries()?;
    let read = reading::people(value, &["size", "seed"], files);
    if read.as_ref().is_some_and(|(people, _)| people.count().is_none()) {
        table.need("size")?;
    }
    let size = reading::size(&table, "size", read.as_ref().map(|(people, _)| people));
    let (seed, size, (people, file)) = (table.need("seed")?.count()? as u64, size?, read?);
    Some(PeoplePlan { size, seed, people, file })
}

fn arm(value: &Value<'_, PlanError>, course: Option<&Text>) -> Option<ArmPlan> {
    let known = ["name", "model", "output", "session", "course", "iv", "band", "observed", "note", "subject", "set"];
    let table = value.table(&known)?;
    let need = |key: &str| table.need(key).and_then(|v| v.text());
    let (name, model, output, session) = (need("name"), need("model"), need("output"), need("session"));
    let observed = table.get("observed").and_then(|v| v.list()).unwrap_or_default();
    Some(ArmPlan {
        name: name?,
        model: model?,
        output: output?,
        session: session?,
        course: table.text("course").or_else(|| course.cloned()),
        iv: table.text("iv"),
        band: table.get("band").and_then(|v| band(&v)),
        observed: observed.iter().filter_map(published).collect(),
        note: table.text("note").map(|t| t.text),
        subject: table.get("subject").and_then(|v| pairs(&v)).unwrap_or_default(),
        set: table.get("set").and_then(|v| pairs(&v)).unwrap_or_default(),
    })
}

fn band(value: &Value<'_, PlanError>) -> Option<BandPlan> {
    let table = value.table(&["name", "models", "set"])?;
    let models = table.get("models").and_then(|v| v.texts()).unwrap_or_default();
    let sets = table.get("set").and_then(|v| v.list()).unwrap_or_default();
    let sets = sets.iter().filter_map(pairs).map(Variant::Set);
    let variants: Vec<_> = models.into_iter().map(Variant::Model).chain(sets).collect();
    if variants.len() < 2 {
        value.log.report(&value.place, PlanError::NarrowBand);
        return None;
    }
    Some(BandPlan { name: table.need("name")?.text()?.text, variants })
}

fn published(value: &Value<'_, PlanError>) -> Option<Observed> {
    let table = value.table(&["measure", "value", "source"])?;
    let measure = table.need("measure")?.text()?;
    let parsed = measure.text.parse::<Measure>();
    let measure = match parsed {
        Ok(measure) => measure,
        Err(fault) => {
            value.log.push(measure.fault(fault, PlanError::Measure));
            return None;
        }
    };
    let text = table.need("value")?.text()?;
    let quantity = match text.text.parse::<Quantity>() {
        Ok(quantity) => quantity,
        Err(fault) => {
            value.log.push(text.fault(fault, |e| PlanError::Document(e.into())));
            return None;
        }
    };
    Some(Observed { measure, value: quantity, place: text.place, source: table.need("source")?.text()?.text })
}

fn duplicates(log: &Log<PlanError>, arms: &[ArmPlan]) {
    for (i, arm) in arms.iter().enumerate() {
        if arms[..i].iter().any(|a| a.name.text == arm.name.text) {
            log.report(&arm.name.place, PlanError::DuplicateArm { name: arm.name.text.clone() });
        }
    }
}

/// The plan that `compare` runs when it is given none.
pub fn default_plan() -> (&'static str, &'static str) {
    ("examples/plans/routes.toml", include_str!("../../../examples/plans/routes.toml"))
}
