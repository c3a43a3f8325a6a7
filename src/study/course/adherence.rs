//! Sessions that are missed or late, and people who stop: drawn for each person and session.

use super::CourseError;
use crate::dosing::Itinerary;
use crate::population::random::{Purpose, Stream};
use crate::simulate::Attendance;

/// What people do about their sessions. The first session of a course is neither missed nor late.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Adherence {
    /// The probability that a session is missed.
    pub missed: f64,
    /// The probability that a session that is not missed is late.
    pub delayed: f64,
    /// Those that are late are so by a time between 0 and this, all times as likely, h.
    pub up_to: f64,
    /// The probability that a session that is given is the last.
    pub stop: f64,
}

impl Adherence {
    /// Whether everybody takes every session in time.
    pub fn is_perfect(&self) -> bool {
        self.missed == 0.0 && self.delayed == 0.0 && self.stop == 0.0
    }

    /// What a person of a population does about a session, by its course (from 0) and its number in the course (from 1). Each
    /// answer has a random number of its own, so that it depends on nothing but seed, replicate, person and session.
    pub fn attend(&self, (seed, replicate): (u64, u64), person: u64, course: usize, number: usize) -> Attendance {
        let session = (course as u64) << 32 | number as u64;
        let draw = |question| Stream::new(seed, replicate, Purpose::Adherence(question, session)).uniform(person);
        let happens = |probability: f64, question| probability > 0.0 && draw(question) < probability;
        let first = number == 1;
        if !first && happens(self.missed, "missed") {
            return Attendance::Missed;
        }
        let late = if !first && happens(self.delayed, "delayed") { self.up_to * draw("delay") } else { 0.0 };
        Attendance::Given { late, last: happens(self.stop, "stop") }
    }

    /// Checks that no session can be so late that it meets the next one of its course.
    ///
    /// # Errors
    /// [`CourseError::LongDelay`].
    pub(super) fn check(&self, arm: &str, itinerary: &Itinerary) -> Result<(), CourseError> {
        let gap = shortest_gap(itinerary);
        if self.delayed > 0.0 && self.up_to >= gap {
            return Err(CourseError::LongDelay { up_to: self.up_to, arm: arm.into(), gap });
        }
        Ok(())
    }
}

/// The shortest time between two sessions of one course, h.
fn shortest_gap(itinerary: &Itinerary) -> f64 {
    let guided = itinerary.guided.as_ref();
    let courses = itinerary.spans.iter().map(|span| span.course).max().map_or(0, |last| last + 1);
    let mut shortest = guided.map_or(f64::INFINITY, |phase| phase.guide.every.hours());
    for course in 0..courses {
        let fixed = itinerary.doses.iter().filter(|dose| dose.course == course).map(|dose| dose.time);
        let first_visit = guided.filter(|phase| phase.session(0, 0.0).course == course).map(|phase| phase.begins);
        let times: Vec<f64> = fixed.chain(first_visit).collect();
        shortest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(shortest, f64::min);
    }
    shortest
}
