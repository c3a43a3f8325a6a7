//! What does one session of nasal esketamine look like, in one adult?
//!
//! `cargo run --release --example 01_first_curve` prints the peaks and draws `out/examples/01_first_curve.svg`.

use posology::plot::{Axis, Panel, Series, Window};
use posology::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    let profile = session(&model)?;
    for output in profile.outputs() {
        let peak = output.cmax(); // from the solution, not from the grid
        println!("{:14} Cmax {:.1} at {:.3}", output.output().name, peak.value, peak.time);
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/01_first_curve.svg")?;
    println!("wrote out/examples/01_first_curve.svg");
    Ok(())
}

/// 84 mg, that is three devices five minutes apart, and the day after.
fn session(model: &Model) -> Result<Profile<'_>, Error> {
    let adult = Subject::typical(model).with("age", 45.0.years())?;
    let give: Regimen = "84 mg intranasal".parse()?;
    Ok(Simulation::new(model).subject(&adult).give(give).until(24.0.hours()).every(3.0.minutes()).run()?)
}

/// The drug and its metabolite over a day.
pub fn figure() -> Result<Figure, Error> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    let profile = session(&model)?;
    let time = Axis::linear("time after the first device", "h");
    let mut panel = Panel::new("", time, Axis::linear("concentration", "ng/mL"))
        .window(Window::new("2 h monitoring", 0.0, 2.0))
        .doses(profile.sessions().iter().map(|session| session.time));
    for (colour, output) in profile.outputs().enumerate() {
        let points = profile.times().iter().copied().zip(output.values().iter().copied());
        panel = panel.series(Series::new(&output.output().name, colour, points));
    }
    Ok(Figure::new("84 mg of nasal esketamine, typical adult of 45 years")
        .panel(panel)
        .footnote("Model of Perez-Ruixo et al. 2021. Research software; no clinical advice."))
}
