//! Where derivatives are taken: values of factors, and the values around them.

use super::error::SensitivityError;
use super::layout::STEPS;
use super::plan::{At, SensitivityPlan};
use crate::Error;
use crate::ErrorKind;
use crate::document::Text;
use crate::error::{Fault, Faults};
use crate::model::CovariateKind;
use crate::population::Subject;
use crate::study::PlanError;
use crate::study::compare::Models;
use crate::study::sweep::{Factor, knows, person, set};
use crate::units::Quantity;

/// A factor at the point where derivatives are taken: its value there.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub value: Quantity,
}

impl Point {
    /// The value so many steps away, as a number in its unit.
    pub fn moved(&self, steps: f64, step: f64) -> f64 {
        self.value.value() * (1.0 + steps * step)
    }
}

/// The values of the factors at the point, and the factors as lists of the values around them.
pub(super) fn points(plan: &SensitivityPlan, models: &Models, step: f64) -> Result<(Vec<Point>, Vec<Factor>), Error> {
    let mut found: Vec<Fault<ErrorKind>> = Vec::new();
    let Some(name) = plan.sweep.model_names().next() else { return Ok((Vec::new(), Vec::new())) };
    let subject = person(&plan.sweep, &models[&name.text], models)?;
    let (mut points, mut factors) = (Vec::new(), Vec::new());
    for at in &plan.points {
        match value(plan, &subject, at) {
            Ok(value) => {
                let point = Point { value };
                factors.push(listed(&at.name, &point, step));
                points.push(point);
            }
            Err(error) => found.extend(error.into_vec()),
        }
    }
    Faults::check(found, || (points, factors))
}

fn listed(name: &Text, point: &Point, step: f64) -> Factor {
    let text = |steps: &f64| {
        let value = Quantity::new(point.moved(*steps, step), point.value.unit().clone());
        Text::at(value.to_string(), name.place.clone())
    };
    Factor::listed(name.clone(), STEPS.iter().map(text).collect())
}

/// The value of a factor that the plan says, or that the person has.
fn value(plan: &SensitivityPlan, subject: &Subject<'_>, at: &At) -> Result<Quantity, Error> {
    let factor = at.name.text.clone();
    let place = at.value.as_ref().map_or(&at.name.place, |(_, text)| &text.place);
    let refused = |kind| Error::from(place.fault::<ErrorKind>(PlanError::Sensitivity(kind)));
    let is_hole = plan.sweep.has_hole(&factor);
    let value = match &at.value {
        Some((value, text)) => {
            // Here it stands in the plan: the values around it would all be refused for the same reason.
            if !is_hole && knows(subject.model(), &factor) {
                set(subject.clone(), &at.name, text)?;
            }
            value.clone()
        }
        None if is_hole => return Err(refused(SensitivityError::NoValue { factor })),
        None => own(subject, &factor).map_err(refused)?,
    };
    if value.value() == 0.0 { Err(refused(SensitivityError::Zero { factor })) } else { Ok(value) }
}

/// The value that a person has of a parameter or covariate.
fn own(subject: &Subject<'_>, name: &str) -> Result<Quantity, SensitivityError> {
    let model = subject.model();
    if let Some(index) = model.parameters().iter().position(|p| p.name == name) {
        let unit = model.parameters()[index].unit.clone();
        return Ok(Quantity::new(unit.from_base(subject.values()[index]), unit));
    }
    if let Some(index) = model.covariates().iter().position(|c| c.name == name) {
        return match &model.covariates()[index].kind {
            CovariateKind::Number { unit } => {
                Ok(Quantity::new(unit.from_base(subject.covariates()[index]), unit.clone()))
            }
            _ => Err(SensitivityError::Choice { factor: name.into(), method: "local" }),
        };
    }
    match subject.weight() {
        Some(kg) if name == "weight" => {
            Ok(Quantity::new(kg, "kg".parse().expect("a unit named in this module is known")))
        }
        _ => {
            let parameters = model.parameters().iter().map(|p| p.name.clone());
            let known = parameters.chain(model.covariates().iter().map(|c| c.name.clone())).collect();
            Err(SensitivityError::Unknown { factor: name.into(), model: model.id().into(), known })
        }
    }
}
