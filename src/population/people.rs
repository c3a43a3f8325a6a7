//! Who the people are, whatever the model: stated distributions of covariates, or real people.

use super::error::PeopleError;
use super::listed::Listed;
use super::resolve;
use super::stated::Stated;
use crate::document::{self, DocumentError, Log, Table};
use crate::error::{Fault, Faults, Source};
use std::sync::Arc;

/// Who the people of a population are, whatever the model. By default everybody is as the model's reference.
///
/// ```
/// use posology::population::People;
///
/// let people = People::parse(
///     "people.toml",
///     r#"
///     sex    = { one_of = { female = 0.6, male = 0.4 } }
///     weight = { by = "sex", female = { median = "68 kg", cv = 0.2 }, male = { median = "82 kg", cv = 0.18, max = "150 kg" } }
///     age    = { mean = "45 year", sd = "12 year", min = "18 year", max = "65 year" }
///     correlation = [["weight", "age", 0.1]]
///     "#,
/// )?;
/// assert_eq!(people.count(), None);
/// # Ok::<(), posology::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct People(pub(super) Who);

#[derive(Debug, Clone)]
pub(super) enum Who {
    Stated(Arc<Stated>),
    Listed(Arc<Listed>),
}

impl Default for People {
    fn default() -> Self {
        People(Who::Stated(Arc::default()))
    }
}

impl People {
    /// Reads the covariates of virtual people from TOML; `name` is what to call the text in messages.
    ///
    /// # Errors
    /// Every fault that could be found, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<People, Faults<PeopleError>> {
        let source = Source::new(name, text);
        let log = Log::new(&source);
        let root = document::parse(&log)?;
        let names: Vec<&str> = root.get_ref().keys().map(|key| key.get_ref().as_ref()).collect();
        let root = Table::root(&log, "a population", root.get_ref(), &names);
        root.check_format();
        let people = People::read(&root, &["format"]);
        Faults::check(log.into_faults(), || people.unwrap_or_default())
    }

    /// Reads a table such as the `population` of a plan; keys in `handled` are read elsewhere. Nothing where something is
    /// wrong, which is logged.
    pub(crate) fn read<K>(table: &Table<'_, K>, handled: &[&str]) -> Option<People>
    where
        K: From<DocumentError> + From<PeopleError>,
    {
        Some(People(Who::Stated(Arc::new(resolve::read(table, handled)?))))
    }

    /// Reads real people from comma-separated values: a column `ID`, and covariates such as `weight [kg]`; without a unit
    /// in the header a number is in the model's unit. One row per person; an empty cell, `.` and `NA` are missing.
    ///
    /// # Errors
    /// Faults of the table, each with its place. What a cell means is decided for each model.
    pub fn listed(name: &str, text: &str) -> Result<People, Faults<PeopleError>> {
        Ok(People(Who::Listed(Arc::new(Listed::read(name, text)?))))
    }

    /// Reads a file that says who they are: virtual people if its name ends in `.toml`, else real people.
    ///
    /// # Errors
    /// As [`People::parse`] and [`People::listed`].
    pub fn of_file(name: &str, text: &str) -> Result<People, Faults<PeopleError>> {
        let stated = name.len() >= 5 && name.as_bytes()[name.len() - 5..].eq_ignore_ascii_case(b".toml");
        if stated { People::parse(name, text) } else { People::listed(name, text) }
    }

    /// The same people; if they are listed, each person is one of the list drawn at random, rather than the next.
    pub fn resampled(self) -> Self {
        match self.0 {
            Who::Listed(list) => People(Who::Listed(Arc::new(Arc::unwrap_or_clone(list).resampled()))),
            stated => People(stated),
        }
    }

    /// Whether a covariate is one of those that they are described by.
    pub fn describes(&self, covariate: &str) -> bool {
        match &self.0 {
            Who::Stated(stated) => stated.covariates.iter().any(|c| c.name.text == covariate),
            Who::Listed(list) => list.describes(covariate),
        }
    }

    /// How many there are, if they are listed.
    pub fn count(&self) -> Option<u64> {
        match &self.0 {
            Who::Listed(list) => Some(list.rows as u64),
            Who::Stated(_) => None,
        }
    }

    /// Whether there are enough of them.
    ///
    /// # Errors
    /// [`PeopleError::TooFew`] of listed people that are not resampled.
    pub fn enough_for(&self, persons: u64) -> Result<(), Faults<PeopleError>> {
        match &self.0 {
            Who::Listed(list) if !list.resample && persons > list.rows as u64 => {
                Err(Fault::new(PeopleError::TooFew { wanted: persons, listed: list.rows as u64 }).into())
            }
            _ => Ok(()),
        }
    }
}
