//! Schedules: courses in parallel, each a sequence of phases, bounded or not.

use super::check::{self, Place};
use super::dose::PlannedDose;
use super::pattern::Origin;
use super::{Date, DosingError, DosingFaults, Duration, Guide, Length, Phase, TimeUnit};
use crate::error::{Fault, Faults};

/// The largest number of doses of one schedule.
pub const MAX_DOSES: usize = 1_000_000;

/// One phase after another.
pub type Course = Vec<Phase>;

/// Courses that begin together, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Courses {
    pub courses: Vec<Course>,
    pub start: Option<Date>,
}

/// A schedule that ends: every phase has a length or is a single dose.
#[derive(Debug, Clone, PartialEq)]
pub struct Regimen(pub(super) Courses);

/// A schedule whose last phase goes on: [`Forever::until`] cuts it off.
#[derive(Debug, Clone, PartialEq)]
pub struct Forever(pub(super) Courses);

/// A schedule whose last phase is guided: its sessions are decided at visits, person by person. An
/// [`Itinerary`](super::Itinerary) has what is known beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Guided(pub(super) Courses);

/// A schedule as it was written: one that ends, one that does not, or one that is guided.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// It ends.
    Bounded(Regimen),
    /// It goes on.
    Unbounded(Forever),
    /// It follows what is seen at visits.
    Guided(Guided),
}

impl Schedule {
    /// Courses that begin together at time 0, on a day of the calendar if one is given.
    /// A phase without a route takes the route of the one before it.
    ///
    /// # Errors
    /// Everything that is wrong with any phase, without places.
    pub fn new(courses: Vec<Course>, start: Option<Date>) -> Result<Self, DosingFaults> {
        Self::checked(courses, start, |_, _| None)
    }

    /// The same, with the span of each place of each phase.
    pub(super) fn checked(
        mut courses: Vec<Course>,
        start: Option<Date>,
        span: impl Fn(Place, &DosingError) -> Option<crate::error::Span>,
    ) -> Result<Self, DosingFaults> {
        for course in &mut courses {
            let mut route = None;
            for phase in course {
                route = phase.route.take().or(route);
                phase.route.clone_from(&route);
            }
        }
        let courses = Courses { courses, start };
        let found = check::faults(&courses)
            .into_iter()
            .map(|(place, kind)| Fault { span: span(place, &kind), kind, source: None })
            .collect();
        let last = |is: fn(&Phase) -> bool| courses.courses.iter().any(|c| c.last().is_some_and(is));
        let (guided, endless) = (last(|phase| phase.guide.is_some()), last(is_endless));
        Faults::check(found, || match (guided, endless) {
            (true, _) => Schedule::Guided(Guided(courses)),
            (false, false) => Schedule::Bounded(Regimen(courses)),
            (false, true) => Schedule::Unbounded(Forever(courses)),
        })
    }

    pub(super) fn inner(&self) -> &Courses {
        match self {
            Schedule::Bounded(Regimen(inner))
            | Schedule::Unbounded(Forever(inner))
            | Schedule::Guided(Guided(inner)) => inner,
        }
    }

    /// The courses; each phase has its dose and route in full.
    pub fn courses(&self) -> &[Course] {
        &self.inner().courses
    }

    /// The day of the calendar on which it begins.
    pub fn start(&self) -> Option<Date> {
        self.inner().start
    }

    /// The doses before `until` (hours), or all of them where the schedule ends and nothing is given.
    ///
    /// # Errors
    /// [`DosingError::Unbounded`] for a schedule without an end and no `until`, [`DosingError::Guided`] for one whose doses are
    /// not known beforehand; see [`Forever::until`].
    pub fn bounded(self, until: Option<f64>) -> Result<Regimen, DosingError> {
        match (self, until) {
            (Schedule::Bounded(regimen), _) => Ok(regimen),
            (Schedule::Unbounded(forever), Some(until)) => forever.until(until),
            (Schedule::Unbounded(_), None) => Err(DosingError::Unbounded),
            (Schedule::Guided(guided), _) => Err(DosingError::Guided { output: guided.guide().output.clone() }),
        }
    }
}

impl From<Regimen> for Schedule {
    fn from(regimen: Regimen) -> Self {
        Schedule::Bounded(regimen)
    }
}

impl From<Forever> for Schedule {
    fn from(forever: Forever) -> Self {
        Schedule::Unbounded(forever)
    }
}

/// Whether a phase goes on for ever.
pub(super) fn is_endless(phase: &Phase) -> bool {
    phase.length.is_none() && !phase.pattern.is_once() && phase.guide.is_none()
}

impl Courses {
    /// Start and phase of each phase of a course. The start of a phase after one without an end is not counted on.
    pub fn origins<'a>(&self, course: &'a [Phase]) -> impl Iterator<Item = (Origin, &'a Phase)> {
        let start = self.start;
        course.iter().scan(0.0, move |hours, phase| {
            let origin = Origin { hours: *hours, start };
            *hours += phase.hours(origin).unwrap_or(0.0) + phase.pause.map_or(0.0, Duration::hours);
            Some((origin, phase))
        })
    }
}

impl Regimen {
    /// The courses; each phase has its dose and route in full.
    pub fn courses(&self) -> &[Course] {
        &self.0.courses
    }

    /// The day of the calendar on which it begins.
    pub fn start(&self) -> Option<Date> {
        self.0.start
    }

    /// When the last phase of the last course ends, in hours; a single dose ends when it is given.
    pub fn end(&self) -> f64 {
        let ends = self.courses().iter().flat_map(|course| {
            self.0.origins(course).map(|(origin, phase)| origin.hours + phase.hours(origin).unwrap_or(0.0))
        });
        ends.fold(0.0, f64::max)
    }

    /// Every dose, in the order of time; at one time in the order of the courses.
    pub fn doses(&self) -> Vec<PlannedDose> {
        let mut doses = Vec::new();
        for (course, phases) in self.courses().iter().enumerate() {
            let mut session = 0;
            for (index, (origin, phase)) in self.0.origins(phases).enumerate() {
                for (slot, hours) in phase.slots(origin).filter(|(slot, hours)| phase.gives(*slot, *hours)) {
                    session += 1;
                    doses.push(PlannedDose {
                        time: origin.hours + hours,
                        course,
                        phase: index,
                        slot: slot as usize,
                        session,
                        quantity: phase.quantity(slot, hours),
                        salt: phase.dose.salt.clone(),
                        route: phase.route.clone(),
                        input: phase.input,
                        max: phase.max.clone(),
                        rounding: phase.rounding.clone(),
                    });
                }
            }
        }
        // Stable, so that doses at one time stay in the order of course and phase.
        doses.sort_by(|a, b| a.time.total_cmp(&b.time));
        doses
    }
}

impl Guided {
    /// Place of its guided phase: of the course, and of the phase in it.
    pub(super) fn place(&self) -> (usize, usize) {
        let courses = self.0.courses.iter().enumerate();
        let phase = |course: &Course| course.iter().position(|phase| phase.guide.is_some());
        let mut places = courses.filter_map(|(at, course)| Some((at, phase(course)?)));
        places.next().expect("a guided schedule has a guided phase")
    }

    /// The doses at fixed times before `until` (hours), and when its guided phase begins (hours).
    ///
    /// # Errors
    /// Those of [`Forever::until`].
    pub fn fixed(&self, until: f64) -> Result<(Regimen, f64), DosingError> {
        let (course, phase) = self.place();
        let origin = self.0.origins(&self.0.courses[course]).nth(phase).expect("a guided phase is one of its course").0;
        let mut fixed = self.0.clone();
        fixed.courses[course].pop();
        Ok((Forever(fixed).until(until)?, origin.hours))
    }

    /// The rule of its guided phase.
    pub fn guide(&self) -> &Guide {
        let (course, phase) = self.place();
        self.0.courses[course][phase].guide.as_ref().expect("it is the place of a guided phase")
    }
}

impl Forever {
    /// The courses; each phase has its dose and route in full.
    pub fn courses(&self) -> &[Course] {
        &self.0.courses
    }

    /// The same schedule, with the phases that go on cut off at `until` (hours): doses before it are given.
    /// A phase that would begin at `until` or later is left out.
    ///
    /// # Errors
    /// [`DosingError::ZeroDuration`], [`DosingError::NegativeDuration`], [`DosingError::TooManyDoses`].
    pub fn until(&self, until: f64) -> Result<Regimen, DosingError> {
        if until == 0.0 {
            return Err(DosingError::ZeroDuration { what: "time until which it goes on" });
        }
        Duration::new(until, TimeUnit::Hour)?;
        let mut bounded = self.0.clone();
        for course in &mut bounded.courses {
            let begins = self.0.origins(course).last().map_or(0.0, |(origin, _)| origin.hours);
            let Some(last) = course.last_mut().filter(|phase| is_endless(phase)) else { continue };
            if begins < until {
                last.length = Some(Length::For(Duration::new(until - begins, TimeUnit::Hour)?));
            } else {
                course.pop();
                if let Some(last) = course.last_mut() {
                    last.pause = None;
                }
            }
        }
        if check::counts_too_many(&bounded) {
            return Err(DosingError::TooManyDoses);
        }
        Ok(Regimen(bounded))
    }
}
