//! Parts of several folders put together.

use super::assemble::assemble;
use super::{Folder, Lock, RunError, Shard, Totals, array_expression};
use crate::Error;
use crate::study::sweep::Sweep;
use std::collections::BTreeSet;

/// Writes the results of a sweep whose parts are in several folders: the same bytes as those of a sweep that was run whole.
/// The parts stay.
///
/// # Errors
/// [`RunError::Another`] for a folder of another sweep, [`RunError::Missing`], [`RunError::DamagedPart`],
/// [`RunError::PartsDiffer`]; what the file system says.
pub fn merge(sweep: &Sweep<'_>, lock: &Lock, sources: &[Folder<'_>], out: &Folder<'_>) -> Result<Totals, Error> {
    same_sweep(lock, sources)?;
    let all = lock.parts().count();
    let mut there = BTreeSet::new();
    for folder in sources {
        there.extend(folder.parts_there()?);
    }
    let missing = array_expression((0..all).filter(|part| !there.contains(part)));
    if !missing.is_empty() {
        return Err(RunError::Missing { parts: missing, all }.into());
    }
    out.take(lock, true)?;
    out.remove_leftovers(lock, Shard::WHOLE)?;
    assemble(sweep, lock, sources, out)
}

/// Checks that every folder holds this sweep.
pub(super) fn same_sweep(lock: &Lock, folders: &[Folder<'_>]) -> Result<(), Error> {
    for folder in folders {
        let differs = lock.differences(&folder.lock()?);
        if !differs.is_empty() {
            return Err(RunError::Another { folder: folder.path().into(), differs }.into());
        }
    }
    Ok(())
}
