//! Counting people outside the ranges that a model was made from.

use super::subject::{OUTSIDE, Subject};
use crate::error::Diagnostic;
use crate::model::{CovariateRange, Model};

/// How many people are outside the ranges of those that a model was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    subjects: u64,
    /// Per range of the model's population.
    counts: Vec<u64>,
}

impl Outside {
    /// So many people that were counted before, and of them so many outside each range.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies
    pub(crate) fn counted(subjects: u64, counts: Vec<u64>) -> Self {
        Outside { subjects, counts }
    }

    /// How many people were counted, and how many of them are outside each range.
    #[cfg_attr(not(feature = "study"), allow(dead_code))] // used by studies
    pub(crate) fn counts(&self) -> (u64, &[u64]) {
        (self.subjects, &self.counts)
    }

    /// Counts a person.
    pub fn add(&mut self, subject: &Subject<'_>) {
        self.subjects += 1;
        self.counts.resize(subject.model().population().ranges.len(), 0);
        for range in subject.outside() {
            self.counts[range] += 1;
        }
    }

    /// Adds the people that another has counted, of the same model.
    pub fn merge(&mut self, other: &Outside) {
        self.subjects += other.subjects;
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// One warning for each range that somebody is outside of.
    pub fn warnings(&self, model: &Model) -> Vec<Diagnostic> {
        let ranges = model.population().ranges.iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        let warning = |(range, count): (&CovariateRange, &u64)| {
            let show = |v: f64| range.unit.from_base(v);
            let (low, high, unit, name) = (show(range.low), show(range.high), &range.unit, &range.name);
            let (subjects, made) = (self.subjects, range.made(model.id()));
            let message = format!(
                "{count} of {subjects} subjects are outside {low}..{high} {unit} ({name}) of the people {made} was made from"
            );
            Diagnostic::warning(OUTSIDE, message).with_hint("their results are extrapolations")
        };
        ranges.map(warning).collect()
    }
}
