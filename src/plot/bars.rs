//! Horizontal bars with intervals, and clouds of dots.

use super::geometry::{Point, Rect};
use super::palette::{INK, PAPER, colour, tint};
use super::scene::Scene;

/// Half the height of all bars of a row, in rows.
const HALF_ROW: f64 = 0.4;
/// Half the width of a dot.
const DOT: f64 = 1.4;
const DOT_OPACITY: f64 = 0.5;
/// Half the height of the ends of an interval.
const CAP: f64 = 2.5;

/// Horizontal bars from zero, one per name of the panel's y axis at most, with intervals where they have them. The bars of
/// several sets share a row: the first set is on top.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Its row: the place of its name on the y axis, counted from 1.
    pub place: usize,
    /// Its length.
    pub value: f64,
    /// The ends of its interval.
    pub interval: Option<(f64, f64)>,
}

impl Bars {
    /// Bars of one colour; `name` is their entry in the legend.
    pub fn new(name: impl Into<String>, colour: usize, bars: impl IntoIterator<Item = Bar>) -> Self {
        Self { name: name.into(), colour, bars: bars.into_iter().collect() }
    }
}

impl Bar {
    /// The values that an axis has to reach.
    pub(super) fn reach(&self) -> [f64; 4] {
        let (low, high) = self.interval.unwrap_or((self.value, self.value));
        [0.0, self.value, low, high]
    }
}

/// Points that belong to no curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Dots {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) points: Vec<(f64, f64)>,
}

impl Dots {
    /// Dots of one colour; `name` is their entry in the legend.
    pub fn new(name: impl Into<String>, colour: usize, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name: name.into(), colour, points: points.into_iter().collect() }
    }
}

/// Draws sets of bars; `x` and `y` give places on the page.
pub(super) fn draw_bars(scene: &mut Scene, sets: &[Bars], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    let height = (y(1.0) - y(2.0)).abs();
    let thick = 2.0 * HALF_ROW * height / sets.len() as f64;
    for (nth, set) in sets.iter().enumerate() {
        for bar in &set.bars {
            let top = y(bar.place as f64) - HALF_ROW * height + nth as f64 * thick;
            let (from, to) = (x(bar.value.min(0.0)), x(bar.value.max(0.0)));
            let rect = Rect { left: from, right: to, top: top + 0.5, bottom: top + thick - 0.5 };
            scene.area(rect.corners(), colour(set.colour), 1.0);
            if let Some((low, high)) = bar.interval {
                whisker(scene, (x(low), x(high)), top + thick / 2.0);
            }
        }
    }
    let rows = sets.iter().flat_map(|set| &set.bars).map(|bar| bar.place).max().unwrap_or(0) as f64;
    scene.line([(x(0.0), y(0.5)), (x(0.0), y(rows + 0.5))], INK, 1.0);
}

fn whisker(scene: &mut Scene, (left, right): (f64, f64), y: f64) {
    let lines = [[(left, y), (right, y)], [(left, y - CAP), (left, y + CAP)], [(right, y - CAP), (right, y + CAP)]];
    // The white edge keeps it apart from a dark bar.
    lines.iter().for_each(|line| scene.line(*line, PAPER, 2.6));
    lines.iter().for_each(|line| scene.line(*line, INK, 1.1));
}

/// Draws the sample of bars in a legend.
pub(super) fn bar_sample(scene: &mut Scene, left: f64, right: f64, y: f64, index: usize) {
    let rect = Rect { left, right, top: y - 4.5, bottom: y + 4.5 };
    scene.area(rect.corners(), colour(index), 1.0);
}

/// Draws dots at places on the page.
pub(super) fn draw_dots(scene: &mut Scene, places: impl Iterator<Item = Point>, index: usize) {
    for (x, y) in places {
        let rect = Rect { left: x - DOT, right: x + DOT, top: y - DOT, bottom: y + DOT };
        scene.area(rect.corners(), tint(colour(index), 0.8), DOT_OPACITY);
    }
}
