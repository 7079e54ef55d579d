//! Progress bars on a terminal; nothing elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use super::Output;
use crate::run::job::Progress;

/// Shows stages and steps on standard error while it is a terminal and `--quiet` is not given.
pub(super) struct Bars {
    shown: bool,
    current: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub(super) fn new(output: Output) -> Self {
        Self { shown: !output.quiet && std::io::stderr().is_terminal(), current: Mutex::new(None) }
    }

    /// Takes what a job tells.
    pub(super) fn tell(&self, progress: Progress<'_>) {
        if !self.shown {
            return;
        }
        let Ok(mut current) = self.current.lock() else { return };
        match progress {
            Progress::Stage(name, steps) => {
                if let Some(last) = current.take() {
                    last.finish_and_clear();
                }
                let bar = if steps == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(steps) };
                bar.set_style(style(steps));
                bar.set_message(name.to_owned());
                bar.enable_steady_tick(std::time::Duration::from_millis(200));
                *current = Some(bar);
            }
            Progress::Step(steps) => {
                if let Some(bar) = current.as_ref() {
                    bar.inc(steps);
                }
            }
        }
    }

    /// Takes the bar off the screen.
    pub(super) fn finish(&self) {
        if let Ok(mut current) = self.current.lock()
            && let Some(bar) = current.take()
        {
            bar.finish_and_clear();
        }
    }
}

fn style(steps: u64) -> ProgressStyle {
    let template =
        if steps == 0 { "{spinner} {msg}" } else { "{msg:20} {wide_bar} {percent:>3}% {per_sec} pixels, {eta} left" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
