//! What can go wrong with files and tables.

use std::io;
use std::path::PathBuf;

use crate::error::Kind;

/// An error at the edge of the file system.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file could not be written; what was there before is untouched.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder for results could not be made.
    #[error("cannot make the folder `{}`: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file was to be written where a folder is.
    #[error("cannot write `{}`: it is a folder", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A result was to be written where an input is.
    #[error("`{}` is read by this command, and is not overwritten", path.display())]
    IsInput {
        /// The file.
        path: PathBuf,
    },
    /// Results were to be written where those of another command are.
    #[error("the folder `{}` holds results of `{command}`", folder.display())]
    OtherResults {
        /// The folder.
        folder: PathBuf,
        /// The command.
        command: String,
    },
    /// A table was to be written to a file whose name has no ending of a table.
    #[error("`{}` does not say how to write a table", path.display())]
    NotATable {
        /// The file.
        path: PathBuf,
    },
    /// A Parquet file was asked for, and this build writes none.
    #[error("this posology was built without Parquet")]
    NoParquet,
    /// A table format that does not exist was asked for.
    #[error("unknown table format `{found}`")]
    UnknownFormat {
        /// The name as given.
        found: String,
    },
}

impl Kind for IoError {
    fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "E_FILE_READ",
            Self::Write { .. } => "E_FILE_WRITE",
            Self::Folder { .. } => "E_FOLDER_CREATE",
            Self::IsFolder { .. } => "E_FILE_IS_FOLDER",
            Self::IsInput { .. } => "E_FILE_IS_INPUT",
            Self::OtherResults { .. } => "E_FOLDER_IN_USE",
            Self::NotATable { .. } | Self::UnknownFormat { .. } => "E_TABLE_FORMAT",
            Self::NoParquet => "E_NO_PARQUET",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("check the spelling and the folder the command is run in".into())
            }
            Self::Write { source, path } if source.kind() == io::ErrorKind::NotFound => {
                let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir())?;
                Some(format!("the folder `{}` does not exist", folder.display()))
            }
            Self::Write { source, .. } | Self::Folder { source, .. }
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Some("choose a folder you may write to".into())
            }
            Self::Write { source, .. } | Self::Folder { source, .. }
                if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                Some("make room on the disk".into())
            }
            Self::Folder { path, .. } if path.ancestors().any(|part| part.is_file()) => {
                Some("a file of that name is in the way".into())
            }
            Self::IsInput { .. } => Some("write to another file".into()),
            Self::OtherResults { .. } => Some("give each command a folder of its own".into()),
            Self::IsFolder { .. } => Some("give the name of a file in it".into()),
            Self::NotATable { .. } if cfg!(feature = "parquet") => Some("end the name in `.csv` or `.parquet`".into()),
            Self::NotATable { .. } => Some("end the name in `.csv`".into()),
            Self::NoParquet => Some("build it with `--features parquet`, or ask for CSV".into()),
            Self::UnknownFormat { .. } => Some("formats are `table`, `csv` and `json`".into()),
            _ => None,
        }
    }
}
