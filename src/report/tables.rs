//! Tables of results as HTML.

use super::html::Html;
use crate::io::{Cell, Column, Table, number, rounded};

/// Significant digits of a number, as in tables of the terminal.
const DIGITS: usize = 4;
/// Texts of more characters have room to flow.
const LONG: usize = 40;
/// How a table says that something is assumed.
const ASSUMED: &str = "assumed";

/// The names of arms that rest on an assumption: tables have the word beside them.
pub(super) struct Marked<'a>(pub(super) Vec<&'a str>);

impl Marked<'_> {
    /// Whether a cell names such an arm, alone or before something else, in a row without the word.
    fn marks(&self, column: &Column, cell: &Cell, row: &[Cell]) -> bool {
        let Cell::Text(text) = cell else { return false };
        if row.iter().any(|cell| matches!(cell, Cell::Text(text) if text == ASSUMED)) {
            return false;
        }
        let is = |arm: &&str| match column.name.as_str() {
            "arm" => text == *arm,
            name if name.starts_with("arm,") => text.strip_prefix(arm).is_some_and(|rest| rest.starts_with(": ")),
            _ => false,
        };
        self.0.iter().any(is)
    }
}

/// A table with its caption, why cells are empty, and lines below; nothing without rows.
pub(super) fn table(html: &mut Html, caption: &str, table: &Table, marked: &Marked<'_>, notes: &[String]) {
    if table.rows().is_empty() {
        return;
    }
    let mut reasons: Vec<&str> = Vec::new();
    // A reader at the keyboard can scroll what is wider than the screen.
    let region = [("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", caption)];
    html.element("div", &region, |html| {
        html.element("table", &[], |html| {
            html.leaf("caption", caption);
            html.element("thead", &[], |html| head(html, table));
            html.element("tbody", &[], |html| {
                for row in table.rows() {
                    html.element("tr", &[], |html| {
                        for (i, (column, cell)) in table.columns().iter().zip(row).enumerate() {
                            let attributes = attributes(i, is_numeric(table, i), cell);
                            let tag = if i == 0 { "th" } else { "td" };
                            html.element(tag, &attributes, |html| {
                                value(html, column, cell, marked.marks(column, cell, row), &mut reasons)
                            });
                        }
                    });
                }
            });
        });
    });
    if !reasons.is_empty() {
        html.element("ol", &[("class", "reasons")], |html| reasons.iter().for_each(|why| html.leaf("li", why)));
    }
    for note in notes {
        html.element("p", &[("class", "note")], |html| html.text(note));
    }
}

/// The same without columns that have nothing in any row, and no reason for it.
pub(super) fn without_empty_columns(table: &Table) -> Table {
    let empty = |i: usize| table.rows().iter().all(|row| row[i] == Cell::missing(""));
    let kept: Vec<usize> = (0..table.columns().len()).filter(|i| !empty(*i)).collect();
    let mut result = Table::new(kept.iter().map(|i| table.columns()[*i].clone()).collect());
    table.rows().iter().for_each(|row| result.push(kept.iter().map(|i| row[*i].clone()).collect()));
    result
}

fn head(html: &mut Html, table: &Table) {
    html.element("tr", &[], |html| {
        for (i, column) in table.columns().iter().enumerate() {
            let mut attributes = vec![("scope", "col")];
            if is_numeric(table, i) {
                attributes.push(("class", "number"));
            }
            html.element("th", &attributes, |html| {
                html.text(&column.name);
                if let Some(unit) = &column.unit {
                    html.text(" ");
                    html.element("span", &[("class", "unit")], |html| html.text(unit));
                }
            });
        }
    });
}

/// The first cell of a row names it; numbers stand under each other, and long texts have room.
fn attributes(place: usize, numeric: bool, cell: &Cell) -> Vec<(&'static str, &'static str)> {
    let mut attributes = Vec::new();
    if place == 0 {
        attributes.push(("scope", "row"));
    }
    match cell {
        Cell::Text(text) if text.chars().count() > LONG => attributes.push(("class", "long")),
        Cell::Number(_) | Cell::Integer(_) => attributes.push(("class", "number")),
        Cell::Missing(_) if numeric => attributes.push(("class", "number")),
        Cell::Text(_) | Cell::Missing(_) => {}
    }
    attributes
}

/// Whether a column has no words.
fn is_numeric(table: &Table, place: usize) -> bool {
    table.rows().iter().all(|row| !matches!(row[place], Cell::Text(_)))
}

fn value<'t>(html: &mut Html, column: &Column, cell: &'t Cell, marked: bool, reasons: &mut Vec<&'t str>) {
    match cell {
        Cell::Text(text) if column.name == "grade" && text == ASSUMED => strong(html),
        Cell::Text(text) => {
            html.text(text);
            if marked {
                html.text(" ");
                strong(html);
            }
        }
        Cell::Number(value) if value.is_finite() => html.text(&rounded(*value, DIGITS)),
        Cell::Number(value) => html.text(&number(*value)),
        Cell::Integer(value) => html.text(&value.to_string()),
        Cell::Missing(reason) => {
            html.text("–");
            if !reason.is_empty() {
                let place = reasons.iter().position(|known| known == reason).unwrap_or_else(|| {
                    reasons.push(reason);
                    reasons.len() - 1
                });
                html.element("sup", &[], |html| html.text(&format!("({})", place + 1)));
            }
        }
    }
}

fn strong(html: &mut Html) {
    html.element("strong", &[("class", "assumed")], |html| html.text(ASSUMED));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: Vec<Column>, row: Vec<Cell>, arms: Vec<&str>) -> String {
        let mut rows = Table::new(columns);
        rows.push(row);
        let mut html = Html::default();
        table(&mut html, "Caption", &rows, &Marked(arms), &[]);
        html.finish()
    }

    #[test]
    fn an_assumed_arm_is_marked_and_one_of_a_longer_name_is_not() {
        let cell = "<strong class=\"assumed\">assumed</strong>";
        let alone = |text: &str| shown(vec![Column::new("arm")], vec![text.into()], vec!["im"]);
        assert!(alone("im").contains(&format!("im {cell}")));
        assert!(!alone("im high").contains(cell));
        let beside = |text: &str| shown(vec![Column::new("arm, metric")], vec![text.into()], vec!["im"]);
        assert!(beside("im: Cmax").contains(&format!("im: Cmax {cell}")));
        assert!(!beside("im high: Cmax").contains(cell));
    }

    #[test]
    fn columns_of_nothing_are_left_out() {
        let mut rows = Table::new(["a", "b", "c"].map(Column::new).into());
        rows.push(vec!["x".into(), Cell::missing(""), Cell::missing("why")]);
        let kept = without_empty_columns(&rows);
        assert_eq!(kept.columns(), ["a", "c"].map(Column::new));
        assert_eq!(kept.rows(), [vec![Cell::from("x"), Cell::missing("why")]]);
    }

    #[test]
    fn equal_reasons_are_said_once() {
        let columns = ["arm", "a", "b", "c"].map(Column::new).into();
        let row = vec!["x".into(), Cell::missing("why"), Cell::missing("other"), Cell::missing("why")];
        let html = shown(columns, row, vec![]);
        assert_eq!(html.matches("<sup>(1)</sup>").count(), 2);
        assert!(html.contains("<li>why</li>\n<li>other</li>"));
    }
}
