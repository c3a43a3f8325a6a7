//! The legend that all panels share: one entry per name and look, in columns below the panels.

use super::bars::bar_sample;
use super::figure::{Figure, Marks, Panel};
use super::font;
use super::geometry::{Point, Rect};
use super::heat::{CONTOUR, CONTOUR_HALO, hatch};
use super::palette::{INK, MUTED, PAPER, WINDOW, colour, marker, shade, tint};
use super::panel::{BAND_EDGE, CURVE, DOSE, MARKER, draw_marker, draw_reference, stroke};
use super::range;
use super::scene::{Scene, Text};
use super::stack::Layer;

const TEXT: f64 = 11.0;
const LINE: f64 = 15.0;
const SAMPLE: f64 = 34.0;
const GAP: f64 = 8.0;
/// Between one column and the next.
const GUTTER: f64 = 22.0;

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: String,
    sample: Sample,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sample {
    Curve {
        colour: usize,
        dashed: bool,
        width: f64,
        marks: Marks,
    },
    Band {
        colour: usize,
    },
    /// Nested ranges, with the line in their middle if there is one.
    Fan {
        colour: usize,
        ranges: usize,
        dashed: Option<bool>,
    },
    Contour {
        colour: usize,
    },
    Layer {
        shade: f64,
    },
    Bars {
        colour: usize,
    },
    Failed,
    /// In the colour of its curves where they have one colour.
    Value {
        colour: Option<usize>,
    },
    Window,
    Dose,
}

/// The entries broken into lines and set in columns.
pub(super) struct Legend {
    entries: Vec<(Entry, Vec<String>)>,
    columns: usize,
    column_width: f64,
}

impl Legend {
    /// Sets the legend of a figure within `room` px.
    pub fn new(figure: &Figure, room: f64) -> Self {
        let before_text = SAMPLE + GAP;
        let entries: Vec<(Entry, Vec<String>)> = entries(figure)
            .into_iter()
            .map(|entry| {
                let lines = font::wrap(&entry.name, TEXT, false, room - before_text);
                (entry, lines)
            })
            .collect();
        let lines = entries.iter().flat_map(|(_, lines)| lines);
        let widest = lines.map(|line| font::width(line, TEXT, false)).fold(0.0, f64::max);
        let least = before_text + widest;
        let columns = (((room + GUTTER) / (least + GUTTER)) as usize).clamp(1, entries.len().max(1));
        Self { entries, columns, column_width: least + GUTTER }
    }

    /// The height it takes.
    pub fn height(&self) -> f64 {
        self.rows().map(|row| LINE * tallest(row) as f64).sum()
    }

    fn rows(&self) -> impl Iterator<Item = &[(Entry, Vec<String>)]> {
        self.entries.chunks(self.columns)
    }

    /// Draws it with its upper left corner at a place.
    pub fn draw(&self, scene: &mut Scene, (left, top): Point) {
        let mut y = top;
        for row in self.rows() {
            for (column, (entry, lines)) in row.iter().enumerate() {
                let x = left + column as f64 * self.column_width;
                draw_sample(scene, (x, y + LINE / 2.0), entry.sample);
                for (nth, line) in lines.iter().enumerate() {
                    let baseline = y + LINE / 2.0 + 0.36 * TEXT + nth as f64 * LINE;
                    scene.text(Text::new((x + SAMPLE + GAP, baseline), line, TEXT));
                }
            }
            y += LINE * tallest(row) as f64;
        }
    }
}

fn tallest(row: &[(Entry, Vec<String>)]) -> usize {
    row.iter().map(|(_, lines)| lines.len().max(1)).max().unwrap_or(0)
}

/// Curves first, then layers from the top of their stack down, ranges, contours, failed cells, observed values, windows and doses; nothing without a name, nothing twice.
fn entries(figure: &Figure) -> Vec<Entry> {
    let panels = &figure.panels;
    let entry = |name: &str, sample| Entry { name: name.into(), sample };
    let curves = panels.iter().flat_map(|panel| &panel.series);
    let fans = panels.iter().flat_map(|panel| &panel.fans).map(|fan| {
        let dashed = fan.line.as_ref().map(|line| line.dashed);
        entry(&fan.name, Sample::Fan { colour: fan.colour, ranges: fan.bands.len(), dashed })
    });
    let contours = panels.iter().flat_map(|panel| &panel.contours);
    let mut cells = panels.iter().flat_map(|panel| &panel.heat).flat_map(|heat| &heat.points);
    let failed = cells.any(|(_, _, value)| !range::finite(*value));
    let bands = panels.iter().flat_map(|panel| &panel.bands);
    let bars = panels.iter().flat_map(|panel| &panel.bars);
    let layers = stacked(panels).into_iter().map(|layer| entry(&layer.name, Sample::Layer { shade: layer.shade }));
    let values = panels.iter().flat_map(|panel| &panel.references);
    let windows = panels.iter().flat_map(|panel| &panel.windows);
    let doses = panels.iter().any(|panel| !panel.doses.is_empty());
    let all = curves
        .map(|curve| {
            let (colour, dashed, width) = (curve.colour, curve.dashed, curve.width());
            entry(&curve.name, Sample::Curve { colour, dashed, width, marks: curve.marks })
        })
        .chain(fans)
        .chain(layers)
        .chain(bands.map(|band| entry(&band.name, Sample::Band { colour: band.colour })))
        .chain(contours.map(|set| entry(&set.axis.full_label(), Sample::Contour { colour: set.colour })))
        .chain(bars.map(|set| entry(&set.name, Sample::Bars { colour: set.colour })))
        .chain(failed.then(|| entry("failed", Sample::Failed)))
        .chain(values.clone().map(|value| {
            let one = values.clone().filter(|other| other.name == value.name).all(|other| other.colour == value.colour);
            entry(&value.name, Sample::Value { colour: one.then_some(value.colour) })
        }))
        .chain(windows.map(|window| entry(&window.name, Sample::Window)))
        .chain(doses.then(|| entry("dose", Sample::Dose)));
    let mut kept: Vec<Entry> = Vec::new();
    for entry in all {
        if !entry.name.trim().is_empty() && !kept.contains(&entry) {
            kept.push(entry);
        }
    }
    kept
}

/// The layers of all panels, the uppermost first: each panel's between those of the panels before.
fn stacked(panels: &[Panel]) -> Vec<&Layer> {
    let mut all: Vec<&Layer> = Vec::new();
    for panel in panels {
        let mut above = 0;
        for layer in panel.layers.iter().rev() {
            match all.iter().position(|other| (&other.name, other.shade) == (&layer.name, layer.shade)) {
                Some(place) => above = place + 1,
                None => {
                    all.insert(above, layer);
                    above += 1;
                }
            }
        }
    }
    all
}

fn draw_sample(scene: &mut Scene, (left, y): Point, sample: Sample) {
    let (right, middle) = (left + SAMPLE, left + SAMPLE / 2.0);
    let block = [(left, y - 5.0), (right, y - 5.0), (right, y + 5.0), (left, y + 5.0)];
    match sample {
        Sample::Curve { colour: index, dashed, width, marks } => {
            if marks != Marks::Points {
                stroke(scene, &[(left, y), (right, y)], colour(index), dashed, width);
            }
            if marks == Marks::Nowhere {
                return;
            }
            draw_marker(scene, (middle, y), MARKER, colour(index), marker(index));
        }
        Sample::Band { colour: index } => {
            scene.area(block, tint(colour(index), 0.25), 1.0);
            for edge in [[block[0], block[1]], [block[3], block[2]]] {
                scene.line(edge, tint(colour(index), 0.7), BAND_EDGE);
            }
        }
        Sample::Fan { colour: index, ranges, dashed } => {
            for nth in 0..ranges {
                let half = 6.0 * (ranges - nth) as f64 / ranges as f64;
                let block = Rect { left, right, top: y - half, bottom: y + half };
                scene.area(block.corners(), tint(colour(index), 0.22 * (nth + 1) as f64), 1.0);
                for edge in [y - half, y + half] {
                    scene.line([(left, edge), (right, edge)], tint(colour(index), 0.7), BAND_EDGE);
                }
            }
            if let Some(dashed) = dashed {
                stroke(scene, &[(left, y), (right, y)], colour(index), dashed, CURVE);
                draw_marker(scene, (middle, y), MARKER, colour(index), marker(index));
            }
        }
        Sample::Contour { colour: index } => {
            scene.area(block, shade(0.3), 1.0);
            scene.line([(left, y), (right, y)], PAPER, CONTOUR_HALO);
            scene.line([(left, y), (right, y)], colour(index), CONTOUR);
        }
        Sample::Layer { shade: place } => {
            scene.area(block, shade(place), 1.0);
            scene.line([block[0], block[1], block[2], block[3], block[0]], tint(INK, 0.3), 0.5);
        }
        Sample::Bars { colour: index } => bar_sample(scene, left, right, y, index),
        Sample::Failed => {
            hatch(scene, &Rect { left, right, top: y - 5.0, bottom: y + 5.0 });
            let outline = [block[0], block[1], block[2], block[3], block[0]];
            scene.line(outline, tint(INK, 0.3), 0.5);
        }
        Sample::Value { colour: index } => draw_reference(scene, (middle, y), index.map_or(MUTED, colour)),
        Sample::Window => {
            scene.area(block, WINDOW, 1.0);
            let outline = [block[0], block[1], block[2], block[3], block[0]];
            scene.line(outline, tint(INK, 0.3), 0.5);
        }
        Sample::Dose => {
            scene.line([(left + 8.0, y + DOSE / 2.0), (right - 8.0, y + DOSE / 2.0)], INK, 1.0);
            scene.line([(middle, y + DOSE / 2.0), (middle, y - DOSE / 2.0)], INK, 1.5);
        }
    }
}
