//! How far the work is: a bar on a terminal, a line a minute elsewhere, objects with `--log json`, nothing with `--quiet`.

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::Output;
use super::log::{Kind, LogForm, fields, tell, tell_with};
use super::pace::Pace;
use crate::run::job::Progress;

/// Between two lines, and before the first one.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Where progress is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Bar,
    Lines,
    Json,
    None,
}

/// Shows stages and steps on standard error.
pub(super) struct Bars {
    face: Face,
    begun: Instant,
    current: Arc<Mutex<Option<Stage>>>,
    /// Speaks of the current stage only, and not at all between two; stops with this.
    _ticker: Option<Ticker>,
}

struct Stage {
    name: String,
    pace: Arc<Mutex<Pace>>,
    bar: Option<ProgressBar>,
}

/// A panic elsewhere leaves the counters whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bars {
    pub(super) fn new(output: Output) -> Self {
        let face = match (output.quiet, output.log, std::io::stderr().is_terminal()) {
            (true, _, _) => Face::None,
            (_, LogForm::Json, _) => Face::Json,
            (_, _, true) => Face::Bar,
            _ => Face::Lines,
        };
        let current = Arc::new(Mutex::new(None::<Stage>));
        let ticker = match face {
            Face::Lines | Face::Json => {
                let current = Arc::clone(&current);
                Ticker::start(BETWEEN_LINES, move || {
                    if let Some(stage) = locked(&current).as_ref() {
                        stage.tell(Kind::Progress);
                    }
                })
            }
            Face::Bar | Face::None => None,
        };
        Self { face, begun: Instant::now(), current, _ticker: ticker }
    }

    /// Takes what a job tells.
    pub(super) fn tell(&self, progress: Progress<'_>) {
        if self.face == Face::None {
            return;
        }
        let mut current = locked(&self.current);
        match progress {
            Progress::Stage(name, steps) => {
                self.end(current.take());
                *current = Some(self.begin(name, steps));
            }
            Progress::Step(steps) => {
                if let Some(stage) = current.as_ref() {
                    locked(&stage.pace).step(steps, Instant::now());
                    stage.draw(steps);
                }
            }
            Progress::Found(steps) => {
                if let Some(stage) = current.as_ref() {
                    locked(&stage.pace).found(steps);
                    stage.draw(steps);
                }
            }
        }
    }

    fn begin(&self, name: &str, steps: u64) -> Stage {
        let pace = Arc::new(Mutex::new(Pace::new(steps, Instant::now())));
        let bar = (self.face == Face::Bar).then(|| bar(name, steps, &pace));
        let stage = Stage { name: name.to_owned(), pace, bar };
        if self.face == Face::Json {
            stage.tell(Kind::StageBegin);
        }
        stage
    }

    fn end(&self, stage: Option<Stage>) {
        let Some(stage) = stage else { return };
        if let Some(bar) = &stage.bar {
            bar.finish_and_clear();
        }
        if self.face == Face::Json {
            stage.tell(Kind::StageEnd);
        }
    }

    /// Ends the last stage and takes its bar off the screen; gives the time since the beginning. Others may follow.
    pub(super) fn finish(&self) -> Duration {
        self.end(locked(&self.current).take());
        self.begun.elapsed()
    }
}

impl Stage {
    fn draw(&self, steps: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(steps);
        }
    }

    /// Says how far the stage is.
    fn tell(&self, kind: Kind) {
        let (now, pace) = (Instant::now(), locked(&self.pace));
        let message = match kind {
            Kind::StageBegin => self.name.clone(),
            Kind::StageEnd => format!("{}: over", self.name),
            _ => format!("{}: {}", self.name, pace.words(now)),
        };
        let known = (pace.total() > 0).then(|| pace.total());
        let found = fields([
            ("stage", self.name.as_str().into()),
            ("pixels", known.into()),
            ("done", known.map(|_| pace.done()).into()),
            ("seconds", rounded(pace.elapsed(now).as_secs_f64()).into()),
            ("pixels_per_second", pace.rate(now).map(f64::round).into()),
            ("seconds_left", pace.left(now).map(|left| left.as_secs_f64().round()).into()),
        ]);
        tell_with(kind, &message, found);
    }
}

/// To a thousandth.
pub(super) fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

/// A bar with rate and time left, or without a number of steps a wheel that turns.
fn bar(name: &str, steps: u64, pace: &Arc<Mutex<Pace>>) -> ProgressBar {
    let (bar, template) = match steps {
        0 => (ProgressBar::new_spinner(), "{spinner} {msg} {since}"),
        _ => (ProgressBar::new(steps), "{msg:20} {wide_bar} {percent:>3}% {pace}"),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let (beside, since) = (Arc::clone(pace), Arc::clone(pace));
    let style = style
        .with_key("pace", move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
            let _ = to.write_str(&locked(&beside).beside_bar(Instant::now()));
        })
        .with_key("since", move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
            let _ = to.write_str(&super::pace::duration(locked(&since).elapsed(Instant::now())));
        });
    bar.set_style(style);
    bar.set_message(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Calls something again and again until it is dropped.
struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// `None` where the system gives no thread: then nothing is told.
    fn start(every: Duration, call: impl Fn() + Send + 'static) -> Option<Self> {
        let (stop, stopped) = channel::<()>();
        let run = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                call();
            }
        };
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(run).ok()?;
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Prints how a run went: slow windows, what was taken over or read again, what is missing.
pub(super) fn print_summary(summary: &crate::run::watch::Summary, (failed, took): (usize, Duration), output: Output) {
    if output.quiet {
        return;
    }
    if output.log == LogForm::Json {
        let slowest = summary.slowest.iter();
        let slowest = slowest.map(|(what, seconds)| serde_json::json!({ "what": what, "seconds": rounded(*seconds) }));
        let found = fields([
            ("seconds", rounded(took.as_secs_f64()).into()),
            ("windows", summary.windows.into()),
            ("reused", summary.reused.into()),
            ("retried", summary.retried.into()),
            ("failed", failed.into()),
            ("slowest", slowest.collect::<Vec<_>>().into()),
        ]);
        tell_with(Kind::Summary, "how the work went", found);
    } else {
        summary.lines(took).iter().for_each(|line| tell(Kind::Summary, line));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_ticker_calls_until_it_is_dropped() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let ticker = Ticker::start(Duration::from_millis(5), move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let begun = Instant::now();
        while calls.load(Ordering::SeqCst) < 3 && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(ticker);
        let calls_then = calls.load(Ordering::SeqCst);
        assert!(calls_then >= 3, "{calls_then} calls in ten seconds");
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(calls.load(Ordering::SeqCst), calls_then, "it went on after it was dropped");
    }

    #[test]
    fn dropping_a_ticker_does_not_wait_for_its_turn() {
        let begun = Instant::now();
        drop(Ticker::start(Duration::from_secs(600), || {}));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
