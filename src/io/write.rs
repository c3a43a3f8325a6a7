//! Files that appear whole or not at all.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Disk, DiskFile, SystemDisk};
use super::error::IoError;
use super::long::{FileFormat, LongTable};
use super::manifest::{Manifest, Output, sha256_hex};
use super::place::{earlier, spare_inputs};
use super::table::{Table, csv_rows};

/// A file being written beside its final place; [`AtomicFile::commit`] moves it there.
///
/// Dropped without a commit it leaves nothing behind, and what was at the path before stays as it was.
pub struct AtomicFile<'d> {
    path: PathBuf,
    disk: &'d dyn Disk,
    /// The file beside the target, or `None` when the target is a device or a pipe, which is written directly.
    staged: Option<PathBuf>,
    file: Option<BufWriter<Box<dyn DiskFile>>>,
}

impl AtomicFile<'static> {
    /// Opens a temporary file in the folder of `path`.
    ///
    /// # Errors
    /// [`IoError::IsFolder`] and [`IoError::Write`].
    pub fn create(path: &Path) -> Result<Self, IoError> {
        let failed = |source| IoError::Write { path: path.into(), source };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(IoError::IsFolder { path: path.into() }),
            Ok(found) if !found.is_file() => {
                // Renaming onto a device such as /dev/stdout would replace the device.
                let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
                let file = BufWriter::new(Box::new(file) as Box<dyn DiskFile>);
                Ok(Self { path: path.into(), disk: &SystemDisk, staged: None, file: Some(file) })
            }
            // A link keeps pointing where it did: the file it names is replaced.
            Ok(_) => Self::create_on(&SystemDisk, &fs::canonicalize(path).map_err(failed)?),
            Err(_) => Self::create_on(&SystemDisk, path),
        }
    }
}

impl<'d> AtomicFile<'d> {
    /// Opens a temporary file in the folder of `path`, where a file may be, but no folder, link or device.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn create_on(disk: &'d dyn Disk, path: &Path) -> Result<Self, IoError> {
        let opened = beside(path, |staged| disk.create(staged));
        let (staged, file) = opened.map_err(|source| IoError::Write { path: path.into(), source })?;
        Ok(Self { path: path.into(), disk, staged: Some(staged), file: Some(BufWriter::new(file)) })
    }

    /// Hands the bytes to the system and, if asked, waits until they are on the disk; the file is not moved yet.
    fn settle(&mut self, sync: bool) -> Result<(), IoError> {
        let Some(writer) = self.file.take() else { return Ok(()) };
        let settled = writer.into_inner().map_err(io::IntoInnerError::into_error).and_then(|mut file| {
            // A pipe or a terminal cannot be synchronised.
            if sync && self.staged.is_some() { file.sync() } else { Ok(()) }
        });
        settled.map_err(|source| IoError::Write { path: self.path.clone(), source })
    }

    /// Flushes to the disk and moves the file to its place.
    ///
    /// # Errors
    /// [`IoError::Write`]; the temporary file is removed and an older file at the path stays.
    pub fn commit(mut self) -> Result<(), IoError> {
        self.settle(true)?;
        let folder = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (disk, folder) = (self.disk, folder.to_path_buf());
        if self.place()? {
            disk.sync_folder(&folder);
        }
        Ok(())
    }

    /// Moves the file to its place without waiting for the disk. Other processes see it whole or not at all; after a power
    /// cut it may be damaged or gone, so this is for files that say whether they are whole.
    ///
    /// # Errors
    /// As [`AtomicFile::commit`].
    pub(crate) fn commit_soon(mut self) -> Result<(), IoError> {
        self.settle(false)?;
        self.place().map(|_| ())
    }

    /// Whether there was a file to move.
    fn place(mut self) -> Result<bool, IoError> {
        let Some(staged) = self.staged.take() else { return Ok(false) };
        self.disk.rename(&staged, &self.path).map_err(|source| {
            self.staged = Some(staged);
            IoError::Write { path: self.path.clone(), source }
        })?;
        Ok(true)
    }
}

impl Write for AtomicFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().expect("open until committed").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().expect("open until committed").flush()
    }
}

impl Drop for AtomicFile<'_> {
    fn drop(&mut self) {
        if let Some(staged) = &self.staged {
            // What is still in memory is of no use, and writing it would only fail where writing failed before.
            if let Some(writer) = self.file.take() {
                drop(writer.into_parts());
            }
            let _ = self.disk.remove(staged);
        }
    }
}

impl fmt::Debug for AtomicFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicFile").field("path", &self.path).field("staged", &self.staged).finish_non_exhaustive()
    }
}

/// Opens a new hidden file in the folder of `target`, of a name no other writer has.
pub(super) fn beside<F>(target: &Path, open: impl Fn(&Path) -> io::Result<F>) -> io::Result<(PathBuf, F)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let staged = target.with_file_name(hidden);
        match open(&staged) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((staged, opened?)),
        }
    }
}

/// The name of the file that a temporary file was to become, if `staged` is the name of one.
pub(crate) fn staged_for(staged: &Path) -> Option<&str> {
    let name = staged.file_name()?.to_str()?.strip_prefix('.')?.strip_suffix(".tmp")?;
    let (name, writer) = name.rsplit_once('.')?;
    let (process, count) = writer.split_once('-')?;
    let numbers = process.parse::<u32>().is_ok() && count.parse::<u64>().is_ok();
    (numbers && !name.is_empty()).then_some(name)
}

/// Writes a file whole or not at all, through a temporary file in the same folder.
///
/// # Errors
/// [`IoError::IsFolder`] and [`IoError::Write`]; an older file at the path stays as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), IoError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|source| IoError::Write { path: path.into(), source })?;
    file.commit()
}

/// One file of a set of results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// The name in the folder of results, without a folder.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The units of its columns, by column name, for the manifest.
    pub units: std::collections::BTreeMap<String, String>,
}

impl OutputFile {
    /// A file whose bytes say everything.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), units: Default::default() }
    }

    /// A CSV file of a table, with the units of its columns.
    pub fn csv(name: impl Into<String>, table: &Table) -> Self {
        Self { units: table.units(), ..Self::new(name, table.to_csv()) }
    }

    /// A file of a table in some format, with the units of its columns.
    ///
    /// # Errors
    /// Those of [`LongTable`].
    pub fn table(name: impl Into<String>, format: FileFormat, table: &Table) -> io::Result<Self> {
        let mut file = LongTable::new(Vec::new(), format, table.columns())?;
        file.write_all(csv_rows(table.rows()).as_bytes())?;
        Ok(Self { units: table.units(), ..Self::new(name, file.finish()?) })
    }
}

/// Writes the files of a run and their manifest into a folder, which is made if needed.
///
/// The manifest's `outputs` are filled in from the files. Everything is on the disk under temporary names before anything
/// appears; then the manifest is moved into place first and the files in their order, so a file is never without its manifest.
/// In the end, files of an earlier run of the command that the new manifest does not name are removed.
///
/// # Errors
/// [`IoError::Folder`], [`IoError::IsFolder`], [`IoError::Write`], [`IoError::IsInput`] and [`IoError::OtherResults`]. If staging fails, nothing in the folder has changed.
pub fn write_set(
    folder: &Path,
    manifest_name: &str,
    manifest: &mut Manifest,
    files: &[OutputFile],
) -> Result<(), IoError> {
    fs::create_dir_all(folder).map_err(|source| IoError::Folder { path: folder.into(), source })?;
    manifest.outputs = files
        .iter()
        .map(|file| Output { name: file.name.clone(), sha256: sha256_hex(&file.bytes), units: file.units.clone() })
        .collect();
    let left = earlier(manifest, folder, manifest_name)?;
    files.iter().try_for_each(|file| spare_inputs(manifest, &folder.join(&file.name)))?;
    let manifest = manifest.to_json();
    let all = std::iter::once((manifest_name, manifest.as_bytes()))
        .chain(files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())));
    let staged = all
        .map(|(name, bytes)| {
            let path = folder.join(name);
            let mut file = AtomicFile::create(&path)?;
            file.write_all(bytes).map_err(|source| IoError::Write { path, source })?;
            Ok(file)
        })
        .collect::<Result<Vec<_>, IoError>>()?;
    commit_in_order(staged)?;
    left.into_iter().try_for_each(|path| fs::remove_file(&path).map_err(|source| IoError::Write { path, source }))
}

/// Moves files to their places in this order, once all are on the disk.
///
/// # Errors
/// [`IoError::Write`]. If it is about bringing a file to the disk, no file has been moved.
pub fn commit_in_order(mut files: Vec<AtomicFile<'_>>) -> Result<(), IoError> {
    files.iter_mut().try_for_each(|file| file.settle(true))?;
    files.into_iter().try_for_each(AtomicFile::commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    /// A fresh folder under the system's temporary one, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("posology-io-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let mut names: Vec<String> =
                fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = Folder::new("replace");
        let path = folder.0.join("a.csv");
        write_atomic(&path, b"old and long").unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(folder.names(), ["a.csv"]);
    }

    #[test]
    fn an_abandoned_file_leaves_the_old_one_and_no_trace() {
        let folder = Folder::new("abandon");
        let path = folder.0.join("a.csv");
        write_atomic(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(folder.names(), ["a.csv"]);
    }

    #[test]
    fn errors_name_the_path() {
        let folder = Folder::new("errors");
        let error = write_atomic(&folder.0, b"x").unwrap_err();
        assert_eq!(error.code(), "E_FILE_IS_FOLDER");
        let error = write_atomic(&folder.0.join("none/a.csv"), b"x").unwrap_err();
        assert_eq!(error.code(), "E_FILE_WRITE");
        assert!(error.to_string().contains("a.csv"));
        assert!(error.hint().unwrap().contains("does not exist"));
    }

    #[test]
    fn a_set_is_staged_before_anything_appears() {
        let folder = Folder::new("set");
        fs::create_dir(folder.0.join("b.csv")).unwrap();
        let files = [OutputFile::new("a.csv", "1"), OutputFile::new("b.csv", "2")];
        let error = write_set(&folder.0, "manifest.json", &mut Manifest::new("compare"), &files).unwrap_err();
        assert_eq!(error.code(), "E_FILE_IS_FOLDER");
        assert_eq!(folder.names(), ["b.csv"]);
    }

    #[test]
    fn a_set_has_a_manifest_that_fits_it() {
        let folder = Folder::new("manifest");
        let mut manifest = Manifest::new("compare");
        write_set(&folder.0, "manifest.json", &mut manifest, &[OutputFile::new("a.csv", "abc")]).unwrap();
        assert_eq!(folder.names(), ["a.csv", "manifest.json"]);
        let json: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.0.join("manifest.json")).unwrap()).unwrap();
        // The digest of "abc" is a test vector of FIPS 180-2, appendix B.1.
        assert_eq!(json["outputs"][0]["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = Folder::new("links");
        let (real, link) = (folder.0.join("real.csv"), folder.0.join("link.csv"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        write_atomic(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
