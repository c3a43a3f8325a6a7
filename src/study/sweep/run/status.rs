//! What is there of a sweep, and what is missing.

use super::folder::Found;
use super::merge::same_sweep;
use super::{Folder, Lock, Shard, Totals};
use crate::Error;

/// What is there of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// How many parts there should be.
    pub parts: u64,
    /// Parts that are in no folder, ascending.
    pub missing: Vec<u64>,
    /// Parts that are damaged wherever they are, ascending.
    pub damaged: Vec<u64>,
    /// Rows in the parts that are there; of points that several parts share, rows are counted when they are merged.
    pub there: Totals,
    /// The results, if one of the folders has them.
    pub results: Option<Totals>,
}

impl Status {
    /// Parts that have to be computed, missing or damaged; ascending.
    pub fn to_do(&self) -> Vec<u64> {
        let mut parts: Vec<u64> = self.missing.iter().chain(&self.damaged).copied().collect();
        parts.sort_unstable();
        parts
    }

    /// The numbers of those of `n` shards that have to be run, or run again; ascending.
    pub fn missing_shards(&self, n: u64) -> impl Iterator<Item = u64> + '_ {
        let to_do = self.to_do();
        let incomplete = move |shard: &Shard| {
            let parts = shard.of(self.parts);
            to_do.get(to_do.partition_point(|part| *part < parts.start)).is_some_and(|part| *part < parts.end)
        };
        Shard::all(n).filter(incomplete).map(|shard| shard.number())
    }
}

/// Reads every part in some folders of one sweep.
///
/// # Errors
/// [`super::RunError::Another`] for a folder of another sweep; what the file system says.
pub fn status(lock: &Lock, folders: &[Folder<'_>]) -> Result<Status, Error> {
    same_sweep(lock, folders)?;
    let parts = lock.parts().count();
    let mut status =
        Status { parts, missing: Vec::new(), damaged: Vec::new(), there: Totals::default(), results: None };
    for folder in folders {
        if let Some(Ok(totals)) = folder.finished(lock)? {
            return Ok(Status { results: Some(totals.clone()), there: totals, ..status });
        }
    }
    for part in 0..parts {
        let mut damaged = false;
        let mut whole = None;
        for folder in folders {
            match folder.read_part(lock, part)? {
                Found::Whole(content) => {
                    whole = Some(content.totals);
                    break;
                }
                Found::Damaged => damaged = true,
                Found::Nothing => {}
            }
        }
        match whole {
            Some(totals) => status.there += totals,
            None if damaged => status.damaged.push(part),
            None => status.missing.push(part),
        }
    }
    Ok(status)
}
