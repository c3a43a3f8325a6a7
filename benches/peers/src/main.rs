//! Measures posology beside other engines on one non-linear workload, in one process and one thread.
//!
//! Every engine runs at the loosest tolerance of a ladder whose largest error over the first people is small enough; then
//! all take turns for some rounds, and the medians of their CPU times are compared.

mod engines;
mod workload;

use cpu_time::ProcessTime;
use engines::{Engine, Ours};
use workload::{OBSERVATIONS, Person};

/// People that are simulated, unless the first argument says otherwise.
const PEOPLE: usize = 1000;
/// People whose errors decide on the tolerance.
const JUDGES: usize = 20;
/// Largest error allowed, relative to the person's largest response.
const ERROR: f64 = 1e-6;
/// The two references differ by less than this, relative to the same.
const AGREEMENT: f64 = 1e-9;
const ROUNDS: usize = 7;

/// An engine and what was found about it.
struct Row {
    engine: Engine,
    /// None where no tolerance of the ladder was enough.
    tolerance: Option<f64>,
    /// Largest error of the people who decide, and of all; failures among all.
    judged: f64,
    error: f64,
    failures: usize,
    /// CPU time of each round, microseconds per person.
    times: Vec<f64>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = std::env::args().nth(1).map_or(Ok(PEOPLE), |text| text.parse())?;
    let people = Person::many(count);
    let exact = reference(&people)?;
    let mut out = vec![0.0; people.len() * OBSERVATIONS];
    let mut rows: Vec<Row> =
        engines::all()?.into_iter().map(|engine| judge(engine, &people, &exact, &mut out)).collect();
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for row in &mut rows {
            if let Some(tolerance) = row.tolerance {
                let begun = ProcessTime::now();
                (row.engine.run)(&people, tolerance, &mut out);
                row.times.push(begun.elapsed().as_secs_f64() * 1e6 / people.len() as f64);
            }
        }
    }
    print(&rows, people.len());
    Ok(())
}

/// The observations of all people, after two independent programs agreed on them.
fn reference(people: &[Person]) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    eprintln!("reference of {} people", people.len());
    let mut exact = Vec::with_capacity(people.len() * OBSERVATIONS);
    for (k, person) in people.iter().enumerate() {
        let [first, second] = engines::references(*person)?;
        let difference = largest_error(&second, &first);
        if difference.is_nan() || difference > AGREEMENT {
            return Err(format!("the references of person {k} differ by {difference:e} of the largest response").into());
        }
        exact.extend(first);
    }
    Ok(exact)
}

/// Finds the loosest tolerance from 1e-2 to 1e-12, in half decades, that is accurate enough, and runs everybody with it.
fn judge(engine: Engine, people: &[Person], exact: &[f64], out: &mut [f64]) -> Row {
    eprintln!("tolerance of {}", engine.name);
    let judges = people.len().min(JUDGES);
    let mut judged = f64::NAN;
    let tolerance = (4..=24).map(|halves| 10_f64.powf(-f64::from(halves) / 2.0)).find(|tolerance| {
        (engine.run)(&people[..judges], *tolerance, &mut out[..judges * OBSERVATIONS]);
        judged = largest_error(&out[..judges * OBSERVATIONS], exact);
        judged <= ERROR
    });
    if let Some(tolerance) = tolerance {
        (engine.run)(people, tolerance, out);
    }
    let (mut failures, mut error) = (0, 0.0_f64);
    for (out, exact) in out.chunks_exact(OBSERVATIONS).zip(exact.chunks_exact(OBSERVATIONS)) {
        match largest_error(out, exact) {
            failed if failed.is_nan() => failures += 1,
            e => error = error.max(e),
        }
    }
    Row { engine, tolerance, judged, error, failures, times: Vec::new() }
}

/// The largest error of whole people, relative to the largest response of each; NaN where one is.
fn largest_error(out: &[f64], exact: &[f64]) -> f64 {
    let person = |(out, exact): (&[f64], &[f64])| {
        let peak = exact.iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
        out.iter().zip(exact).map(|(a, b)| (a - b).abs() / peak).fold(0.0, largest)
    };
    out.chunks_exact(OBSERVATIONS).zip(exact.chunks_exact(OBSERVATIONS)).map(person).fold(0.0, largest)
}

fn largest(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(rows: &[Row], people: usize) {
    let time_of =
        |ours| rows.iter().find(|row| row.engine.ours == Some(ours)).map_or(f64::NAN, |row| median(&row.times));
    let (population, one) = (time_of(Ours::Population), time_of(Ours::OneByOne));
    println!(
        "{people} people, {OBSERVATIONS} observations each, CPU time of one thread, medians of {ROUNDS} alternating rounds.\n\
         Errors are relative to the largest response of a person: of the first {JUDGES}, who decide on the tolerance, and of all.\n\
         The last columns divide the time by that of posology for the population and one by one.\n"
    );
    println!(
        "| engine | rtol | us/person | ns/observation | error, first {JUDGES} | error, all | failures | / population | / one by one |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let Row { judged, error, failures, .. } = row;
        match row.tolerance {
            None => println!("| {} | none is enough | | | {judged:.1e} | | | | |", row.engine.name),
            Some(tolerance) => {
                let time = median(&row.times);
                println!(
                    "| {} | {tolerance:.1e} | {time:.1} | {:.0} | {judged:.1e} | {error:.1e} | {failures} | {:.2} | {:.2} |",
                    row.engine.name,
                    time * 1e3 / OBSERVATIONS as f64,
                    time / population,
                    time / one,
                );
            }
        }
    }
}
