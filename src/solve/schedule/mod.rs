//! Times compiled once for many subjects: what happens when, and how samples lie between events.
//!
//! Times are snapped to canonical values before anything is ordered: events that differ by at most 1e-10 of the larger of
//! |t| and 1 h are simultaneous, and a sample that close to an event is at the event. Samples never open a segment and
//! never move an event, so the states do not depend on them.

mod layout;

pub(super) use layout::{Batched, Kind, Layout, Lone, Need, Seen, Span, Start};

use super::SolveError;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Times closer than this, relative to the larger of |t| and 1 h, are one time.
const SNAP: f64 = 1e-10;
/// Lengths of time are one length when they agree to this many units in the last place of the times they join.
const ULPS: f64 = 4.0;
/// Longest run of samples that is stepped through before an exponential is taken anew.
const LONGEST_RUN: usize = 512;
/// Shortest run worth a table of powers.
const SHORTEST_RUN: usize = 3;
/// Samples that are written at once.
pub(super) const LANES: usize = 16;
/// How many of the latest distinct lengths are searched for a match.
const MEMORY: usize = 16;

/// An amount that enters a state: at once, or at a constant rate over a duration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// When it starts, h.
    pub time: f64,
    /// Which state it enters.
    pub state: usize,
    /// Which of the subject's amounts enters (an index, so that subjects share the times but not the amounts).
    pub amount: usize,
    /// Over how long, h; zero is a jump. The whole amount enters, whatever snapping does to the duration.
    pub over: f64,
}

/// What a schedule is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan<'a> {
    /// Where the states start, h.
    pub start: f64,
    /// In any order; at one time they act in this order.
    pub events: &'a [Event],
    /// Ascending times after the start from which the next system of a subject applies.
    pub switches: &'a [f64],
    /// Times at which the states or their equations may change for another reason, in any order.
    pub marks: &'a [f64],
    /// Ascending times of the outputs; a sample at the time of an event sees the state just after it.
    pub samples: &'a [f64],
}

/// The stretch from one instant of change to the next, the last one without end.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub begin: f64,
    /// Index into `lengths`; none for the last segment.
    pub length: Option<usize>,
    pub system: usize,
    pub jumps: Range<usize>,
    pub inputs: Range<usize>,
    pub samples: Range<usize>,
    pub runs: Range<usize>,
}

/// A jump, or an input while it lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Which state it enters.
    pub state: usize,
    /// Which of the subject's amounts enters.
    pub amount: usize,
    /// 1 for a jump, 1/duration for an input.
    pub per: f64,
}

/// One stretch between two changes, as engines that step through it see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch<'s> {
    /// When it begins, h.
    pub begin: f64,
    /// When it ends, h; none for the last one.
    pub end: Option<f64>,
    /// Which of the subject's systems applies.
    pub system: usize,
    /// What enters at its beginning.
    pub jumps: &'s [Entry],
    /// What enters all the while.
    pub inputs: &'s [Entry],
    /// The samples in it, by their place among all.
    pub samples: Range<usize>,
}

/// Samples at equal steps: `count` of them, the first one at `offset` after the start of the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Index into `offsets`; 0 where the first sample is at the start of the segment.
    pub offset: usize,
    /// Index into `steps`; unused when count is 1.
    pub step: usize,
    /// Which kind it is in the layout; unused when count is 1.
    pub kind: usize,
    pub first: usize,
    pub count: usize,
    /// How many runs of its segment, from this one on, are single samples later than the start.
    pub lone: usize,
}

/// How many schedules were compiled so far.
static COMPILED: AtomicU64 = AtomicU64::new(0);

/// A compiled [`Plan`].
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    /// Schedules of one number are alike: what was copied from one need not be copied again.
    pub(super) number: u64,
    pub(super) segments: Vec<Segment>,
    pub(super) jumps: Vec<Entry>,
    pub(super) inputs: Vec<Entry>,
    pub(super) runs: Vec<Run>,
    pub(super) lengths: Vec<f64>,
    /// Times from the start of a segment to the first sample of a run; the first of them is none.
    pub(super) offsets: Vec<f64>,
    pub(super) steps: Vec<f64>,
    /// Time of each sample since the start of its segment.
    pub(super) elapsed: Vec<f64>,
    /// The same once more, as engines for many subjects go through it.
    pub(super) layout: Layout,
    systems: usize,
    /// When each segment begins.
    pub(super) edges: Vec<f64>,
}

impl Schedule {
    /// Compiles a plan.
    ///
    /// # Errors
    /// Times that are not finite, lie before the start or are out of order; durations that are negative or not finite.
    pub fn new(plan: &Plan) -> Result<Self, SolveError> {
        let mut schedule = Self::default();
        schedule.rebuild(plan)?;
        Ok(schedule)
    }

    /// Compiles another plan into the same memory.
    ///
    /// # Errors
    /// As [`Schedule::new`].
    pub fn rebuild(&mut self, plan: &Plan) -> Result<(), SolveError> {
        check(plan)?;
        self.number = 1 + COMPILED.fetch_add(1, Ordering::Relaxed);
        self.find_edges(plan);
        self.lengths.clear();
        self.segments.clear();
        self.systems = plan.switches.len() + 1;
        for (k, &begin) in self.edges.iter().enumerate() {
            let length = self.edges.get(k + 1).map(|&end| {
                let (exact, slack) = (end - begin, ULPS * f64::EPSILON * begin.abs().max(end.abs()));
                entry(&mut self.lengths, exact - slack, exact + slack, exact)
            });
            let system = plan.switches.partition_point(|&s| snap_down(&self.edges, s) <= k);
            let empty = 0..0;
            self.segments.push(Segment {
                begin,
                length,
                system,
                jumps: empty.clone(),
                inputs: empty.clone(),
                samples: empty.clone(),
                runs: empty,
            });
        }
        self.place_entries(plan.events);
        self.place_samples(plan.samples);
        self.layout.rebuild(&self.segments, &mut self.runs, &self.offsets, &self.steps, &self.elapsed);
        Ok(())
    }

    /// Number of sample times.
    pub fn samples(&self) -> usize {
        self.elapsed.len()
    }

    /// Number of stretches between changes.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// A stretch between changes, by its place.
    pub fn stretch(&self, k: usize) -> Stretch<'_> {
        let segment = &self.segments[k];
        Stretch {
            begin: segment.begin,
            end: self.segments.get(k + 1).map(|next| next.begin),
            system: segment.system,
            jumps: &self.jumps[segment.jumps.clone()],
            inputs: &self.inputs[segment.inputs.clone()],
            samples: segment.samples.clone(),
        }
    }

    /// Number of systems a subject must bring: one more than there are switches.
    pub fn systems(&self) -> usize {
        self.systems
    }

    fn find_edges(&mut self, plan: &Plan) {
        let edges = &mut self.edges;
        edges.clear();
        edges.push(plan.start);
        edges.extend_from_slice(plan.switches);
        edges.extend_from_slice(plan.marks);
        for event in plan.events {
            edges.push(event.time);
            if event.over > 0.0 {
                edges.push(event.time + event.over);
            }
        }
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup_by(|next, kept| *next - *kept <= tolerance(*next));
    }

    /// Jumps and running inputs of each segment, in the order of the events.
    fn place_entries(&mut self, events: &[Event]) {
        let Self { segments, edges, jumps, inputs, .. } = self;
        let spans = events.iter().map(|event| {
            let from = snap_down(edges, event.time);
            let to = if event.over > 0.0 { snap_down(edges, event.time + event.over) } else { from };
            (event, from, to)
        });
        let (mut jump_count, mut input_count) = (0, 0);
        for (_, from, to) in spans.clone() {
            if from == to {
                segments[from].jumps.end += 1;
                jump_count += 1;
            }
            for segment in &mut segments[from..to] {
                segment.inputs.end += 1;
                input_count += 1;
            }
        }
        let (mut jump, mut input) = (0, 0);
        for segment in segments.iter_mut() {
            let (next_jump, next_input) = (jump + segment.jumps.end, input + segment.inputs.end);
            (segment.jumps, segment.inputs) = (jump..jump, input..input);
            (jump, input) = (next_jump, next_input);
        }
        let blank = Entry { state: 0, amount: 0, per: 1.0 };
        jumps.clear();
        jumps.resize(jump_count, blank);
        inputs.clear();
        inputs.resize(input_count, blank);
        for (event, from, to) in spans {
            let entry = Entry { state: event.state, amount: event.amount, per: 1.0 };
            if from == to {
                jumps[segments[from].jumps.end] = entry;
                segments[from].jumps.end += 1;
            } else {
                let per = 1.0 / (edges[to] - edges[from]);
                for segment in &mut segments[from..to] {
                    inputs[segment.inputs.end] = Entry { per, ..entry };
                    segment.inputs.end += 1;
                }
            }
        }
    }

    fn place_samples(&mut self, samples: &[f64]) {
        for list in [&mut self.offsets, &mut self.steps, &mut self.elapsed] {
            list.clear();
        }
        self.offsets.push(0.0);
        self.runs.clear();
        let mut next = 0;
        for k in 0..self.segments.len() {
            let begin = self.segments[k].begin;
            let end = self.edges.get(k + 1).map_or(f64::INFINITY, |&end| end - tolerance(end));
            let stop = next + samples[next..].partition_point(|&t| t < end);
            let (first, first_run) = (next, self.runs.len());
            while next < stop {
                let run = self.longest_run(samples, next..stop, begin);
                let times = samples[next + 1..next + run.count].iter().map(|t| t - begin);
                self.elapsed.extend(std::iter::once(self.offsets[run.offset]).chain(times));
                next += run.count;
                self.runs.push(run);
            }
            self.segments[k].samples = first..stop;
            self.segments[k].runs = first_run..self.runs.len();
        }
    }

    /// The run that starts at the first of `range`: all its times fit begin + offset + k step to the last places.
    fn longest_run(&mut self, samples: &[f64], range: Range<usize>, begin: f64) -> Run {
        let first = range.start;
        let slack = |t: f64| ULPS * f64::EPSILON * t.abs().max(begin.abs());
        let at_begin = samples[first] - begin <= tolerance(begin);
        let start = if at_begin { begin } else { samples[first] };
        let (exact, around) = (start - begin, slack(start));
        let offset = if at_begin { 0 } else { entry(&mut self.offsets, exact - around, exact + around, exact) };
        let (mut low, mut high, mut count) = (f64::MIN_POSITIVE, f64::INFINITY, 1);
        for &t in samples[first + 1..range.end].iter().take(LONGEST_RUN - 1) {
            let (gap, steps, slack) = (t - start, count as f64, slack(t));
            let (new_low, new_high) = (low.max((gap - slack) / steps), high.min((gap + slack) / steps));
            // Samples at one time are one by one, so that they are one number.
            if new_low > new_high || t <= samples[first + count - 1] {
                break;
            }
            (low, high) = (new_low, new_high);
            count += 1;
        }
        if count > 1 {
            if let Some(step) = known(&self.steps, low, high) {
                return Run { offset, step, first, count, kind: 0, lone: 0 };
            }
            if count >= SHORTEST_RUN {
                self.steps.push(0.5 * (low + high));
                return Run { offset, step: self.steps.len() - 1, first, count, kind: 0, lone: 0 };
            }
        }
        Run { offset, step: 0, first, count: 1, kind: 0, lone: 0 }
    }
}

fn check(plan: &Plan) -> Result<(), SolveError> {
    let start = plan.start;
    let in_range =
        |what, index, time: f64| match time.is_finite() && start.is_finite() && time >= start - tolerance(start) {
            true => Ok(()),
            false => Err(SolveError::Time { what, index, time, start }),
        };
    in_range("the start", 0, start)?;
    for (index, event) in plan.events.iter().enumerate() {
        in_range("event", index, event.time)?;
        if !(event.over >= 0.0 && (event.time + event.over).is_finite()) {
            return Err(SolveError::Duration { index, over: event.over });
        }
    }
    for (index, &time) in plan.marks.iter().enumerate() {
        in_range("mark", index, time)?;
    }
    for (what, times) in [("switch", plan.switches), ("sample", plan.samples)] {
        for (index, &time) in times.iter().enumerate() {
            in_range(what, index, time)?;
            if index > 0 && time < times[index - 1] {
                return Err(SolveError::Order { what, index, time });
            }
        }
    }
    Ok(())
}

fn tolerance(t: f64) -> f64 {
    SNAP * t.abs().max(1.0)
}

/// Index of the edge that `t`, one of the times the edges were made from, was snapped to.
fn snap_down(edges: &[f64], t: f64) -> usize {
    edges.partition_point(|&edge| edge <= t).saturating_sub(1)
}

/// A recent length within low..=high.
fn known(list: &[f64], low: f64, high: f64) -> Option<usize> {
    let recent = list.len().saturating_sub(MEMORY);
    (recent..list.len()).find(|&k| (low..=high).contains(&list[k]))
}

/// Index of a recent length within low..=high, else of a new one, `exact`. Depends on what came before only.
fn entry(list: &mut Vec<f64>, low: f64, high: f64, exact: f64) -> usize {
    known(list, low, high).unwrap_or_else(|| {
        list.push(exact);
        list.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bolus(time: f64) -> Event {
        Event { time, state: 0, amount: 0, over: 0.0 }
    }

    #[test]
    fn the_twenty_week_schedule_has_few_distinct_lengths_and_runs() {
        let times = (0..8).map(|k| 84.0 * f64::from(k)).chain((0..12).map(|k| 672.0 + 168.0 * f64::from(k)));
        let events: Vec<_> = times.map(bolus).collect();
        let samples: Vec<_> = (1..=500).map(|j| 6.72 * f64::from(j)).collect();
        let s = Schedule::new(&Plan { events: &events, samples: &samples, ..Plan::default() }).unwrap();
        assert_eq!((s.segments.len(), s.lengths.len(), s.steps.len()), (20, 2, 1));
        assert!(s.offsets.len() <= 4, "{:?}", s.offsets);
        assert!((s.steps[0] - 6.72).abs() < 1e-13);
        let mut seen = 0;
        for run in &s.runs {
            assert_eq!(run.first, seen);
            seen += run.count;
        }
        assert_eq!(seen, 500);
    }

    #[test]
    fn near_times_are_one_time_and_a_sample_at_an_event_comes_after_it() {
        let events = [bolus(10.0), bolus(10.0 + 5e-10), Event { over: 0.1, ..bolus(3360.0) }];
        let samples = [0.0, 10.0 - 5e-10, 3360.0, 3360.1];
        let s = Schedule::new(&Plan { events: &events, samples: &samples, ..Plan::default() }).unwrap();
        assert_eq!(s.segments.iter().map(|s| s.jumps.len()).collect::<Vec<_>>(), [0, 2, 0, 0]);
        assert_eq!(s.segments.iter().map(|s| s.inputs.len()).collect::<Vec<_>>(), [0, 0, 1, 0]);
        assert_eq!(s.segments.iter().map(|s| s.runs.len()).collect::<Vec<_>>(), [1, 1, 1, 1]);
        assert!(s.runs.iter().all(|r| r.offset == 0));
    }

    #[test]
    fn irregular_samples_are_singles_and_switches_open_segments() {
        let samples: Vec<_> = (0..50).map(|k| (f64::from(k) * 0.7).powf(1.3)).collect();
        let s = Schedule::new(&Plan { switches: &[3.0, 30.0], samples: &samples, ..Plan::default() }).unwrap();
        assert!(s.runs.iter().all(|r| r.count == 1));
        assert_eq!(s.segments.iter().map(|s| s.system).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        let code = |plan: &Plan| Schedule::new(plan).unwrap_err().code();
        assert_eq!(code(&Plan { samples: &[2.0, 1.0], ..Plan::default() }), "E_TIME_ORDER");
        assert_eq!(code(&Plan { samples: &[-1.0], ..Plan::default() }), "E_TIME_OUT_OF_RANGE");
        assert_eq!(code(&Plan { events: &[bolus(f64::NAN)], ..Plan::default() }), "E_TIME_OUT_OF_RANGE");
        assert_eq!(code(&Plan { events: &[Event { over: -1.0, ..bolus(0.0) }], ..Plan::default() }), "E_DURATION");
        assert_eq!(code(&Plan { start: f64::INFINITY, ..Plan::default() }), "E_TIME_OUT_OF_RANGE");
    }
}
