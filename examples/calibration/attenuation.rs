//! How strong tolerance to dissociation is: nobody says, so a stated size is put in.

use super::fit::{Anchor, Problem, with_values};
use posology::prelude::*;

pub const EFFECT: &str = "dissociation-attenuating";
const UNKNOWNS: [(&str, f64); 1] = [("M50_tolerance", 20.0)];
const COURSE: &str = "84 mg intranasal twice weekly for 4 weeks";
/// h of the eighth and last session.
const LAST: f64 = 3.0 * 168.0 + 72.0;

/// The peak of the last session of the induction, as a part of that of the first: two thirds.
pub fn problem() -> Result<Problem, Error> {
    let anchors = vec![Anchor {
        what: "assumed: peak of session 8 of 84 mg twice weekly over that of session 1".into(),
        unit: "1",
        observed: 2.0 / 3.0,
        se: 0.01,
    }];
    let predict = |values: &[f64]| {
        let model = Model::catalogue_with("esketamine-perez-ruixo-2021", &[EFFECT])?;
        let subject = with_values(&model, &UNKNOWNS, values)?;
        let course: Regimen = COURSE.parse()?;
        let profile = Simulation::new(&model).subject(&subject).give(course).until((LAST + 24.0).hours()).run()?;
        let peak =
            |from: f64| Ok::<f64, Error>(profile.output("dissociation")?.max_between(from, from + 12.0).value.value());
        Ok(vec![peak(LAST)? / peak(0.0)?])
    };
    Ok(Problem { effect: EFFECT, unknowns: UNKNOWNS.into(), anchors, predict: Box::new(predict) })
}
