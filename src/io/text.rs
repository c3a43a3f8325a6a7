//! Tables for people: aligned, wrapped into blocks of columns that fit the terminal.

use super::number::{number, rounded};
use super::table::{Cell, Table};

/// Significant digits of a number in a table for people.
const DIGITS: usize = 4;
/// Characters between columns.
const GAP: usize = 2;
/// Words in a cell wrap beyond this many characters, the first of these that takes no more blocks than the last.
const WIDEST_CELL: [usize; 8] = [160, 120, 100, 80, 64, 52, 44, 36];
/// Words in a header wrap beyond this many characters.
const WIDEST_HEADER: usize = 16;

/// Prints the table in lines of at most `width` characters (wider only if the key and one column do not fit).
pub(super) fn render(table: &Table, width: usize) -> String {
    if table.columns().is_empty() {
        return String::new();
    }
    let (columns, notes) = widest_that_fits(table, width);
    let mut out = String::new();
    for (number, block) in blocks(&columns, width).iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        print_block(&mut out, block);
    }
    if !notes.is_empty() {
        out.push('\n');
    }
    for (number, reason) in notes.iter().enumerate() {
        let label = format!("({}) ", number + 1);
        for (nth, line) in wrap(reason, width.saturating_sub(label.len()).max(20)).iter().enumerate() {
            let lead = if nth == 0 { label.clone() } else { " ".repeat(label.len()) };
            out.push_str(&format!("{lead}{line}\n"));
        }
    }
    out
}

/// A column ready to print: every cell broken into lines.
struct Laid {
    header: Vec<String>,
    unit: String,
    cells: Vec<Vec<String>>,
    right: bool,
    width: usize,
}

/// The layout with the widest cells that takes as few blocks as narrow cells would, and its notes.
fn widest_that_fits(table: &Table, width: usize) -> (Vec<Laid>, Vec<String>) {
    let mut layouts = WIDEST_CELL.iter().rev().map(|widest| lay_out(table, width, *widest));
    let mut best = layouts.next().expect("there is a narrowest cell");
    let fewest = blocks(&best.0, width).len();
    for layout in layouts {
        let fits = blocks(&layout.0, width).len() <= fewest && layout.0.iter().all(|column| column.width <= width);
        if !fits {
            break;
        }
        best = layout;
    }
    best
}

fn lay_out(table: &Table, width: usize, widest_cell: usize) -> (Vec<Laid>, Vec<String>) {
    let mut notes = Vec::new();
    let widest_key = (width / 3).clamp(12, 36);
    // Row by row, so that notes are numbered in reading order.
    let mut cells: Vec<Vec<Vec<String>>> = vec![Vec::new(); table.columns().len()];
    for row in table.rows() {
        for (index, cell) in row.iter().enumerate() {
            let widest = if index == 0 { widest_key } else { widest_cell };
            cells[index].push(cell_lines(cell, widest, &mut notes));
        }
    }
    let right =
        |index: usize| !table.rows().is_empty() && table.rows().iter().all(|row| !matches!(row[index], Cell::Text(_)));
    let columns = table
        .columns()
        .iter()
        .zip(cells)
        .enumerate()
        .map(|(index, (column, cells))| {
            let unit = column.unit.clone().unwrap_or_default();
            let widest_value = cells.iter().flatten().map(|line| length(line)).max().unwrap_or(0);
            let header = wrap(&column.name, WIDEST_HEADER.max(widest_value));
            let widest_header = header.iter().map(|line| length(line)).max().unwrap_or(0);
            let width = widest_value.max(widest_header).max(length(&unit));
            Laid { header, unit, cells, right: right(index), width }
        })
        .collect();
    (columns, notes)
}

fn cell_lines(cell: &Cell, widest: usize, notes: &mut Vec<String>) -> Vec<String> {
    match cell {
        Cell::Text(text) => wrap(text, widest),
        Cell::Number(value) => vec![if value.is_finite() { rounded(*value, DIGITS) } else { number(*value) }],
        Cell::Integer(value) => vec![value.to_string()],
        Cell::Missing(reason) if reason.is_empty() => vec!["–".into()],
        Cell::Missing(reason) => {
            let known = notes.iter().position(|note| note == reason);
            let index = known.unwrap_or_else(|| {
                notes.push(reason.clone());
                notes.len() - 1
            });
            vec![format!("– ({})", index + 1)]
        }
    }
}

/// Splits columns into blocks that fit, each led by the key column.
fn blocks(columns: &[Laid], width: usize) -> Vec<Vec<&Laid>> {
    let (key, rest) = columns.split_first().expect("a table with columns");
    let mut blocks = vec![vec![key]];
    let mut used = key.width;
    for column in rest {
        let block = blocks.last_mut().expect("there is always a block");
        if block.len() > 1 && used + GAP + column.width > width {
            blocks.push(vec![key, column]);
            used = key.width + GAP + column.width;
        } else {
            block.push(column);
            used += GAP + column.width;
        }
    }
    blocks
}

fn print_block(out: &mut String, block: &[&Laid]) {
    let tallest = block.iter().map(|column| column.header.len()).max().unwrap_or(0);
    for line in 0..tallest {
        // Headers stand on the rule, like the names in a printed table.
        print_line(out, block, |column| {
            (line + column.header.len()).checked_sub(tallest).map_or("", |nth| &column.header[nth])
        });
    }
    if block.iter().any(|column| !column.unit.is_empty()) {
        print_line(out, block, |column| &column.unit);
    }
    let total: usize = block.iter().map(|column| column.width).sum::<usize>() + GAP * (block.len() - 1);
    out.push_str(&"-".repeat(total));
    out.push('\n');
    for row in 0..block[0].cells.len() {
        let tallest = block.iter().map(|column| column.cells[row].len()).max().unwrap_or(0);
        for line in 0..tallest {
            print_line(out, block, |column| column.cells[row].get(line).map_or("", String::as_str));
        }
    }
}

fn print_line<'a>(out: &mut String, block: &[&'a Laid], text: impl Fn(&'a Laid) -> &'a str) {
    let mut line = String::new();
    for (index, column) in block.iter().enumerate() {
        if index > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let text = text(column);
        let pad = " ".repeat(column.width.saturating_sub(length(text)));
        if column.right {
            line.push_str(&pad);
        }
        line.push_str(text);
        if !column.right {
            line.push_str(&pad);
        }
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Breaks text at spaces into lines of at most `width` characters; a longer word is cut, behind a `_` where there is one.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let line = lines.last().expect("there is always a line");
        if !line.is_empty() && length(line) + 1 + word.len() > width {
            lines.push(String::new());
        }
        while word.len() > width {
            // Names break behind an underscore.
            let at = word[..width].iter().rposition(|c| *c == '_').map_or(width, |place| place + 1);
            let rest = word.split_off(at);
            *lines.last_mut().expect("there is always a line") = word.into_iter().collect();
            lines.push(String::new());
            word = rest;
        }
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Column;

    fn wide() -> Table {
        let mut table = Table::new(vec![
            Column::new("arm"),
            Column::new("model"),
            Column::new("Cmax").unit("ng/mL"),
            Column::new("AUC from 0 to 24 h").unit("h*ng/mL"),
            Column::new("norketamine Cmax").unit("ng/mL"),
        ]);
        table.push(vec![
            "esketamine 84 mg intranasal, three devices 5 min apart".into(),
            "esketamine-perez-ruixo-2021".into(),
            101.234.into(),
            512.0.into(),
            Cell::missing("not in this model"),
        ]);
        table.push(vec!["oral".into(), "ketamine-clements-1981".into(), 7.5.into(), 88.123.into(), Cell::missing("")]);
        table
    }

    #[test]
    fn one_block_is_aligned_with_units_and_notes() {
        let text = render(&wide(), 200);
        let lines: Vec<&str> = text.lines().collect();
        assert!(text.contains("– (1)") && text.contains("\n(1) not in this model\n"), "{text}");
        let unit_line = lines.iter().position(|line| line.contains("h*ng/mL")).unwrap();
        assert!(lines[unit_line + 1].chars().all(|c| c == '-'), "{text}");
        let oral = lines.iter().find(|line| line.starts_with("oral")).unwrap();
        let end = |line: &str, word: &str| line[..line.find(word).unwrap()].chars().count() + word.chars().count();
        assert_eq!(end(oral, "7.500"), end(lines[unit_line], "ng/mL"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_blocks_repeat_the_key() {
        for width in [60, 80, 100] {
            let text = render(&wide(), width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            let blocks = text.lines().filter(|line| line.starts_with("---")).count();
            let keys = text.lines().filter(|line| line.starts_with("oral")).count();
            assert_eq!(blocks, keys, "{text}");
        }
    }

    #[test]
    fn words_wrap_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("gone_before_circulation", 16), ["gone_before_", "circulation"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn empty_tables_print_their_header() {
        assert_eq!(render(&Table::default(), 80), "");
        assert_eq!(render(&Table::new(vec![Column::new("id")]), 80), "id\n--\n");
    }
}
