//! Courses over months: who is given how many sessions, at which intervals, with which exposure and response. Sessions are at
//! fixed times or guided by what is seen at visits; virtual people miss some, come late, and stop.
//!
//! Everybody's course is decided and simulated by itself, so that it depends on the plan, the seed and the person alone.

mod adherence;
mod error;
mod exposure;
mod people_table;
mod person;
mod plan;
mod table;
mod times;

pub use adherence::Adherence;
pub use error::CourseError;
pub use people_table::{Share, intervals_table, people_table, population_table, sessions_table, shares, visits_table};
pub use person::{PersonCourse, SessionCourse, State};
pub use plan::{ArmPlan, CoursePlan, Loaded, YEAR};
pub use table::{phases_table, summary_table};

use crate::Error;
use crate::dosing::{Guide, Itinerary};
use crate::error::{Diagnostic, Fault, Faults};
use crate::model::{Grade, Model};
use crate::population::{Outside, Population, Subject};
use crate::simulate::{Guidance, Settings};
use crate::solve::Work;
use crate::study::share::subjects_failed;
use crate::study::{PlanError, reading};
use crate::units::Unit;
use person::Question;
use rayon::prelude::*;
use times::{faithful, grid};

/// Percentiles of people: the middle, and the range that nine in ten are in.
pub const PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];
/// The unit of areas.
const AREA: &str = "ng*h/mL";
/// People that a thread takes at a time.
const BLOCK: u64 = 16;
const DAY: f64 = 24.0;

/// The courses of a plan.
#[derive(Debug)]
pub struct Courses {
    /// The title.
    pub title: String,
    /// How long courses were followed, h.
    pub until: f64,
    /// How many virtual people went through every arm, and their seed.
    pub people: Option<(u64, u64)>,
    /// What they did about their sessions.
    pub adherence: Adherence,
    /// What areas are of.
    pub analytes: Vec<String>,
    /// Times at which states are counted, h.
    pub times: Vec<f64>,
    /// In the order of the plan.
    pub arms: Vec<ArmCourse>,
    /// What should be known about the result.
    pub warnings: Vec<Diagnostic>,
}

/// The courses of one arm.
#[derive(Debug)]
pub struct ArmCourse {
    /// The arm's name.
    pub name: String,
    /// The model's id.
    pub model: String,
    /// How well the numbers of the model, its effects and the outputs that are shown are known.
    pub grade: Grade,
    /// How well the schedule is known, if its file says.
    pub schedule_grade: Option<String>,
    /// The phases of the schedule in words, course by course.
    pub phases: Vec<String>,
    /// What is known of the sessions beforehand.
    pub itinerary: Itinerary,
    /// Names and units of the responses.
    pub responses: Vec<(String, Unit)>,
    /// The response that is followed over time; where there is none, the dose given so far is.
    pub followed: Option<usize>,
    /// Times at which it is, h: those of [`Courses::times`], and more around sessions after which it comes and goes in hours.
    pub times: Vec<f64>,
    /// Whether sessions are looked at one by one; if not, peaks between the times are not seen.
    pub follows_sessions: bool,
    /// The person, who takes every session in time.
    pub typical: PersonCourse,
    /// The virtual people, in order; of those who failed why.
    pub people: Vec<Result<PersonCourse, Error>>,
}

impl ArmCourse {
    /// The rule of the guided phase, if it has one that begins in time.
    pub fn guide(&self) -> Option<&Guide> {
        self.itinerary.guided.as_ref().map(|phase| &phase.guide)
    }

    /// The virtual people who did not fail.
    pub fn succeeded(&self) -> impl Iterator<Item = &PersonCourse> {
        self.people.iter().filter_map(|person| person.as_ref().ok())
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.people.iter().filter(|person| person.is_err()).count()
    }

    /// Whether anything that is shown is assumed.
    pub fn is_assumed(&self) -> bool {
        self.grade == Grade::Assumed
    }
}

impl Courses {
    /// How many people failed, of all arms.
    pub fn failed(&self) -> usize {
        self.arms.iter().map(ArmCourse::failed).sum()
    }

    /// What the engines did.
    pub fn work(&self) -> Work {
        let everybody = self.arms.iter().flat_map(|arm| std::iter::once(&arm.typical).chain(arm.succeeded()));
        everybody.fold(Work::default(), |sum, person| sum + person.work)
    }
}

/// Runs a plan. `arms` are what [`CoursePlan::load`] gives; `tick` is told how many people more have gone through an arm.
///
/// # Errors
/// What is wrong with an arm, placed where the plan says it. A virtual person who fails is a row.
pub fn courses(
    plan: &CoursePlan,
    arms: &[Loaded],
    settings: Settings,
    tick: impl Fn(u64) + Sync,
) -> Result<Courses, Error> {
    let models: Vec<&Model> = arms.iter().map(|arm| &arm.model).collect();
    let analytes = exposure::analytes(models.iter().copied());
    let times = grid(plan.until);
    let questions: Result<Vec<_>, Error> = plan
        .arms
        .iter()
        .zip(arms)
        .map(|(arm, loaded)| question(plan, arm, loaded, settings, (&analytes, &times)))
        .collect();
    let mut questions = questions?;
    follow(&mut questions);
    let mut warnings: Vec<Diagnostic> = Vec::new();
    let mut results = Vec::new();
    for ((arm, loaded), question) in plan.arms.iter().zip(arms).zip(&mut questions) {
        let (result, found) = run(plan, arm, loaded, question, &models, &tick)?;
        results.push(result);
        for warning in found {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    Ok(Courses {
        title: plan.title.clone(),
        until: plan.until,
        people: plan.population.as_ref().map(|people| (people.size, people.seed)),
        adherence: plan.adherence,
        analytes,
        times,
        arms: results,
        warnings,
    })
}

fn question<'m>(
    plan: &CoursePlan,
    arm: &ArmPlan,
    loaded: &'m Loaded,
    settings: Settings,
    (analytes, times): (&[String], &[f64]),
) -> Result<Question<'m>, Error> {
    let model = &loaded.model;
    let placed = |e: Error| e.placed(&arm.schedule.place);
    let itinerary = loaded.schedule.schedule.itinerary(plan.until).map_err(|e| placed(e.into()))?;
    let guidance = Guidance::new(model, &itinerary, settings);
    let guidance = guidance.map_err(|e| placed(Error::from(Faults::from(Fault::new(e)).said_in(&arm.schedule))))?;
    let check = plan.adherence.check(&arm.name.text, &itinerary);
    check.map_err(|e| placed(Error::from(PlanError::Course(e))))?;
    Ok(Question {
        model,
        guidance,
        itinerary,
        settings,
        exposures: analytes.iter().map(|analyte| exposure::measuring(model, analyte)).collect(),
        area: AREA.parse().expect("a unit of this module is known"),
        responses: exposure::responses(model),
        followed: None,
        times: times.to_vec(),
    })
}

/// Every arm that has it follows the response that guides the first guided arm, or else the first response of all.
fn follow(questions: &mut [Question<'_>]) {
    let name = |question: &Question<'_>, place: usize| question.model.outputs()[place].name.clone();
    let guiding = questions.iter().find_map(|q| Some(q.itinerary.guided.as_ref()?.guide.output.clone()));
    let first = || questions.iter().find_map(|q| q.responses.first().map(|place| name(q, *place)));
    let Some(wanted) = guiding.or_else(first) else { return };
    for question in questions.iter_mut() {
        // A concentration can guide as well, and is a response then.
        let place = question.model.outputs().iter().position(|output| output.name == wanted);
        question.responses.extend(place.filter(|place| !question.responses.contains(place)));
        question.followed = place.and_then(|place| question.responses.iter().position(|other| *other == place));
    }
}

fn run(
    plan: &CoursePlan,
    arm: &ArmPlan,
    loaded: &Loaded,
    question: &mut Question<'_>,
    models: &[&Model],
    tick: &(impl Fn(u64) + Sync),
) -> Result<(ArmCourse, Vec<Diagnostic>), Error> {
    let model = question.model;
    let subject = reading::person(plan.subject.iter().chain(&arm.subject), &arm.set, model, models)?;
    let placed = |e: Error| e.placed(&arm.schedule.place);
    let follows_sessions = question.follow_sessions(&subject).map_err(placed)?;
    let question = &*question;
    let typical = question.of(&subject, faithful).map_err(placed)?;
    tick(1);
    let mut warnings: Vec<Diagnostic> = subject.warnings();
    warnings.extend(weight_warning(question, &typical, &subject));
    warnings.extend(model.warnings().iter().cloned());
    let people = match population(plan, arm, model, models)? {
        None => Vec::new(),
        Some(population) => {
            let (people, outside) = of_people(question, &population, plan.adherence, tick);
            warnings.extend(population.warnings());
            warnings.extend(outside.warnings(model));
            let failed = people.iter().filter(|person| person.is_err()).count();
            let how = format!("of `{}` failed", arm.name.text);
            warnings.extend(subjects_failed(failed, people.len() as u64, &how));
            people
        }
    };
    let outputs = model.outputs();
    let shown = question.responses.iter().chain(question.exposures.iter().flatten());
    let result = ArmCourse {
        name: arm.name.text.clone(),
        model: model.id().into(),
        grade: shown.map(|place| outputs[*place].grade).fold(model.worst_grade(), Grade::max),
        schedule_grade: loaded.schedule.about.grade.clone(),
        phases: loaded.schedule.schedule.at_a_glance(),
        itinerary: question.itinerary.clone(),
        responses: question.responses.iter().map(|p| (outputs[*p].name.clone(), outputs[*p].unit.clone())).collect(),
        followed: question.followed,
        times: question.times.clone(),
        follows_sessions,
        typical,
        people,
    };
    Ok((result, warnings))
}

/// Says so where doses per kilogram are for a body weight that nobody gave.
fn weight_warning(question: &Question<'_>, course: &PersonCourse, subject: &Subject<'_>) -> Option<Diagnostic> {
    let doses: Vec<_> = course.given().map(|session| session.appointment.dose.clone()).collect();
    question.prepared(&doses).ok()?.weight_warning(subject)
}

/// The people of a plan in the terms of an arm's model.
fn population<'m>(
    plan: &CoursePlan,
    arm: &ArmPlan,
    model: &'m Model,
    models: &[&Model],
) -> Result<Option<Population<'m>>, Error> {
    let Some(people) = &plan.population else { return Ok(None) };
    // What the plan's person is does not hold for people who are described by it.
    let own = plan.subject.iter().filter(|(name, _)| !people.people.describes(&name.text)).chain(&arm.subject);
    let base = reading::person(own, &arm.set, model, models)?;
    let population = Population::of(model).size(people.size).seed(people.seed);
    Ok(Some(population.people_among(&people.people, models)?.base(base)?))
}

/// Everybody's course, over threads and in the order of the people.
fn of_people(
    question: &Question<'_>,
    population: &Population<'_>,
    adherence: Adherence,
    tick: &(impl Fn(u64) + Sync),
) -> (Vec<Result<PersonCourse, Error>>, Outside) {
    let (size, occasions) = (population.count(), question.guidance.occasions());
    let firsts: Vec<u64> = (0..size).step_by(BLOCK as usize).collect();
    let block = |first: u64| {
        let (mut draws, mut outside) = (population.draws(), Outside::default());
        let people = first..size.min(first + BLOCK);
        let count = people.end - people.start;
        let people = people.map(|person| {
            let subject = draws.subject(person, occasions)?;
            outside.add(&subject);
            question.of(&subject, |course, number| adherence.attend(population.key(), person, course, number))
        });
        let people: Vec<_> = people.collect();
        tick(count);
        (people, outside)
    };
    let blocks: Vec<_> = firsts.into_par_iter().map(block).collect();
    let (mut people, mut outside) = (Vec::with_capacity(size as usize), Outside::default());
    for (of_block, found) in blocks {
        people.extend(of_block);
        outside.merge(&found);
    }
    (people, outside)
}
