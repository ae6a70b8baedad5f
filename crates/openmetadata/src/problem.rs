//! The core's problems in the words of this door: one match, no other place turns one into a status.

use emporion_catalog::Problem;
use emporion_catalog::ports::StoreError;
use emporion_catalog::rules::unique_email;

use crate::case;
use crate::errors::OmError;

impl From<Problem> for OmError {
    fn from(problem: Problem) -> OmError {
        to_error(problem)
    }
}

impl From<StoreError> for OmError {
    fn from(error: StoreError) -> OmError {
        to_error(error.into())
    }
}

/// What the caller hears of a problem.
pub fn to_error(problem: Problem) -> OmError {
    match problem {
        Problem::Unauthenticated { reason } => OmError::new(401, reason),
        Problem::Forbidden { who, action, kind: _, why: _ } if action == "ManageCredentials" || action == "Operate" => {
            OmError::not_admin(&who)
        }
        Problem::Forbidden { who, action, kind: _, why } => forbidden(&who, action, why.as_deref()),
        Problem::NotFound { kind, what } => OmError::not_found(&entity_type(kind), what),
        Problem::Invalid(violations) => {
            OmError::violations(violations.into_iter().map(|violation| (wire_path(&violation.field), violation.rule)))
        }
        Problem::UnknownReference { field: _, kind, value } => OmError::not_found(&entity_type(kind), value),
        Problem::NameTaken { name, is_deleted, .. } => OmError::already_exists(&name, is_deleted),
        Problem::AliasTaken { space, value } if space == unique_email::SPACE => OmError::email_exists(&value),
        Problem::AliasTaken { space, value } => OmError::new(409, format!("{space} {value} is already taken")),
        Problem::Ambiguous { kind, name, candidates } => OmError::ambiguous(&entity_type(kind), &name, &candidates),
        Problem::NotEmpty { kind, name: _ } => OmError::not_empty(&entity_type(kind)),
        Problem::InUse { kind, name, by } => {
            OmError::bad_request(format!("{} {name} is in use by [{}]", entity_type(kind), by.join(", ")))
        }
        Problem::Stale { current: _, version: _ } | Problem::Overtaken => OmError::modified_by_another(),
        // The protocol has 409 for taken names only: what the present state forbids is an illegal argument.
        Problem::Conflict { message, .. } => OmError::bad_request(message),
        Problem::KeyReused => OmError::bad_request("The idempotency key was used before with another request"),
        Problem::Quota { what, limit } => OmError::bad_request(format!("The limit of {limit} {what} is reached")),
        // 429 would make the stock client block the path for a minute.
        Problem::Throttled { retry_after_ms: _ } => OmError::unavailable("Too many requests, try again later"),
        Problem::StorageFull => OmError::storage_full(),
        Problem::Unavailable { reason } => {
            tracing::warn!(%reason, "the store is not available");
            OmError::unavailable("The store is not available, try again later")
        }
        Problem::Internal { detail } => {
            tracing::error!(%detail, "a request failed");
            OmError::internal()
        }
    }
}

/// The operation that the protocol's policies call the right by.
pub fn operation(action: &str) -> &str {
    match action {
        "View" => "ViewAll",
        "Mark" => "EditAll",
        "EditExtension" => "EditCustomFields",
        "EditMembers" => "EditUsers",
        other => other,
    }
}

/// `why` names the rule that decided, where one did.
fn forbidden(who: &str, action: &str, why: Option<&str>) -> OmError {
    let plain = OmError::not_allowed(who, &[operation(action)]);
    match why {
        Some(why) => OmError { message: format!("{}: {why}", plain.message), ..plain },
        None => plain,
    }
}

/// `data_product` as references and messages call it.
fn entity_type(kind: &str) -> String {
    match crate::nouns::of_kind(kind) {
        Some(noun) => noun.entity_type.to_owned(),
        None => case::wire_key(kind).into_owned(),
    }
}

/// `columns[0].data_type` or `columns.0.data_type` as the wire spells it: `columns[0].dataType`.
fn wire_path(field: &str) -> String {
    // Names of forms and of what they hold are their own.
    if field == "forms" || field.starts_with("forms.") || field.starts_with("forms[") {
        return format!("extension.{field}");
    }
    let mut path = String::with_capacity(field.len());
    for part in field.split('.') {
        if !path.is_empty() && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
            continue;
        }
        if !path.is_empty() {
            path.push('.');
        }
        let (name, index) = part.split_at(part.find('[').unwrap_or(part.len()));
        path.push_str(&case::wire_key(name));
        path.push_str(index);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::problem::Violation;

    #[test]
    fn fields_are_named_as_the_wire_spells_them() {
        let problem = Problem::Invalid(vec![
            Violation::new("columns[0].data_type", "must not be null"),
            Violation::new("name", "must not be null"),
            Violation::new("rules.1.condition", "is wrong"),
            Violation::new("forms.Quality.content.owner_name", "is missing but it is required"),
        ]);
        let error = to_error(problem);
        assert_eq!(error.status, 400);
        assert_eq!(
            error.message,
            "[columns[0].dataType must not be null, name must not be null, rules[1].condition is wrong, \
             extension.forms.Quality.content.owner_name is missing but it is required]"
        );
    }

    #[test]
    fn kinds_are_named_as_types() {
        let error = to_error(Problem::UnknownReference {
            field: "assets".into(),
            kind: "database_schema",
            value: "a.b.c".into(),
        });
        assert_eq!((error.status, error.message.as_str()), (404, "databaseSchema instance for a.b.c not found"));
    }

    #[test]
    fn a_taken_address_is_not_a_taken_name() {
        let taken = Problem::AliasTaken { space: unique_email::SPACE, value: "a@b.example".into() };
        assert_eq!(to_error(taken).error_type, "EMAIL_EXISTS");
        let name = Problem::NameTaken { kind: "domain", name: "M".into(), existing: None, is_deleted: false };
        assert_eq!((to_error(name.clone()).status, to_error(name).message.as_str()), (409, "Entity already exists: M"));
    }

    #[test]
    fn internal_details_stay_inside() {
        let error = to_error(Problem::internal("table edge has no column x"));
        assert!(error.status == 500 && !error.message.contains("column"));
    }
}
