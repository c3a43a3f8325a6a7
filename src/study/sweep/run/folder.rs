//! The folder of a sweep: the frozen plan, the parts that are finished, and in the end the results.

use super::parts::Content;
use super::{Lock, RunError, Shard};
use crate::Error;
use crate::io::{AtomicFile, Disk, Hashed, IoError, SystemDisk, sha256_hex, staged_for};
use crate::population::Outside;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = "plan.lock";
const PARTS: &str = "parts";
/// The manifest beside the results.
const MANIFEST: &str = "results.manifest.json";

/// The folder of a sweep.
#[derive(Debug, Clone)]
pub struct Folder<'d> {
    disk: &'d dyn Disk,
    path: PathBuf,
}

/// What is there of a part.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Nothing,
    Damaged,
    Whole(Content),
}

/// Rows of results, and people outside the ranges of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// All rows.
    pub rows: u64,
    /// Those that failed, all or in part.
    pub failed: u64,
    /// People simulated and those outside, by model in the order of the plan; empty of results that were finished before,
    /// whose manifest says it.
    pub outside: Vec<Outside>,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, more: Totals) {
        self.rows += more.rows;
        self.failed += more.failed;
        self.outside.resize(self.outside.len().max(more.outside.len()), Outside::default());
        for (outside, more) in self.outside.iter_mut().zip(&more.outside) {
            outside.merge(more);
        }
    }
}

impl Folder<'static> {
    /// A folder of the computer's, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Folder::on(&SystemDisk, path)
    }
}

impl<'d> Folder<'d> {
    /// A folder of some file system, which need not be there yet.
    pub fn on(disk: &'d dyn Disk, path: impl Into<PathBuf>) -> Self {
        Folder { disk, path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sweep it holds.
    ///
    /// # Errors
    /// [`RunError::NoSweep`], and those of [`Lock::read`].
    pub fn lock(&self) -> Result<Lock, Error> {
        match self.disk.is_file(&self.file(LOCK)) {
            true => Lock::read(self.disk, &self.file(LOCK)),
            false => Err(RunError::NoSweep { folder: self.path.clone() }.into()),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn part(&self, part: u64) -> PathBuf {
        self.file(PARTS).join(part_name(part))
    }

    /// Makes it the folder of this sweep; one that is the folder of it already is taken only to go on.
    pub(super) fn take(&self, lock: &Lock, go_on: bool) -> Result<(), Error> {
        if self.disk.is_file(&self.file(LOCK)) {
            let differs = lock.differences(&self.lock()?);
            let folder = self.path.clone();
            return match (differs.is_empty(), go_on) {
                (false, _) => Err(RunError::Another { folder, differs }.into()),
                (true, false) => Err(RunError::Exists { folder }.into()),
                (true, true) => Ok(()),
            };
        }
        if let Some(path) =
            [lock.results_name(), MANIFEST].map(|name| self.file(name)).into_iter().find(|p| self.disk.is_file(p))
        {
            return Err(RunError::InTheWay { path }.into());
        }
        self.make(&self.path)?;
        let mut file = AtomicFile::create_on(self.disk, &self.file(LOCK))?;
        let path = self.file(LOCK);
        file.write_all(lock.to_json().as_bytes()).map_err(|source| IoError::Write { path, source })?;
        Ok(file.commit()?)
    }

    fn make(&self, path: &Path) -> Result<(), IoError> {
        self.disk.make_folder(path).map_err(|source| IoError::Folder { path: path.into(), source })
    }

    /// Makes the place of the parts.
    pub(super) fn make_parts(&self) -> Result<(), IoError> {
        self.make(&self.file(PARTS))
    }

    /// Removes what a killed run left half written. Of a shard only its own parts, since others may be running beside it.
    pub(super) fn remove_leftovers(&self, lock: &Lock, shard: Option<Shard>) -> Result<(), IoError> {
        let mine: Vec<String> = lock.parts().share(shard).map(part_name).collect();
        let of_whole = [LOCK, lock.results_name(), MANIFEST];
        for path in self.list(&self.path)?.into_iter().chain(self.list(&self.file(PARTS))?) {
            let Some(name) = staged_for(&path) else { continue };
            let is_whole = shard.is_none() && of_whole.contains(&name);
            if is_whole || mine.iter().any(|part| part == name) {
                self.disk.remove(&path).map_err(|source| IoError::Write { path, source })?;
            }
        }
        Ok(())
    }

    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, IoError> {
        match self.disk.list(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.map_err(|source| IoError::Read { path: folder.into(), source }),
        }
    }

    /// The parts that are there by name, ascending; they may be damaged.
    pub(super) fn parts_there(&self) -> Result<Vec<u64>, IoError> {
        let number = |path: &PathBuf| {
            let part = path.file_name()?.to_str()?.strip_prefix("part-")?.strip_suffix(".bin")?.parse().ok()?;
            (path.file_name()?.to_str()? == part_name(part)).then_some(part)
        };
        let mut parts: Vec<u64> = self.list(&self.file(PARTS))?.iter().filter_map(number).collect();
        parts.sort_unstable();
        Ok(parts)
    }

    pub(super) fn read_part(&self, lock: &Lock, part: u64) -> Result<Found, IoError> {
        let path = self.part(part);
        let mut bytes = Vec::new();
        match self.disk.open(&path).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            Err(source) => Err(IoError::Read { path, source }),
            Ok(_) => Ok(Content::from_file(bytes, lock.id(), part).map_or(Found::Damaged, Found::Whole)),
        }
    }

    /// Writes a part. It says whether it is whole, so nobody has to wait until it is on the disk.
    pub(super) fn write_part(&self, lock: &Lock, part: u64, content: &Content) -> Result<(), IoError> {
        let path = self.part(part);
        let mut file = AtomicFile::create_on(self.disk, &path)?;
        file.write_all(&content.to_file(lock.id(), part)).map_err(|source| IoError::Write { path, source })?;
        file.commit_soon()
    }

    /// Removes the parts, once the results hold all that is in them.
    pub(super) fn remove_parts(&self) -> Result<(), IoError> {
        let folder = self.file(PARTS);
        for part in self.parts_there()? {
            let path = self.part(part);
            self.disk.remove(&path).map_err(|source| IoError::Write { path, source })?;
        }
        match self.list(&folder)?.is_empty() {
            // Files of others keep the folder.
            true => match self.disk.remove_folder(&folder) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(IoError::Write { path: folder, source: e }),
                _ => Ok(()),
            },
            false => Ok(()),
        }
    }

    /// Opens the manifest and the results for writing.
    pub(super) fn results(&self, lock: &Lock) -> Result<(AtomicFile<'d>, AtomicFile<'d>), IoError> {
        let open = |name| AtomicFile::create_on(self.disk, &self.file(name));
        Ok((open(MANIFEST)?, open(lock.results_name())?))
    }

    /// The results, if they are there: complete, or not what the manifest says.
    pub(super) fn finished(&self, lock: &Lock) -> Result<Option<Result<Totals, Changed>>, IoError> {
        let (manifest, results) = (self.file(MANIFEST), self.file(lock.results_name()));
        if !self.disk.is_file(&manifest) || !self.disk.is_file(&results) {
            return Ok(None);
        }
        let read = |path: &Path, out: &mut dyn Write| {
            let copied = self.disk.open(path).and_then(|mut file| io::copy(&mut file, out));
            copied.map(|_| ()).map_err(|source| IoError::Read { path: path.into(), source })
        };
        let (mut json, mut digest) = (Vec::new(), Hashed::new(io::sink()));
        read(&manifest, &mut json)?;
        read(&results, &mut digest)?;
        let manifest: Value = serde_json::from_slice(&json).unwrap_or_default();
        let is = |value: &Value, wanted: &str| value.as_str() == Some(wanted);
        let fits = is(&manifest["inputs"][0]["sha256"], &sha256_hex(lock.to_json().as_bytes()))
            && is(&manifest["outputs"][0]["sha256"], &digest.finish().1);
        let failed = manifest["settings"]["failed"].as_str().and_then(|count| count.parse().ok());
        Ok(Some(match failed.filter(|_| fits) {
            Some(failed) => Ok(Totals { rows: lock.rows(), failed, ..Totals::default() }),
            None => Err(Changed { path: results }),
        }))
    }
}

/// Results that their manifest does not describe.
#[derive(Debug)]
pub(super) struct Changed {
    pub path: PathBuf,
}

fn part_name(part: u64) -> String {
    format!("part-{part:06}.bin")
}
