//! What every engine computes: 20 doses over 20 weeks, 500 observations, an effect behind saturable elimination.

/// Depot, central, peripheral (mg), effect site (mg/L), response.
pub const STATES: usize = 5;
/// Place of the response, the only output.
pub const RESPONSE: usize = 4;
/// mg
pub const DOSE: f64 = 84.0;
/// Response without drug.
pub const BASELINE: f64 = 100.0;
/// End of the simulation, h.
pub const UNTIL: f64 = 3360.0;
pub const OBSERVATIONS: usize = 500;
/// What every engine is given to the relative tolerance, as the absolute one: the same share as posology's own.
pub const ABSOLUTE: f64 = 1e-2;

/// The parameters that differ between subjects.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Largest saturable elimination, mg/h.
    pub vmax: f64,
    /// Central volume, L.
    pub v2: f64,
}

impl Person {
    /// A typical person, then people with a CV of 30 %: log-normal with a variance of ln 1.09. Normal numbers are made by
    /// Box and Muller's formula from SplitMix64 (Steele, Lea and Flood 2014), seed 1, in the order Vmax, V2.
    pub fn many(count: usize) -> Vec<Person> {
        let mut state = 1;
        let mut uniform = || ((split_mix(&mut state) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let sd = 1.09_f64.ln().sqrt();
        let person = || {
            let (radius, angle) = ((-2.0 * uniform().ln()).sqrt(), std::f64::consts::TAU * uniform());
            Person { vmax: 12.0 * (sd * radius * angle.cos()).exp(), v2: 150.0 * (sd * radius * angle.sin()).exp() }
        };
        let typical = Person { vmax: 12.0, v2: 150.0 };
        std::iter::once(typical).chain(std::iter::repeat_with(person)).take(count).collect()
    }

    /// The right-hand side.
    #[inline(always)]
    pub fn slopes(&self, x: &[f64], dx: &mut [f64]) {
        let c = x[1] / self.v2;
        let absorbed = 1.2 * x[0];
        let exchanged = 60.0 * (c - x[2] / 200.0);
        dx[0] = -absorbed;
        dx[1] = absorbed - exchanged - 20.0 * c - self.vmax * c / (0.08 + c);
        dx[2] = exchanged;
        dx[3] = 0.5 * (c - x[3]);
        dx[4] = 5.0 * (1.0 - 0.9 * x[3] / (0.05 + x[3])) - 0.05 * x[4];
    }

    /// The Jacobian of the right-hand side times a vector.
    #[inline(always)]
    pub fn jacobian_times(&self, x: &[f64], v: &[f64], jv: &mut [f64]) {
        let (c, dc) = (x[1] / self.v2, v[1] / self.v2);
        let absorbed = 1.2 * v[0];
        let exchanged = 60.0 * (dc - v[2] / 200.0);
        let saturable = self.vmax * 0.08 / ((0.08 + c) * (0.08 + c));
        jv[0] = -absorbed;
        jv[1] = absorbed - exchanged - (20.0 + saturable) * dc;
        jv[2] = exchanged;
        jv[3] = 0.5 * (dc - v[3]);
        jv[4] = -5.0 * 0.9 * 0.05 / ((0.05 + x[3]) * (0.05 + x[3])) * v[3] - 0.05 * v[4];
    }
}

/// Times of the doses, h: twice weekly for four weeks, then weekly for twelve.
pub fn doses() -> Vec<f64> {
    let twice_weekly = (0..8).map(|k| 84.0 * f64::from(k));
    twice_weekly.chain((0..12).map(|k| 672.0 + 168.0 * f64::from(k))).collect()
}

/// Times of the observations, h.
pub fn observations() -> Vec<f64> {
    (1..=OBSERVATIONS).map(|j| UNTIL * j as f64 / OBSERVATIONS as f64).collect()
}

/// The stretches between doses: begin, end, and the observations within, the one at the end included. The response does
/// not jump at a dose.
pub fn stretches() -> Vec<(f64, f64, Vec<f64>)> {
    let doses = doses();
    let ends = doses[1..].iter().copied().chain([UNTIL]);
    let stretch = |(begin, end): (f64, f64)| {
        let within = observations().into_iter().filter(|t| *t > begin && *t <= end).collect();
        (begin, end, within)
    };
    doses.iter().copied().zip(ends).map(stretch).collect()
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
