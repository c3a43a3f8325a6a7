//! `posology metrics`: the registry.

use super::output::table;
use super::{Failure, Outcome, Shared};
use crate::io::{Cell, Column, Table};
use crate::metrics::{Codes, Definition, REGISTRY};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum MetricsCommand {
    /// Every metric: unit, where it comes from, formulas, CDISC codes, reference
    List {
        #[command(flatten)]
        shared: Shared,
    },
}

pub(super) fn run(command: &MetricsCommand) -> Result<Outcome, Failure> {
    let MetricsCommand::List { shared } = command;
    let columns = ["metric", "title", "unit", "needs", "from a solution", "from samples", "CDISC", "reference"];
    let mut rows = Table::new(columns.map(Column::new).into());
    for d in REGISTRY {
        let formula = |formula: Option<&str>| formula.map_or_else(|| Cell::missing(""), Cell::from);
        let codes = d.cdisc.all().join(", ");
        rows.push(vec![
            d.name.into(),
            d.title.into(),
            d.scale.name().into(),
            needs(d),
            formula(d.exact),
            formula(d.sampled),
            if d.cdisc == Codes::None { Cell::missing("") } else { codes.into() },
            d.reference.into(),
        ]);
    }
    table("", &rows, shared.format)?;
    Ok(Outcome::Done)
}

fn needs(d: &Definition) -> Cell {
    let names: Vec<&str> = d.needs.iter().map(|need| need.name()).collect();
    if names.is_empty() { Cell::missing("") } else { names.join(", ").into() }
}
