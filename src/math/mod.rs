//! Numerical building blocks that know nothing about drugs: functions near removable singularities, small matrix
//! exponentials, Cholesky factors, the block modal decomposition of a linear system, root finding, the normal
//! distribution and Student's, moments and percentiles, Sobol's sequence, measures of sensitivity, the choice of an
//! instruction set, and memory that suits it.

pub mod cholesky;
pub mod expm;
pub mod exponential;
pub mod kernel;
pub mod lu;
pub mod modal;
pub mod normal;
pub mod numeric;
pub mod phi;
pub mod roots;
pub(crate) mod rows;
pub mod sensitivity;
pub mod sobol;
pub mod statistics;
pub mod student;
