//! Where amounts are: what has entered of each part of a dose, what is in each state, and what passed by each flow.

use super::Profile;
use super::administer::Administration;
use super::curve::Curve;
use super::field::Arrived;
use super::solved::Solved;
use crate::math::numeric;
use crate::model::{GROUP_FLOWS, Readout, Reg};

/// Times that differ by less than this, relative to the larger of the time and 1 h, are one time to the engines.
const ONE_TIME: f64 = 1e-10;

/// A part of a dose on its way by one entry of its route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// Index in [`Profile::administrations`].
    pub administration: usize,
    /// Index of the entry in its route.
    pub entry: usize,
    /// Index of the state that it enters.
    pub state: usize,
    /// What enters in all, as the state keeps it.
    pub amount: f64,
    /// When it begins to enter, h: after any lag.
    pub time: f64,
    /// h over which it enters at a constant rate; 0 for at once, or by a function.
    pub over: f64,
    /// Register of the input function.
    pub(super) input: Option<Reg>,
}

impl Arrival {
    /// Whether it enters by an input function of the model.
    pub fn is_by_function(&self) -> bool {
        self.input.is_some()
    }
}

impl Profile<'_> {
    /// The devices of the doses (a dose without devices is one), in the order of the doses.
    pub fn administrations(&self) -> &[Administration] {
        &self.administrations
    }

    /// Every part of every dose, in the order of the administrations; none where what a dose does follows the state.
    pub fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }

    /// The time (h) at which the engines see an event: those a rounding error apart are at one time.
    pub fn event_time(&self, time: f64) -> f64 {
        let (near, solved) = (ONE_TIME * time.max(1.0), self.solved());
        let edges = solved.breakpoints();
        let next = edges.get(edges.partition_point(|edge| *edge < time - near));
        next.copied().filter(|edge| *edge <= time + near).unwrap_or(time)
    }

    /// How much of a part of a dose has entered at ascending times (h), as the state keeps it.
    pub fn entered(&self, arrival: &Arrival, times: &[f64]) -> Vec<f64> {
        let begin = self.event_time(arrival.time);
        match arrival.input {
            Some(rate) => self.entered_by_function(arrival, rate, times),
            None => times.iter().map(|t| arrival.amount * share(t - begin, arrival.over)).collect(),
        }
    }

    /// The integral of an input function.
    fn entered_by_function(&self, arrival: &Arrival, rate: Reg, times: &[f64]) -> Vec<f64> {
        let given = &self.administrations[arrival.administration];
        let dose = Arrived {
            rate,
            state: arrival.state,
            time: arrival.time,
            amount: arrival.amount,
            dose_amount: given.amount,
            dose_device: f64::from(given.device),
        };
        let solved = self.solved();
        let mut files = solved.files.to_vec();
        let interval = |time: f64| solved.switches.partition_point(|switch| *switch <= time);
        let busiest = dose.busiest(self.model, &mut files[interval(arrival.time)]);
        // By the fourth root of the time, in which a rate that begins without bound is smooth.
        let mut part = |from: f64, to: f64| {
            let area = |u: f64| {
                let since = u.powi(4).max(f64::MIN_POSITIVE);
                4.0 * u.powi(3) * dose.rate_at(self.model, since, &mut files[interval(arrival.time + since)])
            };
            numeric::integral(area, from.powf(0.25), to.powf(0.25))
        };
        let (mut entered, mut until) = (0.0, 0.0);
        let mut sum = |time: &f64| {
            let since = (time - arrival.time).max(0.0);
            let middle = busiest.clamp(until, since.max(until));
            entered += part(until, middle) + part(middle, since.max(until));
            until = since.max(until);
            arrival.amount * entered
        };
        times.iter().map(&mut sum).collect()
    }

    /// What is in every state at a time (h), in the order of the model's states, just after what happens then.
    pub fn states_at(&self, time: f64) -> Vec<f64> {
        let mut x = vec![0.0; self.model.states().len()];
        self.solved().state(time, &mut x);
        x
    }

    /// What passed from the start to each of ascending times (h): the area under a rate of the model's flows.
    pub fn passed(&self, rate: &Readout, times: &[f64]) -> Vec<f64> {
        let solved = self.solved();
        let mut sum = 0.0;
        let pieces = std::iter::once(0.0).chain(times.iter().copied()).zip(times.iter().copied());
        match self.exact_weights(&solved, rate) {
            Some((c, d)) => {
                let mut signal = solved.exact.signal(&c, &d);
                let mut passed = |(from, to)| {
                    sum += signal.integral(from, to);
                    sum
                };
                pieces.map(&mut passed).collect()
            }
            None => {
                let mut curve = Curve::new(solved, rate, GROUP_FLOWS);
                let mut passed = |(from, to)| {
                    sum += curve.integral(from, to);
                    sum
                };
                pieces.map(&mut passed).collect()
            }
        }
    }

    /// What passes from the start to infinity, of the doses up to the end; none where a rate is integrated, or goes on for ever.
    pub fn passed_to_infinity(&self, rate: &Readout) -> Option<f64> {
        let solved = self.solved();
        let (c, d) = self.exact_weights(&solved, rate)?;
        solved.exact.signal(&c, &d).integral_to_infinity(0.0)
    }

    /// The coefficients of a rate in every interval, where all that it reads is propagated exactly.
    fn exact_weights(&self, solved: &Solved<'_>, rate: &Readout) -> Option<(Vec<f64>, Vec<f64>)> {
        let Readout::Linear { c, d } = rate else { return None };
        let n = solved.exact.size();
        let place = |state: usize| solved.order[..n].iter().position(|of| *of == state);
        let places: Option<Vec<usize>> = c.iter().map(|(state, _)| place(*state)).collect();
        let (mut weights, mut constants) = (vec![0.0; n * solved.files.len()], Vec::new());
        let places = places.filter(|_| n > 0)?;
        for (interval, file) in solved.files.iter().enumerate() {
            for (place, (_, reg)) in places.iter().zip(c) {
                weights[interval * n + place] = file[*reg][0];
            }
            constants.push(d.map_or(0.0, |reg| file[reg][0]));
        }
        Some((weights, constants))
    }
}

/// How much of a dose at a constant rate has entered so long after it began.
fn share(since: f64, over: f64) -> f64 {
    match since >= 0.0 {
        false => 0.0,
        true if over > 0.0 => (since / over).min(1.0),
        true => 1.0,
    }
}
