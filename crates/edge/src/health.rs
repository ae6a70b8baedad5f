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
    let answer = match state {
        Ok(()) => Answer::json(200, "application/json", &json!({"status": "ready"})),
        Err(reason) => Answer::json(503, "application/json", &json!({"status": "not ready", "reason": reason})),
    };
    answer.with("cache-control", "no-store")
}

pub fn scrape(metrics: &Metrics) -> Answer {
    Answer::bytes(200, metrics::MEDIA_TYPE, metrics.print())
}

#[cfg(test)]
mod tests {
    use super::*;

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
