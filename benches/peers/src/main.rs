//! Measures posology beside other engines, in one process and one thread, and prints what BENCHMARKS.md has.
//!
//! `peers [PEOPLE [DATE [RUSTC]]]`, or `peers memory` for the process that is measured for its memory.

mod course;
mod double;
mod engines;
mod exact;
mod measure;
mod people;
mod population;
mod report;
mod workloads;

use engines::Failure;
use people::Person;
use workloads::{effects, nasal, oral};

/// People that are simulated, unless the first argument says otherwise.
const PEOPLE: usize = 1000;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|what| what == population::MEMORY) {
        return population::remember();
    }
    let count = arguments.first().map_or(Ok(PEOPLE), |text| text.parse())?;
    let people = Person::many(count);
    let mut measured = Vec::new();
    for workload in [oral::w1, oral::w1_irregular, nasal::w2, effects::w3] {
        measured.push(measure::measure(workload()?, &people)?);
    }
    let sources = [("W1", oral::SOURCE), ("W2", nasal::SOURCE), ("W3", effects::SOURCE)];
    let setups = sources.into_iter().map(|(name, source)| population::setup(name, source));
    let found = report::Found {
        date: arguments.get(1).cloned().unwrap_or_default(),
        rustc: arguments.get(2).cloned().unwrap_or_default(),
        people: count,
        setups: setups.collect::<Result<_, _>>()?,
        threads: population::threads()?,
        memory: population::memory()?,
        failures: population::failures()?,
        measured,
    };
    print!("{}", found.to_markdown());
    Ok(())
}
