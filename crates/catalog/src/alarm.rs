//! How that waits which is done at times: for the next time, and for lines of the log, which may bring an earlier one.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::catalog::Catalog;
use crate::id::Millis;
use crate::log_watch::{Interest, LogAdvance};

/// Lines that come within this time wake once, unless a time that is known comes first.
const GATHERED: Duration = Duration::from_millis(100);
/// After this, it wakes in any case: clocks are set, and not every engine tells that something has changed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// When what could not be done is tried again.
const AGAIN_MS: i64 = 1_000;

/// Made before one looks for the first time: it wakes for what comes from then on.
pub struct Alarm<'a> {
    catalog: &'a Catalog,
    grown: Option<watch::Receiver<LogAdvance>>,
}

impl Catalog {
    pub fn alarm(&self, interest: Interest) -> Alarm<'_> {
        Alarm { catalog: self, grown: self.store.grown(interest) }
    }

    /// The time at which what could not be done now is tried again.
    pub fn soon(&self) -> Millis {
        Millis(self.now().0.saturating_add(AGAIN_MS))
    }
}

impl Alarm<'_> {
    /// Waits until that time, where there is one, or until something of interest has come since the last look.
    pub async fn wait_until(&mut self, time: Option<Millis>) {
        let next = Instant::now() + time.map_or(LONGEST_WAIT, |time| self.left_until(time));
        match &mut self.grown {
            Some(grown) => tokio::select! {
                () = sleep_until(next) => {}
                still = grown.changed() => match still {
                    Ok(()) => sleep_until(next.min(Instant::now() + GATHERED)).await,
                    Err(_) => self.grown = None,
                },
            },
            None => sleep_until(next).await,
        }
        // Marked as seen before one looks: what comes after is not missed.
        if let Some(grown) = &mut self.grown {
            grown.borrow_and_update();
        }
    }

    fn left_until(&self, time: Millis) -> Duration {
        let left = time.0.saturating_sub(self.catalog.now().0).max(0);
        LONGEST_WAIT.min(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }
}
