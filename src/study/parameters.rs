//! The parameters of a model as a table.

use crate::io::{Cell, Column, Table};
use crate::model::{Grade, Model, Provenance};

/// Each parameter of a model: value and unit as its file prints them, whether a source is cited or it is assumed, how it
/// varies, and where in the source it is or why it was chosen.
pub fn parameter_table(model: &Model) -> Table {
    let heads = ["parameter", "value", "unit", "grade", "variability", "source"];
    let mut rows = Table::new(heads.map(Column::new).into());
    for parameter in model.parameters() {
        let (grade, source) = match &parameter.provenance {
            Provenance::Cited { source, at } if at.is_empty() => ("cited".to_string(), source.clone()),
            Provenance::Cited { source, at } => ("cited".to_string(), format!("{source}: {at}")),
            Provenance::Assumed { why } => (Grade::Assumed.to_string(), why.clone()),
        };
        let spread: Vec<_> =
            [parameter.iiv, parameter.iov].into_iter().flatten().map(|eta| model.etas()[eta].printed.clone()).collect();
        let spread = match (spread.is_empty(), &parameter.missing_variability) {
            (false, _) => spread.join("; ").into(),
            (true, Some(_)) => Cell::missing("not published"),
            (true, None) => Cell::missing("none in the model"),
        };
        rows.push(vec![
            parameter.name.as_str().into(),
            parameter.printed.as_str().into(),
            parameter.unit.to_string().into(),
            grade.into(),
            spread,
            source.into(),
        ]);
    }
    rows
}
