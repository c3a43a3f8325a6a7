//! Moments and percentiles of samples.

/// Count, mean and sum of squared deviations, gathered one by one and merged: the same numbers for the same order of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub count: u64,
    /// Their mean; 0 of none.
    pub mean: f64,
    /// Sum of squared deviations from the mean.
    pub m2: f64,
}

impl Moments {
    /// One more (Welford 1962, Technometrics 4:419).
    pub fn add(&mut self, x: f64) {
        self.count += 1;
        let before = x - self.mean;
        self.mean += before / self.count as f64;
        self.m2 += before * (x - self.mean);
    }

    /// Those of both (Chan, Golub & LeVeque 1983, Am Stat 37:242, equation 2.1).
    pub fn merged(self, other: Self) -> Self {
        let count = self.count + other.count;
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let (share, apart) = (other.count as f64 / count as f64, other.mean - self.mean);
        Moments {
            count,
            mean: self.mean + apart * share,
            m2: self.m2 + other.m2 + apart * apart * share * self.count as f64,
        }
    }

    /// Unbiased variance; not a number for fewer than two.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.m2 / (self.count - 1) as f64 }
    }

    /// Standard deviation; not a number for fewer than two.
    pub fn sd(&self) -> f64 {
        self.variance().sqrt()
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Moments::default();
        values.into_iter().for_each(|x| moments.add(x));
        moments
    }
}

/// Merges neighbours, then neighbours of those: the result depends on the order alone, and rounding grows with the
/// logarithm of the number.
pub fn tree<T: Copy + Default>(parts: &[T], merge: impl Fn(T, T) -> T + Copy) -> T {
    match parts {
        [] => T::default(),
        [one] => *one,
        more => {
            // The first half is a power of two, so that it does not change when others follow.
            let half = more.len().next_power_of_two() / 2;
            merge(tree(&more[..half], merge), tree(&more[half..], merge))
        }
    }
}

/// The value below which `p` percent of the values lie, with straight lines between neighbours (Hyndman & Fan 1996,
/// Am Stat 50:361, definition 7). The values ascend; not a number of none.
pub fn percentile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = (p / 100.0 * last as f64).clamp(0.0, last as f64);
    let below = place.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    let part = place - below as f64;
    // Infinite neighbours have no difference to take a part of.
    if low == high || part == 0.0 { low } else { low + (high - low) * part }
}

/// The interval of a probability from `hits` of `n` > 0 trials that holds it as often as a normal number is within `z` standard
/// deviations of its mean (Wilson 1927, J Am Stat Assoc 22:209).
pub fn wilson(hits: u64, n: u64, z: f64) -> (f64, f64) {
    let (count, share) = (n as f64, hits as f64 / n as f64);
    let shrunk = 1.0 + z * z / count;
    let middle = (share + z * z / (2.0 * count)) / shrunk;
    let reach = z / shrunk * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    // Of none and of all it ends there, but for rounding.
    (if hits == 0 { 0.0 } else { middle - reach }, if hits == n { 1.0 } else { middle + reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_infinite_values_are_numbers() {
        let values = [1.0, 2.0, f64::INFINITY];
        assert_eq!([0.0, 50.0, 75.0, 100.0].map(|p| percentile(&values, p)), [1.0, 2.0, f64::INFINITY, f64::INFINITY]);
    }

    #[test]
    fn wilson_is_where_the_score_is_z() {
        let z = 1.959_963_984_540_054;
        for (hits, n) in [(0u64, 10u64), (3, 10), (81, 263), (999, 1000), (10, 10)] {
            let share = hits as f64 / n as f64;
            let score = |p: f64| (share - p).abs() / (p * (1.0 - p) / n as f64).sqrt();
            let (low, high) = wilson(hits, n, z);
            assert!(hits == 0 || (score(low) / z - 1.0).abs() < 1e-12, "{hits} of {n}: {low}");
            assert!(hits == n || (score(high) / z - 1.0).abs() < 1e-12, "{hits} of {n}: {high}");
            assert!((0.0..=share).contains(&low) && (share..=1.0).contains(&high));
        }
        // Newcombe 1998, Stat Med 17:857, table I, method 3.
        let (low, high) = wilson(81, 263, z);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn merged_moments_are_those_of_all() {
        let values: Vec<f64> = (0..1000).map(|k| 1e6 + f64::from(k * k % 97)).collect();
        let all: Moments = values.iter().copied().collect();
        let parts: Vec<Moments> = values.chunks(130).map(|part| part.iter().copied().collect()).collect();
        let merged = tree(&parts, Moments::merged);
        assert_eq!(merged.count, all.count);
        assert!((merged.mean - all.mean).abs() < 1e-9 && (merged.variance() / all.variance() - 1.0).abs() < 1e-12);
        let exact = values.iter().map(|x| x - 1e6).sum::<f64>() / 1000.0;
        assert!((all.mean - 1e6 - exact).abs() < 1e-9);
    }

    #[test]
    fn of_nothing_and_of_one() {
        assert!(Moments::default().variance().is_nan());
        let one: Moments = [3.0].into_iter().collect();
        assert_eq!((one.mean, one.merged(Moments::default()), Moments::default().merged(one)), (3.0, one, one));
        assert!(percentile(&[], 50.0).is_nan());
        assert_eq!(percentile(&[3.0], 95.0), 3.0);
    }

    #[test]
    fn percentiles_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (p, want) in [(0.0, 1.0), (25.0, 2.0), (50.0, 4.0), (60.0, 5.6), (95.0, 14.4), (100.0, 16.0)] {
            assert!((percentile(&sorted, p) - want).abs() < 1e-12, "{p}");
        }
        assert_eq!(percentile(&[1.0, f64::INFINITY, f64::INFINITY], 90.0), f64::INFINITY);
    }
}
