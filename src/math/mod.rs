//! Numerical building blocks that know nothing about drugs: functions near removable singularities, small matrix
//! exponentials, the block modal decomposition of a linear system, and root finding.

pub mod expm;
pub mod lu;
pub mod modal;
pub mod numeric;
pub mod phi;
pub mod roots;
