//! posology, its models read from files, through its public API.

use super::{Engine, Failure, How, Run, absolute};
use crate::course::{Course, OBSERVATIONS, UNTIL};
use crate::people::Person;
use posology::math::kernel::Kernel;
use posology::model::{Catalogue, Model};
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::units::{Quantity, Unit};

/// A model file and what varies in it.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// In benches/models.
    pub file: &'static str,
    pub route: &'static str,
    /// Name, unit and typical value of what differs in elimination and in volume.
    pub elimination: (&'static str, &'static str, f64),
    pub volume: (&'static str, &'static str, f64),
    pub how: How,
}

/// How people are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// All in one.
    Population(Kernel),
    /// One for each.
    OneByOne,
}

impl Source {
    pub fn read(&self) -> Result<Model, Failure> {
        let path = format!("{}/../models/{}", env!("CARGO_MANIFEST_DIR"), self.file);
        Ok(Model::parse(&std::fs::read_to_string(&path)?, &path, &Catalogue)?)
    }

    pub fn regimen(&self) -> Result<Regimen, Failure> {
        Ok(format!("84 mg {} every 84 h x 8, then every 168 h x 12", self.route).parse()?)
    }

    pub fn engine(self, course: &Course, calls: Calls) -> Result<Engine, Failure> {
        // The engines live as long as the program, and so does the model.
        let model: &'static Model = Box::leak(Box::new(self.read()?));
        let regimen = self.regimen()?;
        let observations = course.observations.clone();
        let load = move |people: &[Person], relative: f64| -> Run {
            let kernel = match calls {
                Calls::Population(kernel) => kernel,
                Calls::OneByOne => Kernel::widest(),
            };
            let settings = Settings { rtol: relative, atol: absolute(relative), kernel, ..Settings::default() };
            let prepared = Prepared::with(model, Some(&regimen), observations.clone(), UNTIL, settings);
            let prepared = prepared.expect("the regimen fits the model");
            let subjects: Vec<Subject<'static>> = people.iter().map(|person| self.subject(model, person)).collect();
            let mut workspace = prepared.workspace();
            Box::new(move |out| match calls {
                Calls::Population(_) => {
                    prepared.run_all(&subjects, &mut workspace, out);
                }
                Calls::OneByOne => {
                    for (subject, row) in subjects.iter().zip(out.chunks_exact_mut(OBSERVATIONS)) {
                        if prepared.run(subject, &mut workspace, row).is_err() {
                            row.fill(f64::NAN);
                        }
                    }
                }
            })
        };
        let name = match calls {
            Calls::Population(kernel) => format!("posology, population, {kernel}"),
            Calls::OneByOne => "posology, one by one".into(),
        };
        Ok(Engine { name, how: self.how, load: Box::new(load) })
    }

    fn subject<'m>(&self, model: &'m Model, person: &Person) -> Subject<'m> {
        let set = |subject: Subject<'m>, (name, unit, typical): (&str, &str, f64), factor: f64| {
            let unit = unit.parse::<Unit>().expect("it is a unit");
            subject.set(name, &Quantity::new(factor * typical, unit)).expect("the model has it")
        };
        let subject = set(Subject::typical(model), self.elimination, person.elimination);
        set(subject, self.volume, person.volume)
    }
}
