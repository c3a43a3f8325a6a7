//! Where do the numbers of the library's own effects come from?
//!
//! `cargo run --release --example calibration` fits each of them again, from a stated start, to the observations it was made
//! from, and prints what it finds beside what the effect's file says, and what was observed elsewhere beside the model.
//! Nothing here is drawn at random but the virtual people of the relapses, who have a seed.

pub mod antidepressant;
pub mod attenuation;
pub mod fit;
pub mod haemodynamics;

use fit::{Beside, Problem};
use posology::Error;

fn main() -> Result<(), Error> {
    for problem in [haemodynamics::problem()?, attenuation::problem()?, antidepressant::problem()?] {
        show(&problem)?;
    }
    println!("Not fitted to\n");
    let elsewhere = [haemodynamics::elsewhere()?, antidepressant::elsewhere()?].concat();
    elsewhere.iter().for_each(line);
    let relapse = antidepressant::relapse(1000)?;
    println!(
        "{:64} {:8.1} {:8} {:8.1} d",
        "Murrough 2013: median time to relapse after six infusions", 18.0, "", relapse
    );
    Ok(())
}

fn show(problem: &Problem) -> Result<(), Error> {
    let (filed, found) = (problem.filed()?, problem.fit()?);
    println!("{}\n\n{:24} {:>10} {:>12} {:>10}", problem.effect, "parameter", "start", "found", "file");
    for (((name, start), found), filed) in problem.unknowns.iter().zip(&found.values).zip(&filed) {
        println!("{name:24} {start:10} {found:12.6} {filed:10}");
    }
    let objective = problem.objective(&filed)?;
    println!("\nsum of squares {:.5}, of the file {objective:.5}, {} steps\n", found.objective, found.steps);
    println!("{:64} {:>8} {:>8} {:>8}", "observation", "observed", "SE", "model");
    problem.beside(&filed)?.iter().for_each(line);
    println!();
    Ok(())
}

fn line(row: &Beside) {
    let spread = row.spread.map_or(String::new(), |s| format!("{s:.2}"));
    println!("{:64} {:8.2} {spread:>8} {:8.2} {}", row.what, row.observed, row.model, row.unit);
}
