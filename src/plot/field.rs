//! Values over two factors: what a heat map or contour lines show.

use super::error::PlotError;
use super::figure::{Axis, Scale};

/// Values over two factors as coloured cells, light for low and dark for high, with a colour bar beside the panel. A value
/// that is not finite is a failed cell: it is hatched, and the legend says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    pub(super) axis: Axis,
    pub(super) points: Vec<(f64, f64, f64)>,
}

impl Heat {
    /// Cells given as (x, y, value), every x with every y once, in any order; `axis` is what the colours mean. Values beyond
    /// a fixed range have the colour of its end, and the bar ends in a point there.
    pub fn new(axis: Axis, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        Self { axis, points: points.into_iter().collect() }
    }
}

/// Lines of equal value over two factors, with the value written on each.
#[derive(Clone, Debug, PartialEq)]
pub struct Contours {
    pub(super) axis: Axis,
    pub(super) colour: usize,
    pub(super) points: Vec<(f64, f64, f64)>,
    pub(super) levels: Vec<f64>,
}

impl Contours {
    /// Lines at `levels` through values given as (x, y, value), every x with every y once, in any order. Between these the
    /// value changes linearly, on the scale of `axis`, which says what the value is; a level that is not reached has no line.
    pub fn new(
        axis: Axis,
        colour: usize,
        points: impl IntoIterator<Item = (f64, f64, f64)>,
        levels: impl IntoIterator<Item = f64>,
    ) -> Self {
        Self { axis, colour, points: points.into_iter().collect(), levels: levels.into_iter().collect() }
    }
}

/// Values at every crossing of columns and rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    /// Ascending.
    pub xs: Vec<f64>,
    /// Ascending.
    pub ys: Vec<f64>,
    /// Row by row.
    pub values: Vec<f64>,
}

impl Grid {
    /// Sorts points into a grid; `name` is for the error.
    pub fn of(name: &str, points: &[(f64, f64, f64)]) -> Result<Self, PlotError> {
        let xs = distinct(points.iter().map(|point| point.0));
        let ys = distinct(points.iter().map(|point| point.1));
        let mut values = vec![None; xs.len() * ys.len()];
        let place = |all: &[f64], one: f64| all.binary_search_by(|other| other.total_cmp(&one)).ok();
        let whole = points.len() == values.len() && xs.len() > 1 && ys.len() > 1;
        for &(x, y, value) in points.iter().take(if whole { points.len() } else { 0 }) {
            if let (Some(column), Some(row)) = (place(&xs, x + 0.0), place(&ys, y + 0.0)) {
                values[row * xs.len() + column] = Some(value);
            }
        }
        // As many points as crossings: one given twice leaves another one empty.
        match values.into_iter().collect::<Option<Vec<f64>>>() {
            Some(values) if whole => Ok(Self { xs, ys, values }),
            _ => {
                Err(PlotError::NotAGrid { name: name.into(), points: points.len(), columns: xs.len(), rows: ys.len() })
            }
        }
    }
}

fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    // No negative zero, which would be another column than zero.
    let mut values: Vec<f64> = values.map(|value| value + 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| a.total_cmp(b).is_eq());
    values
}

/// The edges of the cells around ascending places: halfway between them on the axis, and as far beyond the outermost.
pub(super) fn edges(places: &[f64], scale: Scale) -> Vec<f64> {
    let at: Vec<f64> = match scale {
        Scale::Linear => places.to_vec(),
        Scale::Log => places.iter().map(|place| place.ln()).collect(),
    };
    let last = at.len() - 1;
    let first = 1.5 * at[0] - 0.5 * at[1];
    let end = 1.5 * at[last] - 0.5 * at[last - 1];
    let between = at.windows(2).map(|pair| 0.5 * pair[0] + 0.5 * pair[1]);
    let all = std::iter::once(first).chain(between).chain([end]);
    match scale {
        Scale::Linear => all.collect(),
        Scale::Log => all.map(f64::exp).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_any_order_make_a_grid() {
        let points = [(2.0, 0.0, 3.0), (1.0, 5.0, 2.0), (1.0, -0.0, 1.0), (2.0, 5.0, f64::NAN)];
        let grid = Grid::of("", &points).unwrap();
        assert_eq!((grid.xs, grid.ys), (vec![1.0, 2.0], vec![0.0, 5.0]));
        assert_eq!(grid.values[..3], [1.0, 3.0, 2.0]);
        assert!(grid.values[3].is_nan());
    }

    #[test]
    fn holes_and_doubles_and_lines_are_no_grid() {
        let full = [(1.0, 1.0, 0.0), (1.0, 2.0, 0.0), (2.0, 1.0, 0.0), (2.0, 2.0, 0.0)];
        let double = [full[0], full[1], full[2], full[0]];
        for points in [&full[..0], &full[..1], &full[..2], &full[..3], &double, &[full.as_slice(), &full].concat()] {
            let error = Grid::of("trough", points).unwrap_err();
            assert!(matches!(error, PlotError::NotAGrid { .. }) && error.to_string().contains("trough"), "{error}");
        }
    }

    #[test]
    fn cells_meet_halfway_on_the_axis() {
        assert_eq!(edges(&[1.0, 2.0, 4.0], Scale::Linear), [0.5, 1.5, 3.0, 5.0]);
        let log = edges(&[1.0, 4.0, 16.0], Scale::Log);
        for (found, expected) in log.iter().zip([0.5, 2.0, 8.0, 32.0]) {
            assert!((found / expected - 1.0f64).abs() < 1e-14, "{log:?}");
        }
    }
}
