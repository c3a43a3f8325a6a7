//! What the manifest beside a table says of it, for a table that posology wrote.

use crate::cli::output::manifest_name;
use crate::io::{Input, sha256_hex};
use crate::units::Unit;
use std::path::Path;

/// What is recorded of a table.
pub(super) struct Recorded {
    /// The manifest.
    pub input: Input,
    units: serde_json::Value,
}

/// The record of a table, if its manifest is beside it and the table is as it was written.
pub(super) fn of(table: &Path, text: &str) -> Option<Recorded> {
    let path = table.with_file_name(manifest_name(table));
    let bytes = std::fs::read(&path).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let digest = sha256_hex(text.as_bytes());
    let output = manifest["outputs"].as_array()?.iter().find(|output| output["sha256"] == digest)?;
    Some(Recorded { input: Input::new(&path, &bytes), units: output["units"].clone() })
}

impl Recorded {
    /// The unit of a column.
    pub fn unit(&self, column: &str) -> Option<Unit> {
        self.units[column].as_str()?.parse().ok()
    }
}
