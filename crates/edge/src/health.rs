//! What operators' probes ask: `/healthz` (the process answers), `/readyz` (it can serve) and `/metrics`.

use std::sync::Arc;

use serde_json::json;

use crate::answer::Answer;
use crate::metrics::{self, Metrics};
use crate::route::BoxFuture;

/// Says whether the program can serve, or why not.
pub type ReadyCheck = Arc<dyn Fn() -> BoxFuture<Result<(), String>> + Send + Sync>;

pub fn alive() -> Answer {
    Answer::json(200, "application/json", &json!({"status": "alive"})).with("cache-control", "no-store")
}

pub fn ready(state: Result<(), String>) -> Answer {
    match state {
        Ok(()) => Answer::json(200, "application/json", &json!({"status": "ready"})).with("cache-control", "no-store"),
        Err(reason) => not_ready(503, &reason),
    }
}

fn not_ready(status: u16, reason: &str) -> Answer {
    let told = json!({"status": "not ready", "reason": reason});
    Answer::json(status, "application/json", &told).with("cache-control", "no-store")
}

/// Of a program that is about to stop, and serves on until those who send it something have heard of it. HAProxy takes 404 for
/// that (`disable-on-404`), and cuts nobody off: whoever asks with this query is told so.
pub fn leaving(query: Option<&str>) -> Answer {
    let is_asked_so = query.is_some_and(|query| query.split('&').any(|part| part == "leaving=404"));
    not_ready(if is_asked_so { 404 } else { 503 }, "shutting down")
}

pub fn scrape(metrics: &Metrics) -> Answer {
    Answer::bytes(200, metrics::MEDIA_TYPE, metrics.print())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_leaves_says_so_as_it_is_asked() {
        for (query, status) in
            [(None, 503), (Some("leaving=404"), 404), (Some("a=b&leaving=404"), 404), (Some("leaving=4040"), 503)]
        {
            assert_eq!(leaving(query).status, status, "{query:?}");
        }
    }

    #[test]
    fn a_program_that_is_not_ready_says_why() {
        assert_eq!(ready(Ok(())).status, 200);
        let answer = ready(Err("the store does not answer".into()));
        assert_eq!(answer.status, 503);
        assert_eq!(
            answer.whole().map(|bytes| &bytes[..]),
            Some(&br#"{"status":"not ready","reason":"the store does not answer"}"#[..])
        );
    }
}
