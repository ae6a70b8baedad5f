//! Counts and times requests, and prints every registered metric for Prometheus.

use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The metric types, for those who register their own.
pub use prometheus_client;

pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a cached read to a slow question, in seconds.
const BUCKETS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// All metrics of the process.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    in_flight: Family<DoorLabels, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    door: &'static str,
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    door: &'static str,
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DoorLabels {
    door: &'static str,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("emporion");
        let requests = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let in_flight = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_duration_seconds", "Time from head to answer", durations.clone());
        registry.register("http_requests_in_flight", "Requests being answered", in_flight.clone());
        Metrics { registry: Mutex::new(registry), requests, durations, in_flight }
    }
}

impl Metrics {
    /// Lets others add metrics of their own; names get the prefix `emporion_`.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.lock());
    }

    /// A number that goes up and down, looked at whenever somebody scrapes. `read` answers at once.
    pub fn gauge(&self, name: &'static str, help: &'static str, read: impl Fn() -> f64 + Send + Sync + 'static) {
        self.observe(Observed { name, help, counts: false, read: Box::new(read) });
    }

    /// The same of a number that only grows. The name goes without `_total`, which is added.
    pub fn counter(&self, name: &'static str, help: &'static str, read: impl Fn() -> f64 + Send + Sync + 'static) {
        self.observe(Observed { name, help, counts: true, read: Box::new(read) });
    }

    fn observe(&self, observed: Observed) {
        self.registry.lock().register_collector(Box::new(observed));
    }

    /// The text that a scrape gets.
    pub fn print(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry.lock()).expect("a string takes any text");
        text
    }

    /// What one door counts with.
    pub fn meter(&self, door: &'static str) -> Meter {
        Meter {
            door,
            requests: self.requests.clone(),
            durations: self.durations.clone(),
            in_flight: self.in_flight.get_or_create_owned(&DoorLabels { door }),
        }
    }
}

/// A number that somebody else keeps.
struct Observed {
    name: &'static str,
    help: &'static str,
    counts: bool,
    read: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Collector for Observed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let value = (self.read)();
        let kind = if self.counts { MetricType::Counter } else { MetricType::Gauge };
        let encoder = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        if self.counts { ConstCounter::new(value).encode(encoder) } else { ConstGauge::new(value).encode(encoder) }
    }
}

/// The request metrics of one door.
pub struct Meter {
    door: &'static str,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

impl Meter {
    pub fn door(&self) -> &'static str {
        self.door
    }

    pub fn begin(&self) {
        self.in_flight.inc();
    }

    pub fn end(&self, operation: &'static str, status: u16, took: Duration) {
        let door = self.door;
        self.in_flight.dec();
        self.requests.get_or_create(&RequestLabels { door, operation, status }).inc();
        self.durations.get_or_create(&OperationLabels { door, operation }).observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_door_operation_and_status() {
        let metrics = Metrics::default();
        let meter = metrics.meter("toy");
        meter.begin();
        assert!(metrics.print().contains(r#"emporion_http_requests_in_flight{door="toy"} 1"#));
        meter.end("GetThing", 200, Duration::from_millis(2));
        let text = metrics.print();
        assert!(
            text.contains(r#"emporion_http_requests_total{door="toy",operation="GetThing",status="200"} 1"#),
            "{text}"
        );
        assert!(text.contains(r#"emporion_http_requests_in_flight{door="toy"} 0"#));
        assert!(text.contains(r#"duration_seconds_bucket{le="0.0025",door="toy",operation="GetThing"} 1"#), "{text}");
    }

    #[test]
    fn numbers_of_others_are_looked_at_when_somebody_asks() {
        let metrics = Metrics::default();
        metrics.gauge("log_head", "Newest sequence number", || 7.0);
        metrics.counter("commits", "Transactions", || 9.0);
        let text = metrics.print();
        assert!(text.contains("# TYPE emporion_log_head gauge\nemporion_log_head 7.0\n"), "{text}");
        assert!(text.contains("# TYPE emporion_commits counter\nemporion_commits_total 9.0\n"), "{text}");
    }

    #[test]
    fn others_register_their_own() {
        let metrics = Metrics::default();
        let gauge: Gauge = Gauge::default();
        gauge.set(7);
        metrics.register(|registry| registry.register("store_head", "Newest sequence number", gauge.clone()));
        assert!(metrics.print().contains("emporion_store_head 7"));
    }
}
