//! posology over threads, its memory, and what fails: drawn populations through its public API.

use crate::course::{OBSERVATIONS, UNTIL, regular};
use crate::engines::Failure;
use crate::engines::posology::Source;
use crate::measure::median;
use crate::workloads::{effects, oral};
use cpu_time::ProcessTime;
use posology::population::Population;
use posology::simulate::{Prepared, Settings};
use posology::study::cohort::Cohort;
use rayon::ThreadPoolBuilder;
use std::time::Instant;

const ROUNDS: usize = 10;
/// People of the memory's measure and of the search for failures.
pub const PEOPLE: u64 = 10_000;
/// Name of the command that measures memory in a process of its own.
pub const MEMORY: &str = "memory";

/// One thread against two.
pub struct Threads {
    pub name: &'static str,
    pub people: u64,
    /// CPU time of two over that of one, medians.
    pub cpu: f64,
    /// CPU time of a person with one, median, microseconds.
    pub person: f64,
    /// Best wall time of one over that of two.
    pub speed_up: f64,
}

/// MB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// All that was resident at a time.
    pub peak: f64,
    /// Of it pages of the program's file and of the system's libraries.
    pub files: f64,
    pub output: f64,
}

impl Memory {
    /// What was allocated beside the output: models, schedules, workspaces, stacks.
    pub fn beside(&self) -> f64 {
        self.peak - self.files - self.output
    }
}

/// Runs drawn people in a pool of so many threads; gives how many failed.
struct Sweep<'m> {
    prepared: Prepared<'m>,
    people: Population<'m>,
}

impl Sweep<'_> {
    fn run(&self, count: u64, out: &mut [f64]) -> usize {
        let cohort = Cohort { prepared: &self.prepared, population: &self.people, residual: false };
        cohort.run(0..count, out).failures.len()
    }
}

fn with_sweep<T>(
    source: Source,
    count: u64,
    settings: Settings,
    job: impl FnOnce(Sweep<'_>) -> T,
) -> Result<T, Failure> {
    let (model, regimen) = (source.read()?, source.regimen()?);
    let prepared = Prepared::with(&model, Some(&regimen), regular(), UNTIL, settings)?;
    Ok(job(Sweep { prepared, people: Population::of(&model).size(count).seed(1) }))
}

/// A workload with one thread and with two, which take turns.
///
/// # Errors
/// A pool or a model that cannot be made.
pub fn threads() -> Result<Vec<Threads>, Failure> {
    let loose = Settings { rtol: 1e-6, atol: 1e-8, ..Settings::default() };
    let sweeps = [("W1", oral::SOURCE, 10_000, Settings::default()), ("W3", effects::SOURCE, 1_024, loose)];
    let pools = [ThreadPoolBuilder::new().num_threads(1).build()?, ThreadPoolBuilder::new().num_threads(2).build()?];
    let mut found = Vec::new();
    for (name, source, people, settings) in sweeps {
        eprintln!("{name}: threads");
        let mut out = vec![0.0; people as usize * OBSERVATIONS];
        let mut times = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
        with_sweep(source, people, settings, |sweep| {
            for _ in 0..ROUNDS {
                for (pool, [cpu, wall]) in pools.iter().zip(&mut times) {
                    let (begun, used) = (Instant::now(), ProcessTime::now());
                    pool.install(|| sweep.run(people, &mut out));
                    cpu.push(used.elapsed().as_secs_f64());
                    wall.push(begun.elapsed().as_secs_f64());
                }
            }
        })?;
        let [[cpu_1, wall_1], [cpu_2, wall_2]] = times;
        let best = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
        found.push(Threads {
            name,
            people,
            person: 1e6 * median(cpu_1.clone()) / people as f64,
            cpu: median(cpu_2) / median(cpu_1),
            speed_up: best(&wall_1) / best(&wall_2),
        });
    }
    Ok(found)
}

/// How many of drawn people of W3 have no numbers, at the default tolerances.
///
/// # Errors
/// A model that cannot be read.
pub fn failures() -> Result<usize, Failure> {
    eprintln!("W3: {PEOPLE} people");
    let mut out = vec![0.0; PEOPLE as usize * OBSERVATIONS];
    let failed = with_sweep(effects::SOURCE, PEOPLE, Settings::default(), |sweep| sweep.run(PEOPLE, &mut out))?;
    let without = out.chunks_exact(OBSERVATIONS).filter(|row| row.iter().any(|y| !y.is_finite())).count();
    Ok(failed.max(without))
}

/// Peak memory of a process that does nothing but simulate people of W1 into one buffer.
///
/// # Errors
/// A process that does not run.
pub fn memory() -> Result<Memory, Failure> {
    eprintln!("W1: memory of {PEOPLE} people");
    let child = std::process::Command::new(std::env::current_exe()?).arg(MEMORY).output()?;
    let text = String::from_utf8_lossy(&child.stdout);
    match text.split_whitespace().map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?[..] {
        [peak, files] => Ok(Memory { peak, files, output: (PEOPLE as usize * OBSERVATIONS * 8) as f64 / 1e6 }),
        _ => Err(format!("the process that measures memory says `{text}`").into()),
    }
}

/// What that process does: prints its peak and what of it is pages of files: at the end, which is a little more than at the peak.
///
/// # Errors
/// A model that cannot be read.
pub fn remember() -> Result<(), Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build()?;
    with_sweep(oral::SOURCE, PEOPLE, Settings::default(), |sweep| {
        let mut out = vec![0.0; PEOPLE as usize * OBSERVATIONS];
        pool.install(|| sweep.run(PEOPLE, &mut out));
        println!("{} {}", resident("VmHWM:"), resident("RssFile:"));
    })
}

/// What the system says about the memory of this process, MB.
fn resident(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB"));
    line.and_then(|kilobytes| kilobytes.parse::<f64>().ok()).map_or(f64::NAN, |kilobytes| kilobytes * 1024.0 / 1e6)
}

/// Times of what comes before the first prepared call, microseconds.
pub struct Setup {
    pub name: &'static str,
    /// A model read from its text, with its units checked.
    pub load: f64,
    /// A regimen and times checked against it, memory, the times compiled, and the first subject.
    pub first: f64,
}

/// Medians of what comes before, of a workload.
///
/// # Errors
/// A model that cannot be read.
pub fn setup(name: &'static str, source: Source) -> Result<Setup, Failure> {
    const TIMES: usize = 50;
    let (mut load, mut first) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let begun = ProcessTime::now();
        let model = source.read()?;
        load.push(1e6 * begun.elapsed().as_secs_f64());
        let (regimen, times) = (source.regimen()?, regular());
        let mut out = vec![0.0; OBSERVATIONS];
        let begun = ProcessTime::now();
        let prepared = Prepared::new(&model, Some(&regimen), times, UNTIL)?;
        prepared.run(&posology::population::Subject::typical(&model), &mut prepared.workspace(), &mut out)?;
        first.push(1e6 * begun.elapsed().as_secs_f64());
    }
    Ok(Setup { name, load: median(load), first: median(first) })
}
