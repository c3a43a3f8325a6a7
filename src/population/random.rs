//! Random numbers that belong to somebody: each is a function of the seed, the person, the quantity and the occasion, and of
//! nothing else, so that nobody's numbers change when others come, go, or are computed in another order.

use crate::math::normal;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// What random numbers are for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Purpose<'a> {
    /// A covariate of a virtual person, by name.
    Covariate(&'a str),
    /// The random effect of a parameter between subjects, by the parameter's name.
    Subject(&'a str),
    /// The random effect of a parameter between occasions, which are counted from 0.
    Occasion(&'a str, u64),
    /// The residual error of an output at a time (h).
    Residual(&'a str, f64),
    /// The uncertainty of a parameter's estimate, by the parameter's name.
    Estimate(&'a str),
    /// A factor of a design, by name.
    Factor(&'a str),
    /// The same for the second of two samples.
    SecondFactor(&'a str),
    /// Rows drawn anew from those of a design.
    Resample,
    /// What somebody does about a session: a question, by name, and the number of the session.
    Adherence(&'a str, u64),
}

impl Purpose<'_> {
    /// A tag, a name, and a number that tells apart what has one name.
    fn parts(&self) -> (u64, &str, u64) {
        match *self {
            Purpose::Covariate(name) => (1, name, 0),
            Purpose::Subject(name) => (2, name, 0),
            Purpose::Occasion(name, occasion) => (3, name, occasion),
            Purpose::Residual(name, time) => (4, name, moment(time)),
            Purpose::Estimate(name) => (5, name, 0),
            Purpose::Factor(name) => (6, name, 0),
            Purpose::SecondFactor(name) => (7, name, 0),
            Purpose::Resample => (8, "", 0),
            Purpose::Adherence(name, session) => (9, name, session),
        }
    }
}

/// The random numbers of one quantity, one per person.
///
/// They are the words of the stream cipher ChaCha8 (Bernstein 2008): the key is made of the seed and the purpose, the place
/// in the stream is the person's number. People in a row share the blocks of the cipher, so that they are drawn fastest in
/// that order.
#[derive(Debug)]
pub struct Stream {
    words: ChaCha8Rng,
    next: u64,
}

impl Stream {
    /// The numbers of a purpose. Two replicates of a population differ in `replicate`.
    pub fn new(seed: u64, replicate: u64, purpose: Purpose<'_>) -> Self {
        let (tag, name, index) = purpose.parts();
        let mut key = [0; 32];
        for (part, value) in key.chunks_exact_mut(8).zip([seed, replicate ^ tag << 56, digest(name), index]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Stream { words: ChaCha8Rng::from_seed(key), next: 0 }
    }

    /// A person's number, uniform between 0 and 1 and never either.
    pub fn uniform(&mut self, person: u64) -> f64 {
        if person != self.next {
            self.words.set_word_pos(2 * u128::from(person));
        }
        self.next = person.wrapping_add(1);
        let middle = ((self.words.next_u64() >> 11) as f64 + 0.5) * f64::EPSILON / 2.0;
        // The last of the 2^53 middles is nearest to 1, rounded.
        middle.min(1.0 - f64::EPSILON / 2.0)
    }

    /// A person's number, normal with mean 0 and variance 1.
    pub fn normal(&mut self, person: u64) -> f64 {
        normal::quantile(self.uniform(person))
    }
}

/// The number of the person of an ID. People are counted from 0 and their IDs from 1, so that person 0 has the ID 1; an ID that
/// is no whole number from 1 on has a number made of its text.
pub fn person(id: &str) -> u64 {
    let id = id.trim();
    match id.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && (1.0..9e15).contains(&number) => number as u64 - 1,
        _ => digest(id),
    }
}

/// A time as a number: grids that meet at a time reach it by different roundings.
fn moment(time: f64) -> u64 {
    // In steps of 1e-9 h, far above rounding and far below any sampling.
    (time * 1e9).round() as i64 as u64
}

/// A name as a number: FNV-1a (Fowler, Noll and Vo 1991).
fn digest(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_does_not_depend_on_those_drawn_before() {
        let stream = || Stream::new(7, 0, Purpose::Subject("CL"));
        let mut in_order = stream();
        let all: Vec<f64> = (0..1000).map(|person| in_order.uniform(person)).collect();
        let mut backwards = stream();
        for person in (0..1000).rev() {
            assert_eq!(backwards.uniform(person as u64).to_bits(), all[person].to_bits());
        }
        assert_eq!(stream().uniform(999), all[999]);
        assert!(stream().uniform(u64::MAX) > 0.0);
    }

    #[test]
    fn a_time_is_the_same_by_whatever_grid_it_is_reached() {
        let error = |time| Stream::new(1, 0, Purpose::Residual("c", time)).normal(3).to_bits();
        assert_ne!(0.1 * 3.0, 0.3);
        assert_eq!(error(0.1 * 3.0), error(0.3));
        assert_eq!(error(18.0 / 60.0), error(0.3));
        assert_eq!(error(-0.0), error(0.0));
        assert_ne!(error(0.3), error(0.301));
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let first = |seed, replicate, purpose| Stream::new(seed, replicate, purpose).uniform(0);
        let keys = [
            (1, 0, Purpose::Subject("CL")),
            (2, 0, Purpose::Subject("CL")),
            (1, 1, Purpose::Subject("CL")),
            (1, 0, Purpose::Subject("V")),
            (1, 0, Purpose::Covariate("CL")),
            (1, 0, Purpose::Occasion("CL", 0)),
            (1, 0, Purpose::Occasion("CL", 1)),
            (1, 0, Purpose::Residual("CL", 0.0)),
            (1, 0, Purpose::Residual("CL", 1.5)),
            (1, 0, Purpose::Estimate("CL")),
            (1, 0, Purpose::Factor("CL")),
            (1, 0, Purpose::SecondFactor("CL")),
            (1, 0, Purpose::Resample),
            (1, 0, Purpose::Adherence("CL", 0)),
            (1, 0, Purpose::Adherence("CL", 1)),
        ];
        let mut numbers: Vec<f64> = keys.iter().map(|(s, r, p)| first(*s, *r, *p)).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        assert_eq!(numbers.len(), keys.len());
    }

    #[test]
    fn an_id_is_one_person_however_it_is_written() {
        assert_eq!(["1", "5", " 5", "5.0"].map(person), [0, 4, 4, 4]);
        let others = ["0", "-1", "1.5", "5a", "a5", "1e300", "inf", "nan", ""].map(person);
        assert!(others.iter().all(|number| *number > 1 << 40), "{others:?}");
    }

    #[test]
    fn the_numbers_of_a_seed_stay_what_they_are() {
        let mut stream = Stream::new(1, 0, Purpose::Subject("CL"));
        let numbers: Vec<f64> = (0..3).map(|person| stream.normal(person)).collect();
        assert_eq!(numbers, [-0.070_253_508_735_551_21, 0.819_383_615_450_844_7, 0.435_241_192_336_248_36]);
    }
}
