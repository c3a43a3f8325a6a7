//! Eight linear states: a nasal depot that is swallowed in part, gut, liver, central, two peripherals, a metabolite and its
//! peripheral. Doses last 40 minutes.

use super::{Tolerance, Workload, stretches};
use crate::course::{Course, regular};
use crate::engines::posology::{Calls, Source};
use crate::engines::{Failure, How, Problem, integrators, pharmsol};
use crate::exact::Compartments;
use crate::people::Person;
use ::pharmsol::prelude::*;
use posology::math::kernel::Kernel;

pub const SOURCE: Source = Source {
    file: "nasal.toml",
    route: "intranasal",
    elimination: ("CLint", "L/h", 100.0),
    volume: ("Vc", "L", 80.0),
    how: How::Closed,
};

pub fn w2() -> Result<Workload, Failure> {
    let course = Course { observations: regular(), over: 40.0 / 60.0 };
    let stretches = stretches(&course);
    let mut engines = vec![SOURCE.engine(&course, Calls::Population(Kernel::widest()))?];
    engines.extend(integrators::<Nasal, 8>(stretches));
    engines.extend(pharmsol::integrators(model, named, &course));
    let exact = move |person: &Person| Ok(Nasal::of(person).compartments().observe(stretches));
    Ok(Workload {
        name: "W2",
        what: "eight linear states, doses of 40 minutes, observed at equal steps",
        engines,
        one_by_one: SOURCE.engine(&course, Calls::OneByOne)?,
        tolerance: Tolerance::Fixed(1e-6),
        exact: Box::new(exact),
    })
}

/// What differs between people: the intrinsic clearance (L/h) over the liver's volume, and the central volume (L).
#[derive(Debug, Clone, Copy)]
struct Nasal {
    met: f64,
    vc: f64,
}

// Rates that all share, 1/h; clearances over volumes.
const TO_BLOOD: f64 = 1.5;
const SWALLOWED: f64 = 1.0;
const ABSORBED: f64 = 0.8;
const LIVER_TO_BLOOD: f64 = 87.0 / 20.0;
const SHALLOW_BACK: f64 = 120.0 / 150.0;
const DEEP_BACK: f64 = 40.0 / 400.0;
const FRACTION: f64 = 0.8;
const METABOLITE_OUT: f64 = 60.0 / 100.0;
const METABOLITE_AWAY: f64 = 50.0 / 100.0;
const METABOLITE_BACK: f64 = 50.0 / 150.0;
const METABOLITE_VOLUME: f64 = 100.0;

impl Nasal {
    fn compartments(&self) -> Compartments {
        let Nasal { met, vc } = *self;
        let flows = vec![
            (0, Some(3), TO_BLOOD),
            (0, Some(1), SWALLOWED),
            (1, Some(2), ABSORBED),
            (2, Some(3), LIVER_TO_BLOOD),
            (3, Some(2), 87.0 / vc),
            (3, Some(4), 120.0 / vc),
            (4, Some(3), SHALLOW_BACK),
            (3, Some(5), 40.0 / vc),
            (5, Some(3), DEEP_BACK),
            (3, None, 5.0 / vc),
            (2, Some(6), FRACTION * met),
            (2, None, (1.0 - FRACTION) * met),
            (6, Some(7), METABOLITE_AWAY),
            (7, Some(6), METABOLITE_BACK),
            (6, None, METABOLITE_OUT),
        ];
        Compartments { states: 8, flows, observed: (6, METABOLITE_VOLUME) }
    }
}

impl Problem<8> for Nasal {
    const START: [f64; 8] = [0.0; 8];

    fn of(person: &Person) -> Self {
        Nasal { met: 100.0 * person.elimination / 20.0, vc: 80.0 * person.volume }
    }

    #[inline(always)]
    fn slopes(&self, rate: f64, x: &[f64], dx: &mut [f64]) {
        let c = x[3] / self.vc;
        let absorbed = ABSORBED * x[1];
        let hepatic = 87.0 * c - LIVER_TO_BLOOD * x[2];
        let shallow = 120.0 * c - SHALLOW_BACK * x[4];
        let deep = 40.0 * c - DEEP_BACK * x[5];
        let away = METABOLITE_AWAY * x[6] - METABOLITE_BACK * x[7];
        dx[0] = rate - (TO_BLOOD + SWALLOWED) * x[0];
        dx[1] = SWALLOWED * x[0] - absorbed;
        dx[2] = absorbed + hepatic - self.met * x[2];
        dx[3] = TO_BLOOD * x[0] - hepatic - shallow - deep - 5.0 * c;
        dx[4] = shallow;
        dx[5] = deep;
        dx[6] = FRACTION * self.met * x[2] - away - METABOLITE_OUT * x[6];
        dx[7] = away;
    }

    #[inline(always)]
    fn jacobian_times(&self, _: &[f64], v: &[f64], jv: &mut [f64]) {
        self.slopes(0.0, v, jv);
    }

    #[inline(always)]
    fn output(&self, x: &[f64]) -> f64 {
        x[6] / METABOLITE_VOLUME
    }
}

fn named(person: &Person) -> [(&'static str, f64); 2] {
    let Nasal { met, vc } = Nasal::of(person);
    [("met", met), ("vc", vc)]
}

fn model() -> equation::ODE {
    ode! {
        name: "nasal",
        params: [met, vc],
        states: [nose, gut, liver, central, shallow, deep, metabolite, distant],
        outputs: [observed],

        diffeq: |x, _t, dx| {
            let c = x[central] / vc;
            let absorbed = ABSORBED * x[gut];
            let hepatic = 87.0 * c - LIVER_TO_BLOOD * x[liver];
            let to_shallow = 120.0 * c - SHALLOW_BACK * x[shallow];
            let to_deep = 40.0 * c - DEEP_BACK * x[deep];
            let away = METABOLITE_AWAY * x[metabolite] - METABOLITE_BACK * x[distant];
            dx[nose] = infusion[dosed] - (TO_BLOOD + SWALLOWED) * x[nose];
            dx[gut] = SWALLOWED * x[nose] - absorbed;
            dx[liver] = absorbed + hepatic - met * x[liver];
            dx[central] = TO_BLOOD * x[nose] - hepatic - to_shallow - to_deep - 5.0 * c;
            dx[shallow] = to_shallow;
            dx[deep] = to_deep;
            dx[metabolite] = FRACTION * met * x[liver] - away - METABOLITE_OUT * x[metabolite];
            dx[distant] = away;
        },
        out: |x, _t, y| {
            y[observed] = x[metabolite] / METABOLITE_VOLUME;
        },
    }
}
