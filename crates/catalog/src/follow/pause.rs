//! How long a follower that failed is left alone.

use std::time::Duration;

/// At first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How long at most after so many failures in a row: twice as long each time.
pub fn pause_after(failures: u64) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32 << failures.saturating_sub(1).min(20)).min(LONGEST_PAUSE)
}

/// How long after so many.
pub fn pause(failures: u64) -> Duration {
    let longest = pause_after(failures);
    // From the clock: whoever fails at the same moment need not be tried again at the same moment.
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |at| at.subsec_nanos());
    longest - longest.mul_f64(f64::from(nanos % 1_000) / 5_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let at_least = |failures| pause(failures) >= FIRST_PAUSE.mul_f64(0.79) * (1 << (failures - 1));
        assert!((1..=8).all(at_least));
        assert!(pause(1) <= FIRST_PAUSE && pause(64) <= LONGEST_PAUSE);
        assert!(pause(64) >= LONGEST_PAUSE.mul_f64(0.79));
    }
}
