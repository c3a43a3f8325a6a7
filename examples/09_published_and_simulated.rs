//! How near do the models come to what was published?
//!
//! `cargo run --release --example 09_published_and_simulated` prints what is off by half or more and draws
//! `out/examples/09_published_and_simulated.svg`.

#[allow(dead_code, unused_imports)] // a test shares it and takes more
mod exposures;

use exposures::{Number, STUDIES};
use posology::io::rounded;
use posology::model::{Evidence, FileKind, catalogue};
use posology::plot::{Axis, Panel, Series, Window};
use posology::prelude::*;
use posology::study::verify;

/// Names and colours of what a model is compared with.
const KINDS: [(&str, usize); 2] = [("published: a check of the model", 0), ("observed: shown, and checks nothing", 1)];
/// The ratios that there are.
const RANGE: (f64, f64) = (0.1, 50.0);
/// What is printed as far off.
const FAR: (f64, f64) = (2.0 / 3.0, 1.5);

/// A number of a publication and what a model gives for it.
struct Compared {
    /// Its place in [`KINDS`].
    kind: usize,
    ratio: f64,
    what: String,
}

/// A model with its grade, and all that it is compared with.
struct Row {
    name: String,
    all: Vec<Compared>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for row in rows()? {
        let far = row.all.iter().filter(|one| !(FAR.0..=FAR.1).contains(&one.ratio));
        println!("{}: {} numbers, far off {}", row.name, row.all.len(), far.clone().count());
        far.for_each(|one| println!("  {:5} {}", rounded(one.ratio, 2), one.what));
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/09_published_and_simulated.svg")?;
    println!("wrote out/examples/09_published_and_simulated.svg");
    Ok(())
}

/// Every model of ketamine that there is a number for.
fn rows() -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for entry in catalogue().iter().filter(|entry| !entry.is_textbook()) {
        let model = Model::catalogue(entry.id)?;
        if model.kind() == FileKind::Model {
            let all = compared(&model)?;
            if !all.is_empty() {
                rows.push(Row { name: format!("{} ({})", model.id(), model.grade()), all });
            }
        }
    }
    Ok(rows)
}

/// The checks of a model's file that are no calculations, and exposures that were observed.
fn compared(model: &Model) -> Result<Vec<Compared>, Error> {
    let (mut all, mut known) = (Vec::new(), Vec::new());
    for check in verify(model)? {
        let kind = match check.kind {
            Evidence::Published => 0,
            Evidence::Observed => 1,
            Evidence::Computed => continue,
        };
        if let Some(deviation) = check.deviation() {
            let what = format!("{} {} of {}: {}", check.output, check.metric, check.given, check.source);
            all.push(Compared { kind, ratio: 1.0 + deviation, what });
            known.push((check.metric, check.expected.value));
        }
    }
    for (study, number) in STUDIES.iter().flat_map(|study| study.numbers.iter().map(move |number| (study, number))) {
        // A model's file may repeat an observation.
        let is_known = known.iter().any(|(metric, value)| metric == number.metric && number.value == [*value; 2]);
        let Some(give) = study.given(model, number).filter(|_| !is_known) else { continue };
        if let Some(found) = study.simulated(model, number, give)? {
            let Number { analyte, metric, .. } = number;
            let what = format!("{analyte} {metric} of {give}: {} ({})", study.source, study.who);
            all.push(Compared { kind: 1, ratio: found / number.nearest(found), what });
        }
    }
    Ok(all)
}

/// A row per model, a mark per number.
pub fn figure() -> Result<Figure, Error> {
    let rows = rows()?;
    // The y axis goes upwards.
    let names = rows.iter().rev().map(|row| row.name.clone());
    let x = Axis::log("simulated / published", "").range(RANGE.0, RANGE.1);
    let mut panel = Panel::new("", x, Axis::names("", names)).window(Window::new("0.8 to 1.25", 0.8, 1.25));
    for (kind, (name, colour)) in KINDS.into_iter().enumerate().rev() {
        let marks = rows.iter().rev().zip(1..).flat_map(|(row, place)| {
            let own = row.all.iter().filter(move |one| one.kind == kind);
            own.map(move |one| (one.ratio, f64::from(place)))
        });
        panel = panel.series(Series::new(name, colour, marks).unjoined());
    }
    Ok(Figure::new("What models give over what was published (grade of each model)").columns(1).panel(panel).footnote(
        "A typical person beside means of people. Observed are peaks, times, areas, clearances, half-lives and bioavailabilities by the \
         model's routes; ratios to a range are those to its nearer end. Research software; no clinical advice.",
    ))
}
