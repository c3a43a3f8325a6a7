//! How much of a dose arrives, and how much of its metabolite, by nose, vein and mouth?
//!
//! `cargo run --release --example 02_routes` prints a table and draws `out/examples/02_routes.svg`.

use posology::plot::{Axis, Panel, Series};
use posology::prelude::*;

/// The same person gets 28 mg each time.
const ARMS: [(&str, &str); 3] =
    [("intranasal", "28 mg intranasal"), ("iv over 40 min", "28 mg iv over 40 min"), ("oral", "28 mg oral")];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    println!(
        "{:15} {:14} {:>12} {:>8} {:>16} {:>14}",
        "route", "output", "Cmax", "Tmax", "AUC to infinity", "of that by iv"
    );
    let by_vein = arm(&model, "28 mg iv over 40 min")?;
    for (route, give) in ARMS {
        let profile = arm(&model, give)?;
        for (output, vein) in profile.outputs().zip(by_vein.outputs()) {
            let (name, peak) = (&output.output().name, output.cmax());
            match (output.auc_inf(), vein.auc_inf()) {
                (Ok(area), Ok(whole)) => println!(
                    "{route:15} {name:14} {:>12} {:>8} {:>16} {:>12.1} %",
                    format!("{:.1}", peak.value),
                    format!("{:.2}", peak.time),
                    format!("{area:.0}"),
                    100.0 * area.value() / whole.value()
                ),
                (Err(why), _) | (_, Err(why)) => println!("{route:15} {name:14} {:.1} no area: {why}", peak.value),
            }
        }
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/02_routes.svg")?;
    println!("wrote out/examples/02_routes.svg");
    Ok(())
}

fn arm<'m>(model: &'m Model, give: &str) -> Result<Profile<'m>, Error> {
    let give: Regimen = give.parse()?;
    Ok(Simulation::new(model).give(give).until(24.0.hours()).every(1.0.minutes()).run()?)
}

/// One panel per output, one curve per route.
pub fn figure() -> Result<Figure, Error> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    let mut figure = Figure::new("28 mg of esketamine by three routes, typical adult")
        .footnote("Model of Perez-Ruixo et al. 2021. Research software; no clinical advice.");
    for output in model.outputs() {
        let unit = output.unit.to_string();
        let mut panel =
            Panel::new(&output.name, Axis::linear("time", "h"), Axis::log("concentration", unit).range(0.1, 200.0));
        for (colour, (route, give)) in ARMS.iter().enumerate() {
            let profile = arm(&model, give)?;
            let values = profile.output(&output.name)?.values();
            panel =
                panel.series(Series::new(*route, colour, profile.times().iter().copied().zip(values.iter().copied())));
        }
        figure = figure.panel(panel);
    }
    Ok(figure)
}
