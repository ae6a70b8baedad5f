//! Failures: every way in which a request comes to nothing, with one code each and what it takes to do better.

use emporion_edge::violation::pointer_token;
use serde_json::{Map, Value, json};

use crate::message::{Message, Nouns};

/// A machine-readable reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(&'static str);

impl Code {
    /// One that only some way in has.
    pub const fn new(name: &'static str) -> Code {
        Code(name)
    }

    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether the same request may do better at another time.
    pub fn is_transient(self) -> bool {
        const TRANSIENT: &[Code] = &[
            Code::COST_LIMIT,
            Code::RATE_LIMITED,
            Code::INTERNAL_ERROR,
            Code::DATA_SOURCE_ERROR,
            Code::UNAVAILABLE,
            Code::QUERY_TIMEOUT,
            Code::INSUFFICIENT_STORAGE,
        ];
        TRANSIENT.contains(&self)
    }
}

macro_rules! codes {
    ($($name:ident,)*) => {
        impl Code {
            $(pub const $name: Code = Code(stringify!($name));)*

            /// Those that every way in has.
            pub const ALL: &[Code] = &[$(Code::$name),*];
        }
    };
}

codes! {
    BAD_REQUEST,
    CONFLICTING_FIELDS,
    INVALID_CURSOR,
    UNAUTHENTICATED,
    FORBIDDEN,
    ROWS_NOT_GRANTED,
    NOT_FOUND,
    CONFLICT,
    DEPLOY_IN_PROGRESS,
    IDEMPOTENCY_CONFLICT,
    IN_USE,
    LAST_ADMIN,
    VERSION_MISMATCH,
    COMPOSITION_CYCLE,
    DATA_SOURCE_TYPE_UNSUPPORTED,
    DEPLOY_VALIDATION_FAILED,
    NO_DEFAULT_DATA_SOURCE,
    SEMANTIC_MODEL_INVALID,
    SQL_NOT_ALLOWED,
    UNKNOWN_FIELD,
    VALIDATION_FAILED,
    COST_LIMIT,
    RATE_LIMITED,
    INTERNAL_ERROR,
    DATA_SOURCE_ERROR,
    UNAVAILABLE,
    QUERY_TIMEOUT,
    INSUFFICIENT_STORAGE,
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

/// The rule name that says "another JSON type": such a request is malformed, not merely invalid.
pub const RULE_TYPE: &str = "type";

impl Violation {
    /// As it is told to clients, in the words of who tells it; `pointer` gives its path their names.
    pub fn printed(&self, nouns: &Nouns, pointer: impl Fn(&str) -> String) -> Value {
        let mut printed = Map::new();
        if !self.path.is_empty() || self.entity.is_none() {
            printed.insert("path".to_owned(), pointer(&self.path).into());
        }
        if let Some((kind, id)) = &self.entity {
            printed.insert("entityType".to_owned(), (*kind).into());
            printed.insert("entityId".to_owned(), id.as_str().into());
        }
        printed.insert("rule".to_owned(), self.rule.as_str().into());
        printed.insert("message".to_owned(), self.message.text(nouns).into());
        Value::Object(printed)
    }

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
}

/// A failure, complete but for the words of who tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub code: Code,
    /// `None`: it is told from the violations. Boxed, like the details, so that results stay small.
    pub message: Option<Box<Message>>,
    /// Beside the violations; canonical keys.
    pub details: Option<Box<Map<String, Value>>>,
    pub violations: Vec<Violation>,
    pub retry_after_s: Option<u64>,
    /// It would not have been decided so on what there is by now.
    pub is_overtaken: bool,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<Message>) -> Failure {
        Failure { message: Some(Box::new(message.into())), ..Failure::silent(code) }
    }

    /// Told from its violations.
    pub fn silent(code: Code) -> Failure {
        Failure { code, message: None, details: None, violations: Vec::new(), retry_after_s: None, is_overtaken: false }
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

    /// In one sentence. `pointer` spells a place of the request as the client knows it.
    pub fn sentence(&self, nouns: &Nouns, pointer: impl Fn(&str) -> String) -> String {
        match (&self.message, self.violations.as_slice()) {
            (Some(message), _) => message.text(nouns),
            (None, [only]) if only.path.is_empty() => only.message.text(nouns),
            (None, [only]) => format!("{}: {}", pointer(&only.path), only.message.text(nouns)),
            (None, several) => format!("{} rules are broken, see details.violations", several.len()),
        }
    }
}

/// One constructor per reason, so that a reason is worded once.
impl Failure {
    pub fn bad_request(message: impl Into<Message>) -> Failure {
        Failure::new(Code::BAD_REQUEST, message)
    }

    /// What the shape of a request says about it: malformed when a value has another type than it must, otherwise
    /// invalid.
    pub fn invalid(violations: Vec<Violation>) -> Failure {
        let malformed = violations.iter().any(|violation| violation.rule == RULE_TYPE);
        Failure::silent(if malformed { Code::BAD_REQUEST } else { Code::VALIDATION_FAILED }).violating(violations)
    }

    /// One broken rule of one member.
    pub fn invalid_field(path: impl Into<String>, rule: impl Into<String>, message: impl Into<Message>) -> Failure {
        Failure::invalid(vec![Violation::new(path, rule, message)])
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

    pub fn version_mismatch(current: i64) -> Failure {
        Failure::new(Code::VERSION_MISMATCH, Message::with("the current version is {}", [current.to_string()]))
            .detail("currentVersion", current)
    }

    /// For `?strict=true`: members that mean nothing here.
    pub fn unknown_fields(pointers: &[String]) -> Failure {
        let violations =
            pointers.iter().map(|at| Violation::new(at.clone(), "unknown", "this member is not known here")).collect();
        Failure::silent(Code::UNKNOWN_FIELD).violating(violations)
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

    /// As many statements of the user as may be are asked of sources, or the source works at as many as it may.
    pub fn too_many_statements(most: usize) -> Failure {
        let template =
            "too many statements at a time: of one user {} are asked at once, and others wait for their turn";
        let message = Message::with(template, [most.to_string()]);
        Failure { retry_after_s: Some(1), ..Failure::new(Code::RATE_LIMITED, message) }
    }

    /// Many requests that read semantic models are carried out already.
    pub fn too_many_model_requests() -> Failure {
        let message = "many requests that read semantic models wait already";
        Failure { retry_after_s: Some(5), ..Failure::new(Code::RATE_LIMITED, message) }
    }

    /// Many documents wait already, of the user's own or of others.
    pub fn too_many_documents() -> Failure {
        let message = "many documents wait already to be read";
        Failure { retry_after_s: Some(5), ..Failure::new(Code::RATE_LIMITED, message) }
    }

    /// The store or the process failed; the log knows how, the client only the request id.
    pub fn internal() -> Failure {
        Failure::new(Code::INTERNAL_ERROR, "the server failed; its log has the reason under this request id")
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

    pub fn insufficient_storage() -> Failure {
        Failure::new(Code::INSUFFICIENT_STORAGE, "the store is full; nothing was changed")
    }
}

/// Appends one segment of a JSON Pointer (RFC 6901).
pub fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    if segment.contains(['~', '/']) {
        pointer.push_str(&pointer_token(segment));
    } else {
        pointer.push_str(segment);
    }
}
