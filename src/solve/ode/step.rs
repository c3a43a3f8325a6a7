//! The step that all lanes attempt side by side, and the judgement on it.

/// Where each lane is, the step it attempts and where that would lead.
#[derive(Debug, Clone)]
pub struct Step<const L: usize> {
    /// Beginning and end of the step, h since the start of the lane's stretch.
    pub from: [f64; L],
    pub to: [f64; L],
    /// Length of the step, h; zero in lanes that do not take part.
    pub h: [f64; L],
    /// States and slopes at the beginning.
    pub y: Vec<[f64; L]>,
    pub slope: Vec<[f64; L]>,
    /// States at the end.
    pub next: Vec<[f64; L]>,
    pub absolute: Vec<[f64; L]>,
    pub relative: f64,
}

impl<const L: usize> Step<L> {
    pub fn new(n: usize, relative: f64) -> Self {
        let zero = || vec![[0.0; L]; n];
        let [y, slope, next, absolute] = [zero(), zero(), zero(), zero()];
        Self { from: [0.0; L], to: [0.0; L], h: [0.0; L], y, slope, next, absolute, relative }
    }

    /// The time at a share of the step.
    #[inline(always)]
    pub fn at(&self, share: f64) -> [f64; L] {
        let mut at = self.from;
        for l in 0..L {
            at[l] += share * self.h[l];
        }
        at
    }

    /// The error of a state that is tolerated over the step; never zero.
    #[inline(always)]
    pub fn weight(&self, i: usize) -> [f64; L] {
        let (y, next, absolute) = (&self.y[i], &self.next[i], &self.absolute[i]);
        let mut weight = [0.0; L];
        for l in 0..L {
            let (a, b) = (y[l].abs(), next[l].abs());
            weight[l] = absolute[l] + self.relative * if a > b { a } else { b } + f64::MIN_POSITIVE;
        }
        weight
    }

    /// The error of a state that is tolerated at the beginning of the step.
    pub fn weight_before(&self, lane: usize, state: usize) -> f64 {
        self.absolute[state][lane] + self.relative * self.y[state][lane].abs() + f64::MIN_POSITIVE
    }
}

/// What is thought of an attempt, lane by lane.
#[derive(Debug, Clone)]
pub struct Judgement<const L: usize> {
    /// The largest error of a state as a share of what is tolerated.
    pub error: [f64; L],
    /// Infinite or NaN where something in the attempt was.
    pub check: [f64; L],
    /// The dominant rate of the system times the step.
    pub rate: [f64; L],
}

impl<const L: usize> Default for Judgement<L> {
    fn default() -> Self {
        Self { error: [0.0; L], check: [0.0; L], rate: [0.0; L] }
    }
}

impl<const L: usize> Judgement<L> {
    /// Takes the error of one more state into account. The largest error decides, not a mean: states at rest then neither
    /// dilute the others nor change their steps.
    #[inline(always)]
    pub fn add(&mut self, error: &[f64; L], weight: &[f64; L], next: &[f64; L]) {
        for l in 0..L {
            let share = error[l].abs() / weight[l];
            self.error[l] = if share > self.error[l] { share } else { self.error[l] };
            // A state that overflowed has no error against its infinite tolerance.
            self.check[l] += share + 0.0 * next[l];
        }
    }
}
