//! Drawing the values of parameters that a model's estimates leave open.

use super::random::{Purpose, Stream};
use super::together::Together;
use super::{Subject, SubjectError};
use crate::math::cholesky;
use crate::model::Model;

/// Draws values of parameters as uncertain as their estimates are: those of a replicate are a function of the seed, the number of
/// the replicate and the names of the parameters.
#[derive(Debug)]
pub struct Estimates<'m> {
    model: &'m Model,
    /// By index of the parameter.
    groups: Vec<Together>,
}

impl<'m> Estimates<'m> {
    /// The estimates of a model, drawn from a seed.
    ///
    /// # Errors
    /// [`SubjectError::NoUncertainty`] for a model that says of no parameter how uncertain it is.
    pub fn new(model: &'m Model, seed: u64) -> Result<Self, SubjectError> {
        if model.parameters().iter().all(|p| p.uncertainty.is_none()) {
            return Err(SubjectError::NoUncertainty { model: model.id().into() });
        }
        let stream = |i: usize| Stream::new(seed, 0, Purpose::Estimate(&model.parameters()[i].name));
        let blocks = model.estimates();
        let in_block = |i: &usize| blocks.iter().any(|block| block.parameters.contains(i));
        let alone = model.parameters().iter().enumerate().filter(|(i, _)| !in_block(i));
        let alone = alone.filter_map(|(i, p)| Some((vec![i], vec![p.uncertainty.as_ref()?.variance.sqrt()])));
        let blocks = blocks.iter().map(|block| {
            let factor = cholesky::factor(&block.covariance, block.parameters.len());
            (block.parameters.clone(), factor.expect("the model checked that it is a covariance"))
        });
        let groups = alone.chain(blocks).map(|(members, factor)| Together::new(members, factor, stream)).collect();
        Ok(Estimates { model, groups })
    }

    /// A person with the values of a replicate in place of the model's. Values that were set stay what they are. Replicate 0
    /// has the estimates themselves.
    pub fn draw(&mut self, replicate: u64, subject: &Subject<'m>) -> Subject<'m> {
        let mut subject = subject.clone();
        if replicate == 0 {
            return subject;
        }
        for (i, deviation) in self.groups.iter_mut().flat_map(|group| group.draw(replicate)) {
            let parameter = &self.model.parameters()[i];
            let log = parameter.uncertainty.as_ref().is_some_and(|uncertainty| uncertainty.log);
            let value = if log { parameter.value * deviation.exp() } else { parameter.value + deviation };
            subject.estimate(i, value);
        }
        subject
    }
}
