//! BENCHMARKS.md: the machine, the figures to reach, and a table for each workload.

use crate::course::OBSERVATIONS;
use crate::engines::How;
use crate::measure::{CALLS, JUDGES, Measured, OTHERS, ROUNDS, Row};
use crate::population::{Memory, PEOPLE, Setup, Threads};
use posology::math::kernel::Kernel;
use std::fmt::Write;

/// posology's rows: everybody in one call, with the widest instruction set, and one by one.
const POPULATION: &str = "posology, population";
const ONE_BY_ONE: &str = "posology, one by one";
/// Memory beside the output, MB.
const BESIDE: f64 = 5.0;

/// Everything that was found.
pub struct Found {
    pub date: String,
    pub rustc: String,
    pub people: usize,
    pub measured: Vec<Measured>,
    pub setups: Vec<Setup>,
    pub threads: Vec<Threads>,
    pub memory: Memory,
    pub failures: usize,
}

/// A figure to reach.
struct Figure {
    what: String,
    against: String,
    least: String,
    aim: String,
    found: String,
    reached: bool,
}

impl Found {
    pub fn to_markdown(&self) -> String {
        let mut text = String::from(
            "# Benchmarks\n\nWritten by `just peers`; what is measured how is in [benches/peers](benches/peers/README.md).\n\n",
        );
        self.machine(&mut text);
        self.figures(&mut text);
        let people = self.people;
        line(
            &mut text,
            format_args!(
                "{people} people, {OBSERVATIONS} observations each. Times are CPU time of one thread, medians of {ROUNDS} rounds in which \
                 all engines take turns; in W1, W1i and W2 the other engines take the first {OTHERS} people in each round. Ratios are to \
                 the first row. Errors are the largest of all people: relative to a person's largest observation, and to the \
                 observation itself where it is above 1e-6 of that.\n"
            ),
        );
        for measured in &self.measured {
            measured.table(&mut text);
        }
        self.calls(&mut text);
        self.others(&mut text);
        text
    }

    fn machine(&self, text: &mut String) {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let others: Vec<String> = ["pharmsol", "diffsol", "ode_solvers"]
            .iter()
            .map(|name| format!("{name} {}", versions(name).join(" and ")))
            .collect();
        line(text, format_args!("| | |\n|---|---|"));
        line(text, format_args!("| date | {} |", self.date));
        line(text, format_args!("| processor | {}, {cores} cores |", processor()));
        line(text, format_args!("| instruction set | {} |", Kernel::widest()));
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        line(text, format_args!("| load | {} processes at the end |", load.split(' ').next().unwrap_or_default()));
        line(text, format_args!("| compiler | {} |", self.rustc));
        line(text, format_args!("| posology | {} |", versions("posology").join(" and ")));
        line(text, format_args!("| others | {} (pharmsol brings a diffsol of its own) |\n", others.join(", ")));
    }

    fn workload(&self, name: &str) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.name == name)
    }

    fn figures(&self, text: &mut String) {
        line(text, format_args!("## Figures to reach\n"));
        line(
            text,
            format_args!("| workload | against | at least | aim | measured | reached |\n|---|---|---|---|---|---|"),
        );
        for figure in self.all_figures() {
            let Figure { what, against, least, aim, found, reached } = figure;
            let reached = if reached { "yes" } else { "**no**" };
            line(text, format_args!("| {what} | {against} | {least} | {aim} | {found} | {reached} |"));
        }
        line(text, format_args!(""));
    }

    fn all_figures(&self) -> Vec<Figure> {
        const EXPLICIT: [&str; 4] = ["ode_solvers Dopri5", "ode_solvers Dop853", "diffsol tsit45", "pharmsol tsit45"];
        const OTHER: [&str; 3] = [EXPLICIT[0], EXPLICIT[1], EXPLICIT[3]];
        let mut figures = Vec::new();
        let ratios = [
            ("W1", POPULATION, &["pharmsol analytical"][..], [100.0, 250.0]),
            ("W1i", POPULATION, &["pharmsol analytical"], [40.0, 80.0]),
            ("W2", POPULATION, &EXPLICIT, [300.0, 1000.0]),
            ("W3", POPULATION, &EXPLICIT, [6.0, 9.0]),
            ("W3", ONE_BY_ONE, &OTHER, [1.0, 1.5]),
        ];
        for (name, ours, others, [least, aim]) in ratios {
            let Some(measured) = self.workload(name) else { continue };
            let Some((other, ratio)) = measured.least_ratio(ours, others) else { continue };
            let how = ours.trim_start_matches("posology, ");
            figures.push(Figure {
                what: format!("{name}, {how}"),
                against: format!("{other}{}", if others.len() > 1 { ", the fastest" } else { "" }),
                least: format!("{least}x"),
                aim: format!("{aim}x"),
                found: format!("{ratio:.*}x", usize::from(ratio < 10.0)),
                reached: ratio >= least,
            });
        }
        for (name, [least, aim]) in [("W1", [1.0, 0.4]), ("W2", [12.0, 4.0])] {
            let Some(row) = self.workload(name).and_then(|measured| measured.row(ONE_BY_ONE)) else { continue };
            let (what, against) = (format!("{name}, one prepared call"), "time".into());
            let (least_text, aim) = (format!("{least} us"), format!("{aim} us"));
            let found = format!("{:.2} us", row.call);
            figures.push(Figure { what, against, least: least_text, aim, found, reached: row.call <= least });
        }
        for name in ["W1", "W1i", "W2"] {
            let Some(row) = self.workload(name).and_then(|measured| measured.row(POPULATION)) else { continue };
            figures.push(Figure {
                what: format!("{name}, accuracy"),
                against: "relative".into(),
                least: "1e-11".into(),
                aim: "1e-12".into(),
                found: format!("{:.1e}", row.errors.of_value),
                reached: row.errors.of_value <= 1e-11,
            });
        }
        let beside = self.memory.beside();
        figures.push(Figure {
            what: format!("W1, {PEOPLE} x {OBSERVATIONS} outputs"),
            against: "memory, without pages of program files".into(),
            least: format!("output + {BESIDE} MB"),
            aim: String::new(),
            found: format!("output + {beside:.1} MB"),
            reached: beside <= BESIDE,
        });
        figures.push(Figure {
            what: format!("W3, {PEOPLE} log-normal subjects"),
            against: "failures".into(),
            least: "0".into(),
            aim: "0".into(),
            found: self.failures.to_string(),
            reached: self.failures == 0,
        });
        for threads in &self.threads {
            figures.push(Figure {
                what: format!("{}, 1 thread -> 2", threads.name),
                against: "CPU time".into(),
                least: "at most 1.1x".into(),
                aim: "1.0x".into(),
                found: format!("{:.2}x, {:.2} times as fast", threads.cpu, threads.speed_up),
                reached: threads.cpu <= 1.1,
            });
        }
        figures
    }

    fn calls(&self, text: &mut String) {
        line(text, format_args!("## One subject, one call\n"));
        line(text, format_args!("Time of a call for each of {CALLS} people in turn, in a warm process.\n"));
        line(text, format_args!("| engine | W1 | W1i | W2 | W3 |\n|---|---|---|---|---|"));
        let names = [ONE_BY_ONE, "pharmsol analytical", "pharmsol tsit45", "pharmsol bdf"];
        let names =
            names.into_iter().chain(["ode_solvers Dopri5", "ode_solvers Dop853", "diffsol tsit45", "diffsol bdf"]);
        for name in names {
            let cell = |workload| {
                let row = self.workload(workload).and_then(|measured| measured.row(name));
                row.map_or(String::new(), |row| format!("{:.2} us", row.call))
            };
            let cells = ["W1", "W1i", "W2", "W3"].map(cell);
            line(text, format_args!("| {name} | {} |", cells.join(" | ")));
        }
        line(
            text,
            format_args!(
                "\nWhat comes before, once:\n\n| | model read and checked | prepared, and the first subject |\n|---|---|---|"
            ),
        );
        for Setup { name, load, first } in &self.setups {
            line(text, format_args!("| {name} | {load:.0} us | {first:.0} us |"));
        }
        line(text, format_args!(""));
    }

    fn others(&self, text: &mut String) {
        let Memory { peak, files, output } = self.memory;
        let beside = self.memory.beside();
        line(text, format_args!("## Memory and threads\n"));
        line(
            text,
            format_args!(
                "A process that draws and simulates {PEOPLE} people of W1 with {OBSERVATIONS} outputs each has at most {peak:.1} MB: {output:.1} MB are \
                 the outputs, {files:.1} MB pages of files, which are this program with all engines in it and the system's libraries, and \
                 {beside:.1} MB all else.\n"
            ),
        );
        line(
            text,
            format_args!(
                "| workload | people | CPU time of a person, 1 thread | CPU time, 2 threads over 1 | wall speed-up |\n|---|---|---|---|---|"
            ),
        );
        for Threads { name, people, person, cpu, speed_up } in &self.threads {
            line(text, format_args!("| {name} | {people} | {person:.1} us | {cpu:.2} | {speed_up:.2} |"));
        }
        line(text, format_args!("\nMedians and best of ten rounds; people are drawn as part of it.\n"));
    }
}

impl Measured {
    /// The smallest of the times of others over ours, and whose it is.
    fn least_ratio(&self, ours: &str, others: &[&str]) -> Option<(String, f64)> {
        let ours = self.row(ours)?.time;
        let ratio = |name: &&str| self.row(name).map(|row| (row.name.clone(), row.time / ours));
        others.iter().filter_map(ratio).filter(|(_, ratio)| ratio.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn table(&self, text: &mut String) {
        line(text, format_args!("## {}: {}\n", self.name, self.what));
        let ours = self.row(POPULATION).map_or(f64::NAN, |row| row.time);
        line(
            text,
            format_args!(
                "| engine | rtol | us / person | ns / observation | ratio | error / largest | relative error | failures |"
            ),
        );
        line(text, format_args!("|---|---|---|---|---|---|---|---|"));
        for row in &self.rows {
            let Row { name, errors, failures, time, how, .. } = row;
            match (row.tolerance, how) {
                (None, How::Integrated) => line(
                    text,
                    format_args!("| {name} | none is enough | | | | {:.1e} (first {JUDGES}) | | |", row.judged.of_peak),
                ),
                (tolerance, _) => {
                    let tolerance = tolerance.map_or("-".into(), |tolerance| format!("{tolerance:.1e}"));
                    let each = time * 1e3 / OBSERVATIONS as f64;
                    let (ratio, [of_peak, of_value]) = (time / ours, [errors.of_peak, errors.of_value]);
                    line(
                        text,
                        format_args!(
                            "| {name} | {tolerance} | {} | {} | {} | {of_peak:.1e} | {of_value:.1e} | {failures} |",
                            three(*time),
                            three(each),
                            three(ratio),
                        ),
                    );
                }
            }
        }
        line(text, format_args!(""));
    }
}

/// Three digits.
fn three(value: f64) -> String {
    let digits = 2 - value.abs().log10().floor().clamp(-3.0, 2.0) as i32;
    format!("{value:.*}", digits.max(0) as usize)
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    writeln!(text, "{what}").expect("memory can be written to");
}

/// The versions of a crate that this program was built with.
fn versions(name: &str) -> Vec<&'static str> {
    let lock = include_str!("../Cargo.lock");
    let packages = lock.split("[[package]]");
    let version = |package: &'static str| {
        let value = |key: &str| {
            package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).map(|v| v.trim_matches('"'))
        };
        (value("name")? == name).then(|| value("version")).flatten()
    };
    packages.filter_map(version).collect()
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| {
        let line = text.lines().find(|line| line.split(':').next().is_some_and(|k| k.trim() == key));
        line.and_then(|line| line.split_once(':')).map_or("unknown".into(), |(_, value)| value.trim().to_string())
    };
    format!("{} (family {}, model {})", value("model name"), value("cpu family"), value("model"))
}
