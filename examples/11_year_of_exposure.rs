//! How much ketamine and metabolite does a year of each schedule amount to?
//!
//! `cargo run --release --example 11_year_of_exposure` prints areas and draws `out/examples/11_year_of_exposure.svg`. The tables
//! come from `posology course examples/plans/year-of-exposure.toml`.

use posology::document::Text;
use posology::dosing::{ScheduleFile, Schedules};
use posology::model::Grade;
use posology::plot::{Axis, Bar, Bars, Panel};
use posology::prelude::*;
use posology::simulate::Settings;
use posology::study::course::{ArmCourse, CoursePlan, Courses, courses};

const PLAN: &str = include_str!("plans/year-of-exposure.toml");
/// The parent and what it becomes.
const FAMILY: [&str; 3] = ["ketamine", "norketamine", "hydroxynorketamine"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let courses = year()?;
    for arm in &courses.arms {
        println!("{} ({}, {}): {:.0} mg", arm.name, arm.model, arm.grade, arm.typical.dose);
        for (analyte, area) in courses.analytes.iter().zip(&arm.typical.areas) {
            if let Some(area) = area {
                println!("  {analyte:22} {area:8.0} ng*h/mL");
            }
        }
        let lacks = FAMILY.iter().filter(|name| !has(&courses, arm, name));
        lacks.for_each(|name| println!("  {name:22} not in the model"));
    }
    std::fs::create_dir_all("out/examples")?;
    drawn(&courses).save("out/examples/11_year_of_exposure.svg")?;
    println!("wrote out/examples/11_year_of_exposure.svg");
    Ok(())
}

fn year() -> Result<Courses, Error> {
    let plan = CoursePlan::parse("examples/plans/year-of-exposure.toml", PLAN)?;
    let with_effects = |id: &str, effects: &[Text]| {
        let effects: Vec<&str> = effects.iter().map(|effect| effect.text.as_str()).collect();
        Ok(Model::catalogue_with(id, &effects)?)
    };
    let arms = plan.load(with_effects, schedule)?;
    courses(&plan, &arms, Settings::default(), |_| ())
}

/// A schedule of the catalogue, or a regimen.
fn schedule(text: &str) -> Result<ScheduleFile, Error> {
    match Schedules::text(text) {
        Some(_) => Ok(Schedules::get(text)?),
        None => Ok(ScheduleFile { about: Default::default(), schedule: text.parse()? }),
    }
}

/// The area of an analyte, where the model has it.
fn area(courses: &Courses, arm: &ArmCourse, analyte: &str) -> Option<f64> {
    arm.typical.areas[courses.analytes.iter().position(|known| known == analyte)?]
}

/// Whether the model has the substance, as one enantiomer or as both.
fn has(courses: &Courses, arm: &ArmCourse, name: &str) -> bool {
    area(courses, arm, name).or(area(courses, arm, &format!("S-{name}"))).is_some()
}

/// A panel per substance, a row per schedule.
pub fn figure() -> Result<Figure, Error> {
    Ok(drawn(&year()?))
}

fn drawn(courses: &Courses) -> Figure {
    let mut figure = Figure::new("Exposure of a typical person of 70 kg over a year").columns(1).footnote(
        "Models: Perez-Ruixo 2021 (nose), Otto 2021 as both enantiomers (vein), Clements 1981 (mouth, lozenge), Simons 2022 \
         (film, arterial, no published schedule). In brackets the grade, assumed where the rule of the schedule is. Norketamine by \
         nose exceeds the areas that its source prints. Research software; no clinical advice.",
    );
    for name in FAMILY {
        let rows = courses.arms.iter().rev(); // the y axis goes upwards
        let names = rows.clone().map(|arm| {
            let assumed = arm.is_assumed() || arm.schedule_grade.as_deref() == Some("assumed");
            let grade = if assumed { Grade::Assumed } else { arm.grade };
            let lack = if has(courses, arm, name) { "" } else { ": not in the model" };
            format!("{} ({grade}){lack}", arm.name)
        });
        let bars = |analyte: &str| {
            let all = rows.clone().zip(1..).filter_map(|(arm, place)| Some((place, area(courses, arm, analyte)?)));
            all.map(|(place, value)| Bar { place, value, interval: None }).collect::<Vec<_>>()
        };
        let panel = Panel::new(name, Axis::linear("area over the year", "ng*h/mL"), Axis::names("", names))
            .bars(Bars::new("S-enantiomer", 0, bars(&format!("S-{name}"))))
            .bars(Bars::new("both enantiomers", 3, bars(name)));
        figure = figure.panel(panel);
    }
    figure
}
