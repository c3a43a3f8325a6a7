//! From a figure to a page: title, grid of panels, legend, small print. The page grows to hold its text, so nothing is cut.

use super::error::PlotError;
use super::figure::{Figure, Panel};
use super::font;
use super::geometry::{Point, Rect};
use super::legend::Legend;
use super::palette::{Colour, INK, MUTED};
use super::panel::{LABEL_TEXT, Prepared, TICK_TEXT, label_lines};
use super::scene::{Anchor, Scene, Text};

const MARGIN: f64 = 14.0;
const TITLE_TEXT: f64 = 15.0;
const PANEL_TITLE_TEXT: f64 = 12.0;
const FOOTNOTE_TEXT: f64 = 10.0;
/// From one baseline to the next, in em.
const LEADING: f64 = 1.3;
const PLOT_HEIGHT: f64 = 230.0;
/// A heat map reads along both axes; one that has the page's width for itself is higher still.
const MAP_HEIGHT: f64 = 260.0;
const WIDE_MAP_HEIGHT: f64 = 360.0;
/// A row of bars, and what is above and below all of them.
const BAR_ROW: f64 = 26.0;
const BAR_ROOM: f64 = 4.0;
/// A name with marks beside it.
const NAME_ROW: f64 = 17.0;
/// Between the panels of a row.
const COLUMN_GAP: f64 = 14.0;
/// Below the labels of a row of panels.
const ROW_GAP: f64 = 16.0;
/// From the frame to the label of the x axis: tick, gap, tick label, gap.
const X_TICKS: f64 = 8.0 + TICK_TEXT + 4.0;
/// From the frame to the labels of the y ticks, and from those to the label of the axis.
const Y_TICKS: f64 = 7.0 + 6.0;
/// Room for the half of the last x label that stands out.
const RIGHT: f64 = 14.0;
/// A page beyond this many square px takes hundreds of megabytes to draw.
const LARGEST_PAGE: f64 = 4e6;

/// Sets a figure on a page.
pub(super) fn scene(figure: &Figure) -> Result<Scene, PlotError> {
    let columns = figure.columns.unwrap_or(2).clamp(1, figure.panels.len().max(1));
    let cell_width = match columns {
        1 => 700.0,
        2 => 430.0,
        _ => 380.0,
    };
    let width = 2.0 * MARGIN + columns as f64 * cell_width + (columns - 1) as f64 * COLUMN_GAP;
    let room = width - 2.0 * MARGIN;
    let mut page = Scene { width, ..Scene::default() };
    let mut y = MARGIN;
    let title = font::wrap(&figure.title, TITLE_TEXT, true, room);
    y = write_lines(&mut page, &title, (MARGIN, y), TITLE_TEXT, true, INK);
    if !title.is_empty() {
        y += 6.0;
    }

    let gutters = Gutters::of(figure, cell_width, columns)?;
    for row in figure.panels.chunks(columns) {
        y = write_row(&mut page, row, y, cell_width, &gutters)?;
        if y * width > LARGEST_PAGE {
            return Err(PlotError::TooLarge { width, height: y });
        }
    }
    if figure.panels.is_empty() {
        let text = Text::new((width / 2.0, y + 2.0 * LABEL_TEXT), "no data", LABEL_TEXT);
        page.text(Text { anchor: Anchor::Middle, colour: MUTED, ..text });
        y += 4.0 * LABEL_TEXT;
    }

    let legend = Legend::new(figure, room);
    legend.draw(&mut page, (MARGIN, y));
    y += legend.height();
    let footnote = font::wrap(&figure.footnote, FOOTNOTE_TEXT, false, room);
    if !footnote.is_empty() {
        y = write_lines(&mut page, &footnote, (MARGIN, y + 8.0), FOOTNOTE_TEXT, false, MUTED);
    }
    page.height = (y + MARGIN).ceil();
    if page.width * page.height > LARGEST_PAGE {
        return Err(PlotError::TooLarge { width, height: page.height });
    }
    Ok(page)
}

/// The room beside and below the plots, equal for all, so that frames line up.
struct Gutters {
    left: f64,
    right: f64,
    y_label_lines: usize,
    plot_height: f64,
}

impl Gutters {
    fn of(figure: &Figure, cell_width: f64, columns: usize) -> Result<Self, PlotError> {
        let plot_height = match figure.panels.iter().any(|panel| panel.heat.is_some()) {
            false => PLOT_HEIGHT,
            true if columns == 1 => WIDE_MAP_HEIGHT,
            true => MAP_HEIGHT,
        };
        let names = figure.panels.iter().map(|panel| panel.y.names.len()).max().unwrap_or(0);
        let rows = figure.panels.iter().filter(|panel| !panel.bars.is_empty()).map(|panel| panel.y.names.len()).max();
        let plot_height = rows.map_or(plot_height.max(names as f64 * NAME_ROW), |rows| {
            (rows as f64 * BAR_ROW + BAR_ROOM).max(2.0 * BAR_ROW)
        });
        let mut labels: f64 = 0.0;
        let mut right: f64 = RIGHT;
        let mut y_label_lines = 1;
        for panel in &figure.panels {
            let prepared = Prepared::new(panel, cell_width, plot_height)?;
            labels = labels.max(prepared.widest_y_label());
            right = right.max(prepared.colour_bar(plot_height));
            y_label_lines = y_label_lines.max(label_lines(&panel.y, plot_height).len());
        }
        let left = Y_TICKS + labels + y_label_lines as f64 * LEADING * LABEL_TEXT;
        Ok(Self { left, right, y_label_lines, plot_height })
    }
}

/// Draws a row of panels from `top` and returns where it ends.
fn write_row(page: &mut Scene, row: &[Panel], top: f64, cell_width: f64, gutters: &Gutters) -> Result<f64, PlotError> {
    let plot_width = cell_width - gutters.left - gutters.right;
    let titles: Vec<Vec<String>> =
        row.iter().map(|panel| font::wrap(&panel.title, PANEL_TITLE_TEXT, true, plot_width)).collect();
    let title_lines = titles.iter().map(Vec::len).max().unwrap_or(0);
    let plot_top = top + title_lines as f64 * LEADING * PANEL_TITLE_TEXT + 6.0;
    let plot_bottom = plot_top + gutters.plot_height;
    let mut bottom = plot_bottom;
    for (column, (panel, title)) in row.iter().zip(&titles).enumerate() {
        let left = MARGIN + column as f64 * (cell_width + COLUMN_GAP) + gutters.left;
        let plot = Rect { left, top: plot_top, right: left + plot_width, bottom: plot_bottom };
        // Titles stand on the frame, whatever their number of lines.
        let title_top = plot_top - 6.0 - title.len() as f64 * LEADING * PANEL_TITLE_TEXT;
        write_lines(page, title, (left, title_top), PANEL_TITLE_TEXT, true, INK);
        Prepared::new(panel, plot_width, gutters.plot_height)?.draw(page, plot)?;
        bottom = bottom.max(write_axis_labels(page, panel, plot, gutters));
    }
    Ok(bottom + ROW_GAP)
}

/// Writes the labels of both axes and returns the lower end of that of x.
fn write_axis_labels(page: &mut Scene, panel: &Panel, plot: Rect, gutters: &Gutters) -> f64 {
    let step = LEADING * LABEL_TEXT;
    let centre = (plot.left + plot.right) / 2.0;
    let mut y = plot.bottom + X_TICKS;
    for line in label_lines(&panel.x, plot.width()) {
        let text = Text::new((centre, y + LABEL_TEXT), line, LABEL_TEXT);
        page.text(Text { anchor: Anchor::Middle, ..text });
        y += step;
    }
    let middle = (plot.top + plot.bottom) / 2.0;
    let lines = label_lines(&panel.y, gutters.plot_height);
    let unused = gutters.y_label_lines - lines.len();
    for (nth, line) in lines.into_iter().enumerate() {
        let x = plot.left - gutters.left + LABEL_TEXT + (unused + nth) as f64 * step;
        let text = Text::new((x, middle), line, LABEL_TEXT);
        page.text(Text { anchor: Anchor::Middle, upward: true, ..text });
    }
    y
}

/// Writes lines from an upper left corner and returns where they end.
fn write_lines(page: &mut Scene, lines: &[String], (left, top): Point, size: f64, bold: bool, colour: Colour) -> f64 {
    let mut y = top;
    for line in lines {
        page.text(Text { bold, colour, ..Text::new((left, y + size), line, size) });
        y += LEADING * size;
    }
    y
}
