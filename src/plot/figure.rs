//! The description of a figure.

use std::fmt;
use std::path::Path;

use super::bars::{Bars, Dots};
use super::error::PlotError;
use super::fan::Fan;
use super::field::{Contours, Heat};
use super::stack::Layer;
use super::{layout, range, render};
use crate::io::write_atomic;

/// A figure: panels in a grid under one title, with one legend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    pub(super) title: String,
    pub(super) footnote: String,
    pub(super) columns: Option<usize>,
    pub(super) panels: Vec<Panel>,
}

impl Figure {
    /// A figure without panels yet.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Small print below the legend: sources, assumptions.
    pub fn footnote(mut self, text: impl Into<String>) -> Self {
        self.footnote = text.into();
        self
    }

    /// The number of panels side by side; without it, one for a single panel and two for more.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Adds a panel; panels fill the grid row by row.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// How many panels it has.
    pub fn panel_count(&self) -> usize {
        self.panels.len()
    }

    /// The points that cannot be drawn and are left out, by panel and series: what is not finite, and what is not
    /// positive on a logarithmic axis.
    pub fn dropped(&self) -> Vec<Dropped> {
        self.panels.iter().flat_map(Panel::dropped).collect()
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// [`PlotError::Range`] and [`PlotError::TooLarge`].
    pub fn to_svg(&self) -> Result<String, PlotError> {
        render::svg(&layout::scene(self)?, &self.title)
    }

    /// The figure as a PNG image at 192 dots per inch.
    ///
    /// # Errors
    /// [`PlotError::Range`] and [`PlotError::TooLarge`].
    pub fn to_png(&self) -> Result<Vec<u8>, PlotError> {
        render::png(&layout::scene(self)?)
    }

    /// Writes the figure whole or not at all, in the format that the extension names: `.svg` or `.png`.
    ///
    /// # Errors
    /// [`PlotError::UnknownFormat`], the errors of drawing, and [`PlotError::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let bytes = match extension.as_str() {
            "svg" => self.to_svg()?.into_bytes(),
            "png" => self.to_png()?,
            _ => return Err(PlotError::UnknownFormat { path: path.display().to_string() }),
        };
        Ok(write_atomic(path, &bytes)?)
    }
}

/// One system of axes and what is drawn in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
    pub(super) bands: Vec<Band>,
    pub(super) fans: Vec<Fan>,
    pub(super) heat: Option<Heat>,
    pub(super) contours: Vec<Contours>,
    pub(super) windows: Vec<Window>,
    pub(super) references: Vec<Reference>,
    pub(super) doses: Vec<f64>,
    pub(super) bars: Vec<Bars>,
    pub(super) dots: Vec<Dots>,
    pub(super) layers: Vec<Layer>,
}

impl Panel {
    /// A panel with nothing in it yet.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            series: Vec::new(),
            bands: Vec::new(),
            fans: Vec::new(),
            heat: None,
            contours: Vec::new(),
            windows: Vec::new(),
            references: Vec::new(),
            doses: Vec::new(),
            bars: Vec::new(),
            dots: Vec::new(),
            layers: Vec::new(),
        }
    }

    /// Adds a curve.
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds a filled range, drawn behind the curves.
    pub fn band(mut self, band: Band) -> Self {
        self.bands.push(band);
        self
    }

    /// Adds percentiles of many people.
    pub fn fan(mut self, fan: Fan) -> Self {
        self.fans.push(fan);
        self
    }

    /// Fills the panel with a heat map; its axes end at the edges of the outer cells unless they are fixed. A panel has one.
    pub fn heat(mut self, heat: Heat) -> Self {
        self.heat = Some(heat);
        self
    }

    /// Adds lines of equal value.
    pub fn contours(mut self, contours: Contours) -> Self {
        self.contours.push(contours);
        self
    }

    /// Adds a shaded stretch of the x axis.
    pub fn window(mut self, window: Window) -> Self {
        self.windows.push(window);
        self
    }

    /// Adds an observed value.
    pub fn reference(mut self, reference: Reference) -> Self {
        self.references.push(reference);
        self
    }

    /// Marks the times of doses along the x axis.
    pub fn doses(mut self, times: impl IntoIterator<Item = f64>) -> Self {
        self.doses.extend(times);
        self
    }

    /// Adds bars; the y axis has to be one of names.
    pub fn bars(mut self, bars: Bars) -> Self {
        self.bars.push(bars);
        self
    }

    /// Adds dots.
    pub fn dots(mut self, dots: Dots) -> Self {
        self.dots.push(dots);
        self
    }

    /// Adds a layer of a stack, the next one up.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// All curves, the middle ones of fans first.
    pub(super) fn curves(&self) -> impl Iterator<Item = &Series> {
        self.fans.iter().filter_map(|fan| fan.line.as_ref()).chain(&self.series)
    }

    /// All filled ranges, those of fans first.
    pub(super) fn ranges(&self) -> impl Iterator<Item = &Band> {
        self.fans.iter().flat_map(|fan| &fan.bands).chain(&self.bands)
    }

    fn dropped(&self) -> Vec<Dropped> {
        let curves = self.curves().map(|series| (&series.name, series.points.clone()));
        let bands = self.ranges().map(|band| (&band.name, band.points.iter().map(|p| (p.0, p.2)).collect()));
        let values = self.references.iter().map(|value| (&value.name, vec![(value.x, value.y)]));
        let dots = self.dots.iter().map(|dots| (&dots.name, dots.points.clone()));
        curves
            .chain(dots)
            .chain(bands)
            .chain(values)
            .map(|(name, points)| Dropped::count(self, name, &points))
            .filter(|dropped| dropped.not_finite + dropped.not_positive > 0)
            .collect()
    }
}

/// An axis: what is on it, in which unit and scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(super) label: String,
    pub(super) unit: String,
    pub(super) scale: Scale,
    pub(super) range: Option<(f64, f64)>,
    pub(super) names: Vec<String>,
}

impl Axis {
    /// A linear axis. The values are in `unit`; an axis in `min`, `h`, `d` or `week` gets the ticks of a clock or calendar.
    pub fn linear(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { label: label.into(), unit: unit.into(), scale: Scale::Linear, range: None, names: Vec::new() }
    }

    /// A logarithmic axis. The values are in `unit`.
    pub fn log(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label, unit) }
    }

    /// An axis of names: the first at 1, the next at 2, and so on.
    pub fn names(label: impl Into<String>, names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        let last = names.len() as f64;
        Self { names, ..Self::linear(label, "") }.range(0.5, last + 0.5)
    }

    /// Fixes both ends; without it the axis fits the data, at most five decades of it on a logarithmic axis.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// The label with its unit in parentheses.
    pub(super) fn full_label(&self) -> String {
        if self.unit.is_empty() { self.label.clone() } else { format!("{} ({})", self.label, self.unit) }
    }
}

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps for equal differences.
    Linear,
    /// Equal steps for equal ratios.
    Log,
}

/// A curve. Series of one name, colour and stroke share one entry of the legend, across panels.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) dashed: bool,
    pub(super) fine: bool,
    pub(super) marks: Marks,
    pub(super) points: Vec<(f64, f64)>,
}

/// Where a series has markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// Along the curve, to tell it from others.
    Along,
    /// At each point, and there is no curve.
    Points,
    /// Nowhere.
    Nowhere,
}

impl Series {
    /// A solid curve through `points` in their order; `colour` picks colour and marker together. A point that cannot be
    /// drawn leaves a gap.
    pub fn new(name: impl Into<String>, colour: usize, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), colour, dashed: false, fine: false, marks: Marks::Along, points }
    }

    /// The same points as markers, not joined: what was measured.
    pub fn unjoined(mut self) -> Self {
        self.marks = Marks::Points;
        self
    }

    /// The same curve without markers.
    pub fn unmarked(mut self) -> Self {
        self.marks = Marks::Nowhere;
        self
    }

    /// The same curve drawn fine: one below it shows.
    pub fn fine(mut self) -> Self {
        self.fine = true;
        self
    }

    /// The same curve dashed: its model is assumed.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }
}

/// A range around a curve, filled in a light tint of its colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) points: Vec<(f64, f64, f64)>,
}

impl Band {
    /// A range given as (x, low, high) in the order of x.
    pub fn new(name: impl Into<String>, colour: usize, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        Self { name: name.into(), colour, points: points.into_iter().collect() }
    }
}

/// A shaded stretch of the x axis, such as the time under observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub(super) name: String,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Window {
    /// The stretch between two values of the x axis.
    pub fn new(name: impl Into<String>, from: f64, to: f64) -> Self {
        Self { name: name.into(), from, to }
    }
}

/// A value that somebody measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) colour: usize,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Reference {
    /// A value at a point, in the colour of the curve it belongs to; `name` is its entry in the legend.
    pub fn new(name: impl Into<String>, colour: usize, x: f64, y: f64) -> Self {
        Self { name: name.into(), label: String::new(), colour, x, y }
    }

    /// A few characters beside the point.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// Points that a panel leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The title of the panel.
    pub panel: String,
    /// The name of the series, band or reference.
    pub series: String,
    /// Points that are not numbers or too large to draw.
    pub not_finite: usize,
    /// Points that are zero or negative on a logarithmic axis.
    pub not_positive: usize,
}

impl Dropped {
    fn count(panel: &Panel, name: &str, points: &[(f64, f64)]) -> Self {
        let finite = |point: &(f64, f64)| range::finite(point.0) && range::finite(point.1);
        let shown =
            |point: &(f64, f64)| range::drawable(point.0, panel.x.scale) && range::drawable(point.1, panel.y.scale);
        let finite_count = points.iter().filter(|point| finite(point)).count();
        let shown_count = points.iter().filter(|point| shown(point)).count();
        Self {
            panel: panel.title.clone(),
            series: name.into(),
            not_finite: points.len() - finite_count,
            not_positive: finite_count - shown_count,
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "panel `{}`, `{}`: points left out: ", self.panel, self.series)?;
        match (self.not_finite, self.not_positive) {
            (0, zero) => write!(out, "{zero} not above zero on a logarithmic axis"),
            (odd, 0) => write!(out, "{odd} not finite"),
            (odd, zero) => write!(out, "{odd} not finite, {zero} not above zero on a logarithmic axis"),
        }
    }
}
