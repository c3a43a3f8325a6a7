//! Which names may be given, and the closed lists of words.

use crate::units::Unit;

/// Words of the expression language that cannot be names.
pub(super) const RESERVED: [&str; 13] =
    ["t", "tafd", "tad", "dose", "device", "out", "value", "since", "last_dose", "C", "and", "or", "not"];

/// Functions of the expression language: no names either, so that a missing parenthesis is not read as a quantity.
const FUNCTIONS: [&str; 17] = [
    "min", "max", "abs", "exp", "log", "log10", "sqrt", "expit", "logit", "floor", "mod", "tanh", "sin", "cos",
    "lgamma", "if", "pow",
];

/// Covariates that every subject can have, whether a model uses them or not.
pub(super) const SUBJECT_COVARIATES: [(&str, &str); 2] = [("age", "year"), ("weight", "kg")];

/// The unit of a covariate that every subject can have, whether a model uses it or not.
pub(crate) fn common_covariate(name: &str) -> Option<Unit> {
    let (_, unit) = SUBJECT_COVARIATES.iter().find(|(n, _)| *n == name)?;
    unit.parse().ok()
}

/// The covariates that every subject can have.
pub(crate) fn common_covariates() -> impl Iterator<Item = &'static str> {
    SUBJECT_COVARIATES.iter().map(|(name, _)| *name)
}

/// What an output can be a concentration of. `ketamine` and `norketamine` without a letter are R + S.
pub const ANALYTES: [&str; 20] = [
    "S-ketamine",
    "R-ketamine",
    "ketamine",
    "S-norketamine",
    "R-norketamine",
    "norketamine",
    "S-hydroxynorketamine",
    "R-hydroxynorketamine",
    "hydroxynorketamine",
    "S-dehydronorketamine",
    "R-dehydronorketamine",
    "dehydronorketamine",
    "ticlopidine",
    "midazolam",
    "theophylline",
    "warfarin",
    "phenobarbital",
    "propofol",
    "remifentanil",
    "other",
];

/// Where an output is sampled.
pub const SITES: [&str; 4] = ["arterial", "venous", "unstated", "effect"];

pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word) || FUNCTIONS.contains(&word)
}

/// Ids and route names may have hyphens: they are never part of an expression's arithmetic.
pub(super) fn is_id(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
