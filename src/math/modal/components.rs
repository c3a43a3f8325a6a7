//! Strongly connected components of the pattern of a matrix, upstream first (Tarjan 1972), and the entries of each.

use std::ops::Range;

/// An entry that is not zero: what the state at position `from` sends to the one at position `to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub to: usize,
    pub from: usize,
    /// Its place in the row-major matrix.
    at: usize,
}

/// States that reach each other, or one state by itself.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Its positions in the order.
    pub states: Range<usize>,
    /// Entries between its own states.
    pub inner: Range<usize>,
    /// Entries from states upstream.
    pub feeds: Range<usize>,
}

/// States in an order in which every component is contiguous and comes after all components that feed it.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// State at each position of the order.
    pub order: Vec<usize>,
    /// Upstream first.
    pub list: Vec<Component>,
    /// Entries of the components, in their order.
    pub entries: Vec<Entry>,
    /// Their values.
    pub values: Vec<f64>,
    index: Vec<usize>,
    low: Vec<usize>,
    done: Vec<bool>,
    stack: Vec<usize>,
    calls: Vec<(usize, usize)>,
}

impl Components {
    /// Finds the components of the row-major n x n matrix `a`, where a[i][j] != 0 means that j feeds i. What depends on the
    /// pattern alone is kept while the pattern stays the same.
    pub fn find(&mut self, a: &[f64], n: usize) {
        if !self.has_pattern(a, n) {
            self.order.clear();
            self.list.clear();
            self.entries.clear();
            self.index.clear();
            self.index.resize(n, usize::MAX);
            self.low.clear();
            self.low.resize(n, usize::MAX);
            self.done.clear();
            self.done.resize(n, false);
            let mut next = 0;
            for root in 0..n {
                if self.index[root] == usize::MAX {
                    self.walk_upstream(a, root, n, &mut next);
                }
            }
            self.values.resize(self.entries.len(), 0.0);
        }
        for (value, entry) in self.values.iter_mut().zip(&self.entries) {
            *value = a[entry.at];
        }
    }

    /// The entries by which states upstream feed a component, and their values.
    #[inline]
    pub fn feeds(&self, component: &Component) -> (&[Entry], &[f64]) {
        (&self.entries[component.feeds.clone()], &self.values[component.feeds.clone()])
    }

    /// Has `a` its entries where the latest matrix had them: as many, and none of those is zero?
    fn has_pattern(&self, a: &[f64], n: usize) -> bool {
        let mut count = 0;
        for value in a {
            count += usize::from(*value != 0.0);
        }
        self.order.len() == n && self.entries.len() == count && self.entries.iter().all(|entry| a[entry.at] != 0.0)
    }

    fn walk_upstream(&mut self, a: &[f64], root: usize, n: usize, next: &mut usize) {
        self.calls.push((root, 0));
        while let Some((i, from)) = self.calls.pop() {
            if from == 0 && self.index[i] == usize::MAX {
                (self.index[i], self.low[i]) = (*next, *next);
                *next += 1;
                self.stack.push(i);
            }
            let unseen = (from..n).find(|&j| {
                let feeds = j != i && a[i * n + j] != 0.0 && !self.done[j];
                if feeds && self.index[j] != usize::MAX {
                    self.low[i] = self.low[i].min(self.low[j]);
                }
                feeds && self.index[j] == usize::MAX
            });
            if let Some(j) = unseen {
                self.calls.push((i, j)); // looks at j again when j is finished, and then takes its low value
                self.calls.push((j, 0));
            } else if self.low[i] == self.index[i] {
                self.close(a, i, n);
            }
        }
    }

    /// The states on the stack down to `root` are a component.
    fn close(&mut self, a: &[f64], root: usize, n: usize) {
        let start = self.order.len();
        while let Some(state) = self.stack.pop() {
            self.done[state] = true;
            self.order.push(state);
            if state == root {
                break;
            }
        }
        self.order[start..].sort_unstable();
        let states = start..self.order.len();
        let [inner, feeds] = [states.clone(), 0..start].map(|sources| {
            let first = self.entries.len();
            for to in states.clone() {
                let entries = sources.clone().map(|from| Entry { to, from, at: self.order[to] * n + self.order[from] });
                self.entries.extend(entries.filter(|entry| a[entry.at] != 0.0));
            }
            first..self.entries.len()
        });
        self.list.push(Component { states, inner, feeds });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize, flows: &[(usize, usize)]) -> Vec<f64> {
        let mut a = vec![0.0; n * n];
        for &(from, to) in flows {
            a[to * n + from] = 1.0;
            a[from * n + from] = -1.0;
        }
        a
    }

    #[test]
    fn upstream_comes_first_and_loops_stay_together() {
        let flows = [(3, 1), (1, 0), (0, 4), (4, 1), (4, 2), (5, 2)];
        let mut found = Components::default();
        found.find(&matrix(6, &flows), 6);
        let place = |s: usize| found.list.iter().position(|c| found.order[c.states.clone()].contains(&s)).unwrap();
        assert!(place(0) == place(1) && place(1) == place(4));
        for (from, to) in flows {
            assert!(place(from) <= place(to), "{from} -> {to}");
        }
        assert_eq!(found.list.len(), 4);
        found.find(&matrix(2, &[(1, 0)]), 2);
        let states: Vec<_> = found.list.iter().map(|c| c.states.clone()).collect();
        assert_eq!((found.order.clone(), states), (vec![1, 0], vec![0..1, 1..2]));
    }

    #[test]
    fn entries_are_those_of_the_matrix_whatever_came_before() {
        let (there, back) = (matrix(3, &[(0, 1), (1, 2)]), matrix(3, &[(2, 1), (1, 0)]));
        let mut found = Components::default();
        for a in [&there, &back, &there, &matrix(2, &[(0, 1), (1, 0)]), &there] {
            let n = a.len().isqrt();
            found.find(a, n);
            let mut copy = vec![0.0; n * n];
            for (entry, value) in found.entries.iter().zip(&found.values) {
                copy[found.order[entry.to] * n + found.order[entry.from]] = *value;
            }
            assert_eq!(copy, *a);
        }
    }
}
