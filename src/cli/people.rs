//! The people that a command runs for besides the person.

use super::ArgumentError;
use crate::Error;
use crate::io::{Input, read_people};
use crate::population::People;
use crate::study::compare::PeoplePlan;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct PeopleArgs {
    /// Run it for so many virtual people besides the person
    #[arg(long, value_name = "N", requires = "seed", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) subjects: Option<u64>,
    /// The seed of their random numbers: the same seed, the same people
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Who they are: a TOML file of distributions of covariates, or a CSV file with a row per person
    #[arg(long, value_name = "FILE", requires = "seed")]
    population: Option<PathBuf>,
}

impl PeopleArgs {
    /// The option that asks for people, if one does.
    pub(super) fn asked(&self) -> Option<&'static str> {
        let asked = [("--subjects", self.subjects.is_some()), ("--seed", self.seed.is_some())];
        let asked = asked.into_iter().chain([("--population", self.population.is_some())]);
        asked.into_iter().find(|(_, asked)| *asked).map(|(option, _)| option)
    }

    /// The people, if any are asked for, and the file that says who they are.
    pub(super) fn people(&self) -> Result<(Option<PeoplePlan>, Option<Input>), Error> {
        let Some(seed) = self.seed else {
            return Ok((None, None));
        };
        let (people, input) = match &self.population {
            Some(path) => {
                let (people, sha256) = read_people(path)?;
                (people, Some(Input::hashed(path, sha256)))
            }
            None => (People::default(), None),
        };
        let size = match (self.subjects.or(people.count()), &self.population) {
            (Some(size), _) => size,
            (None, Some(_)) => return Err(ArgumentError::NoSize.into()),
            (None, None) => return Err(ArgumentError::NoPopulation { option: "--seed".into() }.into()),
        };
        people.enough_for(size)?;
        Ok((Some(PeoplePlan { size, seed, people, file: None }), input))
    }
}
