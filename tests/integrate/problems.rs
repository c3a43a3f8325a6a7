//! Problems of the test set of Bari and others whose solutions are known.

use super::System;

/// A problem without time in it.
#[derive(Clone)]
pub struct Problem<const N: usize> {
    pub slope: fn(&[f64], &mut [f64]),
    /// Row-major.
    pub jacobian: fn(&[f64], &mut [f64]),
}

impl<const N: usize> System for Problem<N> {
    const SIZE: usize = N;

    fn slope(&self, _: f64, y: &[f64], dy: &mut [f64]) {
        (self.slope)(y, dy);
    }

    fn jacobian(&self, _: f64, y: &[f64], j: &mut [f64]) {
        (self.jacobian)(y, j);
    }
}

/// Robertson: three substances, one gone in microseconds.
pub fn robertson() -> Problem<3> {
    Problem {
        slope: |y, dy| {
            dy[0] = -0.04 * y[0] + 1e4 * y[1] * y[2];
            dy[2] = 3e7 * y[1] * y[1];
            dy[1] = -dy[0] - dy[2];
        },
        jacobian: |y, j| {
            let (to, between) = (1e4 * y[2], 1e4 * y[1]);
            let out = 6e7 * y[1];
            j.copy_from_slice(&[-0.04, to, between, 0.04, -to - out, -between, 0.0, out, 0.0]);
        },
    }
}

/// High irradiance response of plants.
pub fn hires() -> Problem<8> {
    Problem {
        slope: |y, dy| {
            let fast = 280.0 * y[5] * y[7];
            dy[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
            dy[1] = 1.71 * y[0] - 8.75 * y[1];
            dy[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
            dy[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
            dy[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6];
            dy[5] = -fast + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
            dy[6] = fast - 1.81 * y[6];
            dy[7] = -dy[6];
        },
        jacobian: |y, j| {
            j.fill(0.0);
            let mut set = |row: usize, entries: &[(usize, f64)]| {
                entries.iter().for_each(|(column, value)| j[8 * row + column] = *value);
            };
            let (by5, by7) = (280.0 * y[7], 280.0 * y[5]);
            set(0, &[(0, -1.71), (1, 0.43), (2, 8.32)]);
            set(1, &[(0, 1.71), (1, -8.75)]);
            set(2, &[(2, -10.03), (3, 0.43), (4, 0.035)]);
            set(3, &[(1, 8.32), (2, 1.71), (3, -1.12)]);
            set(4, &[(4, -1.745), (5, 0.43), (6, 0.43)]);
            set(5, &[(3, 0.69), (4, 1.71), (5, -by5 - 0.43), (6, 0.69), (7, -by7)]);
            set(6, &[(5, by5), (6, -1.81), (7, by7)]);
            set(7, &[(5, -by5), (6, 1.81), (7, -by7)]);
        },
    }
}

/// Belousov and Zhabotinskii.
pub fn oregonator() -> Problem<3> {
    Problem {
        slope: |y, dy| {
            dy[0] = 77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1]));
            dy[1] = (y[2] - (1.0 + y[0]) * y[1]) / 77.27;
            dy[2] = 0.161 * (y[0] - y[2]);
        },
        jacobian: |y, j| {
            let first = [77.27 * (1.0 - 2.0 * 8.375e-6 * y[0] - y[1]), 77.27 * (1.0 - y[0]), 0.0];
            let second = [-y[1] / 77.27, -(1.0 + y[0]) / 77.27, 1.0 / 77.27];
            j.copy_from_slice(&[first, second, [0.161, 0.0, -0.161]].concat());
        },
    }
}

/// Van der Pol with a stiffness of 1000.
pub fn van_der_pol() -> Problem<2> {
    Problem {
        slope: |y, dy| {
            dy[0] = y[1];
            dy[1] = 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0];
        },
        jacobian: |y, j| {
            j.copy_from_slice(&[0.0, 1.0, -2000.0 * y[0] * y[1] - 1.0, 1000.0 * (1.0 - y[0] * y[0])]);
        },
    }
}

/// Three bodies of which one has no mass: a satellite between earth and moon.
pub fn arenstorf() -> Problem<4> {
    const MOON: f64 = 0.012277471;
    Problem {
        slope: |y, dy| {
            let (earth, moon) = (y[0] + MOON, y[0] - 1.0 + MOON);
            let to_earth = (1.0 - MOON) / (earth * earth + y[1] * y[1]).powf(1.5);
            let to_moon = MOON / (moon * moon + y[1] * y[1]).powf(1.5);
            dy[0] = y[2];
            dy[1] = y[3];
            dy[2] = y[0] + 2.0 * y[3] - to_earth * earth - to_moon * moon;
            dy[3] = y[1] - 2.0 * y[2] - (to_earth + to_moon) * y[1];
        },
        jacobian: |_, _| unreachable!("nothing here is stiff"),
    }
}

/// Saturable elimination.
pub fn saturable() -> Problem<1> {
    Problem { slope: |y, dy| dy[0] = -5.0 * y[0] / (1.5 + y[0]), jacobian: |y, j| j[0] = -7.5 / (1.5 + y[0]).powi(2) }
}

/// The same elimination, and a response whose production the drug inhibits: long after a dose the first is fast and at rest.
pub fn response() -> Problem<2> {
    Problem {
        slope: |y, dy| {
            dy[0] = -5.0 * y[0] / (1.5 + y[0]);
            dy[1] = 5.0 * (1.0 - y[0] / (0.5 + y[0])) - 0.05 * y[1];
        },
        jacobian: |y, j| {
            let (eliminated, inhibited) = (7.5 / (1.5 + y[0]).powi(2), 2.5 / (0.5 + y[0]).powi(2));
            j.copy_from_slice(&[-eliminated, 0.0, -inhibited, -0.05]);
        },
    }
}

/// A drug that binds its target with `SPEED` /h: free drug, free target, complex.
pub fn binding<const SPEED: u32>() -> Problem<3> {
    Problem {
        slope: |y, dy| {
            let bound = f64::from(SPEED) * (y[0] * y[1] - 0.1 * y[2]);
            dy[0] = -0.12 * y[0] - bound;
            dy[1] = 1.2 * (1.0 - y[1]) - bound;
            dy[2] = bound - 0.3 * y[2];
        },
        jacobian: |y, j| {
            let speed = f64::from(SPEED);
            let (by_drug, by_target, by_complex) = (speed * y[1], speed * y[0], 0.1 * speed);
            let [first, second] = [[-0.12 - by_drug, -by_target, by_complex], [-by_drug, -1.2 - by_target, by_complex]];
            j.copy_from_slice(&[first, second, [by_drug, by_target, -by_complex - 0.3]].concat());
        },
    }
}
