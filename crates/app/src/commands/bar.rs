//! Progress on standard error, where that is a terminal.

use std::time::Duration;

use emporion_sources::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub struct Bar {
    bar: ProgressBar,
    unit: Unit,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Things,
    Bytes,
}

impl Bar {
    pub fn new(is_quiet: bool, unit: Unit, first: &'static str) -> Bar {
        let target = if is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = Bar { bar: ProgressBar::with_draw_target(Some(0), target), unit };
        // What is set first is drawn first.
        bar.bar.set_style(bar.style(0));
        bar.bar.set_message(first);
        bar.bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// With a total of 0 a bar shows as full, so a spinner stands until the total is known.
    fn style(&self, all: u64) -> ProgressStyle {
        let template = match (all, self.unit) {
            (0, _) => "{msg:10} {spinner} {elapsed}",
            (_, Unit::Things) => "{msg:10} [{bar:40}] {pos}/{len} {elapsed}",
            (_, Unit::Bytes) => "{msg:10} [{bar:40}] {bytes}/{total_bytes} {elapsed}",
        };
        ProgressStyle::with_template(template).expect("a constant template").progress_chars("=> ")
    }

    pub fn show(&self, what: &str, done: u64, all: u64) {
        self.bar.set_style(self.style(all));
        if !what.is_empty() {
            self.bar.set_message(what.to_owned());
        }
        self.bar.set_length(all);
        self.bar.set_position(done);
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn step(&self, what: &'static str, done: usize, all: usize) {
        self.show(what, done as u64, all as u64);
    }
}
