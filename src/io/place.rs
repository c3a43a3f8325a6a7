//! What stands where results are to go: inputs are never overwritten, nor the results of another command.

use super::error::IoError;
use super::manifest::{Manifest, sha256_hex};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that holds the parts of a sweep has this file.
const SWEEP: &str = "plan.lock";
/// The manifest of a whole folder; that of a single file has the file's name.
const OF_FOLDER: &str = "manifest.json";

/// A file longer than this is no model.
const LONGEST_MODEL: u64 = 1 << 24;

/// Makes sure that a result at `path` would take the place of none of the inputs, nor of a model's file.
///
/// # Errors
/// [`IoError::IsInput`].
pub fn spare_inputs(manifest: &Manifest, path: &Path) -> Result<(), IoError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut digests = manifest.inputs.iter().filter(|input| input.name == name).map(|input| &input.sha256).peekable();
    // Models have no file names: they are known by what is in them.
    let may_be_model = fs::metadata(path).is_ok_and(|file| file.len() <= LONGEST_MODEL);
    if digests.peek().is_none() && !may_be_model {
        return Ok(());
    }
    let models = manifest.models.iter().map(|model| &model.sha256);
    match fs::read(path).map(|bytes| sha256_hex(&bytes)) {
        Ok(found) if digests.chain(models).any(|digest| *digest == found) => {
            Err(IoError::IsInput { path: path.into() })
        }
        _ => Ok(()),
    }
}

/// Makes sure that a folder holds the results of no other command, and gives the files of an earlier run of this one that the
/// new results do not replace.
///
/// # Errors
/// [`IoError::OtherResults`].
pub(super) fn earlier(manifest: &Manifest, folder: &Path, manifest_name: &str) -> Result<Vec<PathBuf>, IoError> {
    if manifest_name != OF_FOLDER {
        return Ok(Vec::new());
    }
    let other = |command: &str| IoError::OtherResults { folder: folder.into(), command: command.into() };
    if folder.join(SWEEP).exists() {
        return Err(other("sweep"));
    }
    let Ok(bytes) = fs::read(folder.join(manifest_name)) else { return Ok(Vec::new()) };
    let Ok(found) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return Ok(Vec::new()) };
    match found["command"].as_str() {
        Some(command) if command != manifest.command => return Err(other(command)),
        _ => {}
    }
    let outputs = found["outputs"].as_array().into_iter().flatten();
    let left = outputs.filter_map(|output| {
        let (name, digest) = (output["name"].as_str()?, output["sha256"].as_str()?);
        let replaced = manifest.outputs.iter().any(|new| new.name == name);
        let path = folder.join(name);
        // Whatever was changed since is not ours any more.
        let ours = !replaced && Path::new(name).file_name().is_some_and(|own| own == name);
        (ours && fs::read(&path).is_ok_and(|bytes| sha256_hex(&bytes) == digest)).then_some(path)
    });
    Ok(left.collect())
}
