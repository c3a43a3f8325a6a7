//! Effects that a plan puts on the models of its arms: which of them bind, what is watched, and what they do after one session.

use super::{Curve, Models, Plan};
use crate::document::Text;
use crate::metrics::Measure;
use crate::model::{Catalogue, FileKind, Grade, Model, ModelError};
use crate::simulate::{Missing, Profile};
use crate::study::PlanError;
use crate::units::{Quantity, Unit};
use crate::{Error, ErrorKind};

/// The library's standard set: dissociation, blood pressure and heart rate, antidepressant response.
pub const STANDARD_EFFECTS: [&str; 3] = ["dissociation-olofsen-2022", "haemodynamics", "antidepressant-response"];
/// Levels that outputs have to be below for good where the plan says nothing; no source gives one.
const LEVELS: [(&str, &str); 2] = [("dissociation", "10 %"), ("sbp_change", "2 mmHg")];
/// Outputs that are followed over the course.
const RESPONSES: [&str; 2] = ["madrs_total_change", "madrs_drug_effect"];

/// An effect that a plan names.
#[derive(Debug, Clone)]
pub struct EffectPlan {
    /// An effect's id or file.
    pub name: Text,
    /// Whether it gives way to an effect before it that has an output of the same name.
    pub standard: bool,
}

/// What the effects of a plan show.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The effects: id and grade.
    pub effects: Vec<(String, Grade)>,
    /// What is watched after one session.
    pub watched: Vec<Watched>,
    /// What is followed over the course.
    pub responses: Vec<EffectOutput>,
}

/// An output of an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectOutput {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// Place of its effect in [`Shown::effects`].
    pub effect: usize,
    /// What the effect cannot do without.
    analytes: Vec<String>,
}

/// An output that is watched after one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// The output.
    pub output: EffectOutput,
    /// What it has to be below for good for monitoring to end; none where it does not matter for that.
    pub level: Option<Level>,
}

/// A level that ends monitoring.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// In its own unit.
    pub quantity: Quantity,
    /// Whether it is the library's, and not the plan's.
    pub assumed: bool,
}

/// What effects do in one arm after one session.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmEffects {
    /// The worst grade of the model and of the outputs that are watched on it.
    pub grade: Grade,
    /// In the order of [`Shown::watched`]; or why the arm has none.
    pub session: Vec<Result<SessionEffect, String>>,
    /// From the first device until every level is kept for good; none where there are no levels.
    pub monitoring: Option<Result<Monitoring, String>>,
}

/// An output after one session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionEffect {
    /// The output's: the worst of the model, the effect and what drives it.
    pub grade: Grade,
    /// The largest value, in the output's unit.
    pub peak: f64,
    /// Its time from the first device, h.
    pub time: f64,
    /// When it is below its level for good, h from the first device; none where it has no level.
    pub below: Option<Result<f64, Missing>>,
    /// The curve.
    pub curve: Curve,
}

/// How long a session is monitored, and what decides it.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitoring {
    /// h from the first device.
    pub hours: f64,
    /// The output that is above its level for longest; none where no level is exceeded.
    pub decided_by: Option<String>,
}

impl EffectOutput {
    /// Why a model does not have it.
    pub(super) fn missing(&self, model: &Model) -> String {
        match self.analytes.iter().find(|analyte| !has(model, analyte)) {
            Some(analyte) => format!("the model has no output of {analyte}"),
            None => format!("the model has no output `{}`", self.name),
        }
    }

    /// Its place in a model that its effect was put on.
    ///
    /// # Errors
    /// Why the model does not have it.
    pub(super) fn place(&self, model: &Model) -> Result<usize, String> {
        model.outputs().iter().position(|output| output.name == self.name).ok_or_else(|| self.missing(model))
    }
}

impl Shown {
    /// What the arm of a session gave.
    pub(super) fn of_session(&self, profile: &Profile<'_>) -> Result<ArmEffects, Error> {
        let session: Result<Vec<_>, Error> = self.watched.iter().map(|watched| watched.of_session(profile)).collect();
        let session = session?;
        let grade = grade(profile.model(), self.watched.iter().map(|watched| &watched.output));
        Ok(ArmEffects { grade, monitoring: self.monitoring(&session), session })
    }

    fn monitoring(&self, session: &[Result<SessionEffect, String>]) -> Option<Result<Monitoring, String>> {
        let mut longest = Monitoring { hours: 0.0, decided_by: None };
        let mut any = false;
        for (watched, effect) in self.watched.iter().zip(session).filter(|(watched, _)| watched.level.is_some()) {
            any = true;
            let below = effect.as_ref().map(|effect| &effect.below);
            match below {
                Ok(Some(Ok(hours))) if *hours > longest.hours => {
                    longest = Monitoring { hours: *hours, decided_by: Some(watched.output.name.clone()) };
                }
                Ok(Some(Err(missing))) => return Some(Err(missing.to_string())),
                Err(reason) => return Some(Err(reason.clone())),
                Ok(_) => {}
            }
        }
        any.then_some(Ok(longest))
    }
}

impl Watched {
    /// The metrics that it is watched by, over a whole session.
    pub(super) fn measures(&self) -> Vec<Measure> {
        let until = self.level.iter().map(|level| Measure::LastAbove(level.quantity.clone(), None));
        std::iter::once(Measure::Cmax(None)).chain(until).collect()
    }

    fn of_session(&self, profile: &Profile<'_>) -> Result<Result<SessionEffect, String>, Error> {
        let Ok(view) = profile.output(&self.output.name) else {
            return Ok(Err(self.output.missing(profile.model())));
        };
        let peak = view.cmax();
        let last = |level: &Level| view.measure(&Measure::LastAbove(level.quantity.clone(), None));
        let below = self.level.as_ref().map(last).transpose()?;
        Ok(Ok(SessionEffect {
            grade: view.output().grade,
            peak: peak.value.value(),
            time: peak.time.value(),
            below: below.map(|below| below.map(|time| time.value())),
            curve: Curve { times: profile.times().to_vec(), values: view.values().to_vec() },
        }))
    }
}

/// The worst grade of a model and of these outputs, of those that it has.
pub(super) fn grade<'o>(model: &Model, outputs: impl IntoIterator<Item = &'o EffectOutput>) -> Grade {
    let places = outputs.into_iter().filter_map(|output| output.place(model).ok());
    places.map(|place| model.outputs()[place].grade).fold(model.grade(), Grade::max)
}

fn has(model: &Model, analyte: &str) -> bool {
    model.outputs().iter().any(|output| output.analyte == analyte)
}

/// What a model has to have for an effect.
fn analytes(effect: &Model) -> impl Iterator<Item = &str> {
    effect.requirements().iter().filter(|r| r.otherwise.is_none()).map(|r| r.analyte.as_str())
}

/// Puts the effects of a plan on the models of its arms, each where the model has what it requires. Standard effects that give
/// way are no longer among the models.
///
/// # Errors
/// What is no effect, two effects with an output of one name, and what the models say.
pub(super) fn attach(plan: &Plan, models: &mut Models) -> Result<(), Error> {
    let kept: Vec<Model> = kept(plan, models)?.into_iter().cloned().collect();
    let given_way = |name: &String, model: &Model| {
        let is_model = plan.arms.iter().any(|arm| arm.model.text == *name);
        plan.effects.iter().any(|e| e.name.text == *name) && !is_model && kept.iter().all(|k| k.id() != model.id())
    };
    models.retain(|name, model| !given_way(name, model));
    for arm in &plan.arms {
        let model = &models[&arm.model.text];
        let binding = kept.iter().filter(|effect| analytes(effect).all(|analyte| has(model, analyte)));
        let sources: Vec<_> = binding.map(|effect| effect.source().clone()).collect();
        if !sources.is_empty() && model.effects().is_empty() {
            let with_effects = Model::with_effects(model.source(), &sources, &Catalogue);
            let with_effects = with_effects.map_err(|e| Error::from(e).placed(&arm.model.place))?;
            models.insert(arm.model.text.clone(), with_effects);
        }
    }
    Ok(())
}

/// The effects of a plan without the standard ones that give way.
fn kept<'m>(plan: &Plan, models: &'m Models) -> Result<Vec<&'m Model>, Error> {
    let mut kept: Vec<&Model> = Vec::new();
    for planned in &plan.effects {
        let Some(effect) = models.get(&planned.name.text) else { continue };
        let fault = |kind: ErrorKind| Err(Error::from(planned.name.place.fault::<ErrorKind>(kind)));
        if effect.kind() != FileKind::Effect {
            let kind = ModelError::WrongKind { id: effect.id().into(), is: "a model", needs: "an effect" };
            return fault(kind.into());
        }
        let gives = |other: &Model, name: &str| other.outputs().iter().any(|output| output.name == name);
        let clash = effect.outputs().iter().find_map(|output| {
            let other = kept.iter().find(|other| gives(other, &output.name))?;
            Some((output.name.clone(), other.id().to_string()))
        });
        match clash {
            None => kept.push(effect),
            Some(_) if planned.standard => {}
            Some((output, other)) => {
                return fault(PlanError::EffectsClash { effect: effect.id().into(), output, other }.into());
            }
        }
    }
    Ok(kept)
}

/// What the effects of a plan show; nothing where it names none.
///
/// # Errors
/// A level of another dimension than its output, and of an output that no effect has.
pub(super) fn shown(plan: &Plan, models: &Models) -> Result<Option<Shown>, Error> {
    let effects = kept(plan, models)?;
    if effects.is_empty() {
        return Ok(None);
    }
    let named = |effect: &Model| (effect.id().to_string(), effect.grade());
    let mut shown = Shown {
        effects: effects.iter().map(|effect| named(effect)).collect(),
        watched: Vec::new(),
        responses: Vec::new(),
    };
    for (place, effect) in effects.iter().enumerate() {
        for (nth, output) in effect.outputs().iter().enumerate() {
            let level = level(plan, &output.name, &output.unit)?;
            let is_response = RESPONSES.contains(&output.name.as_str());
            let found = EffectOutput {
                name: output.name.clone(),
                unit: output.unit.clone(),
                effect: place,
                analytes: analytes(effect).map(String::from).collect(),
            };
            if is_response {
                shown.responses.push(found.clone());
            }
            // An effect's first output is what it is about.
            if level.is_some() || (nth == 0 && !is_response) {
                shown.watched.push(Watched { output: found, level });
            }
        }
    }
    let known = || effects.iter().flat_map(|effect| effect.outputs()).map(|output| output.name.clone());
    match plan.monitoring.iter().find(|(name, _)| known().all(|known| known != name.text)) {
        Some((name, _)) => {
            let kind = PlanError::NoEffectOutput { name: name.text.clone(), known: known().collect() };
            Err(Error::from(name.place.fault::<ErrorKind>(kind)))
        }
        None => Ok(Some(shown)),
    }
}

/// The level of an output: the plan's, else the library's where it has the output's dimension.
fn level(plan: &Plan, output: &str, unit: &Unit) -> Result<Option<Level>, Error> {
    if let Some((_, value)) = plan.monitoring.iter().find(|(name, _)| name.text == output) {
        let quantity: Quantity = value.text.parse().map_err(|f| Error::from(value.fault(f, ErrorKind::Unit)))?;
        let base = quantity.as_level(unit).map_err(|e| Error::from(value.place.fault::<ErrorKind>(e)))?;
        if base <= 0.0 {
            let kind = PlanError::NoLevel { output: output.into() };
            return Err(Error::from(value.place.fault::<ErrorKind>(kind)));
        }
        return Ok(Some(Level { quantity, assumed: false }));
    }
    let text = LEVELS.iter().find(|(name, _)| *name == output).map(|(_, text)| text);
    let quantity: Option<Quantity> = text.map(|text| text.parse().expect("a level of this file is a quantity"));
    Ok(quantity.filter(|quantity| quantity.to(unit).is_ok()).map(|quantity| Level { quantity, assumed: true }))
}
