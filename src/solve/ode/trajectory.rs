//! The dense solution of one subject: every accepted step, each state a polynomial of degree four in it.

/// Coefficients c of y(θ) = c0 + c1 θ + … + c4 θ^4, where θ runs from 0 to 1 through a step.
pub type Quartic = [f64; 5];

/// Value of a quartic.
#[inline(always)]
pub fn quartic_at(c: &Quartic, theta: f64) -> f64 {
    c[0] + theta * (c[1] + theta * (c[2] + theta * (c[3] + theta * c[4])))
}

/// The states of one subject at all times that were integrated, as quartics step by step.
#[derive(Debug, Clone, Default)]
pub struct Trajectory {
    n: usize,
    begins: Vec<f64>,
    lengths: Vec<f64>,
    quartics: Vec<Quartic>,
}

impl Trajectory {
    /// Nothing yet, of a subject of `n` states.
    pub fn new(n: usize) -> Self {
        Trajectory { n, ..Trajectory::default() }
    }

    /// Number of states.
    pub fn size(&self) -> usize {
        self.n
    }

    /// One more step, from `begin` (h) on, `length` h long. Steps come in the order of time; where one begins as another
    /// ends, its values hold at that time.
    pub fn push(&mut self, begin: f64, length: f64, quartics: impl Iterator<Item = Quartic>) {
        self.begins.push(begin);
        self.lengths.push(length);
        self.quartics.extend(quartics);
    }

    /// Beginnings of the steps, h.
    pub fn begins(&self) -> &[f64] {
        &self.begins
    }

    /// Writes the states at time `t` (h), just after what happens then.
    pub fn state(&self, t: f64, x: &mut [f64]) {
        let k = self.begins.partition_point(|begin| *begin <= t).saturating_sub(1);
        if self.begins.is_empty() {
            return;
        }
        let theta = match self.lengths[k] {
            0.0 => 0.0,
            length => ((t - self.begins[k]) / length).clamp(0.0, 1.0),
        };
        let quartics = &self.quartics[k * self.n..(k + 1) * self.n];
        x.iter_mut().zip(quartics).for_each(|(x, c)| *x = quartic_at(c, theta));
    }
}
