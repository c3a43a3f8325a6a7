//! A schedule as engines for many subjects go through it: what they have to do and to know, without what is the same for all.

use super::{LANES, MEMORY, Run, Segment};
use std::ops::Range;

/// Lists, of which each span has its part.
#[derive(Debug, Clone, Default)]
pub(in crate::solve) struct Layout {
    pub spans: Vec<Span>,
    /// One per segment.
    pub starts: Vec<Start>,
    pub kinds: Vec<Kind>,
    pub batched: Vec<Batched>,
    pub lone: Vec<Lone>,
    /// Lengths of segments, and kinds of runs, each once for every span.
    pub lengths: Vec<Need>,
    pub needed: Vec<Need>,
    /// Lengths of time that samples need: offsets, then each step and how long a batch of such steps is.
    pub times: Vec<f64>,
    /// Jumps that are seen as they happen.
    pub seen: Vec<Seen>,
}

/// Segments one after the other to which one system applies.
#[derive(Debug, Clone, Default)]
pub(in crate::solve) struct Span {
    pub system: usize,
    pub segments: Range<usize>,
    pub batched: Range<usize>,
    pub lone: Range<usize>,
    pub lengths: Range<usize>,
    pub needed: Range<usize>,
    pub seen: Range<usize>,
}

/// What a solution keeps of a segment.
#[derive(Debug, Clone, Copy)]
pub(in crate::solve) struct Start {
    pub system: usize,
    /// Where its jumps end in the list of all.
    pub jumps: usize,
    /// Whether a sample sees the jumps at the very time they happen.
    pub is_seen_jumping: bool,
}

/// A sample at the very begin of a segment, where jumps happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::solve) struct Seen {
    pub segment: usize,
    pub sample: usize,
}

/// Runs of several samples with the same offset and step. A run is cut into batches of [`LANES`] samples.
#[derive(Debug, Clone, Copy)]
pub(in crate::solve) struct Kind {
    pub offset: usize,
    pub step: usize,
    /// Place of the step in `times`.
    pub time: usize,
    /// Batches of the longest of them.
    pub batches: usize,
    /// Where its batches begin in a list of those of all kinds.
    pub first: usize,
}

/// A run of several samples.
#[derive(Debug, Clone, Copy)]
pub(in crate::solve) struct Batched {
    pub segment: usize,
    /// Which run it is; the sample it begins with and its step, where the loop over samples finds them.
    pub run: usize,
    pub first: usize,
    pub step: usize,
    /// Its first batch in the list of those of all kinds, and how many it has.
    pub batch: usize,
    pub batches: usize,
}

/// Lone samples, one run after the other.
#[derive(Debug, Clone, Copy)]
pub(in crate::solve) struct Lone {
    pub segment: usize,
    /// The first sample.
    pub first: usize,
    /// The run of the first sample.
    pub run: usize,
    pub count: usize,
}

/// A table that is read, and whether it is while something enters.
#[derive(Debug, Clone, Copy)]
pub(in crate::solve) struct Need {
    pub table: usize,
    pub driven: bool,
}

impl Layout {
    /// Lays out segments and their runs, and tells runs what they have in common.
    pub fn rebuild(&mut self, segments: &[Segment], runs: &mut [Run], offsets: &[f64], steps: &[f64], elapsed: &[f64]) {
        self.find_kinds(runs, offsets.len());
        self.times.clear();
        self.times.extend_from_slice(offsets);
        self.times.extend(steps.iter().flat_map(|step| [*step, LANES as f64 * step]));
        let Self { spans, starts, batched, lone, lengths, needed, seen, .. } = self;
        spans.clear();
        starts.clear();
        batched.clear();
        lone.clear();
        lengths.clear();
        needed.clear();
        seen.clear();
        for (k, segment) in segments.iter().enumerate() {
            if k == 0 || segment.system != segments[k - 1].system {
                self.open(segment.system, k);
            }
            self.add(k, segment, runs, elapsed);
        }
    }

    /// Batches of all kinds of runs.
    pub fn batches(&self) -> usize {
        self.kinds.last().map_or(0, |kind| kind.first + kind.batches)
    }

    /// Finds runs that have the offset and the step of an earlier one.
    fn find_kinds(&mut self, runs: &mut [Run], offsets: usize) {
        let kinds = &mut self.kinds;
        kinds.clear();
        for run in runs.iter_mut().filter(|run| run.count > 1) {
            let recent = kinds.len().saturating_sub(MEMORY);
            let known = kinds[recent..].iter().position(|kind| (kind.offset, kind.step) == (run.offset, run.step));
            run.kind = known.map_or(kinds.len(), |k| recent + k);
            if known.is_none() {
                let time = offsets + 2 * run.step;
                kinds.push(Kind { offset: run.offset, step: run.step, time, batches: 0, first: 0 });
            }
            let kind = &mut kinds[run.kind];
            kind.batches = kind.batches.max(run.count.div_ceil(LANES));
        }
        let mut first = 0;
        for kind in kinds {
            kind.first = first;
            first += kind.batches;
        }
    }

    /// Opens a span.
    fn open(&mut self, system: usize, segment: usize) {
        let empty = |length: usize| length..length;
        self.spans.push(Span {
            system,
            segments: empty(segment),
            batched: empty(self.batched.len()),
            lone: empty(self.lone.len()),
            lengths: empty(self.lengths.len()),
            needed: empty(self.needed.len()),
            seen: empty(self.seen.len()),
        });
    }

    /// Adds a segment to the latest span.
    fn add(&mut self, k: usize, segment: &Segment, runs: &mut [Run], elapsed: &[f64]) {
        let Self { spans, starts, kinds, batched, lone, lengths, needed, seen, .. } = self;
        let Some(span) = spans.last_mut() else { return };
        let driven = !segment.inputs.is_empty();
        if let Some(length) = segment.length {
            need(lengths, span.lengths.start, Need { table: length, driven });
        }
        let mut at = segment.runs.start;
        count_lone(&mut runs[segment.runs.clone()]);
        while at < segment.runs.end {
            let Run { step, kind, first, count, lone: alike, .. } = runs[at];
            if count == 1 {
                lone.push(Lone { segment: k, first, run: at, count: alike.max(1) });
            } else {
                need(needed, span.needed.start, Need { table: kind, driven });
                let (batch, batches) = (kinds[kind].first, count.div_ceil(LANES));
                batched.push(Batched { segment: k, run: at, first, step, batch, batches });
            }
            at += alike.max(1);
        }
        let at_begin = elapsed[segment.samples.clone()].iter().take_while(|elapsed| **elapsed == 0.0).count();
        let is_seen_jumping = at_begin > 0 && !segment.jumps.is_empty();
        if is_seen_jumping {
            let samples = segment.samples.start..segment.samples.start + at_begin;
            seen.extend(samples.map(|sample| Seen { segment: k, sample }));
        }
        starts.push(Start { system: segment.system, jumps: segment.jumps.end, is_seen_jumping });
        span.segments.end = k + 1;
        span.batched.end = batched.len();
        span.lone.end = lone.len();
        span.lengths.end = lengths.len();
        span.needed.end = needed.len();
        span.seen.end = seen.len();
    }
}

/// Adds a need to those from `first` on, unless it is a recent one of them.
fn need(list: &mut Vec<Need>, first: usize, new: Need) {
    let recent = first.max(list.len().saturating_sub(MEMORY));
    match list[recent..].iter_mut().find(|need| need.table == new.table) {
        Some(need) => need.driven |= new.driven,
        None => list.push(new),
    }
}

/// Counts how many lone samples follow on each other.
fn count_lone(runs: &mut [Run]) {
    let mut lone = 0;
    for run in runs.iter_mut().rev() {
        lone = if run.count == 1 && run.offset > 0 { lone + 1 } else { 0 };
        run.lone = lone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::{Event, Plan, Schedule};

    #[test]
    fn all_samples_are_written_and_spans_know_what_they_need() {
        let event = |time: f64, over| Event { time, state: 0, amount: 0, over };
        let events = [event(0.0, 0.0), event(48.0, 2.0), event(96.0, 0.0), event(144.0, 0.0)];
        let regular = (0..60).map(f64::from);
        let irregular = (0..20).map(|k| 100.0 + f64::from(k).powf(1.4));
        let samples: Vec<f64> = regular.chain(irregular).chain((0..40).map(|k| 170.0 + f64::from(k))).collect();
        let plan = Plan { events: &events, switches: &[120.0], samples: &samples, ..Plan::default() };
        let schedule = Schedule::new(&plan).unwrap();
        let layout = &schedule.layout;

        // Who writes each sample last, by its first one: what comes later in time, then lone samples.
        let mut writer = vec![usize::MAX; samples.len()];
        for run in &layout.batched {
            let end = (run.first + LANES * run.batches).min(samples.len());
            writer[run.first..end].fill(run.first);
        }
        layout.lone.iter().for_each(|lone| writer[lone.first..lone.first + lone.count].fill(lone.first));
        let mut firsts: Vec<_> = layout.batched.iter().map(|run| run.first).collect();
        firsts.extend(layout.lone.iter().map(|lone| lone.first));
        firsts.sort_unstable();
        for (sample, writer) in writer.iter().enumerate() {
            assert_eq!(firsts[firsts.partition_point(|first| *first <= sample) - 1], *writer, "{sample}");
        }

        let spans: Vec<_> = layout.spans.iter().map(|span| (span.system, span.segments.clone())).collect();
        assert_eq!(spans, [(0, 0..4), (1, 4..6)]);
        for span in &layout.spans {
            let lengths = &layout.lengths[span.lengths.clone()];
            let needed = &layout.needed[span.needed.clone()];
            for segment in &schedule.segments[span.segments.clone()] {
                let driven = !segment.inputs.is_empty();
                let knows = |list: &[Need], table| list.iter().any(|n| n.table == table && n.driven >= driven);
                assert!(segment.length.is_none_or(|length| knows(lengths, length)));
                let mut runs = schedule.runs[segment.runs.clone()].iter().filter(|run| run.count > 1);
                assert!(runs.all(|run| knows(needed, run.kind)));
            }
        }
        // Of the jumps at 0, 96 and 144 h only the first is sampled as it happens.
        assert_eq!(layout.seen, [Seen { segment: 0, sample: 0 }]);
    }
}
