//! Two compartments by mouth: closed formulas, as differential equations for who has none.

use super::{Tolerance, Workload, stretches};
use crate::course::{Course, irregular, regular};
use crate::engines::posology::{Calls, Source};
use crate::engines::{Failure, How, Problem, integrators, pharmsol};
use crate::exact::Compartments;
use crate::people::Person;
use ::pharmsol::prelude::*;
use posology::math::kernel::Kernel;

pub const SOURCE: Source = Source {
    file: "oral.toml",
    route: "oral",
    elimination: ("CL", "L/h", 80.0),
    volume: ("V2", "L", 150.0),
    how: How::Closed,
};

pub fn w1() -> Result<Workload, Failure> {
    workload("W1", "two compartments by mouth, observed at equal steps", regular())
}

pub fn w1_irregular() -> Result<Workload, Failure> {
    workload("W1i", "two compartments by mouth, observed at random times", irregular())
}

fn workload(name: &'static str, what: &'static str, observations: Vec<f64>) -> Result<Workload, Failure> {
    let course = Course { observations, over: 0.0 };
    let stretches = stretches(&course);
    let mut engines = vec![SOURCE.engine(&course, Calls::Population(Kernel::widest()))?];
    engines.push(pharmsol::analytical(analytical, named, &course));
    engines.extend(integrators::<Oral, 3>(stretches));
    let exact = move |person: &Person| Ok(Oral::of(person).compartments().observe(stretches));
    Ok(Workload {
        name,
        what,
        engines,
        one_by_one: SOURCE.engine(&course, Calls::OneByOne)?,
        tolerance: Tolerance::Fixed(1e-6),
        exact: Box::new(exact),
    })
}

/// Depot, central, peripheral, mg. Rates in 1/h, the central volume in L.
#[derive(Debug, Clone, Copy)]
struct Oral {
    ke: f64,
    k12: f64,
    v2: f64,
}

const KA: f64 = 1.2;
const K21: f64 = 60.0 / 200.0;

impl Oral {
    fn compartments(&self) -> Compartments {
        let flows = vec![(0, Some(1), KA), (1, Some(2), self.k12), (2, Some(1), K21), (1, None, self.ke)];
        Compartments { states: 3, flows, observed: (1, self.v2) }
    }
}

impl Problem<3> for Oral {
    const START: [f64; 3] = [0.0; 3];

    fn of(person: &Person) -> Self {
        let v2 = 150.0 * person.volume;
        Oral { ke: 80.0 * person.elimination / v2, k12: 60.0 / v2, v2 }
    }

    #[inline(always)]
    fn slopes(&self, rate: f64, x: &[f64], dx: &mut [f64]) {
        let absorbed = KA * x[0];
        let exchanged = self.k12 * x[1] - K21 * x[2];
        dx[0] = rate - absorbed;
        dx[1] = absorbed - exchanged - self.ke * x[1];
        dx[2] = exchanged;
    }

    #[inline(always)]
    fn jacobian_times(&self, _: &[f64], v: &[f64], jv: &mut [f64]) {
        self.slopes(0.0, v, jv);
    }

    #[inline(always)]
    fn output(&self, x: &[f64]) -> f64 {
        x[1] / self.v2
    }
}

fn named(person: &Person) -> [(&'static str, f64); 5] {
    let Oral { ke, k12, v2 } = Oral::of(person);
    [("ke", ke), ("ka", KA), ("kcp", k12), ("kpc", K21), ("v", v2)]
}

fn analytical() -> equation::Analytical {
    analytical! {
        name: "oral",
        params: [ke, ka, kcp, kpc, v],
        states: [gut, central, peripheral],
        outputs: [observed],
        routes: [
            bolus(dosed) -> gut,
        ],
        structure: two_compartments_with_absorption,
        out: |x, _t, y| {
            y[observed] = x[central] / v;
        },
    }
}
