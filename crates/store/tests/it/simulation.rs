//! Three nodes over one store, in a time and by a chance of their own: each seed draws a schedule, in which questions are slow,
//! answers are lost, nodes pause, die and come back, and clocks differ. What clients were answered is held against every
//! state that the store was in.
//!
//! `EMPORION_SCHEDULES=100000` runs so many; `EMPORION_SCHEDULE=17` replays one and prints what happened in it.

mod check;
mod clients;
mod installation;
mod jobs;
mod network;
mod schedule;

use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::change_set::Expect;

use installation::Installation;
use schedule::{Report, Schedule};

/// How many schedules every run of the tests draws.
const SCHEDULES: u64 = 2_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Shown by `--nocapture`.
#[expect(clippy::print_stdout, reason = "who replays a schedule wants to read it")]
fn say(what: &dyn std::fmt::Display) {
    println!("{what}");
}

/// Runs schedules on all processors until one of them answers `Some`, and adds up what was done.
fn each<T: Send>(seeds: std::ops::Range<u64>, run: impl Fn(u64) -> Option<T> + Sync) -> Option<T> {
    let next = AtomicU64::new(seeds.start);
    let found = parking_lot::Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while found.lock().is_none() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    if let Some(answer) = run(seed) {
                        *found.lock() = Some(answer);
                    }
                }
            });
        }
    });
    found.into_inner()
}

#[test]
fn nothing_is_lost_whatever_happens_between_three_nodes() {
    let installation = Installation::shared();
    if let Some(seed) = number("EMPORION_SCHEDULE") {
        let report = Schedule::of(seed).run(installation);
        say(&report);
        assert!(report.violations.is_empty(), "schedule {seed}");
        return;
    }
    let done = parking_lot::Mutex::new(schedule::Counts::default());
    let broken = each(0..number("EMPORION_SCHEDULES").unwrap_or(SCHEDULES), |seed| {
        let report = Schedule::of(seed).run(installation);
        done.lock().add(&report.counts);
        (!report.violations.is_empty()).then_some((seed, report))
    });
    if let Some((seed, report)) = broken {
        panic!("EMPORION_SCHEDULE={seed} replays this:\n{report}");
    }
    let done = done.into_inner();
    say(&format_args!("{done:?}"));
    assert!(done.is_of_everything(), "something never happened: {done:?}");
}

#[test]
fn a_seed_replays_its_schedule() {
    let installation = Installation::shared();
    let differs = each(0..60, |seed| {
        let [one, other] = [(), ()].map(|()| Schedule::of(seed).run(installation));
        (one.history() != other.history()).then(|| format!("schedule {seed}:\n{one}\nand\n{other}"))
    });
    assert!(differs.is_none(), "{}", differs.unwrap_or_default());
}

/// What the core expects of the store when it commits is needed: without it a schedule goes wrong. (Names and keys an engine
/// guards by itself as well.)
fn is_needed(what: fn(&Expect) -> bool) -> Report {
    let installation = Installation::shared();
    let broken = each(0..4_000, |seed| {
        let report = Schedule { forgotten: Some(what), ..Schedule::of(seed) }.run(installation);
        (!report.violations.is_empty()).then_some(report)
    });
    broken.expect("a schedule that shows it")
}

#[test]
fn without_revisions_changes_are_lost() {
    let report = is_needed(|expect| matches!(expect, Expect::RevisionIs { .. }));
    assert!(report.violations.iter().any(|violation| violation.contains("changes what it did not see")), "{report}");
}

#[test]
fn without_epochs_a_right_outlives_its_end() {
    let report = is_needed(|expect| matches!(expect, Expect::AccessEpochIs { .. }));
    assert!(report.violations.iter().any(|violation| violation.contains("without the right")), "{report}");
}

#[test]
fn without_epochs_of_leases_a_sleeper_writes() {
    let report = is_needed(|expect| matches!(expect, Expect::FollowerAt { .. }));
    assert!(report.violations.iter().any(|violation| violation.contains("owner")), "{report}");
}
