//! Parts of several folders put together.

use super::assemble::assemble;
use super::{Folder, Lock, RunError, Totals, array_expression};
use crate::Error;
use crate::study::sweep::Sweep;
use std::collections::BTreeSet;

/// What a merge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// The results were written.
    Written(Totals),
    /// The results were there, whole, when parts that they were made from are no more.
    There(Totals),
}

/// Writes the results of a sweep whose parts are in several folders: the same bytes as those of a sweep that was run whole.
/// The parts stay. Parts may be missing where the results are there already.
///
/// # Errors
/// [`RunError::Another`] for a folder of another sweep, [`RunError::Missing`], [`RunError::DamagedPart`],
/// [`RunError::PartsDiffer`]; what the file system says.
pub fn merge(sweep: &Sweep<'_>, lock: &Lock, sources: &[Folder<'_>], out: &Folder<'_>) -> Result<Merged, Error> {
    same_sweep(lock, sources)?;
    let all = lock.parts().count();
    let mut there = BTreeSet::new();
    for folder in sources {
        there.extend(folder.parts_there()?);
    }
    let missing = array_expression((0..all).filter(|part| !there.contains(part)));
    if !missing.is_empty() {
        if let Some(Ok(totals)) = out.finished(lock)? {
            return Ok(Merged::There(totals));
        }
        return Err(RunError::Missing { parts: missing, all }.into());
    }
    out.take(lock, true)?;
    out.remove_leftovers(lock, None)?;
    Ok(Merged::Written(assemble(sweep, lock, sources, out)?))
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
