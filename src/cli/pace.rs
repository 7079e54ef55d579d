//! How fast a stage goes and how long it takes yet. Time is that of a clock that never jumps.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The rate is that of so much time, or of the last [`LEAST_SEEN`] steps where those lie further back.
const RECENT: Duration = Duration::from_secs(120);

/// Moments that are kept at least.
const LEAST_SEEN: usize = 8;

/// Moments closer together than this are one.
const APART: Duration = Duration::from_secs(2);

/// Longer than this nobody can foretell.
const LONGEST: f64 = 366.0 * 86_400.0;

/// The steps of a stage against time.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    total: u64,
    done: u64,
    /// Moments and the steps that were done by work until then, the oldest first.
    seen: VecDeque<(Instant, u64)>,
    /// Of the steps, those that were found done.
    found: u64,
}

impl Pace {
    /// A stage of so many steps; 0 where nobody knows.
    pub(super) fn new(total: u64, now: Instant) -> Self {
        Self { begun: now, total, done: 0, seen: VecDeque::from([(now, 0)]), found: 0 }
    }

    /// Steps that were done.
    pub(super) fn step(&mut self, steps: u64, now: Instant) {
        self.done = self.done.saturating_add(steps);
        let worked = self.done - self.found;
        let begun = self.seen.len() > 1;
        match self.seen.back_mut() {
            Some(last) if begun && now.saturating_duration_since(last.0) < APART => last.1 = worked,
            _ => self.seen.push_back((now, worked)),
        }
        while self.seen.len() > LEAST_SEEN && now.saturating_duration_since(self.seen[1].0) > RECENT {
            self.seen.pop_front();
        }
    }

    /// Steps that were done before the stage began: they say nothing of its rate.
    pub(super) fn found(&mut self, steps: u64) {
        self.done = self.done.saturating_add(steps);
        self.found = self.found.saturating_add(steps);
    }

    pub(super) fn done(&self) -> u64 {
        self.done
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.begun)
    }

    /// Done of all, 0 to 1; `None` where the number of steps is not known.
    pub(super) fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| (self.done as f64 / self.total as f64).min(1.0))
    }

    /// Steps a second of late; `None` before the first ones and in the first second.
    pub(super) fn rate(&self, now: Instant) -> Option<f64> {
        let (from, before) = *self.seen.front()?;
        let seconds = now.saturating_duration_since(from).as_secs_f64();
        let steps = (self.done - self.found).saturating_sub(before);
        (steps > 0 && seconds >= 1.0).then(|| steps as f64 / seconds)
    }

    /// Time until the end at the rate of late; `None` where it cannot be known.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.share()?;
        let seconds = self.total.saturating_sub(self.done) as f64 / self.rate(now)?;
        (seconds <= LONGEST).then(|| Duration::from_secs_f64(seconds))
    }

    /// All of it in words: `35 % of 120.6 Mpx, 3.42 Mpx/s, 23 s left`, as far as it is known.
    pub(super) fn words(&self, now: Instant) -> String {
        let Some(share) = self.share() else { return format!("since {}", duration(self.elapsed(now))) };
        let mut words = vec![format!("{:.0} % of {}", (share * 100.0).floor(), pixels(self.total as f64))];
        words.extend(self.rate(now).map(|rate| format!("{}/s", pixels(rate))));
        words.extend(self.left(now).map(|left| format!("{} left", duration(left))));
        words.join(", ")
    }

    /// Rate and time left: what stands behind a bar.
    pub(super) fn beside_bar(&self, now: Instant) -> String {
        let (Some(rate), Some(left)) = (self.rate(now), self.left(now)) else { return String::new() };
        format!("{}/s, {} left", pixels(rate), duration(left))
    }
}

/// Pixels in millions, with three figures: `120.6 Mpx`, `0.042 Mpx`.
pub(super) fn pixels(count: f64) -> String {
    let millions = count / 1e6;
    let places = if millions >= 100.0 {
        1
    } else if millions >= 1.0 {
        2
    } else {
        3
    };
    format!("{millions:.places$} Mpx")
}

/// Time in its two largest units: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (minutes, hours) = ((seconds + 30) / 60, (seconds + 30) / 3600);
    match seconds {
        0..90 => format!("{seconds} s"),
        90..3_570 => format!("{minutes} min"),
        3_570..86_370 => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: f64) -> Duration {
        Duration::from_secs_f64(n)
    }

    #[test]
    fn rate_and_time_left_are_those_of_late() {
        let start = Instant::now();
        let mut pace = Pace::new(120_000_000, start);
        assert_eq!((pace.rate(start), pace.left(start), pace.share()), (None, None, Some(0.0)));
        for second in 1..=10 {
            pace.step(1_000_000, start + seconds(f64::from(second)));
        }
        let now = start + seconds(10.0);
        assert_eq!((pace.rate(now), pace.left(now)), (Some(1e6), Some(seconds(110.0))));
        assert_eq!(pace.words(now), "8 % of 120.0 Mpx, 1.00 Mpx/s, 2 min left");
        for step in 1..=20 {
            pace.step(2_000_000, start + seconds(10.0 + 20.0 * f64::from(step)));
        }
        let rate = pace.rate(start + seconds(410.0)).unwrap();
        assert!((99_000.0..101_000.0).contains(&rate), "{rate}: the quick beginning is forgotten");
    }

    #[test]
    fn a_stage_that_stands_still_gets_slower_and_slower() {
        let start = Instant::now();
        let mut pace = Pace::new(1_000, start);
        pace.step(500, start + seconds(10.0));
        let left = |after: f64| pace.left(start + seconds(after)).unwrap();
        assert_eq!(left(10.0), seconds(10.0));
        assert_eq!(left(1_000.0), seconds(1_000.0));
        assert!(pace.left(start + seconds(4e9)).is_none());
    }

    #[test]
    fn what_was_found_done_says_nothing_of_the_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(1_000, start);
        pace.found(900);
        pace.step(10, start + seconds(10.0));
        let now = start + seconds(10.0);
        assert_eq!((pace.rate(now), pace.left(now), pace.done()), (Some(1.0), Some(seconds(90.0)), 910));
    }

    #[test]
    fn moments_out_of_order_and_too_many_steps_break_nothing() {
        let start = Instant::now() + seconds(100.0);
        let mut pace = Pace::new(10, start);
        pace.step(5, start - seconds(50.0));
        assert_eq!((pace.rate(start - seconds(60.0)), pace.elapsed(start - seconds(60.0))), (None, Duration::ZERO));
        pace.step(u64::MAX, start + seconds(10.0));
        assert_eq!(pace.share(), Some(1.0));
        assert_eq!(pace.left(start + seconds(10.0)), Some(Duration::ZERO));
        let mut unknown = Pace::new(0, start);
        unknown.step(3, start + seconds(70.0));
        assert_eq!(unknown.words(start + seconds(70.0)), "since 70 s");
    }

    #[test]
    fn times_and_pixels_are_short() {
        for (time, said) in [
            (0.0, "0 s"),
            (89.4, "89 s"),
            (90.0, "2 min"),
            (3_569.0, "59 min"),
            (3_570.0, "1 h 00 min"),
            (11_100.0, "3 h 05 min"),
            (86_370.0, "1 d 0 h"),
            (187_200.0, "2 d 4 h"),
        ] {
            assert_eq!(duration(seconds(time)), said, "{time}");
        }
        assert_eq!([42_000.0, 3_420_000.0, 120_560_400.0].map(pixels), ["0.042 Mpx", "3.42 Mpx", "120.6 Mpx"]);
    }
}
