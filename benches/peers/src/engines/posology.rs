//! posology, its model read from a file, through its public API.

use super::{Engine, Failure, Ours, absolute};
use crate::workload::{OBSERVATIONS, Person, UNTIL, observations};
use posology::model::{Catalogue, Model};
use posology::prelude::*;
use posology::simulate::{Prepared, Settings};
use posology::units::{Quantity, Unit};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/effects.toml");
const REGIMEN: &str = "84 mg oral every 84 h x 8, then every 168 h x 12";

pub fn both() -> Result<[Engine; 2], Failure> {
    // The engines live as long as the program, and so does the model.
    let model: &'static Model = Box::leak(Box::new(Model::parse(&std::fs::read_to_string(FILE)?, FILE, &Catalogue)?));
    let population = move |people: &[Person], relative: f64, out: &mut [f64]| {
        let prepared = prepare(model, relative);
        prepared.run_all(&subjects(model, people), &mut prepared.workspace(), out);
    };
    let one_by_one = move |people: &[Person], relative: f64, out: &mut [f64]| {
        let prepared = prepare(model, relative);
        let mut workspace = prepared.workspace();
        for (subject, row) in subjects(model, people).iter().zip(out.chunks_exact_mut(OBSERVATIONS)) {
            if prepared.run(subject, &mut workspace, row).is_err() {
                row.fill(f64::NAN);
            }
        }
    };
    Ok([
        Engine { name: "posology, population", ours: Some(Ours::Population), run: Box::new(population) },
        Engine { name: "posology, one by one", ours: Some(Ours::OneByOne), run: Box::new(one_by_one) },
    ])
}

fn prepare(model: &Model, relative: f64) -> Prepared<'_> {
    let regimen: Regimen = REGIMEN.parse().expect("the regimen can be read");
    let settings = Settings { rtol: relative, atol: absolute(relative), ..Settings::default() };
    Prepared::with(model, Some(&regimen), observations(), UNTIL, settings).expect("they fit each other")
}

fn subjects<'m>(model: &'m Model, people: &[Person]) -> Vec<Subject<'m>> {
    let [flux, volume] = ["mg/h", "L"].map(|text| text.parse::<Unit>().expect("it is a unit"));
    let subject = |person: &Person| {
        let subject = Subject::typical(model).set("Vmax", &Quantity::new(person.vmax, flux.clone()));
        subject
            .and_then(|subject| subject.set("V2", &Quantity::new(person.v2, volume.clone())))
            .expect("the model has them")
    };
    people.iter().map(subject).collect()
}
