//! Which points are simulated, and what each is for.
//!
//! Every coordinate is drawn by the seed and the factor's name. In Morris's trajectories a factor that comes or goes moves
//! no other: its levels, its direction and its place among the others are its own. Of Sobol's sequence the factors take two
//! coordinates each, in the order of the plan, so that one added at the end, or the last left out, moves no other; one in
//! the middle gives those behind it other coordinates, which are as good.

use super::plan::Method;
use crate::math::sobol::Sobol;
use crate::population::random::{Purpose, Stream};
use crate::study::sweep::Factor;

/// The columns that say what a point is for.
pub(super) const SAMPLE: &str = "sample";
pub(super) const PART: &str = "part";
/// Values of a factor around its own, in steps: the derivative's own first.
pub(super) const STEPS: [f64; 5] = [0.0, -2.0, -1.0, 1.0, 2.0];

/// The points of an analysis.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    /// Row after row: that of A, that of B, then that of A with one factor after the other from B.
    Sobol { rows: u64 },
    /// Trajectory after trajectory: its start, then a point per factor that is moved, by place.
    Morris { moved: Vec<Vec<usize>> },
    /// The point itself, then each factor's other values.
    Local,
}

/// The points of a method, and per factor the share of the way from its first to its last value at each of them.
pub(super) fn layout(method: Method, seed: u64, factors: &[Factor]) -> (Layout, Vec<Vec<f64>>) {
    match method {
        Method::Sobol { points, .. } => (Layout::Sobol { rows: points }, sobol(points, seed, factors)),
        Method::Morris { trajectories, levels, .. } => morris(trajectories, levels, seed, factors),
        Method::Local { .. } => (Layout::Local, local(factors.len())),
    }
}

fn sobol(rows: u64, seed: u64, factors: &[Factor]) -> Vec<Vec<f64>> {
    let of = |place: usize, factor: &Factor| {
        let coordinate = |dimension: usize, purpose: Purpose<'_>| {
            let sobol = Sobol::dimension(dimension).expect("the factors were counted");
            let key = Stream::new(seed, 0, purpose).uniform(0).to_bits();
            move |row: u64| sobol.scrambled(row as u32, key)
        };
        let a = coordinate(2 * place, Purpose::Factor(factor.name()));
        let b = coordinate(2 * place + 1, Purpose::SecondFactor(factor.name()));
        let mut shares = Vec::with_capacity(rows as usize * (factors.len() + 2));
        for row in 0..rows {
            let (a, b) = (a(row), b(row));
            shares.extend([a, b]);
            shares.extend((0..factors.len()).map(|other| if other == place { b } else { a }));
        }
        shares
    };
    factors.iter().enumerate().map(|(place, factor)| of(place, factor)).collect()
}

/// Trajectories over a grid of levels, each factor moved once by half of them (Morris 1991, Technometrics 33:161).
fn morris(trajectories: u64, levels: u64, seed: u64, factors: &[Factor]) -> (Layout, Vec<Vec<f64>>) {
    let mut streams: Vec<Stream> =
        factors.iter().map(|factor| Stream::new(seed, 0, Purpose::Factor(factor.name()))).collect();
    let mut shares = vec![Vec::new(); factors.len()];
    let mut moved = Vec::new();
    let half = levels / 2;
    for trajectory in 0..trajectories {
        let mut walks = Vec::with_capacity(factors.len());
        for (place, stream) in streams.iter_mut().enumerate() {
            let mut draw = |number: u64| stream.uniform(3 * trajectory + number);
            let low = ((draw(0) * half as f64) as u64).min(half - 1);
            let ends = [low, low + half].map(|level| level as f64 / (levels - 1) as f64);
            let [start, end] = if draw(1) < 0.5 { ends } else { [ends[1], ends[0]] };
            walks.push((draw(2), place, start, end));
        }
        walks.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (turn, (_, place, start, end)) in walks.iter().enumerate() {
            shares[*place].extend((0..=factors.len()).map(|point| if point > turn { *end } else { *start }));
        }
        moved.push(walks.into_iter().map(|(_, place, ..)| place).collect());
    }
    (Layout::Morris { moved }, shares)
}

/// Shares that pick one of five values: the first at the point itself, the others where it is the factor's turn.
fn local(factors: usize) -> Vec<Vec<f64>> {
    let pick = |value: usize| (value as f64 + 0.5) / STEPS.len() as f64;
    let steps = STEPS.len() - 1;
    let of = |place: usize| {
        let point = |point: usize| match point.checked_sub(1 + place * steps) {
            Some(step) if step < steps => pick(1 + step),
            _ => pick(0),
        };
        (0..1 + factors * steps).map(point).collect()
    };
    (0..factors).map(of).collect()
}

impl Layout {
    /// What a point is for: the number of its row or trajectory, and its part in it.
    pub(super) fn label(&self, point: u64, factors: &[Factor]) -> (i64, String) {
        let name = |place: usize| factors[place].name().to_string();
        let within = |width: u64| (point / width, (point % width) as usize);
        let (sample, part) = match self {
            Layout::Sobol { .. } => match within(factors.len() as u64 + 2) {
                (row, 0) => (row, "A".into()),
                (row, 1) => (row, "B".into()),
                (row, part) => (row, format!("A, {} of B", name(part - 2))),
            },
            Layout::Morris { moved } => match within(factors.len() as u64 + 1) {
                (trajectory, 0) => (trajectory, "start".into()),
                (trajectory, turn) => (trajectory, name(moved[trajectory as usize][turn - 1])),
            },
            Layout::Local => match point.checked_sub(1) {
                None => (0, "point".into()),
                Some(rest) => {
                    let steps = STEPS.len() - 1;
                    let step = STEPS[1 + rest as usize % steps];
                    (0, format!("{} {step:+}", name(rest as usize / steps)))
                }
            },
        };
        (sample as i64 + 1, part)
    }
}

/// Factors of these names, of no values.
#[cfg(test)]
pub(super) fn factors(names: &[&str]) -> Vec<Factor> {
    use crate::document::{Place, Text};
    use crate::error::{Source, Span};
    let place = Place { source: Source::new("plan", ""), span: Span::new(0, 0) };
    names.iter().map(|name| Factor::listed(Text::at(name.to_string(), place.clone()), Vec::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::Bootstrap;
    use super::*;

    const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 2, level: 0.5 };

    #[test]
    fn a_factor_added_at_the_end_moves_no_other() {
        let method = Method::Sobol { points: 16, bootstrap: BOOTSTRAP };
        let rows = |names: &[&str]| {
            let (_, shares) = layout(method, 7, &factors(names));
            let width = names.len() + 2;
            let of_row = move |shares: &Vec<f64>| shares.chunks(width).map(|row| [row[0], row[1]]).collect::<Vec<_>>();
            shares.iter().map(of_row).collect::<Vec<_>>()
        };
        let (two, three) = (rows(&["ka", "V"]), rows(&["ka", "V", "CL"]));
        assert_eq!(two, three[..2]);
        assert_ne!(three[1], rows(&["ka", "W", "CL"])[1]);
    }

    #[test]
    fn only_one_coordinate_of_a_mixed_row_is_that_of_the_other_sample() {
        let (layout, shares) = layout(Method::Sobol { points: 8, bootstrap: BOOTSTRAP }, 1, &factors(&["a", "b", "c"]));
        for row in 0..8 {
            let at = |part: usize| shares.iter().map(|s| s[5 * row + part]).collect::<Vec<f64>>();
            let (a, b) = (at(0), at(1));
            for place in 0..3 {
                let want: Vec<f64> = (0..3).map(|k| if k == place { b[k] } else { a[k] }).collect();
                assert_eq!(at(2 + place), want);
            }
        }
        let labels: Vec<_> = [0, 1, 2, 9].map(|point| layout.label(point, &factors(&["a", "b", "c"]))).into();
        assert_eq!(
            labels.iter().map(|(s, p)| (*s, p.as_str())).collect::<Vec<_>>(),
            [(1, "A"), (1, "B"), (1, "A, a of B"), (2, "A, c of B"),]
        );
    }

    #[test]
    fn a_trajectory_moves_every_factor_once_by_half_the_levels_whoever_else_is_there() {
        let method = Method::Morris { trajectories: 200, levels: 6, bootstrap: BOOTSTRAP };
        let (Layout::Morris { moved }, shares) = layout(method, 3, &factors(&["a", "b", "c"])) else { panic!() };
        let mut seen = [[0; 6]; 3];
        for (trajectory, moved) in moved.iter().enumerate() {
            let at = |point: usize| shares.iter().map(|s| s[4 * trajectory + point]).collect::<Vec<f64>>();
            for (turn, place) in moved.iter().enumerate() {
                let (before, after) = (at(turn), at(turn + 1));
                for k in 0..3 {
                    let step = (after[k] - before[k]).abs();
                    assert!((step - if k == *place { 0.6 } else { 0.0 }).abs() < 1e-12);
                }
            }
            for (k, share) in at(0).iter().enumerate() {
                seen[k][(share * 5.0).round() as usize] += 1;
            }
        }
        assert!(seen.iter().flatten().all(|n| (15..55).contains(n)), "{seen:?}");
        let (Layout::Morris { moved: fewer }, of_two) = layout(method, 3, &factors(&["c", "a"])) else { panic!() };
        let starts = |shares: &[f64], width: usize| shares.iter().step_by(width).copied().collect::<Vec<f64>>();
        assert_eq!((starts(&of_two[0], 3), starts(&of_two[1], 3)), (starts(&shares[2], 4), starts(&shares[0], 4)));
        // c before a in one where it is in the other.
        let first = |order: &[usize], one: usize, other: usize| {
            order.iter().position(|p| *p == one) < order.iter().position(|p| *p == other)
        };
        assert!(moved.iter().zip(&fewer).all(|(three, two)| first(three, 2, 0) == first(two, 0, 1)));
    }

    #[test]
    fn a_derivative_moves_one_factor_at_a_time() {
        let (layout, shares) = layout(Method::Local { step: None }, 1, &factors(&["a", "b"]));
        let picked = |s: &Vec<f64>| s.iter().map(|share| STEPS[(share * 5.0) as usize]).collect::<Vec<f64>>();
        assert_eq!(picked(&shares[0]), [0.0, -2.0, -1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(picked(&shares[1]), [0.0, 0.0, 0.0, 0.0, 0.0, -2.0, -1.0, 1.0, 2.0]);
        assert_eq!(layout.label(6, &factors(&["a", "b"])), (1, "b -1".into()));
    }
}
