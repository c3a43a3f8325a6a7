//! The header: what each column means for a model.

use super::error::DataError;
use crate::document::cells::{split, unquoted};
use crate::error::{Fault, Faults, Source, Span};
use crate::model::{Level, Model};
use crate::simulate;

/// A column that says what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Id,
    Time,
    Amt,
    Rate,
    Dur,
    Evid,
    Cmt,
    Addl,
    Ii,
    Ss,
}

impl Item {
    const ALL: [(Item, &'static str); 10] = [
        (Item::Id, "ID"),
        (Item::Time, "TIME"),
        (Item::Amt, "AMT"),
        (Item::Rate, "RATE"),
        (Item::Dur, "DUR"),
        (Item::Evid, "EVID"),
        (Item::Cmt, "CMT"),
        (Item::Addl, "ADDL"),
        (Item::Ii, "II"),
        (Item::Ss, "SS"),
    ];

    pub fn name(self) -> &'static str {
        Item::ALL[self as usize].1
    }
}

/// Columns of dates in NM-TRAN: they would move the clock.
const DATES: [&str; 4] = ["DATE", "DAT1", "DAT2", "DAT3"];

/// The columns of a data set, as the file spells them.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    line: String,
    names: Vec<String>,
    items: [Option<usize>; Item::ALL.len()],
    values: Vec<(usize, simulate::Column)>,
}

impl Header {
    /// Reads the header for a model.
    pub(super) fn read(line: &str, number: usize, name: &str, model: &Model) -> Result<Header, Faults<DataError>> {
        let source = Source::line(name, line, number);
        let mut cells = Vec::new();
        split(line, &mut cells).map_err(|span| Fault::at(DataError::Quote { row: 0 }, span).within(&source))?;
        let names: Vec<String> = cells.iter().map(|range| unquoted(&line[range.clone()]).into_owned()).collect();
        let mut found = Vec::new();
        let mut header = Header { line: line.into(), names, items: Default::default(), values: Vec::new() };
        for (at, range) in cells.iter().enumerate() {
            if let Err(kind) = header.place(at, model) {
                found.push(Fault::at(kind, Span::from(range.clone())).within(&source));
            }
        }
        for item in [Item::Id, Item::Time] {
            if header.at(item).is_none() {
                let kind = DataError::MissingColumn { column: item.name(), has: header.names.clone() };
                found.push(Fault::at(kind, Span::new(0, line.len())).within(&source));
            }
        }
        Faults::check(found, || header)
    }

    /// Finds out what a column means.
    fn place(&mut self, at: usize, model: &Model) -> Result<(), DataError> {
        let name = self.names[at].clone();
        let repeated = || DataError::RepeatedColumn { column: name.clone() };
        if name.is_empty() {
            return Err(DataError::NamelessColumn);
        }
        if self.names[..at].contains(&name) {
            return Err(repeated());
        }
        if DATES.iter().any(|date| date.eq_ignore_ascii_case(&name)) {
            return Err(DataError::DateColumn { column: name });
        }
        if model.outputs().iter().any(|output| output.name == name) {
            return Err(DataError::OutputColumn { column: name });
        }
        if let Some((item, _)) = Item::ALL.iter().find(|(_, item)| item.eq_ignore_ascii_case(&name))
            && self.items[*item as usize].replace(at).is_some()
        {
            return Err(repeated());
        }
        let occasion = labels_occasions(model, &name).then_some(simulate::Column::Occasion);
        for column in named(model, &name)?.into_iter().chain(occasion) {
            if self.values.iter().any(|(_, other)| *other == column) {
                return Err(repeated());
            }
            self.values.push((at, column));
        }
        Ok(())
    }

    /// The header's line as written, without its end.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The names of the columns, as written.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns that set covariates and parameters: index of the column and what it sets.
    pub fn values(&self) -> &[(usize, simulate::Column)] {
        &self.values
    }

    /// The column of an item.
    pub(super) fn at(&self, item: Item) -> Option<usize> {
        self.items[item as usize]
    }
}

/// Whether a column says which occasion a record belongs to, and anything varies between occasions.
fn labels_occasions(model: &Model, column: &str) -> bool {
    let varies = model.etas().iter().any(|eta| eta.level == Level::Occasion);
    varies && model.population().occasion_column().is_some_and(|name| name.eq_ignore_ascii_case(column))
}

/// The covariate, or parameter whose value comes from the data, that a column bears the name of.
fn named(model: &Model, column: &str) -> Result<Option<simulate::Column>, DataError> {
    let covariates = model.covariates().iter().enumerate().map(|(i, c)| (&c.name, simulate::Column::Covariate(i)));
    let parameters = model.parameters().iter().enumerate().filter(|(_, p)| p.from_data);
    let parameters = parameters.map(|(i, p)| (&p.name, simulate::Column::Parameter(i)));
    let like: Vec<_> = covariates.chain(parameters).filter(|(name, _)| name.eq_ignore_ascii_case(column)).collect();
    match like.as_slice() {
        [] => Ok(None),
        [(_, one)] => Ok(Some(*one)),
        several => match several.iter().find(|(name, _)| *name == column) {
            Some((_, one)) => Ok(Some(*one)),
            None => Err(DataError::AmbiguousColumn {
                column: column.into(),
                means: several.iter().map(|(name, _)| name.to_string()).collect(),
            }),
        },
    }
}
