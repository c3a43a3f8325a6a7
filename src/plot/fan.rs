//! Percentiles of many people over time.

use super::error::PlotError;
use super::figure::{Band, Series};

/// Percentiles of many people over time: the middle one is a line, the others are nested ranges around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fan {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) line: Option<Series>,
    /// Outermost first.
    pub(super) bands: Vec<Band>,
}

impl Fan {
    /// Percentiles (0 to 100, in any order) at `times`: `values[k]` is the curve of `percentiles[k]`. The lowest and the
    /// highest make a range, then the next two; of an odd number the middle one is the line, in the colour and with the
    /// marker of `colour`. The legend says `name: median, 5–95 %`.
    ///
    /// # Errors
    /// [`PlotError::Percentiles`] unless the percentiles are distinct and there is one curve for each with one value per time.
    pub fn new(
        name: impl Into<String>,
        colour: usize,
        times: &[f64],
        percentiles: &[f64],
        values: &[Vec<f64>],
    ) -> Result<Self, PlotError> {
        let name = name.into();
        let mut curves: Vec<(f64, &Vec<f64>)> = percentiles.iter().copied().zip(values).collect();
        curves.sort_by(|a, b| a.0.total_cmp(&b.0));
        let whole = percentiles.len() == values.len() && values.iter().all(|curve| curve.len() == times.len());
        let known = curves.iter().all(|(p, _)| (0.0..=100.0).contains(p));
        let distinct = curves.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !(whole && known && distinct) || curves.is_empty() {
            let curves = values.iter().map(Vec::len).collect();
            return Err(PlotError::Percentiles { name, percentiles: percentiles.into(), times: times.len(), curves });
        }
        let pairs = curves.len() / 2;
        let ranges = || curves.iter().zip(curves.iter().rev()).take(pairs);
        let middle = (curves.len() % 2 == 1).then(|| curves[pairs]);
        let parts: Vec<String> = middle
            .iter()
            .map(|(p, _)| if *p == 50.0 { "median".into() } else { format!("percentile {p}") })
            .chain(ranges().rev().map(|((low, _), (high, _))| format!("{low}–{high} %")))
            .collect();
        let name = if name.is_empty() { parts.join(", ") } else { format!("{name}: {}", parts.join(", ")) };
        let bands = ranges().map(|((_, low), (_, high))| {
            let points = times.iter().zip(low.iter().zip(*high)).map(|(t, (low, high))| (*t, *low, *high));
            Band::new(&name, colour, points)
        });
        let bands = bands.collect();
        let line =
            middle.map(|(_, curve)| Series::new(&name, colour, times.iter().copied().zip(curve.iter().copied())));
        Ok(Self { name, colour, line, bands })
    }

    /// The same with its line dashed: the model is assumed.
    pub fn dashed(mut self) -> Self {
        self.line = self.line.map(Series::dashed);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn fan(percentiles: &[f64]) -> Result<Fan, PlotError> {
        let values: Vec<Vec<f64>> = percentiles.iter().map(|p| vec![*p, 2.0 * p]).collect();
        Fan::new("oral", 3, &[0.0, 1.0], percentiles, &values)
    }

    #[test]
    fn percentiles_nest_around_the_middle_one() {
        let five = fan(&[50.0, 95.0, 5.0, 75.0, 25.0]).unwrap();
        assert_eq!(five.name, "oral: median, 25–75 %, 5–95 %");
        let ranges: Vec<_> = five.bands.iter().map(|band| band.points.clone()).collect();
        assert_eq!(ranges, [[(0.0, 5.0, 95.0), (1.0, 10.0, 190.0)], [(0.0, 25.0, 75.0), (1.0, 50.0, 150.0)]]);
        assert_eq!(five.line.unwrap().points, [(0.0, 50.0), (1.0, 100.0)]);
        let two = fan(&[2.5, 97.5]).unwrap();
        assert_eq!((two.name.as_str(), two.line), ("oral: 2.5–97.5 %", None));
        assert_eq!(fan(&[40.0]).unwrap().name, "oral: percentile 40");
    }

    #[test]
    fn what_is_no_set_of_percentiles_is_an_error() {
        for percentiles in [&[][..], &[5.0, 5.0], &[-1.0, 50.0], &[f64::NAN], &[101.0]] {
            assert_eq!(fan(percentiles).unwrap_err().code(), "E_PLOT_PERCENTILES", "{percentiles:?}");
        }
        let short = Fan::new("oral", 0, &[0.0, 1.0], &[5.0, 95.0], &[vec![1.0, 2.0], vec![3.0]]);
        let error = short.unwrap_err();
        assert!(error.to_string().contains("oral") && error.hint().is_some(), "{error}");
        assert!(Fan::new("oral", 0, &[0.0], &[5.0, 95.0], &[vec![1.0]]).is_err());
    }
}
