//! How do dose and interval decide what is left of esketamine before the next session, and how long it is above a level?
//!
//! `cargo run --release --example 04_dose_interval_sweep` draws `out/examples/04_dose_interval_sweep.svg`. The same table comes
//! from `posology sweep examples/plans/esketamine-dose-interval.toml --out out/sweep`.

use posology::io::Cell;
use posology::plot::{Axis, Contours, Heat, Panel};
use posology::prelude::*;
use posology::study::sweep::{Sweep, SweepPlan};

const PLAN: &str = include_str!("plans/esketamine-dose-interval.toml");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("out/examples")?;
    figure()?.save("out/examples/04_dose_interval_sweep.svg")?;
    println!("wrote out/examples/04_dose_interval_sweep.svg");
    Ok(())
}

/// Concentrations as colours, hours above the level as lines.
pub fn figure() -> Result<Figure, Error> {
    let plan = SweepPlan::parse("examples/plans/esketamine-dose-interval.toml", PLAN)?;
    let models = plan.models(|id| Ok(Model::catalogue(id)?))?;
    let sweep = Sweep::new(&plan, &models)?;
    let points = 0..sweep.points();
    let rows: Vec<Vec<Cell>> =
        points.flat_map(|point| sweep.reduce(point, &[sweep.run(point, 0..sweep.persons())])).collect();

    let intervals = factor(&sweep, &rows, "interval", "h")?;
    let doses = factor(&sweep, &rows, "dose", "mg")?;
    let over_both = |values: Vec<f64>| {
        let places = intervals.iter().copied().zip(doses.iter().copied());
        places.zip(values).map(|((interval, dose), value)| (interval, dose, value)).collect::<Vec<_>>()
    };
    let trough = over_both(column(&sweep, &rows, "trough_p50"));
    let above = over_both(column(&sweep, &rows, "above_mean"));

    let colours = Axis::log("median when the next session is due", "ng/mL");
    let lines = Axis::linear("mean time above 50 ng/mL", "h in 4 weeks");
    let panel = Panel::new("", Axis::log("interval", "h"), Axis::linear("dose", "mg"))
        .heat(Heat::new(colours, trough))
        .contours(Contours::new(lines, 7, above, [3.0, 10.0, 20.0, 40.0, 80.0, 160.0]));
    let footnote = format!(
        "{} people, model of Perez-Ruixo et al. 2021, made from sessions twice a week (every 84 h). Research software; no \
         clinical advice.",
        sweep.subjects()
    );
    Ok(Figure::new(format!("{}: dose and interval", plan.title)).panel(panel).footnote(footnote))
}

/// A column of the results; what has no value is not a number, and the heat map shows it as failed.
fn column(sweep: &Sweep<'_>, rows: &[Vec<Cell>], name: &str) -> Vec<f64> {
    let place = sweep.columns().iter().position(|column| column.name == name);
    let value = |row: &Vec<Cell>| match place.and_then(|place| row.get(place)) {
        Some(Cell::Number(value)) => *value,
        _ => f64::NAN,
    };
    rows.iter().map(value).collect()
}

/// The values of a factor, which stand in the results as they stand in the plan, in a unit.
fn factor(sweep: &Sweep<'_>, rows: &[Vec<Cell>], name: &str, unit: &str) -> Result<Vec<f64>, Error> {
    let unit: Unit = unit.parse()?;
    let place = sweep.columns().iter().position(|column| column.name == name).unwrap_or_default();
    let texts = rows.iter().filter_map(|row| match &row[place] {
        Cell::Text(text) => Some(text),
        _ => None,
    });
    texts.map(|text| Ok(text.parse::<Quantity>()?.to(&unit)?.value())).collect()
}
