//! Where results go: tables to the standard output, files with their manifest, warnings to the standard error.

use super::Failure;
use crate::error::Diagnostic;
use crate::io::{
    AtomicFile, Cell, Column, FileFormat, Format, IoError, Manifest, OutputFile, Spool, Table, spare_inputs, write_set,
};
use crate::plot::Figure;
use std::collections::BTreeMap;
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
fn print_all(mut read: impl io::Read, from: &Path) -> Result<(), Failure> {
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

/// Prints rows of CSV: as they are, or as a table whose columns have these units.
pub(super) fn spooled(mut spool: Spool, units: &BTreeMap<String, String>, format: Format) -> Result<(), Failure> {
    let path = spool.path().to_path_buf();
    let read = |source| Failure::from(IoError::Read { path: path.clone(), source });
    let rows = spool.read().map_err(read)?;
    if format == Format::Csv {
        return print_all(rows, &path);
    }
    table("", &parsed(rows, units).map_err(|e| read(e.into()))?, format)
}

/// Rows as a table: cells of numbers are numbers.
fn parsed(rows: impl io::Read, units: &BTreeMap<String, String>) -> Result<Table, csv::Error> {
    let mut reader = csv::Reader::from_reader(rows);
    let columns = reader.headers()?.iter().map(|name| match units.get(name) {
        Some(unit) => Column::new(name).unit(unit),
        None => Column::new(name),
    });
    let mut table = Table::new(columns.collect());
    for row in reader.records() {
        table.push(row?.iter().map(|cell| cell.trim().parse().map_or_else(|_| cell.into(), Cell::Number)).collect());
    }
    Ok(table)
}

/// The name of the manifest of a result.
pub(super) fn manifest_name(path: &Path) -> String {
    format!("{}.manifest.json", path.file_stem().unwrap_or_default().to_string_lossy())
}

/// The manifest, written beside a result but not in its place yet.
pub(super) fn beside(path: &Path, manifest: &Manifest) -> Result<AtomicFile<'static>, IoError> {
    let path = path.with_file_name(manifest_name(path));
    let mut file = AtomicFile::create(&path)?;
    file.write_all(manifest.to_json().as_bytes()).map_err(|source| IoError::Write { path, source })?;
    Ok(file)
}

/// Writes a table to a file of the format that its name says, with its manifest beside it.
pub(super) fn write_table(path: &Path, table: &Table, manifest: &mut Manifest) -> Result<(), IoError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = OutputFile::table(name, FileFormat::of(path)?, table);
    let file = file.map_err(|source| IoError::Write { path: path.into(), source })?;
    write_set(folder, &manifest_name(path), manifest, &[file])?;
    say!("wrote {}, with its manifest beside it", path.display());
    Ok(())
}

/// Draws a figure to a file that is none of the inputs and models of the manifest.
pub(super) fn draw(figure: &Figure, path: &Path, manifest: &Manifest) -> Result<(), Failure> {
    spare_inputs(manifest, path)?;
    Ok(figure.save(path)?)
}

/// Writes a line to the standard error. Nobody may be reading there, which is their right: what a command does is the same.
pub(super) fn tell(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints warnings to the standard error, each once.
pub(super) fn warn(warnings: &[Diagnostic]) {
    for (i, warning) in warnings.iter().enumerate() {
        if !warnings[..i].contains(warning) {
            say!("{warning}");
        }
    }
}
