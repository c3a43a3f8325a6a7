//! When what happens: 20 doses over 20 weeks, and 500 observations.

use crate::people::Uniform;

/// mg
pub const DOSE: f64 = 84.0;
/// End of the simulation, h.
pub const UNTIL: f64 = 3360.0;
pub const OBSERVATIONS: usize = 500;

/// From one event to the next.
#[derive(Debug, Clone)]
pub struct Stretch {
    pub begin: f64,
    pub end: f64,
    /// What the first state gets at the beginning, mg.
    pub bolus: f64,
    /// What flows into it all the time, mg/h.
    pub rate: f64,
    /// Observations after the beginning, one at the end included: no output jumps at a dose.
    pub observations: Vec<f64>,
}

/// Doses of one kind, and the times of the observations.
#[derive(Debug, Clone)]
pub struct Course {
    pub observations: Vec<f64>,
    /// How long an input lasts, h; 0 is a bolus.
    pub over: f64,
}

impl Course {
    pub fn stretches(&self) -> Vec<Stretch> {
        let mut marks: Vec<(f64, f64, f64)> = Vec::new();
        for begin in doses() {
            if self.over > 0.0 {
                marks.extend([(begin, 0.0, DOSE / self.over), (begin + self.over, 0.0, 0.0)]);
            } else {
                marks.push((begin, DOSE, 0.0));
            }
        }
        let ends = marks[1..].iter().map(|mark| mark.0).chain([UNTIL]);
        let stretch = |(&(begin, bolus, rate), end): (&(f64, f64, f64), f64)| {
            let observations = self.observations.iter().copied().filter(|t| *t > begin && *t <= end).collect();
            Stretch { begin, end, bolus, rate, observations }
        };
        marks.iter().zip(ends).map(stretch).collect()
    }
}

/// Times of the doses, h: twice weekly for four weeks, then weekly for twelve.
pub fn doses() -> Vec<f64> {
    let twice_weekly = (0..8).map(|k| 84.0 * f64::from(k));
    twice_weekly.chain((0..12).map(|k| 672.0 + 168.0 * f64::from(k))).collect()
}

/// Observations at equal steps.
pub fn regular() -> Vec<f64> {
    (1..=OBSERVATIONS).map(|j| UNTIL * j as f64 / OBSERVATIONS as f64).collect()
}

/// Observations at uniform random times, in order.
pub fn irregular() -> Vec<f64> {
    let mut uniform = Uniform::new(2);
    let mut times: Vec<f64> = (0..OBSERVATIONS).map(|_| UNTIL * uniform.next()).collect();
    times.sort_by(f64::total_cmp);
    times
}
