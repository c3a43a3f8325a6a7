//! Factors and the ways to choose points among their values. A point is a function of its number alone.

use super::error::SweepError;
use crate::document::Text;
use crate::math::normal;
use crate::math::sobol::Sobol;
use crate::population::Distribution;
use crate::population::random::{Purpose, Stream};
use crate::units::{Quantity, Unit};

/// The kinds of design, as written.
pub(super) const KINDS: [&str; 4] = ["grid", "list", "latin-hypercube", "sobol"];
/// The most points of a sweep.
pub(super) const MOST_POINTS: u64 = 10_000_000;
/// Numbers that a design makes have so many significant digits: what is printed is what is used.
const DIGITS: usize = 12;

/// One factor of a sweep.
#[derive(Debug, Clone)]
pub struct Factor {
    pub(in crate::study) name: Text,
    pub(super) values: Values,
}

/// The values of a factor.
#[derive(Debug, Clone)]
pub(super) enum Values {
    /// These, as written.
    List(Vec<Text>),
    /// Numbers between two ends of one unit.
    Range { from: Quantity, to: f64, steps: Option<usize>, log: bool, ends: [Text; 2] },
    /// Numbers of a distribution in base units, written in a unit; and the number in the plan that says which.
    Drawn { distribution: Distribution, unit: Unit, sample: Text },
}

impl Factor {
    /// Its name, which is that of its column.
    pub fn name(&self) -> &str {
        &self.name.text
    }

    /// A factor with these values.
    pub(in crate::study) fn listed(name: Text, values: Vec<Text>) -> Self {
        Factor { name, values: Values::List(values) }
    }

    /// How many values it has; none where it takes any value between two ends.
    pub fn count(&self) -> Option<u64> {
        match &self.values {
            Values::List(list) => Some(list.len() as u64),
            Values::Range { steps, .. } => steps.map(|s| s as u64),
            Values::Drawn { .. } => None,
        }
    }

    /// The ends between which it takes any value: none of a list, of steps, and of a distribution without both limits.
    pub(in crate::study) fn ends(&self) -> Option<(f64, f64)> {
        match &self.values {
            Values::List(_) | Values::Range { steps: Some(_), .. } => None,
            Values::Range { from, to, .. } => Some((from.value(), *to)),
            Values::Drawn { distribution, unit, .. } => {
                distribution.ends().map(|(low, high)| (unit.from_base(low), unit.from_base(high)))
            }
        }
    }

    /// The unit of its numbers, as written; empty where it chooses among words.
    pub(in crate::study) fn unit(&self) -> String {
        match &self.values {
            Values::List(_) => String::new(),
            Values::Range { from, .. } => from.unit().as_str().into(),
            Values::Drawn { unit, .. } => unit.as_str().into(),
        }
    }

    /// Whether its values are spread by their logarithms.
    pub(in crate::study) fn is_logarithmic(&self) -> bool {
        match &self.values {
            Values::List(_) => false,
            Values::Range { log, .. } => *log,
            Values::Drawn { distribution, .. } => distribution.is_log_normal(),
        }
    }

    /// The words that it chooses among, where it does.
    pub(in crate::study) fn list(&self) -> Option<&[Text]> {
        match &self.values {
            Values::List(list) => Some(list),
            Values::Range { .. } | Values::Drawn { .. } => None,
        }
    }

    /// The texts that stand in the plan: all values of a list, or the two ends.
    pub(super) fn texts(&self) -> &[Text] {
        match &self.values {
            Values::List(list) => list,
            Values::Range { ends, .. } => ends,
            Values::Drawn { sample, .. } => std::slice::from_ref(sample),
        }
    }

    /// The value at a place, counted from 0.
    fn value(&self, place: u64) -> String {
        match &self.values {
            Values::List(list) => list[place as usize].text.clone(),
            Values::Range { steps, .. } => {
                let last = steps.map_or(1, |s| s as u64 - 1) as f64;
                self.between(last - place as f64, place as f64)
            }
            Values::Drawn { .. } => unreachable!("a distribution has no places"),
        }
    }

    /// The value at a share of the way from the first to the last: of a list or of steps the one whose equal part it is in, of
    /// a distribution the one that this share of its values lies below.
    fn at_share(&self, share: f64) -> String {
        if let Values::Drawn { distribution, unit, .. } = &self.values {
            let value = match distribution.ends() {
                Some((low, _)) if share <= 0.0 => low,
                Some((_, high)) if share >= 1.0 => high,
                _ => distribution.at(normal::quantile(share)),
            };
            return written(unit.from_base(value), unit);
        }
        match self.count() {
            Some(count) => self.value(((share * count as f64) as u64).min(count - 1)),
            None => self.between(1.0 - share, share),
        }
    }

    /// The value of a range that lies between its ends by these weights.
    fn between(&self, first: f64, second: f64) -> String {
        let Values::Range { from, to, log, .. } = &self.values else { unreachable!("lists have counts") };
        let (a, b, total) = (from.value(), *to, first + second);
        let value = match (first == 0.0, second == 0.0, log) {
            (true, ..) => b,
            (_, true, _) => a,
            (.., true) => a * (b / a).powf(second / total),
            (.., false) => (a * first + b * second) / total,
        };
        written(value, from.unit())
    }
}

/// A number that a design made, rounded, with its unit.
fn written(value: f64, unit: &Unit) -> String {
    let rounded = format!("{value:.*e}", DIGITS - 1).parse().expect("a printed number is one");
    Quantity::new(rounded, unit.clone()).to_string()
}

/// Which points there are.
#[derive(Debug, Clone)]
pub(in crate::study) enum Design {
    /// Every combination of values, the first factor slowest.
    Grid,
    /// The first value of each factor, then the second.
    List,
    /// For each factor its share of the way in each point.
    Shares(Vec<Vec<f64>>),
    /// For each factor its coordinate and the key it is scrambled by.
    Sobol { points: u64, coordinates: Vec<(Sobol, u64)> },
}

impl Design {
    /// As many points as strata of each factor, one in each (McKay, Beckman & Conover 1979, Technometrics 21:239): their order
    /// and the place in each stratum are drawn.
    pub fn latin(points: u64, seed: u64, factors: &[Factor]) -> Self {
        let shares = factors.iter().map(|factor| {
            let mut stream = Stream::new(seed, 0, Purpose::Factor(factor.name()));
            let mut strata: Vec<(f64, u64)> = (0..points).map(|stratum| (stream.uniform(stratum), stratum)).collect();
            strata.sort_by(|a, b| a.0.total_cmp(&b.0));
            let place =
                |(i, (_, stratum)): (u64, (f64, u64))| (stratum as f64 + stream.uniform(points + i)) / points as f64;
            (0..).zip(strata).map(place).collect()
        });
        Design::Shares(shares.collect())
    }

    /// Points of Sobol's sequence, scrambled by the seed and the factors' names.
    ///
    /// # Errors
    /// More factors than the sequence has dimensions.
    pub fn sobol(points: u64, seed: u64, factors: &[Factor]) -> Result<Self, SweepError> {
        let coordinate = |(dimension, factor): (usize, &Factor)| {
            let key = Stream::new(seed, 0, Purpose::Factor(factor.name())).uniform(0).to_bits();
            Some((Sobol::dimension(dimension)?, key))
        };
        let coordinates: Option<Vec<_>> = factors.iter().enumerate().map(coordinate).collect();
        let limit = crate::math::sobol::DIMENSIONS as u64;
        let too_many = SweepError::TooMany { count: factors.len() as u64, what: "factors of a `sobol` design", limit };
        Ok(Design::Sobol { points, coordinates: coordinates.ok_or(too_many)? })
    }

    /// How many points there are; none where they cannot be counted.
    pub fn points(&self, factors: &[Factor]) -> Option<u64> {
        match self {
            Design::Grid => factors.iter().try_fold(1u64, |product, f| product.checked_mul(f.count().unwrap_or(0))),
            Design::List => Some(factors.first().and_then(Factor::count).unwrap_or(0)),
            Design::Shares(shares) => Some(shares.first().map_or(0, |s| s.len() as u64)),
            Design::Sobol { points, .. } => Some(*points),
        }
    }

    /// The values of the factors at a point.
    pub fn setting(&self, factors: &[Factor], point: u64) -> Vec<String> {
        match self {
            Design::Grid => {
                let mut rest = point;
                let mut values: Vec<String> = Vec::with_capacity(factors.len());
                for factor in factors.iter().rev() {
                    let count = factor.count().unwrap_or(1);
                    values.push(factor.value(rest % count));
                    rest /= count;
                }
                values.reverse();
                values
            }
            Design::List => factors.iter().map(|f| f.value(point)).collect(),
            Design::Shares(shares) => {
                factors.iter().zip(shares).map(|(f, shares)| f.at_share(shares[point as usize])).collect()
            }
            Design::Sobol { coordinates, .. } => {
                let share = |(sobol, key): &(Sobol, u64)| sobol.scrambled(point as u32, *key);
                factors.iter().zip(coordinates).map(|(f, c)| f.at_share(share(c))).collect()
            }
        }
    }
}
