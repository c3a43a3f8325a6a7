//! From parts to results: read in order, one at a time.

use super::folder::Found;
use super::parts::{Content, Part};
use super::{Folder, Lock, RunError, Totals};
use crate::Error;
use crate::io::{Cell, Hashed, Input, IoError, LongTable, Manifest, Output, commit_in_order, csv_rows, sha256_hex};
use crate::population::Outside;
use crate::study::sweep::{Sweep, Unit};
use std::io::Write;

/// Rows as they are written.
#[derive(Debug)]
pub(super) struct Rows<'s> {
    sweep: &'s Sweep<'s>,
    /// Place of the column that says how a row fared.
    status: usize,
    pub csv: String,
    pub totals: Totals,
}

impl<'s> Rows<'s> {
    /// None yet.
    pub(super) fn new(sweep: &'s Sweep<'s>) -> Self {
        let status = sweep.columns().iter().position(|column| column.name == "status");
        let status = status.expect("every sweep has a column of this name");
        Rows { sweep, status, csv: String::new(), totals: Totals::default() }
    }

    /// Adds the rows of a point, or of some of its persons.
    pub(super) fn add(&mut self, point: u64, units: &[Unit]) {
        let rows = self.sweep.reduce(point, units);
        let failed = |row: &&Vec<Cell>| row[self.status] != Cell::Text("ok".into());
        let model = self.sweep.model_of(&self.sweep.setting(point));
        let mut outside = vec![Outside::default(); model + 1];
        units.iter().for_each(|unit| outside[model].merge(unit.outside()));
        self.totals += Totals { rows: rows.len() as u64, failed: rows.iter().filter(failed).count() as u64, outside };
        self.csv.push_str(&csv_rows(&rows));
    }
}

/// Writes the results and their manifest. Of every part that more than one folder has, all have to be the same.
pub(super) fn assemble(
    sweep: &Sweep<'_>,
    lock: &Lock,
    sources: &[Folder<'_>],
    out: &Folder<'_>,
) -> Result<Totals, Error> {
    let (mut manifest, results) = out.results(lock)?;
    let columns = sweep.columns();
    let failed = |source| IoError::Write { path: out.path().join(lock.results_name()), source };
    let mut results = LongTable::new(Hashed::new(results), lock.results(), &columns).map_err(failed)?;
    let parts = lock.parts();
    let mut totals = Totals::default();
    let mut units: Vec<Unit> = Vec::new();
    for part in 0..parts.count() {
        let (content, folder) = find(lock, sources, part)?;
        totals += content.totals;
        let Some(point) = point_of_values(sweep, &parts.part(part)) else {
            results.write_all(&content.bytes).map_err(failed)?;
            continue;
        };
        let unit = Unit::read(&mut content.bytes.as_slice());
        units.push(unit.ok_or_else(|| RunError::DamagedPart { path: folder.part(part) })?);
        if units.len() as u64 == parts.chunks() {
            let mut rows = Rows::new(sweep);
            rows.add(point, &units);
            units.clear();
            results.write_all(rows.csv.as_bytes()).map_err(failed)?;
            totals += rows.totals;
        }
    }
    let (results, sha256) = results.finish().map_err(failed)?.finish();
    let units = columns.into_iter().filter_map(|column| Some((column.name, column.unit?))).collect();
    let output = Output { name: lock.results_name().into(), sha256, units };
    let text = describe(sweep, lock, &totals, output).to_json();
    manifest.write_all(text.as_bytes()).map_err(failed)?;
    // The manifest first: results are never without it.
    commit_in_order(vec![manifest, results])?;
    Ok(totals)
}

/// The point of a part that holds values of persons rather than rows.
pub(super) fn point_of_values(sweep: &Sweep<'_>, part: &Part) -> Option<u64> {
    match part {
        Part::Chunk { point, .. } if !sweep.every_subject() => Some(*point),
        _ => None,
    }
}

/// A part, from the first folder that has it whole.
fn find<'f, 'd>(lock: &Lock, sources: &'f [Folder<'d>], part: u64) -> Result<(Content, &'f Folder<'d>), Error> {
    let mut whole: Option<(Content, &Folder<'d>)> = None;
    let mut damaged = None;
    for folder in sources {
        match (folder.read_part(lock, part)?, &whole) {
            (Found::Nothing, _) => {}
            (Found::Damaged, _) => damaged = Some(folder.part(part)),
            (Found::Whole(content), None) => whole = Some((content, folder)),
            (Found::Whole(content), Some((first, one))) => {
                if content != *first {
                    let (one, other) = (one.path().into(), folder.path().into());
                    return Err(RunError::PartsDiffer { part, one, other }.into());
                }
            }
        }
    }
    whole.ok_or_else(|| match damaged {
        Some(path) => RunError::DamagedPart { path }.into(),
        None => RunError::Missing { parts: part.to_string(), all: lock.parts().count() }.into(),
    })
}

/// The manifest: the same for any threads, shards and interruptions.
fn describe(sweep: &Sweep<'_>, lock: &Lock, totals: &Totals, output: Output) -> Manifest {
    let mut manifest = Manifest::new("sweep");
    let settings = [
        ("plan_id", lock.id().to_string()),
        ("points", lock.points().to_string()),
        ("subjects", lock.subjects().to_string()),
        ("rows", totals.rows.to_string()),
        ("failed", totals.failed.to_string()),
    ];
    manifest.settings = settings.map(|(name, value)| (name.to_string(), value)).into();
    manifest.inputs.push(Input { name: "plan.lock".into(), sha256: sha256_hex(lock.to_json().as_bytes()) });
    manifest.models = lock.models_used();
    manifest.engine = lock.engine().into();
    manifest.tolerances = lock.tolerances();
    manifest.seed = Some(lock.seed());
    manifest.kernel = lock.kernel().into();
    manifest.units_checked = lock.units_checked();
    manifest.warnings = lock.warnings();
    manifest.warnings.extend(sweep.outside(totals).into_iter().map(|w| w.message));
    manifest.outputs.push(output);
    manifest
}
