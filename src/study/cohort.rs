//! Many people of one simulation: drawn, solved in blocks over threads, and reduced to bands. What comes out depends on the
//! people alone, never on the threads.

use crate::Error;
use crate::error::Diagnostic;
use crate::math::statistics::percentile;
use crate::metrics::Measure;
use crate::population::{Draws, Outside, Population, Subject};
use crate::simulate::{Missing, Prepared, Residuals, SimulationError, Workspace};
use crate::solve::Work;
use crate::study::share::subjects_failed;
use crate::units::Unit;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Numbers that bands hold at a time (512 MiB): of more people and times, times are done in several passes.
const HELD: usize = 1 << 26;
/// People that a thread takes at a time, and numbers that they may have.
const BLOCK: usize = 64;
const NUMBERS: usize = 1 << 18;

/// The metrics of one person.
type Row = Vec<Result<f64, Missing>>;

/// A population to run a simulation for.
#[derive(Debug, Clone, Copy)]
pub struct Cohort<'c, 'm> {
    /// What is simulated.
    pub prepared: &'c Prepared<'m>,
    /// Whom for.
    pub population: &'c Population<'m>,
    /// Whether outputs are as they would be measured, with residual errors.
    pub residual: bool,
}

/// What should be known about people that were run.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Who failed, by number from 0, and why; in order.
    pub failures: Vec<(u64, Error)>,
    /// Who is outside the range of the people that the model was made from.
    pub outside: Outside,
    /// What the engines did.
    pub work: Work,
}

impl Remarks {
    /// Those of both.
    pub fn and(mut self, other: Remarks) -> Remarks {
        self.failures.extend(other.failures);
        self.outside.merge(&other.outside);
        self.work = self.work + other.work;
        self
    }

    /// Says how many failed, if any did.
    pub fn warning(&self, people: u64) -> Option<Diagnostic> {
        subjects_failed(self.failures.len(), people, "failed")
    }
}

/// What a thread draws and solves with.
struct Worker<'c, 'm> {
    draws: Draws<'c, 'm>,
    workspace: Workspace<'m>,
    residuals: Option<Residuals<'c>>,
}

/// One worker per thread, made when the thread first has something to do.
struct Workers<'c, 'm> {
    cohort: &'c Cohort<'c, 'm>,
    of_threads: Vec<Mutex<Option<Worker<'c, 'm>>>>,
}

impl<'c, 'm> Workers<'c, 'm> {
    fn new(cohort: &'c Cohort<'c, 'm>) -> Self {
        Workers { cohort, of_threads: (0..rayon::current_num_threads()).map(|_| Mutex::new(None)).collect() }
    }

    /// Lends the worker of this thread.
    fn lend<T>(&self, job: impl FnOnce(&mut Worker<'c, 'm>) -> T) -> T {
        let thread = rayon::current_thread_index().unwrap_or(0);
        let mut worker = self.of_threads[thread].lock().unwrap_or_else(PoisonError::into_inner);
        job(worker.get_or_insert_with(|| self.cohort.worker()))
    }

    /// What their engines did.
    fn work(self) -> Work {
        let workers = self.of_threads.into_iter();
        let workers = workers.filter_map(|worker| worker.into_inner().unwrap_or_else(PoisonError::into_inner));
        workers.fold(Work::default(), |sum, worker| sum + worker.workspace.work())
    }
}

impl<'c, 'm> Cohort<'c, 'm> {
    /// How many people to run at a time where numbers are handed on: enough to keep all threads busy.
    pub fn wave(&self) -> u64 {
        (self.block() * rayon::current_num_threads() * 16) as u64
    }

    fn block(&self) -> usize {
        (NUMBERS / self.prepared.numbers().max(1)).clamp(1, BLOCK)
    }

    /// Solves people and writes the numbers of each into its part of `out`, as [`Prepared::run_all`] does. Those who fail have
    /// numbers that are NaN.
    ///
    /// # Panics
    /// When `out` does not hold [`Prepared::numbers`] per person, or that is none.
    pub fn run(&self, people: Range<u64>, out: &mut [f64]) -> Remarks {
        let (numbers, block) = (self.prepared.numbers(), self.block());
        assert_eq!(out.len() as u64, numbers as u64 * (people.end - people.start), "numbers of every person");
        let workers = Workers::new(self);
        let blocks = out.par_chunks_mut(numbers * block).enumerate().map(|(i, out)| {
            let first = people.start + (i * block) as u64;
            workers.lend(|worker| self.run_block(worker, first..people.end.min(first + block as u64), out))
        });
        let remarks: Vec<Remarks> = blocks.collect();
        let work = workers.work();
        remarks.into_iter().fold(Remarks { work, ..Remarks::default() }, Remarks::and)
    }

    fn worker(&self) -> Worker<'_, 'm> {
        let (seed, replicate) = self.population.key();
        Worker {
            draws: self.population.draws(),
            workspace: self.prepared.workspace(),
            residuals: self.residual.then(|| Residuals::new(self.prepared, seed, replicate)),
        }
    }

    fn run_block(&self, worker: &mut Worker<'_, 'm>, people: Range<u64>, out: &mut [f64]) -> Remarks {
        let Worker { draws, workspace, residuals } = worker;
        let mut remarks = Remarks::default();
        let mut failed: Vec<Option<Error>> = Vec::with_capacity(BLOCK);
        let draw = |person| {
            let subject = draws.subject(person, self.prepared.occasions());
            // Somebody else keeps the place of who cannot be.
            let typical = || Subject::typical(self.population.model());
            let (subject, error) = subject.map_or_else(|error| (typical(), Some(error.into())), |s| (s, None));
            failed.push(error);
            subject
        };
        let subjects: Vec<Subject<'m>> = people.clone().map(draw).collect();
        let results = self.prepared.run_all(&subjects, workspace, out);
        let values = out.chunks_exact_mut(self.prepared.numbers());
        for ((((person, subject), failed), result), values) in
            people.zip(&subjects).zip(failed).zip(results).zip(values)
        {
            if failed.is_none() {
                remarks.outside.add(subject);
            }
            let measure = |()| residuals.as_mut().map_or(Ok(()), |errors| errors.add(person, subject, values));
            let result = failed.map_or(Ok(()), Err).and_then(|()| result.and_then(measure).map_err(Error::from));
            if let Err(error) = result {
                values.fill(f64::NAN);
                remarks.failures.push((person, error));
            }
        }
        remarks
    }

    /// Metrics of people over the whole simulation, each of an output by its place in the model. `tick` is told how many people
    /// were run each time some were.
    ///
    /// # Errors
    /// A level of another dimension than its output.
    pub fn measure(
        &self,
        people: Range<u64>,
        wanted: &[(usize, Measure)],
        tick: impl Fn(u64) + Sync,
    ) -> Result<(Vec<Measured>, Remarks), SimulationError> {
        let prepared = self.prepared.sampled(Vec::new())?;
        let cohort = Cohort { prepared: &prepared, ..*self };
        let outputs = prepared.model().outputs();
        let mut measured: Vec<Measured> = wanted
            .iter()
            .map(|(output, measure)| Measured {
                measure: measure.clone(),
                unit: measure.definition().scale.unit_of(&outputs[*output].unit),
                values: Vec::with_capacity((people.end - people.start) as usize),
                missing: None,
            })
            .collect();
        let workers = Workers::new(&cohort);
        let blocks: Vec<Range<u64>> =
            people.clone().step_by(BLOCK).map(|first| first..people.end.min(first + BLOCK as u64)).collect();
        let done: Vec<(Vec<Row>, Remarks)> = blocks
            .into_par_iter()
            .map(|block| {
                let count = block.end - block.start;
                let done = workers.lend(|worker| cohort.measure_block(worker, block, wanted));
                tick(count);
                done
            })
            .collect();
        let mut remarks = Remarks { work: workers.work(), ..Remarks::default() };
        for (rows, found) in done {
            remarks = remarks.and(found);
            for row in rows {
                for (metric, value) in measured.iter_mut().zip(row) {
                    metric.values.push(value.unwrap_or(f64::NAN));
                    metric.missing = metric.missing.or(value.err());
                }
            }
        }
        Ok((measured, remarks))
    }

    fn measure_block(
        &self,
        worker: &mut Worker<'_, 'm>,
        people: Range<u64>,
        wanted: &[(usize, Measure)],
    ) -> (Vec<Row>, Remarks) {
        let Worker { draws, workspace, .. } = worker;
        let mut remarks = Remarks::default();
        let rows = people.map(|person| {
            let mut row = vec![Ok(f64::NAN); wanted.len()];
            let drawn = draws.subject(person, self.prepared.occasions()).map_err(Error::from);
            let solved = drawn.and_then(|subject| {
                remarks.outside.add(&subject);
                self.prepared.measure(&subject, workspace, wanted, &mut row).map_err(Error::from)
            });
            if let Err(error) = solved {
                row.fill(Ok(f64::NAN));
                remarks.failures.push((person, error));
            }
            row
        });
        (rows.collect(), remarks)
    }

    /// Percentiles of every output at every sampling time, of those who do not fail. `tick` is told how many people were run
    /// each time some were: all of them once per pass ([`Cohort::passes`]).
    ///
    /// # Errors
    /// As [`Prepared::with`].
    pub fn bands(&self, percentiles: &[f64], tick: impl Fn(u64)) -> Result<Bands, SimulationError> {
        self.bands_in_passes(percentiles, self.held(), tick)
    }

    /// In how many passes bands are made: times whose numbers do not fit in memory together are done one after the other.
    pub fn passes(&self) -> u64 {
        self.prepared.samples().len().div_ceil(self.held()) as u64
    }

    /// How many times are held at once.
    fn held(&self) -> usize {
        let outputs = self.prepared.model().outputs().len();
        (HELD / self.population.count().max(1) as usize / outputs.max(1)).max(1)
    }

    /// The same with so many times in a pass; they change nothing but the memory that is needed.
    ///
    /// # Errors
    /// As [`Prepared::with`].
    pub fn bands_in_passes(
        &self,
        percentiles: &[f64],
        times_at_once: usize,
        tick: impl Fn(u64),
    ) -> Result<Bands, SimulationError> {
        let (outputs, times) = (self.prepared.model().outputs().len(), self.prepared.samples());
        let mut left_out: BTreeMap<u64, Error> = BTreeMap::new();
        let mut work = Work::default();
        loop {
            let mut values = vec![vec![Vec::with_capacity(times.len()); percentiles.len()]; outputs];
            let (mut outside, mut failures) = (Outside::default(), BTreeMap::new());
            for times in times.chunks(times_at_once.max(1)) {
                let prepared = self.prepared.sampled(times.to_vec())?;
                let (columns, found) = Cohort { prepared: &prepared, ..*self }.columns(&left_out, &tick);
                work = work + found.work;
                outside = found.outside;
                failures.extend(found.failures);
                let of_times: Vec<Vec<f64>> =
                    columns.into_par_iter().map(|column| of_column(column, percentiles)).collect();
                for (i, of_time) in of_times.iter().enumerate() {
                    let output = &mut values[i / times.len()];
                    output.iter_mut().zip(of_time).for_each(|(percentile, value)| percentile.push(*value));
                }
            }
            // Somebody who failed in one pass alone has to be left out of all.
            let done = times_at_once >= times.len() || failures.keys().all(|person| left_out.contains_key(person));
            for (person, error) in failures {
                left_out.entry(person).or_insert(error);
            }
            if done {
                let remarks = Remarks { failures: left_out.into_iter().collect(), outside, work };
                let (times, percentiles) = (times.to_vec(), percentiles.to_vec());
                return Ok(Bands { times, percentiles, values, people: self.population.count(), remarks });
            }
        }
    }

    /// For every output and time the numbers of all people who do not fail and are not left out.
    fn columns(&self, left_out: &BTreeMap<u64, Error>, tick: impl Fn(u64)) -> (Vec<Vec<f64>>, Remarks) {
        let (size, numbers) = (self.population.count(), self.prepared.numbers());
        let mut columns = vec![Vec::with_capacity(size as usize); numbers];
        let mut remarks = Remarks::default();
        let mut out = Vec::new();
        for people in waves(size, self.wave()) {
            let count = people.end - people.start;
            out.resize(numbers * count as usize, 0.0);
            remarks = remarks.and(self.run(people.clone(), &mut out));
            for (person, _) in left_out.range(people.clone()) {
                let place = (person - people.start) as usize * numbers;
                out[place..place + numbers].fill(f64::NAN);
            }
            for (column, place) in columns.iter_mut().zip(0..) {
                for of_one in out.chunks_exact(numbers) {
                    if !of_one[place].is_nan() {
                        column.push(of_one[place]);
                    }
                }
            }
            tick(count);
        }
        (columns, remarks)
    }
}

/// The people of a population, so many at a time.
pub fn waves(size: u64, wave: u64) -> impl Iterator<Item = Range<u64>> {
    (0..size).step_by(wave.max(1) as usize).map(move |first| first..size.min(first + wave))
}

fn of_column(mut column: Vec<f64>, percentiles: &[f64]) -> Vec<f64> {
    column.sort_unstable_by(f64::total_cmp);
    percentiles.iter().map(|p| percentile(&column, *p)).collect()
}

/// A metric of people.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The metric.
    pub measure: Measure,
    /// Its unit.
    pub unit: Unit,
    /// Of each person; NaN of those who have none.
    pub values: Vec<f64>,
    /// Why the first who did not fail has none.
    pub missing: Option<Missing>,
}

/// Percentiles of a population at every sampling time.
#[derive(Debug)]
pub struct Bands {
    /// h
    pub times: Vec<f64>,
    /// Between 0 and 100, as asked for.
    pub percentiles: Vec<f64>,
    /// By output, percentile and time, in the outputs' units; NaN where everybody failed.
    pub values: Vec<Vec<Vec<f64>>>,
    /// How many people there are, those who failed included.
    pub people: u64,
    /// Who failed and the like.
    pub remarks: Remarks,
}
