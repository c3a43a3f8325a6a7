//! One panel on the page: axes, ticks, and what is drawn between them.

use super::bars::{draw_bars, draw_dots};
use super::error::PlotError;
use super::field::{Grid, edges};
use super::figure::{Axis, Marks, Panel, Reference, Scale, Series};
use super::font;
use super::geometry::{Point, Rect, clip_line, clip_polygon, dashes, places, reach_of, simplify};
use super::heat::{Contour, HeatMap, contour_lines, draw_contours, ticks_at};
use super::palette::{Colour, GRID, INK, MUTED, Marker, PAPER, WINDOW, colour, marker, shade, tint};
use super::range::{self, Range};
use super::render::circle;
use super::scene::{Anchor, Scene, Text};
use super::ticks::{self, Ticks};

/// Size of tick labels.
pub(super) const TICK_TEXT: f64 = 11.0;
/// Names of an axis are at least this far apart.
const NAME_GAP: f64 = 8.0;
/// Size of axis labels.
pub(super) const LABEL_TEXT: f64 = 12.0;
/// Width of curves.
pub(super) const CURVE: f64 = 1.6;
/// Half the width of a marker.
pub(super) const MARKER: f64 = 3.4;
/// Height of a mark of a dose.
pub(super) const DOSE: f64 = 7.0;

/// Width of fine curves.
const FINE: f64 = 0.7;

const TICK: f64 = 4.0;
const DASH: (f64, f64) = (7.0, 4.0);
const BAND_OPACITY: f64 = 0.22;
/// The edges of a band: they keep it apart from a shaded window in grey.
pub(super) const BAND_EDGE: f64 = 0.6;
/// Between the layers of a stack.
const LAYER_EDGE: f64 = 1.0;
/// Curves are drawn to this many px.
const TOLERANCE: f64 = 0.08;
/// Markers of a curve are at least this far apart, and at most this many.
const MARKER_EVERY: f64 = 80.0;
const MOST_MARKERS: f64 = 9.0;
/// Places outside the page come no farther, so that differences of them stay finite.
const FAR: f64 = 1e9;
const REFERENCE_TEXT: f64 = 10.0;
const REFERENCE: f64 = 4.6;

/// A panel with its axes decided; `axes` is `None` when there is nothing to show.
pub(super) struct Prepared<'a> {
    pub panel: &'a Panel,
    axes: Option<Axes>,
    map: Option<HeatMap<'a>>,
}

struct Axes {
    x: Range,
    y: Range,
    x_ticks: Ticks,
    y_ticks: Ticks,
}

impl<'a> Prepared<'a> {
    /// Decides the ends and ticks of a panel whose plot has this size.
    pub fn new(panel: &'a Panel, width: f64, height: f64) -> Result<Self, PlotError> {
        let map = panel.heat.as_ref().map(|heat| HeatMap::new(heat, height)).transpose()?;
        let axes = range::of_panel(panel)?.map(|(x, y)| {
            let grid = map.as_ref().map(HeatMap::grid);
            let at_columns = grid.and_then(|grid| ticks_at(&grid.xs, &x, width, false));
            let at_rows = grid.and_then(|grid| ticks_at(&grid.ys, &y, height, true));
            let beside = |name: &str, apart: f64| font::width(name, TICK_TEXT, false) + NAME_GAP <= apart * width;
            let above = |_: &str, apart: f64| TICK_TEXT <= apart * height;
            Axes {
                x_ticks: at_columns.unwrap_or_else(|| ticks::of_axis(&panel.x, &x, (width / 58.0) as usize, beside)),
                y_ticks: at_rows.unwrap_or_else(|| ticks::of_axis(&panel.y, &y, (height / 42.0) as usize, above)),
                x,
                y,
            }
        });
        Ok(Self { panel, axes, map })
    }

    /// The width of the widest label beside the y axis.
    pub fn widest_y_label(&self) -> f64 {
        let labels = self.axes.iter().flat_map(|axes| &axes.y_ticks.labelled);
        labels.map(|(_, label)| font::width(label, TICK_TEXT, false)).fold(0.0, f64::max)
    }

    /// The room beside a plot of this height that a colour bar takes.
    pub fn colour_bar(&self, height: f64) -> f64 {
        self.map.as_ref().map_or(0.0, |map| map.width(height))
    }

    /// Draws the inside of the panel, its frame and its tick labels.
    pub fn draw(&self, scene: &mut Scene, plot: Rect) -> Result<(), PlotError> {
        match &self.axes {
            Some(axes) => {
                let drawing = Drawing { panel: self.panel, axes, plot };
                drawing.windows(scene);
                drawing.grid(scene);
                if let Some(map) = &self.map {
                    drawing.cells(scene, map);
                }
                drawing.layers(scene);
                drawing.bands(scene);
                drawing.bars(scene);
                drawing.dots(scene);
                drawing.curves(scene);
                drawing.contours(scene)?;
                drawing.doses(scene);
                frame(scene, plot);
                drawing.tick_labels(scene);
                drawing.references(scene);
            }
            None => {
                frame(scene, plot);
                let centre = ((plot.left + plot.right) / 2.0, (plot.top + plot.bottom) / 2.0);
                let text = Text::new(centre, "no data", LABEL_TEXT);
                scene.text(Text { colour: MUTED, anchor: Anchor::Middle, ..text });
            }
        }
        Ok(())
    }
}

fn frame(scene: &mut Scene, plot: Rect) {
    // The axes stand out, the other two sides are fine; the lower one covers the corner.
    let Rect { left, top, right, bottom } = plot;
    scene.line([(left, top), (right, top), (right, bottom)], tint(INK, 0.35), 0.5);
    scene.line([(left - 0.5, bottom), (right + 0.5, bottom)], INK, 1.0);
    scene.line([(left, bottom), (left, top)], INK, 1.0);
}

struct Drawing<'a> {
    panel: &'a Panel,
    axes: &'a Axes,
    plot: Rect,
}

impl Drawing<'_> {
    fn x(&self, value: f64) -> f64 {
        (self.plot.left + self.axes.x.place(value) * self.plot.width()).clamp(-FAR, FAR)
    }

    fn y(&self, value: f64) -> f64 {
        (self.plot.bottom - self.axes.y.place(value) * self.plot.height()).clamp(-FAR, FAR)
    }

    fn xs(&self, values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| self.x(*value)).collect()
    }

    fn ys(&self, values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| self.y(*value)).collect()
    }

    fn drawable(&self, x: f64, y: f64) -> bool {
        range::drawable(x, self.panel.x.scale) && range::drawable(y, self.panel.y.scale)
    }

    fn windows(&self, scene: &mut Scene) {
        let x = &self.axes.x;
        for window in &self.panel.windows {
            let (from, to) = (window.from.max(x.low), window.to.min(x.high));
            if from < to {
                let rect = Rect { left: self.x(from), right: self.x(to), ..self.plot };
                scene.area(rect.corners(), WINDOW, 1.0);
            }
        }
    }

    fn grid(&self, scene: &mut Scene) {
        let rows = if self.panel.y.names.is_empty() { &self.axes.y_ticks.labelled[..] } else { &[] };
        for (value, _) in rows {
            let y = self.y(*value);
            scene.line([(self.plot.left, y), (self.plot.right, y)], GRID, 0.75);
        }
        for (value, _) in &self.axes.x_ticks.labelled {
            let x = self.x(*value);
            scene.line([(x, self.plot.top), (x, self.plot.bottom)], GRID, 0.75);
        }
    }

    fn bars(&self, scene: &mut Scene) {
        if !self.panel.bars.is_empty() {
            draw_bars(scene, &self.panel.bars, |x| self.x(x), |y| self.y(y));
        }
    }

    fn dots(&self, scene: &mut Scene) {
        for dots in &self.panel.dots {
            let drawn =
                dots.points.iter().filter(|(x, y)| self.drawable(*x, *y)).map(|(x, y)| (self.x(*x), self.y(*y)));
            draw_dots(scene, drawn.filter(|place| self.plot.contains(*place)), dots.colour);
        }
    }

    fn cells(&self, scene: &mut Scene, map: &HeatMap<'_>) {
        let columns = edges(&map.grid().xs, self.panel.x.scale);
        let rows = edges(&map.grid().ys, self.panel.y.scale);
        map.draw_cells(scene, &self.xs(&columns), &self.ys(&rows), &self.plot);
        map.draw_bar(scene, &self.plot);
    }

    fn contours(&self, scene: &mut Scene) -> Result<(), PlotError> {
        let mut lines: Vec<Contour> = Vec::new();
        for set in &self.panel.contours {
            let grid = Grid::of(&set.axis.label, &set.points)?;
            lines.extend(contour_lines(set, &grid, &self.xs(&grid.xs), &self.ys(&grid.ys), &self.plot));
        }
        draw_contours(scene, &lines, &self.plot);
        Ok(())
    }

    fn layers(&self, scene: &mut Scene) {
        for layer in &self.panel.layers {
            for (low, high) in self.edges_of(&layer.points) {
                let outline: Vec<Point> = low.iter().copied().chain(high.iter().rev().copied()).collect();
                let inside = clip_polygon(&outline, &self.plot);
                if inside.len() > 2 {
                    scene.area(inside, shade(layer.shade), 1.0);
                }
                // The next layer up covers half of it.
                for edge in clip_line(&high, &self.plot) {
                    scene.line(edge, PAPER, LAYER_EDGE);
                }
            }
        }
    }

    fn bands(&self, scene: &mut Scene) {
        for band in self.panel.ranges() {
            for (low, high) in self.edges_of(&band.points) {
                let outline: Vec<Point> = low.iter().copied().chain(high.iter().rev().copied()).collect();
                let inside = clip_polygon(&outline, &self.plot);
                if inside.len() > 2 {
                    scene.area(inside, colour(band.colour), BAND_OPACITY);
                }
                for edge in [low, high].iter().flat_map(|edge| clip_line(edge, &self.plot)) {
                    scene.line(edge, tint(colour(band.colour), 0.7), BAND_EDGE);
                }
            }
        }
    }

    /// The edges of each unbroken stretch of a band or layer; on a logarithmic axis a low edge of zero is the end of the axis.
    fn edges_of(&self, points: &[(f64, f64, f64)]) -> Vec<(Vec<Point>, Vec<Point>)> {
        let floor = match self.panel.y.scale {
            Scale::Linear => f64::NEG_INFINITY,
            Scale::Log => self.axes.y.low,
        };
        let places = points.iter().map(|&(x, low, high)| {
            let low = low.max(floor);
            (self.drawable(x, low) && self.drawable(x, high))
                .then(|| ((self.x(x), self.y(low)), (self.x(x), self.y(high))))
        });
        unbroken(places)
            .into_iter()
            .map(|stretch| {
                let (low, high): (Vec<Point>, Vec<Point>) = stretch.into_iter().unzip();
                (simplify(&low, TOLERANCE), simplify(&high, TOLERANCE))
            })
            .collect()
    }

    fn curves(&self, scene: &mut Scene) {
        for series in self.panel.curves() {
            if series.marks == Marks::Points {
                self.points(scene, series);
                continue;
            }
            let pieces = self.curve(series);
            for piece in &pieces {
                stroke(scene, piece, colour(series.colour), series.dashed, series.width());
            }
            if series.marks == Marks::Nowhere {
                continue;
            }
            // Staggered, so that markers of curves close together do not hide each other.
            let total: f64 = pieces.iter().map(|piece| reach_of(piece)).sum();
            let every = MARKER_EVERY.max(total / MOST_MARKERS);
            let mut start = every * (0.3 + 0.7 * (series.colour % 7) as f64 / 7.0);
            for piece in &pieces {
                for place in places(piece, start, every) {
                    draw_marker(scene, place, MARKER, colour(series.colour), marker(series.colour));
                }
                start = (start - reach_of(piece)).rem_euclid(every);
            }
            self.single_points(scene, series);
        }
    }

    /// The parts of a curve that are on the plot, in px.
    fn curve(&self, series: &Series) -> Vec<Vec<Point>> {
        let places = series.points.iter().map(|&(x, y)| self.drawable(x, y).then(|| (self.x(x), self.y(y))));
        unbroken(places)
            .iter()
            .flat_map(|stretch| clip_line(stretch, &self.plot))
            .map(|piece| simplify(&piece, TOLERANCE))
            .collect()
    }

    fn points(&self, scene: &mut Scene, series: &Series) {
        let drawable = series.points.iter().filter(|(x, y)| self.drawable(*x, *y));
        for place in drawable.map(|(x, y)| (self.x(*x), self.y(*y))).filter(|place| self.plot.contains(*place)) {
            draw_marker(scene, place, MARKER, colour(series.colour), marker(series.colour));
        }
    }

    /// A point without drawable neighbours is no line: it shows as a marker.
    fn single_points(&self, scene: &mut Scene, series: &Series) {
        let places = series.points.iter().map(|&(x, y)| self.drawable(x, y).then(|| (self.x(x), self.y(y))));
        for stretch in unbroken(places) {
            if stretch.len() == 1 && self.plot.contains(stretch[0]) {
                draw_marker(scene, stretch[0], MARKER, colour(series.colour), marker(series.colour));
            }
        }
    }

    fn doses(&self, scene: &mut Scene) {
        for time in self.panel.doses.iter().filter(|time| self.axes.x.contains(**time)) {
            let x = self.x(*time);
            let mark = |height: f64| [(x, self.plot.bottom), (x, self.plot.bottom - height)];
            // The white edge keeps the mark apart from a curve that rises at the same time.
            scene.line(mark(DOSE + 1.5), PAPER, 4.5);
            scene.line(mark(DOSE), INK, 1.5);
        }
    }

    fn tick_labels(&self, scene: &mut Scene) {
        let Rect { left, bottom, .. } = self.plot;
        for (value, label) in &self.axes.x_ticks.labelled {
            let x = self.x(*value);
            scene.line([(x, bottom), (x, bottom + TICK)], INK, 1.0);
            let text = Text::new((x, bottom + TICK + 2.0 + TICK_TEXT), label, TICK_TEXT);
            scene.text(Text { anchor: Anchor::Middle, ..text });
        }
        for (value, label) in &self.axes.y_ticks.labelled {
            let y = self.y(*value);
            scene.line([(left - TICK, y), (left, y)], INK, 1.0);
            let text = Text::new((left - TICK - 3.0, y + 0.36 * TICK_TEXT), label, TICK_TEXT);
            scene.text(Text { anchor: Anchor::End, ..text });
        }
        for value in &self.axes.x_ticks.minor {
            let x = self.x(*value);
            scene.line([(x, bottom), (x, bottom + TICK / 2.0)], INK, 0.75);
        }
        for value in &self.axes.y_ticks.minor {
            let y = self.y(*value);
            scene.line([(left - TICK / 2.0, y), (left, y)], INK, 0.75);
        }
    }

    fn references(&self, scene: &mut Scene) {
        let shown = |value: &&Reference| self.drawable(value.x, value.y);
        let values: Vec<(Point, &Reference)> = self
            .panel
            .references
            .iter()
            .filter(shown)
            .map(|value| ((self.x(value.x), self.y(value.y)), value))
            .filter(|(place, _)| self.plot.contains(*place))
            .collect();
        let mut taken: Vec<Rect> = values.iter().map(|(place, _)| around(*place)).collect();
        for (place, value) in &values {
            if let Some(text) = self.place_label(*place, &value.label, &taken) {
                let bounds = text.bounds();
                scene.area(bounds.corners(), PAPER, 0.75);
                taken.push(bounds);
                scene.text(text);
            }
        }
        for (place, value) in &values {
            draw_reference(scene, *place, colour(value.colour));
        }
    }

    /// The label of a point where it hides nothing: right, left, above or below; nowhere if there is no room.
    fn place_label(&self, (x, y): Point, label: &str, taken: &[Rect]) -> Option<Text> {
        if label.is_empty() {
            return None;
        }
        let middle = y + 0.36 * REFERENCE_TEXT;
        let aside = REFERENCE + 3.0;
        [
            ((x + aside, middle), Anchor::Start),
            ((x - aside, middle), Anchor::End),
            ((x, y - aside - 1.0), Anchor::Middle),
            ((x, y + aside + 0.76 * REFERENCE_TEXT), Anchor::Middle),
            ((x + aside, y - aside - 1.0), Anchor::Start),
            ((x + aside, y + aside + 0.76 * REFERENCE_TEXT), Anchor::Start),
        ]
        .into_iter()
        .map(|(at, anchor)| Text { anchor, ..Text::new(at, label, REFERENCE_TEXT) })
        .find(|text| {
            let bounds = text.bounds();
            self.plot.encloses(&bounds) && !taken.iter().any(|other| other.overlaps(&bounds))
        })
    }
}

/// Splits at what is missing.
fn unbroken<T>(places: impl Iterator<Item = Option<T>>) -> Vec<Vec<T>> {
    let mut stretches = vec![Vec::new()];
    for place in places {
        match place {
            Some(place) => stretches.last_mut().expect("there is always a stretch").push(place),
            None => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

fn around((x, y): Point) -> Rect {
    Rect { left: x - REFERENCE, top: y - REFERENCE, right: x + REFERENCE, bottom: y + REFERENCE }
}

/// A curve, solid or dashed.
pub(super) fn stroke(scene: &mut Scene, points: &[Point], colour: Colour, dashed: bool, width: f64) {
    if !dashed {
        return scene.line(points, colour, width);
    }
    for piece in dashes(points, DASH.0, DASH.1) {
        scene.line(piece, colour, width);
    }
}

impl Series {
    /// The width of its curve.
    pub(super) fn width(&self) -> f64 {
        if self.fine { FINE } else { CURVE }
    }
}

/// The marker of an observed value: a diamond with a white core.
pub(super) fn draw_reference(scene: &mut Scene, centre: Point, colour: Colour) {
    scene.area(diamond(centre, REFERENCE + 1.6), INK, 1.0);
    scene.area(diamond(centre, REFERENCE + 0.2), PAPER, 1.0);
    scene.area(diamond(centre, REFERENCE - 1.6), colour, 1.0);
}

fn diamond((x, y): Point, half: f64) -> Vec<Point> {
    vec![(x, y - half), (x + half, y), (x, y + half), (x - half, y)]
}

/// A marker of a curve, with a thin white edge that lifts it off other curves.
pub(super) fn draw_marker(scene: &mut Scene, centre: Point, half: f64, colour: Colour, marker: Marker) {
    let (x, y) = centre;
    let square =
        |half: f64| vec![(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)];
    let triangle =
        |half: f64, up: f64| vec![(x - half, y + 0.8 * up * half), (x + half, y + 0.8 * up * half), (x, y - up * half)];
    let edge = 0.9;
    type Shape<'a> = &'a dyn Fn(f64) -> Vec<Point>;
    let disc: Shape = &|half| circle(centre, half);
    let (shape, size, open): (Shape, f64, bool) = match marker {
        Marker::Disc => (disc, half, false),
        Marker::Ring => (disc, half, true),
        Marker::Square => (&square, 0.88 * half, false),
        Marker::Frame => (&square, 0.88 * half, true),
        Marker::Up => (&|half| triangle(half, 1.0), 1.2 * half, false),
        Marker::Down => (&|half| triangle(half, -1.0), 1.2 * half, false),
        Marker::Diamond => (&|half| diamond(centre, half), 1.25 * half, false),
        Marker::OpenDiamond => (&|half| diamond(centre, half), 1.25 * half, true),
        Marker::Cross | Marker::Plus => {
            let arm = half * if marker == Marker::Cross { 0.85 } else { 1.15 };
            let ends = if marker == Marker::Cross {
                [[(x - arm, y - arm), (x + arm, y + arm)], [(x - arm, y + arm), (x + arm, y - arm)]]
            } else {
                [[(x - arm, y), (x + arm, y)], [(x, y - arm), (x, y + arm)]]
            };
            for line in ends {
                scene.line(line, PAPER, 3.0);
            }
            for line in ends {
                scene.line(line, colour, 1.6);
            }
            return;
        }
    };
    scene.area(shape(size + edge), PAPER, 1.0);
    scene.area(shape(size), colour, 1.0);
    if open {
        scene.area(shape(size - 1.5), PAPER, 1.0);
    }
}

/// The label of an axis in at most two lines that fit along it.
pub(super) fn label_lines(axis: &Axis, room: f64) -> Vec<String> {
    font::wrap_at_most(&axis.full_label(), LABEL_TEXT, room, 2)
}
