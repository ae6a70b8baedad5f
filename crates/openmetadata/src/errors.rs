//! The door's one error: status, documented label and message, printed as the body that its clients parse.
//!
//! `code` in the body is the HTTP status as a number; the client compares it with 404 and treats a body without it as
//! a transport fault, so no answer of this door may carry an error in another form.

use std::fmt::Display;

use emporion_edge::answer::Answer;
use emporion_edge::violation::{PathPart, Rule, Violation};
use serde_json::{Value, json};

pub const MEDIA_TYPE: &str = "application/json; charset=utf-8";

/// A refused request, ready to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OmError {
    pub status: u16,
    /// The label that the documentation gives the case.
    pub error_type: &'static str,
    pub message: String,
    /// What to do next, in a member of its own.
    pub hint: Option<&'static str>,
}

pub type OmResult<T> = Result<T, OmError>;

impl OmError {
    pub fn new(status: u16, message: impl Into<String>) -> OmError {
        OmError { status, error_type: label(status), message: message.into(), hint: None }
    }

    /// `{"code", "errorType", "message"}`, and `hint` where there is one.
    pub fn body(&self) -> Value {
        let mut body = json!({"code": self.status, "errorType": self.error_type, "message": self.message});
        if let Some(hint) = self.hint {
            body["hint"] = hint.into();
        }
        body
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, MEDIA_TYPE, &self.body()).with("www-authenticate", "om-auth")
    }
}

/// The label of a status, where no constructor gives a closer one.
fn label(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "ENTITY_NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        409 => "CONFLICT",
        412 => "PRECONDITION_FAILED",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        501 => "NOT_IMPLEMENTED",
        503 => "SERVICE_UNAVAILABLE",
        507 => "INSUFFICIENT_STORAGE",
        400..=499 => "BAD_REQUEST",
        _ => "INTERNAL_SERVER_ERROR",
    }
}

/// 400: the request itself.
impl OmError {
    pub fn bad_request(message: impl Into<String>) -> OmError {
        OmError::new(400, message)
    }

    /// All violations at once, in the form of bean validation: `[name must not be null, …]`.
    pub fn violations<P: Display, R: Display>(list: impl IntoIterator<Item = (P, R)>) -> OmError {
        let list: Vec<String> = list.into_iter().map(|(property, rule)| format!("{property} {rule}")).collect();
        OmError::new(400, format!("[{}]", list.join(", ")))
    }

    /// What the check of a request's shape found.
    pub fn shape(found: &[Violation]) -> OmError {
        // The body as a whole is of another form: there is no field to name.
        if let [only] = found
            && only.path.is_empty()
        {
            return OmError::malformed_because(only);
        }
        OmError::violations(found.iter().map(|violation| (property(violation), rule(violation))))
    }

    pub fn violation(property: impl Display, rule: impl Display) -> OmError {
        OmError::violations([(property, rule)])
    }

    pub fn missing(property: impl Display) -> OmError {
        OmError::violation(property, "must not be null")
    }

    /// A body that is not JSON, or JSON of another form altogether.
    pub fn malformed() -> OmError {
        OmError::new(400, "Invalid request format")
    }

    /// The same with the reason behind the text that clients match on.
    pub fn malformed_because(reason: impl Display) -> OmError {
        OmError::new(400, format!("Invalid request format: {reason}"))
    }

    pub fn query_param(name: &str, rule: impl Display) -> OmError {
        OmError::new(400, format!("query param {name} {rule}"))
    }

    pub fn invalid_field(field: &str) -> OmError {
        OmError::new(400, format!("Invalid field name {field}"))
    }

    pub fn both_cursors() -> OmError {
        OmError::new(400, "Only one of before or after query parameter allowed")
    }

    pub fn not_empty(entity_type: &str) -> OmError {
        OmError::new(400, format!("{entity_type} is not empty"))
    }

    pub fn attribute_fixed(entity_type: &str, attribute: &str) -> OmError {
        OmError::new(400, format!("{entity_type} attribute {attribute} can't be modified"))
    }

    /// `what` is the past participle: deleted, renamed, modified.
    pub fn system_entity(name: &str, entity_type: &str, what: &str) -> OmError {
        OmError::new(400, format!("System entity [{name}] of type {entity_type} can not be {what}."))
    }

    pub fn tags_exclusive(one: &str, other: &str) -> OmError {
        OmError::new(400, format!("Tag labels {one} and {other} are mutually exclusive and can't be assigned together"))
    }

    pub fn tag_disabled(tag_fqn: &str) -> OmError {
        OmError::new(400, format!("Tag label {tag_fqn} is disabled and can't be assigned to a data asset."))
    }

    pub fn cannot_be_owner(entity_type: &str) -> OmError {
        OmError::new(
            400,
            format!(
                "Entity of type {entity_type} can't be the owner. Only Team of type Group or a User can own entities."
            ),
        )
    }

    pub fn one_owning_team() -> OmError {
        OmError::new(400, "Only One Team is allowed to own Data Assets.")
    }

    pub fn users_or_one_team() -> OmError {
        OmError::new(400, "Data Assets can have up to 5 users or a Team but not both as owners.")
    }

    pub fn timestamp_not_millis(timestamp: i64) -> OmError {
        OmError::new(400, format!("Timestamp {timestamp} is not valid, it should be in milliseconds since epoch"))
    }

    pub fn csv_unsupported(entity_type: &str) -> OmError {
        OmError::new(
            400,
            format!("Upload/download CSV for bulk operations is not supported for entity [{entity_type}]"),
        )
    }

    pub fn password_not_base64() -> OmError {
        OmError::new(400, "Password needs to be encoded in Base-64.")
    }

    /// A bare name that several records bear: the caller must say which.
    pub fn ambiguous(entity_type: &str, name: &str, candidates: &[String]) -> OmError {
        OmError::new(
            400,
            format!(
                "{entity_type} name {name} is ambiguous, use one of the fully qualified names [{}]",
                candidates.join(", ")
            ),
        )
    }

    pub fn domain_contradicts() -> OmError {
        OmError::new(400, "domain and domains contradict each other: give one of them, or the same domain in both")
    }

    pub fn mask_without_secret(pointer: &str) -> OmError {
        OmError::new(400, format!("{pointer} is a mask, but no secret is stored there that it could stand for"))
    }
}

/// 401 and 403: the caller.
impl OmError {
    pub fn token_missing() -> OmError {
        OmError::new(401, "Not Authorized! Token not present")
    }

    pub fn wrong_password() -> OmError {
        OmError::new(401, "You have entered an invalid username or password.")
    }

    pub fn too_many_logins() -> OmError {
        // 429 would make the client block the path for a minute, so this one is 401 as well.
        OmError::new(401, "Failed Login Attempts Exceeded. Use Forgot Password or retry after some time.")
    }

    pub fn not_allowed(user: &str, operations: &[&str]) -> OmError {
        OmError::new(403, format!("{} operations [{}] not allowed", principal(user), operations.join(", ")))
    }

    pub fn not_admin(user: &str) -> OmError {
        OmError::new(403, format!("{} is not admin", principal(user)))
    }

    pub fn outside_domains(user: &str, domains: &[&str], operations: &[&str]) -> OmError {
        OmError::new(
            403,
            format!(
                "{} does not belong to domains [{}] to perform the [{}] operations.",
                principal(user),
                domains.join(", "),
                operations.join(", ")
            ),
        )
    }
}

/// 404 and up: the target and the server.
impl OmError {
    /// `which` is the id or FQN that the caller used.
    pub fn not_found(entity_type: &str, which: impl Display) -> OmError {
        OmError::new(404, format!("{entity_type} instance for {which} not found"))
    }

    pub fn no_index(name: &str) -> OmError {
        OmError::new(404, format!("Failed to find index {name}"))
    }
    pub fn version_not_found(entity_type: &str, id: impl Display, version: impl Display) -> OmError {
        OmError::new(404, format!("{entity_type} instance for {id} and version {version} not found"))
    }

    pub fn no_such_route() -> OmError {
        OmError { error_type: "NOT_FOUND", ..OmError::new(404, "HTTP 404 Not Found") }
    }

    pub fn method_not_allowed() -> OmError {
        OmError::new(405, "HTTP 405 Method Not Allowed")
    }

    /// Clients take what follows the colon as the FQN: more is said beside it.
    pub fn already_exists(fqn: &str, is_deleted: bool) -> OmError {
        let of_deleted = "It is deleted: restore it, or delete it for ever to free the name";
        let refused = OmError::new(409, format!("Entity already exists: {fqn}"));
        OmError { error_type: "ENTITY_ALREADY_EXISTS", hint: is_deleted.then_some(of_deleted), ..refused }
    }

    /// Another user or bot holds the address; it is unique in the whole installation.
    pub fn email_exists(email: &str) -> OmError {
        OmError { error_type: "EMAIL_EXISTS", ..OmError::new(409, format!("User with email {email} already exists")) }
    }

    /// `current` is the tag with its quotes.
    pub fn modified(current: &str) -> OmError {
        OmError::new(
            412,
            format!(
                "The entity has been modified. Current ETag: {current}. Please refresh and retry with the latest version."
            ),
        )
    }

    pub fn modified_by_another() -> OmError {
        OmError::new(412, "The entity has been modified by another user. Please refresh and retry.")
    }

    pub fn too_large(limit_bytes: usize) -> OmError {
        OmError::new(413, format!("Request body is larger than {limit_bytes} bytes"))
    }

    pub fn unsupported_media_type() -> OmError {
        OmError::new(415, "HTTP 415 Unsupported Media Type")
    }

    /// Says nothing of the cause: that is for the log.
    pub fn internal() -> OmError {
        OmError::new(500, "An unexpected error occurred. The request id in the answer's headers finds it in the log.")
    }

    pub fn unavailable(message: impl Into<String>) -> OmError {
        OmError::new(503, message)
    }

    pub fn storage_full() -> OmError {
        OmError::new(507, "The server has no room left to store the change; nothing was written.")
    }
}

/// `columns[0].name`
fn property(violation: &Violation) -> String {
    let mut text = String::new();
    for part in &violation.path {
        match part {
            PathPart::Key(key) if text.is_empty() => text.push_str(key),
            PathPart::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            PathPart::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// The rule in the words of bean validation, where it has some.
fn rule(violation: &Violation) -> String {
    use crate::names::{MAX_FQN, MAX_NAME};
    match violation.rule {
        Rule::Required => "must not be null".into(),
        Rule::MinLength(1) if violation.member() == "name" => format!("size must be between 1 and {MAX_NAME}"),
        Rule::MaxLength(most @ (MAX_NAME | MAX_FQN)) => format!("size must be between 1 and {most}"),
        Rule::MinLength(least) => format!("size must be at least {least}"),
        Rule::MaxLength(most) => format!("size must be at most {most}"),
        Rule::Pattern(source) => format!("must match \"{source}\""),
        Rule::Enumeration(values) => format!("must be one of [{}]", values.join(", ")),
        Rule::Minimum(least) => format!("must be greater than or equal to {least}"),
        Rule::Maximum(most) => format!("must be less than or equal to {most}"),
        Rule::Unknown => "is not a known field".into(),
        other => other.to_string(),
    }
}

fn principal(user: &str) -> String {
    format!("Principal: CatalogPrincipal{{name='{user}'}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_a_number_and_equals_the_status() {
        let error = OmError::not_found("table", "a.b.c.d");
        assert_eq!(
            error.body(),
            json!({"code": 404, "errorType": "ENTITY_NOT_FOUND", "message": "table instance for a.b.c.d not found"})
        );
        let answer = error.answer();
        assert_eq!(answer.status, 404);
        assert_eq!(answer.headers["www-authenticate"], "om-auth");
        assert_eq!(answer.headers["content-type"], MEDIA_TYPE);
    }

    #[test]
    fn violations_are_listed_in_one_pair_of_brackets() {
        let error = OmError::violations([("name", "must not be null"), ("description", "must not be null")]);
        assert_eq!(error.message, "[name must not be null, description must not be null]");
    }

    #[test]
    fn shapes_speak_the_words_of_bean_validation() {
        use emporion_edge::check::check;
        use emporion_edge::shape::Location;
        let refused = |body| {
            OmError::shape(&check(crate::nouns::of(&crate::nouns::table::NOUN).create, Location::Body, &body)).message
        };
        let table = |name: &str| json!({"name": name, "databaseSchema": "s.d.sc", "columns": []});
        assert_eq!(
            refused(json!({"columns": [{"name": "c"}], "databaseSchema": "s", "nope": 1})),
            "[name must not be null, columns[0].dataType must not be null, nope is not a known field]"
        );
        assert_eq!(refused(table("")), "[name size must be between 1 and 256]");
        assert_eq!(refused(table(&"x".repeat(257))), "[name size must be between 1 and 256]");
        assert_eq!(refused(table("x::y")), "[name must match \"^((?!::).)*$\"]");
        assert_eq!(refused(json!([])), "Invalid request format: the value must be an object");
    }

    #[test]
    fn a_conflict_carries_the_documented_label_and_the_name() {
        let error = OmError::already_exists("Marketing.Customer 360", false);
        assert_eq!((error.status, error.error_type), (409, "ENTITY_ALREADY_EXISTS"));
        assert_eq!(error.message, "Entity already exists: Marketing.Customer 360");
        assert_eq!(error.body().get("hint"), None);
        let deleted = OmError::already_exists("Marketing.Customer 360", true);
        assert_eq!(deleted.message, error.message, "clients read the FQN from it");
        assert!(deleted.body()["hint"].as_str().is_some_and(|hint| hint.starts_with("It is deleted")));
    }

    #[test]
    fn denials_name_the_principal() {
        assert_eq!(
            OmError::not_allowed("u", &["Create"]).message,
            "Principal: CatalogPrincipal{name='u'} operations [Create] not allowed"
        );
    }
}
