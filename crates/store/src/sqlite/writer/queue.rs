//! Tasks on their way to the writer.
//!
//! Whoever sleeps is woken once what he waits for is there, and not with each task: while a group is gathered, thirty
//! callers would wake the thread thirty times, and each time it would look and fall asleep again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

pub fn queue<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared { state: Mutex::new(State::default()), woken: Condvar::new() });
    (Sender(shared.clone()), Receiver(shared))
}

pub struct Sender<T>(Arc<Shared<T>>);

pub struct Receiver<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    woken: Condvar,
}

struct State<T> {
    tasks: VecDeque<T>,
    /// Tasks among them that no company is waited for.
    urgent: usize,
    /// With how many tasks the receiver is to be woken; `None` while it is awake.
    wanted: Option<usize>,
    is_closed: bool,
}

impl<T> Default for State<T> {
    fn default() -> State<T> {
        State { tasks: VecDeque::new(), urgent: 0, wanted: None, is_closed: false }
    }
}

/// What comes of waiting for tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// As many are there as were waited for, or one that waits for no other, or no more can come.
    Enough,
    /// The time is over; so many are there.
    Only(usize),
}

impl<T> State<T> {
    fn has(&self, wanted: usize) -> bool {
        self.is_closed || self.urgent > 0 || self.tasks.len() >= wanted
    }
}

impl<T> Sender<T> {
    /// `is_urgent`: it wakes whoever gathers a group as well.
    ///
    /// Errors: the task, where nobody takes it any more.
    pub fn send(&self, task: T, is_urgent: bool) -> Result<(), T> {
        let mut state = self.0.state.lock();
        if state.is_closed {
            return Err(task);
        }
        state.tasks.push_back(task);
        state.urgent += usize::from(is_urgent);
        if state.wanted.is_some_and(|wanted| state.has(wanted)) {
            state.wanted = None;
            self.0.woken.notify_one();
        }
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.state.lock().is_closed = true;
        self.0.woken.notify_one();
    }
}

impl<T> Receiver<T> {
    pub fn try_recv(&self) -> Option<T> {
        let mut state = self.0.state.lock();
        let task = state.tasks.pop_front();
        if state.tasks.is_empty() {
            state.urgent = 0;
        }
        task
    }

    /// The next task; `None` once there is none and no more can come.
    pub fn recv(&self) -> Option<T> {
        loop {
            if let Some(task) = self.try_recv() {
                return Some(task);
            }
            if self.is_over() {
                return None;
            }
            self.wait(1, None);
        }
    }

    /// Whether there is no task and none can come.
    pub fn is_over(&self) -> bool {
        let state = self.0.state.lock();
        state.is_closed && state.tasks.is_empty()
    }

    /// Sleeps until so many tasks are there, for so long at most.
    pub fn wait(&self, wanted: usize, patience: Option<Duration>) -> Waited {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut state = self.0.state.lock();
        while !state.has(wanted) {
            state.wanted = Some(wanted);
            match until {
                None => self.0.woken.wait(&mut state),
                Some(until) if self.0.woken.wait_until(&mut state, until).timed_out() => break,
                Some(_) => {}
            }
        }
        state.wanted = None;
        if state.has(wanted) { Waited::Enough } else { Waited::Only(state.tasks.len()) }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.is_closed = true;
        // Whoever waits for what becomes of them learns it, after the lock is free again.
        let tasks = std::mem::take(&mut state.tasks);
        drop(state);
        drop(tasks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_millis(5));

    #[test]
    fn tasks_come_in_their_order_and_none_after_the_last() {
        let (sender, receiver) = queue();
        for task in 1..=3 {
            sender.send(task, false).unwrap();
        }
        drop(sender);
        assert_eq!(std::iter::from_fn(|| receiver.recv()).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(receiver.is_over());
        assert_eq!(receiver.wait(1, None), Waited::Enough, "nothing is waited for that cannot come");
    }

    #[test]
    fn who_waits_for_many_is_woken_by_the_last_of_them_or_by_an_urgent_one() {
        let (sender, receiver) = queue();
        sender.send(1, false).unwrap();
        assert_eq!(receiver.wait(2, SOON), Waited::Only(1));
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send(2, false).unwrap());
            assert_eq!(receiver.wait(2, None), Waited::Enough);
            scope.spawn(|| sender.send(3, true).unwrap());
            assert_eq!(receiver.wait(100, None), Waited::Enough);
        });
        while receiver.try_recv().is_some() {}
        assert_eq!(receiver.wait(1, SOON), Waited::Only(0), "what was urgent is done");
    }

    #[test]
    fn what_nobody_takes_any_more_comes_back() {
        let (sender, receiver) = queue();
        let task = Arc::new(1);
        sender.send(task.clone(), false).unwrap();
        drop(receiver);
        assert_eq!(Arc::strong_count(&task), 1, "what waited is thrown away");
        assert_eq!(sender.send(task.clone(), false), Err(task));
    }
}
