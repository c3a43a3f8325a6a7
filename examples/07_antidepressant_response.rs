//! Does a model of MADRS that was fitted to a week agree with what was seen after single doses and courses?
//!
//! `cargo run --release --example 07_antidepressant_response` prints the model beside what was observed and draws
//! `out/examples/07_antidepressant_response.svg`.

use posology::plot::{Axis, Panel, Reference, Series};
use posology::prelude::*;

const NASAL: &str = "esketamine-perez-ruixo-2021";
const VENOUS: &str = "ketamine-clements-1981";

/// What was seen in one arm: panel, model, what was given, baseline (points), days shown, and at which h how much (points), with a standard
/// error or, where `people`, a standard deviation between people.
struct Seen {
    panel: &'static str,
    model: &'static str,
    give: Option<&'static str>,
    output: &'static str,
    baseline: f64,
    days: f64,
    changes: &'static [(f64, f64, f64)],
    people: bool,
}

const TOTAL: &str = "madrs_total_change";
const SEEN: [Seen; 8] = [
    daly("Daly 2018: placebo", None, 35.0, &[(2.0, -9.7, 1.76), (24.0, -5.7, 1.79), (168.0, -4.9, 1.74)]),
    daly(
        "Daly 2018: 28 mg, days 1 and 4",
        Some("28 mg intranasal twice weekly x 2"),
        31.3,
        &[(2.0, -16.4, 2.76), (24.0, -14.8, 2.80), (168.0, -9.8, 2.72)],
    ),
    daly(
        "Daly 2018: 56 mg, days 1 and 4",
        Some("56 mg intranasal twice weekly x 2"),
        33.2,
        &[(2.0, -14.3, 2.70), (24.0, -15.7, 2.74), (168.0, -12.4, 2.66)],
    ),
    daly(
        "Daly 2018: 84 mg, days 1 and 4",
        Some("84 mg intranasal twice weekly x 2"),
        35.0,
        &[(2.0, -17.6, 2.60), (24.0, -16.4, 2.64), (168.0, -15.3, 2.56)],
    ),
    Seen {
        panel: "Kishimoto 2016: one infusion, against placebo",
        model: VENOUS,
        give: Some("0.5 mg/kg iv over 40 min"),
        output: "madrs_drug_effect",
        baseline: 35.0,
        days: 14.0,
        changes: &[(24.0, -10.0, 1.4), (264.0, 0.0, 2.5)],
        people: false,
    },
    infusions(
        "not fitted: Singh 2016, twice a week",
        "0.5 mg/kg iv over 40 min twice weekly x 4",
        &[(336.0, -18.4, 12.0)],
    ),
    infusions(
        "not fitted: Singh 2016, three times a week",
        "0.5 mg/kg iv over 40 min 3 times weekly x 6",
        &[(336.0, -17.7, 7.3)],
    ),
    infusions(
        "not fitted: Murrough 2013, six infusions",
        "0.5 mg/kg iv over 40 min 3 times weekly x 6",
        &[(2.0, -18.9, 6.6)],
    ),
];

const fn daly(
    panel: &'static str,
    give: Option<&'static str>,
    baseline: f64,
    changes: &'static [(f64, f64, f64)],
) -> Seen {
    Seen { panel, model: NASAL, give, output: TOTAL, baseline, days: 8.0, changes, people: false }
}

const fn infusions(panel: &'static str, give: &'static str, changes: &'static [(f64, f64, f64)]) -> Seen {
    Seen { panel, model: VENOUS, give: Some(give), output: TOTAL, baseline: 35.0, days: 30.0, changes, people: true }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for seen in &SEEN {
        for ((hours, observed, spread), (_, model)) in seen.changes.iter().zip(simulated(seen, Some(seen.changes))?) {
            println!("{:48} {hours:4} h: observed {observed:6.1} ({spread:.1}), model {model:6.1}", seen.panel);
        }
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/07_antidepressant_response.svg")?;
    println!("wrote out/examples/07_antidepressant_response.svg");
    Ok(())
}

/// Days and points of MADRS, at some hours or as a curve.
fn simulated(seen: &Seen, at: Option<&[(f64, f64, f64)]>) -> Result<Vec<(f64, f64)>, Error> {
    let model = Model::catalogue_with(seen.model, &["antidepressant-response"])?;
    let person = Subject::typical(&model).with_text("madrs_baseline", &format!("{} point", seen.baseline))?;
    let simulation = Simulation::new(&model).subject(&person);
    let simulation = match at {
        Some(times) => simulation.at(times.iter().map(|(hours, ..)| hours.hours())),
        None => simulation.until((24.0 * seen.days).hours()).every((seen.days / 10.0).hours()),
    };
    let simulation = match seen.give {
        Some(give) => simulation.give(give.parse::<Regimen>()?),
        None => simulation,
    };
    let profile = simulation.run()?;
    let values = profile.output(seen.output)?.values();
    Ok(profile.times().iter().map(|t| t / 24.0).zip(values.iter().copied()).collect())
}

/// A panel per arm.
pub fn figure() -> Result<Figure, Error> {
    let mut figure = Figure::new("Change of MADRS: the library's own model and what was observed")
        .columns(2)
        .footnote("Dashed: assumed. Research software; no clinical advice.");
    for seen in &SEEN {
        let y = Axis::linear("change of MADRS", "points").range(-32.0, 4.0);
        let mut panel = Panel::new(seen.panel, Axis::linear("time", "d"), y)
            .series(Series::new("model", 0, simulated(seen, None)?).dashed().unmarked());
        let (bar, colour) = if seen.people { ("standard deviation between people", 4) } else { ("standard error", 1) };
        for (hours, observed, spread) in seen.changes {
            let day = hours / 24.0;
            panel = panel
                .reference(Reference::new("observed", colour, day, *observed))
                .series(Series::new(bar, colour, [(day, observed - spread), (day, observed + spread)]).unmarked());
        }
        figure = figure.panel(panel);
    }
    Ok(figure)
}
