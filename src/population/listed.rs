//! Real people: a table with one row for each.

use super::error::PeopleError;
use super::subject::{Seat, Subject};
use super::subject_error::SubjectError;
use crate::document::cells::{is_missing, lines, split, unquoted};
use crate::document::{DocumentError, Place, Text};
use crate::error::{Diagnostic, Fault, Faults, Source, Span, nearest};
use crate::model::{Covariate, CovariateKind, Model, common_covariate};
use crate::units::{Quantity, Unit};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Faults of one file beyond this number are not shown.
const MAX_FAULTS: usize = 20;

/// A table of people as read: where each cell stands.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    source: Arc<Source>,
    columns: Vec<Column>,
    /// Rows of cells, each as bytes of the source.
    cells: Vec<(u32, u32)>,
    pub rows: usize,
    /// Whether rows are drawn at random, rather than taken in order.
    pub resample: bool,
}

/// A column that describes people.
#[derive(Debug, Clone)]
struct Column {
    name: Text,
    /// The unit that the header names.
    unit: Option<Unit>,
}

/// The table in the terms of one model.
#[derive(Debug)]
pub(super) struct BoundList {
    /// What is set, one per column of `values`.
    pub seats: Vec<Seat>,
    /// Rows of values; not a number where a cell is missing.
    pub values: Vec<f64>,
    pub rows: usize,
    pub resample: bool,
}

impl Listed {
    /// Whether there is a column of this name.
    pub fn describes(&self, covariate: &str) -> bool {
        self.columns.iter().any(|column| column.name.text == covariate)
    }

    /// Reads a table of comma-separated values: a header with `ID`, and one row per person.
    pub fn read(name: &str, text: &str) -> Result<Listed, Faults<PeopleError>> {
        let source = Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut reader = Reader { source: &source, faults: Vec::new(), cells: Vec::new() };
        if u32::try_from(source.text.len()).is_err() {
            return Err(Fault::new(PeopleError::TooLarge).into());
        }
        let mut lines = lines(&source.text);
        let Some((start, header)) = lines.next() else {
            return Err(reader.place(0, 0).fault::<PeopleError>(PeopleError::NoPeople).into());
        };
        let (columns, id) = reader.header(start, header)?;
        let (mut rows, mut ids) = (0, BTreeSet::new());
        for (start, line) in lines {
            if reader.faults.len() >= MAX_FAULTS {
                break;
            }
            rows += 1;
            reader.row(start, line, columns.len() + 1, id, &mut ids);
        }
        if rows == 0 {
            reader.fault(source.text.len(), source.text.len(), PeopleError::NoPeople);
        }
        let Reader { faults, cells, .. } = reader;
        let read = || Listed { source: Arc::clone(&source), columns, cells, rows, resample: false };
        Faults::check(faults, read)
    }

    /// The same list, rows of which are drawn at random.
    pub fn resampled(self) -> Self {
        Listed { resample: true, ..self }
    }

    /// The table in the terms of a model. Columns that neither it nor `others` have are named in a warning, and so are
    /// missing cells.
    pub fn bound(
        &self,
        model: &Model,
        others: &[&Model],
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<BoundList, Faults<PeopleError>> {
        let mut faults = Vec::new();
        let mut used = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            match self.target(column, model) {
                Ok(Some(target)) => {
                    let seat = target.seat;
                    if used.iter().any(|(_, other): &(usize, Target<'_>)| other.seat == seat) {
                        let kind = PeopleError::RepeatedColumn { name: target.name.clone() };
                        faults.push(column.name.place.fault(kind));
                    }
                    used.push((at, target));
                }
                Ok(None) => {
                    if !others.iter().any(|other| covariate(other, &column.name.text).is_some()) {
                        warnings.push(unused(column, model));
                    }
                }
                Err(found) => faults.extend(found.into_vec()),
            }
        }
        let mut values = vec![f64::NAN; used.len() * self.rows];
        for (slot, (at, target)) in used.iter().enumerate() {
            let own = values.iter_mut().skip(slot).step_by(used.len());
            let missing = self.read_column(*at, target, own, &mut faults);
            if missing > 0 {
                let (name, rows) = (&target.name, self.rows);
                let message =
                    format!("{missing} of {rows} listed people have no `{name}`: the model's reference stands for it");
                warnings.push(Diagnostic::warning("W_REFERENCE_COVARIATE", message));
            }
        }
        let seats = used.into_iter().map(|(_, target)| target.seat).collect();
        Faults::check(faults, || BoundList { seats, values, rows: self.rows, resample: self.resample })
    }

    /// Reads the cells of a column, and counts those that are missing.
    fn read_column<'v>(
        &self,
        at: usize,
        target: &Target<'_>,
        values: impl Iterator<Item = &'v mut f64>,
        faults: &mut Vec<Fault<PeopleError>>,
    ) -> usize {
        let mut missing = 0;
        for (row, value) in values.enumerate() {
            let (from, to) = self.cells[row * self.columns.len() + at];
            let span = Span::new(from as usize, to as usize);
            let cell = unquoted(&self.source.text[span.start..span.end]);
            if is_missing(&cell) {
                missing += 1;
                continue;
            }
            match target.value(&cell) {
                Ok(found) => *value = found,
                Err(kind) if faults.len() < MAX_FAULTS => {
                    faults.push(Place { source: Arc::clone(&self.source), span }.fault(kind));
                }
                Err(_) => break,
            }
        }
        missing
    }

    /// What a column sets of a model's subjects, if anything.
    fn target<'m>(&self, column: &Column, model: &'m Model) -> Result<Option<Target<'m>>, Faults<PeopleError>> {
        let covariate = covariate(model, &column.name.text);
        let name = match covariate {
            Some(covariate) => covariate.name.clone(),
            None => column.name.text.to_ascii_lowercase(),
        };
        let Some(seat) = Subject::seat(model, &name) else { return Ok(None) };
        let own = match covariate {
            Some(Covariate { kind: CovariateKind::Number { unit }, .. }) => Some(unit.clone()),
            Some(_) => None,
            None => common_covariate(&name),
        };
        let fault = |error| {
            let kind = SubjectError::Unit { name: name.clone(), error };
            Faults::from(column.name.place.fault::<PeopleError>(kind))
        };
        let unit = match (&column.unit, own) {
            (Some(unit), Some(own)) => {
                Quantity::new(1.0, unit.clone()).like(&own).map_err(fault)?;
                Some(unit.clone())
            }
            (Some(_), None) => {
                let needs = "no number, and its column has no unit";
                return Err(column.name.place.fault::<PeopleError>(SubjectError::WrongKind { name, needs }).into());
            }
            (None, own) => own,
        };
        Ok(Some(Target { name, seat, covariate, unit }))
    }
}

/// What a column sets.
struct Target<'m> {
    name: String,
    seat: Seat,
    covariate: Option<&'m Covariate>,
    /// Of a number.
    unit: Option<Unit>,
}

impl Target<'_> {
    /// What a cell says, as a subject keeps it.
    fn value(&self, cell: &str) -> Result<f64, PeopleError> {
        if let Some(unit) = &self.unit {
            let number = cell.parse::<f64>().ok().map(|number| unit.to_base(number)).filter(|value| value.is_finite());
            let not_number = || PeopleError::NotNumber { name: self.name.clone(), found: cell.into() };
            return self.seat.checked(self.covariate, number.ok_or_else(not_number)?).map_err(PeopleError::from);
        }
        let wrong = |needs| PeopleError::from(SubjectError::WrongKind { name: self.name.clone(), needs });
        let number = cell.parse::<f64>().ok();
        match self.covariate.map(|c| &c.kind) {
            Some(CovariateKind::Category { options }) => {
                let word = options.iter().position(|option| option == cell).map(|place| place as f64);
                // A number is the place in the list, counted from 0, as in a data set.
                let place = || number.filter(|n| n.fract() == 0.0 && (0.0..options.len() as f64).contains(n));
                word.or_else(place).ok_or_else(|| {
                    let (name, found, known) = (self.name.clone(), cell.into(), options.clone());
                    SubjectError::UnknownCategory { name, found, known }.into()
                })
            }
            _ => match cell {
                "true" | "yes" => Ok(1.0),
                "false" | "no" => Ok(0.0),
                _ => number.filter(|n| [0.0, 1.0].contains(n)).ok_or_else(|| wrong("a flag: 1, 0, `true` or `false`")),
            },
        }
    }
}

/// The covariate that a column is named after; an exact name goes before one in other letters' case.
fn covariate<'m>(model: &'m Model, column: &str) -> Option<&'m Covariate> {
    let exact = model.covariates().iter().find(|c| c.name == column);
    exact.or_else(|| model.covariates().iter().find(|c| c.name.eq_ignore_ascii_case(column)))
}

fn unused(column: &Column, model: &Model) -> Diagnostic {
    let name = &column.name.text;
    let message = format!("the column `{name}` is not used: the model `{}` has no such covariate", model.id());
    let warning = Diagnostic {
        place: Some((Arc::clone(&column.name.place.source), column.name.place.span)),
        ..Diagnostic::warning("W_UNUSED_COLUMN", message)
    };
    match nearest(name, model.covariates().iter().map(|c| c.name.as_str())) {
        Some(near) => warning.with_hint(format!("did you mean `{near}`?")),
        None => warning,
    }
}

/// Reads lines, and collects what is wrong with them.
struct Reader<'a> {
    source: &'a Arc<Source>,
    faults: Vec<Fault<PeopleError>>,
    cells: Vec<(u32, u32)>,
}

impl<'a> Reader<'a> {
    fn place(&self, start: usize, end: usize) -> Place {
        Place { source: Arc::clone(self.source), span: Span::new(start, end) }
    }

    fn fault(&mut self, start: usize, end: usize, kind: PeopleError) {
        self.faults.push(self.place(start, end).fault(kind));
    }

    /// Finds the cells of a row of this width that describe a person; the person is in the column `id`.
    fn row(&mut self, start: usize, line: &'a str, width: usize, id: usize, ids: &mut BTreeSet<Cow<'a, str>>) {
        let mut cells = Vec::with_capacity(width);
        if let Err(span) = split(line, &mut cells) {
            return self.fault(start + span.start, start + span.end, PeopleError::Quote);
        }
        if cells.len() != width {
            return self.fault(start, start + line.len(), PeopleError::CellCount { found: cells.len(), needs: width });
        }
        let person = unquoted(&line[cells[id].clone()]);
        let (from, to) = (start + cells[id].start, start + cells[id].end);
        if is_missing(&person) {
            self.fault(from, to, PeopleError::RowWithoutId);
        } else if !ids.insert(person.clone()) {
            self.fault(from, to, PeopleError::RepeatedId { id: person.into_owned() });
        }
        let own = cells.into_iter().enumerate().filter(|(i, _)| *i != id);
        // Blanks around a cell are not what is wrong with it.
        self.cells.extend(own.map(|(_, cell)| {
            let text = &line[cell.clone()];
            let from = start + cell.start + (text.len() - text.trim_start().len());
            (from as u32, (from + text.trim().len()) as u32)
        }));
    }

    /// The columns that describe people, and the place of `ID` among all.
    fn header(&mut self, start: usize, line: &str) -> Result<(Vec<Column>, usize), Faults<PeopleError>> {
        let mut cells = Vec::new();
        if let Err(span) = split(line, &mut cells) {
            return Err(self
                .place(start + span.start, start + span.end)
                .fault::<PeopleError>(PeopleError::Quote)
                .into());
        }
        let (mut columns, mut id): (Vec<Column>, _) = (Vec::new(), None);
        for (at, range) in cells.iter().enumerate() {
            let place = self.place(start + range.start, start + range.end);
            let cell = unquoted(&line[range.clone()]);
            match column(&cell, place.clone()) {
                Err(found) => self.faults.extend(found.into_vec()),
                Ok(column) if column.name.text.eq_ignore_ascii_case("ID") && id.is_none() => id = Some(at),
                Ok(column) if columns.iter().any(|c| c.name.text == column.name.text) => {
                    self.faults.push(place.fault(PeopleError::RepeatedColumn { name: column.name.text }));
                }
                Ok(column) => columns.push(column),
            }
        }
        if id.is_none() {
            self.fault(start, start + line.len(), PeopleError::NoId);
        }
        let faults = std::mem::take(&mut self.faults);
        Faults::check(faults, || (columns, id.unwrap_or(0)))
    }
}

/// `weight`, or `weight [kg]`.
fn column(cell: &str, place: Place) -> Result<Column, Faults<PeopleError>> {
    let (name, unit) = match cell.split_once('[') {
        Some((name, unit)) => (name.trim(), Some(unit.trim().trim_end_matches(']'))),
        None => (cell.trim(), None),
    };
    if name.is_empty() {
        return Err(place.fault::<PeopleError>(PeopleError::NamelessColumn).into());
    }
    let unit = unit.map(|unit| unit.parse::<Unit>());
    let fault = |error| Faults::from(place.fault::<PeopleError>(DocumentError::Unit(error)));
    let unit = unit.transpose().map_err(|unknown| fault(unknown.kind))?;
    Ok(Column { name: Text::at(name.into(), place), unit })
}
