//! Running a sweep so that nothing is lost: parts are written as they finish, each whole or not at all; what is there is not
//! computed again; and the results are the same bytes for any threads, shards and interruptions.

mod assemble;
mod error;
mod folder;
mod lock;
mod merge;
mod parts;
mod status;

pub use error::RunError;
pub use folder::{Folder, Totals};
pub use lock::Lock;
pub use merge::{Merged, merge};
pub use parts::{Parts, Shard, array_expression};
pub use status::{Status, status};

use super::Sweep;
use crate::error::{Diagnostic, Fault};
use crate::io::IoError;
use crate::{Error, ErrorKind};
use assemble::{Rows, assemble, point_of_values};
use folder::Found;
use parts::{Content, Part};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A sweep, or a shard of it, in a folder and ready to go on.
#[derive(Debug)]
pub struct Run<'a> {
    sweep: &'a Sweep<'a>,
    lock: &'a Lock,
    folder: &'a Folder<'a>,
    /// None is the whole sweep.
    shard: Option<Shard>,
    /// Parts to be computed, ascending.
    todo: Vec<u64>,
    /// Of the parts that are there.
    there: Totals,
    /// If there is nothing to do.
    complete: Option<Totals>,
    warnings: Vec<Diagnostic>,
}

/// What a run says and hears while it goes on, from any thread.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// So many persons more have been simulated.
    pub ran: &'a (dyn Fn(u64) + Sync),
    /// Whether to stop once the parts in hand are finished.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// How a run ended, short of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The results are there.
    Complete(Totals),
    /// The parts of the shard are there. Of points that several parts share, the rows are counted when they are merged.
    Shard(Totals),
    /// It was told to stop.
    Interrupted {
        /// Parts that are there.
        done: u64,
        /// Parts that there should be.
        of: u64,
    },
}

impl<'a> Run<'a> {
    /// Takes a folder for a sweep and finds out what is left to do. A shard goes on by itself with what is there, so that its
    /// command can be given again; the whole sweep, which is no shard, does so if `go_on`.
    ///
    /// # Errors
    /// [`RunError::Exists`], [`RunError::Another`], [`RunError::InTheWay`]; what the file system says.
    pub fn new(
        sweep: &'a Sweep<'a>,
        lock: &'a Lock,
        folder: &'a Folder<'a>,
        shard: Option<Shard>,
        go_on: bool,
    ) -> Result<Self, Error> {
        folder.take(lock, go_on || shard.is_some())?;
        folder.remove_leftovers(lock, shard)?;
        let (todo, there, complete, warnings) = (Vec::new(), Totals::default(), None, Vec::new());
        let mut run = Run { sweep, lock, folder, shard, todo, there, complete, warnings };
        match folder.finished(lock)? {
            Some(Ok(totals)) => run.complete = Some(totals),
            Some(Err(changed)) => {
                let message = format!("`{}` is not what its manifest says; it is written anew", changed.path.display());
                run.warnings.push(Diagnostic::warning("W_RESULTS_CHANGED", message));
                run.look()?;
            }
            None => run.look()?,
        }
        Ok(run)
    }

    /// Looks at the parts that are there.
    fn look(&mut self) -> Result<(), Error> {
        for part in self.lock.parts().share(self.shard) {
            match self.folder.read_part(self.lock, part)? {
                Found::Whole(content) => self.there += content.totals,
                Found::Nothing => self.todo.push(part),
                Found::Damaged => {
                    let path = self.folder.part(part);
                    let message = format!("`{}` is damaged; it is computed again", path.display());
                    self.warnings.push(Diagnostic::warning("W_PART_DAMAGED", message));
                    self.todo.push(part);
                }
            }
        }
        Ok(())
    }

    /// What was found damaged, and is computed again.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Whether the results are there already.
    pub fn is_complete(&self) -> bool {
        self.complete.is_some()
    }

    /// Persons to be simulated.
    pub fn work(&self) -> u64 {
        self.todo.iter().map(|part| self.lock.parts().work(*part)).sum()
    }

    /// Parts that are there, and parts that there should be.
    pub fn progress(&self) -> (u64, u64) {
        let parts = self.lock.parts().share(self.shard);
        let of = parts.end - parts.start;
        (of - self.todo.len() as u64, of)
    }

    /// Computes what is left, on the threads of the current pool, and writes the results if this is the whole sweep.
    ///
    /// # Errors
    /// [`RunError::Stopped`] where a file cannot be written; what is there is kept.
    pub fn go(self, watch: Watch<'_>) -> Result<Ended, Error> {
        let (before, of) = self.progress();
        if let Some(totals) = self.complete {
            // A run that was killed after it wrote the results may have left parts.
            if self.shard.is_none() {
                self.folder.remove_parts()?;
            }
            return Ok(Ended::Complete(totals));
        }
        if !self.todo.is_empty() {
            self.folder.make_parts()?;
        }
        let (next, halt) = (AtomicUsize::new(0), AtomicBool::new(false));
        let outcome = Mutex::new((self.there, before, None::<IoError>));
        rayon::broadcast(|_| {
            while !halt.load(Ordering::Relaxed) && !(watch.stop)() {
                let Some(&part) = self.todo.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                let content =
                    compute(self.sweep, &self.lock.parts().part(part), self.lock.parts().persons(), watch.ran);
                let written = self.folder.write_part(self.lock, part, &content);
                let (totals, done, failure) = &mut *outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match written {
                    Ok(()) => {
                        *totals += content.totals;
                        *done += 1;
                    }
                    Err(error) => {
                        halt.store(true, Ordering::Relaxed);
                        failure.get_or_insert(error);
                    }
                }
            }
        });
        let (totals, done, failure) = outcome.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(source) = failure {
            return Err(RunError::Stopped { source, done, all: of }.into());
        }
        if done < of {
            return Ok(Ended::Interrupted { done, of });
        }
        if self.shard.is_some() {
            return Ok(Ended::Shard(totals));
        }
        let totals = assemble(self.sweep, self.lock, std::slice::from_ref(self.folder), self.folder)
            .map_err(|error| kept(error, of))?;
        self.folder.remove_parts()?;
        Ok(Ended::Complete(totals))
    }
}

/// Says of a failure to write the results that all parts are there.
fn kept(error: Error, parts: u64) -> Error {
    let fault = error.into_vec().swap_remove(0);
    match fault.kind {
        ErrorKind::Io(source @ IoError::Write { .. }) => RunError::Stopped { source, done: parts, all: parts }.into(),
        kind => Fault { kind, ..fault }.into(),
    }
}

/// Simulates what a part holds.
fn compute(sweep: &Sweep<'_>, part: &Part, persons: u64, ran: &(dyn Fn(u64) + Sync)) -> Content {
    let mut rows = Rows::new(sweep);
    match part {
        Part::Points(points) => {
            for point in points.clone() {
                let unit = sweep.run(point, 0..persons);
                rows.add(point, &[unit]);
                ran(persons);
            }
        }
        Part::Chunk { point, persons } => {
            let unit = sweep.run(*point, persons.clone());
            ran(persons.end - persons.start);
            if point_of_values(sweep, part).is_some() {
                let mut bytes = Vec::new();
                unit.write(&mut bytes);
                return Content { totals: Totals::default(), bytes };
            }
            rows.add(*point, &[unit]);
        }
    }
    Content { totals: rows.totals, bytes: rows.csv.into_bytes() }
}
