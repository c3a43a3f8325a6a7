//! The embedded font and the width of text set in it.
//!
//! DejaVu Sans, Latin and Greek letters only; its licence is beside it in `font/`.

use std::sync::Once;

use plotters::style::{FontStyle, IntoFont, register_font};

/// The name in SVG documents. A viewer without DejaVu uses Verdana, which it was made to resemble, or its own.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// What plotters calls the size of a font is the distance from ascent to descent, which is this many em in DejaVu.
pub(super) const LINE_PER_EM: f64 = (1901.0 + 483.0) / 2048.0;

/// Measured at this size, so that whole units are fine enough.
const MEASURED_EM: f64 = 200.0;

/// Makes the font known to plotters; every use of it goes through here first.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let fonts: [(FontStyle, &'static [u8]); 2] = [
            (FontStyle::Normal, include_bytes!("font/DejaVuSans-regular.ttf")),
            (FontStyle::Bold, include_bytes!("font/DejaVuSans-bold.ttf")),
        ];
        for (style, bytes) in fonts {
            assert!(register_font(FAMILY, style, bytes).is_ok(), "the embedded font is whole");
        }
    });
}

/// The width of a line of text in px at a size in px per em.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    register();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = (FAMILY, MEASURED_EM * LINE_PER_EM, style).into_font();
    let (width, _) = font.box_size(text).expect("the font is registered");
    f64::from(width) * size / MEASURED_EM
}

/// Breaks text at spaces into lines of at most `room` px; a longer word is cut.
pub(super) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let fits = |line: &str| width(line, size, bold) <= room;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if fits(&longer) {
                *line = longer;
                continue;
            }
        }
        lines.extend(cut(word, fits));
    }
    lines
}

/// As [`wrap`], but of more than `most` lines the rest is an ellipsis.
pub(super) fn wrap_at_most(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines = wrap(text, size, false, room);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && width(&format!("{last}…"), size, false) > room {
                last.pop();
            }
            last.push('…');
        }
    }
    lines
}

/// Cuts a word into pieces that fit, at least one character each.
fn cut(word: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    if fits(word) {
        return vec![word.into()];
    }
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        let piece = pieces.last_mut().expect("there is always a piece");
        piece.push(letter);
        if piece.chars().count() > 1 && !fits(piece) {
            piece.pop();
            pieces.push(letter.into());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advance of a digit in DejaVu Sans: 1303 of 2048 units.
        assert!((width("0000000000", 12.0, false) - 12.0 * 13030.0 / 2048.0).abs() < 0.1);
        assert!(width("Cmax", 12.0, true) > width("Cmax", 12.0, false));
    }

    #[test]
    fn the_subset_has_the_letters_of_the_field() {
        let missing = width("\u{4e2d}", 12.0, false);
        for letter in "µμ·×–−≥≤αβγδηλσωΔ°₀₂⁻⁶é²".chars() {
            let found = width(&letter.to_string(), 12.0, false);
            assert!(found > 0.0 && found != missing, "{letter}");
        }
    }

    #[test]
    fn wrapped_lines_fit() {
        let text = "esketamine 84 mg intranasal, three devices, Pneumonoultramicroscopicsilicovolcanoconiosis";
        for room in [30.0, 80.0, 200.0] {
            let lines = wrap(text, 11.0, false, room);
            assert!(lines.iter().all(|line| width(line, 11.0, false) <= room), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        let short = wrap_at_most(text, 11.0, 80.0, 2);
        assert!(short.len() == 2 && short[1].ends_with('…') && width(&short[1], 11.0, false) <= 80.0, "{short:?}");
        assert_eq!(wrap_at_most("one two", 11.0, 80.0, 2), ["one two"]);
        assert!(wrap("  ", 11.0, false, 50.0).is_empty());
    }
}
