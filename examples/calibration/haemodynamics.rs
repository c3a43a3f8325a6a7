//! Blood pressure: the label's rises after 56 and 84 mg by nose. Heart rate: one number under anaesthesia.

use super::fit::{Anchor, Beside, Problem, at, with_values};
use posology::prelude::*;

pub const EFFECT: &str = "haemodynamics";
const UNKNOWNS: [(&str, f64); 3] = [("max_sbp", 20.0), ("max_dbp", 20.0), ("max_hr", 20.0)];
/// Output, dose and rise: the ends of the label's ranges, read as its two doses.
const RISES: [(&str, &str, f64); 4] = [
    ("sbp_change", "56 mg intranasal", 7.0),
    ("sbp_change", "84 mg intranasal", 9.0),
    ("dbp_change", "56 mg intranasal", 4.0),
    ("dbp_change", "84 mg intranasal", 6.0),
];
/// S-ketamine (ng/mL) and rise of the heart rate (%) under anaesthesia, Langsjo 2005.
const ANAESTHESIA: (f64, f64) = (1959.0, 43.5);

fn model() -> Result<Model, Error> {
    Ok(Model::catalogue_with("esketamine-perez-ruixo-2021", &[EFFECT])?)
}

/// The problem; a standard error of 1 mmHg is half of the label's range.
pub fn problem() -> Result<Problem, Error> {
    let rise = |(output, give, observed): (&str, &str, f64)| Anchor {
        what: format!("label: peak of {output} after {give}"),
        unit: "mmHg",
        observed,
        se: 1.0,
    };
    let mut anchors: Vec<Anchor> = RISES.map(rise).into();
    anchors.push(Anchor {
        what: format!("Langsjo 2005: hr_change at {} ng/mL", ANAESTHESIA.0),
        unit: "%",
        observed: ANAESTHESIA.1,
        se: 1.0,
    });
    let predict = |values: &[f64]| {
        let model = model()?;
        let subject = with_values(&model, &UNKNOWNS, values)?;
        let mut predicted = Vec::new();
        for (output, give, _) in RISES {
            predicted.push(rises(&subject, give)?.output(output)?.cmax().value.value());
        }
        predicted.push(values[2] * part(&model, ANAESTHESIA.0));
        Ok(predicted)
    };
    Ok(Problem { effect: EFFECT, unknowns: UNKNOWNS.into(), anchors, predict: Box::new(predict) })
}

fn rises<'m>(subject: &Subject<'m>, give: &str) -> Result<Profile<'m>, Error> {
    let give: Regimen = give.parse()?;
    Ok(Simulation::new(subject.model()).subject(subject).give(give).until(4.0.hours()).at([4.0.hours()]).run()?)
}

/// The part of the largest rise at a concentration in ng/mL.
fn part(model: &Model, concentration: f64) -> f64 {
    let half = model.parameters().iter().find(|p| p.name == "C50_haemodynamics").expect("a parameter of the effect");
    concentration / (half.unit.from_base(half.value) + concentration)
}

/// What it was not fitted to.
pub fn elsewhere() -> Result<Vec<Beside>, Error> {
    let mut rows = Vec::new();
    let model = model()?;
    for give in ["56 mg intranasal", "84 mg intranasal"] {
        let profile = rises(&Subject::typical(&model), give)?;
        let (rise, peak) = (profile.output("sbp_change")?, profile.output("sbp_change")?.cmax());
        let row = |what: &str, unit, observed, model| Beside {
            what: format!("label: {what} after {give}"),
            unit,
            observed,
            spread: None,
            model,
        };
        rows.push(row("time of the peak", "min", 40.0, peak.time.value() * 60.0));
        rows.push(row("systolic rise left at 4 h, when it is over", "mmHg", 0.0, rise.values()[0]));
    }
    for (id, site) in [("ketamine-clements-1981", "venous-like"), ("ketamine-kamp-2020", "arterial")] {
        let model = Model::catalogue_with(id, &[EFFECT])?;
        for (output, observed) in [("sbp_change", 3.28), ("dbp_change", 3.17)] {
            let found = at(&Subject::typical(&model), Some("0.5 mg/kg iv over 40 min"), output, &[0.5])?;
            rows.push(Beside {
                what: format!("Riva-Posse 2018: {output} at 30 min, {site} model"),
                unit: "mmHg",
                observed,
                spread: None,
                model: found[0],
            });
        }
    }
    let file = |name: &str| model.parameters().iter().find(|p| p.name == name).expect("a parameter").value;
    // The mean pressure is a third of the way from the diastolic to the systolic one; 120/80 mmHg before.
    let mean = (file("max_sbp") + 2.0 * file("max_dbp")) / 3.0 * part(&model, ANAESTHESIA.0);
    rows.push(Beside {
        what: "Langsjo 2005: mean pressure under anaesthesia, from 120/80 mmHg".into(),
        unit: "%",
        observed: 27.0,
        spread: None,
        model: 100.0 * mean / (80.0 + 40.0 / 3.0),
    });
    Ok(rows)
}
