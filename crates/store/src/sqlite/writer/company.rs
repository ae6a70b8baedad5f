//! How long a group of calls waits for company.
//!
//! A commit costs nearly the same for two calls as for thirty, most of all its sync. Writers that wait for their answers
//! split into two halves of which each is stored while the other plans: twice the commits for the same work. So a group
//! waits for those who were stored last, as long as they keep coming: they are back within microseconds or not at all.
//! A writer alone never waits.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The longest time between two calls of one group.
const GAP: Duration = Duration::from_micros(200);
/// The longest time that the first call of a group waits for the others.
const WAIT: Duration = Duration::from_millis(3);

/// How many calls the last group stored.
#[derive(Debug, Default)]
pub struct Company {
    last: usize,
}

/// One group that is being gathered.
pub struct Gathering {
    /// About how many writers are at it.
    expected: usize,
    since: Instant,
}

impl Company {
    /// `waiting`: how many calls came while the last group was stored. Its own callers come on top of them.
    pub fn gather(&self, waiting: usize) -> Gathering {
        Gathering { expected: self.last + waiting, since: Instant::now() }
    }

    pub fn stored(&mut self, calls: usize) {
        self.last = calls;
    }
}

impl Gathering {
    /// The next task, if it is worth waiting for one beside so many calls.
    pub fn next<T>(&self, calls: usize, tasks: &Receiver<T>) -> Option<T> {
        if calls >= self.expected {
            return None;
        }
        let left = WAIT.checked_sub(self.since.elapsed())?;
        tasks.recv_timeout(GAP.min(left)).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_writer_alone_never_waits() {
        let mut company = Company::default();
        company.stored(1);
        let (_tasks, waiting) = mpsc::channel::<()>();
        let before = Instant::now();
        for _ in 0..1_000 {
            assert!(company.gather(0).next(1, &waiting).is_none());
        }
        assert!(before.elapsed() < GAP * 1_000, "a thousand groups without a wait");
    }

    #[test]
    fn a_group_takes_those_who_come_back_and_goes_without_those_who_do_not() {
        let mut company = Company::default();
        company.stored(2);
        let (tasks, waiting) = mpsc::channel();
        let group = company.gather(1);
        tasks.send(7).expect("somebody listens");
        assert_eq!(group.next(1, &waiting), Some(7));
        assert_eq!(group.next(2, &waiting), None);
        assert_eq!(group.next(3, &waiting), None);
    }
}
