//! Files and tables at the edge of the library: tables for people and programs, files written whole or not at all, and
//! the manifest that says where a result came from.
//!
//! Numbers for programs (CSV, JSON) have the fewest digits that read back to the same `f64`; tables for people are rounded.

mod concentrations;
mod disk;
mod error;
mod hashed;
mod long;
mod manifest;
mod nmtran;
mod number;
#[cfg(feature = "parquet")]
mod parquet;
mod people;
mod place;
mod spool;
mod table;
mod text;
mod write;

pub use concentrations::{ConcentrationError, Concentrations, SubjectSamples};
pub use disk::{Disk, DiskFile, SystemDisk};
pub use error::IoError;
pub use hashed::Hashed;
pub use long::{FileFormat, LongTable};
pub use manifest::{Input, Manifest, ModelUsed, Output, Tolerances, sha256_hex};
pub use nmtran::{
    CellError, DataError, DataOptions, DataReader, DataWriter, Header, MAX_FAULTS, NoRegimen, SubjectData, dose_rows,
    doses_of,
};
pub use number::{number, rounded};
pub use people::read_people;
pub use place::spare_inputs;
pub use spool::Spool;
pub use table::{Cell, Column, Format, Holds, Table};
pub(crate) use table::{csv_line, csv_rows};
pub(crate) use write::staged_for;
pub use write::{AtomicFile, OutputFile, commit_in_order, write_atomic, write_set};
