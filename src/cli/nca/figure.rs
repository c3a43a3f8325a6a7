//! The figure of an analysis.

use super::{NcaArgs, Row, heading};
use crate::cli::Failure;
use crate::cli::output::draw;
use crate::io::{Concentrations, Manifest};
use crate::plot::{NcaCurve, nca_figure};
use crate::units::Unit;
use std::path::Path;

/// Draws each profile with its terminal slope, as many as fit on a page.
pub(super) fn save(
    path: &Path,
    args: &NcaArgs,
    data: &Concentrations,
    rows: &[Row<'_>],
    manifest: &Manifest,
) -> Result<(), Failure> {
    let time = data.time.as_str();
    let name = |row: &Row<'_>| match row.setting.interval {
        Some((from, to)) => format!("{} ({from} to {to} {time})", row.subject.id),
        None => row.subject.id.clone(),
    };
    let curves: Vec<NcaCurve> =
        rows.iter().map(|row| NcaCurve::new(&name(row), time, &row.subject.samples, &row.report)).collect();
    let unit = data.concentration.as_ref().map_or("", Unit::as_str);
    let figure = nca_figure(&heading(args, data), time, unit, &curves);
    draw(&figure, path, manifest)?;
    let (drawn, all) = (figure.panel_count(), curves.len());
    let some = if drawn < all { format!(", the first {drawn} of {all} profiles") } else { String::new() };
    let manifest = if args.out.is_some() { "; the manifest is that of the table alone" } else { "" };
    say!("wrote {}{some}{manifest}", path.display());
    Ok(())
}
