//! What a crawl says while it runs.

/// Told about each finished step.
pub trait Progress: Send + Sync {
    /// `done` of `all` things called `what` have been read; `all` is 0 while it is not known.
    fn step(&self, what: &'static str, done: usize, all: usize);
}

/// Nobody listens.
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &'static str, _: usize, _: usize) {}
}
