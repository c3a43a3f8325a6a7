//! What can go wrong when a sweep runs, beside what is wrong with its plan.

use crate::error::Kind;
use crate::io::IoError;
use std::path::PathBuf;

/// An error about the files of a sweep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A new sweep where one is already.
    #[error("`{}` holds a sweep already", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// Results that no sweep wrote.
    #[error("`{}` is in the way: no sweep wrote it", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// The sweep in a folder is another one.
    #[error("`{}` holds another sweep: {}", folder.display(), differs.join("; "))]
    Another {
        /// The folder.
        folder: PathBuf,
        /// What differs, one clause each.
        differs: Vec<String>,
    },
    /// A folder without a sweep.
    #[error("`{}` holds no sweep: it has no plan.lock", folder.display())]
    NoSweep {
        /// The folder.
        folder: PathBuf,
    },
    /// A `plan.lock` that no version wrote.
    #[error("`{}` is damaged, or was changed by hand", path.display())]
    DamagedLock {
        /// The file.
        path: PathBuf,
    },
    /// A sweep of another version.
    #[error("the sweep was made by posology {found}, and this is {}", env!("CARGO_PKG_VERSION"))]
    Version {
        /// The version that made it.
        found: String,
    },
    /// Parts that are nowhere.
    #[error("parts {parts} of {all} are missing")]
    Missing {
        /// As an array expression.
        parts: String,
        /// How many there should be.
        all: u64,
    },
    /// A part that is not what was written.
    #[error("`{}` is damaged or of another plan", path.display())]
    DamagedPart {
        /// The file.
        path: PathBuf,
    },
    /// One part twice, and not the same.
    #[error("part {part} is another in `{}` than in `{}`", one.display(), other.display())]
    PartsDiffer {
        /// The part.
        part: u64,
        /// A folder.
        one: PathBuf,
        /// Another.
        other: PathBuf,
    },
    /// A file could not be written while the sweep ran.
    #[error("{source}; the {done} of {all} parts that are finished are kept")]
    Stopped {
        /// What was in the way.
        source: IoError,
        /// Parts that are there.
        done: u64,
        /// Parts in all.
        all: u64,
    },
}

impl Kind for RunError {
    fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } | Self::InTheWay { .. } => "E_SWEEP_EXISTS",
            Self::Another { .. } => "E_SWEEP_CHANGED",
            Self::NoSweep { .. } => "E_NO_SWEEP",
            Self::DamagedLock { .. } | Self::DamagedPart { .. } => "E_SWEEP_DAMAGED",
            Self::Version { .. } => "E_SWEEP_VERSION",
            Self::Missing { .. } => "E_PARTS_MISSING",
            Self::PartsDiffer { .. } => "E_PARTS_DIFFER",
            Self::Stopped { .. } => "E_SWEEP_STOPPED",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Exists { .. } => "add `--resume` to go on with it, or give another folder".into(),
            Self::InTheWay { .. } => "give another folder, or move the file away".into(),
            Self::Another { .. } => "take back the change, or give another folder".into(),
            Self::NoSweep { .. } => {
                "check the spelling; sweeps are made by `posology sweep PLAN.toml --out DIR`".into()
            }
            Self::DamagedLock { .. } => "run the sweep again in another folder".into(),
            Self::Version { found } => format!("go on with posology {found}, or run it again in another folder"),
            Self::Missing { .. } => {
                "run their shards again; `posology sweep status DIR... --shards N` lists them".into()
            }
            Self::DamagedPart { .. } => "remove it and run its shard again".into(),
            Self::PartsDiffer { .. } => {
                "both were computed from one plan.lock: by two builds or kinds of processor?".into()
            }
            Self::Stopped { source, .. } => match source.hint() {
                Some(hint) => format!("{hint}; then the same command with `--resume` goes on"),
                None => "the same command with `--resume` goes on".into(),
            },
        })
    }
}
