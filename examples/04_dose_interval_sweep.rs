//! How do dose and interval decide how long esketamine stays above a level, and what is left before the next session?
//!
//! `cargo run --release --example 04_dose_interval_sweep` draws `out/examples/04_dose_interval_sweep.svg`.

use posology::plot::{Axis, Contours, Heat, Panel};
use posology::prelude::*;

/// mg, whole devices.
const DOSES: [f64; 4] = [28.0, 56.0, 84.0, 112.0];
/// Hours from session to session.
const INTERVALS: [f64; 9] = [6.0, 8.0, 12.0, 24.0, 48.0, 72.0, 96.0, 120.0, 168.0];
const COURSE: f64 = 4.0 * 168.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/04_dose_interval_sweep.svg")?;
    Ok(())
}

/// Dose, interval, hours per week above 50 ng/mL, and the concentration before the last session.
fn sweep(model: &Model) -> Result<Vec<(f64, f64, f64, f64)>, Error> {
    let level: Quantity = "50 ng/mL".parse()?;
    let mut points = Vec::new();
    for dose in DOSES {
        for interval in INTERVALS {
            let give: Regimen = format!("{dose} mg intranasal every {interval} h for 4 weeks").parse()?;
            let profile = Simulation::new(model).give(give).until(COURSE.hours()).run()?;
            let esketamine = profile.output("esketamine")?;
            let last = profile.sessions().last().map_or(0.0, |session| session.time);
            let above = esketamine.time_above(&level, 0.0, COURSE)?;
            let trough = esketamine.min_between(last - interval / 4.0, last).value;
            points.push((interval, dose, above.value() / 4.0, trough.value()));
        }
    }
    Ok(points)
}

/// Concentrations as colours, hours above the level as lines.
pub fn figure() -> Result<Figure, Error> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    let points = sweep(&model)?;
    let trough = Axis::log("concentration before the last session", "ng/mL").range(1e-3, 100.0);
    let troughs = Heat::new(trough, points.iter().map(|p| (p.0, p.1, p.3)));
    let above = points.iter().map(|p| (p.0, p.1, p.2));
    let above =
        Contours::new(Axis::linear("above 50 ng/mL", "h per week"), 7, above, [1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0]);
    let panel = Panel::new("", Axis::log("interval", "h"), Axis::linear("dose", "mg")).heat(troughs).contours(above);
    Ok(Figure::new("Nasal esketamine for 4 weeks: dose and interval")
        .panel(panel)
        .footnote("Typical subject, model of Perez-Ruixo et al. 2021, made from doses twice a week. Research software; no clinical advice."))
}
