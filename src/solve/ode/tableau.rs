//! Coefficients of the explicit methods: six stages and the slopes at the end, which are those at the beginning of the next
//! step; an embedded result to judge errors by; an interpolant of order 4.

/// Different times of the stages of a step, besides its beginning; the last two stages are at its end.
pub const STAGES: usize = 5;

/// Number of weights of the slopes in stages 2 to 6, the result and the estimate of the error: 1 to 7 in each.
pub const WEIGHTS: usize = 28;

/// An explicit method of six stages.
#[derive(Debug)]
pub struct Tableau {
    /// When the stages before the end of the step are, as a share of it.
    pub times: [f64; STAGES - 1],
    /// Weights of the slopes before in stages 2 to 6, a line each; of all six in the result; of these and the slopes at the
    /// end in the estimate of the error.
    pub weights: [f64; WEIGHTS],
    /// How much larger the error of the interpolant inside a step is than the estimate for its end, where slopes depend on
    /// time alone: the same tolerance holds for both.
    pub inside: f64,
    /// Coefficients of θ² to θ⁴ in the weight of each stage at θ; only the first stage has one of θ, which is 1.
    pub dense: [[f64; 3]; 7],
}

/// The pair 5(4), stable for rate x step up to 3.5.
///
/// Ch. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption. Computers &
/// Mathematics with Applications 62 (2011) 770-775.
#[rustfmt::skip]
pub const ACCURATE: Tableau = Tableau {
    times: [0.161, 0.327, 0.9, 0.9800255409045097],
    weights: [
        0.161,
        -0.008480655492356989, 0.335480655492357,
        2.8971530571054935, -6.359448489975075, 4.3622954328695815,
        5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525,
        5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383,
        0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774,
        -0.001780011052225777, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629, 0.5823571654525552,
        -0.45808210592918697, 1.0 / 66.0,
    ],
    inside: 3.54,
    dense: [
        [-2.763706197274826, 2.9132554618219126, -1.0530884977290216],
        [0.1317, -0.2234, 0.1017],
        [3.9302962368947516, -5.941033872131505, 2.490627285651253],
        [-12.411077166933676, 30.33818863028232, -16.548102889244902],
        [37.50931341651104, -88.1789048947664, 47.37952196281928],
        [-27.896526289197286, 65.09189467479366, -34.87065786149661],
        [1.5, -4.0, 2.5],
    ],
};

/// A pair 4(3), stable for rate x step up to 9.6, for where stability and not accuracy limits the step.
///
/// Made for this place: no method of six stages and order 4 is stable beyond 9.96 on the real axis; one that damps by 0.85
/// inside is to 9.6. Stages 3 to 6 are of order 2, stage 2 takes no part in the result, and of the conditions of order 5 all
/// hold but the one on which the stability depends. Of the estimates that these stages allow it has the one that stays smallest
/// for the rates that are damped.
#[rustfmt::skip]
pub const ENDURING: Tableau = Tableau {
    times: [0.37846837071547784, 0.6622577630903651, 0.1920535452875331, 0.6624957031650655],
    weights: [
        0.37846837071547784,
        0.08283636528065144, 0.5794213978097136,
        0.15529438309899707, 0.02079626143145015, 0.015962900757085886,
        -0.3184853278481603, -0.38420639394836464, 0.21835440317000768, 1.1468330217915728,
        0.5980312736629269, 0.10268734209157762, 0.2582146927790794, -0.5588888943437428, 0.599955585810159,
        0.03562242639883086, 0.0, 0.17530078397732668, 0.3708769603099289, 0.31265489198591206, 0.10554493732800149,
        -1.1790357207373252, 0.0, -0.37567493111633177, 2.0551238588141167, -1.050395585256254, -0.11891385720920679,
        0.6688962355050009,
    ],
    inside: 1.0,
    dense: [
        [-3.8582596380842764, 4.859008981763877, -1.965126917280769],
        [0.0, 0.0, 0.0],
        [-0.3271120518261179, 1.3554272395615425, -0.853014403758098],
        [4.538002730497376, -7.592497619755036, 3.425371849567589],
        [-0.5858414996399751, 2.4223025672235985, -1.5238061755977115],
        [-1.2652174669851395, 2.9526146832822846, -1.5818522789691438],
        [1.4984279260381332, -3.9968558520762665, 2.4984279260381332],
    ],
};

#[cfg(test)]
mod tests {
    use super::super::conditions::{Square, violation};
    use super::*;

    impl Tableau {
        /// Weights of stage `s` (2 to 7, the result) or of the estimate of the error (8), padded with zeros.
        fn row(&self, s: usize) -> [f64; 7] {
            let first = (s - 1) * (s - 2) / 2;
            std::array::from_fn(|i| if i + 1 < s { self.weights[first + i] } else { 0.0 })
        }

        fn stages(&self) -> Square<7> {
            std::array::from_fn(|i| if i == 0 { [0.0; 7] } else { self.row(i + 1) })
        }

        fn interpolant(&self, theta: f64) -> [f64; 7] {
            std::array::from_fn(|i| {
                let [b2, b3, b4] = self.dense[i];
                (if i == 0 { theta } else { 0.0 }) + theta * theta * (b2 + theta * (b3 + theta * b4))
            })
        }

        /// What weights make of y' = z y, y = 1, besides the beginning.
        fn answer(&self, weights: [f64; 7], z: f64) -> f64 {
            let (a, mut states) = (self.stages(), [1.0; 7]);
            for i in 1..7 {
                states[i] = 1.0 + z * (0..i).map(|j| a[i][j] * states[j]).sum::<f64>();
            }
            z * (0..7).map(|i| weights[i] * states[i]).sum::<f64>()
        }

        /// The largest |R(z)| for z from -from down to -to.
        fn amplification(&self, from: f64, to: f64) -> f64 {
            let at = |k: i32| -(from + (to - from) * f64::from(k) / 1000.0);
            (0..=1000).map(|k| (1.0 + self.answer(self.row(7), at(k))).abs()).fold(0.0, f64::max)
        }
    }

    #[test]
    fn the_coefficients_meet_the_conditions_of_their_orders() {
        for (tableau, order) in [(&ACCURATE, 5), (&ENDURING, 4)] {
            let a = tableau.stages();
            let times = [0.0].into_iter().chain(tableau.times).chain([1.0; 2]);
            for (row, c) in a.iter().zip(times) {
                assert!((row.iter().sum::<f64>() - c).abs() < 1e-14);
            }
            let embedded = std::array::from_fn(|i| tableau.row(7)[i] - tableau.row(8)[i]);
            // The digits that were published leave 1e-14.
            assert!(violation(order, 1.0, tableau.row(7), &a, &a) < 1e-13);
            assert!(violation(order - 1, 1.0, embedded, &a, &a) < 1e-13);
            assert!(violation(order, 1.0, embedded, &a, &a) > 1e-5, "the estimate of the error is not blind");
        }
        let a = ENDURING.stages();
        assert!(violation(5, 1.0, ENDURING.row(7), &a, &a) < 0.003, "order 5 is missed by little");
    }

    #[test]
    fn the_interpolants_are_of_order_4_and_smooth_from_step_to_step() {
        for tableau in [&ACCURATE, &ENDURING] {
            for theta in [0.1, 0.3, 0.5, 0.8, 1.0] {
                let weights = tableau.interpolant(theta);
                assert!(violation(4, theta, weights, &tableau.stages(), &tableau.stages()) < 1e-13, "{theta}");
            }
            for i in 0..7 {
                assert!((tableau.interpolant(1.0)[i] - tableau.row(7)[i]).abs() < 1e-13);
                let slope = tableau.dense[i].iter().zip([2.0, 3.0, 4.0]).map(|(c, power)| c * power).sum::<f64>();
                let expected = if i == 6 { 1.0 } else { 0.0 };
                assert!((slope + if i == 0 { 1.0 } else { 0.0 } - expected).abs() < 1e-13, "stage {i}");
            }
        }
    }

    #[test]
    fn the_enduring_method_is_stable_nearly_three_times_as_far() {
        assert!(ACCURATE.amplification(0.0, 3.4) <= 1.0 && ACCURATE.amplification(3.4, 3.7) > 1.0);
        assert!(ENDURING.amplification(0.0, 9.6) <= 1.0 && ENDURING.amplification(9.6, 9.8) > 1.0);
        // What it is asked for dies out, and does not look like an error on the way.
        assert!(ENDURING.amplification(2.5, 9.0) < 0.87);
        let estimate = |k: i32| ENDURING.answer(ENDURING.row(8), -9.6 * f64::from(k) / 1000.0).abs();
        assert!((0..=1000).map(estimate).fold(0.0, f64::max) < 7.1);
    }

    #[test]
    fn inside_a_step_the_interpolant_errs_no_more_than_is_said() {
        // slopes t^4 over one unit of time
        for tableau in [&ACCURATE, &ENDURING] {
            let times = [0.0].into_iter().chain(tableau.times).chain([1.0; 2]);
            let slopes: Vec<f64> = times.map(|c| c.powi(4)).collect();
            let sum = |weights: [f64; 7]| weights.iter().zip(&slopes).map(|(b, k)| b * k).sum::<f64>();
            let error = |k: i32| {
                let theta = f64::from(k) / 100.0;
                (sum(tableau.interpolant(theta)) - theta.powi(5) / 5.0).abs()
            };
            let ratio = (0..=100).map(error).fold(0.0, f64::max) / sum(tableau.row(8)).abs();
            assert!(ratio <= tableau.inside, "{ratio}");
        }
    }
}
