//! Lists of whole numbers from 1: `3,4`, `10-14`.

use std::fmt;

/// A set of whole numbers from 1, kept as ranges in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers(Vec<(u32, u32)>);

impl Numbers {
    /// The numbers of some ranges, both ends included; `None` where a range begins at 0 or ends before it begins.
    pub fn from_ranges(mut ranges: Vec<(u32, u32)>) -> Option<Self> {
        if ranges.iter().any(|(from, to)| *from == 0 || to < from) {
            return None;
        }
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (from, to) in ranges {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Some(Numbers(merged))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(from, to)| u64::from(to - from) + 1).sum()
    }

    /// Whether `number` is among them.
    pub fn contains(&self, number: u64) -> bool {
        self.0.iter().any(|(from, to)| (u64::from(*from)..=u64::from(*to)).contains(&number))
    }

    /// The largest.
    pub fn largest(&self) -> Option<u32> {
        self.0.last().map(|(_, to)| *to)
    }

    /// The `index`-th in rising order, from 0.
    pub(super) fn nth(&self, mut index: u64) -> Option<u32> {
        for (from, to) in &self.0 {
            let length = u64::from(to - from) + 1;
            if index < length {
                return Some(from + index as u32);
            }
            index -= length;
        }
        None
    }
}

impl fmt::Display for Numbers {
    /// `1,2,5-9`: a range where it spares a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .0
            .iter()
            .map(|&(from, to)| match to - from {
                0 => from.to_string(),
                1 => format!("{from},{to}"),
                _ => format!("{from}-{to}"),
            })
            .collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_merge_and_print_short() {
        let numbers = Numbers::from_ranges(vec![(5, 7), (1, 1), (8, 9), (2, 2), (12, 12)]).unwrap();
        assert_eq!(numbers.to_string(), "1,2,5-9,12");
        assert_eq!(numbers.count(), 8);
        assert_eq!((0..9).map(|i| numbers.nth(i).unwrap_or(0)).collect::<Vec<_>>(), [1, 2, 5, 6, 7, 8, 9, 12, 0]);
        assert!(numbers.contains(6) && !numbers.contains(10));
        assert!(Numbers::from_ranges(vec![(0, 2)]).is_none() && Numbers::from_ranges(vec![(3, 2)]).is_none());
    }
}
