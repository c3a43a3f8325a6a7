//! Drawing the random effects that a model declares.

use super::Subject;
use super::random::{Purpose, Stream};
use super::subject::between_occasions;
use super::together::Together;
use crate::math::cholesky;
use crate::model::{Level, Model};
use std::collections::BTreeMap;

/// Draws the random effects of a model: those of a person are a function of the seed, the replicate, the person, the name of
/// the parameter and the occasion. It keeps its place in the random numbers, so people in a row are drawn fastest.
#[derive(Debug)]
pub struct Effects<'m> {
    model: &'m Model,
    seed: u64,
    replicate: u64,
    /// Between subjects.
    groups: Vec<Together>,
    /// Of each occasion: the numbers of each random effect between occasions.
    occasions: BTreeMap<u64, Vec<Stream>>,
    /// Standard deviations of those.
    sds: Vec<f64>,
}

impl<'m> Effects<'m> {
    /// The random effects of people of a seed. Two replicates of a population differ in `replicate`.
    pub fn new(model: &'m Model, seed: u64, replicate: u64) -> Self {
        let etas = model.etas();
        let alone = |eta: &usize| !model.blocks().iter().any(|b| b.etas.contains(eta));
        let alone = (0..etas.len()).filter(|eta| etas[*eta].level == Level::Subject).filter(alone);
        let blocks = model.blocks().iter().map(|block| {
            let factor = cholesky::factor(&block.covariance, block.etas.len());
            (block.etas.clone(), factor.expect("the model checked that it is a covariance"))
        });
        let stream = |eta: usize| {
            let parameter = &model.parameters()[etas[eta].parameter];
            Stream::new(seed, replicate, Purpose::Subject(&parameter.name))
        };
        let alone = alone.map(|eta| (vec![eta], vec![etas[eta].variance.sqrt()]));
        let groups = alone.chain(blocks).map(|(members, factor)| Together::new(members, factor, stream)).collect();
        Effects {
            groups,
            sds: between_occasions(model).map(|eta| eta.variance.sqrt()).collect(),
            occasions: BTreeMap::new(),
            model,
            seed,
            replicate,
        }
    }

    /// Gives a person their random effects, those of so many occasions included.
    pub fn draw(&mut self, person: u64, occasions: usize, subject: &mut Subject<'_>) {
        self.draw_on(person, (0..occasions).map(|occasion| occasion as u64), subject);
    }

    /// The same with occasions that are numbered otherwise than from 0: the first of `occasions` is the subject's occasion 0.
    pub fn draw_on(&mut self, person: u64, occasions: impl ExactSizeIterator<Item = u64>, subject: &mut Subject<'_>) {
        let Effects { model, seed, replicate, groups, sds, .. } = self;
        let (between, within) = subject.effects_mut(occasions.len());
        for (eta, effect) in groups.iter_mut().flat_map(|group| group.draw(person)) {
            between[eta] = effect;
        }
        if sds.is_empty() {
            return;
        }
        for (effects, occasion) in within.chunks_exact_mut(sds.len()).zip(occasions) {
            let streams = self.occasions.entry(occasion).or_insert_with(|| {
                let of = |name: &str| Stream::new(*seed, *replicate, Purpose::Occasion(name, occasion));
                between_occasions(model).map(|eta| of(&model.parameters()[eta.parameter].name)).collect()
            });
            for ((effect, sd), stream) in effects.iter_mut().zip(&*sds).zip(streams) {
                *effect = sd * stream.normal(person);
            }
        }
    }
}
