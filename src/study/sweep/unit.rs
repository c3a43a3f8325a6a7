//! What running some persons of one point gave, in a form that can be kept on disk.

use crate::population::{Outside, Subject};
use std::ops::Range;

/// The measures of some persons of one point. A point that could not be prepared, a person who failed and a metric that does
/// not exist are part of it, each with its reason.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unit {
    first: u64,
    persons: usize,
    measures: usize,
    /// Person after person, in the units of the measures; not a number where there is a gap.
    values: Vec<f64>,
    /// In the order of persons.
    gaps: Vec<Gap>,
    reasons: Vec<String>,
    /// Who is outside the range of the people that the model was made from.
    outside: Outside,
}

/// A value, or all of a person's values, that do not exist.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gap {
    /// Place of the person in the unit.
    person: u32,
    /// Place of the measure, or [`ALL`], or [`POINT`].
    measure: u32,
    /// Place of the reason.
    reason: u32,
}

/// In place of a measure: the person failed.
const ALL: u32 = u32::MAX;
/// In place of a measure: the point could not be prepared for anybody.
const POINT: u32 = u32::MAX - 1;

/// Why a value does not exist.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Why<'u> {
    /// The person, counted over the whole point.
    pub person: u64,
    pub of: Of,
    /// In words.
    pub reason: &'u str,
}

/// What does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// All of the point, for everybody.
    Point,
    /// All of the person.
    Person,
    /// This measure of the person.
    Measure(usize),
}

impl Of {
    /// Whether it takes this measure from the person.
    pub fn has(self, measure: usize) -> bool {
        match self {
            Of::Measure(own) => own == measure,
            Of::Point | Of::Person => true,
        }
    }
}

impl Unit {
    /// For persons of a point and so many measures each; nobody is in it yet.
    pub(super) fn new(persons: Range<u64>, measures: usize) -> Self {
        let count = persons.end.saturating_sub(persons.start) as usize;
        Unit { first: persons.start, measures, values: Vec::with_capacity(count * measures), ..Unit::default() }
    }

    /// Persons of a point that could not be prepared.
    pub(super) fn failed(persons: Range<u64>, measures: usize, reason: &str) -> Self {
        let mut unit = Unit::new(persons.clone(), measures);
        persons.for_each(|_| unit.push_nothing(POINT, reason));
        unit
    }

    /// Counts a person whose values it has.
    pub(super) fn count(&mut self, subject: &Subject<'_>) {
        self.outside.add(subject);
    }

    /// Who is outside the range of the people that the model was made from.
    pub(in crate::study) fn outside(&self) -> &Outside {
        &self.outside
    }

    /// The next person, with a value or a reason for each measure.
    pub(super) fn push<R: ToString>(&mut self, values: impl IntoIterator<Item = Result<f64, R>>) {
        for (measure, value) in values.into_iter().enumerate() {
            match value {
                Ok(value) => self.values.push(value),
                Err(reason) => {
                    self.values.push(f64::NAN);
                    self.gap(measure as u32, &reason.to_string());
                }
            }
        }
        self.persons += 1;
    }

    /// The next person, who failed.
    pub(super) fn push_failure(&mut self, reason: &str) {
        self.push_nothing(ALL, reason);
    }

    fn push_nothing(&mut self, measure: u32, reason: &str) {
        self.values.extend(std::iter::repeat_n(f64::NAN, self.measures));
        self.gap(measure, reason);
        self.persons += 1;
    }

    fn gap(&mut self, measure: u32, reason: &str) {
        let known = self.reasons.iter().position(|r| r == reason);
        let reason = known.unwrap_or_else(|| {
            self.reasons.push(reason.to_string());
            self.reasons.len() - 1
        });
        self.gaps.push(Gap { person: self.persons as u32, measure, reason: reason as u32 });
    }

    /// Persons in it.
    pub fn persons(&self) -> Range<u64> {
        self.first..self.first + self.persons as u64
    }

    /// The values of each person.
    pub(in crate::study) fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        (0..self.persons).map(|person| &self.values[person * self.measures..(person + 1) * self.measures])
    }

    /// Why values do not exist, in the order of persons.
    pub(super) fn whys(&self) -> impl Iterator<Item = Why<'_>> {
        self.gaps.iter().map(|gap| Why {
            person: self.first + u64::from(gap.person),
            of: match gap.measure {
                POINT => Of::Point,
                ALL => Of::Person,
                measure => Of::Measure(measure as usize),
            },
            reason: &self.reasons[gap.reason as usize],
        })
    }

    /// Appends it as bytes that say where they end.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut count = |n: usize| out.extend((n as u64).to_le_bytes());
        count(self.first as usize);
        [self.persons, self.measures, self.gaps.len(), self.reasons.len()].into_iter().for_each(&mut count);
        self.values.iter().for_each(|value| out.extend(value.to_le_bytes()));
        for gap in &self.gaps {
            [gap.person, gap.measure, gap.reason].iter().for_each(|part| out.extend(part.to_le_bytes()));
        }
        for reason in &self.reasons {
            out.extend((reason.len() as u64).to_le_bytes());
            out.extend(reason.as_bytes());
        }
        let (subjects, outside) = self.outside.counts();
        [subjects, outside.len() as u64].iter().chain(outside).for_each(|n| out.extend(n.to_le_bytes()));
    }

    /// Reads one from the start of some bytes, and leaves what follows; none where the bytes are not one.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let first = number(bytes)?;
        let [persons, measures, gaps, reasons] = [(); 4].map(|()| number(bytes).and_then(|n| usize::try_from(n).ok()));
        let (persons, measures) = (persons?, measures?);
        let values = take(bytes, persons.checked_mul(measures)?.checked_mul(8)?)?;
        let gaps = take(bytes, gaps?.checked_mul(12)?)?;
        let word = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let gap = |g: &[u8]| Gap { person: word(g), measure: word(&g[4..]), reason: word(&g[8..]) };
        let mut unit = Unit {
            first,
            persons,
            measures,
            values: values.chunks_exact(8).map(|v| f64::from_bits(number(&mut &*v).unwrap_or_default())).collect(),
            gaps: gaps.chunks_exact(12).map(gap).collect(),
            reasons: Vec::new(),
            outside: Outside::default(),
        };
        for _ in 0..reasons? {
            let length = usize::try_from(number(bytes)?).ok()?;
            unit.reasons.push(String::from_utf8(take(bytes, length)?.to_vec()).ok()?);
        }
        let subjects = number(bytes)?;
        let ranges = usize::try_from(number(bytes)?).ok()?;
        let counts = take(bytes, ranges.checked_mul(8)?)?;
        let counts = counts.chunks_exact(8).map(|n| number(&mut &*n).unwrap_or_default()).collect();
        unit.outside = Outside::counted(subjects, counts);
        let fits = |gap: &Gap| {
            let measure = [ALL, POINT].contains(&gap.measure) || (gap.measure as usize) < measures;
            measure && (gap.person as usize) < persons && (gap.reason as usize) < unit.reasons.len()
        };
        unit.gaps.iter().all(fits).then_some(unit)
    }
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(take(bytes, 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Unit {
        let mut unit = Unit::new(10..13, 2);
        unit.push::<&str>([Ok(1.5), Ok(-0.0)]);
        unit.push([Ok(2.5), Err("it does not vanish")]);
        unit.push_failure("no clearance");
        unit.outside = Outside::counted(2, vec![0, 1]);
        unit
    }

    #[test]
    fn units_come_back_from_their_bytes_one_after_another() {
        let (one, none) = (unit(), Unit::failed(0..2, 0, "no such route"));
        let mut bytes = Vec::new();
        one.write(&mut bytes);
        none.write(&mut bytes);
        let mut rest = bytes.as_slice();
        let back = Unit::read(&mut rest).unwrap();
        assert_eq!((back.persons(), back.whys().collect::<Vec<_>>()), (10..13, one.whys().collect()));
        assert_eq!(back.outside(), one.outside());
        assert!(back.rows().flatten().zip(one.rows().flatten()).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(Unit::read(&mut rest), Some(none));
        assert!(rest.is_empty());
    }

    #[test]
    fn bytes_cut_off_anywhere_or_out_of_range_are_no_unit() {
        let mut bytes = Vec::new();
        unit().write(&mut bytes);
        for length in 0..bytes.len() {
            assert_eq!(Unit::read(&mut &bytes[..length]), None, "{length} of {} bytes", bytes.len());
        }
        for at in [8, 16, 24, 32] {
            let mut wrong = bytes.clone();
            wrong[at..at + 8].fill(0xff);
            assert_eq!(Unit::read(&mut wrong.as_slice()), None, "count at {at}");
        }
    }

    #[test]
    fn reasons_say_who_and_which() {
        let unit = unit();
        let whys: Vec<_> = unit.whys().map(|w| (w.person, w.of, w.reason)).collect();
        assert_eq!(whys, [(11, Of::Measure(1), "it does not vanish"), (12, Of::Person, "no clearance")]);
        let unprepared = Unit::failed(3..4, 2, "no such route");
        assert_eq!(unprepared.whys().map(|w| (w.person, w.of)).collect::<Vec<_>>(), [(3, Of::Point)]);
    }
}
