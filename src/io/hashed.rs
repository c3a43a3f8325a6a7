//! Digests of files too long to be held in memory.

use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// Reads or writes through and keeps the SHA-256 digest of what went by.
#[derive(Debug)]
pub struct Hashed<T> {
    inner: T,
    digest: Sha256,
}

impl<T> Hashed<T> {
    /// Nothing has gone by yet.
    pub fn new(inner: T) -> Self {
        Hashed { inner, digest: Sha256::new() }
    }

    /// What was read or written, and the digest in lower-case hexadecimal.
    pub fn finish(self) -> (T, String) {
        (self.inner, super::manifest::hexadecimal(&self.digest.finalize()))
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.digest.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::sha256_hex;

    #[test]
    fn the_digest_is_that_of_all_bytes() {
        let mut out = Hashed::new(Vec::new());
        io::copy(&mut Hashed::new(b"abc".as_slice()), &mut out).unwrap();
        out.write_all(b"def").unwrap();
        assert_eq!(out.finish(), (b"abcdef".to_vec(), sha256_hex(b"abcdef")));
    }
}
