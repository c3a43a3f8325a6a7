//! A progress bar that stays away from short work.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Work shorter than this shows no progress bar.
const QUIET: Duration = Duration::from_secs(1);

/// A progress bar on the standard error, if that is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    shown: bool,
}

impl Progress {
    /// For so many `things`.
    pub(super) fn new(length: u64, things: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        let template = format!("{{bar:40}} {{human_pos}}/{{human_len}} {things}, {{per_sec}}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Progress { bar, begun: Instant::now(), shown: true }
    }

    /// The same, or one that is never shown.
    pub(super) fn shown(self, shown: bool) -> Self {
        Progress { shown, ..self }
    }

    /// So many more are done.
    pub(super) fn tick(&self, more: u64) {
        if self.shown && self.bar.is_hidden() && self.begun.elapsed() > QUIET {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(more);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
