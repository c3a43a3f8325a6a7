//! A model and a regimen made ready to run for many subjects, into the caller's buffers.

use super::administer::{Administration, route_of};
use super::followed::Followed;
use super::individual::Individual;
use super::lanes::Lanes;
use super::limits::check_interval;
use super::readout::{computes, present, reads_doses, states_read};
use super::split::Split;
use super::{Engine, Latest, Settings, SimulationError, field, occasions, switches};
use crate::dosing::{PlannedDose, Regimen};
use crate::error::Diagnostic;
use crate::expr::Class;
use crate::model::{Model, Readout, Reg, StateKind};
use crate::population::Subject;
use crate::solve::{Reference, Trajectory, Work};

/// The most sampling times of one run.
pub const MAX_SAMPLES: usize = 10_000_000;
/// Subjects that are integrated side by side.
const LANES: usize = 32;

/// A model, a regimen and sampling times, checked against each other. It runs any number of subjects;
/// what depends on a subject is kept in a [`Workspace`].
#[derive(Debug, Clone)]
pub struct Prepared<'m> {
    pub(super) model: &'m Model,
    pub(super) settings: Settings,
    pub(super) split: Split<'m>,
    /// How doses that follow the state are given.
    pub(super) followed: Option<Followed<'m>>,
    pub(super) doses: Vec<(PlannedDose, usize)>,
    pub(super) samples: Vec<f64>,
    /// Times at which a covariate that follows the clock changes or an occasion begins.
    pub(super) switches: Vec<f64>,
    /// The occasion of each interval between switches.
    pub(super) occasions_of: Vec<usize>,
    pub(super) until: f64,
    /// Which of the states that are propagated exactly are amounts in compartments.
    pub(super) compartments: Vec<bool>,
    /// The route and its entry that doses enter by, where the others are left out.
    pub(super) only: Option<(usize, usize)>,
    /// Whether doses enter by input functions.
    pub(super) by_function: bool,
    /// Whether something that happens at a dose is seen by more than the states it enters.
    pub(super) doses_are_marks: bool,
    /// Whether outputs are computed, and read the time since a dose.
    pub(super) computes: bool,
    pub(super) outputs_read_doses: bool,
    /// Whether slopes are computed from the time since a dose.
    pub(super) slopes_read_doses: bool,
    /// States that are integrated and read by outputs, with their places among those integrated.
    pub(super) states_read: Vec<(usize, usize)>,
    /// Whether outputs read states that are propagated exactly.
    pub(super) reads_exact: bool,
}

/// What a run needs in memory: one per thread, reused from subject to subject without allocating.
#[derive(Debug)]
pub struct Workspace<'m>(Engines<'m>);

#[derive(Debug)]
enum Engines<'m> {
    /// Everything is propagated exactly.
    Exact { individual: Box<Individual>, c: Vec<f64>, d: Vec<f64> },
    /// Doses follow the state.
    Followed { individual: Box<Individual>, work: Work },
    /// Something is integrated: one subject by itself, and many in lanes.
    Integrated { one: Box<Lanes<'m, 1>>, many: Option<Box<Lanes<'m, LANES>>>, reference: Option<Reference> },
}

impl<'m> Prepared<'m> {
    /// Checks a regimen against a model. `samples` are ascending times of the outputs in h; `until` is how far the simulation
    /// goes; the default settings apply.
    ///
    /// # Errors
    /// As [`Prepared::with`].
    pub fn new(
        model: &'m Model,
        regimen: Option<&Regimen>,
        samples: Vec<f64>,
        until: f64,
    ) -> Result<Self, SimulationError> {
        Prepared::with(model, regimen, samples, until, Settings::default())
    }

    /// The same with an engine, tolerances and instruction set of one's own.
    ///
    /// # Errors
    /// A model that the engine cannot solve, a route that the model does not have, tolerances that are none.
    pub fn with(
        model: &'m Model,
        regimen: Option<&Regimen>,
        samples: Vec<f64>,
        until: f64,
        settings: Settings,
    ) -> Result<Self, SimulationError> {
        Prepared::giving(model, regimen.map(Regimen::doses).as_deref(), samples, until, settings)
    }

    /// The same for doses one by one, in the order of time, such as those that were decided on the way.
    ///
    /// # Errors
    /// As [`Prepared::with`].
    pub fn giving(
        model: &'m Model,
        doses: Option<&[PlannedDose]>,
        samples: Vec<f64>,
        until: f64,
        settings: Settings,
    ) -> Result<Self, SimulationError> {
        settings.check()?;
        let mut split = Split::new(model, settings.engine)?;
        let followed = doses.filter(|_| model.doses_follow_state()).map(|_| Followed::new(model, settings));
        if followed.is_some() {
            if settings.engine == Engine::Exact {
                let (model, why) = (model.id().into(), "what a dose does follows the state".into());
                return Err(SimulationError::NotLinear { model, why });
            }
            split = Split::integrated(model);
        }
        let samples = checked(samples, until)?;
        let doses = doses.unwrap_or_default().iter().filter(|dose| dose.time <= until);
        let doses: Vec<_> =
            doses.map(|dose| Ok((dose.clone(), route_of(model, dose)?))).collect::<Result<_, SimulationError>>()?;
        let mut switches = switches::times(model.covariates(), until)?;
        let begins = occasions::of_doses(model, doses.iter().map(|(dose, _)| dose.time).collect());
        occasions::join(&mut switches, &begins)?;
        let first_times = std::iter::once(0.0).chain(switches.iter().copied());
        let occasions_of = first_times.map(|from| begins.partition_point(|begin| *begin <= from)).collect();
        let (read, computes, outputs_read_doses) = (states_read(model), computes(model), reads_doses(model));
        let integrated = split.rest().iter().enumerate();
        let slopes_read_doses = field::clocks_of_doses(model).any(|clock| split.reads(model, clock));
        let is_amount = |state: &usize| matches!(model.states()[*state].kind, StateKind::Compartment { .. });
        Ok(Prepared {
            compartments: split.exact_states().iter().map(is_amount).collect(),
            only: None,
            by_function: model.routes().iter().flat_map(|r| &r.entries).any(|e| e.input.is_some()),
            doses_are_marks: !split.rest().is_empty() && (slopes_read_doses || outputs_read_doses),
            states_read: integrated.filter(|(_, s)| read[**s]).map(|(place, state)| (place, *state)).collect(),
            reads_exact: split.exact_states().iter().any(|state| read[*state]),
            computes,
            outputs_read_doses,
            slopes_read_doses,
            model,
            settings,
            split,
            followed,
            doses,
            samples,
            switches,
            occasions_of,
            until,
        })
    }

    /// The same with other sampling times, ascending and in h.
    ///
    /// # Errors
    /// Sampling times after the end, or too many.
    pub fn sampled(&self, samples: Vec<f64>) -> Result<Self, SimulationError> {
        Ok(Prepared { samples: checked(samples, self.until)?, ..self.clone() })
    }

    /// The same with what enters by one entry of one route (by their places in the model); nothing else enters. Not for models
    /// whose doses follow the state.
    pub fn entering_by(&self, route: usize, entry: usize) -> Self {
        Prepared { only: Some((route, entry)), ..self.clone() }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// How it is computed.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether any state is integrated, within tolerances, rather than propagated exactly.
    pub fn is_integrated(&self) -> bool {
        !self.split.rest().is_empty()
    }

    /// Times of the outputs, h.
    pub fn samples(&self) -> &[f64] {
        &self.samples
    }

    /// How far the simulation goes, h.
    pub fn until(&self) -> f64 {
        self.until
    }

    /// The doses, each with the index of its route.
    pub fn doses(&self) -> &[(PlannedDose, usize)] {
        &self.doses
    }

    /// How many occasions the run has, for [`crate::population::Effects::draw`]; 0 if nothing varies between occasions.
    /// The first begins at the start, every further one when a session begins: at a dose that is given at least the
    /// model's gap after the one before.
    pub fn occasions(&self) -> usize {
        match occasions::varies(self.model) {
            true => 1 + self.occasions_of.last().copied().unwrap_or_default(),
            false => 0,
        }
    }

    /// Says so where a dose per kilogram is for a body weight that nobody gave.
    pub fn weight_warning(&self, subject: &Subject<'_>) -> Option<Diagnostic> {
        let per_weight = self.doses.iter().any(|(dose, _)| dose.quantity.dimension().is_per_body_weight());
        let weight = subject.weight().filter(|_| per_weight && !subject.weight_is_given())?;
        let message = format!("no weight is given: doses per kilogram are for the model's reference, {weight} kg");
        Some(Diagnostic::warning("W_REFERENCE_WEIGHT", message).with_hint("give the covariate `weight`"))
    }

    /// Numbers that a run writes for one subject: outputs x samples.
    pub fn numbers(&self) -> usize {
        self.samples.len() * self.model.outputs().len()
    }

    /// Memory for runs of this simulation.
    pub fn workspace(&self) -> Workspace<'m> {
        if self.followed.is_some() {
            return Workspace(Engines::Followed { individual: Box::new(Individual::new(self)), work: Work::default() });
        }
        Workspace(match self.split.rest().is_empty() {
            true => {
                let (n, intervals) = (self.split.exact, self.switches.len() + 1);
                let individual = Box::new(Individual::new(self));
                Engines::Exact { individual, c: vec![0.0; intervals * n], d: vec![0.0; intervals] }
            }
            false => Engines::Integrated {
                one: Box::new(Lanes::new(self)),
                many: None,
                reference: self.settings.reference(),
            },
        })
    }

    /// Solves one subject and writes every output at every sampling time, output after output, in the outputs' units.
    ///
    /// # Errors
    /// A dose that cannot be given to this subject, a number outside its limits, or a solution that is not finite.
    ///
    /// # Panics
    /// When `out` does not hold [`Prepared::numbers`], or the workspace is of another simulation.
    pub fn run(&self, subject: &Subject<'_>, ws: &mut Workspace<'m>, out: &mut [f64]) -> Result<(), SimulationError> {
        self.run_keeping(subject, ws, out, None)
    }

    /// Solves subjects and writes the numbers of each into its part of `out`, one after the other; where the model is not
    /// linear, many at once in lanes, to the same bytes. Subjects that fail have an error and numbers that are NaN.
    ///
    /// # Panics
    /// As [`Prepared::run`].
    pub fn run_all(
        &self,
        subjects: &[Subject<'_>],
        ws: &mut Workspace<'m>,
        out: &mut [f64],
    ) -> Vec<Result<(), SimulationError>> {
        assert_eq!(out.len(), self.numbers() * subjects.len(), "one number per subject, output and sample");
        if let Engines::Integrated { many, reference: None, .. } = &mut ws.0 {
            return many.get_or_insert_with(|| Box::new(Lanes::new(self))).run(self, subjects, out, None);
        }
        let mut parts = out.chunks_exact_mut(self.numbers().max(1));
        let run = |subject| {
            let out = parts.next().unwrap_or_default();
            let result = self.run_keeping(subject, ws, out, None);
            if result.is_err() {
                out.fill(f64::NAN);
            }
            result
        };
        subjects.iter().map(run).collect()
    }

    /// Runs one subject, and keeps the dense solution of the states that are integrated.
    pub(super) fn run_keeping(
        &self,
        subject: &Subject<'_>,
        ws: &mut Workspace<'m>,
        out: &mut [f64],
        keep: Option<&mut Trajectory>,
    ) -> Result<(), SimulationError> {
        assert_eq!(out.len(), self.numbers(), "one number per output and sample");
        match (&mut ws.0, &self.followed) {
            (Engines::Followed { individual, work }, Some(followed)) => {
                individual.become_subject(self, subject)?;
                *work = *work + followed.run(self, subject, out, keep)?;
                Ok(())
            }
            (Engines::Followed { .. }, None) => unreachable!("the workspace is of another simulation"),
            (Engines::Exact { individual, c, d }, _) => {
                individual.become_subject(self, subject)?;
                self.write_exact(individual, (c, d), out)
            }
            (Engines::Integrated { one, reference, .. }, _) => match reference {
                Some(reference) => one.refer(reference, self, subject, out, keep),
                None => one.run(self, std::slice::from_ref(subject), out, keep).swap_remove(0),
            },
        }
    }

    /// Writes the outputs of a subject that is solved exactly.
    fn write_exact(
        &self,
        individual: &mut Individual,
        (c, d): (&mut [f64], &mut [f64]),
        out: &mut [f64],
    ) -> Result<(), SimulationError> {
        let samples = self.samples.len();
        if samples == 0 {
            return Ok(());
        }
        for (output, out) in self.model.outputs().iter().zip(out.chunks_exact_mut(samples)) {
            let in_unit = |list: &mut [f64]| list.iter_mut().for_each(|y| *y = output.unit.from_base(*y));
            match &output.readout {
                Readout::Linear { .. } => {
                    self.weights(&output.readout, &individual.files, c, d);
                    in_unit(c);
                    in_unit(d);
                    individual.exact.emit(&individual.schedule, c, d, out)?;
                }
                Readout::Computed { value } => {
                    self.compute(&output.name, *value, individual, out)?;
                    in_unit(out);
                }
            }
        }
        Ok(())
    }

    /// Whether an output is a linear function of states that are propagated exactly.
    pub(super) fn is_exact(&self, readout: &Readout) -> bool {
        match readout {
            Readout::Linear { c, .. } => c.iter().all(|(state, _)| self.split.place[*state] < self.split.exact),
            Readout::Computed { .. } => false,
        }
    }

    /// The coefficients of such an output in every interval, in base units.
    pub(super) fn weights(&self, readout: &Readout, files: &[Vec<[f64; 1]>], c: &mut [f64], d: &mut [f64]) {
        let Readout::Linear { c: coefficients, d: constant } = readout else { return };
        let (n, place) = (self.split.exact, &self.split.place);
        c.fill(0.0);
        for (interval, file) in files.iter().enumerate() {
            coefficients.iter().for_each(|(state, reg)| c[interval * n + place[*state]] = file[*reg][0]);
            d[interval] = constant.map_or(0.0, |reg| file[reg][0]);
        }
    }

    /// Those of an output that is propagated exactly, in memory of their own.
    pub(super) fn weights_of(&self, readout: &Readout, files: &[Vec<[f64; 1]>]) -> Option<(Vec<f64>, Vec<f64>)> {
        self.is_exact(readout).then(|| {
            let (mut c, mut d) = (vec![0.0; self.split.exact * files.len()], vec![0.0; files.len()]);
            self.weights(readout, files, &mut c, &mut d);
            (c, d)
        })
    }

    /// An output that is no linear function of the states, at every sampling time, in base units.
    fn compute(
        &self,
        name: &str,
        value: Reg,
        individual: &mut Individual,
        out: &mut [f64],
    ) -> Result<(), SimulationError> {
        let mut x = vec![0.0; self.model.states().len()];
        for (y, time) in out.iter_mut().zip(&self.samples) {
            individual.exact.solution().state(*time, &mut x);
            let latest = self.outputs_read_doses.then(|| Latest::at(self.model, individual.administrations(), *time));
            let file = &mut individual.files[self.interval_at(*time)];
            present(self.model, &x, *time, latest.as_ref(), file);
            *y = file[value][0];
            if y.is_nan() && latest.is_some_and(|latest| latest.any.is_nan()) {
                return Err(SimulationError::NoDoseYet { time: *time });
            }
            if y.is_nan() {
                return Err(SimulationError::NotANumber { output: name.into(), time: *time });
            }
        }
        Ok(())
    }

    /// Writes the numbers of a subject in an interval between switches into a register file, and what is computed from them.
    ///
    /// # Errors
    /// A number outside its limits.
    pub(super) fn evaluate(
        &self,
        subject: &Subject<'_>,
        interval: usize,
        file: &mut [[f64; 1]],
    ) -> Result<(), SimulationError> {
        let model = self.model;
        let from = interval.checked_sub(1).map_or(0.0, |before| self.switches[before]);
        for (parameter, value) in model.parameters().iter().zip(subject.values()) {
            file[parameter.slot] = [*value];
        }
        for (covariate, value) in model.covariates().iter().zip(switches::values(model.covariates(), subject, from)) {
            file[covariate.slot] = [value];
        }
        occasions::show_effects(model, subject, self.occasions_of[interval], file);
        model.tiers().run(Class::Subject, file);
        model.tiers().run(Class::Interval, file);
        check_interval(model, file)
    }

    /// The interval between switches that holds at a time.
    pub(super) fn interval_at(&self, time: f64) -> usize {
        self.switches.partition_point(|s| *s <= time)
    }
}

/// Sampling times that a run can have.
fn checked(samples: Vec<f64>, until: f64) -> Result<Vec<f64>, SimulationError> {
    if samples.len() > MAX_SAMPLES {
        return Err(SimulationError::TooMany { count: samples.len(), what: "sampling times", limit: MAX_SAMPLES });
    }
    match samples.iter().find(|time| **time > until) {
        Some(late) => {
            Err(SimulationError::Time { what: "a sampling time", value: *late, must: "at the end or before" })
        }
        None => Ok(samples),
    }
}

impl Workspace<'_> {
    /// The numbers of the latest subject that ran by itself.
    pub(super) fn individual(&self) -> &Individual {
        match &self.0 {
            Engines::Exact { individual, .. } | Engines::Followed { individual, .. } => individual,
            Engines::Integrated { one, .. } => one.first().individual(),
        }
    }

    /// The administrations of the latest subject that ran by itself.
    pub fn administrations(&self) -> &[Administration] {
        self.individual().administrations()
    }

    /// Work since the workspace was made.
    pub fn work(&self) -> Work {
        match &self.0 {
            Engines::Exact { individual, .. } => individual.exact.work(),
            Engines::Followed { work, .. } => *work,
            Engines::Integrated { one, many, reference } => {
                let many = many.as_ref().map_or(Work::default(), |many| many.work());
                one.work() + many + reference.as_ref().map_or(Work::default(), Reference::work)
            }
        }
    }
}
