//! What `/metrics` says beside the doors: the build, the process, the store and its log, ingestions.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use emporion_catalog::follow::Counts;
use emporion_edge::metrics::Metrics;
use emporion_edge::metrics::prometheus_client::metrics::info::Info;
use emporion_store::Activity;

use crate::crawls::Crawls;
use crate::opening::Open;

/// Registers everything. `store` is the file of an embedded store.
pub fn publish(metrics: &Metrics, open: &Open, crawls: &Arc<Crawls>, store: Option<PathBuf>) {
    metrics.register(|registry| {
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
    });
    process(metrics);
    log(metrics, &open.activity);
    followers(metrics, open);
    if let Some(store) = store {
        let log_file = beside(&store, "-wal");
        metrics.gauge("store_file_bytes", "Length of the store's file", move || length(&store));
        metrics.gauge("store_log_bytes", "Length of the log that is not yet in the file", move || length(&log_file));
    }
    ingests(metrics, crawls);
}

fn process(metrics: &Metrics) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    metrics.gauge("process_start_time_seconds", "When the process began, since 1970", move || now);
    let gauges = [
        ("process_resident_memory_bytes", "Memory of the process, mapped pages of the store included", "VmRSS:"),
        ("process_anonymous_memory_bytes", "Memory of the process that no file backs", "RssAnon:"),
    ];
    for (name, help, line) in gauges {
        metrics.gauge(name, help, move || memory(line));
    }
    metrics.gauge("process_open_fds", "Open files and connections", || {
        std::fs::read_dir("/proc/self/fd").map_or(0.0, |entries| entries.count() as f64)
    });
}

fn log(metrics: &Metrics, activity: &Arc<Activity>) {
    type Number = fn(&Activity) -> f64;
    let counters: [(&str, &str, Number); 6] = [
        ("store_commits", "Transactions committed and synced", |it| it.commits() as f64),
        ("store_commit_seconds", "Time that committing and syncing took", |it| it.commit_time().as_secs_f64()),
        ("store_change_sets", "Change sets stored", |it| it.stored() as f64),
        ("store_lost_expectations", "Change sets that were planned in vain, for another came first", |it| {
            it.lost() as f64
        }),
        ("store_freshness_checks", "How often a database was asked what other nodes have changed", |it| {
            it.freshness_checks() as f64
        }),
        ("store_failures", "Groups of writes that could not be stored", |it| it.failed() as f64),
    ];
    for (name, help, read) in counters {
        let activity = activity.clone();
        metrics.counter(name, help, move || read(&activity));
    }
    let gauges: [(&str, &str, Number); 2] = [
        ("log_head", "Newest sequence number of the log", |it| it.head() as f64),
        ("store_queue", "Writes that wait to be stored and answered", |it| it.waiting() as f64),
    ];
    for (name, help, read) in gauges {
        let activity = activity.clone();
        metrics.gauge(name, help, move || read(&activity));
    }
}

fn followers(metrics: &Metrics, open: &Open) {
    type Number = fn(Counts) -> f64;
    let gauges: [(&str, &str, Number); 3] = [
        ("followers", "What keeps up with the log: deliveries of webhooks, and the like", |it| it.running as f64),
        ("followers_failing", "Of them, those whose last try failed", |it| it.failing as f64),
        ("followers_lag", "Lines of the log that the slowest of them has before it", |it| it.lag as f64),
    ];
    for (name, help, read) in gauges {
        let (followers, activity) = (open.followers.clone(), open.activity.clone());
        metrics.gauge(name, help, move || read(followers.counts(activity.head())));
    }
    let (followers, activity) = (open.followers.clone(), open.activity.clone());
    let read = move || followers.counts(activity.head()).taken as f64;
    metrics.counter("followers_events", "Events that followers have taken in", read);
    let (followers, activity) = (open.followers.clone(), open.activity.clone());
    let read = move || followers.counts(activity.head()).questions as f64;
    metrics.counter("followers_questions", "Questions that followers have put to the store", read);
}

fn ingests(metrics: &Metrics, crawls: &Arc<Crawls>) {
    let running = crawls.clone();
    metrics.gauge("ingests_running", "Ingestions under way", move || running.counts().running as f64);
    let ended = crawls.clone();
    metrics.counter("ingests_finished", "Ingestions that came to their end", move || ended.counts().finished as f64);
    let ended = crawls.clone();
    metrics.counter("ingests_failed", "Ingestions that failed or were ended", move || ended.counts().failed as f64);
}

/// Memory of the process, in bytes.
pub fn resident() -> f64 {
    memory("VmRSS:")
}

/// A line of `/proc/self/status`, in bytes. 0 where there is no such file.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0
}

pub fn length(file: &Path) -> f64 {
    std::fs::metadata(file).map_or(0.0, |metadata| metadata.len() as f64)
}

pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
