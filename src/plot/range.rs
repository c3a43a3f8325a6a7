//! From the values on an axis to its two ends, and from a value to its place between them.

use super::error::PlotError;
use super::field::{Grid, edges};
use super::figure::{Axis, Panel, Scale};
use super::ticks;

/// Larger magnitudes are left out: differences of them overflow.
const LARGEST: f64 = 1e300;
/// A logarithmic axis that fits its data shows at most this ratio of ends.
const WIDEST_RATIO: f64 = 1e5;
/// The share of the axis beyond the longest bar.
const BAR_ROOM: f64 = 0.03;
/// An axis narrower than this, relative to its values, has no ticks that differ.
const NARROWEST: f64 = 1e-9;

/// Whether a value is a number that differences can be taken of.
pub(super) fn finite(value: f64) -> bool {
    value.abs() < LARGEST
}

/// Whether a value has a place on an axis of this scale.
pub(super) fn drawable(value: f64, scale: Scale) -> bool {
    finite(value) && (scale == Scale::Linear || value > 1.0 / LARGEST)
}

/// The ends of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
}

impl Range {
    /// The place of a drawable value: 0 at the low end, 1 at the high end.
    pub fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            // Logarithms apart: the quotient of far values would overflow.
            Scale::Log => (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln()),
        }
    }

    /// Whether a value lies between the ends.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The ends of both axes, or `None` when the panel has no point to show.
pub(super) fn of_panel(panel: &Panel) -> Result<Option<(Range, Range)>, PlotError> {
    check(&panel.x)?;
    check(&panel.y)?;
    if let Some(ends) = of_fields(panel)? {
        return Ok(Some(ends));
    }
    let x_range = panel.x.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    let curves = panel.curves().flat_map(|series| series.points.iter().copied());
    let bands = panel.ranges().flat_map(|band| band.points.iter().flat_map(|p| [(p.0, p.1), (p.0, p.2)]));
    let values = panel.references.iter().map(|value| (value.x, value.y));
    let bars = panel.bars.iter().flat_map(|set| &set.bars);
    let bars = bars.flat_map(|bar| bar.reach().map(|x| (x, bar.place as f64)));
    let dots = panel.dots.iter().flat_map(|dots| dots.points.iter().copied());
    let layers = panel.layers.iter().flat_map(|layer| layer.points.iter().flat_map(|p| [(p.0, p.1), (p.0, p.2)]));
    let with_x: Vec<(f64, f64)> = curves
        .chain(bands)
        .chain(values)
        .chain(bars)
        .chain(dots)
        .chain(layers)
        .filter(|point| drawable(point.0, panel.x.scale))
        .collect();
    let shown: Vec<f64> = with_x
        .iter()
        // A fixed x axis shows part of a curve: the other axis fits that part.
        .filter(|point| (x_range.0..=x_range.1).contains(&point.0) && drawable(point.1, panel.y.scale))
        .map(|point| point.1)
        .collect();
    if shown.is_empty() {
        return Ok(None);
    }
    // A zero at the first time has no place on a logarithmic axis, but the time has: panels side by side begin alike.
    let with_y = with_x.iter().filter(|point| finite(point.1));
    let x = fit(&panel.x, bars_room(panel, extremes(with_y.map(|point| point.0))), false);
    let y = fit(&panel.y, extremes(shown.iter().copied()), true);
    Ok(Some((x, y)))
}

/// Bars and their intervals end inside the frame.
fn bars_room(panel: &Panel, (low, high): (f64, f64)) -> (f64, f64) {
    let room = if panel.bars.is_empty() { 0.0 } else { BAR_ROOM * (high - low) };
    (if low < 0.0 { low - room } else { low }, if high > 0.0 { high + room } else { high })
}

/// The ends of both axes where values lie over both: the edges of the cells, or the outermost places of contours.
fn of_fields(panel: &Panel) -> Result<Option<(Range, Range)>, PlotError> {
    let mut ends: Option<[(f64, f64); 2]> = None;
    let sets = panel.contours.iter().map(|set| (&set.axis, &set.points, false));
    for (axis, points, cells) in panel.heat.iter().map(|heat| (&heat.axis, &heat.points, true)).chain(sets) {
        let grid = Grid::of(&axis.label, points)?;
        let both = [of_places(&panel.x, &grid.xs, cells)?, of_places(&panel.y, &grid.ys, cells)?];
        ends = Some(match ends {
            None => both,
            Some(old) => [0, 1].map(|k| (old[k].0.min(both[k].0), old[k].1.max(both[k].1))),
        });
    }
    let range = |axis: &Axis, ends: (f64, f64)| {
        let (low, high) = axis.range.unwrap_or(ends);
        Range { scale: axis.scale, low, high }
    };
    Ok(ends.map(|[x, y]| (range(&panel.x, x), range(&panel.y, y))))
}

/// The ends of ascending places, with the cells around the outermost.
fn of_places(axis: &Axis, places: &[f64], cells: bool) -> Result<(f64, f64), PlotError> {
    let ends = |all: &[f64]| (all[0], all[all.len() - 1]);
    check_ends(axis, ends(places))?;
    let outer = if cells { ends(&edges(places, axis.scale)) } else { ends(places) };
    check_ends(axis, outer).map(|()| outer)
}

/// The ends of the colours of a heat map, `None` without a value.
pub(super) fn of_colours(axis: &Axis, values: impl Iterator<Item = f64>) -> Result<Option<Range>, PlotError> {
    check(axis)?;
    let (low, high) = extremes(values.filter(|value| drawable(*value, axis.scale)));
    if low > high && axis.range.is_none() {
        return Ok(None);
    }
    if low < high && axis.range.is_none() && check_ends(axis, (low, high)).is_ok() {
        return Ok(Some(Range { scale: axis.scale, low, high }));
    }
    Ok(Some(fit(axis, (low, high), false)))
}

fn check(axis: &Axis) -> Result<(), PlotError> {
    axis.range.map_or(Ok(()), |ends| check_ends(axis, ends))
}

fn check_ends(axis: &Axis, (low, high): (f64, f64)) -> Result<(), PlotError> {
    let apart = high - low > NARROWEST * low.abs().max(high.abs());
    if drawable(low, axis.scale) && drawable(high, axis.scale) && apart {
        return Ok(());
    }
    Err(PlotError::Range { axis: axis.label.clone(), low, high, log: axis.scale == Scale::Log })
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// The given ends, or ends that fit the data: exactly where the axis is `round = false`, at round numbers otherwise.
fn fit(axis: &Axis, (low, high): (f64, f64), round: bool) -> Range {
    let scale = axis.scale;
    if let Some((low, high)) = axis.range {
        return Range { scale, low, high };
    }
    let (low, high) = match scale {
        Scale::Linear => fit_linear(low, high, round),
        Scale::Log => fit_log(low, high),
    };
    Range { scale, low, high }
}

fn fit_linear(low: f64, high: f64, round: bool) -> (f64, f64) {
    // A concentration axis begins at zero, so that heights can be compared.
    let low = if round && low > 0.0 { 0.0 } else { low };
    let size = low.abs().max(high.abs());
    if high - low <= NARROWEST * size || size < 1.0 / LARGEST {
        let half = if size < 1.0 / LARGEST { 0.5 } else { 0.5 * size };
        return if low < 0.0 || high - half < 0.0 {
            (low - half, high + half)
        } else {
            ((low - half).max(0.0), high + half)
        };
    }
    if !round {
        return (low, high);
    }
    let step = ticks::step((high - low) / 5.0);
    let room = 0.02 * (high - low);
    let bottom = if low < 0.0 { ((low - room) / step).floor() * step } else { 0.0 };
    (bottom, ((high + room) / step).ceil() * step)
}

fn fit_log(low: f64, high: f64) -> (f64, f64) {
    let top = ticks::round_up(high * 1.02);
    let bottom = ticks::round_down(low.max(top / WIDEST_RATIO) / 1.02);
    (bottom, top)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(points: &[(f64, f64)], y: Axis) -> (Range, Range) {
        let series = super::super::Series::new("s", 0, points.iter().copied());
        of_panel(&Panel::new("p", Axis::linear("Time", "h"), y).series(series)).unwrap().unwrap()
    }

    #[test]
    fn linear_starts_at_zero_and_ends_round() {
        let (x, y) = range(&[(0.0, 3.0), (24.0, 187.0)], Axis::linear("C", "ng/mL"));
        assert_eq!((x.low, x.high), (0.0, 24.0));
        assert_eq!((y.low, y.high), (0.0, 200.0));
        let (_, y) = range(&[(0.0, -3.0), (24.0, 4.0)], Axis::linear("C", "ng/mL"));
        assert_eq!((y.low, y.high), (-4.0, 6.0));
    }

    #[test]
    fn log_shows_at_most_five_decades() {
        let (_, y) = range(&[(0.0, 1e-250), (24.0, 187.0)], Axis::log("C", "ng/mL"));
        assert_eq!(y.high, 200.0);
        assert!((y.low / 1e-3).ln().abs() < 0.7, "{}", y.low);
        assert!((y.place(y.low), y.place(y.high)) == (0.0, 1.0));
    }

    #[test]
    fn one_value_still_has_a_range() {
        for value in [0.0, 1.0, -7.5, 1e-320, 1e299] {
            let (x, y) = range(&[(value, value)], Axis::linear("C", "ng/mL"));
            assert!(x.low < x.high && y.low < y.high && x.contains(value) && y.contains(value), "{value} {x:?} {y:?}");
            assert!(x.place(value).is_finite() && y.place(value).is_finite());
        }
    }

    #[test]
    fn a_range_that_cannot_be_drawn_is_an_error() {
        for axis in [
            Axis::log("C", "").range(0.0, 1.0),
            Axis::linear("C", "").range(2.0, 1.0),
            Axis::linear("C", "").range(f64::NAN, 1.0),
            Axis::linear("C", "").range(1.0, 1.0),
            Axis::linear("C", "").range(0.0, f64::INFINITY),
        ] {
            let panel = Panel::new("p", Axis::linear("Time", "h"), axis);
            assert!(matches!(of_panel(&panel), Err(PlotError::Range { .. })), "{panel:?}");
        }
    }
}
