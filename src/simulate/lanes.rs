//! Subjects in lanes: each steps through its own schedule with its own step size, and leaves its lane to the next.

use super::failure::Failing;
use super::field::ModelField;
use super::seat::Seat;
use super::watch::Watch;
use super::{Prepared, SimulationError};
use crate::math::kernel;
use crate::population::Subject;
use crate::solve::{Integrator, Outcome, Reference, SolveError, Trajectory, Work};
use std::ops::Range;

/// Memory for subjects in L lanes.
#[derive(Debug)]
pub(super) struct Lanes<'m, const L: usize> {
    field: ModelField<'m, L>,
    integrator: Integrator<L>,
    watch: Watch<L>,
    seats: Vec<Seat>,
}

/// Subjects on their way, and where their numbers go.
struct Run<'a, 'm> {
    prepared: &'a Prepared<'m>,
    subjects: &'a [Subject<'a>],
    waiting: Range<usize>,
    out: &'a mut [f64],
    results: Vec<Result<(), SimulationError>>,
    /// The dense solution of the first lane, if it is wanted.
    keep: Option<&'a mut Trajectory>,
}

/// One sweep of one subject by itself.
pub(super) struct Sweep<'a, 'm, const L: usize> {
    pub integrator: &'a mut Integrator<L>,
    pub field: &'a mut ModelField<'m, L>,
}

impl<const L: usize> kernel::Work for Sweep<'_, '_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.integrator.attempt(self.field);
    }
}

/// Sweeps of all lanes until one has to be looked at, compiled for several instruction sets.
struct Sweeps<'a, 'm, const L: usize> {
    integrator: &'a mut Integrator<L>,
    field: &'a mut ModelField<'m, L>,
    watch: &'a mut Watch<L>,
}

impl<const L: usize> kernel::Work for Sweeps<'_, '_, L> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        loop {
            self.integrator.attempt(self.field);
            let lanes = self.watch.look(self.integrator);
            if lanes != 0 {
                return lanes;
            }
        }
    }
}

impl Run<'_, '_> {
    /// Where a subject's outputs go.
    fn out(&mut self, subject: usize) -> &mut [f64] {
        let size = self.prepared.numbers();
        &mut self.out[subject * size..(subject + 1) * size]
    }

    fn failed(&mut self, subject: usize, error: SimulationError) {
        self.out(subject).fill(f64::NAN);
        self.results[subject] = Err(error);
    }
}

impl<'m, const L: usize> Lanes<'m, L> {
    /// Memory for runs of `prepared`.
    pub fn new(prepared: &Prepared<'m>) -> Self {
        let (n, settings) = (prepared.split.rest().len(), &prepared.settings);
        Lanes {
            field: ModelField::new(prepared.model, &prepared.split),
            integrator: Integrator::new(n, settings.engine.method(), settings.rtol, settings.most_steps),
            watch: Watch::new(n),
            seats: (0..L).map(|_| Seat::new(prepared)).collect(),
        }
    }

    /// Who was last in the first lane.
    pub fn first(&self) -> &Seat {
        &self.seats[0]
    }

    /// Work since the memory was made.
    pub fn work(&self) -> Work {
        self.seats.iter().fold(self.integrator.work(), |work, seat| work + seat.work())
    }

    /// Runs subjects, as many as there are lanes at once. `out` has a part for each subject; those of subjects that fail
    /// are NaN. `keep` keeps the dense solution of the first lane.
    pub fn run(
        &mut self,
        prepared: &Prepared<'m>,
        subjects: &[Subject<'_>],
        out: &mut [f64],
        keep: Option<&mut Trajectory>,
    ) -> Vec<Result<(), SimulationError>> {
        let (waiting, results) = (0..subjects.len(), vec![Ok(()); subjects.len()]);
        let mut run = Run { prepared, subjects, waiting, out, results, keep };
        let kernel = prepared.settings.kernel;
        let mut riding = [None; L];
        for (lane, rider) in riding.iter_mut().enumerate() {
            *rider = self.next(&mut run, lane);
        }
        while riding.iter().any(Option::is_some) {
            let Lanes { field, integrator, watch, .. } = self;
            let mut lanes = match const { L == 1 } {
                true => loop {
                    kernel.run_narrow(Sweep { integrator, field });
                    let lanes = watch.look(integrator);
                    if lanes != 0 {
                        break lanes;
                    }
                },
                false => kernel.run(Sweeps { integrator, field, watch }),
            };
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize;
                lanes &= lanes - 1;
                let Some(subject) = riding[lane] else { continue };
                let goes_on = match self.integrator.outcome(lane) {
                    Outcome::Idle | Outcome::Rejected => continue,
                    Outcome::Accepted { from, to, arrived } => {
                        self.accepted(&mut run, lane, subject, [from, to], arrived).and_then(|()| match arrived {
                            true => self.arrived(&mut run, lane, subject),
                            false => Ok(true),
                        })
                    }
                    Outcome::Failed(error) => Err(self.failed(&run, lane, subject, error)),
                };
                match goes_on {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => run.failed(subject, error),
                }
                riding[lane] = self.next(&mut run, lane);
            }
        }
        run.results
    }

    /// Lets the next subject that gets off the ground into a lane.
    fn next(&mut self, run: &mut Run<'_, 'm>, lane: usize) -> Option<usize> {
        self.integrator.retire(lane);
        while let Some(subject) = run.waiting.next() {
            self.integrator.fresh(lane);
            self.field.stop(lane);
            let boarded = self.seats[lane].board(run.prepared, &run.subjects[subject]);
            match boarded.and_then(|()| self.begin(run, lane, subject)) {
                Ok(true) => return Some(subject),
                Ok(false) => {}
                Err(error) => run.failed(subject, error),
            }
        }
        None
    }

    /// Begins the next stretch that takes any time; false at the end of the schedule.
    fn begin(&mut self, run: &mut Run<'_, 'm>, lane: usize, subject: usize) -> Result<bool, SimulationError> {
        let prepared = run.prepared;
        let seat = &mut self.seats[lane];
        let length = seat.enter(prepared, &mut self.field, lane, run.out(subject))?;
        if let Some(length) = length {
            self.integrator.begin(lane, seat.y(), seat.scales().absolute(), length);
            self.integrator.at_most(lane, seat.longest_first_step());
            self.watch.begin(lane, seat, length);
            self.expect(run, lane);
        }
        if let (None, 0, Some(trajectory)) = (length, lane, &mut run.keep) {
            self.seats[lane].keep_end(prepared.until, trajectory);
        }
        Ok(length.is_some())
    }

    /// When the lane is looked at next: where a sample is due, and after every step that is kept.
    fn expect(&mut self, run: &Run<'_, 'm>, lane: usize) {
        let kept = lane == 0 && run.keep.is_some();
        self.watch.expect(lane, if kept { 0.0 } else { self.seats[lane].due() });
    }

    fn accepted(
        &mut self,
        run: &mut Run<'_, 'm>,
        lane: usize,
        subject: usize,
        [from, to]: [f64; 2],
        arrived: bool,
    ) -> Result<(), SimulationError> {
        let Lanes { integrator, seats, watch, .. } = self;
        let seat = &mut seats[lane];
        if to >= seat.due() {
            let prepared = run.prepared;
            let state = |place, share| integrator.state_at(lane, place, share);
            seat.write_samples(prepared, [from, to], state, run.out(subject))?;
        }
        if let (0, Some(trajectory)) = (lane, &mut run.keep) {
            let n = run.prepared.split.rest().len();
            trajectory.push(seat.begin() + from, to - from, (0..n).map(|place| integrator.quartic(lane, place)));
        }
        let looked = if arrived || watch.is_low(lane) {
            integrator.states(lane, seat.y_mut());
            seat.look(to)
        } else {
            Ok(())
        };
        self.expect(run, lane);
        looked.map_err(|error| self.failing(run, lane, subject).error(error))
    }

    fn arrived(&mut self, run: &mut Run<'_, 'm>, lane: usize, subject: usize) -> Result<bool, SimulationError> {
        self.seats[lane].leave(self.watch.peaks(lane));
        self.begin(run, lane, subject)
    }

    /// Why a lane's engine gave up.
    fn failed(&self, run: &Run<'_, 'm>, lane: usize, subject: usize, error: SolveError) -> SimulationError {
        let (seat, not_finite) = (&self.seats[lane], matches!(error, SolveError::NotFinite { .. }));
        match not_finite && run.prepared.slopes_read_doses && seat.dose().is_none() {
            true => SimulationError::NoDoseYet { time: seat.begin() },
            false => self.failing(run, lane, subject).error(error),
        }
    }

    fn failing<'f>(&self, run: &'f Run<'_, 'm>, lane: usize, subject: usize) -> Failing<'f> {
        let seat = &self.seats[lane];
        Failing {
            model: run.prepared.model,
            values: run.subjects[subject].values(),
            states: run.prepared.split.rest(),
            begin: seat.begin(),
            dose: seat.dose(),
        }
    }
}

impl<'m> Lanes<'m, 1> {
    /// Runs one subject by a reference engine, which stops at every sample.
    pub fn refer(
        &mut self,
        reference: &mut Reference,
        prepared: &Prepared<'m>,
        subject: &Subject<'_>,
        out: &mut [f64],
        mut keep: Option<&mut Trajectory>,
    ) -> Result<(), SimulationError> {
        let Lanes { field, seats, .. } = self;
        let seat = &mut seats[0];
        field.stop(0);
        seat.board(prepared, subject)?;
        while let Some(length) = seat.enter(prepared, field, 0, out)? {
            let (begin, dose) = (seat.begin(), seat.dose());
            let states = prepared.split.rest();
            let failing = Failing { model: prepared.model, values: subject.values(), states, begin, dose };
            let scales = seat.scales().sizes().to_vec();
            let mut from = 0.0;
            while from < length {
                let to = seat.due().min(length);
                let carried = match &mut keep {
                    None => reference.advance(field, from, to, seat.y_mut(), &scales),
                    Some(trajectory) => {
                        reference.pieces(field, from, to, seat.y_mut(), &scales, |t, length, quartics| {
                            trajectory.push(begin + t, length, quartics.iter().copied());
                        })
                    }
                };
                carried.and_then(|()| seat.look(to)).map_err(|error| failing.error(error))?;
                seat.write_samples_at(prepared, to, out)?;
                from = to;
            }
            seat.leave([].into_iter());
        }
        if let Some(trajectory) = keep {
            seat.keep_end(prepared.until, trajectory);
        }
        Ok(())
    }
}
