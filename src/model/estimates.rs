//! How uncertain the estimates of parameters are.

use super::build::Builder;
use super::error::ModelError;
use super::file::ParameterEntry;
use super::quantities::covariance;
use super::variability::{EstimateBlock, Uncertainty};
use crate::math::cholesky;

impl Builder<'_> {
    /// The uncertainty of each parameter.
    pub fn uncertainties(&mut self) -> Vec<Option<Uncertainty>> {
        let file = self.file;
        file.parameters.iter().map(|p| self.uncertainty(p)).collect()
    }

    fn uncertainty(&mut self, parameter: &ParameterEntry) -> Option<Uncertainty> {
        let entry = parameter.uncertainty.as_ref()?;
        let value = parameter.value.value;
        let se = if entry.relative { entry.size * value.abs() } else { entry.size };
        let sd = if entry.log { ((se / value).powi(2)).ln_1p().sqrt() } else { parameter.unit.to_base(se) };
        if entry.log && value <= 0.0 {
            let what = format!("the value of `{}`, whose uncertainty is on its logarithm,", parameter.name.text);
            let (value, must) = (parameter.value.printed.clone(), "more than 0".into());
            self.report(&entry.place, ModelError::OutOfRange { what, value, must });
        }
        Some(Uncertainty { variance: sd * sd, log: entry.log, printed: entry.printed.clone() })
    }

    /// Estimates that vary together, with their covariance in base units.
    pub fn estimates(&mut self, uncertainties: &[Option<Uncertainty>]) -> Vec<EstimateBlock> {
        let file = self.file;
        let mut blocks: Vec<EstimateBlock> = Vec::new();
        for entry in &file.uncertainty {
            let mut parameters = Vec::new();
            for name in &entry.of {
                let found = file.parameters.iter().position(|p| p.name.text == name.text && p.uncertainty.is_some());
                let taken = |i: &usize| parameters.contains(i) || blocks.iter().any(|b| b.parameters.contains(i));
                match found {
                    Some(i) if taken(&i) => {
                        let within = format!("the uncertainty of `{}`", name.text);
                        let (first, second) = ("uncertainty".to_string(), "uncertainty".to_string());
                        self.report(&name.place, ModelError::TwoSpellings { within, first, second });
                    }
                    Some(i) => parameters.push(i),
                    None => {
                        let known = file.parameters.iter().filter(|p| p.uncertainty.is_some());
                        let known = known.map(|p| p.name.text.clone()).collect();
                        self.report(&name.place, ModelError::NoUncertainty { name: name.text.clone(), known });
                    }
                }
            }
            if parameters.len() != entry.of.len() {
                continue;
            }
            // What is written is in the units of the file, of logarithms in none.
            let known: Vec<(f64, f64)> = parameters
                .iter()
                .filter_map(|i| {
                    let (uncertainty, unit) = (uncertainties[*i].as_ref()?, &file.parameters[*i].unit);
                    Some((uncertainty.variance, if uncertainty.log { 1.0 } else { unit.to_base(1.0) }))
                })
                .collect();
            let covariance = covariance(entry, |i| known[i].0, |i| known[i].1);
            if cholesky::factor(&covariance, parameters.len()).is_none() {
                self.report(&entry.place, ModelError::NotPositiveDefinite);
            }
            blocks.push(EstimateBlock { parameters, covariance });
        }
        blocks
    }
}
