//! What is said of a question that has no answer.

use crate::fault::Fault;
use crate::request::internal_client::Refusal;
use crate::request::visit::Visit;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// What is said of a question that has no answer, by the door's name for the reason.
pub fn unanswered(t: Texts, code: &str, message: &str) -> Vec<String> {
    let message = shown_prose(message);
    match code {
        "RATE_LIMITED" => vec![t.say("ask.too_many")],
        "COST_LIMIT" => vec![t.say("ask.too_large"), message],
        "DATA_SOURCE_ERROR" | "QUERY_TIMEOUT" => vec![t.say("ask.no_source"), message],
        _ => vec![message],
    }
}

/// What is said beside the box. A thread that is not there is no matter of what was typed.
pub fn in_words(visit: &Visit, refusal: &Refusal) -> Result<(u16, Vec<String>), Fault> {
    match refusal.status {
        401 | 404 => Err(refusal.clone().into()),
        429 => {
            let again = refusal.retry_after.map(|seconds| visit.t.count("ask.again", seconds));
            let faults = unanswered(visit.t, &refusal.code, &refusal.message).into_iter().chain(again);
            Ok((429, faults.collect()))
        }
        // What a source does is no fault of this server.
        status @ (502 | 504) => {
            tracing::info!(status, "a source did not answer a question");
            Ok((503, unanswered(visit.t, &refusal.code, &refusal.message)))
        }
        // What is wrong with how the source is reached is no matter of what was asked.
        422 if refusal.message.starts_with("connectionConfig") => Ok((503, vec![visit.t.say("ask.not_connected")])),
        422 => refusal.clone().in_form(visit.t),
        403 if refusal.code == "FORBIDDEN" => Ok((403, vec![visit.t.say("ask.closed")])),
        status => Ok((status, vec![shown_prose(&refusal.message)])),
    }
}
