//! Results that are shown only once all of them are there.

use super::error::IoError;
use super::write::beside;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A file in the system's temporary folder that is written, then read, and removed in the end.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn new() -> Result<Self, IoError> {
        let folder = std::env::temp_dir();
        let open = |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).open(path);
        let opened = beside(&folder.join("posology"), open);
        let (path, file) = opened.map_err(|source| IoError::Write { path: folder, source })?;
        Ok(Spool { path, file: BufWriter::new(file) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written, from its start.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self) -> io::Result<impl Read + '_> {
        self.file.flush()?;
        self.file.rewind()?;
        Ok(BufReader::new(self.file.get_ref()))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_is_left() {
        let mut spool = Spool::new().unwrap();
        let path = spool.path().to_path_buf();
        spool.write_all(b"a,b\n").unwrap();
        let mut text = String::new();
        spool.read().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b\n");
        drop(spool);
        assert!(!path.exists());
    }
}
