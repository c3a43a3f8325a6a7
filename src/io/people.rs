//! Files that say who the people of a population are.

use super::error::IoError;
use super::manifest::sha256_hex;
use crate::Error;
use crate::population::People;
use std::path::Path;

/// Reads virtual people from a `.toml` file, or real people from any other, which is a table of comma-separated values. The
/// second is the file's SHA-256 digest, for the manifest.
///
/// # Errors
/// A file that cannot be read, and everything that is wrong in it.
pub fn read_people(path: &Path) -> Result<(People, String), Error> {
    let text = std::fs::read_to_string(path).map_err(|source| IoError::Read { path: path.into(), source })?;
    let name = path.display().to_string();
    Ok((People::of_file(&name, &text)?, sha256_hex(text.as_bytes())))
}
