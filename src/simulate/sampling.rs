//! Sampling times that nobody chose: dense where concentrations move fast.

use crate::dosing::PlannedDose;

/// After a dose, every so many hours up to so many hours after it.
const RHYTHM: [(f64, f64); 3] = [(1.0 / 12.0, 4.0), (0.25, 24.0), (4.0, f64::INFINITY)];

/// Times from 0 to `until` (h) that follow each dose closely and the rest at longer steps; the end of each infusion is one.
pub(super) fn following(doses: &[PlannedDose], until: f64) -> Vec<f64> {
    let mut starts: Vec<f64> =
        std::iter::once(0.0).chain(doses.iter().map(|d| d.time)).filter(|t| *t <= until).collect();
    starts.dedup();
    let mut times: Vec<f64> = doses.iter().map(|d| d.time + d.input.hours()).filter(|t| *t <= until).collect();
    for (i, start) in starts.iter().enumerate() {
        let next = starts.get(i + 1).copied().unwrap_or(until);
        let mut begin = 0.0;
        for (step, end) in RHYTHM {
            // By multiplication, so that no error accumulates.
            let steps = (0..).map(|k| begin + f64::from(k) * step).take_while(|t| *t < end && start + t < next);
            times.extend(steps.map(|t| start + t));
            begin = end;
        }
    }
    times.push(until);
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dosing::Regimen;

    #[test]
    fn each_dose_is_followed_closely_and_the_end_is_reached() {
        let doses = "35 mg iv over 40 min weekly x 3".parse::<Regimen>().unwrap().doses();
        let times = following(&doses, 504.0);
        for start in [0.0, 168.0, 336.0] {
            assert!(times.contains(&start) && times.contains(&(start + 40.0 / 60.0)), "{start}");
            let after = times.iter().filter(|t| **t > start && **t <= start + 4.0).count();
            assert!(after >= 48, "{after} after {start} h");
        }
        assert!(times.windows(2).all(|w| w[0] < w[1] && w[1] - w[0] <= 4.0 + 1e-9));
        assert_eq!((times[0], *times.last().unwrap()), (0.0, 504.0));
    }
}
