//! How many threads a command uses.

use super::ArgumentError;
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};

#[derive(Debug, Args)]
pub(super) struct ThreadsArgs {
    /// Threads to use in place of one per core; they change no digit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ThreadsArgs {
    /// Whether a number is asked for.
    pub(super) fn asked(&self) -> bool {
        self.threads.is_some()
    }

    /// The threads.
    pub(super) fn pool(&self) -> Result<ThreadPool, ArgumentError> {
        let pool = ThreadPoolBuilder::new().num_threads(self.threads.map_or(0, usize::from)).build();
        pool.map_err(|error| ArgumentError::Threads { message: error.to_string() })
    }
}
