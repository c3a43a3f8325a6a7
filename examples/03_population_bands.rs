//! How much do people differ in what they get from the same dose, by nose, vein and mouth?
//!
//! `cargo run --release --example 03_population_bands` prints the largest concentrations of the typical and of the extreme
//! curves, and draws `out/examples/03_population_bands.svg`.

use posology::plot::{Axis, Fan, Panel, Window};
use posology::population::Population;
use posology::prelude::*;
use posology::simulate::Prepared;
use posology::study::cohort::{Bands, Cohort};

const ARMS: [(&str, &str); 3] =
    [("intranasal 84 mg", "84 mg intranasal"), ("iv 28 mg", "28 mg iv over 40 min"), ("oral 84 mg", "84 mg oral")];
const PERCENTILES: [f64; 5] = [5.0, 25.0, 50.0, 75.0, 95.0];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    println!("{:17} {:14} highest point of the curve of percentile", "", "");
    println!("{:17} {:14} {:>8} {:>8} {:>8}", "route", "output", 5, 50, 95);
    for (name, give) in ARMS {
        let bands = bands(&model, give)?;
        for (output, values) in model.outputs().iter().zip(&bands.values) {
            let top = |k: usize| values[k].iter().copied().fold(0.0, f64::max);
            println!("{name:17} {:14} {:8.1} {:8.1} {:8.1} {}", output.name, top(0), top(2), top(4), output.unit);
        }
    }
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/03_population_bands.svg")?;
    println!("wrote out/examples/03_population_bands.svg");
    Ok(())
}

/// Percentiles of a thousand people over a day: by any route the same people.
fn bands(model: &Model, give: &str) -> Result<Bands, Error> {
    let times = (0..=240).map(|nth| f64::from(nth) / 10.0).collect();
    let give: Regimen = give.parse()?;
    let prepared = Prepared::new(model, Some(&give), times, 24.0)?;
    let population = Population::of(model).size(1000).seed(1);
    Ok(Cohort { prepared: &prepared, population: &population, residual: false }.bands(&PERCENTILES, |_| ())?)
}

/// A row of panels per output, a column per route.
pub fn figure() -> Result<Figure, Error> {
    let model = Model::catalogue("esketamine-perez-ruixo-2021")?;
    let mut rows: Vec<Vec<Panel>> = vec![Vec::new(); model.outputs().len()];
    for (colour, (name, give)) in ARMS.into_iter().enumerate() {
        let bands = bands(&model, give)?;
        for ((output, values), row) in model.outputs().iter().zip(&bands.values).zip(&mut rows) {
            let y = Axis::log("concentration", output.unit.to_string()).range(0.1, 500.0);
            let panel = Panel::new(format!("{}, {name}", output.name), Axis::linear("time", "h"), y)
                .window(Window::new("2 h monitoring", 0.0, 2.0))
                .fan(Fan::new(name, colour, &bands.times, &bands.percentiles, values)?);
            row.push(panel);
        }
    }
    let figure = Figure::new("Esketamine by three routes in the same 1000 people").columns(ARMS.len()).footnote(
        "Differences between people as estimated by Perez-Ruixo et al. 2021. Research software; no clinical advice.",
    );
    Ok(rows.into_iter().flatten().fold(figure, Figure::panel))
}
