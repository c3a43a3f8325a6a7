//! How far do models disagree about the same infusion, and is that where blood was taken?
//!
//! `cargo run --release --example 08_arterial_venous` prints the concentrations at its end and draws
//! `out/examples/08_arterial_venous.svg`.

use posology::model::{FileKind, catalogue};
use posology::plot::{Axis, Panel, Reference, Series};
use posology::prelude::*;

const RACEMATE: &str = "0.5 mg/kg iv over 40 min";
const S_KETAMINE: &str = "0.25 mg/kg iv over 40 min";
/// The end of the infusion (h), and ketamine then (ng/mL), by Zarate 2006 as quoted in Zanos 2018.
const SEEN: (f64, f64) = (40.0 / 60.0, 185.0);
const OBSERVED: &str = "observed, site not stated (Zarate 2006)";
const GROUPS: [&str; 4] = ["arterial", "venous", "site not stated", "children, at 70 kg; site not stated"];

/// Both enantiomers of ketamine by one model.
struct Infused {
    id: String,
    grade: String,
    /// Its place in [`GROUPS`].
    group: usize,
    /// Whether it is twice the S-ketamine of half the dose, as if R-ketamine were alike.
    doubled: bool,
    curve: Vec<(f64, f64)>,
    at_the_end: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for one in models()? {
        let what = if one.doubled { "twice S-ketamine" } else { "racemate" };
        let (id, group) = (&one.id, GROUPS[one.group]);
        println!("{id:28} {:2} {group:36} {what:17} {:4.0} ng/mL at 40 min", one.grade, one.at_the_end);
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/08_arterial_venous.svg")?;
    println!("wrote out/examples/08_arterial_venous.svg");
    Ok(())
}

/// Every published model with an intravenous route, by group and from the lowest to the highest.
fn models() -> Result<Vec<Infused>, Error> {
    let mut all = Vec::new();
    for entry in catalogue().iter().filter(|entry| entry.path.starts_with("ketamine/")) {
        let model = Model::catalogue(entry.id)?;
        let of_its_own = model.kind() == FileKind::Model && model.provenance().extends.is_none();
        if of_its_own && model.routes().iter().any(|route| route.name == "iv") {
            all.extend(infused(&model)?);
        }
    }
    all.sort_by(|a, b| a.group.cmp(&b.group).then(a.at_the_end.total_cmp(&b.at_the_end)));
    Ok(all)
}

/// The infusion in a person of 70 kg; none if the model measures neither.
fn infused(model: &Model) -> Result<Option<Infused>, Error> {
    let measures = |analyte: &str| model.outputs().iter().find(|output| output.analyte == analyte);
    let (output, give, times) = match (measures("ketamine"), measures("S-ketamine")) {
        (Some(both), _) => (both, RACEMATE, 1.0),
        (None, Some(one)) => (one, S_KETAMINE, 2.0),
        (None, None) => return Ok(None),
    };
    let person = Subject::typical(model).with("weight", 70.0.kg())?;
    let give: Regimen = give.parse()?;
    let profile = Simulation::new(model).subject(&person).give(give).until(4.0.hours()).every(1.0.minutes()).run()?;
    let view = profile.output(&output.name)?;
    let curve = profile.times().iter().zip(view.values()).map(|(t, value)| (*t, times * value)).collect();
    let group = match output.site.as_str() {
        "arterial" => 0,
        "venous" => 1,
        _ if model.title().contains("children") => 3,
        _ => 2,
    };
    let at_the_end = times * view.at(SEEN.0).value();
    let (id, grade) = (model.id().to_string(), model.grade().to_string());
    Ok(Some(Infused { id, grade, group, doubled: times > 1.0, curve, at_the_end }))
}

/// The curves by site, and each model at the end of the infusion.
pub fn figure() -> Result<Figure, Error> {
    let models = models()?;
    let range = (0.0, 550.0);
    // The names below leave no room for a label beside this axis.
    let y = Axis::linear("", "").range(range.0, range.1);
    let mut curves = Panel::new("ketamine, both enantiomers (ng/mL)", Axis::linear("time", "h"), y)
        .reference(Reference::new(OBSERVED, 7, SEEN.0, SEEN.1));
    for one in &models {
        let name = GROUPS[one.group];
        let series = |name: &str| Series::new(name, one.group, one.curve.iter().copied());
        curves = curves.series(match one.doubled {
            true => series(&format!("{name}: twice S-ketamine (assumed)")).dashed(),
            false => series(name),
        });
    }
    // The y axis goes upwards.
    let names = models.iter().rev().map(|one| {
        let doubled = if one.doubled { ", doubled" } else { "" };
        format!("{} ({}){doubled}", one.id, one.grade)
    });
    let names = std::iter::once("observed".to_string()).chain(names);
    let x = Axis::linear("ketamine, both enantiomers", "ng/mL").range(range.0, range.1);
    let mut rows = Panel::new("at the end of the infusion", x, Axis::names("", names))
        .reference(Reference::new(OBSERVED, 7, SEEN.1, 1.0));
    for (place, one) in models.iter().rev().enumerate() {
        rows = rows.series(Series::new("", one.group, [(one.at_the_end, 2.0 + place as f64)]).unjoined());
    }
    Ok(Figure::new("0.5 mg/kg of racemic ketamine over 40 min, 70 kg: every published model").columns(1).panel(curves).panel(rows).footnote(
        "In brackets the grade of each model. Dashed: S-ketamine of half the dose, doubled. Research software; no clinical advice.",
    ))
}
