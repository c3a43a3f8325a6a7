//! Strongly connected components of the pattern of a matrix, upstream first (Tarjan 1972).

use std::ops::Range;

/// States in an order in which every component is contiguous and comes after all components that feed it.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// State at each position of the order.
    pub order: Vec<usize>,
    /// Positions of each component.
    pub ranges: Vec<Range<usize>>,
    /// First position of the component of each position.
    pub first: Vec<usize>,
    pattern: Vec<bool>,
    index: Vec<usize>,
    low: Vec<usize>,
    done: Vec<bool>,
    stack: Vec<usize>,
    calls: Vec<(usize, usize)>,
}

impl Components {
    /// Finds the components of the row-major n x n matrix `a`, where a[i][j] != 0 means that j feeds i. Kept while the pattern stays the same.
    pub fn find(&mut self, a: &[f64], n: usize) {
        if self.pattern.len() == a.len() && self.pattern.iter().zip(a).all(|(&p, v)| p == (*v != 0.0)) {
            return;
        }
        self.pattern.clear();
        self.pattern.extend(a.iter().map(|v| *v != 0.0));
        self.order.clear();
        self.ranges.clear();
        self.first.clear();
        self.index.clear();
        self.index.resize(n, usize::MAX);
        self.low.clear();
        self.low.resize(n, usize::MAX);
        self.done.clear();
        self.done.resize(n, false);
        let mut next = 0;
        for root in 0..n {
            if self.index[root] == usize::MAX {
                self.walk_upstream(root, n, &mut next);
            }
        }
    }

    fn walk_upstream(&mut self, root: usize, n: usize, next: &mut usize) {
        self.calls.push((root, 0));
        while let Some((i, from)) = self.calls.pop() {
            if from == 0 && self.index[i] == usize::MAX {
                (self.index[i], self.low[i]) = (*next, *next);
                *next += 1;
                self.stack.push(i);
            }
            let unseen = (from..n).find(|&j| {
                let feeds = j != i && self.pattern[i * n + j] && !self.done[j];
                if feeds && self.index[j] != usize::MAX {
                    self.low[i] = self.low[i].min(self.low[j]);
                }
                feeds && self.index[j] == usize::MAX
            });
            if let Some(j) = unseen {
                self.calls.push((i, j)); // looks at j again when j is finished, and then takes its low value
                self.calls.push((j, 0));
            } else if self.low[i] == self.index[i] {
                self.close(i);
            }
        }
    }

    fn close(&mut self, root: usize) {
        let start = self.order.len();
        while let Some(state) = self.stack.pop() {
            self.done[state] = true;
            self.order.push(state);
            if state == root {
                break;
            }
        }
        self.order[start..].sort_unstable();
        self.ranges.push(start..self.order.len());
        self.first.resize(self.order.len(), start);
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
        let place = |s: usize| found.ranges.iter().position(|r| found.order[r.clone()].contains(&s)).unwrap();
        assert!(place(0) == place(1) && place(1) == place(4));
        for (from, to) in flows {
            assert!(place(from) <= place(to), "{from} -> {to}");
        }
        assert_eq!(found.ranges.len(), 4);
        found.find(&matrix(2, &[(1, 0)]), 2);
        assert_eq!((found.order.clone(), found.ranges.clone()), (vec![1, 0], vec![0..1, 1..2]));
    }
}
