//! What decides the peak of dissociation: how people differ, or what is not known of the effect?
//!
//! `cargo run --release --example 12_what_decides_dissociation` prints shares of the variance and draws
//! `out/examples/12_what_decides_dissociation.svg`.

use posology::io::Format;
use posology::plot::tornado_figure;
use posology::prelude::*;
use posology::simulate::Settings;
use posology::study::sensitivity::{Analysis, SensitivityPlan, index_table};

const PLAN: &str = include_str!("plans/dissociation-sensitivity.toml");
const EFFECT: &str = "dissociation-olofsen-2022";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let analysis = analysis()?;
    print!("{}", index_table(&analysis).render(Format::Table, 120));
    std::fs::create_dir_all("out/examples")?;
    drawn(&analysis).save("out/examples/12_what_decides_dissociation.svg")?;
    println!("wrote out/examples/12_what_decides_dissociation.svg");
    Ok(())
}

fn analysis() -> Result<Analysis, Error> {
    let plan = SensitivityPlan::parse("examples/plans/dissociation-sensitivity.toml", PLAN)?;
    let models = plan.models(|id| Ok(Model::catalogue_with(id, &[EFFECT])?))?;
    plan.design(&models, Settings::default())?.run(&models, |_| ())
}

/// A bar per factor, for the peak and for what is left when monitoring may end.
pub fn figure() -> Result<Figure, Error> {
    Ok(drawn(&analysis()?))
}

fn drawn(analysis: &Analysis) -> Figure {
    tornado_figure(analysis).columns(1).footnote(
        "Sobol's indices with 95 % bootstrap intervals. Parameters of Perez-Ruixo 2021 vary as between people; C50 and half-life \
         of Olofsen 2022 within their intervals; the range of the steepness (hill) is assumed. Research software; no clinical advice.",
    )
}
