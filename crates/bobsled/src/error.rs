//! Every way in which this door says no: one code, one status, and what the client needs to do better.

use http::Method;
use serde_json::{Map, Value, json};

use crate::message::Message;
use crate::mount::{Contradiction, Mount};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal,)*) => {
        /// A machine-readable reason. Codes are the same on both mounts, and each has exactly one status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Code {
            pub status: u16,
            pub text: &'static str,
        }

        impl Code {
            $($(#[$doc])* pub const $name: Code = Code { status: $status, text: stringify!($name) };)*

            /// In the order of their statuses.
            pub const ALL: &[Code] = &[$(Code::$name),*];
        }
    };
}

codes! {
    BAD_REQUEST = 400,
    CONFLICTING_FIELDS = 400,
    INVALID_CURSOR = 400,
    UNAUTHENTICATED = 401,
    FORBIDDEN = 403,
    ROWS_NOT_GRANTED = 403,
    NOT_FOUND = 404,
    METHOD_NOT_ALLOWED = 405,
    CONFLICT = 409,
    DEPLOY_IN_PROGRESS = 409,
    IDEMPOTENCY_CONFLICT = 409,
    IN_USE = 409,
    LAST_ADMIN = 409,
    GONE_SUNSET = 410,
    STREAM_EXPIRED = 410,
    VERSION_MISMATCH = 412,
    PAYLOAD_TOO_LARGE = 413,
    UNSUPPORTED_MEDIA_TYPE = 415,
    COMPOSITION_CYCLE = 422,
    DATA_SOURCE_TYPE_UNSUPPORTED = 422,
    DEPLOY_VALIDATION_FAILED = 422,
    NO_DEFAULT_DATA_SOURCE = 422,
    SEMANTIC_MODEL_INVALID = 422,
    SQL_NOT_ALLOWED = 422,
    UNKNOWN_FIELD = 422,
    UNSUPPORTED_FIELD = 422,
    VALIDATION_FAILED = 422,
    COST_LIMIT = 429,
    RATE_LIMITED = 429,
    INTERNAL_ERROR = 500,
    NOT_AVAILABLE_YET = 501,
    DATA_SOURCE_ERROR = 502,
    UNAVAILABLE = 503,
    QUERY_TIMEOUT = 504,
    INSUFFICIENT_STORAGE = 507,
}

/// One rule that one member of the request breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Canonical JSON Pointer into the body, or `?name` for a query parameter.
    pub path: String,
    pub rule: String,
    pub message: Message,
    /// What a deploy found wrong: (type, id).
    pub entity: Option<(&'static str, String)>,
}

/// The rule name that says "another JSON type": such a request is malformed (400), not merely invalid (422).
pub const RULE_TYPE: &str = "type";

impl Violation {
    pub fn new(path: impl Into<String>, rule: impl Into<String>, message: impl Into<Message>) -> Violation {
        Violation { path: path.into(), rule: rule.into(), message: message.into(), entity: None }
    }

    pub fn of_entity(self, kind: &'static str, id: impl Into<String>) -> Violation {
        Violation { entity: Some((kind, id.into())), ..self }
    }

    /// Whether it names this thing.
    pub fn is_of(&self, kind: &str, id: uuid::Uuid) -> bool {
        self.entity.as_ref().is_some_and(|(of, named)| *of == kind && *named == id.to_string())
    }

    /// As it stands under `details.violations`.
    pub fn print(&self, mount: Mount) -> Value {
        let mut printed = Map::new();
        if !self.path.is_empty() || self.entity.is_none() {
            printed.insert("path".to_owned(), mount.pointer(&self.path).into());
        }
        if let Some((kind, id)) = &self.entity {
            printed.insert("entityType".to_owned(), (*kind).into());
            printed.insert("entityId".to_owned(), id.as_str().into());
        }
        printed.insert("rule".to_owned(), self.rule.as_str().into());
        printed.insert("message".to_owned(), self.message.print(mount).into());
        Value::Object(printed)
    }
}

/// A refusal, complete but for the names of the mount it is printed on.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub code: Code,
    /// `None`: told from the violations. Boxed, like the details, so that results stay small.
    pub message: Option<Box<Message>>,
    /// Beside the violations; canonical keys.
    pub details: Option<Box<Map<String, Value>>>,
    pub violations: Vec<Violation>,
    pub retry_after_s: Option<u64>,
    /// The verbs that the path does have.
    pub allow: Option<String>,
    /// It would not have been decided so on what there is by now.
    pub is_overtaken: bool,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<Message>) -> Failure {
        Failure { message: Some(Box::new(message.into())), ..Failure::silent(code) }
    }

    fn silent(code: Code) -> Failure {
        Failure {
            code,
            message: None,
            details: None,
            violations: Vec::new(),
            retry_after_s: None,
            allow: None,
            is_overtaken: false,
        }
    }

    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Failure {
        self.details.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    pub fn violating(mut self, violations: Vec<Violation>) -> Failure {
        self.violations = violations;
        self
    }

    /// The same for a body that stands at this place of the request.
    pub fn below(mut self, pointer: &str) -> Failure {
        for violation in &mut self.violations {
            violation.path = format!("{pointer}{}", violation.path);
        }
        self
    }

    pub fn status(&self) -> u16 {
        self.code.status
    }

    /// The `error` member of the envelope.
    pub fn print(&self, mount: Mount) -> Value {
        let mut details = self.details.as_deref().cloned().unwrap_or_default();
        if !self.violations.is_empty() {
            let printed: Vec<Value> = self.violations.iter().map(|violation| violation.print(mount)).collect();
            details.insert("violations".to_owned(), printed.into());
        }
        let mut error = Map::new();
        error.insert("code".to_owned(), self.code.text.into());
        error.insert("message".to_owned(), self.sentence(mount).into());
        if !details.is_empty() {
            error.insert("details".to_owned(), mount.to_wire(Value::Object(details)));
        }
        Value::Object(error)
    }

    fn sentence(&self, mount: Mount) -> String {
        match (&self.message, self.violations.as_slice()) {
            (Some(message), _) => message.print(mount),
            (None, [only]) if only.path.is_empty() => only.message.print(mount),
            (None, [only]) => format!("{}: {}", mount.pointer(&only.path), only.message.print(mount)),
            (None, several) => format!("{} rules are broken, see details.violations", several.len()),
        }
    }
}

/// One constructor per reason, so that a reason is worded once.
impl Failure {
    pub fn bad_request(message: impl Into<Message>) -> Failure {
        Failure::new(Code::BAD_REQUEST, message)
    }

    /// What the shape of a request says about it: 400 when a value has another type than it must, otherwise 422.
    pub fn invalid(violations: Vec<Violation>) -> Failure {
        let malformed = violations.iter().any(|violation| violation.rule == RULE_TYPE);
        Failure::silent(if malformed { Code::BAD_REQUEST } else { Code::VALIDATION_FAILED }).violating(violations)
    }

    /// One broken rule of one member.
    pub fn invalid_field(path: impl Into<String>, rule: impl Into<String>, message: impl Into<Message>) -> Failure {
        Failure::invalid(vec![Violation::new(path, rule, message)])
    }

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

    /// Two members of which only one may be present, or which must agree.
    pub fn conflicting_fields(path: impl Into<String>, one: &str, other: &str) -> Failure {
        let message = Message::with("{} and {} contradict each other", [one, other]);
        Failure::new(Code::CONFLICTING_FIELDS, message.clone())
            .violating(vec![Violation::new(path, "conflict", message)])
    }

    pub fn unauthenticated(message: impl Into<Message>) -> Failure {
        Failure::new(Code::UNAUTHENTICATED, message)
    }

    pub fn forbidden(message: impl Into<Message>) -> Failure {
        Failure::new(Code::FORBIDDEN, message)
    }

    /// Unknown and invisible look alike.
    pub fn not_found(message: impl Into<Message>) -> Failure {
        Failure::new(Code::NOT_FOUND, message)
    }

    pub fn no_product(id: &str) -> Failure {
        Failure::not_found(Message::with("there is no {product} \"{}\"", [id]))
    }

    pub fn no_account(id: &str) -> Failure {
        Failure::not_found(Message::with("there is no account \"{}\"", [id]))
    }

    pub fn no_route(raw_path: &str) -> Failure {
        Failure::not_found(Message::with("there is nothing at {}", [raw_path]))
    }

    /// `allow` is the list of verbs as the header of that name has it.
    pub fn method_not_allowed(method: &Method, allow: &str) -> Failure {
        let message = Message::with("{} is not offered here, only {}", [method.as_str(), allow]);
        Failure { allow: Some(allow.to_owned()), ..Failure::new(Code::METHOD_NOT_ALLOWED, message) }
    }

    pub fn conflict(message: impl Into<Message>) -> Failure {
        Failure::new(Code::CONFLICT, message)
    }

    /// Something that only one may hold is held by another.
    pub fn taken(clash: Violation) -> Failure {
        Failure::conflict(clash.message.clone()).violating(vec![clash])
    }

    /// What the request was decided on has changed before it was stored.
    pub fn overtaken() -> Failure {
        let failure = Failure::conflict("the {product} keeps changing; try again in a moment");
        Failure { is_overtaken: true, ..failure }
    }

    pub fn deploy_in_progress() -> Failure {
        Failure::new(Code::DEPLOY_IN_PROGRESS, "another deploy of this {product} is running")
    }

    /// `users` are the products that compose this one.
    pub fn in_use(users: Vec<Value>) -> Failure {
        Failure::new(Code::IN_USE, "other {products} are composed of this one; force=true deletes it anyway")
            .detail("dataProducts", users)
    }

    pub fn last_admin() -> Failure {
        Failure::new(Code::LAST_ADMIN, "a {product} needs at least one admin")
    }

    pub fn idempotency_conflict() -> Failure {
        Failure::new(Code::IDEMPOTENCY_CONFLICT, "this Idempotency-Key was used for another request")
    }

    pub fn gone_sunset() -> Failure {
        Failure::new(Code::GONE_SUNSET, "the workspaces paths have been switched off; use data-products")
    }

    pub fn stream_expired() -> Failure {
        Failure::new(Code::STREAM_EXPIRED, "the events of this message are no longer kept; read its thread")
    }

    pub fn version_mismatch(current: i64) -> Failure {
        Failure::new(Code::VERSION_MISMATCH, Message::with("the current version is {}", [current.to_string()]))
            .detail("currentVersion", current)
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

    pub fn not_its_media_type(told: &str, why: &str) -> Failure {
        let message = Message::with("the content is not {}, as it is said to be: {}", [told, why]);
        Failure::new(Code::UNSUPPORTED_MEDIA_TYPE, message)
    }

    pub fn without_boundary() -> Failure {
        let message = "the body is multipart/form-data, and its Content-Type names no boundary";
        Failure::new(Code::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// For `?strict=true`: members that mean nothing here.
    pub fn unknown_fields(pointers: &[String]) -> Failure {
        let violations =
            pointers.iter().map(|at| Violation::new(at.clone(), "unknown", "this member is not known here")).collect();
        Failure::silent(Code::UNKNOWN_FIELD).violating(violations)
    }

    pub fn unsupported_field(path: &str, message: impl Into<Message>) -> Failure {
        Failure::silent(Code::UNSUPPORTED_FIELD).violating(vec![Violation::new(path, "unsupported", message)])
    }

    pub fn no_default_data_source() -> Failure {
        Failure::new(Code::NO_DEFAULT_DATA_SOURCE, "the account has no data source yet, so none can be the default")
    }

    pub fn data_source_type_unsupported(kind: &str) -> Failure {
        Failure::new(
            Code::DATA_SOURCE_TYPE_UNSUPPORTED,
            Message::with("data sources of type \"{}\" are kept but cannot be reached from here", [kind]),
        )
    }

    pub fn semantic_model_invalid(violations: Vec<Violation>) -> Failure {
        Failure::silent(Code::SEMANTIC_MODEL_INVALID).violating(violations)
    }

    /// `message` is the guard's or the source's.
    pub fn sql_not_allowed(rule: &str, message: &str) -> Failure {
        let message = Message::verbatim(message);
        let violation = Violation::new("/sql", rule, message.clone());
        Failure::new(Code::SQL_NOT_ALLOWED, message).detail("rule", rule).violating(vec![violation])
    }

    /// `path` runs from the product round to itself.
    pub fn composition_cycle(path: Vec<String>) -> Failure {
        Failure::new(Code::COMPOSITION_CYCLE, "a {product} cannot be composed of itself").detail("path", json!(path))
    }

    pub fn deploy_validation_failed(violations: Vec<Violation>) -> Failure {
        Failure::silent(Code::DEPLOY_VALIDATION_FAILED).violating(violations)
    }

    pub fn rate_limited(retry_after_s: u64) -> Failure {
        Failure { retry_after_s: Some(retry_after_s), ..Failure::new(Code::RATE_LIMITED, "too many requests") }
    }

    /// As many questions of the user as may be are being answered.
    pub fn too_many_questions(most: u32) -> Failure {
        let message = Message::with("at most {} questions of one user are answered at a time", [most.to_string()]);
        Failure { retry_after_s: Some(1), ..Failure::new(Code::RATE_LIMITED, message) }
    }

    /// Semantic models are read a few at a time.
    pub fn too_many_model_requests() -> Failure {
        let message = "many requests that read semantic models wait already";
        Failure { retry_after_s: Some(5), ..Failure::new(Code::RATE_LIMITED, message) }
    }

    pub fn cost_limit() -> Failure {
        Failure::new(Code::COST_LIMIT, "the spending limit is reached")
    }

    /// The store or the process failed; the log knows how, the client only the request id.
    pub fn internal() -> Failure {
        Failure::new(Code::INTERNAL_ERROR, "the server failed; its log has the reason under this request id")
    }

    pub fn not_available_yet() -> Failure {
        Failure::new(Code::NOT_AVAILABLE_YET, "this part of the interface is not available yet")
    }

    pub fn data_source_error(message: impl Into<Message>) -> Failure {
        Failure::new(Code::DATA_SOURCE_ERROR, message)
    }

    pub fn query_timeout(timeout_ms: u64) -> Failure {
        Failure::new(
            Code::QUERY_TIMEOUT,
            Message::with("the data source did not answer within {} ms", [timeout_ms.to_string()]),
        )
    }

    pub fn unavailable(retry_after_s: u64) -> Failure {
        let message = "the catalogue cannot take this request now; nothing was changed";
        Failure { retry_after_s: Some(retry_after_s), ..Failure::new(Code::UNAVAILABLE, message) }
    }

    /// Refused before it was looked at.
    pub fn crowded(reason: &str) -> Failure {
        Failure { retry_after_s: Some(1), ..Failure::new(Code::UNAVAILABLE, Message::verbatim(reason)) }
    }

    /// The same, for what else its caller has going on.
    pub fn over_share(reason: &str) -> Failure {
        Failure { retry_after_s: Some(1), ..Failure::new(Code::RATE_LIMITED, Message::verbatim(reason)) }
    }

    pub fn insufficient_storage() -> Failure {
        Failure::new(Code::INSUFFICIENT_STORAGE, "the store is full; nothing was changed")
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
