//! How strong is dissociation in a session, and does it become less over sessions?
//!
//! `cargo run --release --example 05_dissociation` prints the peaks and draws `out/examples/05_dissociation.svg`.

use posology::plot::{Axis, Panel, Series, Window};
use posology::prelude::*;

/// Model, what is given, and whether its S-ketamine is assumed (half of the racemate).
const SESSIONS: [(&str, &str, bool); 3] = [
    ("esketamine-perez-ruixo-2021", "56 mg intranasal", false),
    ("esketamine-perez-ruixo-2021", "84 mg intranasal", false),
    ("ketamine-clements-1981", "0.5 mg/kg iv over 40 min", true),
];
const COURSE: &str = "84 mg intranasal twice weekly for 4 weeks";
const LASTING: &str = "dissociation-olofsen-2022";
const ATTENUATING: &str = "dissociation-attenuating";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (id, give, _) in SESSIONS {
        let model = Model::catalogue_with(id, &[LASTING])?;
        let peak = session(&model, give)?.output("dissociation")?.cmax();
        println!("{give:28} peak of dissociation {:.1} of the maximum at {:.2}", peak.value, peak.time);
    }
    for effect in [LASTING, ATTENUATING] {
        let peaks: Vec<String> = peaks(effect)?.iter().map(|(_, peak)| format!("{peak:.0}")).collect();
        println!("{effect:28} % in sessions 1 to 8: {}", peaks.join(", "));
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/05_dissociation.svg")?;
    Ok(())
}

fn session<'m>(model: &'m Model, give: &str) -> Result<Profile<'m>, Error> {
    let give: Regimen = give.parse()?;
    Ok(Simulation::new(model).give(give).until(4.0.hours()).every(2.0.minutes()).run()?)
}

/// Number and peak (%) of each session of the course.
fn peaks(effect: &str) -> Result<Vec<(f64, f64)>, Error> {
    let model = Model::catalogue_with("esketamine-perez-ruixo-2021", &[effect])?;
    let course: Regimen = COURSE.parse()?;
    let profile = Simulation::new(&model).give(course).run()?;
    let output = profile.output("dissociation")?;
    let peak = |time: f64| output.max_between(time, time + 12.0).value.value();
    Ok((1..).map(f64::from).zip(profile.sessions().iter().map(|session| peak(session.time))).collect())
}

/// One session by three ways, and eight sessions by two assumptions.
pub fn figure() -> Result<Figure, Error> {
    let one = Axis::linear("dissociation, of the maximum", "%").range(0.0, 60.0);
    let mut panel = Panel::new("one session", Axis::linear("time", "h"), one.clone()).window(Window::new(
        "2 h monitoring",
        0.0,
        2.0,
    ));
    for (colour, (id, give, assumed)) in SESSIONS.into_iter().enumerate() {
        let model = Model::catalogue_with(id, &[LASTING])?;
        let profile = session(&model, give)?;
        let values = profile.output("dissociation")?.values();
        let series = Series::new(give, colour, profile.times().iter().copied().zip(values.iter().copied()));
        panel = panel.series(if assumed { series.dashed() } else { series });
    }
    let over = Panel::new("84 mg intranasal twice a week", Axis::linear("session", "").range(0.0, 9.0), one)
        .series(Series::new("the same in each session", 3, peaks(LASTING)?).unjoined())
        .series(Series::new("attenuating (assumed)", 4, peaks(ATTENUATING)?).unjoined());
    Ok(Figure::new("Dissociation by S-ketamine, typical adult").columns(2).panel(panel).panel(over).footnote(
        "Effect of Olofsen 2022, steepness assumed. Models of Perez-Ruixo 2021 and Clements 1981 (half of the racemate, assumed: dashed). \
         Research software; no clinical advice.",
    ))
}
