//! Covariates from stated distributions, and how a person's are drawn.

use super::correlation::Group;
use super::distribution::Distribution;
use crate::document::{Place, Text};
use crate::units::Quantity;

/// The covariates of virtual people and how they hang together.
#[derive(Debug, Clone, Default)]
pub(super) struct Stated {
    /// In the order of the file.
    pub covariates: Vec<Covariate>,
    /// Places in `covariates`, each after those that decide it.
    pub order: Vec<usize>,
    /// Correlated numbers.
    pub groups: Vec<Group>,
}

/// One covariate.
#[derive(Debug, Clone)]
pub(super) struct Covariate {
    /// Its name.
    pub name: Text,
    /// What it is.
    pub kind: Kind,
    /// How it is drawn.
    pub rule: Rule,
}

/// What a covariate is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A number that measures what this quantity of the file does.
    Number(Quantity, Place),
    /// Yes or no: 0 is no.
    Flag,
    /// One of these words, kept by its place.
    Words(Vec<Text>),
}

/// How a value is drawn: base units, 0 or 1, or the place of a word.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// A number.
    Number(Distribution),
    /// Values, each with the probability of it and those before.
    Choice(Vec<(f64, f64)>),
    /// What another covariate decides, by its value; nothing where a case is not described.
    By(usize, Vec<Option<Rule>>),
}

impl Kind {
    /// What it is in a message.
    pub fn noun(&self) -> &'static str {
        match self {
            Kind::Number(..) => "a number",
            Kind::Flag => "a flag",
            Kind::Words(_) => "a word",
        }
    }

    /// The values that can decide another covariate, as written; none of a number.
    pub fn cases(&self) -> Vec<String> {
        match self {
            Kind::Number(..) => Vec::new(),
            Kind::Flag => vec!["false".into(), "true".into()],
            Kind::Words(words) => words.iter().map(|w| w.text.clone()).collect(),
        }
    }
}

impl Rule {
    /// The value that a random number gives, normal for a number and else uniform, beside the values of other covariates.
    pub fn draw(&self, random: f64, values: &[f64]) -> f64 {
        match self {
            Rule::Number(distribution) => distribution.at(random),
            Rule::Choice(choices) => {
                let chosen = choices.iter().find(|(_, upto)| random < *upto).or(choices.last());
                chosen.map_or(f64::NAN, |(value, _)| *value)
            }
            Rule::By(parent, cases) => match cases.get(values[*parent] as usize) {
                Some(Some(rule)) => rule.draw(random, values),
                _ => f64::NAN,
            },
        }
    }

    /// The covariates that decide it.
    pub fn parents(&self, found: &mut Vec<usize>) {
        if let Rule::By(parent, cases) = self {
            found.push(*parent);
            cases.iter().flatten().for_each(|rule| rule.parents(found));
        }
    }

    /// A parent and its value for which nothing is said, if the parents have these values.
    pub fn gap(&self, fixed: &[Option<f64>]) -> Option<usize> {
        let Rule::By(parent, cases) = self else { return None };
        match fixed[*parent] {
            Some(value) => match cases.get(value as usize).filter(|_| value >= 0.0) {
                Some(Some(rule)) => rule.gap(fixed),
                _ => Some(*parent),
            },
            None => cases.iter().flatten().find_map(|rule| rule.gap(fixed)),
        }
    }
}

impl Stated {
    /// The place of a covariate.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.covariates.iter().position(|c| c.name.text == name)
    }
}
