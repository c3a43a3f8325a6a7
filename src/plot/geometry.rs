//! Polylines on the page: clipping, thinning, dashes and places along them. Lengths in px, y down.

/// A place on the page.
pub(super) type Point = (f64, f64);

/// A rectangle on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn contains(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    pub fn encloses(&self, other: &Rect) -> bool {
        self.contains((other.left, other.top)) && self.contains((other.right, other.bottom))
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    pub fn corners(&self) -> Vec<Point> {
        vec![(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]
    }
}

/// The part of a segment inside a rectangle (Liang and Barsky 1984).
fn clip_segment(from: Point, to: Point, rect: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (along, room) in
        [(-dx, from.0 - rect.left), (dx, rect.right - from.0), (-dy, from.1 - rect.top), (dy, rect.bottom - from.1)]
    {
        if along == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if along < 0.0 {
            enter = enter.max(room / along);
        } else {
            leave = leave.min(room / along);
        }
    }
    let at = |s: f64| match s {
        0.0 => from,
        1.0 => to,
        _ => (from.0 + s * dx, from.1 + s * dy),
    };
    (enter <= leave).then(|| (at(enter), at(leave)))
}

/// The pieces of a polyline inside a rectangle.
pub(super) fn clip_line(points: &[Point], rect: &Rect) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = clip_segment(pair[0], pair[1], rect) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    pieces
}

/// The part of a polygon inside a rectangle (Sutherland and Hodgman 1974).
pub(super) fn clip_polygon(points: &[Point], rect: &Rect) -> Vec<Point> {
    type Distance = fn(Point, &Rect) -> f64;
    let inside: [Distance; 4] = [|p, r| p.0 - r.left, |p, r| r.right - p.0, |p, r| p.1 - r.top, |p, r| r.bottom - p.1];
    let mut kept = points.to_vec();
    for distance in inside {
        let input = std::mem::take(&mut kept);
        for (index, &to) in input.iter().enumerate() {
            let from = input[(index + input.len() - 1) % input.len()];
            let (a, b) = (distance(from, rect), distance(to, rect));
            if (a < 0.0) != (b < 0.0) {
                let s = a / (a - b);
                kept.push((from.0 + s * (to.0 - from.0), from.1 + s * (to.1 - from.1)));
            }
            if b >= 0.0 {
                kept.push(to);
            }
        }
    }
    kept
}

/// Leaves out points that are within `tolerance` of the line without them (Ramer 1972, Douglas and Peucker 1973).
pub(super) fn simplify(points: &[Point], tolerance: f64) -> Vec<Point> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[points.len() - 1] = true;
    let mut spans = vec![(0, points.len() - 1)];
    while let Some((first, last)) = spans.pop() {
        let farthest = (first + 1..last)
            .map(|index| (index, distance_to_segment(points[index], points[first], points[last])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, distance)) = farthest
            && distance > tolerance
        {
            keep[index] = true;
            spans.extend([(first, index), (index, last)]);
        }
    }
    points.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

fn distance_to_segment(point: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let squared = dx * dx + dy * dy;
    let along = if squared == 0.0 { 0.0 } else { ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / squared };
    let s = along.clamp(0.0, 1.0);
    (point.0 - from.0 - s * dx).hypot(point.1 - from.1 - s * dy)
}

fn distance(a: Point, b: Point) -> f64 {
    (b.0 - a.0).hypot(b.1 - a.1)
}

/// How far markers are apart: height counts a tenth, so that steep parts do not crowd with them.
fn reach(a: Point, b: Point) -> f64 {
    (b.0 - a.0).abs() + 0.1 * (b.1 - a.1).abs()
}

/// The length of a polyline as markers count it.
pub(super) fn reach_of(points: &[Point]) -> f64 {
    points.windows(2).map(|pair| reach(pair[0], pair[1])).sum()
}

/// The places of markers at `start`, `start + every`, ... along a polyline.
pub(super) fn places(points: &[Point], start: f64, every: f64) -> Vec<Point> {
    let mut found = Vec::new();
    let mut next = start;
    let mut walked = 0.0;
    for pair in points.windows(2) {
        let span = reach(pair[0], pair[1]);
        while next <= walked + span && span > 0.0 {
            let s = (next - walked) / span;
            found.push((pair[0].0 + s * (pair[1].0 - pair[0].0), pair[0].1 + s * (pair[1].1 - pair[0].1)));
            next += every;
        }
        walked += span;
    }
    found
}

/// The drawn pieces of a polyline with dashes of length `on` and gaps of length `off`.
pub(super) fn dashes(points: &[Point], on: f64, off: f64) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut drawing = true;
    let mut left = on;
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut span = distance(from, to);
        while span > left {
            let s = left / span;
            from = (from.0 + s * (to.0 - from.0), from.1 + s * (to.1 - from.1));
            span -= left;
            if drawing {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= span;
        if drawing {
            piece.push(to);
        }
    }
    if drawing && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(points: &[Point]) -> f64 {
        points.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
    }

    const BOX: Rect = Rect { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn a_line_that_leaves_and_returns_is_two_pieces() {
        let pieces = clip_line(&[(1.0, 5.0), (5.0, -5.0), (9.0, 5.0)], &BOX);
        assert_eq!(pieces, [vec![(1.0, 5.0), (3.0, 0.0)], vec![(7.0, 0.0), (9.0, 5.0)]]);
        assert!(clip_line(&[(-5.0, -1.0), (15.0, -1.0)], &BOX).is_empty());
        assert_eq!(clip_line(&[(1.0, 1.0), (2.0, 2.0), (3.0, 1.0)], &BOX).len(), 1);
    }

    #[test]
    fn a_polygon_is_cut_at_the_edge() {
        let cut = clip_polygon(&[(-5.0, 2.0), (5.0, 2.0), (5.0, 8.0), (-5.0, 8.0)], &BOX);
        let mut xs: Vec<f64> = cut.iter().map(|p| p.0).collect();
        xs.sort_by(f64::total_cmp);
        assert_eq!(xs, [0.0, 0.0, 5.0, 5.0]);
        assert!(clip_polygon(&[(20.0, 2.0), (30.0, 2.0), (30.0, 8.0)], &BOX).is_empty());
        assert!(clip_polygon(&[], &BOX).is_empty());
    }

    #[test]
    fn thinning_keeps_the_shape() {
        let curve: Vec<Point> = (0..=1000).map(|i| (f64::from(i) / 2.0, 100.0 * (f64::from(i) / 80.0).sin())).collect();
        let thin = simplify(&curve, 0.1);
        assert!(thin.len() < 300, "{}", thin.len());
        for point in &curve {
            let nearest = thin.windows(2).map(|pair| distance_to_segment(*point, pair[0], pair[1]));
            assert!(nearest.fold(f64::INFINITY, f64::min) <= 0.1);
        }
        assert_eq!(simplify(&[(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)], 0.1).len(), 3);
    }

    #[test]
    fn dashes_cover_their_share() {
        let line = [(0.0, 0.0), (30.0, 40.0), (80.0, 40.0)];
        let drawn: f64 = dashes(&line, 6.0, 4.0).iter().map(|piece| length(piece)).sum();
        assert!((drawn - 60.0).abs() < 1e-9);
    }

    #[test]
    fn markers_stand_at_equal_reach() {
        let line = [(0.0, 0.0), (30.0, 40.0), (80.0, 40.0)];
        assert_eq!(reach_of(&line), 84.0);
        assert_eq!(places(&line, 17.0, 22.0), [(15.0, 20.0), (35.0, 40.0), (57.0, 40.0), (79.0, 40.0)]);
    }
}
