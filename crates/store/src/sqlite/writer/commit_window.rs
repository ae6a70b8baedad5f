//! How long a group of calls waits for others to join it.
//!
//! A commit costs nearly the same for two calls as for thirty, most of all its sync. Writers that wait for their answers
//! split into two halves of which each is stored while the other plans: twice the commits for the same work. So a group
//! waits for those who were stored last, as long as they keep coming. The first of them takes longest, since all of them
//! are answered before he is heard again. A writer alone never waits.

use std::time::{Duration, Instant};

use super::queue::{Receiver, Waited};

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
    /// Nobody came for so long that nobody is waited for any more.
    is_over: bool,
}

impl GroupCommit {
    /// `waiting`: how many calls came while the last group was stored. Its own callers come on top of them, up to as many
    /// as a group takes at `most`.
    pub fn gather(&self, waiting: usize, most: usize) -> CommitWindow {
        let expected = (self.last + waiting).min(most);
        CommitWindow { expected, since: Instant::now(), gap: BACK, is_over: false }
    }

    pub fn stored(&mut self, calls: usize) {
        self.last = calls;
    }
}

impl CommitWindow {
    /// Waits for those who are missing beside so many calls, where that is worth it. Answers whether anything came.
    ///
    /// The thread sleeps until all of them are there. From time to time it looks whether they still come: between one
    /// and two gaps after the last of them it goes without the others.
    pub fn wait<T>(&mut self, calls: usize, tasks: &Receiver<T>) -> bool {
        let mut came = 0;
        while !self.is_over && calls < self.expected {
            let Some(left) = WAIT.checked_sub(self.since.elapsed()) else { break };
            match tasks.wait(self.expected - calls, Some(self.gap.min(left))) {
                Waited::Enough => return !tasks.is_over(),
                Waited::Only(now) => {
                    self.is_over = now == came;
                    came = now;
                }
            }
            self.gap = GAP;
        }
        came > 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::queue;
    use super::*;

    #[test]
    fn a_writer_alone_never_waits() {
        let (_tasks, waiting) = queue::<u32>();
        let mut group_commit = GroupCommit::default();
        group_commit.stored(1);
        let mut window = group_commit.gather(0, 64);
        assert!(!window.wait(1, &waiting));
        assert!(!window.is_over, "it has not even looked");
    }

    #[test]
    fn a_group_takes_those_who_come_back_and_goes_without_those_who_do_not() {
        let (tasks, waiting) = queue();
        let mut group_commit = GroupCommit::default();
        group_commit.stored(2);
        let mut window = group_commit.gather(1, 64);
        tasks.send(7, false).expect("somebody listens");
        assert!(window.wait(1, &waiting));
        assert_eq!(waiting.try_recv(), Some(7));
        let began = Instant::now();
        assert!(!window.wait(2, &waiting));
        assert!(!window.wait(2, &waiting) && began.elapsed() < Duration::from_secs(5));
    }
}
