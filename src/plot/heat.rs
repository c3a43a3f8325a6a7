//! A heat map in its panel: cells, the colour bar beside them, and contour lines with their values.

use super::contour;
use super::error::PlotError;
use super::field::{Contours, Grid, Heat};
use super::figure::{Axis, Scale};
use super::font;
use super::geometry::{Point, Rect, clip_line};
use super::palette::{Colour, INK, MUTED, PAPER, colour, shade};
use super::panel::{LABEL_TEXT, TICK_TEXT, label_lines};
use super::range::{self, Range};
use super::scene::{Anchor, Scene, Text};
use super::ticks::{Ticks, plain, ticks};

/// From the frame to the colour bar, and how wide the bar is.
const BAR_GAP: f64 = 14.0;
const BAR: f64 = 14.0;
/// From the bar to the labels of its ticks, and from these to its own label.
const BAR_TICKS: f64 = 7.0;
const BAR_LABEL_GAP: f64 = 4.0;
/// The height of the point at an end of the bar that values lie beyond.
const BAR_POINT: f64 = 9.0;
/// The bar is drawn in this many flat pieces.
const BAR_PIECES: usize = 128;
const LEADING: f64 = 1.3;
/// Neighbours overlap by this much, so that no seam shows between them.
const SEAM: f64 = 0.5;
/// Between the lines of a hatch, along x.
const HATCH: f64 = 7.0;
/// Width of contour lines, and of the white around them.
pub(super) const CONTOUR: f64 = 1.4;
pub(super) const CONTOUR_HALO: f64 = 3.2;
const CONTOUR_TEXT: f64 = 10.0;
/// Labels of columns and rows are at least this far apart.
const APART: f64 = 8.0;

/// A heat map with its colours decided.
pub(super) struct HeatMap<'a> {
    axis: &'a Axis,
    grid: Grid,
    /// `None` when all cells failed.
    bar: Option<Bar>,
}

struct Bar {
    range: Range,
    ticks: Ticks,
    /// Values lie below the low end, and above the high end.
    beyond: (bool, bool),
}

impl<'a> HeatMap<'a> {
    /// Sorts the cells and decides the colours for a bar of this height.
    pub fn new(heat: &'a Heat, height: f64) -> Result<Self, PlotError> {
        let grid = Grid::of(&heat.axis.label, &heat.points)?;
        let finite = || grid.values.iter().copied().filter(|value| range::finite(*value));
        let bar = range::of_colours(&heat.axis, finite())?.map(|range| Bar {
            ticks: ticks(&range, &heat.axis.unit, (height / 42.0) as usize),
            beyond: (finite().any(|value| value < range.low), finite().any(|value| value > range.high)),
            range,
        });
        Ok(Self { axis: &heat.axis, grid, bar })
    }

    /// The columns, rows and values.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The room that the colour bar takes beside a plot of this height.
    pub fn width(&self, height: f64) -> f64 {
        let Some(bar) = &self.bar else { return 0.0 };
        let lines = label_lines(self.axis, height).len() as f64;
        BAR_GAP + BAR + BAR_TICKS + bar.widest_label() + BAR_LABEL_GAP + lines * LEADING * LABEL_TEXT
    }

    /// Draws the cells, given the places of their edges.
    pub fn draw_cells(&self, scene: &mut Scene, columns: &[f64], rows: &[f64], plot: &Rect) {
        for (row, above) in rows.windows(2).enumerate().rev() {
            for (column, beside) in columns.windows(2).enumerate() {
                let cell = Rect {
                    left: beside[0].max(plot.left),
                    right: (beside[1] + SEAM).min(plot.right),
                    top: above[1].max(plot.top),
                    bottom: (above[0] + SEAM).min(plot.bottom),
                };
                if cell.left < cell.right && cell.top < cell.bottom {
                    match self.colour(self.grid.values[row * self.grid.xs.len() + column]) {
                        Some(colour) => scene.area(cell.corners(), colour, 1.0),
                        None => hatch(scene, &cell),
                    }
                }
            }
        }
    }

    fn colour(&self, value: f64) -> Option<Colour> {
        let bar = self.bar.as_ref().filter(|_| range::finite(value))?;
        // Zero has no place on a logarithmic bar, but it is below all that have.
        Some(if value <= bar.range.low { shade(0.0) } else { shade(bar.range.place(value)) })
    }

    /// Draws the colour bar to the right of the plot.
    pub fn draw_bar(&self, scene: &mut Scene, plot: &Rect) {
        let Some(bar) = &self.bar else { return };
        let left = plot.right + BAR_GAP;
        let room = |beyond: bool| if beyond { BAR_POINT } else { 0.0 };
        let block = Rect {
            left,
            right: left + BAR,
            top: plot.top + room(bar.beyond.1),
            bottom: plot.bottom - room(bar.beyond.0),
        };
        bar.draw(scene, &block);
        let labels = block.right + BAR_TICKS + bar.widest_label() + BAR_LABEL_GAP;
        let middle = (plot.top + plot.bottom) / 2.0;
        for (nth, line) in label_lines(self.axis, plot.height()).into_iter().enumerate() {
            let x = labels + LABEL_TEXT + nth as f64 * LEADING * LABEL_TEXT;
            let text = Text::new((x, middle), line, LABEL_TEXT);
            scene.text(Text { anchor: Anchor::Middle, upward: true, ..text });
        }
    }
}

impl Bar {
    fn widest_label(&self) -> f64 {
        let labels = self.ticks.labelled.iter();
        labels.map(|(_, label)| font::width(label, TICK_TEXT, false)).fold(0.0, f64::max)
    }

    fn draw(&self, scene: &mut Scene, block: &Rect) {
        let Rect { left, top, right, bottom } = *block;
        let piece = block.height() / BAR_PIECES as f64;
        for nth in (0..BAR_PIECES).rev() {
            let low = bottom - nth as f64 * piece;
            let area = Rect { top: low - piece, bottom: (low + SEAM).min(bottom), ..*block };
            scene.area(area.corners(), shade((nth as f64 + 0.5) / BAR_PIECES as f64), 1.0);
        }
        let middle = (left + right) / 2.0;
        let mut outline = vec![(left, bottom), (left, top)];
        if self.beyond.1 {
            scene.area([(left, top), (middle, top - BAR_POINT), (right, top)], shade(1.0), 1.0);
            outline.push((middle, top - BAR_POINT));
        }
        outline.extend([(right, top), (right, bottom)]);
        if self.beyond.0 {
            scene.area([(left, bottom), (right, bottom), (middle, bottom + BAR_POINT)], shade(0.0), 1.0);
            outline.push((middle, bottom + BAR_POINT));
        }
        outline.push((left, bottom));
        scene.line(outline, INK, 0.75);
        let y = |value: f64| bottom - self.range.place(value) * block.height();
        for (value, label) in &self.ticks.labelled {
            let y = y(*value);
            scene.line([(right, y), (right + 4.0, y)], INK, 1.0);
            scene.text(Text::new((right + BAR_TICKS, y + 0.36 * TICK_TEXT), label, TICK_TEXT));
        }
        for value in &self.ticks.minor {
            scene.line([(right, y(*value)), (right + 2.0, y(*value))], INK, 0.75);
        }
    }
}

/// White with oblique lines, which go on from one cell to the next.
pub(super) fn hatch(scene: &mut Scene, cell: &Rect) {
    scene.area(cell.corners(), PAPER, 1.0);
    let (first, last) = (cell.left + cell.top, cell.right + cell.bottom);
    let mut sum = (first / HATCH).ceil() * HATCH;
    while sum < last {
        let line = [(sum - cell.bottom, cell.bottom), (sum - cell.top, cell.top)];
        for piece in clip_line(&line, cell) {
            scene.line(piece, MUTED, 0.75);
        }
        sum += HATCH;
    }
}

/// Ticks at the columns or rows themselves, labelled as far as there is room along `length` px: all of them, or on a linear
/// axis every second, third and so on. `None` where the numbers are long or less than three labels would be left.
pub(super) fn ticks_at(values: &[f64], range: &Range, length: f64, upright: bool) -> Option<Ticks> {
    let all: Vec<(f64, String)> = values.iter().map(|value| Some((*value, short(*value)?))).collect::<Option<_>>()?;
    let size = |label: &str| if upright { TICK_TEXT } else { font::width(label, TICK_TEXT, false) };
    let has_room = |pair: [&(f64, String); 2]| {
        let between = (range.place(pair[1].0) - range.place(pair[0].0)) * length;
        between >= 0.5 * (size(&pair[0].1) + size(&pair[1].1)) + APART
    };
    let widest = if range.scale == Scale::Linear { (all.len() - 1) / 2 } else { 1 };
    let stride = (1..=widest)
        .find(|stride| all.iter().zip(all.iter().skip(*stride)).step_by(*stride).all(|(a, b)| has_room([a, b])))?;
    let inside = |tick: &&(f64, String)| range.contains(tick.0);
    Some(Ticks {
        labelled: all.iter().step_by(stride).filter(inside).cloned().collect(),
        minor: all.iter().filter(inside).map(|(value, _)| *value).collect(),
    })
}

/// A number that four digits write exactly enough.
fn short(value: f64) -> Option<String> {
    let written: f64 = format!("{value:.3e}").parse().ok()?;
    let text = plain(written).replace('-', "−");
    ((written - value).abs() <= 1e-9 * value.abs() && text.chars().count() <= 6).then_some(text)
}

/// A contour line on the page.
pub(super) struct Contour {
    pub points: Vec<Point>,
    pub label: String,
    pub colour: usize,
}

/// The contour lines of values whose columns and rows have these places.
pub(super) fn contour_lines(
    contours: &Contours,
    grid: &Grid,
    columns: &[f64],
    rows: &[f64],
    plot: &Rect,
) -> Vec<Contour> {
    let scale = contours.axis.scale;
    let along = |value: f64| match scale {
        _ if !range::drawable(value, scale) => f64::NAN,
        Scale::Linear => value,
        Scale::Log => value.ln(),
    };
    let values: Vec<f64> = grid.values.iter().copied().map(along).collect();
    let mut found = Vec::new();
    for level in &contours.levels {
        let lines = contour::lines(columns, rows, &values, along(*level));
        for points in lines.iter().flat_map(|line| clip_line(line, plot)) {
            found.push(Contour { points, label: plain(*level).replace('-', "−"), colour: contours.colour });
        }
    }
    found
}

/// Draws contour lines, and the value of each where it hides least.
pub(super) fn draw_contours(scene: &mut Scene, lines: &[Contour], plot: &Rect) {
    for line in lines {
        scene.line(line.points.as_slice(), PAPER, CONTOUR_HALO);
    }
    for line in lines {
        scene.line(line.points.as_slice(), colour(line.colour), CONTOUR);
    }
    let mut taken: Vec<Rect> = Vec::new();
    for (nth, line) in lines.iter().enumerate() {
        let others = || lines.iter().enumerate().filter(|(other, _)| *other != nth).map(|(_, line)| &line.points);
        let free = |bounds: &Rect| plot.encloses(bounds) && !taken.iter().any(|label| label.overlaps(bounds));
        let clear = |bounds: &Rect| !others().any(|points| !clip_line(points, bounds).is_empty());
        let places: Vec<(Text, Rect)> = label_places(&line.points).map(|at| label(line, at)).collect();
        let best = places.iter().find(|(_, bounds)| free(bounds) && clear(bounds));
        if let Some((text, bounds)) = best.or_else(|| places.iter().find(|(_, bounds)| free(bounds))) {
            scene.area(bounds.corners(), PAPER, 0.9);
            scene.text(text.clone());
            taken.push(*bounds);
        }
    }
}

/// Where the value may stand: the middle of the line, then ever farther from it.
fn label_places(points: &[Point]) -> impl Iterator<Item = Point> {
    let length = |pair: &[Point]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
    let total: f64 = points.windows(2).map(length).sum();
    (0..19).filter_map(move |nth: i32| {
        let side = if nth % 2 == 0 { 1.0 } else { -1.0 };
        let mut left = total * (0.5 + side * 0.05 * f64::from((nth + 1) / 2));
        for pair in points.windows(2) {
            let length = length(pair);
            if left <= length && length > 0.0 {
                let s = left / length;
                return Some((pair[0].0 + s * (pair[1].0 - pair[0].0), pair[0].1 + s * (pair[1].1 - pair[0].1)));
            }
            left -= length;
        }
        None
    })
}

fn label(line: &Contour, (x, y): Point) -> (Text, Rect) {
    let text = Text::new((x, y + 0.36 * CONTOUR_TEXT), &line.label, CONTOUR_TEXT);
    let text = Text { anchor: Anchor::Middle, colour: colour(line.colour), bold: true, ..text };
    let bounds = text.bounds();
    let padded = Rect { left: bounds.left - 2.0, right: bounds.right + 2.0, ..bounds };
    (text, padded)
}
