//! When courses are looked at: a grid, and the hours around each session where what is followed comes and goes in them.

use super::DAY;
use super::person::Question;
use crate::Error;
use crate::population::Subject;
use crate::simulate::Attendance;

/// At most so many times of the grid.
const TIMES: f64 = 400.0;
/// At most so many sessions and visits are looked at one by one.
const SESSIONS: usize = 500;
/// h
const PARTS_OF_A_DAY: [f64; 9] = [0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
/// A peak is looked for every so many hours up to so many hours after a session.
const SEARCH: [(f64, f64); 2] = [(1.0 / 12.0, 4.0), (0.25, DAY)];
/// h after a peak
const DECLINE: [f64; 5] = [0.5, 1.5, 3.0, 6.0, 12.0];

/// Who takes every session in time.
pub(super) fn faithful(_course: usize, _number: usize) -> Attendance {
    Attendance::Given { late: 0.0, last: false }
}

/// Hours between the times of the grid: a day or whole days are divided by it, so that a course of weeks has the same hours
/// each week.
pub(super) fn step(until: f64) -> f64 {
    let whole = DAY * (until / DAY / TIMES).ceil();
    PARTS_OF_A_DAY.into_iter().find(|step| until / step <= TIMES).unwrap_or(whole)
}

/// The grid; the end is one of its times.
pub(super) fn grid(until: f64) -> Vec<f64> {
    let step = step(until);
    let before = (0..).map(|k| f64::from(k) * step).take_while(|time| *time < until);
    before.chain([until]).collect()
}

impl Question<'_> {
    /// Adds the times around the peaks of the typical person after each session or visit that is known beforehand: everybody is
    /// looked at at the same times. Says whether peaks are looked for at all.
    ///
    /// # Errors
    /// As [`Question::of`].
    pub fn follow_sessions(&mut self, subject: &Subject<'_>) -> Result<bool, Error> {
        let planned = self.planned();
        if self.followed.is_none() || planned.len() > SESSIONS {
            return Ok(false);
        }
        let ends = planned.iter().skip(1).map(|(next, _)| *next).chain([self.itinerary.until]);
        let windows: Vec<Vec<f64>> = planned.iter().zip(ends).map(|(session, end)| search(*session, end)).collect();
        let grid = std::mem::replace(&mut self.times, windows.concat());
        let curve = self.of(subject, faithful)?.curve;
        self.times = grid;
        let (mut values, mut peaks) = (&curve[..], Vec::new());
        for (window, (begin, _)) in windows.iter().zip(&planned) {
            let (here, rest) = values.split_at(window.len());
            values = rest;
            let found = turns(window, here);
            // At a visit without a session of the typical person others are given one.
            if !found.is_empty() {
                peaks = found.into_iter().map(|time| time - begin).collect();
            }
            let end = window.last().copied().unwrap_or(*begin);
            self.times.extend(around(*begin, &peaks).filter(|time| *time <= end));
        }
        self.times.sort_by(f64::total_cmp);
        self.times.dedup();
        Ok(true)
    }

    /// When a session can be, and how long its infusion is, h; of several at one time the first.
    fn planned(&self) -> Vec<(f64, f64)> {
        let fixed = self.itinerary.doses.iter().map(|dose| (dose.time, dose.input.hours()));
        let guided = self.itinerary.guided.iter();
        let guided = guided.flat_map(|phase| phase.visits().map(|t| (t, phase.session(0, t).input.hours())));
        let mut planned: Vec<(f64, f64)> = fixed.chain(guided).collect();
        planned.sort_by(|a, b| a.0.total_cmp(&b.0));
        planned.dedup_by(|a, b| a.0 == b.0);
        planned
    }
}

/// Times from just before a session on, up to the next one.
fn search((begin, over): (f64, f64), end: f64) -> Vec<f64> {
    let mut times = vec![just_before(begin), begin + over];
    let mut from = 0.0;
    for (step, to) in SEARCH {
        times.extend((0..).map(|k| from + f64::from(k) * step).take_while(|t| *t < to).map(|t| begin + t));
        from = to;
    }
    times.retain(|time| *time < end);
    times.sort_by(f64::total_cmp);
    times
}

/// A dose at a time is not seen just before it.
fn just_before(time: f64) -> f64 {
    time.next_down().max(0.0)
}

/// When the largest and the smallest value are, where they are not at the edges.
fn turns(times: &[f64], values: &[f64]) -> Vec<f64> {
    let best = |better: fn(f64, f64) -> bool| {
        let all = 0..values.len();
        all.reduce(|best, k| if better(values[k], values[best]) { k } else { best })
    };
    let last = values.len().saturating_sub(1);
    let found = [best(|a, b| a > b), best(|a, b| a < b)];
    let mut found: Vec<f64> = found.into_iter().flatten().filter(|k| (1..last).contains(k)).map(|k| times[k]).collect();
    found.sort_by(f64::total_cmp);
    found
}

/// Times of the rise, the peaks (h after a session) and the decline.
fn around(begin: f64, peaks: &[f64]) -> impl Iterator<Item = f64> {
    let of_peak = move |peak: &f64| {
        let (peak, at) = (*peak, begin + *peak);
        let decline = DECLINE.into_iter().map(move |hours| at + hours);
        [just_before(begin), begin, begin + 0.5 * peak, at].into_iter().chain(decline)
    };
    peaks.iter().flat_map(of_peak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_divides_days_and_ends_with_the_course() {
        assert_eq!(grid(48.0)[..3], [0.0, 0.25, 0.5]);
        assert_eq!(step(52.0 * 168.0), DAY);
        assert_eq!(grid(50.1 * DAY).last(), Some(&(50.1 * DAY)));
    }

    #[test]
    fn a_peak_is_found_between_the_edges() {
        let times = search((168.0, 0.7), 400.0);
        assert!(times[0] < 168.0 && times.contains(&168.7) && times.len() > 100);
        let bell: Vec<f64> = times.iter().map(|t| -(t - 169.0).abs()).collect();
        let peak = turns(&times, &bell);
        assert!(peak.iter().any(|t| (t - 169.0).abs() < 1e-9), "{peak:?}");
        assert!(turns(&times, &times).is_empty(), "what only rises has none");
        assert!(turns(&[], &[]).is_empty());
        assert!(search((168.0, 2.0), 169.0).iter().all(|t| *t < 169.0), "the next session is not looked at");
    }
}
