//! Lines of equal value through a grid (marching squares).

use std::collections::BTreeMap;

use super::geometry::Point;

/// A side of a square of the grid: from the corner (column, row) along x or along y.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    AlongX(usize, usize),
    AlongY(usize, usize),
}

/// The lines where the value is `level`, for values row by row over `xs` and `ys`, linear along each side of a square.
/// A line that closes ends where it begins. A square with a corner that is not finite has no line.
pub(super) fn lines(xs: &[f64], ys: &[f64], values: &[f64], level: f64) -> Vec<Vec<Point>> {
    let grid = Squares { xs, ys, values, level };
    let mut joined: BTreeMap<Side, Vec<Side>> = BTreeMap::new();
    for row in 1..ys.len() {
        for column in 1..xs.len() {
            for (from, to) in grid.segments(column - 1, row - 1) {
                joined.entry(from).or_default().push(to);
                joined.entry(to).or_default().push(from);
            }
        }
    }
    // A side belongs to two squares at most, so that segments form chains and rings; chains begin at their ends.
    let ends: Vec<Side> = joined.iter().filter(|(_, next)| next.len() == 1).map(|(side, _)| *side).collect();
    let mut lines: Vec<Vec<Point>> = Vec::new();
    for end in ends {
        lines.extend(grid.walk(&mut joined, end));
    }
    while let Some(side) = joined.keys().next().copied() {
        lines.extend(grid.walk(&mut joined, side));
    }
    lines
}

struct Squares<'a> {
    xs: &'a [f64],
    ys: &'a [f64],
    values: &'a [f64],
    level: f64,
}

impl Squares<'_> {
    fn value(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.xs.len() + column]
    }

    /// The line through one square: pairs of sides that it joins.
    fn segments(&self, column: usize, row: usize) -> Vec<(Side, Side)> {
        // Around the square, so that side k lies between corner k and the next.
        let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
        let values = corners.map(|(column, row)| self.value(column, row));
        if values.iter().any(|value| !value.is_finite()) {
            return Vec::new();
        }
        let sides = [
            Side::AlongX(column, row),
            Side::AlongY(column + 1, row),
            Side::AlongX(column, row + 1),
            Side::AlongY(column, row),
        ];
        let above = values.map(|value| value >= self.level);
        let crossed: Vec<usize> = (0..4).filter(|&k| above[k] != above[(k + 1) % 4]).collect();
        match crossed[..] {
            [a, b] => vec![(sides[a], sides[b])],
            [_, _, _, _] => {
                // A saddle: the mean of the corners says which two of them hang together.
                let centre = values.iter().map(|value| 0.25 * value).sum::<f64>() >= self.level;
                if centre == above[0] {
                    vec![(sides[0], sides[1]), (sides[2], sides[3])]
                } else {
                    vec![(sides[3], sides[0]), (sides[1], sides[2])]
                }
            }
            _ => Vec::new(),
        }
    }

    /// Where the level lies on a side.
    fn crossing(&self, side: Side) -> Point {
        let (from, to) = match side {
            Side::AlongX(column, row) => ((column, row), (column + 1, row)),
            Side::AlongY(column, row) => ((column, row), (column, row + 1)),
        };
        let (low, high) = (self.value(from.0, from.1), self.value(to.0, to.1));
        let s = (self.level - low) / (high - low);
        let between = |all: &[f64], a: usize, b: usize| all[a] + s * (all[b] - all[a]);
        (between(self.xs, from.0, to.0), between(self.ys, from.1, to.1))
    }

    /// Follows the segments from a side as far as they go, and takes them out.
    fn walk(&self, joined: &mut BTreeMap<Side, Vec<Side>>, start: Side) -> Option<Vec<Point>> {
        let mut line = vec![self.crossing(start)];
        let mut here = start;
        while let Some(next) = joined.get_mut(&here).and_then(Vec::pop) {
            let back = joined.get_mut(&next)?;
            back.retain(|side| *side != here);
            line.push(self.crossing(next));
            here = next;
        }
        joined.retain(|_, next| !next.is_empty());
        (line.len() > 1).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(size: usize, from: f64, to: f64) -> Vec<f64> {
        (0..size).map(|i| from + (to - from) * i as f64 / (size - 1) as f64).collect()
    }

    fn over(xs: &[f64], ys: &[f64], value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        ys.iter().flat_map(|y| xs.iter().map(|x| value(*x, *y)).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn a_cone_has_rings() {
        let axis = grid(41, -2.0, 2.0);
        let step = 0.1;
        let values = over(&axis, &axis, |x, y| x.hypot(y));
        for radius in [0.3, 0.77, 1.5] {
            let lines = lines(&axis, &axis, &values, radius);
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].first(), lines[0].last(), "a ring closes");
            for (x, y) in &lines[0] {
                // A chord of a convex function lies above it by at most step^2 / 8 times its curvature, 1 / r.
                let inside = radius - x.hypot(*y);
                assert!((-1e-12..=step * step / 8.0 / (radius - step)).contains(&inside), "{radius}: {inside}");
            }
            let length: f64 = lines[0].windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum();
            assert!((length / (std::f64::consts::TAU * radius) - 1.0).abs() < 0.02, "{length}");
        }
        // Beyond the corners it ends at the border, in four pieces.
        assert_eq!(lines(&axis, &axis, &values, 2.4).len(), 4);
        assert!(lines(&axis, &axis, &values, 3.0).is_empty());
    }

    #[test]
    fn a_saddle_is_two_lines_that_do_not_cross() {
        let (xs, ys) = ([0.0, 1.0], [0.0, 1.0]);
        let values = [1.0, 0.0, 0.0, 1.0];
        // Just below the mean of the corners the high ones hang together, just above it the low ones.
        let low = lines(&xs, &ys, &values, 0.49);
        let high = lines(&xs, &ys, &values, 0.51);
        assert_eq!((low.len(), high.len()), (2, 2));
        let around = |lines: &[Vec<Point>], (x, y): Point| {
            lines.iter().any(|line| line.iter().all(|p| (p.0 - x).abs() + (p.1 - y).abs() < 0.6))
        };
        assert!(around(&low, (1.0, 0.0)) && around(&low, (0.0, 1.0)) && !around(&low, (0.0, 0.0)));
        assert!(around(&high, (0.0, 0.0)) && around(&high, (1.0, 1.0)) && !around(&high, (1.0, 0.0)));
    }

    #[test]
    fn a_missing_value_leaves_a_gap() {
        let axis = grid(6, 0.0, 5.0);
        let mut values = over(&axis, &axis, |x, _| x);
        values[2 * 6 + 2] = f64::NAN;
        let lines = lines(&axis, &axis, &values, 1.5);
        let rows: Vec<Vec<f64>> = lines.iter().map(|line| line.iter().map(|p| p.1).collect()).collect();
        assert_eq!(rows, [vec![0.0, 1.0], vec![3.0, 4.0, 5.0]]);
        assert!(lines.iter().flatten().all(|p| p.0 == 1.5));
    }

    proptest! {
        #[test]
        fn a_plane_has_one_straight_line(a in -3.0..3.0f64, b in -3.0..3.0f64, c in -1.0..1.0f64) {
            let (xs, ys) = (grid(7, -1.0, 2.0), vec![-1.0, -0.7, 0.1, 0.4, 2.0]);
            let found = lines(&xs, &ys, &over(&xs, &ys, |x, y| a * x + b * y + 0.01), c);
            prop_assert!(found.len() <= 1, "{found:?}");
            for (x, y) in found.iter().flatten() {
                prop_assert!((a * x + b * y + 0.01 - c).abs() < 1e-12);
            }
            let ends = found.iter().flat_map(|line| [line[0], line[line.len() - 1]]);
            for (x, y) in ends {
                prop_assert!(x == -1.0 || x == 2.0 || y == -1.0 || y == 2.0, "a line ends at the border");
            }
        }

        #[test]
        fn any_values_give_lines_within_the_grid(values in prop::collection::vec(0..4i32, 30), level in 0..4i32) {
            let (xs, ys) = (grid(6, 0.0, 1.0), grid(5, 0.0, 1.0));
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            for (x, y) in lines(&xs, &ys, &values, f64::from(level)).into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y));
            }
        }
    }
}
