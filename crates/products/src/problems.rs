//! The error table: which failure each problem of the core is.

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::ports::StoreError;

use crate::failure::{Code, Failure, Violation};
use crate::message::Message;

/// A broken reference's rule.
pub const RULE_EXISTS: &str = "exists";

/// The members of requests that stand for fields and relations of the core, where their names differ.
const MEMBERS: &[(&str, &str)] = &[
    ("name", "/name"),
    ("description", "/description"),
    ("domain", "/domainId"),
    ("domains", "/domainId"),
    ("parent", "/domainId"),
    ("external_product", "/externalDataProductId"),
    ("served_by", "/dataSourceId"),
    ("has_asset", "/dataAssets"),
    ("web_search_enabled", "/webSearchEnabled"),
    ("skills_enabled", "/skillsEnabled"),
    ("llm_enabled", "/llmEnabled"),
    ("service_type", "/type"),
    ("connection", "/connectionConfig"),
];

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        failure(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        failure(error.into())
    }
}

/// The whole table. What a client may not know of (records that it cannot see) is in none of the texts.
pub fn failure(problem: Problem) -> Failure {
    match problem {
        Problem::Unauthenticated { .. } => Failure::unauthenticated("the token is not valid"),
        Problem::Forbidden { action, kind, why, .. } => forbidden(action, kind, why.as_deref()),
        Problem::NotFound { kind: "data_product", what } => Failure::no_product(&what),
        Problem::NotFound { kind, what } => {
            Failure::not_found(Message::with("there is no {} \"{}\"", [noun(kind), what.as_str()]))
        }
        Problem::Invalid(violations) => Failure::invalid(
            violations
                .into_iter()
                .map(|broken| Violation::new(pointer(&broken.field), "invalid", Message::verbatim(broken.rule)))
                .collect(),
        ),
        Problem::UnknownReference { field, kind, value } => {
            let message = Message::with("there is no {} \"{}\"", [noun(kind), value.as_str()]);
            Failure::invalid_field(pointer(&field), RULE_EXISTS, message)
        }
        Problem::NameTaken { kind: "data_product", name, .. } => {
            Failure::conflict(Message::with("a {product} called \"{}\" exists already", [last_name(&name)]))
        }
        Problem::NameTaken { kind, name, .. } => {
            let message = Message::with("a {} called \"{}\" exists already", [noun(kind).to_owned(), last_name(&name)]);
            Failure::conflict(message)
        }
        Problem::AliasTaken { value, .. } => {
            Failure::conflict(Message::with("\"{}\" is the external id of another {product}", [value]))
        }
        Problem::Ambiguous { name, .. } => {
            Failure::conflict(Message::with("\"{}\" is the name of several records; give an id", [name]))
        }
        Problem::NotEmpty { kind, .. } => Failure::conflict(Message::with("the {} is not empty", [noun(kind)])),
        Problem::InUse { kind, by, .. } => Failure::new(
            Code::IN_USE,
            Message::with("the {} is in use: {} records refer to it", [noun(kind).to_owned(), by.len().to_string()]),
        ),
        Problem::Stale { current, .. } => Failure::version_mismatch(i64::try_from(current).unwrap_or(i64::MAX)),
        Problem::Overtaken => Failure::overtaken(),
        Problem::Conflict { message, .. } => Failure::conflict(Message::verbatim(message)),
        Problem::KeyReused => Failure::idempotency_conflict(),
        Problem::Quota { what, limit } => {
            Failure::conflict(Message::with("the limit of {} {} is reached", [limit.to_string(), what]))
        }
        Problem::Throttled { retry_after_ms } => Failure::rate_limited(retry_after_ms.div_ceil(1_000).max(1)),
        Problem::StorageFull => Failure::insufficient_storage(),
        Problem::Unavailable { reason } => {
            tracing::warn!(reason, "the store is not available");
            Failure::unavailable(1)
        }
        Problem::Internal { detail } => {
            tracing::error!(detail, "a request failed inside");
            Failure::internal()
        }
    }
}

/// What lacks, and which rule says so, where one does: whoever hears it sees the record.
fn forbidden(action: &str, kind: &str, why: Option<&str>) -> Failure {
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    Failure::forbidden(match kind {
        "data_product" if action == Action::Create.name() => {
            Message::with("you do not have the right to make {products}{}", [why])
        }
        "data_product" => Message::with("your role on the {product} does not include the right {}{}", [action, &why]),
        // Nobody knows of drafts but as parts of a product.
        "draft" => Message::with("your role on the {product} does not include the right to change its parts{}", [why]),
        other => Message::with("you do not have the right {} on the {}{}", [action, noun(other), &why]),
    })
}

/// What clients call a kind.
fn noun(kind: &str) -> &str {
    match kind {
        "database_service" => "data source",
        "draft" => "draft",
        "data_product" => "product",
        "database_schema" => "schema",
        other => other,
    }
}

/// The last part of a fully qualified name; where the record stands is nobody's business who may not see it.
fn last_name(fqn: &str) -> String {
    emporion_catalog::name::split(fqn).and_then(|mut names| names.pop()).unwrap_or_else(|| fqn.to_owned())
}

/// A pointer stays one; a field of the core becomes the member that stands for it.
fn pointer(field: &str) -> String {
    if field.is_empty() || field.starts_with('/') {
        return field.to_owned();
    }
    let (head, rest) = field.split_once('.').unwrap_or((field, ""));
    let member = MEMBERS.iter().find(|(core, _)| *core == head).map(|(_, member)| *member);
    match (member, rest) {
        (Some(member), "") => member.to_owned(),
        (Some(member), rest) => format!("{member}/{}", rest.replace('.', "/")),
        (None, _) => format!("/{}", field.replace('.', "/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Nouns;

    fn reported(problem: Problem) -> (Code, String) {
        let failure = failure(problem);
        let sentence = failure.sentence(&Nouns::DATA_PRODUCT, str::to_owned);
        (failure.code, sentence)
    }

    #[test]
    fn a_problem_is_told_of_products() {
        let missing = Problem::NotFound { kind: "data_product", what: "ws-1".into() };
        assert_eq!(reported(missing), (Code::NOT_FOUND, "there is no data product \"ws-1\"".to_owned()));
        let forbidden =
            Problem::Forbidden { who: "eve".into(), action: "EditAll", kind: "data_product", why: Some("x".into()) };
        let (code, sentence) = reported(forbidden);
        assert_eq!(code, Code::FORBIDDEN);
        assert_eq!(sentence, "your role on the data product does not include the right EditAll: x");
    }

    #[test]
    fn a_taken_name_does_not_say_where_it_is_taken() {
        let taken = Problem::NameTaken {
            kind: "data_product",
            name: "Secret.\"Sales.EU\"".into(),
            existing: None,
            is_deleted: false,
        };
        let (code, sentence) = reported(taken);
        assert_eq!(code, Code::CONFLICT);
        assert_eq!(sentence, "a data product called \"Sales.EU\" exists already");
    }

    #[test]
    fn faults_are_placed_by_the_members_of_requests() {
        for (field, expected) in [
            ("name", "/name"),
            ("served_by", "/dataSourceId"),
            ("/add/3", "/add/3"),
            ("connection.config", "/connectionConfig/config"),
            ("other.part", "/other/part"),
            ("", ""),
        ] {
            assert_eq!(pointer(field), expected);
        }
        let invalid = failure(Problem::invalid("name", "must not be null"));
        assert_eq!((invalid.code, invalid.violations[0].path.as_str()), (Code::VALIDATION_FAILED, "/name"));
    }

    #[test]
    fn what_passes_says_when_to_come_back() {
        assert_eq!(failure(Problem::Throttled { retry_after_ms: 1_200 }).retry_after_s, Some(2));
        assert_eq!(failure(Problem::Unavailable { reason: "x".into() }).retry_after_s, Some(1));
        let internal = failure(Problem::internal("the secret detail"));
        assert!(!format!("{internal:?}").contains("secret"));
        assert_eq!(failure(Problem::Stale { current: 7, version: 1 }).code, Code::VERSION_MISMATCH);
    }
}
