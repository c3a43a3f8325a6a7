//! Options that say how equations are solved.

use crate::io::{Manifest, Tolerances};
use crate::math::kernel::Kernel;
use crate::simulate::{Engine, Settings};
use crate::solve::Work;
use clap::Args;
use std::fmt::Display;

#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// What solves the equations: chosen from the model, unless one is given that computes every state
    #[arg(long, default_value_t = Engine::Auto, value_parser = engine, value_name = "auto|exact|explicit|stiff|dopri5|dop853")]
    engine: Engine,
    /// Error allowed per step of an engine that integrates, relative to the value
    #[arg(long, default_value_t = Settings::default().rtol, value_name = "R")]
    rtol: f64,
    /// The same, relative to the largest value so far
    #[arg(long, default_value_t = Settings::default().atol, value_name = "A")]
    atol: f64,
    /// The instruction set, instead of the widest that the processor has; it changes the speed and not a digit
    #[arg(long, value_parser = kernel, value_name = "baseline|avx2|avx512")]
    kernel: Option<Kernel>,
}

impl EngineArgs {
    /// How a simulation is computed.
    pub(super) fn settings(&self) -> Settings {
        let default = Settings::default();
        let (engine, rtol, atol) = (self.engine, self.rtol, self.atol);
        Settings { engine, rtol, atol, kernel: self.kernel.unwrap_or(default.kernel), ..default }
    }
}

fn engine(text: &str) -> Result<Engine, String> {
    text.parse().map_err(|()| one_of(Engine::ALL))
}

fn kernel(text: &str) -> Result<Kernel, String> {
    text.parse().map_err(|()| one_of(Kernel::ALL))
}

fn one_of<T: Display>(all: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    format!("it is one of {}", names.join(", "))
}

/// Writes down how a result was computed.
pub(super) fn describe(manifest: &mut Manifest, settings: &Settings, integrated: bool, work: Work) {
    if integrated {
        manifest.engine = settings.engine.to_string();
        manifest.tolerances = Some(Tolerances { rtol: settings.rtol, atol: settings.atol });
        manifest.kernel = settings.kernel.to_string();
    }
    manifest.work = work.counts().filter(|(_, n)| *n > 0).map(|(name, n)| (name.to_string(), n)).collect();
}
