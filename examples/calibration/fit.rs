//! Least squares by the method of Levenberg and Marquardt, on the logarithms of what is unknown.

use nalgebra::{DMatrix, DVector};
use posology::prelude::*;

/// An observation and what the model says in its place.
#[derive(Debug, Clone)]
pub struct Beside {
    pub what: String,
    pub unit: &'static str,
    pub observed: f64,
    /// Standard error; of what is not fitted it may be a standard deviation, or unknown.
    pub spread: Option<f64>,
    pub model: f64,
}

/// What an effect is fitted to.
#[derive(Debug, Clone)]
pub struct Anchor {
    pub what: String,
    pub unit: &'static str,
    pub observed: f64,
    pub se: f64,
}

type Predict = Box<dyn Fn(&[f64]) -> Result<Vec<f64>, Error>>;

/// Unknown parameters of an effect and the observations that decide them.
pub struct Problem {
    pub effect: &'static str,
    /// Name and start, in the unit of the file.
    pub unknowns: Vec<(&'static str, f64)>,
    pub anchors: Vec<Anchor>,
    /// What the model says of each anchor.
    pub predict: Predict,
}

/// Where a search ended.
pub struct Found {
    pub values: Vec<f64>,
    pub objective: f64,
    pub steps: usize,
}

impl Problem {
    /// The unknowns as the effect's file has them.
    pub fn filed(&self) -> Result<Vec<f64>, Error> {
        let effect = Model::catalogue(self.effect)?;
        let value = |name: &str| {
            let parameter = effect.parameters().iter().find(|p| p.name == name).expect("a parameter of the effect");
            parameter.unit.from_base(parameter.value)
        };
        Ok(self.unknowns.iter().map(|(name, _)| value(name)).collect())
    }

    fn residuals(&self, values: &[f64]) -> Result<DVector<f64>, Error> {
        let predicted = (self.predict)(values)?;
        let residual = |(anchor, model): (&Anchor, f64)| (model - anchor.observed) / anchor.se;
        Ok(DVector::from_iterator(self.anchors.len(), self.anchors.iter().zip(predicted).map(residual)))
    }

    /// Sum of squares of the residuals, each in standard errors.
    pub fn objective(&self, values: &[f64]) -> Result<f64, Error> {
        Ok(self.residuals(values)?.norm_squared())
    }

    /// Each anchor beside the model.
    pub fn beside(&self, values: &[f64]) -> Result<Vec<Beside>, Error> {
        let beside = |(anchor, model): (&Anchor, f64)| Beside {
            what: anchor.what.clone(),
            unit: anchor.unit,
            observed: anchor.observed,
            spread: Some(anchor.se),
            model,
        };
        Ok(self.anchors.iter().zip((self.predict)(values)?).map(beside).collect())
    }

    /// The best values, searched for from the start.
    pub fn fit(&self) -> Result<Found, Error> {
        let mut logs = DVector::from_iterator(self.unknowns.len(), self.unknowns.iter().map(|(_, start)| start.ln()));
        let values = |logs: &DVector<f64>| logs.iter().map(|l| l.exp()).collect::<Vec<f64>>();
        let mut residuals = self.residuals(&values(&logs))?;
        let mut damping = 1e-3;
        for steps in 1..=200 {
            let mut jacobian = DMatrix::zeros(self.anchors.len(), logs.len());
            for column in 0..logs.len() {
                let mut moved = logs.clone();
                moved[column] += 1e-4;
                jacobian.set_column(column, &((self.residuals(&values(&moved))? - &residuals) / 1e-4));
            }
            let (normal, slope) = (jacobian.tr_mul(&jacobian), jacobian.tr_mul(&residuals));
            let damped = &normal + DMatrix::from_diagonal(&(normal.diagonal() * damping));
            let step = -damped.lu().solve(&slope).expect("every unknown decides something");
            let tried = &logs + &step;
            let after = self.residuals(&values(&tried))?;
            let gain = 1.0 - after.norm_squared() / residuals.norm_squared();
            if gain > 0.0 {
                (logs, residuals, damping) = (tried, after, damping / 10.0);
            } else {
                damping *= 10.0;
            }
            if (0.0..1e-8).contains(&gain) || residuals.norm() < 1e-6 || damping > 1e12 {
                return Ok(Found { values: values(&logs), objective: residuals.norm_squared(), steps });
            }
        }
        unreachable!("two hundred steps are more than any of these problems needs")
    }
}

/// A person of the model with values of parameters in the units of the file.
pub fn with_values<'m>(
    model: &'m Model,
    unknowns: &[(&'static str, f64)],
    values: &[f64],
) -> Result<Subject<'m>, Error> {
    let mut subject = Subject::typical(model);
    for ((name, _), value) in unknowns.iter().zip(values) {
        let parameter = model.parameters().iter().find(|p| p.name == *name).expect("a parameter of the model");
        subject = subject.set(name, &Quantity::new(*value, parameter.unit.clone()))?;
    }
    Ok(subject)
}

/// The values of an output at some times (h) after a regimen; without one, of nobody treated.
pub fn at(subject: &Subject<'_>, give: Option<&str>, output: &str, times: &[f64]) -> Result<Vec<f64>, Error> {
    let mut simulation = Simulation::new(subject.model()).subject(subject).at(times.iter().map(|t| t.hours()));
    if let Some(give) = give {
        simulation = simulation.give(give.parse::<Regimen>()?);
    }
    Ok(simulation.run()?.output(output)?.values().to_vec())
}
