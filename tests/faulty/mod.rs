//! A disk on which something goes wrong at a chosen moment.

use posology::io::{Disk, DiskFile, SystemDisk};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    Nothing,
    /// The process ends at once instead of the call of this number, from 0; in a write, after half of the bytes.
    Abort(u64),
    /// The disk has room for so many bytes more.
    Full(u64),
}

/// The computer's disk, with a fault. Calls that change something are counted.
#[derive(Debug, Clone)]
pub struct Faulty {
    fault: Fault,
    calls: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
}

impl Faulty {
    pub fn new(fault: Fault) -> Self {
        Faulty { fault, calls: Arc::default(), written: Arc::default() }
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Bytes so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// Counts a call; whether it is the one to die in.
    fn is_last(&self) -> bool {
        self.fault == Fault::Abort(self.calls.fetch_add(1, Ordering::SeqCst))
    }

    fn call(&self) {
        if self.is_last() {
            std::process::abort();
        }
    }
}

impl Disk for Faulty {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.call();
        SystemDisk.make_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.call();
        Ok(Box::new(FaultyFile { disk: self.clone(), file: SystemDisk.create(path)? }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        SystemDisk.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call();
        SystemDisk.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) {
        self.call();
        SystemDisk.sync_folder(folder);
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call();
        SystemDisk.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.call();
        SystemDisk.remove_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        SystemDisk.list(folder)
    }

    fn is_file(&self, path: &Path) -> bool {
        SystemDisk.is_file(path)
    }
}

struct FaultyFile {
    disk: Faulty,
    file: Box<dyn DiskFile>,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.disk.is_last() {
            let _ = self.file.write_all(&bytes[..bytes.len() / 2]);
            std::process::abort();
        }
        let room = match self.disk.fault {
            Fault::Full(room) => room.saturating_sub(self.disk.written()),
            _ => u64::MAX,
        };
        let count = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let count = self.file.write(&bytes[..count])?;
        self.disk.written.fetch_add(count as u64, Ordering::SeqCst);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl DiskFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.call();
        self.file.sync()
    }
}
