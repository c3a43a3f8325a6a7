//! How much do people differ in what they get from the same dose, by nose, vein and mouth?
//!
//! `cargo run --release --example 03_population_bands` draws `out/examples/03_population_bands.svg`.

use posology::math::statistics::percentile;
use posology::plot::{Axis, Fan, Panel, Window};
use posology::population::Population;
use posology::prelude::*;
use posology::simulate::Prepared;

const ARMS: [(&str, &str); 3] =
    [("intranasal 84 mg", "84 mg intranasal"), ("iv 28 mg", "28 mg iv over 40 min"), ("oral 84 mg", "84 mg oral")];
const PEOPLE: u64 = 1000;
const SEED: u64 = 1;
const PERCENTILES: [f64; 5] = [5.0, 25.0, 50.0, 75.0, 95.0];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/03_population_bands.svg")?;
    Ok(())
}

/// A row of panels per output, a column per route; the same thousand people by every route.
pub fn figure() -> Result<Figure, Error> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    let mut rows: Vec<Vec<Panel>> = vec![Vec::new(); model.outputs().len()];
    for (colour, (name, give)) in ARMS.iter().enumerate() {
        let times: Vec<f64> = (0..=240).map(|tenth| f64::from(tenth) / 10.0).collect();
        let give: Regimen = give.parse()?;
        let prepared = Prepared::new(&model, Some(&give), times.clone(), 24.0)?;
        let curves = people(&model, &prepared)?;
        for (nth, (output, row)) in model.outputs().iter().zip(&mut rows).enumerate() {
            let at = |sample: usize| -> Vec<f64> {
                let place = nth * times.len() + sample;
                let mut all: Vec<f64> = curves.iter().map(|one| one[place]).collect();
                all.sort_by(f64::total_cmp);
                PERCENTILES.iter().map(|p| percentile(&all, *p)).collect()
            };
            let by_time: Vec<Vec<f64>> = (0..times.len()).map(at).collect();
            let values: Vec<Vec<f64>> =
                (0..PERCENTILES.len()).map(|k| by_time.iter().map(|all| all[k]).collect()).collect();
            let y = Axis::log("concentration", output.unit.to_string()).range(0.1, 500.0);
            let panel = Panel::new(format!("{}, {name}", output.name), Axis::linear("time", "h"), y)
                .window(Window::new("2 h monitoring", 0.0, 2.0))
                .fan(Fan::new(*name, colour, &times, &PERCENTILES, &values)?);
            row.push(panel);
        }
    }
    let figure = Figure::new(format!("Esketamine by three routes in the same {PEOPLE} people"))
        .columns(ARMS.len())
        .footnote("Differences between people as estimated by Perez-Ruixo et al. 2021. Research software; no clinical advice.");
    Ok(rows.into_iter().flatten().fold(figure, Figure::panel))
}

/// The curves of everybody.
fn people(model: &Model, prepared: &Prepared<'_>) -> Result<Vec<Vec<f64>>, Error> {
    let population = Population::of(model).size(PEOPLE).seed(SEED);
    let mut draws = population.draws();
    let mut workspace = prepared.workspace();
    let mut curves = Vec::new();
    for person in 0..population.count() {
        let subject = draws.subject(person, prepared.occasions())?;
        let mut values = vec![0.0; prepared.numbers()];
        prepared.run(&subject, &mut workspace, &mut values)?;
        curves.push(values);
    }
    Ok(curves)
}
