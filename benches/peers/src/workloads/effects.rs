//! Saturable and linear elimination after doses by mouth, an effect site, and a response whose production is inhibited.

use super::{Tolerance, Workload, stretches};
use crate::course::{Course, Stretch, regular};
use crate::engines::posology::{Calls, Source};
use crate::engines::{Failure, How, Problem, diffsol, integrators, ode_solvers, pharmsol};
use crate::measure::errors;
use crate::people::Person;
use ::pharmsol::prelude::*;
use posology::math::kernel::Kernel;

pub const SOURCE: Source = Source {
    file: "effects.toml",
    route: "oral",
    elimination: ("Vmax", "mg/h", 12.0),
    volume: ("V2", "L", 150.0),
    how: How::Integrated,
};

/// Largest error allowed, relative to a person's largest response.
const ERROR: f64 = 1e-6;
/// Two programs that are taken for the truth differ by less than this, relative to the same.
const AGREEMENT: f64 = 1e-9;
/// Response without drug.
const BASELINE: f64 = 100.0;

pub fn w3() -> Result<Workload, Failure> {
    let course = Course { observations: regular(), over: 0.0 };
    let stretches = stretches(&course);
    let mut engines = Vec::new();
    for kernel in Kernel::ALL.into_iter().rev().filter(|kernel| kernel.is_available()) {
        engines.push(SOURCE.engine(&course, Calls::Population(kernel))?);
    }
    engines.extend(integrators::<Effects, 5>(stretches));
    engines.extend(pharmsol::integrators(model, named, &course));
    Ok(Workload {
        name: "W3",
        what: "five states, saturable elimination and an inhibited response, observed at equal steps",
        engines,
        one_by_one: SOURCE.engine(&course, Calls::OneByOne)?,
        tolerance: Tolerance::Within(ERROR),
        exact: Box::new(move |person| agreed(person, stretches)),
    })
}

/// The observations that two independent programs agree on at tolerances near rounding.
fn agreed(person: &Person, course: &[Stretch]) -> Result<Vec<f64>, Failure> {
    let problem = Effects::of(person);
    let mut first = vec![0.0; crate::course::OBSERVATIONS];
    let mut second = first.clone();
    ode_solvers::dop853(problem, course, 1e-13, &mut first)?;
    diffsol::tsit45(problem, course, 1e-12, &mut second)?;
    let difference = errors(&second, &first).map_or(f64::NAN, |errors| errors.of_peak);
    match difference <= AGREEMENT {
        true => Ok(first),
        false => Err(format!("the references of {person:?} differ by {difference:e} of the largest response").into()),
    }
}

/// Depot, central, peripheral (mg), effect site (mg/L), response.
#[derive(Debug, Clone, Copy)]
struct Effects {
    /// mg/h
    vmax: f64,
    /// L
    v2: f64,
}

impl Problem<5> for Effects {
    const START: [f64; 5] = [0.0, 0.0, 0.0, 0.0, BASELINE];

    fn of(person: &Person) -> Self {
        Effects { vmax: 12.0 * person.elimination, v2: 150.0 * person.volume }
    }

    #[inline(always)]
    fn slopes(&self, rate: f64, x: &[f64], dx: &mut [f64]) {
        let c = x[1] / self.v2;
        let absorbed = 1.2 * x[0];
        let exchanged = 60.0 * (c - x[2] / 200.0);
        dx[0] = rate - absorbed;
        dx[1] = absorbed - exchanged - 20.0 * c - self.vmax * c / (0.08 + c);
        dx[2] = exchanged;
        dx[3] = 0.5 * (c - x[3]);
        dx[4] = 5.0 * (1.0 - 0.9 * x[3] / (0.05 + x[3])) - 0.05 * x[4];
    }

    #[inline(always)]
    fn jacobian_times(&self, x: &[f64], v: &[f64], jv: &mut [f64]) {
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

    #[inline(always)]
    fn output(&self, x: &[f64]) -> f64 {
        x[4]
    }
}

fn named(person: &Person) -> [(&'static str, f64); 2] {
    let Effects { vmax, v2 } = Effects::of(person);
    [("vmax", vmax), ("v2", v2)]
}

fn model() -> equation::ODE {
    ode! {
        name: "effects",
        params: [vmax, v2],
        states: [depot, central, peripheral, site, response],
        outputs: [observed],

        diffeq: |x, _p, _t, dx, _cov| {
            let c = x[central] / v2;
            let absorbed = 1.2 * x[depot];
            let exchanged = 60.0 * (c - x[peripheral] / 200.0);
            dx[depot] = bolus[dosed] - absorbed;
            dx[central] = absorbed - exchanged - 20.0 * c - vmax * c / (0.08 + c);
            dx[peripheral] = exchanged;
            dx[site] = 0.5 * (c - x[site]);
            dx[response] = 5.0 * (1.0 - 0.9 * x[site] / (0.05 + x[site])) - 0.05 * x[response];
        },
        init: |_p, _t, _cov, x| {
            x[response] = BASELINE;
        },
        out: |x, _p, _t, _cov, y| {
            y[observed] = x[response];
        },
    }
}
