//! What leaves an operation when it fails: a code that typed clients know, its status, one message, the JSON frame.

use emporion_catalog::id::RecordId;
use emporion_catalog::problem::{Problem, Violation};
use emporion_edge::answer::Answer;
use serde_json::json;

use crate::messages::{self, Subject};
use crate::operations::Operation;

pub const MEDIA_TYPE: &str = "application/json";

/// Every error code of this door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    // Modelled: an operation declares which of these may leave it.
    Validation,
    Unauthorized,
    ServiceQuotaExceeded,
    AccessDenied,
    ResourceNotFound,
    Conflict,
    Throttling,
    InternalServer,
    // Common to all operations: they come from the frame, before an operation runs.
    MissingAuthenticationToken,
    IncompleteSignature,
    UnrecognizedClient,
    InvalidSignature,
    ExpiredToken,
    UnknownOperation,
    Serialization,
    RequestTimeout,
    RequestEntityTooLarge,
    ServiceUnavailable,
}

impl Code {
    /// As it stands in `x-amzn-ErrorType`.
    pub const fn name(self) -> &'static str {
        match self {
            Code::Validation => "ValidationException",
            Code::Unauthorized => "UnauthorizedException",
            Code::ServiceQuotaExceeded => "ServiceQuotaExceededException",
            Code::AccessDenied => "AccessDeniedException",
            Code::ResourceNotFound => "ResourceNotFoundException",
            Code::Conflict => "ConflictException",
            Code::Throttling => "ThrottlingException",
            Code::InternalServer => "InternalServerException",
            Code::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Code::IncompleteSignature => "IncompleteSignatureException",
            Code::UnrecognizedClient => "UnrecognizedClientException",
            Code::InvalidSignature => "InvalidSignatureException",
            Code::ExpiredToken => "ExpiredTokenException",
            Code::UnknownOperation => "UnknownOperationException",
            Code::Serialization => "SerializationException",
            Code::RequestTimeout => "RequestTimeoutException",
            Code::RequestEntityTooLarge => "RequestEntityTooLargeException",
            Code::ServiceUnavailable => "ServiceUnavailableException",
        }
    }

    /// The usual status of the code.
    pub const fn status(self) -> u16 {
        match self {
            Code::Validation | Code::Serialization => 400,
            Code::Unauthorized => 401,
            Code::ServiceQuotaExceeded => 402,
            Code::AccessDenied
            | Code::MissingAuthenticationToken
            | Code::IncompleteSignature
            | Code::UnrecognizedClient
            | Code::InvalidSignature
            | Code::ExpiredToken => 403,
            Code::ResourceNotFound | Code::UnknownOperation => 404,
            Code::RequestTimeout => 408,
            Code::Conflict => 409,
            Code::RequestEntityTooLarge => 413,
            Code::Throttling => 429,
            Code::InternalServer => 500,
            Code::ServiceUnavailable => 503,
        }
    }

    /// Whether an operation must declare the code for typed clients to understand it.
    const fn is_modelled(self) -> bool {
        matches!(
            self,
            Code::Validation
                | Code::Unauthorized
                | Code::ServiceQuotaExceeded
                | Code::AccessDenied
                | Code::ResourceNotFound
                | Code::Conflict
                | Code::Throttling
                | Code::InternalServer
        )
    }
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    pub code: Code,
    /// That of the code, unless the server has a more exact one of the same class (503 and 507 of a full disk).
    pub status: u16,
    pub message: String,
}

impl ServiceError {
    pub fn new(code: Code, message: impl Into<String>) -> ServiceError {
        ServiceError { code, status: code.status(), message: message.into() }
    }

    pub fn validation(message: impl Into<String>) -> ServiceError {
        ServiceError::new(Code::Validation, message)
    }

    pub fn not_found(message: impl Into<String>) -> ServiceError {
        ServiceError::new(Code::ResourceNotFound, message)
    }

    pub fn conflict(message: impl Into<String>) -> ServiceError {
        ServiceError::new(Code::Conflict, message)
    }

    pub fn access_denied(message: impl Into<String>) -> ServiceError {
        ServiceError::new(Code::AccessDenied, message)
    }

    /// What the core did not do, in the words of this API.
    ///
    /// `subject` is what the operation is about, `spell` prints the id of the record that bears a taken name.
    pub fn of_problem(
        problem: &Problem,
        operation: &str,
        subject: Subject,
        spell: impl Fn(RecordId) -> String,
    ) -> ServiceError {
        match problem {
            Problem::Unauthenticated { .. } => {
                ServiceError::new(Code::UnrecognizedClient, "The security token included in the request is invalid.")
            }
            Problem::Forbidden { why, .. } => messages::not_permitted(operation, why.as_deref()),
            Problem::NotFound { .. } => subject.missing(),
            Problem::Invalid(violations) => ServiceError::validation(rules_broken(violations)),
            Problem::UnknownReference { kind, .. } => messages::does_not_exist(messages::noun_of(kind)),
            Problem::NameTaken { existing: Some(id), .. } => messages::conflict_with(subject.noun, &spell(*id)),
            Problem::NotEmpty { .. } => messages::not_empty(subject.noun),
            Problem::InUse { by, .. } => messages::in_use(subject.noun, by),
            Problem::NameTaken { existing: None, .. } => messages::name_taken(subject.noun),
            Problem::AliasTaken { .. } | Problem::Conflict { .. } => ServiceError::conflict(problem.to_string()),
            Problem::Ambiguous { .. } => ServiceError::validation(problem.to_string()),
            Problem::Stale { .. } | Problem::Overtaken => {
                ServiceError::conflict("The resource has been changed by another request.")
            }
            Problem::KeyReused => {
                ServiceError::conflict("The clientToken was used before in a request with other parameters.")
            }
            Problem::Quota { limit, .. } => messages::over_quota(subject.noun, *limit),
            Problem::Throttled { .. } => messages::too_many_requests(),
            // Nothing else is declared for a server that cannot write, and clients repeat the call on it.
            Problem::StorageFull | Problem::Unavailable { .. } => {
                tracing::warn!(operation, %problem, "the store refused");
                ServiceError::new(Code::InternalServer, "The service cannot complete the request at the moment.")
            }
            Problem::Internal { detail } => {
                tracing::error!(operation, detail, "an operation failed");
                ServiceError::internal()
            }
        }
    }

    pub fn internal() -> ServiceError {
        ServiceError::new(Code::InternalServer, "The request has failed because of an internal failure.")
    }

    pub fn with_status(self, status: u16) -> ServiceError {
        ServiceError { status, ..self }
    }

    /// The same failure in a code that `operation` declares; the message stays.
    ///
    /// Typed clients cannot read an undeclared error. What the request asked for in vain becomes a fault of the
    /// request: an unknown project in CreateGlossary (no 404) and a taken place in CreateProjectMembership (no 409)
    /// are 400, as is a full quota where there is no 402, since repeating the call would not help.
    pub fn declared_by(self, operation: &Operation) -> ServiceError {
        if !self.code.is_modelled() || operation.errors.declares(self.code.status()) {
            return self;
        }
        let fallback =
            if operation.errors.declares(Code::Validation.status()) { Code::Validation } else { Code::AccessDenied };
        ServiceError::new(fallback, self.message)
    }

    /// The JSON frame. The code stands in the header, where clients look first.
    pub fn into_answer(self, request_id: &str) -> Answer {
        Answer::json(self.status, MEDIA_TYPE, &json!({ "message": self.message }))
            .with("x-amzn-errortype", self.code.name())
            .with("x-amzn-requestid", request_id)
    }
}

/// Broken rules of the core in the frame of the service's own; those of the content of forms follow in theirs.
fn rules_broken(violations: &[Violation]) -> String {
    let (of_content, others): (Vec<_>, Vec<_>) =
        violations.iter().map(|broken| (in_content(&broken.field), broken)).partition(|(place, _)| place.is_some());
    let mut faults: Vec<String> = others
        .iter()
        .map(|(_, broken)| {
            let at = member_name(&broken.field);
            format!("Value at '{at}' failed to satisfy constraint: Member {}", broken.rule)
        })
        .collect();
    if let Some(first) = faults.first_mut() {
        let plural = if others.len() == 1 { "" } else { "s" };
        *first = format!("{} validation error{plural} detected: {first}", others.len());
    }
    faults.extend(
        of_content.into_iter().map(|(place, broken)| format!("{}: {}", place.unwrap_or_default(), broken.rule)),
    );
    faults.join("; ")
}

/// `forms.Quality.content.owner.name` is `$.Quality.owner.name`.
fn in_content(field: &str) -> Option<String> {
    let (form, path) = field.strip_prefix("forms.")?.split_once(".content")?;
    Some(format!("$.{form}{path}"))
}

/// The member that a field of the core comes from: `usage_restrictions` is `usageRestrictions`.
fn member_name(field: &str) -> String {
    if let Some(form) = field.strip_prefix("forms.") {
        return match form.rsplit_once('.') {
            Some((form, "type")) => format!("formsInput.{form}.typeIdentifier"),
            Some((form, "revision")) => format!("formsInput.{form}.typeRevision"),
            _ => format!("formsInput.{form}"),
        };
    }
    let mut name = String::with_capacity(field.len());
    let mut after_line = false;
    for character in field.chars() {
        match character {
            '_' => after_line = true,
            _ if after_line => {
                name.extend(character.to_uppercase());
                after_line = false;
            }
            _ => name.push(character),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations;

    #[test]
    fn the_problems_of_the_core_speak_of_the_subject() {
        let operation = "CreateDataProduct";
        let subject = Subject::new(messages::DATA_PRODUCT, messages::not_in_domain);
        let id = RecordId::fresh();
        let of = |problem: Problem| ServiceError::of_problem(&problem, operation, subject, |id| id.to_string());
        let taken =
            of(Problem::NameTaken { kind: "data_product", name: "d.n".into(), existing: Some(id), is_deleted: false });
        assert_eq!((taken.status, taken.message), (409, format!("Conflict with dataProduct {id}")));
        let hidden = Problem::NameTaken { kind: "data_product", name: "d.n".into(), existing: None, is_deleted: false };
        assert_eq!(of(hidden).message, "Conflict with a dataProduct of this name");
        let missing = of(Problem::NotFound { kind: "data_product", what: "x".into() });
        assert_eq!(
            (missing.status, missing.message.as_str()),
            (404, "Requested dataProduct cannot be found in domain")
        );
        let denied = of(Problem::Forbidden { who: "ann".into(), action: "Create", kind: "data_product", why: None });
        assert_eq!(denied.message, "User is not permitted to perform operation: CreateDataProduct");
        let invalid = of(Problem::invalid("usage_restrictions", "must be a list"));
        assert_eq!(
            invalid.message,
            "1 validation error detected: Value at 'usageRestrictions' failed to satisfy constraint: Member must be a list"
        );
        let forms = of(Problem::Invalid(vec![
            Violation::new("forms.Quality.content.owner_name", "is missing but it is required"),
            Violation::new("forms.Other.type", "is disabled"),
        ]));
        assert_eq!(
            forms.message,
            "1 validation error detected: Value at 'formsInput.Other.typeIdentifier' failed to satisfy constraint: \
             Member is disabled; $.Quality.owner_name: is missing but it is required"
        );
        let hidden = of(Problem::internal("secret detail"));
        assert!(hidden.status == 500 && !hidden.message.contains("secret"));
        assert_eq!(of(Problem::StorageFull).code, Code::InternalServer);
    }

    fn declared(operation: &str, code: Code) -> (Code, u16, String) {
        let error = ServiceError::new(code, "m").declared_by(operations::by_name(operation).unwrap());
        (error.code, error.status, error.message)
    }

    #[test]
    fn a_declared_error_leaves_as_it_is() {
        assert_eq!(declared("CreateDataProduct", Code::Conflict), (Code::Conflict, 409, "m".into()));
        assert_eq!(declared("CreateDataProduct", Code::ServiceQuotaExceeded).1, 402);
    }

    #[test]
    fn undeclared_errors_become_a_fault_of_the_request() {
        assert_eq!(declared("CreateGlossary", Code::ResourceNotFound), (Code::Validation, 400, "m".into()));
        assert_eq!(declared("CreateProjectMembership", Code::Conflict).0, Code::Validation);
        assert_eq!(declared("CreateAssetRevision", Code::ServiceQuotaExceeded).0, Code::Validation);
        assert_eq!(declared("UntagResource", Code::Validation).0, Code::AccessDenied);
    }

    #[test]
    fn nothing_modelled_leaves_any_operation_undeclared() {
        let modelled = [
            Code::Validation,
            Code::Unauthorized,
            Code::ServiceQuotaExceeded,
            Code::AccessDenied,
            Code::ResourceNotFound,
            Code::Conflict,
            Code::Throttling,
            Code::InternalServer,
        ];
        for operation in &operations::OPERATIONS {
            for code in modelled {
                let error = ServiceError::new(code, "m").declared_by(operation);
                assert!(operation.errors.declares(error.status), "{} {code:?}", operation.name);
            }
        }
    }

    #[test]
    fn errors_of_the_frame_and_finer_statuses_pass() {
        assert_eq!(declared("UntagResource", Code::InvalidSignature).1, 403);
        let full = ServiceError::new(Code::InternalServer, "m").with_status(507);
        assert_eq!(full.declared_by(operations::by_name("GetDomain").unwrap()).status, 507);
    }

    #[test]
    fn the_frame_has_the_code_in_its_header_and_a_lower_case_message() {
        let answer = ServiceError::conflict("Conflict with dataProduct c5").into_answer("0f1e");
        assert_eq!(answer.status, 409);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["x-amzn-errortype"], "ConflictException");
        assert_eq!(answer.headers["x-amzn-requestid"], "0f1e");
        assert_eq!(answer.whole().map(|bytes| &bytes[..]), Some(&br#"{"message":"Conflict with dataProduct c5"}"#[..]));
    }
}
