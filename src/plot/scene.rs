//! What is on the page, before any format: lines, areas and text in px, y down.

use super::font;
use super::geometry::{Point, Rect};
use super::palette::{Colour, INK};

/// A page and what is drawn on it, first to last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scene {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

/// Something drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Line { points: Vec<Point>, colour: Colour, width: f64 },
    Area { points: Vec<Point>, colour: Colour, opacity: f64 },
    Text(Text),
}

/// A line of text; `at` is on its baseline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub at: Point,
    pub text: String,
    pub size: f64,
    pub bold: bool,
    pub colour: Colour,
    pub anchor: Anchor,
    /// Read from bottom to top.
    pub upward: bool,
}

/// Which end of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Text {
    /// Text in ink that begins at a place.
    pub fn new(at: Point, text: impl Into<String>, size: f64) -> Self {
        Self { at, text: text.into(), size, bold: false, colour: INK, anchor: Anchor::Start, upward: false }
    }

    /// The space the text takes.
    pub fn bounds(&self) -> Rect {
        let width = font::width(&self.text, self.size, self.bold);
        let before = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let (ascent, descent) = (0.76 * self.size, 0.24 * self.size);
        let (x, y) = self.at;
        if self.upward {
            Rect { left: x - ascent, top: y + before - width, right: x + descent, bottom: y + before }
        } else {
            Rect { left: x - before, top: y - ascent, right: x - before + width, bottom: y + descent }
        }
    }
}

impl Scene {
    pub fn line(&mut self, points: impl Into<Vec<Point>>, colour: Colour, width: f64) {
        self.shapes.push(Shape::Line { points: points.into(), colour, width });
    }

    pub fn area(&mut self, points: impl Into<Vec<Point>>, colour: Colour, opacity: f64) {
        self.shapes.push(Shape::Area { points: points.into(), colour, opacity });
    }

    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }
}
