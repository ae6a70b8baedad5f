//! One structured log line per request. Never paths, query values, headers or bodies: they may hold secrets.

use std::time::Duration;

use http::Method;

/// The `tracing` target, so that operators can filter these lines alone.
pub const TARGET: &str = "access";

pub struct Line<'a> {
    pub door: &'static str,
    pub operation: &'static str,
    /// The route's template, not the path.
    pub route: &'static str,
    pub method: &'a Method,
    pub status: u16,
    pub took: Duration,
    pub request_id: &'a str,
}

/// Writes the line; faults of the server stand out by their level.
pub fn write(line: &Line<'_>) {
    let Line { door, operation, route, method, status, took, request_id } = line;
    let method = method.as_str();
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if *status >= 500 {
        tracing::warn!(target: TARGET, door, operation, method, route, status, took_us, request_id, "request");
    } else {
        tracing::info!(target: TARGET, door, operation, method, route, status, took_us, request_id, "request");
    }
}
