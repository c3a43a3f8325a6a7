//! How much does blood pressure rise around a session, by a model that was fitted to the label?
//!
//! `cargo run --release --example 06_blood_pressure` prints the rises and draws `out/examples/06_blood_pressure.svg`.

use posology::plot::{Axis, Panel, Reference, Series, Window};
use posology::prelude::*;

/// Model, what is given, and when and how much the systolic and diastolic pressures were seen to rise (h, mmHg): the label's peaks about
/// 40 min after a dose, and the largest means of Riva-Posse 2018.
const SESSIONS: [(&str, &str, f64, [f64; 2]); 3] = [
    ("esketamine-perez-ruixo-2021", "56 mg intranasal", 40.0 / 60.0, [7.0, 4.0]),
    ("esketamine-perez-ruixo-2021", "84 mg intranasal", 40.0 / 60.0, [9.0, 6.0]),
    ("ketamine-clements-1981", "0.5 mg/kg iv over 40 min", 0.5, [3.28, 3.17]),
];
const OUTPUTS: [(&str, &str); 2] = [("sbp_change", "systolic"), ("dbp_change", "diastolic")];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (id, give, _, seen) in SESSIONS {
        let model = Model::catalogue_with(id, &["haemodynamics"])?;
        let profile = session(&model, give)?;
        for ((output, name), seen) in OUTPUTS.into_iter().zip(seen) {
            let peak = profile.output(output)?.cmax();
            println!("{give:26} {name:10} peak {:.1} at {:.2}, observed {seen} mmHg", peak.value, peak.time);
        }
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/06_blood_pressure.svg")?;
    Ok(())
}

fn session<'m>(model: &'m Model, give: &str) -> Result<Profile<'m>, Error> {
    let give: Regimen = give.parse()?;
    Ok(Simulation::new(model).give(give).until(6.0.hours()).every(2.0.minutes()).run()?)
}

/// A panel per pressure, with what was observed.
pub fn figure() -> Result<Figure, Error> {
    let mut figure = Figure::new("Rise of blood pressure around a session, typical adult").columns(2).footnote(
        "Library's own effect, fitted to the label's nasal doses and not to the infusions of Riva-Posse 2018 \
         (largest mean, at 30 min). Dashed: assumed. Research software; no clinical advice.",
    );
    for (nth, (output, name)) in OUTPUTS.into_iter().enumerate() {
        let mut panel = Panel::new(name, Axis::linear("time", "h"), Axis::linear("rise", "mmHg").range(0.0, 10.0))
            .window(Window::new("2 h monitoring", 0.0, 2.0));
        for (colour, (id, give, time, seen)) in SESSIONS.into_iter().enumerate() {
            let model = Model::catalogue_with(id, &["haemodynamics"])?;
            let profile = session(&model, give)?;
            let values = profile.output(output)?.values();
            let points = profile.times().iter().copied().zip(values.iter().copied());
            panel = panel.series(Series::new(give, colour, points).dashed()).reference(Reference::new(
                format!("observed, {give}"),
                colour,
                time,
                seen[nth],
            ));
        }
        figure = figure.panel(panel);
    }
    Ok(figure)
}
