//! Failures of requests as such: what is wrong with their paths, headers, queries and bodies, before anybody looks at what
//! they ask for.

use emporion_products::failure::{Code, Failure, Violation};
use emporion_products::message::Message;
use http::Method;

use crate::mount::Contradiction;

/// Query parameters that cannot be read are always 400: there is no body to be well-formed.
pub fn bad_query(violations: Vec<Violation>) -> Failure {
    Failure::silent(Code::BAD_REQUEST).violating(violations)
}

pub fn invalid_cursor() -> Failure {
    Failure::new(Code::INVALID_CURSOR, "the cursor was not made by this server for this list and these filters")
}

pub fn contradiction(told: &Contradiction) -> Failure {
    let (newer, older) = told.names;
    let message = Message::with("{} and {} name the same member and differ", [newer, older]);
    Failure::new(Code::CONFLICTING_FIELDS, message.clone()).violating(vec![Violation::new(
        told.pointer.clone(),
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
    Failure::new(Code::METHOD_NOT_ALLOWED, Message::with("{} is not offered here, only {}", [method.as_str(), allow]))
}

pub fn gone_sunset() -> Failure {
    Failure::new(Code::GONE_SUNSET, "the workspaces paths have been switched off; use data-products")
}

pub fn payload_too_large(limit_bytes: usize) -> Failure {
    Failure::new(Code::PAYLOAD_TOO_LARGE, Message::with("at most {} bytes are taken", [limit_bytes.to_string()]))
        .detail("limitBytes", limit_bytes)
}

/// However short the text is, it holds more than is taken.
pub fn too_many_values(reason: &str) -> Failure {
    Failure::new(Code::PAYLOAD_TOO_LARGE, Message::verbatim(reason))
}

pub fn unsupported_media_type(given: &str, accepted: &str) -> Failure {
    Failure::new(
        Code::UNSUPPORTED_MEDIA_TYPE,
        Message::with("the body is {}, and only {} is read here", [given, accepted]),
    )
}

pub fn without_boundary() -> Failure {
    let message = "the body is multipart/form-data, and its Content-Type names no boundary";
    Failure::new(Code::UNSUPPORTED_MEDIA_TYPE, message)
}

pub fn not_available_yet() -> Failure {
    Failure::new(Code::NOT_AVAILABLE_YET, "this part of the interface is not available yet")
}

/// Refused before it was looked at.
pub fn crowded(reason: &str) -> Failure {
    Failure { retry_after_s: Some(1), ..Failure::new(Code::UNAVAILABLE, Message::verbatim(reason)) }
}

/// The same, for what else its caller has going on.
pub fn over_share(reason: &str) -> Failure {
    Failure { retry_after_s: Some(1), ..Failure::new(Code::RATE_LIMITED, Message::verbatim(reason)) }
}
