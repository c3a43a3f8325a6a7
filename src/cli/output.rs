//! Where results go: tables to the standard output, files with their manifest, warnings to the standard error.

use super::Failure;
use crate::error::Diagnostic;
use crate::io::{Format, IoError, Table};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Width of tables where the standard output is no terminal.
const WIDTH: usize = 120;

/// Writes to the standard output; a closed pipe ends the command in peace.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Err(Failure::BrokenPipe),
        Err(source) => Err(Failure::from(IoError::Write { path: "the standard output".into(), source })),
        Ok(()) => Ok(()),
    }
}

/// Copies all that can be read to the standard output; `from` is where it is read.
pub(super) fn print_all(mut read: impl io::Read, from: &Path) -> Result<(), Failure> {
    let mut block = vec![0; 1 << 16];
    loop {
        let count = read.read(&mut block).map_err(|source| IoError::Read { path: from.into(), source })?;
        if count == 0 {
            return Ok(());
        }
        print_bytes(&block[..count])?;
    }
}

/// Prints a table, under a heading where people read it.
pub(super) fn table(heading: &str, table: &Table, format: Format) -> Result<(), Failure> {
    if format == Format::Table && !heading.is_empty() {
        print(&format!("{heading}\n"))?;
    }
    print(&table.render(format, width()))
}

/// The columns of the terminal, as `COLUMNS` says, or a width that prints well.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns.filter(|_| io::stdout().is_terminal()).unwrap_or(WIDTH)
}

/// Prints warnings to the standard error, each once.
pub(super) fn warn(warnings: &[Diagnostic]) {
    for (i, warning) in warnings.iter().enumerate() {
        if !warnings[..i].contains(warning) {
            eprintln!("{warning}");
        }
    }
}
