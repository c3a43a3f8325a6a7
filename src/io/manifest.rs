//! The record beside every result: what made it, from what, and how it can be checked.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// What made a set of result files. The same run on any machine writes the same bytes: no clock, host or folder is in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manifest {
    /// The version of this layout.
    pub format: u32,
    /// The version of posology.
    pub posology: &'static str,
    /// The command by name, without arguments: `compare`.
    pub command: String,
    /// The settings that differ from the defaults, by name; never paths.
    pub settings: BTreeMap<String, String>,
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// The models that were used.
    pub models: Vec<ModelUsed>,
    /// The engine by name: `exact` where everything is propagated exactly, else the one that was asked for (`auto`: what is
    /// linear upstream is exact, the rest is integrated).
    pub engine: String,
    /// The tolerances, for an engine that has them.
    pub tolerances: Option<Tolerances>,
    /// What the engines did: steps by method, right-hand sides and so on, those that are not 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub work: BTreeMap<String, u64>,
    /// The seed, for a run that draws.
    pub seed: Option<u64>,
    /// The instruction set the numbers were computed with.
    pub kernel: String,
    /// How covariates are carried between their records.
    pub covariates: String,
    /// Whether the units of every model were checked.
    pub units_checked: bool,
    /// What the user was warned of.
    pub warnings: Vec<String>,
    /// The files that were written.
    pub outputs: Vec<Output>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// Its name without the folder.
    pub name: String,
    /// The SHA-256 digest of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Input {
    /// A file as it was read.
    pub fn new(path: &Path, bytes: &[u8]) -> Self {
        Self::hashed(path, sha256_hex(bytes))
    }

    /// A file whose digest is known.
    pub fn hashed(path: &Path, sha256: String) -> Self {
        Self { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), sha256 }
    }
}

/// A model that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelUsed {
    /// Its id.
    pub id: String,
    /// Its grade: `A`, `B` or `assumed`.
    pub grade: String,
    /// The SHA-256 digest of its text, in hexadecimal.
    pub sha256: String,
}

/// The error an engine was allowed per step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tolerances {
    /// Relative to the value.
    pub rtol: f64,
    /// Relative to the largest value of the state so far.
    pub atol: f64,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// Its name without the folder.
    pub name: String,
    /// The SHA-256 digest of its bytes, in hexadecimal.
    pub sha256: String,
    /// The units of its columns, by column name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, String>,
}

impl Manifest {
    /// A manifest with the defaults of a run by `command`: exact engine, baseline kernel, covariates carried backward.
    pub fn new(command: impl Into<String>) -> Self {
        Self {
            format: 1,
            posology: env!("CARGO_PKG_VERSION"),
            command: command.into(),
            settings: BTreeMap::new(),
            inputs: Vec::new(),
            models: Vec::new(),
            engine: "exact".into(),
            tolerances: None,
            work: BTreeMap::new(),
            seed: None,
            kernel: "baseline".into(),
            covariates: "nocb".into(),
            units_checked: true,
            warnings: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// The manifest as JSON, keys in a fixed order.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are text");
        json.push('\n');
        json
    }
}

/// The SHA-256 digest in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_never_reach_the_manifest() {
        let mut manifest = Manifest::new("simulate");
        manifest.inputs.push(Input::new(Path::new("/home/someone/events.csv"), b"ID,TIME\n"));
        let json = manifest.to_json();
        assert!(json.contains("\"events.csv\"") && !json.contains("someone"));
        assert_eq!(json, manifest.clone().to_json());
    }

    #[test]
    fn absent_things_are_null() {
        let json: serde_json::Value = serde_json::from_str(&Manifest::new("compare").to_json()).unwrap();
        assert!(json["seed"].is_null() && json["tolerances"].is_null());
        assert_eq!(json["kernel"], "baseline");
        assert_eq!(json["posology"], env!("CARGO_PKG_VERSION"));
    }
}
