//! Failures over HTTP: the status of each code, and what is wrong with requests as such (their paths, headers, queries
//! and bodies), before anybody looks at what they ask for.

use emporion_products::failure::{Code, Failure, Violation};
use emporion_products::message::Message;
use http::Method;

use crate::mount::Contradiction;

/// Codes that only requests over HTTP come to.
pub const METHOD_NOT_ALLOWED: Code = Code::new("METHOD_NOT_ALLOWED");
pub const GONE_SUNSET: Code = Code::new("GONE_SUNSET");
pub const STREAM_EXPIRED: Code = Code::new("STREAM_EXPIRED");
pub const PAYLOAD_TOO_LARGE: Code = Code::new("PAYLOAD_TOO_LARGE");
pub const UNSUPPORTED_MEDIA_TYPE: Code = Code::new("UNSUPPORTED_MEDIA_TYPE");
pub const UNSUPPORTED_FIELD: Code = Code::new("UNSUPPORTED_FIELD");
pub const NOT_AVAILABLE_YET: Code = Code::new("NOT_AVAILABLE_YET");

/// Each code has exactly one status.
const STATUSES: &[(u16, &[Code])] = &[
    (400, &[Code::BAD_REQUEST, Code::CONFLICTING_FIELDS, Code::INVALID_CURSOR]),
    (401, &[Code::UNAUTHENTICATED]),
    (403, &[Code::FORBIDDEN, Code::ROWS_NOT_GRANTED]),
    (404, &[Code::NOT_FOUND]),
    (405, &[METHOD_NOT_ALLOWED]),
    (409, &[Code::CONFLICT, Code::DEPLOY_IN_PROGRESS, Code::IDEMPOTENCY_CONFLICT, Code::IN_USE, Code::LAST_ADMIN]),
    (410, &[GONE_SUNSET, STREAM_EXPIRED]),
    (412, &[Code::VERSION_MISMATCH]),
    (413, &[PAYLOAD_TOO_LARGE]),
    (415, &[UNSUPPORTED_MEDIA_TYPE]),
    (
        422,
        &[
            Code::COMPOSITION_CYCLE,
            Code::DATA_SOURCE_TYPE_UNSUPPORTED,
            Code::DEPLOY_VALIDATION_FAILED,
            Code::NO_DEFAULT_DATA_SOURCE,
            Code::SEMANTIC_MODEL_INVALID,
            Code::SQL_NOT_ALLOWED,
            Code::UNKNOWN_FIELD,
            UNSUPPORTED_FIELD,
            Code::VALIDATION_FAILED,
        ],
    ),
    (429, &[Code::COST_LIMIT, Code::RATE_LIMITED]),
    (500, &[Code::INTERNAL_ERROR]),
    (501, &[NOT_AVAILABLE_YET]),
    (502, &[Code::DATA_SOURCE_ERROR]),
    (503, &[Code::UNAVAILABLE]),
    (504, &[Code::QUERY_TIMEOUT]),
    (507, &[Code::INSUFFICIENT_STORAGE]),
];

/// The status that a failure is answered with.
pub fn status(failure: &Failure) -> u16 {
    STATUSES.iter().find(|(_, codes)| codes.contains(&failure.code)).map_or(500, |(status, _)| *status)
}

/// Query parameters that cannot be read are always 400: there is no body to be well-formed.
pub fn bad_query(violations: Vec<Violation>) -> Failure {
    Failure::silent(Code::BAD_REQUEST).violating(violations)
}

pub fn contradiction(contradiction: &Contradiction) -> Failure {
    let (newer, older) = contradiction.names;
    let message = Message::with("{} and {} name the same member and differ", [newer, older]);
    Failure::new(Code::CONFLICTING_FIELDS, message.clone()).violating(vec![Violation::new(
        contradiction.pointer.clone(),
        "conflict",
        message,
    )])
}

pub fn no_account(id: &str) -> Failure {
    Failure::not_found(Message::with("there is no account \"{}\"", [id]))
}

pub fn no_route(raw_path: &str) -> Failure {
    Failure::not_found(Message::with("there is nothing at {}", [raw_path]))
}

/// `allow` is the list of verbs as the header of that name has it.
pub fn method_not_allowed(method: &Method, allow: &str) -> Failure {
    Failure::new(METHOD_NOT_ALLOWED, Message::with("{} is not offered here, only {}", [method.as_str(), allow]))
}

pub fn gone_sunset() -> Failure {
    Failure::new(GONE_SUNSET, "the workspaces paths have been switched off; use data-products")
}

pub fn payload_too_large(limit_bytes: usize) -> Failure {
    Failure::new(PAYLOAD_TOO_LARGE, Message::with("at most {} bytes are taken", [limit_bytes.to_string()]))
        .detail("limitBytes", limit_bytes)
}

/// However short the text is, it holds more than is taken.
pub fn too_many_values(reason: &str) -> Failure {
    Failure::new(PAYLOAD_TOO_LARGE, Message::verbatim(reason))
}

pub fn unsupported_media_type(given: &str, accepted: &str) -> Failure {
    Failure::new(UNSUPPORTED_MEDIA_TYPE, Message::with("the body is {}, and only {} is read here", [given, accepted]))
}

pub fn without_boundary() -> Failure {
    let message = "the body is multipart/form-data, and its Content-Type names no boundary";
    Failure::new(UNSUPPORTED_MEDIA_TYPE, message)
}

pub fn not_available_yet() -> Failure {
    Failure::new(NOT_AVAILABLE_YET, "this part of the interface is not available yet")
}

/// Refused before it was looked at.
pub fn crowded(reason: &str) -> Failure {
    Failure { retry_after_s: Some(1), ..Failure::new(Code::UNAVAILABLE, Message::verbatim(reason)) }
}

/// The same, for what else its caller has going on.
pub fn over_share(reason: &str) -> Failure {
    Failure { retry_after_s: Some(1), ..Failure::new(Code::RATE_LIMITED, Message::verbatim(reason)) }
}

pub fn stream_expired() -> Failure {
    Failure::new(STREAM_EXPIRED, "the events of this message are no longer kept; read its thread")
}

/// `declared` is what a file is said to be.
pub fn not_its_media_type(declared: &str, why: &str) -> Failure {
    let message = Message::with("the content is not {}, as it is said to be: {}", [declared, why]);
    Failure::new(UNSUPPORTED_MEDIA_TYPE, message)
}

pub fn unsupported_field(path: &str, message: impl Into<Message>) -> Failure {
    Failure::silent(UNSUPPORTED_FIELD).violating(vec![Violation::new(path, "unsupported", message)])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_one_status_and_is_spelled_as_the_envelope_demands() {
        let mut seen = HashSet::new();
        for code in STATUSES.iter().flat_map(|(_, codes)| *codes) {
            let name = code.name();
            assert!(seen.insert(name), "{name} stands twice");
            assert!(name.len() > 1 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{name}");
        }
        assert!(Code::ALL.iter().all(|code| seen.contains(code.name())));
        assert!(STATUSES.is_sorted_by_key(|(status, _)| status));
        assert!(STATUSES.iter().all(|(status, _)| (400..600).contains(status)));
    }

    #[test]
    fn what_is_transient_is_told_by_its_status() {
        for code in Code::ALL {
            let status = status(&Failure::silent(*code));
            assert_eq!(code.is_transient(), status >= 500 || status == 429, "{}", code.name());
        }
    }
}
