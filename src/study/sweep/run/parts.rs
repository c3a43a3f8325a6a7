//! How a sweep is cut into parts, and what a part looks like on disk.
//!
//! A part is some whole points, or one chunk of the persons of one point. The cut follows from the numbers of points and
//! persons alone, so that it is the same on every machine.

use super::Totals;
use crate::io::sha256_hex;
use crate::population::Outside;
use crate::study::CHUNK;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Parts that a sweep is cut into at least, if it has as many points.
const FEWEST: u64 = 64;

/// The parts of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    points: u64,
    persons: u64,
    /// Points in a part, or `None` where a point is cut into chunks.
    points_each: Option<u64>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Whole points.
    Points(Range<u64>),
    /// Some persons of one point.
    Chunk { point: u64, persons: Range<u64> },
}

impl Parts {
    /// The parts of so many points, of so many persons each.
    pub fn new(points: u64, persons: u64) -> Self {
        let persons = persons.max(1);
        let points_each = (persons <= CHUNK).then(|| {
            let most = (points.saturating_mul(persons) / FEWEST).min(CHUNK);
            (most / persons).max(1)
        });
        Parts { points, persons, points_each }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        match self.points_each {
            Some(each) => self.points.div_ceil(each),
            None => self.points * self.chunks(),
        }
    }

    /// Parts of each point, where points are cut.
    pub(super) fn chunks(&self) -> u64 {
        self.persons.div_ceil(CHUNK)
    }

    /// What is in a part.
    pub(super) fn part(&self, part: u64) -> Part {
        match self.points_each {
            Some(each) => Part::Points(part * each..((part + 1) * each).min(self.points)),
            None => {
                let first = part % self.chunks() * CHUNK;
                Part::Chunk { point: part / self.chunks(), persons: first..(first + CHUNK).min(self.persons) }
            }
        }
    }

    /// Those of a shard, or all.
    pub(super) fn share(&self, shard: Option<Shard>) -> Range<u64> {
        shard.map_or(0..self.count(), |shard| shard.of(self.count()))
    }

    /// The persons of each point.
    pub(super) fn persons(&self) -> u64 {
        self.persons
    }

    /// How many persons are simulated for a part.
    pub fn work(&self, part: u64) -> u64 {
        match self.part(part) {
            Part::Points(points) => (points.end - points.start) * self.persons,
            Part::Chunk { persons, .. } => persons.end - persons.start,
        }
    }
}

/// A share of the parts of a sweep: the `k`-th of `n`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    k: u64,
    n: u64,
}

impl Shard {
    /// All shards of so many.
    pub fn all(n: u64) -> impl Iterator<Item = Shard> {
        (1..=n).map(move |k| Shard { k, n })
    }

    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.k
    }

    /// The parts it has of so many: neighbours, and as many as the other shards have, or one more. Of few parts and many
    /// shards some shards have none.
    pub fn of(&self, parts: u64) -> Range<u64> {
        let before = |k: u64| (u128::from(parts) * u128::from(k) / u128::from(self.n)) as u64;
        before(self.k - 1)..before(self.k)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((k, n)) if (1..=n).contains(&k) => Ok(Shard { k, n }),
            _ => Err("write the shard and how many there are, such as 3/64; the first is 1/64".into()),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.k, self.n)
    }
}

/// Ascending numbers as clusters take them for arrays: `3,17-19`.
pub fn array_expression(numbers: impl IntoIterator<Item = u64>) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let spelled = runs.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    spelled.collect::<Vec<_>>().join(",")
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// What is in the rows; nothing where there are values instead.
    pub totals: Totals,
    /// The rows as CSV, or the values of persons whose point is not complete with them.
    pub bytes: Vec<u8>,
}

/// The first line of the file of a part.
#[derive(Serialize, Deserialize)]
struct Header {
    plan: String,
    part: u64,
    rows: u64,
    failed: u64,
    /// By model: people simulated, and of them those outside each range.
    outside: Vec<(u64, Vec<u64>)>,
    bytes: u64,
    /// Of this line, with this digest empty, and of what follows it.
    sha256: String,
}

impl Header {
    fn digest(&mut self, bytes: &[u8]) -> String {
        self.sha256.clear();
        let mut all = self.to_line();
        all.extend(bytes);
        sha256_hex(&all)
    }

    fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("keys are text");
        line.push(b'\n');
        line
    }
}

impl Content {
    /// The file of a part.
    pub(super) fn to_file(&self, plan: &str, part: u64) -> Vec<u8> {
        let Content { totals: Totals { rows, failed, outside }, bytes } = self;
        let counts = |of_model: &Outside| {
            let (subjects, counts) = of_model.counts();
            (subjects, counts.to_vec())
        };
        let mut header = Header {
            plan: plan.to_string(),
            part,
            rows: *rows,
            failed: *failed,
            outside: outside.iter().map(counts).collect(),
            bytes: bytes.len() as u64,
            sha256: String::new(),
        };
        header.sha256 = header.digest(bytes);
        let mut file = header.to_line();
        file.extend(bytes);
        file
    }

    /// What is in the file of a part, if it is that part of that plan, and whole.
    pub(super) fn from_file(mut file: Vec<u8>, plan: &str, part: u64) -> Option<Self> {
        let end = file.iter().position(|byte| *byte == b'\n')?;
        let mut header: Header = serde_json::from_slice(&file[..end]).ok()?;
        let claimed = header.sha256.clone();
        let bytes = file.split_off(end + 1);
        let fits = header.plan == plan && header.part == part && header.bytes == bytes.len() as u64;
        (fits && header.digest(&bytes) == claimed).then(|| {
            let outside = header.outside.into_iter().map(|(subjects, counts)| Outside::counted(subjects, counts));
            Content { totals: Totals { rows: header.rows, failed: header.failed, outside: outside.collect() }, bytes }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_person_of_every_point_is_in_one_part_in_order(points in 0_u64..3000, persons in prop_oneof![1_u64..20, 1_u64..3 * CHUNK]) {
            let parts = Parts::new(points, persons);
            let mut next = (0, 0);
            for part in 0..parts.count() {
                prop_assert!(parts.work(part) > 0);
                match parts.part(part) {
                    Part::Points(range) => {
                        prop_assert_eq!((range.start, 0), next);
                        prop_assert!(parts.work(part) <= CHUNK);
                        next = (range.end, 0);
                    }
                    Part::Chunk { point, persons: range } => {
                        prop_assert_eq!((point, range.start), next);
                        prop_assert_eq!(range.start % CHUNK, 0);
                        next = if range.end == persons { (point + 1, 0) } else { (point, range.end) };
                    }
                }
            }
            prop_assert_eq!(next, (points, 0));
        }

        #[test]
        fn shards_are_neighbours_and_nearly_equal(parts in 0_u64..5000, n in 1_u64..100) {
            let mut next = 0;
            for shard in Shard::all(n) {
                let range = shard.of(parts);
                prop_assert_eq!(range.start, next);
                prop_assert!((parts / n..=parts / n + 1).contains(&(range.end - range.start)));
                next = range.end;
            }
            prop_assert_eq!(next, parts);
        }
    }

    #[test]
    fn a_part_is_at_most_a_chunk_and_few_points_are_spread_over_many_parts() {
        assert_eq!(Parts::new(39, 1000).count(), 39);
        assert_eq!(Parts::new(6400, 1).part(1), Part::Points(100..200));
        assert_eq!(Parts::new(100, 1).count(), 100);
        assert_eq!(Parts::new(1_000_000, 1).part(1), Part::Points(4096..8192));
        assert_eq!(Parts::new(1, 1_000_000).count(), 245);
        assert_eq!(Parts::new(2, 5000).part(3), Part::Chunk { point: 1, persons: 4096..5000 });
    }

    #[test]
    fn shards_are_spelled_k_of_n() {
        assert_eq!("3/64".parse::<Shard>().unwrap().to_string(), "3/64");
        for wrong in ["0/3", "4/3", "3", "a/b", "1/0", "-1/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn arrays_name_runs() {
        assert_eq!(array_expression([3, 17, 18, 19, 21, 22]), "3,17-19,21-22");
        assert_eq!(array_expression([]), "");
    }

    #[test]
    fn a_damaged_part_is_noticed_wherever_the_damage_is() {
        let outside = vec![Outside::default(), Outside::counted(7, vec![0, 3])];
        let content = Content { totals: Totals { rows: 2, failed: 1, outside }, bytes: b"1,2\n3,4\n".to_vec() };
        let file = content.to_file("plan", 7);
        assert_eq!(Content::from_file(file.clone(), "plan", 7), Some(content));
        assert_eq!(Content::from_file(file.clone(), "plan", 8), None);
        assert_eq!(Content::from_file(file.clone(), "other", 7), None);
        for at in 0..file.len() {
            let mut flipped = file.clone();
            flipped[at] ^= 1;
            assert_eq!(Content::from_file(flipped, "plan", 7), None, "byte {at}");
            assert_eq!(Content::from_file(file[..at].to_vec(), "plan", 7), None, "cut at {at}");
        }
        let mut longer = file;
        longer.push(b'\n');
        assert_eq!(Content::from_file(longer, "plan", 7), None);
    }
}
