//! Which states of a model are propagated exactly, which are integrated, and by what programs.

use super::{Engine, SimulationError};
use crate::model::{Dynamics, GROUP_JACOBIAN, GROUP_REST, GROUP_REST_JACOBIAN, GROUP_RHS, Model, Reg};

/// Entries of a matrix: row, column, register.
pub(super) type Entries<'m> = &'m [(usize, usize, Reg)];

/// How the states of a model are shared out between engines.
#[derive(Debug, Clone)]
pub(super) struct Split<'m> {
    /// States in the order in which schedules count them: those propagated exactly, then those integrated.
    pub order: Vec<usize>,
    /// Place of each state in that order.
    pub place: Vec<usize>,
    /// How many are propagated exactly.
    pub exact: usize,
    /// x' = A x + b of those, by states of the model.
    pub a: Entries<'m>,
    /// See `a`.
    pub b: &'m [(usize, Reg)],
    /// How the others are computed.
    pub law: Law<'m>,
}

/// How slopes are computed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Law<'m> {
    /// A x + b, by registers.
    Matrix { a: Entries<'m>, b: &'m [(usize, Reg)] },
    /// Programs.
    Programs { slopes: usize, rhs: &'m [Reg], derivatives: usize, jacobian: Entries<'m> },
}

impl<'m> Split<'m> {
    /// How an engine shares out the states of a model.
    ///
    /// # Errors
    /// A model that the exact engine cannot solve and has to.
    pub fn new(model: &'m Model, engine: Engine) -> Result<Self, SimulationError> {
        let all: Vec<usize> = (0..model.states().len()).collect();
        Ok(match model.dynamics() {
            Dynamics::Linear { a, b } => match engine {
                Engine::Auto | Engine::Exact => Split::of(all.clone(), all, (a, b), Law::Matrix { a, b }),
                _ => Split::integrated(model),
            },
            Dynamics::NonLinear(system) => match engine {
                Engine::Exact => {
                    let (model, why) = (model.id().into(), system.why.clone());
                    return Err(SimulationError::NotLinear { model, why });
                }
                Engine::Auto => {
                    let law = Law::Programs {
                        slopes: GROUP_REST,
                        rhs: &system.rhs,
                        derivatives: GROUP_REST_JACOBIAN,
                        jacobian: &system.jacobian,
                    };
                    Split::of(system.upstream.clone(), all, (&system.a, &system.b), law)
                }
                _ => Split::integrated(model),
            },
        })
    }

    fn of(exact: Vec<usize>, all: Vec<usize>, (a, b): (Entries<'m>, &'m [(usize, Reg)]), law: Law<'m>) -> Self {
        let rest = all.iter().copied().filter(|state| !exact.contains(state));
        let order: Vec<usize> = exact.iter().copied().chain(rest).collect();
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, state)| place[*state] = at);
        Split { exact: exact.len(), order, place, a, b, law }
    }

    /// Every state integrated, by the methods that suit it.
    pub fn integrated(model: &'m Model) -> Self {
        let all: Vec<usize> = (0..model.states().len()).collect();
        let law = match model.dynamics() {
            Dynamics::Linear { a, b } => Law::Matrix { a, b },
            Dynamics::NonLinear(system) => Law::Programs {
                slopes: GROUP_RHS,
                rhs: &system.rhs,
                derivatives: GROUP_JACOBIAN,
                jacobian: &system.jacobian,
            },
        };
        Split::of(Vec::new(), all, (&[], &[]), law)
    }

    /// Registers that the system is computed from: of the exact part its matrix and production, of the rest its slopes.
    pub fn registers(&self) -> Vec<Reg> {
        let matrix = |a: Entries<'m>, b: &'m [(usize, Reg)]| {
            let a = a.iter().map(|(.., reg)| *reg);
            a.chain(b.iter().map(|(_, reg)| *reg)).collect::<Vec<Reg>>()
        };
        let mut registers = matrix(self.a, self.b);
        match self.law {
            Law::Matrix { a, b } => registers.extend(matrix(a, b)),
            Law::Programs { rhs, .. } => registers.extend(self.rest().iter().map(|state| rhs[*state])),
        }
        registers
    }

    /// Derivatives of the slopes by the states, and whether they are known without the states.
    pub fn derivatives(&self) -> (Entries<'m>, bool) {
        match self.law {
            Law::Matrix { a, .. } => (a, true),
            Law::Programs { jacobian, .. } => (jacobian, false),
        }
    }

    /// Whether the slopes of the states that are integrated are computed from an input.
    pub fn reads(&self, model: &Model, input: Reg) -> bool {
        match self.law {
            Law::Matrix { .. } => false,
            Law::Programs { rhs, .. } => model.reads(self.rest().iter().map(|state| rhs[*state]), input),
        }
    }

    /// States that are propagated exactly.
    pub fn exact_states(&self) -> &[usize] {
        &self.order[..self.exact]
    }

    /// States that are integrated.
    pub fn rest(&self) -> &[usize] {
        &self.order[self.exact..]
    }
}
