//! From the values at the points of a design to what they say about each factor.

use super::Estimate;
use super::layout::{Layout, STEPS};
use super::plan::Bootstrap;
use super::point::Point;
use crate::math::sensitivity::{Derivative, MorrisEffects, SobolIndices, SobolTerms};
use crate::math::statistics::percentile;
use crate::population::random::{Purpose, Stream};
use rayon::prelude::*;

/// What Sobol's method says about one factor and one measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SobolResult {
    /// First-order index: its own share of the variance.
    pub first: Estimate,
    /// Total index: its share together with all that it takes part in.
    pub total: Estimate,
}

/// What Morris's method says about one factor and one measure, in the unit of the measure over the whole range of the factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MorrisResult {
    /// Mean of the elementary effects.
    pub mu: f64,
    /// Mean of their sizes.
    pub mu_star: Estimate,
    /// Their standard deviation.
    pub sigma: f64,
}

/// What a derivative says about one factor and one measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalResult {
    /// In the unit of the measure over that of the factor.
    pub derivative: f64,
    /// The relative change of the measure over that of the factor.
    pub elasticity: f64,
    /// How far off the elasticity may be.
    pub error: f64,
}

/// The values of a measure at every point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'v> {
    pub values: &'v [f64],
    /// Two of them that differ by this or less are the same.
    pub rounding: f64,
}

/// Indices of each measure and factor from the values of each measure at every point; none where a measure has none. A factor
/// that changes no value by more than rounding has indices of 0.
pub(super) fn sobol(
    values: &[Option<Known<'_>>],
    rows: usize,
    factors: usize,
    bootstrap: Bootstrap,
    seed: u64,
) -> Vec<Option<Vec<SobolResult>>> {
    let part = |values: &[f64], part: usize| values.chunks(factors + 2).map(|row| row[part]).collect::<Vec<f64>>();
    let mixed = |values: &[f64], factor: usize| part(values, 2 + factor);
    let terms = |known: Known<'_>| {
        let mixed: Vec<Vec<f64>> = (0..factors).map(|factor| mixed(known.values, factor)).collect();
        SobolTerms::new(&part(known.values, 0), &part(known.values, 1), &mixed)
    };
    let is_moved = |known: Known<'_>, factor: usize| {
        let (a, mixed) = (part(known.values, 0), mixed(known.values, factor));
        a.iter().zip(mixed).any(|(a, mixed)| (mixed - a).abs() > known.rounding)
    };
    let terms: Vec<Option<SobolTerms>> = values.iter().map(|v| v.map(terms)).collect();
    let of_rows = |rows: &[usize]| -> Vec<Option<Vec<SobolIndices>>> {
        terms.iter().map(|t| t.as_ref().and_then(|t| t.indices(rows.iter().copied()))).collect()
    };
    let drawn = resamples(bootstrap, rows, seed, of_rows);
    let all: Vec<usize> = (0..rows).collect();
    let result = |measure: usize, known: Known<'_>, indices: &[SobolIndices]| {
        let of = |factor: usize, index: fn(&SobolIndices) -> f64| {
            let others = drawn.iter().filter_map(|d| d[measure].as_ref()).map(|d| index(&d[factor]));
            Estimate::between(index(&indices[factor]), others, bootstrap.level)
        };
        let one = |factor: usize| match is_moved(known, factor) {
            true => SobolResult { first: of(factor, |i| i.first), total: of(factor, |i| i.total) },
            false => SobolResult { first: Estimate::NOTHING, total: Estimate::NOTHING },
        };
        (0..factors).map(one).collect()
    };
    let of_all = of_rows(&all).into_iter().zip(values).enumerate();
    of_all.map(|(measure, (indices, known))| Some(result(measure, (*known)?, &indices?))).collect()
}

/// Elementary effects of each measure and factor, likewise; what is within the rounding of an effect is 0.
pub(super) fn morris(
    values: &[Option<Known<'_>>],
    moved: &[Vec<usize>],
    shares: &[Vec<f64>],
    bootstrap: Bootstrap,
    seed: u64,
) -> Vec<Option<Vec<MorrisResult>>> {
    let factors = shares.len();
    // Per factor the effect in each trajectory.
    let effects = |values: &[f64]| {
        let mut effects = vec![Vec::with_capacity(moved.len()); factors];
        for (trajectory, moved) in moved.iter().enumerate() {
            for (turn, factor) in moved.iter().enumerate() {
                let point = trajectory * (factors + 1) + turn;
                let (change, along) = (values[point + 1] - values[point], &shares[*factor]);
                effects[*factor].push(change / (along[point + 1] - along[point]));
            }
        }
        effects
    };
    let effects: Vec<Option<Vec<Vec<f64>>>> = values.iter().map(|v| v.map(|known| effects(known.values))).collect();
    // Every factor is moved by half of the levels.
    let step = moved.first().and_then(|moved| moved.first()).map_or(1.0, |first| shares[*first][1] - shares[*first][0]);
    let sizes = |rows: &[usize]| -> Vec<Vec<f64>> {
        let size = |of: &Vec<f64>| MorrisEffects::of(rows.iter().map(|row| of[*row])).mu_star;
        effects.iter().map(|e| e.iter().flatten().map(size).collect()).collect()
    };
    let drawn = resamples(bootstrap, moved.len(), seed, sizes);
    let result = |measure: usize, effects: &Vec<Vec<f64>>, known: &Known<'_>| {
        let rounding = known.rounding / step.abs();
        let seen = |value: f64| if value.abs() <= rounding { 0.0 } else { value };
        let of = |factor: usize| {
            let MorrisEffects { mu, mu_star, sigma } = MorrisEffects::of(effects[factor].iter().copied());
            let others = drawn.iter().map(|d| seen(d[measure][factor]));
            let mu_star = Estimate::between(seen(mu_star), others, bootstrap.level);
            MorrisResult { mu: seen(mu), mu_star, sigma: seen(sigma) }
        };
        (0..factors).map(of).collect()
    };
    let each = effects.iter().zip(values).enumerate();
    each.map(|(measure, (e, known))| Some(result(measure, e.as_ref()?, known.as_ref()?))).collect()
}

/// An estimate of rows drawn anew, as often as asked for. It depends on the number of the drawing alone.
fn resamples<T: Send>(bootstrap: Bootstrap, rows: usize, seed: u64, estimate: impl Fn(&[usize]) -> T + Sync) -> Vec<T> {
    let once = |number: u64| {
        let mut stream = Stream::new(seed, number, Purpose::Resample);
        let draw = |row: usize| ((stream.uniform(row as u64) * rows as f64) as usize).min(rows - 1);
        estimate(&(0..rows).map(draw).collect::<Vec<usize>>())
    };
    (0..bootstrap.resamples).into_par_iter().map(once).collect()
}

impl Estimate {
    /// Of what changes nothing.
    const NOTHING: Estimate = Estimate { value: 0.0, low: 0.0, high: 0.0 };

    /// With the interval that holds this share of other estimates.
    fn between(value: f64, others: impl Iterator<Item = f64>, level: f64) -> Self {
        let mut others: Vec<f64> = others.collect();
        others.sort_by(f64::total_cmp);
        let tail = 50.0 * (1.0 - level);
        Estimate { value, low: percentile(&others, tail), high: percentile(&others, 100.0 - tail) }
    }
}

/// The elasticity of a measure to one factor, from its values at every point, each there or missing with its reason. Values up
/// to `zero` are 0, and differences of this share of the value are none: then the error is what they would make of it.
pub(super) fn local(
    values: impl Fn(usize) -> Result<f64, String>,
    factor: usize,
    point: &Point,
    step: f64,
    zero: f64,
    rounding: f64,
) -> Result<LocalResult, String> {
    let center = values(0)?;
    if center.abs() <= zero {
        return Err("it is 0 at the point: no change of it is relative".into());
    }
    let first = 1 + factor * (STEPS.len() - 1);
    let at = |place: usize| -> Result<(f64, f64), String> {
        Ok((point.moved(STEPS[1 + place], step), values(first + place)?))
    };
    let around = [at(0)?, at(1)?, at(2)?, at(3)?];
    let rounding = zero.max(rounding * center.abs());
    if around.iter().all(|(_, value)| (value - center).abs() <= rounding) {
        let error = rounding / center.abs() / (2.0 * step);
        return Ok(LocalResult { derivative: 0.0, elasticity: 0.0, error });
    }
    let [far_below, below, above, far_above] = around;
    let Derivative { value, error } = Derivative::central(center, [below, above], [far_below, far_above]);
    let relative = point.value.value() / center;
    Ok(LocalResult { derivative: value, elasticity: value * relative, error: error * relative.abs() })
}

/// The places of values at points of both independent samples.
pub(super) fn independent(layout: &Layout, factors: usize) -> Vec<usize> {
    match layout {
        Layout::Sobol { rows } => (0..*rows as usize).flat_map(|row| [0, 1].map(|k| row * (factors + 2) + k)).collect(),
        Layout::Morris { moved } => (0..moved.len() * (factors + 1)).collect(),
        Layout::Local => Vec::new(),
    }
}
