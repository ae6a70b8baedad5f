//! How long a group of calls waits for others to join it.
//!
//! A commit costs nearly the same for two calls as for thirty, most of all its sync. Writers that wait for their answers
//! split into two halves of which each is stored while the other plans: twice the commits for the same work. So a group
//! waits for those who were stored last, as long as they keep coming. The first of them takes longest, since all of them
//! are answered before he is heard again. A writer alone never waits.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The longest time until the first of those who were stored last is back.
const BACK: Duration = Duration::from_millis(1);
/// The longest time between two calls of one group from then on.
const GAP: Duration = Duration::from_micros(200);
/// The longest time that the first call of a group waits for the others.
const WAIT: Duration = Duration::from_millis(5);

/// How many calls the last group stored.
#[derive(Debug, Default)]
pub struct GroupCommit {
    last: usize,
}

/// One group that is being gathered.
pub struct CommitWindow {
    /// About how many writers are at it.
    expected: usize,
    since: Instant,
    gap: Duration,
}

impl GroupCommit {
    /// `waiting`: how many calls came while the last group was stored. Its own callers come on top of them.
    pub fn gather(&self, waiting: usize) -> CommitWindow {
        CommitWindow { expected: self.last + waiting, since: Instant::now(), gap: BACK }
    }

    pub fn stored(&mut self, calls: usize) {
        self.last = calls;
    }
}

impl CommitWindow {
    /// The next task, if it is worth waiting for one beside so many calls.
    pub fn next<T>(&mut self, calls: usize, tasks: &Receiver<T>) -> Option<T> {
        let patience = self.patience(calls)?;
        self.gap = GAP;
        tasks.recv_timeout(patience).ok()
    }

    /// How long to wait for one more beside so many calls.
    fn patience(&self, calls: usize) -> Option<Duration> {
        if calls >= self.expected {
            return None;
        }
        WAIT.checked_sub(self.since.elapsed()).map(|left| self.gap.min(left))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_writer_alone_never_waits() {
        let mut group_commit = GroupCommit::default();
        group_commit.stored(1);
        assert_eq!(group_commit.gather(0).patience(1), None);
    }

    #[test]
    fn a_group_takes_those_who_come_back_and_goes_without_those_who_do_not() {
        let mut group_commit = GroupCommit::default();
        group_commit.stored(2);
        let (tasks, waiting) = mpsc::channel();
        let mut group = group_commit.gather(1);
        tasks.send(7).expect("somebody listens");
        assert_eq!(group.next(1, &waiting), Some(7));
        assert_eq!(group.next(2, &waiting), None);
        assert_eq!(group.next(3, &waiting), None);
    }
}
