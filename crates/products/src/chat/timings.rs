//! Where the time of an answer goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::answer::StepTimes;

/// Nanoseconds that each step has taken so far.
#[derive(Debug, Default)]
pub struct Timings {
    /// What the words mean, those of the thread before included.
    pub read: Step,
    /// From the meaning to a statement that the guard lets pass.
    pub plan: Step,
    /// Looking values up in the source.
    pub look_up: Step,
    /// Running the statement.
    pub source: Step,
}

#[derive(Debug, Default)]
pub struct Step(AtomicU64);

impl Step {
    pub fn add(&self, begun: Instant) {
        self.0.fetch_add(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Milliseconds, with three digits behind the point.
    fn ms(&self) -> f64 {
        (self.0.load(Ordering::Relaxed) / 1_000) as f64 / 1_000.0
    }
}

impl Timings {
    /// So far.
    pub fn times(&self) -> StepTimes {
        StepTimes {
            read_ms: self.read.ms(),
            plan_ms: self.plan.ms(),
            look_up_ms: self.look_up.ms(),
            source_ms: self.source.ms(),
        }
    }
}

/// Milliseconds since a moment.
pub fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn steps_add_up_in_fractions_of_milliseconds() {
        let timings = Timings::default();
        let begun = Instant::now();
        std::thread::sleep(Duration::from_micros(1_500));
        timings.plan.add(begun);
        timings.plan.add(begun);
        let times = timings.times();
        assert_eq!(times.read_ms, 0.0);
        assert!((3.0..1_000.0).contains(&times.plan_ms), "{times:?}");
    }
}
