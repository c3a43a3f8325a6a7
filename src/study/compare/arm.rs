//! One arm of a comparison: one session, its metrics, and the published numbers beside them.

use super::Models;
use super::course::{self, CourseResult};
use super::effects::{ArmEffects, Shown};
use super::plan::{ArmPlan, BandPlan, Observed, Plan, Variant};
use crate::document::Text;
use crate::dosing::Schedule;
use crate::error::Diagnostic;
use crate::metrics::Measure;
use crate::model::{Grade, Model};
use crate::population::Subject;
use crate::simulate::{Missing, OutputView, Profile, Simulation};
use crate::solve::Work;
use crate::study::{PlanError, reading};
use crate::units::{Quantity, Unit, Units};
use crate::{Error, ErrorKind};

/// Points of a curve in figures and `profiles.csv`, h apart; the end of an infusion, where it peaks, is one more.
const STEP: f64 = 0.05;
/// The source of a half-life must have sampled at least this many half-lives (the span ratio of NCA).
const SPAN: f64 = 2.0;

/// What one arm gave.
#[derive(Debug, Clone)]
pub struct ArmResult {
    /// The arm's name.
    pub name: String,
    /// The model's id.
    pub model: String,
    /// How well the numbers of the output are known.
    pub grade: Grade,
    /// The output that was compared.
    pub output: String,
    /// What it is a concentration of.
    pub analyte: String,
    /// Where it is sampled.
    pub site: String,
    /// Its unit.
    pub unit: Unit,
    /// The session as written.
    pub session: String,
    /// mg base of one session.
    pub dose: f64,
    /// mg of S-enantiomer base of one session, where the analyte tells.
    pub s_dose: Option<f64>,
    /// mg/kg base of one session.
    pub per_kg: Option<f64>,
    /// Largest concentration.
    pub cmax: Quantity,
    /// Its time from the first device, h.
    pub tmax: f64,
    /// Its time from the last device, h.
    pub tmax_last: f64,
    /// Area from 0 to 24 h.
    pub auc24: Quantity,
    /// Area to infinity.
    pub auc_inf: Result<Quantity, Missing>,
    /// Terminal half-life.
    pub half_life: Result<Quantity, Missing>,
    /// Whether the source sampled too short a time to see that half-life; unknown where it does not say.
    pub half_life_beyond: Option<bool>,
    /// Mean residence time.
    pub mrt: Result<Quantity, Missing>,
    /// Bioavailability relative to the intravenous dose of the same model; none where the plan names none.
    pub f: Option<Result<f64, Missing>>,
    /// Norketamine, where the model has it.
    pub metabolite: Option<Metabolite>,
    /// Concentration at the end of the monitoring window, counted from the first device.
    pub at_monitor_from_start: Quantity,
    /// The same, counted from the last device or the end of the infusion.
    pub at_monitor_from_end: Quantity,
    /// Published numbers.
    pub published: Vec<Published>,
    /// What a reader of its numbers should know.
    pub note: Option<String>,
    /// The curve of one session.
    pub curve: Curve,
    /// A range around it.
    pub band: Option<Band>,
    /// What effects do after one session, if the plan has any.
    pub effects: Option<ArmEffects>,
    /// The whole course.
    pub course: Option<CourseResult>,
    /// Whether any state of the model was integrated rather than propagated exactly.
    pub integrated: bool,
    /// What the engines did for one session.
    pub work: Work,
    /// What should be known about the arm.
    pub warnings: Vec<Diagnostic>,
}

/// A metabolite's exposure after one session.
#[derive(Debug, Clone)]
pub struct Metabolite {
    /// What it is.
    pub analyte: String,
    /// Where it is sampled.
    pub site: String,
    /// Largest concentration.
    pub cmax: Quantity,
    /// Area to infinity.
    pub auc_inf: Result<Quantity, Missing>,
    /// Area relative to the parent's, by mass; only where both are sampled at the same site.
    pub ratio: Option<f64>,
}

/// A published number beside the simulated one.
#[derive(Debug, Clone)]
pub struct Published {
    /// The metric.
    pub measure: Measure,
    /// As published.
    pub value: Quantity,
    /// As simulated, in the same unit.
    pub simulated: Result<Quantity, Missing>,
    /// Where it comes from.
    pub source: String,
}

/// Times (h) and values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// h
    pub times: Vec<f64>,
    /// In the output's unit.
    pub values: Vec<f64>,
}

/// The lowest and highest of several curves at each time.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// What it shows.
    pub name: String,
    /// h
    pub times: Vec<f64>,
    /// In the output's unit.
    pub low: Vec<f64>,
    /// In the output's unit.
    pub high: Vec<f64>,
}

pub(super) fn run(plan: &Plan, arm: &ArmPlan, models: &Models, effects: Option<&Shown>) -> Result<ArmResult, Error> {
    let model = &models[&arm.model.text];
    let subject = person(plan, arm, model, models)?;
    let horizon = plan.until.max(24.0);
    let profile = session(model, &subject, &arm.session, horizon)?;
    let view = output(&profile, &arm.output)?;
    let given = profile.sessions()[0];
    let end = given.last_device.max(given.time + given.over);
    let peak = view.cmax();
    let tmax = peak.time.value();
    let auc_inf = view.auc_inf();
    let half_life = view.half_life();
    let sampling = model.population().sampling;
    let f = arm.iv.as_ref().map(|iv| relative(model, &subject, arm, iv, &auc_inf, given.amount)).transpose()?;
    Ok(ArmResult {
        name: arm.name.text.clone(),
        model: model.id().to_string(),
        grade: view.output().grade,
        output: arm.output.text.clone(),
        analyte: view.output().analyte.clone(),
        site: view.output().site.clone(),
        unit: view.unit().clone(),
        session: arm.session.text.clone(),
        dose: given.amount,
        s_dose: s_share(&view.output().analyte).map(|share| share * given.amount),
        per_kg: subject.weight().map(|w| given.amount / w),
        cmax: peak.value,
        tmax,
        tmax_last: tmax - given.last_device,
        auc24: view.auc(0.0, 24.0),
        half_life_beyond: sampling.zip(half_life.as_ref().ok()).map(|(window, t)| window < SPAN * t.value()),
        half_life,
        mrt: view.mrt(),
        f,
        metabolite: metabolite(&profile, &view, &auc_inf),
        at_monitor_from_start: view.at(plan.monitor),
        at_monitor_from_end: view.at(end + plan.monitor),
        note: arm.note.clone(),
        published: arm.observed.iter().map(|o| published(o, &view, f, &arm.output)).collect::<Result<_, _>>()?,
        curve: Curve { times: profile.times().to_vec(), values: view.values().to_vec() },
        band: arm.band.as_ref().map(|b| band(plan, arm, b, models)).transpose()?,
        effects: effects.map(|shown| shown.of_session(&profile)).transpose()?,
        course: course::run(arm, model, &subject, &profile, effects)?,
        integrated: profile.is_integrated(),
        work: profile.work(),
        warnings: profile.warnings().iter().chain(model.warnings()).cloned().collect(),
        auc_inf,
    })
}

/// The plan's person, with what the arm changes, in the terms of a model.
fn person<'m>(plan: &Plan, arm: &ArmPlan, model: &'m Model, models: &Models) -> Result<Subject<'m>, Error> {
    let others: Vec<&Model> = models.values().collect();
    reading::person(plan.subject.iter().chain(&arm.subject), &arm.set, model, &others)
}

/// What holds for all people of a population: the plan's person where the people are not described, and what the arm changes.
pub(super) fn base<'m>(plan: &Plan, arm: &ArmPlan, model: &'m Model, models: &Models) -> Result<Subject<'m>, Error> {
    let described = |name: &Text| plan.population.as_ref().is_some_and(|p| p.people.describes(&name.text));
    let subject = plan.subject.iter().filter(|(name, _)| !described(name)).cloned().collect();
    person(&Plan { subject, ..plan.clone() }, arm, model, models)
}

/// Reads a schedule; faults are placed in the plan.
pub(super) fn simulation<'m>(
    model: &'m Model,
    subject: &Subject<'m>,
    text: &Text,
    schedule: &str,
    configure: impl FnOnce(Simulation<'m>, &Schedule) -> Simulation<'m>,
) -> Result<Simulation<'m>, Error> {
    let place = |e: Error| e.placed_in(text).placed(&text.place);
    let schedule: Schedule = schedule.parse().map_err(|e| place(Error::from(e)))?;
    Ok(configure(Simulation::new(model).subject(subject), &schedule).give(schedule))
}

/// One dose, from 0 h on: doses, areas and residence times of a session are those of that dose.
fn session<'m>(model: &'m Model, subject: &Subject<'m>, text: &Text, until: f64) -> Result<Profile<'m>, Error> {
    let simulation = session_simulation(model, subject, text, until)?;
    Ok(simulation.run().map_err(|e| e.said_in(text))?)
}

/// The same, not yet run.
pub(super) fn session_simulation<'m>(
    model: &'m Model,
    subject: &Subject<'m>,
    text: &Text,
    until: f64,
) -> Result<Simulation<'m>, Error> {
    if let Ok(schedule) = text.text.parse::<Schedule>() {
        let doses = schedule.bounded(None).map(|regimen| regimen.doses()).unwrap_or_default();
        if !matches!(doses.as_slice(), [only] if only.time == 0.0) {
            return Err(Error::from(text.place.fault::<ErrorKind>(PlanError::NotOneDose)));
        }
    }
    simulation(model, subject, text, &text.text, |simulation, schedule| {
        let doses = schedule.clone().bounded(Some(until)).map(|regimen| regimen.doses()).unwrap_or_default();
        let ends = doses.iter().map(|dose| dose.time + dose.input.hours());
        let grid = (0..).map(|k| f64::from(k) * STEP).take_while(|t| *t <= until);
        simulation.until(until.hours()).at(grid.chain(ends).map(Units::hours))
    })
}

fn output<'p>(profile: &'p Profile<'p>, name: &Text) -> Result<OutputView<'p>, Error> {
    profile.output(&name.text).map_err(|kind| Error::from(name.place.fault::<ErrorKind>(kind)))
}

/// The share of S-enantiomer in a dose whose parent is measured as this analyte.
fn s_share(analyte: &str) -> Option<f64> {
    match analyte {
        "S-ketamine" => Some(1.0),
        "ketamine" => Some(0.5),
        _ => None,
    }
}

/// (AUCinf / dose) over (AUCinf / dose) of the intravenous reference.
fn relative(
    model: &Model,
    subject: &Subject<'_>,
    arm: &ArmPlan,
    iv: &Text,
    auc: &Result<Quantity, Missing>,
    dose: f64,
) -> Result<Result<f64, Missing>, Error> {
    let own = Subject::clone(subject);
    let reference = session(model, &own, iv, 24.0)?;
    let of_reference = output(&reference, &arm.output)?.auc_inf();
    let reference_dose = reference.sessions()[0].amount;
    Ok(match (auc, of_reference) {
        (Ok(auc), Ok(of)) => Ok((auc.value() / dose) / (of.value() / reference_dose)),
        (Err(missing), _) => Err(*missing),
        (_, Err(missing)) => Err(missing),
    })
}

/// Norketamine of the same enantiomer as the parent.
fn metabolite(profile: &Profile<'_>, parent: &OutputView<'_>, auc: &Result<Quantity, Missing>) -> Option<Metabolite> {
    let own = &parent.output().analyte;
    let wanted = own.replace("ketamine", "norketamine");
    // An analyte that is no ketamine would otherwise be its own metabolite.
    if wanted == *own {
        return None;
    }
    let view = profile.outputs().find(|v| v.output().analyte == wanted)?;
    let own = view.auc_inf();
    let same_site = view.output().site == parent.output().site;
    let ratio = match (&own, auc) {
        (Ok(own), Ok(auc)) if same_site => own.to(auc.unit()).ok().map(|own| own.value() / auc.value()),
        _ => None,
    };
    Some(Metabolite { analyte: wanted, site: view.output().site.clone(), cmax: view.cmax().value, auc_inf: own, ratio })
}

fn published(
    observed: &Observed,
    view: &OutputView<'_>,
    f: Option<Result<f64, Missing>>,
    output: &Text,
) -> Result<Published, Error> {
    let place = |kind: ErrorKind| Error::from(output.place.fault::<ErrorKind>(kind));
    let simulated = match (&observed.measure, f) {
        (Measure::F, Some(f)) => f.map(|f| Quantity::new(f, Unit::none())),
        (measure, _) => view.measure(measure).map_err(|e| place(e.into()))?,
    };
    let simulated = match simulated {
        Ok(quantity) => Ok(quantity.to(observed.value.unit()).map_err(|_| {
            Error::from(observed.place.fault::<ErrorKind>(PlanError::PublishedUnit {
                measure: observed.measure.to_string(),
                output: output.text.clone(),
                needs: quantity.unit().to_string(),
                found: observed.value.unit().to_string(),
            }))
        })?),
        Err(missing) => Err(missing),
    };
    Ok(Published {
        measure: observed.measure.clone(),
        value: observed.value.clone(),
        simulated,
        source: observed.source.clone(),
    })
}

/// The lowest and highest of the variants at each time of the session.
fn band(plan: &Plan, arm: &ArmPlan, band: &BandPlan, models: &Models) -> Result<Band, Error> {
    let mut result = Band { name: band.name.clone(), times: Vec::new(), low: Vec::new(), high: Vec::new() };
    for variant in &band.variants {
        let model = match variant {
            Variant::Model(name) => &models[&name.text],
            Variant::Set(_) => &models[&arm.model.text],
        };
        let mut subject = person(plan, arm, model, models)?;
        if let Variant::Set(values) = variant {
            subject = reading::with_values(subject, values)?;
        }
        let profile = session(model, &subject, &arm.session, plan.until.max(24.0))?;
        let view = output(&profile, &arm.output)?;
        if result.times.is_empty() {
            result.times = profile.times().to_vec();
            (result.low, result.high) = (view.values().to_vec(), view.values().to_vec());
        }
        for (i, value) in view.values().iter().enumerate() {
            result.low[i] = result.low[i].min(*value);
            result.high[i] = result.high[i].max(*value);
        }
    }
    Ok(result)
}
